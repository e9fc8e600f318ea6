"""Short ways to documents with a plan, and to what has happened to them."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime

from salesflow_std.api.follow_up import complete
from salesflow_std.api.lead import touched
from tests.site import records

# A Monday; the company's holidays are the weekends, its hours nine to six.
MONDAY = "2027-01-11 09:00"
FIELDS = ["*"]


def graded(text: str = "5555", **values: Any) -> Any:
	"""A lead with a grade, captured now, whose first touch is still to come (A, unless said otherwise)."""
	lead = records.lead(**values)
	records.score(lead, text)
	return lead


def in_rhythm(text: str = "5555", **values: Any) -> Any:
	"""A graded lead that was reached just now, so that its rhythm runs."""
	lead = graded(text, **values)
	touched(lead.name)
	return lead


def deal(days: int = 20, **values: Any) -> Any:
	"""An opportunity that closes in so many days: S within 30, A within 90, B after that."""
	closing = frappe.utils.add_days(frappe.utils.getdate(), days)
	return records.opportunity(
		**{"expected_closing": closing, "probability": 90, "opportunity_amount": 100000, **values}
	)


def touches_of(doc: Any, **filters: Any) -> list[Any]:
	"""The follow-ups of a document, the earliest due first."""
	return frappe.get_all(
		"Follow Up",
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name, **filters},
		fields=FIELDS,
		order_by="due_on, creation, name",
	)


def waiting(doc: Any, **filters: Any) -> list[Any]:
	"""Its open follow-ups."""
	return touches_of(doc, status="Planned", **filters)


def done(doc: Any, **filters: Any) -> list[Any]:
	"""Its follow-ups that are done."""
	return touches_of(doc, status="Done", **filters)


def only(doc: Any, **filters: Any) -> Any:
	"""Its one open follow-up; that it is the only one is asserted, and that the document says the same date."""
	found = waiting(doc, **filters)
	assert len(found) == 1, [(touch.kind, str(touch.due_on), touch.goal) for touch in found]
	if not filters:
		assert records.state(doc, "sf_next_touch_on") == found[0].due_on
	return found[0]


def finish(doc: Any, outcome: str = "Reached", **more: Any) -> Any:
	"""Finishes the document's only open follow-up; returns it as it is then."""
	touch = only(doc)
	complete(touch.name, outcome, **more)
	return frappe.get_doc("Follow Up", touch.name)


def communication(doc: Any, **values: Any) -> Any:
	"""A record of mail at a document: sent, unless said otherwise."""
	return frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Sent",
			"subject": "About your inquiry",
			"content": "Hello",
			"reference_doctype": doc and doc.doctype,
			"reference_name": doc and doc.name,
			"communication_date": now_datetime(),
			**values,
		}
	).insert(ignore_permissions=True)


def reply(doc: Any, **values: Any) -> Any:
	"""A mail of the customer at a document."""
	return communication(
		doc,
		**{
			"sent_or_received": "Received",
			"sender": "buyer@sample-works.example",
			"subject": "Re: About your inquiry",
			"content": "Could you tell us more about the delivery?",
			**values,
		},
	)


def event(*docs: Any, starts: str, **values: Any) -> Any:
	"""A meeting of an hour with leads or opportunities."""
	start = get_datetime(starts)
	return frappe.get_doc(
		{
			"doctype": "Event",
			"subject": "Show the product",
			"event_category": "Meeting",
			"event_type": "Public",
			"starts_on": start,
			"ends_on": frappe.utils.add_to_date(start, hours=1),
			"event_participants": [
				{"reference_doctype": doc.doctype, "reference_docname": doc.name} for doc in docs
			],
			**values,
		}
	).insert()


def call_log(doc: Any, status: str = "Completed", **values: Any) -> Any:
	"""A call with a lead or an opportunity, as a telephone system writes it down."""
	return frappe.get_doc(
		{
			"doctype": "Call Log",
			"id": frappe.generate_hash(length=12),
			"from": "+86 10 5550 0001",
			"to": "+86 10 5550 0002",
			"type": "Outgoing",
			"status": status,
			"start_time": now_datetime(),
			"end_time": now_datetime(),
			"links": [{"link_doctype": doc.doctype, "link_name": doc.name}],
			**values,
		}
	).insert()


def value_content(title: str, kind: str = "Case", **values: Any) -> Any:
	"""Something worth reading."""
	return frappe.get_doc(
		{
			"doctype": "Value Content",
			"title": title,
			"kind": kind,
			"subject": f"{title} for {{{{ company_name }}}}",
			"body": "Dear {{ first_name }}, this may help.",
			**values,
		}
	).insert()


def policy(name: str = "Lead follow-up") -> Any:
	"""A cadence policy as it is now."""
	return frappe.get_doc("Cadence Policy", name)


def day(moment: Any) -> str:
	"""The date of a moment as text."""
	return str(get_datetime(moment).date())


def person(user, parent=None, is_group=0):
	"""A node of the Sales Person tree with an employee of its own; without a parent below the root."""
	employee = frappe.get_doc(
		{
			"doctype": "Employee",
			"first_name": user,
			"gender": "Female",
			"date_of_birth": "1990-01-01",
			"date_of_joining": "2020-01-01",
			"company": records.COMPANY,
			"user_id": user,
			"create_user_permission": 0,
		}
	)
	employee.flags.ignore_validate = True
	employee.insert()
	root = frappe.get_all(
		"Sales Person", filters={"parent_sales_person": ("in", ("", None))}, pluck="name", order_by="lft"
	)[0]
	return (
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": user,
				"parent_sales_person": parent or root,
				"is_group": is_group,
				"employee": employee.name,
				"enabled": 1,
			}
		)
		.insert()
		.name
	)
