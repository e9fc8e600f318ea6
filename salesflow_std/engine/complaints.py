"""Complaints of customers: what is needed to close one, and how fast they are settled (A4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

# What can be missing of the customer's word; the last two speak of the day it was said on.
WORD, BY, ON, BEFORE_OPENING, IN_FUTURE = "word", "by", "on", "before_opening", "in_future"


@dataclass(frozen=True)
class Word:
	"""What the customer says of how their complaint was settled, who said it and on which day."""

	words: str = ""
	by: str = ""
	on: date | None = None


def missing(word: Word, opened_on: date, today: date) -> tuple[str, ...]:
	"""What a complaint lacks to be closed with the customer's word (A4): of the constants above, nothing where it may be.

	The word is said after the complaint was opened: what was said before is no answer to what was done about it.
	"""
	found = []
	if not word.words.strip():
		found.append(WORD)
	if not word.by.strip():
		found.append(BY)
	if not word.on:
		found.append(ON)
	elif word.on < opened_on:
		found.append(BEFORE_OPENING)
	elif word.on > today:
		found.append(IN_FUTURE)
	return tuple(found)


def is_moved_later(before: datetime | None, now: datetime | None) -> bool:
	"""Whether a deadline was put off, or taken away."""
	return before is not None and (now is None or now > before)


@dataclass(frozen=True)
class Case:
	"""One complaint. `hours` is the working time from opening to settling, None while it is open."""

	name: str
	due: datetime | None
	settled_on: datetime | None = None
	hours: float | None = None

	def is_open(self) -> bool:
		"""Whether the customer's word is still to come."""
		return self.settled_on is None

	def is_late(self, now: datetime) -> bool:
		"""Whether it was settled after its deadline, or is open past it."""
		return self.due is not None and (self.settled_on or now) > self.due


@dataclass(frozen=True)
class Numbers:
	"""What some complaints come to. `in_time_share` is of those that are settled, 0-1; None without any.

	`hours` is the median of the working hours to settle one, `longest` the most; None while none is settled.
	"""

	complaints: int
	open: int
	overdue: int
	settled: int
	in_time: int
	in_time_share: float | None
	hours: float | None
	longest: float | None


def tally(cases: Iterable[Case], now: datetime) -> Numbers:
	"""Counts complaints (A4); `overdue` are those open past their deadline."""
	cases = list(cases)
	settled = [case for case in cases if not case.is_open()]
	hours = [case.hours for case in settled if case.hours is not None]
	in_time = sum(not case.is_late(now) for case in settled)
	return Numbers(
		complaints=len(cases),
		open=len(cases) - len(settled),
		overdue=sum(case.is_open() and case.is_late(now) for case in cases),
		settled=len(settled),
		in_time=in_time,
		in_time_share=in_time / len(settled) if settled else None,
		hours=median(hours) if hours else None,
		longest=max(hours, default=None),
	)
