"""Short ways to surveys that were asked and answered on a certain day."""

from __future__ import annotations

from typing import Any

import frappe

from salesflow_std.engine import survey as rules
from salesflow_std.salesflow_std import survey_words
from tests.site import records

DIMENSIONS = {
	"timeliness": "Timeliness",
	"service_quality": "Service Quality",
	"needs_met": "Needs Met",
}


def survey(
	rep: str,
	sent_on: str | None,
	marks: tuple[int, ...] = (),
	recommend: int | None = None,
	items: tuple[str, ...] = (),
	**values: Any,
) -> Any:
	"""A survey as it stands in the database: answered with marks in the order of DIMENSIONS, else sent only."""
	doc = frappe.new_doc("Satisfaction Survey")
	customer = values.pop("customer", None) or records.customer().name
	weights, low_mark = values.pop("weights", (1, 1, 1)), values.pop("low_mark", 2)
	is_answered = bool(marks) or recommend is not None
	doc.update(
		{
			"name": f"SURVEY-T-{frappe.generate_hash(length=8)}",
			"customer": customer,
			"title": customer,
			"company": records.COMPANY,
			"allocated_to": rep,
			"status": "Answered" if is_answered else "Sent",
			"sent_on": sent_on,
			"answered_on": (sent_on or values.get("answered_on")) if is_answered else None,
			"is_low": int(bool(marks) and min(marks) <= 2),
			"wording": wording(low_mark, weights) if is_answered else None,
			"survey_key": frappe.generate_hash(length=12),
			"acceptance_report": accepted(*items) if items else None,
			**values,
		}
	)
	doc.db_insert()
	for (key, dimension), mark, weight in zip(DIMENSIONS.items(), marks, weights, strict=False):
		_answer(doc.name, key, dimension, "Mark 1-5", mark, weight)
	if recommend is not None:
		_answer(doc.name, "recommend", "Recommendation", "Score 0-10", recommend, 0)
	return doc


def wording(low_mark: int, weights: tuple[float, ...]) -> str:
	"""What was asked, in English and Chinese."""
	questions = [
		rules.Question(key, dimension, rules.MARK, weight)
		for (key, dimension), weight in zip(DIMENSIONS.items(), weights, strict=False)
	]
	words = {
		"en": {key: f"{dimension}?" for key, dimension in DIMENSIONS.items()},
		"zh": {key: f"{key}如何？" for key in DIMENSIONS},
	}
	return survey_words.Sheet("en", tuple(questions), words, low_mark, 9).as_json()


def _answer(survey: str, key: str, dimension: str, kind: str, mark: int, weight: float) -> None:
	row = frappe.new_doc("Survey Answer")
	row.update(
		{
			"name": frappe.generate_hash(length=10),
			"parent": survey,
			"parenttype": "Satisfaction Survey",
			"parentfield": "answers",
			"question_key": key,
			"dimension": dimension,
			"kind": kind,
			"question": f"{dimension}?",
			"mark": mark,
			"weight": weight,
			"answered": 1,
		}
	)
	row.db_insert()


def accepted(*items: str) -> str:
	"""The name of an acceptance of some items."""
	name = f"ACCEPT-T-{frappe.generate_hash(length=8)}"
	for item in items:
		row = frappe.new_doc("Acceptance Item")
		row.update(
			{
				"name": frappe.generate_hash(length=10),
				"parent": name,
				"parenttype": "Acceptance Report",
				"parentfield": "items",
				"item_code": item,
			}
		)
		row.db_insert()
	return name


def item(code: str, group: str) -> str:
	"""An item of a group of its own."""
	if not frappe.db.exists("Item Group", group):
		frappe.get_doc(
			{"doctype": "Item Group", "item_group_name": group, "parent_item_group": "All Item Groups"}
		).insert()
	values = {"item_code": code, "item_group": group, "stock_uom": "Nos", "is_stock_item": 0}
	return frappe.get_doc({"doctype": "Item", **values}).insert().name


def only(user: str, customer: str) -> None:
	"""A user who may see one customer and what belongs to it."""
	values = {"user": user, "allow": "Customer", "for_value": customer}
	frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
