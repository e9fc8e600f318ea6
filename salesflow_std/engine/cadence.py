"""The rhythm of touches: when the next one is due, by which channel, with what goal (F1-F4, L8, N5, P6).

A policy gives each grade a rhythm (two a week, one a month) and a rotation of steps. From it, the story of
a document so far and the working days of its people follow the days on which the next touch may fall, best
first; of these the one on which the rep has least to do is taken. Nothing here looks at a clock or a
database: the same input gives the same plan.

How a rhythm is kept:

- **n a week**: n touches in every calendar week (Monday to Sunday) in which the rhythm held from the start
  and whose working days leave room, spread over it and never on two days in a row, unless there are more
  than three a week. In a week that has begun, the next touch comes when the spacing of 7/n days says.
- **every 2 weeks, n a month, quarter, year**: counted from the last touch, levelled a few days around it
  within the week or month it falls in. One a month is exactly one in each month; of several, each follows
  the last after its part of the time.

A touch is due by the closing of its day. Days are those of the calendar less `off` (the rep's or the
customer's own days off).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from . import worktime
from .errors import EngineError
from .scoring import Period

CHANNELS = ("E-mail", "Phone", "Visit", "Online Meeting", "Message")
PERIODS = ("Week", "Month", "Quarter", "Year")
_MONTHS = {"Month": 1, "Quarter": 3, "Year": 12}
_MOST_DAYS = {"Week": 7, "Month": 31, "Quarter": 92, "Year": 366}

# Up to here a week has room for a free day between any two touches.
_MOST_SPREAD = 3
# Days off that leave no working day for this long are a mistake, not a long holiday.
_SEARCH_DAYS = 3660
_DAY = timedelta(days=1)


class CadenceError(EngineError):
	"""The policy contradicts itself; `field` names where."""


@dataclass(frozen=True)
class Rhythm:
	"""`touches` in every `every` weeks, months, quarters or years; 2 a week is ``Rhythm(2)``."""

	touches: int
	every: int = 1
	period: str = "Week"


@dataclass(frozen=True)
class Step:
	"""One touch of the rotation: its channel, what it is to reach, and the kind of value item it brings (F3)."""

	channel: str
	goal: str = ""
	value_kind: str = ""


@dataclass(frozen=True)
class Policy:
	"""Rhythms by grade, where ``""`` stands for any grade that has none of its own, and the rotation of steps.

	`gap` is the least time between two touches (F4); in days, weeks and months it is counted from date to
	date. A touch that is not done `missed_after` its due time is missed (F5), never without it. A reply is
	to be answered `answer_within`.
	"""

	name: str
	rhythms: Mapping[str, Rhythm]
	steps: tuple[Step, ...]
	gap: Period = field(default_factory=lambda: Period(2, "Days"))
	missed_after: Period | None = field(default_factory=lambda: Period(1, "Working Days"))
	answer_within: Period = field(default_factory=lambda: Period(1, "Working Days"))

	def rhythm(self, grade: str) -> Rhythm | None:
		"""The rhythm a grade earns; None when the policy has none for it."""
		return self.rhythms.get(grade) or self.rhythms.get("")


@dataclass(frozen=True)
class Story:
	"""What happened to a document so far.

	`since` is when the present rhythm began, `last` the last touch (by whatever channel), `this_week` how
	many touches lie in the calendar week of the planning, `touches` how many there were at all.
	"""

	since: datetime
	last: datetime | None = None
	this_week: int = 0
	touches: int = 0


@dataclass(frozen=True)
class Touch:
	"""A planned touch: do it by `due`; after `late` it is missed (None: never)."""

	due: datetime
	late: datetime | None
	channel: str
	goal: str
	value_kind: str


def validate(policy: Policy) -> Policy:
	"""Returns the policy when every grade in it can be planned; raises CadenceError naming the field."""
	if not policy.steps:
		raise CadenceError("steps", "A cadence needs at least one step with a channel.")
	for i, step in enumerate(policy.steps):
		if step.channel not in CHANNELS:
			raise CadenceError(
				f"steps[{i}].channel", "{channel} is no channel. There are: {channels}.",
				channel=step.channel, channels=", ".join(CHANNELS),
			)  # fmt: skip
	if not policy.rhythms:
		raise CadenceError("rhythms", "A cadence needs at least one rhythm.")
	for grade, rhythm in policy.rhythms.items():
		at = f"rhythms[{grade}]"
		if rhythm.period not in PERIODS:
			raise CadenceError(
				f"{at}.period", "{period} is no period. There are: {periods}.",
				period=rhythm.period, periods=", ".join(PERIODS),
			)  # fmt: skip
		for number in (rhythm.touches, rhythm.every):
			if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 60:
				raise CadenceError(
					at, "Touches and periods are whole numbers from 1 to 60, not {number}.", number=number
				)
		if rhythm.touches > _MOST_DAYS[rhythm.period] * rhythm.every:
			raise CadenceError(at, "More than one touch a day is no rhythm.")
	for name in ("gap", "missed_after", "answer_within"):
		period = getattr(policy, name)
		if period is None:
			continue
		try:
			worktime.add(datetime(2026, 1, 5, 9), period.amount, period.unit, worktime.Calendar())
		except worktime.CalendarError as problem:
			raise CadenceError(name, problem.template, **problem.params) from None
	return policy


class Days:
	"""Working days of a calendar, less days `off`; remembers what it has worked out."""

	def __init__(self, calendar: worktime.Calendar, off: Collection[date] = ()) -> None:
		self.off = frozenset(off)
		self.calendar = calendar
		if self.off:
			self.calendar = replace(
				calendar,
				holidays=calendar.holidays | self.off,
				makeup_days=calendar.makeup_days - self.off,
			)
		self._closings: dict[date, datetime | None] = {}
		self._weeks: dict[date, tuple[date, ...]] = {}
		self._months: dict[date, tuple[date, ...]] = {}

	def closing(self, day: date) -> datetime | None:
		"""When work ends that day; None on a day off."""
		if day not in self._closings:
			windows = self.calendar.windows_on(day)
			ends = windows[-1][1] if windows else None
			if ends == time(0):  # until midnight, which belongs to the next date
				ends = time(23, 59, 59)
			self._closings[day] = datetime.combine(day, ends) if windows else None
		return self._closings[day]

	def works(self, day: date) -> bool:
		"""Whether that is a working day."""
		return self.closing(day) is not None

	def week(self, monday: date) -> tuple[date, ...]:
		"""The working days of the calendar week that begins on `monday`."""
		if monday not in self._weeks:
			week = (monday + i * _DAY for i in range(7))
			self._weeks[monday] = tuple(day for day in week if self.works(day))
		return self._weeks[monday]

	def month(self, first: date) -> tuple[date, ...]:
		"""The working days of the month that begins on `first`."""
		if first not in self._months:
			month = (first + i * _DAY for i in range(31))
			self._months[first] = tuple(day for day in month if day.month == first.month and self.works(day))
		return self._months[first]

	def from_on(self, day: date, count: int = 1) -> list[date]:
		"""The first `count` working days from `day` on. Raises CadenceError without any for ten years."""
		found: list[date] = []
		idle = 0
		while len(found) < count:
			if self.works(day):
				found.append(day)
				idle = 0
			elif idle == _SEARCH_DAYS:
				raise CadenceError("off", "No working day within ten years of {day}.", day=day - idle * _DAY)
			else:
				idle += 1
			day += _DAY
		return found

	def next_day(self, now: datetime) -> date:
		"""The working day for what is to be done as soon as possible: today, or the next once half is over."""
		return self.from_on(now.date() + _DAY if self.is_half_over(now) else now.date())[0]

	def is_half_over(self, now: datetime) -> bool:
		"""Whether half of the working day is over: what is planned now is for another day."""
		closing = self.closing(now.date())
		if closing is None:
			return False
		opening = datetime.combine(now.date(), self.calendar.windows_on(now.date())[0][0])
		return now > opening + (closing - opening) / 2


class Planner:
	"""Plans the touches of one policy on one set of days; remembers what alike documents have in common."""

	def __init__(self, policy: Policy, days: Days) -> None:
		self.policy = policy
		self.days = days
		self._gap_in_hours = "Hours" in worktime.unit_of(policy.gap.unit)
		self._candidates: dict[tuple, tuple[date, ...]] = {}
		self._lates: dict[datetime, datetime | None] = {}
		self._weeks_ahead: dict[date, list[date]] = {}

	def next_touch(
		self,
		grade: str,
		story: Story,
		now: datetime,
		load: Mapping[date, int] | None = None,
		not_before: date | None = None,
		without: Collection[str] = (),
	) -> Touch | None:
		"""The next touch of a document, None when its grade has no rhythm or no channel is left.

		`load` counts what the rep has on each day already, `not_before` keeps clear of days that were agreed
		otherwise, `without` names channels that are closed (an unsubscribed address).
		"""
		step = self.step(story.touches, without)
		days = self.candidates(grade, story, now, not_before) if step else ()
		if not days:
			return None
		day = self._lightest(days, load, now) if load else days[0]
		due = self.days.closing(day)
		return Touch(due, self.late(due), step.channel, step.goal, step.value_kind)

	def _lightest(self, days: Collection[date], load: Mapping[date, int], now: datetime) -> date:
		"""The best day that is lighter than the rep's week is on average, else the lightest.

		To take the lightest always would fill the days one after the other that others still come to.
		"""
		week = self._weeks_ahead.get(now.date())
		if week is None:
			week = self._weeks_ahead[now.date()] = self.days.from_on(now.date(), 5)
		total = sum(load.get(day, 0) for day in week)
		lighter = (day for day in days if 5 * load.get(day, 0) < total)
		return next(lighter, None) or min(days, key=lambda day: load.get(day, 0))

	def step(self, number: int, without: Collection[str] = ()) -> Step | None:
		"""The step of the rotation after `number` touches (F3), leaving out closed channels."""
		steps = self.policy.steps
		for i in range(len(steps)):
			step = steps[(number + i) % len(steps)]
			if step.channel not in without:
				return step
		return None

	def late(self, due: datetime) -> datetime | None:
		"""When a touch due at `due` is missed (F5)."""
		if due not in self._lates:
			period = self.policy.missed_after
			self._lates[due] = (
				worktime.add(due, period.amount, period.unit, self.days.calendar) if period else None
			)
		return self._lates[due]

	def answer_due(self, replied_on: datetime) -> datetime:
		"""Until when a reply is to be answered (F4)."""
		period = self.policy.answer_within
		return worktime.add(replied_on, period.amount, period.unit, self.days.calendar)

	def keeps_gap(self, last: datetime, due: datetime) -> bool:
		"""Whether a touch due at `due` keeps the least time to the last one (F4)."""
		if self._gap_in_hours:
			return due >= self._end_of_gap(last)
		return due.date() >= self._earliest(last)

	def again(self, last: datetime, now: datetime) -> datetime:
		"""When to try again after a touch in vain: as soon as the gap allows (F4)."""
		return self.days.closing(self.days.from_on(max(self.days.next_day(now), self._earliest(last)))[0])

	def soon(self, now: datetime) -> datetime:
		"""When what cannot wait is due: today, or the next working day once half of today is over."""
		return self.days.closing(self.days.next_day(now))

	def soon_after(self, last: datetime, now: datetime) -> datetime:
		"""The next working day after a try, for what does not wait for the gap."""
		return self.days.closing(self.days.from_on(max(last.date() + _DAY, now.date()))[0])

	def other_channel(self, number: int, tried: str, without: Collection[str] = ()) -> str:
		"""The channel for another try: the next of the rotation that was not just tried, if there is one."""
		step = self.step(number, {tried, *without}) or self.step(number, without)
		return step.channel if step else tried

	def candidates(
		self, grade: str, story: Story, now: datetime, not_before: date | None = None
	) -> tuple[date, ...]:
		"""The days on which the next touch may fall, best first; none when the grade has no rhythm."""
		rhythm = self.policy.rhythm(grade)
		if not rhythm:
			return ()
		start = self._start(now, not_before)
		monday = monday_of(start)
		# Only the week's own beginning matters of a rhythm that began before.
		since = story.since.date()
		weekly = rhythm.period == "Week" and rhythm.every == 1
		key = (
			rhythm,
			(story.last if self._gap_in_hours else story.last.date()) if story.last else None,
			story.this_week,
			max(since, monday - _DAY) if weekly else since,
			start,
			now.date(),
		)
		if key not in self._candidates:
			if weekly:
				days = self._by_week(rhythm.touches, story, start, now.date())
			else:
				days = self._by_interval(rhythm, story, start)
			self._candidates[key] = tuple(days)
		return self._candidates[key]

	def _start(self, now: datetime, not_before: date | None) -> date:
		today = now.date() + _DAY if self.days.is_half_over(now) else now.date()
		return max(today, not_before) if not_before else today

	def _earliest(self, last: datetime | None) -> date:
		"""The first date that keeps the gap to the last touch (F4)."""
		if last is None:
			return date.min
		if self._gap_in_hours:
			moment = self._end_of_gap(last)
			closing = self.days.closing(moment.date())
			return moment.date() + _DAY if closing and closing < moment else moment.date()
		gap = self.policy.gap
		if worktime.unit_of(gap.unit) == "Working Days":
			return self.days.from_on(last.date() + _DAY, int(gap.amount))[-1] if gap.amount else last.date()
		return self._end_of_gap(datetime.combine(last.date(), time(0))).date()

	def _end_of_gap(self, last: datetime) -> datetime:
		return worktime.add(last, self.policy.gap.amount, self.policy.gap.unit, self.days.calendar)

	def _spaced(self, after: date, touches: int) -> date:
		"""The first date for the touch after one that is done when due on `after`, in a week of `touches`."""
		return max(self._earliest(self.days.closing(after)), after + _apart(touches))

	def _by_week(self, touches: int, story: Story, start: date, today: date) -> list[date]:
		last = story.last and story.last.date()
		earliest = max(start, self._earliest(story.last))
		if last:
			earliest = max(earliest, last + _apart(touches))
		ideal = last + timedelta(days=7 // touches) if last else None
		this_monday = monday_of(today)
		first_monday = monday_of(earliest)
		for number in range(_SEARCH_DAYS // 7):
			monday = first_monday + number * 7 * _DAY
			week = self.days.week(monday)
			need = touches - (story.this_week if monday == this_monday else 0)
			free = [day for day in week if day >= earliest]
			if need <= 0 or not free:
				continue
			if story.since.date() <= week[0]:
				free = self._leaving_room(free, need, touches)
			elif ideal and ideal > free[-1]:
				continue  # the week had begun before the rhythm did
			return _around(free, ideal, slack=1 if touches > 1 else 2)
		raise CadenceError("off", "No working day within ten years of {day}.", day=earliest)

	def _leaving_room(self, free: list[date], need: int, touches: int) -> list[date]:
		"""Days after which the rest of the week still holds as many of the touches it needs as it can."""
		room = {}
		for i, day in enumerate(free):
			count, last = 1, day
			for later in free[i + 1 :]:
				if later >= self._spaced(last, touches):
					count, last = count + 1, later
			room[day] = min(count, need)
		return [day for day in free if room[day] == max(room.values())]

	def _by_interval(self, rhythm: Rhythm, story: Story, start: date) -> list[date]:
		base = (story.last or story.since).date()
		length, target = interval(rhythm, base)
		earliest = max(start, self._earliest(story.last))
		if target < earliest:
			# Late already; many at once (a policy that comes to an old stock) spread over a part of the period.
			return self.days.from_on(earliest, max(1, length // 6))
		# One touch in each week or month stays one in each: neither levelling nor days off move it over their
		# borders while another day of them is worked. It moves to both sides: with a touch that only ever comes
		# later, all documents gather on the last days of the month.
		weeks = rhythm.period == "Week"
		inside = self.days.week(monday_of(target)) if weeks else self.days.month(target.replace(day=1))
		inside = [day for day in inside if day >= earliest]
		if length < 7 or not inside:
			return self.days.from_on(target)
		return _around(inside, target, slack=2 if weeks else 3)


def interval(rhythm: Rhythm, base: date) -> tuple[int, date]:
	"""The length of the rhythm's interval in days, and where one from `base` on ends."""
	if rhythm.period == "Week":
		length = max(1, round(7 * rhythm.every / rhythm.touches))
		return length, base + timedelta(days=length)
	months = _MONTHS[rhythm.period] * rhythm.every
	if months % rhythm.touches:
		length = max(1, round(30.4 * months / rhythm.touches))
		return length, base + timedelta(days=length)
	begin = datetime.combine(base, time(0))
	target = worktime.add(begin, months // rhythm.touches, "Months", worktime.Calendar()).date()
	return (target - base).days, target


def _apart(touches: int) -> timedelta:
	"""What the spread alone keeps between two touches in a week of so many."""
	return (2 if touches <= _MOST_SPREAD else 1) * _DAY


def _around(days: list[date], ideal: date | None, slack: int) -> list[date]:
	"""The days no more than `slack` further from the ideal than the nearest, nearest first."""
	if ideal is None:
		return days
	away = {day: abs((day - ideal).days) for day in days}
	nearest = min(away.values())
	return sorted((d for d in days if away[d] <= nearest + slack), key=lambda d: (away[d], d))


def monday_of(day: date) -> date:
	"""The Monday of a day's calendar week."""
	return day - day.weekday() * _DAY
