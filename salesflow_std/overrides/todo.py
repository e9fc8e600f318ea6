"""ToDo: what is done, reassigned or put off there is so in the account plan it comes from (L10)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import account_plans


def on_update(doc: Document, method: str | None = None) -> None:
	"""Tells the plan; of other ToDos nothing is read."""
	if doc.reference_type == "Account Plan" and not doc.flags.from_account_plan:
		account_plans.todo_changed(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Before a ToDo is deleted."""
	if doc.reference_type == "Account Plan":
		account_plans.todo_deleted(doc)
