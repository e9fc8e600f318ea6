"""Short ways to orders, and to contracts that are signed by both sides."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_days, now_datetime, today

from tests.site import offers, records

PROCESS = "Six Stages"


def ask(enforcement: str = "Block", **process: Any) -> None:
	"""The gates of the stages are asked of orders alone; `process` is what the sales process says of the contract."""
	records.settings(stage_enforcement=enforcement)
	doc = frappe.get_doc("Sales Process", PROCESS)
	doc.update(process)
	doc.gates = []
	doc.save()


def order(customer: Any = None, save: bool = True, **values: Any) -> Any:
	"""A draft order of 10 × 100.00, to a new customer unless one is given."""
	customer = customer or records.customer().name
	doc = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"customer": customer,
			"company": records.COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			"transaction_date": today(),
			"delivery_date": add_days(today(), 30),
			"order_type": "Sales",
			"items": [{"item_code": offers.ITEM, "qty": 10, "rate": 100}],
			**values,
		}
	)
	return doc.insert() if save else doc


def quotation(opportunity: Any = None, customer: str | None = None, **values: Any) -> Any:
	"""A submitted quotation to a customer, of an opportunity if one is given."""
	customer = customer or records.customer().name
	doc = offers.quotation(
		frappe.get_doc("Customer", customer), opportunity=opportunity and opportunity.name, **values
	)
	doc.submit()
	return doc


def order_of(quotation: Any, save: bool = True, **values: Any) -> Any:
	"""The order that ERPNext makes of a quotation."""
	from erpnext.selling.doctype.quotation.quotation import make_sales_order

	doc = make_sales_order(quotation.name)
	doc.delivery_date = add_days(today(), 30)
	doc.update(values)
	return doc.insert() if save else doc


def deal(owner: str = "Administrator", **values: Any) -> Any:
	"""An opportunity of a customer."""
	customer = records.customer()
	return records.opportunity(
		opportunity_from="Customer", party_name=customer.name, opportunity_owner=owner, **values
	)


def contract(customer: str, signed: bool = True, signed_on: Any = None, **values: Any) -> Any:
	"""A contract with a customer, straight into the table: how one is signed is tested elsewhere."""
	doc = frappe.new_doc("Contract")
	doc.update(
		{
			"name": f"CON-T-{frappe.generate_hash(length=8)}",
			"party_type": "Customer",
			"party_name": customer,
			"party_full_name": customer,
			"contract_terms": "As agreed.",
			"sf_company": records.COMPANY,
			"sf_state": "Signed" if signed else "In Clause Review",
			"docstatus": 1 if signed else 0,
			"is_signed": int(signed),
			"status": "Active" if signed else "Unsigned",
			"sf_signed_on": (signed_on or now_datetime()) if signed else None,
			**values,
		}
	)
	doc.db_insert()
	return doc


def contract_of(opportunity: Any, **values: Any) -> Any:
	"""A contract of an opportunity."""
	return contract(
		opportunity.party_name,
		sf_opportunity=opportunity.name,
		sf_allocated_to=opportunity.opportunity_owner,
		**values,
	)
