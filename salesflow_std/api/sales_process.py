"""What the form of a Sales Process asks (M1)."""

from __future__ import annotations

import json

import frappe
from frappe import _

from salesflow_std.engine import stages
from salesflow_std.salesflow_std import gate_links, process_checks, process_preview

_DOCTYPES = (stages.LEAD, stages.OPPORTUNITY, stages.CUSTOMER)


@frappe.whitelist(methods=["GET", "POST"])
def link_fields(doctype: str, target: str) -> list[str]:
	"""The fields by which documents of a doctype can point at one of `target`, the plainest first.

	``["opportunity", "event_participants.reference_docname"]``; Raises PermissionError without the right to change
	sales processes or to read the doctype.
	"""
	frappe.has_permission("Sales Process", "write", throw=True)
	frappe.has_permission(doctype, "read", throw=True)
	return [one.path for one in gate_links.pointers(doctype, _known(target))]


@frappe.whitelist(methods=["GET", "POST"])
def choices(doctype: str) -> dict:
	"""What gates and mappings of a doctype choose from.

	``{"grades": best first, "statuses", "fields": [{"value", "label", "description"}]}``, fields by their labels.
	"""
	frappe.has_permission("Sales Process", "read", throw=True)
	_known(doctype)
	return {
		"grades": process_checks.grades_of(doctype),
		"statuses": process_checks.statuses_of(doctype),
		"fields": process_checks.fields_of(doctype),
	}


@frappe.whitelist(methods=["POST"])
def preview(
	doctype: str, name: str, process: str | None = None, draft: str | dict | None = None
) -> list[dict]:
	"""What a document would be asked by a process as it is stored, or by the `draft` of a form; see `process_preview.of`.

	Raises PermissionError without the right to read the document and the process (for a draft: to change processes),
	ValidationError where the draft could not be saved.
	"""
	doc = frappe.get_doc(_known(doctype), name)
	doc.check_permission("read")
	if not draft:
		stored = frappe.get_doc("Sales Process", process)
		stored.check_permission("read")
		return process_preview.of(stored, doc)
	frappe.has_permission("Sales Process", "write", throw=True)
	values = json.loads(draft) if isinstance(draft, str) else draft
	edited = frappe.get_doc({**values, "doctype": "Sales Process"})
	process_checks.check(edited)
	return process_preview.of(edited, doc)


def _known(doctype: str) -> str:
	if doctype not in _DOCTYPES:
		frappe.throw(_("{0} stands in no stage.").format(_(doctype)), title=_("Sales Process"))
	return doctype
