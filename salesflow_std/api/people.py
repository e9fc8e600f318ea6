"""Contacts who left, in the desk and over REST (P5)."""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from salesflow_std.salesflow_std import people, profiles


@frappe.whitelist(methods=["GET", "POST"])
def state(contact: str) -> dict:
	"""How a contact stands: ``{"left_on", "successor", "successor_name", "may_undo", "may_write"}``."""
	doc = frappe.get_doc("Contact", contact)
	doc.check_permission("read")
	successor = doc.sf_replaced_by
	return {
		"left_on": doc.sf_left_on,
		"successor": successor,
		"successor_name": successor and frappe.db.get_value("Contact", successor, "full_name"),
		"may_undo": people.may_undo(doc),
		"may_write": bool(frappe.has_permission("Contact", "write", doc=doc)),
	}


@frappe.whitelist(methods=["POST", "PUT"])
def left(
	contact: str,
	left_on: str,
	successor: str | None = None,
	new_person: dict | str | None = None,
) -> dict:
	"""Marks a contact as having left, with the successor where there is one (P5).

	`left_on` is a date, not in the future; `successor` a contact, `new_person` ``{"name", "position", "email",
	"phone"}`` of one to be made; neither: nobody yet. Returns ``{"contact", "successor", "chains", "opportunities",
	"follow_up"}``. Raises PermissionError without the right to change both contacts.
	"""
	doc = frappe.get_doc("Contact", contact)
	doc.check_permission("write")
	made = _made(new_person, people.links_of(contact), doc.company_name)
	successor = made or successor or None
	if successor:
		frappe.get_doc("Contact", successor).check_permission("write")
	return people.left(contact, _day(left_on), successor, made=bool(made))


@frappe.whitelist(methods=["POST", "PUT"])
def left_chain(
	customer_profile: str,
	row: str,
	left_on: str,
	successor: str | None = None,
	new_person: dict | str | None = None,
) -> dict:
	"""As `left`, of a person of a decision chain, who may have no contact of their own (P2, P5)."""
	profile = frappe.get_doc("Customer Profile", customer_profile)
	profile.check_permission("write")
	member = next((member for member in profile.decision_chain if member.name == row), None)
	if not member or (member.left_on and not member.contact):
		frappe.throw(
			_("This person stands in the decision chain no more."),
			title=_("Decision Chain", context="Customer Profile"),
		)
	if member.contact:
		return left(member.contact, left_on, successor, new_person)
	on = _day(left_on)
	if on > getdate():
		frappe.throw(
			_("{0} is still to come. Say so when the contact has left.").format(
				frappe.format(on, {"fieldtype": "Date"})
			),
			title=_("Left the Company", context="Contact"),
		)
	of_company = profiles.readable(profiles.members(customer_profile))[:1]
	successor = _made(new_person, of_company, profile.company_name) or successor
	following = None
	if successor:
		following = frappe.get_doc("Contact", successor)
		following.check_permission("read")
	told = people.leave_chain(customer_profile, on, following=following, row_name=row)
	return {
		"contact": None,
		"successor": successor,
		"chains": len(told),
		"opportunities": 0,
		"follow_up": False,
	}


@frappe.whitelist(methods=["POST", "PUT"])
def came_back(contact: str) -> None:
	"""Takes back that a contact has left, for whoever said so and for managers."""
	doc = frappe.get_doc("Contact", contact)
	doc.check_permission("write")
	if not doc.sf_left_on:
		return
	if not people.may_undo(doc):
		frappe.throw(
			_("Whoever marked the contact, or a sales manager, can take that back."),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
	people.came_back(contact)


@frappe.whitelist(methods=["POST", "PUT"])
def came_back_to_chain(customer_profile: str, row: str) -> None:
	"""Takes back that a person without a contact has left a decision chain."""
	frappe.get_doc("Customer Profile", customer_profile).check_permission("write")
	people.return_to_chain({"profile": customer_profile, "row": row})


def _day(text: str) -> date:
	try:
		return getdate(text) or getdate()
	except (ValueError, TypeError, OverflowError):
		frappe.throw(
			_("{0} is no date.").format(frappe.utils.escape_html(str(text))),
			title=_("Left On", context="Salesflow"),
		)


def _made(values: dict | str | None, links: list[tuple[str, str]], company: str | None) -> str | None:
	values = frappe.parse_json(values) if values else None
	if not isinstance(values, dict) or not values:
		return None
	return people.new_person({key: str(value or "") for key, value in values.items()}, links, company)
