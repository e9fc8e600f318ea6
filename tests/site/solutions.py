"""Short ways to proposals, and to what they stand on: confirmed needs, priced items, cases, terms."""

from __future__ import annotations

import uuid
from typing import Any

import frappe
from frappe.utils import now_datetime

from salesflow_std.salesflow_std import proposals
from tests.site import records, talks

COMPANY = records.COMPANY


def confirm(record: Any) -> Any:
	"""A needs record as the customer has confirmed it."""
	frappe.db.set_value(
		"Needs Record",
		record.name,
		{"status": "Confirmed", "answered_on": now_datetime(), "answered_by": "Purchasing Manager"},
	)
	record.reload()
	return record


def opportunity_with_confirmed_needs(needs: list[dict] | None = None, **values: Any) -> Any:
	"""An opportunity whose customer has confirmed a must-need, an expected and a deferrable one (or `needs`)."""
	opportunity = records.opportunity(**values)
	confirm(talks.talk(opportunity, **({"needs": needs} if needs else {})))
	return opportunity


def item(rate: float | None = 1000, **values: Any) -> str:
	"""The code of a new item, with that price in the price list "Standard Selling" (CNY), none for None."""
	code = f"ITEM-{uuid.uuid4().hex[:8]}"
	frappe.get_doc(
		{
			"doctype": "Item",
			"item_code": code,
			"item_name": f"Sample {code}",
			"item_group": "Products",
			"stock_uom": "Nos",
			"is_stock_item": 0,
			**values,
		}
	).insert()
	if rate is not None:
		price(code, rate)
	return code


def price(code: str, rate: float, **values: Any) -> None:
	"""Puts a price into a price list."""
	frappe.get_doc(
		{
			"doctype": "Item Price",
			"item_code": code,
			"price_list": "Standard Selling",
			"price_list_rate": rate,
			**values,
		}
	).insert()


def case(**values: Any) -> str:
	"""The name of a case of the library."""
	return (
		frappe.get_doc(
			{
				"doctype": "Value Content",
				"title": f"Case {uuid.uuid4().hex[:8]}",
				"kind": "Case",
				"enabled": 1,
				"subject": "How others did it",
				"body": "A case.",
				**values,
			}
		)
		.insert()
		.name
	)


def payment_terms() -> str:
	"""The name of a template: 40 % at once, 60 % after 30 days."""
	name = "40-60"
	if frappe.db.exists("Payment Terms Template", name):
		return name
	for term, portion, days in (("Down payment", 40, 0), ("Rest", 60, 30)):
		frappe.get_doc(
			{
				"doctype": "Payment Term",
				"payment_term_name": term,
				"invoice_portion": portion,
				"due_date_based_on": "Day(s) after invoice date",
				"credit_days": days,
			}
		).insert(ignore_if_duplicate=True)
	frappe.get_doc(
		{
			"doctype": "Payment Terms Template",
			"template_name": name,
			"terms": [
				{
					"payment_term": term,
					"invoice_portion": portion,
					"due_date_based_on": "Day(s) after invoice date",
					"credit_days": days,
				}
				for term, portion, days in (("Down payment", 40, 0), ("Rest", 60, 30))
			],
		}
	).insert()
	return name


def proposal(document: Any = None, complete: bool = True, **values: Any) -> Any:
	"""A draft proposal, ready to be reviewed unless `complete` is False; `values` win over what is filled in.

	10 of an item of 1000 at a discount of 10 %: list 10,000, net 9,000.
	"""
	document = document or opportunity_with_confirmed_needs()
	doc = frappe.get_doc(
		{
			"doctype": proposals.DOCTYPE,
			"reference_doctype": document.doctype,
			"reference_name": document.name,
			**(_complete() if complete else {}),
			**values,
		}
	).insert()
	if complete and "answers" not in values:
		doc.reload()  # a stopped clock reads otherwise from the database
		answer_all(doc)
		doc.save()
	return doc


def _complete() -> dict:
	return {
		"situation": "Orders are typed twice.",
		"solution": "One system for plant and warehouse.",
		"value": "Two hours a day less for each planner.",
		"items": [{"item_code": item(), "qty": 10, "discount_percentage": 10}],
		"delivery_period": "6 weeks after the order",
		"service_terms": "Hotline on working days, 12 months",
		"payment_terms_template": payment_terms(),
	}


def answer_all(doc: Any) -> None:
	"""Writes an answer to every need; the caller saves."""
	shown = case()
	for row in doc.answers:
		row.update({"feature": "Scanner at the dock", "value": "2 hours less a day", "case_content": shown})


def approve(doc: Any) -> Any:
	"""A proposal as it is once its review has agreed, without a review: for tests that are not about reviews."""
	proposals.set_status(doc.name, proposals.IN_REVIEW)
	proposals.approved(doc.name)
	doc.reload()
	return doc


def reviewed(doc: Any, status: str, opinions: Any = (), comments: Any = ()) -> Any:
	"""The review of a proposal that has come to `status` of the proposal, without going through one."""
	review = frappe.get_doc(
		{
			"doctype": "Proposal Review",
			"proposal": doc.name,
			"company": doc.company,
			"status": "Open" if status == proposals.IN_REVIEW else status,
			"opinions": list(opinions),
			"comments": list(comments),
		}
	)
	review.flags.by_app = True
	review.insert(ignore_permissions=True)
	proposals.set_status(doc.name, status, proposal_review=review.name)
	doc.reload()
	return review
