"""Quotation: nothing goes to the customer before its figures are approved (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import quotation_gate

# Until version 15 the first word of an app counts, so nothing is said for others; from 16 on silence is a no.
_NO_OBJECTION = True if int(frappe.__version__.split(".")[0]) >= 16 else None


def validate(doc: Document, method: str | None = None) -> None:
	"""Keeps what only the gate writes."""
	quotation_gate.keep_state(doc)


def before_submit(doc: Document, method: str | None = None) -> None:
	"""Refuses figures that no review has approved; every way to submit leads here."""
	quotation_gate.submit(doc)


def before_update_after_submit(doc: Document, method: str | None = None) -> None:
	"""Refuses a change of submitted figures that no review has approved."""
	quotation_gate.update(doc)


def before_print(doc: Document, method: str | None = None, print_settings: dict | None = None) -> None:
	"""Refuses the print of figures that no review has approved."""
	quotation_gate.print_out(doc, print_settings)


def has_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Refuses to print where Frappe asks for nothing but the right to: formats made with the builder.

	Raises for the user at work, so that they learn why; sharing a document would get round a plain no.
	"""
	if ptype != "print":
		return _NO_OBJECTION
	if user in (None, frappe.session.user) and quotation_gate.reads_desk():
		quotation_gate.check_print_right(doc)
		return _NO_OBJECTION
	return _NO_OBJECTION if quotation_gate.may_print(doc) else False


def has_website_permission(
	doc: Document | None = None, ptype: str = "read", user: str | None = None, verbose: bool = False
) -> bool:
	"""Shows no quotation on the website that may not go to the customer; whose it is, ERPNext says."""
	return doc is None or quotation_gate.may_print(doc)
