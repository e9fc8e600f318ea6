"""Whether a grade tells the truth: what became of those that had it, and how sure that is (L5, L6, L9).

All intervals are of 95 %. A case is a document that was graded and has ended; its grade and its points are those it
had before anybody knew how it would end.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import intervals
from .errors import EngineError

# The two-sided 95 % point of the normal distribution.
Z = 1.959963984540054
# With fewer cases on either side a difference that is there would mostly not show.
ENOUGH = 30
# So many of the rarer outcome are needed for each dimension (the usual rule of thumb for a logistic regression).
EVENTS_PER_DIMENSION = 10

FEW, BETTER, SAME, WORSE = "few", "better", "same", "worse"


class NotEnough(EngineError):
	"""The history cannot carry proposed weights; the sentence says what is missing."""


@dataclass(frozen=True)
class Case:
	"""One document: its grade, total and points (dimension -> 1-5) before the end, and whether it was won."""

	key: str
	grade: str
	total: float
	points: Mapping[str, float] = field(default_factory=dict)
	won: bool = False


@dataclass(frozen=True)
class Rate:
	"""How many of some cases were won. `low` and `high` are Wilson's interval, 0-1; `lift` is the share divided by that
	of all cases, None where none of them was won."""

	group: Hashable
	cases: tuple[str, ...]
	won: tuple[str, ...]
	low: float
	high: float
	lift: float | None

	@property
	def share(self) -> float:
		"""Share of the cases that was won, 0-1."""
		return len(self.won) / len(self.cases)


@dataclass(frozen=True)
class Area:
	"""How well a number tells won from lost: the chance that a won case has more of it than a lost one (AUC), 0-1, ½ is
	no better than tossing a coin. `low` and `high` by DeLong."""

	value: float
	low: float
	high: float
	won: int
	lost: int

	@property
	def verdict(self) -> str:
		"""FEW, BETTER (more points, more often won), SAME (says nothing) or WORSE (the other way round)."""
		if min(self.won, self.lost) < ENOUGH:
			return FEW
		return BETTER if self.low > 0.5 else WORSE if self.high < 0.5 else SAME


# Shares -------------------------------------------------------------------------------------------------------------


def wilson(successes: int, count: int) -> tuple[float, float]:
	"""The interval of a share, 0-1; all that is possible where there is nothing."""
	found = intervals.wilson(successes, count)
	return (found.low, found.high) if found else (0.0, 1.0)


def difference(successes: int, count: int, others: int, of: int) -> tuple[float, float]:
	"""The interval of the difference of two shares (the first less the second, -1 to 1)."""
	found = intervals.difference(successes, count, others, of)
	return (found.low, found.high) if found else (-1.0, 1.0)


def rates(cases: Iterable[Case], group: Callable[[Case], Hashable | None]) -> list[Rate]:
	"""The share won of each group of cases, in the order in which the groups come; None is no group."""
	cases = list(cases)
	mean = sum(case.won for case in cases) / len(cases) if cases else 0.0
	found: dict[Hashable, list[Case]] = {}
	for case in cases:
		if (name := group(case)) is not None:
			found.setdefault(name, []).append(case)
	return [_rate(name, of, mean) for name, of in found.items()]


def _rate(name: Hashable, cases: Sequence[Case], mean: float) -> Rate:
	won = tuple(case.key for case in cases if case.won)
	low, high = wilson(len(won), len(cases))
	lift = len(won) / len(cases) / mean if mean else None
	return Rate(name, tuple(case.key for case in cases), won, low, high, lift)


def compare(better: Rate, worse: Rate) -> str:
	"""Whether what should be won more often is: FEW, BETTER, SAME (may be chance) or WORSE."""
	low, high = difference(len(better.won), len(better.cases), len(worse.won), len(worse.cases))
	if low > 0:
		return BETTER
	if high < 0:
		return WORSE
	return FEW if min(len(better.cases), len(worse.cases)) < ENOUGH else SAME


# The area under the curve -------------------------------------------------------------------------------------------


def area(won: Sequence[float], lost: Sequence[float]) -> Area | None:
	"""The AUC of a number by its values for won and lost cases, with its interval; None where either is missing.

	The variance is DeLong's, the interval is laid on the logit so that it stays within 0 and 1. Where all pairs point
	the same way there is no spread to reckon with: then it is the share that still gives so many independent pairs in
	one direction with 2.5 %.
	"""
	if not won or not lost:
		return None
	placed = [_above(one, sorted_lost) for sorted_lost in (sorted(lost),) for one in won]
	sorted_won = sorted(won)
	placed_lost = [1 - _above(one, sorted_won) for one in lost]
	value = sum(placed) / len(placed)
	low, high = _interval(value, placed, placed_lost)
	return Area(value, low, high, len(won), len(lost))


def _above(one: float, others: Sequence[float]) -> float:
	"""Share of the sorted others that one is above; those equal count half."""
	below, upto = bisect_left(others, one), bisect_right(others, one)
	return (below + (upto - below) / 2) / len(others)


def _interval(value: float, placed: Sequence[float], placed_lost: Sequence[float]) -> tuple[float, float]:
	if not 0 < value < 1:
		edge = 0.025 ** (1 / min(len(placed), len(placed_lost)))
		return (edge, 1.0) if value else (0.0, 1 - edge)
	spread = math.sqrt(
		_variance(placed, value) / len(placed) + _variance(placed_lost, value) / len(placed_lost)
	)
	logit, step = math.log(value / (1 - value)), Z * spread / (value * (1 - value))
	return _expit(logit - step), _expit(logit + step)


def _variance(values: Sequence[float], mean: float) -> float:
	# One value has no spread; a quarter is the most that values between 0 and 1 can have.
	if len(values) < 2:
		return 0.25
	return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _expit(x: float) -> float:
	return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def areas(cases: Sequence[Case], dimensions: Iterable[str]) -> dict[str | None, Area | None]:
	"""The AUC of the total (None) and of each dimension's points; cases without points for it are left out."""
	found: dict[str | None, Area | None] = {
		None: area([c.total for c in cases if c.won], [c.total for c in cases if not c.won])
	}
	for code in dimensions:
		found[code] = area(
			[c.points[code] for c in cases if c.won and code in c.points],
			[c.points[code] for c in cases if not c.won and code in c.points],
		)
	return found


# Weights ------------------------------------------------------------------------------------------------------------


def check_history(cases: Sequence[Case], dimensions: Sequence[str], sample: int) -> list[Case]:
	"""The cases that weights can be taken from: those with points for every dimension.

	Raises NotEnough where they are fewer than `sample`, where the rarer outcome has fewer than ten for each dimension,
	or where everybody has the same points for one.
	"""
	known = [case for case in cases if all(code in case.points for code in dimensions)]
	if len(known) < sample:
		raise NotEnough(
			"cases",
			"Weights need {needed} graded documents that have ended; there are {count}.",
			needed=sample,
			count=len(known),
		)
	won = sum(case.won for case in known)
	needed = EVENTS_PER_DIMENSION * len(dimensions)
	if won < needed:
		raise NotEnough(
			"cases",
			"Weights need {needed} won documents, ten for each dimension; there are {count}.",
			needed=needed,
			count=won,
		)
	if len(known) - won < needed:
		raise NotEnough(
			"cases",
			"Weights need {needed} documents that were not won, ten for each dimension; there are {count}.",
			needed=needed,
			count=len(known) - won,
		)
	for code in dimensions:
		if len({case.points[code] for case in known}) < 2:
			raise NotEnough(
				"cases",
				"All documents have the same points for {code}: what it is worth cannot be told.",
				code=code,
			)
	return known


def scaled(strengths: Mapping[str, float], mean: float = 1.0) -> dict[str, float]:
	"""Strengths (none below 0) as weights of a given mean, so that the bands keep their meaning.

	All strengths 0 stay 0: nothing is known of what counts.
	"""
	total = sum(strengths.values())
	factor = mean * len(strengths) / total if total else 0.0
	return {code: strength * factor for code, strength in strengths.items()}


def quantile(values: Sequence[float], share: float) -> float:
	"""The value below which a share (0-1) of some values lies, between two of them in proportion."""
	ordered = sorted(values)
	place = share * (len(ordered) - 1)
	below = math.floor(place)
	above = min(below + 1, len(ordered) - 1)
	return ordered[below] + (place - below) * (ordered[above] - ordered[below])
