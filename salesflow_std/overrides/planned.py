"""What every document with planned touches has in common: its plan follows it, whatever path it changes by."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import follow_ups
from salesflow_std.salesflow_std.follow_ups import SUBJECTS

# A plan depends on these, besides the grade and what the app itself writes.
_RELIED_ON = (
	"status",
	"company",
	"sales_stage",
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
	before = doc.get_doc_before_save()
	fields = (SUBJECTS[doc.doctype].owner_field, *_RELIED_ON)
	if before is None:
		changed = bool(doc.sf_grade)
	else:
		changed = any((before.get(field) or None) != (doc.get(field) or None) for field in fields)
	if changed:
		doc.sf_next_touch_on = follow_ups.plan(doc.doctype, doc.name)


def on_change(doc: Document, method: str | None = None) -> None:
	"""ERPNext changes statuses past `validate`; a document that has ended that way has no plan any more."""
	if doc.sf_next_touch_on and not follow_ups.is_open(doc.doctype, doc):
		doc.sf_next_touch_on = follow_ups.plan(doc.doctype, doc.name)


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""The keys of open touches follow the name; after a merge one touch of each policy stays open."""
	for touch in follow_ups.open_touches(doc.doctype, new):
		key = follow_ups.open_key(doc.doctype, new, touch.policy)
		own = frappe.db.get_value("Follow Up", touch.name, "open_key")
		if not own or own == key:
			continue
		if frappe.db.exists("Follow Up", {"open_key": key}):
			follow_ups.cancel([touch.name], "One touch at a time.")
		else:
			frappe.db.set_value("Follow Up", touch.name, "open_key", key, update_modified=False)
	follow_ups.plan(doc.doctype, new)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""The follow-ups of a deleted document go with it."""
	frappe.db.delete("Follow Up", {"reference_doctype": doc.doctype, "reference_name": doc.name})
