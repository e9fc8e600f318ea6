"""What of the reviews waits for somebody: on My Day, and on the page My Reviews (S2)."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, get_fullname, now_datetime

from salesflow_std.salesflow_std import announcing, closing_day, proposals, reps, review_mail, review_rules
from salesflow_std.salesflow_std.reviews import CHANGES_ASKED, DOCTYPE, OPEN, REJECTED

_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits.

	What is due first comes first; requests are for managers who may open the review.
	"""
	if not frappe.has_permission(DOCTYPE, "read"):
		return None
	rows = [
		*(_asked_row(row, now) for row in asked(user)),
		*(_request_row(row) for row in requests(user)),
		*(_changes_row(row) for row in changes(user)),
	]
	if not rows:
		return None
	return {
		"key": "reviews",
		"label": _("Reviews", context="My Day"),
		"total": len(rows),
		"all": "/app/my-reviews",
		"rows": rows[:_ROWS],
	}


# What there is --------------------------------------------------------------------------------------------


def asked(user: str) -> list[frappe._dict]:
	"""The open seats of a user, a review once, what is due first on top; as far as the caller may see them."""
	rows = frappe.get_list(
		DOCTYPE,
		filters=[
			["status", "=", OPEN],
			["Review Opinion", "asked", "=", user],
			["Review Opinion", "decision", "is", "not set"],
		],
		fields=[
			"name",
			"proposal",
			"title",
			"round",
			"company",
			"currency",
			"grand_total",
			"discount_percent",
			"opened_by",
			"opened_on",
			"note",
			"`tabReview Opinion`.review_function",
			"`tabReview Opinion`.asked_as",
			"`tabReview Opinion`.reviewer",
			"`tabReview Opinion`.due_on as due",
		],
		order_by="`tabReview Opinion`.due_on asc, `tabProposal Review`.name asc",
		limit=_MOST,
	)
	found: dict[str, frappe._dict] = {}
	for row in rows:
		known = found.setdefault(row.name, frappe._dict(row, functions=[]))
		if row.review_function not in known.functions:
			known.functions.append(row.review_function)
	return list(found.values())


def requests(user: str) -> list[frappe._dict]:
	"""Proposals whose review somebody asks for, where the user is the manager who is told of them."""
	if not reps.is_manager(user):
		return []
	rows = frappe.get_list(
		proposals.DOCTYPE,
		filters={"status": proposals.REQUESTED},
		fields=[
			"name",
			"title",
			"version",
			"currency",
			"grand_total",
			"requested_by",
			"requested_on",
			"allocated_to",
			"owner",
		],
		order_by="requested_on asc, name asc",
		limit=_MOST,
	)
	told: dict[str, list[str]] = {}
	found = []
	for row in rows:
		rep = review_rules.rep_of(row)
		if rep not in told:
			told[rep] = reps.escalate_to(rep)
		if user in told[rep] or rep == user:
			found.append(row)
	return found


def changes(user: str) -> list[frappe._dict]:
	"""A user's own proposals that came back and have no later version yet."""
	return frappe.get_list(
		proposals.DOCTYPE,
		filters=[
			["allocated_to", "=", user],
			["status", "in", (proposals.CHANGES_ASKED, proposals.REJECTED)],
			["next_version", "is", "not set"],
		],
		fields=["name", "title", "version", "status", "proposal_review"],
		order_by="modified desc, name asc",
		limit=_MOST,
	)


# My Day ---------------------------------------------------------------------------------------------------


def _asked_row(row: frappe._dict, now: datetime) -> dict:
	due = get_datetime(row.due)
	late, soon = due <= now, due <= now + _SOON
	words = _("Your opinion was due on {0}") if late else _("Your opinion is due by {0}")
	return {
		"title": row.title or row.proposal,
		"route": review_mail.page(row.name),
		"tone": "red" if late else "orange" if soon else "blue",
		"why": words.format(announcing.when(due)),
		"detail": ", ".join(review_rules.function_label(name) for name in row.functions),
	}


def _request_row(row: frappe._dict) -> dict:
	return {
		"title": row.title or row.name,
		"route": announcing.path(proposals.DOCTYPE, row.name),
		"tone": "orange",
		"why": _("{0} asks for a review").format(get_fullname(row.requested_by)),
		"detail": announcing.when(row.requested_on),
	}


def _changes_row(row: frappe._dict) -> dict:
	rejected = row.status == proposals.REJECTED
	return {
		"title": row.title or row.name,
		"route": announcing.path(proposals.DOCTYPE, row.name),
		"tone": "red" if rejected else "orange",
		"why": _("Rejected in the review") if rejected else _("The review asks for changes"),
		"detail": _("Version {0}").format(cint(row.version) or 1),
	}


# My Reviews -----------------------------------------------------------------------------------------------


def everything() -> dict:
	"""What waits for the session's user; see `salesflow_std.api.review.waiting`."""
	user, now = frappe.session.user, now_datetime()
	open_seats, came_back = asked(user), changes(user)
	decided = _decided(user)
	versions = _versions([row.proposal for row in (*open_seats, *decided)])
	closed = _closed([row.proposal_review for row in came_back if row.proposal_review])
	return {
		"asked": [_asked_item(row, versions, now) for row in open_seats],
		"clauses": closing_day.clauses(user),
		"decided": [
			{
				"review": row.name,
				"proposal": row.proposal,
				"title": row.title or row.proposal,
				"version": versions.get(row.proposal),
				"decision": row.decision,
				"decided_on": row.decided,
				"status": row.status,
			}
			for row in decided
		],
		"requests": [
			{
				"proposal": row.name,
				"title": row.title or row.name,
				"version": row.version,
				"currency": row.currency,
				"grand_total": row.grand_total,
				"requested_by_name": get_fullname(row.requested_by),
				"requested_on": row.requested_on,
			}
			for row in requests(user)
		],
		"changes": [
			{
				"proposal": row.name,
				"review": row.proposal_review,
				"title": row.title or row.name,
				"version": row.version,
				"status": row.status,
				**closed.get(row.proposal_review, {"closed_on": None, "closing_reason": None}),
			}
			for row in came_back
		],
	}


def _asked_item(row: frappe._dict, versions: dict[str, int], now: datetime) -> dict:
	return {
		"review": row.name,
		"proposal": row.proposal,
		"title": row.title or row.proposal,
		"version": versions.get(row.proposal),
		**{key: row[key] for key in ("company", "currency", "grand_total", "discount_percent")},
		**{key: row[key] for key in ("functions", "asked_as", "opened_on", "note")},
		"instead_of_name": get_fullname(row.reviewer)
		if row.reviewer not in (None, "", frappe.session.user)
		else None,
		"opened_by_name": get_fullname(row.opened_by),
		"due_on": row.due,
		"overdue": get_datetime(row.due) <= now,
	}


def _decided(user: str) -> list[frappe._dict]:
	rows = frappe.get_list(
		DOCTYPE,
		filters=[
			["Review Opinion", "asked", "=", user],
			["Review Opinion", "decision", "is", "set"],
		],
		fields=[
			"name",
			"proposal",
			"title",
			"status",
			"`tabReview Opinion`.decision",
			"`tabReview Opinion`.decided_on as decided",
		],
		order_by="`tabReview Opinion`.decided_on desc, `tabProposal Review`.name asc",
		limit=40,
	)
	latest: dict[str, frappe._dict] = {}
	for row in rows:
		latest.setdefault(row.name, row)
	return list(latest.values())[:_ROWS]


def _versions(names: list[str]) -> dict[str, int]:
	if not names:
		return {}
	rows = frappe.get_all(
		proposals.DOCTYPE, filters={"name": ("in", names)}, fields=["name", "version"], order_by="name"
	)
	return {row.name: cint(row.version) or 1 for row in rows}


def _closed(names: list[str]) -> dict[str, dict]:
	if not names:
		return {}
	rows = frappe.get_list(
		DOCTYPE,
		filters={"name": ("in", names), "status": ("in", (CHANGES_ASKED, REJECTED, "Withdrawn"))},
		fields=["name", "closed_on", "closing_reason"],
		order_by="name",
	)
	return {row.name: {"closed_on": row.closed_on, "closing_reason": row.closing_reason} for row in rows}
