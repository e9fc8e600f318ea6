"""Closing up to the signature, for the desk and over REST: final intent, contract, clause review, signatures (C1-C3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import (
	contract_making,
	contract_reviews,
	contract_sheet,
	contract_signing,
	final_intent,
)


@frappe.whitelist(methods=["POST", "PUT"])
def record_final_intent(opportunity: str, said_by: str, words: str, on: str | None = None) -> dict:
	"""Writes down that the customer will sign (C1): who said it, in which words, and when (now, if not said).

	``{"on", "contract_due"}``. Recording twice changes nothing. Raises PermissionError without the right to change the
	opportunity, ValidationError where something is missing, for a time to come, or once it is lost.
	"""
	doc = final_intent.record(_doc("Opportunity", opportunity, "write"), said_by, words, on)
	return {"on": doc.sf_final_intent_on, "contract_due": doc.sf_contract_due}


@frappe.whitelist(methods=["POST", "PUT"])
def withdraw_final_intent(opportunity: str, reason: str) -> None:
	"""Takes a final intent back that was recorded by mistake, with a reason (C1).

	Raises PermissionError without the right to change the opportunity, ValidationError without a reason, and once the
	contract is signed.
	"""
	final_intent.withdraw(_doc("Opportunity", opportunity, "write"), reason)


@frappe.whitelist(methods=["POST", "PUT"])
def make(doctype: str, name: str, template: str | None = None) -> dict:
	"""The contract of an Opportunity or Quotation, made of the approved proposal (C1): ``{"name", "made"}``.

	Made twice it is the same one. `template` is a Contract Template. Raises PermissionError without the right to make
	contracts, ValidationError where the party is no customer yet.
	"""
	_doc(_of_deal(doctype), name, "read")
	frappe.has_permission("Contract", "create", throw=True)
	return contract_making.make(doctype, name, template)


@frappe.whitelist(methods=["GET", "POST"])
def of(doctype: str, name: str) -> dict:
	"""How far the closing of an Opportunity or Quotation has come, for its form; see `contract_sheet.of`."""
	return contract_sheet.of(_doc(_of_deal(doctype), name, "read"))


@frappe.whitelist(methods=["GET", "POST"])
def standing(contract: str) -> dict:
	"""How a contract stands and what the user may do, for its form; see `contract_sheet.standing`."""
	return contract_sheet.standing(_doc("Contract", contract, "read"))


@frappe.whitelist(methods=["POST", "PUT"])
def ask_for_review(contract: str, note: str | None = None) -> str:
	"""Asks legal to review the clauses (C2); returns the Contract Review. Asking twice is asking once.

	Raises PermissionError without the right to change the contract, ValidationError for one that is no draft of a deal,
	and where nobody can be asked.
	"""
	return contract_reviews.ask(_doc("Contract", contract, "write").name, note)


@frappe.whitelist(methods=["GET", "POST"])
def review_sheet(review: str) -> dict:
	"""What legal reads of a contract, clause by clause, and what the user may do; see `contract_sheet.review`."""
	return contract_sheet.review(_doc(contract_reviews.DOCTYPE, review, "read"))


@frappe.whitelist(methods=["POST", "PUT"])
def note_findings(review: str, findings: list | str) -> None:
	"""Keeps what the reviewer has found so far: ``[{"topic", "finding", "comment"}]`` (C2).

	`finding` is In Order, To Change, Missing or "". Raises PermissionError for who is not asked, ValidationError once the
	review is closed.
	"""
	doc = _doc(contract_reviews.DOCTYPE, review, "read")
	contract_reviews.note(doc.name, _rows(findings))


@frappe.whitelist(methods=["POST", "PUT"])
def decide(review: str, decision: str, reason: str | None = None, findings: list | str | None = None) -> str:
	"""Approve, Change or Reject the clauses (C2); returns the status of the review.

	To approve, every clause is in order; to ask for changes or to reject takes a reason. Raises PermissionError for who
	is not asked (who asked for it never decides), ValidationError where something is missing or the clauses have changed.
	"""
	doc = _doc(contract_reviews.DOCTYPE, review, "read")
	return contract_reviews.decide(doc.name, decision, reason, _rows(findings))


@frappe.whitelist(methods=["POST", "PUT"])
def take_back(review: str, reason: str | None = None) -> str:
	"""Withdraws an open clause review, or an approval of a draft with a reason (C2); returns the status.

	Raises PermissionError for others than who asked, the responsible, managers and, for an approval, who gave it.
	"""
	return contract_reviews.take_back(_doc(contract_reviews.DOCTYPE, review, "read").name, reason)


@frappe.whitelist(methods=["POST", "PUT"])
def hand_over(review: str, user: str) -> str:
	"""Asks another of legal in the reviewer's place (C2); returns who is asked.

	Raises PermissionError for others than the reviewer and managers, ValidationError where that user cannot review it.
	"""
	return contract_reviews.hand_over(_doc(contract_reviews.DOCTYPE, review, "read").name, user)


@frappe.whitelist(methods=["POST", "PUT"])
def sign(contract: str, signee: str, on: str | None = None) -> dict:
	"""Notes that the customer has signed: who, and when (now, if not said) (C3). Noting it twice changes nothing.

	``{"state", "signed_on", "scan_due"}``. Raises PermissionError without the right to change the contract,
	ValidationError without a name or for a time to come.
	"""
	return contract_signing.sign(_doc("Contract", contract, "write"), signee, on)


@frappe.whitelist(methods=["POST", "PUT"])
def attach_scan(contract: str, file_url: str) -> dict:
	"""Notes a file that is attached to the contract as the scan of the signed one (C3). Returns as `sign`.

	Raises PermissionError without the right to change the contract, ValidationError for a file that is not attached to it.
	"""
	return contract_signing.attach_scan(_doc("Contract", contract, "write"), file_url)


def _doc(doctype: str, name: str, ptype: str) -> Document:
	doc = frappe.get_doc(doctype, name)
	doc.check_permission(ptype)
	return doc


def _of_deal(doctype: str) -> str:
	if doctype not in ("Opportunity", "Quotation"):
		frappe.throw(_("A contract is made of an opportunity or a quotation."), title=_("Make Contract"))
	return doctype


def _rows(findings: list | str | None) -> list[dict]:
	return [row for row in frappe.parse_json(findings) or [] if isinstance(row, dict)]
