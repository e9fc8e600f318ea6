"""When festivals are: on a day of the solar or the lunar calendar, at a solar term, or so long after Easter (P6).

Lunar months and solar terms come of tables or of astronomy, which the standard library has not: whoever asks
hands in functions for them (`Sky`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from .errors import EngineError

SOLAR, LUNAR, SOLAR_TERM, EASTER = "Solar", "Lunar", "Solar Term", "Easter"
CALENDARS = (SOLAR, LUNAR, SOLAR_TERM, EASTER)
QINGMING, WINTER_SOLSTICE = "Qingming", "Winter Solstice"
TERMS = (QINGMING, WINTER_SOLSTICE)

_MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# For the last day of a lunar month, which has 29 or 30.
LAST_DAY = 31
_MOST_OFF_EASTER = 300


class FestivalError(EngineError):
	"""The festival is on no day; `field` names what is wrong."""


@dataclass(frozen=True)
class Festival:
	"""`month` and `day` for Solar and Lunar, `term` for Solar Term, `offset` in days for Easter."""

	calendar: str
	month: int = 0
	day: int = 0
	term: str = ""
	offset: int = 0


@dataclass(frozen=True)
class Sky:
	"""What the standard library does not know.

	`lunar(year, month)` is the first day of a month of the lunar year, never of a leap month, and how many days it
	has; `term(year, name)` the day of a solar term.
	"""

	lunar: Callable[[int, int], tuple[date, int]]
	term: Callable[[int, str], date]


def validate(festival: Festival) -> Festival:
	"""Returns the festival when it is on some day; raises FestivalError naming the field."""
	if festival.calendar not in CALENDARS:
		raise FestivalError("calendar", "{calendar} is no calendar.", calendar=festival.calendar or "–")
	if festival.calendar in (SOLAR, LUNAR):
		if not 1 <= festival.month <= 12:
			raise FestivalError("month", "Say the month, from 1 to 12.")
		most = _MOST_DAYS[festival.month - 1] if festival.calendar == SOLAR else LAST_DAY
		if not 1 <= festival.day <= most:
			raise FestivalError("day", "Say the day, from 1 to {most}.", most=most)
	elif festival.calendar == SOLAR_TERM and festival.term not in TERMS:
		raise FestivalError("solar_term", "Say which solar term.")
	elif festival.calendar == EASTER and abs(festival.offset) > _MOST_OFF_EASTER:
		raise FestivalError(
			"easter_offset", "Say at most {most} days before or after.", most=_MOST_OFF_EASTER
		)
	return festival


def easter(year: int) -> date:
	"""Easter Sunday of a year, by the Gregorian reckoning."""
	# The anonymous algorithm, as Meeus gives it.
	a, b, c = year % 19, year // 100, year % 100
	d, e = divmod(b, 4)
	g = (8 * b + 13) // 25
	h = (19 * a + b - d - g + 15) % 30
	i, k = divmod(c, 4)
	shift = (32 + 2 * e + 2 * i - h - k) % 7
	m = (a + 11 * h + 22 * shift) // 451
	month, day = divmod(h + shift - 7 * m + 114, 31)
	return date(year, month, day + 1)


def in_year(festival: Festival, year: int, sky: Sky) -> date:
	"""The day of a festival in a year of its own calendar.

	What a month does not have is its last day: 29 February in a common year, the 30th of a short lunar month.
	"""
	if festival.calendar == LUNAR:
		first, length = sky.lunar(year, festival.month)
		return first + timedelta(days=min(festival.day, length) - 1)
	if festival.calendar == SOLAR_TERM:
		return sky.term(year, festival.term)
	if festival.calendar == EASTER:
		return easter(year) + timedelta(days=festival.offset)
	day = festival.day
	if festival.month == 2 and day == 29:
		day = 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
	return date(year, festival.month, day)


def following(festival: Festival, since: date, count: int, sky: Sky) -> list[date]:
	"""The next `count` days of a festival from `since` on, that day included."""
	days = _all_from(validate(festival), since, sky)
	return [next(days) for _number in range(count)]


def _all_from(festival: Festival, since: date, sky: Sky) -> Iterator[date]:
	# A lunar year begins in January or February, so its last months lie in the next one.
	for year in range(since.year - 1, MAXYEAR):
		day = in_year(festival, year, sky)
		if day >= since:
			yield day
