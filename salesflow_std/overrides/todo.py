"""ToDo: what is done, reassigned or put off there is so in the document it comes from (L10, S6, A1, A2, M6)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import minutes, sales_reviews
from salesflow_std.salesflow_std.acceptance_points import POINTS
from salesflow_std.salesflow_std.actions import MINUTES, REVIEW, TABLES

_TABLES = {**TABLES, POINTS.doctype: POINTS}


def on_update(doc: Document, method: str | None = None) -> None:
	"""Tells the document; of other ToDos nothing is read."""
	table = _TABLES.get(doc.reference_type)
	if not table or doc.flags.from_actions:
		return
	row = table.todo_changed(doc)
	if row and table is MINUTES:
		minutes.action_changed(row)
	elif row and table is REVIEW:
		sales_reviews.action_changed(row)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Before a ToDo is deleted."""
	table = _TABLES.get(doc.reference_type)
	if table:
		table.todo_deleted(doc)
