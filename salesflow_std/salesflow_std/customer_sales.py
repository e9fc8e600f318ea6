"""What each customer has bought in twelve months, by company, in the company's currency (P6).

Submitted Sales Invoices count, returns against them. A company that has invoiced nothing in that time does not invoice
in ERPNext; there its submitted Sales Orders say what was sold. What companies of one group sell each other is no sale.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce, Sum
from frappe.utils import add_months, flt, getdate
from pypika import Case
from pypika.functions import NullIf

_MONTHS = 12
# A margin says something of a customer where at least that share of their sales has a known cost.
_KNOWN = 0.5

Key = tuple[str, str]  # company, customer


def period(today: date) -> tuple[date, date]:
	"""The twelve months up to a day: after the first day, up to and with the second."""
	return getdate(add_months(today, -_MONTHS)), today


def net_sales(today: date, customers: Iterable[str] | None = None) -> dict[Key, float]:
	"""Company and customer -> net sales of twelve months, of all customers or of some."""
	only = None if customers is None else list(customers)
	found = _net("Sales Invoice", "posting_date", today, only)
	invoicing = {company for company, _customer in found} if only is None else _invoicing(today)
	ordered = _net("Sales Order", "transaction_date", today, only)
	return found | {key: net for key, net in ordered.items() if key[0] not in invoicing}


def _net(doctype: str, day: str, today: date, only: list[str] | None) -> dict[Key, float]:
	table, customer = DocType(doctype), DocType("Customer")
	since, until = period(today)
	query = (
		frappe.qb.from_(table)
		.join(customer)
		.on(customer.name == table.customer)
		.select(table.company, table.customer, Sum(table.base_net_total))
		.where((table.docstatus == 1) & (table[day] > since) & (table[day] <= until))
		.where(customer.is_internal_customer == 0)
		.groupby(table.company, table.customer)
		.orderby(table.company, table.customer)
	)
	if only is not None:
		query = query.where(table.customer.isin(only or [""]))
	return {(company, name): flt(net) for company, name, net in query.run()}


def _invoicing(today: date) -> set[str]:
	since, until = period(today)
	return set(
		frappe.get_all(
			"Sales Invoice",
			filters=[["docstatus", "=", 1], ["posting_date", ">", since], ["posting_date", "<=", until]],
			pluck="company",
			distinct=True,
			order_by="company",
		)
	)


def margins(today: date) -> dict[Key, float]:
	"""Company and customer -> gross margin (0-1) of what was invoiced in twelve months.

	As ERPNext's Gross Profit the cost is what the goods came in at, noted by the invoice or by its delivery note. Rows
	whose cost nobody knows are left out; a customer with more of these than of others has no known margin.
	"""
	row, invoice, delivered = (
		DocType("Sales Invoice Item"),
		DocType("Sales Invoice"),
		DocType("Delivery Note Item"),
	)
	since, until = period(today)
	cost = Coalesce(NullIf(row.incoming_rate, 0), NullIf(delivered.incoming_rate, 0)) * row.stock_qty
	known = Case().when(cost.isnotnull(), row.base_net_amount).else_(0)
	rows = (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.parent)
		.left_join(delivered)
		.on(delivered.name == row.dn_detail)
		.select(invoice.company, invoice.customer, Sum(row.base_net_amount), Sum(known), Sum(cost))
		.where((invoice.docstatus == 1) & (invoice.posting_date > since) & (invoice.posting_date <= until))
		.groupby(invoice.company, invoice.customer)
		.orderby(invoice.company, invoice.customer)
		.run()
	)
	return {
		(company, customer): (flt(sold) - flt(spent)) / flt(sold)
		for company, customer, net, sold, spent in rows
		if flt(sold) > 0 and flt(sold) >= _KNOWN * flt(net)
	}
