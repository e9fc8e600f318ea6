"""Contacts who left: marked and replaced, never deleted (P5)."""

from __future__ import annotations

import uuid

import frappe
import pytest
from frappe.utils import add_days, getdate, today

from salesflow_std.api import people as api
from salesflow_std.salesflow_std import profiles
from tests.site import plans, records
from tests.site.plans import MONDAY


def contact(party=None, first_name=None, **values):
	doc = frappe.new_doc("Contact")
	unique = uuid.uuid4().hex[:8]
	doc.update({"first_name": first_name or f"Buyer {unique}", **values})
	doc.append("email_ids", {"email_id": f"buyer-{unique}@sample.example", "is_primary": 1})
	doc.append("phone_nos", {"phone": f"+86 10 {uuid.uuid4().int % 10**8:08d}", "is_primary_mobile_no": 1})
	if party:
		doc.append("links", {"link_doctype": party.doctype, "link_name": party.name})
	return doc.insert()


def with_chain(party, *people):
	"""A profile with these contacts in its decision chain; the first one decides."""
	profile = frappe.get_doc("Customer Profile", profiles.ensure(party.doctype, party.name))
	for i, person in enumerate(people):
		profile.append(
			"decision_chain",
			{
				"person": person.full_name,
				"contact": person.name,
				"role": "User" if i else "Decision Maker",
				"influence": "High",
				"stance": "Champion",
				"reached": 1,
			},
		)
	return profile.save()


def chain(profile):
	return frappe.get_doc("Customer Profile", profile.name).decision_chain


def fresh(doc):
	return frappe.get_doc(doc.doctype, doc.name)


def comments(doc):
	return frappe.get_all(
		"Comment",
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)


def test_the_successor_stands_everywhere_the_other_one_stood(make_user):
	owner = make_user()
	customer = records.customer()
	gone = contact(customer, is_primary_contact=1)
	frappe.db.set_value("Customer", customer.name, "customer_primary_contact", gone.name)
	following = contact(designation="Purchasing Manager")
	profile = with_chain(customer, gone)
	deal = records.opportunity(
		opportunity_from="Customer",
		party_name=customer.name,
		contact_person=gone.name,
		opportunity_owner=owner,
	)
	closed = records.opportunity(
		opportunity_from="Customer", party_name=customer.name, contact_person=gone.name, status="Closed"
	)

	told = api.left(gone.name, today(), successor=following.name)

	assert (told["successor"], told["chains"], told["opportunities"]) == (following.name, 1, 1)
	gone, following = fresh(gone), fresh(following)
	assert str(gone.sf_left_on) == today() and gone.sf_replaced_by == following.name
	assert not gone.is_primary_contact and following.is_primary_contact
	assert following.has_link("Customer", customer.name)
	# Nothing is deleted: the contact is still linked to the customer.
	assert gone.has_link("Customer", customer.name)
	assert records.state(customer, "customer_primary_contact", "email_id") == (
		following.name,
		following.email_id,
	)
	row, new = chain(profile)
	assert row.left_on and row.replaced_by == following.full_name and row.reached
	assert (new.contact, new.role, new.influence, new.stance, new.reached, new.position) == (
		following.name,
		"Decision Maker",
		"High",
		"Unknown",
		0,
		"Purchasing Manager",
	)
	assert records.state(deal, "contact_person", "contact_email") == (following.name, following.email_id)
	assert records.state(closed, "contact_person") == gone.name
	assert any(following.full_name in text for text in comments(customer))
	notice = frappe.get_all("Notification Log", filters={"for_user": owner}, fields=["document_name"])
	assert [row.document_name for row in notice] == [deal.name]


def test_a_new_person_is_made_with_the_same_links():
	customer = records.customer()
	gone = contact(customer)
	profile = with_chain(customer, gone)
	told = api.left(
		gone.name,
		today(),
		new_person={
			"name": "Purchasing Manager",
			"position": "Head of Purchasing",
			"email": f"{uuid.uuid4().hex[:8]}@sample.example",
			"phone": "+86 10 5555 0199",
		},
	)
	made = frappe.get_doc("Contact", told["successor"])
	assert made.has_link("Customer", customer.name)
	assert made.designation == "Head of Purchasing" and made.email_id and made.mobile_no
	assert chain(profile)[1].contact == made.name


def test_nobody_yet_asks_for_the_right_contact_once(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		person = frappe.get_doc(
			"Contact",
			frappe.db.get_value("Dynamic Link", {"link_name": lead.name, "parenttype": "Contact"}, "parent"),
		)
		other = contact(lead)
		told = api.left(person.name, today())
		assert told["follow_up"] and told["successor"] is None
		touch = plans.only(lead)
		assert (touch.goal, touch.channel) == ("Find the right contact", "Phone")
		# A second one who leaves asks for the same thing, which waits already.
		assert not api.left(other.name, today())["follow_up"]
		plans.only(lead)
		api.came_back(person.name)
		assert plans.only(lead).kind == "Rhythm"


def test_an_open_opportunity_comes_before_the_lead(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		person = contact(lead)
		deal = plans.deal(party_name=lead.name, contact_person=person.name)
		api.left(person.name, today())
		assert "Find the right contact" in [touch.goal for touch in plans.waiting(deal)]
		assert "Find the right contact" not in [touch.goal for touch in plans.waiting(lead)]


def test_a_mistake_is_taken_back_whole():
	customer = records.customer()
	gone = contact(customer, is_primary_contact=1)
	frappe.db.set_value("Customer", customer.name, "customer_primary_contact", gone.name)
	following = contact()
	profile = with_chain(customer, gone)
	deal = records.opportunity(
		opportunity_from="Customer", party_name=customer.name, contact_person=gone.name
	)
	api.left(gone.name, today(), successor=following.name)
	api.came_back(gone.name)

	back, other = fresh(gone), fresh(following)
	assert back.sf_left_on is None and back.sf_replaced_by is None and back.is_primary_contact
	assert not other.is_primary_contact and not other.has_link("Customer", customer.name)
	assert records.state(customer, "customer_primary_contact") == gone.name
	(row,) = chain(profile)
	assert row.contact == gone.name and not row.left_on and not row.replaced_by
	assert records.state(deal, "contact_person", "contact_email") == (gone.name, back.email_id)
	api.came_back(gone.name)  # twice is once


def test_what_somebody_has_changed_since_stays():
	customer = records.customer()
	gone, following, third = contact(customer), contact(), contact(customer)
	profile = with_chain(customer, gone)
	deal = records.opportunity(
		opportunity_from="Customer", party_name=customer.name, contact_person=gone.name
	)
	api.left(gone.name, today(), successor=following.name)
	doc = frappe.get_doc("Customer Profile", profile.name)
	doc.decision_chain[1].stance = "Supporter"
	doc.save()
	frappe.db.set_value("Opportunity", deal.name, "contact_person", third.name)
	api.came_back(gone.name)
	assert [row.contact for row in chain(profile)] == [gone.name, following.name]
	assert records.state(deal, "contact_person") == third.name


@pytest.mark.parametrize("wrong", ["future", "twice", "themselves", "gone as well", "no name", "no date"])
def test_refusals_say_why_and_change_nothing(wrong):
	customer = records.customer()
	gone, following = contact(customer), contact(customer)
	arguments = {"left_on": today(), "successor": following.name}
	if wrong == "future":
		arguments["left_on"] = add_days(today(), 1)
	elif wrong == "twice":
		api.left(gone.name, today())
	elif wrong == "themselves":
		arguments["successor"] = gone.name
	elif wrong == "gone as well":
		api.left(following.name, today())
	elif wrong == "no name":
		arguments.update(successor=None, new_person={"email": "x@sample.example"})
	else:
		arguments["left_on"] = "the other day"
	before = fresh(gone).sf_replaced_by
	with pytest.raises(frappe.ValidationError):
		api.left(gone.name, **arguments)
	assert fresh(gone).sf_replaced_by == before


def test_the_state_fields_are_the_apps():
	person = contact()
	person.sf_left_on = today()
	person.sf_replaced_by = contact().name
	person.save()
	assert fresh(person).sf_left_on is None and fresh(person).sf_replaced_by is None


def test_a_person_of_the_chain_without_a_contact(call):
	customer = records.customer()
	profile = with_chain(customer)
	profile.append("decision_chain", {"person": "Finance Director", "role": "Finance"})
	profile.save()
	row = profile.decision_chain[0].name
	told = call(
		"salesflow_std.api.people.left_chain",
		customer_profile=profile.name,
		row=row,
		left_on=today(),
		new_person={"name": "Finance Manager"},
	)
	assert frappe.get_doc("Contact", told["successor"]).has_link("Customer", customer.name)
	gone, new = chain(profile)
	assert gone.left_on == getdate() and gone.replaced_by == "Finance Manager" and new.role == "Finance"
	with pytest.raises(frappe.ValidationError):
		call(
			"salesflow_std.api.people.left_chain", customer_profile=profile.name, row="gone", left_on=today()
		)


def test_rights_of_both_contacts_are_needed(make_user, as_user, call):
	person = contact(records.customer())
	stranger, rep, other = make_user("Stock User"), make_user(), make_user()
	with as_user(stranger), pytest.raises(frappe.PermissionError):
		call("salesflow_std.api.people.left", contact=person.name, left_on=today())
	with as_user(rep):
		call("salesflow_std.api.people.left", contact=person.name, left_on=today())
		assert call("salesflow_std.api.people.state", contact=person.name)["may_undo"]
	with as_user(other):
		assert not call("salesflow_std.api.people.state", contact=person.name)["may_undo"]
		with pytest.raises(frappe.PermissionError):
			call("salesflow_std.api.people.came_back", contact=person.name)
	with as_user(make_user("Sales Manager")):
		call("salesflow_std.api.people.came_back", contact=person.name)
	assert fresh(person).sf_left_on is None


def test_a_contact_in_a_decision_chain_is_not_deleted():
	person = contact(records.customer())
	with_chain(records.customer(), person)
	with pytest.raises(frappe.LinkExistsError, match="Left the Company"):
		frappe.delete_doc("Contact", person.name)
	frappe.delete_doc("Contact", contact().name)


def test_a_lead_whose_contact_stands_in_its_chain_is_deleted_once_the_chain_is_empty(call):
	"""ERPNext deletes the contacts of a lead with it: the refusal says what to do first."""
	lead = records.lead()
	person = contact(lead)
	profile = with_chain(lead, person)
	with pytest.raises(frappe.LinkExistsError, match="take the person out of the chain first"):
		frappe.delete_doc("Lead", lead.name)
	row = chain(profile)[0].name
	call("salesflow_std.api.profile.remove_person", doctype="Lead", name=lead.name, row=row)
	frappe.delete_doc("Lead", lead.name)
	assert not frappe.db.exists("Lead", lead.name)
	assert not frappe.db.exists("Contact", person.name)


def test_two_contacts_that_become_one_do_not_stop_the_profile():
	"""Renaming merges the rows of a chain past its document; what is saved next is something else."""
	customer = records.customer()
	one, other = contact(customer), contact(customer)
	profile = with_chain(customer, one, other)
	frappe.rename_doc("Contact", one.name, other.name, merge=True)
	doc = fresh(profile)
	assert [row.contact for row in doc.decision_chain] == [other.name] * 2
	doc.budget_from = 1000
	doc.save()
	doc.append("decision_chain", {"person": "Head of IT", "role": "User"})
	doc.append("decision_chain", {"person": "head of it", "role": "User"})
	with pytest.raises(frappe.ValidationError, match="stands in the decision chain twice"):
		doc.save()
