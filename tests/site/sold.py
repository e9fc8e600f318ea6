"""What sales people have sold, as ERPNext's own documents."""

from __future__ import annotations

import uuid
from typing import Any

import frappe
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
from frappe.utils import getdate

from tests.site import records

COMPANY = records.COMPANY


def item() -> str:
	"""A service that needs no stock."""
	if not frappe.db.exists("Item", "Consulting Day"):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": "Consulting Day",
				"item_group": frappe.get_all("Item Group", {"is_group": 0}, pluck="name", order_by="lft")[0],
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
		).insert()
	return "Consulting Day"


def person(name: str = "", parent: str | None = None, is_group: int = 0, **values: Any) -> str:
	"""A node of the Sales Person tree without an employee."""
	root = frappe.get_all(
		"Sales Person", filters={"parent_sales_person": ("in", ("", None))}, pluck="name", order_by="lft"
	)[0]
	return (
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": name or f"Seller {uuid.uuid4().hex[:6]}",
				"parent_sales_person": parent or root,
				"is_group": is_group,
				"enabled": 1,
				**values,
			}
		)
		.insert()
		.name
	)


def team(shares: dict[str, float]) -> list[dict]:
	return [{"sales_person": name, "allocated_percentage": share} for name, share in shares.items()]


def invoice(on: str, amount: float, shares: dict[str, float] | None = None, **values: Any) -> Any:
	"""A submitted invoice of a day, without tax, due on that day unless `terms` say (day, percent) otherwise."""
	terms = values.pop("terms", [(on, 100)])
	submit = values.pop("submit", True)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"customer": values.pop("customer", None) or records.customer().name,
			"company": COMPANY,
			"set_posting_time": 1,
			"posting_date": on,
			"due_date": max(day for day, _part in terms),
			"ignore_default_payment_terms_template": 1,
			"items": [{"item_code": item(), "qty": 1, "rate": amount}],
			"sales_team": team(shares or {}),
			"payment_schedule": [{"due_date": day, "invoice_portion": part} for day, part in terms],
			**values,
		}
	)
	doc.insert()
	if submit:
		doc.submit()
	return doc


def in_dollars(rate: float) -> dict[str, Any]:
	"""What makes an invoice one in dollars, on an account in dollars."""
	parent = frappe.db.get_value(
		"Account", {"company": COMPANY, "account_type": "Receivable"}, "parent_account"
	)
	values = {"account_name": "Debtors USD", "company": COMPANY}
	account = frappe.db.get_value("Account", values) or (
		frappe.get_doc(
			{
				"doctype": "Account",
				"parent_account": parent,
				"account_type": "Receivable",
				"account_currency": "USD",
				**values,
			}
		)
		.insert()
		.name
	)
	return {
		"currency": "USD",
		"conversion_rate": rate,
		"debit_to": account,
		"party_account_currency": "USD",
		"customer": records.customer(
			default_currency="USD", accounts=[{"company": COMPANY, "account": account}]
		).name,
	}


def order(on: str, amount: float, shares: dict[str, float] | None = None, **values: Any) -> Any:
	"""A submitted order of a day."""
	doc = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"customer": values.pop("customer", None) or records.customer().name,
			"company": COMPANY,
			"transaction_date": on,
			"delivery_date": on,
			"items": [{"item_code": item(), "qty": 1, "rate": amount}],
			"sales_team": team(shares or {}),
			**values,
		}
	)
	doc.insert()
	doc.submit()
	return doc


def back(bill: Any, on: str, amount: float, **values: Any) -> Any:
	"""A submitted return of an invoice."""
	from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

	doc = make_sales_return(bill.name)
	doc.update({"set_posting_time": 1, "posting_date": on, "due_date": on, **values})
	doc.items[0].rate = amount
	doc.payment_schedule = []
	doc.insert()
	doc.submit()
	return doc


def pay(bill: Any, on: str, amount: float) -> Any:
	"""A submitted payment of an invoice."""
	entry = get_payment_entry(bill.doctype, bill.name, party_amount=amount)
	entry.update({"reference_no": "1", "reference_date": on, "posting_date": on})
	entry.insert()
	entry.submit()
	return entry


def plan(people: dict[str, float], total: float, **values: Any) -> Any:
	"""An applied plan of 2026 with fixed shares in percent, all months alike unless `values` say otherwise."""
	from salesflow_std.api import target_plan

	apply = values.pop("apply", True)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Target Plan",
			"title": "Year 2026",
			"company": COMPANY,
			"fiscal_year": "2026",
			"total_amount": total,
			"new_customers": 0,
			"round_to": 1,
			"shares": [
				{"sales_person": name, "is_fixed": 1, "share": share} for name, share in people.items()
			],
			**values,
		}
	).insert()
	target_plan.distribute(doc.name)
	if apply:
		target_plan.apply(doc.name)
	return doc.reload()


def month(text: str) -> Any:
	return getdate(f"{text}-01")
