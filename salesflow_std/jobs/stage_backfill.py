"""Documents from before the stages are taken into their process, with the history that can be told (M1).

Where a document stands follows from its sales stage and its status; when it came there, from the versions Frappe has
kept of these two fields, else it stands there from its creation on. What is reconstructed is marked as Taken In.

Documents with a history, or with a lead whose stay is to be counted, are taken in one by one; all others by the
database, many in a statement (`stage_sets`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

import frappe
from frappe import _
from frappe.query_builder.functions import Count, IfNull, Min
from frappe.utils import get_datetime, getdate, now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.engine import ageing, stage_history
from salesflow_std.engine import stages as rules
from salesflow_std.jobs import stage_sets, watching
from salesflow_std.salesflow_std import bulk, grading, processes, stage_limits, transitions
from salesflow_std.salesflow_std.bulk import FLAG, NUMBER, TEXT, TIME
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

CHUNK = 2000
SETTINGS = "Salesflow Settings"
_REPORT_EVERY = 0.5  # seconds
_FAILED = "A document could not be taken into the stages"

# Leads first: an opportunity goes on from where its lead stands.
_DOCTYPES = ("Lead", "Opportunity")
_FIELDS = {
	"Lead": ("lead_owner", "disabled", "sf_invalid_reason", "sf_in_nurture"),
	"Opportunity": (
		"opportunity_owner",
		"sales_stage",
		"opportunity_type",
		"base_opportunity_amount",
		"opportunity_amount",
		"conversion_rate",
		"opportunity_from",
		"party_name",
	),
}
_COMMON = (
	"name",
	"owner",
	"creation",
	"modified",
	"title",
	"company",
	"status",
	"territory",
	"market_segment",
	"sf_grade",
	"sf_stage",
	"sf_last_touch_on",
	"sf_sales_process",
)
_LOG_COLUMNS = {
	"name": TEXT,
	"reference_doctype": TEXT,
	"reference_name": TEXT,
	"title": TEXT,
	"sales_process": TEXT,
	"company": TEXT,
	"responsible": TEXT,
	"grade": TEXT,
	"amount": NUMBER,
	"from_stage": TEXT,
	"to_stage": TEXT,
	"direction": TEXT,
	"changed_on": TIME,
	"changed_by": TEXT,
	"entered_on": TIME,
	"stay_hours": NUMBER,
	"stay_days": NUMBER,
	"was_late": FLAG,
	"is_bypass": FLAG,
	"came_from_doctype": TEXT,
	"came_from": TEXT,
	"source": TEXT,
}
_STATE_COLUMNS = {
	"sf_sales_process": TEXT,
	"sf_stage": TEXT,
	"sf_stage_passed": TEXT,
	"sf_stage_entered_on": TIME,
	"sf_stage_due": TIME,
	"sf_stage_late": TEXT,
}


def restart() -> None:
	"""Has documents taken in, where the job did not come to its end; after the install `jobs.take_in` comes first."""
	known = frappe.get_cached_doc(SETTINGS)
	if known.taken_in and not known.stages_taken_in and processes.all_of_them():
		frappe.enqueue(
			"salesflow_std.jobs.stage_backfill.run",
			queue="long",
			job_id="salesflow_std.stage_backfill",
			deduplicate=True,
		)


def run() -> int:
	"""Takes in all documents that stand in no stage yet; returns how many. Restartable after a kill; twice is once.

	From its end on a document without a stage is one that came past the gates (`jobs.stage_reconciling`).
	"""
	if frappe.db.get_single_value(SETTINGS, "stages_taken_in") or not processes.all_of_them():
		return 0
	# Locks the documents of a chunk and not the gaps between them, into which others write.
	frappe.db.commit()  # nosemgrep - the level counts from the next transaction on
	frappe.db.sql("set session transaction isolation level read committed")
	try:
		count = _Backfill().run()
	finally:
		frappe.db.sql("set session transaction isolation level repeatable read")
	frappe.db.set_single_value(SETTINGS, "stages_taken_in", 1, update_modified=False)
	frappe.db.commit()  # nosemgrep - the job's last word
	return count


@dataclass
class _Known:
	"""What a process says, in the form in which it is asked a hundred thousand times."""

	process: rules.Process
	stages: dict[str, list[str]] = field(init=False)
	meaning: dict[str, dict[str, dict[str, str]]] = field(init=False)

	def __post_init__(self) -> None:
		of = self.process
		self.stages = {doctype: [stage.name for stage in of.on(doctype)] for doctype in _DOCTYPES}
		own = {stage: stage for stage in self.stages["Opportunity"]}
		self.meaning = {
			doctype: {
				stage_history.SALES_STAGE: {
					row.sales_stage: row.stage for row in of.mappings if row.document_type == doctype
				}
				| (own if doctype == "Opportunity" else {}),
				stage_history.STATUS: {
					row.status: row.stage for row in of.mappings if row.document_type == doctype
				},
			}
			for doctype in _DOCTYPES
		}
		for meaning in self.meaning.values():
			for words in meaning.values():
				words.pop("", None)


class _Backfill:
	def __init__(self) -> None:
		self.now = now_datetime().replace(microsecond=0)
		self.done = self.total = 0
		self.reported = 0.0
		self.known = {name: _Known(process) for name, process in processes.all_of_them().items()}
		self.chosen: dict[tuple, str] = {}
		self.hours: dict[str, ageing.WorkedHours] = {}
		self.ends: dict[tuple[str, str, str], ageing.Ends] = {}
		self.sets = stage_sets.Sets(self.now, self._meant)

	def run(self) -> int:
		self.total = sum(_waiting(doctype) for doctype in _DOCTYPES)
		self.sets.open()
		for doctype in _DOCTYPES:
			self.sets.forget()
			after = ""
			while chunk := self.sets.fill(doctype, after, CHUNK):
				self._take_chunk(doctype)
				# A chunk is whole in itself: a killed run goes on behind it.
				frappe.db.commit()  # nosemgrep
				count, after = chunk
				self.done += count
				self._report()
		self.sets.close()
		self._report(ended=True)
		return self.done

	def _take_chunk(self, doctype: str) -> None:
		changes = _changes(doctype)
		singly = {*self.sets.learn(doctype), *changes}
		if singly:
			self._take(doctype, _read(doctype, sorted(singly)), changes)
			self.sets.leave_out(singly)
		self.sets.take(doctype)

	def _meant(self, doctype: str, names: list[str]) -> dict[str, stage_sets.Meant]:
		"""What holds of documents without a history, and so of all that are alike."""
		told = {}
		for row in _read(doctype, names):
			# One that cannot be read is looked at again by itself, where it stops none of the others.
			told[row.name] = stage_sets.Meant(by_itself=True)
			with watching.sparing(_FAILED, doctype, row.name):
				told[row.name] = self._meant_by(doctype, row)
		return told

	def _meant_by(self, doctype: str, row: frappe._dict) -> stage_sets.Meant:
		known = self._process_of(doctype, row)
		moves = known and _moves(doctype, row, known, ())
		if not moves:
			return stage_sets.Meant()
		process, stage = known.process, moves[-1].stage
		counted = stage_limits.is_counted(doctype, row)
		limit = stage_limits.limit_of(process.name, stage) if counted else None
		return stage_sets.Meant(
			process,
			stage,
			_word(process, row, stage),
			row.company,
			limit,
			by_itself=len(moves) > 1 or bool(limit and not stage_sets.can_be_counted(limit)),
		)

	def _report(self, ended: bool = False) -> None:
		"""A progress bar for whoever has the settings open: those are System Managers and sales managers."""
		if not self.total or not (ended or time.monotonic() - self.reported > _REPORT_EVERY):
			return
		self.reported = time.monotonic()
		frappe.publish_progress(
			100 if ended else min(99, 100 * self.done / self.total),
			title=_("Taking documents into the stages"),
			doctype=SETTINGS,
			docname=SETTINGS,
			description=_("{0} of {1} documents").format(self.done, self.total),
		)

	def _take(
		self, doctype: str, rows: list[frappe._dict], changes: dict[str, list[stage_history.Change]]
	) -> None:
		leads = _leads(rows) if doctype == "Opportunity" else {}
		log: list[tuple] = []
		states: list[tuple] = []
		words: list[tuple] = []
		for row in rows:
			try:
				told = self._tell(doctype, row, changes.get(row.name, ()), leads.get(row.party_name))
			except JobTimeoutException:
				raise
			except Exception:
				# One that cannot be read stays without a stage, and stops none of the others.
				frappe.log_error(
					title=_FAILED,
					reference_doctype=doctype,
					reference_name=row.name,
				)
				continue
			if told:
				of_log, state, word = told
				log += of_log
				states.append(state)
				words += word
		if words:
			bulk.update_rows(doctype, {"sales_stage": TEXT}, words)
		if log:
			bulk.insert_rows(transitions.DOCTYPE, _LOG_COLUMNS, log)
			bulk.update_rows(doctype, _STATE_COLUMNS, states)

	def _tell(
		self,
		doctype: str,
		row: frappe._dict,
		changes: Iterable[stage_history.Change],
		lead: frappe._dict | None,
	) -> tuple[list[tuple], tuple, list[tuple]] | None:
		"""Of one document the rows of the log, its state, and the sales stage it is to have; None without a process."""
		known = self._process_of(doctype, row)
		moves = known and _moves(doctype, row, known, changes)
		if not moves:
			return None
		last = moves[-1]
		word = _word(known.process, row, last.stage)
		return (
			list(self._log(doctype, row, known.process, moves, lead)),
			self._state(doctype, row, known.process, last),
			[(row.name, word)] if word else [],
		)

	def _process_of(self, doctype: str, row: frappe._dict) -> _Known | None:
		if row.sf_sales_process in self.known:
			return self.known[row.sf_sales_process]
		key = (row.company, row.territory, row.get("opportunity_type"), row.market_segment)
		if key not in self.chosen:
			found = processes.choose(row)
			self.chosen[key] = found.name if found else ""
		return self.known.get(self.chosen[key])

	def _log(
		self,
		doctype: str,
		row: frappe._dict,
		process: rules.Process,
		moves: list[stage_history.Move],
		lead: frappe._dict | None,
	) -> Iterable[tuple]:
		"""The transitions of a document in the order of `_LOG_COLUMNS`."""
		before, entered = "", None
		if lead and lead.sf_stage_entered_on and lead.sf_stage_entered_on <= moves[0].on:
			before, entered = lead.sf_stage, lead.sf_stage_entered_on
		owner = row.get(stage_limits.OWNERS[doctype]) or row.owner
		came_from = "Lead" if before else None
		for move in moves:
			hours = self._hours(row.company).between(entered, move.on) if entered else 0
			yield (
				frappe.generate_hash(length=10),
				doctype,
				row.name,
				row.title or row.name,
				process.name,
				row.company,
				owner,
				row.sf_grade,
				grading.company_amount(row),
				before or None,
				move.stage,
				rules.direction(process, before, move.stage),
				move.on,
				move.by,
				entered,
				round(hours, 2),
				round((move.on - entered).total_seconds() / 86400, 2) if entered else 0,
				0,
				0,
				came_from,
				row.party_name if came_from else None,
				transitions.TAKEN_IN,
			)
			before, entered, came_from = move.stage, move.on, None

	def _state(
		self, doctype: str, row: frappe._dict, process: rules.Process, last: stage_history.Move
	) -> tuple:
		due, late = None, ageing.IN_TIME
		if stage_limits.is_counted(doctype, row):
			calendar = working_calendar(row.company)
			due = self._ends(process, last.stage, row.company).of(last.on, row.sf_last_touch_on)
			# What stood too long before anybody counted is shown so, and told to nobody: it is no news.
			late = ageing.standing(due, self.now, process.escalate_amount, process.escalate_unit, calendar)
		return row.name, process.name, last.stage, last.stage, last.on, due, late

	def _first_day(self) -> date:
		"""The day of the oldest document; from then on working hours are asked for."""
		found = [first for first in map(_first_creation, _DOCTYPES) if first]
		return getdate(min(found, default=self.now))

	def _ends(self, process: rules.Process, stage: str, company: str | None) -> ageing.Ends:
		key = (process.name, stage, company or "")
		if key not in self.ends:
			limit = stage_limits.limit_of(process.name, stage)
			self.ends[key] = ageing.Ends(limit, working_calendar(company))
		return self.ends[key]

	def _hours(self, company: str | None) -> ageing.WorkedHours:
		key = company or ""
		if key not in self.hours:
			self.hours[key] = ageing.WorkedHours(
				working_calendar(company), self._first_day(), self.now.date()
			)
		return self.hours[key]


def _not_taken_in(table: frappe.qb.DocType) -> object:
	return IfNull(table.sf_stage_passed, "") == ""


def _first_creation(doctype: str) -> datetime | None:
	table = frappe.qb.DocType(doctype)
	return frappe.qb.from_(table).select(Min(table.creation)).run()[0][0]


def _waiting(doctype: str) -> int:
	table = frappe.qb.DocType(doctype)
	return frappe.qb.from_(table).select(Count("*")).where(_not_taken_in(table)).run()[0][0]


def _read(doctype: str, names: list[str]) -> list[frappe._dict]:
	"""Documents of a chunk, which are locked already."""
	table = frappe.qb.DocType(doctype)
	rows = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in (*_COMMON, *_FIELDS[doctype])))
		.where(bulk.Among(table.name, names))
		.orderby(table.name)
		.run(as_dict=True)
	)
	for row in rows:
		# What was written into the table by hand may have no times.
		row.creation = row.creation or row.modified or now_datetime()
		row.modified = row.modified or row.creation
	return rows


def _word(process: rules.Process, row: frappe._dict, stage: str) -> str:
	"""The sales stage to be written, "" where it stays: from now on the two are kept in step.

	What the status says weighs more than a default nobody changed.
	"""
	return stage if rules.by_sales_stage(process, row.get("sales_stage")) not in ("", stage) else ""


def _leads(rows: Iterable[frappe._dict]) -> dict[str, frappe._dict]:
	"""The leads behind opportunities, with the stage each stands in."""
	names = {row.party_name for row in rows if row.opportunity_from == "Lead" and row.party_name}
	if not names:
		return {}
	lead = frappe.qb.DocType("Lead")
	found = (
		frappe.qb.from_(lead)
		.select(lead.name, lead.sf_stage, lead.sf_stage_entered_on)
		.where(bulk.Among(lead.name, sorted(names)) & (IfNull(lead.sf_stage, "") != ""))
		.run(as_dict=True)
	)
	return {row.name: row for row in found}


def _changes(doctype: str) -> dict[str, list[stage_history.Change]]:
	"""What Frappe has kept of changes of the two fields, by document of the chunk."""
	version = frappe.qb.DocType("Version")
	told = (stage_history.SALES_STAGE, stage_history.STATUS)
	about = version.data.like(f'%"{told[0]}"%') | version.data.like(f'%"{told[1]}"%')
	rows = (
		frappe.qb.from_(stage_sets.CHUNK)
		.join(version)
		.on((version.ref_doctype == doctype) & (version.docname == stage_sets.CHUNK.name))
		.select(version.docname, version.creation, version.owner, version.data)
		.where(about)
		.orderby(version.creation, version.name)
		.run()
	)
	found: dict[str, list[stage_history.Change]] = {}
	for name, when, by, data in rows:
		for fieldname, old, new in _changed(data):
			if fieldname in told:
				change = stage_history.Change(get_datetime(when), by, fieldname, old or "", new or "")
				found.setdefault(name, []).append(change)
	return found


def _changed(data: str | None) -> Iterable[tuple[str, str, str]]:
	"""The changed fields of a version: (field, old, new); none of one that cannot be read."""
	try:
		rows = json.loads(data or "{}").get("changed") or ()
	except (ValueError, AttributeError):
		return ()
	return [tuple(row) for row in rows if isinstance(row, list) and len(row) == 3]


def _moves(
	doctype: str, row: frappe._dict, known: _Known, changes: Iterable[stage_history.Change]
) -> list[stage_history.Move]:
	now = {
		stage_history.STATUS: row.status or "",
		stage_history.SALES_STAGE: row.get("sales_stage") or "",
	}
	moves = stage_history.replay(
		row.creation,
		row.owner,
		max(row.modified, row.creation),
		now,
		changes,
		known.stages[doctype],
		known.meaning[doctype],
	)
	if moves and row.sf_stage in known.stages[doctype] and row.sf_stage != moves[-1].stage:
		# Somebody has said it in the field itself, before the app could tell.
		moves.append(stage_history.Move(max(row.modified, moves[-1].on), row.owner, row.sf_stage))
	return moves
