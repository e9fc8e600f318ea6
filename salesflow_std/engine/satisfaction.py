"""What many surveys come to: who answered, how satisfied they are by dimension, and how sure that is (A3).

A survey and its corrections are one: it is asked once, and the newest answer counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import survey

# Fewer answers than that are shown as few: with five, one customer who is two marks off moves the mean by 0.4.
FEW = 5
# With fewer answers one customer alone moves the score by more than 20 points: there is none to speak of.
ENOUGH = 10


@dataclass(frozen=True)
class Mark:
	"""One mark, 1-5, for a question; `weight` as its template says, 0 counts in no mean but that of the question."""

	key: str
	dimension: str
	mark: int
	weight: float = 1.0
	is_low: bool = False


@dataclass(frozen=True)
class Asked:
	"""One customer asked once. `recommend` is 0-10, None where they did not say; `low` whether a complaint follows."""

	name: str
	answered: bool = False
	marks: tuple[Mark, ...] = ()
	recommend: int | None = None
	low: bool = False


@dataclass(frozen=True)
class Mean:
	"""A mean of marks (1-5), None without any, and of how many."""

	mean: float | None
	count: int

	def is_few(self) -> bool:
		"""Whether there are too few to say much."""
		return 0 < self.count < FEW


@dataclass(frozen=True)
class Numbers:
	"""What some surveys come to: `rate` 0-1 of those asked, None where nobody was; `low` counts surveys."""

	asked: int
	answered: int
	rate: float | None
	satisfaction: Mean
	low: int
	dimensions: Mapping[str, Mean]


def satisfaction(marks: Iterable[Mark]) -> float | None:
	"""How satisfied one customer is: the mean of their marks by weight, as `survey.result` has it; None without marks."""
	return _weighted((one.mark, one.weight) for one in marks)


def tally(surveys: Iterable[Asked]) -> Numbers:
	"""Counts surveys (A3). `satisfaction` is the mean of the customers' own means: everybody counts once."""
	surveys = list(surveys)
	answered = [one for one in surveys if one.answered]
	means = [mean for one in answered if (mean := satisfaction(one.marks)) is not None]
	marks = [mark for one in answered for mark in one.marks]
	return Numbers(
		asked=len(surveys),
		answered=len(answered),
		rate=survey.response_rate(len(surveys), len(answered)),
		satisfaction=Mean(sum(means) / len(means) if means else None, len(means)),
		low=sum(one.low for one in answered),
		dimensions={
			dimension: of_dimension(mark for mark in marks if mark.dimension == dimension)
			for dimension in sorted({mark.dimension for mark in marks})
		},
	)


def of_dimension(marks: Iterable[Mark]) -> Mean:
	"""The mean of the marks of one dimension by their weights."""
	marks = [one for one in marks if one.weight]
	return Mean(_weighted((one.mark, one.weight) for one in marks), len(marks))


def of_question(marks: Iterable[Mark]) -> Mean:
	"""The plain mean of the marks for one question, whatever it weighs in the whole."""
	marks = list(marks)
	return Mean(_weighted((one.mark, 1.0) for one in marks), len(marks))


def _weighted(pairs: Iterable[tuple[float, float]]) -> float | None:
	pairs = list(pairs)
	weights = sum(weight for _value, weight in pairs)
	return sum(value * weight for value, weight in pairs) / weights if weights else None


# The Net Promoter Score -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
	"""A Net Promoter Score that may be told: `score`, `margin` and the range they span are None with too few answers.

	`margin` is the half-width of the 95 % interval in points, None too where all answered alike: a sample without
	spread says nothing of how sure it is.
	"""

	answers: int
	promoters: int
	passives: int
	detractors: int
	score: float | None
	margin: float | None
	low: float | None
	high: float | None

	def is_enough(self) -> bool:
		"""Whether there are answers enough to speak of a score."""
		return self.answers >= ENOUGH


def score(recommendations: Sequence[int]) -> Score:
	"""The score of answers from 0 to 10, with its sampling error, or how many more would be needed (A3)."""
	found = survey.net_promoter_score(recommendations)
	if not found:
		return Score(0, 0, 0, 0, None, None, None, None)
	counts = (found.answers, found.promoters, found.passives, found.detractors)
	if found.answers < ENOUGH:
		return Score(*counts, None, None, None, None)
	margin = found.error or None
	if margin is None:
		return Score(*counts, found.score, None, None, None)
	return Score(
		*counts, found.score, margin, max(-100.0, found.score - margin), min(100.0, found.score + margin)
	)


def promoters(surveys: Iterable[Asked]) -> list[str]:
	"""The names of those who would recommend us."""
	return _named(surveys, survey.PROMOTER, 10)


def passives(surveys: Iterable[Asked]) -> list[str]:
	"""The names of those in between."""
	return _named(surveys, survey.DETRACTOR + 1, survey.PROMOTER - 1)


def detractors(surveys: Iterable[Asked]) -> list[str]:
	"""The names of those who would not."""
	return _named(surveys, 0, survey.DETRACTOR)


def _named(surveys: Iterable[Asked], low: int, high: int) -> list[str]:
	return [one.name for one in surveys if one.recommend is not None and low <= one.recommend <= high]
