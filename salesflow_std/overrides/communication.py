"""Communication: a sent mail is the first touch of a lead (L7)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.engine import leads


def after_insert(doc: Document, method: str | None = None) -> None:
	"""Counts a mail that a person sent to a lead; automatic messages and campaigns are no touch."""
	if (
		doc.reference_doctype != "Lead"
		or doc.sent_or_received != "Sent"
		or doc.communication_type != "Communication"
		or doc.communication_medium not in (None, "", "Email", "Phone", "SMS", "Visit", "Meeting")
		or not doc.reference_name
	):
		return
	when = doc.communication_date
	mark_first_touch(doc.reference_name, get_datetime(when) if when else now_datetime())


def mark_first_touch(lead: str, when: frappe.utils.datetime.datetime) -> bool:
	"""Records the first touch of a lead, met or missed (L7); False when it had one already."""
	current = frappe.db.get_value(
		"Lead",
		lead,
		["sf_first_touched_on", "sf_first_touch_due", "sf_next_touch_on", "sf_in_nurture"],
		as_dict=True,
	)
	if not current or current.sf_first_touched_on:
		return False
	values = {
		"sf_first_touched_on": when,
		"sf_first_touch_status": leads.first_touch_status(current.sf_first_touch_due, when, now_datetime()),
	}
	if not current.sf_in_nurture:
		values["sf_next_touch_on"] = None
	frappe.db.set_value("Lead", lead, values)
	return True
