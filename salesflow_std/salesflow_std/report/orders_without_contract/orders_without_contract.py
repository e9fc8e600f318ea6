"""Orders without Contract: what was ordered although no contract was signed, by whom it was let pass and why (C3).

Overrides and warnings, orders that their sales process exempts, and those that were not asked for one.
"""

from __future__ import annotations

from collections import Counter

import frappe
from frappe import _
from frappe.utils import add_months, get_fullname, getdate
from pypika.terms import LiteralValue

from salesflow_std.engine import orders as rules
from salesflow_std.salesflow_std import access

# In the order of the chart; what was asked of nobody is shown on demand.
_SHOWN_FIRST = (rules.OVERRIDDEN, rules.WARNED, rules.EXEMPT)
_COLOURS = {rules.OVERRIDDEN: "Red", rules.WARNED: "Orange", rules.EXEMPT: "Gray"}
# More rows than that nobody reads; the summary counts them all.
_MOST = 2000


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	match = access.readable("Sales Order", frappe.session.user)
	rows = [] if match is None else _rows(filters, match)
	message = _("The latest {0} of {1} are shown.").format(_MOST, len(rows)) if len(rows) > _MOST else None
	return _columns(), rows[:_MOST], message, _chart(rows), _summary(rows)


def _rows(filters: frappe._dict, match: str) -> list[frappe._dict]:
	order = frappe.qb.DocType("Sales Order")
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
		.where(order.transaction_date >= getdate(filters.from_date or add_months(None, -3)))
		.where(order.transaction_date <= getdate(filters.to_date))
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
	def column(
		label: str, fieldname: str, fieldtype: str = "Data", width: int = 120, options: str = ""
	) -> dict:
		return {
			"label": label,
			"fieldname": fieldname,
			"fieldtype": fieldtype,
			"options": options,
			"width": width,
		}

	return [
		column(_("Sales Order"), "name", "Link", 170, "Sales Order"),
		column(_("Customer"), "customer_name", width=180),
		column(_("Date"), "transaction_date", "Date", 100),
		column(_("Company"), "company", "Link", 150, "Company"),
		column(_("Rep"), "rep", "Link", 160, "User"),
		column(_("Net Total"), "base_net_total", "Currency", 120, "currency"),
		column(_("Order and Contract", context="Sales Order"), "standing_label", width=110),
		column(_("Override Reason", context="Sales Order"), "reason", width=240),
		column(_("Overridden By", context="Sales Order"), "given_by", "Link", 160, "User"),
		column(_("Overridden On", context="Sales Order"), "given_on", "Datetime", 150),
	]


def _chart(rows: list[frappe._dict]) -> dict | None:
	if not rows:
		return None
	reps = [rep for rep, _count in Counter(row.rep for row in rows).most_common(12)]
	told = Counter((row.rep, row.standing) for row in rows)
	standings = [one for one in (*_SHOWN_FIRST, rules.NOT_ASKED) if any(row.standing == one for row in rows)]
	return {
		"data": {
			"labels": [get_fullname(rep) for rep in reps],
			"datasets": [
				{"name": _(one, context="Sales Order"), "values": [told[rep, one] for rep in reps]}
				for one in standings
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#E24C4C", "#ECAD4B", "#A6B1B9", "#CBD2D7"],
	}


def _summary(rows: list[frappe._dict]) -> list[dict]:
	told = Counter(row.standing for row in rows)
	return [
		{
			"label": _(one, context="Sales Order"),
			"value": told[one],
			"datatype": "Int",
			"indicator": _COLOURS[one] if told[one] else "Green",
		}
		for one in _SHOWN_FIRST
	]
