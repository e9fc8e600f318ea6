"""Writing thousands of plans at once: values go to the database as one JSON text, not one by one.

The query builder renders every value by itself; for a hundred thousand documents that takes several times
longer than the database needs to write them. `JSON_TABLE` has no builder, so these two statements are SQL.
Which rows there are and what they say is decided in `follow_ups`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import frappe
from frappe.model.dynamic_links import invalidate_distinct_link_doctypes
from frappe.utils import now_datetime
from pypika import Table
from pypika.terms import Criterion, Field, Function

_COLLATE = "character set utf8mb4 collate utf8mb4_unicode_ci"
# What alike touches share, as column of the follow-up -> type.
_SHARED = {
	"kind": f"varchar(140) {_COLLATE}",
	"due_on": "datetime(6)",
	"late_on": "datetime(6)",
	"channel": f"varchar(140) {_COLLATE}",
	"goal": f"varchar(140) {_COLLATE}",
	"value_kind": f"varchar(140) {_COLLATE}",
	"value_content": f"varchar(140) {_COLLATE}",
	"festival": f"varchar(140) {_COLLATE}",
	"policy": f"varchar(140) {_COLLATE}",
	"grade": f"varchar(140) {_COLLATE}",
}
_OWN = ("name", "reference_name", "allocated_to", "stands_in_for", "open_key", "title")


class Among(Criterion):
	"""``field IN (…)`` for thousands of texts."""

	def __init__(self, field: Field, values: Iterable[str]) -> None:
		super().__init__()
		self.field = field
		# Frappe fills in parameters afterwards, which reads % as its own.
		self.values = ",".join(frappe.db.escape(value, percent=True) for value in values) or "null"

	def nodes_(self) -> Iterable[object]:
		yield self
		yield from self.field.nodes_()

	def get_sql(self, **kwargs: object) -> str:
		return f"{self.field.get_sql(**kwargs)} IN ({self.values})"


def insert_touches(doctype: str, touches: Sequence[Mapping[str, object]]) -> int:
	"""Inserts planned touches of documents of a doctype; one that is open already stays the only one.

	Returns how many went in.
	"""
	alike: dict[tuple, list[list]] = {}
	for touch in touches:
		shared = tuple(touch.get(column) for column in _SHARED)
		alike.setdefault(shared, []).append([touch.get(column) for column in _OWN])
	text = json.dumps(
		[dict(zip(_SHARED, shared, strict=True), touches=own) for shared, own in alike.items()],
		default=_as_text,
	)
	columns = [*_OWN, *_SHARED]
	shared_paths = ", ".join(f"{column} {kind} path '$.{column}'" for column, kind in _SHARED.items())
	own_paths = ", ".join(f"{column} varchar(255) {_COLLATE} path '$[{i}]'" for i, column in enumerate(_OWN))
	frappe.db.sql(
		f"""insert ignore into `tabFollow Up`
			({", ".join(columns)}, creation, modified, owner, modified_by, docstatus, idx, reference_doctype, status)
		select {", ".join(columns)}, %(now)s, %(now)s, %(user)s, %(user)s, 0, 0, %(doctype)s, 'Planned'
		from json_table(%(touches)s, '$[*]'
			columns ({shared_paths}, nested path '$.touches[*]' columns ({own_paths}))) planned""",
		{"now": now_datetime(), "user": frappe.session.user, "doctype": doctype, "touches": text},
	)
	count = frappe.db._cursor.rowcount
	remember_links("Follow Up", [doctype])
	return count


def remember_links(doctype: str, linked: Iterable[str]) -> None:
	"""Frappe remembers what the references of a doctype point at, for renaming; SQL tells it of none that is new."""
	for other in set(linked):
		invalidate_distinct_link_doctypes(doctype, "reference_doctype", other)


def write_plans(
	doctype: str, plans: Iterable[tuple[str, datetime | None, str | None, datetime | None]]
) -> None:
	"""Writes on documents when their next touch is due and by which rhythm: (name, due, rhythm, since)."""
	columns = {"sf_next_touch_on": TIME, "sf_rhythm": "text(180)", "sf_rhythm_since": TIME}
	update_rows(doctype, columns, plans)


# Types of the columns of `update_rows` and `insert_rows`; TEXT may be given another length.
TEXT, TIME, NUMBER, FLAG = "text(140)", "datetime(6)", "decimal(21,9)", "int"


def _sql_type(kind: str) -> str:
	return f"varchar{kind.removeprefix('text')} {_COLLATE}" if kind.startswith("text") else kind


def _table(columns: Mapping[str, str], alias: str) -> str:
	paths = (f"{column} {_sql_type(kind)} path '$[{i}]'" for i, (column, kind) in enumerate(columns.items()))
	return f"json_table(%(rows)s, '$[*]' columns ({', '.join(paths)})) {alias}"


def update_rows(doctype: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
	"""Sets `columns` (with their types) of documents; each row begins with the document's name."""
	# Nothing but columns of the other table is written: MariaDB then updates as it reads, twice as fast.
	frappe.db.sql(
		f"""update {_table({"name": TEXT, **columns}, "told")}
		straight_join `tab{doctype}` subject on subject.name = told.name
		set {", ".join(f"subject.{column} = told.{column}" for column in columns)}""",
		{"rows": json.dumps(list(rows), default=_as_text)},
	)


def insert_rows(doctype: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
	"""Inserts records with these columns (and their types), without events; the time and the user are added."""
	names = ", ".join(columns)
	frappe.db.sql(
		f"""insert into `tab{doctype}` ({names}, creation, modified, owner, modified_by, docstatus, idx)
		select {names}, %(now)s, %(now)s, %(user)s, %(user)s, 0, 0 from {_table(columns, "told")}""",
		{
			"rows": json.dumps(list(rows), default=_as_text),
			"now": now_datetime(),
			"user": frappe.session.user,
		},
	)


def load(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
	"""Fills a table of this connection; `columns` with the types of the database."""
	rows = list(rows)
	if rows:
		paths = ", ".join(
			f"{column} {kind} path '$[{i}]'" for i, (column, kind) in enumerate(columns.items())
		)
		names = ", ".join(columns)
		frappe.db.sql(
			f"insert into {table} ({names}) select {names} from json_table(%(rows)s, '$[*]' columns ({paths})) told",
			{"rows": json.dumps(rows, default=_as_text)},
		)


def _as_text(value: object) -> str:
	return str(value)


# Statements that carry from one table to another what the engine has counted ---------------------------------

_AT_ONCE = 2000


class AddMicroseconds(Function):
	"""``start + INTERVAL n MICROSECOND``."""

	def __init__(self, start: object, microseconds: object) -> None:
		super().__init__("DATE_ADD", start, microseconds)

	def get_function_sql(self, **kwargs: object) -> str:
		start, microseconds = (self.get_arg_sql(arg, **kwargs) for arg in self.args)
		return f"DATE_ADD({start}, INTERVAL {microseconds} MICROSECOND)"


def fill_table(table: Table, columns: Sequence[str], rows: Sequence[tuple]) -> None:
	"""Inserts some rows into a table of this connection."""
	for i in range(0, len(rows), _AT_ONCE):
		frappe.qb.into(table).columns(*columns).insert(*rows[i : i + _AT_ONCE]).run()
