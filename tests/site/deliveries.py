"""Short ways to handovers of won deals."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import now_datetime

from salesflow_std.salesflow_std import delivery_handovers, delivery_kickoff, delivery_syncs
from tests.site import records, signed

API = "salesflow_std.api.delivery_handover"
ROLES = {"Delivery": "Projects User", "Finance": "Accounts User", "After-sales": "Support Team"}


def team(make_user: Any, **users: str) -> dict[str, str]:
	"""One user of each function, named in the settings; function -> user."""
	found = {function: users.get(function) or make_user(role) for function, role in ROLES.items()}
	settings = frappe.get_doc("Salesflow Settings")
	settings.handover_team = []
	for function, user in found.items():
		settings.append("handover_team", {"receiving_function": function, "user": user})
	settings.save()
	# Frappe has put the default company into them.
	for row in settings.handover_team:
		row.db_set("company", None)
	frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")
	return found


def handover(owner: str, signed_on: Any = None, **values: Any) -> Any:
	"""The handover of a rep's deal whose contract was signed, as the app makes it."""
	deal = signed.deal(owner=owner, **values)
	contract = signed.contract_of(deal, signed_on=signed_on)
	return frappe.get_doc("Delivery Handover", delivery_handovers.contract_signed(contract.name))


def state(handover: Any) -> Any:
	"""A handover as it stands."""
	return frappe.get_doc("Delivery Handover", handover.name)


def order(handover: Any, **values: Any) -> Any:
	"""A submitted order on a handover's contract."""
	doc = signed.order(handover.customer, **values)
	doc.submit()
	assert records.state(doc, "sf_contract") in (handover.contract, None)
	frappe.db.set_value("Sales Order", doc.name, "sf_contract", handover.contract)
	if not state(handover).sales_order:
		frappe.db.set_value("Delivery Handover", handover.name, "sales_order", doc.name)
	return doc.reload()


def started(owner: str, held_on: Any = None, **project: Any) -> tuple[Any, Any]:
	"""A started handover of a rep's deal with its project, as they stand; how it starts is tested elsewhere."""
	made = handover(owner)
	delivery_kickoff.make_project(made.name)
	made = state(made)
	if project:
		frappe.db.set_value("Project", made.project, project)
	made.update({"status": "Started", "kick_off_held_on": held_on or now_datetime()})
	made.flags.by_app = True
	made.save(ignore_permissions=True)
	return made, frappe.get_doc("Project", made.project)


def week(project: Any) -> Any:
	"""The only sync of a project, as it stands."""
	[name] = frappe.get_all("Delivery Sync", {"project": project.name}, pluck="name", order_by="name")
	return frappe.get_doc("Delivery Sync", name)


def told(sync: Any, **values: Any) -> Any:
	"""Fills a week and tells it, as the user at work; returns it as it stands."""
	doc = frappe.get_doc("Delivery Sync", sync.name)
	doc.update({"health": "On Track", "progress": 40, "done_this_week": "Installed.", **values})
	doc.save()
	delivery_syncs.record(doc.name)
	return doc.reload()
