"""Project: whom the weekly synchronisation of its delivery asks (A1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import delivery_syncs


def on_update(doc: Document, method: str | None = None) -> None:
	"""After a project is saved; of one that no handover has started nothing is read."""
	if doc.get("sf_handover"):
		delivery_syncs.people_changed(doc)
