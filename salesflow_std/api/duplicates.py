"""What looks the same, in the desk (L3)."""

from __future__ import annotations

import frappe

from salesflow_std.salesflow_std import duplicates


@frappe.whitelist(methods=["GET", "POST"])
def of(doctype: str, name: str) -> list[dict]:
	"""Customers, prospects or contacts that look like this one: as `duplicates.find` says it, the owner by name."""
	if doctype not in (*duplicates.COMPANIES, "Contact"):
		raise frappe.PermissionError
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return [
		{**row, "owner": frappe.utils.get_fullname(row["owner"]) if row["owner"] else None}
		for row in duplicates.find(doc)
	]
