"""When the project team is told to start: with the first payment, or with the handover (C4)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import now_datetime

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_documents, delivery_mail, delivery_people, reps

DOCTYPE = "Delivery Handover"


def tell(handover: Document) -> bool:
	"""Tells the project team and the responsible to start, once; the handover is locked. True if they were told."""
	if handover.start_told_on or not rules.may_start(
		handover.start_condition, handover.paid_on, handover.handed_over_on
	):
		return False
	now = now_datetime()
	# Past the form: whoever has it open can still save it.
	frappe.db.set_value(DOCTYPE, handover.name, "start_told_on", now, update_modified=False)
	handover.start_told_on = now
	team = project_team(handover)
	for user in team:
		delivery_documents.share_one(DOCTYPE, handover.name, user)
	delivery_mail.start(handover, [*team, delivery_people.responsible(handover)])
	return True


def project_team(handover: Document) -> list[str]:
	"""Who delivers: the receivers of Delivery, and the users of the project."""
	users = [row.user for row in handover.receivers if row.receiving_function == rules.DELIVERY]
	if handover.project:
		users += frappe.get_all(
			"Project User",
			filters={"parent": handover.project, "parenttype": "Project"},
			pluck="user",
			order_by="idx",
		)
	return [user for user in dict.fromkeys(users) if user and reps.is_enabled(user)]
