"""What of the needs talks waits on My Day: summaries to send, answers to look at, customers who are silent (N4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import format_datetime, formatdate, get_datetime, get_fullname

from salesflow_std.salesflow_std import needs_mail, reps
from salesflow_std.salesflow_std.confirmations import CORRECTED, DOCTYPE, REFUSED, SENT, TALKED

# A customer who has not answered for that long is asked again, by phone.
SILENT = timedelta(days=3)

_ROWS = 12
_MOST = 200
_FIELDS = [
	"name",
	"title",
	"status",
	"version",
	"previous_version",
	"summary_due_on",
	"sent_on",
	"answered_on",
	"allocated_to",
	"owner",
	"escalated_on",
]


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits."""
	rows = [*_own(user, now), *_escalated(user, now)]
	if not rows:
		return None
	statuses = quote('["in","Talked,Sent,Refused"]')
	return {
		"key": "needs",
		"label": _("Needs", context="My Day"),
		"total": len(rows),
		"all": f"/app/needs-record?allocated_to={quote(user)}&status={statuses}",
		"rows": rows[:_ROWS],
	}


def _list(filters: list) -> list[frappe._dict]:
	return frappe.get_list(
		DOCTYPE,
		filters=[*filters, ["next_version", "is", "not set"]],
		fields=_FIELDS,
		order_by="summary_due_on, name",
		limit=_MOST,
	)


def _own(user: str, now: datetime) -> list[dict]:
	"""The user's own: what was answered first, then what is due or late, then who is silent."""
	if not frappe.has_permission(DOCTYPE, "read"):
		return []
	found = _list([["allocated_to", "=", user], ["status", "in", (TALKED, SENT, REFUSED)]])
	corrected = _corrected([row.previous_version for row in found if row.previous_version])
	answered, due, silent = [], [], []
	for row in found:
		if row.status == REFUSED:
			answered.append(_row(row, "red", _("Refused by the customer"), _when(row.answered_on)))
		elif row.status == SENT:
			days = (now - get_datetime(row.sent_on)).days if row.sent_on else 0
			if row.sent_on and now - get_datetime(row.sent_on) > SILENT:
				silent.append(
					_row(row, "orange", _("No answer for {0} days").format(days), _when(row.sent_on))
				)
		elif row.previous_version in corrected:
			answered.append(
				_row(
					row,
					"orange",
					_("Corrected by the customer: look at it and send it again"),
					_due(row, now),
				)
			)
		elif row.summary_due_on:
			late = get_datetime(row.summary_due_on) <= now
			due.append(_row(row, "red" if late else "blue", _due(row, now), _when(row.summary_due_on)))
	return [*answered, *due, *silent]


def _corrected(versions: list[str]) -> set[str]:
	if not versions:
		return set()
	return set(
		frappe.get_all(
			DOCTYPE,
			filters={"name": ("in", versions), "status": CORRECTED},
			pluck="name",
			order_by="name",
		)
	)


def _escalated(user: str, now: datetime) -> list[dict]:
	"""For a manager: late summaries of reps whose work they are told of (F5)."""
	if not reps.is_manager(user) or not frappe.has_permission(DOCTYPE, "read"):
		return []
	found = _list([["status", "=", TALKED], ["escalated_on", "is", "set"]])
	told: dict[str, list[str]] = {}
	rows = []
	for row in found:
		rep = needs_mail.rep_of(row)
		if rep == user:
			continue  # stands among their own
		if rep not in told:
			told[rep] = reps.escalate_to(rep)
		if user in told[rep]:
			why = _("Summary late, {0}").format(get_fullname(rep))
			rows.append(_row(row, "red", why, _when(row.summary_due_on)))
	return rows


def _due(row: frappe._dict, now: datetime) -> str:
	if not row.summary_due_on:
		return ""
	left = get_datetime(row.summary_due_on) - now
	late = left <= timedelta(0)
	minutes = abs(int(left.total_seconds())) // 60
	hours, days = minutes // 60, minutes // (60 * 24)
	if days >= 2:
		return (_("Summary late by {0} days") if late else _("Summary due in {0} days")).format(days)
	if hours:
		return (_("Summary late by {0} h") if late else _("Summary due in {0} h")).format(hours)
	return (_("Summary late by {0} min") if late else _("Summary due in {0} min")).format(minutes)


def _row(row: frappe._dict, tone: str, why: str, detail: str) -> dict:
	return {
		"title": row.title or row.name,
		"route": f"/app/needs-record/{quote(row.name)}",
		"tone": tone,
		"why": why,
		"detail": detail,
	}


def _when(moment: datetime | None) -> str:
	return f"{formatdate(moment)} {format_datetime(moment, 'HH:mm')}" if moment else ""
