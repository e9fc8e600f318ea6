"""What every graded document has in common: its state is the app's alone, its history goes with it."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std.doctype.bnau_score.bnau_score import regrade_from_history
from salesflow_std.setup.custom_fields import STATE_FIELDS


def validate(doc: Document, method: str | None = None) -> None:
	"""Puts back what a form, an import or REST sent for fields that only the app writes.

	A form that was open while the grade changed would otherwise save the old grade back.
	"""
	before = doc.get_doc_before_save()
	for field in STATE_FIELDS[doc.doctype]:
		doc.set(field, before.get(field) if before else None)


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""After a merge the newer of both grades counts: the scorings of both are one history now."""
	if merge:
		regrade_from_history(doc.doctype, new)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Deletes the scorings of a deleted document."""
	scores = frappe.get_all(
		"BNAU Score",
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name},
		pluck="name",
		order_by="name",
	)
	if scores:
		frappe.db.delete("BNAU Score Line", {"parent": ("in", scores), "parenttype": "BNAU Score"})
		frappe.db.delete("BNAU Score", {"name": ("in", scores)})
