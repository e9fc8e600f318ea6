"""Issues that sales sees by the rights that the app gave it: complaints (A4).

ERPNext gives issues to the support team alone, and what these may see stays as it is.
"""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import cint

from salesflow_std.salesflow_std import access

DOCTYPE = "Issue"


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	return "" if access.sees_by_own_role(DOCTYPE, user) else f"`tab{DOCTYPE}`.sf_is_complaint = 1"


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether an issue is a complaint, or the user sees all; their role's rights are asked besides.

	What is stored counts: Frappe asks for the right to write once a request's values stand in the document.
	"""
	if access.sees_by_own_role(DOCTYPE, user or frappe.session.user):
		return True
	stored = None if doc.is_new() else frappe.db.get_value(DOCTYPE, doc.name, "sf_is_complaint")
	return bool(cint(doc.sf_is_complaint if stored is None else stored))
