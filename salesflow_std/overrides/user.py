"""User and Employee: touches go where the people are (F4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import reps
from salesflow_std.salesflow_std.doctype.rep_absence.rep_absence import request_follow


def on_update(doc: Document, method: str | None = None) -> None:
	"""Has the touches of somebody who may not log in any more go to whoever stands in, and back."""
	before = doc.get_doc_before_save()
	if before is None:
		reps.forget()
	elif bool(before.enabled) != bool(doc.enabled):
		request_follow(doc.name)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""A deleted user does no touches."""
	request_follow(doc.name)


def on_employee_update(doc: Document, method: str | None = None) -> None:
	"""Has the touches of a rep keep clear of the days off in the employee's own holiday list."""
	before = doc.get_doc_before_save()
	facts = ("user_id", "holiday_list", "status")
	if any((before.get(field) if before else None) != doc.get(field) for field in facts):
		reps.forget()
		if doc.user_id and before:
			request_follow(doc.user_id)
