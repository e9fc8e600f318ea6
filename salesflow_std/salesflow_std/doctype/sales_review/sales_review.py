"""The sheet of a weekly meeting or a monthly review: prepared by the clock, edited in the meeting, kept (M6)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, scope


class SalesReview(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Sheets of one's own tree; of the whole company who sees all."""
	return scope.by_sales_person("Sales Review", user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Sheets of one's own tree; of the whole company who sees all."""
	return scope.sees_sales_person(doc.sales_person, user)


def progress_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Progress", {"Sales Review": permission_query_conditions}, user)


def reason_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Reason", {"Sales Review": permission_query_conditions}, user)


def deal_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Deal", {"Sales Review": permission_query_conditions}, user)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Action", {"Sales Review": permission_query_conditions}, user)
