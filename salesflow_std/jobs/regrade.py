"""Re-grades all documents of a changed scoring model, in the background.

Documents with the same points get the same grade, so the engine grades every distinct set of points once
and the database carries the outcome to the documents. Deadlines come from the engine too, as a short table
of pieces (`worktime.pieces`). No rule is written a second time in SQL.

A chunk is one transaction and changes only documents that are not yet as they should be. Killed in the
middle and started again, the job ends as if it had never stopped; run twice, the second run changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import frappe
from frappe.query_builder.functions import Date
from frappe.utils import getdate, now_datetime
from pypika import Case, Table
from pypika.functions import Coalesce, Concat, Count, IfNull
from pypika.terms import CustomFunction, Function, ValueWrapper

from salesflow_std.engine import scoring, worktime
from salesflow_std.jobs import opportunity_grading
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	progress_key,
	request_regrade,
	request_switch,
	working_calendar,
)
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import (
	band_clocks,
	engine_model,
	forget,
	rules_text,
)

CHUNK = 2000
_TRIES = 5

_POINTS = Table("sf_regrade_points")
_DATES = Table("sf_regrade_dates")

_Sha2 = CustomFunction("SHA2", ["text", "bits"])
_Left = CustomFunction("LEFT", ["text", "length"])


def run(scoring_model: str, user: str | None = None) -> None:
	"""Re-grades until the documents agree with the model as it is saved now (L6, L9)."""
	text = None
	while True:
		forget()
		frappe.clear_document_cache("Scoring Model", scoring_model)
		# Locked while it is compared, so that a model saved at the last moment is not taken for done.
		doc = frappe.get_doc("Scoring Model", scoring_model, for_update=True)
		if rules_text(doc) == text:
			break
		text = rules_text(doc)
		# Ends the lock: whoever wants to save the model meanwhile may.
		frappe.db.commit()  # nosemgrep
		if doc.automatic:
			opportunity_grading.run(scoring_model)
		else:
			_Regrade(doc, user or frappe.session.user).run()
	clocks = {band.grade: band_clocks(band) for band in engine_model(scoring_model).bands}
	frappe.db.set_value(
		"Scoring Model",
		scoring_model,
		{"regrade_pending": 0, "regraded_as": json.dumps(clocks, sort_keys=True)},
		update_modified=False,
	)
	frappe.cache.delete_value(progress_key(scoring_model))
	# The job's last word: from here on no restart is needed.
	frappe.db.commit()  # nosemgrep


def restart_pending() -> None:
	"""Puts re-grades on the queue whose worker was killed; those on the queue or running are left alone."""
	for model in frappe.get_all(
		"Scoring Model", filters={"regrade_pending": 1}, pluck="name", order_by="name"
	):
		request_regrade(model)
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
		# Its documents have the dates of another model: all dates are counted anew.
		frappe.db.set_value("Scoring Model", switch["new"], {"regrade_pending": 1, "regraded_as": None})
		request_regrade(switch["new"])
	left = json.loads(frappe.db.get_single_value("Salesflow Settings", "switches") or "[]")[len(switches) :]
	settings.db_set("switches", json.dumps(left) if left else None)
	# The job's last word; the re-grades go on the queue with it.
	frappe.db.commit()  # nosemgrep


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
	def __init__(self, doc: frappe.model.document.Document, user: str) -> None:
		self.name = doc.name
		self.doctype = doc.applies_to
		self.subject = frappe.qb.DocType(doc.applies_to)
		self.model = engine_model(doc.name)
		self.user = user
		self.now = now_datetime()
		self.with_dates = self.doctype == "Lead"
		before = json.loads(doc.regraded_as or "{}")
		self.moved_clocks = [b.grade for b in self.model.bands if before.get(b.grade) != band_clocks(b)]

	def run(self) -> None:
		self._make_tables()
		total = (frappe.qb.from_(self.subject).select(Count("*")).where(self._of_model()).run())[0][0]
		done = 0
		for after, upto, count in self._chunks():
			self._chunk(after, upto)
			done += count
			frappe.cache.set_value(
				progress_key(self.name), {"done": done, "total": total}, expires_in_sec=3600
			)
		self._drop_tables()

	def _of_model(self) -> frappe.query_builder.terms.Criterion:
		return self.subject.sf_scoring_model == self.name

	# The outcome of every set of points, and the deadlines, as tables of this connection ------------------

	def _make_tables(self) -> None:
		# Temporary tables have no builder, and Frappe wants no open writes before a CREATE.
		frappe.db.commit()  # nosemgrep
		self._drop_tables()
		frappe.db.sql(
			"""create temporary table sf_regrade_points (
				points varchar(140) not null primary key, score decimal(21,9), grade varchar(20),
				ungradable tinyint not null
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
		self._fill_points()
		self._fill_dates()

	def _drop_tables(self) -> None:
		for table in ("sf_regrade_points", "sf_regrade_dates"):
			frappe.db.sql_ddl(f"drop temporary table if exists {table}")

	def _fill_points(self) -> None:
		rows = (
			frappe.qb.from_(self.subject)
			.select(self.subject.sf_points)
			.distinct()
			.where(self._of_model())
			.run()
		)
		graded = scoring.regrade(self.model, {points or "" for (points,) in rows})
		_insert(
			_POINTS,
			("points", "score", "grade", "ungradable"),
			[(points, r.score, r.grade, int(r.problem is not None)) for points, r in graded.items()],
		)

	def _fill_dates(self) -> None:
		"""Deadlines of every day on which a lead was captured or graded, for every grade it may get."""
		kinds = [("review", "review_after", self.subject.sf_graded_on)]
		if self.with_dates:
			kinds += [
				("first_touch", "first_touch", self.subject.sf_captured_on),
				("light_touch", "light_touch", self.subject.sf_graded_on),
			]
		rows: list[tuple] = []
		days: dict[str, list] = {}
		for kind, period_name, start in kinds:
			periods = [
				(b.grade, period) for b in self.model.bands if (period := getattr(b, period_name)) is not None
			]
			if not periods:
				continue
			if start.name not in days:
				query = frappe.qb.from_(self.subject).select(Date(start), self._company()).distinct()
				days[start.name] = query.where(self._of_model() & start.isnotnull()).run()
			for day, company in days[start.name]:
				calendar = working_calendar(company or None)
				for grade, period in periods:
					for piece in worktime.pieces(getdate(day), period.amount, period.unit, calendar):
						shift = (
							None if piece.shift is None else round(piece.shift.total_seconds() * 1_000_000)
						)
						rows.append(
							(kind, company, grade, day, piece.since, piece.until, piece.due_at, shift)
						)
		_insert(_DATES, ("kind", "company", "grade", "day", "since", "upto", "due_at", "shift_by"), rows)

	def _company(self) -> frappe.query_builder.terms.Term:
		return IfNull(self.subject.company, "") if self.doctype != "Customer" else ValueWrapper("")

	# One chunk ---------------------------------------------------------------------------------------------

	def _chunks(self) -> Iterator[tuple[str, str, int]]:
		"""Ranges of names: after the first up to and including the second, and how many documents."""
		after = ""
		while True:
			rows = (
				frappe.qb.from_(self.subject)
				.select(self.subject.name)
				.where(self._of_model() & (self.subject.name > after))
				.orderby(self.subject.name)
				.limit(CHUNK)
				.run()
			)
			if not rows:
				return
			yield after, rows[-1][0], len(rows)
			after = rows[-1][0]

	def _chunk(self, after: str, upto: str) -> None:
		for attempt in range(1, _TRIES + 1):
			try:
				self._lock(after, upto)
				self._keep_history(after, upto)
				self._write_changed(after, upto)
				self._write_scores(after, upto)
				# A chunk is whole in itself: its locks go and a restart finds it done.
				frappe.db.commit()  # nosemgrep
				return
			except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
				# Somebody was saving one of these documents.
				frappe.db.rollback()
				if attempt == _TRIES:
					raise

	def _lock(self, after: str, upto: str) -> None:
		"""Locks the rows of a chunk before anything else.

		The history would lock them for reading and the update then want more: with somebody waiting to save
		one of them in between, that is a deadlock, and theirs would be the save that fails.
		"""
		(
			frappe.qb.from_(self.subject)
			.select(self.subject.name)
			.where(self._in_range(after, upto))
			.orderby(self.subject.name)
			.for_update()
			.run()
		)

	def _in_range(self, after: str, upto: str) -> frappe.query_builder.terms.Criterion:
		return self._of_model() & (self.subject.name > after) & (self.subject.name <= upto)

	def _is_frozen(self) -> frappe.query_builder.terms.Criterion:
		until = self.subject.sf_grade_frozen_until
		return until.isnotnull() & (until >= getdate())

	def _same_points(self) -> frappe.query_builder.terms.Criterion:
		return _POINTS.points == IfNull(self.subject.sf_points, "")

	def _grade_moves(self) -> frappe.query_builder.terms.Criterion:
		return (
			(_POINTS.ungradable == 0)
			& self._is_frozen().negate()
			& (_POINTS.grade != IfNull(self.subject.sf_grade, ""))
		)

	def _keep_history(self, after: str, upto: str) -> None:
		"""L9: who, when, from, to, why, for every grade that moves."""
		score, subject = frappe.qb.DocType("BNAU Score"), self.subject
		run = f"{self.name}|{self.now.isoformat()}"
		values = {
			"name": _Left(_Sha2(Concat(subject.name, f"|{run}"), 256), 20),
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
			"grade": _POINTS.grade,
			"previous_grade": subject.sf_grade,
			"scored_by": self.user,
			"scored_on": self.now,
			"reason": "The scoring model was changed.",
		}
		columns = [
			value if isinstance(value, Function) or hasattr(value, "table") else ValueWrapper(value)
			for value in values.values()
		]
		(
			frappe.qb.into(score)
			.columns(*values)
			.from_(subject)
			.join(_POINTS)
			.on(self._same_points())
			.select(*columns)
			.where(self._in_range(after, upto) & self._grade_moves())
			.run()
		)

	def _write_changed(self, after: str, upto: str) -> None:
		"""Score, grade and dates of documents whose grade moves, or whose grade has new periods."""
		subject = self.subject
		grade = (
			Case().when(self._is_frozen() | (_POINTS.ungradable == 1), subject.sf_grade).else_(_POINTS.grade)
		)
		query = frappe.qb.update(subject).join(_POINTS).on(self._same_points())
		review, query = self._join_dates(query, "review", subject.sf_graded_on, grade)
		invalid = (IfNull(subject.sf_invalid_reason, "") != "") if self.with_dates else None
		review_due = Case().when(invalid, None).else_(review) if self.with_dates else review
		if self.with_dates:
			due, query = self._join_dates(query, "first_touch", subject.sf_captured_on, grade)
			light, query = self._join_dates(query, "light_touch", subject.sf_graded_on, grade)
			query = self._set_lead_dates(query, grade, due, light, invalid)
		condition = self._grade_moves()
		if self.moved_clocks:
			condition = condition | (subject.sf_grade.isin(self.moved_clocks))
		(
			query.set(subject.sf_review_due, review_due)
			.set(subject.sf_grade_stale, Case().when(review_due < self.now, 1).else_(_POINTS.ungradable))
			.set(subject.sf_score, Coalesce(_POINTS.score, subject.sf_score))
			.set(subject.sf_grade, grade)
			.where(self._in_range(after, upto) & condition)
			.run()
		)

	def _join_dates(self, query: object, kind: str, start: object, grade: object) -> tuple:
		"""Joins the piece a document's start lies in; returns the deadline and the query."""
		piece = _DATES.as_(f"piece_{kind}")
		query = query.left_join(piece).on(
			(piece.kind == kind)
			& (piece.grade == grade)
			& (piece.day == Date(start))
			& (piece.company == self._company())
			& (piece.since < start)
			& (piece.upto >= start)
		)
		return Coalesce(piece.due_at, _AddMicroseconds(start, piece.shift_by)), query

	def _set_lead_dates(
		self, query: object, grade: object, due: object, light: object, invalid: object
	) -> object:
		"""The same as `grading.clocks`, for many leads: L3, L7, L8."""
		subject = self.subject
		touched = subject.sf_first_touched_on
		decided = touched.isnotnull() & subject.sf_first_touch_due.isnotnull()
		due = Case().when(invalid, None).else_(due)
		nurture = [b.grade for b in self.model.bands if b.nurture] or [""]
		in_nurture = Case().when(invalid, 0).when(grade.isin(nurture), 1).else_(0)
		status = (
			Case()
			.when(decided, subject.sf_first_touch_status)
			.when(due.isnull(), "")
			.when(touched.isnotnull() & (touched <= due), "Met")
			.when(touched.isnotnull(), "Missed")
			.when(due >= self.now, "Not Yet")
			.else_("Overdue")
		)
		following = Case().when(in_nurture == 1, light).when(touched.isnotnull(), None).else_(due)
		return (
			query.set(subject.sf_first_touch_status, status)
			.set(subject.sf_next_touch_on, following)
			.set(subject.sf_in_nurture, in_nurture)
			.set(subject.sf_first_touch_due, Case().when(decided, subject.sf_first_touch_due).else_(due))
		)

	def _write_scores(self, after: str, upto: str) -> None:
		"""The documents whose grade stays: their score, and the question for new points where some are missing."""
		subject = self.subject
		(
			frappe.qb.update(subject)
			.join(_POINTS)
			.on(self._same_points())
			.set(subject.sf_score, Coalesce(_POINTS.score, subject.sf_score))
			.set(
				subject.sf_grade_stale, Case().when(_POINTS.ungradable == 1, 1).else_(subject.sf_grade_stale)
			)
			.where(
				self._in_range(after, upto)
				& (
					(_POINTS.score != subject.sf_score)
					| ((_POINTS.ungradable == 1) & (subject.sf_grade_stale == 0))
				)
			)
			.run()
		)


class _AddMicroseconds(Function):
	"""``start + INTERVAL n MICROSECOND``."""

	def __init__(self, start: object, microseconds: object) -> None:
		super().__init__("DATE_ADD", start, microseconds)

	def get_function_sql(self, **kwargs: object) -> str:
		start, microseconds = (self.get_arg_sql(arg, **kwargs) for arg in self.args)
		return f"DATE_ADD({start}, INTERVAL {microseconds} MICROSECOND)"


def _insert(table: Table, columns: tuple[str, ...], rows: list[tuple]) -> None:
	for i in range(0, len(rows), CHUNK):
		frappe.qb.into(table).columns(*columns).insert(*rows[i : i + CHUNK]).run()
