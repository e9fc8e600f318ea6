"""The call for a survey that a link has not brought back, or that no mail can go out for (A3)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import follow_ups, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

GOAL = "Call for the satisfaction survey"
_ANSWERED = "The customer has answered."
# How long after it was due a call is missed, which is escalated (F5).
_LATE = (1, "Working Days")


def plan(survey: Document, due: datetime) -> str:
	"""The account manager's task to call the customer, made if there is none; the survey is locked."""
	if survey.call_task:
		return survey.call_task
	user = survey.allocated_to or survey.owner
	doer = reps.on_duty(user, due.date())
	name = follow_ups.Planning().new_name()
	follow_ups.insert_rows(
		[
			{
				"name": name,
				"docstatus": 0,
				"idx": 0,
				"title": survey.title,
				"reference_doctype": "Customer",
				"reference_name": survey.customer,
				"allocated_to": doer,
				"stands_in_for": user if doer != user else None,
				"status": follow_ups.PLANNED,
				"kind": "Task",
				"due_on": due,
				"late_on": worktime.add(due, *_LATE, working_calendar(survey.company)),
				"channel": "Phone",
				"goal": GOAL,
			}
		]
	)
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


def needless(survey: Document, reason: str = _ANSWERED) -> None:
	"""Nobody has to call any more."""
	if survey.call_task:
		follow_ups.cancel([survey.call_task], reason)
