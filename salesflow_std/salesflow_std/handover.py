"""The hand-over from the development rep to an account manager (L12): what it needs, and what ends it.

A lead with clear interest goes to an account manager, with the record of the first conversation; one with a
vague need goes to the nurture pool. Offering, accepting and returning are the record's own doing
(`doctype.lead_handover`); here is what follows from the lead and from the clock. It does not import the
plan, so that the plan can tell it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_fullname, get_link_to_form, now_datetime, strip_html
from pypika import Case
from pypika.functions import Coalesce, NullIf

from salesflow_std.salesflow_std import grading, notices, reps

OFFERED, ACCEPTED, RETURNED, WITHDRAWN = "Offered", "Accepted", "Returned", "Withdrawn"

# Why an offer has ended without an answer.
TAKEN_BACK, ENDED, INVALID, NURTURE, GIVEN_AWAY = (
	"Taken Back",
	"Lead Ended",
	"Lead Invalid",
	"Nurture Pool",
	"Given to Somebody Else",
)
# An open offer depends on these of its lead.
_RELIED_ON = ("status", "disabled", "lead_owner", "sf_invalid_reason", "sf_in_nurture")
_CHUNK = 500


def rep_of(lead: Mapping[str, object]) -> str:
	"""Whose lead it is."""
	return lead.get("lead_owner") or lead.get("owner")


def may_offer(lead: Document, user: str | None = None) -> bool:
	"""The lead's rep hands it over, or a manager who may change it."""
	user = user or frappe.session.user
	if not frappe.has_permission("Lead", "write", doc=lead, user=user):
		return False
	return user == rep_of(lead) or reps.is_manager(user)


# What a hand-over needs ------------------------------------------------------------------------------------


def missing(lead: Mapping[str, object]) -> list[tuple[str, str]]:
	"""What a lead lacks for a hand-over: ``(place, sentence)``, the place being where it is put right."""
	if lead.get("sf_invalid_reason"):
		return [("lead", _("It is marked as invalid."))]
	if not _is_open(lead):
		return [("lead", _("It is no longer open."))]
	lacking = []
	if not lead.get("sf_grade"):
		lacking.append(("score", _("It has no grade, so nobody knows yet how clear the interest is.")))
	elif lead.get("sf_in_nurture"):
		lacking.append(
			(
				"score",
				_(
					"It is in the nurture pool with grade {0}; a new score with a better grade brings it back."
				).format(lead.get("sf_grade")),
			)
		)
	if not lead.get("sf_first_touched_on"):
		lacking.append(
			("first_touch", _("The first conversation has not taken place, or nobody has recorded it."))
		)
	return lacking


def _is_open(lead: Mapping[str, object]) -> bool:
	return lead.get("status") in grading.OPEN_LEAD_STATUSES and not lead.get("disabled")


def rule() -> str:
	"""L12 in a sentence."""
	return _(
		"A lead with clear interest goes to an account manager, with the record of the first conversation; "
		"one with a vague need goes to the nurture pool."
	)


def check_ready(lead: Document) -> None:
	"""Refuses a hand-over without clear interest, and says what to do about it."""
	lacking = missing(lead)
	if not lacking:
		return
	lines = []
	for place, sentence in lacking:
		link = {"score": _("Score the lead"), "first_touch": _("Record the first touch")}.get(
			place, _("Open the lead")
		)
		lines.append(f"<li>{escape_html(sentence)} {get_link_to_form('Lead', lead.name, link)}</li>")
	frappe.throw(
		_("{0} cannot be handed over yet.").format(title_of(lead)) + _listed(lines) + rule(),
		title=_("Not Ready for a Hand-over"),
	)


def _listed(lines: list[str]) -> str:
	return f"<ul>{''.join(lines)}</ul>"


def check_receiver(user: str, lead: Mapping[str, object]) -> None:
	"""The receiver is somebody else, can log in and works in sales."""
	if user == rep_of(lead):
		frappe.throw(_("The lead belongs to {0} already.").format(full_name(user)), title=_("Hand-over"))
	if not reps.is_enabled(user):
		frappe.throw(
			_("{0} cannot log in, so nobody would see the offer.").format(full_name(user)),
			title=_("Hand-over"),
		)
	if user in frappe.STANDARD_USERS or not frappe.db.exists(
		"Has Role", {"parenttype": "User", "parent": user, "role": ("in", reps.SALES_ROLES)}
	):
		frappe.throw(
			_("{0} has no sales role, so could not work on the lead.").format(full_name(user)),
			title=_("Hand-over"),
		)


def check_conversation(text: str | None) -> None:
	"""Nothing is handed over without the record of the first conversation."""
	if not html.unescape(strip_html(text or "")).strip():
		frappe.throw(
			" ".join((_("Write down what was said in the first conversation."), rule())),
			title=_("Record of the First Conversation Missing"),
		)


def draft(lead: str) -> str:
	"""What is known of the last conversation: the newest note of a touch or the newest message, as HTML."""
	notes = frappe.get_all(
		"Follow Up",
		filters={
			"reference_doctype": "Lead",
			"reference_name": lead,
			"status": "Done",
			"note": ("is", "set"),
		},
		fields=["note", "done_on"],
		order_by="done_on desc",
		limit=1,
	)
	messages = frappe.get_all(
		"Communication",
		filters={
			"reference_doctype": "Lead",
			"reference_name": lead,
			"communication_type": "Communication",
			"content": ("is", "set"),
		},
		fields=["content", "communication_date"],
		order_by="communication_date desc",
		limit=1,
	)
	if notes and not (messages and messages[0].communication_date > notes[0].done_on):
		return "".join(f"<p>{escape_html(line)}</p>" for line in notes[0].note.splitlines() if line.strip())
	return messages[0].content if messages else ""


# Offers that end by themselves -----------------------------------------------------------------------------


def lead_changed(doc: Document, method: str | None = None) -> None:
	"""Lead's `on_change`: an open offer ends with what it was made for.

	Saves that change nothing it depends on cost a comparison and no query.
	"""
	before = doc.get_doc_before_save()
	if before is not None and any((before.get(f) or None) != (doc.get(f) or None) for f in _RELIED_ON):
		follow(doc.name)


def follow(lead: str) -> None:
	"""Withdraws the open offer of a lead if there is no ground for it any more; one query if not."""
	withdraw_by_itself(groundless(lead))


def ground_lost(lead: Mapping[str, object], from_user: str) -> str:
	"""Why an offer of a lead cannot stand any more; empty while it can."""
	if lead.get("sf_invalid_reason"):
		return INVALID
	if not _is_open(lead):
		return ENDED
	if lead.get("sf_in_nurture"):
		return NURTURE
	return GIVEN_AWAY if rep_of(lead) != from_user else ""


def groundless(lead: str | None = None, after: str = "") -> list[frappe._dict]:
	"""Open offers whose lead has ended, has become vague or belongs to somebody else, a chunk of them.

	Rows of ``{"name", "because"}`` in the order of their names, those behind `after`.
	"""
	offer, subject = frappe.qb.DocType("Lead Handover"), frappe.qb.DocType("Lead")
	invalid = subject.sf_invalid_reason.isnotnull() & (subject.sf_invalid_reason != "")
	ended = subject.status.notin(grading.OPEN_LEAD_STATUSES) | (subject.disabled == 1)
	elsewhere = Coalesce(NullIf(subject.lead_owner, ""), subject.owner) != offer.from_user
	query = (
		frappe.qb.from_(offer)
		.join(subject)
		.on(subject.name == offer.lead)
		.select(
			offer.name,
			Case()
			.when(invalid, INVALID)
			.when(ended, ENDED)
			.when(subject.sf_in_nurture == 1, NURTURE)
			.else_(GIVEN_AWAY)
			.as_("because"),
		)
		.where((offer.status == OFFERED) & (offer.name > after))
		.where(invalid | ended | (subject.sf_in_nurture == 1) | elsewhere)
		.orderby(offer.name)
		.limit(_CHUNK)
	)
	if lead:
		query = query.where(offer.open_key == lead)
	return query.run(as_dict=True)


def withdraw_by_itself(rows: Iterable[frappe._dict]) -> None:
	"""Withdraws offers, with a note for both sides."""
	for row in rows:
		doc = frappe.get_doc("Lead Handover", row.name, for_update=True)
		if doc.status == OFFERED:
			doc.end(row.because)


def in_words(because: str) -> str:
	"""Why an offer was withdrawn, as the end of a sentence."""
	return {
		ENDED: _("the lead has ended"),
		INVALID: _("the lead is invalid"),
		NURTURE: _("the need is vague, the lead is in the nurture pool"),
		GIVEN_AWAY: _("the lead belongs to somebody else now"),
	}.get(because, "")


# Offers that nobody answers --------------------------------------------------------------------------------


def overdue(after: str = "") -> list[frappe._dict]:
	"""Offers that were not answered in time and of which the manager does not know yet.

	A chunk of them in the order of their names, those behind `after`.
	"""
	offer = frappe.qb.DocType("Lead Handover")
	return (
		frappe.qb.from_(offer)
		.select(offer.name, offer.lead, offer.title, offer.to_user, offer.answer_due)
		.where((offer.status == OFFERED) & (offer.answer_due < now_datetime()))
		.where(offer.escalated_on.isnull() & (offer.name > after))
		.orderby(offer.name)
		.limit(_CHUNK)
		.run(as_dict=True)
	)


def escalate(rows: Iterable[frappe._dict]) -> int:
	"""Tells the receivers' managers of offers, once for each; returns how many.

	The mark and the notice belong into one transaction: whoever calls commits after each chunk.
	"""
	offer, now, count = frappe.qb.DocType("Lead Handover"), now_datetime(), 0
	for row in rows:
		(
			frappe.qb.update(offer)
			.set(offer.escalated_on, now)
			.where((offer.name == row.name) & (offer.status == OFFERED) & offer.escalated_on.isnull())
			.run()
		)
		if not frappe.db._cursor.rowcount:  # answered, or told by somebody else, since it was found
			continue
		for manager in reps.escalate_to(row.to_user):
			with notices.in_language(notices.language_of(manager)):
				notices.notify(
					manager,
					_("{0}: {1} has not answered the offered hand-over, due {2}.").format(
						f"<b>{escape_html(row.title or row.lead)}</b>",
						full_name(row.to_user),
						when(row.answer_due),
					),
					"Lead Handover",
					row.name,
				)
		count += 1
	return count


# The lead itself -------------------------------------------------------------------------------------------


def after_rename(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""The key of an open offer follows the lead's name; after a merge one offer stays open."""
	for name in frappe.get_all(
		"Lead Handover", filters={"lead": new, "status": OFFERED}, pluck="name", order_by="offered_on"
	):
		holder = frappe.db.get_value("Lead Handover", {"open_key": new})
		if holder and holder != name:
			frappe.get_doc("Lead Handover", name, for_update=True).end(ENDED)
		elif not holder:
			frappe.db.set_value("Lead Handover", name, "open_key", new, update_modified=False)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""The hand-overs of a deleted lead go with it."""
	frappe.db.delete("Lead Handover", {"lead": doc.name})


# Words -----------------------------------------------------------------------------------------------------


def title_of(lead: Mapping[str, object]) -> str:
	"""A lead in a message, as HTML."""
	return f"<b>{escape_html(lead.get('title') or lead.get('name'))}</b>"


def full_name(user: str) -> str:
	"""A user in a message, as HTML."""
	return escape_html(get_fullname(user))


def when(moment: object) -> str:
	"""A time in a message."""
	return frappe.format(moment, {"fieldtype": "Datetime"})
