"""The opportunities of an export, row by row: S/A/B (F2), overdue closings, age per stage, outcome (M3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from salesflow_std.engine import scoring
from salesflow_std.engine.scoring import PointsError

from . import columns, index
from .dates import read_dates, short
from .findings import Findings
from .numbers import NumberError, parse_number
from .reader import Table
from .tally import Days, Names, count_status
from .texts import Texts

OPEN, WON, LOST, CLOSED = "open", "won", "lost", "closed"
_OUTCOMES = {"Converted": WON, "Lost": LOST, "Closed": CLOSED}

# Since when an opportunity is in its stage: the best of these that the export has, one for all its rows.
AGE_FIELDS = ("sf_stage_entered_on", "modified", "transaction_date", "creation")


@dataclass
class Stage:
	"""The open opportunities of one stage."""

	open: int = 0
	age: Days = field(default_factory=Days)


@dataclass
class Group:
	"""The opportunities of one rep, source or month."""

	total: int = 0
	outcomes: Counter[str] = field(default_factory=Counter)
	grades: Counter[str] = field(default_factory=Counter)
	overdue: int = 0


@dataclass
class OpportunityResult:
	"""What the opportunities of an export add up to."""

	total: int = 0
	outcomes: Counter[str] = field(default_factory=Counter)
	grades: Counter[str] = field(default_factory=Counter)
	not_graded: Counter[str] = field(default_factory=Counter)
	overdue: int = 0
	overdue_by: Days = field(default_factory=Days)
	closing_known: int = 0
	age_field: str | None = None
	stages: list[Stage] = field(default_factory=list)
	stage_names: Names = field(default_factory=Names)
	months: dict[int, Group] = field(default_factory=dict)
	to_close: dict[str, Days] = field(default_factory=lambda: {WON: Days(), LOST: Days()})
	reps: list[Group] = field(default_factory=list)
	rep_names: Names = field(default_factory=Names)
	unknown_statuses: Counter[str] = field(default_factory=Counter)
	joined: bool = False


class OpportunityAudit:
	"""Goes over a table of opportunities once. `run` returns the result; findings stream to `findings`."""

	def __init__(
		self,
		table: Table,
		model: scoring.Model,
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
		self.result = OpportunityResult(age_field=next((f for f in AGE_FIELDS if table.has(f)), None))
		columns_of_facts = {
			"days_to_close": "expected_closing", "probability": "probability", "amount": "opportunity_amount"
		}  # fmt: skip
		# A dimension that no column feeds is known to be missing before the first row.
		self.missing_facts = [
			d.code for d in model.dimensions if not table.has(columns_of_facts.get(d.fact, "no such field"))
		]
		self._graded: dict[tuple, tuple[str | None, str]] = {}

	def run(self, progress: Callable[[int], None] | None = None) -> OpportunityResult:
		"""Reads every row."""
		t, table, result, store, add = self.t, self.table, self.result, self.store, self.findings.add
		document = columns.OPPORTUNITY
		today = self.as_of.date()
		at = table.at
		p_names = [at(name) for name in ("name", "title", "customer_name", "party_name")]
		p_party, p_from, p_status, p_stage = (
			at("party_name"),
			at("opportunity_from"),
			at("status"),
			at("sales_stage"),
		)
		p_owners = (at("opportunity_owner"), at("owner"))
		p_probability, p_amount = at("probability"), at("opportunity_amount")
		p_dates = [(name, at(name), column.parse) for name, column in table.dates.items()]
		values = table.mapping.values_of(document)
		translated = [
			(at(name), map_) for name, map_ in values.items() if name != "status" and table.has(name)
		]
		# One column may be both status and stage: translating the one must not change the other.
		translated = [(p, m) for p, m in translated if p != p_status]
		statuses = columns.statuses(document)
		p_state = p_status if table.has("status") else p_stage
		lead_words = {"", "lead", "线索", "商机"}
		result.joined = table.has("party_name")
		has_rep = table.has("opportunity_owner") or table.has("owner")
		opened_fields = [f for f in ("transaction_date", "creation") if table.has(f)]

		def broken(line: int, template: str, **params: object) -> None:
			add("broken_row", document, line, "", t(template, **params))

		for line, row in table.rows(broken, progress):
			result.total += 1
			for position, map_ in translated:
				row[position] = map_.get(columns.plain(row[position]), row[position])
			name = next((text for p in p_names if (text := row[p].strip(' "'))), "")
			dates = read_dates(
				row,
				p_dates,
				lambda field_name, text, line=line, name=name: add(
					"bad_date", document, line, name, f"{table.label(field_name)}: {text[:60]}"
				),
			)
			opened = next((dates[f] for f in opened_fields if dates[f]), None)

			raw = row[p_state]
			text = columns.plain(raw)
			text = columns.plain(values.get("status", {}).get(text, text))
			status = statuses.get(text)
			if status is None and text and p_state == p_status:
				shown = raw.strip()[:60]
				if shown not in result.unknown_statuses and len(result.unknown_statuses) < 50:
					add("unknown_status", document, line, name, shown)
				count_status(result.unknown_statuses, shown)
			outcome = _OUTCOMES.get(status or "", OPEN)
			result.outcomes[outcome] += 1

			groups = []
			if has_rep:
				number = result.rep_names.number(row[p_owners[0]].strip() or row[p_owners[1]].strip())
				if number >= len(result.reps):
					result.reps.append(Group())
				groups.append(result.reps[number])
			if opened_fields:
				month = opened.year * 12 + opened.month - 1 if opened else -1
				groups.append(result.months.setdefault(month, Group()))

			grade, overdue = None, False
			if outcome == OPEN:
				closing = dates.get("expected_closing")
				facts = {
					"days_to_close": scoring.days_until(closing, today),
					"probability": self._number(row[p_probability], "probability", line, name),
					"amount": self._number(row[p_amount], "opportunity_amount", line, name),
				}
				grade, reason = self._grade(facts)
				if grade is None:
					result.not_graded[reason] += 1
					if not self.missing_facts:
						add("opportunity_not_graded", document, line, name, reason)
				else:
					result.grades[grade] += 1
				if closing is not None:
					result.closing_known += 1
					if closing.date() < today:
						overdue = True
						days = (today - closing.date()).days
						result.overdue += 1
						result.overdue_by.add(days)
						add("closing_overdue", document, line, name, t(
							"expected {closing}, {days} days ago", closing=short(closing.date()), days=days
						))  # fmt: skip
				number = result.stage_names.number(
					row[p_stage].strip() or (raw.strip() if p_state == p_status else "")
				)
				if number >= len(result.stages):
					result.stages.append(Stage())
				stage = result.stages[number]
				stage.open += 1
				since = dates.get(result.age_field) if result.age_field else None
				if since is not None and since.date() <= today:
					stage.age.add((today - since.date()).days)
			elif (
				outcome in (WON, LOST)
				and opened is not None
				and (closed := dates.get("closed_on")) is not None
			):
				if closed >= opened:
					result.to_close[outcome].add((closed.date() - opened.date()).days)

			if (party := row[p_party].strip()) and columns.plain(row[p_from]) in lead_words:
				state = index.WON if outcome == WON else index.LOST if outcome == LOST else 0
				store.add_opportunity(party, state)
			for group in groups:
				group.total += 1
				group.outcomes[outcome] += 1
				group.overdue += overdue
				if outcome == OPEN:
					group.grades[grade or ""] += 1
		return result

	def _number(self, text: str, name: str, line: int, document_name: str) -> float | None:
		if not text:
			return None
		try:
			return parse_number(text, self.table.decimal)
		except NumberError:
			label = self.table.label(name)
			self.findings.add(
				"bad_number", columns.OPPORTUNITY, line, document_name, f"{label}: {text.strip()[:60]}"
			)
			return None

	def _grade(self, facts: dict[str, object]) -> tuple[str | None, str]:
		"""Grade, or the reason why there is none; remembered per set of points (F2)."""
		points = scoring.points_from_facts(self.model, facts)
		key = tuple(points.values())
		found = self._graded.get(key)
		if found is None:
			try:
				found = (scoring.grade(self.model, points).grade, "")
			except PointsError as error:
				labels = [self.t(d.label) for d in self.model.dimensions if points[d.code] is None]
				params = error.params | {"codes": ", ".join(labels)} if labels else error.params
				found = (None, self.t(error.template, **params))
			self._graded[key] = found
		return found
