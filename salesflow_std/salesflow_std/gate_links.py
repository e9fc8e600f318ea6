"""How documents of one doctype point at those of another, and counting those that do (M1: Linked Document)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe.model.document import Document
from frappe.utils import cint, strip_html

# More than that are not counted.
_MOST = 100


@dataclass(frozen=True)
class Pointer:
	"""A field of a doctype that can point at another: in a row of `table` where that is given, together with the
	field that names the doctype where it is a dynamic link."""

	field: str
	type_field: str = ""
	table: str = ""
	row_doctype: str = ""

	@property
	def path(self) -> str:
		"""As administrators write it: ``opportunity``, ``event_participants.reference_docname``."""
		return f"{self.table}.{self.field}" if self.table else self.field


def pointers(doctype: str, target: str) -> list[Pointer]:
	"""The fields by which documents of a doctype can point at one of `target`, the plainest first."""
	meta = frappe.get_meta(doctype)
	found = list(_of(doctype, target))
	for table in meta.get_table_fields():
		found.extend(
			Pointer(one.field, one.type_field, table.fieldname, table.options)
			for one in _of(table.options, target)
		)
	return sorted(found, key=lambda one: (bool(one.table), bool(one.type_field)))


def _of(doctype: str, target: str) -> Iterator[Pointer]:
	meta = frappe.get_meta(doctype)
	for df in meta.fields:
		if df.fieldtype == "Link" and df.options == target:
			yield Pointer(df.fieldname)
		elif df.fieldtype == "Dynamic Link":
			kind = meta.get_field(df.options)
			if kind and _may_name(kind, target):
				yield Pointer(df.fieldname, df.options)


def _may_name(df: object, target: str) -> bool:
	"""Whether a field that names a doctype can name this one: a list of choices may leave it out."""
	return df.fieldtype != "Select" or target in (df.options or "").split("\n")


def pointer(doctype: str, target: str, path: str = "") -> Pointer | None:
	"""The field that is written down, else the only one that can point there, or the only plain link among several.

	None where there is none, or where several could be meant.
	"""
	found = pointers(doctype, target)
	if path:
		return next((one for one in found if one.path == path), None)
	plain = [one for one in found if not one.table and not one.type_field]
	for among in (plain, found):
		if len(among) == 1:
			return among[0]
	return None


def read_filters(text: str | None, doctype: str) -> list[list]:
	"""Filters as the desk's dialog and administrators write them: rows of three values, or of four with the doctype.

	Raises ValueError where they are none.
	"""
	try:
		given = json.loads(text or "[]")
	except json.JSONDecodeError as problem:
		raise ValueError(str(problem)) from None
	if isinstance(given, dict):
		given = [
			[field, *(value if isinstance(value, list) else ("=", value))] for field, value in given.items()
		]
	if not isinstance(given, list):
		raise ValueError(text)
	rows = []
	for row in given:
		if not isinstance(row, list) or len(row) < 3:
			raise ValueError(json.dumps(row))
		# The dialog's rows end with whether they are hidden.
		rows.append(row[:4] if len(row) > 3 and frappe.db.exists("DocType", row[0]) else [doctype, *row[:3]])
	return rows


def count(
	doctype: str, doc: Document, path: str = "", filters: str | None = None, least: int = 1
) -> int | None:
	"""How many documents point at one and pass the filters, as far as `least` needs it; None where none can.

	One query. Raises ValueError for filters that cannot be used.
	"""
	by = pointer(doctype, doc.doctype, path)
	if not by:
		return None
	rows = read_filters(filters, doctype)
	if doc.is_new() or not doc.name:
		return 0
	where = by.row_doctype or doctype
	rows.append([where, by.field, "=", doc.name])
	if by.type_field:
		rows.append([where, by.type_field, "=", doc.doctype])
	return len(set(_names(doctype, rows, min(max(cint(least), 1), _MOST))))


def _names(doctype: str, rows: list[list], limit: int) -> list[str]:
	"""Raises ValueError for filters that name a field which is not there."""
	try:
		return frappe.get_all(
			doctype,
			filters=rows,
			pluck="name",
			distinct=True,
			order_by=f"`tab{doctype}`.name",
			limit=limit,
		)
	except frappe.ValidationError as problem:
		frappe.clear_last_message()
		raise ValueError(strip_html(str(problem)) or type(problem).__name__) from None
	except Exception as problem:
		if frappe.db.is_missing_column(problem) or frappe.db.is_table_missing(problem):
			raise ValueError(str(problem)) from None
		raise


def problem_of(doctype: str, filters: str | None) -> str:
	"""Why filters cannot be used on a doctype; "" where they can. One query."""
	try:
		_names(doctype, read_filters(filters, doctype), 1)
	except ValueError as problem:
		return str(problem)
	return ""
