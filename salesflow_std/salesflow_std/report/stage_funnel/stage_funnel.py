"""Stage Funnel: how many deals of a period reached each stage, went on, stayed how long and were lost where (M1, M3).

Each deal counts once, the lost ones too. Every number opens the deals behind it, in this report.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, flt, get_fullname, getdate

from salesflow_std.engine import funnel as rules
from salesflow_std.engine.stages import Process
from salesflow_std.salesflow_std import processes, stage_funnel

# The numbers of a stage that open deals.
LISTS = ("reached", "went_on", "here", "lost", "closed", "hours")
_HOURS_A_DAY = 8


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, chart and summary of the cohort; with `records` ("lost:Negotiation") its deals."""
	filters = frappe._dict(filters or {})
	filters.from_date = filters.from_date or add_months(getdate(), -12)
	filters.to_date = filters.to_date or getdate()
	process = _process(filters)
	if not process:
		return [], [], _("There is no sales process yet."), None, []
	cohort = stage_funnel.Cohort(process, filters)
	stages = cohort.funnel()
	if filters.records:
		return _record_columns(), _records(cohort, stages, filters.records), None, None, []
	rows = [_row(stage) for stage in stages]
	return _columns(), rows, _message(process), _chart(rows), _summary(cohort, stages)


def _process(filters: frappe._dict) -> Process | None:
	"""The process asked for, else the one for all, else the first."""
	everything = processes.all_of_them()
	if filters.process:
		return everything.get(filters.process)
	found = [process for process in everything.values() if process.enabled]
	general = [
		process
		for process in found
		if not (process.company or process.territory or process.opportunity_type or process.market_segment)
	]
	return next(iter(general or found), None)


def _row(stage: rules.Stage) -> dict:
	return {
		"stage": stage.name,
		"label": _(stage.name),
		"reached": len(stage.reached),
		"went_on": len(stage.went_on),
		"conversion": None if stage.conversion is None else 100 * stage.conversion,
		"here": len(stage.here),
		"lost": len(stage.lost),
		"closed": len(stage.closed),
		"median_hours": stage.median_hours,
		"mean_hours": stage.mean_hours,
	}


def _columns() -> list[dict]:
	def column(label: str, name: str, kind: str = "Int", width: int = 110, **more: object) -> dict:
		return {"label": label, "fieldname": name, "fieldtype": kind, "width": width, **more}

	return [
		column(_("Stage", context="Stage Funnel"), "label", "Data", 200),
		column(_("Reached", context="Stage Funnel"), "reached"),
		column(_("Went On", context="Stage Funnel"), "went_on"),
		column(_("Conversion", context="Stage Funnel"), "conversion", "Percent", precision=1),
		column(_("Still Here", context="Stage Funnel"), "here"),
		column(_("Lost", context="Stage Funnel"), "lost"),
		column(_("Closed Otherwise", context="Stage Funnel"), "closed", width=140),
		column(_("Working Hours (Median)"), "median_hours", "Float", 180, precision=1),
		column(_("Working Hours (Mean)"), "mean_hours", "Float", 180, precision=1),
	]


def _message(process: Process) -> str | None:
	undated = stage_funnel.undated(process.name)
	if not undated:
		return None
	return _("{0} opportunities carry no date of entry and belong to no period.").format(undated)


def _chart(rows: list[dict]) -> dict | None:
	if not any(row["reached"] for row in rows):
		return None
	return {
		"data": {
			"labels": [row["label"] for row in rows],
			"datasets": [
				{"name": _("Reached", context="Stage Funnel"), "values": [row["reached"] for row in rows]},
				{"name": _("Lost", context="Stage Funnel"), "values": [row["lost"] for row in rows]},
			],
		},
		"type": "bar",
		"colors": ["#4C9AFF", "#E24C4C"],
	}


def _summary(cohort: stage_funnel.Cohort, stages: list[rules.Stage]) -> list[dict]:
	deals = len({key for stage in stages for key in stage.reached})
	through = rules.through(stages)
	return [
		{"label": _("Deals of the Period"), "value": deals, "datatype": "Int"},
		{"label": _("Won", context="Stage Funnel"), "value": len(stages[-1].reached), "datatype": "Int"},
		{
			"label": _("Won %"),
			"value": _("None yet") if through is None else round(100 * through, 1),
			"datatype": "Data" if through is None else "Float",
		},
		{
			"label": _("Lost", context="Stage Funnel"),
			"value": sum(len(stage.lost) for stage in stages),
			"datatype": "Int",
		},
	]


# The deals behind a number


def _records(cohort: stage_funnel.Cohort, stages: list[rules.Stage], asked: str) -> list[dict]:
	what, _colon, name = asked.partition(":")
	stage = next((stage for stage in stages if stage.name == name), None)
	if what not in LISTS or not stage:
		frappe.throw(
			_("The funnel has no number {0}.").format(escape_html(asked)), title=_("Nothing to Show")
		)
	return [_record(cohort, stage, key) for key in getattr(stage, what)]


def _record(cohort: stage_funnel.Cohort, stage: rules.Stage, key: str) -> dict:
	row = cohort.documents[key]
	hours = stage.hours.get(key)
	return {
		"document_type": row.doctype,
		"document": row.name,
		"title": row.title or row.get("company_name") or row.get("lead_name"),
		"rep": get_fullname(row.rep) if row.rep else None,
		"stands_in": _(row.sf_stage) if row.sf_stage else None,
		"status": _(row.status),
		"hours": hours,
		"amount": flt(row.get("opportunity_amount")) * (flt(row.get("conversion_rate")) or 1),
		"currency": frappe.get_cached_value("Company", row.company, "default_currency")
		if row.company
		else None,
	}


def _record_columns() -> list[dict]:
	def column(label: str, name: str, kind: str = "Data", width: int = 150, **more: object) -> dict:
		return {"label": label, "fieldname": name, "fieldtype": kind, "width": width, **more}

	return [
		column(_("Document Type", context="Stage Funnel"), "document_type", hidden=1),
		column(
			_("Document", context="Stage Funnel"), "document", "Dynamic Link", 190, options="document_type"
		),
		column(_("Title"), "title", width=220),
		column(_("Rep"), "rep"),
		column(_("Stands In", context="Stage Funnel"), "stands_in", width=170),
		column(_("Status"), "status", width=110),
		column(_("Working Hours in the Stage"), "hours", "Float", 190, precision=1),
		column(_("Amount"), "amount", "Currency", 140, options="currency"),
	]
