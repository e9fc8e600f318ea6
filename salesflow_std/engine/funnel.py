"""The funnel of a cohort: how many deals reached each stage, how many went on, how long they stayed (M1, M3).

Each deal counts once, however often it went back and came again, and the lost ones count too. A deal belongs to
the period in which it entered its first stage. What the stage costs that keeps most from going on, says `bottleneck`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from statistics import mean, median
from typing import NamedTuple

from . import intervals
from .intervals import Interval

OPEN, WON, LOST, CLOSED = "open", "won", "lost", "closed"
# What a bottleneck is measured by: a goal, or the period before.
BY_GOAL, BY_PERIOD_BEFORE = "goal", "before"


class Deal(NamedTuple):
	"""One deal: the stages it entered, with their times, oldest first, and how it ended.

	`entered` holds ``(stage, moment)``; the moment is None where nobody knows it. `ended_on` is when a lost or closed
	deal left the stage it stood in; None while it is open, or where nobody knows. `value` is in the company's currency,
	None where nobody knows it, which is not zero. `overdue`: it has stood in its stage for longer than it should.
	"""

	key: str
	entered: tuple[tuple[str, datetime | None], ...]
	outcome: str = OPEN
	ended_on: datetime | None = None
	value: float | None = None
	overdue: bool = False


@dataclass
class Stage:
	"""What the cohort did in a stage; the lists hold the keys of the deals.

	`reached`: entered it or skipped it on the way to a later one. `went_on`: of these, those that came further.
	`hours`: the working time of each deal that has left it, all its visits together. `undecided` are the open
	deals that came no further and whose time is not over. `values`: what the deals are worth, as far as known; `won` those that were won in the end.
	"""

	name: str
	reached: list[str] = field(default_factory=list)
	went_on: list[str] = field(default_factory=list)
	here: list[str] = field(default_factory=list)
	lost: list[str] = field(default_factory=list)
	closed: list[str] = field(default_factory=list)
	hours: dict[str, float] = field(default_factory=dict)
	won: list[str] = field(default_factory=list)
	undecided: list[str] = field(default_factory=list)
	values: dict[str, float] = field(default_factory=dict)

	@property
	def conversion(self) -> float | None:
		"""Share of those that reached it and came further, 0-1; None where none reached it."""
		return len(self.went_on) / len(self.reached) if self.reached else None

	@property
	def interval(self) -> Interval | None:
		"""Where the conversion lies with 95 % confidence (Wilson), 0-1; None where none reached the stage."""
		return intervals.wilson(len(self.went_on), len(self.reached))

	@property
	def median_hours(self) -> float | None:
		"""Median working hours of those that have left; None where none has."""
		return median(self._sorted_hours) if self.hours else None

	@property
	def mean_hours(self) -> float | None:
		"""Mean working hours of those that have left; None where none has."""
		return mean(self.hours.values()) if self.hours else None

	@property
	def p90_hours(self) -> float | None:
		"""The working hours in which nine of ten have left; None where none has."""
		return intervals.percentile_of_sorted(self._sorted_hours, 0.9)

	@property
	def decided(self) -> int:
		"""How many have gone on, ended here, or stand here for longer than they should."""
		return len(self.reached) - len(self.undecided)

	@property
	def value(self) -> float | None:
		"""What the deals that reached it are worth; None where nobody knows it of any."""
		return sum(self.values.values()) if self.values else None

	@property
	def won_value(self) -> float | None:
		"""What those were worth that were won in the end; None where nobody knows it of any."""
		known = [self.values[key] for key in self.won if key in self.values]
		return sum(known) if known else None

	@cached_property
	def _sorted_hours(self) -> list[float]:
		return sorted(self.hours.values())


Stay = Callable[[Deal, datetime, datetime], float]
# The working hours up to a moment, from whatever beginning, by a deal's calendar.
Clock = Callable[[Deal], Callable[[datetime], float]]


def funnel(
	deals: Iterable[Deal], stages: Sequence[str], stay: Stay | None = None, clock: Clock | None = None
) -> list[Stage]:
	"""The stages in their order, with what the deals did in each (M3).

	`stay(deal, start, end)` gives the working hours between two moments by the deal's calendar, or `clock(deal)` those
	up to one, which is quicker for very many; with neither nothing is said of time. Stages that are not among `stages`
	count as if they had not been; a deal that entered none of them is left out. A deal whose later stage lies before its
	first, as after going back past where it began, has reached all from the earliest on.
	"""
	found = [Stage(name) for name in stages]
	places = {name: place for place, name in enumerate(stages)}
	end = len(found) - 1
	for deal in deals:
		visits = [(places[name], moment) for name, moment in deal.entered if name in places]
		if not visits:
			continue
		current = visits[-1][0]
		first = last = current
		for place, _moment in visits:
			if place < first:
				first = place
			elif place > last:
				last = place
		key, value, outcome = deal.key, deal.value, deal.outcome
		won = outcome == WON or (current == end and outcome == OPEN)
		for place in range(first, last + 1):
			stage = found[place]
			stage.reached.append(key)
			if place < last:
				stage.went_on.append(key)
			if won:
				stage.won.append(key)
			if value is not None:
				stage.values[key] = value
		stands = found[current]
		if outcome == LOST:
			stands.lost.append(key)
		elif outcome == CLOSED:
			stands.closed.append(key)
		else:
			stands.here.append(key)
			# Of the furthest stage it is not said yet whether the deal goes on; whoever has won waits for nothing.
			if not deal.overdue and not won:
				found[last].undecided.append(key)
		if stay or clock:
			spent = _clocked(visits, deal, clock(deal)) if clock else _stays(visits, deal, stay)
			for place, hours in spent:
				found[place].hours[key] = hours
	return found


def stays(visits: Sequence[tuple[str, datetime | None]], deal: Deal, stay: Stay) -> Mapping[str, float]:
	"""Stage -> working hours that a deal spent there, for the stages that it has left and of which both ends are
	known; a stage it has come back to and stands in still counts with what is over."""
	return dict(_stays(visits, deal, stay))


def _stays(visits: Sequence[tuple], deal: Deal, stay: Stay) -> Iterable[tuple]:
	ends = _ends(visits, deal)
	return _added(
		(name, None if start is None or end is None else stay(deal, start, end))
		for (name, start), end in zip(visits, ends, strict=False)
	)


def _clocked(visits: Sequence[tuple], deal: Deal, until: Callable[[datetime], float]) -> Iterable[tuple]:
	"""As `_stays`, in one loop: it runs for each of very many deals."""
	left = [moment for _name, moment in visits[1:]]
	if deal.outcome in (LOST, CLOSED):
		left.append(deal.ended_on)
	spent: dict[object, float | None] = {}
	entered = visits[0][1]
	start = None if entered is None else until(entered)
	for (name, _moment), moment in zip(visits, left, strict=False):
		end = None if moment is None else until(moment)
		before = spent.get(name, 0.0)
		if start is None or end is None or before is None:
			spent[name] = None
		else:
			spent[name] = before + (end - start if end > start else 0.0)
		start = end
	return [(name, hours) for name, hours in spent.items() if hours is not None]


def _ends(visits: Sequence[tuple], deal: Deal) -> list[datetime | None]:
	"""The ends of the visits that are over."""
	ends = [moment for _name, moment in visits[1:]]
	return [*ends, deal.ended_on] if deal.outcome in (LOST, CLOSED) else ends


def _added(stays: Iterable[tuple[object, float | None]]) -> Iterable[tuple]:
	"""Each stage once, with its visits added up; without those of which one is unknown."""
	spent: dict[object, float | None] = {}
	for name, hours in stays:
		if name not in spent:
			spent[name] = hours
		elif hours is None or spent[name] is None:
			spent[name] = None
		else:
			spent[name] += hours
	return [(name, hours) for name, hours in spent.items() if hours is not None]


def through(stage: Sequence[Stage]) -> float | None:
	"""Share of the cohort's deals that reached the last stage, 0-1; None for an empty cohort."""
	everybody = {key for one in stage for key in one.reached}
	return len(stage[-1].reached) / len(everybody) if everybody else None


# The whole way --------------------------------------------------------------------------------------------------


@dataclass
class Summary:
	"""What became of some deals, wherever they stand: lists of their keys, what was won, and how long it took.

	`cycle_hours`: the working hours of the won ones from their first stage to their last, where both are known.
	"""

	entered: list[str] = field(default_factory=list)
	won: list[str] = field(default_factory=list)
	lost: list[str] = field(default_factory=list)
	open: list[str] = field(default_factory=list)
	closed: list[str] = field(default_factory=list)
	values: dict[str, float] = field(default_factory=dict)
	cycle_hours: dict[str, float] = field(default_factory=dict)

	@property
	def conversion(self) -> float | None:
		"""Share of the deals that were won, 0-1; None for no deals."""
		return len(self.won) / len(self.entered) if self.entered else None

	@property
	def interval(self) -> Interval | None:
		"""Where that lies with 95 % confidence (Wilson)."""
		return intervals.wilson(len(self.won), len(self.entered))

	@property
	def median_hours(self) -> float | None:
		"""Median working hours of the won ones from first to last stage; None where none is known."""
		return median(self.cycle_hours.values()) if self.cycle_hours else None

	@property
	def won_value(self) -> float | None:
		"""What was won is worth; None where nobody knows it of any."""
		known = [self.values[key] for key in self.won if key in self.values]
		return sum(known) if known else None


def summary(deals: Iterable[Deal], stages: Sequence[str], clock: Clock | None = None) -> Summary:
	"""What became of the deals that entered any of the stages, each once (M3)."""
	found, known, final = Summary(), set(stages), stages[-1] if stages else None
	for deal in deals:
		visits = [(name, moment) for name, moment in deal.entered if name in known]
		if not visits:
			continue
		key, outcome = deal.key, deal.outcome
		found.entered.append(key)
		if deal.value is not None:
			found.values[key] = deal.value
		if outcome == WON or (outcome == OPEN and visits[-1][0] == final):
			found.won.append(key)
			begun, ended = visits[0][1], visits[-1][1]
			if clock and begun and ended and visits[-1][0] == final:
				until = clock(deal)
				found.cycle_hours[key] = max(0.0, until(ended) - until(begun))
		else:
			{LOST: found.lost, CLOSED: found.closed}.get(outcome, found.open).append(key)
	return found


def grouped(deals: Iterable[Deal], groups: Callable[[Deal], Iterable[object]]) -> dict[object, list[Deal]]:
	"""The deals of each group; one in several groups stands in each, one in none under None."""
	found: dict[object, list[Deal]] = {}
	for deal in deals:
		for group in dict.fromkeys(groups(deal)) or (None,):
			found.setdefault(group, []).append(deal)
	return found


# Two periods ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
	"""The share of one sample minus that of another, 0-1, with its interval (Newcombe)."""

	difference: float
	interval: Interval

	@property
	def is_real(self) -> bool:
		"""Whether chance hardly explains it."""
		return self.interval.excludes(0)


def change(hits: int, of: int, other_hits: int, other_of: int) -> Change | None:
	"""How a share differs from another; None where one of them has no sample (M3)."""
	interval = intervals.difference(hits, of, other_hits, other_of)
	return Change(hits / of - other_hits / other_of, interval) if interval else None


# The bottleneck -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bottleneck:
	"""The stage that costs most won value against what was asked of it (M3).

	Of `decided` deals `went_on` did so; `share`, `interval`, `goal` and `after` (the share of those that go on which is
	won at the rates of the stages after it) are 0-1. `missing` deals would have gone on at the goal, and
	`cost` in the company's currency would have been won of them; None where no won deal has a known value.
	"""

	stage: str
	went_on: int
	decided: int
	interval: Interval
	goal: float
	basis: str
	missing: float
	after: float
	cost: float | None

	@property
	def share(self) -> float:
		"""Share of the decided deals that went on."""
		return self.went_on / self.decided

	@property
	def words(self) -> dict[str, object]:
		"""What a sentence needs; shares in percent."""
		return {
			"stage": self.stage,
			"went_on": self.went_on,
			"decided": self.decided,
			"percent": 100 * self.share,
			"low": 100 * self.interval.low,
			"high": 100 * self.interval.high,
			"goal": 100 * self.goal,
			"basis": self.basis,
			"missing": self.missing,
			"money": self.cost,
		}


def bottleneck(
	stages: Sequence[Stage],
	goals: Mapping[str, float],
	sample: int,
	before: Mapping[str, tuple[int, int]] | None = None,
) -> Bottleneck | None:
	"""The stage that costs most won value, None where the sample cannot say that any does (M3).

	`goals` maps stages to the share that is to go on, 0-1. Stages without one are compared with `before`, stage ->
	(went on, decided) of the period before. A stage is judged from `sample` decided deals on, and only where the whole
	interval lies below the goal, or that of the difference below zero. Deals that stand in it and still have time are
	not counted against it.
	"""
	won_values = _won_values(stages)
	average = sum(won_values) / len(won_values) if won_values else None
	found = list(_narrow(stages, goals, max(1, sample), before or {}, average))
	return max(found, key=lambda one: (one.cost or 0, one.missing * one.after, one.missing), default=None)


def _narrow(
	stages: Sequence[Stage],
	goals: Mapping[str, float],
	sample: int,
	before: Mapping[str, tuple[int, int]],
	average: float | None,
) -> Iterator[Bottleneck]:
	for place, stage in enumerate(stages[:-1]):
		went_on, decided = len(stage.went_on), stage.decided
		if decided < sample:
			continue
		interval = intervals.wilson(went_on, decided)
		if stage.name in goals:
			goal, basis = goals[stage.name], BY_GOAL
			is_narrow = interval.high < goal
		else:
			hits, of = before.get(stage.name, (0, 0))
			if of < sample:
				continue
			goal, basis = hits / of, BY_PERIOD_BEFORE
			is_narrow = change(went_on, decided, hits, of).interval.high < 0
		if not is_narrow:
			continue
		after = _after(stages[place + 1 :])
		missing = goal * decided - went_on
		cost = None if average is None else missing * after * average
		yield Bottleneck(stage.name, went_on, decided, interval, goal, basis, missing, after, cost)


def _won_values(stages: Sequence[Stage]) -> list[float]:
	known = {key: stage.values[key] for stage in stages for key in stage.won if key in stage.values}
	return list(known.values())


def _after(stages: Sequence[Stage]) -> float:
	"""The share of what reaches the first of the stages that comes to the last, at the rates of each; a stage that
	nobody has left yet holds nobody up."""
	share = 1.0
	for stage in stages[:-1]:
		if stage.decided:
			share *= len(stage.went_on) / stage.decided
	return share
