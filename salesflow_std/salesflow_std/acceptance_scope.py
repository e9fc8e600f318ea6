"""The scope of an acceptance against what was agreed: the contract's scope and the items of its orders (A2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, strip_html

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import delivery_documents


def agreed(report: Document) -> list[rules.Line]:
	"""What was agreed with the customer, as it stands in the contract and in the orders now."""
	lines = _of_contract(report.contract) if report.contract else []
	return rules.together([*lines, *_of_orders(_orders(report))])


def _place(doctype: str, name: str) -> str:
	# Stored and compared, so in one language.
	return f"{doctype} {name}"


def place_label(agreed_in: str | None) -> str:
	"""Where a line was agreed, in the current language."""
	for doctype in ("Sales Order", "Contract"):
		if agreed_in and agreed_in.startswith(f"{doctype} "):
			return f"{_(doctype)} {agreed_in.removeprefix(doctype).strip()}"
	return agreed_in or ""


def _of_contract(name: str) -> list[rules.Line]:
	contract = frappe.get_doc("Contract", name)
	said = rules.sentences(contract.get("sf_scope") or "")
	said += [row.requirement for row in contract.get("fulfilment_terms") or () if row.requirement]
	return [rules.Line(text, _place("Contract", name)) for text in said]


def _orders(report: Document) -> list[str]:
	about = frappe._dict(contract=report.contract or None, sales_order=report.sales_order)
	return delivery_documents.orders_of(about) if report.contract or report.sales_order else []


def _of_orders(orders: list[str]) -> list[rules.Line]:
	if not orders:
		return []
	order, row = frappe.qb.DocType("Sales Order"), frappe.qb.DocType("Sales Order Item")
	rows = (
		frappe.qb.from_(row)
		.join(order)
		.on(order.name == row.parent)
		.select(
			row.parent,
			row.item_code,
			row.item_name,
			row.description,
			row.uom,
			row.qty,
			row.delivered_qty,
			order.skip_delivery_note,
		)
		.where(row.parent.isin(orders))
		.orderby(order.transaction_date, row.parent, row.idx)
		.run(as_dict=True)
	)
	return [_line(one) for one in rows]


def _line(row: frappe._dict) -> rules.Line:
	# Where nothing is shipped nobody counts what is delivered: the report does.
	delivered = row.qty if cint(row.skip_delivery_note) else row.delivered_qty
	return rules.Line(
		row.item_name or strip_html(row.description or "") or row.item_code,
		_place("Sales Order", row.parent),
		row.item_code or "",
		row.uom or "",
		flt(row.qty),
		flt(delivered),
	)


# The report ------------------------------------------------------------------------------------------------------


def put(report: Document) -> None:
	"""Gives a report the rows that were agreed and that it has not; what it has stays."""
	for line in left_out(report):
		report.append(
			"items",
			{
				"deliverable": line.deliverable,
				"item_code": line.item_code or None,
				"uom": line.uom or None,
				"qty": line.qty,
				"delivered_qty": line.delivered,
				"agreed_in": line.agreed_in,
			},
		)


def left_out(report: Document) -> list[rules.Line]:
	"""What was agreed, has not been accepted with another report, and is not in this one."""
	scope = open_scope(report, but=report.name or "")
	given = set(rules.assign(_lines(report), scope))
	return [line for index, line in enumerate(scope) if index not in given]


def open_scope(report: Document, but: str = "") -> list[rules.Line]:
	"""What was agreed for a report and has not been accepted with any report `but` one."""
	scope = agreed(report)
	return rules.remaining(scope, _accepted(scope, but))


def _accepted(scope: list[rules.Line], but: str) -> list[rules.Line]:
	"""What of a scope the customer has accepted, with reservation or without, in the reports but one."""
	places = {line.agreed_in for line in scope}
	if not places:
		return []
	report, row = frappe.qb.DocType("Acceptance Report"), frappe.qb.DocType("Acceptance Item")
	rows = (
		frappe.qb.from_(row)
		.join(report)
		.on(report.name == row.parent)
		.select(row.deliverable, row.agreed_in, row.item_code, row.uom, row.qty, row.delivered_qty)
		.where(row.agreed_in.isin(sorted(places)) & row.result.isin(rules.ITEMS_ACCEPTED))
		.where((report.docstatus == 1) & report.result.isin(rules.RESULTS_ACCEPTED))
		.where(report.name != but)
		.orderby(report.accepted_on, row.parent, row.idx)
		.run(as_dict=True)
	)
	return [
		rules.Line(
			one.deliverable or "",
			one.agreed_in,
			one.item_code or "",
			one.uom or "",
			flt(one.qty),
			flt(one.delivered_qty),
		)
		for one in rows
	]


def follow(report: Document) -> None:
	"""Before a draft is saved: what was agreed, and where, stands in its rows as the contract and the orders say it."""
	scope = agreed(report)
	for row, index in zip(report.items, rules.assign(_lines(report), scope), strict=True):
		line = None if index is None else scope[index]
		row.agreed_in = line.agreed_in if line else None
		if line and line.item_code:
			row.qty, row.uom = line.qty, line.uom or None


def _lines(report: Document) -> list[rules.Line]:
	return [
		rules.Line(
			row.deliverable or "",
			row.agreed_in or "",
			row.item_code or "",
			row.uom or "",
		)
		for row in report.items
	]
