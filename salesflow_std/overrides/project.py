"""Project: what the app writes of its delivery stays the app's, and whom its week asks follows it (C5, A1, A2)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides import graded
from salesflow_std.salesflow_std import delivery_syncs


def validate(doc: Document, method: str | None = None) -> None:
	"""Puts back what a form, an import or REST sent for handover and acceptance: the handover says which contract one
	may read, and whose weeks are planned."""
	graded.validate(doc)


def on_update(doc: Document, method: str | None = None) -> None:
	"""After a project is saved; of one that no handover has started nothing is read."""
	if doc.get("sf_handover"):
		delivery_syncs.people_changed(doc)
