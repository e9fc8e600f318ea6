"""How well a team keeps the standard: good of all, and whether that has changed (L2, L7, L9, F1-F4, M1, S2, A3).

A share of nothing is no share: it is None, not 0 % and not 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import intervals

BETTER, WORSE = "better", "worse"


@dataclass(frozen=True)
class Tally:
	"""How many were good, of how many. Raises ValueError where the good are not among all."""

	good: int = 0
	all: int = 0

	def __post_init__(self) -> None:
		if not 0 <= self.good <= self.all:
			raise ValueError(f"{self.good} good of {self.all}")

	def __add__(self, other: Tally) -> Tally:
		return Tally(self.good + other.good, self.all + other.all)

	@property
	def bad(self) -> int:
		"""How many were not good."""
		return self.all - self.good

	@property
	def percent(self) -> float | None:
		"""The good ones in percent, 0-100; None where there is nothing to count."""
		return 100 * self.good / self.all if self.all else None


def total(tallies: Iterable[Tally]) -> Tally:
	"""All of them together."""
	return sum(tallies, Tally())


def difference(now: Tally, before: Tally) -> tuple[float, float] | None:
	"""The 95 % interval of how much the share has grown, -1 to 1, by Newcombe from two of Wilson's.

	None where one of the two counts nothing.
	"""
	found = intervals.difference(now.good, now.all, before.good, before.all)
	return (found.low, found.high) if found else None


def trend(now: Tally, before: Tally) -> str | None:
	"""BETTER or WORSE where chance alone does not explain the difference; else None."""
	found = difference(now, before)
	if found is None:
		return None
	low, high = found
	return BETTER if low > 0 else WORSE if high < 0 else None
