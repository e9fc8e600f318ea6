"""Meeting minutes in the desk: beginning them, who took part, sending them (S6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from salesflow_std.salesflow_std import minutes, minutes_mail, profiles

# Whose forms begin minutes.
_BEGINS_WITH = (*profiles.SUBJECTS, "Solution Proposal", "Quotation", "Event")


@frappe.whitelist(methods=["GET", "POST"])
def make(doctype: str, name: str, event: str | None = None) -> Document:
	"""New minutes, not saved, of a lead, opportunity, prospect, customer, solution proposal, quotation or calendar
	event, with who took part, the approved proposal and the event's time. Raises PermissionError without the right to
	read the document, or to write what the minutes would stand on.
	"""
	_check_readable(doctype, name)
	if event:
		_check_readable("Event", event)
	doc = minutes.new(doctype, name, event)
	doc.check_permission("create")
	return doc


@frappe.whitelist(methods=["GET", "POST"])
def participants(doctype: str, name: str) -> list[dict]:
	"""Who may have taken part in a meeting about a document, see `minutes.people`: ``[{"side", "person", "position",
	"email_id", "contact", "user", "chosen"}]``. Raises PermissionError unless the user may read the document."""
	_check_readable(doctype, name)
	if doctype not in profiles.SUBJECTS:
		frappe.throw(
			_("Minutes are of a lead, an opportunity, a prospect or a customer."), title=_("Meeting Minutes")
		)
	return minutes.people(doctype, name)


@frappe.whitelist(methods=["GET", "POST"])
def colleague(user: str) -> dict | None:
	"""A user as a participant of ours: ``{"side", "person", "position", "email_id", "user"}``; None for who cannot log
	in."""
	frappe.has_permission(minutes.DOCTYPE, "create", throw=True)
	return minutes.colleague(user)


@frappe.whitelist(methods=["GET", "POST"])
def preview(name: str) -> dict:
	"""The mails as they would go out, and to whom, see `minutes_mail.preview`. Raises PermissionError without the right
	to change the minutes."""
	return minutes_mail.preview(_writable(name))


@frappe.whitelist(methods=["POST", "PUT"])
def send(name: str, recipients: list | str, again: int | bool = False) -> dict:
	"""Sends minutes to participants, by their addresses, each the same text once (S6); `again`: the user has confirmed
	that a changed text goes out once more.

	Returns ``{"sent": [address], "sent_on", "sent_to"}``. Raises PermissionError without the right to change the
	minutes, ValidationError where something is missing.
	"""
	_writable(name)
	return minutes_mail.send(name, frappe.parse_json(recipients) or [], bool(cint(again)))


def _writable(name: str) -> Document:
	doc = frappe.get_doc(minutes.DOCTYPE, name)
	doc.check_permission("write")
	return doc


def _check_readable(doctype: str, name: str) -> None:
	if doctype not in _BEGINS_WITH:
		frappe.throw(_("There are no meeting minutes of {0}.").format(_(doctype)), title=_("Meeting Minutes"))
	frappe.has_permission(doctype, "read", doc=name, throw=True)
