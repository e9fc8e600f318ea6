"""The stage of a customer: the last one, with the first order (M1)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import now_datetime

from salesflow_std.salesflow_std import order_standing


def ordered(order: Document) -> None:
	"""After an order is submitted: its customer enters the final stage of the process, once."""
	if frappe.db.get_value("Customer", order.customer, "sf_stage"):
		return
	stage = _final_stage(order)
	if stage:
		_write(order.customer, {"sf_stage": stage, "sf_stage_entered_on": now_datetime()})


def cancelled(order: Document) -> None:
	"""After an order is cancelled: a customer whose only order it was has no stage any more."""
	if not frappe.db.get_value("Customer", order.customer, "sf_stage"):
		return
	others = {"customer": order.customer, "docstatus": 1, "name": ("!=", order.name)}
	if not frappe.db.exists("Sales Order", others):
		_write(order.customer, {"sf_stage": None, "sf_stage_entered_on": None})


def _final_stage(order: Document) -> str | None:
	process = order_standing.process_of(order)
	rows = frappe.get_cached_doc("Sales Process", process).stages if process else ()
	return next((row.stage for row in reversed(rows) if row.is_final), None)


def _write(customer: str, values: dict) -> None:
	# A form of the customer that is open meanwhile can still be saved.
	frappe.db.set_value("Customer", customer, values, update_modified=False)
	frappe.clear_document_cache("Customer", customer)
