"""The clock of the satisfaction survey: sent when it is due, reminded of, called for (A3).

Surveys of acceptances that could not be made with them are made here, too, and so are the tasks of answers (A5). STEPS are run one after the other; one that
fails stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable

import frappe
from frappe.utils import add_to_date, now_datetime

from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import survey_deadlines, surveys

CHUNK = 100
# Older acceptances without a survey were accepted before there were any; an answer is tried again for that long.
_LOOKS_BACK = {"days": -30}


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due each step is one query on an index. Twice is once."""
	run_each(STEPS)


def make_missing() -> int:
	"""Surveys of acceptances that have none; returns how many it has made."""
	made = 0
	report = frappe.qb.DocType(surveys.REPORT)
	since = add_to_date(now_datetime(), **_LOOKS_BACK)

	def read(after: str) -> list[frappe._dict]:
		return (
			frappe.qb.from_(report)
			.select(report.name)
			.where((report.docstatus == 1) & (report.result != surveys.NOT_ACCEPTED))
			.where((report.survey.isnull() | (report.survey == "")) & (report.modified >= since))
			.where(report.name > after)
			.orderby(report.name)
			.limit(CHUNK)
			.run(as_dict=True)
		)

	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing("A satisfaction survey could not be made", surveys.REPORT, row.name):
				made += bool(surveys.begin(row.name))
	return made


def take_up_referrals() -> int:
	"""Referrals and renewals that answers ask for and that could not be taken up with them; returns of how many (A5)."""
	taken_up = 0
	survey = frappe.qb.DocType(surveys.DOCTYPE)
	since = add_to_date(now_datetime(), **_LOOKS_BACK)

	def read(after: str) -> list[frappe._dict]:
		return (
			frappe.qb.from_(survey)
			.select(survey.name)
			.where((survey.answered_on >= since) & (survey.status == surveys.ANSWERED))
			.where(survey.referral_begun_on.isnull() & (survey.name > after))
			.orderby(survey.name)
			.limit(CHUNK)
			.run(as_dict=True)
		)

	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing("A referral could not be taken up", surveys.DOCTYPE, row.name):
				surveys.take_up_referral(row.name)
				taken_up += 1
	return taken_up


def watch_surveys() -> int:
	"""Surveys that wait to be sent or answered; returns how many people it has told something."""
	to_send = (survey_deadlines.send, survey_deadlines.call, survey_deadlines.escalate)
	sent = (survey_deadlines.give_up, survey_deadlines.remind)
	failed = "A satisfaction survey could not be watched"
	steps = {surveys.TO_SEND: to_send, surveys.SENT: sent}
	fields, is_due = survey_deadlines.READ, survey_deadlines.is_due
	return sum(
		watching.watch(surveys.DOCTYPE, (status,), taken, failed, fields, is_due)
		for status, taken in steps.items()
	)


STEPS: tuple[Callable[[], object], ...] = (make_missing, take_up_referrals, watch_surveys)
