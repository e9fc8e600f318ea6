"""How lively the business with a customer is: from orders, touches and tickets (P6)."""

from __future__ import annotations

import datetime

import frappe
import pytest

from salesflow_std.engine import care
from salesflow_std.jobs import customer_standing
from salesflow_std.salesflow_std import bulk
from tests.site import cared, plans, records
from tests.site.cared import customer, follow, follow_up, invoice, moment, order, standing

TODAY = "2027-06-15"
DAY = datetime.date(2027, 6, 15)


@pytest.fixture(autouse=True)
def today(frozen_time):
	with frozen_time(f"{TODAY} 10:00") as clock:
		yield clock


def ago(days):
	return str(DAY - datetime.timedelta(days=days))


def activity(doc):
	follow()
	return standing(doc).sf_activity


def touch(doc):
	follow()
	return standing(doc).sf_last_touch_on


@pytest.mark.parametrize(
	"days, expected",
	[(0, "High"), (60, "High"), (61, "Medium"), (120, "Medium"), (121, "Low"), (180, "Low"), (181, "Silent")],
)
def test_the_days_since_the_last_order(days, expected):
	doc = customer()
	order(doc, ago(days))
	assert activity(doc) == expected
	found = standing(doc)
	assert str(found.sf_last_order_on) == ago(days)
	assert (str(found.sf_silent_since) == ago(days)) == (expected == "Silent")


@pytest.mark.parametrize("days, expected", [(0, "Medium"), (120, "Medium"), (121, "Low"), (181, "Silent")])
def test_the_days_since_the_last_touch_or_ticket(days, expected):
	touched, asked = customer(), customer()
	follow_up(touched, f"{ago(days)} 09:00", "Done")
	cared.row("Issue", subject="Help", customer=asked.name, opening_date=ago(days))
	assert activity(touched) == expected == standing(asked).sf_activity
	assert standing(touched).sf_last_touch_on == moment(f"{ago(days)} 09:00")
	assert standing(asked).sf_last_touch_on is None


def test_limits_are_tuned():
	doc = customer()
	order(doc, ago(90))
	records.settings(active_high_days=90)
	assert activity(doc) == "High"
	records.settings(active_high_days=10, active_medium_days=20, silent_days=89)
	assert activity(doc) == "Silent"


def test_a_new_customer_falls_silent_only_after_a_while():
	new, old = customer(born=f"{ago(180)} 23:59"), customer(born=f"{ago(181)} 08:00")
	assert activity(new) == "Low" and standing(old).sf_activity == "Silent"
	assert str(standing(old).sf_silent_since) == ago(181)


def test_every_kind_of_order_counts_but_no_return_draft_or_cancelled_one():
	invoiced, delivered, returned, draft = (customer() for _ in range(4))
	invoice(invoiced, ago(10))
	cared.row("Delivery Note", customer=delivered.name, posting_date=ago(10), docstatus=1)
	invoice(returned, ago(10), is_return=1)
	order(draft, ago(10), docstatus=0)
	order(draft, ago(11), docstatus=2)
	follow()
	assert [standing(doc).sf_activity for doc in (invoiced, delivered, returned, draft)] == [
		"High",
		"High",
		"Silent",
		"Silent",
	]


def test_what_lies_ahead_counts_as_today():
	doc = customer()
	order(doc, "2027-12-24")
	follow_up(doc, "2027-12-24 10:00", "Done")
	assert activity(doc) == "High"
	found = standing(doc)
	assert found.sf_last_order_on == DAY and found.sf_last_touch_on == moment(f"{TODAY} 10:00")


# What a touch is -------------------------------------------------------------------------------------------

WHEN = f"{ago(20)} 09:00"


def mail(doc, **values):
	values = {
		"communication_type": "Communication",
		"communication_medium": "Email",
		"sent_or_received": "Sent",
		"communication_date": WHEN,
		"reference_doctype": doc.doctype,
		"reference_name": doc.name,
		**values,
	}
	return cared.row("Communication", subject="Hello", **values)


@pytest.mark.parametrize(
	"values, counts",
	[
		({}, True),
		({"sent_or_received": "Received"}, True),
		({"communication_medium": "Phone"}, True),
		({"communication_type": "Automated Message"}, False),
		({"communication_medium": "Event"}, False),
		({"delivery_status": "Bounced"}, False),
	],
)
def test_mail(values, counts):
	doc = customer()
	mail(doc, **values)
	assert (touch(doc) == moment(WHEN)) == counts


def test_mail_that_is_linked():
	doc, other = customer(), records.lead()
	name = mail(other)
	cared.row(
		"Communication Link",
		parent=name,
		parenttype="Communication",
		parentfield="timeline_links",
		link_doctype="Customer",
		link_name=doc.name,
	)
	assert touch(doc) == moment(WHEN)


@pytest.mark.parametrize("status, counts", [("Completed", True), ("Open", False), ("Cancelled", False)])
def test_a_meeting_once_it_was_held(status, counts):
	doc = customer()
	event = plans.event(doc, starts=WHEN, ends_on=f"{ago(20)} 10:00")
	frappe.db.set_value("Event", event.name, "status", status)
	assert (touch(doc) == moment(f"{ago(20)} 10:00")) == counts


def test_a_call():
	doc, in_vain = customer(), customer()
	plans.call_log(doc, start_time=WHEN, end_time=f"{ago(20)} 09:10")
	plans.call_log(in_vain, "No Answer", start_time=WHEN, end_time=f"{ago(20)} 09:10")
	assert touch(doc) == moment(f"{ago(20)} 09:10")
	assert touch(in_vain) is None


@pytest.mark.parametrize(
	"outcome, counts", [("Reached", True), ("No Answer", False), ("Wrong Contact", False)]
)
def test_a_follow_up_that_reached_somebody(outcome, counts):
	doc = customer()
	follow_up(doc, WHEN, "Done", outcome=outcome)
	follow_up(doc, f"{ago(-2)} 09:00")
	follow_up(doc, f"{ago(2)} 09:00", "Missed")
	assert (touch(doc) == moment(WHEN)) == counts


def test_touches_of_the_lead_and_of_open_opportunities_count():
	lead = records.lead()
	of_lead = customer(lead_name=lead.name)
	of_deal, of_closed = customer(), customer()
	deal = records.opportunity(opportunity_from="Customer", party_name=of_deal.name)
	closed = records.opportunity(opportunity_from="Customer", party_name=of_closed.name)
	frappe.db.set_value("Opportunity", closed.name, "status", "Closed")
	for doc in (lead, deal, closed):
		follow_up(doc, WHEN, "Done")
	follow()
	assert [standing(doc).sf_last_touch_on for doc in (of_lead, of_deal, of_closed)] == [
		moment(WHEN),
		moment(WHEN),
		None,
	]


def test_touches_of_an_open_opportunity_of_the_lead_count():
	lead = records.lead()
	doc = customer(lead_name=lead.name)
	follow_up(records.opportunity(party_name=lead.name), WHEN, "Done")
	assert touch(doc) == moment(WHEN)


# The job ---------------------------------------------------------------------------------------------------


def test_a_second_run_writes_nothing_and_no_form_is_in_conflict():
	docs = [customer() for _ in range(3)]
	order(docs[0], ago(10))
	follow_up(docs[1], f"{ago(10)} 09:00", "Done")
	before = [standing(doc).modified for doc in docs]
	assert follow() >= 3 and follow() == 0
	assert [standing(doc).modified for doc in docs] == before


def test_it_says_what_the_engine_says():
	docs = [customer(born=ago(400)) for _ in range(12)]
	orders = (None, 5, 61, 121, 181, 200, None, None, 100, 170, 300, 181)
	contacts = (None, None, None, None, None, 100, 5, 150, 5, 10, 190, 180)
	for doc, ordered, contact in zip(docs, orders, contacts, strict=True):
		if ordered:
			order(doc, ago(ordered))
		if contact:
			follow_up(doc, f"{ago(contact)} 09:00", "Done")
	follow()
	for doc, ordered, contact in zip(docs, orders, contacts, strict=True):
		days = [DAY - datetime.timedelta(days=n) if n else None for n in (400, ordered, contact)]
		assert standing(doc).sf_activity == care.activity(DAY, *days, care.ActivityLimits())


def test_many_customers_are_read_by_few_queries(count_queries):
	for _ in range(5):
		order(customer(), ago(10))
	with count_queries() as few:
		follow()
	for _ in range(20):
		order(customer(), ago(10))
	with count_queries() as many:
		follow()
	assert len(many) == len(few)


def test_a_row_that_the_database_refuses_stops_no_other(monkeypatch):
	broken, whole = customer(), customer()
	for doc in (broken, whole):
		order(doc, ago(10))
	write = bulk.update_rows

	def refuses(doctype, columns, rows):
		if any(row[0] == broken.name for row in rows):
			raise frappe.ValidationError("broken")
		write(doctype, columns, rows)

	monkeypatch.setattr(bulk, "update_rows", refuses)
	assert follow()
	assert standing(whole).sf_activity == "High" and standing(broken).sf_activity is None
	assert frappe.db.exists("Error Log", {"reference_name": broken.name})


def test_a_step_that_fails_is_logged_and_the_others_run(monkeypatch):
	ran = []

	def follow():
		raise ValueError("broken")

	monkeypatch.setattr(customer_standing, "STEPS", (follow, lambda: ran.append(1)))
	customer_standing.run()
	assert ran and frappe.db.exists("Error Log", {"method": "Salesflow: follow failed"})
