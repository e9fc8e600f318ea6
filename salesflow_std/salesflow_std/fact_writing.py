"""Writing back what a sheet of facts says: all of it or nothing, with a sentence for each fact that is wrong (P5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	cint,
	cstr,
	escape_html,
	flt,
	getdate,
	now_datetime,
	strip_html,
	validate_email_address,
	validate_phone_number,
)

from salesflow_std.salesflow_std import fact_sheet, keeping, profiles
from salesflow_std.salesflow_std.fact_sheet import Fact, Sheet

TRUE, CHANGED, UNKNOWN = "true", "changed", "unknown"
CHANNELS = ("Phone", "Visit", "Online Meeting", "E-mail")


class _Wrong(Exception):
	"""A value that cannot be; the sentence says why."""


def save(sheet: Sheet, answers: Mapping[str, dict], confirmed: dict | None = None) -> dict:
	"""Carries out the answers to every fact and notes the review, or the confirmation with the customer (P5).

	`answers` gives each fact's key ``{"state": "true" | "changed" | "unknown", "was", "value"}``: `was` is what the
	user has seen. `confirmed` is ``{"with", "contact", "channel", "on"}``, None for our own review. Returns
	``{"changed", "unknown"}``: how many. Raises ValidationError with a sentence for each fact that is wrong (also as
	`fact_errors` of the response), after which nothing is written.
	"""
	sheet.head.check_permission("write")
	with_whom = _with_whom(confirmed) if confirmed else None
	facts = sheet.facts
	errors: dict[str, str] = {}
	changes: dict[str, object] = {}
	for key, fact in facts.items():
		try:
			answer = _answer(fact, answers.get(key))
			if answer == CHANGED:
				value = _value(fact, answers[key].get("value"))
				if _plain(value) != _plain(fact.value):
					changes[key] = value
		except _Wrong as wrong:
			errors[key] = str(wrong)
	lines = [_line(facts[key], value) for key, value in changes.items()]
	unknown = [facts[key] for key in facts if (answers.get(key) or {}).get("state") == UNKNOWN]
	if not errors:
		errors = _write(sheet, changes)
	if errors:
		_refuse(facts, errors)
	profile = profiles.ensure(sheet.head.doctype, sheet.head.name)
	keeping.done(
		profile,
		bool(confirmed),
		with_whom["on"] if with_whom else now_datetime(),
		with_whom and with_whom["name"],
	)
	_comment(sheet, with_whom, lines, unknown)
	return {"changed": len(changes), "unknown": len(unknown)}


def _answer(fact: Fact, answer: dict | None) -> str:
	state = (answer or {}).get("state")
	if state not in (TRUE, CHANGED, UNKNOWN):
		raise _Wrong(_("Say whether this is still true."))
	if _plain(answer.get("was")) != _plain(fact.value):
		raise _Wrong(
			_("Somebody has changed this meanwhile. It says now: {0}").format(
				fact.shown or fact_sheet.shown(fact) or _("nothing", context="Salesflow")
			)
		)
	if state == CHANGED and not fact.editable:
		raise _Wrong(_("You may not change this here."))
	return state


def _plain(value: object) -> str:
	"""A value by what it says: nothing is nothing, 5 is 5.0, a date its text."""
	if isinstance(value, list | tuple):
		return "\n".join(sorted(map(cstr, value)))
	if value is None or value == "":
		return ""
	if isinstance(value, bool | int | float):
		return "" if not value else f"{flt(value):g}" if abs(value) < 1e5 else f"{flt(value):.4f}"
	if isinstance(value, date):
		return str(getdate(value))
	return cstr(value).strip()


# Values ----------------------------------------------------------------------------------------------------


def _value(fact: Fact, value: object) -> object:
	"""A new value in its own type; raises `_Wrong` where it cannot be."""
	if fact.fieldtype == "Tags":
		return _tags(value)
	if fact.fieldtype == "Check":
		return cint(value)
	if isinstance(value, list | dict):
		raise _Wrong(_("This is no value."))
	text = cstr(value).strip()
	if not text:
		if fact.required:
			raise _Wrong(_("This cannot be empty."))
		return None
	if fact.fieldtype in ("Currency", "Float", "Int"):
		return _number(text)
	if fact.fieldtype == "Date":
		try:
			return getdate(text)
		except (ValueError, TypeError, OverflowError, frappe.ValidationError):
			raise _Wrong(_("{0} is no date.").format(text)) from None
	if fact.fieldtype == "Select" and text not in [option["value"] for option in fact.options]:
		raise _Wrong(_("{0} is none of the options.").format(text))
	if fact.fieldtype == "Link" and not frappe.db.exists(fact.options, text):
		raise _Wrong(_("{0} does not exist.", context="Salesflow").format(text))
	if fact.options == "Email" and not validate_email_address(text):
		raise _Wrong(_("{0} is no e-mail address.").format(text))
	if fact.options == "Phone" and not validate_phone_number(text):
		raise _Wrong(_("{0} is no phone number.").format(text))
	if len(text) > 140 and fact.fieldtype == "Data":
		raise _Wrong(_("This is longer than {0} characters.").format(140))
	return text


def _number(text: str) -> float:
	try:
		number = float(text.replace(",", ""))
	except ValueError:
		raise _Wrong(_("{0} is no number.").format(text)) from None
	if not 0 <= number < 1e15:
		raise _Wrong(_("{0} is not possible here: it is a number from zero up.").format(text))
	return number


def _tags(value: object) -> list[str]:
	names = frappe.parse_json(value) if isinstance(value, str) else value
	if not isinstance(names, list):
		raise _Wrong(_("This is no value."))
	names = list(dict.fromkeys(cstr(name) for name in names if name))
	for name in names:
		if not frappe.db.exists("Customer Tag", name):
			raise _Wrong(_("{0} does not exist.", context="Salesflow").format(name))
	return names


# Writing ---------------------------------------------------------------------------------------------------


def _write(sheet: Sheet, changes: Mapping[str, object]) -> dict[str, str]:
	"""Saves each document that changes, with its own rights and rules; returns what went wrong by fact."""
	of_document: dict[tuple[str, str], list[Fact]] = {}
	for key in changes:
		fact = sheet.facts[key]
		of_document.setdefault((fact.doctype, fact.name), []).append(fact)
	errors: dict[str, str] = {}
	for (doctype, name), facts in of_document.items():
		log = list(frappe.message_log)
		frappe.db.savepoint("salesflow_facts")
		try:
			_save_one(sheet, doctype, name, facts, changes)
		except (frappe.ValidationError, frappe.PermissionError) as problem:
			frappe.db.rollback(save_point="salesflow_facts")
			# Said once, with the other facts, and not as a box of its own.
			said = frappe.message_log[len(log) :]
			frappe.local.message_log = log
			errors[facts[0].key] = _reason(problem, said)
	return errors


def _reason(problem: Exception, said: list) -> str:
	text = strip_html(str(problem)).strip()
	if not text and said:
		text = strip_html(cstr(frappe.parse_json(said[-1]).get("message"))).strip()
	return text or _("You may not change this.")


def _save_one(
	sheet: Sheet, doctype: str, name: str, facts: list[Fact], changes: Mapping[str, object]
) -> None:
	if doctype == "Customer Profile":
		sheet.head.check_permission("write")
		doc = frappe.get_doc(doctype, profiles.ensure(sheet.head.doctype, sheet.head.name))
		for fact in facts:
			_set_on_profile(doc, fact, changes[fact.key])
	else:
		doc = frappe.get_doc(doctype, name)
		doc.check_permission("write")
		for fact in facts:
			if doctype == "Contact":
				_set_on_contact(doc, fact.fieldname, changes[fact.key])
			else:
				doc.set(fact.fieldname, changes[fact.key])
	doc.save()
	if doctype == "Lead":
		_follow_lead(doc, [fact.fieldname for fact in facts], sheet)


def _set_on_profile(doc: Document, fact: Fact, value: object) -> None:
	if fact.fieldname == "tags":
		doc.set("tags", [{"tag": name} for name in value])
	elif fact.row:
		row = next((row for row in doc.decision_chain if row.name == fact.row), None)
		if row:
			row.set(fact.fieldname, value)
	else:
		doc.set(fact.fieldname, value)


def _set_on_contact(doc: Document, fieldname: str, value: object) -> None:
	"""E-mail and phone of a contact stand in tables; the first one of each is the fact."""
	if fieldname not in ("email_id", "phone", "mobile_no"):
		doc.set(fieldname, value)
		return
	if fieldname == "email_id":
		table, column, flag = "email_ids", "email_id", "is_primary"
	else:
		table, column = "phone_nos", "phone"
		mobile = any(row.is_primary_mobile_no for row in doc.phone_nos)
		flag = "is_primary_mobile_no" if mobile or not doc.phone else "is_primary_phone"
	row = next((row for row in doc.get(table) if row.get(flag)), None)
	if row and value:
		row.set(column, value)
	elif row:
		doc.remove(row)
	elif value:
		doc.append(table, {column: value, flag: 1})


def _follow_lead(lead: Document, fieldnames: list[str], sheet: Sheet) -> None:
	"""The contact that ERPNext made of the lead's own person says the same (P1)."""
	of_contact = {"job_title": "designation", "email_id": "email_id", "mobile_no": "mobile_no"}
	fields = [fieldname for fieldname in fieldnames if fieldname in of_contact]
	if not fields:
		return
	before = lead.get_doc_before_save() or lead
	for contact in fact_sheet.contacts_of([("Lead", lead.name)]):
		if fact_sheet.is_same_person(before, contact) and fact_sheet.may_write(contact):
			for fieldname in fields:
				_set_on_contact(contact, of_contact[fieldname], lead.get(fieldname))
			contact.save()


# Saying ----------------------------------------------------------------------------------------------------


def _with_whom(confirmed: Mapping[str, object]) -> dict:
	"""With whom, how and when the customer has confirmed; refuses what cannot be."""
	title = _("Confirmed with the Customer")
	contact, name = confirmed.get("contact"), cstr(confirmed.get("with")).strip()
	if contact:
		person = frappe.get_doc("Contact", contact)
		person.check_permission("read")
		if person.sf_left_on:
			frappe.throw(
				_("{0} has left the company. Choose somebody who is still there.").format(
					frappe.bold(escape_html(person.full_name or person.name))
				),
				title=title,
			)
		name = person.full_name or person.name
	if not name:
		frappe.throw(
			_("Say with whom: the facts are confirmed with the key contact every quarter."), title=title
		)
	if confirmed.get("channel") not in CHANNELS:
		frappe.throw(_("Say how: by phone, at a visit, in an online meeting or by e-mail."), title=title)
	try:
		on = getdate(confirmed.get("on")) if confirmed.get("on") else getdate()
	except (ValueError, TypeError, OverflowError):
		on = None
	if not on or on > getdate():
		frappe.throw(_("Say when: a day that has come already."), title=title)
	now = now_datetime()
	when = now if on == now.date() else datetime.combine(on, datetime.min.time())
	return {"name": name[:140], "channel": confirmed["channel"], "on": when}


def _line(fact: Fact, value: object) -> str:
	nothing = _("nothing", context="Salesflow")
	before = fact.shown or fact_sheet.shown(fact) or nothing
	after = (fact_sheet.shown(fact, value) if value is not None else "") or nothing
	return f"{_place(fact)}: {escape_html(before)} → {escape_html(after)}"


def _place(fact: Fact) -> str:
	return escape_html(f"{fact.of}, {fact.label}" if fact.of else fact.label)


def _comment(sheet: Sheet, with_whom: dict | None, lines: list[str], unknown: list[Fact]) -> None:
	if with_whom:
		said = _("Facts confirmed with {0} ({1}) on {2}.").format(
			f"<b>{escape_html(with_whom['name'])}</b>",
			_(with_whom["channel"], context="Follow Up"),
			frappe.format(with_whom["on"].date(), {"fieldtype": "Date"}),
		)
	else:
		said = _("Facts reviewed.")
	parts = [said]
	if lines:
		parts.append(_("Changed: {0}").format("; ".join(lines)))
	if unknown:
		parts.append(_("Unknown: {0}").format("; ".join(map(_place, unknown))))
	text = "<br>".join(parts)
	sheet.head.add_comment("Info", text)
	if sheet.opened != (sheet.head.doctype, sheet.head.name):
		frappe.get_doc(*sheet.opened).add_comment("Info", text)


def _refuse(facts: Mapping[str, Fact], errors: Mapping[str, str]) -> None:
	frappe.local.response["fact_errors"] = dict(errors)
	rows = [f"{_place(facts[key])}: {escape_html(text)}" for key, text in errors.items()]
	said = [_("Nothing was saved yet. These facts need another look:"), *rows]
	frappe.throw("<br>".join(said), title=_("Confirm Facts"))
