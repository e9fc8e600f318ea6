"""What a sales process must keep to before it is saved: stages in order, gates that can be asked, clear mappings (M1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import frappe
from frappe import _
from frappe.model import no_value_fields, table_fields
from frappe.model.document import Document
from frappe.utils import cint, cstr, escape_html, flt, now_datetime

from salesflow_std.engine import gates as rules
from salesflow_std.engine import stages, worktime
from salesflow_std.salesflow_std import company_facts, gate_expressions, gate_facts, gate_links
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.messages import refuse

# A deal goes from one document to the next in this order.
_ORDER = (stages.LEAD, stages.OPPORTUNITY, stages.CUSTOMER)
# Which fields of a gate's row belong to which kind; those of others are emptied.
PARTS: dict[str, tuple[str, ...]] = {
	rules.FIELDS_FILLED: ("fieldnames",),
	rules.GRADE: ("grade",),
	rules.CONTRACT: ("contract_state",),
	rules.FILE: ("file_name_like",),
	rules.LINKED: ("linked_doctype", "link_field", "linked_filters"),
	rules.EXPRESSION: ("expression",),
}
# Kinds that only some documents can be asked.
_ONLY_ON = {
	rules.FIRST_TOUCH: (stages.LEAD, stages.OPPORTUNITY),
	rules.CONTRACT: (stages.OPPORTUNITY,),
}
_LAYOUT = tuple(kind for kind in no_value_fields if kind not in table_fields)


def check(process: Document) -> None:
	"""Raises ValidationError with the row and what is wrong with it; tidies what the rows hold."""
	_check_stages(process)
	lives_on = {row.stage: row.lives_on for row in process.stages}
	for row in process.get("gates") or ():
		_check_stage_of(row, lives_on)
		if row.mode != rules.OFF:
			_check_or_turn_off(row, lives_on[row.stage], process)
	_check_mappings(process, lives_on)


def _refuse(row: Document, title: str, text: str) -> NoReturn:
	frappe.throw(_("Row {0}: ").format(row.idx) + text, title=title)


# Stages ----------------------------------------------------------------------------------------------------


def _check_stages(process: Document) -> None:
	seen: set[str] = set()
	last, final = 0, None
	for row in process.stages:
		if row.stage in seen:
			_refuse(
				row, _("Stage Twice"), _("{0} is a stage of this process already.").format(_name(row.stage))
			)
		seen.add(row.stage)
		place = _ORDER.index(row.lives_on) if row.lives_on in _ORDER else last
		if place < last:
			_refuse(
				row,
				_("Order of the Stages"),
				_("Stages of leads come first, then those of opportunities, then those of customers."),
			)
		last = place
		if final and row.lives_on == stages.OPPORTUNITY and not cint(row.retired):
			_refuse(
				row, _("Order of the Stages"), _("No stage of opportunities comes after the one that is won.")
			)
		if cint(row.is_final):
			if row.lives_on != stages.OPPORTUNITY:
				_refuse(
					row, _("Won", context="Sales Process Stage"), _("An opportunity is won, nothing else.")
				)
			final = row
		if flt(row.probability) > 100 or flt(row.probability) < 0:
			_refuse(
				row,
				_("Probability", context="Sales Process Stage"),
				_("A probability is between 0 and 100 %."),
			)
		_check_period(row.longest_stay, row.longest_stay_unit, process, _("Row {0}: ").format(row.idx))
		_check_key_fields(row)
	if all(cint(row.retired) for row in process.stages):
		frappe.throw(_("At least one stage is in use."), title=_("Stages", context="Sales Process"))
	_check_period(process.escalate_amount, process.escalate_unit, process, "")


def _check_period(amount: object, unit: str | None, process: Document, where: str) -> None:
	amount = flt(amount, 2)
	if not amount:
		return
	whole = int(amount) if amount == int(amount) else amount
	try:
		worktime.add(now_datetime(), whole, unit or "Working Days", working_calendar(process.company))
	except worktime.CalendarError as problem:
		refuse(problem, _("Longest Stay", context="Sales Process Stage"), prefix=where)


def _check_key_fields(row: Document) -> None:
	names = [name for names in rules.read_fields(row.key_fields) for name in names]
	row.key_fields = "\n".join(names) or None
	for name in names:
		_check_field(row, row.lives_on, name)


def _check_field(row: Document, doctype: str, name: str) -> None:
	field = frappe.get_meta(doctype).get_field(company_facts.column_of(doctype, name))
	if not field or field.fieldtype in _LAYOUT:
		_refuse(
			row,
			_("Field Not Found"),
			_("{0} has no field {1}.").format(_(doctype), frappe.bold(escape_html(name))),
		)


def fields_of(doctype: str) -> list[dict]:
	"""The fields that a gate can ask for: ``[{"value", "label", "description"}]``, by their labels."""
	fields = [df for df in frappe.get_meta(doctype).fields if df.label and df.fieldtype not in _LAYOUT]
	named = [
		{"value": df.fieldname, "label": _(df.label, context=df.parent), "description": df.fieldname}
		for df in fields
	]
	return sorted(named, key=lambda field: field["label"].casefold())


def _name(stage: str | None) -> str:
	return frappe.bold(escape_html(_(stage or "")))


# Gates -----------------------------------------------------------------------------------------------------


def _check_stage_of(row: Document, lives_on: dict[str, str]) -> None:
	if row.stage not in lives_on:
		_refuse(row, _("Stage Not Found"), _("{0} is no stage of this process.").format(_name(row.stage)))
	for kind, fields in PARTS.items():
		if kind != row.kind:
			row.update(dict.fromkeys(fields))


def _check_or_turn_off(row: Document, doctype: str, process: Document) -> None:
	"""A shipped gate that cannot be asked on this site (other grades, other fields) is off there."""
	try:
		_check_gate(row, doctype, process)
	except frappe.ValidationError:
		if not process.flags.shipped:
			raise
		frappe.clear_last_message()
		row.mode = rules.OFF


def _check_gate(row: Document, doctype: str, process: Document) -> None:
	if doctype not in _ONLY_ON.get(row.kind, _ORDER):
		_refuse(
			row,
			_("Gate Cannot Be Asked"),
			_("{0} cannot be asked of a document of the type {1}, which stands in {2}.").format(
				_(row.kind, context="Sales Process Gate"), _(doctype), _name(row.stage)
			),
		)
	if checks := _CHECKS.get(row.kind):
		checks(row, doctype, process)


def _check_fields(row: Document, doctype: str, process: Document) -> None:
	asked = rules.read_fields(row.fieldnames)
	if not asked:
		_refuse(row, _("Fields Filled", context="Sales Process Gate"), _("Name at least one field."))
	for names in asked:
		for name in names:
			_check_field(row, doctype, name)
	row.fieldnames = "\n".join(f" {rules.EITHER} ".join(names) for names in asked)


def _check_grade(row: Document, doctype: str, process: Document) -> None:
	row.grade = cstr(row.grade).strip()
	known = grades_of(doctype)
	if row.grade not in known:
		_refuse(
			row,
			_("Grade at Least", context="Sales Process Gate"),
			_("{0} is no grade of an enabled scoring model for {1}. There are: {2}").format(
				frappe.bold(escape_html(row.grade or "?")), _(doctype), escape_html(", ".join(known)) or "–"
			),
		)


def grades_of(doctype: str) -> list[str]:
	"""The grades of a doctype's enabled scoring models, the best first."""
	models = frappe.get_all(
		"Scoring Model", filters={"applies_to": doctype, "enabled": 1}, pluck="name", order_by="name"
	)
	return list(dict.fromkeys(grade for model in models for grade in gate_facts.grades(model)))


def _check_contract(row: Document, doctype: str, process: Document) -> None:
	if row.contract_state not in rules.CONTRACT_STEPS:
		_refuse(
			row,
			_("Contract in State", context="Sales Process Gate"),
			_("Say how far the contract has to be."),
		)


def _check_linked(row: Document, doctype: str, process: Document) -> None:
	title = _("Linked Document", context="Sales Process Gate")
	linked = cstr(row.linked_doctype)
	if not linked or not frappe.db.exists("DocType", linked):
		_refuse(row, title, _("Choose the type of the linked document."))
	meta = frappe.get_meta(linked)
	if meta.istable or meta.issingle or meta.get("is_virtual"):
		_refuse(row, title, _("{0} has no documents of its own that could be linked.").format(_(linked)))
	if _is_new_question(row, process) and not frappe.has_permission(linked, "read"):
		_refuse(row, title, _("You may not read {0}.").format(_(linked)))
	row.link_field = cstr(row.link_field).strip() or None
	if not gate_links.pointer(linked, doctype, cstr(row.link_field)):
		there = ", ".join(one.path for one in gate_links.pointers(linked, doctype))
		text = (
			_("No such field of {0} points at {1}. These do: {2}")
			if row.link_field
			else _("Say by which field {0} points at {1}. These do: {2}")
		)
		_refuse(row, title, text.format(_(linked), _(doctype), there or "–"))
	if problem := gate_links.problem_of(linked, row.linked_filters):
		_refuse(row, title, _("The filters cannot be used: {0}").format(escape_html(problem)))


def _is_new_question(row: Document, process: Document) -> bool:
	"""Whether a gate tells whoever saves it something new: that it is met says something about those documents."""
	before = process.get_doc_before_save()
	asked = ("linked_doctype", "link_field", "linked_filters")
	return not any(
		all(cstr(old.get(field)) == cstr(row.get(field)) for field in asked)
		for old in (before.get("gates") if before else ())
	)


def _check_expression(row: Document, doctype: str, process: Document) -> None:
	row.expression = cstr(row.expression).strip()
	title = _("Expression", context="Sales Process Gate")
	if not row.expression:
		_refuse(row, title, _("Write down what the gate asks."))
	if problem := gate_expressions.problem_of(row.expression, doctype):
		_refuse(
			row,
			title,
			_(
				"The expression fails for an empty document: {0}. A date that may be empty is asked for first, for example: doc.expected_closing and doc.expected_closing >= today"
			).format(frappe.bold(escape_html(problem))),
		)


_CHECKS: dict[str, Callable[[Document, str, Document], None]] = {
	rules.FIELDS_FILLED: _check_fields,
	rules.GRADE: _check_grade,
	rules.CONTRACT: _check_contract,
	rules.LINKED: _check_linked,
	rules.EXPRESSION: _check_expression,
}


# Mappings --------------------------------------------------------------------------------------------------


def _check_mappings(process: Document, lives_on: dict[str, str]) -> None:
	title = _("Mappings", context="Sales Process")
	seen: set[tuple[str, str, str]] = set()
	for row in process.get("mappings") or ():
		row.status = cstr(row.status).strip() or None
		if row.document_type != stages.OPPORTUNITY:
			row.sales_stage = None
		if bool(row.sales_stage) == bool(row.status):
			_refuse(row, title, _("Give either a sales stage or a status."))
		if lives_on.get(row.stage) != row.document_type:
			_refuse(
				row,
				title,
				_("{0} is no stage of this process for the type {1}.").format(
					_name(row.stage), _(row.document_type)
				),
			)
		if row.sales_stage in lives_on:
			_refuse(row, title, _("{0} is a stage of this process itself.").format(_name(row.sales_stage)))
		if row.status and row.status not in statuses_of(row.document_type):
			_refuse(
				row, title, _("{0} has no status {1}.").format(_(row.document_type), escape_html(row.status))
			)
		key = (row.document_type, row.sales_stage or "", row.status or "")
		if key in seen:
			_refuse(row, title, _("This is mapped already."))
		seen.add(key)


def statuses_of(doctype: str) -> list[str]:
	"""The statuses that a document of ERPNext can have."""
	field = frappe.get_meta(doctype).get_field("status")
	return [option for option in cstr(field.options if field else "").split("\n") if option]
