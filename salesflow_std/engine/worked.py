"""Working time since a fixed beginning, as one number for a moment: the stay between two moments is the difference.

The same as `worktime.working_hours_between`, for millions of moments: each day is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from . import worktime
from .worktime import Calendar

_DAY = timedelta(days=1)


class Worked:
	"""The working hours of a calendar, counted from the beginning of `first` on, for moments up to the end of `last`.

	Moments are naive, of the calendar's zone; one outside the days is counted by `worktime` itself.
	"""

	def __init__(self, calendar: Calendar, first: date, last: date) -> None:
		self.calendar = calendar
		self._start = datetime.combine(first, time(0))
		# By the day's number: the hours before it, and its windows in seconds; None where the clocks change.
		self._days: dict[int, tuple[float, Sequence[tuple[int, int]] | None]] = {}
		total = 0.0
		for number in range((last - first).days + 1):
			day = first + number * _DAY
			midnight = datetime.combine(day, time(0))
			hours = worktime.working_hours_between(midnight, midnight + _DAY, calendar)
			windows = [(_seconds(start), _seconds(end) or 86400) for start, end in calendar.windows_on(day)]
			plain = abs(sum(end - start for start, end in windows) / 3600 - hours) < 1e-9
			self._days[day.toordinal()] = total, windows if plain and not self._changes(midnight) else None
			total += hours

	def _changes(self, midnight: datetime) -> bool:
		zone = self.calendar.tz
		return zone is not None and (
			midnight.replace(tzinfo=zone).utcoffset() != (midnight + _DAY).replace(tzinfo=zone).utcoffset()
		)

	def until(self, moment: datetime) -> float:
		"""Working hours from the beginning up to a moment; less than 0 before it."""
		found = self._days.get(moment.toordinal())
		if found is None:
			if moment < self._start:
				return -worktime.working_hours_between(moment, self._start, self.calendar)
			return worktime.working_hours_between(self._start, moment, self.calendar)
		hours, windows = found
		if windows is None:
			return hours + worktime.working_hours_between(
				datetime.combine(moment.date(), time(0)), moment, self.calendar
			)
		now = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
		for start, end in windows:
			if now > start:
				hours += ((now if now < end else end) - start) / 3600
		return hours


def hours_a_day(calendar: Calendar) -> float:
	"""How many hours a working day has: the mean of the week's."""
	days = [
		sum((_seconds(end) or 86400) - _seconds(start) for start, end in windows) / 3600
		for windows in calendar.windows.values()
		if windows
	]
	return sum(days) / len(days) if days else 8.0


def _seconds(moment: time) -> int:
	return moment.hour * 3600 + moment.minute * 60 + moment.second
