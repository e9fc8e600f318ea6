"""The clock of the stages: too long in one, and the owner hears of it, later the manager, each once (M1, F5).

What has been said stands in `sf_stage_late` of the document: nothing, Late (the owner knows), Escalated (the manager
does too). A touch, where it counts, and a move begin anew. Documents that have ended leave.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import attrgetter

import frappe
from frappe import _
from frappe.query_builder.functions import IfNull
from frappe.utils import escape_html, get_datetime, get_fullname, now_datetime
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from salesflow_std.engine import ageing
from salesflow_std.jobs import stage_backfill, telling, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import bulk, notices, processes, reps, stage_limits
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

CHUNK = 500
# Written by set, nobody is told.
WRITE_CHUNK = 2000
# More than that come to one reader as one notice: nobody reads forty.
_MOST = 5

# User -> what they are told of.
Cases = dict[str, list[frappe._dict]]


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due it is a few queries on indexes. Twice is once."""
	run_each((stage_backfill.restart, leave_ended, watch_owners, watch_managers))


def watch_owners() -> int:
	"""Tells owners, or who stands in, what has stood too long; returns how many documents."""
	return sum(_watch(doctype, ageing.IN_TIME) for doctype in stage_limits.OWNERS)


def watch_managers() -> int:
	"""Tells managers what still stands there some time after the owner heard of it; returns how many documents."""
	return sum(_watch(doctype, ageing.LATE) for doctype in stage_limits.OWNERS)


def leave_ended() -> int:
	"""Takes late documents out of the clock that have ended, or that nobody works on just now; returns how many."""
	count = 0
	for doctype in stage_limits.OWNERS:
		table = frappe.qb.DocType(doctype)
		late = table.sf_stage_late.isin((ageing.LATE, ageing.ESCALATED))
		count += _clear(table, late & stage_limits.counted(doctype, table).negate())
	return count


def forget_ended() -> int:
	"""Takes the deadlines from documents that have ended in time; once an hour is enough, nobody is told of them."""
	count = 0
	for doctype in stage_limits.OWNERS:
		table = frappe.qb.DocType(doctype)
		ended = table.status.notin(stage_limits.OPEN_STATUSES[doctype])
		count += _clear(table, ended & table.sf_stage_due.isnotnull())
	return count


def _clear(table: frappe.qb.DocType, condition: object) -> int:
	count = 0
	while True:
		names = frappe.qb.from_(table).select(table.name).where(condition).limit(WRITE_CHUNK).run(pluck=True)
		if names:
			query = frappe.qb.update(table).set(table.sf_stage_due, None)
			query.set(table.sf_stage_late, ageing.IN_TIME).where(bulk.Among(table.name, names)).run()
			# A chunk is whole in itself; a restart goes on behind it.
			frappe.db.commit()  # nosemgrep
		count += len(names)
		if len(names) < WRITE_CHUNK:
			return count


def _watch(doctype: str, said: str) -> int:
	now, count = now_datetime(), 0
	say = _late if said == ageing.IN_TIME else _escalated
	for rows in watching.chunks(partial(_over, doctype, said, now), ("", ""), attrgetter("rep", "name")):
		cases: Cases = {}
		for row in rows:
			with watching.sparing("A stage could not be watched", doctype, row.name):
				count += _one(row, said, now, cases)
		for user, of_user in cases.items():
			_tell(user, of_user, say)
	return count


def _over(doctype: str, said: str, now: datetime, after: tuple[str, str]) -> list[frappe._dict]:
	"""Documents whose stay is over, those of one owner together, so that they come in one mail."""
	table = frappe.qb.DocType(doctype)
	rep = IfNull(table[stage_limits.OWNERS[doctype]], table.owner)
	return (
		_rows(doctype, table)
		.select(rep.as_("rep"))
		.where((table.sf_stage_due < now) & _is_said(table, said))
		.where(stage_limits.counted(doctype, table))
		.where((rep > after[0]) | ((rep == after[0]) & (table.name > after[1])))
		.orderby(rep, table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _is_said(table: frappe.qb.DocType, said: str) -> Criterion:
	"""In the words of the index."""
	same = table.sf_stage_late == said
	return same if said else same | table.sf_stage_late.isnull()


def _rows(doctype: str, table: frappe.qb.DocType) -> QueryBuilder:
	return frappe.qb.from_(table).select(
		table.name,
		frappe.qb.terms.ValueWrapper(doctype).as_("doctype"),
		table.title,
		table.company,
		table.status,
		table.sf_sales_process,
		table.sf_stage,
		table.sf_stage_entered_on,
		table.sf_stage_due,
		table.sf_stage_late,
		table.sf_last_touch_on,
	)


def _one(row: frappe._dict, said: str, now: datetime, cases: Cases) -> bool:
	"""Marks one document, and says who is to hear of it."""
	due, fresh = get_datetime(row.sf_stage_due), _fresh(row)
	if fresh is None or fresh > due:
		# Touched meanwhile on a path that told nobody, or the limit is another one now.
		_write(row, {"sf_stage_due": fresh, "sf_stage_late": ageing.IN_TIME})
		return False
	if said == ageing.IN_TIME:
		users, following = [reps.on_duty(row.rep, now.date())], ageing.LATE
	elif _standing(row, due, now) == ageing.ESCALATED:
		users, following = reps.escalate_to(row.rep), ageing.ESCALATED
	else:
		return False
	if not _write(row, {"sf_stage_late": following}):
		return False
	for user in users:
		cases.setdefault(user, []).append(row)
	return True


def _fresh(row: frappe._dict) -> datetime | None:
	"""When the stay is over by what is known now."""
	if not row.sf_stage_entered_on:
		return get_datetime(row.sf_stage_due)
	limit = stage_limits.limit_of(row.sf_sales_process, row.sf_stage)
	if limit.amount and not limit.touch_resets:
		return get_datetime(row.sf_stage_due)
	return stage_limits.due(row, row.sf_stage, get_datetime(row.sf_stage_entered_on), row.sf_last_touch_on)


def _standing(row: frappe._dict, due: datetime, now: datetime) -> str:
	process = processes.get(row.sf_sales_process)
	amount, unit = (process.escalate_amount, process.escalate_unit) if process else (0, "Hours")
	return ageing.standing(due, now, amount, unit, working_calendar(row.company))


def _write(row: frappe._dict, values: dict[str, object]) -> bool:
	"""Sets it where the document still stands as it was read; False where it has moved, or somebody else was first."""
	table = frappe.qb.DocType(row.doctype)
	query = frappe.qb.update(table)
	for field, value in values.items():
		query = query.set(table[field], value)
	(
		query.where((table.name == row.name) & (table.sf_stage == row.sf_stage))
		.where(table.sf_stage_due == row.sf_stage_due)
		.where(IfNull(table.sf_stage_late, "") == (row.sf_stage_late or ""))
		.run()
	)
	return bool(frappe.db._cursor.rowcount)


# What is said -------------------------------------------------------------------------------------------------


def _late(row: frappe._dict) -> str:
	return _("{0} has stood in the stage {1} since {2}; it was to leave it by {3}.").format(
		telling.titled(row),
		_stage(row),
		telling.when(row.sf_stage_entered_on),
		telling.when(row.sf_stage_due),
	)


def _escalated(row: frappe._dict) -> str:
	return _("{0} of {1} still stands in the stage {2}; it was to leave it by {3}.").format(
		telling.titled(row), escape_html(get_fullname(row.rep)), _stage(row), telling.when(row.sf_stage_due)
	)


def _tell(user: str, rows: list[frappe._dict], say: Callable[[frappe._dict], str]) -> None:
	"""Notices, or one where there are many, and one mail."""
	with (
		watching.sparing("A notice of the stage clock could not be given"),
		notices.in_language(notices.language_of(user)),
	):
		if len(rows) <= _MOST:
			for row in rows:
				notices.notify(user, say(row), row.doctype, row.name)
		else:
			subject = _("{0} documents stand in their stage longer than allowed.").format(len(rows))
			lines = "<br>".join(map(_line, rows[:50]))
			notices.notify(user, subject, rows[0].doctype, rows[0].name, lines)
	telling.mail(user, partial(_mail, rows, say is _escalated))


def _mail(rows: list[frappe._dict], escalated: bool) -> tuple[str, dict]:
	intro = (
		_(
			"These have stood in their stage longer than the sales process allows, and still do. Each is told once."
		)
		if escalated
		else _("These have stood in their stage longer than the sales process allows. Each is told once.")
	)
	return (
		_("{0} documents too long in their stage").format(len(rows)),
		{
			"intro": intro,
			"about": _("Stage"),
			"until": _("Due", context="Salesflow"),
			"cases": [
				{**telling.case(row.doctype, row, row.sf_stage_due, row.rep), "about": _(row.sf_stage)}
				for row in rows
			],
		},
	)


def _line(row: frappe._dict) -> str:
	return f"{escape_html(row.title or row.name)}: {_stage(row)}"


def _stage(row: frappe._dict) -> str:
	return escape_html(_(row.sf_stage))


# When the limits or the calendar change -----------------------------------------------------------------------


def resume() -> int:
	"""Gives a stay of full length, from now on, to documents that are worked on again; returns how many."""
	now, count = now_datetime(), 0
	for doctype in stage_limits.OWNERS:
		for name, process in processes.all_of_them().items():
			limited = [stage.name for stage in process.stages if stage.longest_stay]
			if limited:
				table = frappe.qb.DocType(doctype)
				count += _count_all(
					doctype,
					(table.sf_sales_process == name)
					& table.sf_stage.isin(limited)
					& table.sf_stage_due.isnull(),
					lambda row: now,
				)
	return count


def count_anew(process: str | None = None) -> int:
	"""Counts the ends of all stays (of a process) anew, after its limits or the calendar changed; returns how many
	have changed. Restartable: what is counted already stays as it is."""
	count = 0
	for doctype in stage_limits.OWNERS:
		table = frappe.qb.DocType(doctype)
		of_process = table.sf_sales_process == process if process else table.sf_sales_process.isnotnull()
		count += _count_all(doctype, of_process, lambda row: get_datetime(row.sf_stage_entered_on))
	return count


def _count_all(doctype: str, condition: object, start: Callable[[frappe._dict], datetime]) -> int:
	table, after, count = frappe.qb.DocType(doctype), "", 0
	now = now_datetime()
	while True:
		rows = (
			_rows(doctype, table)
			.where(condition & table.sf_stage_entered_on.isnotnull() & (table.name > after))
			.where(stage_limits.counted(doctype, table))
			.orderby(table.name)
			.limit(WRITE_CHUNK)
			.run(as_dict=True)
		)
		if not rows:
			return count
		for row in rows:
			due = stage_limits.due(row, row.sf_stage, start(row), row.sf_last_touch_on)
			if due == (get_datetime(row.sf_stage_due) if row.sf_stage_due else None):
				continue
			late = row.sf_stage_late if ageing.is_late(due, now) else ageing.IN_TIME
			count += _write_anew(row, {"sf_stage_due": due, "sf_stage_late": late})
		# A chunk is whole in itself; a restart goes on behind it.
		frappe.db.commit()  # nosemgrep
		after = rows[-1].name


def _write_anew(row: frappe._dict, values: dict[str, object]) -> int:
	table = frappe.qb.DocType(row.doctype)
	query = frappe.qb.update(table).where((table.name == row.name) & (table.sf_stage == row.sf_stage))
	for field, value in values.items():
		query = query.set(table[field], value)
	query.run()
	return frappe.db._cursor.rowcount
