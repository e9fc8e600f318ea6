"""What the form of a handover shows beside its fields: what is missing, who may do what, who is waited for (C5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_fullname

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_documents, delivery_kickoff, delivery_people


def of(handover: Document) -> dict:
	"""``{"unmanned": [label], "not_there": [label], "open_points": [{"what", "fieldname"}], "waiting": [full name],
	"mine": [{"function", "instead_of", "acknowledged"}], "may_make_project", "lacks_project"}`` for the user at work."""
	user = frappe.session.user
	waiting = [row.user for row in handover.receivers if not row.acknowledged_on]
	return {
		"unmanned": [
			_(function, context="Handover Receiver")
			for function in rules.unmanned(delivery_people.of(handover))
		],
		"not_there": [_(doctype) for doctype in delivery_documents.missing(handover)],
		"open_points": [
			{"fieldname": field, "what": what} for field, what in delivery_kickoff.open_points(handover)
		],
		"waiting": [get_fullname(one) for one in dict.fromkeys(waiting)],
		"mine": [
			{
				"function": _(row.receiving_function, context="Handover Receiver"),
				"instead_of": get_fullname(row.user) if row.user != user else None,
				"acknowledged": bool(row.acknowledged_on),
			}
			for row in delivery_people.rows_of(handover, user)
		],
		"may_make_project": not handover.project and bool(frappe.has_permission("Project", "create")),
		"lacks_project": handover.status == rules.STARTED and not handover.project,
	}
