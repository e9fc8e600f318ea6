"""Follow-ups on customers: what really happened counts by itself, and what a rep says of it (P6, F4, A3, A5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime, now_datetime

from salesflow_std.api import my_day
from salesflow_std.api.follow_up import complete
from salesflow_std.jobs import follow_up_clock
from salesflow_std.salesflow_std import customer_tasks, survey_calls, surveys
from tests.site import guest_survey, plans, records
from tests.site.caring import CALL, EXECUTIVES, MONDAY, VISIT, customer, followed

GOAL = survey_calls.GOAL


@pytest.fixture
def clock(frozen_time):
	frappe.db.set_value("Festival", {"enabled": 1}, "enabled", 0)
	with frozen_time(MONDAY) as clock:
		yield clock


def task(doc, rep, due="2027-01-12 15:00", key=None):
	return customer_tasks.plan(doc.name, rep, GOAL, get_datetime(due), key=key)


def finish(doc, policy, outcome, **more):
	touch = followed(doc)[policy]
	complete(touch.name, outcome, **more)
	return frappe.get_doc("Follow Up", touch.name)


def touched_on(doc):
	return records.state(doc, "sf_last_touch_on")


def call_log(doc, **values):
	return frappe.get_doc(
		{
			"doctype": "Call Log",
			"id": frappe.generate_hash(length=10),
			"from": "+8610000",
			"to": "+8620000",
			"type": "Outgoing",
			"status": "Completed",
			"links": [{"link_doctype": "Customer", "link_name": doc.name}],
			**values,
		}
	).insert(ignore_permissions=True)


# What happened ---------------------------------------------------------------------------------------------------


def test_a_call_closes_the_call_and_no_visit(rep, clock):
	doc = customer(rep, "Strategic", "High")
	first = followed(doc)
	log = call_log(doc)
	done = plans.done(doc)
	assert [(touch.name, touch.outcome, touch.touch_name) for touch in done] == [
		(first[CALL].name, "Reached", log.name)
	]
	now = followed(doc)
	assert now[VISIT].name == first[VISIT].name and now[EXECUTIVES].name == first[EXECUTIVES].name
	assert now[CALL].due_on > first[CALL].due_on or now[CALL].due_on.month == 2
	assert touched_on(doc) == now_datetime().replace(microsecond=0)
	log.reload().save()
	assert len(plans.done(doc)) == 1


def test_a_second_call_of_the_same_days_is_the_same_conversation(rep, clock):
	doc = customer(rep, "Core", "High")
	call_log(doc)
	touch = plans.only(doc)
	clock.shift(days=2)
	call_log(doc)
	assert plans.only(doc).name == touch.name
	assert sorted(done.kind for done in plans.done(doc)) == ["Rhythm", "Unplanned"]


def test_mail_is_a_touch_and_closes_no_call(rep, clock):
	doc = customer(rep, "Core", "High")
	touch = plans.only(doc)
	mail = plans.communication(doc)
	assert [(done.kind, done.channel) for done in plans.done(doc)] == [("Unplanned", "E-mail")]
	assert plans.only(doc).name == touch.name and touched_on(doc)
	mail.reload()
	mail.delivery_status = "Bounced"
	mail.save(ignore_permissions=True)
	assert touched_on(doc) is None
	plans.reply(doc)
	assert plans.only(doc).name == touch.name


def test_a_visit_that_took_place_is_the_visit_and_no_meeting_of_the_executives(rep, clock):
	doc = customer(rep, "Strategic", "Medium")
	first = followed(doc)
	event = plans.event(doc, starts="2027-01-11 08:00", status="Completed")
	assert [(done.policy, done.touch_name) for done in plans.done(doc)] == [(VISIT, event.name)]
	assert followed(doc)[EXECUTIVES].name == first[EXECUTIVES].name


def test_an_appointment_is_the_visit_on_its_day(rep, clock):
	doc = customer(rep, "Strategic", "Medium")
	first = followed(doc)[VISIT]
	event = plans.event(doc, starts="2027-01-20 10:00")
	visit = followed(doc)[VISIT]
	assert (visit.name, visit.kind, str(visit.due_on)) == (first.name, "Meeting", "2027-01-20 11:00:00")
	event.reload()
	event.status = "Cancelled"
	event.save()
	again = followed(doc)[VISIT]
	assert (again.name != first.name, again.kind) == (True, "Rhythm")


# What a rep says -------------------------------------------------------------------------------------------------


def test_nobody_there_is_tried_again_and_does_not_count(rep, as_user, clock):
	doc = customer(rep, "Core", "High")
	with as_user(rep):
		finish(doc, CALL, "No Answer")
	again = plans.only(doc)
	assert (again.retry, again.policy, str(again.due_on)) == (1, CALL, "2027-01-12 18:00:00")
	assert touched_on(doc) is None
	with as_user(rep):
		finish(doc, CALL, "Wrong Contact", right_name="Plant <b>Manager</b>")
	comment = frappe.get_all(
		"Comment",
		filters={"reference_name": doc.name, "comment_type": "Info"},
		pluck="content",
		order_by="name",
	)
	assert any("Plant &lt;b&gt;Manager" in text for text in comment)
	with as_user(rep):
		finish(doc, CALL, "Reached")
	assert plans.only(doc).due_on.month == 2


def test_a_date_that_was_agreed_counts(rep, as_user, clock):
	doc = customer(rep, "Core", "High")
	with as_user(rep):
		finish(doc, CALL, "Call Later", next_on="2027-01-14 15:00")
	agreed = plans.only(doc)
	assert (agreed.kind, agreed.policy, str(agreed.due_on)) == ("Promise", CALL, "2027-01-14 15:00:00")
	follow_up_clock.tick()
	with as_user(rep):
		finish(doc, CALL, "Reached", next_on="2027-01-20 10:00")
	assert {(touch.kind, touch.policy) for touch in plans.waiting(doc)} == {
		("Promise", None),
		("Rhythm", CALL),
	}


def test_the_executives_meeting_is_agreed_held_and_comes_again_in_a_year(rep, as_user, clock):
	doc = customer(rep, "Strategic", "Medium")
	with as_user(rep):
		finish(doc, EXECUTIVES, "Meeting Agreed", next_on="2027-02-03 10:00")
	meeting = followed(doc)[EXECUTIVES]
	assert (meeting.kind, str(meeting.due_on)) == ("Meeting", "2027-02-03 11:00:00") and meeting.event
	visit = followed(doc)[VISIT]
	assert visit.kind == "Rhythm"
	clock.set("2027-02-03 12:00")
	event = frappe.get_doc("Event", meeting.event)
	event.status = "Completed"
	event.save()
	following = followed(doc)[EXECUTIVES]
	assert following.due_on.year == 2028 and following.due_on.month == 2


def test_whether_a_customer_is_lost_is_not_said_by_a_touch(rep, as_user, clock):
	doc = customer(rep, "Core", "High")
	with as_user(rep), pytest.raises(frappe.ValidationError, match="loss analysis"):
		finish(doc, CALL, "Not Interested", what_now="Lost")
	assert plans.only(doc)


def test_who_drops_a_touch_skips_one_turn(rep, clock, manager, as_user):
	doc = customer(rep, "Core", "High")
	touch = frappe.get_doc("Follow Up", plans.only(doc).name)
	with as_user(manager):
		touch.status = "Cancelled"
		touch.save()
	assert plans.only(doc).due_on > touch.due_on
	assert frappe.db.get_value("Follow Up", touch.name, "done_by") == manager


def test_a_manager_gives_the_customer_to_somebody_else(rep, manager, make_user, as_user, call, clock):
	other = make_user("Sales User")
	doc = customer(rep, "Core", "High")
	task(doc, rep)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call("salesflow_std.api.follow_up.reassign", name=followed(doc)[CALL].name, user=other)
	with as_user(manager):
		call("salesflow_std.api.follow_up.reassign", name=followed(doc)[CALL].name, user=other)
	assert {touch.allocated_to for touch in plans.waiting(doc)} == {other}
	assert records.state(doc, "account_manager") == other


# Tasks and My Day --------------------------------------------------------------------------------------------------


def test_a_task_with_a_customer_is_done_and_shown(rep, as_user, call, clock):
	doc = customer(rep)
	name = task(doc, rep, "2027-01-11 15:00")
	assert records.state(doc, "sf_next_touch_on") == get_datetime("2027-01-11 15:00")
	with as_user(rep):
		item = next(item for item in my_day.get()["items"] if item["name"] == name)
		assert (item["doctype"], item["docname"], item["title"]) == ("Customer", doc.name, doc.customer_name)
		assert call("salesflow_std.api.my_day.suggest", follow_up=name)["title"] == doc.customer_name
		told = call("salesflow_std.api.follow_up.complete", name=name, outcome="Reached")
	assert (told["status"], told["next"]) == ("Done", None)
	assert records.state(doc, "sf_next_touch_on") is None


def test_a_task_is_not_closed_by_a_call_that_may_have_been_about_something_else(rep, clock):
	doc = customer(rep)
	task(doc, rep, "2027-01-11 08:00")
	call_log(doc)
	assert plans.only(doc).goal == GOAL


def test_a_call_for_a_survey_in_vain_is_tried_again(rep, as_user, clock):
	doc = records.customer(account_manager=rep)
	survey = guest_survey.survey(customer=doc.name, allocated_to=rep)
	survey_calls.plan(survey, get_datetime("2027-01-11 15:00"))
	with as_user(rep):
		complete(plans.only(doc).name, "No Answer")
	again = plans.only(doc)
	assert (again.kind, again.goal, str(again.due_on)) == ("Task", GOAL, "2027-01-12 18:00:00")
	assert frappe.db.get_value(surveys.DOCTYPE, survey.name, "call_task") == again.name
	surveys.record_by_phone(survey.name, guest_survey.HAPPY, "Purchasing Manager")
	assert not plans.waiting(doc, goal=GOAL)


def test_a_task_in_vain_keeps_its_cause(rep, as_user, clock):
	doc = customer(rep)
	first = customer_tasks.make(doc.name, rep, "Take up the referral", "S-1")
	with as_user(rep):
		complete(first, "No Answer")
	assert customer_tasks.make(doc.name, rep, "Take up the referral", "S-1") is None
	customer_tasks.done(doc.name, "Take up the referral", "S-1")
	assert plans.waiting(doc) == []


def test_a_rep_plans_a_task_with_a_customer_by_hand(rep, as_user, clock):
	doc = customer(rep)
	with as_user(rep):
		touch = frappe.get_doc(
			{
				"doctype": "Follow Up",
				"reference_doctype": "Customer",
				"reference_name": doc.name,
				"allocated_to": rep,
				"due_on": "2027-01-13 10:00",
				"channel": "Phone",
				"goal": "Ask for the drawings",
			}
		).insert()
	assert (touch.title, str(touch.late_on)) == (doc.customer_name, "2027-01-14 10:00:00")
	assert records.state(doc, "sf_next_touch_on") == get_datetime("2027-01-13 10:00")


def test_what_is_missed_is_told_to_the_manager(rep, manager, clock):
	doc = customer(rep, "Strategic", "Medium")
	visit = followed(doc)[VISIT]
	clock.set(str(frappe.utils.add_days(visit.late_on, 1)))
	follow_up_clock.tick()
	touch = frappe.get_doc("Follow Up", visit.name)
	assert (touch.status, touch.escalated_to) == ("Missed", manager)
