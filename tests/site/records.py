"""Short ways to the records that the site tests are about."""

from __future__ import annotations

import uuid
from typing import Any

import frappe

SCORE = "salesflow_std.api.scoring.score"
COMPANY = "Standard Test Co"


def lead(**values: Any) -> Any:
	"""A lead of a company nobody else has, unless `values` say otherwise."""
	unique = uuid.uuid4().hex[:8]
	return frappe.get_doc(
		{
			"doctype": "Lead",
			"first_name": f"Contact {unique}",
			"company_name": f"Sample {unique} Works",
			"company": COMPANY,
			"source": "Exhibition",
			**values,
		}
	).insert()


def points(text: str) -> dict[str, int]:
	"""`points("5351")`: the points for B, N, A and U."""
	return {code: int(digit) for code, digit in zip("BNAU", text, strict=True)}


def score(document: Any, text: str, **more: Any) -> dict[str, Any]:
	"""Scores a lead by BNAU and gives back what the API answers."""
	from salesflow_std.api.scoring import score as api_score

	return api_score(document.doctype, document.name, points(text), **more)


def state(document: Any, *fields: str) -> Any:
	"""Fresh values from the database: one value for one field, a tuple for several."""
	return frappe.db.get_value(document.doctype, document.name, fields if len(fields) > 1 else fields[0])


def opportunity(**values: Any) -> Any:
	"""An opportunity from a new lead."""
	party = values.pop("party_name", None) or lead().name
	return frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Lead",
			"party_name": party,
			"company": COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			**values,
		}
	).insert()


def customer(**values: Any) -> Any:
	"""A customer with an own name."""
	return frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": f"Sample {uuid.uuid4().hex[:8]} Works",
			"customer_type": "Company",
			**values,
		}
	).insert()


def history(document: Any) -> list[Any]:
	"""The scorings of a document, oldest first."""
	return frappe.get_all(
		"BNAU Score",
		filters={"reference_doctype": document.doctype, "reference_name": document.name},
		fields=["source", "grade", "previous_grade", "total", "scored_by", "scored_on", "reason"],
		order_by="scored_on, creation",
	)


def settings(**values: Any) -> None:
	"""What Salesflow Settings say from now on."""
	frappe.db.set_single_value("Salesflow Settings", values)
	frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")


def holiday_list(name: str, *days: str) -> str:
	"""A holiday list of the year 2027."""
	return (
		frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": name,
				"from_date": "2027-01-01",
				"to_date": "2027-12-31",
				"holidays": [{"holiday_date": day, "description": "Off"} for day in days],
			}
		)
		.insert()
		.name
	)


def holidays_of(company: str, *days: str) -> None:
	"""The holidays of a company, and no others."""
	days_off = holiday_list(f"Of {company}", *days)
	frappe.db.set_value("Company", company, "default_holiday_list", days_off)
	frappe.clear_document_cache("Company", company)


def may_read_customer(user: str, customer: str) -> None:
	"""Of all customers a user may read this one only; what points at the others is not looked at."""
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": user,
			"allow": "Customer",
			"for_value": customer,
			"apply_to_all_doctypes": 0,
			"applicable_for": "Customer",
		}
	).insert()


def errors_of(doc: Any) -> list[str]:
	"""What the log holds of a record, the latest last."""
	about = {"reference_doctype": doc.doctype, "reference_name": doc.name}
	return frappe.get_all("Error Log", filters=about, pluck="error", order_by="creation")


def forget_errors(doc: Any) -> None:
	"""The log outlives the tests, and names come again."""
	frappe.db.delete("Error Log", {"reference_doctype": doc.doctype, "reference_name": doc.name})
