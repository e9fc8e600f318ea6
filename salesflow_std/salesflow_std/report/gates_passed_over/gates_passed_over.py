"""Gates Passed Over: who moved a document past what the standard asks for, when, why, and what was not met (M1).

Overrides with their reason, warnings that were passed, and changes where no gate could ask.
"""

from __future__ import annotations

from collections import Counter

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder.functions import IfNull
from frappe.utils import add_days, add_months, get_fullname, getdate
from pypika.terms import LiteralValue

from salesflow_std.salesflow_std.transitions import DOCTYPE

# How a gate was passed over, in the order of the chart.
KINDS = ("Past the Gates", "Override", "Warned")
_COLOURS = {"Past the Gates": "Red", "Override": "Orange", "Warned": "Yellow"}
# More rows than that nobody reads; the summary counts them all.
_SHOWN = 2000


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	rows = [row for row in _read(filters) if not filters.kind or row.kind == filters.kind]
	message = None
	if len(rows) > _SHOWN:
		message = _("The latest {0} of {1} are shown.").format(_SHOWN, len(rows))
	return _columns(), rows[:_SHOWN], message, _chart(rows), _summary(rows)


def _read(filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType(DOCTYPE)
	from_date = getdate(filters.from_date) if filters.from_date else getdate(add_months(None, -3))
	to_date = getdate(filters.to_date) if filters.to_date else getdate()
	query = (
		frappe.qb.from_(table)
		.select(
			table.name.as_("transition"),
			table.reference_doctype,
			table.reference_name,
			table.title,
			table.company,
			table.sales_process,
			table.from_stage,
			table.to_stage,
			table.changed_on,
			table.changed_by,
			table.responsible,
			table.grade,
			table.amount,
			table.reason,
			table.override_reason,
			table.unmet,
			table.is_bypass,
		)
		.where((table.changed_on >= from_date) & (table.changed_on < add_days(to_date, 1)))
		.where(
			(table.is_bypass == 1)
			| (IfNull(table.override_reason, "") != "")
			| (IfNull(table.unmet, "") != "")
		)
		.orderby(table.changed_on, order=frappe.qb.desc)
		.orderby(table.name)
	)
	for field in ("company", "sales_process", "responsible"):
		if filters.get(field):
			query = query.where(table[field] == filters[field])
	# A rep sees what ERPNext's permissions let them see.
	if match := build_match_conditions(DOCTYPE):
		query = query.where(LiteralValue(f"({match})"))
	return [_told(row) for row in query.run(as_dict=True)]


def _told(row: frappe._dict) -> frappe._dict:
	row.kind = KINDS[0] if row.is_bypass else KINDS[1] if row.override_reason else KINDS[2]
	row.kind_label = _(row.kind, context="Stage Transition")
	row.way = f"{_(row.from_stage)} → {_(row.to_stage)}" if row.from_stage else _(row.to_stage)
	row.why = row.override_reason or row.reason
	row.what = ", ".join((row.unmet or "").splitlines())
	row.by = get_fullname(row.changed_by) if row.changed_by else _("Unknown", context="Stage Transition")
	return row


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
		column(_("Changed On", context="Stage Transition"), "changed_on", "Datetime", 150),
		column(_("How", context="Salesflow"), "kind_label", width=130),
		column(
			_("Document", context="Stage Transition"),
			"reference_name",
			"Dynamic Link",
			170,
			"reference_doctype",
		),
		column(_("Customer"), "title", width=180),
		column(_("Stage"), "way", width=250),
		column(_("Gates That Were Not Met", context="Stage Transition"), "what", width=280),
		column(_("Why", context="Stage Transition"), "why", width=240),
		column(_("Changed By", context="Stage Transition"), "by", width=150),
		column(_("Responsible", context="Stage Transition"), "responsible", "Link", 160, "User"),
		column(_("Grade", context="Stage Transition"), "grade", width=70),
		column(_("Amount"), "amount", "Currency", 130),
		column(_("Sales Process"), "sales_process", "Link", 150, "Sales Process"),
		column(_("Stage Transition"), "transition", "Link", 140, DOCTYPE),
	]


def _chart(rows: list[frappe._dict]) -> dict | None:
	if not rows:
		return None
	reps = [rep for rep, _count in Counter(row.responsible for row in rows).most_common(12)]
	told = Counter((row.responsible, row.kind) for row in rows)
	return {
		"data": {
			"labels": [get_fullname(rep) if rep else _("None", context="Salesflow") for rep in reps],
			"datasets": [
				{"name": _(kind, context="Stage Transition"), "values": [told[rep, kind] for rep in reps]}
				for kind in KINDS
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": ["#E24C4C", "#ECAD4B", "#F0DC82"],
	}


def _summary(rows: list[frappe._dict]) -> list[dict]:
	told = Counter(row.kind for row in rows)
	return [
		{
			"label": _(kind, context="Stage Transition"),
			"value": told[kind],
			"datatype": "Int",
			"indicator": _COLOURS[kind] if told[kind] else "Green",
		}
		for kind in KINDS
	]
