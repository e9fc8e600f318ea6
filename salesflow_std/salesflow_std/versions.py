"""Documents in versions: what people write of them, what the app writes, and how versions hang together (N4, S2).

A version that somebody was shown stays as it was; what changes goes into the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import frappe
from frappe.model.document import Document
from frappe.utils import cint, cstr, flt, get_datetime

_LAYOUT = ("Section Break", "Column Break", "Tab Break", "HTML")
_NUMBERS = ("Float", "Currency", "Percent")


def state_fields(doctype: str) -> list[str]:
	"""The fields that only the app writes."""
	return [
		df.fieldname
		for df in frappe.get_meta(doctype).fields
		if df.read_only and df.fieldtype not in _LAYOUT and df.fieldtype != "Table"
	]


def content_fields(doctype: str) -> list[str]:
	"""The fields that people write, tables left out."""
	return [
		df.fieldname
		for df in frappe.get_meta(doctype).fields
		if not df.read_only and df.fieldtype not in _LAYOUT and df.fieldtype != "Table"
	]


def plain(doc: Document, field: str) -> object:
	"""The value of a field in a form that can be compared, however it was sent."""
	value, kind = doc.get(field), doc.meta.get_field(field).fieldtype
	if kind in ("Check", "Int"):
		return cint(value)
	if kind in _NUMBERS:
		return flt(value, doc.precision(field))
	if kind == "Datetime":
		return get_datetime(value).replace(microsecond=0) if value else None
	return cstr(value).strip()


def content(doc: Document, tables: Mapping[str, str], besides: Collection[str] = ()) -> dict:
	"""All that people wrote into a document and its `tables` (field -> doctype), in a form that can be compared."""
	told = {field: plain(doc, field) for field in content_fields(doc.doctype) if field not in besides}
	for table, doctype in tables.items():
		fields = content_fields(doctype)
		told[table] = [{field: plain(row, field) for field in fields} for row in doc.get(table)]
	return told


def keep_state(doc: Document, before: Document | None) -> None:
	"""Puts back what only the app writes, whatever a form, an import or REST sends."""
	for field in state_fields(doc.doctype):
		doc.set(field, before.get(field) if before else None)


def earlier(doctype: str, name: str) -> list[str]:
	"""The versions before a document, the latest first."""
	found: list[str] = []
	before = frappe.db.get_value(doctype, name, "previous_version")
	while before and before not in found:
		found.append(before)
		before = frappe.db.get_value(doctype, before, "previous_version")
	return found


def next_name(previous: Document) -> str:
	"""What the next version is called: NEEDS-2026-00001, NEEDS-2026-00001-2, …-3."""
	root = previous.name if cint(previous.version) <= 1 else previous.name.rpartition("-")[0]
	return f"{root}-{cint(previous.version) + 1}"


def untie(doc: Document) -> None:
	"""Before a version is deleted: its neighbours point at each other instead."""
	for link, other in (("next_version", None), ("previous_version", doc.previous_version)):
		for name in frappe.get_all(doc.doctype, filters={link: doc.name}, pluck="name", order_by="name"):
			frappe.db.set_value(doc.doctype, name, link, other)
