"""Tells the owner of an account plan that the day of its review has come (L10)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html, getdate
from rq.timeouts import JobTimeoutException

from salesflow_std.salesflow_std import notices, reps
from salesflow_std.salesflow_std.account_plans import ACTIVE

CHUNK = 500


def run() -> int:
	"""Tells of every review once, on its day or when the job runs next; returns how many. Twice is once."""
	plan = frappe.qb.DocType("Account Plan")
	after, count = "", 0
	while True:
		rows = (
			frappe.qb.from_(plan)
			.select(plan.name, plan.title, plan.plan_owner, plan.next_review_on)
			.where((plan.status == ACTIVE) & (plan.next_review_on <= getdate()) & (plan.name > after))
			.where(plan.review_reminded.isnull() | (plan.review_reminded != plan.next_review_on))
			.orderby(plan.name)
			.limit(CHUNK)
			.run(as_dict=True)
		)
		if not rows:
			return count
		for row in rows:
			count += _remind(row)
		after = rows[-1].name


def _remind(row: frappe._dict) -> int:
	try:
		user = reps.on_duty(row.plan_owner, getdate())
		with notices.in_language(notices.language_of(user)):
			notices.notify(
				user,
				_("The review of the account plan of {0} is due on {1}.").format(
					f"<b>{escape_html(row.title)}</b>",
					frappe.format(row.next_review_on, {"fieldtype": "Date"}),
				),
				"Account Plan",
				row.name,
			)
		frappe.db.set_value(
			"Account Plan", row.name, "review_reminded", row.next_review_on, update_modified=False
		)
		# The notice and the note of it belong together; a killed run tells nobody twice.
		frappe.db.commit()  # nosemgrep
		return 1
	except JobTimeoutException:
		raise
	except Exception:
		# One broken plan never stops the rest.
		frappe.db.rollback()
		frappe.log_error(
			title="Review of an account plan could not be told",
			reference_doctype="Account Plan",
			reference_name=row.name,
		)
		return 0
