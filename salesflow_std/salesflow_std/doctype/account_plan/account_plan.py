"""Account Plan: how an A account is to be developed (L10)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_fullname, getdate

from salesflow_std.salesflow_std import access, account_plans, actions, profiles, reps
from salesflow_std.salesflow_std.account_plans import ACTIVE, CANCELLED, COMPLETED


class AccountPlan(Document):
	def before_insert(self) -> None:
		self.customer_profile = profiles.ensure(self.party_type, self.party)
		self.title = profiles.company_name(self.party_type, self.party)

	def before_validate(self) -> None:
		if not self.plan_owner and self.party:
			self.plan_owner = account_plans.owner_of(self.party_type, self.party) or frappe.session.user

	def validate(self) -> None:
		before = self.get_doc_before_save()
		for field in ("customer_profile", "title", "review_reminded"):  # the app's, whatever a form sends
			if before:
				self.set(field, before.get(field))
		self._check_dates()
		self._check_competitors()
		self._check_owner(before)
		actions.ACCOUNT_PLAN.check(self, before, ended=self.status == CANCELLED)
		self._check_status(before)
		self.next_review_on = self._next_review() if self.status == ACTIVE else None

	def _check_dates(self) -> None:
		if getdate(self.from_date) > getdate(self.to_date):
			frappe.throw(
				_("A plan that ends on {0} cannot begin on {1}.").format(
					frappe.format(self.to_date, {"fieldtype": "Date"}),
					frappe.format(self.from_date, {"fieldtype": "Date"}),
				),
				title=_("Dates", context="Salesflow"),
			)
		for row in self.reviews:
			if row.held_on and getdate(row.held_on) > getdate():
				frappe.throw(
					_("Row {0}: a review held on {1} is still to come.").format(
						row.idx, frappe.format(row.held_on, {"fieldtype": "Date"})
					),
					title=_("Reviews", context="Account Plan"),
				)

	def _check_competitors(self) -> None:
		seen: set[str] = set()
		for row in self.competitors:
			if row.competitor in seen:
				frappe.throw(
					_("Row {0}: {1} is among the competitors already.").format(
						row.idx, frappe.utils.get_link_to_form("Competitor", row.competitor)
					),
					title=_("Competitor Twice"),
				)
			seen.add(row.competitor)

	def _check_owner(self, before: Document | None) -> None:
		"""A plan is seen by those who see its account; its owner has to be one of them."""
		if before and before.plan_owner == self.plan_owner:
			return
		if not reps.is_enabled(self.plan_owner) or not frappe.has_permission(
			self.party_type, "read", doc=self.party, user=self.plan_owner
		):
			frappe.throw(
				_("{0} may not open the account, so cannot own its plan.").format(
					escape_html(get_fullname(self.plan_owner))
				),
				title=_("Plan Owner", context="Account Plan"),
			)

	def _check_status(self, before: Document | None) -> None:
		if self.status == ACTIVE and not (before and before.status == ACTIVE):
			account_plans.refuse_second(self)
		if self.status != COMPLETED:
			return
		still_open = [row for row in self.actions if row.status == actions.OPEN]
		if still_open:
			frappe.throw(
				_("A plan is completed when no action is open. Open still: {0}").format(
					"<br>".join(
						["", *(f"{row.idx}. {escape_html(row.action or '')}" for row in still_open[:10])]
					)
				),
				title=_("Actions Are Open"),
			)

	def _next_review(self) -> object:
		return min((getdate(row.review_on) for row in self.reviews if not row.held_on), default=None)

	def on_update(self) -> None:
		actions.ACCOUNT_PLAN.sync(self)

	def on_trash(self) -> None:
		actions.ACCOUNT_PLAN.end(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A plan is seen by those who see its account."""
	return access.by_reference(
		"Account Plan", profiles.PARTIES, user, type_field="party_type", name_field="party"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a plan needs the right to read its account; all else, to change it."""
	return access.allows_by_reference(
		doc, ptype, user, profiles.PARTIES, type_field="party_type", name_field="party"
	)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Actions are seen with their plan."""
	return access.of_rows("Account Plan Action", {"Account Plan": permission_query_conditions}, user)


def competitor_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Competitors are seen with their plan."""
	return access.of_rows("Account Plan Competitor", {"Account Plan": permission_query_conditions}, user)


def review_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Reviews are seen with their plan."""
	return access.of_rows("Account Plan Review", {"Account Plan": permission_query_conditions}, user)
