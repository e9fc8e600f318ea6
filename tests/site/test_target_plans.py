"""Sales Target Plans (M4): year, quarter, month and rep add up, and ERPNext's own targets say the same."""

from __future__ import annotations

from collections import defaultdict

import frappe
import pytest
from erpnext.selling.report.sales_person_target_variance_based_on_item_group import (
	sales_person_target_variance_based_on_item_group as variance,
)
from frappe.utils import getdate

from salesflow_std.salesflow_std import scope, target_plans, target_rows
from tests.site.sold import COMPANY, invoice, person, plan

API = "salesflow_std.api.target_plan"


@pytest.fixture(autouse=True)
def autumn(frozen_time):
	# Microseconds, as a clock has them: ERPNext compares them as text.
	with frozen_time("2026-03-16 09:00:00.123456") as clock:
		yield clock


@pytest.fixture
def reps():
	"""Three sales persons below a team; only they are enabled."""
	frappe.db.set_value("Sales Person", {"is_group": 0}, "enabled", 0)
	team = person("Team North", is_group=1)
	return [person(name, parent=team) for name in ("Rep A", "Rep B", "Rep C")]


@pytest.fixture
def draft():
	return make()


def make(**values):
	return frappe.get_doc(
		{
			"doctype": "Sales Target Plan",
			"title": "Year 2026",
			"company": COMPANY,
			"fiscal_year": "2026",
			"total_amount": 1_000_050,
			"new_customers": 50,
			**values,
		}
	).insert()


def by_person(doc, field="amount"):
	found = defaultdict(float)
	for line in doc.lines:
		found[line.sales_person] += line.get(field)
	return dict(found)


def variance_by_month(fiscal_year="2026", period="Monthly"):
	"""ERPNext's report: sales person -> its targets in order, and the total."""
	columns, rows = variance.execute(
		frappe._dict(
			fiscal_year=fiscal_year,
			doctype="Sales Invoice",
			period=period,
			target_on="Amount",
			company=COMPANY,
		)
	)
	keys = [
		column["fieldname"]
		for column in columns
		if column["fieldname"].startswith("target_") and column["fieldname"] != "total_target"
	]
	return {row["sales_person"]: [round(row[key], 2) for key in keys] for row in rows or []}, {
		row["sales_person"]: row for row in rows or []
	}


# Proposing and dividing -------------------------------------------------------------------------------------------


def test_shares_are_proposed_from_the_tree_with_last_years_sales(reps, draft, call):
	a, b, c = reps
	invoice("2025-06-10", 1000, {a: 60, b: 40})
	invoice("2024-12-31", 5000, {c: 100})
	answer = call(f"{API}.propose", name=draft.name)
	assert answer == {"added": 3, "people": 3}
	draft.reload()
	assert {row.sales_person: row.history for row in draft.shares} == {a: 600, b: 400, c: 0}
	# potential and ability alike, history 60/40/0
	assert {row.sales_person: round(row.share, 2) for row in draft.shares} == {
		a: round(100 * (1 / 3 + 0.6 + 1 / 3) / 3, 2),
		b: round(100 * (1 / 3 + 0.4 + 1 / 3) / 3, 2),
		c: round(100 * (2 / 3) / 3, 2),
	}
	assert sum(row.amount for row in draft.shares) == 1_000_050
	draft.shares[0].potential = 4
	draft.save()
	assert call(f"{API}.propose", name=draft.name)["added"] == 0
	assert draft.reload().shares[0].potential == 4


def test_everything_adds_up(reps, draft, call):
	call(f"{API}.propose", name=draft.name)
	answer = call(f"{API}.distribute", name=draft.name)
	assert answer == {"lines": 36, "problems": []}
	draft.reload()
	assert by_person(draft) == {row.sales_person: row.amount for row in draft.shares}
	assert by_person(draft, "new_customers") == {row.sales_person: row.new_customers for row in draft.shares}
	assert sum(line.amount for line in draft.lines) == 1_000_050
	assert sum(line.new_customers for line in draft.lines) == 50
	assert all(abs(line.amount - 1_000_050 / 36) < 200 for line in draft.lines)


def test_a_fixed_share_stays_and_more_than_everything_is_refused(reps, draft, call):
	call(f"{API}.propose", name=draft.name)
	draft.reload()
	draft.shares[0].update({"is_fixed": 1, "share": 50})
	draft.save()
	assert [row.share for row in draft.shares] == [50, 25, 25]
	draft.shares[1].update({"is_fixed": 1, "share": 60})
	with pytest.raises(frappe.ValidationError, match="110"):
		draft.save()


def test_season_by_a_monthly_distribution_and_by_history(reps, draft, call):
	season = frappe.get_doc(
		{
			"doctype": "Monthly Distribution",
			"distribution_id": "Only Spring",
			"percentages": [
				{"month": "March", "percentage_allocation": 75},
				{"month": "April", "percentage_allocation": 25},
			],
		}
	).insert()
	draft.update({"monthly_distribution": season.name, "round_to": 0.01})
	draft.save()
	call(f"{API}.propose", name=draft.name)
	call(f"{API}.distribute", name=draft.name)
	by_month = defaultdict(float)
	for line in draft.reload().lines:
		by_month[line.month.month] += line.amount
	assert round(by_month[3]) == round(750_037.5) and by_month[1] == 0
	invoice("2025-08-10", 300, {reps[0]: 100})
	invoice("2025-02-10", 100, {reps[0]: 100})
	draft.season_from_history = 1
	draft.save()
	call(f"{API}.distribute", name=draft.name)
	lines = [line for line in draft.reload().lines if line.sales_person == reps[1]]
	assert {line.month.month for line in lines if line.amount} == {2, 8}


@pytest.fixture
def april_year():
	frappe.db.delete("Fiscal Year")
	frappe.get_doc(
		{
			"doctype": "Fiscal Year",
			"year": "2026-2027 April",
			"year_start_date": "2026-04-01",
			"year_end_date": "2027-03-31",
		}
	).insert()
	return "2026-2027 April"


def test_a_year_that_begins_in_april(reps, april_year):
	doc = plan({reps[0]: 100}, 7800, fiscal_year=april_year, monthly_distribution=rising().name)
	months = [getdate(line.month) for line in doc.lines]
	assert (months[0], months[-1]) == (getdate("2026-04-01"), getdate("2027-03-01"))
	assert [line.amount for line in doc.lines[-3:]] == [100, 200, 300]
	targets, _rows = variance_by_month(april_year)
	assert targets[reps[0]] == [line.amount for line in doc.lines]


def rising():
	"""January 1 of 78, December 12."""
	doc = frappe.new_doc("Monthly Distribution")
	doc.distribution_id = "Rising"
	doc.get_months()
	for row in doc.percentages:
		row.percentage_allocation = 100 * row.idx / 78
	return doc.insert()


# Edited by hand ---------------------------------------------------------------------------------------------------


def test_months_that_do_not_add_up_are_said_and_spread(reps, draft, call):
	call(f"{API}.propose", name=draft.name)
	call(f"{API}.distribute", name=draft.name)
	draft.reload()
	draft.lines[0].amount += 1234.56
	draft.lines[1].new_customers += 2
	draft.save()
	with pytest.raises(frappe.ValidationError, match=r"1,234\.56"):
		call(f"{API}.apply", name=draft.name)
	assert call(f"{API}.spread", name=draft.name) == {"problems": []}
	draft.reload()
	assert by_person(draft) == {row.sales_person: row.amount for row in draft.shares}
	call(f"{API}.apply", name=draft.name)


@pytest.mark.parametrize(
	("change", "said"),
	[
		({"total_amount": -1}, "negative"),
		({"weight_history": -1}, "negative"),
		({"round_to": 0}, "rounded"),
		({"collection_rate": 120}, "collection rate"),
		({"lines": [{"sales_person": "Sales Team", "month": "2027-01-01"}]}, "fiscal year"),
		({"lines": [{"sales_person": "Sales Team", "month": "2026-01-01", "amount": -1}]}, "negative"),
	],
)
def test_what_cannot_be_is_refused(draft, change, said):
	draft.update(change)
	with pytest.raises(frappe.ValidationError, match=said):
		draft.save()


def test_a_team_and_its_people_are_not_counted_twice(reps, draft):
	for name in ("Team North", reps[0]):
		draft.append("shares", {"sales_person": name})
	with pytest.raises(frappe.ValidationError, match="count twice"):
		draft.save()


def test_a_team_may_have_a_target_as_a_whole(reps, draft, call):
	other = person("Rep D")
	draft.append("shares", {"sales_person": "Team North", "potential": 3, "ability": 3})
	draft.save()
	call(f"{API}.propose", name=draft.name)
	assert [row.sales_person for row in draft.reload().shares] == ["Team North", other]


# Applying ---------------------------------------------------------------------------------------------------------


def test_erpnexts_variance_report_agrees_month_by_month(reps):
	a, b, c = reps
	doc = plan({a: 50, b: 30, c: 20}, 1_000_050, monthly_distribution=rising().name)
	invoice("2026-02-10", 1000, {a: 60, b: 40})
	targets, rows = variance_by_month()
	for who in reps:
		assert targets[who] == [line.amount for line in doc.lines if line.sales_person == who]
		assert round(rows[who]["total_target"], 2) == by_person(doc)[who]
	assert (round(rows[a]["total_achieved"]), round(rows[b]["total_achieved"])) == (600, 400)
	quarters, _rows = variance_by_month(period="Quarterly")
	assert quarters[a] == [round(sum(targets[a][place : place + 3]), 2) for place in (0, 3, 6, 9)]
	assert "Team North" not in targets
	assert frappe.db.get_value("Sales Target Plan", doc.name, "status") == "Applied"


def test_the_sales_person_can_still_be_saved(reps):
	plan({reps[0]: 100}, 120_000)
	doc = frappe.get_doc("Sales Person", reps[0])
	assert [(row.target_amount, row.distribution_id) for row in doc.targets] == [(120_000, target_rows.EVEN)]
	doc.save()
	assert len(frappe.get_doc("Sales Person", reps[0]).targets) == 1
	frappe.get_doc("Monthly Distribution", target_rows.EVEN).validate()


def test_there_is_one_plan_of_a_year(reps):
	first = plan({reps[0]: 100}, 120_000)
	second = plan({reps[0]: 100}, 240_000, apply=False)
	with pytest.raises(frappe.ValidationError, match="is applied for this year"):
		target_plans.apply(second)
	assert first.reload().status == "Applied"


def test_what_counts_is_not_changed_by_hand(reps, call):
	doc = plan({reps[0]: 100}, 120_000)
	doc.total_amount = 1
	with pytest.raises(frappe.ValidationError, match="draft no more"):
		doc.save()
	with pytest.raises(frappe.ValidationError, match="Withdraw it first"):
		doc.reload().delete()
	draft = make(title="Another")
	draft.status = "Applied"
	draft.save()
	assert draft.status == "Draft"


def hand_row(who, **values):
	doc = frappe.get_doc("Sales Person", who)
	doc.append(
		"targets", {"fiscal_year": "2026", "target_amount": 5, "distribution_id": rising().name, **values}
	)
	doc.save()


def test_targets_by_hand_are_asked_about(reps, call):
	a, b, _c = reps
	hand_row(a)
	doc = plan({a: 50, b: 50}, 120_000, apply=False)
	with pytest.raises(target_rows.HandMadeTargets, match="by hand"):
		call(f"{API}.apply", name=doc.name)
	assert doc.reload().status == "Draft"
	call(f"{API}.apply", name=doc.name, replace_hand_rows=1)
	assert [row.target_amount for row in frappe.get_doc("Sales Person", a).targets] == [60_000]
	assert frappe.db.exists("Monthly Distribution", "Rising")


def test_another_years_and_other_peoples_targets_stay(reps):
	a, b, _c = reps
	hand_row(b)
	doc = frappe.get_doc("Sales Person", a)
	doc.append("targets", {"fiscal_year": "2025", "target_amount": 7, "distribution_id": "Rising"})
	doc.save()
	plan({a: 100}, 120_000)
	assert [row.target_amount for row in frappe.get_doc("Sales Person", a).targets] == [7, 120_000]
	assert [row.target_amount for row in frappe.get_doc("Sales Person", b).targets] == [5]


def test_withdrawn_the_targets_go(reps, call):
	doc = plan({reps[0]: 100}, 120_000, monthly_distribution=rising().name)
	made = frappe.get_doc("Sales Person", reps[0]).targets[0].distribution_id
	call(f"{API}.withdraw", name=doc.name)
	assert doc.reload().status == "Draft"
	assert not frappe.get_doc("Sales Person", reps[0]).targets
	assert not frappe.db.exists("Monthly Distribution", made)
	assert frappe.db.exists("Monthly Distribution", "Rising")
	call(f"{API}.apply", name=doc.name)
	assert len(frappe.get_doc("Sales Person", reps[0]).targets) == 1


def test_uninstall_takes_ours_and_leaves_theirs(reps):
	a, b, _c = reps
	hand_row(b)
	plan({a: 100}, 120_050)
	target_rows.take_back()
	assert not frappe.get_doc("Sales Person", a).targets
	assert [row.target_amount for row in frappe.get_doc("Sales Person", b).targets] == [5]
	assert frappe.get_all("Monthly Distribution", pluck="name", order_by="name") == ["Rising"]


# Planned anew -----------------------------------------------------------------------------------------------------


def test_planned_anew_from_july_with_a_joiner_and_a_leaver(reps, call):
	a, b, c = reps
	doc = plan({a: 50, b: 50}, 120_000, new_customers=24)
	frappe.db.set_value("Sales Person", b, "enabled", 0)
	name = call(f"{API}.revise", name=doc.name, month="2026-07-15", total_amount=180_000)["name"]
	draft = frappe.get_doc("Sales Target Plan", name)
	assert (draft.status, draft.revision_of, str(draft.plan_from)) == ("Draft", doc.name, "2026-07-01")
	assert [row.sales_person for row in draft.shares] == [a, c]
	closed = [line for line in draft.lines if line.is_closed]
	assert sum(line.amount for line in closed) == 60_000 and {line.month.month for line in closed} == set(
		range(1, 7)
	)
	assert sum(line.amount for line in draft.lines) == 180_000
	# a has half of what is left by a fixed share, c the other half
	assert by_person(draft) == {a: 90_000, b: 30_000, c: 60_000}
	draft.lines[0].amount = 1
	draft.save()
	assert draft.reload().lines[0].amount == 5000
	call(f"{API}.apply", name=name)
	assert doc.reload().status == "Replaced" and draft.reload().status == "Applied"
	targets, _rows = variance_by_month()
	assert targets[a] == [5000] * 6 + [10_000] * 6
	assert targets[b] == [5000] * 6 + [0] * 6
	assert targets[c] == [0] * 6 + [10_000] * 6


def test_the_new_total_covers_what_has_gone_by(reps, call):
	doc = plan({reps[0]: 100}, 120_000)
	with pytest.raises(frappe.ValidationError, match="cannot have less"):
		call(f"{API}.revise", name=doc.name, month="2026-07-01", total_amount=50_000)


def test_a_closed_month_is_not_planned_anew(reps, call):
	doc = plan({reps[0]: 100}, 120_000)
	call("salesflow_std.api.kpi.close_month", company=COMPANY, month="2026-02-01")
	with pytest.raises(frappe.ValidationError, match="is closed"):
		call(f"{API}.revise", name=doc.name, month="2026-02-01")
	assert call(f"{API}.revise", name=doc.name, month="2026-03-01")["name"]
	with pytest.raises(frappe.ValidationError, match="does not lie"):
		call(f"{API}.revise", name=doc.name, month="2027-03-01")


# Rights -----------------------------------------------------------------------------------------------------------


def test_only_managers_plan(reps, draft, call, as_user, rep, make_user):
	# In no tree, so everybody's manager.
	manager = make_user(["Sales Manager", "Sales User"])
	with as_user(rep):
		for method in ("propose", "distribute", "spread", "apply", "withdraw"):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", name=draft.name)
		assert not frappe.has_permission("Sales Target Plan", "read", doc=draft.name)
	with as_user(manager):
		call(f"{API}.propose", name=draft.name)
		call(f"{API}.distribute", name=draft.name)
		call(f"{API}.apply", name=draft.name)
	assert draft.reload().applied_by == manager


def test_a_manager_plans_for_their_tree(reps, draft, call, as_user, rep, manager):
	theirs = plan({reps[0]: 100}, 60_000, apply=False)
	with as_user(manager):
		assert not frappe.has_permission("Sales Target Plan", "read", doc=theirs)
		assert theirs.name not in frappe.get_list("Sales Target Plan", pluck="name")
		assert not frappe.get_list(
			"Sales Target Line", {"parent": theirs.name}, parent_doctype="Sales Target Plan"
		)
		for method in ("distribute", "apply"):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", name=theirs.name)
		call(f"{API}.propose", name=draft.name)
	own = scope.sales_persons(manager)
	assert draft.reload().shares and {row.sales_person for row in draft.shares} <= own
	with as_user(manager):
		assert draft.name in frappe.get_list("Sales Target Plan", pluck="name")


def test_another_companys_plan_is_neither_copied_nor_taken(reps, make_user, as_user, call):
	theirs = plan({reps[0]: 100}, 60_000, company=second_company())
	boss = make_user(["Sales Manager", "Sales User"])
	frappe.permissions.add_user_permission("Company", COMPANY, boss)
	with as_user(boss):
		mine = make(revision_of=theirs.name, plan_from="2026-12-01")
		assert not mine.revision_of and not mine.lines
	target_plans.withdraw(theirs)
	with as_user(boss), pytest.raises(frappe.PermissionError):
		call(
			"frappe.client.set_value",
			doctype="Sales Target Plan",
			name=theirs.name,
			fieldname="company",
			value=COMPANY,
		)


def test_two_hundred_people_are_planned_in_a_few_queries(reps, count_queries):
	def queries(count):
		people = {person(): 100 / count for _ in range(count)}
		with count_queries() as asked:
			doc = plan(people, 120_000, apply=False, title=f"{count} people")
		return doc, len(asked)

	small, _few = queries(2)
	with count_queries() as few:
		target_plans.apply(small)
	target_plans.withdraw(small)
	large, _many = queries(20)
	with count_queries() as many:
		target_plans.apply(large)
	# The rows of the plan itself are Frappe's to write, each by itself.
	assert len(many) - len(few) <= len(large.lines) - len(small.lines) + len(large.shares) + 40


def test_a_plan_of_two_companies_adds_up_in_erpnext(reps):
	plan({reps[0]: 100}, 120_000)
	other = plan({reps[0]: 100}, 60_000, company=second_company())
	assert other.status == "Applied"
	assert [row.target_amount for row in frappe.get_doc("Sales Person", reps[0]).targets] == [180_000]


def second_company():
	name = "Second Test Co"
	if not frappe.db.exists("Company", name):
		doc = frappe.get_doc(
			{
				"doctype": "Company",
				"company_name": name,
				"abbr": "S2C",
				"default_currency": "CNY",
				"country": "China",
			}
		)
		doc.flags.ignore_mandatory = True
		doc.db_insert()
	return name


def test_a_currency_without_cents_is_divided_in_whole_units(reps):
	company = second_company()
	frappe.db.set_value("Company", company, "default_currency", "JPY")
	frappe.clear_document_cache("Company", company)
	plan = frappe.get_doc(
		{
			"doctype": "Sales Target Plan",
			"title": "Yen",
			"company": company,
			"fiscal_year": "2026",
			"total_amount": 100_001,
			"round_to": 0.01,
			"shares": [{"sales_person": name, "potential": 1, "ability": 1} for name in reps],
		}
	)
	target_plans.distribute(plan)
	assert sum(line.amount for line in plan.lines) == 100_001
	assert all(line.amount == int(line.amount) for line in plan.lines)
