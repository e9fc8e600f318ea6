"""Stage Ageing: open documents by stage, rep or process, how long they have stood there and what is too long (M1).

A number opens the documents behind it: the same report, document by document.
"""

from __future__ import annotations

from statistics import median

import frappe
from frappe import _
from frappe.query_builder.functions import IfNull
from frappe.utils import get_datetime, get_fullname, now_datetime

from salesflow_std.engine import ageing
from salesflow_std.salesflow_std import grading, processes, report_parts, scope, stage_limits

GROUPS = {"Stage": "stage", "Rep": "rep", "Sales Process": "sales_process", "Document": "name"}
# How a document stands against its limit; `Escalated` ones are late too.
STANDINGS = ("No Limit", "In Time", "Late", "Escalated")
_FILTERS = ("company", "sales_process", "stage", "rep")
# More rows than that nobody reads; the numbers count them all.
_SHOWN = 2000


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, a chart and a summary for the chosen grouping."""
	filters = frappe._dict(filters or {})
	group = _group(filters)
	found = [row for row in _read(filters) if _is_asked_for(row, filters.standing)]
	message = None
	if group == "name":
		rows = sorted(found, key=lambda row: (row.due is None, row.due or row.entered_on, row.name))
		if len(rows) > _SHOWN:
			message = _("The first {0} of {1} are shown.").format(_SHOWN, len(rows))
		return _document_columns(), rows[:_SHOWN], message, None, _summary(found)
	rows = _grouped(found, group)
	return _columns(filters), rows, message, _chart(rows), _summary(found)


def _group(filters: frappe._dict) -> str:
	label = filters.group_by or "Stage"
	return report_parts.chosen_group(label, GROUPS, lambda group: _(group, context="Stage Ageing"))


def _read(filters: frappe._dict) -> list[frappe._dict]:
	doctypes = (
		[filters.document_type] if filters.document_type in stage_limits.OWNERS else stage_limits.OWNERS
	)
	now = now_datetime()
	rows = []
	for doctype in doctypes:
		rows += [_told(row, doctype, now) for row in _of(doctype, filters)]
	return rows


def _of(doctype: str, filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType(doctype)
	rep = IfNull(table[stage_limits.OWNERS[doctype]], table.owner)
	amounts = ("base_opportunity_amount", "opportunity_amount", "conversion_rate")
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.title,
			table.company,
			rep.as_("rep"),
			table.sf_grade.as_("grade"),
			table.sf_stage.as_("stage"),
			table.sf_sales_process.as_("sales_process"),
			table.sf_stage_entered_on.as_("entered_on"),
			table.sf_stage_due.as_("due"),
			table.sf_stage_late.as_("said"),
			*(table[field] for field in amounts if doctype == "Opportunity"),
		)
		.where((IfNull(table.sf_stage, "") != "") & table.sf_stage_entered_on.isnotnull())
		.where(stage_limits.counted(doctype, table))
		.orderby(table.name)
	)
	fields = {
		"company": table.company,
		"sales_process": table.sf_sales_process,
		"stage": table.sf_stage,
		"rep": rep,
	}
	for key in _FILTERS:
		if filters.get(key):
			query = query.where(fields[key] == filters[key])
	return scope.narrowed(query, doctype, stage_limits.OWNERS[doctype]).run(as_dict=True)


def _told(row: frappe._dict, doctype: str, now: object) -> frappe._dict:
	row.doctype = doctype
	row.doctype_label = _("Lead") if doctype == "Lead" else _("Opportunity")
	row.amount = grading.company_amount(row)
	row.days = max(0.0, (now - get_datetime(row.entered_on)).total_seconds() / 86400)
	due = get_datetime(row.due) if row.due else None
	if not due:
		row.standing = "No Limit"
	elif not ageing.is_late(due, now):
		row.standing = "In Time"
	else:
		row.standing = ageing.ESCALATED if row.said == ageing.ESCALATED else ageing.LATE
		row.over = (now - due).total_seconds() / 86400
	row.standing_label = _(row.standing, context="Stage Ageing")
	row.stage_label = _(row.stage)
	row.rep_name = get_fullname(row.rep)
	limit = stage_limits.limit_of(row.sales_process, row.stage)
	row.limit = stage_limits.in_words(limit.amount, limit.unit)
	return row


def _is_asked_for(row: frappe._dict, standing: str | None) -> bool:
	if not standing:
		return True
	return row.standing == standing or (standing == ageing.LATE and row.standing == ageing.ESCALATED)


def _grouped(found: list[frappe._dict], group: str) -> list[dict]:
	"""One row for each group and kind of document, stages in the order of their process."""
	parts: dict[tuple, list[frappe._dict]] = {}
	for row in found:
		parts.setdefault((row[group] or "", row.doctype), []).append(row)
	rows = [
		{
			"grouped_by": key,
			"label": _label(group, key),
			"doctype": doctype,
			"doctype_label": part[0].doctype_label,
			"documents": len(part),
			"amount": sum(row.amount for row in part),
			"days": median(row.days for row in part),
			"longest": max(row.days for row in part),
			"limit": _common({row.limit for row in part}) if group == "stage" else "",
			"no_limit": sum(row.standing == "No Limit" for row in part),
			"in_time": sum(row.standing == "In Time" for row in part),
			"late": sum(row.standing in (ageing.LATE, ageing.ESCALATED) for row in part),
			"escalated": sum(row.standing == ageing.ESCALATED for row in part),
		}
		for (key, doctype), part in parts.items()
	]
	order = _stage_order() if group == "stage" else {}
	rows.sort(key=lambda row: (order.get(row["grouped_by"], 99), -row["late"], row["label"], row["doctype"]))
	return rows


def _common(limits: set[str]) -> str:
	return limits.pop() if len(limits) == 1 else _("Several", context="Stage Ageing")


def _stage_order() -> dict[str, int]:
	"""Stage -> its place; where several processes have it, the longest of those in use says."""
	order: dict[str, int] = {}
	known = processes.all_of_them().values()
	for process in sorted(known, key=lambda process: (not process.enabled, -len(process.stages))):
		for place, stage in enumerate(process.stages):
			order.setdefault(stage.name, place)
	return order


def _label(group: str, key: str) -> str:
	if not key:
		return _("None", context="Salesflow")
	if group == "stage":
		return _(key)
	return get_fullname(key) if group == "rep" else key


def _column(label: str, fieldname: str, fieldtype: str = "Data", width: int = 110, **more: object) -> dict:
	return {"label": label, "fieldname": fieldname, "fieldtype": fieldtype, "width": width, **more}


def _columns(filters: frappe._dict) -> list[dict]:
	days = {"fieldtype": "Float", "precision": 1}
	return [
		_column(_(filters.group_by or "Stage", context="Stage Ageing"), "label", width=220),
		_column(_("Document Type", context="Stage Transition"), "doctype_label", width=110),
		_column(_("Documents", context="Stage Ageing"), "documents", "Int"),
		_column(_("Amount"), "amount", "Currency", 140),
		_column(_("Days There (Median)", context="Stage Ageing"), "days", width=150, **days),
		_column(_("Days There (Longest)", context="Stage Ageing"), "longest", width=150, **days),
		_column(_("Longest Stay", context="Stage Ageing"), "limit", width=150),
		_column(_("No Limit", context="Stage Ageing"), "no_limit", "Int"),
		_column(_("In Time", context="Stage Ageing"), "in_time", "Int"),
		_column(_("Late", context="Stage Ageing"), "late", "Int"),
		_column(_("Escalated", context="Stage Ageing"), "escalated", "Int", 140),
	]


def _document_columns() -> list[dict]:
	days = {"fieldtype": "Float", "precision": 1}
	return [
		_column(_("Document Type", context="Stage Transition"), "doctype_label", width=110),
		_column(_("Document", context="Stage Ageing"), "name", "Dynamic Link", 170, options="doctype"),
		_column(_("Customer"), "title", width=180),
		_column(_("Stage"), "stage_label", width=150),
		_column(_("Rep"), "rep_name", width=140),
		_column(_("Grade", context="Stage Transition"), "grade", width=70),
		_column(_("Amount"), "amount", "Currency", 130),
		_column(_("Entered On", context="Stage Ageing"), "entered_on", "Datetime", 150),
		_column(_("Days There", context="Stage Ageing"), "days", **days),
		_column(_("Longest Stay", context="Stage Ageing"), "limit", width=130),
		_column(_("Due", context="Salesflow"), "due", "Datetime", 150),
		_column(_("Days Over", context="Stage Ageing"), "over", **days),
		_column(_("Standing", context="Stage Ageing"), "standing_label", width=140),
		_column(_("Sales Process"), "sales_process", "Link", 150, options="Sales Process"),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	top = rows[:12]
	return {
		"data": {
			"labels": [row["label"] for row in top],
			"datasets": [
				{
					"name": _("In Time", context="Stage Ageing"),
					"values": [row["in_time"] + row["no_limit"] for row in top],
				},
				{"name": _("Late", context="Stage Ageing"), "values": [row["late"] for row in top]},
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#E24C4C"],
	}


def _summary(found: list[frappe._dict]) -> list[dict]:
	late = sum(row.standing in (ageing.LATE, ageing.ESCALATED) for row in found)
	escalated = sum(row.standing == ageing.ESCALATED for row in found)
	limited = sum(row.standing != "No Limit" for row in found)
	return [
		{"label": _("Documents", context="Stage Ageing"), "value": len(found), "datatype": "Int"},
		{
			"label": _("Late", context="Stage Ageing"),
			"value": late,
			"datatype": "Int",
			"indicator": "Red" if late else "Green",
		},
		{
			"label": _("Escalated", context="Stage Ageing"),
			"value": escalated,
			"datatype": "Int",
			"indicator": "Red" if escalated else "Green",
		},
		{
			"label": _("In Time %", context="Stage Ageing"),
			"value": round(100 * (limited - late) / limited) if limited else _("None yet"),
			"datatype": "Int" if limited else "Data",
		},
	]
