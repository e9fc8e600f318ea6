"""Confirming all of a customer's facts in one go, in the desk (P5)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.salesflow_std import fact_sheet, fact_writing, profiles


@frappe.whitelist(methods=["GET", "POST"])
def facts(doctype: str, name: str) -> dict:
	"""The sheet of a company's facts.

	Returns ``{"doctype", "name", "title", "profile", "may_write", "state", "channels", "groups": [{"key", "label",
	"facts": [{"key", "label", "of", "value", "shown", "fieldtype", "options", "editable", "required", "route"}]}]}``.
	"""
	sheet = fact_sheet.read(doctype, name)
	fields = ("review_due", "reviewed_on", "reviewed_by", "confirm_due", "confirmed_on", "confirmed_with")
	return {
		"doctype": sheet.head.doctype,
		"name": sheet.head.name,
		"title": profiles.company_name(sheet.head.doctype, sheet.head.name),
		"profile": sheet.profile and sheet.profile.name,
		"may_write": fact_sheet.may_write(sheet.head),
		"state": {field: sheet.profile.get(field) for field in fields} if sheet.profile else {},
		"channels": [
			{"value": channel, "label": _(channel, context="Follow Up")} for channel in fact_writing.CHANNELS
		],
		"groups": [{**group, "facts": [fact.as_dict() for fact in group["facts"]]} for group in sheet.groups],
	}


@frappe.whitelist(methods=["POST", "PUT"])
def save(doctype: str, name: str, answers: dict | str, confirmed: dict | str | None = None) -> dict:
	"""Writes the answers to all facts and notes the review or the confirmation: all or nothing (P5).

	`answers`, `confirmed` and what is raised: see `fact_writing.save`. Returns ``{"changed", "unknown"}``.
	"""
	answers, confirmed = frappe.parse_json(answers), frappe.parse_json(confirmed) if confirmed else None
	if not isinstance(answers, dict) or not all(isinstance(answer, dict) for answer in answers.values()):
		frappe.throw(_("The answers are no list of facts."), title=_("Confirm Facts"))
	if confirmed is not None and not isinstance(confirmed, dict):
		frappe.throw(_("Say with whom, how and when."), title=_("Confirm Facts"))
	return fact_writing.save(fact_sheet.read(doctype, name), answers, confirmed)


@frappe.whitelist(methods=["GET", "POST"])
def page_of_profile(customer_profile: str) -> dict:
	"""The document by which a profile's facts are confirmed: ``{"doctype", "name"}``."""
	profile = frappe.get_doc("Customer Profile", customer_profile)
	profile.check_permission("read")
	for doctype, name in profiles.members(customer_profile):
		if frappe.has_permission(doctype, "read", doc=name):
			return {"doctype": doctype, "name": name}
	raise frappe.PermissionError


@frappe.whitelist()
@frappe.validate_and_sanitize_search_inputs
def people(
	doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict | str | None = None
) -> list:
	"""The contacts of a company who are still there, for a link field."""
	filters = frappe.parse_json(filters) or {}
	sheet = fact_sheet.read(filters.get("doctype"), filters.get("name"))
	found = [
		(contact.name, contact.full_name, contact.designation or "")
		for contact in fact_sheet.contacts_of(profiles.family(sheet.head.doctype, sheet.head.name))
		if not contact.sf_left_on and txt.casefold() in f"{contact.name} {contact.full_name}".casefold()
	]
	return found[start : start + page_len]
