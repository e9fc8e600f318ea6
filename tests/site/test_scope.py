"""Whose numbers a user may see: a rep their own, a manager their tree, within Frappe's permissions (M3, M5, M6)."""

from __future__ import annotations

from types import SimpleNamespace

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import add_days, today

from salesflow_std.salesflow_std import scope, transitions
from salesflow_std.salesflow_std.report.complaints import complaints
from salesflow_std.salesflow_std.report.customer_satisfaction import customer_satisfaction
from salesflow_std.salesflow_std.report.customers_at_risk import customers_at_risk
from salesflow_std.salesflow_std.report.gates_passed_over import gates_passed_over
from salesflow_std.salesflow_std.report.net_promoter_score import net_promoter_score
from salesflow_std.salesflow_std.report.referrals import referrals
from salesflow_std.salesflow_std.report.renewals import renewals
from salesflow_std.salesflow_std.report.stage_ageing import stage_ageing
from tests.site import asked, complained, plans, records, signed, standing


@pytest.fixture
def tree(make_user):
	"""East (a manager with two reps) and West (another manager with one), each with a lead of their own."""

	def person(name, roles, parent=None, is_group=0):
		user = make_user(roles, full_name=name)
		return user, plans.person(user, parent=parent, is_group=is_group)

	managers = ["Sales Manager", "Sales User"]
	found = SimpleNamespace()
	found.east, found.east_node = person("East", managers, is_group=1)
	found.ada, found.ada_node = person("Ada", "Sales User", parent=found.east_node)
	found.ben, found.ben_node = person("Ben", "Sales User", parent=found.east_node)
	found.west, found.west_node = person("West", managers, is_group=1)
	found.cleo, found.cleo_node = person("Cleo", "Sales User", parent=found.west_node)
	found.leads = {
		user: records.lead(lead_owner=user).name for user in (found.east, found.ada, found.ben, found.cleo)
	}
	return found


def seen(user, leads):
	"""Who of the owners of leads is counted for a user."""
	lead = frappe.qb.DocType("Lead")
	query = frappe.qb.from_(lead).select(lead.name).where(lead.name.isin(list(leads.values())))
	names = set(scope.narrowed(query, "Lead", "lead_owner", user).run(pluck=True))
	return {owner for owner, name in leads.items() if name in names}


def leaf(name, make_user, roles=("Sales Manager", "Sales User"), **more):
	user = make_user(list(roles), full_name=name)
	return user, plans.person(user, **more)


def test_a_rep_sees_their_own(tree):
	assert scope.users(tree.ada) == {tree.ada}
	assert scope.sales_persons(tree.ada) == {tree.ada_node}
	assert seen(tree.ada, tree.leads) == {tree.ada}
	assert not scope.sees_user(tree.ben, tree.ada)
	assert not scope.sees_sales_person(tree.east_node, tree.ada)
	assert not scope.sees_sales_person(None, tree.ada)


def test_a_manager_sees_their_tree(tree):
	assert scope.users(tree.east) == {tree.east, tree.ada, tree.ben}
	assert scope.sales_persons(tree.east) == {tree.east_node, tree.ada_node, tree.ben_node}
	assert seen(tree.east, tree.leads) == {tree.east, tree.ada, tree.ben}
	assert not scope.sees_sales_person(None, tree.east)


@pytest.mark.parametrize("roles", [["Sales Manager"], ["Sales Master Manager"], ["System Manager"]])
def test_who_stands_in_no_tree_and_manages_sees_all(tree, make_user, roles):
	user = make_user(roles)
	assert scope.users(user) is None
	assert scope.sales_persons(user) is None
	assert scope.by_sales_person("KPI Score", user) == ""
	assert scope.sees_sales_person(None, user)


def test_the_master_manager_in_the_tree_sees_all(tree, make_user):
	user, _node = leaf("Chief", make_user, roles=("Sales Master Manager",), parent=tree.east_node)
	assert scope.users(user) is None


def test_a_manager_in_the_tree_who_leads_nobody_sees_their_own(tree, make_user):
	user, node = leaf("New Manager", make_user, parent=tree.east_node)
	assert scope.users(user) == {user}
	assert scope.sales_persons(user) == {node}
	assert seen(user, tree.leads) == set()


def test_who_led_a_node_that_was_switched_off_sees_their_own(tree):
	frappe.db.set_value("Sales Person", tree.east_node, "enabled", 0)
	assert scope.users(tree.east) == {tree.east}
	assert seen(tree.east, tree.leads) == {tree.east}


def test_a_rep_at_a_group_leads_nobody(tree, make_user):
	user, node = leaf("Rep at a Group", make_user, roles=("Sales User",), is_group=1)
	plans.person(make_user("Sales User"), parent=node)
	assert scope.users(user) == {user}
	assert scope.sales_persons(user) == frozenset()


def test_who_has_left_is_still_counted_for_the_manager(tree):
	frappe.db.set_value("Employee", {"user_id": tree.ada}, "status", "Left")
	frappe.db.set_value("User", tree.ada, "enabled", 0)
	assert tree.ada in scope.users(tree.east)


def test_an_outsider_sees_nothing(tree, make_user):
	outsider = make_user("Purchase User")
	assert scope.users(outsider) == {outsider}
	assert scope.where("Lead", "lead_owner", outsider) == ["1=0"]
	assert seen(outsider, tree.leads) == set()
	assert scope.by_sales_person("KPI Score", outsider) == "1=0"


def test_a_guest_sees_nothing(tree):
	assert scope.users("Guest") == frozenset()
	assert scope.sales_persons("Guest") == frozenset()
	assert seen("Guest", tree.leads) == set()


# User permissions --------------------------------------------------------------------------------------------------


def permit(user, allow, value, **more):
	add_user_permission(allow, value, user, ignore_permissions=True, **more)
	frappe.clear_cache(user=user)


def test_a_sales_person_opens_that_persons_numbers(tree):
	permit(tree.ada, "Sales Person", tree.cleo_node)
	assert scope.users(tree.ada) == {tree.ada, tree.cleo}
	assert scope.sales_persons(tree.ada) == {tree.ada_node, tree.cleo_node}


def test_a_group_opens_those_below_unless_it_hides_them(tree):
	permit(tree.ada, "Sales Person", tree.west_node)
	assert scope.users(tree.ada) == {tree.ada, tree.west, tree.cleo}
	permit(tree.ben, "Sales Person", tree.west_node, hide_descendants=1)
	assert scope.users(tree.ben) == {tree.ben, tree.west}
	assert scope.sales_persons(tree.ben) == {tree.ben_node, tree.west_node}


def test_one_for_another_doctype_opens_nothing(tree):
	permit(tree.ada, "Sales Person", tree.cleo_node, applicable_for="Sales Order")
	assert scope.users(tree.ada) == {tree.ada}


def test_sales_persons_bound_who_else_sees_all(tree, make_user):
	"""As ERPNext's own lists show them no others."""
	manager = make_user("Sales Manager")
	permit(manager, "Sales Person", tree.west_node)
	assert scope.users(manager) == {manager, tree.west, tree.cleo}
	assert scope.sales_persons(manager) == {tree.west_node, tree.cleo_node}


@pytest.fixture
def south():
	return (
		frappe.get_doc(
			{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
		)
		.insert()
		.name
	)


def test_a_territory_opens_its_leads_whoever_has_them(tree, south):
	"""And not those that say no territory, which Frappe lets be read as well."""
	permit(tree.ada, "Territory", south)
	frappe.db.set_value("Lead", tree.leads[tree.cleo], "territory", south)
	for owner in (tree.ada, tree.ben, tree.east):
		frappe.db.set_value("Lead", tree.leads[owner], "territory", None)
	assert seen(tree.ada, tree.leads) == {tree.ada, tree.cleo}
	assert scope.opened_by("Lead", tree.ada) == {"territory": {south}}


def test_a_territory_bounds_who_has_it(tree, south):
	permit(tree.east, "Territory", south)
	frappe.db.set_value("Lead", tree.leads[tree.ada], "territory", south)
	for owner in (tree.ben, tree.east, tree.cleo):
		frappe.db.set_value("Lead", tree.leads[owner], "territory", "China")
	assert seen(tree.east, tree.leads) == {tree.ada}


def test_a_company_opens_nothing(tree, company):
	permit(tree.ada, "Company", company)
	assert seen(tree.ada, tree.leads) == {tree.ada}
	assert scope.opened_by("Lead", tree.ada) == {}


def test_another_company_bounds_a_manager(tree, company):
	other = frappe.get_all("Company", filters={"name": ("!=", company)}, pluck="name", order_by="name")
	other = other[0] if other else _company()
	permit(tree.east, "Company", other)
	assert seen(tree.east, tree.leads) == set()


def _company():
	doc = frappe.get_doc(
		{"doctype": "Company", "company_name": "Second Scope Co", "abbr": "SSC", "default_currency": "CNY"}
	)
	doc.flags.ignore_mandatory = True
	doc.db_insert()
	return doc.name


# As SQL ------------------------------------------------------------------------------------------------------------


def test_a_table_under_an_alias_is_refused(tree):
	lead = frappe.qb.DocType("Lead").as_("one")
	with pytest.raises(ValueError, match="tabLead"):
		scope.narrowed(frappe.qb.from_(lead).select(lead.name), "Lead", "lead_owner", tree.ada)


def test_a_joined_table_is_narrowed(tree):
	lead, user = frappe.qb.DocType("Lead"), frappe.qb.DocType("User")
	query = frappe.qb.from_(user).join(lead).on(lead.lead_owner == user.name).select(lead.name)
	query = query.where(lead.name.isin(list(tree.leads.values())))
	assert scope.narrowed(query, "Lead", "lead_owner", tree.ada).run(pluck=True) == [tree.leads[tree.ada]]


def test_lists_of_management_follow_the_tree(tree, as_user):
	for node in (tree.ada_node, tree.cleo_node):
		record = frappe.get_doc(
			{
				"doctype": "Coaching Record",
				"kind": "Coaching",
				"sales_person": node,
				"company": records.COMPANY,
				"month": "2027-01-01",
				"why": "Behind for two months",
			}
		).insert()
		# Reps see what was confirmed.
		frappe.db.set_value("Coaching Record", record.name, "status", "Confirmed")
	found = {}
	for user in (tree.ada, tree.east, tree.west):
		with as_user(user):
			found[user] = frappe.get_list("Coaching Record", pluck="sales_person", order_by="name")
	assert found == {tree.ada: [tree.ada_node], tree.east: [tree.ada_node], tree.west: [tree.cleo_node]}


# Reports of the day and of what follows the sale --------------------------------------------------------------------


def _customer_of(rep):
	name = records.customer(account_manager=rep).name
	frappe.db.set_value("Customer", name, "sf_activity", "Silent")
	return name


def _passed_over(rep):
	"""A deal that was moved on with a gate unmet."""
	deal = standing.deal(opportunity_owner=rep)
	transitions.log(
		deal, "Needs Explored", "Negotiation", unmet="Needs confirmed", override_reason="They insist"
	)


REPORTS = {
	# How a record of a rep's comes about, and of which reps a report tells.
	"Stage Ageing": (
		lambda rep: standing.deal(opportunity_owner=rep),
		lambda: _column(stage_ageing, group_by="Document", field="rep"),
	),
	"Gates Passed Over": (
		_passed_over,
		lambda: {row.rep for row in gates_passed_over.execute({})[1]},
	),
	"Customer Satisfaction": (
		lambda rep: asked.survey(rep, f"{today()} 08:00", (5, 5, 5), 10),
		lambda: _column(customer_satisfaction, group_by="Account Manager"),
	),
	"Net Promoter Score": (
		lambda rep: asked.survey(rep, f"{today()} 08:00", (5, 5, 5), 10),
		lambda: _column(net_promoter_score, group_by="Account Manager"),
	),
	"Complaints": (
		lambda rep: complained.complaint(rep),
		lambda: _column(complaints, group_by="Responsible"),
	),
	"Renewals": (
		lambda rep: signed.contract(
			records.customer().name, end_date=add_days(today(), 9), sf_allocated_to=rep
		),
		lambda: _column(renewals, group_by="Responsible"),
	),
	"Referrals": (
		lambda rep: records.lead(lead_owner=rep, sf_referred_by=records.customer().name),
		lambda: {frappe.db.get_value("Lead", name, "lead_owner") for name in _names(referrals, "leads")},
	),
	"Customers at Risk": (
		_customer_of,
		lambda: {
			frappe.db.get_value("Customer", row["customer"], "account_manager")
			for row in customers_at_risk.execute({})[1]
		},
	),
}


def _column(report, field="grouped_by", **filters):
	return {row[field] for row in report.execute(filters)[1] if not row.get("is_total")}


def _names(report, number):
	return [name for row in report.execute({})[1] for name in row["names"].get(number, ())]


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_tells_a_rep_of_their_own_and_a_manager_of_their_tree(report, tree, as_user):
	make, told_of = REPORTS[report]
	people = {tree.ada, tree.ben, tree.cleo}
	for rep in sorted(people):
		make(rep)
	assert told_of() >= people
	seen = {}
	for user in (tree.ada, tree.east, tree.west):
		with as_user(user):
			seen[user] = told_of() & people
	assert seen == {tree.ada: {tree.ada}, tree.east: {tree.ada, tree.ben}, tree.west: {tree.cleo}}


def test_a_complaint_that_service_settles_is_still_the_customers(tree, make_user, as_user):
	service = make_user(["Support Team"])
	customer = records.customer(account_manager=tree.ada).name
	doc = complained.complaint(tree.ada, customer=customer)
	doc.db_set("sf_responsible", service)
	others = complained.complaint(tree.cleo)
	told = {}
	for user in (tree.ada, tree.east, tree.west, service):
		with as_user(user):
			told[user] = set(_names(complaints, "complaints")) & {doc.name, others.name}
	assert told[tree.ada] == told[tree.east] == {doc.name}
	assert told[tree.west] == {others.name}
	# Service is bounded by its own roles alone.
	assert told[service] == {doc.name, others.name}


def test_the_cards_of_satisfaction_follow_the_tree(tree, as_user, call):
	for rep in (tree.ada, tree.ben, tree.cleo):
		asked.survey(rep, f"{today()} 08:00", (5, 5, 5), 10)
	for user, customers in ((tree.ada, 1), (tree.east, 2), (tree.west, 1)):
		with as_user(user):
			card = call("salesflow_std.api.after_sale.satisfaction_this_quarter")
			assert f"(n={customers})" in card["value"]
			card = call("salesflow_std.api.after_sale.net_promoter_score")
			assert f": {customers} of " in card["value"]
