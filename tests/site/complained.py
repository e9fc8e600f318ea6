"""Short ways to answered surveys and to complaints."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.client import set_value
from frappe.utils import now_datetime

from tests.site import records

QUESTIONS = ("Timeliness", "Service Quality", "Needs Met")
WORD = {
	"sf_customers_word": "Two spare parts came, it runs again.",
	"sf_word_by": "Purchasing Manager",
	"sf_word_on": None,
}


def survey(rep: str, marks: tuple[int, ...] = (5, 5, 5), settled: bool | None = None, **values: Any) -> Any:
	"""An answered survey as it stands in the database, whoever may write one: marks in the order of QUESTIONS, and with
	`settled` what was said of an earlier complaint."""
	customer = values.pop("customer", None) or records.customer().name
	answers = [
		{"question": f"{about}?", "dimension": about, "kind": "Mark 1-5", "mark": mark, "answered": 1}
		for about, mark in zip(QUESTIONS, marks, strict=True)
	]
	if settled is not None:
		answers.append(
			{
				"question": "Was it settled?",
				"dimension": "Earlier Complaint",
				"kind": "Yes or No",
				"mark": int(settled),
				"answered": 1,
			}
		)
	doc = frappe.get_doc(
		{
			"doctype": "Satisfaction Survey",
			"customer": customer,
			"title": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": records.COMPANY,
			"allocated_to": rep,
			"status": "Answered",
			"answered_on": now_datetime().replace(microsecond=0),
			"answered_by": "Purchasing Manager",
			"is_low": int(min(marks) <= 2 or settled is False),
			"answers": answers,
			**values,
		}
	)
	doc.owner = doc.modified_by = frappe.session.user
	doc.creation = doc.modified = frappe.utils.now()
	doc.set_new_name()
	doc.survey_key = doc.survey_key or doc.name
	for row in doc.answers:
		row.parent = doc.name
		row.set_new_name()
		row.db_insert()
	doc.db_insert()
	return frappe.get_doc("Satisfaction Survey", doc.name)


def complaint(rep: str | None = None, **values: Any) -> Any:
	"""A complaint that somebody has written down."""
	return frappe.get_doc(
		{
			"doctype": "Issue",
			"subject": "The second crane is missing",
			"customer": values.pop("customer", None) or records.customer().name,
			"company": records.COMPANY,
			"sf_is_complaint": 1,
			"sf_responsible": rep,
			**values,
		}
	).insert()


def issue(**values: Any) -> Any:
	"""An issue that is no complaint."""
	return complaint(**{"sf_is_complaint": 0, **values})


def give_word(doc: Any, **values: Any) -> None:
	"""What the customer says, written down before the complaint is closed."""
	doc.reload()
	doc.update({**WORD, "sf_word_on": frappe.utils.today(), **values})
	doc.save()


def state(doc: Any) -> Any:
	"""The issue as it is now."""
	doc.reload()
	return doc


# Ways to close ------------------------------------------------------------------------------------------------------


def whitelisted(dotted: str, **params: Any) -> Any:
	"""A method as a request finds it: by its name, which another method may have taken over."""
	return frappe.call(frappe.get_attr(frappe.override_whitelisted_method(dotted)), **params)


def saved(doc: Any, status: str = "Closed") -> None:
	doc.reload()
	doc.status = status
	doc.save()


def by_rest(doc: Any, status: str = "Closed") -> None:
	set_value("Issue", doc.name, "status", status)


def by_list(doc: Any, status: str = "Closed") -> None:
	method = "erpnext.support.doctype.issue.issue.set_multiple_status"
	whitelisted(method, names=json.dumps([doc.name]), status=status)


def by_status(doc: Any, status: str = "Closed") -> None:
	whitelisted("erpnext.support.doctype.issue.issue.set_status", name=doc.name, status=status)


def by_db_set(doc: Any, status: str = "Closed") -> None:
	frappe.get_doc("Issue", doc.name).db_set("status", status)


WAYS = (saved, by_rest, by_list, by_status, by_db_set)
