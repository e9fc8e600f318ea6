"""A satisfaction survey as a form: what its page shows, and what a filled form says (A3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.engine import survey as rules
from salesflow_std.engine.public_text import TextError, clean
from salesflow_std.salesflow_std import needs_mail, survey_words, surveys
from salesflow_std.salesflow_std.messages import say
from salesflow_std.salesflow_std.public_pages import ASK, NAME_LENGTH, TEXT_LENGTH, Shown

# The field of a question is called so, and its key.
FIELD = "answer-"


def read(said: Mapping[str, Any], survey: Document, required: bool) -> tuple[dict[str, str], dict[str, str]]:
	"""What a form says, cleaned: the answers by key of the question or one of `surveys.BESIDES`, and what is wrong by
	the same keys, in the current language and the order of the page.

	Where not `required`, an answer that is missing is nothing wrong. What the survey does not ask is left out.
	"""
	steps: dict[str, Callable[[], str]] = {
		question.key: partial(_answer, said, question, required) for question in surveys.questions_of(survey)
	}
	steps |= {
		"has_problem": lambda: "1" if said.get("has_problem") == "1" else "",
		"problem": partial(_text, said, "problem"),
		"comments": partial(_text, said, "comments"),
		"answered_by": partial(_text, said, "answered_by", NAME_LENGTH, lines=False),
	}
	given: dict[str, str] = {}
	problems: dict[str, str] = {}
	for key, step in steps.items():
		try:
			value = step()
		except (TextError, rules.SurveyError) as problem:
			problems[key] = say(problem)
		else:
			given |= {key: value} if value else {}
	if required and "answered_by" not in given:
		problems.setdefault("answered_by", _("Please write your name."))
	return given, problems


def _text(said: Mapping[str, Any], key: str, most: int = TEXT_LENGTH, lines: bool = True) -> str:
	return clean(key, said.get(key), most, lines)


def _answer(said: Mapping[str, Any], question: rules.Question, required: bool) -> str:
	"""The answer to a question as a text, "" for none."""
	value = said.get(FIELD + question.key)
	if question.kind == rules.TEXT:
		value = clean(question.key, value, rules.TEXT_LENGTH)
	elif value is not None and not isinstance(value, str):
		raise TextError(question.key, "That is not a text.")
	if not required and not (value or "").strip():
		return ""
	for answer in rules.read([question], {question.key: value}):
		return answer.words if question.kind == rules.TEXT else str(answer.number)
	return ""


def facts(shown: Shown) -> dict[str, Any]:
	"""All that the page shows of a survey, in the current language, not escaped; after the answer no more than the
	thanks and the question for a referral."""
	words = survey_words.shown(shown.record, shown.language)
	found = {
		**{key: words[key] for key in ("our_company", "title", "thanks", "referral_question")},
		"words_lang": words["language"],
		"refer": shown.refer and bool(words["referral_question"]),
		"sorry": shown.sorry,
		"kept": shown.kept,
		"problems": shown.problems,
	}
	return {**found, **_questions(words, shown)} if shown.state == ASK else found


def _questions(words: dict[str, Any], shown: Shown) -> dict[str, Any]:
	filled = _filled(shown)
	questions = [
		{
			**question,
			"field": FIELD + question["key"],
			"value": filled.get(question["key"], ""),
			"problem": shown.problems.get(question["key"], ""),
			"choices": _choices(question),
			"described": _described(question, shown),
		}
		for question in words["questions"]
	]
	fields = {key: filled.get(key, "") for key in surveys.BESIDES}
	if not shown.posted and not filled:
		fields["answered_by"] = words.get("person") or ""
	labels = {question["key"]: question["question"] for question in questions}
	return {
		"customer": words["customer"],
		"introduction": words["introduction"],
		"about": _about(shown.record),
		"valid_until": needs_mail.day(shown.record.link_expires_on),
		"questions": questions,
		"answered": sum(bool(question["value"].strip()) for question in questions),
		"filled": fields,
		"errors": [
			{"id": _first_field(key, questions), "label": labels.get(key) or _label(key), "problem": problem}
			for key, problem in shown.problems.items()
		],
	}


def _filled(shown: Shown) -> dict[str, str]:
	"""What stands in the fields: what was sent, else what was kept."""
	if not shown.posted:
		return surveys.half_filled(shown.record)
	said = {key: value for key, value in shown.said.items() if isinstance(value, str)}
	filled = {key: said[key] for key in surveys.BESIDES if key in said}
	return filled | {key.removeprefix(FIELD): value for key, value in said.items() if key.startswith(FIELD)}


def _choices(question: dict[str, Any]) -> list[dict[str, str]]:
	"""What can be chosen: ``{"value", "face", "words"}``; `words` is heard with a number."""
	kind = question["kind"]
	if kind == rules.TEXT:
		return []
	if kind == rules.YES_NO:
		return [
			{"value": "1", "face": _("Yes", context="Salesflow"), "words": ""},
			{"value": "0", "face": _("No", context="Salesflow"), "words": ""},
		]
	words = _words(question)
	return [
		{"value": str(number), "face": str(number), "words": words.get(number, "")}
		for number in range(question["low"], question["high"] + 1)
	]


def _words(question: dict[str, Any]) -> dict[int, str]:
	"""What the numbers of a question mean, in the current language."""
	if question["kind"] == rules.SCORE:
		return {question["low"]: _("Not at all likely"), question["high"]: _("Extremely likely")}
	if question["dimension"] == rules.NEEDS_MET:
		return {
			1: _("Not at all", context="Satisfaction Survey"),
			2: _("Hardly", context="Satisfaction Survey"),
			3: _("Partly", context="Satisfaction Survey"),
			4: _("Mostly", context="Satisfaction Survey"),
			5: _("Fully", context="Satisfaction Survey"),
		}
	return {
		1: _("Very dissatisfied"),
		2: _("Dissatisfied"),
		3: _("Neither satisfied nor dissatisfied"),
		4: _("Satisfied"),
		5: _("Very satisfied"),
	}


def _described(question: dict[str, Any], shown: Shown) -> str:
	"""The ids of what describes a question: its hint, and what is wrong with its answer."""
	field = FIELD + question["key"]
	parts = [f"hint-{field}"] if question["hint"] else []
	return " ".join(parts + ([f"problem-{field}"] if question["key"] in shown.problems else []))


def _first_field(key: str, questions: list[dict[str, Any]]) -> str:
	"""The field that the summary of what is wrong leads to."""
	for question in questions:
		if question["key"] == key:
			first = f"-{question['choices'][0]['value']}" if question["choices"] else ""
			return f"{question['field']}{first}"
	return key


def _label(key: str) -> str:
	return {
		"answered_by": _("Your name"),
		"comments": _("Anything else you would like to tell us"),
		"problem": _("What is not right?"),
	}.get(key, key)


def _about(survey: Document) -> list[str]:
	"""What the survey is about: the project, and when it was accepted."""
	project, accepted_on = survey.project, surveys.accepted_on(survey)
	return [
		text
		for text in (
			frappe.db.get_value("Project", project, "project_name") if project else "",
			_("Acceptance of {0}").format(needs_mail.day(accepted_on)) if accepted_on else "",
		)
		if text
	]
