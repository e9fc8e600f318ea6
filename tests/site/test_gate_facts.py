"""M1: what the gates find out about leads and opportunities, each kind met and unmet."""

import frappe
import pytest
from frappe.utils import add_to_date, getdate, now_datetime

from salesflow_std.engine import gates as rules
from salesflow_std.salesflow_std import gate_facts, gate_words, needs, profiles, proposals
from tests.site import gating, meetings, offers, raised, records, solutions, talks
from tests.site.gating import ask, told


def fields(*names):
	return {"fields": tuple((name,) for name in names)}


def profile_with(doc, *people):
	profile = frappe.get_doc("Customer Profile", profiles.ensure(doc.doctype, doc.name))
	for row in people:
		profile.append("decision_chain", {"person": frappe.generate_hash(length=8), **row})
	profile.save()
	return profile


def deal_of_customer(party=None):
	party = party or records.customer()
	return records.opportunity(opportunity_from="Customer", party_name=party.name)


# Fields Filled


def test_fields_of_a_lead_that_was_never_saved():
	"""L1, P1."""
	lead = frappe.new_doc("Lead").update({"company_name": "Alpha GmbH", "source": " "})
	found = ask(lead, rules.FIELDS_FILLED, **fields("company_name", "source"))
	assert found.args["missing"] == (("source",),)
	lead.source = "Exhibition"
	assert ask(lead, rules.FIELDS_FILLED, **fields("company_name", "source")).met


@pytest.mark.parametrize(
	("field", "empty", "filled"),
	[
		("opportunity_amount", 0, 1),
		("expected_closing", None, "2026-12-31"),
		("items", [], [{"item_name": "x"}]),
		("sf_learned", "  ", "Ask earlier"),
	],
)
def test_what_counts_as_filled(field, empty, filled):
	doc = frappe.new_doc("Opportunity")
	doc.set(field, empty)
	assert not ask(doc, rules.FIELDS_FILLED, **fields(field)).met
	doc.set(field, filled)
	assert ask(doc, rules.FIELDS_FILLED, **fields(field)).met


def test_one_of_several_addresses_is_enough():
	lead = frappe.new_doc("Lead")
	gate = {"fields": (("email_id", "mobile_no"),)}
	assert told(lead, rules.FIELDS_FILLED, **gate)["what"] == "Not filled in: Email or Mobile No"
	lead.mobile_no = "+86 10 5550 0001"
	assert ask(lead, rules.FIELDS_FILLED, **gate).met


def test_the_link_leads_to_the_empty_field():
	lead = records.lead(source=None)
	assert told(lead, rules.FIELDS_FILLED, **fields("source"))["route"] == f"/app/lead/{lead.name}#source"
	assert told(frappe.new_doc("Lead"), rules.FIELDS_FILLED, **fields("source"))["route"] == ""


# Grade at Least


def test_a_leads_grade():
	"""L6."""
	lead = records.lead()
	assert ask(lead, rules.GRADE, grade="C").code == "no_grade"
	records.score(lead, "2222")
	lead.reload()
	assert lead.sf_grade == "B"
	assert ask(lead, rules.GRADE, grade="B").met
	assert ask(lead, rules.GRADE, grade="A").code == "grade"
	assert told(lead, rules.GRADE, grade="A")["what"] == "Grade B; at least A is asked for"


def test_a_stale_grade_counts_but_is_told():
	"""L9."""
	lead = records.lead()
	records.score(lead, "5555")
	frappe.db.set_value("Lead", lead.name, "sf_grade_stale", 1)
	said = told(frappe.get_doc("Lead", lead.name), rules.GRADE, grade="B")
	assert said["met"] and "older than its review date" in said["what"]
	assert said["route"] == f"/app/lead/{lead.name}#sf_grade"


def test_an_opportunity_has_a_grade_of_its_own():
	"""F2: S comes before A."""
	soon = records.opportunity(expected_closing=add_to_date(getdate(), days=10), probability=80)
	assert soon.sf_grade == "S"
	assert ask(soon, rules.GRADE, grade="A").met
	late = records.opportunity(expected_closing=add_to_date(getdate(), days=200), probability=10)
	assert not ask(late, rules.GRADE, grade="A").met


# First Touch Done


def test_the_first_touch_of_a_lead_counts_for_its_opportunity():
	"""L7."""
	lead = records.lead()
	deal = records.opportunity(party_name=lead.name)
	frappe.db.set_value("Opportunity", deal.name, "sf_last_touch_on", None)
	deal.reload()
	assert not ask(lead, rules.FIRST_TOUCH).met
	assert not ask(deal, rules.FIRST_TOUCH).met
	frappe.db.set_value("Lead", lead.name, "sf_first_touched_on", now_datetime())
	lead.reload()
	assert ask(lead, rules.FIRST_TOUCH).met
	assert ask(deal, rules.FIRST_TOUCH).met


def test_a_touch_of_its_own_counts_for_a_customers_opportunity():
	deal = deal_of_customer()
	assert not ask(deal, rules.FIRST_TOUCH).met
	deal.sf_last_touch_on = now_datetime()
	assert ask(deal, rules.FIRST_TOUCH).met


# Decision Maker


def test_the_decision_chain_is_that_of_the_company():
	"""P2: an opportunity asks its party's, saved or not."""
	lead = records.lead()
	deal = frappe.new_doc("Opportunity").update({"opportunity_from": "Lead", "party_name": lead.name})
	assert ask(deal, rules.DECIDER_KNOWN).code == "no_decider"
	profile = profile_with(lead, {"role": "Decision Maker", "left_on": getdate()})
	assert ask(deal, rules.DECIDER_KNOWN).code == "decider_left"
	profile.append("decision_chain", {"person": "Managing Director", "role": "Decision Maker"})
	profile.save()
	assert ask(deal, rules.DECIDER_KNOWN).met
	said = told(deal, rules.DECIDER_REACHED)
	assert not said["met"]
	assert said["route"] == f"/app/customer-profile/{profile.name}#decision_chain"
	profile.decision_chain[-1].reached = 1
	profile.save()
	assert ask(deal, rules.DECIDER_REACHED).met


# Needs Confirmed


def test_needs_confirmed_on_the_document():
	"""N4."""
	deal = records.opportunity()
	new = told(deal, rules.NEEDS)
	assert new["route"] == f"/app/needs-record/new?reference_doctype=Opportunity&reference_name={deal.name}"
	record = talks.talk(deal)
	said = told(deal, rules.NEEDS)
	assert (said["met"], said["route"]) == (False, f"/app/needs-record/{record.name}")
	solutions.confirm(record)
	assert ask(deal, rules.NEEDS).met


def test_confirmed_needs_hold_until_a_later_version_is_confirmed():
	"""N4."""
	deal = records.opportunity()
	record = solutions.confirm(talks.talk(deal))
	after = needs.new_version(record)
	assert ask(deal, rules.NEEDS).met
	frappe.db.set_value("Needs Record", record.name, "status", "Superseded")
	found = ask(deal, rules.NEEDS)
	assert (found.met, found.args["name"]) == (False, after.name)


def test_needs_of_the_lead_count_for_its_opportunity_and_of_another_deal_do_not():
	lead = records.lead()
	one, other = records.opportunity(party_name=lead.name), records.opportunity(party_name=lead.name)
	solutions.confirm(talks.talk(one))
	assert ask(one, rules.NEEDS).met
	assert not ask(other, rules.NEEDS).met
	solutions.confirm(talks.talk(lead))
	assert ask(other, rules.NEEDS).met


def test_needs_of_a_lead_count_for_the_customer_it_became():
	lead = records.lead()
	solutions.confirm(talks.talk(lead))
	deal = deal_of_customer(records.customer(lead_name=lead.name))
	assert ask(deal, rules.NEEDS).met
	assert not ask(deal_of_customer(), rules.NEEDS).met


# Proposal Approved


def test_a_proposal_with_an_approved_review():
	"""S2."""
	deal = solutions.opportunity_with_confirmed_needs()
	assert ask(deal, rules.PROPOSAL).code == "no_paper"
	draft = solutions.proposal(deal)
	assert told(deal, rules.PROPOSAL)["route"] == f"/app/solution-proposal/{draft.name}"
	offers.pass_review(draft.name)
	assert ask(deal, rules.PROPOSAL).met


def test_the_review_was_about_these_figures():
	deal = solutions.opportunity_with_confirmed_needs()
	draft = solutions.proposal(deal)
	offers.pass_review(draft.name)
	frappe.db.set_value("Proposal Review", offers.review_of(draft.name), "fingerprint", "others")
	assert not ask(deal, rules.PROPOSAL).met


def test_the_latest_version_counts():
	deal = solutions.opportunity_with_confirmed_needs()
	draft = solutions.proposal(deal)
	offers.pass_review(draft.name)
	after = proposals.new_version(draft.name)
	found = ask(deal, rules.PROPOSAL)
	assert (found.met, found.args["name"]) == (False, after.name)
	offers.pass_review(after.name)
	assert ask(deal, rules.PROPOSAL).met


def test_a_reader_who_may_not_see_the_proposal_is_not_told_its_name(make_user, as_user):
	deal = solutions.opportunity_with_confirmed_needs()
	draft = solutions.proposal(deal)
	with as_user(make_user("Accounts User")):
		said = told(deal, rules.PROPOSAL)
	assert draft.name not in said["what"] + said["route"]


# Objections Answered


def test_an_objection_blocks_from_the_moment_its_promise_is_over(frozen_time):
	"""S4: the moment itself is still in time."""
	with frozen_time("2026-03-04 10:00") as clock:
		deal = records.opportunity()
		objection = raised.objection(deal, reply_due_on="2026-03-05 12:00:00")
		clock.set("2026-03-05 12:00")
		assert ask(deal, rules.OBJECTIONS).met
		clock.set("2026-03-05 12:01")
		said = told(deal, rules.OBJECTIONS)
		assert (said["met"], said["route"]) == (False, f"/app/objection/{objection.name}")
		objection.reload()
		objection.answer = "We deliver in June."
		objection.save()
		assert ask(deal, rules.OBJECTIONS).met


def test_objections_to_another_deal_do_not_block(frozen_time):
	with frozen_time("2026-03-04 10:00") as clock:
		lead = records.lead()
		one, other = records.opportunity(party_name=lead.name), records.opportunity(party_name=lead.name)
		raised.objection(one, reply_due_on="2026-03-05 12:00:00")
		clock.set("2026-03-06 12:00")
		assert not ask(one, rules.OBJECTIONS).met
		assert ask(other, rules.OBJECTIONS).met
		raised.objection(lead, raised_on="2026-03-04 10:00:00", reply_due_on="2026-03-05 12:00:00")
		assert not ask(other, rules.OBJECTIONS).met


# Contract in State


def contract(deal, **values):
	doc = frappe.new_doc("Contract")
	doc.update(
		{
			"name": f"CONTRACT-{frappe.generate_hash(length=8)}",
			"party_type": "Customer",
			"party_name": deal.party_name,
			"sf_opportunity": deal.name,
			"contract_terms": "Terms",
			**values,
		}
	)
	doc.db_insert()
	return doc


def test_how_far_the_contract_is():
	"""C1-C3."""
	deal = deal_of_customer()
	assert ask(deal, rules.CONTRACT, contract_state="Drafted").code == "no_contract"
	draft = contract(deal, sf_state="In Clause Review")
	assert ask(deal, rules.CONTRACT, contract_state="Drafted").met
	said = told(deal, rules.CONTRACT, contract_state="Signed")
	assert (said["met"], said["route"]) == (False, f"/app/contract/{draft.name}")
	frappe.db.set_value("Contract", draft.name, {"docstatus": 1, "is_signed": 1, "sf_state": "Signed"})
	assert ask(deal, rules.CONTRACT, contract_state="Signed").met
	assert ask(deal, rules.CONTRACT, contract_state="Scan Attached").code == "no_scan"
	frappe.db.set_value("Contract", draft.name, "sf_scan", "/private/files/scan.pdf")
	assert ask(deal, rules.CONTRACT, contract_state="Scan Attached").met


def test_the_exemption_of_the_process():
	deal = records.opportunity(opportunity_amount=99)
	process = gating.process(
		[gating.gate(rules.CONTRACT, contract_state="Signed")], contract_exempt_below=100
	)
	gates = gate_facts.gates_of(process.insert())
	assert [found.code for found in rules.evaluate(gates, gate_facts.gather(deal, gates))] == ["exempt"]
	deal.opportunity_amount = deal.base_opportunity_amount = 100
	assert not rules.evaluate(gates, gate_facts.gather(deal, gates))[0].met


# File Attached


def test_files():
	lead = records.lead()
	assert not ask(lead, rules.FILE).met
	assert not ask(frappe.new_doc("Lead"), rules.FILE).met
	frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "Minutes of May.txt",
			"content": "x",
			"attached_to_doctype": "Lead",
			"attached_to_name": lead.name,
		}
	).insert()
	assert ask(lead, rules.FILE).met
	assert ask(lead, rules.FILE, file_name_like="minutes").met
	assert not ask(lead, rules.FILE, file_name_like="contract").met


# Linked Document

PRESENTATION = '[["meeting_type", "=", "Presentation"]]'


def test_minutes_of_a_presentation():
	"""S3: a dynamic link, with filters."""
	deal = records.opportunity()
	asked = {"linked_doctype": "Meeting Minutes", "linked_filters": PRESENTATION}
	meetings.held(deal)
	said = told(deal, rules.LINKED, **asked)
	assert not said["met"]
	assert said["route"] == (
		f"/app/meeting-minutes/new?reference_doctype=Opportunity&reference_name={deal.name}"
	)
	meetings.held(deal, meeting_type="Presentation")
	assert ask(deal, rules.LINKED, **asked).met
	assert told(deal, rules.LINKED, at_least=2, **asked)["what"] == "Linked: Meeting Minutes, 1 of 2"
	meetings.held(records.opportunity(), meeting_type="Presentation")
	assert not ask(deal, rules.LINKED, at_least=2, **asked).met


@pytest.mark.parametrize(
	"filters",
	[
		'{"docstatus": 0}',
		'{"docstatus": ["<", 1]}',
		'[["Quotation", "docstatus", "=", 0, false]]',
		'[["docstatus", "in", [0, 1]]]',
		"",
		None,
	],
)
def test_filters_as_people_and_dialogs_write_them(filters):
	lead = records.lead()
	deal = records.opportunity(party_name=lead.name)
	asked = {"linked_doctype": "Quotation", "linked_filters": filters}
	assert ask(deal, rules.LINKED, **asked).code == "linked"
	offers.quotation(lead, opportunity=deal.name)
	assert ask(deal, rules.LINKED, **asked).met


def test_rows_of_a_table_point_at_a_lead():
	"""An event's participants."""
	lead = records.lead()
	asked = {"linked_doctype": "Event", "link_field": "event_participants.reference_docname"}
	assert not ask(lead, rules.LINKED, **asked).met
	for _twice in range(2):
		frappe.get_doc(
			{
				"doctype": "Event",
				"subject": "Talk",
				"starts_on": now_datetime(),
				"event_participants": [{"reference_doctype": "Lead", "reference_docname": lead.name}],
			}
		).insert()
	assert ask(lead, rules.LINKED, at_least=2, **asked).met
	assert not ask(lead, rules.LINKED, at_least=3, **asked).met


@pytest.mark.parametrize(
	"asked",
	[
		{"linked_doctype": "Currency"},
		{"linked_doctype": "No Such Type"},
		{"linked_doctype": "Quotation", "link_field": "no_such_field"},
		{"linked_doctype": "Quotation", "linked_filters": '[["no_such_field", "=", 1]]'},
		{"linked_doctype": "Quotation", "linked_filters": "nonsense"},
	],
)
def test_what_cannot_be_linked_is_not_met_and_says_so(asked):
	deal = records.opportunity()
	offers.quotation(opportunity=deal.name)
	said = told(deal, rules.LINKED, **asked)
	assert not said["met"] and "administrator" in said["what"]


# Costs, and what is not asked

ALL_KINDS = [
	rules.Gate(kind, kind, kind, params=params)
	for kind, params in (
		(rules.FIELDS_FILLED, fields("company")),
		(rules.GRADE, {"grade": "B"}),
		(rules.FIRST_TOUCH, {}),
		(rules.DECIDER_KNOWN, {}),
		(rules.DECIDER_REACHED, {}),
		(rules.NEEDS, {}),
		(rules.PROPOSAL, {}),
		(rules.OBJECTIONS, {}),
		(rules.CONTRACT, {"contract_state": "Signed"}),
		(rules.FILE, {}),
		(rules.LINKED, {"linked_doctype": "Quotation"}),
		(rules.EXPRESSION, {"expression": "doc.company"}),
	)
]


@pytest.mark.parametrize("gate", ALL_KINDS, ids=lambda gate: gate.kind)
def test_each_kind_costs_two_queries_at_most(gate, count_queries):
	deal = solutions.opportunity_with_confirmed_needs()
	offers.pass_review(solutions.proposal(deal).name)
	gate_facts.gather(deal, ALL_KINDS)  # what is remembered between requests
	with count_queries() as queries:
		gate_facts.gather(deal, [gate])
	assert len(queries) <= 3 if gate.kind == rules.PROPOSAL else len(queries) <= 2


def test_gates_that_are_off_cost_nothing(count_queries):
	deal = records.opportunity()
	off = [rules.Gate(gate.key, gate.title, gate.kind, mode=rules.OFF) for gate in ALL_KINDS]
	with count_queries() as queries:
		gate_facts.gather(deal, off)
	assert not queries


@pytest.mark.parametrize("doctype", ["Lead", "Opportunity", "Customer"])
def test_a_document_that_was_never_saved_can_be_asked_everything(doctype):
	doc = frappe.new_doc(doctype)
	findings = rules.evaluate(ALL_KINDS, gate_facts.gather(doc, ALL_KINDS))
	assert len(findings) == len(ALL_KINDS)


def test_every_kind_and_every_shipped_rule_says_why():
	for gate in ALL_KINDS:
		assert gate_words.why(gate)
	for gate in gate_facts.gates_of(frappe.get_doc("Sales Process", gating.SHIPPED)):
		assert gate.rule
		assert gate_words.why(gate) != gate_words.why(rules.Gate("x", "x", gate.kind))
