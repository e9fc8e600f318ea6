"""When a profile is due again (P5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import keeping

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))
MONTHS = st.integers(0, 120)


def weekdays(day: date) -> bool:
	return day.weekday() < 5


def every_day(day: date) -> bool:
	return True


@pytest.mark.parametrize(
	("day", "months", "then"),
	[
		(date(2027, 1, 31), 1, date(2027, 2, 28)),
		(date(2028, 1, 31), 1, date(2028, 2, 29)),
		(date(2027, 1, 31), 3, date(2027, 4, 30)),
		(date(2027, 11, 30), 3, date(2028, 2, 29)),
		(date(2027, 12, 15), 1, date(2028, 1, 15)),
		(date(2027, 5, 5), 0, date(2027, 5, 5)),
	],
)
def test_months_are_calendar_months(day, months, then):
	assert keeping.add_months(day, months) == then


def test_months_before_are_refused():
	with pytest.raises(ValueError):
		keeping.add_months(date(2027, 1, 1), -1)


@given(DAYS, MONTHS)
def test_the_month_is_right_and_the_day_is_the_same_or_the_months_last(day, months):
	then = keeping.add_months(day, months)
	assert (then.year * 12 + then.month) - (day.year * 12 + day.month) == months
	assert then.day == day.day or (then.day < day.day and (then + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MONTHS)
def test_later_is_never_due_earlier(one, other, months):
	early, late = sorted((one, other))
	assert keeping.add_months(early, months) <= keeping.add_months(late, months)


@given(DAYS, st.integers(1, 36))
def test_due_on_a_working_day_at_or_right_behind_the_nominal_one(day, months):
	nominal = keeping.add_months(day, months)
	due = keeping.due_on(day, months, weekdays)
	assert weekdays(due)
	assert nominal <= due <= nominal + timedelta(days=2)
	assert not any(weekdays(nominal + timedelta(days=n)) for n in range((due - nominal).days))
	assert keeping.due_on(day, months, every_day) == nominal


@given(DAYS, st.integers(-5, 0))
def test_without_months_it_is_never_due(day, months):
	assert keeping.due_on(day, months, weekdays) is None


def test_a_calendar_without_working_days_leaves_the_nominal_day():
	assert keeping.due_on(date(2027, 1, 31), 1, lambda day: False) == date(2027, 2, 28)


@given(DAYS, st.integers(0, 30), st.integers(-40, 80), st.none() | st.integers(-40, 80))
def test_told_once_for_each_due_date(due, after, days, told):
	today = due + timedelta(days=days)
	reminded = due + timedelta(days=told) if told is not None else None
	remind = keeping.to_remind(due, reminded, today, after)
	if remind:
		assert (days >= 0) if not after else (days > after)
		assert not keeping.to_remind(due, today, today, after)  # whoever was told just now
		assert not keeping.to_remind(due, today, today + timedelta(days=400), after)
		# A later date is told of anew.
		later = today + timedelta(days=1)
		assert keeping.to_remind(later, today, later + timedelta(days=after + 1), after)
	assert not keeping.to_remind(None, reminded, today, after)
