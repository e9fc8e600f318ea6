"""The call for a survey that a link has not brought back, or that no mail can go out for (A3)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.salesflow_std import care_plans, customer_tasks, follow_ups

GOAL = "Call for the satisfaction survey"
_ANSWERED = "The customer has answered."


def plan(survey: Document, due: datetime) -> str:
	"""The account manager's task to call the customer, made if there is none; the survey is locked."""
	if survey.call_task:
		return survey.call_task
	user = survey.allocated_to or survey.owner
	name = customer_tasks.plan(survey.customer, user, GOAL, due, survey.company)
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(survey.doctype, survey.name, "call_task", name, update_modified=False)
	survey.call_task = name
	return name


def made(survey: Document, said_by: str, when: object) -> None:
	"""The customer was reached: the call is done."""
	if survey.call_task:
		follow_ups.close(
			survey.call_task,
			{
				"outcome": "Reached",
				"done_on": min(get_datetime(when), now_datetime()),
				"done_by": frappe.session.user,
				"note": said_by,
			},
		)
		care_plans.show_next(survey.customer)


def needless(survey: Document, reason: str = _ANSWERED) -> None:
	"""Nobody has to call any more."""
	if survey.call_task:
		follow_ups.cancel([survey.call_task], reason)
		care_plans.show_next(survey.customer)


def moved(task: str, to: str) -> None:
	"""Nobody was there: the survey waits for the call that is planned instead."""
	for name in frappe.get_all(
		"Satisfaction Survey", filters={"call_task": task}, pluck="name", order_by="name"
	):
		frappe.db.set_value("Satisfaction Survey", name, "call_task", to, update_modified=False)
