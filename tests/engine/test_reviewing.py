"""When a team meets, what its sheet covers, what it talks about, whom the rule would coach or recognise (M6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import reviewing as rules

# 1 January 2027 is a Friday.
NEW_YEAR = date(2027, 1, 1)
NOW = datetime(2027, 1, 11, 7)

days = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def weekdays_but(*off: date):
	return lambda day: day.weekday() < 5 and day not in off


WORKS = weekdays_but(NEW_YEAR)


# When --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("today", "meeting"),
	[
		(date(2027, 1, 11), date(2027, 1, 11)),
		(date(2027, 1, 13), date(2027, 1, 11)),
		(date(2027, 1, 17), date(2027, 1, 11)),
		(date(2027, 1, 18), date(2027, 1, 18)),
	],
)
def test_the_weekly_meeting_is_on_its_weekday_and_caught_up_with_later_in_the_week(today, meeting):
	assert rules.weekly_meeting(today, "Monday", WORKS) == meeting


def test_a_holiday_moves_the_meeting_to_the_next_working_day():
	assert rules.weekly_meeting(NEW_YEAR, "Friday", WORKS) is None
	assert rules.weekly_meeting(date(2027, 1, 3), "Friday", WORKS) is None
	assert rules.weekly_meeting(date(2027, 1, 4), "Friday", WORKS) == date(2027, 1, 4)


def test_a_weekday_that_there_is_not_is_an_error():
	with pytest.raises(rules.ReviewingError) as problem:
		rules.weekly_meeting(NEW_YEAR, "Moonday", WORKS)
	assert problem.value.field == "weekday"


@pytest.mark.parametrize(
	("today", "number", "meeting"),
	[
		(date(2027, 1, 5), 3, None),
		(date(2027, 1, 6), 3, date(2027, 1, 6)),
		(date(2027, 1, 20), 3, date(2027, 1, 6)),
		(date(2027, 1, 4), 0, date(2027, 1, 4)),
		(date(2027, 1, 28), 99, None),
		(date(2027, 1, 29), 99, date(2027, 1, 29)),
	],
)
def test_the_monthly_review_is_on_the_nth_working_day(today, number, meeting):
	assert rules.monthly_meeting(today, number, WORKS) == meeting


def test_where_nobody_works_nobody_meets():
	assert rules.monthly_meeting(NEW_YEAR, 1, lambda day: False) is None
	assert rules.weekly_meeting(NEW_YEAR, "Monday", lambda day: False) is None


def test_a_sheet_is_ready_from_its_hour_on():
	meeting = date(2027, 1, 11)
	assert not rules.is_ready(datetime(2027, 1, 11, 6, 59), meeting, 7)
	assert rules.is_ready(datetime(2027, 1, 11, 7), meeting, 7)
	assert rules.is_ready(datetime(2027, 1, 12, 0), meeting, 99)


# What it covers ----------------------------------------------------------------------------------------------


def test_the_first_sheet_covers_a_week_and_the_next_goes_on_where_it_ended():
	assert rules.weekly_period(date(2027, 1, 11), None) == (date(2027, 1, 4), date(2027, 1, 10))
	assert rules.weekly_period(date(2027, 1, 18), date(2027, 1, 13)) == (
		date(2027, 1, 14),
		date(2027, 1, 17),
	)
	assert rules.weekly_period(date(2027, 1, 11), date(2027, 1, 10)) is None


def test_after_a_long_pause_a_sheet_looks_back_four_weeks():
	since, until = rules.weekly_period(date(2027, 1, 11), date(2026, 6, 1))
	assert (until - since).days + 1 == 28


@given(days, st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_sheets_follow_each_other_without_a_gap_or_a_day_twice(first, gaps):
	last, meeting = first, first
	for gap in gaps:
		meeting += timedelta(days=gap)
		period = rules.weekly_period(meeting, last)
		if period is None:
			assert last >= meeting - timedelta(days=1)
			continue
		since, until = period
		assert since <= until == meeting - timedelta(days=1)
		assert since == last + timedelta(days=1) or (until - since).days == 27
		last = until


def test_a_review_covers_the_month_before():
	assert rules.monthly_period(date(2027, 1, 6)) == (date(2026, 12, 1), date(2026, 12, 31))
	assert rules.monthly_period(date(2028, 3, 31)) == (date(2028, 2, 1), date(2028, 2, 29))


# Progress ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("achievement", "expected", "said"),
	[
		(None, 0.5, rules.NO_TARGET),
		(0.0, 0.0, rules.ON_TRACK),
		(0.4, 0.5, rules.BEHIND),
		(0.46, 0.5, rules.ON_TRACK),
		(0.54, 0.5, rules.ON_TRACK),
		(0.56, 0.5, rules.AHEAD),
	],
)
def test_pace(achievement, expected, said):
	assert rules.pace(achievement, expected) == said


# Reasons -----------------------------------------------------------------------------------------------------


def test_each_case_counts_and_each_deal_is_valued_once():
	cases = [("Price", "one"), ("Price", "one"), ("Price", "two"), ("Price", None), ("Feature", "gone")]
	found = {one.about: one for one in rules.tallied(rules.OBJECTION, cases, {"one": 100.0, "two": 50.0})}
	assert (found["Price"].times, found["Price"].value) == (4, 150)
	assert (found["Feature"].times, found["Feature"].value) == (1, 0)


def test_no_kind_of_reason_is_crowded_out():
	many = [rules.Reason(rules.LOST_DEAL, f"reason {n}", 1, 1000.0 - n) for n in range(20)]
	small = rules.Reason(rules.MISSED_TOUCH, "Rhythm", 3, 0.0)
	found = rules.ranked([*many, small], most=5)
	assert found == [*many[:4], small]


# Deals -------------------------------------------------------------------------------------------------------


def deal(key: str = "one", value: float = 100.0, **more) -> rules.Deal:
	return rules.Deal(key, value, **{"next_touch": NOW, **more})


def codes(one: rules.Deal, large: float = 1000.0) -> list[str]:
	return [why.code for why in rules.why(one, NOW, date(2027, 1, 4), date(2027, 1, 31), large)]


@pytest.mark.parametrize(
	("values", "said"),
	[
		({}, []),
		({"closes_on": date(2027, 1, 11)}, [rules.CLOSING]),
		({"closes_on": date(2027, 1, 31)}, [rules.CLOSING]),
		({"closes_on": date(2027, 2, 1)}, []),
		({"closes_on": date(2027, 1, 10)}, [rules.CLOSING_PASSED]),
		({"stage_due": NOW - timedelta(minutes=1)}, [rules.LATE]),
		({"stage_due": NOW}, []),
		({"objection_due": NOW - timedelta(days=1)}, [rules.UNANSWERED]),
		({"objection_due": NOW + timedelta(days=1)}, []),
		({"back_on": NOW - timedelta(days=2)}, [rules.WENT_BACK]),
		({"next_touch": None}, [rules.NO_TOUCH]),
		({"begun_on": date(2027, 1, 5), "value": 1000.0}, [rules.NEW]),
		({"begun_on": date(2027, 1, 5), "value": 999.0}, []),
		({"begun_on": date(2027, 1, 3), "value": 1000.0}, []),
	],
)
def test_why_a_deal_is_talked_about(values, said):
	assert codes(deal(**values)) == said


def test_the_weightiest_reason_comes_first():
	one = deal(next_touch=None, stage_due=NOW - timedelta(days=1), closes_on=date(2027, 1, 1))
	assert codes(one) == [rules.CLOSING_PASSED, rules.LATE, rules.NO_TOUCH]


def test_deals_come_by_what_is_at_stake_and_only_the_most():
	late = {"stage_due": NOW - timedelta(days=1)}
	deals = [deal(f"deal {n}", float(n), **late) for n in range(30)]
	deals += [deal("quiet", 1_000_000.0), deal("worthless", 0.0, next_touch=None, **late)]
	found = rules.topics(deals, NOW, date(2027, 1, 4), date(2027, 1, 31))
	assert [one.deal.key for one in found] == [f"deal {n}" for n in range(29, 19, -1)]


def test_a_quarter_of_the_deals_is_large():
	assert rules.large_from([]) == rules.large_from([0, 0]) == 0
	assert rules.large_from([5]) == 5
	assert rules.large_from([1, 2, 3, 4, 0]) == 3


@given(st.lists(st.floats(0, 1e9), max_size=40))
def test_something_is_large_wherever_anything_has_a_value(values):
	large = rules.large_from(values)
	assert any(value >= large for value in values) or not values
	assert large in values or large == 0


# Coaching and recognition ------------------------------------------------------------------------------------


def months(*achievements: float | None, away: float = 0.0) -> list[rules.Month]:
	firsts = rules.months_back(date(2027, 1, 1), len(achievements))
	return [rules.Month(first, one, away) for first, one in zip(firsts, achievements, strict=True)]


RULE = rules.Rule(below=0.8, months=2, above=1.1)


@pytest.mark.parametrize(
	("achievements", "kind"),
	[
		((0.79, 0.79), rules.COACHING),
		((0.8, 0.79), None),
		((0.79, 0.8), None),
		((0.2, 1.1), rules.RECOGNITION),
		((0.2, 1.09), None),
		((None, None), None),
		((2.0, None), None),
	],
)
def test_below_in_a_row_is_coached_and_above_is_recognised(achievements, kind):
	assert rules.judge(months(*achievements), RULE).kind == kind


@pytest.mark.parametrize(
	("found", "joined", "but"),
	[
		(months(0.5, 0.5), date(2026, 11, 30), rules.NEWCOMER),
		(months(0.5, 0.5, away=0.51), None, rules.ABSENT),
		(months(None, 0.5), None, rules.TOO_FEW),
		(months(0.5), None, rules.TOO_FEW),
	],
)
def test_who_is_behind_and_not_proposed_is_said_why(found, joined, but):
	said = rules.judge(found, RULE, joined)
	assert (said.kind, said.but) == (None, but)


def test_who_came_long_ago_or_was_away_for_half_a_month_is_measured():
	assert rules.judge(months(0.5, 0.5, away=0.5), RULE, date(2026, 10, 31)).kind == rules.COACHING


def test_recognition_is_earned_by_newcomers_and_absentees_too():
	assert rules.judge(months(0.1, 1.2, away=0.9), RULE, date(2027, 1, 1)).kind == rules.RECOGNITION


def test_a_rule_of_nothing_proposes_nothing():
	nothing = rules.Rule(0, 0, 0)
	assert rules.judge(months(0.0, 0.0), nothing).kind is None
	assert rules.judge(months(9.0, 9.0), nothing).kind is None
	assert rules.judge([], RULE) == rules.Verdict()


def test_months_back_cross_the_year():
	assert rules.months_back(date(2027, 1, 15), 3) == [date(2026, 11, 1), date(2026, 12, 1), NEW_YEAR]


def test_days_away_count_once_and_only_where_somebody_works():
	absences = [(date(2026, 12, 20), date(2027, 1, 8)), (date(2027, 1, 8), date(2027, 1, 10))]
	assert rules.away_share(*rules.month_of(NEW_YEAR), absences, WORKS) == pytest.approx(5 / 20)
	assert rules.away_share(*rules.month_of(NEW_YEAR), [], WORKS) == 0
	assert rules.away_share(NEW_YEAR, NEW_YEAR, absences, WORKS) == 0


@given(st.lists(st.one_of(st.none(), st.floats(0, 3)), max_size=6), st.floats(0, 1), st.floats(1, 2))
def test_nobody_is_coached_and_recognised_at_once(achievements, below, above):
	said = rules.judge(months(*achievements), rules.Rule(below, 2, above))
	if said.kind == rules.COACHING:
		assert all(one.achievement < below for one in said.months)
	if said.kind == rules.RECOGNITION:
		assert said.months[-1].achievement >= above
