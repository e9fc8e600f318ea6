"""A sales review by e-mail, as PDF in each reader's language (M6): to who leads when it is prepared, to the team when it is
kept. Who may not see the team's numbers gets their own, with what was agreed."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import formatdate, get_url, now_datetime, validate_email_address
from rq.timeouts import JobTimeoutException

from salesflow_std.salesflow_std import (
	announcing,
	needs_mail,
	notices,
	reps,
	sales_review_sheet,
	sales_review_teams,
	sales_review_words,
	scope,
)
from salesflow_std.salesflow_std.sparing import sparing

_DOCTYPE = "Sales Review"
FORMAT = "Sales Review Sheet"


def prepared(name: str) -> bool:
	"""Tells who leads that the sheet is there, with the PDF; once. Returns whether they were told.

	The notice, the mail and its mark are one transaction; making the PDF ends the one before it.
	"""
	doc = frappe.get_doc(_DOCTYPE, name)
	if doc.told_on or not reps.is_enabled(doc.manager):
		return False
	prints = _prints(doc, [doc.manager])
	doc = frappe.get_doc(_DOCTYPE, name, for_update=True)
	if doc.told_on:
		return False
	with notices.in_language(notices.language_of(doc.manager)):
		subject = _("{0} is ready for the meeting").format(_title(doc))
		notices.notify(doc.manager, frappe.utils.escape_html(subject), doc.doctype, doc.name, link=_path(doc))
	sent = _each(doc, [doc.manager], _words_prepared, prints)
	doc.db_set({"told_on": _now(), **({"sent_on": _now()} if sent else {})}, update_modified=False)
	return True


def team_of(doc: Document) -> list[str]:
	"""Who gets a kept sheet: the people of its progress, as they were in the meeting, and who leads."""
	people = [row.user for row in doc.progress if row.user]
	if not people:
		people = sales_review_teams.team_at(doc.sales_person, doc.company, doc.manager).users
	return [user for user in dict.fromkeys([doc.manager, *people]) if reps.is_enabled(user)]


def to_team(doc: Document) -> int:
	"""Puts a kept sheet into the queue for each of the team; returns how many. One who cannot be reached stops nobody."""
	team = team_of(doc)
	sent = _each(doc, team, _words_kept, _prints(doc, team))
	if sent:
		doc.db_set("sent_on", _now(), update_modified=False)
	return sent


def _now() -> object:
	return now_datetime().replace(microsecond=0)


def _title(doc: Document) -> str:
	return sales_review_words.title(doc.kind, doc.sales_person, doc.company, doc.from_date, doc.to_date)


def _path(doc: Document) -> str:
	return announcing.path(_DOCTYPE, doc.name)


def _prints(doc: Document, users: Iterable[str]) -> dict[tuple[str, str | None], dict]:
	"""(language, reader) -> the PDF that these users get. One that cannot be made is logged and missing.

	Frappe commits when it prints, so this comes before anything that is to be whole, and within no savepoint.
	"""
	found: dict[tuple[str, str | None], dict] = {}
	for key in dict.fromkeys(_print_of(doc, user) for user in users) if needs_mail.can_send() else ():
		try:
			with notices.in_language(key[0]):
				found[key] = pdf(doc, *key)
		except JobTimeoutException:
			raise
		except Exception:
			frappe.log_error(
				"A sales review could not be printed", reference_doctype=_DOCTYPE, reference_name=doc.name
			)
	return found


def _print_of(doc: Document, user: str) -> tuple[str, str | None]:
	"""In which language a user reads the sheet, and whether with their own numbers alone."""
	sees_all = user == doc.manager or scope.sees_sales_person(doc.sales_person, user)
	return notices.language_of(user), None if sees_all else user


def _each(doc: Document, users: Iterable[str], say: object, prints: dict) -> int:
	if not needs_mail.can_send():
		return 0
	count = 0
	for user in users:
		with sparing("A sales review could not be sent", _DOCTYPE, doc.name):
			_send(doc, user, say, prints)
			count += 1
	return count


def _send(doc: Document, user: str, say: object, prints: dict) -> None:
	address = frappe.db.get_value("User", user, "email")
	validate_email_address(address or "", throw=True)
	attached = prints.get(_print_of(doc, user))
	with notices.in_language(notices.language_of(user)):
		words = say(doc, user)
		frappe.sendmail(
			recipients=[address],
			subject=needs_mail.one_line(words["subject"]),
			template="announcement",
			args={
				"headline": words["subject"],
				"lines": words["lines"],
				"facts": words["facts"],
				"documents": (),
				"action": words["action"],
				"url": get_url(words["link"]),
			},
			attachments=[attached] if attached else None,
			reference_doctype=_DOCTYPE,
			reference_name=doc.name,
			with_container=True,
		)


def pdf(doc: Document, language: str, reader: str | None = None) -> dict:
	"""The sheet as an attachment, ``{"fname", "fcontent"}``, in a language; for a `reader`, with their numbers alone."""
	shown = frappe.get_doc(_DOCTYPE, doc.name)
	shown.flags.reader = reader
	return frappe.attach_print(
		_DOCTYPE, doc.name, print_format=FORMAT, doc=shown, lang=language, file_name=doc.name
	)


def _facts(doc: Document, user: str) -> list[tuple[str, str]]:
	rows, aims = doc.progress, doc.goals
	if user != doc.manager and not scope.sees_sales_person(doc.sales_person, user):
		rows = [row for row in rows if row.user == user]
		aims = sales_review_sheet.aims_of(doc, user)
	return [
		(_("Period", context="Sales Review"), f"{formatdate(doc.from_date)} – {formatdate(doc.to_date)}"),
		*(
			(one["label"], f"{one['value']} ({one['note']})" if one["note"] else one["value"])
			for one in sales_review_sheet.headline(doc, rows, aims)
			if rows
		),
	]


def _words_prepared(doc: Document, user: str) -> dict:
	return {
		"subject": _("{0} is ready for the meeting").format(_title(doc)),
		"lines": [_("Progress, reasons, deals to talk about and the actions of last time are in it.")],
		"facts": _facts(doc, user),
		"action": _("Open the sheet"),
		"link": _path(doc),
	}


def _words_kept(doc: Document, user: str) -> dict:
	own = [row for row in doc.actions if row.responsible == user]
	lines = [_("What was agreed in the meeting is attached.")]
	lines += [
		_("For you: {0} (by {1})").format(" ".join((row.action or "").split()), formatdate(row.due_on))
		for row in own
	]
	sees = user == doc.manager or scope.sees_sales_person(doc.sales_person, user)
	return {
		"subject": _("{0}: what was agreed").format(_title(doc)),
		"lines": lines,
		"facts": _facts(doc, user),
		"action": _("Open the sheet") if sees else _("Open your actions"),
		"link": _path(doc) if sees else "/app/todo",
	}
