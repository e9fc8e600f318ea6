"""What a quotation still needs before it may go to the customer, and the override (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import quotation_gate


@frappe.whitelist(methods=["GET", "POST"])
def standing(quotation: str) -> dict:
	"""How a quotation stands before the gate, and what the reader may do about it (S2).

	``{"state", "enforcement", "holds", "says", "why", "differences": [text], "proposal", "review", "override_role",
	"may_override", "may_propose"}``, `says` as HTML; `state` is "off" where nothing is enforced, else "exempt",
	"approved", "overridden", "missing", "in_review" or "changed"; of an overridden one also ``"given_by"`` (full name)
	and ``"reason"``. Raises PermissionError without the right to read the quotation.
	"""
	return quotation_gate.sheet(_permitted(quotation, "read"))


@frappe.whitelist(methods=["POST", "PUT"])
def override(quotation: str, reason: str) -> dict:
	"""Lets the figures of a quotation pass without an approved review, once, with a reason (S2).

	Holds for exactly these figures. Returns as `standing`. Raises PermissionError without the right to change the
	quotation and the role that the settings name, ValidationError without a reason.
	"""
	doc = _permitted(quotation, "write")
	quotation_gate.override(doc, reason)
	return quotation_gate.sheet(doc)


def _permitted(quotation: str, ptype: str) -> Document:
	doc = frappe.get_doc("Quotation", quotation)
	doc.check_permission(ptype)
	return doc
