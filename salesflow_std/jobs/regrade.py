"""Re-grades all documents of a changed scoring model, in the background.

Documents with the same points get the same grade, so the engine grades every distinct set of points once
and the database carries the outcome to the documents. Deadlines come from the engine too, as a short table
of pieces (`worktime.pieces`). Which field follows from them is `grading.clocks` said once more, for many
documents; a site test holds the two equal.

Every transaction is whole in itself and changes only documents that are not yet as they should be. Killed in
the middle and started again, the job ends as if it had never stopped; run twice, the second run changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import frappe
from frappe.query_builder.functions import Date
from frappe.utils import getdate, now_datetime
from pypika import Case, Table
from pypika.functions import Coalesce, Concat, Count, IfNull
from pypika.terms import CustomFunction, NullValue, Term, ValueWrapper

from salesflow_std.engine import leads, scoring, worktime
from salesflow_std.jobs import follow_up_clock, opportunity_grading
from salesflow_std.salesflow_std import bulk
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	forget_calendars,
	progress_key,
	queue_regrade,
	request_regrade,
	request_switch,
	working_calendar,
)
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import (
	band_clocks,
	engine_model,
	forget,
	is_automatic,
)

CHUNK = 2000
# Documents whose grade moves are locked while their dates and their history are written.
MOVE_CHUNK = 1000
_TRIES = 5
_REPORT_EVERY = 0.3  # seconds; the form asks once a second

_POINTS = Table("sf_regrade_points")
_CHUNK = Table("sf_regrade_chunk")
_DATES = Table("sf_regrade_dates")

_Lpad = CustomFunction("LPAD", ["text", "length", "filling"])


def run(scoring_model: str, user: str | None = None) -> None:
	"""Re-grades until the documents agree with the model as it is saved now (L6, L9).

	`regrade_pending` counts what was asked for: a change of the model or of the calendar while the job runs
	raises it, and the job goes round once more.
	"""
	dates_known = json.loads(frappe.db.get_value("Scoring Model", scoring_model, "regraded_as") or "{}")
	while True:
		asked = frappe.db.get_value("Scoring Model", scoring_model, "regrade_pending")
		# From here on the dates may be of the old model or the new one, until all are done.
		_set(scoring_model, regraded_as=None)
		frappe.db.commit()  # nosemgrep - the same holds for whoever starts after a kill
		forget()
		forget_calendars()
		frappe.clear_document_cache("Scoring Model", scoring_model)
		doc = frappe.get_doc("Scoring Model", scoring_model)
		if doc.automatic:
			opportunity_grading.run(scoring_model)
		else:
			_Regrade(doc, user or frappe.session.user, dates_known).run()
			follow_up_clock.end_orphans(doc.applies_to)
		# Locked while it is compared, so that a request at the last moment is not taken for done.
		if frappe.db.get_value("Scoring Model", scoring_model, "regrade_pending", for_update=True) == asked:
			break
		dates_known = {}
		frappe.db.commit()  # nosemgrep - ends the lock before the next round
	clocks = {band.grade: band_clocks(band) for band in engine_model(scoring_model).bands}
	_set(scoring_model, regrade_pending=0, regraded_as=json.dumps(clocks, sort_keys=True))
	frappe.cache.delete_value(progress_key(scoring_model))
	frappe.db.commit()  # nosemgrep - the job's last word: from here on no restart is needed


def _set(scoring_model: str, **values: object) -> None:
	frappe.db.set_value("Scoring Model", scoring_model, values, update_modified=False)


def restart_pending() -> None:
	"""Puts re-grades on the queue whose worker was killed; those on the queue or running are left alone."""
	for model in frappe.get_all(
		"Scoring Model", filters={"regrade_pending": (">", 0)}, pluck="name", order_by="name"
	):
		queue_regrade(model)
	if frappe.db.get_single_value("Salesflow Settings", "switches"):
		request_switch()


def switch_models() -> None:
	"""Documents graded by a former default model follow to the new one, and are re-graded by it.

	Those that were scored by another model on purpose stay. The list of switches is emptied only when all
	is done, so a killed job is taken up again.
	"""
	settings = frappe.get_single("Salesflow Settings")
	switches = json.loads(settings.switches or "[]")
	for switch in switches:
		subject = frappe.qb.DocType(switch["doctype"])
		if switch["doctype"] == "Opportunity" and is_automatic(switch["new"]):
			opportunity_grading.run(switch["new"])
			continue

		def moved(subject: object = subject, switch: dict = switch) -> object:
			query = (
				frappe.qb.update(subject)
				.set(subject.sf_scoring_model, switch["new"])
				.where(subject.sf_scoring_model == switch["old"])
			)
			if switch["company"]:
				query = query.where(subject.company == switch["company"])
			elif switch["not_of"]:
				query = query.where(IfNull(subject.company, "").notin(switch["not_of"]))
			return query.limit(CHUNK)

		update_in_chunks(moved, CHUNK)
		if switch["doctype"] == "Opportunity":
			_ask_for_points(switch["new"])
		# Its documents have the dates of another model: all dates are counted anew.
		request_regrade(switch["new"], dates=True)
	left = json.loads(frappe.db.get_single_value("Salesflow Settings", "switches") or "[]")[len(switches) :]
	settings.db_set("switches", json.dumps(left) if left else None, update_modified=False)
	# The job's last word; the re-grades go on the queue with it.
	frappe.db.commit()  # nosemgrep


def _ask_for_points(scoring_model: str) -> None:
	"""Opportunities that graded themselves until now are scored by people: their grade asks for review."""
	opportunity = frappe.qb.DocType("Opportunity")
	update_in_chunks(
		lambda: (
			frappe.qb.update(opportunity)
			.set(opportunity.sf_grade_stale, 1)
			.where((opportunity.sf_scoring_model == scoring_model) & (opportunity.sf_grade_stale == 0))
			.limit(CHUNK)
		),
		CHUNK,
	)


def update_in_chunks(query: Callable[[], object], size: int) -> int:
	"""Runs an UPDATE with a limit of `size` until it finds nothing more, a commit after each; returns how many rows."""
	count = 0
	while True:
		query().run()
		changed = frappe.db._cursor.rowcount
		count += changed
		# The locks of a chunk go before the next one; a restart goes on where this stopped.
		frappe.db.commit()  # nosemgrep
		if changed < size:
			return count


class _Regrade:
	"""Re-grades the documents of one model.

	First those whose grade moves (or whose grade has new periods), with their dates and their history, then
	the scores of all. Every transaction takes the documents it is about to change by locks first; whoever
	saves one of them meanwhile waits for some milliseconds and never runs into a deadlock.
	"""

	def __init__(self, doc: frappe.model.document.Document, user: str, dates_known: dict) -> None:
		self.name = doc.name
		self.doctype = doc.applies_to
		self.subject = frappe.qb.DocType(doc.applies_to)
		self.model = engine_model(doc.name)
		self.user = user
		self.now = now_datetime()
		self.dates_known = dates_known
		self.days_known: set[tuple] = set()
		self.done = self.total = 0
		self.reported = 0.0

	def run(self) -> None:
		# Locks the documents it changes and not the gaps between them, into which others write.
		frappe.db.commit()  # nosemgrep - the level counts from the next transaction on
		frappe.db.sql("set session transaction isolation level read committed")
		try:
			self._run()
		finally:
			frappe.db.sql("set session transaction isolation level repeatable read")

	def _run(self) -> None:
		self._make_tables()
		rows = (
			frappe.qb.from_(self.subject)
			.select(self.subject.sf_points, IfNull(self.subject.sf_grade, ""), Count("*"))
			.where(self._of_model())
			.groupby(self.subject.sf_points, self.subject.sf_grade)
			.run()
		)
		self.total = sum(count for _points, _grade, count in rows)
		outcomes = scoring.regrade(self.model, {points or "" for points, _grade, _count in rows})
		bulk.fill_table(
			_POINTS,
			("points", "score", "ungradable"),
			[(points, outcome.score, int(bool(outcome.problem))) for points, outcome in outcomes.items()],
		)
		frappe.db.commit()  # nosemgrep - a chunk that is rolled back must not take this table's rows along
		self.any_ungradable = any(outcome.problem for outcome in outcomes.values())
		moves: dict[tuple[str, str], list[tuple[str, int]]] = {}
		for points, grade, count in rows:
			outcome = outcomes[points or ""]
			if outcome.grade and outcome.grade != grade:
				moves.setdefault((grade, outcome.grade), []).append((points, count))
		for (old, new), counted in sorted(moves.items()):
			for points, fits in _portions(counted):
				which = self.subject.sf_points.isin(points) & self._is_frozen().negate()
				self._move(old, new, which, at_once=fits)
		for band in self.model.bands:
			if self.dates_known.get(band.grade) != band_clocks(band):
				self._move(band.grade, band.grade, None)
		self._write_scores()
		self._ask_no_more(outcomes)
		self._drop_tables()

	def _of_model(self) -> frappe.query_builder.terms.Criterion:
		return self.subject.sf_scoring_model == self.name

	def _is_frozen(self) -> frappe.query_builder.terms.Criterion:
		until = self.subject.sf_grade_frozen_until
		return until.isnotnull() & (until >= getdate())

	def _report(self, count: int) -> None:
		self.done = min(self.done + count, self.total)
		if time.monotonic() - self.reported < _REPORT_EVERY:
			return
		self.reported = time.monotonic()
		state = {"done": self.done, "total": self.total}
		frappe.cache.set_value(progress_key(self.name), state, expires_in_sec=3600)

	# Tables of this connection: the documents of a chunk, and deadlines as the engine gives them -----------

	def _make_tables(self) -> None:
		# Temporary tables have no builder, and Frappe wants no open writes before a CREATE.
		frappe.db.commit()  # nosemgrep
		self._drop_tables()
		frappe.db.sql(
			"""create temporary table sf_regrade_points (
				points varchar(140) not null primary key, score decimal(21,9), ungradable tinyint not null
			) default character set utf8mb4 collate utf8mb4_unicode_ci"""
		)
		frappe.db.sql(
			"""create temporary table sf_regrade_chunk (
				name varchar(140) not null primary key, number int not null auto_increment unique,
				new_sf_review_due datetime(6), new_sf_grade_stale tinyint,
				new_sf_first_touch_due datetime(6), new_sf_first_touch_status varchar(140),
				new_sf_in_nurture tinyint
			) default character set utf8mb4 collate utf8mb4_unicode_ci"""
		)
		frappe.db.sql(
			"""create temporary table sf_regrade_dates (
				kind varchar(20) not null, company varchar(140) not null, grade varchar(20) not null,
				day date not null, since datetime(6) not null, upto datetime(6) not null,
				due_at datetime(6), shift_by bigint,
				primary key (kind, grade, day, company, since)
			) default character set utf8mb4 collate utf8mb4_unicode_ci"""
		)

	def _drop_tables(self) -> None:
		for table in ("sf_regrade_points", "sf_regrade_chunk", "sf_regrade_dates"):
			frappe.db.sql_ddl(f"drop temporary table if exists {table}")

	# Documents whose grade moves, or has new periods -------------------------------------------------------

	def _move(
		self,
		old: str,
		new: str,
		which: frappe.query_builder.terms.Criterion | None,
		at_once: bool = False,
	) -> None:
		"""Takes all documents of grade `old` that `which` selects to `new`, with the dates `new` has now.

		With `old` = `new` it is the dates alone. More than a chunk of them is walked through by name: what
		the database takes for equal (a grade renamed from "hot" to "Hot") must not come round again.
		"""
		band = self.model.band(new)
		criterion = self._of_model() & (IfNull(self.subject.sf_grade, "") == old)
		if which is not None:
			criterion = criterion & which
		after = None if at_once else ""
		while True:
			names = self._in_transaction(self._move_chunk, old, band, criterion, after)
			self._report(len(names) if old != new else 0)
			if at_once or len(names) < MOVE_CHUNK:
				return
			after = names[-1]

	def _in_transaction(self, step: Callable, *args: object) -> object:
		"""Runs a step as a transaction of its own; a restart finds it done, or not begun."""
		for attempt in range(1, _TRIES + 1):
			try:
				result = step(*args)
				frappe.db.commit()  # nosemgrep
				return result
			except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
				# Somebody else was at one of these documents. The roll-back took deadlines along that were
				# counted in this step; they are counted again.
				frappe.db.rollback()
				self.days_known.clear()
				frappe.qb.from_(_DATES).delete().run()
				if attempt == _TRIES:
					raise

	def _move_chunk(
		self, old: str, band: scoring.Band, criterion: frappe.query_builder.terms.Criterion, after: str | None
	) -> list[str]:
		starts = [start for _kind, _period, start in self._clocks_of(band)]
		query = (
			frappe.qb.from_(self.subject)
			.select(self.subject.name, self._company(), *(Date(start) for start in starts))
			.where(criterion)
		)
		if after is not None:
			# Only where it is needed: to go by name, the database reads documents by the thousand in vain.
			query = query.where(self.subject.name > after).orderby(self.subject.name).limit(MOVE_CHUNK)
		rows = query.for_update().run()
		if not rows:
			return []
		names = [row[0] for row in rows]
		self._put_dates(band, rows)
		frappe.qb.from_(_CHUNK).delete().run()
		self._fill_chunk(band, names)
		if old != band.grade:
			self._keep_history(old, band.grade)
		self._write_chunk(band)
		return names

	def _keep_history(self, old: str, new: str) -> None:
		"""L9: who, when, from, to, why, for every grade that moves."""
		subject = self.subject
		# Names in the order of the documents, so that the rows are written one behind the other.
		run = frappe.generate_hash(length=10)
		values = {
			"name": Concat(f"{run}-", _Lpad(_CHUNK.number, 10, "0")),
			"creation": self.now,
			"modified": self.now,
			"owner": self.user,
			"modified_by": self.user,
			"docstatus": 0,
			"reference_doctype": self.doctype,
			"reference_name": subject.name,
			"scoring_model": self.name,
			"source": "Re-graded",
			"points": subject.sf_points,
			"total": _POINTS.score,
			"grade": new,
			"previous_grade": old or None,
			"scored_by": self.user,
			"scored_on": self.now,
			"reason": "The scoring model was changed.",
		}
		(
			frappe.qb.into(frappe.qb.DocType("BNAU Score"))
			.columns(*values)
			.from_(_CHUNK)
			.join(subject)
			.on(subject.name == _CHUNK.name)
			.left_join(_POINTS)
			.on(_POINTS.points == IfNull(subject.sf_points, ""))
			.select(*(value if isinstance(value, Term) else ValueWrapper(value) for value in values.values()))
			.run()
		)

	def _put_dates(self, band: scoring.Band, documents: list[tuple]) -> None:
		"""Has the engine count the deadlines of every day the chunk needs and no earlier chunk has needed.

		`documents` are rows of name, company and the day each clock of the grade starts on.
		"""
		rows: list[tuple] = []
		for i, (kind, period, _start) in enumerate(self._clocks_of(band), start=2):
			needed = {(kind, band.grade, row[i], row[1]) for row in documents if period and row[i]}
			for key in needed - self.days_known:
				_kind, _grade, day, company = key
				calendar = working_calendar(company or None)
				for piece in worktime.pieces(getdate(day), period.amount, period.unit, calendar):
					shift = None if piece.shift is None else round(piece.shift.total_seconds() * 1_000_000)
					rows.append(
						(kind, company, band.grade, day, piece.since, piece.until, piece.due_at, shift)
					)
			self.days_known |= needed
		bulk.fill_table(
			_DATES, ("kind", "company", "grade", "day", "since", "upto", "due_at", "shift_by"), rows
		)

	def _clocks_of(self, band: scoring.Band) -> list[tuple]:
		"""The clocks of a grade: kind, period, and the field of the document they start from."""
		clocks = [("review", band.review_after, self.subject.sf_graded_on)]
		if self.doctype == "Lead":
			clocks += [
				("first_touch", band.first_touch, self.subject.sf_captured_on),
			]
		return clocks

	def _company(self) -> Term:
		return IfNull(self.subject.company, "") if self.doctype != "Customer" else ValueWrapper("")

	def _fill_chunk(self, band: scoring.Band, names: list[str]) -> None:
		"""What `grading.clocks` says, for the documents of a chunk (L3, L7, L8, L9)."""
		subject = self.subject
		query = frappe.qb.into(_CHUNK).from_(subject)
		due: dict[str, Term] = {}
		for kind, period, start in self._clocks_of(band):
			if not period:
				due[kind] = NullValue()
				continue
			piece = _DATES.as_(f"piece_{kind}")
			query = query.left_join(piece).on(
				(piece.kind == kind)
				& (piece.grade == band.grade)
				& (piece.day == Date(start))
				& (piece.company == self._company())
				& (piece.since < start)
				& (piece.upto >= start)
			)
			due[kind] = Coalesce(piece.due_at, bulk.AddMicroseconds(start, piece.shift_by))
		values: dict[str, Term] = {"name": subject.name}
		if self.doctype == "Lead":
			invalid = IfNull(subject.sf_invalid_reason, "") != ""
			due = {kind: Case().when(invalid, NullValue()).else_(value) for kind, value in due.items()}
			values.update(self._lead_dates(band, due, invalid))
		values["sf_review_due"] = due["review"]
		values["sf_grade_stale"] = Case().when(due["review"] < self.now, 1).else_(0)
		columns = [field if field == "name" else f"new_{field}" for field in values]
		query.columns(*columns).select(*values.values()).where(subject.name.isin(names)).run()

	def _lead_dates(self, band: scoring.Band, due: dict[str, Term], invalid: Term) -> dict[str, Term]:
		subject, first = self.subject, due["first_touch"]
		touched = subject.sf_first_touched_on
		decided = touched.isnotnull() & subject.sf_first_touch_due.isnotnull()  # met or missed stays so
		return {
			"sf_first_touch_due": Case().when(decided, subject.sf_first_touch_due).else_(first),
			"sf_first_touch_status": Case()
			.when(decided, subject.sf_first_touch_status)
			.when(first.isnull(), "")
			.when(touched.isnotnull() & (touched <= first), leads.MET)
			.when(touched.isnotnull(), leads.MISSED)
			.when(first >= self.now, leads.PENDING)
			.else_(leads.OVERDUE),
			"sf_in_nurture": Case()
			.when(invalid, 0)
			.when(subject.sf_ended_politely == 1, 1)
			.else_(int(band.nurture)),
		}

	def _write_chunk(self, band: scoring.Band) -> None:
		# Nothing but columns of the other table is written: MariaDB then updates as it reads, twice as fast.
		query = frappe.qb.update(self.subject).join(_CHUNK).on(_CHUNK.name == self.subject.name)
		fields = ["sf_review_due", "sf_grade_stale"]
		if self.doctype == "Lead":
			fields += ["sf_first_touch_due", "sf_first_touch_status", "sf_in_nurture"]
		for field in fields:
			query = query.set(self.subject[field], _CHUNK[f"new_{field}"])
		if self.doctype != "Customer":
			# A document without a next touch is planned at the next tick (F1); so the plan follows the grade.
			query = query.set(self.subject.sf_next_touch_on, NullValue())
		query.set(self.subject.sf_grade, band.grade).run()

	# Scores ------------------------------------------------------------------------------------------------

	def _write_scores(self) -> None:
		"""The score of every document by its points; where points are missing, a question for new ones."""
		after = ""
		while True:
			upto = (
				frappe.qb.from_(self.subject)
				.select(self.subject.name)
				.where(self._of_model() & (self.subject.name > after))
				.orderby(self.subject.name)
				.limit(1)
				.offset(CHUNK - 1)
				.run()
			)
			last = upto[0][0] if upto else None
			self._report(self._in_transaction(self._write_scores_chunk, after, last))
			if not last:
				return
			after = last

	def _write_scores_chunk(self, after: str, upto: str | None) -> int:
		subject = self.subject
		here = self._of_model() & (subject.name > after)
		if upto:
			here = here & (subject.name <= upto)

		def update() -> object:
			same_points = _POINTS.points == IfNull(subject.sf_points, "")
			return frappe.qb.update(subject).join(_POINTS).on(same_points).where(here)

		# As in `_write_chunk`: no column of the document itself on the right side.
		update().set(subject.sf_score, _POINTS.score).where(_POINTS.ungradable == 0).run()
		count = frappe.db._cursor.rowcount
		if self.any_ungradable:
			update().set(subject.sf_grade_stale, 1).where(_POINTS.ungradable == 1).run()
		return count

	def _ask_no_more(self, outcomes: dict[str, scoring.Regrade]) -> None:
		"""Takes back the question for new points where an earlier model lacked some and this one does not."""
		gradable = [points for points, outcome in outcomes.items() if not outcome.problem]
		subject = self.subject
		for i in range(0, len(gradable), CHUNK):
			self._in_transaction(
				update_in_chunks,
				lambda some=gradable[i : i + CHUNK]: (
					frappe.qb.update(subject)
					.set(subject.sf_grade_stale, 0)
					.where(self._of_model() & (subject.sf_grade_stale == 1))
					.where(subject.sf_review_due.isnull() | (subject.sf_review_due >= self.now))
					.where(IfNull(subject.sf_points, "").isin(some))
					.limit(CHUNK)
				),
				CHUNK,
			)


def _portions(counted: list[tuple[str, int]]) -> Iterator[tuple[list[str], bool]]:
	"""Sets of points in portions of about a chunk of documents each, and whether a chunk holds them all."""
	portion: list[str] = []
	size = 0
	for points, count in counted:
		if portion and size + count > MOVE_CHUNK:
			yield portion, size <= MOVE_CHUNK
			portion, size = [], 0
		portion.append(points)
		size += count
	if portion:
		yield portion, size <= MOVE_CHUNK
