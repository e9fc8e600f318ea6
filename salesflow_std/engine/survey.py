"""The satisfaction survey after an acceptance: what is asked, what an answer says, and what all of them say (A3-A5).

Marks run from 1 to 5, the likelihood to recommend from 0 to 10. Nothing is counted that nobody has answered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from . import worktime
from .errors import EngineError

MARK, SCORE, YES_NO, TEXT = "Mark 1-5", "Score 0-10", "Yes or No", "Text"
KINDS = (MARK, SCORE, YES_NO, TEXT)
# How far a number of a kind may go.
RANGES = {MARK: (1, 5), SCORE: (0, 10), YES_NO: (0, 1)}

TIMELINESS, QUALITY, NEEDS_MET = "Timeliness", "Service Quality", "Needs Met"
RECOMMENDATION, EARLIER_COMPLAINT = "Recommendation", "Earlier Complaint"
# The standard asks for these (A3).
MUST_DIMENSIONS = (TIMELINESS, QUALITY, NEEDS_MET)

# From here on somebody recommends, up to here they do not.
PROMOTER, DETRACTOR = 9, 6
# Two standard errors: 19 of 20 samples lie within.
_CERTAIN = 1.96

_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
TEXT_LENGTH = 2000


class SurveyError(EngineError):
	"""A template or an answer that cannot be; `field` names the question."""


@dataclass(frozen=True)
class Question:
	"""One question. `weight` counts for marks only; 0 leaves a mark out of the mean."""

	key: str
	dimension: str
	kind: str
	weight: float = 1.0
	required: bool = False


@dataclass(frozen=True)
class Answer:
	"""What was said to a question: a whole number in the range of its kind, or words for a text."""

	question: Question
	number: int | None = None
	words: str = ""


@dataclass(frozen=True)
class Result:
	"""What one answered survey says.

	`satisfaction` is the weighted mean of the marks (1-5), None without marks; `recommend` 0-10 or None;
	`low` the keys of low marks and of an earlier complaint that was not settled.
	"""

	satisfaction: float | None
	recommend: int | None
	low: tuple[str, ...]


@dataclass(frozen=True)
class NetPromoterScore:
	"""Promoters less detractors in points (-100 to 100), with the half-width of its 95 % interval.

	`error` is None for fewer than two answers: nothing can be said of how it would be with others.
	"""

	answers: int
	promoters: int
	passives: int
	detractors: int
	score: float
	error: float | None


def validate(questions: Sequence[Question]) -> None:
	"""Raises SurveyError, naming the question, for a template that cannot be asked (A3)."""
	seen: set[str] = set()
	for question in questions:
		if not _KEY.fullmatch(question.key):
			raise SurveyError(
				question.key,
				"{key} is no key of a question: small letters, digits and underscores, a letter first.",
				key=question.key,
			)
		if question.key in seen:
			raise SurveyError(question.key, "The key {key} is there twice.", key=question.key)
		seen.add(question.key)
		if question.kind not in KINDS:
			raise SurveyError(question.key, "{kind} is no kind of question.", kind=question.kind)
		if not 0 <= question.weight < math.inf:
			raise SurveyError(question.key, "The weight of {key} must be zero or more.", key=question.key)
	for dimension, kind in ((RECOMMENDATION, SCORE), (EARLIER_COMPLAINT, YES_NO)):
		asked = [question for question in questions if question.dimension == dimension]
		if len(asked) > 1:
			raise SurveyError(asked[1].key, "{dimension} is asked once.", dimension=dimension)
		if asked and asked[0].kind != kind:
			raise SurveyError(asked[0].key, "{dimension} is asked as {kind}.", dimension=dimension, kind=kind)
	missing = [
		dimension
		for dimension in MUST_DIMENSIONS
		if not any(one.dimension == dimension and one.kind == MARK and one.weight for one in questions)
	]
	if missing:
		raise SurveyError(
			"questions",
			"The standard asks for a mark on each of these: {dimensions}.",
			dimensions=", ".join(missing),
		)


def read(questions: Iterable[Question], given: Mapping[str, object]) -> list[Answer]:
	"""The answers to the questions; what was left empty is not among them.

	`given` holds numbers, or texts as a form sends them, by key. Raises SurveyError for what cannot be an answer and
	for a required question without one.
	"""
	answers = []
	for question in questions:
		answer = _read_one(question, given.get(question.key))
		if answer:
			answers.append(answer)
		elif question.required:
			raise SurveyError(question.key, "Please answer this question.")
	return answers


def _read_one(question: Question, value: object) -> Answer | None:
	if value is None or (isinstance(value, str) and not value.strip()):
		return None
	if question.kind == TEXT:
		if not isinstance(value, str) or len(value) > TEXT_LENGTH:
			raise SurveyError(question.key, "Please write at most {most} characters.", most=TEXT_LENGTH)
		return Answer(question, words=value.strip())
	low, high = RANGES[question.kind]
	number = _whole(value)
	if number is None or not low <= number <= high:
		raise SurveyError(question.key, "Please choose from {low} to {high}.", low=low, high=high)
	return Answer(question, number)


def _whole(value: object) -> int | None:
	"""A whole number, or a text that is one in plain digits; None for anything else."""
	if isinstance(value, bool):
		return None
	if isinstance(value, int):
		return value
	if isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}", value.strip(), re.ASCII):
		return int(value)
	return None


def result(answers: Iterable[Answer], low_mark: int) -> Result:
	"""What a survey says; a mark up to `low_mark` is low (A4)."""
	answers = [answer for answer in answers if answer.number is not None]
	marks = [answer for answer in answers if answer.question.kind == MARK]
	weights = sum(answer.question.weight for answer in marks)
	mean = sum(answer.number * answer.question.weight for answer in marks) / weights if weights else None
	recommend = next(
		(answer.number for answer in answers if answer.question.dimension == RECOMMENDATION), None
	)
	low = [answer.question.key for answer in marks if answer.number <= low_mark]
	low += [
		answer.question.key
		for answer in answers
		if answer.question.dimension == EARLIER_COMPLAINT and not answer.number
	]
	return Result(mean, recommend, tuple(low))


def is_happy(found: Result, happy_from: int, has_problem: bool) -> bool:
	"""Whether a customer is asked to refer somebody: they recommend us, and nothing they said is a complaint (A5)."""
	return found.recommend is not None and found.recommend >= happy_from and not found.low and not has_problem


def due(accepted_on: date, amount: float, unit: str, calendar: worktime.Calendar) -> datetime:
	"""By when a survey is to be sent: a span after the day of the acceptance, which does not count itself (A3).

	With the standard's 3 working days, an acceptance on a Wednesday is due by the close of work on Monday.
	"""
	return worktime.add(datetime.combine(accepted_on, time(23, 59, 59)), amount, unit, calendar)


def net_promoter_score(scores: Iterable[int]) -> NetPromoterScore | None:
	"""The Net Promoter Score of answers from 0 to 10, with its sampling error; None without answers.

	The error is that of a mean of +100, 0 and -100 over the answers, taken as a sample of many more customers.
	"""
	scores = list(scores)
	count = len(scores)
	if not count:
		return None
	promoters = sum(score >= PROMOTER for score in scores)
	detractors = sum(score <= DETRACTOR for score in scores)
	mean = (promoters - detractors) / count
	error = None
	if count > 1:
		variance = ((promoters + detractors) - count * mean * mean) / (count - 1)
		error = 100 * _CERTAIN * math.sqrt(max(variance, 0.0) / count)
	return NetPromoterScore(count, promoters, count - promoters - detractors, detractors, 100 * mean, error)


def response_rate(asked: int, answered: int) -> float | None:
	"""Share of the surveys that were answered, 0-1; None where none was sent."""
	return answered / asked if asked else None
