"""How long a document stands in a stage, and when that is too long (M1).

A stay begins when the stage is entered; where the stage says so, each touch begins it anew. It is over when the
longest stay has passed, and what is over is said to the owner first and to the manager after a further period. A
longest stay of 0 has no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from . import worktime
from .worktime import Calendar

# What is said of a stay, in the order in which it is said.
IN_TIME, LATE, ESCALATED = "", "Late", "Escalated"

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
	"""The longest stay in a stage: `amount` `unit`s of `worktime.UNITS`; 0 is no limit."""

	amount: float = 0
	unit: str = "Working Days"
	touch_resets: bool = False


@dataclass(frozen=True)
class Stay:
	"""How long a document stood in a stage: in working hours, and in days of 24 hours."""

	hours: float
	days: float


def begins(entered: datetime, touched: datetime | None, limit: Limit) -> datetime:
	"""From when the stay counts: the entry, or the last touch after it where touches count."""
	if limit.touch_resets and touched and touched > entered:
		return touched
	return entered


def due(
	entered: datetime, limit: Limit, calendar: Calendar, touched: datetime | None = None
) -> datetime | None:
	"""When the stay is over (M1); None where the stage has no limit. Raises CalendarError as `worktime.add`."""
	if not limit.amount:
		return None
	return worktime.add(begins(entered, touched, limit), limit.amount, limit.unit, calendar)


def is_late(due_on: datetime | None, at: datetime) -> bool:
	"""Whether a stay is over at a time; the due time itself is still in time."""
	return due_on is not None and at > due_on


def standing(
	due_on: datetime | None, now: datetime, escalate_amount: float, escalate_unit: str, calendar: Calendar
) -> str:
	"""IN_TIME, LATE (the owner hears) or ESCALATED (so does the manager, `escalate_amount` units later; F5)."""
	if not is_late(due_on, now):
		return IN_TIME
	if now > worktime.add(due_on, escalate_amount, escalate_unit, calendar):
		return ESCALATED
	return LATE


def stay(entered: datetime, left: datetime, calendar: Calendar) -> Stay:
	"""How long a document stood there; nothing where it left before it came."""
	if left <= entered:
		return Stay(0, 0)
	return Stay(
		worktime.working_hours_between(entered, left, calendar), (left - entered).total_seconds() / 86400
	)


class WorkedHours:
	"""`worktime.working_hours_between` for any number of stays within a period: each day is counted once.

	`between` takes naive times of the calendar's zone from `first` up to the end of `last`; what lies outside is
	counted one by one.
	"""

	def __init__(self, calendar: Calendar, first: date, last: date) -> None:
		self.calendar, self.first, self.last = calendar, first, last
		hours, total = [0.0], 0.0
		for number in range(max(0, (last - first).days) + 1):
			day = datetime.combine(first + number * _DAY, time(0))
			total += worktime.working_hours_between(day, day + _DAY, calendar)
			hours.append(total)
		self._until = hours

	def between(self, entered: datetime, left: datetime) -> float:
		"""Working hours between two times, 0 when `left` is not after `entered`."""
		if left <= entered:
			return 0
		if entered.date() < self.first or left.date() > self.last or entered.date() == left.date():
			return worktime.working_hours_between(entered, left, self.calendar)
		return self._before(left) - self._before(entered)

	def _before(self, moment: datetime) -> float:
		midnight = datetime.combine(moment.date(), time(0))
		begun = worktime.working_hours_between(midnight, moment, self.calendar)
		return self._until[(moment.date() - self.first).days] + begun


class Ends:
	"""`due` for any number of entries into one stage, with what they share counted once."""

	def __init__(self, limit: Limit, calendar: Calendar) -> None:
		self.limit = limit
		self.calendar = calendar
		whole = limit.unit == "Working Days" and limit.amount == int(limit.amount)
		self._days = worktime.WorkingDays(calendar) if whole else None

	def of(self, entered: datetime, touched: datetime | None = None) -> datetime | None:
		"""When the stay is over; times are naive, of the calendar's zone."""
		if not self._days or not self.limit.amount:
			return due(entered, self.limit, self.calendar, touched)
		return self._days.add(begins(entered, touched, self.limit), int(self.limit.amount))
