"""Lost Deals: why, to whom and in which stage deals are lost, and what was learned from them (M1).

A deal counts in the period in which it was lost. One with two reasons stands under both, and once in the totals. Every
number opens its opportunities.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.utils import flt, get_fullname
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import report_parts
from salesflow_std.salesflow_std.lost_deals import LOST

GROUPS = {
	"Reason": "reasons",
	"Competitor": "competitors",
	"Stage": "sf_stage",
	"Rep": "opportunity_owner",
	"Month": "month",
	"Deal": "name",
}
_TABLES = {
	"reasons": ("Opportunity Lost Reason Detail", "lost_reason"),
	"competitors": ("Competitor Detail", "competitor"),
}
_FIELDS = ("opportunity_owner", "company", "sf_stage", "sf_sales_process", "territory")


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	group = _group(filters)
	deals = _read(filters)
	found: dict[object, list[frappe._dict]] = {}
	for deal in deals:
		for key in _keys(deal, group, filters):
			found.setdefault(key, []).append(deal)
	rows = [
		{"grouped_by": key, "label": _label(group, key, part), **tally(part, len(deals))}
		for key, part in found.items()
	]
	if group == "month":
		rows.sort(key=lambda row: row["grouped_by"])
	else:
		rows.sort(key=lambda row: (-row["deals"], -row["amount"], str(row["grouped_by"] or "")))
	return _columns(filters, group), rows, _message(deals), _chart(rows, group), _summary(deals)


def tally(deals: Iterable[frappe._dict], all_of_them: int) -> dict:
	"""The numbers of some lost deals; share in percent, days from the deal's date until it was lost."""
	deals = list(deals)
	days = [(deal.sf_lost_on.date() - deal.transaction_date).days for deal in deals if deal.transaction_date]
	return {
		"deals": len(deals),
		"share": 100 * len(deals) / all_of_them if all_of_them else 0,
		"amount": sum(deal.amount for deal in deals),
		"currency": deals[0].currency if deals else None,
		"days": median(days) if days else None,
		"learned": sum(bool(deal.sf_learned) for deal in deals),
		"what": deals[0].sf_learned or deals[0].order_lost_reason if len(deals) == 1 else None,
	}


def _group(filters: frappe._dict) -> str:
	label = filters.group_by or "Reason"
	return report_parts.chosen_group(label, GROUPS, lambda group: _(group, context="Lost Deals"))


def _read(filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType("Opportunity")
	begin, end = report_parts.period(filters)
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.title,
			table.customer_name,
			table.company,
			table.sf_stage,
			table.opportunity_owner,
			table.sf_lost_on,
			table.sf_lost_on_estimated,
			table.transaction_date,
			table.opportunity_amount,
			table.conversion_rate,
			table.sf_learned,
			table.order_lost_reason,
		)
		.where((table.status == LOST) & (table.sf_lost_on >= begin))
		.where(table.sf_lost_on < end)
		.orderby(table.name)
	)
	for field in _FIELDS:
		if filters.get(field):
			query = query.where(table[field] == filters[field])
	if filters.learned:
		like = f"%{filters.learned}%"
		query = query.where(table.sf_learned.like(like))
	for doctype, field in _TABLES.values():
		if wanted := filters.get(field):
			child = frappe.qb.DocType(doctype)
			query = query.where(
				table.name.isin(
					frappe.qb.from_(child)
					.select(child.parent)
					.where((child.parenttype == "Opportunity") & (child[field] == wanted))
				)
			)
	# A rep sees what ERPNext's permissions let them see.
	match = build_match_conditions("Opportunity")
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	deals = query.run(as_dict=True)
	_complete(deals)
	return deals


def _complete(deals: list[frappe._dict]) -> None:
	"""Adds reasons and competitors, the month, and the amount in the company's currency."""
	named = {key: _children(doctype, field, deals) for key, (doctype, field) in _TABLES.items()}
	for deal in deals:
		for key in _TABLES:
			deal[key] = named[key].get(deal.name, [])
		deal.month = str(deal.sf_lost_on)[:7]
		deal.amount = flt(deal.opportunity_amount) * (flt(deal.conversion_rate) or 1)
		deal.currency = frappe.get_cached_value("Company", deal.company, "default_currency")


def _children(doctype: str, field: str, deals: list[frappe._dict]) -> dict[str, list[str]]:
	found: dict[str, list[str]] = {}
	if not deals:
		return found
	for row in frappe.get_all(
		doctype,
		filters={
			"parenttype": "Opportunity",
			"parent": ("in", [deal.name for deal in deals]),
			field: ("is", "set"),
		},
		fields=["parent", field],
		order_by="parent, idx",
	):
		if row[field] not in found.setdefault(row.parent, []):
			found[row.parent].append(row[field])
	return found


def _keys(deal: frappe._dict, group: str, filters: frappe._dict) -> list[str | None]:
	if group in _TABLES:
		# Where one is asked for, the others that a deal has too are nothing to count.
		wanted = filters.get(_TABLES[group][1])
		return [wanted] if wanted else deal[group] or [None]
	return [deal[group] or None]


def _label(group: str, key: str | None, deals: list[frappe._dict]) -> str:
	if not key:
		return _("None", context="Salesflow")
	if group == "opportunity_owner":
		return get_fullname(key)
	if group == "sf_stage":
		return _(key)
	if group == "name":
		return deals[0].title or deals[0].customer_name or key
	return key


def _columns(filters: frappe._dict, group: str) -> list[dict]:
	def column(label: str, name: str, kind: str = "Int", width: int = 110, **more: object) -> dict:
		return {"label": label, "fieldname": name, "fieldtype": kind, "width": width, **more}

	single = group == "name"
	return [
		column(_(filters.group_by or "Reason", context="Lost Deals"), "label", "Data", 240),
		column(_("Deals", context="Lost Deals"), "deals"),
		*([] if single else [column(_("Share"), "share", "Percent", precision=0)]),
		column(_("Amount"), "amount", "Currency", 140, options="currency"),
		column(_("Days until Lost (Median)"), "days", "Float", 180, precision=0),
		column(_("With What Was Learned"), "learned", width=170),
		*([column(_("What Was Learned"), "what", "Data", 420)] if single else []),
	]


def _message(deals: list[frappe._dict]) -> str | None:
	"""Which dates are only estimated, and which deals have none yet: they are in no period."""
	parts = []
	if estimated := sum(deal.sf_lost_on_estimated for deal in deals):
		parts.append(
			_("Of {0} deals nobody noted when they were lost; they count by their last change.").format(
				f'<a href="/app/opportunity?status=Lost&sf_lost_on_estimated=1">{estimated}</a>'
			)
		)
	undated = len(
		frappe.get_list(
			"Opportunity",
			filters={"status": LOST, "sf_lost_on": ("is", "not set")},
			pluck="name",
			order_by="name",
		)
	)
	if undated:
		parts.append(
			_("{0} lost deals carry no date of their loss and are in no period.").format(
				f'<a href="/app/opportunity?status=Lost&sf_lost_on=%5B%22is%22%2C%22not+set%22%5D">{undated}</a>'
			)
		)
	return "<br>".join(parts) or None


def _chart(rows: list[dict], group: str) -> dict | None:
	if not rows or group == "name":
		return None
	top = rows[-12:] if group == "month" else rows[:12]
	return {
		"data": {
			"labels": [row["label"] for row in top],
			"datasets": [{"name": _("Deals", context="Lost Deals"), "values": [row["deals"] for row in top]}],
		},
		"type": "line" if group == "month" and len(top) > 2 else "bar",
		"colors": ["#E24C4C"],
	}


def _summary(deals: list[frappe._dict]) -> list[dict]:
	numbers = tally(deals, len(deals))
	unsaid = sum(not deal.reasons for deal in deals)
	found = [
		{"label": _("Deals", context="Lost Deals"), "value": numbers["deals"], "datatype": "Int"},
		{"label": _("With What Was Learned"), "value": numbers["learned"], "datatype": "Int"},
		{
			"label": _("Without a Reason"),
			"value": unsaid,
			"datatype": "Int",
			"indicator": "Red" if unsaid else "Green",
		},
	]
	if len({deal.currency for deal in deals}) == 1:
		amount = {"label": _("Amount"), "value": numbers["amount"], "datatype": "Currency"}
		found.insert(1, {**amount, "currency": numbers["currency"]})
	return found
