"""What of the handovers waits for a user, for My Day (C5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import get_datetime

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import announcing, delivery_mail, reps

_DOCTYPE = "Delivery Handover"
_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits.

	What they have to hand over, to acknowledge, and the kick-offs they have to hold, what is due first on top.
	"""
	if not frappe.has_permission(_DOCTYPE, "read"):
		return None
	found = {row["route"]: row for row in [*_own(user, now), *_to_acknowledge(user, now)]}
	if not found:
		return None
	rows = sorted(found.values(), key=lambda row: (row["due"], row["title"]))
	return {
		"key": "delivery_handovers",
		"label": _("Delivery Handovers"),
		"total": len(rows),
		"all": "/app/delivery-handover",
		"rows": [{key: value for key, value in row.items() if key != "due"} for row in rows[:_ROWS]],
	}


def _list(filters: list, *fields: str) -> list[frappe._dict]:
	return frappe.get_list(
		_DOCTYPE,
		filters=filters,
		fields=["name", "title", "due_on", "kick_off_on", *fields],
		order_by=f"`tab{_DOCTYPE}`.due_on asc, `tab{_DOCTYPE}`.name asc",
		limit=_MOST,
	)


def _row(row: frappe._dict, due: datetime, now: datetime, why: str, detail: str = "") -> dict:
	tone = "red" if due <= now else "orange" if due <= now + _SOON else "blue"
	return {
		"title": row.title or row.name,
		"route": delivery_mail.form(row),
		"tone": tone,
		"why": why,
		"detail": detail,
		"due": due,
	}


def _own(user: str, now: datetime) -> list[dict]:
	"""What a user has to hand over, and the kick-offs they have to hold."""
	rows = _list(
		[["status", "in", (rules.DRAFT, rules.ACKNOWLEDGED)], ["allocated_to", "=", user]],
		"status",
	)
	return [(_to_hand_over if row.status == rules.DRAFT else _to_hold)(row, now) for row in rows]


def _to_hand_over(row: frappe._dict, now: datetime) -> dict:
	due = get_datetime(row.due_on)
	words = _("To be handed over since {0}") if due <= now else _("To be handed over by {0}")
	return _row(row, due, now, words.format(announcing.when(due)))


def _to_hold(row: frappe._dict, now: datetime) -> dict:
	if not row.kick_off_on:
		return _row(row, now, now, _("Set a date for the kick-off"))
	due = get_datetime(row.kick_off_on)
	return _row(row, due, now, _("Kick-off on {0}").format(announcing.when(due)))


def _to_acknowledge(user: str, now: datetime) -> list[dict]:
	users = [user, *reps.stands_in_for(user, now.date())]
	rows = _list(
		[
			["status", "=", rules.HANDED_OVER],
			["Handover Receiver", "user", "in", users],
			["Handover Receiver", "acknowledged_on", "is", "not set"],
		],
		"`tabHandover Receiver`.receiving_function",
		"`tabHandover Receiver`.asked_on",
	)
	return [
		_row(
			row,
			get_datetime(row.asked_on or row.due_on) + _SOON,
			now,
			_("Acknowledge that you take over"),
			_(row.receiving_function, context="Handover Receiver"),
		)
		for row in rows
	]
