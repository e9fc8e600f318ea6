"""Complaints on My Day: one's own that are open, and what the team has not settled in time (A4)."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname

from salesflow_std.salesflow_std import reps
from salesflow_std.salesflow_std.announcing import path, when
from salesflow_std.salesflow_std.complaints import CLOSED, DOCTYPE

_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the complaints; None where nothing waits."""
	if not frappe.has_permission(DOCTYPE, "read"):
		return None
	rows = [*_own(user, now), *_of_team(user, now)]
	if not rows:
		return None
	return {
		"key": "complaints",
		"label": _("Complaints", context="My Day"),
		"total": len(rows),
		"all": f"/app/issue?sf_is_complaint=1&sf_responsible={quote(user)}",
		"rows": rows[:_ROWS],
	}


def _open(filters: list) -> list[frappe._dict]:
	return frappe.get_list(
		DOCTYPE,
		filters=[["sf_is_complaint", "=", 1], ["status", "not in", CLOSED], *filters],
		fields=["name", "subject", "customer_name", "customer", "sf_close_by", "sf_responsible"],
		order_by="sf_close_by, name",
		limit=_MOST,
	)


def _own(user: str, now: datetime) -> list[dict]:
	found = _open([["sf_responsible", "in", _own_users(user, now)]])
	return [_row(row, now) for row in found]


def _own_users(user: str, now: datetime) -> list[str]:
	return [user, *reps.stands_in_for(user, now.date())]


def _of_team(user: str, now: datetime) -> list[dict]:
	"""For a manager: what those have not settled in time whose work they are told of."""
	if not reps.is_manager(user):
		return []
	users = _own_users(user, now)
	is_told = functools.cache(lambda rep: user in reps.escalate_to(rep))
	found = _open([["sf_responsible", "not in", users], ["sf_escalated_on", "is", "set"]])
	return [_row(row, now, get_fullname(row.sf_responsible)) for row in found if is_told(row.sf_responsible)]


def _row(row: frappe._dict, now: datetime, rep: str = "") -> dict:
	due = get_datetime(row.sf_close_by) if row.sf_close_by else None
	late = bool(due) and due <= now
	words = _("To be settled since {0}") if late else _("To be settled by {0}")
	return {
		"title": row.customer_name or row.customer or row.subject,
		"route": path(DOCTYPE, row.name),
		"tone": "red" if late else "orange" if due and due <= now + _SOON else "blue",
		"why": words.format(when(due)),
		"detail": rep or row.subject,
	}
