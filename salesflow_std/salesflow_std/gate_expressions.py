"""Expressions of gates: what of a document they see, and what they come to (M1).

They run in Frappe's sandbox, on top of what the engine lets through. They see ``doc`` (its fields, its tables' rows,
nothing to change and nothing to call but ``get``), ``today``, and the functions below; no database, no session.
"""

from __future__ import annotations

import hashlib
from datetime import date

import frappe
from frappe import _
from frappe.model import table_fields
from frappe.model.document import Document
from frappe.model.meta import Meta
from frappe.utils import cint, cstr, flt, get_datetime, getdate

from salesflow_std.engine import expressions as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.engine.gates import Answer
from salesflow_std.salesflow_std import messages

_HIDDEN = ("Password",)
_OF_ALL = ("name", "owner", "doctype")
# An expression that fails is logged once in so many seconds.
_LOGGED_FOR = 24 * 60 * 60


class ReadOnly:
	"""What an expression sees of a document or of a row: values, each of its field's kind; empty ones included.

	A date that is empty is None, a number 0, a text "".
	"""

	__slots__ = ("_meta", "_source")

	def __init__(self, source: Document) -> None:
		object.__setattr__(self, "_source", source)
		object.__setattr__(self, "_meta", source.meta)

	def __getattr__(self, field: str) -> object:
		return _value(self._source, self._meta, field)

	def __setattr__(self, field: str, value: object) -> None:
		raise AttributeError(field)

	def get(self, field: str) -> object:
		"""A field by its name."""
		return _value(self._source, self._meta, cstr(field))


def _value(source: Document, meta: Meta, field: str) -> object:
	if field in _OF_ALL:
		return cstr(source.get(field))
	df = meta.get_field(field)
	if not df or df.fieldtype in _HIDDEN or field.startswith("_"):
		raise AttributeError(_("{0} has no field {1}.").format(_(meta.name), field))
	value = source.get(field)
	if df.fieldtype in table_fields:
		return tuple(ReadOnly(row) for row in value or ())
	if df.fieldtype == "Date":
		return getdate(value) if value else None
	if df.fieldtype == "Datetime":
		return get_datetime(value) if value else None
	if df.fieldtype in ("Check", "Int"):
		return cint(value)
	if df.fieldtype in ("Float", "Currency", "Percent", "Rating", "Duration"):
		return flt(value)
	return cstr(value)


def _days_since(when: date) -> int:
	return (getdate() - getdate(when)).days


def _days_until(when: date) -> int:
	return (getdate(when) - getdate()).days


# What may be called, besides `doc.get`.
FUNCTIONS = {
	"any": any,
	"all": all,
	"len": len,
	"sum": sum,
	"min": min,
	"max": max,
	"abs": abs,
	"round": round,
	"int": cint,
	"float": flt,
	"days_since": _days_since,
	"days_until": _days_until,
}
CONSTANTS = ("today",)


def run(expression: str, doc: Document) -> bool:
	"""What an expression says of a document. Raises whatever goes wrong: EngineError, or any error of the expression."""
	rules.check(expression, FUNCTIONS, CONSTANTS)
	known = {**FUNCTIONS, "today": getdate(), "doc": ReadOnly(doc)}
	return bool(frappe.safe_eval(expression.strip(), known))


def ask(key: str, expression: str, doc: Document) -> Answer:
	"""As `run`; an expression that fails is answered with what is wrong, and logged once a day."""
	try:
		return Answer(run(expression, doc))
	except Exception as problem:
		_log_once(key, expression, doc)
		return Answer(problem=_say(problem))


def problem_of(expression: str, doctype: str) -> str:
	"""Why an expression could not be asked of an empty document of a doctype; "" where it could."""
	try:
		run(expression, frappe.new_doc(doctype))
	except Exception as problem:
		return _say(problem)
	return ""


def _say(problem: Exception) -> str:
	return (
		messages.say(problem) if isinstance(problem, EngineError) else cstr(problem) or type(problem).__name__
	)


def _log_once(key: str, expression: str, doc: Document) -> None:
	digest = hashlib.sha256(f"{key} {expression}".encode()).hexdigest()[:16]
	flag = f"salesflow_gate_expression:{digest}"
	if frappe.cache.get_value(flag, expires=True):
		return
	frappe.cache.set_value(flag, 1, expires_in_sec=_LOGGED_FOR)
	# A refused save is rolled back; what is put in line is written all the same.
	frappe.log_error(
		title="A gate's expression failed",
		message=f"{expression}\n\n{doc.doctype} {doc.name}\n\n{frappe.get_traceback()}",
		defer_insert=True,
	)
