"""An objection of a customer: kind, genuine or a stall, answer, promised reply (S4).

People write what was said, what they answered and until when they promised an answer. Everything that is read-only
is state, whatever a form, an import or REST sends.
"""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import objections as rules
from salesflow_std.salesflow_std import access, objection_scripts, objections, profiles, reps, versions

SUBJECTS = profiles.SUBJECTS
# What stays open to change while the rest is closed: who looks after it.
_ALWAYS_OPEN = ("allocated_to",)
# Two clocks never agree to the second.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class Objection(Document):
	def validate(self) -> None:
		if self.flags.by_app:
			return  # only its state changes
		before = self.get_doc_before_save()
		for field in versions.state_fields(self.doctype):
			self.set(field, before.get(field) if before else None)
		if before is None:
			self._begin()
		else:
			self.allocated_to = self.allocated_to or before.allocated_to
		if before and before.status in objections.CLOSED:
			self._check_closed(before)
			return
		self._check_kind()
		self._check_links(before)
		self._check_times(before)
		objections.follow_answer(self, before)
		self._check_promise(before)

	def _begin(self) -> None:
		self.update({"status": objections.OPEN, "reply_missed": 0})
		subject = profiles.take_customer(self)
		if not subject:
			return
		self.company = objections.company_of(*subject)
		self.raised_on = self.raised_on or now_datetime()
		if not self.allocated_to:
			owner = frappe.db.get_value(*subject, profiles.OWNER_FIELDS[subject[0]])
			self.allocated_to = owner or frappe.session.user
		if self.contact and not self.raised_by:
			self.raised_by = frappe.db.get_value("Contact", self.contact, "full_name")

	def _check_closed(self, before: Document) -> None:
		"""What is closed is counted as it was closed."""
		fields = [field for field in versions.content_fields(self.doctype) if field not in _ALWAYS_OPEN]
		if any(versions.plain(self, field) != versions.plain(before, field) for field in fields):
			frappe.throw(
				_("{0} is closed, and its script has been counted. Take it up again to change it.").format(
					get_link_to_form(self.doctype, self.name)
				),
				title=_("Already Closed"),
			)

	def _check_kind(self) -> None:
		if self.kind != rules.COMPETITOR:
			self.competitor = None
		elif not self.competitor:
			frappe.throw(
				_(
					"The customer compares with somebody. Name the competitor, so that the right answer is found and the report knows whom we lose to."
				),
				title=_("Competitor", context="Objection"),
			)

	def _check_links(self, before: Document | None) -> None:
		for doctype, field in objections.ABOUT.items():
			name = self.get(field)
			if not name or (before and before.get(field) == name):
				continue
			objections.check_is_of(doctype, name, (self.reference_doctype, self.reference_name))

	def _check_times(self, before: Document | None) -> None:
		if get_datetime(self.raised_on) > now_datetime() + _CLOCK_TOLERANCE:
			frappe.throw(
				_("An objection cannot have been raised in the future."),
				title=_("Raised On", context="Objection"),
			)

	def _check_promise(self, before: Document | None) -> None:
		"""S4: the promise lies after the objection, and one that was missed is not put off by who missed it."""
		if not self.reply_due_on:
			return
		due = get_datetime(self.reply_due_on)
		if due < get_datetime(self.raised_on):
			frappe.throw(
				_("The reply is promised for a time before the objection was raised. Choose a later one."),
				title=_("Reply Promised Until", context="Objection"),
			)
		if (
			before
			and before.status == self.status == objections.OPEN
			and due > get_datetime(before.reply_due_on)
			and rules.is_missed(get_datetime(before.reply_due_on), None, now_datetime())
		):
			self.reply_missed = 1
			if not reps.is_manager():
				frappe.throw(
					_(
						"The promised reply is overdue. Answer now; only a sales manager may agree on a later time."
					),
					title=_("Overdue", context="Objection"),
				)

	def on_trash(self) -> None:
		if self.status in objections.CLOSED:
			objection_scripts.lock([self.script])

	def after_delete(self) -> None:
		if self.status in objections.CLOSED:
			objection_scripts.recount([self.script])


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its document."""
	return access.by_reference("Objection", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)
