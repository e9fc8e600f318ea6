"""The bar of the stages (M1): where a deal stands, what is asked of it next, who sees it, and what the field offers."""

from __future__ import annotations

import json
from pathlib import Path

import frappe
import pytest

import salesflow_std
from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import stage_limits, stage_path, stages
from tests.site import records
from tests.site.stages import (
	BARGAINED,
	CAUGHT,
	EXPLORED,
	FINER,
	FIT,
	SHOWN,
	WON,
	deal,
	enforce,
	gate,
	process,
)

PATH = "salesflow_std.api.stage_path.path"
CHOOSE = "salesflow_std.api.stage_path.stages_to_choose"


@pytest.fixture(autouse=True)
def asked(transaction):
	enforce()


def path(doc):
	return stage_path.path(frappe.get_doc(doc.doctype, doc.name))


def by_name(shown):
	return {row["name"]: row for row in shown["stages"]}


def states(shown):
	return [(row["name"], row["state"]) for row in shown["stages"]]


def test_m1_the_bar_goes_from_the_lead_to_the_won_deal():
	process()
	lead = records.lead()
	stages.move("Lead", lead.name, FIT)
	opportunity = records.opportunity(party_name=lead.name)
	stages.move("Opportunity", opportunity.name, SHOWN)
	shown = path(opportunity)
	assert states(shown) == [
		(CAUGHT, "done"),
		(FIT, "done"),
		(EXPLORED, "done"),
		(SHOWN, "current"),
		(BARGAINED, "ahead"),
		(WON, "ahead"),
	]
	rows = by_name(shown)
	assert rows[EXPLORED]["entered_on"] and rows[EXPLORED]["left_on"]
	assert rows[FIT]["left_on"] and rows[SHOWN]["entered_on"] and not rows[SHOWN]["left_on"]
	assert (shown["stage"], shown["next"], shown["may_move"]) == (SHOWN, BARGAINED, True)
	# The lead's own bar says where it goes on.
	of_lead = path(lead)
	assert of_lead["handed_on"] == {"doctype": "Opportunity", "name": opportunity.name}
	assert states(of_lead)[:3] == [(CAUGHT, "done"), (FIT, "done"), (EXPLORED, "ahead")]
	assert not of_lead["may_move"] and not of_lead["hands_on"]


def test_m1_a_deal_without_a_lead_has_none_of_its_stages():
	process()
	assert [row["name"] for row in path(deal())["stages"]] == [EXPLORED, SHOWN, BARGAINED, WON]


def test_m1_only_what_the_next_move_asks_is_answered():
	process(
		gate(EXPLORED),
		gate(EXPLORED, fieldnames="city", mode="Warn"),
		gate(SHOWN, moment="Entering", fieldnames="title"),
		gate(SHOWN, fieldnames="website"),
	)
	shown = path(deal())
	rows = by_name(shown)
	assert [(row["moment"], row["met"], row["mode"]) for row in rows[EXPLORED]["gates"]] == [
		("Leaving", False, "Block"),
		("Leaving", False, "Warn"),
	]
	assert [(row["moment"], row["met"]) for row in rows[SHOWN]["gates"]] == [
		("Entering", True),
		("Leaving", None),
	]
	assert shown["missing"] == 1
	unmet = rows[EXPLORED]["gates"][0]
	assert unmet["route"].endswith("#website") and unmet["what"] and unmet["why"]


def test_m1_what_the_settings_do_not_enforce_is_not_shown():
	process(gate(EXPLORED))
	opportunity = deal()
	enforce("Warn")
	shown = path(opportunity)
	assert shown["missing"] == 0
	assert [row["mode"] for row in by_name(shown)[EXPLORED]["gates"]] == ["Warn"]
	enforce("Off")
	assert by_name(path(opportunity))[EXPLORED]["gates"] == []


def test_m1_a_skipped_stage_and_an_override_are_told():
	process(gate(EXPLORED), override_role="System Manager", skipping="With Reason")
	opportunity = deal()
	rows = by_name(path(opportunity))
	assert rows[BARGAINED]["asks_reason"] and not rows[SHOWN]["asks_reason"]
	stages.move("Opportunity", opportunity.name, BARGAINED, "In a hurry", "The fair ends today")
	shown = path(opportunity)
	rows = by_name(shown)
	assert [row["state"] for row in shown["stages"]] == ["done", "skipped", "current", "ahead"]
	(passed,) = rows[EXPLORED]["passed_over"]
	assert passed["reason"] == "The fair ends today"
	assert passed["unmet"][0].startswith("Fields Filled")


def test_m1_going_back_is_offered_as_the_process_says(make_user, as_user):
	found = process(going_back="Not Allowed", override_role="Sales Manager")
	opportunity = deal(sf_stage=SHOWN)
	for role, offered in (("Sales User", False), ("Sales Manager", True)):
		with as_user(make_user(role)):
			assert by_name(path(opportunity))[EXPLORED]["may_move"] is offered
	found.going_back = "With Reason"
	found.save()
	row = by_name(path(opportunity))[EXPLORED]
	assert (row["may_move"], row["direction"], row["asks_reason"]) == (True, "Back", True)


def test_m1_an_ended_deal_moves_no_further():
	process()
	opportunity = deal()
	frappe.db.set_value("Opportunity", opportunity.name, "status", "Closed")
	shown = path(opportunity)
	assert shown["closed"] and not shown["may_move"]


def test_m1_key_fields_are_ticked_also_those_of_the_lead():
	found = process()
	found.stages[0].key_fields = "company_name\nwebsite"
	found.stages[2].key_fields = "opportunity_amount\nwebsite"
	found.save()
	lead = records.lead(company_name="Key Fields Ltd")
	opportunity = records.opportunity(party_name=lead.name, opportunity_amount=100)
	rows = by_name(path(opportunity))

	def ticked(stage):
		return {row["fieldname"]: row["filled"] for row in rows[stage]["key_fields"]}

	assert ticked(CAUGHT) == {"company_name": True, "website": False}
	assert ticked(EXPLORED) == {"opportunity_amount": True, "website": False}


# Who sees what


def test_m1_a_quotation_shows_the_bar_of_its_deal(call):
	process()
	lead = records.lead()
	opportunity = records.opportunity(party_name=lead.name)
	quotation = frappe.new_doc("Quotation")
	quotation.update({"quotation_to": "Lead", "party_name": lead.name, "opportunity": opportunity.name})
	shown = stage_path.path(quotation)
	assert shown["document"] == {"doctype": "Opportunity", "name": opportunity.name, "is_other": True}
	assert shown["stage"] == EXPLORED and not shown["may_move"] and not shown["may_override"]
	quotation.opportunity = None
	assert stage_path.path(quotation)["document"]["doctype"] == "Lead"
	quotation.quotation_to = "Customer"
	assert stage_path.path(quotation) == {"document": None, "stages": []}


def test_m1_a_foreign_deal_is_shown_to_nobody(call, make_user, as_user):
	process()
	lead = records.lead()
	opportunity = records.opportunity(party_name=lead.name)
	quotation = frappe.new_doc("Quotation")
	quotation.update({"quotation_to": "Lead", "party_name": lead.name, "opportunity": opportunity.name})
	stranger = make_user("Stock User")
	with as_user(stranger):
		for doc in (lead, opportunity):
			with pytest.raises(frappe.PermissionError):
				call(PATH, doctype=doc.doctype, name=doc.name)
		assert stage_path.path(quotation)["stages"] == []


def test_m1_other_doctypes_have_no_bar(call):
	with pytest.raises(frappe.ValidationError):
		call(PATH, doctype="Customer", name=records.customer().name)


def test_m1_a_reader_sees_the_bar_and_moves_nothing(call, make_user, as_user):
	process()
	opportunity = deal()
	reader = make_user("Sales User")
	with as_user(reader):
		assert call(PATH, doctype="Opportunity", name=opportunity.name)["may_move"]
		assert not call(PATH, doctype="Opportunity", name=opportunity.name)["may_override"]


def test_m1_the_bar_costs_few_queries(count_queries):
	process(gate(EXPLORED), gate(SHOWN))
	opportunity = records.opportunity(party_name=records.lead().name)
	doc = frappe.get_doc("Opportunity", opportunity.name)
	stage_path.path(doc)
	with count_queries() as queries:
		stage_path.path(doc)
	assert len(queries) <= 3, queries


# The field and the boards


def choose(call, txt="", **filters):
	found = call(
		CHOOSE, doctype="Sales Stage", txt=txt, searchfield="name", start=0, page_len=20, filters=filters
	)
	return [row[0] for row in found]


def test_m1_the_field_offers_the_stages_of_its_process(call):
	found = process()
	opportunity, lead = deal(), records.lead()
	frappe.get_doc({"doctype": "Sales Stage", "stage_name": "Test Elsewhere"}).insert()
	assert choose(call, reference_doctype="Opportunity", name=opportunity.name) == [
		EXPLORED,
		SHOWN,
		BARGAINED,
		WON,
	]
	assert choose(call, reference_doctype="Lead", name=lead.name) == [CAUGHT, FIT]
	assert choose(call, "show", reference_doctype="Opportunity", name=opportunity.name) == [SHOWN]
	found.stages[3].retired = 1
	found.save()
	assert choose(call, reference_doctype="Opportunity", company=records.COMPANY) == [
		EXPLORED,
		BARGAINED,
		WON,
	]
	assert choose(call, reference_doctype="Customer") == []


def test_m1_finer_sales_stages_are_told_by_what_they_count_as():
	process()
	assert path(deal())["counts_as"] == {"Prospecting": EXPLORED, FINER: SHOWN}


def test_m1_shipped_boards_have_a_column_for_each_stage():
	folder = Path(salesflow_std.__file__).parent / "fixtures"
	shipped = json.loads((folder / "sales_process" / "six_stages.json").read_text(encoding="utf-8"))
	for doctype in ("Lead", "Opportunity"):
		board = frappe.get_doc("Kanban Board", f"{doctype} Stages")
		wanted = [row["stage"] for row in shipped["stages"] if row["lives_on"] == doctype]
		assert [row.column_name for row in board.columns] == wanted
		assert board.field_name == "sf_stage" and not board.private


def test_m1_cards_of_shipped_boards_say_nothing_twice_and_no_amount_that_is_not_there():
	"""The head of a card is its company; Frappe shows an empty amount as 0.00."""
	for doctype in ("Lead", "Opportunity"):
		fields = json.loads(frappe.db.get_value("Kanban Board", f"{doctype} Stages", "fields"))
		meta = frappe.get_meta(doctype)
		assert all(meta.has_field(field) for field in fields) and "sf_grade" in fields
		kinds = {meta.get_field(field).fieldtype for field in fields}
		assert not kinds & {"Currency", "Float", "Int", "Percent"}
		assert not {meta.title_field, "company_name", "customer_name", "title"} & set(fields)


@pytest.mark.parametrize(("lang", "said"), [("en", "15 working days"), ("zh", "15个工作日")])
def test_m1_the_longest_stay_is_said_with_its_measure(lang, said):
	frappe.local.lang = lang
	assert stage_limits.in_words(15.0, "Working Days") == said
	assert stage_limits.in_words(0, "Working Days") == ""
	assert all("1" in stage_limits.in_words(1.5, unit) for unit in worktime.UNITS)


def test_m1_a_move_answers_with_the_bar_where_it_is_asked_for(call):
	"""So that the bar need not wait until the form is read anew."""
	process()
	opportunity = deal()
	about = {"doctype": "Opportunity", "name": opportunity.name}
	moved = call("salesflow_std.api.stages.move", to_stage=SHOWN, with_path=True, **about)
	assert moved["path"]["stage"] == SHOWN
	again = call("salesflow_std.api.stage_path.path", **about)
	assert states(moved["path"]) == states(again)
	for key in ("document", "next", "missing", "may_move"):
		assert moved["path"][key] == again[key]
	there, here = by_name(moved["path"])[SHOWN], by_name(again)[SHOWN]
	assert (there["due"], there["gates"]) == (here["due"], here["gates"])
	assert "path" not in call("salesflow_std.api.stages.move", to_stage=EXPLORED, reason="Again", **about)


def test_m1_stages_are_shown_in_the_readers_language():
	"""ERPNext says so itself; should it stop, the app has to."""
	assert frappe.get_meta("Sales Stage").translated_doctype
