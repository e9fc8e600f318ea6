"""Stand-in for the needs talk: what is missing, a new version, and what confirming does to older ones (N3, N4)."""

from __future__ import annotations

from collections.abc import Mapping

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_to_date, now_datetime

from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

_COPIED = ("contact", "contact_name", "email_id", "contact_role", "language", "talked_on", "allocated_to")


def missing(record: Document) -> list[dict]:
	"""What a summary lacks before it goes to the customer: ``[{"what", "why", "fieldname"}]`` (N3, N4)."""
	found = []
	if not record.talked_on:
		found.append({"what": _("Talked On"), "why": _("The talk has not taken place."), "fieldname": "talked_on"})
	if not record.needs:
		found.append({"what": _("Needs"), "why": _("There is nothing to confirm."), "fieldname": "needs"})
	if not record.email_id:
		found.append({"what": _("E-mail"), "why": _("The summary goes there."), "fieldname": "email_id"})
	return found


def new_version(
	record: Document, corrections: Mapping[str, str] | None = None, by: str | None = None
) -> Document:
	"""The next version of a record, with the customer's corrections in the needs (N4)."""
	corrections = corrections or {}
	doc = frappe.copy_doc(record, ignore_no_copy=False)
	doc.update({field: record.get(field) for field in _COPIED})
	doc.update({"status": "Talked", "version": record.version + 1, "previous_version": record.name})
	doc.summary_due_on = add_to_date(now_datetime(), hours=settings().summary_hours)
	for row, old in zip(doc.needs, record.needs, strict=True):
		row.need = corrections.get(old.need_key) or old.need
	doc.insert(ignore_permissions=True)
	record.db_set("next_version", doc.name)
	return doc


def confirmed(record: Document) -> None:
	"""The confirmed version before this one is superseded (N4)."""
	before = record.previous_version
	while before:
		status, older = frappe.db.get_value("Needs Record", before, ["status", "previous_version"])
		if status == "Confirmed":
			frappe.db.set_value("Needs Record", before, "status", "Superseded")
		before = older
