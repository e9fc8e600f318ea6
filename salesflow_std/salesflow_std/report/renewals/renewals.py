"""Renewals: which contracts end, which customers were asked in time, and how many have renewed (A5).

A contract with a customer that both sides have signed counts in the period in which it ends, once. Every number opens its
contracts.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from salesflow_std.engine import renewal as rules
from salesflow_std.salesflow_std import report_parts, reps, scope
from salesflow_std.salesflow_std.report_parts import column

GROUPS = {
	"Responsible": "rep",
	"Month": "month",
	"Company": "sf_company",
	"Customer": "party_name",
	"Contract": "name",
}
# How a renewal stands -> its column.
_COLUMN = {
	rules.RENEWED: "renewed",
	rules.LATER: "later",
	rules.NOT_RENEWED: "not_renewed",
	rules.LAPSED: "lapsed",
	rules.OPEN: "open",
}
_COUNTS = ("asked", "renewed", "later", "not_renewed", "lapsed", "open")


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	chosen = filters.group_by or "Responsible"
	group = report_parts.chosen_group(chosen, GROUPS, lambda group: _(group, context="Renewals"))
	contracts, today = _read(filters), getdate()
	rows = [
		{
			"grouped_by": key or "",
			"label": report_parts.label_of(group == "rep", key, part[0].party_full_name, group),
			**_numbers(part, today),
			"names": _names(part, today),
		}
		for key, part in report_parts.grouped(contracts, group).items()
	]
	rows.sort(
		key=lambda row: row["grouped_by"] if group == "month" else (-row["contracts"], str(row["grouped_by"]))
	)
	shown = rows[-24:] if group == "month" else rows[:12]
	return _columns(chosen), rows, None, _chart(shown), _summary(contracts, today)


def _read(filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType("Contract")
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.party_name,
			table.party_full_name,
			table.sf_company,
			table.end_date,
			table.sf_renewal_asked_on,
			table.sf_renewal_outcome,
			table.sf_allocated_to.as_("rep"),
		)
		.where((table.party_type == "Customer") & (table.docstatus == 1) & (table.is_signed == 1))
		.where(table.end_date[_from(filters) : _until(filters)])
		.orderby(table.end_date, table.name)
	)
	if filters.company:
		query = query.where(table.sf_company == filters.company)
	if filters.team:
		query = query.where(table.sf_allocated_to.isin(reps.people_at(filters.team) or [""]))
	if filters.rep:
		query = query.where(table.sf_allocated_to == filters.rep)
	rows = scope.of_work(query, "Contract", "sf_allocated_to").run(as_dict=True)
	for row in rows:
		row.month = str(row.end_date)[:7]
	return rows


def _from(filters: frappe._dict) -> object:
	return getdate(filters.from_date or add_months(None, -6))


def _until(filters: frappe._dict) -> object:
	return getdate(filters.to_date or add_months(None, 6))


def _numbers(contracts: list[frappe._dict], today: object) -> dict:
	found = rules.tally(map(_renewal, contracts), today)
	numbers = {field: getattr(found, field) for field in _COUNTS}
	return {"contracts": found.contracts, **numbers, "rate": report_parts.percent(found.rate)}


def _renewal(row: frappe._dict) -> rules.Renewal:
	return rules.Renewal(row.end_date, row.sf_renewal_asked_on, row.sf_renewal_outcome or "")


def _names(contracts: list[frappe._dict], today: object) -> dict[str, list[str]]:
	"""What each number opens."""
	found: dict[str, list[str]] = {"contracts": [row.name for row in contracts]}
	for row in contracts:
		if row.sf_renewal_asked_on:
			found.setdefault("asked", []).append(row.name)
		found.setdefault(_COLUMN[rules.standing(_renewal(row), today)], []).append(row.name)
	return {key: report_parts.few_names(names) for key, names in found.items()}


def _columns(chosen: str) -> list[dict]:
	return [
		column(_(chosen, context="Renewals"), "label", "Data", 220),
		column(_("Contracts Ending"), "contracts", "Int", 130),
		column(_("Asked", context="Renewals"), "asked", "Int", 100),
		column(_("Renewed", context="Contract"), "renewed", "Int", 100),
		column(_("Later", context="Contract"), "later", "Int", 100),
		column(_("Not Renewed", context="Contract"), "not_renewed", "Int", 120),
		column(_("Ended without a Word"), "lapsed", "Int", 160),
		column(_("Still Open"), "open", "Int", 100),
		report_parts.share(_("Renewal Rate"), "rate"),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	kinds = {
		"renewed": _("Renewed", context="Contract"),
		"later": _("Later", context="Contract"),
		"not_renewed": _("Not Renewed", context="Contract"),
		"lapsed": _("Ended without a Word"),
		"open": _("Still Open"),
	}
	return {
		"data": {
			"labels": [row["label"] for row in rows],
			"datasets": [{"name": name, "values": [row[key] for row in rows]} for key, name in kinds.items()],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#449CF0", "#E24C4C", "#ECAD4B", "#A6B1B9"],
	}


def _summary(contracts: list[frappe._dict], today: object) -> list[dict]:
	found = _numbers(contracts, today)
	return [
		{"label": _("Contracts Ending"), "value": found["contracts"], "datatype": "Int"},
		{"label": _("Renewed", context="Contract"), "value": found["renewed"], "datatype": "Int"},
		{
			"label": _("Ended without a Word"),
			"value": found["lapsed"],
			"datatype": "Int",
			"indicator": "Red" if found["lapsed"] else "Green",
		},
		report_parts.share_summary(_("Renewal Rate"), found["rate"]),
	]
