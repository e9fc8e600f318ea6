"""What a contract says, topic by topic, and where that is not what was approved with the proposal (C2)."""

from __future__ import annotations

import json

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, fmt_money

from salesflow_std.engine import clauses as rules
from salesflow_std.engine import figures as figure_rules
from salesflow_std.salesflow_std import figures, proposal_comparison, proposals

# Topic -> the fields of the contract that say it.
FIELDS = {
	rules.SCOPE: ("sf_scope",),
	rules.DELIVERY: ("sf_delivery_period",),
	rules.PAYMENT: ("sf_amount", "sf_payment_terms"),
	rules.BREACH: ("sf_breach",),
	rules.PROPERTY: ("sf_intellectual_property",),
	rules.AFTER_SALES: ("sf_after_sales",),
}
# What else an approval is about: with whom, for what, from when to when.
_ABOUT = (
	"party_name",
	"sf_company",
	"sf_opportunity",
	"document_type",
	"document_name",
	"start_date",
	"end_date",
	"sf_currency",
	"contract_terms",
)
# Whose topic a changed part of the quotation is.
_TOPIC_OF_PART = {
	figure_rules.ITEMS: rules.SCOPE,
	figure_rules.PRICE: rules.PAYMENT,
	figure_rules.TERMS: rules.PAYMENT,
}


def topic_label(topic: str) -> str:
	"""A topic in the user's language."""
	return _(topic, context="Contract Review Clause")


def content(contract: Document) -> dict[str, object]:
	"""All that legal approves of a contract, part by part; signatures and scan are not among it."""
	clauses = {field: contract.get(field) for field in _ABOUT}
	for fields in FIELDS.values():
		clauses |= {field: contract.get(field) for field in fields}
	clauses["sf_amount"] = flt(contract.get("sf_amount"))
	clauses["fulfilment"] = [row.requirement for row in contract.get("fulfilment_terms") or ()]
	return clauses


def fingerprint(contract: Document) -> str:
	"""The fingerprint of all that legal approves of a contract."""
	return rules.fingerprint(content(contract))


def said(contract: Document) -> dict[str, str]:
	"""Topic -> what the contract says of it, as plain text; the rest stands in its terms."""
	found = {topic: cstr(contract.get(fields[0])) for topic, fields in FIELDS.items()}
	money = flt(contract.sf_amount) and fmt_money(flt(contract.sf_amount), currency=contract.sf_currency)
	found[rules.PAYMENT] = "\n".join(text for text in (money, contract.sf_payment_terms) if text)
	return found


# The approved proposal ------------------------------------------------------------------------------------


def approved_proposal(contract: Document) -> str | None:
	"""The proposal whose approved version a contract must agree with; None where none was approved.

	That of its quotation's review goes first, then the one approved last for its opportunity.
	"""
	if contract.document_type == "Quotation" and contract.document_name:
		review = frappe.db.get_value("Quotation", contract.document_name, "sf_proposal_review")
		found = review and frappe.db.get_value("Proposal Review", review, "proposal")
		if found and frappe.db.get_value(proposals.DOCTYPE, found, "status") == proposals.APPROVED:
			return found
	return approved_for(contract.sf_opportunity) if contract.sf_opportunity else None


def approved_for(opportunity: str) -> str | None:
	"""The proposal approved last for an opportunity, or for the lead, prospect or customer it is of."""
	party = frappe.db.get_value("Opportunity", opportunity, ("opportunity_from", "party_name"))
	for doctype, name in (("Opportunity", opportunity), *([party] if party else [])):
		found = frappe.get_all(
			proposals.DOCTYPE,
			filters={
				"reference_doctype": doctype,
				"reference_name": name,
				"status": proposals.APPROVED,
			},
			pluck="name",
			order_by="approved_on desc, creation desc",
			limit=1,
		)
		if found:
			return found[0]
	return None


def scope_of(proposal: Document) -> str:
	"""What is sold, a line for each item; alternatives that were not chosen are left to the quotation."""
	lines = [
		f"{row.item_name or row.item_code} × {flt(row.qty):g} {row.uom or ''}".strip()
		for row in proposal.items
		if not row.is_alternative
	]
	return "\n".join(lines) or cstr(proposal.solution).strip()


def terms_of(proposal: Document) -> dict[str, object]:
	"""What of a proposal stands in the contract, by the contract's fields."""
	return {
		"sf_currency": proposal.currency,
		"sf_amount": flt(proposal.grand_total),
		"sf_payment_terms": proposal.payment_terms_template,
		"sf_delivery_period": proposal.delivery_period,
		"sf_scope": scope_of(proposal),
		"sf_after_sales": proposal.service_terms,
	}


# Differences ----------------------------------------------------------------------------------------------

_COMPARED_BY = {
	"scope": "sf_scope",
	"delivery": "sf_delivery_period",
	"currency": "sf_currency",
	"amount": "sf_amount",
	"payment": "sf_payment_terms",
	"after_sales": "sf_after_sales",
}


def differences(contract: Document) -> list[dict]:
	"""Where a contract, or the quotation it is about, differs from the approved proposal, in the user's language (C2).

	``[{"topic", "what", "before", "after"}]``, plain text; `before` is what was approved.
	"""
	if not contract.sf_proposal or not frappe.db.exists(proposals.DOCTYPE, contract.sf_proposal):
		return []
	proposal = frappe.get_doc(proposals.DOCTYPE, contract.sf_proposal)
	approved = terms_of(proposal)
	found = rules.differences(
		{what: approved[field] for what, field in _COMPARED_BY.items()},
		{what: contract.get(field) for what, field in _COMPARED_BY.items()},
	)
	told = [_shown(one, contract, proposal) for one in found]
	return told + _of_quotation(contract, proposal)


def _shown(one: rules.Difference, contract: Document, proposal: Document) -> dict:
	before, after = one.before, one.after
	if one.what == "amount":
		before = fmt_money(flt(proposal.grand_total), currency=proposal.currency)
		after = fmt_money(flt(contract.sf_amount), currency=contract.sf_currency)
	label = contract.meta.get_label(_COMPARED_BY[one.what])
	return {"topic": one.topic, "what": _(label, context="Contract"), "before": before, "after": after}


def _of_quotation(contract: Document, proposal: Document) -> list[dict]:
	"""The quotation may have been written anew since the proposal was approved."""
	if contract.document_type != "Quotation" or not contract.document_name:
		return []
	if not frappe.db.exists("Quotation", contract.document_name):
		return []
	quotation = frappe.get_doc("Quotation", contract.document_name)
	changes = proposal_comparison.of_figures(
		json.loads(proposal.figures or "{}"), figures.of(quotation), quotation.currency
	)
	return [
		{
			"topic": _TOPIC_OF_PART[change["part"]],
			"what": _("Quotation {0}: {1}").format(quotation.name, change["what"]),
			"before": change["before"],
			"after": change["after"],
		}
		for change in changes
	]
