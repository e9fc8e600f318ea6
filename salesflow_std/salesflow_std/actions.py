"""Actions of a document, each with owner and due date, as ToDos of their owners, both ways (L10, S6).

Account plans and meeting minutes hold such a table. What is done, reassigned or put off in the ToDo is so in the
document and the other way round; whoever has to do it need not see the document. An action may stand for a touch
with the customer as well; then a Follow Up is planned for it (`minutes`) and My Day shows that one alone.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import escape_html, get_fullname, getdate, now, strip_html
from pypika import analytics
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import access, reps

OPEN, DONE, CANCELLED = "Open", "Done", "Cancelled"

_STATUS_OF_TODO = {OPEN: "Open", DONE: "Closed", CANCELLED: "Cancelled"}
_STATUS_OF_ACTION = {todo: action for action, todo in _STATUS_OF_TODO.items()}
# What only the app writes of an action.
_STATE = ("todo", "follow_up")
_ROWS = 10


@dataclass(frozen=True)
class ActionTable:
	"""The table `actions` of a doctype: its rows, and in which statuses of the document open ones are to be done.

	No statuses: always. `with_follow_ups`: an action may be a touch with the customer.
	"""

	doctype: str
	rows: str
	held_in: tuple[str, ...] = ()
	with_follow_ups: bool = False

	# The document ------------------------------------------------------------------------------------------

	def check(self, doc: Document, before: Document | None, ended: bool = False) -> None:
		"""Puts the rows' state in order; refuses owners who cannot log in. With `ended` open actions are cancelled."""
		known = {row.name: row for row in before.actions} if before else {}
		for row in doc.actions:
			old = known.get(row.name)
			for field in _STATE:
				row.set(field, old.get(field) if old else None)
			row.status = row.status or OPEN
			if ended and row.status == OPEN:
				row.status = CANCELLED
			if row.status != DONE:
				row.done_on = None
			elif not (old and old.status == DONE):
				row.done_on = getdate()
			else:
				row.done_on = old.done_on
			if (not old or old.allocated_to != row.allocated_to) and not reps.is_enabled(row.allocated_to):
				frappe.throw(
					_("Row {0}: {1} is disabled and cannot do it.").format(
						row.idx, escape_html(get_fullname(row.allocated_to))
					),
					title=_("Actions", context="Salesflow"),
				)

	def sync(self, doc: Document) -> None:
		"""Makes the ToDos say what the actions say: every open one that is to be done is a ToDo of its owner."""
		kept = {row.todo for row in doc.actions}
		for row in gone(doc):
			if row.todo and row.todo not in kept:
				_set_todo(row.todo, {"status": _STATUS_OF_TODO[CANCELLED]})
		for row in doc.actions:
			wanted = {
				"allocated_to": row.allocated_to,
				"date": getdate(row.due_on),
				"description": _described(doc, row),
				"status": _STATUS_OF_TODO[row.status],
			}
			if row.status == OPEN and not self._holds(doc.get("status")):
				wanted["status"] = _STATUS_OF_TODO[CANCELLED]
			if row.todo and frappe.db.exists("ToDo", row.todo):
				_set_todo(row.todo, wanted)
			elif wanted["status"] == "Open":
				row.db_set("todo", _make_todo(doc, wanted), update_modified=False)

	def _holds(self, status: str | None) -> bool:
		return not self.held_in or status in self.held_in

	def end(self, doc: Document) -> None:
		"""Before a document is deleted: nobody is to do what nothing asks for."""
		frappe.db.set_value(
			"ToDo",
			{"reference_type": self.doctype, "reference_name": doc.name, "status": "Open"},
			"status",
			"Cancelled",
		)

	# The ToDo ----------------------------------------------------------------------------------------------

	def todo_changed(self, todo: Document) -> frappe._dict | None:
		"""Writes what happened to a ToDo onto its action: closed, reassigned, put off.

		Returns the row as it is then where that changed it: ``{"name", "parent", "status", …}``.
		"""
		row = frappe.db.get_value(
			self.rows,
			{"todo": todo.name},
			["name", "parent", "status", "allocated_to", "due_on", "done_on"],
			as_dict=True,
		)
		if not row:
			return None
		if self.held_in and not self._holds(frappe.db.get_value(self.doctype, row.parent, "status")):
			return None
		status = _STATUS_OF_ACTION.get(todo.status, row.status)
		wanted = {
			"status": status,
			"allocated_to": todo.allocated_to or row.allocated_to,
			"due_on": getdate(todo.date) if todo.date else row.due_on,
			"done_on": (row.done_on or getdate()) if status == DONE else None,
		}
		if all(row[field] == value for field, value in wanted.items()):
			return None
		self.write(row, wanted)
		return row

	def todo_deleted(self, todo: Document) -> None:
		"""An open action whose ToDo was deleted gets a new one when the document is saved next."""
		self._forget("todo", todo.name)

	def follow_up_deleted(self, follow_up: str) -> None:
		"""As `todo_deleted`, of a follow-up."""
		self._forget("follow_up", follow_up)

	def _forget(self, field: str, name: str) -> None:
		row = frappe.db.get_value(self.rows, {field: name}, ["name", "parent"], as_dict=True)
		if row:
			self.write(row, {field: None})

	def done_by(self, follow_up: str) -> frappe._dict | None:
		"""The open action that a follow-up stands for is done, and its ToDo with it; returns its row.

		Does nothing the second time.
		"""
		row = frappe.db.get_value(
			self.rows, {"follow_up": follow_up, "status": OPEN}, ["name", "parent", "todo"], as_dict=True
		)
		if row:
			self.write(row, {"status": DONE, "done_on": getdate()})
			_set_todo(row.todo, {"status": _STATUS_OF_TODO[DONE]})
		return row

	def write(self, row: frappe._dict, values: dict) -> None:
		"""Writes a row past its document: whoever closes a ToDo need not be able to save where it came from."""
		frappe.db.set_value(self.rows, row.name, values, update_modified=False)
		row.update(values)
		# A form that was open before would save the old row back; it is told so instead.
		frappe.db.set_value(self.doctype, row.parent, "modified", now(), update_modified=False)
		frappe.get_doc(self.doctype, row.parent).notify_update()

	# My Day ------------------------------------------------------------------------------------------------

	def due(self, user: str, today: date) -> QueryBuilder | None:
		"""The open actions of a user that are due, of documents that the caller may see; their own all."""
		doc, action = DocType(self.doctype), DocType(self.rows)
		query = (
			frappe.qb.from_(action)
			.join(doc)
			.on(doc.name == action.parent)
			.select(action.action, action.due_on, action.todo, doc.title, doc.name.as_("parent"), action.idx)
			.where((action.allocated_to == user) & (action.status == OPEN) & (action.due_on <= today))
		)
		if self.held_in:
			query = query.where(doc.status.isin(self.held_in))
		if self.with_follow_ups:
			# What stands on the day as a touch does not stand there twice.
			touch = DocType("Follow Up")
			query = (
				query.left_join(touch)
				.on(
					(touch.name == action.follow_up)
					& (touch.status == "Planned")
					& (touch.allocated_to == user)
				)
				.where(touch.name.isnull())
			)
		if user == frappe.session.user:
			return query
		match = access.readable(self.doctype, frappe.session.user)
		if match is None:
			return None
		return query.where(Criterion.all([LiteralValue(f"({match})")])) if match else query


ACCOUNT_PLAN = ActionTable("Account Plan", "Account Plan Action", held_in=("Active",))
MINUTES = ActionTable("Meeting Minutes", "Minutes Action", with_follow_ups=True)
TABLES = {table.doctype: table for table in (ACCOUNT_PLAN, MINUTES)}


def gone(doc: Document) -> list[Document]:
	"""The actions that were taken out of a document when it was saved."""
	before = doc.get_doc_before_save()
	kept = {row.name for row in doc.actions}
	return [row for row in before.actions if row.name not in kept] if before else []


def plain(action: str) -> str:
	"""An action as it was typed: Frappe keeps < and > of what looks like a tag as entities."""
	return html.unescape(action).strip()


def one_line(action: str) -> str:
	"""An action as a title: one line of at most 140 characters."""
	return " ".join(plain(action).split())[:140]


def _described(doc: Document, row: Document) -> str:
	text = escape_html(plain(row.action)).replace("\n", "<br>")
	return f"{text} ({escape_html(doc.title)})"


def _make_todo(doc: Document, values: dict) -> str:
	todo = frappe.get_doc(
		{
			"doctype": "ToDo",
			"reference_type": doc.doctype,
			"reference_name": doc.name,
			"assigned_by": frappe.session.user,
			**values,
		}
	)
	todo.flags.from_actions = True
	return todo.insert(ignore_permissions=True).name


def _set_todo(name: str | None, values: dict) -> None:
	if not name or not frappe.db.exists("ToDo", name):
		return
	todo = frappe.get_doc("ToDo", name)
	changed = {
		field: value
		for field, value in values.items()
		if (getdate(todo.get(field)) if field == "date" and todo.get(field) else todo.get(field)) != value
	}
	# What reads the same is left: ToDo keeps its text as an editor wrote it.
	if "description" in changed and strip_html(todo.description or "") == strip_html(changed["description"]):
		del changed["description"]
	if changed:
		todo.update(changed)
		todo.flags.from_actions = True
		todo.save(ignore_permissions=True)


def due(user: str, now: datetime) -> dict | None:
	"""My Day: the open actions that a user is to do today or should have done, in one query (L10, S6).

	They are shown to whoever has to do them, and to nobody who may not see the document beside them.
	"""
	today = now.date()
	parts = [part for part in (table.due(user, today) for table in TABLES.values()) if part]
	if not parts:
		return None
	rows = _together(parts)
	if not rows:
		return None
	filters = urlencode({"allocated_to": user, "status": "Open"})
	of = quote(frappe.as_json(["in", ",".join(TABLES)], indent=None))
	return {
		"key": "actions",
		"label": _("Actions of Plans and Minutes"),
		"total": rows[0].total,
		"all": f"/app/todo?{filters}&reference_type={of}",
		"rows": [
			{
				"title": one_line(row.action),
				"route": f"/app/todo/{quote(row.todo)}" if row.todo else "",
				**when_due(row.due_on, today),
				"detail": row.title,
			}
			for row in rows
		],
	}


def _together(parts: Iterable[QueryBuilder]) -> list[frappe._dict]:
	first, *others = parts
	for other in others:
		first = first * other
	found = first.as_("found")
	return (
		frappe.qb.from_(found)
		.select(found.action, found.due_on, found.todo, found.title)
		.select(analytics.Count("*").over().as_("total"))
		.orderby(found.due_on, found.parent, found.idx)
		.limit(_ROWS)
		.run(as_dict=True)
	)


def when_due(day: date, today: date) -> dict[str, str]:
	"""How My Day says that something is due: ``{"tone", "why"}``."""
	if day == today:
		return {"tone": "orange", "why": _("Due today")}
	return {"tone": "red", "why": _("Due since {0}").format(frappe.format(day, {"fieldtype": "Date"}))}
