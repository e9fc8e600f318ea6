"""The ToDo of a loss analysis: open while the causes or the offer are to be found, with whoever looks after it (P6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, getdate

from salesflow_std.engine import loss
from salesflow_std.salesflow_std import notices


def follow(doc: Document) -> None:
	"""Makes the ToDo say what the analysis says."""
	name = frappe.db.get_value("ToDo", _of(doc) | {"status": "Open"}, "name", order_by="creation")
	if doc.status not in loss.TO_DO:
		if name:
			_write(name, {"status": "Closed"})
		return
	wanted = {"allocated_to": doc.allocated_to, "date": getdate(doc.due_on) if doc.due_on else None}
	if name:
		_write(name, wanted)
		return
	with notices.in_language(notices.language_of(doc.allocated_to)):
		text = _("Find out why {0} has fallen silent, and what could win them back").format(
			escape_html(doc.title)
		)
	todo = frappe.get_doc({"doctype": "ToDo", "description": text, **_of(doc), **wanted})
	todo.insert(ignore_permissions=True)


def end(doc: Document) -> None:
	"""Before an analysis is deleted: nobody is to do what nothing asks for."""
	for name in frappe.get_all("ToDo", filters=_of(doc) | {"status": "Open"}, pluck="name", order_by="name"):
		_write(name, {"status": "Cancelled"})


def _of(doc: Document) -> dict[str, str]:
	return {"reference_type": doc.doctype, "reference_name": doc.name}


def _write(name: str, values: dict[str, object]) -> None:
	todo = frappe.get_doc("ToDo", name)
	if any(todo.get(field) != value for field, value in values.items()):
		todo.update(values)
		todo.save(ignore_permissions=True)
