"""A contract is made of what was approved: party, price, terms and clauses from the proposal (C1)."""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html, flt, get_link_to_form, nowdate

from salesflow_std.salesflow_std import contract_clauses, contracts

_PROPOSED = "Solution Proposal"


def make(doctype: str, name: str, template: str | None = None) -> dict:
	"""The contract of an opportunity or quotation: ``{"name", "made"}``; the one there is, is not made twice (C1).

	`template` is a Contract Template, whose terms ERPNext renders; without one they are those of the approved proposal.
	Rights to the opportunity or quotation have been checked; that to make contracts is checked here. Raises
	ValidationError where there is no customer yet.
	"""
	opportunity, quotation = _deal(doctype, name)
	if opportunity:
		frappe.db.get_value("Opportunity", opportunity.name, "name", for_update=True)
	elif quotation:
		frappe.db.get_value("Quotation", quotation.name, "name", for_update=True)
	there = contracts.live_of(opportunity and opportunity.name, quotation and quotation.name)
	if there:
		furthest = max(there, key=lambda row: (row.docstatus, row.creation or ""))
		return {"name": furthest.name, "made": False}
	contract = frappe.new_doc("Contract")
	contract.update(
		{
			"party_type": "Customer",
			"party_name": _customer(opportunity, quotation),
			"document_type": "Quotation" if quotation else "",
			"document_name": quotation and quotation.name,
			"sf_opportunity": opportunity and opportunity.name,
			"sf_company": (opportunity or quotation).company,
			"sf_allocated_to": _responsible(opportunity),
			# ERPNext compares it with an end date, which it cannot do with none.
			"start_date": nowdate(),
		}
	)
	_fill(contract, opportunity, quotation)
	_write_terms(contract, template)
	contract.insert()
	return {"name": contract.name, "made": True}


def _deal(doctype: str, name: str) -> tuple[Document | None, Document | None]:
	"""The opportunity and the quotation that a contract is for; either may not be there."""
	if doctype == "Quotation":
		quotation = frappe.get_doc("Quotation", name)
		if quotation.docstatus == 2:
			frappe.throw(
				_("{0} is cancelled.").format(get_link_to_form("Quotation", name)), title=_("Make Contract")
			)
		found = quotation.opportunity
		return (frappe.get_doc("Opportunity", found) if found else None), quotation
	opportunity = frappe.get_doc("Opportunity", name)
	if opportunity.status == "Lost":
		frappe.throw(
			_("{0} is lost. Open it again first.").format(get_link_to_form("Opportunity", name)),
			title=_("Make Contract"),
		)
	quotations = frappe.get_all(
		"Quotation",
		filters={"opportunity": name, "docstatus": ("<", 2), "status": ("not in", ("Lost", "Expired"))},
		pluck="name",
		order_by="docstatus desc, transaction_date desc, creation desc",
		limit=1,
	)
	return opportunity, frappe.get_doc("Quotation", quotations[0]) if quotations else None


def _responsible(opportunity: Document | None) -> str:
	return (opportunity and opportunity.opportunity_owner) or frappe.session.user


# The customer ---------------------------------------------------------------------------------------------


def _customer(opportunity: Document | None, quotation: Document | None) -> str:
	parties = []
	if quotation:
		parties.append((quotation.quotation_to, quotation.party_name))
	if opportunity:
		parties.append((opportunity.opportunity_from, opportunity.party_name))
	for doctype, name in parties:
		if found := customer_of(doctype, name):
			return found
	_refuse(*parties[0])


def customer_of(doctype: str, name: str) -> str | None:
	"""The customer that a party is or has become; None where there is none yet."""
	if doctype == "Customer":
		return name
	field = {"Lead": "lead_name", "Prospect": "prospect_name"}.get(doctype)
	return field and frappe.db.get_value("Customer", {field: name}, order_by="creation")


def _refuse(doctype: str, name: str) -> NoReturn:
	frappe.throw(
		_(
			"A contract is made with a customer, and {0} {1} is none yet. Make one of it there: {2} > {3}."
		).format(_(doctype), get_link_to_form(doctype, name), _("Create"), _("Customer")),
		title=_("No Customer Yet"),
	)


# Content --------------------------------------------------------------------------------------------------


def _fill(contract: Document, opportunity: Document | None, quotation: Document | None) -> None:
	"""Price and clauses from the approved proposal; the price from the quotation, and while there is neither, what the
	opportunity expects."""
	if opportunity:
		contract.sf_currency = opportunity.currency
		contract.sf_amount = flt(opportunity.opportunity_amount)
	contract.sf_proposal = contract_clauses.approved_proposal(contract)
	if contract.sf_proposal:
		contract.update(contract_clauses.terms_of(frappe.get_doc(_PROPOSED, contract.sf_proposal)))
	if quotation:
		# The price that the customer has been told.
		contract.sf_currency = quotation.currency
		contract.sf_amount = flt(quotation.grand_total)
		contract.sf_payment_terms = quotation.payment_terms_template or contract.sf_payment_terms


def _write_terms(contract: Document, template: str | None) -> None:
	"""The text: of a Contract Template as ERPNext renders it, else the proposal's terms, else the clauses themselves."""
	if template:
		from erpnext.crm.doctype.contract_template.contract_template import get_contract_template

		frappe.has_permission("Contract Template", "read", doc=template, throw=True)
		found = get_contract_template(template, contract.as_dict())
		contract.contract_template = template
		contract.contract_terms = found["contract_terms"]
		contract.requires_fulfilment = found["contract_template"].requires_fulfilment
		for row in found["contract_template"].fulfilment_terms if contract.requires_fulfilment else ():
			contract.append("fulfilment_terms", {"requirement": row.requirement})
	elif contract.sf_proposal:
		contract.contract_terms = frappe.db.get_value(_PROPOSED, contract.sf_proposal, "terms")
	if not cstr(contract.contract_terms).strip():
		contract.contract_terms = _clauses_as_text(contract)


def _clauses_as_text(contract: Document) -> str:
	"""ERPNext wants a text; until somebody writes it, it says what is agreed so far."""
	parts = [
		f"<h4>{escape_html(contract_clauses.topic_label(topic))}</h4>"
		f"<p>{escape_html(text).replace(chr(10), '<br>')}</p>"
		for topic, text in contract_clauses.said(contract).items()
		if text
	]
	return "".join(parts) or f"<p>{_('The clauses are still to be written.')}</p>"


def may_make(doctype: str, name: str) -> bool:
	"""Whether the user may make the contract of an opportunity or quotation."""
	return bool(
		frappe.has_permission("Contract", "create") and frappe.has_permission(doctype, "read", doc=name)
	)
