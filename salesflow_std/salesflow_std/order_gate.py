"""The gate of orders: a Sales Order is submitted only with a signed contract, or where its process needs none (C3).

By the rule in force it refuses, warns and keeps that it warned, or lets pass. What it found stands on the order.
"""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, flt, get_fullname, now_datetime

from salesflow_std.engine import orders as rules
from salesflow_std.salesflow_std import order_refusal, order_standing, refusals
from salesflow_std.salesflow_std.order_refusal import SUBMIT, UPDATE
from salesflow_std.salesflow_std.order_standing import Standing
from salesflow_std.setup.custom_fields import STATE_FIELDS

_OVERRIDE = ("sf_override_reason", "sf_override_by", "sf_override_on", "sf_override_fingerprint")
_TOTALS = ("base_net_total", "net_total")


def keep_state(order: Document) -> None:
	"""Puts back what a form, an import or REST sent for the gate's own fields."""
	before = order.get_doc_before_save()
	for field in STATE_FIELDS["Sales Order"]:
		order.set(field, before.get(field) if before else None)


def submit(order: Document) -> None:
	"""Asked before an order is submitted, on whatever way (C3). Raises ValidationError."""
	_enforce(order, SUBMIT)


def update(order: Document) -> None:
	"""Asked before a submitted order is saved: one that comes to more is asked anew (C3).

	Its status, its dates and whatever makes it smaller pass. Raises ValidationError.
	"""
	keep_state(order)
	before = order.get_doc_before_save()
	if before and any(flt(order.get(field), 2) > flt(before.get(field), 2) for field in _TOTALS):
		_enforce(order, UPDATE)


def _enforce(order: Document, way: str) -> None:
	standing = order_standing.of(order)
	state = standing.state
	if not standing.holds:
		if standing.rule.enforcement != rules.WARN:
			_refuse(order, standing, way)
		state = rules.WARNED
		if refusals.reads_desk():
			frappe.msgprint(
				refusals.paragraphs(order_refusal.sentence(standing), [], order_refusal.why(), []),
				title=_("Contract Missing"),
				indicator="orange",
			)
	if state != rules.OVERRIDDEN:
		# What was let pass was another figure, or needs no leave any more; the timeline remembers.
		order.update(dict.fromkeys(_OVERRIDE))
	order.sf_contract_standing = state
	order.sf_contract = standing.contract if state == rules.SIGNED else None


def _refuse(order: Document, standing: Standing, way: str) -> NoReturn:
	if not refusals.reads_desk():
		frappe.throw(_("This order cannot be placed yet."), title=_("Not Available Yet"))
	frappe.throw(order_refusal.html(order, standing, way), title=order_refusal.title(way))


# Override --------------------------------------------------------------------------------------------------------


def override(order: Document, reason: str | None) -> None:
	"""Lets this draft be submitted without a signed contract, once, with a reason that is kept and reported (C3).

	It holds for this customer and these totals. Does nothing where it was let pass already. Raises PermissionError
	without the role that the process or the settings name, ValidationError without a reason, and where there is
	nothing to let pass.
	"""
	frappe.db.get_value("Sales Order", order.name, "name", for_update=True)
	order.reload()
	standing = order_standing.of(order)
	if not refusals.may_override(standing.rule.override_role):
		refusals.refuse_override(
			_("Only {0} may let an order pass without a signed contract."),
			_("Neither the sales process nor the settings name a role that may let an order pass."),
			standing.rule.override_role,
		)
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(_("Say why this order goes ahead without a signed contract."), title=_("Reason Missing"))
	if standing.state == rules.OVERRIDDEN:
		return
	if standing.holds or order.docstatus != 0:
		frappe.throw(_("This order needs no override."), title=_("Nothing to Override"))
	order.db_set(
		{
			"sf_override_reason": reason,
			"sf_override_by": frappe.session.user,
			"sf_override_on": now_datetime(),
			"sf_override_fingerprint": order_standing.fingerprint(order),
		}
	)
	order.add_comment(
		"Info", _("let this order pass without a signed contract: {0}").format(escape_html(reason))
	)


# What the form shows ---------------------------------------------------------------------------------------------


def sheet(order: Document) -> dict:
	"""How an order stands, for its form; see `api.order_gate.standing`."""
	if order.docstatus != 0:
		return _kept(order)
	standing = order_standing.of(order)
	seen = order_refusal.may_see(standing)
	missing = not standing.holds
	return {
		"state": standing.state,
		"enforcement": standing.rule.enforcement,
		"holds": standing.holds,
		"says": order_refusal.sentence(standing) if missing else "",
		"why": order_refusal.why(),
		"contract": standing.contract if seen else None,
		"opportunity": next(iter(standing.opportunities), None),
		"may_override": missing and refusals.may_override(standing.rule.override_role),
		**(_given(order) if standing.state == rules.OVERRIDDEN else {}),
	}


def _kept(order: Document) -> dict:
	"""What a submitted order was let pass by."""
	state = order.sf_contract_standing or rules.NOT_ASKED
	readable = order.sf_contract and frappe.has_permission("Contract", "read", doc=order.sf_contract)
	return {
		"state": state,
		"holds": True,
		"contract": order.sf_contract if readable else None,
		"may_override": False,
		**(_given(order) if state == rules.OVERRIDDEN else {}),
	}


def _given(order: Document) -> dict:
	return {"given_by": get_fullname(order.sf_override_by), "reason": order.sf_override_reason}
