"""Who has to review a proposal, and what follows from the opinions given (S2).

Amounts are in the company's currency, discounts percent of the list price. Texts are names; "" means none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

APPROVE, CHANGE, REJECT = "Approve", "Change", "Reject"
DECISIONS = (APPROVE, CHANGE, REJECT)
SCORES = ("feasibility", "price", "compliance")
LOWEST, HIGHEST = 1, 5

# What a group of reviewers, and the review of all groups, comes to.
OPEN, APPROVED, CHANGES, REJECTED = "Open", "Approved", "Change", "Reject"


@dataclass(frozen=True)
class Rule:
	"""One requirement: `function` reviews proposals of `company` in `territory` from an amount or a discount on.

	`company` and `territory` "" are every one. Of `from_amount` and `from_discount` 0 is "not given"; where neither
	is, the rule always holds.
	"""

	name: str
	function: str
	company: str = ""
	territory: str = ""
	from_amount: float = 0
	from_discount: float = 0


@dataclass(frozen=True)
class Facts:
	"""What rules ask of a proposal. `territories` is its territory and those above it, the nearest first."""

	company: str
	territories: Sequence[str] = ()
	net_total: float = 0
	discount: float = 0


@dataclass(frozen=True)
class Seat:
	"""One place at the review: for which `rule`, with its `quorum` (0: all who are asked), and the decision, "" yet."""

	rule: str
	quorum: int
	decision: str = ""


def applying(rules: Iterable[Rule], facts: Facts) -> list[Rule]:
	"""The rules that a proposal is reviewed by, in the order given (S2).

	Of each function only those of the nearest scope count, one of the company before one of every company, then the
	nearest territory; the scope is chosen before amounts are looked at, so that a company's own rule from 100,000 on
	frees its smaller proposals from the general rule. Several of one scope may apply side by side.
	"""
	scoped = [(rule, _distance(rule, facts)) for rule in rules]
	nearest: dict[str, tuple[int, int]] = {}
	for rule, distance in scoped:
		if distance is not None and distance < nearest.get(rule.function, (9, 0)):
			nearest[rule.function] = distance
	return [
		rule
		for rule, distance in scoped
		if distance is not None and distance == nearest[rule.function] and _reached(rule, facts)
	]


def _distance(rule: Rule, facts: Facts) -> tuple[int, int] | None:
	"""How far a rule's scope is from a proposal; None where it does not hold it."""
	if rule.company and rule.company != facts.company:
		return None
	if not rule.territory:
		return (0 if rule.company else 1, len(facts.territories))
	if rule.territory not in facts.territories:
		return None
	return (0 if rule.company else 1, list(facts.territories).index(rule.territory))


def _reached(rule: Rule, facts: Facts) -> bool:
	if not rule.from_amount and not rule.from_discount:
		return True
	by_amount = bool(rule.from_amount) and facts.net_total >= rule.from_amount
	return by_amount or (bool(rule.from_discount) and facts.discount >= rule.from_discount)


def needed(quorum: int, seats: int) -> int:
	"""How many approvals a group needs; 0 asks for everybody's."""
	return quorum or seats


def of_group(quorum: int, decisions: Sequence[str]) -> str:
	"""What a group of reviewers comes to, by the decisions at its seats (S2).

	A rejection by anybody is a veto. Approved with as many approvals as needed, whatever others wish; Change when
	so many can no longer be had; else Open. A group without seats approves nothing.
	"""
	if REJECT in decisions:
		return REJECTED
	wanted = max(1, needed(quorum, len(decisions)))
	approvals = sum(decision == APPROVE for decision in decisions)
	if approvals >= wanted:
		return APPROVED
	waiting = sum(not decision for decision in decisions)
	# An opinion may be changed, but nobody is asked to: who has spoken has spoken.
	return OPEN if approvals + waiting >= wanted and waiting else CHANGES


def groups(seats: Iterable[Seat]) -> dict[str, str]:
	"""Rule -> what its group comes to, in the order of the seats."""
	of_rule: dict[str, list[Seat]] = {}
	for seat in seats:
		of_rule.setdefault(seat.rule, []).append(seat)
	return {
		rule: of_group(max(seat.quorum for seat in group), [seat.decision for seat in group])
		for rule, group in of_rule.items()
	}


def outcome(seats: Iterable[Seat]) -> str:
	"""What a review comes to (S2): one veto rejects at once; else it is open until every group is decided, and then
	approved by all of them or in want of a change."""
	states = set(groups(seats).values())
	if REJECTED in states:
		return REJECTED
	if OPEN in states or not states:
		return OPEN
	return CHANGES if CHANGES in states else APPROVED


def missing(decision: str, scores: Mapping[str, int], reason: str) -> list[str]:
	"""What an opinion lacks: "decision", names of `SCORES`, "reason"; empty when it is complete (S2)."""
	gaps = [] if decision in DECISIONS else ["decision"]
	gaps += [name for name in SCORES if not LOWEST <= (scores.get(name) or 0) <= HIGHEST]
	if decision in (CHANGE, REJECT) and not reason.strip():
		gaps.append("reason")
	return gaps


def holds(decision: str, seen: str, now: str) -> bool:
	"""Whether an opinion holds for another version: an approval of what is still the same (S2)."""
	return decision == APPROVE and bool(seen) and seen == now
