"""New shipped defaults beside tuned records: look, take, keep."""

from __future__ import annotations

import frappe

from salesflow_std.setup import shipped_defaults


@frappe.whitelist(methods=["GET", "POST"])
def offer(doctype: str, name: str) -> dict | None:
	"""The new default waiting for a record: ``{"name", "differences": [{"label", "yours", "shipped"}]}``."""
	if not frappe.has_permission(doctype, "write", doc=name):
		return None
	return shipped_defaults.offer(doctype, name)


@frappe.whitelist(methods=["POST", "PUT"])
def take(entry: str) -> None:
	"""Replaces the tuned record by the new default."""
	_check(entry)
	shipped_defaults.take(entry)


@frappe.whitelist(methods=["POST", "PUT"])
def keep(entry: str) -> None:
	"""Keeps the tuned record and stops offering this default."""
	_check(entry)
	shipped_defaults.keep(entry)


def _check(entry: str) -> None:
	doc = frappe.get_doc("Shipped Default", entry)
	frappe.get_doc(doc.kind, doc.record).check_permission("write")
