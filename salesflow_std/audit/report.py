"""The report: what the results mean, section by section, and the HTML page made of it.

`build` turns results into plain data (`Report`), which the page's template and the terminal summary both
show; neither computes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import jinja2

from salesflow_std import __version__
from salesflow_std.engine import leads as lead_rules
from salesflow_std.engine import scoring
from salesflow_std.engine.worktime import unit_of

from . import columns, index
from .dates import short
from .findings import KINDS, Findings
from .leads import AS_EXPORTED, FROM_POINTS, NOT_GRADED, LeadResult
from .opportunities import CLOSED, LOST, OPEN, WON, OpportunityResult
from .reader import Table
from .texts import Texts

MONTHS_SHOWN = 24
NAMES_SHOWN = 20

# An open opportunity older than that is worth a word at the top; F2 calls over 90 days far away.
OLD_DAYS = 90

# A band's colour as the desk names it -> the report's tone (a CSS class).
_TONES = {
	"red": "red", "green": "green", "orange": "amber", "yellow": "amber", "amber": "amber", "blue": "blue",
	"purple": "violet", "pink": "violet", "cyan": "blue", "gray": "gray", "grey": "gray", "darkgrey": "gray",
}  # fmt: skip


@dataclass
class Bar:
	"""One bar: `share` of the chart's longest or of its whole, `text` beside it."""

	label: str
	value: int
	share: float
	text: str = ""
	tone: str = "blue"


@dataclass
class Chart:
	"""Bars under a title."""

	title: str
	bars: list[Bar]


@dataclass
class Stack:
	"""One line of a stacked chart: (tone, value, label) parts, in per cent of `whole`."""

	label: str
	parts: list[tuple[str, int, str]]
	whole: int
	text: str = ""


@dataclass
class StackChart:
	"""Stacked bars under a title, with a legend of (tone, label)."""

	title: str
	legend: list[tuple[str, str]]
	stacks: list[Stack]


@dataclass
class Grid:
	"""A table; the first column is text, the others are numbers."""

	title: str
	headers: list[str]
	rows: list[list[str]]
	note: str = ""


@dataclass
class Examples:
	"""The first findings of one kind, and how many there are."""

	title: str
	count: int
	rows: list[tuple[int, str, str]]


@dataclass
class Section:
	"""One rule's part of the report. `cannot` says why nothing can be told; then there is nothing else."""

	key: str
	title: str
	rule: str
	rule_text: str
	verdict: str = ""
	tone: str = "ok"
	cannot: str = ""
	charts: list[Chart] = field(default_factory=list)
	stacks: list[StackChart] = field(default_factory=list)
	grids: list[Grid] = field(default_factory=list)
	examples: list[Examples] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)


@dataclass
class Tile:
	"""A number at the top."""

	label: str
	value: str
	text: str = ""
	tone: str = "plain"
	target: str = ""


@dataclass
class Report:
	"""Everything the page shows."""

	title: str
	facts: list[tuple[str, str]]
	top: list[str]
	untold: str
	tiles: list[Tile]
	sections: list[Section]
	findings: int
	version: str = __version__


@dataclass
class Inputs:
	"""What the report is made from; a part is None when its file was not given."""

	as_of: datetime
	lead_model: scoring.Model
	opportunity_model: scoring.Model
	lead_table: Table | None = None
	leads: LeadResult | None = None
	opportunity_table: Table | None = None
	opportunities: OpportunityResult | None = None
	by_month: dict[int, index.Funnel] = field(default_factory=dict)
	by_source: dict[int, index.Funnel] = field(default_factory=dict)
	by_rep: dict[int, index.Funnel] = field(default_factory=dict)


def number(value: float) -> str:
	"""12345 -> "12,345"."""
	return f"{value:,}"


def percent(part: float, whole: float) -> str:
	"""A share in words: "12 %", "0.4 %", "–" of nothing."""
	if not whole:
		return "–"
	share = 100 * part / whole
	if 0 < share < 1 or 99 < share < 100:
		return f"{share:.1f} %" if 0.05 <= share < 99.95 else ("< 0.1 %" if share < 1 else "> 99.9 %")
	return f"{share:.0f} %"


def tone_of(model: scoring.Model, grade: str) -> str:
	"""The tone of a grade, by its band's colour."""
	band = model.band(grade)
	return _TONES.get(band.colour, "blue") if band else "none"


def _bars(items: Iterable[tuple[str, int, str]], whole: int | None = None) -> list[Bar]:
	items = list(items)
	longest = max((value for _, value, _ in items), default=0)
	total = whole if whole is not None else sum(value for _, value, _ in items)
	return [
		Bar(label, value, 100 * value / longest if longest else 0, percent(value, total), tone)
		for label, value, tone in items
	]


def _month(number_: int, t: Texts) -> str:
	if number_ < 0:
		return t("no date")
	year, month = divmod(number_, 12)
	return f"{year}-{month + 1:02}"


class Builder:
	"""Builds the report's sections from `Inputs`; `findings` gives counts and examples."""

	def __init__(self, inputs: Inputs, findings: Findings, t: Texts) -> None:
		self.inputs = inputs
		self.findings = findings
		self.t = t
		self.concerns: list[tuple[float, str]] = []

	def build(self) -> Report:
		"""The whole report."""
		t, inputs = self.t, self.inputs
		sections: list[Section] = []
		if inputs.leads is not None:
			sections += [
				self.first_touch(), self.grades(), self.late_entries(), self.sources_missing(), self.cleaning(),
				self.stale(), self.lead_funnel(), self.lead_reps(), self.lead_sources(),
			]  # fmt: skip
		if inputs.opportunities is not None:
			sections += [
				self.opportunity_grades(), self.closing(), self.ageing(), self.opportunity_months(), self.opportunity_reps(),
			]  # fmt: skip
		sections.append(self.file_notes())
		self.concerns.sort(key=lambda item: -item[0])
		top = [text for _, text in self.concerns[:3]]
		cannot = sum(bool(section.cannot) for section in sections)
		untold = ""
		if cannot:
			untold = t(
				"{count} of {all} parts cannot be told from this export; they say which columns are missing.",
				count=cannot,
				all=len(sections),
			)
		return Report(
			t("What the sales standard says"),
			self.facts(),
			top,
			untold,
			self.tiles(),
			sections,
			self.findings.total,
		)

	# What the reader looks at first --------------------------------------------------------------------

	def facts(self) -> list[tuple[str, str]]:
		"""Where the numbers come from."""
		t, inputs = self.t, self.inputs
		facts = [(t("As of"), short(inputs.as_of))]
		for label, table, model in (
			(t("Leads"), inputs.lead_table, inputs.lead_model),
			(t("Opportunities"), inputs.opportunity_table, inputs.opportunity_model),
		):
			if table is not None:
				facts.append((label, t(
					"{file}: {rows} rows, {encoding}, graded by “{model}”",
					file=table.path.name, rows=number(table.rows_read), encoding=table.encoding.upper().removesuffix("-SIG"), model=t(model.name),
				)))  # fmt: skip
		if inputs.leads and inputs.leads.first_day and inputs.leads.last_day:
			facts.append(
				(
					t("Leads from"),
					f"{short(inputs.leads.first_day)[:10]} – {short(inputs.leads.last_day)[:10]}",
				)
			)
		return facts

	def tiles(self) -> list[Tile]:
		"""The numbers at the top."""
		t, counts, tiles = self.t, self.findings.counts, []

		def tile(label: str, value: int, text: str, tone: str, target: str) -> None:
			tiles.append(Tile(label, number(value), text, tone if value else "ok", target))

		if (leads := self.inputs.leads) is not None:
			table = self.inputs.lead_table
			grades = Counter()
			for (_origin, grade), count in leads.grades.items():
				grades[grade] += count
			shown = " · ".join(f"{b.grade} {number(grades[b.grade])}" for b in self.inputs.lead_model.bands)
			tiles.append(Tile(t("Leads"), number(leads.total), shown, "plain", "grades"))
			if table.has("sf_first_touched_on"):
				tile(
					t("First touch overdue"),
					counts["first_touch_overdue"],
					t("past their deadline"),
					"bad",
					"first-touch",
				)
			elif counts["first_touch_unknown"]:
				tile(
					t("No touch recorded"),
					counts["first_touch_unknown"],
					t("deadline passed"),
					"warn",
					"first-touch",
				)
			if leads.entry_known:
				tile(
					t("Entered late"),
					leads.late_entries,
					percent(leads.late_entries, leads.entry_known),
					"warn",
					"late",
				)
			if table.has("source"):
				tile(
					t("No source"),
					leads.missing_source,
					percent(leads.missing_source, leads.total),
					"warn",
					"sources-missing",
				)
			tile(t("Duplicates"), leads.duplicate_leads, t("by e-mail or phone"), "warn", "cleaning")
		if (opps := self.inputs.opportunities) is not None:
			grades = " · ".join(
				f"{b.grade} {number(opps.grades[b.grade])}" for b in self.inputs.opportunity_model.bands
			)
			text = grades if opps.grades else t("of {count}", count=number(opps.total))
			tiles.append(
				Tile(
					t("Open opportunities"), number(opps.outcomes[OPEN]), text, "plain", "opportunity-grades"
				)
			)
			if opps.closing_known:
				tile(
					t("Closing overdue"),
					opps.overdue,
					percent(opps.overdue, opps.outcomes[OPEN]),
					"bad",
					"closing",
				)
			elif opps.outcomes[WON] + opps.outcomes[LOST]:
				decided = opps.outcomes[WON] + opps.outcomes[LOST]
				tiles.append(
					Tile(
						t("Won"),
						percent(opps.outcomes[WON], decided),
						t("of those decided"),
						"ok",
						"opportunity-months",
					)
				)
		return tiles

	def concern(self, weight: float, count: int, whole: int, text: str) -> None:
		"""Something for the paragraph at the top; what touches more of the records comes first."""
		if count and whole:
			self.concerns.append((weight * (0.05 + count / whole), text))

	def listed(self, *kinds: str) -> list[Examples]:
		"""The examples of some kinds of finding."""
		return [
			Examples(self.t(KINDS[kind][1]), self.findings.counts[kind], [
				(e.line, e.name, e.detail) for e in self.findings.examples.get(kind, ())
			])
			for kind in kinds if self.findings.counts[kind]
		]  # fmt: skip

	def missing(self, table: Table, *names: str) -> str:
		"""Why a rule cannot be told: the columns that are not in the export."""
		labels = [self.t(columns.FIELDS[table.document][n][0]) for n in names if not table.has(n)]
		return self.t("Cannot be told: the export has no column {columns}.", columns=", ".join(labels))

	# Leads ---------------------------------------------------------------------------------------------

	def first_touch(self) -> Section:
		"""L7: who waits for the first touch past the deadline."""
		t, leads, model = self.t, self.inputs.leads, self.inputs.lead_model
		section = Section(
			"first-touch", t("First touch"), "L7",
			t("Every lead is touched within the time its grade allows, counted from capture: {periods}.",
			  periods=self._periods()),
		)  # fmt: skip
		table = self.inputs.lead_table
		counts = leads.first_touch
		by_status: Counter[str] = Counter()
		for (_grade, status), count in counts.items():
			by_status[status] += count
		with_deadline = sum(by_status[s] for s in (
			lead_rules.PENDING, lead_rules.OVERDUE, lead_rules.MET, lead_rules.MISSED, "unknown", "moved on"
		))  # fmt: skip
		if not with_deadline:
			if not self._any_grade():
				section.cannot = t("Cannot be told: without a grade there is no deadline.")
			elif not (table.has("creation") or table.has("sf_captured_on")):
				section.cannot = self.missing(table, "sf_captured_on", "creation")
			else:
				section.verdict = t("No lead has a deadline for its first touch.")
			return section
		overdue, missed, unknown = (
			by_status[lead_rules.OVERDUE],
			by_status[lead_rules.MISSED],
			by_status["unknown"],
		)
		if table.has("sf_first_touched_on"):
			section.tone = "bad" if overdue else "ok"
			best = max(model.bands, key=lambda b: float("-inf") if b.low is None else b.low).grade
			urgent = counts[best, lead_rules.OVERDUE]
			section.verdict = t(
				"{overdue} of {whole} leads with a deadline are past it and still untouched; touched too late: {missed}.",
				overdue=number(overdue), whole=number(with_deadline), missed=number(missed),
			)  # fmt: skip
			self.concern(5, overdue + urgent, with_deadline, t(
				"{overdue} leads ({share} of those with a deadline) are overdue for their first touch, {urgent} of them graded {best}",
				overdue=number(overdue), share=percent(overdue, with_deadline), urgent=number(urgent), best=best,
			))  # fmt: skip
			self.concern(1.5, missed, with_deadline, t(
				"{missed} leads were touched for the first time after their deadline", missed=number(missed)
			))  # fmt: skip
		else:
			section.tone = "warn" if unknown else "ok"
			section.verdict = t(
				"Overdue cannot be told: the export has no column for the first touch. For {unknown} of {whole} leads the deadline has passed and no touch is recorded in this export.",
				unknown=number(unknown), whole=number(with_deadline),
			)  # fmt: skip
			self.concern(1.5, unknown, with_deadline, t(
				"for {unknown} leads the deadline of the first touch has passed, but the export does not say whether they were touched",
				unknown=number(unknown),
			))  # fmt: skip
		names = {
			lead_rules.OVERDUE: ("red", t("overdue")), "unknown": ("amber", t("deadline passed, touch unknown")),
			lead_rules.MISSED: ("amber", t("touched late")), lead_rules.MET: ("green", t("touched in time")),
			lead_rules.PENDING: ("blue", t("still in time")), "moved on": ("gray", t("moved on, no touch recorded")),
		}  # fmt: skip
		used = [s for s in names if by_status[s]]
		stacks = []
		for band in model.bands:
			whole = sum(counts[band.grade, s] for s in used)
			if whole:
				parts = [(names[s][0], counts[band.grade, s], names[s][1]) for s in used]
				stacks.append(Stack(band.grade, parts, whole, number(whole)))
		section.stacks.append(StackChart(t("By grade"), [names[s] for s in used], stacks))
		if nurture := by_status["nurture"]:
			section.notes.append(
				t(
					"In the nurture pool, without such a deadline (L8): {count}.",
					count=number(nurture),
				)
			)
		if by_status["no time"]:
			section.notes.append(
				t(
					"Without a time of capture or entry, so without a deadline: {count}.",
					count=number(by_status["no time"]),
				)
			)
		if by_status["moved on"]:
			section.notes.append(t(
				"Without a recorded touch, but moved on (opportunity, quotation, converted, do not contact) and not counted as overdue: {count}.",
				count=number(by_status["moved on"]),
			))  # fmt: skip
		if not table.has("sf_captured_on"):
			section.notes.append(t("The export has no capture time: deadlines count from entry."))
		section.examples = self.listed("first_touch_overdue", "first_touch_unknown", "first_touch_missed")
		return section

	def _periods(self) -> str:
		t = self.t
		parts = []
		for band in self.inputs.lead_model.bands:
			if band.first_touch:
				parts.append(
					t("{grade} within {period}", grade=band.grade, period=self._period(band.first_touch))
				)
			elif band.nurture:
				parts.append(t("{grade} nurture pool", grade=band.grade))
		return t("; ").join(parts)

	def _period(self, period: scoring.Period) -> str:
		unit = unit_of(period.unit)
		# One week, but two weeks: English has a singular, and Chinese the same text for both.
		text = self.t(unit[:-1] if period.amount == 1 else unit)
		return f"{period.amount:g} {text.lower()}"

	def _any_grade(self) -> bool:
		return any(grade for _origin, grade in self.inputs.leads.grades)

	def grades(self) -> Section:
		"""L5, L6: grades, where they are from, and why some are missing."""
		t, leads, model = self.t, self.inputs.leads, self.inputs.lead_model
		valid = sum(leads.grades.values())
		graded = sum(count for (origin, _), count in leads.grades.items() if origin != NOT_GRADED)
		section = Section("grades", t("Grades"), "L5, L6", t(
			"A lead gets 1 to 5 points in each of {dimensions}; the weighted total gives the grade: {bands}. Without all points there is no grade.",
			dimensions=", ".join(t(d.label) for d in model.dimensions), bands=self._bands(model),
		))  # fmt: skip
		if not graded:
			table = self.inputs.lead_table
			have = [d for d in model.dimensions if table.has(columns.POINTS + d.code)]
			lacking = [t(d.label) for d in model.dimensions if d not in have]
			if not have and not table.has("sf_grade"):
				section.cannot = t(
					"Not graded: the export has neither points ({columns}) nor a grade.",
					columns=", ".join(lacking),
				)
				return section
		section.verdict = t(
			"{graded} of {valid} leads have a grade.", graded=number(graded), valid=number(valid)
		)
		total: Counter[str] = Counter()
		for (_origin, grade), count in leads.grades.items():
			total[grade] += count
		items = [(b.grade, total[b.grade], tone_of(model, b.grade)) for b in model.bands]
		if total[""]:
			items.append((t("not graded"), total[""], "none"))
		section.charts.append(Chart(t("Leads by grade"), _bars(items)))
		from_points = sum(c for (origin, _), c in leads.grades.items() if origin == FROM_POINTS)
		exported = sum(c for (origin, _), c in leads.grades.items() if origin == AS_EXPORTED)
		if exported:
			section.notes.append(t(
				"Grades from points: {points}; shown as exported, without points to check them by: {exported}.",
				points=number(from_points), exported=number(exported),
			))  # fmt: skip
		if leads.not_graded:
			reasons = [[reason, number(count)] for reason, count in leads.not_graded.most_common(8)]
			section.grids.append(Grid(t("Why not graded"), [t("reason"), t("leads")], reasons))
			self.concern(0.8, total[""], valid, t(
				"{count} leads ({share}) cannot be graded because points are missing",
				count=number(total[""]), share=percent(total[""], valid),
			))  # fmt: skip
		section.tone = "warn" if total[""] or self.findings.counts["grade_differs"] else "ok"
		section.examples = self.listed("grade_differs", "bad_points", "not_graded")
		return section

	def _bands(self, model: scoring.Model) -> str:
		t, parts = self.t, []
		for band in model.bands:
			if band.high is None:
				parts.append(f"{band.grade} ≥ {band.low or 0:g}")
			elif not band.low:
				parts.append(f"{band.grade} < {band.high:g}")
			else:
				parts.append(f"{band.grade} {band.low:g} … < {band.high:g}")
		return t("; ").join(parts)

	def late_entries(self) -> Section:
		"""L2: entered more than 24 hours after capture."""
		t, leads, table = self.t, self.inputs.leads, self.inputs.lead_table
		section = Section(
			"late", t("Late entries"), "L2", t("A lead is entered within 24 hours of its capture.")
		)
		if not (table.has("sf_captured_on") and table.has("creation")):
			section.cannot = self.missing(table, "sf_captured_on", "creation")
			return section
		late, known = leads.late_entries, leads.entry_known
		section.tone = "warn" if late else "ok"
		section.verdict = t(
			"{late} of {known} leads ({share}) were entered later than that.",
			late=number(late), known=number(known), share=percent(late, known),
		)  # fmt: skip
		buckets: Counter[int] = Counter()
		for hours, count in leads.entry_delay.counts.items():
			buckets[0 if hours < 72 else 1 if hours < 168 else 2] += count
		section.charts.append(Chart(t("From capture to entry"), _bars([
			(t("within 24 hours"), known - late, "green"), (t("1 to 3 days"), buckets[0], "amber"),
			(t("3 to 7 days"), buckets[1], "amber"), (t("over 7 days"), buckets[2], "red"),
		])))  # fmt: skip
		if late:
			section.notes.append(
				t(
					"Half of the late ones took {hours} hours or more.",
					hours=number(leads.entry_delay.quantile(0.5) or 0),
				)
			)
		self.concern(2, late, known, t(
			"{late} leads ({share}) were entered more than 24 hours after capture", late=number(late), share=percent(late, known)
		))  # fmt: skip
		section.examples = self.listed("late_entry")
		return section

	def sources_missing(self) -> Section:
		"""L1: leads without a source."""
		t, leads, table = self.t, self.inputs.leads, self.inputs.lead_table
		section = Section(
			"sources-missing", t("Missing sources"), "L1",
			t("A lead carries its source channel; without one it cannot leave the first stage."),
		)  # fmt: skip
		if not table.has("source"):
			section.cannot = self.missing(table, "source")
			return section
		count, whole = leads.missing_source, sum(leads.grades.values())
		section.tone = "warn" if count else "ok"
		section.verdict = t(
			"{count} of {whole} leads ({share}) have no source; moved on all the same: {moved}.",
			count=number(count), whole=number(whole), share=percent(count, whole), moved=number(leads.missing_source_moved_on),
		)  # fmt: skip
		section.charts.append(Chart(t("Source"), _bars([
			(t("known"), whole - count, "green"), (t("missing"), count, "amber")
		])))  # fmt: skip
		self.concern(2, count, whole, t(
			"{count} leads ({share}) have no source, so nobody can tell which channel pays",
			count=number(count), share=percent(count, whole),
		))  # fmt: skip
		section.examples = self.listed("missing_source")
		return section

	def cleaning(self) -> Section:
		"""L3: made-up numbers and duplicates."""
		t, leads, table = self.t, self.inputs.leads, self.inputs.lead_table
		section = Section("cleaning", t("Duplicates and invalid leads"), "L3", t(
			"Test numbers and duplicates are marked invalid with a reason and leave every queue."
		))  # fmt: skip
		whole = sum(leads.grades.values())
		duplicates = leads.duplicates
		section.tone = "warn" if leads.duplicate_leads or leads.test_numbers else "ok"
		section.verdict = t(
			"Leads that repeat the e-mail or phone of an earlier one: {duplicates}; with a phone number that looks made up: {tests}; already marked invalid: {invalid}.",
			duplicates=number(leads.duplicate_leads), tests=number(leads.test_numbers),
			invalid=number(leads.invalid.total()),
		)  # fmt: skip
		checks = [
			(t("same e-mail"), duplicates[index.EMAIL], "amber", ("email_id",)),
			(t("same phone"), duplicates[index.PHONE], "amber", ("phone", "mobile_no")),
			(t("same company"), duplicates[index.COMPANY], "blue", ("company_name",)),
			(t("phone looks made up"), leads.test_numbers, "red", ("phone", "mobile_no")),
		]
		possible = [
			(label, n, tone) for label, n, tone, names in checks if any(table.has(name) for name in names)
		]
		if possible:
			section.charts.append(
				Chart(t("Leads beyond the first of their kind, and made-up numbers"), _bars(possible, whole))
			)
		for label, _n, _tone, names in checks[:3]:
			if not any(table.has(name) for name in names):
				section.notes.append(t("{check}: {reason}", check=label, reason=self.missing(table, *names)))
		if leads.invalid:
			rows = [[reason, number(count)] for reason, count in leads.invalid.most_common(10)]
			section.grids.append(Grid(t("Marked invalid"), [t("reason"), t("leads")], rows))
		if duplicates[index.COMPANY]:
			section.notes.append(t("The same company may rightly have several leads; look before you merge."))
		self.concern(2.5, leads.duplicate_leads, whole, t(
			"{count} leads ({share}) are duplicates by e-mail or phone",
			count=number(leads.duplicate_leads), share=percent(leads.duplicate_leads, whole),
		))  # fmt: skip
		self.concern(1.5, leads.test_numbers, whole, t(
			"{count} leads have a phone number that looks made up", count=number(leads.test_numbers)
		))  # fmt: skip
		section.examples = self.listed("same_email", "same_phone", "same_company", "test_number")
		return section

	def stale(self) -> Section:
		"""L9: grades older than their review interval."""
		t, leads, table, model = self.t, self.inputs.leads, self.inputs.lead_table, self.inputs.lead_model
		section = Section("stale", t("Grades due for review"), "L9", t(
			"A grade is reviewed regularly ({periods}); one whose facts are older is stale.",
			periods=t("; ").join(
				t("{grade} every {period}", grade=b.grade, period=self._period(b.review_after))
				for b in model.bands if b.review_after
			),
		))  # fmt: skip
		if not table.has("sf_graded_on"):
			section.cannot = self.missing(table, "sf_graded_on")
			return section
		if not any(b.review_after for b in model.bands):
			section.cannot = t("The scoring model sets no review interval.")
			return section
		count, known = leads.stale.total(), leads.stale_known
		section.tone = "warn" if count else "ok"
		section.verdict = t(
			"{count} of {known} dated grades of leads in the queues ({share}) are due for review.",
			count=number(count), known=number(known), share=percent(count, known),
		)  # fmt: skip
		section.charts.append(Chart(t("Stale, by grade"), _bars(
			[(b.grade, leads.stale[b.grade], tone_of(model, b.grade)) for b in model.bands if b.review_after], known
		)))  # fmt: skip
		self.concern(1, count, known, t(
			"{count} grades ({share}) are older than their review interval", count=number(count), share=percent(count, known)
		))  # fmt: skip
		section.examples = self.listed("stale_grade")
		return section

	def lead_funnel(self) -> Section:
		"""M3: the cohort funnel."""
		t, table = self.t, self.inputs.lead_table
		section = Section("funnel", t("Sales funnel by month of entry"), "M3", t(
			"The funnel follows the leads of each month: every lead counts once, lost ones included."
		))  # fmt: skip
		months = self.inputs.by_month
		if not any(month >= 0 for month in months):
			section.cannot = self.missing(table, "sf_captured_on", "creation")
			return section
		if not table.has("status") and self.inputs.opportunities is None:
			section.cannot = self.missing(table, "status")
			return section
		whole = index.Funnel()
		for funnel in months.values():
			whole.leads += funnel.leads
			whole.with_opportunity += funnel.with_opportunity
			whole.won += funnel.won
			whole.lost += funnel.lost
		section.verdict = t(
			"Of {leads} leads {opportunity} ({opportunity_share}) had an opportunity, {won} ({won_share}) were won and {lost} lost.",
			leads=number(whole.leads), opportunity=number(whole.with_opportunity),
			opportunity_share=percent(whole.with_opportunity, whole.leads), won=number(whole.won),
			won_share=percent(whole.won, whole.leads), lost=number(whole.lost),
		)  # fmt: skip
		section.tone = "plain"
		section.charts.append(Chart(t("All months"), [
			Bar(t("leads"), whole.leads, 100, "", "gray"),
			Bar(t("with opportunity"), whole.with_opportunity, _share(whole.with_opportunity, whole.leads), percent(whole.with_opportunity, whole.leads), "blue"),
			Bar(t("won"), whole.won, _share(whole.won, whole.leads), percent(whole.won, whole.leads), "green"),
		]))  # fmt: skip
		shown = sorted(month for month in months if month >= 0)
		stacks = []
		for month in shown[-MONTHS_SHOWN:]:
			f = months[month]
			others = f.leads - f.won - f.lost - f.running
			stacks.append(Stack(_month(month, t), [
				("green", f.won, t("won")), ("blue", f.running, t("opportunity running")), ("red", f.lost, t("lost")),
				("none", others, t("no opportunity yet")),
			], f.leads, t("{leads} leads, {share} won", leads=number(f.leads), share=percent(f.won, f.leads))))  # fmt: skip
		section.stacks.append(StackChart(t("By month of entry"), [
			("green", t("won")), ("blue", t("opportunity running")), ("red", t("lost")), ("none", t("no opportunity yet")),
		], stacks))  # fmt: skip
		if len(shown) > MONTHS_SHOWN:
			section.notes.append(
				t("Only the last {count} of {all} months are drawn.", count=MONTHS_SHOWN, all=len(shown))
			)
		if -1 in months:
			section.notes.append(
				t("Without a date, and so without a month: {count}.", count=number(months[-1].leads))
			)
		if self.inputs.opportunities is not None and self.inputs.opportunities.joined:
			section.notes.append(
				t(
					"A lead had an opportunity when one in the second export names it, or when its status says so; it is won when one of them is."
				)
			)
		else:
			section.notes.append(
				t("By the status of the lead alone: no export of opportunities that names leads was given.")
			)
		return section

	def lead_reps(self) -> Section:
		"""M3: leads by rep."""
		t, table = self.t, self.inputs.lead_table
		section = Section(
			"lead-reps", t("Leads by rep"), "M3", t("The funnel breaks down by rep."), tone="plain"
		)
		if not self.inputs.leads.reps:
			section.cannot = self.missing(table, "lead_owner")
			return section
		self._lead_groups(
			section,
			self.inputs.leads.reps,
			self.inputs.leads.rep_names.names,
			self.inputs.by_rep,
			t("rep"),
			t("(nobody)"),
		)
		return section

	def lead_sources(self) -> Section:
		"""M3: leads by source."""
		t, table = self.t, self.inputs.lead_table
		section = Section(
			"lead-sources", t("Leads by source"), "M3", t("The funnel breaks down by source."), tone="plain"
		)
		if not self.inputs.leads.sources:
			section.cannot = self.missing(table, "source")
			return section
		self._lead_groups(
			section,
			self.inputs.leads.sources,
			self.inputs.leads.source_names.names,
			self.inputs.by_source,
			t("source"),
			t("(no source)"),
		)
		return section

	def _lead_groups(
		self,
		section: Section,
		groups: Sequence,
		names: Sequence[str],
		funnels: dict[int, index.Funnel],
		head: str,
		nobody: str,
	) -> None:
		t, model = self.t, self.inputs.lead_model
		order = sorted(range(len(groups)), key=lambda i: (-groups[i].leads, names[i]))
		first = order[:NAMES_SHOWN]
		section.verdict = t("{count} in all; the largest has {share} of the leads.", count=number(len(groups)), share=percent(
			groups[order[0]].leads, sum(g.leads for g in groups)
		))  # fmt: skip
		legend = [(tone_of(model, b.grade), b.grade) for b in model.bands] + [("none", t("not graded"))]
		widest = max(groups[i].leads for i in first)
		stacks = []
		for i in first:
			g = groups[i]
			parts = [(tone_of(model, b.grade), g.grades[b.grade], b.grade) for b in model.bands]
			parts.append(("none", g.leads - sum(value for _, value, _ in parts), t("not graded")))
			stacks.append(Stack(names[i] or nobody, parts, widest, number(g.leads)))
		section.stacks.append(StackChart(t("Leads by grade"), legend, stacks))
		headers = [
			head,
			t("leads"),
			*(b.grade for b in model.bands),
			t("overdue"),
			t("late"),
			t("no source"),
			t("with opportunity"),
			t("won"),
		]
		rows = []
		for i in first:
			g, f = groups[i], funnels.get(i, index.Funnel())
			rows.append([
				names[i] or nobody, number(g.leads), *(number(g.grades[b.grade]) for b in model.bands), number(g.overdue),
				number(g.late), number(g.without_source), percent(f.with_opportunity, f.leads), percent(f.won, f.leads),
			])  # fmt: skip
		note = (
			t("Not listed: {count} more.", count=number(len(order) - len(first)))
			if len(order) > len(first)
			else ""
		)
		section.grids.append(Grid("", headers, rows, note))

	# Opportunities -------------------------------------------------------------------------------------

	def opportunity_grades(self) -> Section:
		"""F2: S, A and B of what is open."""
		t, opps, model, table = (
			self.t,
			self.inputs.opportunities,
			self.inputs.opportunity_model,
			self.inputs.opportunity_table,
		)
		section = Section("opportunity-grades", t("Open opportunities by grade"), "F2", t(
			"An open opportunity is graded by itself from {facts}: {grades}.",
			facts=", ".join(t(d.label) for d in model.dimensions), grades=", ".join(b.grade for b in model.bands),
		))  # fmt: skip
		open_ = opps.outcomes[OPEN]
		graded = opps.grades.total()
		if not graded and open_:
			names = [n for n in ("expected_closing", "probability", "opportunity_amount") if not table.has(n)]
			if names:
				section.cannot = (
					t("{count} open opportunities are not graded.", count=number(open_))
					+ " "
					+ self.missing(table, *names)
				)
				self.concern(0.8, open_, open_, t(
					"{count} open opportunities ({share}) cannot be graded because facts are missing",
					count=number(open_), share=percent(open_, open_),
				))  # fmt: skip
				return section
		section.verdict = t(
			"{graded} of {open} open opportunities have a grade.", graded=number(graded), open=number(open_)
		)
		items = [(b.grade, opps.grades[b.grade], tone_of(model, b.grade)) for b in model.bands]
		if open_ > graded:
			items.append((t("not graded"), open_ - graded, "none"))
			rows = [[reason, number(count)] for reason, count in opps.not_graded.most_common(8)]
			section.grids.append(Grid(t("Why not graded"), [t("reason"), t("opportunities")], rows))
			self.concern(0.8, open_ - graded, open_, t(
				"{count} open opportunities ({share}) cannot be graded because facts are missing",
				count=number(open_ - graded), share=percent(open_ - graded, open_),
			))  # fmt: skip
		section.tone = "warn" if open_ > graded else "ok"
		section.charts.append(Chart(t("Open opportunities"), _bars(items)))
		section.examples = self.listed("opportunity_not_graded")
		return section

	def closing(self) -> Section:
		"""F2: expected closing dates that have passed."""
		t, opps, table = self.t, self.inputs.opportunities, self.inputs.opportunity_table
		section = Section("closing", t("Overdue closings"), "F2", t(
			"The expected closing date decides the grade and the rhythm of an open opportunity; one in the past says nothing."
		))  # fmt: skip
		if not table.has("expected_closing"):
			section.cannot = self.missing(table, "expected_closing")
			return section
		open_ = opps.outcomes[OPEN]
		section.tone = "bad" if opps.overdue else "ok"
		section.verdict = t(
			"{count} of {open} open opportunities ({share}) should have been closed by now; {unknown} have no expected date.",
			count=number(opps.overdue), open=number(open_), share=percent(opps.overdue, open_),
			unknown=number(open_ - opps.closing_known),
		)  # fmt: skip
		buckets: Counter[int] = Counter()
		for days, count in opps.overdue_by.counts.items():
			buckets[0 if days <= 30 else 1 if days <= 90 else 2] += count
		section.charts.append(Chart(t("Expected closing"), _bars([
			(t("ahead"), opps.closing_known - opps.overdue, "green"), (t("up to 30 days ago"), buckets[0], "amber"),
			(t("31 to 90 days ago"), buckets[1], "red"), (t("over 90 days ago"), buckets[2], "red"),
			(t("no date"), open_ - opps.closing_known, "none"),
		])))  # fmt: skip
		self.concern(3.5, opps.overdue, open_, t(
			"{count} open opportunities ({share}) are past their expected closing date",
			count=number(opps.overdue), share=percent(opps.overdue, open_),
		))  # fmt: skip
		section.examples = self.listed("closing_overdue")
		return section

	def ageing(self) -> Section:
		"""M1: how long open opportunities have been in their stage."""
		t, opps, table = self.t, self.inputs.opportunities, self.inputs.opportunity_table
		section = Section(
			"ageing", t("Age per stage"), "M1", t("Every stage has a longest stay."), tone="plain"
		)
		if opps.age_field is None:
			section.cannot = self.missing(
				table, "sf_stage_entered_on", "modified", "transaction_date", "creation"
			)
			return section
		basis = {
			"sf_stage_entered_on": t("days since the stage was entered"), "modified": t("days since the last change"),
			"transaction_date": t("days since the opportunity was opened"), "creation": t("days since the record was made"),
		}[opps.age_field]  # fmt: skip
		section.notes.append(
			t("Counted: {basis} (column {column}).", basis=basis, column=table.label(opps.age_field))
		)
		if opps.age_field != "sf_stage_entered_on":
			section.notes.append(
				t(
					"The export does not say when a stage was entered, so the stay in the stage itself may be shorter."
				)
			)
		order = sorted(range(len(opps.stages)), key=lambda i: -opps.stages[i].open)[:NAMES_SHOWN]
		dated = sum(s.age.total for s in opps.stages)
		open_ = opps.outcomes[OPEN]
		section.verdict = t(
			"{dated} of {open} open opportunities have a date to count from.",
			dated=number(dated),
			open=number(open_),
		)
		rows, items = [], []
		for i in order:
			stage, name = opps.stages[i], opps.stage_names.names[i] or t("(no stage)")
			median = stage.age.quantile(0.5)
			if median is not None:
				items.append((name, median, "blue"))
			rows.append([
				name, number(stage.open), *(number(v) if v is not None else "–" for v in (median, stage.age.quantile(0.9), stage.age.most)),
				number(stage.open - stage.age.total),
			])  # fmt: skip
		bars = _bars(items)
		for bar in bars:
			bar.text = t("days")
		if bars:
			section.charts.append(Chart(t("Median age by stage"), bars))
		old = sum(
			count for stage in opps.stages for days, count in stage.age.counts.items() if days > OLD_DAYS
		)
		self.concern(0.9, old, open_, t(
			"{count} open opportunities ({share}) are older than {days} days, counted in {basis}",
			count=number(old), share=percent(old, open_), days=OLD_DAYS, basis=basis,
		))  # fmt: skip
		section.grids.append(
			Grid(
				"", [t("stage"), t("open"), t("median"), t("9 in 10 up to"), t("oldest"), t("no date")], rows
			)
		)
		return section

	def opportunity_months(self) -> Section:
		"""M3: opportunities by month of opening."""
		t, opps, table = self.t, self.inputs.opportunities, self.inputs.opportunity_table
		section = Section("opportunity-months", t("Opportunities by month of opening"), "M3", t(
			"Each opportunity counts once, in the month it was opened, lost ones included."
		), tone="plain")  # fmt: skip
		won, lost, open_, closed = (opps.outcomes[o] for o in (WON, LOST, OPEN, CLOSED))
		section.verdict = t(
			"{total} opportunities: {won} won, {lost} lost, {closed} closed without outcome, {open} open; {share} of those decided were won.",
			total=number(opps.total), won=number(won), lost=number(lost), closed=number(closed), open=number(open_),
			share=percent(won, won + lost),
		)  # fmt: skip
		labels = [("green", t("won")), ("red", t("lost")), ("gray", t("closed")), ("blue", t("open"))]
		months = sorted(m for m in opps.months if m >= 0)
		if not months:
			section.notes.append(
				self.missing(table, "transaction_date", "creation")
				if not opps.months
				else t("No opportunity has a date of opening.")
			)
			section.stacks.append(StackChart(t("All"), labels, [Stack(t("all"), [
				(tone, opps.outcomes[o], label) for (tone, label), o in zip(labels, (WON, LOST, CLOSED, OPEN), strict=True)
			], opps.total, number(opps.total))]))  # fmt: skip
			return section
		widest = max(opps.months[m].total for m in months[-MONTHS_SHOWN:])
		stacks = [
			Stack(_month(m, t), [
				(tone, opps.months[m].outcomes[o], label)
				for (tone, label), o in zip(labels, (WON, LOST, CLOSED, OPEN), strict=True)
			], widest, number(opps.months[m].total))
			for m in months[-MONTHS_SHOWN:]
		]  # fmt: skip
		section.stacks.append(StackChart(t("By month of opening"), labels, stacks))
		if len(months) > MONTHS_SHOWN:
			section.notes.append(
				t("Only the last {count} of {all} months are drawn.", count=MONTHS_SHOWN, all=len(months))
			)
		if -1 in opps.months:
			section.notes.append(
				t("Without a date of opening: {count}.", count=number(opps.months[-1].total))
			)
		for outcome, text in (
			(WON, t("Half of those won took up to {days} days.")),
			(LOST, t("Half of those lost took up to {days} days.")),
		):
			if (median := opps.to_close[outcome].quantile(0.5)) is not None:
				section.notes.append(text.format(days=number(median)))
		return section

	def opportunity_reps(self) -> Section:
		"""M3: opportunities by rep."""
		t, opps, table, model = (
			self.t,
			self.inputs.opportunities,
			self.inputs.opportunity_table,
			self.inputs.opportunity_model,
		)
		section = Section(
			"opportunity-reps",
			t("Opportunities by rep"),
			"M3",
			t("The funnel breaks down by rep."),
			tone="plain",
		)
		if not opps.reps:
			section.cannot = self.missing(table, "opportunity_owner")
			return section
		names = opps.rep_names.names
		order = sorted(range(len(opps.reps)), key=lambda i: (-opps.reps[i].total, names[i]))
		first = order[:NAMES_SHOWN]
		section.verdict = t("Reps: {count}.", count=number(len(order)))
		labels = [("green", t("won")), ("red", t("lost")), ("gray", t("closed")), ("blue", t("open"))]
		widest = max(opps.reps[i].total for i in first)
		section.stacks.append(StackChart(t("Opportunities by outcome"), labels, [
			Stack(names[i] or t("(nobody)"), [
				(tone, opps.reps[i].outcomes[o], label)
				for (tone, label), o in zip(labels, (WON, LOST, CLOSED, OPEN), strict=True)
			], widest, number(opps.reps[i].total))
			for i in first
		]))  # fmt: skip
		headers = [
			t("rep"),
			t("all"),
			t("open"),
			*(b.grade for b in model.bands),
			t("overdue"),
			t("won"),
			t("lost"),
			t("won of decided"),
		]
		rows = []
		for i in first:
			g = opps.reps[i]
			rows.append([
				names[i] or t("(nobody)"), number(g.total), number(g.outcomes[OPEN]), *(number(g.grades[b.grade]) for b in model.bands),
				number(g.overdue), number(g.outcomes[WON]), number(g.outcomes[LOST]),
				percent(g.outcomes[WON], g.outcomes[WON] + g.outcomes[LOST]),
			])  # fmt: skip
		note = (
			t("Not listed: {count} more.", count=number(len(order) - len(first)))
			if len(order) > len(first)
			else ""
		)
		section.grids.append(Grid("", headers, rows, note))
		return section

	# The export itself ---------------------------------------------------------------------------------

	def file_notes(self) -> Section:
		"""What could not be read, and what was assumed."""
		t, inputs, counts = self.t, self.inputs, self.findings.counts
		section = Section("file", t("The export itself"), "FILE", t(
			"What could not be read is left out or unknown, never guessed."
		))  # fmt: skip
		broken, dates, numbers = counts["broken_row"], counts["bad_date"], counts["bad_number"]
		section.verdict = t(
			"Not readable: rows {broken}, dates {dates}, numbers {numbers}.",
			broken=number(broken), dates=number(dates), numbers=number(numbers),
		)  # fmt: skip
		section.tone = "warn" if broken or dates or numbers else "ok"
		for table in (inputs.lead_table, inputs.opportunity_table):
			if table is None:
				continue
			file = table.path.name
			for column in table.dates.values():
				evidence = column.evidence
				if column.order is None:
					continue
				params = {
					"file": file,
					"column": column.label,
					"example": evidence.example,
					"order": t(column.order),
				}
				if evidence.day_first and evidence.month_first:
					section.notes.append(t(
						"{file}, {column}: dates of both orders in one column ({days} with the day first, {months} with the month first); unclear ones were read {order}.",
						days=number(evidence.day_first), months=number(evidence.month_first), **params,
					))  # fmt: skip
				elif evidence.either and evidence.order is None:
					section.tone = "warn"
					section.notes.append(t(
						"{file}, {column}: ambiguous dates such as {example}; nothing in the column tells whether day or month comes first. Read {order}; a mapping with date_format settles it.",
						**params,
					))  # fmt: skip
				elif evidence.either:
					section.notes.append(
						t("{file}, {column}: dates are read {order}, as its other values prove.", **params)
					)
			if table.header.twice:
				section.notes.append(
					t(
						"{file}: the column {columns} is there more than once; the first one counts.",
						file=file,
						columns=", ".join(table.header.twice),
					)
				)
		for result, file in (
			(inputs.leads, inputs.lead_table), (inputs.opportunities, inputs.opportunity_table)
		):  # fmt: skip
			if result is not None and result.unknown_statuses:
				statuses = ", ".join(
					f"{text} ({number(count)})" for text, count in result.unknown_statuses.most_common(8)
				)
				section.tone = "warn"
				section.notes.append(
					t(
						"{file}: unknown status {statuses}: counted as open. A mapping can translate it.",
						file=file.path.name,
						statuses=statuses,
					)
				)
		if inputs.leads is not None and inputs.leads.after_as_of:
			section.notes.append(
				t(
					"Leads dated after the day of this audit: {count}.",
					count=number(inputs.leads.after_as_of),
				)
			)
		section.examples = self.listed("broken_row", "bad_date", "bad_number")
		return section


def _share(part: int, whole: int) -> float:
	return 100 * part / whole if whole else 0


def build(inputs: Inputs, findings: Findings, t: Texts) -> Report:
	"""The report as data."""
	return Builder(inputs, findings, t).build()


def render(report: Report, t: Texts) -> str:
	"""The report as one HTML page that loads nothing from anywhere. Everything from the export is escaped."""
	environment = jinja2.Environment(
		loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
		autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
	)  # fmt: skip
	environment.filters["number"] = number
	return environment.get_template("report.html.j2").render(report=report, t=t)
