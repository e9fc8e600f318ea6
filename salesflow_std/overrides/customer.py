"""Customer: a lead that has become one is followed up no more."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import follow_ups


def after_insert(doc: Document, method: str | None = None) -> None:
	"""ERPNext writes the lead's new status past the lead itself, so the plan hears of it here."""
	if doc.lead_name and frappe.db.get_value("Lead", doc.lead_name, "sf_next_touch_on"):
		follow_ups.plan("Lead", doc.lead_name)
