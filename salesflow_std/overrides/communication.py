"""Communication: sent mail is a touch, received mail a reply; an absence note is neither (F4, L7)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime

from salesflow_std.engine import mail
from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import follow_ups, reps, touches

_SUBJECTS = (*follow_ups.REFERENCES, "Quotation")

# Our channel for each of Frappe's; other media (Event, Other) are no touch.
CHANNELS = {
	"": "E-mail",
	"Email": "E-mail",
	"Phone": "Phone",
	"SMS": "Message",
	"Chat": "Message",
	"Visit": "Visit",
	"Meeting": "Visit",
}
# Written by Frappe's own machinery or by a campaign: nobody has talked to this customer.
NO_TOUCH = ("Event", "Email Campaign", "Newsletter", "Auto Email Report")
# Trouble with our own mail server ("Error", "Expired") says nothing about the address.
NOT_DELIVERED = ("Bounced", "Rejected")


def on_update(doc: Document, method: str | None = None) -> None:
	"""Counts what a person wrote to a customer, and what the customer wrote.

	Received mail is saved twice, and mail may be given its document later: `touches` counts each once.
	"""
	if doc.communication_type != "Communication" or doc.reference_doctype in NO_TOUCH:
		return
	references = _references(doc)
	if not references:
		if doc.sent_or_received == "Received" and doc.communication_medium == "Email":
			_stray_bounce(doc)
		return
	channel = CHANNELS.get(doc.communication_medium or "")
	if not channel:
		return
	if channel == "E-mail" and _is_internal(doc):
		return
	when = get_datetime(doc.communication_date) if doc.communication_date else now_datetime()
	if doc.sent_or_received == "Sent":
		if doc.delivery_status in NOT_DELIVERED:
			return
		outcome = "Sent" if channel in ("E-mail", "Message") else "Reached"
		for doctype, name in touches.subjects_of(references):
			safely(
				touches.record,
				doctype,
				name,
				when,
				channel,
				("Communication", doc.name),
				outcome,
				by=_sender(doc),
				new=doc.get_doc_before_save() is None,
			)
		return
	kind = mail.kind_of_received(doc.subject, doc.sender, doc.content)
	for doctype, name in touches.subjects_of(references):
		if kind == mail.REPLY:
			safely(touches.replied, doctype, name, when, doc.name)
		elif kind == mail.BOUNCE:
			safely(touches.bounced, doctype, name, doc.in_reply_to)


def on_change(doc: Document, method: str | None = None) -> None:
	"""A sent mail that turns out not to have arrived."""
	if doc.sent_or_received != "Sent" or doc.delivery_status not in NOT_DELIVERED:
		return
	for doctype, name in touches.subjects_of(_references(doc)):
		safely(touches.bounced, doctype, name, doc.name)


def _references(doc: Document) -> list[tuple[str, str]]:
	"""Documents of the sales process the mail belongs to: its own reference and Frappe's timeline links."""
	found = [(doc.reference_doctype, doc.reference_name)]
	found += [(link.link_doctype, link.link_name) for link in doc.get("timeline_links") or ()]
	return [(doctype, name) for doctype, name in found if doctype in _SUBJECTS and name]


def _is_internal(doc: Document) -> bool:
	"""Whether a mail stayed in the house: what colleagues write each other reaches no customer."""
	parts = (doc.recipients, doc.cc) if doc.sent_or_received == "Sent" else (doc.sender,)
	addresses = reps.addresses_in(*parts)
	return bool(addresses) and addresses <= reps.own_addresses()


def _sender(doc: Document) -> str:
	"""The user who sent it; what came by an import or a mail client was not written by whoever fetched it."""
	if doc.user and doc.user != "Guest":
		return doc.user
	return frappe.session.user


def _stray_bounce(doc: Document) -> None:
	"""A bounce that came to no document: the addresses it names say whose it is."""
	if mail.kind_of_received(doc.subject, doc.sender, doc.content) != mail.BOUNCE:
		return
	addresses = mail.failed_addresses(doc.content)[:5]
	for doctype, subject in follow_ups.SUBJECTS.items() if addresses else ():
		for name in frappe.get_all(
			doctype,
			filters={subject.email_field: ("in", addresses), "status": ("in", subject.open_statuses)},
			pluck="name",
			order_by="name",
			limit=5,
		):
			safely(touches.bounced, doctype, name)
