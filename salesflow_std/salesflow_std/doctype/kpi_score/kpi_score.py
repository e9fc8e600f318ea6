"""What a rep has earned in a month that is closed: made by the app, kept as it is (M5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import access, scope


class KPIScore(Document):
	def validate(self) -> None:
		self._refuse_others()

	def on_trash(self) -> None:
		self._refuse_others()

	def before_rename(self, *args: object) -> None:
		self._refuse_others()

	def _refuse_others(self) -> None:
		if not self.flags.by_app:
			frappe.throw(
				_("KPI scores are made by closing a month, and stay as they are."),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""One's own and one's tree's."""
	return scope.by_sales_person("KPI Score", user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""One's own and one's tree's."""
	return scope.sees_sales_person(doc.sales_person, user)


def line_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen by those who see what they stand in."""
	return access.of_rows("KPI Score Line", {"KPI Score": permission_query_conditions}, user)
