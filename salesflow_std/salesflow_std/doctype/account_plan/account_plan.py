"""Account Plan: how an A account is to be developed (L10)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, profiles


class AccountPlan(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A plan is seen by those who see its account, and by its owner."""
	return access.by_reference(
		"Account Plan",
		profiles.PARTIES,
		user,
		type_field="party_type",
		name_field="party",
		own_field="plan_owner",
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a plan needs the right to read its account; all else, to change it."""
	return access.allows_by_reference(
		doc, ptype, user, profiles.PARTIES, type_field="party_type", name_field="party"
	)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Actions are seen with their plan."""
	return access.of_rows("Account Plan Action", {"Account Plan": permission_query_conditions}, user)


def competitor_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Competitors are seen with their plan."""
	return access.of_rows("Account Plan Competitor", {"Account Plan": permission_query_conditions}, user)


def review_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Reviews are seen with their plan."""
	return access.of_rows("Account Plan Review", {"Account Plan": permission_query_conditions}, user)
