"""Lead, Prospect and Customer: documents of one company share one Customer Profile (P1, P2, P4)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import fit, profiles, reaching
from salesflow_std.setup.custom_fields import EMPLOYEES

# By these ERPNext says that two documents are of one company.
_JOINED_BY = {"Lead": ("customer",), "Customer": ("lead_name", "prospect_name", "opportunity_name")}

# What a document calls its company.
_NAMED_BY = ("customer_name", "company_name", "lead_name")


def on_update(doc: Document, method: str | None = None) -> None:
	"""Joins the profiles of documents that have come to belong together, whatever path they came by."""
	before = doc.get_doc_before_save()
	if before and doc.sf_profile and any(before.get(field) != doc.get(field) for field in _NAMED_BY):
		profiles.name_anew(doc.sf_profile)
	if doc.doctype == "Prospect":
		_prospect_leads(doc, before)
		return
	new = [
		field
		for field in _JOINED_BY[doc.doctype]
		if doc.get(field) and (before is None or before.get(field) != doc.get(field))
	]
	for field in new:
		_check_readable(doc, doc.meta.get_field(field).options, doc.get(field))
	if new:
		_join(doc)
	elif doc.doctype == "Lead" and doc.sf_profile and before and before.status != doc.status:
		reaching.follow(doc.sf_profile)  # who works on the lead again has that task again


def _check_readable(doc: Document, doctype: str, name: str) -> None:
	"""What is known of a document shows at all of its company: nobody gets at it by pointing there."""
	if doc.flags.ignore_permissions or frappe.has_permission(doctype, "read", doc=name):
		return
	frappe.throw(
		_("You may not read {0} {1}, so you cannot make it one company with {2}.").format(
			_(doctype), frappe.bold(frappe.utils.escape_html(name)), frappe.bold(_(doc.doctype))
		),
		frappe.PermissionError,
		title=_("Not Permitted"),
	)


def _prospect_leads(doc: Document, before: Document | None) -> None:
	now = {row.lead for row in doc.leads}
	old = {row.lead for row in before.leads} if before else set()
	for lead in sorted(old - now):
		if doc.sf_profile and frappe.db.get_value("Lead", lead, "sf_profile") == doc.sf_profile:
			profiles.detach("Lead", lead)
			reaching.let_go("Lead", lead)
			# It may be of the company by another way: as the lead of its customer.
			reaching.follow(profiles.join("Lead", lead))
			fit.refresh([("Lead", lead)])
	if old - now:
		reaching.follow(doc.sf_profile)
	for lead in sorted(now - old):
		_check_readable(doc, "Lead", lead)
	if now - old:
		_join(doc)


def _join(doc: Document) -> None:
	profile = profiles.join(doc.doctype, doc.name)
	if profile:
		fit.refresh_profile(profile)
		# What the caller holds is what the database holds.
		fields = ["sf_profile", "sf_tags", *fit.STATE]
		doc.update(frappe.db.get_value(doc.doctype, doc.name, fields, as_dict=True))
		profiles.name_anew(profile)
		reaching.follow(profile)


def before_insert(doc: Document, method: str | None = None) -> None:
	"""A new customer takes over the size that ERPNext knows of its lead or prospect (P1).

	ERPNext's button on a prospect makes a customer of the same name and does not say of which prospect.
	"""
	if not any(doc.get(field) for field in _JOINED_BY["Customer"]) and _may_see_prospect(doc.customer_name):
		doc.prospect_name = doc.customer_name
	for doctype, name in (("Prospect", doc.get("prospect_name")), ("Lead", doc.get("lead_name"))):
		if not name or (doc.sf_no_of_employees and doc.sf_annual_revenue):
			continue
		size = frappe.db.get_value(doctype, name, ["no_of_employees", "annual_revenue"], as_dict=True)
		if not size:
			continue
		if not doc.sf_no_of_employees and size.no_of_employees in EMPLOYEES:
			doc.sf_no_of_employees = size.no_of_employees
		doc.sf_annual_revenue = doc.sf_annual_revenue or size.annual_revenue


def _may_see_prospect(name: str | None) -> bool:
	"""Whether there is a prospect of a name, and the user may know what is noted of it."""
	return bool(
		name and frappe.db.exists("Prospect", name) and frappe.has_permission("Prospect", "read", doc=name)
	)


def opportunity_on_update(doc: Document, method: str | None = None) -> None:
	"""An opportunity takes over its lead's task to reach who decides, when it is new or open again (P2)."""
	before = doc.get_doc_before_save()
	if before is None or before.status != doc.status:
		reaching.follow(profiles.profile_of(doc.doctype, doc.name))


def before_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""Before two documents become one, so do their profiles."""
	if not merge:
		return
	of_old, of_new = (frappe.db.get_value(doc.doctype, name, "sf_profile") for name in (old, new))
	if of_old and of_old != of_new:
		# For a moment both are of one company by the profile itself.
		if of_new:
			profiles.merge(of_new, of_old)
		else:
			profiles.attach(of_old, doc.doctype, new)
		fit.refresh_profile(of_new or of_old)


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""Two documents that have become one have one task to reach who decides (P2)."""
	if merge:
		reaching.follow(frappe.db.get_value(doc.doctype, new, "sf_profile"))


def after_delete(doc: Document, method: str | None = None) -> None:
	"""A profile goes with the last of its documents."""
	profiles.after_delete(doc.get("sf_profile"))
