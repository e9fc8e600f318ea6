"""Minutes of a meeting with a customer: feedback, decisions, next actions (S3, S6)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import access, profiles

SUBJECTS = profiles.SUBJECTS


class MeetingMinutes(Document):
	pass


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its document."""
	return access.by_reference("Meeting Minutes", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)


def participant_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Participant", {"Meeting Minutes": permission_query_conditions}, user)


def feedback_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Feedback", {"Meeting Minutes": permission_query_conditions}, user)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Action", {"Meeting Minutes": permission_query_conditions}, user)
