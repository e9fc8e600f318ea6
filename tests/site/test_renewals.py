"""Contracts that end are asked for in good time, and what the customer says is kept (A5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, getdate, today

from salesflow_std.jobs import renewal_clock
from salesflow_std.salesflow_std import renewal_day, renewals
from tests.site import deals, records, signed
from tests.site.review_cases import absent, notices_of

API = "salesflow_std.api.renewal"
DAYS = 60


@pytest.fixture(autouse=True)
def settings():
	records.settings(renewal_days=DAYS)


@pytest.fixture
def customer():
	return records.customer().name


@pytest.fixture
def contract(rep, customer):
	"""A signed contract that ends in 40 days: its customer should have been asked 20 days ago."""
	return ending(customer, 40, sf_allocated_to=rep)


def ending(customer: str, days: int, **values):
	values = {"start_date": add_days(today(), -300), "end_date": add_days(today(), days), **values}
	document = signed.contract(customer, **values)
	renewal_clock.set_dates()
	return document


def state(document, *fields):
	found = records.state(document, "name", *(f"sf_renewal_{field}" for field in fields))[1:]
	# What is empty is None or "", as the database was told.
	values = tuple(value or None for value in found)
	return values if len(values) > 1 else values[0]


def told(user: str, words: str) -> int:
	return len([text for text in notices_of(user) if words in text])


def run_twice() -> None:
	renewal_clock.run()
	renewal_clock.run()


# Dates -----------------------------------------------------------------------------------------------------


def test_the_day_to_ask_on_comes_of_the_end(rep):
	deal = deals.opportunity(rep)
	document = deals.contract(deal, start_date=today(), end_date=add_days(today(), 365))
	assert document.sf_renewal_due == getdate(add_days(today(), 365 - DAYS))
	document.end_date = None
	document.save()
	assert document.sf_renewal_due is None


def test_nobody_writes_the_apps_own_fields(rep):
	document = deals.contract(
		deals.opportunity(rep),
		start_date=today(),
		end_date=add_days(today(), 365),
		sf_renewal_outcome="Renewed",
		sf_renewal_note="Yes!",
	)
	assert (document.sf_renewal_outcome, document.sf_renewal_note) == (None, None)


def test_contracts_of_no_deal_and_from_before_the_app_have_a_day_too(customer):
	"""Those of no deal have no other state of the app's."""
	document = ending(customer, 100)
	assert state(document, "due") == getdate(add_days(today(), 100 - DAYS))
	by_hand = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": customer,
			"contract_terms": "As agreed",
			"start_date": today(),
			"end_date": add_days(today(), 100),
		}
	).insert()
	assert by_hand.sf_renewal_due == getdate(add_days(today(), 100 - DAYS))
	by_hand.save()
	assert by_hand.reload().sf_renewal_due == getdate(add_days(today(), 100 - DAYS))


def test_a_contract_with_a_supplier_is_none_of_ours():
	supplier = frappe.get_doc({"doctype": "Supplier", "supplier_name": "Delta Ltd"}).insert().name
	document = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Supplier",
			"party_name": supplier,
			"contract_terms": "As agreed",
			"start_date": today(),
			"end_date": add_days(today(), 10),
		}
	).insert()
	renewal_clock.set_dates()
	assert document.reload().sf_renewal_due is None


def test_other_settings_move_the_days_but_not_what_the_customer_said(call, as_user, rep, customer):
	usual, later = ending(customer, 100), ending(customer, 50, sf_allocated_to=rep)
	with as_user(rep):
		call(f"{API}.put_off", contract=later.name, on=add_days(today(), 30), note="After the fair.")
	records.settings(renewal_days=90)
	assert renewal_clock.set_dates() >= 1
	assert state(usual, "due") == getdate(add_days(today(), 10))
	assert state(later, "due") == getdate(add_days(today(), 30))
	assert renewal_clock.set_dates() == 0


# The clock -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ("survey_link_days", "renewal_days"))
def test_a_span_past_every_calendar_is_refused(field):
	settings = frappe.get_doc("Salesflow Settings")
	settings.set(field, 4_000_000)
	with pytest.raises(frappe.ValidationError, match="at most 3650 days"):
		settings.save()
	settings.reload().set(field, 3650)
	settings.save()


def test_asked_in_good_time_and_once(rep, manager, customer, frozen_time):
	document = ending(customer, 100, sf_allocated_to=rep)
	end = getdate(document.end_date)
	with frozen_time(f"{add_days(end, -61)} 09:00") as clock:
		run_twice()
		assert told(rep, "Ask for renewal") == 0
		clock.set(f"{add_days(end, -60)} 09:00")
		run_twice()
		assert told(rep, "Ask for renewal") == 1 and told(manager, "Renewal not settled") == 0
		clock.set(f"{add_days(end, -31)} 09:00")
		run_twice()
		assert told(manager, "Renewal not settled") == 0
		clock.set(f"{add_days(end, -30)} 09:00")
		run_twice()
	assert told(rep, "Ask for renewal") == told(manager, "Renewal not settled") == 1
	mails = frappe.get_all(
		"Email Queue Recipient", filters={"recipient": rep}, pluck="parent", order_by="creation"
	)
	assert any(
		"Ask for renewal" in (frappe.db.get_value("Email Queue", name, "message") or "") for name in mails
	)


def test_who_stands_in_is_asked(rep, make_user, contract):
	instead = make_user("Sales User")
	absent(rep, today(), add_days(today(), 5), instead)
	renewal_clock.run()
	assert told(instead, "Ask for renewal") == 1 and told(rep, "Ask for renewal") == 0


def test_without_a_responsible_it_is_the_account_managers(rep, customer):
	frappe.db.set_value("Customer", customer, "account_manager", rep)
	ending(customer, 40)
	renewal_clock.run()
	assert told(rep, "Ask for renewal") == 1


def test_what_ended_long_ago_is_nobodys_news(rep, manager, customer):
	ending(customer, -200, sf_allocated_to=rep)
	run_twice()
	assert told(rep, "renewal") == told(manager, "Renewal") == 0


def test_asked_without_an_answer_is_escalated_after_the_end(
	call, as_user, rep, manager, contract, frozen_time
):
	with as_user(rep):
		call(f"{API}.ask", contract=contract.name)
	run_twice()
	assert told(rep, "Ask for renewal") == told(manager, "Renewal not settled") == 0
	with frozen_time(f"{add_days(contract.end_date, 1)} 09:00"):
		run_twice()
	assert told(manager, "Renewal not settled") == 1


def test_one_broken_contract_stops_none_of_the_others(rep, customer, monkeypatch, contract):
	other = ending(customer, 30, sf_allocated_to=rep)
	real = renewal_clock.renewal_mail.to_ask

	def broken(row, users):
		if row.name == contract.name:
			raise ValueError("broken")
		real(row, users)

	monkeypatch.setattr(renewal_clock.renewal_mail, "to_ask", broken)
	renewal_clock.run()
	assert state(other, "reminded_on") and not state(contract, "reminded_on")


# What the customer says --------------------------------------------------------------------------------------


def test_asking_is_noted_once(call, as_user, rep, contract, frozen_time):
	with as_user(rep):
		first = call(f"{API}.ask", contract=contract.name)
		with frozen_time(f"{add_days(today(), 3)} 09:00"):
			again = call(f"{API}.ask", contract=contract.name)
	assert first == again and first["asked_on"] == getdate()
	with pytest.raises(frappe.ValidationError, match="still to come"):
		call(f"{API}.ask", contract=contract.name, on=add_days(today(), 1))


def test_later_is_asked_again_on_that_day(call, as_user, rep, contract, frozen_time):
	day = add_days(today(), 14)
	with as_user(rep):
		renewal_clock.run()
		call(f"{API}.put_off", contract=contract.name, on=day, note="After the fair.")
		assert state(contract, "outcome", "due", "note") == ("Later", getdate(day), "After the fair.")
		run_twice()
		assert told(rep, "Ask for renewal") == 1
		with frozen_time(f"{day} 09:00"):
			run_twice()
			assert told(rep, "Ask for renewal") == 2
			answer = call(f"{API}.ask", contract=contract.name)
			assert (answer["asked_on"], answer["outcome"]) == (getdate(day), "")


def test_an_answer_needs_the_customers_words_and_a_day_to_come(call, contract):
	for method, values in (("put_off", {"on": add_days(today(), 5)}), ("decline", {})):
		with pytest.raises(frappe.ValidationError, match="what the customer said"):
			call(f"{API}.{method}", contract=contract.name, note="  ", **values)
	with pytest.raises(frappe.ValidationError, match="on which day"):
		call(f"{API}.put_off", contract=contract.name, on=today(), note="Not now.")
	assert state(contract, "outcome") is None


def test_later_is_not_after_the_end(call, contract, frozen_time):
	"""A contract that still runs would have ended without a word; one that has ended may still be asked about."""
	end = getdate(contract.end_date)
	with pytest.raises(frappe.ValidationError, match="no contract any more"):
		call(f"{API}.put_off", contract=contract.name, on=add_days(end, 1), note="In spring.")
	assert state(contract, "outcome") is None
	call(f"{API}.put_off", contract=contract.name, on=end, note="In spring.")
	assert state(contract, "due") == end
	with frozen_time(f"{add_days(end, 3)} 09:00"):
		call(f"{API}.put_off", contract=contract.name, on=add_days(end, 9), note="In summer.")
	assert state(contract, "due") == getdate(add_days(end, 9))


def test_not_renewed_is_over(call, as_user, rep, manager, contract):
	with as_user(rep):
		call(f"{API}.decline", contract=contract.name, note="They build it themselves.")
	run_twice()
	assert state(contract, "outcome") == "Not Renewed"
	assert told(rep, "Ask for renewal") == told(manager, "Renewal not settled") == 0


def test_who_may_not_change_the_contract_says_nothing(call, as_user, make_user, contract):
	stranger = make_user("Stock User")
	for method in ("ask", "make_opportunity"):
		with as_user(stranger), pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", contract=contract.name)


def test_who_reads_the_contract_says_nothing_either(call, as_user, make_user, contract):
	reader = make_user("Stock User")
	frappe.share.add("Contract", contract.name, reader, read=1)
	said = {
		"ask": {},
		"put_off": {"on": "2099-01-01", "note": "x"},
		"decline": {"note": "x"},
		"make_opportunity": {},
	}
	for method, values in said.items():
		with as_user(reader):
			assert frappe.has_permission("Contract", "read", doc=contract.name)
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", contract=contract.name, **values)


def test_only_signed_contracts_that_end_are_renewed(call, customer):
	draft = signed.contract(customer, signed=False, end_date=add_days(today(), 10))
	endless = signed.contract(customer)
	for document in (draft, endless):
		with pytest.raises(frappe.ValidationError, match="Only a contract with a customer"):
			call(f"{API}.ask", contract=document.name)


# Renewed ---------------------------------------------------------------------------------------------------


def renewing(call, contract):
	"""The contract that is made of the renewal opportunity, as a draft."""
	opportunity = call(f"{API}.make_opportunity", contract=contract.name)
	return deals.contract(frappe.get_doc("Opportunity", opportunity), start_date=today())


def test_who_wants_to_renew_is_an_opportunity(call, as_user, rep, contract):
	frappe.db.set_value("Contract", contract.name, {"sf_amount": 5000, "sf_currency": "CNY"})
	with as_user(rep):
		made = call(f"{API}.make_opportunity", contract=contract.name)
		assert call(f"{API}.make_opportunity", contract=contract.name) == made
	opportunity = frappe.get_doc("Opportunity", made)
	assert (opportunity.party_name, opportunity.opportunity_owner) == (contract.party_name, rep)
	assert (opportunity.opportunity_amount, opportunity.expected_closing) == (
		5000,
		getdate(contract.end_date),
	)
	assert state(contract, "asked_on", "outcome") == (getdate(), None)


def test_renewed_when_the_contract_made_of_it_is_signed(call, rep, contract):
	later = renewing(call, contract)
	assert later.sf_renews == contract.name and state(contract, "outcome") is None
	later.update({"is_signed": 1, "signee": "Managing Director"})
	later.submit()
	assert state(contract, "outcome") == "Renewed"
	with pytest.raises(frappe.ValidationError, match="renewed already"):
		call(f"{API}.decline", contract=contract.name, note="No.")
	later.reload().cancel()
	assert state(contract, "outcome") is None


def test_a_contract_renews_one_of_its_own_customer(rep, contract):
	with pytest.raises(frappe.ValidationError, match="another customer"):
		deals.contract(deals.opportunity(rep), sf_renews=contract.name)


def test_not_renewed_when_its_opportunity_is_lost(call, contract):
	opportunity = frappe.get_doc("Opportunity", call(f"{API}.make_opportunity", contract=contract.name))
	if not frappe.db.exists("Opportunity Lost Reason", "Too dear"):
		frappe.get_doc({"doctype": "Opportunity Lost Reason", "lost_reason": "Too dear"}).insert()
	opportunity.status = "Lost"
	opportunity.append("lost_reasons", {"lost_reason": "Too dear"})
	opportunity.save()
	assert state(contract, "outcome", "note") == ("Not Renewed", "Too dear")


def test_who_comes_back_after_it_was_lost_has_another_opportunity(call, contract):
	lost = frappe.get_doc("Opportunity", call(f"{API}.make_opportunity", contract=contract.name))
	lost.update({"status": "Lost"})
	lost.save()
	assert state(contract, "outcome") == "Not Renewed"
	again = call(f"{API}.make_opportunity", contract=contract.name)
	assert again != lost.name and state(contract, "outcome", "opportunity") == (None, again)
	assert call(f"{API}.make_opportunity", contract=contract.name) == again
	# What becomes of the first one says nothing of the second.
	lost.reload().save()
	assert state(contract, "outcome") is None


# Where it shows ----------------------------------------------------------------------------------------------


def test_my_day_shows_whom_to_ask(call, as_user, rep, contract, customer):
	ending(customer, 200, sf_allocated_to=rep)

	def rows():
		with as_user(rep):
			section = renewal_day.waiting(rep, frappe.utils.now_datetime())
		return [(row["title"], row["why"], row["tone"]) for row in section["rows"]] if section else []

	assert rows() == [(customer, "Ask for renewal", "orange")]
	with as_user(rep):
		call(f"{API}.ask", contract=contract.name)
	assert rows() == [(customer, "Write down the answer on renewal", "blue")]
	with as_user(rep):
		call(f"{API}.decline", contract=contract.name, note="No.")
	assert rows() == []


def test_what_is_soon_to_be_asked_for(customer, contract):
	soon = ending(customer, DAYS + 20)
	ending(customer, 2 * DAYS + 20)
	assert renewals.soon(customer) == [contract.name, soon.name]
