"""The workspace's numbers and charts: what one may see and nothing else; a click opens what was counted (M3, M6)."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from types import SimpleNamespace

import frappe
import pytest
from frappe.desk.desktop import Workspace
from frappe.permissions import add_user_permission

import salesflow_std
from salesflow_std.api import cards
from salesflow_std.salesflow_std import scope
from tests.site import plans, records

API = "salesflow_std.api.cards"
NOW = "2027-02-15 12:00:00"
MODULE = Path(salesflow_std.__file__).parent / "salesflow_std"
COUNTED = {
	"first_touches_overdue": {"sf_first_touch_status": "Overdue"},
	"grades_to_review": {"sf_grade_stale": 1},
	"leads_not_graded": {},
	"leads_too_long_in_stage": {"sf_stage_late": "Late", "sf_grade": "A"},
}


def shipped(kind):
	return [json.loads(path.read_text()) for path in sorted(MODULE.glob(f"{kind}/*/*.json"))]


def number(card):
	"""What a card shows."""
	return re.sub("<[^<>]*>", "", card["value"])


def opened(card):
	"""How many records a card's list has for the session's user."""
	_list, doctype, _view = card["route"]
	filters = [
		[doctype, field, *(value if isinstance(value, list) else ("=", value))]
		for field, value in card["route_options"].items()
	]
	return frappe.get_list(doctype, filters=filters, pluck="name", limit=0, order_by="name")


@pytest.fixture
def people(make_user):
	found = SimpleNamespace()
	found.manager = make_user(["Sales Manager", "Sales User"], full_name="East")
	node = plans.person(found.manager, is_group=1)
	found.ada = make_user("Sales User", full_name="Ada")
	found.ben = make_user("Sales User", full_name="Ben")
	plans.person(found.ada, parent=node)
	plans.person(found.ben, parent=node)
	found.other = make_user("Sales User", full_name="Other")
	return found


def leads(people, **state):
	"""Two leads of Ada, one of Ben and one of somebody elsewhere, in a state."""
	found = {}
	for owner, count in ((people.ada, 2), (people.ben, 1), (people.other, 1)):
		for _one in range(count):
			lead = records.lead(lead_owner=owner)
			if state:
				frappe.db.set_value("Lead", lead.name, state)
			found.setdefault(owner, set()).add(lead.name)
	return found


@pytest.mark.parametrize("method", COUNTED)
def test_a_card_counts_ones_own_and_opens_exactly_that(people, as_user, call, method):
	made = leads(people, **COUNTED[method])
	everybody = set().union(*made.values())
	expected = {
		people.ada: made[people.ada],
		people.manager: made[people.ada] | made[people.ben],
		people.other: made[people.other],
	}
	for user, names in expected.items():
		with as_user(user):
			card = call(f"{API}.{method}")
			found = opened(card)
			assert number(card) == str(len(found))
			assert set(found) & everybody == names
			assert set(found) == names


def test_who_sees_all_counts_all(people, as_user, call, make_user):
	master = make_user(["Sales Master Manager", "Sales User"])
	made = leads(people, sf_grade_stale=1)
	with as_user(master):
		card = call(f"{API}.grades_to_review")
		assert "lead_owner" not in card["route_options"]
		assert set().union(*made.values()) <= set(opened(card))


def test_what_user_permissions_open_is_opened_by_name(people, as_user, call):
	made = leads(people, sf_grade_stale=1, territory=None)
	south = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Cards South", "parent_territory": "All Territories"}
	).insert()
	one_of_others = next(iter(made[people.other]))
	frappe.db.set_value("Lead", one_of_others, "territory", south.name)
	add_user_permission("Territory", south.name, people.ada, ignore_permissions=True)
	frappe.clear_cache(user=people.ada)
	with as_user(people.ada):
		card = call(f"{API}.grades_to_review")
		assert number(card) == "3"
		assert set(opened(card)) == made[people.ada] | {one_of_others}


@pytest.mark.parametrize(
	"method",
	sorted(
		name for name, one in vars(cards).items() if inspect.isfunction(one) and one in frappe.whitelisted
	),
)
def test_an_outsider_gets_no_number(as_user, call, make_user, method):
	with as_user(make_user("Purchase User")):
		if method.startswith("open_") and method != "open_loss_analyses":  # a chart is empty
			assert call(f"{API}.{method}")["labels"] == []
		else:
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}")


def test_follow_ups_of_the_team(people, as_user, call, frozen_time):
	with frozen_time("2027-01-11 09:00"):
		lead = plans.in_rhythm(lead_owner=people.ada)
		due = plans.waiting(lead)[0].due_on
	frappe.db.set_value(
		"Follow Up", {"reference_name": lead.name, "status": "Planned"}, "allocated_to", people.ada
	)
	with frozen_time(due + frappe.utils.datetime.timedelta(hours=1)):
		for user, expected in ((people.ada, 1), (people.manager, 1), (people.ben, 0), (people.other, 0)):
			with as_user(user):
				card = call(f"{API}.follow_ups_overdue")
				assert number(card) == str(expected) == str(len(opened(card)))


def test_conversion_is_of_what_was_decided(people, as_user, call, frozen_time):
	with frozen_time(NOW):
		for status, day, owner in (
			("Converted", "2027-02-15", people.ada),
			("Lost", "2026-02-15", people.ada),
			("Lost", "2026-02-14", people.ada),
			("Open", "2027-01-01", people.ada),
			("Converted", "2027-01-01", people.other),
		):
			deal = records.opportunity(opportunity_owner=owner)
			frappe.db.set_value(
				"Opportunity",
				deal.name,
				{"status": status, "transaction_date": day, "opportunity_owner": owner},
			)
		with as_user(people.ada):
			card = call(f"{API}.conversion_of_12_months")
			assert number(card) == "50 % (n=2)"
			assert len(opened(card)) == 2
		with as_user(people.ben):
			assert number(call(f"{API}.conversion_of_12_months")) == "None yet"


def test_won_this_month_adds_up_what_it_opens(people, as_user, call, frozen_time):
	with frozen_time(NOW):
		for amount, entered, status in (
			(1000, "2027-02-01 00:00", "Converted"),
			(200, "2027-02-15 11:00", "Converted"),
			(50, "2027-01-31 23:59", "Converted"),
			(7, "2027-02-10 09:00", "Lost"),
		):
			deal = records.opportunity()
			values = {
				"status": status,
				"opportunity_amount": amount,
				"conversion_rate": 1,
				"sf_stage_entered_on": entered,
				"opportunity_owner": people.ada,
			}
			frappe.db.set_value("Opportunity", deal.name, values)
		with as_user(people.ada):
			card = call(f"{API}.won_this_month")
			assert re.sub(r"[^\d]", "", number(card)) == "1200"
			assert len(opened(card)) == 2


def test_shares_open_the_report_of_their_days(people, as_user, call, frozen_time):
	with frozen_time(NOW):
		made = leads(people)
		for name, status in zip(sorted(made[people.ada]), ("Met", "Overdue"), strict=True):
			frappe.db.set_value(
				"Lead", name, {"sf_first_touch_status": status, "sf_captured_on": "2027-02-01 09:00"}
			)
		with as_user(people.ada):
			card = call(f"{API}.first_touch_in_time")
	assert number(card) == "50 % (n=2)"
	assert card["route"] == ["query-report", "Standard Compliance"]
	assert card["route_options"] == {"from_date": "2027-01-17", "to_date": "2027-02-15", "group_by": "Rep"}


def test_charts_show_ones_own(people, as_user, call):
	leads(people, sf_grade="A")
	for user, count in ((people.ada, 2), (people.manager, 3)):
		with as_user(user):
			chart = call(f"{API}.open_leads_by_grade", chart_name="Open Leads by Grade")
		assert (chart["labels"], chart["datasets"][0]["values"]) == (["A"], [count])


def test_deals_by_stage_stand_in_the_order_of_the_process(people, as_user, call, frozen_time):
	with frozen_time(NOW):
		for stage, due in (
			("Negotiation", "2027-02-20 09:00"),
			("Needs Explored", "2027-02-01 09:00"),
			("Needs Explored", None),
		):
			deal = records.opportunity()
			values = {
				"sf_stage": stage,
				"sf_stage_due": due,
				"sf_stage_entered_on": "2027-01-01 09:00",
				"opportunity_owner": people.ada,
			}
			frappe.db.set_value("Opportunity", deal.name, values)
		with as_user(people.ada):
			chart = call(f"{API}.open_deals_by_stage")
	assert chart["labels"] == ["Needs Explored", "Negotiation"]
	assert [one["values"] for one in chart["datasets"]] == [[1, 1], [1, 0]]


def test_a_count_is_one_query_more_than_who_may_see(people, as_user, call, count_queries):
	leads(people, sf_grade_stale=1)
	with as_user(people.manager):
		call(f"{API}.grades_to_review")
		with count_queries() as seen:
			scope.users()
			scope.opened_by("Lead")
		with count_queries() as queries:
			call(f"{API}.grades_to_review")
	assert len(queries) <= len(seen) + 1


# The records that the workspace is made of -------------------------------------------------------------------------


def test_all_that_the_workspace_shows_is_there():
	page = shipped("workspace")[0]
	content = json.loads(page["content"])
	for kind, table, field in (
		("number_card", "number_cards", "number_card_name"),
		("chart", "charts", "chart_name"),
		("shortcut", "shortcuts", "label"),
	):
		blocks = [
			block["data"][field if kind != "shortcut" else "shortcut_name"]
			for block in content
			if block["type"] == kind
		]
		assert sorted(blocks) == sorted(row[field] for row in page[table]), kind
	breaks = [row["label"] for row in page["links"] if row["type"] == "Card Break"]
	assert sorted(breaks) == sorted(
		block["data"]["card_name"] for block in content if block["type"] == "card"
	)


def test_every_card_and_chart_asks_a_method_that_is_there():
	for card in shipped("number_card"):
		if card["type"] == "Custom":
			assert frappe.get_attr(card["method"]) in frappe.whitelisted, card["name"]
			assert card["document_type"], card["name"]
	for source in MODULE.glob("dashboard_chart_source/*/*.js"):
		method = re.search(r'method: "([^"]+)"', source.read_text()).group(1)
		assert frappe.get_attr(method) in frappe.whitelisted


def shown(user, as_user):
	with as_user(user):
		page = Workspace({"name": "Sales Standard", "title": "Sales Standard", "public": 1})
		page.build_workspace()
		return (
			{card.number_card_name for card in page.number_cards["items"]},
			{link["link_to"] for card in page.cards["items"] for link in card["links"]},
		)


def test_what_one_may_not_open_is_not_shown(people, as_user, make_user):
	manages = {"Reviews to Hold", "Coaching to Decide"}
	cards_of_manager, links_of_manager = shown(people.manager, as_user)
	assert manages <= cards_of_manager
	assert {"Sales Target Plan", "Standard Compliance", "Sales Review"} <= links_of_manager
	cards_of_rep, links_of_rep = shown(people.ada, as_user)
	assert not manages & cards_of_rep
	assert {"First Touch in Time", "Won This Month"} <= cards_of_rep
	assert "Sales Target Plan" not in links_of_rep
	cards_of_lawyer, links_of_lawyer = shown(make_user("Legal Reviewer"), as_user)
	assert not {"First Touches Overdue", "Won This Month", "Target Reached This Month"} & cards_of_lawyer
	assert "Standard Compliance" not in links_of_lawyer
