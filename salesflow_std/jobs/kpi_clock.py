"""Closes the months of KPI scores on the chosen working day of the month after (M5)."""

from __future__ import annotations

import frappe
from frappe.utils import getdate

from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import kpi_scores


def run() -> None:
	"""Runs every hour; with nothing to close it is one query. Twice changes nothing."""
	run_each([close_months])


def close_months() -> int:
	"""Closes what is due, month by month; returns how many. One that cannot be closed stops none of the others."""
	count = 0
	for company, month in kpi_scores.to_close(getdate()):
		with watching.sparing(f"KPI scores of {month:%Y-%m} could not be closed", "Company", company):
			count += bool(kpi_scores.close(company, month, by="Administrator"))
		# A month is whole in itself; the next one may fail.
		frappe.db.commit()  # nosemgrep
	return count
