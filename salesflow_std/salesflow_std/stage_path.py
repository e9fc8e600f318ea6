"""Where a deal stands, for the bar on its forms: its stages, what each asks for, and where it may go (M1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import frappe
from frappe import _
from frappe.core.doctype.docfield.docfield import DocField
from frappe.model import table_fields
from frappe.model.document import Document
from frappe.utils import flt, get_datetime, get_fullname, now_datetime

from salesflow_std.engine import ageing
from salesflow_std.engine import gates as gate_rules
from salesflow_std.engine import stages as rules
from salesflow_std.engine.gates import ENTERING, Gate
from salesflow_std.engine.stages import LEAD, OPPORTUNITY, Process, Stage
from salesflow_std.salesflow_std import (
	gate_facts,
	gate_words,
	processes,
	stage_judgement,
	stage_limits,
	stages,
	transitions,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

SUBJECTS = (LEAD, OPPORTUNITY)
DONE, CURRENT, AHEAD, SKIPPED = "done", "current", "ahead", "skipped"

# Where a deal has ended without being won: it moves no further until somebody opens it again.
_ENDED = {LEAD: ("Do Not Contact", "Lost Quotation"), OPPORTUNITY: ("Lost", "Closed")}


def path(doc: Document) -> dict:
	"""The bar of a document; see `api.stage_path.path`. The caller has asked for the right to read `doc`."""
	subject = _subject(doc)
	process = processes.of(subject) if subject else None
	here = process.stage(stages.standing(subject, process)) if process else None
	if not here:
		return {"document": None, "stages": []}
	return _Path(subject, process, here, is_other=subject is not doc).sheet()


def _subject(doc: Document) -> Document | None:
	"""Whose bar is shown: a quotation's is that of its opportunity, else of its lead, as far as they may be read."""
	if doc.doctype in SUBJECTS:
		return doc
	if doc.get("opportunity"):
		doctype, name = OPPORTUNITY, doc.opportunity
	elif doc.get("quotation_to") == LEAD:
		doctype, name = LEAD, doc.party_name
	else:
		return None
	if not name or not frappe.db.exists(doctype, name):
		return None
	subject = frappe.get_doc(doctype, name)
	return subject if subject.has_permission("read") else None


@dataclass
class _Visit:
	"""What the log says of a document in one stage; of a stage it was in more than once, all stays together."""

	entered_on: object = None
	left_on: object = None
	hours: float = 0
	days: float = 0
	passed_over: list[dict] = field(default_factory=list)


class _Path:
	"""The bar of one document. The log and the facts of the gates are read once."""

	def __init__(self, subject: Document, process: Process, here: Stage, is_other: bool) -> None:
		self.doc, self.process, self.here, self.is_other = subject, process, here, is_other
		self.lead = subject.party_name if _is_from_lead(subject) else None
		self.cap = stage_judgement.enforcement()
		self.closed = _closed(subject)
		self.next = self._next()
		self.handed_on = self._handed_on()
		stays = is_other or self.closed or self.handed_on
		self.may_move = not stays and bool(subject.has_permission("write"))
		self.may_override = self.may_move and stage_judgement.may_override(process)

	def sheet(self) -> dict:
		self.visits, self.is_complete = self._read_log()
		self.findings = self._findings()
		shown = [stage for stage in self.process.stages if self._is_shown(stage)]
		hands_on = self.next and self.next.lives_on != self.doc.doctype
		return {
			"process": self.process.name,
			"document": {"doctype": self.doc.doctype, "name": self.doc.name, "is_other": self.is_other},
			"stage": self.here.name,
			"stages": [self._row(stage) for stage in shown],
			"next": self.next.name if self.next else None,
			"hands_on": self.next.lives_on if hands_on and self._may_hand_on() else None,
			"handed_on": self.handed_on,
			"missing": self._missing(),
			"may_move": self.may_move,
			"may_override": self.may_override,
			"closed": self.closed,
			"counts_as": {
				row.sales_stage: row.stage for row in self.process.mappings if row.sales_stage and row.stage
			},
		}

	# Which stages

	def _is_shown(self, stage: Stage) -> bool:
		"""A deal that began without a lead has no lead's stages; a retired one shows while the deal stands or stood in it."""
		if stage.lives_on == LEAD and self.doc.doctype != LEAD and not self.lead:
			return False
		return not stage.retired or stage.name == self.here.name or stage.name in self.visits

	def _next(self) -> Stage | None:
		place = self.process.place(self.here.name)
		return next((stage for stage in self.process.stages[place + 1 :] if not stage.retired), None)

	def _state(self, stage: Stage) -> str:
		place, here = self.process.place(stage.name), self.process.place(self.here.name)
		if place == here:
			return DONE if self.handed_on else CURRENT
		if place > here:
			return AHEAD
		return DONE if stage.name in self.visits or not self.is_complete else SKIPPED

	def _handed_on(self) -> dict | None:
		"""The opportunity that a lead in its last stage goes on as, the latest first."""
		if self.doc.doctype != LEAD or not self.next or self.next.lives_on == LEAD:
			return None
		if not frappe.has_permission(OPPORTUNITY, "read"):
			return None
		found = frappe.get_list(
			OPPORTUNITY,
			filters={"opportunity_from": LEAD, "party_name": self.doc.name},
			order_by="creation desc",
			pluck="name",
			limit=1,
		)
		return {"doctype": OPPORTUNITY, "name": found[0]} if found else None

	def _may_hand_on(self) -> bool:
		return (
			self.may_move and self.doc.doctype == LEAD and bool(frappe.has_permission(OPPORTUNITY, "create"))
		)

	# What is told of each

	def _row(self, stage: Stage) -> dict:
		visit = self.visits.get(stage.name, _Visit())
		state = self._state(stage)
		row = {
			"name": stage.name,
			"label": _(stage.name),
			"state": state,
			"lives_on": stage.lives_on,
			"is_won": stage.is_final,
			"owner_role": _(stage.owner_role) if stage.owner_role else "",
			"guidance": _(stage.guidance) if stage.guidance else "",
			"outputs": [_(line) for line in stage.outputs],
			"key_fields": self._key_fields(stage),
			"entered_on": visit.entered_on,
			"left_on": visit.left_on,
			"stay_hours": flt(visit.hours, 1),
			"stay_days": flt(visit.days, 1),
			"limit": stage_limits.in_words(stage.longest_stay, stage.unit),
			"due": None,
			"late": "",
			"gates": self._gates(stage),
			"passed_over": visit.passed_over,
			**self._way_to(stage),
		}
		return {**row, **self._clock(visit)} if state == CURRENT else row

	def _clock(self, visit: _Visit) -> dict:
		"""The stay that goes on: since when, how long by now, until when."""
		entered = self.doc.sf_stage_entered_on or visit.entered_on
		now = now_datetime()
		stay = (
			ageing.stay(get_datetime(entered), now, working_calendar(self.doc.get("company")))
			if entered
			else None
		)
		due = get_datetime(self.doc.sf_stage_due) if self.doc.sf_stage_due and not self.closed else None
		return {
			"entered_on": entered,
			"left_on": None,
			"stay_hours": flt(stay.hours, 1) if stay else 0,
			"stay_days": flt(stay.days, 1) if stay else 0,
			"due": due,
			# The clock of late ones strikes now and then, the bar is read at any time.
			"late": self.doc.sf_stage_late or (ageing.LATE if ageing.is_late(due, now) else ageing.IN_TIME),
		}

	def _way_to(self, stage: Stage) -> dict:
		way = rules.direction(self.process, self.here.name, stage.name)
		said = rules.permission(self.process, way)
		allowed = said != rules.NOT_ALLOWED or self.cap != gate_rules.BLOCK or self.may_override
		may = bool(way) and stage.lives_on == self.doc.doctype and not stage.retired
		return {
			"direction": way,
			"may_move": self.may_move and may and allowed,
			"asks_reason": self.cap == gate_rules.BLOCK and said == rules.WITH_REASON,
		}

	def _key_fields(self, stage: Stage) -> list[dict]:
		known = _known_fields(stage)
		values = self.doc if stage.lives_on == self.doc.doctype else self.of_lead if known else None
		return [
			{
				"fieldname": field.fieldname,
				"label": _(field.label, context=field.parent),
				# Of a document that is not there yet nobody knows.
				"filled": bool(values.get(field.fieldname)) if values else None,
			}
			for field in known
		]

	@cached_property
	def of_lead(self) -> dict | None:
		"""The key fields of the lead that an opportunity came from."""
		fields = {field.fieldname for stage in self.process.on(LEAD) for field in _known_fields(stage)}
		return (
			frappe.db.get_value(LEAD, self.lead, sorted(fields), as_dict=True)
			if self.lead and fields
			else None
		)

	# Gates

	def _findings(self) -> dict[str, gate_rules.Finding]:
		"""By the key of the gate how those stand that the next move asks; no others are asked."""
		if self.handed_on or self.closed or not self.next:
			return {}
		asked = self._in_force(rules.gates_asked(self.process, self.here.name, self.next.name))
		if self.next.lives_on != self.doc.doctype:
			# What an opportunity is asked on entering, a lead cannot answer.
			asked = [gate for gate in asked if gate.moment != ENTERING]
		if not asked:
			return {}
		found = gate_rules.evaluate(asked, gate_facts.gather(self.doc, asked))
		return {finding.gate.key: finding for finding in found}

	def _in_force(self, gates: Iterable[Gate]) -> list[Gate]:
		"""With the modes that the settings leave them."""
		held = [replace(gate, mode=rules.mode_in_force(gate.mode, self.cap)) for gate in gates]
		return [gate for gate in held if gate.mode != gate_rules.OFF]

	def _gates(self, stage: Stage) -> list[dict]:
		gates = self._in_force(gate for gate in self.process.gates if gate.stage == stage.name)
		return [self._gate(gate) for gate in gates]

	def _gate(self, gate: Gate) -> dict:
		finding = self.findings.get(gate.key)
		if finding:
			return gate_words.say(finding, self.doc)
		return {
			"key": gate.key,
			"gate": _(gate.title),
			"met": None,
			"what": "",
			"why": gate_words.why(gate),
			"route": "",
			"mode": gate.mode,
			"rule": gate.rule,
			"kind": gate.kind,
			"stage": gate.stage,
			"moment": gate.moment,
		}

	def _missing(self) -> int:
		return len(gate_rules.unmet(self.findings.values(), gate_rules.BLOCK))

	# The log

	def _read_log(self) -> tuple[dict[str, _Visit], bool]:
		"""By stage what the log says, the lead's part included, and whether it tells of the deal from its start."""
		visits: dict[str, _Visit] = {}
		rows = self._transitions()
		for row in rows:
			visits.setdefault(row.to_stage, _Visit()).entered_on = row.changed_on
			if row.from_stage:
				self._leave(visits.setdefault(row.from_stage, _Visit()), row)
		taken_in = (transitions.TAKEN_IN, transitions.IMPORTED, transitions.FOUND_LATER)
		return visits, bool(rows) and not any(row.source in taken_in for row in rows)

	def _leave(self, visit: _Visit, row: frappe._dict) -> None:
		visit.entered_on = visit.entered_on or row.entered_on
		visit.left_on = row.changed_on
		visit.hours += flt(row.stay_hours)
		visit.days += flt(row.stay_days)
		if row.unmet or row.override_reason:
			visit.passed_over.append(
				{
					"by": get_fullname(row.changed_by),
					"on": row.changed_on,
					"reason": row.override_reason or "",
					"unmet": (row.unmet or "").splitlines(),
				}
			)

	def _transitions(self) -> list[frappe._dict]:
		table = frappe.qb.DocType(transitions.DOCTYPE)
		whose = (table.reference_doctype == self.doc.doctype) & (table.reference_name == self.doc.name)
		if self.lead:
			whose |= (table.reference_doctype == LEAD) & (table.reference_name == self.lead)
		return (
			frappe.qb.from_(table)
			.select(
				table.from_stage,
				table.to_stage,
				table.changed_on,
				table.changed_by,
				table.entered_on,
				table.stay_hours,
				table.stay_days,
				table.override_reason,
				table.unmet,
				table.source,
			)
			.where(whose)
			.orderby(table.changed_on)
			.orderby(table.creation)
			.run(as_dict=True)
		)


def _known_fields(stage: Stage) -> list[DocField]:
	"""A stage's key fields that its doctype has; of tables only the document itself knows whether they are filled."""
	if stage.lives_on not in SUBJECTS:
		return []
	meta = frappe.get_meta(stage.lives_on)
	fields = [meta.get_field(name) for name in stage.key_fields]
	return [
		field
		for field in fields
		if field and not (stage.lives_on == LEAD and field.fieldtype in table_fields)
	]


def _closed(doc: Document) -> str:
	"""Why a deal moves no further, in a word; "" while it does."""
	if doc.get("sf_invalid_reason"):
		return _("Invalid")
	return _(doc.status, context=doc.doctype) if doc.status in _ENDED[doc.doctype] else ""


def _is_from_lead(doc: Document) -> bool:
	return doc.doctype == OPPORTUNITY and doc.opportunity_from == LEAD and bool(doc.party_name)


def choosable(doctype: str, doc: Document) -> list[str]:
	"""The stages that a document may be put into by its field: those of its process that live on it, in their order."""
	process = (processes.of(doc) if not doc.is_new() else None) or processes.choose(doc)
	return [stage.name for stage in process.open_on(doctype)] if process else []
