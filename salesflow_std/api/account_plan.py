"""Account plans on the forms of leads, prospects and customers, and what a plan shows of its account (L10)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.salesflow_std import access, account_plans, profiles

_NEED_FIELDS = ("need", "explicitness", "nature", "priority", "match_score", "said_by")


@frappe.whitelist(methods=["GET", "POST"])
def of(doctype: str, name: str) -> dict:
	"""Whether an account has an active plan: ``{"plan", "owner", "may_create"}``.

	`plan` is its name or None, `owner` whose a new one would be. Raises PermissionError unless the user may read
	the account.
	"""
	_check_party(doctype, name)
	return {
		"plan": account_plans.active_plan(profiles.profile_of(doctype, name)),
		"owner": account_plans.owner_of(doctype, name) or frappe.session.user,
		"may_create": bool(
			frappe.has_permission("Account Plan", "create") and access.allows(doctype, name, "write")
		),
	}


@frappe.whitelist(methods=["GET", "POST"])
def needs(doctype: str, name: str) -> dict | None:
	"""The needs that the account has confirmed last: ``{"record", "version", "confirmed_on", "needs"}`` or None.

	`needs` holds ``{"need", "explicitness", "nature", "priority", "match_score", "said_by"}`` for each. Only a record that the user
	may read counts; raises PermissionError unless they may read the account.
	"""
	_check_party(doctype, name)
	profile = profiles.profile_of(doctype, name)
	if not profile or not frappe.has_permission("Needs Record", "read"):
		return None
	found = frappe.get_list(
		"Needs Record",
		filters={"customer_profile": profile, "status": "Confirmed"},
		fields=["name", "version", "answered_on"],
		order_by="answered_on desc, creation desc",
		limit=1,
	)
	if not found:
		return None
	record = found[0]
	return {
		"record": record.name,
		"version": record.version,
		"confirmed_on": record.answered_on,
		"needs": frappe.get_all(
			"Customer Need",
			filters={"parent": record.name, "parenttype": "Needs Record"},
			fields=list(_NEED_FIELDS),
			order_by="idx",
		),
	}


def _check_party(doctype: str, name: str) -> None:
	if doctype not in profiles.PARTIES:
		frappe.throw(
			_("An account is a lead, a prospect or a customer."), title=_("Account", context="Account Plan")
		)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
