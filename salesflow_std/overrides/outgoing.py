"""Communication and Email Queue: no quotation or proposal leaves the house before it is approved (S2)."""

from __future__ import annotations

import json
from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import quotation_gate, reps

GATED = ("Quotation", "Solution Proposal")


def before_communication(doc: Document, method: str | None = None) -> None:
	"""Refuses an e-mail to somebody outside that is written on what may not go out.

	What a mailbox brings along was sent already.
	"""
	if (
		doc.reference_doctype not in GATED
		or not doc.reference_name
		or doc.sent_or_received == "Received"
		or doc.communication_type not in ("Communication", "Automated Message")
		or doc.communication_medium != "Email"
		or doc.flags.in_receive
	):
		return
	if _leaves_house(doc.recipients, doc.cc, doc.bcc):
		quotation_gate.send(doc.reference_doctype, doc.reference_name)


def before_queue(doc: Document, method: str | None = None) -> None:
	"""Refuses any other e-mail to somebody outside: a notification, a program's, an attached print.

	To colleagues the mail goes, without a print that could not be made.
	"""
	prints = _prints(doc)
	referred = (doc.reference_doctype, doc.reference_name)
	gated = dict.fromkeys([referred, *prints]) if referred[0] in GATED else dict.fromkeys(prints)
	if not gated:
		return
	if _leaves_house(*(row.recipient for row in doc.recipients)):
		for doctype, name in gated:
			quotation_gate.send(doctype, name)
	elif prints:
		_leave_out(doc, [name for doctype, name in prints if doctype == "Quotation"])


def _leaves_house(*lists: str | None) -> bool:
	"""Whether somebody among the recipients is neither a colleague nor a mailbox of the house."""
	outside = reps.addresses_in(*lists) - reps.own_addresses()
	if not outside:
		return False
	mailboxes = frappe.get_all(
		"Email Account", fields=["email_id", "always_bcc"], as_list=True, order_by="name"
	)
	return bool(outside - {address.lower() for row in mailboxes for address in row if address})


def _prints(doc: Document) -> list[tuple[str, str]]:
	"""What is to be printed and attached when the mail is sent."""
	if "print_format_attachment" not in (doc.attachments or ""):
		return []
	return [
		(row.get("doctype"), row.get("name"))
		for row in json.loads(doc.attachments)
		if row.get("print_format_attachment") and row.get("doctype") in GATED
	]


def _leave_out(doc: Document, quotations: Iterable[str]) -> None:
	refused = {name for name in quotations if not quotation_gate.may_print(frappe.get_doc("Quotation", name))}
	if not refused:
		return
	kept = [
		row
		for row in json.loads(doc.attachments)
		if not (row.get("print_format_attachment") and row.get("name") in refused)
	]
	doc.attachments = json.dumps(kept)
	frappe.msgprint(
		_("The mail goes without a print of {0}: no review has approved its figures.").format(
			frappe.utils.comma_and(sorted(map(frappe.utils.escape_html, refused)), add_quotes=False)
		),
		title=_("Print Left Out"),
		indicator="orange",
	)
