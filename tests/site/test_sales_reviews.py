"""Weekly sheets and monthly reviews (M6): prepared as the manager may see it, edited in the meeting, kept."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime, getdate

from salesflow_std.salesflow_std import (
	sales_review_mail,
	sales_review_numbers,
	sales_review_sheet,
	sales_reviews,
)
from tests.site import funnels, plans, records, reviewed, stages, talks
from tests.site.test_target_plans import second_company

API = "salesflow_std.api.sales_review"
MONDAY = "2027-01-11 09:00"
WEEK = (getdate("2027-01-04"), getdate("2027-01-10"))


@pytest.fixture
def monday(frozen_time):
	with frozen_time(MONDAY) as clock:
		yield clock


@pytest.fixture
def other(make_user, rep) -> str:
	"""A second rep of the team."""
	user = make_user("Sales User", full_name="Other Rep")
	reviewed.colleague(user, rep)
	return user


@pytest.fixture
def stranger(make_user) -> str:
	"""A rep of nobody's team here."""
	return make_user("Sales User")


@pytest.fixture(autouse=True)
def numbers(monkeypatch, rep, other):
	reviewed.standings(monkeypatch, {rep: (1000, 100), other: (1000, 900)})


@pytest.fixture
def sheet(manager, rep, other, monday):
	"""`sheet()`: the week's sheet of the team as it is prepared."""

	def make(kind: str = "Weekly", since=WEEK[0], until=WEEK[1]):
		return frappe.get_doc(
			"Sales Review", sales_reviews.make(reviewed.team_of(manager), kind, since, until)
		)

	return make


def kept(doc):
	sales_reviews.keep(doc.name)
	return doc.reload()


def agreed(doc, rep, action="Call the customer", due="2027-01-15"):
	doc.append("actions", {"action": action, "responsible": rep, "due_on": due})
	return doc.save().reload()


# Who meets ---------------------------------------------------------------------------------------------------


def test_a_team_is_a_group_with_a_leader_and_people_below(manager, rep, other, make_user):
	lonely = make_user("Sales Manager")
	plans.person(lonely, is_group=1)
	no_manager = make_user("Sales User")
	plans.person(make_user("Sales User"), parent=plans.person(no_manager, is_group=1))
	from salesflow_std.salesflow_std import sales_review_teams

	team = reviewed.team_of(manager)
	assert sorted(team.users) == sorted([rep, other])
	assert not sales_review_teams.led_by(lonely)
	assert not sales_review_teams.led_by(no_manager)


def test_who_left_is_no_longer_of_the_team(manager, rep, other):
	frappe.db.set_value("User", other, "enabled", 0)
	assert reviewed.team_of(manager).users == [rep]


def test_without_a_tree_the_company_meets_as_one(manager, rep, other):
	from salesflow_std.salesflow_std import sales_review_teams

	frappe.db.set_value("Sales Person", {"is_group": 1}, "employee", None)
	records.settings(escalation_user=manager)
	[team] = sales_review_teams.teams()
	assert (team.sales_person, team.manager, team.company) == (None, manager, records.COMPANY)
	assert {rep, other} <= set(team.users)


# Preparing ---------------------------------------------------------------------------------------------------


def test_progress_says_who_is_behind_and_who_is_ahead(sheet, rep, other):
	doc = sheet()
	assert [row.user for row in doc.progress] == [rep, other]
	first, second = doc.progress
	assert (first.target, first.actual, first.achievement) == (1000, 100, 10)
	# Five of the 21 working days of January 2027 are over: its first is a Friday and no holiday here.
	works = [day for day in range(1, 32) if getdate(f"2027-01-{day:02}").weekday() < 5]
	assert first.expected == pytest.approx(100 * len([day for day in works if day <= 10]) / len(works))
	assert sales_review_sheet.pace_of(first) == "Behind"
	assert sales_review_sheet.pace_of(second) == "Ahead"


def test_open_value_and_missed_touches_stand_by_rep(sheet, rep, other):
	reviewed.deal(rep, 1000)
	reviewed.deal(rep, 500)
	reviewed.deal(other, 70, status="Closed")
	one = reviewed.deal(rep, 30)
	for due in ("2027-01-03 23:59", "2027-01-04 00:00", "2027-01-10 23:59", "2027-01-11 00:00"):
		frappe.get_doc(
			{
				"doctype": "Follow Up",
				"reference_doctype": "Opportunity",
				"reference_name": one.name,
				"allocated_to": rep,
				"status": "Missed",
				"kind": "Rhythm",
				"due_on": due,
			}
		).db_insert()
	doc = sheet()
	first, second = doc.progress
	assert (first.open_value, first.touches_missed) == (1530, 2)
	assert (second.open_value, second.touches_missed) == (0, 0)
	missed = reviewed.row(doc, "reasons", kind="Missed Touch")
	assert (missed.about, missed.times, missed.value) == ("Rhythm", 2, 30)


def test_reasons_are_counted_and_valued_and_open_their_records(sheet, rep, other, stranger):
	mine = [
		reviewed.lost(rep, "Too dear", 300, "2027-01-04 00:00"),
		reviewed.lost(other, "Too dear", 200, "2027-01-10 23:00"),
	]
	reviewed.lost(rep, "Too dear", 999, "2027-01-03 23:59")
	reviewed.lost(rep, "Too dear", 999, "2027-01-11 00:00")
	reviewed.lost(stranger, "Too dear", 999, "2027-01-05 10:00")
	reviewed.lost(rep, None, 50, "2027-01-05 10:00")
	late = reviewed.deal(rep, 40, sf_stage="Solution Presented", sf_stage_due="2027-01-08 18:00")
	doc = sheet()
	dear = reviewed.row(doc, "reasons", kind="Lost Deal", about="Too dear")
	assert (dear.times, dear.value) == (2, 500)
	assert reviewed.row(doc, "reasons", kind="Lost Deal", about="").times == 1
	ageing = reviewed.row(doc, "reasons", kind="Too Long in Stage")
	assert (ageing.about, ageing.times, ageing.value) == ("Solution Presented", 1, 40)
	route = sales_review_sheet.route_of(doc, dear)
	assert all(one.name in route for one in mine) and "999" not in route
	assert sales_review_sheet.route_of(doc, ageing) == f"/app/opportunity/{late.name}"


def test_deals_to_talk_about_come_with_why(sheet, rep):
	reviewed.deal(rep, 10)
	small = reviewed.deal(rep, 100, sf_next_touch_on=None, transaction_date="2026-01-01")
	big = reviewed.deal(rep, 9000, expected_closing="2027-01-08", transaction_date="2026-01-01")
	doc = sheet()
	assert [row.opportunity for row in doc.deals] == [big.name, small.name]
	assert "Should have closed on" in doc.deals[0].why
	assert doc.deals[1].why == "No next touch is planned"


def test_what_the_manager_may_not_see_is_in_no_sheet(sheet, manager, rep):
	hidden = reviewed.deal(rep, 5000, territory="China", sf_next_touch_on=None)
	seen = reviewed.deal(rep, 700, territory="Rest Of The World", sf_next_touch_on=None)
	reviewed.lost(rep, "Secret", 800, "2027-01-05 10:00").db_set("territory", "China")
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": manager,
			"allow": "Territory",
			"for_value": "Rest Of The World",
			"apply_to_all_doctypes": 1,
		}
	).insert()
	doc = sheet()
	assert [row.opportunity for row in doc.deals] == [seen.name]
	assert reviewed.row(doc, "progress", user=rep).open_value == 700
	assert not [row for row in doc.reasons if row.about == "Secret"]
	assert hidden.name not in frappe.as_json(doc.as_dict())


# Goals of the stages -----------------------------------------------------------------------------------------


@pytest.fixture
def goal(manager):
	"""`goal(target, person, **more)`: a goal of January 2027 for the team, a person or (None) the company."""
	process = stages.process().name

	def make(target=100, person="", **more):
		doc = frappe.get_doc(
			{
				"doctype": "Sales Goal",
				"sales_process": process,
				"stage": stages.EXPLORED,
				"measure": "Entered",
				"target": target,
				"company": records.COMPANY,
				"sales_person": reviewed.node_of(manager) if person == "" else person,
				"responsible": manager,
				"period": "Month",
				"from_date": "2027-01-01",
				"to_date": "2027-01-31",
				**{field: value for field, value in more.items() if field not in _COUNTED},
			}
		).insert()
		counted = {"measured_on": "2027-01-11 01:00", "forecast_state": "given"}
		doc.db_set({**counted, **{field: value for field, value in more.items() if field in _COUNTED}})
		return doc

	return make


_COUNTED = ("actual", "forecast", "forecast_low", "forecast_high", "forecast_state", "measured_on", "status")
SAFE = {"actual": 90, "forecast": 200, "forecast_low": 150, "forecast_high": 250}
LOST = {"actual": 3, "forecast": 4, "forecast_low": 3, "forecast_high": 5}


def goals_of(doc):
	return [row.goal for row in doc.goals]


def test_goals_of_stages_stand_on_the_sheet_those_in_danger_first(sheet, goal, rep):
	safe, company = goal(**SAFE), goal(50, None, **LOST)
	lost = goal(60, measure="Won Value", **LOST)
	behind = goal(20, reviewed.node_of(rep), **LOST)
	# What is on its way is talked about only where it is the team's own.
	fine = [
		goal(21, reviewed.node_of(rep), measure="Won Value", **SAFE),
		goal(22, None, measure="Won Value", **SAFE),
	]
	met = goal(23, None, measure="Won Value", stage=stages.WON, **SAFE, status="Met")
	doc = sheet()
	found = goals_of(doc)
	assert {lost.name, behind.name, company.name, safe.name, met.name} <= set(found)
	assert not {one.name for one in fine} & set(found)
	assert max(map(found.index, (lost.name, behind.name, company.name))) < found.index(safe.name)
	assert found.index(safe.name) < found.index(met.name)
	said = sales_review_sheet.of(doc)["rows"][reviewed.row(doc, "goals", goal=safe.name).name]
	assert said["target"] == "100" and said["actual"] == "90"
	assert said["words"] == "On this way it ends at 200 (150–250): the goal of 100 is safe."
	assert f"records=reached%3A{stages.EXPLORED.replace(' ', '+')}" in said["deals"]
	company_row = reviewed.row(doc, "goals", goal=company.name)
	assert "Whole Company" in sales_review_sheet.of(doc)["rows"][company_row.name]["title"]


def test_only_goals_of_the_team_and_period_are_talked_about(sheet, goal, make_user):
	other_manager = make_user("Sales Manager")
	foreign = plans.person(other_manager, is_group=1)
	others = [
		goal(person=foreign, **LOST),
		goal(from_date="2027-02-01", to_date="2027-02-28", **LOST),
		goal(from_date="2026-12-01", to_date="2026-12-31", **LOST),
		goal(measure="Won Value", status="Cancelled"),
	]
	year = goal(measure="Conversion", period="Year", **LOST)
	found = goals_of(sheet())
	assert year.name in found
	assert not {one.name for one in others} & set(found)


def test_a_goal_on_the_sheet_is_as_it_was_counted_and_noted_on(sheet, goal, manager, as_user, call):
	aim = goal(**LOST)
	doc = sheet()
	aim.db_set("actual", 77)
	with as_user(manager):
		row = reviewed.row(doc, "goals", goal=aim.name)
		row.update({"note": "Two fairs were cancelled", "actual": 99, "target": 1})
		doc.append("goals", {"note": "of my own", "actual": 5})
		doc.save()
	row = reviewed.row(doc.reload(), "goals", goal=aim.name)
	assert (row.note, row.actual, row.target) == ("Two fairs were cancelled", 3, 100)
	assert "of my own" not in [one.note for one in doc.goals]
	with as_user(manager):
		call(f"{API}.refresh", review=doc.name)
	row = reviewed.row(doc.reload(), "goals", goal=aim.name)
	assert (row.note, row.actual) == ("Two fairs were cancelled", 77)
	kept(doc)
	aim.db_set("actual", 100)
	assert reviewed.row(doc.reload(), "goals", goal=aim.name).actual == 77
	# A goal that was set by mistake can go all the same.
	with as_user(manager):
		frappe.delete_doc("Sales Goal", aim.name)
	assert aim.name in frappe.as_json(sales_review_sheet.of(doc))
	assert "the goal of 100" in talks.printed(doc, print_format=sales_review_mail.FORMAT)


def test_a_goal_that_was_noted_on_says_how_it_stands_now(sheet, goal, manager, rep, as_user, call):
	names = [
		goal(20 + number, reviewed.node_of(rep), measure=measure, **LOST).name
		for number, measure in enumerate(("Entered", "Conversion", "Won Value"))
	]
	doc = sheet()
	with as_user(manager):
		for name in names:
			reviewed.row(doc, "goals", goal=name).note = "Two fairs were cancelled"
		doc.save()
	frappe.db.set_value("Sales Goal", names[0], {"status": "Met", "actual": 30})
	frappe.db.set_value("Sales Goal", names[1], "status", "Cancelled")
	frappe.delete_doc("Sales Goal", names[2])
	with as_user(manager):
		call(f"{API}.refresh", review=doc.name)
	doc.reload()
	rows = sales_review_sheet.of(doc)["rows"]
	met, *gone = (rows[reviewed.row(doc, "goals", goal=name).name] for name in names)
	assert (met["outlook"], met["actual"]) == ("Met", "30")
	assert [one["words"] for one in gone] == ["This goal was cancelled."] * 2
	assert {one["tone"] for one in gone} == {"gray"}


def test_rows_of_progress_and_goals_are_not_taken_away(sheet, goal, manager, as_user):
	goal(**LOST)
	doc = sheet()
	progress, goals = len(doc.progress), len(doc.goals)
	with as_user(manager):
		doc.set("progress", [])
		doc.set("goals", [])
		doc.plan = "Hide them"
		doc.save()
	doc.reload()
	assert (len(doc.progress), len(doc.goals), doc.plan) == (progress, goals, "Hide them")


def test_a_reader_of_the_team_is_sent_their_own_goals(sheet, goal, rep, other):
	mine, theirs = goal(20, reviewed.node_of(rep), **LOST), goal(30, reviewed.node_of(other), **LOST)
	team, company = goal(40, measure="Won Value", **LOST), goal(50, None, **LOST)
	doc = sheet()
	assert {mine.name, theirs.name, team.name, company.name} <= set(goals_of(doc))
	doc.flags.reader = rep
	shown = {one.row.goal for one in sales_review_sheet.for_print(doc).goals}
	assert {mine.name, company.name} <= shown
	assert not {theirs.name, team.name} & shown
	told = dict(sales_review_mail._facts(doc, rep))
	assert told["Goals in danger"] == str(len(shown))


def test_a_monthly_review_says_which_goals_were_met(sheet, goal, rep):
	goal(person=None, **SAFE, status="Met")
	goal(40, None, measure="Won Value", **LOST, status="Missed")
	goal(7, reviewed.node_of(rep), **LOST, status="Missed")
	# What the team is measured by is in the table: the lines are sent to all.
	goal(8, measure="Won Value", **LOST, status="Missed")
	doc = sheet("Monthly", getdate("2027-01-01"), getdate("2027-01-31"))
	[met] = [line for line in doc.what_worked.splitlines() if line.startswith("Goals met")]
	[missed] = [line for line in doc.what_did_not.splitlines() if line.startswith("Goals missed")]
	assert f"{stages.EXPLORED} · Entered · 2027-01" in met and "(90 / 100)" in met
	assert "Won Value" in missed and "/ 7)" not in missed and "8)" not in missed
	tile = next(one for one in sales_review_sheet.headline(doc) if one["label"] == "Goals in danger")
	assert (tile["value"], tile["note"], tile["tone"]) == ("3", "1 met or on the way", "red")


def test_goals_that_the_manager_may_not_read_are_on_no_sheet(sheet, goal, manager):
	aim = goal(**LOST)
	for role in ("Sales Manager", "Sales User"):
		frappe.permissions.add_permission("Sales Goal", role)
		frappe.permissions.update_permission_property("Sales Goal", role, 0, "read", 0)
	assert aim.name not in goals_of(sheet())


# One sheet ---------------------------------------------------------------------------------------------------


def test_one_sheet_for_a_team_and_period(sheet, manager):
	doc = sheet()
	assert sales_reviews.make(reviewed.team_of(manager), "Weekly", *WEEK) is None
	assert doc.review_key.startswith("Weekly|")


def test_the_numbers_take_no_query_more_for_more_people(
	sheet, rep, other, manager, make_user, count_queries, monday
):
	team = reviewed.team_of(manager)
	from salesflow_std.salesflow_std.sales_review_numbers import Numbers

	def read() -> int:
		with count_queries() as queries:
			numbers = Numbers(team, *WEEK, frappe.utils.now_datetime())
			numbers.reasons(), numbers.topics()
		return len(queries)

	# The first deals have their stages and next touches read.
	for user in (rep, other):
		reviewed.deal(user, 100, sf_next_touch_on=None)
	read()
	few = read()
	for user in (rep, other):
		for _n in range(5):
			reviewed.deal(user, 100, sf_next_touch_on=None)
	read()
	assert read() <= few


# Editing -----------------------------------------------------------------------------------------------------


def test_the_first_edit_begins_the_meeting(sheet, manager, as_user):
	doc = sheet()
	with as_user(manager):
		doc.reload().save()
		assert doc.reload().status == "Prepared"
		doc.progress[0].note = "On holiday"
		doc.save()
	assert doc.status == "In Meeting"


def test_numbers_are_not_edited(sheet, manager, as_user):
	doc = sheet()
	with as_user(manager):
		doc.progress[0].actual = 99999
		doc.progress[0].note = "x"
		doc.status = "Kept"
		doc.save()
	assert (doc.reload().progress[0].actual, doc.status) == (100, "In Meeting")


def test_refreshing_keeps_what_people_wrote(sheet, manager, rep, as_user, call, monkeypatch, other):
	gone = reviewed.lost(rep, "Too dear", 300, "2027-01-05 10:00")
	mine = reviewed.deal(rep, 10)
	doc = sheet()
	with as_user(manager):
		reviewed.row(doc, "progress", user=rep).note = "Was ill"
		reviewed.row(doc, "reasons", about="Too dear").note = "New competitor"
		doc.append("reasons", {"kind": "Other", "about": "Snow", "times": 1})
		doc.append("deals", {"opportunity": mine.name, "note": "Ask the boss"})
		agreed(doc, rep)
		gone.db_set("status", "Open")
		reviewed.standings(monkeypatch, {rep: (1000, 777), other: (1000, 900)})
		call(f"{API}.refresh", review=doc.name)
	doc.reload()
	progress = reviewed.row(doc, "progress", user=rep)
	assert (progress.note, progress.actual) == ("Was ill", 777)
	dear = reviewed.row(doc, "reasons", about="Too dear")
	assert (dear.note, dear.times) == ("New competitor", 0)
	assert reviewed.row(doc, "reasons", about="Snow").kind == "Other"
	assert reviewed.row(doc, "deals", opportunity=mine.name).note == "Ask the boss"
	assert [row.action for row in doc.actions] == ["Call the customer"]


def test_a_deal_that_one_may_not_read_is_not_added(sheet, manager, as_user, make_user):
	secret = reviewed.deal("Administrator", 10, territory="China")
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": manager,
			"allow": "Territory",
			"for_value": "Rest Of The World",
			"apply_to_all_doctypes": 1,
		}
	).insert()
	doc = sheet()
	with as_user(manager):
		doc.append("deals", {"opportunity": secret.name})
		with pytest.raises(frappe.PermissionError):
			doc.save()


# Keeping -----------------------------------------------------------------------------------------------------


def test_an_action_without_owner_and_day_holds_it_up(sheet, manager, as_user, call):
	doc = sheet()
	with as_user(manager):
		doc.append("actions", {"action": "Somebody should call"})
		doc.save()
		with pytest.raises(frappe.ValidationError, match="who does it"):
			call(f"{API}.keep", review=doc.name)
	assert records.state(doc, "status") == "In Meeting"


def test_actions_become_todos_when_it_is_kept(sheet, rep, manager, as_user, call):
	doc = sheet()
	with as_user(manager):
		agreed(doc, rep)
		assert not frappe.db.exists("ToDo", {"reference_name": doc.name})
		call(f"{API}.keep", review=doc.name)
		call(f"{API}.keep", review=doc.name)
	[todo] = frappe.get_all(
		"ToDo", {"reference_name": doc.name}, ["allocated_to", "date", "status"], order_by="name"
	)
	assert (todo.allocated_to, str(todo.date), todo.status) == (rep, "2027-01-15", "Open")
	doc.reload()
	assert (doc.status, doc.kept_by) == ("Kept", manager)


def _by_form(doc):
	doc.reload().update({"plan": "Another"})
	doc.save()


def _by_row(doc):
	row = doc.reload().progress[0]
	row.note = "Afterwards"
	row.save()


def _by_set_value(doc):
	frappe.client.set_value("Sales Review", doc.name, "plan", "Another")


def _by_db_set(doc):
	doc.reload().db_set("plan", "Another")


def _by_removal(doc):
	doc.reload().actions = []
	doc.save()


def _by_new_row(doc):
	doc.reload().append("actions", {"action": "Smuggled"})
	doc.save()


def _by_deleting(doc):
	frappe.delete_doc("Sales Review", doc.name)


def _by_renaming(doc):
	frappe.rename_doc("Sales Review", doc.name, "Another", force=True)


@pytest.mark.parametrize(
	"way",
	[_by_form, _by_row, _by_set_value, _by_db_set, _by_removal, _by_new_row, _by_deleting, _by_renaming],
	ids=lambda way: way.__name__.removeprefix("_by_"),
)
@pytest.mark.parametrize("who", ["manager", "Administrator"])
def test_what_is_kept_changes_on_no_path(sheet, rep, manager, as_user, way, who):
	doc = kept(agreed(sheet(), rep))
	before = doc.as_dict(no_default_fields=True)
	with as_user(manager if who == "manager" else who), pytest.raises(frappe.PermissionError):
		way(doc)
	now = frappe.get_doc("Sales Review", doc.name).as_dict(no_default_fields=True)
	assert (now.plan, len(now.actions), now.progress[0].note) == (
		before.plan,
		len(before.actions),
		before.progress[0].note,
	)


def test_a_save_that_changes_nothing_passes(sheet, rep):
	doc = kept(agreed(sheet(), rep))
	doc.reload().save()


def test_it_is_opened_again_on_the_same_day_only(sheet, rep, manager, as_user, call, monday, make_user):
	doc = kept(agreed(sheet(), rep))
	with as_user(manager):
		call(f"{API}.reopen", review=doc.name)
		assert records.state(doc, "status") == "In Meeting"
		call(f"{API}.keep", review=doc.name)
	monday.set("2027-01-12 00:01")
	with as_user(manager), pytest.raises(frappe.PermissionError):
		call(f"{API}.reopen", review=doc.name, reason="Forgot something")
	with as_user(make_user("System Manager")):
		with pytest.raises(frappe.ValidationError, match="Say why"):
			call(f"{API}.reopen", review=doc.name)
		call(f"{API}.reopen", review=doc.name, reason="Wrong customer <b>")
	assert records.state(doc, "status", "kept_on") == ("In Meeting", None)
	comments = frappe.get_all("Comment", {"reference_name": doc.name}, pluck="content", order_by="creation")
	assert any("Wrong customer &lt;b&gt;" in text for text in comments)


# Actions of last time ----------------------------------------------------------------------------------------


@pytest.fixture
def following(sheet, rep, other, monday):
	"""The sheet after one that was kept with two actions."""
	first = sheet()
	agreed(first, rep, "Call the customer")
	agreed(first, other, "Send the offer")
	kept(first)
	monday.set("2027-01-18 09:00")
	return first, sheet(since=getdate("2027-01-11"), until=getdate("2027-01-17"))


def todo_of(review, action):
	return frappe.get_doc("ToDo", reviewed.row(review.reload(), "actions", action=action).todo)


def test_the_next_sheet_looks_at_what_was_agreed(following):
	first, second = following
	assert second.previous == first.name
	assert [(row.action, row.status) for row in second.last_actions] == [
		("Call the customer", "Open"),
		("Send the offer", "Open"),
	]


def test_a_closed_todo_is_a_done_action_in_both_sheets(following):
	first, second = following
	todo = todo_of(first, "Call the customer")
	todo.status = "Closed"
	todo.save()
	assert reviewed.row(first.reload(), "actions", action="Call the customer").status == "Done"
	assert reviewed.row(second.reload(), "last_actions", action="Call the customer").status == "Done"


def test_what_the_meeting_says_closes_the_todo(following, manager, as_user):
	first, second = following
	with as_user(manager):
		reviewed.row(second, "last_actions", action="Send the offer").status = "Done"
		reviewed.row(second, "last_actions", action="Call the customer").status = "Dropped"
		second.save()
	assert todo_of(first, "Send the offer").status == "Closed"
	assert todo_of(first, "Call the customer").status == "Cancelled"
	assert reviewed.row(first.reload(), "actions", action="Call the customer").status == "Dropped"


def test_open_ones_hold_the_keeping_up_until_they_are_carried_over(following, manager, rep, as_user, call):
	first, second = following
	with as_user(manager):
		with pytest.raises(frappe.ValidationError, match="2 actions of last time are still open"):
			call(f"{API}.keep", review=second.name)
		assert call(f"{API}.carry_over", review=second.name) == {"carried": 2}
		assert call(f"{API}.carry_over", review=second.name) == {"carried": 0}
		assert todo_of(first, "Call the customer").status == "Open"
		call(f"{API}.keep", review=second.name)
	second.reload()
	carried = second.actions[0]
	assert (carried.action, carried.responsible, carried.carried_from) == (
		"Call the customer",
		rep,
		first.name,
	)
	open_todos = frappe.get_all(
		"ToDo",
		{"reference_type": "Sales Review", "status": "Open", "allocated_to": rep},
		pluck="reference_name",
		order_by="name",
	)
	assert open_todos == [second.name]
	assert reviewed.row(first.reload(), "actions", action="Call the customer").status == "Carried Over"


def test_what_a_sheet_that_was_never_kept_left_open_is_not_lost(following, sheet, monday):
	first, second = following
	agreed(second, first.manager, "Third thing")
	monday.set("2027-01-25 09:00")
	third = sheet(since=getdate("2027-01-18"), until=getdate("2027-01-24"))
	assert sorted(row.action for row in third.last_actions) == [
		"Call the customer",
		"Send the offer",
		"Third thing",
	]


def test_rows_of_last_time_are_not_rewritten(following, manager, as_user):
	_first, second = following
	with as_user(manager):
		second.last_actions[0].action = "Something else"
		second.last_actions = second.last_actions[:1]
		second.save()
	assert [row.action for row in second.reload().last_actions] == ["Call the customer", "Send the offer"]


# By hand -----------------------------------------------------------------------------------------------------


def test_a_manager_makes_a_sheet_by_hand_and_finds_the_one_there_is(manager, rep, monday, as_user, call):
	node = reviewed.team_of(manager).sales_person
	with as_user(manager):
		assert [team["sales_person"] for team in call(f"{API}.teams", http_method="GET")] == [node]
		made = call(f"{API}.new", kind="Weekly", sales_person=node)
		assert call(f"{API}.new", kind="Weekly", sales_person=node) == made
	doc = frappe.get_doc("Sales Review", made["name"])
	assert (doc.from_date, doc.to_date, doc.manager) == (*WEEK, manager)


def test_a_sheet_of_another_company_is_refused(manager, rep, make_user, monday, as_user, call):
	node = reviewed.team_of(manager).sales_person
	director = make_user(["Sales Master Manager", "Sales Manager", "Sales User"])
	frappe.permissions.add_user_permission("Company", second_company(), director)
	with as_user(director):
		assert call(f"{API}.teams", http_method="GET") == []
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.new", kind="Weekly", sales_person=node)
	assert not frappe.db.exists("Sales Review", {"sales_person": node})


def test_a_sheet_of_another_team_is_refused(manager, rep, make_user, monday, as_user, call):
	boss = make_user(["Sales Manager", "Sales User"])
	node = plans.person(boss, is_group=1)
	plans.person(make_user("Sales User"), parent=node)
	with as_user(manager):
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.new", kind="Weekly", sales_person=node)
		doc = frappe.get_doc(
			{
				"doctype": "Sales Review",
				"company": records.COMPANY,
				"sales_person": node,
				"manager": boss,
				"from_date": WEEK[0],
				"to_date": WEEK[1],
			}
		)
		with pytest.raises((frappe.PermissionError, frappe.ValidationError)):
			doc.insert()


@pytest.mark.parametrize("method", ["begin", "refresh", "carry_over", "keep", "reopen", "send"])
def test_reps_do_nothing_with_a_sheet(sheet, rep, as_user, call, method):
	doc = sheet()
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.{method}", review=doc.name)


def test_who_sees_a_sheet(sheet, manager, rep, other, make_user, as_user):
	doc = sheet()
	outsider = make_user(["Sales Manager", "Sales User"])
	plans.person(make_user("Sales User"), parent=plans.person(outsider, is_group=1))
	for user, sees in ((manager, True), (rep, False), (other, False), (outsider, False)):
		with as_user(user):
			assert bool(frappe.get_list("Sales Review", {"name": doc.name})) is sees
			assert bool(frappe.has_permission("Sales Review", "read", doc=doc)) is sees


# The monthly review ------------------------------------------------------------------------------------------


def test_a_review_begins_with_what_the_month_says(sheet, rep, other, monkeypatch, monday):
	reviewed.lost(rep, "Too dear", 300, "2026-12-10 10:00")
	reviewed.standings(monkeypatch, {rep: (1000, 1200), other: (1000, 100)})
	doc = sheet("Monthly", getdate("2026-12-01"), getdate("2026-12-31"))
	assert reviewed.row(doc, "progress", user=rep).expected == 100
	assert "Targets reached" in doc.what_worked
	assert "1 deals lost" in doc.what_did_not and "Too dear (1)" in doc.what_did_not
	assert "1 of 2 targets were missed" in doc.what_did_not


# Print and mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "heading"), [("en", "Weekly Sheet"), ("zh", "周例会表")])
def test_the_print_is_in_the_readers_language(sheet, rep, language, heading):
	doc = agreed(sheet(), rep, "<script>alert(1)</script> call")
	html = talks.printed(doc, language, print_format=sales_review_mail.FORMAT)
	assert heading in html
	assert "<script>alert" not in html


def test_a_rep_gets_their_own_numbers_and_what_was_agreed(sheet, rep, other, manager):
	theirs = reviewed.deal(other, 5000, sf_next_touch_on=None)
	own = reviewed.deal(rep, 10, sf_next_touch_on=None)
	doc = agreed(sheet(), rep)
	doc.flags.reader = rep
	shown = sales_review_sheet.for_print(doc)
	assert [one.row.user for one in shown.progress] == [rep]
	assert [one.row.opportunity for one in shown.deals] == [own.name]
	assert theirs.name not in frappe.as_json([one.row.as_dict() for one in shown.deals])
	doc.flags.reader = None
	assert len(sales_review_sheet.for_print(doc).progress) == 2


def test_a_broken_address_stops_nobody(sheet, rep, other, manager, monkeypatch):
	monkeypatch.setattr(
		sales_review_mail, "pdf", lambda *args: {"fname": "sheet.pdf", "fcontent": b"%PDF-1.4"}
	)
	frappe.db.set_value("User", rep, "email", "broken")
	frappe.db.set_value("User", other, "language", "zh")
	doc = kept(agreed(sheet(), other))
	before = frappe.db.count("Email Queue")
	assert sales_review_mail.to_team(doc) == 2
	sent = frappe.get_all("Email Queue Recipient", pluck="recipient", order_by="creation desc", limit=2)
	assert sorted(sent) == sorted([manager, other])
	assert frappe.db.count("Email Queue") == before + 2
	assert records.state(doc, "sent_on")


def test_a_deal_is_won_in_the_period_in_which_it_entered_its_last_stage(manager, rep, monday):
	ways = {
		"before, looked at again": [
			(funnels.WON, "2026-12-20 10:00"),
			(funnels.NEGOTIATION, "2027-01-05 10:00"),
		],
		"won again": [
			(funnels.WON, "2026-12-20 10:00"),
			(funnels.NEGOTIATION, "2026-12-21 10:00"),
			(funnels.WON, "2027-01-04 00:00"),
		],
		"last minute": [(funnels.WON, "2027-01-10 23:59")],
		"too late": [(funnels.WON, "2027-01-11 00:00")],
	}
	names = {
		funnels.deal(way, status="Converted", opportunity_owner=rep, base_opportunity_amount=10): said
		for said, way in ways.items()
	}
	numbers = sales_review_numbers.Numbers(reviewed.team_of(manager), *WEEK, get_datetime(MONDAY))
	assert {names[row.name] for row in numbers.won_deals()} == {"won again", "last minute"}
