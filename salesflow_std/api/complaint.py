"""Complaints in the desk and over REST (A4)."""

from __future__ import annotations

import frappe
from erpnext.support.doctype.issue import issue as erpnext_issue
from frappe import _

from salesflow_std.api import given_json
from salesflow_std.salesflow_std import complaints


@frappe.whitelist(methods=["POST", "PUT"])
def settle(name: str, word: str, by: str, on: str | None = None, status: str = "Closed") -> dict:
	"""Closes a complaint with the customer's word: ``{"name", "status", "settled_on"}`` (A4).

	`on` is the day on which it was said, today if left out; `status` Closed or Resolved. Raises ValidationError while
	something of the word is missing, PermissionError without the right to write the issue.
	"""
	issue = complaints.settle(name, word, by, on, status)
	return {"name": issue.name, "status": issue.status, "settled_on": issue.sf_settled_on}


# In the place of ERPNext's methods of the same name, which write past every event and ask for no rights.


@frappe.whitelist(methods=["POST", "PUT"])
def set_status(name: str, status: str) -> None:
	"""Sets an issue's status as ERPNext does; a complaint's by saving it, so that it is asked for the customer's word."""
	_set([name], status)


@frappe.whitelist(methods=["POST", "PUT"])
def set_multiple_status(names: str | list[str], status: str) -> None:
	"""As `set_status`, for issues chosen in a list; where one is refused, none is set."""
	_set(given_json.listed("names", names), status)


def _set(names: list[str], status: str) -> None:
	if status not in frappe.get_meta(complaints.DOCTYPE).get_field("status").options.split("\n"):
		frappe.throw(_("{0} is no status of an issue.").format(frappe.bold(frappe.utils.escape_html(status))))
	for name in names:
		frappe.has_permission(complaints.DOCTYPE, "write", doc=name, throw=True)
	for name in names:
		if not frappe.db.get_value(complaints.DOCTYPE, name, "sf_is_complaint"):
			erpnext_issue.set_status(name, status)
			continue
		issue = complaints.locked(name)
		if issue.status != status:
			issue.status = status
			issue.save()
