"""Targets of a year by quarter, month and rep (M4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access


class SalesTargetPlan(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Plans are the managers'; the roles say who may read them."""
	return ""


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Plans are the managers'; the roles say who may read them."""
	return True


def share_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Target Share", {"Sales Target Plan": permission_query_conditions}, user)


def line_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Target Line", {"Sales Target Plan": permission_query_conditions}, user)
