"""What really happened with a customer, and what follows for its care (P6, F4).

A touch closes at most one follow-up of the plan: a meeting, the appointment it was; else the one that is due first of
those that go by its channel. No visit is a meeting of the executives by itself: that one is closed by its own
appointment, or by hand. A greeting is closed from its day on. Tasks are closed by hand: which of them a call was about,
nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.salesflow_std import (
	account_managers,
	care_plans,
	care_sets,
	follow_ups,
	reps,
	survey_calls,
)
from salesflow_std.salesflow_std.care_plans import EXECUTIVES
from salesflow_std.salesflow_std.follow_ups import CUSTOMER, DONE, PLANNED, open_touches

_PROMISED_DATE = "Keep the promised date"
# What may be unplanned and still be one conversation.
_TOLERANCE = timedelta(minutes=5)


def record(
	name: str,
	when: datetime,
	channel: str,
	source: tuple[str, str] | None = None,
	outcome: str = "Reached",
	by: str | None = None,
) -> None:
	"""Counts a touch that happened outside the plan; the same `source` counts once for a customer."""
	rows = care_plans.read([name])
	when = min(when, now_datetime()).replace(microsecond=0)
	if not rows or when < get_datetime(_made_on(name)) - _TOLERANCE:
		return
	if source and (_is_counted(name, source) or _asks(source)):
		return
	row = rows[0]
	told = {
		"channel": channel,
		"outcome": outcome,
		"done_on": when,
		"done_by": by or frappe.session.user,
		"touch_doctype": source and source[0],
		"touch_name": source and source[1],
	}
	closed = any(follow_ups.close(touch.name, told) for touch in _meant(name, when, channel, source)[:1])
	last = row.sf_last_touch_on and get_datetime(row.sf_last_touch_on)
	if not closed and (source or not last or last.date() != when.date()):
		_write_down(row, told, source)
	_touched(row, when)
	care_plans.plan(name)


def _made_on(name: str) -> datetime:
	"""When a customer was entered: what lies before belongs to an older story, as that of its lead."""
	return frappe.db.get_value(CUSTOMER, name, "creation")


def _asks(source: tuple[str, str]) -> bool:
	"""Whether a mail brings a questionnaire: it goes out by itself, and nobody has cared for the customer by it."""
	about = {"parent": source[1], "link_doctype": "Satisfaction Survey"}
	return source[0] == "Communication" and bool(frappe.db.exists("Communication Link", about))


def _is_counted(name: str, source: tuple[str, str]) -> bool:
	about = {"reference_doctype": CUSTOMER, "reference_name": name}
	return bool(frappe.db.exists("Follow Up", {**about, "touch_doctype": source[0], "touch_name": source[1]}))


def _meant(name: str, when: datetime, channel: str, source: tuple[str, str] | None) -> list[frappe._dict]:
	"""The open touches of a customer that something which happened could have been, the likeliest first."""
	touches = open_touches(CUSTOMER, name)
	appointed = [touch for touch in touches if source and source == ("Event", touch.event)]
	if appointed:
		return appointed
	return [touch for touch in touches if _fits(touch, when, channel, source)]


def _fits(touch: frappe._dict, when: datetime, channel: str, source: tuple[str, str] | None) -> bool:
	of = care_plans.policy_of(touch.policy)
	due = get_datetime(touch.due_on)
	if touch.kind == "Promise":
		return channel == touch.channel and due.date() <= when.date()
	if touch.kind != "Rhythm" or of is None or of.purpose == EXECUTIVES:
		return False
	own = {step.channel for step in of.policy.steps}
	if touch.festival:
		return due.date() <= when.date() and (channel in own or _is_letter(source))
	if of.only_own_channels and channel not in own:
		return False
	if due.date() <= when.date():
		return True
	# Before its day it counts unless it belongs to the same conversation as the last one.
	last = _last_of(touch)
	return not last or care_plans.planner_of(touch.policy, touch.allocated_to).keeps_gap(last, when)


def _is_letter(source: tuple[str, str] | None) -> bool:
	"""Whether a mail was written from the customer itself: a quotation's or an invoice's is no greeting."""
	return bool(
		source
		and source[0] == "Communication"
		and frappe.db.get_value("Communication", source[1], "reference_doctype") == CUSTOMER
	)


def _last_of(touch: frappe._dict) -> datetime | None:
	"""When the last touch of the same policy took place."""
	return frappe.db.get_value(
		"Follow Up",
		{
			"reference_doctype": CUSTOMER,
			"reference_name": touch.reference_name,
			"policy": touch.policy,
			"status": DONE,
			"outcome": ("not in", care_sets.IN_VAIN),
		},
		"done_on",
		order_by="done_on desc",
	)


def _write_down(row: frappe._dict, told: dict[str, object], source: tuple[str, str] | None) -> None:
	key = f"{CUSTOMER}|{row.name}|{source[0]}|{source[1]}"[:180] if source else None
	follow_ups.insert_rows(
		[
			{
				**told,
				"name": frappe.generate_hash(length=10),
				"docstatus": 0,
				"idx": 0,
				"title": row.customer_name or row.name,
				"reference_doctype": CUSTOMER,
				"reference_name": row.name,
				"allocated_to": _rep_of(row),
				"status": DONE,
				"kind": "Unplanned",
				"due_on": told["done_on"],
				"touch_key": key,
			}
		]
	)


def _rep_of(row: frappe._dict) -> str:
	return account_managers.responsible(row, account_managers.of_sales_teams([row.name]).get(row.name))


def _touched(row: frappe._dict, when: datetime) -> None:
	last = row.sf_last_touch_on and get_datetime(row.sf_last_touch_on)
	if not last or when > last:
		# `modified` stays: an open form has nothing to be in conflict about.
		frappe.db.set_value(CUSTOMER, row.name, "sf_last_touch_on", when, update_modified=False)


# Appointments ----------------------------------------------------------------------------------------------


def booked(name: str, event: str, subject: str, due: datetime, channel: str) -> None:
	"""A meeting or call is agreed: the touch that it is now waits for its day (F4).

	A meeting that is none of the plan stands in the calendar alone.
	"""
	if not care_plans.read([name]):
		return
	touches = open_touches(CUSTOMER, name)
	same = next((touch for touch in touches if touch.event == event), None)
	agreed = next(
		(t for t in touches if t.kind == "Meeting" and not t.event and get_datetime(t.due_on) <= due), None
	)
	touch = same or agreed or _appointed(touches, due, channel)
	if not touch:
		return
	late = care_plans.planner_of(touch.policy, touch.allocated_to).late(due)
	values = {"kind": "Meeting", "goal": subject[:140], "channel": channel, "due_on": due, "late_on": late}
	frappe.db.set_value("Follow Up", touch.name, {**values, "event": event, "retry": 0})
	care_plans.plan(name)


def _appointed(touches: list[frappe._dict], due: datetime, channel: str) -> frappe._dict | None:
	for touch in touches:
		of = care_plans.policy_of(touch.policy)
		own = of and of.purpose != EXECUTIVES and channel in {step.channel for step in of.policy.steps}
		if touch.kind == "Rhythm" and own and not touch.festival:
			return touch
	return None


# The rep's own word ----------------------------------------------------------------------------------------


def finished(touch: Document, reached: Iterable[str]) -> None:
	"""What follows from the outcome of a customer's follow-up that somebody has finished; `reached` are the outcomes
	that have reached somebody.

	A try in vain, and what was agreed, stand in the plan instead of it: by the same policy, or as the same task.
	"""
	rows = care_plans.read([touch.reference_name])
	if not rows:
		return
	if touch.outcome in reached:
		_touched(rows[0], get_datetime(touch.done_on))
	if touch.outcome == "Meeting Agreed":
		_book(touch)
	elif touch.outcome == "Call Later":
		_again(touch, get_datetime(touch.next_on), "Promise")
	elif touch.outcome in ("No Answer", "Wrong Contact"):
		_note_right_contact(touch)
		planner = care_plans.planner_of(touch.policy, touch.allocated_to)
		_again(touch, planner.soon_after(get_datetime(touch.done_on), now_datetime()), "Rhythm", retry=1)
	elif touch.next_on:
		_put(touch, get_datetime(touch.next_on), "Promise", _PROMISED_DATE)
	care_plans.plan(touch.reference_name)


def _again(touch: Document, due: datetime, kind: str, **more: object) -> str:
	"""The same touch once more, on another day."""
	if touch.policy:
		name = _put(touch, due, kind, touch.goal, policy=touch.policy, festival=touch.festival, **more)
	else:
		name = _put(touch, due, "Task", touch.goal, **more)
	if touch.touch_key and not touch.touch_name:
		# What a task is known by goes with it.
		frappe.db.set_value("Follow Up", touch.name, "touch_key", None, update_modified=False)
		frappe.db.set_value("Follow Up", name, "touch_key", touch.touch_key, update_modified=False)
	survey_calls.moved(touch.name, name)
	return name


def _put(
	touch: Document,
	due: datetime,
	kind: str,
	goal: str | None,
	policy: str | None = None,
	festival: str | None = None,
	**more: object,
) -> str:
	rep = touch.stands_in_for or touch.allocated_to
	user = reps.on_duty(rep, due.date())
	due = due.replace(microsecond=0)
	row = {
		"name": frappe.generate_hash(length=10),
		"docstatus": 0,
		"idx": 0,
		"title": touch.title,
		"reference_doctype": CUSTOMER,
		"reference_name": touch.reference_name,
		"allocated_to": user,
		"stands_in_for": rep if user != rep else None,
		"status": PLANNED,
		"kind": kind,
		"due_on": due,
		"late_on": care_plans.planner_of(policy, rep).late(due),
		"channel": touch.channel,
		"goal": goal,
		"value_kind": touch.value_kind,
		"value_content": touch.value_content if festival else None,
		"policy": policy,
		"festival": festival,
		"open_key": follow_ups.open_key(CUSTOMER, touch.reference_name, policy)
		if policy and not festival
		else None,
		**more,
	}
	follow_ups.insert_rows([row])
	return row["name"]


def _book(touch: Document) -> None:
	"""Puts the agreed meeting into the calendar; its event finds the touch that waits for it (`booked`)."""
	starts_on = get_datetime(touch.next_on)
	ends_on = starts_on + timedelta(hours=1)
	goal = _("Meeting with {0}").format(touch.title or touch.reference_name)
	_put(touch, ends_on, "Meeting", goal[:140], policy=touch.policy)
	participant = {"reference_doctype": CUSTOMER, "reference_docname": touch.reference_name}
	frappe.get_doc(
		{
			"doctype": "Event",
			"subject": goal,
			"event_category": "Meeting",
			"event_type": "Private",
			"starts_on": starts_on,
			"ends_on": ends_on,
			"description": touch.note,
			"event_participants": [participant],
		}
	).insert()


def _note_right_contact(touch: Document) -> None:
	"""Whom to ask for instead is written on the customer; its contacts are for a person to change (P5)."""
	told = ", ".join(filter(None, (touch.right_name, touch.right_email, touch.right_phone)))
	if touch.outcome == "Wrong Contact" and told:
		frappe.get_doc(CUSTOMER, touch.reference_name).add_comment(
			"Info", _("The right contact is: {0}").format(frappe.utils.escape_html(told))
		)


def bounced(name: str, communication: str | None) -> None:
	"""A mail did not arrive: it was no touch (F4)."""
	if not communication:
		return
	about = {"reference_doctype": CUSTOMER, "reference_name": name, "status": DONE}
	counted = frappe.get_all(
		"Follow Up",
		filters={**about, "touch_doctype": "Communication", "touch_name": communication},
		fields=["name", "outcome"],
		order_by="name",
	)
	rows = care_plans.read([name]) if counted else []
	for touch in counted if rows else ():
		values = {"outcome": "Wrong Contact", "note": _("The e-mail did not arrive.")}
		frappe.db.set_value("Follow Up", touch.name, values)
	if rows:
		left = frappe.db.get_value(
			"Follow Up",
			{**about, "outcome": ("not in", ("No Answer", "Wrong Contact")), "done_on": ("is", "set")},
			"done_on",
			order_by="done_on desc",
		)
		frappe.db.set_value(CUSTOMER, name, "sf_last_touch_on", left, update_modified=False)
		care_plans.plan(name)
