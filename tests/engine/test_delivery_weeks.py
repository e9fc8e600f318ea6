"""Weekly synchronisation of a delivery (A1)."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import delivery_weeks
from salesflow_std.engine.worktime import Calendar

BEGINS = date(2026, 3, 4)  # a Wednesday


def due_days(until: date, ends: date | None = None, weekday: str = "Friday", **calendar) -> list[date]:
	found = delivery_weeks.weeks(BEGINS, ends, until, weekday, Calendar(**calendar))
	return [week.due.date() for week in found]


def test_each_week_is_due_on_its_day():
	assert due_days(date(2026, 3, 18)) == [date(2026, 3, 6), date(2026, 3, 13), date(2026, 3, 20)]


def test_a_holiday_moves_it_forward_in_its_week():
	holidays = frozenset({date(2026, 3, 12), date(2026, 3, 13)})
	assert due_days(date(2026, 3, 14), holidays=holidays) == [date(2026, 3, 6), date(2026, 3, 11)]


def test_a_week_off_is_left_out():
	week = frozenset(date(2026, 3, 9) + timedelta(days=at) for at in range(7))
	assert due_days(date(2026, 3, 18), holidays=week) == [date(2026, 3, 6), date(2026, 3, 20)]


def test_what_ends_is_not_asked_any_more():
	assert due_days(date(2026, 4, 30), ends=date(2026, 3, 9)) == [date(2026, 3, 6), date(2026, 3, 13)]


def test_a_day_before_the_beginning_is_not_asked():
	assert due_days(date(2026, 3, 10), weekday="Tuesday") == [date(2026, 3, 10)]


def test_it_is_due_at_the_close_of_work():
	week = next(delivery_weeks.weeks(BEGINS, None, BEGINS, "Friday", Calendar()))
	closing = Calendar().windows_on(date(2026, 3, 6))[-1][1]
	assert week == delivery_weeks.Week(date(2026, 3, 2), datetime.combine(date(2026, 3, 6), closing))


@given(
	st.integers(0, 400),
	st.sampled_from(delivery_weeks.WEEKDAYS),
	st.frozensets(st.integers(0, 400).map(lambda days: BEGINS + timedelta(days=days)), max_size=60),
)
def test_one_a_week_and_always_on_a_working_day(days, weekday, holidays):
	calendar = Calendar(holidays=holidays)
	found = list(delivery_weeks.weeks(BEGINS, None, BEGINS + timedelta(days=days), weekday, calendar))
	mondays = [week.monday for week in found]
	assert mondays == sorted(set(mondays)) and all(monday.weekday() == 0 for monday in mondays)
	for week in found:
		assert calendar.is_working_day(week.due.date())
		assert week.monday <= week.due.date() <= week.monday + timedelta(days=4)
		assert week.due.date() >= BEGINS
