"""Which needs a solution answers: each by a feature, its value in numbers and a case (S1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .measures import holds_measure

MUST = "Must"
COVERED, PARTLY, OPEN, WAIVED = "Covered", "Partly", "Open", "Waived"
STATES = (OPEN, PARTLY, WAIVED, COVERED)

# What an answer is made of, in the order of the table.
FEATURE, VALUE, NUMBER, CASE = "feature", "value", "number", "case"


@dataclass(frozen=True)
class Answer:
	"""How a need is answered: `case` says whether there is one that may be shown, `amount` is the value in money."""

	priority: str = MUST
	feature: str = ""
	value: str = ""
	amount: float = 0
	case: bool = False
	waived: bool = False


def lacks(answer: Answer) -> tuple[str, ...]:
	"""What an answer does not give yet (S1): FEATURE, VALUE or, where a value is told without a number, NUMBER, CASE."""
	found = []
	if not answer.feature.strip():
		found.append(FEATURE)
	if not answer.amount > 0 and not holds_measure(answer.value):
		found.append(NUMBER if answer.value.strip() else VALUE)
	if not answer.case:
		found.append(CASE)
	return tuple(found)


def state(answer: Answer) -> str:
	"""How far a need is answered. A need that is answered in full is COVERED, waived or not."""
	missing = lacks(answer)
	if not missing:
		return COVERED
	if answer.waived:
		return WAIVED
	return OPEN if {FEATURE, CASE} <= set(missing) and VALUE in missing else PARTLY


def blocks(answer: Answer) -> bool:
	"""Whether a need keeps the proposal from review: a must-need that is neither answered nor waived (S1)."""
	return answer.priority == MUST and state(answer) in (OPEN, PARTLY)


def counts(answers: Iterable[Answer]) -> dict[str, int]:
	"""How many needs are in which state, all states of `STATES`."""
	found = dict.fromkeys(STATES, 0)
	for answer in answers:
		found[state(answer)] += 1
	return found
