"""Customer Satisfaction: who answered, and how satisfied they are, by dimension, team, product and period (A3).

A survey counts once, in the period in which the customer was asked, with the newest of its corrections; by product it
counts with each one that was accepted. Means stand beside the number of answers they come from. Every number opens its
surveys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import frappe
from frappe import _

from salesflow_std.engine import satisfaction as rules
from salesflow_std.engine import survey
from salesflow_std.salesflow_std import report_parts
from salesflow_std.salesflow_std import survey_numbers as numbers
from salesflow_std.salesflow_std.report_parts import column

DIMENSION, QUESTION = "dimension", "key"
GROUPS = {**numbers.GROUPS, "Dimension": DIMENSION, "Question": QUESTION}
DIMENSIONS = {survey.TIMELINESS: "timeliness", survey.QUALITY: "quality", survey.NEEDS_MET: "needs_met"}
_ORDER = {dimension: place for place, dimension in enumerate(survey.MUST_DIMENSIONS)}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], None, dict | None, list[dict]]:
	"""Columns, rows with their total, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	titles = {
		"Dimension": _("Dimension", context="Survey Question"),
		"Question": _("Question", context="Survey Question"),
	}
	group, title = numbers.chosen(filters, GROUPS, titles)
	surveys = numbers.read(filters)
	asked = [row.asked for row in surveys]
	if group in (DIMENSION, QUESTION):
		rows = _by_question(surveys, group)
		return _question_columns(title), rows, None, _chart(rows, group), _summary(rules.tally(asked))
	rows = [
		_row(key, numbers.label(group, key), part) for key, part in numbers.grouped(surveys, group).items()
	]
	chart = _chart(rows, group)
	if rows:
		rows.append({**_row(None, _("Total", context="Customer Satisfaction"), asked), "is_total": 1})
	return _columns(title), rows, None, chart, _summary(rules.tally(asked))


# By what surveys have in common -----------------------------------------------------------------------------------


def _row(key: str | None, label: str, asked: Sequence[rules.Asked]) -> dict:
	found = rules.tally(asked)
	return {
		"grouped_by": key,
		"label": label,
		"asked": found.asked,
		"answered": found.answered,
		"rate": report_parts.percent(found.rate),
		"satisfaction": found.satisfaction.mean,
		"few": int(found.satisfaction.is_few()),
		**{
			field: found.dimensions[dimension].mean if dimension in found.dimensions else None
			for dimension, field in DIMENSIONS.items()
		},
		"low": found.low,
		"names": {
			"asked": report_parts.few_names([one.name for one in asked]),
			"answered": report_parts.few_names([one.name for one in asked if one.answered]),
			"low": report_parts.few_names([one.name for one in asked if one.answered and one.low]),
		},
	}


def _columns(title: str) -> list[dict]:
	mark = {"fieldtype": "Float", "precision": 1}
	return [
		column(title, "label", "Data", 180),
		column(_("Asked", context="Satisfaction Survey"), "asked", "Int", 90),
		column(_("Answered", context="Satisfaction Survey"), "answered", "Int", 100),
		report_parts.share(_("Response Rate"), "rate", 130),
		column(_("Satisfaction (1-5)"), "satisfaction", width=150, **mark),
		*(
			column(_(dimension, context="Survey Question"), field, width=125, **mark)
			for dimension, field in DIMENSIONS.items()
		),
		column(_("Dissatisfied"), "low", "Int", 110),
	]


# By question ------------------------------------------------------------------------------------------------------


def _by_question(surveys: Sequence[frappe._dict], group: str) -> list[dict]:
	mean: Callable = rules.of_dimension if group == DIMENSION else rules.of_question
	marks: dict[str, list[tuple[str, rules.Mark]]] = {}
	for row in surveys:
		for mark in row.asked.marks:
			marks.setdefault(getattr(mark, group), []).append((row.name, mark))
	words = numbers.worded(surveys) if group == QUESTION else {}
	rows = []
	for key, part in marks.items():
		found = mean(mark for _name, mark in part)
		low = [name for name, mark in part if mark.is_low]
		dimension = part[0][1].dimension
		rows.append(
			{
				"grouped_by": key,
				"label": _(key, context="Survey Question") if group == DIMENSION else words.get(key, key),
				"place": (_ORDER.get(dimension, 9), dimension, key),
				"answers": found.count,
				"satisfaction": found.mean,
				"few": int(found.is_few()),
				"low": len(low),
				"low_share": 100 * len(low) / len(part),
				"names": {
					"answers": report_parts.few_names(sorted({name for name, _mark in part})),
					"low": report_parts.few_names(sorted(set(low))),
				},
			}
		)
	return sorted(rows, key=lambda row: row.pop("place"))


def _question_columns(title: str) -> list[dict]:
	return [
		column(title, "label", "Data", 420),
		column(_("Answers", context="Customer Satisfaction"), "answers", "Int", 110),
		column(_("Satisfaction (1-5)"), "satisfaction", "Float", 160, precision=1),
		column(_("Low Marks"), "low", "Int", 120),
		report_parts.share(_("Share of Low Marks"), "low_share", 170),
	]


# Chart and summary ------------------------------------------------------------------------------------------------


def _chart(rows: Sequence[dict], group: str) -> dict | None:
	"""Bars of how satisfied customers are, in a trend with a line for each dimension; what nobody has answered for is
	left out."""
	rows = [row for row in rows if row["satisfaction"] is not None]
	if not rows:
		return None
	is_trend = group in (numbers.MONTH, numbers.QUARTER)
	shown = rows[-24:] if is_trend else rows[:12]
	datasets = [_dataset(_("Satisfaction", context="Satisfaction Survey"), "satisfaction", shown, "bar")]
	if is_trend and len(shown) > 1:
		datasets += [
			_dataset(_(dimension, context="Survey Question"), field, shown, "line")
			for dimension, field in DIMENSIONS.items()
		]
	return {
		"data": {
			"labels": [row["label"][:40] for row in shown],
			"datasets": datasets,
			# The axis begins at it; without one, lines make it begin at the lowest mark and the bars fall below.
			"yMarkers": [{"label": "", "value": 0}],
		},
		"type": "axis-mixed" if len(datasets) > 1 else "bar",
		"colors": ["#C9BDEF", "#449CF0", "#ECAD4B", "#48BB74"],
	}


def _dataset(name: str, field: str, rows: Sequence[dict], kind: str) -> dict:
	return {"name": name, "values": [round(row[field] or 0, 2) for row in rows], "chartType": kind}


def _summary(found: rules.Numbers) -> list[dict]:
	mean = found.satisfaction.mean
	return [
		{"label": _("Asked", context="Satisfaction Survey"), "value": found.asked, "datatype": "Int"},
		{"label": _("Answered", context="Satisfaction Survey"), "value": found.answered, "datatype": "Int"},
		report_parts.share_summary(_("Response Rate"), report_parts.percent(found.rate)),
		{
			"label": _("Satisfaction (1-5)"),
			"value": _("None yet") if mean is None else f"{mean:.1f}",
			"datatype": "Data",
		},
		{
			"label": _("Dissatisfied"),
			"value": found.low,
			"datatype": "Int",
			"indicator": "Red" if found.low else "Green",
		},
	]
