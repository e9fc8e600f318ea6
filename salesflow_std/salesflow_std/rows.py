"""Rows of tables whose rules stand in their document."""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document


class RowOfDocument(Document):
	"""A row that changes with its document only (A1, C2, C5, M1, N4, P2, P4).

	Over REST Frappe saves and deletes a single row without asking its document what it thinks of it: a need that
	the customer has confirmed could be written anew. The document itself calls none of these for its rows.
	"""

	def validate(self) -> None:
		self._refuse()

	def before_update_after_submit(self) -> None:
		"""As `validate`, of a document that is submitted."""
		self._refuse()

	def before_cancel(self) -> None:
		self._refuse()

	def on_trash(self) -> None:
		self._refuse()

	def _refuse(self) -> NoReturn:
		frappe.throw(
			_("A row is changed with its document. Change {0} instead.").format(
				frappe.utils.escape_html(self.parent or "")
			),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
