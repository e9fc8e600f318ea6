"""The next round of a clause review: what legal found the last time stands where nothing has changed since (C2).

Each review keeps what the contract said when it was asked for. The text of the contract may speak of every clause, so
that a change of it leaves them all open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, fmt_money, formatdate

from salesflow_std.engine import clauses as rules
from salesflow_std.salesflow_std import contract_clauses

_REVIEW = "Contract Review"
_TERMS, _FULFILMENT = "contract_terms", "fulfilment"
# Part of a contract -> the topics that it says something of; each other part concerns them all.
_TOPICS = {
	"sf_currency": (rules.PAYMENT,),
	"document_type": (rules.SCOPE, rules.PAYMENT),
	"document_name": (rules.SCOPE, rules.PAYMENT),
	"start_date": (rules.DELIVERY,),
	"end_date": (rules.DELIVERY,),
} | {field: (topic,) for topic, fields in contract_clauses.FIELDS.items() for field in fields}
_ALL = (*rules.TOPICS, rules.OTHER)


def content(contract: Document) -> str:
	"""What a contract says, for its review to keep."""
	return json.dumps(contract_clauses.content(contract), ensure_ascii=False, default=str)


def last_decided(contract: Document) -> Document | None:
	"""The review of a contract, or of what it amends, that legal answered last; None before the first answer.

	Who asks reads what it amends: anybody may write another's name there, and would be told what that one says.
	"""
	of = [contract.name]
	amended = contract.get("amended_from")
	if amended and frappe.has_permission("Contract", "read", doc=amended):
		of.append(amended)
	found = frappe.get_all(
		_REVIEW,
		filters={"contract": ("in", of), "decided_on": ("is", "set")},
		pluck="name",
		order_by="decided_on desc, creation desc",
		limit=1,
	)
	return frappe.get_doc(_REVIEW, found[0]) if found else None


def rows(contract: Document, previous: Document | None, differing: list[dict]) -> list[dict]:
	"""The clauses that a new review begins with: open and marked where they have changed, else as legal found them (C2).

	An approval that was taken back, and a review that did not keep what it was about, carry nothing over.
	"""
	differs = {row["topic"] for row in differing}
	changed = _changed_topics(contract, previous, differing) if previous else set()
	begun = [
		{"topic": topic, "differs": int(topic in differs), "changed": int(topic in (changed or ()))}
		for topic in rules.TOPICS
	]
	if previous is None or changed is None or _text_changed(contract, previous):
		return begun
	if previous.status == "Withdrawn":
		return begun
	found = {row.topic: row for row in previous.clauses if row.finding and row.topic not in changed}
	if rules.OTHER in found:
		begun.append({"topic": rules.OTHER})
	for row in begun:
		if last := found.get(row["topic"]):
			row.update({"finding": last.finding, "comment": last.comment, "carried_over": 1})
	return begun


def _changed_topics(contract: Document, previous: Document, differing: list[dict]) -> set[str] | None:
	"""The topics that changed by themselves; None where nobody knows any more."""
	parts = _changed_parts(contract_clauses.content(contract), previous)
	if parts is None:
		return None
	return {topic for part in parts for topic in _TOPICS.get(part, ())} | _newly_differing(
		previous, differing
	)


def _changed_parts(now: Mapping[str, object], previous: Document) -> list[str] | None:
	if previous.content:
		return rules.changed(json.loads(previous.content), now)
	return [] if previous.fingerprint == rules.fingerprint(now) else None


def _text_changed(contract: Document, previous: Document) -> bool:
	parts = _changed_parts(contract_clauses.content(contract), previous)
	return any(part not in _TOPICS for part in parts or ())


def _newly_differing(previous: Document, differing: list[dict]) -> set[str]:
	"""Topics that differ from the approved proposal where they did not, or otherwise: another may be approved by now."""
	known = {_sides(row) for row in json.loads(previous.differences or "[]")}
	return {row["topic"] for row in differing if _sides(row) not in known}


def _sides(row: dict) -> tuple[str, str, str]:
	return row["topic"], cstr(row["before"]), cstr(row["after"])


# What is shown --------------------------------------------------------------------------------------------


def shown(review: Document, contract: Document) -> dict:
	"""What changed since the last answer: ``{"previous": name or None, "changes": [{"topics", "what", "before", "after"}],
	"found": {topic: {"finding", "comment"}}}``; plain text, in the user's language.

	`topics` is empty for what concerns them all; `found` is what legal said then. By what is stored, since a print is
	made of what a request says.
	"""
	stored = frappe.db.get_value(
		_REVIEW,
		{"name": review.name, "contract": contract.name},
		("previous_review", "content"),
		as_dict=True,
	)
	if not stored or not stored.previous_review or not frappe.db.exists(_REVIEW, stored.previous_review):
		return {"previous": None, "changes": [], "found": {}}
	previous = frappe.get_doc(_REVIEW, stored.previous_review)
	before, after = json.loads(previous.content or "{}"), json.loads(stored.content or "{}")
	parts = rules.changed(before, after) if before and after else []
	return {
		"previous": previous.name,
		"changes": [_shown(part, before, after, contract) for part in parts],
		"found": {
			row.topic: {"finding": row.finding or "", "comment": row.comment or ""}
			for row in previous.clauses
		},
	}


def _shown(part: str, before: dict, after: dict, contract: Document) -> dict:
	field = "fulfilment_terms" if part == _FULFILMENT else part
	if part == _TERMS:
		sides = ["\n".join(lines) for lines in rules.changed_lines(before.get(part), after.get(part))]
	else:
		sides = [_said(part, told) for told in (before, after)]
	label = contract.meta.get_label(field)
	return {
		"topics": list(_TOPICS.get(part, ())),
		"what": _(label, context="Contract"),
		"before": sides[0],
		"after": sides[1],
	}


def _said(part: str, told: dict) -> str:
	value = told.get(part)
	if part == "sf_amount":
		return fmt_money(flt(value), currency=told.get("sf_currency")) if flt(value) else ""
	if part in ("start_date", "end_date"):
		return formatdate(value) if value else ""
	if part == _FULFILMENT:
		return "\n".join(cstr(one) for one in value or ())
	return cstr(value)
