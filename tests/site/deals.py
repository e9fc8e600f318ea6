"""Short ways to deals about to close: customers who will sign, contracts, clause reviews (C1-C3)."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils import now_datetime

from salesflow_std.engine import clauses
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from tests.site import records, solutions

API = "salesflow_std.api.contract"
ALL_IN_ORDER = [{"topic": topic, "finding": "In Order", "comment": ""} for topic in clauses.TOPICS]


def enforce(how: str = "Block") -> None:
	"""What the settings let the gates do; elsewhere on the test site they are off."""
	records.settings(stage_enforcement=how)
	assert settings().stage_enforcement == how


def opportunity(rep: str | None = None, **values: Any) -> Any:
	"""An opportunity of a new customer."""
	return records.opportunity(
		opportunity_from="Customer",
		party_name=records.customer().name,
		**({"opportunity_owner": rep} if rep else {}),
		**values,
	)


def opportunity_of_lead(rep: str) -> Any:
	"""An opportunity whose party is no customer yet, past the gates of the lead's stages."""
	before = settings().stage_enforcement
	enforce("Off")
	deal = records.opportunity(opportunity_owner=rep)
	enforce(before)
	return deal


def approved_proposal(deal: Any, **values: Any) -> Any:
	"""A proposal for a deal that everybody has approved: 10 of 900, 6 weeks, 40-60, hotline."""
	return solutions.approve(solutions.proposal(deal, complete=True, answers=[], **values))


def quotation(deal: Any, submit: bool = True, **values: Any) -> Any:
	"""A quotation of a deal to its customer: one item of 1000, times 9."""
	doc = frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": deal.opportunity_from,
			"party_name": deal.party_name,
			"company": deal.company,
			"opportunity": deal.name,
			"items": [{"item_code": solutions.item(), "qty": 9, "rate": 1000}],
			**values,
		}
	)
	doc.insert()
	if submit:
		# What the gates ask before a quotation goes out is not what these tests are about.
		records.settings(quotation_enforcement="Off")
		before = settings().stage_enforcement
		enforce("Off")
		doc.submit()
		enforce(before)
	return doc


def contract(deal: Any, **values: Any) -> Any:
	"""A contract of a deal, as somebody writes it by hand."""
	return frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": deal.party_name,
			"sf_opportunity": deal.name,
			"sf_company": deal.company,
			"sf_allocated_to": deal.opportunity_owner,
			"contract_terms": "<p>As agreed.</p>",
			**values,
		}
	).insert()


def state(document: Any) -> str:
	"""A contract's state as it stands."""
	return records.state(document, "sf_state")


def review_of(document: Any) -> Any:
	"""The clause review of a contract as it stands."""
	return frappe.get_doc("Contract Review", records.state(document, "sf_contract_review"))


def only_legal(*people: str, **rule: Any) -> None:
	"""Legal is these people, by one rule and no other."""
	for name in frappe.get_all("Review Rule", {"review_function": "Legal"}, pluck="name", order_by="name"):
		frappe.db.set_value("Review Rule", name, "enabled", 0)
	reviewers = rule.pop("reviewers", [{"reviewer": person} for person in people])
	frappe.get_doc(
		{
			"doctype": "Review Rule",
			"rule_name": f"Legal {frappe.generate_hash(length=6)}",
			"review_function": "Legal",
			"reviewers": reviewers,
			"role": None,
			**rule,
		}
	).insert()


def approve(call: Any, as_user: Any, document: Any, rep: str, lawyer: str) -> Any:
	"""A contract's clauses asked for by the rep and approved by legal."""
	with as_user(rep):
		review = call(f"{API}.ask_for_review", contract=document.name)
	with as_user(lawyer):
		call(f"{API}.decide", review=review, decision="Approve", findings=json.dumps(ALL_IN_ORDER))
	document.reload()
	return document


def attach(document: Any, name: str = "scan.txt") -> str:
	"""A file attached to a document; returns its address."""
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": name,
			"attached_to_doctype": document.doctype,
			"attached_to_name": document.name,
			"is_private": 1,
			"content": f"scan of {document.name} at {now_datetime()}",
		}
	).insert()
	return file.file_url
