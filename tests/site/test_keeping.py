"""Profiles are reviewed monthly and confirmed every quarter: due dates, who is told, My Day (P5)."""

from __future__ import annotations

from datetime import date

import frappe
import pytest
from frappe.utils import now_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import profile_clock
from salesflow_std.salesflow_std import keeping, profiles
from tests.site import plans, records
from tests.site.plans import MONDAY


def profile_of(doc):
	return profiles.ensure(doc.doctype, doc.name)


def state(profile, *fields):
	fields = fields or ("responsible", "review_due", "confirm_due")
	return frappe.db.get_value("Customer Profile", profile, fields)


def set_intervals(**months):
	settings = frappe.get_single("Salesflow Settings")
	settings.update(months)
	settings.save()


def notices(user):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": "Customer Profile"},
		fields=["subject", "document_name", "email_content"],
		order_by="creation",
	)


@pytest.fixture(autouse=True)
def nobody_elses():
	"""What the desk tests leave on the site is due as well, and would be told of together with the tests' own."""
	frappe.db.delete("Customer Profile")


@pytest.fixture
def rep(make_user):
	return make_user()


@pytest.fixture
def customer(rep):
	def make(**values):
		return records.customer(**{"account_manager": rep, **values})

	return make


def test_dates_count_from_the_making_by_calendar_months(frozen_time, customer, rep):
	with frozen_time("2027-01-31 10:00"):
		profile = profile_of(customer())
		profile_clock.set_due_dates()
		# 28 February is a Sunday, 30 April a Friday.
		assert state(profile) == (rep, date(2027, 3, 1), date(2027, 4, 30))


def test_a_day_off_of_the_rep_moves_the_date(frozen_time, customer, rep):
	with frozen_time(MONDAY):
		frappe.get_doc(
			{"doctype": "Rep Absence", "user": rep, "from_date": "2027-02-10", "to_date": "2027-02-12"}
		).insert()
		profile = profile_of(customer())
		profile_clock.set_due_dates()
		assert state(profile, "review_due") == date(
			2027, 2, 15
		)  # Thursday 11 February is off, and so is Friday


def test_who_is_kept_and_by_whom(customer, rep, make_user):
	other = make_user()
	prospect = frappe.get_doc(
		{"doctype": "Prospect", "company_name": frappe.generate_hash(length=8), "prospect_owner": other}
	).insert()
	kept = {
		profile_of(customer()): rep,
		profile_of(prospect): other,
		profile_of(records.lead(lead_owner=other)): other,
		profile_of(records.customer()): "Administrator",
	}
	lost = records.lead(status="Do Not Contact")
	not_kept = [
		profile_of(customer(disabled=1)),
		profile_of(lost),
		profile_of(records.lead(sf_invalid_reason="Test Data")),
	]
	profile_clock.set_due_dates()
	for profile, user in kept.items():
		assert state(profile, "responsible") == user and all(state(profile))
	for profile in not_kept:
		assert state(profile) == (None, None, None)
	# It comes back with the lead, and goes again.
	lost.reload()
	lost.status = "Open"
	lost.save()
	profile_clock.set_due_dates()
	assert all(state(not_kept[1]))
	frappe.db.set_value("Lead", lost.name, "status", "Do Not Contact")
	profile_clock.set_due_dates()
	assert state(not_kept[1]) == (None, None, None)


def test_an_open_opportunity_keeps_the_leads_profile(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm()
		deal = plans.deal(party_name=lead.name)
		profile = profile_of(lead)
		profile_clock.set_due_dates()
		assert state(profile, "review_due")
		frappe.db.set_value("Opportunity", deal.name, "status", "Lost")
		frappe.db.set_value("Lead", lead.name, "status", "Lost Quotation")
		profile_clock.set_due_dates()
		assert state(profile, "review_due") is None


def test_customers_that_matter_get_a_profile(customer):
	managed, graded, neither = customer(), records.customer(), records.customer()
	frappe.db.set_value("Customer", graded.name, "sf_grade", "B")
	disabled = customer(disabled=1)
	profile_clock.make_profiles()
	assert records.state(managed, "sf_profile") and records.state(graded, "sf_profile")
	assert not records.state(neither, "sf_profile") and not records.state(disabled, "sf_profile")
	count = frappe.db.count("Customer Profile")
	profile_clock.make_profiles()
	assert frappe.db.count("Customer Profile") == count


def test_one_broken_customer_does_not_stop_the_others(customer, monkeypatch):
	first, second = sorted((customer(), customer()), key=lambda doc: doc.name)
	ensure = profiles.ensure

	def broken(doctype, name):
		if name == first.name:
			raise ValueError("broken")
		return ensure(doctype, name)

	monkeypatch.setattr(profiles, "ensure", broken)
	profile_clock.make_profiles()
	assert not records.state(first, "sf_profile") and records.state(second, "sf_profile")
	assert frappe.db.exists("Error Log", {"reference_name": first.name})


def test_the_job_run_twice_changes_nothing(customer, rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		one, other = profile_of(customer()), profile_of(customer())
		profile_clock.run()
		assert notices(rep) == []
		clock.set("2027-02-12 02:00")
		profile_clock.run()
		before = [frappe.get_doc("Customer Profile", name).as_dict() for name in (one, other)]
		profile_clock.run()
		assert [frappe.get_doc("Customer Profile", name).as_dict() for name in (one, other)] == before
		(notice,) = notices(rep)
		assert notice.subject.startswith("2 customer profiles are due")
		clock.set("2027-02-13 02:00")
		profile_clock.run()
		assert len(notices(rep)) == 1


def test_each_due_date_is_told_of_once(customer, rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		doc = customer()
		profile_of(doc)
		profile_clock.run()
		clock.set("2027-02-12 02:00")
		profile_clock.run()
		assert len(notices(rep)) == 1 and doc.customer_name in notices(rep)[0].subject
		clock.set("2027-04-12 02:00")  # the quarter is over
		profile_clock.run()
		assert len(notices(rep)) == 2


def test_the_manager_hears_once_after_a_week(customer, rep, make_user, frozen_time):
	boss = make_user("Sales Manager")
	with frozen_time(MONDAY) as clock:
		plans.person(rep, plans.person(boss, is_group=1))
		profile_of(customer()), profile_of(customer())
		profile_clock.run()
		clock.set("2027-02-18 02:00")  # due on the eleventh
		profile_clock.run()
		assert notices(boss) == []
		clock.shift(days=1)
		profile_clock.run()
		profile_clock.run()
		(notice,) = notices(boss)
		assert notice.subject.startswith("2 customer profiles of your team")


def test_other_intervals_count_all_dates_anew(customer, jobs, frozen_time):
	with frozen_time(MONDAY):
		profile = profile_of(customer())
		profile_clock.set_due_dates()
		set_intervals(profile_review_months=2, profile_confirm_months=0)
		assert state(profile, "review_due", "confirm_due") == (None, None)
		jobs.run("profile_clock")
		assert state(profile, "review_due", "confirm_due") == (date(2027, 3, 11), None)


def test_reviewed_and_confirmed_move_the_dates(customer, frozen_time):
	with frozen_time(MONDAY) as clock:
		profile = profile_of(customer())
		profile_clock.set_due_dates()
		clock.set("2027-02-10 10:00")
		keeping.done(profile, False, now_datetime())
		assert state(profile, "review_due", "confirm_due") == (date(2027, 3, 10), date(2027, 4, 12))
		keeping.done(profile, True, frappe.utils.get_datetime("2027-02-08 15:00"), "Purchasing Manager")
		assert state(profile, "review_due", "confirm_due") == (date(2027, 3, 10), date(2027, 5, 10))


def test_my_day_shows_what_is_due(customer, rep, as_user, make_user, frozen_time, count_queries):
	with frozen_time(MONDAY) as clock:
		docs = [customer() for _ in range(3)]
		for doc in docs:
			profile_of(doc)
		profile_clock.set_due_dates()
		with as_user(rep):
			assert sections(my_day.get()) == []
		clock.set("2027-02-15 10:00")
		with as_user(rep):
			(section,) = sections(my_day.get())
		assert section["total"] == 3
		assert {row["route"] for row in section["rows"]} == {
			f"/app/confirm-facts/Customer/{frappe.utils.quote(doc.name)}" for doc in docs
		}
		with as_user(make_user()):
			assert sections(my_day.get()) == []
		with as_user(rep), count_queries() as queries:
			keeping.my_day(rep, now_datetime())
		assert len(queries) <= 8


def sections(day):
	return [section for section in day["sections"] if section["key"] == "confirm_facts"]
