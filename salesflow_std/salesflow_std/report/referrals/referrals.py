"""Referrals: who would refer somebody, which leads came of it, and how many of those were won (A5).

An answered survey counts in the period of its answer, a lead in that in which it was captured; each once. A corrected
survey counts by its correction alone. Every number opens its records.
"""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce
from pypika.queries import QueryBuilder
from pypika.terms import Field

from salesflow_std.engine import renewal as rules
from salesflow_std.salesflow_std import report_parts, reps, scope
from salesflow_std.salesflow_std.referrals import ANSWERED, SURVEY
from salesflow_std.salesflow_std.report_parts import column

GROUPS = {"Customer": "customer", "Lead Owner": "rep", "Month": "month", "Company": "company"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	chosen = filters.group_by or "Customer"
	group = report_parts.chosen_group(chosen, GROUPS, lambda group: _(group, context="Referrals"))
	begin, end = report_parts.period(filters, months=12)
	surveys, leads = _surveys(filters, begin, end), _leads(filters, begin, end)
	answered, referred = report_parts.grouped(surveys, group), report_parts.grouped(leads, group)
	rows = []
	for key in dict.fromkeys([*referred, *answered]):
		part = [*referred.get(key, []), *answered.get(key, [])]
		label = report_parts.label_of(group == "rep", key, part[0].customer_name, group)
		numbers = _numbers(answered.get(key, []), referred.get(key, []))
		names = _names(answered.get(key, []), referred.get(key, []))
		rows.append({"grouped_by": key or "", "label": label, **numbers, "names": names})
	rows.sort(
		key=lambda row: row["grouped_by"] if group == "month" else (-row["leads"], str(row["grouped_by"]))
	)
	referring = [row for row in rows if row["leads"]]
	shown = referring[-24:] if group == "month" else referring[:12]
	return _columns(chosen), rows, None, _chart(shown), _summary(surveys, leads)


def _surveys(filters: frappe._dict, begin: date, end: date) -> list[frappe._dict]:
	if not frappe.has_permission(SURVEY, "read"):
		return []
	table = frappe.qb.DocType(SURVEY)
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.customer,
			table.title.as_("customer_name"),
			table.company,
			table.allocated_to.as_("rep"),
			table.answered_on.as_("on"),
			table.would_refer,
		)
		.where((table.status == ANSWERED) & (table.answered_on >= begin) & (table.answered_on < end))
		.where(Coalesce(table.corrected_by, "") == "")
		.orderby(table.name)
	)
	return _run(query, SURVEY, filters, table.customer, table.company, table.allocated_to)


def _leads(filters: frappe._dict, begin: date, end: date) -> list[frappe._dict]:
	table, customer = frappe.qb.DocType("Lead"), frappe.qb.DocType("Customer")
	captured = Coalesce(table.sf_captured_on, table.creation)
	query = (
		frappe.qb.from_(table)
		.left_join(customer)
		.on(customer.name == table.sf_referred_by)
		.select(
			table.name,
			table.sf_referred_by.as_("customer"),
			customer.customer_name,
			table.company,
			table.lead_owner.as_("rep"),
			captured.as_("on"),
			table.sf_referral_outcome,
		)
		.where((table.sf_referred_by != "") & (captured >= begin) & (captured < end))
		.orderby(table.name)
	)
	return _run(query, "Lead", filters, table.sf_referred_by, table.company, table.lead_owner)


def _run(
	query: QueryBuilder, doctype: str, filters: frappe._dict, customer: Field, company: Field, rep: Field
) -> list[frappe._dict]:
	"""With the filters, and as far as the user may see them."""
	if filters.customer:
		query = query.where(customer == filters.customer)
	if filters.company:
		query = query.where(company == filters.company)
	if filters.team:
		query = query.where(rep.isin(reps.people_at(filters.team) or [""]))
	rows = scope.of_work(query, doctype, rep.name).run(as_dict=True)
	for row in rows:
		row.month = str(row.on)[:7]
	return rows


def _numbers(surveys: list[frappe._dict], leads: list[frappe._dict]) -> dict:
	found = rules.referrals(row.sf_referral_outcome or "" for row in leads)
	return {
		"surveys": len(surveys),
		"would_refer": sum(bool(row.would_refer) for row in surveys),
		"leads": found.leads,
		"opportunities": found.opportunities,
		"won": found.won,
		"lost": found.lost,
		"opportunity_rate": report_parts.percent(found.opportunity_rate),
		"won_rate": report_parts.percent(found.won_rate),
	}


def _names(surveys: list[frappe._dict], leads: list[frappe._dict]) -> dict[str, list[str]]:
	"""What each number opens."""

	def came(*outcomes: str) -> list[str]:
		return [row.name for row in leads if row.sf_referral_outcome in outcomes]

	found = {
		"surveys": [row.name for row in surveys],
		"would_refer": [row.name for row in surveys if row.would_refer],
		"leads": [row.name for row in leads],
		"opportunities": came(rules.OPPORTUNITY, rules.WON),
		"won": came(rules.WON),
		"lost": came(rules.LOST),
	}
	return {key: report_parts.few_names(names) for key, names in found.items()}


def _columns(chosen: str) -> list[dict]:
	return [
		column(_(chosen, context="Referrals"), "label", "Data", 190),
		column(_("Surveys Answered"), "surveys", "Int", 135),
		column(_("Would Refer"), "would_refer", "Int", 105),
		column(_("Leads Referred"), "leads", "Int", 125),
		column(_("Became Opportunities"), "opportunities", "Int", 165),
		column(_("Won", context="Lead"), "won", "Int", 70),
		column(_("Lost", context="Lead"), "lost", "Int", 70),
		report_parts.share(_("Lead to Opportunity"), "opportunity_rate", 150),
		report_parts.share(_("Lead to Deal"), "won_rate", 115),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	kinds = {
		"leads": _("Leads Referred"),
		"opportunities": _("Became Opportunities"),
		"won": _("Won", context="Lead"),
	}
	return {
		"data": {
			"labels": [row["label"] for row in rows],
			"datasets": [{"name": name, "values": [row[key] for row in rows]} for key, name in kinds.items()],
		},
		"type": "bar",
		"colors": ["#A6B1B9", "#449CF0", "#48BB74"],
	}


def _summary(surveys: list[frappe._dict], leads: list[frappe._dict]) -> list[dict]:
	found = _numbers(surveys, leads)
	return [
		{"label": _("Would Refer"), "value": found["would_refer"], "datatype": "Int"},
		{"label": _("Leads Referred"), "value": found["leads"], "datatype": "Int"},
		{"label": _("Won", context="Lead"), "value": found["won"], "datatype": "Int", "indicator": "Green"},
		report_parts.share_summary(_("Lead to Deal"), found["won_rate"]),
	]
