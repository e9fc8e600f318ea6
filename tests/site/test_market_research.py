"""Market research (L11): what is checked, and how its high potential candidates become leads, once."""

from __future__ import annotations

import uuid

import frappe
import pytest

from salesflow_std.jobs import fit_targets
from salesflow_std.overrides import market_research
from tests.site import records

API = "salesflow_std.api.research"
SOURCES = "Association yearbook\nInterview with a buyer"


def competitor(name: str) -> str:
	if not frappe.db.exists("Competitor", name):
		frappe.get_doc({"doctype": "Competitor", "competitor_name": name}).insert()
	return name


def company(word: str = "Target") -> str:
	return f"{word} {uuid.uuid4().hex[:8]} Works"


def candidate(potential: str = "High Potential", **values) -> dict:
	return {"company_name": company(), "potential": potential, "reason": "Grows fast", **values}


def research(**values):
	return frappe.get_doc(
		{"doctype": "Market Research", "title": "Pumps in the north", "from_date": "2026-01-05", **values}
	).insert()


def rows(doc) -> list:
	return frappe.get_doc("Market Research", doc.name).candidates


def choose(doc, **by_company) -> dict:
	"""Choices by the row of the table: `choose(doc, row1={"do": "Skip"})`."""
	return {row.name: by_company.get(f"row{row.idx}", {"do": "Create"}) for row in doc.candidates}


# What is checked


@pytest.mark.parametrize(
	"values",
	[
		{"from_date": "2026-03-02", "to_date": "2026-03-01"},
		{"size_year": 20226},
		{"growth_rate": -101},
		{"market_size": -1},
		{"competitors": [{"competitor": "Alpha Pumps", "market_share": 101}]},
		{
			"competitors": [
				{"competitor": "Alpha Pumps", "market_share": 60},
				{"competitor": "Beta Pumps", "market_share": 41},
			]
		},
		{"competitors": [{"competitor": "Alpha Pumps"}, {"competitor": "Alpha Pumps"}]},
		{"candidates": [candidate(annual_revenue=-1, company_name="Target Works")]},
	],
	ids=str,
)
def test_impossible_facts_are_refused(values):
	for name in ("Alpha Pumps", "Beta Pumps"):
		competitor(name)
	with pytest.raises(frappe.ValidationError):
		research(**values)


def test_a_finding_with_fewer_than_two_sources_is_flagged_and_counted():
	doc = research(
		findings=[
			{"topic": "Growth", "finding": "Grows", "sources": SOURCES},
			{"topic": "Gaps", "finding": "No service", "sources": " Customs data \n customs  DATA"},
			{"topic": "Other", "finding": "Hearsay", "single_source": 0},
		]
	)
	assert [row.single_source for row in doc.findings] == [0, 1, 1]
	assert doc.single_sources == 2
	assert doc.findings[1].sources == "Customs data"


def test_completing_with_open_points_is_allowed_and_said():
	doc = research(market_size=100, findings=[{"topic": "Gaps", "finding": "No service"}])
	frappe.clear_messages()
	doc.status = "Completed"
	doc.save()
	said = str(frappe.get_message_log())
	assert "1 of 1 findings rest on one source" in said
	assert "Growth, Competition, Technology" in said
	frappe.clear_messages()
	doc.conclusion = "Go north"
	doc.save()
	assert not frappe.get_message_log()


def test_the_lead_of_a_candidate_is_the_apps_to_say():
	lead = records.lead()
	doc = research(candidates=[candidate(lead=lead.name, lead_was_there=1)])
	assert doc.candidates[0].lead is None
	doc.candidates[0].lead = lead.name
	doc.save()
	assert rows(doc)[0].lead is None


# Leads


def test_high_potential_candidates_become_leads_with_source_and_profile(call):
	profile = frappe.get_doc(
		{
			"doctype": "Target Customer Profile",
			"profile_name": f"Profile {uuid.uuid4().hex[:6]}",
			"employees_from": "1000+",
		}
	).insert()
	segment = frappe.get_all("Market Segment", pluck="name", order_by="name", limit=1)
	territory = "China"
	doc = research(
		target_profile=profile.name,
		territory=territory,
		market_segment=segment[0] if segment else None,
		currency="CNY",
		candidates=[
			candidate(
				contact_name="Purchasing Manager",
				email_id="buyer@target-works.test",
				phone="+86 21 5566 7788",
				website="target-works.test",
				annual_revenue=5_000_000,
				no_of_employees="51-200",
			),
			candidate("Risky"),
			candidate("Not Now"),
		],
	)
	done = call(f"{API}.create_leads", name=doc.name)
	assert [len(done[key]) for key in ("created", "used", "skipped", "failed")] == [1, 0, 0, 0], done
	made = [row.lead for row in rows(doc)]
	assert made == [done["created"][0]["lead"], None, None]
	lead = frappe.get_doc("Lead", made[0])
	assert lead.company_name == doc.candidates[0].company_name
	assert (lead.source, lead.territory, lead.email_id) == (
		"Market Research",
		"China",
		"buyer@target-works.test",
	)
	assert (lead.no_of_employees, lead.annual_revenue, lead.website) == (
		"51-200",
		5_000_000,
		"target-works.test",
	)
	assert lead.market_segment == doc.market_segment
	assert lead.sf_captured_on and not lead.sf_late_entry
	assert (lead.sf_target_profile, lead.sf_fit) == (profile.name, 0)
	# Whatever is compared later, the profile stays until another one fits.
	lead.industry = frappe.get_all("Industry Type", pluck="name", order_by="name", limit=1)[0]
	lead.save()
	fit_targets.compare_all()
	assert records.state(lead, "sf_target_profile") == profile.name
	comment = frappe.get_all(
		"Comment",
		filters={"reference_doctype": "Lead", "reference_name": lead.name, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)[-1]
	assert doc.name in comment and "Grows fast" in comment


def test_what_nobody_knows_of_a_candidate_stays_empty(call):
	doc = research(candidates=[candidate()])
	lead = call(f"{API}.create_leads", name=doc.name)["created"][0]["lead"]
	values = frappe.db.get_value("Lead", lead, ["no_of_employees", "annual_revenue", "lead_name"])
	assert values == ("", 0, doc.candidates[0].company_name)


def test_a_second_time_makes_nothing_new(call):
	doc = research(candidates=[candidate(), candidate()])
	call(f"{API}.create_leads", name=doc.name)
	leads = frappe.db.count("Lead")
	again = call(f"{API}.create_leads", name=doc.name)
	assert not any(again[key] for key in ("created", "used", "failed"))
	assert call(f"{API}.candidates", name=doc.name) == []
	assert frappe.db.count("Lead") == leads


def test_one_broken_candidate_stops_no_other_and_says_why(call):
	doc = research(
		candidates=[candidate(), candidate(), candidate()],
	)
	# An import of old data writes what a form would not take.
	frappe.db.set_value("Research Candidate", doc.candidates[0].name, "email_id", "no address")
	frappe.db.set_value("Research Candidate", doc.candidates[1].name, "territory", "Nowhere")
	done = call(f"{API}.create_leads", name=doc.name)
	failed = {row["row"]: row["reason"] for row in done["failed"]}
	assert set(failed) == {doc.candidates[0].name, doc.candidates[1].name}
	assert "no address" in failed[doc.candidates[0].name]
	assert [bool(row.lead) for row in rows(doc)] == [False, False, True]
	assert not frappe.get_message_log()


def test_what_is_there_already_is_shown_and_its_lead_can_be_used(call):
	there = records.lead(company_name=company("Known"))
	customer = records.customer()
	doc = research(
		candidates=[
			candidate(company_name=f"{there.company_name} Co., Ltd."),
			candidate(company_name=f"{customer.customer_name} GmbH"),
			candidate(),
		]
	)
	known, sold, new = call(f"{API}.candidates", name=doc.name)
	assert ([row["name"] for row in known["leads"]], known["proposal"]) == ([there.name], "Use")
	assert (sold["customer"]["name"], sold["proposal"]) == (customer.name, "Skip")
	assert (new["leads"], new["customer"], new["proposal"]) == ([], None, "Create")
	done = call(
		f"{API}.create_leads", name=doc.name, choices=choose(doc, row1={"do": "Use", "lead": there.name})
	)
	assert [len(done[key]) for key in ("created", "used", "skipped", "failed")] == [2, 1, 0, 0]
	assert (rows(doc)[0].lead, rows(doc)[0].lead_was_there) == (there.name, 1)


def test_without_choices_only_what_is_new_is_created(call):
	there = records.lead(company_name=company("Known"))
	doc = research(candidates=[candidate(company_name=there.company_name), candidate()])
	done = call(f"{API}.create_leads", name=doc.name)
	assert [len(done[key]) for key in ("created", "skipped")] == [1, 1]


def test_the_same_company_twice_becomes_one_lead(call):
	name = company()
	doc = research(candidates=[candidate(company_name=name), candidate(company_name=f"{name} Ltd")])
	assert [row["same_as"] for row in call(f"{API}.candidates", name=doc.name)] == [None, 1]
	done = call(f"{API}.create_leads", name=doc.name, choices=choose(doc))
	assert len(done["created"]) == len(done["used"]) == 1
	assert rows(doc)[0].lead == rows(doc)[1].lead


@pytest.mark.parametrize("choice", [{"do": "Use"}, {"do": "Use", "lead": "CRM-LEAD-NONE"}, {"do": "Marry"}])
def test_a_choice_that_makes_no_sense_is_a_failure_of_its_row(call, choice):
	doc = research(candidates=[candidate(), candidate()])
	done = call(f"{API}.create_leads", name=doc.name, choices=choose(doc, row1=choice))
	assert [len(done[key]) for key in ("created", "failed")] == [1, 1]


@pytest.mark.parametrize("choices", ['["x"]', '{"a": 1}', "7"])
def test_choices_of_another_shape_are_refused(call, choices):
	doc = research(candidates=[candidate()])
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.create_leads", name=doc.name, choices=choices)


def test_a_form_that_was_open_meanwhile_cannot_save_its_old_rows(call):
	doc = research(candidates=[candidate()])
	open_form = frappe.get_doc("Market Research", doc.name)
	call(f"{API}.create_leads", name=doc.name)
	open_form.conclusion = "Late"
	with pytest.raises(frappe.TimestampMismatchError):
		open_form.save()


def test_many_are_made_in_the_background_and_told(call, jobs, monkeypatch):
	monkeypatch.setattr("salesflow_std.api.research.AT_ONCE", 2)
	monkeypatch.setattr("salesflow_std.jobs.research_leads.CHUNK", 2)
	name = company()
	doc = research(
		candidates=[
			candidate(company_name=name),
			*(candidate() for _ in range(3)),
			candidate(company_name=name),
		]
	)
	assert call(f"{API}.create_leads", name=doc.name, choices=choose(doc))["queued"] == 5
	assert not any(row.lead for row in rows(doc))
	jobs.run("research_leads")
	made = [row.lead for row in rows(doc)]
	assert all(made) and made[0] == made[4] and len(set(made)) == 4
	told = frappe.get_last_doc("Notification Log", {"document_name": doc.name})
	assert "4 leads created, 1 were there, 0 could not be made" in told.subject


# Rights


@pytest.fixture
def north(make_user):
	"""A rep who may see the records of one territory only."""
	from frappe.permissions import add_user_permission

	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	return rep, territory.name


def test_a_rep_makes_leads_of_what_they_research(call, north, as_user):
	rep, territory = north
	with as_user(rep):
		doc = research(territory=territory, candidates=[candidate()])
		lead = call(f"{API}.create_leads", name=doc.name)["created"][0]["lead"]
		assert frappe.db.get_value("Lead", lead, ["lead_owner", "territory"]) == (rep, territory)


def test_the_rights_on_leads_hold_for_each_of_them(call, north, as_user):
	rep, territory = north
	foreign = records.lead(company_name=company("Foreign"), territory="China")
	doc = research(
		territory=territory,
		candidates=[candidate(company_name=foreign.company_name), candidate()],
	)
	with as_user(rep):
		known = call(f"{API}.candidates", name=doc.name)[0]["leads"][0]
		assert (known["title"], known["readable"]) == (None, False)
		done = call(f"{API}.create_leads", name=doc.name, choices=choose(doc, row1={"do": "Skip"}))
		assert [len(done[key]) for key in ("created", "skipped", "failed")] == [1, 1, 0]
		# The form and its link titles give away nothing of a lead.
		frappe.db.set_value("Research Candidate", doc.candidates[0].name, "lead", foreign.name)
		from frappe.desk.form.load import getdoc

		frappe.local.response = frappe._dict(docs=[])
		getdoc("Market Research", doc.name)
		assert foreign.lead_name not in frappe.as_json(frappe.local.response)


@pytest.mark.parametrize("method", ["candidates", "create_leads"])
def test_who_may_not_change_the_research_or_make_leads_is_refused(call, make_user, as_user, method):
	doc = research(candidates=[candidate()])
	for roles in (["Purchase User"], []):
		with as_user(make_user(roles)), pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", name=doc.name)


def test_the_dashboard_counts_the_leads_of_a_research(call):
	doc = research(candidates=[candidate(), candidate("Risky")])
	call(f"{API}.create_leads", name=doc.name)
	from frappe.desk.notifications import get_open_count

	found = get_open_count("Market Research", doc.name, items='["Lead"]')["count"]
	assert found["internal_links_found"][0]["count"] == 1


def test_customers_are_found_by_another_spelling_of_their_name():
	customer = records.customer(customer_name="深圳样本泵业有限公司")
	found = market_research._customers_like(["深圳样本泵业股份有限公司"])
	assert [row["name"] for row in found.values()] == [customer.name]
