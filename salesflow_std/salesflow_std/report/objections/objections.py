"""Objections: what customers object to, whether it is meant, what settles it and how fast we answer (S4, S5).

Every objection counts once, in the period in which it was raised. Every number opens the objections behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.utils import get_fullname
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import report_parts
from salesflow_std.salesflow_std.objections import CLOSED, DOCTYPE, OPEN, SETTLED

GROUPS = {"Kind": "kind", "Competitor": "competitor", "Responsible": "allocated_to"}
_FILTERS = ("allocated_to", "kind", "company", "competitor")
_DAY = 24 * 60 * 60


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], None, dict | None, list[dict]]:
	"""Columns, rows, no message, chart and summary for the chosen period and grouping."""
	filters = frappe._dict(filters or {})
	group = _group(filters)
	found: dict[str | None, list[frappe._dict]] = {}
	for row in _read(filters):
		found.setdefault(row[group] or None, []).append(row)
	rows = sorted(
		({"grouped_by": key, "label": _label(group, key), **tally(part)} for key, part in found.items()),
		key=lambda row: (-row["objections"], row["grouped_by"] or ""),
	)
	everything = tally([row for part in found.values() for row in part])
	return _columns(filters, group), rows, None, _chart(rows), _summary(everything)


def tally(rows: Iterable[frappe._dict]) -> dict:
	"""The numbers of some objections; shares in percent and days are None where there is nothing to divide by."""
	rows = list(rows)
	judged = [row for row in rows if row.verdict]
	genuine = sum(row.verdict == "Genuine" for row in judged)
	closed = sum(row.status in CLOSED for row in rows)
	settled = sum(row.status == SETTLED for row in rows)
	days = [
		(row.answered_on - row.raised_on).total_seconds() / _DAY
		for row in rows
		if row.answered_on and row.raised_on
	]
	return {
		"objections": len(rows),
		"open": sum(row.status == OPEN for row in rows),
		"genuine": genuine,
		"genuine_share": 100 * genuine / len(judged) if judged else None,
		"settled": settled,
		"settled_share": 100 * settled / closed if closed else None,
		"days": round(median(days), 1) if days else None,
		"missed": sum(bool(row.reply_missed) for row in rows),
	}


def _group(filters: frappe._dict) -> str:
	label = filters.group_by or "Kind"
	return report_parts.chosen_group(label, GROUPS, lambda group: _(group, context="Objection"))


def _read(filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType(DOCTYPE)
	begin, end = report_parts.period(filters)
	query = (
		frappe.qb.from_(table)
		.select(
			table.kind,
			table.competitor,
			table.allocated_to,
			table.status,
			table.verdict,
			table.raised_on,
			table.answered_on,
			table.reply_missed,
		)
		.where((table.raised_on >= begin) & (table.raised_on < end))
		.orderby(table.name)
	)
	for field in _FILTERS:
		if filters.get(field):
			query = query.where(table[field] == filters[field])
	# A rep sees what ERPNext's permissions let them see.
	match = build_match_conditions(DOCTYPE)
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	return query.run(as_dict=True)


def _label(group: str, key: str | None) -> str:
	if not key:
		return _("None", context="Salesflow")
	if group == "kind":
		return _(key, context="Objection")
	return get_fullname(key) if group == "allocated_to" else key


def _columns(filters: frappe._dict, group: str) -> list[dict]:
	def column(label: str, name: str, kind: str = "Int", width: int = 120, **more: object) -> dict:
		return {"label": label, "fieldname": name, "fieldtype": kind, "width": width, **more}

	percent = {"kind": "Percent", "precision": 0, "disable_total": 1}
	return [
		column(_(filters.group_by or "Kind", context="Objection"), "label", "Data", 200),
		column(_("Objections"), "objections"),
		column(_("Open", context="Objection"), "open"),
		column(_("Genuine", context="Objection"), "genuine"),
		column(_("Genuine %"), "genuine_share", **percent),
		column(_("Settled", context="Objection"), "settled"),
		column(_("Settled %"), "settled_share", **percent),
		column(_("Days to Answer (Median)"), "days", "Float", 190, precision=1, disable_total=1),
		column(_("Replies Missed"), "missed", width=140),
	]


def _chart(rows: list[dict]) -> dict | None:
	if not rows:
		return None
	top = rows[:12]
	return {
		"data": {
			"labels": [row["label"] for row in top],
			"datasets": [
				{"name": _("Settled", context="Objection"), "values": [row["settled"] for row in top]},
				{
					"name": _("Others", context="Objection"),
					"values": [row["objections"] - row["settled"] for row in top],
				},
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#48BB74", "#ECAD4B"],
	}


def _summary(numbers: dict) -> list[dict]:
	def share(label: str, value: float | None) -> dict:
		if value is None:
			return {"label": label, "value": _("None yet"), "datatype": "Data"}
		return {"label": label, "value": round(value), "datatype": "Int"}

	return [
		{"label": _("Objections"), "value": numbers["objections"], "datatype": "Int"},
		share(_("Genuine %"), numbers["genuine_share"]),
		share(_("Settled %"), numbers["settled_share"]),
		{
			"label": _("Replies Missed"),
			"value": numbers["missed"],
			"datatype": "Int",
			"indicator": "Red" if numbers["missed"] else "Green",
		},
	]
