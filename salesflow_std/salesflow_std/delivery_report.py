"""The delivery handover 交付交接单: what the print format shows of a handover (C5)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_fullname

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import announcing, delivery_people

_TIMES = ("signed_on", "due_on", "handed_over_on", "acknowledged_on", "kick_off_on", "kick_off_held_on")


def of(handover: Document) -> dict[str, Any]:
	"""``{"our_company", "responsible", "receivers": [{"row", "function", "who", "on", "by"}], "documents": [{"kind",
	"name", "note"}], "contacts": [(side, rows)]}`` and the times as texts; in the current language."""
	return {
		"our_company": frappe.db.get_value("Company", handover.company, "company_name")
		or handover.company
		or "",
		"responsible": get_fullname(delivery_people.responsible(handover)),
		"receivers": [
			{
				"row": row,
				"function": _(row.receiving_function, context="Handover Receiver"),
				"who": get_fullname(row.user),
				"on": announcing.when(row.acknowledged_on),
				"by": get_fullname(row.acknowledged_by)
				if row.acknowledged_by and row.acknowledged_by != row.user
				else "",
			}
			for row in handover.receivers
		],
		"documents": [
			{"kind": _(row.document_type), "name": row.document_name, "note": row.note or ""}
			for row in handover.documents
		],
		"contacts": [
			(side, rows)
			for side in (rules.CUSTOMER, rules.OURS)
			if (rows := [row for row in handover.contacts if row.side == side])
		],
		**{field: announcing.when(handover.get(field)) for field in _TIMES},
	}
