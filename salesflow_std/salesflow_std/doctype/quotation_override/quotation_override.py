"""What went to a customer without an approved review: by whom, why, and what was missing (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import access, reps


class QuotationOverride(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see the quotation."""
	user = user or frappe.session.user
	match = access.readable("Quotation", user)
	if match is None:
		return "1=0"
	return match and (
		f"`tabQuotation Override`.quotation in (select `tabQuotation`.name from `tabQuotation` where {match})"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Read with the quotation; written by the gate alone. Of a deleted draft the managers still see it."""
	user = user or frappe.session.user
	if not doc.quotation or not frappe.db.exists("Quotation", doc.quotation):
		return reps.is_manager(user)
	return bool(frappe.has_permission("Quotation", "read", doc=doc.quotation, user=user))
