"""Lead Discipline: how well leads keep the standard, by rep, source or company (L1, L2, L3, L7, L9).

Every lead counts once, in the month of its capture, for who may see it (`scope`). A count opens the leads behind it.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from pypika import Case

from salesflow_std.salesflow_std import report_parts, scope

GROUPS = {"Lead Owner": "lead_owner", "Source": "source", "Company": "company", "Grade": "sf_grade"}


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, dict, list[dict]]:
	"""Columns, rows, no message, chart and summary for the chosen period and grouping."""
	filters = report_parts.one_value_each(filters)
	group = _group(filters)
	rows = _rows(filters, group)
	return _columns(filters, group), rows, None, _chart(rows), _summary(rows)


def _group(filters: frappe._dict) -> str:
	label = filters.group_by or "Lead Owner"
	field = report_parts.chosen_group(label, GROUPS, lambda group: _(group, context="Salesflow"))
	if field == "source" and not frappe.get_meta("Lead").has_field("source"):
		return "utm_source"  # its name from ERPNext 16 on
	return field


def _rows(filters: frappe._dict, group: str) -> list[dict]:
	lead = frappe.qb.DocType("Lead")
	source = lead.source if frappe.get_meta("Lead").has_field("source") else lead.utm_source
	begin, end = report_parts.period(filters)
	empty = lambda field: field.isnull() | (field == "")  # noqa: E731
	tally = lambda criterion: Sum(Case().when(criterion, 1).else_(0))  # noqa: E731
	valid = empty(lead.sf_invalid_reason)
	query = (
		frappe.qb.from_(lead)
		.select(
			lead[group].as_("grouped_by"),
			Count("*").as_("leads"),
			tally(valid & empty(source)).as_("no_source"),
			tally(lead.sf_late_entry == 1).as_("late"),
			tally(valid.negate()).as_("invalid"),
			tally(valid & empty(lead.sf_grade)).as_("not_graded"),
			tally(lead.sf_grade_stale == 1).as_("stale"),
			tally(lead.sf_first_touch_status == "Overdue").as_("overdue"),
			tally(lead.sf_first_touch_status == "Missed").as_("missed"),
			tally(lead.sf_first_touch_status == "Met").as_("met"),
		)
		.where((lead.sf_captured_on >= begin) & (lead.sf_captured_on < end))
		.groupby(lead[group])
		.orderby(Count("*"), order=frappe.qb.desc)
		.orderby(lead[group])
	)
	if filters.company:
		query = query.where(lead.company == filters.company)
	rows = scope.narrowed(query, "Lead", "lead_owner").run(as_dict=True)
	for row in rows:
		decided = row.met + row.missed + row.overdue
		row.in_time = 100 * row.met / decided if decided else None
		if group == "lead_owner" and row.grouped_by:
			row.full_name = frappe.utils.get_fullname(row.grouped_by)
	return rows


def _columns(filters: frappe._dict, group: str) -> list[dict]:
	link = frappe.get_meta("Lead").get_field(group)
	count = lambda label, name: {  # noqa: E731
		"label": label,
		"fieldname": name,
		"fieldtype": "Int",
		"width": 135,
	}
	return [
		{
			"label": _(filters.group_by or "Lead Owner", context="Salesflow"),
			"fieldname": "grouped_by",
			"fieldtype": "Link" if link.fieldtype == "Link" else "Data",
			"options": link.options if link.fieldtype == "Link" else None,
			"width": 220,
		},
		count(_("Leads", context="Salesflow"), "leads"),
		count(_("Without Source"), "no_source"),
		count(_("Entered Late"), "late"),
		count(_("Invalid"), "invalid"),
		count(_("Not Graded"), "not_graded"),
		count(_("Review Due", context="Salesflow"), "stale"),
		count(_("First Touch Overdue"), "overdue"),
		count(_("First Touch Missed"), "missed"),
		count(_("First Touch Met"), "met"),
		{
			"label": _("First Touch in Time %"),
			"fieldname": "in_time",
			"fieldtype": "Percent",
			"precision": 0,
			"width": 170,
			"disable_total": 1,
		},
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	top = rows[:12]
	return {
		"data": {
			"labels": [
				row.get("full_name") or row.grouped_by or _("None", context="Salesflow") for row in top
			],
			"datasets": [
				{"name": _("First Touch Met"), "values": [row.met for row in top]},
				{"name": _("First Touch Missed"), "values": [row.missed for row in top]},
				{"name": _("First Touch Overdue"), "values": [row.overdue for row in top]},
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#ECAD4B", "#E24C4C"],
	}


def _summary(rows: list[dict]) -> list[dict]:
	total = lambda name: sum(row[name] or 0 for row in rows)  # noqa: E731
	decided = total("met") + total("missed") + total("overdue")
	return [
		{"label": _("Leads", context="Salesflow"), "value": total("leads"), "datatype": "Int"},
		{
			"label": _("Entered Late"),
			"value": total("late"),
			"datatype": "Int",
			"indicator": "Orange" if total("late") else "Green",
		},
		{
			"label": _("Not Graded"),
			"value": total("not_graded"),
			"datatype": "Int",
			"indicator": "Orange" if total("not_graded") else "Green",
		},
		{
			"label": _("First Touch in Time %"),
			"value": round(100 * total("met") / decided) if decided else _("None yet"),
			"datatype": "Int" if decided else "Data",
			"indicator": "Gray" if not decided else "Green" if total("met") / decided >= 0.9 else "Red",
		},
	]
