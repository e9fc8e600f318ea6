"""Short ways to minutes of meetings, and to proposals that were shown there."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_days, add_to_date, getdate, now_datetime

from tests.site import plans, records

BUYER = "buyer@sample-works.example"


def ago(**span: float) -> Any:
	"""A moment that lies so far back, whole seconds: `ago(hours=2)`."""
	return add_to_date(
		now_datetime().replace(microsecond=0), **{unit: -amount for unit, amount in span.items()}
	)


def deal(**values: Any) -> Any:
	"""An opportunity that has been there for a month."""
	doc = plans.deal(**values)
	frappe.db.set_value("Opportunity", doc.name, "creation", ago(days=30))
	return frappe.get_doc("Opportunity", doc.name)


def held(doc: Any = None, **values: Any) -> Any:
	"""Minutes of a meeting an hour ago, saved."""
	doc = doc or records.opportunity()
	return frappe.get_doc(
		{
			"doctype": "Meeting Minutes",
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"meeting_type": "Negotiation",
			"held_on": ago(hours=1),
			"participants": [customer_side(), ours()],
			"topics": "The new warehouse",
			"decisions": "Go on with the pilot",
			"actions": [action()],
			**values,
		}
	).insert()


def customer_side(**values: Any) -> dict:
	return {"side": "Customer", "person": "Purchasing Manager", "email_id": BUYER, **values}


def ours(user: str = "Administrator", **values: Any) -> dict:
	return {"side": "Ours", "user": user, **values}


def action(days: int = 7, **values: Any) -> dict:
	return {
		"action": "Send the revised plan",
		"allocated_to": "Administrator",
		"due_on": add_days(getdate(), days),
		**values,
	}


def saved(doc: Any) -> Any:
	"""The minutes as they are stored."""
	return frappe.get_doc("Meeting Minutes", doc.name)


def proposal(doc: Any, status: str = "Approved", approved_on: Any = None, **values: Any) -> Any:
	"""A proposal as its review has left it."""
	made = frappe.new_doc("Solution Proposal")
	made.update(
		{
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"company": records.COMPANY,
			**values,
		}
	)
	made.flags.ignore_validate = made.flags.ignore_mandatory = True
	made.insert()
	frappe.db.set_value(
		"Solution Proposal",
		made.name,
		{
			"status": status,
			"version": 1,
			"root": made.name,
			"approved_on": (approved_on or ago(days=2)) if status in ("Approved", "Superseded") else None,
		},
	)
	return frappe.get_doc("Solution Proposal", made.name)


def follow_up_of(row: Any) -> Any:
	return frappe.get_doc("Follow Up", row.follow_up)
