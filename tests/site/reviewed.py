"""Short ways to teams that meet, with standings made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import frappe
import pytest
from frappe.utils import getdate

from salesflow_std.salesflow_std import sales_review_numbers, sales_review_teams
from tests.site import plans, records


def node_of(user: str) -> str:
	"""The Sales Person of a user."""
	employee = frappe.db.get_value("Employee", {"user_id": user})
	return frappe.db.get_value("Sales Person", {"employee": employee})


def colleague(user: str, beside: str) -> str:
	"""Puts a user beside another in the tree; returns their Sales Person."""
	above = frappe.db.get_value("Sales Person", node_of(beside), "parent_sales_person")
	return plans.person(user, parent=above)


def team_of(manager: str) -> Any:
	"""The team that a manager leads."""
	[found] = sales_review_teams.led_by(manager)
	return found


def standings(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]) -> None:
	"""How people stand from now on: user -> (target, sales), or by month ``{"2027-01": (target, sales)}``."""

	def of(company: str, first: Any, last: Any, people: Any) -> dict[str, Any]:
		found = {}
		for user, said in values.items():
			month = said.get(str(getdate(first))[:7]) if isinstance(said, dict) else said
			if month and node_of(user) in people:
				target, sales = month
				found[node_of(user)] = SimpleNamespace(
					user=user, target=target, sales=sales, achievement=sales / target if target else None
				)
		return found

	monkeypatch.setattr(sales_review_numbers, "standings", of)


def deal(owner: str, amount: float = 1000, **values: Any) -> Any:
	"""An open deal of somebody, with a next touch far away so that nothing is the matter with it."""
	state = {"sf_next_touch_on": "2027-12-01 10:00:00", "sf_stage_due": None}
	for field in ("sf_next_touch_on", "sf_stage_due", "sf_stage", "sf_lost_on", "transaction_date"):
		if field in values:
			state[field] = values.pop(field)
	status = values.pop("status", None)
	doc = records.opportunity(opportunity_owner=owner, opportunity_amount=amount, **values)
	if status:
		state["status"] = status
	frappe.db.set_value("Opportunity", doc.name, state)
	return doc.reload()


def lost(owner: str, reason: str | None, amount: float, on: str) -> Any:
	"""A deal that was lost on a day."""
	doc = deal(owner, amount, status="Lost", sf_lost_on=on)
	if reason:
		if not frappe.db.exists("Opportunity Lost Reason", reason):
			frappe.get_doc({"doctype": "Opportunity Lost Reason", "lost_reason": reason}).insert()
		doc.append("lost_reasons", {"lost_reason": reason}).db_insert()
	return doc


def row(doc: Any, table: str, **values: Any) -> Any:
	"""The only row of a table that says so."""
	[found] = [one for one in doc.get(table) if all(one.get(key) == value for key, value in values.items())]
	return found
