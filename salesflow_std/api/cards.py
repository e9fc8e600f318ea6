"""The numbers and charts of the workspace: each user's own share of the work, as their reports show it (M3, M6).

Frappe's own cards count whatever a role may read, which for most is every lead of the company. These count what `scope`
leaves, and a click opens what was counted.

A card of Frappe is shown to who may read its Document Type. So a card for who manages alone carries one that reps may
not read, and a chart likewise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import frappe
from frappe import _
from frappe.desk.doctype.number_card import number_card
from frappe.query_builder.functions import Coalesce, Count, Sum
from frappe.utils import (
	add_days,
	add_months,
	cint,
	escape_html,
	flt,
	fmt_money,
	get_first_day,
	getdate,
	now_datetime,
)
from pypika import Case, Table
from pypika.terms import Criterion, Field

from salesflow_std.engine import kpi, leads
from salesflow_std.engine.compliance import BETTER, WORSE, Tally, trend
from salesflow_std.salesflow_std import (
	compliance,
	follow_ups,
	grading,
	processes,
	report_parts,
	reps,
	scope,
	surveys,
)

Filters = str | list | dict | None
# A share of work is of so many days.
_DAYS = 30
_TOO_LONG = ("Late", "Escalated")
_ARROWS = {BETTER: " ▲", WORSE: " ▼", None: ""}


# What is to be done -------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def first_touches_overdue(filters: Filters = None) -> dict:
	"""Open leads whose first touch is overdue (L7).

	As all cards ``{"value", "fieldtype", "route", "route_options"}``; raises PermissionError without the right to read what
	is counted.
	"""
	return _leads({"sf_first_touch_status": leads.OVERDUE, "status": _open_leads()})


@frappe.whitelist(methods=["GET", "POST"])
def grades_to_review(filters: Filters = None) -> dict:
	"""Open leads whose grade is stale (L9)."""
	return _leads({"sf_grade_stale": 1, "status": _open_leads()})


@frappe.whitelist(methods=["GET", "POST"])
def leads_not_graded(filters: Filters = None) -> dict:
	"""Open leads without a grade that are not invalid (L5)."""
	unset = ["is", "not set"]
	return _leads({"sf_grade": unset, "sf_invalid_reason": unset, "status": _open_leads()})


@frappe.whitelist(methods=["GET", "POST"])
def leads_entered_late(filters: Filters = None) -> dict:
	"""Leads of the last 30 days that were entered late (L2)."""
	return _leads({"sf_late_entry": 1, "creation": ["Timespan", "last 30 days"]})


@frappe.whitelist(methods=["GET", "POST"])
def leads_too_long_in_stage(filters: Filters = None) -> dict:
	"""Leads that stand in their stage longer than it allows (M1)."""
	return _leads({"sf_stage_late": ["in", list(_TOO_LONG)]})


@frappe.whitelist(methods=["GET", "POST"])
def opportunities_too_long_in_stage(filters: Filters = None) -> dict:
	"""Opportunities that stand in their stage longer than it allows (M1)."""
	return _counted("Opportunity", "opportunity_owner", {"sf_stage_late": ["in", list(_TOO_LONG)]})


@frappe.whitelist(methods=["GET", "POST"])
def follow_ups_overdue(filters: Filters = None) -> dict:
	"""Planned follow-ups whose time is over (F5)."""
	due = {"status": follow_ups.PLANNED, "due_on": ["<", _moment()]}
	return _counted("Follow Up", "allocated_to", due)


@frappe.whitelist(methods=["GET", "POST"])
def replies_to_answer(filters: Filters = None) -> dict:
	"""Replies of customers that wait for an answer (F4)."""
	return _counted("Follow Up", "allocated_to", {"status": follow_ups.PLANNED, "kind": "Reply"})


@frappe.whitelist(methods=["GET", "POST"])
def proposals_in_review(filters: Filters = None) -> dict:
	"""Proposals that wait for their internal review (S2)."""
	waiting = {"status": ["in", ["Review Requested", "In Review"]]}
	return _counted("Solution Proposal", "allocated_to", waiting, of_others=True)


# After the sale -----------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def surveys_waiting(filters: Filters = None) -> dict:
	"""Surveys to send, or sent and not answered yet (A3)."""
	return _counted(surveys.DOCTYPE, "allocated_to", {"status": ["in", ["To Send", "Sent"]]}, of_others=True)


@frappe.whitelist(methods=["GET", "POST"])
def complaints_to_settle(filters: Filters = None) -> dict:
	"""Open complaints (A4)."""
	open_ones = {"sf_is_complaint": 1, "status": ["not in", ["Resolved", "Closed"]]}
	return _counted("Issue", "sf_responsible", open_ones, of_others=True)


@frappe.whitelist(methods=["GET", "POST"])
def renewals_to_ask_for(filters: Filters = None) -> dict:
	"""Signed contracts that run out soon and of which nobody has asked yet (A5)."""
	today, unset = str(getdate()), ["is", "not set"]
	due = {
		"docstatus": 1,
		"is_signed": 1,
		"party_type": "Customer",
		"sf_renewal_asked_on": unset,
		"sf_renewal_outcome": unset,
		"sf_renewal_due": ["<=", today],
		"end_date": [">=", today],
	}
	return _counted("Contract", "sf_allocated_to", due, of_others=True)


@frappe.whitelist(methods=["GET", "POST"])
def open_loss_analyses(filters: Filters = None) -> dict:
	"""Silent customers whose loss is being looked into (P6)."""
	open_ones = {"status": ["in", ["Open", "Analysed", "Offer Made"]]}
	return _counted("Loss Analysis", "allocated_to", open_ones, of_others=True)


@frappe.whitelist(methods=["GET", "POST"])
def tiers_to_decide(filters: Filters = None) -> dict:
	"""Customers whose facts propose another tier than they have (P6)."""
	return _counted("Customer", "account_manager", {"sf_tier_differs": 1, "disabled": 0}, of_others=True)


# What has happened --------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def first_touch_in_time(filters: Filters = None) -> dict:
	"""The leads of 30 days that were touched in time; an arrow where that has changed (L7)."""
	frappe.has_permission("Lead", "read", throw=True)
	return _kept(compliance.FIRST_TOUCH)


@frappe.whitelist(methods=["GET", "POST"])
def cadence_kept(filters: Filters = None) -> dict:
	"""The planned touches of 30 days that were made in time; an arrow where that has changed (F1-F4)."""
	frappe.has_permission("Follow Up", "read", throw=True)
	return _kept(compliance.CADENCE)


@frappe.whitelist(methods=["GET", "POST"])
def won_this_month(filters: Filters = None) -> dict:
	"""What the opportunities are worth that were won this month, in the currency of the user's company."""
	company = frappe.defaults.get_user_default("Company")
	begin, end = str(get_first_day(getdate())), str(getdate())
	won = {"status": "Converted", "sf_stage_entered_on": ["between", [begin, end]]}
	if company:
		won["company"] = company
	filters, names = _of("Opportunity", "opportunity_owner", won)
	table = frappe.qb.DocType("Opportunity")
	# ERPNext keeps the amount in company currency for deals with items only.
	value = Sum(table.opportunity_amount * _one_where_unset(table.conversion_rate))
	query = (
		frappe.qb.from_(table)
		.select(value)
		.where((table.status == "Converted") & (table.sf_stage_entered_on >= begin))
		.where(table.sf_stage_entered_on < add_days(end, 1))
	)
	if company:
		query = query.where(table.company == company)
	found = scope.narrowed(query, "Opportunity", "opportunity_owner").run()[0][0]
	currency = frappe.get_cached_value("Company", company, "default_currency") if company else None
	return _card(
		fmt_money(flt(found), precision=0, currency=currency), *_list_of("Opportunity", filters, names)
	)


@frappe.whitelist(methods=["GET", "POST"])
def conversion_of_12_months(filters: Filters = None) -> dict:
	"""The opportunities won of those decided that began in twelve months (M3). Those still open say nothing yet."""
	table = frappe.qb.DocType("Opportunity")
	today = getdate()
	begin = getdate(add_months(today, -12))
	decided = {
		"status": ["in", ["Converted", "Lost"]],
		"transaction_date": ["between", [str(begin), str(today)]],
	}
	filters, names = _of("Opportunity", "opportunity_owner", decided)
	query = (
		frappe.qb.from_(table)
		.select(Count("*").as_("decided"), Sum(_one_where(table.status == "Converted")).as_("won"))
		.where(table.status.isin(("Converted", "Lost")) & table.transaction_date[begin:today])
	)
	row = scope.narrowed(query, "Opportunity", "opportunity_owner").run(as_dict=True)[0]
	return _card(_share(Tally(cint(row.won), cint(row.decided))), *_list_of("Opportunity", filters, names))


def _one_where_unset(rate: Field) -> Case:
	"""A rate of exchange; 1 where none is kept."""
	return Case().when(rate > 0, rate).else_(1)


# For who manages ----------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def target_reached(filters: Filters = None) -> dict:
	"""This month's sales in percent of this month's whole target, of the people one sees, as the reports say (M4, M5)."""
	from salesflow_std.salesflow_std import kpi_numbers, kpi_report

	frappe.has_permission("KPI Score", "read", throw=True)
	company = frappe.defaults.get_user_default("Company")
	begin, today = getdate(get_first_day(getdate())), getdate()
	share = None
	if company:
		view = kpi_report.View(frappe._dict(company=company), begin, today)
		month = kpi_numbers.together(view.cells, kpi_report.ALL, begin)
		share = kpi.Result(month.target, month.sales).achievement
	share = _("No target", context="Salesflow") if share is None else f"{100 * share:.0f} %"
	options = {"company": company, "from_date": str(begin), "to_date": str(today)}
	return _card(share, ["query-report", "Target Attainment"], options)


@frappe.whitelist(methods=["GET", "POST"])
def reviews_to_hold(filters: Filters = None) -> dict:
	"""Sheets of weekly meetings and monthly reviews that are prepared and not held yet (M6)."""
	return _permitted("Sales Review", {"status": "Prepared"})


@frappe.whitelist(methods=["GET", "POST"])
def coaching_to_decide(filters: Filters = None) -> dict:
	"""Coaching and recognition that a rule has proposed and nobody has decided (M6)."""
	return _permitted("Coaching Record", {"status": "Proposed"})


# Charts -------------------------------------------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def open_leads_by_grade(chart_name: str | None = None, filters: Filters = None) -> dict:
	"""A chart: open leads by grade; none that is invalid."""
	table = frappe.qb.DocType("Lead")
	asked = table.status.isin(grading.OPEN_LEAD_STATUSES) & (Coalesce(table.sf_invalid_reason, "") == "")
	return _by_grade(table, "Lead", "lead_owner", asked, _("Leads", context="Salesflow"))


@frappe.whitelist(methods=["GET", "POST"])
def open_opportunities_by_grade(chart_name: str | None = None, filters: Filters = None) -> dict:
	"""A chart: open opportunities by grade."""
	table = frappe.qb.DocType("Opportunity")
	asked = table.status.isin(grading.OPEN_OPPORTUNITY_STATUSES)
	return _by_grade(
		table, "Opportunity", "opportunity_owner", asked, _("Opportunities", context="Salesflow")
	)


@frappe.whitelist(methods=["GET", "POST"])
def open_deals_by_stage(chart_name: str | None = None, filters: Filters = None) -> dict:
	"""A chart: open opportunities by stage, and those that stand there too long (M1)."""
	table = frappe.qb.DocType("Opportunity")
	late = table.sf_stage_due < now_datetime()
	query = (
		frappe.qb.from_(table)
		.select(table.sf_stage.as_("stage"), Count("*").as_("documents"), Sum(_one_where(late)).as_("late"))
		.where(table.status.isin(grading.OPEN_OPPORTUNITY_STATUSES))
		.where((Coalesce(table.sf_stage, "") != "") & table.sf_stage_entered_on.isnotnull())
		.groupby(table.sf_stage)
		.orderby(table.sf_stage)
	)
	rows = scope.narrowed(query, "Opportunity", "opportunity_owner").run(as_dict=True)
	order = _stage_order()
	rows.sort(key=lambda row: (order.get(row.stage, len(order)), row.stage))
	return {
		"labels": [_(row.stage) for row in rows],
		"datasets": [
			{
				"name": _("In Time", context="Stage Ageing"),
				"values": [row.documents - cint(row.late) for row in rows],
			},
			{"name": _("Late", context="Stage Ageing"), "values": [cint(row.late) for row in rows]},
		],
	}


def _by_grade(table: Table, doctype: str, owner_field: str, asked: Criterion, name: str) -> dict:
	query = (
		frappe.qb.from_(table)
		.select(table.sf_grade, Count("*"))
		.where(asked & (Coalesce(table.sf_grade, "") != ""))
		.groupby(table.sf_grade)
		.orderby(table.sf_grade)
	)
	rows = scope.narrowed(query, doctype, owner_field).run()
	# S stands above A.
	rows = sorted(rows, key=lambda row: (row[0] != "S", row[0]))
	return {
		"labels": [grade for grade, _count in rows],
		"datasets": [{"name": name, "values": [count for _grade, count in rows]}],
	}


# Parts --------------------------------------------------------------------------------------------------------------


def _one_where(criterion: Criterion) -> Case:
	return Case().when(criterion, 1).else_(0)


def _stage_order() -> dict[str, int]:
	"""Stage -> its place; where several processes have it, the longest of those in use says."""
	order: dict[str, int] = {}
	known = processes.all_of_them().values()
	for process in sorted(known, key=lambda process: (not process.enabled, -len(process.stages))):
		for place, stage in enumerate(process.stages):
			order.setdefault(stage.name, place)
	return order


def _open_leads() -> list:
	return ["in", list(grading.OPEN_LEAD_STATUSES)]


def _moment() -> str:
	return str(now_datetime().replace(microsecond=0))


def _card(value: str, route: list[str], route_options: Mapping[str, object] | None = None) -> dict:
	return {
		# Frappe looks for an element in what it is to show.
		"value": f"<span>{escape_html(value)}</span>",
		"fieldtype": "Data",
		"route": route,
		"route_options": dict(route_options or {}),
	}


def _leads(filters: Mapping[str, object]) -> dict:
	return _counted("Lead", "lead_owner", filters)


def _counted(doctype: str, owner_field: str, filters: Mapping[str, object], of_others: bool = False) -> dict:
	"""A card that counts documents; `owner_field` says whose one is.

	`of_others`: people outside of sales work on it too, whom their own roles say what they see.
	"""
	if of_others and not reps.sells(frappe.session.user):
		return _permitted(doctype, filters)
	found, names = _of(doctype, owner_field, filters)
	value = _count(doctype, found) if names is None else len(names)
	return _card(str(value), *_list_of(doctype, found, names))


def _permitted(doctype: str, filters: Mapping[str, object]) -> dict:
	"""A card that counts what one may read."""
	frappe.has_permission(doctype, "read", throw=True)
	return _card(str(_count(doctype, filters)), *_list_of(doctype, filters, None))


def _of(
	doctype: str, owner_field: str, filters: Mapping[str, object]
) -> tuple[dict[str, object], list[str] | None]:
	"""What is counted as the filters of a list, and the names where no filters can say it.

	Who sees their own gets a filter on themselves, who leads a team one on its people. What user permissions open
	besides is no filter: "mine, or of my territory".
	"""
	frappe.has_permission(doctype, "read", throw=True)
	seen = scope.users()
	if seen is None:
		return dict(filters), None
	opened = scope.opened_by(doctype)
	if not opened:
		return {**filters, owner_field: ["in", sorted(seen)]}, None
	rows = frappe.get_list(
		doctype, filters=_as_list(doctype, filters), fields=["name", owner_field, *opened], order_by="name"
	)
	ways = {**opened, owner_field: seen | opened.get(owner_field, frozenset())}
	return dict(filters), [row.name for row in rows if any(row[field] in ways[field] for field in ways)]


def _count(doctype: str, filters: Mapping[str, object]) -> int:
	"""As Frappe's own cards count, on either version of it."""
	card = frappe._dict(document_type=doctype, function="Count")
	return cint(number_card.get_result(card, _as_list(doctype, filters)))


def _as_list(doctype: str, filters: Mapping[str, object]) -> list[list]:
	return [
		[doctype, field, *(value if isinstance(value, list) else ("=", value))]
		for field, value in filters.items()
	]


def _list_of(
	doctype: str, filters: Mapping[str, object], names: Sequence[str] | None
) -> tuple[list[str], dict[str, object]]:
	"""The list that a card opens, of as many names as a list can be asked for."""
	if names is not None:
		return ["List", doctype, "List"], {"name": ["in", list(names[: report_parts.OPENED]) or [""]]}
	return ["List", doctype, "List"], dict(filters)


def _share(tally: Tally) -> str:
	return _("None yet") if tally.percent is None else f"{tally.percent:.0f} % (n={tally.all})"


def _kept(measure: str) -> dict:
	today = getdate()
	begin = add_days(today, 1 - _DAYS)
	now = _tally(measure, begin, today)
	before = _tally(measure, add_days(begin, -_DAYS), begin - timedelta(days=1))
	options = {"from_date": str(begin), "to_date": str(today), "group_by": "Rep"}
	value = _share(now) + _ARROWS[trend(now, before)]
	return _card(value, ["query-report", "Standard Compliance"], options)


def _tally(measure: str, begin: date, end: date) -> Tally:
	return compliance.Reading(begin, end, measures=(measure,)).total(measure)
