"""The customer profile (P1, P2, P4): one for all documents of a company, whatever way they came."""

from __future__ import annotations

from typing import Any

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import add_days, getdate

from salesflow_std.api.lead import touched
from salesflow_std.salesflow_std import follow_ups, profiles
from tests.site import plans, records, talks

API = "salesflow_std.api.profile"
FULL = {
	"industry": "Manufacturing",
	"no_of_employees": "51-200",
	"first_name": "Purchasing",
	"last_name": "Manager",
	"job_title": "Head of Purchasing",
	"mobile_no": "+86 10 5550 0001",
}


@pytest.fixture
def api(call):
	"""`api("panel", document, …)`: the panel of a document, as its form asks for it."""
	return lambda method, doc, **more: call(f"{API}.{method}", doctype=doc.doctype, name=doc.name, **more)


def person(name: str, role: str = "User", **more: Any) -> dict[str, Any]:
	return {"person": name, "role": role, **more}


def tag(name: str = "", category: str = "Relationship", **values: Any) -> str:
	name = name or f"Tag {frappe.generate_hash(length=8)}"
	return (
		frappe.get_doc({"doctype": "Customer Tag", "tag_name": name, "category": category, **values})
		.insert()
		.name
	)


def profile_of(doc: Any) -> Any:
	name = profiles.profile_of(doc.doctype, doc.name)
	return name and frappe.get_doc("Customer Profile", name)


def noted(api: Any, doc: Any, *people: str, tags: list[str] | None = None) -> Any:
	"""A document whose profile knows these users of the product, and has these tags."""
	for name in people:
		api("save_person", doc, person=person(name))
	if tags:
		api("set_tags", doc, add=tags)
	return profile_of(doc)


def shown(api: Any, doc: Any) -> tuple[list[str], list[str]]:
	"""The names of the chain and of the tags that a form shows."""
	panel = api("panel", doc)
	return sorted(row["person"] for row in panel["chain"]), sorted(row["name"] for row in panel["tags"])


def industry() -> str:
	if not frappe.db.exists("Industry Type", FULL["industry"]):
		frappe.get_doc({"doctype": "Industry Type", "industry": FULL["industry"]}).insert()
	return FULL["industry"]


def full_lead(**values: Any) -> Any:
	industry()
	email = f"{frappe.generate_hash(length=8)}@alpha.example"
	return records.lead(**{**FULL, "email_id": email, **values})


def prospect(*leads: Any, **values: Any) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Prospect",
			"company_name": f"Prospect {frappe.generate_hash(length=8)}",
			"leads": [{"lead": lead.name} for lead in leads],
			**values,
		}
	).insert()


def made(method: str, lead: Any) -> Any:
	"""What ERPNext's button on the lead makes, saved."""
	doc = frappe.get_attr(f"erpnext.crm.doctype.{method}")(lead.name)
	doc.insert()
	return doc


def customer_of(lead: Any) -> Any:
	return made("lead.lead.make_customer", lead)


# Completeness (P1) -----------------------------------------------------------------------------------------


def test_a_lead_says_what_is_missing_and_where_it_is_entered(api):
	lead = full_lead(job_title=None)
	panel = api("panel", lead)
	assert panel["percent"] == 77
	assert [(row["piece"], row["doctype"], row["name"], row["fieldname"]) for row in panel["missing"]] == [
		("position", "Lead", lead.name, "job_title"),
		("first_contact", "Customer Profile", None, "first_contact_on"),
	]
	assert panel["profile"] is None  # looking at it notes nothing


def test_the_first_touch_is_the_first_contact(api):
	lead = full_lead()
	touched(lead.name)
	panel = api("panel", lead)
	assert (panel["percent"], panel["missing"]) == (100, [])
	assert panel["first_contact_on"] == getdate()
	earlier = add_days(getdate(), -30)
	assert api("set_facts", lead, facts={"first_contact_on": str(earlier)})["first_contact_on"] == earlier


def test_a_first_contact_to_come_is_refused(api):
	with pytest.raises(frappe.ValidationError):
		api("set_facts", records.lead(), facts={"first_contact_on": str(add_days(getdate(), 1))})


def test_a_company_name_given_to_a_contact_names_nobody(api):
	lead = records.lead(
		first_name=None, no_of_employees="", email_id=f"{frappe.generate_hash(length=8)}@alpha.example"
	)
	contact = frappe.get_all("Contact", filters={"email_id": lead.email_id}, fields=["*"], order_by="name")
	assert "contact_name" in {row["piece"] for row in api("panel", lead)["missing"]}, contact


def test_a_contact_that_left_does_not_count(api):
	lead = full_lead()
	customer = customer_of(lead)
	assert "phone" not in {row["piece"] for row in api("panel", customer)["missing"]}
	contact = frappe.get_all("Contact", filters={"email_id": lead.email_id}, pluck="name", order_by="name")[0]
	frappe.db.set_value("Contact", contact, "sf_left_on", getdate())
	missing = {row["piece"]: row for row in api("panel", customer)["missing"]}
	assert {"contact_name", "position", "phone", "email"} <= missing.keys()
	assert missing["phone"]["doctype"] == "Contact" and missing["phone"]["name"] is None


def test_a_customer_takes_over_the_size(api):
	lead = full_lead(annual_revenue=5_000_000)
	customer = customer_of(lead)
	assert records.state(customer, "sf_no_of_employees", "sf_annual_revenue") == ("51-200", 5_000_000)
	assert profiles.facts("Customer", customer.name).basics.industry == FULL["industry"]


def test_an_opportunity_shows_its_party(api):
	lead = full_lead()
	noted(api, lead, "Head of IT", tags=[tag()])
	opportunity = records.opportunity(party_name=lead.name)
	assert shown(api, opportunity) == shown(api, lead)
	assert api("panel", opportunity)["percent"] == api("panel", lead)["percent"]


def test_a_panel_costs_few_queries(api, count_queries):
	lead = full_lead()
	noted(api, lead, "Head of IT", "Head of Finance", tags=[tag(), tag()])
	api("panel", lead)
	with count_queries() as queries:
		api("panel", lead)
	assert len(queries) < 40, "\n".join(queries)


# Decision chain (P2) ---------------------------------------------------------------------------------------


def test_a_person_is_added_changed_and_removed(api):
	lead = records.lead()
	row = api("save_person", lead, person=person("Head of IT", "Influencer", stance="Champion"))["chain"][0]
	assert (row["role"], row["stance"], row["reached"], row["reached_on"]) == (
		"Influencer",
		"Champion",
		0,
		None,
	)
	row = api("save_person", lead, row=row["name"], person={"reached": 1, "influence": "High"})["chain"][0]
	assert (row["person"], row["influence"], row["reached_on"]) == ("Head of IT", "High", getdate())
	assert api("remove_person", lead, row=row["name"])["chain"] == []


def test_a_person_comes_from_a_contact(api):
	lead = full_lead()
	customer = customer_of(lead)
	known = api("panel", customer)["people"]
	assert [row["person"] for row in known] == ["Purchasing Manager"]
	row = api("save_person", customer, person={"contact": known[0]["contact"], "role": "Purchasing"})[
		"chain"
	][0]
	assert (row["person"], row["position"]) == ("Purchasing Manager", "Head of Purchasing")
	assert row["email_id"] == lead.email_id
	assert api("panel", customer)["people"] == []


def test_nobody_stands_in_the_chain_twice_and_roles_are_known(api):
	lead = records.lead()
	noted(api, lead, "Head of IT")
	with pytest.raises(frappe.ValidationError):
		api("save_person", lead, person=person(" head of it "))
	with pytest.raises(frappe.ValidationError):
		api("save_person", lead, person=person("Head of Finance", "Emperor"))


# Reaching who decides (P2) ---------------------------------------------------------------------------------


def tasks(*docs: Any) -> list[Any]:
	return [t for doc in docs for t in plans.waiting(doc, kind="Task", goal=follow_ups.DECISION_MAKER)]


def test_who_decides_has_to_be_reached(api, frozen_time, make_user):
	rep = make_user()
	with frozen_time(plans.MONDAY):
		lead = records.lead(lead_owner=rep)
		panel = api("save_person", lead, person=person("Head of IT"))
		task = plans.only(lead)
		assert (task.kind, task.goal, task.allocated_to) == ("Task", "Reach the decision maker", rep)
		# Five working days from Monday 9:00 are full when Friday closes.
		assert str(task.due_on) == "2027-01-15 18:00:00"
		assert panel["task"]["name"] == task.name
		# Never twice.
		api("save_person", lead, person=person("Managing Director", "Decision Maker"))
		assert [t.name for t in tasks(lead)] == [task.name]


def test_the_task_ends_when_who_decides_is_reached(api):
	lead = records.lead()
	noted(api, lead, "Head of IT")
	boss = api("save_person", lead, person=person("Managing Director", "Decision Maker"))["chain"][1]
	api("save_person", lead, row=boss["name"], person={"reached": 1})
	assert tasks(lead) == []
	assert records.state(lead, "sf_next_touch_on") is None
	ended = plans.touches_of(lead, status="Cancelled")
	assert [row.cancel_reason for row in ended] == ["The decision maker has been reached."]
	# Not reached after all: the task is there again.
	api("save_person", lead, row=boss["name"], person={"reached": 0})
	assert len(tasks(lead)) == 1


def test_a_chain_that_was_written_by_mistake_leaves_no_task(api):
	lead = full_lead()
	panel = api("save_person", lead, person=person("Head of IT"))
	assert len(tasks(lead)) == 1
	api("remove_person", lead, row=panel["chain"][0]["name"])
	assert tasks(lead) == []
	assert records.state(lead, "sf_next_touch_on") is None


def test_who_decided_and_left_has_to_be_replaced(api):
	lead = full_lead()
	api("save_person", lead, person=person("Managing Director", "Decision Maker", reached=1))
	assert tasks(lead) == []
	profile = profile_of(lead)
	profile.decision_chain[0].left_on = getdate()
	profile.save()
	assert len(tasks(lead)) == 1


def test_no_task_where_the_settings_want_none(api):
	records.settings(reach_amount=0)
	lead = records.lead()
	noted(api, lead, "Head of IT")
	assert tasks(lead) == []


def test_a_tag_alone_makes_no_task(api):
	lead = full_lead()
	noted(api, lead, tags=[tag()])
	assert tasks(lead) == []


def test_the_task_goes_on_with_the_opportunity(api):
	lead = records.lead()
	noted(api, lead, "Head of IT")
	opportunity = records.opportunity(party_name=lead.name)
	assert [t.reference_doctype for t in tasks(lead, opportunity)] == ["Opportunity"]
	assert records.state(opportunity, "sf_next_touch_on")


def test_a_lead_that_is_worked_on_again_has_the_task_again(api):
	lead = records.lead()
	noted(api, lead, "Head of IT")
	lead.reload()
	lead.status = "Do Not Contact"
	lead.save()
	assert tasks(lead) == []
	lead.status = "Open"
	lead.save()
	assert len(tasks(lead)) == 1


def test_a_family_has_one_task(api):
	one, other = records.lead(), records.lead()
	noted(api, one, "Head of IT")
	noted(api, other, "Head of Finance")
	assert len(tasks(one, other)) == 2
	prospect(one, other)
	assert len(tasks(one, other)) == 1


def test_the_task_follows_the_owner(api, make_user):
	lead = records.lead(lead_owner=make_user())
	noted(api, lead, "Head of IT")
	lead.reload()
	lead.lead_owner = make_user()
	lead.save()
	assert tasks(lead)[0].allocated_to == lead.lead_owner


def test_the_chain_knows_better_than_the_score(api):
	"""Few points for authority make reaching who decides the goal, until the chain says it is reached."""
	lead = plans.in_rhythm("5515")
	assert plans.only(lead).goal == follow_ups.DECISION_MAKER
	api("save_person", lead, person=person("Managing Director", "Decision Maker", reached=1))
	goal = plans.only(lead).goal
	assert goal != follow_ups.DECISION_MAKER
	opportunity = records.opportunity(party_name=lead.name)
	frappe.db.set_value("Opportunity", opportunity.name, {"sf_points": records.state(lead, "sf_points")})
	planning = follow_ups.Planning()
	rows = follow_ups.read("Opportunity", [opportunity.name])
	assert planning._read_deciders("Opportunity", rows) == {opportunity.name}


# Tags (P4) -------------------------------------------------------------------------------------------------


def test_tags_are_given_taken_and_filtered_by(api):
	lead, other = records.lead(), records.lead()
	one, two = tag(), tag()
	assert [row["name"] for row in api("set_tags", lead, add=[one, two])["tags"]] == sorted([one, two])
	assert frappe.get_list("Lead", filters={"sf_tags": ("like", f"%{one}%")}, pluck="name") == [lead.name]
	api("set_tags", lead, remove=one)
	assert records.state(lead, "sf_tags") == two
	assert records.state(other, "sf_tags") is None


def test_only_tags_of_the_library(api):
	with pytest.raises(frappe.ValidationError):
		api("set_tags", records.lead(), add=["Something I made up"])


def test_of_some_categories_a_customer_has_one(api):
	lead = records.lead()
	api("set_tags", lead, add=["No Budget"])
	assert [row["name"] for row in api("set_tags", lead, add=["Budget Approved"])["tags"]] == [
		"Budget Approved"
	]
	profile = profile_of(lead)
	profile.append("tags", {"tag": "No Budget"})
	with pytest.raises(frappe.ValidationError, match="at most one"):
		profile.save()


def test_a_disabled_tag_stays_where_it_is_and_is_given_no_more(api):
	lead, other, name = records.lead(), records.lead(), tag()
	noted(api, lead, tags=[name])
	frappe.db.set_value("Customer Tag", name, "enabled", 0)
	with pytest.raises(frappe.ValidationError, match="disabled"):
		api("set_tags", other, add=[name])
	panel = api("save_person", lead, person=person("Head of IT"))
	assert [(row["name"], row["enabled"]) for row in panel["tags"]] == [(name, False)]
	assert name not in {row["name"] for group in frappe.call(f"{API}.library") for row in group["tags"]}


def test_lists_follow_a_renamed_and_a_merged_tag(api):
	lead, other = records.lead(), records.lead()
	one, two = tag(), tag()
	noted(api, lead, tags=[one, two])
	noted(api, other, tags=[two])
	new = frappe.rename_doc("Customer Tag", one, f"{one} new")
	assert records.state(lead, "sf_tags") == ", ".join(sorted([new, two]))
	frappe.rename_doc("Customer Tag", two, new, merge=True)
	assert records.state(lead, "sf_tags") == new
	assert records.state(other, "sf_tags") == new
	assert [row.tag for row in profile_of(lead).tags] == [new]


def test_lists_follow_a_tag_into_another_category(api):
	lead, one = records.lead(), tag("Aaa Tag")
	noted(api, lead, tags=[one, "Manual Work"])
	assert records.state(lead, "sf_tags") == "Manual Work, Aaa Tag"
	doc = frappe.get_doc("Customer Tag", one)
	doc.category = "Need Phase"
	doc.save()
	assert records.state(lead, "sf_tags") == "Aaa Tag, Manual Work"


def test_a_used_tag_is_not_deleted(api):
	lead, name = records.lead(), tag()
	noted(api, lead, tags=[name])
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("Customer Tag", name)
	api("set_tags", lead, remove=[name])
	frappe.delete_doc("Customer Tag", name)


def test_a_form_cannot_write_tags_past_the_library(api):
	lead, other = records.lead(), records.lead()
	lead.sf_tags = "Something I made up"
	lead.sf_profile = noted(api, other, "Head of IT").name
	lead.save()
	assert records.state(lead, "sf_tags", "sf_profile") == (None, None)


def test_a_form_cannot_write_what_the_app_notes(api):
	profile = noted(api, records.lead(), "Head of IT")
	profile.update({"confirmed_on": "2026-01-01 10:00:00", "company_name": "Another", "source": "Fair"})
	profile.save()
	profile.reload()
	assert (profile.confirmed_on, profile.source) == (None, "Fair")
	assert profile.company_name != "Another"


def test_a_profile_is_called_as_its_document(api):
	lead = records.lead()
	profile = noted(api, lead, "Head of IT")
	assert profile.company_name == lead.company_name
	lead.reload()
	lead.company_name = "Alpha GmbH Renamed"
	lead.save()
	assert profile_of(lead).company_name == "Alpha GmbH Renamed"
	customer = records.customer(lead_name=lead.name)
	assert profile_of(lead).company_name == customer.customer_name


# Travel ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	"method", ["lead.lead.make_customer", "lead.lead.make_opportunity"], ids=["customer", "opportunity"]
)
def test_what_a_lead_becomes_shows_the_same(api, method):
	lead, name = full_lead(), tag()
	noted(api, lead, "Head of IT", tags=[name])
	then = made(method, lead)
	assert shown(api, then) == shown(api, lead) == (["Head of IT"], [name])
	# And it goes on as one: what is noted at either shows at both.
	api("save_person", then, person=person("Head of Finance"))
	assert shown(api, lead) == shown(api, then)


def test_a_customer_of_an_opportunity_belongs_too(api):
	from erpnext.crm.doctype.opportunity.opportunity import make_customer

	lead, name = full_lead(), tag()
	noted(api, lead, "Head of IT", tags=[name])
	opportunity = records.opportunity(party_name=lead.name)
	customer = make_customer(opportunity.name)
	customer.insert()
	assert shown(api, customer) == (["Head of IT"], [name])
	assert records.state(customer, "sf_tags") == name


def test_a_lead_without_a_profile_shares_the_one_made_later(api):
	lead = full_lead()
	customer = customer_of(lead)
	noted(api, customer, "Head of IT")
	assert shown(api, lead) == (["Head of IT"], [])


def test_prospects_are_of_the_family(api, call):
	lead, name = full_lead(), tag()
	noted(api, lead, "Head of IT", tags=[name])
	first = prospect(lead)
	assert shown(api, first) == (["Head of IT"], [name])
	from erpnext.crm.doctype.prospect.prospect import make_customer

	customer = make_customer(first.name)
	customer.insert()
	assert shown(api, customer) == (["Head of IT"], [name])
	assert records.state(customer, "sf_no_of_employees") == records.state(first, "no_of_employees")


def test_a_lead_added_to_a_prospect_by_its_button(api):
	from erpnext.crm.doctype.lead.lead import add_lead_to_prospect

	lead, name, first = full_lead(), tag(), prospect()
	noted(api, lead, "Head of IT", tags=[name])
	add_lead_to_prospect(lead.name, first.name)
	assert shown(api, first) == (["Head of IT"], [name])


def test_a_prospect_made_by_the_leads_button(api, call):
	lead, name = full_lead(), tag()
	noted(api, lead, "Head of IT", tags=[name])
	lead.reload()
	lead.create_prospect_and_contact(
		{"create_prospect": 1, "prospect_name": f"Beta {name}", "create_contact": 0}
	)
	first = frappe.get_doc("Prospect", f"Beta {name}")
	assert shown(api, first) == (["Head of IT"], [name])


def test_two_profiles_become_one_without_loss(api):
	one, other = full_lead(), full_lead()
	of_one, of_other, both = tag(), tag(), tag()
	noted(api, one, "Head of IT", "Managing Director", tags=[of_one, both, "No Budget"])
	noted(api, other, "head of it", "Head of Finance", tags=[of_other, both, "Budget Approved"])
	row = next(row for row in api("panel", other)["chain"] if row["person"] == "head of it")
	api("save_person", other, row=row["name"], person={"reached": 1, "email_id": "it@alpha.example"})
	api("set_facts", one, facts={"budget_from": 1000, "currency": "CNY"})
	api("set_facts", other, facts={"budget_from": 9000, "currency": "CNY", "source": "Fair"})
	before = {profiles.profile_of("Lead", doc.name) for doc in (one, other)}
	first = prospect(one, other)
	kept = profile_of(first)
	assert shown(api, one) == shown(api, other) == shown(api, first)
	people, tags = shown(api, first)
	assert sorted(name.lower() for name in people) == ["head of finance", "head of it", "managing director"]
	assert {of_one, of_other, both} < set(tags)
	assert len({"No Budget", "Budget Approved"} & set(tags)) == 1
	merged = next(row for row in kept.decision_chain if row.person.lower() == "head of it")
	assert (merged.reached, merged.email_id) == (1, "it@alpha.example")
	assert kept.source == "Fair"
	assert {name for name in before if frappe.db.exists("Customer Profile", name)} == {kept.name}
	# What only one of them can say, and the other one said, is kept as a comment.
	told = frappe.get_all(
		"Comment",
		filters={
			"reference_doctype": "Customer Profile",
			"reference_name": kept.name,
			"comment_type": "Info",
		},
		pluck="content",
		order_by="creation",
	)
	assert len(told) == 1
	lost = {"No Budget", "Budget Approved"} - set(tags)
	assert lost.pop() in told[0] and ("9,000" in told[0] or "1,000" in told[0])


def test_needs_and_plans_follow_into_the_kept_profile(api):
	one, other = full_lead(), full_lead()
	noted(api, one, "Head of IT")
	gone = noted(api, other, "Head of Finance").name
	record = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": "Lead",
			"reference_name": other.name,
			"customer_profile": gone,
		}
	)
	record.flags.ignore_mandatory = True
	record.db_insert()
	kept = profile_of(prospect(one, other)).name
	assert frappe.db.get_value("Needs Record", record.name, "customer_profile") == kept


def test_of_two_people_of_a_name_the_one_with_the_contact_is_the_same(api):
	one, other = full_lead(), full_lead()
	contact = frappe.get_doc({"doctype": "Contact", "first_name": f"Buyer {one.name}"}).insert()
	noted(api, one, "Head of IT")
	api("save_person", one, person=person("Known Otherwise", contact=contact.name))
	api("save_person", other, person=person("Head of IT", contact=contact.name, position="CIO"))
	frappe.rename_doc("Lead", other.name, one.name, merge=True)
	chain = profile_of(one).decision_chain
	assert {(row.person, row.contact, row.position) for row in chain} == {
		("Head of IT", None, None),
		("Known Otherwise", contact.name, "CIO"),
	}


def test_two_active_plans_that_meet_point_at_each_other(api):
	"""Neither plan is ended by itself (L10): a person says which one goes on."""
	one, other = full_lead(), full_lead()
	made = [
		frappe.get_doc(
			{
				"doctype": "Account Plan",
				"party_type": "Lead",
				"party": lead.name,
				"to_date": add_days(None, 90),
				"goal": "Second site",
				"actions": [{"action": "Call", "allocated_to": "Administrator", "due_on": getdate()}],
			}
		)
		.insert()
		.name
		for lead in (one, other)
	]
	prospect(one, other)
	for plan, met in zip(made, reversed(made), strict=True):
		told = frappe.get_all(
			"Comment",
			filters={"reference_doctype": "Account Plan", "reference_name": plan, "comment_type": "Info"},
			pluck="content",
			order_by="creation",
		)
		assert len(told) == 1 and met in told[0]


def test_a_customer_knows_the_leads_that_say_they_are_its(api):
	"""ERPNext's "From Customer" on a lead makes both one company, whichever is noted about first."""
	customer = records.customer()
	lead = records.lead()
	frappe.db.set_value("Lead", lead.name, "customer", customer.name)
	noted(api, customer, "Head of IT")
	assert shown(api, lead) == shown(api, customer)
	assert records.state(lead, "sf_profile") == records.state(customer, "sf_profile")


def test_a_lead_taken_off_a_prospect_is_on_its_own(api):
	one, other, name = full_lead(), full_lead(), tag()
	noted(api, one, "Head of IT", tags=[name])
	first = prospect(one, other)
	first.reload()
	first.leads = [row for row in first.leads if row.lead != other.name]
	first.save()
	assert records.state(other, "sf_profile", "sf_tags") == (None, None)
	assert shown(api, other) == ([], [])
	assert shown(api, one) == shown(api, first) == (["Head of IT"], [name])
	assert len(tasks(one, other)) == 1


def test_a_lead_taken_off_a_prospect_keeps_the_talks_about_it(api):
	one, other = full_lead(), full_lead()
	about_one, about_other = talks.talk(one), talks.talk(other)
	first = prospect(one, other)
	assert len({records.state(doc, "customer_profile") for doc in (about_one, about_other)}) == 1
	first.reload()
	first.leads = [row for row in first.leads if row.lead != other.name]
	first.save()
	assert records.state(about_other, "customer_profile") == records.state(other, "sf_profile")
	assert records.state(about_one, "customer_profile") == records.state(one, "sf_profile")
	assert records.state(one, "sf_profile") != records.state(other, "sf_profile")


def test_a_lead_taken_off_a_prospect_stays_with_its_customer(api):
	one, name = full_lead(), tag()
	noted(api, one, tags=[name])
	customer = customer_of(one)
	first = prospect(one)
	first.reload()
	first.leads = []
	first.save()
	assert records.state(one, "sf_profile") == records.state(customer, "sf_profile")
	assert records.state(one, "sf_tags") == name


def test_merged_leads_have_one_profile(api):
	one, other, of_one, of_other = full_lead(), full_lead(), tag(), tag()
	noted(api, one, "Head of IT", tags=[of_one])
	noted(api, other, "Head of Finance", tags=[of_other])
	frappe.rename_doc("Lead", one.name, other.name, merge=True)
	assert shown(api, other) == (["Head of Finance", "Head of IT"], sorted([of_one, of_other]))
	assert len(tasks(other)) == 1


def test_a_lead_merged_into_one_without_a_profile_brings_its_own(api):
	one, other, name = full_lead(), full_lead(), tag()
	noted(api, one, "Head of IT", tags=[name])
	frappe.rename_doc("Lead", one.name, other.name, merge=True)
	assert shown(api, other) == (["Head of IT"], [name])
	assert records.state(other, "sf_tags") == name


def test_a_profile_goes_with_the_last_of_its_documents(api):
	lead = records.lead()
	first = prospect(lead)
	profile = noted(api, lead, "Head of IT").name
	frappe.delete_doc("Prospect", first.name)
	assert frappe.db.exists("Customer Profile", profile)
	frappe.delete_doc("Lead", lead.name)
	assert not frappe.db.exists("Customer Profile", profile)
	assert not frappe.db.exists("Decision Chain Member", {"parent": profile})


def test_saving_a_lead_asks_nothing_of_profiles(api, count_queries):
	lead = full_lead()
	noted(api, lead, "Head of IT", tags=[tag()])
	lead.reload()
	lead.city = "Shanghai"
	with count_queries() as queries:
		lead.save()
	about = [q for q in queries if "Customer Profile" in q or "Decision Chain" in q or "Customer Tag" in q]
	assert len(about) <= 1, about  # Frappe looks whether the linked profile exists


# Rights ----------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(make_user):
	"""A rep who may see the leads of another territory only."""
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	return rep


def test_a_rep_without_the_lead_sees_nothing_of_it(api, call, stranger, as_user):
	lead, name = full_lead(territory="China"), tag()
	profile = noted(api, lead, "Head of IT", tags=[name])
	with as_user(stranger):
		for method, more in (
			("panel", {}),
			("set_tags", {"add": [name]}),
			("save_person", {"person": person("Somebody")}),
			("remove_person", {"row": profile.decision_chain[0].name}),
			("set_facts", {"facts": {"source": "Fair"}}),
		):
			with pytest.raises(frappe.PermissionError):
				api(method, lead, **more)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.documents", profile=profile.name)
		assert not frappe.has_permission("Customer Profile", "read", doc=profile.name)
		assert profile.name not in frappe.get_list("Customer Profile", pluck="name", limit=0)
		for child, parent in (("Decision Chain Member", "decision_chain"), ("Customer Tag Link", "tags")):
			rows = frappe.get_list(
				child, parent_doctype="Customer Profile", fields=["parent"], pluck="parent", limit=0
			)
			assert profile.name not in rows, parent
		from frappe.desk.search import search_link

		search_link("Customer Profile", profile.company_name)
		found = frappe.response.get("results") or search_link("Customer Profile", profile.company_name) or []
		assert profile.name not in {row["value"] for row in found}
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype="Customer Profile", name=profile.name)


@pytest.mark.parametrize("path", ["customer", "prospect", "opportunity"])
def test_nobody_gets_at_a_profile_by_pointing_there(api, stranger, as_user, path):
	lead = full_lead(territory="China")
	noted(api, lead, "Head of IT")
	frappe.get_doc("User", stranger).add_roles("Sales Manager")
	with as_user(stranger):
		if path == "opportunity":
			theirs = records.opportunity(party_name=lead.name, territory="Test South")
			assert api("panel", theirs) == {"party": None}
			with pytest.raises(frappe.ValidationError):
				api("set_tags", theirs, add=["No Budget"])
			return
		with pytest.raises(frappe.PermissionError):
			if path == "customer":
				records.customer(lead_name=lead.name, territory="Test South")
			else:
				prospect(lead, territory="Test South")


def test_who_may_read_only_changes_nothing(api, stranger, as_user):
	lead = full_lead(territory="China")
	frappe.share.add("Lead", lead.name, stranger, read=1)
	noted(api, lead, "Head of IT")
	with as_user(stranger):
		assert api("panel", lead)["may_write"] is False
		with pytest.raises(frappe.PermissionError):
			api("set_tags", lead, add=["No Budget"])


def test_a_rep_with_the_lead_may_all_of_it(api, make_user, as_user):
	lead = full_lead()
	with as_user(make_user("Sales User")):
		assert api("set_tags", lead, add=["No Budget"])["may_write"] is True
		profile = profile_of(lead)
		assert profile.name in frappe.get_list("Customer Profile", pluck="name", limit=0)


def test_a_contact_is_read_with_its_own_rights(api, make_user, as_user):
	lead = full_lead()
	contact = frappe.get_doc({"doctype": "Contact", "first_name": "Head of Finance"}).insert()
	rep = make_user("Sales User")
	add_user_permission(
		"Contact", frappe.get_doc({"doctype": "Contact", "first_name": "Other"}).insert().name, rep
	)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		api("save_person", lead, person={"contact": contact.name, "role": "Finance"})


def test_profiles_are_of_parties_only(api):
	user = frappe.get_doc("User", "Administrator")
	with pytest.raises(frappe.ValidationError):
		api("panel", user)


def test_a_guest_reaches_nothing(api, as_user):
	lead = records.lead()
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		api("panel", lead)


# Reports ---------------------------------------------------------------------------------------------------


def run(name: str, **filters: Any) -> Any:
	from frappe.desk.query_report import run as run_report

	return run_report(name, filters=filters)


def test_the_tags_report_counts_what_its_lists_show(api, call):
	lead, name = full_lead(), tag()
	noted(api, lead, tags=[name])
	customer_of(lead)
	opportunity = records.opportunity(party_name=lead.name, opportunity_amount=5000)
	prospect(full_lead(), lead)
	row = next(row for row in run("Customer Tags")["result"] if row["tag"] == name)
	assert (row["leads"], row["prospects"], row["customers"], row["opportunities"]) == (2, 1, 1, 1)
	assert row["amount"] == 5000
	for field, doctype in (("leads", "Lead"), ("prospects", "Prospect"), ("customers", "Customer")):
		listed = frappe.get_list(doctype, filters={"sf_tags": ("like", f"%{name}%")}, pluck="name")
		assert len(listed) == row[field]
		assert sorted(call(f"{API}.tagged", tag=name, doctype=doctype)) == sorted(listed)
	assert call(f"{API}.tagged", tag=name, doctype="Opportunity") == [opportunity.name]


def test_the_tags_report_counts_readable_documents_only(api, stranger, as_user, call):
	name = tag()
	noted(api, full_lead(territory="China"), tags=[name])
	with as_user(stranger):
		row = next(
			row for row in run("Customer Tags", category="Relationship")["result"] if row["tag"] == name
		)
		assert row["leads"] == 0
		assert call(f"{API}.tagged", tag=name, doctype="Lead") == []


def test_a_tag_within_another_is_told_apart(api):
	name = tag()
	longer = tag(f"{name} plus")
	noted(api, records.lead(), tags=[name])
	noted(api, records.lead(), tags=[longer])
	rows = {row["tag"]: row for row in run("Customer Tags")["result"]}
	assert (rows[name]["leads"], rows[name]["part_of_another"]) == (1, True)
	assert (rows[longer]["leads"], rows[longer]["part_of_another"]) == (1, False)


def test_the_tags_report_speaks_chinese(as_user, make_user):
	with as_user(make_user("Sales User", language="zh")):
		row = next(row for row in run("Customer Tags")["result"] if row["tag"] == "Manual Work")
		assert (row["tag_label"], row["category_label"]) == ("人工操作多", "痛点")


def test_the_gaps_report_says_what_is_missing(make_user):
	rep = make_user()
	lead = full_lead(lead_owner=rep, job_title=None, industry=None)
	touched(full_lead(lead_owner=rep).name)
	customer = records.customer(account_manager=rep)
	rows = {row["document"]: row for row in run("Profile Gaps", rep=rep, below=80)["result"]}
	assert set(rows) == {lead.name, customer.name}
	assert rows[lead.name]["percent"] == 66
	assert rows[lead.name]["missing"] == "Industry, Job Title, First Contact"
	assert rows[customer.name]["percent"] == 11
	only = run("Profile Gaps", rep=rep, document_type="Customer", below=100)["result"]
	assert [row["document"] for row in only] == [customer.name]


def test_the_gaps_report_agrees_with_the_panel(api, make_user):
	rep = make_user()
	lead = full_lead(lead_owner=rep, job_title=None)
	customer = customer_of(lead)
	customer.account_manager = rep
	customer.save()
	bare = records.lead(lead_owner=rep, no_of_employees="")
	prospect(bare, industry=industry(), no_of_employees="11-50")
	rows = {row["document"]: row["percent"] for row in run("Profile Gaps", rep=rep, below=101)["result"]}
	for doc in (customer, bare):
		assert rows[doc.name] == api("panel", doc)["percent"], doc.doctype


def test_the_gaps_report_leaves_out_invalid_leads_and_foreign_ones(stranger, as_user, make_user):
	rep = make_user()
	records.lead(lead_owner=rep, sf_invalid_reason="Test Data")
	foreign = records.lead(lead_owner=rep, territory="China")
	assert [row["document"] for row in run("Profile Gaps", rep=rep)["result"]] == [foreign.name]
	with as_user(stranger):
		assert run("Profile Gaps", rep=rep)["result"] == []


def test_the_gaps_report_reads_in_sets(count_queries, make_user):
	rep = make_user()
	for _i in range(5):
		records.lead(lead_owner=rep)
	with count_queries() as few:
		run("Profile Gaps", rep=rep, document_type="Lead")
	for _i in range(15):
		records.lead(lead_owner=rep)
	with count_queries() as many:
		run("Profile Gaps", rep=rep, document_type="Lead")
	assert len(many) <= len(few) + 2
