"""Customers who have fallen silent on My Day: one's own, and for managers what was not analysed in time (P6)."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname

from salesflow_std.engine import loss
from salesflow_std.salesflow_std import reps
from salesflow_std.salesflow_std.announcing import path, when
from salesflow_std.salesflow_std.loss_analyses import DOCTYPE

_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the analyses; None where nothing waits."""
	if not frappe.has_permission(DOCTYPE, "read"):
		return None
	users = [user, *reps.stands_in_for(user, now.date())]
	rows = [_row(row, now) for row in _to_do([["allocated_to", "in", users]])]
	if reps.is_manager(user):
		is_told = functools.cache(lambda rep: user in reps.escalate_to(rep))
		late = _to_do([["allocated_to", "not in", users], ["escalated_on", "is", "set"]])
		rows += [_row(row, now, get_fullname(row.allocated_to)) for row in late if is_told(row.allocated_to)]
	if not rows:
		return None
	return {
		"key": "loss_analyses",
		"label": _("Customers Fallen Silent"),
		"total": len(rows),
		"all": f"/app/loss-analysis?allocated_to={quote(user)}",
		"rows": rows[:_ROWS],
	}


def _to_do(filters: list) -> list[frappe._dict]:
	return frappe.get_list(
		DOCTYPE,
		filters=[["status", "in", loss.TO_DO], *filters],
		fields=["name", "title", "customer", "status", "due_on", "allocated_to"],
		order_by="due_on, name",
		limit=_MOST,
	)


def _row(row: frappe._dict, now: datetime, rep: str = "") -> dict:
	due = get_datetime(row.due_on) if row.due_on else None
	words = _("Find the causes by {0}") if row.status == loss.OPEN else _("Make an offer by {0}")
	return {
		"title": row.title or row.customer,
		"route": path(DOCTYPE, row.name),
		"tone": "red" if due and due <= now else "orange" if due and due <= now + _SOON else "blue",
		"why": words.format(when(due)),
		"detail": rep,
	}
