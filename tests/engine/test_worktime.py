"""The clocks of L2, L7 and L9: examples a manager would check, and slow references that count minutes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from salesflow_std.engine import worktime
from salesflow_std.engine.worktime import (
	UNITS,
	Calendar,
	CalendarError,
	Piece,
	add,
	pieces,
	working_hours_between,
)

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # puts its clocks forward by half an hour
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = (None, BERLIN, NEW_YORK, LORD_HOWE)

MINUTE, DAY, TICK = timedelta(minutes=1), timedelta(days=1), timedelta(microseconds=1)

checked = settings(deadline=None, max_examples=100)
slow = settings(deadline=None, max_examples=40)


def windows(*texts: str) -> tuple[tuple[time, time], ...]:
	"""``windows("9-12", "13-24")``."""

	def clock(text: str) -> time:
		hour, _, minute = text.partition(":")
		return time(int(hour) % 24, int(minute or 0))

	return tuple((clock(a), clock(b)) for a, b in (text.split("-") for text in texts))


def week(*texts: str, days: range = range(5), **options: object) -> Calendar:
	return Calendar(windows=dict.fromkeys(days, windows(*texts)), **options)


OFFICE = Calendar()  # Monday to Friday, 9 to 18
LUNCH = week("9-12", "13-18")
NIGHTS = week("0-6", "22-24", days=range(7))
ROUND_THE_CLOCK = week("0-24", days=range(7))


def at(text: str, **options: object) -> datetime:
	"""``at("2026-11-20 18:00")``, a Friday."""
	return datetime.fromisoformat(text).replace(**options)


def utc(moment: datetime) -> datetime:
	return moment.astimezone(UTC)


def clocks_passed(wall: datetime, zone: ZoneInfo | None) -> datetime:
	"""A wall-clock time as the clock shows it: what is skipped lies behind the gap."""
	return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) if zone else wall


# References that know nothing of the engine but the calendar's fields ------------------------------------


def opened_on(day: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
	table = calendar.windows.get(day.weekday(), ())
	if day in calendar.makeup_days:
		table = calendar.makeup_windows or next(w for _, w in sorted(calendar.windows.items()) if w)
	elif day in calendar.holidays:
		table = ()
	midnight = datetime.combine(day, time(0))
	return [
		(datetime.combine(day, a), datetime.combine(day, b) if b != time(0) else midnight + DAY)
		for a, b in table
	]


def counted_hours(start: datetime, minutes: int, calendar: Calendar) -> datetime:
	"""Working Hours, minute by minute on the world's clock."""
	zone = calendar.tz
	moment = start.replace(tzinfo=zone or UTC).astimezone(UTC)
	while minutes:
		wall = moment.astimezone(zone or UTC).replace(tzinfo=None)
		minutes -= any(a <= wall < b for a, b in opened_on(wall.date(), calendar))
		moment += MINUTE
	return moment.astimezone(zone or UTC).replace(tzinfo=None)


def counted_days(start: datetime, days: int, calendar: Calendar) -> datetime:
	"""Working Days: back to the last working minute, day by day, back to the last working minute there."""

	def running(moment: datetime) -> date | None:
		for day in (moment.date(), moment.date() - DAY):
			if any(a < moment <= b for a, b in opened_on(day, calendar)):
				return day
		return None

	moment = start
	while running(moment) is None:
		moment -= MINUTE
	day = running(moment)
	over = moment < start and moment == opened_on(day, calendar)[-1][1]
	into = moment - datetime.combine(day, time(0))
	while days:
		day += DAY
		days -= bool(opened_on(day, calendar))
	spans = opened_on(day, calendar)
	if over:
		return spans[-1][1]
	due = datetime.combine(day, time(0)) + into
	while due > spans[0][0]:
		if any(a < due <= b for a, b in spans):
			return due
		due -= MINUTE
	return spans[0][0]


# What hypothesis draws: edges on full hours at night (where clocks change), on quarters by day ------------

EDGES = [60 * hour for hour in range(5)] + [15 * quarter for quarter in range(20, 97)]
FIRST_DAYS = [
	date(2026, 3, 6),
	date(2026, 3, 27),
	date(2026, 4, 3),
	date(2026, 10, 2),
	date(2026, 10, 23),
	date(2026, 10, 30),
]


@st.composite
def day_windows(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
	size = draw(st.sampled_from([2, 2, 4]))
	edges = sorted(draw(st.lists(st.sampled_from(EDGES), min_size=size, max_size=size, unique=True)))
	clock = [time(edge // 60 % 24, edge % 60) for edge in edges]
	return tuple(zip(clock[::2], clock[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn, zones: tuple = ZONES) -> Calendar:
	near = st.sampled_from([first + DAY * n for first in FIRST_DAYS for n in range(-3, 12)])
	return Calendar(
		windows=draw(st.dictionaries(st.integers(0, 6), day_windows(), min_size=1, max_size=7)),
		holidays=draw(st.frozensets(near, max_size=12)),
		makeup_days=draw(st.frozensets(near, max_size=6)),
		makeup_windows=draw(st.just(()) | day_windows()),
		tz=draw(st.sampled_from(zones)),
	)


days = st.sampled_from([first + DAY * n for first in FIRST_DAYS for n in range(4)])
minutes_of_day = st.integers(0, 24 * 60 - 1).map(lambda n: n * MINUTE)
starts = st.builds(lambda day, into: datetime.combine(day, time(0)) + into, days, minutes_of_day)
instants = st.builds(
	lambda start, micro: start + timedelta(microseconds=micro), starts, st.integers(0, 59_999_999)
)


def whole(unit: str) -> st.SearchStrategy[int]:
	return st.integers(0, {"Hours": 80, "Working Hours": 60, "Days": 12, "Working Days": 12}.get(unit, 3))


periods = st.sampled_from(UNITS).flatmap(lambda unit: st.tuples(whole(unit), st.just(unit)))


class TestFirstTouchOfL7:
	@pytest.mark.parametrize(
		("start", "amount", "unit", "due"),
		[
			# 48 hours are 48 hours, also over a week-end
			("2026-11-20 18:00", 48, "Hours", "2026-11-22 18:00"),
			("2026-11-20 18:00", 1, "Weeks", "2026-11-27 18:00"),
			("2026-11-20 18:00", 3, "Working Days", "2026-11-25 18:00"),
			("2026-11-21 12:00", 3, "Working Days", "2026-11-25 18:00"),
			("2026-11-23 09:00", 3, "Working Days", "2026-11-25 18:00"),
			("2026-11-23 09:01", 3, "Working Days", "2026-11-26 09:01"),
			("2026-11-20 10:00", 1, "Working Days", "2026-11-23 10:00"),
			("2026-11-20 17:00", 2, "Working Hours", "2026-11-23 10:00"),
			("2026-11-20 18:00", 1, "Working Hours", "2026-11-23 10:00"),
			("2026-11-21 12:00", 9, "Working Hours", "2026-11-23 18:00"),
			("2026-11-20 16:30", 1.5, "Working Hours", "2026-11-20 18:00"),
			("2026-11-20 16:30", 0.25, "Hours", "2026-11-20 16:45"),
		],
	)
	def test_office_week(self, start, amount, unit, due):
		assert add(at(start), amount, unit, OFFICE) == at(due)

	def test_three_working_days_over_a_holiday(self):
		"""Captured on Friday at 18:00, Tuesday is off: Monday, Wednesday, Thursday."""
		calendar = replace(OFFICE, holidays=frozenset([date(2026, 11, 24)]))
		assert add(at("2026-11-20 18:00"), 3, "Working Days", calendar) == at("2026-11-26 18:00")
		assert add(at("2026-11-20 10:00"), 3, "Working Days", calendar) == at("2026-11-26 10:00")
		assert add(at("2026-11-23 17:00"), 2, "Working Hours", calendar) == at("2026-11-25 10:00")

	@pytest.mark.parametrize(
		("start", "amount", "unit", "due"),
		[
			("2026-11-18 12:00", 1, "Working Days", "2026-11-19 12:00"),
			("2026-11-18 12:30", 1, "Working Days", "2026-11-19 12:00"),
			("2026-11-18 13:00", 1, "Working Days", "2026-11-19 12:00"),
			("2026-11-18 13:01", 1, "Working Days", "2026-11-19 13:01"),
			("2026-11-18 11:00", 2, "Working Hours", "2026-11-18 14:00"),
			("2026-11-18 12:30", 5, "Working Hours", "2026-11-18 18:00"),
			("2026-11-18 11:00", 1, "Working Hours", "2026-11-18 12:00"),
			("2026-11-20 17:00", 5, "Working Hours", "2026-11-23 14:00"),
		],
	)
	def test_lunch_break(self, start, amount, unit, due):
		assert add(at(start), amount, unit, LUNCH) == at(due)

	def test_a_shorter_friday(self):
		calendar = replace(OFFICE, windows={**OFFICE.windows, 4: windows("9-13")})
		assert add(at("2026-11-19 15:00"), 1, "Working Days", calendar) == at("2026-11-20 13:00")
		assert add(at("2026-11-20 13:00"), 1, "Working Days", calendar) == at("2026-11-23 13:00")
		assert add(at("2026-11-20 13:01"), 1, "Working Days", calendar) == at("2026-11-23 18:00")
		assert add(at("2026-11-21 12:00"), 1, "Working Days", calendar) == at("2026-11-23 18:00")
		assert add(at("2026-11-19 15:00"), 2, "Working Days", calendar) == at("2026-11-23 15:00")
		assert add(at("2026-11-19 17:00"), 5, "Working Hours", calendar) == at("2026-11-20 13:00")
		assert add(at("2026-11-19 17:00"), 6, "Working Hours", calendar) == at("2026-11-23 10:00")

	def test_a_day_that_only_opens_in_the_afternoon(self):
		calendar = replace(OFFICE, windows={**OFFICE.windows, 4: windows("14-18")})
		assert add(at("2026-11-19 10:00"), 1, "Working Days", calendar) == at("2026-11-20 14:00")

	def test_national_day_2026_in_china(self):
		"""Off from 1 to 7 October; worked on Sunday 20 September and Saturday 10 October 调休."""
		calendar = replace(
			OFFICE,
			holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
			makeup_days=frozenset([date(2026, 9, 20), date(2026, 10, 10)]),
			tz=SHANGHAI,
		)
		assert add(at("2026-09-30 18:00"), 3, "Working Days", calendar) == at("2026-10-10 18:00")
		assert add(at("2026-09-30 10:00"), 3, "Working Days", calendar) == at("2026-10-10 10:00")
		assert add(at("2026-10-03 12:00"), 3, "Working Days", calendar) == at("2026-10-10 18:00")
		assert add(at("2026-09-18 18:00"), 3, "Working Days", calendar) == at("2026-09-22 18:00")
		assert add(at("2026-09-30 17:00"), 2 * 9, "Working Hours", calendar) == at("2026-10-09 17:00")
		assert add(at("2026-10-09 17:00"), 2, "Working Hours", calendar) == at("2026-10-10 10:00")
		assert add(at("2026-09-30 18:00"), 48, "Hours", calendar) == at("2026-10-02 18:00")
		assert [calendar.is_working_day(date(2026, 10, day)) for day in (7, 8, 9, 10, 11, 12)] == [
			False, True, True, True, False, True,
		]  # fmt: skip

	def test_a_makeup_day_inside_holidays_with_its_own_hours(self):
		calendar = replace(
			OFFICE,
			holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
			makeup_days=frozenset([date(2026, 10, 4)]),
			makeup_windows=windows("10-14"),
		)
		assert add(at("2026-09-30 18:00"), 1, "Working Days", calendar) == at("2026-10-04 14:00")
		assert add(at("2026-09-30 18:00"), 3, "Working Hours", calendar) == at("2026-10-04 13:00")
		assert add(at("2026-10-04 11:00"), 1, "Working Days", calendar) == at("2026-10-08 11:00")

	def test_a_makeup_day_works_like_the_first_working_day_of_the_week(self):
		calendar = Calendar(
			windows={0: (), 1: windows("8-16"), 2: windows("9-18")},
			makeup_days=frozenset([date(2026, 11, 21)]),
		)
		assert add(at("2026-11-20 12:00"), 1, "Working Hours", calendar) == at("2026-11-21 09:00")
		assert add(at("2026-11-20 12:00"), 1, "Working Days", calendar) == at("2026-11-21 16:00")

	def test_windows_until_midnight_and_over_it(self):
		assert add(at("2026-11-20 23:00"), 1, "Working Hours", NIGHTS) == at("2026-11-21 00:00")
		assert add(at("2026-11-20 23:00"), 2, "Working Hours", NIGHTS) == at("2026-11-21 01:00")
		assert add(at("2026-11-20 07:00"), 9, "Working Hours", NIGHTS) == at("2026-11-21 23:00")
		assert add(at("2026-11-20 23:00"), 1, "Working Days", NIGHTS) == at("2026-11-21 23:00")
		assert add(at("2026-11-21 00:00"), 1, "Working Days", NIGHTS) == at("2026-11-22 00:00")
		assert add(at("2026-11-21 01:00"), 1, "Working Days", NIGHTS) == at("2026-11-22 01:00")
		assert add(at("2026-11-21 12:00"), 1, "Working Days", NIGHTS) == at("2026-11-22 06:00")

	@given(start=instants, hours=st.integers(0, 100))
	@checked
	def test_who_always_works_has_plain_hours_and_days(self, start, hours):
		assert add(start, hours, "Working Hours", ROUND_THE_CLOCK) == start + timedelta(hours=hours)
		assert add(start, hours, "Working Days", ROUND_THE_CLOCK) == start + timedelta(days=hours)


class TestMonths:
	@pytest.mark.parametrize(
		("start", "amount", "due"),
		[
			("2026-01-31 10:00", 1, "2026-02-28 10:00"),
			("2028-01-31 10:00", 1, "2028-02-29 10:00"),
			("2028-02-29 10:00", 12, "2029-02-28 10:00"),
			("2028-02-29 10:00", 48, "2032-02-29 10:00"),
			("2026-01-31 10:00", 2, "2026-03-31 10:00"),
			("2026-12-31 23:59:59.999999", 2, "2027-02-28 23:59:59.999999"),
			("2026-11-30 10:00", 1, "2026-12-30 10:00"),
			("2026-12-01 10:00", 12, "2027-12-01 10:00"),
			("9999-11-30 10:00", 1, "9999-12-30 10:00"),
		],
	)
	def test_the_same_day_or_the_last_one(self, start, amount, due):
		assert add(at(start), amount, "Months", OFFICE) == at(due)


class TestChangeOfTheClocks:
	@pytest.mark.parametrize(
		("zone", "eve", "change"),
		[
			(BERLIN, "2026-03-28 12:00", 1),
			(BERLIN, "2026-10-24 12:00", -1),
			(NEW_YORK, "2026-03-07 12:00", 1),
			(NEW_YORK, "2026-10-31 12:00", -1),
			(LORD_HOWE, "2026-10-03 12:00", 0.5),
			(LORD_HOWE, "2026-04-04 12:00", -0.5),
		],
	)
	def test_hours_elapse_and_days_keep_the_time(self, zone, eve, change):
		start, calendar = at(eve), replace(OFFICE, tz=zone)
		assert add(start, 48, "Hours", calendar) == start + timedelta(hours=48 + change)
		assert add(start, 2, "Days", calendar) == start + 2 * DAY
		assert add(start, 1, "Weeks", calendar) == start + 7 * DAY
		assert add(start, 1, "Working Days", calendar).time() == time(18)
		# an aware start has a calendar of its own, or takes its zone for it
		for tz in (zone, None, SHANGHAI):
			due = add(start.replace(tzinfo=zone), 48, "Hours", replace(OFFICE, tz=tz))
			assert utc(due) - utc(start.replace(tzinfo=zone)) == timedelta(hours=48)
			assert due.tzinfo is zone
		nights = replace(NIGHTS, tz=zone)
		# 22 to 24, then 6 hours by the clock
		assert add(start, 8 - change, "Working Hours", nights) == at(eve).replace(hour=6) + DAY
		all_day = replace(ROUND_THE_CLOCK, tz=zone)
		assert add(start, 30, "Working Hours", all_day) == start + timedelta(hours=30 + change)

	def test_a_skipped_time_moves_behind_the_gap(self):
		calendar = replace(OFFICE, tz=BERLIN)
		assert add(at("2026-03-28 02:30"), 1, "Days", calendar) == at("2026-03-29 03:30")
		assert add(at("2026-03-22 02:30"), 1, "Weeks", calendar) == at("2026-03-29 03:30")
		assert add(at("2026-02-28 02:30"), 1, "Months", calendar) == at("2026-03-28 02:30")
		assert add(at("2026-01-29 02:30"), 2, "Months", calendar) == at("2026-03-29 03:30")
		assert add(at("2026-03-28 02:30"), 24, "Hours", calendar) == at("2026-03-29 03:30")
		assert add(at("2026-03-29 01:30"), 1, "Hours", calendar) == at("2026-03-29 03:30")
		late = week("1-2:30", days=range(7), tz=BERLIN)
		assert add(at("2026-03-28 12:00"), 1, "Working Days", late) == at("2026-03-29 03:30")

	def test_fold_tells_the_two_equal_times_apart(self):
		calendar = replace(OFFICE, tz=BERLIN)
		first, second = at("2026-10-25 02:30"), at("2026-10-25 02:30", fold=1)
		assert add(first, 1, "Hours", calendar) == second
		assert add(first, 1, "Hours", calendar).fold == 1
		assert add(first, 2, "Hours", calendar) == at("2026-10-25 03:30")
		assert add(second, 1, "Hours", calendar) == at("2026-10-25 03:30")
		assert add(second, 1, "Days", calendar) == at("2026-10-26 02:30")
		for unit in UNITS:
			assert add(second, 0, unit, calendar).fold == 1
		# eleven years on, the clocks go back on the same date: the first of the two times is meant
		eleven_years = add(second, 11 * 12, "Months", calendar)
		assert (eleven_years, eleven_years.fold) == (at("2037-10-25 02:30"), 0)
		assert add(at("2026-10-24 02:30"), 1, "Days", calendar).fold == 0
		nights = replace(NIGHTS, tz=BERLIN)
		assert add(second, 1, "Working Hours", nights) == at("2026-10-25 03:30")
		assert add(first, 1, "Working Hours", nights).fold == 1
		assert working_hours_between(first, second, nights) == 1
		# ten minutes to the change of the clocks and ten behind it
		assert working_hours_between(
			at("2026-10-25 02:50"), at("2026-10-25 02:10", fold=1), nights
		) == pytest.approx(1 / 3)

	def test_aware_fold(self):
		second = at("2026-10-25 02:30", fold=1, tzinfo=BERLIN)
		due = add(second, 1, "Hours", replace(OFFICE, tz=BERLIN))
		assert utc(due) == at("2026-10-25 02:30", tzinfo=UTC)
		due = add(at("2026-10-25 00:30", tzinfo=UTC), 1, "Hours", replace(OFFICE, tz=BERLIN))
		assert (due, due.tzinfo) == (at("2026-10-25 01:30", tzinfo=UTC), UTC)

	def test_an_aware_start_works_by_the_calendars_clock(self):
		"""Friday 12:00 in New York is Friday 18:00 in Berlin: the office is closed."""
		calendar = replace(OFFICE, tz=BERLIN)
		start = at("2026-11-20 12:00", tzinfo=NEW_YORK)
		due = add(start, 3, "Working Days", calendar)
		assert (due.replace(tzinfo=None), due.tzinfo) == (at("2026-11-25 12:00"), NEW_YORK)
		assert add(start, 1, "Working Hours", calendar) == at("2026-11-23 10:00", tzinfo=BERLIN)
		shanghai = add(
			at("2026-11-20 18:00", tzinfo=SHANGHAI), 1, "Working Hours", replace(OFFICE, tz=BERLIN)
		)
		assert utc(shanghai) == at("2026-11-20 11:00", tzinfo=UTC)
		# without a zone the calendar means the clock of the start
		evening = at("2026-11-20 17:30", tzinfo=NEW_YORK)
		assert add(evening, 1, "Working Days", OFFICE) == at("2026-11-23 17:30", tzinfo=NEW_YORK)
		assert add(evening, 1, "Working Hours", OFFICE) == at("2026-11-23 09:30", tzinfo=NEW_YORK)
		assert working_hours_between(start, due, calendar) == 27
		assert working_hours_between(start, due, OFFICE) == 27

	def test_windows_that_meet_in_the_skipped_hour_are_counted_once(self):
		"""1-2:30 lasts until 3:30 that night, so 3-4 has half an hour left."""
		calendar = week("1-2:30", "3-4", days=range(7), tz=BERLIN)
		start = at("2026-03-29 00:00")
		assert working_hours_between(start, at("2026-03-29 04:00"), calendar) == 2
		assert add(start, 2, "Working Hours", calendar) == at("2026-03-29 04:00")
		assert add(start, 3, "Working Hours", calendar) == at("2026-03-30 02:00")

	@checked
	@given(start=instants, period=periods, calendar=calendars(zones=(BERLIN, NEW_YORK, LORD_HOWE)))
	def test_aware_in_any_zone_is_naive_on_the_calendars_clock(self, start, period, calendar):
		aware = start.replace(tzinfo=calendar.tz)
		expected = utc(add(start, *period, calendar).replace(tzinfo=calendar.tz))
		assert utc(add(aware, *period, calendar)) == expected
		there = aware.astimezone(SHANGHAI)
		assert utc(add(there, *period, calendar)) == utc(
			add(clocks_passed(start, calendar.tz).replace(tzinfo=calendar.tz), *period, calendar)
		)

	@checked
	@given(start=instants, period=periods, calendar=calendars())
	def test_the_zone_changes_calendar_units_only_in_the_gap(self, start, period, calendar):
		amount, unit = period
		if "Hours" in unit or not amount:
			unit, amount = "Working Days", amount + 1
		plain = add(start, amount, unit, replace(calendar, tz=None))
		assert add(start, amount, unit, calendar) == clocks_passed(plain, calendar.tz)


class TestAgainstCounting:
	@slow
	@given(start=starts, minutes=st.integers(1, 30 * 60), calendar=calendars())
	def test_working_hours(self, start, minutes, calendar):
		due = add(start, minutes / 60, "Working Hours", calendar)
		assert due == counted_hours(start, minutes, calendar)

	@slow
	@given(start=starts, amount=st.integers(1, 9), calendar=calendars(zones=(None,)))
	def test_working_days(self, start, amount, calendar):
		assert add(start, amount, "Working Days", calendar) == counted_days(start, amount, calendar)

	@checked
	@given(start=instants, amount=st.integers(1, 9), day=day_windows(), calendar=calendars(zones=(None,)))
	def test_a_working_day_is_a_days_working_hours_where_all_days_are_equal(
		self, start, amount, day, calendar
	):
		equal = replace(calendar, windows=dict.fromkeys(calendar.windows, day), makeup_windows=day)
		(length,) = {
			sum(((b - a) for a, b in opened_on(day, equal)), timedelta(0)) for day in [_a_working_day(equal)]
		}
		assert add(start, amount, "Working Days", equal) == add(
			start, amount * length.total_seconds() / 3600, "Working Hours", equal
		)

	@checked
	@given(start=instants, minutes=st.integers(1, 100 * 60), calendar=calendars())
	def test_working_hours_between_start_and_deadline_are_the_hours_given(self, start, minutes, calendar):
		due = add(start, minutes / 60, "Working Hours", calendar)
		assert working_hours_between(start, due, calendar) == pytest.approx(minutes / 60, abs=1e-9)
		assert working_hours_between(due, start, calendar) == 0

	@checked
	@given(start=instants, hours=st.tuples(st.integers(1, 40), st.integers(1, 40)), calendar=calendars())
	def test_working_hours_add_up(self, start, hours, calendar):
		one, two = hours
		half = add(start, one, "Working Hours", calendar)
		assert add(half, two, "Working Hours", calendar) == add(start, one + two, "Working Hours", calendar)

	@checked
	@given(
		start=instants,
		amount=st.integers(1, 10),
		unit=st.sampled_from(["Working Hours", "Working Days"]),
		calendar=calendars(zones=(None,)),
	)
	def test_a_deadline_is_never_outside_working_time(self, start, amount, unit, calendar):
		due = add(start, amount, unit, calendar)
		spans = opened_on(due.date(), calendar) + opened_on(due.date() - DAY, calendar)
		assert any(a <= due <= b for a, b in spans)
		assert due > start


def _a_working_day(calendar: Calendar) -> date:
	return next(day for n in range(60) if opened_on(day := date(2027, 1, 1) + n * DAY, calendar))


class TestMonotone:
	@checked
	@given(two=st.tuples(instants, instants), period=periods, calendar=calendars(zones=(None,)))
	def test_a_later_start_never_has_an_earlier_deadline(self, two, period, calendar):
		early, late = sorted(two)
		assert add(early, *period, calendar) <= add(late, *period, calendar)

	@checked
	@given(
		start=instants,
		later=st.integers(1, 3 * 24 * 3600),
		hours=st.integers(0, 60),
		unit=st.sampled_from(["Hours", "Working Hours"]),
		calendar=calendars(zones=(BERLIN, NEW_YORK, LORD_HOWE)),
	)
	def test_elapsed_units_over_a_change_of_the_clocks(self, start, later, hours, unit, calendar):
		"""On the world's clock: the wall clock shows an hour of the autumn night twice."""
		early = utc(start.replace(tzinfo=calendar.tz))
		late = early + timedelta(seconds=later)
		assert add(early, hours, unit, calendar) <= add(late, hours, unit, calendar)

	@checked
	@given(
		two=st.tuples(instants, instants),
		period=periods,
		calendar=calendars(zones=(BERLIN, NEW_YORK, LORD_HOWE)),
	)
	def test_calendar_units_over_a_change_of_the_clocks(self, two, period, calendar):
		"""On the wall clock, but for a deadline that was moved out of the hour that does not exist."""
		amount, unit = period
		if "Hours" in unit:
			unit = "Working Days"
		early, late = sorted(two)
		first, second = add(early, amount, unit, calendar), add(late, amount, unit, calendar)
		moved = first != add(early, amount, unit, replace(calendar, tz=None))
		assert first <= second or (moved and first - second <= timedelta(hours=1))


class TestErrors:
	@pytest.mark.parametrize("unit", UNITS)
	@pytest.mark.parametrize("amount", [-1, -0.001, math.nan, math.inf, 1_000_000, 10**400, "1", None, True])
	def test_amount(self, amount, unit):
		assert_refused("amount", lambda: add(at("2026-11-20 18:00"), amount, unit, OFFICE))
		assert_refused("amount", lambda: pieces(date(2026, 11, 20), amount, unit, OFFICE))

	@pytest.mark.parametrize("unit", ["Days", "Weeks", "Months", "Working Days"])
	def test_fractions_of_days(self, unit):
		assert_refused("amount", lambda: add(at("2026-11-20 18:00"), 1.5, unit, OFFICE))

	@pytest.mark.parametrize("unit", UNITS)
	@pytest.mark.parametrize("zone", [None, BERLIN])
	def test_beyond_the_year_9999(self, unit, zone):
		start = at("9999-12-30 12:00", tzinfo=zone)
		assert_refused("amount", lambda: add(start, 999, unit, replace(OFFICE, tz=zone)))

	@pytest.mark.parametrize("unit", UNITS)
	def test_nothing_to_add(self, unit):
		"""Also on a Saturday, when nobody works."""
		for start in (at("2026-11-21 12:00"), at("2026-11-21 12:00", tzinfo=BERLIN)):
			assert add(start, 0, unit, OFFICE) == start
			assert add(start, 0.0, unit, replace(OFFICE, tz=BERLIN)) == start

	@pytest.mark.parametrize("unit", ["", None, "Fortnights", "Work", "s"])
	def test_unit(self, unit):
		assert_refused("unit", lambda: add(at("2026-11-20 18:00"), 1, unit, OFFICE))

	@pytest.mark.parametrize(
		("spelling", "unit"),
		[
			("hour", "Hours"), ("HOURS", "Hours"), (" days ", "Days"), ("Calendar Days", "Days"),
			("calendar_day", "Days"), ("week", "Weeks"), ("month", "Months"),
			("working_hours", "Working Hours"), ("Working day", "Working Days"),
		],
	)  # fmt: skip
	def test_spellings_of_units(self, spelling, unit):
		assert worktime.unit_of(spelling) == unit

	@pytest.mark.parametrize(
		"empty",
		[
			{"windows": {}},
			{"windows": {0: (), 4: ()}},
			{"windows": {}, "makeup_days": frozenset([date(2026, 11, 21)])},
			{"windows": {}, "makeup_windows": windows("9-18")},
		],
	)
	def test_no_working_time(self, empty):
		assert_refused("windows", lambda: Calendar(**empty))

	@pytest.mark.parametrize(
		("texts", "weekday", "field"),
		[
			(["18-9"], 0, "windows[0]"),
			(["9-9"], 3, "windows[3]"),
			(["9-13", "12-18"], 1, "windows[1]"),
			(["13-18", "9-12"], 1, "windows[1]"),
			(["9-24", "10-12"], 6, "windows[6]"),
			(["9-18"], 7, "windows"),
			(["9-18"], -1, "windows"),
		],
	)
	def test_windows(self, texts, weekday, field):
		assert_refused(field, lambda: Calendar(windows={weekday: windows(*texts)}))
		if field != "windows":
			assert_refused("makeup_windows", lambda: replace(OFFICE, makeup_windows=windows(*texts)))

	def test_windows_may_touch(self):
		calendar = week("9-12", "12-18")
		assert add(at("2026-11-20 11:00"), 2, "Working Hours", calendar) == at("2026-11-20 13:00")

	@pytest.mark.parametrize("unit", ["Working Hours", "Working Days"])
	def test_holidays_without_end(self, unit):
		years = frozenset(date(2026, 1, 1) + n * DAY for n in range(11 * 366))
		assert_refused(
			"holidays", lambda: add(at("2026-01-05 12:00"), 1, unit, replace(OFFICE, holidays=years))
		)

	@pytest.mark.parametrize("unit", ["Working Hours", "Working Days"])
	def test_nine_years_of_holidays_end(self, unit):
		years = frozenset(date(2026, 1, 6) + n * DAY for n in range(9 * 365))
		calendar = replace(OFFICE, holidays=years)
		due = add(at("2026-01-05 18:00"), 9 if unit == "Working Hours" else 1, unit, calendar)
		assert due == at("2035-01-04 18:00")

	def test_week_ends_of_decades_are_no_end(self):
		"""Ten years without a working day count from the last one, not altogether."""
		start = at("2026-11-20 12:00")
		assert add(start, 10_000, "Working Days", OFFICE) == start + timedelta(weeks=2000)

	def test_the_last_makeup_day_ends_the_calendar(self):
		calendar = Calendar(
			windows={}, makeup_days=frozenset([date(2026, 11, 21)]), makeup_windows=windows("9-12")
		)
		assert add(at("2026-11-20 12:00"), 3, "Working Hours", calendar) == at("2026-11-21 12:00")
		assert_refused("holidays", lambda: add(at("2026-11-20 12:00"), 4, "Working Hours", calendar))


def assert_refused(field: str, call: object) -> None:
	with pytest.raises(CalendarError) as caught:
		call()
	assert caught.value.field == field
	assert str(caught.value) == f"{field}: {caught.value.template.format(**caught.value.params)}"


class TestPieces:
	@checked
	@given(
		day=days,
		period=periods
		| st.tuples(st.integers(1, 180).map(lambda n: n / 60), st.sampled_from(["Hours", "Working Hours"])),
		calendar=calendars(),
		random=st.lists(st.integers(0, 24 * 3600 * 10**6 - 1), max_size=20),
	)
	@example(  # the clocks change on the night between: five hours instead of six
		day=date(2026, 3, 28),
		period=(12, "Working Hours"),
		calendar=week("0-6", days=range(7), tz=BERLIN),
		random=[],
	)
	@example(  # deadlines reach the change of the clocks from starts that are no quarter of an hour
		day=date(2026, 3, 29), period=(50 / 60, "Hours"), calendar=replace(OFFICE, tz=BERLIN), random=[]
	)
	@example(  # a grid of twenty minutes on a day of a change
		day=date(2026, 3, 29),
		period=(20 / 60, "Working Hours"),
		calendar=week("0-6", "9:20-17:40", days=range(7), tz=BERLIN),
		random=[],
	)
	def test_equals_add_for_every_start(self, day, period, calendar, random):
		midnight = datetime.combine(day, time(0))
		found = pieces(day, *period, calendar)
		assert found[0].since == midnight - TICK
		assert found[-1].until == midnight + DAY - TICK
		assert all(one.until == two.since for one, two in itertools.pairwise(found))
		assert all(piece.since < piece.until for piece in found)
		near = {
			*(piece.until for piece in found),
			*(midnight + timedelta(minutes=n) for n in range(0, 24 * 60, 20)),
			*(midnight + timedelta(microseconds=n) for n in random),
			*(edge for span in opened_on(day, calendar) for edge in span),
		}
		for edge in near:
			for start in (edge - TICK, edge, edge + TICK):
				if start.date() == day:
					(piece,) = (p for p in found if p.since < start <= p.until)
					assert piece.due(start) == add(start, *period, calendar), start

	def test_three_working_days_are_three_pieces(self):
		midnight, nine, six = at("2026-11-18 00:00"), at("2026-11-18 09:00"), at("2026-11-18 18:00")
		assert pieces(date(2026, 11, 18), 3, "Working Days", OFFICE) == [
			Piece(midnight - TICK, nine, due_at=at("2026-11-20 18:00")),
			Piece(nine, six - TICK, shift=5 * DAY),
			Piece(six - TICK, midnight + DAY - TICK, due_at=at("2026-11-23 18:00")),
		]

	@pytest.mark.parametrize(
		("unit", "shift"), [("Hours", timedelta(hours=2)), ("Days", 2 * DAY), ("Weeks", 14 * DAY)]
	)
	def test_plain_time_is_one_piece(self, unit, shift):
		(piece,) = pieces(date(2026, 11, 21), 2, unit, replace(OFFICE, tz=BERLIN))
		assert (piece.due_at, piece.shift) == (None, shift)

	def test_a_day_off_is_one_piece(self):
		(piece,) = pieces(date(2026, 11, 21), 4, "Working Hours", OFFICE)
		assert (piece.due_at, piece.shift) == (at("2026-11-23 13:00"), None)


def test_working_days_that_are_shared_change_no_deadline():
	"""`pieces` with the days of an earlier call says what it says alone, also for days before them."""
	calendar = worktime.Calendar(
		holidays=frozenset({date(2027, 1, 6)}), makeup_days=frozenset({date(2027, 1, 9)})
	)
	days = worktime.WorkingDays(calendar)
	for start in (8, 2, 5, 6, 9, 1):
		asked = (date(2027, 1, start), 3, "Working Days", calendar)
		assert worktime.pieces(*asked, days) == worktime.pieces(*asked)
