"""The clock of promised replies: a reminder before one is due, the manager when it is missed, each once (S4, F5)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import frappe
from frappe import _
from frappe.utils import escape_html, flt, get_datetime, get_fullname, now_datetime

from salesflow_std.engine import objections as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.jobs import telling, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import notices, objections, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.objections import DOCTYPE, OPEN

CHUNK = 500

# User -> what they are told of, in one mail.
Cases = dict[str, list[frappe._dict]]


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due it is two small queries. Twice is once."""
	run_each((watch_replies,))


def watch_replies() -> int:
	"""Reminds of promised replies that are due soon, and tells managers of missed ones; returns how many."""
	now, count = now_datetime(), 0
	for rows in watching.chunks(partial(_due, now, _latest(now))):
		due: Cases = {}
		missed: Cases = {}
		for row in rows:
			with watching.sparing("A promised reply could not be watched", DOCTYPE, row.name):
				count += _one(row, now, due, missed)
		for user, of_user in due.items():
			telling.mail(user, partial(_due_mail, of_user))
		for user, of_user in missed.items():
			telling.mail(user, partial(_missed_mail, of_user))
	return count


def _latest(now: datetime) -> datetime:
	"""No company reminds of a reply that is due later than that."""
	companies = frappe.get_all("Company", pluck="name", order_by="name")
	return max(_soon(now, company) for company in (None, *companies))


def _soon(now: datetime, company: str | None) -> datetime:
	"""Until when a reply has to be due to be reminded of now; without a working calendar nobody is reminded."""
	try:
		return rules.remind_until(now, flt(settings().objection_remind_hours), working_calendar(company))
	except (EngineError, frappe.DoesNotExistError):
		return now


def _due(now: datetime, latest: datetime, after: str) -> list[frappe._dict]:
	table = frappe.qb.DocType(DOCTYPE)
	return (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.title,
			table.kind,
			table.objection,
			table.company,
			table.reply_due_on,
			table.allocated_to,
			table.owner,
		)
		.where((table.status == OPEN) & (table.reply_due_on <= latest) & (table.name > after))
		.where(table.escalated_on.isnull() & (table.reminded_on.isnull() | (table.reply_due_on < now)))
		.orderby(table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _one(row: frappe._dict, now: datetime, due: Cases, missed: Cases) -> bool:
	if rules.is_missed(get_datetime(row.reply_due_on), None, now):
		told, cases = _escalate(row, now), missed
	elif get_datetime(row.reply_due_on) <= _soon(now, row.company):
		told, cases = _remind(row, now), due
	else:
		return False
	for user in told:
		cases.setdefault(user, []).append(row)
	return bool(told)


def _mark(row: frappe._dict, field: str, values: dict[str, object]) -> bool:
	"""Sets what is set once; False where it was answered or promised anew meanwhile."""
	unchanged = {"status": OPEN, "reply_due_on": row.reply_due_on}
	return telling.mark_once(DOCTYPE, row.name, field, values, unchanged)


def _remind(row: frappe._dict, now: datetime) -> list[str]:
	"""The responsible, or whoever stands in."""
	if not _mark(row, "reminded_on", {"reminded_on": now}):
		return []
	user = reps.on_duty(objections.responsible(row), now.date())
	with notices.in_language(notices.language_of(user)):
		notices.notify(
			user,
			_("{0}: the reply to an objection ({1}) is promised until {2}.").format(
				telling.titled(row), _(row.kind, context="Objection"), telling.when(row.reply_due_on)
			),
			DOCTYPE,
			row.name,
			escape_html(row.objection or ""),
		)
	return [user]


def _escalate(row: frappe._dict, now: datetime) -> list[str]:
	rep = objections.responsible(row)
	managers = reps.escalate_to(rep)
	marks = {"escalated_on": now, "escalated_to": managers[0], "reminded_on": now, "reply_missed": 1}
	if not _mark(row, "escalated_on", marks):
		return []
	for manager in managers:
		with notices.in_language(notices.language_of(manager)):
			notices.notify(
				manager,
				_(
					"{0}: the reply to an objection ({1}) was promised until {2}, {3} has not given it."
				).format(
					telling.titled(row),
					_(row.kind, context="Objection"),
					telling.when(row.reply_due_on),
					escape_html(get_fullname(rep)),
				),
				DOCTYPE,
				row.name,
				escape_html(row.objection or ""),
			)
	return managers


def _due_mail(rows: list[frappe._dict]) -> tuple[str, dict]:
	return (
		_("{0} promised replies are due soon").format(len(rows)),
		_table(_("The customer expects these answers. Each is told once."), rows),
	)


def _missed_mail(rows: list[frappe._dict]) -> tuple[str, dict]:
	return (
		_("{0} promised replies not given in time").format(len(rows)),
		_table(_("These answers were promised to customers and not given in time. Each is told once."), rows),
	)


def _table(intro: str, rows: list[frappe._dict]) -> dict:
	return {
		"intro": intro,
		"about": _("Objection"),
		"until": _("Promised Until", context="Salesflow"),
		"cases": [_case(row) for row in rows],
	}


def _case(row: frappe._dict) -> dict[str, str]:
	about = f"{_(row.kind, context='Objection')}: {row.objection or ''}"
	return {**telling.case(DOCTYPE, row, row.reply_due_on, objections.responsible(row)), "about": about}
