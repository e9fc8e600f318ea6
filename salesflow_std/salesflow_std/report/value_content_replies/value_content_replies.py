"""How often each value item went out, and how often a reply followed (F3)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.salesflow_std import report_parts
from salesflow_std.salesflow_std.doctype.value_content.value_content import replies


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	"""Columns and rows, the most answered first; items nobody has had yet come last."""
	filters = frappe._dict(filters or {})
	counts = replies()
	rows = []
	for item in frappe.get_list(
		"Value Content",
		filters={key: filters[key] for key in ("kind", "industry", "content_language") if filters.get(key)},
		fields=["name", "kind", "industry", "content_language", "enabled"],
		order_by="name",
	):
		sent, replied = counts.get(item.name, (0, 0))
		rows.append(
			{
				**item,
				"kind": _(item.kind, context="Value Content"),
				"sent": sent,
				"replied": replied,
				"share": 100 * replied / sent if sent else None,
			}
		)
	rows.sort(key=lambda row: (row["share"] is None, -(row["share"] or 0), -row["sent"], row["name"]))
	return _columns(), rows


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Value Content"), "name", "Link", 260, "Value Content"),
		report_parts.column(_("Kind", context="Value Content"), "kind"),
		report_parts.column(_("Industry"), "industry", "Link", 140, "Industry Type"),
		report_parts.column(_("Language"), "content_language", "Link", 100, "Language"),
		report_parts.column(_("Sent"), "sent", "Int", 90),
		report_parts.column(_("Replies", context="Salesflow"), "replied", "Int", 90),
		report_parts.column(_("Reply Rate"), "share", "Percent", 110),
	]
