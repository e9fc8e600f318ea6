"""Promised replies on My Day: one's own of today, and what the team has missed (S4, F5)."""

from __future__ import annotations

import functools
from datetime import datetime, time
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import format_datetime, formatdate, get_datetime, get_fullname

from salesflow_std.engine import objections as rules
from salesflow_std.salesflow_std import objections, reps
from salesflow_std.salesflow_std.objections import DOCTYPE, OPEN

_ROWS = 12
_MOST = 200
_FIELDS = ["name", "title", "kind", "objection", "reply_due_on", "allocated_to", "owner"]


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the objections; None where nothing waits."""
	if not frappe.has_permission(DOCTYPE, "read"):
		return None
	rows = [*_own(user, now), *_of_team(user, now)]
	if not rows:
		return None
	return {
		"key": "objections",
		"label": _("Promised Replies", context="My Day"),
		"total": len(rows),
		"all": f"/app/objection?allocated_to={quote(user)}&status={OPEN}",
		"rows": rows[:_ROWS],
	}


def _open(until: datetime, filters: list) -> list[frappe._dict]:
	return frappe.get_list(
		DOCTYPE,
		filters=[["status", "=", OPEN], ["reply_due_on", "<=", until], *filters],
		fields=_FIELDS,
		order_by="reply_due_on, name",
		limit=_MOST,
	)


def _own(user: str, now: datetime) -> list[dict]:
	end = datetime.combine(now.date(), time.max)
	return [_row(row, now) for row in _open(end, [["allocated_to", "=", user]])]


def _of_team(user: str, now: datetime) -> list[dict]:
	"""For a manager: what reps have missed whose work they are told of."""
	if not reps.is_manager(user):
		return []
	is_told = functools.cache(lambda rep: user in reps.escalate_to(rep))
	found = _open(now, [["allocated_to", "!=", user], ["reply_missed", "=", 1]])
	return [
		_row(row, now, get_fullname(objections.responsible(row)))
		for row in found
		if is_told(objections.responsible(row))
	]


def _row(row: frappe._dict, now: datetime, rep: str = "") -> dict:
	due = get_datetime(row.reply_due_on)
	late = rules.is_missed(due, None, now)
	kind = _(row.kind, context="Objection")
	if rep:
		why = _("{0}: reply missed, {1}").format(kind, rep)
	else:
		why = (_("{0}: reply overdue") if late else _("{0}: reply due today")).format(kind)
	when = f"{formatdate(due)} {format_datetime(due, 'HH:mm')}"
	return {
		"title": row.title or row.name,
		"route": f"/app/objection/{quote(row.name)}",
		"tone": "red" if late else "orange",
		"why": why,
		"detail": when,
	}
