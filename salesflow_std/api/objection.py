"""Objections and their answers in the desk and over REST (S4, S5)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.model.document import Document
from frappe.utils import cint, get_datetime, get_fullname, now_datetime
from pypika.terms import Criterion, LiteralValue

from salesflow_std.engine import objections as rules
from salesflow_std.salesflow_std import objection_hints, objection_scripts, objections

_MOST = 50


@frappe.whitelist(methods=["GET", "POST"])
def hints() -> dict:
	"""How to tell genuine from a stall: kind -> ``{"ask", "genuine": [text], "stall": [text]}`` (S4)."""
	frappe.has_permission(objections.DOCTYPE, "read", throw=True)
	return objection_hints.hints()


@frappe.whitelist(methods=["GET", "POST"])
def scripts(
	query: str | None = None,
	kind: str | None = None,
	industry: str | None = None,
	competitor: str | None = None,
	language: str | None = None,
	doctype: str | None = None,
	name: str | None = None,
) -> list[dict]:
	"""The answers to offer while somebody types, the best first (S5).

	``[{"name", "title", "kind", "objection", "answer", "language", "industry", "competitor", "used",
	"settled", "success_rate"}]``, at most 20. Industry and language are those of the document where nobody says
	otherwise. Raises PermissionError without the right to read scripts, or the document.
	"""
	frappe.has_permission(objection_scripts.DOCTYPE, "read", throw=True)
	subject = None
	if doctype and name:
		_check_readable(doctype, name)
		subject = objections.subject_of(doctype, name)
	situation = objection_scripts.situation_of(subject, kind, industry, competitor, language)
	found = objection_scripts.find(situation, query or "")
	return [_offer(script) for script in found]


def _offer(script: rules.Script) -> dict:
	fields = ("name", "title", "kind", "objection", "answer", "language", "industry", "competitor")
	return {
		**{field: getattr(script, field) for field in fields},
		"used": script.used,
		"settled": script.settled,
		"success_rate": rules.success_rate(script.used, script.settled),
	}


@frappe.whitelist(methods=["GET", "POST"])
def open_for(doctype: str, name: str) -> list[dict]:
	"""The objections of a document that are open or answered; for a quotation or a proposal those of its
	opportunity and its party as well (S4). What is due first stands first.

	``[{"name", "kind", "competitor", "verdict", "status", "objection", "answer", "reply_due_on", "late", "reply_missed",
	"allocated_to", "responsible", "reference_doctype", "reference_name"}]``, as far as the user may read them. Raises
	PermissionError without the right to read the document.
	"""
	_check_readable(doctype, name)
	if not frappe.has_permission(objections.DOCTYPE, "read"):
		return []
	table = frappe.qb.DocType(objections.DOCTYPE)
	of = [
		(table.reference_doctype == kind) & (table.reference_name == subject)
		for kind, subject in objections.documents_of(doctype, name)
	]
	if doctype in objections.ABOUT:
		of.append(table[objections.ABOUT[doctype]] == name)
	if not of:
		return []
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.kind,
			table.competitor,
			table.verdict,
			table.status,
			table.objection,
			table.answer,
			table.reply_due_on,
			table.reply_missed,
			table.allocated_to,
			table.owner,
			table.reference_doctype,
			table.reference_name,
		)
		.where(Criterion.any(of) & table.status.isin(objections.PENDING))
		.orderby(table.status, order=frappe.qb.desc)
		.orderby(table.reply_due_on, table.name)
		.limit(_MOST)
	)
	match = build_match_conditions(objections.DOCTYPE)
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	now = now_datetime()
	rows = query.run(as_dict=True)
	for row in rows:
		due = row.reply_due_on if row.status == objections.OPEN else None
		row.late = rules.is_missed(due, None, now)
		row.responsible = get_fullname(objections.responsible(row))
		del row["owner"]
	return rows


@frappe.whitelist(methods=["POST", "PUT"])
def record(
	doctype: str,
	name: str,
	kind: str,
	objection: str,
	verdict: str | None = None,
	competitor: str | None = None,
	answer: str | None = None,
	script: str | None = None,
	reply_due_on: str | datetime | None = None,
	raised_on: str | datetime | None = None,
	contact: str | None = None,
	raised_by: str | None = None,
) -> dict:
	"""Writes an objection down (S4), with its answer or with a promise until when it comes.

	The document may be a quotation or a proposal, too: then the objection stands on its opportunity, or its party.
	Returns ``{"name", "status", "reply_due_on"}``. Raises PermissionError without the right to change the document,
	ValidationError where something is missing.
	"""
	_check_readable(doctype, name)
	doc = objections.record(
		doctype,
		name,
		kind=kind,
		objection=objection,
		verdict=verdict,
		competitor=competitor,
		answer=answer,
		script=script,
		reply_due_on=get_datetime(reply_due_on) if reply_due_on else None,
		raised_on=get_datetime(raised_on) if raised_on else now_datetime().replace(microsecond=0),
		contact=contact,
		raised_by=raised_by,
	)
	return _state(doc)


@frappe.whitelist(methods=["POST", "PUT"])
def answer(name: str, answer: str, script: str | None = None) -> dict:
	"""Gives the answer that was promised (S4). Returns as `record`. Raises PermissionError without the right to
	change the objection, ValidationError where there is no text or it is closed."""
	if not answer.strip():
		frappe.throw(
			_("Write down the answer, or take one from the scripts."), title=_("Answer", context="Objection")
		)
	return _state(objections.answer(name, answer, script))


@frappe.whitelist(methods=["POST", "PUT"])
def close(
	name: str,
	settled: bool | int | str,
	outcome: str | None = None,
	verdict: str | None = None,
	answer: str | None = None,
	script: str | None = None,
) -> dict:
	"""Says whether an objection is settled; its script is counted at once (S4, S5). Returns and raises as `answer`."""
	return _state(objections.close(name, bool(cint(settled)), outcome, verdict, answer, script))


@frappe.whitelist(methods=["POST", "PUT"])
def reopen(name: str) -> dict:
	"""Takes a closed objection up again; its script is counted at once (S4, S5). Returns and raises as `answer`."""
	return _state(objections.reopen(name))


def _check_readable(doctype: str, name: str) -> None:
	if doctype not in objections.SOURCES:
		frappe.throw(
			_(
				"Objections are raised to opportunities, leads, prospects, customers, quotations and proposals, not to {0}."
			).format(frappe.utils.escape_html(doctype)),
			title=_("Objection"),
		)
	frappe.has_permission(doctype, "read", doc=name, throw=True)


def _state(doc: Document) -> dict:
	return {field: doc.get(field) for field in ("name", "status", "reply_due_on")}
