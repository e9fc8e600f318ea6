"""Each kind of gate holds on each path, as a rep and without exception for administrators (M1)."""

from __future__ import annotations

import json

import frappe
import pytest

from salesflow_std.engine.gates import DECIDER_KNOWN, DECIDER_REACHED
from salesflow_std.engine.gates import KINDS as KIND_NAMES
from salesflow_std.salesflow_std.stage_refusal import GateNotMet
from tests.site import records
from tests.site.stage_kinds import KINDS
from tests.site.stage_ways import (
	NEW,
	WAYS,
	Way,
	board,
	data_import,
	new_opportunity,
	order,
	quotation,
	rest,
	take,
	token,
)
from tests.site.stages import (
	BARGAINED,
	CAUGHT,
	EXPLORED,
	FIT,
	SHOWN,
	WON,
	at,
	deal,
	enforce,
	gate,
	log,
	process,
	steps,
)
from tools.bench import TEST_USERS

FIELDS = KINDS[0]


@pytest.fixture(autouse=True)
def asked(transaction):
	# What is tested are the gates of the stages; those of quotations have tests of their own.
	frappe.db.set_single_value("Salesflow Settings", "quotation_enforcement", "Off")
	enforce()


@pytest.fixture
def rep():
	return TEST_USERS["rep"][0]


def subject(way):
	enforce("Off")
	doc = records.lead() if way.subject == "Lead" else deal()
	if at(doc)[0] != way.leaves and way.leaves != SHOWN:  # a submitted quotation takes it to SHOWN
		raise AssertionError(f"{doc.name} stands in {at(doc)[0]}")
	enforce()
	return doc


def all_of(doc):
	"""Everything the database holds of a document."""
	return frappe.db.get_value(doc.doctype, doc.name, "*", as_dict=True)


def walk(way, kinds, as_user, user):
	"""The path is closed as long as one of the gates is not met, and open once all are.

	They are met one after the other: each refusal names exactly those that are left.
	"""
	process(*(gate(way.leaves, kind.name, **kind.params) for kind in kinds))
	doc = subject(way)
	with as_user(user):
		ready = way.prepare(doc)
	for kind in kinds:
		kind.unmeet(doc)
	logged = len(log(doc))
	for number, kind in enumerate(kinds):
		before = all_of(doc)
		with as_user(user):
			refused = take(way, doc, ready)
		assert all_of(doc) == before, refused.text
		assert len(log(doc)) == logged
		named = [one.name for one in kinds if f"{one.name} ({way.leaves})" in refused.text]
		assert named == [one.name for one in kinds[number:]], refused.text
		kind.meet(doc)
	with as_user(user):
		passed = take(way, doc, ready)
	assert at(doc)[:2] == (way.enters, way.enters), passed.text
	assert steps(doc)[logged:] == [(way.leaves, way.enters)]


def kinds_for(way):
	"""All kinds; on each path another one is the last that is not met, and so refuses alone.

	A decision maker who is reached is known too, so that one comes after the other.
	"""
	kinds = [kind for kind in KINDS if way.subject in kind.subjects]
	turn = WAYS.index(way) % len(kinds)
	kinds = kinds[turn:] + kinds[:turn]
	names = [kind.name for kind in kinds]
	known, reached = names.index(DECIDER_KNOWN), names.index(DECIDER_REACHED)
	if reached < known:
		kinds[known], kinds[reached] = kinds[reached], kinds[known]
	return kinds


def test_every_kind_of_gate_is_here():
	assert {kind.name for kind in KINDS} == set(KIND_NAMES)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_m1_each_kind_of_gate_holds_on_each_path(way, as_user, rep):
	walk(way, kinds_for(way), as_user, "Administrator" if way.by_admin else rep)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_m1_each_kind_of_gate_holds_alone(kind, as_user, rep):
	walk(WAYS[0], [kind], as_user, rep)


@pytest.mark.parametrize("way", [way for way in WAYS if not way.by_admin], ids=lambda way: way.name)
def test_m1_an_administrator_has_no_exemption(way, as_user):
	walk(way, [FIELDS], as_user, "Administrator")


@pytest.mark.parametrize("way", NEW)
def test_m1_a_new_opportunity_in_a_later_stage_passes_the_gates_before(way, as_user, rep):
	kinds = [kind for kind in KINDS if kind.values or kind.of_party]
	process(*(gate(EXPLORED, kind.name, **kind.params) for kind in kinds))
	customer = records.customer()
	for kind in kinds:
		kind.unmeet(customer)
	values = new_opportunity(customer, sf_stage=SHOWN)

	def insert(values):
		with as_user("Administrator" if way == "import" else rep):
			return take(Way(way, lambda doc, ready: NEW[way](values)), customer, None)

	refused = insert(values)
	assert all(f"{kind.name} ({EXPLORED})" in refused.text for kind in kinds), refused.text
	assert not frappe.db.exists("Opportunity", {"party_name": customer.name})
	for kind in kinds:
		if kind.of_party:
			kind.meet(customer)
		values |= kind.values or {}
	passed = insert(values)
	name = frappe.db.get_value("Opportunity", {"party_name": customer.name})
	assert name, passed.text
	assert steps(frappe.get_doc("Opportunity", name)) == [(None, SHOWN)]


# Bulk edit


def test_a_refused_one_of_several_in_a_bulk_edit_stays_as_it_is(as_user, rep):
	from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

	process(gate(EXPLORED))
	good, bad, last = deal(website="a.example"), deal(), deal(website="b.example")
	frappe.db.commit()
	before = all_of(bad)
	with as_user(rep):
		failed = submit_cancel_or_update_docs(
			"Opportunity", [good.name, bad.name, last.name], "update", {"sf_stage": SHOWN, "city": "Hangzhou"}
		)
	assert failed == [bad.name]
	assert all_of(bad) == before and len(log(bad)) == 1
	for doc in (good, last):
		assert steps(doc) == [(None, EXPLORED), (EXPLORED, SHOWN)]


# What a refusal says


def refusal_of(kind, as_user, user, way="form, stage"):
	process(gate(EXPLORED, kind.name, why="It was promised.", **kind.params), override_role="Sales Manager")
	doc = deal()
	kind.unmeet(doc)
	found = next(one for one in WAYS if one.name == way)
	with as_user(user):
		return doc, take(found, doc, found.prepare(doc))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_refusal_says_what_is_missing_why_and_leads_there(kind, as_user, rep):
	doc, refused = refusal_of(kind, as_user, rep)
	assert isinstance(refused.error, GateNotMet)
	[row] = refused.error.gates
	assert row["why"] == "It was promised." and row["mode"] == "Block"
	assert row["route"].startswith("/app/")
	assert f'href="{row["route"]}"'.replace("&", "&amp;") in refused.text.replace('\\"', '"')
	plain = str(refused.error)
	assert "<" not in plain and doc.name in plain and "Sales Manager" in plain
	assert "It was promised." in plain


def test_a_refusal_is_readable_on_a_kanban_board(as_user, rep):
	_doc, refused = refusal_of(FIELDS, as_user, rep, "kanban, sales stage")
	assert isinstance(refused.error, GateNotMet)
	assert f"Fields Filled ({EXPLORED}): Not filled in: Website – " in str(refused.error)


def test_a_refusal_is_readable_in_the_import_log():
	process(gate(EXPLORED))
	doc = deal()
	frappe.db.commit()
	row = data_import("Opportunity", ["ID", "Stage"], [doc.name, SHOWN], "Update Existing Records")
	assert not row.success
	[message] = [json.loads(text) if isinstance(text, str) else text for text in json.loads(row.messages)]
	assert "Fields Filled" in message["message"] and "Not filled in" in message["message"]
	assert "GateNotMet" in row.exception
	assert at(doc)[0] == EXPLORED


def test_rest_names_the_refusal(rep):
	process(gate(EXPLORED))
	doc = deal()
	frappe.db.commit()
	status, answer = rest(
		"POST",
		"/api/method/salesflow_std.api.stages.move",
		{"doctype": "Opportunity", "name": doc.name, "to_stage": SHOWN},
		token(rep),
	)
	assert status == 417 and answer["exc_type"] == "GateNotMet"
	assert "Fields Filled" in answer["exception"] and "<p>" not in answer["exception"]
	status, answer = rest(
		"POST",
		"/api/method/salesflow_std.api.stages.check",
		{"doctype": "Opportunity", "name": doc.name, "to_stage": SHOWN},
		token(rep),
	)
	assert status == 200
	assert {"gate", "met", "why", "route"} <= set(answer["message"][0])


def test_a_refused_card_stays_in_its_column(as_user, rep):
	process(gate(EXPLORED))
	doc = deal()
	name = board("Opportunity", "sales_stage", "Prospecting", SHOWN)
	way = next(one for one in WAYS if one.name == "kanban, sales stage")
	with as_user(rep):
		take(way, doc, name)
	columns = frappe.get_doc("Kanban Board", name).columns
	assert doc.name not in (columns[1].order or "")


# Orders and quotations


def won(**values):
	"""An opportunity with a submitted quotation and a submitted order, its quotation, and the order."""
	doc = deal(**values)
	offer = quotation(doc)
	offer.submit()
	sold = order(offer)
	sold.submit()
	return doc, offer, sold


def test_an_order_wins_the_opportunity_and_its_cancellation_takes_it_back():
	process()
	doc, offer, sold = won()
	assert at(doc)[:2] == (WON, WON)
	sold.reload()
	sold.cancel()
	assert at(doc)[:2] == (SHOWN, SHOWN)
	assert steps(doc) == [(None, EXPLORED), (EXPLORED, SHOWN), (SHOWN, WON), (WON, SHOWN)]
	assert [row.source for row in log(doc)[1:]] == ["By Itself"] * 3
	assert log(doc)[-1].direction == "Back"
	offer.reload()
	order(offer).submit()
	assert steps(doc)[4:] == [(SHOWN, WON)]


def test_going_back_after_a_cancelled_order_asks_nobody():
	process(gate(SHOWN), going_back="Not Allowed")
	doc, _offer, sold = won(website="a.example")
	sold.reload()
	sold.cancel()
	assert at(doc)[0] == SHOWN


def test_an_order_of_a_part_does_not_win_it():
	process(gate(SHOWN))
	doc = deal()
	offer = quotation(doc)
	offer.submit()
	part = order(offer)
	part.items[0].qty = 1
	part.save()
	part.submit()
	assert frappe.db.get_value("Quotation", offer.name, "status") == "Partially Ordered"
	assert at(doc)[0] == SHOWN and len(log(doc)) == 2


def test_a_cancelled_quotation_leaves_the_stage_and_its_amendment_adds_nothing():
	process()
	doc = deal()
	offer = quotation(doc)
	offer.submit()
	offer.reload()
	offer.cancel()
	assert at(doc)[0] == SHOWN
	again = frappe.copy_doc(offer)
	again.amended_from = offer.name
	again.insert()
	again.submit()
	assert steps(doc) == [(None, EXPLORED), (EXPLORED, SHOWN)]


def test_one_that_was_won_by_hand_stays_won():
	process()
	doc = deal()
	offer = quotation(doc)
	offer.submit()
	doc.reload()
	doc.update({"sf_stage": WON}).save()
	sold = order(offer)
	sold.submit()
	sold.reload()
	sold.cancel()
	assert at(doc)[0] == WON


def test_a_refused_order_is_not_submitted():
	process(gate(BARGAINED))
	doc = deal()
	offer = quotation(doc)
	offer.submit()
	sold = order(offer)
	frappe.db.commit()
	with pytest.raises(GateNotMet):
		sold.submit()
	frappe.db.rollback()
	assert frappe.db.get_value("Sales Order", sold.name, "docstatus") == 0
	assert frappe.db.get_value("Opportunity", doc.name, "status") == "Quotation"


def test_a_lead_that_hands_on_by_an_order_is_logged_once():
	process()
	lead = records.lead()
	offer = quotation(lead)
	offer.submit()
	order(offer)
	assert steps(lead) == [(None, CAUGHT), (CAUGHT, FIT)]
