"""Minutes on their way to those who took part (S6): in whose language, what each side reads, and sent once.

The customer reads topics, decisions and next actions; what we made of their feedback, and actions that are for us only,
stay in the house. A mail to the customer is a touch and stands on the timeline of the document and of the minutes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	cint,
	cstr,
	escape_html,
	formatdate,
	get_fullname,
	get_link_to_form,
	get_url_to_form,
	now_datetime,
	split_emails,
)
from frappe.utils.jinja import get_email_from_template

from salesflow_std.salesflow_std import actions, letters, needs_mail, notices
from salesflow_std.salesflow_std.minutes import CUSTOMER, DOCTYPE, OURS

_TEMPLATE = "meeting_minutes"
SIDES = (CUSTOMER, OURS)
# Of what people wrote, that which a mail carries: a change of it makes a new mail.
_CONTENT = ("meeting_type", "held_on", "channel", "place", "topics", "decisions")
_CONTENT_OF_ROWS = {
	"participants": ("side", "person", "position", "present"),
	"feedback": ("kind", "feedback", "said_by"),
	"actions": ("action", "allocated_to", "due_on", "internal"),
}


@dataclass
class Letter:
	"""A mail to those of one side who read one language: `to` maps addresses to the people behind them."""

	side: str
	language: str
	to: dict[str, str] = field(default_factory=dict)


# What it says ----------------------------------------------------------------------------------------------


def facts(doc: Document, for_us: bool) -> dict[str, Any]:
	"""What minutes say to one side, in the current language, not escaped.

	``{"our_company", "customer", "meeting", "held_on", "channel", "place", "people": {side: [{"person", "position"}]},
	"absent": [person], "topics": [line], "decisions": [line], "actions": [{"action", "owner", "due", "status"}],
	"feedback": [{"kind", "feedback", "said_by"}]}``; `feedback` and actions for us only are empty for the customer.
	"""
	return {
		"our_company": needs_mail.our_company(doc),
		"customer": needs_mail.customer_name(doc),
		"meeting": _(doc.meeting_type, context="Meeting Minutes"),
		"held_on": needs_mail.minute(doc.held_on),
		"channel": _(doc.channel, context="Meeting Minutes") if doc.channel else "",
		"place": _text(doc.place),
		"people": {
			side: [
				{"person": _text(row.person), "position": _text(row.position)}
				for row in doc.participants
				if row.side == side and row.present
			]
			for side in SIDES
		},
		"absent": [_text(row.person) for row in doc.participants if not row.present],
		"topics": _text(doc.topics).splitlines(),
		"decisions": _text(doc.decisions).splitlines(),
		"actions": [
			{
				"action": _text(row.action),
				"owner": get_fullname(row.allocated_to),
				"due": formatdate(row.due_on),
				"status": _(row.status, context="Minutes Action"),
			}
			for row in doc.actions
			if row.status != actions.CANCELLED and (for_us or not row.internal)
		],
		"feedback": [
			{
				"kind": _(row.kind, context="Minutes Feedback"),
				"feedback": _text(row.feedback),
				"said_by": _text(row.said_by),
			}
			for row in (doc.feedback if for_us else ())
		],
	}


def _text(value: str | None) -> str:
	return actions.plain(cstr(value))


def report(doc: Document) -> dict[str, Any]:
	"""What the print shows: what the customer may read, and their own feedback."""
	return {**facts(doc, for_us=False), "feedback": facts(doc, for_us=True)["feedback"]}


def mail(doc: Document, letter: Letter) -> dict[str, str]:
	"""A letter in its language: ``{"subject", "html"}``."""
	for_us = letter.side == OURS
	with notices.in_language(letter.language):
		told = facts(doc, for_us)
		greet = next(iter(letter.to.values()), "") if len(letter.to) == 1 and not for_us else ""
		args = {
			**told,
			"greet": greet,
			"for_us": for_us,
			"writer": get_fullname(doc.written_by or doc.owner),
			"url": get_url_to_form(DOCTYPE, doc.name) if for_us else "",
		}
		html, _text = get_email_from_template(_TEMPLATE, args)
		day = needs_mail.day(doc.held_on)
		subject = (
			_("Meeting minutes: {0}, {1}").format(told["customer"], day)
			if for_us
			else _("Minutes of our meeting of {0}: {1}").format(day, told["our_company"] or told["customer"])
		)
	return {"subject": needs_mail.one_line(subject), "html": html}


# To whom ---------------------------------------------------------------------------------------------------


def letters_of(doc: Document, only: set[str] | None = None) -> list[Letter]:
	"""The mails of minutes: one to the customer, one for each language of ours; to `only` these addresses, if given."""
	found: dict[tuple[str, str], Letter] = {}
	seen: set[str] = set()
	for row in sorted(doc.participants, key=lambda row: SIDES.index(row.side)):
		address = cstr(row.email_id).strip()
		if not address or address.lower() in seen or (only is not None and address.lower() not in only):
			continue
		seen.add(address.lower())
		language = needs_mail.language_of(doc) if row.side == CUSTOMER else _language_of_ours(row)
		key = (row.side, language)
		found.setdefault(key, Letter(*key)).to[address] = _text(row.person)
	return list(found.values())


def _language_of_ours(row: Document) -> str:
	return (
		notices.language_of(row.user)
		if row.user
		else frappe.db.get_single_value("System Settings", "language") or "en"
	)


def hindrance(doc: Document, side: str, address: str) -> str:
	"""Why nothing may be sent to an address, as a sentence; "" where it may."""
	if frappe.utils.validate_email_address(address) != address:
		return _("{0} is no e-mail address.").format(escape_html(address))
	if side == CUSTOMER and needs_mail.is_unsubscribed(address, doc):
		return _("{0} wants no e-mail from us.").format(escape_html(address))
	return ""


def preview(doc: Document) -> dict:
	"""What would be sent to whom: ``{"letters": [{"side", "language", "subject", "html", "recipients": [{"email",
	"person", "blocked", "sent"}]}], "without_email": [person], "sent_on", "sent_by", "changed"}``.

	`blocked` says why somebody can get none, `sent` that they have what would be sent.
	"""
	changed = has_changed(doc)
	have = set() if changed else _have(doc)
	return {
		"letters": [
			{
				"side": letter.side,
				"language": letter.language,
				**mail(doc, letter),
				"recipients": [
					{
						"email": address,
						"person": person,
						"blocked": hindrance(doc, letter.side, address),
						"sent": address.lower() in have,
					}
					for address, person in letter.to.items()
				],
			}
			for letter in letters_of(doc)
		],
		"without_email": [_text(row.person) for row in doc.participants if not row.email_id],
		"sent_on": doc.sent_on,
		"sent_by": get_fullname(doc.sent_by) if doc.sent_by else "",
		"changed": changed,
	}


def _have(doc: Document) -> set[str]:
	return {address.lower() for address in split_emails(doc.sent_to or "")}


# Sending ---------------------------------------------------------------------------------------------------


def fingerprint(doc: Document) -> str:
	"""What the mails of minutes say, in short: another one when that has changed."""
	said: dict[str, Any] = {name: cstr(doc.get(name)).strip() for name in _CONTENT}
	said["held_on"] = cstr(frappe.utils.get_datetime(doc.held_on).replace(microsecond=0))
	for table, fields in _CONTENT_OF_ROWS.items():
		said[table] = [
			[
				cint(row.get(name)) if name in ("present", "internal") else cstr(row.get(name))
				for name in fields
			]
			for row in doc.get(table)
		]
	return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def has_changed(doc: Document) -> bool:
	"""Whether minutes that were sent say something else now."""
	return bool(doc.sent_on and doc.sent_fingerprint != fingerprint(doc))


def send(name: str, recipients: list[str], again: bool = False) -> dict:
	"""Sends minutes to those of their participants whose addresses are given, each the same text once (S6).

	Minutes that have changed since they were sent go out once more with `again` alone. Returns ``{"sent": [address],
	"sent_on", "sent_to"}``; two at the same time send once. Raises ValidationError where something is missing. The
	caller has checked the rights.
	"""
	doc = _locked(name)
	changed = has_changed(doc)
	if changed and not again:
		frappe.throw(
			_("These minutes were sent on {0} to {1} and have changed since. Confirm to send the new text.").format(
				frappe.format(doc.sent_on, {"fieldtype": "Datetime"}), escape_html(doc.sent_to or "")
			),
			title=_("Sent Already"),
		)  # fmt: skip
	asked = {address.strip().lower() for address in recipients if address and address.strip()}
	have = set() if changed else _have(doc)
	_check(doc, asked)
	outgoing = letters_of(doc, only=asked - have)
	sent = [address for letter in outgoing for address in letter.to]
	if not sent:
		return {"sent": [], "sent_on": doc.sent_on, "sent_to": doc.sent_to}
	kept = [] if changed else split_emails(doc.sent_to or "")
	doc.db_set(
		{
			"sent_on": now_datetime().replace(microsecond=0),
			"sent_by": frappe.session.user,
			"sent_to": ", ".join([*kept, *sent]),
			"sent_fingerprint": fingerprint(doc),
		}
	)
	for letter in outgoing:
		_send(doc, letter)
	return {"sent": sent, "sent_on": doc.sent_on, "sent_to": doc.sent_to}


def _locked(name: str) -> Document:
	"""Minutes as they are now, which nobody else changes until the transaction ends; first their document, as ever."""
	subject = frappe.db.get_value(DOCTYPE, name, ["reference_doctype", "reference_name"])
	frappe.db.get_value(*subject, "name", for_update=True)
	return frappe.get_doc(DOCTYPE, name, for_update=True)


def _check(doc: Document, asked: set[str]) -> None:
	title = _("Cannot Be Sent")
	sides = {cstr(row.email_id).strip().lower(): row for row in doc.participants if row.email_id}
	link = get_link_to_form(DOCTYPE, doc.name)
	if not asked:
		frappe.throw(_("Choose who gets the minutes."), title=title)
	strangers = sorted(asked - sides.keys())
	if strangers:
		frappe.throw(
			_("{0} did not take part. Minutes go to their participants; add the person to {1} first.").format(
				escape_html(", ".join(strangers)), link
			),
			title=title,
		)
	if not (cstr(doc.topics).strip() or cstr(doc.decisions).strip() or doc.actions):
		frappe.throw(
			_("There are no topics, decisions or next actions in {0} yet. Minutes say what came of a meeting.").format(
				link
			),
			title=title,
		)  # fmt: skip
	blocked = [why for address in sorted(asked) if (why := hindrance(doc, sides[address].side, address))]
	if blocked:
		frappe.throw("<br>".join(blocked), title=title)
	if not needs_mail.can_send():
		frappe.throw(
			_("This site has no e-mail account to send from. Ask an administrator to set one up."),
			title=title,
		)


def _send(doc: Document, letter: Letter) -> None:
	"""Keeps a letter on the timelines and puts it into the queue; answers go to whoever wrote the minutes."""
	content = mail(doc, letter)
	subject, own = (doc.reference_doctype, doc.reference_name), (DOCTYPE, doc.name)
	if letter.side == CUSTOMER:
		reference = subject
		communication = letters.keep(content, letter.to, subject, [own])
	else:
		reference = own  # what stays in the house is no touch
		communication = letters.keep(content, letter.to, own)
	frappe.sendmail(
		recipients=list(letter.to),
		subject=content["subject"],
		message=content["html"],
		reference_doctype=reference[0],
		reference_name=reference[1],
		communication=communication,
		reply_to=frappe.db.get_value("User", doc.written_by or frappe.session.user, "email"),
		with_container=True,
	)
