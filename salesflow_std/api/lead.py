"""A lead's rules in the desk: duplicates (L3) and the first touch (L7)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from salesflow_std.engine import cadence
from salesflow_std.overrides.lead import find_duplicates
from salesflow_std.salesflow_std import touches


@frappe.whitelist(methods=["GET", "POST"])
def duplicates(name: str) -> list[dict]:
	"""Leads that look the same: ``[{"name", "title", "lead_owner", "readable", "same"}]`` (L3)."""
	lead = frappe.get_doc("Lead", name)
	lead.check_permission("read")
	return find_duplicates(lead)


@frappe.whitelist(methods=["POST", "PUT"])
def touched(name: str, on: str | None = None, channel: str = "Phone") -> dict:
	"""Records that a lead was reached outside ERPNext, by phone or in person (L7).

	`on` is when, default now; not before the capture and not in the future.
	"""
	lead = frappe.get_doc("Lead", name)
	lead.check_permission("write")
	if channel not in cadence.CHANNELS:
		frappe.throw(
			_("{0} is no channel. There are: {1}.").format(
				channel, ", ".join(_(known, context="Follow Up") for known in cadence.CHANNELS)
			),
			title=_("First Touch"),
		)
	when = get_datetime(on) if on else now_datetime()
	if when > now_datetime():
		frappe.throw(_("A first touch cannot lie in the future."), title=_("First Touch"))
	if lead.sf_captured_on and when < get_datetime(lead.sf_captured_on):
		frappe.throw(
			_("The lead was captured on {0}; it cannot have been touched before.").format(
				frappe.format(lead.sf_captured_on, {"fieldtype": "Datetime"})
			),
			title=_("First Touch"),
		)
	if not touches.record("Lead", name, when, channel):
		frappe.throw(
			_("The first touch of {0} is recorded already: {1}.").format(
				name, frappe.format(lead.sf_first_touched_on, {"fieldtype": "Datetime"})
			),
			title=_("First Touch"),
		)
	return frappe.db.get_value("Lead", name, ["sf_first_touched_on", "sf_first_touch_status"], as_dict=True)
