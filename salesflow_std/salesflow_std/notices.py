"""What the app tells people by Notification: in the reader's language, with a link to where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import frappe
from frappe import _
from frappe.utils import escape_html

# More than that come as one notice: nobody reads forty.
_MOST = 5


@contextmanager
def in_language(language: str) -> Iterator[None]:
	"""Messages inside are said in that language."""
	before, frappe.local.lang = frappe.local.lang, language
	try:
		yield
	finally:
		frappe.local.lang = before


def language_of(user: str) -> str:
	"""The language a user reads."""
	return (
		frappe.db.get_value("User", user, "language")
		or frappe.db.get_single_value("System Settings", "language")
		or "en"
	)


def notify(
	user: str, subject: str, doctype: str, name: str | None, content: str = "", link: str | None = None
) -> None:
	"""Puts a notice before a user; `subject` may hold HTML, so its parts are escaped by the caller.

	It leads to `link` where one is given, else to the document.
	"""
	frappe.get_doc(
		{
			"doctype": "Notification Log",
			"for_user": user,
			"from_user": frappe.session.user,
			"type": "Alert",
			"document_type": doctype,
			"document_name": name,
			"subject": subject,
			"email_content": content,
			"link": link,
		}
	).insert(ignore_permissions=True)


def left_nurture_pool(user: str, leads: Sequence[frappe._dict]) -> None:
	"""Tells the owner which leads have left the pool with a better grade (L8)."""
	if not frappe.db.exists("User", user):
		return
	with in_language(language_of(user)):
		if len(leads) <= _MOST:
			for lead in leads:
				notify(
					user,
					_("{0} is graded {1} now and leaves the nurture pool; its next touch is planned.").format(
						f"<b>{escape_html(lead.title or lead.name)}</b>", escape_html(lead.sf_grade)
					),
					"Lead",
					lead.name,
				)
			return
		notify(
			user,
			_(
				"{0} leads have better grades now and leave the nurture pool; their next touches are planned."
			).format(len(leads)),
			"Lead",
			leads[0].name,
			names(leads),
		)


def names(rows: Iterable[frappe._dict]) -> str:
	"""Documents as a list for the body of a notice."""
	return "<br>".join(escape_html(row.title or row.name) for row in rows)


def escalated(user: str, cases: Sequence[dict]) -> None:
	"""Tells a manager what was not done in time (F5): ``{"touch", "title", "rep_name", "what"}`` for each."""
	with in_language(language_of(user)):
		if len(cases) <= _MOST:
			for case in cases:
				notify(
					user,
					_("{0}: {1}, due {2} for {3}").format(
						f"<b>{escape_html(case['title'])}</b>",
						_(case["what"]),
						frappe.format(case["due_on"], {"fieldtype": "Datetime"}),
						escape_html(case["rep_name"]),
					),
					"Follow Up",
					case["touch"],
				)
			return
		notify(
			user,
			_("{0} touches of your team were not made in time.").format(len(cases)),
			"Follow Up",
			cases[0]["touch"],
			"<br>".join(
				f"{escape_html(case['title'])}: {_(case['what'])}, {escape_html(case['rep_name'])}"
				for case in cases[:50]
			),
		)
