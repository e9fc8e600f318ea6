"""Stages over HTTP: what a move still needs, and the move (M1)."""

from __future__ import annotations

import frappe

from salesflow_std.salesflow_std import stage_path, stages


@frappe.whitelist(methods=["GET", "POST"])
def check(doctype: str, name: str, to_stage: str) -> list[dict]:
	"""What a Lead or Opportunity still needs before it may stand in a stage (M1).

	``[{"gate", "met", "why", "route", …}]``: each gate on the way with its title, whether it is met, why it is asked
	and a path of the desk that leads to the fix. Raises PermissionError without the right to read the document,
	ValidationError where it cannot stand in that stage at all.
	"""
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return stages.check(doc, to_stage)


@frappe.whitelist(methods=["POST", "PUT"])
def move(
	doctype: str,
	name: str,
	to_stage: str,
	override_reason: str | None = None,
	reason: str | None = None,
	with_path: bool = False,
) -> dict:
	"""Moves a Lead or Opportunity into a stage (M1).

	`reason` says why a stage is skipped or the document goes back, `override_reason` why it passes unmet gates.
	Returns ``{"doctype", "name", "stage"}``, `with_path` also ``"path"``, as `api.stage_path.path` gives it. Raises
	GateNotMet naming what is missing, PermissionError without the right to change the document or, for an override,
	the role.
	"""
	frappe.get_doc(doctype, name).check_permission("write")
	doc = stages.move(doctype, name, to_stage, reason, override_reason)
	told = {"doctype": doc.doctype, "name": doc.name, "stage": doc.sf_stage}
	return {**told, "path": stage_path.path(doc)} if with_path else told
