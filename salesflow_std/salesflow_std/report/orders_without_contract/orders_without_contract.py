"""Orders without Contract: what was ordered although no contract was signed, by whom it was let pass and why (C3).

Overrides and warnings, orders that their sales process exempts, and those that were not asked for one.
"""

from __future__ import annotations

import frappe
from frappe import _
from pypika.terms import LiteralValue

from salesflow_std.engine import orders as rules
from salesflow_std.salesflow_std import access, report_parts

# In the order of the chart; what was asked of nobody is shown on demand.
_SHOWN_FIRST = (rules.OVERRIDDEN, rules.WARNED, rules.EXEMPT)
_COLOURS = {
	rules.OVERRIDDEN: "Red",
	rules.WARNED: "Orange",
	rules.EXEMPT: "Gray",
	rules.NOT_ASKED: "Gray",
}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	match = access.readable("Sales Order", frappe.session.user)
	rows = [] if match is None else _rows(filters, match)
	kinds = [*_SHOWN_FIRST, *([rules.NOT_ASKED] if filters.standing == rules.NOT_ASKED else [])]
	labels = {kind: _(kind, context="Sales Order") for kind in kinds}
	return report_parts.by_kind(_columns(), rows, "standing", labels, _COLOURS)


def _rows(filters: frappe._dict, match: str) -> list[frappe._dict]:
	order = frappe.qb.DocType("Sales Order")
	begin, end = report_parts.period(filters)
	query = (
		frappe.qb.from_(order)
		.select(
			order.name,
			order.customer_name,
			order.transaction_date,
			order.company,
			order.owner.as_("rep"),
			order.base_net_total,
			order.status,
			order.order_type,
			order.sf_contract_standing.as_("standing"),
			order.sf_override_reason.as_("reason"),
			order.sf_override_by.as_("given_by"),
			order.sf_override_on.as_("given_on"),
		)
		.where(order.docstatus == 1)
		.where((order.transaction_date >= begin) & (order.transaction_date < end))
		.orderby(order.transaction_date, order.name, order=frappe.qb.desc)
	)
	standings = [filters.standing] if filters.standing else list(_SHOWN_FIRST)
	query = query.where(order.sf_contract_standing.isin(standings))
	if filters.company:
		query = query.where(order.company == filters.company)
	if filters.rep:
		query = query.where(order.owner == filters.rep)
	if match:
		query = query.where(LiteralValue(f"({match})"))
	rows = query.run(as_dict=True)
	for row in rows:
		row.standing_label = _(row.standing, context="Sales Order")
		row.currency = frappe.get_cached_value("Company", row.company, "default_currency")
	return rows


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Sales Order"), "name", "Link", 170, "Sales Order"),
		report_parts.column(_("Customer"), "customer_name", width=180),
		report_parts.column(_("Date", context="Sales Order"), "transaction_date", "Date", 100),
		report_parts.column(_("Company"), "company", "Link", 150, "Company"),
		report_parts.column(_("Rep"), "rep", "Link", 160, "User"),
		report_parts.column(
			_("Net Total", context="Sales Order"), "base_net_total", "Currency", 120, "currency"
		),
		report_parts.column(_("Order and Contract", context="Sales Order"), "standing_label", width=110),
		report_parts.column(_("Override Reason", context="Sales Order"), "reason", width=240),
		report_parts.column(_("Overridden By", context="Sales Order"), "given_by", "Link", 160, "User"),
		report_parts.column(_("Overridden On", context="Sales Order"), "given_on", "Datetime", 150),
	]
