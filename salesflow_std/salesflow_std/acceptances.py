"""The acceptance of a delivery by the customer (A2): begun from its project, and what follows when it is submitted.

Submitting a report that accepts starts the survey (A3), tells finance, makes open points ToDos, and marks project and
handover. Each of these is done once.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, getdate, now_datetime, nowdate

from salesflow_std.engine import acceptance as rules
from salesflow_std.engine import delivery
from salesflow_std.salesflow_std import (
	acceptance_mail,
	acceptance_points,
	acceptance_scope,
	acceptance_sources,
	delivery_documents,
	delivery_people,
	delivery_syncs,
	profiles,
	refusals,
	reps,
	surveys,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.sparing import sparing

DOCTYPE = "Acceptance Report"

# Whom the result is written on: field of the report -> doctype, field.
_MARKED = {"handover": ("Delivery Handover", "accepted_on"), "project": ("Project", "sf_accepted_on")}


# Begun -----------------------------------------------------------------------------------------------------------


def make(
	project: str | None = None,
	handover: str | None = None,
	contract: str | None = None,
	sales_order: str | None = None,
) -> Document:
	"""A report as it begins, not saved: with all that belongs to what it is of, and the scope that was agreed (A2)."""
	report = frappe.new_doc(DOCTYPE)
	report.update(
		{"project": project, "handover": handover, "contract": contract, "sales_order": sales_order}
	)
	begin(report)
	return report


def begin(report: Document) -> None:
	"""Fills a new report from what it is of; what somebody has written stays."""
	acceptance_sources.fill(report)
	if report.customer:
		report.title = profiles.company_name("Customer", report.customer)
	report.accepted_on = report.accepted_on or nowdate()
	report.company = report.company or frappe.db.get_single_value("Global Defaults", "default_company")
	known = report.customer and frappe.db.get_value("Customer", report.customer, "account_manager")
	people = (report.allocated_to, known, frappe.session.user)
	report.allocated_to = next(filter(_may_look_after, people), None)
	if not report.contact and not report.customer_signatory:
		_put_contact(report)
	if not report.items:
		acceptance_scope.put(report)


def _may_look_after(user: str | None) -> bool:
	return bool(user) and user != "Guest" and reps.is_enabled(user)


def _put_contact(report: Document) -> None:
	"""The customer's first contact of the handover is who signs, unless somebody says otherwise."""
	found = report.handover and frappe.get_all(
		"Handover Contact",
		filters={"parent": report.handover, "parenttype": "Delivery Handover", "side": delivery.CUSTOMER},
		fields=["contact", "person"],
		order_by="idx",
		limit=1,
	)
	if found:
		report.update({"contact": found[0].contact, "customer_signatory": found[0].person})


def draft_of(source: dict[str, str]) -> str | None:
	"""The draft that somebody has begun already of a project, handover, contract or order."""
	found = frappe.get_list(
		DOCTYPE, filters={**source, "docstatus": 0}, pluck="name", order_by="creation desc", limit=1
	)
	return found[0] if found else None


# Submitted -------------------------------------------------------------------------------------------------------


def submitted(report: Document) -> None:
	"""After a report is submitted: what follows of its result (A2)."""
	acceptance_points.POINTS.sync(report)
	people = [_account_manager(report), _delivery_lead(report)]
	if rules.is_accepted(report.result):
		accepted(report)
	else:
		people += reps.escalate_to(_account_manager(report))
	acceptance_mail.submitted(report, people)
	_tell_timeline(report)


def accepted(report: Document) -> None:
	"""The customer has accepted: survey, finance, project and handover. Done twice it does nothing the second time.

	What both sides have signed is accepted: a survey that cannot be made is logged, and the clock makes it.
	"""
	mark(report)
	with sparing("The weeks of an accepted delivery could not be ended", DOCTYPE, report.name):
		_end_syncs(report)
	_tell_finance(report)
	with sparing("A satisfaction survey could not be made", DOCTYPE, report.name):
		surveys.begin(report)


def _end_syncs(report: Document) -> None:
	"""Once all is accepted and no point is open nobody asks any more each week how the delivery stands (A1)."""
	over = report.project and frappe.db.get_value("Project", report.project, "sf_accepted_on")
	if over and all(point.settled_on for point in report.points):
		delivery_syncs.accepted(report.project)


def _account_manager(report: Document) -> str:
	return report.allocated_to or report.owner


def _delivery_lead(report: Document) -> str | None:
	return report.project and frappe.db.get_value("Project", report.project, "sf_delivery_lead")


def _tell_finance(report: Document) -> None:
	if report.finance_told_on or not settings().finance_when_accepted:
		return
	people = finance_of(report)
	for user in people:
		delivery_documents.share_one(DOCTYPE, report.name, user)
	if acceptance_mail.for_finance(report, people):
		report.db_set("finance_told_on", now_datetime(), update_modified=False)


def finance_of(report: Document) -> list[str]:
	"""Who bills it: who has taken the deal over for finance, else those of the settings; stand-ins for who is away."""
	users = []
	if report.handover:
		users = frappe.get_all(
			"Handover Receiver",
			filters={
				"parent": report.handover,
				"parenttype": "Delivery Handover",
				"receiving_function": delivery.FINANCE,
			},
			pluck="user",
			order_by="idx",
		)
	if not any(map(reps.is_enabled, users)):
		users = [one.user for one in delivery_people.team(report.company) if one.function == delivery.FINANCE]
	today = getdate(nowdate())
	return list(dict.fromkeys(reps.on_duty(user, today) for user in users))


def _tell_timeline(report: Document) -> None:
	"""The customer's timeline shows how it went."""
	link = refusals.link(DOCTYPE, report.name)
	text = _("submitted the acceptance {0}: {1}").format(link, escape_html(acceptance_mail.result_of(report)))
	frappe.get_doc("Customer", report.customer).add_comment("Info", text)


# Cancelled -------------------------------------------------------------------------------------------------------


def cancelled(report: Document) -> None:
	"""After a report is cancelled: what came of it is taken back, and who was told of it is told."""
	acceptance_points.POINTS.sync(report)
	if not rules.is_accepted(report.result):
		return
	mark(report)
	surveys.report_cancelled(report)
	finance = finance_of(report) if report.finance_told_on else []
	acceptance_mail.cancelled(report, [*finance, _account_manager(report)])


def mark(report: Document) -> None:
	"""The handover says when the customer has accepted last, the project since when nothing is left to be accepted."""
	for field, (doctype, mark_field) in _MARKED.items():
		name = report.get(field)
		if not name:
			continue
		about = {field: name, "docstatus": 1, "result": ("in", rules.RESULTS_ACCEPTED)}
		last = frappe.db.get_value(DOCTYPE, about, "accepted_on", order_by="accepted_on desc")
		if last and field == "project" and acceptance_scope.open_scope(report):
			last = None
		# Both keep their state whatever an open form sends.
		frappe.db.set_value(doctype, name, mark_field, last, update_modified=False)
