"""Who sees the weekly synchronisation of a delivery: who may see its project or its handover, and whom it asks (A1)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import access, delivery_access, reps

DOCTYPE = "Delivery Sync"
_HANDOVER = "Delivery Handover"
_OWN = ("allocated_to", "delivery_user")


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	table = f"`tab{DOCTYPE}`"
	names = ", ".join(frappe.db.escape(name) for name in (user, *reps.stands_in_for(user, getdate())))
	found = [f"{table}.{field} in ({names})" for field in _OWN]
	project = access.readable("Project", user)
	if project == "":
		return ""
	if project:
		found.append(f"{table}.project in (select `tabProject`.name from `tabProject` where {project})")
	if frappe.has_permission(_HANDOVER, "read", user=user):
		of_handovers = delivery_access.conditions(user) or "1=1"
		found.append(
			f"{table}.handover in (select `tab{_HANDOVER}`.name from `tab{_HANDOVER}` where {of_handovers})"
		)
	return f"({' or '.join(found)})"


def risk_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their week."""
	return access.of_rows("Delivery Sync Risk", {DOCTYPE: conditions}, user)


def promise_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their week."""
	return access.of_rows("Delivery Sync Promise", {DOCTYPE: conditions}, user)


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a user may do `ptype` with a week, their role allowing it.

	Whoever is asked, or stands in for them, reads and tells; others as the project or the handover allows it.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Frappe asks for the right to write once a request's values stand in the document: what is stored counts.
	stored = None
	if not doc.is_new():
		stored = frappe.db.get_value(DOCTYPE, doc.name, ("project", "handover", *_OWN), as_dict=True)
	if stored and ptype != "delete" and _is_own(stored, user):
		return True
	project = stored.project if stored else doc.get("project")
	if not project:
		return True
	if access.allows("Project", project, ptype, user):
		return True
	handover = stored.handover if stored else frappe.db.get_value("Project", project, "sf_handover")
	if not handover:
		return False
	return access.allows(_HANDOVER, handover, ptype, user)


def _is_own(stored: frappe._dict, user: str) -> bool:
	today = getdate()
	return any(
		name and user in (name, reps.on_duty(name, today))
		for name in (stored.allocated_to, stored.delivery_user)
	)
