"""KPI Scores: target, actual and achievement of sales, new customers and collection, and the score of them (M5).

By month, quarter or year of the company's fiscal years, and by rep or team. A closed month stands as it was closed; the
running one counts against its whole target. A score of several months or people is made of their sums. Every number
opens its documents.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import add_months, flt, get_last_day, getdate

from salesflow_std.engine import kpi
from salesflow_std.salesflow_std import kpi_numbers, kpi_report, report_parts
from salesflow_std.salesflow_std.report_parts import column


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict] | None]:
	"""Columns, rows with their total, a message, chart and summary; with `records` the documents behind a number."""
	filters = report_parts.one_value_each(filters)
	to_date = getdate(filters.to_date)
	from_date = getdate(filters.from_date or add_months(to_date, -2))
	group = report_parts.chosen_group(
		filters.group_by or kpi_report.REP, dict.fromkeys(kpi_report.GROUPS), _say
	) or (filters.group_by or kpi_report.REP)
	view = kpi_report.View(filters, from_date, to_date)
	if filters.records:
		columns, rows, message = kpi_report.records(view, filters.records)
		return columns, rows, message, None, None
	periods = kpi_report.Periods(filters.period or kpi_report.MONTH, view.months, view.company)
	rows = [
		_row(view, name, cells, label, months, view.who(group, name))
		for (label, _first), months in periods.all().items()
		for name, cells in view.groups(group)
	]
	rows = [row for row in rows if row]
	totals = [
		_row(view, kpi_report.ALL, view.cells, label, months)
		for (label, _first), months in periods.all().items()
	]
	chart = _chart(rows, totals, len(periods.all()))
	if rows and group == kpi_report.REP:
		rows.append({**_row(view, kpi_report.ALL, view.cells, "", view.months), "is_total": 1})
	return _columns(view), rows, _message(view), chart, _summary(view)


def _say(group: str) -> str:
	return _(group, context="Salesflow")


def _row(
	view: kpi_report.View,
	name: str,
	cells: list[kpi_numbers.Cell],
	label: str,
	months: list,
	who: str = kpi_report.ALL,
) -> dict | None:
	cells = [cell for cell in cells if cell.month in months]
	if not cells and name != kpi_report.ALL:
		return None
	sums = view.together(name, cells, months[-1])
	score = sums.score()
	found = {line.measure: line.result for line in score.lines} or sums.results()
	results = {**sums.results(), **found}

	def achieved(measure: str) -> float | None:
		return report_parts.percent(results[measure].achievement)

	def documents(what: str) -> str:
		return kpi_report.asked(what, months[0], get_last_day(months[-1]), who)

	return {
		"period": label,
		"sales_person": name,
		"label": _("Total", context="KPI Scores") if name == kpi_report.ALL else view.label(name),
		"target": sums.target,
		"sales": sums.sales,
		"sales_achieved": achieved(kpi.SALES),
		"new_customers_target": sums.new_customers_target,
		"new_customers": flt(sums.new_customers, 2),
		"new_customers_achieved": achieved(kpi.NEW_CUSTOMERS),
		"due": sums.due,
		"collected": sums.collected,
		"collection_achieved": achieved(kpi.COLLECTION),
		"score": None if name in ("", kpi_report.ALL) else score.points,
		"state": _state(view, months),
		"currency": frappe.get_cached_value("Company", view.company, "default_currency"),
		"open": {
			"sales": documents(kpi_report.SALES),
			"new_customers": documents(kpi_report.NEW_CUSTOMERS),
			"due": documents(kpi_report.DUE),
			"collected": documents(kpi_report.DUE),
		},
	}


def _state(view: kpi_report.View, months: list) -> str:
	closed = [month for month in months if month in view.table.closed]
	if len(closed) == len(months):
		return _("Closed", context="KPI Score")
	if not closed:
		return _("Running", context="KPI Score")
	return _("{0} of {1} months closed").format(len(closed), len(months))


def _columns(view: kpi_report.View) -> list[dict]:
	money = {"fieldtype": "Currency", "width": 145, "options": "currency"}
	return [
		column(_("Period", context="KPI Scores"), "period", "Data", 100),
		column(_("Rep or Team"), "label", "Data", 170),
		column(_("Score", context="KPI Score"), "score", "Float", 90, precision=1),
		column(_("Sales", context="KPI Weight"), "sales", **money),
		column(_("Sales Target", context="KPI Scores"), "target", **money),
		report_parts.share(_("Achieved", context="KPI Scores"), "sales_achieved", 100),
		column(_("New Customers", context="KPI Weight"), "new_customers", "Float", 110, precision=1),
		column(_("Target", context="KPI Scores"), "new_customers_target", "Float", 90, precision="0"),
		report_parts.share(_("Achieved", context="KPI Scores"), "new_customers_achieved", 100),
		column(_("Collected", context="KPI Scores"), "collected", **money),
		column(_("Fell Due", context="KPI Score"), "due", **money),
		report_parts.share(_("Collection Achieved"), "collection_achieved", 120),
		column(_("State", context="KPI Scores"), "state", "Data", 130),
	]


def _message(view: kpi_report.View) -> str | None:
	if not any(cell.target or cell.new_customers_target for cell in view.cells):
		return _("No Sales Target Plan is applied for this period: without targets there are no scores.")
	return None


def _chart(rows: list[dict], totals: list[dict], periods: int) -> dict | None:
	"""Scores by rep or team in one period; in several, sales against their target in each."""
	if periods == 1:
		scored = sorted((row for row in rows if row["score"] is not None), key=lambda row: -row["score"])[:12]
		if not scored:
			return None
		return {
			"data": {
				"labels": [row["label"] for row in scored],
				"datasets": [
					{
						"name": _("Score", context="KPI Score"),
						"values": [round(row["score"], 1) for row in scored],
					}
				],
			},
			"type": "bar",
			"colors": ["#4C9AFF"],
		}
	if not any(row["sales"] or row["target"] for row in totals):
		return None
	return {
		"data": {
			"labels": [row["period"] for row in totals],
			"datasets": [
				{
					"name": _("Sales", context="KPI Weight"),
					"values": [flt(row["sales"], 2) for row in totals],
				},
				{
					"name": _("Sales Target", context="KPI Scores"),
					"values": [flt(row["target"], 2) for row in totals],
				},
			],
		},
		"type": "bar",
		"fieldtype": "Currency",
		"colors": ["#4C9AFF", "#ECAD4B"],
	}


def _summary(view: kpi_report.View) -> list[dict]:
	sums = view.together(kpi_report.ALL, view.cells, view.from_date)
	currency = frappe.get_cached_value("Company", view.company, "default_currency")
	results = sums.results()
	return [
		{
			"label": _("Sales", context="KPI Weight"),
			"value": sums.sales,
			"datatype": "Currency",
			"currency": currency,
		},
		report_parts.share_summary(
			_("Sales Target Achieved"), report_parts.percent(results[kpi.SALES].achievement)
		),
		{
			"label": _("New Customers", context="KPI Weight"),
			"value": round(sums.new_customers),
			"datatype": "Int",
		},
		report_parts.share_summary(
			_("Collected of What Fell Due"), 100 * sums.collected / sums.due if sums.due else None
		),
	]
