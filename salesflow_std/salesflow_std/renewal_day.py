"""What of the renewals waits for a user, for My Day (A5)."""

from __future__ import annotations

from datetime import date, datetime

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from salesflow_std.engine import renewal as rules
from salesflow_std.salesflow_std import announcing, renewals, reps

_ROWS = 12
_MOST = 100


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the contracts; None where nothing waits.

	Contracts whose customers are to be asked, and those that have ended without an answer, what ends first on top.
	"""
	if not frappe.has_permission(renewals.DOCTYPE, "read"):
		return None
	today = now.date()
	found = [shown for row in _contracts(user, today) if (shown := _row(row, today))]
	if not found:
		return None
	return {
		"key": "renewals",
		"label": _("Renewals"),
		"total": len(found),
		"all": "/app/contract?sf_renewal_due=%5B%22%3C%3D%22%2C%22" + str(today) + "%22%5D",
		"rows": found[:_ROWS],
	}


def _contracts(user: str, today: date) -> list[frappe._dict]:
	users = [user, *reps.stands_in_for(user, today)]
	own = _list([["sf_allocated_to", "in", users]], today)
	customers = frappe.get_all(
		"Customer", filters={"account_manager": ("in", users)}, pluck="name", order_by="name", limit=_MOST
	)
	if customers:
		own += _list([["sf_allocated_to", "is", "not set"], ["party_name", "in", customers]], today)
	return sorted(own, key=lambda row: (row.end_date, row.name))


def _list(filters: list, today: date) -> list[frappe._dict]:
	return frappe.get_list(
		renewals.DOCTYPE,
		filters=[
			*filters,
			["party_type", "=", "Customer"],
			["docstatus", "=", 1],
			["is_signed", "=", 1],
			["sf_renewal_due", "<=", today],
			["end_date", "is", "set"],
			["sf_renewal_outcome", "not in", (rules.RENEWED, rules.NOT_RENEWED)],
		],
		fields=[
			"name",
			"owner",
			"party_name",
			"party_full_name",
			"end_date",
			"sf_renewal_due",
			"sf_renewal_asked_on",
			"sf_renewal_outcome",
			"sf_renewal_opportunity",
		],
		order_by="end_date, name",
		limit=_MOST,
	)


def _row(row: frappe._dict, today: date) -> dict | None:
	end = getdate(row.end_date)
	if renewals.is_to_ask(row, today):
		late = rules.late_on(getdate(row.sf_renewal_due), end) <= today
		return _shown(row, "red" if late else "orange", _("Ask for renewal"))
	if row.sf_renewal_asked_on and not row.sf_renewal_outcome and not row.sf_renewal_opportunity:
		return _shown(row, "red" if end < today else "blue", _("Write down the answer on renewal"))
	return None


def _shown(row: frappe._dict, tone: str, why: str) -> dict:
	return {
		"title": row.party_full_name or row.party_name,
		"route": announcing.path(renewals.DOCTYPE, row.name),
		"tone": tone,
		"why": why,
		"detail": _("Ends on {0}").format(formatdate(row.end_date)),
	}
