"""Short ways to customers who are cared for, and to what stands in their plan."""

from __future__ import annotations

from typing import Any

import frappe

from salesflow_std.salesflow_std import care_plans
from tests.site import plans, records

MONDAY = plans.MONDAY


def customer(rep: str, tier: str = "", activity: str = "", **values: Any) -> Any:
	"""A customer of a rep, with a tier and an activity, whose care is planned."""
	made = records.customer(account_manager=rep, **values)
	put(made, sf_tier=tier, sf_activity=activity)
	return made


def put(customer: Any, **values: Any) -> None:
	"""What a job, or a person, has found out of a customer; planned anew."""
	frappe.db.set_value("Customer", customer.name, values)
	care_plans.plan(customer.name)


def policy(name: str, purpose: str = "Care Call", channel: str = "Phone", **values: Any) -> Any:
	"""A policy for customers: once a month, with a gap of a week, unless said otherwise."""
	doc = frappe.get_doc(
		{
			"doctype": "Cadence Policy",
			"policy_name": name,
			"applies_to": "Customer",
			"purpose": purpose,
			"enabled": 1,
			"rhythms": [{"grade": "", "touches": 1, "every": 1, "period": values.pop("period", "Month")}],
			"steps": [{"channel": channel, "goal": f"Goal of {name}"}],
			"gap_amount": 7,
			"gap_unit": "Days",
			"missed_amount": 5,
			"missed_unit": "Working Days",
			"answer_amount": 1,
			"answer_unit": "Working Days",
			"only_own_channels": 1,
			**values,
		}
	)
	return doc.insert()


def followed(customer: Any) -> dict[str, Any]:
	"""Its open touches by policy; greetings by policy and festival."""
	found = {}
	for touch in plans.waiting(customer):
		key = f"{touch.policy}: {touch.festival}" if touch.festival else touch.policy or touch.goal
		assert key not in found, f"{key} stands in the plan twice"
		found[key] = touch
	return found


def states(customer: Any) -> list[tuple[str, str]]:
	"""(policy, status) of all its touches of the plan, by the day they were due."""
	return [(touch.policy, touch.status) for touch in plans.touches_of(customer) if touch.policy]


VISIT = "Strategic: quarterly visit"
EXECUTIVES = "Strategic: yearly executive meeting"
CALL = "Active: monthly call"
GREETINGS = "Active: festival greetings"
