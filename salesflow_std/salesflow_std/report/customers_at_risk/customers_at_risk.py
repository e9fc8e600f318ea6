"""Customers at Risk: who may be lost, for which reasons, and what they are worth (A4, A5, P6).

One line for a customer, the heaviest first; every reason opens what it comes from. Everybody sees the reasons in the
records that they may read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import frappe
from frappe import _
from frappe.utils import flt, get_fullname, getdate, now_datetime

from salesflow_std.engine import risk as rules
from salesflow_std.salesflow_std import customer_risks, report_parts, reps, scope
from salesflow_std.salesflow_std.report_parts import column

# More records of one reason are no list to open.
_OPENED = 50
# More reasons than that have no room for their words in the chart.
_CHARTED = 5
_CUSTOMER = {"rep": "account_manager", "tier": "sf_tier", "activity": "sf_activity", "customer": "name"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message where there are more than are shown, chart and summary."""
	filters = frappe._dict(filters or {})
	reading = customer_risks.Scope(now_datetime(), filters.company)
	found = customer_risks.find(filters.company)
	orders = customer_risks.orders_by_customer(reading)
	bought = _buyers(reading, filters)
	currency = _currency(filters)
	rows = []
	for customer in _customers(filters):
		if bought is not None and customer.name not in bought:
			continue
		reasons = found.get(customer.name, {})
		# How lively a customer is concerns those companies that deal with them.
		concerned = not filters.company or customer.name in orders or reasons
		if concerned and (reason := customer_risks.of_activity(customer.sf_activity)):
			reasons[reason] = [customer.name]
		if reasons and _is_asked_for(_weigh(customer, reasons), filters):
			customer.orders = _worth(orders.get(customer.name, {}), currency)
			rows.append(customer)
	rows.sort(key=lambda row: (-row.weight, -row.orders, row.customer_name or row.name))
	message = None
	if len(rows) > report_parts.SHOWN:
		message = _("The first {0} of {1} are shown.").format(report_parts.SHOWN, len(rows))
	shown = [_row(row, currency) for row in rows[: report_parts.SHOWN]]
	return _columns(), shown, message, _chart(rows), _summary(rows, currency)


def _weigh(customer: frappe._dict, found: Mapping[str, list[str]]) -> frappe._dict:
	kinds = rules.counted(found)
	weight = rules.weight(kinds)
	customer.update({"found": found, "kinds": kinds, "weight": weight, "band": rules.band(weight)})
	return customer


# Reading ----------------------------------------------------------------------------------------------------------


def _customers(filters: frappe._dict) -> list[frappe._dict]:
	if not frappe.has_permission("Customer", "read"):
		return []
	table = frappe.qb.DocType("Customer")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.customer_name, table.account_manager, table.sf_tier, table.sf_activity)
		.where(table.disabled == 0)
		.orderby(table.name)
	)
	for key, field in _CUSTOMER.items():
		if filters.get(key):
			query = query.where(table[field] == filters[key])
	if filters.team:
		query = query.where(table.account_manager.isin(reps.people_at(filters.team) or [""]))
	return scope.of_work(query, "Customer", "account_manager").run(as_dict=True)


def _buyers(reading: customer_risks.Scope, filters: frappe._dict) -> set[str] | None:
	"""Who has ordered something of an item group within a year; None for all customers."""
	if not filters.item_group:
		return None
	return set(
		customer_risks.orders_by_customer(reading, report_parts.below("Item Group", filters.item_group))
	)


def _currency(filters: frappe._dict) -> str:
	company = filters.company or frappe.defaults.get_user_default("Company")
	found = frappe.get_cached_value("Company", company, "default_currency") if company else None
	return found or frappe.db.get_default("currency")


def _worth(by_company: Mapping[str, float], currency: str) -> float:
	return sum(
		flt(amount) * _rate(frappe.get_cached_value("Company", company, "default_currency"), currency)
		for company, amount in by_company.items()
	)


def _rate(of: str, to: str) -> float:
	from erpnext.setup.utils import get_exchange_rate

	if of == to:
		return 1.0
	known = frappe.local.cache.setdefault("salesflow_rates", {})
	if (of, to) not in known:
		known[of, to] = flt(get_exchange_rate(of, to, getdate()))
	return known[of, to]


def _is_asked_for(row: frappe._dict, filters: frappe._dict) -> bool:
	if filters.reason and filters.reason not in row.kinds:
		return False
	return not filters.band or row.band == filters.band


# What is shown ----------------------------------------------------------------------------------------------------


def _row(customer: frappe._dict, currency: str) -> dict:
	found, band = customer.found, customer.band
	reasons = [
		{"label": _reason(kind), "doctype": customer_risks.DOCTYPES[kind], "names": found[kind][:_OPENED]}
		for kind in customer.kinds
	]
	return {
		"customer": customer.name,
		"label": customer.customer_name or customer.name,
		"rep": get_fullname(customer.account_manager) if customer.account_manager else "",
		"tier": _(customer.sf_tier, context="Customer") if customer.sf_tier else "",
		"weight": customer.weight,
		"band": band,
		"band_label": _(band, context="Customers at Risk"),
		"kinds": customer.kinds,
		"reasons": " · ".join(
			f"{reason['label']} ×{len(found[kind])}" if len(found[kind]) > 1 else reason["label"]
			for kind, reason in zip(customer.kinds, reasons, strict=True)
		),
		"links": reasons,
		"orders": customer.orders,
		"currency": currency,
	}


def _reason(kind: str) -> str:
	return _(kind, context="Customers at Risk")


def _columns() -> list[dict]:
	return [
		column(_("Customer"), "label", "Data", 210),
		column(_("Account Manager"), "rep", "Data", 155),
		column(_("Tier", context="Customer"), "tier", "Data", 95),
		column(_("Risk", context="Customers at Risk"), "band_label", "Data", 80),
		column(_("Weight", context="Customers at Risk"), "weight", "Int", 80),
		column(_("Reasons", context="Customers at Risk"), "reasons", "Data", 390),
		column(_("Orders of 12 Months"), "orders", "Currency", 160, "currency"),
	]


def _chart(rows: Sequence[frappe._dict]) -> dict | None:
	"""For how many customers each of the most frequent reasons is given."""
	told = Counter(kind for row in rows for kind in row.kinds)
	if not told:
		return None
	kinds = [kind for kind, _count in told.most_common(_CHARTED)]
	return {
		"data": {
			"labels": [_reason(kind) for kind in kinds],
			"datasets": [
				{"name": _("Customers", context="Salesflow"), "values": [told[kind] for kind in kinds]}
			],
		},
		"type": "bar",
		"colors": ["#E24C4C"],
	}


def _summary(rows: Sequence[frappe._dict], currency: str) -> list[dict]:
	high = sum(row.band == rules.HIGH for row in rows)
	return [
		{"label": _("Customers at Risk"), "value": len(rows), "datatype": "Int"},
		{
			"label": _("At High Risk"),
			"value": high,
			"datatype": "Int",
			"indicator": "Red" if high else "Green",
		},
		{
			"label": _("Orders of 12 Months"),
			"value": sum(row.orders for row in rows),
			"datatype": "Currency",
			"currency": currency,
		},
	]
