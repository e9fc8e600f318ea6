"""The deals behind a number of the funnel (M3).

A number is named ``lost:Negotiation``, ``won:`` for what has no stage, and ``other.lost:Negotiation`` in the second
period; `records_group` is ``=`` with the key of the group, nothing for all.
"""

from __future__ import annotations

from collections.abc import Collection

import frappe
from frappe import _
from frappe.utils import escape_html, get_fullname

from salesflow_std.engine import funnel as rules
from salesflow_std.engine.stages import Process
from salesflow_std.salesflow_std import funnel_groups, report_parts, stage_funnel
from salesflow_std.salesflow_std.report_parts import column

# The numbers of a stage that open deals, and those of the whole way.
LISTS = ("reached", "went_on", "here", "lost", "closed", "hours", "values", "won")
WHOLE = ("entered", "won", "lost", "open", "closed", "cycle_hours")
_OTHER = "other."


def second_period(filters: frappe._dict) -> frappe._dict:
	"""The filters of the period that is compared."""
	return frappe._dict(filters, from_date=filters.compare_from, to_date=filters.compare_to)


def rows(process: Process, filters: frappe._dict) -> tuple[list[dict], str | None]:
	"""The deals of a number, and what there is to say of them. Raises ValidationError for a number there is not."""
	what, _colon, name = filters.records.partition(":")
	is_other = what.startswith(_OTHER)
	what = what.removeprefix(_OTHER)
	if (what not in (LISTS if name else WHOLE)) or (is_other and not filters.compare_from):
		_refuse(filters.records)
	cohort = stage_funnel.Cohort(process, second_period(filters) if is_other else filters)
	deals = cohort.deals
	if filters.records_group and filters.group_by:
		groups = funnel_groups.groups_of(cohort, filters.group_by)
		deals = rules.grouped(deals, groups).get(filters.records_group.removeprefix("=") or None, [])
	stage = None
	if name:
		stage = next((one for one in cohort.funnel(deals) if one.name == name), None)
		if not stage:
			_refuse(filters.records)
	keys = list(getattr(stage or cohort.summary(deals), what))
	shown = keys[: report_parts.SHOWN]
	titles = _titles(cohort, shown)
	message = (
		_("{0} of {1} deals are shown.").format(len(shown), len(keys)) if len(shown) < len(keys) else None
	)
	return [_row(cohort, stage, key, titles) for key in shown], message


def _refuse(asked: str) -> None:
	frappe.throw(_("The funnel has no number {0}.").format(escape_html(asked)), title=_("Nothing to Show"))


def _row(cohort: stage_funnel.Cohort, stage: rules.Stage | None, key: str, titles: dict) -> dict:
	row = cohort.documents[key]
	return {
		"document_type": row.doctype,
		"document": row.name,
		"title": titles.get((row.doctype, row.name)),
		"rep": get_fullname(row.rep) if row.rep else None,
		"begun": cohort.begun[key],
		"stands_in": _(row.sf_stage) if row.sf_stage else None,
		"status": _(row.status),
		"hours": stage.hours.get(key) if stage else None,
		"amount": cohort.value_of(cohort.documents.row(key)),
		"currency": frappe.get_cached_value("Company", row.company, "default_currency")
		if row.company
		else None,
	}


def _titles(cohort: stage_funnel.Cohort, keys: Collection[str]) -> dict[tuple[str, str], str]:
	names: dict[str, list[str]] = {}
	for key in keys:
		row = cohort.documents.row(key)
		names.setdefault(row.doctype, []).append(row.name)
	found = {}
	for doctype, those in names.items():
		more = ["company_name", "lead_name"] if doctype == stage_funnel.LEAD else ["customer_name"]
		for row in frappe.get_all(
			doctype, filters={"name": ("in", those)}, fields=["name", "title", *more], order_by="name"
		):
			found[doctype, row.name] = row.title or next((row[field] for field in more if row[field]), None)
	return found


def columns() -> list[dict]:
	"""The columns of a list of deals."""
	return [
		column(_("Document Type", context="Stage Funnel"), "document_type", hidden=1),
		column(_("Document", context="Stage Funnel"), "document", "Dynamic Link", 190, "document_type"),
		column(_("Title"), "title", width=220),
		column(_("Rep"), "rep", width=150),
		column(_("Begun On", context="Stage Funnel"), "begun", "Datetime", 160),
		column(_("Stands In", context="Stage Funnel"), "stands_in", width=170),
		column(_("Status"), "status", width=110),
		column(_("Working Hours in the Stage"), "hours", "Float", 190, precision=1),
		column(_("Amount"), "amount", "Currency", 140, "currency"),
	]
