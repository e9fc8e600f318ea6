"""Stages on My Day: what of one's own has stood too long or is about to, and what of the team the manager heard of (M1)."""

from __future__ import annotations

import functools
from datetime import datetime, time
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import IfNull
from frappe.utils import format_datetime, formatdate, get_datetime, get_fullname
from pypika.terms import Criterion, LiteralValue

from salesflow_std.engine import ageing
from salesflow_std.salesflow_std import access, reps, stage_limits

_ROWS = 12
_MOST = 200


def waiting(user: str, now: datetime) -> dict | None:
	"""The section of a user's day, as far as the caller may see the documents; None where nothing waits."""
	own, team = _own(user, now), _of_team(user, now)
	rows = [_row(row, now) for row in own] + [_row(row, now, get_fullname(row.rep)) for row in team]
	if not rows:
		return None
	asked = {"group_by": "Document", "standing": ageing.LATE, **({} if team else {"rep": user})}
	return {
		"key": "stages",
		"label": _("Too Long in Their Stage", context="My Day"),
		"total": len(rows),
		"all": f"/app/query-report/{quote('Stage Ageing')}?{urlencode(asked, quote_via=quote)}",
		"rows": rows[:_ROWS],
	}


def _own(user: str, now: datetime) -> list[frappe._dict]:
	end = datetime.combine(now.date(), time.max)
	return _due(end, lambda table, rep: rep == user)


def _of_team(user: str, now: datetime) -> list[frappe._dict]:
	"""For a manager: what they were told of."""
	if not reps.is_manager(user):
		return []
	is_told = functools.cache(lambda rep: user in reps.escalate_to(rep))
	found = _due(now, lambda table, rep: (rep != user) & (table.sf_stage_late == ageing.ESCALATED))
	return [row for row in found if is_told(row.rep)]


def _due(until: datetime, whose: object) -> list[frappe._dict]:
	found: list[frappe._dict] = []
	for doctype, owner_field in stage_limits.OWNERS.items():
		match = access.readable(doctype, frappe.session.user)
		if match is None:
			continue
		table = DocType(doctype)
		rep = IfNull(table[owner_field], table.owner)
		query = (
			frappe.qb.from_(table)
			.select(table.name, table.title, table.sf_stage, table.sf_stage_due, table.sf_stage_late)
			.select(rep.as_("rep"))
			.where(table.status.isin(stage_limits.OPEN_STATUSES[doctype]) & (table.sf_stage_due <= until))
			.where(stage_limits.counted(doctype, table) & whose(table, rep))
			.orderby(table.sf_stage_due, table.name)
			.limit(_MOST)
		)
		if match:
			query = query.where(Criterion.all([LiteralValue(f"({match})")]))
		for row in query.run(as_dict=True):
			row.doctype = doctype
			found.append(row)
	return sorted(found, key=lambda row: (row.sf_stage_due, row.name))


def _row(row: frappe._dict, now: datetime, rep: str = "") -> dict:
	due = get_datetime(row.sf_stage_due)
	late = ageing.is_late(due, now)
	when = f"{formatdate(due)} {format_datetime(due, 'HH:mm')}"
	return {
		"title": row.title or row.name,
		"route": f"/app/{row.doctype.lower()}/{quote(row.name)}",
		"tone": "red" if late else "orange",
		"why": _(row.sf_stage),
		"detail": " · ".join(filter(None, (rep, when))),
	}
