"""Short ways to acceptances of what was delivered."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import frappe
from frappe.utils import add_days, today

from salesflow_std.salesflow_std import acceptances
from tests.site import deliveries, records, signed

API = "salesflow_std.api.acceptance"
DOCTYPE = "Acceptance Report"
DRAWING = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nIHDR").decode()
SCOPE = "1. Machine, installed\n2. Training of the operators"
BY_HAND = ("project", "handover", "contract", "sales_order")


def delivered(rep: str, scope: str = SCOPE) -> Any:
	"""The handover of a rep's deal with its project; the contract says the scope."""
	handover = deliveries.handover(rep)
	frappe.db.set_value("Contract", handover.contract, "sf_scope", scope)
	project = frappe.get_doc(
		{
			"doctype": "Project",
			"project_name": f"Delivery {uuid.uuid4().hex[:8]}",
			"customer": handover.customer,
			"company": records.COMPANY,
			"sf_account_manager": rep,
		}
	).insert()
	frappe.db.set_value("Project", project.name, "sf_handover", handover.name)
	frappe.db.set_value("Delivery Handover", handover.name, "project", project.name)
	return deliveries.state(handover)


def order(handover: Any, delivered: float = 10, **values: Any) -> Any:
	"""A submitted order on the contract of a handover, of which so much is delivered."""
	doc = deliveries.order(handover, **values)
	frappe.db.set_value("Sales Order Item", doc.items[0].name, "delivered_qty", delivered)
	return doc


def draft(handover: Any, save: bool = True, **values: Any) -> Any:
	"""A report of a handover's project, not signed."""
	report = acceptances.make(project=handover.project)
	report.update(values)
	return report.insert() if save else report


def sign(report: Any, **values: Any) -> Any:
	"""A draft with the signatures of both sides, and all of it accepted, unless `values` say otherwise."""
	for row in report.items:
		row.result = row.result or "Accepted"
	report.update(
		{
			"result": report.result or "Accepted",
			"our_signatory": "Administrator",
			"our_signature": DRAWING,
			"customer_signatory": "Plant Manager",
			"customer_signature": DRAWING,
			**values,
		}
	)
	return report.save()


def accepted(handover: Any, **values: Any) -> Any:
	"""A submitted report."""
	report = sign(draft(handover), **values)
	report.submit()
	return report


def point(user: str | None = None, **values: Any) -> dict:
	"""An open point, of ours where a user is named."""
	side = {"side": "Ours", "user": user} if user else {"side": "Customer", "person": "Plant Manager"}
	return {"point": "Spare parts list", "due_on": add_days(today(), 7), **side, **values}


def with_points(handover: Any, *points: dict, **values: Any) -> Any:
	"""A submitted report with open points."""
	return accepted(handover, result="Accepted with Open Points", points=list(points), **values)


def survey_of(report: Any) -> list[Any]:
	"""The surveys of a report."""
	return frappe.get_all(
		"Satisfaction Survey",
		filters={"acceptance_report": report.name},
		fields=["name", "status"],
		order_by="creation",
	)


def todos(report: Any) -> list[Any]:
	"""The ToDos of a report, in the order of its points."""
	rows = {
		row.name: row
		for row in frappe.get_all(
			"ToDo",
			filters={"reference_type": DOCTYPE, "reference_name": report.name},
			fields=["name", "allocated_to", "date", "status", "description"],
			order_by="creation",
		)
	}
	return [rows[row.todo] for row in frappe.get_doc(DOCTYPE, report.name).points if row.todo]


def other_contract() -> Any:
	"""A contract with another customer."""
	return signed.contract(records.customer().name)
