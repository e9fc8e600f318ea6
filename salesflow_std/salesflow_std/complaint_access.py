"""Issues that sales sees by the rights that the app gave it: complaints of customers they may read, and their own (A4).

ERPNext gives issues to the support team alone, and what these may see stays as it is.
"""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import cint, getdate

from salesflow_std.salesflow_std import access, reps

DOCTYPE = "Issue"


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	if access.sees_by_own_role(DOCTYPE, user):
		return ""
	table = f"`tab{DOCTYPE}`"
	complaint = f"{table}.sf_is_complaint = 1"
	customers = access.readable("Customer", user)
	if customers == "":
		return complaint
	own = ", ".join(frappe.db.escape(name) for name in _own_users(user))
	seen = [f"{table}.sf_responsible in ({own})", f"ifnull({table}.customer, '') = ''"]
	if customers:
		seen.append(f"{table}.customer in (select `tabCustomer`.name from `tabCustomer` where {customers})")
	return f"({complaint} and ({' or '.join(seen)}))"


def _own_users(user: str) -> tuple[str, ...]:
	"""Whose complaints are one's own: also those of whom one stands in for today."""
	return (user, *reps.stands_in_for(user, getdate()))


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether an issue is a complaint of a customer whom the user may read, or their own, or they see all issues; their
	role's rights are asked besides.

	What is stored counts: Frappe asks for the right to write once a request's values stand in the document.
	"""
	user = user or frappe.session.user
	if access.sees_by_own_role(DOCTYPE, user):
		return True
	fields = ("sf_is_complaint", "sf_responsible", "customer")
	stored = None if doc.is_new() else frappe.db.get_value(DOCTYPE, doc.name, fields, as_dict=True)
	about = stored or doc
	if not cint(about.sf_is_complaint):
		return False
	if not about.customer or (stored and stored.sf_responsible in _own_users(user)):
		return True
	return access.allows("Customer", about.customer, "read", user)
