"""How a customer is looked after, at a glance: tier, activity, touches, complaint, survey, loss analysis (P6)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_fullname, get_year_start, getdate, now_datetime

from salesflow_std.engine import loss
from salesflow_std.salesflow_std import complaints, customer_tiers, follow_ups, loss_analyses, reps

_NEXT, _SKIPPED = 3, 5
_TOUCH = ("name", "due_on", "channel", "goal", "kind", "status", "allocated_to")


def of(customer: Document) -> dict:
	"""``{"tier", "proposed", "differs", "why", "reason", "may_set", "activity", "last_order_on", "last_touch_on",
	"silent_since", "next", "skipped", "skipped_count", "complaint", "survey", "loss"}``, each as far as the user may see
	it.

	`next` and `skipped` are touches ``{"name", "due_on", "channel", "goal", "allocated_to_name"}``, those planned first and
	those of this year that nobody made last; `complaint`, `survey` and `loss` are ``{"name", …}`` or None.
	"""
	now = now_datetime()
	skipped = _touches(
		customer.name, [["status", "=", follow_ups.MISSED], ["due_on", ">=", _year(now)]], "due_on desc"
	)
	return {
		"tier": customer.sf_tier,
		"proposed": customer.sf_proposed_tier,
		"differs": customer_tiers.differs(customer.sf_tier, customer.sf_proposed_tier),
		"why": customer_tiers.why(customer),
		"reason": customer.sf_tier_reason,
		"may_set": reps.is_manager(),
		"activity": customer.sf_activity,
		"last_order_on": customer.sf_last_order_on,
		"last_touch_on": customer.sf_last_touch_on,
		"silent_since": customer.sf_silent_since,
		"next": _touches(customer.name, [["status", "=", follow_ups.PLANNED]], "due_on")[:_NEXT],
		"skipped": skipped[:_SKIPPED],
		"skipped_count": len(skipped),
		"complaint": _first(
			complaints.DOCTYPE,
			[["sf_is_complaint", "=", 1], ["status", "not in", complaints.CLOSED]],
			customer.name,
			["name", "subject", "sf_close_by"],
			"creation",
		),
		"survey": _first(
			"Satisfaction Survey",
			[["status", "=", "Answered"], ["corrected_by", "is", "not set"]],
			customer.name,
			["name", "satisfaction", "recommend", "is_low", "answered_on"],
			"answered_on desc",
		),
		"loss": _first(
			loss_analyses.DOCTYPE,
			[["status", "in", loss.UNDER_WAY]],
			customer.name,
			["name", "status", "due_on", "allocated_to"],
			"creation desc",
		),
	}


def _year(now: datetime) -> str:
	return str(get_year_start(getdate(now)))


def _first(doctype: str, filters: list, customer: str, fields: list[str], order_by: str) -> dict | None:
	if not frappe.has_permission(doctype, "read"):
		return None
	rows = frappe.get_list(
		doctype, filters=[*filters, ["customer", "=", customer]], fields=fields, order_by=order_by, limit=1
	)
	return rows[0] if rows else None


def _touches(customer: str, filters: list, order_by: str) -> list[dict]:
	"""Whoever may read the customer sees what is planned with them."""
	rows = frappe.get_all(
		"Follow Up",
		filters=[["reference_doctype", "=", "Customer"], ["reference_name", "=", customer], *filters],
		fields=list(_TOUCH),
		order_by=f"{order_by}, name",
		limit=100,
	)
	for row in rows:
		row.goal = _(row.goal) if row.goal else ""
		row.allocated_to_name = get_fullname(row.allocated_to) if row.allocated_to else ""
	return rows
