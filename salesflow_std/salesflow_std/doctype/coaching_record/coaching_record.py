"""Coaching for those behind, recognition for those ahead: proposed by rule, decided by a person (M6).

A decision is a step of its own (`coaching`); everything that is read-only is state, whatever a form, an import or REST
sends.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import coaching, versions

_ENDED = (coaching.DONE, coaching.DISMISSED)


class CoachingRecord(Document):
	def onload(self) -> None:
		own = self.user == frappe.session.user
		may = not self.is_new() and bool(frappe.has_permission(self.doctype, "write", doc=self))
		self.set_onload("sheet", {"why": coaching.why(self), "may_decide": may and not own, "own": own})

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if self.flags.by_app:
			return
		sent = self.why
		versions.keep_state(self, before)
		if before is None:
			coaching.begin(self)
			return
		if before.facts:
			self.why = before.why
		else:
			self.why = sent
		if before.status in _ENDED:
			self._refuse_change(before)
		elif before.status == coaching.CONFIRMED:
			self._check_confirmed(before)

	def _refuse_change(self, before: Document) -> None:
		changed = [
			field
			for field in versions.content_fields(self.doctype)
			if versions.plain(self, field) != versions.plain(before, field)
		]
		if changed:
			frappe.throw(
				_("What was decided stays as it was."),
				frappe.PermissionError,
				title=_("Decided Already"),
			)

	def _check_confirmed(self, before: Document) -> None:
		if self.kind != "Coaching":
			return
		if not (self.agreed or "").strip() or not self.follow_up_on:
			frappe.throw(
				_("A confirmed coaching keeps what was agreed and the day to look again."),
				title=_("What Was Agreed", context="Coaching Record"),
			)
		if getdate(self.follow_up_on) != getdate(before.follow_up_on):
			self.reminded_on = None

	def on_update(self) -> None:
		coaching.follow_date(self)

	def on_trash(self) -> None:
		if self.status != coaching.PROPOSED and not frappe.flags.in_uninstall:
			frappe.throw(
				_("What was decided stays as it was."), frappe.PermissionError, title=_("Decided Already")
			)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A manager's tree; of oneself what was confirmed."""
	return coaching.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""As the list; nobody changes what is about themselves."""
	return coaching.allows(doc, ptype, user)
