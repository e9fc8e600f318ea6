"""The open points of an acceptance as ToDos of those who settle them (A2).

What both sides have signed stays as it is: of a ToDo only whether it is done comes back. Who does it, and until when, may
change there. A point of the customer's is a ToDo of the account manager, who asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, getdate

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import acceptance_mail
from salesflow_std.salesflow_std.actions import ActionTable, plain


@dataclass(frozen=True)
class OpenPoints(ActionTable):
	"""Points are to be done once their report is submitted, and until it is cancelled."""

	def _wanted(self, doc: Document, row: Document) -> dict:
		status = "Closed" if row.settled_on else "Open"
		if doc.docstatus != 1 and status == "Open":
			status = "Cancelled"
		if row.todo:
			return {"status": status}
		return {
			"allocated_to": owner(doc, row),
			"date": getdate(row.due_on),
			"description": _described(doc, row),
			"status": status,
		}

	def todo_changed(self, todo: Document) -> None:
		"""A point is settled with its ToDo, and open again with it."""
		row = frappe.db.get_value(self.rows, {"todo": todo.name}, ["name", "parent", self.done], as_dict=True)
		if not row or frappe.db.get_value(self.doctype, row.parent, "docstatus") != 1:
			return
		is_done = todo.status == "Closed"
		if is_done == bool(row.settled_on):
			return
		self.write(row, {"settled_on": getdate() if is_done else None})
		if is_done:
			tell_when_settled(frappe.get_doc(self.doctype, row.parent))


POINTS = OpenPoints(
	"Acceptance Report", "Acceptance Point", table="points", text="point", owner="user", done="settled_on"
)


def owner(report: Document, row: Document) -> str:
	"""Whose ToDo a point is."""
	return (row.user if row.side == rules.OURS else None) or report.allocated_to or report.owner


def _described(report: Document, row: Document) -> str:
	text = escape_html(plain(row.point)).replace("\n", "<br>")
	if row.side == rules.CUSTOMER:
		text = _("Ask {0} for it: {1}").format(escape_html(row.person or ""), text)
	return f"{text} ({escape_html(report.title)})"


def check(report: Document, before: Document | None) -> None:
	"""Before a report is saved: an owner of ours can log in, and belongs to our side alone."""
	POINTS.check(report, before)
	for row in report.points:
		row.set("person" if row.side == rules.OURS else "user", None)
		if row.settled_on and getdate(row.settled_on) > getdate():
			frappe.throw(
				_("Open point {0} cannot have been settled in the future.").format(row.idx),
				title=_("Open Points", context="Acceptance Report"),
			)


def check_signed(report: Document, before: Document) -> None:
	"""After submitting: points are settled, none comes in or goes out; that would be another report."""
	if [row.name for row in report.points] != [row.name for row in before.points]:
		frappe.throw(
			_(
				"Both sides have signed these open points. What comes up later belongs into a complaint or into the next report."
			),
			title=_("Open Points", context="Acceptance Report"),
		)
	check(report, before)


def tell_when_settled(report: Document) -> None:
	"""When the last point is settled the account manager knows it."""
	if report.points and all(row.settled_on for row in report.points):
		acceptance_mail.settled(report)
