"""The kick-off meeting of a handover: in the calendar, held with contacts, plan and communication agreed; and the
project that begins with it (C5)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_datetime, get_url, now_datetime

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import (
	delivery_documents,
	delivery_handovers,
	delivery_mail,
	delivery_people,
	delivery_start,
	profiles,
	refusals,
)

DOCTYPE = "Delivery Handover"
# Two clocks never agree to the second.
_TOLERANCE = timedelta(minutes=5)
_LENGTH = timedelta(hours=1)


# The calendar ----------------------------------------------------------------------------------------------------


def follow_date(handover: Document) -> None:
	"""After a handover is saved: its kick-off stands in the calendar at the time it says, with who takes part."""
	if not handover.kick_off_on or handover.kick_off_held_on:
		return
	starts_on = get_datetime(handover.kick_off_on)
	if handover.kick_off_event and frappe.db.exists("Event", handover.kick_off_event):
		event = frappe.get_doc("Event", handover.kick_off_event)
		people = _participants(handover)
		if get_datetime(event.starts_on) == starts_on and _same(event.event_participants, people):
			return
		event.set("event_participants", people)
	else:
		event = frappe.new_doc("Event")
		event.update(
			{
				"subject": _("Kick-off: {0}").format(handover.title)[:140],
				"event_category": "Meeting",
				"event_type": "Private",
				"description": f'<a href="{get_url(delivery_mail.form(handover))}">{escape_html(handover.name)}</a>',
				"event_participants": _participants(handover),
			}
		)
	event.update({"starts_on": starts_on, "ends_on": starts_on + _LENGTH})
	event.save(ignore_permissions=True)
	if event.name != handover.kick_off_event:
		handover.db_set("kick_off_event", event.name, update_modified=False)


def _participants(handover: Document) -> list[dict]:
	"""The deal, the people of the customer and ours; a private appointment is seen by those whose address it has."""
	subject = (
		("Opportunity", handover.opportunity) if handover.opportunity else ("Customer", handover.customer)
	)
	rows = [{"reference_doctype": subject[0], "reference_docname": subject[1]}]
	users = [delivery_people.responsible(handover), *(row.user for row in handover.receivers)]
	for row in handover.contacts:
		if row.contact:
			rows.append(
				{"reference_doctype": "Contact", "reference_docname": row.contact, "email": row.email_id}
			)
		elif row.user:
			users.append(row.user)
	for user in dict.fromkeys(users):
		address = frappe.db.get_value("User", user, "email")
		rows.append({"reference_doctype": "User", "reference_docname": user, "email": address})
	return rows


def _same(rows: list[Document], wanted: list[dict]) -> bool:
	return [(row.reference_doctype, row.reference_docname) for row in rows] == [
		(row["reference_doctype"], row["reference_docname"]) for row in wanted
	]


# Held ------------------------------------------------------------------------------------------------------------


def held(name: str, held_on: object = None, minutes: str | None = None) -> dict:
	"""Acknowledged -> Started: the kick-off was held and has settled what it is for (C5).

	Without `held_on` it is when the minutes say, else when it was planned. Raises ValidationError with what is missing.
	"""
	handover = delivery_handovers.locked(name)
	if handover.status == rules.STARTED:
		return delivery_handovers.state(handover)
	if minutes and minutes != handover.kick_off_minutes:
		# They are shared with everybody who takes part.
		frappe.has_permission("Meeting Minutes", "read", doc=minutes, throw=True)
		handover.kick_off_minutes = minutes
	check_minutes(handover)
	moment = held_on or _held_by_minutes(handover.kick_off_minutes) or handover.kick_off_on
	_check_settled(handover, moment)
	handover.update({"status": rules.STARTED, "kick_off_held_on": get_datetime(moment)})
	handover.kick_off_on = handover.kick_off_on or handover.kick_off_held_on
	handover.flags.by_app = True
	handover.save(ignore_permissions=True)
	if handover.kick_off_minutes:
		delivery_documents.share(handover, delivery_people.everybody(handover))
	return delivery_handovers.state(handover)


def _held_by_minutes(minutes: str | None) -> object:
	return minutes and frappe.db.get_value("Meeting Minutes", minutes, "held_on")


def _check_settled(handover: Document, moment: object) -> None:
	problems = []
	if handover.status != rules.ACKNOWLEDGED:
		waiting = [row.user for row in handover.receivers if not row.acknowledged_on]
		names = ", ".join(escape_html(frappe.utils.get_fullname(user)) for user in dict.fromkeys(waiting))
		problems.append(
			_("Not everybody has taken over yet: {0}.").format(names)
			if handover.status == rules.HANDED_OVER
			else _("The deal has not been handed over yet.")
		)
	if not moment:
		problems.append(_("Say when the kick-off was held."))
	elif get_datetime(moment) > now_datetime() + _TOLERANCE:
		problems.append(_("The kick-off cannot have been held in the future."))
	problems += [label for _field, label in open_points(handover)]
	if not problems:
		return
	listed = "".join(f"<li>{problem}</li>" for problem in problems)
	told = (
		_(
			"The kick-off sets contacts, delivery plan and communication, so that the project begins with one picture. Still missing:"
		)
		+ f"<ul>{listed}</ul>"
		+ refusals.link(DOCTYPE, handover.name)
	)
	frappe.throw(told, title=_("Kick-off Not Complete"))


def open_points(handover: Document) -> list[tuple[str, str]]:
	"""What the kick-off has still to settle: ``[(fieldname, sentence)]``."""
	words = {
		"contacts.Customer": _("Name at least one contact at the customer."),
		"contacts.Ours": _("Name at least one contact of ours."),
		"delivery_plan": _("Write down the delivery plan."),
		"communication_plan": _("Write down how and how often you talk to each other."),
	}
	sides = [row.side for row in handover.contacts]
	points = rules.not_agreed(sides, handover.delivery_plan or "", handover.communication_plan or "")
	return [(point.split(".")[0], words[point]) for point in points]


def check_minutes(handover: Document) -> None:
	"""The minutes are of a meeting with this customer. Raises ValidationError."""
	if not handover.kick_off_minutes:
		return
	about = frappe.db.get_value(
		"Meeting Minutes", handover.kick_off_minutes, ["reference_doctype", "reference_name"]
	)
	ours = {("Customer", handover.customer), *profiles.family("Customer", handover.customer)}
	if handover.opportunity:
		ours.add(("Opportunity", handover.opportunity))
		party = frappe.db.get_value("Opportunity", handover.opportunity, ["opportunity_from", "party_name"])
		ours.add(tuple(party or ()))
	if not about or tuple(about) not in ours:
		frappe.throw(
			_("{0} are the minutes of another customer.").format(
				refusals.link("Meeting Minutes", handover.kick_off_minutes)
			),
			title=_("Other Customer"),
		)


# The project -----------------------------------------------------------------------------------------------------


def make_project(name: str) -> dict:
	"""ERPNext's project of a handover, made with its order and those who deliver if there is none: ``{"project"}``.

	The caller has the right to make projects.
	"""
	handover = delivery_handovers.locked(name)
	if handover.project:
		return {"project": handover.project}
	project = frappe.new_doc("Project")
	project.update(
		{
			"project_name": f"{handover.title[:100]} {handover.contract}",
			"customer": handover.customer,
			"company": handover.company,
			"sales_order": handover.sales_order,
			"notes": frappe.utils.md_to_html(handover.delivery_plan) if handover.delivery_plan else None,
		}
	)
	for user in delivery_start.project_team(handover):
		project.append("users", {"user": user, "welcome_email_sent": 1})
	project.insert()
	handover.project = project.name
	handover.flags.by_app = True
	handover.save(ignore_permissions=True)
	return {"project": project.name}
