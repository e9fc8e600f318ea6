"""Customer and Prospect: those of the same company are pointed out (L3)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import duplicates


def validate(doc: Document, method: str | None = None) -> None:
	"""Keeps what duplicates are found by, and points at the documents that look the same."""
	duplicates.compare_company(doc)
