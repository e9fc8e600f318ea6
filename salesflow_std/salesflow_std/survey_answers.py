"""What a customer has said in a survey: read, written once, and half of it kept until the rest is there (A3, A4).

`survey.wording` is the sheet that was asked; who answers by phone is asked the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe.model.document import Document

from salesflow_std.engine import survey as rules
from salesflow_std.salesflow_std import survey_words

# What a page keeps of a half-filled answer beside the questions' keys.
BESIDES = ("answered_by", "comments", "has_problem", "problem")
# Frappe keeps no more of a Data field.
NAME_LENGTH = 140


@dataclass(frozen=True)
class Said:
	"""What a customer said beside their answers."""

	by: str
	through: str
	on: datetime
	comments: str = ""
	problem: str = ""
	has_problem: bool = False
	would_refer: bool = False
	referral: str = ""
	recorded_by: str | None = None


def read(survey: Document, given: Mapping[str, object]) -> list[rules.Answer]:
	"""The answers to a survey's questions. Raises engine.survey.SurveyError, with the question in `field`."""
	return rules.read(survey_words.of(survey).questions, given)


def write(survey: Document, said: Said, answers: list[rules.Answer]) -> None:
	"""Puts an answer into a survey that is locked, and saves it; from then on it stays as it is."""
	sheet = survey_words.of(survey)
	has_problem = bool(said.has_problem or said.problem.strip())
	if survey.half_filled:
		# Before it is saved: what the customer wrote and did not send stands in no record of changes.
		_put_half_filled(survey, None)
	found = rules.result(answers, sheet.low_mark)
	survey.update(
		{
			"status": "Answered",
			"wording": survey.wording or sheet.as_json(),
			"answered_on": said.on.replace(microsecond=0),
			"answered_by": said.by[:NAME_LENGTH],
			"answered_through": said.through,
			"recorded_by": said.recorded_by,
			"satisfaction": found.satisfaction,
			"recommend": found.recommend,
			"is_low": int(bool(found.low)),
			"has_problem": int(has_problem),
			"comments": said.comments or None,
			"problem": said.problem or None,
			"would_refer": int(said.would_refer or bool(said.referral)),
			"referral": said.referral or None,
			"answers": _rows(survey, sheet, answers),
		}
	)
	survey.flags.by_app = True
	# What it points at may be gone by now; what the customer said is kept all the same.
	survey.flags.ignore_links = True
	survey.save(ignore_permissions=True)


def _rows(survey: Document, sheet: survey_words.Sheet, answers: list[rules.Answer]) -> list[dict]:
	"""One row for each question that was asked, answered or not."""
	language = survey_words.best_language(sheet, survey.language)
	by_key = {one.question.key: one for one in answers}
	rows = []
	for question in sheet.questions:
		answer = by_key.get(question.key)
		rows.append(
			{
				"question_key": question.key,
				"dimension": question.dimension,
				"kind": question.kind,
				"weight": question.weight,
				"question": survey_words.say(sheet, language, question.key),
				"answered": int(answer is not None),
				"mark": answer.number if answer else None,
				"words": answer.words if answer else None,
			}
		)
	return rows


def result(survey: Document) -> rules.Result:
	"""What an answered survey says."""
	sheet = survey_words.of(survey)
	return rules.Result(
		survey.satisfaction if any(_counts(row) for row in survey.answers) else None,
		next(
			(row.mark for row in survey.answers if row.answered and row.dimension == rules.RECOMMENDATION),
			None,
		),
		tuple(row.question_key for row in survey.answers if is_low(row, sheet.low_mark)),
	)


def _counts(row: Document) -> bool:
	return bool(row.answered and row.kind == rules.MARK and row.weight)


def is_low(row: Document, low_mark: int) -> bool:
	"""Whether the answer of a row is a complaint: a low mark, or an earlier one not settled (A4)."""
	if not row.answered:
		return False
	if row.kind == rules.MARK:
		return row.mark <= low_mark
	return row.dimension == rules.EARLIER_COMPLAINT and not row.mark


def is_happy(survey: Document) -> bool:
	"""Whether a customer who has answered is asked for a referral (A5)."""
	sheet = survey_words.of(survey)
	return rules.is_happy(result(survey), sheet.happy_from, bool(survey.has_problem))


# Half-filled ------------------------------------------------------------------------------------------------------


def half_filled(survey: Document) -> dict[str, str]:
	"""What was kept of an answer that is not finished: texts by key of the question, or one of BESIDES."""
	try:
		kept = json.loads(survey.half_filled or "{}")
	except ValueError:
		return {}
	return {key: text for key, text in kept.items() if isinstance(text, str)}


def keep_half_filled(survey: Document, given: Mapping[str, object]) -> None:
	"""Keeps an answer that is not finished; what belongs to no question, is no text or too long is left out."""
	known = {one.key for one in survey_words.of(survey).questions} | set(BESIDES)
	kept = {
		key: text
		for key, value in given.items()
		if key in known and (text := _kept(value)) and len(text) <= rules.TEXT_LENGTH
	}
	_put_half_filled(survey, json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None)


def _put_half_filled(survey: Document, text: str | None) -> None:
	# Past the form: whoever has it open can still save it, and the customer's draft is no change of ours.
	frappe.db.set_value(survey.doctype, survey.name, "half_filled", text, update_modified=False)
	survey.half_filled = text


def _kept(value: object) -> str:
	if isinstance(value, bool):
		return "1" if value else ""
	return str(value) if isinstance(value, str | int) else ""
