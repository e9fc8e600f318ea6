"""The weekly synchronisation of a delivery, for the desk and over REST (A1)."""

from __future__ import annotations

import frappe

from salesflow_std.salesflow_std import delivery_syncs


@frappe.whitelist(methods=["POST", "PUT"])
def record(sync: str) -> dict:
	"""Due -> Done: the week is told as it stands stored (A1): ``{"name", "status"}``.

	For who delivers and the account manager, or who stands in; raises PermissionError for who may not write it,
	ValidationError with all that is missing.
	"""
	frappe.get_doc(delivery_syncs.DOCTYPE, sync).check_permission("write")
	return delivery_syncs.record(sync)


@frappe.whitelist(methods=["GET", "POST"])
def of_project(project: str) -> dict:
	"""How the delivery of a project stands (`delivery_syncs.of_project`). Raises PermissionError without the right to
	read the project."""
	frappe.has_permission("Project", "read", doc=project, throw=True)
	frappe.has_permission(delivery_syncs.DOCTYPE, "read", throw=True)
	return delivery_syncs.of_project(project)


@frappe.whitelist(methods=["POST"])
def this_week(project: str) -> dict:
	"""The sync of a project's current week, made if there is none: ``{"name"}``.

	Raises PermissionError without the right to make one for the project, ValidationError where it has no customer.
	"""
	new = frappe.new_doc(delivery_syncs.DOCTYPE)
	new.project = project
	new.check_permission("create")
	return {"name": delivery_syncs.make(project, by_hand=True)}
