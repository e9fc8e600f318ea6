"""Switches and defaults, and the working calendar that every deadline is counted by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_system_timezone, get_time, getdate
from frappe.utils.caching import request_cache
from pypika.functions import IfNull

from salesflow_std.engine import care, worktime
from salesflow_std.salesflow_std import care_limits
from salesflow_std.salesflow_std.messages import refuse

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Ten years.
_MOST_DAYS = 3650

MODEL_FIELDS = {
	"Lead": "lead_scoring_model",
	"Opportunity": "opportunity_scoring_model",
	"Customer": "customer_scoring_model",
}


class SalesflowSettings(Document):
	def validate(self) -> None:
		for field in (
			"switches",
			"taken_in",
			"stages_taken_in",
		):  # the jobs' own notes; a form sends back what it once read
			self.set(field, frappe.db.get_single_value(self.doctype, field))
		self._check_models()
		self._check_quotation_rules()
		self._check_days()
		try:
			self.calendar()
		except worktime.CalendarError as problem:
			refuse(problem, _("Working Time"))
		try:
			care.validate(care_limits.tiers(self), care_limits.activity(self))
		except care.CareError as problem:
			refuse(problem, _("Customer Care"))

	def _check_models(self) -> None:
		for doctype, field in MODEL_FIELDS.items():
			if self.get(field):
				_check_model(self.get(field), doctype)
		seen = set()
		for row in self.company_scoring_models:
			_check_model(row.scoring_model, row.applies_to, _("Row {0}: ").format(row.idx))
			if (row.company, row.applies_to) in seen:
				frappe.throw(
					_("Row {0}: {1} already has a scoring model for {2}.").format(
						row.idx, row.company, _(row.applies_to)
					),
					title=_("Company Twice"),
				)
			seen.add((row.company, row.applies_to))

	def _check_days(self) -> None:
		"""Refuses spans that reach past any calendar: with them no contract and no survey could be saved (A3, A5)."""
		labels = {
			"survey_link_days": _("Link Valid for Days", context="Salesflow Settings"),
			"renewal_days": _("Ask for Renewal Days before the End", context="Salesflow Settings"),
		}
		for field, label in labels.items():
			if cint(self.get(field)) > _MOST_DAYS:
				frappe.throw(_("{0}: at most {1} days.").format(label, _MOST_DAYS), title=_("After the Sale"))

	def _check_quotation_rules(self) -> None:
		"""Refuses a second rule for the same quotations: which of them counts, nobody could tell (S2)."""
		seen: dict[tuple[str, str, str], int] = {}
		for row in self.quotation_rules:
			scope = (row.company or "", row.territory or "", row.order_type or "")
			if scope in seen:
				frappe.throw(
					_("Row {0}: row {1} is for the same quotations.").format(row.idx, seen[scope]),
					title=_("Rule Twice"),
				)
			seen[scope] = row.idx

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if not before or frappe.flags.in_install:
			return
		if before.calendar_text() != self.calendar_text():
			request_new_deadlines()
		if bool(before.plan_follow_ups) != bool(self.plan_follow_ups):
			for doctype in ("Lead", "Opportunity", "Customer"):
				request_new_plans(doctype)
		if switches := self._switches_since(before):
			under_way = json.loads(frappe.db.get_single_value(self.doctype, "switches") or "[]")
			self.db_set("switches", json.dumps(under_way + switches), update_modified=False)
			request_switch()

	def _switches_since(self, before: SalesflowSettings) -> list[dict]:
		"""Which documents change their model: `[{"doctype", "company", "not_of", "old", "new"}]`.

		Without a company it is those of all companies but `not_of`, which have a model of their own.
		"""
		switches = []
		for doctype, field in MODEL_FIELDS.items():
			own_before, own_now = before.models_of_companies(doctype), self.models_of_companies(doctype)
			companies = sorted({*own_before, *own_now})
			for company in [*companies, None]:
				old = own_before.get(company) or before.get(field)
				new = own_now.get(company) or self.get(field)
				if old and new and old != new:
					switches.append(
						{
							"doctype": doctype,
							"company": company,
							"not_of": [] if company else companies,
							"old": old,
							"new": new,
						}
					)
		return switches

	def models_of_companies(self, doctype: str) -> dict[str, str]:
		"""Company -> its own model for a doctype."""
		return {
			row.company: row.scoring_model for row in self.company_scoring_models if row.applies_to == doctype
		}

	def calendar_text(self) -> str:
		"""What the calendar says, as a text that changes when it does."""
		hours = sorted((r.workday, str(r.start_time), str(r.end_time)) for r in self.working_hours)
		return repr((hours, sorted(str(r.day) for r in self.makeup_days), self.holiday_list))

	def calendar(self, company: str | None = None) -> worktime.Calendar:
		"""The working calendar: hours and make-up days from here, holidays from here or from the company."""
		windows: dict[int, list[worktime.Window]] = {}
		for row in self.working_hours:
			window = (get_time(row.start_time), get_time(row.end_time))
			windows.setdefault(_WEEKDAYS.index(row.workday), []).append(window)
		hours = {"windows": {day: tuple(sorted(rows)) for day, rows in windows.items()}} if windows else {}
		return worktime.Calendar(
			holidays=frozenset(holidays(self.holiday_list or _holiday_list_of(company))),
			makeup_days=frozenset(getdate(row.day) for row in self.makeup_days),
			tz=ZoneInfo(get_system_timezone()),
			**hours,
		)


def _check_model(model: str, doctype: str, where: str = "") -> None:
	applies_to, enabled = frappe.db.get_value("Scoring Model", model, ["applies_to", "enabled"]) or ("", 0)
	if applies_to != doctype:
		frappe.throw(
			where + _("{0} grades {1}, not {2}.").format(_(model), _(applies_to), _(doctype)),
			title=_("Scoring Model Does Not Fit"),
		)
	if not enabled:
		frappe.throw(
			where + _("{0} is disabled. Enable it first or choose another model.").format(_(model)),
			title=_("Scoring Model Disabled"),
		)


def _holiday_list_of(company: str | None) -> str | None:
	return frappe.get_cached_value("Company", company, "default_holiday_list") if company else None


def holidays(holiday_list: str | None) -> Iterator[date]:
	"""The days of a Holiday List; none without one."""
	if holiday_list:
		for row in frappe.get_cached_doc("Holiday List", holiday_list).holidays:
			yield getdate(row.holiday_date)


def settings() -> SalesflowSettings:
	"""The settings, from the cache."""
	return frappe.get_cached_doc("Salesflow Settings")


@request_cache
def working_calendar(company: str | None = None) -> worktime.Calendar:
	"""The working calendar of a company, built once a request."""
	return settings().calendar(company)


def default_model(doctype: str, company: str | None = None) -> str | None:
	"""The scoring model for a doctype: the company's own, else the general one."""
	current = settings()
	return current.models_of_companies(doctype).get(company) or current.get(MODEL_FIELDS[doctype])


def forget_calendars() -> None:
	"""Drops what this request remembers of working calendars."""
	getattr(frappe.local, "request_cache", {}).pop(working_calendar.__wrapped__, None)


def request_new_deadlines() -> None:
	"""Has the deadlines of all leads that wait for a first touch counted anew, and touches on new days off
	planned anew, in the background (L7, F4)."""
	forget_calendars()
	for model in frappe.get_all("Scoring Model", filters={"automatic": 0}, pluck="name", order_by="name"):
		request_regrade(model, dates=True)
	request_new_stays()
	# Leads are planned anew by their re-grading; opportunities have no dates but those of their touches.
	for doctype in ("Opportunity", "Customer"):
		request_new_plans(doctype)


def request_new_stays(process: str | None = None) -> None:
	"""Has the ends of all stays (of a process) counted anew, in the background (M1)."""
	frappe.enqueue(
		"salesflow_std.jobs.stage_clock.count_anew",
		queue="long",
		job_id=f"salesflow_std.count_stays.{process or ''}",
		deduplicate=True,
		enqueue_after_commit=True,
		process=process,
	)


def request_regrade(model: str, dates: bool = False) -> None:
	"""Asks for a re-grade of a model's documents; with `dates`, all of their dates are counted anew.

	The request is counted on the model, so that one that comes while the job runs is not lost.
	"""
	table = frappe.qb.DocType("Scoring Model")
	query = frappe.qb.update(table).set(table.regrade_pending, IfNull(table.regrade_pending, 0) + 1)
	if dates:
		query = query.set(table.regraded_as, None)
	query.where(table.name == model).run()
	frappe.clear_document_cache("Scoring Model", model)
	queue_regrade(model)


def queue_regrade(model: str) -> None:
	"""Puts the re-grading of a model's documents on the queue, once however often it is asked for."""
	frappe.enqueue(
		"salesflow_std.jobs.regrade.run",
		queue="long",
		job_id=f"salesflow_std.regrade.{model}",
		deduplicate=True,
		enqueue_after_commit=True,
		scoring_model=model,
		user=frappe.session.user,
	)


def request_switch() -> None:
	"""Has documents follow a change of the default model, in the background."""
	frappe.enqueue(
		"salesflow_std.jobs.regrade.switch_models",
		queue="long",
		job_id="salesflow_std.switch_models",
		deduplicate=True,
		enqueue_after_commit=True,
	)


def request_new_plans(doctype: str) -> None:
	"""Has all plans of a doctype looked at anew, in the background."""
	frappe.enqueue(
		"salesflow_std.jobs.follow_up_clock.plan_anew",
		queue="long",
		job_id=f"salesflow_std.plan_anew.{doctype}",
		deduplicate=True,
		enqueue_after_commit=True,
		doctype=doctype,
	)


def progress_key(model: str) -> str:
	"""Where the cache keeps how far a re-grade is."""
	return f"salesflow_std.regrade_progress.{model}"
