"""A contract's state: Drafted, In Clause Review, Clauses Approved, Signed (C1-C3).

Written by the app alone on every way of saving. What legal has approved is held by a fingerprint; when the clauses
change, the approval falls. ERPNext's own `status`, which its daily job writes past every event, is never asked.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.salesflow_std import contract_clauses, contract_reviews, contracts, final_intent, refusals
from salesflow_std.setup.custom_fields import STATE_FIELDS

_STATE = STATE_FIELDS["Contract"]
_REVIEW = "Contract Review"


def validate(contract: Document) -> None:
	"""Before a draft is saved or submitted: keeps the state, and lets an approval fall whose clauses changed (C2)."""
	before = contract.get_doc_before_save()
	_keep(contract, before)
	_complete(contract)
	if not contracts.is_of_deal(contract):
		_leave_alone(contract)
		return
	_check_readable(contract, before)
	if not contract.sf_state:
		_begin(contract)
	if contract.sf_state in (contracts.IN_REVIEW, contracts.APPROVED):
		_hold(contract)
	if contract.sf_state == contracts.DRAFTED:
		contract.sf_proposal = contract_clauses.approved_proposal(contract)
		_approve_again(contract)


def _keep(contract: Document, before: Document | None) -> None:
	"""Puts back what a form, an import or REST sent for the app's own fields."""
	for field in _STATE:
		contract.set(field, before.get(field) if before else None)


def _complete(contract: Document) -> None:
	"""A contract about a quotation is of that quotation's opportunity; an amendment, of what it amends."""
	if contract.party_type != "Customer":
		return
	if contract.amended_from and contract.is_new():
		kept = ("sf_opportunity", "sf_company", "sf_allocated_to")
		was = frappe.db.get_value("Contract", contract.amended_from, kept, as_dict=True) or {}
		for field in kept:
			contract.set(field, contract.get(field) or was.get(field))
	if contract.document_type != "Quotation" or not contract.document_name:
		return
	before = contract.get_doc_before_save()
	same = before and all(contract.get(key) == before.get(key) for key in ("document_name", "sf_opportunity"))
	if not contract.sf_opportunity or not contract.sf_company or not same:
		quotation = ("opportunity", "company")
		opportunity, company = frappe.db.get_value("Quotation", contract.document_name, quotation) or ("", "")
		contract.sf_opportunity = contract.sf_opportunity or opportunity
		contract.sf_company = contract.sf_company or company
		_check_one_deal(contract, opportunity)


def _check_one_deal(contract: Document, opportunity: str | None) -> None:
	"""A contract about the quotation of one deal would count for another as well."""
	if not opportunity or opportunity == contract.sf_opportunity:
		return
	frappe.throw(
		_("Quotation {0} is of another opportunity: {1}.").format(
			refusals.link("Quotation", contract.document_name), refusals.link("Opportunity", opportunity)
		),
		title=_("Other Opportunity"),
	)


def _check_readable(contract: Document, before: Document | None) -> None:
	"""A contract tells where it differs from its deal's proposal and quotation, so who ties it to them reads them."""
	named = ("party_type", "document_type", "document_name", "sf_opportunity")
	same = before and all(contract.get(key) == before.get(key) for key in named)
	if same or contract.flags.ignore_permissions:
		return
	opportunity = contract.sf_opportunity
	if contract.document_type == "Quotation" and contract.document_name:
		frappe.has_permission("Quotation", "read", doc=contract.document_name, throw=True)
		if opportunity == frappe.db.get_value("Quotation", contract.document_name, "opportunity"):
			return
	if opportunity:
		frappe.has_permission("Opportunity", "read", doc=opportunity, throw=True)


def _leave_alone(contract: Document) -> None:
	"""A contract that is none of a deal, or no longer, has no state."""
	if contract.sf_state in (contracts.IN_REVIEW, contracts.APPROVED):
		contract.flags.sf_fell = True
	for field in _STATE:
		contract.set(field, None)


def _begin(contract: Document) -> None:
	"""Drafted; an amendment takes over the review of what it amends."""
	contract.sf_state = contracts.DRAFTED
	if contract.amended_from:
		contract.sf_contract_review = frappe.db.get_value(
			"Contract", contract.amended_from, "sf_contract_review"
		)


def _approve_again(contract: Document) -> None:
	"""Clauses that legal has approved, in an amendment or put back as they were, need no second review (C2)."""
	approved = contract_reviews.approved_fingerprint(contract.sf_contract_review)
	if approved and approved == contract_clauses.fingerprint(contract):
		contract.sf_state = contracts.APPROVED
		contract.sf_fingerprint = approved


def _hold(contract: Document) -> None:
	"""What is in review or approved stays so as long as the clauses say the same."""
	if contract_clauses.fingerprint(contract) == contract.sf_fingerprint:
		return
	contract.flags.sf_fell = True
	contract.sf_state = contracts.DRAFTED
	contract.sf_fingerprint = None


# After saving ---------------------------------------------------------------------------------------------


def saved(contract: Document) -> None:
	"""After any save: tells whom an approval that fell concerns, and ties the contract to its opportunity."""
	before = contract.get_doc_before_save()
	if not contracts.is_of_deal(contract) and not (before and contracts.is_of_deal(before)):
		return
	if contract.flags.pop("sf_fell", None):
		contract_reviews.clauses_changed(contract)
	if contract.flags.pop("sf_unreviewed", None):
		contract.add_comment("Info", _("submitted it although legal has not approved its clauses"))
	for opportunity in {contract.sf_opportunity, before and before.sf_opportunity} - {None, ""}:
		tie(opportunity)


def tie(opportunity: str) -> None:
	"""Writes the contract of an opportunity, the one that has come furthest, on it (C1, C3)."""
	current = frappe.db.get_value("Opportunity", opportunity, ["name", "sf_contract"], as_dict=True)
	found = contracts.standing(opportunity).contract
	if current and (current.sf_contract or None) != found:
		# A state of ours that is nobody's touch: the opportunity's own events are not run for it.
		frappe.db.set_value("Opportunity", opportunity, "sf_contract", found, update_modified=False)


# Signatures -----------------------------------------------------------------------------------------------


def submit(contract: Document) -> None:
	"""Submitting is our signature; who signs second makes it signed (C3)."""
	if not contracts.is_of_deal(contract):
		return
	if not contract.sf_signed_by_us_on:
		contract.sf_signed_by_us_on = now_datetime().replace(microsecond=0)
	_sign(contract)


def update(contract: Document) -> None:
	"""After submit: the customer signs, or the scan is attached (C3)."""
	_keep(contract, contract.get_doc_before_save())
	if contracts.is_of_deal(contract):
		_sign(contract)


def _sign(contract: Document) -> None:
	now = now_datetime().replace(microsecond=0)
	if contract.is_signed and not contract.signed_on:
		contract.signed_on = now
	if contract.is_signed and contract.sf_signed_by_us_on:
		signed_on = max(get_datetime(contract.signed_on), get_datetime(contract.sf_signed_by_us_on))
		_signed(contract, signed_on.replace(microsecond=0))
	elif contract.sf_state == contracts.SIGNED:
		contract.update({"sf_signed_on": None, "sf_scan_due": None})
		contract.sf_state = contracts.APPROVED if contract.sf_fingerprint else contracts.DRAFTED
	if not contract.sf_scan:
		contract.sf_scan_on = None
	elif not contract.sf_scan_on:
		contract.sf_scan_on = now


def _signed(contract: Document, signed_on: object) -> None:
	contract.sf_state = contracts.SIGNED
	if contract.sf_signed_on and get_datetime(contract.sf_signed_on) == signed_on:
		return
	contract.update(
		{
			"sf_signed_on": signed_on,
			"sf_scan_due": final_intent.due(contract.sf_company, signed_on, "scan"),
			"sf_reminded_on": None,
			"sf_escalated_on": None,
		}
	)


# The end --------------------------------------------------------------------------------------------------


def cancel(contract: Document) -> None:
	"""A cancelled contract has no state; what was approved is remembered for its amendment (C2)."""
	_keep(contract, contract.get_doc_before_save())
	contract.update({"sf_state": None, "sf_signed_on": None, "sf_scan_due": None})


def forget(contract: Document) -> None:
	"""Before a contract is deleted: its reviews go with it, and its opportunity forgets it."""
	for review in frappe.get_all(_REVIEW, filters={"contract": contract.name}, pluck="name", order_by="name"):
		if frappe.db.exists("Contract", {"sf_contract_review": review, "name": ("!=", contract.name)}):
			continue  # an amendment stands on it, and keeps what it amends
		frappe.delete_doc(_REVIEW, review, ignore_permissions=True, force=True)
	if contract.get("sf_opportunity"):
		frappe.db.set_value(
			"Opportunity",
			{"name": contract.sf_opportunity, "sf_contract": contract.name},
			"sf_contract",
			None,
			update_modified=False,
		)
