"""The care calendar: touches with customers by day, what was skipped too (P6, F5)."""

from __future__ import annotations

import json

import frappe
import pytest

from tests.site import cared, complained, records

EVENTS = "salesflow_std.api.follow_up.events"
TEAM = "salesflow_std.api.customer_care.team"
PANEL = "salesflow_std.api.customer_care.panel"
SPAN = {"start": "2027-06-01", "end": "2027-07-01"}


@pytest.fixture(autouse=True)
def today(frozen_time):
	with frozen_time("2027-06-15 10:00") as clock:
		yield clock


@pytest.fixture
def touches(rep):
	"""A customer, and the names of their touches by what they are."""
	doc = cared.customer(account_manager=rep)
	found = {
		"done": ("2027-06-02 09:00", "Done"),
		"skipped": ("2027-06-09 09:00", "Missed"),
		"cancelled": ("2027-06-10 09:00", "Cancelled"),
		"late": ("2027-06-14 09:00", "Planned"),
		"ahead": ("2027-06-20 09:00", "Planned"),
		"far": ("2027-08-20 09:00", "Planned"),
	}
	return doc, {
		name: cared.follow_up(doc, due, status, allocated_to=rep, goal="Call of the month")
		for name, (due, status) in found.items()
	}


def shown(call, *filters, **span):
	filters = [["Follow Up", "reference_doctype", "=", "Customer", False], *filters]
	rows = call(EVENTS, http_method="GET", **{**SPAN, **span}, filters=json.dumps(filters))
	return {row.name: row for row in rows}


def test_planned_done_and_skipped_show_and_cancelled_do_not(touches, call):
	doc, names = touches
	rows = shown(call, ["Follow Up", "reference_name", "=", doc.name, False])
	assert set(rows) == {names[name] for name in ("done", "skipped", "late", "ahead")}
	assert rows[names["skipped"]].status == "Missed"
	assert [rows[names[name]].overdue for name in ("late", "ahead", "skipped")] == [1, 0, 0]
	row = rows[names["ahead"]]
	assert row.title == f"{doc.customer_name} · Phone" and row.who == "The Rep" and row.allDay
	assert not row.startEditable and not row.durationEditable


def test_cancelled_ones_are_shown_to_who_asks_for_them(touches, call):
	_doc, names = touches
	assert names["cancelled"] in shown(call, ["Follow Up", "status", "=", "Cancelled", False])


def test_the_days_are_those_of_the_reader(touches, call):
	"""A month of a reader west of the site ends when the next one has begun there long ago."""
	doc, _names = touches
	edges = {
		moment: cared.follow_up(doc, moment)
		for moment in ("2027-05-31 12:00", "2027-07-01 12:00", "2027-05-30 12:00", "2027-07-03 00:00")
	}
	found = shown(call)
	assert [name in found for name in edges.values()] == [True, True, False, False]


def test_by_account_manager(touches, rep, make_user, call):
	doc, names = touches
	other = make_user("Sales User")
	of_other = cared.follow_up(doc, "2027-06-21 09:00", allocated_to=other)
	own = shown(call, ["Follow Up", "allocated_to", "=", rep, False])
	assert names["ahead"] in own and of_other not in own
	both = shown(call, ["Follow Up", "allocated_to", "in", [rep, other], False])
	assert {names["ahead"], of_other} <= set(both)


def test_a_manager_chooses_among_the_team(rep, manager, as_user, call):
	with as_user(manager):
		users = [row["user"] for row in call(TEAM, http_method="GET")]
		assert users == [manager, rep]
	with as_user(rep):
		assert [row["user"] for row in call(TEAM, http_method="GET")] == [rep]


def test_the_form_of_a_customer_shows_what_is_next_and_what_was_skipped(touches, rep, as_user, call):
	doc, names = touches
	cared.follow_up(doc, "2026-12-31 09:00", "Missed")  # of last year
	with as_user(rep):
		care = call(PANEL, http_method="GET", customer=doc.name)
	assert [touch.name for touch in care["next"]] == [names["late"], names["ahead"], names["far"]]
	assert [touch.name for touch in care["skipped"]] == [names["skipped"]] and care["skipped_count"] == 1
	assert care["next"][0].goal == "Call of the month" and care["next"][0].allocated_to_name == "The Rep"
	assert (care["complaint"], care["survey"], care["loss"], care["may_set"]) == (None, None, None, False)


def test_the_form_shows_what_the_reader_may_see(touches, rep, make_user, as_user, call):
	doc, _names = touches
	complaint = complained.complaint(rep, customer=doc.name)
	complained.survey(rep, (2, 4, 4), customer=doc.name, satisfaction=3.3)
	analysis = frappe.get_doc({"doctype": "Loss Analysis", "customer": doc.name}).insert()
	with as_user(rep):
		care = call(PANEL, customer=doc.name)
	assert care["complaint"].name == complaint.name and care["loss"].name == analysis.name
	assert (care["survey"].satisfaction, care["survey"].is_low) == (3.3, 1)
	with as_user(make_user("Stock User")):
		care = call(PANEL, customer=doc.name)
		assert (care["complaint"], care["loss"]) == (None, None)
	with as_user(make_user("Website Manager")), pytest.raises(frappe.PermissionError):
		call(PANEL, customer=doc.name)


def test_touches_with_leads_are_in_it_unless_customers_alone_are_asked_for(call):
	lead = records.lead()
	touch = cared.follow_up(lead, "2027-06-20 09:00")
	assert touch not in shown(call)
	assert touch in {row.name for row in call(EVENTS, http_method="GET", **SPAN)}
