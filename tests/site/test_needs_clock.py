"""The summary's clock: a reminder before, the manager after, each once; and what waits on My Day (N4, F5)."""

from __future__ import annotations

import re

import frappe
from frappe.utils import add_to_date, now_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import needs_clock
from salesflow_std.salesflow_std import confirmations, needs, needs_day
from tests.site import records, talks
from tests.site.talks import BUYER, send, talk

MONDAY = "2027-01-11 09:00"


def notices_of(user):
	return frappe.get_all(
		"Notification Log", filters={"for_user": user}, pluck="subject", order_by="creation"
	)


def mails_to(user):
	return [mail for mail in talks.mails() if mail.to == [user]]


def state(record):
	fields = ["reminded_on", "escalated_on", "escalated_to"]
	return frappe.db.get_value("Needs Record", record.name, fields, as_dict=True)


def test_the_rep_is_reminded_once_before_it_is_due(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		record = talk(allocated_to=rep)
		needs_clock.tick()
		assert not notices_of(rep)
		clock.shift(hours=19, minutes=1)  # due 24 hours after the talk, which was an hour ago
		needs_clock.tick()
		needs_clock.tick()
		assert len(notices_of(rep)) == 1 and "is due to the customer by" in notices_of(rep)[0]
		assert state(record).reminded_on and not state(record).escalated_on
		assert not notices_of(manager)


def test_the_manager_hears_of_what_is_late_once(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		late = [talk(records.lead(), allocated_to=rep) for _ in range(3)]
		clock.shift(days=1)
		needs_clock.tick()
		needs_clock.tick()
		assert all(state(record).escalated_to == manager for record in late)
		assert len(notices_of(manager)) == 3 and "has not sent it" in notices_of(manager)[0]
		(mail,) = mails_to(manager)
		assert all(record.title in mail.text for record in late) and "3 needs summaries" in mail.subject
		assert not notices_of(rep)  # My Day tells them; a reminder after the deadline would be none


def test_what_is_sent_in_time_disturbs_nobody(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		record = talk(allocated_to=rep)
		send(record)
		clock.shift(days=2)
		needs_clock.tick()
		assert not notices_of(rep) and not notices_of(manager) and not state(record).escalated_on


def test_a_new_version_has_a_clock_of_its_own(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		record = talk(allocated_to=rep)
		clock.shift(days=1)
		needs_clock.tick()
		send(record)
		following = needs.new_version(record)
		assert not following.reminded_on and not following.escalated_on
		clock.shift(days=2)
		needs_clock.tick()
		assert state(following).escalated_to == manager and len(notices_of(manager)) == 2


def test_one_that_fails_stops_no_other(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		broken, fine = talk(records.lead(), allocated_to=rep), talk(records.lead(), allocated_to=rep)
		frappe.db.set_value("Needs Record", broken.name, {"allocated_to": None, "owner": None})
		clock.shift(days=1)
		needs_clock.tick()
		assert state(fine).escalated_on
		frappe.db.set_value("Needs Record", broken.name, "allocated_to", rep)
		needs_clock.tick()
		assert state(broken).escalated_on and len(notices_of(manager)) == 2


def test_nothing_to_do_costs_one_query_on_an_index(count_queries):
	needs_clock.watch_summaries()
	with count_queries() as queries:
		needs_clock.watch_summaries()
	asked = [query for query in queries if query.lstrip().lower().startswith("select")]
	assert len(asked) == 1
	# On a table that is all but empty the server may still prefer to read it whole.
	query = re.sub(r"%\(param\d+\)s", "'Talked'", asked[0])
	plan = frappe.db.sql(f"explain {query}", as_dict=True)
	assert {"status", "summary_due_on"} & set((plan[0].possible_keys or "").split(","))


# My Day


def whys(user, now=None):
	section = needs_day.waiting(user, now or now_datetime())
	return [row["why"] for row in section["rows"]] if section else []


def test_the_day_shows_what_waits(rep, as_user, frozen_time):
	with frozen_time(MONDAY) as clock:
		due = talk(records.lead(), allocated_to=rep)
		silent, refused, corrected = (
			talk(records.lead(), allocated_to=rep, talked_on=add_to_date(now_datetime(), days=-1))
			for _ in range(3)
		)
		for record in (silent, refused, corrected):
			token = send(record)
			if record is refused:
				talks.page(token, form={"action": "refuse", "answered_by": "Buyer", "reason": "No"})
			if record is corrected:
				key = record.needs[0].need_key
				form = {"action": "correct", "answered_by": "Buyer", f"correction-{key}": "Other"}
				talks.page(token, form=form)
		with as_user(rep):
			found = whys(rep)
			assert "Summary due in 23 h" in found and "Refused by the customer" in found
			assert any("Corrected by the customer" in why for why in found) and len(found) == 3
			clock.shift(days=3, minutes=1)
			found = whys(rep)
			assert "No answer for 3 days" in found and "Summary late by 2 days" in found and len(found) == 4
			section = my_day.get()["sections"][0]
			assert section["key"] == "needs" and section["total"] == 4
			assert any(due.name in row["route"] for row in section["rows"])


def test_the_manager_sees_what_was_escalated(rep, manager, make_user, as_user, frozen_time):
	with frozen_time(MONDAY) as clock:
		record = talk(allocated_to=rep)
		clock.shift(days=2)
		needs_clock.tick()
		with as_user(manager):
			assert whys(manager) == ["Summary late, The Rep"]
		with as_user(make_user(["Sales Manager", "Sales User"])):
			assert not whys(frappe.session.user)
		confirmations.send(record.name)
		with as_user(manager):
			assert not whys(manager)


def test_the_day_shows_nobody_what_they_may_not_read(rep, make_user, as_user):
	talk(allocated_to=rep)
	other = records.lead(email_id=f"x-{BUYER}")
	frappe.get_doc(
		{"doctype": "User Permission", "user": rep, "allow": "Lead", "for_value": other.name}
	).insert()
	with as_user(rep):
		assert not whys(rep)
