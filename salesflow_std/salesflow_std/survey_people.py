"""Whom a satisfaction survey asks, in whose name, and by which template (A3)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import getdate, nowdate, validate_email_address, validate_phone_number
from frappe.utils.nestedset import get_ancestors_of

from salesflow_std.salesflow_std import account_managers, needs, reps

_TEMPLATE = "Survey Template"


# We --------------------------------------------------------------------------------------------------------------


def account_manager(report: Document) -> str:
	"""Whose customer it is: of the report, the project, the customer; else who wrote the report."""
	project = frappe.db.get_value("Project", report.project, "sf_account_manager") if report.project else None
	named = (report.allocated_to, project, account_managers.of(report.customer), report.owner)
	return account_managers.first_working(*named) or report.owner


def on_duty(survey: Document) -> str:
	"""Who looks after a survey today: its account manager, or who stands in."""
	return reps.on_duty(survey.allocated_to or survey.owner, getdate(nowdate()))


# They ------------------------------------------------------------------------------------------------------------


def asked(report: Document) -> dict[str, str | None]:
	"""Who is asked at the customer: ``{"contact", "person", "email_id", "phone", "language"}``, None where unknown.

	The report's contact or who signed it, else a contact of the handover, else that of the customer.
	"""
	known = needs.contact_of("Customer", report.customer)
	found = _contact(report.contact)
	if not found and report.customer_signatory:
		found = _of_name(report.customer_signatory, report)
	found = found or _of_handover(report.handover) or _contact(known["contact"])
	found = found or {"contact": None, "person": known["contact_name"], "email_id": None, "phone": None}
	if not found["email_id"] and found["contact"] in (None, known["contact"]):
		found["email_id"] = known["email_id"]
	site = frappe.db.get_single_value("System Settings", "language")
	# What Frappe would refuse must not keep an acceptance from being submitted.
	return {
		**found,
		"email_id": validate_email_address(found["email_id"] or "") or None,
		"phone": found["phone"] if validate_phone_number(found["phone"] or "") else None,
		"language": known["language"] or site or "en",
	}


def _contact(name: str | None) -> dict[str, str | None] | None:
	if not name:
		return None
	fields = ["full_name", "email_id", "mobile_no", "phone", "sf_left_on"]
	row = frappe.db.get_value("Contact", name, fields, as_dict=True)
	if not row or row.sf_left_on:  # who has left answers nothing (P5)
		return None
	return {
		"contact": name,
		"person": row.full_name or name,
		"email_id": row.email_id or None,
		"phone": row.mobile_no or row.phone or None,
	}


def _of_name(name: str, report: Document) -> dict[str, str | None] | None:
	"""The contact of the customer whose name stands under the report."""
	contact, link = frappe.qb.DocType("Contact"), frappe.qb.DocType("Dynamic Link")
	rows = (
		frappe.qb.from_(contact)
		.join(link)
		.on((link.parent == contact.name) & (link.parenttype == "Contact"))
		.select(contact.name)
		.where((link.link_doctype == "Customer") & (link.link_name == report.customer))
		.where(contact.full_name == name)
		.orderby(contact.creation)
		.limit(1)
		.run(pluck=True)
	)
	return _contact(rows[0]) if rows else None


def _of_handover(handover: str | None) -> dict[str, str | None] | None:
	rows = frappe.get_all(
		"Handover Contact",
		filters={"parent": handover or "", "parenttype": "Delivery Handover", "side": "Customer"},
		fields=["contact", "person", "email_id", "phone"],
		order_by="idx",
	)
	for row in rows:
		if row.contact and (found := _contact(row.contact)):
			return {
				**found,
				"email_id": row.email_id or found["email_id"],
				"phone": row.phone or found["phone"],
			}
		if not row.contact and row.email_id:
			return dict(row)
	return None


# By what ---------------------------------------------------------------------------------------------------------


def template_for(company: str | None, customer: str | None) -> str | None:
	"""The template that fits a customer of a company closest; None where none is enabled.

	One of the company counts before one of all, then the nearest territory, then the older one.
	"""
	territory = frappe.db.get_value("Customer", customer, "territory") if customer else None
	places = [territory, *get_ancestors_of("Territory", territory)] if territory else []
	best: tuple[int, int] | None = None
	found = None
	for row in frappe.get_all(
		_TEMPLATE,
		filters={"enabled": 1},
		fields=["name", "company", "territory"],
		order_by="creation, name",
	):
		if (row.company and row.company != company) or (row.territory and row.territory not in places):
			continue
		rank = (0 if row.company else 1, places.index(row.territory) if row.territory else len(places))
		if best is None or rank < best:
			best, found = rank, row.name
	return found
