"""The internal review of a proposal: asked for, opened, decided, recalled, withdrawn (S2).

Nobody but this module writes a Proposal Review, and each step locks the proposal and then its review, so that two who
decide at once are one after the other. From the request on a proposal stays as it is, so that the manager opens what
was handed in: to change it, the request is taken back, and an open review is recalled.

A review has rounds: recalled and opened again it is the same record, in which opinions of earlier rounds stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, escape_html, get_fullname, get_link_to_form, now_datetime

from salesflow_std.engine import figures
from salesflow_std.engine import review as engine
from salesflow_std.salesflow_std import proposals, reps, review_mail, review_rules

DOCTYPE = "Proposal Review"
# The terms of a proposal that reviewers read and comment on one by one.
TERMS = (
	"delivery_period",
	"service_terms",
	"payment_terms_template",
	"incoterm",
	"named_place",
	"valid_days",
	"taxes_and_charges",
	"terms",
)
OPEN, APPROVED, CHANGES_ASKED, REJECTED, RECALLED, WITHDRAWN = (
	"Open",
	"Approved",
	"Changes Asked",
	"Rejected",
	"Recalled",
	"Withdrawn",
)
_CLOSES_AS = {engine.APPROVED: APPROVED, engine.CHANGES: CHANGES_ASKED, engine.REJECTED: REJECTED}

ABOUT = ("Need", "Item", "Terms", "General")
_MOST_COMMENTS = 200
_LONGEST = 2000


@dataclass(frozen=True)
class Opinion:
	"""What somebody says of a proposal: `comments` are ``[{"about", "row_key", "comment"}]``."""

	decision: str
	feasibility: int
	price: int
	compliance: int
	reason: str | None = None
	comments: list | tuple = ()


def _refuse(message: str, title: str | None = None) -> NoReturn:
	frappe.throw(message, title=title or _("Proposal Review"))


def _forbid(message: str) -> NoReturn:
	frappe.throw(message, frappe.PermissionError, title=_("Not Permitted"))


def _reason(text: str | None) -> str:
	found = cstr(text).strip()[:_LONGEST]
	if not found:
		_refuse(_("Give a reason: others act on it."), _("Reason Missing"))
	return found


# What a review holds --------------------------------------------------------------------------------------


def current(review: Document) -> list[Document]:
	"""The opinions of the round that runs or ran last."""
	return [row for row in review.opinions if cint(row.round or 1) == cint(review.round or 1)]


def seats(review: Document) -> list[engine.Seat]:
	"""The places of the round, as the engine reads them."""
	return [engine.Seat(row.review_rule, cint(row.quorum), row.decision or "") for row in current(review)]


def seen_by(rule: str, proposal: Document) -> str:
	"""The fingerprint of all that a rule's reviewers judge of a proposal."""
	concerns = review_rules.concerns(frappe.get_cached_doc(review_rules.DOCTYPE, rule))
	return figures.seen(proposals.parts(proposal), concerns)


def _locked_proposal(name: str) -> Document:
	return frappe.get_doc(proposals.DOCTYPE, name, for_update=True)


def locked(name: str) -> tuple[Document, Document]:
	"""A review and its proposal, as they are when everybody before has finished."""
	proposal = _locked_proposal(frappe.db.get_value(DOCTYPE, name, "proposal"))
	return frappe.get_doc(DOCTYPE, name, for_update=True), proposal


def save(review: Document) -> None:
	"""Writes a review; nobody else may."""
	review.flags.by_app = True
	review.save(ignore_permissions=True)


def manages(proposal: Document, user: str | None = None) -> bool:
	"""Whether a user may recall, withdraw and hand over seats: a manager who may change the proposal."""
	return reps.is_manager(user) and bool(
		frappe.has_permission(proposals.DOCTYPE, "write", doc=proposal, user=user)
	)


def own_seats(review: Document, user: str | None = None) -> list[Document]:
	"""The places of the round at which a user is asked."""
	user = user or frappe.session.user
	return [row for row in current(review) if row.asked == user]


def may_recall(review: Document, proposal: Document) -> bool:
	"""Whether the user may take an open review back: opener, whoever looks after the proposal, managers (S2)."""
	user = frappe.session.user
	return review.status == OPEN and (
		user in (review.opened_by, review_rules.rep_of(proposal)) or manages(proposal)
	)


# Asking for it --------------------------------------------------------------------------------------------


def request(name: str, note: str | None = None) -> dict:
	"""Draft -> Review Requested; the manager is told, once (S2). The caller has checked the rights."""
	proposal = _locked_proposal(name)
	if proposal.status not in (proposals.REQUESTED, proposals.IN_REVIEW):
		_check_draft(proposal)
		now, user = now_datetime().replace(microsecond=0), frappe.session.user
		proposals.set_status(name, proposals.REQUESTED, requested_by=user, requested_on=now)
		proposal.reload()
		review_mail.requested(proposal, cstr(note).strip()[:_LONGEST])
	return _state_of(proposal)


def take_back(name: str, reason: str | None = None) -> dict:
	"""Review Requested -> Draft. Where another does it, whoever asked is told why."""
	proposal = _locked_proposal(name)
	if proposal.status == proposals.DRAFT:
		return _state_of(proposal)
	if proposal.status != proposals.REQUESTED:
		_refuse(_("No review is requested for {0}.").format(get_link_to_form(proposal.doctype, name)))
	asker = proposal.requested_by
	proposals.set_status(name, proposals.DRAFT, requested_by=None, requested_on=None)
	if asker and asker != frappe.session.user:
		review_mail.sent_back(proposal, asker, cstr(reason).strip()[:_LONGEST])
	proposal.reload()
	return _state_of(proposal)


def _state_of(proposal: Document) -> dict:
	return {"name": proposal.name, "status": proposal.status, "review": proposal.proposal_review or None}


def _check_draft(proposal: Document) -> None:
	"""What has been reviewed is reviewed again as a new version."""
	if proposal.status in (proposals.DRAFT, proposals.REQUESTED):
		return
	link = get_link_to_form(proposal.doctype, proposal.name)
	if proposal.next_version:
		newer = get_link_to_form(proposal.doctype, proposal.next_version)
		_refuse(_("{0} has a later version, {1}; that one is reviewed.").format(link, newer))
	_refuse(_("{0} has been reviewed. Begin a new version there, and have that reviewed.").format(link))


def _check_complete(proposal: Document) -> None:
	"""S1: what is missing blocks the review, and is named."""
	gaps = proposals.missing(proposal)
	if gaps:
		lines = "".join(
			f"<li><a href='{review_mail.form(proposal)}#{escape_html(cstr(gap['fieldname']))}'>"
			f"{escape_html(gap['what'])}</a> – {escape_html(gap['why'])}</li>"
			for gap in gaps
		)
		_refuse(
			_("{0} is not complete yet, so it cannot be reviewed:").format(
				get_link_to_form(proposal.doctype, proposal.name)
			)
			+ f"<ul>{lines}</ul>",
			_("Not Complete"),
		)


# Opening --------------------------------------------------------------------------------------------------


def open_review(name: str, note: str | None = None) -> str:
	"""Opens the one review of a version, asks everybody, returns its name (S2); see `salesflow_std.api.review.open`.

	Where no rule asks for a review the proposal is approved at once, and the review says so.
	"""
	proposal = _locked_proposal(name)
	if proposal.status == proposals.IN_REVIEW:
		return proposal.proposal_review
	if not review_rules.may_open():
		_forbid(_("A sales manager opens the review. Request it, and they are told."))
	_check_draft(proposal)
	_check_complete(proposal)
	groups = review_rules.ask(proposal)
	review_rules.refuse_unanswerable(groups)
	review = _begin(proposal, groups, cstr(note).strip()[:_LONGEST])
	save(review)
	proposals.set_status(name, proposals.IN_REVIEW, proposal_review=review.name)
	proposal.reload()
	if groups:
		_settle(review, proposal)
	else:
		_close(review, proposal, APPROVED, _("No rule asks for a review of this proposal."))
	if review.status == OPEN:
		review_mail.asked(review, proposal, [row for row in current(review) if not row.decision])
	return review.name


def _begin(proposal: Document, groups: list[review_rules.Group], note: str) -> Document:
	now = now_datetime().replace(microsecond=0)
	before = proposal.proposal_review  # read with the lock: somebody may have opened and recalled it just now
	review = frappe.get_doc(DOCTYPE, before, for_update=True) if before else frappe.new_doc(DOCTYPE)
	earlier = list(current(review)) if before else _earlier_opinions(proposal)
	review.update(
		{
			"proposal": proposal.name,
			"status": OPEN,
			"round": cint(review.round) + 1 if before else 1,
			"opened_by": frappe.session.user,
			"opened_on": now,
			"note": "\n".join(filter(None, (note, *(group.note for group in groups)))),
			"closed_on": None,
			"closing_reason": None,
			"territory": review_rules.territory_of(proposal),
			**{
				field: proposal.get(field)
				for field in (
					"title",
					"company",
					"currency",
					"grand_total",
					"discount_percent",
					"fingerprint",
				)
			},
		}
	)
	# Who did not speak in the round before has nothing to remember; who spoke is kept with that round.
	review.set("opinions", [row for row in review.opinions if row.decision])
	for group in groups:
		_seat_group(review, proposal, group, earlier, now)
	review.due_on = max((row.due_on for row in current(review) if not row.decision), default=None)
	return review


def _seat_group(
	review: Document, proposal: Document, group: review_rules.Group, earlier: list[Document], now: datetime
) -> None:
	rule, due_on = group.rule, review_rules.due(group.rule, proposal.company, now)
	seen = seen_by(rule.name, proposal)
	for asked in group.people:
		held = _held(rule.name, asked, earlier, seen, proposal)
		review.append(
			"opinions",
			{
				"review_function": rule.review_function,
				"review_rule": rule.name,
				"round": review.round,
				"quorum": cint(rule.quorum),
				"asked": asked.user,
				"reviewer": asked.reviewer,
				"asked_as": asked.asked_as,
				"stand_in": asked.stand_in,
				"due_on": due_on,
				**(held or {}),
			},
		)


_CARRIED = ("asked", "asked_as", "decision", *engine.SCORES, "reason", "decided_on", "seen")


def _held(
	rule: str, asked: review_rules.Asked, earlier: list[Document], seen: str, proposal: Document
) -> dict | None:
	"""The approval at the same place of an earlier version or round, where it holds for this one (S2)."""
	for row in earlier:
		same_place = row.review_rule == rule and asked.reviewer in (row.asked, row.reviewer)
		if (
			same_place
			and engine.holds(row.decision or "", row.seen or "", seen)
			and review_rules.suits(row.asked, proposal)
		):
			return {**{field: row.get(field) for field in _CARRIED}, "carried_over": 1}
	return None


def _earlier_opinions(proposal: Document) -> list[Document]:
	"""The opinions of the nearest version before that has a review; none of one that was withdrawn, whose approvals
	are what a manager took back, or that was made to another customer."""
	tried = {proposal.name}
	name = proposal.previous_version
	while name and name not in tried:
		tried.add(name)
		review = frappe.db.get_value(DOCTYPE, {"proposal": name}, ["name", "status"], as_dict=True)
		if review:
			customer = frappe.db.get_value(proposals.DOCTYPE, name, "customer_profile")
			if review.status == WITHDRAWN or customer != proposal.customer_profile:
				return []
			return current(frappe.get_doc(DOCTYPE, review.name))
		name = frappe.db.get_value(proposals.DOCTYPE, name, "previous_version")
	return []


# Opinions -------------------------------------------------------------------------------------------------


def decide(name: str, opinion: Opinion, function: str | None = None, round: int | None = None) -> dict:
	"""Writes the user's opinion down and closes the review where that settles it (S2).

	`round` is the one the user has read: what was recalled and opened again meanwhile may say something else.
	"""
	review, proposal = locked(name)
	rows = _places_of(review, proposal, function, round)
	reason = cstr(opinion.reason).strip()[:_LONGEST]
	_check_opinion(opinion, reason)
	comments = _comments(opinion.comments, proposal)
	now = now_datetime().replace(microsecond=0)
	for row in rows:
		row.update(
			{
				"decision": opinion.decision,
				**{score: cint(getattr(opinion, score)) for score in engine.SCORES},
				"reason": reason,
				"decided_on": now,
				"carried_over": 0,
				"seen": seen_by(row.review_rule, proposal),
			}
		)
	_replace_comments(review, rows[0].review_function, comments, now)
	if not _settle(review, proposal):
		save(review)
	return {"name": review.name, "status": review.status}


def _places_of(
	review: Document, proposal: Document, function: str | None, round: int | None
) -> list[Document]:
	if review.status != OPEN or (round and cint(round) != cint(review.round)):
		_refuse(
			_(
				"The review of {0} is not open as you read it any more. Open it again to see how it stands."
			).format(get_link_to_form(proposal.doctype, proposal.name)),
			_("Review Closed") if review.status != OPEN else _("Review Opened Anew"),
		)
	mine = own_seats(review)
	if not mine:
		_forbid(_("You are not asked for an opinion here, or somebody else is asked in your place."))
	if frappe.session.user == review_rules.rep_of(proposal):
		_forbid(_("You look after this proposal, so another approves it. Hand your seat over."))
	rows = [row for row in mine if not function or row.review_function == function]
	if not rows:
		_forbid(_("You are not asked for this function."))
	return rows


def _check_opinion(opinion: Opinion, reason: str) -> None:
	scores = {score: cint(getattr(opinion, score)) for score in engine.SCORES}
	gaps = engine.missing(opinion.decision or "", scores, reason)
	if gaps:
		words = {
			"decision": _("Approve, ask for a change, or reject."),
			"feasibility": _("Score the feasibility from 1 to 5."),
			"price": _("Score the price from 1 to 5."),
			"compliance": _("Score the compliance from 1 to 5."),
			"reason": _("Say why, so that the proposal can be made better."),
		}
		_refuse("<br>".join(words[gap] for gap in gaps), _("Opinion Not Complete"))


def row_labels(proposal: Document) -> dict[tuple[str, str], str]:
	"""What can be commented on: (about, row key) -> how the row is called; a key is that of an answer, an item or a field."""
	found = {("Terms", ""): "", ("General", ""): ""}
	# The label as it is written, for readers of either language.
	found |= {("Terms", field): proposal.meta.get_label(field) for field in TERMS if proposal.get(field)}
	for row in proposal.answers:
		found["Need", row_key(row)] = " ".join(cstr(row.need).split())[:140]
	for row in proposal.items:
		found["Item", row_key(row)] = cstr(row.item_name or row.item_code)[:140]
	return found


def row_key(row: Document) -> str:
	"""By what a row of a proposal is known in all versions."""
	return row.get("need_key") or row.get("row_key") or row.name


def _comments(given: object, proposal: Document) -> list[dict]:
	"""Comments as they are kept, each at a row that is there; raises ValidationError for others."""
	if not isinstance(given, list | tuple) or len(given) > _MOST_COMMENTS:
		_refuse(_("Comments are a list of at most {0}.").format(_MOST_COMMENTS))
	labels, found = row_labels(proposal), []
	for comment in given:
		if not isinstance(comment, dict):
			_refuse(_("A comment says what it is about."))
		text = cstr(comment.get("comment")).strip()[:_LONGEST]
		about = cstr(comment.get("about")) or "General"
		key = cstr(comment.get("row_key")) if about != "General" else ""
		if (about, key) not in labels:
			_refuse(_("A comment is about a row that this version does not have. Open the review again."))
		if text:
			found.append({"about": about, "row_key": key, "row_label": labels[about, key], "comment": text})
	return found


def _replace_comments(review: Document, function: str, comments: list[dict], now: datetime) -> None:
	user = frappe.session.user
	others = [
		row for row in review.comments if row.commented_by != user or cint(row.round) != cint(review.round)
	]
	review.set("comments", others)
	for comment in comments:
		review.append(
			"comments",
			{
				**comment,
				"commented_by": user,
				"commented_on": now,
				"review_function": function,
				"round": review.round,
			},
		)


# Closing --------------------------------------------------------------------------------------------------


def _settle(review: Document, proposal: Document) -> bool:
	"""Closes a review whose opinions leave nothing open; whether it did."""
	result = engine.outcome(seats(review))
	if result == engine.OPEN:
		return False
	_close(review, proposal, _CLOSES_AS[result], _why(review, result))
	return True


def _why(review: Document, result: str) -> str:
	"""The reasons that the rep has to act on, one to a line."""
	wanted = {engine.REJECTED: engine.REJECT, engine.CHANGES: engine.CHANGE}.get(result)
	return "\n".join(
		f"{get_fullname(row.asked)}: {row.reason}"
		for row in current(review)
		if wanted and row.decision == wanted
	)


def _close(review: Document, proposal: Document, status: str, why: str) -> None:
	review.update(
		{"status": status, "closed_on": now_datetime().replace(microsecond=0), "closing_reason": why}
	)
	save(review)
	if status == APPROVED:
		proposals.approved(proposal.name)
	else:
		after = {
			CHANGES_ASKED: proposals.CHANGES_ASKED,
			REJECTED: proposals.REJECTED,
			RECALLED: proposals.DRAFT,
			WITHDRAWN: proposals.CHANGES_ASKED,
		}
		proposals.set_status(proposal.name, after[status])
	review_mail.closed(review, proposal)


def recall(name: str, reason: str) -> dict:
	"""Open -> Recalled, and the proposal is a draft again (S2); a second time changes nothing."""
	why = _reason(reason)
	review, proposal = locked(name)
	if review.status == RECALLED:
		return {"name": name, "status": review.status}
	if review.status != OPEN:
		_refuse(_("The review is closed, so there is nothing to recall."), _("Review Closed"))
	if not may_recall(review, proposal):
		_forbid(_("Who opened the review, who looks after the proposal and managers may recall it."))
	_close(review, proposal, RECALLED, f"{get_fullname()}: {why}")
	return {"name": name, "status": review.status}


def withdraw(name: str, reason: str) -> dict:
	"""Approved -> Withdrawn: the proposal is Changes Asked, so quotations of it no longer pass (S2)."""
	why = _reason(reason)
	review, proposal = locked(name)
	if review.status == WITHDRAWN:
		return {"name": name, "status": review.status}
	if not manages(proposal):
		_forbid(_("A sales manager may withdraw an approval."))
	if review.status != APPROVED or proposal.status != proposals.APPROVED:
		_refuse(_("Only an approval that still holds can be withdrawn."))
	_close(review, proposal, WITHDRAWN, f"{get_fullname()}: {why}")
	return {"name": name, "status": review.status}


# Handing over ---------------------------------------------------------------------------------------------


def delegate(name: str, to: str, reason: str | None = None, opinion: str | None = None) -> dict:
	"""Hands open seats to another: the user's own, or for a manager any one (S2)."""
	review, proposal = locked(name)
	if review.status != OPEN:
		_refuse(_("The review is closed, so there is nothing to hand over."), _("Review Closed"))
	rows = _handed_over(review, proposal, to, opinion)
	if not rows:
		return {"name": name, "status": review.status}  # done already
	for row in rows:
		_check_delegate(review, proposal, row, to)
	before = sorted({row.asked for row in rows} - {frappe.session.user})
	for row in rows:
		seat(row, to, review_rules.DELEGATE)
	save(review)
	review_mail.handed_over(review, proposal, rows, before, cstr(reason).strip()[:_LONGEST])
	return {"name": name, "status": review.status}


def _handed_over(review: Document, proposal: Document, to: str, opinion: str | None) -> list[Document]:
	"""The open seats that are meant; none where the other has them already."""
	if opinion:
		rows = [row for row in current(review) if row.name == opinion]
		if not rows:
			_refuse(_("This review has no such seat."))
		if rows[0].asked != frappe.session.user and not manages(proposal):
			_forbid(_("A manager may hand over the seat of another."))
	else:
		rows = own_seats(review)
		if not rows and any(
			row.asked == to and row.reviewer == frappe.session.user for row in current(review)
		):
			return []
		if not rows:
			_forbid(_("You are not asked for an opinion here, or somebody else is asked in your place."))
	if all(row.decision for row in rows):
		_refuse(_("The opinion has been given; it can be changed, not handed over."))
	return [row for row in rows if not row.decision and row.asked != to]


def _check_delegate(review: Document, proposal: Document, row: Document, to: str) -> None:
	full_name = escape_html(get_fullname(to) or cstr(to))
	if to == frappe.session.user:
		# Else one manager could speak for sales, product and legal alike.
		_refuse(_("You cannot take over the opinion of another yourself. Hand the seat to a colleague."))
	if to == review_rules.rep_of(proposal):
		_refuse(_("{0} looks after this proposal, so another approves it.").format(full_name))
	if not review_rules.suits(to, proposal):
		_refuse(_("{0} may not log in, or may not read this proposal.").format(full_name))
	if not review_rules.speaks_for(to, row.review_function):
		_refuse(
			_("{0} does not review for {1}: neither the role nor a review rule says so.").format(
				full_name, _(row.review_function, context="Review Opinion")
			)
		)
	if any(other.asked == to for other in current(review) if other.review_rule == row.review_rule):
		_refuse(
			_("{0} is asked by the same rule already, and has one opinion.").format(full_name),
		)


def seat(row: Document, user: str, asked_as: str) -> None:
	"""Puts somebody else on a seat; whose opinion it was to be stays written there."""
	row.update(
		{"reviewer": row.reviewer or row.asked, "asked": user, "asked_as": asked_as, "reminded_on": None}
	)
