"""All of a customer's facts in one go: true, changed or unknown; all or nothing (P5)."""

from __future__ import annotations

import uuid
from datetime import date

import frappe
import pytest
from frappe.utils import add_days, getdate, today

from salesflow_std.api import keeping as api
from tests.site import records
from tests.site.test_people import comments, contact, fresh, with_chain

PHONE = {"contact": None, "with": "Purchasing Manager", "channel": "Phone"}


def facts_of(doc):
	return {
		fact["key"]: fact for group in api.facts(doc.doctype, doc.name)["groups"] for fact in group["facts"]
	}


def answers(doc, unknown=(), **changes):
	"""All true, but for what is said otherwise; `changes` by the end of a fact's key."""
	found = {}
	for key, fact in facts_of(doc).items():
		found[key] = {"state": "true", "was": fact["value"]}
		for name, value in changes.items():
			if key.split(":")[-1] == name:
				found[key] = {"state": "changed", "was": fact["value"], "value": value}
		if key.split(":")[-1] in unknown:
			found[key]["state"] = "unknown"
	return found


@pytest.fixture
def known(make_user):
	"""A customer with a person in the chain and an open opportunity."""
	customer = records.customer(website="alpha.example", account_manager=make_user())
	person = contact(customer, designation="Purchasing Manager")
	profile = with_chain(customer, person)
	deal = records.opportunity(
		opportunity_from="Customer",
		party_name=customer.name,
		opportunity_amount=1000,
		contact_person=person.name,
	)
	return frappe._dict(customer=customer, person=person, profile=profile, deal=deal)


def test_the_sheet_holds_all_that_is_known(known):
	sheet = api.facts("Customer", known.customer.name)
	assert [group["key"] for group in sheet["groups"]] == [
		"basics",
		"contacts",
		"chain",
		"profile",
		"opportunities",
	]
	facts = facts_of(known.customer)
	assert facts["company"]["value"] == known.customer.customer_name
	assert facts[f"contact:{known.person.name}:email"]["value"] == known.person.email_id
	row = known.profile.decision_chain[0].name
	assert facts[f"chain:{row}:role"]["value"] == "Decision Maker"
	assert facts[f"opportunity:{known.deal.name}:amount"]["value"] == 1000


def test_what_the_lead_knows_is_known_of_its_customer():
	lead = records.lead(source="Exhibition")
	frappe.db.set_value("Lead", lead.name, "sf_first_touched_on", "2026-03-04 10:00:00")
	facts = facts_of(lead)
	assert str(facts["first_contact"]["value"]) == "2026-03-04"
	facts = facts_of(records.customer(lead_name=lead.name))
	assert str(facts["first_contact"]["value"]) == "2026-03-04"
	assert facts["source"]["value"] == "Exhibition"


@pytest.mark.parametrize("doctype", ["Lead", "Prospect", "Customer", "Opportunity"])
def test_every_document_of_the_company_opens_the_same_sheet(doctype):
	lead = records.lead()
	prospect = frappe.get_doc(
		{"doctype": "Prospect", "company_name": uuid.uuid4().hex, "leads": [{"lead": lead.name}]}
	).insert()
	customer = records.customer(prospect_name=prospect.name)
	docs = {
		"Lead": lead,
		"Prospect": prospect,
		"Customer": customer,
		"Opportunity": records.opportunity(party_name=lead.name),
	}
	sheet = api.facts(doctype, docs[doctype].name)
	assert (sheet["doctype"], sheet["name"]) == ("Customer", customer.name)


def test_all_true_is_a_review(known):
	told = api.save("Customer", known.customer.name, answers(known.customer))
	assert told == {"changed": 0, "unknown": 0}
	profile = fresh(known.profile)
	assert profile.reviewed_on and profile.reviewed_by == "Administrator" and profile.review_due > getdate()
	assert profile.confirmed_on is None and profile.confirm_due
	assert any("Facts reviewed" in text for text in comments(known.customer))


def test_changes_go_to_the_real_documents(known):
	row = known.profile.decision_chain[0].name
	territory = frappe.get_all("Territory", filters={"is_group": 0}, pluck="name", order_by="name")[0]
	told = api.save(
		"Customer",
		known.customer.name,
		answers(
			known.customer,
			unknown=("website",),
			territory=territory,
			email="new@sample.example",
			position="Head of Purchasing",
			stance="Sceptic",
			reached=0,
			budget_to="12,000.50",
			amount=2500,
			closing=add_days(today(), 60),
		),
		{"contact": known.person.name, "channel": "Visit", "on": today()},
	)
	assert told == {"changed": 8, "unknown": 1}
	assert records.state(known.customer, "territory", "website") == (territory, "alpha.example")
	person = fresh(known.person)
	assert (person.email_id, person.designation) == ("new@sample.example", "Head of Purchasing")
	profile = fresh(known.profile)
	chain = next(member for member in profile.decision_chain if member.name == row)
	assert (chain.stance, chain.reached) == ("Sceptic", 0)
	assert profile.budget_to == 12000.5
	assert profile.confirmed_with == known.person.full_name and profile.confirmed_by == "Administrator"
	assert profile.confirm_due > profile.review_due > getdate()
	assert records.state(known.deal, "opportunity_amount") == 2500
	# History: Frappe's versions, and a sentence on the timeline.
	assert frappe.db.exists("Version", {"ref_doctype": "Customer", "docname": known.customer.name})
	(text,) = [text for text in comments(known.customer) if "Facts confirmed with" in text]
	assert known.person.full_name in text and "Unknown: Website" in text and "new@sample.example" in text


def test_all_or_nothing_with_a_sentence_for_each_wrong_fact(known):
	given = answers(
		known.customer,
		territory="Nowhere",
		email="no address",
		budget_to="much",
		amount=-5,
		closing="soon",
		stance="Friend",
		company="",
		website="beta.example",
	)
	frappe.db.savepoint("before_saving")
	with pytest.raises(frappe.ValidationError) as caught:
		api.save("Customer", known.customer.name, given)
	frappe.db.rollback(save_point="before_saving")
	wrong = {key.split(":")[-1]: text for key, text in frappe.local.response["fact_errors"].items()}
	assert set(wrong) == {"territory", "email", "budget_to", "amount", "closing", "stance", "company"}
	assert all(text and text in str(caught.value) for text in wrong.values())
	assert records.state(known.customer, "website") == "alpha.example"
	assert fresh(known.profile).reviewed_on is None


def test_what_a_document_itself_refuses_is_said_at_its_fact(known):
	with pytest.raises(frappe.ValidationError, match="The budget starts above its end"):
		api.save("Customer", known.customer.name, answers(known.customer, budget_from=20, budget_to=10))
	assert list(frappe.local.response["fact_errors"]) == ["budget_from"]


def test_every_fact_needs_an_answer(known):
	given = answers(known.customer)
	del given["website"]
	with pytest.raises(frappe.ValidationError, match="Website: Say whether this is still true"):
		api.save("Customer", known.customer.name, given)


def test_what_has_changed_meanwhile_is_not_overwritten(known):
	given = answers(known.customer, website="beta.example")
	frappe.db.set_value("Customer", known.customer.name, "website", "gamma.example")
	with pytest.raises(frappe.ValidationError, match=r"gamma\.example"):
		api.save("Customer", known.customer.name, given)


def test_tags_come_from_the_library(known):
	tag = frappe.get_all("Customer Tag", pluck="name", order_by="name", limit=1)
	if not tag:
		category = frappe.get_doc(
			{"doctype": "Customer Tag Category", "category_name": uuid.uuid4().hex}
		).insert()
		tag = [
			frappe.get_doc(
				{"doctype": "Customer Tag", "tag_name": uuid.uuid4().hex, "category": category.name}
			)
			.insert()
			.name
		]
	api.save("Customer", known.customer.name, answers(known.customer, tags=tag))
	assert [row.tag for row in fresh(known.profile).tags] == tag
	assert records.state(known.customer, "sf_tags") == tag[0]
	with pytest.raises(frappe.ValidationError, match="does not exist"):
		api.save("Customer", known.customer.name, answers(known.customer, tags=["free text"]))


@pytest.mark.parametrize(
	"confirmed",
	[
		{**PHONE, "with": " "},
		{**PHONE, "channel": "Fax"},
		{**PHONE, "on": "2999-01-01"},
		{**PHONE, "on": "the other day"},
	],
)
def test_a_confirmation_says_with_whom_how_and_when(known, confirmed):
	with pytest.raises(frappe.ValidationError):
		api.save("Customer", known.customer.name, answers(known.customer), confirmed)
	assert fresh(known.profile).confirmed_on is None


def test_nobody_confirms_who_has_left(known):
	gone = contact(known.customer)
	frappe.db.set_value("Contact", gone.name, "sf_left_on", today())
	with pytest.raises(frappe.ValidationError, match="has left the company"):
		api.save("Customer", known.customer.name, answers(known.customer), {**PHONE, "contact": gone.name})
	assert f"contact:{gone.name}:email" not in facts_of(known.customer)
	people = api.people("Contact", "", "name", 0, 20, {"doctype": "Customer", "name": known.customer.name})
	assert [row[0] for row in people] == [known.person.name]


def test_a_leads_own_person_and_its_contact_stay_the_same():
	lead = records.lead(email_id=f"{uuid.uuid4().hex[:8]}@sample.example")
	twin = frappe.db.get_value("Dynamic Link", {"link_name": lead.name, "parenttype": "Contact"}, "parent")
	assert "person:email" in facts_of(lead) and not any(key.startswith("contact:") for key in facts_of(lead))
	api.save("Lead", lead.name, answers(lead, email="new@sample.example", position="Buyer"))
	assert records.state(lead, "email_id", "job_title") == ("new@sample.example", "Buyer")
	assert frappe.db.get_value("Contact", twin, ["email_id", "designation"]) == (
		"new@sample.example",
		"Buyer",
	)
	assert records.state(lead, "sf_profile")  # made with the review


def test_reading_needs_the_right_to_read(known, make_user, as_user):
	given = answers(known.customer)
	with as_user(make_user("Employee")):
		with pytest.raises(frappe.PermissionError):
			api.facts("Customer", known.customer.name)
		with pytest.raises(frappe.PermissionError):
			api.save("Customer", known.customer.name, given)


def test_a_sheet_without_a_profile_is_no_trouble(make_user, as_user):
	customer = records.customer()
	with as_user(make_user()):
		frappe.clear_messages()
		facts = facts_of(customer)
		assert facts["tags"]["editable"] and facts["budget_to"]["editable"] and not frappe.message_log
		api.save("Customer", customer.name, answers(customer, budget_to=5))
	profile = records.state(customer, "sf_profile")
	assert frappe.db.get_value("Customer Profile", profile, "budget_to") == 5


def test_a_reader_sees_and_does_not_change(known, make_user, as_user):
	with as_user(make_user("Stock User")):
		frappe.clear_messages()
		sheet = api.facts("Customer", known.customer.name)
		assert not sheet["may_write"] and not frappe.message_log
		assert not any(fact["editable"] for group in sheet["groups"] for fact in group["facts"])
		with pytest.raises(frappe.PermissionError):
			api.save("Customer", known.customer.name, answers(known.customer))


def test_dates_are_compared_by_what_they_say():
	from salesflow_std.salesflow_std.fact_writing import _plain

	assert _plain(date(2027, 1, 2)) == _plain("2027-01-02")
	assert _plain(5) == _plain(5.0) and _plain(0) == _plain(None) == _plain("")
	assert _plain(["b", "a"]) == _plain(("a", "b"))
