"""What an acceptance is of: project, handover, contract and order, which lead to one another (A2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html

from salesflow_std.salesflow_std import delivery_documents, delivery_handovers

# Fieldname of the report -> doctype; who knows most of the others comes first.
SOURCES = {
	"project": "Project",
	"handover": "Delivery Handover",
	"contract": "Contract",
	"sales_order": "Sales Order",
}


def family(known: dict[str, str]) -> dict[str, str]:
	"""What belongs together with some sources, by fieldname of the report: the other sources, `customer`, `company`,
	`opportunity` and `allocated_to`. What is `known` stays."""
	found = {field: name for field, name in known.items() if name}
	asked: set[str] = set()
	while left := [field for field in SOURCES if found.get(field) and field not in asked]:
		asked.add(left[0])
		for field, value in _NEXT[left[0]](found[left[0]]).items():
			if value:
				found.setdefault(field, value)
	return found


def _values(doctype: str, name: str, **fields: str) -> dict[str, str]:
	"""Some fields of a document under other names."""
	row = frappe.db.get_value(doctype, name, list(fields.values()), as_dict=True) or {}
	return {ours: row.get(theirs) for ours, theirs in fields.items()}


def _of_project(name: str) -> dict[str, str]:
	found = _values(
		"Project",
		name,
		customer="customer",
		company="company",
		sales_order="sales_order",
		handover="sf_handover",
		allocated_to="sf_account_manager",
	)
	found["handover"] = found["handover"] or _handover_with("project", name)
	return found


def _of_handover(name: str) -> dict[str, str]:
	fields = ("project", "contract", "sales_order", "customer", "company", "opportunity", "allocated_to")
	return _values("Delivery Handover", name, **dict(zip(fields, fields, strict=True)))


def _of_contract(name: str) -> dict[str, str]:
	found = _values(
		"Contract", name, company="sf_company", allocated_to="sf_allocated_to", customer="party_name"
	)
	if frappe.db.get_value("Contract", name, "party_type") != "Customer":
		del found["customer"]
	order = {"sf_contract": name, "docstatus": 1}
	return {
		**found,
		"handover": delivery_handovers.of_contract(name),
		"sales_order": frappe.db.get_value("Sales Order", order, "name", order_by="creation desc"),
		"opportunity": delivery_documents.opportunity_of(name),
	}


def _of_order(name: str) -> dict[str, str]:
	found = _values(
		"Sales Order",
		name,
		contract="sf_contract",
		project="project",
		customer="customer",
		company="company",
	)
	return {**found, "handover": _handover_with("sales_order", name)}


def _handover_with(field: str, name: str) -> str | None:
	return frappe.db.get_value("Delivery Handover", {field: name}, "name", order_by="creation desc")


_NEXT = {
	"project": _of_project,
	"handover": _of_handover,
	"contract": _of_contract,
	"sales_order": _of_order,
}


# The report ------------------------------------------------------------------------------------------------------


def named(report: Document) -> dict[str, str]:
	"""The sources that a report names."""
	return {field: report.get(field) for field in SOURCES if report.get(field)}


def fill(report: Document) -> None:
	"""Puts what belongs to a report's sources where it says nothing; what somebody has chosen stays."""
	found = family(named(report))
	for field, value in found.items():
		if not report.get(field):
			report.set(field, value)


def check(report: Document, before: Document | None) -> None:
	"""All that a report names is of its customer, and whoever names it may read it, or what leads to it.

	A report shows what was agreed, and begins a survey of its customer. Raises ValidationError, PermissionError.
	"""
	_check_customer(report, before)
	for field, doctype in SOURCES.items():
		name = report.get(field)
		if not name or (before and before.get(field) == name and before.customer == report.customer):
			continue
		customer = _NEXT[field](name).get("customer")
		# A project may be in house.
		if customer != report.customer and (customer or field != "project"):
			frappe.throw(
				_("{0} {1} is of another customer.").format(_(doctype), escape_html(name)),
				title=_("Other Customer"),
			)
		if not _may_name(report, field):
			frappe.has_permission(doctype, "read", doc=name, throw=True)


def _check_customer(report: Document, before: Document | None) -> None:
	"""Of a customer to whom none of the sources leads, as with a project in house, one reads who they are."""
	if before and (before.customer, named(before)) == (report.customer, named(report)):
		return
	if not any(
		_NEXT[field](name).get("customer") == report.customer for field, name in named(report).items()
	):
		frappe.has_permission("Customer", "read", doc=report.customer, throw=True)


def _may_name(report: Document, field: str) -> bool:
	if frappe.has_permission(SOURCES[field], "read", doc=report.get(field)):
		return True
	return any(
		family({other: name}).get(field) == report.get(field)
		for other, name in named(report).items()
		if other != field and frappe.has_permission(SOURCES[other], "read", doc=name)
	)
