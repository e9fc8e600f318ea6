"""How a Sales Order stands before the gate of the contract: signed, exempt, let pass, or without one (C3).

It is asked by the sales process of its opportunity, else by the closest one for its company and territory; an order that
no process concerns is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import frappe
from frappe.model.document import Document
from frappe.utils import flt, getdate
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from salesflow_std.engine import orders as rules
from salesflow_std.engine.orders import EXEMPT, MISSING, NOT_ASKED, OVERRIDDEN, SIGNED
from salesflow_std.salesflow_std import contracts, deal_size, processes
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


@dataclass(frozen=True)
class Standing:
	"""How an order stands: `state` is Signed, Exempt, Overridden, Not Asked or Missing.

	`contract` is the signed one, or where there is none the one that has come furthest, in `contract_state`.
	`without` are the quotations among several that have none.
	"""

	state: str
	rule: rules.Rule
	contract: str | None = None
	contract_state: str = ""
	quotations: tuple[str, ...] = ()
	opportunities: tuple[str, ...] = ()
	without: tuple[str, ...] = ()

	@property
	def holds(self) -> bool:
		"""Whether the order may be submitted."""
		return self.state != MISSING


@dataclass(frozen=True)
class Source:
	"""A quotation, an opportunity or both that an order comes from; `net` is what the quotation offers.

	`is_foreign` is one to another customer, whose deal says nothing of this order: ERPNext compares the company alone.
	"""

	quotation: str | None
	opportunity: str | None
	net: float = 0.0
	is_foreign: bool = False


def is_off() -> bool:
	"""Whether nothing is asked anywhere, so that nothing needs to be read."""
	return settings().stage_enforcement == rules.OFF


def of(order: Document) -> Standing:
	"""How an order stands with what it bears now, saved or not (C3)."""
	if is_off():
		return Standing(NOT_ASKED, rules.Rule(rules.OFF))
	sources = sources_of(order)
	rule = rule_of(order, sources)
	standing = Standing(
		NOT_ASKED,
		rule,
		quotations=tuple(dict.fromkeys(one.quotation for one in sources if one.quotation)),
		opportunities=tuple(dict.fromkeys(one.opportunity for one in sources if one.opportunity)),
	)
	if rule.enforcement == rules.OFF:
		return standing
	standing = _with_contract(order, standing, sources)
	if standing.state == SIGNED:
		return standing
	# A part of a deal is as large as the deal.
	size = max([deal_size.net_total(order), *(one.net for one in sources)])
	if rules.is_exempt(rule, size, order.get("order_type") or ""):
		return replace(standing, state=EXEMPT)
	if order.get("sf_override_reason") and order.get("sf_override_fingerprint") == fingerprint(order):
		return replace(standing, state=OVERRIDDEN)
	return standing


def fingerprint(order: Document) -> str:
	"""What an override is about: to whom, by which company, and how much."""
	told = (
		order.company,
		order.customer,
		order.order_type,
		order.currency,
		*(f"{flt(order.get(field), 4):.4f}" for field in ("net_total", "base_net_total", "grand_total")),
	)
	return hashlib.sha256(repr(told).encode()).hexdigest()


# Where an order comes from ---------------------------------------------------------------------------------------


def sources_of(order: Document) -> list[Source]:
	"""The quotations, with their opportunities, that an order's rows come from."""
	names = list(dict.fromkeys(row.prevdoc_docname for row in order.items if row.get("prevdoc_docname")))
	if not names:
		return []
	rows = frappe.get_all(
		"Quotation",
		filters={"name": ("in", names)},
		fields=["name", "opportunity", "base_net_total", "quotation_to", "party_name"],
		order_by="name",
	)
	return [
		Source(row.name, row.opportunity, flt(row.base_net_total), not _is_to(row, order.customer))
		for row in rows
	]


def _is_to(quotation: frappe._dict, customer: str) -> bool:
	"""Whether a quotation is to a customer, or to the lead or prospect that has become this one."""
	field = {"Customer": "name", "Lead": "lead_name", "Prospect": "prospect_name"}.get(quotation.quotation_to)
	return bool(field) and frappe.db.get_value("Customer", customer, field) == quotation.party_name


def processes_of(order: Document, sources: Sequence[Source] | None = None) -> list[str]:
	"""The sales processes of an order: those of its opportunities, else the closest one; none where none is enabled."""
	sources = sources_of(order) if sources is None else sources
	deals = [source.opportunity for source in sources if source.opportunity and not source.is_foreign]
	kept = dict(
		frappe.get_all(
			"Opportunity",
			filters={"name": ("in", deals)},
			fields=["name", "sf_sales_process"],
			order_by="name",
			as_list=True,
		)
		if deals
		else ()
	)
	found = [kept[deal] for deal in deals if processes.get(kept.get(deal))]
	chosen = None if found else processes.choose(order)
	return list(dict.fromkeys(found)) or ([chosen.name] if chosen else [])


def process_of(order: Document, sources: Sequence[Source] | None = None) -> str | None:
	"""The sales process of an order, of several that of its first deal; None where none is enabled."""
	return next(iter(processes_of(order, sources)), None)


def rule_of(order: Document, sources: Sequence[Source] | None = None) -> rules.Rule:
	"""What the processes in force say of orders without a contract, as far as the settings let them.

	Of several the strictest decides, and of those as strict the first.
	"""
	found = [_rule(name) for name in processes_of(order, sources)]
	return min(found, key=rules.leniency, default=rules.Rule(rules.OFF))


def _rule(name: str) -> rules.Rule:
	process = frappe.get_cached_doc("Sales Process", name)
	return rules.Rule(
		rules.capped(
			process.contract_enforcement or rules.BLOCK, settings().stage_enforcement or rules.BLOCK
		),
		flt(process.contract_exempt_below),
		process.contract_exempt_order_type or "",
		name,
		process.override_role or settings().override_role or "",
	)


# The contract ----------------------------------------------------------------------------------------------------


def _with_contract(order: Document, standing: Standing, sources: Sequence[Source]) -> Standing:
	"""Each of the quotations needs a signed contract; an order that comes from none, one with its customer."""
	general = _with_customer(order, any_deal=not sources)
	if general:
		return replace(standing, state=SIGNED, contract=general, contract_state=contracts.SIGNED)
	found = {
		source: contracts.signed_for(
			quotation=source.quotation, opportunity=source.opportunity, party=order.customer
		)
		for source in sources
	}
	if found and all(found.values()):
		first = next(iter(found.values()))
		return replace(standing, state=SIGNED, contract=first, contract_state=contracts.SIGNED)
	without = [source for source, contract in found.items() if not contract]
	best = _furthest(without) if sources else _on_its_way(order)
	return replace(
		standing,
		state=MISSING,
		contract=best and best.name,
		contract_state=(best and (best.sf_state or contracts.DRAFTED)) or "",
		without=tuple(source.quotation for source in without) if len(found) > 1 else (),
	)


def _with_customer(order: Document, any_deal: bool) -> str | None:
	"""A signed contract in force with an order's customer in general, or about this very order.

	With `any_deal` one of another deal counts too, as long as no other order stands on it: the order of that deal may
	have been typed by hand.
	"""
	contract = frappe.qb.DocType("Contract")
	rows = (
		_contracts_with(order, any_deal)
		.where((contract.docstatus == 1) & (contract.is_signed == 1))
		.where(contract.start_date.isnull() | (contract.start_date <= getdate()))
		.limit(1)
		.run()
	)
	return rows[0][0] if rows else None


def _on_its_way(order: Document) -> frappe._dict | None:
	"""The contract with an order's customer that has come furthest of those that are not signed yet."""
	contract = frappe.qb.DocType("Contract")
	unsigned = (contract.docstatus == 0) | ((contract.docstatus == 1) & (contract.is_signed == 0))
	return _furthest_of(_contracts_with(order, any_deal=True).where(unsigned).run(as_dict=True))


def _contracts_with(order: Document, any_deal: bool) -> QueryBuilder:
	"""The contracts that an order of no deal could stand on once they are signed, the latest first."""
	contract, other = frappe.qb.DocType("Contract"), frappe.qb.DocType("Sales Order")
	in_general = contract.document_name.isnull() | (contract.document_name == "")
	in_general &= contract.sf_opportunity.isnull() | (contract.sf_opportunity == "")
	about_it = (contract.document_type == "Sales Order") & (contract.document_name == (order.name or ""))
	counts = [in_general, about_it]
	if any_deal:
		used = (
			frappe.qb.from_(other)
			.select(other.sf_contract)
			.where((other.sf_contract == contract.name) & (other.docstatus == 1))
			.where(other.name != (order.name or ""))
		)
		of_deal = (contract.document_type == "Quotation") | (contract.sf_opportunity > "")
		counts.append(of_deal & contract.name.notin(used))
	return (
		frappe.qb.from_(contract)
		.select(contract.name, contract.sf_state)
		.where((contract.party_type == "Customer") & (contract.party_name == order.customer))
		.where(contract.end_date.isnull() | (contract.end_date >= getdate()))
		.where(contract.sf_company.isnull() | contract.sf_company.isin(("", order.company)))
		.where(Criterion.any(counts))
		.orderby(contract.creation, order=frappe.qb.desc)
	)


def _furthest(sources: Sequence[Source]) -> frappe._dict | None:
	rows = [
		row
		for source in sources
		for row in contracts.live_of(opportunity=source.opportunity, quotation=source.quotation)
	]
	return _furthest_of(rows)


def _furthest_of(rows: Sequence[frappe._dict]) -> frappe._dict | None:
	states = contracts.CONTRACT_STATES
	return max(rows, key=lambda row: states.index(row.sf_state or contracts.DRAFTED), default=None)
