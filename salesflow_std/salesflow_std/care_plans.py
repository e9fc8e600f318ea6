"""The care of customers: which touches are open by tier and activity, whose they are and when they are due (P6, F4).

A customer follows one policy for each purpose - a visit, a meeting of the executives, a call, the greetings at
festivals - and has at most one open touch of each (`open_key`), of greetings one for each festival. As in
`follow_ups`, one way for one customer and for fifty thousand: `CarePlanning.plan` reads a set of customers with their
touches in a handful of queries, decides, and writes the difference in a handful more. It does nothing where the
plan is right already.

`sf_next_touch_on` is when the earliest open touch is due; a customer whom a policy is for and that has none is
looked at by the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import frappe
from frappe.query_builder.functions import Max, Sum
from frappe.utils import cint, now_datetime
from pypika import Case
from pypika.terms import Criterion, Term

from salesflow_std.engine import cadence
from salesflow_std.engine.care_rhythm import CareRhythm, greeting_day, place_of, share
from salesflow_std.salesflow_std import account_managers, bulk, care_sets, follow_ups, greetings, reps
from salesflow_std.salesflow_std.cadences import Cadence, Planners, cadence_for, cadences
from salesflow_std.salesflow_std.care_sets import LONG_AGO, CareSets, Schedule
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.follow_ups import CANCELLED, CUSTOMER, MISSED, PLANNED

VISIT, EXECUTIVES, CALL, GREETING = "Visit", "Executive Meeting", "Care Call", "Festival Greeting"
# Those with a rhythm, the rarest first: the others keep clear of it.
RHYTHMS = (EXECUTIVES, VISIT, CALL, "Follow-up")

_READ = (
	"name",
	"owner",
	"customer_name",
	"account_manager",
	"disabled",
	"territory",
	"customer_primary_address",
	"sf_tier",
	"sf_activity",
	"sf_grade",
	"sf_next_touch_on",
	"sf_last_touch_on",
)
# An open touch that would now be due this much sooner is of another rhythm.
_SOONER = timedelta(days=7)
_LAST_PLACE = 1 - 2**-32
_FEW = 20
# A last touch further back than this is long ago for every rhythm.
_LOOKED_BACK = 800  # days
_DAY = timedelta(days=1)


@dataclass
class _History:
	"""What a customer's care has been: by purpose the last day that counts and how often; by channel what was not
	planned; `done` is the last touch of all that took place."""

	last: dict[str, datetime] = field(default_factory=dict)
	count: dict[str, int] = field(default_factory=dict)
	unplanned: dict[str, datetime] = field(default_factory=dict)
	done: datetime | None = None


def plan(name: str) -> datetime | None:
	"""Plans one customer; returns when its next touch is due, None when it has none."""
	return CarePlanning().plan(CUSTOMER, [name]).get(name)


def read(names: Iterable[str]) -> list[frappe._dict]:
	"""What planning looks at of some customers, locked until the end of the transaction."""
	table = frappe.qb.DocType(CUSTOMER)
	rows = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in _READ))
		.where(bulk.Among(table.name, names))
		.orderby(table.name)
		.for_update()
		.run(as_dict=True)
	)
	for row in rows:
		row.place = place_of(row.name)
	return rows


def policy_of(name: str | None) -> Cadence | None:
	"""The enabled policy of that name that is for customers."""
	return next((of for of in cadences(CUSTOMER) if of.name == name), None)


def planner_of(policy: str | None, rep: str) -> cadence.Planner:
	"""The planner of a policy on a rep's days; without one it knows how soon to try again, and when that is late."""
	company = account_managers.companies_of([rep])[rep]
	return Planners().planner(policy_of(policy), company, rep, None)


def wanted(always: bool = False) -> Criterion:
	"""The customers that some policy is for; that `always` has a touch open for them, as greetings have not."""
	table = frappe.qb.DocType(CUSTOMER)
	found: list[Criterion] = []
	for of in cadences(CUSTOMER):
		if always and of.purpose == GREETING:
			continue
		# The company is that of whoever looks after the customer: planning asks for it.
		conditions = [table[name] == value for name, value in of.conditions.items() if name != "company"]
		found.append(Criterion.all([table.disabled == 0, *conditions]))
	return Criterion.any(found) if found else table.name.isnull()


class CarePlanning:
	"""A run of planning: what one chunk of customers has found out, the next one knows."""

	def __init__(self, now: datetime | None = None) -> None:
		self.now = (now or now_datetime()).replace(microsecond=0)
		self.on = bool(settings().plan_follow_ups)
		self.planners = Planners()
		self.festivals = greetings.near(self.now.date()) if self.on else []
		self._rhythms: dict[tuple, CareRhythm | None] = {}
		self._greeting_days: dict[tuple, tuple[datetime, datetime | None] | None] = {}
		self._policies: dict[tuple, dict[str, Cadence]] = {}
		self._companies: dict[str, str | None] = {}
		self._reps: dict[tuple, str] = {}
		self._on_duty: dict[tuple[str, date], str] = {}
		self._enabled = {of.name for of in cadences(CUSTOMER)}
		self._broken: set[str] = set()
		self._teams: dict[str, str] = {}
		self._sets: CareSets | None = None
		self._schedules: dict[tuple, Schedule] = {}
		# By number: a schedule, and a customer that follows it.
		self._examples: list[tuple[Schedule, frappe._dict]] = []
		self._names = (f"{frappe.generate_hash(length=10)}{number:06d}" for number in range(10**7))

	def plan(self, _doctype: str, names: list[str]) -> dict[str, datetime | None]:
		"""Brings the care of some customers up to date; returns when each one's next touch is due."""
		planned = self._plan_alike(names)
		return planned | self._plan_each([name for name in names if name not in planned])

	def _plan_each(self, names: list[str]) -> dict[str, datetime | None]:
		rows = read(names)
		names = [row.name for row in rows]
		self._changes = _Changes(self)
		open_touches = follow_ups.open_touches_of(CUSTOMER, names)
		planned = [row for row in rows if self.on and not row.disabled]
		self._teams = account_managers.of_sales_teams(row.name for row in rows if not row.account_manager)
		self._learn_companies({self.rep_of(row) for row in planned})
		self._histories = _histories([row.name for row in planned])
		self._greeted = greetings.greeted(names, self.festivals)
		self._countries = greetings.countries(planned, self.festivals)
		dues = {}
		for row in rows:
			touches = open_touches.get(row.name, [])
			if not self.on:
				due = self._end_plan(touches, "Follow-ups are not planned.")
			elif row.disabled:
				due = self._end_plan(touches, "The customer is disabled.")
			else:
				due = self._plan_one(row, touches)
			dues[row.name] = due
		self._changes.write(rows, dues)
		return dues

	# Customers who are alike ---------------------------------------------------------------------------

	def _plan_alike(self, names: list[str]) -> dict[str, datetime | None]:
		"""Has the database plan those of many customers, sorted by name, that are like others (`care_sets`)."""
		if not self.on or len(names) < care_sets.WORTH_IT:
			return {}
		if not self._sets:
			if frappe.db.transaction_writes:
				return {}  # Frappe wants no open writes before a CREATE
			self._sets = CareSets(self._schedule, self._touches)
		# Some between them may not have been asked for: their plan is right already, or will be.
		planned = self._sets.plan(names[0], names[-1])
		return {name: planned[name] for name in names if name in planned}

	def _schedule(self, group: frappe._dict) -> Schedule | None:
		"""What the customers of a group follow; None where a stand-in or a festival has to be looked at."""
		row = frappe._dict(group, name="")
		rep = row.account_manager
		if not reps.is_enabled(rep) or reps.has_stand_in(rep):
			return None
		self._learn_companies({rep})
		policies = self.policies(row, rep)
		if self.festivals and policies.get(GREETING):
			return None
		wanted = [policies[purpose] for purpose in RHYTHMS if purpose in policies]
		followed = [
			(of, rhythm) for of in wanted if (rhythm := self.rhythm(of, row, rep)) and of.policy.steps
		]
		if not all(of.only_own_channels for of, _rhythm in followed):
			return None
		key = tuple(id(rhythm) for _of, rhythm in followed)
		if key not in self._schedules:
			last: tuple = () if followed else (care_sets.ANY,)
			if len(followed) == 1:
				of, rhythm = followed[0]
				# Where steps take turns it matters which one was the last.
				last = (of.purpose, self._late_before(rhythm)) if len(of.policy.steps) == 1 else ()
			self._schedules[key] = Schedule(len(self._examples), *last)
			self._examples.append((self._schedules[key], row))
		return self._schedules[key]

	def _late_before(self, rhythm: CareRhythm) -> date:
		"""Who had the last touch before this day should have had the next one by now."""
		day = rhythm.start
		while (rhythm.start - day).days < _LOOKED_BACK and not rhythm.is_late(day - _DAY):
			day -= _DAY
		return day

	def _touches(self, schedule: int, place: int, last: date | None) -> list[frappe._dict] | None:
		"""What a customer of a schedule gets; None where more than the day of the last touch decides."""
		of, example = self._examples[schedule]
		row = frappe._dict(example, place=place)
		found = []
		for history in _stories(of, last):
			self._changes, self._histories = _Changes(self), {row.name: history}
			self._plan_one(row, [])
			found.append(self._changes.inserted)
		plans = [[(touch.policy, touch.due_on) for touch in touches] for touches in found]
		return found[0] if all(plan == plans[0] for plan in plans) else None

	# Deciding ------------------------------------------------------------------------------------------

	def _end_plan(self, touches: list[frappe._dict], reason: str) -> datetime | None:
		"""What nobody has asked for ends; what was agreed, and tasks, stay."""
		self._changes.cancel([touch for touch in touches if touch.kind == "Rhythm"], reason)
		return _earliest(touch for touch in touches if touch.kind != "Rhythm")

	def _plan_one(self, row: frappe._dict, touches: list[frappe._dict]) -> datetime | None:
		rep = self.rep_of(row)
		policies = self.policies(row, rep)
		kept = [touch for touch in touches if self._stays(row, rep, touch, policies, touches)]
		for touch in kept:
			# A task was planned for whoever it was: only a stand-in takes it over.
			user = touch.stands_in_for or touch.allocated_to if touch.kind == "Task" else rep
			self._changes.allocate(touch, user)
		dues = [touch.due_on for touch in kept if touch.kind != "New Score"]
		held = {touch.policy for touch in kept if touch.policy}
		for purpose in RHYTHMS:
			of = policies.get(purpose)
			if of and of.name not in held:
				made = self._insert_rhythm(row, rep, of, self._others(row, kept))
				if made:
					kept.append(made)
					dues.append(made.due_on)
		if policies.get(GREETING):
			dues += self._insert_greetings(row, rep, policies[GREETING])
		return min(dues, default=None)

	def _stays(
		self,
		row: frappe._dict,
		rep: str,
		touch: frappe._dict,
		policies: Mapping[str, Cadence],
		touches: list[frappe._dict],
	) -> bool:
		"""Whether an open touch is still right; one that is not is cancelled, and says why."""
		if touch.kind != "Rhythm":
			return True
		of = next((of for of in policies.values() if of.name == touch.policy), None)
		due = touch.due_on
		if of is None:
			if touch.policy in self._enabled:
				return self._cancelled(touch, "The customer's tier or activity has changed.")
			return self._cancelled(touch, "The policy does not hold any more.")
		if touch.festival:
			if touch.festival not in self._greeted.enabled:
				return self._cancelled(touch, "The festival is not greeted any more.")
			return True
		if touch.retry:
			return True
		days = self.planners.days(self._companies.get(rep), rep, None)
		if due.date() >= self.now.date() and not days.works(due.date()):
			return self._cancelled(touch, "It fell on a day off.")
		rhythm = self.rhythm(of, row, rep)
		others = self._others(row, (other for other in touches if other is not touch))
		# The last place: a customer that is renamed has another one, and keeps its day.
		if rhythm and rhythm.due(_LAST_PLACE, self._last(row, of), others) + _SOONER < due:
			return self._cancelled(touch, "The rhythm has changed.")
		return True

	def _others(self, row: frappe._dict, touches: Iterable[frappe._dict]) -> list[datetime]:
		"""The touches that the gap is kept to (F4): the others of the plan, and the last one that took place."""
		done = self._histories[row.name].done if row.name in self._histories else None
		found = [touch.due_on for touch in touches if touch.policy and not touch.festival]
		return [*found, done] if done else found

	def _cancelled(self, touch: frappe._dict, reason: str) -> bool:
		self._changes.cancel([touch], reason)
		return False

	def _insert_rhythm(
		self, row: frappe._dict, rep: str, of: Cadence, others: list[datetime]
	) -> frappe._dict | None:
		rhythm = self.rhythm(of, row, rep)
		history = self._histories.get(row.name) or _History()
		step = of.policy.steps and rhythm and rhythm.planner.step(history.count.get(of.purpose, 0))
		if not step:
			return None
		due = rhythm.due(share(of.name, row.place), self._last(row, of), others)
		return self._changes.insert(row, rep, of, step, due, rhythm.planner.late(due))

	def _last(self, row: frappe._dict, of: Cadence) -> date | None:
		"""The day that the rhythm counts from: of its purpose; and of what happened besides, where that counts (P6).

		No visit becomes a meeting of the executives by itself.
		"""
		history = self._histories.get(row.name) or _History()
		found = [history.last.get(of.purpose)]
		if not of.only_own_channels:
			found.append(row.sf_last_touch_on)
		elif of.purpose != EXECUTIVES:
			found += [history.unplanned.get(step.channel) for step in of.policy.steps]
		last = max(filter(None, found), default=None)
		return last and last.date()

	def _insert_greetings(self, row: frappe._dict, rep: str, of: Cadence) -> list[datetime]:
		dues = []
		for festival in self.festivals:
			if festival.country and festival.country != self._countries.get(row.name):
				continue
			if (row.name, festival.name) in self._greeted.touches or not of.policy.steps:
				continue
			when = self._greeting(festival, of, rep)
			if when:
				due, late = when
				more = {"festival": festival.name, "value_content": festival.value_content}
				self._changes.insert(row, rep, of, of.policy.steps[0], due, late, **more)
				dues.append(due)
		return dues

	def _greeting(
		self, festival: frappe._dict, of: Cadence, rep: str
	) -> tuple[datetime, datetime | None] | None:
		planner = self.planners.planner(of, self._companies.get(rep), rep, None)
		key = (festival.name, of.name, id(planner))
		if key not in self._greeting_days:
			start = self.now.date()
			if planner.days.is_half_over(self.now):
				start = min(start + timedelta(days=1), festival.on)
			day = greeting_day(planner.days, festival.target, festival.on, start)
			due = day and (planner.days.closing(day) or datetime.combine(day, datetime.max.time()))
			due = due and due.replace(microsecond=0)
			self._greeting_days[key] = (due, planner.late(due)) if due else None
		return self._greeting_days[key]

	# What customers have in common ---------------------------------------------------------------------

	def rep_of(self, row: frappe._dict) -> str:
		"""Whose care a customer is in."""
		named = (row.account_manager, self._teams.get(row.name), row.owner)
		if named not in self._reps:
			self._reps[named] = account_managers.responsible(row, named[1])
		return self._reps[named]

	def _learn_companies(self, users: set[str]) -> None:
		unknown = users - self._companies.keys()
		if unknown:
			self._companies |= account_managers.companies_of(unknown)

	def policies(self, row: frappe._dict, rep: str) -> dict[str, Cadence]:
		"""Purpose -> the policy that a customer follows, found once for all that are alike to the conditions."""
		subject = {
			"company": self._companies.get(rep),
			"sf_tier": row.sf_tier,
			"sf_activity": row.sf_activity,
		}
		alike = tuple(subject.values())
		if alike not in self._policies:
			found = {purpose: cadence_for(CUSTOMER, subject, purpose) for purpose in (*RHYTHMS, GREETING)}
			self._policies[alike] = {purpose: of for purpose, of in found.items() if of}
		return self._policies[alike]

	def rhythm(self, of: Cadence, row: frappe._dict, rep: str) -> CareRhythm | None:
		"""The rhythm of a policy on the days of a rep; None where the grade has none, or the policy is broken."""
		rhythm = of.policy.rhythm(row.sf_grade or "")
		if not rhythm or of.name in self._broken:
			return None
		planner = self.planners.planner(of, self._companies.get(rep), rep, None)
		key = (id(planner), rhythm)
		if key not in self._rhythms:
			try:
				self._rhythms[key] = CareRhythm(planner, rhythm, self.now)
			except Exception:
				# One broken policy stops none of the others.
				self._broken.add(of.name)
				self._rhythms[key] = None
				frappe.log_error(
					title="Care could not be planned",
					reference_doctype="Cadence Policy",
					reference_name=of.name,
				)
		return self._rhythms[key]

	def on_duty(self, rep: str, day: date) -> str:
		"""Who does a rep's touch on a day."""
		if (rep, day) not in self._on_duty:
			self._on_duty[rep, day] = reps.on_duty(rep, day)
		return self._on_duty[rep, day]

	def new_name(self) -> str:
		"""A name for a new follow-up; those of a run lie side by side in the table."""
		return next(self._names)


class _Changes:
	"""What a chunk of planning writes."""

	def __init__(self, planning: CarePlanning) -> None:
		self.planning = planning
		self.cancelled: dict[str, list[str]] = {}
		self.moved: dict[tuple[str, str | None], list[str]] = {}
		self.inserted: list[frappe._dict] = []

	def cancel(self, touches: list[frappe._dict], reason: str) -> None:
		self.cancelled.setdefault(reason, []).extend(touch.name for touch in touches)

	def allocate(self, touch: frappe._dict, rep: str) -> None:
		user = self.planning.on_duty(rep, touch.due_on.date())
		wanted = (user, rep if user != rep else None)
		if (touch.allocated_to, touch.stands_in_for or None) != wanted:
			self.moved.setdefault(wanted, []).append(touch.name)

	def insert(
		self,
		row: frappe._dict,
		rep: str,
		of: Cadence,
		step: cadence.Step,
		due: datetime,
		late: datetime | None,
		**more: object,
	) -> frappe._dict:
		user = self.planning.on_duty(rep, due.date())
		festival = more.get("festival")
		touch = frappe._dict(
			name=self.planning.new_name(),
			docstatus=0,
			idx=0,
			title=row.customer_name or row.name,
			reference_doctype=CUSTOMER,
			reference_name=row.name,
			allocated_to=user,
			stands_in_for=rep if user != rep else None,
			status=PLANNED,
			kind="Rhythm",
			due_on=due,
			late_on=late,
			channel=step.channel,
			goal=step.goal,
			value_kind=step.value_kind or ("Greeting" if festival else None),
			policy=of.name,
			open_key=greetings.open_key(row.name, festival)
			if festival
			else follow_ups.open_key(CUSTOMER, row.name, of.name),
			**more,
		)
		self.inserted.append(touch)
		return touch

	def write(self, rows: list[frappe._dict], dues: Mapping[str, datetime | None]) -> None:
		for reason, names in self.cancelled.items():
			follow_ups.cancel(names, reason)
		touch = frappe.qb.DocType("Follow Up")
		for (user, stands_in_for), names in self.moved.items():
			(
				frappe.qb.update(touch)
				.set(touch.allocated_to, user)
				.set(touch.stands_in_for, stands_in_for)
				.where(bulk.Among(touch.name, names))
				.run()
			)
		if len(self.inserted) > _FEW:
			bulk.insert_touches(CUSTOMER, self.inserted)
		else:
			follow_ups.insert_rows(self.inserted)
		_write_dues((row.name, dues[row.name]) for row in rows if row.sf_next_touch_on != dues[row.name])


def _write_dues(changed: Iterable[tuple[str, datetime | None]]) -> None:
	changed = list(changed)
	if len(changed) > _FEW:
		bulk.update_rows(CUSTOMER, {"sf_next_touch_on": bulk.TIME}, changed)
		return
	for name, due in changed:
		frappe.db.set_value(CUSTOMER, name, "sf_next_touch_on", due, update_modified=False)


def show_next(name: str) -> None:
	"""Writes on a customer when its earliest open touch is due, without planning: after one was put or taken away."""
	due = _earliest(follow_ups.open_touches(CUSTOMER, name))
	frappe.db.set_value(CUSTOMER, name, "sf_next_touch_on", due, update_modified=False)


def _earliest(touches: Iterable[frappe._dict]) -> datetime | None:
	return min((touch.due_on for touch in touches if touch.kind != "New Score"), default=None)


# What was ------------------------------------------------------------------------------------------------------


def _stories(of: Schedule, last: date | None) -> list[_History]:
	"""The histories that have the last touch on a day: it was missed, or took place at the day's end."""
	if last is None or not of.late_before:
		return [_History()]
	day = of.late_before - _DAY if last == LONG_AGO else last
	end = datetime.combine(day, datetime.max.time())
	return [
		_History({of.purpose: end}, {of.purpose: 1}),
		_History({of.purpose: end}, {of.purpose: 1}, done=end),
	]


def _histories(names: list[str]) -> dict[str, _History]:
	"""The care of some customers so far; what was missed, or dropped by a person, counts as its turn."""
	found: dict[str, _History] = {}
	if not names:
		return found
	touch, policy = frappe.qb.DocType("Follow Up"), frappe.qb.DocType("Cadence Policy")
	about = (touch.reference_doctype == CUSTOMER) & bulk.Among(touch.reference_name, names)
	took_place = care_sets.took_place(touch)
	# Who has cancelled it is known of those only that a person has cancelled.
	dropped = (touch.status == CANCELLED) & touch.done_by.isnotnull()
	done_on = _if(took_place, touch.done_on)
	for name, purpose, last, done, count in (
		frappe.qb.from_(touch)
		.join(policy)
		.on(policy.name == touch.policy)
		.select(
			touch.reference_name,
			policy.purpose,
			Max(Case().when(took_place, touch.done_on).else_(touch.due_on)),
			Max(done_on),
			Sum(_if(took_place, 1)),
		)
		.where(about & touch.festival.isnull())
		.where(took_place | (touch.status == MISSED) | dropped)
		.groupby(touch.reference_name, policy.purpose)
		.orderby(touch.reference_name)
		.run()
	):
		history = found.setdefault(name, _History())
		history.last[purpose], history.count[purpose] = last, cint(count)
		history.done = max(filter(None, (history.done, done)), default=None)
	for name, channel, done in (
		frappe.qb.from_(touch)
		.select(touch.reference_name, touch.channel, Max(touch.done_on))
		.where(about & took_place & (touch.kind == "Unplanned"))
		.groupby(touch.reference_name, touch.channel)
		.orderby(touch.reference_name)
		.run()
	):
		found.setdefault(name, _History()).unplanned[channel or ""] = done
	return found


def _if(condition: Criterion, value: object) -> Term:
	return Case().when(condition, value).else_(None)
