"""A needs talk: plan, SPIN answers, needs, summary, and what the customer said to it (N1-N4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, profiles

SUBJECTS = profiles.SUBJECTS


class NeedsRecord(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A needs record is seen by those who see its document."""
	return access.by_reference("Needs Record", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a needs record needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)


def need_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Needs are seen with their record."""
	return access.of_rows("Customer Need", {"Needs Record": permission_query_conditions}, user)


def answer_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their record."""
	return access.of_rows("Needs Answer", {"Needs Record": permission_query_conditions}, user)
