"""How long documents stand in a stage (M1): examples a manager would check, and properties of any calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesflow_std.engine import worktime
from salesflow_std.engine.ageing import (
	ESCALATED,
	IN_TIME,
	LATE,
	Ends,
	Limit,
	Stay,
	WorkedHours,
	begins,
	due,
	is_late,
	standing,
	stay,
)
from tests.engine.test_worktime import BERLIN, LUNCH, OFFICE, calendars

FIRST, LAST = date(2026, 3, 1), date(2026, 11, 30)
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30, 23, 59, 59))
limits = st.builds(
	Limit,
	st.integers(0, 30),
	st.sampled_from(("Hours", "Days", "Weeks", "Working Hours", "Working Days", "Working Days")),
	st.booleans(),
)
checked = settings(deadline=None, max_examples=60)


def at(text: str) -> datetime:
	return datetime.fromisoformat(text)


# When a stay is over


def test_five_working_days_from_a_friday():
	assert due(at("2026-11-20 10:00"), Limit(5), OFFICE) == at("2026-11-27 10:00")


def test_no_limit_has_no_end():
	assert due(at("2026-11-20 10:00"), Limit(0), OFFICE) is None
	assert Ends(Limit(0), OFFICE).of(at("2026-11-20 10:00")) is None


def test_a_touch_counts_only_where_the_stage_says_so():
	entered, touched = at("2026-11-16 10:00"), at("2026-11-18 15:00")
	assert due(entered, Limit(2, "Days", True), OFFICE, touched) == at("2026-11-20 15:00")
	assert due(entered, Limit(2, "Days", False), OFFICE, touched) == at("2026-11-18 10:00")


def test_a_touch_from_before_the_stage_does_not_count():
	entered = at("2026-11-16 10:00")
	assert begins(entered, at("2026-11-01 09:00"), Limit(2, "Days", True)) == entered


@checked
@given(limit=limits, calendar=calendars(zones=(None, BERLIN)), entered=moments, touched=st.none() | moments)
def test_many_ends_are_the_same_as_each_alone(limit, calendar, entered, touched):
	ends = Ends(limit, calendar)
	assert ends.of(entered, touched) == due(entered, limit, calendar, touched)
	for days in (-40, 0, 55):  # with what is remembered of the first
		moment = entered + timedelta(days=days)
		assert ends.of(moment) == due(moment, limit, calendar)


@checked
@given(
	limit=limits.filter(lambda limit: limit.amount),
	calendar=calendars(zones=(None,)),
	entered=moments,
	later=moments,
)
def test_a_later_touch_never_shortens_a_stay(limit, calendar, entered, later):
	assert due(entered, limit, calendar, later) >= due(entered, limit, calendar)


# What is said of it


@pytest.mark.parametrize(
	("now", "said"),
	[
		("2026-11-20 10:00", IN_TIME),
		("2026-11-20 10:01", LATE),
		("2026-11-22 23:00", LATE),  # a week-end is no working time
		("2026-11-24 10:00", LATE),
		("2026-11-24 10:01", ESCALATED),
	],
)
def test_the_owner_first_and_the_manager_two_working_days_later(now, said):
	assert standing(at("2026-11-20 10:00"), at(now), 2, "Working Days", OFFICE) == said


def test_without_an_end_nothing_is_late():
	assert standing(None, at("2099-01-01 00:00"), 0, "Hours", OFFICE) == IN_TIME
	assert not is_late(None, at("2099-01-01 00:00"))


def test_without_a_further_period_the_manager_hears_at_once():
	assert standing(at("2026-11-20 10:00"), at("2026-11-20 10:01"), 0, "Hours", OFFICE) == ESCALATED


# How long it was


def test_a_stay_over_a_weekend():
	assert stay(at("2026-11-20 16:00"), at("2026-11-23 11:00"), OFFICE) == Stay(4, 67 / 24)


def test_who_left_before_coming_did_not_stay():
	assert stay(at("2026-11-23 11:00"), at("2026-11-20 16:00"), OFFICE) == Stay(0, 0)


@checked
@given(calendar=calendars(zones=(None, BERLIN)), one=moments, other=moments)
def test_hours_of_many_are_the_same_as_of_each_alone(calendar, one, other):
	worked = WorkedHours(calendar, FIRST, LAST)
	assert worked.between(one, other) == pytest.approx(worktime.working_hours_between(one, other, calendar))


@pytest.mark.parametrize("days", (-400, 400))
def test_hours_outside_of_the_counted_period(days):
	begin = at("2026-06-01 10:00") + timedelta(days=days)
	end = begin + timedelta(days=9)
	expected = worktime.working_hours_between(begin, end, LUNCH)
	assert expected and WorkedHours(LUNCH, FIRST, LAST).between(begin, end) == expected


def test_hours_over_the_edge_of_the_counted_period():
	begin, end = at("2026-11-29 10:00"), at("2026-12-03 10:00")
	expected = worktime.working_hours_between(begin, end, LUNCH)
	assert WorkedHours(LUNCH, FIRST, LAST).between(begin, end) == expected
