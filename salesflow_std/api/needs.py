"""The customer's word on a needs record, in the desk and over REST (N4)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime

from salesflow_std.engine import public_text
from salesflow_std.salesflow_std import confirmations
from salesflow_std.salesflow_std.confirmations import Answer
from salesflow_std.salesflow_std.messages import refuse

NAME_LENGTH = 140
TEXT_LENGTH = 2000


@frappe.whitelist(methods=["GET", "POST"])
def preview(name: str) -> dict:
	"""The mail as it would go to the customer, without the link.

	``{"to", "language", "subject", "html", "expires_on", "missing": [{"what", "why", "fieldname"}]}``
	"""
	return confirmations.preview(_writable(name))


@frappe.whitelist(methods=["POST", "PUT"])
def send(name: str) -> dict:
	"""Sends the needs summary to the customer, once, with a link to confirm or correct by (N4).

	Returns ``{"name", "status", "sent_on", "sent_to", "link_expires_on"}``. Raises PermissionError without the right
	to change the record, ValidationError where something is missing or it was sent already.
	"""
	_writable(name)
	return _state(confirmations.send(name))


@frappe.whitelist(methods=["POST", "PUT"])
def take_back(name: str) -> dict:
	"""Takes back a summary that the customer has not answered; its link ends. Returns as `send`."""
	_writable(name)
	return _state(confirmations.take_back(name))


@frappe.whitelist(methods=["POST", "PUT"])
def record_answer(
	name: str,
	verdict: str,
	by: str,
	on: str | datetime,
	channel: str,
	comment: str | None = None,
	corrections: dict | str | None = None,
) -> dict:
	"""Writes down what the customer answered by word of mouth or by e-mail (N4).

	`verdict` is Confirmed, Corrected (with `corrections`: key of a need -> its new words) or Refused (with `comment`);
	`by` says who answered, `on` when, `channel` is Phone, In Person or E-mail. Returns ``{"name", "status",
	"next_version"}``. Raises PermissionError without the right to change the record, ValidationError where something
	is missing or cannot have been so.
	"""
	_writable(name)
	given = frappe.parse_json(corrections) or {}
	if not isinstance(given, dict):
		frappe.throw(_("Corrections belong to needs."), title=_("Answer of the Customer"))
	try:
		answer = Answer(
			verdict=verdict,
			by=public_text.clean("by", by, NAME_LENGTH, lines=False),
			on=get_datetime(on),
			channel=channel,
			comment=public_text.clean("comment", comment, TEXT_LENGTH),
			corrections={
				key: text
				for key, value in given.items()
				if (text := public_text.clean("correction", value, TEXT_LENGTH))
			},
			recorded_by=frappe.session.user,
		)
	except public_text.TextError as problem:
		refuse(problem, _("Answer of the Customer"))
	record = confirmations.record_answer(name, answer)
	record.reload()
	return {"name": record.name, "status": record.status, "next_version": record.next_version}


def _writable(name: str) -> Document:
	record = frappe.get_doc("Needs Record", name)
	record.check_permission("write")
	return record


def _state(record: Document) -> dict:
	fields = ("name", "status", "sent_on", "sent_to", "link_expires_on")
	return {field: record.get(field) for field in fields}
