"""The deals of a cohort as the funnel counts them (M1, M3): a lead and the opportunity it became are one deal.

A deal belongs to the period in which the first of its documents entered its first stage. Of several opportunities of
one lead the one that came furthest stands for the deal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import frappe
from frappe.desk.reportview import build_match_conditions
from frappe.utils import add_days, getdate
from pypika import functions
from pypika.terms import Criterion, LiteralValue

from salesflow_std.engine import ageing
from salesflow_std.engine import funnel as rules
from salesflow_std.engine.stages import Process
from salesflow_std.salesflow_std import grading, stage_limits, transitions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

LEAD, OPPORTUNITY = "Lead", "Opportunity"
_CHUNK = 2000
_OUTCOMES = {"Converted": rules.WON, "Lost": rules.LOST, "Closed": rules.CLOSED}
_LOST_LEADS = ("Do Not Contact", "Lost Quotation")
_MORE_FIELDS = {
	LEAD: ("lead_name", "company_name", "sf_invalid_reason", "sf_lost_reason"),
	OPPORTUNITY: ("opportunity_from", "party_name", "sf_lost_on", "opportunity_amount", "conversion_rate"),
}


class Cohort:
	"""The deals of a period: `deals` for the engine, `documents` by a deal's key for those who want to see them."""

	def __init__(self, process: Process, filters: frappe._dict) -> None:
		self.process = process
		self.filters = filters
		self.documents: dict[str, frappe._dict] = {}
		self.deals: list[rules.Deal] = []
		self._hours: dict[str | None, ageing.WorkedHours] = {}
		self._read()

	def funnel(self) -> list[rules.Stage]:
		"""The stages of the process with what the cohort did in each."""
		return rules.funnel(self.deals, [stage.name for stage in self.process.stages], self._stay)

	def _stay(self, deal: rules.Deal, start: datetime, end: datetime) -> float:
		company = self.documents[deal.key].company
		if company not in self._hours:
			moments = [moment for one in self.deals for _stage, moment in one.entered if moment]
			moments += [one.ended_on for one in self.deals if one.ended_on]
			self._hours[company] = ageing.WorkedHours(
				working_calendar(company), min(moments).date(), max(moments).date()
			)
		return self._hours[company].between(start, end)

	# Reading ----------------------------------------------------------------------------------------------------

	def _read(self) -> None:
		leads = {row.name: row for row in self._documents(LEAD, until=True)}
		opportunities = list(self._documents(OPPORTUNITY))
		came_from = _came_from([row.name for row in opportunities])
		begun = self._begun({lead for lead in came_from.values()} - set(leads))
		of_lead: dict[str, list[frappe._dict]] = {}
		alone = []
		for row in opportunities:
			lead = came_from.get(row.name)
			if lead and (lead in leads or lead in begun):
				of_lead.setdefault(lead, []).append(row)
			elif not lead and self._within(row.first):
				alone.append(row)
		steps = {
			**_steps(OPPORTUNITY, [row.name for row in opportunities]),
			**_steps(LEAD, list(leads)),
		}
		for lead in {*leads, *of_lead}:
			self._add(lead, leads.get(lead), of_lead.get(lead, ()), steps)
		for row in alone:
			self._add(row.name, None, (row,), steps)

	def _documents(self, doctype: str, until: bool = False) -> Iterator[frappe._dict]:
		"""The documents of the process that the user may read and that began in the period, or with `until` only not
		before it: an opportunity may belong to a lead of the period and be younger."""
		table, first = frappe.qb.DocType(doctype), self._first(doctype)
		query = (
			frappe.qb.from_(table)
			.join(first)
			.on(first.reference_name == table.name)
			.select(
				table.name,
				table.title,
				table.status,
				table.company,
				table.source,
				table.sf_stage,
				table[stage_limits.OWNERS[doctype]].as_("rep"),
				first.first,
				*(table[field] for field in _MORE_FIELDS[doctype]),
			)
			.where(table.sf_sales_process == self.process.name)
			.where(first.first >= self._from)
			.orderby(table.name)
		)
		if until:
			query = query.where(first.first < self._until)
		# A rep sees what ERPNext's permissions let them see.
		match = build_match_conditions(doctype)
		if match:
			query = query.where(Criterion.all([LiteralValue(f"({match})")]))
		for row in query.run(as_dict=True):
			yield frappe._dict(row, doctype=doctype)

	def _first(self, doctype: str):
		log = frappe.qb.DocType(transitions.DOCTYPE)
		return (
			frappe.qb.from_(log)
			.select(log.reference_name, functions.Min(log.changed_on).as_("first"))
			.where(log.reference_doctype == doctype)
			.groupby(log.reference_name)
		).as_("begun")

	def _begun(self, leads: Iterable[str]) -> set[str]:
		"""Of leads that the user may not read, those that began in the period."""
		found = set()
		for names in _chunks(sorted(leads)):
			log = frappe.qb.DocType(transitions.DOCTYPE)
			for name, first in (
				frappe.qb.from_(log)
				.select(log.reference_name, functions.Min(log.changed_on))
				.where((log.reference_doctype == LEAD) & log.reference_name.isin(names))
				.groupby(log.reference_name)
				.run()
			):
				if self._within(first):
					found.add(name)
		return found

	@property
	def _from(self):
		return getdate(self.filters.from_date)

	@property
	def _until(self):
		return add_days(getdate(self.filters.to_date), 1)

	def _within(self, moment: datetime | None) -> bool:
		return bool(moment) and self._from <= moment.date() < self._until

	# Deals ------------------------------------------------------------------------------------------------------

	def _add(
		self,
		key: str,
		lead: frappe._dict | None,
		opportunities: Sequence[frappe._dict],
		steps: dict[tuple[str, str], list[tuple[str, datetime | None]]],
	) -> None:
		best = max(opportunities, key=lambda row: self._rank(row, steps), default=None)
		last = best or lead
		if not last or not self._is_wanted(lead, last):
			return
		entered = [step for row in (lead, best) if row for step in steps.get((row.doctype, row.name), ())]
		ended = last.sf_lost_on if last.doctype == OPPORTUNITY and last.status == "Lost" else None
		self.deals.append(rules.Deal(key, tuple(entered), outcome(last), ended))
		self.documents[key] = last

	def _rank(self, row: frappe._dict, steps: dict) -> tuple[int, bool, str]:
		places = [self.process.place(stage) for stage, _moment in steps.get((row.doctype, row.name), ())]
		return max(places, default=-1), row.status in grading.OPEN_OPPORTUNITY_STATUSES, row.name

	def _is_wanted(self, lead: frappe._dict | None, last: frappe._dict) -> bool:
		wanted = self.filters
		sources = {row.source for row in (lead, last) if row}
		return (
			(not wanted.company or last.company == wanted.company)
			and (not wanted.rep or last.rep == wanted.rep)
			and (not wanted.source or wanted.source in sources)
		)


def outcome(row: frappe._dict) -> str:
	"""How a lead or an opportunity has ended, in the engine's words; one that became a customer without an
	opportunity, or is invalid, is closed."""
	if row.doctype == OPPORTUNITY:
		return _OUTCOMES.get(row.status, rules.OPEN)
	if row.sf_invalid_reason or row.status == "Converted":
		return rules.CLOSED
	return rules.LOST if row.sf_lost_reason or row.status in _LOST_LEADS else rules.OPEN


def undated(process: str) -> int:
	"""How many opportunities of a process entered their stage nobody knows when: they are in no cohort."""
	log, table = frappe.qb.DocType(transitions.DOCTYPE), frappe.qb.DocType(OPPORTUNITY)
	query = (
		frappe.qb.from_(table)
		.join(log)
		.on((log.reference_doctype == OPPORTUNITY) & (log.reference_name == table.name))
		.select(functions.Count(table.name).distinct())
		.where((table.sf_sales_process == process) & table.sf_stage_entered_on.isnull())
		.where(log.changed_on.isnull())
	)
	match = build_match_conditions(OPPORTUNITY)
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	return query.run()[0][0]


def _came_from(opportunities: Sequence[str]) -> dict[str, str]:
	"""Opportunity -> the lead it goes on from."""
	found: dict[str, str] = {}
	for names in _chunks(opportunities):
		for row in frappe.get_all(
			transitions.DOCTYPE,
			filters={
				"reference_doctype": OPPORTUNITY,
				"reference_name": ("in", names),
				"came_from_doctype": LEAD,
				"came_from": ("is", "set"),
			},
			fields=["reference_name", "came_from"],
			order_by="changed_on desc, name",
		):
			found[row.reference_name] = row.came_from
	return found


def _steps(
	doctype: str, documents: Sequence[str]
) -> dict[tuple[str, str], list[tuple[str, datetime | None]]]:
	"""(doctype, name) -> the stages it entered, with their times, oldest first."""
	found: dict[tuple[str, str], list[tuple[str, datetime | None]]] = {}
	for names in _chunks(documents):
		for row in frappe.get_all(
			transitions.DOCTYPE,
			filters={"reference_doctype": doctype, "reference_name": ("in", names)},
			fields=["reference_name", "to_stage", "changed_on"],
			order_by="changed_on, creation, name",
		):
			found.setdefault((doctype, row.reference_name), []).append((row.to_stage, row.changed_on))
	return found


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _CHUNK):
		yield names[start : start + _CHUNK]
