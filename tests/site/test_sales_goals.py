"""Goals of the stages on a real site: checked, counted, forecast, judged once, repeated, and seen by whom (M2)."""

from __future__ import annotations

import json
from datetime import date

import frappe
import pytest

from salesflow_std.engine import goals as rules
from salesflow_std.jobs import goal_clock
from salesflow_std.salesflow_std import goals
from salesflow_std.salesflow_std.report.goal_progress.goal_progress import execute as progress_report
from salesflow_std.salesflow_std.report.stage_funnel.stage_funnel import execute as funnel_report
from tests.site import funnels, plans, records, stages
from tests.site.test_target_plans import second_company

NOVEMBER = {"from_date": "2026-11-01", "to_date": "2026-11-30", "period": "Month"}
API = "salesflow_std.api.goal."


@pytest.fixture
def process():
	return stages.process().name


@pytest.fixture
def goal(process, make_user):
	"""`goal(stage, measure, target, **more)` of November 2026 in a process of its own."""

	def make(stage=stages.EXPLORED, measure="Entered", target=10, **more):
		return frappe.get_doc(
			{
				"doctype": "Sales Goal",
				"sales_process": process,
				"stage": stage,
				"measure": measure,
				"target": target,
				"company": records.COMPANY,
				"responsible": "Administrator",
				**NOVEMBER,
				**more,
			}
		).insert()

	return make


def numbers(name: str) -> frappe._dict:
	return frappe.get_doc("Sales Goal", name)


# What a goal is ----------------------------------------------------------------------------------------------------


def test_a_goal_calls_itself_and_fills_its_period(goal):
	made = goal(from_date="2026-11-17", to_date="2026-11-18", period="Quarter")
	assert (str(made.from_date), str(made.to_date)) == ("2026-10-01", "2026-12-31")
	assert made.title == f"{stages.EXPLORED} · Entered · 2026 Q4"
	assert goal(measure="Won Value", period="Other").title.endswith("2026-11-01 – 2026-11-30")


@pytest.mark.parametrize(
	"wrong, says",
	[
		({"stage": "Prospecting"}, "is no stage of"),
		({"target": 0}, "above 0"),
		({"target": -3}, "above 0"),
		({"measure": "Conversion", "target": 130}, "between 0 and 100"),
		({"from_date": "2026-12-05", "to_date": "2026-11-30", "period": "Other"}, "before its period begins"),
		({"stage": stages.WON, "measure": "Conversion"}, "Nothing comes after"),
		({"status": "Met"}, "judged by its numbers"),
	],
)
def test_what_makes_no_sense_is_refused(goal, wrong, says):
	with pytest.raises(frappe.ValidationError, match=says):
		goal(**wrong)


def test_a_retired_stage_has_no_goals(goal, process):
	doc = frappe.get_doc("Sales Process", process)
	doc.stages[3].retired = 1
	doc.save()
	with pytest.raises(frappe.ValidationError, match="retired stage"):
		goal(stage=stages.SHOWN)


def test_who_is_responsible_works_here(goal, make_user):
	gone = make_user("Sales User")
	frappe.db.set_value("User", gone, "enabled", 0)
	with pytest.raises(frappe.ValidationError, match="does not work here"):
		goal(responsible=gone)


def test_there_is_one_open_goal_of_each_kind(goal, rep):
	first = goal()
	with pytest.raises(frappe.ValidationError, match="There is an open goal"):
		goal(target=99)
	node = frappe.db.get_value("Sales Person", {"sales_person_name": rep})
	goal(sales_person=node)
	goal(measure="Won Value")
	first.status = "Cancelled"
	first.save()
	goal(target=99)


def test_what_is_over_stays(goal):
	made = goal(target=1)
	frappe.db.set_value("Sales Goal", made.name, "status", "Missed")
	made.reload()
	for field, value in (
		("target", 5),
		("stage", stages.SHOWN),
		("status", "Open"),
		("to_date", "2026-12-31"),
	):
		made.reload()
		made.set(field, value)
		with pytest.raises(frappe.ValidationError, match="stay as they were"):
			made.save()
	made.reload()
	made.reason = "The fair was called off"
	made.save()


def test_the_numbers_are_not_input(goal):
	made = goal(actual=77, progress=100, forecast=5, forecast_state="given")
	assert not (made.actual or made.progress or made.forecast or made.forecast_state)


# Counting ----------------------------------------------------------------------------------------------------------


def deals(frozen_time, count: int, day: str, **values):
	with frozen_time(f"{day} 10:00"):
		return [stages.deal(**values) for _ in range(count)]


def move(doc, stage: str | None = None, status: str | None = None):
	doc.reload()
	if stage:
		doc.sf_stage = stage
	if status:
		doc.status = status
	doc.save()


@pytest.fixture
def november(goal, process, frozen_time):
	"""Ten deals of November and twelve months before with thirty: half of the decided ones went on."""
	before = deals(frozen_time, 30, "2026-06-10")
	with frozen_time("2026-06-20 10:00"):
		for doc in before[:15]:
			move(doc, stages.SHOWN)
		for doc in before[15:]:
			move(doc, status="Lost")
	now = deals(frozen_time, 10, "2026-11-03", opportunity_amount=1000)
	deals(frozen_time, 1, "2026-12-01")
	with frozen_time("2026-11-10 10:00"):
		for doc in now[:2]:
			move(doc, stages.SHOWN)
		for doc in now[2:6]:
			move(doc, status="Lost")
		# Once more forth and back: it counts once.
		move(now[0], stages.EXPLORED)
		move(now[0], stages.SHOWN)
	return now


def test_entered_counts_the_deals_that_began_in_the_period(goal, november, frozen_time):
	made = goal(target=20)
	with frozen_time("2026-11-16 09:00"):
		goals.measure(made.name)
	row = numbers(made.name)
	assert (row.actual, row.sample, row.progress) == (10, 10, 50)
	# Ten in the ten working days before the 16th, 21 in all: eleven more at this rate.
	assert row.forecast == pytest.approx(21)
	assert row.forecast_low < 21 < row.forecast_high


def test_conversion_lands_where_the_past_lets_expect_by_its_due_date(goal, november, frozen_time):
	made = goal(measure="Conversion", target=60)
	today = date(2026, 11, 20)
	with frozen_time("2026-11-20 09:00"):
		standing = goals.Measurer(today).standing(goals.read(made.name))
	assert (standing.actual, standing.sample) == (20, 10)
	# Eleven days are left. Of those before fifteen went on after ten days and fifteen were lost, of its own two went on
	# after seven, four were lost, and four that are open have not gone on in as long.
	open_ones = rules.Decided(40, 17)
	newcomers = rules.Decided(40, 15 * (1 - 10 / 11) + 2 * (1 - 7 / 11))
	expected = rules.of_conversion(2, 4, 4, 10 / 14 * 7, open_ones, newcomers)
	assert standing.forecast.value == pytest.approx(expected.value, abs=0.2)
	assert (standing.forecast.low, standing.forecast.high) == (expected.low, expected.high)


def test_what_cannot_go_on_in_time_is_not_promised(goal, november, frozen_time):
	made = goal(measure="Conversion", target=60)
	# Nobody went on in less than seven days: with four left it stays at two of ten, and newcomers make it less.
	with frozen_time("2026-11-27 09:00"):
		standing = goals.Measurer(date(2026, 11, 27)).standing(goals.read(made.name))
		goals.measure(made.name)
	assert standing.forecast.value <= 20
	assert "out of reach" in goals.words(numbers(made.name))
	# The day after it is what it is judged by.
	with frozen_time("2026-12-01 09:00"):
		standing = goals.Measurer(date(2026, 12, 1)).standing(goals.read(made.name))
	assert standing.forecast == rules.Forecast(20, 20, 20)


@pytest.fixture
def winners(goal, process, frozen_time):
	"""Of thirty deals before November every second was won for 1,000 after ten days; four of November are open."""
	before = deals(frozen_time, 30, "2026-06-10", opportunity_amount=1000)
	for hour, stage in ((9, stages.SHOWN), (10, stages.WON)):
		with frozen_time(f"2026-06-20 {hour:02}:00"):
			for doc in before[:15]:
				move(doc, stage)
	with frozen_time("2026-06-20 10:00"):
		for doc in before[15:]:
			move(doc, status="Lost")
	return deals(frozen_time, 4, "2026-11-18", opportunity_amount=1000)


def test_value_that_is_under_way_to_the_stage_counts_where_time_is_left(goal, winners, frozen_time):
	made = goal(stage=stages.WON, measure="Won Value", target=3000)
	with frozen_time("2026-11-19 09:00"):
		goals.measure(made.name)
	row = numbers(made.name)
	# Of 34 deals of this stage one knows of thirty what became of them in twelve days: fifteen were won. Those still to
	# begin, four in 13 of 21 working days, have two days of twelve to spare in the mean.
	newcomers = 4 / 13 * 8 * 15 * (1 - 10 / 12) / 30 * 1000
	assert row.actual == 0
	assert row.forecast == pytest.approx(4 * 1000 * 0.5 + newcomers, abs=30)
	assert row.forecast_low == 0 and row.forecast_high >= 4000
	assert "but not for sure" in goals.words(row)
	# A week later the four have come half of their way, but nobody who begins now is won in time.
	for day, value in (("2026-11-25", 2000), ("2026-11-29", 0)):
		with frozen_time(f"{day} 09:00"):
			goals.measure(made.name)
		assert (numbers(made.name).forecast, numbers(made.name).forecast_low) == (value, 0)
	assert "out of reach" in goals.words(numbers(made.name))


def test_median_days_and_won_value(goal, november, frozen_time):
	with frozen_time("2026-11-20 10:00"):
		frappe.db.set_value("Opportunity", november[0].name, "status", "Converted")
	took = goals.Measurer(date(2026, 11, 20)).standing(goals.read(goal(measure="Median Days", target=5).name))
	# From Tuesday to Tuesday at ten: five working days; all six that left took as long, one with a way back.
	assert (took.actual, took.sample) == (5, 6)
	assert took.forecast.why == rules.FEW
	value = goals.Measurer(date(2026, 11, 20)).standing(
		goals.read(goal(measure="Won Value", target=9000).name)
	)
	assert (value.actual, value.sample) == (1000, 1)


def test_too_early_is_said(goal, november, frozen_time):
	made = goal()
	with frozen_time("2026-11-03 18:00"):
		goals.measure(made.name)
		assert goals.words(numbers(made.name)) == "Too early in the period to say where it ends."


def test_a_team_counts_the_people_at_and_below_the_node(goal, process, make_user, frozen_time):
	head, rep, other = make_user("Sales Manager"), make_user("Sales User"), make_user("Sales User")
	team = plans.person(head, is_group=1)
	node = plans.person(rep, parent=team)
	for user, count in ((head, 1), (rep, 2), (other, 4)):
		deals(frozen_time, count, "2026-11-03", opportunity_owner=user)
	for person, expected in ((None, 7), (team, 3), (node, 2)):
		made = goal(sales_person=person)
		goals.measure(made.name)
		assert numbers(made.name).actual == expected


def test_whoever_counts_gets_the_same_number(goal, november, make_user, as_user):
	made = goal()
	with as_user(make_user("Sales User")):
		goals.measure(made.name)
		assert frappe.session.user != "Administrator"
	assert numbers(made.name).actual == 10


# The clock ---------------------------------------------------------------------------------------------------------


def test_a_goal_is_judged_once_the_day_after_it_is_due(goal, november, frozen_time, make_user):
	reader = make_user("Sales User", language="zh")
	met, missed = (
		goal(target=10, responsible=reader),
		goal(measure="Conversion", target=60, responsible=reader),
	)
	with frozen_time("2026-11-30 22:00"):
		goal_clock.run()
		assert numbers(met.name).status == "Open"
	with frozen_time("2026-12-01 02:00"):
		goal_clock.run()
		goal_clock.run()
	assert (numbers(met.name).status, numbers(missed.name).status) == ("Met", "Missed")
	told = frappe.get_all(
		"Notification Log", filters={"for_user": reader}, pluck="subject", order_by="creation"
	)
	assert len(told) == 2
	assert any("达成" in subject for subject in told) and not any("Goal met" in subject for subject in told)


def test_one_broken_goal_stops_no_other(goal, november, frozen_time):
	broken, fine = goal(measure="Won Value"), goal()
	frappe.db.set_value("Sales Goal", broken.name, "sales_process", "Gone")
	records.forget_errors(broken)
	with frozen_time("2026-12-01 02:00"):
		goal_clock.run()
	assert numbers(fine.name).status == "Met"
	assert numbers(broken.name).status == "Open"
	assert "no sales process" in records.errors_of(broken)[-1]


def test_a_new_goal_is_counted_in_the_background(goal, november, jobs):
	made = goal()
	jobs.run("goal_clock")
	assert numbers(made.name).measured_on


# More of it --------------------------------------------------------------------------------------------------------


def test_the_same_goal_for_a_year(goal, call):
	made = goal()
	goal(from_date="2027-02-01", to_date="2027-02-28")
	answer = call(API + "repeat", name=made.name, count=12)
	assert (len(answer["made"]), answer["there"]) == (11, 1)
	assert [str(numbers(name).from_date)[:7] for name in answer["made"]] == [
		"2026-12",
		"2027-01",
		*(f"2027-{month:02}" for month in range(3, 12)),
	]
	with pytest.raises(frappe.ValidationError, match="Between 1 and"):
		call(API + "repeat", name=made.name, count=0)


def test_goals_of_a_period(goal, process):
	for month, target in (("10", 10), ("11", 20), ("12", 30)):
		goal(from_date=f"2026-{month}-01", target=target)
		goal(from_date=f"2026-{month}-01", measure="Conversion", target=target)
	goal(from_date="2027-01-01", target=1000)
	found = goals.goals_of(process, date(2026, 10, 1), date(2026, 12, 31), records.COMPANY)
	assert found[stages.EXPLORED, "Entered"] == 60
	assert found[stages.EXPLORED, "Conversion"] == pytest.approx((10 * 31 + 20 * 30 + 30 * 31) / 92)
	assert goals.goals_of(process, date(2026, 11, 1), date(2026, 11, 30))[stages.EXPLORED, "Entered"] == 20
	# Half a month is not within any.
	assert goals.goals_of(process, date(2026, 11, 1), date(2026, 11, 15)) == {}
	# What was asked of three months is nothing to compare five months' deals with; a share is.
	found = goals.goals_of(process, date(2026, 8, 1), date(2026, 12, 31), records.COMPANY)
	assert set(found) == {(stages.EXPLORED, "Conversion")}
	# A goal of the whole quarter counts, its months are not added to it.
	goal(from_date="2026-10-01", period="Quarter", target=55)
	found = goals.goals_of(process, date(2026, 10, 1), date(2026, 12, 31), records.COMPANY)
	assert found[stages.EXPLORED, "Entered"] == 55


# Who sees what -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(goal, rep, manager, make_user):
	other = make_user("Sales User")
	stranger = plans.person(other, parent=plans.person(make_user("Sales Manager"), is_group=1))
	node = lambda user: frappe.db.get_value("Sales Person", {"sales_person_name": user})  # noqa: E731
	return frappe._dict(
		company=goal(),
		own=goal(sales_person=node(rep)),
		team=goal(sales_person=node(manager)),
		foreign=goal(sales_person=stranger),
	)


def seen(user, tree, as_user) -> set[str]:
	with as_user(user):
		rows = progress_report({"from_date": "2026-11-01", "to_date": "2026-11-30"})[1]
		listed = set(frappe.get_list("Sales Goal", pluck="name", limit_page_length=0))
	names = {row["goal"] for row in rows}
	assert names == listed & set(tree[key].name for key in tree)
	return {key for key in tree if tree[key].name in names}


def test_a_rep_sees_own_and_company_goals_a_manager_the_tree(tree, rep, manager, as_user, make_user):
	assert seen(rep, tree, as_user) == {"company", "own"}
	assert seen(manager, tree, as_user) == {"company", "own", "team"}
	assert seen(make_user(["Sales Master Manager", "Sales Manager"]), tree, as_user) == set(tree)
	outsider = make_user("Employee")
	with as_user(outsider), pytest.raises(frappe.PermissionError):
		progress_report({})


def test_managers_write_within_their_tree(tree, rep, manager, as_user, call):
	for user, key, may in (
		(rep, "own", False),
		(manager, "own", True),
		(manager, "team", True),
		(manager, "foreign", False),
		(manager, "company", False),
	):
		with as_user(user):
			doc = frappe.get_doc("Sales Goal", tree[key].name)
			doc.target = 42
			if may:
				doc.save()
			else:
				with pytest.raises(frappe.PermissionError):
					doc.save()
				with pytest.raises(frappe.PermissionError):
					call(API + "measure", name=doc.name)
	with as_user(manager):
		# Nobody takes another team's goal by naming their own.
		doc = frappe.get_doc("Sales Goal", tree.foreign.name)
		doc.sales_person, doc.stage = tree.own.sales_person, stages.SHOWN
		with pytest.raises(frappe.PermissionError):
			doc.save()
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(API + "standing", name=tree.foreign.name)


def test_on_the_last_day_todays_deals_are_no_pace(goal, frozen_time):
	for day in ("2026-11-03", "2026-11-30"):
		deals(frozen_time, 10, day)
	made = goal(target=20)
	with frozen_time("2026-11-30 18:00"):
		goals.measure(made.name)
	found = numbers(made.name)
	# Of 21 working days 20 are over with ten deals: half a deal is to be expected of the last one, and ten came.
	assert (found.actual, found.forecast, found.forecast_low, found.forecast_high) == (20, 20, 20, 20)


def test_a_number_opens_as_many_deals_as_it_counts(goal, process, frozen_time):
	deals(frozen_time, 2, "2026-11-03", opportunity_amount=1000)
	won, _lost = frappe.get_all(
		"Opportunity", {"sf_sales_process": process}, pluck="name", order_by="name", limit=2
	)
	with frozen_time("2026-11-05 09:00"):
		frappe.db.set_value("Opportunity", won, "status", "Converted")
	for measure in ("Entered", "Conversion", "Won Value"):
		made = goal(measure=measure, target=50)
		with frozen_time("2026-11-16 09:00"):
			goals.measure(made.name)
		made.reload()
		shown = funnel_report({key: value for key, value in goals.deals_filters(made).items() if value})[1]
		assert (measure, len(shown)) == (measure, made.sample)
		assert made.sample == (1 if measure == "Won Value" else 2)


def test_money_of_two_currencies_is_no_sum(goal, process):
	goal(measure="Won Value", target=1000)
	goal(measure="Entered", target=5)
	dollars = funnels.company("Dollar Co", "USD")
	for measure in ("Won Value", "Entered"):
		frappe.get_doc(
			{
				"doctype": "Sales Goal",
				"sales_process": process,
				"stage": stages.EXPLORED,
				"measure": measure,
				"target": 7,
				"company": dollars,
				"status": "Open",
				**NOVEMBER,
			}
		).db_insert()
	asked = (process, date(2026, 11, 1), date(2026, 11, 30))
	assert goals.goals_of(*asked) == {(stages.EXPLORED, "Entered"): 12}
	assert goals.goals_of(*asked, records.COMPANY)[stages.EXPLORED, "Won Value"] == 1000


def test_nobody_cancels_a_goal_by_naming_it_their_own(tree, manager, as_user, call):
	with as_user(manager), pytest.raises(frappe.PermissionError):
		call(
			"frappe.client.set_value",
			doctype="Sales Goal",
			name=tree.foreign.name,
			fieldname={"sales_person": tree.own.sales_person, "status": "Cancelled"},
		)
	assert numbers(tree.foreign.name).status == "Open"


def test_nobody_takes_a_goal_of_a_company_that_is_not_theirs(goal, make_user, as_user):
	theirs = goal(company=second_company())
	director = make_user(["Sales Master Manager", "Sales Manager"])
	frappe.permissions.add_user_permission("Company", records.COMPANY, director)
	with as_user(director):
		doc = frappe.get_doc("Sales Goal", theirs.name)
		doc.company = records.COMPANY
		with pytest.raises(frappe.PermissionError):
			doc.save()


def test_the_funnel_tells_no_goals_of_another_team(tree, rep, manager, as_user, process):
	def told(user, sales_person):
		filters = {**NOVEMBER, "process": process, "sales_person": sales_person, "company": records.COMPANY}
		with as_user(user):
			columns, rows, *_more = funnel_report(filters)
		return any(one["fieldname"] == "goal_reached" for one in columns), [
			row["goal_reached"] for row in rows if row["goal_reached"]
		]

	assert told(manager, tree.own.sales_person) == (True, [10])
	assert told(rep, None) == (True, [10])
	assert told(rep, tree.team.sales_person) == (False, [])
	assert told(manager, tree.foreign.sales_person) == (False, [])


def test_the_funnel_of_all_companies_tells_the_goals_of_ones_own(goal, rep, as_user, process):
	goal(target=7)
	goal(target=30, company=second_company())
	assert goals.goals_of(process, date(2026, 11, 1), date(2026, 11, 30))[stages.EXPLORED, "Entered"] == 37
	frappe.permissions.add_user_permission("Company", records.COMPANY, rep)
	with as_user(rep):
		rows = funnel_report({**NOVEMBER, "process": process})[1]
	assert [row["goal_reached"] for row in rows if row["goal_reached"]] == [7]


# The report and the words ------------------------------------------------------------------------------------------


def test_the_report_and_the_deals_behind_a_number(goal, november, call, frozen_time):
	made = goal(target=40)
	with frozen_time("2026-11-16 09:00"):
		goals.measure(made.name)
	columns, rows, message, chart, summary = progress_report(
		{"from_date": "2026-11-01", "to_date": "2026-11-30", "stage": stages.EXPLORED}
	)
	(row,) = (row for row in rows if row["goal"] == made.name)
	# Numbers for the export, with their unit for the reader.
	assert (row["actual"], row["target"], round(row["progress"])) == (10, 40, 25)
	assert (row["actual_said"], row["target_said"]) == ("10", "40")
	assert row["landing"] == rules.MISSES and "out of reach" in row["forecast"]
	assert {one["fieldname"] for one in columns} <= set(row)
	assert "2026-11-16" in message and chart and len(summary) == 5
	told = call(API + "standing", name=made.name)
	assert told["words"] == row["forecast"] and told["deals"] == row["deals"]
	shown = funnel_report({key: value for key, value in told["deals"].items() if value})[1]
	assert len(shown) == row["sample"]
	assert json.dumps(told["deals"])
	frappe.local.lang = "zh"
	assert "2026-11" in goals.title(numbers(made.name)) and "Entered" not in goals.title(numbers(made.name))
