"""What a complaint says: how it begins from a survey, and why it is not closed yet (A4)."""

from __future__ import annotations

from collections.abc import Iterable

from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html

from salesflow_std.engine import complaints as rules
from salesflow_std.engine import survey as survey_rules
from salesflow_std.salesflow_std import refusals, survey_answers, survey_words

_SURVEY = "Satisfaction Survey"
# The standard's, where the template is gone (A4).
_LOW_MARK = 2


# Of a survey -------------------------------------------------------------------------------------------------------


def of_survey(survey: Document) -> tuple[str, str]:
	"""Subject and description (HTML) of the complaint that a survey opens, in the current language."""
	low = [row for row in survey.answers if survey_answers.is_low(row, _low_mark(survey))]
	words = _dimensions()
	about = [words[row.dimension] for row in low if row.dimension in words]
	if survey.has_problem:
		about.append(_("a problem", context="Complaint"))
	subject = _("{0} is not satisfied: {1}").format(
		survey.title or survey.customer, " · ".join(dict.fromkeys(about)) or survey.name
	)
	return subject, _description(survey, low)


def _dimensions() -> dict[str, str]:
	return {
		survey_rules.TIMELINESS: _("Timeliness", context="Survey Answer"),
		survey_rules.QUALITY: _("Service Quality", context="Survey Answer"),
		survey_rules.NEEDS_MET: _("Needs Met", context="Survey Answer"),
		survey_rules.EARLIER_COMPLAINT: _("Earlier Complaint", context="Survey Answer"),
	}


def _low_mark(survey: Document) -> int:
	"""Up to which mark the customer was asked as not content, whatever has become of the template since."""
	if survey.wording or survey.survey_template:
		return survey_words.of(survey).low_mark
	return _LOW_MARK


def _description(survey: Document, low: Iterable[Document]) -> str:
	parts = [
		_("Said in {0} by {1}.").format(
			refusals.link(_SURVEY, survey.name), escape_html(survey.answered_by or survey.person or "")
		)
		if survey.answered_by or survey.person
		else _("Said in {0}.").format(refusals.link(_SURVEY, survey.name))
	]
	lines = [f"{row.question} – {_answer(row)}" for row in low]
	if lines:
		parts.append(f"<ul>{''.join(f'<li>{escape_html(line)}</li>' for line in lines)}</ul>")
	for label, text in (
		(_("Problem", context="Satisfaction Survey"), survey.problem if survey.has_problem else ""),
		(_("Comments", context="Satisfaction Survey"), survey.comments),
	):
		if cstr(text).strip():
			said = "<br>".join(escape_html(line) for line in cstr(text).strip().splitlines())
			parts.append(f"<p><b>{label}</b><br>{said}</p>")
	if survey.earlier_issue and any(row.dimension == survey_rules.EARLIER_COMPLAINT for row in low):
		parts.append(
			_("The earlier complaint {0} is not settled, says the customer.").format(
				refusals.link("Issue", survey.earlier_issue)
			)
		)
	return "".join(part if part.startswith("<") else f"<p>{part}</p>" for part in parts)


def _answer(row: Document) -> str:
	if row.kind == survey_rules.YES_NO:
		return _("Yes", context="Survey Answer") if row.mark else _("No", context="Survey Answer")
	return _("{0} of {1}", context="Survey Answer").format(row.mark, survey_rules.RANGES[row.kind][1])


def said_in_survey(name: str) -> str:
	"""The customer's word where a later survey has asked for it."""
	return _("Asked in {0} whether it was settled, the customer said yes.").format(name)


# Not closed --------------------------------------------------------------------------------------------------------


def refusal(issue: Document, missing: Iterable[str]) -> str:
	"""Why a complaint is not closed, what of the customer's word is missing, and where to write it down; HTML."""
	head = _("Complaint {0} is closed with the customer's word only.").format(
		refusals.link("Issue", issue.name, issue.subject) if issue.name else escape_html(cstr(issue.subject))
	)
	words = _missing()
	steps = [
		_("Write it into the section {0}, or use {1} on its form.").format(
			f"<b>{_('Complaint', context='Issue')}</b>",
			f"<b>{_('Settled with the Customer', context='Issue')}</b>",
		)
	]
	return refusals.paragraphs(head, [words[one] for one in missing], why(), steps)


def why() -> str:
	"""The standard's reason."""
	return _("Whether it is settled says who complained, not who was complained of.")


def _missing() -> dict[str, str]:
	return {
		rules.WORD: _("What does the customer say now?"),
		rules.BY: _("Who at the customer said so?"),
		rules.ON: _("On which day did they say so?"),
		rules.BEFORE_OPENING: _(
			"They said so before the complaint was opened: that is no answer to what was done."
		),
		rules.IN_FUTURE: _("The day on which they said so is still to come."),
	}
