"""What people are told about a review, each in their language, by notice and by e-mail (S2).

Only those who may read the proposal are told of it. The sender of an opinion is not told of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	cint,
	escape_html,
	flt,
	fmt_money,
	get_fullname,
	quoted,
)
from frappe.utils.user import get_users_with_role

from salesflow_std.salesflow_std import reps, review_rules
from salesflow_std.salesflow_std.announcing import lines, path, readers, tell, when

_DOCTYPE = "Proposal Review"


def page(review: str) -> str:
	"""Where a reviewer reads and decides."""
	return f"/app/my-reviews/{quoted(review)}"


def form(proposal: Document) -> str:
	"""The proposal's form."""
	return path(proposal.doctype, proposal.name)


def named(proposal: Document) -> str:
	"""What a proposal is called in a sentence."""
	return _("{0}, version {1}").format(proposal.title or proposal.name, cint(proposal.version) or 1)


def facts(proposal: Document) -> list[tuple[str, str]]:
	"""The few numbers that a mail shows, in the current language: ``[(label, text)]``."""
	found = [
		(_("Company"), proposal.company or ""),
		(
			_("Grand Total", context="Solution Proposal"),
			fmt_money(flt(proposal.grand_total), currency=proposal.currency),
		),
	]
	if flt(proposal.discount_percent, 2):
		found.append(
			(
				_("Discount Against List", context="Solution Proposal"),
				f"{flt(proposal.discount_percent, 2):g} %",
			)
		)
	return found


# Requests -------------------------------------------------------------------------------------------------


def requested(proposal: Document, note: str) -> None:
	"""Tells the manager that a review is asked for."""
	user = frappe.session.user
	# Where the rep's own manager may not see the proposal, another has to open the review.
	managers = readers(reps.escalate_to(review_rules.rep_of(proposal)), proposal) or readers(
		sorted(get_users_with_role("Sales Manager")), proposal
	)

	def say(_manager: str) -> dict:
		return {
			"subject": _("{0} asks for the review of {1}").format(get_fullname(user), named(proposal)),
			"lines": lines(note),
			"facts": facts(proposal),
			"action": _("Look at it and open the review"),
		}

	tell(managers, say, proposal.doctype, proposal.name, form(proposal))


def sent_back(proposal: Document, asker: str, reason: str) -> None:
	"""Tells who asked for a review that it is not opened as it is."""
	user = frappe.session.user

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} has sent back your request to review {1}").format(
				get_fullname(user), named(proposal)
			),
			"lines": lines(reason),
			"action": _("Open the proposal"),
		}

	tell(readers([asker], proposal), say, proposal.doctype, proposal.name, form(proposal))


# Opinions -------------------------------------------------------------------------------------------------


def asked(review: Document, proposal: Document, rows: Sequence[Document]) -> None:
	"""Asks for opinions, one mail a person, whatever number of seats they have."""
	places: dict[str, list[Document]] = {}
	for row in rows:
		places.setdefault(row.asked, []).append(row)

	def say(user: str) -> dict:
		own = places[user]
		return {
			"subject": _("Your opinion on {0}, please, by {1}").format(
				named(proposal), when(min(row.due_on for row in own))
			),
			"lines": lines(_places(own), review.note),
			"facts": facts(proposal),
			"action": _("Read it and decide"),
		}

	tell(places, say, _DOCTYPE, review.name, page(review.name))


def _places(rows: Sequence[Document]) -> str:
	"""For which functions somebody is asked, and in whose place."""
	functions = ", ".join(dict.fromkeys(review_rules.function_label(row.review_function) for row in rows))
	instead = next((row.reviewer for row in rows if row.reviewer and row.reviewer != row.asked), None)
	if instead:
		return _("You are asked for {0}, in place of {1}.").format(functions, get_fullname(instead))
	return _("You are asked for {0}.").format(functions)


def handed_over(
	review: Document, proposal: Document, rows: Sequence[Document], before: Sequence[str], reason: str
) -> None:
	"""Asks the delegate, and tells those whose seat another has handed over."""
	user, to = frappe.session.user, rows[0].asked
	asked(review, proposal, rows)
	text = _("{0} is asked instead of {1}.").format(
		get_fullname(to), ", ".join(get_fullname(name) for name in before) or get_fullname(user)
	)
	_note(review, " ".join(filter(None, (text, reason))))

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} is asked about {1} in your place").format(get_fullname(to), named(proposal)),
			"lines": lines(reason),
			"action": _("Open the review"),
		}

	tell(readers(before, proposal), say, _DOCTYPE, review.name, page(review.name))


# The end --------------------------------------------------------------------------------------------------


def closed(review: Document, proposal: Document) -> None:
	"""Tells rep and opener how the review ended and why; of a recall or withdrawal, those who were asked as well."""
	people = [review_rules.rep_of(proposal), proposal.requested_by, review.opened_by]
	_note(review, review.closing_reason)

	def say(user: str) -> dict:
		return {
			"subject": _ended(review.status).format(named(proposal)),
			"lines": lines(review.closing_reason),
			"action": _("Open the proposal") if user in people else _("Open the review"),
		}

	tell(readers(people, proposal), say, proposal.doctype, proposal.name, form(proposal))
	if review.status in ("Recalled", "Withdrawn"):
		others = [
			row.asked
			for row in review.opinions
			if cint(row.round) == cint(review.round) and row.asked not in people
		]
		tell(readers(others, proposal), say, _DOCTYPE, review.name, page(review.name))


def _ended(status: str) -> str:
	return {
		"Approved": _("{0} is approved"),
		"Changes Asked": _("Changes are asked for: {0}"),
		"Rejected": _("{0} is rejected"),
		"Recalled": _("The review of {0} is recalled"),
		"Withdrawn": _("The approval of {0} is withdrawn"),
	}[status]


def _note(review: Document, text: str | None) -> None:
	"""Into the review's timeline."""
	if text:
		review.add_comment("Info", escape_html(text).replace("\n", "<br>"))


# The clock ------------------------------------------------------------------------------------------------


def reminded(review: Document, proposal: Document, rows: Sequence[Document]) -> None:
	"""Reminds one person of seats that are due soon."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Your opinion on {0} is due by {1}").format(
				named(proposal), when(min(row.due_on for row in rows))
			),
			"lines": lines(_places(rows), review.note),
			"facts": facts(proposal),
			"action": _("Read it and decide"),
		}

	tell([rows[0].asked], say, _DOCTYPE, review.name, page(review.name))


def escalated(
	review: Document, proposal: Document, managers: Sequence[str], rows: Sequence[Document]
) -> None:
	"""Tells managers whose opinion is overdue; they may hand the seat over."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Overdue: the review of {0}").format(named(proposal)),
			"lines": [
				_("{0} ({1}) was to answer by {2}.").format(
					get_fullname(row.asked),
					review_rules.function_label(row.review_function),
					when(row.due_on),
				)
				for row in rows
			],
			"facts": facts(proposal),
			"action": _("Open the review"),
		}

	tell(managers, say, _DOCTYPE, review.name, page(review.name))
