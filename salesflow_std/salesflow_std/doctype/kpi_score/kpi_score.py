"""What a rep has earned in a month that is closed: made by the app, kept as it is (M5)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, scope


class KPIScore(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""One's own and one's tree's."""
	return scope.by_sales_person("KPI Score", user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""One's own and one's tree's."""
	return scope.sees_sales_person(doc.sales_person, user)


def line_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("KPI Score Line", {"KPI Score": permission_query_conditions}, user)
