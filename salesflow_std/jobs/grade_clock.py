"""What the clock does to grades without anybody saving: overdue first touches, stale grades, ended overrides."""

from __future__ import annotations

import frappe
from frappe.utils import getdate, now_datetime

from salesflow_std.engine import leads
from salesflow_std.jobs import regrade
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import follow_ups, grading

CHUNK = 2000


def tick() -> None:
	"""Runs at every tick of the scheduler. Each step is set-based, in chunks, and idle when nothing is due."""
	run_each((mark_overdue, mark_stale, end_overrides, regrade.restart_pending, restart_take_in))


def mark_overdue() -> int:
	"""First touches past their deadline become overdue (L7); returns how many.

	A lead that has ended waits for no touch: one that was overdue has missed it, one that was not yet due
	has no status.
	"""
	lead = frappe.qb.DocType("Lead")
	is_open = lead.status.isin(grading.OPEN_LEAD_STATUSES)
	waiting = (lead.sf_first_touch_status == leads.PENDING) & (lead.sf_first_touch_due < now_datetime())
	overdue = lead.sf_first_touch_status == leads.OVERDUE
	ended = lead.status.notin(grading.OPEN_LEAD_STATUSES)
	count = _in_chunks(lead, waiting & is_open, {"sf_first_touch_status": leads.OVERDUE})
	_in_chunks(lead, waiting & ended, {"sf_first_touch_status": ""})
	_in_chunks(lead, overdue & ended, {"sf_first_touch_status": leads.MISSED})
	return count


def mark_stale() -> int:
	"""Grades whose facts are older than their review interval become stale (L9); returns how many.

	What has ended is not reviewed any more and loses its date.
	"""
	count = 0
	for doctype, open_statuses in (
		("Lead", grading.OPEN_LEAD_STATUSES),
		("Opportunity", grading.OPEN_OPPORTUNITY_STATUSES),
		("Customer", None),
	):
		subject = frappe.qb.DocType(doctype)
		due = (subject.sf_grade_stale == 0) & (subject.sf_review_due < now_datetime())
		is_open = subject.status.isin(open_statuses) if open_statuses else subject.disabled == 0
		ended = subject.status.notin(open_statuses) if open_statuses else subject.disabled == 1
		count += _in_chunks(subject, due & is_open, {"sf_grade_stale": 1})
		_in_chunks(subject, due & ended, {"sf_review_due": None})
	return count


def _in_chunks(table: frappe.qb.DocType, condition: object, values: dict[str, object]) -> int:
	"""Sets values on all documents that meet a condition, a transaction for each chunk; returns how many.

	They are looked for without a lock, so a tick that finds nothing stands in nobody's way.
	"""
	count = 0
	while True:
		names = frappe.qb.from_(table).select(table.name).where(condition).limit(CHUNK).run(pluck=True)
		if not names:
			return count
		query = frappe.qb.update(table).where(table.name.isin(names) & condition)
		for field, value in values.items():
			query = query.set(table[field], value)
		query.run()
		count += len(names)
		# The locks of a chunk go before the next one; a restart goes on where this stopped.
		frappe.db.commit()  # nosemgrep
		if len(names) < CHUNK:
			return count


def end_overrides() -> int:
	"""Grades a manager had set until a day that is over: the points count again. Returns how many."""
	count = 0
	for doctype in grading.GRADED_DOCTYPES:
		subject = frappe.qb.DocType(doctype)
		ended = (
			frappe.qb.from_(subject)
			.select(subject.name)
			.where(subject.sf_grade_frozen_until < getdate())
			.orderby(subject.name)
			.limit(CHUNK)
			.run(pluck=True)
		)
		for name in ended:
			frappe.db.savepoint("end_override")
			try:
				grading.release(doctype, name, frappe._("The end date has passed."))
				follow_ups.graded(doctype, name)
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
