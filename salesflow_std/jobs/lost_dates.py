"""Deals that became lost before the app came, or past every event, get the date of their loss (M1)."""

from __future__ import annotations

import frappe

from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import lost_deals

CHUNK = 500


def run() -> None:
	"""Once an hour; finds nothing to do the second time."""
	run_each((date_losses,))


def date_losses() -> int:
	"""Dates what is lost and carries no date; returns how many."""
	return sum(lost_deals.date_old_losses(row.name for row in rows) for rows in watching.chunks(_undated))


def _undated(after: str) -> list[frappe._dict]:
	return frappe.get_all(
		"Opportunity",
		filters={"status": lost_deals.LOST, "sf_lost_on": ("is", "not set"), "name": (">", after)},
		order_by="name",
		limit=CHUNK,
	)
