"""The clock of complaints: opened and settled where a survey could not, open again where closed past the gate, and the deadline (A4).

Each deadline reminds before it is due, then tells the manager, each once. STEPS are run one after the other; one that fails
stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import now_datetime
from pypika import Table
from pypika.terms import Criterion

from salesflow_std.jobs import deadlines, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import complaint_gate, complaints

_SURVEY = "Satisfaction Survey"
# An answer is tried again for that long.
_TRIED = timedelta(days=30)


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due each step is one query on an index. Twice is once."""
	run_each(STEPS)


def open_missing() -> int:
	"""Opens complaints of answered surveys that have none yet; returns how many."""

	def read(after: str) -> list[frappe._dict]:
		survey = frappe.qb.DocType(_SURVEY)
		return (
			frappe.qb.from_(survey)
			.select(survey.name)
			.where((survey.answered_on >= now_datetime() - _TRIED) & (survey.name > after))
			.where((survey.status == "Answered") & ((survey.is_low == 1) | (survey.has_problem == 1)))
			.where(survey.issue.isnull() | (survey.issue == ""))
			.orderby(survey.name)
			.limit(watching.CHUNK)
			.run(as_dict=True)
		)

	count = 0
	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing("A complaint could not be opened", _SURVEY, row.name):
				count += bool(complaints.open_now(row.name))
	return count


def hear_missing() -> int:
	"""Closes complaints that their customers have called settled in a survey, where that could not be done with the
	answer; returns how many. One that somebody has worked on since then is left to them."""

	def read(after: str) -> list[frappe._dict]:
		survey, issue = frappe.qb.DocType(_SURVEY), frappe.qb.DocType(complaints.DOCTYPE)
		return (
			frappe.qb.from_(survey)
			.join(issue)
			.on(issue.name == survey.earlier_issue)
			.select(survey.name)
			.where((survey.answered_on >= now_datetime() - _TRIED) & (survey.name > after))
			.where((survey.status == "Answered") & (issue.sf_is_complaint == 1))
			.where(issue.status.notin(complaints.CLOSED) & (issue.modified <= survey.answered_on))
			.orderby(survey.name)
			.limit(watching.CHUNK)
			.run(as_dict=True)
		)

	count = 0
	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing("An earlier complaint could not be settled", _SURVEY, row.name):
				count += complaints.hear(row.name)
	return count


def reopen_passed_over() -> int:
	"""Opens complaints again that were closed past every event without the customer's word; returns how many."""

	def read(after: str) -> list[frappe._dict]:
		issue = frappe.qb.DocType(complaints.DOCTYPE)
		return (
			frappe.qb.from_(issue)
			.select(issue.name)
			.where((issue.sf_is_complaint == 1) & issue.status.isin(complaints.CLOSED))
			.where(issue.sf_settled_on.isnull() & (issue.name > after))
			.orderby(issue.name)
			.limit(watching.CHUNK)
			.run(as_dict=True)
		)

	count = 0
	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing("A complaint could not be watched", complaints.DOCTYPE, row.name):
				count += complaint_gate.reopen_passed_over(row.name)
	return count


def watch_deadlines() -> int:
	"""Reminds of complaints to settle, and tells managers of those that are late; returns of how many."""
	return deadlines.watch(_DEADLINE)


def _unsettled(issue: Table) -> Criterion:
	return (issue.sf_is_complaint == 1) & issue.status.notin(complaints.CLOSED)


def _words() -> dict[str, str]:
	return {
		"soon": _("{0}: the complaint is to be settled by {1}."),
		"late": _("{0}: the complaint was to be settled by {1}, {2} has not got the customer's word."),
		"subject": _("{0} complaints not settled in time"),
		"intro": _(
			"These customers complained, and none has said yet that it is settled. Each is told once."
		),
	}


_DEADLINE = deadlines.Deadline(
	doctype=complaints.DOCTYPE,
	due="sf_close_by",
	reminded="sf_reminded_on",
	escalated="sf_escalated_on",
	rep="sf_responsible",
	company="company",
	called="subject",
	waiting=_unsettled,
	words=_words,
)

STEPS: tuple[Callable[[], object], ...] = (open_missing, hear_missing, reopen_passed_over, watch_deadlines)
