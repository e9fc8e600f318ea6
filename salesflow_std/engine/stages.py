"""Stages in order: which way a document moves, which gates it passes on the way, and which process it follows (M1).

A process lists its stages from the first lead to the won deal. Those before an opportunity live on the lead, the
others on the opportunity; so the way of a deal goes over from one document to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .gates import BLOCK, ENTERING, LEAVING, OFF, WARN, Gate

LEAD, OPPORTUNITY, CUSTOMER = "Lead", "Opportunity", "Customer"
# Which way a document moved.
ENTERED, FORWARD, SKIPPED, BACK = "Entered", "Forward", "Skipped", "Back"
# What a process says of skipping and of going back.
ALLOWED, WITH_REASON, NOT_ALLOWED = "Allowed", "With Reason", "Not Allowed"


@dataclass(frozen=True)
class Stage:
	"""A stage of a process. `probability` in percent, 0 leaves a document's own; `longest_stay` in `unit`s, 0 for ever.

	Nobody enters a `retired` one; those that stand there may leave.
	"""

	name: str
	lives_on: str = OPPORTUNITY
	probability: float = 0
	owner_role: str = ""
	longest_stay: float = 0
	unit: str = "Working Days"
	is_final: bool = False
	retired: bool = False
	touch_resets: bool = False
	guidance: str = ""
	outputs: tuple[str, ...] = ()
	key_fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapping:
	"""What ERPNext's own fields say: a `sales_stage` counts as `stage`, a `status` implies it at the earliest."""

	document_type: str
	stage: str
	sales_stage: str = ""
	status: str = ""


@dataclass(frozen=True)
class Process:
	"""A sales process: stages in order, their gates, what ERPNext's fields say, and for whom it is meant.

	"" in `company`, `territory`, `opportunity_type` and `market_segment` stands for every one.
	"""

	name: str
	stages: tuple[Stage, ...] = ()
	gates: tuple[Gate, ...] = ()
	mappings: tuple[Mapping, ...] = ()
	skipping: str = WITH_REASON
	going_back: str = WITH_REASON
	company: str = ""
	territory: str = ""
	opportunity_type: str = ""
	market_segment: str = ""
	override_role: str = ""
	escalate_amount: float = 0
	escalate_unit: str = "Working Days"
	enabled: bool = True

	def stage(self, name: str | None) -> Stage | None:
		"""A stage by its name; None where the process has none of that name (any more)."""
		return next((stage for stage in self.stages if stage.name == name), None)

	def place(self, name: str | None) -> int:
		"""Where a stage stands in the order, from 0 on; -1 where the process does not have it."""
		return next((place for place, stage in enumerate(self.stages) if stage.name == name), -1)

	def on(self, doctype: str) -> tuple[Stage, ...]:
		"""The stages that a kind of document stands in, in their order."""
		return tuple(stage for stage in self.stages if stage.lives_on == doctype)

	def open_on(self, doctype: str) -> tuple[Stage, ...]:
		"""As `on`, those only that may be entered."""
		return tuple(stage for stage in self.on(doctype) if not stage.retired)

	def first(self, doctype: str) -> Stage | None:
		"""The stage that a new document enters; None where it has none."""
		return next(iter(self.open_on(doctype)), None)

	def last(self, doctype: str) -> Stage | None:
		"""The last stage of a kind of document; a lead stands there once it has handed on."""
		return next(reversed(self.open_on(doctype)), None)


# Which way


def direction(process: Process, old: str | None, new: str) -> str:
	"""Entered (from nowhere), Forward, Skipped (forward past a stage that is in use) or Back; "" where nothing moves.

	From a stage that the process does not have any more every way leads forward.
	"""
	if old == new:
		return ""
	if not old:
		return ENTERED
	start, end = process.place(old), process.place(new)
	if start < 0 or end < 0:
		return FORWARD
	if end < start:
		return BACK
	return SKIPPED if between(process, old, new) else FORWARD


def between(process: Process, old: str | None, new: str) -> tuple[Stage, ...]:
	"""The stages in use that a way forward passes over; without an `old` stage those of the same kind of document."""
	start, end = process.place(old), process.place(new)
	if end < 0 or (old and start < 0):
		return ()
	if not old:
		return tuple(
			stage
			for stage in process.stages[:end]
			if stage.lives_on == process.stages[end].lives_on and not stage.retired
		)
	return tuple(stage for stage in process.stages[start + 1 : end] if not stage.retired)


def permission(process: Process, way: str) -> str:
	"""What the process says of a direction: Allowed, With Reason or Not Allowed."""
	return {SKIPPED: process.skipping, BACK: process.going_back}.get(way, ALLOWED)


# Which gates


def gates_asked(process: Process, old: str | None, new: str) -> tuple[Gate, ...]:
	"""The gates on the way from a stage to another, in the order in which they are asked (M1).

	Those for leaving the old stage, for entering and leaving each that is passed over, and for entering the new one.
	Going back asks none. From nowhere (a new document): as if it began at the first stage of its kind. Those that are
	off are left out.
	"""
	way = direction(process, old, new)
	if way in ("", BACK):
		return ()
	asked = list(_at(process, old, LEAVING)) if old and process.stage(old) else []
	for stage in between(process, old, new):
		asked += [*_at(process, stage.name, ENTERING), *_at(process, stage.name, LEAVING)]
	return tuple([*asked, *_at(process, new, ENTERING)])


def gates_to_hand_on(process: Process, old: str | None) -> tuple[Gate, ...]:
	"""The gates that a lead passes when it becomes an opportunity or a customer: to its last stage, and out of it."""
	last = process.last(LEAD)
	if not last:
		return tuple(_at(process, old, LEAVING)) if old and process.stage(old) else ()
	if process.place(old) >= process.place(last.name):
		return tuple(_at(process, old, LEAVING))
	return (*gates_asked(process, old, last.name), *_at(process, last.name, LEAVING))


def _at(process: Process, stage: str | None, moment: str) -> Iterable[Gate]:
	return (
		gate for gate in process.gates if gate.stage == stage and gate.moment == moment and gate.mode != OFF
	)


def mode_in_force(mode: str, cap: str) -> str:
	"""The mode of a gate under what the settings allow at most: Warn makes a warning of Block, Off asks nothing."""
	if OFF in (mode, cap):
		return OFF
	return WARN if WARN in (mode, cap) else BLOCK


# What ERPNext's own fields say


def by_sales_stage(process: Process, sales_stage: str | None) -> str:
	"""The stage of an opportunity that a Sales Stage counts as, "" where it says nothing."""
	stage = process.stage(sales_stage)
	if stage and stage.lives_on == OPPORTUNITY:
		return stage.name
	return next(
		(
			row.stage
			for row in process.mappings
			if sales_stage and row.document_type == OPPORTUNITY and row.sales_stage == sales_stage
			if process.stage(row.stage)
		),
		"",
	)


def by_status(process: Process, doctype: str, status: str | None) -> str:
	"""The stage that a status implies at the earliest, "" where it implies none."""
	return next(
		(
			row.stage
			for row in process.mappings
			if status and row.document_type == doctype and row.status == status
			if process.stage(row.stage)
		),
		"",
	)


def implied(process: Process, doctype: str, status: str | None = "", sales_stage: str | None = "") -> str:
	"""The stage that a document of which only ERPNext's fields are known stands in; "" where they say nothing.

	A Sales Stage says it, a status at the earliest: the later of both.
	"""
	said = [by_status(process, doctype, status)]
	if doctype == OPPORTUNITY:
		said.append(by_sales_stage(process, sales_stage))
	return max(said, key=process.place)


def is_ahead(process: Process, old: str | None, new: str) -> bool:
	"""Whether a stage comes after another; a stage the process does not know is behind every one."""
	return bool(new) and process.place(new) > process.place(old)


# Which process


def closest(
	processes: Iterable[Process],
	company: str = "",
	territories: Sequence[str] = (),
	opportunity_type: str = "",
	market_segment: str = "",
) -> Process | None:
	"""The enabled process that fits a document most closely; None where none fits (M1).

	`territories` begins with the document's own and goes up to the root. One of the company comes before one of every
	company, then the nearest territory, then the kind of business: type, then segment. Of those alike the first.
	"""

	def fits(process: Process) -> bool:
		return (
			process.enabled
			and process.company in ("", company)
			and (not process.territory or process.territory in territories)
			and process.opportunity_type in ("", opportunity_type)
			and process.market_segment in ("", market_segment)
		)

	def closeness(process: Process) -> tuple[bool, int, bool, bool]:
		near = len(territories) - territories.index(process.territory) if process.territory else 0
		return bool(process.company), near, bool(process.opportunity_type), bool(process.market_segment)

	return max(filter(fits, processes), key=closeness, default=None)
