"""Who is asked about a proposal: rules, roles, stand-ins, four eyes, companies (S2)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, nowdate

from salesflow_std.salesflow_std import review_rules
from tests.site import plans, records, review_cases
from tests.site.review_cases import absent, only, rule

WHO = "salesflow_std.api.review.who"


@pytest.fixture
def rep(make_user):
	return make_user("Sales User", full_name="The Rep")


@pytest.fixture
def product(make_user):
	return make_user("Product Reviewer", full_name="The Engineer")


@pytest.fixture
def legal(make_user):
	return make_user("Legal Reviewer", full_name="The Lawyer")


def people(proposal):
	return {
		group.rule.name: [(asked.user, asked.asked_as) for asked in group.people]
		for group in review_rules.ask(proposal)
	}


def test_the_shipped_rules_ask_sales_product_and_legal(rep, product, legal, make_user):
	manager = make_user("Sales Manager")
	groups = {group.rule.name: group for group in review_rules.ask(review_cases.proposal(rep))}
	assert set(groups) == {"Sales review", "Product review", "Legal review"}
	for name, user in (("Sales review", manager), ("Product review", product), ("Legal review", legal)):
		assert groups[name].names(user) and groups[name].rule.quorum == 1 and not groups[name].problem
		assert groups[name].rule.deadline_amount == 16
	assert review_rules.concerns(groups["Sales review"].rule) == ["items", "price", "terms"]
	assert review_rules.concerns(groups["Product review"].rule) == ["solution", "items"]
	assert review_rules.concerns(groups["Legal review"].rule) == ["price", "terms"]


def test_rules_apply_by_company_territory_and_amount(rep, product):
	proposal = review_cases.proposal(rep)  # net 9,000 at 10 % off
	general = rule("Sales", product)
	from_9000, from_9001 = (
		rule("Sales", product, from_amount=9000),
		rule("Sales", product, from_amount=9000.01),
	)
	from_10, from_11 = rule("Sales", product, from_discount=10), rule("Sales", product, from_discount=10.01)
	only(general, from_9000, from_9001, from_10, from_11)
	assert set(people(proposal)) == {general.name, from_9000.name, from_10.name}
	own = rule("Sales", product, company=records.COMPANY)
	assert set(people(proposal)) == {own.name}
	frappe.db.set_value("Review Rule", own.name, "enabled", 0)
	frappe.db.set_value("Opportunity", proposal.reference_name, "territory", "China")
	root = "All Territories"
	world, near = rule("Sales", product, territory=root), rule("Sales", product, territory="China")
	assert set(people(proposal)) == {near.name}
	frappe.db.set_value("Opportunity", proposal.reference_name, "territory", root)
	assert set(people(proposal)) == {world.name}


def test_an_absent_reviewer_is_replaced(rep, make_user):
	here, away, abroad, gone = (make_user("Product Reviewer") for _ in range(4))
	stand_in, other, third = (make_user("Product Reviewer") for _ in range(3))
	absent(away, nowdate(), nowdate(), stand_in)
	absent(abroad, nowdate(), nowdate())
	frappe.db.set_value("User", gone, "enabled", 0)
	made = frappe.get_doc(
		{
			"doctype": "Review Rule",
			"rule_name": "Product with stand-ins",
			"review_function": "Product",
			"quorum": 0,
			"reviewers": [{"reviewer": here}, {"reviewer": away, "stand_in": other}],
		}
	).insert()
	for user in (abroad, gone):
		made.append("reviewers", {"reviewer": user, "stand_in": other if user == abroad else third})
	made.flags.ignore_validate = True  # the reviewer left after the rule was made
	made.save()
	only(made)
	assert people(review_cases.proposal(rep))[made.name] == [
		(here, "Reviewer"),
		(stand_in, "Stand-in"),  # the absence names one, who goes before the rule's
		(other, "Stand-in"),
		(third, "Stand-in"),
	]
	assert people_on(review_cases.proposal(rep), add_days(nowdate(), 1), made)[:3] == [here, away, abroad]


def people_on(proposal, day, made):
	(group,) = review_rules.ask(proposal, frappe.utils.getdate(day))
	assert group.rule.name == made.name
	return [asked.user for asked in group.people]


def test_who_is_away_without_stand_in_is_asked_all_the_same(rep, product):
	absent(product, nowdate(), nowdate())
	made = rule("Product", product)
	only(made)
	assert people(review_cases.proposal(rep))[made.name] == [(product, "Reviewer")]


def test_of_a_role_who_is_there_is_asked(rep, make_user):
	first, second = make_user("Legal Reviewer"), make_user("Legal Reviewer")
	absent(first, nowdate(), nowdate())
	made = rule("Legal", role="Legal Reviewer")
	only(made)
	asked = [user for user, _as in people(review_cases.proposal(rep))[made.name]]
	assert second in asked and first not in asked


def test_nobody_approves_their_own_proposal(make_user, legal):
	"""Four eyes: where the rep is the only reviewer, the manager is asked, and it is said."""
	manager, rep = make_user("Sales Manager", full_name="The Manager"), make_user("Sales Manager")
	above = plans.person(manager, is_group=1)
	plans.person(rep, parent=above)
	made = rule("Sales", rep)
	only(made)
	(group,) = review_rules.ask(review_cases.proposal(rep))
	assert [(asked.user, asked.reviewer) for asked in group.people] == [(manager, rep)]
	assert "The Manager is asked" in group.note and not group.problem
	# With another reviewer at hand nobody else is needed.
	both = rule("Sales", rep, legal, quorum=1)
	only(both)
	assert people(review_cases.proposal(rep))[both.name] == [(legal, "Reviewer")]


def test_a_rule_nobody_can_answer_is_named(rep, make_user, call, as_user):
	role = frappe.get_doc({"doctype": "Role", "role_name": "Export Control", "desk_access": 1}).insert()
	empty = rule("Legal", role=role.name)
	only(empty)
	proposal = review_cases.proposal(rep)
	with as_user(rep):
		found = call(WHO, proposal=proposal.name)
	assert [problem["what"] for problem in found["problems"]] == [empty.name]
	assert "Export Control" in found["problems"][0]["why"]
	assert not found["may_open"] and found["may_request"] and not found["missing"]
	manager = make_user(["Sales Manager", "Sales User"])
	with as_user(manager), pytest.raises(frappe.ValidationError) as refused:
		call(review_cases.OPEN, proposal=proposal.name)
	assert f"/app/review-rule/{empty.name}" in str(refused.value).replace("%20", " ")
	assert "/app/role/Export" in str(refused.value)
	assert review_cases.status(proposal) == "Draft"


def test_too_few_for_the_quorum_is_said(rep, product, legal):
	two = rule("Product", product, legal, quorum=2)
	only(two)
	frappe.db.set_value("User", legal, "enabled", 0)
	frappe.clear_cache(user=legal)
	review_rules.reps.forget()
	(group,) = review_rules.ask(review_cases.proposal(rep))
	if len(group.people) < 2:  # unless a sales manager takes the seat of who has left
		assert "2 approvals" in group.problem


def test_reviewers_of_another_company_are_not_asked(rep, make_user):
	other = second_company()
	here, there = make_user("Product Reviewer"), make_user("Product Reviewer")
	for user, company in ((here, records.COMPANY), (there, other)):
		permit(user, company)
	made = rule("Product", role="Product Reviewer")
	only(made)
	asked = [user for user, _as in people(review_cases.proposal(rep))[made.name]]
	assert here in asked and there not in asked
	named = rule("Product", there)
	only(named)
	(group,) = review_rules.ask(review_cases.proposal(rep))
	assert not group.people and group.problem


def permit(user, company):
	frappe.get_doc(
		{"doctype": "User Permission", "user": user, "allow": "Company", "for_value": company}
	).insert()


def second_company():
	name = "Second Test Co"
	if not frappe.db.exists("Company", name):
		company = frappe.get_doc(
			{
				"doctype": "Company",
				"company_name": name,
				"abbr": "STC2",
				"default_currency": "CNY",
				"country": "China",
			}
		)
		company.flags.ignore_mandatory = True
		company.db_insert()
	return name


# The rule itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("values", "words"),
	[
		({}, "Name reviewers"),
		({"role": "Sales Manager", "deadline_amount": 1.5, "deadline_unit": "Working Days"}, "whole"),
		({"role": "Sales Manager", "deadline_amount": 0}, "deadline"),
		({"role": "Sales Manager", "from_discount": 101}, "100"),
		(
			{
				"role": "Sales Manager",
				**{f"concerns_{part}": 0 for part in ("solution", "items", "price", "terms")},
			},
			"Tick at least one",
		),
	],
)
def test_a_rule_that_cannot_work_is_refused(values, words):
	with pytest.raises(frappe.ValidationError, match=words):
		rule("Sales", **values)


def test_reviewers_have_to_be_able_to_review(make_user, product):
	outsider, gone = make_user("Stock User"), make_user("Product Reviewer")
	frappe.db.set_value("User", gone, "enabled", 0)
	for people, words in (
		((outsider,), "may not read"),
		((gone,), "may not log in"),
		((product, product), "named twice"),
	):
		with pytest.raises(frappe.ValidationError, match=words):
			rule("Product", *people)
	with pytest.raises(frappe.ValidationError, match="only 1"):
		rule("Product", product, quorum=2)
	with pytest.raises(frappe.ValidationError, match="stand in"):
		frappe.get_doc(
			{
				"doctype": "Review Rule",
				"rule_name": "Own stand-in",
				"review_function": "Product",
				"reviewers": [{"reviewer": product, "stand_in": product}],
			}
		).insert()


def test_the_shipped_rules_belong_to_the_administrator():
	"""A tuned default stays tuned; the kind is loaded like all others."""
	from salesflow_std.setup import shipped_defaults

	frappe.db.set_value("Review Rule", "Legal review", "from_amount", 50_000)
	shipped_defaults.load()
	assert frappe.db.get_value("Review Rule", "Legal review", "from_amount") == 50_000
	assert frappe.db.get_value("Shipped Default", "review_rule/legal_review", "status") == "Tuned"
