"""The page on which a customer says how satisfied they are, without a login (A3), and whom they would refer (A5).

`/survey?token=…`; what holds for all pages for guests stands in `public_pages`. An answer that is not finished is
kept by a button, and by our script after each change. A happy customer is asked for a referral on the page that thanks
them: the link has been used then, and is good for this one thing more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.engine import survey as rules
from salesflow_std.engine.public_text import TextError, clean
from salesflow_std.salesflow_std import survey_form, survey_mail, surveys
from salesflow_std.salesflow_std.messages import say
from salesflow_std.salesflow_std.public_pages import DONE, TEXT_LENGTH, PublicPage, Shown

KEEP, ANSWER, REFER, DECLINE = "keep", "answer", "refer", "decline"


@dataclass
class Sheet(Shown):
	"""A survey as it is shown: what is wrong by question, whether a half-filled answer was `kept`, whether the customer
	is asked to `refer` somebody, and whether they told us of a problem."""

	problems: dict[str, str] = field(default_factory=dict)
	kept: bool = False
	refer: bool = False
	sorry: bool = False

	@property
	def done(self) -> bool:
		return self.state == DONE or self.kept


class SurveyPage(PublicPage):
	"""Asks the questions, keeps what is half filled, takes the answer and thanks."""

	PATH = survey_mail.PAGE
	TEMPLATE = "templates/survey/page.html"
	SCRIPT = "survey_page.js"
	FORM = "survey"
	# What is kept as people go counts as well, and an office has one address.
	BY_ADDRESS = 600
	BY_TOKEN = 240
	SHOWN = Sheet

	def asked(self, said: frappe._dict, posted: bool) -> tuple[Document | None, frappe._dict | None]:
		if posted and said.get("action") in (REFER, DECLINE):
			return surveys.asked_to_refer(said.get("token"))
		return surveys.asked(said.get("token"))

	def take(self, said: frappe._dict, shown: Sheet) -> None:
		step = {KEEP: _keep, ANSWER: _answer, REFER: _refer, DECLINE: _refer}
		action = said.get("action")
		if not isinstance(action, str) or action not in step:
			return  # shown in the other language
		step[action](said, shown)

	def facts(self, shown: Sheet) -> dict[str, Any]:
		return survey_form.facts(shown)

	def sentence(self, shown: Sheet) -> str:
		if shown.kept:
			return _("Your answers so far are kept.")
		return super().sentence(shown)


@frappe.whitelist(allow_guest=True, methods=["POST"])
def answer(**said: Any) -> dict:
	"""The customer's answer for programs: the fields of the page's form.

	`token`, `action` (keep, answer; refer and decline after it), `answered_by`, ``answer-<key of the question>``,
	`comments`, `has_problem`, `problem`, `referral`. Returns ``{"done", "message"}``; whatever is wrong is said in
	`message`, in the same words for every link that is not valid.
	"""
	return SurveyPage().reply(said)


def _keep(said: frappe._dict, shown: Sheet) -> None:
	"""Keeps what can be kept; what cannot is named at its question."""
	given, problems = survey_form.read(said, shown.record, required=False)
	surveys.keep_half_filled(shown.record, given)
	shown.problems, shown.problem = problems, _first(problems)
	shown.kept = not problems


def _answer(said: frappe._dict, shown: Sheet) -> None:
	given, problems = survey_form.read(said, shown.record, required=True)
	if not problems:
		try:
			_write(given, shown)
			return
		except rules.SurveyError as problem:
			problems = {problem.field: say(problem)}
	shown.problems, shown.problem = problems, _first(problems)


def _write(given: dict[str, str], shown: Sheet) -> None:
	beside = {key: given.pop(key, "") for key in surveys.BESIDES}
	problem = beside["problem"]
	survey = surveys.answer_by_link(
		shown.link,
		given,
		beside["answered_by"],
		comments=beside["comments"],
		problem=problem,
		has_problem=bool(beside["has_problem"] or problem),
	)
	shown.state, shown.record = DONE, survey
	shown.sorry = bool(survey.is_low or survey.has_problem)
	shown.refer = surveys.is_happy(survey)


def _refer(said: frappe._dict, shown: Sheet) -> None:
	"""Whom they would refer, or that they would rather not: said once (A5)."""
	shown.state = DONE
	would = said["action"] == REFER
	try:
		referral = clean("referral", said.get("referral"), TEXT_LENGTH) if would else ""
	except TextError as problem:
		shown.problem, shown.refer = say(problem), True
		return
	surveys.refer_by_link(shown.link, would, referral)
	shown.outcome = said["action"]


def _first(problems: dict[str, str]) -> str:
	return next(iter(problems.values()), "")
