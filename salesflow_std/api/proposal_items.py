"""Prices for the items of a proposal while somebody writes it (S1)."""

from __future__ import annotations

import frappe
from frappe.utils import flt

from salesflow_std.salesflow_std import proposal_quotations


@frappe.whitelist(methods=["GET", "POST"])
def price(
	doctype: str,
	name: str,
	company: str,
	item_code: str,
	currency: str | None = None,
	price_list: str | None = None,
	uom: str | None = None,
	qty: float | str = 1,
) -> dict:
	"""What an item is called and costs by the price list, for a proposal to the document `doctype` `name`:

	``{"item_name", "description", "uom", "price_list_rate"}``, the rate in `currency`, 0 where the list has none. Raises
	PermissionError without the right to change the document or to read the item, ValidationError as ERPNext would
	for a quotation.
	"""
	frappe.has_permission(doctype, "write", doc=name, throw=True)
	frappe.has_permission("Solution Proposal", "create", throw=True)
	frappe.has_permission("Item", "read", doc=item_code, throw=True)
	proposal = frappe.get_doc(
		{
			"doctype": "Solution Proposal",
			"reference_doctype": doctype,
			"reference_name": name,
			"company": company,
			"currency": currency,
			"selling_price_list": price_list,
			"items": [{"item_code": item_code, "uom": uom, "qty": flt(qty) or 1}],
		}
	)
	proposal_quotations.build(proposal, fetch=True)
	row = proposal.items[0]
	return {
		"item_name": row.item_name,
		"description": row.description,
		"uom": row.uom,
		"price_list_rate": flt(row.price_list_rate),
	}
