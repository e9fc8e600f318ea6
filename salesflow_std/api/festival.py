"""Festivals in the desk (P6)."""

from __future__ import annotations

import frappe
from frappe.utils import getdate

from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import greetings


@frappe.whitelist(methods=["GET", "POST"])
def upcoming(
	calendar: str,
	month: int | str | None = None,
	day: int | str | None = None,
	solar_term: str | None = None,
	easter_offset: int | str | None = None,
) -> list[str]:
	"""The next three days of a festival as it stands in the form; none while it is on no day.

	Raises PermissionError for who may not read festivals.
	"""
	frappe.has_permission("Festival", "read", throw=True)
	told = frappe._dict(
		calendar=calendar, month=month, day=day, solar_term=solar_term, easter_offset=easter_offset
	)
	try:
		return [str(on) for on in greetings.following(told, getdate(), 3)]
	except EngineError:
		return []
