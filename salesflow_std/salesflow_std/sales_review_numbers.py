"""What a sales review says in numbers (M6): read set by set over the people of a team, as its manager may see them.

Nothing here looks at the session: what the manager may not read is not counted, whoever has the sheet prepared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import frappe
from frappe.utils import add_days, add_months, get_datetime, getdate
from pypika import Table
from pypika.functions import Coalesce, Max
from pypika.queries import QueryBuilder
from pypika.terms import LiteralValue

from salesflow_std.engine import goals as goal_rules
from salesflow_std.engine import kpi
from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import (
	access,
	follow_ups,
	goals,
	grading,
	processes,
	report_parts,
	scope,
	stage_funnel,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.lost_deals import LOST
from salesflow_std.salesflow_std.sales_review_teams import Team

OPPORTUNITY = "Opportunity"
# More goals than that are not talked about in a meeting; those in danger come first.
_GOALS = 40
# How far a goal is from its target, the worst first: as it was judged, or as it lands; "" where nobody can say yet.
_WORST_FIRST = (
	goals.MISSED,
	goal_rules.MISSES,
	goal_rules.BELOW,
	"",
	goal_rules.ABOVE,
	goal_rules.MEETS,
	goals.MET,
)
# The funnel of a bottleneck looks back so many months.
_FUNNEL_MONTHS = 6
_FIELDS = (
	"name",
	"title",
	"customer_name",
	"opportunity_owner",
	"company",
	"sf_stage",
	"sf_stage_due",
	"sf_next_touch_on",
	"expected_closing",
	"transaction_date",
	"base_opportunity_amount",
	"opportunity_amount",
	"conversion_rate",
)


@dataclass(frozen=True)
class Progress:
	"""How one of the team stands: money in the company's currency, `achievement` None without a target, shares 0-…"""

	sales_person: str
	user: str
	target: float
	actual: float
	achievement: float | None
	expected: float
	open_value: float
	touches_missed: int


class Numbers:
	"""The numbers of a team's period; `since` and `until` are its first and last day."""

	def __init__(self, team: Team, since: date, until: date, now: datetime) -> None:
		self.team, self.since, self.until, self.now = team, since, until, now
		self.calendar = working_calendar(team.company)
		self.month = rules.month_of(until)
		self.open_deals = [_valued(row) for row in self._open_deals()]
		self.values = {row.name: row.amount for row in self.open_deals}
		self.missed = self._missed()
		self.records: dict[tuple[str, str], tuple[str, list[str]]] = {}

	# Progress ---------------------------------------------------------------------------------------------------

	def progress(self) -> list[Progress]:
		"""How each of the team stands in the month of the period by its last day, against the target of the whole month,
		those furthest behind first. What was sold after that day is the next sheet's."""
		first, last = self.month
		people = list(self.team.people)
		whole = standings(self.team.company, first, last, people)
		found = whole if self.until >= last else standings(self.team.company, first, self.until, people)
		expected = kpi.expected_share(self.until, first, last, self.calendar)
		open_value: dict[str, float] = {}
		for row in self.open_deals:
			open_value[row.opportunity_owner] = open_value.get(row.opportunity_owner, 0.0) + row.amount
		missed: dict[str, int] = {}
		for row in self.missed:
			missed[row.allocated_to] = missed.get(row.allocated_to, 0) + 1
		rows = []
		for person, user in self.team.people.items():
			one, by_now = whole.get(person), found.get(person)
			result = kpi.Result(
				float(one.target or 0) if one else 0.0, float(by_now.sales or 0) if by_now else 0.0
			)
			rows.append(
				Progress(
					person,
					user,
					result.target,
					result.actual,
					result.achievement,
					expected,
					open_value.get(user, 0.0),
					missed.get(user, 0),
				)
			)
		rows.sort(
			key=lambda row: (
				row.achievement is None,
				row.achievement if row.achievement is not None else 0.0,
				row.sales_person,
			)
		)
		return rows

	def goals(self, besides: Collection[str] = ()) -> list[frappe._dict]:
		"""The goals of stages that run in the period, as they were counted last, those in danger first (M2).

		Of the team all; of the company those that are judged or in danger, of its people those in danger: what is on its
		way needs no talking about. `besides` are there however they stand: something was noted on them.
		"""
		if not frappe.has_permission(goals.DOCTYPE, "read", user=self.team.manager):
			return []
		found = frappe.get_list(
			goals.DOCTYPE,
			filters={
				"company": self.team.company,
				"from_date": ("<=", self.until),
				"to_date": (">=", self.since),
			},
			fields=[*goals.FIELDS, *goals.COUNTED],
			order_by="to_date, sales_process, stage, measure, sales_person, name",
			limit_page_length=0,
			user=self.team.manager,
		)
		if self.team.sales_person:
			ours = {None, "", *report_parts.below("Sales Person", self.team.sales_person)}
			found = [goal for goal in found if goal.sales_person in ours]
		found = [goal for goal in found if goal.name in besides or self._is_talked_about(goal)]
		found.sort(key=lambda goal: _WORST_FIRST.index(goals.outlook(goal)))
		return [goal for place, goal in enumerate(found) if place < _GOALS or goal.name in besides]

	def _is_talked_about(self, goal: frappe._dict) -> bool:
		if goal.status == goals.CANCELLED:
			return False
		if (goal.sales_person or None) == self.team.sales_person or goals.in_danger(goal):
			return True
		return not goal.sales_person and goal.status in goals.JUDGED

	# Reasons ----------------------------------------------------------------------------------------------------

	def reasons(self) -> list[rules.Reason]:
		"""Why the team lags, the weightiest first; `records` then names what is behind each."""
		lost = [_valued(row) for row in self._lost_deals()]
		late = [(row.sf_stage, row.name) for row in self.open_deals if row.sf_stage and self._is_late(row)]
		objections = [(row.kind or "Other", row) for row in self._objections()]
		missed = [(row.kind or "Unplanned", row) for row in self.missed]
		reasons = self._lost_reasons(lost)
		self.records = {
			**_records(rules.LOST_DEAL, OPPORTUNITY, reasons),
			**_records(rules.AGEING, OPPORTUNITY, late),
			**_records(rules.OBJECTION, "Objection", [(kind, row.name) for kind, row in objections]),
			**_records(rules.MISSED_TOUCH, "Follow Up", [(kind, row.name) for kind, row in missed]),
		}
		worth = {row.name: row.amount for row in lost}
		return rules.ranked(
			[
				*rules.tallied(rules.LOST_DEAL, reasons, worth),
				*rules.tallied(rules.AGEING, late, self.values),
				*rules.tallied(
					rules.OBJECTION, [(kind, _deal_of(row)) for kind, row in objections], self.values
				),
				*rules.tallied(
					rules.MISSED_TOUCH, [(kind, _deal_of(row)) for kind, row in missed], self.values
				),
				*self._bottlenecks(),
			]
		)

	def _is_late(self, row: frappe._dict) -> bool:
		return bool(row.sf_stage_due) and get_datetime(row.sf_stage_due) < self.now

	def _lost_reasons(self, lost: list[frappe._dict]) -> list[tuple[str, str]]:
		"""Each lost deal under each of its reasons, or under none ("")."""
		named: dict[str, list[str]] = {}
		if lost:
			for row in frappe.get_all(
				"Opportunity Lost Reason Detail",
				filters={"parenttype": OPPORTUNITY, "parent": ("in", [row.name for row in lost])},
				fields=["parent", "lost_reason"],
				order_by="parent, idx",
			):
				if row.lost_reason and row.lost_reason not in named.setdefault(row.parent, []):
					named[row.parent].append(row.lost_reason)
		return [(reason, row.name) for row in lost for reason in named.get(row.name) or [""]]

	def _bottlenecks(self) -> list[rules.Reason]:
		found = bottleneck(self.team, self.until)
		if not found:
			return []
		return [rules.Reason(rules.BOTTLENECK, found.stage, round(found.missing), float(found.cost or 0))]

	# Deals ------------------------------------------------------------------------------------------------------

	def topics(self) -> list[tuple[rules.Topic, frappe._dict]]:
		"""The deals to talk about with their rows, those with most at stake first."""
		promised: dict[str, datetime] = {}
		for row in self._objections():
			deal = _deal_of(row)
			if deal and row.reply_due_on:
				due = get_datetime(row.reply_due_on)
				promised[deal] = min(due, promised.get(deal, due))
		back = self._went_back()
		rows = {row.name: row for row in self.open_deals}
		deals = [
			rules.Deal(
				key=row.name,
				value=row.amount,
				closes_on=getdate(row.expected_closing) if row.expected_closing else None,
				stage_due=get_datetime(row.sf_stage_due) if row.sf_stage_due else None,
				objection_due=promised.get(row.name),
				next_touch=get_datetime(row.sf_next_touch_on) if row.sf_next_touch_on else None,
				back_on=back.get(row.name),
				begun_on=getdate(row.transaction_date) if row.transaction_date else None,
			)
			for row in self.open_deals
		]
		return [
			(one, rows[one.deal.key]) for one in rules.topics(deals, self.now, self.since, self.closing_until)
		]

	@property
	def closing_until(self) -> date:
		"""Deals that are to close by then are talked about: by the end of the month that the meeting looks at."""
		return rules.month_of(self.now.date())[1]

	# Reading ----------------------------------------------------------------------------------------------------

	def _readable(self, doctype: str, field: str) -> tuple[QueryBuilder, Table]:
		"""A query on what the manager may see of the team's people."""
		table = frappe.qb.DocType(doctype)
		# Conditions as text go behind one of the query's own: a text alone takes no others.
		ours = (
			table[field].isin(self.team.users or [""]) if self.team.sales_person else table.name.isnotnull()
		)
		query = frappe.qb.from_(table).where(ours)
		for one in scope.where(doctype, field, self.team.manager):
			query = query.where(LiteralValue(f"({one})"))
		return query.orderby(table.name), table

	def _open_deals(self) -> list[frappe._dict]:
		query, table = self._readable(OPPORTUNITY, "opportunity_owner")
		return (
			query.select(*(table[field] for field in _FIELDS))
			.where(
				table.status.isin(grading.OPEN_OPPORTUNITY_STATUSES) & (table.company == self.team.company)
			)
			.run(as_dict=True)
		)

	def _lost_deals(self) -> list[frappe._dict]:
		query, table = self._readable(OPPORTUNITY, "opportunity_owner")
		return (
			query.select(*(table[field] for field in _FIELDS))
			.where((table.status == LOST) & (table.company == self.team.company))
			.where((table.sf_lost_on >= self.since) & (table.sf_lost_on < add_days(self.until, 1)))
			.run(as_dict=True)
		)

	def won_deals(self) -> list[frappe._dict]:
		"""The deals that entered their last stage in the period, for the last time, with their sources."""
		query, table = self._readable(OPPORTUNITY, "opportunity_owner")
		log = frappe.qb.DocType("Stage Transition")
		won = (
			frappe.qb.from_(log)
			.select(log.reference_name)
			.where(
				(log.reference_doctype == OPPORTUNITY) & log.to_stage.isin(processes.final_stages() or [""])
			)
			.groupby(log.reference_name)
			.having((Max(log.changed_on) >= self.since) & (Max(log.changed_on) < add_days(self.until, 1)))
		)
		source = table.utm_source if frappe.get_meta(OPPORTUNITY).has_field("utm_source") else table.source
		rows = (
			query.select(*(table[field] for field in _FIELDS), source.as_("source"))
			.where((table.status == "Converted") & (table.company == self.team.company))
			.where(table.name.isin(won))
			.run(as_dict=True)
		)
		return [_valued(row) for row in rows]

	def lost_deals(self) -> list[frappe._dict]:
		"""The deals that became lost in the period."""
		return [_valued(row) for row in self._lost_deals()]

	def lost_reasons(self, lost: list[frappe._dict]) -> list[tuple[str, str]]:
		"""Each lost deal under each of its reasons, or under none ("")."""
		return self._lost_reasons(lost)

	def settled_objections(self) -> list[frappe._dict]:
		"""The objections that were settled or not in the period: kind, script, status."""
		query, table = self._readable("Objection", "allocated_to")
		return (
			query.select(table.kind, table.script, table.status)
			.where(table.status.isin(("Settled", "Not Settled")))
			.where((table.closed_on >= self.since) & (table.closed_on < add_days(self.until, 1)))
			.run(as_dict=True)
		)

	def _objections(self) -> list[frappe._dict]:
		if not hasattr(self, "_of_objections"):
			query, table = self._readable("Objection", "allocated_to")
			self._of_objections = (
				query.select(
					table.name, table.kind, table.reference_doctype, table.reference_name, table.reply_due_on
				)
				.where(table.status == "Open")
				.run(as_dict=True)
			)
		return self._of_objections

	def _missed(self) -> list[frappe._dict]:
		"""The touches of the plan that were due in the period and were not made (F5)."""
		query, table = self._readable("Follow Up", "allocated_to")
		late = (table.status == follow_ups.PLANNED) & (Coalesce(table.late_on, table.due_on) < self.now)
		return (
			query.select(
				table.name, table.kind, table.allocated_to, table.reference_doctype, table.reference_name
			)
			.where((table.due_on >= self.since) & (table.due_on < add_days(self.until, 1)))
			.where(table.kind.isin(follow_ups.OF_THE_PLAN))
			.where((table.status == follow_ups.MISSED) | late)
			.run(as_dict=True)
		)

	def _went_back(self) -> dict[str, datetime]:
		"""When deals went back to an earlier stage in the period, the last time."""
		match = access.readable("Stage Transition", self.team.manager)
		if match is None or not self.values:
			return {}
		log = frappe.qb.DocType("Stage Transition")
		query = (
			frappe.qb.from_(log)
			.select(log.reference_name, log.changed_on)
			.where((log.reference_doctype == OPPORTUNITY) & (log.direction == "Back"))
			.where(log.changed_on >= self.since)
			.orderby(log.changed_on)
			.orderby(log.name)
		)
		if match:
			query = query.where(LiteralValue(f"({match})"))
		return {row.reference_name: get_datetime(row.changed_on) for row in query.run(as_dict=True)}


def _records(
	kind: str, doctype: str, cases: list[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, list[str]]]:
	"""The records behind each reason of a kind."""
	found: dict[tuple[str, str], tuple[str, list[str]]] = {}
	for about, name in cases:
		found.setdefault((kind, about), (doctype, []))[1].append(name)
	return found


def _deal_of(row: Mapping[str, object]) -> str | None:
	return row["reference_name"] if row["reference_doctype"] == OPPORTUNITY else None


def _valued(row: frappe._dict) -> frappe._dict:
	row.amount = grading.company_amount(row)
	return row


# What other parts of management tell ----------------------------------------------------------------------------


def standings(company: str, first: date, last: date, people: Collection[str]) -> dict[str, object]:
	"""How people stand against their targets in a period (`kpi_numbers.standings`)."""
	from salesflow_std.salesflow_std import kpi_numbers

	return kpi_numbers.standings(company, first, last, people) if people else {}


def bottleneck(team: Team, until: date) -> object | None:
	"""The stage that holds a team's funnel up (`stage_funnel.bottleneck`), of several processes the one that costs most;
	None where the samples cannot say so."""
	since = getdate(add_months(until.replace(day=1), 1 - _FUNNEL_MONTHS))
	filters = {"from_date": since, "to_date": until, "company": team.company}
	if team.sales_person:
		filters["sales_person"] = team.sales_person
	found = []
	with seen_by(team.manager):
		for process in processes.all_of_them().values():
			cohort = stage_funnel.Cohort(process, frappe._dict(filters))
			aims = goals.goals_of(process.name, since, until, team.company, team.sales_person)
			one = stage_funnel.bottleneck(cohort, cohort.funnel(), aims)
			if one:
				found.append(one)
	return max(found, key=lambda one: (one.cost or 0, one.missing), default=None)


@contextmanager
def seen_by(user: str) -> Iterator[None]:
	"""Inside, the session's rights are those of a user. For reading alone: what is written is written as before."""
	if frappe.session.user == user:
		yield
		return
	before = frappe.session.user
	try:
		_become(user)
		yield
	finally:
		_become(before)


def _become(user: str) -> None:
	frappe.session.user = user
	frappe.local.role_permissions = {}
	frappe.local.user_perms = None
	frappe.local.cache = {}
