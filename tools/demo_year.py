"""A year of selling before the demo's last quarter: leads that were won, lost or are still open, orders, invoices and payments.

So that a funnel, a target and a trend have something to say: better grades convert better, the negotiation loses more than
its goal allows, the second team has overtaken the first. Everything happened on working days counted back from today. For
demo sites only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, getdate, now_datetime

from tools import demo_data
from tools.demo_after_sale import _mails_gone, _no_gates
from tools.demo_deliveries import _MANAGER, _REP, _ZH_MANAGER, _ZH_REP
from tools.demo_stages import _COMPETITORS, _LEAD_STAGES, _REASONS, _STAGES, _STAYS, _make_named

_SEED = 23
_MAIL = "@year.example.com"
# How many leads a month brings, the oldest first: weak summers, a strong end of the year.
_LEADS_A_MONTH = (14, 16, 20, 22, 14, 12, 20, 22, 21, 20, 15, 14, 20, 22)
# The last of them begins so many days before today: the quarter after that is made elsewhere.
_ENDS_BEFORE = 40
_LAST_STAGE = "Closed and Served"
# The chance of going on from each stage, by grade.
_CHANCES = {
	"A": (0.96, 0.92, 0.90, 0.86, 0.72),
	"B": (0.88, 0.80, 0.80, 0.76, 0.55),
	"C": (0.55, 0.50, 0.60, 0.55, 0.35),
}
_OWNERS = (_REP, _REP, _ZH_REP, _ZH_REP, _ZH_REP, _MANAGER, _ZH_MANAGER)
_AMOUNTS = (36, 48, 64, 96, 120, 148, 180, 260)
_PLACES = ("Coast", "Delta", "Forest", "Summit", "Plain", "Island")
_CHINESE = ("岭南", "长河", "金湾", "松江", "海州")
_STREAM = (*_LEAD_STAGES, *_STAGES, _LAST_STAGE)


@dataclass
class _Way:
	"""The stages a deal has entered with their times, and how it ended: won, lost, or open."""

	stages: list[str]
	moments: list[datetime]
	ended: str
	ended_on: datetime | None


def make() -> None:
	"""Fills the year, once."""
	if frappe.db.exists("Lead", {"email_id": ("like", f"%{_MAIL}")}):
		return
	frappe.flags.mute_emails = True
	rng = random.Random(_SEED)
	for reason in _REASONS:
		_make_named("Opportunity Lost Reason", "lost_reason", reason)
	for competitor in _COMPETITORS:
		_make_named("Competitor", "competitor_name", competitor)
	with _mails_gone(), _no_gates():
		number = 0
		for months_ago, count in zip(range(len(_LEADS_A_MONTH), 0, -1), _LEADS_A_MONTH, strict=True):
			for _lead_of_month in range(count):
				number += 1
				days = _ENDS_BEFORE + 30 * (months_ago - 1) + rng.randrange(30)
				_deal(rng, number, days)
	_settle()


def _deal(rng: random.Random, number: int, days: int) -> None:
	captured = _office_hours(rng, now_datetime() - timedelta(days=days))
	lead = _lead(rng, number, captured)
	grade = frappe.db.get_value("Lead", lead.name, "sf_grade") or "C"
	way = _way(rng, captured, grade)
	_touches(rng, lead, way)
	_log(lead, way, _LEAD_STAGES)
	if len(way.stages) <= len(_LEAD_STAGES):
		_end_lead(rng, lead, way)
		return
	deal = _opportunity(rng, lead, way)
	if way.ended == "won":
		_won(rng, lead, deal, way.ended_on)


def _office_hours(rng: random.Random, moment: datetime) -> datetime:
	moment -= timedelta(days=max(0, moment.weekday() - 4))
	return moment.replace(hour=rng.randint(9, 16), minute=rng.randrange(60), second=0, microsecond=0)


def _way(rng: random.Random, captured: datetime, grade: str) -> _Way:
	"""Where a deal of a grade got, as far as today."""
	stages, moments, moment = [_STREAM[0]], [captured], captured
	for place, chance in enumerate(_CHANCES[grade]):
		moment = _office_hours(rng, moment + timedelta(days=1 + rng.randint(*_STAYS[_STREAM[place]])))
		if moment >= now_datetime():
			return _Way(stages, moments, "open", None)
		if rng.random() > chance:
			return _Way(stages, moments, "lost", moment)
		stages.append(_STREAM[place + 1])
		moments.append(moment)
	return _Way(stages, moments, "won", moment)


# The lead ----------------------------------------------------------------------------------------------------


def _lead(rng: random.Random, number: int, captured: datetime) -> Document:
	chinese = rng.random() < 0.4
	industry = rng.choice(demo_data._INDUSTRIES)
	company = (
		f"{rng.choice(_CHINESE)}示例{number:03d}股份有限公司"
		if chinese
		else f"{rng.choice(_PLACES)} {industry} {number:03d} Ltd"
	)
	lead = frappe.get_doc(
		{
			"doctype": "Lead",
			"first_name": f"Contact {number:03d}",
			"company_name": company,
			"email_id": f"contact{number:03d}{_MAIL}",
			"source": rng.choices((*demo_data._SOURCES, None), (5, 6, 4, 3, 2, 1, 1))[0],
			"lead_owner": rng.choice(_OWNERS),
			"sf_captured_on": captured,
			"territory": "China",
		}
	)
	lead.flags.ignore_permissions = True
	lead.insert()
	entered = captured + timedelta(hours=rng.choice((0, 0, 1, 1, 2, 5, 30 if rng.random() < 0.5 else 3)))
	demo_data._happened(lead, entered)
	demo_data._score(rng, lead, entered)
	if rng.random() < 0.7:
		# Looked at again, mostly within the week for which facts are believed.
		demo_data._score(rng, lead, entered + timedelta(days=rng.choice((4, 5, 6, 6, 7, 9))))
	return lead.reload()


def _end_lead(rng: random.Random, lead: Document, way: _Way) -> None:
	"""Some that end go to the nurture pool, some have said no."""
	values: dict[str, object] = {"sf_stage": way.stages[-1]}
	if way.ended == "lost" and rng.random() < 0.75:
		values |= {"status": "Do Not Contact", "sf_next_touch_on": None}
	else:
		# Who is still talked to, or kept warm, was looked at last week.
		looked = now_datetime() - timedelta(days=rng.randint(1, 6))
		values |= {"sf_graded_on": looked, "sf_grade_stale": 0}
		if way.ended == "lost":
			values |= {"sf_in_nurture": 1, "sf_next_touch_on": None}
	frappe.db.set_value("Lead", lead.name, values, update_modified=False)


def _touches(rng: random.Random, lead: Document, way: _Way) -> None:
	"""The rhythm of those weeks: most touches in time, more missed by those who have more leads."""
	from salesflow_std.salesflow_std import follow_ups

	# What scoring has planned for today belongs to a deal of then.
	frappe.db.delete(
		"Follow Up", {"reference_doctype": "Lead", "reference_name": lead.name, "status": "Planned"}
	)
	end = way.ended_on or now_datetime()
	step = {"A": 4, "B": 7}.get(lead.sf_grade, 30)
	rows, due = [], way.moments[0] + timedelta(days=step)
	missing = 0.24 if lead.lead_owner in (_REP, _MANAGER) else 0.13
	while due < end and len(rows) < 8:
		rows.append(_touch(rng, lead, _office_hours(rng, due).replace(hour=18), missing))
		due += timedelta(days=step)
	follow_ups.insert_rows(rows)


def _touch(rng: random.Random, lead: Document, due: datetime, missing: float) -> dict[str, object]:
	told: dict[str, object] = {"status": "Missed"}
	if rng.random() > missing:
		told = {
			"status": "Done",
			"outcome": rng.choice(("Reached", "Sent", "No Answer")),
			"done_on": due - timedelta(hours=rng.randint(1, 8)),
			"done_by": lead.lead_owner,
		}
	return {
		"name": frappe.generate_hash(length=16),
		"docstatus": 0,
		"idx": 0,
		"title": lead.title,
		"reference_doctype": "Lead",
		"reference_name": lead.name,
		"allocated_to": lead.lead_owner,
		"kind": "Rhythm",
		"due_on": due,
		"late_on": due + timedelta(days=1),
		"channel": rng.choice(("E-mail", "Phone", "Visit")),
		"goal": "Keep in touch",
		"grade": lead.sf_grade,
		**told,
	}


# The way -----------------------------------------------------------------------------------------------------


def _log(doc: Document, way: _Way, stages: Sequence[str], lead: str | None = None) -> None:
	"""Writes the part of a way that lies in some stages as the log of a document, in place of what insert wrote."""
	from salesflow_std.salesflow_std import transitions

	transitions.deleted(doc.doctype, doc.name)
	doc.sf_stage_entered_on = None
	before = entered = None
	came_from = ("Lead", lead) if lead else None
	if lead:
		place = way.stages.index(stages[0]) - 1
		before, entered = way.stages[place], way.moments[place]
	owner = doc.get("opportunity_owner") or doc.get("lead_owner")
	for stage, moment in zip(way.stages, way.moments, strict=True):
		if stage not in stages:
			continue
		transitions.log(
			doc,
			before,
			stage,
			entered_on=entered,
			changed_on=moment,
			changed_by=owner,
			came_from=came_from,
		)
		before, entered, came_from = stage, moment, None


def _opportunity(rng: random.Random, lead: Document, way: _Way) -> Document:
	company = frappe.defaults.get_global_default("company")
	amount = rng.choice(_AMOUNTS) * 1000
	began = way.moments[len(_LEAD_STAGES)]
	closing = add_days(began.date(), rng.choice((25, 45, 60, 80, 110)))
	if way.ended == "open":
		closing = max(closing, add_days(getdate(), rng.choice((8, 20, 40))))
	deal = frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Lead",
			"party_name": lead.name,
			"company": company,
			"currency": frappe.get_cached_value("Company", company, "default_currency"),
			"conversion_rate": 1,
			"source": lead.source,
			"territory": lead.territory,
			"expected_closing": closing,
			"opportunity_owner": lead.lead_owner,
			"items": [{"item_code": "PLAN-LINE", "qty": 1, "rate": amount}],
			"opportunity_amount": amount,
		}
	).insert(ignore_permissions=True)
	_log(deal, way, (*_STAGES, _LAST_STAGE), lead=lead.name)
	values: dict[str, object] = {
		"sf_stage": way.stages[-1],
		"sales_stage": way.stages[-1],
		"transaction_date": began.date(),
		"creation": began,
	}
	if way.ended != "open":
		# As it was graded when it began.
		days = (closing - began.date()).days
		values["sf_grade"] = "S" if days <= 30 else "A" if days <= 90 else "B"
	if way.ended == "lost":
		values |= {"status": "Lost", "sf_lost_on": way.ended_on, "sf_next_touch_on": None}
		deal.append("lost_reasons", {"lost_reason": rng.choices(_REASONS, (5, 3, 2, 2, 1))[0]}).db_insert()
		if rng.random() < 0.6:
			deal.append("competitors", {"competitor": rng.choice(_COMPETITORS)}).db_insert()
	frappe.db.set_value("Opportunity", deal.name, values, update_modified=False)
	if way.ended == "lost":
		frappe.db.delete(
			"Follow Up",
			{"reference_doctype": "Opportunity", "reference_name": deal.name, "status": "Planned"},
		)
	frappe.db.set_value(
		"Lead", lead.name, {"status": "Opportunity", "sf_next_touch_on": None}, update_modified=False
	)
	return deal.reload()


# What was won ------------------------------------------------------------------------------------------------


def _won(rng: random.Random, lead: Document, deal: Document, day: datetime) -> None:
	customer = frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": lead.company_name,
			"customer_type": "Company",
			"account_manager": lead.lead_owner,
			"lead_name": lead.name,
			"territory": "China",
		}
	).insert(ignore_permissions=True)
	frappe.db.set_value("Customer", customer.name, "creation", day, update_modified=False)
	frappe.db.set_value("Lead", lead.name, {"status": "Converted"}, update_modified=False)
	frappe.db.set_value(
		"Opportunity", deal.name, {"status": "Converted", "sf_next_touch_on": None}, update_modified=False
	)
	frappe.db.delete(
		"Follow Up", {"reference_doctype": "Opportunity", "reference_name": deal.name, "status": "Planned"}
	)
	invoice = _invoice(_order(customer.name, deal, day.date()), day.date())
	paid_on = invoice.posting_date + timedelta(days=rng.choice((12, 20, 25, 28, 29, 44)))
	if paid_on < getdate() and rng.random() < 0.93:
		_payment(invoice, paid_on)


def _sales_team(user: str) -> list[dict[str, object]]:
	employee = frappe.db.get_value("Employee", {"user_id": user})
	person = frappe.db.get_value("Sales Person", {"employee": employee})
	return [{"sales_person": person, "allocated_percentage": 100}]


def _order(customer: str, deal: Document, day: object) -> Document:
	order = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"customer": customer,
			"company": deal.company,
			"transaction_date": day,
			"delivery_date": add_days(day, 14),
			"items": [{"item_code": "PLAN-LINE", "qty": 1, "rate": deal.opportunity_amount}],
			"sales_team": _sales_team(deal.opportunity_owner),
		}
	)
	order.skip_delivery_note = 1
	order.insert(ignore_permissions=True)
	order.submit()
	return order


def _invoice(order: Document, day: object) -> Document:
	from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

	invoice = make_sales_invoice(order.name, ignore_permissions=True)
	posted = min(add_days(day, 3), getdate())
	invoice.update({"set_posting_time": 1, "posting_date": posted, "due_date": add_days(posted, 30)})
	invoice.payment_terms_template = None
	invoice.payment_schedule = []
	invoice.insert(ignore_permissions=True)
	invoice.submit()
	return invoice


def _payment(invoice: Document, day: object) -> None:
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	bank = frappe.get_all(
		"Account",
		filters={"company": invoice.company, "account_type": ("in", ("Bank", "Cash")), "is_group": 0},
		pluck="name",
		order_by="name",
		limit=1,
	)
	payment = get_payment_entry("Sales Invoice", invoice.name, bank_account=bank[0])
	payment.update({"posting_date": day, "reference_no": invoice.name, "reference_date": day})
	payment.insert(ignore_permissions=True)
	payment.submit()


def _settle() -> None:
	"""The clocks have seen it all: what stands too long is marked, what is open is planned anew."""
	from salesflow_std.jobs import follow_up_clock, grade_clock, stage_clock

	grade_clock.tick()
	stage_clock.tick()
	follow_up_clock.tick()


def summary() -> dict[str, int]:
	"""What there is, for the last lines of `make demo`."""
	return {
		"Deals of the year before": frappe.db.count("Lead", {"email_id": ("like", f"%{_MAIL}")}),
		"  won": frappe.db.count("Opportunity", {"status": "Converted"}),
		"Sales invoices": frappe.db.count("Sales Invoice", {"docstatus": 1}),
	}
