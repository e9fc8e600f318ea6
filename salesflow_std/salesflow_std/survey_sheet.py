"""What the form of a survey shows beside its fields: what is missing, what may be done, what is asked (A3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import needs_mail, survey_answers, survey_words, surveys


def of(survey: Document) -> dict:
	"""``{"missing": [{"fieldname", "what", "why"}], "may_mail", "waits", "questions", "low": [what], "begun"}``
	for the user at work; `questions` as `survey_words.shown` has them, in the user's language."""
	waits = survey.status in surveys.WAITING
	may_ask = bool(survey.survey_template or survey.wording)
	return {
		"missing": surveys.hindrances(survey) if waits else [],
		"may_mail": needs_mail.can_send(),
		"waits": waits,
		"questions": survey_words.shown(survey, frappe.local.lang)["questions"] if may_ask else [],
		"low": _low(survey),
		"begun": waits and bool(frappe.db.get_value(survey.doctype, survey.name, "half_filled")),
	}


def _low(survey: Document) -> list[str]:
	"""What the customer was not content with."""
	if survey.status != surveys.ANSWERED:
		return []
	keys = set(survey_answers.result(survey).low)
	return [
		_(row.dimension, context="Survey Question") if row.dimension != "Other" else row.question
		for row in survey.answers
		if row.question_key in keys
	]
