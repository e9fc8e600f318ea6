"""Target customer profiles on a site (L4): the state on lead, prospect and customer, the job, the API, proposals."""

from __future__ import annotations

import uuid
from typing import Any

import frappe
import pytest

from salesflow_std.engine import fit as rules
from salesflow_std.jobs import fit_targets
from salesflow_std.salesflow_std import fit, profiles
from salesflow_std.setup import shipped_defaults
from tests.site import records
from tests.site.records import state

EXPLAIN = "salesflow_std.api.fit.explain"
MATCHES = "salesflow_std.api.fit.matches"
PROFILE_FOR = "salesflow_std.api.fit.profile_for"
FORM = "salesflow_std.api.scoring.form"
STATE = ("sf_target_profile", "sf_fit")


def named(doctype: str, **values: Any) -> str:
	name = f"{doctype} {uuid.uuid4().hex[:6]}"
	field = {"Industry Type": "industry", "Territory": "territory_name"}.get(doctype)
	return frappe.get_doc({"doctype": doctype, field: name, **values}).insert().name


@pytest.fixture
def industry() -> str:
	return named("Industry Type")


@pytest.fixture(autouse=True)
def no_other_targets() -> None:
	"""A test meets its own targets only, and any fit is a match."""
	frappe.db.set_single_value("Salesflow Settings", "minimum_fit", 0)
	for name in frappe.get_all("Target Customer Profile", pluck="name", order_by="name"):
		frappe.delete_doc("Target Customer Profile", name)
	fit.forget()


def target(**values: Any) -> Any:
	tables = {
		"industries": "industry",
		"territories": "territory",
		"pain_points": "tag",
	}
	for table, field in tables.items():
		if table in values:
			values[table] = [{field: value} for value in values[table]]
	if "roles" in values:
		values["roles"] = [{"role": role, "needed": needed} for role, needed in values["roles"]]
	return frappe.get_doc(
		{"doctype": "Target Customer Profile", "profile_name": f"Target {uuid.uuid4().hex[:6]}", **values}
	).insert()


def tag(used_for: str = "Pain Point") -> str:
	category = frappe.get_doc(
		{
			"doctype": "Customer Tag Category",
			"category_name": f"Category {uuid.uuid4().hex[:6]}",
			"used_for": used_for,
		}
	).insert()
	return (
		frappe.get_doc(
			{
				"doctype": "Customer Tag",
				"tag_name": f"Tag {uuid.uuid4().hex[:6]}",
				"category": category.name,
			}
		)
		.insert()
		.name
	)


def profile_of(document: Any) -> Any:
	return frappe.get_doc("Customer Profile", profiles.ensure(document.doctype, document.name))


def prospect(**values: Any) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Prospect",
			"company_name": f"Sample {uuid.uuid4().hex[:8]} Works",
			"company": records.COMPANY,
			**values,
		}
	).insert()


# The target itself


@pytest.mark.parametrize(
	("values", "message"),
	[
		({}, "asks for nothing yet"),
		({"employees_from": "201-500", "employees_to": "11-50"}, "starts at 201-500 and ends at 11-50"),
		({"revenue_from": 5, "revenue_to": 4}, "annual revenue starts above its end"),
		({"budget_from": 5, "budget_weight": 0}, "has the weight 0"),
		({"budget_from": -5}, "negative"),
		({"roles": [("User", "Known"), ("User", "Reached")]}, "is there already"),
	],
)
def test_a_target_that_contradicts_itself_is_refused(values, message):
	with pytest.raises(frappe.ValidationError, match=message):
		target(**values)


def test_only_pain_points_are_pain_points(industry):
	with pytest.raises(frappe.ValidationError, match="is no pain point"):
		target(pain_points=[tag("Mood")])


def test_repeated_rows_go_and_money_gets_a_currency(industry):
	doc = target(industries=[industry, industry], budget_from=5)
	assert [row.industry for row in doc.industries] == [industry]
	assert doc.currency == "CNY"


def test_a_form_cannot_say_that_all_has_been_compared(industry):
	doc = target(industries=[industry])
	pending = frappe.db.get_value(doc.doctype, doc.name, "refit_pending")
	assert pending
	doc.reload()
	doc.update({"refit_pending": 0, "refitted_on": "2026-01-01 00:00:00"})
	doc.save()
	assert state(doc, "refit_pending", "refitted_on") == (pending, None)


# State on save


@pytest.mark.parametrize("make", [records.lead, prospect, records.customer])
def test_a_document_shows_its_best_match(make, industry):
	"""L4: what is not known is not met; what a form sends for the state is put back."""
	employees = "sf_no_of_employees" if make is records.customer else "no_of_employees"
	both = target(industries=[industry], employees_from="51-200")
	doc = make(industry=industry, **{employees: ""})
	assert state(doc, *STATE) == (both.name, 50)
	doc.update({employees: "201-500", "sf_fit": 7, "sf_target_profile": None})
	doc.save()
	assert state(doc, *STATE) == (both.name, 100)
	doc.update({employees: "1-10", "industry": None})
	doc.save()
	assert state(doc, *STATE) == (None, 0)


def test_the_higher_fit_wins(industry):
	target(industries=[industry], budget_from=5)
	better = target(industries=[industry])
	assert state(records.lead(industry=industry), *STATE) == (better.name, 100)


def test_the_settings_say_from_when_on_a_fit_counts(industry, jobs):
	wanted = target(industries=[industry], budget_from=5)
	lead = records.lead(industry=industry)
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (wanted.name, 50)
	for smallest, best in ((51, (None, 0)), (50, (wanted.name, 50))):
		doc = frappe.get_doc("Salesflow Settings")
		doc.minimum_fit = smallest
		doc.save()
		jobs.run("fit_targets")
		assert state(lead, *STATE) == best
		assert fit.compare("Lead", lead.name)[0].percent == 50


def test_a_new_lead_has_no_employees_that_nobody_has_said():
	"""ERPNext's choices begin with 1-10, which would be written into every new lead."""
	target(employees_to="11-50")
	lead = records.lead()
	assert not lead.no_of_employees
	assert state(lead, *STATE) == (None, 0)


def test_a_save_costs_no_query_without_targets_and_without_a_change(industry, count_queries):
	lead = records.lead()
	fit.targets()  # remembered that there are none
	lead.industry = industry
	with count_queries() as queries:
		assert fit.state_now(lead) is None
	assert queries == []
	lead.save()
	target(industries=[industry], revenue_from=5, roles=[("User", "Known")])
	fit.targets()
	lead.reload()

	def saving(**values: Any) -> list[str]:
		lead.update(values)
		with count_queries() as queries:
			lead.save()
		return [
			query for query in queries if "Target" in query or "Territory" in query or "Currency" in query
		]

	saving(job_title="Buyer")
	assert saving(job_title="Purchasing Manager") == []
	assert saving(annual_revenue=10) == []
	assert state(lead, "sf_fit") == 66.7


def test_territories_are_meant_with_all_below_them(industry):
	country = named("Territory", parent_territory="All Territories", is_group=1)
	town = named("Territory", parent_territory=country)
	elsewhere = named("Territory", parent_territory="All Territories")
	wanted = target(territories=[country])
	lead = records.lead(territory=town)
	assert state(lead, *STATE) == (wanted.name, 100)
	lead.territory = elsewhere
	lead.save()
	assert state(lead, *STATE) == (None, 0)
	lead.territory = "All Territories"
	lead.save()
	assert state(lead, "sf_fit") == 0
	assert fit.compare("Lead", lead.name)[0].could_be == 100


def test_a_territory_that_moves_takes_its_leads_along(jobs):
	country = named("Territory", parent_territory="All Territories", is_group=1)
	town = named("Territory", parent_territory="All Territories")
	wanted = target(territories=[country])
	lead = records.lead(territory=town)
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (None, 0)
	moved = frappe.get_doc("Territory", town)
	moved.parent_territory = country
	moved.save()
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (wanted.name, 100)


def test_revenue_in_another_currency_needs_a_recorded_rate():
	"""No save asks a server on the network: without a Currency Exchange the revenue is unknown."""
	target(revenue_from=100, currency="USD")
	lead = records.lead(annual_revenue=720)
	assert state(lead, *STATE) == (None, 0)
	line = fit.compare("Lead", lead.name)[0].line(rules.REVENUE)
	assert line.outcome == rules.UNKNOWN
	assert fit.say(line) == "There is no exchange rate from CNY to USD."
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": frappe.utils.nowdate(),
			"from_currency": "USD",
			"to_currency": "CNY",
			"exchange_rate": 7.2,
			"for_selling": 1,
		}
	).insert()
	frappe.local.request_cache.clear()
	lead.annual_revenue = 721
	lead.save()
	assert state(lead, "sf_fit") == 100


# What a company's documents share


def test_the_customer_profile_counts_on_all_of_its_documents(industry):
	"""Pain points, budget and decision chain of the shared profile (P2, P4) reach lead and customer alike."""
	pain = tag()
	wanted = target(
		industries=[industry],
		pain_points=[pain],
		budget_from=100,
		roles=[("Decision Maker", "Reached"), ("Purchasing", "Known")],
	)
	lead = records.lead(industry=industry)
	customer = records.customer(industry=industry, lead_name=lead.name)
	shared = profile_of(lead)
	assert state(lead, "sf_fit") == state(customer, "sf_fit") == 25
	shared.append("tags", {"tag": pain})
	shared.append("tags", {"tag": tag("Mood")})
	shared.append("decision_chain", {"person": "Head", "role": "Decision Maker", "reached": 1})
	shared.append("decision_chain", {"person": "Purchasing Manager", "role": "Purchasing"})
	shared.update({"budget_from": 100, "budget_to": 200})
	modified = state(lead, "modified")
	shared.save()
	assert state(lead, *STATE) == state(customer, *STATE) == (wanted.name, 100)
	assert state(lead, "modified") == modified
	# Who has left does not count.
	shared.decision_chain[0].left_on = frappe.utils.nowdate()
	shared.save()
	assert state(lead, "sf_fit") == 87.5


def test_a_document_that_joins_a_profile_fits_by_it(industry):
	wanted = target(budget_from=100)
	lead = records.lead()
	shared = profile_of(lead)
	shared.update({"budget_from": 100})
	shared.save()
	customer = records.customer(lead_name=lead.name)
	assert state(customer, *STATE) == (wanted.name, 100)
	assert (customer.sf_target_profile, customer.sf_fit) == (wanted.name, 100)
	group = prospect()
	other = records.lead()
	group.append("leads", {"lead": other.name})
	group.append("leads", {"lead": lead.name})
	group.save()
	assert state(other, *STATE) == state(group, *STATE) == (wanted.name, 100)
	group.leads = [row for row in group.leads if row.lead != other.name]
	group.save()
	assert state(other, *STATE) == (None, 0)


# The job


def test_all_documents_follow_a_changed_target(industry, jobs, monkeypatch):
	monkeypatch.setattr(fit_targets, "CHUNK", 2)
	leads = [records.lead(industry=industry) for _ in range(5)]
	customer, group = records.customer(industry=industry), prospect(industry=industry)
	other = records.lead()
	doc = target(industries=[industry])
	assert state(leads[0], *STATE) == (None, 0)
	jobs.run("fit_targets")
	for one in (*leads, customer, group):
		assert state(one, *STATE) == (doc.name, 100)
	assert state(other, *STATE) == (None, 0)
	assert state(doc, "refit_pending") == 0 and state(doc, "refitted_on")

	doc.reload()
	doc.description = "Not compared"
	doc.save()
	assert jobs.named("fit_targets") == []
	doc.budget_from = 5
	doc.save()
	jobs.run("fit_targets")
	assert {state(one, *STATE) for one in (*leads, customer, group)} == {(doc.name, 50)}
	doc.reload()
	doc.enabled = 0
	doc.save()
	jobs.run("fit_targets")
	assert {state(one, *STATE) for one in (*leads, customer, group)} == {(None, 0)}


def test_a_second_run_changes_nothing(industry, jobs):
	pain = tag()
	doc = target(industries=[industry], pain_points=[pain])
	lead = records.lead(industry=industry)
	shared = profile_of(lead)
	shared.append("tags", {"tag": pain})
	shared.save()
	frappe.db.set_value("Lead", lead.name, {"sf_target_profile": None, "sf_fit": 3}, update_modified=False)
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (doc.name, 100)
	assert fit_targets.compare_all() == 0


def test_a_killed_run_is_taken_up_again(industry, jobs, monkeypatch):
	monkeypatch.setattr(fit_targets, "CHUNK", 2)
	leads = [records.lead(industry=industry) for _ in range(5)]
	doc = target(industries=[industry])
	frappe.db.commit()
	write, written = fit_targets._write, []

	def dying(*args: Any) -> int:
		if written:
			raise SystemExit
		written.append(args)
		return write(*args)

	with monkeypatch.context() as patch, pytest.raises(SystemExit):
		patch.setattr(fit_targets, "_write", dying)
		fit_targets.run()
	frappe.db.rollback()
	assert state(doc, "refit_pending") > 0
	jobs.all.clear()
	fit_targets.restart()
	jobs.run("fit_targets")
	assert {state(lead, *STATE) for lead in leads} == {(doc.name, 100)}
	assert state(doc, "refit_pending") == 0
	fit_targets.restart()
	assert jobs.named("fit_targets") == []


def test_a_change_during_the_run_is_not_lost(industry, jobs, monkeypatch):
	lead = records.lead(industry=industry)
	doc = target(industries=[industry])
	frappe.db.commit()
	compare, rounds = fit_targets.compare_all, []

	def meanwhile() -> int:
		changed = compare()
		if not rounds:
			changing = frappe.get_doc(doc.doctype, doc.name)
			changing.budget_from = 5
			changing.save()
		rounds.append(changed)
		return changed

	monkeypatch.setattr(fit_targets, "compare_all", meanwhile)
	fit_targets.run()
	assert len(rounds) == 2
	assert state(lead, *STATE) == (doc.name, 50)


def test_a_target_can_be_deleted_and_renamed(industry, jobs):
	next_best = target(industries=[industry], budget_from=5)
	doc = target(industries=[industry])
	lead = records.lead(industry=industry)
	assert state(lead, *STATE) == (doc.name, 100)
	frappe.delete_doc(doc.doctype, doc.name)
	assert state(lead, *STATE) == (None, 0)
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (next_best.name, 50)
	frappe.rename_doc(next_best.doctype, next_best.name, "Renamed Target")
	assert state(lead, "sf_target_profile") == "Renamed Target"
	assert [one.name for one in fit.targets()] == ["Renamed Target"]
	frappe.delete_doc(next_best.doctype, "Renamed Target")
	jobs.run("fit_targets")
	assert state(lead, *STATE) == (None, 0)


def test_an_industry_that_is_renamed_stays_a_target(industry):
	doc = target(industries=[industry])
	new = frappe.rename_doc("Industry Type", industry, f"Renamed {industry}")
	assert state(records.lead(industry=new), *STATE) == (doc.name, 100)


def test_the_daily_run_mends_what_came_past_the_hooks(industry, jobs):
	doc = target(industries=[industry])
	lead = records.lead()
	jobs.run("fit_targets")
	frappe.db.set_value("Lead", lead.name, "industry", industry)
	fit_targets.daily()
	assert state(lead, *STATE) == (doc.name, 100)


# What people ask for


def test_the_dialog_explains_dimension_by_dimension(industry, call):
	doc = target(industries=[industry], employees_from="51-200", employees_to="201-500", budget_from=1000)
	target(territories=["All Territories"], employees_to="11-50")
	lead = records.lead(industry=industry, no_of_employees="11-50")
	opportunity = records.opportunity(party_name=lead.name)
	answer = call(EXPLAIN, doctype="Lead", name=lead.name)
	assert answer["may_write"] and answer["profile"] is None
	best, other = answer["fits"][1], answer["fits"][0]
	assert (best["target"], best["percent"], best["could_be"]) == (doc.name, 33.3, 66.7)
	assert other["percent"] == 50
	assert [(line["dimension"], line["outcome"], line["why"], line["field"]) for line in best["lines"]] == [
		("Industry", "Met", f"{industry} is a target industry.", "industry"),
		("Employees", "Not Met", "11-50 employees are not within 51-500.", "no_of_employees"),
		("Budget", "Unknown", "The budget is not known.", "budget_from"),
	]
	assert call(EXPLAIN, doctype="Opportunity", name=opportunity.name)["fits"] == answer["fits"]
	profile = call(PROFILE_FOR, doctype="Opportunity", name=opportunity.name)
	assert state(lead, "sf_profile") == profile


def test_the_reasons_are_said_in_chinese(industry, make_user, as_user):
	target(industries=[industry], roles=[("Decision Maker", "Reached")], budget_from=1000)
	lead = records.lead(industry=industry)
	shared = profile_of(lead)
	shared.append("decision_chain", {"person": "Head", "role": "Decision Maker"})
	shared.update({"budget_from": 500, "budget_to": 2000})
	shared.save()
	with as_user(make_user(["Sales User"], language="zh")):
		said = [fit.say(line) for line in fit.compare("Lead", lead.name)[0].lines]
	assert said == [
		f"{industry}属于目标行业。",
		"预算 CNY 500 – CNY 2,000 可能足够：要求 ≥ CNY 1,000。",
		"已知但尚未联系上：决策人。",
	]


def test_who_may_not_read_learns_nothing(industry, make_user, as_user, call):
	"""A document the user may not read gives nothing: neither the dialog nor a count nor a proposal."""
	doc = target(industries=[industry])
	mine, theirs = (records.lead(industry=industry) for _ in range(2))
	user = make_user("Sales User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": user, "allow": "Lead", "for_value": mine.name}
	).insert()
	opportunity = records.opportunity(party_name=theirs.name)
	with as_user(user):
		assert call(EXPLAIN, doctype="Lead", name=mine.name)["fits"]
		assert call(MATCHES, target=doc.name)["counts"]["Lead"] == 1
		for doctype, name in (("Lead", theirs.name), ("Opportunity", opportunity.name)):
			for method in (EXPLAIN, PROFILE_FOR):
				with pytest.raises(frappe.PermissionError):
					call(method, doctype=doctype, name=name)
	with as_user(make_user("Accounts User")):
		with pytest.raises(frappe.PermissionError):
			call(MATCHES, target=doc.name)
	with pytest.raises(frappe.ValidationError):
		call(EXPLAIN, doctype="User", name="Administrator")


def test_reps_read_targets_and_do_not_change_them(industry, make_user, as_user):
	doc = target(industries=[industry])
	with as_user(make_user("Sales User")):
		assert frappe.has_permission("Target Customer Profile", "read", doc=doc)
		assert not frappe.has_permission("Target Customer Profile", "write", doc=doc)


def test_a_target_counts_its_matches(industry, call, jobs):
	doc = target(industries=[industry])
	for make in (records.lead, records.lead, prospect, records.customer):
		make(industry=industry)
	assert call(MATCHES, target=doc.name) == {
		"counts": {"Customer": 1, "Prospect": 1, "Lead": 2},
		"pending": True,
		"compared_on": None,
	}
	jobs.run("fit_targets")
	assert not call(MATCHES, target=doc.name)["pending"]


# Proposed points


def proposals(doc: Any, call: Any) -> dict[str, Any]:
	dimensions = call(FORM, doctype=doc.doctype, name=doc.name)["dimensions"]
	return {row["code"]: row["proposal"] for row in dimensions if row["proposal"]}


def test_the_account_score_is_proposed_by_the_target(industry, call):
	"""L4, L10: a met dimension proposes 5, one not met 1, the unknown nothing; a person accepts."""
	doc = target(
		industries=[industry],
		employees_from="201-500",
		budget_from=1000,
		roles=[("Decision Maker", "Reached"), ("User", "Known")],
	)
	customer = records.customer(industry=industry, sf_no_of_employees="1-10")
	shared = profile_of(customer)
	shared.append("decision_chain", {"person": "Head", "role": "Decision Maker", "reached": 1})
	shared.save()
	found = proposals(customer, call)
	assert {code: row["points"] for code, row in found.items()} == {"SIZE": 1, "FIT": 5, "CHAIN": 3}
	assert found["FIT"]["evidence"] == f"Target customer profile {doc.name}: {industry} is a target industry."
	assert not state(customer, "sf_grade")


def test_nothing_is_proposed_without_a_match(industry, call):
	target(industries=[industry])
	assert proposals(records.customer(), call) == {}


def test_a_lead_s_budget_is_proposed(call):
	target(budget_from=1000)
	lead = records.lead()
	assert proposals(lead, call) == {}
	shared = profile_of(lead)
	shared.update({"budget_from": 500, "budget_to": 2000})
	shared.save()
	assert {code: row["points"] for code, row in proposals(lead, call).items()} == {"B": 3}


def test_the_new_field_follows_untouched_models_only():
	"""A tuned model keeps its dimensions, and the new default is offered beside it."""
	assert {
		row.code: row.target_dimension
		for row in frappe.get_doc("Scoring Model", "Account five factors").dimensions
	} == {
		"SIZE": "Employees",
		"FIT": "Industry",
		"URGENCY": "",
		"BUDGET": "Budget",
		"CHAIN": "Decision Chain",
	}
	model = frappe.get_doc("Scoring Model", "Account five factors")
	model.dimensions[1].target_dimension = ""
	model.save()
	shipped_defaults.load()
	assert not frappe.get_doc("Scoring Model", "Account five factors").dimensions[1].target_dimension
