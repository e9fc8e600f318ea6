"""A Quotation that somebody wrote by hand becomes the proposal that is reviewed (S2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, date_diff, flt, get_link_to_form

from salesflow_std.salesflow_std import figures, profiles, proposal_comparison, proposal_quotations, proposals

_SAME = (
	"company",
	"currency",
	"selling_price_list",
	"apply_discount_on",
	"additional_discount_percentage",
	"discount_amount",
	"payment_terms_template",
	"taxes_and_charges",
	"incoterm",
	"named_place",
	"tc_name",
)
_SAME_ROW = ("item_code", "item_name", "description", "qty", "uom", "rate", "is_alternative")


def take(quotation: Document) -> dict:
	"""Puts a draft Quotation's figures into a proposal: ``{"name", "left_out"}``, see `api.proposal.from_quotation`.

	The caller has checked the right to read the quotation; rights to the proposal and its document are checked here.
	"""
	if quotation.docstatus != 0:
		frappe.throw(
			_("{0} is no draft any more. Amend it, or begin with the proposal.").format(
				get_link_to_form("Quotation", quotation.name)
			),
			title=_("Solution Proposal"),
		)
	proposal = _proposal_for(*_document_of(quotation), quotation)
	_write(proposal, quotation)
	proposal.save()
	return {"name": proposal.name, "left_out": left_out(proposal, quotation)}


def left_out(proposal: Document, quotation: Document) -> list[dict]:
	"""What of a quotation's figures the proposal does not bear: free tax rows, instalments written by hand …"""
	return proposal_comparison.of_figures(
		figures.of(quotation), proposals.figures_of(proposal), proposal.currency
	)


def _document_of(quotation: Document) -> tuple[str, str]:
	"""What a quotation was made for: its opportunity, that of its rows, else its party."""
	opportunity = quotation.opportunity or next(
		(row.prevdoc_docname for row in quotation.items if row.prevdoc_doctype == "Opportunity"), None
	)
	if opportunity:
		return "Opportunity", opportunity
	if quotation.quotation_to not in profiles.PARTIES or not quotation.party_name:
		frappe.throw(
			_("A proposal is made for a lead, a prospect, a customer or an opportunity."),
			title=_("Solution Proposal"),
		)
	return quotation.quotation_to, quotation.party_name


def _proposal_for(doctype: str, name: str, quotation: Document) -> Document:
	"""The proposal that is to bear the figures: the draft there is, a new version of what was reviewed, or a new one."""
	frappe.has_permission(doctype, "write", doc=name, throw=True)
	frappe.db.get_value(doctype, name, "name", for_update=True)
	found = frappe.get_all(
		proposals.DOCTYPE,
		filters={"reference_doctype": doctype, "reference_name": name, "company": quotation.company},
		pluck="name",
		order_by="creation desc",
		limit=1,
	)
	if not found:
		frappe.has_permission(proposals.DOCTYPE, "create", throw=True)
		return frappe.get_doc(
			{
				"doctype": proposals.DOCTYPE,
				"reference_doctype": doctype,
				"reference_name": name,
				"company": quotation.company,
			}
		).insert()
	proposal = proposals.lock(found[0])
	proposal.check_permission("write")
	if proposal.status in proposals.EDITABLE:
		return proposal
	if proposal.status in (proposals.REQUESTED, proposals.IN_REVIEW):
		review = proposal.proposal_review
		frappe.throw(
			_("{0} is under review. Wait for the answer, or recall it: {1}.").format(
				get_link_to_form(proposals.DOCTYPE, proposal.name),
				get_link_to_form("Proposal Review", review)
				if review
				else get_link_to_form(proposals.DOCTYPE, proposal.name),
			),
			title=_("Under Review"),
		)
	return proposals.new_version(proposal.name)


def _write(proposal: Document, quotation: Document) -> None:
	proposal.update({field: quotation.get(field) for field in _SAME})
	proposal.update(proposal_quotations.read_terms(quotation.terms, proposal.language))
	if quotation.valid_till and quotation.transaction_date:
		proposal.valid_days = max(0, date_diff(quotation.valid_till, quotation.transaction_date))
	kept = {row.item_code: row for row in proposal.items}
	rows, listed = [], []
	for quoted in quotation.items:
		if not quoted.item_code:
			continue  # told by `left_out`
		old = kept.pop(quoted.item_code, None)
		values = {field: quoted.get(field) for field in _SAME_ROW}
		values["is_alternative"] = cint(quoted.is_alternative)
		# What is given away, is given away on purpose.
		values["discount_percentage"] = 100 if not flt(quoted.rate) else 0
		listed.append(quoted.price_list_rate)
		rows.append({"name": old.name, "row_key": old.row_key, **values} if old else values)
	proposal.set("items", rows)
	proposal.flags.quoted_prices = listed
