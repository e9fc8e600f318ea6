"""The clock of the closing: contract, clause review and scan are reminded of, then escalated, each once (C1-C3)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.jobs import closing_clock
from salesflow_std.salesflow_std import closing_day
from tests.site import deals, records
from tests.site.deals import API
from tests.site.review_cases import absent, notices_of

FRIDAY = "2027-01-15 14:00"


@pytest.fixture(autouse=True)
def enforced():
	deals.enforce()


@pytest.fixture
def deal(rep):
	return deals.opportunity(rep)


def told(user, words):
	return len([text for text in notices_of(user) if words in text])


def tick_twice():
	closing_clock.tick()
	closing_clock.tick()


def test_a_contract_after_final_intent(call, as_user, rep, manager, deal, frozen_time):
	"""C1: reminded within the last working hours, then the manager hears of it; over a week-end nobody is disturbed."""
	records.settings(contract_amount=8, contract_unit="Working Hours")
	with frozen_time(FRIDAY) as clock:
		with as_user(rep):
			call(f"{API}.record_final_intent", opportunity=deal.name, said_by="Buyer", words="Yes.")
		tick_twice()
		clock.set("2027-01-17 12:00")
		tick_twice()
		assert told(rep, "to be drafted by") == 0
		clock.set("2027-01-18 09:30")
		tick_twice()
		assert told(rep, "to be drafted by") == 1 and told(manager, "was to be drafted") == 0
		clock.set("2027-01-18 14:01")
		tick_twice()
		assert told(manager, "was to be drafted") == told(rep, "was to be drafted") == 1
	assert records.state(deal, "sf_contract_escalated_on")


def test_nobody_hears_of_a_contract_that_is_drafted_or_a_deal_that_is_lost(
	call, as_user, rep, manager, deal, frozen_time
):
	other = deals.opportunity(rep)
	with frozen_time(FRIDAY) as clock:
		for one in (deal, other):
			call(f"{API}.record_final_intent", opportunity=one.name, said_by="Buyer", words="Yes.")
		deals.contract(deal)
		frappe.db.set_value("Opportunity", other.name, "status", "Lost")
		clock.set("2027-01-19 14:00")
		closing_clock.tick()
	assert told(manager, "drafted") == 0


def test_a_clause_review(call, as_user, rep, manager, lawyer, deal, frozen_time):
	contract = deals.contract(deal)
	with frozen_time(FRIDAY) as clock:
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=contract.name)
		tick_twice()
		assert told(lawyer, "are to be reviewed by") == 0
		clock.set("2027-01-18 11:00")
		tick_twice()
		assert told(lawyer, "are to be reviewed by") == 1
		clock.set("2027-01-18 14:30")
		tick_twice()
	assert told(rep, "Overdue: the clause review") == told(manager, "Overdue: the clause review") == 1
	review = deals.review_of(contract)
	assert review.escalated_on and review.escalated_to == manager


def test_who_falls_away_during_a_review_is_replaced(call, as_user, rep, make_user, deal, frozen_time):
	reviewer, instead = make_user("Legal Reviewer"), make_user("Legal Reviewer")
	deals.only_legal(reviewers=[{"reviewer": reviewer, "stand_in": instead}])
	contract = deals.contract(deal)
	with frozen_time(FRIDAY) as clock:
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=contract.name)
		absent(reviewer, "2027-01-18", "2027-01-22")
		clock.set("2027-01-18 09:30")
		tick_twice()
	assert deals.review_of(contract).reviewer == instead
	assert told(instead, "Please review the clauses") == 1


def test_a_scan(call, as_user, rep, manager, lawyer, deal, frozen_time):
	"""C3: one working day from Friday 14:00 is Monday 14:00."""
	with frozen_time(FRIDAY) as clock:
		contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
		contract.update({"is_signed": 1, "signee": "Managing Director"})
		contract.submit()
		clock.set("2027-01-18 11:00")
		tick_twice()
		assert told(rep, "is to be attached by") == 1
		clock.set("2027-01-18 14:01")
		tick_twice()
	assert told(manager, "scan of the signed contract was due") == 1
	assert records.state(contract, "sf_escalated_on")


def test_one_broken_review_does_not_stop_the_others(call, as_user, rep, lawyer, deal, frozen_time):
	broken, whole = deals.contract(deal), deals.contract(deals.opportunity(rep))
	with frozen_time(FRIDAY) as clock:
		for contract in (broken, whole):
			with as_user(rep):
				call(f"{API}.ask_for_review", contract=contract.name)
		frappe.db.set_value("Contract Review", deals.review_of(broken).name, "contract", "CON-GONE")
		clock.set("2027-01-18 14:30")
		tick_twice()
	assert deals.review_of(whole).escalated_on and not deals.review_of(broken).escalated_on


def test_my_day_shows_what_waits(call, as_user, rep, lawyer, deal, frozen_time):
	def why(user):
		with as_user(user):
			section = closing_day.waiting(user, frappe.utils.now_datetime())
		return [row["why"] for row in section["rows"]] if section else []

	with frozen_time(FRIDAY):
		assert why(rep) == []
		with as_user(rep):
			call(f"{API}.record_final_intent", opportunity=deal.name, said_by="Buyer", words="Yes.")
		assert why(rep) == ["Contract to draft"]
		contract = deals.contract(deal)
		assert why(rep) == ["Drafted: ask for the clause review"]
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=contract.name)
		assert why(lawyer) == ["Clauses to review"] and why(rep) == []
		with as_user(lawyer):
			waiting = call("salesflow_std.api.review.waiting")
		assert [row["contract"] for row in waiting["clauses"]] == [contract.name]
