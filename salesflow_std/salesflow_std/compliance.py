"""How well people keep the standard, counted from what the app has written down anyway (M3, M6).

Each measure is good of all, by who was responsible and in the month of its date; what is not decided yet, as a touch whose
time is not over, does not count. The measures:

- ``first_touch`` (L7): leads captured in the period whose first touch was made in time, of those where it was made,
  missed or is overdue. Whose: the lead owner's.
- ``cadence`` (F1-F4): touches of the plan (rhythm, replies, promises, meetings) due in the period that were done before
  they were late, of those done, missed or late by now. First touches count for themselves, tasks and unplanned
  touches keep no rhythm. Whose: who they are allocated to.
- ``stale`` (L9): reviews of a lead's grade that were done in the period, and those that fell due in it and wait still; good:
  done within the time for which the grade before was believed. A lead that ended asks for no review.
- ``late_entry`` (L2): leads captured in the period, good those that were not entered late. Nothing where the settings ask
  for no time.
- ``gates`` (M1): moves to a later stage in the period, good those without an override, an unmet gate or a way past the
  gates. What was imported or taken in was asked nothing, and going back asks nothing.
- ``reviews`` (S2): opinions on proposals due in the period, good those given before; one that nobody needs any more, and
  one carried over from the version before, counts not. Whose: the reviewer's.
- ``surveys`` (A3): satisfaction surveys to be sent by a date in the period, good those sent, or answered on the phone, before
  it. Corrections ask nobody again. Whose: who they are allocated to.

The number of queries is fixed: it depends on no number of people, months or documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder import CustomFunction
from frappe.query_builder.custom import ConstantColumn
from frappe.query_builder.functions import Coalesce, Count, Sum
from frappe.utils import add_days, cint, flt, format_date, get_datetime, getdate, now_datetime
from pypika import Case, Table
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Term

from salesflow_std.engine import leads, stages, worktime
from salesflow_std.engine.compliance import Tally
from salesflow_std.salesflow_std import follow_ups, grading, scope, surveys, transitions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

FIRST_TOUCH, CADENCE, STALE, LATE_ENTRY = "first_touch", "cadence", "stale", "late_entry"
GATES, REVIEWS, SURVEYS = "gates", "reviews", "surveys"
MEASURES = (FIRST_TOUCH, CADENCE, STALE, LATE_ENTRY, GATES, REVIEWS, SURVEYS)
REP, TEAM, MONTH = "rep", "team", "month"
GOOD, BAD, ALL, MISSED, ESCALATED = "good", "bad", "all", "missed", "escalated"
# More records than that nobody reads.
SHOWN = 2000

_RHYTHM = ("Rhythm", *follow_ups.HOLDS_RHYTHM)
# A person has looked at the facts; the others count them anew.
_LOOKED_AT = ("Scored", "Reviewed", "Set by Manager")
_YEAR, _MONTH = CustomFunction("YEAR", ["moment"]), CustomFunction("MONTH", ["moment"])

Keys = Callable[[str | None, str], str | None]


def labels() -> dict[str, str]:
	"""What the measures are called."""
	return {
		FIRST_TOUCH: _("First Touch in Time"),
		CADENCE: _("Cadence Kept"),
		STALE: _("Grades Reviewed in Time"),
		LATE_ENTRY: _("Entered in Time"),
		GATES: _("Gates Held"),
		REVIEWS: _("Reviews in Time"),
		SURVEYS: _("Surveys in Time"),
	}


def numbers(
	from_date: date | str,
	to_date: date | str,
	group: str,
	company: str | None = None,
	users: frozenset[str] | None = None,
) -> list[frappe._dict]:
	"""The measures from a day until and with another, by ``rep``, ``team`` or ``month``.

	``{"key", "label", "<measure>_good", "<measure>_all", "cadence_missed", "cadence_escalated"}`` each; the key is a
	user, the group of the Sales Person tree that they stand in, or a month as ``2027-01``; None where there is none.
	Only what the session's user may see (`scope`), of `users` where they are given. Raises ValueError for another `group`.
	"""
	return Reading(from_date, to_date, company, users).by(group)


def missed_touches(users: Iterable[str] | None, from_date: date | str, to_date: date | str) -> dict[str, int]:
	"""User -> the touches of the plan, first ones too, that were due in the period and were not made (F5).

	Of all that the session's user may see where `users` is None; who has missed none is not in it.
	"""
	touch = frappe.qb.DocType("Follow Up")
	begin, end = getdate(from_date), add_days(getdate(to_date), 1)
	query = (
		frappe.qb.from_(touch)
		.select(touch.allocated_to, Count("*"))
		.where((touch.due_on >= begin) & (touch.due_on < end) & touch.kind.isin(("First Touch", *_RHYTHM)))
		.where(_not_made(touch, now_datetime()) & (touch.allocated_to != ""))
		.groupby(touch.allocated_to)
		.orderby(touch.allocated_to)
	)
	if users is not None:
		query = query.where(touch.allocated_to.isin(sorted(users) or [""]))
	return dict(scope.narrowed(query, "Follow Up", "allocated_to").run())


@dataclass
class Found:
	"""What one person has of one measure in one month; `more` counts what else there is to say of it."""

	tally: Tally = field(default_factory=Tally)
	more: dict[str, int] = field(default_factory=dict)

	def __add__(self, other: Found) -> Found:
		more = {key: self.more.get(key, 0) + other.more.get(key, 0) for key in {**self.more, **other.more}}
		return Found(self.tally + other.tally, more)


# (user, month) -> what was found.
Counts = dict[tuple[str | None, str], Found]


@dataclass(frozen=True)
class _Measure:
	"""A measure as a query: the rows that are `asked`, whose they are, when, and which are good."""

	doctype: str
	table: Table
	rep: Term
	rep_field: str
	on: Term
	good: Criterion
	asked: Criterion
	of_company: Callable[[str], Criterion]
	shown: Mapping[str, Term]
	more: Mapping[str, Criterion] = field(default_factory=dict)
	begin: Callable[[], QueryBuilder] | None = None
	narrow: Callable[[QueryBuilder], QueryBuilder] | None = None


class Reading:
	"""The measures of a period, read once and grouped as often as one likes."""

	def __init__(
		self,
		from_date: date | str,
		to_date: date | str,
		company: str | None = None,
		users: frozenset[str] | None = None,
		measures: Sequence[str] = MEASURES,
	):
		self.from_date, self.to_date = getdate(from_date), getdate(to_date)
		self.begin = datetime.combine(self.from_date, datetime.min.time())
		self.end = self.begin + timedelta(days=(self.to_date - self.from_date).days + 1)
		self.company, self.users, self.now = company, users, now_datetime()
		self.measures = tuple(measures)
		self._found: dict[str, Counts] = {}
		self._of_all: dict[str, Counts] = {}
		self._team_of: dict[str, str] | None = None

	# Counting ------------------------------------------------------------------------------------------------------

	def found(self) -> dict[str, Counts]:
		"""Measure -> (user, month) -> what was found."""
		if not self._found:
			self._found = {measure: self._count(measure, by_rep=True) for measure in self.measures}
		return self._found

	def of_all(self) -> dict[str, Counts]:
		"""Measure -> (user, month) -> what was found, where nobody asks for the users: then None stands for all of them,
		for names are what a database groups by most slowly."""
		if self._found:
			return self._found
		if not self._of_all:
			self._of_all = {measure: self._count(measure, by_rep=False) for measure in self.measures}
		return self._of_all

	def total(self, measure: str) -> Tally:
		"""One measure of everybody, all months together."""
		return sum(self.of_all()[measure].values(), Found()).tally

	def by(self, group: str) -> list[frappe._dict]:
		"""As `numbers`."""
		keys = self._keys(group)
		rows: dict[str | None, frappe._dict] = {}
		if group == MONTH:
			rows = {month: self._row(month) for month in _months(self.from_date, self.to_date)}
		for measure, found in (self.of_all() if group == MONTH else self.found()).items():
			for (rep, month), one in found.items():
				row = rows.setdefault(keys(rep, month), self._row(keys(rep, month)))
				row[f"{measure}_good"] += one.tally.good
				row[f"{measure}_all"] += one.tally.all
				for key, count in one.more.items():
					row[f"{measure}_{key}"] += count
		names = full_names(rows) if group == REP else {}
		for key, row in rows.items():
			row.label = self._label(group, key, names)
		if group == MONTH:
			return list(rows.values())
		return sorted(rows.values(), key=lambda row: (row.key is None, row.label, row.key or ""))

	def _row(self, key: str | None) -> frappe._dict:
		row = frappe._dict(key=key, cadence_missed=0, cadence_escalated=0)
		for measure in MEASURES:
			row[f"{measure}_good"] = row[f"{measure}_all"] = 0
		return row

	def _keys(self, group: str) -> Keys:
		if group == REP:
			return lambda rep, _month: rep
		if group == MONTH:
			return lambda _rep, month: month
		if group == TEAM:
			teams = self.team_of()
			return lambda rep, _month: teams.get(rep)
		raise ValueError(f"no measures by {group}")

	def team_of(self) -> dict[str, str]:
		"""User -> the group of the Sales Person tree that they stand in: their own where they stand at one."""
		if self._team_of is None:
			employee, person = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person")
			rows = (
				frappe.qb.from_(employee)
				.join(person)
				.on(person.employee == employee.name)
				.select(employee.user_id, person.name, person.parent_sales_person, person.is_group)
				.where(employee.user_id != "")
				.orderby(person.lft)
				.run()
			)
			self._team_of = {}
			for user, name, above, is_group in rows:
				self._team_of.setdefault(user, name if is_group else above or name)
		return self._team_of

	def _label(self, group: str, key: str | None, names: Mapping[str, str]) -> str:
		if not key:
			return _("None", context="Salesflow")
		if group == MONTH:
			return format_date(f"{key}-01", "yyyy-MM")
		return names.get(key, key) if group == REP else key

	def _count(self, measure: str, by_rep: bool) -> Counts:
		if measure == STALE:
			return self._count_grade_reviews(by_rep)
		asked = self._measure(measure)
		if asked is None:
			return {}
		year, month = _YEAR(asked.on), _MONTH(asked.on)
		tally = lambda criterion: Sum(Case().when(criterion, 1).else_(0))  # noqa: E731
		query = (
			self._asked(asked)
			.select(year.as_("year"), month.as_("month"), Count("*").as_("asked"))
			.select(tally(asked.good).as_("good"))
			.select(*(tally(criterion).as_(key) for key, criterion in asked.more.items()))
			.groupby(year, month)
			.orderby(year, month)
		)
		if by_rep:
			query = query.select(asked.rep.as_("rep")).groupby(asked.rep).orderby(asked.rep)
		found = {}
		for row in query.run(as_dict=True):
			key = (row.rep or None, f"{row.year:04d}-{row.month:02d}")
			one = Found(Tally(cint(row.good), cint(row.asked)), {key: cint(row[key]) for key in asked.more})
			found[key] = found.get(key, Found()) + one
		return found

	# The records behind a number -----------------------------------------------------------------------------------

	def records(self, measure: str, kind: str, group: str | None, key: str | None) -> list[frappe._dict]:
		"""The records behind a number of `by`, one of the `kinds` of a measure, the earliest first.

		Without a `group` those of everybody and all months.

		``{"doctype", "name", "title", "rep", "on", "done_on", "good"}``, at most SHOWN. Raises ValueError for a measure or a
		kind that there is not.
		"""
		if kind not in kinds(measure):
			raise ValueError(f"no records of {measure} {kind}")
		if measure == STALE:
			rows: Iterable[frappe._dict] = self._grade_reviews()
		else:
			rows = self._rows(measure)
		keys = self._keys(group) if group else lambda _rep, _month: key
		chosen = [
			row
			for row in rows
			if _is_of(row, kind) and keys(row.rep or None, f"{get_datetime(row.on):%Y-%m}") == key
		]
		return sorted(chosen, key=lambda row: (row.on, row.name))[:SHOWN]

	def _rows(self, measure: str) -> list[frappe._dict]:
		asked = self._measure(measure)
		if asked is None:
			return []
		return (
			self._asked(asked)
			.select(
				asked.rep.as_("rep"),
				asked.on.as_("on"),
				*(
					Case().when(criterion, 1).else_(0).as_(key)
					for key, criterion in {GOOD: asked.good, **asked.more}.items()
				),
				*(term.as_(key) for key, term in asked.shown.items()),
			)
			.orderby(asked.on)
			.run(as_dict=True)
		)

	def _asked(self, asked: _Measure) -> QueryBuilder:
		query = asked.begin() if asked.begin else frappe.qb.from_(asked.table)
		query = query.where((asked.on >= self.begin) & (asked.on < self.end)).where(asked.asked)
		if self.company:
			query = query.where(asked.of_company(self.company))
		if self.users is not None:
			query = query.where(asked.rep.isin(sorted(self.users) or [""]))
		if asked.narrow:
			return asked.narrow(query)
		return scope.narrowed(query, asked.doctype, asked.rep_field)

	# The measures --------------------------------------------------------------------------------------------------

	def _measure(self, measure: str) -> _Measure | None:
		"""None where the settings ask for nothing."""
		return getattr(self, f"_{measure}")()

	def _first_touch(self) -> _Measure:
		lead = frappe.qb.DocType("Lead")
		decided = (leads.MET, leads.MISSED, leads.OVERDUE)
		return _Measure(
			**self._of_lead(lead, lead.sf_first_touched_on),
			good=lead.sf_first_touch_status == leads.MET,
			asked=lead.sf_first_touch_status.isin(decided),
		)

	def _late_entry(self) -> _Measure | None:
		if not flt(settings().late_entry_hours):
			return None
		lead = frappe.qb.DocType("Lead")
		return _Measure(
			**self._of_lead(lead, lead.creation),
			good=lead.sf_late_entry == 0,
			asked=lead.sf_captured_on.isnotnull(),
		)

	def _of_lead(self, lead: Table, done_on: Term) -> dict[str, object]:
		return {
			"doctype": "Lead",
			"table": lead,
			"rep": lead.lead_owner,
			"rep_field": "lead_owner",
			"on": lead.sf_captured_on,
			"of_company": lambda company: lead.company == company,
			"shown": _shown("Lead", lead.name, lead.title, done_on),
		}

	def _cadence(self) -> _Measure:
		touch = frappe.qb.DocType("Follow Up")
		done, missed = touch.status == follow_ups.DONE, _not_made(touch, self.now)
		return _Measure(
			doctype="Follow Up",
			table=touch,
			rep=touch.allocated_to,
			rep_field="allocated_to",
			on=touch.due_on,
			good=done & (touch.done_on <= Coalesce(touch.late_on, touch.due_on)),
			# The first is said by the second too; an index finds it.
			asked=touch.status.isin((follow_ups.DONE, follow_ups.MISSED, follow_ups.PLANNED))
			& touch.kind.isin(_RHYTHM)
			& (done | missed),
			of_company=lambda company: _subject_of(touch, company),
			shown=_shown("Follow Up", touch.name, touch.title, touch.done_on),
			more={MISSED: missed, ESCALATED: touch.escalated_on.isnotnull()},
		)

	def _gates(self) -> _Measure:
		move = frappe.qb.DocType(transitions.DOCTYPE)
		held = (move.is_bypass == 0) & (Coalesce(move.override_reason, "") == "")
		return _Measure(
			doctype=transitions.DOCTYPE,
			table=move,
			rep=move.responsible,
			rep_field="responsible",
			on=move.changed_on,
			good=held & (Coalesce(move.unmet, "") == ""),
			asked=move.direction.isin((stages.FORWARD, stages.SKIPPED))
			& move.source.notin((transitions.TAKEN_IN, transitions.IMPORTED)),
			of_company=lambda company: move.company == company,
			shown=_shown(transitions.DOCTYPE, move.name, move.title, move.changed_on),
		)

	def _reviews(self) -> _Measure:
		review, opinion = frappe.qb.DocType("Proposal Review"), frappe.qb.DocType("Review Opinion")
		given = Coalesce(opinion.decision, "") != ""
		waits = (review.status == "Open") & (opinion.due_on < self.now)
		rep = Coalesce(opinion.reviewer, opinion.asked)
		return _Measure(
			doctype="Proposal Review",
			table=review,
			rep=rep,
			rep_field="",
			on=opinion.due_on,
			good=given & (opinion.decided_on <= opinion.due_on),
			asked=(opinion.carried_over == 0) & (given | waits),
			of_company=lambda company: review.company == company,
			shown=_shown("Proposal Review", review.name, review.title, opinion.decided_on),
			begin=lambda: (
				frappe.qb.from_(opinion)
				.join(review)
				.on((opinion.parent == review.name) & (opinion.parenttype == "Proposal Review"))
			),
			narrow=lambda query: _reviews_seen(query, rep),
		)

	def _surveys(self) -> _Measure:
		survey = frappe.qb.DocType(surveys.DOCTYPE)
		asked_on = Coalesce(survey.sent_on, survey.answered_on)
		return _Measure(
			doctype=surveys.DOCTYPE,
			table=survey,
			rep=survey.allocated_to,
			rep_field="allocated_to",
			on=survey.due_on,
			good=asked_on <= survey.due_on,
			asked=(survey.status != surveys.CANCELLED)
			& (Coalesce(survey.correction_of, "") == "")
			& (asked_on.isnotnull() | (survey.due_on < self.now)),
			of_company=lambda company: survey.company == company,
			shown=_shown(surveys.DOCTYPE, survey.name, survey.title, asked_on),
		)

	# Reviews of grades (L9) ------------------------------------------------------------------------------------------

	def _grade_reviews(self) -> list[frappe._dict]:
		lead = frappe.qb.DocType("Lead")
		waiting = (
			self._waiting(lead)
			.select(*self._of_whom(lead), lead.sf_review_due.as_("on"), ConstantColumn(0).as_("good"))
			.orderby(lead.sf_review_due, lead.name)
		)
		return [*self._reviewed(), *waiting.run(as_dict=True)]

	def _count_grade_reviews(self, by_rep: bool) -> Counts:
		"""What was reviewed has its due day counted by its calendar; what waits, which may be very much, is counted where
		it lies."""
		found: Counts = {}
		for row in self._reviewed():
			key = ((by_rep and row.rep) or None, f"{row.on:%Y-%m}")
			found[key] = found.get(key, Found()) + Found(Tally(int(row.good), 1))
		lead = frappe.qb.DocType("Lead")
		year, month = _YEAR(lead.sf_review_due), _MONTH(lead.sf_review_due)
		waiting = (
			self._waiting(lead).select(year, month, Count("*")).groupby(year, month).orderby(year, month)
		)
		if by_rep:
			waiting = waiting.select(lead.lead_owner).groupby(lead.lead_owner).orderby(lead.lead_owner)
		for of_year, of_month, count, *rep in waiting.run():
			key = ((rep and rep[0]) or None, f"{of_year:04d}-{of_month:02d}")
			found[key] = found.get(key, Found()) + Found(Tally(0, count))
		return found

	def _waiting(self, lead: Table) -> QueryBuilder:
		"""Open leads whose review fell due in the period and was not done."""
		return (
			self._leads(lead)
			.where((lead.sf_review_due >= self.begin) & (lead.sf_review_due < self.end))
			.where((lead.sf_review_due < self.now) & (lead.sf_grade_stale == 1))
			.where(lead.status.isin(grading.OPEN_LEAD_STATUSES))
		)

	def _reviewed(self) -> list[frappe._dict]:
		"""The scorings of the period that followed another one."""
		lead, score = frappe.qb.DocType("Lead"), frappe.qb.DocType("BNAU Score")
		of_period = frappe.qb.DocType("BNAU Score").as_("of_period")
		in_period = (
			frappe.qb.from_(of_period)
			.select(of_period.reference_name)
			.where((of_period.reference_doctype == "Lead") & of_period.source.isin(_LOOKED_AT))
			.where((of_period.scored_on >= self.begin) & (of_period.scored_on < self.end))
		)
		rows = (
			self._leads(lead)
			.join(score)
			.on((score.reference_name == lead.name) & (score.reference_doctype == "Lead"))
			.select(*self._of_whom(lead), lead.company, score.scored_on.as_("on"))
			.select(score.grade, score.scoring_model)
			.where(score.source.isin(_LOOKED_AT) & (score.scored_on < self.end) & lead.name.isin(in_period))
			.orderby(lead.name, score.scored_on, score.name)
			.run(as_dict=True)
		)
		periods = _review_periods() if rows else {}
		found, last = [], None
		for row in rows:
			if last is not None and last.name == row.name and row.on >= self.begin:
				period = periods.get((last.scoring_model, last.grade))
				if period:
					due = worktime.add(last.on, *period, working_calendar(row.company))
					found.append(frappe._dict(row, good=int(row.on <= due), done_on=row.on, due_on=due))
			last = row
		return found

	def _leads(self, lead: Table) -> QueryBuilder:
		query = frappe.qb.from_(lead)
		if self.company:
			query = query.where(lead.company == self.company)
		if self.users is not None:
			query = query.where(lead.lead_owner.isin(sorted(self.users) or [""]))
		return scope.narrowed(query, "Lead", "lead_owner")

	@staticmethod
	def _of_whom(lead: Table) -> tuple[Term, ...]:
		return ConstantColumn("Lead").as_("doctype"), lead.name, lead.title, lead.lead_owner.as_("rep")


def kinds(measure: str) -> tuple[str, ...]:
	"""The numbers of a measure that open records; none of one that there is not."""
	if measure not in MEASURES:
		return ()
	return (GOOD, BAD, ALL, MISSED, ESCALATED) if measure == CADENCE else (GOOD, BAD, ALL)


def _is_of(row: frappe._dict, kind: str) -> bool:
	return {ALL: True, BAD: not row.good}.get(kind, bool(row.get(kind)))


def full_names(users: Iterable[str | None]) -> dict[str, str]:
	"""User -> full name, in one query."""
	table = frappe.qb.DocType("User")
	query = frappe.qb.from_(table).select(table.name, Coalesce(table.full_name, table.name))
	return dict(query.where(table.name.isin(sorted(filter(None, users)) or [""])).orderby(table.name).run())


def _review_periods() -> dict[tuple[str, str], tuple[float, str]]:
	"""(scoring model, grade) -> for how long its facts are believed: an amount and its unit; those believed for ever are
	not in it."""
	band = frappe.qb.DocType("Scoring Band")
	rows = (
		frappe.qb.from_(band)
		.select(band.parent, band.grade, band.review_amount, band.review_unit)
		.where((band.parenttype == "Scoring Model") & (band.review_amount > 0))
		.orderby(band.parent, band.idx)
		.run()
	)
	return {(model, grade): (amount, worktime.unit_of(unit)) for model, grade, amount, unit in rows}


def _not_made(touch: Table, now: datetime) -> Criterion:
	"""Touches whose time is over without anybody having made them."""
	late = (touch.status == follow_ups.PLANNED) & (Coalesce(touch.late_on, touch.due_on) < now)
	return (touch.status == follow_ups.MISSED) | late


def _subject_of(touch: Table, company: str) -> Criterion:
	"""Touches of a company's leads and opportunities. A customer is no company's."""
	found = []
	for doctype in follow_ups.SUBJECTS:
		subject = frappe.qb.DocType(doctype)
		names = frappe.qb.from_(subject).select(subject.name).where(subject.company == company)
		found.append((touch.reference_doctype == doctype) & touch.reference_name.isin(names))
	return Criterion.any(found)


def _reviews_seen(query: QueryBuilder, rep: Term) -> QueryBuilder:
	"""Opinions on reviews that one may read, of the people whose numbers one may see."""
	if not frappe.has_permission("Proposal Review", "read"):
		return query.where(scope.Written("1=0"))
	if match := build_match_conditions("Proposal Review"):
		query = query.where(scope.Written(match))
	seen = scope.users()
	return query if seen is None else query.where(rep.isin(sorted(seen) or [""]))


def _shown(doctype: str, name: Term, title: Term, done_on: Term) -> dict[str, Term]:
	return {"doctype": ConstantColumn(doctype), "name": name, "title": title, "done_on": done_on}


def _months(first: date, last: date) -> list[str]:
	"""The months of a period, as ``2027-01``."""
	months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
	return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months]
