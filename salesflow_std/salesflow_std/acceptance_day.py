"""What of the acceptances waits for a user, for My Day (A2)."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote

import frappe
from frappe import _
from frappe.query_builder import DocType

from salesflow_std.salesflow_std import acceptance_mail
from salesflow_std.salesflow_std.actions import one_line, when_due

_DOCTYPE = "Acceptance Report"
_ROWS = 12
_MOST = 100


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day: open points they are to settle, and acceptances whose day has come, not yet signed.

	As far as the caller may see them; a user's own points stand there also where the report is not theirs to see.
	"""
	today = now.date()
	rows = [*_points(user, today), *_drafts(user, today)]
	if not rows:
		return None
	rows.sort(key=lambda row: (row["due"], row["title"]))
	return {
		"key": "acceptances",
		"label": _("Acceptances"),
		"total": len(rows),
		"all": f"/app/acceptance-report?allocated_to={quote(user)}",
		"rows": [{key: value for key, value in row.items() if key != "due"} for row in rows[:_ROWS]],
	}


def _points(user: str, today: date) -> list[dict]:
	if not _may_see_points(user):
		return []
	point, todo, report = DocType("Acceptance Point"), DocType("ToDo"), DocType(_DOCTYPE)
	rows = (
		frappe.qb.from_(todo)
		.join(point)
		.on(point.todo == todo.name)
		.join(report)
		.on(report.name == point.parent)
		.select(todo.name, todo.date, point.point, report.title)
		.where((todo.allocated_to == user) & (todo.status == "Open") & (todo.date <= today))
		.where((todo.reference_type == _DOCTYPE) & (report.docstatus == 1))
		.orderby(todo.date, todo.name)
		.limit(_MOST)
		.run(as_dict=True)
	)
	return [
		{
			"title": one_line(row.point),
			"route": f"/app/todo/{quote(row.name)}",
			**when_due(row.date, today),
			"detail": row.title,
			"due": row.date,
		}
		for row in rows
	]


def _may_see_points(user: str) -> bool:
	"""A manager sees those of others with the reports alone."""
	return user == frappe.session.user or bool(frappe.has_permission(_DOCTYPE, "read"))


def _drafts(user: str, today: date) -> list[dict]:
	if not frappe.has_permission(_DOCTYPE, "read"):
		return []
	rows = frappe.get_list(
		_DOCTYPE,
		filters={"docstatus": 0, "allocated_to": user, "accepted_on": ("<=", today)},
		fields=["name", "title", "accepted_on"],
		order_by="accepted_on asc, name asc",
		limit=_MOST,
	)
	return [
		{
			"title": row.title or row.name,
			"route": acceptance_mail.form(row),
			"tone": "orange",
			"why": _("Acceptance to be signed and submitted"),
			"detail": frappe.format(row.accepted_on, {"fieldtype": "Date"}),
			"due": row.accepted_on,
		}
		for row in rows
	]
