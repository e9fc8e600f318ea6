"""The numbers of the workspace that come from many surveys at once (A3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, get_quarter_start, getdate

from salesflow_std.engine import satisfaction as rules
from salesflow_std.salesflow_std import survey_numbers, surveys


@frappe.whitelist(methods=["GET", "POST"])
def satisfaction_this_quarter(filters: str | list | dict | None = None) -> dict:
	"""A Number Card: how satisfied the customers are who were asked this quarter, and how many those are.

	``{"value", "fieldtype", "route", "route_options"}``; what the user may not read does not count. Raises
	PermissionError without the right to read surveys.
	"""
	frappe.has_permission(surveys.DOCTYPE, "read", throw=True)
	today = getdate()
	begin = getdate(get_quarter_start(today))
	found = rules.tally(_asked(begin, today)).satisfaction
	value = _("None yet") if found.mean is None else f"{found.mean:.1f} (n={found.count})"
	return _card(value, "Customer Satisfaction", begin, today)


@frappe.whitelist(methods=["GET", "POST"])
def net_promoter_score(filters: str | list | dict | None = None) -> dict:
	"""A Number Card: the Net Promoter Score of the customers asked in twelve months, with its margin.

	As `satisfaction_this_quarter`; with too few answers it says so.
	"""
	frappe.has_permission(surveys.DOCTYPE, "read", throw=True)
	today = getdate()
	begin = getdate(add_months(today, -12))
	found = rules.score([one.recommend for one in _asked(begin, today) if one.recommend is not None])
	if found.score is None:
		value = _("Too few answers: {0} of {1}").format(found.answers, rules.ENOUGH)
	else:
		margin = "" if found.margin is None else f" ± {found.margin:.0f}"
		value = f"{found.score:+.0f}{margin} (n={found.answers})"
	return _card(value, "Net Promoter Score", begin, today)


def _asked(begin: object, end: object) -> list[rules.Asked]:
	rows = survey_numbers.read(frappe._dict(from_date=begin, to_date=end))
	return [row.asked for row in rows]


def _card(value: str, report: str, begin: object, end: object) -> dict:
	return {
		# Frappe looks for an element in what it is to show.
		"value": f"<span>{escape_html(value)}</span>",
		"fieldtype": "Data",
		"route": ["query-report", report],
		"route_options": {"from_date": str(begin), "to_date": str(end), "group_by": "Month"},
	}
