"""Moves between stages, on whatever path they are asked for: refused, warned of or let pass (M1).

Whoever writes `sf_stage`, an opportunity's `sales_stage`, or a status that implies a stage, asks for a move. On a save
it is asked for in `ask` and logged in `after_save`; what ERPNext writes into the database with `db_set` is asked for in
`ask_status` and written and logged in `after_status`. A save that changes none of these fields costs no query.
"""

from __future__ import annotations

from collections.abc import Mapping

import frappe
from frappe.model.document import Document

from salesflow_std.engine import stages as rules
from salesflow_std.engine.gates import OFF
from salesflow_std.salesflow_std import (
	processes,
	stage_handing_on,
	stage_judgement,
	stage_moves,
	stage_refusal,
)
from salesflow_std.salesflow_std.stage_judgement import Asked, Passed
from salesflow_std.salesflow_std.stage_moves import Move
from salesflow_std.salesflow_std.stage_refusal import SUBJECTS
from salesflow_std.salesflow_std.transitions import BY_ITSELF, PERSON

# Who writes one of them asks for a move.
_ASKING = ("sf_stage", "sales_stage", "status")


# What is asked for


def remember(doc: Document) -> None:
	"""Keeps what was asked for: ERPNext fills empty fields of an opportunity with those of its lead or customer."""
	doc.flags.sf_asked = doc.sf_stage or ""


def ask(doc: Document) -> None:
	"""Before a document is saved: writes the stage it is to stand in, once the gates have let it pass (M1).

	Raises GateNotMet, ReasonMissing, or ValidationError where it cannot stand there at all. With
	``doc.flags.sf_imported`` no gate is asked and nothing is logged: whoever imports logs what was.
	"""
	before = doc.get_doc_before_save()
	asked = doc.flags.pop("sf_asked", doc.sf_stage or "")
	doc.flags.pop("sf_move", None)
	doc.flags.pop("sf_lead", None)
	if before and not doc.flags.sf_imported:
		stage_handing_on.ask_party(doc, before)
	doc.sf_stage = asked or (before.sf_stage if before else None)
	reason, doc.sf_stage_reason = (doc.sf_stage_reason or "").strip(), None
	if before and not _asks(doc, before):
		return
	process = processes.of(doc)
	if not process or not process.on(doc.doctype):
		if asked and (not before or asked != before.sf_stage):
			stage_refusal.not_a_stage(doc, process, asked)
		return
	move = _change(doc, before, process, reason) if before else _entry(doc, process, asked, reason)
	if not move:
		return
	stage_moves.put(doc, move)
	if not doc.flags.sf_imported:
		doc.flags.sf_move = move


def _asks(doc: Document, before: Document) -> bool:
	return any((doc.get(field) or None) != (before.get(field) or None) for field in _ASKING)


def standing(doc: Mapping, process: rules.Process, before: Mapping | None = None) -> str:
	"""The stage that the gates let a document pass last; of one that came before the log, what its fields say."""
	before = before or doc
	if stage := doc.get("sf_stage_passed") or before.get("sf_stage"):
		return stage
	said = rules.implied(process, doc.get("doctype"), before.get("status"), before.get("sales_stage"))
	first = process.first(doc.get("doctype"))
	return said or (first.name if first else "")


def _entry(doc: Document, process: rules.Process, asked: str, reason: str) -> Move | None:
	"""A new document enters the stage it is given, else what ERPNext's fields say, else the first."""
	first = process.first(doc.doctype)
	stage = asked or rules.by_sales_stage(process, doc.get("sales_stage")) or (first.name if first else "")
	implied = rules.by_status(process, doc.doctype, doc.status)
	if implied and rules.is_ahead(process, stage, implied) and _may_enter(process, doc, implied):
		stage = implied
	if not stage:
		return None
	_check_stage(doc, process, stage)
	lead = stage_handing_on.lead_of(doc)
	asking = Asked(process, stage, rules.direction(process, None, stage), override_reason=_override(doc))
	if lead:
		asking.gates.append((lead.doc, lead.gates))
		asking.way = rules.direction(process, lead.stage, stage)
	elif rules.between(process, None, stage):
		asking.way = rules.SKIPPED
	asking.needs_reason = False
	asking.gates.append((doc, rules.gates_asked(process, None, stage)))
	passed = _judge(doc, asking)
	move = stage_moves.of(
		doc, process, "", stage, source=PERSON, passed=passed, reason=reason, way=rules.ENTERED
	)
	if lead:
		stage_handing_on.begin(doc, lead, passed)
		move.from_stage, move.way = lead.stage, rules.direction(process, lead.stage, stage)
		move.entered_on, move.due = lead.entered_on, lead.doc.sf_stage_due
		move.came_from = ("Lead", lead.doc.name)
	return move


def _change(doc: Document, before: Document, process: rules.Process, reason: str) -> Move | None:
	"""What a save asks for: the stage that was written, else what a new Sales Stage or status says."""
	current = standing(doc, process, before)
	wanted, source = "", PERSON
	if doc.sf_stage and doc.sf_stage != before.sf_stage:
		wanted = doc.sf_stage
	elif doc.get("sales_stage") != before.get("sales_stage"):
		wanted = rules.by_sales_stage(process, doc.get("sales_stage"))
		if not doc.get("sales_stage"):  # emptied: it is what it was
			doc.sales_stage = before.sales_stage
	if doc.status != before.status:
		implied = rules.by_status(process, doc.doctype, doc.status)
		if rules.is_ahead(process, wanted or current, implied) and _may_enter(process, doc, implied):
			wanted = implied
			# A lead counts its status by itself while it is saved.
			source = BY_ITSELF if doc.doctype == "Lead" else PERSON
	if not wanted or wanted == current:
		if wanted and doc.sf_stage != current:
			doc.sf_stage = current
		return None
	_check_stage(doc, process, wanted)
	return _pass(doc, process, current, wanted, source, reason, needs_reason=source == PERSON)


def _pass(
	doc: Document,
	process: rules.Process,
	current: str,
	wanted: str,
	source: str,
	reason: str = "",
	needs_reason: bool = False,
) -> Move:
	way = rules.direction(process, current, wanted)
	asking = Asked(
		process,
		wanted,
		way,
		[(doc, rules.gates_asked(process, current, wanted))],
		reason,
		_override(doc),
		needs_reason,
	)
	passed = _judge(doc, asking)
	return stage_moves.of(doc, process, current, wanted, source=source, passed=passed, reason=reason, way=way)


def _judge(doc: Document, asking: Asked) -> Passed:
	return Passed() if doc.flags.sf_imported else stage_judgement.judge(doc, asking)


def _override(doc: Document) -> str:
	return doc.flags.sf_override_reason or ""


def _may_enter(process: rules.Process, doc: Document, stage: str) -> bool:
	found = process.stage(stage)
	return bool(found) and not found.retired and found.lives_on == doc.doctype


def _check_stage(doc: Document, process: rules.Process, stage: str) -> None:
	if not _may_enter(process, doc, stage):
		stage_refusal.not_a_stage(doc, process, stage)


def after_save(doc: Document) -> None:
	"""After a document is saved: logs the move that its gates let pass."""
	if move := doc.flags.pop("sf_move", None):
		stage_moves.log(doc, move)
	stage_handing_on.finish(doc)


# What ERPNext writes past a save


def ask_status(doc: Document) -> None:
	"""Before a field is written with `db_set`: asks the gates of the stage that it would mean. Raises as `ask`."""
	before = doc.get_doc_before_save()
	if doc.flags.sf_move or before is None or not _asks(doc, before) or stage_handing_on.hands_on(doc):
		return
	process = processes.of(doc)
	if not process or not process.on(doc.doctype):
		return
	current = standing(doc, process, before)
	wanted = _written(doc, before, process, current)
	if wanted and wanted != current:
		_check_stage(doc, process, wanted)
		doc.flags.sf_move = _pass(doc, process, current, wanted, PERSON)
	elif doc.status == before.status:
		return
	elif back := _won_no_more(doc, before, process, current):
		# The order is cancelled, whoever likes it or not: nothing is asked.
		doc.flags.sf_move = stage_moves.of(doc, process, current, back, source=BY_ITSELF, passed=Passed())
	elif implied := _by_status(doc, process, current):
		doc.flags.sf_move = _pass(doc, process, current, implied, BY_ITSELF)


def _written(doc: Document, before: Document, process: rules.Process, current: str) -> str:
	if doc.sf_stage != before.sf_stage:
		return doc.sf_stage or ""
	if doc.get("sales_stage") != before.get("sales_stage"):
		return rules.by_sales_stage(process, doc.get("sales_stage"))
	return ""


def _by_status(doc: Document, process: rules.Process, current: str) -> str:
	implied = rules.by_status(process, doc.doctype, doc.status)
	if not rules.is_ahead(process, current, implied) or not _may_enter(process, doc, implied):
		return ""
	if doc.doctype == "Opportunity" and doc.status == "Converted" and _is_passing_by(doc):
		return ""
	return implied


def _is_passing_by(opportunity: Document) -> bool:
	"""Whether ERPNext will at once put another status in the place of Converted.

	It writes the raw word first, for an order of a part as well, and then what it finds the opportunity to be.
	"""
	return not opportunity.has_ordered_quotation() and bool(opportunity.has_active_quotation())


def _won_no_more(doc: Document, before: Document, process: rules.Process, current: str) -> str:
	"""Where an opportunity goes back to once the order is cancelled that had made it final; "" where it stays."""
	stage = process.stage(current)
	if doc.doctype != "Opportunity" or not stage or not stage.is_final:
		return ""
	if rules.by_status(process, doc.doctype, before.status) != current or doc.has_ordered_quotation():
		return ""
	row = frappe.get_all(
		"Stage Transition",
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name, "to_stage": current},
		fields=["from_stage", "source"],
		order_by="changed_on desc, creation desc",
		limit=1,
	)
	if not row or row[0].source != BY_ITSELF or not process.stage(row[0].from_stage):
		return ""
	return row[0].from_stage


def after_status(doc: Document) -> None:
	"""After a field was written with `db_set`: writes and logs the move that its gates let pass."""
	if move := doc.flags.pop("sf_move", None):
		stage_moves.write(doc, move)
		stage_moves.log(doc, move)


# What is still needed, and the move itself


def check(doc: Document, to_stage: str) -> list[dict]:
	"""What a document still needs before it may stand in a stage: one dict for each gate on the way, met or not.

	``{"gate", "met", "why", "route", "what", "mode", "rule", …}`` as `gate_words.say`. Of a lead and a stage of an
	opportunity: the gates that the lead passes when an opportunity is made of it, and those of the opportunity.
	Empty where nothing is asked: going back, or where the settings ask nothing. Raises ValidationError where a
	document of this kind cannot stand in the stage.
	"""
	_check_subject(doc.doctype)
	process = processes.of(doc)
	if not process or not process.stage(to_stage):
		stage_refusal.not_a_stage(doc, process, to_stage)
	cap = stage_judgement.enforcement()
	current = standing(doc, process)
	if _is_handing_on(doc, process, to_stage):
		if there := stage_handing_on.open_opportunity(doc):
			doc = frappe.get_doc("Opportunity", there)
			doc.check_permission("read")
			return check(doc, to_stage)
		gates = stage_handing_on.gates_of_new(doc, process, current, to_stage)
	else:
		if to_stage != current:
			_check_stage(doc, process, to_stage)
		gates = [(doc, rules.gates_asked(process, current, to_stage))]
	if cap == OFF:
		return []
	broken = stage_judgement.rules_broken(process, rules.direction(process, current, to_stage), cap)
	return [*broken, *stage_judgement.findings(gates, cap, only_unmet=False)]


def needs_reason(doc: Document, to_stage: str) -> bool:
	"""Whether a move asks for a reason: a stage is skipped, or the document goes back (M1)."""
	process = processes.of(doc)
	if not process or stage_judgement.enforcement() == OFF or _is_handing_on(doc, process, to_stage):
		return False
	way = rules.direction(process, standing(doc, process), to_stage)
	return rules.permission(process, way) == rules.WITH_REASON


def move(
	doctype: str,
	name: str,
	to_stage: str,
	reason: str | None = None,
	override_reason: str | None = None,
) -> Document:
	"""Moves a document into a stage, or raises GateNotMet. Returns it as saved; doing it twice is doing it once.

	A lead that is moved into a stage of an opportunity becomes one: the opportunity is returned. One that it goes on as
	already, open, is moved instead. With an `override_reason` unmet gates pass once, for who has the role; raises
	PermissionError for others.
	"""
	_check_subject(doctype)
	frappe.db.get_value(doctype, name, "name", for_update=True)
	doc = frappe.get_doc(doctype, name)
	process = processes.of(doc)
	if process and _is_handing_on(doc, process, to_stage):
		if there := stage_handing_on.open_opportunity(doc, for_update=True):
			return move("Opportunity", there, to_stage, reason, override_reason)
		doc = stage_handing_on.opportunity_of(doc)
	elif doc.sf_stage == to_stage and doc.sf_stage_passed == to_stage:
		return doc
	doc.sf_stage = to_stage
	doc.sf_stage_reason = (reason or "").strip()
	doc.flags.sf_override_reason = (override_reason or "").strip()
	return doc.save()


def _is_handing_on(doc: Document, process: rules.Process, to_stage: str) -> bool:
	stage = process.stage(to_stage)
	return doc.doctype == "Lead" and bool(stage) and stage.lives_on == "Opportunity" and not stage.retired


def _check_subject(doctype: str) -> None:
	if doctype not in SUBJECTS:
		stage_refusal.no_stages(doctype)
