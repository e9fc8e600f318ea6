"""Loss analyses: why a customer has fallen silent, and what wins them back (P6)."""

from __future__ import annotations

import frappe
import pytest
from frappe.client import set_value
from frappe.utils import add_days, now_datetime

from salesflow_std.api import my_day
from salesflow_std.jobs import customer_standing, loss_clock
from salesflow_std.salesflow_std import loss_analyses, loss_day
from tests.site import cared, complained, offers, records, signed, talks
from tests.site.cared import customer, order
from tests.site.test_rows_of_documents import refused

DOCTYPE = "Loss Analysis"
MAKE = "salesflow_std.api.loss_analysis.make"
MOVE = "salesflow_std.api.loss_analysis.move"
OPPORTUNITY = "salesflow_std.api.loss_analysis.make_opportunity"
MONDAY = "2027-06-14"  # silent from today on is who was last heard of on 2026-12-15
LAST = "2026-12-15"
CAUSES = {
	"causes": [{"cause": "Price", "note": "A third dearer"}],
	"analysis": "The new buyer compares prices.",
}
OFFER = {"offer_kind": "Special Price", "offer": "Ten percent for a year"}


@pytest.fixture(autouse=True)
def clock(frozen_time):
	records.settings(closing_remind_hours=4)
	# What browsers have left on a site that is kept has a clock as well.
	frappe.db.set_value(DOCTYPE, {"status": ("in", ("Open", "Analysed"))}, "status", "Given Up")
	# Frappe writes whole seconds of a stopped clock in two ways, and takes them for two times.
	with frozen_time(f"{MONDAY} 10:00:00.000001") as clock:
		yield clock


@pytest.fixture
def silent(rep):
	"""A customer of the rep who ordered last so long ago that they have just fallen silent."""
	doc = customer(account_manager=rep)
	order(doc, LAST, 12_000)
	return doc


def of(doc):
	names = frappe.get_all(DOCTYPE, filters={"customer": doc.name}, pluck="name", order_by="creation, name")
	return [frappe.get_doc(DOCTYPE, name) for name in names]


def night():
	customer_standing.run()


def analysis(doc, **values):
	"""The one analysis of a customer, after the night."""
	if not of(doc):
		night()
	(found,) = of(doc)
	if values:
		found.update(values)
		found.save()
		found.reload()
	return found


def todos(found):
	return frappe.get_all(
		"ToDo",
		filters={"reference_type": DOCTYPE, "reference_name": found.name},
		fields=["status", "allocated_to", "date", "description"],
		order_by="creation",
	)


def notices_of(user):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": DOCTYPE, "type": "Alert"},
		pluck="subject",
		order_by="creation, name",
	)


# Made once -------------------------------------------------------------------------------------------------


def test_who_falls_silent_is_analysed_once(silent, rep):
	found = analysis(silent)
	night()
	assert len(of(silent)) == 1
	assert (found.status, found.allocated_to, found.company) == ("Open", rep, records.COMPANY)
	assert found.analysis_key == f"{silent.name}|{LAST}" and str(found.silent_since) == LAST
	assert str(found.due_on) == "2027-06-21 10:00:00"  # five working days
	(todo,) = todos(found)
	assert todo.status == "Open" and todo.allocated_to == rep and str(todo.date) == "2027-06-21"
	(told,) = notices_of(rep)
	assert silent.customer_name in told
	(mail,) = [mail for mail in talks.mails() if mail.to == [rep] and "fallen silent" in mail.subject]
	assert "12,000" in mail.text


def test_what_is_known_is_there(silent, rep):
	cared.order(silent, "2025-12-15", 99)  # a year before that day, so too long ago
	cared.order(silent, "2025-12-16", 500)
	complained.complaint(rep, customer=silent.name, opening_date="2026-12-01")
	frappe.db.set_value("Issue", {"customer": silent.name}, "opening_date", "2026-12-01")
	complained.survey(rep, (3, 4, 4), customer=silent.name, satisfaction=3.7)
	found = analysis(silent)
	assert (found.revenue_before, found.open_complaints, found.last_satisfaction) == (12_500, 1, 3.7)
	assert str(found.last_order_on) == LAST and found.last_touch_on is None


@pytest.mark.parametrize(
	"last, made",
	[("2026-12-16", 0), (LAST, 1), ("2026-11-16", 1), ("2026-11-14", 0), ("2020-03-01", 0)],
)
def test_only_who_fell_silent_of_late(rep, last, made):
	doc = customer(account_manager=rep)
	order(doc, last)
	night()
	assert len(of(doc)) == made


def test_who_never_ordered_has_lost_nothing(rep):
	doc = customer(account_manager=rep)
	cared.follow_up(doc, f"{LAST} 09:00", "Done")
	disabled = customer(account_manager=rep, disabled=1)
	order(disabled, LAST)
	night()
	assert cared.standing(doc).sf_activity == "Silent" and not of(doc) and not of(disabled)


def test_a_touch_later_the_same_loss_is_not_analysed_again(silent):
	found = analysis(silent, **CAUSES)
	found.update({"status": "Given Up", "outcome_note": "They have closed"})
	found.save()
	cared.follow_up(silent, "2026-12-16 09:00", "Done")
	night()
	assert len(of(silent)) == 1


def test_after_a_new_order_a_new_silence_is_analysed(silent, clock):
	found = analysis(silent, **CAUSES)
	found.update({"status": "Given Up", "outcome_note": "They have closed"})
	found.save()
	order(silent, "2027-06-20")
	clock.set("2027-12-20 10:00")
	night()
	assert [doc.status for doc in of(silent)] == ["Given Up", "Open"]


def test_by_hand_it_is_the_same_one(silent, rep, as_user, call):
	cared.follow()
	with as_user(rep):
		name = call(MAKE, customer=silent.name)
		assert call(MAKE, customer=silent.name) == name
		with pytest.raises(frappe.DuplicateEntryError, match=name):
			frappe.get_doc({"doctype": DOCTYPE, "customer": silent.name}).insert()
	night()
	assert len(of(silent)) == 1


def test_of_long_silent_customers_one_is_made_by_hand(rep, as_user, call):
	doc = customer(account_manager=rep)
	order(doc, "2024-03-01")
	night()
	with as_user(rep):
		call(MAKE, customer=doc.name)
	assert len(of(doc)) == 1


def test_where_nobody_looks_after_a_customer_a_manager_does(manager):
	doc = customer()
	order(doc, LAST)
	assert "Sales Manager" in frappe.get_roles(analysis(doc).allocated_to)


def test_one_that_cannot_be_made_stops_no_other(silent, rep, monkeypatch):
	other = customer(account_manager=rep)
	order(other, LAST)
	make = loss_analyses.make

	def breaks(name):
		if name == silent.name:
			raise ValueError("broken")
		return make(name)

	monkeypatch.setattr(loss_analyses, "make", breaks)
	night()
	assert not of(silent) and len(of(other)) == 1
	assert frappe.db.exists("Error Log", {"reference_name": silent.name})
	monkeypatch.undo()
	night()
	assert len(of(silent)) == 1


# The states ------------------------------------------------------------------------------------------------


def saved(found, status):
	found.reload()
	found.status = status
	found.save()


def by_rest(found, status):
	set_value(DOCTYPE, found.name, "status", status)


def by_api(found, status):
	frappe.call(MOVE, analysis=found.name, status=status)


def imported(found, status):
	frappe.flags.in_import = True
	try:
		saved(found, status)
	finally:
		frappe.flags.in_import = False


WAYS = (saved, by_rest, by_api, imported)


@pytest.mark.parametrize("way", WAYS)
def test_every_state_asks_for_what_it_needs(way, silent):
	found = analysis(silent)
	for status in ("Analysed", "Offer Made", "Won Back", "Given Up"):
		with pytest.raises(frappe.ValidationError, match="Still missing"):
			way(found, status)
		frappe.db.rollback()
	found.reload()
	found.update(CAUSES)
	found.save()
	way(found, "Analysed")
	with pytest.raises(frappe.ValidationError, match="What Is Offered"):
		way(found, "Offer Made")
	found.reload()
	found.update(OFFER)
	found.save()
	way(found, "Offer Made")
	found.reload()
	assert (found.status, str(found.offered_on)) == ("Offer Made", MONDAY)
	with pytest.raises(frappe.ValidationError, match="an order of the customer"):
		way(found, "Won Back")


def test_what_was_needed_is_not_taken_away(silent):
	found = analysis(silent, **CAUSES, status="Analysed")
	found.causes = []
	with pytest.raises(frappe.ValidationError, match="Causes"):
		found.save()


def test_causes_are_changed_with_their_analysis_only(silent):
	refused("Loss Cause", analysis(silent, **CAUSES, status="Analysed"))


def test_a_new_one_begins_open_whatever_is_sent(rep):
	doc = customer(account_manager=rep)
	order(doc, LAST)
	cared.follow()
	found = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"customer": doc.name,
			"status": "Won Back",
			"revenue_before": 9,
			"analysis_key": "x",
		}
	).insert()
	assert (found.status, found.revenue_before, found.analysis_key) == ("Open", 1000, f"{doc.name}|{LAST}")
	found.update({"revenue_before": 9, "escalated_on": now_datetime(), "silent_since": "2020-01-01"})
	found.save()
	found.reload()
	assert (found.revenue_before, found.escalated_on, str(found.silent_since)) == (1000, None, LAST)


def test_only_a_manager_takes_one_back(silent, rep, manager, as_user):
	found = analysis(silent, **CAUSES, status="Analysed")
	with as_user(rep):
		with pytest.raises(frappe.ValidationError, match="manager may take it back"):
			saved(found, "Open")
	with as_user(manager):
		saved(found, "Open")
	assert todos(found)[0].status == "Open"


def test_the_todo_follows(silent, make_user):
	found = analysis(silent)
	other = make_user("Sales User")
	found.allocated_to = other
	found.save()
	assert [todo.allocated_to for todo in todos(found)] == [other] and len(notices_of(other)) == 1
	found.update({**CAUSES, **OFFER, "status": "Offer Made"})
	found.save()
	assert [todo.status for todo in todos(found)] == ["Closed"]


def test_a_deleted_one_asks_nothing_of_anybody(silent):
	found = analysis(silent)
	frappe.delete_doc(DOCTYPE, found.name)
	assert [todo.status for todo in todos(found)] == ["Cancelled"]


def test_a_deadline_is_put_off_by_a_manager(silent, rep, manager, as_user):
	found = analysis(silent)
	with as_user(rep):
		found.due_on = add_days(found.due_on, 1)
		with pytest.raises(frappe.ValidationError, match="manager may put that off"):
			found.save()
	found.reload()
	with as_user(manager):
		found.due_on = add_days(found.due_on, 1)
		found.save()


def test_what_is_offered_is_offered_to_this_customer(silent):
	found = analysis(silent)
	found.opportunity = records.opportunity(opportunity_from="Customer", party_name=customer().name).name
	with pytest.raises(frappe.ValidationError, match="another customer"):
		found.save()


def test_the_opportunity_is_made_once(silent, rep, as_user, call):
	found = analysis(silent)
	with as_user(rep):
		name = call(OPPORTUNITY, analysis=found.name)
		assert call(OPPORTUNITY, analysis=found.name) == name
	deal = frappe.get_doc("Opportunity", name)
	assert (deal.party_name, deal.opportunity_owner) == (silent.name, rep)
	assert frappe.db.get_value(DOCTYPE, found.name, "opportunity") == name


def test_the_offer_finds_its_quotation(silent):
	found = analysis(silent, **CAUSES, status="Analysed")
	offer = offers.quotation(silent)
	saved_offer = analysis(silent, **OFFER, status="Offer Made")
	assert saved_offer.quotation == offer.name and found.name == saved_offer.name


# Won back --------------------------------------------------------------------------------------------------


def test_an_order_wins_back_and_its_cancelling_takes_that_back(silent, rep):
	found = analysis(silent, **CAUSES, status="Analysed")
	signed.ask("Off")
	new = signed.order(silent.name)
	found.reload()
	assert found.status == "Analysed"  # a draft is no order
	new.submit()
	found.reload()
	assert (found.status, str(found.outcome_on)) == ("Won Back", MONDAY)
	assert todos(found)[0].status == "Closed" and any("ordered again" in told for told in notices_of(rep))
	new.cancel()
	found.reload()
	assert (found.status, found.outcome_on) == ("Analysed", None)


def test_an_order_from_before_wins_nobody_back(silent):
	found = analysis(silent)
	loss_analyses.ordered(silent.name)
	found.reload()
	assert found.status == "Open"


def test_an_invoice_wins_back_with_the_night(silent):
	found = analysis(silent)
	cared.invoice(silent, MONDAY)
	night()
	night()
	found.reload()
	assert found.status == "Won Back" and len(of(silent)) == 1


def test_an_order_costs_one_query_where_nothing_waits(count_queries):
	doc = customer()
	with count_queries() as queries:
		loss_analyses.ordered(doc.name)
	assert len(queries) == 1


def test_an_analysis_that_cannot_be_settled_stops_no_order(silent, monkeypatch):
	analysis(silent)
	signed.ask("Off")

	def broken(name):
		raise ValueError("broken")

	monkeypatch.setattr(loss_analyses, "win_back", broken)
	new = signed.order(silent.name)
	new.submit()
	assert new.docstatus == 1 and frappe.db.exists(
		"Error Log", {"method": "A loss analysis could not be settled"}
	)


# The clock -------------------------------------------------------------------------------------------------


def tick(clock, moment):
	clock.set(moment)
	loss_clock.tick()
	loss_clock.tick()


def test_reminded_then_escalated_each_once(silent, rep, manager, clock):
	found = analysis(silent)
	told = len(notices_of(rep))
	tick(clock, "2027-06-18 14:00")  # four working hours and more before Monday, 10:00
	assert len(notices_of(rep)) == told
	tick(clock, "2027-06-18 15:01")
	assert "due by" in notices_of(rep)[-1] and not notices_of(manager)
	tick(clock, "2027-06-21 10:01")
	assert len(notices_of(manager)) == 1 and "The Rep" in notices_of(manager)[0]
	tick(clock, "2027-07-21 10:01")
	assert len(notices_of(manager)) == 1
	# The offer has a deadline of its own.
	found.reload()
	found.update({**CAUSES, "status": "Analysed"})
	found.save()
	tick(clock, "2027-07-28 10:02")
	assert len(notices_of(manager)) == 2


def test_what_was_offered_disturbs_nobody(silent, rep, manager, clock):
	analysis(silent, **CAUSES, **OFFER, status="Offer Made")
	told = notices_of(rep)
	tick(clock, "2027-07-21 10:01")
	assert notices_of(rep) == told and not notices_of(manager)


def test_my_day(silent, rep, manager, as_user, clock):
	found = analysis(silent)
	with as_user(rep):
		(row,) = loss_day.waiting(rep, now_datetime())["rows"]
		assert row["title"] == silent.customer_name and row["tone"] == "blue"
		assert "loss_analyses" in [section["key"] for section in my_day.get()["sections"]]
	with as_user(manager):
		assert loss_day.waiting(manager, now_datetime()) is None
	tick(clock, "2027-06-21 10:01")
	with as_user(manager):
		rows = loss_day.waiting(manager, now_datetime())["rows"]
		(row,) = (row for row in rows if row["title"] == silent.customer_name)
		assert (row["tone"], row["detail"]) == ("red", "The Rep")
	found.reload()
	found.update({**CAUSES, **OFFER, "status": "Offer Made"})
	found.save()
	for user in (rep, manager):
		with as_user(user):
			left = loss_day.waiting(user, now_datetime()) or {"rows": []}
			assert silent.customer_name not in [row["title"] for row in left["rows"]]


# Rights ----------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(make_user):
	"""Somebody who may see another customer only."""

	def make(role="Sales User", **values):
		user = make_user(role)
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": records.customer().name,
				**values,
			}
		).insert(ignore_permissions=True)
		return user

	return make


def listed(user, as_user):
	with as_user(user):
		return frappe.get_list(DOCTYPE, pluck="name", order_by="name")


@pytest.mark.parametrize("role", ["Sales User", "Sales Manager"])
def test_it_is_seen_with_its_customer(silent, limited, as_user, call, role):
	found, user = analysis(silent), limited(role)
	assert found.name not in listed(user, as_user)
	with as_user(user):
		for way in (
			lambda: frappe.get_doc(DOCTYPE, found.name).check_permission("read"),
			lambda: call(MAKE, customer=silent.name),
			lambda: call(MOVE, analysis=found.name, status="Analysed"),
			lambda: call(OPPORTUNITY, analysis=found.name),
			lambda: set_value(DOCTYPE, found.name, "analysis", "x"),
		):
			with pytest.raises(frappe.PermissionError):
				way()
			frappe.db.rollback()


def test_whose_it_is_sees_it_though_not_the_customer(silent, limited, as_user):
	user = limited(apply_to_all_doctypes=0, applicable_for="Customer")
	found = analysis(silent)
	assert not listed(user, as_user)
	found.allocated_to = user
	found.save()
	assert listed(user, as_user) == [found.name]
	with as_user(user):
		doc = frappe.get_doc(DOCTYPE, found.name)
		doc.update(CAUSES)
		doc.save()


@pytest.mark.parametrize("role, may", [("Sales Manager", True), ("Accounts User", False)])
def test_managers_work_on_what_they_see(silent, make_user, as_user, role, may):
	user, found = make_user(role), analysis(silent)
	with as_user(user):
		doc = frappe.get_doc(DOCTYPE, found.name)
		doc.update(CAUSES)
		if may:
			doc.save()
		else:
			with pytest.raises(frappe.PermissionError):
				doc.save()


def test_causes_are_seen_with_their_analysis(silent, limited, as_user):
	analysis(silent, **CAUSES)
	user = limited()
	with as_user(user):
		rows = frappe.get_list("Loss Cause", parent_doctype=DOCTYPE, pluck="parent", order_by="name")
	assert not rows


def test_a_state_that_there_is_not_is_refused(silent, call):
	with pytest.raises(frappe.ValidationError, match="no state"):
		call(MOVE, analysis=analysis(silent).name, status="<b>Lost</b>")
