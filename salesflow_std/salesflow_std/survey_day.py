"""What of the satisfaction surveys waits for a user, for My Day (A3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import get_datetime

from salesflow_std.salesflow_std import announcing, reps, survey_mail, surveys

_ROWS = 12
_MOST = 500
_SOON = timedelta(hours=24)
# How long an answer that came by itself is news.
_NEWS = timedelta(days=3)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits.

	What they have to send or to call for, what is not answered, and what came in lately with a low mark.
	"""
	if not frappe.has_permission(surveys.DOCTYPE, "read"):
		return None
	users = [user, *reps.stands_in_for(user, now.date())]
	rows = [shown for row in _open(users, now) if (shown := _shown(row, now))]
	if not rows:
		return None
	rows.sort(key=lambda row: (row["due"], row["title"]))
	return {
		"key": "surveys",
		"label": _("Satisfaction Surveys"),
		"total": len(rows),
		"all": "/app/satisfaction-survey",
		"rows": [{key: value for key, value in row.items() if key != "due"} for row in rows[:_ROWS]],
	}


def _open(users: list[str], now: datetime) -> list[frappe._dict]:
	"""Surveys to send, to call for, and low ones that are news: in one query, as the page asks many sections."""
	return frappe.get_list(
		surveys.DOCTYPE,
		filters=[["allocated_to", "in", users], ["corrected_by", "is", "not set"]],
		or_filters=[
			["status", "in", (surveys.TO_SEND, surveys.SENT)],
			["answered_on", ">", now - _NEWS],
		],
		fields=[
			"name",
			"title",
			"due_on",
			"person",
			"email_id",
			"phone",
			"answered_on",
			"status",
			"call_task",
			"is_low",
			"issue",
		],
		order_by="due_on, name",
		limit=_MOST,
	)


def _row(row: frappe._dict, tone: str, why: str, detail: str, due: datetime) -> dict:
	return {
		"title": row.title or row.name,
		"route": survey_mail.form(row),
		"tone": tone,
		"why": why,
		"detail": detail,
		"due": due,
	}


def _shown(row: frappe._dict, now: datetime) -> dict | None:
	"""How a survey shows; None where it waits for the customer, or what came in was good."""
	due = get_datetime(row.due_on)
	if row.status == surveys.TO_SEND:
		tone = "red" if due <= now else "orange" if due <= now + _SOON else "blue"
		words = _("To be asked since {0}") if due <= now else _("To be asked by {0}")
		detail = row.email_id or row.phone or _("No e-mail address")
		return _row(row, tone, words.format(announcing.when(due)), detail, due)
	if row.status == surveys.SENT and row.call_task:
		detail = " · ".join(filter(None, (row.person, row.phone)))
		return _row(row, "orange", _("Not answered: call and fill it in"), detail, due)
	if row.status == surveys.ANSWERED and row.is_low and not row.issue:
		why = _("Not content: answered on {0}").format(announcing.when(row.answered_on))
		return _row(row, "red", why, row.person or "", get_datetime(row.answered_on))
	return None
