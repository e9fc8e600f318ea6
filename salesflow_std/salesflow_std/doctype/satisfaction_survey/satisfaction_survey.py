"""One survey of one acceptance: whom it asks, and what they answered (A3).

People write whom it asks and by which template, until it is answered; everything that is read-only is state, whatever a
form, an import or REST sends. An answer stays as it is: no role, and no code of the app, can change or delete it. What
was wrong is corrected by a second survey.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_link_to_form

from salesflow_std.salesflow_std import survey_access, survey_sheet, surveys, versions

# What may still happen to a survey that was answered: its complaint, its referral, its correction.
_AFTERWARDS = {
	"issue",
	"would_refer",
	"referral",
	"referral_lead",
	"referral_begun_on",
	"corrected_by",
	"allocated_to",
	"call_task",
	"escalated_on",
	"escalated_to",
	"reminded_on",
	"half_filled",
	# The same acceptance, amended.
	"acceptance_report",
	"survey_key",
}
_ROW = ("question_key", "dimension", "kind", "question", "mark", "answered", "words", "weight")


class SatisfactionSurvey(Document):
	def onload(self) -> None:
		self.set_onload("sheet", survey_sheet.of(self))

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if not self.flags.by_app:
			self._keep_state(before)
		if before and before.status == surveys.ANSWERED:
			self._refuse_change(before)
		elif before and before.wording and before.survey_template != self.survey_template:
			frappe.throw(
				_("The customer has been asked by this template already; it stays."),
				title=_("Asked Already"),
			)

	def _keep_state(self, before: Document | None) -> None:
		versions.keep_state(self, before)
		self.set("answers", [row.as_dict() for row in before.answers] if before else [])

	def _refuse_change(self, before: Document) -> None:
		changed = [field for field in _kept_fields() if _told(self, field) != _told(before, field)]
		if changed or _rows(self) != _rows(before):
			self._refuse()

	def before_change(self) -> None:
		"""Also of code that writes past `validate`."""
		if frappe.db.get_value(self.doctype, self.name, "status") == surveys.ANSWERED:
			stored = frappe.get_doc(self.doctype, self.name)
			if any(_told(self, field) != _told(stored, field) for field in _kept_fields()):
				self._refuse()

	def _refuse(self) -> None:
		frappe.throw(
			_(
				"What the customer answered stays as it was. If it was written down wrongly, correct it by a second survey: {0}"
			).format(get_link_to_form(self.doctype, self.name)),
			frappe.PermissionError,
			title=_("Answered Already"),
		)

	def on_trash(self) -> None:
		if self.status == surveys.ANSWERED and not frappe.flags.in_uninstall:
			self._refuse()

	def before_rename(self, *args: Any) -> None:
		if self.status == surveys.ANSWERED:
			self._refuse()


def _kept_fields() -> list[str]:
	meta = "Satisfaction Survey"
	fields = [*versions.state_fields(meta), *versions.content_fields(meta)]
	return [field for field in fields if field not in _AFTERWARDS]


def _told(doc: Document, field: str) -> object:
	return versions.plain(doc, field)


def _rows(survey: Document) -> list[tuple]:
	return [tuple(_told(row, field) for field in _ROW) for row in survey.answers]


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its customer or its project."""
	return survey_access.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading: those who see its customer or its project; all else needs the right to change the customer."""
	return survey_access.allows(doc, ptype, user)
