"""Which gates of a move are met, and what follows: it passes, passes with a warning or an override, or is refused (M1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.engine import gates as gate_rules
from salesflow_std.engine import stages as rules
from salesflow_std.engine.gates import BLOCK, OFF, WARN
from salesflow_std.salesflow_std import gate_facts, gate_words, refusals, stage_refusal
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


@dataclass
class Asked:
	"""What a move is asked: the gates of each document on its way, and what the process says of its direction.

	`way` is a direction of `engine.stages`; `needs_reason` is False where nobody can be asked for one (a new document, a
	status that ERPNext writes).
	"""

	process: rules.Process
	to_stage: str
	way: str
	gates: list[tuple[Document, Sequence[gate_rules.Gate]]] = field(default_factory=list)
	reason: str = ""
	override_reason: str = ""
	needs_reason: bool = True


@dataclass
class Passed:
	"""How a move passed: what was not met, one on each line, and why it passed all the same."""

	unmet: str = ""
	override_reason: str = ""


def enforcement() -> str:
	"""Block, Warn or Off: what the settings allow gates to do at most. A patch or an installation asks nothing."""
	if frappe.flags.in_patch or frappe.flags.in_install or frappe.flags.in_migrate:
		return OFF
	return settings().stage_enforcement or BLOCK


def judge(doc: Document, asked: Asked) -> Passed:
	"""Lets a move of a document pass, or raises GateNotMet or ReasonMissing; where nothing is enforced it reads nothing.

	Unmet gates in Warn are told and noted. With an `override_reason` those in Block pass too, for who has the role;
	raises PermissionError without it.
	"""
	cap = enforcement()
	if cap == OFF:
		return Passed()
	unmet = [row for row in findings(asked.gates, cap) if not row["met"]]
	unmet = [*_rule_broken(asked, cap), *unmet]
	blocking = [row for row in unmet if row["mode"] == BLOCK]
	if blocking and asked.override_reason:
		_check_override(asked.process)
	elif blocking:
		stage_refusal.refuse(doc, asked.to_stage, blocking, override_role(asked.process))
	elif _lacks_reason(asked, cap):
		stage_refusal.ask_for_reason(doc, asked.to_stage, asked.way)
	if warned := [row for row in unmet if row["mode"] == WARN]:
		stage_refusal.warn(doc, asked.to_stage, warned)
	return Passed(
		"\n".join(stage_refusal.line(row) for row in unmet), asked.override_reason if blocking else ""
	)


def findings(
	gates: Iterable[tuple[Document, Sequence[gate_rules.Gate]]], cap: str, only_unmet: bool = True
) -> list[dict]:
	"""What `gate_words.say` says of the gates of some documents, in the modes in force; those that are off left out.

	Met ones are worded only where they are wanted.
	"""
	told = []
	for doc, asked in gates:
		in_force = [replace(gate, mode=rules.mode_in_force(gate.mode, cap)) for gate in asked]
		in_force = [gate for gate in in_force if gate.mode != OFF]
		if not in_force:
			continue
		facts = gate_facts.gather(doc, in_force)
		told += [
			gate_words.say(found, doc)
			for found in gate_rules.evaluate(in_force, facts)
			if not (found.met and only_unmet)
		]
	return told


def rules_broken(process: rules.Process, way: str, cap: str) -> list[dict]:
	"""What a process does not allow at all, as `gate_words.say` would say it."""
	if rules.permission(process, way) != rules.NOT_ALLOWED:
		return []
	back = way == rules.BACK
	return [
		{
			"key": way,
			"gate": _("No going back") if back else _("No stage skipped"),
			"met": False,
			"what": _("{0} does not allow it.").format(_(process.name)),
			"why": ""
			if back
			else _(
				"Each stage prepares the next one; what is skipped is missing when the deal is to be closed."
			),
			"route": "",
			"mode": rules.mode_in_force(BLOCK, cap),
			"rule": "M1",
		}
	]


def _rule_broken(asked: Asked, cap: str) -> list[dict]:
	return rules_broken(asked.process, asked.way, cap)


def _lacks_reason(asked: Asked, cap: str) -> bool:
	return (
		asked.needs_reason
		and cap == BLOCK
		and not asked.reason
		and not asked.override_reason
		and rules.permission(asked.process, asked.way) == rules.WITH_REASON
	)


def override_role(process: rules.Process) -> str:
	"""The role that may let a document of a process pass; "" where nobody may."""
	return process.override_role or settings().override_role or ""


def may_override(process: rules.Process) -> bool:
	"""Whether the user has that role; being a System Manager is not enough."""
	return refusals.may_override(process.override_role)


def _check_override(process: rules.Process) -> None:
	if not may_override(process):
		refusals.refuse_override(
			_("Only {0} may move a document past gates that are not met."),
			_("No role is named that may move a document past gates that are not met."),
			process.override_role,
		)
