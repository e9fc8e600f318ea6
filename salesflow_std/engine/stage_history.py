"""What stages a document went through before anybody logged them, told from the changes of its fields (M1).

Two fields say where it stood: the sales stage, which may go back, and the status, which means a stage at the earliest
and never leads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

SALES_STAGE, STATUS = "sales_stage", "status"


@dataclass(frozen=True)
class Change:
	"""A saved change of one of the two fields: when, by whom, from what, to what."""

	on: datetime
	by: str
	field: str
	old: str
	new: str


@dataclass(frozen=True)
class Move:
	"""A stage entered: when and by whom."""

	on: datetime
	by: str
	stage: str


def replay(
	created: datetime,
	by: str,
	last_changed: datetime,
	now: Mapping[str, str],
	changes: Iterable[Change],
	stages: Sequence[str],
	meaning: Mapping[str, Mapping[str, str]],
) -> list[Move]:
	"""The stages a document entered, the first one at its creation by `by`.

	`now` holds the two fields as they are; where the known changes do not lead there, the rest is taken to have
	happened at `last_changed`. `stages` are those it can stand in, in their order; `meaning` says which of them a
	value of each field stands for, and values without a meaning change nothing. No stages, no moves.
	"""
	if not stages:
		return []
	known = sorted(changes, key=lambda change: change.on)
	values = dict(now)
	for change in reversed(known):
		values[change.field] = change.old
	track = _Track(stages, meaning, values)
	moves = [Move(created, by, track.stage)]
	rest = [Change(last_changed, by, field, "", now.get(field) or "") for field in (SALES_STAGE, STATUS)]
	for change in (*known, *rest):
		if (track.values.get(change.field) or "") == change.new:
			continue
		before = track.stage
		track.take(change)
		if track.stage != before:
			moves.append(Move(max(change.on, moves[-1].on), change.by, track.stage))
	return moves


class _Track:
	def __init__(
		self, stages: Sequence[str], meaning: Mapping[str, Mapping[str, str]], values: Mapping[str, str]
	) -> None:
		self._place = {stage: place for place, stage in enumerate(stages)}
		self._meaning = meaning
		self.values = dict(values)
		self.stage = self._means(SALES_STAGE) or stages[0]
		self._forward()

	def _means(self, field: str) -> str:
		stage = self._meaning.get(field, {}).get(self.values.get(field) or "", "")
		return stage if stage in self._place else ""

	def _forward(self) -> None:
		implied = self._means(STATUS)
		if implied and self._place[implied] > self._place[self.stage]:
			self.stage = implied

	def take(self, change: Change) -> None:
		self.values[change.field] = change.new
		if change.field == SALES_STAGE:
			self.stage = self._means(SALES_STAGE) or self.stage
		self._forward()
