"""An objection of a customer: kind, genuine or a stall, answer, promised reply (S4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, profiles

SUBJECTS = profiles.SUBJECTS


class Objection(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its document."""
	return access.by_reference("Objection", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)
