"""Connections of ERPNext's documents with what the standard keeps of them."""

from __future__ import annotations

from frappe import _

# What points at a document by `reference_doctype` and `reference_name`.
_REFERRING = ("Needs Record",)


def of_lead(data: dict) -> dict:
	"""The connections of a lead."""
	return _with(data, "Lead")


def of_opportunity(data: dict) -> dict:
	"""The connections of an opportunity."""
	return _with(data, "Opportunity")


def of_prospect(data: dict) -> dict:
	"""The connections of a prospect."""
	return _with(data, "Prospect")


def of_customer(data: dict) -> dict:
	"""The connections of a customer."""
	return _with(data, "Customer")


def _with(data: dict, doctype: str) -> dict:
	data.setdefault("fieldname", "reference_name")
	fields = data.get("non_standard_fieldnames") or {}
	data["non_standard_fieldnames"] = {**fields, **dict.fromkeys(_REFERRING, "reference_name")}
	data["dynamic_links"] = {
		**(data.get("dynamic_links") or {}),
		"reference_name": [doctype, "reference_doctype"],
	}
	data["transactions"] = [
		*(data.get("transactions") or []),
		{"label": _("Sales Standard"), "items": list(_REFERRING)},
	]
	return data
