"""Minutes of a meeting with a customer: who was there, feedback, decisions, next actions (S3, S6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.salesflow_std import access, actions, minutes, minutes_mail, objections, profiles, versions

SUBJECTS = profiles.SUBJECTS
# Two clocks never agree to the second.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# What only the app writes of a row of feedback, and what makes a row the same.
_STATE_OF_FEEDBACK = ("objection", "passed_on_to")


class MeetingMinutes(Document):
	def save(self, *args: object, **kwargs: object) -> Document:
		"""Locks the document first, as everybody else does who plans its follow-ups."""
		if self.reference_doctype in SUBJECTS and not self.is_new():
			frappe.db.get_value(self.reference_doctype, self.reference_name, "name", for_update=True)
		return super().save(*args, **kwargs)

	def onload(self) -> None:
		self.set_onload("changed_since_sent", minutes_mail.has_changed(self))

	def validate(self) -> None:
		before = self.get_doc_before_save()
		self._keep_state(before)
		if before is None:
			self._begin()
		self._check_held()
		for row in self.participants:
			minutes.fill_person(row)
		self._check_links(before)
		actions.MINUTES.check(self, before)
		minutes.check_dates(self, before)

	def _keep_state(self, before: Document | None) -> None:
		versions.keep_state(self, before)
		# By what they say as well: whoever sends a whole table anew would have everything made again.
		known = {key: row for row in (before.feedback if before else ()) for key in (row.name, _said(row))}
		for row in self.feedback:
			old = known.get(row.name) or known.get(_said(row))
			for field in _STATE_OF_FEEDBACK:
				row.set(field, old.get(field) if old else None)

	def _begin(self) -> None:
		if not profiles.take_customer(self):
			return
		self.written_by = self.written_by or frappe.session.user
		if self.held_on and not self.event:
			self.event = minutes.event_of_day(self)

	def _check_held(self) -> None:
		if self.held_on and get_datetime(self.held_on) > now_datetime() + _CLOCK_TOLERANCE:
			frappe.throw(
				_(
					"The meeting cannot have been held in the future. When it is still to come, put it into the calendar."
				),
				title=_("Held On", context="Meeting Minutes"),
			)

	def _check_links(self, before: Document | None) -> None:
		"""A proposal or a quotation is the customer's, and the writer may see it (S3)."""
		for doctype, field in objections.ABOUT.items():
			name = self.get(field)
			if not name or (before and before.get(field) == name):
				continue
			frappe.has_permission(doctype, "read", doc=name, throw=True)
			objections.check_is_of(doctype, name, (self.reference_doctype, self.reference_name))
		told = ("meeting_type", "proposal", "held_on")
		if self._presents() and (not before or any(self.has_value_changed(field) for field in told)):
			minutes.refuse_unapproved(self)

	def _presents(self) -> bool:
		return bool(self.meeting_type == minutes.PRESENTATION and self.proposal and self.held_on)

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if before is None:
			minutes.count_meeting(self)
		actions.MINUTES.sync(self)
		minutes.plan_follow_ups(self)
		minutes.carry_on(self)
		if self._presents() or (before and before.meeting_type == minutes.PRESENTATION):
			minutes.write_presented(self.proposal, before and before.proposal)

	def on_trash(self) -> None:
		actions.MINUTES.end(self)
		minutes.end_follow_ups(self, self.actions)
		minutes.write_presented(self.proposal, without=self.name)

	def before_print(self, *args: Any) -> None:
		"""Gathers what the print shows, in the language it is printed in."""
		self.report = minutes_mail.report(self)


def _said(row: Document) -> tuple:
	return row.kind, row.feedback, row.said_by or ""


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its document."""
	return access.by_reference("Meeting Minutes", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)


def participant_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Participant", {"Meeting Minutes": permission_query_conditions}, user)


def feedback_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Feedback", {"Meeting Minutes": permission_query_conditions}, user)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their minutes."""
	return access.of_rows("Minutes Action", {"Meeting Minutes": permission_query_conditions}, user)
