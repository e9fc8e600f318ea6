"""Objections: from what was said to what came of it, and who may see them (S4)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime, now_datetime

from salesflow_std.salesflow_std import objections
from tests.site import raised, records
from tests.site.raised import objection, state

API = "salesflow_std.api.objection."
# A Friday; the company works from Monday to Friday.
FRIDAY = "2027-01-08 10:00"


@pytest.fixture
def competitor():
	return frappe.get_doc({"doctype": "Competitor", "competitor_name": "Alpha GmbH"}).insert().name


# Answers and promises ----------------------------------------------------------------------------------------


def test_answered_on_the_spot(frozen_time, make_user, as_user):
	rep = make_user("Sales User")
	opportunity = records.opportunity(opportunity_owner=rep)
	with frozen_time(FRIDAY), as_user(rep):
		doc = objection(
			opportunity, answer="Over five years we are cheaper.", reply_due_on="2027-01-11 10:00"
		)
	assert (doc.status, doc.answered_by, doc.allocated_to) == ("Answered", rep, rep)
	assert doc.answered_on == get_datetime(FRIDAY) and not doc.reply_due_on
	assert doc.title == opportunity.customer_name and doc.company == records.COMPANY
	assert doc.customer_profile == frappe.db.get_value("Lead", opportunity.party_name, "sf_profile")


def test_a_promise_is_due_in_two_working_days_by_itself(frozen_time):
	with frozen_time(FRIDAY):
		doc = objection()
	assert (doc.status, doc.reply_due_on) == ("Open", get_datetime("2027-01-12 10:00"))


def test_the_period_is_tuned_in_the_settings(frozen_time):
	frappe.db.set_single_value(
		"Salesflow Settings", {"objection_reply_amount": 5, "objection_reply_unit": "Hours"}
	)
	with frozen_time(FRIDAY):
		assert objection().reply_due_on == get_datetime("2027-01-08 15:00")


def test_a_promise_before_the_objection_is_refused():
	with pytest.raises(frappe.ValidationError, match="before the objection was raised"):
		objection(raised_on=now_datetime(), reply_due_on="2020-01-01 10:00")


def test_an_objection_of_tomorrow_is_refused():
	with pytest.raises(frappe.ValidationError, match="raised in the future"):
		objection(raised_on=frappe.utils.add_days(now_datetime(), 1))


def test_answered_later_in_time_and_too_late(frozen_time, call):
	with frozen_time(FRIDAY) as clock:
		timely, late = objection(), objection()
		clock.set("2027-01-12 10:00")
		call(API + "answer", name=timely.name, answer="Yes, it can be built.")
		clock.shift(minutes=1)
		call(API + "answer", name=late.name, answer="No.")
	assert (state(timely).status, timely.reply_missed) == ("Answered", 0)
	assert (state(late).status, late.reply_missed) == ("Answered", 1)
	assert late.answered_on == get_datetime("2027-01-12 10:01")


def test_an_answer_taken_back_is_promised_anew(frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = objection(answer="Yes")
		clock.shift(days=3)  # Monday
		state(doc).answer = ""
		doc.save()
	assert (doc.status, doc.answered_on, doc.answered_by) == ("Open", None, None)
	assert doc.reply_due_on == get_datetime("2027-01-13 10:00")


def test_only_a_manager_puts_off_what_is_overdue(frozen_time, make_user, as_user):
	rep, manager = make_user("Sales User"), make_user(["Sales User", "Sales Manager"])
	with frozen_time(FRIDAY) as clock:
		doc = objection(allocated_to=rep)
		with as_user(rep):
			state(doc).reply_due_on = "2027-01-12 12:00"
			doc.save()  # not overdue yet
			clock.set("2027-01-12 12:01")
			state(doc).reply_due_on = "2027-01-14 12:00"
			with pytest.raises(frappe.ValidationError, match="only a sales manager"):
				doc.save()
		doc.reload()
		with as_user(manager):
			doc.reply_due_on = "2027-01-14 12:00"
			doc.save()
		assert doc.reply_missed == 1


def test_emptying_the_promise_takes_nothing_back(frozen_time):
	with frozen_time(FRIDAY):
		doc = objection(reply_due_on="2027-01-11 09:00")
		state(doc).reply_due_on = None
		doc.save()
	assert doc.reply_due_on == get_datetime("2027-01-11 09:00")


def test_a_competitor_is_named(competitor):
	with pytest.raises(frappe.ValidationError, match="Name the competitor"):
		objection(kind="Competitor")
	assert objection(kind="Competitor", competitor=competitor).competitor == competitor
	assert not objection(kind="Price", competitor=competitor).competitor


def test_the_state_is_the_apps_alone(make_user):
	"""What a form, an import or REST sends for it is put back."""
	other = make_user("Sales User")
	sent = {
		"status": "Settled",
		"closed_by": other,
		"reply_missed": 1,
		"escalated_to": other,
		"title": "Somebody else",
		"answered_by": other,
	}
	doc = objection(**sent)
	assert (doc.status, doc.closed_by, doc.reply_missed, doc.escalated_to, doc.answered_by) == (
		"Open", None, 0, None, None,
	)  # fmt: skip
	doc.update(sent)
	doc.save()
	assert (state(doc).status, doc.closed_by, doc.reply_missed) == ("Open", None, 0)
	assert doc.title != "Somebody else"


# Closing -----------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_all_at_once(call):
	doc = objection()
	with pytest.raises(frappe.ValidationError) as told:
		call(API + "close", name=doc.name, settled=1)
	assert "genuine or a stall" in str(told.value) and "Write down the answer" in str(told.value)
	with pytest.raises(frappe.ValidationError, match="what still stands in the way"):
		call(API + "close", name=doc.name, settled=0, verdict="Stall")
	assert state(doc).status == "Open"


def test_closed_stays_as_it_was_until_it_is_taken_up_again(call, make_user):
	doc = objection(answer="Cheaper over five years", verdict="Genuine")
	for _twice in range(2):
		told = call(API + "close", name=doc.name, settled="1", outcome="They order.")
	assert told["status"] == "Settled" == state(doc).status
	assert doc.closed_by == "Administrator" and doc.closed_on
	doc.answer = "Something else"
	with pytest.raises(frappe.ValidationError, match="Take it up again"):
		doc.save()
	doc.reload()
	doc.allocated_to = other = make_user("Sales User")
	doc.save()
	with pytest.raises(frappe.ValidationError, match="closed already"):
		call(API + "close", name=doc.name, settled=0, outcome="x")
	with pytest.raises(frappe.ValidationError, match="closed already"):
		call(API + "answer", name=doc.name, answer="x")
	call(API + "reopen", name=doc.name)
	assert (state(doc).status, doc.closed_on, doc.closed_by, doc.allocated_to) == (
		"Answered",
		None,
		None,
		other,
	)


def test_taken_up_again_without_an_answer_it_is_promised_anew(frozen_time, call):
	with frozen_time(FRIDAY) as clock:
		doc = objection(verdict="Stall")
		frappe.db.set_value(
			"Objection", doc.name, {"reminded_on": now_datetime(), "escalated_on": now_datetime()}
		)
		call(API + "close", name=doc.name, settled=0, outcome="No answer was wanted")
		clock.shift(days=7)
		call(API + "reopen", name=doc.name)
	assert (state(doc).status, doc.reply_due_on) == ("Open", get_datetime("2027-01-19 10:00"))
	assert not doc.reminded_on and not doc.escalated_on


def test_settled_in_one_go(call):
	doc = objection()
	told = call(API + "close", name=doc.name, settled=1, verdict="Genuine", answer="Here are the figures")
	assert told["status"] == "Settled" and state(doc).answered_by == "Administrator"


# What it belongs to ------------------------------------------------------------------------------------------


def test_recorded_on_a_quotation_it_stands_on_its_opportunity(call):
	customer = records.customer()
	opportunity = records.opportunity(opportunity_from="Customer", party_name=customer.name)
	quotation = raised.quotation(customer, opportunity=opportunity.name)
	told = call(
		API + "record", doctype="Quotation", name=quotation.name, kind="Price", objection="Too expensive"
	)
	doc = frappe.get_doc("Objection", told["name"])
	assert (doc.reference_doctype, doc.reference_name) == ("Opportunity", opportunity.name)
	assert doc.quotation == quotation.name and told["status"] == "Open"
	alone = raised.quotation(customer)
	told = call(API + "record", doctype="Quotation", name=alone.name, kind="Trust", objection="Who are you?")
	assert frappe.db.get_value("Objection", told["name"], "reference_name") == customer.name


def test_a_quotation_of_another_customer_is_refused():
	customer = records.customer()
	with pytest.raises(frappe.ValidationError, match="another customer"):
		objection(records.customer(), quotation=raised.quotation(customer).name)
	opportunity = records.opportunity(opportunity_from="Customer", party_name=customer.name)
	assert objection(opportunity, quotation=raised.quotation(customer).name)


def test_open_objections_of_a_document_and_its_quotation(call):
	customer = records.customer()
	opportunity = records.opportunity(opportunity_from="Customer", party_name=customer.name)
	quotation = raised.quotation(customer, opportunity=opportunity.name)
	of_customer, of_deal = objection(customer, answer="Yes"), objection(opportunity)
	objection(records.customer())
	call(API + "close", name=objection(opportunity, answer="x", verdict="Stall").name, settled=1)

	def of(doc):
		return [row["name"] for row in call(API + "open_for", doctype=doc.doctype, name=doc.name)]

	assert of(quotation) == of(opportunity) == [of_deal.name, of_customer.name]  # what is due comes first
	assert of(customer) == [of_customer.name]


def test_the_late_ones_are_marked(call, frozen_time):
	opportunity = records.opportunity()
	with frozen_time(FRIDAY) as clock:
		objection(opportunity)
		clock.set("2027-01-12 10:00")
		rows = [call(API + "open_for", doctype="Opportunity", name=opportunity.name)[0]["late"]]
		clock.shift(seconds=1)
		rows.append(call(API + "open_for", doctype="Opportunity", name=opportunity.name)[0]["late"])
	assert rows == [False, True]


# Who may -----------------------------------------------------------------------------------------------------


def test_an_outsider_sees_and_does_nothing(call, make_user, as_user):
	opportunity = records.opportunity()
	doc = objection(opportunity)
	other = records.opportunity()
	rep = make_user("Sales User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": rep, "allow": "Opportunity", "for_value": other.name}
	).insert()
	with as_user(rep):
		assert not frappe.get_list("Objection", filters={"name": doc.name}, order_by="name")
		for method, more in (
			("answer", {"answer": "x"}),
			("close", {"settled": 1}),
			("reopen", {}),
		):
			with pytest.raises(frappe.PermissionError):
				call(API + method, name=doc.name, **more)
		with pytest.raises(frappe.PermissionError):
			call(API + "open_for", doctype="Opportunity", name=opportunity.name)
		with pytest.raises(frappe.PermissionError):
			call(API + "record", doctype="Opportunity", name=opportunity.name, kind="Price", objection="x")
		assert call(API + "record", doctype="Opportunity", name=other.name, kind="Price", objection="x")
	with as_user(make_user("Accounts User")), pytest.raises(frappe.PermissionError):
		call(API + "hints")


def test_only_documents_of_customers_have_objections(call):
	with pytest.raises(frappe.ValidationError, match="Objections are raised to"):
		call(API + "open_for", doctype="User", name="Administrator")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_has_hints(call, make_user, as_user, lang):
	with as_user(make_user("Sales User", language=lang)):
		hints = call(API + "hints", http_method="GET")
	assert list(hints) == frappe.get_meta("Objection").get_field("kind").options.split("\n")
	assert all(hint["ask"] and hint["genuine"] and hint["stall"] for hint in hints.values())


# When documents go -------------------------------------------------------------------------------------------


def test_objections_go_with_their_document_and_outlive_a_quotation():
	customer = records.customer()
	quotation = raised.quotation(customer)
	doc = objection(customer, quotation=quotation.name)
	frappe.delete_doc("Quotation", quotation.name)
	assert not state(doc).quotation
	frappe.delete_doc("Customer", customer.name)
	assert not frappe.db.exists("Objection", doc.name)


def test_objections_follow_a_rename_and_a_merge():
	one, other = records.customer(), records.customer()
	doc = objection(other)
	frappe.rename_doc("Customer", other.name, f"{other.name} X")
	assert state(doc).reference_name == f"{other.name} X"
	frappe.rename_doc("Customer", doc.reference_name, one.name, merge=True)
	assert (state(doc).reference_name, doc.title) == (one.name, one.customer_name)
	assert doc.customer_profile == frappe.db.get_value("Customer", one.name, "sf_profile")


def test_a_user_without_a_name_in_the_tree_is_still_responsible():
	doc = objection()
	doc.allocated_to = None
	doc.save()
	assert objections.responsible(doc) == "Administrator" == doc.allocated_to
