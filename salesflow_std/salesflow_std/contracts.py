"""The contract of a deal: which one it is and how far it has come (C1-C3).

A contract is a deal's where its party is a customer and it belongs to an opportunity or a quotation. All others, with
suppliers, employees, or customers in general, are ERPNext's alone. Whether one is signed is told by ERPNext's own fields
(submitted, and signed by the customer), so that contracts from before the app count too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import getdate
from pypika.terms import Criterion

from salesflow_std.setup.custom_fields import CONTRACT_STATES

DOCTYPE = "Contract"
DRAFTED, IN_REVIEW, APPROVED, SIGNED = CONTRACT_STATES

_FIELDS = (
	"name",
	"creation",
	"docstatus",
	"party_name",
	"sf_state",
	"is_signed",
	"sf_scan",
	"sf_signed_on",
	"signed_on",
)


@dataclass(frozen=True)
class Standing:
	"""How far a deal's contract has come: `state` is "" or one of CONTRACT_STATES, `scan` whether the scan is there."""

	state: str = ""
	contract: str | None = None
	scan: bool = False
	signed_on: datetime | None = None

	def is_at_least(self, state: str) -> bool:
		"""Whether it has come to a state or past it."""
		return bool(self.state) and CONTRACT_STATES.index(self.state) >= CONTRACT_STATES.index(state)


def is_of_deal(contract: Document) -> bool:
	"""Whether a contract is a deal's, with a customer; others are none of the standard's."""
	return contract.party_type == "Customer" and bool(
		contract.get("sf_opportunity") or (contract.document_type == "Quotation" and contract.document_name)
	)


def standing(opportunity: Document | str) -> Standing:
	"""How far the contract of an opportunity has come; of several the one that has come furthest (C1-C3).

	Contracts about one of its quotations count as well. One query.
	"""
	name = opportunity if isinstance(opportunity, str) else opportunity.name
	if not name:
		return Standing()
	return standing_of(_of_opportunity(name))


def standing_of(rows: list[frappe._dict]) -> Standing:
	"""The standing of the contract that has come furthest, of rows as `live_of` gives them."""
	return max(map(_standing_of, rows), key=_progress, default=Standing())


def _standing_of(row: frappe._dict) -> Standing:
	signed = bool(row.is_signed and row.docstatus == 1)
	state = SIGNED if signed else row.sf_state or DRAFTED
	return Standing(
		state, row.name, bool(row.sf_scan), (row.sf_signed_on or row.signed_on) if signed else None
	)


def _progress(one: Standing) -> int:
	return CONTRACT_STATES.index(one.state)


def _of_opportunity(opportunity: str) -> list[frappe._dict]:
	"""The contracts of an opportunity and of its quotations, cancelled ones left out, the latest first."""
	contract, quotation = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Quotation")
	about = frappe.qb.from_(quotation).select(quotation.name).where(quotation.opportunity == opportunity)
	return _live(
		(contract.sf_opportunity == opportunity)
		| ((contract.document_type == "Quotation") & contract.document_name.isin(about))
	)


def _live(condition: Criterion) -> list[frappe._dict]:
	contract = frappe.qb.DocType(DOCTYPE)
	return (
		frappe.qb.from_(contract)
		.select(*(contract[field] for field in _FIELDS))
		.where((contract.party_type == "Customer") & (contract.docstatus < 2) & condition)
		.orderby(contract.creation, contract.name, order=frappe.qb.desc)
		.run(as_dict=True)
	)


def live_of(opportunity: str | None = None, quotation: str | None = None) -> list[frappe._dict]:
	"""The contracts of a deal that are not cancelled, the latest first: `name`, `docstatus`, `sf_state` …"""
	contract = frappe.qb.DocType(DOCTYPE)
	found = {row.name: row for row in _of_opportunity(opportunity)} if opportunity else {}
	if quotation:
		about = (contract.document_type == "Quotation") & (contract.document_name == quotation)
		found |= {row.name: row for row in _live(about)}
	return list(found.values())


def signed_for(
	quotation: str | None = None,
	opportunity: str | None = None,
	customer: str | None = None,
	party: str | None = None,
) -> str | None:
	"""The name of the contract that is signed by both sides for a quotation, else its opportunity, else a customer (C3).

	For a customer it is one in force today: of whatever deal, or one in general. With a `party` only one with this
	customer counts. None where there is none.
	"""
	for found in (
		live_of(quotation=quotation) if quotation else (),
		live_of(opportunity=opportunity) if opportunity else (),
		_in_force(customer) if customer else (),
	):
		signed = (row for row in found if row.is_signed and row.docstatus == 1)
		if name := next((row.name for row in signed if party in (None, row.party_name)), None):
			return name
	return None


def _in_force(customer: str) -> list[frappe._dict]:
	contract, today = frappe.qb.DocType(DOCTYPE), getdate()
	return _live(
		(contract.party_name == customer)
		& (contract.start_date.isnull() | (contract.start_date <= today))
		& (contract.end_date.isnull() | (contract.end_date >= today))
	)
