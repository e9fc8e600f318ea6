"""How sure a share is, and the percentiles of what is measured (M3).

Shares are from 0 to 1. The interval of one is Wilson's, that of the difference of two Newcombe's from both Wilson
intervals; neither leaves 0 to 1, and both hold for small samples and shares of 0 and 1 too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import NormalDist

from .errors import EngineError

CONFIDENCE = 0.95


class SampleError(EngineError):
	"""Numbers of which no share can be taken; `field` names the part."""


@dataclass(frozen=True)
class Interval:
	"""Where a value lies with the confidence asked for; both ends belong to it."""

	low: float
	high: float

	def excludes(self, value: float) -> bool:
		"""Whether a value lies outside."""
		return value < self.low or value > self.high


def wilson(hits: int, of: int, confidence: float = CONFIDENCE) -> Interval | None:
	"""Wilson's score interval of the share `hits` ÷ `of`; None without a sample.

	Raises SampleError where there are more hits than there were, or less than none, and for a confidence that is not
	between 0 and 1.
	"""
	if not 0 <= hits <= of:
		raise SampleError("hits", "{hits} of {of} is no share.", hits=hits, of=of)
	if not of:
		return None
	z = _z(confidence)
	share, spread = hits / of, z * z / of
	middle = share + spread / 2
	half = z * sqrt(share * (1 - share) / of + spread / (4 * of))
	# At 0 and 1 the formula gives these ends exactly; the arithmetic of floats does not.
	return Interval(
		max(0.0, (middle - half) / (1 + spread)) if hits else 0.0,
		min(1.0, (middle + half) / (1 + spread)) if hits < of else 1.0,
	)


def difference(
	hits: int, of: int, other_hits: int, other_of: int, confidence: float = CONFIDENCE
) -> Interval | None:
	"""Newcombe's interval of the first share minus the other; None without one of the samples.

	It is real where `excludes(0)`. Raises SampleError as `wilson`.
	"""
	one, other = wilson(hits, of, confidence), wilson(other_hits, other_of, confidence)
	if not one or not other:
		return None
	share, other_share = hits / of, other_hits / other_of
	gap = share - other_share
	return Interval(
		gap - sqrt((share - one.low) ** 2 + (other.high - other_share) ** 2),
		gap + sqrt((one.high - share) ** 2 + (other_share - other.low) ** 2),
	)


@cache
def _z(confidence: float) -> float:
	if not 0 < confidence < 1:
		raise SampleError("confidence", "{confidence} is no confidence.", confidence=confidence)
	return NormalDist().inv_cdf(0.5 + confidence / 2)


def percentile(values: Iterable[float], share: float) -> float | None:
	"""The value below which a share of them lies, between two of them in proportion; None for none.

	0.5 is the median. Raises SampleError for a share outside 0 to 1.
	"""
	return percentile_of_sorted(sorted(values), share)


def percentile_of_sorted(values: Sequence[float], share: float) -> float | None:
	"""As `percentile`, of values that stand in order already."""
	if not 0 <= share <= 1:
		raise SampleError("share", "{share} is no share.", share=share)
	if not values:
		return None
	place = share * (len(values) - 1)
	below = int(place)
	if place == below:
		return values[below]
	low, high = values[below], values[below + 1]
	return low + (high - low) * (place - below)
