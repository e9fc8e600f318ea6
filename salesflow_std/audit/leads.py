"""The leads of an export, row by row: L1, L2, L3, L5-L7 and L9, and the keys for duplicates and funnel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from salesflow_std.engine import leads, scoring, worktime
from salesflow_std.engine.scoring import PointsError

from . import columns, index
from .dates import read_dates, short
from .findings import Findings
from .numbers import NumberError, parse_number
from .reader import Table
from .rules import Deadlines
from .tally import Days, Names, count_status
from .texts import Texts

ENTRY_WITHIN = timedelta(hours=24)  # L2

FROM_POINTS, AS_EXPORTED, NOT_GRADED = "points", "exported", "none"
UNKNOWN = "Unknown"

# What a status says of the lead's way through the funnel, and whether it still waits in a queue.
_STATES = {
	"Opportunity": index.HAD_OPPORTUNITY,
	"Quotation": index.HAD_OPPORTUNITY,
	"Lost Quotation": index.HAD_OPPORTUNITY | index.LOST,
	"Converted": index.HAD_OPPORTUNITY | index.WON,
	"Do Not Contact": index.LOST,
}
MOVED_ON = frozenset(_STATES)


@dataclass
class Group:
	"""The leads of one rep or one source."""

	leads: int = 0
	grades: Counter[str] = field(default_factory=Counter)
	overdue: int = 0
	late: int = 0
	without_source: int = 0


@dataclass
class LeadResult:
	"""What the leads of an export add up to."""

	total: int = 0
	first_day: datetime | None = None
	last_day: datetime | None = None
	grades: Counter[tuple[str, str]] = field(default_factory=Counter)  # (where the grade is from, grade)
	not_graded: Counter[str] = field(default_factory=Counter)  # why
	first_touch: Counter[tuple[str, str]] = field(default_factory=Counter)  # (grade, status)
	entry_known: int = 0
	late_entries: int = 0
	entry_delay: Days = field(default_factory=Days)  # in hours, of late ones
	missing_source: int = 0
	missing_source_moved_on: int = 0
	invalid: Counter[str] = field(default_factory=Counter)
	test_numbers: int = 0
	duplicates: Counter[int] = field(default_factory=Counter)
	duplicate_leads: int = 0
	stale_known: int = 0
	stale: Counter[str] = field(default_factory=Counter)
	after_as_of: int = 0
	unknown_statuses: Counter[str] = field(default_factory=Counter)
	reps: list[Group] = field(default_factory=list)
	sources: list[Group] = field(default_factory=list)
	rep_names: Names = field(default_factory=Names)
	source_names: Names = field(default_factory=Names)


def looks_made_up(phone: str) -> bool:
	"""`leads.is_test_number` (L3), asked only where the last digits leave it possible.

	A made-up number repeats or counts, so its last three digits take the same step twice. That spares the
	engine nineteen numbers in twenty.
	"""
	end = phone[-3:]
	# Behind an x or # stands an extension, and the number's own last digits are elsewhere.
	if len(end) == 3 and phone.isascii() and end.isdigit() and "x" not in phone.lower() and "#" not in phone:
		step = (ord(end[2]) - ord(end[1])) % 10
		if step not in (0, 1, 9) or (ord(end[1]) - ord(end[0])) % 10 != step:
			return False
	return leads.is_test_number(phone)


class LeadAudit:
	"""Goes over a table of leads once. `run` returns the result; findings stream to `findings`."""

	def __init__(
		self,
		table: Table,
		model: scoring.Model,
		calendar: worktime.Calendar,
		as_of: datetime,
		findings: Findings,
		store: index.Index,
		t: Texts,
	) -> None:
		self.table = table
		self.model = model
		self.as_of = as_of
		self.findings = findings
		self.store = store
		self.t = t
		self.result = LeadResult()
		self.codes = [d.code for d in model.dimensions if table.has(columns.POINTS + d.code)]
		self.has_grades = bool(self.codes) or table.has("sf_grade")
		self._deadlines = {b.grade: Deadlines(b.first_touch, calendar) for b in model.bands if b.first_touch}
		self._reviews = {b.grade: Deadlines(b.review_after, calendar) for b in model.bands if b.review_after}
		self._graded: dict[tuple[str, ...], tuple[str | None, str, str]] = {}
		self._grade_names = {text: b.grade for b in model.bands for text in (b.grade, b.grade.upper())}

	def run(self, progress: Callable[[int], None] | None = None) -> LeadResult:
		"""Reads every row."""
		t, table, result, store, add = self.t, self.table, self.result, self.store, self.findings.add
		as_of = self.as_of
		document = columns.LEAD
		at = table.at
		p_name, p_lead_name, p_company, p_email = (
			at("name"),
			at("lead_name"),
			at("company_name"),
			at("email_id"),
		)
		p_phone, p_mobile, p_source, p_status = at("phone"), at("mobile_no"), at("source"), at("status")
		p_lead_owner, p_owner, p_invalid = at("lead_owner"), at("owner"), at("sf_invalid_reason")
		p_grade = at("sf_grade")
		p_points = [at(columns.POINTS + code) for code in self.codes]
		has_source, has_touch = table.has("source"), table.has("sf_first_touched_on")
		has_capture, has_creation = table.has("sf_captured_on"), table.has("creation")
		has_rep = table.has("lead_owner") or table.has("owner")
		grade_names, graded = self._grade_names, self._graded
		can_be_late = has_capture and has_creation
		p_dates = [(name, at(name), column.parse) for name, column in table.dates.items()]
		values = table.mapping.values_of(document)
		translated = [
			(at(name), map_) for name, map_ in values.items() if name != "status" and table.has(name)
		]
		statuses = columns.statuses(document)
		known_statuses: dict[str, str] = {}
		rep_number, source_number = result.rep_names.number, result.source_names.number
		reps, sources = result.reps, result.sources
		first_touch_status = leads.first_touch_status
		email_key, phone_key, company_key = leads.email_key, leads.phone_key, leads.company_key

		def broken(line: int, template: str, **params: object) -> None:
			add("broken_row", document, line, "", t(template, **params))

		for line, row in table.rows(broken, progress):
			result.total += 1
			for position, map_ in translated:
				row[position] = map_.get(columns.plain(row[position]), row[position])
			name = (
				row[p_name].strip(' "')
				or row[p_lead_name].strip()
				or row[p_company].strip()
				or row[p_email].strip()
			)

			dates = read_dates(
				row,
				p_dates,
				lambda field_name, text, line=line, name=name: add(
					"bad_date", document, line, name, f"{table.label(field_name)}: {text[:60]}"
				),
			)
			creation, captured = dates.get("creation"), dates.get("sf_captured_on")
			entered = captured or creation

			raw_status = row[p_status]
			status = known_statuses.get(raw_status)
			if status is None:
				status = self._status(raw_status, statuses, values.get("status", {}), line, name)
				if len(known_statuses) < 1000:
					known_statuses[raw_status] = status
			if status == UNKNOWN:
				count_status(result.unknown_statuses, raw_status.strip()[:60])
			invalid = row[p_invalid].strip()
			in_queue = not invalid and status not in MOVED_ON

			rep_n = rep_number(row[p_lead_owner].strip() or row[p_owner].strip()) if has_rep else -1
			source = row[p_source].strip()
			source_n = source_number(source) if has_source else -1
			if rep_n >= len(reps):
				reps.append(Group())
			if source_n >= len(sources):
				sources.append(Group())
			groups = (
				(reps[rep_n], sources[source_n]) if rep_n >= 0 <= source_n
				else (reps[rep_n],) if rep_n >= 0
				else (sources[source_n],) if source_n >= 0
				else ()
			)  # fmt: skip

			# L1, L2: where it came from and how fast it was entered
			no_source = late = overdue = False
			if has_source and not source and not invalid:
				no_source = True
				result.missing_source += 1
				detail = ""
				if status in MOVED_ON and status != "Do Not Contact":
					result.missing_source_moved_on += 1
					detail = t("and yet its status is {status}", status=t(status))
				add("missing_source", document, line, name, detail)
			if entered is not None:
				if result.first_day is None or entered < result.first_day:
					result.first_day = entered
				if result.last_day is None or entered > result.last_day:
					result.last_day = entered
				if entered > as_of:
					result.after_as_of += 1
				if can_be_late and captured is not None and creation is not None:
					result.entry_known += 1
					if leads.is_late_entry(captured, creation, ENTRY_WITHIN):
						late = True
						hours = (creation - captured).total_seconds() // 3600
						result.entry_delay.add(int(hours))
						result.late_entries += 1
						add("late_entry", document, line, name, t(
							"captured {captured}, entered {entered}: {hours} hours later",
							captured=short(captured), entered=short(creation), hours=int(hours),
						))  # fmt: skip

			# L5, L6: the grade
			grade, origin, reason = None, NOT_GRADED, ""
			points = tuple([row[p].strip() for p in p_points])
			if p_points:
				grade, reason, problem = graded.get(points) or self._grade(points)
				if problem:
					add("bad_points", document, line, name, problem)
			exported = grade_names.get(row[p_grade]) or grade_names.get(row[p_grade].strip().upper())
			if grade is not None:
				origin = FROM_POINTS
				if exported is not None and exported != grade:
					add("grade_differs", document, line, name, t(
						"the export says {exported}, the points give {grade}", exported=exported, grade=grade
					))  # fmt: skip
			elif exported is not None:
				grade, origin = exported, AS_EXPORTED
			elif not invalid:
				reason = reason or t("no points and no grade in this row")
				result.not_graded[reason] += 1
				if self.has_grades:
					add("not_graded", document, line, name, reason)
			if invalid:
				result.invalid[invalid[:80] if len(result.invalid) < 100 else "…"] += 1
			else:
				result.grades[origin, grade or ""] += 1

			# L7: first touch
			if not invalid and grade is not None:
				deadline = self._deadlines.get(grade)
				due = deadline.due(entered) if deadline is not None and entered is not None else None
				touched = dates.get("sf_first_touched_on")
				if due is None:
					touch = "nurture" if deadline is None else "no time"
				else:
					touch = first_touch_status(due, touched, as_of)
					if touch == leads.OVERDUE:
						if not in_queue:
							touch = "moved on"
						elif not has_touch:
							touch = "unknown"
							add(
								"first_touch_unknown",
								document,
								line,
								name,
								self._touch_detail(grade, entered, due),
							)
						else:
							overdue = True
							add(
								"first_touch_overdue",
								document,
								line,
								name,
								self._touch_detail(grade, entered, due),
							)
					elif touch == leads.MISSED:
						add("first_touch_missed", document, line, name, t(
							"grade {grade}, due {due}, touched {touched}",
							grade=grade, due=short(due), touched=short(touched),
						))  # fmt: skip
				result.first_touch[grade, touch] += 1

			# L9: is the grade still believed
			graded_on = dates.get("sf_graded_on")
			if grade is not None and in_queue and graded_on is not None:
				result.stale_known += 1
				review = self._reviews.get(grade)
				if review is not None and review.due(graded_on) < as_of:
					result.stale[grade] += 1
					add("stale_grade", document, line, name, t(
						"graded {grade} on {when}, review was due {due}",
						grade=grade, when=short(graded_on), due=short(review.due(graded_on)),
					))  # fmt: skip

			# L3: made-up numbers, and the keys by which duplicates are found
			if not invalid:
				phones = set()
				made_up = ""
				for phone in (row[p_phone], row[p_mobile]):
					if phone:
						if looks_made_up(phone):
							made_up = phone
						elif key := phone_key(phone):
							phones.add(key)
				if made_up:
					result.test_numbers += 1
					add("test_number", document, line, name, made_up.strip()[:60])
				for key in phones:
					store.add_key(index.PHONE, key, line)
				if email := email_key(row[p_email]):
					store.add_key(index.EMAIL, email, line)
				if (company := row[p_company]) and (key := company_key(company)):
					store.add_key(index.COMPANY, key, line)

			month = entered.year * 12 + entered.month - 1 if entered is not None else -1
			store.add_lead(line, name, month, source_n, rep_n, _STATES.get(status, 0))
			for group in groups:
				group.leads += 1
				group.grades[grade or ""] += not invalid
				group.overdue += overdue
				group.late += late
				group.without_source += no_source

		self._duplicates()
		return result

	def _status(self, raw: str, known: dict[str, str], values: dict[str, str], line: int, name: str) -> str:
		text = columns.plain(raw)
		if not text:
			return ""
		text = columns.plain(values.get(text, text))
		if text in known:
			return known[text]
		if raw.strip()[:60] not in self.result.unknown_statuses and len(self.result.unknown_statuses) < 50:
			self.findings.add("unknown_status", columns.LEAD, line, name, raw.strip()[:60])
		return UNKNOWN

	def _grade(self, cells: tuple[str, ...]) -> tuple[str | None, str, str]:
		"""Grade, reason why there is none, and what is wrong with the points; remembered per set of cells."""
		points: dict[str, float] = {}
		problem = ""
		for code, cell in zip(self.codes, cells, strict=True):
			try:
				number = parse_number(cell)
			except NumberError:
				problem = self.t(
					"{code} has {points} points: 1 to 5 are possible.", code=code, points=cell[:20]
				)
				continue
			# ERPNext writes 0 into a number field that nobody filled in.
			if number is not None and number != 0:
				points[code] = number
		grade, reason = None, problem
		if not problem:
			try:
				grade = scoring.grade(self.model, points).grade
			except PointsError as error:
				reason = self.t(error.template, **error.params)
				problem = reason if error.field != "points" else ""
		found = (grade, reason, problem)
		if len(self._graded) < 10_000:
			self._graded[cells] = found
		return found

	def _touch_detail(self, grade: str, entered: datetime, due: datetime) -> str:
		return self.t(
			"grade {grade}, captured {captured}, due {due}",
			grade=grade,
			captured=short(entered),
			due=short(due),
		)

	def _duplicates(self) -> None:
		t, add, counts = self.t, self.findings.add, self.result.duplicates
		last = 0
		for found in self.store.duplicates():
			counts[found.kind] += 1
			if found.kind != index.COMPANY and found.line != last:
				last = found.line
				self.result.duplicate_leads += 1
			add(index.KINDS[found.kind], columns.LEAD, found.line, found.name, t(
				"as in line {line} ({name}); {count} leads share it",
				line=found.first_line, name=found.first_name, count=found.together,
			))  # fmt: skip
