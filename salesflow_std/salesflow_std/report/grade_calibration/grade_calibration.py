"""Grade Calibration: does the grade tell the truth? Who was won, by grade and by points, and how sure that is (L5, L6).

The grade is the one a document had before anybody knew how it would end. Every number opens its documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, get_fullname, getdate

from salesflow_std.engine import calibration as rules
from salesflow_std.engine import scoring
from salesflow_std.salesflow_std import calibration, calibration_weights
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model
from salesflow_std.salesflow_std.report_parts import column, one_value_each

_COLOURS = {rules.BETTER: "Green", rules.SAME: "Orange", rules.WORSE: "Red", rules.FEW: "Gray"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows, a message, chart and summary; with `records` ("grade:A:won", "points:B:5:all") the documents."""
	filters = one_value_each(filters)
	filters.to_date = filters.to_date or getdate()
	filters.from_date = filters.from_date or add_months(getdate(filters.to_date), -24)
	found = calibration.history(filters)
	if not found.model:
		return [], [], _("No scoring model is chosen for these documents."), None, []
	if filters.records:
		return _record_columns(), _records(found, filters.records), None, None, []
	model = engine_model(found.model)
	grades = _by_grade(found.cases, model)
	areas = rules.areas(found.cases, [dimension.code for dimension in model.dimensions])
	rows = _rows(found.cases, model, grades, areas)
	return (
		_columns(),
		rows,
		_message(found, model, grades, areas),
		_chart(grades),
		_summary(found.cases, areas),
	)


def _by_grade(cases: Sequence[rules.Case], model: scoring.Model) -> list[rules.Rate]:
	"""The grades, the best first; those that the model no longer has come last."""
	order = {band.grade: place for place, band in enumerate(_best_first(model))}
	found = rules.rates(cases, lambda case: case.grade)
	return sorted(found, key=lambda rate: (order.get(rate.group, len(order)), rate.group))


def _best_first(model: scoring.Model) -> list[scoring.Band]:
	return sorted(model.bands, key=lambda band: -(band.low if band.low is not None else float("-inf")))


# Rows ---------------------------------------------------------------------------------------------------------------


def _rows(
	cases: Sequence[rules.Case],
	model: scoring.Model,
	grades: list[rules.Rate],
	areas: dict[str | None, rules.Area | None],
) -> list[dict]:
	if not cases:
		return []
	(total,) = rules.rates(cases, lambda case: "")
	rows = [_row(total, _("All", context="Grade Calibration"), "all:", 0, areas[None])]
	rows += [_row(rate, rate.group, f"grade:{rate.group}", 1) for rate in grades]
	for dimension in model.dimensions:
		of = rules.rates(cases, lambda case, code=dimension.code: case.points.get(code))
		if not of:
			continue
		(whole,) = rules.rates([case for case in cases if dimension.code in case.points], lambda case: "")
		rows.append(_row(whole, _(dimension.label), f"points:{dimension.code}:", 0, areas[dimension.code]))
		for rate in sorted(of, key=lambda rate: -rate.group):
			label = _("Points: {0}").format(f"{rate.group:g}")
			rows.append(_row(rate, label, f"points:{dimension.code}:{rate.group:g}", 1))
	return rows


def _row(rate: rules.Rate, label: str, group: str, indent: int, area: rules.Area | None = None) -> dict:
	return {
		"label": label,
		"group": group,
		"indent": indent,
		"cases": len(rate.cases),
		"won": len(rate.won),
		"conversion": 100 * rate.share,
		"range": f"{100 * rate.low:.0f}–{100 * rate.high:.0f} %",
		"lift": rate.lift if indent else None,
		"few": len(rate.cases) < rules.ENOUGH,
		"auc": area.value if area and not indent else None,
		"auc_range": f"{area.low:.2f}–{area.high:.2f}" if area and not indent else None,
		"verdict": _COLOURS[area.verdict] if area and not indent else None,
	}


def _said_area(area: rules.Area) -> str:
	return f"{area.value:.2f} ({area.low:.2f}–{area.high:.2f})"


def _columns() -> list[dict]:
	return [
		column(_("Grade or Points"), "label", width=220),
		column(_("Ended", context="Grade Calibration"), "cases", "Int", 100),
		column(_("Won"), "won", "Int", 100),
		column(_("Conversion"), "conversion", "Percent", 110, precision=1),
		column(_("95 % Range"), "range", width=120),
		column(_("Lift", context="Grade Calibration"), "lift", "Float", 90, precision=2),
		column(_("Tells Won from Lost (AUC)"), "auc", "Float", 210, precision=2),
		column(_("95 % Range"), "auc_range", width=120),
	]


# Words --------------------------------------------------------------------------------------------------------------


def _message(
	found: calibration.History,
	model: scoring.Model,
	grades: list[rules.Rate],
	areas: dict[str | None, rules.Area | None],
) -> str:
	if not found.cases:
		return _("No document graded in this period has ended yet.")
	said = [*_grade_words(model, grades), *_dimension_words(model, areas)]
	notes = [
		_(
			"Counted is the grade from before the end: the last one before it, or the first where nobody knows when the document ended ({0} of them)."
		).format(found.undated)
	]
	if found.still_open:
		notes.append(_("{0} are open and not old enough to count.").format(found.still_open))
	if found.afterwards:
		notes.append(
			_("{0} were graded only after they had ended, and do not count.").format(found.afterwards)
		)
	if not calibration_weights.is_installed():
		notes.append(
			_("Proposing weights needs the Python package {0}: run {1} on the server.").format(
				calibration_weights.PACKAGE, "bench setup requirements"
			)
		)
	items = "".join(f"<li>{one}</li>" for one in said)
	return f'<ul style="margin-bottom: 6px">{items}</ul><span class="text-muted">{" ".join(notes)}</span>'


def _grade_words(model: scoring.Model, grades: list[rules.Rate]) -> list[str]:
	"""Each grade against the next one of the model that has documents."""
	known = {band.grade for band in model.bands}
	ordered = [rate for rate in grades if rate.group in known]
	said = []
	for better, worse in pairwise(ordered):
		words = {
			rules.BETTER: _("{0} converts better than {1}: {2} against {3}."),
			rules.SAME: _("{0} converts no better than {1}: {2} against {3}, which may be chance."),
			rules.WORSE: _("{0} converts worse than {1}: {2} against {3}."),
			rules.FEW: _("{0} against {1}: too few to say ({4} and {5} documents)."),
		}[rules.compare(better, worse)]
		said.append(
			words.format(
				f"<b>{escape_html(better.group)}</b>",
				f"<b>{escape_html(worse.group)}</b>",
				f"{100 * better.share:.0f} %",
				f"{100 * worse.share:.0f} %",
				len(better.cases),
				len(worse.cases),
			)
		)
	return said


def _dimension_words(model: scoring.Model, areas: dict[str | None, rules.Area | None]) -> list[str]:
	said = []
	for dimension in model.dimensions:
		area = areas.get(dimension.code)
		words = {
			rules.BETTER: _(
				"{0} tells won from lost: of two, the won one has more points in {1} of 100 cases."
			),
			rules.SAME: _("{0} says nothing about the outcome ({1} of 100, 50 is chance)."),
			rules.WORSE: _(
				"{0} points the wrong way: more points, less often won ({1} of 100, 50 is chance)."
			),
			rules.FEW: _("{0}: too few to say."),
		}[area.verdict if area else rules.FEW]
		label = f"<b>{escape_html(_(dimension.label))}</b>"
		said.append(words.format(label, round(100 * area.value) if area else ""))
	return said


def _chart(grades: list[rules.Rate]) -> dict | None:
	if not grades:
		return None
	return {
		"data": {
			"labels": [rate.group for rate in grades],
			"datasets": [
				{"name": _("Conversion"), "values": [round(100 * rate.share, 1) for rate in grades]},
				{
					"name": _("at least", context="Grade Calibration"),
					"values": [round(100 * rate.low, 1) for rate in grades],
				},
				{
					"name": _("at most", context="Grade Calibration"),
					"values": [round(100 * rate.high, 1) for rate in grades],
				},
			],
		},
		"type": "bar",
		"colors": ["#4C9AFF", "#A6B1B9", "#D1D8DD"],
	}


def _summary(cases: Sequence[rules.Case], areas: dict[str | None, rules.Area | None]) -> list[dict]:
	won, total = sum(case.won for case in cases), areas.get(None)
	return [
		{"label": _("Ended", context="Grade Calibration"), "value": len(cases), "datatype": "Int"},
		{"label": _("Won"), "value": won, "datatype": "Int"},
		{
			"label": _("Won %"),
			"value": f"{100 * won / len(cases):.1f} %" if cases else _("None yet"),
			"datatype": "Data",
		},
		{
			"label": _("Total Tells Won from Lost (AUC)"),
			"value": _said_area(total) if total else _("None yet"),
			"datatype": "Data",
			"indicator": _COLOURS[total.verdict] if total else "Gray",
		},
	]


# The documents behind a number --------------------------------------------------------------------------------------


def _records(found: calibration.History, asked: str) -> list[dict]:
	kind, _colon, rest = asked.partition(":")
	group, _colon, what = rest.rpartition(":")
	code, _colon, points = group.rpartition(":")
	if kind not in ("all", "grade", "points") or what not in ("all", "won"):
		frappe.throw(
			_("The report has no number {0}.").format(escape_html(asked)), title=_("Nothing to Show")
		)

	def belongs(case: rules.Case) -> bool:
		if kind == "all":
			return True
		if kind == "grade":
			return case.grade == group
		return code in case.points and (not points or f"{case.points[code]:g}" == points)

	outcomes = {
		calibration.WON: _("Won"),
		calibration.NOT_WON: _("Not Won", context="Grade Calibration"),
		calibration.TOO_LONG: _("Open Too Long", context="Grade Calibration"),
	}
	shown = [case for case in found.cases if belongs(case) and (what == "all" or case.won)]
	rows = []
	for case in shown:
		row = found.documents[case.key]
		rows.append(
			{
				"document_type": row.doctype,
				"document": row.name,
				"title": row.title,
				"rep": get_fullname(row.rep) if row.rep else None,
				"grade": case.grade,
				"total": case.total,
				"points": row.points,
				"graded_on": row.scored_on,
				"outcome": outcomes[row.outcome],
				"ended_on": row.ended_on,
				"status": _(row.status),
			}
		)
	return rows


def _record_columns() -> list[dict]:
	return [
		column(_("Document Type", context="Stage Funnel"), "document_type", hidden=1),
		column(
			_("Document", context="Stage Funnel"), "document", "Dynamic Link", 190, options="document_type"
		),
		column(_("Title"), "title", width=220),
		column(_("Rep"), "rep", width=130),
		column(_("Grade", context="Salesflow"), "grade", width=80),
		column(_("Total", context="Salesflow"), "total", "Float", 80, precision="1"),
		column(_("Points", context="BNAU Score"), "points", width=160),
		column(_("Graded On", context="Grade Calibration"), "graded_on", "Datetime", 150),
		column(_("Outcome"), "outcome", width=120),
		column(_("Ended On", context="Grade Calibration"), "ended_on", "Datetime", 150),
		column(_("Status"), "status", width=110),
	]
