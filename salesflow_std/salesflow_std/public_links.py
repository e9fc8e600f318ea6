"""Links by which somebody without a login answers one document: a customer's word on their needs (N4).

The link carries a token that nobody can guess; the database holds its SHA-256 only, so whoever reads a backup, a list
or a report cannot answer in the customer's name. A link is for one document and one purpose, expires, is revoked when
the document goes on without it, and writes once. Whatever is wrong with a link, whoever holds it learns nothing but
that it is not valid.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

NEEDS_CONFIRMATION = "Needs Confirmation"
SATISFACTION_SURVEY = "Satisfaction Survey"

# What stands in the place of a token wherever a link is kept or quoted.
HIDDEN = "…"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Also as mail programs rewrite it.
_IN_TEXT = re.compile(r"(token(?:=|=3D|%3D))([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])", re.I)
_FIELDS = ("name", "purpose", "reference_doctype", "reference_name", "sent_to", "language")
_STATE = ("expires_on", "used_on", "revoked_on")

# How long links are kept after they have expired, in days: as long as somebody may ask what became of one.
_KEPT_DAYS = 400


class NotOpen(Exception):
	"""The document behind a link waits for no answer any more."""


def issue(
	purpose: str,
	doctype: str,
	name: str,
	sent_to: str | None,
	language: str | None,
	expires_on: datetime,
) -> str:
	"""Makes a link for a document and returns its token, which is said nowhere else (N4).

	It goes to `sent_to`, in `language`, and is valid until `expires_on`. The caller has checked the rights.
	"""
	token = secrets.token_urlsafe(32)
	frappe.get_doc(
		{
			"doctype": "Public Link",
			"purpose": purpose,
			"reference_doctype": doctype,
			"reference_name": name,
			"sent_to": sent_to,
			"language": language,
			"token_hash": hash_of(token),
			"expires_on": expires_on,
		}
	).insert(ignore_permissions=True)
	return token


def hash_of(token: str) -> str:
	"""By what a token is known here."""
	return hashlib.sha256(token.encode()).hexdigest()


def is_token(value: object) -> bool:
	"""Whether something looks like a token at all."""
	return isinstance(value, str) and bool(_TOKEN.fullmatch(value))


def find(token: object, purpose: str) -> frappe._dict | None:
	"""The link of a token that is valid now: ``{"name", "reference_doctype", "reference_name", "sent_to",
	"language"}``; None for everything else, whatever the reason."""
	return look_up(token, purpose)[0]


def look_up(token: object, purpose: str) -> tuple[frappe._dict | None, str]:
	"""As `find`, with the reason why there is none: malformed, unknown, used, revoked or expired.

	The reason is for the caller's log. Whatever comes costs one query, so that time does not tell it either.
	"""
	well_formed = is_token(token)
	row = frappe.db.get_value(
		"Public Link",
		{"token_hash": hash_of(token if well_formed else secrets.token_urlsafe(32)), "purpose": purpose},
		[*_FIELDS, *_STATE],
		as_dict=True,
	)
	reason = _why_not(row) if well_formed else "malformed"
	return (None, reason) if reason else (row, "")


def _why_not(row: frappe._dict | None) -> str:
	if not row:
		return "unknown"
	if row.used_on:
		return "used"
	if row.revoked_on:
		return "revoked"
	return "" if now_datetime() < get_datetime(row.expires_on) else "expired"


def used(token: object, purpose: str) -> frappe._dict | None:
	"""The link of a token, as `find` gives it, that has been answered and has not expired since; None for everything
	else."""
	if not is_token(token):
		return None
	filters = {"token_hash": hash_of(token), "purpose": purpose, "used_on": ("is", "set")}
	row = frappe.db.get_value("Public Link", filters, [*_FIELDS, *_STATE], as_dict=True)
	return row if row and now_datetime() < get_datetime(row.expires_on) else None


def use(link: str) -> bool:
	"""Takes a link for the one answer it is good for; False where it is not valid any more.

	The row stays locked until the transaction ends: of two answers at the same time one gets True.
	"""
	row = frappe.db.get_value("Public Link", link, [*_FIELDS, *_STATE], as_dict=True, for_update=True)
	if _why_not(row):
		return False
	frappe.db.set_value("Public Link", link, "used_on", now_datetime())
	return True


def revoke(doctype: str, name: str, because: str, purpose: str | None = None) -> int:
	"""Ends the links of a document that have not been used; returns how many. `because` is for the record."""
	link = frappe.qb.DocType("Public Link")
	query = (
		frappe.qb.update(link)
		.set(link.revoked_on, now_datetime())
		.set(link.revoked_because, because)
		.where((link.reference_doctype == doctype) & (link.reference_name == name))
		.where(link.used_on.isnull() & link.revoked_on.isnull())
	)
	if purpose:
		query = query.where(link.purpose == purpose)
	query.run()
	return frappe.db._cursor.rowcount


def clear_old() -> None:
	"""Deletes links that expired long ago; what was answered by them stands in their documents."""
	frappe.db.delete("Public Link", {"expires_on": ("<", add_to_date(now_datetime(), days=-_KEPT_DAYS))})


def hide_tokens(text: str | None) -> str | None:
	"""A text in which no link works any more: mail that quotes ours must not carry the token to colleagues."""

	def hidden(match: re.Match) -> str:
		ours = frappe.db.exists("Public Link", {"token_hash": hash_of(match[2])})
		return match[1] + HIDDEN if ours else match[0]

	return _IN_TEXT.sub(hidden, text) if text else text


def within_limit(what: str, who: str, most: int, seconds: int) -> bool:
	"""Counts a try and says whether there were no more than `most` in so many seconds.

	`who` (a token, an address) is kept as a hash only.
	"""
	key = frappe.cache.make_key(f"salesflow_std.public:{what}:{hash_of(who)}")
	frappe.cache.set(key, 0, ex=seconds, nx=True)
	return frappe.cache.incrby(key, 1) <= most
