"""Holiday List: deadlines follow the holidays."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import request_new_deadlines


def on_update(doc: Document, method: str | None = None) -> None:
	"""Has open deadlines counted anew when the days of a list have changed (L7)."""
	before = doc.get_doc_before_save()
	if before and _days(before) != _days(doc):
		request_new_deadlines()


def _days(doc: Document) -> set[str]:
	return {str(row.holiday_date) for row in doc.holidays}
