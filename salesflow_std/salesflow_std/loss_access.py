"""Who sees a loss analysis: those who may read its customer, and whose it is (P6)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import access, reps

DOCTYPE = "Loss Analysis"


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	match = access.readable("Customer", user)
	if user == "Administrator" or match == "":
		return ""
	table = f"`tab{DOCTYPE}`"
	names = ", ".join(frappe.db.escape(name) for name in (user, *reps.stands_in_for(user, getdate())))
	found = [f"{table}.allocated_to in ({names})"]
	if match:
		found.append(f"{table}.customer in (select `tabCustomer`.name from `tabCustomer` where {match})")
	return f"({' or '.join(found)})"


def cause_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their analysis."""
	return access.of_rows("Loss Cause", {DOCTYPE: conditions}, user)


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a user may do `ptype` with an analysis, their role allowing it.

	Whose it is, or who stands in, works on it; others as the customer allows it. ERPNext's sales managers may only read
	customers, and work on the analyses of those they see.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Frappe asks for the right to write once a request's values stand in the document: what is stored counts.
	about = doc
	if not doc.is_new():
		about = frappe.db.get_value(DOCTYPE, doc.name, ("customer", "allocated_to"), as_dict=True) or doc
		own = about.allocated_to and user in (about.allocated_to, reps.on_duty(about.allocated_to, getdate()))
		if own and ptype != "delete":
			return True
	if not about.customer:
		return True
	return access.allows("Customer", about.customer, "read" if reps.is_manager(user) else ptype, user)
