"""The weekly sheet and the monthly review (M6): when they are due, what they cover, what they talk about, and whom the
rule would coach or recognise. Shares are from 0 to 1 and may be over 1; money is in one currency."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .errors import EngineError

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A sheet reaches no further back, however long nobody met.
LONGEST_WEEKS = 4

Works = Callable[[date], bool]


class ReviewingError(EngineError):
	"""A meeting cannot be dated; `field` names what is wrong."""


# When, and what it covers -------------------------------------------------------------------------------------


def weekly_meeting(today: date, weekday: str, works: Works) -> date | None:
	"""The day of this week's meeting if it has come: the chosen weekday, or the next working day after a holiday.

	None before it. Raises ReviewingError for a weekday that there is not.
	"""
	if weekday not in WEEKDAYS:
		raise ReviewingError("weekday", "{weekday} is no weekday.", weekday=weekday)
	chosen = today - timedelta(days=(today.weekday() - WEEKDAYS.index(weekday)) % 7)
	return _working_from(chosen, today, works)


def monthly_meeting(today: date, number: int, works: Works) -> date | None:
	"""The day of this month's review if it has come: its n-th working day, or its last where it has fewer.

	None before it, and in a month in which nobody works. A number below 1 is the first.
	"""
	first, last = month_of(today)
	days = [day for day in _days(first, last) if works(day)]
	if not days:
		return None
	meeting = days[min(max(number, 1), len(days)) - 1]
	return meeting if meeting <= today else None


def _working_from(day: date, until: date, works: Works) -> date | None:
	return next((one for one in _days(day, until) if works(one)), None)


def is_ready(now: datetime, meeting: date, hour: int) -> bool:
	"""Whether the sheet of a meeting is to be there: from that hour (0-23) of its day on."""
	return now >= datetime(meeting.year, meeting.month, meeting.day, min(max(hour, 0), 23))


def weekly_period(meeting: date, last: date | None) -> tuple[date, date] | None:
	"""First and last day of a weekly sheet: from the end of the sheet before, `last`, to the day before the meeting.

	A week where there was none before; None where the sheet before reaches that far already.
	"""
	until = meeting - timedelta(days=1)
	if last is None:
		return until - timedelta(days=6), until
	if last >= until:
		return None
	return max(last + timedelta(days=1), until - timedelta(days=7 * LONGEST_WEEKS - 1)), until


def monthly_period(meeting: date) -> tuple[date, date]:
	"""First and last day of the month before."""
	return month_of(meeting.replace(day=1) - timedelta(days=1))


def month_of(day: date) -> tuple[date, date]:
	"""First and last day of a day's month."""
	return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _days(first: date, last: date) -> Iterable[date]:
	return (first + timedelta(days=n) for n in range((last - first).days + 1))


# Progress and lag ---------------------------------------------------------------------------------------------

AHEAD, ON_TRACK, BEHIND, NO_TARGET = "Ahead", "On Track", "Behind", "No Target"
# So far from what is expected by now is still on track.
_TOLERANCE = 0.1


def pace(achievement: float | None, expected: float) -> str:
	"""How an achievement stands against what is expected by now: AHEAD, ON_TRACK, BEHIND or NO_TARGET."""
	if achievement is None:
		return NO_TARGET
	if achievement < expected * (1 - _TOLERANCE):
		return BEHIND
	return AHEAD if achievement > expected * (1 + _TOLERANCE) else ON_TRACK


# Reasons ------------------------------------------------------------------------------------------------------

LOST_DEAL, AGEING, OBJECTION = "Lost Deal", "Too Long in Stage", "Objection"
MISSED_TOUCH, BOTTLENECK, OTHER = "Missed Touch", "Bottleneck", "Other"


@dataclass(frozen=True)
class Reason:
	"""Why a team lags: a kind, what about it, how often, and the value of the deals concerned, each once."""

	kind: str
	about: str
	times: int
	value: float = 0.0


def tallied(kind: str, cases: Iterable[tuple[str, str | None]], values: Mapping[str, float]) -> list[Reason]:
	"""Reasons of one kind out of cases ``(about, deal)``. `values` are those of the deals; others are worth nothing.

	Each case counts, each deal is valued once for what it is about.
	"""
	times: dict[str, int] = {}
	deals: dict[str, set[str]] = {}
	for about, deal in cases:
		times[about] = times.get(about, 0) + 1
		if deal in values:
			deals.setdefault(about, set()).add(deal)
	return [
		Reason(kind, about, count, math.fsum(values[deal] for deal in sorted(deals.get(about, ()))))
		for about, count in times.items()
	]


def ranked(reasons: Iterable[Reason], most: int = 12) -> list[Reason]:
	"""The reasons that weigh most, by value, then by how often; the first of each kind is never left out."""
	ordered = sorted(reasons, key=lambda one: (-one.value, -one.times, one.kind, one.about))
	first = {one.kind: one for one in reversed(ordered)}
	chosen = set(first.values())
	for one in ordered:
		if len(chosen) >= most:
			break
		chosen.add(one)
	return [one for one in ordered if one in chosen]


# Deals to talk about ------------------------------------------------------------------------------------------

CLOSING, CLOSING_PASSED, LATE, UNANSWERED = "closing", "closing passed", "late", "unanswered"
NO_TOUCH, WENT_BACK, NEW = "no touch", "back", "new"
# How much of a deal's value is at stake for one reason beside another.
_WEIGHTS = {
	CLOSING_PASSED: 3.0,
	UNANSWERED: 3.0,
	LATE: 2.0,
	WENT_BACK: 2.0,
	CLOSING: 2.0,
	NO_TOUCH: 1.5,
	NEW: 1.0,
}


@dataclass(frozen=True)
class Deal:
	"""An open deal. `closes_on` is what is expected; `stage_due` when its longest stay is over; `objection_due` the
	oldest promised answer that is still open; `next_touch` None where none is planned; `back_on` when it last went back
	in the period; `begun_on` when it came."""

	key: str
	value: float
	closes_on: date | None = None
	stage_due: datetime | None = None
	objection_due: datetime | None = None
	next_touch: datetime | None = None
	back_on: datetime | None = None
	begun_on: date | None = None


@dataclass(frozen=True)
class Why:
	"""Why a deal is talked about, and the day that says it; None where there is none."""

	code: str
	on: date | None = None


@dataclass(frozen=True)
class Topic:
	"""A deal with why it is talked about, the weightiest first."""

	deal: Deal
	why: tuple[Why, ...]

	@property
	def weight(self) -> float:
		"""How much of it is at stake: the weights of its reasons, without a unit."""
		return sum(_WEIGHTS[one.code] for one in self.why)


def large_from(values: Iterable[float]) -> float:
	"""From which value a deal is a large one of some: a quarter of those that are worth something are. 0 for none."""
	known = sorted(value for value in values if value > 0)
	return known[math.floor(0.75 * (len(known) - 1) + 0.5)] if known else 0.0


def why(deal: Deal, now: datetime, first: date, until: date, large: float) -> tuple[Why, ...]:
	"""Why a deal is talked about in a meeting at `now` on a period that began on `first`; closing counts up to `until`."""
	today, found = now.date(), []
	if deal.closes_on and deal.closes_on < today:
		found.append(Why(CLOSING_PASSED, deal.closes_on))
	elif deal.closes_on and deal.closes_on <= until:
		found.append(Why(CLOSING, deal.closes_on))
	if deal.objection_due and deal.objection_due < now:
		found.append(Why(UNANSWERED, deal.objection_due.date()))
	if deal.stage_due and deal.stage_due < now:
		found.append(Why(LATE, deal.stage_due.date()))
	if deal.back_on:
		found.append(Why(WENT_BACK, deal.back_on.date()))
	if deal.next_touch is None:
		found.append(Why(NO_TOUCH))
	if deal.begun_on and deal.begun_on >= first and deal.value > 0 and deal.value >= large:
		found.append(Why(NEW, deal.begun_on))
	return tuple(sorted(found, key=lambda one: -_WEIGHTS[one.code]))


def topics(deals: Collection[Deal], now: datetime, first: date, until: date, most: int = 10) -> list[Topic]:
	"""The deals to talk about, those with most at stake first: value times weight, then weight."""
	large = large_from(deal.value for deal in deals)
	found = [Topic(deal, reasons) for deal in deals if (reasons := why(deal, now, first, until, large))]
	found.sort(key=lambda one: (-one.deal.value * one.weight, -one.weight, one.deal.key))
	return found[:most]


# Coaching and recognition -------------------------------------------------------------------------------------

COACHING, RECOGNITION = "Coaching", "Recognition"
NEWCOMER, ABSENT, TOO_FEW = "newcomer", "absent", "too few months"
# Whoever is shorter with the company is not measured for coaching.
NEWCOMER_MONTHS = 3


@dataclass(frozen=True)
class Month:
	"""A closed month of a rep: its first day, the achievement (None without a target), the share of its working days
	that they were away."""

	first: date
	achievement: float | None
	away: float = 0.0


@dataclass(frozen=True)
class Rule:
	"""Coaching below a share in so many months in a row, recognition from a share on; 0 of one: it is not proposed."""

	below: float = 0.8
	months: int = 2
	above: float = 1.1


@dataclass(frozen=True)
class Verdict:
	"""What the rule says: COACHING, RECOGNITION or None; `but` says why somebody behind is not proposed."""

	kind: str | None = None
	months: tuple[Month, ...] = field(default=())
	but: str | None = None


def judge(months: Sequence[Month], rule: Rule, joined_on: date | None = None) -> Verdict:
	"""What the rule proposes for a rep by their closed months, the latest last (M6).

	Who was away for most of a month, or joined less than `NEWCOMER_MONTHS` before the end of the last one, is not proposed
	for coaching; recognition is earned either way.
	"""
	if not months or months[-1].achievement is None:
		return Verdict()
	last = months[-1]
	if rule.above and last.achievement >= rule.above:
		return Verdict(RECOGNITION, (last,))
	if not rule.months or not rule.below or last.achievement >= rule.below:
		return Verdict()
	row = tuple(months[-rule.months :])
	if any(one.achievement is not None and one.achievement >= rule.below for one in row):
		return Verdict()
	if joined_on and joined_on > _months_before(month_of(last.first)[1], NEWCOMER_MONTHS):
		return Verdict(None, row, NEWCOMER)
	if any(one.away > 0.5 for one in row):
		return Verdict(None, row, ABSENT)
	if len(row) < rule.months or any(one.achievement is None for one in row):
		return Verdict(None, row, TOO_FEW)
	return Verdict(COACHING, row)


def months_back(first: date, count: int) -> list[date]:
	"""The first days of so many months up to that of `first`, oldest first."""
	return [_months_before(first.replace(day=1), n) for n in reversed(range(count))]


def _months_before(day: date, count: int) -> date:
	year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
	return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def away_share(first: date, last: date, absences: Iterable[tuple[date, date]], works: Works) -> float:
	"""The share of a period's working days that lie in absences ``(first day, last day)``, each day once; 0 without any."""
	days = {day for day in _days(first, last) if works(day)}
	away = {day for begin, end in absences for day in _days(max(begin, first), min(end, last)) if day in days}
	return len(away) / len(days) if days else 0.0
