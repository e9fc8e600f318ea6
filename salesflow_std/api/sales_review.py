"""Weekly sheets and monthly reviews, for the desk and over REST (M6)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.salesflow_std import sales_review_mail, sales_review_teams, sales_reviews, scope


def _may(review: str, ptype: str = "write") -> None:
	frappe.get_doc(sales_reviews.DOCTYPE, review).check_permission(ptype)


@frappe.whitelist(methods=["GET", "POST"])
def teams() -> list[dict]:
	"""The teams of which the user may make a sheet: ``[{"sales_person", "company", "manager"}]``, their own first."""
	frappe.has_permission(sales_reviews.DOCTYPE, "create", throw=True)
	user = frappe.session.user
	found = [
		team
		for team in sales_review_teams.teams()
		if scope.sees_sales_person(team.sales_person) and scope.sees_company(team.company)
	]
	found.sort(key=lambda team: team.manager != user)
	return [
		{"sales_person": team.sales_person, "company": team.company, "manager": team.manager}
		for team in found
	]


@frappe.whitelist(methods=["POST"])
def new(kind: str, sales_person: str | None = None, company: str | None = None) -> dict:
	"""A team's sheet up to yesterday, or the one that covers that already: ``{"name"}``.

	Raises PermissionError for who may not see the team's numbers, ValidationError where there is no such team.
	"""
	frappe.has_permission(sales_reviews.DOCTYPE, "create", throw=True)
	if kind not in (sales_reviews.WEEKLY, sales_reviews.MONTHLY):
		frappe.throw(_("A sheet is Weekly or Monthly."), title=_("Kind", context="Sales Review"))
	if not scope.sees_sales_person(sales_person or None):
		raise frappe.PermissionError
	team = sales_reviews.team_of(sales_person or None, company)
	if not scope.sees_company(team.company):
		raise frappe.PermissionError
	return {"name": sales_reviews.new(kind, team)}


@frappe.whitelist(methods=["POST", "PUT"])
def begin(review: str) -> dict:
	"""Prepared -> In Meeting: ``{"status"}``. Raises PermissionError."""
	_may(review)
	return {"status": sales_reviews.begin_meeting(review)}


@frappe.whitelist(methods=["POST", "PUT"])
def refresh(review: str) -> None:
	"""Counts the numbers anew; what people wrote stays. Raises PermissionError, also for a sheet that is kept."""
	_may(review)
	sales_reviews.refresh(review)


@frappe.whitelist(methods=["POST", "PUT"])
def carry_over(review: str) -> dict:
	"""Makes next actions of last time's open ones: ``{"carried"}``. Raises PermissionError."""
	_may(review)
	return {"carried": sales_reviews.carry_over(review)}


@frappe.whitelist(methods=["POST", "PUT"])
def keep(review: str) -> dict:
	"""In Meeting -> Kept: ``{"status"}``. Raises PermissionError, ValidationError with all that is missing."""
	_may(review)
	return {"status": sales_reviews.keep(review)}


@frappe.whitelist(methods=["POST", "PUT"])
def reopen(review: str, reason: str | None = None) -> None:
	"""Kept -> In Meeting. Raises PermissionError on a later day but for a System Manager, ValidationError without a
	reason then."""
	_may(review)
	sales_reviews.reopen(review, reason)


@frappe.whitelist(methods=["POST"])
def send(review: str) -> dict:
	"""Sends a kept sheet to its team once more: ``{"sent"}``. Raises PermissionError, ValidationError before it is kept."""
	_may(review)
	doc = frappe.get_doc(sales_reviews.DOCTYPE, review)
	if doc.status != sales_reviews.KEPT:
		frappe.throw(_("The team gets a sheet once it is kept."), title=_("Not Kept Yet"))
	return {"sent": sales_review_mail.to_team(doc)}
