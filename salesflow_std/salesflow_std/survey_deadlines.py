"""What time does to a survey (A3). Each step takes its name and the present, locks, marks and tells; twice changes
nothing. It returns the users or addresses it has told.

To send: by itself when the time is near, a call where no mail can go out, the manager when it is late. Sent: reminders,
then a call, and No Answer once the link has expired. Who answers does not wait for the clock: `is_due` looks at a row, and
only what is due is locked.
"""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import cint, flt, get_datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import (
	needs_mail,
	reminding,
	reps,
	survey_calls,
	survey_mail,
	survey_people,
	surveys,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

# How long one waits where the settings say nothing, and until when a call is to be made.
_EVERY = 2.0
_CALL = (1, "Working Days")

# What `is_due` looks at.
READ = (
	*("name", "status", "company", "customer", "contact", "email_id", "survey_template", "correction_of"),
	*("due_on", "sent_on", "reminded_on", "link_expires_on", "escalated_on", "call_task"),
)


def is_due(row: Document | frappe._dict, now: datetime) -> bool:
	"""Whether time does anything to a survey now."""
	asks = _OF_STATUS.get(row.status, ())
	return any(is_time(row, now) for is_time in asks)


def _to_be_sent(survey: Document | frappe._dict, now: datetime) -> bool:
	# A correction is asked by whoever has found out what was wrong.
	return not survey.correction_of and _is_time(survey, now) and _can_mail(survey)


def _to_be_called(survey: Document | frappe._dict, now: datetime) -> bool:
	return not survey.call_task and _is_time(survey, now) and not _can_mail(survey)


def _is_late(survey: Document | frappe._dict, now: datetime) -> bool:
	return not survey.escalated_on and get_datetime(survey.due_on) <= now


def _to_be_reminded(survey: Document | frappe._dict, now: datetime) -> bool:
	return not survey.call_task and _has_waited(survey, now)


def _has_expired(survey: Document | frappe._dict, now: datetime) -> bool:
	return bool(survey.link_expires_on) and get_datetime(survey.link_expires_on) <= now


_OF_STATUS = {
	surveys.TO_SEND: (_to_be_sent, _to_be_called, _is_late),
	surveys.SENT: (_to_be_reminded, _has_expired),
}


# ------------------------------------------------------------------------------------------------------------------


def _open(name: str, status: str) -> Document | None:
	survey = surveys.locked(name)
	return survey if survey.status == status else None


def _mark(survey: Document, **values: object) -> None:
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(survey.doctype, survey.name, values, update_modified=False)
	survey.update(values)


def _is_time(survey: Document | frappe._dict, now: datetime) -> bool:
	"""Whether a survey is due soon or has been due."""
	due = get_datetime(survey.due_on)
	return due <= now or reminding.is_near(due, flt(settings().closing_remind_hours), survey.company, now)


def _can_mail(survey: Document | frappe._dict) -> bool:
	return needs_mail.can_send() and not surveys.hindrances(survey)


def send(name: str, now: datetime) -> list[str]:
	"""Sends a survey that nobody has sent, shortly before it is due."""
	survey = _open(name, surveys.TO_SEND)
	if not survey or not _to_be_sent(survey, now):
		return []
	surveys.mail_link(survey)
	return [survey.email_id]


def call(name: str, now: datetime) -> list[str]:
	"""The account manager's task to call where no mail can go out."""
	survey = _open(name, surveys.TO_SEND)
	if not survey or not _to_be_called(survey, now):
		return []
	due = get_datetime(survey.due_on)
	return _plan_call(survey, due if due > now else _later(survey, now, *_CALL))


def _plan_call(survey: Document, due: datetime) -> list[str]:
	survey_calls.plan(survey, due)
	user = survey_people.on_duty(survey)
	survey_mail.to_call(survey, user, due)
	return [user]


def _later(survey: Document | frappe._dict, when: object, amount: float, unit: str) -> datetime:
	return worktime.add(get_datetime(when), amount, unit, working_calendar(survey.company))


def escalate(name: str, now: datetime) -> list[str]:
	"""Tells the manager of a customer who was not asked in time."""
	survey = _open(name, surveys.TO_SEND)
	if not survey or not _is_late(survey, now):
		return []
	managers = reps.escalate_to(survey.allocated_to or survey.owner)
	_mark(survey, escalated_on=now, escalated_to=managers[0])
	survey_mail.overdue(survey, managers)
	return managers


def remind(name: str, now: datetime) -> list[str]:
	"""Reminds the customer who has not answered; after the last reminder somebody calls."""
	survey = _open(name, surveys.SENT)
	if not survey or not _to_be_reminded(survey, now):
		return []
	if cint(survey.reminders) < cint(settings().survey_reminders) and _can_mail(survey):
		surveys.mail_link(survey, reminder=True)
		return [survey.email_id]
	return _plan_call(survey, _later(survey, now, *_CALL))


def _has_waited(survey: Document | frappe._dict, now: datetime) -> bool:
	every = flt(settings().survey_remind_every) or _EVERY
	return _later(survey, survey.reminded_on or survey.sent_on, every, "Working Days") <= now


def give_up(name: str, now: datetime) -> list[str]:
	"""Sent -> No Answer, once its link has expired."""
	survey = _open(name, surveys.SENT)
	if not survey or not _has_expired(survey, now):
		return []
	_mark(survey, status=surveys.NO_ANSWER)
	user = survey_people.on_duty(survey)
	survey_mail.unanswered(survey, user)
	return [user]
