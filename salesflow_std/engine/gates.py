"""What a deal must have before it moves on: gates, the facts they ask about, and which of them are met (M1).

An administrator puts gates together from the kinds below. Whoever knows the documents gathers the facts, only those
of the kinds that are asked; here is decided what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .profile import DECISION_MAKER, Person, is_decider_reached

ENTERING, LEAVING = "Entering", "Leaving"
MOMENTS = (ENTERING, LEAVING)
BLOCK, WARN, OFF = "Block", "Warn", "Off"
MODES = (BLOCK, WARN, OFF)

FIELDS_FILLED = "Fields Filled"
GRADE = "Grade at Least"
FIRST_TOUCH = "First Touch Done"
DECIDER_KNOWN = "Decision Maker Identified"
DECIDER_REACHED = "Decision Maker Reached"
NEEDS = "Needs Confirmed"
PROPOSAL = "Proposal Approved"
OBJECTIONS = "Objections Answered"
CONTRACT = "Contract in State"
FILE = "File Attached"
LINKED = "Linked Document"
EXPRESSION = "Expression"
KINDS = (
	FIELDS_FILLED,
	GRADE,
	FIRST_TOUCH,
	DECIDER_KNOWN,
	DECIDER_REACHED,
	NEEDS,
	PROPOSAL,
	OBJECTIONS,
	CONTRACT,
	FILE,
	LINKED,
	EXPRESSION,
)

# What a contract gate may ask for, each with all before it (C1-C3).
CONTRACT_STEPS = ("Drafted", "Clauses Approved", "Signed", "Scan Attached")
# A state of a contract that reaches no further than the step.
_STEP_OF_STATE = {"In Clause Review": "Drafted"}

# Between names of fields of which one is enough.
EITHER = "|"


@dataclass(frozen=True)
class Gate:
	"""One thing that is asked of a document when it enters or leaves a stage.

	`key` tells gates apart; `params` holds what its kind asks for: ``fields`` (tuple of tuples: of each inner one a
	field has to be filled), ``grade``, ``contract_state`` and ``exempt_below``, ``file_name_like``,
	``linked_doctype``, ``link_field``, ``linked_filters`` and ``at_least``, ``expression``. `rule` is the id in the
	standard, `why` the words of an administrator; both may be empty.
	"""

	key: str
	title: str
	kind: str
	stage: str = ""
	moment: str = LEAVING
	mode: str = BLOCK
	rule: str = ""
	why: str = ""
	params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
	"""A record that a gate asks for: the one that counts, else the one that comes nearest; all empty where none is."""

	name: str = ""
	status: str = ""
	holds: bool = False


@dataclass(frozen=True)
class Contract:
	"""How an opportunity's contract stands: one of the states of C1-C3, "" without one."""

	name: str = ""
	state: str = ""
	has_scan: bool = False


@dataclass(frozen=True)
class Answer:
	"""What an expression came to; `problem` says why it came to nothing."""

	value: bool = False
	problem: str = ""


@dataclass(frozen=True)
class Facts:
	"""What is known of a document, as far as the gates that are asked need it.

	`profile` is the name of the customer profile, "" without one. `known` are those of the asked fields that the
	document has, `empty` those of them that hold nothing. `grades`: of the scoring model, the best first. `amount` is in the company's currency, 0 where nobody
	knows. `linked` and `answers` are by the key of the gate; a gate whose document nothing can point at is missing.
	"""

	profile: str = ""
	known: frozenset[str] = frozenset()
	empty: frozenset[str] = frozenset()
	grade: str = ""
	grades: Sequence[str] = ()
	grade_stale: bool = False
	touched: bool = False
	people: Sequence[Person] = ()
	needs: Paper = Paper()
	proposal: Paper = Paper()
	overdue_objections: Sequence[str] = ()
	contract: Contract = Contract()
	amount: float = 0
	files: Sequence[str] = ()
	linked: Mapping[str, int] = field(default_factory=dict)
	answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
	"""Whether a gate is met; `code` says how or why not, `args` what goes into the sentence.

	Codes of what is met: ``met``, ``stale`` (a grade that wants a review), ``exempt`` (no contract needed). Of what is
	not: ``fields`` (``missing``: tuple of tuples of field names), ``no_grade``, ``unknown_grade`` and ``grade``
	(``grade``, ``least``), ``touch``, ``no_paper``, ``paper`` (``name``, ``status``), ``no_decider``,
	``decider_left``, ``decider`` and ``objections`` (``profile``; the last with ``names``), ``no_contract``,
	``contract`` and ``no_scan`` (``name``, ``state``, ``asked``), ``file`` (``part``), ``linked`` (``found``,
	``least``), ``no_link``, ``expression``, ``broken`` (``problem``), ``unknown_kind``.
	"""

	gate: Gate
	met: bool
	code: str = "met"
	args: Mapping[str, object] = field(default_factory=dict)


def evaluate(gates: Iterable[Gate], facts: Facts) -> list[Finding]:
	"""Which of some gates are met, in their order; those that are off are left out."""
	return [_CHECKS.get(gate.kind, _unknown_kind)(gate, facts) for gate in gates if gate.mode != OFF]


def unmet(findings: Iterable[Finding], mode: str | None = None) -> list[Finding]:
	"""Those that are not met, of one mode where it is given."""
	return [found for found in findings if not found.met and mode in (None, found.gate.mode)]


def fields_asked(gate: Gate) -> tuple[tuple[str, ...], ...]:
	"""The fields a gate asks for; of each inner tuple one is enough."""
	return tuple(tuple(names) for names in gate.params.get("fields", ()))


def read_fields(text: str | None) -> tuple[tuple[str, ...], ...]:
	"""Field names as they are written down: one on each line, or several with a bar, of which one is enough."""
	lines = (
		tuple(name for name in (part.strip() for part in line.split(EITHER)) if name)
		for line in (text or "").replace(",", "\n").splitlines()
	)
	return tuple(line for line in lines if line)


def _fields(gate: Gate, facts: Facts) -> Finding:
	filled = facts.known - facts.empty
	missing = tuple(names for names in fields_asked(gate) if not filled.intersection(names))
	return Finding(gate, False, "fields", {"missing": missing}) if missing else Finding(gate, True)


def _grade(gate: Gate, facts: Facts) -> Finding:
	least = str(gate.params.get("grade") or "")
	args = {"grade": facts.grade, "least": least}
	if not facts.grade:
		return Finding(gate, False, "no_grade", args)
	if facts.grade not in facts.grades or least not in facts.grades:
		return Finding(gate, False, "unknown_grade", args)
	if facts.grades.index(facts.grade) > facts.grades.index(least):
		return Finding(gate, False, "grade", args)
	return Finding(gate, True, "stale" if facts.grade_stale else "met", args)


def _touch(gate: Gate, facts: Facts) -> Finding:
	return Finding(gate, True) if facts.touched else Finding(gate, False, "touch")


def _decider_known(gate: Gate, facts: Facts) -> Finding:
	deciders = [person for person in facts.people if person.role == DECISION_MAKER]
	if any(not person.left for person in deciders):
		return Finding(gate, True)
	return Finding(gate, False, "decider_left" if deciders else "no_decider", {"profile": facts.profile})


def _decider_reached(gate: Gate, facts: Facts) -> Finding:
	known = _decider_known(gate, facts)
	if not known.met or is_decider_reached(facts.people):
		return known
	return Finding(gate, False, "decider", {"profile": facts.profile})


def _paper(gate: Gate, paper: Paper) -> Finding:
	args = {"name": paper.name, "status": paper.status}
	if paper.holds:
		return Finding(gate, True, "met", args)
	return Finding(gate, False, "paper" if paper.name else "no_paper", args)


def _needs(gate: Gate, facts: Facts) -> Finding:
	return _paper(gate, facts.needs)


def _proposal(gate: Gate, facts: Facts) -> Finding:
	return _paper(gate, facts.proposal)


def _objections(gate: Gate, facts: Facts) -> Finding:
	if not facts.overdue_objections:
		return Finding(gate, True)
	args = {"names": tuple(facts.overdue_objections), "profile": facts.profile}
	return Finding(gate, False, "objections", args)


def contract_steps(contract: Contract) -> int:
	"""How many of `CONTRACT_STEPS` a contract has taken; a scan counts once it is signed by both (C3)."""
	state = _STEP_OF_STATE.get(contract.state, contract.state)
	if state not in CONTRACT_STEPS[:3]:
		return 0
	taken = CONTRACT_STEPS.index(state) + 1
	return taken + 1 if taken == 3 and contract.has_scan else taken


def _contract(gate: Gate, facts: Facts) -> Finding:
	asked, contract = gate.params.get("contract_state"), facts.contract
	args = {"name": contract.name, "state": contract.state, "asked": asked}
	if asked not in CONTRACT_STEPS:
		return Finding(gate, False, "unknown_kind", args)
	if contract_steps(contract) > CONTRACT_STEPS.index(asked):
		return Finding(gate, True, "met", args)
	below = gate.params.get("exempt_below") or 0
	if 0 < facts.amount < below:
		return Finding(gate, True, "exempt", args)
	if not contract.name:
		return Finding(gate, False, "no_contract", args)
	signed = contract_steps(contract) == CONTRACT_STEPS.index("Signed") + 1
	return Finding(gate, False, "no_scan" if signed else "contract", args)


def _file(gate: Gate, facts: Facts) -> Finding:
	part = str(gate.params.get("file_name_like") or "").strip().casefold()
	met = any(part in name.casefold() for name in facts.files)
	return Finding(gate, met, "met" if met else "file", {"part": part})


def _linked(gate: Gate, facts: Facts) -> Finding:
	least = max(int(gate.params.get("at_least") or 1), 1)
	if gate.key not in facts.linked:
		return Finding(gate, False, "no_link")
	found = facts.linked[gate.key]
	return Finding(
		gate, found >= least, "met" if found >= least else "linked", {"found": found, "least": least}
	)


def _expression(gate: Gate, facts: Facts) -> Finding:
	answer = facts.answers.get(gate.key, Answer(problem="?"))
	if answer.problem:
		return Finding(gate, False, "broken", {"problem": answer.problem})
	return Finding(gate, True) if answer.value else Finding(gate, False, "expression")


def _unknown_kind(gate: Gate, facts: Facts) -> Finding:
	"""What nobody can ask is not met: a gate is never open by mistake."""
	return Finding(gate, False, "unknown_kind")


_CHECKS = {
	FIELDS_FILLED: _fields,
	GRADE: _grade,
	FIRST_TOUCH: _touch,
	DECIDER_KNOWN: _decider_known,
	DECIDER_REACHED: _decider_reached,
	NEEDS: _needs,
	PROPOSAL: _proposal,
	OBJECTIONS: _objections,
	CONTRACT: _contract,
	FILE: _file,
	LINKED: _linked,
	EXPRESSION: _expression,
}
