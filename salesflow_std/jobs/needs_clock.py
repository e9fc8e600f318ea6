"""The clock of the needs summary: a reminder before it is due, the manager when it is late, each once (N4, F5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import frappe
from frappe import _
from frappe.utils import cint, escape_html, get_datetime, get_fullname, now_datetime

from salesflow_std.jobs import telling, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import notices, public_links, reps
from salesflow_std.salesflow_std.confirmations import DOCTYPE, TALKED
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

CHUNK = 500


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due it is one query on an index. Twice is once."""
	run_each((watch_summaries,))


def clear_old_links() -> None:
	"""Once a day: links that nobody asks about any more."""
	run_each((public_links.clear_old,))


def watch_summaries() -> int:
	"""Reminds reps of summaries that are due soon, and tells managers of those that are late; returns how many."""
	now, count = now_datetime(), 0
	for rows in watching.chunks(partial(_due, now)):
		cases: dict[str, list[frappe._dict]] = {}
		for row in rows:
			with watching.sparing("A needs summary could not be watched", DOCTYPE, row.name):
				count += _one(row, now, cases)
		for manager, of_manager in cases.items():
			_mail(manager, of_manager)
	return count


def _due(now: datetime, after: str) -> list[frappe._dict]:
	record = frappe.qb.DocType(DOCTYPE)
	soon = now + timedelta(hours=cint(settings().summary_reminder_hours))
	return (
		frappe.qb.from_(record)
		.select(record.name, record.title, record.summary_due_on, record.allocated_to, record.owner)
		.where((record.status == TALKED) & (record.summary_due_on <= soon) & (record.name > after))
		.where(record.next_version.isnull() | (record.next_version == ""))
		.where(record.escalated_on.isnull() & (record.reminded_on.isnull() | (record.summary_due_on <= now)))
		.orderby(record.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _one(row: frappe._dict, now: datetime, cases: dict[str, list[frappe._dict]]) -> bool:
	if get_datetime(row.summary_due_on) > now:
		return _remind(row, now)
	managers = _escalate(row, now)
	for manager in managers:
		cases.setdefault(manager, []).append(row)
	return bool(managers)


def _mark(row: frappe._dict, field: str, values: dict[str, object]) -> bool:
	"""Sets what is set once; False where somebody else has, or the summary has gone out meanwhile."""
	return telling.mark_once(DOCTYPE, row.name, field, values, {"status": TALKED})


def _rep(row: frappe._dict) -> str:
	return row.allocated_to or row.owner


def _remind(row: frappe._dict, now: datetime) -> bool:
	if not _mark(row, "reminded_on", {"reminded_on": now}):
		return False
	rep = _rep(row)
	for user in [rep] if reps.is_enabled(rep) else reps.escalate_to(rep):
		with notices.in_language(notices.language_of(user)):
			notices.notify(
				user,
				_("{0}: the needs summary is due to the customer by {1}.").format(
					telling.titled(row), telling.when(row.summary_due_on)
				),
				DOCTYPE,
				row.name,
			)
	return True


def _escalate(row: frappe._dict, now: datetime) -> list[str]:
	managers = reps.escalate_to(_rep(row))
	marks = {"escalated_on": now, "escalated_to": managers[0], "reminded_on": now}
	if not _mark(row, "escalated_on", marks):
		return []
	for manager in managers:
		with notices.in_language(notices.language_of(manager)):
			notices.notify(
				manager,
				_("{0}: the needs summary was due by {1}, {2} has not sent it.").format(
					telling.titled(row),
					telling.when(row.summary_due_on),
					escape_html(get_fullname(_rep(row))),
				),
				DOCTYPE,
				row.name,
			)
	return managers


def _mail(manager: str, rows: list[frappe._dict]) -> None:
	"""One mail lists all new cases of a manager."""
	telling.mail(
		manager,
		lambda: (
			_("{0} needs summaries not sent in time").format(len(rows)),
			{
				"intro": _("These needs summaries have not gone to the customer in time. Each is told once."),
				"until": _("Due", context="Salesflow"),
				"cases": [telling.case(DOCTYPE, row, row.summary_due_on, _rep(row)) for row in rows],
			},
		),
	)
