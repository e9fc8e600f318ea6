"""What of the closing waits on My Day: contracts to draft, clauses to review, contracts to go on with, scans (C1-C3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname

from salesflow_std.salesflow_std import contract_mail, contract_reviews, contracts, reps
from salesflow_std.salesflow_std.announcing import when

_ROWS = 12
_MOST = 100
_SOON = timedelta(hours=24)


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the records; None where nothing waits."""
	own = _own(user)
	rows = [*_reviews(user, now), *_to_draft(user, now), *_drafts(own), *_scans(own, now)]
	if not rows:
		return None
	return {
		"key": "closing",
		"label": _("Contracts", context="My Day"),
		"total": len(rows),
		"all": f"/app/contract?sf_allocated_to={quote(user)}",
		"rows": rows[:_ROWS],
	}


def clauses(user: str) -> list[dict]:
	"""The clause reviews that wait for a user, for the page My Reviews, what is due first on top:
	``[{"review", "title", "contract", "due_on", "overdue", "asked_by_name", "differs"}]`` (C2)."""
	now = frappe.utils.now_datetime()
	return [
		{
			"review": row.name,
			"title": row.title or row.contract,
			"contract": row.contract,
			"due_on": row.due_on,
			"overdue": get_datetime(row.due_on) <= now,
			"asked_by_name": get_fullname(row.asked_by),
			"differs": (row.differences or "[]") != "[]",
		}
		for row in _open_reviews(user)
	]


def _open_reviews(user: str) -> list[frappe._dict]:
	if not frappe.has_permission(contract_reviews.DOCTYPE, "read"):
		return []
	return frappe.get_list(
		contract_reviews.DOCTYPE,
		filters={"status": contract_reviews.OPEN, "reviewer": user},
		fields=["name", "title", "contract", "due_on", "asked_by", "differences"],
		order_by="due_on, name",
		limit=_MOST,
	)


def _reviews(user: str, now: datetime) -> list[dict]:
	return [
		_row(
			row.title or row.contract,
			contract_mail.review_page(row.name),
			row.due_on,
			now,
			(_("Clauses to review"), _("Clauses overdue for review")),
		)
		for row in _open_reviews(user)
	]


def _to_draft(user: str, now: datetime) -> list[dict]:
	"""The customer has said that they will sign, and nothing is drafted yet; a manager sees what was escalated too."""
	if not frappe.has_permission("Opportunity", "read"):
		return []
	rows = frappe.get_list(
		"Opportunity",
		filters=[
			["sf_contract", "is", "not set"],
			["sf_contract_due", "is", "set"],
			["status", "not in", ("Lost", "Closed")],
		],
		or_filters=[
			["opportunity_owner", "=", user],
			["owner", "=", user],
			*([["sf_contract_escalated_on", "is", "set"]] if reps.is_manager(user) else []),
		],
		fields=[
			"name",
			"customer_name",
			"party_name",
			"sf_contract_due",
			"opportunity_owner",
			"owner",
			"sf_contract_escalated_on",
		],
		order_by="sf_contract_due, name",
		limit=_MOST,
	)
	found = []
	for row in rows:
		rep = row.opportunity_owner or row.owner
		if rep == user or (row.sf_contract_escalated_on and _hears_of(user, rep)):
			words = _("Contract to draft"), _("Contract not drafted in time")
			route = f"/app/opportunity/{quote(row.name)}"
			shown = _row(row.customer_name or row.party_name, route, row.sf_contract_due, now, words)
			found.append(shown if rep == user else {**shown, "detail": get_fullname(rep)})
	return found


def _hears_of(user: str, rep: str) -> bool:
	return reps.is_manager(user) and user in reps.escalate_to(rep)


def _own(user: str) -> list[frappe._dict]:
	"""A user's own contracts of deals that still want something done, the oldest first."""
	if not frappe.has_permission("Contract", "read"):
		return []
	return frappe.get_list(
		"Contract",
		filters=[
			["sf_allocated_to", "=", user],
			["sf_state", "in", (contracts.DRAFTED, contracts.APPROVED, contracts.SIGNED)],
			["docstatus", "<", 2],
		],
		or_filters=[["docstatus", "=", 0], ["sf_scan", "is", "not set"]],
		fields=[
			"name",
			"docstatus",
			"party_full_name",
			"party_name",
			"sf_state",
			"sf_contract_review",
			"sf_scan_due",
		],
		order_by="creation, name",
		limit=_MOST,
	)


def _drafts(own: list[frappe._dict]) -> list[dict]:
	"""What goes on from here: ask legal, put right what they ask for, sign."""
	rows = [row for row in own if row.docstatus == 0 and row.sf_state != contracts.SIGNED]
	names = [row.sf_contract_review for row in rows if row.sf_contract_review]
	answers = dict(
		frappe.get_all(
			contract_reviews.DOCTYPE,
			filters={"name": ("in", names)},
			fields=["name", "status"],
			order_by="name",
			as_list=True,
		)
		if names
		else ()
	)
	return [_draft(row, answers.get(row.sf_contract_review)) for row in rows]


def _draft(row: frappe._dict, answer: str | None) -> dict:
	if row.sf_state == contracts.APPROVED:
		tone, why = "green", _("Clauses approved: to sign")
	elif answer in (contract_reviews.CHANGES_ASKED, contract_reviews.REJECTED):
		tone, why = "orange", _("Legal asks for changes")
	else:
		tone, why = "blue", _("Drafted: ask for the clause review")
	return {
		"title": row.party_full_name or row.party_name,
		"route": f"/app/contract/{quote(row.name)}",
		"tone": tone,
		"why": why,
		"detail": row.name,
	}


def _scans(own: list[frappe._dict], now: datetime) -> list[dict]:
	rows = [row for row in own if row.docstatus == 1 and row.sf_state == contracts.SIGNED]
	words = _("Scan to attach"), _("Scan overdue")
	return [
		_row(
			row.party_full_name or row.party_name,
			f"/app/contract/{quote(row.name)}",
			row.sf_scan_due,
			now,
			words,
		)
		for row in rows
	]


def _row(title: str, route: str, due_on: object, now: datetime, words: tuple[str, str]) -> dict:
	due = get_datetime(due_on) if due_on else None
	late = bool(due) and due <= now
	return {
		"title": title,
		"route": route,
		"tone": "red" if late else "orange" if due and due <= now + _SOON else "blue",
		"why": words[late],
		"detail": when(due),
	}
