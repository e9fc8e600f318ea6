"""Email Unsubscribe: who has unsubscribed gets no mail from the plan any more (F4)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.overrides.planned import CLOSED_BY
from salesflow_std.salesflow_std import follow_ups
from salesflow_std.salesflow_std.follow_ups import SUBJECTS


def after_insert(doc: Document, method: str | None = None) -> None:
	"""Closes the channel for the document, or for all documents with that address, and plans anew."""
	for doctype, subject in SUBJECTS.items():
		if doc.global_unsubscribe:
			filters = {subject.email_field: doc.email}
		elif doc.reference_doctype == doctype:
			filters = {"name": doc.reference_name}
		else:
			continue
		for name in frappe.get_all(doctype, filters=filters, pluck="name", order_by="name"):
			frappe.db.set_value(doctype, name, CLOSED_BY[doctype], 1, update_modified=False)
			follow_ups.plan(doctype, name)
