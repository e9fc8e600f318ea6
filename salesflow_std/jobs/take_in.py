"""After the install: the leads and opportunities that were there before get what new ones get at their save."""

from __future__ import annotations

import frappe
from frappe.utils import now_datetime

from salesflow_std.engine import leads
from salesflow_std.jobs import opportunity_grading

CHUNK = 2000


def run() -> None:
	"""Capture times and duplicate keys for leads, grades for opportunities. Restartable; twice is once."""
	after = ""
	while after := _leads(after):
		# A chunk is whole in itself: a killed run goes on behind it.
		frappe.db.commit()  # nosemgrep
	opportunity_grading.run()
	frappe.db.set_single_value("Salesflow Settings", "taken_in", 1, update_modified=False)
	frappe.db.commit()  # nosemgrep - the job's last word


def _leads(after: str) -> str:
	"""One chunk of leads without a capture time: it is their creation (L1). Returns the last name."""
	rows = frappe.get_all(
		"Lead",
		filters={"sf_captured_on": ("is", "not set"), "name": (">", after)},
		fields=["name", "creation", "phone", "mobile_no", "company_name"],
		order_by="name",
		limit=CHUNK,
	)
	for row in rows:
		values = {
			"sf_captured_on": row.creation or now_datetime(),
			"sf_phone_key": leads.phone_key(row.phone),
			"sf_mobile_key": leads.phone_key(row.mobile_no),
			"sf_company_key": leads.company_key(row.company_name)[:140],
		}
		frappe.db.set_value("Lead", row.name, values, update_modified=False)
	return rows[-1].name if rows else ""
