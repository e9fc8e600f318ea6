"""Short ways to objections, their scripts, and quotations they are raised to."""

from __future__ import annotations

import uuid
from typing import Any

import frappe

from tests.site import records


def objection(doc: Any = None, **values: Any) -> Any:
	"""An objection to the price, not answered yet, to a new opportunity unless `doc` is given."""
	doc = doc or records.opportunity()
	return frappe.get_doc(
		{
			"doctype": "Objection",
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"kind": "Price",
			"objection": "Your price is too high.",
			**values,
		}
	).insert()


def script(**values: Any) -> Any:
	"""A script of the library with a title of its own."""
	return frappe.get_doc(
		{
			"doctype": "Objection Script",
			"title": f"Script {uuid.uuid4().hex[:8]}",
			"kind": "Price",
			"language": "en",
			"objection": "Too expensive.",
			"answer": "Let us look at the cost over five years.",
			**values,
		}
	).insert()


def quotation(party: Any = None, **values: Any) -> Any:
	"""A draft quotation to a customer, with one item."""
	party = party or records.customer()
	item = "Sample Service"
	if not frappe.db.exists("Item", item):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": item,
				"item_group": "Services",
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
		).insert()
	return frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": party.doctype,
			"party_name": party.name,
			"company": records.COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			"items": [{"item_code": item, "qty": 1, "rate": 100}],
			**values,
		}
	).insert()


def state(doc: Any) -> Any:
	"""How an objection stands in the database."""
	doc.reload()
	return doc
