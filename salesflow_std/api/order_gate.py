"""Whether a Sales Order has the signed contract it needs, and the override (C3)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import order_gate


@frappe.whitelist(methods=["GET", "POST"])
def standing(order: str) -> dict:
	"""How a Sales Order stands before the gate, and what the reader may do about it (C3).

	``{"state", "enforcement", "holds", "says", "why", "contract", "opportunity", "may_override"}``, `says` as HTML;
	`state` is Signed, Exempt, Overridden, Warned, Not Asked or Missing; of an overridden one also ``"given_by"`` (full
	name) and ``"reason"``. Raises PermissionError without the right to read the order.
	"""
	return order_gate.sheet(_permitted(order, "read"))


@frappe.whitelist(methods=["POST", "PUT"])
def override(order: str, reason: str) -> dict:
	"""Lets a draft order be submitted without a signed contract, once, with a reason (C3).

	Holds for its customer and totals as they are. Returns as `standing`. Raises PermissionError without the right to
	change the order and the role that the process or the settings name, ValidationError without a reason.
	"""
	doc = _permitted(order, "write")
	order_gate.override(doc, reason)
	return order_gate.sheet(doc)


def _permitted(order: str, ptype: str) -> Document:
	doc = frappe.get_doc("Sales Order", order)
	doc.check_permission(ptype)
	return doc
