"""Referrals of customers, for the desk and over REST (A5)."""

from __future__ import annotations

import frappe

from salesflow_std.salesflow_std import referrals


@frappe.whitelist(methods=["POST"])
def make_lead(
	customer: str,
	company_name: str | None = None,
	person: str | None = None,
	email_id: str | None = None,
	phone: str | None = None,
	note: str | None = None,
	referrer: str | None = None,
	survey: str | None = None,
) -> dict:
	"""The lead of a referral, with source and referrer: ``{"name", "made"}``. Made twice it is the same one.

	Raises PermissionError without the right to read the customer and the survey and to make leads, ValidationError where
	nobody is named or the survey is another customer's.
	"""
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	if survey:
		frappe.has_permission(referrals.SURVEY, "read", doc=survey, throw=True)
	frappe.has_permission("Lead", "create", throw=True)
	given = {
		"company_name": company_name,
		"person": person,
		"email_id": email_id,
		"phone": phone,
		"note": note,
		"referrer": referrer,
	}
	return referrals.make_lead(customer, given, survey or None)


@frappe.whitelist(methods=["GET", "POST"])
def of(customer: str | None = None, survey: str | None = None) -> list[dict]:
	"""The leads that a customer has referred, or that were referred in a survey; see `referrals.of`.

	Raises PermissionError without the right to read the customer or the survey.
	"""
	if survey:
		frappe.has_permission(referrals.SURVEY, "read", doc=survey, throw=True)
		return referrals.of(survey=survey)
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	return referrals.of(customer=customer)
