"""Customers are greeted at festivals: once a customer, festival and year, in the right country (P6)."""

from __future__ import annotations

from datetime import date

import frappe
import pytest
from frappe.utils import getdate

from salesflow_std.jobs import care_clock
from salesflow_std.salesflow_std import greetings
from tests.site import caring, plans, records
from tests.site.caring import GREETINGS, customer, followed

SPRING = f"{GREETINGS}: Spring Festival"
# The Spring Festival is on 6 February 2027, a Saturday; greeted three days before.
BEFORE = "2027-01-25 09:00"


def in_china(rep, activity="High", **values):
	return customer(rep, "", activity, territory="China", **values)


@pytest.fixture(autouse=True)
def no_calls():
	frappe.get_doc("Cadence Policy", caring.CALL).update({"enabled": 0}).save()


@pytest.fixture
def days(frozen_time):
	"""The clock before the Spring Festival, and the festivals dated by it."""
	with frozen_time(BEFORE) as clock:
		frappe.db.set_value("Festival", {"name": ("is", "set")}, "next_on", None)
		greetings.roll()
		yield clock


def value(**values):
	return frappe.get_doc(
		{
			"doctype": "Value Content",
			"title": "Happy new year",
			"kind": "Greeting",
			"enabled": 1,
			"subject": "Greetings",
			"body": "A good year to {{ company_name }}",
			**values,
		}
	).insert()


def test_festivals_are_dated_by_their_calendar(days):
	on = dict(frappe.get_all("Festival", fields=["name", "next_on"], order_by="name", as_list=True))
	assert on["Spring Festival"] == date(2027, 2, 6) and on["Mid-Autumn Festival"] == date(2027, 9, 15)
	assert on["Qingming Festival"] == date(2027, 4, 5) and on["Easter"] == date(2027, 3, 28)
	assert on["National Day of China"] == date(2027, 10, 1) and on["New Year"] == date(2028, 1, 1)
	days.set("2027-02-07 01:00")
	greetings.roll()
	assert frappe.db.get_value("Festival", "Spring Festival", "next_on") == date(2028, 1, 26)


def test_an_active_customer_is_greeted_on_a_working_day_before(rep, days):
	item = value()
	frappe.db.set_value("Festival", "Spring Festival", "value_content", item.name)
	touch = followed(in_china(rep))[SPRING]
	assert (touch.due_on.date(), touch.channel) == (date(2027, 2, 3), "Message")
	assert (touch.value_content, touch.value_kind, touch.kind) == (item.name, "Greeting", "Rhythm")


def test_who_is_medium_active_is_greeted_and_who_is_silent_is_not(rep, days):
	assert set(followed(in_china(rep, "Medium"))) == {"Medium activity: festival greetings: Spring Festival"}
	assert followed(in_china(rep, "Silent")) == {} and followed(in_china(rep, "Low")) == {}


def test_once_a_year_however_often_the_job_runs(rep, days):
	doc = in_china(rep)
	plans.finish(doc, "Sent")
	for moment in ("2027-01-26 09:00", "2027-02-04 09:00", "2027-02-05 09:00"):
		days.set(moment)
		care_clock.daily()
	assert followed(doc) == {} and len(plans.touches_of(doc, festival="Spring Festival")) == 1
	days.set("2028-01-15 09:00")
	care_clock.daily()
	assert followed(doc)[SPRING].due_on.date() == date(2028, 1, 21)
	assert len(plans.touches_of(doc, festival="Spring Festival")) == 2


def test_only_in_the_right_country(rep, days):
	abroad = customer(rep, "", "High", territory="China")
	address = frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": abroad.name,
			"address_line1": "Main Street 1",
			"city": "Hamburg",
			"country": "Germany",
			"links": [{"link_doctype": "Customer", "link_name": abroad.name}],
		}
	).insert()
	abroad = customer(rep, "", "", customer_primary_address=address.name, territory="China")
	caring.put(abroad, sf_activity="High")
	assert followed(abroad) == {}
	own = frappe.get_cached_value("Company", records.COMPANY, "country")
	assert own and own != "Germany"
	frappe.db.set_value("Festival", "Spring Festival", "country", own)
	nowhere = customer(rep, "", "High")
	assert set(followed(nowhere)) == {SPRING}, "a customer without an address is at home where the company is"
	frappe.db.set_value("Festival", "Spring Festival", "country", "Japan")
	abroad_too = customer(rep, "", "High")
	assert followed(abroad_too) == {}
	frappe.db.set_value("Festival", "Spring Festival", "country", None)
	care_clock.daily()
	assert set(followed(abroad)) == set(followed(nowhere)) == {SPRING}


def test_two_festivals_near_each_other_are_both_greeted(rep, days):
	frappe.get_doc(
		{"doctype": "Festival", "festival_name": "Kitchen Day", "calendar": "Lunar", "month": 12, "day": 23}
	).insert()
	assert set(followed(in_china(rep))) == {SPRING, f"{GREETINGS}: Kitchen Day"}


def test_a_festival_that_is_switched_off_is_not_greeted(rep, days):
	doc = in_china(rep)
	festival = frappe.get_doc("Festival", "Spring Festival")
	festival.enabled = 0
	festival.save()
	care_clock.daily()
	assert followed(doc) == {}
	assert plans.touches_of(doc)[0].cancel_reason == "The festival is not greeted any more."
	festival.reload()
	festival.enabled = 1
	festival.save()
	care_clock.daily()
	assert set(followed(doc)) == {SPRING}


def test_who_drops_a_greeting_is_not_asked_again(rep, days):
	doc = in_china(rep)
	touch = frappe.get_doc("Follow Up", plans.only(doc).name)
	touch.status = "Cancelled"
	touch.save()
	care_clock.daily()
	assert followed(doc) == {}


def test_the_same_greeting_may_be_sent_each_year(rep, days, call):
	item = value()
	doc = in_china(rep)
	plans.finish(doc, "Sent", value_content=item.name)
	days.set("2028-01-15 09:00")
	care_clock.daily()
	plans.finish(doc, "Sent", value_content=item.name)
	assert [touch.value_content for touch in plans.done(doc)] == [item.name] * 2


def test_a_letter_written_at_the_customer_greets_and_an_invoices_does_not(rep, days):
	doc = in_china(rep)
	days.set("2027-02-03 10:00")
	link = {"link_doctype": "Customer", "link_name": doc.name}
	plans.communication(None, timeline_links=[link])
	assert set(followed(doc)) == {SPRING}
	plans.communication(doc)
	assert followed(doc) == {}


def test_festivals_that_are_on_no_day_are_refused(rep, as_user, call):
	def festival(**values):
		return frappe.get_doc({"doctype": "Festival", "festival_name": "Own", **values})

	with pytest.raises(frappe.ValidationError, match="from 1 to 30"):
		festival(calendar="Solar", month=4, day=31).insert()
	with pytest.raises(frappe.ValidationError, match="Say which solar term"):
		festival(calendar="Solar Term").insert()
	eve = festival(calendar="Lunar", month=12, day=31, solar_term="Qingming").insert()
	assert eve.solar_term is None
	told = {"calendar": "Lunar", "month": 12, "day": 31}
	with as_user(rep):
		days = call("salesflow_std.api.festival.upcoming", **told)
		assert len(days) == 3 and getdate(days[0]) == getdate(eve.next_on)
		assert call("salesflow_std.api.festival.upcoming", calendar="Solar", month=13, day=1) == []
		with pytest.raises(frappe.PermissionError):
			festival(calendar="Solar", month=1, day=1).insert()
