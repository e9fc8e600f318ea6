"""Targets of a year by rep and month, so that they add up at every level (M4).

Amounts are whole numbers of the smallest unit that is dealt out (cents of a currency, customers); weights are
numbers from zero up, of any scale. What is divided is divided by the largest remainder: the parts add up to the
whole exactly, and none is a rounding unit or more away from its exact share.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from .errors import EngineError

FACTORS = ("potential", "history", "ability")

Key = TypeVar("Key", bound=Hashable)


class TargetError(EngineError):
	"""What targets are to be made of cannot be used; `field` names the part."""


@dataclass(frozen=True)
class Candidate:
	"""Who is to get a part of a target.

	`potential`, `history` and `ability` are from zero up, each on a scale of its own; `fixed` is a share from 0 to 1
	that somebody has decided, None where the factors decide.
	"""

	key: str
	potential: float = 0
	history: float = 0
	ability: float = 0
	fixed: float | None = None


def divide(total: int, weights: Mapping[Key, float], unit: int = 1) -> dict[Key, int]:
	"""`total` divided by `weights` in multiples of `unit`; the parts add up to it (M4).

	No part is a unit or more away from its exact share, a larger weight never gets less than a smaller one, a weight
	of zero gets nothing, and the order of `weights` does not matter: equal remainders are served by their keys in
	order. What is no whole unit goes to whoever is next.

	Raises TargetError for a negative total or weight, a unit below 1, and where there is no weight to divide by.
	"""
	if total < 0:
		raise TargetError("total", "A target cannot be negative: {total}.", total=total)
	if unit < 1:
		raise TargetError("unit", "Targets are rounded to a positive amount, not to {unit}.", unit=unit)
	exact = {key: _weight(key, weight) for key, weight in weights.items()}
	whole = sum(exact.values())
	if not whole:
		if not total:
			return dict.fromkeys(exact, 0)
		raise TargetError("weights", "There is nobody to give a target to: all weights are zero.")
	parts = {key: total * weight / whole / unit for key, weight in exact.items()}
	given = {key: part.numerator // part.denominator for key, part in parts.items()}
	left = total - unit * sum(given.values())
	found = {key: unit * count for key, count in given.items()}
	for key in sorted(parts, key=lambda key: (given[key] - parts[key], -exact[key], key)):
		if not left:
			break
		step = min(unit, left)
		found[key] += step
		left -= step
	return found


def _weight(key: object, weight: float) -> Fraction:
	try:
		found = Fraction(weight)
	except (TypeError, ValueError, OverflowError):
		raise TargetError(
			"weights", "{key}: a weight is a number, not {weight}.", key=key, weight=weight
		) from None
	if found < 0:
		raise TargetError("weights", "{key}: a weight cannot be negative: {weight}.", key=key, weight=weight)
	return found


def shares(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> dict[str, float]:
	"""Each candidate's share of the whole, from 0 to 1; together they are 1 (M4).

	Each factor of FACTORS is brought to a sum of 1 and counts with its weight in `weights`; a factor in which
	everybody has 0 says nothing about anybody and is left out. Fixed shares stay, the others share what they leave. With
	no factor left they share evenly; where all are fixed to less than the whole, what they leave is left.

	Raises TargetError for a negative factor, weight or share, and fixed shares of more than the whole.
	"""
	for candidate in candidates:
		for factor in FACTORS:
			_weight(f"{candidate.key}, {factor}", getattr(candidate, factor))
		if candidate.fixed is not None:
			_weight(candidate.key, candidate.fixed)
	factor_weights = {factor: _weight(factor, weights.get(factor, 0)) for factor in FACTORS}
	fixed = {one.key: Fraction(one.fixed) for one in candidates if one.fixed is not None}
	left = 1 - sum(fixed.values())
	# A share in percent has few digits; what is over by rounding is no mistake.
	if left < -Fraction(1, 10**7):
		raise TargetError(
			"fixed",
			"The fixed shares add up to {percent} %, which is more than there is. Lower one of them.",
			percent=f"{float(100 * sum(fixed.values())):.2f}",
		)
	free = [one for one in candidates if one.fixed is None]
	scores = _scores(free, factor_weights)
	found = {key: float(share) for key, share in fixed.items()}
	found.update({key: float(max(left, Fraction(0)) * score) for key, score in scores.items()})
	return {one.key: found[one.key] for one in candidates}


def _scores(free: Sequence[Candidate], weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
	"""What the factors say of each, together 1."""
	scores = {one.key: Fraction(0) for one in free}
	counted = Fraction(0)
	for factor, weight in weights.items():
		whole = sum(Fraction(getattr(one, factor)) for one in free)
		if not whole or not weight:
			continue
		counted += weight
		for one in free:
			scores[one.key] += weight * Fraction(getattr(one, factor)) / whole
	if not counted:
		return {key: Fraction(1, len(scores)) for key in scores}
	return {key: score / counted for key, score in scores.items()}


def by_month(total: int, season: Mapping[Key, float], unit: int = 1) -> dict[Key, int]:
	"""`total` divided over months by their season; evenly where the season names none of them (M4).

	As `divide`; a season without any weight is even.
	"""
	if season and not any(season.values()):
		season = dict.fromkeys(season, 1)
	return divide(total, season, unit)


def spread(difference: int, parts: Mapping[Key, int], unit: int = 1) -> dict[Key, int]:
	"""The parts with a difference spread over them in proportion, so that they add up again (M4).

	`difference` is what they lack; negative where they are too much. Raises TargetError where more is to be taken
	away than there is.
	"""
	whole = sum(parts.values())
	if whole + difference < 0:
		raise TargetError(
			"difference", "More would be taken away than there is: {total}.", total=whole + difference
		)
	return by_month(whole + difference, parts, unit)


def quarter(months: Sequence[Key], month: Key) -> int:
	"""The quarter of a year, from 1, that a month belongs to, where the year has `months` in order (M4)."""
	return months.index(month) // 3 + 1


def by_quarter(months: Sequence[Key], parts: Mapping[Key, int]) -> dict[int, int]:
	"""Quarters are the sums of their months."""
	found: dict[int, int] = {}
	for month in months:
		place = quarter(months, month)
		found[place] = found.get(place, 0) + parts.get(month, 0)
	return found


def above(keys: Iterable[str], spans: Mapping[str, tuple[int, int]]) -> list[tuple[str, str]]:
	"""Those of `keys` that stand above another in a tree, as (above, below): their targets would count twice (M4).

	`spans` has each node's left and right of a nested set.
	"""
	ordered = sorted((key for key in keys if key in spans), key=lambda key: spans[key])
	found, open_nodes = [], []
	for key in ordered:
		left, right = spans[key]
		while open_nodes and spans[open_nodes[-1]][1] < left:
			open_nodes.pop()
		if open_nodes and spans[open_nodes[-1]][1] > right:
			found.append((open_nodes[-1], key))
		open_nodes.append(key)
	return found
