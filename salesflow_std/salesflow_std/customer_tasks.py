"""Tasks with a customer that come of what happened: each once, however often it is asked for (A3, A5)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.utils import flt, now_datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import care_plans, follow_ups, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

# What such a task is for: stored in English, translated where it is shown.
TAKE_UP_REFERRAL = "Take up the referral"
ASK_FOR_RENEWAL = "Ask for renewal while they are satisfied"
THANK_FOR_OPPORTUNITY = "Thank for the referral, which has become an opportunity"
THANK_FOR_DEAL = "Thank for the referral, which has become a deal"


def make(customer: str, user: str, goal: str, about: str, company: str | None = None) -> str | None:
	"""Plans a call with a customer for `user`, or for whoever stands in; returns its name, None where it was made before.

	`about` is the name of what it came of, which is one customer's: there is never a second task of the same goal and
	cause, also after the customer was renamed or merged. It is due after the settings' time for referrals.
	"""
	current = settings()
	unit = current.referral_unit or "Working Days"
	due = worktime.add(now_datetime(), flt(current.referral_amount), unit, working_calendar(company))
	key = _key(goal, about)
	return plan(customer, user, goal, due, company, key)


def plan(
	customer: str, user: str, goal: str, due: datetime, company: str | None = None, key: str | None = None
) -> str | None:
	"""Plans a call with a customer on a day, escalated a working day later (F5); returns its name.

	None where a task with that `key` was planned before, done or not.
	"""
	due = due.replace(microsecond=0)
	doer = reps.on_duty(user, due.date())
	name = frappe.generate_hash(length=10)
	made = follow_ups.insert_rows(
		[
			{
				"name": name,
				"docstatus": 0,
				"idx": 0,
				"title": frappe.db.get_value("Customer", customer, "customer_name") or customer,
				"reference_doctype": "Customer",
				"reference_name": customer,
				"allocated_to": doer,
				"stands_in_for": user if doer != user else None,
				"status": follow_ups.PLANNED,
				"kind": "Task",
				"due_on": due,
				"late_on": late(due, company),
				"channel": "Phone",
				"goal": goal,
				# Unique, and kept when the task is done.
				"touch_key": key,
			}
		]
	)
	if made:
		care_plans.show_next(customer)
	return name if made else None


def late(due: datetime, company: str | None = None) -> datetime:
	"""When a task that was due then is told of (F5)."""
	return worktime.add(due, 1, "Working Days", working_calendar(company)).replace(microsecond=0)


def done(customer: str, goal: str, about: str) -> None:
	"""Closes a task that was done elsewhere, if it is still open."""
	name = frappe.db.get_value("Follow Up", {"touch_key": _key(goal, about)})
	if name:
		now = now_datetime().replace(microsecond=0)
		told = {"outcome": "Reached", "done_on": now, "done_by": frappe.session.user}
		follow_ups.close(name, told)
		care_plans.show_next(customer)


def _key(goal: str, about: str) -> str:
	# What it came of goes first: a long goal must not cut it off.
	return f"{about}|{goal}"[:140]
