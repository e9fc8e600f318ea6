"""Goals of a stage: their periods, how far they are, and where they land if it goes on like this (M2).

A forecast says what a goal will come to on the day it is judged by: what is still under way then does not count. It is a
number with the range in which it ends in 19 of 20 cases (95 %) where deals go on to come and to be won as they did, never
a number alone; with too little to go by there is none. It knows nothing of seasons: where quarters differ much from one
another, fewer of the ranges hold.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import median
from typing import NamedTuple

ENTERED, CONVERSION, MEDIAN_DAYS, WON_VALUE = "Entered", "Conversion", "Median Days", "Won Value"
MEASURES = (ENTERED, CONVERSION, MEDIAN_DAYS, WON_VALUE)
# Those that add up over periods and teams; the others are means.
SUMS = (ENTERED, WON_VALUE)

MONTH, QUARTER, YEAR, OTHER = "Month", "Quarter", "Year", "Other"
_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}

# Why there is no forecast.
EARLY, FEW = "early", "few"
# Whether it is enough: MISSES and MEETS are sure as far as the range goes, BELOW and ABOVE are not.
MISSES, BELOW, ABOVE, MEETS = "misses", "below", "above", "meets"

_EARLY_DAYS = 5
_EARLY_SHARE = 0.2
_FEW_DEALS = 10
_FEW_DECIDED = 20
_DRAWS = 2000
_FEW_ENOUGH_TO_DRAW = 60
# Newcomers come at so many moments of the time that is left.
_TURNS = 24
_SEED = 20260101


@dataclass(frozen=True)
class Forecast:
	"""Where a goal lands: `value` within `low` and `high`, or `why` (EARLY, FEW) nothing can be said."""

	value: float | None = None
	low: float | None = None
	high: float | None = None
	why: str = ""


class Stay(NamedTuple):
	"""A deal since it came to a stage: after `days` it `got` where one asks about (further, or won), or was lost (False; None
	days where nobody knows when); None where it is still on its way after as many days."""

	days: float | None
	got: bool | None


@dataclass(frozen=True)
class Decided:
	"""Of how many deals one knows whether they got somewhere in time, and how many of them did (a mean is no whole number)."""

	count: float = 0
	went_on: float = 0

	@property
	def share(self) -> float:
		"""How many of them did, 0-1."""
		return self.went_on / self.count if self.count else 0.0


@dataclass(frozen=True)
class Coming:
	"""Deals that are still to begin in a period: `so_far` did in `passed` of its working days (above 0), `left` are to come.

	`worth` is what deals of the past were won for, each with the chance that one like it is won in time; there were `of`
	deals, those that were not won among them.
	"""

	so_far: int
	passed: float
	left: float
	worth: Sequence[tuple[float, float]]
	of: int

	@cached_property
	def mean(self) -> float:
		"""What such a deal brings in the mean."""
		return sum(value * chance for value, chance in self.worth) / self.of if self.of else 0.0

	@cached_property
	def spread(self) -> float:
		"""By how much what one brings differs from that: the standard deviation."""
		squares = sum(value * value * chance for value, chance in self.worth) / self.of if self.of else 0.0
		return math.sqrt(max(0.0, squares - self.mean**2))

	@property
	def expected(self) -> float:
		"""What all of them bring in the mean."""
		return self.so_far / self.passed * self.left * self.mean


# Periods ------------------------------------------------------------------------------------------------------------


def period_of(kind: str, day: date) -> tuple[date, date]:
	"""The first and the last day of the month, quarter or year that a day lies in; ValueError for another kind."""
	if kind not in _MONTHS:
		raise ValueError(f"{kind} is no period")
	months = _MONTHS[kind]
	first = date(day.year, (day.month - 1) // months * months + 1, 1)
	last_month = first.month + months - 1
	return first, date(first.year, last_month, monthrange(first.year, last_month)[1])


def following(kind: str, first: date, last: date, count: int) -> list[tuple[date, date]]:
	"""The `count` periods after one; other periods go on with as many days each."""
	found: list[tuple[date, date]] = []
	for _number in range(count):
		start = last + timedelta(days=1)
		end = period_of(kind, start)[1] if kind in _MONTHS else start + (last - first)
		first, last = start, end
		found.append((first, last))
	return found


def called(kind: str, first: date, last: date) -> str:
	"""How a period is written, the same in every language: 2026-11, 2026 Q4, 2026, 2026-11-01 – 2026-11-14."""
	if kind == MONTH:
		return f"{first:%Y-%m}"
	if kind == QUARTER:
		return f"{first.year} Q{(first.month + 2) // 3}"
	return f"{first.year}" if kind == YEAR else f"{first} – {last}"


# Where it stands ----------------------------------------------------------------------------------------------------


def progress(measure: str, actual: float | None, target: float) -> float:
	"""How far a goal is, in percent; of the median days, at most 100, as what is faster is no more than met."""
	if actual is None:
		return 0.0
	if measure == MEDIAN_DAYS:
		return 100.0 if actual <= target else 100 * target / actual
	return 100 * actual / target


def is_met(measure: str, actual: float | None, target: float) -> bool:
	"""Whether a goal is met; without anything measured it is not."""
	if actual is None:
		return False
	# What is the same number on paper is the same here.
	slack = 1e-9 * max(1.0, abs(target))
	return actual <= target + slack if measure == MEDIAN_DAYS else actual >= target - slack


def landing(measure: str, forecast: Forecast, target: float) -> str:
	"""Whether the forecast is enough: MISSES, BELOW, ABOVE or MEETS; "" without a forecast."""
	if forecast.value is None:
		return ""
	if measure == MEDIAN_DAYS:
		worst, best = forecast.high, forecast.low
	else:
		worst, best = forecast.low, forecast.high
	if is_met(measure, worst, target):
		return MEETS
	if not is_met(measure, best, target):
		return MISSES
	return ABOVE if is_met(measure, forecast.value, target) else BELOW


# Forecasts ----------------------------------------------------------------------------------------------------------


def is_early(passed: float, days: float) -> bool:
	"""Whether a period is too young to judge by: `passed` of its working `days` are over."""
	return passed < min(_EARLY_DAYS, _EARLY_SHARE * days)


def of_count(so_far: int, passed: float, days: float) -> Forecast:
	"""How many there are at the end when `so_far` have come in `passed` of the period's working `days`.

	They come at random at an unknown rate (Poisson), of which `so_far` is all that is known: what is still to come is
	then negative binomial (with Jeffreys' prior), which is wider than a Poisson of the rate seen.
	"""
	left = max(0.0, days - passed)
	if left <= 0:
		return Forecast(so_far, so_far, so_far)
	if passed <= 0 or is_early(passed, days):
		return Forecast(why=EARLY)
	shape, chance = so_far + 0.5, passed / days
	low, high = (_negative_binomial(share, shape, chance) for share in (0.025, 0.975))
	return Forecast(so_far + so_far / passed * left, so_far + low, so_far + high)


def at_least(forecast: Forecast, count: float) -> Forecast:
	"""A forecast of something of which there are so many already."""
	if forecast.value is None:
		return forecast
	return Forecast(*(max(one, count) for one in (forecast.value, forecast.low, forecast.high)))


class Fates:
	"""What became of the deals of the past in a stage, for those that are there now."""

	def __init__(self, stays: Iterable[Stay]) -> None:
		found: dict[bool | None, list[float]] = {True: [], False: [], None: []}
		undated = 0
		for days, got in stays:
			if days is None:
				undated += 1
			else:
				# Finer than a tenth of a day nothing changes, but there would be as many moments as deals.
				found[got].append(round(days, 1))
		for days in found.values():
			days.sort()
		got = found[True]
		# Nobody knows when these were lost. They are taken to have stayed as long as those that got there, so that they weigh
		# as much among those that have been there for long as among all.
		found[False] += [got[number * len(got) // undated] if got else 0.0 for number in range(undated)]
		found[False].sort()
		self._got, self._lost, self._open = got, found[False], found[None]
		self._known: dict[tuple[float, int], Decided] = {}

	def in_time(self, left: float, age: int = 0) -> Decided:
		"""How many got there within `left` days, of those that had been there for more than `age` days.

		Deals that are still open count for as long as they have been watched (Aalen-Johansen); where fewer than 20 were there
		for as long, those of any age speak for them.
		"""
		if (left, age) not in self._known:
			found = self._in_time(left, age)
			if age and found.count < _FEW_DECIDED:
				found = self.in_time(left)
			self._known[left, age] = found
		return self._known[left, age]

	def _in_time(self, left: float, age: int) -> Decided:
		def older(found: Sequence[float], than: float) -> int:
			return len(found) - bisect_right(found, than)

		def there(day: float) -> int:
			"""How many one knows of that they had not got there, nor were lost, before a day."""
			return sum(len(found) - bisect_left(found, day) for found in (self._got, self._lost, self._open))

		until, since = age + left, age if age else -1
		# Of the open ones those that were watched to the end.
		watched = older(self._got, since) + older(self._lost, since) + len(self._open)
		watched -= bisect_left(self._open, until) if self._open else 0
		if not older(self._open, since) or self._open[0] >= until:
			got = older(self._got, since) - older(self._got, until)
			return Decided(watched, got)
		share, remain = 0.0, 1.0
		first, last = bisect_right(self._got, since), bisect_right(self._got, until)
		gone, end = bisect_right(self._lost, since), bisect_right(self._lost, until)
		while first < last or gone < end:
			day = min(
				self._got[first] if first < last else math.inf, self._lost[gone] if gone < end else math.inf
			)
			risk = there(day)
			got = bisect_right(self._got, day, first, last) - first
			lost = bisect_right(self._lost, day, gone, end) - gone
			share += remain * got / risk
			remain *= 1 - (got + lost) / risk
			first, gone = first + got, gone + lost
		return Decided(watched, watched * share)

	def of_newcomers(self, left: float) -> Decided:
		"""As `in_time` for deals that come to the stage one after the other in the `left` days (above 0), so that each has
		less time than the one before."""
		turns = [self.in_time(left * (turn + 0.5) / _TURNS) for turn in range(_TURNS)]
		count = self.in_time(left).count
		return Decided(count, count * sum(one.share for one in turns) / _TURNS)


def together(found: Sequence[Decided]) -> Decided:
	"""The chance of several deals in the mean, known as well as the chances are (the harmonic mean of their numbers)."""
	if not found or not all(one.count for one in found):
		return Decided()
	count = len(found) / sum(1 / one.count for one in found)
	return Decided(count, count * sum(one.share for one in found) / len(found))


def age_of(days: float) -> int:
	"""How old a deal is for `Fates.in_time`: days, after a fortnight weeks."""
	return round(days) if days < 14 else 7 * round(days / 7)


def coming(
	so_far: int, passed: float, to_come: float, left: float, deals: Sequence[tuple[Stay, float]]
) -> Coming:
	"""What deals that are still to begin bring: `so_far` began in `passed` of the working days, `to_come` and so `left` days
	(above 0) of the calendar are to come. `deals` are those of the past, from when they began until they were won, with what
	they are worth."""
	newcomers = Fates(stay for stay, _amount in deals).of_newcomers(left)
	won = [(amount, 1 - stay.days / left) for stay, amount in deals if stay.got and stay.days < left]
	in_time = sum(chance for _amount, chance in won)
	# As many of them as deals that one did not watch to the end let expect.
	more = newcomers.went_on / in_time if in_time else 0.0
	worth = [(amount, min(1.0, chance * more)) for amount, chance in won]
	return Coming(so_far, passed, to_come, worth, round(newcomers.count))


def of_conversion(
	went_on: int,
	gone: int,
	still_open: int,
	newcomers: float,
	passing: Decided,
	of_newcomers: Decided | None = None,
) -> Forecast:
	"""The conversion in percent on the day that counts: `went_on` came further, `gone` will not, `still_open` may by then.

	`newcomers` is how many are still expected. `passing` is what deals of the past did in the time that the open ones have
	left, `of_newcomers` what they did in the time that newcomers have (the same where nothing is said).
	"""
	reached = went_on + gone + still_open
	if not reached:
		return Forecast(why=FEW)
	# While some may come it is not over, however few they are.
	new = max(round(newcomers), 1) if newcomers > 0 else 0
	undecided = still_open + new
	if not undecided:
		share = 100 * went_on / reached
		return Forecast(share, share, share)
	if reached < _FEW_DEALS or passing.count < _FEW_DECIDED:
		return Forecast(why=FEW)
	of_new = of_newcomers or passing
	chance = (still_open * passing.share + new * of_new.share) / undecided
	good, bad = passing.count * chance, passing.count * (1 - chance)
	low, high = (_beta_binomial(share, undecided, good + 0.5, bad + 0.5) for share in (0.025, 0.975))
	everybody = reached + new
	return Forecast(
		100 * (went_on + undecided * chance) / everybody,
		100 * (went_on + low) / everybody,
		100 * (went_on + high) / everybody,
	)


def of_median(days: Sequence[float]) -> Forecast:
	"""The median of the days that those who have passed took, with the range that order alone gives it."""
	if len(days) < _FEW_DEALS:
		return Forecast(why=FEW)
	ordered, count = sorted(days), len(days)
	# The largest rank with at most 2.5 % of the coins below it.
	rank, tail = 0, 0.5**count if count < 1000 else 0.0
	if count < 1000:
		term = tail
		while tail <= 0.025:
			rank += 1
			term *= (count - rank + 1) / rank
			tail += term
	else:
		rank = math.floor(count / 2 - 0.98 * math.sqrt(count))
	rank = max(rank, 1)
	return Forecast(median(ordered), ordered[rank - 1], ordered[count - rank])


def of_value(
	so_far: float,
	still_open: Sequence[tuple[float | None, str, int]],
	chances: Mapping[tuple[str, int], Decided],
	coming: Coming | None = None,
	amounts: Sequence[float] = (),
) -> Forecast:
	"""The value on the day that counts: what is won, of each open deal ``(amount, stage, age)`` its amount by the chance of
	``(stage, age)`` to be won in the time that is left, and what deals that are still to begin bring by then.

	An open deal without an amount may be worth as much as any of `amounts`, for which others were won. The range is drawn
	2,000 times from what is known of the chances and of the pace, or 200 times for very many deals.
	"""
	coming = coming if coming and coming.left > 0 else None
	if not still_open and not coming:
		return Forecast(so_far, so_far, so_far)
	if any(chances.get(one[1:], Decided()).count < _FEW_DECIDED for one in still_open):
		return Forecast(why=FEW)
	if coming and coming.of < _FEW_DECIDED:
		return Forecast(why=FEW)
	if len(amounts) < _FEW_DEALS and any(one[0] is None and chances[one[1:]].share for one in still_open):
		return Forecast(why=FEW)
	usual = sum(amounts) / len(amounts) if amounts else 0.0
	expected = sum((usual if one[0] is None else one[0]) * chances[one[1:]].share for one in still_open)
	draw = random.Random(_SEED)
	ends = []
	for _number in range(_DRAWS if len(still_open) <= 500 else _DRAWS // 10):
		of = _drawn_chances(draw, chances)
		won = so_far + (_drawn(draw, coming) if coming else 0.0)
		for amount, *key in still_open:
			if draw.random() < of[tuple(key)]:
				won += (draw.choice(amounts) if amounts else 0.0) if amount is None else amount
		ends.append(won)
	ends.sort()
	return Forecast(
		so_far + expected + (coming.expected if coming else 0.0),
		ends[round(0.025 * (len(ends) - 1))],
		ends[round(0.975 * (len(ends) - 1))],
	)


def _drawn_chances(
	draw: random.Random, chances: Mapping[tuple[str, int], Decided]
) -> dict[tuple[str, int], float]:
	"""The chances as they may be, once: what is not known of a stage is not known of all ages in it."""
	luck: dict[str, float] = {}
	found = {}
	for (stage, age), one in chances.items():
		if stage not in luck:
			luck[stage] = draw.gauss(0, 1)
		mean = (one.went_on + 0.5) / (one.count + 1)
		found[stage, age] = mean + luck[stage] * math.sqrt(mean * (1 - mean) / (one.count + 2))
	return found


def _drawn(draw: random.Random, coming: Coming) -> float:
	"""What the deals that are still to begin bring, once: how many begin as in `of_count`, each as one of the past."""
	count = _poisson(draw, draw.gammavariate(coming.so_far + 0.5, coming.left / coming.passed))
	if count > _FEW_ENOUGH_TO_DRAW:
		# Of many the sum is as good as normal.
		return max(0.0, draw.gauss(count * coming.mean, math.sqrt(count) * coming.spread))
	found = 0.0
	for _number in range(count):
		like = int(draw.random() * coming.of)
		if like < len(coming.worth):
			value, chance = coming.worth[like]
			found += value if draw.random() < chance else 0.0
	return found


def _poisson(draw: random.Random, mean: float) -> int:
	if mean > _FEW_ENOUGH_TO_DRAW:
		return max(0, round(draw.gauss(mean, math.sqrt(mean))))
	limit, product, number = math.exp(-mean), draw.random(), 0
	while product > limit:
		product *= draw.random()
		number += 1
	return number


def _negative_binomial(share: float, shape: float, chance: float) -> int:
	"""The smallest number with at least `share` of a negative binomial distribution up to it; `chance` within 0 and 1."""
	mean = shape * (1 - chance) / chance
	if mean > 100_000:  # there it is as good as normal, and the sum would be long
		spread = math.sqrt(mean / chance)
		return max(0, round(mean + (1.96 if share > 0.5 else -1.96) * spread))
	log_term, number = shape * math.log(chance), 0
	total = math.exp(log_term)
	while total < share:
		log_term += math.log((number + shape) / (number + 1) * (1 - chance))
		number += 1
		total += math.exp(log_term)
		if number > mean * 50 + 1000:  # rounding has eaten the last of the tail
			break
	return number


def _beta_binomial(share: float, count: int, a: float, b: float) -> int:
	"""The smallest number with at least `share` of a beta-binomial distribution up to it."""

	def log_beta(x: float, y: float) -> float:
		return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

	base, total = log_beta(a, b), 0.0
	for number in range(count + 1):
		ways = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
		total += math.exp(ways + log_beta(number + a, count - number + b) - base)
		if total >= share:
			return number
	return count
