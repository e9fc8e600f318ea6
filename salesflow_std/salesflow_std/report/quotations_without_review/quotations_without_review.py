"""Quotations without Review: what went out, or may, although no review had approved it, by whom and why (S2).

Overrides and warnings as they were noted down, and submitted quotations that were too small for a review.
"""

from __future__ import annotations

from collections import Counter

import frappe
from frappe import _
from frappe.utils import add_days, add_months, getdate
from pypika.queries import QueryBuilder
from pypika.terms import LiteralValue

from salesflow_std.salesflow_std import access

# How a quotation passed, in the order of the chart.
_KINDS = ("Override", "Warning", "Small Deal")
# More rows than that nobody reads; the summary counts them all.
_SHOWN = 2000


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	rows = [] if access.readable("Quotation", frappe.session.user) is None else _rows(filters)
	message = None
	if len(rows) > _SHOWN:
		message = _("The latest {0} of {1} are shown.").format(_SHOWN, len(rows))
	return _columns(), rows[:_SHOWN], message, _chart(rows), _summary(rows)


def _rows(filters: frappe._dict) -> list[frappe._dict]:
	found = [*_noted(filters), *_small(filters)]
	if filters.kind:
		found = [row for row in found if row.kind == filters.kind]
	found.sort(key=lambda row: (row.given_on, row.quotation), reverse=True)
	for row in found:
		row.kind_label = _kind_label(row.kind)
		row.way_label = _way_label(row.way)
	return found


def _kind_label(kind: str) -> str:
	return {
		"Override": _("Override", context="Quotation Override"),
		"Warning": _("Warning", context="Quotation Override"),
		"Small Deal": _("Small Deal", context="Salesflow"),
	}[kind]


def _way_label(way: str | None) -> str:
	return {
		"Submit": _("Submit", context="Quotation Override"),
		"Update": _("Update", context="Quotation Override"),
		"Print": _("Print", context="Quotation Override"),
		"E-mail": _("E-mail", context="Quotation Override"),
	}.get(way or "", "")


def _noted(filters: frappe._dict) -> list[frappe._dict]:
	log, quotation = frappe.qb.DocType("Quotation Override"), frappe.qb.DocType("Quotation")
	query = (
		frappe.qb.from_(log)
		.join(quotation)
		.on(quotation.name == log.quotation)
		.select(
			log.quotation,
			log.kind,
			log.way,
			log.given_by,
			log.given_on,
			log.reason,
			log.missing,
			log.proposal,
			log.grand_total,
			log.currency,
			log.company,
			quotation.customer_name,
			quotation.status,
			quotation.owner.as_("rep"),
		)
	)
	return _among(query, quotation, log.given_on, filters).run(as_dict=True)


def _small(filters: frappe._dict) -> list[frappe._dict]:
	"""Quotations that were submitted while the gate was on, without a review and with nothing noted down."""
	log, quotation = frappe.qb.DocType("Quotation Override"), frappe.qb.DocType("Quotation")
	noted = frappe.qb.from_(log).select(log.quotation).where(log.quotation == quotation.name)
	query = (
		frappe.qb.from_(quotation)
		.select(
			quotation.name.as_("quotation"),
			LiteralValue("'Small Deal'").as_("kind"),
			quotation.owner.as_("given_by"),
			quotation.transaction_date.as_("given_on"),
			quotation.grand_total,
			quotation.currency,
			quotation.company,
			quotation.customer_name,
			quotation.status,
			quotation.owner.as_("rep"),
		)
		.where(
			(quotation.docstatus == 1)
			& quotation.sf_fingerprint.isnotnull()
			& quotation.sf_proposal_review.isnull()
			& quotation.name.notin(noted)
		)
	)
	rows = _among(query, quotation, quotation.transaction_date, filters).run(as_dict=True)
	for row in rows:
		row.given_on = frappe.utils.get_datetime(row.given_on)
	return rows


def _among(
	query: QueryBuilder, quotation: frappe.qb.DocType, when: object, filters: frappe._dict
) -> QueryBuilder:
	from_date = getdate(filters.from_date) if filters.from_date else getdate(add_months(None, -3))
	to_date = getdate(filters.to_date) if filters.to_date else getdate()
	query = query.where(when >= from_date).where(when < add_days(to_date, 1))
	if filters.company:
		query = query.where(quotation.company == filters.company)
	if filters.rep:
		query = query.where(quotation.owner == filters.rep)
	if match := access.readable("Quotation", frappe.session.user):
		query = query.where(LiteralValue(f"({match})"))
	return query


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
		column(_("Quotation"), "quotation", "Link", 170, "Quotation"),
		column(_("Customer"), "customer_name", width=180),
		column(_("Company"), "company", "Link", 150, "Company"),
		column(_("Rep"), "rep", "Link", 160, "User"),
		column(_("Grand Total"), "grand_total", "Currency", 120, "currency"),
		column(_("Passed By", context="Salesflow"), "kind_label", width=100),
		column(_("Way", context="Quotation Override"), "way_label", width=90),
		column(_("Reason", context="Quotation Override"), "reason", width=220),
		column(_("What Was Missing", context="Quotation Override"), "missing", width=260),
		column(_("By", context="Quotation Override"), "given_by", "Link", 160, "User"),
		column(_("On", context="Quotation Override"), "given_on", "Datetime", 150),
		column(_("Solution Proposal"), "proposal", "Link", 160, "Solution Proposal"),
	]


def _chart(rows: list[frappe._dict]) -> dict | None:
	if not rows:
		return None
	reps = [rep for rep, _count in Counter(row.rep for row in rows).most_common(12)]
	told = Counter((row.rep, row.kind) for row in rows)
	return {
		"data": {
			"labels": [frappe.utils.get_fullname(rep) for rep in reps],
			"datasets": [
				{"name": _kind_label(kind), "values": [told[rep, kind] for rep in reps]} for kind in _KINDS
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#E24C4C", "#ECAD4B", "#A6B1B9"],
	}


def _summary(rows: list[frappe._dict]) -> list[dict]:
	told = Counter(row.kind for row in rows)
	colours = {"Override": "Red", "Warning": "Orange", "Small Deal": "Gray"}
	return [
		{
			"label": _kind_label(kind),
			"value": told[kind],
			"datatype": "Int",
			"indicator": colours[kind] if told[kind] else "Green",
		}
		for kind in _KINDS
	]
