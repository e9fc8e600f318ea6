"""Connections of ERPNext's documents with what the standard keeps of them."""

from __future__ import annotations

from frappe import _

# What points at a document: by which field, and which one says of what kind the document is.
_NEEDS = {"Needs Record": ("reference_name", "reference_doctype")}
_SOLUTIONS = {
	doctype: ("reference_name", "reference_doctype")
	for doctype in ("Solution Proposal", "Meeting Minutes", "Objection")
}
_LOG = {"Stage Transition": ("reference_name", "reference_doctype")}
_PLANS = {"Account Plan": ("party", "party_type")}

# Their handovers point at them by a plain link.
_HANDOVERS = {"Opportunity": "opportunity", "Customer": "customer", "Sales Order": "sales_order"}

# What comes after the sale points at both by a link of that name.
_AFTER_SALE = ["Delivery Sync", "Acceptance Report", "Satisfaction Survey"]


def of_lead(data: dict) -> dict:
	"""The connections of a lead."""
	return _with(data, "Lead", _NEEDS | _PLANS | _SOLUTIONS | _LOG)


def of_opportunity(data: dict) -> dict:
	"""The connections of an opportunity."""
	data = _with(data, "Opportunity", _NEEDS | _SOLUTIONS | _LOG)
	# Its contract points at it by a plain link.
	data["non_standard_fieldnames"]["Contract"] = "sf_opportunity"
	data["transactions"][-1]["items"].append("Contract")
	return _with_handover(data, "Opportunity")


def of_prospect(data: dict) -> dict:
	"""The connections of a prospect."""
	return _with(data, "Prospect", _NEEDS | _PLANS | _SOLUTIONS)


def of_customer(data: dict) -> dict:
	"""The connections of a customer."""
	data = _with_handover(_with(data, "Customer", _NEEDS | _PLANS | _SOLUTIONS), "Customer")
	data = _with_after_sale(data, "customer")
	data["non_standard_fieldnames"]["Loss Analysis"] = "customer"
	data["transactions"][-1]["items"].append("Loss Analysis")
	# Whom they have referred.
	data["non_standard_fieldnames"]["Lead"] = "sf_referred_by"
	data["transactions"][-1]["items"].append("Lead")
	return data


def of_sales_order(data: dict) -> dict:
	"""The connections of a sales order."""
	data = _with_handover(data, "Sales Order")
	data["non_standard_fieldnames"]["Acceptance Report"] = "sales_order"
	data["transactions"][-1]["items"].append("Acceptance Report")
	return data


def of_project(data: dict) -> dict:
	"""The connections of a project."""
	return _with_after_sale(data, "project")


def _with_after_sale(data: dict, field: str) -> dict:
	fields = data.get("non_standard_fieldnames") or {}
	data["non_standard_fieldnames"] = {**fields, **dict.fromkeys(_AFTER_SALE, field)}
	data["transactions"] = [
		*(data.get("transactions") or []),
		{"label": _("After the Sale"), "items": list(_AFTER_SALE)},
	]
	return data


def _with_handover(data: dict, doctype: str) -> dict:
	fields = data.get("non_standard_fieldnames") or {}
	data["non_standard_fieldnames"] = {**fields, "Delivery Handover": _HANDOVERS[doctype]}
	data["transactions"] = [
		*(data.get("transactions") or []),
		{"label": _("After the Signature"), "items": ["Delivery Handover"]},
	]
	return data


def _with(data: dict, doctype: str, referring: dict[str, tuple[str, str]]) -> dict:
	data.setdefault("fieldname", "reference_name")
	fields = data.get("non_standard_fieldnames") or {}
	data["non_standard_fieldnames"] = {**fields, **{kind: name for kind, (name, _type) in referring.items()}}
	data["dynamic_links"] = {
		**(data.get("dynamic_links") or {}),
		**{name: [doctype, type_field] for name, type_field in referring.values()},
	}
	data["transactions"] = [
		*(data.get("transactions") or []),
		{"label": _("Sales Standard"), "items": list(referring)},
	]
	return data
