"""Short ways to reviews: people, rules, and proposals under review (S2)."""

from __future__ import annotations

from typing import Any

import frappe

from salesflow_std.salesflow_std import reviews
from tests.site import records, solutions

OPEN = "salesflow_std.api.review.open"
DECIDE = "salesflow_std.api.review.decide"
SCORES = {"feasibility": 4, "price": 3, "compliance": 5}


def rule(function: str, *people: str, role: str | None = None, **values: Any) -> Any:
	"""A Review Rule of a function that asks these people, or a role."""
	return frappe.get_doc(
		{
			"doctype": "Review Rule",
			"rule_name": f"{function} {frappe.generate_hash(length=6)}",
			"review_function": function,
			"reviewers": [{"reviewer": person} for person in people],
			"role": role,
			**values,
		}
	).insert()


def only(*rules: Any) -> None:
	"""Leaves these rules enabled and no other."""
	names = [rule.name for rule in rules]
	for name in frappe.get_all("Review Rule", pluck="name", order_by="name"):
		frappe.db.set_value("Review Rule", name, "enabled", int(name in names))


def proposal(rep: str, **values: Any) -> Any:
	"""A complete draft of a rep's opportunity."""
	opportunity = solutions.opportunity_with_confirmed_needs(opportunity_owner=rep)
	return solutions.proposal(opportunity, **{"allocated_to": rep, **values})


def says(call: Any, as_user: Any, user: str, review: str, decision: str = "Approve", **more: Any) -> dict:
	"""A user's opinion, given over the API."""
	reason = None if decision == "Approve" else "Because of the terms."
	with as_user(user):
		return call(DECIDE, review=review, decision=decision, **{**SCORES, "reason": reason, **more})


def state(review: str) -> Any:
	"""A review as it stands."""
	return frappe.get_doc(reviews.DOCTYPE, review)


def status(proposal: Any) -> str:
	"""A proposal's status as it stands."""
	return records.state(proposal, "status")


def asked(review: str) -> dict[str, list[str]]:
	"""Function -> who is asked in this round."""
	found: dict[str, list[str]] = {}
	for row in reviews.current(state(review)):
		found.setdefault(row.review_function, []).append(row.asked)
	return found


def notices_of(user: str) -> list[str]:
	"""What a user has been told, the oldest first."""
	return frappe.get_all(
		"Notification Log", filters={"for_user": user}, pluck="subject", order_by="creation, name"
	)


def absent(user: str, first: str, last: str, stand_in: str | None = None) -> Any:
	"""An absence of a user."""
	return frappe.get_doc(
		{"doctype": "Rep Absence", "user": user, "from_date": first, "to_date": last, "stand_in": stand_in}
	).insert()
