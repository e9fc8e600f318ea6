"""Call Log: a completed call is a touch, whoever called (F4)."""

from __future__ import annotations

from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import touches


def on_update(doc: Document, method: str | None = None) -> None:
	"""Counts a completed call with a lead, an opportunity or a customer; the telephone system saves it many times."""
	if doc.status != "Completed":
		return
	references = [(row.link_doctype, row.link_name) for row in doc.links]
	when = doc.end_time or doc.start_time
	for doctype, name in touches.subjects_of(references):
		safely(
			touches.record,
			doctype,
			name,
			get_datetime(when) if when else now_datetime(),
			"Phone",
			("Call Log", doc.name),
			by=doc.employee_user_id,
		)
