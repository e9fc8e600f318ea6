"""Actions of a document, each with owner and due date, as ToDos of their owners, both ways (L10, S6).

Account plans, meeting minutes and sales reviews (M6) hold such a table, and so do the weeks of a delivery with what was
promised (A1). What is done, reassigned or put off in the ToDo is so in the document and the other way round; whoever has
to do it need not see the document. An action may stand for a touch with the customer as well; then a Follow Up is planned for it
(`minutes`) and My Day shows that one alone.
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
	"""A table of a doctype: its rows, and in which statuses of the document open ones are to be done.

	No statuses: always. `with_follow_ups`: an action may be a touch with the customer. `table`, `text` and `owner` name
	the fields of the table, of what is to be done and of who does it. Rows with no status of their own are done when
	their field `done`, a Check or a Date, is set; of these, those without an owner, or of the customer's `side`, are
	nobody's ToDo. `dropped` is what the table calls an action that nobody does any more.
	"""

	doctype: str
	rows: str
	held_in: tuple[str, ...] = ()
	with_follow_ups: bool = False
	table: str = "actions"
	text: str = "action"
	owner: str = "allocated_to"
	done: str = ""
	dropped: str = CANCELLED

	# The document ------------------------------------------------------------------------------------------

	def check(self, doc: Document, before: Document | None, ended: bool = False) -> None:
		"""Puts the rows' state in order; refuses owners who cannot log in. With `ended` open actions are cancelled."""
		known = {row.name: row for row in before.get(self.table)} if before else {}
		for row in doc.get(self.table):
			old = known.get(row.name)
			for field in _STATE:
				row.set(field, old.get(field) if old else None)
			if not self.done:
				_check_status(row, old, ended)
			user = row.get(self.owner)
			if user and (not old or old.get(self.owner) != user) and not reps.is_enabled(user):
				frappe.throw(
					_("Row {0}: {1} is disabled and cannot do it.").format(
						row.idx, escape_html(get_fullname(user))
					),
					title=_("Actions", context="Salesflow"),
				)

	def sync(self, doc: Document) -> None:
		"""Makes the ToDos say what the actions say: every open one that is to be done is a ToDo of its owner."""
		kept = {row.todo for row in doc.get(self.table)}
		for row in gone(doc, self.table):
			if row.todo and row.todo not in kept:
				_set_todo(row.todo, {"status": _STATUS_OF_TODO[CANCELLED]})
		for row in doc.get(self.table):
			wanted = self._wanted(doc, row)
			if row.todo and frappe.db.exists("ToDo", row.todo):
				_set_todo(row.todo, wanted)
			elif wanted["status"] == "Open":
				row.db_set("todo", _make_todo(doc, wanted), update_modified=False)

	def _wanted(self, doc: Document, row: Document) -> dict:
		"""What the ToDo of a row is to say."""
		status = row.status if not self.done else DONE if row.get(self.done) else OPEN
		ours = row.get(self.owner) and row.get("side") != "Customer"
		if status == OPEN and not (ours and self._holds(doc.get("status"))):
			status = CANCELLED
		if not ours:
			return {"status": _todo_status(status)}
		return {
			"allocated_to": row.get(self.owner),
			"date": getdate(row.due_on) if row.due_on else None,
			"description": _described(doc, row.get(self.text)),
			"status": _todo_status(status),
		}

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
		state = (self.done,) if self.done else ("status", "done_on")
		row = frappe.db.get_value(
			self.rows,
			{"todo": todo.name, "parentfield": self.table},
			["name", "parent", self.owner, "due_on", *state],
			as_dict=True,
		)
		if not row:
			return None
		if self.held_in and not self._holds(frappe.db.get_value(self.doctype, row.parent, "status")):
			return None
		wanted = {
			self.owner: todo.allocated_to or row[self.owner],
			"due_on": getdate(todo.date) if todo.date else row.due_on,
			**self._as_in(todo, row),
		}
		if all(row[field] == value for field, value in wanted.items()):
			return None
		self.write(row, wanted)
		return row

	def _as_in(self, todo: Document, row: frappe._dict) -> dict:
		"""How a ToDo says that its row stands."""
		if not self.done:
			status = _STATUS_OF_ACTION.get(todo.status, row.status)
			if status == CANCELLED:
				# What was dropped by another name, as carried over, is so still.
				status = row.status if row.status not in (OPEN, DONE) else self.dropped
			return {"status": status, "done_on": (row.done_on or getdate()) if status == DONE else None}
		is_done = todo.status == _STATUS_OF_TODO[DONE]
		if self._is_ticked():
			return {self.done: int(is_done)}
		return {self.done: (row[self.done] or getdate()) if is_done else None}

	def _is_ticked(self) -> bool:
		"""Whether `done` is a tick, not a day."""
		return frappe.get_meta(self.rows).get_field(self.done).fieldtype == "Check"

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
			.select(action[self.text].as_("action"), action.due_on, action.todo)
			.select(doc.title, doc.name.as_("parent"), action.idx)
			.where((action[self.owner] == user) & self._is_open(action) & (action.due_on <= today))
			.where(action.parentfield == self.table)
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

	def _is_open(self, action: DocType) -> Criterion:
		if not self.done:
			return action.status == OPEN
		return action[self.done] == 0 if self._is_ticked() else action[self.done].isnull()


ACCOUNT_PLAN = ActionTable("Account Plan", "Account Plan Action", held_in=("Active",))
MINUTES = ActionTable("Meeting Minutes", "Minutes Action", with_follow_ups=True)
# What was promised in a week is to be done once the week is told (A1).
PROMISES = ActionTable(
	"Delivery Sync",
	"Delivery Sync Promise",
	held_in=("Done",),
	table="promises",
	text="promise",
	owner="user",
	done="kept",
)
# What a sales review has agreed is to be done once it is kept (M6).
REVIEW = ActionTable(
	"Sales Review", "Sales Review Action", held_in=("Kept",), owner="responsible", dropped="Dropped"
)
TABLES = {table.doctype: table for table in (ACCOUNT_PLAN, MINUTES, PROMISES, REVIEW)}


def _todo_status(status: str) -> str:
	"""How a ToDo calls the status of an action; whatever is neither open nor done is cancelled."""
	return _STATUS_OF_TODO.get(status, _STATUS_OF_TODO[CANCELLED])


def gone(doc: Document, table: str = "actions") -> list[Document]:
	"""The actions that were taken out of a document when it was saved."""
	before = doc.get_doc_before_save()
	kept = {row.name for row in doc.get(table)}
	return [row for row in before.get(table) if row.name not in kept] if before else []


def _check_status(row: Document, old: Document | None, ended: bool) -> None:
	row.status = row.status or OPEN
	if ended and row.status == OPEN:
		row.status = CANCELLED
	if row.status != DONE:
		row.done_on = None
	elif not (old and old.status == DONE):
		row.done_on = getdate()
	else:
		row.done_on = old.done_on


def plain(action: str) -> str:
	"""An action as it was typed: Frappe keeps < and > of what looks like a tag as entities."""
	return html.unescape(action).strip()


def one_line(action: str) -> str:
	"""An action as a title: one line of at most 140 characters."""
	return " ".join(plain(action).split())[:140]


def _described(doc: Document, action: str) -> str:
	text = escape_html(plain(action)).replace("\n", "<br>")
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


def set_todo_status(name: str | None, status: str) -> None:
	"""Makes a ToDo say how its action stands."""
	_set_todo(name, {"status": _todo_status(status)})


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
		"label": _("Actions and Promises"),
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
