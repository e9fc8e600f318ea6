"""What a manager looks at: goals of the stages, targets of the year, closed months, weekly sheets, coaching and recognition.

Made by the app's own functions and clocks, over the history that is there. For demo sites only.
"""

from __future__ import annotations

from datetime import date, timedelta

import frappe
from frappe.utils import add_days, add_months, get_first_day, get_last_day, getdate, now_datetime

from tools.demo_after_sale import _mails_gone
from tools.demo_deliveries import _MANAGER, _REP, _ZH_MANAGER, _ZH_REP
from tools.demo_solutions import _as

_PROCESS = "Six Stages"
# Stage, measure, target, and why that number.
_GOALS = (
	("Lead Acquired", "Entered", 20, "Fifteen from fairs and the website, five by referral. | 展会和官网 15 条，转介绍 5 条。"),
	("Qualified", "Conversion", 70, "Last year 65 %; calls on the day of capture are to bring the rest. | 去年 65%，当天回电补足差距。"),
	("Needs Explored", "Conversion", 70, "With a confirmed needs summary seven of ten see a solution. | 需求确认后，十家中有七家进入方案。"),
	("Negotiation", "Conversion", 78, "What was lost on price is to be won by value. | 以价值减少因价格丢单。"),
	("Solution Presented", "Median Days", 10, "Review within two days, presentation within the week after. | 评审两天，一周内演示。"),
)  # fmt: skip

# What was agreed in the weekly meetings: the team's own words.
_SAID = {
	_MANAGER: (
		(
			(
				"Ask purchasing of the three oldest negotiations for a date",
				_REP,
				"Done",
				"Two have named one",
			),
			("Prepare the reference visit at the packaging plant", _MANAGER, "Done", ""),
		),
		(
			("Go through all leads that were missed twice", _REP, "Open", ""),
			("Show the 480 hours before the price: one page for each industry", _MANAGER, "Open", ""),
		),
		"Demos on site: three of four went on.",
		"Prices named before the value was clear.",
	),
	_ZH_MANAGER: (
		(
			("给停留最久的三个谈判客户约定决策日期", _ZH_REP, "Done", "两家已定"),
			("整理包装行业案例一页纸", _ZH_MANAGER, "Done", ""),
		),
		(
			("展会线索两天内全部首触", _ZH_REP, "Open", ""),
			("和法务确认违约条款的两种备选写法", _ZH_MANAGER, "Open", ""),
		),
		"先演示终端再谈价格，成单明显加快。",
		"周五的跟进总被推到下周。",
	),
}


def make() -> None:
	"""Fills what is looked at on Monday morning, once."""
	if frappe.db.count("Sales Target Plan"):
		return
	from salesflow_std.jobs import goal_clock, kpi_clock, sales_review_clock

	with _mails_gone():
		_goals()
		goal_clock.run()
		_targets()
		kpi_clock.run()
		_meetings()
		sales_review_clock.prepare()
		sales_review_clock.daily()
		_decide()


def _company() -> str:
	return frappe.defaults.get_global_default("company")


# Goals -------------------------------------------------------------------------------------------------------


def _goals() -> None:
	"""Each stage's goal of this month, the five before and the quarter."""
	month = get_first_day(getdate())
	for back in range(5, -1, -1):
		first = get_first_day(add_months(month, -back))
		for stage, measure, target, why in _GOALS:
			_goal(stage, measure, target, why, "Month", first, get_last_day(first))
	quarter = date(month.year, 3 * ((month.month - 1) // 3) + 1, 1)
	end = get_last_day(add_months(quarter, 2))
	_goal("Negotiation", "Conversion", 78, _GOALS[3][3], "Quarter", quarter, end)
	_goal(
		"Closed and Served",
		"Won Value",
		2_400_000,
		"A fifth above the year before. | 比去年增长两成。",
		"Quarter",
		quarter,
		end,
	)
	year = date(month.year, 1, 1)
	for stage, measure, target, why in _GOALS:
		_goal(
			stage,
			measure,
			target * (12 if measure == "Entered" else 1),
			why,
			"Year",
			year,
			date(year.year, 12, 31),
		)


def _goal(stage: str, measure: str, target: float, why: str, period: str, first: date, last: date) -> None:
	frappe.get_doc(
		{
			"doctype": "Sales Goal",
			"sales_process": _PROCESS,
			"stage": stage,
			"measure": measure,
			"target": target,
			"company": _company(),
			"responsible": _MANAGER,
			"period": period,
			"from_date": first,
			"to_date": last,
			"reason": why,
		}
	).insert(ignore_permissions=True)


# Targets -----------------------------------------------------------------------------------------------------


def _targets() -> None:
	"""A plan for this year: what the year so far comes to, and a little more."""
	from salesflow_std.salesflow_std import target_plans

	year = getdate().year
	plan = frappe.get_doc(
		{
			"doctype": "Sales Target Plan",
			"title": f"{year}",
			"company": _company(),
			"fiscal_year": frappe.db.get_value("Fiscal Year", {"year_start_date": date(year, 1, 1)}),
			"total_amount": _sold(year),
			"new_customers": 48,
			"collection_rate": 95,
		}
	)
	target_plans.propose(plan)
	plan.insert(ignore_permissions=True)
	target_plans.distribute(plan)
	plan.save(ignore_permissions=True)
	target_plans.apply(plan)


def _sold(year: int) -> float:
	"""A fifth more than what the reps have sold so far comes to in a year, to the next ten thousand."""
	invoice, team = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Sales Team")
	person = frappe.qb.DocType("Sales Person")
	rows = (
		frappe.qb.from_(invoice)
		.join(team)
		.on(team.parent == invoice.name)
		.join(person)
		.on(person.name == team.sales_person)
		.select(invoice.base_net_total)
		.where((invoice.docstatus == 1) & (invoice.posting_date >= date(year, 1, 1)) & (person.is_group == 0))
		.run(pluck=True)
	)
	share_of_year = getdate().timetuple().tm_yday / 365
	return max(round(1.2 * float(sum(rows)) / share_of_year, -4), 600_000)


# Meetings ----------------------------------------------------------------------------------------------------


def _meetings() -> None:
	"""Two weekly sheets that were kept, and the one of this week as the clock leaves it."""
	from salesflow_std.salesflow_std import sales_review_teams, sales_reviews

	monday = getdate() - timedelta(days=getdate().weekday())
	for team in sales_review_teams.teams():
		said = _SAID.get(team.manager)
		if not said:
			continue
		*weeks, worked, failed = said
		for number, actions in enumerate(weeks):
			end = add_days(monday, -7 * (len(weeks) - number) - 1)
			with _as(team.manager):
				name = sales_reviews.make(team, sales_reviews.WEEKLY, add_days(end, -6), end)
				_meet(name, actions, worked if number else "", failed if number else "")
				frappe.db.set_value(
					"Sales Review",
					name,
					"kept_on",
					now_datetime() - timedelta(days=7 * (len(weeks) - number)),
				)
		# This week's is there, whatever the hour is that the demo is made at.
		sales_reviews.make(team, sales_reviews.WEEKLY, add_days(monday, -7), add_days(monday, -1))


def _meet(name: str, actions: tuple, worked: str, failed: str) -> None:
	from salesflow_std.salesflow_std import sales_reviews

	sales_reviews.begin_meeting(name)
	doc = frappe.get_doc("Sales Review", name)
	for row in doc.last_actions:
		row.status = "Done"
	for action, responsible, _status, _outcome in actions:
		doc.append(
			"actions",
			{"action": action, "responsible": responsible, "due_on": add_days(doc.to_date, 8)},
		)
	doc.update({"what_worked": worked, "what_did_not": failed, "send_to_team": 0})
	doc.save()
	sales_reviews.keep(name)
	for row, (_action, _responsible, status, outcome) in zip(
		frappe.get_doc("Sales Review", name).actions, actions, strict=True
	):
		if status == "Done" and row.todo:
			todo = frappe.get_doc("ToDo", row.todo)
			todo.status = "Closed"
			todo.flags.ignore_permissions = True
			todo.save()
			if outcome:
				frappe.db.set_value(
					"Sales Review Action", row.name, "outcome", outcome, update_modified=False
				)


def _decide() -> None:
	"""One recognition is confirmed; what else is proposed waits for its manager."""
	from salesflow_std.salesflow_std import coaching

	for name in frappe.get_all(
		"Coaching Record",
		filters={"status": "Proposed", "kind": "Recognition", "user": _ZH_REP},
		pluck="name",
		order_by="name",
		limit=1,
	):
		with _as(_ZH_MANAGER):
			coaching.confirm(
				name, agreed="两个月超额完成，周会上请他讲讲先演示后报价的做法。", note="靠做法，不靠运气。"
			)


def summary() -> dict[str, int]:
	"""What there is, for the last lines of `make demo`."""
	return {
		"Stage goals": frappe.db.count("Sales Goal"),
		"Months closed": len(frappe.get_all("KPI Score", pluck="month", distinct=True, order_by="month")),
		"Weekly sheets and reviews": frappe.db.count("Sales Review"),
		"Coaching and recognition": frappe.db.count("Coaching Record"),
	}
