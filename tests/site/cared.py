"""Short ways to customers with sales, touches and tickets, past the ways that are tested elsewhere."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import get_datetime

from salesflow_std.jobs import customer_standing
from tests.site import records

STANDING = (
	"sf_tier",
	"sf_proposed_tier",
	"sf_tier_why",
	"sf_tier_differs",
	"sf_activity",
	"sf_last_order_on",
	"sf_last_touch_on",
	"sf_silent_since",
	"modified",
)


def customer(born: str = "2020-01-01", **values: Any) -> Any:
	"""A customer that has been one for long."""
	doc = records.customer(**values)
	frappe.db.set_value("Customer", doc.name, "creation", born, update_modified=False)
	return doc


def row(doctype: str, **values: Any) -> str:
	"""A row as it stands in the database, whoever may write one."""
	doc = frappe.get_doc({"doctype": doctype, "name": frappe.generate_hash(length=12), **values})
	doc.owner = doc.modified_by = "Administrator"
	doc.creation = doc.modified = values.get("creation") or frappe.utils.now()
	doc.db_insert()
	return doc.name


def invoice(customer: Any, on: str, net: float = 1000, **values: Any) -> str:
	"""A submitted invoice."""
	values = {"company": records.COMPANY, "docstatus": 1, "base_net_total": net, **values}
	return row("Sales Invoice", customer=customer.name, posting_date=on, **values)


def order(customer: Any, on: str, net: float = 1000, **values: Any) -> str:
	"""A submitted order."""
	values = {"company": records.COMPANY, "docstatus": 1, "base_net_total": net, **values}
	return row("Sales Order", customer=customer.name, transaction_date=on, **values)


def follow_up(doc: Any, due: str, status: str = "Planned", **values: Any) -> str:
	"""A touch, planned or done."""
	if status == "Done":
		values = {"outcome": "Reached", "done_on": due, **values}
	return row(
		"Follow Up",
		reference_doctype=doc.doctype,
		reference_name=doc.name,
		title=doc.get("customer_name") or doc.get("title") or doc.name,
		due_on=due,
		status=status,
		kind="Task",
		channel="Phone",
		**values,
	)


def standing(doc: Any) -> Any:
	"""What is said of a customer now."""
	return frappe.db.get_value("Customer", doc.name, STANDING, as_dict=True)


def follow() -> int:
	"""Runs the night's job for tiers and activities; how many have changed."""
	return customer_standing.follow()


def moment(text: str) -> Any:
	"""A moment to compare with."""
	return get_datetime(text)
