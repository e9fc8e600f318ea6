"""A survey on its way to a customer, and its page as a guest gets it (A3)."""

from __future__ import annotations

import re
from typing import Any

import frappe
from werkzeug.wrappers import Response

from salesflow_std.salesflow_std import surveys
from tests.site import attacks, records, talks

BUYER = "director@sample-works.example"
PERSON = "Managing Director"
TEMPLATE = "Satisfaction after Acceptance"
# All marks that must be given.
MARKS = {"timeliness": "4", "service_quality": "5", "needs_met": "4", "recommend": "9"}
HAPPY = {**MARKS, "recommend": "10"}
LOW = {**MARKS, "timeliness": "2"}

DOOR = attacks.Door(
	at="survey",
	module="survey",
	fields=(
		*("action", "answered_by", "comments", "has_problem", "problem", "referral", "lang", "switch"),
		*("answer-timeliness", "answer-recommend", "answer-forged"),
	),
	words=("answer", "keep", "refer", "decline", "zh", "5", "1"),
	complete={
		"action": "answer",
		"answered_by": "Buyer",
		**{f"answer-{key}": mark for key, mark in MARKS.items()},
	},
	asks='name="answered_by"',
)


def survey(**values: Any) -> Any:
	"""A survey that waits to be sent to a customer."""
	customer = values.pop("customer", None) or records.customer().name
	doc = frappe.new_doc("Satisfaction Survey")
	doc.update(
		{
			"customer": customer,
			"title": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": frappe.db.get_single_value("Global Defaults", "default_company"),
			"survey_template": TEMPLATE,
			"allocated_to": frappe.session.user,
			"person": PERSON,
			"email_id": BUYER,
			"language": "en",
			"status": "To Send",
			**values,
		}
	)
	doc.flags.by_app = True
	return doc.insert(ignore_permissions=True)


def send(doc: Any) -> str:
	"""Sends a survey; returns the token, which only the mail in the queue knows."""
	before = set(frappe.get_all("Email Queue", pluck="name", order_by="creation"))
	surveys.send(doc.name)
	doc.reload()
	# As at the end of a request: a page that fails undoes its own work only.
	frappe.db.commit()
	mail = next(m for m in talks.mails() if m.name not in before and m.to == [doc.email_id])
	return re.search(r"token=([\w-]{43})", mail.text)[1]


def page(token: Any = None, form: dict | None = None, **more: Any) -> Response:
	"""The survey's page: opened, or with a form sent."""
	return talks.page(token, form, at="survey", **more)


def post(token: Any, marks: dict | None = None, action: str = "answer", **more: Any) -> Response:
	"""The page after a button: the marks by key of the question, and the other fields."""
	answers = {f"answer-{key}": mark for key, mark in (marks or {}).items()}
	return page(token, {"action": action, "answered_by": PERSON, **answers, **more})


def fresh(doc: Any) -> Any:
	return frappe.get_doc("Satisfaction Survey", doc.name)
