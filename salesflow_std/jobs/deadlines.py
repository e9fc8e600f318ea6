"""Deadlines that are watched: whoever is responsible is reminded, then their manager hears of it, each once (F5).

What is watched is described by a `Deadline`; a document that fails is logged and left for the next tick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import frappe
from frappe import _
from frappe.utils import escape_html, flt, get_datetime, get_fullname, now_datetime
from pypika import Table
from pypika.terms import Criterion

from salesflow_std.jobs import telling, watching
from salesflow_std.salesflow_std import notices, reminding, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

CHUNK = 500
# Working hours before a deadline reach back over holidays, however long.
_AHEAD = timedelta(days=16)


@dataclass(frozen=True)
class Deadline:
	"""One kind of deadline. The fields `due`, `reminded` and `escalated` are of `doctype`.

	`rep`, `company` and `called` name the fields that say who is responsible (`owner` where it is empty), whose working
	time counts, and how the document is called. `waiting` is the condition under which it is still to be done. `words`
	gives, in the current language, ``{"soon", "late", "subject", "intro"}``: notices with {0} the title and {1} the moment
	({2} in `late` who is responsible), and the manager's mail with {0} how many. Where somebody else than the `rep` is to
	hear of it first, `above` names their field, and it is their manager who is told; `told` names the field that says who
	was.
	"""

	doctype: str
	due: str
	reminded: str
	escalated: str
	rep: str
	company: str
	called: str
	waiting: Callable[[Table], Criterion]
	words: Callable[[], dict[str, str]]
	above: str = ""
	told: str = ""


def watch(deadline: Deadline) -> int:
	"""Reminds and escalates what is due; returns how many documents somebody was told of. Twice is once."""
	now, count = now_datetime().replace(microsecond=0), 0
	for rows in watching.chunks(partial(_due, deadline, now)):
		cases: dict[str, list[frappe._dict]] = {}
		for row in rows:
			with watching.sparing("A deadline could not be watched", deadline.doctype, row.name):
				count += _one(deadline, row, now, cases)
		for manager, of_manager in cases.items():
			_mail(deadline, manager, of_manager)
	return count


def _due(deadline: Deadline, now: datetime, after: str) -> list[frappe._dict]:
	table = frappe.qb.DocType(deadline.doctype)
	due, reminded, escalated = table[deadline.due], table[deadline.reminded], table[deadline.escalated]
	return (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.owner,
			due.as_("due"),
			table[deadline.rep].as_("rep"),
			table[deadline.above or deadline.rep].as_("above"),
			table[deadline.company].as_("company"),
			table[deadline.called].as_("title"),
		)
		.where((due <= now + _AHEAD) & (table.name > after) & deadline.waiting(table))
		.where(escalated.isnull() & (reminded.isnull() | (due <= now)))
		.orderby(table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _one(deadline: Deadline, row: frappe._dict, now: datetime, cases: dict[str, list[frappe._dict]]) -> bool:
	due = get_datetime(row.due)
	if due > now:
		hours = flt(settings().closing_remind_hours)
		return reminding.is_near(due, hours, row.company, now) and _remind(deadline, row, now)
	managers = _escalate(deadline, row, now)
	for manager in managers:
		cases.setdefault(manager, []).append(row)
	return bool(managers)


def _mark(deadline: Deadline, row: frappe._dict, field: str, values: dict[str, object]) -> bool:
	"""Sets what is set once; False where somebody else has, or the deadline has moved meanwhile."""
	return telling.mark_once(deadline.doctype, row.name, field, values, {deadline.due: row.due})


def _rep(row: frappe._dict) -> str:
	return row.rep or row.owner


def _remind(deadline: Deadline, row: frappe._dict, now: datetime) -> bool:
	if not _mark(deadline, row, deadline.reminded, {deadline.reminded: now}):
		return False
	rep = reps.on_duty(_rep(row), now.date())
	for user in [rep] if reps.is_enabled(rep) else reps.escalate_to(rep):
		with notices.in_language(notices.language_of(user)):
			text = deadline.words()["soon"].format(telling.titled(row), telling.when(row.due))
			notices.notify(user, text, deadline.doctype, row.name)
	return True


def _escalate(deadline: Deadline, row: frappe._dict, now: datetime) -> list[str]:
	managers = reps.escalate_to(row.above or _rep(row))
	marks = {deadline.escalated: now, deadline.reminded: now}
	if deadline.told:
		marks[deadline.told] = managers[0]
	if not _mark(deadline, row, deadline.escalated, marks):
		return []
	for user in dict.fromkeys((*managers, row.above or _rep(row), _rep(row))):
		if not reps.is_enabled(user):
			continue
		with notices.in_language(notices.language_of(user)):
			text = deadline.words()["late"].format(
				telling.titled(row), telling.when(row.due), escape_html(get_fullname(_rep(row)))
			)
			notices.notify(user, text, deadline.doctype, row.name)
	return managers


def _mail(deadline: Deadline, manager: str, rows: list[frappe._dict]) -> None:
	"""One mail lists all new cases of a manager."""

	def say() -> tuple[str, dict]:
		words = deadline.words()
		args = {
			"intro": words["intro"],
			"until": _("Due", context="Salesflow"),
			"cases": [telling.case(deadline.doctype, row, row.due, _rep(row)) for row in rows],
		}
		return words["subject"].format(len(rows)), args

	telling.mail(manager, say)
