"""What customers are asked after an acceptance: questions, weights, wordings by language (A3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, escape_html

from salesflow_std.engine import survey as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import messages, survey_answers, survey_words


class SurveyTemplate(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the site's language, which need not be that of the text, and the default company, though
		# none means all.
		self.dont_update_if_missing = ["language", "company", "territory"]

	def validate(self) -> None:
		for row in self.questions:
			row.question_key = (row.question_key or "").strip().lower()
		self._check_questions()
		self._check_limits()
		self._check_wordings()

	def _check_questions(self) -> None:
		title = _("Questions", context="Survey Template")
		for row in self.questions:
			if row.question_key in (*survey_words.GENERAL, *survey_answers.BESIDES):
				frappe.throw(
					_("Row {0}: {1} is the key of another text of the survey. Choose another one.").format(
						row.idx, escape_html(row.question_key)
					),
					title=title,
				)
		try:
			rules.validate(survey_words.questions_of(self))
		except EngineError as problem:
			messages.refuse(_with_words(problem), title)

	def _check_limits(self) -> None:
		for field, kind in (("low_mark", rules.MARK), ("happy_from", rules.SCORE)):
			# A low mark of 0 opens a complaint for none.
			low, high = (0, rules.RANGES[kind][1])
			if not low <= cint(self.get(field)) <= high:
				label = _(self.meta.get_label(field), context="Survey Template")
				frappe.throw(
					_("{0} lies between {1} and {2}.").format(label, low, high),
					title=_("What Counts As", context="Survey Template"),
				)

	def _check_wordings(self) -> None:
		title = _("In Other Languages", context="Survey Template")
		known, seen = survey_words.known_keys(self), set()
		for row in self.wordings:
			row.question_key = (row.question_key or "").strip().lower()
			place = (row.language, row.question_key)
			if row.question_key not in known:
				frappe.throw(
					_("Row {0}: no question has the key {1}.").format(row.idx, escape_html(row.question_key)),
					title=title,
				)
			if row.language == self.language:
				frappe.throw(
					_("Row {0}: the survey's own language is worded with the questions above.").format(
						row.idx
					),
					title=title,
				)
			if place in seen:
				frappe.throw(
					_("Row {0}: {1} is worded twice in this language.").format(
						row.idx, escape_html(row.question_key)
					),
					title=title,
				)
			seen.add(place)


def _with_words(problem: EngineError) -> EngineError:
	"""Dimensions and kinds as the form calls them."""
	said = dict(problem.params)
	for name in ("dimension", "kind"):
		if name in said:
			said[name] = _(str(said[name]), context="Survey Question")
	if "dimensions" in said:
		dimensions = str(said["dimensions"]).split(", ")
		said["dimensions"] = ", ".join(_(one, context="Survey Question") for one in dimensions)
	return type(problem)(problem.field, problem.template, **said)
