"""The handover of a won deal, for the desk and over REST (C4, C5)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import delivery_handovers, delivery_kickoff


@frappe.whitelist(methods=["POST"])
def make(contract: str) -> dict:
	"""The handover of a signed contract, made if there is none: ``{"name", "status"}`` (C5).

	Raises PermissionError without the right to make handovers and to change the contract's deal, ValidationError where
	the contract is not signed.
	"""
	frappe.has_permission("Contract", "read", doc=contract, throw=True)
	new = frappe.new_doc(delivery_handovers.DOCTYPE)
	new.contract = contract
	new.check_permission("create")
	return delivery_handovers.state(delivery_handovers.make(contract))


@frappe.whitelist(methods=["POST", "PUT"])
def refresh(handover: str) -> dict:
	"""Gathers the documents anew: ``{"name", "status"}``. Raises PermissionError without the right to write."""
	return delivery_handovers.refresh(_permitted(handover, "write").name)


@frappe.whitelist(methods=["POST", "PUT"])
def hand_over(handover: str) -> dict:
	"""Draft -> Handed Over (C5): ``{"name", "status"}``. Each receiver is told and may read what is in it.

	Raises PermissionError without the right to write, ValidationError where a function has nobody who takes over.
	"""
	return delivery_handovers.hand_over(_permitted(handover, "write").name)


@frappe.whitelist(methods=["POST", "PUT"])
def acknowledge(handover: str, comment: str | None = None) -> dict:
	"""The user has taken over, for themselves or in place of somebody who is away (C5): ``{"name", "status"}``.

	With the last one the handover is Acknowledged. Raises PermissionError for who is not asked.
	"""
	return delivery_handovers.acknowledge(_permitted(handover, "read").name, comment)


@frappe.whitelist(methods=["POST", "PUT"])
def ask_back(handover: str, question: str) -> dict:
	"""The user asks the responsible something before taking over: ``{"name", "status"}``. Raises as `acknowledge`."""
	return delivery_handovers.ask_back(_permitted(handover, "read").name, question)


@frappe.whitelist(methods=["POST", "PUT"])
def kick_off_held(handover: str, held_on: str | None = None, minutes: str | None = None) -> dict:
	"""Acknowledged -> Started: the kick-off was held (C5): ``{"name", "status"}``.

	Raises PermissionError without the right to write, ValidationError with all that is missing.
	"""
	return delivery_kickoff.held(_permitted(handover, "write").name, held_on, minutes)


@frappe.whitelist(methods=["POST", "PUT"])
def make_project(handover: str) -> dict:
	"""ERPNext's project of a handover, made if there is none: ``{"project"}``.

	For who may make projects and read the handover; raises PermissionError for others.
	"""
	frappe.has_permission("Project", "create", throw=True)
	return delivery_kickoff.make_project(_permitted(handover, "read").name)


def _permitted(handover: str, ptype: str) -> Document:
	doc = frappe.get_doc(delivery_handovers.DOCTYPE, handover)
	doc.check_permission(ptype)
	return doc
