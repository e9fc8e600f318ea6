"""The funnel of a cohort: how many deals reached each stage, how many went on, how long they stayed (M1, M3).

Each deal counts once, however often it went back and came again, and the lost ones count too. A deal belongs to
the period in which it entered its first stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import mean, median

OPEN, WON, LOST, CLOSED = "open", "won", "lost", "closed"


@dataclass(frozen=True)
class Deal:
	"""One deal: the stages it entered, with their times, oldest first, and how it ended.

	`entered` holds ``(stage, moment)``; the moment is None where nobody knows it. `ended_on` is when a lost or closed
	deal left the stage it stood in; None while it is open, or where nobody knows.
	"""

	key: str
	entered: tuple[tuple[str, datetime | None], ...]
	outcome: str = OPEN
	ended_on: datetime | None = None


@dataclass
class Stage:
	"""What the cohort did in a stage; the lists hold the keys of the deals.

	`reached`: entered it or skipped it on the way to a later one. `went_on`: of these, those that came further.
	`hours`: the working time of each deal that has left it, all its visits together.
	"""

	name: str
	reached: list[str] = field(default_factory=list)
	went_on: list[str] = field(default_factory=list)
	here: list[str] = field(default_factory=list)
	lost: list[str] = field(default_factory=list)
	closed: list[str] = field(default_factory=list)
	hours: dict[str, float] = field(default_factory=dict)

	@property
	def conversion(self) -> float | None:
		"""Share of those that reached it and came further, 0-1; None where none reached it."""
		return len(self.went_on) / len(self.reached) if self.reached else None

	@property
	def median_hours(self) -> float | None:
		"""Median working hours of those that have left; None where none has."""
		return median(self.hours.values()) if self.hours else None

	@property
	def mean_hours(self) -> float | None:
		"""Mean working hours of those that have left; None where none has."""
		return mean(self.hours.values()) if self.hours else None


Stay = Callable[[Deal, datetime, datetime], float]


def funnel(deals: Iterable[Deal], stages: Sequence[str], stay: Stay) -> list[Stage]:
	"""The stages in their order, with what the deals did in each (M3).

	`stay(deal, start, end)` gives the working hours between two moments, by the deal's calendar. Stages that are not among `stages` count as if they
	had not been; a deal that entered none of them is left out. A deal whose later stage lies before its first, as after
	going back past where it began, has reached all from the earliest on.
	"""
	found = {name: Stage(name) for name in stages}
	places = {name: place for place, name in enumerate(stages)}
	for deal in deals:
		visits = [(name, moment) for name, moment in deal.entered if name in places]
		if not visits:
			continue
		ways = [places[name] for name, _moment in visits]
		first, last = min(ways), max(ways)
		for place in range(first, last + 1):
			stage = found[stages[place]]
			stage.reached.append(deal.key)
			if place < last:
				stage.went_on.append(deal.key)
		current = found[visits[-1][0]]
		{LOST: current.lost, CLOSED: current.closed}.get(deal.outcome, current.here).append(deal.key)
		for name, hours in stays(visits, deal, stay).items():
			found[name].hours[deal.key] = hours
	return list(found.values())


def stays(visits: Sequence[tuple[str, datetime | None]], deal: Deal, stay: Stay) -> Mapping[str, float]:
	"""Stage -> working hours that a deal spent there, for the stages that it has left and of which both ends are
	known; a stage it has come back to and stands in still counts with what is over."""
	hours: dict[str, float] = {}
	unknown = set()
	ends = [*(moment for _name, moment in visits[1:]), deal.ended_on]
	for i, ((name, start), end) in enumerate(zip(visits, ends, strict=True)):
		over = i < len(visits) - 1 or deal.outcome in (LOST, CLOSED)
		if not over:
			continue
		if start is None or end is None:
			unknown.add(name)
		else:
			hours[name] = hours.get(name, 0.0) + stay(deal, start, end)
	return {name: spent for name, spent in hours.items() if name not in unknown}


def through(stage: Sequence[Stage]) -> float | None:
	"""Share of the cohort's deals that reached the last stage, 0-1; None for an empty cohort."""
	everybody = {key for one in stage for key in one.reached}
	return len(stage[-1].reached) / len(everybody) if everybody else None
