"""Goals of the stages: measured by the funnel's cohort, forecast by what came before, judged once (M2).

A goal counts the deals that began in its period, as the Stage Funnel does. Its numbers are the same for whoever reads
them, so they are counted with the eyes of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import frappe
from frappe import _
from frappe.utils import add_days, add_months, flt, fmt_money, getdate, now_datetime

from salesflow_std.engine import funnel
from salesflow_std.engine import goals as rules
from salesflow_std.engine.stages import Process
from salesflow_std.engine.worked import hours_a_day
from salesflow_std.salesflow_std import notices, processes, reps
from salesflow_std.salesflow_std.deal_stays import Stays, came_to, days_between, stage_of
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.stage_funnel import Cohort

DOCTYPE = "Sales Goal"
OPEN, MET, MISSED, CANCELLED = "Open", "Met", "Missed", "Cancelled"
JUDGED = (MET, MISSED)

# What a goal is about; two open ones of the same are one too many, and judged ones keep it.
ABOUT = ("sales_process", "stage", "measure", "company", "sales_person", "from_date", "to_date")
FIELDS = ("name", "title", "target", "responsible", "status", "period", *ABOUT)
# What is counted, and no input.
COUNTED = (
	"actual",
	"progress",
	"sample",
	"forecast",
	"forecast_low",
	"forecast_high",
	"forecast_state",
	"measured_on",
)
# What a goal is about and how it stands, for who keeps that beside it; `title`, `words` and the like need no more.
AS_IT_STANDS = (*(field for field in ABOUT if field != "company"), "period", "target", "status", *COUNTED)
_GIVEN = "given"
# How far back the chances of a stage are learnt.
_HISTORY_MONTHS = 12


def goals_of(
	process: str,
	from_date: date,
	to_date: date,
	company: str | None = None,
	sales_person: str | None = None,
	as_seen: bool = False,
) -> dict[tuple[str, str], float]:
	"""(stage, measure) -> the target for a period: of the goals whose period lies within it or is the same.

	Without a sales person it is the goals of the whole company, without a company those of all. What is counted is
	added up; percent and days are the mean by the length of the periods. Of goals that overlap, a year's and its
	months', the longer counts. There is no sum of goals that leave a part of the period out, which would be compared with
	the deals of all of it, nor of money over companies of several currencies. `as_seen` leaves those that the session's
	user may read.
	"""
	if as_seen and not frappe.has_permission(DOCTYPE, "read"):
		return {}
	found: dict[tuple[str, str], list[frappe._dict]] = {}
	for row in (frappe.get_list if as_seen else frappe.get_all)(
		DOCTYPE,
		filters={
			"sales_process": process,
			"status": ("!=", CANCELLED),
			"from_date": (">=", getdate(from_date)),
			"to_date": ("<=", getdate(to_date)),
			"sales_person": sales_person or ("is", "not set"),
			**({"company": company} if company else {}),
		},
		fields=["stage", "measure", "target", "company", "from_date", "to_date"],
		order_by="from_date, to_date, name",
		limit_page_length=0,
	):
		found.setdefault((row.stage, row.measure), []).append(row)
	days = (getdate(to_date) - getdate(from_date)).days + 1
	targets = {}
	for key, rows in found.items():
		kept = _without_overlap(rows)
		if key[1] in rules.SUMS and not _cover(kept, days):
			continue
		if key[1] != rules.WON_VALUE or len(_currencies(kept)) == 1:
			targets[key] = _together(key[1], kept)
	return targets


def _cover(rows: Iterable[frappe._dict], days: int) -> bool:
	"""Whether goals that do not overlap fill a period of so many days, those of each company by themselves."""
	filled: dict[str | None, int] = {}
	for row in rows:
		filled[row.company] = filled.get(row.company, 0) + _days(row)
	return all(count == days for count in filled.values())


def _currencies(rows: Iterable[frappe._dict]) -> set[str | None]:
	companies = {row.company for row in rows}
	return {frappe.get_cached_value("Company", company, "default_currency") for company in companies}


def _without_overlap(rows: Iterable[frappe._dict]) -> list[frappe._dict]:
	kept: list[frappe._dict] = []
	for row in sorted(rows, key=_days, reverse=True):
		apart = (
			row.company != other.company or row.to_date < other.from_date or row.from_date > other.to_date
			for other in kept
		)
		if all(apart):
			kept.append(row)
	return kept


def _together(measure: str, rows: Sequence[frappe._dict]) -> float:
	if measure in rules.SUMS:
		return sum(flt(row.target) for row in rows)
	return sum(flt(row.target) * _days(row) for row in rows) / sum(map(_days, rows))


def _days(row: frappe._dict) -> int:
	return (row.to_date - row.from_date).days + 1


# Measuring ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
	"""What a goal comes to now: `actual` None where there is nothing to measure; `sample` is how many deals count."""

	actual: float | None
	sample: int
	forecast: rules.Forecast


class Measurer:
	"""Measures goals; those of the same period and team, one after the other, share what is read."""

	def __init__(self, today: date) -> None:
		self.today = today
		self.now = datetime(today.year, today.month, today.day)
		self._read: tuple[tuple, tuple[Process, Cohort, dict[str, funnel.Stage]]] | None = None
		self._before: tuple[tuple, Stays] | None = None

	def standing(self, goal: frappe._dict) -> Standing:
		"""How a goal stands. Raises ValidationError where its process or its stage is gone."""
		process, cohort, stages = self._cohort(goal)
		stage = stages.get(goal.stage)
		if not stage:
			frappe.throw(
				_("{0} has no stage {1} any more.").format(_(process.name), _(goal.stage)),
				title=_("Stage Missing"),
			)
		return getattr(self, f"_{frappe.scrub(goal.measure)}")(goal, process, cohort, stage)

	def _cohort(self, goal: frappe._dict) -> tuple[Process, Cohort, dict[str, funnel.Stage]]:
		key = tuple(
			goal[field] for field in ("sales_process", "company", "sales_person", "from_date", "to_date")
		)
		if self._read is None or self._read[0] != key:
			process = process_of(goal.sales_process)
			cohort = cohort_of(process, goal, goal.from_date, goal.to_date)
			self._read = key, (process, cohort, {stage.name: stage for stage in cohort.funnel()})
		return self._read[1]

	def _stays(self, goal: frappe._dict, process: Process, cohort: Cohort) -> tuple[Stays, Stays]:
		"""What became of deals: the company's of the twelve months before, and those of the goal itself."""
		key = (goal.sales_process, goal.company, goal.from_date)
		if self._before is None or self._before[0] != key:
			self._before = None
			begin, end = add_months(goal.from_date, -_HISTORY_MONTHS), add_days(goal.from_date, -1)
			everybody = frappe._dict(company=goal.company)
			self._before = key, Stays(cohort_of(process, everybody, begin, end), self.now)
		return self._before[1], Stays(cohort, self.now)

	def _entered(self, goal, _process, cohort, stage) -> Standing:
		count, before = len(stage.reached), self._before_today(cohort, stage)
		passed, days = self._working_days(goal)
		# Today is one of the days to come, so its deals say nothing of the pace, but they are there.
		return Standing(count, count, rules.at_least(rules.of_count(before, passed, days), count))

	def _conversion(self, goal, process, cohort, stage) -> Standing:
		actual = 100 * len(stage.went_on) / len(stage.reached) if stage.reached else None
		left, (passed, days) = self._days_left(goal), self._working_days(goal)
		if left <= 0:
			ends = rules.Forecast(why=rules.FEW) if actual is None else rules.Forecast(actual, actual, actual)
			return Standing(actual, len(stage.reached), ends)
		if rules.is_early(passed, days):
			return Standing(actual, len(stage.reached), rules.Forecast(why=rules.EARLY))
		went_on, since = set(stage.went_on), {deal.key: deal for deal in cohort.deals}
		still_open = [
			since[key] for key in stage.reached if since[key].outcome == funnel.OPEN and key not in went_on
		]
		before = self._before_today(cohort, stage)
		newcomers = (
			max(0.0, before / passed * (days - passed) - (len(stage.reached) - before)) if passed else 0.0
		)
		both = self._stays(goal, process, cohort)
		fates = rules.Fates(stay for stays in both for stay in stays.passing(goal.stage))
		ages = self._ages(still_open, goal.stage)
		forecast = rules.of_conversion(
			len(went_on),
			len(stage.reached) - len(went_on) - len(still_open),
			len(still_open),
			newcomers,
			rules.together([fates.in_time(left, age) for age in ages]) if ages else fates.in_time(left),
			fates.of_newcomers(left),
		)
		return Standing(actual, len(stage.reached), forecast)

	def _median_days(self, goal, _process, _cohort, stage) -> Standing:
		a_day = hours_a_day(working_calendar(goal.company))
		days = [hours / a_day for hours in stage.hours.values()]
		forecast = rules.of_median(days)
		actual = stage.median_hours / a_day if days else None
		return Standing(actual, len(days), forecast)

	def _won_value(self, goal, process, cohort, stage) -> Standing:
		so_far, won = stage.won_value or 0.0, len(stage.won)
		left, (passed, days) = self._days_left(goal), self._working_days(goal)
		if left <= 0:
			return Standing(so_far, won, rules.Forecast(so_far, so_far, so_far))
		if rules.is_early(passed, days):
			return Standing(so_far, won, rules.Forecast(why=rules.EARLY))
		before, own = self._stays(goal, process, cohort)
		still_open = self._on_their_way(goal, cohort, stage)
		fates = {
			at: rules.Fates((*before.winning(at), *own.winning(at)))
			for at in sorted({at for _amount, at, _age in still_open})
		}
		chances = {(at, age): fates[at].in_time(left, age) for _amount, at, age in still_open}
		people = set(reps.people_at(goal.sales_person)) if goal.sales_person else None
		coming = None
		if passed:
			begun = sum(moment.date() < self.today for moment in cohort.begun.values())
			# Those of today are among the open ones already.
			today = (len(cohort.begun) - begun) * passed / begun if begun else 0.0
			to_come = max(0.0, days - passed - today)
			deals = [*before.whole(goal.stage, people), *own.whole(goal.stage)]
			coming = rules.coming(begun, passed, to_come, left, deals)
		amounts = [*before.amounts(people), *own.amounts()]
		return Standing(so_far, won, rules.of_value(so_far, still_open, chances, coming, amounts))

	def _on_their_way(
		self, goal: frappe._dict, cohort: Cohort, stage: funnel.Stage
	) -> list[tuple[float | None, str, int]]:
		"""The open deals that have reached a stage, or still may: what each is worth, where it stands, and for how long."""
		places = {name: place for place, name in enumerate(cohort.stages)}
		reached, found = set(stage.reached), []
		for deal in cohort.deals:
			at = stage_of(deal, places)
			if deal.outcome != funnel.OPEN or at in (None, cohort.stages[-1]):
				continue
			if deal.key in reached or places[at] < places[goal.stage]:
				found.append((deal.value, at, self._ages([deal], at)[0]))
		return found

	def _days_left(self, goal: frappe._dict) -> int:
		"""How many days a goal's period has left, today among them; 0 where it is over."""
		return max(0, (goal.to_date - self.today).days + 1)

	def _ages(self, deals: Iterable[funnel.Deal], stage: str) -> list[int]:
		"""How old deals are in a stage, as `rules.age_of`, since they came there first; 0 where nobody knows."""
		return [
			rules.age_of(days_between(came, self.now)) if (came := came_to(deal, stage)) else 0
			for deal in deals
		]

	def _before_today(self, cohort: Cohort, stage: funnel.Stage) -> int:
		"""How many of those that reached a stage began on the days that are over."""
		return sum(cohort.begun[key].date() < self.today for key in stage.reached)

	def _working_days(self, goal: frappe._dict) -> tuple[int, int]:
		"""How many working days of a goal's period are over, today not among them, and how many it has."""
		calendar = working_calendar(goal.company)
		worked = [
			day
			for number in range((goal.to_date - goal.from_date).days + 1)
			if calendar.is_working_day(day := goal.from_date + timedelta(days=number))
		]
		return sum(day < self.today for day in worked), len(worked)


def process_of(name: str) -> Process:
	"""A sales process; raises ValidationError where it is gone."""
	process = processes.get(name)
	if not process:
		frappe.throw(
			_("There is no sales process {0} any more.").format(_(name)), title=_("Sales Process Missing")
		)
	return process


def cohort_of(process: Process, goal: frappe._dict, from_date: date, to_date: date) -> Cohort:
	"""The deals that count for a goal: those of the people at and below its team, whoever asks."""
	filters = frappe._dict(
		company=goal.company,
		sales_person=goal.get("sales_person"),
		from_date=from_date,
		to_date=to_date,
	)
	with _seeing_all():
		return Cohort(process, filters)


@contextmanager
def _seeing_all() -> Iterator[None]:
	before, frappe.session.user = frappe.session.user, "Administrator"
	try:
		yield
	finally:
		frappe.session.user = before


# Writing ------------------------------------------------------------------------------------------------------------


def read(name: str, lock: bool = False) -> frappe._dict | None:
	"""What measuring needs of a goal; None where it is gone."""
	row = frappe.db.get_value(DOCTYPE, name, FIELDS, as_dict=True, for_update=lock)
	return row and frappe._dict(row, sales_person=row.sales_person or None)


def measure(name: str, measurer: Measurer | None = None) -> bool:
	"""Counts an open goal anew; False where it is no longer open."""
	goal = read(name)
	if not goal or goal.status != OPEN:
		return False
	_write(goal, (measurer or Measurer(getdate())).standing(goal))
	return True


def judge(name: str, measurer: Measurer | None = None) -> bool:
	"""Says whether a goal whose due date is over is met, once, and tells who is responsible; False where it is open
	still, or judged already."""
	measurer = measurer or Measurer(getdate())
	goal = read(name, lock=True)
	if not goal or goal.status != OPEN or goal.to_date >= measurer.today:
		return False
	standing = measurer.standing(goal)
	status = MET if rules.is_met(goal.measure, standing.actual, flt(goal.target)) else MISSED
	_write(goal, standing, status=status)
	_tell(goal, standing, status)
	return True


def _write(goal: frappe._dict, standing: Standing, **more: object) -> None:
	forecast = standing.forecast
	values = {
		"actual": standing.actual or 0,
		"progress": min(rules.progress(goal.measure, standing.actual, flt(goal.target)), 999),
		"sample": standing.sample,
		"forecast": forecast.value or 0,
		"forecast_low": forecast.low or 0,
		"forecast_high": forecast.high or 0,
		"forecast_state": forecast.why or _GIVEN,
		"measured_on": now_datetime(),
		**more,
	}
	# The app's own numbers: an open form has nothing to be in conflict about.
	frappe.db.set_value(DOCTYPE, goal.name, values, update_modified=bool(more))


def _tell(goal: frappe._dict, standing: Standing, status: str) -> None:
	if not reps.is_enabled(goal.responsible):
		return
	with notices.in_language(notices.language_of(goal.responsible)):
		words = (
			_("Goal met: {0}. It came to {1}, the goal was {2}.")
			if status == MET
			else _("Goal missed: {0}. It came to {1}, the goal was {2}.")
		)
		notices.notify(
			goal.responsible,
			words.format(
				f"<b>{frappe.utils.escape_html(title(goal))}</b>",
				said(goal, standing.actual),
				said(goal, goal.target),
			),
			DOCTYPE,
			goal.name,
		)


def request_measuring(name: str) -> None:
	"""Has a goal counted in the background."""
	frappe.enqueue(
		"salesflow_std.jobs.goal_clock.measure",
		queue="long",
		job_id=f"salesflow_std.goal.{name}",
		deduplicate=True,
		enqueue_after_commit=True,
		name=name,
	)


# Words --------------------------------------------------------------------------------------------------------------


def title(goal: frappe._dict) -> str:
	"""What a goal is called in the reader's language: Negotiation · Conversion · 2026-11, and the team if it has one."""
	period = rules.called(goal.period or rules.OTHER, getdate(goal.from_date), getdate(goal.to_date))
	parts = (_(goal.stage), _(goal.measure), period, goal.get("sales_person"))
	return " · ".join(part for part in parts if part)


def said(goal: frappe._dict, value: float | None) -> str:
	"""A number of a goal with its unit."""
	if value is None:
		return _("nothing yet", context="Sales Goal")
	value = flt(value)
	if goal.measure == rules.CONVERSION:
		return f"{value:.0f} %" if value == round(value) or value >= 10 else f"{value:.1f} %"
	if goal.measure == rules.MEDIAN_DAYS:
		return _("{0} working days", context="Sales Goal").format(f"{value:.1f}")
	if goal.measure == rules.WON_VALUE:
		currency = frappe.get_cached_value("Company", goal.company, "default_currency")
		return fmt_money(value, 0, currency)
	return f"{value:,.0f}"


def words(goal: frappe._dict) -> str:
	"""Where a goal lands, as a sentence."""
	target = said(goal, goal.target)
	if goal.status in JUDGED:
		return (
			_("Met: {0}, the goal was {1}.") if goal.status == MET else _("Missed: {0}, the goal was {1}.")
		).format(said(goal, actual_of(goal)), target)
	if goal.status == CANCELLED:
		return _("This goal was cancelled.")
	if not goal.measured_on:
		return _("Not measured yet.")
	if goal.forecast_state == rules.EARLY:
		return _("Too early in the period to say where it ends.")
	if goal.forecast_state != _GIVEN:
		return _("Too few deals to say where it ends.")
	forecast = forecast_of(goal)
	sentence = {
		rules.MEETS: _("On this way it ends at {0} ({1}–{2}): the goal of {3} is safe."),
		rules.ABOVE: _("On this way it ends at {0} ({1}–{2}) and meets the goal of {3}, but not for sure."),
		rules.BELOW: _("On this way it ends at {0} ({1}–{2}) and misses the goal of {3}, but not for sure."),
		rules.MISSES: _("On this way it ends at {0} ({1}–{2}): the goal of {3} is out of reach."),
	}[rules.landing(goal.measure, forecast, flt(goal.target))]
	low, high = _short(goal, forecast.low), _short(goal, forecast.high)
	if goal.measure == rules.CONVERSION:
		high = f"{high} %"
	return sentence.format(said(goal, forecast.value), low, high, target)


def forecast_of(goal: frappe._dict) -> rules.Forecast:
	"""The forecast that was counted last; none of a goal that is over."""
	if goal.status != OPEN or goal.forecast_state != _GIVEN:
		return rules.Forecast()
	return rules.Forecast(flt(goal.forecast), flt(goal.forecast_low), flt(goal.forecast_high))


def outlook(goal: frappe._dict) -> str:
	"""Met or Missed where a goal is judged, else how it lands (`rules.landing`); "" where nobody can say."""
	if goal.status in JUDGED:
		return goal.status
	return rules.landing(goal.measure, forecast_of(goal), flt(goal.target))


def in_danger(goal: frappe._dict) -> bool:
	"""Whether a goal was missed, or is on the way to be."""
	return outlook(goal) in (MISSED, rules.MISSES, rules.BELOW)


def _short(goal: frappe._dict, value: float) -> str:
	"""A number of a goal without its unit."""
	if goal.measure == rules.WON_VALUE:
		return fmt_money(value, 0)
	return f"{value:.1f}" if goal.measure == rules.MEDIAN_DAYS else f"{value:,.0f}"


def actual_of(goal: frappe._dict) -> float | None:
	"""What a goal comes to; None where nothing was there to measure."""
	unknown = goal.measure in (rules.CONVERSION, rules.MEDIAN_DAYS) and not goal.sample
	return None if unknown or not goal.measured_on else flt(goal.actual)


def deals_filters(goal: frappe._dict) -> dict:
	"""The filters with which the Stage Funnel shows the deals that a goal counts."""
	what = {rules.MEDIAN_DAYS: "hours", rules.WON_VALUE: "won"}.get(goal.measure, "reached")
	return {
		"process": goal.sales_process,
		"company": goal.company,
		"sales_person": goal.sales_person or "",
		"from_date": str(goal.from_date),
		"to_date": str(goal.to_date),
		"records": f"{what}:{goal.stage}",
	}


# More of the same ---------------------------------------------------------------------------------------------------


def make_following(name: str, count: int) -> tuple[list[str], int]:
	"""Makes the same goal for the following periods; returns the new ones, and how many were there already (M2)."""
	goal = frappe.get_doc(DOCTYPE, name)
	made, there = [], 0
	for first, last in rules.following(goal.period, getdate(goal.from_date), getdate(goal.to_date), count):
		copy = frappe.copy_doc(goal)
		copy.update({"from_date": first, "to_date": last, "status": OPEN})
		if same(copy):
			there += 1
			continue
		made.append(copy.insert().name)
	return made, there


def same(goal: frappe._dict) -> str | None:
	"""Another open goal about the same."""
	filters = {field: goal.get(field) or ("is", "not set") for field in ABOUT}
	filters.update(status=OPEN, name=("!=", goal.name or ""))
	return frappe.db.get_value(DOCTYPE, filters, "name", order_by="creation")


def due(today: date, after: str, limit: int) -> list[frappe._dict]:
	"""Open goals whose due date is over, in the order of their names."""
	return frappe.get_all(
		DOCTYPE,
		filters={"status": OPEN, "to_date": ("<", today), "name": (">", after)},
		fields=["name"],
		order_by="name",
		limit=limit,
	)


def running(until: datetime, after: str, limit: int) -> list[frappe._dict]:
	"""Open goals that were not measured since, those that share a cohort together; `key` orders them."""
	goal = frappe.qb.DocType(DOCTYPE)
	return (
		frappe.qb.from_(goal)
		.select(goal.name)
		.where((goal.status == OPEN) & (goal.name > after))
		.where(goal.measured_on.isnull() | (goal.measured_on < until))
		.orderby(goal.name)
		.limit(limit)
		.run(as_dict=True)
	)
