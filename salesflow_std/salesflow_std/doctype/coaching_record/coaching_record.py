"""Coaching for those behind, recognition for those ahead: proposed by rule, decided by a person (M6)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import scope


class CoachingRecord(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""One's own and one's tree's."""
	return scope.by_sales_person("Coaching Record", user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""One's own and one's tree's."""
	return scope.sees_sales_person(doc.sales_person, user)
