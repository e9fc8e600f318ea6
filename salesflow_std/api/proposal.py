"""Solution proposals, in the desk and over REST (S1-S3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from salesflow_std.salesflow_std import (
	profiles,
	proposal_comparison,
	proposal_needs,
	proposal_prices,
	proposal_quotations,
	proposals,
	quotation_proposals,
)


@frappe.whitelist(methods=["POST"])
def make(doctype: str, name: str) -> str:
	"""The draft proposal of a lead, opportunity, prospect or customer, made where there is none; returns its name.

	Raises PermissionError without the right to create proposals and to change the document.
	"""
	if doctype not in profiles.SUBJECTS:
		frappe.throw(
			_("{0} is not known here. There are: {1}.").format(
				frappe.utils.escape_html(doctype), ", ".join(profiles.SUBJECTS)
			),
			title=_("Solution Proposal"),
		)
	frappe.has_permission(proposals.DOCTYPE, "create", throw=True)
	frappe.has_permission(doctype, "write", doc=name, throw=True)
	return proposals.make(doctype, name).name


@frappe.whitelist(methods=["POST"])
def new_version(name: str, reason: str | None = None) -> str:
	"""The name of the next version of a proposal that has been reviewed (S2); twice makes one.

	`reason` becomes a comment on it. Raises PermissionError without the right to change the proposal, ValidationError
	where it is a draft or under review.
	"""
	_allowed(name, "write")
	return proposals.new_version(name, reason).name


@frappe.whitelist(methods=["POST"])
def waive(name: str, answer: str, reason: str) -> dict:
	"""A sales manager leaves a must-need open, with a reason (S1). `answer` is the name of its row.

	Returns the coverage as the form has it. Raises PermissionError for others, ValidationError without a reason or where
	the proposal is no draft.
	"""
	_allowed(name, "write")
	return proposal_needs.coverage(proposal_needs.waive(name, answer, reason))


@frappe.whitelist(methods=["POST"])
def take_back_waiver(name: str, answer: str) -> dict:
	"""The need has to be answered after all. Returns and raises as `waive`."""
	_allowed(name, "write")
	return proposal_needs.coverage(proposal_needs.take_back_waiver(name, answer))


@frappe.whitelist(methods=["POST"])
def refresh_needs(name: str) -> str | None:
	"""Takes over the needs that the customer has confirmed last (S1); returns the name of their record, None without one.

	What was written to a need stays with it. Raises PermissionError without the right to change the proposal,
	ValidationError where it is no draft.
	"""
	_allowed(name, "write")
	return proposal_needs.refresh(name)


@frappe.whitelist(methods=["POST"])
def list_rates(name: str) -> list[dict]:
	"""Asks the price list anew for all rows of a draft; agreed discounts hold, so rates follow (S1).

	Returns what has changed: ``[{"row", "item_code", "before", "after"}]``, list prices in the proposal's currency.
	"""
	_allowed(name, "write")
	return proposal_prices.refresh(name)


@frappe.whitelist(methods=["GET", "POST"])
def list_rate(
	reference_doctype: str,
	reference_name: str,
	company: str,
	item_code: str,
	currency: str | None = None,
	selling_price_list: str | None = None,
	uom: str | None = None,
	qty: float | str = 1,
) -> dict:
	"""The list price of one item while a row is being written, before the proposal is saved.

	``{"item_name", "description", "uom", "price_list_rate"}``, the price in `currency`. Raises PermissionError without the
	right to read the document and the item.
	"""
	frappe.has_permission(reference_doctype, "read", doc=reference_name, throw=True)
	frappe.has_permission("Item", "read", doc=item_code, throw=True)
	proposal = frappe.new_doc(proposals.DOCTYPE)
	proposal.update(
		{
			"reference_doctype": reference_doctype,
			"reference_name": reference_name,
			"company": company,
			"currency": currency,
			"selling_price_list": selling_price_list,
		}
	)
	row = proposal.append("items", {"item_code": item_code, "qty": flt(qty) or 1, "uom": uom})
	proposal_quotations.build(proposal, fetch=True)
	return {field: row.get(field) for field in ("item_name", "description", "uom", "price_list_rate")}


@frappe.whitelist(methods=["GET", "POST"])
def compare(name: str, other: str | None = None) -> list[dict]:
	"""What changed in a version since `other`, else since the version before (S2): as `proposal_comparison.compare`.

	Empty where there is no version before. Raises PermissionError without the right to read both.
	"""
	after = _allowed(name, "read")
	other = other or after.previous_version
	return proposal_comparison.compare(_allowed(other, "read"), after) if other else []


@frappe.whitelist(methods=["GET", "POST"])
def margin(name: str) -> dict:
	"""What a proposal leaves over its cost, as `proposal_prices.margin`; ``{"hidden": True}`` to whom ERPNext shows no cost."""
	proposal = _allowed(name, "read")
	if not proposal_prices.may_see_cost():
		return {"hidden": True}
	return proposal_prices.margin(proposal, proposal_quotations.build(proposal))


@frappe.whitelist(methods=["POST"])
def make_quotation(name: str) -> str:
	"""The draft Quotation of an approved version, with the approved figures (S2); returns its name.

	A draft made before that still bears them is returned instead. Raises PermissionError without the right to create
	quotations, ValidationError where the version is not approved.
	"""
	_allowed(name, "read")
	return proposal_quotations.make_quotation(name)


@frappe.whitelist(methods=["POST"])
def from_quotation(quotation: str) -> dict:
	"""Puts a draft Quotation's figures into the proposal that is to be reviewed (S2).

	Into the draft of the same document, a new version of what was reviewed, or a new proposal:
	``{"name", "left_out": [{"part", "part_label", "what", "before", "after"}]}``, where `left_out` tells what could not be taken
	over. Raises PermissionError without the right to read the quotation and to change its document, ValidationError
	where a review is going on.
	"""
	doc = frappe.get_doc("Quotation", quotation)
	doc.check_permission("read")
	return quotation_proposals.take(doc)


def _allowed(name: str, ptype: str) -> Document:
	proposal = frappe.get_doc(proposals.DOCTYPE, name)
	proposal.check_permission(ptype)
	return proposal
