"""Rules of objections: which script to offer first (S5), when a promised reply is due and late (S4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from . import worktime

KINDS = (
	"Price",
	"Feature",
	"Delivery Time",
	"Competitor",
	"Contract Terms",
	"Trust",
	"Timing",
	"Decision",
	"Other",
)
COMPETITOR = "Competitor"

_CJK = re.compile("[\u3400-\u9fff]+")
_LATIN = re.compile(r"[^\W\u3400-\u9fff]+")
# How much a word weighs where it is found.
_TITLE, _OBJECTION, _ANSWER = 3, 2, 1
# Of the words typed at least that share has to be found.
_ENOUGH = 0.5


@dataclass(frozen=True)
class Script:
	"""An answer of the library (S5); empty conditions fit everywhere. `used` objections were closed with it, of
	which `settled` were settled."""

	name: str
	kind: str
	title: str = ""
	objection: str = ""
	answer: str = ""
	language: str = ""
	industry: str = ""
	competitor: str = ""
	used: int = 0
	settled: int = 0


@dataclass(frozen=True)
class Situation:
	"""What the objection is about and who has it; what is empty is not known and prefers nothing.

	`languages` are those that will do, the best first.
	"""

	kind: str = ""
	industry: str = ""
	competitor: str = ""
	languages: tuple[str, ...] = ()


def success_rate(used: int, settled: int) -> float:
	"""How often a script settled the matter, in percent; 0 where it was never used (S5)."""
	return 100 * settled / used if used else 0.0


def promise(used: int, settled: int) -> float:
	"""What a script may be expected to achieve, between 0 and 1: Laplace's (settled + 1) ÷ (used + 2) (S5).

	A script that nobody has tried stands at ½, between those that mostly work and those that mostly do not. By a
	lower bound of confidence (Wilson) it would stand at 0, below one that fails nine times of ten, so nobody would
	ever try it and the library would stop learning. One lucky use counts for ⅔, not for all.
	"""
	return (settled + 1) / (used + 2)


def words(text: str) -> list[str]:
	"""What is searched for: words as they are, runs of Chinese as pairs of characters, which need no dictionary."""
	plain = _plain(text)
	found = _LATIN.findall(plain)
	for run in _CJK.findall(plain):
		found += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
	return list(dict.fromkeys(found))


def _plain(text: str) -> str:
	return unicodedata.normalize("NFKC", text or "").casefold()


def strength(wanted: Sequence[str], script: Script) -> float:
	"""How well a script says what was typed, 0 where less than half of it is found; a word may be unfinished.

	`wanted` are `words`. What stands in the title counts more than what stands in the answer.
	"""
	if not wanted:
		return 0.0
	texts = (
		(_TITLE, _plain(script.title)),
		(_OBJECTION, _plain(script.objection)),
		(_ANSWER, _plain(script.answer)),
	)
	weights = [next((weight for weight, text in texts if word in text), 0) for word in wanted]
	share = sum(map(bool, weights)) / len(wanted)
	# The share first: all of the words in an answer are more than half of them in a title.
	return share + sum(weights) / (len(wanted) * _TITLE * 10) if share >= _ENOUGH else 0.0


def closeness(script: Script, situation: Situation) -> tuple[int, int, int, int]:
	"""How close a script is to an objection, to be compared: kind, language, competitor, industry, in this order.

	What was written for another competitor or industry comes after what was written for all; what would have to be
	translated first, after all that can be read out.
	"""
	languages = situation.languages
	spoken = languages.index(script.language) if script.language in languages else len(languages)
	return (
		int(bool(situation.kind) and script.kind == situation.kind),
		-spoken,
		_fits(script.competitor, situation.competitor),
		_fits(script.industry, situation.industry),
	)


def _fits(written_for: str, known: str) -> int:
	if not written_for:
		return 0
	return 1 if written_for == known else -1


def rank(scripts: Iterable[Script], situation: Situation, typed: str = "", limit: int = 20) -> list[Script]:
	"""The scripts to offer, the best first (S5): what says what was typed, then what is close, then what works.

	Where something was typed, scripts that do not say it are left out.
	"""
	wanted = words(typed)
	found = []
	for script in scripts:
		said = strength(wanted, script)
		if said or not wanted:
			key = (said, closeness(script, situation), promise(script.used, script.settled))
			found.append((key, script))
	found.sort(key=lambda row: row[1].name)
	found.sort(key=lambda row: row[0], reverse=True)
	return [script for _key, script in found[:limit]]


def reply_due(raised_on: datetime, amount: float, unit: str, calendar: worktime.Calendar) -> datetime:
	"""When a reply that was not given on the spot is due (S4: 2 working days). Raises CalendarError as
	`worktime.add`."""
	return worktime.add(raised_on, amount, unit, calendar)


def remind_until(now: datetime, hours: float, calendar: worktime.Calendar) -> datetime:
	"""Replies due until then are due within so many working hours from now (S4)."""
	return worktime.add(now, max(hours, 0), "Working Hours", calendar)


def is_missed(due: datetime | None, answered_on: datetime | None, now: datetime) -> bool:
	"""Whether a promised reply came too late, or has not come in time. The moment it is due is still in time (S4)."""
	return bool(due) and (answered_on or now) > due
