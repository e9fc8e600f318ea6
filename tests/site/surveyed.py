"""Short ways to acceptances that were submitted, and to the surveys of them."""

from __future__ import annotations

import re
from typing import Any

import frappe

from salesflow_std.salesflow_std import public_links, surveys
from tests.site import records, talks

API = "salesflow_std.api.survey_desk"
BUYER = "purchasing@sample-works.example"
TEMPLATE = "Satisfaction after Acceptance"

GOOD = {"timeliness": "5", "service_quality": "4", "needs_met": "5", "recommend": "9"}
BAD = {**GOOD, "timeliness": "2", "recommend": "4"}


def customer(owner: str = "Administrator", **values: Any) -> Any:
	"""A customer of an account manager."""
	return records.customer(account_manager=owner, **values)


def contact(customer: Any, email: str | None = BUYER, **values: Any) -> Any:
	"""A contact of a customer."""
	doc = frappe.get_doc(
		{
			"doctype": "Contact",
			"first_name": "Purchasing Manager",
			"links": [{"link_doctype": "Customer", "link_name": customer.name}],
			**values,
		}
	)
	if email:
		doc.append("email_ids", {"email_id": email, "is_primary": 1})
	return doc.insert()


def report(owner: str, accepted_on: str = "2027-01-13", of: Any = None, **values: Any) -> Any:
	"""A submitted acceptance report, straight into the table: how one is submitted is tested elsewhere."""
	of = of or customer(owner)
	doc = frappe.new_doc("Acceptance Report")
	doc.update(
		{
			"name": f"ACCEPT-T-{frappe.generate_hash(length=8)}",
			"customer": of.name,
			"title": of.customer_name,
			"company": records.COMPANY,
			"allocated_to": owner,
			"accepted_on": accepted_on,
			"result": "Accepted",
			"docstatus": 1,
			**values,
		}
	)
	doc.db_insert()
	return doc


def survey(owner: str, email: str | None = BUYER, of: Any = None, **values: Any) -> Any:
	"""The survey of an acceptance, with the customer's address."""
	of = of or customer(owner)
	who = contact(of, email)
	return frappe.get_doc(
		"Satisfaction Survey", surveys.begin(report(owner, of=of, contact=who.name, **values))
	)


def fresh(survey: Any) -> Any:
	"""A survey as it stands."""
	return frappe.get_doc("Satisfaction Survey", survey.name)


def tokens() -> list[str]:
	"""The tokens in the mails of the queue, the newest first."""
	found = [re.search(r"/survey\?token=([\w-]{43})", mail.text) for mail in talks.mails()]
	return [match[1] for match in found if match]


def sent(survey: Any) -> str:
	"""Sends a survey; returns the token, which only the mail in the queue knows."""
	before = set(tokens())
	surveys.send(survey.name)
	frappe.db.commit()
	return next(token for token in tokens() if token not in before)


def answer(token: str, given: dict | None = None, by: str = "Purchasing Manager", **more: Any) -> Any:
	"""The customer answers by a link."""
	found, link = surveys.asked(token)
	assert found
	return surveys.answer_by_link(link, GOOD if given is None else given, by, **more)


def answered(owner: str, given: dict | None = None, **more: Any) -> Any:
	"""A survey that a customer has answered by its link."""
	return answer(sent(survey(owner)), given, **more)


def valid_links(survey: Any) -> int:
	"""How many links of a survey may still be answered."""
	return frappe.db.count(
		"Public Link",
		{
			"reference_name": survey.name,
			"purpose": public_links.SATISFACTION_SURVEY,
			"used_on": ("is", "not set"),
			"revoked_on": ("is", "not set"),
		},
	)
