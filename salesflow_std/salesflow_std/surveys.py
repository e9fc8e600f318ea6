"""The satisfaction survey of an acceptance: made, sent, answered once, corrected by a second one (A3, A4, A5).

To Send → Sent → Answered or No Answer. Each step locks the survey first; done twice it does nothing the second time.
What was answered stays as it was: `doctype/satisfaction_survey` refuses every change, on every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import frappe
from frappe.model.document import Document

from salesflow_std.engine import survey as rules

DOCTYPE = "Satisfaction Survey"
TO_SEND, SENT, ANSWERED, NO_ANSWER, CANCELLED = "To Send", "Sent", "Answered", "No Answer", "Cancelled"
LINK, PHONE = "Link", "Phone"
# The purpose of its public links (`public_links.find(token, SATISFACTION_SURVEY)`).
SATISFACTION_SURVEY = "Satisfaction Survey"

# What a page keeps of a half-filled answer beside the questions' keys.
BESIDES = ("answered_by", "comments", "has_problem", "problem")


class NotOpen(Exception):
	"""The survey waits for no answer any more."""


# Making -----------------------------------------------------------------------------------------------------------


def begin(report: Document | str) -> str | None:
	"""The survey of a submitted acceptance report, made if there is none; its name (A3).

	None for a report that is not submitted or says Not Accepted. Called as often as one likes: a report has one
	survey. Sets `survey` of the report.
	"""
	raise NotImplementedError


def report_cancelled(report: Document | str) -> None:
	"""After an acceptance report is cancelled: a survey of it that nobody has answered is cancelled, its links end."""
	raise NotImplementedError


# Sending ----------------------------------------------------------------------------------------------------------


def send(name: str) -> Document:
	"""Sends a survey to the customer with a link, again if need be; returns it. Status Sent.

	Raises ValidationError where it is answered, has no address, or the site sends no mail. The caller has checked the
	rights.
	"""
	raise NotImplementedError


# The page ---------------------------------------------------------------------------------------------------------


def asked(token: object) -> tuple[Document | None, frappe._dict | None]:
	"""The survey and the link of a token that may be answered now; (None, None) for everything else."""
	raise NotImplementedError


def questions_of(survey: Document) -> list[rules.Question]:
	"""The questions of a survey, as they were asked once it was sent; how they are worded says `survey_words.shown`."""
	raise NotImplementedError


def half_filled(survey: Document) -> dict[str, str]:
	"""What was kept of an answer that is not finished: texts by key of the question, or one of BESIDES."""
	raise NotImplementedError


def keep_half_filled(survey: Document, given: Mapping[str, object]) -> None:
	"""Keeps an answer that is not finished: texts by key of the question, or one of BESIDES; the rest is left out.

	Does nothing to a survey that waits for no answer.
	"""
	raise NotImplementedError


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
	the link is not used up. All of it or nothing: the caller undoes what a failure leaves behind.
	"""
	raise NotImplementedError


def asked_to_refer(token: object) -> tuple[Document | None, frappe._dict | None]:
	"""The answered survey and the used link of a happy customer who has not said yet whether they would refer somebody
	(A5); (None, None) for everything else, and once the link has expired."""
	raise NotImplementedError


def refer_by_link(link: frappe._dict, would_refer: bool, referral: str = "") -> Document:
	"""Writes down, once, whom a happy customer would refer after they have answered (A5). Raises NotOpen as
	`answer_by_link`."""
	raise NotImplementedError


def is_happy(survey: Document) -> bool:
	"""Whether the customer of an answered survey is asked for a referral (A5)."""
	raise NotImplementedError


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
	raise NotImplementedError


def correct(name: str, reason: str) -> Document:
	"""The survey that corrects an answered one: asked anew, by link or phone; made if there is none (A3).

	The answered one stays as it is; it counts until its correction is answered, which sets its `corrected_by`. Raises
	ValidationError without a reason, and for a survey that is not answered.
	"""
	raise NotImplementedError


def latest(customer: str) -> frappe._dict | None:
	"""What a customer answered last, corrections counted: ``{"name", "answered_on", "satisfaction", "recommend",
	"is_low", "has_problem", "issue"}``; None where they have answered nothing."""
	raise NotImplementedError
