"""The clock of the reviews: deadlines in working time, reminder, escalation, stand-ins (S2)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.jobs import review_clock
from salesflow_std.salesflow_std import reps
from tests.site import review_cases, talks
from tests.site.review_cases import absent, asked, notices_of, only, rule, state

FRIDAY = "2027-01-15 14:00"


@pytest.fixture
def product(make_user):
	return make_user("Product Reviewer", full_name="The Engineer")


@pytest.fixture
def open_review(call, as_user, manager, rep):
	def make(*rules):
		only(*rules)
		proposal = review_cases.proposal(rep)
		with as_user(manager):
			return call(review_cases.OPEN, proposal=proposal.name)

	return make


def row(review, number=0):
	return state(review).opinions[number]


def test_deadlines_count_working_hours(open_review, product, frozen_time):
	"""Friday 14:00 plus 8 working hours is Monday 14:00: neither week-end nor lunch break is working time."""
	with frozen_time(FRIDAY):
		review = open_review(rule("Product", product, deadline_amount=8))
		assert str(row(review).due_on) == "2027-01-18 14:00:00"
		assert str(state(review).due_on) == "2027-01-18 14:00:00"


def test_a_holiday_is_nobodys_working_time(open_review, product, frozen_time):
	holidays = frappe.get_doc(
		{
			"doctype": "Holiday List",
			"holiday_list_name": "A Monday off",
			"from_date": "2027-01-01",
			"to_date": "2027-12-31",
			"holidays": [{"holiday_date": "2027-01-18", "description": "A Monday off"}],
		}
	).insert()
	frappe.db.set_single_value("Salesflow Settings", "holiday_list", holidays.name)
	frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")
	with frozen_time(FRIDAY):
		review = open_review(rule("Product", product, deadline_amount=8))
		assert str(row(review).due_on) == "2027-01-19 14:00:00"


def test_a_reminder_before_the_deadline_once(open_review, product, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		review = open_review(rule("Product", product, deadline_amount=8, remind_hours=4))
		before = len(notices_of(product))
		clock.set("2027-01-17 12:00")  # a Sunday, on which nobody is disturbed
		review_clock.tick()
		assert len(notices_of(product)) == before and not row(review).reminded_on
		clock.set("2027-01-18 09:01")
		review_clock.tick()
		review_clock.tick()
		assert len(notices_of(product)) == before + 1 and "is due by" in notices_of(product)[-1]
		assert row(review).reminded_on and not row(review).escalated_on
		assert not any("Overdue" in notice for notice in notices_of(manager))


def test_the_manager_and_the_opener_hear_of_what_is_late_once(
	open_review, product, manager, make_user, frozen_time
):
	director = make_user(["Sales Manager", "Sales User"], full_name="The Director")
	with frozen_time(FRIDAY) as clock:
		review = open_review(rule("Product", product, deadline_amount=8, escalate_to=director))
		clock.set("2027-01-18 14:00")
		review_clock.tick()
		review_clock.tick()
		assert (row(review).escalated_to, str(row(review).escalated_on)) == (director, "2027-01-18 14:00:00")
		for user in (director, manager):
			told = [notice for notice in notices_of(user) if "Overdue" in notice]
			assert len(told) == 1
		(mail,) = [mail for mail in talks.mails() if mail.to == [director]]
		assert "The Engineer" in mail.text and f"/app/my-reviews/{review}" in mail.text
		assert state(review).status == "Open"  # nobody decides for the reviewer


def test_who_may_not_read_the_proposal_is_not_told(open_review, product, manager, make_user, frozen_time):
	stranger = make_user("Product Reviewer")
	with frozen_time(FRIDAY) as clock:
		review = open_review(rule("Product", product, deadline_amount=8, escalate_to=stranger))
		clock.set("2027-01-18 14:00")
		review_clock.tick()
		assert not notices_of(stranger) and row(review).escalated_to != stranger
		assert any("Overdue" in notice for notice in notices_of(manager))


def test_who_has_spoken_is_not_reminded(open_review, call, as_user, product, make_user, frozen_time):
	other = make_user("Product Reviewer")
	with frozen_time(FRIDAY) as clock:
		review = open_review(rule("Product", product, other, quorum=0, deadline_amount=8))
		review_cases.says(call, as_user, product, review)
		told = len(notices_of(product))
		clock.set("2027-01-18 15:00")
		review_clock.tick()
		assert len(notices_of(product)) == told and not row(review, 0).escalated_on
		assert row(review, 1).escalated_on


def test_who_falls_ill_is_replaced(open_review, product, make_user, frozen_time):
	stand_in = make_user("Product Reviewer")
	with frozen_time(FRIDAY) as clock:
		review = open_review(rule("Product", product))
		review_clock.tick()
		assert asked(review) == {"Product": [product]}
		absent(product, "2027-01-18", "2027-01-22", stand_in)
		review_clock.tick()
		assert asked(review) == {"Product": [product]}  # not away yet
		clock.set("2027-01-18 09:00")
		review_clock.tick()
		review_clock.tick()
		assert asked(review) == {"Product": [stand_in]}
		seat = row(review)
		assert (seat.reviewer, seat.asked_as) == (product, "Stand-in")
		assert len([notice for notice in notices_of(stand_in) if "Your opinion on" in notice]) == 1


def test_who_has_left_is_replaced_by_the_rules_stand_in(open_review, product, make_user, frozen_time):
	stand_in = make_user("Product Reviewer")
	made = rule("Product", product)
	made.reviewers[0].stand_in = stand_in
	made.save()
	with frozen_time(FRIDAY):
		review = open_review(made)
		frappe.db.set_value("User", product, "enabled", 0)
		reps.forget()
		review_clock.tick()
		assert asked(review) == {"Product": [stand_in]}


def test_the_rep_does_not_stand_in_for_a_reviewer(open_review, product, rep, frozen_time):
	with frozen_time(FRIDAY):
		review = open_review(rule("Product", product))
		absent(product, "2027-01-15", "2027-01-22", rep)
		review_clock.tick()
		assert asked(review) == {"Product": [product]}


def test_one_that_fails_stops_no_other(open_review, product, frozen_time):
	with frozen_time(FRIDAY) as clock:
		made = rule("Product", product, deadline_amount=8)
		broken, fine = open_review(made), open_review(made)
		frappe.db.set_value("Proposal Review", broken, "proposal", "No such proposal")
		clock.set("2027-01-18 14:00")
		review_clock.tick()
		assert row(fine).escalated_on and not row(broken).escalated_on
		assert frappe.db.exists("Error Log", {"reference_name": broken})


def test_nothing_open_costs_one_query(count_queries):
	frappe.db.set_value("Proposal Review", {"status": "Open"}, "status", "Recalled")
	review_clock.watch()
	with count_queries() as queries:
		review_clock.watch()
	assert len([query for query in queries if query.lstrip().lower().startswith("select")]) == 1
