"""The plan of a document: which follow-up is open, whose it is and when it is due (F1-F4, L7, L8, N5, P2).

One way for one document and for a hundred thousand: `Planning.plan` reads a set of documents with their open
follow-ups, lets the engine decide, and writes the difference. It does nothing where the plan is right
already, so it may be called as often as anybody likes. Two invariants make it cheap to find what it has to
look at: a document has `sf_next_touch_on` if and only if it has an open touch, and `open_key` is unique, so
that there is never a second open follow-up of one document and policy, whoever plans at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import frappe
from frappe.query_builder.functions import Count, Date, Min
from frappe.utils import cint, get_datetime, now_datetime
from pypika.terms import Parameter

from salesflow_std.engine import cadence, scoring
from salesflow_std.salesflow_std import bulk, grading, handover, notices, profiles, reps
from salesflow_std.salesflow_std.cadences import CONDITIONS, Cadence, Planners, cadence_for, cadences
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

PLANNED, DONE, MISSED, CANCELLED = "Planned", "Done", "Missed", "Cancelled"

# Touches that the rhythm waits for: while one is open, no other is planned.
HOLDS_RHYTHM = ("Reply", "Promise", "Meeting")
# Touches that nobody has asked for: they come and go with the planning.
BY_ITSELF = ("Rhythm", "First Touch", "New Score")
OF_THE_PLAN = ("Rhythm", "First Touch", *HOLDS_RHYTHM)

FIRST_CONTACT = "Make the first contact"
DECISION_MAKER = "Reach the decision maker"
ANSWER = "Answer the reply"
RIGHT_CONTACT = "Find the right contact"
NEW_SCORE = "Score the lead anew"

# How far ahead a rep's load is looked at.
_HORIZON = timedelta(days=45)
# More documents than that are written by set, fewer one by one.
_FEW = 20


@dataclass(frozen=True)
class Subject:
	"""What planning needs to know of a doctype."""

	owner_field: str
	email_field: str
	open_statuses: tuple[str, ...]
	fields: tuple[str, ...]


_COMMON = (
	"name",
	"owner",
	"creation",
	"company",
	"status",
	"title",
	"sf_grade",
	"sf_points",
	"sf_next_touch_on",
	"sf_last_touch_on",
	"sf_touches",
	"sf_week_touches",
	"sf_rhythm",
	"sf_rhythm_since",
	"sf_holiday_list",
	# What a touch means for the stay in the stage (`stage_limits.touched`).
	"sf_sales_process",
	"sf_stage",
	"sf_stage_entered_on",
	"sf_stage_due",
	"sf_stage_late",
)
SUBJECTS = {
	"Lead": Subject(
		"lead_owner",
		"email_id",
		# ERPNext says Quotation of a lead that was offered something without an opportunity, too.
		(*grading.OPEN_LEAD_STATUSES, "Quotation"),
		(
			*_COMMON,
			"lead_owner",
			"email_id",
			"unsubscribed",
			"disabled",
			"sf_captured_on",
			"sf_in_nurture",
			"sf_ended_politely",
			"sf_invalid_reason",
			"sf_first_touch_due",
			"sf_first_touched_on",
			"sf_profile",
		),
	),
	"Opportunity": Subject(
		"opportunity_owner",
		"contact_email",
		grading.OPEN_OPPORTUNITY_STATUSES,
		(
			*_COMMON,
			"opportunity_owner",
			"contact_email",
			"sales_stage",
			"opportunity_from",
			"party_name",
			"sf_unsubscribed",
		),
	),
}

# Customers are cared for by several rhythms at once (`care_plans`), so the planning here is not for them (P6).
CUSTOMER = "Customer"
# What a follow-up may be about.
REFERENCES = (*SUBJECTS, CUSTOMER)

_ROW_FIELDS = (
	"name",
	"creation",
	"modified",
	"owner",
	"modified_by",
	"docstatus",
	"idx",
	"title",
	"reference_doctype",
	"reference_name",
	"allocated_to",
	"stands_in_for",
	"status",
	"kind",
	"due_on",
	"late_on",
	"channel",
	"goal",
	"value_kind",
	"value_content",
	"festival",
	"policy",
	"grade",
	"open_key",
	"event",
	"answers",
	"retry",
	"done_on",
	"done_by",
	"outcome",
	"touch_doctype",
	"touch_name",
	"touch_key",
)


def read(doctype: str, names: Iterable[str], lock: bool = True) -> list[frappe._dict]:
	"""What planning looks at of some documents, locked until the end of the transaction."""
	table = frappe.qb.DocType(doctype)
	query = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in SUBJECTS[doctype].fields))
		.where(bulk.Among(table.name, names))
		.orderby(table.name)
	)
	return (query.for_update() if lock else query).run(as_dict=True)


def is_open(doctype: str, row: Mapping[str, object]) -> bool:
	"""Whether somebody still has to work on a document: an ended, disabled or invalid one has no plan (L3)."""
	return (
		row.get("status") in SUBJECTS[doctype].open_statuses
		and not row.get("sf_invalid_reason")
		and not row.get("disabled")
		and not (
			doctype == "Lead" and row.get("status") == "Quotation" and has_open_opportunity(row.get("name"))
		)
	)


def has_open_opportunity(lead: str) -> bool:
	"""Whether somebody works on an opportunity of a lead: then that is followed up, not the lead."""
	return bool(
		frappe.db.exists(
			"Opportunity",
			{
				"opportunity_from": "Lead",
				"party_name": lead,
				"status": ("in", SUBJECTS["Opportunity"].open_statuses),
			},
		)
	)


def rep_of(doctype: str, row: Mapping[str, object]) -> str:
	"""Whose document it is."""
	return row.get(SUBJECTS[doctype].owner_field) or row["owner"]


def waits_for_first_touch(row: Mapping[str, object]) -> bool:
	"""Whether a lead's deadline of the first touch still runs (L7)."""
	return bool(
		row.get("sf_first_touch_due") and not row.get("sf_first_touched_on") and not row.get("sf_in_nurture")
	)


def open_key(doctype: str, name: str, policy: str | None) -> str:
	"""What may be open once only: a document's touch of a policy."""
	return f"{doctype}|{name}|{policy or ''}"[:255]


def plan(doctype: str, name: str) -> datetime | None:
	"""Plans one document; returns when its next touch is due, None when it has none."""
	return Planning().plan(doctype, [name]).get(name)


def graded(doctype: str, name: str) -> datetime | None:
	"""After a scoring: plans by the new grade, and takes the request for it from the rep's list (L9)."""
	if doctype not in SUBJECTS:
		return None
	touch = frappe.qb.DocType("Follow Up")
	(
		frappe.qb.update(touch)
		.set(touch.status, DONE)
		.set(touch.done_on, now_datetime())
		.set(touch.done_by, frappe.session.user)
		.set(touch.open_key, None)
		.where((touch.reference_doctype == doctype) & (touch.reference_name == name))
		.where((touch.status == PLANNED) & (touch.kind == "New Score"))
		.run()
	)
	if doctype == "Lead":
		handover.follow(name)  # L12: a vague need is not handed over
	return plan(doctype, name)


def preview(doctype: str, name: str, grade: str, dates: Mapping[str, object]) -> datetime | None:
	"""When the next touch would be due with another grade, without writing.

	`dates` are the fields that the grade would bring (`grading.clocks`).
	"""
	rows = read(doctype, [name], lock=False) if doctype in SUBJECTS else []
	if not rows or not is_open(doctype, rows[0]):
		return None
	row = rows[0]
	row.update({**dates, "sf_grade": grade})
	held = [touch for touch in open_touches(doctype, name) if touch.kind in HOLDS_RHYTHM]
	if held:
		return get_datetime(held[0].due_on)
	if waits_for_first_touch(row):
		return get_datetime(row.sf_first_touch_due)
	planning = Planning()
	of_cadence, planner = planning.planner_for(doctype, row)
	key = of_cadence.key(grade) if of_cadence else ""
	if not key or not settings().plan_follow_ups:
		return None
	touch = planner.next_touch(grade, planning.story(row, key), planning.now)
	return touch.due if touch else None


class Planning:
	"""A run of planning: what one chunk of documents has found out, the next one knows."""

	def __init__(self, now: datetime | None = None) -> None:
		self.now = (now or now_datetime()).replace(microsecond=0)
		self.planners = Planners()
		self.left_pool: dict[str, list[frappe._dict]] = {}
		self._loads: dict[str, Counter[date]] = {}
		self._cadences: dict[tuple, Cadence | None] = {}
		self._on_duty: dict[tuple[str, date], str] = {}
		self._authority: dict[str, bool] = {}
		self._decided: set[str] = set()
		self.settings = settings()
		self._names = (f"{frappe.generate_hash(length=10)}{number:06d}" for number in range(10**6))

	# Deciding ------------------------------------------------------------------------------------------

	def plan(self, doctype: str, names: list[str]) -> dict[str, datetime | None]:
		"""Brings the plans of some documents up to date; returns when each one's next touch is due."""
		rows = read(doctype, names)
		return self.plan_rows(doctype, rows, open_touches_of(doctype, [row.name for row in rows]))

	def plan_rows(
		self,
		doctype: str,
		rows: list[frappe._dict],
		open_touches: dict[str, list[frappe._dict]],
		also: dict[str, dict[str, object]] | None = None,
	) -> dict[str, datetime | None]:
		"""As `plan`, of documents that have been read and locked, with their open touches.

		`also` holds what else is to be written on some of the documents, in the same statement.
		"""
		self._changes = Changes(doctype, self, also)
		self.left_pool.clear()  # what a run that failed had noted
		on_plan = bool(self.settings.plan_follow_ups)
		opened = {row.name for row in rows if is_open(doctype, row)}
		plannable = [row for row in rows if on_plan and row.name in opened]
		self._take_over(doctype, plannable)
		self._decided = self._read_deciders(doctype, plannable)
		self._read_loads({rep_of(doctype, row) for row in plannable})
		dues = {}
		for row in rows:
			touches = open_touches.get(row.name, [])
			if row.name not in opened:
				due = self._end(touches, "The document has ended.")
			elif not on_plan:
				due = self._switched_off(touches)
			else:
				due = self._plan_one(doctype, row, touches)
			dues[row.name] = due
		self._changes.write(rows, dues)
		self._tell_who_left()
		return dues

	def _switched_off(self, touches: list[frappe._dict]) -> datetime | None:
		"""Without planning the rhythm ends; what was agreed with customers, and what they asked, stays."""
		self._end([touch for touch in touches if touch.kind in BY_ITSELF], "Follow-ups are not planned.")
		return min((get_datetime(t.due_on) for t in touches if t.kind not in BY_ITSELF), default=None)

	def _tell_who_left(self) -> None:
		for rep, rows in self.left_pool.items():
			notices.left_nurture_pool(rep, rows)
		self.left_pool.clear()

	def _plan_one(self, doctype: str, row: frappe._dict, touches: list[frappe._dict]) -> datetime | None:
		rep = rep_of(doctype, row)
		self._leave_pool(row, rep)
		of_cadence, planner = self.planner_for(doctype, row)
		key = of_cadence.key(row.sf_grade or "") if of_cadence and row.sf_grade else ""
		current = [touch for touch in touches if touch.kind in ("Rhythm", "First Touch")]
		holding = [touch for touch in touches if touch.kind in HOLDS_RHYTHM]
		others = [touch for touch in touches if touch.kind == "Task"]
		dues = [get_datetime(touch.due_on) for touch in (*holding, *others)]
		for touch in touches:
			if touch.kind in (*HOLDS_RHYTHM, "New Score"):
				self._changes.allocate(touch, rep, get_datetime(touch.due_on))
		for touch in others:  # planned by hand for whoever it was: only a stand-in takes it over
			of_user = rep if touch.goal == DECISION_MAKER else touch.stands_in_for or touch.allocated_to
			self._changes.allocate(touch, of_user, get_datetime(touch.due_on))
		if waits_for_first_touch(row):
			dues.append(self._first_touch(doctype, row, of_cadence, current, rep))
		elif holding:
			self._end(current, "Something was agreed.")
		elif key:
			due = self._rhythm(doctype, row, of_cadence, planner, key, current)
			if due:
				dues.append(due)
		else:
			self._end(current, "The grade has no rhythm.")
		if not key and row.sf_rhythm:
			self._changes.rhythm(row, "", None)
		return min(dues, default=None)

	def _first_touch(
		self,
		doctype: str,
		row: frappe._dict,
		of_cadence: Cadence | None,
		current: list[frappe._dict],
		rep: str,
	) -> datetime:
		due = get_datetime(row.sf_first_touch_due)
		same = [touch for touch in current if touch.kind == "First Touch"]
		self._end([touch for touch in current if touch not in same[:1]], "The first touch comes first.")
		if same:
			touch = same[0]
			# Where somebody has tried in vain, the next try may lie behind the deadline.
			if get_datetime(touch.due_on) < due or not touch.retry:
				self._changes.move(touch, due, None)
			else:
				due = get_datetime(touch.due_on)
			self._changes.allocate(touch, rep, due)
			self._changes.aim(touch, self._goal_now(row, touch, FIRST_CONTACT))
			return due
		step = of_cadence.policy.steps[0] if of_cadence else cadence.Step("Phone")
		self._changes.insert(
			row, "First Touch", due, None, step, rep, of_cadence, goal=self._goal(row, FIRST_CONTACT)
		)
		return due

	def _rhythm(
		self,
		doctype: str,
		row: frappe._dict,
		of_cadence: Cadence,
		planner: cadence.Planner,
		key: str,
		current: list[frappe._dict],
	) -> datetime | None:
		rep = rep_of(doctype, row)
		same = [t for t in current if t.kind == "Rhythm" and t.policy == of_cadence.name]
		closed = closed_channels(doctype, row)
		if row.sf_rhythm == key and same and same[0].channel not in closed:
			touch = same[0]
			self._end([t for t in current if t is not touch], "One touch at a time.")
			due = get_datetime(touch.due_on)
			last = row.sf_last_touch_on
			if due.date() >= self.now.date() and not planner.days.works(due.date()):
				self._end([touch], "It fell on a day off.")
			elif not last or planner.keeps_gap(get_datetime(last), due):
				self._changes.allocate(touch, rep, due)
				step = planner.step(cint(row.sf_touches), closed)
				self._changes.aim(touch, self._goal_now(row, touch, step.goal if step else ""))
				return due
			else:
				self._end([touch], "The customer was reached meanwhile.")
		else:
			self._end(current, "The rhythm has changed.")
		story = self.story(row, key)
		if row.sf_rhythm != key:
			self._changes.rhythm(row, key, self.now)
		touch = planner.next_touch(row.sf_grade, story, self.now, self._loads.get(rep), without=closed)
		if not touch:
			return None
		step = cadence.Step(touch.channel, touch.goal, touch.value_kind)
		self._changes.insert(
			row, "Rhythm", touch.due, touch.late, step, rep, of_cadence, goal=self._goal(row, touch.goal)
		)
		return touch.due

	def planner_for(self, doctype: str, row: Mapping[str, object]) -> tuple[Cadence | None, cadence.Planner]:
		"""The policy a document follows and its planner; without a policy one that knows the days at least."""
		of_cadence = self.cadence_for(doctype, row)
		return of_cadence, self.planners.planner(
			of_cadence, row["company"], rep_of(doctype, row), row["sf_holiday_list"]
		)

	def cadence_for(self, doctype: str, row: Mapping[str, object]) -> Cadence | None:
		"""The policy a document follows, found once for all that are alike to the policies' conditions."""
		alike = (doctype, *(row.get(field) for field in CONDITIONS))
		if alike not in self._cadences:
			self._cadences[alike] = cadence_for(doctype, row)
		return self._cadences[alike]

	def on_duty(self, rep: str, day: date) -> str:
		"""Who does a rep's touch on a day."""
		if (rep, day) not in self._on_duty:
			self._on_duty[rep, day] = reps.on_duty(rep, day)
		return self._on_duty[rep, day]

	def put(
		self,
		doctype: str,
		row: Mapping[str, object],
		kind: str,
		due: datetime,
		channel: str,
		goal: str,
		beside: bool = False,
		late: bool = True,
		**more: object,
	) -> str:
		"""Plans a touch that does not come of the rhythm; returns its name.

		One that stands `beside` another open touch of the same document has no key to be unique by: whoever
		puts it has looked. Without `late` it is never missed.
		"""
		of_cadence, planner = self.planner_for(doctype, row)
		touch = Changes(doctype, self).insert(
			row,
			kind,
			due,
			planner.late(due) if late else None,
			cadence.Step(channel, goal),
			rep_of(doctype, row),
			of_cadence,
			goal,
			**more,
		)
		if beside:
			touch["open_key"] = None
		if not insert_rows([touch]):
			# Somebody else has planned meanwhile; what was agreed stands beside it, and the rhythm waits.
			touch["open_key"] = None
			insert_rows([touch])
		return touch["name"]

	def story(self, row: Mapping[str, object], key: str) -> cadence.Story:
		"""What has happened to a document so far, as the engine wants it told."""
		last = get_datetime(row["sf_last_touch_on"]) if row["sf_last_touch_on"] else None
		same_week = last and cadence.monday_of(last.date()) == cadence.monday_of(self.now.date())
		began = row["sf_rhythm_since"] if row["sf_rhythm"] == key else None
		return cadence.Story(
			since=get_datetime(began) if began else self.now,
			last=last,
			this_week=cint(row["sf_week_touches"]) if same_week else 0,
			touches=cint(row["sf_touches"]),
		)

	def _leave_pool(self, row: frappe._dict, rep: str) -> None:
		"""L8: a lead whose grade rises leaves the pool with a notice to its owner, whatever is planned next.

		That it had the pool's rhythm is forgotten with it, so the owner hears of it once.
		"""
		policy = (row.sf_rhythm or "").partition("|")[0]
		if not policy or row.get("sf_in_nurture"):
			return
		if any(other.name == policy and other.for_nurture_pool for other in cadences("Lead")):
			self.left_pool.setdefault(rep, []).append(row)
			self._changes.rhythm(row, "", None)
			row.sf_rhythm = ""

	def _goal(self, row: Mapping[str, object], goal: str) -> str:
		"""P2: while the contact is not the one who decides, reaching that person is the task; not in the pool,
		where leads get something to read and no visits."""
		return DECISION_MAKER if self._lacks_decider(row) and row["name"] not in self._decided else goal

	def _lacks_decider(self, row: Mapping[str, object]) -> bool:
		"""Whether the score says that who decides has not been reached."""
		given = row.get("sf_points")
		if not given or row.get("sf_in_nurture") or not self.settings.decision_maker_dimension:
			return False
		if given not in self._authority:
			points = scoring.unpack_points(given).get(self.settings.decision_maker_dimension)
			self._authority[given] = points is not None and points <= cint(
				self.settings.decision_maker_points
			)
		return self._authority[given]

	def _read_deciders(self, doctype: str, rows: list[frappe._dict]) -> set[str]:
		"""The documents whose decision chain knows better than their score: who decides has been reached (P2)."""
		if doctype == "Lead":
			asked = [row.name for row in rows if row.get("sf_profile") and self._lacks_decider(row)]
			return profiles.with_decider_reached("Lead", asked)
		parties: dict[str, set[str]] = {}
		for row in rows:
			if self._lacks_decider(row) and row.opportunity_from in profiles.PARTIES:
				parties.setdefault(row.opportunity_from, set()).add(row.party_name)
		reached = {
			(party, name)
			for party, names in parties.items()
			for name in profiles.with_decider_reached(party, names)
		}
		return {row.name for row in rows if (row.opportunity_from, row.party_name) in reached}

	def _goal_now(self, row: Mapping[str, object], touch: frappe._dict, usual: str) -> str:
		"""P2: what an open touch is for, now that the authority may have been scored anew."""
		if touch.retry or touch.goal == RIGHT_CONTACT:
			return touch.goal
		return self._goal(row, usual if touch.goal == DECISION_MAKER else touch.goal)

	def _end(self, touches: list[frappe._dict], reason: str) -> None:
		for touch in touches:
			self._changes.cancel(touch, reason)

	def _take_over(self, doctype: str, rows: list[frappe._dict]) -> None:
		"""A new opportunity goes on where its lead was left: the customer is the same (F4)."""
		if doctype != "Opportunity":
			return
		new = [row for row in rows if row.opportunity_from == "Lead" and not row.sf_last_touch_on]
		if not new:
			return
		touched = dict(
			frappe.get_all(
				"Lead",
				filters={
					"name": ("in", {row.party_name for row in new}),
					"sf_last_touch_on": ("is", "set"),
				},
				fields=["name", "sf_last_touch_on"],
				order_by="name",
				as_list=True,
			)
		)
		for row in new:
			row.sf_last_touch_on = touched.get(row.party_name)

	# Loads ---------------------------------------------------------------------------------------------

	def _read_loads(self, users: set[str]) -> None:
		"""How many touches each rep has on each of the next days."""
		unknown = users - self._loads.keys()
		if not unknown:
			return
		for user in unknown:
			self._loads[user] = Counter()
		touch = frappe.qb.DocType("Follow Up")
		day = Date(touch.due_on)
		for user, due, count in (
			frappe.qb.from_(touch)
			.select(touch.allocated_to, day, Count("*"))
			.where(touch.allocated_to.isin(sorted(unknown)) & (touch.status == PLANNED))
			.where((touch.due_on >= self.now.date()) & (touch.due_on < self.now + _HORIZON))
			.groupby(touch.allocated_to, day)
			.run()
		):
			self._loads[user][due] += count

	def add_load(self, user: str, day: date, count: int = 1) -> None:
		"""Counts a touch that this run has planned or taken away."""
		if user in self._loads:
			self._loads[user][day] += count

	def new_name(self) -> str:
		"""A name for a new follow-up; those of a run lie side by side in the table."""
		return next(self._names)


class Changes:
	"""What a chunk of planning writes."""

	def __init__(
		self, doctype: str, planning: Planning, also: dict[str, dict[str, object]] | None = None
	) -> None:
		self.doctype = doctype
		self.also = also or {}
		self.planning = planning
		self.cancelled: dict[str, list[str]] = {}
		self.moved: dict[str, dict[str, object]] = {}
		self.inserted: list[dict[str, object]] = []
		self.rhythms: dict[str, tuple[str, datetime | None]] = {}

	def cancel(self, touch: frappe._dict, reason: str) -> None:
		self.cancelled.setdefault(reason, []).append(touch.name)
		self.planning.add_load(touch.allocated_to, get_datetime(touch.due_on).date(), -1)

	def move(self, touch: frappe._dict, due: datetime, late: datetime | None) -> None:
		if get_datetime(touch.due_on) != due:
			self.moved.setdefault(touch.name, {}).update(due_on=due, late_on=late)

	def allocate(self, touch: frappe._dict, rep: str, due: datetime) -> None:
		user = self.planning.on_duty(rep, due.date())
		stands_in_for = rep if user != rep else None
		if (touch.allocated_to, touch.stands_in_for or None) != (user, stands_in_for):
			self.moved.setdefault(touch.name, {}).update(allocated_to=user, stands_in_for=stands_in_for)

	def aim(self, touch: frappe._dict, goal: str) -> None:
		if (touch.goal or "") != (goal or ""):
			self.moved.setdefault(touch.name, {}).update(goal=goal)

	def rhythm(self, row: frappe._dict, key: str, since: datetime | None) -> None:
		self.rhythms[row.name] = (key, since)

	def insert(
		self,
		row: Mapping[str, object],
		kind: str,
		due: datetime,
		late: datetime | None,
		step: cadence.Step,
		rep: str,
		of_cadence: Cadence | None,
		goal: str,
		**more: object,
	) -> dict[str, object]:
		user = self.planning.on_duty(rep, due.date())
		policy = of_cadence.name if of_cadence else None
		touch = {
			"name": self.planning.new_name(),
			"docstatus": 0,
			"idx": 0,
			"title": row.get("title") or row["name"],
			"reference_doctype": self.doctype,
			"reference_name": row["name"],
			"allocated_to": user,
			"stands_in_for": rep if user != rep else None,
			"status": PLANNED,
			"kind": kind,
			"due_on": due,
			"late_on": late,
			"channel": step.channel,
			"goal": goal,
			"value_kind": step.value_kind,
			"policy": policy,
			"grade": row.get("sf_grade"),
			"open_key": open_key(self.doctype, row["name"], policy),
			**more,
		}
		self.inserted.append(touch)
		self.planning.add_load(user, due.date())
		return touch

	def write(self, rows: list[frappe._dict], dues: dict[str, datetime | None]) -> None:
		for reason, names in self.cancelled.items():
			cancel(names, reason)
		for name, values in self.moved.items():
			frappe.db.set_value("Follow Up", name, values, update_modified=False)
		if len(self.inserted) > _FEW:
			count = bulk.insert_touches(self.doctype, self.inserted)
		else:
			count = insert_rows(self.inserted)
		all_mine = count == len(self.inserted)
		changed = [
			row
			for row in rows
			if (row.sf_next_touch_on and get_datetime(row.sf_next_touch_on)) != dues[row.name]
		]
		# Where somebody else has planned meanwhile, their touch stays and says when it is due.
		if all_mine and len(changed) + len(self.rhythms) <= _FEW:
			self._write_each(changed, dues)
		else:
			for name, more in self.also.items():
				frappe.db.set_value(self.doctype, name, more, update_modified=False)
			self._write_all(rows, changed, dues)
			if not all_mine:
				self._follow_others([row.name for row in changed if dues[row.name]])

	def _write_each(self, changed: list[frappe._dict], dues: dict[str, datetime | None]) -> None:
		values = {name: dict(more) for name, more in self.also.items()}
		for row in changed:
			values.setdefault(row.name, {})["sf_next_touch_on"] = dues[row.name]
		for name, (key, since) in self.rhythms.items():
			values.setdefault(name, {}).update(sf_rhythm=key, sf_rhythm_since=since)
		for name, of_name in values.items():
			frappe.db.set_value(self.doctype, name, of_name, update_modified=False)

	def _write_all(
		self, rows: list[frappe._dict], changed: list[frappe._dict], dues: dict[str, datetime | None]
	) -> None:
		touched = {row.name for row in changed} | self.rhythms.keys()
		bulk.write_plans(
			self.doctype,
			(
				(row.name, dues[row.name], *self.rhythms.get(row.name, (row.sf_rhythm, row.sf_rhythm_since)))
				for row in rows
				if row.name in touched
			),
		)

	def _follow_others(self, names: list[str]) -> None:
		"""Writes when the touches are due that others have planned at the same time."""
		subject, touch = frappe.qb.DocType(self.doctype), frappe.qb.DocType("Follow Up")
		earliest = (
			frappe.qb.from_(touch)
			.select(touch.reference_name, Min(touch.due_on).as_("due_on"))
			.where((touch.reference_doctype == self.doctype) & bulk.Among(touch.reference_name, names))
			.where((touch.status == PLANNED) & (touch.kind != "New Score"))
			.groupby(touch.reference_name)
		).as_("earliest")
		(
			frappe.qb.update(subject)
			.join(earliest)
			.on(earliest.reference_name == subject.name)
			.set(subject.sf_next_touch_on, earliest.due_on)
			.run()
		)


def closed_channels(doctype: str, row: Mapping[str, object]) -> tuple[str, ...]:
	"""Channels that a document's contact cannot or may not be reached by: no mail to the unsubscribed (F4)."""
	return ("E-mail",) if row.get("unsubscribed") or row.get("sf_unsubscribed") else ()


def insert_rows(rows: list[dict[str, object]]) -> int:
	"""Inserts planned touches; one that is open already stays the only one. Returns how many went in."""
	if not rows:
		return 0
	now, user = now_datetime(), frappe.session.user
	always = {"creation": now, "modified": now, "owner": user, "modified_by": user}
	given = {field for row in rows for field, value in row.items() if value is not None}
	fields = [field for field in _ROW_FIELDS if field in given or field in always]
	table = frappe.qb.DocType("Follow Up")
	query = frappe.qb.into(table).columns(*fields).insert(*(Parameter("%s") for _field in fields)).ignore()
	# The builder would render each value by itself, which takes longer than the database needs to insert it.
	frappe.db._cursor.executemany(
		query.get_sql(), [tuple((always | row).get(field) for field in fields) for row in rows]
	)
	count = frappe.db._cursor.rowcount
	bulk.remember_links("Follow Up", (row["reference_doctype"] for row in rows))
	return count


def close(name: str, values: Mapping[str, object]) -> bool:
	"""Closes an open touch as done; False when somebody else has closed it meanwhile."""
	touch = frappe.qb.DocType("Follow Up")
	query = (
		frappe.qb.update(touch)
		.set(touch.status, DONE)
		.set(touch.open_key, None)
		.set(touch.modified, now_datetime())
		.set(touch.modified_by, frappe.session.user)
		.where((touch.name == name) & (touch.status == PLANNED))
	)
	for field, value in values.items():
		query = query.set(touch[field], value)
	query.run()
	frappe.clear_document_cache("Follow Up", name)
	return bool(frappe.db._cursor.rowcount)


def cancel(names: list[str], reason: str) -> None:
	"""Cancels open follow-ups; the reason is shown in the user's language."""
	if not names:
		return
	touch = frappe.qb.DocType("Follow Up")
	(
		frappe.qb.update(touch)
		.set(touch.status, CANCELLED)
		.set(touch.open_key, None)
		.set(touch.cancel_reason, reason)
		.set(touch.modified, now_datetime())
		.where(touch.name.isin(names) & (touch.status == PLANNED))
		.run()
	)


def open_touches_of(doctype: str, names: list[str]) -> dict[str, list[frappe._dict]]:
	"""The open follow-ups of documents, earliest first."""
	touch = frappe.qb.DocType("Follow Up")
	found: dict[str, list[frappe._dict]] = {}
	if not names:
		return found
	for row in (
		frappe.qb.from_(touch)
		.select(
			touch.name,
			touch.reference_name,
			touch.kind,
			touch.policy,
			touch.festival,
			touch.grade,
			touch.due_on,
			touch.late_on,
			touch.channel,
			touch.goal,
			touch.allocated_to,
			touch.stands_in_for,
			touch.event,
			touch.answers,
			touch.retry,
			touch.creation,
		)
		.where((touch.reference_doctype == doctype) & bulk.Among(touch.reference_name, names))
		.where(touch.status == PLANNED)
		.orderby(touch.due_on, touch.name)
		.run(as_dict=True)
	):
		found.setdefault(row.reference_name, []).append(row)
	return found


def open_touches(doctype: str, name: str) -> list[frappe._dict]:
	"""The open follow-ups of one document, earliest first."""
	return open_touches_of(doctype, [name]).get(name, [])
