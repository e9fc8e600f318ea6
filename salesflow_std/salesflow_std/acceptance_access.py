"""Who sees an acceptance: those who see its customer, its project or its handover, and its account manager (A2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import access, delivery_access, delivery_people

DOCTYPE = "Acceptance Report"
HANDOVER = "Delivery Handover"
_LINKS = {"Customer": "customer", "Project": "project"}


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	table = f"`tab{DOCTYPE}`"
	found = [f"{table}.allocated_to = {frappe.db.escape(user)}"]
	for subject, field in _LINKS.items():
		match = access.readable(subject, user)
		if match == "":
			found.append(f"ifnull({table}.{field}, '') != ''")
		elif match:
			found.append(f"{table}.{field} in (select `tab{subject}`.name from `tab{subject}` where {match})")
	if frappe.has_permission(HANDOVER, "read", user=user):
		seen = delivery_access.conditions(user)
		where = f" where {seen}" if seen else ""
		found.append(f"{table}.handover in (select `tab{HANDOVER}`.name from `tab{HANDOVER}`{where})")
	return f"({' or '.join(found)})"


def item_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their report."""
	return access.of_rows("Acceptance Item", {DOCTYPE: conditions}, user)


def point_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their report."""
	return access.of_rows("Acceptance Point", {DOCTYPE: conditions}, user)


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a user may do `ptype` with a report, their role allowing it.

	Writing is for the account manager, for who may change the customer, the project or the handover, and for who has
	taken the deal over.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Frappe asks for the right to write once a request's values stand in the document: what is stored counts.
	fields = ("allocated_to", "customer", "project", "handover")
	about = doc if doc.is_new() else frappe.db.get_value(DOCTYPE, doc.name, fields, as_dict=True) or doc
	if about.allocated_to == user and not doc.is_new():
		return True
	linked = {subject: about.get(field) for subject, field in _LINKS.items() if about.get(field)}
	if not linked and not about.handover:
		return True  # a new one that says nothing yet
	return any(access.allows(subject, name, ptype, user) for subject, name in linked.items()) or (
		bool(about.handover) and _handover_allows(about.handover, ptype, user)
	)


def _handover_allows(name: str, ptype: str, user: str) -> bool:
	if not frappe.db.exists(HANDOVER, name) or not frappe.has_permission(HANDOVER, "read", user=user):
		return False
	handover = frappe.get_doc(HANDOVER, name)
	return delivery_access.allows(handover, ptype, user) or bool(delivery_people.rows_of(handover, user))
