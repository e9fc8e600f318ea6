"""Complaints of customers as ERPNext's Issues: opened by a survey or by hand, closed with the customer's word (A4).

A complaint is an Issue with `sf_is_complaint`. Who is responsible and until when is filled when it begins; that it is
settled follows from its status and the customer's word (`complaint_gate`), on every path.
"""

from __future__ import annotations

from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, getdate, now_datetime

from salesflow_std.engine import complaints as rules
from salesflow_std.engine import worktime
from salesflow_std.engine.survey import EARLIER_COMPLAINT
from salesflow_std.salesflow_std import account_managers, complaint_words, delivery_people, notices, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.sparing import sparing

DOCTYPE = "Issue"
OPEN = "Open"
# ERPNext's two ways to be done with an issue.
CLOSED = ("Resolved", "Closed")

_SURVEY = "Satisfaction Survey"
_ANSWERED = "Answered"
# Who was told belongs to a deadline: with a new one everybody is told anew.
TOLD = ("sf_reminded_on", "sf_escalated_on")
_WORD = ("sf_customers_word", "sf_word_by", "sf_word_on")
_SUBJECT_LENGTH = 140


# Opened by a survey ------------------------------------------------------------------------------------------------


def open(survey: Document | str) -> str | None:
	"""As `open_now` and `hear`, for who writes down an answer: where one of them fails, that is logged, the answer stays,
	and the clock does it."""
	doc = frappe.get_doc(_SURVEY, survey) if isinstance(survey, str) else survey
	issue = None
	with sparing("A complaint could not be opened", _SURVEY, doc.name):
		issue = open_now(doc)
	doc.issue = issue
	with sparing("An earlier complaint could not be settled", _SURVEY, doc.name):
		hear(doc)
	return issue


def open_now(survey: Document | str) -> str | None:
	"""The complaint that an answered survey opens, made if there is none; its name (A4).

	None where nothing low was said and no problem reported. Called as often as one likes: a survey has one complaint,
	and the correction of a survey has that of what it corrects. Sets `issue` of the survey. Asks for no rights: who
	answers is a guest.
	"""
	name = survey if isinstance(survey, str) else survey.name
	# Two answers at once would open two.
	known = frappe.db.get_value(_SURVEY, name, "issue", for_update=True)
	doc = frappe.get_doc(_SURVEY, name) if isinstance(survey, str) else survey
	issue = known
	if not issue and _complains(doc):
		issue = _of_chain(doc) or _make(doc).name
	if issue != known:
		# Past the form: nobody changes an answered survey, and whoever has it open may still read it.
		frappe.db.set_value(_SURVEY, name, "issue", issue, update_modified=False)
	doc.issue = issue
	return issue


def _complains(survey: Document) -> bool:
	return survey.status == _ANSWERED and bool(survey.is_low or survey.has_problem)


def _of_chain(survey: Document) -> str | None:
	"""The complaint of this survey, or of what it corrects."""
	names, corrected = [survey.name], survey.correction_of
	while corrected and corrected not in names:
		names.append(corrected)
		corrected = frappe.db.get_value(_SURVEY, corrected, "correction_of")
	return frappe.db.get_value(
		DOCTYPE, {"sf_survey": ("in", names), "sf_is_complaint": 1}, "name", order_by="creation, name"
	)


def _make(survey: Document) -> Document:
	rep = _account_manager(survey)
	with notices.in_language(notices.language_of(rep)):
		subject, description = complaint_words.of_survey(survey)
	issue_type = settings().complaint_issue_type
	issue = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"subject": subject[:_SUBJECT_LENGTH],
			"description": description,
			"customer": survey.customer,
			"customer_name": survey.title,
			"contact": survey.contact,
			"company": survey.company,
			"project": survey.project,
			"issue_type": issue_type if issue_type and frappe.db.exists("Issue Type", issue_type) else None,
			# Left empty, ERPNext takes who is logged in, and looks for a lead of that address.
			"raised_by": survey.email_id or frappe.db.get_value("User", rep, "email"),
			"sf_is_complaint": 1,
			"sf_responsible": rep,
			"sf_survey": survey.name,
		}
	)
	issue.flags.sf_by_app = True
	return issue.insert(ignore_permissions=True)


def hear(survey: Document | str) -> bool:
	"""Closes the complaint that an answered survey has asked about, where the customer says there that it is settled:
	that is their word (A4). True where it was closed; one that is closed already stays as it is. Asks for no rights.
	"""
	doc = frappe.get_doc(_SURVEY, survey) if isinstance(survey, str) else survey
	answer = next((row for row in doc.answers if row.dimension == EARLIER_COMPLAINT and row.answered), None)
	if doc.status != _ANSWERED or not doc.earlier_issue or not answer or not answer.mark:
		return False
	# Its manager may have deleted it; what the customer complains of now is heard all the same.
	if not frappe.db.exists(DOCTYPE, doc.earlier_issue):
		return False
	issue = locked(doc.earlier_issue)
	if not issue.sf_is_complaint or issue.status in CLOSED:
		return False
	with notices.in_language(notices.language_of(issue.sf_responsible)):
		said = complaint_words.said_in_survey(doc.name)
	by = doc.answered_by or doc.person or doc.title
	# Written down of a call later, the answer may bear an earlier day; a word does not come before its complaint.
	on = max(getdate(doc.answered_on), getdate(issue.creation))
	issue.update(dict(zip(_WORD, (said, by, on), strict=True)))
	issue.status = CLOSED[-1]
	issue.flags.ignore_permissions = True
	issue.save()
	return True


def _account_manager(survey: Document) -> str:
	named = [survey.allocated_to]
	if survey.project:
		named.append(frappe.db.get_value("Project", survey.project, "sf_account_manager"))
	return working(*named, account_managers.of(survey.customer), survey.owner)


def working(*users: str | None) -> str:
	"""The first of some users who works here, or whoever has taken over from them; else who hears of what nobody does."""
	today = getdate()
	candidates = (one for user in users if user for one in (user, reps.on_duty(user, today)))
	found = next((user for user in candidates if delivery_people.works_here(user)), None)
	return found or reps.escalate_to("")[0]


# How one begins ---------------------------------------------------------------------------------------------------


def begin(issue: Document) -> None:
	"""Gives a complaint who is responsible and until when, where nobody has said so (A4)."""
	if not issue.sf_responsible:
		issue.sf_responsible = working(account_managers.of(issue.customer), frappe.session.user)
	if issue.customer and not issue.customer_name:
		issue.customer_name = frappe.db.get_value("Customer", issue.customer, "customer_name")
	if not issue.sf_close_by:
		issue.sf_close_by = due(issue.company, now_datetime())


def due(company: str | None, since: datetime) -> datetime:
	"""By when a complaint is to be settled, by the settings and the working time of a company."""
	found = settings()
	since = since.replace(microsecond=0)
	unit = found.complaint_unit or "Working Days"
	return worktime.add(since, found.complaint_amount or 0, unit, working_calendar(company))


# The customer's word ----------------------------------------------------------------------------------------------


def word_of(issue: Document | frappe._dict) -> rules.Word:
	"""What the customer says of how it was settled, as the rules know it."""
	on = getdate(issue.sf_word_on) if issue.sf_word_on else None
	return rules.Word(cstr(issue.sf_customers_word), cstr(issue.sf_word_by), on)


def missing(issue: Document | frappe._dict) -> tuple[str, ...]:
	"""What of the customer's word a complaint lacks to be closed (A4); see `engine.complaints.missing`."""
	opened = getdate(issue.creation) if issue.creation else getdate()
	return rules.missing(word_of(issue), opened, getdate())


def settle(name: str, word: str, by: str, on: date | str | None = None, status: str = "Closed") -> Document:
	"""Closes a complaint with the customer's word: what they said, who, and on which day, today where none is given (A4).

	Checks the rights. Twice is once. Raises ValidationError while something of the word is missing, and for an issue
	that is no complaint.
	"""
	issue = locked(name)
	issue.check_permission("write")
	if not issue.sf_is_complaint:
		frappe.throw(
			_("{0} is no complaint.").format(frappe.bold(name)), title=_("Complaint", context="Issue")
		)
	if status not in CLOSED:
		frappe.throw(
			_("A complaint is settled as Resolved or Closed."), title=_("Complaint", context="Issue")
		)
	if issue.status in CLOSED and issue.sf_settled_on:
		return issue
	issue.update(dict(zip(_WORD, (word, by, getdate(on)), strict=True)))
	issue.status = status
	issue.save()
	return issue


def locked(name: str) -> Document:
	"""An issue as it is now; nobody else changes it until this transaction is over."""
	frappe.db.get_value(DOCTYPE, name, "name", for_update=True)
	return frappe.get_doc(DOCTYPE, name)


# Asked about ------------------------------------------------------------------------------------------------------


def to_ask_about(customer: str, survey: str | None = None) -> str | None:
	"""The complaint that a customer's next survey asks about: their latest one that no answered survey has asked about
	(A4). `survey` is the one that would ask; it counts as one that has not.
	"""
	asked = frappe.qb.DocType(_SURVEY)
	issue = frappe.qb.DocType(DOCTYPE)
	answered = (
		frappe.qb.from_(asked)
		.select(asked.earlier_issue)
		.where((asked.customer == customer) & (asked.status == _ANSWERED) & asked.earlier_issue.isnotnull())
		.where(asked.name != (survey or ""))
	)
	found = (
		frappe.qb.from_(issue)
		.select(issue.name)
		.where((issue.customer == customer) & (issue.sf_is_complaint == 1) & issue.name.notin(answered))
		.orderby(issue.creation, issue.name, order=frappe.qb.desc)
		.limit(1)
		.run(pluck=True)
	)
	return found[0] if found else None
