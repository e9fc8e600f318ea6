"""Loss analyses of customers who have fallen silent, for the desk and over REST (P6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html

from salesflow_std.engine import loss
from salesflow_std.salesflow_std import loss_analyses


@frappe.whitelist(methods=["POST"])
def make(customer: str) -> str:
	"""The analysis of a customer's silence, made if there is none; its name.

	Raises PermissionError without the right to read the customer and to make analyses.
	"""
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	frappe.has_permission(loss_analyses.DOCTYPE, "create", throw=True)
	if found := loss_analyses.known(customer):
		return found
	doc = frappe.new_doc(loss_analyses.DOCTYPE)
	doc.customer = customer
	return doc.insert().name


@frappe.whitelist(methods=["POST", "PUT"])
def move(
	analysis: str,
	status: str,
	offer_kind: str | None = None,
	offer: str | None = None,
	outcome_note: str | None = None,
) -> dict:
	"""Takes an analysis on to a state: ``{"name", "status"}``; twice is once.

	Raises PermissionError without the right to change it, ValidationError with what is missing.
	"""
	if status not in loss.NEEDS:
		frappe.throw(_("There is no state {0}.").format(escape_html(status)), title=_("Status"))
	given = {"offer_kind": offer_kind, "offer": offer, "outcome_note": outcome_note}
	doc = loss_analyses.move(analysis, status, **given)
	return {"name": doc.name, "status": doc.status}


@frappe.whitelist(methods=["POST"])
def make_opportunity(analysis: str) -> str:
	"""The opportunity by which the customer is to be won back, made if there is none; its name.

	Raises PermissionError without the right to change the analysis and to make opportunities.
	"""
	return loss_analyses.make_opportunity(analysis)
