"""Contacts who left the company: marked and replaced, never deleted (P5).

One transaction carries it everywhere the person stood: first contact of the company, decision chain, open
opportunities. What was there before is kept on the contact, so that a mistake can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_link_to_form, getdate

from salesflow_std.salesflow_std import follow_ups, grading, notices, profiles, reps
from salesflow_std.salesflow_std.follow_ups import RIGHT_CONTACT, Planning, is_open, open_touches

# The contact of a company is the first one by these.
_PRIMARY = ("is_primary_contact", "is_billing_contact")
_OPPORTUNITY = {
	"contact_display": "full_name",
	"contact_email": "email_id",
	"contact_mobile": "mobile_no",
}


def links_of(contact: str) -> list[tuple[str, str]]:
	"""The leads, prospects and customers a contact belongs to."""
	rows = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": "Contact", "parent": contact, "link_doctype": ("in", profiles.PARTIES)},
		fields=["link_doctype", "link_name"],
		order_by="idx",
	)
	return [(row.link_doctype, row.link_name) for row in rows]


# Leaving ---------------------------------------------------------------------------------------------------


def left(contact: str, on: date, successor: str | None = None, made: bool = False) -> dict:
	"""Marks a contact as having left and puts the successor everywhere they stood (P5).

	The caller has checked the rights on both; `made`: the successor was made for this. Returns ``{"contact", "successor", "chains", "opportunities",
	"follow_up"}``. Raises ValidationError where they have left already, in the future, or replace themselves.
	"""
	# Two who say so at the same time would each move everything.
	frappe.db.get_value("Contact", contact, "name", for_update=True)
	person = frappe.get_doc("Contact", contact)
	_check(person, on, successor)
	state: dict = {"by": frappe.session.user, "made": made}
	following = frappe.get_doc("Contact", successor) if successor else None
	links = links_of(contact)
	state["flags"] = _hand_over_first_place(person, following, links, state)
	state["chains"] = [
		told
		for profile in _profiles_of(contact, links)
		for told in leave_chain(profile, on, following=following, contact=person)
	]
	state["opportunities"] = _opportunities(person, following)
	if not following:
		state["follow_up"] = _find_right_contact(state["opportunities"], links)
	_tell_owners(person, following, on, state["opportunities"], links)
	frappe.db.set_value(
		"Contact",
		contact,
		{
			"sf_left_on": on,
			"sf_replaced_by": successor,
			"sf_left_state": json.dumps(state),
			**{field: 0 for field in state["flags"]},
		},
	)
	person.add_comment("Info", _sentence(person, following, on))
	_comment_on(links, _sentence(person, following, on))
	return {
		"contact": contact,
		"successor": successor,
		"chains": len(state["chains"]),
		"opportunities": len(state["opportunities"]),
		"follow_up": bool(state.get("follow_up")),
	}


def _comment_on(documents: Iterable[tuple[str, str]], text: str) -> None:
	for doctype, name in documents:
		if frappe.db.exists(doctype, name):
			frappe.get_doc(doctype, name).add_comment("Info", text)


def _check(person: Document, on: date, successor: str | None) -> None:
	title = _("Left the Company", context="Contact")
	if person.sf_left_on:
		frappe.throw(
			_(
				"{0} is marked as having left on {1} already. Take that back first if it was a mistake."
			).format(
				frappe.bold(escape_html(person.full_name or person.name)),
				frappe.format(person.sf_left_on, {"fieldtype": "Date"}),
			),
			title=title,
		)
	if on > getdate():
		frappe.throw(
			_("{0} is still to come. Say so when the contact has left.").format(
				frappe.format(on, {"fieldtype": "Date"})
			),
			title=title,
		)
	if successor == person.name:
		frappe.throw(_("Nobody replaces themselves. Choose another contact."), title=title)
	if successor and frappe.db.get_value("Contact", successor, "sf_left_on"):
		frappe.throw(
			_("{0} has left the company as well. Choose somebody who is still there.").format(
				frappe.bold(escape_html(successor))
			),
			title=title,
		)


def new_person(values: dict, links: Iterable[tuple[str, str]], company: str | None = None) -> str:
	"""Makes the contact of a new person, with the user's own rights: ``{"name", "position", "email", "phone"}``."""
	name = (values.get("name") or "").strip()
	if not name:
		frappe.throw(
			_("Say who the new person is: a name is missing."), title=_("Replaced By", context="Contact")
		)
	first, _space, last = name.partition(" ")
	doc = frappe.new_doc("Contact")
	doc.update({"first_name": first, "last_name": last, "designation": values.get("position")})
	doc.company_name = company
	if values.get("email"):
		doc.append("email_ids", {"email_id": values["email"].strip(), "is_primary": 1})
	if values.get("phone"):
		doc.append("phone_nos", {"phone": values["phone"].strip(), "is_primary_mobile_no": 1})
	for doctype, link in links:
		doc.append("links", {"link_doctype": doctype, "link_name": link})
	return doc.insert().name


def _hand_over_first_place(
	person: Document, following: Document | None, links: list[tuple[str, str]], state: dict
) -> list[str]:
	"""Links the successor to the same companies and makes them the first contact where the other one was."""
	flags = [field for field in _PRIMARY if person.get(field)]
	state["added_links"], state["gained"] = [], []
	if following:
		for doctype, name in links:
			if not following.has_link(doctype, name):
				following.append("links", {"link_doctype": doctype, "link_name": name})
				state["added_links"].append([doctype, name])
		state["gained"] = [field for field in flags if not following.get(field)]
		following.update({field: 1 for field in state["gained"]})
		if state["added_links"] or state["gained"]:
			following.save()
	state["customers"] = frappe.get_all(
		"Customer", filters={"customer_primary_contact": person.name}, pluck="name", order_by="name"
	)
	for customer in state["customers"]:
		_set_primary(customer, following)
	return flags


def _set_primary(customer: str, contact: Document | None) -> None:
	fields = ("name", "email_id", "mobile_no")
	name, email, mobile = (contact.get(field) if contact else None for field in fields)
	frappe.db.set_value(
		"Customer", customer, {"customer_primary_contact": name, "email_id": email, "mobile_no": mobile}
	)


# The decision chain ----------------------------------------------------------------------------------------


def _profiles_of(contact: str, links: list[tuple[str, str]]) -> list[str]:
	"""The profiles of a contact's companies, and those in whose chain the contact stands."""
	found = [frappe.db.get_value(*link, "sf_profile") for link in links]
	found += frappe.get_all(
		"Decision Chain Member",
		filters={"contact": contact, "parenttype": "Customer Profile"},
		pluck="parent",
		order_by="parent",
	)
	return list(dict.fromkeys(name for name in found if name))


def leave_chain(
	profile: str,
	on: date,
	following: Document | None = None,
	contact: Document | None = None,
	row_name: str | None = None,
) -> list[dict]:
	"""Marks a person's row of a decision chain and gives the successor a row of the same role (P2, P5).

	The person is a contact or a row. Returns ``[{"profile", "row", "new"}]``: what was marked and added.
	"""
	doc = frappe.get_doc("Customer Profile", profile)
	gone = [row for row in doc.decision_chain if not row.left_on and _is(row, contact, row_name)]
	told = []
	for row in gone:
		row.left_on = on
		row.replaced_by = (following.full_name or following.name) if following else None
		told.append([row, _successor_row(doc, row, following) if following else None])
	if gone:
		doc.flags.ignore_permissions = True
		doc.save()
	return [{"profile": profile, "row": row.name, "new": new and new.name} for row, new in told]


def _is(row: Document, contact: Document | None, row_name: str | None) -> bool:
	if row_name:
		return row.name == row_name
	if row.contact or not contact:
		return row.contact == contact.name
	same_mail = row.email_id and (row.email_id or "").casefold() == (contact.email_id or "").casefold()
	return bool(same_mail or row.person.casefold() == (contact.full_name or "").casefold())


def _successor_row(doc: Document, row: Document, following: Document) -> Document | None:
	"""A row for the successor, unless they stand in the chain already."""
	name = following.full_name or following.name
	for other in doc.decision_chain:
		if not other.left_on and (
			other.contact == following.name
			or (not other.contact and other.person.casefold() == name.casefold())
		):
			return None
	return doc.append(
		"decision_chain",
		{
			"person": name,
			"contact": following.name,
			"role": row.role,
			"influence": row.influence,
			"stance": "Unknown",
			"reached": 0,
			"position": following.designation,
			"email_id": following.email_id,
			"phone": following.mobile_no or following.phone,
		},
	)


# Open work -------------------------------------------------------------------------------------------------


def _opportunities(person: Document, following: Document | None) -> list[str]:
	"""Open opportunities with the contact; they get the successor, or stay to be looked after."""
	names = frappe.get_all(
		"Opportunity",
		filters={
			"contact_person": person.name,
			"status": ("in", grading.OPEN_OPPORTUNITY_STATUSES),
		},
		pluck="name",
		order_by="creation",
	)
	for name in names if following else ():
		_set_contact(name, following)
	return names


def _set_contact(opportunity: str, contact: Document) -> None:
	values = {field: contact.get(of_contact) for field, of_contact in _OPPORTUNITY.items()}
	frappe.db.set_value("Opportunity", opportunity, {"contact_person": contact.name, **values})


def _find_right_contact(opportunities: list[str], links: list[tuple[str, str]]) -> dict | None:
	"""Puts "find the right contact" on the open opportunity or lead of the company, once (F3)."""
	for doctype, name in _open_documents(opportunities, links):
		rows = follow_ups.read(doctype, [name])
		if rows and is_open(doctype, rows[0]):
			return _put_right_contact(doctype, rows[0])
	return None


def _open_documents(opportunities: list[str], links: list[tuple[str, str]]) -> list[tuple[str, str]]:
	found = [("Opportunity", name) for name in opportunities]
	parties = list(dict.fromkeys(member for link in links for member in profiles.family(*link)))
	for doctype, name in parties:
		found += [
			("Opportunity", opportunity)
			for opportunity in frappe.get_all(
				"Opportunity",
				filters={
					"opportunity_from": doctype,
					"party_name": name,
					"status": ("in", grading.OPEN_OPPORTUNITY_STATUSES),
				},
				pluck="name",
				order_by="creation desc",
			)
		]
	return found + [party for party in parties if party[0] == "Lead"]


def _put_right_contact(doctype: str, row: frappe._dict) -> dict | None:
	touches = open_touches(doctype, row.name)
	if any(touch.goal == RIGHT_CONTACT for touch in touches):
		return None
	first = next((touch for touch in touches if touch.kind == "First Touch"), None)
	if first:
		frappe.db.set_value("Follow Up", first.name, {"channel": "Phone", "goal": RIGHT_CONTACT})
		return {"touch": first.name, "channel": first.channel, "goal": first.goal}
	follow_ups.cancel(
		[touch.name for touch in touches if touch.kind == "Rhythm"], "The contact has left the company."
	)
	planning = Planning()
	_of_cadence, planner = planning.planner_for(doctype, row)
	held = any(touch.kind in follow_ups.HOLDS_RHYTHM for touch in touches)
	name = planning.put(
		doctype, row, "Promise", planner.soon(planning.now), "Phone", RIGHT_CONTACT, beside=held
	)
	follow_ups.plan(doctype, row.name)
	return {"touch": name}


def _tell_owners(
	person: Document,
	following: Document | None,
	on: date,
	opportunities: list[str],
	links: list[tuple[str, str]],
) -> None:
	"""Tells each owner of what the contact stood on, once a person; whoever says so knows already."""
	told: dict[str, tuple[str, str]] = {}
	for doctype, names in (("Opportunity", opportunities), ("Lead", _own_leads(person, links))):
		subject = follow_ups.SUBJECTS[doctype]
		for name in names:
			row = frappe.db.get_value(doctype, name, [subject.owner_field, "owner"], as_dict=True)
			told.setdefault(reps.on_duty(row[subject.owner_field] or row.owner, getdate()), (doctype, name))
	for user, document in told.items():
		if user == frappe.session.user or not frappe.db.exists("User", user):
			continue
		with notices.in_language(notices.language_of(user)):
			notices.notify(user, _sentence(person, following, on), *document)


def _own_leads(person: Document, links: list[tuple[str, str]]) -> list[str]:
	"""The leads whose own person the contact is."""
	found = []
	for doctype, name in links:
		if doctype != "Lead":
			continue
		lead = frappe.db.get_value("Lead", name, ["email_id", "lead_name"], as_dict=True)
		if lead and (
			(lead.email_id and lead.email_id == person.email_id) or lead.lead_name == person.full_name
		):
			found.append(name)
	return found


def _sentence(person: Document, following: Document | None, on: date) -> str:
	gone = f"<b>{escape_html(person.full_name or person.name)}</b>"
	day = frappe.format(on, {"fieldtype": "Date"})
	if following:
		return _("{0} left the company on {1}; {2} takes over.").format(
			gone, day, f"<b>{escape_html(following.full_name or following.name)}</b>"
		)
	return _("{0} left the company on {1}; the successor is not known yet.").format(gone, day)


# Taking it back --------------------------------------------------------------------------------------------


def may_undo(person: Document) -> bool:
	"""Whether the user may say it was a mistake: whoever said so, and managers."""
	state = json.loads(person.sf_left_state or "{}")
	return bool(person.sf_left_on) and (state.get("by") == frappe.session.user or reps.is_manager())


def came_back(contact: str) -> None:
	"""It was a mistake: puts back what leaving had changed and nobody has changed since. The caller has checked
	the rights (`may_undo`)."""
	frappe.db.get_value("Contact", contact, "name", for_update=True)
	person = frappe.get_doc("Contact", contact)
	state = json.loads(person.sf_left_state or "{}")
	successor = person.sf_replaced_by
	frappe.db.set_value(
		"Contact",
		contact,
		{
			"sf_left_on": None,
			"sf_replaced_by": None,
			"sf_left_state": None,
			**{field: 1 for field in state.get("flags", ())},
		},
	)
	person.reload()
	_put_back_successor(successor, state)
	for customer in state.get("customers", ()):
		if frappe.db.get_value("Customer", customer, "customer_primary_contact") == successor:
			_set_primary(customer, person)
	for told in state.get("chains", ()):
		return_to_chain(told)
	for opportunity in state.get("opportunities", ()):
		if successor and frappe.db.get_value("Opportunity", opportunity, "contact_person") == successor:
			_set_contact(opportunity, person)
	_take_back_touch(state.get("follow_up"))
	said = _("{0} is still with the company; that they had left was a mistake.").format(
		f"<b>{escape_html(person.full_name or contact)}</b>"
	)
	person.add_comment("Info", said)
	_comment_on(links_of(contact), said)


def _put_back_successor(successor: str | None, state: dict) -> None:
	if not successor or not frappe.db.exists("Contact", successor):
		return
	doc = frappe.get_doc("Contact", successor)
	added = {tuple(link) for link in state.get("added_links", ())}
	# A person who was made for this stays with the company.
	if not state.get("made"):
		doc.set("links", [row for row in doc.links if (row.link_doctype, row.link_name) not in added])
	doc.update({field: 0 for field in state.get("gained", ())})
	if added or state.get("gained"):
		doc.flags.ignore_permissions = True
		doc.save()


def return_to_chain(told: dict) -> None:
	"""Takes the mark from a row; the successor's row goes, unless somebody has worked with it since."""
	if not frappe.db.exists("Customer Profile", told["profile"]):
		return
	doc = frappe.get_doc("Customer Profile", told["profile"])
	for row in list(doc.decision_chain):
		if row.name == told["row"]:
			row.left_on = row.replaced_by = None
		elif row.name == told.get("new") and row.stance == "Unknown" and not row.reached and not row.note:
			doc.remove(row)
	doc.flags.ignore_permissions = True
	doc.save()


def _take_back_touch(told: dict | None) -> None:
	if not told:
		return
	touch = frappe.db.get_value(
		"Follow Up", told["touch"], ["status", "reference_doctype", "reference_name", "goal"], as_dict=True
	)
	if not touch or touch.status != follow_ups.PLANNED or touch.goal != RIGHT_CONTACT:
		return
	if "goal" in told:
		values = {field: told[field] for field in ("channel", "goal")}
		frappe.db.set_value("Follow Up", told["touch"], values)
		return
	follow_ups.cancel([told["touch"]], "The contact is still with the company.")
	follow_ups.plan(touch.reference_doctype, touch.reference_name)


# Deleting --------------------------------------------------------------------------------------------------


def refuse_to_delete(person: Document) -> None:
	"""A contact who stands in a decision chain is marked, not deleted (P5)."""
	profile = frappe.db.get_value(
		"Decision Chain Member", {"contact": person.name, "parenttype": "Customer Profile"}, "parent"
	)
	if not profile:
		return
	frappe.throw(
		_(
			"{0} stands in the decision chain of {1}. A contact who left is marked and replaced, not deleted: use {2} on the contact's form. To delete the company's document with its contacts, take the person out of the chain first."
		).format(
			frappe.bold(escape_html(person.full_name or person.name)),
			get_link_to_form(
				"Customer Profile",
				profile,
				escape_html(frappe.db.get_value("Customer Profile", profile, "company_name") or profile),
			),
			get_link_to_form("Contact", person.name, _("Left the Company", context="Contact")),
		),
		frappe.LinkExistsError,
		title=_("Left the Company", context="Contact"),
	)
