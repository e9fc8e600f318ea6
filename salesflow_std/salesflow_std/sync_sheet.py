"""What a week of a delivery says beside its fields: what is missing, what has changed, what is still open (A1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import cint, escape_html, flt, formatdate, get_fullname

from salesflow_std.salesflow_std import refusals

DOCTYPE = "Delivery Sync"
DUE, DONE, MISSED = "Due", "Done", "Missed"
ON_TRACK, AT_RISK, LATE = "On Track", "At Risk", "Late"

_BRIEF = ("name", "week_of", "status", "due_on", "done_on", "health", "progress", "next_milestone_on")
_RISK = ("risk", "level", "measure", "user")
_MOST = 50


# Beside the form -------------------------------------------------------------------------------------------------


def of(sync: Document) -> dict:
	"""``{"missing": [{"fieldname", "what"}], "before": {…} | None, "promises": [{…}]}``: what the week lacks, the last
	one that was told, and what was promised in earlier weeks and is still open."""
	return {
		"missing": missing(sync),
		"before": last_told(sync.project, sync.week_of),
		"promises": [row for row in open_promises(sync.project) if row.sync != sync.name],
	}


def missing(sync: Document) -> list[dict]:
	"""What a week has still to say before it is told: ``[{"fieldname", "what"}]``."""
	found = []
	if not sync.health:
		found.append({"fieldname": "health", "what": _("Say how the delivery stands.")})
	if not (sync.done_this_week or "").strip():
		found.append({"fieldname": "done_this_week", "what": _("Write what was done this week.")})
	if sync.health in (AT_RISK, LATE) and not [row for row in sync.risks if not row.settled]:
		found.append({"fieldname": "risks", "what": _("Name the risk, and what is done about it.")})
	return found


# Around it -------------------------------------------------------------------------------------------------------


def brief(name: str | None) -> frappe._dict | None:
	"""The few fields of a sync that say how it stands."""
	return frappe.db.get_value(DOCTYPE, name, _BRIEF, as_dict=True) if name else None


def last_told(project: str, before: object = None) -> frappe._dict | None:
	"""The latest week of a project that was told; `before` a Monday, the one before it."""
	filters = {"project": project, "status": DONE}
	if before:
		filters["week_of"] = ("<", before)
	rows = frappe.get_all(DOCTYPE, filters=filters, fields=_BRIEF, order_by="week_of desc", limit=1)
	return rows[0] if rows else None


def open_risks(project: str) -> list[frappe._dict]:
	"""The risks of a project that its latest week has not settled: ``[{"risk", "level", "measure", "user"}]``."""
	latest = frappe.get_all(
		DOCTYPE,
		filters={"project": project, "status": ("in", (DONE, MISSED))},
		pluck="name",
		order_by="week_of desc",
		limit=1,
	)
	if not latest:
		return []
	return frappe.get_all(
		"Delivery Sync Risk",
		filters={"parent": latest[0], "parenttype": DOCTYPE, "settled": 0},
		fields=list(_RISK),
		order_by="idx",
	)


def open_promises(project: str) -> list[frappe._dict]:
	"""What was promised and is not kept, the oldest first: ``[{"sync", "promise", "user", "due_on", "todo"}]``."""
	sync, promise = DocType(DOCTYPE), DocType("Delivery Sync Promise")
	return (
		frappe.qb.from_(promise)
		.join(sync)
		.on((sync.name == promise.parent) & (promise.parenttype == DOCTYPE))
		.select(sync.name.as_("sync"), promise.promise, promise.user, promise.due_on, promise.todo)
		.where((sync.project == project) & (sync.status == DONE) & (promise.kept == 0))
		.orderby(promise.due_on)
		.orderby(sync.week_of)
		.orderby(promise.idx)
		.limit(_MOST)
		.run(as_dict=True)
	)


# In words --------------------------------------------------------------------------------------------------------


def health(word: str | None) -> str:
	"""How a delivery stands, in the current language."""
	return _(word, context="Delivery Sync") if word else ""


def percent(value: object) -> str:
	"""A progress as it is read: 40 %, 62.5 %."""
	return f"{flt(value, 1):g} %"


def changes(sync: Document, before: frappe._dict | None) -> list[str]:
	"""What has changed since the week before, a line for each, in the current language."""
	told = []
	if before and before.health != sync.health:
		told.append(_("{0}, was {1}").format(health(sync.health), health(before.health)))
	elif sync.health:
		told.append(health(sync.health))
	if before and flt(before.progress) != flt(sync.progress):
		told.append(_("Progress {0}, was {1}").format(percent(sync.progress), percent(before.progress)))
	elif sync.progress:
		told.append(_("Progress {0}").format(percent(sync.progress)))
	if sync.next_milestone_on and (not before or before.next_milestone_on != sync.next_milestone_on):
		told.append(_("Next milestone on {0}").format(formatdate(sync.next_milestone_on)))
	for row in sync.risks:
		words = _("Risk settled: {0}") if cint(row.settled) else _("Risk: {0}")
		told.append(words.format(row.risk))
	told += [promised(row) for row in sync.promises]
	if sync.customer_word:
		told.append(_("The customer says: {0}").format(sync.customer_word))
	return told


def promised(row: Document) -> str:
	"""A promise with who keeps it and when."""
	if not (row.user and row.due_on):
		return _("Promised: {0}").format(row.promise)
	return _("Promised: {0} ({1}, {2})").format(row.promise, get_fullname(row.user), formatdate(row.due_on))


def for_timeline(sync: Document) -> str:
	"""What the customer's timeline says of a week, as HTML behind the name of who told it."""
	head = _("told how the delivery stands, week of {0}: {1}, {2}").format(
		refusals.link(DOCTYPE, sync.name, formatdate(sync.week_of)),
		f"<b>{escape_html(health(sync.health))}</b>",
		escape_html(percent(sync.progress)),
	)
	points = [promised(row) for row in sync.promises]
	if sync.customer_word:
		points.append(_("The customer says: {0}").format(sync.customer_word))
	return head + "".join(f"<br>{escape_html(point)}" for point in points)
