"""Complaints: how many there are, which are open, and how fast they are settled in working time (A4).

Every complaint counts once, in the period in which it was opened; by product it counts with each product that was
delivered. By month it is shown besides how many were settled in each, whenever they were opened. Every number opens the
complaints behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import formatdate, get_fullname, now_datetime
from pypika.queries import QueryBuilder

from salesflow_std.engine import complaints as rules
from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import report_parts, reps, scope
from salesflow_std.salesflow_std.complaints import CLOSED, DOCTYPE
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

TEAM, PRODUCT, MONTH = "team", "product", "month"
GROUPS = {
	"Team": TEAM,
	"Responsible": "sf_responsible",
	"Product": PRODUCT,
	"Company": "company",
	"Customer": "customer",
	"Month": MONTH,
}
_FILTERS = ("company", "customer", "sf_responsible")


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, dict | None, list[dict]]:
	"""Columns, rows, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	label = filters.group_by or "Team"
	titles = _titles()
	group = report_parts.chosen_group(label, GROUPS, titles.__getitem__)
	now, found = now_datetime(), _read(filters)
	cases = {row.name: _case(row) for row in found}
	parts: dict[str | None, list[rules.Case]] = {}
	for row, key in _grouped(found, group):
		parts.setdefault(key, []).append(cases[row.name])
	ended = _settled_by_month(filters) if group == MONTH else {}
	rows = [_row(group, key, parts.get(key, []), now, ended) for key in {**parts, **ended}]
	rows.sort(
		key=lambda row: row["grouped_by"] or "" if group == MONTH else (-row["complaints"], row["label"])
	)
	chart = _chart_of_months(rows) if group == MONTH else _chart(rows)
	return _columns(titles[label], group), rows, None, chart, _summary(rules.tally(cases.values(), now))


def _titles() -> dict[str, str]:
	return {
		"Team": _("Team", context="Complaint"),
		"Responsible": _("Responsible", context="Issue"),
		"Product": _("Product", context="Complaint"),
		"Company": _("Company"),
		"Customer": _("Customer"),
		"Month": _("Month", context="Complaint"),
	}


def _read(filters: frappe._dict, moment: str = "creation") -> list[frappe._dict]:
	"""The complaints whose `moment`, a field, lies in the period."""
	issue = frappe.qb.DocType(DOCTYPE)
	begin, end = report_parts.period(filters, months=12)
	query = (
		frappe.qb.from_(issue)
		.select(
			issue.name,
			issue.creation,
			issue.status,
			issue.company,
			issue.customer,
			issue.sf_responsible,
			issue.sf_close_by,
			issue.sf_settled_on,
		)
		.where((issue.sf_is_complaint == 1) & (issue[moment] >= begin) & (issue[moment] < end))
		.orderby(issue.name)
	)
	for field in _FILTERS:
		if filters.get(field):
			query = query.where(issue[field] == filters[field])
	if filters.team:
		query = query.where(issue.sf_responsible.isin(reps.people_at(filters.team) or [""]))
	if filters.only_open:
		query = query.where(issue.status.notin(CLOSED))
	# A complaint may be settled by who does not sell; it is the customer's all the same.
	return scope.of_work(query, DOCTYPE, "sf_responsible", customer_field="customer").run(as_dict=True)


def _case(row: frappe._dict) -> rules.Case:
	settled = row.sf_settled_on if row.status in CLOSED else None
	hours = None
	if settled:
		hours = worktime.working_hours_between(row.creation, settled, working_calendar(row.company))
	return rules.Case(row.name, row.sf_close_by, settled, hours)


def _settled_by_month(filters: frappe._dict) -> dict[str, list[str]]:
	found: dict[str, list[str]] = {}
	for row in _read(filters, "sf_settled_on"):
		if row.status in CLOSED:
			found.setdefault(f"{row.sf_settled_on:%Y-%m}", []).append(row.name)
	return found


# Grouping ---------------------------------------------------------------------------------------------------------


def _grouped(rows: list[frappe._dict], group: str) -> Iterable[tuple[frappe._dict, str | None]]:
	products = _products([row.name for row in rows]) if group == PRODUCT else {}
	for row in rows:
		if group == PRODUCT:
			for product in products.get(row.name) or [None]:
				yield row, product
		elif group == MONTH:
			yield row, f"{row.creation:%Y-%m}"
		elif group == TEAM:
			yield row, reps.manager_of(row.sf_responsible) if row.sf_responsible else None
		else:
			yield row, row[group] or None


def _products(names: list[str]) -> dict[str, list[str]]:
	"""Complaint -> the products it may be about: what was accepted before the survey, else what the project delivers."""
	if not names:
		return {}
	found: dict[str, list[str]] = {}
	for query in (_accepted(), _ordered()):
		missing = [name for name in names if name not in found]
		issue = frappe.qb.DocType(DOCTYPE)
		if missing:
			for name, item in query.where(issue.name.isin(missing)).run():
				found.setdefault(name, []).append(item)
	return found


def _accepted() -> QueryBuilder:
	issue, survey = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Satisfaction Survey")
	item = frappe.qb.DocType("Acceptance Item")
	return (
		frappe.qb.from_(issue)
		.join(survey)
		.on(survey.name == issue.sf_survey)
		.join(item)
		.on((item.parent == survey.acceptance_report) & (item.parenttype == "Acceptance Report"))
		.select(issue.name, item.item_code)
		.distinct()
		.where(item.item_code.isnotnull() & (item.item_code != ""))
		.orderby(issue.name, item.item_code)
	)


def _ordered() -> QueryBuilder:
	issue, project = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Project")
	item = frappe.qb.DocType("Sales Order Item")
	return (
		frappe.qb.from_(issue)
		.join(project)
		.on(project.name == issue.project)
		.join(item)
		.on(item.parent == project.sales_order)
		.select(issue.name, item.item_code)
		.distinct()
		.where(item.item_code.isnotnull())
		.orderby(issue.name, item.item_code)
	)


# What is shown ----------------------------------------------------------------------------------------------------


def _row(
	group: str, key: str | None, cases: list[rules.Case], now: datetime, ended: dict[str, list[str]]
) -> dict:
	found = rules.tally(cases, now)
	names = report_parts.few_names
	return {
		"grouped_by": key,
		"label": _label(group, key),
		"complaints": found.complaints,
		"open": found.open,
		"overdue": found.overdue,
		"settled": found.settled,
		"in_time": None if found.in_time_share is None else 100 * found.in_time_share,
		"hours": found.hours,
		"longest": found.longest,
		"ended": len(ended.get(key, [])),
		# What a number opens.
		"names": {
			"complaints": names([case.name for case in cases]),
			"open": names([case.name for case in cases if case.is_open()]),
			"overdue": names([case.name for case in cases if case.is_open() and case.is_late(now)]),
			"settled": names([case.name for case in cases if not case.is_open()]),
			"ended": names(ended.get(key, [])),
		},
	}


def _label(group: str, key: str | None) -> str:
	if not key:
		return _("None", context="Salesflow")
	if group in (TEAM, "sf_responsible"):
		return get_fullname(key)
	if group == MONTH:
		return formatdate(f"{key}-01", "yyyy-MM")
	if group == PRODUCT:
		return frappe.get_cached_value("Item", key, "item_name") or key
	if group == "customer":
		return frappe.get_cached_value("Customer", key, "customer_name") or key
	return key


def _columns(title: str, group: str) -> list[dict]:
	column = report_parts.column
	ended = [column(_("Settled That Month"), "ended", "Int", 150)] if group == MONTH else []
	return [
		column(title, "label", "Data", 100 if group == MONTH else 180),
		column(_("Complaints"), "complaints", "Int", 110),
		column(_("Open", context="Complaint"), "open", "Int", 80),
		column(_("Overdue", context="Complaint"), "overdue", "Int", 90),
		column(_("Settled", context="Complaint"), "settled", "Int", 90),
		*ended,
		report_parts.share(_("Settled in Time"), "in_time", 140),
		column(_("Working Hours to Settle (Median)"), "hours", "Float", 255, precision=1),
		column(_("Longest (Working Hours)"), "longest", "Float", 190, precision=1),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	top = rows[:12]
	return {
		"data": {
			"labels": [row["label"] for row in top],
			"datasets": [
				{"name": _("Settled", context="Complaint"), "values": [row["settled"] for row in top]},
				{
					"name": _("Open", context="Complaint"),
					"values": [row["open"] - row["overdue"] for row in top],
				},
				{"name": _("Overdue", context="Complaint"), "values": [row["overdue"] for row in top]},
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#ECAD4B", "#E24C4C"],
	}


def _chart_of_months(rows: list[dict]) -> dict | None:
	"""What came in and what was done with."""
	if not rows:
		return None
	shown = rows[-24:]
	return {
		"data": {
			"labels": [row["label"] for row in shown],
			"datasets": [
				{
					"name": _("Opened", context="Complaint"),
					"values": [row["complaints"] for row in shown],
				},
				{"name": _("Settled", context="Complaint"), "values": [row["ended"] for row in shown]},
			],
		},
		"type": "bar",
		"colors": ["#ECAD4B", "#48BB74"],
	}


def _summary(numbers: rules.Numbers) -> list[dict]:
	def known(label: str, value: float | None) -> dict:
		return {
			"label": label,
			"value": _("None yet") if value is None else f"{value:.0f}",
			"datatype": "Data",
		}

	share = numbers.in_time_share
	return [
		{"label": _("Complaints"), "value": numbers.complaints, "datatype": "Int"},
		{"label": _("Open", context="Complaint"), "value": numbers.open, "datatype": "Int"},
		{
			"label": _("Overdue", context="Complaint"),
			"value": numbers.overdue,
			"datatype": "Int",
			"indicator": "Red" if numbers.overdue else "Green",
		},
		report_parts.share_summary(_("Settled in Time"), report_parts.percent(share)),
		known(_("Working Hours to Settle (Median)"), numbers.hours),
	]
