"""What a refused order's reader is told: which contract is missing, why, and where to go from here (C3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html

from salesflow_std.salesflow_std import refusals
from salesflow_std.salesflow_std.order_standing import Standing

SUBMIT, UPDATE = "Submit", "Update"


def heads() -> dict[str, str]:
	"""What is refused, by the way it was tried."""
	return {
		SUBMIT: _("Sales Order {0} cannot be submitted."),
		UPDATE: _("Sales Order {0} cannot be raised like this."),
	}


def title(way: str) -> str:
	"""The head of the message."""
	return {
		SUBMIT: _("Not Submitted: Contract Missing"),
		UPDATE: _("Not Changed: Contract Missing"),
	}[way]


def why() -> str:
	"""The standard's reason."""
	return _("Nothing is ordered and delivered before the contract is signed by both sides.")


def may_see(standing: Standing) -> bool:
	"""Whether the reader may see the contract that is spoken of."""
	return bool(standing.contract) and bool(frappe.has_permission("Contract", "read", doc=standing.contract))


def sentence(standing: Standing) -> str:
	"""What is missing, as HTML."""
	if may_see(standing):
		text = _("Contract {0} is not signed yet: {1}.").format(
			refusals.link("Contract", standing.contract), _(standing.contract_state, context="Contract")
		)
	elif standing.contract and standing.quotations:
		text = _("Its contract is not signed yet.")
	elif standing.quotations:
		text = _("There is no contract for {0}.").format(
			", ".join(refusals.link("Quotation", name) for name in standing.without or standing.quotations)
		)
	else:
		text = _("There is no signed contract with this customer that it could belong to.")
	return text


def html(order: Document, standing: Standing, way: str) -> str:
	"""The whole message."""
	head = heads()[way].format(f"<b>{escape_html(order.name or '')}</b>")
	return refusals.paragraphs(f"{head} {sentence(standing)}", [], why(), _steps(order, standing, way))


def _steps(order: Document, standing: Standing, way: str) -> list[str]:
	steps = []
	if may_see(standing):
		steps.append(
			refusals.link("Contract", standing.contract, _("Open contract {0}").format(standing.contract))
		)
	elif not standing.contract:
		steps += _where_to_make(order, standing)
	role = standing.rule.override_role or None
	if way == UPDATE:
		if role:
			steps.append(_("Or cancel and amend it: the amended order may be let pass with a reason."))
		return steps
	stored = order.docstatus == 0 or not order.is_new()
	here = _("Your role may let it pass on its form, with a reason.")
	return steps + refusals.override_steps(role, stored and not order.is_new(), here)


def _where_to_make(order: Document, standing: Standing) -> list[str]:
	"""The deal's form makes its contract; without a deal it is a contract with the customer."""
	if not frappe.has_permission("Contract", "create"):
		return []
	about = [("Opportunity", name) for name in standing.opportunities] or [
		("Quotation", name) for name in standing.quotations
	]
	if about:
		return [
			refusals.link(doctype, name, _("Make the contract on {0} {1}").format(_(doctype), name))
			for doctype, name in about
		]
	return [refusals.link("Customer", order.customer, _("Open customer {0}").format(order.customer))]


def missing_text(standing: Standing) -> str:
	"""What is missing, as plain text."""
	return frappe.utils.strip_html(sentence(standing))
