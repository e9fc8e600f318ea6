"""What the clock does to grades without anybody saving: overdue first touches, stale grades, ended overrides."""

from __future__ import annotations

import frappe
from frappe.utils import getdate, now_datetime

from salesflow_std.jobs import regrade
from salesflow_std.salesflow_std import grading

CHUNK = 2000


def tick() -> None:
	"""Runs at every tick of the scheduler. Each step is set-based, in chunks, and idle when nothing is due."""
	for step in (mark_overdue, mark_stale, end_overrides, regrade.restart_pending, restart_take_in):
		try:
			step()
			# A step is whole in itself; a later one that fails must not undo it.
			frappe.db.commit()  # nosemgrep
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Salesflow: {step.__name__} failed")


def mark_overdue() -> int:
	"""First touches past their deadline become overdue (L7); returns how many."""
	lead = frappe.qb.DocType("Lead")
	return regrade.update_in_chunks(
		lambda: (
			frappe.qb.update(lead)
			.set(lead.sf_first_touch_status, "Overdue")
			.where(lead.sf_first_touch_status == "Not Yet")
			.where(lead.sf_first_touch_due < now_datetime())
			.where(lead.status.isin(grading.OPEN_LEAD_STATUSES))
			.limit(CHUNK)
		),
		CHUNK,
	)


def mark_stale() -> int:
	"""Grades whose facts are older than their review interval become stale (L9); returns how many."""
	count = 0
	for doctype, open_statuses in (
		("Lead", grading.OPEN_LEAD_STATUSES),
		("Opportunity", grading.OPEN_OPPORTUNITY_STATUSES),
		("Customer", None),
	):
		subject = frappe.qb.DocType(doctype)

		def stale(subject: object = subject, open_statuses: tuple | None = open_statuses) -> object:
			query = (
				frappe.qb.update(subject)
				.set(subject.sf_grade_stale, 1)
				.where(subject.sf_review_due < now_datetime())
				.where(subject.sf_grade_stale == 0)
			)
			if open_statuses:
				query = query.where(subject.status.isin(open_statuses))
			else:
				query = query.where(subject.disabled == 0)
			return query.limit(CHUNK)

		count += regrade.update_in_chunks(stale, CHUNK)
	return count


def end_overrides() -> int:
	"""Grades a manager had set until a day that is over: the points count again. Returns how many."""
	count = 0
	for doctype in grading.GRADED_DOCTYPES:
		for name in frappe.get_all(
			doctype,
			filters=[["sf_grade_frozen_until", "is", "set"], ["sf_grade_frozen_until", "<", getdate()]],
			pluck="name",
			order_by="name",
			limit=CHUNK,
		):
			frappe.db.savepoint("end_override")
			try:
				grading.release(doctype, name, frappe._("The end date has passed."))
				count += 1
			except Exception:
				# One broken record never stops the rest.
				frappe.db.rollback(save_point="end_override")
				frappe.log_error(
					title="A grade set by a manager could not be ended",
					reference_doctype=doctype,
					reference_name=name,
				)
	return count


def restart_take_in() -> None:
	"""Has existing documents taken in, where the job after the install did not come to its end."""
	if not frappe.db.get_single_value("Salesflow Settings", "taken_in"):
		frappe.enqueue(
			"salesflow_std.jobs.take_in.run", queue="long", job_id="salesflow_std.take_in", deduplicate=True
		)
