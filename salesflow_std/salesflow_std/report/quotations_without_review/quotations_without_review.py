"""Quotations without Review: what went out, or may, although no review had approved it, by whom and why (S2).

Overrides and warnings as they were noted down, and submitted quotations that were too small for a review.
"""

from __future__ import annotations

import frappe
from frappe import _
from pypika.queries import QueryBuilder
from pypika.terms import LiteralValue

from salesflow_std.salesflow_std import access, report_parts

# How a quotation passed, in the order of the chart.
_COLOURS = {"Override": "Red", "Warning": "Orange", "Small Deal": "Gray"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	rows = [] if access.readable("Quotation", frappe.session.user) is None else _rows(filters)
	labels = {kind: _kind_label(kind) for kind in _COLOURS}
	return report_parts.by_kind(_columns(), rows, "kind", labels, _COLOURS)


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
	begin, end = report_parts.period(filters)
	query = query.where((when >= begin) & (when < end))
	if filters.company:
		query = query.where(quotation.company == filters.company)
	if filters.rep:
		query = query.where(quotation.owner == filters.rep)
	if match := access.readable("Quotation", frappe.session.user):
		query = query.where(LiteralValue(f"({match})"))
	return query


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Quotation"), "quotation", "Link", 170, "Quotation"),
		report_parts.column(_("Customer"), "customer_name", width=180),
		report_parts.column(_("Company"), "company", "Link", 150, "Company"),
		report_parts.column(_("Rep"), "rep", "Link", 160, "User"),
		report_parts.column(_("Grand Total"), "grand_total", "Currency", 120, "currency"),
		report_parts.column(_("Passed By", context="Salesflow"), "kind_label", width=100),
		report_parts.column(_("Way", context="Quotation Override"), "way_label", width=90),
		report_parts.column(_("Reason", context="Quotation Override"), "reason", width=220),
		report_parts.column(_("What Was Missing", context="Quotation Override"), "missing", width=260),
		report_parts.column(_("By", context="Quotation Override"), "given_by", "Link", 160, "User"),
		report_parts.column(_("On", context="Quotation Override"), "given_on", "Datetime", 150),
		report_parts.column(_("Solution Proposal"), "proposal", "Link", 160, "Solution Proposal"),
	]
