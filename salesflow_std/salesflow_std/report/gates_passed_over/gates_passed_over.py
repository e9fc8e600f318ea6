"""Gates Passed Over: who moved a document past what the standard asks for, when, why, and what was not met (M1).

Overrides with their reason, warnings that were passed, and changes where no gate could ask.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.query_builder.functions import IfNull
from frappe.utils import get_fullname

from salesflow_std.salesflow_std import report_parts, scope
from salesflow_std.salesflow_std.transitions import DOCTYPE

# How a gate was passed over, in the order of the chart.
KINDS = ("Past the Gates", "Override", "Warned")
_COLOURS = {"Past the Gates": "Red", "Override": "Orange", "Warned": "Yellow"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the latest first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	rows = [row for row in _read(filters) if not filters.kind or row.kind == filters.kind]
	labels = {kind: _(kind, context="Stage Transition") for kind in KINDS}
	return report_parts.by_kind(_columns(), rows, "kind", labels, _COLOURS)


def _read(filters: frappe._dict) -> list[frappe._dict]:
	table = frappe.qb.DocType(DOCTYPE)
	begin, end = report_parts.period(filters)
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
			table.responsible.as_("rep"),
			table.grade,
			table.amount,
			table.reason,
			table.override_reason,
			table.unmet,
			table.is_bypass,
		)
		.where((table.changed_on >= begin) & (table.changed_on < end))
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
	rows = scope.narrowed(query, DOCTYPE, "responsible").run(as_dict=True)
	return [_told(row) for row in rows]


def _told(row: frappe._dict) -> frappe._dict:
	row.kind = KINDS[0] if row.is_bypass else KINDS[1] if row.override_reason else KINDS[2]
	row.kind_label = _(row.kind, context="Stage Transition")
	row.way = f"{_(row.from_stage)} → {_(row.to_stage)}" if row.from_stage else _(row.to_stage)
	row.why = row.override_reason or row.reason
	row.what = ", ".join((row.unmet or "").splitlines())
	row.by = get_fullname(row.changed_by) if row.changed_by else _("Unknown", context="Stage Transition")
	return row


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Changed On", context="Stage Transition"), "changed_on", "Datetime", 150),
		report_parts.column(_("How", context="Salesflow"), "kind_label", width=130),
		report_parts.column(
			_("Document", context="Stage Transition"),
			"reference_name",
			"Dynamic Link",
			170,
			"reference_doctype",
		),
		report_parts.column(_("Customer"), "title", width=180),
		report_parts.column(_("Stage"), "way", width=250),
		report_parts.column(_("Gates That Were Not Met", context="Stage Transition"), "what", width=280),
		report_parts.column(_("Why", context="Stage Transition"), "why", width=240),
		report_parts.column(_("Changed By", context="Stage Transition"), "by", width=150),
		report_parts.column(_("Responsible", context="Stage Transition"), "rep", "Link", 160, "User"),
		report_parts.column(_("Grade", context="Stage Transition"), "grade", width=70),
		report_parts.column(_("Amount"), "amount", "Currency", 130),
		report_parts.column(_("Sales Process"), "sales_process", "Link", 150, "Sales Process"),
		report_parts.column(_("Stage Transition"), "transition", "Link", 140, DOCTYPE),
	]
