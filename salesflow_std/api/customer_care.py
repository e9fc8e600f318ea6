"""Tier and care of customers, for the desk and over REST (P6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import get_fullname

from salesflow_std.api import given_json
from salesflow_std.salesflow_std import customer_care, customer_tiers, reps

_MOST = 500


@frappe.whitelist(methods=["GET", "POST"])
def panel(customer: str) -> dict:
	"""What the form of a customer shows of their care; see `customer_care.of`.

	Raises PermissionError without the right to read the customer.
	"""
	doc = frappe.get_doc("Customer", customer)
	doc.check_permission("read")
	return customer_care.of(doc)


@frappe.whitelist(methods=["POST", "PUT"])
def set_tier(customer: str, tier: str | None = None, reason: str | None = None) -> dict:
	"""Sets the tier of a customer: ``{"changed"}``. For managers who may read the customer.

	`tier` is Strategic, Core, Ordinary or nothing. Raises PermissionError, and ValidationError where a tier that the
	figures do not propose has no reason.
	"""
	return {"changed": customer_tiers.set_tier(customer, tier, reason)}


@frappe.whitelist(methods=["POST", "PUT"])
def take_over(customers: list | str) -> dict:
	"""Sets the proposed tier of some customers: ``{"changed": [name], "refused": [name]}``; at most 500 at once.

	For managers; customers that they may not read, or that are not there, are `refused`. Raises PermissionError for
	everybody else.
	"""
	names = list(dict.fromkeys(str(name) for name in given_json.listed("customers", customers)))
	if not reps.is_manager():
		frappe.throw(
			_("A sales manager sets the tier of a customer; the figures only propose one."),
			frappe.PermissionError,
			title=_("Tier"),
		)
	if len(names) > _MOST:
		frappe.throw(_("Choose at most {0} customers at once.").format(_MOST), title=_("Tier"))
	found: dict[str, list[str]] = {"changed": [], "refused": []}
	for name in names:
		if not frappe.db.exists("Customer", name) or not frappe.has_permission("Customer", "read", doc=name):
			found["refused"].append(name)
		elif customer_tiers.take_over(name):
			found["changed"].append(name)
	return found


@frappe.whitelist(methods=["GET", "POST"])
def team() -> list[dict]:
	"""Whose care a manager looks at in the calendar: themselves and their team, ``[{"user", "full_name"}]``.

	Whoever manages nobody gets themselves alone.
	"""
	frappe.has_permission("Follow Up", "read", throw=True)
	user = frappe.session.user
	users = [user, *((reps.team_of(user) or []) if reps.is_manager() else [])]
	return [{"user": one, "full_name": get_fullname(one)} for one in dict.fromkeys(users)]
