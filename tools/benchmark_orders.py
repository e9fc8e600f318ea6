"""What `make benchmark` measures of orders and payments on a site. Each function runs in the bench's Python and returns plain numbers."""

from __future__ import annotations

import statistics
import time

import frappe
from frappe.utils import add_days, nowdate

from tools.benchmark_probes import _quiet

_CUSTOMER = "Order Bench Works"


def _customer() -> str:
	"""A customer; with the app one that has a signed contract in general, as the gate of orders asks for (C3)."""
	name = frappe.db.get_value("Customer", {"customer_name": _CUSTOMER}) or (
		frappe.get_doc({"doctype": "Customer", "customer_name": _CUSTOMER}).insert().name
	)
	gated = frappe.get_meta("Sales Order").has_field("sf_contract")
	if gated and not frappe.db.exists("Contract", "bench-contract"):
		contract = frappe.new_doc("Contract")
		contract.update(
			{
				"name": "bench-contract",
				"party_type": "Customer",
				"party_name": name,
				"status": "Active",
				"is_signed": 1,
				"docstatus": 1,
				"sf_state": "Signed",
			}
		)
		contract.db_insert()
	return name


def _order(customer: str, company: str, number: int) -> str:
	return (
		frappe.get_doc(
			{
				"doctype": "Sales Order",
				"customer": customer,
				"company": company,
				"delivery_date": add_days(nowdate(), 20),
				"items": [
					{"item_code": "Standard Service", "qty": row + 1, "rate": 500 + number}
					for row in range(5)
				],
			}
		)
		.insert()
		.name
	)


def _payment(order: str, company: str) -> str:
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	payment = get_payment_entry("Sales Order", order, bank_account=_cash(company))
	payment.update({"reference_no": order, "reference_date": nowdate()})
	return payment.insert().name


def _cash(company: str) -> str:
	return frappe.get_all(
		"Account",
		filters={"company": company, "account_type": ("in", ["Cash", "Bank"]), "is_group": 0},
		pluck="name",
		order_by="name",
		limit=1,
	)[0]


def orders(count: int) -> dict:
	"""Median seconds of submitting an order, and a payment of it, each committed after."""
	_quiet()
	if frappe.get_meta("Sales Order").has_field("sf_contract"):
		frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Block")
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	customer = _customer()
	frappe.db.commit()
	times: dict[str, list[float]] = {"Sales Order": [], "Payment Entry": []}
	for number in range(count + 10):
		name = _order(customer, company, number)
		for doctype in times:
			if doctype == "Payment Entry":
				name = _payment(name, company)
			frappe.db.commit()
			doc = frappe.get_doc(doctype, name)
			begun = time.perf_counter()
			doc.submit()
			frappe.db.commit()
			times[doctype].append(time.perf_counter() - begun)
	return {key: statistics.median(values[10:]) for key, values in times.items()}
