"""What goes with a handover: needs, contract, proposal, quotation and order, and who may read them (C5)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.model.document import Document
from frappe.share import add_docshare

from salesflow_std.salesflow_std import contracts

DOCTYPE = "Delivery Handover"
Named = tuple[str, str]


def gather(handover: Document) -> list[Named]:
	"""The documents of a handover's deal as they stand now: ``[(doctype, name)]``, each once."""
	contract = frappe.db.get_value(
		"Contract", handover.contract, ["name", "sf_proposal", "document_type", "document_name"], as_dict=True
	)
	if not contract:
		return []
	orders = orders_of(handover)
	quotations = _quotations(contract, handover.opportunity, orders)
	found: list[Named] = [("Needs Record", name) for name in _needs(handover)]
	found.append(("Contract", contract.name))
	if proposal := contract.sf_proposal or _approved_proposal(handover.opportunity):
		found.append(("Solution Proposal", proposal))
	found += [("Quotation", name) for name in quotations]
	found += [("Sales Order", name) for name in orders]
	return list(dict.fromkeys(found))


def _needs(handover: Document) -> list[str]:
	"""The needs record that the customer confirmed last."""
	subjects = [("Opportunity", handover.opportunity)] if handover.opportunity else []
	if handover.opportunity:
		party = frappe.db.get_value("Opportunity", handover.opportunity, ["opportunity_from", "party_name"])
		subjects += [party] if party else []
	subjects.append(("Customer", handover.customer))
	for doctype, name in subjects:
		found = frappe.get_all(
			"Needs Record",
			filters={"reference_doctype": doctype, "reference_name": name, "status": "Confirmed"},
			pluck="name",
			order_by="answered_on desc, creation desc",
			limit=1,
		)
		if found:
			return found
	return []


def _approved_proposal(opportunity: str | None) -> str | None:
	about = {"reference_doctype": "Opportunity", "reference_name": opportunity, "status": "Approved"}
	return opportunity and frappe.db.get_value(
		"Solution Proposal", about, "name", order_by="approved_on desc"
	)


def _quotations(contract: frappe._dict, opportunity: str | None, orders: list[str]) -> list[str]:
	"""The quotation that the contract is about, else those that were ordered, else the one submitted last."""
	if contract.document_type == "Quotation" and contract.document_name:
		return [contract.document_name]
	if orders:
		ordered = frappe.get_all(
			"Sales Order Item",
			filters={"parent": ("in", orders), "parenttype": "Sales Order", "prevdoc_docname": ("is", "set")},
			pluck="prevdoc_docname",
			order_by="parent, idx",
		)
		if ordered:
			return list(dict.fromkeys(ordered))
	if not opportunity:
		return []
	return frappe.get_all(
		"Quotation",
		filters={"opportunity": opportunity, "docstatus": 1, "status": ("!=", "Lost")},
		pluck="name",
		order_by="transaction_date desc, creation desc",
		limit=1,
	)


def orders_of(handover: Document | frappe._dict) -> list[str]:
	"""The submitted orders of a handover: those that stand on its contract, and the one that it names."""
	order = frappe.qb.DocType("Sales Order")
	mine = order.sf_contract == handover.contract
	if handover.sales_order:
		mine |= order.name == handover.sales_order
	return (
		frappe.qb.from_(order)
		.select(order.name)
		.where((order.docstatus == 1) & mine)
		.orderby(order.transaction_date, order.name)
		.run(pluck=True)
	)


def refresh(handover: Document) -> bool:
	"""Brings a handover's rows up to date: what belongs to the deal now, and what somebody added. True if it changed."""
	now = gather(handover)
	added = [
		row
		for row in handover.documents
		if not row.gathered and (row.document_type, row.document_name) not in now
	]
	notes = {(row.document_type, row.document_name): row.note for row in handover.documents}
	before = [(row.document_type, row.document_name, row.gathered) for row in handover.documents]
	rows = [
		{"document_type": doctype, "document_name": name, "note": notes.get((doctype, name)), "gathered": 1}
		for doctype, name in now
	]
	rows += [
		{
			"document_type": row.document_type,
			"document_name": row.document_name,
			"note": row.note,
			"gathered": 0,
		}
		for row in added
	]
	if before == [(row["document_type"], row["document_name"], row["gathered"]) for row in rows]:
		return False
	handover.set("documents", rows)
	return True


def share(handover: Document, users: Iterable[str]) -> None:
	"""Lets people read what is handed over to them (C5). What somebody added by hand only if whoever hands over may
	share it."""
	named = [
		(row.document_type, row.document_name)
		for row in handover.documents
		if row.gathered or frappe.has_permission(row.document_type, "share", doc=row.document_name)
	]
	named += [(DOCTYPE, handover.name)]
	if handover.kick_off_minutes:
		named.append(("Meeting Minutes", handover.kick_off_minutes))
	for user in dict.fromkeys(users):
		for doctype, name in named:
			share_one(doctype, name, user)


def share_one(doctype: str, name: str, user: str) -> None:
	"""Lets one person read one document, unless they may already."""
	if frappe.db.exists(doctype, name) and not frappe.has_permission(doctype, "read", doc=name, user=user):
		add_docshare(doctype, name, user, read=1, flags={"ignore_share_permission": True})


# Orders -----------------------------------------------------------------------------------------------------------


def of_order(order: Document) -> list[str]:
	"""The handovers that an order belongs to: by its contract, by the deal it comes from, or because they name it."""
	handover, quotation = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Quotation")
	contract = order.get("sf_contract")
	query = frappe.qb.from_(handover).select(handover.name).where(handover.sales_order == order.name)
	if contract:
		query = query.union(
			frappe.qb.from_(handover).select(handover.name).where(handover.contract == contract)
		)
	names = {row.prevdoc_docname for row in order.items if row.get("prevdoc_docname")}
	if names:
		query = query.union(
			frappe.qb.from_(handover)
			.join(quotation)
			.on(quotation.opportunity == handover.opportunity)
			.select(handover.name)
			.where(quotation.name.isin(sorted(names)))
		)
	return sorted(query.run(pluck=True))


def order_changed(order: Document) -> None:
	"""After an order is submitted or cancelled: its handover knows it and has it among its documents."""
	for name in of_order(order):
		handover = frappe.get_doc(DOCTYPE, name, for_update=True)
		changed = False
		if order.docstatus == 1 and not handover.sales_order:
			handover.sales_order = order.name
			changed = True
		elif order.docstatus == 2 and handover.sales_order == order.name:
			others = [other for other in orders_of(handover) if other != order.name]
			handover.sales_order = others[-1] if others else None
			changed = True
		if refresh(handover) or changed:
			handover.flags.by_app = True
			handover.flags.ignore_links = True  # an older row may point at what is cancelled
			handover.save(ignore_permissions=True)


def missing(handover: Document) -> list[str]:
	"""What the standard hands over and is not there, as doctypes; only of a deal (C5)."""
	there = {row.document_type for row in handover.documents}
	wanted = ("Needs Record", "Solution Proposal") if handover.opportunity else ()
	return [doctype for doctype in ("Contract", *wanted) if doctype not in there]


def is_signed(contract: str) -> bool:
	"""Whether a contract is signed by both sides (C3)."""
	row = frappe.db.get_value("Contract", contract, ["docstatus", "is_signed"], as_dict=True)
	return bool(row and row.is_signed and row.docstatus == 1)


def opportunity_of(contract: str | None) -> str | None:
	"""The opportunity that a contract belongs to, by itself or by its quotation."""
	row = contract and frappe.db.get_value(
		contracts.DOCTYPE, contract, ["sf_opportunity", "document_type", "document_name"], as_dict=True
	)
	if not row:
		return None
	if row.sf_opportunity or row.document_type != "Quotation" or not row.document_name:
		return row.sf_opportunity or None
	return frappe.db.get_value("Quotation", row.document_name, "opportunity")
