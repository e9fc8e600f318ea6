"""Customer: a manager sets the tier, and says why where the figures propose another (P6)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import customer_tiers


def validate(doc: Document, method: str | None = None) -> None:
	"""Form, bulk edit, import and REST; what a lead hands on brings no tier."""
	customer_tiers.validate(doc)
