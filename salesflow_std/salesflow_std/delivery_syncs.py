"""The weekly synchronisation of a delivery with the account manager (A1): planned for each week, told once.

A project has one sync a week. Telling locks it first; done twice it does nothing the second time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import flt, getdate, now_datetime
from pypika.queries import QueryBuilder

from salesflow_std.engine import delivery as rules
from salesflow_std.engine import delivery_weeks
from salesflow_std.salesflow_std import (
	delivery_projects,
	profiles,
	refusals,
	sync_mail,
	sync_sheet,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.sync_sheet import DONE, DUE, MISSED

DOCTYPE = "Delivery Sync"
CHUNK = 100

# What is told of a week, and stays as it was told.
TOLD = ("health", "progress", "next_milestone_on", "done_this_week", "next_week", "customer_word")
_NEXT = timedelta(days=7)


# Planning --------------------------------------------------------------------------------------------------------


def due_weeks(day: date, after: str = "", limit: int = CHUNK) -> list[frappe._dict]:
	"""The open projects of started handovers that have no sync for the week of a day yet (A1): ``[{"name"}]`` by name.

	Those behind `after`, at most `limit`, so that a job goes through them in chunks.
	"""
	project, handover, sync = DocType("Project"), DocType("Delivery Handover"), DocType(DOCTYPE)
	return (
		frappe.qb.from_(project)
		.join(handover)
		.on(handover.name == project.sf_handover)
		.left_join(sync)
		.on((sync.project == project.name) & (sync.week_of == _monday(day)))
		.select(project.name)
		.where((project.status == "Open") & (project.is_active.isnull() | (project.is_active != "No")))
		.where((handover.status == rules.STARTED) & sync.name.isnull() & (project.name > after))
		.where(project.customer.isnotnull() & (project.customer != ""))
		.where(project.sf_accepted_on.isnull() | project.name.isin(_with_open_points()))
		.orderby(project.name)
		.limit(limit)
		.run(as_dict=True)
	)


def _with_open_points() -> QueryBuilder:
	"""Projects that were accepted with points that nobody has settled yet: their delivery is not over."""
	report, point = DocType("Acceptance Report"), DocType("Acceptance Point")
	return (
		frappe.qb.from_(report)
		.join(point)
		.on(point.parent == report.name)
		.select(report.project)
		.where((report.docstatus == 1) & point.settled_on.isnull() & report.project.isnotnull())
	)


def make(project: str, by_hand: bool = False) -> str | None:
	"""The sync of a project's current week, made if there is none; who delivers is asked.

	None where this week has no day to do it on; made `by_hand` there is one all the same.
	"""
	# Two who make it at once wait for each other here.
	frappe.db.get_value("Project", project, "name", for_update=True)
	today = getdate(now_datetime())
	if found := of_week(project, today):
		return found
	if not by_hand and not _week(delivery_projects.of(project), today):
		return None
	sync = frappe.new_doc(DOCTYPE)
	sync.project = project
	sync.flags.by_app = True
	sync.insert(ignore_permissions=True)
	sync_mail.asked(sync)
	return sync.name


def of_week(project: str, day: date) -> str | None:
	"""The sync of a project for the week of a day."""
	return frappe.db.get_value(
		DOCTYPE, {"project": project, "week_of": _monday(day)}, "name", order_by="name"
	)


def begin(sync: Document) -> None:
	"""Fills a new sync from its project: this week's, with the risks that are still open.

	Raises ValidationError where the project is closed or has no customer, DuplicateEntryError where the week has its sync.
	"""
	today = getdate(now_datetime())
	project = delivery_projects.of(sync.project)
	if not project.customer:
		frappe.throw(
			_("Project {0} has no customer, so there is nobody to synchronise its delivery for.").format(
				refusals.link("Project", project.name)
			),
			title=_("No Customer"),
		)
	if project.status != "Open":
		frappe.throw(
			_("Project {0} is closed: its delivery is not synchronised any more.").format(
				refusals.link("Project", project.name)
			),
			title=_("Project Closed"),
		)
	if found := of_week(project.name, today):
		frappe.throw(
			_("This week has its synchronisation already: {0}").format(refusals.link(DOCTYPE, found)),
			frappe.DuplicateEntryError,
			title=_("Once a Week"),
		)
	week = _week(project, today) or delivery_weeks.Week(_monday(today), datetime.combine(today, time(18)))
	sync.update(
		{
			"customer": project.customer,
			"title": profiles.company_name("Customer", project.customer) or project.customer,
			"company": project.company,
			"handover": project.sf_handover,
			"week_of": week.monday,
			"due_on": week.due,
			"status": DUE,
			"sync_key": f"{project.name}|{week.monday}",
			"allocated_to": sync.allocated_to or project.account_manager,
			"delivery_user": sync.delivery_user or project.delivery_lead,
			"progress": sync.progress or _progress(project),
		}
	)
	if not sync.risks:
		for risk in sync_sheet.open_risks(project.name):
			sync.append("risks", risk)


def _progress(project: frappe._dict) -> float:
	"""How far a delivery is, in percent: as its tasks say, else as it was told last."""
	last = sync_sheet.last_told(project.name)
	return flt(project.percent_complete) or flt(last and last.progress)


def _week(project: frappe._dict, day: date) -> delivery_weeks.Week | None:
	monday = _monday(day)
	begins = max(project.begins or monday, monday)
	weekday = settings().sync_weekday or "Friday"
	found = delivery_weeks.weeks(begins, None, max(day, begins), weekday, working_calendar(project.company))
	return next((week for week in found if week.monday == monday), None)


def _monday(day: date) -> date:
	return day - timedelta(days=day.weekday())


# Telling ---------------------------------------------------------------------------------------------------------


def record(name: str) -> dict:
	"""Due -> Done: the state of the week is told (A1): ``{"name", "status"}``.

	The other side hears what has changed, promises become ToDos, the customer's timeline shows it; an earlier week that
	nobody has told is missed. Raises ValidationError with what is missing.
	"""
	sync = frappe.get_doc(DOCTYPE, name, for_update=True)
	if sync.status == DONE:
		return state(sync)
	_check_complete(sync)
	sync.update({"status": DONE, "done_on": now_datetime(), "done_by": frappe.session.user})
	sync.flags.by_app = True
	sync.save(ignore_permissions=True)
	_miss({"project": sync.project, "week_of": ("<", sync.week_of), "status": DUE})
	before = sync_sheet.last_told(sync.project, sync.week_of)
	sync_mail.told(sync, before)
	frappe.get_doc("Customer", sync.customer).add_comment("Info", sync_sheet.for_timeline(sync))
	return state(sync)


def _check_complete(sync: Document) -> None:
	if sync.status == MISSED:
		current = of_week(sync.project, getdate(now_datetime()))
		frappe.throw(
			_("This week is over, and nobody has told it; what there is to say belongs into the current one.")
			+ (f"<p>{refusals.link(DOCTYPE, current)}</p>" if current and current != sync.name else ""),
			title=_("Missed", context="Delivery Sync"),
		)
	problems = sync_sheet.missing(sync)
	if not problems:
		return
	listed = "".join(f"<li>{problem['what']}</li>" for problem in problems)
	told = (
		_("The account manager is to know each week how the delivery stands. Still missing:")
		+ f"<ul>{listed}</ul>"
		+ refusals.link(DOCTYPE, sync.name)
	)
	frappe.throw(told, title=_("State of the Delivery", context="Delivery Sync"))


def _miss(filters: dict) -> list[str]:
	names = frappe.get_all(DOCTYPE, filters=filters, pluck="name", order_by="name")
	if names:
		frappe.db.set_value(DOCTYPE, {"name": ("in", names)}, "status", MISSED)
	return names


def miss_old(now: datetime) -> list[str]:
	"""What nobody has told when the next week's is due is missed; returns the names."""
	return _miss({"status": DUE, "due_on": ("<=", now - _NEXT)})


def state(sync: Document) -> dict:
	"""``{"name", "status"}``."""
	return {"name": sync.name, "status": sync.status}


# The project -----------------------------------------------------------------------------------------------------


def of_project(project: str) -> dict:
	"""How the delivery of a project stands: ``{"current": {…}, "last": {…}, "risks": [{…}], "promises": [{…}], "missed"}``.

	`current` is this week's sync, `last` the latest that was told, or None; `risks` and `promises` are the open ones;
	`missed` says how many weeks nobody has told.
	"""
	return {
		"current": sync_sheet.brief(of_week(project, getdate(now_datetime()))),
		"last": sync_sheet.last_told(project),
		"risks": sync_sheet.open_risks(project),
		"promises": sync_sheet.open_promises(project),
		"missed": frappe.db.count(DOCTYPE, {"project": project, "status": MISSED}),
	}


def of_closed(after: str = "", limit: int = CHUNK) -> list[frappe._dict]:
	"""Weeks that wait for projects which are closed: ``[{"name"}]`` by name, those behind `after`."""
	project, sync = DocType("Project"), DocType(DOCTYPE)
	return (
		frappe.qb.from_(sync)
		.join(project)
		.on(project.name == sync.project)
		.select(sync.name)
		.where((sync.status == DUE) & (project.status != "Open") & (sync.name > after))
		.orderby(sync.name)
		.limit(limit)
		.run(as_dict=True)
	)


def _is_begun(sync: Document) -> bool:
	# The progress is there from the beginning.
	return bool(sync.promises or any(sync.get(field) for field in TOLD if field != "progress"))


def drop(name: str) -> None:
	"""A week that waits for nobody any more: if nobody has touched it it goes, else it is missed."""
	sync = frappe.get_doc(DOCTYPE, name, for_update=True)
	if sync.status != DUE:
		return
	if _is_begun(sync):
		_miss({"name": name})
	else:
		frappe.delete_doc(DOCTYPE, name, ignore_permissions=True, delete_permanently=True)


def accepted(project: str) -> None:
	"""After a customer has accepted all: nobody is asked any more for a week that nobody has begun to tell."""
	waiting = {"project": project, "status": DUE}
	for name in frappe.get_all(DOCTYPE, filters=waiting, pluck="name", order_by="name"):
		if not _is_begun(frappe.get_doc(DOCTYPE, name, for_update=True)):
			frappe.delete_doc(DOCTYPE, name, ignore_permissions=True, delete_permanently=True)


def people_changed(project: Document) -> None:
	"""After a project's account manager or delivery lead has changed: who is asked for what is still due."""
	for field, of_sync in (("sf_account_manager", "allocated_to"), ("sf_delivery_lead", "delivery_user")):
		if project.get(field) and project.has_value_changed(field):
			waiting = {"project": project.name, "status": DUE}
			frappe.db.set_value(DOCTYPE, waiting, of_sync, project.get(field))
