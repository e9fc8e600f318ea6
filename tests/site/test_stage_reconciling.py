"""What changed its stage past every event is found once, logged as such, and told to the manager (M1)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.jobs import stage_reconciling
from salesflow_std.salesflow_std.report.gates_passed_over.gates_passed_over import execute
from tests.site import records, standing, talks

MONDAY = "2027-01-04 10:00"


@pytest.fixture(autouse=True)
def taken_in():
	"""What the test finds on the site is as it should be."""
	frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 1)
	stage_reconciling.find_bypasses()


def past_the_gates(doc, **values):
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)


def last(doc):
	return standing.moves(doc)[-1]


@pytest.mark.parametrize(
	("values", "stage"),
	[
		({"sf_stage": "Negotiation"}, "Negotiation"),
		({"sales_stage": "Negotiation"}, "Negotiation"),
		({"sales_stage": "Negotiation/Review"}, "Negotiation"),
		({"status": "Quotation"}, "Solution Presented"),
		({"status": "Converted"}, "Closed and Served"),
	],
)
def test_each_way_past_the_gates_is_found_once(frozen_time, values, stage):
	with frozen_time(MONDAY) as clock:
		deal = standing.deal()
		clock.shift(hours=1)
		past_the_gates(deal, **values)
		assert stage_reconciling.find_bypasses() == 1
		assert stage_reconciling.find_bypasses() == 0
	move = last(deal)
	assert (move.from_stage, move.to_stage, move.source, move.is_bypass) == (
		"Needs Explored",
		stage,
		"Found Later",
		1,
	)
	assert move.changed_by is None and len(standing.moves(deal)) == 2
	now = standing.fresh(deal)
	assert now.sf_stage == now.sf_stage_passed == stage
	assert now.sales_stage == values.get("sales_stage", stage)


def test_a_lead_whose_status_went_on_is_found():
	lead = standing.lead()
	past_the_gates(lead, status="Converted")
	assert stage_reconciling.find_bypasses() == 1
	assert last(lead).to_stage == "Qualified" and last(lead).is_bypass


def test_going_back_past_the_gates_is_found_too():
	deal = standing.deal("Negotiation")
	past_the_gates(deal, sf_stage="Needs Explored")
	assert stage_reconciling.find_bypasses() == 1
	assert last(deal).direction == "Back"


def test_raw_inserts_are_found(rep):
	lead = standing.bare(records.lead(lead_owner=rep))
	assert stage_reconciling.find_bypasses() == 1
	assert stage_reconciling.find_bypasses() == 0
	assert (last(lead).to_stage, last(lead).direction, last(lead).is_bypass) == (
		"Lead Acquired",
		"Entered",
		1,
	)


def test_what_is_older_than_its_process_bypassed_nothing():
	lead = standing.bare(records.lead())
	frappe.db.set_value("Lead", lead.name, "creation", "2001-01-01 10:00", update_modified=False)
	stage_reconciling.find_bypasses()
	assert (last(lead).source, last(lead).is_bypass) == ("Taken In", 0)


def test_a_stage_that_does_not_exist_there_is_put_back():
	deal = standing.deal()
	past_the_gates(deal, sf_stage="Lead Acquired")
	assert stage_reconciling.find_bypasses() == 0
	assert standing.fresh(deal).sf_stage == "Needs Explored" and len(standing.moves(deal)) == 1


def test_before_all_are_taken_in_nothing_is_a_bypass():
	frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)
	lead = standing.bare(records.lead())
	assert stage_reconciling.find_bypasses() == 0 and not standing.moves(lead)


def test_who_was_taken_back_stays_back():
	deal = standing.deal("Solution Presented")
	past_the_gates(deal, status="Quotation")
	deal.reload()
	past_the_gates(deal, sf_stage="Needs Explored", sales_stage="Needs Explored")
	from salesflow_std.salesflow_std import transitions

	transitions.log(deal, "Solution Presented", "Needs Explored", direction="Back", reason="New needs")
	assert stage_reconciling.find_bypasses() == 0
	assert standing.fresh(deal).sf_stage == "Needs Explored"


def test_the_gates_that_were_not_asked_are_noted():
	deal = standing.deal()
	frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Block")
	past_the_gates(deal, sf_stage="Negotiation")
	stage_reconciling.find_bypasses()
	assert last(deal).unmet
	assert not frappe.get_all("Error Log", filters={"method": ("like", "%Gates could not%")})


def test_managers_hear_of_all_in_one_mail(rep, manager):
	deals = [standing.deal(opportunity_owner=rep) for _ in range(3)]
	for deal in deals:
		past_the_gates(deal, sales_stage="Negotiation")
	stage_reconciling.run()
	stage_reconciling.run()
	notices = frappe.get_all(
		"Notification Log", filters={"for_user": manager}, fields=["subject", "link"], order_by="creation"
	)
	assert [n.subject for n in notices] == ["3 documents changed their stage past the gates."]
	(mail,) = [m for m in talks.mails() if m.to == [manager] and "past the gates" in m.subject]
	assert all(deal.title in mail.text for deal in deals)


def test_one_that_fails_does_not_stop_the_others(monkeypatch):
	bad, good = standing.deal(), standing.deal()
	for deal in (bad, good):
		past_the_gates(deal, sf_stage="Negotiation")
	reconcile = stage_reconciling._reconcile

	def fails(doc, source):
		if doc.name == bad.name:
			raise ValueError("broken")
		return reconcile(doc, source)

	monkeypatch.setattr(stage_reconciling, "_reconcile", fails)
	assert stage_reconciling.find_bypasses() == 1
	monkeypatch.undo()
	assert stage_reconciling.find_bypasses() == 1
	assert last(bad).is_bypass and last(good).is_bypass


def test_the_report_shows_what_was_found(rep, as_user):
	deal = standing.deal(opportunity_owner=rep)
	past_the_gates(deal, sf_stage="Negotiation")
	stage_reconciling.find_bypasses()
	with as_user(rep):
		rows = execute({"kind": "Past the Gates", "responsible": rep})[1]
	assert [(row.reference_name, row.by) for row in rows] == [(deal.name, "Unknown")]


def test_a_process_that_reads_fields_in_another_way_makes_no_bypasses(jobs):
	deal = standing.put(records.opportunity(), "Needs Explored")
	past_the_gates(deal, sales_stage="Qualification")
	process = frappe.get_doc("Sales Process", standing.PROCESS)
	row = next(row for row in process.mappings if row.sales_stage == "Qualification")
	row.stage = "Solution Presented"
	process.save()
	jobs.run("stage_reconciling.follow")
	assert stage_reconciling.find_bypasses() == 0
	assert (last(deal).to_stage, last(deal).source, last(deal).is_bypass) == (
		"Solution Presented",
		"By Itself",
		0,
	)


def test_a_retired_stage_is_entered_by_no_status():
	deal = standing.deal()
	process = frappe.get_doc("Sales Process", standing.PROCESS)
	next(row for row in process.stages if row.stage == "Solution Presented").retired = 1
	process.save()
	past_the_gates(deal, status="Quotation")
	assert stage_reconciling.find_bypasses() == 0


def test_what_has_no_creation_is_found_too():
	lead = standing.bare(records.lead())
	frappe.db.sql("update `tabLead` set creation = null where name = %s", lead.name)
	assert stage_reconciling.find_bypasses() == 1
	assert last(lead).is_bypass


def test_a_notice_that_cannot_be_given_costs_no_log(rep, manager, monkeypatch):
	deal = standing.deal(opportunity_owner=rep)
	past_the_gates(deal, sf_stage="Negotiation")

	def fails(*args, **kwargs):
		raise ValueError("broken")

	monkeypatch.setattr(stage_reconciling.notices, "notify", fails)
	assert stage_reconciling.find_bypasses() == 1
	assert last(deal).is_bypass
