"""Customers in care: tiers, what was done and skipped, a greeting that is near, and silences looked into.

Made by the jobs of the night and the app's own functions, then moved to the days it is said to have happened on. The
companies are made up. For demo sites only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe.utils import add_days, getdate, now_datetime

from salesflow_std.engine.cadence import Step
from salesflow_std.salesflow_std.cadences import Cadence, cadences
from tools.demo_after_sale import _customer, _mails_gone, _no_gates, _order
from tools.demo_deliveries import _MANAGER, _REP, _ZH_MANAGER, _ZH_REP, Delivery
from tools.demo_solutions import _as

_FOLLOW_UP = "Follow Up"
# The day the house was founded on is a week from now, whenever the demo is made.
_FOUNDED_IN = 7
_KEPT_TIERS = 3


@dataclass(frozen=True)
class _Silence:
	"""A customer who ordered last so many days ago, and how far the analysis has come."""

	customer: str
	owner: str
	days: int
	status: str = "Open"
	causes: tuple[tuple[str, str], ...] = ()
	analysis: str = ""
	offer: tuple[str, str] = ("", "")
	note: str = ""


_SILENT = (
	_Silence("Delta Energy Works Ltd", _REP, 188),
	_Silence("华北示例制药有限公司", _ZH_REP, 190),
	_Silence(
		"云岭示例纺织有限公司", _ZH_REP, 197, "Analysed",
		(("Contact Left", "原计划主管四月离职"), ("Need Ended", "二号车间停产")),
		"新任主管没有参加过培训，只用到一半功能，认为续购没有必要。",
	),
	_Silence(
		"Upland Logistics Works Ltd", _MANAGER, 199, "Offer Made",
		(("Service", "Two calls of the night shift were never answered"), ("Competitor", "")),
		"The night shift felt left alone; since then a competitor has shown them a trial.",
		("Service Visit", "A day with the night shift, and its own hotline for three months."),
	),
	_Silence(
		"南岭示例汽配有限公司", _ZH_MANAGER, 203, "Won Back",
		(("Price", "维护费比同行高两成"),),
		"采购部每年比价，我们没有提前沟通续费方案。",
		("Special Price", "两年期维护合同，价格下调一成。"),
	),
	_Silence(
		"West Retail Works Ltd", _MANAGER, 205, "Given Up",
		(("Need Ended", "The plant was sold"),),
		"The buyer plans with the system of its group.",
		note="Ask again when the group tenders in two years.",
	),
)  # fmt: skip


def make() -> None:
	"""Fills the care of customers, once."""
	if frappe.db.count("Loss Analysis"):
		return
	from salesflow_std.jobs import care_clock, customer_standing

	_teams()
	with _mails_gone(), _no_gates():
		for number, silence in enumerate(_SILENT):
			_fell_silent(number, silence)
		customer_standing.run()
		_tiers()
		_festival()
		_history()
		care_clock.daily()
		_this_week()
		for silence in _SILENT:
			_looked_into(silence)
		customer_standing.run()


def _teams() -> None:
	"""Each manager leads the rep of the same language."""
	root = frappe.db.get_value("Sales Person", {"parent_sales_person": ("is", "not set")}, order_by="lft")
	for manager, rep in ((_MANAGER, _REP), (_ZH_MANAGER, _ZH_REP)):
		_sales_person(rep, _sales_person(manager, root, is_group=1))


def _sales_person(user: str, above: str, is_group: int = 0) -> str:
	name = frappe.db.get_value("User", user, "full_name")
	employee = frappe.get_doc(
		{
			"doctype": "Employee",
			"first_name": name,
			"gender": frappe.db.get_value("Gender", {}, order_by="name"),
			"date_of_birth": "1990-01-01",
			"date_of_joining": add_days(getdate(), -400),
			"company": frappe.defaults.get_global_default("company"),
			"user_id": user,
			"create_user_permission": 0,
		}
	).insert(ignore_permissions=True)
	person = {"sales_person_name": name, "parent_sales_person": above, "employee": employee.name}
	return (
		frappe.get_doc({"doctype": "Sales Person", "is_group": is_group, **person})
		.insert(ignore_permissions=True)
		.name
	)


def _fell_silent(number: int, silence: _Silence) -> None:
	"""A customer whose only order is of that day."""
	weeks = (silence.days - 56) // 7
	customer = _customer(50 + number, Delivery(silence.customer, silence.owner, weeks))
	order = _order(customer, Delivery(silence.customer, silence.owner, weeks))
	day = getdate() - timedelta(days=silence.days)
	frappe.db.set_value("Sales Order", order, "transaction_date", day, update_modified=False)


def _tiers() -> None:
	"""Managers have taken over what the figures propose; some are left to decide, one is set for a reason."""
	from salesflow_std.salesflow_std import customer_tiers

	upper = frappe.get_all(
		"Customer",
		filters={"sf_tier_differs": 1, "sf_activity": ("!=", "Silent")},
		fields=["name", "account_manager"],
		order_by="creation, name",
	)
	for row in upper[:-_KEPT_TIERS]:
		with _as(_ZH_MANAGER if row.account_manager in (_ZH_REP, _ZH_MANAGER) else _MANAGER):
			customer_tiers.take_over(row.name)
	special = frappe.db.get_value("Customer", {"customer_name": "滨海示例食品有限公司"})
	with _as(_ZH_MANAGER):
		customer_tiers.set_tier(special, "Strategic", "集团明年将在三个工厂统一选型，先按战略客户维护。")


def _festival() -> None:
	day = add_days(getdate(), _FOUNDED_IN)
	frappe.get_doc(
		{
			"doctype": "Festival",
			"festival_name": "公司成立纪念日",
			"enabled": 1,
			"calendar": "Solar",
			"month": day.month,
			"day": day.day,
			"days_before": 3,
		}
	).insert(ignore_permissions=True)


# What was --------------------------------------------------------------------------------------------------------


def _history() -> None:
	"""What the rhythms of before have left: most touches done, some skipped."""
	from salesflow_std.salesflow_std import follow_ups

	policies = {of.purpose: of for of in cadences("Customer")}
	visits = _customers(sf_tier="Strategic")
	calls = _customers(sf_activity="High")
	rows = []
	for number, row in enumerate(visits):
		rows.append(_was(row, policies["Visit"], 60 + 4 * number, is_done=number % 3 != 1))
	for number, row in enumerate(calls):
		rows.append(_was(row, policies["Care Call"], 62 + number % 5, is_done=True))
		rows.append(_was(row, policies["Care Call"], 12 + 2 * (number % 7), is_done=number % 4 != 2))
	for number, row in enumerate(_customers(customer_name=("like", "% Account %"))):
		if number % 4:
			rows.append(_was(row, None, 9 + 8 * number, is_done=True))
	follow_ups.insert_rows(rows)


def _customers(**filters: object) -> list[frappe._dict]:
	return frappe.get_all(
		"Customer",
		filters={"disabled": 0, "account_manager": ("is", "set"), **filters},
		fields=["name", "customer_name", "account_manager"],
		order_by="creation, name",
	)


def _was(customer: frappe._dict, of: Cadence | None, days: int, is_done: bool) -> dict[str, object]:
	"""A touch of a policy, or a call that was not planned, so many days ago."""
	step = of.policy.steps[0] if of else Step("Phone")
	due = _working_day(now_datetime() - timedelta(days=days))
	told = {"status": "Missed"}
	if is_done:
		done_on = due - timedelta(hours=3)
		told = {
			"status": "Done",
			"outcome": "Reached" if step.channel == "Phone" else "Meeting Held",
			"done_on": done_on,
			"done_by": customer.account_manager,
		}
	return {
		"name": frappe.generate_hash(length=16),
		"docstatus": 0,
		"idx": 0,
		"title": customer.customer_name,
		"reference_doctype": "Customer",
		"reference_name": customer.name,
		"allocated_to": customer.account_manager,
		"kind": "Rhythm" if of else "Unplanned",
		"due_on": due,
		"late_on": due + timedelta(days=7),
		"channel": step.channel,
		"goal": step.goal,
		"policy": of.name if of else None,
		**told,
	}


def _working_day(moment: datetime) -> datetime:
	"""The end of that working day, of the Friday before for a weekend."""
	moment -= timedelta(days=max(0, moment.weekday() - 4))
	return moment.replace(hour=18, minute=0, second=0, microsecond=0)


def _this_week() -> None:
	"""Of what is planned, each account manager has some due today, and one since yesterday."""
	today = now_datetime().replace(hour=18, minute=0, second=0, microsecond=0)
	late = today + timedelta(days=5)
	for user in (_REP, _MANAGER, _ZH_REP, _ZH_MANAGER):
		planned = frappe.get_all(
			_FOLLOW_UP,
			filters={
				"reference_doctype": "Customer",
				"status": "Planned",
				"kind": "Rhythm",
				"festival": ("is", "not set"),
				"allocated_to": user,
			},
			fields=["name", "reference_name"],
			order_by="due_on, name",
			limit=4,
		)
		for number, touch in enumerate(planned):
			due = today - timedelta(days=1) if number == 0 else today
			values = {"due_on": due, "late_on": late}
			frappe.db.set_value(_FOLLOW_UP, touch.name, values, update_modified=False)
			customer = touch.reference_name
			frappe.db.set_value("Customer", customer, "sf_next_touch_on", due, update_modified=False)


# Silences --------------------------------------------------------------------------------------------------------


def _looked_into(silence: _Silence) -> None:
	"""The analysis that the job has opened, taken on by whoever looks after the customer."""
	from salesflow_std.salesflow_std import loss_analyses

	customer = frappe.db.get_value("Customer", {"customer_name": silence.customer})
	name = frappe.db.get_value("Loss Analysis", {"customer": customer})
	if not silence.causes:
		return
	with _as(silence.owner):
		doc = frappe.get_doc("Loss Analysis", name)
		doc.analysis = silence.analysis
		for cause, note in silence.causes:
			doc.append("causes", {"cause": cause, "note": note})
		doc.save()
		loss_analyses.move(name, "Analysed")
		kind, offer = silence.offer
		if kind:
			loss_analyses.move(name, "Offer Made", offer_kind=kind, offer=offer)
		if silence.status == "Given Up":
			loss_analyses.move(name, "Given Up", outcome_note=silence.note)
	if silence.status == "Won Back":
		_order(customer, Delivery(silence.customer, silence.owner, -8))


def summary() -> dict[str, int]:
	"""What there is, for the last lines of `make demo`."""
	touches = {"reference_doctype": "Customer", "kind": "Rhythm"}
	return {
		"Customers with a tier": frappe.db.count("Customer", {"sf_tier": ("is", "set")}),
		"  care planned": frappe.db.count(_FOLLOW_UP, {**touches, "status": "Planned"}),
		"  care skipped": frappe.db.count(_FOLLOW_UP, {**touches, "status": "Missed"}),
		"Loss analyses": frappe.db.count("Loss Analysis"),
	}
