"""Goal Progress: the stages' goals of a period with where they stand and where they land (M2).

A rep sees the goals of their own and of the company, a manager those of their tree as well. The numbers are those of the
last count, the same for everybody; each opens the deals behind it.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import add_months, format_datetime, get_first_day, get_fullname, get_last_day, getdate

from salesflow_std.engine import goals as rules
from salesflow_std.salesflow_std import goals, report_parts
from salesflow_std.salesflow_std.report_parts import column

_FIELDS = (*goals.FIELDS, *goals.COUNTED)
_CHART = 15


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, chart and summary of the goals whose period touches the one asked for."""
	filters = report_parts.one_value_each(filters)
	found = _goals(filters)
	rows = [_row(goal) for goal in found]
	return _columns(), rows, _message(found), _chart(rows), _summary(rows)


def _goals(filters: frappe._dict) -> list[frappe._dict]:
	begin = getdate(filters.from_date or get_first_day(getdate()))
	end = getdate(filters.to_date or get_last_day(add_months(getdate(), 2)))
	wanted = {"from_date": ("<=", end), "to_date": (">=", begin), "status": ("!=", goals.CANCELLED)}
	for field in ("company", "sales_process", "stage", "measure", "responsible", "status"):
		if filters.get(field):
			wanted[field] = filters[field]
	if filters.sales_person:
		wanted["sales_person"] = ("in", report_parts.below("Sales Person", filters.sales_person))
	# What the reader may see, by the goals' own rights.
	return frappe.get_list(
		goals.DOCTYPE,
		filters=wanted,
		fields=list(_FIELDS),
		order_by="to_date, sales_process, stage, measure, sales_person, name",
		limit=report_parts.SHOWN,
	)


def _row(goal: frappe._dict) -> dict:
	return {
		"goal": goal.name,
		"title": goals.title(goal),
		"stage": _(goal.stage),
		"team": goal.sales_person or _("Whole Company"),
		"measure": _(goal.measure),
		"from_date": goal.from_date,
		"to_date": goal.to_date,
		"target": goal.target,
		"target_said": goals.said(goal, goal.target),
		"actual": goals.actual_of(goal),
		"actual_said": goals.said(goal, goals.actual_of(goal)),
		"progress": goal.progress if goal.measured_on else None,
		"sample": goal.sample,
		"forecast": goals.words(goal),
		"landing": rules.landing(goal.measure, goals.forecast_of(goal), goal.target),
		"status": goal.status,
		"status_label": _(goal.status, context="Sales Goal"),
		"responsible": get_fullname(goal.responsible),
		"deals": goals.deals_filters(goal),
	}


def _columns() -> list[dict]:
	return [
		column(_("Sales Goal"), "goal", "Link", 130, goals.DOCTYPE, hidden=1),
		column(_("Goal"), "title", width=300),
		column(_("Team or Rep"), "team", width=140),
		column(_("Due"), "to_date", "Date", 105),
		# Numbers, for whoever exports them; the desk shows them with their units.
		column(_("Target"), "target", "Float", 110),
		column(_("Actual"), "actual", "Float", 110),
		column(_("Progress"), "progress", "Percent", 110, precision="0"),
		column(_("Deals Counted"), "sample", "Int", 110),
		column(_("Where It Ends"), "forecast", width=420),
		column(_("Status"), "status_label", width=90),
		column(_("Responsible"), "responsible", width=140),
	]


def _message(found: list[frappe._dict]) -> str | None:
	if not found:
		return _("There are no goals in this period. A manager sets them in the list of Sales Goals.")
	measured = [goal.measured_on for goal in found if goal.measured_on and goal.status == goals.OPEN]
	if not measured:
		return None
	return _("Counted at {0}; each night they are counted anew.").format(
		format_datetime(min(measured), "yyyy-MM-dd HH:mm")
	)


def _chart(rows: list[dict]) -> dict | None:
	shown = [row for row in rows if row["progress"] is not None][:_CHART]
	if not shown:
		return None
	return {
		"data": {
			"labels": [row["title"] for row in shown],
			"datasets": [
				{"name": _("Progress (%)"), "values": [round(row["progress"]) for row in shown]},
			],
			"yMarkers": [{"label": _("Target"), "value": 100, "options": {"labelPos": "left"}}],
		},
		"type": "bar",
		"colors": ["#4C9AFF"],
	}


def _summary(rows: list[dict]) -> list[dict]:
	def count(label: str, number: int, colour: str) -> dict:
		return {
			"label": label,
			"value": number,
			"datatype": "Int",
			"indicator": colour if number else "Gray",
		}

	return [
		count(_("Goals", context="Sales Goal"), len(rows), "Blue"),
		count(_("Met", context="Sales Goal"), sum(row["status"] == goals.MET for row in rows), "Green"),
		count(
			_("On the Way", context="Sales Goal"),
			sum(row["landing"] in (rules.MEETS, rules.ABOVE) for row in rows),
			"Green",
		),
		count(
			_("In Danger", context="Sales Goal"),
			sum(row["landing"] in (rules.BELOW, rules.MISSES) for row in rows),
			"Orange",
		),
		count(_("Missed", context="Sales Goal"), sum(row["status"] == goals.MISSED for row in rows), "Red"),
	]
