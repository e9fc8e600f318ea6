"""Legal's review of a contract's clauses: asked for, looked at, decided, taken back (C2).

Nobody but this module writes a Contract Review. Each step locks the contract and then its review, so that two who act at
once are one after the other. An approval is about the fingerprint of the clauses that were read.
"""

from __future__ import annotations

import json
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, get_link_to_form, getdate, now_datetime

from salesflow_std.engine import clauses as rules
from salesflow_std.salesflow_std import (
	contract_clauses,
	contract_mail,
	contract_reviewers,
	contract_rounds,
	contracts,
	final_intent,
	reps,
)

DOCTYPE = "Contract Review"
OPEN, APPROVED, CHANGES_ASKED, REJECTED, WITHDRAWN = (
	"Open",
	"Approved",
	"Changes Asked",
	"Rejected",
	"Withdrawn",
)
_ENDS_AS = {rules.APPROVE: APPROVED, rules.CHANGE: CHANGES_ASKED, rules.REJECT: REJECTED}
_LONGEST = 2000


def _refuse(message: str, title: str | None = None) -> NoReturn:
	frappe.throw(message, title=title or _("Contract Review"))


def _forbid(message: str) -> NoReturn:
	frappe.throw(message, frappe.PermissionError, title=_("Not Permitted"))


def _text(value: str | None) -> str:
	return cstr(value).strip()[:_LONGEST]


def locked(name: str) -> tuple[Document, Document]:
	"""A review and its contract, as they are when everybody before has finished."""
	contract = frappe.get_doc("Contract", frappe.db.get_value(DOCTYPE, name, "contract"), for_update=True)
	return frappe.get_doc(DOCTYPE, name, for_update=True), contract


def save(review: Document) -> None:
	"""Writes a review; nobody else may."""
	review.flags.by_app = True
	review.save(ignore_permissions=True)


def _set_state(contract: Document, **values: object) -> None:
	frappe.db.set_value("Contract", contract.name, values)
	contract.reload()
	contract.notify_update()


# Asking ---------------------------------------------------------------------------------------------------


def ask(name: str, note: str | None = None) -> str:
	"""Asks legal to review a contract's clauses; returns the name of the review (C2). The caller has checked the rights.

	Asking for what is under review or approved changes nothing. Raises ValidationError for a contract that is none of a
	deal, or no draft any more, and where nobody can be asked.
	"""
	contract = frappe.get_doc("Contract", name, for_update=True)
	if contract.sf_state in (contracts.IN_REVIEW, contracts.APPROVED) and contract.sf_contract_review:
		return contract.sf_contract_review
	link = get_link_to_form("Contract", name)
	if not contracts.is_of_deal(contract):
		_refuse(
			_("{0} belongs to no opportunity and no quotation; its clauses are not reviewed.").format(link)
		)
	if contract.docstatus != 0:
		_refuse(_("{0} is no draft any more. Amend it, and have the amendment reviewed.").format(link))
	user = frappe.session.user
	contract.sf_proposal = contract_clauses.approved_proposal(contract)
	review = _begin(contract, contract_reviewers.choose(contract, user), _text(note))
	_set_state(
		contract,
		sf_state=contracts.IN_REVIEW,
		sf_contract_review=review.name,
		sf_proposal=contract.sf_proposal,
		sf_fingerprint=review.fingerprint,
	)
	contract_mail.asked(review, contract)
	return review.name


def _begin(contract: Document, reviewer: str, note: str) -> Document:
	now = now_datetime().replace(microsecond=0)
	differing = contract_clauses.differences(contract)
	previous = contract_rounds.last_decided(contract)
	review = frappe.new_doc(DOCTYPE)
	review.update(
		{
			"contract": contract.name,
			"title": contract.party_full_name or contract.party_name,
			"company": contract.sf_company,
			"opportunity": contract.sf_opportunity,
			"proposal": contract.sf_proposal,
			"status": OPEN,
			"asked_by": frappe.session.user,
			"asked_on": now,
			"due_on": final_intent.due(contract.sf_company, now, "clause"),
			"reviewer": reviewer,
			"note": note,
			"differences": json.dumps(differing, ensure_ascii=False),
			"fingerprint": contract_clauses.fingerprint(contract),
			"content": contract_rounds.content(contract),
			"previous_review": previous and previous.name,
			"clauses": contract_rounds.rows(contract, previous, differing),
		}
	)
	save(review)
	return review


# Who may --------------------------------------------------------------------------------------------------


def may_decide(review: Document, contract: Document, user: str | None = None) -> bool:
	"""Whether a user may give the answer: who is asked or stands in today, never who asked (C2)."""
	user = user or frappe.session.user
	if review.status != OPEN or user in (review.asked_by, contract_reviewers.responsible(contract)):
		return False
	return user == review.reviewer or user == stand_in(review, contract)


def stand_in(review: Document, contract: Document) -> str | None:
	"""Who reviews today in place of a reviewer who is away or has left; None where they are there."""
	day = getdate()
	if reps.is_enabled(review.reviewer) and not reps.is_away(review.reviewer, day):
		return None
	named = contract_reviewers.stand_in_named(review.reviewer, contract)
	return contract_reviewers.stand_in_of(review.reviewer, named, contract, review.asked_by, day)


def may_take_back(review: Document, contract: Document, user: str | None = None) -> bool:
	"""Whether a user may take a request, or the approval of a draft, back."""
	user = user or frappe.session.user
	manages = reps.is_manager(user) and bool(
		frappe.has_permission("Contract", "write", doc=contract, user=user)
	)
	if review.status == OPEN:
		return manages or user in (review.asked_by, contract_reviewers.responsible(contract))
	in_force = contract.sf_contract_review == review.name and contract.sf_state == contracts.APPROVED
	return (
		review.status == APPROVED
		and in_force
		and contract.docstatus == 0
		and (manages or user == review.decided_by)
	)


def may_hand_over(review: Document, contract: Document, user: str | None = None) -> bool:
	"""Whether a user may ask another in the reviewer's place: the reviewer, and managers."""
	user = user or frappe.session.user
	return review.status == OPEN and (user == review.reviewer or reps.is_manager(user))


# Looking and deciding -------------------------------------------------------------------------------------


def note(name: str, findings: list[dict]) -> None:
	"""Keeps what the reviewer has found so far: ``[{"topic", "finding", "comment"}]`` (C2)."""
	review, contract = locked(name)
	_check_may_decide(review, contract)
	_write_findings(review, findings)
	save(review)


def decide(name: str, decision: str, reason: str | None = None, findings: list[dict] | None = None) -> str:
	"""Approves all clauses, asks for changes or rejects; returns the review's status (C2).

	Changes may be asked for without a reason where comments say what is to change: the reason is made of them. Raises
	PermissionError for who is not asked, ValidationError where it is closed, where something is not looked at, or where
	the clauses are others by now.
	"""
	review, contract = locked(name)
	_check_may_decide(review, contract)
	if contract_clauses.fingerprint(contract) != review.fingerprint:
		_refuse(
			_(
				"The clauses of {0} are not those that you were asked about any more. Ask for it to be sent again."
			).format(get_link_to_form("Contract", contract.name)),
			_("Clauses Changed"),
		)
	_write_findings(review, findings or [])
	reason = _text(reason) or _reason_of_comments(review, decision)
	_check_complete(review, decision, reason)
	review.update(
		{
			"status": _ENDS_AS[decision],
			"decided_by": frappe.session.user,
			"decided_on": now_datetime().replace(microsecond=0),
			"reason": reason,
		}
	)
	save(review)
	_settle(review, contract)
	contract_mail.decided(review, contract)
	return review.status


def _check_may_decide(review: Document, contract: Document) -> None:
	if review.status != OPEN:
		_refuse(
			_("{0} is closed: {1}.").format(
				get_link_to_form(DOCTYPE, review.name), _(review.status, context="Contract Review")
			),
			_("Review Closed"),
		)
	if not may_decide(review, contract):
		_forbid(_("The one who is asked reviews the clauses, or who stands in; never who asked for it."))


def _write_findings(review: Document, findings: list[dict]) -> None:
	rows = {row.topic: row for row in review.clauses}
	for found in findings:
		topic, finding = cstr(found.get("topic")), cstr(found.get("finding"))
		if topic not in (*rules.TOPICS, rules.OTHER) or finding not in ("", *rules.FINDINGS):
			_refuse(
				_("There is no clause {0} with the finding {1}.").format(
					frappe.bold(topic), frappe.bold(finding)
				)
			)
		comment = _text(found.get("comment"))
		if topic not in rows and (finding or comment):
			rows[topic] = review.append("clauses", {"topic": topic})
		if topic in rows:
			row = rows[topic]
			same = (finding, comment) == (row.finding or "", row.comment or "")
			row.update(
				{"finding": finding, "comment": comment, "carried_over": int(bool(row.carried_over and same))}
			)


def _reason_of_comments(review: Document, decision: str) -> str:
	"""Comments on what is to change say why already; whoever rejects, says it in one sentence."""
	if decision != rules.CHANGE:
		return ""
	wanting = [row for row in review.clauses if rules.asks_for_change(row.finding, row.comment)]
	return _text(
		"\n".join(
			_("On {0}: {1}").format(contract_clauses.topic_label(row.topic), row.comment) for row in wanting
		)
	)


def _check_complete(review: Document, decision: str, reason: str) -> None:
	gaps = rules.missing(decision, {row.topic: row.finding or "" for row in review.clauses}, reason)
	if not gaps:
		return
	of: dict[str, list[str]] = {}
	for code, topic in gaps:
		of.setdefault(code, []).append(contract_clauses.topic_label(topic) if topic else "")
	words = {
		"decision": _("Approve, ask for changes, or reject."),
		"looked": _("Not looked at yet: {0}."),
		"order": _("Not in order: {0}. Ask for changes, or reject."),
		"reason": _("Say why, so that the contract can be put right."),
	}
	_refuse(
		"<br>".join(words[code].format(", ".join(topics)) for code, topics in of.items()), _("Not Complete")
	)


def _settle(review: Document, contract: Document) -> None:
	"""What the answer makes of the contract; one that was signed without waiting for it stays signed."""
	if contract.sf_contract_review != review.name or contract.sf_state != contracts.IN_REVIEW:
		return
	if review.status == APPROVED:
		_set_state(contract, sf_state=contracts.APPROVED)
	else:
		_set_state(contract, sf_state=contracts.DRAFTED, sf_fingerprint=None)


def take_back(name: str, reason: str | None = None) -> str:
	"""Withdraws an open request, or an approval that legal no longer stands by; the contract is a draft again (C2).

	Returns the review's status. Taking back twice changes nothing. An approval is taken back with a reason.
	"""
	review, contract = locked(name)
	if review.status == WITHDRAWN:
		return review.status
	if not may_take_back(review, contract):
		_forbid(
			_(
				"Who asked, who looks after the contract, or a manager takes a review back; an approval, legal."
			)
		)
	reason = _text(reason)
	if review.status == APPROVED and not reason:
		_refuse(_("Give a reason: others act on it."), _("Reason Missing"))
	_withdraw(review, reason)
	if contract.sf_contract_review == review.name and contract.sf_state in (
		contracts.IN_REVIEW,
		contracts.APPROVED,
	):
		_set_state(contract, sf_state=contracts.DRAFTED, sf_fingerprint=None)
	contract_mail.withdrawn(review, contract)
	return review.status


def _withdraw(review: Document, reason: str) -> None:
	review.update({"status": WITHDRAWN, "reason": reason or review.reason})
	save(review)


def hand_over(name: str, user: str) -> str:
	"""Asks another in the reviewer's place; returns who is asked (C2)."""
	review, contract = locked(name)
	if review.reviewer == user:
		return user
	if not may_hand_over(review, contract):
		_forbid(_("The reviewer or a manager hands a review over."))
	if user not in contract_reviewers.others(contract, review.asked_by, review.reviewer):
		_refuse(_("{0} cannot review this contract.").format(frappe.bold(frappe.utils.get_fullname(user))))
	put_on(review, contract, user)
	return user


def put_on(review: Document, contract: Document, user: str) -> None:
	"""Has another review instead, and asks them."""
	review.update({"reviewer": user, "reminded_on": None})
	save(review)
	contract_mail.asked(review, contract)


# When the contract changes --------------------------------------------------------------------------------


def clauses_changed(contract: Document) -> None:
	"""After a save that changed clauses under review or approved ones: nobody reviews what is no more, and those
	concerned are told (C2)."""
	name = contract.sf_contract_review or (contract.get_doc_before_save() or {}).get("sf_contract_review")
	if not name or not frappe.db.exists(DOCTYPE, name):
		return
	review = frappe.get_doc(DOCTYPE, name, for_update=True)
	if review.status == OPEN:
		_withdraw(review, _("The clauses were changed while they were being reviewed."))
	contract_mail.fell(review, contract)


def approved_fingerprint(name: str | None) -> str | None:
	"""The clauses that a review has approved; None where it has not."""
	if not name:
		return None
	return frappe.db.get_value(DOCTYPE, {"name": name, "status": APPROVED}, "fingerprint")
