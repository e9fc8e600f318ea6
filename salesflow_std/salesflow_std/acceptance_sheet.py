"""What the form of an acceptance shows beside its fields: what is missing, and what was agreed but is not in it (A2)."""

from __future__ import annotations

from frappe.model.document import Document
from frappe.utils import cint

from salesflow_std.salesflow_std import acceptance_gate, acceptance_scope


def of(report: Document) -> dict:
	"""``{"missing": [{"fieldname", "what"}], "left_out": [text], "open": number}`` in the current language."""
	draft = cint(report.docstatus) == 0
	return {
		"missing": [{"fieldname": field, "what": what} for field, what in acceptance_gate.missing(report)]
		if draft
		else [],
		"left_out": [line.deliverable for line in acceptance_scope.left_out(report)] if draft else [],
		"open": sum(1 for row in report.points if not row.settled_on),
	}
