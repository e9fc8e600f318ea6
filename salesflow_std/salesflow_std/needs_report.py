"""The needs analysis report 需求分析报告: what the print format shows of a needs record (N2-N4)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import Document
from frappe.utils import get_fullname

from salesflow_std.salesflow_std import needs, needs_mail

# As the standard says them (N2, N3).
KINDS = ("Situation", "Problem", "Implication", "Need-payoff")
PRIORITIES = ("Must", "Expected", "Deferrable")
NATURES = ("Rigid", "Value-adding")
FOCUS = ("focus_pain", "focus_decision", "focus_budget", "focus_timeline")


def before_print(doc: Document, method: str | None = None, *args: Any) -> None:
	"""Gathers what the report shows beside the record's own fields, before it is printed in the chosen language."""
	doc.report = facts(doc)


def facts(doc: Document) -> dict[str, Any]:
	"""``{"customer", "our_company", "rep", "recorded_by", "talked_on", "answered_on", …, "answers": [(kind, rows)],
	"needs": [(priority, rows)], "matrix": [(priority, {nature: numbers})], "vague": rows, "chain": rows}``"""
	return {
		"customer": needs_mail.customer_name(doc),
		"our_company": needs_mail.our_company(doc),
		"rep": get_fullname(needs_mail.rep_of(doc)),
		"recorded_by": get_fullname(doc.recorded_by) if doc.recorded_by else "",
		"answers": _grouped(doc.answers, "kind", KINDS),
		"needs": _grouped(doc.needs, "priority", PRIORITIES),
		"matrix": [
			(
				priority,
				[
					", ".join(
						str(row.idx) for row in doc.needs if (row.priority, row.nature) == (priority, nature)
					)
					for nature in NATURES
				],
			)
			for priority in PRIORITIES
		],
		"natures": NATURES,
		"vague": [row for row in doc.needs if row.vague],
		"chain": _chain(doc),
		**{field: needs_mail.minute(doc.get(field)) for field in ("talked_on", "sent_on", "answered_on")},
	}


def _grouped(rows: list[Document], field: str, order: tuple[str, ...]) -> list[tuple[str, list[Document]]]:
	groups = [(value, [row for row in rows if row.get(field) == value]) for value in order]
	return [(value, members) for value, members in groups if members]


def _chain(doc: Document) -> list[Document]:
	"""The chain as it was when the customer was asked; before that, as it is known now."""
	if doc.decision_chain:
		return doc.decision_chain
	if not needs.may_read_profile(doc):
		return []
	return [
		row
		for row in frappe.get_doc("Customer Profile", doc.customer_profile).decision_chain
		if not row.left_on
	]
