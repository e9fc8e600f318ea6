"""Customers who are cared for alike are planned by the database, a chunk in a few statements (P6).

What decides about a customer's next touches besides its policies is its place in the interval and the day of its last
touch. So the plan is asked once for each kind of customer, and the database carries the answer to all of them. Who is
like nobody else - something is open, was agreed or cancelled, somebody stands in, a festival is near - is left to
`care_plans`, which says the same of each one; a site test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

import frappe
from frappe.query_builder.functions import Concat, Date, IfNull, Max, Min, Sum
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

# The last touch of a customer that had none, and of one whose next touch should have been long ago.
NEVER, LONG_AGO = date(1000, 1, 1), date(1000, 1, 2)

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
		"schedule": "int",
		"place": "int",
		"last": "date",
	},
	_PLANS: {
		"schedule": "int",
		"place": "int",
		"last": "date",
		"policy": _NAME,
		"due_on": "datetime(6)",
		"late_on": "datetime(6)",
		"channel": _NAME,
		"goal": _NAME,
		"value_kind": _NAME,
	},
}
_KEYS = {_ALIKE: "account_manager, sf_tier, sf_activity", _CHUNK: "name", _PLANS: "schedule, place, last"}
# The purpose of a schedule without a rhythm: what was before does not matter.
ANY = "*"
# What customers have to share to be cared for alike, besides who works on which days.
DECIDES = ("account_manager", "sf_tier", "sf_activity", "sf_grade")
_KIND = ("schedule", "place", "last")
_PLAN = ("policy", "due_on", "late_on", "channel", "goal", "value_kind")

_Crc32 = CustomFunction("CRC32", ["text"])
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
		self._known: set[tuple] = set()
		self._make_tables()

	def _make_tables(self) -> None:
		"""Temporary tables have no builder. They take no part in transactions; those of an earlier run go."""
		for table, columns in _COLUMNS.items():
			name = table._table_name
			frappe.db.sql_ddl(f"drop temporary table if exists {name}")
			said = ", ".join(f"{column} {kind}" for column, kind in columns.items())
			frappe.db.sql(f"create temporary table {name} ({said}, key ({_KEYS[table]})) engine=Aria")
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
				rows.append([*(group[field] for field in DECIDES), of.number, of.purpose, of.late_before])
		bulk.load(_ALIKE._table_name, _COLUMNS[_ALIKE], rows)

	def plan(self, names: Iterable[str]) -> dict[str, datetime | None]:
		"""Plans those of some customers that are like others, and locks them; when the next touch of each is due."""
		self._fill(names)
		self._learn()
		self._insert()
		dues = dict(
			frappe.qb.from_(_CHUNK)
			.join(_PLANS)
			.on(_same_kind())
			.select(_CHUNK.name, Min(_PLANS.due_on))
			.groupby(_CHUNK.name)
			.run()
		)
		bulk.update_rows(CUSTOMER, {"sf_next_touch_on": bulk.TIME}, dues.items())
		return dues

	def _fill(self, names: Iterable[str]) -> None:
		"""Those of a chunk that are like others, with their kind."""
		frappe.qb.from_(_CHUNK).delete().run()
		customer = frappe.qb.DocType(CUSTOMER)
		among = bulk.Among(customer.name, names)
		told = _told(names).as_("told")
		never = told.last.isnull()
		long_ago = told.last < _ALIKE.late_before
		# On a day that follows from the last one the place decides nothing.
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
				_ALIKE.schedule,
				Case().when(never | long_ago, place).else_(0),
				Case().when(never, NEVER).when(long_ago, LONG_AGO).else_(Date(told.last)),
			)
			.where(among & (customer.disabled == 0))
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
		kinds = frappe.qb.from_(_CHUNK).select(*(_CHUNK[field] for field in _KIND)).distinct().run()
		rows = []
		for kind in kinds:
			if kind in self._known:
				continue
			self._known.add(kind)
			schedule, place, last = kind
			touches = self._touches(schedule, place, None if last == NEVER else last)
			if touches is not None:
				# One without a touch is known by a row without a policy.
				rows += ([*kind, *(touch.get(field) for field in _PLAN)] for touch in touches or ({},))
		bulk.load(_PLANS._table_name, _COLUMNS[_PLANS], rows)

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
			.on(_same_kind())
			.select(*values.values())
			.where(_PLANS.policy.isnotnull())
			.run()
		)
		bulk.remember_links("Follow Up", [CUSTOMER])


def _same_kind() -> Criterion:
	return Criterion.all([_PLANS[field] == _CHUNK[field] for field in _KIND])


def _told(names: Iterable[str]) -> QueryBuilder:
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
		.where((touch.reference_doctype == CUSTOMER) & bulk.Among(touch.reference_name, names))
		.groupby(touch.reference_name)
	)
