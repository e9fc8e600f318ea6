"""Stage Funnel: how many deals of a period reached each stage, went on, stayed how long and were lost where (M1, M3).

Each deal counts once, the lost ones too. The bottleneck stands above the table in words. With a grouping there is a row
for each group instead; a second period stands beside the first. Every number opens the deals behind it, in this report.
"""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, flt, getdate

from salesflow_std.engine import funnel as rules
from salesflow_std.engine.stages import Process
from salesflow_std.salesflow_std import (
	funnel_groups,
	funnel_records,
	funnel_words,
	goals,
	stage_funnel,
)
from salesflow_std.salesflow_std.report_parts import column, one_value_each, percent

LISTS = funnel_records.LISTS
_SHOWN_GROUPS = 12
# What a goal of a measure is compared with.
_MEASURED = {
	"Entered": "reached",
	"Conversion": "conversion",
	"Median Days": "median_days",
	"Won Value": "won_value",
}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, chart and summary of the cohort; with `records` ("lost:Negotiation") its deals."""
	filters = one_value_each(filters)
	filters.from_date = getdate(filters.from_date or add_months(getdate(), -12))
	filters.to_date = getdate(filters.to_date)
	_check(filters)
	process = stage_funnel.process_of(filters.process)
	if not process:
		return [], [], _("There is no sales process yet."), None, []
	if filters.records:
		return funnel_records.columns(), *funnel_records.rows(process, filters), None, []
	cohort = stage_funnel.Cohort(process, filters)
	other = _other(process, filters)
	if filters.group_by:
		return _by_group(cohort, other)
	return _by_stage(cohort, other)


def _check(filters: frappe._dict) -> None:
	if filters.to_date < filters.from_date:
		frappe.throw(_("The period ends before it begins."), title=_("Stage Funnel"))
	if bool(filters.compare_from) != bool(filters.compare_to):
		frappe.throw(
			_("To compare with another period, say both when it begins and when it ends."),
			title=_("Stage Funnel"),
		)
	if filters.group_by and filters.group_by not in funnel_groups.GROUPS:
		frappe.throw(
			_("There is no grouping by {0}. There is: {1}.").format(
				escape_html(filters.group_by),
				", ".join(_(group, context="Stage Funnel") for group in funnel_groups.GROUPS),
			),
			title=_("Stage Funnel"),
		)


def _other(process: Process, filters: frappe._dict) -> stage_funnel.Cohort | None:
	"""The cohort of the second period."""
	if not filters.compare_from:
		return None
	return stage_funnel.Cohort(process, funnel_records.second_period(filters))


# By stage -------------------------------------------------------------------------------------------------------


def _by_stage(cohort: stage_funnel.Cohort, other: stage_funnel.Cohort | None) -> tuple:
	filters, stages = cohort.filters, cohort.funnel()
	targets = goals.goals_of(
		cohort.process.name,
		filters.from_date,
		filters.to_date,
		filters.company,
		filters.sales_person,
		as_seen=True,
	)
	currency = _currency(cohort)
	rows = [_row(stage, filters.company, currency) for stage in stages]
	if rows:
		# There is nothing behind the last stage to go on to.
		rows[-1] |= {"conversion": None, "interval": None}
	for row in rows:
		_add_goals(row, targets)
	if other:
		for row, stage, beside in zip(rows, stages, other.funnel(), strict=True):
			row |= _beside(
				len(stage.went_on),
				len(stage.reached),
				len(beside.went_on),
				len(beside.reached),
			)
	message = _message(cohort, funnel_words.of_bottleneck(cohort, stages, targets))
	measures = [measure for measure in _MEASURED if any(key[1] == measure for key in targets)]
	return _columns(measures, bool(other)), rows, message, _chart(rows), _summary(cohort, currency)


def _row(stage: rules.Stage, company: str | None, currency: str | None) -> dict:
	return {
		"stage": stage.name,
		"label": _(stage.name),
		"reached": len(stage.reached),
		"went_on": len(stage.went_on),
		"conversion": percent(stage.conversion),
		"interval": funnel_words.interval(stage.interval),
		"here": len(stage.here),
		"lost": len(stage.lost),
		"closed": len(stage.closed),
		"median_hours": stage.median_hours,
		"mean_hours": stage.mean_hours,
		"p90_hours": stage.p90_hours,
		"median_days": stage_funnel.working_days(stage.median_hours, company),
		"won": len(stage.won),
		# Over several currencies nothing is added up.
		"value": stage.value if currency else None,
		"won_value": stage.won_value if currency else None,
		"currency": currency,
	}


def _add_goals(row: dict, targets: dict[tuple[str, str], float]) -> None:
	for measure, field in _MEASURED.items():
		target = targets.get((row["stage"], measure))
		row[f"goal_{field}"] = target
		known = target is not None and row[field] is not None
		row[f"gap_{field}"] = row[field] - target if known else None


def _beside(hits: int, of: int, other_hits: int, other_of: int) -> dict:
	"""What the second period says, and whether the difference is more than chance."""
	change = rules.change(hits, of, other_hits, other_of)
	return {
		"other_of": other_of,
		"other_conversion": percent(other_hits / other_of) if other_of else None,
		"difference": percent(change.difference) if change else None,
		"is_real": None
		if not change
		else _("Yes", context="Stage Funnel")
		if change.is_real
		else _("Not proven", context="Stage Funnel"),
	}


def _columns(measures: Sequence[str], compared: bool) -> list[dict]:
	found = [
		column(_("Stage", context="Stage Funnel"), "label", "Data", 180),
		column(_("Entered", context="Stage Funnel"), "reached", "Int", 90),
		column(_("Went On", context="Stage Funnel"), "went_on", "Int", 90),
		*_conversion_columns(),
		column(_("Still Here", context="Stage Funnel"), "here", "Int", 90),
		column(_("Lost", context="Stage Funnel"), "lost", "Int", 80),
		column(_("Closed Otherwise", context="Stage Funnel"), "closed", "Int", 130),
		column(_("Working Hours (Median)"), "median_hours", "Float", 170, precision=1),
		column(_("Working Hours (90 % Are Done)"), "p90_hours", "Float", 210, precision=1),
		column(_("Value", context="Stage Funnel"), "value", "Currency", 140, "currency"),
		column(_("Won", context="Stage Funnel"), "won", "Int", 80),
		column(_("Won Value", context="Stage Funnel"), "won_value", "Currency", 140, "currency"),
	]
	for measure in measures:
		field = _MEASURED[measure]
		kind = {"reached": "Int", "won_value": "Currency"}.get(field, "Float")
		more = {"options": "currency"} if kind == "Currency" else {"precision": 1}
		name = _(measure, context="Stage Funnel")
		if field == "median_days":
			found.append(column(name, field, "Float", 130, precision=1))
		found += [
			column(_("Goal: {0}").format(name), f"goal_{field}", kind, 140, **more),
			column(_("Against the Goal: {0}").format(name), f"gap_{field}", kind, 170, **more),
		]
	return found + (_other_columns() if compared else [])


def _conversion_columns() -> list[dict]:
	return [
		column(_("Conversion", context="Stage Funnel"), "conversion", "Percent", 120, precision=1),
		column(_("95 % Interval"), "interval", "Data", 140),
	]


def _other_columns() -> list[dict]:
	return [
		column(_("Entered, Second Period"), "other_of", "Int", 160),
		column(_("Conversion, Second Period"), "other_conversion", "Percent", 180, precision=1),
		column(_("Difference (Percentage Points)"), "difference", "Float", 200, precision=1),
		column(_("More Than Chance"), "is_real", "Data", 140),
	]


def _message(cohort: stage_funnel.Cohort, bottleneck: str | None = None) -> str | None:
	currencies = cohort.currencies()
	said = (
		bottleneck,
		funnel_words.several_currencies(currencies) if len(currencies) > 1 else None,
		funnel_words.undated(cohort.process.name),
	)
	return "<br>".join(escape_html(one) for one in said if one) or None


def _currency(cohort: stage_funnel.Cohort, deals: Sequence[rules.Deal] | None = None) -> str | None:
	"""The one currency that values are in; None where there are several, or none."""
	found = cohort.currencies(deals)
	if len(found) > 1:
		return None
	return next(iter(found), None) or funnel_words.company_currency(
		cohort.filters.company or frappe.defaults.get_global_default("company")
	)


def _chart(rows: list[dict]) -> dict | None:
	if not any(row["reached"] for row in rows):
		return None
	return _bars(
		[row["label"] for row in rows],
		(_("Entered", context="Stage Funnel"), [row["reached"] for row in rows], "#4C9AFF"),
		(_("Lost", context="Stage Funnel"), [row["lost"] for row in rows], "#E24C4C"),
	)


def _bars(labels: list[str], *sets: tuple[str, list, str]) -> dict:
	return {
		"data": {
			"labels": labels,
			"datasets": [{"name": name, "values": values} for name, values, _colour in sets],
		},
		"type": "bar",
		"colors": [colour for _name, _values, colour in sets],
	}


def _summary(cohort: stage_funnel.Cohort, currency: str | None) -> list[dict]:
	found = cohort.summary()
	through = found.conversion
	won_value = found.won_value if currency else None
	return [
		{"label": _("Deals of the Period"), "value": len(found.entered), "datatype": "Int"},
		{"label": _("Won", context="Stage Funnel"), "value": len(found.won), "datatype": "Int"},
		{
			"label": _("Won %"),
			"value": _("None yet") if through is None else f"{funnel_words.number(100 * through)} %",
			"datatype": "Data",
		},
		{"label": _("Lost", context="Stage Funnel"), "value": len(found.lost), "datatype": "Int"},
		{
			"label": _("Won Value", context="Stage Funnel"),
			"value": _("Not known", context="Stage Funnel") if won_value is None else flt(won_value, 2),
			"datatype": "Data" if won_value is None else "Currency",
			"currency": currency,
		},
	]


# By group -------------------------------------------------------------------------------------------------------


def _by_group(cohort: stage_funnel.Cohort, other: stage_funnel.Cohort | None) -> tuple:
	label = cohort.filters.group_by
	parts = rules.grouped(cohort.deals, funnel_groups.groups_of(cohort, label))
	beside = rules.grouped(other.deals, funnel_groups.groups_of(other, label)) if other else {}
	keys = _in_order(label, parts, beside)
	rows = [_group_row(cohort, label, key, parts.get(key, ())) for key in keys]
	if other:
		for row, key in zip(rows, keys, strict=True):
			row |= _beside_group(other, row, beside.get(key, ()))
	chart = _group_chart(rows, label)
	if rows:
		total = _group_row(cohort, label, None, cohort.deals)
		total |= {"label": _("Total", context="Stage Funnel"), "is_total": 1, "group": None}
		if other:
			total |= _beside_group(other, total, other.deals)
		rows.append(total)
	columns = _group_columns(cohort, label, bool(other))
	return columns, rows, _message(cohort), chart, _summary(cohort, _currency(cohort))


def _in_order(label: str, *parts: dict) -> list[str | None]:
	"""Periods as they come, other groups the largest first; what is in none comes last."""
	sizes: dict[str | None, int] = {}
	for part in parts[:1]:
		sizes.update({key: len(deals) for key, deals in part.items()})
	for part in parts[1:]:
		sizes.update({key: 0 for key in part if key not in sizes})
	if label in funnel_groups.PERIODS:
		return sorted(sizes, key=str)
	return sorted(sizes, key=lambda key: (key is None, -sizes[key], str(key)))


def _group_row(cohort: stage_funnel.Cohort, label: str, key: str | None, deals: Sequence[rules.Deal]) -> dict:
	found, currency = cohort.summary(deals), _currency(cohort, deals)
	company = key if label == funnel_groups.COMPANY else cohort.filters.company
	return {
		"group": key or "",
		"label": funnel_groups.title(label, key),
		"entered": len(found.entered),
		"won": len(found.won),
		"lost": len(found.lost),
		"open": len(found.open),
		"closed": len(found.closed),
		"conversion": percent(found.conversion),
		"interval": funnel_words.interval(found.interval),
		"cycle_days": stage_funnel.working_days(found.median_hours, company),
		"won_value": found.won_value if currency else None,
		"currency": currency,
		**{
			f"stage_{place}": percent(stage.conversion)
			for place, stage in enumerate(cohort.funnel(deals)[:-1])
		},
	}


def _beside_group(other: stage_funnel.Cohort, row: dict, deals: Sequence[rules.Deal]) -> dict:
	found = other.summary(deals)
	return _beside(row["won"], row["entered"], len(found.won), len(found.entered))


def _group_columns(cohort: stage_funnel.Cohort, label: str, compared: bool) -> list[dict]:
	return [
		column(_(label, context="Stage Funnel"), "label", "Data", 180),
		column(_("Entered", context="Stage Funnel"), "entered", "Int", 90),
		column(_("Won", context="Stage Funnel"), "won", "Int", 80),
		column(_("Lost", context="Stage Funnel"), "lost", "Int", 80),
		column(_("Open", context="Stage Funnel"), "open", "Int", 80),
		column(_("Closed Otherwise", context="Stage Funnel"), "closed", "Int", 130),
		column(_("Won %"), "conversion", "Percent", 130, precision=1),
		column(_("95 % Interval"), "interval", "Data", 140),
		column(_("Working Days Until Won (Median)"), "cycle_days", "Float", 210, precision=1),
		column(_("Won Value", context="Stage Funnel"), "won_value", "Currency", 140, "currency"),
		*(
			column(
				_("Went On: {0}").format(_(stage)), f"stage_{place}", "Percent", 180, precision=1, stage=stage
			)
			for place, stage in enumerate(cohort.stages[:-1])
		),
		*(_other_columns() if compared else ()),
	]


def _group_chart(rows: list[dict], label: str) -> dict | None:
	shown = rows[-24:] if label in funnel_groups.PERIODS else rows[:_SHOWN_GROUPS]
	if not any(row["entered"] for row in shown):
		return None
	return _bars(
		[row["label"][:40] for row in shown],
		(_("Entered", context="Stage Funnel"), [row["entered"] for row in shown], "#4C9AFF"),
		(_("Won", context="Stage Funnel"), [row["won"] for row in shown], "#48BB74"),
		(_("Lost", context="Stage Funnel"), [row["lost"] for row in shown], "#E24C4C"),
	)
