"""What is said about a survey: to the customer in their language, to us in ours (A3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, flt, get_fullname, get_url
from frappe.utils.jinja import get_email_from_template

from salesflow_std.engine import survey as rules
from salesflow_std.salesflow_std import (
	announcing,
	letters,
	needs_mail,
	notices,
	reps,
	survey_people,
	survey_words,
)
from salesflow_std.salesflow_std.announcing import lines, path, when
from salesflow_std.salesflow_std.needs_mail import day, one_line

# The page that a link leads to.
PAGE = "survey"
_DOCTYPE = "Satisfaction Survey"
_TEMPLATE = "satisfaction_survey"


def form(survey: Document | frappe._dict) -> str:
	"""The path of a survey's form."""
	return path(_DOCTYPE, survey.name)


# The customer -----------------------------------------------------------------------------------------------------


def link_to(token: str) -> str:
	"""The address that goes to the customer and nowhere else."""
	return get_url(f"/{PAGE}?token={token}")


def may_not_write(survey: Document | frappe._dict) -> str:
	"""Why nothing can go to the survey's address, as a sentence; "" where it can."""
	about = frappe._dict(reference_doctype="Customer", reference_name=survey.customer, contact=survey.contact)
	return needs_mail.may_write_to(survey.email_id, about)


def invite(survey: Document, expires_on: datetime, token: str, reminder: bool = False) -> None:
	"""Puts the mail with the link into the queue, and what it says, without the link, into the timeline.

	Whoever could read the link there could answer in the customer's name. Answers to the mail go to the account manager.
	"""
	sender = survey_people.on_duty(survey)
	language = survey_words.best_language(survey_words.of(survey), survey.language)
	with notices.in_language(language):
		args = _invitation(survey, language, expires_on, reminder, sender)
		html, _text = get_email_from_template(_TEMPLATE, args)
		subject = _subject(args, reminder)
		communication = letters.keep(
			{"subject": subject, "html": html},
			[survey.email_id],
			("Customer", survey.customer),
			[(_DOCTYPE, survey.name)],
			user=sender,
		)
		frappe.sendmail(
			recipients=[survey.email_id],
			subject=subject,
			template=_TEMPLATE,
			args={**args, "link": link_to(token)},
			reference_doctype=_DOCTYPE,
			reference_name=survey.name,
			communication=communication,
			reply_to=frappe.db.get_value("User", sender, "email"),
			with_container=True,
		)


def _invitation(
	survey: Document, language: str, expires_on: datetime, reminder: bool, sender: str
) -> dict[str, Any]:
	shown = survey_words.shown(survey, language)
	return {
		"contact": survey.person or survey.title,
		"title": shown["title"],
		"introduction": shown["introduction"],
		"our_company": shown["our_company"],
		"project": _project(survey),
		"questions": len(shown["questions"]),
		"reminder": reminder,
		"valid_until": day(expires_on),
		"rep_name": get_fullname(sender),
		"link": None,
	}


def _project(survey: Document) -> str:
	return (frappe.db.get_value("Project", survey.project, "project_name") if survey.project else "") or ""


def _subject(args: dict[str, Any], reminder: bool) -> str:
	words = _("A reminder: {0}") if reminder else _("Please tell us: {0}")
	about = " – ".join(filter(None, (args["title"], args["project"])))
	return one_line(words.format(about))


# We ---------------------------------------------------------------------------------------------------------------


def _tell(users: Iterable[str], survey: Document, say: Callable[[str], dict]) -> None:
	people = [user for user in dict.fromkeys(users) if user and reps.is_enabled(user)]
	announcing.tell(people, say, _DOCTYPE, survey.name, form(survey))


def begun(survey: Document) -> None:
	"""Tells the account manager that a customer is to be asked; whoever has begun it knows."""
	user = survey_people.on_duty(survey)
	if user == frappe.session.user:
		return

	def say(_user: str) -> dict:
		if survey.email_id:
			line = _("It goes out by itself shortly before; you may send it earlier.")
		else:
			line = _("There is no e-mail address: enter one, or call the customer.")
		return {
			"subject": _("Ask {0} how it was, by {1}").format(survey.title, when(survey.due_on)),
			"lines": [line],
			"facts": facts(survey),
			"action": _("Open the survey"),
		}

	_tell([user], survey, say)


def facts(survey: Document) -> list[tuple[str, str]]:
	"""The few facts that a mail shows, in the current language."""
	found = [
		(_("Project", context="Satisfaction Survey"), _project(survey)),
		(_("Person", context="Satisfaction Survey"), survey.person),
		(_("E-mail", context="Satisfaction Survey"), survey.email_id),
		(_("Phone", context="Satisfaction Survey"), survey.phone),
	]
	return [(label, text) for label, text in found if text]


def answered(survey: Document) -> None:
	"""Tells the account manager what the customer has answered; whoever wrote it down knows."""
	user = survey_people.on_duty(survey)
	if user == frappe.session.user:
		return

	def say(_user: str) -> dict:
		return {
			"subject": sentence(survey),
			"lines": lines(survey.comments, survey.problem),
			"facts": marks(survey),
			"action": _("Open the survey"),
		}

	_tell([user], survey, say)


def corrected(survey: Document, first: Document) -> None:
	"""Tells managers that an answer is asked for anew: what counts is then what was written down last."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0}: the answered survey {1} is to be corrected").format(survey.title, first.name),
			"lines": lines(survey.correction_reason),
			"facts": [
				(_("Who Corrects It", context="Satisfaction Survey"), get_fullname(frappe.session.user)),
				*marks(first),
			],
			"action": _("Open the survey"),
		}

	managers = reps.escalate_to(survey.allocated_to or survey.owner)
	_tell([user for user in managers if user != frappe.session.user], survey, say)


def sentence(survey: Document) -> str:
	"""What a customer has answered, in a sentence of the current language."""
	if survey.is_low or survey.has_problem:
		return _("{0} is not content: {1} of 5").format(survey.title, _mean(survey))
	return _("{0} has answered the survey: {1} of 5").format(survey.title, _mean(survey))


def _mean(survey: Document) -> str:
	return f"{flt(survey.satisfaction):.1f}" if survey.satisfaction else "–"


def marks(survey: Document) -> list[tuple[str, str]]:
	"""The marks of an answered survey, in the current language: ``[(dimension, "4 / 5")]``."""
	return [
		(
			row.question if row.dimension == "Other" else _(row.dimension, context="Survey Question"),
			f"{row.mark} / {rules.RANGES[row.kind][1]}",
		)
		for row in survey.answers
		if row.answered and row.kind in (rules.MARK, rules.SCORE)
	]


def note(survey: Document) -> None:
	"""A line in the customer's timeline, and in the project's."""
	site_language = frappe.db.get_single_value("System Settings", "language") or "en"
	with notices.in_language(site_language):
		text = escape_html(sentence(survey))
		link = f'<a href="{form(survey)}">{_("Satisfaction Survey")}</a>'
	for doctype, name in (("Customer", survey.customer), ("Project", survey.project)):
		if name and frappe.db.exists(doctype, name):
			frappe.get_doc(
				{
					"doctype": "Comment",
					"comment_type": "Info",
					"reference_doctype": doctype,
					"reference_name": name,
					"comment_email": frappe.session.user,
					"comment_by": survey.answered_by,
					"content": f"{text} {link}",
				}
			).insert(ignore_permissions=True)


# The clock --------------------------------------------------------------------------------------------------------


def to_call(survey: Document, user: str, due: datetime) -> None:
	"""Tells the account manager to call for a survey."""

	def say(_user: str) -> dict:
		if survey.status == "To Send":
			line = _("No mail can go out for it, so ask on the phone and fill it in.")
		else:
			line = _("The link has not been answered, so ask on the phone and fill it in.")
		return {
			"subject": _("Call {0} for the satisfaction survey by {1}").format(survey.title, when(due)),
			"lines": [line],
			"facts": facts(survey),
			"action": _("Open the survey"),
		}

	_tell([user], survey, say)


def overdue(survey: Document, managers: Iterable[str]) -> None:
	"""Tells managers that a customer was not asked in time."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Overdue: the satisfaction survey of {0}").format(survey.title),
			"lines": [
				_("{0} was to ask by {1}.").format(
					get_fullname(survey.allocated_to or survey.owner), when(survey.due_on)
				)
			],
			"facts": facts(survey),
			"action": _("Open the survey"),
		}

	_tell(managers, survey, say)


def unanswered(survey: Document, user: str) -> None:
	"""Tells the account manager that a customer has not answered at all."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} has not answered the survey").format(survey.title),
			"lines": [_("The link has expired. You may still call, or send it again.")],
			"facts": facts(survey),
			"action": _("Open the survey"),
		}

	_tell([user], survey, say)
