"""What of the weekly synchronisation of deliveries waits for a user, for My Day (A1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname

from salesflow_std.salesflow_std import announcing, delivery_handovers, reps, sync_mail, sync_sheet

_DOCTYPE = "Delivery Sync"
_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits.

	Weeks they have to tell, weeks of their customers that nobody has told in time, and started deliveries of theirs that
	have no project, which nobody would be asked about.
	"""
	rows = [*_weeks(user, now), *_without_project(user)]
	if not rows:
		return None
	return {
		"key": "delivery_syncs",
		"label": _("Deliveries", context="My Day"),
		"total": len(rows),
		"all": f"/app/delivery-sync?status={quote(sync_sheet.DUE)}",
		"rows": rows[:_ROWS],
	}


def _weeks(user: str, now: datetime) -> list[dict]:
	if not frappe.has_permission(_DOCTYPE, "read"):
		return []
	users = [user, *reps.stands_in_for(user, now.date())]
	found = frappe.get_list(
		_DOCTYPE,
		filters={"status": sync_sheet.DUE},
		or_filters=[["delivery_user", "in", users], ["allocated_to", "in", users]],
		fields=["name", "title", "due_on", "delivery_user"],
		order_by="due_on, name",
		limit=_MOST,
	)
	rows = (_row(row, row.delivery_user in (None, "", *users), now) for row in found)
	return [row for row in rows if row]


def _row(row: frappe._dict, is_asked: bool, now: datetime) -> dict | None:
	"""What they are asked for; of what others are, only what is late."""
	due = get_datetime(row.due_on)
	late = due <= now
	if not (is_asked or late):
		return None
	if late:
		tone, words = "red", _("How the delivery stands was to be told by {0}")
	else:
		tone, words = "orange" if due <= now + _SOON else "blue", _("Say by {0} how the delivery stands")
	return {
		"title": row.title or row.name,
		"route": sync_mail.form(row),
		"tone": tone,
		"why": words.format(announcing.when(due)),
		"detail": "" if is_asked else get_fullname(row.delivery_user),
	}


def _without_project(user: str) -> list[dict]:
	if not frappe.has_permission(delivery_handovers.DOCTYPE, "read"):
		return []
	found = frappe.get_list(
		delivery_handovers.DOCTYPE,
		filters={"status": "Started", "allocated_to": user, "project": ("is", "not set")},
		fields=["name", "title"],
		order_by="kick_off_held_on, name",
		limit=_MOST,
	)
	return [
		{
			"title": row.title or row.name,
			"route": announcing.path(delivery_handovers.DOCTYPE, row.name),
			"tone": "orange",
			"why": _("Started without a project: nobody is asked how it stands"),
			"detail": "",
		}
		for row in found
	]
