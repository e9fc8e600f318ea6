"""What a manager does with a Sales Target Plan (M4)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, escape_html, flt, getdate

from salesflow_std.salesflow_std import target_plans, target_rows


@frappe.whitelist(methods=["POST", "PUT"])
def propose(name: str) -> dict:
	"""Fills a draft's shares from the Sales Person tree and the sales of the year before: `{"added", "people"}`."""
	plan = _draft(name)
	added = target_plans.propose(plan)
	plan.save()
	return {"added": added, "people": len(plan.shares)}


@frappe.whitelist(methods=["POST", "PUT"])
def distribute(name: str) -> dict:
	"""Divides a draft's targets by month: `{"lines", "problems"}`."""
	plan = _draft(name)
	target_plans.distribute(plan)
	plan.save()
	return {"lines": len(plan.lines), "problems": target_plans.problems(plan)}


@frappe.whitelist(methods=["POST", "PUT"])
def spread(name: str) -> dict:
	"""Spreads what months lack to their year over the open ones: `{"problems"}`."""
	plan = _draft(name)
	target_plans.spread(plan)
	plan.save()
	return {"problems": target_plans.problems(plan)}


@frappe.whitelist(methods=["GET", "POST"])
def by_hand(name: str) -> list[str]:
	"""Whose targets of the year somebody has entered by hand, of those that a plan has targets for."""
	plan = frappe.get_doc(target_plans.DOCTYPE, name)
	plan.check_permission("read")
	return target_rows.people_by_hand(plan.fiscal_year, target_plans.with_targets(plan))


@frappe.whitelist(methods=["POST", "PUT"])
def apply(name: str, replace_hand_rows: int = 0) -> dict:
	"""Makes a draft the plan that counts, and writes ERPNext's own targets: `{"status"}`.

	Raises HandMadeTargets where somebody has targets of the year by hand, unless they are to be replaced.
	"""
	plan = _writable(name)
	target_plans.apply(plan, bool(cint(replace_hand_rows)))
	return {"status": plan.status}


@frappe.whitelist(methods=["POST", "PUT"])
def withdraw(name: str) -> dict:
	"""Makes an applied plan a draft again: `{"status"}`."""
	plan = _writable(name)
	target_plans.withdraw(plan)
	return {"status": plan.status}


@frappe.whitelist(methods=["POST", "PUT"])
def revise(
	name: str, month: str, total_amount: float | None = None, new_customers: int | None = None
) -> dict:
	"""A draft that plans a year anew from the month that a day lies in: `{"name"}`."""
	plan = _writable(name)
	try:
		day = getdate(month)
	except Exception:
		day = None
	if not day:
		frappe.throw(_("{0} is no date.").format(escape_html(str(month))), title=_("Plan Anew"))
	return {
		"name": target_plans.revise(
			plan,
			day,
			None if total_amount in (None, "") else flt(total_amount),
			None if new_customers in (None, "") else cint(new_customers),
		).name
	}


def _writable(name: str) -> Document:
	plan = frappe.get_doc(target_plans.DOCTYPE, name, for_update=True)
	plan.check_permission("write")
	return plan


def _draft(name: str) -> Document:
	plan = _writable(name)
	if plan.status != target_plans.DRAFT:
		frappe.throw(
			_("{0} is a draft no more.").format(escape_html(plan.title)), title=_("Sales Target Plan")
		)
	return plan
