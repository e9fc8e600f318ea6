"""What every document with planned touches has in common: its plan follows it, whatever path it changes by."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import now_datetime

from salesflow_std.engine import leads
from salesflow_std.salesflow_std import follow_ups, greetings, touches
from salesflow_std.salesflow_std.cadences import cadence_for
from salesflow_std.salesflow_std.follow_ups import SUBJECTS

# Where a document says that it gets no mail.
CLOSED_BY = {"Lead": "unsubscribed", "Opportunity": "sf_unsubscribed"}

# A plan depends on these, besides the grade and what the app itself writes.
_RELIED_ON = (
	"status",
	"company",
	"disabled",
	"unsubscribed",
	"sf_grade",
	"sf_in_nurture",
	"sf_first_touch_due",
	"sf_invalid_reason",
	"sf_holiday_list",
)


def on_update(doc: Document, method: str | None = None) -> None:
	"""Plans anew when something has changed that the plan depends on (F1, F2)."""
	_stay_in_pool(doc)
	before = doc.get_doc_before_save()
	fields = (SUBJECTS[doc.doctype].owner_field, *_RELIED_ON)
	if before is None:
		_take_over(doc)
		changed = bool(doc.sf_grade)
	else:
		changed = any((before.get(field) or None) != (doc.get(field) or None) for field in fields)
		changed = changed or _follows_another_policy(doc, before)
	if changed:
		doc.sf_next_touch_on = follow_ups.plan(doc.doctype, doc.name)


def _follows_another_policy(doc: Document, before: Document) -> bool:
	"""Whether a new sales stage leads to another policy; a policy that is told of no stage goes on as it was."""
	if doc.doctype != "Opportunity" or (before.sales_stage or None) == (doc.sales_stage or None):
		return False
	return cadence_for(doc.doctype, before) != cadence_for(doc.doctype, doc)


def _take_over(doc: Document) -> None:
	"""An opportunity takes over from its lead. Who has unsubscribed as a lead, or from everything, gets no mail as a new document either (F4)."""
	field = CLOSED_BY[doc.doctype]
	email = doc.get(SUBJECTS[doc.doctype].email_field)
	lead = frappe._dict()
	if doc.doctype == "Opportunity" and doc.opportunity_from == "Lead":
		lead = frappe.db.get_value("Lead", doc.party_name, ["unsubscribed", "sf_next_touch_on"], as_dict=True)
		if lead.sf_next_touch_on:  # from now on the opportunity is followed up
			follow_ups.plan("Lead", doc.party_name)
	if lead.unsubscribed or (
		email and frappe.db.exists("Email Unsubscribe", {"email": email, "global_unsubscribe": 1})
	):
		frappe.db.set_value(doc.doctype, doc.name, field, 1, update_modified=False)
		doc.set(field, 1)


def _stay_in_pool(doc: Document) -> None:
	"""L8: ERPNext takes a lead for an opportunity as long as one was not lost, at each of the lead's saves; one
	that has ended politely, and has no other, is in the pool."""
	if (
		doc.doctype == "Lead"
		and doc.sf_ended_politely
		and doc.status in touches.HANDED_ON
		and not follow_ups.has_open_opportunity(doc.name)
	):
		doc.status = "Interested"
		frappe.db.set_value("Lead", doc.name, "status", doc.status, update_modified=False)


def on_change(doc: Document, method: str | None = None) -> None:
	"""ERPNext changes statuses past `validate`; a document that has ended that way has no plan any more."""
	_stay_in_pool(doc)
	if doc.sf_next_touch_on and not follow_ups.is_open(doc.doctype, doc):
		doc.sf_next_touch_on = follow_ups.plan(doc.doctype, doc.name)


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""The keys of open touches follow the name; after a merge one touch of each policy stays open."""
	rename_keys(doc.doctype, new)
	if merge:
		_merge_touches(doc.doctype, old, new)
	follow_ups.plan(doc.doctype, new)


def rename_keys(doctype: str, new: str) -> None:
	"""Gives the open touches of a document the keys of its new name; what is planned twice then is cancelled."""
	for touch in follow_ups.open_touches(doctype, new):
		key = (
			greetings.open_key(new, touch.festival)
			if touch.festival
			else follow_ups.open_key(doctype, new, touch.policy)
		)
		own = frappe.db.get_value("Follow Up", touch.name, "open_key")
		if not own or own == key:
			continue
		if frappe.db.exists("Follow Up", {"open_key": key}):
			follow_ups.cancel([touch.name], "One touch at a time.")
		else:
			frappe.db.set_value("Follow Up", touch.name, "open_key", key, update_modified=False)


def _merge_touches(doctype: str, old: str, new: str) -> None:
	"""The touches of both are one history now: who was reached as one of them has been reached (L7)."""
	fields = ["sf_last_touch_on", "sf_first_touch_due", "sf_first_touched_on"]
	if doctype != "Lead":
		fields = fields[:1]
	both = [
		row
		for row in (frappe.db.get_value(doctype, name, fields, as_dict=True) for name in (old, new))
		if row
	]
	reached = touches.reached_on(doctype, new)
	values: dict[str, object] = {
		"sf_last_touch_on": max((row.sf_last_touch_on for row in both if row.sf_last_touch_on), default=None),
		"sf_touches": len({when.date() for when in reached}),
		"sf_week_touches": touches.touches_in_last_week(reached),
	}
	if doctype == "Lead":
		first = min((row.sf_first_touched_on for row in both if row.sf_first_touched_on), default=None)
		due = both[-1].sf_first_touch_due
		values["sf_first_touched_on"] = first
		values["sf_first_touch_status"] = leads.first_touch_status(due, first, now_datetime())
	frappe.db.set_value(doctype, new, values, update_modified=False)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""The follow-ups of a deleted document go with it."""
	frappe.db.delete("Follow Up", {"reference_doctype": doc.doctype, "reference_name": doc.name})
