"""Customer Tags: which tags customers have, by category, and what is open with them (P4).

A number counts what the user may see, and opens the list of it.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from pypika.functions import IfNull, NullIf
from pypika.terms import LiteralValue

from salesflow_std.salesflow_std import access, follow_ups, profiles, report_parts

_COUNTED = {"Lead": "leads", "Prospect": "prospects", "Customer": "customers"}


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, dict | None]:
	"""Columns, a row for each tag, no message, and a chart of the most used ones."""
	rows = _rows(frappe._dict(filters or {}))
	return _columns(), rows, None, _chart(rows)


def _rows(filters: frappe._dict) -> list[dict]:
	tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
	query = (
		frappe.qb.from_(tag)
		.join(category)
		.on(category.name == tag.category)
		.select(tag.name.as_("tag"), tag.category, tag.enabled)
		.orderby(category.position, category.name, tag.name)
	)
	if filters.category:
		query = query.where(tag.category == filters.category)
	rows = query.run(as_dict=True)
	counts = {name: _count(doctype) for doctype, name in _COUNTED.items()}
	open_deals = _open_opportunities()
	texts = [row.tag.casefold() for row in rows]
	for row in rows:
		for name, by_tag in counts.items():
			row[name] = by_tag.get(row.tag, 0)
		row["opportunities"], row["amount"] = open_deals.get(row.tag, (0, 0))
		row["tag_label"], row["category_label"] = _(row.tag), _(row.category)
		# A list filters by text, which finds this tag in that of a longer one as well.
		row["part_of_another"] = sum(row.tag.casefold() in other for other in texts) > 1
	if filters.only_used:
		rows = [row for row in rows if any(row[name] for name in _COUNTED.values())]
	currency = frappe.defaults.get_global_default("currency")
	for row in rows:
		row["currency"] = currency
	return rows


def _count(doctype: str) -> dict[str, int]:
	readable = access.readable(doctype, frappe.session.user)
	if readable is None:
		return {}
	party, link = frappe.qb.DocType(doctype), frappe.qb.DocType("Customer Tag Link")
	query = (
		frappe.qb.from_(link)
		.join(party)
		.on(party.sf_profile == link.parent)
		.select(link.tag, Count("*"))
		.where(link.parenttype == "Customer Profile")
		.groupby(link.tag)
	)
	if readable:
		query = query.where(LiteralValue(f"({readable})"))
	return dict(query.run())


def _open_opportunities() -> dict[str, tuple[int, float]]:
	"""Open opportunities of tagged parties: how many, and their amount in the company's currency."""
	readable = access.readable("Opportunity", frappe.session.user)
	if readable is None:
		return {}
	found: dict[str, tuple[int, float]] = {}
	deal, link = frappe.qb.DocType("Opportunity"), frappe.qb.DocType("Customer Tag Link")
	# ERPNext leaves the amount in the company's currency empty where there are no items.
	rate = IfNull(NullIf(deal.conversion_rate, 0), 1)
	for doctype in profiles.PARTIES:
		party = frappe.qb.DocType(doctype)
		query = (
			frappe.qb.from_(link)
			.join(party)
			.on(party.sf_profile == link.parent)
			.join(deal)
			.on((deal.party_name == party.name) & (deal.opportunity_from == doctype))
			.select(link.tag, Count("*"), Sum(deal.opportunity_amount * rate))
			.where(link.parenttype == "Customer Profile")
			.where(deal.status.isin(follow_ups.SUBJECTS["Opportunity"].open_statuses))
			.groupby(link.tag)
		)
		if readable:
			query = query.where(LiteralValue(f"({readable})"))
		for tag, count, amount in query.run():
			before = found.get(tag, (0, 0))
			found[tag] = (before[0] + count, before[1] + (amount or 0))
	return found


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Category", context="Customer Tag"), "category_label", "Data", 160),
		report_parts.column(_("Tag", context="Customer Tag"), "tag_label", "Data", 200),
		report_parts.column(_("Leads", context="Salesflow"), "leads", "Int", 110),
		report_parts.column(_("Prospects", context="Salesflow"), "prospects", "Int", 110),
		report_parts.column(_("Customers", context="Salesflow"), "customers", "Int", 110),
		report_parts.column(_("Open Opportunities"), "opportunities", "Int", 150),
		report_parts.column(_("Open Amount"), "amount", "Currency", 160, options="currency"),
		report_parts.column(_("Enabled"), "enabled", "Check", 90),
	]


def _chart(rows: list[dict]) -> dict | None:
	used = [(row, sum(row[name] for name in _COUNTED.values())) for row in rows]
	top = [row for row, count in sorted(used, key=lambda pair: -pair[1]) if count][:12]
	if not top:
		return None
	return {
		"data": {
			"labels": [row["tag_label"] for row in top],
			"datasets": [
				{"name": _("Leads", context="Salesflow"), "values": [row["leads"] for row in top]},
				{"name": _("Prospects", context="Salesflow"), "values": [row["prospects"] for row in top]},
				{"name": _("Customers", context="Salesflow"), "values": [row["customers"] for row in top]},
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
	}
