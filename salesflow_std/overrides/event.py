"""Event: an appointment moves the plan, a completed one is a touch (F4)."""

from __future__ import annotations

from datetime import datetime, time

from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import touches
from salesflow_std.salesflow_std.follow_ups import REFERENCES

_SUBJECTS = (*REFERENCES, "Quotation")
_CHANNELS = {"Call": "Phone", "Sent/Received Email": "E-mail"}
_APPOINTMENTS = ("Event", "Meeting", "Call")


def on_update(doc: Document, method: str | None = None) -> None:
	"""Follows an event with a lead, an opportunity or a customer among its participants."""
	before = doc.get_doc_before_save()
	references = _references(doc)
	if before and _told(before) == _told(doc):
		return
	if before and _references(before) != references:
		safely(touches.called_off, doc.name, still=touches.subjects_of(references))
	if not references:
		return
	if doc.status == "Completed":
		outcome = {"Call": "Reached", "Sent/Received Email": "Sent"}.get(doc.event_category, "Meeting Held")
		for doctype, name in touches.subjects_of(references):
			safely(
				touches.record,
				doctype,
				name,
				min(_end(doc), now_datetime()),
				channel(doc),
				("Event", doc.name),
				outcome,
			)
	elif doc.status == "Open":
		if doc.event_category in _APPOINTMENTS and _end(doc) > now_datetime():
			for doctype, name in touches.subjects_of(references):
				safely(touches.booked, doctype, name, doc.name, doc.subject, _end(doc), channel(doc))
	else:
		safely(touches.called_off, doc.name)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""A deleted appointment does not take place."""
	if _references(doc):
		safely(touches.called_off, doc.name)


def channel(doc: Document) -> str:
	"""How an event meets the customer."""
	if doc.event_category in _CHANNELS:
		return _CHANNELS[doc.event_category]
	return "Online Meeting" if doc.add_video_conferencing or doc.google_meet_link else "Visit"


def _end(doc: Document) -> datetime:
	end = get_datetime(doc.ends_on or doc.starts_on)
	return datetime.combine(end.date(), time(23, 59, 59)) if doc.all_day else end


def _references(doc: Document) -> list[tuple[str, str]]:
	"""Documents of the sales process that take part; of any other event nothing is asked."""
	found = [(row.reference_doctype, row.reference_docname) for row in doc.event_participants]
	found += [(row.link_doctype, row.link_name) for row in doc.get("links") or ()]
	found.append((doc.reference_doctype, doc.reference_docname))
	return [(doctype, name) for doctype, name in found if doctype in _SUBJECTS and name]


def _told(doc: Document) -> tuple:
	return (doc.status, _end(doc), doc.event_category, doc.subject, _references(doc))
