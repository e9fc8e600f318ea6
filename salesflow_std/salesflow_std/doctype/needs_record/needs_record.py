"""A needs talk: plan, SPIN answers, needs, summary, and what the customer said to it (N1-N4).

People write the plan, the answers, the needs and the summary. Everything that is read-only is state: it follows
from what is written here or is written by `needs` and `confirmations`, whatever a form, an import or REST sends.
"""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.naming import make_autoname
from frappe.utils import cint, cstr, get_datetime, get_link_to_form, getdate, now_datetime

from salesflow_std.engine import needs as rules
from salesflow_std.salesflow_std import access, needs, profiles, versions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

SUBJECTS = profiles.SUBJECTS
_FOCUS = ("focus_pain", "focus_decision", "focus_budget", "focus_timeline", "focus_other")
# What only the app writes of a need.
_STATE_OF_NEED = ("verdict", "correction", "need_key")
# Two clocks never agree to the second.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class NeedsRecord(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the site's language, which is not the customer's.
		self.dont_update_if_missing = ["language"]

	def autoname(self) -> None:
		self.name = self.flags.by_new_version or make_autoname("NEEDS-.YYYY.-.#####", self.doctype)

	def onload(self) -> None:
		self.set_onload("missing", needs.missing(self))
		self.set_onload("hints", needs.hints(self))
		self.set_onload("notice_days", cint(settings().needs_notice_days))

	def validate(self) -> None:
		if self.flags.by_new_version:
			return  # what it says was valid when it was sent
		before = self.get_doc_before_save()
		self._keep_state(before)
		if before is None:
			self._begin()
		elif before.status not in needs.EDITABLE:
			self._check_frozen(before)
			return
		self._check_plan(before)
		self._check_talk(before)
		self._check_needs()
		self._follow_talk(before)

	# State -------------------------------------------------------------------------------------------------

	def _keep_state(self, before: Document | None) -> None:
		versions.keep_state(self, before)
		if before is None:
			self.update({"status": needs.PLANNED, "version": 1})
		self.set("decision_chain", before.decision_chain if before else [])
		kept = {row.name: row for row in before.needs} if before else {}
		for row in self.needs:
			old = kept.get(row.name)
			for field in _STATE_OF_NEED:
				row.set(field, old.get(field) if old else None)
			row.need_key = row.need_key or frappe.generate_hash(length=10)
		answers = {row.name: row for row in before.answers} if before else {}
		for row in self.answers:
			old = answers.get(row.name)
			row.answered_on = old.answered_on if old else None
			if row.answer and not row.answered_on:
				row.answered_on = now_datetime()

	def _begin(self) -> None:
		subject = profiles.take_customer(self)
		if not subject:
			return
		for field, value in needs.contact_of(*subject).items():
			if not self.get(field):
				self.set(field, value)

	def _check_frozen(self, before: Document) -> None:
		"""N4: what has gone to the customer stays as it was sent."""
		if needs.content(before) == needs.content(self):
			# Rows that say the same under other names would lose what the customer said of them.
			for table in needs.TABLES:
				self.set(table, before.get(table))
			return
		if self.next_version:
			way = _("Change version {0} instead.").format(get_link_to_form(self.doctype, self.next_version))
		elif before.status == needs.SENT:
			way = _("Open {0} and take it back, or begin a new version there.").format(
				get_link_to_form(self.doctype, self.name)
			)
		else:
			way = _("Open {0} and begin a new version there.").format(
				get_link_to_form(self.doctype, self.name)
			)
		frappe.throw(
			_("The customer has been sent this version, so it stays as it was sent.") + " " + way,
			title=_("Sent Already"),
		)

	# The plan (N1) -----------------------------------------------------------------------------------------

	def _check_plan(self, before: Document | None) -> None:
		if not any(cstr(self.get(field)).strip() not in ("", "0") for field in _FOCUS):
			frappe.throw(
				_(
					"A needs talk has a focus: pain, decision process, budget or timeline. Tick one, or name another."
				),
				title=_("Focus", context="Needs Record"),
			)
		if not self.planned_on:
			return
		self.agreed_on = self.agreed_on or getdate()
		watched = ("planned_on", "agreed_on", "short_notice_reason")
		if before and not any(
			versions.plain(self, field) != versions.plain(before, field) for field in watched
		):
			return
		wanted = cint(settings().needs_notice_days)
		agreed, planned = getdate(self.agreed_on), getdate(self.planned_on)
		if rules.is_short_notice(agreed, planned, wanted) and not cstr(self.short_notice_reason).strip():
			frappe.throw(
				_(
					"The standard asks that a needs talk is agreed with the customer at least {0} days ahead, so that both sides can prepare; here it is {1}. Choose a later day, or give the reason for the short notice."
				).format(wanted, max(0, rules.notice_days(agreed, planned))),
				title=_("Short Notice"),
			)

	# The talk and the needs (N2-N4) ------------------------------------------------------------------------

	def _check_talk(self, before: Document | None) -> None:
		if self.talked_on and get_datetime(self.talked_on) > now_datetime() + _CLOCK_TOLERANCE:
			frappe.throw(
				_("The talk cannot have taken place in the future. When it is still to come, plan it."),
				title=_("Talked On", context="Needs Record"),
			)
		if not self.talked_on and cint(self.version) > 1:
			frappe.throw(
				_(
					"This is a later version of a talk that has taken place, so it needs the time of the talk."
				),
				title=_("Talked On", context="Needs Record"),
			)

	def _check_needs(self) -> None:
		for row in self.needs:
			if not 0 <= cint(row.match_score) <= 5:
				frappe.throw(
					_("Need {0}: the match is scored from 1 to 5.").format(row.idx),
					title=_("Match", context="Customer Need"),
				)

	def _follow_talk(self, before: Document | None) -> None:
		"""The summary is due so many hours after the talk (N4)."""
		then = before and before.talked_on
		if not self.talked_on:
			self.update({"status": needs.PLANNED, "summary_due_on": None})
		elif not then or get_datetime(then) != get_datetime(self.talked_on) or not self.summary_due_on:
			self.update({"status": needs.TALKED, "summary_due_on": needs.summary_due(self.talked_on)})

	# Afterwards --------------------------------------------------------------------------------------------

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if self.event and before and self.planned_on and self.has_value_changed("planned_on"):
			_move_event(self.event, self.planned_on)

	def notify_update(self) -> None:
		# The form that writes as one types knows already, and would take the news for somebody else's.
		if not self.flags.noted:
			super().notify_update()

	def on_trash(self) -> None:
		if self.status not in needs.EDITABLE and "System Manager" not in frappe.get_roles():
			frappe.throw(
				_("The customer has been sent this version, so it is kept. A system manager may delete it."),
				title=_("Sent Already"),
			)
		versions.untie(self)
		frappe.db.delete("Public Link", {"reference_doctype": self.doctype, "reference_name": self.name})


def _move_event(name: str, starts_on: object) -> None:
	"""The calendar follows the plan; an appointment that is over or called off stays."""
	if not frappe.db.exists("Event", {"name": name, "status": "Open"}):
		return
	event = frappe.get_doc("Event", name)
	if event.has_permission("write"):
		length = (
			get_datetime(event.ends_on) - get_datetime(event.starts_on)
			if event.ends_on
			else timedelta(hours=1)
		)
		event.starts_on = get_datetime(starts_on)
		event.ends_on = event.starts_on + length
		event.save()


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A needs record is seen by those who see its document."""
	return access.by_reference("Needs Record", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a needs record needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)


def need_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Needs are seen with their record."""
	return access.of_rows("Customer Need", {"Needs Record": permission_query_conditions}, user)


def answer_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their record."""
	return access.of_rows("Needs Answer", {"Needs Record": permission_query_conditions}, user)
