"""The deals of a cohort as the funnel counts them (M1, M3): a lead and the opportunity it became are one deal.

A deal belongs to the period in which the first of its documents entered its first stage. Of several opportunities of
one lead the one that came furthest stands for the deal. Who asks counts the deals they may see.

The database gives one row for each document with its way through the stages as a text; so a million transitions are
read as a quarter of a million rows, while the database still goes on sorting them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import frappe
from frappe.utils import add_days, get_datetime, getdate
from pypika import functions
from pypika.terms import LiteralValue

from salesflow_std.engine import funnel as rules
from salesflow_std.engine.stages import Process
from salesflow_std.engine.worked import Worked, hours_a_day
from salesflow_std.salesflow_std import (
	company_facts,
	grading,
	processes,
	reps,
	scope,
	stage_limits,
	transitions,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.report_parts import below

LEAD, OPPORTUNITY = "Lead", "Opportunity"
CONVERSION = "Conversion"
_CHUNK = 2000
_OUTCOMES = {"Converted": rules.WON, "Lost": rules.LOST, "Closed": rules.CLOSED}
_LOST_LEADS = ("Do Not Contact", "Lost Quotation")
_FIELDS = ("name", "status", "company", "sf_stage", "sf_stage_late", "sf_grade", "territory")
_MORE_FIELDS = {
	LEAD: ("sf_target_profile", "sf_invalid_reason", "sf_lost_reason"),
	OPPORTUNITY: ("opportunity_from", "party_name", "sf_lost_on", "currency"),
}
_COMMON = (*_FIELDS, "source", "rep")
_FROM_LOG = ("came_from", "first", "way")
_AMOUNTS = ("opportunity_amount", "conversion_rate", "base_opportunity_amount")
_EPOCH = datetime(2000, 1, 1)
_LOST_ON = (*_COMMON, *_MORE_FIELDS[OPPORTUNITY]).index("sf_lost_on")
# Between the fields of a document, which come as one text: a column each costs the reader four times as much.
_BETWEEN = "\x1f"
# The ways of documents are texts; the server cuts them off here, and may be set to much less.
_LONGEST_WAY = 16 * 1024 * 1024


class _Read:
	"""What the documents of a kind have in common."""

	__slots__ = ()

	def as_dict(self) -> frappe._dict:
		"""As others read documents."""
		found = frappe._dict(self._asdict(), doctype=self.doctype)
		del found["way"]
		return found


class LeadRow(_Read, namedtuple("LeadRow", (*_COMMON, *_MORE_FIELDS[LEAD], *_FROM_LOG))):
	"""A lead as it was read."""

	__slots__ = ()
	doctype = LEAD


class OpportunityRow(
	_Read, namedtuple("OpportunityRow", (*_COMMON, *_MORE_FIELDS[OPPORTUNITY], *_AMOUNTS, *_FROM_LOG))
):
	"""An opportunity as it was read."""

	__slots__ = ()
	doctype = OPPORTUNITY


Row = LeadRow | OpportunityRow
_ROWS = {LEAD: LeadRow, OPPORTUNITY: OpportunityRow}


class Documents(Mapping):
	"""The document that stands for each deal, by the deal's key; made into a dict when it is asked for."""

	def __init__(self) -> None:
		self._rows: dict[str, Row] = {}

	def put(self, key: str, row: Row) -> None:
		self._rows[key] = row

	def row(self, key: str) -> Row:
		"""As it was read: quicker for one field of very many."""
		return self._rows[key]

	def __getitem__(self, key: str) -> frappe._dict:
		return self._rows[key].as_dict()

	def __iter__(self) -> Iterator[str]:
		return iter(self._rows)

	def __len__(self) -> int:
		return len(self._rows)


class Cohort:
	"""The deals of a period: `deals` for the engine, `documents` by a deal's key for those who want to see them.

	`filters` says `from_date` and `to_date`, and may say company, rep, source, sales_person (a team: all below it),
	territory (all below it), grade, profile, product (an item) and item_group. `leads` are the leads that deals began as,
	of those that may be read, `begun` says when each deal began, and `opportunities` all of a deal that has several.
	"""

	def __init__(self, process: Process, filters: frappe._dict) -> None:
		self.process = process
		self.filters = filters
		self._from = get_datetime(getdate(filters.from_date))
		self._until = get_datetime(add_days(getdate(filters.to_date), 1))
		self.stages = [stage.name for stage in process.stages]
		# As the ways of documents call them.
		self._names = {str(place): name for place, name in enumerate(self.stages, 1)}
		self.documents = Documents()
		self.leads: dict[str, Row] = {}
		self.begun: dict[str, datetime] = {}
		self.opportunities: dict[str, list[Row]] = {}
		self.deals: list[rules.Deal] = []
		self._clocks: dict[str | None, Worked] = {}
		self._span: list[datetime] | None = None
		self._currencies: dict[str, str] = {}
		self._wanted = _Wanted(filters)
		self._read()

	def funnel(self, deals: Iterable[rules.Deal] | None = None) -> list[rules.Stage]:
		"""The stages of the process with what the cohort did in each, or some of its deals."""
		return rules.funnel(self.deals if deals is None else deals, self.stages, clock=self._clock)

	def summary(self, deals: Iterable[rules.Deal] | None = None) -> rules.Summary:
		"""What became of the cohort's deals, or of some of them."""
		return rules.summary(self.deals if deals is None else deals, self.stages, clock=self._clock)

	def currencies(self, deals: Iterable[rules.Deal] | None = None) -> list[str]:
		"""The company currencies that the values of the deals are in; no sum goes across several."""
		companies = {
			self.documents.row(deal.key).company
			for deal in (self.deals if deals is None else deals)
			if deal.value is not None
		}
		return sorted({self._currency(company) or "" for company in companies})

	def _clock(self, deal: rules.Deal):
		company = self.documents.row(deal.key).company
		clock = self._clocks.get(company)
		if not clock:
			first, last = self._days()
			clock = self._clocks[company] = Worked(working_calendar(company), first, last)
		return clock.until

	def _days(self) -> tuple[date, date]:
		low, high = self._span or (_EPOCH, _EPOCH)
		ended = [deal.ended_on.date() for deal in self.deals if deal.ended_on]
		return low.date(), max([high.date(), *ended])

	def _currency(self, company: str | None) -> str | None:
		if company not in self._currencies:
			self._currencies[company] = (
				frappe.get_cached_value("Company", company, "default_currency") if company else None
			)
		return self._currencies[company]

	# Reading ----------------------------------------------------------------------------------------------------

	def _read(self) -> None:
		leads = {row.name: row for row in self._documents(LEAD)}
		of_lead: dict[str, list[Row]] = {}
		alone: list[Row] = []
		for row in self._documents(OPPORTUNITY):
			if row.came_from:
				of_lead.setdefault(row.came_from, []).append(row)
			else:
				alone.append(row)
		begun = _begun({*of_lead} - {*leads})
		for key, lead in leads.items():
			self._add(key, lead.first, lead, of_lead.get(key, ()))
		for key, rows in of_lead.items():
			if key in leads:
				continue
			if key in begun:
				if self._within(begun[key]):
					self._add(key, begun[key], None, rows)
			else:
				# Nothing is left of the lead, so each of them began by itself.
				alone += rows
		for row in alone:
			if self._within(row.first):
				self._add(row.name, row.first, None, (row,))

	def _documents(self, doctype: str) -> Iterator[Row]:
		"""The documents of the process that count for the user and that began in the period; an opportunity of a lead may
		be younger, for the lead may be of the period."""
		table, ways = frappe.qb.DocType(doctype), self._ways(doctype)
		columns = [
			*(table[field] for field in _FIELDS),
			table[source_of(doctype)],
			table[stage_limits.OWNERS[doctype]],
			*(table[field] for field in _MORE_FIELDS[doctype]),
			*(table[field] for field in _AMOUNTS if doctype == OPPORTUNITY),
			ways.way,
		]
		line = functions.Concat(
			*[part for column in columns for part in (functions.Coalesce(column, ""), _BETWEEN)][:-1]
		)
		query = (
			frappe.qb.from_(table)
			.join(ways)
			.on(ways.reference_name == table.name)
			.select(line)
			.where(table.sf_sales_process == self.process.name)
			.where(ways.first >= self._from)
		)
		is_in_time, came_from = ways.first < self._until, {}
		if doctype == OPPORTUNITY:
			log = frappe.qb.DocType(transitions.DOCTYPE)
			of_leads = (
				frappe.qb.from_(log)
				.select(log.reference_name)
				.where((log.reference_doctype == OPPORTUNITY) & (log.came_from_doctype == LEAD))
				.where(log.came_from.isnotnull())
				.groupby(log.reference_name)
			)
			came_from = dict(of_leads.select(functions.Max(log.came_from)).run())
			is_in_time |= table.name.isin(of_leads)
		query = scope.narrowed(query.where(is_in_time), doctype, stage_limits.OWNERS[doctype])
		frappe.db.sql("set session group_concat_max_len = %s", _LONGEST_WAY)
		# No other query may be asked before all is read, so what is read is kept.
		with frappe.db.unbuffered_cursor():
			found = [
				self._row(doctype, text, came_from) for (text,) in query.run(as_iterator=True, as_list=True)
			]
		return iter(sorted(found))

	def _row(self, doctype: str, text: str, came_from: Mapping[str, str]) -> Row:
		values = [value or None for value in text.split(_BETWEEN)]
		if doctype == OPPORTUNITY:
			amounts = slice(-1 - len(_AMOUNTS), -1)
			values[amounts] = [float(value) if value else 0.0 for value in values[amounts]]
			values[_LOST_ON] = datetime.fromisoformat(values[_LOST_ON]) if values[_LOST_ON] else None
		values[-1:] = (came_from.get(values[0]), *self._way(values[-1]))
		return _ROWS[doctype](*values)

	def _ways(self, doctype: str):
		"""Each document with the stages it entered, oldest first, as ``place:microseconds,…``."""
		log = frappe.qb.DocType(transitions.DOCTYPE)
		names = ", ".join(frappe.db.escape(name) for name in self.stages)
		way = (
			f"group_concat(concat(field(to_stage, {names}), ':', ifnull(timestampdiff(microsecond, '{_EPOCH:%Y-%m-%d}',"
			" changed_on), '')) order by changed_on, creation, name separator ',')"
		)
		query = frappe.qb.from_(log)
		# It has all that is asked for in that order; without it the server may sort the whole log on disk.
		if frappe.db.has_index(f"tab{transitions.DOCTYPE}", transitions.WAYS_INDEX):
			query = query.force_index(transitions.WAYS_INDEX)
		return (
			query.select(
				log.reference_name,
				functions.Min(log.changed_on).as_("first"),
				LiteralValue(way).as_("way"),
			)
			.where(log.reference_doctype == doctype)
			.groupby(log.reference_name)
		).as_("ways")

	def _way(self, text: str) -> tuple[datetime, tuple[tuple[str, datetime | None], ...]]:
		"""When a document began, and its way."""
		names, first, when, found = self._names, None, None, []
		for step in text.split(","):
			place, _colon, moment = step.partition(":")
			if moment:
				when = _EPOCH + timedelta(0, 0, int(moment))
				# Those that are known stand in order, the others before them.
				first = first or when
			if place in names:
				found.append((names[place], when))
		if self._span is None:
			self._span = [first, when]
		elif first < self._span[0]:
			self._span[0] = first
		if when > self._span[1]:
			self._span[1] = when
		return first, tuple(found)

	def _within(self, moment: datetime | None) -> bool:
		return bool(moment) and self._from <= moment < self._until

	# Deals ------------------------------------------------------------------------------------------------------

	def _add(self, key: str, begun: datetime, lead: Row | None, opportunities: Sequence[Row]) -> None:
		# Nearly all have one at most.
		best = (
			max(opportunities, key=self._rank) if len(opportunities) > 1 else next(iter(opportunities), None)
		)
		last = best or lead
		if not self._wanted.has(lead, last):
			return
		entered = (lead.way if lead else ()) + (best.way if best else ())
		ended = last.sf_lost_on if best and last.status == "Lost" else None
		self.deals.append(
			rules.Deal(key, entered, outcome(last), ended, self.value_of(last), bool(last.sf_stage_late))
		)
		self.documents.put(key, last)
		self.begun[key] = begun
		if lead:
			self.leads[key] = lead
		if len(opportunities) > 1:
			self.opportunities[key] = list(opportunities)

	def rows_of(self, key: str) -> list[Row]:
		"""All documents of a deal that may be read: its lead, then its opportunities."""
		lead, last = self.leads.get(key), self.documents.row(key)
		found = self.opportunities.get(key) or ([last] if last.doctype == OPPORTUNITY else [])
		return [*([lead] if lead else []), *found]

	def _rank(self, row: Row) -> tuple[bool, int, bool, str]:
		places = [self.process.place(stage) for stage, _moment in row.way]
		is_open = row.status in grading.OPEN_OPPORTUNITY_STATUSES
		# One that is won came furthest, also where a gate has kept it from its last stage.
		return outcome(row) == rules.WON, max(places, default=-1), is_open, row.name

	def value_of(self, row: Row) -> float | None:
		"""What a document is worth in its company's currency, at the rate it was made with; None where that is not known:
		a lead, an opportunity without an amount, one in another currency without a rate."""
		if row.doctype != OPPORTUNITY:
			return None
		if row.base_opportunity_amount:
			return row.base_opportunity_amount
		if not row.opportunity_amount:
			return None
		if row.conversion_rate:
			return row.opportunity_amount * row.conversion_rate
		is_own = not row.currency or row.currency == self._currency(row.company)
		return row.opportunity_amount if is_own else None


class _Wanted:
	"""Which deals the filters leave."""

	def __init__(self, filters: frappe._dict) -> None:
		self._filters = filters
		self._people = set(reps.people_at(filters.sales_person)) if filters.sales_person else None
		self._territories = set(below("Territory", filters.territory)) if filters.territory else None
		self._with_product: set[str] | None = None
		if filters.product or filters.item_group:
			self._with_product = opportunities_with(filters.product, filters.item_group)
		self._of_profile = members_of(filters.profile) if filters.profile else None
		self._is_all = not any(
			(
				filters.company,
				filters.rep,
				filters.source,
				filters.grade,
				self._people is not None,
				self._territories is not None,
				self._with_product is not None,
				self._of_profile is not None,
			)
		)

	def has(self, lead: Row | None, last: Row) -> bool:
		"""Whether a deal is among those asked for; a source or grade may be the lead's or the opportunity's."""
		if self._is_all:
			return True
		wanted, both = self._filters, [row for row in (lead, last) if row]
		return (
			(not wanted.company or last.company == wanted.company)
			and (not wanted.rep or last.rep == wanted.rep)
			and (not wanted.source or any(row.source == wanted.source for row in both))
			and (not wanted.grade or any(row.sf_grade == wanted.grade for row in both))
			and (self._people is None or last.rep in self._people)
			and (self._territories is None or last.territory in self._territories)
			and (self._with_product is None or last.name in self._with_product)
			and (self._of_profile is None or any(profile_key(row) in self._of_profile for row in both))
		)


def process_of(name: str | None) -> Process | None:
	"""The process asked for, else the one for all, else the first; None where there is none."""
	everything = processes.all_of_them()
	if name:
		return everything.get(name)
	found = [process for process in everything.values() if process.enabled]
	general = [
		process
		for process in found
		if not (process.company or process.territory or process.opportunity_type or process.market_segment)
	]
	return next(iter(general or found), None)


def source_of(doctype: str) -> str:
	"""The field that says where a document comes from; another one from ERPNext 16 on."""
	if doctype == LEAD:
		return company_facts.column_of(LEAD, "source")
	return "source" if frappe.get_meta(doctype).has_field("source") else "utm_source"


def profile_key(row: Row) -> tuple[str, str]:
	"""Who carries the target customer profile that fits a document: a lead itself, or the party of an opportunity."""
	return (LEAD, row.name) if row.doctype == LEAD else (row.opportunity_from, row.party_name)


def members_of(profile: str | None = None) -> dict[tuple[str, str], str]:
	"""(doctype, name) -> target customer profile of all that match one, or only of those that match this one (L4)."""
	found = {}
	for doctype in (LEAD, "Prospect", "Customer"):
		table = frappe.qb.DocType(doctype)
		query = frappe.qb.from_(table).select(table.name, table.sf_target_profile).orderby(table.name)
		query = query.where(
			table.sf_target_profile == profile if profile else table.sf_target_profile.isnotnull()
		)
		found.update({(doctype, name): target for name, target in query.run() if target})
	return found


def opportunities_with(item: str | None = None, item_group: str | None = None) -> set[str]:
	"""The opportunities that offer an item, or one of an item group and those below it."""
	row = frappe.qb.DocType("Opportunity Item")
	query = frappe.qb.from_(row).select(row.parent).distinct().orderby(row.parent)
	query = query.where(row.parenttype == OPPORTUNITY)
	if item:
		query = query.where(row.item_code == item)
	if item_group:
		query = query.where(row.item_group.isin(below("Item Group", item_group)))
	return set(query.run(pluck=True))


def outcome(row: Row | frappe._dict) -> str:
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
	return scope.narrowed(query, OPPORTUNITY, stage_limits.OWNERS[OPPORTUNITY]).run()[0][0]


def working_days(hours: float | None, company: str | None = None) -> float | None:
	"""Working hours as working days of the calendar's mean length."""
	return None if hours is None else hours / hours_a_day(working_calendar(company))


# The bottleneck -------------------------------------------------------------------------------------------------


def bottleneck(
	cohort: Cohort, stages: Sequence[rules.Stage], goals: Mapping[tuple[str, str], float]
) -> rules.Bottleneck | None:
	"""The stage that costs most won value against its goal, None where the sample cannot say so (M3).

	`goals` is what `goals.goals_of` gives; without goals for conversion the period of the same length before is the
	measure. Of several company currencies no value is added up: then the deals not won decide.
	"""
	return narrowest(cohort, stages, *measures(cohort, stages, goals))


def measures(
	cohort: Cohort, stages: Sequence[rules.Stage], goals: Mapping[tuple[str, str], float]
) -> tuple[dict[str, float], dict[str, tuple[int, int]]]:
	"""What the stages are measured by: the goals for their conversion, 0-1, or (went on, decided) of the period before.

	Both are empty where there is nothing to compare with.
	"""
	wanted = {stage: percent / 100 for (stage, measure), percent in goals.items() if measure == CONVERSION}
	if wanted or not any(stage.decided >= _sample() for stage in stages[:-1]):
		return wanted, {}
	before = Cohort(cohort.process, period_before(cohort.filters)).funnel()
	return {}, {stage.name: (len(stage.went_on), stage.decided) for stage in before if stage.decided}


def narrowest(
	cohort: Cohort,
	stages: Sequence[rules.Stage],
	wanted: Mapping[str, float],
	before: Mapping[str, tuple[int, int]],
) -> rules.Bottleneck | None:
	"""As `bottleneck`, by what `measures` gave."""
	if len(cohort.currencies()) > 1:
		stages = rules.funnel([deal._replace(value=None) for deal in cohort.deals], cohort.stages)
	return rules.bottleneck(stages, wanted, _sample(), before)


def _sample() -> int:
	return max(1, settings().bottleneck_sample or 1)


def period_before(filters: frappe._dict) -> frappe._dict:
	"""The same filters for as many days just before; whole calendar months for whole calendar months."""
	first, last = getdate(filters.from_date), getdate(filters.to_date)
	months = (last.year - first.year) * 12 + last.month - first.month + 1
	if first.day == 1 and add_days(last, 1).day == 1:
		year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
		begins = date(year, month + 1, 1)
	else:
		begins = first - (last - first) - timedelta(days=1)
	return frappe._dict(filters, from_date=begins, to_date=first - timedelta(days=1))


def _begun(leads: Iterable[str]) -> dict[str, datetime]:
	"""When leads began that the user may not read, or that follow another process; those of which nothing is left are
	missing."""
	log = frappe.qb.DocType(transitions.DOCTYPE)
	found: dict[str, datetime] = {}
	for names in _chunks(sorted(leads)):
		query = (
			frappe.qb.from_(log)
			.select(log.reference_name, functions.Min(log.changed_on))
			.where((log.reference_doctype == LEAD) & log.reference_name.isin(names))
			.groupby(log.reference_name)
		)
		found.update({name: first for name, first in query.run() if first})
	return found


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _CHUNK):
		yield names[start : start + _CHUNK]
