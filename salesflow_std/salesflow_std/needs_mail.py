"""What is said to the customer, and to ourselves, about a needs talk: in whose language, and in which words (N4).

The customer sees their needs as agreed and nothing else of the record: no match scores, evidence, moods or people.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.model.document import Document
from frappe.utils import format_datetime, formatdate, get_datetime, get_fullname, get_url, get_url_to_form
from frappe.utils.jinja import get_email_from_template

from salesflow_std.salesflow_std import notices, profiles, reps

# The page that a link leads to.
PAGE = "confirm-needs"
_SUMMARY = "needs_confirmation"


def language_of(record: Document) -> str:
	"""The customer's language: the record's, else the document's, else the site's."""
	party = profiles.party_of(record.reference_doctype, record.reference_name)
	candidates = [(record.reference_doctype, record.reference_name), party]
	found = record.get("language")
	for doctype, name in [] if found else filter(None, candidates):
		found = found or (
			frappe.db.get_value(doctype, name, "language")
			if frappe.get_meta(doctype).has_field("language")
			else None
		)
	return found or frappe.db.get_single_value("System Settings", "language") or "en"


def rep_of(record: Document) -> str:
	"""Whose talk it is: the responsible user, else whoever wrote it down."""
	return record.allocated_to or record.owner


def our_company(record: Document) -> str:
	"""The name of our company that talks to the customer."""
	company = (
		frappe.db.get_value(record.reference_doctype, record.reference_name, "company")
		if frappe.get_meta(record.reference_doctype).has_field("company")
		else None
	) or frappe.db.get_single_value("Global Defaults", "default_company")
	return (frappe.db.get_value("Company", company, "company_name") if company else None) or company or ""


def customer_name(record: Document) -> str:
	"""What the customer's company is called."""
	party = profiles.party_of(record.reference_doctype, record.reference_name)
	return profiles.company_name(*party) if party else record.title or record.reference_name


def text_of(row: Document) -> str:
	"""A need as it is put to the customer: a vague wish as it was made concrete (N3)."""
	return (row.concrete if row.vague else None) or row.need or ""


def shown(record: Document) -> dict[str, Any]:
	"""All that the customer sees of a record, in the current language, not escaped:

	``{"our_company", "customer", "talked_on", "version", "summary": [line], "needs": [{"key", "need", "priority",
	"nature"}]}``
	"""
	return {
		"our_company": our_company(record),
		"customer": customer_name(record),
		"talked_on": day(record.talked_on),
		"version": record.version,
		"summary": (record.summary or "").strip().splitlines(),
		"needs": [
			{
				"key": row.need_key,
				"need": text_of(row),
				"priority": _(row.priority, context="Customer Need") if row.priority else "",
				"nature": _(row.nature, context="Customer Need") if row.nature else "",
				"verdict": row.verdict,
				"correction": row.correction,
			}
			for row in record.needs
		],
	}


def day(moment: datetime | str | None) -> str:
	"""A day in words of the current language."""
	return formatdate(get_datetime(moment), "long") if moment else ""


def minute(moment: datetime | str | None) -> str:
	"""A day and the time of day in the current language."""
	return f"{day(moment)} {format_datetime(get_datetime(moment), 'HH:mm')}" if moment else ""


def link_to(token: str) -> str:
	"""The address that goes to the customer and nowhere else."""
	return get_url(f"/{PAGE}?token={token}")


def summary(record: Document, expires_on: datetime) -> dict[str, str]:
	"""The mail that asks the customer to confirm, in their language, as it is kept and shown in the desk (N4).

	``{"subject", "html"}``: the same mail, with no link in it.
	"""
	with notices.in_language(language_of(record)):
		html, _text = get_email_from_template(_SUMMARY, _summary_args(record, expires_on))
		return {"subject": _summary_subject(record), "html": html}


def send_summary(record: Document, expires_on: datetime, token: str, communication: str) -> None:
	"""Puts the mail with the link into the queue; answers to it go to the rep."""
	with notices.in_language(language_of(record)):
		frappe.sendmail(
			recipients=[record.email_id],
			subject=_summary_subject(record),
			template=_SUMMARY,
			args={**_summary_args(record, expires_on), "link": link_to(token)},
			reference_doctype=record.reference_doctype,
			reference_name=record.reference_name,
			communication=communication,
			reply_to=frappe.db.get_value("User", rep_of(record), "email"),
			with_container=True,
		)


def _summary_args(record: Document, expires_on: datetime) -> dict[str, Any]:
	facts = shown(record)
	return {
		**facts,
		"contact": record.contact_name or facts["customer"],
		"rep_name": get_fullname(rep_of(record)),
		"valid_until": day(expires_on),
		"link": None,
	}


def _summary_subject(record: Document) -> str:
	return one_line(
		_("Please confirm your needs: {0} (version {1})").format(
			our_company(record) or customer_name(record), record.version
		)
	)


def result(record: Document, verdict: str) -> dict[str, str]:
	"""The customer's copy of what they have answered, in their language: ``{"subject", "html"}`` (N4)."""
	with notices.in_language(language_of(record)):
		facts = shown(record)
		html, _text = get_email_from_template(
			"needs_answered",
			{
				**facts,
				"verdict": verdict,
				"answered_by": record.answered_by,
				"answered_on": minute(record.answered_on),
				"channel": _(record.answer_channel, context="Needs Record") if record.answer_channel else "",
				"comment": (record.answer_comment or "").splitlines(),
				"rep_name": get_fullname(rep_of(record)),
			},
		)
		subject = _("Your answer about your needs: {0} (version {1})").format(
			facts["our_company"] or facts["customer"], record.version
		)
	return {"subject": one_line(subject), "html": html}


def result_for_rep(record: Document, verdict: str, user: str, following: str | None) -> dict[str, str]:
	"""What the rep is told, in their language: ``{"subject", "html"}``; `following` is the version to look at."""
	with notices.in_language(notices.language_of(user)):
		facts = shown(record)
		html, _text = get_email_from_template(
			"needs_answer_for_rep",
			{
				**facts,
				"verdict": verdict,
				"answered_by": record.answered_by,
				"answered_on": minute(record.answered_on),
				"comment": (record.answer_comment or "").splitlines(),
				"record_url": get_url_to_form("Needs Record", following or record.name),
			},
		)
		subject = verdict_sentence(facts["customer"], verdict, record.version)
	return {"subject": one_line(subject), "html": html}


def verdict_sentence(customer: str, verdict: str, version: int) -> str:
	"""What the customer has said, in a sentence of the current language."""
	sentences = {
		"Confirmed": _("{0} has confirmed its needs, version {1}."),
		"Corrected": _("{0} has corrected its needs, version {1}."),
		"Refused": _("{0} has refused the needs, version {1}."),
	}
	return sentences[verdict].format(customer, version)


def one_line(text: str) -> str:
	"""A subject holds no line break, whatever a customer is called."""
	return " ".join(text.split())


def can_send() -> bool:
	"""Whether this site sends mail."""
	return bool(EmailAccount.find_outgoing())


def may_write_to(address: str | None, record: Document) -> str:
	"""Why the summary cannot go to an address, as a sentence; "" where it can."""
	# One address and nothing else: our own among several, or behind a name, would get the link as well.
	if not address or frappe.utils.validate_email_address(address) != address or "," in address:
		return _("{0} is no e-mail address.").format(frappe.utils.escape_html(address or "–"))
	if address.lower() in reps.own_addresses():
		return _("{0} is an address of our own house; only the customer can confirm.").format(
			frappe.utils.escape_html(address)
		)
	if is_unsubscribed(address, record):
		return _("{0} wants no e-mail from us.").format(frappe.utils.escape_html(address))
	return ""


def is_unsubscribed(address: str, record: Document) -> bool:
	"""Whether an address, or the customer behind a record of ours, wants no e-mail."""
	party = profiles.party_of(record.reference_doctype, record.reference_name)
	for doctype, name in {(record.reference_doctype, record.reference_name), party} - {None}:
		if frappe.db.exists(
			"Email Unsubscribe", {"email": address, "reference_doctype": doctype, "reference_name": name}
		):
			return True
		if frappe.get_meta(doctype).has_field("unsubscribed") and frappe.db.get_value(
			doctype, name, "unsubscribed"
		):
			return True
	if record.get("contact") and frappe.db.get_value("Contact", record.contact, "unsubscribed"):
		return True
	return bool(frappe.db.exists("Email Unsubscribe", {"email": address, "global_unsubscribe": 1}))
