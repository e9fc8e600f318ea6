"""What time does to a handover (C5). Each step takes its name and the present, locks, marks and tells; twice changes
nothing. It returns the users it has told."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import flt, get_datetime

from salesflow_std.engine import delivery as rules
from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import delivery_handovers, delivery_mail, delivery_people, reminding, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

# Who is asked answers within a working day.
_ANSWER = (1, "Working Days")


def _open(name: str, status: str) -> Document | None:
	handover = delivery_handovers.locked(name)
	return handover if handover.status == status else None


def _mark(handover: Document, **values: object) -> None:
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(handover.doctype, handover.name, values, update_modified=False)


def remind(name: str, now: datetime) -> list[str]:
	"""Reminds the responsible, or who stands in, of a handover that is due soon; not when it is late."""
	handover = _open(name, rules.DRAFT)
	if not handover or handover.reminded_on or not handover.due_on:
		return []
	hours = flt(settings().closing_remind_hours)
	if not reminding.is_near(get_datetime(handover.due_on), hours, handover.company, now):
		return []
	user = reps.on_duty(delivery_people.responsible(handover), now.date())
	_mark(handover, reminded_on=now)
	delivery_mail.due_soon(handover, user)
	return [user]


def escalate(name: str, now: datetime) -> list[str]:
	"""Tells the manager of a deal that was not handed over in time."""
	handover = _open(name, rules.DRAFT)
	if not handover or handover.escalated_on or not handover.due_on or get_datetime(handover.due_on) > now:
		return []
	managers = reps.escalate_to(delivery_people.responsible(handover))
	_mark(handover, escalated_on=now, escalated_to=managers[0])
	delivery_mail.overdue(handover, managers)
	return managers


def remind_receivers(name: str, now: datetime) -> list[str]:
	"""Reminds who was asked more than a working day ago and has not acknowledged, or who stands in for them."""
	handover = _open(name, rules.HANDED_OVER)
	if not handover:
		return []
	calendar, late = working_calendar(handover.company), []
	for row in handover.receivers:
		if row.acknowledged_on or row.reminded_on or not row.asked_on:
			continue
		if worktime.add(get_datetime(row.asked_on), *_ANSWER, calendar) <= now:
			frappe.db.set_value(row.doctype, row.name, "reminded_on", now, update_modified=False)
			late.append(reps.on_duty(row.user, now.date()))
	if late:
		delivery_mail.reminded(handover, set(late))
	return list(dict.fromkeys(late))
