"""When a customer is cared for next (P6, F4)."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import cadence, worktime
from salesflow_std.engine.care_rhythm import CareRhythm, greeting_day, place_of, share
from salesflow_std.engine.scoring import Period

NOW = datetime(2027, 1, 11, 9)  # a Monday
WEEK_OFF = frozenset(date(2027, 2, 6) + timedelta(days=n) for n in range(7))
DAYS = cadence.Days(worktime.Calendar(holidays=WEEK_OFF))
MONTH, QUARTER = cadence.Rhythm(1, 1, "Month"), cadence.Rhythm(1, 1, "Quarter")
PLACES = st.floats(0, 1, exclude_max=True)


def rhythm(of: cadence.Rhythm = MONTH, gap: int = 7, now: datetime = NOW) -> CareRhythm:
	policy = cadence.Policy("Call", {"": of}, (cadence.Step("Phone"),), gap=Period(gap, "Days"))
	return CareRhythm(cadence.Planner(policy, DAYS), of, now)


def test_the_next_one_follows_the_last_after_its_interval() -> None:
	assert rhythm().due(0.9, date(2026, 12, 15)).date() == date(2027, 1, 15)
	assert rhythm(QUARTER).due(0.1, date(2026, 11, 30)).date() == date(2027, 3, 1)  # 28 February is a Sunday


def test_a_day_off_moves_it_to_the_nearest_working_day() -> None:
	"""The holidays are from Saturday the 6th to Friday the 12th."""
	assert rhythm().due(0.5, date(2027, 1, 7)).date() == date(2027, 2, 5)
	assert rhythm().due(0.5, date(2027, 1, 12)).date() == date(2027, 2, 15)


def test_first_ones_are_level_over_the_working_days() -> None:
	days = Counter(rhythm().due(share("Call", place_of(f"Customer {n}")), None).date() for n in range(4000))
	assert len(days) > 15 and max(days.values()) < 1.5 * min(days.values())
	assert all(DAYS.works(day) for day in days)


def test_what_should_have_been_long_ago_does_not_come_at_once() -> None:
	days = Counter(rhythm(QUARTER).due(n / 1000, date(2025, 6, 1)).date() for n in range(1000))
	assert 8 <= len(days) <= 12 and max(days) < date(2027, 2, 1)


@given(
	PLACES,
	st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 11)),
	st.lists(st.integers(-20, 90), max_size=3),
)
def test_it_is_due_on_a_working_day_and_keeps_the_gap(
	place: float, last: date | None, away: list[int]
) -> None:
	others = [NOW + timedelta(days=n) for n in away]
	due = rhythm().due(place, last, others)
	assert due >= NOW and DAYS.closing(due.date()) == due
	assert all(abs((due.date() - other.date()).days) >= 7 for other in others)


@given(PLACES, st.lists(st.integers(-20, 90), max_size=3), st.integers(-20, 90))
def test_one_more_to_keep_clear_of_never_makes_it_sooner(place: float, away: list[int], more: int) -> None:
	"""Else a plan that is right would be made anew as soon as another touch is planned."""
	others = [NOW + timedelta(days=n) for n in away]
	assert rhythm().due(place, None, [*others, NOW + timedelta(days=more)]) >= rhythm().due(
		place, None, others
	)


def test_a_greeting_is_before_the_holidays() -> None:
	festival = date(2027, 2, 6)
	assert greeting_day(DAYS, date(2027, 2, 3), festival, date(2027, 1, 25)) == date(2027, 2, 3)
	assert greeting_day(DAYS, date(2027, 1, 31), festival, date(2027, 1, 25)) == date(2027, 1, 29)
	# Later than meant is better than never.
	assert greeting_day(DAYS, date(2027, 2, 3), festival, date(2027, 2, 5)) == date(2027, 2, 5)
	assert greeting_day(DAYS, date(2027, 2, 3), festival, festival) == festival
	assert greeting_day(DAYS, date(2027, 2, 3), festival, date(2027, 2, 7)) is None
