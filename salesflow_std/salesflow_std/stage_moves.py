"""One move of a document: written into it while it is saved, or after ERPNext has written a status (M1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import flt, get_datetime, now_datetime

from salesflow_std.engine import ageing
from salesflow_std.engine import stages as rules
from salesflow_std.salesflow_std import transitions
from salesflow_std.salesflow_std.stage_judgement import Passed

# ERPNext gives every new opportunity 100 %, which says nothing.
_PROBABILITY_GIVEN = (0, 100)


@dataclass
class Move:
	"""What is to be logged of a move that has passed its gates; `entered_on` is when the stage before was entered."""

	process: rules.Process
	from_stage: str
	to_stage: str
	way: str
	source: str
	reason: str
	passed: Passed
	moved_on: datetime
	entered_on: datetime | str | None = None
	due: datetime | str | None = None
	came_from: tuple[str, str] | None = None


def of(
	doc: Document,
	process: rules.Process,
	from_stage: str,
	to_stage: str,
	*,
	source: str,
	passed: Passed,
	reason: str = "",
	way: str | None = None,
) -> Move:
	"""A move of a document that stands in a stage, or enters its first one."""
	stored = not doc.is_new()
	return Move(
		process,
		from_stage,
		to_stage,
		rules.direction(process, from_stage, to_stage) if way is None else way,
		source,
		reason,
		passed,
		now_datetime(),
		# A document that came before the log has stood there since it was made.
		(doc.get("sf_stage_entered_on") or doc.creation) if stored else None,
		doc.get("sf_stage_due") if stored else None,
	)


def values(doc: Document, move: Move) -> dict[str, object]:
	"""What a move writes into a document: stage, process, clock, and of an opportunity what ERPNext calls them."""
	written: dict[str, object] = {"sf_sales_process": move.process.name, "sf_stage": move.to_stage}
	if doc.doctype == "Opportunity":
		if rules.by_sales_stage(move.process, doc.sales_stage) != move.to_stage:
			written["sales_stage"] = move.to_stage
		probability = move.process.stage(move.to_stage).probability
		if probability and not _says_probability(doc):
			written["probability"] = probability
	return written


def _says_probability(doc: Document) -> bool:
	"""Whether somebody has written a probability with this very save."""
	before = doc.get_doc_before_save()
	if before is None:
		return flt(doc.probability) not in _PROBABILITY_GIVEN
	return flt(before.probability) != flt(doc.probability)


def put(doc: Document, move: Move) -> None:
	"""Writes a move into a document that is about to be saved."""
	doc.update(values(doc, move))
	doc.update(transitions.state(doc, move.to_stage, move.moved_on))


def write(doc: Document, move: Move) -> None:
	"""Writes a move into a document that is stored, without events."""
	written = values(doc, move)
	doc.update(written)
	written |= transitions.state(doc, move.to_stage, move.moved_on)
	doc.update(written)
	# `modified` stays: whoever wrote the status has changed it.
	frappe.db.set_value(doc.doctype, doc.name, written, update_modified=False)


def log(doc: Document, move: Move) -> None:
	"""Notes a move down; the document has been written."""
	due = get_datetime(move.due) if move.due else None
	transitions.log(
		doc,
		move.from_stage or None,
		move.to_stage,
		entered_on=move.entered_on,
		source=move.source,
		direction=move.way or rules.ENTERED,
		reason=move.reason or None,
		override_reason=move.passed.override_reason or None,
		unmet=move.passed.unmet or None,
		came_from=move.came_from,
		changed_on=move.moved_on,
		was_late=ageing.is_late(due, move.moved_on),
		write_state=False,  # `put` and `write` have
	)
