"""How the questions of a survey are worded: frozen when it is asked, by language (A3)."""

from __future__ import annotations

from typing import Any

from frappe.model.document import Document


def shown(survey: Document, language: str) -> dict[str, Any]:
	"""All that the customer reads of a survey, in a language, not escaped:

	``{"title", "introduction": [line], "thanks", "referral_question", "language", "languages": [code], "customer",
	"our_company", "person", "questions": [{"key", "dimension", "kind", "question", "hint", "required", "low", "high"}]}``

	`low` and `high` are None for a text. What is not worded in the language is said in the template's own. `questions`
	are in the order of `surveys.questions_of`. An empty `referral_question` is not asked.
	"""
	raise NotImplementedError
