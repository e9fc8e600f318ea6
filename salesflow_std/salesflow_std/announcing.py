"""What colleagues are told by notice and by e-mail at once, each in their language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe.utils import escape_html, get_url

from salesflow_std.salesflow_std import needs_mail, notices


def tell(users: Iterable[str], say: Callable[[str], dict], doctype: str, name: str, link: str) -> None:
	"""A notice and a mail to each, that lead to `link`, a path of the desk.

	`say(user)` gives, in their language, ``{"subject", "lines": [text], "facts": [(label, text)], "documents":
	[(label, path)], "action"}``; all but `subject` and `action` may be missing.
	"""
	for user in dict.fromkeys(users):
		with notices.in_language(notices.language_of(user)):
			words = say(user)
			lines = "<br>".join(escape_html(line) for line in words.get("lines", ()))
			notices.notify(user, escape_html(words["subject"]), doctype, name, lines, link)
			_mail(user, words, doctype, name, link)


def _mail(user: str, words: dict, doctype: str, name: str, link: str) -> None:
	address = frappe.db.get_value("User", user, "email")
	if not address or "@" not in address or not needs_mail.can_send():
		return
	frappe.sendmail(
		recipients=[address],
		subject=needs_mail.one_line(words["subject"]),
		template="announcement",
		args={
			"headline": words["subject"],
			"lines": words.get("lines", ()),
			"facts": words.get("facts", ()),
			"documents": [(label, get_url(path)) for label, path in words.get("documents", ())],
			"action": words["action"],
			"url": get_url(link),
		},
		reference_doctype=doctype,
		reference_name=name,
		with_container=True,
	)
