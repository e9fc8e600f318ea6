"""What holds for a complaint on every way of writing it: it is closed with the customer's word only (A4).

`sf_settled_on` is the app's own: set when a complaint is closed with the customer's word, emptied when it is taken up
again. So a closed complaint without it was closed past the gate. ERPNext closes and opens issues by the form, the list,
`set_value`, `db_set`, a job that closes what was answered a week ago, and a reply of the customer; they all lead here but
two methods of the list (`api.complaint`) and raw SQL, which the clock finds.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html, get_datetime, getdate, now_datetime

from salesflow_std.engine import complaints as rules
from salesflow_std.salesflow_std import complaint_mail, complaint_words, complaints, delivery_people, reps
from salesflow_std.setup.custom_fields import STATE_FIELDS

_WORD = ("sf_customers_word", "sf_word_by", "sf_word_on")
_STATE = STATE_FIELDS["Issue"]
# Of an issue that is none any more.
_OWN = ("sf_responsible", "sf_close_by", *_WORD, *_STATE)
OPENED, SETTLED, TAKEN_UP, GIVEN = "Opened", "Settled", "Taken Up", "Given"


# Saving ------------------------------------------------------------------------------------------------------------


def inserted(issue: Document) -> None:
	"""Before an issue is inserted: what was split from a complaint is one of its own, open and nobody's word on it."""
	if issue.sf_is_complaint and issue.get("issue_split_from"):
		issue.update(dict.fromkeys((*_WORD, *_STATE, "sf_close_by")))
		issue.status = complaints.OPEN


def saved(issue: Document) -> None:
	"""Before an issue is saved. Raises ValidationError where a complaint would be closed without the customer's word."""
	before = issue.get_doc_before_save()
	was = bool(before and before.sf_is_complaint)
	if not issue.sf_is_complaint and not was:
		return
	_keep(issue, before)
	if not issue.sf_is_complaint:
		_take_off(issue, before)
		return
	complaints.begin(issue)
	_check_responsible(issue, before)
	_check_deadline(issue, before if was else None)
	if not was:
		issue.flags.sf_told = OPENED
	elif issue.sf_responsible != before.sf_responsible:
		issue.flags.sf_told = GIVEN
	_follow_status(issue, before)


def _keep(issue: Document, before: Document | None) -> None:
	"""Puts back what a form, an import or REST sent for the app's own fields."""
	if not before and issue.flags.sf_by_app:
		return
	for field in _STATE:
		issue.set(field, before.get(field) if before else None)


def _take_off(issue: Document, before: Document) -> None:
	"""Only a manager says that something was no complaint, and never of what a customer has said in a survey."""
	if before.sf_survey:
		frappe.throw(
			_(
				"The customer complained in {0}; it stays a complaint until they say that it is settled."
			).format(frappe.utils.get_link_to_form("Satisfaction Survey", before.sf_survey)),
			title=_("Complaint", context="Issue"),
		)
	if not reps.is_manager():
		frappe.throw(
			_("That it is no complaint, a manager says."),
			title=_("Complaint", context="Issue"),
		)
	issue.update(dict.fromkeys(_OWN))
	issue.add_comment("Info", escape_html(_("says that it is no complaint")))


def _check_responsible(issue: Document, before: Document | None) -> None:
	changed = not before or before.sf_responsible != issue.sf_responsible
	if changed and not delivery_people.works_here(issue.sf_responsible):
		frappe.throw(
			_("{0} cannot be responsible: they do not work in the desk.").format(
				frappe.bold(escape_html(issue.sf_responsible))
			),
			title=_("Responsible", context="Issue"),
		)


def _check_deadline(issue: Document, before: Document | None) -> None:
	"""A deadline is put off by a manager, also when it begins; a new one has its own reminder."""
	now = get_datetime(issue.sf_close_by) if issue.sf_close_by else None
	was = before and get_datetime(before.sf_close_by) if before and before.sf_close_by else None
	if not before:
		was = complaints.due(issue.company, now_datetime())
		if not rules.is_moved_later(was, now):
			return
	if was == now:
		return
	if rules.is_moved_later(was, now) and not reps.is_manager():
		frappe.throw(
			_("It is to be settled by {0}. A manager may put that off.").format(
				frappe.bold(frappe.format(was, {"fieldtype": "Datetime"}))
			),
			title=_("Deadline of a Complaint"),
		)
	issue.update(dict.fromkeys(complaints.TOLD))


def _follow_status(issue: Document, before: Document | None) -> None:
	if issue.status not in complaints.CLOSED:
		if issue.sf_settled_on:
			_note_old_word(issue, before)
			issue.update(_taken_up(issue))
			issue.flags.sf_told = TAKEN_UP
		return
	if issue.sf_settled_on:
		_check_unchanged(issue, before)
	elif _is_closed_by_time(issue, before):
		issue.status = before.status
	else:
		_ask(issue)
		issue.sf_settled_on = now_datetime().replace(microsecond=0)
		issue.flags.sf_told = SETTLED


def _is_closed_by_time(issue: Document, before: Document | None) -> bool:
	"""Whether ERPNext's job closes an issue that was answered days ago, which is no word of the customer.

	A refusal would stop the job, and with it everything that it has to close; so the complaint just stays as it is.
	"""
	by_job = issue.flags.ignore_permissions and issue.flags.ignore_mandatory
	replied = before and before.status == "Replied"
	return bool(by_job and replied and issue.status == "Closed" and complaints.missing(issue))


def _ask(issue: Document) -> None:
	missing = complaints.missing(issue)
	if missing:
		frappe.throw(
			complaint_words.refusal(issue, missing), title=_("Not Closed: the Customer's Word Is Missing")
		)


def _check_unchanged(issue: Document, before: Document) -> None:
	"""What the customer said stays as it was; who hears something else takes the complaint up again."""
	if all(_plain(issue, field) == _plain(before, field) for field in _WORD):
		return
	frappe.throw(
		_("The customer's word on {0} is kept as it was. Open the complaint again to ask anew.").format(
			frappe.bold(escape_html(cstr(issue.name)))
		),
		title=_("Complaint", context="Issue"),
	)


def _plain(issue: Document, field: str) -> str:
	value = issue.get(field)
	return cstr(getdate(value) if field == "sf_word_on" and value else value).strip()


def _taken_up(issue: Document) -> dict[str, object]:
	"""A complaint that is open again has a deadline of its own, and no word yet."""
	return {
		**dict.fromkeys((*_WORD, "sf_settled_on", *complaints.TOLD)),
		"sf_close_by": complaints.due(issue.company, now_datetime()),
	}


def _note_old_word(issue: Document, source: Document | None) -> None:
	word = complaints.word_of(source or issue)
	text = _("opened it again; {0} had said on {1}: {2}").format(
		word.by, frappe.format(word.on, {"fieldtype": "Date"}) if word.on else "–", word.words
	)
	issue.add_comment("Info", escape_html(text))


# Past saving -------------------------------------------------------------------------------------------------------


def set_past_saving(issue: Document) -> None:
	"""Before ERPNext sets fields of an issue past its `validate`, as a reply that opens it again. Raises ValidationError."""
	if not issue.sf_is_complaint or issue.name is None:
		return
	if issue.status not in complaints.CLOSED and issue.sf_settled_on:
		_note_old_word(issue, None)
		_write(issue, _taken_up(issue))
		issue.flags.sf_told = TAKEN_UP
	elif issue.status in complaints.CLOSED and not issue.sf_settled_on:
		_ask(issue)
		_write(issue, {"sf_settled_on": now_datetime().replace(microsecond=0)})
		issue.flags.sf_told = SETTLED


def _write(issue: Document, values: dict[str, object]) -> None:
	issue.update(values)
	frappe.db.set_value(complaints.DOCTYPE, issue.name, values, update_modified=False)


def reopen_passed_over(name: str) -> bool:
	"""Opens a complaint again that was closed past every event without the customer's word; True if it did."""
	issue = complaints.locked(name)
	if not issue.sf_is_complaint or issue.sf_settled_on or issue.status not in complaints.CLOSED:
		return False
	if not complaints.missing(issue):
		_write(issue, {"sf_settled_on": now_datetime().replace(microsecond=0)})
		return False
	_write(issue, {"status": complaints.OPEN})
	issue.add_comment(
		"Info", escape_html(_("It was closed without the customer's word, so it is open again."))
	)
	complaint_mail.taken_up(issue)
	return True


def deleted(issue: Document) -> None:
	"""Before an issue is deleted: a complaint that nobody has settled does not go away like this. Raises ValidationError."""
	if not issue.sf_is_complaint or issue.sf_settled_on or reps.is_manager():
		return
	frappe.throw(
		_("Complaint {0} is not settled. A manager may delete it.").format(
			frappe.bold(escape_html(issue.name))
		),
		title=_("Complaint", context="Issue"),
	)


# Telling -----------------------------------------------------------------------------------------------------------


def tell(issue: Document) -> None:
	"""After an issue has changed: whoever has to know of it is told, once."""
	what = issue.flags.pop("sf_told", None)
	if not what:
		return
	{
		OPENED: complaint_mail.opened,
		SETTLED: complaint_mail.settled,
		TAKEN_UP: complaint_mail.taken_up,
		GIVEN: complaint_mail.given,
	}[what](issue)
