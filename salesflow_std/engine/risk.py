"""How much speaks for losing a customer, by the reasons there are (A4, A5, P6).

The weights say which customer to call first; they are no probability.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LOW_MARK, DETRACTOR = "Low Mark", "Would Not Recommend"
COMPLAINT_LATE, COMPLAINT_OPEN = "Complaint Late", "Complaint Open"
SILENT, FALLING = "Silent", "Falling Activity"
DELIVERY_LATE, HIGH_RISK, SYNC_MISSED = "Delivery Late", "High Risk in Delivery", "Weekly Sync Missed"
CONTRACT_ENDING, CONTRACT_ENDED = "Contract Ending, Not Asked", "Contract Ended without a Word"
TOUCH_MISSED, INVOICE_OVERDUE, LOSS_ANALYSIS = "Care Missed", "Invoice Overdue", "Loss Analysis Open"

# Reason -> its weight, the heaviest first.
WEIGHTS = {
	COMPLAINT_LATE: 4,
	LOW_MARK: 3,
	SILENT: 3,
	DELIVERY_LATE: 3,
	CONTRACT_ENDED: 3,
	LOSS_ANALYSIS: 2,
	COMPLAINT_OPEN: 2,
	DETRACTOR: 2,
	HIGH_RISK: 2,
	CONTRACT_ENDING: 2,
	INVOICE_OVERDUE: 2,
	FALLING: 1,
	SYNC_MISSED: 1,
	TOUCH_MISSED: 1,
}

BANDS = HIGH, MEDIUM, LOW = "High", "Medium", "Low"
# From which weight on a risk is high, and medium: two heavy reasons, one heavy reason.
_HIGH_FROM, _MEDIUM_FROM = 6, 3

# What lies further back speaks of nothing any more.
_MISSED_TOUCHES, _MISSED_WEEKS, _ENDED = timedelta(days=90), timedelta(days=28), timedelta(days=90)


@dataclass(frozen=True)
class Since:
	"""The days from which on missed touches, missed weeks and contracts that have ended still count."""

	touches: date
	weeks: date
	ended: date


def since(today: date) -> Since:
	"""From when on things count today."""
	return Since(today - _MISSED_TOUCHES, today - _MISSED_WEEKS, today - _ENDED)


def weight(reasons: Iterable[str]) -> int:
	"""What the reasons weigh together, each counted once; a complaint that is late is not counted as open besides."""
	return sum(WEIGHTS[reason] for reason in counted(reasons))


def counted(reasons: Iterable[str]) -> list[str]:
	"""The reasons that count, the heaviest first."""
	found = set(reasons)
	for worse, milder in ((COMPLAINT_LATE, COMPLAINT_OPEN), (SILENT, FALLING)):
		if worse in found:
			found.discard(milder)
	return [reason for reason in WEIGHTS if reason in found]


def band(weight: int) -> str:
	"""High, Medium or Low."""
	return HIGH if weight >= _HIGH_FROM else MEDIUM if weight >= _MEDIUM_FROM else LOW
