"""Minutes of a few meetings on the demo's opportunities: a presentation where a proposal is approved, a negotiation,
a call. Made through the documents themselves; the people are roles. For demo sites only."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import add_days, getdate, now_datetime

_OPEN = ("Open", "Replied", "Quotation")


def make() -> None:
	"""Writes the minutes once; proposals that are to be presented are there already."""
	from salesflow_std.salesflow_std import minutes_mail

	if frappe.db.count("Meeting Minutes"):
		return
	shown = frappe.get_all(
		"Solution Proposal",
		filters={"status": "Approved", "reference_doctype": "Opportunity"},
		fields=["name", "reference_name"],
		order_by="approved_on",
		limit=1,
	)
	known = {row.reference_name for row in shown}
	western, chinese = _opportunities("not like", known), _opportunities("like", known)
	held = [_presentation(shown[0].reference_name, shown[0].name)] if shown else []
	held += [_negotiation(name) for name in western[:1]]
	_call(chinese[0] if chinese else western[-1])
	for doc in held:
		customer = [row.email_id for row in doc.participants if row.side == "Customer" and row.email_id]
		if customer:
			minutes_mail.send(doc.name, customer[:1])


def _opportunities(how: str, besides: set[str]) -> list[str]:
	names = frappe.get_all(
		"Opportunity",
		filters={"status": ("in", _OPEN), "title": (how, "%公司%")},
		pluck="name",
		order_by="name",
	)
	return [name for name in names if name not in besides]


def _written(opportunity: str, hours: int, **values: object) -> frappe.model.document.Document:
	from salesflow_std.salesflow_std import minutes

	# The demo's opportunities are made today, and their meetings were held before.
	when = now_datetime().replace(microsecond=0, second=0, minute=0) - timedelta(hours=hours)
	frappe.db.set_value("Opportunity", opportunity, "creation", when - timedelta(days=20))
	doc = minutes.new("Opportunity", opportunity)
	owner = frappe.db.get_value("Opportunity", opportunity, "opportunity_owner") or frappe.session.user
	doc.set("participants", [row for row in doc.participants if row.user != frappe.session.user])
	doc.update({"written_by": owner, "held_on": when, **values})
	for row in doc.actions:
		row.allocated_to = row.allocated_to or owner
	return doc.insert(ignore_permissions=True)


def _presentation(opportunity: str, proposal: str) -> frappe.model.document.Document:
	approved = frappe.db.get_value("Solution Proposal", proposal, "approved_on")
	hours = max(0, min(26, int((now_datetime() - approved).total_seconds() // 3600)))
	return _written(
		opportunity,
		hours,
		meeting_type="Presentation",
		proposal=proposal,
		place="Plant, meeting room 2",
		topics="Planning on one screen\nHow orders come in from the shop floor\nThe pilot in hall 1",
		decisions="The pilot runs in hall 1 for six weeks.\nTheir IT opens the interface to the warehouse.",
		feedback=[
			{"kind": "Liked", "feedback": "One figure of the stock for plant and warehouse", "said_by": "Plant Manager"},
			{
				"kind": "Objected",
				"objection_kind": "Price",
				"feedback": "A competitor asks for a fifth less",
				"said_by": "Head of Purchasing",
			},
			{"kind": "Correction", "feedback": "Two shifts, not three", "said_by": "Production Planner"},
		],
		actions=[
			{"action": "Send the revised plan of the pilot", "due_on": add_days(getdate(), 3), "channel": "E-mail"},
			{"action": "Ask how far we may go with the price", "due_on": getdate(), "internal": 1},
			{"action": "Visit hall 1 with the technician", "due_on": add_days(getdate(), 8), "channel": "Visit"},
		],
	)  # fmt: skip


def _negotiation(opportunity: str) -> frappe.model.document.Document:
	return _written(
		opportunity,
		50,
		meeting_type="Negotiation",
		channel="Online Meeting",
		topics="Delivery in two parts\nPayment within 45 days",
		decisions="The first part comes in week 12.",
		feedback=[
			{
				"kind": "Objected",
				"objection_kind": "Delivery Time",
				"feedback": "Week 12 is late for the season",
				"said_by": "Head of Purchasing",
			}
		],
		actions=[
			{"action": "Confirm week 12 with production", "due_on": getdate()},
			{"action": "Call about the payment terms", "due_on": add_days(getdate(), 2), "channel": "Phone"},
		],
	)


def _call(opportunity: str) -> frappe.model.document.Document:
	return _written(
		opportunity,
		5,
		meeting_type="Other",
		channel="Phone",
		topics="确认排产系统的试点范围\n了解预算审批流程",
		decisions="先在一车间试点，为期六周。",
		actions=[
			{"action": "发送试点方案", "due_on": add_days(getdate(), 2), "channel": "E-mail"},
			{"action": "准备车间调研问卷", "due_on": add_days(getdate(), 4)},
		],
	)
