"""The customer's word on their needs: asked for by e-mail, given through a link or by word of mouth (N4).

Talked → Sent → Confirmed, Corrected or Refused. A summary that was sent is locked by its status; taking it back is
possible until the customer has answered. Corrections make a new version for the rep to look at; the version that was
answered stays as it was, with who, when, by which way and in which words.

Whoever answers, the record's row is locked first and its link second: of two answers at the same time one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	cint,
	escape_html,
	get_datetime,
	get_link_to_form,
	now_datetime,
)

from salesflow_std.salesflow_std import letters, needs, needs_mail, notices, public_links, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.public_links import NEEDS_CONFIRMATION, NotOpen

DOCTYPE = "Needs Record"
TALKED, SENT = "Talked", "Sent"
CONFIRMED, CORRECTED, REFUSED = "Confirmed", "Corrected", "Refused"
VERDICTS = (CONFIRMED, CORRECTED, REFUSED)
LINK = "Link"
# By which ways an answer is given that a rep writes down.
CHANNELS = ("Phone", "In Person", "E-mail")

# What a clock that is a little behind makes of "now".
_TOLERANCE = timedelta(minutes=5)
# A summary may lack these and still be confirmed by phone.
_FOR_MAIL_ONLY = ("email_id", "summary")

_UNANSWERED = {
	"answered_on": None,
	"answered_by": None,
	"answer_channel": None,
	"answer_comment": None,
	"recorded_by": None,
}


@dataclass(frozen=True)
class Answer:
	"""What the customer said: `corrections` maps the key of a need to its new words."""

	verdict: str
	by: str
	on: datetime
	channel: str = LINK
	comment: str = ""
	corrections: Mapping[str, str] = field(default_factory=dict)
	recorded_by: str | None = None


# Sending ---------------------------------------------------------------------------------------------------


def locked(name: str) -> Document:
	"""A needs record as it is now, which nobody else changes until the transaction ends."""
	return frappe.get_doc(DOCTYPE, name, for_update=True)


def link_expires_on() -> datetime:
	"""Until when a link that is sent now is valid: the end of its last day, which is what the mail says."""
	last = now_datetime() + timedelta(days=cint(settings().link_days) or 14)
	return last.replace(hour=23, minute=59, second=59, microsecond=0)


def hindrances(record: Document) -> list[dict]:
	"""What keeps a summary from being sent: ``[{"what", "why", "fieldname", "row"}]``, escaped (N3, N4).

	Beside what `needs.missing` says: an address that nothing may be sent to.
	"""
	found = _escaped(needs.missing(record))
	if not any(row["fieldname"] == "email_id" for row in found):
		why = needs_mail.may_write_to(record.email_id, record)
		if why:
			label = _("E-mail", context="Needs Record")
			found.append({"what": label, "why": why, "fieldname": "email_id", "row": None})
	return found


def _escaped(gaps: list[dict]) -> list[dict]:
	return [{**gap, "what": escape_html(gap["what"]), "why": escape_html(gap["why"])} for gap in gaps]


def preview(record: Document) -> dict:
	"""What would be sent, without the link: ``{"to", "language", "subject", "html", "expires_on", "missing"}``."""
	expires_on = link_expires_on()
	mail = needs_mail.summary(record, expires_on)
	return {
		"to": record.email_id,
		"language": needs_mail.language_of(record),
		"subject": mail["subject"],
		"html": mail["html"],
		"expires_on": str(expires_on),
		"missing": hindrances(record),
	}


def send(name: str) -> Document:
	"""Sends the summary to the customer, with a link to answer by; returns the record (N4).

	Raises ValidationError where something is missing, it was sent already or the site sends no mail. The caller has
	checked the rights.
	"""
	record = locked(name)
	_check_status(record, (TALKED,))
	_check_complete(record, hindrances(record))
	if not needs_mail.can_send():
		frappe.throw(
			_("This site has no e-mail account to send from. Ask an administrator to set one up."),
			title=_("Cannot Be Sent"),
		)
	_keep_chain(record)
	expires_on = link_expires_on()
	record.db_set(
		{
			**_UNANSWERED,
			"status": SENT,
			"sent_on": now_datetime().replace(microsecond=0),
			"sent_to": record.email_id,
			"sent_by": frappe.session.user,
			"link_expires_on": expires_on,
		}
	)
	_revoke_older(record, "A newer link was sent.")
	token = public_links.issue(
		NEEDS_CONFIRMATION, DOCTYPE, record.name, record.email_id, needs_mail.language_of(record), expires_on
	)
	_mail_summary(record, expires_on, token)
	return record


def _check_status(record: Document, allowed: tuple[str, ...]) -> None:
	if record.status in allowed and not record.next_version:
		return
	if record.next_version:
		why = _("There is a newer version: {0}.").format(get_link_to_form(DOCTYPE, record.next_version))
	elif record.status == SENT:
		why = _("It was sent to {0} on {1}. Take it back first to change it.").format(
			escape_html(record.sent_to or ""), _when(record.sent_on)
		)
	elif record.status == "Planned":
		why = _("The talk has not taken place yet, or nobody has recorded it.")
	elif record.answered_on:
		why = _("{0} answered on {1}.").format(
			escape_html(record.answered_by or ""), _when(record.answered_on)
		)
	else:
		why = _("Its status is {0}.").format(_(record.status, context="Needs Record"))
	frappe.throw(
		f"{why} {get_link_to_form(DOCTYPE, record.name, _('Open the needs record'))}",
		title=_("Not Possible Now"),
	)


def _check_complete(record: Document, missing: list[dict]) -> None:
	if not missing:
		return
	lines = "".join(
		f'<li><a href="/app/needs-record/{escape_html(record.name)}#{row["fieldname"]}">{row["what"]}</a>: '
		f"{row['why']}</li>"
		for row in missing
	)
	text = (
		_("This needs summary cannot go to the customer yet:")
		+ f"<ul>{lines}</ul>"
		+ _("The customer confirms needs that are complete and concrete, within 24 hours of the talk.")
	)
	frappe.throw(text, title=_("Something Is Missing"))


def _keep_chain(record: Document) -> None:
	"""Keeps the decision chain as it is known when the customer is asked (P2)."""
	frappe.db.delete("Decision Chain Member", {"parenttype": DOCTYPE, "parent": record.name})
	record.set("decision_chain", [])
	if not record.customer_profile:
		return
	for row in frappe.get_doc("Customer Profile", record.customer_profile).decision_chain:
		if not row.left_on:
			record.append("decision_chain", row.as_dict(no_default_fields=True)).db_insert()


def _revoke_older(record: Document, because: str) -> None:
	"""Ends the links of a record and of the versions before it."""
	name, seen = record.name, set()
	while name and name not in seen:
		seen.add(name)
		public_links.revoke(DOCTYPE, name, because, NEEDS_CONFIRMATION)
		name = frappe.db.get_value(DOCTYPE, name, "previous_version")


def _mail_summary(record: Document, expires_on: datetime, token: str) -> None:
	"""Puts the mail into the queue, and what it says, without the link, into the timeline.

	Whoever could read the link there could confirm in the customer's name. The Communication makes it a touch (F4).
	"""
	communication = letters.keep(
		needs_mail.summary(record, expires_on),
		[record.email_id],
		(record.reference_doctype, record.reference_name),
		[(DOCTYPE, record.name)],
	)
	needs_mail.send_summary(record, expires_on, token, communication)


def take_back(name: str) -> Document:
	"""Takes back a summary that has not been answered: its link ends, and the record can be changed again."""
	record = locked(name)
	_check_status(record, (SENT,))
	record.db_set({"status": TALKED, "link_expires_on": None})
	_revoke_older(record, "It was taken back.")
	return record


# Answers ---------------------------------------------------------------------------------------------------


def asked(token: object) -> tuple[Document | None, frappe._dict | None]:
	"""The record and the link of a token that may be answered now; (None, None) for everything else."""
	link = public_links.find(token, NEEDS_CONFIRMATION)
	if not link or link.reference_doctype != DOCTYPE or not frappe.db.exists(DOCTYPE, link.reference_name):
		return None, None
	record = frappe.get_doc(DOCTYPE, link.reference_name)
	return (record, link) if waits(record) else (None, None)


def waits(record: Document) -> bool:
	"""Whether a record waits for the customer's answer."""
	return record.status == SENT and not record.next_version


def answer_by_link(link: frappe._dict, answer: Answer) -> None:
	"""Writes down what the customer answered on the page. Raises NotOpen where somebody was faster.

	All of it or nothing: the caller undoes what a failure leaves behind.
	"""
	record = locked(link.reference_name)
	if not waits(record) or not public_links.use(link.name):
		raise NotOpen
	_write(record, answer)


def record_answer(name: str, answer: Answer) -> Document:
	"""Writes down what the customer said by phone, in person or by e-mail; returns the record (N4).

	Raises ValidationError where it cannot have been so. The caller has checked the rights.
	"""
	record = locked(name)
	_check_status(record, (TALKED, SENT))
	_check_told(record, answer)
	if record.status == TALKED:
		if answer.verdict != REFUSED:
			gaps = [gap for gap in needs.missing(record) if gap["fieldname"] not in _FOR_MAIL_ONLY]
			_check_complete(record, _escaped(gaps))
		_keep_chain(record)
	_write(record, answer)
	return record


def _check_told(record: Document, answer: Answer) -> None:
	title = _("Answer of the Customer")
	if answer.verdict not in VERDICTS or answer.channel not in CHANNELS:
		frappe.throw(_("Choose what the customer said, and by which way."), title=title)
	if not answer.by:
		frappe.throw(_("Say who answered for the customer."), title=title)
	if answer.on > now_datetime() + _TOLERANCE:
		frappe.throw(_("The answer cannot lie in the future."), title=title)
	if record.talked_on and answer.on < get_datetime(record.talked_on) - _TOLERANCE:
		frappe.throw(
			_("The answer cannot be older than the talk of {0}.").format(_when(record.talked_on)), title=title
		)
	if answer.verdict == CORRECTED and not answer.corrections:
		frappe.throw(_("Write down at least one correction."), title=title)
	if answer.verdict == REFUSED and not answer.comment:
		frappe.throw(_("Write down why the customer refused."), title=title)
	if not set(answer.corrections) <= {row.need_key for row in record.needs}:
		frappe.throw(_("The needs have changed meanwhile. Reload the record."), title=title)


def _write(record: Document, answer: Answer) -> None:
	corrections = answer.corrections if answer.verdict == CORRECTED else {}
	record.db_set(
		{
			"status": answer.verdict,
			"answered_on": answer.on.replace(microsecond=0),
			"answered_by": answer.by,
			"answer_channel": answer.channel,
			"answer_comment": answer.comment or None,
			"recorded_by": answer.recorded_by,
		}
	)
	for row in record.needs:
		correction = corrections.get(row.need_key)
		verdict = "" if answer.verdict == REFUSED else "Corrected" if correction else "Agreed"
		row.db_set({"verdict": verdict, "correction": correction}, update_modified=False)
	_revoke_older(record, "It was answered.")
	following = None
	if answer.verdict == CONFIRMED:
		needs.confirmed(record)
	elif answer.verdict == CORRECTED:
		following = needs.new_version(record, corrections, by=answer.by).name
		# What the customer said about this version stays said, whatever follows it.
		record.db_set("status", CORRECTED)
	_note(record, answer)
	_tell_customer(record, answer)
	_tell_rep(record, answer, following)


def _note(record: Document, answer: Answer) -> None:
	"""A line in the timeline of the customer's document."""
	site_language = frappe.db.get_single_value("System Settings", "language") or "en"
	with notices.in_language(site_language):
		text = escape_html(
			needs_mail.verdict_sentence(needs_mail.customer_name(record), answer.verdict, record.version)
		)
		said = _("Said by {0}, {1}.").format(
			escape_html(answer.by), _(answer.channel, context="Needs Record").lower()
		)
		link = f'<a href="/app/needs-record/{escape_html(record.name)}">{_("Needs Record")}</a>'
	frappe.get_doc(
		{
			"doctype": "Comment",
			"comment_type": "Info",
			"reference_doctype": record.reference_doctype,
			"reference_name": record.reference_name,
			"comment_email": frappe.session.user,
			"comment_by": answer.by if answer.channel == LINK else frappe.utils.get_fullname(),
			"content": f"{text} {said} {link}",
		}
	).insert(ignore_permissions=True)


def _tell_customer(record: Document, answer: Answer) -> None:
	"""The customer gets a copy of what they have answered, and of what was confirmed in their name."""
	address = record.sent_to if answer.channel == LINK else record.email_id
	if answer.channel != LINK and answer.verdict != CONFIRMED:
		return  # they hear of it with the next version, or have said that they want none
	if not needs_mail.can_send() or needs_mail.may_write_to(address, record):
		return
	mail = needs_mail.result(record, answer.verdict)
	_send(address, mail, record, reply_to=frappe.db.get_value("User", needs_mail.rep_of(record), "email"))


def _tell_rep(record: Document, answer: Answer, following: str | None) -> None:
	"""The rep hears of it, or whoever is told of their work where they cannot log in; whoever wrote it down knows."""
	rep = needs_mail.rep_of(record)
	for user in [rep] if reps.is_enabled(rep) else reps.escalate_to(rep):
		if user == frappe.session.user:
			continue
		mail = needs_mail.result_for_rep(record, answer.verdict, user, following)
		notices.notify(user, escape_html(mail["subject"]), DOCTYPE, following or record.name, mail["html"])
		address = frappe.db.get_value("User", user, "email")
		if needs_mail.can_send() and address and "@" in address:
			_send(address, mail, record)


def _send(address: str, mail: dict[str, str], record: Document, reply_to: str | None = None) -> None:
	frappe.sendmail(
		recipients=[address],
		subject=mail["subject"],
		message=mail["html"],
		reference_doctype=DOCTYPE,
		reference_name=record.name,
		reply_to=reply_to,
		with_container=True,
	)


def _when(moment: object) -> str:
	return frappe.format(moment, {"fieldtype": "Datetime"})
