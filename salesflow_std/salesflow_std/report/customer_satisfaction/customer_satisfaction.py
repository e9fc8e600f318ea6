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
		rows.append({**_row(None, _("Total"), asked), "is_total": 1})
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
		column(title, "label", "Data", 190),
		column(_("Asked", context="Satisfaction Survey"), "asked", "Int", 90),
		column(_("Answered", context="Satisfaction Survey"), "answered", "Int", 100),
		column(_("Response Rate"), "rate", "Percent", 120, precision=0),
		column(_("Satisfaction (1-5)"), "satisfaction", width=140, **mark),
		*(
			column(_(dimension, context="Survey Question"), field, width=120, **mark)
			for dimension, field in DIMENSIONS.items()
		),
		column(_("Low", context="Satisfaction Survey"), "low", "Int", 80),
	]


# By question ------------------------------------------------------------------------------------------------------


def _by_question(surveys: Sequence[frappe._dict], group: str) -> list[dict]:
	mean: Callable = rules.of_dimension if group == DIMENSION else rules.of_question
	marks: dict[str, list[tuple[str, rules.Mark]]] = {}
	worded: dict[str, str] = {}
	for row in surveys:
		worded.update({key: text for key, text in row.wording.items() if text})
		for mark in row.asked.marks:
			marks.setdefault(getattr(mark, group), []).append((row.name, mark))
	rows = []
	for key, part in marks.items():
		found = mean(mark for _name, mark in part)
		low = [name for name, mark in part if mark.is_low]
		dimension = part[0][1].dimension
		rows.append(
			{
				"grouped_by": key,
				"label": _(key, context="Survey Question") if group == DIMENSION else worded.get(key) or key,
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
		column(_("Answers"), "answers", "Int", 110),
		column(_("Satisfaction (1-5)"), "satisfaction", "Float", 160, precision=1),
		column(_("Low Marks"), "low", "Int", 120),
		column(_("Share of Low Marks"), "low_share", "Percent", 170, precision=0),
	]


# Chart and summary ------------------------------------------------------------------------------------------------


def _chart(rows: Sequence[dict], group: str) -> dict | None:
	"""Periods as a trend with its dimensions, all else as bars; what nobody has answered for is left out."""
	rows = [row for row in rows if row["satisfaction"] is not None]
	if not rows:
		return None
	is_trend = group in (numbers.MONTH, numbers.QUARTER)
	shown = rows[-24:] if is_trend else rows[:12]
	fields = {"satisfaction": _("Satisfaction", context="Satisfaction Survey")}
	if is_trend:
		fields |= {field: _(name, context="Survey Question") for name, field in DIMENSIONS.items()}
	count = "answers" if group in (DIMENSION, QUESTION) else "answered"
	return {
		"data": {
			"labels": [f"{row['label'][:40]} (n={row[count]})" for row in shown],
			"datasets": [
				{"name": name, "values": [round(row[field] or 0, 2) for row in shown]}
				for field, name in fields.items()
			],
			"yMarkers": [{"label": "5", "value": 5}],
		},
		"type": "line" if is_trend and len(shown) > 1 else "bar",
		"colors": ["#7C5CD6", "#449CF0", "#ECAD4B", "#48BB74"],
		"axisOptions": {"shortenYAxisNumbers": 1},
	}


def _summary(found: rules.Numbers) -> list[dict]:
	mean = found.satisfaction.mean
	return [
		{"label": _("Asked", context="Satisfaction Survey"), "value": found.asked, "datatype": "Int"},
		{"label": _("Answered", context="Satisfaction Survey"), "value": found.answered, "datatype": "Int"},
		{
			"label": _("Response Rate"),
			"value": _("None yet") if found.rate is None else round(100 * found.rate),
			"datatype": "Data" if found.rate is None else "Int",
		},
		{
			"label": _("Satisfaction (1-5)"),
			"value": _("None yet") if mean is None else f"{mean:.1f}",
			"datatype": "Data",
		},
		{
			"label": _("Low", context="Satisfaction Survey"),
			"value": found.low,
			"datatype": "Int",
			"indicator": "Red" if found.low else "Green",
		},
	]
