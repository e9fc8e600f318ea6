"""One change of stage: when, by whom, after how long, and past which gates (M1). A record: made by the app, kept as it is."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import access
from salesflow_std.salesflow_std.transitions import DOCTYPE, SUBJECTS, WAYS, WAYS_INDEX


class StageTransition(Document):
	def validate(self) -> None:
		# `transitions.log` writes rows past this; whoever comes by here would write history by hand.
		frappe.throw(
			_("The log of stages is written by the moves themselves; it is not edited. Move the document."),
			title=_("Transitions Are Kept"),
		)

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			frappe.throw(
				_("The log of stages is kept. It goes with the document it is about."),
				title=_("Transitions Are Kept"),
			)


def on_doctype_update() -> None:
	"""All names of the columns together are too long for the name of an index."""
	frappe.db.add_index(DOCTYPE, list(WAYS), index_name=WAYS_INDEX)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Transitions are seen by those who see their document."""
	return access.by_reference(DOCTYPE, SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a transition needs the right to read its document."""
	return access.allows_by_reference(doc, "read", user, SUBJECTS)
