"""How the questions of a survey are worded: by language, and frozen with the first customer who reads them (A3).

Until then the template says what is asked; afterwards `wording` of the survey does, whatever becomes of the template.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import frappe
from frappe.model.document import Document

from salesflow_std.engine import survey as rules

TEMPLATE = "Survey Template"

TITLE, INTRODUCTION, THANKS, REFERRAL = "title", "introduction", "thanks", "referral_question"
# What a template words beside its questions: key of the wording -> field of the template.
GENERAL = {
	TITLE: "survey_title",
	INTRODUCTION: "introduction",
	THANKS: "thanks",
	REFERRAL: "referral_question",
}
_HINT = "hint:"


@dataclass(frozen=True)
class Sheet:
	"""What a survey asks, and in which words: language -> key -> text. Hints are keyed ``hint:<key>``."""

	language: str
	questions: tuple[rules.Question, ...]
	words: Mapping[str, Mapping[str, str]]
	low_mark: int
	happy_from: int

	def as_json(self) -> str:
		"""As it is kept in the survey."""
		return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def of(survey: Document) -> Sheet:
	"""What a survey asks: as it was frozen, else as its template says now.

	Whether an earlier complaint was settled is asked only where there was one (A4).
	"""
	if survey.wording:
		return _read(survey.wording)
	sheet = of_template(frappe.get_cached_doc(TEMPLATE, survey.survey_template))
	if survey.earlier_issue:
		return sheet
	kept = tuple(one for one in sheet.questions if one.dimension != rules.EARLIER_COMPLAINT)
	return Sheet(sheet.language, kept, sheet.words, sheet.low_mark, sheet.happy_from)


def _read(text: str) -> Sheet:
	kept = json.loads(text)
	return Sheet(**{**kept, "questions": tuple(rules.Question(**one) for one in kept["questions"])})


def of_template(template: Document) -> Sheet:
	"""What a template asks."""
	words: dict[str, dict[str, str]] = {template.language: _own_words(template)}
	for row in template.wordings:
		words.setdefault(row.language, {})[row.question_key] = row.wording
	return Sheet(
		template.language,
		tuple(questions_of(template)),
		words,
		template.low_mark,
		template.happy_from,
	)


def questions_of(template: Document) -> list[rules.Question]:
	"""The questions of a template, as the rules know them."""
	return [
		rules.Question(
			row.question_key,
			row.dimension,
			row.kind,
			(row.weight or 0.0) if row.kind == rules.MARK else 0.0,
			bool(row.reqd),
		)
		for row in template.questions
	]


def _own_words(template: Document) -> dict[str, str]:
	words = {key: template.get(field) or "" for key, field in GENERAL.items()}
	for row in template.questions:
		words[row.question_key] = row.question
		if row.hint:
			words[_HINT + row.question_key] = row.hint
	return words


def known_keys(template: Document) -> set[str]:
	"""The keys that a template may word in other languages."""
	keys = {row.question_key for row in template.questions}
	return keys | {_HINT + key for key in keys} | set(GENERAL)


# Reading ----------------------------------------------------------------------------------------------------------


def languages(sheet: Sheet) -> list[str]:
	"""The languages in which every question is worded, the template's own first."""
	keys = {one.key for one in sheet.questions}
	return [sheet.language] + [
		language
		for language, words in sheet.words.items()
		if language != sheet.language and keys <= {key for key, text in words.items() if text}
	]


def best_language(sheet: Sheet, language: str | None) -> str:
	"""The language of a sheet that comes closest to one: itself, its main language, else the template's own."""
	wanted = (language or "").lower().replace("_", "-")
	known = languages(sheet)
	for one in known:
		if one.lower() == wanted:
			return one
	main = wanted.partition("-")[0]
	return next((one for one in known if main and one.lower().partition("-")[0] == main), sheet.language)


def say(sheet: Sheet, language: str, key: str) -> str:
	"""A wording in a language of the sheet, else in the template's own; "" where there is none."""
	return sheet.words.get(language, {}).get(key) or sheet.words.get(sheet.language, {}).get(key) or ""


def shown(survey: Document, language: str | None) -> dict[str, Any]:
	"""All that the customer reads of a survey, in a language, not escaped:

	``{"title", "introduction": [line], "thanks": [line], "referral_question", "language", "languages": [code],
	"customer", "our_company", "person", "questions": [{"key", "dimension", "kind", "question", "hint", "required",
	"low", "high"}]}``

	`low` and `high` are None for a text. What is not worded in the language is said in the template's own. `questions`
	are in the order of `surveys.questions_of`. An empty `referral_question` is not asked.
	"""
	sheet = of(survey)
	chosen = best_language(sheet, language)
	return {
		"title": say(sheet, chosen, TITLE),
		"introduction": say(sheet, chosen, INTRODUCTION).splitlines(),
		"thanks": say(sheet, chosen, THANKS).splitlines(),
		"referral_question": say(sheet, chosen, REFERRAL),
		"language": chosen,
		"languages": languages(sheet),
		"customer": survey.title,
		"our_company": our_company(survey),
		"person": survey.person,
		"questions": [_question(sheet, chosen, one) for one in sheet.questions],
	}


def _question(sheet: Sheet, language: str, question: rules.Question) -> dict[str, Any]:
	low, high = rules.RANGES.get(question.kind, (None, None))
	return {
		"key": question.key,
		"dimension": question.dimension,
		"kind": question.kind,
		"question": say(sheet, language, question.key),
		"hint": say(sheet, language, _HINT + question.key),
		"required": question.required,
		"low": low,
		"high": high,
	}


def our_company(survey: Document) -> str:
	"""The name of our company that asks."""
	company = survey.company or frappe.db.get_single_value("Global Defaults", "default_company")
	return (frappe.db.get_value("Company", company, "company_name") if company else None) or company or ""
