"""Customers are cared for by tier and activity: visits, meetings of the executives, calls (P6, F4)."""

from __future__ import annotations

from datetime import date

import frappe
import pytest
from frappe.utils import add_days, get_datetime, getdate

from salesflow_std.jobs import care_clock, follow_up_clock
from salesflow_std.salesflow_std import cadences, care_sets, follow_ups, reps
from salesflow_std.salesflow_std.care_plans import CarePlanning
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import forget_calendars
from tests.site import caring, plans, records
from tests.site.caring import CALL, EXECUTIVES, MONDAY, VISIT, customer, followed, put
from tests.site.review_cases import absent


def reasons(doc) -> set[str]:
	return {touch.cancel_reason for touch in plans.touches_of(doc, status="Cancelled")}


@pytest.fixture(autouse=True)
def no_festivals():
	frappe.db.set_value("Festival", {"enabled": 1}, "enabled", 0)


# Which policies ------------------------------------------------------------------------------------------------


def test_a_strategic_customer_is_visited_and_meets_the_executives(rep, frozen_time):
	with frozen_time(MONDAY):
		touches = followed(customer(rep, "Strategic", "Medium"))
	assert set(touches) == {VISIT, EXECUTIVES}
	visit = touches[VISIT]
	assert (visit.kind, visit.channel, visit.allocated_to) == ("Rhythm", "Visit", rep)
	# Within the quarter, and what the gap to the meeting puts it off by.
	assert date(2027, 1, 11) <= visit.due_on.date() <= date(2027, 5, 12) and visit.late_on > visit.due_on


def test_an_active_customer_is_called_and_a_silent_one_is_not(rep, frozen_time):
	with frozen_time(MONDAY):
		assert set(followed(customer(rep, "Core", "High"))) == {CALL}
		assert set(followed(customer(rep, "Strategic", "High"))) == {VISIT, EXECUTIVES, CALL}
		for activity in ("Medium", "Low", "Silent", ""):
			assert followed(customer(rep, "Ordinary", activity)) == {}


def test_the_closest_policy_of_a_purpose_holds(rep, frozen_time):
	caring.policy("Strategic and active: call", tier="Strategic", activity="High")
	with frozen_time(MONDAY):
		assert set(followed(customer(rep, "Strategic", "High"))) == {
			VISIT,
			EXECUTIVES,
			"Strategic and active: call",
		}


def test_a_policy_of_a_company_is_for_the_customers_of_its_people(rep, make_user, frozen_time):
	caring.policy("Of the company", "Visit", "Visit", company=records.COMPANY, tier="Core")
	with frozen_time(MONDAY):
		assert set(followed(customer(rep, "Core"))) == {"Of the company"}


# When ------------------------------------------------------------------------------------------------------------


def test_the_next_one_follows_the_last_after_its_interval(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		doc = customer(rep, "Core", "High")
		clock.set(str(plans.only(doc).due_on))
		plans.finish(doc, "Reached")
		last = getdate(plans.done(doc)[0].done_on)
		due = plans.only(doc).due_on.date()
	assert 27 <= (due - last).days <= 33 and due.weekday() < 5


def test_it_is_due_on_a_working_day_over_a_holiday(rep, frozen_time):
	"""A month after 8 January lies in the Spring Festival: the working day nearest to it."""
	days = [str(add_days("2027-02-06", n)) for n in range(-8, 7)]
	with frozen_time("2027-01-08 10:00") as clock:
		doc = customer(rep, "Core", "High")
		records.holidays_of(records.COMPANY, *days)
		forget_calendars()
		plans.finish(doc, "Reached")
		due = plans.only(doc).due_on.date()
		assert str(due) not in days and due == date(2027, 2, 15), due
		clock.set("2027-01-09 10:00")
		care_clock.daily()
		assert plans.only(doc).due_on.date() == due


def test_a_new_day_off_moves_it(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		due = plans.only(doc).due_on.date()
		off = records.holiday_list("Closed", str(due))
		frappe.db.set_value("Salesflow Settings", None, "holiday_list", off)
		frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")
		forget_calendars()
		care_clock.daily()
		assert plans.only(doc).due_on.date() != due
	assert reasons(doc) == {"It fell on a day off."}


def test_two_touches_keep_the_gap(rep, frozen_time):
	"""Visits keep two weeks to the others, the executives a month."""
	with frozen_time(MONDAY):
		for _number in range(8):
			dues = {
				name: touch.due_on for name, touch in followed(customer(rep, "Strategic", "High")).items()
			}
			assert abs((dues[VISIT].date() - dues[EXECUTIVES].date()).days) >= 14
			assert abs((dues[CALL].date() - dues[VISIT].date()).days) >= 7


def test_who_stands_in_does_it(rep, make_user, frozen_time):
	other = make_user("Sales User")
	with frozen_time(MONDAY):
		absent(rep, "2027-01-01", "2027-12-31", other)
		doc = customer(rep, "Core", "High")
		touch = plans.only(doc)
		assert (touch.allocated_to, touch.stands_in_for) == (other, rep)
		frappe.db.delete("Rep Absence", {"user": rep})
		reps.forget()
		follow_up_clock.follow_absence(rep)
		touch = plans.only(doc)
		assert (touch.allocated_to, touch.stands_in_for) == (rep, None)


def test_of_a_customer_without_account_manager_the_sales_team_does_it(rep, frozen_time):
	person = frappe.get_all(
		"Sales Person",
		filters={"employee": frappe.db.get_value("Employee", {"user_id": rep})},
		pluck="name",
		order_by="name",
	)[0]
	with frozen_time(MONDAY):
		doc = records.customer(sales_team=[{"sales_person": person, "allocated_percentage": 100}])
		put(doc, sf_activity="High")
		assert plans.only(doc).allocated_to == rep


# Once, and again ------------------------------------------------------------------------------------------------


def test_however_often_it_runs_there_is_one(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		doc = customer(rep, "Strategic", "High")
		before = followed(doc)
		for _day in range(3):
			care_clock.daily()
			care_clock.catch_up()
			clock.shift(hours=3)
		assert {touch.name for touch in followed(doc).values()} == {touch.name for touch in before.values()}
	assert len(plans.touches_of(doc)) == 3


def test_what_was_missed_stays_and_the_next_one_is_planned(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		doc = customer(rep, "Core", "High")
		first = plans.only(doc)
		clock.set(str(add_days(first.late_on, 1)))
		follow_up_clock.tick()
		assert records.state(doc, "sf_next_touch_on") is None
		care_clock.catch_up()
		second = plans.only(doc)
	assert caring.states(doc) == [(CALL, "Missed"), (CALL, "Planned")]
	assert second.due_on > first.late_on and 20 <= (second.due_on.date() - first.due_on.date()).days <= 40


def test_who_becomes_strategic_is_visited_and_who_falls_silent_is_not_called(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		put(doc, sf_tier="Strategic", sf_activity="Silent")
		assert set(followed(doc)) == {VISIT, EXECUTIVES}
		assert reasons(doc) == {"The customer's tier or activity has changed."}
		put(doc, sf_tier="Ordinary")
		assert followed(doc) == {} and records.state(doc, "sf_next_touch_on") is None


def test_a_saved_tier_is_followed_at_once(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = records.customer(account_manager=rep).reload()
		doc.sf_tier = "Strategic"
		doc.save()
		assert set(followed(doc)) == {VISIT, EXECUTIVES}
		assert get_datetime(doc.sf_next_touch_on) == records.state(doc, "sf_next_touch_on")


def test_another_account_manager_takes_over(rep, make_user, frozen_time):
	other = make_user("Sales User")
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		due = plans.only(doc).due_on
		doc.reload()
		doc.account_manager = other
		doc.save()
		assert (plans.only(doc).allocated_to, plans.only(doc).due_on) == (other, due)


def test_a_disabled_customer_is_left_alone(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Strategic", "High")
		doc.reload()
		doc.disabled = 1
		doc.save()
		care_clock.daily()
		assert followed(doc) == {} and reasons(doc) == {"The customer is disabled."}


def test_a_disabled_policy_plans_no_more(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		policy = frappe.get_doc("Cadence Policy", CALL)
		policy.enabled = 0
		policy.save()
		follow_up_clock.plan_anew("Customer")
		assert followed(doc) == {} and reasons(doc) == {"The policy does not hold any more."}


def test_a_changed_rhythm_is_followed(rep, frozen_time):
	"""An administrator's own rhythm counts: once a year becomes once a week."""
	own = caring.policy("Own", "Visit", "Visit", tier="Core", period="Year")
	with frozen_time(MONDAY):
		docs = [customer(rep, "Core") for _number in range(3)]
		own.rhythms[0].period = "Week"
		own.save()
		follow_up_clock.plan_anew("Customer")
		assert all(plans.only(doc).due_on.date() <= date(2027, 1, 26) for doc in docs)


def test_with_planning_switched_off_it_ends(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		records.settings(plan_follow_ups=0)
		follow_up_clock.tick()
		assert followed(doc) == {} and reasons(doc) == {"Follow-ups are not planned."}


def test_a_killed_run_is_finished_by_the_next(rep, frozen_time, monkeypatch):
	with frozen_time(MONDAY):
		docs = [records.customer(account_manager=rep) for _number in range(5)]
		for doc in docs:
			frappe.db.set_value("Customer", doc.name, "sf_activity", "High")
		frappe.db.commit()
		monkeypatch.setattr(follow_up_clock, "CHUNK", 2)
		real, chunks = CarePlanning.plan, []

		def killed(self, doctype, names):
			chunks.append(names)
			if len(chunks) == 2:
				raise KeyboardInterrupt
			return real(self, doctype, names)

		with monkeypatch.context() as patch:
			patch.setattr(CarePlanning, "plan", killed)
			with pytest.raises(KeyboardInterrupt):
				care_clock.plan_missing()
		frappe.db.rollback()
		assert 0 < sum(bool(followed(doc)) for doc in docs) < 5
		care_clock.plan_missing()
		assert [len(followed(doc)) for doc in docs] == [1] * 5


def test_a_broken_policy_or_customer_stops_nobody_else(rep, frozen_time, monkeypatch):
	broken = caring.policy("Broken", "Visit", "Visit", tier="Core")
	with frozen_time(MONDAY):
		frappe.db.set_value("Cadence Rhythm", {"parent": broken.name}, "period", "Fortnight")
		cadences.forget()
		doc = customer(rep, "Core", "High")
		assert set(followed(doc)) == {CALL}
		assert frappe.db.count("Error Log", {"method": "Care could not be planned"}) >= 1
		docs = [records.customer(account_manager=rep) for _number in range(3)]
		for one in docs:
			frappe.db.set_value("Customer", one.name, "sf_activity", "High")
		frappe.db.commit()
		real = CarePlanning.policies

		def refuse(self, row, rep):
			if row.name == docs[1].name:
				raise ValueError("broken")
			return real(self, row, rep)

		monkeypatch.setattr(CarePlanning, "policies", refuse)
		care_clock.catch_up()
	assert [len(followed(one)) for one in docs] == [1, 0, 1]
	assert frappe.db.exists("Error Log", {"reference_name": docs[1].name})


# Names and rights --------------------------------------------------------------------------------------------------


def test_a_renamed_customer_keeps_its_plan(rep, frozen_time):
	with frozen_time(MONDAY):
		doc = customer(rep, "Core", "High")
		touch = plans.only(doc)
		frappe.rename_doc("Customer", doc.name, f"{doc.name} New", force=True)
		doc = frappe.get_doc("Customer", f"{doc.name} New")
		care_clock.daily()
		assert plans.only(doc).name == touch.name
		assert plans.only(doc).open_key == follow_ups.open_key("Customer", doc.name, CALL)
		frappe.delete_doc("Customer", doc.name)
	assert not frappe.db.exists("Follow Up", touch.name)


def test_touches_are_seen_by_who_sees_the_customer(rep, make_user, as_user, frozen_time):
	stranger, seller = make_user("Support Team"), make_user("Sales User")
	with frozen_time(MONDAY):
		group = frappe.db.get_value("Customer Group", {"is_group": 0})
		touch = plans.only(customer(rep, "Core", "High", customer_group=group))
	for user, sees in ((rep, True), (seller, True), (stranger, False)):
		with as_user(user):
			assert frappe.has_permission("Follow Up", "read", doc=touch.name) == sees, user
			listed = frappe.has_permission("Follow Up", "read") and frappe.get_list(
				"Follow Up", filters={"name": touch.name}, order_by="name"
			)
			assert bool(listed) == sees
	other = frappe.get_doc({"doctype": "Customer Group", "customer_group_name": "Apart"}).insert()
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": seller,
			"allow": "Customer Group",
			"for_value": other.name,
			"apply_to_all_doctypes": 1,
		}
	).insert()
	with as_user(seller):
		assert not frappe.has_permission("Follow Up", "read", doc=touch.name)
		assert not frappe.get_list("Follow Up", filters={"name": touch.name}, order_by="name")


# Many at once ------------------------------------------------------------------------------------------------------


def past(doc, policy: str, days: int, **values) -> None:
	"""A follow-up of so many days ago, by default one that took place."""
	on = add_days(get_datetime(MONDAY), -days)
	frappe.get_doc(
		{
			"doctype": "Follow Up",
			"name": frappe.generate_hash(length=12),
			"reference_doctype": "Customer",
			"reference_name": doc.name,
			"kind": "Rhythm",
			"policy": policy,
			"status": "Done",
			"outcome": "Reached",
			"done_on": on,
			"due_on": on,
			"channel": "Phone",
			**values,
		}
	).db_insert()


def test_many_are_planned_as_each_one_would_be(rep, make_user, frozen_time, monkeypatch):
	"""What the database carries to those who are alike is what is decided for each of them (P6)."""
	caring.policy("In turns", "Care Call", activity="Low")
	turns = frappe.get_doc("Cadence Policy", "In turns")
	turns.append("steps", {"channel": "Visit", "goal": "Another one"})
	turns.save()
	# Of no touch for those without the grade: it is not what their calls follow.
	graded = caring.policy("For A only", "Visit", "Visit", activity="High")
	graded.rhythms[0].grade = "A"
	graded.save()
	other, left = make_user("Sales User"), make_user("Sales User")
	frappe.db.set_value("User", left, "enabled", 0)
	reps.forget()
	docs = []

	def made(tier="", activity="", manager=rep):
		doc = records.customer(account_manager=manager)
		frappe.db.set_value("Customer", doc.name, {"sf_tier": tier, "sf_activity": activity})
		docs.append(doc)
		return doc

	with frozen_time(MONDAY):
		for tier in ("", "Core", "Strategic"):
			for activity in ("", "Low", "High", "Silent"):
				made(tier, activity)
		plain = len(docs)
		for days in (0, 1, 6, 14, 29, 31, 90, 500):
			past(made("Core", "High"), CALL, days)
			past(made("", "High", other), CALL, days, status="Missed", outcome=None, done_on=None)
			past(made("Strategic", "High"), CALL, days)
			past(made("Core", "Low"), "In turns", days)
		for unusual in (
			{"outcome": "No Answer"},
			{"kind": "Unplanned"},
			{"status": "Cancelled", "done_by": rep},
			{"policy": VISIT},
			{"policy": None},
		):
			past(made("Core", "High"), **{"policy": CALL, "days": 9, **unusual})
		made("Core", "High", left)
		made("Core", "High", None)
		frappe.db.commit()
		names = sorted(doc.name for doc in docs)

		ours = {"reference_name": ("in", names), "status": "Planned"}

		def start_anew(worth_it: int) -> None:
			monkeypatch.setattr(care_sets, "WORTH_IT", worth_it)
			frappe.db.delete("Follow Up", ours)
			frappe.db.set_value("Customer", {"name": ("in", names)}, "sf_next_touch_on", None)
			frappe.db.commit()

		def planned(worth_it: int) -> tuple[dict, dict]:
			start_anew(worth_it)
			dues = CarePlanning().plan("Customer", names)
			own = {"name", "creation", "modified"}
			rows = frappe.get_all("Follow Up", filters=ours, fields=["*"], order_by="reference_name, policy")
			touches = [{field: row[field] for field in row if field not in own} for row in rows]
			shown = frappe.get_all(
				"Customer",
				filters={"name": ("in", names)},
				fields=["name", "sf_next_touch_on"],
				order_by="name",
			)
			assert dues == {row.name: row.sf_next_touch_on for row in shown}
			return touches, dues

		together, each = planned(1), planned(10**6)
		assert together == each and len(each[0]) > plain
		start_anew(1)
		assert len(CarePlanning()._plan_alike(names)) >= plain + 8, "hardly any were alike"
