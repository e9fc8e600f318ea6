"""Contact: who left is marked and replaced (P5), and who looks the same is pointed out (L3)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides import graded
from salesflow_std.salesflow_std import duplicates, people


def validate(doc: Document, method: str | None = None) -> None:
	"""Keeps the app's fields, and what duplicates are found by."""
	graded.validate(doc)
	duplicates.compare_contact(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Says what to do with a contact who stands in a decision chain, before Frappe refuses to delete it."""
	people.refuse_to_delete(doc)
