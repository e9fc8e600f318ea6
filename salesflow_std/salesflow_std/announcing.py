"""How colleagues are told something by notice and by e-mail at once, each in their language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe.desk.utils import slug
from frappe.model.document import Document
from frappe.utils import cstr, escape_html, format_datetime, get_datetime, get_url, quoted

from salesflow_std.salesflow_std import needs_mail, notices, reps


def tell(users: Iterable[str], say: Callable[[str], dict], doctype: str, name: str, link: str) -> None:
	"""A notice and a mail to each, that lead to `link`, a path of the desk.

	`say(user)` gives, in their language, ``{"subject", "lines": [text], "facts": [(label, text)], "documents":
	[(label, path)], "action"}``; all but `subject` and `action` may be missing.
	"""
	for user in dict.fromkeys(users):
		with notices.in_language(notices.language_of(user)):
			words = say(user)
			content = "<br>".join(escape_html(line) for line in words.get("lines", ()))
			notices.notify(user, escape_html(words["subject"]), doctype, name, content, link)
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


# Words and people -----------------------------------------------------------------------------------------


def when(moment: object) -> str:
	"""A day and the time of day."""
	return format_datetime(get_datetime(moment), "yyyy-MM-dd HH:mm") if moment else ""


def lines(*texts: str | None) -> list[str]:
	"""The lines of what people wrote, without the empty ones."""
	return [line for text in texts for line in cstr(text).splitlines() if line.strip()]


def path(doctype: str, name: str) -> str:
	"""The path of a form of the desk."""
	return f"/app/{slug(doctype)}/{quoted(name)}"


def readers(users: Iterable[str | None], doc: Document) -> list[str]:
	"""Those of some users who log in and may read a document; who acts is left out."""
	return [
		user
		for user in dict.fromkeys(users)
		if user
		and user != frappe.session.user
		and reps.is_enabled(user)
		and frappe.has_permission(doc.doctype, "read", doc=doc, user=user)
	]
