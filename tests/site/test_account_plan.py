"""Account plans (L10): one for an account, its actions as ToDos, My Day, reviews, and who sees them."""

from __future__ import annotations

from datetime import timedelta

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import add_days, getdate, now_datetime

from salesflow_std.jobs import account_plan_reviews
from salesflow_std.salesflow_std import account_plans, profiles, reps
from tests.site import records

API = "salesflow_std.api.account_plan"


def plan(party=None, **values):
	party = party or records.customer()
	return frappe.get_doc(
		{
			"doctype": "Account Plan",
			"party_type": party.doctype,
			"party": party.name,
			"plan_owner": "Administrator",
			"to_date": add_days(None, 180),
			"goal": "Second site",
			"actions": [action()],
			**values,
		}
	).insert()


def action(days: int = 7, **values) -> dict:
	return {
		"action": "Invite the plant manager",
		"allocated_to": "Administrator",
		"due_on": add_days(None, days),
		**values,
	}


def todo_of(row):
	return frappe.get_doc("ToDo", row.todo)


def saved(doc):
	return frappe.get_doc("Account Plan", doc.name)


def grade(customer, letter: str = "A", manager: str | None = None):
	frappe.db.set_value("Customer", customer.name, {"sf_grade": letter, "account_manager": manager})
	return customer


# The plan


def test_a_plan_takes_title_and_profile_from_its_account():
	customer = records.customer()
	doc = plan(customer, title="Something else", customer_profile=None)
	assert doc.title == customer.customer_name
	assert doc.customer_profile == records.state(customer, "sf_profile")


def test_the_account_manager_owns_a_plan_unless_somebody_is_named(make_user):
	manager = make_user("Sales User")
	customer = records.customer(account_manager=manager)
	assert plan(customer, plan_owner=None).plan_owner == manager


@pytest.mark.parametrize(
	"values",
	[
		{"from_date": "2026-03-02", "to_date": "2026-03-01"},
		{"reviews": [{"review_on": "2026-01-01", "held_on": "2199-01-01"}]},
		{"actions": []},
		{"party_type": "Supplier"},
		{"goal_amount": -1},
	],
	ids=str,
)
def test_an_impossible_plan_is_refused(values):
	with pytest.raises(frappe.ValidationError):
		plan(**values)


def test_a_second_active_plan_is_refused_with_the_way_to_the_first():
	customer = records.customer()
	first = plan(customer)
	with pytest.raises(frappe.ValidationError, match=first.name):
		plan(customer)
	first.status = "Cancelled"
	first.save()
	second = plan(customer)
	first.status = "Active"
	with pytest.raises(frappe.ValidationError, match=second.name):
		first.save()


def test_the_plan_of_a_lead_is_the_plan_of_the_customer_it_becomes():
	lead = records.lead()
	doc = plan(lead)
	customer = records.customer(lead_name=lead.name)
	assert account_plans.active_plan(profiles.profile_of("Customer", customer.name)) == doc.name
	with pytest.raises(frappe.ValidationError, match=doc.name):
		plan(customer)


def test_a_plan_with_open_actions_is_not_completed():
	doc = plan(actions=[action(), action(action="Send the <b>offer</b>")])
	doc.actions[0].status = "Done"
	doc.status = "Completed"
	with pytest.raises(frappe.ValidationError, match=r"2\. Send the &lt;b&gt;offer"):
		doc.save()
	doc = saved(doc)
	doc.actions[0].status, doc.actions[1].status, doc.status = "Done", "Cancelled", "Completed"
	doc.save()
	assert saved(doc).status == "Completed"


def test_the_next_review_is_the_earliest_that_was_not_held():
	doc = plan(
		reviews=[
			{"review_on": "2026-09-01"},
			{"review_on": "2026-03-01", "held_on": "2026-03-02"},
			{"review_on": "2026-06-01"},
		]
	)
	assert getdate(doc.next_review_on) == getdate("2026-06-01")


# Actions are ToDos


def test_an_open_action_is_a_todo_of_its_owner(make_user):
	owner = make_user("Sales User")
	doc = plan(actions=[action(allocated_to=owner, action="Call <them>"), action(status="Done")])
	todo = todo_of(doc.actions[0])
	assert (todo.allocated_to, todo.date, todo.status) == (owner, getdate(doc.actions[0].due_on), "Open")
	assert (todo.reference_type, todo.reference_name) == ("Account Plan", doc.name)
	assert "Call &lt;them&gt;" in todo.description and doc.title in todo.description
	assert not doc.actions[1].todo
	assert doc.actions[1].done_on


def test_a_todo_follows_its_action(make_user):
	doc = plan()
	other, day = make_user("Sales User"), getdate(add_days(None, 20))
	doc.actions[0].update({"allocated_to": other, "due_on": day, "action": "Call"})
	doc.save()
	todo = todo_of(doc.actions[0])
	assert (todo.allocated_to, todo.date) == (other, day)
	assert todo.description.startswith("Call")
	for status, expected in (("Done", "Closed"), ("Open", "Open"), ("Cancelled", "Cancelled")):
		doc.actions[0].status = status
		doc.save()
		assert todo_of(doc.actions[0]).status == expected
	assert frappe.db.count("ToDo", {"reference_type": "Account Plan", "reference_name": doc.name}) == 1


def test_an_action_follows_its_todo(make_user):
	doc = plan()
	other, day = make_user("Sales User"), getdate(add_days(None, 20))
	todo = todo_of(doc.actions[0])
	todo.update({"allocated_to": other, "date": day})
	todo.save()
	row = saved(doc).actions[0]
	assert (row.allocated_to, getdate(row.due_on)) == (other, day)
	todo.status = "Closed"
	todo.save()
	row = saved(doc).actions[0]
	assert (row.status, getdate(row.done_on)) == ("Done", getdate())
	doc.situation = "A form that was open meanwhile"
	with pytest.raises(frappe.TimestampMismatchError):
		doc.save()


def test_who_may_not_see_the_plan_closes_the_todo_all_the_same(make_user, as_user):
	helper = make_user("Employee")
	doc = plan(actions=[action(allocated_to=helper)])
	with as_user(helper):
		todo = todo_of(doc.actions[0])
		todo.status = "Closed"
		todo.save()
	assert saved(doc).actions[0].status == "Done"


def test_todos_end_with_the_action_the_plan_and_its_cancellation():
	doc = plan(actions=[action(), action(), action()])
	first, second, third = (row.todo for row in doc.actions)
	doc.remove(doc.actions[0])
	doc.save()
	assert frappe.db.get_value("ToDo", first, "status") == "Cancelled"
	doc.status = "Cancelled"
	doc.save()
	assert [row.status for row in doc.actions] == ["Cancelled", "Cancelled"]
	assert frappe.db.get_value("ToDo", second, "status") == "Cancelled"
	other = plan()
	todo = other.actions[0].todo
	other.delete()
	assert frappe.db.get_value("ToDo", todo, "status") == "Cancelled"
	assert third


def test_a_deleted_todo_comes_back_while_the_action_is_open():
	doc = plan()
	frappe.delete_doc("ToDo", doc.actions[0].todo)
	doc = saved(doc)
	assert not doc.actions[0].todo
	doc.save()
	assert todo_of(doc.actions[0]).status == "Open"


def test_the_todo_of_an_action_is_the_apps_to_say():
	foreign = frappe.get_doc({"doctype": "ToDo", "description": "Mine"}).insert()
	doc = plan(actions=[action(todo=foreign.name)])
	assert doc.actions[0].todo != foreign.name
	assert frappe.db.get_value("ToDo", foreign.name, "description") == "Mine"


def test_a_disabled_user_gets_no_action(make_user):
	user = make_user("Sales User")
	frappe.get_doc("User", user).update({"enabled": 0}).save()
	with pytest.raises(frappe.ValidationError, match="disabled"):
		plan(actions=[action(allocated_to=user)])


def test_other_todos_cost_nothing():
	todo = frappe.get_doc({"doctype": "ToDo", "description": "Mine"}).insert()
	todo.status = "Closed"
	todo.save()
	assert todo.status == "Closed"


# My Day


def section(user: str, key: str, call=None):
	from salesflow_std.api import my_day

	frappe.set_user(user)
	try:
		found = my_day.get()["sections"]
	finally:
		frappe.set_user("Administrator")
	return next((part for part in found if part["key"] == key), None)


def titles(user: str, key: str) -> set[str]:
	found = section(user, key)
	return {row["title"] for row in found["rows"]} if found else set()


@pytest.fixture
def sales_team(make_user):
	"""A rep and the manager above them in the Sales Person tree."""
	manager = make_user(["Sales User", "Sales Manager"])
	rep = make_user("Sales User")
	above = None
	for user in (manager, rep):
		employee = frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": user.split("@")[0],
				"gender": "Prefer not to say",
				"date_of_birth": "1990-01-01",
				"date_of_joining": "2020-01-01",
				"company": records.COMPANY,
				"user_id": user,
			}
		).insert()
		above = (
			frappe.get_doc(
				{
					"doctype": "Sales Person",
					"sales_person_name": user,
					"employee": employee.name,
					"is_group": int(user == manager),
					"parent_sales_person": above or "Sales Team",
				}
			)
			.insert()
			.name
		)
	return rep, manager


def test_an_a_account_without_a_plan_is_on_its_managers_day(sales_team, make_user):
	rep, manager = sales_team
	account = grade(records.customer(), "A", rep)
	key = "accounts-without-plan"
	assert account.customer_name in titles(rep, key)
	assert account.customer_name in titles(manager, key)
	assert account.customer_name not in titles(make_user("Sales User"), key)
	plan(account)
	assert account.customer_name not in titles(rep, key)
	assert account.customer_name not in titles(manager, key)


@pytest.mark.parametrize("letter", ["B", "C", None])
def test_other_grades_need_no_plan(sales_team, letter):
	rep, _manager = sales_team
	account = grade(records.customer(), letter, rep)
	assert account.customer_name not in titles(rep, "accounts-without-plan")


def test_the_settings_say_which_grades_need_a_plan(sales_team):
	rep, _manager = sales_team
	account = grade(records.customer(), "B", rep)
	records.settings(account_plan_grades="A, B")
	frappe.local.request_cache.clear()
	assert account.customer_name in titles(rep, "accounts-without-plan")


def test_a_manager_in_no_tree_sees_all_and_a_cancelled_plan_is_none(make_user):
	manager = make_user(["Sales User", "Sales Manager"])
	account = grade(records.customer(), "A")
	plan(account, status="Cancelled", actions=[action(status="Cancelled")])
	found = section(manager, "accounts-without-plan")
	assert found["total"] >= len(found["rows"]) >= 1
	names = [row.customer_name for row in frappe.get_all("Customer", {"sf_grade": "A"}, ["customer_name"])]
	assert account.customer_name in names
	assert "/app/customer?name=" in found["all"]


def test_an_account_of_nobody_is_on_the_day_of_the_managers(sales_team):
	rep, manager = sales_team
	account = grade(records.customer(customer_name="0 Nobody's Works"), "A")
	assert account.customer_name in titles(manager, "accounts-without-plan")
	assert account.customer_name not in titles(rep, "accounts-without-plan")


def test_actions_and_reviews_that_are_due_are_on_the_day(sales_team):
	rep, manager = sales_team
	account = records.customer(account_manager=rep)
	doc = plan(
		account,
		plan_owner=rep,
		from_date=add_days(None, -30),
		actions=[
			action(-2, allocated_to=rep, action="Overdue action"),
			action(0, allocated_to=rep, action="Action of today"),
			action(1, allocated_to=rep, action="Action of tomorrow"),
			action(-1, allocated_to=rep, action="Done action", status="Done"),
		],
		reviews=[{"review_on": add_days(None, -1)}],
	)
	assert titles(rep, "actions") == {"Overdue action", "Action of today"}
	assert titles(manager, "actions") == set()
	assert doc.title in titles(rep, "account-plan-reviews")
	assert doc.title in titles(manager, "account-plan-reviews")
	doc.reviews[0].review_on = getdate()
	doc.save()
	assert doc.title in titles(rep, "account-plan-reviews")
	assert doc.title not in titles(manager, "account-plan-reviews")


# Reviews


def test_the_owner_is_told_of_a_review_once(make_user):
	owner = make_user("Sales User")
	doc = plan(plan_owner=owner, from_date=add_days(None, -9), reviews=[{"review_on": getdate()}])

	def told() -> int:
		return frappe.db.count("Notification Log", {"for_user": owner, "document_name": doc.name})

	account_plan_reviews.run()
	assert told() == 1
	account_plan_reviews.run()
	assert told() == 1
	doc = saved(doc)
	doc.reviews[0].held_on = getdate()
	doc.append("reviews", {"review_on": add_days(None, 1)})
	doc.save()
	account_plan_reviews.run()
	assert told() == 1
	frappe.db.set_value("Account Plan", doc.name, "next_review_on", add_days(None, -1))
	account_plan_reviews.run()
	assert told() == 2


def test_the_review_of_somebody_who_left_is_told_to_who_stands_in(make_user):
	owner = make_user("Sales User")
	doc = plan(plan_owner=owner, from_date=add_days(None, -9), reviews=[{"review_on": getdate()}])
	frappe.get_doc("User", owner).update({"enabled": 0}).save()
	assert account_plan_reviews.run() >= 1
	told = frappe.get_all("Notification Log", {"document_name": doc.name}, pluck="for_user", order_by="name")
	assert told == reps.escalate_to(owner)[:1]


# Needs


def needs_record(party, status: str, need: str, answered_on=None):
	"""A record as the confirmation leaves it."""
	record = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": party.doctype,
			"reference_name": party.name,
			"needs": [{"need": need, "priority": "Must", "match_score": 4}],
		}
	)
	record.flags.ignore_validate = True
	record.insert()
	frappe.db.set_value(
		"Needs Record",
		record.name,
		{
			"status": status,
			"answered_on": answered_on or now_datetime(),
			"customer_profile": profiles.ensure(party.doctype, party.name),
		},
	)
	return record


def test_a_plan_shows_the_needs_confirmed_last(call):
	customer = records.customer()
	assert call(f"{API}.needs", doctype="Customer", name=customer.name) is None
	needs_record(customer, "Confirmed", "Old", now_datetime() - timedelta(days=9))
	newest = needs_record(customer, "Confirmed", "Newest")
	needs_record(customer, "Sent", "Not confirmed", now_datetime() + timedelta(days=1))
	found = call(f"{API}.needs", doctype="Customer", name=customer.name)
	assert found["record"] == newest.name
	assert [(row.need, row.priority, row.match_score) for row in found["needs"]] == [("Newest", "Must", 4)]


# Rights


@pytest.fixture
def north(make_user):
	"""A rep who may see the records of one territory only."""
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	return rep, territory.name


def test_a_plan_is_seen_by_those_who_see_its_account(north, as_user, call):
	rep, territory = north
	values = {"reviews": [{"review_on": getdate()}]}
	mine = plan(records.customer(territory=territory), **values)
	account = records.customer(territory="China")
	foreign = plan(account, **values)
	with as_user(rep):
		assert frappe.get_list("Account Plan", pluck="name", order_by="name") == [mine.name]
		assert frappe.has_permission("Account Plan", "read", doc=mine.name)
		assert not frappe.has_permission("Account Plan", "read", doc=foreign.name)
		for child in ("Account Plan Action", "Account Plan Review"):
			parents = frappe.get_list(
				child, fields=["parent"], parent_doctype="Account Plan", order_by="name"
			)
			assert {row.parent for row in parents} <= {mine.name}
		from frappe.desk.search import search_link

		found = search_link("Account Plan", "")
		found = found if found is not None else frappe.local.response["results"]
		assert foreign.name not in str(found)
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype="Account Plan", name=foreign.name)
		for method in ("of", "needs"):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", doctype="Customer", name=account.name)
		with pytest.raises(frappe.PermissionError):
			plan(account, plan_owner=rep)


def test_a_plan_needs_the_right_to_change_its_account(make_user, as_user, call):
	account = records.customer()
	with as_user(make_user("Sales User")):
		# A sales user changes customers in ERPNext's own rights.
		assert call(f"{API}.of", doctype="Customer", name=account.name)["may_create"]
	with as_user(make_user("Purchase User")), pytest.raises(frappe.PermissionError):
		plan(account)


def test_the_owner_of_a_plan_has_to_see_the_account(north):
	rep, _territory = north
	with pytest.raises(frappe.ValidationError, match="may not open the account"):
		plan(records.customer(territory="China"), plan_owner=rep)


def test_my_day_shows_no_account_that_may_not_be_read(north):
	rep, territory = north
	foreign = grade(records.customer(territory="China"), "A", rep)
	mine = grade(records.customer(territory=territory), "A", rep)
	assert titles(rep, "accounts-without-plan") == {mine.customer_name}
	assert foreign.customer_name


@pytest.mark.parametrize("doctype", ["Supplier", "Opportunity", "User"])
def test_only_accounts_have_plans(call, doctype):
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.of", doctype=doctype, name="Administrator")


def test_the_connections_of_an_account_count_its_plans():
	from frappe.desk.notifications import get_open_count

	for party in (records.customer(), records.lead()):
		plan(party)
		found = get_open_count(party.doctype, party.name, items='["Account Plan"]')["count"]
		assert found["external_links_found"][0]["count"] == 1
