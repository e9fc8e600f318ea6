"""What clocks tell people: each thing once, and in one mail what belongs together (F5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import frappe
from frappe.utils import escape_html, format_datetime, get_fullname, get_url_to_form

from salesflow_std.jobs.watching import sparing
from salesflow_std.salesflow_std import needs_mail, notices


def mark_once(
	doctype: str, name: str, field: str, values: Mapping[str, object], unchanged: Mapping[str, object]
) -> bool:
	"""Sets what is set once, `field` among it; False where somebody else has, or the record is no more as it was
	read (`unchanged`)."""
	table = frappe.qb.DocType(doctype)
	query = frappe.qb.update(table).where((table.name == name) & table[field].isnull())
	for key, value in values.items():
		query = query.set(table[key], value)
	for key, value in unchanged.items():
		query = query.where(table[key] == value)
	query.run()
	return bool(frappe.db._cursor.rowcount)


def mail(user: str, say: Callable[[], tuple[str, dict]]) -> None:
	"""One mail to a colleague in their language, with a table of cases.

	`say` gives the subject and ``{"intro", "until", "about", "cases": [{"title", "about", "due", "rep_name", "url"}]}``:
	`until` heads the column of deadlines, `about` what each case is about, where there is such a column. Where the
	mail cannot go out, the notices have told them.
	"""
	address = frappe.db.get_value("User", user, "email")
	if not address or "@" not in address or not needs_mail.can_send():
		return
	with sparing("Mail of late cases could not be written"), notices.in_language(notices.language_of(user)):
		subject, args = say()
		frappe.sendmail(
			recipients=[address], subject=subject, template="late_cases", args=args, with_container=True
		)


def case(doctype: str, row: frappe._dict, due: object, rep: str) -> dict[str, str]:
	"""One case of such a mail."""
	return {
		"title": row.title or row.name,
		"due": format_datetime(due, "yyyy-MM-dd HH:mm"),
		"rep_name": get_fullname(rep),
		"url": get_url_to_form(doctype, row.name),
	}


def titled(row: frappe._dict) -> str:
	"""What a notice calls a document, as HTML."""
	return f"<b>{escape_html(row.title or row.name)}</b>"


def when(moment: object) -> str:
	"""A moment as a notice says it."""
	return frappe.format(moment, {"fieldtype": "Datetime"})
