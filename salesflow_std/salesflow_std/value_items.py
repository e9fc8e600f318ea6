"""Which value item fits a touch: what helps the customer, is no sales pitch, and they have not had yet (F3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import frappe
from frappe.utils import getdate

from salesflow_std.salesflow_std.doctype.follow_up.follow_up import same_customer
from salesflow_std.salesflow_std.follow_ups import DONE

_FACTS = {
	"Lead": (
		"email_id",
		"first_name",
		"lead_name",
		"company_name",
		"industry",
		"language",
		"company",
		"title",
	),
	"Opportunity": (
		"contact_email",
		"contact_display",
		"customer_name",
		"industry",
		"language",
		"company",
		"sales_stage",
		"title",
	),
	"Customer": ("email_id", "customer_name", "industry", "language"),
}


def suggest(
	doctype: str, name: str, kind: str | None = None, need: str | None = None, limit: int = 5
) -> list[dict]:
	"""Items that fit a document, best first: ``[{"name", "kind", "subject", "body", "attachment"}]``.

	Only what is enabled, valid today, in the customer's language (or in none), for the industry, stage and
	company (or for all), and what the customer has not had, as lead or as opportunity. Items of the asked-for
	kind come first; subject and body are filled in.
	"""
	facts = frappe.db.get_value(doctype, name, _FACTS[doctype], as_dict=True)
	if not facts:
		return []
	had = _had(doctype, name)
	rows = [
		row
		for row in frappe.get_all(
			"Value Content",
			filters={"enabled": 1},
			fields=[
				"name",
				"kind",
				"content_language",
				"industry",
				"sales_stage",
				"need",
				"company",
				"valid_from",
				"valid_until",
			],
			order_by="creation desc, name",
		)
		# A greeting comes each year.
		if (row.name not in had or row.kind == "Greeting") and _valid(row) and _fits(row, facts)
	]
	rows.sort(key=lambda row: -_closeness(row, facts, kind, need))
	return [filled(row.name, facts) for row in rows[:limit]]


def _had(doctype: str, name: str) -> set[str]:
	had: set[str] = set()
	for reference_doctype, reference_name in same_customer(doctype, name):
		had.update(
			frappe.get_all(
				"Follow Up",
				filters={
					"reference_doctype": reference_doctype,
					"reference_name": reference_name,
					"value_content": ("is", "set"),
					"status": DONE,
				},
				pluck="value_content",
				order_by="name",
			)
		)
	return had


def _valid(row: Mapping[str, object]) -> bool:
	today = getdate()
	return not (
		(row["valid_from"] and getdate(row["valid_from"]) > today)
		or (row["valid_until"] and getdate(row["valid_until"]) < today)
	)


def _fits(row: Mapping[str, object], facts: Mapping[str, object]) -> bool:
	language, spoken = row["content_language"], facts.get("language")
	if language and spoken and language.split("-")[0] != spoken.split("-")[0]:
		return False
	return all(
		not row[field] or row[field] == facts.get(field) for field in ("industry", "sales_stage", "company")
	)


def _closeness(
	row: Mapping[str, object], facts: Mapping[str, object], kind: str | None, need: str | None
) -> int:
	close = sum(bool(row[field]) for field in ("industry", "sales_stage", "company"))
	close += bool(row["content_language"] and facts.get("language"))
	close += 2 * bool(need and row["need"] and row["need"].casefold() in need.casefold())
	return close + 10 * bool(kind and row["kind"] == kind)


def filled(value_content: str, facts: Mapping[str, object]) -> dict:
	"""An item with the customer's name in place; what the customer is called is escaped."""
	item = frappe.get_cached_doc("Value Content", value_content)
	first_name = facts.get("first_name") or facts.get("lead_name") or facts.get("contact_display") or ""
	company = facts.get("company_name") or facts.get("customer_name") or facts.get("title") or ""
	values = {"first_name": first_name, "company_name": company}
	escaped = {key: frappe.utils.escape_html(value) for key, value in values.items()}
	return {
		"name": item.name,
		"kind": item.kind,
		"subject": fill(item.subject, values),
		"body": fill(item.body, escaped),
		"attachment": item.attachment,
	}


PLACEHOLDERS = ("first_name", "company_name")


def fill(text: str | None, values: Mapping[str, str]) -> str:
	"""A text with the customer's name in place. No template language: what a manager writes is a letter, not code."""
	return re.sub(
		r"\{\{\s*(" + "|".join(PLACEHOLDERS) + r")\s*\}\}", lambda match: values[match[1]], text or ""
	)
