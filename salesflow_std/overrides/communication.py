"""Communication: a sent mail is a touch of a lead (L7, L8)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.engine import leads, worktime
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model
from salesflow_std.salesflow_std.grading import subject_fields


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
	record_touch(doc.reference_name, get_datetime(when) if when else now_datetime())


def record_touch(lead: str, when: datetime) -> bool:
	"""Records that a lead was reached; returns whether it was the first time (L7).

	The first touch is met or missed. A lead of the nurture pool has its next light touch a period later (L8).
	What lies before the capture belongs to an older story.
	"""
	current = frappe.db.get_value("Lead", lead, subject_fields("Lead"), as_dict=True, for_update=True)
	if not current or (current.sf_captured_on and when < get_datetime(current.sf_captured_on)):
		return False
	values: dict[str, object] = {}
	band = (
		engine_model(current.sf_scoring_model).band(current.sf_grade)
		if current.sf_grade and current.sf_scoring_model
		else None
	)
	if band and band.nurture:
		if band.light_touch and not current.sf_invalid_reason:
			period = band.light_touch
			calendar = working_calendar(current.company)
			values["sf_next_touch_on"] = worktime.add(when, period.amount, period.unit, calendar)
	elif not current.sf_first_touched_on:
		values["sf_next_touch_on"] = None
	if not current.sf_first_touched_on:
		values["sf_first_touched_on"] = when
		values["sf_first_touch_status"] = leads.first_touch_status(
			current.sf_first_touch_due, when, now_datetime()
		)
	if values:
		frappe.db.set_value("Lead", lead, values, update_modified=False)
	return not current.sf_first_touched_on
