"""A satisfied customer is asked for renewal and referral; a referral is a lead, and what came of it flows back (A5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, today

from salesflow_std.jobs import renewal_clock
from salesflow_std.salesflow_std import customer_tasks, referrals, surveys
from tests.site import guest_survey, records, signed

API = "salesflow_std.api.referral"
GIVEN = {"company_name": "Beta GmbH", "person": "Plant Manager", "email_id": "plant@beta.example"}


@pytest.fixture
def customer(rep):
	return records.customer(account_manager=rep).name


@pytest.fixture
def lead(call, as_user, rep, customer):
	"""A lead that the customer has referred."""
	with as_user(rep):
		return frappe.get_doc("Lead", call(f"{API}.make_lead", customer=customer, **GIVEN)["name"])


def answered(rep: str, customer: str, marks: dict = guest_survey.HAPPY, **values):
	survey = guest_survey.survey(customer=customer, allocated_to=rep)
	return surveys.record_by_phone(survey.name, marks, "Purchasing Manager", **values)


def tasks(customer: str) -> list:
	return frappe.get_all(
		"Follow Up",
		filters={"reference_doctype": "Customer", "reference_name": customer, "kind": "Task"},
		fields=["name", "goal", "status", "allocated_to", "due_on", "late_on", "channel"],
		order_by="creation",
	)


def goals(customer: str) -> list[str]:
	return [task.goal for task in tasks(customer)]


def outcome(lead) -> str | None:
	return records.state(lead, "sf_referral_outcome")


def timeline(customer: str) -> list[str]:
	return frappe.get_all(
		"Comment",
		filters={"reference_doctype": "Customer", "reference_name": customer, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)


# A satisfied customer ----------------------------------------------------------------------------------------


def test_who_would_refer_somebody_is_called(rep, customer, frozen_time):
	"""Two working days from Friday afternoon."""
	with frozen_time("2027-01-15 14:00"):
		survey = answered(rep, customer, would_refer=True, referral="Beta GmbH")
		task = tasks(customer)[0]
		assert (task.goal, task.allocated_to, task.channel) == ("Take up the referral", rep, "Phone")
		assert str(task.due_on) == "2027-01-19 14:00:00" and task.late_on > task.due_on
		assert referrals.begin(surveys.locked(survey.name)) == []
	assert len(tasks(customer)) == 1


def test_who_says_nothing_of_it_is_left_alone(rep, customer):
	answered(rep, customer)
	assert goals(customer) == []


def test_a_satisfied_customer_is_asked_for_the_renewal_that_comes_next(rep, customer):
	signed.contract(customer, end_date=add_days(today(), 100), start_date=today())
	signed.contract(customer, end_date=add_days(today(), 900), start_date=today())
	renewal_clock.set_dates()
	answered(rep, customer)
	assert goals(customer) == ["Ask for renewal while they are satisfied"]


def test_who_is_not_satisfied_is_not_asked_for_it(rep, customer):
	signed.contract(customer, end_date=add_days(today(), 100), start_date=today())
	renewal_clock.set_dates()
	answered(rep, customer, guest_survey.LOW)
	assert goals(customer) == []


def test_a_correction_asks_for_nothing_anew(rep, customer):
	first = answered(rep, customer, would_refer=True)
	second = surveys.correct(first.name, "The wrong button.")
	surveys.record_by_phone(second.name, guest_survey.HAPPY, "Purchasing Manager", would_refer=True)
	assert goals(customer) == ["Take up the referral"]


# The lead ----------------------------------------------------------------------------------------------------


def test_a_referral_is_a_lead_with_source_and_referrer(call, as_user, rep, customer):
	survey = answered(rep, customer, would_refer=True)
	with as_user(rep):
		made = call(
			f"{API}.make_lead", customer=customer, survey=survey.name, note="Needs <b>two</b>", **GIVEN
		)
	lead = frappe.get_doc("Lead", made["name"])
	assert made["made"] and (lead.company_name, lead.email_id) == ("Beta GmbH", "plant@beta.example")
	assert (lead.source, lead.sf_referred_by) == (referrals.source(), customer)
	assert (lead.sf_referrer, lead.sf_referral_survey) == ("Purchasing Manager", survey.name)
	assert frappe.db.get_value("Satisfaction Survey", survey.name, "referral_lead") == lead.name
	assert [(task.goal, task.status) for task in tasks(customer)] == [("Take up the referral", "Done")]
	note = frappe.db.get_value("Comment", {"reference_name": lead.name, "comment_type": "Comment"}, "content")
	assert "&lt;b&gt;" in note
	assert any("have referred" in text for text in timeline(customer))


def test_a_renamed_customer_keeps_the_task(call, as_user, rep, customer):
	"""Taken up is taken up, whatever the customer is called by then."""
	survey = answered(rep, customer, would_refer=True)
	renamed = frappe.rename_doc("Customer", customer, f"{customer} AG")
	survey.reload()
	referrals.begin(survey)
	with as_user(rep):
		call(f"{API}.make_lead", customer=renamed, survey=survey.name, **GIVEN)
	assert [(task.goal, task.status) for task in tasks(renamed)] == [
		(customer_tasks.TAKE_UP_REFERRAL, "Done")
	]


def test_the_same_referral_is_made_once(call, customer, lead):
	again = call(f"{API}.make_lead", customer=customer, **GIVEN)
	assert again == {"name": lead.name, "made": False}
	other = call(f"{API}.make_lead", customer=customer, company_name="Gamma AG")
	assert other["made"]


def test_somebody_is_named(call, customer):
	with pytest.raises(frappe.ValidationError, match="whom they refer"):
		call(f"{API}.make_lead", customer=customer, phone="+49 30 5550000", company_name=" ")


def test_a_survey_of_another_customer_is_refused(call, rep, customer):
	survey = answered(rep, records.customer().name)
	with pytest.raises(frappe.ValidationError, match="no answer of this customer"):
		call(f"{API}.make_lead", customer=customer, survey=survey.name, **GIVEN)


def test_who_may_make_no_leads_makes_none(call, as_user, make_user, customer):
	stranger = make_user("Stock User")
	with as_user(stranger), pytest.raises(frappe.PermissionError):
		call(f"{API}.make_lead", customer=customer, **GIVEN)
	call(f"{API}.make_lead", customer=customer, **GIVEN)
	with as_user(stranger):
		assert call(f"{API}.of", customer=customer) == []


def test_a_referral_is_of_a_customer_and_a_survey_one_may_read(call, as_user, make_user, rep, customer):
	survey, other = answered(rep, customer, would_refer=True), make_user("Sales User")
	frappe.db.set_value("Satisfaction Survey", survey.name, "allocated_to", rep)
	records.may_read_customer(other, records.customer().name)
	with as_user(other):
		for values in ({"customer": customer}, {"survey": survey.name}):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.of", **values)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.make_lead", customer=customer, **GIVEN)


def test_a_lead_somebody_else_made_is_a_referral_with_its_source_known(customer):
	lead = records.lead(source=None, sf_referred_by=customer)
	assert lead.source == referrals.source()
	assert records.lead(sf_referred_by=customer).source == "Exhibition"


def test_what_only_the_app_writes_is_put_back(customer, lead):
	lead.sf_referral_outcome = "Won"
	lead.sf_referral_survey = None
	lead.save()
	assert outcome(lead) is None


# What came of it ---------------------------------------------------------------------------------------------


def test_an_opportunity_flows_back_and_is_thanked_for_once(rep, customer, lead):
	deal = records.opportunity(party_name=lead.name)
	assert outcome(lead) == "Opportunity"
	deal.save()
	renewal_clock.run()
	renewal_clock.run()
	thanks = [task for task in tasks(customer) if task.goal == customer_tasks.THANK_FOR_OPPORTUNITY]
	assert [task.allocated_to for task in thanks] == [rep]
	assert len([text for text in timeline(customer) if "is an opportunity now" in text]) == 1


def test_won_is_thanked_for_again(customer, lead):
	deal = records.opportunity(party_name=lead.name)
	deal.db_set("status", "Converted")
	assert outcome(lead) == "Won"
	assert goals(customer)[-2:] == [customer_tasks.THANK_FOR_OPPORTUNITY, customer_tasks.THANK_FOR_DEAL]


def test_lost_and_opened_again(customer, lead):
	deal = records.opportunity(party_name=lead.name)
	deal.db_set("status", "Lost")
	assert outcome(lead) == "Lost"
	deal.db_set("status", "Open")
	assert outcome(lead) == "Opportunity"
	assert goals(customer).count(customer_tasks.THANK_FOR_OPPORTUNITY) == 1


def test_an_invalid_lead_came_to_nothing(lead):
	lead.reload()
	lead.sf_invalid_reason = "Test Data"
	lead.save()
	assert outcome(lead) == "Lost"


def test_the_order_of_the_customer_it_became_is_found_by_the_clock(customer, lead):
	became = records.customer(lead_name=lead.name)
	order = signed.order(became.name)
	frappe.db.set_value("Sales Order", order.name, "docstatus", 1)
	renewal_clock.run()
	assert outcome(lead) == "Won"
	assert goals(customer)[-1] == customer_tasks.THANK_FOR_DEAL


def test_leads_that_nobody_referred_cost_nothing(count_queries):
	deal = records.opportunity()
	deal.reload()
	with count_queries() as queries:
		deal.save()
	assert not [query for query in queries if "sf_referred_by" in query and "tabLead" in query]


def test_what_came_of_it_shows_at_customer_and_survey(call, as_user, rep, customer):
	survey = answered(rep, customer, would_refer=True)
	with as_user(rep):
		name = call(f"{API}.make_lead", customer=customer, survey=survey.name, **GIVEN)["name"]
		records.opportunity(party_name=name)
		by_customer, by_survey = call(f"{API}.of", customer=customer), call(f"{API}.of", survey=survey.name)
	assert by_customer == by_survey
	assert [(row["name"], row["outcome"], row["referrer"]) for row in by_survey] == [
		(name, "Opportunity", "Purchasing Manager")
	]
