"""Deadlines in hours, calendar days, working hours and working days.

Carries out the clocks of L7 (first touch within 48 hours, a week, 3 working days), L2 (entry within 24
hours) and L9 (review intervals).

What the units mean:

- **Hours**: elapsed time. 48 hours are 48 hours, also over a week-end and over a change of the clocks.
- **Days**, **Weeks**, **Months**: calendar days, same time of day.
- **Working Hours**: elapsed time inside the working windows only.
- **Working Days**: full working days from the moment of the start. Friday 10:00 plus one working day is
  Monday 10:00. What begins outside working time counts from the next opening, and a day that would be full
  exactly at an opening is full at the closing before it: Friday 18:00 plus three working days is Wednesday
  18:00, and so it is from Saturday noon. The moment of the closing still belongs to its day: where Friday
  ends at 13:00, Friday 13:00 plus one working day is Monday 13:00, from 13:01 on it is Monday's closing.

Naive times are wall-clock times in the calendar's time zone, and come back naive. Aware times come back in
their own zone.
"""

from __future__ import annotations

import calendar as _calendar
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from math import gcd

from .errors import EngineError

UNITS = ("Hours", "Days", "Weeks", "Months", "Working Hours", "Working Days")

# A calendar whose holidays leave no working day for this long is a mistake, not a long holiday.
_SEARCH_DAYS = 3660

_DAY = timedelta(days=1)


class CalendarError(EngineError):
	"""The calendar or the period cannot be used; `field` names the part."""


Window = tuple[time, time]


@dataclass(frozen=True)
class Calendar:
	"""When people work.

	`windows` maps a weekday (0 = Monday) to its working windows in order; a weekday that is missing is
	off. `holidays` are off whatever the weekday. `makeup_days` are worked although a holiday or a free
	weekday (China's 调休), with `makeup_windows`, or those of the week's first working day. `tz` is the
	zone of naive times; None means the zone of the start, and for naive times a clock that never changes.
	Windows are in whole seconds; one that ends at 00:00 ends at midnight.
	"""

	windows: Mapping[int, tuple[Window, ...]] = field(
		default_factory=lambda: {day: ((time(9), time(18)),) for day in range(5)}
	)
	holidays: frozenset[date] = frozenset()
	makeup_days: frozenset[date] = frozenset()
	makeup_windows: tuple[Window, ...] = ()
	tz: tzinfo | None = None

	def __post_init__(self) -> None:
		if not any(self.windows.values()) and not (self.makeup_days and self.makeup_windows):
			raise CalendarError("windows", "The calendar has no working time.")
		for day, windows in self.windows.items():
			if day not in range(7):
				raise CalendarError("windows", "{day} is no weekday: 0 is Monday, 6 is Sunday.", day=day)
			_check_windows(f"windows[{day}]", windows)
		_check_windows("makeup_windows", self.makeup_windows)

	def windows_on(self, day: date) -> tuple[Window, ...]:
		"""The working windows of a day; none when it is off."""
		if day in self.makeup_days:
			return self.makeup_windows or next(
				(self.windows[d] for d in sorted(self.windows) if self.windows[d]), ()
			)
		if day in self.holidays:
			return ()
		return self.windows.get(day.weekday(), ())

	def is_working_day(self, day: date) -> bool:
		"""Whether anybody works that day."""
		return bool(self.windows_on(day))


def _check_windows(at: str, windows: tuple[Window, ...]) -> None:
	last = None
	for start, end in windows:
		if end != time(0) and start >= end:
			raise CalendarError(at, "Working time from {start} to {end} has no length.", start=start, end=end)
		if last is not None and (last == time(0) or start < last):
			raise CalendarError(at, "Working times overlap at {start}.", start=start)
		last = end


def unit_of(name: str) -> str:
	"""The unit's canonical name: ``working days``, ``Working day`` and ``working_days`` are "Working Days"."""
	plain = str(name).strip().casefold().replace("_", " ")
	plain = {"calendar days": "days", "calendar day": "days"}.get(plain, plain)
	for unit in UNITS:
		if plain in (unit.casefold(), unit.casefold()[:-1]):
			return unit
	raise CalendarError(
		"unit", "{unit} is no unit of time. There are: {units}.", unit=name, units=", ".join(UNITS)
	)


class WorkingDays:
	"""The working days of a calendar, each looked for once: `add` for any number of naive starts."""

	def __init__(self, calendar: Calendar) -> None:
		self.calendar = calendar
		self._days: list[date] = []
		self._place: dict[date, int] = {}
		self._walk: Iterator[date] = iter(())

	def add(self, start: datetime, count: int) -> datetime:
		"""As ``add(start, count, "Working Days", calendar)`` for a naive start and one day or more."""
		return _working_days_later(_to_wall(start, self.calendar), count, self)

	def after(self, day: date, count: int) -> date:
		"""The working day that comes `count` working days after a working day."""
		if not self._days or day < self._days[0]:
			self._days, self._place = [], {}
			self._walk = _working_days(day, self.calendar)
		while day not in self._place or len(self._days) <= self._place[day] + count:
			following = next(self._walk)
			self._place[following] = len(self._days)
			self._days.append(following)
		return self._days[self._place[day] + count]


def add(start: datetime, amount: float, unit: str, calendar: Calendar) -> datetime:
	"""`start` plus `amount` `unit`s by `calendar`.

	`amount` is zero or more; days, weeks, months and working days are whole numbers. Raises CalendarError
	for another amount or unit, and when the calendar has no working time within ten years.
	"""
	unit = unit_of(unit)
	if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < 1_000_000:
		raise CalendarError("amount", "A period must be a number from zero up, not {amount}.", amount=amount)
	if "Hours" not in unit and amount != int(amount):
		raise CalendarError(
			"amount", "{amount} {unit}: only whole ones are possible.", amount=amount, unit=unit
		)
	if not amount:
		return start
	zone = start.tzinfo
	if zone and not calendar.tz:
		calendar = replace(calendar, tz=zone)
	try:
		due = _ADD[unit](_to_wall(start, calendar), amount, calendar)
		return due.replace(tzinfo=calendar.tz).astimezone(zone) if zone else due
	except OverflowError:
		raise CalendarError(
			"amount", "{amount} {unit} lead out of the calendar.", amount=amount, unit=unit
		) from None


def _to_wall(moment: datetime, calendar: Calendar) -> datetime:
	"""A time on the calendar's clock, without its zone; `fold` keeps which of two equal times it is."""
	return (moment.astimezone(calendar.tz) if moment.tzinfo else moment).replace(tzinfo=None)


def _instant(wall: datetime, calendar: Calendar) -> datetime:
	"""A wall-clock time as a moment that elapsed time can be measured from."""
	return wall.replace(tzinfo=calendar.tz).astimezone(timezone.utc) if calendar.tz else wall


def _wall(instant: datetime, calendar: Calendar) -> datetime:
	"""The reverse of `_instant`; a time that the clocks skip comes back moved behind the gap."""
	return instant.astimezone(calendar.tz).replace(tzinfo=None) if calendar.tz else instant


def _elapse(wall: datetime, span: timedelta, calendar: Calendar) -> datetime:
	"""Elapsed time on a wall clock that may be put forward or back on the way."""
	return _wall(_instant(wall, calendar) + span, calendar)


def _midnight(day: date) -> datetime:
	return datetime.combine(day, time(0))


def _spans(day: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
	"""The working windows of a day as wall-clock times."""
	return [
		(datetime.combine(day, start), datetime.combine(day if end > time(0) else day + _DAY, end))
		for start, end in calendar.windows_on(day)
	]


def _closing(day: date, calendar: Calendar) -> datetime:
	return _spans(day, calendar)[-1][1]


def _working_days(first: date, calendar: Calendar, step: int = 1) -> Iterator[date]:
	"""Working days from `first` on (or back, with step -1)."""
	idle = 0
	day = first
	while idle < _SEARCH_DAYS:
		if calendar.windows_on(day):
			idle = 0
			yield day
		else:
			idle += 1
		day += step * _DAY
	raise CalendarError("holidays", "No working day within ten years of {day}.", day=first)


def _add_hours(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	return _elapse(wall, timedelta(hours=amount), calendar)


def _add_days(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	# Through UTC and back: a time that the clocks skip moves behind the gap.
	return _elapse(wall + timedelta(days=int(amount)), timedelta(0), calendar)


def _add_weeks(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	return _add_days(wall, 7 * amount, calendar)


def _add_months(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	years, month = divmod(wall.year * 12 + wall.month - 1 + int(amount), 12)
	if years > 9999:
		raise OverflowError
	day = min(wall.day, _calendar.monthrange(years, month + 1)[1])
	return _elapse(wall.replace(year=years, month=month + 1, day=day, fold=0), timedelta(0), calendar)


def _add_working_hours(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	left = timedelta(hours=amount)
	moment = _instant(wall, calendar)
	for day in _working_days(wall.date() - _DAY, calendar):
		for opening, closing in _spans(day, calendar):
			# Where the clocks skip an edge, a window may reach into the next one: `moment` counts it once.
			begin, end = max(moment, _instant(opening, calendar)), _instant(closing, calendar)
			if begin >= end:
				continue
			if left <= end - begin:
				return _wall(begin + left, calendar)
			left -= end - begin
			moment = end
	raise AssertionError("unreachable: _working_days never ends without an error")


def _add_working_days(wall: datetime, amount: float, calendar: Calendar) -> datetime:
	return _working_days_later(wall, int(amount), WorkingDays(calendar))


def _working_days_later(wall: datetime, count: int, days: WorkingDays) -> datetime:
	day, moment = _last_working_moment(wall, days.calendar)
	target = days.after(day, count)
	due = _closing(target, days.calendar) if moment is None else _same_time(target, moment, days.calendar)
	return _elapse(due, timedelta(0), days.calendar)


def _last_working_moment(wall: datetime, calendar: Calendar) -> tuple[date, timedelta | None]:
	"""The working day that is running or over at `wall`, and the time worked into it since its midnight.

	The time is None when the day is over: after its closing and up to the next opening. In a break it is
	the break's beginning.
	"""
	for day in _working_days(wall.date(), calendar, step=-1):
		begun = [span for span in _spans(day, calendar) if span[0] < wall]
		if not begun:
			continue
		if wall > _closing(day, calendar):
			return day, None
		return day, min(wall, begun[-1][1]) - _midnight(day)
	raise AssertionError("unreachable: _working_days never ends without an error")


def _same_time(target: date, moment: timedelta, calendar: Calendar) -> datetime:
	"""`moment` on `target`; outside its windows the closing before, or the opening where there is none."""
	due = _midnight(target) + moment
	spans = _spans(target, calendar)
	begun = [span for span in spans if span[0] < due]
	if not begun:
		return spans[0][0]
	return min(due, begun[-1][1])


_ADD = {
	"Hours": _add_hours,
	"Days": _add_days,
	"Weeks": _add_weeks,
	"Months": _add_months,
	"Working Hours": _add_working_hours,
	"Working Days": _add_working_days,
}


def working_hours_between(start: datetime, end: datetime, calendar: Calendar) -> float:
	"""Working hours between two times, 0 when `end` is not after `start`."""
	if start.tzinfo and not calendar.tz:
		calendar = replace(calendar, tz=start.tzinfo)
	start, end = _to_wall(start, calendar), _to_wall(end, calendar)
	total = timedelta(0)
	moment, last = _instant(start, calendar), _instant(end, calendar)
	day = start.date() - _DAY
	while day <= end.date():
		for opening, closing in _spans(day, calendar):
			begin, finish = max(moment, _instant(opening, calendar)), min(last, _instant(closing, calendar))
			if begin < finish:
				total += finish - begin
				moment = finish
		day += _DAY
	return total.total_seconds() / 3600


# Deadlines for many documents at once -------------------------------------------------------------------

_TICK = timedelta(microseconds=1)
_GRAIN = 15 * 60  # seconds: every change of the clocks happens at a quarter of an hour


@dataclass(frozen=True)
class Piece:
	"""For starts after `since` up to and including `until`: due at `due_at`, or `shift` after the start."""

	since: datetime
	until: datetime
	due_at: datetime | None = None
	shift: timedelta | None = None

	def due(self, start: datetime) -> datetime:
		"""The deadline of a start inside the piece."""
		return self.due_at if self.shift is None else start + self.shift


def pieces(
	day: date, amount: float, unit: str, calendar: Calendar, days: WorkingDays | None = None
) -> list[Piece]:
	"""`add` for every naive start on `day`, as few pieces.

	With `days` of the same calendar, working days that were looked for once are not looked for again.

	A deadline either stands still or moves with its start, and changes between the two only at the edge of
	a working window, where such an edge lies a period back, at midnight, or where the clocks change. So a
	database can set the deadlines of any number of documents from a short table, by the very same rule.
	`amount` is a whole number of minutes.
	"""
	unit = unit_of(unit)

	def due_of(start: datetime) -> datetime:
		if days and amount and unit == "Working Days" and amount == int(amount):
			return days.add(start, int(amount))
		return add(start, amount, unit, calendar)

	edges = [_midnight(day), *_cuts(day, amount, unit, calendar), _midnight(day) + _DAY]
	out: list[Piece] = []
	for edge, following in itertools.pairwise(edges):
		# Nothing changes between two edges, so two moments tell what the whole stretch does. The edge itself
		# goes with the stretch before it, with the one behind it, or (where the clocks change) with neither.
		quarter = (following - edge) / 4
		early, late = edge + quarter, following - quarter
		due, later = due_of(early), due_of(late)
		moves = {"due_at": due} if due == later else {"shift": due - early}
		stretch = Piece(edge, following - _TICK, **moves)
		due_at_edge = due_of(edge)
		if stretch.due(edge) == due_at_edge:
			stretch = replace(stretch, since=edge - _TICK)
		elif out and out[-1].due(edge) == due_at_edge:
			out[-1] = replace(out[-1], until=edge)
		else:
			out.append(Piece(edge - _TICK, edge, due_at=due_at_edge))
		last = out[-1] if out else None
		if (
			last
			and last.until == stretch.since
			and (last.due_at, last.shift) == (stretch.due_at, stretch.shift)
		):
			out[-1] = replace(last, until=stretch.until)
		else:
			out.append(stretch)
	return out


def _cuts(day: date, amount: float, unit: str, calendar: Calendar) -> list[datetime]:
	"""The times of `day` where its deadlines may change their kind."""
	begin, end = _midnight(day), _midnight(day) + _DAY
	edges = {edge for windows in _all_windows(calendar) for window in windows for edge in window}
	offsets = {timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in edges}
	clocks_change = _clocks_change(
		(begin, end, *(add(t, amount, unit, calendar) for t in (begin, end))), calendar
	)
	seconds: list[int] = []
	if unit == "Working Hours":
		# An edge may lie any sum of windows back from a deadline: all of them are multiples of one grain.
		seconds += [int(o.total_seconds()) for o in offsets]
	elif unit != "Working Days":
		offsets = set()
	if clocks_change:
		seconds.append(_GRAIN)
	if unit == "Working Hours" or (clocks_change and unit == "Hours"):
		# … and so are they from where the clocks change, a period ahead.
		seconds.append(round(amount * 60) * 60)
	if seconds:
		grain = timedelta(seconds=gcd(*seconds, 24 * 3600))
		offsets |= {grain * i for i in range(1, int(_DAY / grain))}
	return sorted(begin + offset for offset in offsets if timedelta(0) < offset < _DAY)


def _clocks_change(moments: Iterable[datetime], calendar: Calendar) -> bool:
	"""Whether the clock is put forward or back between some of these wall-clock times."""
	zone = calendar.tz
	return zone is not None and len({moment.replace(tzinfo=zone).utcoffset() for moment in moments}) > 1


def _all_windows(calendar: Calendar) -> list[tuple[Window, ...]]:
	return [*calendar.windows.values(), calendar.makeup_windows]
