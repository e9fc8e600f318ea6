"""Contracts that sales and legal see by the rights that the app gave them: those with customers (C1, C2).

ERPNext keeps contracts with employees and suppliers in the same doctype, for managers of sales, purchasing and staff. What
these may see stays as it is.
"""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import access

DOCTYPE = "Contract"
_SEEN = "Customer"


def sees_all(user: str) -> bool:
	"""Whether a user may see contracts with others than customers."""
	return access.sees_by_own_role(DOCTYPE, user)


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	return "" if sees_all(user or frappe.session.user) else f"`tab{DOCTYPE}`.party_type = '{_SEEN}'"


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a contract is one with a customer, or the user sees all; their role's rights are asked besides."""
	if sees_all(user or frappe.session.user):
		return True
	# Frappe asks for the right to write once a request's values stand in the document.
	kinds = {doc.party_type}
	if doc.name and not doc.is_new():
		kinds.add(frappe.db.get_value(DOCTYPE, doc.name, "party_type"))
	return kinds <= {_SEEN, None}
