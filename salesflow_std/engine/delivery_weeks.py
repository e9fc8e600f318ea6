"""The weeks of a delivery in which it is synchronised with the account manager, and when each is due (A1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .worktime import Calendar

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Week:
	"""A calendar week by its Monday, and by when its state is to be told."""

	monday: date
	due: datetime


def weeks(begins: date, ends: date | None, until: date, weekday: str, calendar: Calendar) -> Iterator[Week]:
	"""The weeks from `begins` to `until`, and no longer than the delivery that `ends`, which are synchronised.

	Each is due at the close of work on its `weekday`, or on the last working day before it in the same week. A week
	that has none, or whose day lies before the beginning, is left out.
	"""
	last = min(until, ends) if ends else until
	monday = begins - begins.weekday() * _DAY
	while monday <= last:
		due = _due(monday, weekday, calendar)
		if due and due.date() >= begins:
			yield Week(monday, due)
		monday += 7 * _DAY


def _due(monday: date, weekday: str, calendar: Calendar) -> datetime | None:
	for back in range(WEEKDAYS.index(weekday), -1, -1):
		day = monday + back * _DAY
		if windows := calendar.windows_on(day):
			# Until midnight is the end of that day.
			return datetime.combine(day, windows[-1][1] or time(23, 59, 59))
	return None
