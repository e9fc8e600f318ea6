"""A quarter of believable leads and opportunities, so that a newcomer sees the standard at work.

Everything is made through the documents themselves and the scoring API, at the times it is said to have
happened; the records carry made-up names and example.com addresses. For demo sites only.
"""

from __future__ import annotations

import random
from datetime import timedelta

import frappe
from frappe.utils import add_to_date, getdate, now_datetime

from salesflow_std.jobs import follow_up_clock, grade_clock, take_in
from tools import (
	demo_after_sale,
	demo_care,
	demo_customers,
	demo_management,
	demo_minutes,
	demo_objections,
	demo_reviewers,
	demo_solutions,
	demo_stages,
	demo_year,
)

_SEED = 7
_LEADS = 120
_OPPORTUNITIES = 45

_INDUSTRIES = ("Machinery", "Software", "Logistics", "Medical Devices", "Packaging", "Retail", "Energy")
_PLACES = ("North", "South", "East", "West", "Harbour", "Valley", "Lake", "River")
_CHINESE = ("东方", "华南", "滨海", "江城", "云岭", "北辰")
_SOURCES = ("Exhibition", "Website", "Reference", "Advertisement", "Partner", "Community")
_EVIDENCE = {
	"B": ("Budget named in the first call", "Waits for the budget of next year", "No figure yet"),
	"N": ("Loses orders through late planning", "Looks around", "Asked for a demo"),
	"A": ("Plant manager decides", "Purchasing and IT both sign", "Contact is an assistant"),
	"U": ("Line starts in eight weeks", "Some time next year", "Before the next season"),
}


def make() -> dict[str, int]:
	"""Fills the site once; a second call only counts. Returns what there is."""
	demo_reviewers.make()
	if not frappe.db.exists("Lead", {"email_id": ("like", "%@demo.example.com")}):
		frappe.flags.mute_emails = True
		_dates_of_the_country()
		demo_stages.begin()
		rng = random.Random(_SEED)
		names = [_lead(rng, i) for i in range(_LEADS)]
		_opportunities(rng, names)
		_accounts(rng)
		_value_contents()
		take_in.run()
		grade_clock.tick()
		follow_up_clock.tick()
		_follow_ups(rng)
		demo_customers.make(rng)
		follow_up_clock.tick()
	demo_solutions.make()
	demo_objections.make()
	demo_minutes.make()
	demo_stages.make()
	demo_after_sale.make()
	demo_care.make()
	demo_year.make()
	demo_management.make()
	return {
		"Leads": frappe.db.count("Lead"),
		**{f"  grade {grade}": frappe.db.count("Lead", {"sf_grade": grade}) for grade in ("A", "B", "C")},
		"  not graded": frappe.db.count("Lead", {"sf_grade": ("is", "not set")}),
		"  first touch overdue": frappe.db.count("Lead", {"sf_first_touch_status": "Overdue"}),
		"  grades to review": frappe.db.count("Lead", {"sf_grade_stale": 1}),
		"Follow-ups planned": frappe.db.count("Follow Up", {"status": "Planned"}),
		"  overdue": frappe.db.count("Follow Up", {"status": "Planned", "due_on": ("<", now_datetime())}),
		"Opportunities": frappe.db.count("Opportunity"),
		**{
			f"  grade {grade} ": frappe.db.count("Opportunity", {"sf_grade": grade})
			for grade in ("S", "A", "B")
		},
		"Needs records": frappe.db.count("Needs Record"),
		"  confirmed by the customer": frappe.db.count("Needs Record", {"status": "Confirmed"}),
		"Objections": frappe.db.count("Objection"),
		"Solution proposals": frappe.db.count("Solution Proposal"),
		"Account plans": frappe.db.count("Account Plan"),
		"Meeting minutes": frappe.db.count("Meeting Minutes"),
		"Stage transitions": frappe.db.count("Stage Transition"),
		"  longer in a stage than allowed": frappe.db.count("Opportunity", {"sf_stage_late": ("is", "set")}),
		"Lost deals": frappe.db.count("Opportunity", {"status": "Lost"}),
		"Contracts": frappe.db.count("Contract"),
		**demo_after_sale.summary(),
		**demo_care.summary(),
		**demo_year.summary(),
		**demo_management.summary(),
		"Customers scored": frappe.db.count("Customer", {"sf_grade": ("is", "set")}),
	}


def _dates_of_the_country() -> None:
	"""As the setup wizard sets them for China."""
	for key, value in (("date_format", "yyyy-mm-dd"), ("first_day_of_the_week", "Monday")):
		frappe.db.set_single_value("System Settings", key, value)
		frappe.db.set_default(key, value)


def _owners() -> list[str]:
	"""The site's own sales people, or the administrator where there are none."""
	users = frappe.get_all(
		"Has Role",
		filters={"role": "Sales User", "parenttype": "User"},
		pluck="parent",
		order_by="parent",
		distinct=True,
	)
	return [user for user in users if user not in ("Administrator", "Guest")] or ["Administrator"]


def _lead(rng: random.Random, i: int) -> str:
	now = now_datetime().replace(microsecond=0)
	# More recent ones than old ones, as in life.
	captured = now - timedelta(hours=round(24 * 90 * rng.random() ** 2) + rng.randrange(2, 20))
	entered = captured + timedelta(hours=rng.choice((0, 0, 1, 1, 2, 5, 9, 30)))
	industry = rng.choice(_INDUSTRIES)
	company = (
		f"{rng.choice(_CHINESE)}示例{i:03d}有限公司"
		if rng.random() < 0.35
		else f"{rng.choice(_PLACES)} {industry} {i:03d} Ltd"
	)
	lead = frappe.get_doc(
		{
			"doctype": "Lead",
			"first_name": f"Contact {i:03d}",
			"company_name": company,
			"email_id": f"contact{i:03d}@demo.example.com",
			"mobile_no": f"+86 139 {rng.randrange(10**4):04d} {i:04d}",
			"source": rng.choice(_SOURCES) if rng.random() < 0.93 else None,
			"lead_owner": rng.choice(_owners()),
			"sf_captured_on": captured,
			"annual_revenue": rng.choice((2, 5, 8, 20, 60)) * 1_000_000,
		}
	)
	lead.flags.ignore_permissions = True
	lead.insert()
	_happened(lead, entered)
	if rng.random() < 0.05:
		lead.reload()
		lead.sf_invalid_reason = rng.choice(("Test Data", "Not a Target Industry", "Wrong Contact Details"))
		lead.save(ignore_permissions=True)
	elif rng.random() < 0.88:
		_score(rng, lead, entered)
	return lead.name


def _happened(lead: frappe.model.document.Document, entered: object) -> None:
	"""Puts the entry of a lead at the time it is said to have happened."""
	late = entered - frappe.utils.get_datetime(lead.sf_captured_on) > timedelta(hours=24)
	frappe.db.set_value(
		"Lead",
		lead.name,
		{"creation": entered, "sf_late_entry": int(late)},
		update_modified=False,
	)


def _score(rng: random.Random, lead: frappe.model.document.Document, entered: object) -> None:
	from salesflow_std.salesflow_std import touches
	from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model
	from salesflow_std.salesflow_std.grading import clocks, subject_fields

	warmth = rng.gauss(3, 1.1)
	points = {code: min(5, max(1, round(rng.gauss(warmth, 0.9)))) for code in "BNAU"}
	scored = min(entered + timedelta(hours=rng.randrange(1, 30)), now_datetime())
	record = frappe.get_doc(
		{
			"doctype": "BNAU Score",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"lines": [
				{
					"dimension": code,
					"points": value,
					"evidence": rng.choice(_EVIDENCE[code]) if rng.random() < 0.5 else None,
				}
				for code, value in points.items()
			],
		}
	)
	record.insert(ignore_permissions=True)
	record.db_set("scored_on", scored, update_modified=False)
	model = engine_model(record.scoring_model)
	subject = frappe.db.get_value("Lead", lead.name, subject_fields("Lead"), as_dict=True)
	band = model.band(record.grade)
	dates = clocks("Lead", band, scored, subject, now_datetime())
	frappe.db.set_value("Lead", lead.name, {"sf_graded_on": scored, **dates}, update_modified=False)
	if band.first_touch and rng.random() < 0.8:
		touched = scored + timedelta(hours=rng.randrange(1, 60))
		if touched < now_datetime():
			touches.record("Lead", lead.name, touched, rng.choice(("Phone", "E-mail", "Visit")))


def _opportunities(rng: random.Random, leads: list[str]) -> None:
	company = frappe.defaults.get_global_default("company")
	for i, lead in enumerate(rng.sample(leads, _OPPORTUNITIES)):
		closing = (
			None
			if i % 11 == 0
			else add_to_date(getdate(), days=rng.choice((5, 12, 25, 40, 70, 85, 120, 200)))
		)
		opportunity = frappe.get_doc(
			{
				"doctype": "Opportunity",
				"opportunity_from": "Lead",
				"party_name": lead,
				"company": company,
				"currency": frappe.get_cached_value("Company", company, "default_currency"),
				"conversion_rate": 1,
				"expected_closing": closing,
				"probability": rng.choice((10, 30, 50, 70, 80, 90)),
				"opportunity_amount": rng.choice((5, 8, 15, 40, 90, 180, 320)) * 1000,
				"opportunity_owner": rng.choice(_owners()),
			}
		)
		opportunity.insert(ignore_permissions=True)


def _accounts(rng: random.Random) -> None:
	from salesflow_std.api.scoring import score

	for i in range(12):
		customer = frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": f"{rng.choice(_PLACES)} Account {i:02d} Ltd",
				"customer_type": "Company",
				"account_manager": rng.choice(_owners()),
			}
		).insert(ignore_permissions=True)
		codes = ("SIZE", "FIT", "URGENCY", "BUDGET", "CHAIN")
		lowest = 4 if i % 3 == 0 else 2
		score("Customer", customer.name, {code: rng.randint(lowest, 5) for code in codes})


_VALUE_CONTENTS = (
	("Case", "en", "How a packaging plant halved its planning time", "Three pages, with the figures."),
	(
		"Policy Digest",
		"en",
		"What the new energy rules mean for mid-sized plants",
		"The five points that matter.",
	),
	("Event", "en", "Open house: planning in practice", "Two hours, with time for questions."),
	("Case", "zh", "一家包装企业如何把排产时间缩短一半", "三页内容,附数据。"),
	("Policy Digest", "zh", "新能耗政策对中型工厂意味着什么", "五个要点。"),
	("Trend Report", None, "Supply chains next year", "What buyers told us."),
)


def _value_contents() -> None:
	for kind, language, title, text in _VALUE_CONTENTS:
		frappe.get_doc(
			{
				"doctype": "Value Content",
				"title": title,
				"kind": kind,
				"content_language": language,
				"subject": title,
				"body": f"<p>{{{{ first_name }}}},</p><p>{text}</p>",
			}
		).insert(ignore_permissions=True)


def _follow_ups(rng: random.Random) -> None:
	"""A day as it comes: some touches are due today, some were due yesterday, some customers have written."""
	planned = frappe.get_all(
		"Follow Up",
		filters={"status": "Planned", "kind": "Rhythm"},
		fields=["name", "reference_doctype", "reference_name", "due_on"],
		order_by="name",
	)
	today = now_datetime().replace(hour=18, minute=0, second=0, microsecond=0)
	for touch in planned:
		chance = rng.random()
		if chance > 0.45:
			continue
		due = today if chance < 0.3 else today - timedelta(days=1)
		values = {"due_on": due, "late_on": today + timedelta(days=1)}
		if chance < 0.04:
			values |= {"kind": "Promise", "goal": "Keep the promised date"}
		frappe.db.set_value("Follow Up", touch.name, values, update_modified=False)
		frappe.db.set_value(
			touch.reference_doctype, touch.reference_name, "sf_next_touch_on", due, update_modified=False
		)
	leads = [touch.reference_name for touch in planned if touch.reference_doctype == "Lead"]
	for name in rng.sample(leads, min(6, len(leads))):
		frappe.get_doc(
			{
				"doctype": "Communication",
				"communication_type": "Communication",
				"communication_medium": "Email",
				"sent_or_received": "Received",
				"sender": frappe.db.get_value("Lead", name, "email_id"),
				"subject": "Re: Your visit",
				"content": "<p>Thank you, could you tell me more about the delivery time?</p>",
				"communication_date": now_datetime() - timedelta(hours=rng.randrange(1, 30)),
				"reference_doctype": "Lead",
				"reference_name": name,
			}
		).insert(ignore_permissions=True)
