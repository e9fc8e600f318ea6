"""Stage Ageing and Gates Passed Over: counted by hand, and by what somebody may read (M1)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.jobs import stage_clock
from salesflow_std.salesflow_std import transitions
from salesflow_std.salesflow_std.report.gates_passed_over.gates_passed_over import execute as passed_over
from salesflow_std.salesflow_std.report.stage_ageing.stage_ageing import execute as ageing
from tests.site import standing

MONDAY = "2027-01-04 10:00"


@pytest.fixture
def three_weeks(frozen_time, make_user):
	"""Leads and deals of one rep, hand-counted below; three weeks after they entered their stages."""
	rep = make_user("Sales User", full_name="The Rep")
	with frozen_time(MONDAY) as clock:
		old = standing.lead(lead_owner=rep)
		kept = standing.deal(opportunity_owner=rep, opportunity_amount=1000)
		standing.deal("Negotiation", opportunity_owner=rep, opportunity_amount=500)
		lost = standing.deal(opportunity_owner=rep)
		frappe.db.set_value("Opportunity", lost.name, "status", "Lost")
		standing.deal("Closed and Served", opportunity_owner=rep)
		clock.set("2027-01-14 10:00")
		new = standing.lead(lead_owner=rep)
		clock.set("2027-01-18 10:00")
		stage_clock.tick()
		stage_clock.tick()
		yield frappe._dict(rep=rep, old=old, new=new, kept=kept)


def rows_of(rep, **filters):
	return ageing({"rep": rep, **filters})[1]


def test_open_documents_by_stage(three_weeks):
	rows = {(row["grouped_by"], row["doctype"]): row for row in rows_of(three_weeks.rep)}
	assert [stage for stage, _doctype in rows] == [
		"Lead Acquired",
		"Needs Explored",
		"Negotiation",
		"Closed and Served",
	]
	leads = rows["Lead Acquired", "Lead"]
	assert (leads["documents"], leads["in_time"], leads["late"], leads["escalated"]) == (2, 1, 1, 1)
	assert (leads["days"], leads["longest"], leads["limit"]) == (9, 14, "5 working days")
	needs = rows["Needs Explored", "Opportunity"]
	assert (needs["documents"], needs["amount"], needs["late"]) == (1, 1000, 0)
	assert rows["Closed and Served", "Opportunity"]["no_limit"] == 1


@pytest.mark.parametrize("group", ["Rep", "Sales Process"])
def test_by_rep_and_by_process(three_weeks, group):
	rows = rows_of(three_weeks.rep, group_by=group)
	assert {row["doctype"]: row["documents"] for row in rows} == {"Lead": 2, "Opportunity": 3}
	assert {row["label"] for row in rows} == {"The Rep" if group == "Rep" else standing.PROCESS}


@pytest.mark.parametrize("number", ["documents", "no_limit", "in_time", "late", "escalated"])
def test_every_number_opens_as_many_documents(three_weeks, number):
	standings = {"no_limit": "No Limit", "in_time": "In Time", "late": "Late", "escalated": "Escalated"}
	for row in rows_of(three_weeks.rep):
		opened = rows_of(
			three_weeks.rep,
			group_by="Document",
			stage=row["grouped_by"],
			document_type=row["doctype"],
			standing=standings.get(number),
		)
		assert len(opened) == row[number]


def test_the_summary(three_weeks):
	summary = ageing({"rep": three_weeks.rep})[4]
	assert [part["value"] for part in summary] == [5, 1, 1, 75]


def test_a_grouping_that_there_is_not_is_refused():
	with pytest.raises(frappe.ValidationError, match="no grouping"):
		ageing({"group_by": "<b>Colour</b>"})


def narrow(user, doctype, name):
	frappe.get_doc({"doctype": "User Permission", "user": user, "allow": doctype, "for_value": name}).insert()


def test_a_rep_sees_what_they_may_read(three_weeks, as_user):
	narrow(three_weeks.rep, "Opportunity", three_weeks.kept.name)
	narrow(three_weeks.rep, "Lead", three_weeks.new.name)
	with as_user(three_weeks.rep):
		assert {row["name"] for row in ageing({"group_by": "Document"})[1]} == {
			three_weeks.kept.name,
			three_weeks.new.name,
		}


def test_who_reads_neither_sees_nothing(three_weeks, make_user, as_user):
	with as_user(make_user("Accounts User")):
		assert ageing({})[1] == []


# Gates Passed Over


@pytest.fixture
def passed(rep, frozen_time):
	with frozen_time(MONDAY):
		deals = [standing.deal(opportunity_owner=rep) for _ in range(4)]
		transitions.log(deals[0], "Needs Explored", "Negotiation", unmet="Needs confirmed\nGrade")
		transitions.log(
			deals[1],
			"Needs Explored",
			"Negotiation",
			unmet="Needs confirmed",
			override_reason="The customer insists",
		)
		transitions.log(deals[2], "Needs Explored", "Negotiation", is_bypass=True, source="Found Later")
		transitions.log(deals[3], "Needs Explored", "Negotiation")
		yield deals


def test_who_when_why_and_what(passed, rep):
	rows = passed_over({"responsible": rep})[1]
	by_kind = {row.kind: row for row in rows}
	assert len(rows) == len(by_kind) == 3
	assert by_kind["Override"].why == "The customer insists" and by_kind["Override"].by == "Administrator"
	assert by_kind["Warned"].what == "Needs confirmed, Grade"
	assert by_kind["Past the Gates"].reference_name == passed[2].name
	assert [part["value"] for part in passed_over({"responsible": rep})[4]] == [1, 1, 1]
	assert len(passed_over({"responsible": rep, "kind": "Override"})[1]) == 1
	assert not passed_over({"responsible": rep, "to_date": "2027-01-03"})[1]


def test_of_what_was_passed_over_a_rep_sees_their_own(passed, rep, as_user):
	narrow(rep, "Opportunity", passed[1].name)
	with as_user(rep):
		assert [row.reference_name for row in passed_over({})[1]] == [passed[1].name]
