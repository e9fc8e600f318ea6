"""Closing months of KPI scores, and opening them again (M5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import getdate

from salesflow_std.salesflow_std import kpi_scores, reps


@frappe.whitelist(methods=["POST", "PUT"])
def close_month(company: str, month: str) -> dict:
	"""Closes the month that a day lies in: `{"month", "scores"}`; `scores` is 0 where it is closed already.

	For managers who may see the company. Raises PermissionError for others, ValidationError while the month runs.
	"""
	day = _day(month)
	if not reps.is_manager() or not frappe.has_permission("Company", "read", doc=company):
		frappe.throw(_("A sales manager closes a month."), frappe.PermissionError, title=_("Not Permitted"))
	count = kpi_scores.close(company, day)
	return {"month": str(day.replace(day=1)), "scores": count}


@frappe.whitelist(methods=["POST", "PUT"])
def reopen_month(company: str, month: str, reason: str) -> dict:
	"""Opens a closed month again, for the System Manager: `{"month", "scores"}`, how many scores went."""
	frappe.only_for("System Manager")
	day = _day(month)
	return {"month": str(day.replace(day=1)), "scores": kpi_scores.reopen(company, day, reason)}


def _day(month: str) -> object:
	try:
		day = getdate(month)
	except Exception:
		day = None
	if not day:
		frappe.throw(_("{0} is no date.").format(frappe.utils.escape_html(str(month))), title=_("Month"))
	return day
