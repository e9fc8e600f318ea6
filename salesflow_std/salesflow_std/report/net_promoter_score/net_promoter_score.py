"""Net Promoter Score: who would recommend us and who would not, with how sure that is (A3).

A survey counts once, in the period in which the customer was asked, with the newest of its corrections. Of fewer than ten
answers no score is told. Every number opens its surveys.
"""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe import _

from salesflow_std.engine import satisfaction as rules
from salesflow_std.salesflow_std import report_parts
from salesflow_std.salesflow_std import survey_numbers as numbers
from salesflow_std.salesflow_std.report_parts import column

_KINDS = {"promoters": rules.promoters, "passives": rules.passives, "detractors": rules.detractors}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], None, dict | None, list[dict]]:
	"""Columns, rows with their total, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	group, title = numbers.chosen(filters, numbers.GROUPS, {})
	surveys = [row for row in numbers.read(filters) if row.asked.recommend is not None]
	rows = [
		_row(key, numbers.label(group, key), part) for key, part in numbers.grouped(surveys, group).items()
	]
	asked = [row.asked for row in surveys]
	chart = _chart(rows, group)
	if rows:
		rows.append({**_row(None, _("Total", context="Customer Satisfaction"), asked), "is_total": 1})
	return _columns(title), rows, None, chart, _summary(_score(asked))


def _score(asked: Sequence[rules.Asked]) -> rules.Score:
	return rules.score([one.recommend for one in asked if one.recommend is not None])


def _row(key: str | None, label: str, asked: Sequence[rules.Asked]) -> dict:
	found = _score(asked)
	return {
		"grouped_by": key,
		"label": label,
		"answers": found.answers,
		**{kind: getattr(found, kind) for kind in _KINDS},
		"score": found.score,
		"margin": found.margin,
		"reading": reading(found),
		"names": {
			"answers": report_parts.few_names([one.name for one in asked]),
			**{kind: report_parts.few_names(named(asked)) for kind, named in _KINDS.items()},
		},
	}


def reading(found: rules.Score) -> str:
	"""Between what a score lies, or why nothing can be said of that."""
	if not found.is_enough():
		return _("Too few answers: {0} of {1}").format(found.answers, rules.ENOUGH)
	if found.margin is None:
		return _("All answered alike")
	return _("{0} to {1}", context="Net Promoter Score").format(f"{found.low:+.0f}", f"{found.high:+.0f}")


def _columns(title: str) -> list[dict]:
	points = {"fieldtype": "Float", "precision": "0"}
	return [
		column(title, "label", "Data", 170),
		column(_("Answers", context="Customer Satisfaction"), "answers", "Int", 100),
		column(_("Promoters (9-10)"), "promoters", "Int", 150),
		column(_("Passives (7-8)"), "passives", "Int", 150),
		column(_("Detractors (0-6)"), "detractors", "Int", 150),
		column(_("NPS"), "score", width=100, **points),
		column(_("Margin (95 %)"), "margin", width=130, **points),
		column(_("Lies Within"), "reading", "Data", 200),
	]


def _chart(rows: Sequence[dict], group: str) -> dict | None:
	if not rows:
		return None
	shown = rows[-24:] if group in (numbers.MONTH, numbers.QUARTER) else rows[:12]
	names = {
		"promoters": _("Promoters (9-10)"),
		"passives": _("Passives (7-8)"),
		"detractors": _("Detractors (0-6)"),
	}
	return {
		"data": {
			"labels": [row["label"][:40] for row in shown],
			"datasets": [
				{"name": name, "values": [row[kind] for row in shown]} for kind, name in names.items()
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#A6B1B9", "#E24C4C"],
	}


def _summary(found: rules.Score) -> list[dict]:
	score = _("Too few answers") if found.score is None else f"{found.score:+.0f}"
	if found.margin is not None:
		score += f" ± {found.margin:.0f}"
	return [
		{"label": _("Answers", context="Customer Satisfaction"), "value": found.answers, "datatype": "Int"},
		{"label": _("NPS"), "value": score, "datatype": "Data"},
		{
			"label": _("Promoters (9-10)"),
			"value": found.promoters,
			"datatype": "Int",
			"indicator": "Green",
		},
		{
			"label": _("Detractors (0-6)"),
			"value": found.detractors,
			"datatype": "Int",
			"indicator": "Red" if found.detractors else "Green",
		},
	]
