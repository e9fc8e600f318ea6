"""The analysis of a customer who has fallen silent: its states and what each of them needs (P6)."""

from __future__ import annotations

from datetime import date, timedelta

OPEN, ANALYSED, OFFER_MADE = "Open", "Analysed", "Offer Made"
WON_BACK, GIVEN_UP = "Won Back", "Given Up"
# What somebody still works on, and of these what has a deadline: the causes, then the offer.
UNDER_WAY = (OPEN, ANALYSED, OFFER_MADE)
TO_DO = (OPEN, ANALYSED)

# What each state needs; `ordered` is an order since they fell silent.
NEEDS: dict[str, tuple[str, ...]] = {
	OPEN: (),
	ANALYSED: ("causes", "analysis"),
	OFFER_MADE: ("causes", "analysis", "offer_kind", "offer"),
	WON_BACK: ("ordered",),
	GIVEN_UP: ("causes", "outcome_note"),
}


def missing(status: str, there: set[str]) -> tuple[str, ...]:
	"""What of NEEDS is not `there` for a state, in its order."""
	return tuple(need for need in NEEDS[status] if need not in there)


def goes_back(before: str, status: str) -> bool:
	"""Whether a state lies behind the one before, or an ended analysis would be begun again."""
	if before not in UNDER_WAY:
		return status != before
	return status in UNDER_WAY and UNDER_WAY.index(status) < UNDER_WAY.index(before)


def oldest_news(today: date, silent_after: int, for_days: int) -> date:
	"""The earliest last sign of life of somebody who fell silent within the last days, `silent_after` days after it.

	Who fell silent before, as long ago as the app did not exist, is nobody's news.
	"""
	return today - timedelta(days=silent_after + for_days)
