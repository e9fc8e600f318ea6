"""The clauses of a contract: what legal looks at, when an approval is complete, and where a contract differs (C2)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from .figures import number, plain_text

SCOPE, DELIVERY, PAYMENT, BREACH, PROPERTY, AFTER_SALES, OTHER = (
	"Scope",
	"Delivery Period",
	"Payment",
	"Breach",
	"Intellectual Property",
	"After-sales",
	"Other",
)
# Each of them is looked at; whatever else there is, may be.
TOPICS = (SCOPE, DELIVERY, PAYMENT, BREACH, PROPERTY, AFTER_SALES)

IN_ORDER, TO_CHANGE, MISSING = FINDINGS = ("In Order", "To Change", "Missing")
APPROVE, CHANGE, REJECT = DECISIONS = ("Approve", "Change", "Reject")

# What of a contract must be as the approved proposal says: what -> under which topic it is judged.
COMPARED = {
	"scope": SCOPE,
	"delivery": DELIVERY,
	"currency": PAYMENT,
	"amount": PAYMENT,
	"payment": PAYMENT,
	"after_sales": AFTER_SALES,
}

_LINE_END = re.compile(r"\n|<br\s*/?>|</(?:p|div|li|tr|h[1-6]|blockquote)\s*>", re.IGNORECASE)


@dataclass(frozen=True)
class Difference:
	"""Where a contract differs from the approved proposal: `what` of COMPARED, from and to as texts."""

	topic: str
	what: str
	before: str
	after: str


def missing(decision: str, findings: Mapping[str, str], reason: str) -> list[tuple[str, str]]:
	"""What a decision still lacks: ``[(code, topic)]``, empty for a complete one (C2).

	`findings` is topic -> finding. To approve, each of TOPICS has been looked at and nothing is to change or missing;
	to ask for changes or to reject takes a reason. Codes: decision, looked, order, reason.
	"""
	if decision not in DECISIONS:
		return [("decision", "")]
	gaps = []
	if decision == APPROVE:
		gaps += [("looked", topic) for topic in TOPICS if not findings.get(topic)]
		gaps += [("order", topic) for topic, found in findings.items() if found in (TO_CHANGE, MISSING)]
	elif not reason.strip():
		gaps.append(("reason", ""))
	return gaps


def differences(approved: Mapping[str, object], contract: Mapping[str, object]) -> list[Difference]:
	"""Where the contract differs from what was approved, in the order of COMPARED (C2).

	Both are ``{"scope", "delivery", "currency", "amount", "payment", "after_sales"}``. Amounts are compared as numbers,
	texts without spacing. What the proposal did not say may stand in the contract.
	"""
	found = []
	for what, topic in COMPARED.items():
		before, after = _text(what, approved.get(what)), _text(what, contract.get(what))
		if before and before != after:
			found.append(Difference(topic, what, before, after))
	return found


def _text(what: str, value: object) -> str:
	if what == "amount":
		text = number(value)
		return "" if text == "0" else text
	return plain_text(str(value or ""))


def asks_for_change(finding: str | None, comment: str | None) -> bool:
	"""Whether a clause says by itself what is to change: it is to change or missing, and a comment says how (C2)."""
	return finding in (TO_CHANGE, MISSING) and bool((comment or "").strip())


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
	"""The parts of a contract that say something else than before, by their keys, in the order of `after` (C2).

	Markup and spacing are no change, as with `fingerprint`.
	"""
	parts = dict.fromkeys((*after, *before))
	return [part for part in parts if _canonical(before.get(part)) != _canonical(after.get(part))]


def changed_lines(before: str | None, after: str | None) -> tuple[list[str], list[str]]:
	"""The lines of two HTML texts that only the one has, and only the other; plain, in their order (C2)."""
	old, new = _lines(before), _lines(after)
	gone, come = [], []
	for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
		if how != "equal":
			gone += old[a:b]
			come += new[c:d]
	return gone, come


def _lines(value: str | None) -> list[str]:
	parts = (plain_text(part) for part in _LINE_END.split(value or ""))
	return [part for part in parts if part]


def fingerprint(clauses: Mapping[str, object]) -> str:
	"""A text of 64 characters that is the same as long as the clauses say the same (C2).

	Values are texts, numbers or lists of texts; markup and spacing are no change.
	"""
	told = {key: _canonical(value) for key, value in clauses.items()}
	return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: object) -> object:
	if isinstance(value, list | tuple):
		return [_canonical(one) for one in value]
	if isinstance(value, int | float) and not isinstance(value, bool):
		return number(value)
	return plain_text(str(value or ""))
