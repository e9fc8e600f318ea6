"""Plans: rhythms by grade, first touch, outcomes, value items, policies, permissions (F1-F4, L7, L8, N5, P2)."""

import itertools
import json
from collections import Counter
from datetime import date, timedelta

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.api import follow_up
from salesflow_std.jobs import follow_up_clock
from salesflow_std.salesflow_std import follow_ups, value_items
from salesflow_std.setup import shipped_defaults
from tests.site import plans, records
from tests.site.plans import MONDAY

A_MONDAY = date(2027, 1, 11)


def refused():
	"""Title and text of the last refusal."""
	last = frappe.local.message_log[-1]
	last = json.loads(last) if isinstance(last, str) else last
	return last.get("title"), last.get("message")


def live(clock, doc, weeks):
	"""Does every touch at ten on its day for so many weeks; returns the dates."""
	done = []
	while True:
		touch = plans.only(doc)
		if touch.due_on.date() >= A_MONDAY + timedelta(weeks=weeks):
			return done
		clock.set(f"{plans.day(touch.due_on)} 10:00")
		plans.finish(doc)
		done.append(touch.due_on.date())


def by_week(dates):
	return Counter((day - A_MONDAY).days // 7 for day in dates)


# Rhythms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("points", "per_week", "weeks"), [("5555", 2, 5), ("3333", 1, 5)], ids=["A twice a week", "B once a week"]
)
def test_f1_a_lead_of_each_grade_has_its_rhythm(frozen_time, points, per_week, weeks):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm(points)
		dates = live(clock, lead, weeks)
	counted = by_week(dates)
	assert [counted[week] for week in range(1, weeks)] == [per_week] * (weeks - 1)
	assert all(day.weekday() < 5 for day in dates)
	assert all((later - day).days >= 2 for day, later in itertools.pairwise(dates))


def test_f1_c_has_one_light_touch_a_month(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("1111")
		assert records.state(lead, "sf_in_nurture") == 1
		dates = live(clock, lead, 20)
	assert [(day.year, day.month) for day in dates][:4] == [(2027, 2), (2027, 3), (2027, 4), (2027, 5)]
	assert all(day.weekday() < 5 for day in dates)


@pytest.mark.parametrize(
	("days", "grade", "expected"),
	[(20, "S", [2, 2, 2]), (60, "A", [1, 1, 1]), (200, "B", [0, 1, 0])],
)
def test_f2_an_opportunity_of_each_grade_has_its_rhythm(frozen_time, days, grade, expected):
	with frozen_time(MONDAY) as clock:
		deal = plans.deal(days)
		assert records.state(deal, "sf_grade") == grade
		plans.call_log(deal)
		counted = by_week(live(clock, deal, 4))
	found = [counted[week] for week in (1, 2, 3)]
	assert found == expected or (grade == "B" and sum(found) in (1, 2))


def test_channels_rotate(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		channels = []
		for _ in range(4):
			touch = plans.only(lead)
			channels.append(touch.channel)
			clock.set(f"{plans.day(touch.due_on)} 10:00" if channels[1:] else MONDAY)
			plans.finish(lead)
	assert channels == ["Phone", "E-mail", "Phone", "Online Meeting"]


def test_the_days_of_a_rep_are_levelled(frozen_time, make_user):
	rep = make_user()
	with frozen_time(MONDAY):
		leads = [plans.in_rhythm("3333", lead_owner=rep) for _ in range(9)]
		per_day = Counter(plans.only(lead).due_on.date() for lead in leads)
	assert max(per_day.values()) <= 4, per_day


def test_no_grade_no_plan(frozen_time):
	with frozen_time(MONDAY):
		lead, deal = records.lead(), records.opportunity()
		follow_up_clock.tick()
		assert plans.waiting(lead) == plans.waiting(deal) == []


def test_first_touch_then_rhythm(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded("5555")
		first = plans.only(lead)
		assert (first.kind, first.due_on) == ("First Touch", get_datetime("2027-01-13 09:00"))
		clock.set("2027-01-12 10:00")
		plans.finish(lead)
		assert plans.only(lead).kind == "Rhythm"
		assert records.state(lead, "sf_first_touch_status") == "Met"


def test_planning_twice_is_planning_once(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm()
		before = plans.touches_of(lead)
		for _ in range(3):
			clock.shift(minutes=7)
			follow_ups.plan("Lead", lead.name)
			follow_up_clock.tick()
		assert plans.touches_of(lead) == before


def test_one_open_touch_even_with_two_planners_at_once(frozen_time, monkeypatch):
	"""The second one read before the first one wrote; what keeps them apart is the unique key."""
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		with monkeypatch.context() as patch:
			patch.setattr(follow_ups, "open_touches_of", lambda doctype, names: {})
			follow_ups.plan("Lead", lead.name)
			follow_ups.Planning().plan("Lead", [lead.name])
		assert plans.only(lead).kind == "Rhythm"


def test_the_key_is_unique_in_the_database(frozen_time):
	with frozen_time(MONDAY):
		first, other = plans.in_rhythm(), plans.in_rhythm()
		key = plans.only(first).open_key
		with pytest.raises(frappe.UniqueValidationError):
			copy = frappe.get_doc("Follow Up", plans.only(other).name)
			copy.open_key = key
			copy.db_update()


# Changes of grade ------------------------------------------------------------------------------------------


def test_a_higher_grade_changes_the_plan_at_once_and_keeps_the_gap(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		old = plans.only(lead)
		clock.set("2027-01-12 10:00")
		records.score(lead, "5555")
		new = plans.only(lead)
		assert frappe.db.get_value("Follow Up", old.name, "status") == "Cancelled"
		assert new.grade == "A"
		assert date(2027, 1, 13) <= new.due_on.date() <= date(2027, 1, 15)


def test_a_lower_grade_waits_for_its_own_rhythm(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		records.score(lead, "3333")
		assert plans.only(lead).due_on.date() >= date(2027, 1, 18)


def test_to_and_fro_does_not_bunch_touches(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		for hour, points in enumerate(("3333", "5555", "1111", "5555", "3333", "5555"), start=10):
			clock.set(f"2027-01-11 {hour}:00")
			records.score(lead, points)
		assert plans.only(lead).due_on.date() >= date(2027, 1, 13)


def test_the_same_grade_again_changes_nothing(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		before = plans.waiting(lead)
		clock.shift(hours=3)
		records.score(lead, "5554")
		assert plans.waiting(lead) == before


def test_an_opportunity_follows_its_closing_date(frozen_time):
	with frozen_time(MONDAY):
		deal = plans.deal(200)
		plans.call_log(deal)
		assert plans.only(deal).grade == "B"
		deal.reload()
		deal.expected_closing = "2027-01-25"
		deal.save()
		assert plans.only(deal).grade == "S"
		assert date(2027, 1, 13) <= plans.only(deal).due_on.date() <= date(2027, 1, 15)


def test_a_grade_without_a_rhythm_has_no_plan(frozen_time, jobs):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("3333")
		policy = plans.policy()
		policy.rhythms = [row for row in policy.rhythms if row.grade != "B"]
		policy.save()
		jobs.run("plan_anew")
		assert plans.waiting(lead) == []
		assert records.state(lead, "sf_next_touch_on") is None


# Planned by hand -------------------------------------------------------------------------------------------


def task(doc, due, **values):
	return frappe.get_doc(
		{
			"doctype": "Follow Up",
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"allocated_to": "Administrator",
			"due_on": due,
			"channel": "Visit",
			"goal": "Bring the sample",
			**values,
		}
	).insert()


def test_a_follow_up_by_hand_stands_beside_the_rhythm(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		rhythm = plans.only(lead)
		own = task(lead, "2027-01-12 15:00")
		assert {t.name for t in plans.waiting(lead)} == {rhythm.name, own.name}
		assert records.state(lead, "sf_next_touch_on") == get_datetime("2027-01-12 15:00")
		records.score(lead, "5555")
		clock.set("2027-01-14 10:00")
		follow_up_clock.tick()
		assert frappe.db.get_value("Follow Up", own.name, "status") == "Planned", (
			"nobody cancels it or misses it"
		)


def test_a_visit_written_down_by_hand_is_a_touch(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.shift(hours=3)
		task(lead, "2027-01-11 10:00", status="Done", outcome="Reached", done_on="2027-01-11 11:00")
		assert records.state(lead, "sf_first_touched_on", "sf_first_touch_status") == (
			get_datetime("2027-01-11 11:00"),
			"Met",
		)
		assert plans.only(lead).kind == "Rhythm"
		assert plans.only(lead).due_on.date() >= date(2027, 1, 13)


def test_the_state_of_a_follow_up_is_the_apps_alone(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		own = task(lead, "2027-01-12 15:00", kind="Rhythm", open_key="mine", retry=1, escalated_on=MONDAY)
		assert (own.kind, own.open_key, own.retry or 0, own.escalated_on) == ("Task", None, 0, None)
		touch = frappe.get_doc("Follow Up", plans.waiting(lead, kind="Rhythm")[0].name)
		key = touch.open_key
		touch.update({"kind": "Task", "open_key": None, "late_on": "2027-12-31 00:00:00"})
		touch.save()
		touch.reload()
		assert (touch.kind, touch.open_key) == ("Rhythm", key)
		assert touch.late_on < get_datetime("2027-02-01")


def test_a_due_date_moved_by_hand_is_a_promise(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		touch = frappe.get_doc("Follow Up", plans.only(lead).name)
		touch.due_on = "2027-01-20 11:00:00"
		touch.save()
		moved = plans.only(lead)
		assert (moved.name, moved.kind, moved.due_on) == (
			touch.name,
			"Promise",
			get_datetime("2027-01-20 11:00"),
		)
		records.score(lead, "3333")
		assert plans.only(lead).due_on == get_datetime("2027-01-20 11:00")


def test_a_first_touch_moved_by_hand_keeps_its_deadline(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		touch = frappe.get_doc("Follow Up", plans.only(lead).name)
		touch.due_on = "2027-01-29 11:00:00"
		touch.save()
		assert records.state(lead, "sf_first_touch_due") == get_datetime("2027-01-13 09:00")
		assert plans.only(lead).due_on == get_datetime("2027-01-13 09:00")


@pytest.mark.parametrize("way", ["cancel", "delete"])
def test_a_cancelled_or_deleted_touch_is_planned_anew(frozen_time, way):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		touch = frappe.get_doc("Follow Up", plans.only(lead).name)
		if way == "cancel":
			touch.status = "Cancelled"
			touch.save()
		else:
			touch.delete()
		again = plans.only(lead)
		assert again.name != touch.name and again.kind == "Rhythm"


# Closing, by whatever path ---------------------------------------------------------------------------------


def by_form(name, values):
	doc = frappe.get_doc("Follow Up", name)
	doc.update(values)
	doc.save()


def by_rest(name, values):
	frappe.get_attr("frappe.client.set_value")("Follow Up", name, values)


def by_bulk_edit(name, values):
	from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

	failed = submit_cancel_or_update_docs("Follow Up", [name], "update", values)
	if failed:
		raise frappe.ValidationError(failed)


def by_kanban(name, values):
	from frappe.desk.doctype.kanban_board.kanban_board import update_order_for_single_card

	if not frappe.db.exists("Kanban Board", "Touches"):
		frappe.get_doc(
			{
				"doctype": "Kanban Board",
				"kanban_board_name": "Touches",
				"reference_doctype": "Follow Up",
				"field_name": "status",
				"columns": [
					{
						"column_name": status,
						"status": "Active",
						"order": json.dumps([name] if status == "Planned" else []),
					}
					for status in ("Planned", "Done", "Missed", "Cancelled")
				],
			}
		).insert()
	rest = {key: value for key, value in values.items() if key != "status"}
	if rest:
		by_form(name, rest)
	update_order_for_single_card("Touches", name, "Planned", values["status"], 0, 0)


def by_import(name, values):
	from frappe.core.doctype.data_import.data_import import start_import

	header = ",".join(("ID", *(frappe.get_meta("Follow Up").get_label(field) for field in values)))
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"{name}.csv",
			"content": f"{header}\n{','.join((name, *values.values()))}\n",
			"is_private": 1,
		}
	).insert()
	data_import = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Follow Up",
			"import_type": "Update Existing Records",
			"import_file": file.file_url,
		}
	).insert()
	# Its log is of an engine without transactions, and at a frozen time every import has the same name.
	frappe.db.delete("Data Import Log", {"data_import": data_import.name})
	start_import(data_import.name)
	status = frappe.db.get_value("Data Import", data_import.name, "status")
	if status != "Success":
		raise frappe.ValidationError(status)


PATHS = (by_form, by_rest, by_bulk_edit, by_kanban, by_import)


@pytest.mark.parametrize("path", PATHS)
def test_a_touch_is_finished_by_every_path(frozen_time, path):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		touch = plans.only(lead)
		clock.shift(hours=1)
		path(touch.name, {"status": "Done", "outcome": "Reached"})
		(closed,) = plans.done(lead)
		assert (closed.name, closed.done_on, closed.done_by, closed.open_key) == (
			touch.name,
			get_datetime("2027-01-11 10:00"),
			"Administrator",
			None,
		)
		assert records.state(lead, "sf_first_touch_status") == "Met"
		assert plans.only(lead).kind == "Rhythm"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", ["Done", "Missed"])
def test_a_refusal_holds_on_every_path(frozen_time, path, status):
	with frozen_time(MONDAY):
		lead = plans.graded()
		touch = plans.only(lead)
		frappe.db.commit()  # the refused request is rolled back by whoever made it
		with pytest.raises(frappe.ValidationError):
			path(touch.name, {"status": status})
		assert frappe.db.get_value("Follow Up", touch.name, "status") == "Planned"
		assert records.state(lead, "sf_first_touched_on") is None


@pytest.mark.parametrize(
	("values", "title", "text"),
	[
		({"status": "Done"}, "Outcome Missing", "Say how it went"),
		({"status": "Missed"}, "Status", "The clock says which follow-ups are missed"),
		(
			{"status": "Done", "outcome": "Call Later"},
			"Agreed Next Date",
			"when the customer wants to be called",
		),
		({"status": "Done", "outcome": "Meeting Agreed"}, "Agreed Next Date", "Say when the meeting is"),
		({"status": "Done", "outcome": "Not Interested"}, "What Now", "nurture pool or is lost"),
		(
			{"status": "Done", "outcome": "Not Interested", "what_now": "Lost"},
			"Lost Reason",
			"why the customer is lost",
		),
		({"status": "Done", "outcome": "Reached", "done_on": "2027-01-12 09:00"}, "Done On", "still to come"),
		({"status": "Done", "outcome": "Reached", "done_on": "2027-01-08 09:00"}, "Done On", "captured on"),
		(
			{"status": "Done", "outcome": "Call Later", "next_on": "2027-01-10 09:00"},
			"Agreed Next Date",
			"lies before",
		),
		({"due_on": "2027-01-08 09:00"}, "Due On", "a time that is over"),
	],
)
def test_what_is_refused_and_what_is_said(frozen_time, values, title, text):
	with frozen_time(MONDAY):
		lead = plans.graded()
		touch = plans.only(lead)
		with pytest.raises(frappe.ValidationError):
			by_form(touch.name, values)
		assert refused()[0] == title
		assert text in refused()[1]


def test_what_happened_stays_as_it_was(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		touch = plans.finish(lead)
		upcoming = plans.only(lead)
		for values in ({"status": "Planned"}, {"status": "Cancelled"}):
			with pytest.raises(frappe.ValidationError):
				by_form(touch.name, values)
			assert refused()[0] == "Already Closed"
			assert f"/app/follow-up/{upcoming.name}" in refused()[1], "the way on"
		with pytest.raises(frappe.ValidationError):
			follow_up.complete(touch.name, "Reached")
		assert refused()[0] == "Already Closed"
		assert records.state(lead, "sf_touches") == 1


def test_follow_ups_are_for_leads_opportunities_and_customers(frozen_time):
	with frozen_time(MONDAY), pytest.raises(frappe.ValidationError, match="Follow-ups are for"):
		task(frappe.get_doc("Company", records.COMPANY), "2027-01-12 15:00")


def test_the_api_says_what_comes_next(frozen_time, call):
	with frozen_time(MONDAY):
		lead = plans.graded()
		told = call("salesflow_std.api.follow_up.complete", name=plans.only(lead).name, outcome="Reached")
		upcoming = plans.only(lead)
	assert told["status"] == "Done"
	assert (told["next"]["name"], told["next"]["due_on"]) == (upcoming.name, upcoming.due_on)


# Outcomes --------------------------------------------------------------------------------------------------


def test_no_answer_is_no_first_touch_and_is_tried_again(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		plans.finish(lead, "No Answer")
		again = plans.only(lead)
		assert (again.kind, again.due_on) == ("First Touch", get_datetime("2027-01-13 09:00"))
		assert again.channel != "Phone"
		assert records.state(lead, "sf_first_touched_on") is None


def test_no_answer_behind_the_deadline_is_tried_again_the_next_working_day(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.set("2027-01-15 17:00")
		plans.finish(lead, "No Answer")
		assert plans.only(lead).due_on == get_datetime("2027-01-18 18:00")
		follow_up_clock.tick()
		assert plans.only(lead).due_on == get_datetime("2027-01-18 18:00")


def test_no_answer_in_the_rhythm_waits_for_the_gap(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		due = plans.only(lead)
		clock.set(f"{plans.day(due.due_on)} 10:00")
		touches = records.state(lead, "sf_touches")
		plans.finish(lead, "No Answer")
		again = plans.only(lead)
		assert again.channel != due.channel
		assert (again.due_on.date() - due.due_on.date()).days >= 2
		assert records.state(lead, "sf_touches") == touches


def test_a_reply_whose_answer_reached_nobody_is_still_to_be_answered(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		plans.reply(lead)
		plans.finish(lead, "No Answer", channel="Phone")
		again = plans.only(lead)
		assert (again.kind, plans.day(again.due_on)) == ("Reply", "2027-01-13")


def test_call_later_is_due_when_the_customer_said(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		plans.finish(lead, "Call Later", next_on="2027-01-22 15:30:00")
		promise = plans.only(lead)
		assert (promise.kind, promise.due_on) == ("Promise", get_datetime("2027-01-22 15:30"))
		assert records.state(lead, "sf_first_touch_status") == "Met", "somebody has talked to us"
		clock.set("2027-01-22 15:40")
		plans.finish(lead)
		assert plans.only(lead).kind == "Rhythm"


def test_reached_with_a_date_is_a_promise_too(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		plans.finish(lead, "Reached", next_on="2027-01-22 15:30:00")
		assert plans.only(lead).due_on == get_datetime("2027-01-22 15:30")


def test_wrong_contact_asks_for_the_right_one(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		plans.finish(lead, "Wrong Contact")
		again = plans.only(lead)
		assert (again.kind, again.goal) == ("First Touch", "Find the right contact")
		assert records.state(lead, "sf_first_touched_on") is None


def test_the_right_contact_is_written_down(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", email_id="old@sample-works.example", mobile_no="+86 138 0013 8000")
		plans.finish(
			lead,
			"Wrong Contact",
			right_name="Mei Sample",
			right_email="mei@sample-works.example",
			right_phone="+86 139 1122 3344",
		)
		lead.reload()
		assert (lead.lead_name, lead.email_id, lead.mobile_no) == (
			"Mei Sample",
			"mei@sample-works.example",
			"+86 139 1122 3344",
		)
		comments = frappe.get_all(
			"Comment", filters={"reference_name": lead.name, "comment_type": "Info"}, pluck="content"
		)
		assert any("old@sample-works.example" in text for text in comments)
		assert plans.only(lead).goal == "Contact the right person"


def test_the_right_contact_of_an_opportunity(frozen_time):
	with frozen_time(MONDAY):
		deal = plans.deal(20)
		plans.finish(deal, "Wrong Contact", right_email="mei@sample-works.example")
		assert records.state(deal, "contact_email") == "mei@sample-works.example"
		assert plans.only(deal).goal == "Contact the right person"


def test_not_interested_goes_to_the_nurture_pool(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		plans.finish(lead, "Not Interested", what_now="Nurture Pool")
		assert records.state(lead, "sf_in_nurture", "sf_ended_politely", "sf_grade") == (1, 1, "A")
		light = plans.only(lead)
		assert (light.policy, light.due_on.month) == ("Nurture pool", 2)


@pytest.fixture
def lost_reason():
	return (
		frappe.get_doc({"doctype": "Opportunity Lost Reason", "lost_reason": "No budget this year"})
		.insert()
		.name
	)


def test_not_interested_and_lost(frozen_time, lost_reason):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		plans.finish(lead, "Not Interested", what_now="Lost", lost_reason=lost_reason)
		assert records.state(lead, "status", "sf_lost_reason", "sf_next_touch_on") == (
			"Do Not Contact",
			lost_reason,
			None,
		)
		assert plans.waiting(lead) == []


def test_an_opportunity_is_lost_with_its_reason(frozen_time, lost_reason):
	with frozen_time(MONDAY):
		deal = plans.deal(20)
		plans.finish(
			deal, "Not Interested", what_now="Lost", lost_reason=lost_reason, note="Next year perhaps"
		)
		deal.reload()
		assert deal.status == "Lost"
		assert [row.lost_reason for row in deal.lost_reasons] == [lost_reason]
		assert plans.waiting(deal) == []


def test_the_lead_of_an_opportunity_that_ended_politely_is_in_the_pool_and_stays_there(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded("5555")
		deal = plans.deal(20, party_name=lead.name)
		plans.finish(deal, "Not Interested", what_now="Nurture Pool")
		assert plans.waiting(deal) == []
		assert records.state(deal, "status") == "Closed"
		assert records.state(lead, "sf_in_nurture") == 1
		assert plans.only(lead).policy == "Nurture pool"
		lead.reload()
		lead.city = "Wuhan"
		lead.save()  # ERPNext works its status out anew
		assert plans.only(lead).policy == "Nurture pool"


def test_a_lead_with_another_open_opportunity_is_not_put_into_the_pool(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded("5555")
		deal, other = plans.deal(20, party_name=lead.name), plans.deal(20, party_name=lead.name)
		plans.finish(deal, "Not Interested", what_now="Nurture Pool")
		assert plans.waiting(lead) == []
		assert plans.only(other).kind == "Rhythm"


def test_a_customer_is_no_lead_again_because_of_one_opportunity(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded("5555")
		deal = plans.deal(20, party_name=lead.name)
		records.customer(lead_name=lead.name)
		plans.finish(deal, "Not Interested", what_now="Nurture Pool")
		assert records.state(lead, "status") == "Converted"
		assert plans.waiting(lead) == []


def test_meeting_agreed_makes_the_event(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		plans.finish(lead, "Meeting Agreed", next_on="2027-01-21 14:00:00")
		meeting = plans.only(lead)
		assert (meeting.kind, meeting.due_on) == ("Meeting", get_datetime("2027-01-21 15:00"))
		event = frappe.get_doc("Event", meeting.event)
		assert event.starts_on == get_datetime("2027-01-21 14:00")
		assert [(row.reference_doctype, row.reference_docname) for row in event.event_participants] == [
			("Lead", lead.name)
		]
		clock.set("2027-01-21 16:00")
		plans.finish(lead, "Meeting Held", note="Went well")
		assert plans.only(lead).kind == "Rhythm"


def test_a_meeting_written_up_on_the_follow_up_does_not_count_again_by_its_event(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		plans.finish(lead, "Meeting Agreed", next_on="2027-01-21 14:00:00")
		event = plans.only(lead).event
		clock.set("2027-01-21 16:00")
		plans.finish(lead, "Meeting Held")
		count, upcoming = records.state(lead, "sf_touches"), plans.only(lead)
		doc = frappe.get_doc("Event", event)
		doc.status = "Completed"
		doc.save()
		assert records.state(lead, "sf_touches") == count
		assert plans.only(lead).due_on == upcoming.due_on
		assert len([t for t in plans.done(lead) if plans.day(t.done_on) == "2027-01-21"]) == 1


# Value items -----------------------------------------------------------------------------------------------


def test_nobody_gets_the_same_item_twice(frozen_time):
	item = plans.value_content("Case of a sample mill")
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		plans.finish(lead, "Sent", value_content=item.name)
		clock.set("2027-01-14 10:00")
		assert item.name not in [row["name"] for row in value_items.suggest("Lead", lead.name)]
		with pytest.raises(frappe.ValidationError, match="Nobody gets the same item twice"):
			plans.finish(lead, "Sent", value_content=item.name)
		assert refused()[0] == "Value Content"


def test_the_same_holds_for_the_opportunity_of_a_lead_and_back(frozen_time):
	first, second = plans.value_content("Case one"), plans.value_content("Case two")
	with frozen_time(MONDAY):
		lead = plans.graded()
		plans.finish(lead, "Sent", value_content=first.name)
		deal = plans.deal(20, party_name=lead.name)
		assert [row["name"] for row in value_items.suggest("Opportunity", deal.name)] == [second.name]
		with pytest.raises(frappe.ValidationError, match="twice"):
			plans.finish(deal, "Sent", value_content=first.name)
		plans.finish(deal, "Sent", value_content=second.name)
		other = plans.deal(20, party_name=lead.name)
		assert value_items.suggest("Opportunity", other.name) == [], "one customer, two opportunities"
		assert value_items.suggest("Lead", lead.name) == []


def test_items_fit_the_customer(frozen_time):
	with frozen_time(MONDAY):
		plans.value_content("Old", valid_until="2027-01-10")
		plans.value_content("Early", valid_from="2027-01-12")
		plans.value_content("Off", enabled=0)
		plans.value_content("Chinese", content_language="zh")
		frappe.get_doc({"doctype": "Industry Type", "industry": "Sample Milling"}).insert()
		plans.value_content("Other industry", industry="Sample Milling")
		plans.value_content("Any trend", kind="Trend Report")
		plans.value_content("English case", content_language="en")
		lead = plans.graded(language="en")
		assert [row["name"] for row in value_items.suggest("Lead", lead.name, kind="Trend Report")] == [
			"Any trend",
			"English case",
		]
		subject = value_items.suggest("Lead", lead.name)[0]["subject"]
		assert lead.company_name in subject


def test_an_item_that_customers_have_had_stays(frozen_time):
	item = plans.value_content("Case of a sample mill")
	with frozen_time(MONDAY):
		lead = plans.graded()
		plans.finish(lead, "Sent", value_content=item.name)
		with pytest.raises(frappe.LinkExistsError):
			frappe.delete_doc("Value Content", item.name)


# P2 --------------------------------------------------------------------------------------------------------


def test_p2_reaching_the_decision_maker_is_the_task(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded("5515")  # authority 1: not reached
		assert plans.only(lead).goal == "Reach the decision maker"
		plans.finish(lead)
		assert plans.only(lead).goal == "Reach the decision maker"
		clock.shift(hours=1)
		records.score(lead, "5555")
		assert plans.only(lead).goal != "Reach the decision maker"
		clock.shift(hours=1)
		records.score(lead, "5525")
		assert plans.only(lead).goal == "Reach the decision maker"


# Permissions -----------------------------------------------------------------------------------------------


def test_follow_ups_are_seen_by_who_sees_the_document_or_does_them(frozen_time, make_user, as_user):
	from frappe.permissions import add_user_permission

	rep, stranger = make_user(), make_user("Stock User")
	with frozen_time(MONDAY):
		south = frappe.get_doc(
			{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
		).insert()
		add_user_permission("Territory", south.name, rep)
		mine = plans.graded(territory=south.name)
		foreign = plans.graded(territory="China")
		given = plans.graded(territory="China", lead_owner=rep)
		with as_user(rep):
			seen = {
				row.reference_name for row in frappe.get_list("Follow Up", fields=["reference_name"], limit=0)
			}
			assert {mine.name, given.name} <= seen
			assert foreign.name not in seen
			with pytest.raises(frappe.PermissionError):
				follow_up.complete(plans.only(foreign).name, "Reached")
			with pytest.raises(frappe.PermissionError):
				follow_up.plan_of("Lead", foreign.name)
			follow_up.complete(plans.only(mine).name, "Reached")
			follow_up.complete(plans.only(given).name, "Reached")
		with as_user(stranger):
			with pytest.raises(frappe.PermissionError):
				frappe.get_list("Follow Up")
			with pytest.raises(frappe.PermissionError):
				follow_up.complete(plans.only(foreign).name, "Reached")


def test_a_rep_deletes_no_follow_ups_and_plans_none_for_foreign_documents(frozen_time, make_user, as_user):
	from frappe.permissions import add_user_permission

	rep = make_user()
	with frozen_time(MONDAY):
		south = frappe.get_doc(
			{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
		).insert()
		add_user_permission("Territory", south.name, rep)
		mine, foreign = plans.graded(territory=south.name), plans.graded(territory="China")
		with as_user(rep):
			with pytest.raises(frappe.PermissionError):
				frappe.delete_doc("Follow Up", plans.only(mine).name)
			with pytest.raises(frappe.PermissionError):
				task(foreign, "2027-01-12 15:00", allocated_to=rep)
			task(mine, "2027-01-12 15:00", allocated_to=rep)


def test_only_a_manager_reassigns(frozen_time, make_user, as_user, call):
	rep, other = make_user(), make_user()
	with frozen_time(MONDAY):
		lead = plans.graded(lead_owner=rep)
		with as_user(rep), pytest.raises(frappe.PermissionError):
			call("salesflow_std.api.follow_up.reassign", name=plans.only(lead).name, user=other)
		assert plans.only(lead).allocated_to == rep


# Policies --------------------------------------------------------------------------------------------------


def test_n5_in_the_needs_stage_value_is_brought_once_or_twice_a_week(frozen_time):
	with frozen_time(MONDAY):
		deal = plans.deal(200)
		plans.call_log(deal)
		assert plans.only(deal).policy == "Opportunity follow-up"
		deal.reload()
		deal.sales_stage = "Needs Analysis"
		deal.save()
		touch = plans.only(deal)
		assert touch.policy == "Needs stage: value touches"
		assert touch.goal in ("Send something useful for their need", "Ask what they made of it")
		assert touch.due_on.date() <= date(2027, 1, 22), "a B would wait for two weeks, here it is one"
		deal.reload()
		deal.sales_stage = "Negotiation/Review"
		deal.save()
		assert plans.only(deal).policy == "Opportunity follow-up"


def own_policy(**values):
	return frappe.get_doc(
		{
			"doctype": "Cadence Policy",
			"policy_name": "Own rhythm",
			"applies_to": "Lead",
			"purpose": "Follow-up",
			"enabled": 1,
			"rhythms": [{"grade": "B", "touches": 3, "every": 1, "period": "Week"}],
			"steps": [{"channel": "Message", "goal": "Say hello"}],
			"gap_amount": 1,
			"gap_unit": "Days",
			**values,
		}
	).insert()


def test_a_companys_own_policy_goes_before_the_general_one(frozen_time, jobs, company):
	with frozen_time(MONDAY):
		lead, other = plans.in_rhythm("3333"), plans.in_rhythm("3333")
		frappe.db.set_value("Lead", other.name, "company", None)
		old = plans.only(lead)
		own_policy(company=company)
		jobs.run("plan_anew")
		touch = plans.only(lead)
		assert (touch.policy, touch.channel) == ("Own rhythm", "Message")
		assert frappe.db.get_value("Follow Up", old.name, "status") == "Cancelled"
		assert plans.only(other).policy == "Lead follow-up"


def test_shipped_policies_and_items_hold_for_every_company(frozen_time):
	"""Frappe fills an empty company with the site's own."""
	assert frappe.defaults.get_defaults().get("company")
	assert frappe.get_all("Cadence Policy", filters={"company": ("is", "set")}, pluck="name") == []
	assert not own_policy().company
	assert not plans.value_content("For everybody").company


def test_a_policy_that_contradicts_itself_is_refused(frozen_time):
	with frozen_time(MONDAY):
		with pytest.raises(frappe.ValidationError):
			own_policy(rhythms=[{"grade": "B", "touches": 30, "every": 1, "period": "Week"}])
		assert refused()[0] == "Cadence Contradicts Itself"
		with pytest.raises(frappe.ValidationError):
			own_policy(rhythms=[{"grade": "B", "touches": 1, "every": 1, "period": "Week"}] * 2)
		assert refused()[0] == "Grade Twice"


def test_a_tuned_policy_plans_anew_and_survives_the_next_version(frozen_time, jobs):
	with frozen_time(MONDAY) as clock:
		lead, other = plans.in_rhythm("3333"), plans.in_rhythm("5555")
		policy = plans.policy()
		next(row for row in policy.rhythms if row.grade == "B").touches = 2
		policy.save()
		before = plans.waiting(other)
		jobs.run("plan_anew")
		assert plans.only(lead).due_on.date() <= date(2027, 1, 15), "twice a week now"
		assert plans.waiting(other) == before, "what is right already stays"
		shipped_defaults.load()
		follow_up_clock.tick()
		assert next(row for row in plans.policy().rhythms if row.grade == "B").touches == 2
		assert frappe.db.get_value("Shipped Default", {"record": "Lead follow-up"}, "status") == "Tuned"
		counted = by_week(live(clock, lead, 3))
		assert (counted[1], counted[2]) == (2, 2)


def test_a_killed_replanning_is_finished_by_the_clock(frozen_time, jobs, monkeypatch):
	with frozen_time(MONDAY):
		leads = [plans.in_rhythm("3333") for _ in range(4)]
		policy = plans.policy()
		next(row for row in policy.rhythms if row.grade == "B").touches = 2
		policy.save()
		frappe.db.commit()
		monkeypatch.setattr(follow_up_clock, "CHUNK", 2)
		with monkeypatch.context() as patch:
			calls = []

			def killed(*args):
				calls.append(args)
				if len(calls) > 1:
					raise KeyboardInterrupt
				return plan_chunk(*args)

			plan_chunk = follow_up_clock._plan_chunk
			patch.setattr(follow_up_clock, "_plan_chunk", killed)
			with pytest.raises(KeyboardInterrupt):
				follow_up_clock.plan_anew("Lead")
		frappe.db.rollback()
		follow_up_clock.tick()
		follow_up_clock.tick()
		for lead in leads:
			assert plans.only(lead).due_on.date() <= date(2027, 1, 15)


def test_a_disabled_policy_ends_its_plans_and_they_come_back(frozen_time, jobs):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("3333")
		policy = plans.policy()
		policy.enabled = 0
		policy.save()
		jobs.run("plan_anew")
		follow_up_clock.tick()
		assert plans.waiting(lead) == []
		assert records.state(lead, "sf_next_touch_on") is None
		policy.reload()
		policy.enabled = 1
		policy.save()
		jobs.run("plan_anew")
		assert plans.only(lead).kind == "Rhythm"


def test_planning_switched_off_and_on_again(frozen_time, jobs):
	with frozen_time(MONDAY):
		lead, waits = plans.in_rhythm("3333"), plans.graded("5555")
		own = task(lead, "2027-01-12 15:00")
		settings = frappe.get_single("Salesflow Settings")
		settings.plan_follow_ups = 0
		settings.save()
		jobs.run()
		follow_up_clock.tick()
		assert [t.name for t in plans.waiting(lead)] == [own.name], "what was planned by hand stays"
		assert plans.waiting(waits) == []
		later = plans.graded("5555")
		follow_up_clock.tick()
		assert plans.waiting(later) == []
		assert records.state(later, "sf_first_touch_due") == get_datetime("2027-01-13 09:00")
		settings.reload()
		settings.plan_follow_ups = 1
		settings.save()
		jobs.run()
		follow_up_clock.tick()
		assert {t.kind for t in plans.waiting(lead)} == {"Rhythm", "Task"}
		assert plans.only(later).kind == "First Touch"


# Renamed, merged, deleted ----------------------------------------------------------------------------------


def test_a_renamed_lead_keeps_its_plan(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		old = plans.only(lead)
		name = f"{lead.name}-X"
		frappe.rename_doc("Lead", lead.name, name)
		renamed = frappe.get_doc("Lead", name)
		touch = plans.only(renamed)
		assert (touch.name, touch.due_on) == (old.name, old.due_on)
		assert name in touch.open_key
		clock.shift(minutes=1)
		follow_ups.plan("Lead", name)
		assert plans.only(renamed).name == old.name


def test_merged_leads_have_one_plan_and_one_history(frozen_time):
	with frozen_time(MONDAY) as clock:
		touched, untouched = plans.in_rhythm("5555"), plans.graded("5555")
		frappe.rename_doc("Lead", touched.name, untouched.name, merge=True)
		assert plans.only(untouched).kind == "Rhythm"
		assert records.state(untouched, "sf_first_touched_on", "sf_last_touch_on", "sf_touches") == (
			get_datetime(MONDAY),
			get_datetime(MONDAY),
			1,
		)
		assert records.state(untouched, "sf_first_touch_status") == "Met"
		clock.shift(minutes=1)
		follow_up_clock.tick()
		assert plans.only(untouched).kind == "Rhythm"


def test_two_leads_with_a_rhythm_are_merged(frozen_time):
	with frozen_time(MONDAY):
		one, other = plans.in_rhythm("5555"), plans.in_rhythm("3333")
		frappe.rename_doc("Lead", one.name, other.name, merge=True)
		assert plans.only(other).kind == "Rhythm"


def test_a_deleted_lead_takes_its_follow_ups_along(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		frappe.delete_doc("Lead", lead.name)
		assert plans.touches_of(lead) == []


def test_a_save_without_news_asks_nothing_more(frozen_time, count_queries):
	from salesflow_std.overrides import planned

	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		lead.reload()
		lead.load_doc_before_save()
		with count_queries() as queries:
			planned.on_update(lead)
			planned.on_change(lead)
		assert queries == []
