"""The satisfaction survey of an acceptance: made, sent, answered once, corrected by a second one (A3, A4, A5).

To Send → Sent → Answered or No Answer. Each step locks the survey first, and an answer by link its link second; done
twice it does nothing the second time. What was answered stays as it was: the doctype refuses every change, on every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, escape_html, flt, get_datetime, getdate, now_datetime

from salesflow_std.engine import survey as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import (
	messages,
	needs_mail,
	profiles,
	public_links,
	refusals,
	survey_answers,
	survey_calls,
	survey_mail,
	survey_people,
	survey_words,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.sparing import sparing
from salesflow_std.salesflow_std.survey_answers import Said

DOCTYPE = "Satisfaction Survey"
REPORT = "Acceptance Report"
TO_SEND, SENT, ANSWERED, NO_ANSWER, CANCELLED = "To Send", "Sent", "Answered", "No Answer", "Cancelled"
# Those that may still be answered: who was late is heard as well.
WAITING = (TO_SEND, SENT, NO_ANSWER)
LINK, PHONE = "Link", "Phone"
NOT_ACCEPTED = "Not Accepted"
# Raised where a survey waits for no answer any more.
NotOpen = public_links.NotOpen
# The purpose of its public links.
SATISFACTION_SURVEY = public_links.SATISFACTION_SURVEY

# What of the answers the page needs.
BESIDES = survey_answers.BESIDES
half_filled = survey_answers.half_filled
is_happy = survey_answers.is_happy

# What a clock that is a little behind makes of "now".
_TOLERANCE = timedelta(minutes=5)


def locked(name: str) -> Document:
	"""A survey as it is now, which nobody else changes until the transaction ends."""
	return frappe.get_doc(DOCTYPE, name, for_update=True)


# Making -----------------------------------------------------------------------------------------------------------


def begin(report: Document | str) -> str | None:
	"""The survey of a submitted acceptance report, made if there is none; its name (A3).

	None for a report that is not submitted or says Not Accepted. Called as often as one likes: a report has one
	survey. Sets `survey` of the report.
	"""
	if isinstance(report, str):
		report = frappe.get_doc(REPORT, report)
	if report.docstatus != 1 or report.result == NOT_ACCEPTED:
		return None
	# Two who make it at once wait for each other here.
	frappe.db.get_value(REPORT, report.name, "name", for_update=True)
	name = _of_key(_key_of(report)) or _taken_over(report) or _make(report)
	if report.get("survey") != name:
		frappe.db.set_value(REPORT, report.name, "survey", name, update_modified=False)
		report.survey = name
	return name


def _key_of(report: Document) -> str:
	return f"acceptance|{report.name}"


def _of_key(key: str) -> str | None:
	return frappe.db.get_value(DOCTYPE, {"survey_key": key}, "name", for_update=True)


def _taken_over(report: Document) -> str | None:
	"""The answered survey of the report that this one amends: nobody is asked the same twice."""
	before = report.get("amended_from")
	# One that was written for another customer by mistake has asked somebody else.
	found = before and frappe.db.get_value(
		DOCTYPE,
		{"survey_key": f"acceptance|{before}", "status": ANSWERED, "customer": report.customer},
		"name",
	)
	if found:
		frappe.db.set_value(DOCTYPE, found, {"acceptance_report": report.name, "survey_key": _key_of(report)})
	return found or None


def _make(report: Document) -> str:
	template = survey_people.template_for(report.company, report.customer)
	survey = frappe.new_doc(DOCTYPE)
	survey.update(
		{
			**survey_people.asked(report),
			"acceptance_report": report.name,
			"survey_key": _key_of(report),
			"customer": report.customer,
			"title": profiles.company_name("Customer", report.customer) or report.customer,
			"company": report.company,
			"project": report.project,
			"contract": report.contract,
			"survey_template": template,
			"allocated_to": survey_people.account_manager(report),
			"due_on": due_on(report.accepted_on, report.company),
			"earlier_issue": _earlier_complaint(report.customer),
			"status": TO_SEND,
		}
	)
	_insert(survey)
	survey_mail.begun(survey)
	return survey.name


def _insert(survey: Document) -> None:
	survey.flags.by_app = True
	# What it points at may be gone by now.
	survey.flags.ignore_links = True
	survey.insert(ignore_permissions=True)


def due_on(accepted_on: object, company: str | None) -> datetime:
	"""By when the survey of an acceptance on that day is to be sent (A3)."""
	current = settings()
	return rules.due(
		getdate(accepted_on),
		flt(current.survey_amount),
		current.survey_unit or "Working Days",
		working_calendar(company),
	)


def _earlier_complaint(customer: str) -> str | None:
	"""The complaint that the customer's next survey asks about (A4)."""
	from salesflow_std.salesflow_std import complaints

	return complaints.to_ask_about(customer)


def report_cancelled(report: Document | str) -> None:
	"""After an acceptance report is cancelled: a survey of it that nobody has answered is cancelled, its links end."""
	name = report if isinstance(report, str) else report.name
	found = _of_key(f"acceptance|{name}")
	survey = locked(found) if found else None
	if not survey or survey.status not in WAITING:
		return
	_revoke(survey, "The acceptance was cancelled.")
	survey_calls.needless(survey, "The acceptance was cancelled.")
	_mark(survey, status=CANCELLED)


def _mark(survey: Document, **values: object) -> None:
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(DOCTYPE, survey.name, values, update_modified=False)
	survey.update(values)


# Sending ----------------------------------------------------------------------------------------------------------


def link_expires_on() -> datetime:
	"""Until when a link that is sent now is valid: the end of its last day, which is what the mail says."""
	last = now_datetime() + timedelta(days=cint(settings().survey_link_days) or 30)
	return last.replace(hour=23, minute=59, second=59, microsecond=0)


def hindrances(survey: Document | frappe._dict) -> list[dict]:
	"""What keeps a survey from being sent: ``[{"fieldname", "what", "why"}]``, escaped (A3)."""
	found = []
	if not survey.survey_template:
		found.append(
			{
				"fieldname": "survey_template",
				"what": _("Survey Template"),
				"why": _("It says what the customer is asked."),
			}
		)
	label = _("E-mail", context="Satisfaction Survey")
	if not survey.email_id:
		why = _("The link goes there; without one, call the customer.")
		found.append({"fieldname": "email_id", "what": label, "why": why})
	elif why := survey_mail.may_not_write(survey):
		found.append({"fieldname": "email_id", "what": label, "why": why})
	return found


def send(name: str) -> Document:
	"""Sends a survey to the customer with a link, again if need be; returns it. Status Sent (A3).

	Raises ValidationError where it is answered, something is missing, or the site sends no mail. The caller has checked
	the rights.
	"""
	survey = locked(name)
	_check_waiting(survey)
	if missing := hindrances(survey):
		lines = "".join(
			f'<li><a href="{survey_mail.form(survey)}#{row["fieldname"]}">{row["what"]}</a>: {row["why"]}</li>'
			for row in missing
		)
		text = (
			_("This survey cannot go to the customer yet:")
			+ f"<ul>{lines}</ul>"
			+ _("The customer is asked within 3 working days of the acceptance, by link or phone.")
		)
		frappe.throw(text, title=_("Something Is Missing"))
	if not needs_mail.can_send():
		frappe.throw(
			_("This site has no e-mail account to send from. Ask an administrator to set one up."),
			title=_("Cannot Be Sent"),
		)
	_revoke(survey, "A newer link was sent.")
	mail_link(survey)
	return survey


def mail_link(survey: Document, reminder: bool = False) -> None:
	"""Mails a link to a survey that is locked and may be sent. Of a reminder the earlier links stay valid."""
	freeze(survey)
	now, expires_on = now_datetime().replace(microsecond=0), link_expires_on()
	if reminder:
		_mark(survey, reminded_on=now, reminders=cint(survey.reminders) + 1, link_expires_on=expires_on)
	else:
		_mark(survey, status=SENT, sent_on=now, link_expires_on=expires_on, reminders=0, reminded_on=None)
		survey_calls.needless(survey, "The survey was sent.")
		_mark(survey, call_task=None)
	token = public_links.issue(
		SATISFACTION_SURVEY, DOCTYPE, survey.name, survey.email_id, survey.language, expires_on
	)
	survey_mail.invite(survey, expires_on, token, reminder)


def freeze(survey: Document) -> None:
	"""From here on a survey asks what it asks now, whatever becomes of its template."""
	if not survey.wording:
		_mark(survey, wording=survey_words.of(survey).as_json())


def _revoke(survey: Document, because: str) -> None:
	public_links.revoke(DOCTYPE, survey.name, because, SATISFACTION_SURVEY)


def _check_waiting(survey: Document) -> None:
	if survey.status in WAITING:
		return
	if survey.status == ANSWERED:
		why = _("{0} answered on {1}. A correction is a second survey.").format(
			escape_html(survey.answered_by or ""), _when(survey.answered_on)
		)
	else:
		why = _("The acceptance was cancelled, so nobody is asked about it.")
	frappe.throw(
		f"{why} {refusals.link(DOCTYPE, survey.name, _('Open the survey'))}", title=_("Not Possible Now")
	)


def _when(moment: object) -> str:
	return frappe.format(moment, {"fieldtype": "Datetime"})


# The page ---------------------------------------------------------------------------------------------------------


def asked(token: object) -> tuple[Document | None, frappe._dict | None]:
	"""The survey and the link of a token that may be answered now; (None, None) for everything else."""
	link = public_links.find(token, SATISFACTION_SURVEY)
	survey = _behind(link)
	return (survey, link) if survey and waits(survey) else (None, None)


def _behind(link: frappe._dict | None) -> Document | None:
	if not link or link.reference_doctype != DOCTYPE or not frappe.db.exists(DOCTYPE, link.reference_name):
		return None
	return frappe.get_doc(DOCTYPE, link.reference_name)


def waits(survey: Document) -> bool:
	"""Whether a survey may be answered by a link."""
	return survey.status in (SENT, NO_ANSWER)


def questions_of(survey: Document) -> list[rules.Question]:
	"""The questions of a survey, as they were asked once it was sent; how they are worded says `survey_words.shown`."""
	return list(survey_words.of(survey).questions)


def keep_half_filled(survey: Document, given: Mapping[str, object]) -> None:
	"""Keeps an answer that is not finished: texts by key of the question, or one of BESIDES; the rest is left out.

	Does nothing to a survey that waits for no answer.
	"""
	now = locked(survey.name)
	if waits(now):
		survey_answers.keep_half_filled(now, given)
		survey.half_filled = now.half_filled


def answer_by_link(
	link: frappe._dict,
	given: Mapping[str, object],
	by: str,
	comments: str = "",
	problem: str = "",
	has_problem: bool = False,
	would_refer: bool = False,
	referral: str = "",
) -> Document:
	"""Writes down what the customer answered on the page; returns the survey (A3).

	`given` maps keys of questions to numbers or texts as a form sends them. Raises NotOpen where somebody was faster or
	the link is not valid any more, engine.survey.SurveyError (`field` names the question) for what is no answer; then
	the link is not used up. The answer is written as a whole or not at all: the caller undoes what a failure leaves
	behind. What follows from it may fail; the answer stays.
	"""
	survey = locked(link.reference_name)
	if not waits(survey):
		raise NotOpen
	answers = survey_answers.read(survey, given)
	if not public_links.use(link.name):
		raise NotOpen
	said = Said(by, LINK, now_datetime(), comments, problem, has_problem, would_refer, referral)
	_write(survey, said, answers)
	return survey


def asked_to_refer(token: object) -> tuple[Document | None, frappe._dict | None]:
	"""The answered survey and the used link of a happy customer who has not said yet whether they would refer somebody
	(A5); (None, None) for everything else, and once the link has expired."""
	link = public_links.used(token, SATISFACTION_SURVEY)
	survey = _behind(link)
	return (survey, link) if survey and _may_refer(survey) else (None, None)


def _may_refer(survey: Document) -> bool:
	return (
		survey.status == ANSWERED
		and survey.answered_through == LINK
		and not survey.would_refer
		and not survey.corrected_by
		and is_happy(survey)
	)


def refer_by_link(link: frappe._dict, would_refer: bool, referral: str = "") -> Document:
	"""Writes down, once, whom a happy customer would refer after they have answered (A5).

	Raises NotOpen as `answer_by_link`. Who would refer nobody may still come back to it.
	"""
	survey = locked(link.reference_name)
	if not _may_refer(survey):
		raise NotOpen
	if would_refer or referral.strip():
		_mark(survey, would_refer=1, referral=referral.strip() or None, referral_begun_on=None)
		_referral(survey)
	return survey


# By phone, corrections --------------------------------------------------------------------------------------------


def record_by_phone(
	name: str,
	given: Mapping[str, object],
	by: str,
	comments: str = "",
	problem: str = "",
	has_problem: bool = False,
	would_refer: bool = False,
	referral: str = "",
	on: datetime | None = None,
) -> Document:
	"""Writes down what the customer said on the phone, the user being `recorded_by`; returns the survey (A3).

	As `answer_by_link`, but everything wrong is a ValidationError. The caller has checked the rights.
	"""
	survey = locked(name)
	_check_waiting(survey)
	title = _("Survey by Phone")
	when = get_datetime(on) if on else now_datetime()
	if not (by or "").strip():
		frappe.throw(_("Say who answered for the customer."), title=title)
	if when > now_datetime() + _TOLERANCE:
		frappe.throw(_("The answer cannot lie in the future."), title=title)
	accepted = accepted_on(survey)
	if on and accepted and getdate(when) < accepted:
		frappe.throw(_("Nobody answers before the acceptance that they are asked about."), title=title)
	if not survey.survey_template and not survey.wording:
		frappe.throw(_("Choose the survey template first: it says what the customer is asked."), title=title)
	try:
		answers = survey_answers.read(survey, given)
	except EngineError as wrong:
		messages.refuse(wrong, title, prefix=_named(survey, wrong.field))
	said = Said(
		by.strip(), PHONE, when, comments, problem, has_problem, would_refer, referral, frappe.session.user
	)
	_write(survey, said, answers)
	return survey


def accepted_on(survey: Document) -> date | None:
	"""The day of the acceptance that a survey asks about."""
	day = survey.acceptance_report and frappe.db.get_value(REPORT, survey.acceptance_report, "accepted_on")
	return getdate(day) if day else None


def _named(survey: Document, key: str) -> str:
	shown = survey_words.shown(survey, frappe.local.lang)
	found = next((one["question"] for one in shown["questions"] if one["key"] == key), "")
	return f"<b>{escape_html(found)}</b><br>" if found else ""


def correct(name: str, reason: str) -> Document:
	"""The survey that corrects an answered one: asked anew, by link or phone; made if there is none (A3).

	The answered one stays as it is; it counts until its correction is answered, which sets its `corrected_by`. Raises
	ValidationError without a reason, and for a survey that is not answered or was corrected.
	"""
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(_("Say why it is corrected."), title=_("Reason Missing"))
	first = locked(name)
	if first.status != ANSWERED:
		frappe.throw(_("Only what was answered can be corrected."), title=_("Not Possible Now"))
	key = f"correction|{first.name}"
	if found := _of_key(key):
		return frappe.get_doc(DOCTYPE, found)
	survey = frappe.new_doc(DOCTYPE)
	copied = (
		*("acceptance_report", "customer", "title", "company", "project", "contract", "survey_template"),
		*("allocated_to", "contact", "person", "email_id", "phone", "language", "wording", "earlier_issue"),
	)
	survey.update({field: first.get(field) for field in copied})
	survey.update(
		{
			"survey_key": key,
			"correction_of": first.name,
			"correction_reason": reason,
			"status": TO_SEND,
			"due_on": due_on(now_datetime(), first.company),
		}
	)
	_insert(survey)
	survey_mail.corrected(survey, first)
	return survey


def _write(survey: Document, said: Said, answers: list[rules.Answer]) -> None:
	survey_answers.write(survey, said, answers)
	_revoke(survey, "It was answered.")
	if survey.correction_of:
		frappe.db.set_value(DOCTYPE, survey.correction_of, "corrected_by", survey.name)
	_follow_up(survey, said)


def _follow_up(survey: Document, said: Said) -> None:
	"""What follows from an answer. Where one of these fails the answer stays, and the others follow; complaint and
	referral are made up for by their clocks."""
	followed = "What follows from an answer could not be done"
	with sparing(followed, DOCTYPE, survey.name):
		_end_call(survey, said)
	with sparing(followed, DOCTYPE, survey.name):
		survey_mail.note(survey)
	if not _complaint(survey):
		with sparing(followed, DOCTYPE, survey.name):
			survey_mail.answered(survey)
	_referral(survey)


def _end_call(survey: Document, said: Said) -> None:
	if said.through == PHONE:
		survey_calls.made(survey, said.by, said.on)
	else:
		survey_calls.needless(survey)


def _complaint(survey: Document) -> bool:
	"""A low mark or a problem is followed up; what the customer says of an earlier complaint is heard (A4).

	True where a complaint was opened: whoever is told of it has the answer with it, and needs no second mail.
	"""
	from salesflow_std.salesflow_std import complaints

	issue = complaints.open(survey)
	return bool(issue) and frappe.db.get_value("Issue", issue, "sf_survey") == survey.name


def _referral(survey: Document) -> None:
	"""A happy customer is asked for a referral (A5); where that fails, the clock does it."""
	with sparing("A referral could not be taken up", DOCTYPE, survey.name):
		take_up_referral(survey)


def take_up_referral(survey: Document | str) -> None:
	"""What an answer asks for of referral and renewal, marked as done. Twice is once; for no answer it does nothing."""
	from salesflow_std.salesflow_std import referrals

	survey = locked(survey) if isinstance(survey, str) else survey
	if survey.status != ANSWERED:
		return
	referrals.begin(survey)
	_mark(survey, referral_begun_on=now_datetime().replace(microsecond=0))


def latest(customer: str) -> frappe._dict | None:
	"""What a customer answered last, corrections counted: ``{"name", "answered_on", "satisfaction", "recommend",
	"is_low", "has_problem", "issue"}``; None where they have answered nothing.

	`satisfaction` is 0 where no mark was given; `recommend` is 0 also where they did not say.
	"""
	rows = frappe.get_all(
		DOCTYPE,
		filters={"customer": customer, "status": ANSWERED, "corrected_by": ("is", "not set")},
		fields=["name", "answered_on", "satisfaction", "recommend", "is_low", "has_problem", "issue"],
		order_by="answered_on desc, creation desc",
		limit=1,
	)
	return rows[0] if rows else None
