"""User: the touches of somebody who may not log in any more go to whoever stands in (F4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std.doctype.rep_absence.rep_absence import request_follow


def on_update(doc: Document, method: str | None = None) -> None:
	"""Has the touches follow when a user is disabled or enabled."""
	before = doc.get_doc_before_save()
	if before and bool(before.enabled) != bool(doc.enabled):
		request_follow(doc.name)
