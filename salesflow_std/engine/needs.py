"""Rules of the needs talk: notice (N1), choice of questions (N2), vague needs and what is missing (N3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .measures import holds_measure

# In the order in which they are asked.
KINDS = ("Situation", "Problem", "Implication", "Need-payoff")
PER_KIND = 4

MUST = "Must"

# Wishes nobody can measure. Longer ones stand first, so that the longest is the one that is named.
_VAGUE_ENGLISH = (
	"easy to use", "user-friendly", "user friendly", "state of the art", "cost-effective", "good system",
	"as soon as possible", "high quality", "flexible", "convenient", "efficient", "intuitive", "reliable",
	"powerful", "simple", "modern", "stable", "cheap", "smart", "quick", "better", "faster", "cheaper", "easier",
	"improve", "optimise", "optimize", "good", "nice", "fast", "easy",
)  # fmt: skip
_VAGUE_CHINESE = (
	"用户友好", "尽快", "好用", "易用", "方便", "灵活", "智能", "先进", "稳定", "高效", "便宜", "快速", "简单", "强大",
	"好一点", "好一些", "快一点", "更好", "更快", "提升", "优化", "改善", "友好", "不错",
)  # fmt: skip
_ENGLISH = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _VAGUE_ENGLISH))})(?!\w)")
_CHINESE = re.compile("|".join(map(re.escape, _VAGUE_CHINESE)))
_CHARACTER = re.compile("[\u3400-\u9fff]")
_FEWEST_WORDS, _FEWEST_CHARACTERS = 3, 6

SHORT = ""


@dataclass(frozen=True)
class Need:
	"""What the customer wants (P3, N3); `match` is 1–5, 0 where nobody has scored it."""

	text: str
	explicitness: str = "Explicit"
	nature: str = "Rigid"
	priority: str = MUST
	match: int = 0
	vague: bool = False
	concrete: str = ""


@dataclass(frozen=True)
class Gap:
	"""Something that is still missing: `code` says what, `row` which need (from 0), `field` where."""

	code: str
	field: str
	row: int | None = None


def missing(talked: bool, needs: Sequence[Need], summary: str, email: str) -> list[Gap]:
	"""What stands between a talk and its summary's way to the customer (N3, N4), in the order of the form."""
	gaps = []
	if not email.strip():
		gaps.append(Gap("email", "email_id"))
	if not talked:
		gaps.append(Gap("talk", "talked_on"))
	if not needs:
		gaps.append(Gap("needs", "needs"))
	for row, need in enumerate(needs):
		gaps += [Gap(code, field, row) for code, field in _missing_of(need)]
	if not summary.strip():
		gaps.append(Gap("summary", "summary"))
	return gaps


def _missing_of(need: Need) -> Iterable[tuple[str, str]]:
	if not need.explicitness:
		yield "explicitness", "explicitness"
	if not need.nature:
		yield "nature", "nature"
	if not need.priority:
		yield "priority", "priority"
	if need.priority == MUST and not need.match:
		yield "match", "match_score"
	if need.vague and not need.concrete.strip():
		yield "vague", "concrete"


def vague_because(text: str) -> str | None:
	"""The word that makes a need vague (N3), `SHORT` where it is only too short to say much, None if it is clear.

	A hint, no verdict: a number in the text is taken for a measure, and people know better.
	"""
	plain = unicodedata.normalize("NFKC", text or "").casefold().strip()
	if not plain or holds_measure(plain):
		return None
	word = _ENGLISH.search(plain) or _CHINESE.search(plain)
	if word:
		return word[0]
	characters = len(_CHARACTER.findall(plain))
	short = characters < _FEWEST_CHARACTERS if characters else len(plain.split()) < _FEWEST_WORDS
	return SHORT if short else None


def notice_days(agreed: date, planned: date) -> int:
	"""How many calendar days ahead a talk was agreed (N1); below 0 where it was agreed afterwards."""
	return (planned - agreed).days


def is_short_notice(agreed: date, planned: date, days: int) -> bool:
	"""Whether a talk was agreed less than `days` calendar days ahead (N1: 3). Exactly that many are enough."""
	return notice_days(agreed, planned) < days


@dataclass(frozen=True)
class Question:
	"""A question of the library (N2); an empty condition is met everywhere."""

	name: str
	kind: str
	text: str
	position: int = 0
	industry: str = ""
	role: str = ""
	sales_stage: str = ""
	target_profile: str = ""


@dataclass(frozen=True)
class Situation:
	"""Whom the talk is with. Conditions on what is not known here are not met."""

	industry: str = ""
	role: str = ""
	sales_stage: str = ""
	target_profile: str = ""


_CONDITIONS = ("industry", "role", "sales_stage", "target_profile")


def closeness(question: Question, situation: Situation) -> int | None:
	"""How many conditions of a question are met; None where one is not."""
	met = 0
	for condition in _CONDITIONS:
		wanted = getattr(question, condition)
		if wanted and wanted != getattr(situation, condition):
			return None
		met += bool(wanted)
	return met


def text_key(text: str) -> str:
	"""The form in which two questions are compared: without case and punctuation."""
	plain = unicodedata.normalize("NFKC", text or "").casefold()
	return "".join(char for char in plain if char.isalnum())


def choose(
	questions: Iterable[Question],
	situation: Situation,
	asked: Collection[str] = (),
	per_kind: int = PER_KIND,
) -> list[Question]:
	"""The questions to ask (N2): by kind, the closest first, at most `per_kind` of each.

	`asked` are names or texts of questions this customer has answered already; they are not asked again, nor
	is a text twice.
	"""
	seen = {text_key(text) for text in asked} | set(asked)
	found: dict[str, list[tuple[int, int, str, Question]]] = {kind: [] for kind in KINDS}
	for question in questions:
		met = closeness(question, situation)
		if met is None or question.kind not in found or question.name in seen:
			continue
		found[question.kind].append((-met, question.position, question.name, question))
	chosen: list[Question] = []
	for kind in KINDS:
		left = per_kind
		for *_, question in sorted(found[kind], key=lambda row: row[:3]):
			key = text_key(question.text)
			if left and key not in seen:
				seen.add(key)
				chosen.append(question)
				left -= 1
	return chosen
