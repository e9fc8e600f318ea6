"""A rep who is away: touches go to the stand-in, or around the days (F4)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import reps


class RepAbsence(Document):
	def validate(self) -> None:
		if getdate(self.from_date) > getdate(self.to_date):
			frappe.throw(_("The absence ends before it begins."), title=_("Absence"))
		if self.stand_in == self.user:
			frappe.throw(_("Nobody stands in for themselves."), title=_("Stand-in"))
		if self.stand_in and not reps.is_enabled(self.stand_in):
			frappe.throw(
				_("{0} cannot log in, so nobody would see the touches.").format(self.stand_in),
				title=_("Stand-in"),
			)
		if self.stand_in:
			self._check_can_stand_in()
		if self.user != frappe.session.user and not reps.is_manager():
			frappe.throw(
				_("Only a sales manager may enter the absence of somebody else."),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def _check_can_stand_in(self) -> None:
		"""Who sells is replaced by who sells, who only reviews by who may review, who takes over won deals by who may read
		their handovers (F4, S2, C5)."""
		if reps.sells(self.user):
			if not reps.sells(self.stand_in):
				frappe.throw(
					_("{0} has no sales role, so could not work on it.").format(self.stand_in),
					title=_("Stand-in"),
				)
		elif frappe.has_permission("Delivery Handover", "read", user=self.user) and not frappe.has_permission(
			"Proposal Review", "read", user=self.user
		):
			if not frappe.has_permission("Delivery Handover", "read", user=self.stand_in):
				frappe.throw(
					_("{0} may not read delivery handovers, so could not work on it.").format(self.stand_in),
					title=_("Stand-in"),
				)
		elif not frappe.has_permission("Proposal Review", "read", user=self.stand_in):
			frappe.throw(
				_("{0} may not read proposal reviews, so could not work on it.").format(self.stand_in),
				title=_("Stand-in"),
			)

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		request_follow(self.user)
		if before and before.user != self.user:
			request_follow(before.user)

	def on_trash(self) -> None:
		request_follow(self.user)


def request_follow(user: str) -> None:
	"""Has the touches of a rep follow an absence, in the background."""
	reps.forget()
	frappe.enqueue(
		"salesflow_std.jobs.follow_up_clock.follow_absence",
		queue="long",
		job_id=f"salesflow_std.follow_absence.{user}",
		deduplicate=True,
		enqueue_after_commit=True,
		rep=user,
	)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Reps see their own absences and those they stand in for; managers see all."""
	user = user or frappe.session.user
	if user == "Administrator" or reps.is_manager(user):
		return ""
	escaped = frappe.db.escape(user)
	return f"(`tabRep Absence`.user = {escaped} or `tabRep Absence`.stand_in = {escaped})"


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""As `permission_query_conditions`; a stand-in may read only."""
	user = user or frappe.session.user
	if user == "Administrator" or reps.is_manager(user) or doc.user in (None, "", user):
		return True
	return ptype in ("read", "print") and doc.stand_in == user
