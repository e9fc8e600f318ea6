"""Moves between stages on a real site (M1): where documents begin, which way they go, and what is told and logged."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.salesflow_std import processes, stages
from salesflow_std.salesflow_std.stage_refusal import GateNotMet, ReasonMissing
from tests.site import records
from tests.site.stages import (
	BARGAINED,
	CAUGHT,
	EXPLORED,
	FINER,
	FIT,
	SHOWN,
	WON,
	at,
	deal,
	enforce,
	gate,
	log,
	process,
	sales_stage,
	steps,
)

CHECK, MOVE = "salesflow_std.api.stages.check", "salesflow_std.api.stages.move"


@pytest.fixture(autouse=True)
def asked(transaction):
	enforce()


def save(doc, **values):
	doc.reload()
	doc.update(values)
	return doc.save()


# Where documents begin


def test_m1_documents_enter_the_first_stage_of_their_kind():
	found = process()
	lead, opportunity = records.lead(), deal()
	assert at(lead) == (CAUGHT, CAUGHT)
	assert at(opportunity) == (EXPLORED, EXPLORED, "Prospecting")
	assert (lead.sf_sales_process, opportunity.sf_sales_process) == (found.name, found.name)
	assert opportunity.probability == 20
	assert steps(lead) == [(None, CAUGHT)] and steps(opportunity) == [(None, EXPLORED)]
	assert log(lead)[0].direction == "Entered" and lead.sf_stage_entered_on


def test_m1_a_new_document_may_begin_later_and_passes_the_gates_before():
	process(
		gate(EXPLORED),
		gate(SHOWN, fieldnames="city"),
		gate(BARGAINED, moment="Entering", fieldnames="industry"),
	)
	with pytest.raises(GateNotMet) as refused:
		deal(sf_stage=BARGAINED, website="a.example")
	assert [row["gate"] for row in refused.value.gates] == [
		f"Fields Filled ({SHOWN})",
		f"Fields Filled ({BARGAINED})",
	]
	industry = frappe.get_doc({"doctype": "Industry Type", "industry": "Test Industry"}).insert().name
	opportunity = deal(sf_stage=BARGAINED, website="a.example", city="Hangzhou", industry=industry)
	assert at(opportunity) == (BARGAINED, BARGAINED, BARGAINED)
	assert steps(opportunity) == [(None, BARGAINED)]
	assert opportunity.probability == 60


def test_m1_a_sales_stage_counts_as_a_stage_and_keeps_its_finer_word():
	process()
	opportunity = deal(sales_stage=FINER)
	assert at(opportunity) == (SHOWN, SHOWN, FINER)
	save(opportunity, sales_stage="Prospecting")
	assert at(opportunity) == (EXPLORED, EXPLORED, "Prospecting")
	save(opportunity, sf_stage=SHOWN)
	assert at(opportunity) == (SHOWN, SHOWN, SHOWN)
	save(opportunity, sales_stage=FINER)  # a finer word for where it stands
	assert at(opportunity) == (SHOWN, SHOWN, FINER)
	assert [step[1] for step in steps(opportunity)] == [SHOWN, EXPLORED, SHOWN]


def test_m1_probability_comes_with_the_stage_unless_somebody_says_otherwise():
	process()
	opportunity = deal()
	save(opportunity, sf_stage=SHOWN)
	assert opportunity.probability == 40
	save(opportunity, sf_stage=BARGAINED, probability=55)
	assert opportunity.probability == 55


def test_m1_what_a_customer_brings_along_is_not_asked_for():
	"""ERPNext copies same-named fields of the customer into empty ones of its opportunity."""
	process()
	customer = records.customer()
	frappe.db.set_value("Customer", customer.name, "sf_stage", WON)
	opportunity = deal(party_name=customer.name)
	assert at(opportunity)[0] == EXPLORED
	save(opportunity, sf_stage="")
	assert at(opportunity)[0] == EXPLORED and len(log(opportunity)) == 1


def test_m1_the_closest_process_counts():
	"""Company, then the nearest territory, then the kind of business."""
	root = frappe.db.get_value("Territory", {"parent_territory": ("is", "not set")})

	def territory(name, parent):
		values = {"territory_name": name, "parent_territory": parent, "is_group": 1}
		return frappe.get_doc({"doctype": "Territory", **values}).insert().name

	land = territory("Test Land", root)
	town = territory("Test Town", land)
	segment = frappe.get_doc({"doctype": "Market Segment", "market_segment": "Test Segment"}).insert().name
	general = process()
	of_land, of_segment = process(territory=land), process(market_segment=segment)
	process(territory=land, enabled=0)
	assert records.lead().sf_sales_process == general.name
	assert records.lead(territory=town).sf_sales_process == of_land.name
	assert records.lead(territory=town, market_segment=segment).sf_sales_process == of_land.name
	assert deal(market_segment=segment).sf_sales_process == of_segment.name
	kind = frappe.get_doc({"doctype": "Opportunity Type", "name": "Test Renewal"}).insert().name
	of_kind = process(opportunity_type=kind)
	assert deal(opportunity_type=kind, market_segment=segment).sf_sales_process == of_kind.name


def test_m1_a_document_keeps_the_process_it_began_with():
	first = process()
	opportunity = deal()
	process(opportunity_type=opportunity.opportunity_type)
	first.reload()
	first.enabled = 0
	first.save()
	save(opportunity, sf_stage=SHOWN)
	assert opportunity.sf_sales_process == first.name


# Which way


def test_m1_skipping_and_going_back_want_a_reason():
	process(skipping="With Reason", going_back="With Reason")
	opportunity = deal()
	with pytest.raises(ReasonMissing):
		save(opportunity, sf_stage=BARGAINED)
	assert at(opportunity)[0] == EXPLORED and len(log(opportunity)) == 1
	save(opportunity, sf_stage=BARGAINED, sf_stage_reason="They had chosen us before we met.")
	with pytest.raises(ReasonMissing):
		save(opportunity, sf_stage=SHOWN)
	stages.move("Opportunity", opportunity.name, SHOWN, reason="A new buyer wants to see it.")
	rows = log(opportunity)[1:]
	assert [(row.direction, row.reason) for row in rows] == [
		("Skipped", "They had chosen us before we met."),
		("Back", "A new buyer wants to see it."),
	]
	opportunity.reload()
	assert not opportunity.sf_stage_reason


def test_m1_what_a_process_does_not_allow_nobody_does():
	process(skipping="Not Allowed", going_back="Not Allowed")
	opportunity = deal()
	with pytest.raises(GateNotMet, match="No stage skipped"):
		save(opportunity, sf_stage=BARGAINED, sf_stage_reason="In a hurry.")
	with pytest.raises(GateNotMet):
		deal(sf_stage=SHOWN)
	save(opportunity, sf_stage=SHOWN)
	with pytest.raises(GateNotMet, match="No going back"):
		save(opportunity, sf_stage=EXPLORED, sf_stage_reason="Too early.")
	assert at(opportunity)[0] == SHOWN
	assert [row["met"] for row in stages.check(opportunity, WON)] == [False]


def test_m1_skipping_asks_the_gates_in_between_and_going_back_none():
	process(gate(EXPLORED, moment="Entering"), gate(SHOWN, moment="Entering"), gate(SHOWN, fieldnames="city"))
	opportunity = deal(website="a.example")
	save(opportunity, website="")
	with pytest.raises(GateNotMet) as refused:
		save(opportunity, sf_stage=BARGAINED)
	assert len(refused.value.gates) == 2
	save(opportunity, sf_stage=BARGAINED, website="a.example", city="Hangzhou")
	save(opportunity, sf_stage=EXPLORED, website="", city="")
	assert at(opportunity)[0] == EXPLORED


def test_m1_a_stage_of_another_kind_or_process_is_no_stage_of_it():
	process()
	lead, opportunity = records.lead(), deal()
	for doc, stage in ((lead, EXPLORED), (opportunity, CAUGHT), (opportunity, sales_stage("Test Elsewhere"))):
		with pytest.raises(frappe.ValidationError):
			save(doc, sf_stage=stage)
		assert len(log(doc)) == 1
	opportunity.reload()
	with pytest.raises(frappe.ValidationError):
		stages.check(opportunity, "Test Elsewhere")


# Modes


def test_m1_warned_gates_pass_and_are_noted():
	process(gate(EXPLORED, mode="Warn"))
	opportunity = deal()
	frappe.clear_messages()
	save(opportunity, sf_stage=SHOWN)
	row = log(opportunity)[-1]
	assert row.to_stage == SHOWN and f"Fields Filled ({EXPLORED})" in row.unmet and not row.override_reason
	assert any("Something Is Missing" in str(message) for message in frappe.message_log)


@pytest.mark.parametrize(("mode", "noted"), [("Warn", True), ("Off", False)])
def test_m1_the_settings_cap_every_gate(mode, noted):
	process(gate(EXPLORED), skipping="Not Allowed", going_back="Not Allowed")
	enforce(mode)
	opportunity = deal()
	save(opportunity, sf_stage=BARGAINED)
	row = log(opportunity)[-1]
	assert row.to_stage == BARGAINED and bool(row.unmet) == noted


def test_m1_gates_that_are_off_are_not_asked():
	process(gate(EXPLORED, mode="Off"))
	opportunity = deal()
	assert stages.check(opportunity, SHOWN) == []
	save(opportunity, sf_stage=SHOWN)
	assert not log(opportunity)[-1].unmet


# Check and move


def test_check_says_what_is_met_and_what_is_not(call):
	process(gate(EXPLORED), gate(EXPLORED, fieldnames="city", why="We have to find them."))
	opportunity = deal(city="Hangzhou")
	unmet, met = call(CHECK, doctype="Opportunity", name=opportunity.name, to_stage=SHOWN)
	assert (unmet["met"], met["met"]) == (False, True)
	assert unmet["gate"] and unmet["why"] and unmet["route"].startswith("/app/opportunity/")
	assert met["why"] == "We have to find them."
	assert at(opportunity)[0] == EXPLORED


def test_move_moves_once(call):
	process(gate(EXPLORED))
	opportunity = deal()
	with pytest.raises(GateNotMet) as refused:
		call(MOVE, doctype="Opportunity", name=opportunity.name, to_stage=SHOWN)
	assert [row["gate"] for row in refused.value.gates] == [f"Fields Filled ({EXPLORED})"]
	save(opportunity, website="a.example")
	for _again in range(2):
		told = call(MOVE, doctype="Opportunity", name=opportunity.name, to_stage=SHOWN)
	assert told == {"doctype": "Opportunity", "name": opportunity.name, "stage": SHOWN}
	assert steps(opportunity) == [(None, EXPLORED), (EXPLORED, SHOWN)]


def test_check_and_move_ask_for_rights(call, make_user, as_user):
	process()
	opportunity = deal()
	with as_user(make_user("Employee")):
		for method in (CHECK, MOVE):
			with pytest.raises(frappe.PermissionError):
				call(method, doctype="Opportunity", name=opportunity.name, to_stage=SHOWN)
	with pytest.raises(frappe.ValidationError):
		call(CHECK, doctype="Customer", name=opportunity.party_name, to_stage=SHOWN)


def test_an_override_passes_once_for_who_has_the_role(call, make_user, as_user, rep):
	process(gate(EXPLORED), gate(SHOWN), override_role="Sales Manager", going_back="Allowed")
	opportunity = deal(opportunity_owner=rep)
	boss = make_user(["Sales Manager", "Sales User"])
	asked = {"doctype": "Opportunity", "name": opportunity.name, "to_stage": SHOWN}
	# Neither a rep nor who only administers the system.
	for user in (rep, make_user(["System Manager", "Sales User"])):
		with as_user(user), pytest.raises(frappe.PermissionError):
			call(MOVE, override_reason="Because.", **asked)
	with as_user(boss):
		with pytest.raises(GateNotMet):
			call(MOVE, **asked)
		call(MOVE, override_reason="The customer has no website.", **asked)
		row = log(opportunity)[-1]
		assert (row.override_reason, row.changed_by) == ("The customer has no website.", boss)
		assert f"Fields Filled ({EXPLORED})" in row.unmet
		with pytest.raises(GateNotMet):  # once: the next one is asked again
			call(MOVE, **{**asked, "to_stage": BARGAINED})


def test_without_a_role_of_the_process_that_of_the_settings_may_override():
	process(gate(EXPLORED))
	frappe.db.set_single_value("Salesflow Settings", "override_role", "")
	opportunity = deal()
	with pytest.raises(frappe.PermissionError):
		stages.move("Opportunity", opportunity.name, SHOWN, override_reason="Because.")
	settings = frappe.get_doc("Salesflow Settings")
	settings.override_role = "Sales Master Manager"
	settings.save()
	stages.move("Opportunity", opportunity.name, SHOWN, override_reason="Because.")
	assert log(opportunity)[-1].override_reason == "Because."


# A lead hands on


def test_m1_an_opportunity_of_a_lead_passes_the_leads_remaining_gates():
	process(
		gate(CAUGHT, fieldnames="website"), gate(FIT, fieldnames="city"), gate(EXPLORED, moment="Entering")
	)
	lead = records.lead()
	with pytest.raises(GateNotMet) as refused:
		records.opportunity(party_name=lead.name)
	assert len(refused.value.gates) == 3
	assert not frappe.db.exists("Opportunity", {"party_name": lead.name})
	assert at(lead) == (CAUGHT, CAUGHT) and len(log(lead)) == 1
	save(lead, website="a.example", city="Hangzhou")
	opportunity = records.opportunity(party_name=lead.name)
	assert at(lead) == (FIT, FIT) and at(opportunity)[0] == EXPLORED
	assert steps(lead) == [(None, CAUGHT), (CAUGHT, FIT)]
	[row] = log(opportunity)
	assert (row.from_stage, row.to_stage, row.came_from_doctype, row.came_from) == (
		CAUGHT,
		EXPLORED,
		"Lead",
		lead.name,
	)
	assert row.entered_on == log(lead)[0].changed_on
	assert frappe.db.get_value("Lead", lead.name, "status") == "Opportunity"


def test_m1_a_lead_in_its_last_stage_is_asked_for_leaving_it_each_time():
	process(gate(FIT))
	lead = records.lead()
	stages.move("Lead", lead.name, FIT)
	with pytest.raises(GateNotMet):
		records.opportunity(party_name=lead.name)
	save(lead, website="a.example")
	first = records.opportunity(party_name=lead.name)
	second = records.opportunity(party_name=lead.name)
	assert steps(first) == steps(second) == [(FIT, EXPLORED)]
	assert steps(lead) == [(None, CAUGHT), (CAUGHT, FIT)]


def test_m1_a_lead_moved_into_a_stage_of_an_opportunity_becomes_one(call):
	process(gate(FIT), override_role="Sales Manager")
	lead = records.lead()
	told = call(CHECK, doctype="Lead", name=lead.name, to_stage=EXPLORED)
	assert [row["met"] for row in told] == [False]
	with pytest.raises(GateNotMet):
		call(MOVE, doctype="Lead", name=lead.name, to_stage=EXPLORED)
	made = call(MOVE, doctype="Lead", name=lead.name, to_stage=EXPLORED, override_reason="A trusted partner.")
	assert made["doctype"] == "Opportunity" and made["stage"] == EXPLORED
	opportunity = frappe.get_doc("Opportunity", made["name"])
	[row] = log(opportunity)
	assert (row.override_reason, row.came_from) == ("A trusted partner.", lead.name)
	assert at(lead)[0] == FIT


def test_m1_a_lead_moved_twice_becomes_one_opportunity(call):
	process()
	lead = records.lead()
	made = [
		call(MOVE, doctype="Lead", name=lead.name, to_stage=stage) for stage in (EXPLORED, EXPLORED, SHOWN)
	]
	assert len({row["name"] for row in made}) == 1
	opportunity = frappe.get_doc("Opportunity", made[0]["name"])
	assert steps(opportunity) == [(CAUGHT, EXPLORED), (EXPLORED, SHOWN)]


def test_m1_a_lead_that_goes_on_is_checked_as_its_opportunity(call, as_user, make_user):
	process(gate(CAUGHT), gate(EXPLORED, fieldnames="no_of_employees"))
	lead = records.lead(website="a.example")
	opportunity = save(records.opportunity(party_name=lead.name), no_of_employees="1-10")
	told = call(CHECK, doctype="Lead", name=lead.name, to_stage=SHOWN)
	assert [(row["gate"], row["met"]) for row in told] == [(f"Fields Filled ({EXPLORED})", True)]
	stranger = make_user("Sales User")
	own = {"user": stranger, "allow": "Opportunity", "for_value": deal().name}
	frappe.get_doc({"doctype": "User Permission", **own}).insert()
	for method in (CHECK, MOVE):
		with as_user(stranger), pytest.raises(frappe.PermissionError):
			call(method, doctype="Lead", name=lead.name, to_stage=SHOWN)
	assert steps(opportunity) == [(CAUGHT, EXPLORED)]


def test_m1_an_opportunity_given_to_a_lead_later_passes_the_leads_gates():
	process(gate(CAUGHT))
	lead = records.lead()
	opportunity = deal()
	with pytest.raises(GateNotMet):
		save(opportunity, opportunity_from="Lead", party_name=lead.name)
	save(lead, website="a.example")
	save(opportunity, opportunity_from="Lead", party_name=lead.name)
	assert at(lead) == (FIT, FIT)
	assert steps(opportunity) == [(None, EXPLORED)]


def test_m1_a_customer_made_of_a_lead_passes_its_gates_once():
	process(gate(CAUGHT))
	lead = records.lead()
	with pytest.raises(GateNotMet):
		records.customer(lead_name=lead.name)
	assert frappe.db.get_value("Lead", lead.name, "status") == "Lead"
	save(lead, website="a.example")
	customer = records.customer(lead_name=lead.name)
	assert at(lead) == (FIT, FIT) and len(log(lead)) == 2
	customer.save()
	assert len(log(lead)) == 2


def test_m1_a_lead_with_an_opportunity_has_passed_its_gates():
	process(gate(CAUGHT))
	lead = records.lead(website="a.example")
	records.opportunity(party_name=lead.name)
	save(lead, website="")
	records.customer(lead_name=lead.name)
	assert len(log(lead)) == 2


def test_a_failed_opportunity_opens_no_door_for_its_lead():
	process(gate(CAUGHT))
	lead = records.lead(website="a.example")
	with pytest.raises(Exception, match=r".+"):
		records.opportunity(party_name=lead.name, opportunity_owner="nobody@nowhere.test")
	save(lead, website="")
	with pytest.raises(GateNotMet):
		frappe.get_doc("Lead", lead.name).db_set("status", "Opportunity")
	assert at(lead)[0] == CAUGHT


# What moves by itself


def test_a_status_only_moves_forward():
	process()
	opportunity = deal()
	save(opportunity, sf_stage=BARGAINED)
	save(opportunity, status="Quotation")
	assert at(opportunity)[0] == BARGAINED
	save(opportunity, sf_stage=EXPLORED)
	save(opportunity, title="Another title")
	frappe.get_doc("Opportunity", opportunity.name).db_set("status", "Quotation")
	assert at(opportunity)[0] == EXPLORED


def test_what_was_written_past_everything_is_left_to_the_reconciling_job():
	process(gate(EXPLORED), gate(BARGAINED, fieldnames="city"))
	opportunity = deal()
	frappe.db.set_value("Opportunity", opportunity.name, "sf_stage", BARGAINED)
	save(opportunity, title="Another title")
	assert at(opportunity)[:2] == (BARGAINED, EXPLORED) and len(log(opportunity)) == 1
	with pytest.raises(GateNotMet) as refused:  # asked from where the gates know it to be
		save(opportunity, sf_stage=WON)
	assert len(refused.value.gates) == 2
	save(opportunity, sf_stage=EXPLORED)
	assert at(opportunity)[:2] == (EXPLORED, EXPLORED) and len(log(opportunity)) == 1


# Nobody is stranded


def test_a_stage_that_was_taken_out_lets_its_documents_go_on():
	found = process(gate(SHOWN), gate(BARGAINED, moment="Entering", fieldnames="city"))
	opportunity = deal()
	save(opportunity, sf_stage=SHOWN)
	frappe.db.delete("Sales Process Stage", {"parent": found.name, "stage": SHOWN})
	frappe.clear_document_cache("Sales Process", found.name)
	processes.forget()
	save(opportunity, title="Another title")
	with pytest.raises(GateNotMet) as refused:
		save(opportunity, sf_stage=BARGAINED)
	assert len(refused.value.gates) == 1
	save(opportunity, sf_stage=BARGAINED, city="Hangzhou")
	assert steps(opportunity)[-1] == (SHOWN, BARGAINED)


def test_a_retired_stage_lets_out_and_nobody_in():
	found = process(gate(SHOWN))
	inside, outside = deal(), deal()
	save(inside, sf_stage=SHOWN)
	found.reload()
	found.stages[3].retired = 1
	found.save()
	with pytest.raises(frappe.ValidationError, match="not in use"):
		save(outside, sf_stage=SHOWN)
	save(outside, status="Quotation")
	assert at(outside)[0] == EXPLORED
	save(inside, title="Another title")
	with pytest.raises(GateNotMet):
		save(inside, sf_stage=BARGAINED)
	save(inside, sf_stage=BARGAINED, website="a.example")
	save(outside, sf_stage=BARGAINED)
	assert log(outside)[-1].direction == "Forward"  # what is out of use is not skipped


def test_a_process_that_is_gone_is_replaced_by_another():
	gone, other = process(), process()
	opportunity = deal()
	lost = next(doc for doc in (gone, other) if doc.name == opportunity.sf_sales_process)
	left = other if lost is gone else gone
	frappe.flags.in_uninstall = True
	frappe.delete_doc("Sales Process", lost.name, force=True)
	frappe.flags.in_uninstall = False
	save(opportunity, title="Another title")
	save(opportunity, sf_stage=SHOWN)
	assert opportunity.sf_sales_process == left.name


@pytest.mark.parametrize("left", ["no process", "no stages"])
def test_without_a_process_or_stages_documents_are_saved_as_ever(left):
	opportunity, lead = deal(), records.lead()
	for name in frappe.get_all("Sales Process", pluck="name", order_by="name"):
		frappe.db.delete("Sales Process Stage", {"parent": name})
		if left == "no process":
			frappe.db.set_value("Sales Process", name, "enabled", 0)
			frappe.db.set_value("Opportunity", opportunity.name, "sf_sales_process", None)
		frappe.clear_document_cache("Sales Process", name)
	processes.forget()
	for doc in (opportunity, lead):
		before = at(doc)[0]
		save(doc, title="Another title")
		assert at(doc)[0] == before
	save(opportunity, sales_stage=FINER)
	assert records.lead().sf_stage is None
	with pytest.raises(frappe.ValidationError, match="follows no sales process"):
		save(opportunity, sf_stage="Negotiation")


def test_a_document_from_before_the_log_begins_where_its_fields_say():
	process(gate(SHOWN))
	opportunity = deal(sales_stage=FINER)
	frappe.db.delete("Stage Transition", {"reference_name": opportunity.name})
	empty = dict.fromkeys(
		("sf_stage", "sf_stage_passed", "sf_sales_process", "sf_stage_entered_on", "sf_stage_due")
	)
	frappe.db.set_value("Opportunity", opportunity.name, empty)
	save(opportunity, title="Another title")
	assert at(opportunity)[:2] == (None, None) or at(opportunity)[0] is None
	with pytest.raises(GateNotMet):
		save(opportunity, sf_stage=BARGAINED)
	save(opportunity, sf_stage=BARGAINED, website="a.example")
	assert steps(opportunity) == [(SHOWN, BARGAINED)]


# Rename, merge, delete


def test_transitions_go_with_the_document():
	process()
	first, second = records.lead(), records.lead()
	stages.move("Lead", first.name, FIT)
	frappe.rename_doc("Lead", first.name, "LEAD-RENAMED", force=True)
	first = frappe.get_doc("Lead", "LEAD-RENAMED")
	assert steps(first) == [(None, CAUGHT), (CAUGHT, FIT)]
	frappe.rename_doc("Lead", second.name, first.name, merge=True, force=True)
	assert len(log(first)) == 3 and at(first)[0] == FIT
	opportunity = records.opportunity(party_name=first.name)
	frappe.delete_doc("Opportunity", opportunity.name)
	assert log(opportunity) == []
	frappe.delete_doc("Lead", first.name)
	assert log(first) == []


def test_a_renamed_stage_takes_its_documents_along():
	process(gate(EXPLORED, fieldnames="city"))
	opportunity = deal()
	frappe.rename_doc("Sales Stage", EXPLORED, "Test Looked Into", force=True)
	assert at(opportunity)[:2] == ("Test Looked Into", "Test Looked Into")
	with pytest.raises(GateNotMet):
		save(opportunity, sf_stage=SHOWN)


# Cost


def test_a_save_that_changes_no_stage_asks_the_database_nothing_of_ours(count_queries):
	process(*(gate(stage) for stage in (CAUGHT, FIT, EXPLORED, SHOWN)))
	from salesflow_std.overrides import staged

	for doc in (records.lead(), deal()):
		doc = frappe.get_doc(doc.doctype, doc.name)
		doc.load_doc_before_save()
		doc.title = "Another title"
		with count_queries() as queries:
			for step in (
				staged.before_validate,
				staged.validate,
				staged.on_update,
				staged.before_change,
				staged.on_change,
			):
				step(doc)
		assert queries == []


def test_off_reads_no_gate(count_queries):
	process(gate(EXPLORED, kind="Needs Confirmed"))
	enforce("Off")
	opportunity = deal()
	opportunity.reload()
	opportunity.sf_stage = SHOWN
	with count_queries() as queries:
		opportunity.save()
	assert not any("Needs Record" in query for query in queries)


def test_a_save_that_validates_nothing_writes_nothing_of_ours():
	"""ERPNext sets this flag on what it makes in bulk; our empty fields stay empty."""
	process()
	opportunity = deal()
	opportunity.flags.ignore_validate = True
	opportunity.with_items = 0
	opportunity.save()
	opportunity.reload()
	assert not opportunity.sf_grade and not opportunity.sf_contract and not opportunity.sf_final_intent_on
