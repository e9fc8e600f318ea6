"""Documents of which no history is known are taken into the stages by the database, a chunk in a few statements (M1).

Documents that are alike stand in the same stage, so one of each kind is asked (`Meant`), and the database carries the
answer to all of them; deadlines come from the engine as a short table of pieces (`worktime.pieces`). Which field follows
is said once more here, for many documents; a site test holds it equal to what `stage_backfill` says of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import frappe
from frappe.query_builder.functions import Coalesce, Concat, Date, IfNull, Min
from frappe.utils import getdate, now_datetime
from pypika import Case, Table
from pypika.functions import NullIf
from pypika.terms import CustomFunction, Function, Term, ValueWrapper

from salesflow_std.engine import ageing, stages, worktime
from salesflow_std.salesflow_std import bulk, stage_limits, transitions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

CHUNK = Table("sf_stages_chunk")
_MEANT = Table("sf_stages_meant")
_DATES = Table("sf_stages_dates")
_STATES = Table("sf_stages_states")

# All that decides where a document stands and whether its stay is counted, besides its history.
_DECIDES = {
	"Lead": ("disabled", "sf_in_nurture", "sf_invalid_reason"),
	"Opportunity": ("sales_stage", "opportunity_type"),
}
_ALWAYS_DECIDES = ("company", "territory", "market_segment", "status", "sf_stage", "sf_sales_process")
# Late or escalated: which of both is asked of each one.
_UNDECIDED = "?"
_DAY = timedelta(days=1)
# So far around a limit of time nothing is decided for many documents at once: clocks are put forward and back.
_MARGIN = 2 * _DAY
_LOOKED_BACK = 400  # days


@dataclass(frozen=True)
class Meant:
	"""What holds of a document and of all that are alike; no `stage`: it is in no process.

	`word` is the sales stage to be written, "" where it stays. `limit` is None where the stay is not counted.
	`by_itself` says that such documents cannot be taken together.
	"""

	process: stages.Process | None = None
	stage: str = ""
	word: str = ""
	company: str | None = None
	limit: ageing.Limit | None = None
	by_itself: bool = False


def can_be_counted(limit: ageing.Limit) -> bool:
	"""Whether `worktime.pieces` knows the deadlines of a limit: those of whole minutes."""
	return "Hours" not in limit.unit or limit.amount * 60 == int(limit.amount * 60)


class Sets:
	"""The tables of this connection, and what is done with them; `meant` is asked of one document of each kind."""

	def __init__(self, now: datetime, meant: Callable[[str, list[str]], dict[str, Meant]]) -> None:
		self.now = now
		self.meant = meant
		self.clocks: dict[tuple, int] = {}
		self.days: dict[str | None, worktime.WorkingDays] = {}
		self.counted: dict[int, tuple[ageing.Limit, stages.Process, str | None]] = {}

	def open(self) -> None:
		"""Makes the tables; temporary ones have no builder, and Frappe wants no open writes before a CREATE.

		They take no part in transactions: what is in them is of this run alone, and each chunk begins by emptying its own.
		Those of a chunk are read from one end to the other, so no index of their names is kept.
		"""
		self.close()
		text = "varchar(140) character set utf8mb4 collate utf8mb4_unicode_ci"
		for table, columns in {
			CHUNK: f"""name {text} not null, number int not null auto_increment primary key,
				alike char(32) character set ascii not null, lead {text}, created datetime(6), touched datetime(6),
				sales_stage {text}""",
			_MEANT: f"""alike char(32) character set ascii not null primary key, process {text} not null,
				stage {text} not null, word {text}, clock int not null, touch_resets tinyint not null,
				escalated_before datetime(6)""",
			_DATES: """clock int not null, day date not null, since datetime(6) not null,
				upto datetime(6) not null, due_at datetime(6), shift_by bigint, primary key (clock, day, since)""",
			_STATES: f"""name {text} not null, number int not null, process {text}, stage {text},
				entered datetime(6), clock int, due datetime(6), late {text}, said {text}""",
		}.items():
			frappe.db.sql(f"create temporary table {table._table_name} ({columns}) engine=Aria")

	def close(self) -> None:
		"""Drops the tables."""
		frappe.db.commit()  # nosemgrep
		for table in (CHUNK, _MEANT, _DATES, _STATES):
			frappe.db.sql_ddl(f"drop temporary table if exists {table._table_name}")

	def forget(self) -> None:
		"""Of another kind of document nothing is known yet."""
		frappe.qb.from_(_MEANT).delete().run()

	# A chunk ---------------------------------------------------------------------------------------------

	def fill(self, doctype: str, after: str, size: int) -> tuple[int, str] | None:
		"""The next documents that stand in no stage, locked, so that nobody moves them; how many, and the last name.

		None where there are none.
		"""
		subject = frappe.qb.DocType(doctype)
		frappe.qb.from_(CHUNK).delete().run()
		values = {
			"name": subject.name,
			"alike": _alike(doctype, subject),
			# What was written into the table by hand may have no times.
			"created": Coalesce(subject.creation, subject.modified, self.now),
			"touched": subject.sf_last_touch_on,
		}
		if doctype == "Opportunity":
			values["lead"] = Case().when(subject.opportunity_from == "Lead", subject.party_name)
			values["sales_stage"] = subject.sales_stage
		(
			frappe.qb.into(CHUNK)
			.columns(*values)
			.from_(subject)
			.select(*values.values())
			.where((IfNull(subject.sf_stage_passed, "") == "") & (subject.name > after))
			.orderby(subject.name)
			.limit(size)
			.for_update()
			.run()
		)
		count = frappe.db._cursor.rowcount
		last = (
			frappe.qb.from_(CHUNK).select(CHUNK.name).orderby(CHUNK.name, order=frappe.qb.desc).limit(1).run()
		)
		return (count, last[0][0]) if last else None

	def learn(self, doctype: str) -> list[str]:
		"""Has one document of each new kind asked; returns the documents that cannot be taken with others."""
		rows = (
			frappe.qb.from_(CHUNK)
			.left_join(_MEANT)
			.on(_MEANT.alike == CHUNK.alike)
			.select(CHUNK.alike, Min(CHUNK.name))
			.where(_MEANT.alike.isnull())
			.groupby(CHUNK.alike)
			.run()
		)
		if rows:
			told = self.meant(doctype, [name for _alike, name in rows])
			bulk.fill_table(
				_MEANT,
				("alike", "process", "stage", "word", "clock", "touch_resets", "escalated_before"),
				[self._row(alike, told.get(name) or Meant()) for alike, name in rows],
			)
		singly = (
			frappe.qb.from_(CHUNK)
			.join(_MEANT)
			.on(_MEANT.alike == CHUNK.alike)
			.select(CHUNK.name)
			.where(_MEANT.clock < 0)
			.run(pluck=True)
		)
		return [*singly, *(_from_leads() if doctype == "Opportunity" else ())]

	def _row(self, alike: str, meant: Meant) -> tuple:
		if meant.by_itself:
			return alike, "", "", None, -1, 0, None
		if not meant.stage:
			return alike, "", "", None, 0, 0, None
		clock = self._clock(meant) if meant.limit and meant.limit.amount else 0
		return (
			alike,
			meant.process.name,
			meant.stage,
			meant.word or None,
			clock,
			int(bool(meant.limit and meant.limit.touch_resets)),
			self._escalated_before(meant) if clock else None,
		)

	def _clock(self, meant: Meant) -> int:
		key = (meant.limit.amount, meant.limit.unit, meant.process.name, meant.company)
		number = self.clocks.setdefault(key, len(self.clocks) + 1)
		self.counted[number] = (meant.limit, meant.process, meant.company)
		return number

	def _escalated_before(self, meant: Meant) -> datetime | None:
		"""What was due before then, the manager hears of by now, whatever the clocks did; None: each one is asked."""
		calendar = working_calendar(meant.company)
		process, today = meant.process, datetime.combine(self.now, time(0))
		for days in range(_LOOKED_BACK):
			day = today - days * _DAY
			heard = worktime.add(day, process.escalate_amount, process.escalate_unit, calendar)
			if heard < self.now - _MARGIN:
				return day
		return None

	def leave_out(self, names: Iterable[str]) -> None:
		"""Takes documents out of the chunk."""
		names = list(names)
		if names:
			frappe.qb.from_(CHUNK).delete().where(CHUNK.name.isin(names)).run()

	def take(self, doctype: str) -> None:
		"""Writes the log and the stage of all documents that are in the chunk."""
		self._put_dates()
		self._fill_states()
		self._decide_late()
		self._write_log(doctype)
		self._write_states(doctype)

	def _put_dates(self) -> None:
		"""Has the engine count the deadlines of every day the chunk needs and no earlier chunk has needed."""
		day = Date(_begins())
		rows = (
			frappe.qb.from_(CHUNK)
			.join(_MEANT)
			.on(_MEANT.alike == CHUNK.alike)
			.left_join(_DATES)
			.on((_DATES.clock == _MEANT.clock) & (_DATES.day == day))
			.select(_MEANT.clock, day)
			.distinct()
			.where((_MEANT.clock > 0) & _DATES.clock.isnull())
			.run()
		)
		pieces = []
		for clock, start in sorted(rows):
			limit, _process, company = self.counted[clock]
			days = self._working_days(company)
			for piece in worktime.pieces(getdate(start), limit.amount, limit.unit, days.calendar, days):
				shift = None if piece.shift is None else round(piece.shift.total_seconds() * 1_000_000)
				pieces.append((clock, start, piece.since, piece.until, piece.due_at, shift))
		bulk.fill_table(_DATES, ("clock", "day", "since", "upto", "due_at", "shift_by"), pieces)

	def _working_days(self, company: str | None) -> worktime.WorkingDays:
		if company not in self.days:
			self.days[company] = worktime.WorkingDays(working_calendar(company))
		return self.days[company]

	def _fill_states(self) -> None:
		begins = _begins()
		due = Coalesce(_DATES.due_at, bulk.AddMicroseconds(begins, _DATES.shift_by))
		late = (
			Case()
			.when(due.isnull() | (due >= self.now), ageing.IN_TIME)
			.when(due < _MEANT.escalated_before, ageing.ESCALATED)
			.else_(_UNDECIDED)
		)
		values = {
			"name": CHUNK.name,
			"number": CHUNK.number,
			"process": _MEANT.process,
			"stage": _MEANT.stage,
			"entered": CHUNK.created,
			"clock": _MEANT.clock,
			"due": due,
			"late": late,
			"said": Coalesce(_MEANT.word, CHUNK.sales_stage),
		}
		frappe.qb.from_(_STATES).delete().run()
		(
			frappe.qb.into(_STATES)
			.columns(*values)
			.from_(CHUNK)
			.join(_MEANT)
			.on(_MEANT.alike == CHUNK.alike)
			.left_join(_DATES)
			.on(
				(_DATES.clock == _MEANT.clock)
				& (_DATES.day == Date(begins))
				& (_DATES.since < begins)
				& (_DATES.upto >= begins)
			)
			.select(*values.values())
			.where(_MEANT.stage != "")
			.run()
		)

	def _decide_late(self) -> None:
		"""Of the few that became late in the last days, each is asked whether the manager hears of it."""
		rows = (
			frappe.qb.from_(_STATES)
			.select(_STATES.name, _STATES.clock, _STATES.due)
			.where(_STATES.late == _UNDECIDED)
			.run()
		)
		names: dict[str, list[str]] = {}
		for name, clock, due in rows:
			_limit, process, company = self.counted[clock]
			late = ageing.standing(
				due, self.now, process.escalate_amount, process.escalate_unit, working_calendar(company)
			)
			names.setdefault(late, []).append(name)
		for late, some in names.items():
			frappe.qb.update(_STATES).set(_STATES.late, late).where(_STATES.name.isin(some)).run()

	def _write_log(self, doctype: str) -> None:
		"""One transition for each document, side by side in the table."""
		subject, now, user = frappe.qb.DocType(doctype), now_datetime(), frappe.session.user
		values = {
			"name": Concat(f"{frappe.generate_hash(length=10)}-", _Lpad(_STATES.number, 10, "0")),
			"creation": now,
			"modified": now,
			"owner": user,
			"modified_by": user,
			"docstatus": 0,
			"idx": 0,
			"reference_doctype": doctype,
			"reference_name": _STATES.name,
			"title": Coalesce(NullIf(subject.title, ""), subject.name),
			"sales_process": _STATES.process,
			"company": subject.company,
			"responsible": Coalesce(NullIf(subject[stage_limits.OWNERS[doctype]], ""), subject.owner),
			"grade": subject.sf_grade,
			"amount": _amount(subject) if doctype == "Opportunity" else 0,
			"to_stage": _STATES.stage,
			"direction": stages.ENTERED,
			"changed_on": _STATES.entered,
			"changed_by": subject.owner,
			"source": transitions.TAKEN_IN,
		}
		(
			frappe.qb.into(frappe.qb.DocType(transitions.DOCTYPE))
			.columns(*values)
			.from_(_STATES)
			.join(subject)
			.on(subject.name == _STATES.name)
			.select(*(value if isinstance(value, Term) else ValueWrapper(value) for value in values.values()))
			.orderby(_STATES.number)
			.run()
		)

	def _write_states(self, doctype: str) -> None:
		# Nothing but columns of the other table is written: MariaDB then updates as it reads, twice as fast.
		subject = frappe.qb.DocType(doctype)
		fields = {
			"sf_sales_process": "process",
			"sf_stage": "stage",
			"sf_stage_passed": "stage",
			"sf_stage_entered_on": "entered",
			"sf_stage_due": "due",
			"sf_stage_late": "late",
		}
		if doctype == "Opportunity":
			fields["sales_stage"] = "said"
		query = frappe.qb.update(subject).join(_STATES).on(_STATES.name == subject.name)
		for field, column in fields.items():
			query = query.set(subject[field], _STATES[column])
		query.run()


_Lpad = CustomFunction("LPAD", ["text", "length", "filling"])


def _alike(doctype: str, subject: Table) -> Term:
	"""A text that is the same for documents of which the same is meant."""
	fields = (*_ALWAYS_DECIDES, *_DECIDES[doctype])
	return Function("MD5", Function("CONCAT_WS", "\x1f", *(IfNull(subject[field], "") for field in fields)))


def _begins() -> Term:
	"""`ageing.begins` of a document of the chunk."""
	touched = (_MEANT.touch_resets == 1) & (CHUNK.touched > CHUNK.created)
	return Case().when(touched, CHUNK.touched).else_(CHUNK.created)


def _amount(opportunity: Table) -> Term:
	"""`grading.company_amount` of an opportunity."""
	amount = IfNull(opportunity.opportunity_amount, 0) * Coalesce(NullIf(opportunity.conversion_rate, 0), 1)
	return Coalesce(NullIf(opportunity.base_opportunity_amount, 0), amount)


def _from_leads() -> list[str]:
	"""The opportunities that go on from where their lead stands."""
	lead = frappe.qb.DocType("Lead")
	return (
		frappe.qb.from_(CHUNK)
		.join(lead)
		.on(lead.name == CHUNK.lead)
		.select(CHUNK.name)
		.where(IfNull(lead.sf_stage, "") != "")
		.run(pluck=True)
	)
