"""The acceptance of a delivery, for the desk and over REST (A2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html

from salesflow_std.salesflow_std import acceptance_scope, acceptance_sources, acceptances


@frappe.whitelist(methods=["POST"])
def make(doctype: str, name: str) -> dict:
	"""The acceptance report of a project, handover, contract or order as it begins, not saved (A2).

	Where somebody has begun one already, ``{"doctype", "name", "docstatus": 0}`` of that draft. Raises PermissionError
	without the right to read it or to make reports, ValidationError for another doctype or one of no customer.
	"""
	source = {field: name for field, one in acceptance_sources.SOURCES.items() if one == doctype}
	if not source:
		frappe.throw(
			_("There is no acceptance of {0}.").format(escape_html(doctype)), title=_("Acceptance Report")
		)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
	if draft := acceptances.draft_of(source):
		return {"doctype": acceptances.DOCTYPE, "name": draft, "docstatus": 0}
	report = acceptances.make(**source)
	if not report.customer:
		frappe.throw(
			_("{0} is of no customer, so nobody accepts it.").format(escape_html(name)),
			title=_("No Customer"),
		)
	report.check_permission("create")
	return report.as_dict()


@frappe.whitelist(methods=["POST", "PUT"])
def add_scope(report: str) -> int:
	"""Adds to a draft what was agreed and is not in it; returns how many rows.

	Raises PermissionError without the right to write, ValidationError for one that is submitted.
	"""
	doc = frappe.get_doc(acceptances.DOCTYPE, report, for_update=True)
	doc.check_permission("write")
	if doc.docstatus:
		frappe.throw(_("The report is submitted already."), title=_("Acceptance Report"))
	before = len(doc.items)
	acceptance_scope.put(doc)
	if len(doc.items) > before:
		doc.save()
	return len(doc.items) - before
