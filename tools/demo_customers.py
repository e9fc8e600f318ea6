"""What a sales team knows of its customers after a quarter: profiles, needs talks, research and account plans.

Made through the documents themselves and the app's own functions; the people are roles, the companies made up. For
demo sites only.
"""

from __future__ import annotations

import random
from datetime import timedelta

import frappe
from frappe.utils import add_days, getdate, now_datetime

_TAGS = (
	("Comparing Suppliers", "Budget Planned", "Low Efficiency"),
	("Need Recognised", "Budget Unclear", "Scattered Data", "Cautious"),
	("Ready to Buy", "Budget Approved", "Slow Delivery", "Price-Sensitive"),
	("Comparing Suppliers", "Budget Approved", "Quality Problems", "Security-Minded"),
)
_PEOPLE = (
	("Plant Manager", "Decision Maker", "Supporter", "High"),
	("Head of Purchasing", "Purchasing", "Neutral", "High"),
	("Production Planner", "User", "Champion", "Medium"),
	("Head of Finance", "Finance", "Sceptic", "Medium"),
	("Assistant of the Management", "Gatekeeper", "Unknown", "Low"),
)
_NEEDS = (
	("Change of the plan in minutes when an order comes in between", "Explicit", "Rigid", "Must", 5),
	("One figure of the stock for plant and warehouse", "Explicit", "Rigid", "Must", 4),
	("Nobody types the same order twice", "Implicit", "Rigid", "Expected", 5),
	("Delivery dates that hold, to keep the big customers", "Implicit", "Value-adding", "Expected", 3),
	("A report for the management every Monday", "Explicit", "Value-adding", "Deferrable", 4),
)
_ANSWERS = (
	("Situation", "Which systems do you plan your orders with today?", "Spreadsheets, one per line."),
	("Problem", "What takes longest when an order changes?", "Two planners sit over it for half a day."),
	("Implication", "What does a late delivery cost you?", "Last year we lost a customer over it."),
	("Need-payoff", "What would change if the plan were right within minutes?", "We could promise dates."),
)
_ZH_ANSWERS = (
	("Situation", "贵司目前用什么系统排产?", "每条产线各用一份表格。"),
	("Problem", "订单变更时，哪一步最耗时?", "两名计划员要花半天重排。"),
	("Implication", "交货延误给贵司带来哪些损失?", "去年因此流失了一家大客户。"),
	("Need-payoff", "如果几分钟内就能排好计划，会有什么改变?", "我们就敢承诺交期了。"),
)
_ZH_NEEDS = (
	("插单后几分钟内完成重新排产", "Explicit", "Rigid", "Must", 5),
	("工厂与仓库库存数据一致", "Explicit", "Rigid", "Must", 4),
	("交期可承诺，留住大客户", "Implicit", "Value-adding", "Expected", 3),
)
_CHOSEN = 18


def make(rng: random.Random) -> None:
	"""Fills what the sales standard asks to know of customers, for leads that are there."""
	leads = frappe.get_all(
		"Lead",
		filters={"sf_grade": ("in", ("A", "B")), "sf_invalid_reason": ("is", "not set")},
		fields=["name", "company_name", "lead_owner", "lead_name", "email_id"],
		order_by="name",
		limit=_CHOSEN,
	)
	_company_facts(rng)
	_target_profiles()
	for i, lead in enumerate(leads):
		_profile(rng, lead, i)
	for i, lead in enumerate(leads[:12]):
		_needs(lead, i)
	_research()
	_account_plans()


def _company_facts(rng: random.Random) -> None:
	"""Industry and size of what is there, so that target profiles have something to compare."""
	industries = [
		name
		for name in (
			"Manufacturing",
			"Software",
			"Transportation",
			"Health Care",
			"Retail & Wholesale",
			"Energy",
		)
		if frappe.db.exists("Industry Type", name)
	]
	for name in frappe.get_all("Lead", pluck="name", order_by="name"):
		lead = frappe.get_doc("Lead", name)
		if rng.random() < 0.85:
			lead.industry = rng.choice(industries)
		if rng.random() < 0.8:
			lead.no_of_employees = rng.choice(("11-50", "51-200", "201-500", "501-1000"))
		if rng.random() < 0.6:
			lead.job_title = rng.choice([person[0] for person in _PEOPLE])
		lead.flags.ignore_permissions = True
		lead.save()


def _target_profiles() -> None:
	for name, industry, smallest, largest, pain in (
		("Mid-Sized Manufacturers", "Manufacturing", "51-200", "501-1000", "Low Efficiency"),
		("Growing Logistics Companies", "Transportation", "11-50", "201-500", "Slow Delivery"),
	):
		frappe.get_doc(
			{
				"doctype": "Target Customer Profile",
				"profile_name": name,
				"industries": [{"industry": industry}],
				"employees_from": smallest,
				"employees_to": largest,
				"pain_points": [{"tag": pain}],
				"roles": [{"role": "Decision Maker", "needed": "Reached"}],
			}
		).insert(ignore_permissions=True)


def _profile(rng: random.Random, lead: frappe._dict, i: int) -> None:
	from salesflow_std.salesflow_std import profiles

	profile = frappe.get_doc("Customer Profile", profiles.ensure("Lead", lead.name))
	for tag in _TAGS[i % len(_TAGS)]:
		profile.append("tags", {"tag": tag})
	people = rng.sample(_PEOPLE[1:], rng.randrange(1, 4))
	if i % 3:
		people.insert(0, _PEOPLE[0])
	for position, role, stance, influence in people:
		reached = rng.random() < 0.55
		profile.append(
			"decision_chain",
			{
				"person": position,
				"position": position,
				"role": role,
				"stance": stance if reached else "Unknown",
				"influence": influence,
				"reached": int(reached),
			},
		)
	profile.budget_from, profile.budget_to = 100_000, 200_000 + 50_000 * (i % 4)
	profile.save(ignore_permissions=True)


def _needs(lead: frappe._dict, i: int) -> None:
	"""Talks in every state: planned, held, sent, confirmed, corrected."""
	from salesflow_std.salesflow_std import confirmations

	now = now_datetime().replace(microsecond=0)
	chinese = "有限公司" in (lead.company_name or "")
	record = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"contact_name": lead.lead_name,
			"email_id": lead.email_id,
			"language": "zh" if chinese else "en",
			"agreed_on": add_days(getdate(), -6),
			"planned_on": now + timedelta(days=2) if i % 6 == 0 else now - timedelta(hours=30),
			"channel": "Visit",
		}
	)
	if i % 6:
		record.talked_on = now - timedelta(hours=(0, 22, 30, 4, 26, 50)[i % 6])
		record.summary = (
			"感谢您抽出时间。以下是我们对贵司需求的理解，请确认。"
			if chinese
			else "Thank you for your time. This is how we have understood what you need."
		)
		for kind, question, answer in _ZH_ANSWERS if chinese else _ANSWERS:
			record.append("answers", {"kind": kind, "question": question, "answer": answer})
		for need, explicitness, nature, priority, match in _ZH_NEEDS if chinese else _NEEDS:
			record.append(
				"needs",
				{
					"need": need,
					"explicitness": explicitness,
					"nature": nature,
					"priority": priority,
					"match_score": match,
					"said_by": lead.lead_name,
					"said_on": getdate(record.talked_on),
					"evidence": "沟通中客户原话" if chinese else "Said in the talk",
				},
			)
	record.insert(ignore_permissions=True)
	if i % 6 < 2:
		return
	record = confirmations.send(record.name)
	if i % 6 == 2:
		return
	corrections = {record.needs[-1].need_key: "Every Friday, not Monday"} if i % 6 == 5 else {}
	confirmations.record_answer(
		record.name,
		confirmations.Answer(
			verdict="Corrected" if corrections else "Confirmed",
			by=lead.lead_name,
			on=now,
			channel="Phone",
			corrections=corrections,
			recorded_by=frappe.session.user,
		),
	)


def _research() -> None:
	frappe.get_doc(
		{
			"doctype": "Market Research",
			"title": "Planning software for packaging plants",
			"industry": "Manufacturing" if frappe.db.exists("Industry Type", "Manufacturing") else None,
			"market_size": 42_000_000,
			"size_year": getdate().year,
			"growth_rate": 7.5,
			"technology": "Planning moves from spreadsheets to the browser; machines report by themselves.",
			"gaps": "Nobody serves plants below 200 people in their own language.",
			"competition": "Two large suites and many local houses.",
			"findings": [
				{
					"topic": "Growth",
					"finding": "Orders of planning software grow faster than those of machines.",
					"sources": "Annual report of the industry association\nSurvey among 40 plants",
				},
				{
					"topic": "Gaps",
					"finding": "Half of the plants plan in spreadsheets.",
					"sources": "Survey among 40 plants",
				},
			],
			"candidates": [
				{
					"company_name": f"{place} Packaging Works",
					"potential": potential,
					"reason": reason,
					"no_of_employees": "51-200",
				}
				for place, potential, reason in (
					("Upland", "High Potential", "Third shift since spring, plans by hand"),
					("Coast", "High Potential", "Has lost an order over late deliveries"),
					("Delta", "Risky", "Pays late"),
					("Meadow", "Not Now", "New system last year"),
				)
			],
			"conclusion": "Begin with plants of 50 to 200 people.",
		}
	).insert(ignore_permissions=True)


def _account_plans() -> None:
	"""Every other A account has its plan; the rest show on My Day."""
	accounts = frappe.get_all("Customer", filters={"sf_grade": "A"}, pluck="name", order_by="name")
	for customer in accounts[::2]:
		owner = frappe.db.get_value("Customer", customer, "account_manager") or frappe.session.user
		frappe.get_doc(
			{
				"doctype": "Account Plan",
				"party_type": "Customer",
				"party": customer,
				"plan_owner": owner,
				"from_date": getdate(),
				"to_date": add_days(getdate(), 180),
				"goal": "Second plant on the same plan within half a year",
				"situation": "The first plant is pleased; the second still plans by hand.",
				"actions": [
					{
						"action": "Reference visit with the planner of the second plant",
						"allocated_to": owner,
						"due_on": add_days(getdate(), 14),
					},
					{
						"action": "Show the management what the first plant saves",
						"allocated_to": owner,
						"due_on": add_days(getdate(), 30),
					},
				],
				"reviews": [{"review_on": add_days(getdate(), 30)}],
			}
		).insert(ignore_permissions=True)
