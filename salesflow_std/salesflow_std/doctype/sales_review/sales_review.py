"""The sheet of a weekly meeting or a monthly review: prepared by the clock, edited in the meeting, kept (M6).

People write notes, rows of their own and actions; everything that is read-only is state, whatever a form, an import or
REST sends. A sheet that is kept changes on no path.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import access, actions, sales_review_sheet, sales_reviews, scope, versions

# What may still happen to a sheet that is kept.
_AFTERWARDS = {"sent_on", "told_on"}


class SalesReview(Document):
	def onload(self) -> None:
		self.set_onload("sheet", sales_review_sheet.of(self))

	def validate(self) -> None:
		sales_reviews.validate(self)

	def on_update(self) -> None:
		actions.REVIEW.sync(self)
		sales_reviews.flow_back(self)

	def before_change(self) -> None:
		"""Also of code that writes past `validate`."""
		if self.flags.by_app or not frappe.db.exists(self.doctype, self.name):
			return
		stored = frappe.get_doc(self.doctype, self.name)
		if stored.status == sales_reviews.KEPT and any(
			versions.plain(self, field) != versions.plain(stored, field)
			for field in (
				*versions.state_fields(self.doctype),
				*versions.content_fields(self.doctype),
			)
			if field not in _AFTERWARDS
		):
			sales_reviews.refuse_kept(stored)

	def on_trash(self) -> None:
		if self._is_kept():
			sales_reviews.refuse_kept(self)
		actions.REVIEW.end(self)

	def before_rename(self, *args: Any) -> None:
		if self._is_kept():
			sales_reviews.refuse_kept(self)

	def _is_kept(self) -> bool:
		return self.status == sales_reviews.KEPT and not frappe.flags.in_uninstall

	def before_print(self, *args: Any) -> None:
		"""Gathers what the print shows, in the language it is printed in."""
		self.sheet = sales_review_sheet.for_print(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Sheets of one's own tree; of the whole company who sees all."""
	return scope.by_sales_person("Sales Review", user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Sheets of one's own tree; of the whole company who sees all.

	Whose sheet it is counts as it is stored: a request's values stand in the document before Frappe asks.
	"""
	user = user or frappe.session.user
	named = [doc.get("sales_person")]
	if not doc.is_new():
		named.append(frappe.db.get_value(doc.doctype, doc.name, "sales_person"))
	return all(scope.sees_sales_person(one, user) for one in named)


def progress_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Progress", {"Sales Review": permission_query_conditions}, user)


def goal_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Goal", {"Sales Review": permission_query_conditions}, user)


def reason_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Reason", {"Sales Review": permission_query_conditions}, user)


def deal_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Deal", {"Sales Review": permission_query_conditions}, user)


def action_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("Sales Review Action", {"Sales Review": permission_query_conditions}, user)
