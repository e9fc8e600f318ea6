"""What comes after the sale: deliveries told week by week, acceptances, surveys and what came of them.

Made through the documents themselves and the app's own functions, then moved to the days it is said to have happened
on. The people are roles, the companies made up. For demo sites only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, get_datetime, getdate, now_datetime

from tools import demo_renewals
from tools.demo_deliveries import _REP, DELIVERED, RUNNING, Delivery, Running, Week
from tools.demo_solutions import _ITEMS, _as
from tools.demo_stages import _HANDED_TO, _ordered, _settings, _signed_deal

_DELIVERY = _HANDED_TO["Delivery"]
_SIGNED = "Signed by both sides."
_TEXTS = {
	"en": {
		"product": "Planning Suite for one line",
		"plan": "Week 1 to 2: interfaces\nWeek 3 to 4: terminals and training\nWeek 6: acceptance",
		"talks": "Every Tuesday at 9 by video; urgent things by phone.",
		"contact": "Plant Manager",
		"people": ("Purchasing Manager", "Plant Manager", "Production Planner"),
		"point": "Hand over the spare parts list for the terminals",
		"settled": "The second terminal runs since Monday. For us it is settled.",
		"correction": "The marks of two questions were written down in the wrong order.",
	},
	"zh": {
		"product": "单产线排产软件",
		"plan": "第 1-2 周：接口对接\n第 3-4 周：终端安装与培训\n第 6 周：验收",
		"talks": "每周二 9 点视频例会，紧急事项电话沟通。",
		"contact": "生产经理",
		"people": ("采购经理", "生产经理", "计划主管"),
		"point": "提交终端备件清单",
		"settled": "第二台终端周一已恢复运行，问题已解决。",
		"correction": "两道题的评分记录颠倒了。",
	},
}


def make() -> None:
	"""Fills what comes after the sale, once; the gates of the stages are at work before and after."""
	if frappe.db.count("Satisfaction Survey"):
		return
	frappe.flags.mute_emails = True
	with _no_gates():
		for number, delivery in enumerate(DELIVERED):
			with nullcontext() if delivery.weeks < 2 else _mails_gone():
				_delivered(number, delivery)
		with _mails_gone():
			for running in RUNNING:
				_running(running)
			demo_renewals.make()
	_clocks()


@contextmanager
def _no_gates() -> Iterator[None]:
	"""What happened long ago was asked by no gate."""
	before = frappe.get_doc("Salesflow Settings")
	asked = {field: before.get(field) for field in ("stage_enforcement", "quotation_enforcement")}
	_settings(**dict.fromkeys(asked, "Off"))
	try:
		yield
	finally:
		_settings(**asked)


@contextmanager
def _mails_gone() -> Iterator[None]:
	"""Mails of weeks ago have left the queue long since; it takes far longer to write them than all the rest."""
	send = frappe.sendmail
	frappe.sendmail = lambda *args, **kwargs: None
	try:
		yield
	finally:
		frappe.sendmail = send


def _clocks() -> None:
	from salesflow_std.jobs import complaint_clock, renewal_clock, survey_clock, sync_clock

	for clock in (sync_clock.tick, survey_clock.tick, complaint_clock.tick, renewal_clock.run):
		clock()


# When it happened ------------------------------------------------------------------------------------------------


def _earlier(doctype: str, names: str | list[str], days: int, **values: object) -> None:
	"""Moves all days and times of some records back; `values` are written as they are."""
	meta = frappe.get_meta(doctype)
	fields = [df.fieldname for df in meta.fields if df.fieldtype in ("Date", "Datetime")]
	for name in [names] if isinstance(names, str) else names:
		row = frappe.db.get_value(doctype, name, ["creation", *fields], as_dict=True)
		moved = {field: value - timedelta(days=days) for field, value in row.items() if value}
		frappe.db.set_value(doctype, name, {**moved, **values}, update_modified=False)


def _days(delivery: Delivery) -> int:
	"""So many days ago the customer has accepted: on a working day."""
	return 7 * delivery.weeks + max(0, getdate().weekday() - 4)


def _told_earlier(doctype: str, name: str, days: int) -> None:
	"""What has just been written into the timeline of a record was written then."""
	just_now = now_datetime() - timedelta(hours=1)
	about = {"reference_doctype": doctype, "reference_name": name, "creation": (">", just_now)}
	for kind in ("Comment", "Communication"):
		_earlier(kind, frappe.get_all(kind, filters=about, pluck="name", order_by="name"), days)


# Delivered -------------------------------------------------------------------------------------------------------


def _delivered(number: int, delivery: Delivery) -> None:
	"""A delivery from its order to what the customer said of it, and what came of that."""
	customer = _customer(number, delivery)
	order = _order(customer, delivery)
	project = _project(customer, order, delivery)
	with _as(delivery.owner):
		report = _accepted(project, order, delivery)
	days = _days(delivery)
	if delivery.marks or delivery.is_sent:
		with _as(delivery.owner):
			_asked(report, delivery)
	_earlier("Acceptance Report", report.name, days)
	_earlier("Project", project, days)
	_told_earlier("Customer", customer, max(0, days - 3))


def _customer(number: int, delivery: Delivery) -> str:
	if known := frappe.db.get_value("Customer", {"customer_name": delivery.customer}):
		return known
	customer = frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": delivery.customer,
			"customer_type": "Company",
			"account_manager": delivery.owner,
			"language": delivery.language,
			"territory": frappe.db.exists("Territory", "China"),
		}
	).insert(ignore_permissions=True)
	people = _TEXTS[delivery.language]["people"]
	contact = frappe.get_doc(
		{
			"doctype": "Contact",
			"first_name": people[number % len(people)],
			"company_name": delivery.customer,
			"is_primary_contact": 1,
			"links": [{"link_doctype": "Customer", "link_name": customer.name}],
		}
	)
	contact.append("email_ids", {"email_id": f"delivered{number:02d}@demo.example.com", "is_primary": 1})
	contact.append("phone_nos", {"phone": f"+86 138 0000 {number:04d}", "is_primary_mobile_no": 1})
	contact.insert(ignore_permissions=True)
	reached = {"email_id": contact.email_id, "mobile_no": contact.mobile_no}
	frappe.db.set_value("Customer", customer.name, {"customer_primary_contact": contact.name, **reached})
	_earlier("Customer", customer.name, 7 * delivery.weeks + 90)
	return customer.name


def _order(customer: str, delivery: Delivery) -> str:
	day = getdate() - timedelta(days=7 * delivery.weeks + 56)
	company = frappe.defaults.get_global_default("company")
	order = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"customer": customer,
			"company": company,
			"transaction_date": day,
			"delivery_date": day + timedelta(days=42),
			"items": [
				{
					"item_code": code,
					"item_name": chinese if delivery.language == "zh" else name,
					"qty": qty,
					"rate": price,
				}
				for (code, name, chinese, _unit, price, _cost), qty in zip(
					_ITEMS, (delivery.lines, 3 * delivery.lines, 6 * delivery.lines), strict=False
				)
			],
		}
	)
	# Nothing of it is booked out of the stock.
	order.skip_delivery_note = 1
	order.set_warehouse = frappe.db.get_value(
		"Warehouse", {"company": company, "is_group": 0}, order_by="name"
	)
	order.insert(ignore_permissions=True)
	order.submit()
	return order.name


def _project(customer: str, order: str, delivery: Delivery) -> str:
	title = f"{_TEXTS[delivery.language]['product']} · {delivery.customer}"
	project = frappe.get_doc(
		{
			"doctype": "Project",
			"project_name": f"{title} 2" if frappe.db.exists("Project", {"project_name": title}) else title,
			"customer": customer,
			"sales_order": order,
			"company": frappe.defaults.get_global_default("company"),
			"sf_account_manager": delivery.owner,
			"sf_delivery_lead": _DELIVERY,
			"expected_start_date": add_days(getdate(), -42),
			"expected_end_date": getdate(),
		}
	).insert(ignore_permissions=True)
	return project.name


def _accepted(project: str, order: str, delivery: Delivery) -> Document:
	"""The acceptance of a project, signed on paper; a draft where the customer has not signed yet."""
	from salesflow_std.salesflow_std import acceptances

	report = acceptances.make(project=project, sales_order=order)
	report.update({"allocated_to": delivery.owner, "our_signatory": delivery.owner})
	report.contact = frappe.db.get_value("Customer", report.customer, "customer_primary_contact")
	report.customer_signatory = frappe.db.get_value("Contact", report.contact, "first_name")
	for row in report.items:
		row.result = "Accepted"
	report.result = "Accepted"
	if delivery.is_open:
		report.result = "Accepted with Open Points"
		report.items[-1].result = "With Reservation"
		report.append(
			"points",
			{
				"point": _TEXTS[delivery.language]["point"],
				"side": "Ours",
				"user": _DELIVERY,
				"due_on": add_days(getdate(), 5),
			},
		)
	report.insert(ignore_permissions=True)
	if delivery.is_draft:
		return report
	report.scan = _scan("Acceptance Report", report.name)
	report.save(ignore_permissions=True)
	report.flags.ignore_permissions = True
	report.submit()
	frappe.db.set_value("Project", project, {"status": "Completed", "percent_complete": 100})
	return report


def _scan(doctype: str, name: str) -> str:
	return (
		frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{name}.txt",
				"content": f"{name}: {_SIGNED}",
				"attached_to_doctype": doctype,
				"attached_to_name": name,
				"is_private": 1,
			}
		)
		.insert(ignore_permissions=True)
		.file_url
	)


# Asked -----------------------------------------------------------------------------------------------------------


def _asked(report: Document, delivery: Delivery) -> None:
	"""The survey of an acceptance, sent and answered as it says; moved to the days after the acceptance."""
	from salesflow_std.salesflow_std import surveys

	name = frappe.db.get_value("Acceptance Report", report.name, "survey")
	days = _days(delivery)
	if not delivery.by_phone:
		surveys.send(name)
	if delivery.marks:
		_answer(name, delivery.marks, delivery)
	survey = frappe.get_doc("Satisfaction Survey", name)
	_earlier(survey.doctype, name, days - 2, **_answered_on(survey, days - 4))
	if delivery.corrected:
		second = surveys.correct(name, _TEXTS[delivery.language]["correction"])
		_answer(second.name, delivery.corrected, delivery, by_phone=True)
		second.reload()
		_earlier(second.doctype, second.name, days - 6, **_answered_on(second, days - 6))
	if survey.issue:
		_complaint(survey.issue, delivery, days - 4)
	if survey.would_refer:
		_referred(survey, delivery, days - 6)


def _answered_on(survey: Document, days: int) -> dict[str, object]:
	"""Where it was answered: so many days ago, at most now."""
	if not survey.answered_on:
		return {}
	answered_on = get_datetime(survey.answered_on) - timedelta(days=max(0, days))
	return {"answered_on": answered_on.replace(hour=14) if days > 0 else answered_on}


def _answer(name: str, marks: tuple, delivery: Delivery, by_phone: bool = False) -> None:
	from salesflow_std.salesflow_std import notices, public_links, surveys

	survey = frappe.get_doc("Satisfaction Survey", name)
	given = dict(zip(("timeliness", "service_quality", "needs_met", "recommend"), marks, strict=True))
	if survey.earlier_issue:
		given["earlier_complaint"] = 1
	said = {
		"comments": delivery.comment,
		"problem": delivery.problem,
		"would_refer": bool(delivery.referral),
		"referral": delivery.referral,
	}
	if by_phone or delivery.by_phone:
		surveys.record_by_phone(name, given, survey.person, **said)
		return
	# The token itself stands in the mail alone.
	link = frappe.db.get_value(
		"Public Link",
		{"reference_name": name, "purpose": public_links.SATISFACTION_SURVEY, "used_on": ("is", "not set")},
		["name", "reference_name"],
		as_dict=True,
		order_by="creation desc",
	)
	with _as("Guest"), notices.in_language(delivery.language):
		surveys.answer_by_link(link, given, survey.person, **said)


def _complaint(issue: str, delivery: Delivery, days: int) -> None:
	"""The complaint of a survey; settled the next day or a week later where the customer has said so."""
	from salesflow_std.salesflow_std import complaints

	settled = {}
	if delivery.is_settled:
		said_by = _TEXTS[delivery.language]["contact"]
		complaints.settle(issue, _TEXTS[delivery.language]["settled"], said_by)
		took = 1 if delivery.owner == _REP else 6
		later = now_datetime().replace(microsecond=0) - timedelta(days=max(0, days - took))
		settled = {"sf_settled_on": later, "sf_word_on": later.date(), "sla_resolution_date": later}
	opened = now_datetime() - timedelta(days=days)
	_earlier("Issue", issue, days, **settled)
	frappe.db.set_value(
		"Issue",
		issue,
		{"opening_date": opened.date(), "opening_time": opened.time()},
		update_modified=False,
	)
	_told_earlier("Issue", issue, days)


def _referred(survey: Document, delivery: Delivery, days: int) -> None:
	"""Whom a satisfied customer has named: a lead, and where it came to that an opportunity."""
	from salesflow_std.salesflow_std import referrals

	if not delivery.lead:
		return
	made = referrals.make_lead(survey.customer, delivery.lead, survey.name)
	lead = frappe.get_doc("Lead", made["name"])
	_earlier("Lead", lead.name, days)
	if delivery.deal:
		company = frappe.defaults.get_global_default("company")
		frappe.get_doc(
			{
				"doctype": "Opportunity",
				"opportunity_from": "Lead",
				"party_name": lead.name,
				"company": company,
				"currency": frappe.get_cached_value("Company", company, "default_currency"),
				"conversion_rate": 1,
				"opportunity_amount": delivery.deal,
				"opportunity_owner": delivery.owner,
				"expected_closing": add_days(getdate(), 45),
			}
		).insert(ignore_permissions=True)


# Running ---------------------------------------------------------------------------------------------------------


def _running(running: Running) -> None:
	"""A delivery under way: handed over, begun with its kick-off, told week by week."""
	handover = frappe.db.get_value("Delivery Handover", {"title": running.customer})
	if not handover:
		deal = _signed_deal(running.customer, running.amount, running.owner, running.language)
		_ordered(deal)
		handover = frappe.db.get_value("Delivery Handover", {"title": running.customer})
	project = _begun(handover, running)
	for week in running.weeks:
		_week(project, week, running)
	if running.is_late:
		_late(project)


def _begun(handover: str, running: Running) -> str:
	from salesflow_std.salesflow_std import delivery_handovers, delivery_kickoff

	texts = _TEXTS[running.language]
	for function in ("Finance", "After-sales"):
		with _as(_HANDED_TO[function]):
			delivery_handovers.acknowledge(handover)
	doc = frappe.get_doc("Delivery Handover", handover)
	doc.update({"delivery_plan": texts["plan"], "communication_plan": texts["talks"]})
	sides = {row.side for row in doc.contacts}
	for side, person in (("Customer", {"person": texts["contact"]}), ("Ours", {"user": _DELIVERY})):
		if side not in sides:
			doc.append("contacts", {"side": side, **person})
	doc.save(ignore_permissions=True)
	with _as(_DELIVERY):
		project = delivery_kickoff.make_project(handover)["project"]
		delivery_kickoff.held(handover, now_datetime())
	_earlier("Delivery Handover", handover, 7 * (running.since + 1))
	return project


def _week(project: str, week: Week, running: Running) -> None:
	from salesflow_std.salesflow_std import delivery_syncs

	sync = frappe.get_doc("Delivery Sync", delivery_syncs.make(project, by_hand=True))
	sync.update(
		{
			"health": week.health,
			"progress": week.progress,
			"done_this_week": week.done,
			"next_week": week.next,
			"customer_word": week.word,
			"next_milestone_on": add_days(getdate(), 7 * week.milestone),
		}
	)
	for row in sync.risks:
		row.settled = int(row.risk in week.settled)
	for risk, level, measure in week.risks:
		sync.append("risks", {"risk": risk, "level": level, "measure": measure, "user": _DELIVERY})
	for promise in week.promises:
		sync.append("promises", {"promise": promise, "user": _DELIVERY})
	with _as(_DELIVERY):
		sync.save()
		delivery_syncs.record(sync.name)
	if week.ago:
		_earlier(
			sync.doctype,
			sync.name,
			7 * week.ago,
			sync_key=f"{project}|{getdate(sync.week_of) - timedelta(days=7 * week.ago)}",
		)


def _late(project: str) -> None:
	"""Nobody has told this week yet."""
	from salesflow_std.salesflow_std import delivery_syncs

	sync = delivery_syncs.make(project, by_hand=True)
	yesterday = now_datetime().replace(hour=18, minute=0, second=0, microsecond=0) - timedelta(days=1)
	frappe.db.set_value("Delivery Sync", sync, "due_on", yesterday, update_modified=False)


def summary() -> Mapping[str, int]:
	"""What there is, for the last lines of `make demo`."""
	answered = {"status": "Answered", "corrected_by": ("is", "not set")}
	return {
		"Weeks of deliveries told": frappe.db.count("Delivery Sync", {"status": "Done"}),
		"Acceptances": frappe.db.count("Acceptance Report", {"docstatus": 1}),
		"Surveys answered": frappe.db.count("Satisfaction Survey", answered),
		"Complaints open": frappe.db.count(
			"Issue", {"sf_is_complaint": 1, "status": ("not in", ("Resolved", "Closed"))}
		),
		"Leads by referral": frappe.db.count("Lead", {"sf_referred_by": ("is", "set")}),
		"Contracts to renew": frappe.db.count("Contract", {"sf_renewal_due": ("is", "set")}),
	}
