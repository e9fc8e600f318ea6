"""Target Attainment: how a year goes against its plan, month by month or by rep and team (M3, M4).

What is expected by today counts working days: of the running month, the part of its target whose working days are over.
Closed months stand as they were closed. Every number of sales opens its documents.
"""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.utils import flt, get_last_day, getdate

from salesflow_std.engine import kpi
from salesflow_std.salesflow_std import kpi_documents, kpi_numbers, kpi_report, report_parts, target_plans
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.report_parts import column

GROUPS = ("Month", "Rep", "Team")


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict] | None]:
	"""Columns, rows, a message, chart and summary of a fiscal year; with `records` the documents behind a number."""
	filters = report_parts.one_value_each(filters)
	company = kpi_report.company_of(filters)
	months = target_plans.months_of(_year(filters, company))
	group = filters.group_by or "Month"
	report_parts.chosen_group(group, dict.fromkeys(GROUPS), lambda one: _(one, context="Salesflow"))
	view = kpi_report.View(filters, months[0], months[-1])
	if filters.records:
		columns, rows, message = kpi_report.records(view, filters.records)
		return columns, rows, message, None, None
	by_month = _by_month(view)
	rows = by_month if group == "Month" else _by_person(view, group)
	return _columns(group), rows, _message(by_month), _chart(by_month), _summary(by_month, view)


def _year(filters: frappe._dict, company: str) -> str:
	if filters.fiscal_year:
		if not frappe.db.exists("Fiscal Year", filters.fiscal_year):
			frappe.throw(
				_("There is no fiscal year {0}.").format(frappe.utils.escape_html(filters.fiscal_year)),
				title=_("Fiscal Year"),
			)
		return filters.fiscal_year
	from erpnext.accounts.utils import get_fiscal_year

	return get_fiscal_year(getdate(), company=company)[0]


class _Expectation:
	"""How much of a month's target is expected by today."""

	def __init__(self, company: str) -> None:
		self.calendar, self.today = working_calendar(company), getdate()

	def of(self, month: date) -> float:
		return kpi.expected_share(self.today, month, get_last_day(month), self.calendar)


def _by_month(view: kpi_report.View) -> list[dict]:
	expectation, found = _Expectation(view.company), []
	target = sales = expected = 0.0
	for month in view.months:
		cells = [cell for cell in view.cells if cell.month == month]
		sums = kpi_numbers.together(cells, kpi_report.ALL, month)
		target, sales = target + sums.target, sales + sums.sales
		expected += sums.target * expectation.of(month)
		has_come = month <= expectation.today
		found.append(
			{
				"label": kpi_documents.called(month, short=True),
				"month": month,
				"has_come": has_come,
				"target": sums.target,
				"sales": sums.sales if has_come else None,
				"achieved": report_parts.percent(kpi.Result(sums.target, sums.sales).achievement)
				if has_come
				else None,
				"running_target": target,
				"running_sales": sales if has_come else None,
				"expected": expected if has_come else None,
				"of_expected": report_parts.percent(kpi.Result(expected, sales).achievement)
				if has_come
				else None,
				"currency": _currency(view),
				"open": {
					"sales": kpi_report.asked(kpi_report.SALES, month, get_last_day(month), kpi_report.ALL),
					"running_sales": kpi_report.asked(
						kpi_report.SALES, view.from_date, get_last_day(month), kpi_report.ALL
					),
				},
			}
		)
	return found


def _by_person(view: kpi_report.View, group: str) -> list[dict]:
	expectation, found = _Expectation(view.company), []
	for name, cells in view.groups(group):
		sums = kpi_numbers.together(cells, name, view.from_date)
		expected = sum(cell.target * expectation.of(cell.month) for cell in cells)
		found.append(
			{
				"label": view.label(name),
				"target": sums.target,
				"sales": sums.sales,
				"achieved": report_parts.percent(kpi.Result(sums.target, sums.sales).achievement),
				"expected": expected,
				"of_expected": report_parts.percent(kpi.Result(expected, sums.sales).achievement),
				"ahead": sums.sales - expected,
				"currency": _currency(view),
				"open": {
					"sales": kpi_report.asked(
						kpi_report.SALES, view.from_date, view.to_date, view.who(group, name)
					)
				},
			}
		)
	return found


def _currency(view: kpi_report.View) -> str:
	return frappe.get_cached_value("Company", view.company, "default_currency")


def _columns(group: str) -> list[dict]:
	money = {"fieldtype": "Currency", "width": 150, "options": "currency"}
	first = [
		column(_("Month") if group == "Month" else _("Rep or Team"), "label", "Data", 150),
		column(_("Target", context="KPI Scores"), "target", **money),
		column(_("Sales", context="KPI Weight"), "sales", **money),
		report_parts.share(_("Achieved", context="KPI Scores"), "achieved", 100),
	]
	expected = [
		column(_("Expected by Now"), "expected", **money),
		report_parts.share(_("Of What Is Expected"), "of_expected", 130),
	]
	if group == "Month":
		return [
			*first,
			column(_("Target So Far"), "running_target", **money),
			column(_("Sales So Far"), "running_sales", **money),
			*expected,
		]
	return [*first, *expected, column(_("Ahead"), "ahead", **money)]


def _message(rows: list[dict]) -> str | None:
	if any(row["target"] for row in rows):
		return None
	return _("No Sales Target Plan is applied for this year.")


def _chart(rows: list[dict]) -> dict | None:
	if not any(row["target"] or row["sales"] for row in rows):
		return None
	# A line of what has not come yet would fall to nothing.
	come = [row for row in rows if row["has_come"]] or rows
	return {
		"data": {
			"labels": [row["label"] for row in come],
			"datasets": [
				{
					"name": _("Target So Far"),
					"values": [flt(row["running_target"], 2) for row in come],
				},
				{
					"name": _("Sales So Far"),
					"values": [flt(row["running_sales"], 2) for row in come],
				},
			],
		},
		"type": "line",
		"fieldtype": "Currency",
		"colors": ["#ECAD4B", "#4C9AFF"],
	}


def _summary(rows: list[dict], view: kpi_report.View) -> list[dict]:
	come = [row for row in rows if row["has_come"]]
	last = come[-1] if come else None
	currency = _currency(view)
	return [
		{
			"label": _("Target of the Year"),
			"value": rows[-1]["running_target"],
			"datatype": "Currency",
			"currency": currency,
		},
		{
			"label": _("Sales So Far"),
			"value": last["running_sales"] if last else 0,
			"datatype": "Currency",
			"currency": currency,
		},
		report_parts.share_summary(_("Of What Is Expected"), last and last["of_expected"]),
	]
