"""What a rep has earned: achievements of sales, new customers and collection, weighed to a score (M5).

Achievements are fractions (1 is the target), weights and caps percent, scores points of 100. Amounts are of one
currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .errors import EngineError
from .worktime import Calendar

SALES, NEW_CUSTOMERS, COLLECTION = MEASURES = ("Sales", "New Customers", "Collection")

_CENT = 0.005


class KPIError(EngineError):
	"""A scheme cannot be used; `field` names the part."""


@dataclass(frozen=True)
class Weight:
	"""How much a measure counts, and how much of its target at most; both in percent. A cap of 0 is none."""

	measure: str
	weight: float
	cap: float = 0


@dataclass(frozen=True)
class Result:
	"""What was to be reached in a measure, and what was; no target, or none above zero, is nothing to measure."""

	target: float | None
	actual: float

	@property
	def achievement(self) -> float | None:
		"""1 is the target; None without one."""
		return self.actual / self.target if self.target and self.target > 0 else None


@dataclass(frozen=True)
class Line:
	"""What one measure brings to a score: `weight` as it counted, in percent, and the `points`."""

	measure: str
	result: Result
	weight: float
	cap: float
	points: float


@dataclass(frozen=True)
class Score:
	"""A score in points with its lines; None where nothing could be measured."""

	points: float | None
	lines: tuple[Line, ...]


def validate(weights: Sequence[Weight]) -> None:
	"""Raises KPIError unless each measure is a known one, named once, and the weights add up to 100 (M5)."""
	seen: set[str] = set()
	for i, one in enumerate(weights):
		at = f"weights[{i}]"
		if one.measure not in MEASURES:
			raise KPIError(
				at,
				"{measure} is no measure. There are: {measures}.",
				measure=one.measure,
				measures=", ".join(MEASURES),
			)
		if one.measure in seen:
			raise KPIError(at, "{measure} is weighed twice.", measure=one.measure)
		seen.add(one.measure)
		if not 0 <= one.weight <= 100:
			raise KPIError(at, "A weight lies between 0 and 100, not {weight}.", weight=one.weight)
		if one.cap < 0:
			raise KPIError(at, "What counts at most cannot be negative: {cap}.", cap=one.cap)
	total = sum(one.weight for one in weights)
	if abs(total - 100) > _CENT:
		raise KPIError("weights", "The weights add up to {total}, not to 100.", total=f"{total:g}")


def score(weights: Sequence[Weight], results: Mapping[str, Result]) -> Score:
	"""The sum of weight × achievement, each achievement at most its cap and at least nothing (M5).

	A measure without a target is left out, and its weight goes to the others in proportion: nothing that fell due in
	a month is no fault of the rep. A month of more returns than sales earns nothing for sales and takes nothing from the
	other measures. Without any measure there is no score.
	"""
	counted = {
		one.measure: one.weight
		for one in weights
		if (found := results.get(one.measure)) and found.achievement is not None
	}
	whole = sum(counted.values())
	lines = []
	for one in weights:
		result = results.get(one.measure) or Result(None, 0)
		weight = 100 * counted.get(one.measure, 0) / whole if whole else 0
		lines.append(
			Line(one.measure, result, weight, one.cap, weight * _counted(result.achievement, one.cap))
		)
	return Score(sum(line.points for line in lines) if whole else None, tuple(lines))


def _counted(achievement: float | None, cap: float) -> float:
	if achievement is None:
		return 0
	counted = max(achievement, 0)
	return min(counted, cap / 100) if cap else counted


def expected_share(day: date, from_date: date, to_date: date, calendar: Calendar | None = None) -> float:
	"""How much of a period's target is expected by the end of a day, from 0 to 1, by working days (M3, M5).

	Both ends belong to the period. In a period without a working day calendar days are counted. Without a calendar
	people work from Monday to Friday.
	"""
	if to_date < from_date:
		raise KPIError("to_date", "The period ends before it begins: {day}.", day=to_date)
	if day < from_date:
		return 0.0
	if day >= to_date:
		return 1.0
	calendar = calendar or Calendar()
	days = [from_date + timedelta(n) for n in range((to_date - from_date).days + 1)]
	working = [one for one in days if calendar.is_working_day(one)] or days
	return sum(1 for one in working if one <= day) / len(working)


def collected(terms: Sequence[float], credited: float, paid: float) -> list[tuple[float, float]]:
	"""What of an invoice's terms is due and what of that is paid, `[(due, paid)]` (M5).

	`terms` are the amounts in the order they fall due; `credited` is what returns and credit notes have taken off the
	invoice, which is less to pay in each term in proportion; `paid` goes to the terms in order.
	"""
	whole = sum(terms)
	left = max(0.0, 1 - credited / whole) if whole > 0 else 0.0
	found = []
	rest = max(paid, 0.0)
	for term in terms:
		due = term * left
		part = min(rest, due)
		rest -= part
		found.append((due, part))
	return found
