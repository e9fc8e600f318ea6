"""When a customer is cared for next, by one policy on one set of working days (P6, F4).

The first touches of many customers spread evenly over the interval, each customer always at the same place of it;
the next one follows the last after its interval. Levelling by the customer's name needs nobody else's plans, so a
customer's day does not depend on the order in which customers are planned.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from . import cadence

_DAY = timedelta(days=1)
# Of how many days a target on a day off looks for a working day around it, before it goes on to the next one.
_AROUND = 10
# What should have been long ago is spread over this part of the interval.
_CATCH_UP = 6


# Customers are spread over so many places of an interval.
PLACES = 512


def place_of(customer: str) -> int:
	"""The place of a customer, the same for the same name: 0 up to but not including PLACES."""
	return zlib.crc32(customer.encode()) % PLACES


def share(policy: str, place: int) -> float:
	"""How far into the interval of a policy a place lies, from 0 up to but not including 1.

	Each policy begins elsewhere, so that who is visited early is not called early, too.
	"""
	return (zlib.crc32(policy.encode()) + place * 2**32 // PLACES) % 2**32 / 2**32


class CareRhythm:
	"""The rhythm of one grade of a policy; remembers what customers have in common. Raises for a broken policy."""

	def __init__(self, planner: cadence.Planner, rhythm: cadence.Rhythm, now: datetime) -> None:
		self.planner, self.rhythm, self.now = planner, rhythm, now
		self.start = planner.days.next_day(now)
		length, _end = cadence.interval(rhythm, self.start)
		working = (self.start + number * _DAY for number in range(max(length, 1)))
		self._first = [day for day in working if planner.days.works(day)] or [self.start]
		self._late = self._first[: max(1, len(self._first) // _CATCH_UP)]
		self._targets: dict[date, date] = {}
		self._gaps: dict[tuple[datetime, datetime], bool] = {}

	def due(self, place: float, last: date | None, others: Iterable[datetime] = ()) -> datetime:
		"""When the next touch is due, for a customer at that `place` of the interval.

		`last` is the day of the last touch by this rhythm, `others` when other touches were or are due: to each of
		them the policy's gap is kept, by going on to a later day.
		"""
		day = self._day(place, last)
		due = self.planner.days.closing(day)
		for other in sorted(others):
			if not self._keeps_gap(*sorted((other, due))):
				due = self.planner.again(other, self.now)
		return due

	def _keeps_gap(self, first: datetime, second: datetime) -> bool:
		if (first, second) not in self._gaps:
			self._gaps[first, second] = self.planner.keeps_gap(first, second)
		return self._gaps[first, second]

	def is_late(self, last: date) -> bool:
		"""Whether the touch after one on that day should have been by now."""
		return self._target(last) < self.start

	def _day(self, place: float, last: date | None) -> date:
		if last is None:
			return self._first[int(place * len(self._first))]
		if self.is_late(last):
			return self._late[int(place * len(self._late))]
		return nearest(self.planner.days, self._target(last), self.start)

	def _target(self, last: date) -> date:
		if last not in self._targets:
			self._targets[last] = cadence.interval(self.rhythm, last)[1]
		return self._targets[last]


def nearest(days: cadence.Days, target: date, start: date) -> date:
	"""The working day nearest to the target, not before `start`; of two, the later one."""
	for away in range(_AROUND):
		for day in (target + away * _DAY, target - away * _DAY):
			if day >= start and days.works(day):
				return day
	return days.from_on(target)[0]


def greeting_day(days: cadence.Days, target: date, festival: date, start: date) -> date | None:
	"""The working day on which to greet: the last one up to the target, else the first one from `start` until the
	festival, else `start` itself; None when the festival is over."""
	if start > festival:
		return None
	day = target
	while day >= start:
		if days.works(day):
			return day
		day -= _DAY
	return next((day for day in _span(start, festival) if days.works(day)), start)


def _span(first: date, last: date) -> Iterable[date]:
	return (first + number * _DAY for number in range((last - first).days + 1))
