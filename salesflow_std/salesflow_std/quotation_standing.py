"""How a quotation stands before the gate: which rule holds for it, and who has approved its figures (S2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import frappe
from frappe.model.document import Document
from frappe.utils import flt
from pypika.terms import Criterion

from salesflow_std.engine import figures as rules
from salesflow_std.engine.gate_rules import BLOCK, OFF, Rule, closest, is_exempt
from salesflow_std.salesflow_std import deal_size, figures, profiles, proposal_comparison, proposal_quotations
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

# What a quotation's standing may be; of the first five it may go out.
NOT_ASKED, EXEMPT, APPROVED, OVERRIDDEN = "off", "exempt", "approved", "overridden"
MISSING, IN_REVIEW, CHANGED = "missing", "in_review", "changed"

_UNDER_REVIEW = ("Review Requested", "In Review")
# So many proposals of a customer are looked at to say what is missing.
_MOST = 50


@dataclass(frozen=True)
class Standing:
	"""How a quotation stands: `state`, the `rule` in force, and what it was compared with.

	`differences` are those between the figures approved last for this customer and the quotation's, in words (see
	`proposal_comparison.of_figures`).
	"""

	state: str
	rule: Rule
	fingerprint: str = ""
	proposal: str | None = None
	proposal_status: str | None = None
	review: str | None = None
	differences: tuple[dict, ...] = field(default=())

	@property
	def holds(self) -> bool:
		"""Whether the quotation may go to the customer."""
		return self.state in (NOT_ASKED, EXEMPT, APPROVED, OVERRIDDEN)


def is_off() -> bool:
	"""Whether nothing is enforced anywhere, so that nothing needs to be read."""
	current = settings()
	return current.quotation_enforcement == OFF and all(
		row.enforcement == OFF for row in current.quotation_rules
	)


def rule_for(company: str | None, territory: str | None, order_type: str | None = None) -> Rule:
	"""The rule in force for quotations of a company, a territory and an order type (S2)."""
	current = settings()
	given = [
		Rule(
			row.enforcement or BLOCK,
			row.company or "",
			row.territory or "",
			row.order_type or "",
			flt(row.exempt_below),
			flt(row.exempt_discount),
		)
		for row in current.quotation_rules
	]
	chain = _upwards(territory) if any(rule.territory for rule in given) else ()
	found = closest(given, company or "", chain, order_type or "")
	return found or Rule(current.quotation_enforcement or BLOCK)


def _upwards(territory: str | None) -> Sequence[str]:
	"""A territory and those above it, the nearest first."""
	chain: list[str] = []
	while territory and territory not in chain:
		chain.append(territory)
		territory = frappe.get_cached_value("Territory", territory, "parent_territory")
	return chain


def rule_of(quotation: Document) -> Rule:
	"""The rule in force for a quotation."""
	return rule_for(quotation.company, quotation.get("territory"), quotation.get("order_type"))


def of(quotation: Document) -> Standing:
	"""How a quotation stands with the figures that it bears now, saved or not (S2).

	One query where the figures are approved; saying what is missing takes a few.
	"""
	rule = rule_of(quotation)
	if rule.enforcement == OFF:
		return Standing(NOT_ASKED, rule)
	told = figures.of(quotation)
	standing = Standing(MISSING, rule, rules.fingerprint(told))
	if _is_small(quotation, rule):
		return replace(standing, state=EXEMPT)
	party = (quotation.quotation_to, quotation.party_name)
	same = _proposals(quotation.company, [party], standing.fingerprint)
	if approved := next(filter(_is_approved, same), None):
		return _approved(standing, approved)
	if frappe.db.exists(
		"Quotation Override",
		{
			"quotation": quotation.name,
			"fingerprint": standing.fingerprint,
			"kind": "Override",
			# Who was let pass to one customer, was not to another.
			"quotation_to": quotation.quotation_to,
			"party_name": quotation.party_name,
		},
	):
		return replace(standing, state=OVERRIDDEN)
	return _with_relatives(quotation, standing, told)


def _is_small(quotation: Document, rule: Rule) -> bool:
	if rule.exempt_below <= 0:
		return False
	return is_exempt(rule, *deal_size.of(quotation, proposal_quotations.discount_percent(quotation)))


def _is_approved(row: frappe._dict) -> bool:
	"""Whether a review has approved these very figures; the review remembers which it was about."""
	return row.status == row.review_status == "Approved" and row.reviewed == row.fingerprint


def _approved(standing: Standing, row: frappe._dict) -> Standing:
	return replace(standing, state=APPROVED, proposal=row.name, proposal_status=row.status, review=row.review)


def _with_relatives(quotation: Document, standing: Standing, told: dict) -> Standing:
	"""The standing by all proposals to the same company, whichever of its documents they are about.

	A lead that has become a customer is the same company, also where it has no customer profile.
	"""
	party = (quotation.quotation_to, quotation.party_name)
	together = profiles.family(*party) if party[0] in profiles.PARTIES and party[1] else []
	together = {party, *together}
	same = _proposals(quotation.company, together, standing.fingerprint)
	if found := next(filter(_is_approved, same), None):
		return _approved(standing, found)
	other = next(filter(_is_approved, _proposals(quotation.company, together)), None)
	under_review = next((row for row in same if row.status in _UNDER_REVIEW), None)
	if other:
		before = json.loads(frappe.db.get_value("Solution Proposal", other.name, "figures") or "{}")
		differing = tuple(proposal_comparison.of_figures(before, told, quotation.currency))
		standing = replace(standing, state=CHANGED, differences=differing)
	if under_review:
		standing = replace(standing, state=IN_REVIEW)
	row = under_review or other or next(iter(same), None)
	if not row:
		return standing
	return replace(standing, proposal=row.name, proposal_status=row.status, review=row.review)


def _proposals(
	company: str, parties: Iterable[tuple[str, str]], fingerprint: str | None = None
) -> list[frappe._dict]:
	"""The proposals of a company to some parties or of their customer profiles, the one approved last first.

	Those on opportunities are their parties'; one to another customer does not count, whatever it says, nor one whose
	opportunity has been given to another since.
	"""
	proposal, review = frappe.qb.DocType("Solution Proposal"), frappe.qb.DocType("Proposal Review")
	deal = frappe.qb.DocType("Opportunity")
	names: dict[str, list[str]] = {}
	for doctype, name in parties:
		if doctype and name:
			names.setdefault(doctype, []).append(name)
	if not names:
		return []
	query = (
		frappe.qb.from_(proposal)
		.left_join(review)
		.on(review.name == proposal.proposal_review)
		.left_join(deal)
		.on((proposal.reference_doctype == "Opportunity") & (deal.name == proposal.reference_name))
		.select(
			proposal.name,
			proposal.status,
			proposal.fingerprint,
			proposal.proposal_review.as_("review"),
			review.status.as_("review_status"),
			review.fingerprint.as_("reviewed"),
		)
		.where(proposal.company == company)
		.orderby(proposal.approved_on, proposal.creation, order=frappe.qb.desc)
		.limit(_MOST)
	)
	if fingerprint:
		query = query.where(proposal.fingerprint == fingerprint)
	of_profile = []
	for doctype, among in names.items():
		if doctype in profiles.PARTIES:
			party = frappe.qb.DocType(doctype)
			of_profile.append(
				proposal.customer_profile.isin(
					frappe.qb.from_(party)
					.select(party.sf_profile)
					.where(party.name.isin(among) & party.sf_profile.isnotnull())
				)
			)
	same_customer = Criterion.any([proposal.customer_profile.isnull(), *of_profile])
	theirs = [
		condition
		for doctype, among in names.items()
		for condition in (
			(proposal.reference_doctype == doctype) & proposal.reference_name.isin(among),
			(deal.opportunity_from == doctype) & deal.party_name.isin(among) & same_customer,
		)
	]
	return query.where(Criterion.any([*theirs, *of_profile])).run(as_dict=True)
