"""Customers who are cared for alike are planned by the database, a chunk in a few statements (P6).

What decides about a customer's next touches besides its policies is its place in the interval and the day of its last
touch. So the plan is asked once for each kind of customer, and the database carries the answer to all of them. Who is
like nobody else - something is open, was agreed or cancelled, somebody stands in, a festival is near - is left to
`care_plans`, which says the same of each one; a site test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import frappe
from frappe.query_builder.functions import Concat, Count, IfNull, Max, Min, Sum
from frappe.utils import now_datetime
from pypika import Case, Table
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, CustomFunction, ValueWrapper

from salesflow_std.engine import care_rhythm
from salesflow_std.salesflow_std import bulk
from salesflow_std.salesflow_std.follow_ups import CUSTOMER, DONE, MISSED, PLANNED

# A touch with one of these was a try, or has led to another one: the rhythm does not count from it.
IN_VAIN = ("No Answer", "Wrong Contact", "Call Later", "Meeting Agreed")

# With fewer customers the tables cost more than they save.
WORTH_IT = 200

# The last touch of a customer whose next one should have been long ago.
LONG_AGO = date.min

# A kind is a number: of the schedule, and of what else decides. First the places of those who had no touch yet, then
# those of whom it is long ago, then the days of a last touch; there the place decides nothing.
_KINDS = 4096
_LONG_AGO = care_rhythm.PLACES
_BY_DAY = 2 * care_rhythm.PLACES

_ALIKE = Table("sf_care_alike")
_CHUNK = Table("sf_care_chunk")
_PLANS = Table("sf_care_plans")
_NAME = "varchar(140) character set utf8mb4 collate utf8mb4_unicode_ci"
_COLUMNS = {
	_ALIKE: {
		"account_manager": _NAME,
		"sf_tier": _NAME,
		"sf_activity": _NAME,
		"sf_grade": _NAME,
		"schedule": "int",
		"purpose": _NAME,
		"late_before": "date",
	},
	_CHUNK: {
		"name": _NAME,
		"title": _NAME,
		"account_manager": _NAME,
		"kind": "int",
	},
	_PLANS: {
		"kind": "int",
		"number": "int",
		"policy": _NAME,
		"due_on": "datetime(6)",
		"late_on": "datetime(6)",
		"channel": _NAME,
		"goal": _NAME,
		"value_kind": _NAME,
	},
}
_KEYS = {
	_ALIKE: ["key (account_manager, sf_tier, sf_activity)"],
	_CHUNK: [],
	_PLANS: ["primary key (kind, number)"],
}
# The purpose of a schedule without a rhythm: what was before does not matter.
ANY = "*"
# What customers have to share to be cared for alike, besides who works on which days.
DECIDES = ("account_manager", "sf_tier", "sf_activity", "sf_grade")
_PLAN = ("policy", "due_on", "late_on", "channel", "goal", "value_kind")

_Crc32 = CustomFunction("CRC32", ["text"])
_Days = CustomFunction("DATEDIFF", ["day", "since"])
_Hex = CustomFunction("HEX", ["number"])
_Left = CustomFunction("LEFT", ["text", "length"])
_Number = CustomFunction("UUID_SHORT", [])


def took_place(touch: Table) -> Criterion:
	"""Whether a follow-up is one that reached the customer."""
	return (touch.status == DONE) & IfNull(touch.outcome, "").notin(IN_VAIN)


@dataclass(frozen=True)
class Schedule:
	"""What customers who are alike follow.

	`purpose` is that of their only policy, whose next touch follows the last one: a last touch before `late_before` is
	long ago. With several policies only those are alike who had no touch yet; `purpose` is "" for them. It is ANY where
	no touch follows at all.
	"""

	number: int
	purpose: str = ""
	late_before: date | None = None


class CareSets:
	"""The tables of this connection, and what is done with them.

	`schedule` is asked of each group of customers that share `DECIDES`, None where they are like nobody else;
	`touches` of each kind - number of the schedule, place, last touch (None, LONG_AGO or the day) - for what to plan, None
	where more decides than that.
	"""

	def __init__(
		self,
		schedule: Callable[[frappe._dict], Schedule | None],
		touches: Callable[[int, int, date | None], list[frappe._dict] | None],
	) -> None:
		self._schedule, self._touches = schedule, touches
		self._schedules: dict[int, Schedule] = {}
		self._known: set[int] = set()
		self._make_tables()

	def _make_tables(self) -> None:
		"""Temporary tables have no builder. They take no part in transactions; those of an earlier run go."""
		for table, columns in _COLUMNS.items():
			name = table._table_name
			frappe.db.sql_ddl(f"drop temporary table if exists {name}")
			said = [f"{column} {kind}" for column, kind in columns.items()] + _KEYS[table]
			frappe.db.sql(f"create temporary table {name} ({', '.join(said)}) engine=Aria")
		customer = frappe.qb.DocType(CUSTOMER)
		groups = (
			frappe.qb.from_(customer)
			.select(*(IfNull(customer[field], "").as_(field) for field in DECIDES))
			.distinct()
			.where((customer.disabled == 0) & (IfNull(customer.account_manager, "") != ""))
			.run(as_dict=True)
		)
		rows = []
		for group in groups:
			of = self._schedule(group)
			if of:
				self._schedules[of.number] = of
				rows.append([*(group[field] for field in DECIDES), of.number, of.purpose, of.late_before])
		bulk.load(_ALIKE._table_name, _COLUMNS[_ALIKE], rows)

	def plan(self, first: str, last: str) -> dict[str, datetime | None]:
		"""Plans those of the customers from `first` to `last`, by name, that are like others, and locks them.

		Returns when the next touch of each is due.
		"""
		if _without_plan(first, last) < WORTH_IT:
			return {}
		self._fill(first, last)
		self._learn()
		self._insert()
		customer = frappe.qb.DocType(CUSTOMER)
		# Nothing but a column of the other tables is written: MariaDB then updates as it reads.
		(
			frappe.qb.update(_CHUNK)
			.join(_PLANS)
			.on(_is_first())
			.join(customer)
			.on(customer.name == _CHUNK.name)
			.set(customer.sf_next_touch_on, _PLANS.due_on)
			.run()
		)
		return dict(
			frappe.qb.from_(_CHUNK).join(_PLANS).on(_is_first()).select(_CHUNK.name, _PLANS.due_on).run()
		)

	def _fill(self, first: str, last: str) -> None:
		"""Those of a chunk that are like others, with their kind."""
		frappe.qb.from_(_CHUNK).delete().run()
		customer = frappe.qb.DocType(CUSTOMER)
		told = _told(first, last).as_("told")
		never = told.last.isnull()
		long_ago = told.last < _ALIKE.late_before
		place = _Crc32(customer.name) % care_rhythm.PLACES
		(
			frappe.qb.into(_CHUNK)
			.columns(*_COLUMNS[_CHUNK])
			.from_(customer)
			.join(_ALIKE)
			.on(Criterion.all([IfNull(customer[field], "") == _ALIKE[field] for field in DECIDES]))
			.left_join(told)
			.on(told.name == customer.name)
			.select(
				customer.name,
				IfNull(customer.customer_name, customer.name),
				customer.account_manager,
				_ALIKE.schedule * _KINDS
				+ Case()
				.when(never, place)
				.when(long_ago, place + _LONG_AGO)
				.else_(IfNull(_Days(told.last, _ALIKE.late_before), 0) + _BY_DAY),
			)
			.where(customer.name[first:last] & (customer.disabled == 0) & customer.sf_next_touch_on.isnull())
			.where(
				told.name.isnull()
				| (told.odd == 0)
				& (
					(told.purpose == told.purposes) & (told.purpose == _ALIKE.purpose)
					| (_ALIKE.purpose == ANY)
				)
			)
			.for_update()
			.run()
		)

	def _learn(self) -> None:
		"""Asks for the plan of each new kind."""
		rows = []
		for kind in frappe.qb.from_(_CHUNK).select(_CHUNK.kind).distinct().run(pluck=True):
			if kind in self._known:
				continue
			self._known.add(kind)
			number, rest = divmod(kind, _KINDS)
			touches = self._touches(number, rest % care_rhythm.PLACES, self._last(number, rest))
			if touches is not None:
				# The first one is number 0; who gets none is known by a row without a policy.
				touches = sorted(touches, key=lambda touch: touch.due_on) or [{}]
				rows += ([kind, n, *(touch.get(field) for field in _PLAN)] for n, touch in enumerate(touches))
		bulk.load(_PLANS._table_name, _COLUMNS[_PLANS], rows)

	def _last(self, schedule: int, rest: int) -> date | None:
		"""The last touch of a kind."""
		late_before = self._schedules[schedule].late_before
		if rest < _LONG_AGO or not late_before:
			return None
		return LONG_AGO if rest < _BY_DAY else late_before + timedelta(days=rest - _BY_DAY)

	def _insert(self) -> None:
		"""The touches; one that somebody has put meanwhile stays the only one."""
		now, user = now_datetime(), frappe.session.user
		said = {
			"reference_doctype": CUSTOMER,
			"status": PLANNED,
			"kind": "Rhythm",
			"creation": now,
			"modified": now,
			"owner": user,
			"modified_by": user,
			"docstatus": 0,
			"idx": 0,
		}
		values = {
			"name": _Hex(_Number()),
			"reference_name": _CHUNK.name,
			"allocated_to": _CHUNK.account_manager,
			"title": _CHUNK.title,
			"open_key": _Left(Concat(f"{CUSTOMER}|", _CHUNK.name, "|", _PLANS.policy), 255),
			**{field: _PLANS[field] for field in _PLAN},
			**{field: ValueWrapper(value) for field, value in said.items()},
		}
		(
			frappe.qb.into(frappe.qb.DocType("Follow Up"))
			.ignore()
			.columns(*values)
			.from_(_CHUNK)
			.join(_PLANS)
			.on(_PLANS.kind == _CHUNK.kind)
			.select(*values.values())
			.where(_PLANS.policy.isnotnull())
			.run()
		)
		bulk.remember_links("Follow Up", [CUSTOMER])


def _is_first() -> Criterion:
	return (_PLANS.kind == _CHUNK.kind) & (_PLANS.number == 0)


def _without_plan(first: str, last: str) -> int:
	"""How many customers have no next touch: with one they are hardly ever alike."""
	customer = frappe.qb.DocType(CUSTOMER)
	query = frappe.qb.from_(customer).select(Count("*"))
	return query.where(customer.name[first:last] & customer.sf_next_touch_on.isnull()).run()[0][0]


def _told(first: str, last: str) -> QueryBuilder:
	"""What follow-ups tell of customers: the last touch, of which purposes they were, and how many are `odd`: anything
	but a touch of the rhythm that took place or was missed."""
	touch, policy = frappe.qb.DocType("Follow Up"), frappe.qb.DocType("Cadence Policy")
	happened = took_place(touch)
	usual = (touch.kind == "Rhythm") & touch.festival.isnull() & ((touch.status == MISSED) | happened)
	purpose = IfNull(policy.purpose, "")
	return (
		frappe.qb.from_(touch)
		.left_join(policy)
		.on(policy.name == touch.policy)
		.select(
			touch.reference_name.as_("name"),
			Max(Case().when(happened, touch.done_on).else_(touch.due_on)).as_("last"),
			Min(purpose).as_("purpose"),
			Max(purpose).as_("purposes"),
			Sum(Case().when(usual, 0).else_(1)).as_("odd"),
		)
		.where((touch.reference_doctype == CUSTOMER) & touch.reference_name[first:last])
		.groupby(touch.reference_name)
	)
