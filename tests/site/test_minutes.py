"""Meeting minutes: who was there, actions as ToDos and follow-ups, the touch, presentation and feedback (S3, S6)."""

from __future__ import annotations

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import add_days, get_datetime, getdate, now_datetime

from salesflow_std.salesflow_std import profiles
from tests.site import meetings, plans, records
from tests.site.meetings import action, ago, customer_side, follow_up_of, held, ours, proposal, saved

API = "salesflow_std.api.minutes"


def todo_of(row):
	return frappe.get_doc("ToDo", row.todo)


def contact(doc, **values):
	person = frappe.get_doc({"doctype": "Contact", "first_name": "Plant Manager", **values})
	person.append("links", {"link_doctype": doc.doctype, "link_name": doc.name})
	person.append(
		"email_ids", {"email_id": f"{frappe.generate_hash(length=6)}@works.example", "is_primary": 1}
	)
	return person.insert()


# The minutes


def test_minutes_take_title_and_profile_from_their_document():
	customer = records.customer()
	doc = held(customer, title="Something else", customer_profile=None)
	assert doc.title == customer.customer_name
	assert doc.customer_profile == profiles.profile_of("Customer", customer.name)
	doc.update({"title": "Mine", "sent_on": now_datetime(), "sent_to": "nobody@works.example"})
	doc.save()
	assert (saved(doc).title, saved(doc).sent_on, saved(doc).sent_to) == (customer.customer_name, None, None)


IMPOSSIBLE = {
	"future": lambda: {"held_on": ago(hours=-1)},
	"doctype": lambda: {"reference_doctype": "Supplier"},
	"nobody": lambda: {"participants": [{"side": "Customer", "email_id": "who@works.example"}]},
	"due before": lambda: {"actions": [action(-2)]},  # the meeting of an hour ago may have been yesterday
	"owner": lambda: {"actions": [action(allocated_to="nobody@standard.test")]},
	"no due date": lambda: {"actions": [action(due_on=None)]},
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_impossible_minutes_are_refused(what):
	with pytest.raises(frappe.ValidationError):
		held(**IMPOSSIBLE[what]())


def test_a_clock_that_is_a_little_ahead_is_forgiven():
	assert held(held_on=ago(minutes=-3)).name


def test_a_contact_and_a_user_say_who_they_are(make_user):
	customer = records.customer()
	person, user = contact(customer, designation=None), make_user("Sales User", full_name="Field Rep")
	doc = held(
		customer,
		participants=[
			{"contact": person.name},
			{"user": user},
			{"contact": person.name, "person": "Her Deputy"},
		],
	)
	first, second, third = doc.participants
	assert (first.side, first.person, first.email_id) == ("Customer", person.full_name, person.email_id)
	assert (second.side, second.person, second.email_id) == ("Ours", "Field Rep", user)
	assert third.person == "Her Deputy"


def test_an_action_that_was_there_may_be_older_than_a_corrected_meeting():
	doc = held(held_on=ago(days=3), actions=[action(-2)])
	doc.held_on = ago(days=1)
	doc.save()
	doc.actions[0].due_on = add_days(getdate(), -4)
	with pytest.raises(frappe.ValidationError):
		doc.save()


def test_a_proposal_or_quotation_of_another_customer_is_refused():
	deal, other = records.opportunity(), records.opportunity()
	theirs = proposal(other)
	with pytest.raises(frappe.ValidationError, match=theirs.name):
		held(deal, proposal=theirs.name)
	lead = frappe.get_doc("Lead", deal.party_name)
	assert held(lead, proposal=proposal(deal).name).proposal


# Beginning


def test_minutes_begin_with_who_was_there_and_what_was_approved(call, as_user, make_user):
	rep = make_user("Sales User")
	deal = records.opportunity(opportunity_owner=rep, contact_email=meetings.BUYER)
	shown = proposal(deal)
	with as_user(rep):
		doc = call(f"{API}.make", doctype="Opportunity", name=deal.name)
		assert doc.is_new() and not frappe.db.exists("Meeting Minutes", {"reference_name": deal.name})
		doc.insert()
	assert (doc.meeting_type, doc.proposal, doc.written_by) == ("Presentation", shown.name, rep)
	assert [row.user for row in doc.participants if row.side == "Ours"] == [rep]
	assert [row.email_id for row in doc.participants if row.side == "Customer"] == [meetings.BUYER]


def test_minutes_begin_from_a_proposal_and_from_an_event(call):
	deal = records.opportunity()
	waiting = proposal(deal, status="In Review")
	doc = call(f"{API}.make", doctype="Solution Proposal", name=waiting.name)
	assert (doc.reference_name, doc.proposal, doc.meeting_type) == (deal.name, waiting.name, "Negotiation")
	person = contact(frappe.get_doc("Lead", deal.party_name))
	event = plans.event(deal, starts=str(ago(hours=5)))
	event.append("event_participants", {"reference_doctype": "Contact", "reference_docname": person.name})
	event.save()
	doc = call(f"{API}.make", doctype="Event", name=event.name)
	assert (doc.reference_doctype, doc.reference_name, doc.event) == ("Opportunity", deal.name, event.name)
	assert get_datetime(doc.held_on) == get_datetime(event.starts_on)
	assert person.name in [row.contact for row in doc.participants]


def test_who_may_not_read_the_document_begins_no_minutes(call, as_user, make_user):
	deal = records.opportunity()
	with as_user(make_user("Employee")), pytest.raises(frappe.PermissionError):
		call(f"{API}.make", doctype="Opportunity", name=deal.name)
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.make", doctype="User", name="Administrator")


# Actions are ToDos


def test_an_action_is_a_todo_and_follows_it(make_user):
	owner = make_user("Sales User")
	doc = held(actions=[action(allocated_to=owner, action="Call <them>")])
	todo = todo_of(doc.actions[0])
	assert (todo.allocated_to, todo.date, todo.status) == (owner, getdate(doc.actions[0].due_on), "Open")
	assert (todo.reference_type, todo.reference_name) == ("Meeting Minutes", doc.name)
	assert "Call &lt;them&gt;" in todo.description and doc.title in todo.description
	todo.date = add_days(getdate(), 20)
	todo.save()
	todo.status = "Closed"
	todo.save()
	row = saved(doc).actions[0]
	assert (row.status, getdate(row.done_on), getdate(row.due_on)) == ("Done", getdate(), todo.date)
	doc = saved(doc)
	doc.actions[0].status = "Open"
	doc.save()
	assert todo_of(doc.actions[0]).status == "Open"


def test_todos_end_with_the_action_and_with_the_minutes():
	doc = held(actions=[action(), action(channel="Phone")])
	first, second = (row.todo for row in doc.actions)
	touch = doc.actions[1].follow_up
	doc.remove(doc.actions[0])
	doc.save()
	assert frappe.db.get_value("ToDo", first, "status") == "Cancelled"
	doc.delete()
	assert frappe.db.get_value("ToDo", second, "status") == "Cancelled"
	assert frappe.db.get_value("Follow Up", touch, "status") == "Cancelled"


def test_an_owner_who_may_not_see_the_document_sees_the_todo_only(make_user, as_user):
	helper = make_user("Employee")
	doc = held(actions=[action(allocated_to=helper)])
	with as_user(helper):
		assert not frappe.has_permission("Meeting Minutes", "read", doc=doc.name)
		todo = todo_of(doc.actions[0])
		assert todo.has_permission("read")
		todo.status = "Closed"
		todo.save()
	assert saved(doc).actions[0].status == "Done"


# Actions are follow-ups


def deal_of(rep):
	return plans.deal(opportunity_owner=rep)


def test_what_the_rep_promised_is_a_promise_on_which_the_rhythm_waits(make_user):
	rep = make_user("Sales User")
	deal = deal_of(rep)
	assert plans.only(deal).kind == "Rhythm"
	doc = held(deal, actions=[action(allocated_to=rep, channel="E-mail"), action(allocated_to=rep)])
	touch = plans.only(deal)
	assert touch.name == doc.actions[0].follow_up
	assert (touch.kind, touch.channel, touch.allocated_to) == ("Promise", "E-mail", rep)
	assert (getdate(touch.due_on), touch.goal) == (getdate(doc.actions[0].due_on), "Send the revised plan")
	assert not doc.actions[1].follow_up


def test_a_colleagues_touch_stands_beside_the_rhythm(make_user):
	rep, colleague = make_user("Sales User"), make_user("Sales User")
	deal = deal_of(rep)
	doc = held(deal, actions=[action(allocated_to=colleague, channel="Visit")])
	touch = follow_up_of(doc.actions[0])
	assert (touch.kind, touch.allocated_to) == ("Task", colleague)
	assert [other.kind for other in plans.waiting(deal) if other.name != touch.name] == ["Rhythm"]


def test_who_does_not_sell_has_the_todo_and_the_rep_the_touch(make_user):
	rep, helper = make_user("Sales User"), make_user("Employee")
	doc = held(deal_of(rep), actions=[action(allocated_to=helper, channel="Phone")])
	assert todo_of(doc.actions[0]).allocated_to == helper
	assert follow_up_of(doc.actions[0]).allocated_to == rep


def test_a_follow_up_follows_its_action(make_user):
	rep = make_user("Sales User")
	deal = deal_of(rep)
	doc = held(deal, actions=[action(allocated_to=rep, channel="E-mail")])
	name, day = doc.actions[0].follow_up, getdate(add_days(None, 12))
	doc.actions[0].update({"due_on": day, "channel": "Phone", "action": "Call them"})
	doc.save()
	touch = plans.only(deal)
	assert (touch.name, touch.channel, touch.goal, getdate(touch.due_on)) == (name, "Phone", "Call them", day)
	doc.actions[0].status = "Cancelled"
	doc.save()
	assert follow_up_of(doc.actions[0]).status == "Cancelled"
	assert plans.only(deal).kind == "Rhythm"


@pytest.mark.parametrize("way", ["minutes", "todo", "follow up"])
def test_done_in_one_place_is_done_in_all(way, call, make_user):
	rep = make_user("Sales User")
	doc = held(deal_of(rep), actions=[action(allocated_to=rep, channel="Phone")])
	row = doc.actions[0]
	if way == "minutes":
		row.status, row.result = "Done", "They agree"
		doc.save()
	elif way == "todo":
		todo = todo_of(row)
		todo.status = "Closed"
		todo.save()
	else:
		call("salesflow_std.api.follow_up.complete", name=row.follow_up, outcome="Reached")
	row = saved(doc).actions[0]
	assert (row.status, getdate(row.done_on)) == ("Done", getdate())
	assert todo_of(row).status == "Closed"
	touch = follow_up_of(row)
	assert (touch.status, touch.outcome) == ("Done", "Reached")
	assert (touch.note == "They agree") is (way == "minutes")


def test_tried_in_vain_is_not_done(call):
	doc = held(plans.deal(), actions=[action(channel="Phone")])
	call("salesflow_std.api.follow_up.complete", name=doc.actions[0].follow_up, outcome="No Answer")
	assert saved(doc).actions[0].status == "Open"
	assert todo_of(doc.actions[0]).status == "Open"


@pytest.mark.parametrize(("medium", "status"), [("Email", "Done"), ("Phone", "Open")])
def test_a_touch_that_happened_settles_an_action_of_its_channel(medium, status):
	deal = plans.deal()
	doc = held(deal, actions=[action(0, channel="E-mail")])
	plans.communication(deal, communication_medium=medium, recipients=meetings.BUYER)
	assert saved(doc).actions[0].status == status


def test_a_deleted_follow_up_is_forgotten():
	doc = held(plans.deal(), actions=[action(channel="Phone")])
	frappe.delete_doc("Follow Up", doc.actions[0].follow_up)
	assert not saved(doc).actions[0].follow_up
	assert saved(doc).save()


def test_a_customers_minutes_plan_no_follow_up():
	doc = held(records.customer(), actions=[action(channel="Phone")])
	assert doc.actions[0].todo and not doc.actions[0].follow_up


def test_the_follow_up_of_an_action_is_the_apps_to_say():
	deal = plans.deal()
	foreign = plans.only(deal)
	doc = held(deal, actions=[action(follow_up=foreign.name)])
	assert not doc.actions[0].follow_up


# The meeting is a touch


def test_a_held_meeting_counts_once():
	deal = meetings.deal()
	doc = held(deal, channel="Visit")
	touches = plans.done(deal)
	assert [(t.channel, t.outcome, t.touch_name) for t in touches] == [("Visit", "Meeting Held", doc.name)]
	assert records.state(deal, "sf_last_touch_on") == get_datetime(doc.held_on)
	doc.topics = "More"
	doc.save()
	assert len(plans.done(deal)) == 1


def test_the_event_of_the_day_is_found_and_counts_no_second_time():
	deal = meetings.deal()
	event = plans.event(deal, starts=str(ago(hours=2)))
	doc = held(deal, held_on=ago(hours=2))
	if getdate(event.starts_on) == getdate(doc.held_on):
		assert doc.event == event.name
	assert len(plans.done(deal)) == 1
	event.reload()
	event.status = "Completed"
	event.save()
	assert len(plans.done(deal)) == 1


def test_the_meeting_that_was_planned_is_the_one_that_was_held(frozen_time):
	with frozen_time("2027-03-01 09:00") as clock:
		deal = plans.deal()
		event = plans.event(deal, starts="2027-03-02 10:00")
		meeting = plans.only(deal)
		assert meeting.kind == "Meeting"
		clock.set("2027-03-02 13:00")
		held(deal, held_on="2027-03-02 10:00:00")
		touch = frappe.get_doc("Follow Up", meeting.name)
		assert (touch.status, touch.outcome, touch.touch_name) == ("Done", "Meeting Held", event.name)
		assert len(plans.done(deal)) == 1


def test_a_visit_that_was_written_down_already_is_the_meeting():
	lead = records.lead()
	from salesflow_std.api.lead import touched

	touched(lead.name, channel="Visit")
	before = len(plans.done(lead))
	held(lead, held_on=now_datetime(), channel="Visit")
	assert len(plans.done(lead)) == before
	held(lead, held_on=now_datetime(), channel="Phone")
	assert len(plans.done(lead)) == before + 1


# Presentation and feedback


@pytest.mark.parametrize("status", ["Draft", "In Review", "Changes Asked", "Rejected"])
def test_what_nobody_approved_cannot_have_been_presented(status):
	deal = records.opportunity()
	waiting = proposal(deal, status=status)
	with pytest.raises(frappe.ValidationError, match=waiting.name):
		held(deal, meeting_type="Presentation", proposal=waiting.name)
	assert held(deal, meeting_type="Negotiation", proposal=waiting.name).name
	assert not records.state(waiting, "presented_on")


def test_a_version_approved_after_the_meeting_was_not_presented_there():
	deal = records.opportunity()
	shown = proposal(deal, approved_on=ago(days=1))
	with pytest.raises(frappe.ValidationError, match="after the meeting"):
		held(deal, meeting_type="Presentation", proposal=shown.name, held_on=ago(days=3))


def test_a_proposal_knows_when_it_was_first_presented():
	deal = records.opportunity()
	shown = proposal(deal, approved_on=ago(days=9))
	later = held(deal, meeting_type="Presentation", proposal=shown.name, held_on=ago(days=1))
	assert records.state(shown, "presented_on") == getdate(later.held_on)
	first = held(deal, meeting_type="Presentation", proposal=shown.name, held_on=ago(days=4))
	assert records.state(shown, "presented_on") == getdate(first.held_on)
	first.delete()
	assert records.state(shown, "presented_on") == getdate(later.held_on)
	later.meeting_type = "Other"
	later.save()
	assert not records.state(shown, "presented_on")


def test_a_presented_version_may_be_superseded_later():
	deal = records.opportunity()
	shown = proposal(deal)
	doc = held(deal, meeting_type="Presentation", proposal=shown.name)
	frappe.db.set_value("Solution Proposal", shown.name, "status", "Superseded")
	doc.topics = "More"
	doc.save()
	assert held(deal, meeting_type="Presentation", proposal=shown.name).name


def test_an_objection_is_made_once_and_not_changed():
	deal = records.opportunity()
	shown = proposal(deal)
	said = {
		"kind": "Objected",
		"feedback": "Too dear",
		"said_by": "Purchasing Manager",
		"objection_kind": "Price",
	}
	doc = held(deal, proposal=shown.name, feedback=[said, {"kind": "Liked", "feedback": "The pilot"}])
	made = frappe.get_doc("Objection", doc.feedback[0].objection)
	assert (made.reference_name, made.proposal, made.kind) == (deal.name, shown.name, "Price")
	assert (made.objection, made.raised_by) == ("Too dear", "Purchasing Manager")
	assert get_datetime(made.raised_on) == get_datetime(doc.held_on)
	assert not doc.feedback[1].objection
	doc.feedback[0].feedback = "Much too dear"
	doc.save()
	assert frappe.db.count("Objection", {"reference_name": deal.name}) == 1
	assert frappe.db.get_value("Objection", made.name, "objection") == "Too dear"


def test_a_table_that_is_sent_anew_makes_nothing_twice():
	deal = records.opportunity()
	said = {"kind": "Objected", "feedback": "Too dear", "objection_kind": "Price"}
	doc = held(deal, feedback=[said])
	doc = saved(doc)
	doc.set("feedback", [])
	doc.append("feedback", said)
	doc.save()
	assert frappe.db.count("Objection", {"reference_name": deal.name}) == 1
	assert doc.feedback[0].objection


def test_a_correction_goes_to_the_proposal_once():
	deal = records.opportunity()
	shown = proposal(deal)
	said = {"kind": "Correction", "feedback": "Two shifts, not three", "said_by": "Plant Manager"}
	doc = held(deal, feedback=[said])
	assert not doc.feedback[0].passed_on_to
	doc.proposal = shown.name
	doc.save()
	doc.save()
	rows = frappe.get_all(
		"Proposal Correction",
		filters={"source_name": doc.name},
		fields=["parent", "correction", "said_by", "source_doctype"],
		order_by="idx",
	)
	assert [(row.correction, row.said_by, row.source_doctype) for row in rows] == [
		("Two shifts, not three", "Plant Manager", "Meeting Minutes")
	]
	assert saved(doc).feedback[0].passed_on_to == rows[0].parent


# My Day


def titles(user):
	from salesflow_std.api import my_day

	frappe.set_user(user)
	try:
		found = my_day.get()["sections"]
	finally:
		frappe.set_user("Administrator")
	return next(([row["title"] for row in part["rows"]] for part in found if part["key"] == "actions"), [])


def test_actions_that_are_due_are_on_the_day_once(make_user):
	rep, other = make_user("Sales User"), make_user("Sales User")
	held(
		deal_of(rep),
		held_on=ago(days=3),
		actions=[
			action(-1, allocated_to=rep, action="Overdue"),
			action(0, allocated_to=rep, action="Today"),
			action(0, allocated_to=rep, action="A touch", channel="Phone"),
			action(1, allocated_to=rep, action="Tomorrow"),
			action(0, allocated_to=other, action="Somebody else's"),
		],
	)
	assert titles(rep) == ["Overdue", "Today"]
	assert titles(other) == ["Somebody else's"]


# Rights


def test_minutes_are_seen_with_their_document(make_user, as_user):
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	mine = held(records.customer(territory=territory.name))
	foreign = held(records.customer(territory="China"), feedback=[{"kind": "Liked", "feedback": "It"}])
	with as_user(rep):
		assert frappe.get_list("Meeting Minutes", pluck="name", order_by="name") == [mine.name]
		assert not frappe.has_permission("Meeting Minutes", "read", doc=foreign.name)
		for child in ("Minutes Action", "Minutes Participant", "Minutes Feedback"):
			parents = frappe.get_list(
				child, fields=["parent"], parent_doctype="Meeting Minutes", order_by="name"
			)
			assert {row.parent for row in parents} <= {mine.name}
		with pytest.raises(frappe.PermissionError):
			held(frappe.get_doc("Customer", foreign.reference_name))


def test_both_sides_stand_in_the_table():
	doc = held(participants=[customer_side(), ours(), customer_side(person="Absent One", present=0)])
	assert [row.side for row in doc.participants] == ["Customer", "Ours", "Customer"]
