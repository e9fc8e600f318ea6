"""Coaching and recognition, for the desk and over REST (M6)."""

from __future__ import annotations

import frappe
from frappe.utils import cint

from salesflow_std.salesflow_std import coaching


def _may_write(record: str) -> None:
	frappe.get_doc(coaching.DOCTYPE, record).check_permission("write")


@frappe.whitelist(methods=["POST", "PUT"])
def confirm(
	record: str,
	agreed: str | None = None,
	follow_up_on: str | None = None,
	note: str | None = None,
	tell_team: int | str | bool = 0,
) -> dict:
	"""Proposed -> Confirmed: ``{"status"}``. Raises PermissionError, also about oneself, ValidationError where a coaching
	lacks what was agreed or its day."""
	_may_write(record)
	coaching.confirm(record, agreed, follow_up_on, note, bool(cint(tell_team)))
	return {"status": coaching.CONFIRMED}


@frappe.whitelist(methods=["POST", "PUT"])
def dismiss(record: str, reason: str) -> dict:
	"""Proposed -> Dismissed: ``{"status"}``. Raises PermissionError, ValidationError without a reason."""
	_may_write(record)
	coaching.dismiss(record, reason)
	return {"status": coaching.DISMISSED}


@frappe.whitelist(methods=["POST", "PUT"])
def finish(record: str, outcome: str) -> dict:
	"""Confirmed -> Done: ``{"status"}``. Raises PermissionError, ValidationError without what came of it."""
	_may_write(record)
	coaching.finish(record, outcome)
	return {"status": coaching.DONE}
