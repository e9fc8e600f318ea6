"""Customer: a lead that has become one is followed up no more; the customer is cared for (P6)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.overrides import planned
from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import care_plans, follow_ups
from salesflow_std.salesflow_std.cadences import cadences
from salesflow_std.salesflow_std.follow_ups import CUSTOMER

# Care depends on these, and on the sales team where nobody is the account manager.
_RELIED_ON = ("account_manager", "disabled", "sf_tier", "sf_activity", "sf_grade")


def after_insert(doc: Document, method: str | None = None) -> None:
	"""ERPNext writes the lead's new status past the lead itself, so the plan hears of it here."""
	if doc.lead_name and frappe.db.get_value("Lead", doc.lead_name, "sf_next_touch_on"):
		follow_ups.plan("Lead", doc.lead_name)


def on_update(doc: Document, method: str | None = None) -> None:
	"""Plans the care anew when something has changed that it depends on; what else changes, the clock sees to."""
	before = doc.get_doc_before_save()
	changed = _told(before) != _told(doc) if before else bool(doc.sf_tier or doc.sf_activity)
	if changed and (doc.sf_next_touch_on or cadences(CUSTOMER)):
		safely(_plan, doc, log="Care could not be planned")


def _plan(doc: Document) -> None:
	doc.sf_next_touch_on = care_plans.plan(doc.name)


def _told(doc: Document) -> tuple:
	team = () if doc.account_manager else tuple(row.sales_person for row in doc.get("sales_team") or ())
	return (*(doc.get(field) or None for field in _RELIED_ON), team)


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""The keys of open touches follow the name; after a merge one touch of each policy stays open."""
	planned.rename_keys(CUSTOMER, new)
	if merge:
		last = [
			row
			for row in (frappe.db.get_value(CUSTOMER, name, "sf_last_touch_on") for name in (old, new))
			if row
		]
		frappe.db.set_value(CUSTOMER, new, "sf_last_touch_on", max(last, default=None), update_modified=False)
	care_plans.plan(new)
