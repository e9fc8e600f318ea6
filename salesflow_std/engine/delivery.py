"""The handover of a won deal to those who deliver, bill and look after it, and when they start (C4, C5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

DRAFT, HANDED_OVER, ACKNOWLEDGED, STARTED = "Draft", "Handed Over", "Acknowledged", "Started"
DELIVERY, FINANCE, AFTER_SALES = "Delivery", "Finance", "After-sales"
FUNCTIONS = (DELIVERY, FINANCE, AFTER_SALES)
WITH_PAYMENT, WITH_HANDOVER = "With the First Payment", "With the Handover"
CUSTOMER, OURS = "Customer", "Ours"

_SMALLEST = Decimal("0.005")


@dataclass(frozen=True)
class Receiver:
	"""Somebody who takes over for a function, and when they said so."""

	function: str
	user: str
	acknowledged_on: datetime | None = None


@dataclass(frozen=True)
class Payment:
	"""Money that came in on a day, in the company's currency; what was paid back is below zero."""

	on: date
	amount: Decimal


def unmanned(receivers: Iterable[Receiver]) -> tuple[str, ...]:
	"""The functions that nobody takes over for (C5)."""
	manned = {one.function for one in receivers if one.user}
	return tuple(function for function in FUNCTIONS if function not in manned)


def is_acknowledged(receivers: Sequence[Receiver]) -> bool:
	"""Whether everybody has acknowledged, and somebody of each function (C5)."""
	return not unmanned(receivers) and all(one.acknowledged_on for one in receivers)


def status_of(status: str, receivers: Sequence[Receiver]) -> str:
	"""The status after receivers have changed: who is asked later has still to acknowledge."""
	if status not in (HANDED_OVER, ACKNOWLEDGED):
		return status
	return ACKNOWLEDGED if is_acknowledged(receivers) else HANDED_OVER


def may_start(condition: str, paid_on: date | None, handed_over_on: datetime | None) -> bool:
	"""Whether the project team is to be told to start (C4)."""
	return bool(handed_over_on if condition == WITH_HANDOVER else paid_on)


def not_agreed(sides: Iterable[str], delivery_plan: str, communication: str) -> tuple[str, ...]:
	"""What a kick-off still has to settle (C5): contacts of either side, delivery plan, communication.

	As fieldnames of the handover; contacts once for each side that has none, as ``contacts.Customer``.
	"""
	present = set(sides)
	missing = [f"contacts.{side}" for side in (CUSTOMER, OURS) if side not in present]
	missing += ["delivery_plan"] * (not (delivery_plan or "").strip())
	missing += ["communication_plan"] * (not (communication or "").strip())
	return tuple(missing)


def paid(payments: Iterable[Payment]) -> tuple[date | None, Decimal]:
	"""The day of the first payment, and what has been paid in all (C4).

	A payment that was paid back in full counts as none: then it is the next one. The sum is never below zero.
	"""
	first: date | None = None
	total = Decimal(0)
	# On one day what came in counts before what went out again.
	for one in sorted(payments, key=lambda payment: (payment.on, -payment.amount)):
		total += one.amount
		if total < _SMALLEST:
			first = None
		elif first is None:
			first = one.on
	return first, max(total, Decimal(0))
