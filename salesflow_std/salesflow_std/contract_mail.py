"""What people are told about the contract and its clause review, each in their language, by notice and mail (C1-C3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, fmt_money, get_fullname

from salesflow_std.salesflow_std import contract_reviewers
from salesflow_std.salesflow_std.announcing import lines, path, readers, tell, when

_REVIEW = "Contract Review"


def review_page(review: str) -> str:
	"""Where legal reads and decides."""
	return path(_REVIEW, review)


def form(contract: Document) -> str:
	"""The contract's form."""
	return path("Contract", contract.name)


def named(contract: Document) -> str:
	"""What a contract is called in a sentence."""
	return _("contract {0} with {1}").format(contract.name, contract.party_full_name or contract.party_name)


def facts(contract: Document) -> list[tuple[str, str]]:
	"""The few facts that a mail shows, in the current language: ``[(label, text)]``."""
	amount = flt(contract.sf_amount) and fmt_money(flt(contract.sf_amount), currency=contract.sf_currency)
	rows = (
		(_("Company"), contract.sf_company),
		(_("Amount", context="Contract"), amount),
		(_("Responsible", context="Contract"), get_fullname(contract_reviewers.responsible(contract))),
	)
	return [(label, text) for label, text in rows if text]


def asked(review: Document, contract: Document) -> None:
	"""Asks the reviewer for the clauses (C2)."""
	_ask(review, contract, lambda: _("Please review the clauses of {0} by {1}"))


def reminded(review: Document, contract: Document) -> None:
	"""Reminds the reviewer of what is due soon (C2)."""
	_ask(review, contract, lambda: _("The clauses of {0} are to be reviewed by {1}"))


def _ask(review: Document, contract: Document, words: Callable[[], str]) -> None:
	def say(_user: str) -> dict:
		return {
			"subject": words().format(named(contract), when(review.due_on)),
			"lines": lines(review.note),
			"facts": facts(contract),
			"action": _("Read them and decide"),
		}

	tell([review.reviewer], say, _REVIEW, review.name, review_page(review.name))


def decided(review: Document, contract: Document) -> None:
	"""Tells who asked, and who looks after the contract, how legal answered (C2)."""

	def say(_user: str) -> dict:
		return {
			"subject": {
				"Approved": _("The clauses are approved: {0}"),
				"Changes Asked": _("Legal asks for changes: {0}"),
				"Rejected": _("Legal rejects the clauses: {0}"),
			}[review.status].format(named(contract)),
			"lines": lines(review.reason),
			"facts": facts(contract),
			"action": _("Open the contract"),
		}

	people = readers((review.asked_by, contract_reviewers.responsible(contract)), contract)
	tell(people, say, "Contract", contract.name, form(contract))


def withdrawn(review: Document, contract: Document) -> None:
	"""Tells the reviewer, and who asked, that the review or the approval is taken back (C2)."""

	def say(_user: str) -> dict:
		return {
			"subject": _("The clause review is taken back: {0}").format(named(contract)),
			"lines": lines(review.reason),
			"action": _("Open the contract"),
		}

	people = (review.reviewer, review.asked_by, contract_reviewers.responsible(contract))
	tell(readers(people, contract), say, "Contract", contract.name, form(contract))


def fell(review: Document, contract: Document) -> None:
	"""Tells those concerned that clauses under review or approved are others now (C2)."""

	def say(_user: str) -> dict:
		return {
			"subject": _("The clauses have changed, so they are to be reviewed again: {0}").format(
				named(contract)
			),
			"lines": [_("{0} has changed them.").format(get_fullname(frappe.session.user))],
			"facts": facts(contract),
			"action": _("Open the contract"),
		}

	people = (review.reviewer, review.asked_by, contract_reviewers.responsible(contract))
	contract.add_comment("Info", _("changed the clauses; they are to be reviewed again"))
	tell(readers(people, contract), say, "Contract", contract.name, form(contract))


def escalated(review: Document, contract: Document, managers: Sequence[str]) -> None:
	"""Tells managers that a review is overdue; they may hand it over (C2)."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Overdue: the clause review of {0}").format(named(contract)),
			"lines": [
				_("{0} was to answer by {1}.").format(get_fullname(review.reviewer), when(review.due_on))
			],
			"facts": facts(contract),
			"action": _("Open the review"),
		}

	tell(managers, say, _REVIEW, review.name, review_page(review.name))
