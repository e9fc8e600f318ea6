"""Goals of the stages over HTTP: how one stands, and the same one for the following periods (M2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import cint

from salesflow_std.engine import goals as rules
from salesflow_std.salesflow_std import goals

_MOST = 60


@frappe.whitelist(methods=["GET", "POST"])
def standing(name: str) -> dict:
	"""How a goal stands: ``{"title", "words", "actual", "target", "progress", "landing", "deals",
	"may_change"}``.

	`landing` is what `engine.goals.landing` says, `deals` are the filters with which the Stage Funnel shows the deals counted. Raises PermissionError without the
	right to read it.
	"""
	goal = frappe.get_doc(goals.DOCTYPE, name)
	goal.check_permission("read")
	return {
		"title": goals.title(goal),
		"words": goals.words(goal),
		"actual": goals.said(goal, goals.actual_of(goal)),
		"target": goals.said(goal, goal.target),
		"progress": goal.progress,
		"landing": rules.landing(goal.measure, goals.forecast_of(goal), goal.target),
		"deals": goals.deals_filters(goal),
		"may_change": bool(goal.has_permission("write")),
	}


@frappe.whitelist(methods=["POST", "PUT"])
def measure(name: str) -> dict:
	"""Counts an open goal now, and gives its standing."""
	frappe.get_doc(goals.DOCTYPE, name).check_permission("write")
	goals.measure(name)
	return standing(name)


@frappe.whitelist(methods=["POST", "PUT"])
def repeat(name: str, count: int) -> dict:
	"""Makes the same goal for the following `count` periods (at most 60): ``{"made": [name], "there": n}``, `there`
	being how many there were already. Raises PermissionError without the right to make goals."""
	frappe.get_doc(goals.DOCTYPE, name).check_permission("read")
	frappe.has_permission(goals.DOCTYPE, "create", throw=True)
	if not 1 <= cint(count) <= _MOST:
		frappe.throw(_("Between 1 and {0} periods are made in one step.").format(_MOST), title=_("Periods"))
	made, there = goals.make_following(name, cint(count))
	return {"made": made, "there": there}
