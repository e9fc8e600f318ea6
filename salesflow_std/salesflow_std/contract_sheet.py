"""What the forms show of a closing: of the deal, of its contract, and of legal's review (C1-C3)."""

from __future__ import annotations

import json

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, get_fullname, now_datetime

from salesflow_std.salesflow_std import (
	contract_clauses,
	contract_gate,
	contract_making,
	contract_reviewers,
	contract_reviews,
	contract_rounds,
	contracts,
)


def of(deal: Document) -> dict:
	"""The closing of an Opportunity or Quotation: ``{"contract", "state", "scan", "may_make", "customer", "said_by",
	"may_record"}``.

	`customer` is None where the party is none yet, `said_by` whom the final intent may come from, `contract` None where
	there is none or the user may not read it.
	"""
	if deal.doctype == "Opportunity":
		found = contracts.standing(deal)
		party = (deal.opportunity_from, deal.party_name)
	else:
		rows = contracts.live_of(deal.opportunity, deal.name)
		found = contracts.standing_of(rows)
		party = (deal.quotation_to, deal.party_name)
	seen = bool(found.contract) and bool(frappe.has_permission("Contract", "read", doc=found.contract))
	return {
		"contract": found.contract if seen else None,
		"state": found.state,
		"scan": found.scan,
		"may_make": contract_making.may_make(deal.doctype, deal.name),
		"customer": contract_making.customer_of(*party),
		"said_by": deal.get("contact_display") or deal.get("contact_person") or "",
		"may_record": deal.doctype == "Opportunity" and bool(deal.has_permission("write")),
	}


def standing(contract: Document) -> dict:
	"""A contract for its form: ``{"of_deal", "state", "enforcement", "says", "why", "differences", "review": {"name", "status",
	"reviewer_name", "due_on", "reason"} or None, "may": {"ask", "take_back", "sign", "scan"}, "scan": {"due_on",
	"late"} or None}``; `scan` while the scan of a signed one is still to be attached (C3)."""
	if not contracts.is_of_deal(contract):
		return {"of_deal": False}
	review = _review_of(contract)
	may_write = bool(contract.has_permission("write"))
	waits = contract.docstatus == 0 and contract.sf_state == contracts.DRAFTED
	return {
		"of_deal": True,
		"state": contract.sf_state,
		"enforcement": contract_gate.enforcement(contract),
		"says": contract_gate.missing(contract) if waits or contract.sf_state == contracts.IN_REVIEW else "",
		"why": contract_gate.why(),
		"differences": contract_clauses.differences(contract) if contract.docstatus == 0 else [],
		"review": review
		and {
			"name": review.name,
			"status": review.status,
			"reviewer_name": get_fullname(review.reviewer),
			"due_on": review.due_on,
			"reason": review.reason,
		},
		"may": {
			"ask": waits and may_write,
			"take_back": bool(review) and contract_reviews.may_take_back(review, contract),
			"sign": contract.docstatus < 2 and not contract.is_signed and may_write,
			"scan": contract.docstatus == 1 and not contract.sf_scan and may_write,
		},
		"scan": _scan_to_come(contract),
	}


def _scan_to_come(contract: Document) -> dict | None:
	if contract.sf_state != contracts.SIGNED or contract.sf_scan or not contract.sf_scan_due:
		return None
	return {"due_on": contract.sf_scan_due, "late": get_datetime(contract.sf_scan_due) < now_datetime()}


def _review_of(contract: Document) -> Document | None:
	name = contract.sf_contract_review
	return (
		frappe.get_doc(contract_reviews.DOCTYPE, name)
		if name and frappe.db.exists(contract_reviews.DOCTYPE, name)
		else None
	)


# Legal's review -------------------------------------------------------------------------------------------


def review(doc: Document) -> dict:
	"""A review for its form (C2): ``{"contract", "terms", "clauses": [{"topic", "label", "said", "finding", "comment",
	"differences": [{"what", "before", "after"}], "changed", "carried_over", "changes": as differences, "last": {"finding",
	"comment"} or None}], "previous", "has_previous", "changes", "others": [{"value": user, "label": full name}],
	"proposal", "may": {"decide", "take_back", "hand_over"}}``.

	`terms` is the contract's text as HTML, made safe; `said` what its clause says, plain. Of a closed review the
	differences are those that were there when it was asked for. `changes` are those since the last answer: a clause's
	at the clause, those of all clauses (the text) beside; `last` is what legal said then where it is not carried over.
	"""
	contract = frappe.get_doc("Contract", doc.contract)
	is_open = doc.status == contract_reviews.OPEN
	differing = contract_clauses.differences(contract) if is_open else json.loads(doc.differences or "[]")
	said = contract_clauses.said(contract)
	since = contract_rounds.shown(doc, contract)
	return {
		"contract": contract.name,
		"party": contract.party_full_name or contract.party_name,
		"terms": frappe.utils.sanitize_html(contract.contract_terms or "", linkify=False),
		"clauses": [_clause(row, said, differing, since) for row in doc.clauses],
		"has_previous": bool(since["previous"]),
		"previous": _readable(contract_reviews.DOCTYPE, since["previous"]),
		"changes": [one for one in since["changes"] if not one["topics"]],
		"proposal": _readable("Solution Proposal", contract.sf_proposal),
		"quotation": _readable("Quotation", contract.document_name)
		if contract.document_type == "Quotation"
		else None,
		"is_current": contract_clauses.fingerprint(contract) == doc.fingerprint,
		"responsible": get_fullname(contract_reviewers.responsible(contract)),
		"others": _others(doc, contract),
		"may": {
			"decide": contract_reviews.may_decide(doc, contract),
			"take_back": contract_reviews.may_take_back(doc, contract),
			"hand_over": contract_reviews.may_hand_over(doc, contract),
		},
	}


def _others(doc: Document, contract: Document) -> list[dict]:
	"""Whom the review may be handed to, for who may."""
	if not contract_reviews.may_hand_over(doc, contract):
		return []
	people = contract_reviewers.others(contract, doc.asked_by, doc.reviewer)
	return [{"value": user, "label": get_fullname(user)} for user in people]


def _clause(row: Document, said: dict[str, str], differing: list[dict], since: dict) -> dict:
	last = since["found"].get(row.topic)
	return {
		"topic": row.topic,
		"label": contract_clauses.topic_label(row.topic),
		"said": said.get(row.topic, ""),
		"finding": row.finding or "",
		"comment": row.comment or "",
		"differences": [one for one in differing if one["topic"] == row.topic],
		"changed": bool(row.changed),
		"carried_over": bool(row.carried_over),
		"changes": [one for one in since["changes"] if row.topic in one["topics"]],
		"last": last if last and last["finding"] and not row.carried_over else None,
	}


def _readable(doctype: str, name: str | None) -> str | None:
	"""A name that may be shown as a link; None for what the reader may not open."""
	return name if name and frappe.has_permission(doctype, "read", doc=name) else None
