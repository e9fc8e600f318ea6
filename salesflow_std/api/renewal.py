"""Renewals of contracts, for the desk and over REST (A5)."""

from __future__ import annotations

import frappe

from salesflow_std.salesflow_std import renewals


@frappe.whitelist(methods=["POST", "PUT"])
def ask(contract: str, on: str | None = None) -> dict:
	"""Notes that the customer was asked (today, if not said): ``{"due", "asked_on", "outcome", "opportunity"}``.

	Noting it twice changes nothing. Raises PermissionError without the right to change the contract, ValidationError for
	a day to come, and for a contract that is not signed or has no end.
	"""
	return renewals.ask(_permitted(contract), on)


@frappe.whitelist(methods=["POST", "PUT"])
def put_off(contract: str, on: str, note: str) -> dict:
	"""The customer does not say yet, and is asked again on that day. Returns as `ask`.

	Raises PermissionError without the right to change the contract, ValidationError for a day that is over, without the
	customer's word, and for a renewed contract.
	"""
	return renewals.put_off(_permitted(contract), on, note)


@frappe.whitelist(methods=["POST", "PUT"])
def decline(contract: str, note: str) -> dict:
	"""The customer does not renew, and says why. Returns and raises as `put_off`."""
	return renewals.decline(_permitted(contract), note)


@frappe.whitelist(methods=["POST", "PUT"])
def make_opportunity(contract: str) -> str:
	"""The renewal opportunity, made if there is none; returns its name.

	Raises PermissionError without the right to change the contract or to make opportunities.
	"""
	return renewals.make_opportunity(_permitted(contract))


def _permitted(contract: str) -> str:
	doc = frappe.get_doc(renewals.DOCTYPE, contract)
	doc.check_permission("write")
	return doc.name
