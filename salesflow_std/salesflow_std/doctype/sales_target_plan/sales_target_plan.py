"""Targets of a year by quarter, month and rep (M4)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html

from salesflow_std.salesflow_std import access, scope, target_plans


class SalesTargetPlan(Document):
	def validate(self) -> None:
		self._refuse_changes()
		target_plans.check(self)
		if self.status == target_plans.DRAFT:
			target_plans.keep_closed(self)
			target_plans.set_shares(self)

	def _refuse_changes(self) -> None:
		"""What counts, or has counted, is changed by planning it anew."""
		if self.flags.by_app:
			return
		before = self.get_doc_before_save()
		self._check_whose(before)
		status = before.status if before else target_plans.DRAFT
		if status != target_plans.DRAFT:
			frappe.throw(
				_("{0} is a draft no more. Plan it anew from a month on, or withdraw it first.").format(
					escape_html(self.title)
				),
				title=_("Sales Target Plan"),
			)
		self.status, self.applied_on, self.applied_by = status, None, None
		# Only planning anew says what a plan revises: the months before are copied from there.
		self.revision_of = before.revision_of if before else None
		if not self.revision_of:
			self.plan_from = None
		elif before:
			self.plan_from = before.plan_from

	def _check_whose(self, before: Document | None) -> None:
		"""Frappe asks for the right to write what a request sends; whose plan it was counts as well."""
		if not before or self.flags.ignore_permissions:
			return
		frappe.has_permission(self.doctype, "write", doc=before, throw=True)

	def onload(self) -> None:
		if self.status == target_plans.DRAFT:
			self.set_onload("problems", target_plans.problems(self))

	def on_trash(self) -> None:
		if self.status == target_plans.APPLIED:
			frappe.throw(
				_("{0} is applied. Withdraw it first.").format(escape_html(self.title)),
				title=_("Sales Target Plan"),
			)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A plan is seen by managers who see the numbers of everybody in it."""
	seen = scope.sales_persons(user)
	if seen is None:
		return ""
	names = ", ".join(frappe.db.escape(one) for one in sorted(seen) or [""])
	return (
		"not exists (select 1 from `tabSales Target Share` share where share.parent = `tabSales Target Plan`.name "
		f"and share.sales_person not in ({names}))"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""A plan is seen by managers who see the numbers of everybody in it."""
	seen = scope.sales_persons(user)
	return seen is None or all(row.sales_person in seen for row in doc.get("shares") or ())


def share_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Target Share", {"Sales Target Plan": permission_query_conditions}, user)


def line_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Target Line", {"Sales Target Plan": permission_query_conditions}, user)
