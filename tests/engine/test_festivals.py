"""When festivals are (P6): known days of the calendars, and what holds of all of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunar_python import Lunar, LunarYear, Solar

from salesflow_std.engine import festivals
from salesflow_std.engine.festivals import EASTER, LUNAR, SOLAR, SOLAR_TERM, Festival, Sky

YEARS = st.integers(1990, 2090)
DAYS = st.dates(date(1991, 1, 1), date(2090, 12, 31))


def _date(day: Solar) -> date:
	return date(day.getYear(), day.getMonth(), day.getDay())


def _month(year: int, number: int) -> tuple[date, int]:
	month = LunarYear.fromYear(year).getMonth(number)
	return _date(Solar.fromJulianDay(month.getFirstJulianDay())), month.getDayCount()


def _term(year: int, name: str) -> date:
	key = {"Qingming": "清明", "Winter Solstice": "DONG_ZHI"}[name]
	return _date(Lunar.fromYmd(year, 1, 1).getJieQiTable()[key])


SKY = Sky(_month, _term)
SPRING, EVE = Festival(LUNAR, 1, 1), Festival(LUNAR, 12, 31)
MID_AUTUMN, DRAGON_BOAT = Festival(LUNAR, 8, 15), Festival(LUNAR, 5, 5)

ANY = st.one_of(
	st.builds(Festival, st.just(SOLAR), st.integers(1, 12), st.integers(1, 28)),
	st.builds(Festival, st.just(LUNAR), st.integers(1, 12), st.integers(1, 31)),
	st.builds(Festival, st.just(SOLAR_TERM), term=st.sampled_from(festivals.TERMS)),
	st.builds(Festival, st.just(EASTER), offset=st.integers(-60, 60)),
	st.just(Festival(SOLAR, 2, 29)),
)


@pytest.mark.parametrize(
	("festival", "days"),
	[
		(
			SPRING,
			[
				"2024-02-10",
				"2025-01-29",
				"2026-02-17",
				"2027-02-06",
				"2028-01-26",
				"2033-01-31",
				"2034-02-19",
			],
		),
		(MID_AUTUMN, ["2024-09-17", "2025-10-06", "2026-09-25", "2027-09-15"]),
		(DRAGON_BOAT, ["2024-06-10", "2025-05-31", "2026-06-19"]),
		(Festival(SOLAR_TERM, term="Qingming"), ["2024-04-04", "2025-04-04", "2026-04-05", "2027-04-05"]),
		(Festival(SOLAR_TERM, term="Winter Solstice"), ["2024-12-21", "2025-12-21", "2026-12-22"]),
		(Festival(EASTER), ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"]),
		(Festival(EASTER, offset=50), ["2025-06-09"]),
		(Festival(SOLAR, 10, 1), ["2026-10-01"]),
	],
)
def test_published_days(festival: Festival, days: list[str]) -> None:
	for day in map(date.fromisoformat, days):
		since = day - timedelta(days=150)
		assert festivals.following(festival, since, 1, SKY) == [day]


def test_the_day_itself_is_still_to_come() -> None:
	assert festivals.following(SPRING, date(2026, 2, 17), 2, SKY) == [date(2026, 2, 17), date(2027, 2, 6)]
	assert festivals.following(SPRING, date(2026, 2, 18), 1, SKY) == [date(2027, 2, 6)]


@given(YEARS)
def test_the_last_day_of_a_lunar_year_is_the_day_before_the_next_one(year: int) -> None:
	"""The twelfth month has 29 or 30 days."""
	assert festivals.in_year(EVE, year, SKY) + timedelta(days=1) == festivals.in_year(SPRING, year + 1, SKY)


@given(YEARS)
def test_a_leap_month_is_none_of_its_festivals(year: int) -> None:
	"""In 2025 the sixth month came twice, and what comes after it a month later."""
	spring, autumn = (festivals.in_year(one, year, SKY) for one in (SPRING, MID_AUTUMN))
	leap = LunarYear.fromYear(year).getLeapMonth()
	months = round((autumn - spring).days / 29.53 - 14 / 29.53)
	assert months == (8 if 0 < leap < 8 else 7)


def test_the_twenty_ninth_of_february() -> None:
	days = festivals.following(Festival(SOLAR, 2, 29), date(2027, 1, 1), 2, SKY)
	assert days == [date(2027, 2, 28), date(2028, 2, 29)]


@given(ANY, DAYS)
def test_the_next_days_come_in_order_and_leave_none_out(festival: Festival, since: date) -> None:
	first, second, third = festivals.following(festival, since, 3, SKY)
	assert since <= first < second < third
	# A lunar year has 384 days at most.
	assert (first - since).days <= 385 and 350 <= (second - first).days <= 400
	assert festivals.following(festival, first + timedelta(days=1), 1, SKY) == [second]
	assert festivals.following(festival, first, 1, SKY) == [first]


@given(st.integers(1900, 4000))
def test_easter_is_a_sunday_in_spring(year: int) -> None:
	day = festivals.easter(year)
	assert day.weekday() == 6 and date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize(
	("festival", "field"),
	[
		(Festival("Mayan", 1, 1), "calendar"),
		(Festival(SOLAR, 13, 1), "month"),
		(Festival(SOLAR, 0, 1), "month"),
		(Festival(SOLAR, 4, 31), "day"),
		(Festival(LUNAR, 1, 32), "day"),
		(Festival(LUNAR, 1, 0), "day"),
		(Festival(SOLAR_TERM), "solar_term"),
		(Festival(EASTER, offset=301), "easter_offset"),
	],
)
def test_what_is_on_no_day_is_refused(festival: Festival, field: str) -> None:
	with pytest.raises(festivals.FestivalError) as problem:
		festivals.following(festival, date(2026, 1, 1), 1, SKY)
	assert problem.value.field == field
