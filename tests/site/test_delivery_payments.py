"""Invoices and payments of handed over deals (C4): the first payment tells the project team to start, once."""

from __future__ import annotations

import frappe
import pytest
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice
from frappe.utils import add_days, getdate, today

from salesflow_std.jobs import handover_clock
from salesflow_std.salesflow_std import delivery_payments
from tests.site import deliveries, records, review_cases
from tests.site.deliveries import API


@pytest.fixture
def team(make_user):
	return deliveries.team(make_user)


@pytest.fixture
def deal(rep, team):
	"""A handover with an order of 1,000.00."""
	made = deliveries.handover(rep)
	return made, deliveries.order(made)


def invoice(order, submit=True, **values):
	doc = make_sales_invoice(order.name)
	doc.update(values)
	doc.insert()
	if submit:
		doc.submit()
	return doc


def pay(document, amount, on=None):
	entry = get_payment_entry(document.doctype, document.name, party_amount=amount)
	entry.update({"reference_no": "1", "reference_date": on or today(), "posting_date": on or today()})
	entry.insert()
	entry.submit()
	return entry


def money(handover):
	return records.state(handover, "invoiced_on", "paid_on", "paid_amount")


def told(user) -> int:
	return sum("the project can start" in subject for subject in review_cases.notices_of(user))


def test_an_advance_on_the_order_starts_the_project_once(deal, team, rep):
	made, order = deal
	pay(order, 300, add_days(today(), -2))
	assert money(made) == (None, getdate(add_days(today(), -2)), 300)
	pay(order, 200)
	assert money(made) == (None, getdate(add_days(today(), -2)), 500)
	assert (told(team["Delivery"]), told(rep), told(team["Finance"])) == (1, 1, 0)
	assert records.state(made, "start_told_on")


def test_an_invoice_its_part_payments_and_what_is_taken_back(deal, team):
	made, order = deal
	bill = invoice(order)
	assert money(made) == (getdate(), None, 0)
	first, second = pay(bill, 400, add_days(today(), -1)), pay(bill, 600)
	assert money(made)[1:] == (getdate(add_days(today(), -1)), 1000)
	first.reload()
	first.cancel()
	assert money(made)[1:] == (getdate(), 600)
	second.reload()
	second.cancel()
	assert money(made) == (getdate(), None, 0)
	bill.reload()
	bill.cancel()
	assert money(made) == (None, None, 0)
	assert told(team["Delivery"]) == 1


def test_an_advance_that_is_moved_to_the_invoice_counts_once(deal):
	made, order = deal
	pay(order, 300)
	bill = make_sales_invoice(order.name)
	bill.allocate_advances_automatically = 1
	bill.insert()
	bill.submit()
	assert money(made)[2] == 300
	assert bill.outstanding_amount == 700


def test_a_journal_entry_pays_too(deal, company):
	made, order = deal
	bill = invoice(order)
	cash = frappe.db.get_value("Account", {"company": company, "account_type": "Cash", "is_group": 0})
	entry = frappe.get_doc(
		{
			"doctype": "Journal Entry",
			"company": company,
			"posting_date": today(),
			"accounts": [
				{"account": cash, "debit_in_account_currency": 250},
				{
					"account": bill.debit_to,
					"party_type": "Customer",
					"party": bill.customer,
					"credit_in_account_currency": 250,
					"reference_type": "Sales Invoice",
					"reference_name": bill.name,
				},
			],
		}
	).insert()
	entry.submit()
	assert money(made)[1:] == (getdate(), 250)
	entry.cancel()
	assert money(made)[1:] == (None, 0)


def test_a_refund_takes_back(deal):
	from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

	made, order = deal
	bill = invoice(order)
	pay(bill, 1000)
	note = make_sales_return(bill.name)
	note.insert()
	note.submit()
	back = get_payment_entry("Sales Invoice", note.name)
	back.update({"reference_no": "2", "reference_date": today()})
	back.insert()
	back.submit()
	assert money(made) == (getdate(), None, 0)


def test_it_may_start_with_the_handover(deal, team, rep, as_user, call):
	made, _order = deal
	with as_user(rep):
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.start_condition = "With the Handover"
		doc.save()
		assert told(team["Delivery"]) == 0
		call(f"{API}.hand_over", handover=made.name)
	assert told(team["Delivery"]) == 1


def test_a_form_that_is_open_meanwhile_keeps_the_payment(deal, rep, as_user):
	made, order = deal
	with as_user(rep):
		opened = frappe.get_doc("Delivery Handover", made.name)
	pay(order, 300)
	with as_user(rep):
		opened.delivery_plan = "Two stages."
		opened.save()
	assert money(made)[2] == 300


def test_what_concerns_no_handover_costs_one_query(team, count_queries):
	from tests.site import signed

	order = signed.order()
	order.submit()
	bill = invoice(order)
	entry = frappe.get_doc("Payment Entry", pay(bill, 100).name)
	with count_queries() as queries:
		delivery_payments.invoice_changed(bill)
	assert len(queries) == 1
	with count_queries() as queries:
		delivery_payments.payment_changed(entry)
	assert len(queries) == 1
	entry.references = []
	with count_queries() as queries:
		delivery_payments.payment_changed(entry)
	assert not queries


# The clock --------------------------------------------------------------------------------------------------------


def subjects(user, words):
	return [text for text in review_cases.notices_of(user) if words in text]


def test_the_rep_is_reminded_before_and_the_manager_told_after(team, rep, manager, frozen_time):
	with frozen_time("2026-03-05 10:00") as clock:  # a Thursday; due on Tuesday at 10:00
		deliveries.handover(rep)
		clock.set("2026-03-09 10:00")
		handover_clock.tick()
		assert not subjects(rep, "to be handed over")
		clock.set("2026-03-09 17:00")
		handover_clock.tick()
		handover_clock.tick()
		assert len(subjects(rep, "to be handed over by 2026-03-10 10:00")) == 1
		assert not subjects(manager, "Overdue")
		clock.set("2026-03-10 10:01")
		handover_clock.tick()
		handover_clock.tick()
		assert len(subjects(manager, "Overdue: the handover of")) == 1


def test_who_has_not_acknowledged_is_reminded_after_a_working_day(team, rep, as_user, call, frozen_time):
	with frozen_time("2026-03-06 15:00") as clock:  # a Friday
		made = deliveries.handover(rep)
		with as_user(rep):
			call(f"{API}.hand_over", handover=made.name)
		with as_user(team["Finance"]):
			call(f"{API}.acknowledge", handover=made.name)
		clock.set("2026-03-08 16:00")
		handover_clock.tick()
		assert not subjects(team["Delivery"], "still waits")
		clock.set("2026-03-09 15:01")
		handover_clock.tick()
		handover_clock.tick()
		assert len(subjects(team["Delivery"], "still waits")) == 1
		assert len(subjects(team["After-sales"], "still waits")) == 1
		assert not subjects(team["Finance"], "still waits")


def test_one_broken_handover_stops_no_other(team, rep, frozen_time):
	with frozen_time("2026-03-05 10:00") as clock:
		broken, other = deliveries.handover(rep), deliveries.handover(rep)
		frappe.db.set_value("Delivery Handover", broken.name, "company", "No Such Company")
		clock.set("2026-03-09 17:00")
		handover_clock.tick()
		assert records.state(other, "reminded_on") and not records.state(broken, "reminded_on")
