"""The managers' digest: what was not done in time, as one e-mail an hour at most, each case once (F5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.utils import add_to_date, format_datetime, get_fullname, get_url, get_url_to_form, now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.jobs.follow_up_clock import WHAT
from salesflow_std.salesflow_std import notices, reps

# A mail with more rows than that is a report; the rest is counted and found in My Day.
_MOST = 200


def run() -> None:
	"""Mails every manager the cases since the last digest. One manager's trouble never stops the others.

	A site that sends no mail has told them by Notification; once it does, a week of cases is caught up with.
	"""
	if not EmailAccount.find_outgoing():
		return
	waiting = frappe.get_all(
		"Follow Up",
		filters={
			"escalated_on": (">", add_to_date(now_datetime(), days=-7)),
			"digest_sent_on": ("is", "not set"),
		},
		fields=[
			"name",
			"title",
			"kind",
			"grade",
			"due_on",
			"allocated_to",
			"stands_in_for",
			"reference_doctype",
			"reference_name",
		],
		order_by="due_on, name",
		limit=5000,
	)
	of_manager: dict[str, list[frappe._dict]] = {}
	managers_of: dict[str, list[str]] = {}
	for row in waiting:
		rep = row.stands_in_for or row.allocated_to
		if rep not in managers_of:
			managers_of[rep] = reps.escalate_to(rep)
		for manager in managers_of[rep]:
			of_manager.setdefault(manager, []).append(row)
	done: set[str] = set()
	for manager, rows in of_manager.items():
		try:
			_mail(manager, rows)
			_mark([row.name for row in rows if row.name not in done])
			# The mail in the queue and its mark belong together; a killed run sends nothing twice.
			frappe.db.commit()  # nosemgrep
			done.update(row.name for row in rows)
		except JobTimeoutException:
			raise  # the time of the whole job is up: no manager's trouble
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Salesflow: digest for {manager} failed")


def _mark(names: list[str]) -> None:
	touch = frappe.qb.DocType("Follow Up")
	if names:
		frappe.qb.update(touch).set(touch.digest_sent_on, now_datetime()).where(touch.name.isin(names)).run()


def _mail(manager: str, rows: list[frappe._dict]) -> None:
	email = frappe.db.get_value("User", manager, "email")
	if not email or "@" not in email:
		return
	with notices.in_language(notices.language_of(manager)):
		frappe.sendmail(
			recipients=[email],
			subject=_("{0} touches not made in time").format(len(rows)),
			template="escalation_digest",
			args={
				"cases": [_case(row) for row in rows[:_MOST]],
				"my_day_url": get_url("/app/my-day"),
			},
			with_container=True,
		)


def _case(row: frappe._dict) -> dict:
	return {
		"title": row.title or row.reference_name,
		"grade": row.grade,
		"what": WHAT.get(row.kind, "Touch missed"),
		"due": format_datetime(row.due_on, "yyyy-MM-dd HH:mm"),
		"rep_name": get_fullname(row.stands_in_for or row.allocated_to),
		"document_url": get_url_to_form(row.reference_doctype, row.reference_name),
		"reassign_url": get_url_to_form("Follow Up", row.name) + "?reassign=1",
	}
