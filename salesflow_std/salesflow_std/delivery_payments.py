"""Invoices and payments of handed over deals (C4): when the first was written, when and how much was paid.

What concerns no handover costs one query on indexes, or none. What is written is counted anew each time from the real
references of invoices, payments and journal entries, so that a cancelled one takes itself back. All in the company's
currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import frappe
from frappe.model.document import Document
from frappe.query_builder.functions import Min
from frappe.utils import cint, flt, getdate
from pypika.queries import QueryBuilder

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_documents, delivery_handovers, delivery_start

DOCTYPE = "Delivery Handover"
ORDER, INVOICE = "Sales Order", "Sales Invoice"
# Entries that settle an invoice without money.
_NO_MONEY = ("Exchange Gain Or Loss", "Exchange Rate Revaluation", "Credit Note", "Write Off Entry")


# What has changed ------------------------------------------------------------------------------------------------


def invoice_changed(invoice: Document) -> None:
	"""After a Sales Invoice is submitted or cancelled."""
	_follow({row.sales_order for row in invoice.items if row.get("sales_order")}, ())


def payment_changed(payment: Document) -> None:
	"""After a Payment Entry is submitted or cancelled, or its references have changed."""
	before = payment.get_doc_before_save()
	rows = [*payment.references, *(before.references if before else ())]
	_follow_references((row.reference_doctype, row.reference_name) for row in rows)


def journal_changed(entry: Document) -> None:
	"""After a Journal Entry is submitted or cancelled, or its references have changed."""
	before = entry.get_doc_before_save()
	rows = [*entry.accounts, *(before.accounts if before else ())]
	_follow_references((row.reference_type, row.reference_name) for row in rows)


def unreconciled(doc: Document) -> None:
	"""After payments are taken off what they had paid; ERPNext does that past them."""
	_follow_references((row.reference_doctype, row.reference_name) for row in doc.allocations)


def order_cancelled(order: Document) -> None:
	"""After a Sales Order is cancelled."""
	_follow({order.name}, ())


def _follow_references(references: Iterable[tuple[str | None, str | None]]) -> None:
	named = set(references)
	_follow(
		{name for doctype, name in named if doctype == ORDER and name},
		{name for doctype, name in named if doctype == INVOICE and name},
	)


def _follow(orders: Iterable[str], invoices: Iterable[str]) -> None:
	for name in concerned(sorted(orders), sorted(invoices)):
		update(name)


def concerned(orders: list[str], invoices: list[str]) -> list[str]:
	"""The handovers that some orders and invoices belong to."""
	parts = []
	handover, order, row = (
		frappe.qb.DocType(DOCTYPE),
		frappe.qb.DocType(ORDER),
		frappe.qb.DocType("Sales Invoice Item"),
	)
	if orders:
		parts.append(_select(handover).where(handover.sales_order.isin(orders)))
		parts.append(
			_select(handover)
			.join(order)
			.on(order.sf_contract == handover.contract)
			.where(order.name.isin(orders))
		)
	if invoices:
		parts.append(
			_select(handover)
			.join(row)
			.on(row.sales_order == handover.sales_order)
			.where(row.parent.isin(invoices))
		)
		parts.append(
			_select(handover)
			.join(order)
			.on(order.sf_contract == handover.contract)
			.join(row)
			.on(row.sales_order == order.name)
			.where(row.parent.isin(invoices))
		)
	if not parts:
		return []
	query = parts[0]
	for part in parts[1:]:
		query = query.union(part)
	return sorted(query.run(pluck=True))


def _select(handover: frappe.qb.DocType) -> QueryBuilder:
	return frappe.qb.from_(handover).select(handover.name)


# What it comes to ------------------------------------------------------------------------------------------------


def update(name: str) -> bool:
	"""Counts a handover's invoices and payments anew; the first payment tells the team to start. True if it changed."""
	handover = delivery_handovers.locked(name)
	orders = delivery_documents.orders_of(handover)
	invoices = _invoices(orders)
	paid_on, amount = rules.paid(_payments(orders, [row.name for row in invoices]))
	values = {
		"invoiced_on": min((row.posting_date for row in invoices if not row.is_return), default=None),
		"paid_on": paid_on,
		"paid_amount": flt(amount, 2),
	}
	before = {
		"invoiced_on": handover.invoiced_on and getdate(handover.invoiced_on),
		"paid_on": handover.paid_on and getdate(handover.paid_on),
		"paid_amount": flt(handover.paid_amount, 2),
	}
	if values == before:
		return False
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(DOCTYPE, name, values, update_modified=False)
	handover.update(values)
	delivery_start.tell(handover)
	return True


def _invoices(orders: list[str]) -> list[frappe._dict]:
	"""The submitted invoices of some orders, credit notes among them."""
	if not orders:
		return []
	row, invoice = frappe.qb.DocType("Sales Invoice Item"), frappe.qb.DocType(INVOICE)
	return (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.parent)
		.select(invoice.name, invoice.is_return, Min(invoice.posting_date).as_("posting_date"))
		.where((invoice.docstatus == 1) & row.sales_order.isin(orders))
		.groupby(invoice.name, invoice.is_return)
		.orderby(invoice.name)
		.run(as_dict=True)
	)


def _payments(orders: list[str], invoices: list[str]) -> list[rules.Payment]:
	if not orders and not invoices:
		return []
	return [
		*_by_payment_entries(orders, invoices),
		*_by_journal_entries(orders, invoices),
		*_at_the_counter(invoices),
	]


def _is_one_of(doctype: object, name: object, orders: list[str], invoices: list[str]) -> object:
	condition = (doctype == ORDER) & name.isin(orders or [""])
	return condition | ((doctype == INVOICE) & name.isin(invoices or [""]))


def _by_payment_entries(orders: list[str], invoices: list[str]) -> list[rules.Payment]:
	"""What payments have allocated to orders and invoices; what is paid back is allocated below zero."""
	row, entry = frappe.qb.DocType("Payment Entry Reference"), frappe.qb.DocType("Payment Entry")
	rows = (
		frappe.qb.from_(row)
		.join(entry)
		.on(entry.name == row.parent)
		.select(
			entry.posting_date,
			entry.payment_type,
			entry.source_exchange_rate,
			entry.target_exchange_rate,
			row.allocated_amount,
		)
		.where(entry.docstatus == 1)
		.where(_is_one_of(row.reference_doctype, row.reference_name, orders, invoices))
		.orderby(entry.posting_date, row.name)
		.run(as_dict=True)
	)
	found = []
	for one in rows:
		paying = one.payment_type == "Pay"
		rate = flt(one.target_exchange_rate if paying else one.source_exchange_rate) or 1.0
		found.append(rules.Payment(one.posting_date, _money(flt(one.allocated_amount) * rate)))
	return found


def _by_journal_entries(orders: list[str], invoices: list[str]) -> list[rules.Payment]:
	row, entry = frappe.qb.DocType("Journal Entry Account"), frappe.qb.DocType("Journal Entry")
	rows = (
		frappe.qb.from_(row)
		.join(entry)
		.on(entry.name == row.parent)
		.select(entry.posting_date, row.debit, row.credit)
		.where((entry.docstatus == 1) & entry.voucher_type.notin(_NO_MONEY))
		.where(row.party_type == "Customer")
		.where(_is_one_of(row.reference_type, row.reference_name, orders, invoices))
		.orderby(entry.posting_date, row.name)
		.run(as_dict=True)
	)
	return [rules.Payment(one.posting_date, _money(flt(one.credit) - flt(one.debit))) for one in rows]


def _at_the_counter(invoices: list[str]) -> list[rules.Payment]:
	"""What was paid with the invoice itself."""
	if not invoices:
		return []
	rows = frappe.get_all(
		INVOICE,
		filters={"name": ("in", invoices), "is_pos": 1, "docstatus": 1},
		fields=["posting_date", "base_paid_amount", "base_change_amount", "is_return"],
		order_by="posting_date, name",
	)
	return [
		rules.Payment(
			row.posting_date,
			_money(flt(row.base_paid_amount) - (0 if cint(row.is_return) else flt(row.base_change_amount))),
		)
		for row in rows
	]


def _money(amount: float) -> Decimal:
	return Decimal(str(flt(amount, 2)))
