"""A measurable goal of a stage, for a period and a team (M2)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import scope


class SalesGoal(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Goals of one's own and one's tree, and of the whole company."""
	condition = scope.by_sales_person("Sales Goal", user)
	return f"({condition} or ifnull(`tabSales Goal`.sales_person, '') = '')" if condition else ""


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Goals of one's own and one's tree, and of the whole company."""
	return not doc.sales_person or scope.sees_sales_person(doc.sales_person, user)
