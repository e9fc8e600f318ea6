"""Lead: capture and late entry (L2), validity and duplicates (L3), first touch (L7)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import leads
from salesflow_std.overrides import graded
from salesflow_std.salesflow_std import grading
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model

# Clocks of computers differ a little; a capture this far ahead is not yet a mistake.
_CLOCK_TOLERANCE = timedelta(minutes=5)


def validate(doc: Document, method: str | None = None) -> None:
	"""Carries out L2, L3 and L7 on a saved lead. Reads nothing while none of their facts has changed."""
	graded.validate(doc)
	before = doc.get_doc_before_save()
	if before is None or _differs(doc, before, "sf_captured_on"):
		_check_capture(doc)
	if before is None or any(
		_differs(doc, before, field) for field in ("phone", "mobile_no", "company_name", "email_id")
	):
		_compare(doc, before)
	if before is None or _differs(doc, before, "sf_invalid_reason"):
		_check_invalid(doc)
	if (
		before
		and doc.sf_grade
		and (
			any(_differs(doc, before, field) for field in ("sf_captured_on", "sf_invalid_reason", "company"))
			or _reopened(doc, before)
		)
	):
		band = engine_model(doc.sf_scoring_model).band(doc.sf_grade)
		graded_on = get_datetime(doc.sf_graded_on) if doc.sf_graded_on else None
		doc.update(
			grading.clocks("Lead", band, graded_on, doc.as_dict(no_default_fields=True), now_datetime())
		)


def _reopened(doc: Document, before: Document) -> bool:
	"""Whether an ended lead is worked on again; the clock has taken its dates away (`jobs.grade_clock`)."""
	return doc.status in grading.OPEN_LEAD_STATUSES and before.status not in grading.OPEN_LEAD_STATUSES


def _differs(doc: Document, before: Document, field: str) -> bool:
	new, old = doc.get(field), before.get(field)
	if field == "sf_captured_on":
		new, old = (get_datetime(value) if value else None for value in (new, old))
	return (new or None) != (old or None)


def _check_capture(doc: Document) -> None:
	"""L2: the capture defaults to now, is never in the future; late entry is flagged, never refused."""
	now = now_datetime()
	entered = get_datetime(doc.creation) if doc.creation and not doc.is_new() else now
	if not doc.sf_captured_on:
		doc.sf_captured_on = entered
	captured = get_datetime(doc.sf_captured_on)
	if captured > now + _CLOCK_TOLERANCE:
		frappe.throw(
			_("The lead is said to be captured on {0}, which is still to come.").format(
				frappe.format(captured, {"fieldtype": "Datetime"})
			),
			title=_("Captured On"),
		)
	if not doc.is_new() and captured > entered + _CLOCK_TOLERANCE:
		frappe.throw(
			_("The lead was entered on {0}; it cannot have been captured after that.").format(
				frappe.format(entered, {"fieldtype": "Datetime"})
			),
			title=_("Captured On"),
		)
	within = settings().late_entry_hours
	doc.sf_late_entry = int(bool(within) and leads.is_late_entry(captured, entered, timedelta(hours=within)))


def _compare(doc: Document, before: Document | None) -> None:
	"""L3: keeps what duplicates are found by, and points at the leads that look the same."""
	doc.sf_phone_key = leads.phone_key(doc.phone)
	doc.sf_mobile_key = leads.phone_key(doc.mobile_no)
	doc.sf_company_key = leads.company_key(doc.company_name)[:140]
	if frappe.flags.in_migrate or frappe.flags.in_patch or not settings().warn_of_duplicates:
		return
	if doc.sf_invalid_reason:
		return
	made_up = [n for n in (doc.phone, doc.mobile_no) if leads.is_test_number(n)]
	if made_up:
		frappe.msgprint(
			_("{0} looks made up. If it is, say so under {1}; the lead then leaves every queue.").format(
				frappe.utils.escape_html(made_up[0]), frappe.bold(_("Invalid Because", context="Lead"))
			),
			title=_("Test Number"),
			indicator="orange",
		)
	found = find_duplicates(doc, changed_since=before)
	if found:
		frappe.msgprint(
			"<br>".join(describe(row) for row in found),
			title=_("This Lead Looks Like a Duplicate"),
			indicator="orange",
		)


def find_duplicates(doc: Document, changed_since: Document | None = None, limit: int = 5) -> list[dict]:
	"""Leads with the same e-mail, phone or company: `[{"name", "title", "owner", "readable", "same"}]`.

	With `changed_since`, only by what has changed since then. What the user may not read is there without
	its title: they should know of it and ask, not look into it.
	"""
	keys = _keys(doc)
	if changed_since is not None:
		old = _keys(changed_since)
		keys = {kind: values - old.get(kind, set()) for kind, values in keys.items()}
	lead = frappe.qb.DocType("Lead")
	found: dict[str, dict] = {}
	for kind, fields in (
		("E-mail", ("email_id",)),
		("Phone", ("sf_phone_key", "sf_mobile_key")),
		("Company", ("sf_company_key",)),
	):
		for field in fields:
			if not keys[kind]:
				continue
			rows = (
				frappe.qb.from_(lead)
				.select(lead.name, lead.title, lead.lead_owner)
				.where(lead[field].isin(sorted(keys[kind])))
				.where(lead.name != (doc.name or ""))
				.where(lead.sf_invalid_reason.isnull() | (lead.sf_invalid_reason == ""))
				.orderby(lead.creation)
				.limit(limit)
				.run(as_dict=True)
			)
			for row in rows:
				entry = found.setdefault(row.name, {**row, "same": []})
				if kind not in entry["same"]:
					entry["same"].append(kind)
	rows = sorted(found.values(), key=lambda row: -len(row["same"]))[:limit]
	for row in rows:
		row["readable"] = bool(frappe.has_permission("Lead", "read", doc=row["name"]))
		if not row["readable"]:
			row["title"] = None
	return rows


def _keys(doc: Document) -> dict[str, set[str]]:
	return {
		"E-mail": {doc.email_id} if leads.email_key(doc.email_id) else set(),
		"Phone": {key for key in (leads.phone_key(doc.phone), leads.phone_key(doc.mobile_no)) if key},
		"Company": {leads.company_key(doc.company_name)[:140]} - {""},
	}


def describe(row: dict) -> str:
	"""A found duplicate as a sentence with a link."""
	same = ", ".join(_(kind) for kind in row["same"])
	if row["readable"]:
		title = frappe.utils.escape_html(row["title"] or row["name"])
		link = get_link_to_form("Lead", row["name"], f"{title} ({row['name']})")
		return _("{0} has the same: {1}").format(link, same)
	owner = frappe.utils.get_fullname(row["lead_owner"]) if row["lead_owner"] else _("nobody")
	return _("Lead {0} has the same: {1}. You may not open it; it belongs to {2}.").format(
		row["name"], same, frappe.utils.escape_html(owner)
	)


def _check_invalid(doc: Document) -> None:
	"""L3: a duplicate names the lead it repeats, and not itself."""
	if doc.sf_invalid_reason != "Duplicate":
		doc.sf_duplicate_of = None
	elif doc.sf_duplicate_of and doc.sf_duplicate_of == doc.name:
		frappe.throw(_("A lead cannot be a duplicate of itself."), title=_("Duplicate Of"))
