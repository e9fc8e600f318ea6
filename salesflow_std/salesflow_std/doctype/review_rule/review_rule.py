"""Which function reviews which proposals, who is asked, how many have to approve, and until when (S2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, escape_html, flt, get_fullname, get_link_to_form, now_datetime

from salesflow_std.engine import figures, worktime
from salesflow_std.salesflow_std import reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.messages import refuse


class ReviewRule(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the user's company, and a rule for every company would be one for theirs.
		self.dont_update_if_missing = ["company", "territory"]

	def validate(self) -> None:
		self._check_who()
		self._check_numbers()
		self._check_concerns()

	def _check_who(self) -> None:
		"""Somebody has to be asked; whoever is named can answer."""
		if not self.reviewers and not self.role:
			frappe.throw(_("Name reviewers, or a role whose users are asked."), title=_("Nobody Is Asked"))
		seen = set()
		for row in self.reviewers:
			if row.reviewer in seen:
				frappe.throw(
					_("Row {0}: {1} is named twice and has one opinion.").format(
						row.idx, escape_html(get_fullname(row.reviewer))
					),
					title=_("Reviewer Twice"),
				)
			seen.add(row.reviewer)
			_check_can_review(row.reviewer, _("Row {0}: ").format(row.idx))
			if row.stand_in:
				_check_can_review(row.stand_in, _("Row {0}: ").format(row.idx))
			if row.stand_in == row.reviewer:
				frappe.throw(
					_("Row {0}: somebody else has to stand in.").format(row.idx), title=_("Stand-in")
				)
		if self.escalate_to:
			_check_can_review(self.escalate_to, "")
		if self.reviewers and cint(self.quorum) > len(self.reviewers):
			frappe.throw(
				_("{0} approvals are needed, but only {1} reviewers are named.").format(
					cint(self.quorum), len(self.reviewers)
				),
				title=_("Approvals Needed", context="Review Rule"),
			)

	def _check_numbers(self) -> None:
		if flt(self.from_discount) > 100:
			frappe.throw(
				_("A discount is at most 100 %."),
				title=_("Discount Against List From", context="Review Rule"),
			)
		amount = flt(self.deadline_amount, 2)
		if not amount:
			frappe.throw(_("An opinion has a deadline."), title=_("Decide Within", context="Review Rule"))
		try:
			worktime.add(
				now_datetime(),
				int(amount) if amount == int(amount) else amount,
				self.deadline_unit or "Working Hours",
				working_calendar(self.company),
			)
		except worktime.CalendarError as problem:
			refuse(problem, _("Decide Within", context="Review Rule"))

	def _check_concerns(self) -> None:
		"""What nobody judges would never be reviewed again, whatever changes."""
		if not any(cint(self.get(f"concerns_{part}")) for part in figures.PARTS):
			frappe.throw(
				_("Tick at least one thing that the function reviews; when it changes, it reviews again."),
				title=_("Reviews Again When", context="Review Rule"),
			)


def _check_can_review(user: str, where: str) -> None:
	full_name = escape_html(get_fullname(user))
	if not reps.is_enabled(user):
		frappe.throw(
			where + _("{0} may not log in.").format(get_link_to_form("User", user, full_name)),
			title=_("Reviewer Disabled"),
		)
	if not frappe.has_permission("Proposal Review", "read", user=user):
		frappe.throw(
			where
			+ _(
				"{0} may not read proposal reviews. Give them the role Product Reviewer, Legal Reviewer or one of the sales roles."
			).format(get_link_to_form("User", user, full_name)),
			title=_("Reviewer Without Rights"),
		)
