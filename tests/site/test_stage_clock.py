"""Too long in a stage: the owner, then the manager, each once; touches begin anew where they count (M1, F5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import stage_clock
from salesflow_std.salesflow_std import processes, stages_day
from tests.site import plans, records, standing, talks

MONDAY = "2027-01-04 10:00"  # five working days in Lead Acquired: until Monday the 11th, 10:00
OVER, ESCALATED = "2027-01-11 10:01", "2027-01-13 10:01"


def told(user):
	return frappe.get_all(
		"Notification Log",
		filters={
			"for_user": user,
			"document_type": ("in", ["Lead", "Opportunity"]),
			"subject": ("like", "%stage%"),
		},
		pluck="subject",
		order_by="creation, name",
	)


def mails_to(user):
	return [mail for mail in talks.mails() if mail.to == [user] and "too long in their stage" in mail.subject]


def tick(clock, moment):
	clock.set(moment)
	stage_clock.tick()
	stage_clock.tick()


def tune(**values):
	"""Changes the stage Lead Acquired of the process."""
	process = frappe.get_doc("Sales Process", standing.PROCESS)
	process.stages[0].update(values)
	process.save()
	processes.forget()


def test_the_owner_then_the_manager_each_once(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		tick(clock, "2027-01-11 10:00")  # still in time
		assert not told(rep) and standing.fresh(lead).sf_stage_late == ""
		tick(clock, OVER)
		(notice,) = told(rep)
		assert lead.title in notice and "Lead Acquired" in notice
		(mail,) = mails_to(rep)
		assert lead.title in mail.text and f"/app/lead/{lead.name}" in mail.text
		assert standing.fresh(lead).sf_stage_late == "Late" and not told(manager)
		tick(clock, "2027-01-13 10:00")
		assert not told(manager)
		tick(clock, ESCALATED)  # two working days on
		(notice,) = told(manager)
		assert "The Rep" in notice and lead.title in notice
		assert standing.fresh(lead).sf_stage_late == "Escalated" and len(mails_to(manager)) == 1
		tick(clock, "2027-02-20 10:00")
		assert len(told(rep)) == len(told(manager)) == 1
		assert len(mails_to(rep)) == len(mails_to(manager)) == 1


def test_who_stands_in_is_told(rep, make_user, frozen_time):
	stand_in = make_user("Sales User")
	with frozen_time(MONDAY) as clock:
		standing.lead(lead_owner=rep)
		frappe.get_doc(
			{
				"doctype": "Rep Absence",
				"user": rep,
				"from_date": "2027-01-10",
				"to_date": "2027-01-20",
				"stand_in": stand_in,
			}
		).insert()
		tick(clock, OVER)
		assert told(stand_in) and not told(rep)


def test_a_move_begins_anew(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		tick(clock, OVER)
		standing.put(lead, "Qualified")
		assert standing.fresh(lead).sf_stage_late == ""
		tick(clock, ESCALATED)
		assert not told(manager)


@pytest.mark.parametrize(("stage", "begins_anew"), [("Qualified", True), ("Lead Acquired", False)])
def test_a_touch_begins_anew_where_the_stage_says_so(rep, frozen_time, stage, begins_anew):
	with frozen_time(MONDAY) as clock:
		lead = standing.put(records.lead(lead_owner=rep), stage)
		before = lead.sf_stage_due
		clock.set("2027-01-06 10:00")
		plans.communication(lead)
		after = standing.fresh(lead).sf_stage_due
		assert after == (get_datetime("2027-01-20 10:00") if begins_anew else before)


def test_a_touch_takes_back_what_was_said(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.put(records.lead(lead_owner=rep), "Qualified")
		tick(clock, "2027-01-18 10:01")
		assert standing.fresh(lead).sf_stage_late == "Late"
		plans.communication(lead)
		assert standing.fresh(lead).sf_stage_late == ""
		tick(clock, "2027-01-25 10:00")
		assert not told(manager) and len(told(rep)) == 1


def test_a_touch_that_told_nobody_is_found_before_anybody_is_disturbed(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.put(records.lead(lead_owner=rep), "Qualified")
		frappe.db.set_value("Lead", lead.name, "sf_last_touch_on", "2027-01-06 10:00")
		tick(clock, "2027-01-18 10:01")
		assert not told(rep) and standing.fresh(lead).sf_stage_due == get_datetime("2027-01-20 10:00")


@pytest.mark.parametrize("status", ["Lost", "Closed", "Converted"])
def test_ended_documents_leave(rep, manager, frozen_time, status):
	with frozen_time(MONDAY) as clock:
		deal = standing.deal(opportunity_owner=rep)
		tick(clock, "2027-01-25 10:01")
		assert standing.fresh(deal).sf_stage_late == "Late"
		frappe.db.set_value("Opportunity", deal.name, "status", status)
		unread = standing.deal(opportunity_owner=rep)
		frappe.db.set_value("Opportunity", unread.name, "status", status)
		tick(clock, "2027-02-20 10:01")
		stage_clock.forget_ended()
		assert not standing.fresh(unread).sf_stage_due
		assert not standing.fresh(deal).sf_stage_due and standing.fresh(deal).sf_stage_late == ""
		assert not told(manager)


@pytest.mark.parametrize(
	"rests", [{"sf_in_nurture": 1}, {"sf_invalid_reason": "Test Entry"}, {"disabled": 1}]
)
def test_what_rests_disturbs_nobody(rep, frozen_time, rests):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		frappe.db.set_value("Lead", lead.name, rests)
		tick(clock, OVER)
		assert not told(rep)


def test_who_works_on_it_again_has_a_full_stay(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		frappe.db.set_value("Lead", lead.name, "status", "Do Not Contact")
		tick(clock, "2027-02-01 10:00")
		stage_clock.forget_ended()
		frappe.db.set_value("Lead", lead.name, "status", "Open")
		stage_clock.resume()
		stage_clock.resume()
		assert standing.fresh(lead).sf_stage_due == get_datetime("2027-02-08 10:00")
		tick(clock, "2027-02-01 10:05")
		assert not told(rep)


def test_tuned_limits_count_anew(rep, frozen_time, jobs):
	with frozen_time(MONDAY):
		lead = standing.lead(lead_owner=rep)
		tune(longest_stay=2)
		jobs.run("count_anew")
		assert standing.fresh(lead).sf_stage_due == get_datetime("2027-01-06 10:00")
		tune(longest_stay=0)
		jobs.run("count_anew")
		assert standing.fresh(lead).sf_stage_due is None


def test_a_process_saved_for_another_reason_counts_nothing(jobs):
	process = frappe.get_doc("Sales Process", standing.PROCESS)
	process.description = "Another one"
	process.save()
	frappe.db.commit()
	assert not jobs.named("count_anew")


def test_many_come_in_one_notice_and_one_mail(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		titles = [standing.lead(lead_owner=rep).title for _ in range(7)]
		tick(clock, OVER)
		(notice,) = told(rep)
		assert notice.startswith("7 documents")
		(mail,) = mails_to(rep)
		assert all(title in mail.text for title in titles)


def test_one_that_fails_does_not_stop_the_others(rep, frozen_time, monkeypatch):
	with frozen_time(MONDAY) as clock:
		bad, good = (standing.lead(lead_owner=rep) for _ in range(2))
		watched = stage_clock._fresh

		def fails(row):
			if row.name == bad.name:
				raise ValueError("broken")
			return watched(row)

		monkeypatch.setattr(stage_clock, "_fresh", fails)
		tick(clock, OVER)
		assert standing.fresh(bad).sf_stage_late == "" and standing.fresh(good).sf_stage_late == "Late"
		monkeypatch.undo()
		tick(clock, OVER)
		assert standing.fresh(bad).sf_stage_late == "Late"


def test_with_nothing_due_a_tick_is_a_few_queries(count_queries, frozen_time):
	with frozen_time(MONDAY):
		stage_clock.tick()
		standing.lead()
		stage_clock.tick()
		with count_queries() as queries:
			stage_clock.tick()
	assert len([query for query in queries if query.lower().startswith("select")]) <= 10
	assert not [query for query in queries if query.lower().startswith(("insert", "update"))]


# My Day


def test_my_day_shows_what_is_over_and_what_ends_today(rep, as_user, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		standing.lead()  # of somebody else
		with as_user(rep):
			clock.set("2027-01-08 18:00")
			assert stages_day.waiting(rep, frappe.utils.now_datetime()) is None
			clock.set("2027-01-11 09:00")
			section = stages_day.waiting(rep, frappe.utils.now_datetime())
			assert [(row["title"], row["tone"]) for row in section["rows"]] == [(lead.title, "orange")]
			clock.set(OVER)
			section = next(part for part in my_day.get()["sections"] if part["key"] == "stages")
			assert section["rows"][0]["tone"] == "red" and section["total"] == 1
			assert section["rows"][0]["route"] == f"/app/lead/{lead.name}"


def test_the_manager_sees_what_they_were_told_of(rep, manager, as_user, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.lead(lead_owner=rep)
		tick(clock, OVER)
		with as_user(manager):
			assert stages_day.waiting(manager, frappe.utils.now_datetime()) is None
		tick(clock, ESCALATED)
		with as_user(manager):
			section = stages_day.waiting(manager, frappe.utils.now_datetime())
		assert [row["title"] for row in section["rows"]] == [lead.title]
		assert "The Rep" in section["rows"][0]["detail"]
