"""The project of a handover: whose deal it is, who delivers, and since when (C5, A1)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_mail, delivery_people

_FIELDS = (
	"name",
	"project_name",
	"status",
	"customer",
	"company",
	"percent_complete",
	"sf_handover",
	"sf_account_manager",
	"sf_delivery_lead",
)


def follow(handover: Document) -> None:
	"""After a handover is saved: with its start its project knows the handover, the account manager and who delivers.

	Whom somebody has put there stays; written once, it does nothing the second time. Where there is none, who delivers
	is asked to make it.
	"""
	if handover.status != rules.STARTED:
		return
	if not handover.project:
		before = handover.get_doc_before_save()
		if before and before.status != rules.STARTED:
			delivery_mail.project_wanted(handover, _makers(handover))
		return
	forget(handover, but=handover.project)
	project = frappe.db.get_value("Project", handover.project, _FIELDS, as_dict=True)
	if not project or (project.sf_handover and project.sf_handover != handover.name):
		return
	wanted = {
		"sf_handover": handover.name,
		"sf_account_manager": project.sf_account_manager or delivery_people.responsible(handover),
		"sf_delivery_lead": project.sf_delivery_lead or lead_of(handover),
		"customer": project.customer or handover.customer,
	}
	changed = {field: value for field, value in wanted.items() if value != project[field]}
	if changed:
		frappe.db.set_value("Project", project.name, changed)


def forget(handover: Document, but: str = "") -> None:
	"""No other project than `but` is that of a handover any more."""
	others = {"sf_handover": handover.name, "name": ("!=", but)}
	if frappe.db.exists("Project", others):
		frappe.db.set_value("Project", others, "sf_handover", None)


def _makers(handover: Document) -> list[str]:
	"""Who takes over for delivery and may make projects."""
	users = [row.user for row in handover.receivers if row.receiving_function == rules.DELIVERY and row.user]
	return [user for user in users if frappe.has_permission("Project", "create", user=user)]


def lead_of(handover: Document) -> str | None:
	"""Who delivers: the first who takes over for delivery."""
	return next(
		(row.user for row in handover.receivers if row.receiving_function == rules.DELIVERY and row.user),
		None,
	)


def of(project: str) -> frappe._dict:
	"""A project as its weekly synchronisation sees it: its fields, and ``account_manager``, ``delivery_lead``, ``begins``.

	People who are not named are those of the handover; it begins with the kick-off.
	"""
	found = frappe.db.get_value("Project", project, _FIELDS, as_dict=True)
	if not found:
		raise frappe.DoesNotExistError
	handover = frappe.get_doc("Delivery Handover", found.sf_handover) if found.sf_handover else None
	found.account_manager = found.sf_account_manager or (handover and delivery_people.responsible(handover))
	found.delivery_lead = found.sf_delivery_lead or (handover and lead_of(handover))
	held = handover and (handover.kick_off_held_on or handover.handed_over_on)
	found.begins = getdate(held) if held else None
	return found
