"""The clock of promised replies: a reminder before, the manager after, each once; and what waits on My Day (S4, F5)."""

from __future__ import annotations

import re

import frappe
from frappe.utils import now_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import objection_clock
from salesflow_std.salesflow_std import notices, objections, objections_day
from tests.site import records, talks
from tests.site.raised import objection, state

FRIDAY = "2027-01-08 10:00"  # due on Tuesday the 12th, 10:00; four working hours before: Monday 15:00


def notices_of(user):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": "Objection"},
		pluck="subject",
		order_by="creation",
	)


def mails_to(user):
	return [mail for mail in talks.mails() if mail.to == [user]]


def tick(clock, moment):
	clock.set(moment)
	objection_clock.tick()
	objection_clock.tick()


def test_reminded_once_some_working_hours_before(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = objection(allocated_to=rep)
		for moment in ("2027-01-09 12:00", "2027-01-11 14:59"):  # Saturday, Monday
			tick(clock, moment)
			assert not notices_of(rep)
		tick(clock, "2027-01-11 15:00")
		(told,) = notices_of(rep)
		assert doc.title in told and "is promised until" in told
		(mail,) = mails_to(rep)
		assert "1 promised replies are due soon" in mail.subject and doc.objection in mail.text
		tick(clock, "2027-01-12 10:00")  # in time still
		assert len(notices_of(rep)) == 1 and not notices_of(manager)
		assert state(doc).reminded_on and not doc.escalated_on and not doc.reply_missed


def test_over_the_weekend_it_is_reminded_on_friday(rep, frozen_time):
	with frozen_time("2027-01-06 10:00") as clock:  # Wednesday; due on Friday at 10:00 …
		objection(allocated_to=rep, reply_due_on="2027-01-11 10:00")  # … but Monday was promised
		tick(clock, "2027-01-08 14:59")
		assert not notices_of(rep)
		tick(clock, "2027-01-08 15:00")  # three working hours on Friday, one on Monday
		assert len(notices_of(rep)) == 1


def test_a_holiday_is_no_working_time(rep, manager, frozen_time, company):
	records.holidays_of(company, "2027-01-09", "2027-01-10", "2027-01-11")
	with frozen_time(FRIDAY) as clock:
		doc = objection(allocated_to=rep)
		assert str(doc.reply_due_on) == "2027-01-13 10:00:00"
		tick(clock, "2027-01-12 14:59")
		assert not notices_of(rep)
		tick(clock, "2027-01-12 15:00")
		assert len(notices_of(rep)) == 1 and not notices_of(manager)


def test_what_is_missed_reaches_the_manager_once(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		docs = [objection(allocated_to=rep) for _ in range(2)]
		tick(clock, "2027-01-12 10:01")
		told = notices_of(manager)
		assert len(told) == 2 and "The Rep has not given it" in told[0]
		(mail,) = mails_to(manager)
		assert "2 promised replies not given in time" in mail.subject
		assert all(doc.title in mail.text for doc in docs)
		assert not notices_of(rep)  # a reminder after the deadline would be none
		tick(clock, "2027-01-13 10:01")
		assert len(notices_of(manager)) == 2 and len(mails_to(manager)) == 1
		for doc in docs:
			assert state(doc).escalated_to == manager and doc.escalated_on and doc.reply_missed


def test_what_is_answered_disturbs_nobody(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		objections.answer(objection(allocated_to=rep).name, "Yes")
		tick(clock, "2027-01-20 10:00")
		assert not notices_of(rep) and not notices_of(manager)


def test_a_new_promise_has_a_clock_of_its_own(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = objection(allocated_to=rep)
		tick(clock, "2027-01-12 10:01")
		state(doc).reply_due_on = "2027-01-14 10:00"
		doc.save()
		tick(clock, "2027-01-13 15:00")
		assert len(notices_of(rep)) == 1
		tick(clock, "2027-01-14 10:01")
		assert len(notices_of(manager)) == 2


def test_who_stands_in_is_reminded(rep, make_user, frozen_time):
	stand_in = make_user("Sales User")
	with frozen_time(FRIDAY) as clock:
		frappe.get_doc(
			{
				"doctype": "Rep Absence",
				"user": rep,
				"from_date": "2027-01-11",
				"to_date": "2027-01-15",
				"stand_in": stand_in,
			}
		).insert()
		objection(allocated_to=rep)
		tick(clock, "2027-01-11 15:00")
		assert len(notices_of(stand_in)) == len(mails_to(stand_in)) == 1
		assert not notices_of(rep)


def test_told_in_the_readers_language(make_user, frozen_time):
	rep = make_user("Sales User", language="zh")
	with frozen_time(FRIDAY) as clock:
		objection(allocated_to=rep)
		tick(clock, "2027-01-11 15:00")
	assert "承诺" in notices_of(rep)[0] and "承诺" in mails_to(rep)[0].subject


def test_one_that_fails_stops_no_other(rep, frozen_time, monkeypatch):
	with frozen_time(FRIDAY) as clock:
		broken, fine = objection(allocated_to=rep), objection(allocated_to=rep)
		told = notices.notify

		def fails(user, subject, doctype, name, *more, **others):
			if name == broken.name:
				raise ValueError("broken")
			told(user, subject, doctype, name, *more, **others)

		with monkeypatch.context() as patch:
			patch.setattr(notices, "notify", fails)
			tick(clock, "2027-01-11 15:00")
		assert state(fine).reminded_on and not state(broken).reminded_on
		assert frappe.get_all("Error Log", filters={"reference_name": broken.name}, order_by="name")
		tick(clock, "2027-01-11 15:01")
		assert state(broken).reminded_on and len(notices_of(rep)) == 2


def test_with_nothing_due_it_is_two_queries_one_on_an_index(count_queries):
	objection_clock.watch_replies()
	with count_queries() as queries:
		objection_clock.watch_replies()
	asked = [query for query in queries if query.lstrip().lower().startswith("select")]
	assert len(asked) == 2
	query = re.sub(r"%\(param\d+\)s", "'Open'", asked[1])
	plan = frappe.db.sql(f"explain {query}", as_dict=True)
	assert {"status", "reply_due_on"} & set((plan[0].possible_keys or "").split(","))


# My Day


def rows_of(user):
	section = objections_day.waiting(user, now_datetime())
	return [(row["tone"], row["why"]) for row in section["rows"]] if section else []


def test_the_day_shows_what_is_overdue_and_due_today(rep, as_user, frozen_time):
	with frozen_time(FRIDAY) as clock:
		objection(allocated_to=rep, kind="Trust")
		objection(allocated_to=rep, reply_due_on="2027-01-13 16:00")
		objection(allocated_to=rep, reply_due_on="2027-01-14 09:00")
		objection(allocated_to=rep, answer="Answered")
		with as_user(rep):
			assert not rows_of(rep)
			clock.set("2027-01-13 09:00")
			assert rows_of(rep) == [("red", "Trust: reply overdue"), ("orange", "Price: reply due today")]
			section = next(part for part in my_day.get()["sections"] if part["key"] == "objections")
			assert section["total"] == 2 and section["label"] == "Promised Replies"


def test_the_manager_sees_what_the_team_has_missed(rep, manager, make_user, as_user, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = objection(allocated_to=rep)
		tick(clock, "2027-01-12 10:01")
		with as_user(manager):
			assert rows_of(manager) == [("red", "Price: reply missed, The Rep")]
		with as_user(make_user(["Sales Manager", "Sales User"])):
			assert not rows_of(frappe.session.user)
		objections.answer(doc.name, "Yes")
		with as_user(manager):
			assert not rows_of(manager)


def test_the_day_shows_nobody_what_they_may_not_read(rep, as_user, frozen_time):
	with frozen_time(FRIDAY) as clock:
		objection(allocated_to=rep)
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": rep,
				"allow": "Opportunity",
				"for_value": records.opportunity().name,
			}
		).insert()
		clock.set("2027-01-13 09:00")
		with as_user(rep):
			assert not rows_of(rep)
