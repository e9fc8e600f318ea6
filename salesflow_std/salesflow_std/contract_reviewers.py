"""Who reviews the clauses of a contract: one person of legal, or who stands in (C2).

The Review Rules of the function Legal say whom to ask, as for proposals; where none applies it is whoever has the role.
Whoever asks, and whoever looks after the contract, does not review it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, get_link_to_form, getdate
from frappe.utils.nestedset import get_ancestors_of
from frappe.utils.user import get_users_with_role

from salesflow_std.engine import review as engine
from salesflow_std.salesflow_std import reps, review_rules

REVIEW = "Contract Review"
ROLE = "Legal Reviewer"
FUNCTION = "Legal"


def responsible(contract: Document) -> str:
	"""Who looks after a contract."""
	return contract.sf_allocated_to or contract.owner


def suits(user: str | None, contract: Document, asked_by: str) -> bool:
	"""Whether somebody may review a contract: four eyes, logs in, and may read it."""
	return bool(
		user
		and user not in ("Administrator", "Guest", asked_by, responsible(contract))
		and reps.is_enabled(user)
		and frappe.has_permission(REVIEW, "read", user=user)
		and frappe.has_permission("Contract", "read", doc=contract, user=user)
	)


def choose(contract: Document, asked_by: str, day: date | None = None) -> str:
	"""Who is asked now: of those who suit and are there, the one with the fewest open reviews (C2).

	Whoever is away is replaced by who stands in. Raises ValidationError, with links, where nobody can be asked.
	"""
	day = day or getdate()
	there, instead = [], []
	for user, stand_in in _members(contract):
		if suits(user, contract, asked_by) and not reps.is_away(user, day):
			there.append(user)
		elif found := stand_in_of(user, stand_in, contract, asked_by, day):
			instead.append(found)
	found = there or instead
	if not found:
		_refuse()
	busy = _open_reviews(found)
	return min(dict.fromkeys(found), key=lambda user: (busy.get(user, 0), found.index(user)))


def stand_in_of(user: str, stand_in: str | None, contract: Document, asked_by: str, day: date) -> str | None:
	"""Who reviews in place of somebody who is away or may not; None where nobody suits."""
	for candidate in review_rules.candidates(user, stand_in, day):
		if candidate != user and suits(candidate, contract, asked_by):
			return candidate
	return None


def _members(contract: Document) -> list[tuple[str, str | None]]:
	"""Who is asked, and who stands in: by the rules, else by the role."""
	found = [member for rule in rules(contract) for member in _members_of(rule)]
	return found or [(user, None) for user in sorted(get_users_with_role(ROLE))]


def rules(contract: Document) -> list[Document]:
	"""The rules for legal that apply to a contract."""
	territory = _territory(contract)
	facts = engine.Facts(
		contract.sf_company or "",
		(territory, *get_ancestors_of("Territory", territory)) if territory else (),
		_amount(contract),
		0.0,
	)
	return [rule for rule in review_rules.applying_to(facts) if rule.review_function == FUNCTION]


def _members_of(rule: Document) -> Iterator[tuple[str, str | None]]:
	if rule.reviewers:
		yield from ((row.reviewer, row.stand_in) for row in rule.reviewers)
	elif rule.role:
		yield from ((user, None) for user in sorted(get_users_with_role(rule.role)))


def others(contract: Document, asked_by: str, instead_of: str) -> list[str]:
	"""Who of legal may review in somebody's place: those whom the rules ask, and those with the role."""
	people = [user for user, _stand_in in _members(contract)] + sorted(get_users_with_role(ROLE))
	return [
		user
		for user in dict.fromkeys(people)
		if user != instead_of and suits(user, contract, asked_by) and review_rules.speaks_for(user, FUNCTION)
	]


def stand_in_named(user: str, contract: Document) -> str | None:
	"""Whom the rules name to stand in for somebody."""
	return next((instead for member, instead in _members(contract) if member == user and instead), None)


def _territory(contract: Document) -> str | None:
	found = contract.sf_opportunity and frappe.db.get_value(
		"Opportunity", contract.sf_opportunity, "territory"
	)
	return found or frappe.db.get_value("Customer", contract.party_name, "territory")


def _amount(contract: Document) -> float:
	"""In the company's currency, as far as the quotation or the proposal says it."""
	if contract.document_type == "Quotation" and contract.document_name:
		return flt(frappe.db.get_value("Quotation", contract.document_name, "base_net_total"), 6)
	if contract.sf_proposal:
		return flt(frappe.db.get_value("Solution Proposal", contract.sf_proposal, "base_net_total"), 6)
	return flt(contract.sf_amount, 6)


def _open_reviews(users: list[str]) -> dict[str, int]:
	rows = frappe.get_all(
		REVIEW, filters={"status": "Open", "reviewer": ("in", users)}, pluck="reviewer", order_by="name"
	)
	return {user: rows.count(user) for user in users}


def _refuse() -> None:
	frappe.throw(
		_(
			"Nobody can be asked to review the clauses. Name reviewers in a {0} of the function Legal, or give users the role {1}, then ask again."
		).format(
			f'<a href="/app/review-rule?review_function={FUNCTION}">{_("Review Rule")}</a>',
			get_link_to_form("Role", ROLE),
		),
		title=_("No Reviewer"),
	)
