"""Short ways to quotations, and to proposals whose figures a review has approved."""

from __future__ import annotations

import json
import uuid
from typing import Any

import frappe
from frappe.utils import add_days, now_datetime, today

from salesflow_std.engine import figures as rules
from salesflow_std.salesflow_std import figures
from tests.site import records

ITEM = "Standard Service"


def enforce(enforcement: str = "Block", rules: list[dict] | None = None, **values: Any) -> None:
	"""What the settings say of quotations without an approved review."""
	settings = frappe.get_doc("Salesflow Settings")
	settings.update({"quotation_enforcement": enforcement, "quotation_rules": rules or [], **values})
	settings.save()


def quotation(party: Any = None, save: bool = True, **values: Any) -> Any:
	"""A draft quotation of 10 × 100.00, to a new lead unless a party is given."""
	if party is None and "party_name" not in values:
		party = records.lead()
	doc = frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": party.doctype if party else None,
			"party_name": party.name if party else None,
			"company": records.COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			"transaction_date": today(),
			"valid_till": add_days(today(), 30),
			"order_type": "Sales",
			"items": [{"item_code": ITEM, "qty": 10, "rate": 100, "price_list_rate": 100}],
			**values,
		}
	)
	return doc.insert() if save else doc


def list_price(rate: float) -> None:
	"""What the price lists say of the item; a lower price typed into a quotation is not believed."""
	frappe.db.set_value("Item Price", {"item_code": ITEM, "selling": 1}, "price_list_rate", rate)


def approve(offer: Any, status: str = "Approved", review: str | None = "Approved", **values: Any) -> str:
	"""A proposal that bears a quotation's figures, straight into the tables; returns its name.

	It stands on the quotation's opportunity, else on its party. `status` and `review` are the proposal's and its
	review's; without a review nobody has been asked.
	"""
	unique = uuid.uuid4().hex[:8]
	told = figures.of(offer)
	fingerprint = rules.fingerprint(told)
	about = (
		("Opportunity", offer.opportunity) if offer.opportunity else (offer.quotation_to, offer.party_name)
	)
	proposal = frappe.new_doc("Solution Proposal")
	proposal.update(
		{
			"name": f"PROPOSAL-T-{unique}",
			"root": f"PROPOSAL-T-{unique}",
			"reference_doctype": about[0],
			"reference_name": about[1],
			"company": offer.company,
			"currency": offer.currency,
			"title": "Proposal",
			"status": status,
			"fingerprint": fingerprint,
			"figures": json.dumps(told),
			"base_net_total": offer.base_net_total,
			"approved_on": now_datetime() if status == "Approved" else None,
			"proposal_review": f"REVIEW-T-{unique}" if review else None,
			**values,
		}
	)
	proposal.db_insert()
	if review:
		_review(proposal, f"REVIEW-T-{unique}", review)
	return proposal.name


def _review(proposal: Any, name: str, status: str) -> None:
	row = frappe.new_doc("Proposal Review")
	row.update(
		{
			"name": name,
			"proposal": proposal.name,
			"company": proposal.company,
			"status": status,
			"fingerprint": proposal.fingerprint,
		}
	)
	row.db_insert()


def pass_review(proposal: str) -> None:
	"""Approves a proposal as it stands, without asking anybody."""
	doc = frappe.get_doc("Solution Proposal", proposal)
	name = f"REVIEW-T-{uuid.uuid4().hex[:8]}"
	_review(doc, name, "Approved")
	frappe.db.set_value(
		"Solution Proposal",
		proposal,
		{"status": "Approved", "proposal_review": name, "approved_on": now_datetime()},
	)


def review_of(proposal: str) -> str:
	"""The review of a proposal."""
	return frappe.db.get_value("Solution Proposal", proposal, "proposal_review")


def log(offer: Any) -> list[Any]:
	"""What was let pass of a quotation, oldest first."""
	return frappe.get_all(
		"Quotation Override",
		filters={"quotation": offer.name},
		fields=["kind", "way", "reason", "missing", "given_by", "proposal", "fingerprint"],
		order_by="creation, name",
	)
