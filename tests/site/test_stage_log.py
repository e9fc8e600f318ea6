"""The log of stages: stays in working time, who reads it, and that it is kept (M1)."""

from __future__ import annotations

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import get_datetime

from salesflow_std.salesflow_std import transitions
from tests.site import records, standing


def next_stage(doc, to_stage, **more):
	before = doc.sf_stage
	frappe.db.set_value(doc.doctype, doc.name, "sf_stage", to_stage, update_modified=False)
	transitions.log(doc, before, to_stage, **more)
	return frappe.get_doc(doc.doctype, doc.name)


def test_a_stay_over_the_weekend_is_counted_in_working_hours(frozen_time):
	with frozen_time("2027-01-08 16:00") as clock:  # Friday; work is from 9 to 12 and from 13 to 18
		doc = standing.deal()
		clock.set("2027-01-11 11:00")
		doc = next_stage(doc, "Solution Presented")
	first, second = standing.moves(doc)
	assert (first.direction, first.from_stage, first.to_stage) == ("Entered", None, "Needs Explored")
	assert (second.direction, second.from_stage) == ("Forward", "Needs Explored")
	assert second.stay_hours == 4 and round(second.stay_days, 2) == round(67 / 24, 2)
	assert second.entered_on == get_datetime("2027-01-08 16:00") and not second.was_late
	assert doc.sf_stage_entered_on == get_datetime("2027-01-11 11:00")
	assert doc.sf_stage_passed == "Solution Presented"
	# 15 working days
	assert doc.sf_stage_due == get_datetime("2027-02-01 11:00")


def test_holidays_of_the_company_are_no_working_time(frozen_time, company):
	records.holidays_of(company, "2027-01-09", "2027-01-10", "2027-01-11")
	with frozen_time("2027-01-08 16:00") as clock:
		doc = standing.lead()
		assert doc.sf_stage_due == get_datetime("2027-01-18 16:00")  # the Monday does not count
		clock.set("2027-01-12 10:00")
		doc = next_stage(doc, "Qualified")
	assert standing.moves(doc)[-1].stay_hours == 3


def test_what_left_too_late_is_marked(frozen_time):
	with frozen_time("2027-01-04 10:00") as clock:
		doc = standing.lead()
		clock.set("2027-01-11 10:01")  # five working days and a minute
		doc = next_stage(doc, "Qualified")
	assert standing.moves(doc)[-1].was_late and not standing.moves(doc)[0].was_late


def test_the_log_says_whose_deal_it_was_and_what_it_was_worth(rep):
	doc = standing.deal(opportunity_owner=rep, opportunity_amount=12000)
	(move,) = standing.moves(doc)
	assert (move.responsible, move.title, move.amount) == (rep, doc.title, 12000)
	assert (move.sales_process, move.company) == (standing.PROCESS, records.COMPANY)


def test_a_move_leaves_no_trace_in_an_open_form():
	doc = standing.deal()
	before = doc.modified
	assert standing.fresh(next_stage(doc, "Solution Presented")).modified == before


def test_one_transition_is_one_insert_and_one_update(count_queries):
	doc = standing.deal()
	frappe.db.set_value(doc.doctype, doc.name, "sf_stage", "Solution Presented", update_modified=False)
	with count_queries() as queries:
		transitions.log(doc, "Needs Explored", "Solution Presented")
	writing = [query.split(None, 1)[0].lower() for query in queries]
	assert sorted(writing) == ["insert", "update"]


def test_nothing_is_written_that_was_set_with_the_save(count_queries):
	doc = standing.deal()
	doc.update(transitions.state(doc, "Solution Presented", frappe.utils.now_datetime()))
	with count_queries() as queries:
		transitions.log(doc, "Needs Explored", "Solution Presented", changed_on=doc.sf_stage_entered_on)
	assert [query.split(None, 1)[0].lower() for query in queries] == ["insert"]


# It is kept


@pytest.mark.parametrize("user", ["Administrator", "manager"])
def test_nobody_edits_or_deletes_it_by_hand(user, manager, as_user):
	(move,) = standing.moves(standing.deal())
	with as_user(manager if user == "manager" else user):
		doc = frappe.get_doc("Stage Transition", move.name)
		doc.reason = "Another one"
		with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
			doc.save()
		with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
			frappe.delete_doc("Stage Transition", move.name)
		with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
			frappe.get_doc({"doctype": "Stage Transition", "to_stage": "Negotiation"}).insert()
	assert frappe.db.get_value("Stage Transition", move.name, "reason") is None


def test_it_follows_a_renamed_document_and_stops_no_deletion():
	lead = standing.lead()
	new = frappe.rename_doc("Lead", lead.name, f"{lead.name}-A")
	assert frappe.db.exists("Stage Transition", {"reference_name": new})
	frappe.delete_doc("Lead", new)
	assert not frappe.db.exists("Lead", new)


def test_it_goes_with_its_document_and_what_went_on_keeps_its_own():
	lead = standing.lead()
	deal = standing.put(
		records.opportunity(party_name=lead.name), "Needs Explored", came_from=("Lead", lead.name)
	)
	transitions.deleted("Lead", lead.name)
	assert not standing.moves(lead)
	assert [move.came_from for move in standing.moves(deal)] == [None]


# Who reads it


def test_a_rep_reads_the_log_of_what_they_may_read(make_user, as_user):
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test Stages", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	mine = standing.moves(standing.lead(territory=territory.name))[0].name
	foreign = standing.moves(standing.lead(territory="China"))[0].name
	with as_user(rep):
		seen = frappe.get_list("Stage Transition", pluck="name", limit=0)
		assert mine in seen and foreign not in seen
		assert frappe.has_permission("Stage Transition", "read", doc=mine)
		assert not frappe.has_permission("Stage Transition", "read", doc=foreign)
		for ptype in ("write", "delete", "create"):
			assert not frappe.has_permission("Stage Transition", ptype)


def test_a_manager_reads_all_and_a_stranger_nothing(manager, make_user, as_user):
	move = standing.moves(standing.deal())[0].name
	with as_user(manager):
		assert move in frappe.get_list("Stage Transition", pluck="name", limit=0)
	with as_user(make_user("Accounts User")):
		assert not frappe.has_permission("Stage Transition", "read", doc=move)
		with pytest.raises(frappe.PermissionError):
			frappe.get_list("Stage Transition", pluck="name")
