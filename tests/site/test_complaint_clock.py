"""The clock of complaints, what waits on My Day, and the report (A4, F5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, now_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import complaint_clock
from salesflow_std.salesflow_std import complaints, complaints_day
from salesflow_std.salesflow_std.report.complaints.complaints import GROUPS, execute
from tests.site import offers, records, talks
from tests.site.complained import complaint, state, survey

FRIDAY = "2027-01-08 10:00"  # due on Tuesday the 12th at 10:00


def notices_of(user):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": "Issue"},
		pluck="subject",
		order_by="creation, name",
	)


def tick(clock, moment):
	clock.set(moment)
	complaint_clock.tick()
	complaint_clock.tick()


@pytest.fixture(autouse=True)
def reminded_before():
	records.settings(closing_remind_hours=4)


def test_reminded_then_escalated_each_once(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = complaint(rep)
		told = len(notices_of(rep)), len(notices_of(manager))
		tick(clock, "2027-01-11 15:00")
		assert (len(notices_of(rep)), len(notices_of(manager))) == told
		tick(clock, "2027-01-11 15:01")  # less than four working hours before
		assert "is to be settled by" in notices_of(rep)[told[0]] and len(notices_of(manager)) == told[1]
		tick(clock, "2027-01-12 10:01")
		(late,) = notices_of(manager)[told[1] :]
		assert "The Rep" in late and "customer's word" in frappe.utils.strip_html(late).replace("&#x27;", "'")
		mails = [
			mail for mail in talks.mails() if mail.to == [manager] and "not settled in time" in mail.subject
		]
		assert len(mails) == 1 and doc.subject in mails[0].text
		tick(clock, "2027-01-20 10:01")
		assert len(notices_of(manager)) == told[1] + 1
		assert state(doc).sf_reminded_on and doc.sf_escalated_on


def test_what_is_settled_disturbs_nobody(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = complaint(rep)
		complaints.settle(doc.name, "All fine", "Purchasing Manager")
		told = notices_of(rep), notices_of(manager)
		tick(clock, "2027-01-20 10:00")
		assert (notices_of(rep), notices_of(manager)) == told


def test_taken_up_again_it_has_a_clock_of_its_own(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = complaint(rep)
		tick(clock, "2027-01-12 10:01")
		complaints.settle(doc.name, "All fine", "Purchasing Manager")
		doc.reload()
		doc.status = "Open"
		doc.save()
		told = len(notices_of(manager))
		tick(clock, "2027-01-14 10:02")
		assert len(notices_of(manager)) == told + 1


# My Day -------------------------------------------------------------------------------------------------------------


def section(user):
	return complaints_day.waiting(user, now_datetime())


def test_my_day_shows_them(rep, manager, as_user, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = complaint(rep)
		with as_user(rep):
			(row,) = section(rep)["rows"]
			assert row["title"] == doc.customer_name and row["route"] == f"/app/issue/{doc.name}"
			assert row["tone"] == "blue" and "2027-01-12 10:00" in row["why"]
			assert "complaints" in [one["key"] for one in my_day.get()["sections"]]
		with as_user(manager):
			assert section(manager) is None
		tick(clock, "2027-01-12 10:01")
		with as_user(rep):
			assert section(rep)["rows"][0]["tone"] == "red"
		with as_user(manager):
			(row,) = section(manager)["rows"]
			assert row["tone"] == "red" and row["detail"] == "The Rep"
		complaints.settle(doc.name, "All fine", "Purchasing Manager")
		for user in (rep, manager):
			with as_user(user):
				assert section(user) is None


def test_who_stands_in_sees_them(rep, make_user, as_user, frozen_time):
	stand_in = make_user("Sales User")
	with frozen_time(FRIDAY):
		frappe.get_doc(
			{
				"doctype": "Rep Absence",
				"user": rep,
				"from_date": "2027-01-08",
				"to_date": "2027-01-15",
				"stand_in": stand_in,
			}
		).insert()
		doc = complaint(rep)
		with as_user(stand_in):
			assert len(section(stand_in)["rows"]) == 1
		assert notices_of(stand_in) and state(doc).sf_responsible == rep


# The report ---------------------------------------------------------------------------------------------------------


def report(**filters):
	found = execute({"from_date": "2027-01-01", "to_date": "2027-01-31", **filters})
	return {row["grouped_by"]: row for row in found[1]}


def test_the_report_counts_working_time(rep, manager, frozen_time):
	with frozen_time(FRIDAY) as clock:
		quick, slow, open_one = complaint(rep), complaint(rep), complaint(rep)
		clock.set("2027-01-11 10:00")  # Friday to Monday, 10:00: a day of eight hours
		complaints.settle(quick.name, "Fine", "Purchasing Manager")
		clock.set("2027-01-13 10:00")
		complaints.settle(slow.name, "Fine", "Purchasing Manager")
		row = report()[manager]
		assert row["label"] == "The Manager"
		assert (row["complaints"], row["open"], row["overdue"], row["settled"]) == (3, 1, 1, 2)
		assert (
			row["in_time"] == 50 and row["hours"] == pytest.approx(16) and row["longest"] == pytest.approx(24)
		)
		assert row["names"]["open"] == [open_one.name] == row["names"]["overdue"]
		assert report(only_open=1)[manager]["complaints"] == 1
		assert report(group_by="Responsible")[rep]["complaints"] == 3
		assert report(group_by="Month")["2027-01"]["complaints"] == 3
		assert report(group_by="Company")[records.COMPANY]["complaints"] == 3
		assert report(group_by="Customer")[quick.customer]["settled"] == 1
		assert not report(to_date="2027-01-07")


def test_what_is_settled_counts_in_its_own_month_besides(rep, manager, frozen_time):
	with frozen_time("2027-01-29 10:00") as clock:
		doc = complaint(rep)
		clock.set("2027-02-02 10:00")
		complaints.settle(doc.name, "Fine", "Purchasing Manager")
		found = report(to_date="2027-02-28", group_by="Month", sf_responsible=rep)
		january, february = found["2027-01"], found["2027-02"]
		assert (january["complaints"], january["settled"], january["ended"]) == (1, 1, 0)
		assert (february["complaints"], february["settled"], february["ended"]) == (0, 0, 1)
		assert february["names"]["ended"] == [doc.name] and february["hours"] is None
		node = frappe.db.get_value(
			"Sales Person",
			{"employee": frappe.db.get_value("Employee", {"user_id": manager}, "name")},
			"name",
		)
		assert report(to_date="2027-02-28", team=node)[manager]["complaints"] == 1
		assert not report(to_date="2027-02-28", team="Nobody")


def test_the_report_by_product(rep, frozen_time):
	with frozen_time(FRIDAY):
		report_name = "ACCEPTED-1"
		frappe.get_doc(
			{
				"doctype": "Acceptance Item",
				"name": "accepted-item-1",
				"parent": report_name,
				"parenttype": "Acceptance Report",
				"parentfield": "items",
				"item_code": offers.ITEM,
			}
		).db_insert()
		complaints.open(survey(rep, (1, 5, 5), acceptance_report=report_name))
		complaint(rep)
		found = report(group_by="Product")
		assert found[offers.ITEM]["complaints"] == 1 and found[None]["complaints"] == 1


def test_the_report_shows_what_one_may_see(rep, make_user, as_user, frozen_time):
	with frozen_time(FRIDAY):
		doc = complaint(rep)
		limited = make_user("Sales User")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": limited,
				"allow": "Customer",
				"for_value": records.customer().name,
			}
		).insert(ignore_permissions=True)
		with as_user(limited):
			assert not report(group_by="Responsible")
		with as_user(rep):
			assert doc.name in report(group_by="Responsible")[rep]["names"]["complaints"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_grouping_works_without_complaints(group):
	found = execute({"from_date": "2020-01-01", "to_date": add_days("2020-01-01", 1), "group_by": group})
	assert found[1] == [] and found[3] is None and found[4][0]["value"] == 0


def test_another_grouping_is_refused():
	with pytest.raises(frappe.ValidationError, match="no grouping"):
		execute({"group_by": "Colour"})
