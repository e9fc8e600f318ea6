"""When a customer is asked for renewal, and what became of renewals and referrals (A5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

RENEWED, LATER, NOT_RENEWED = "Renewed", "Later", "Not Renewed"
# What nobody has written down yet: the contract still runs, or it has ended without a word.
OPEN, LAPSED = "Open", "Lapsed"

OPPORTUNITY, WON, LOST = "Opportunity", "Won", "Lost"

# Where a date to ask again lies behind the contract's end, somebody else hears of it a week after it.
_AFTER_THE_END = timedelta(days=7)

# Statuses of ERPNext's Lead and Opportunity.
_LEAD_MOVED_ON = ("Opportunity", "Quotation", "Converted")
_LEAD_ENDED = ("Do Not Contact", "Lost Quotation")
_OPPORTUNITY_WON, _OPPORTUNITY_LOST = "Converted", "Lost"


# Renewal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Renewal:
	"""A contract that ends: when the customer was asked, and one of the outcomes or ""."""

	end: date
	asked_on: date | None = None
	outcome: str = ""


@dataclass(frozen=True)
class Renewals:
	"""How some renewals came out. `rate` is the share of the decided ones that were renewed (0-1), None without any.

	Decided are those renewed, those not renewed, and those that ended without a word.
	"""

	contracts: int
	asked: int
	renewed: int
	later: int
	not_renewed: int
	lapsed: int
	open: int
	rate: float | None


def ask_on(end: date, days: int) -> date:
	"""The day on which the customer of a contract is to be asked: that many days before it ends (A5)."""
	return end - timedelta(days=max(days, 0))


def late_on(due: date, end: date) -> date:
	"""The day on which the manager hears that nobody has asked: when half the time until the end is over."""
	if due >= end:
		return due + _AFTER_THE_END
	return due + (end - due) / 2


def standing(renewal: Renewal, today: date) -> str:
	"""The outcome of a renewal; without one it is Open, and Lapsed once the contract has ended."""
	if renewal.outcome in (RENEWED, NOT_RENEWED, LATER):
		return renewal.outcome
	return LAPSED if renewal.end < today else OPEN


def tally(renewals: Iterable[Renewal], today: date) -> Renewals:
	"""Counts renewals by how they stand."""
	renewals = list(renewals)
	told = Counter(standing(one, today) for one in renewals)
	decided = told[RENEWED] + told[NOT_RENEWED] + told[LAPSED]
	return Renewals(
		contracts=len(renewals),
		asked=sum(one.asked_on is not None for one in renewals),
		renewed=told[RENEWED],
		later=told[LATER],
		not_renewed=told[NOT_RENEWED],
		lapsed=told[LAPSED],
		open=told[OPEN],
		rate=told[RENEWED] / decided if decided else None,
	)


# Referral --------------------------------------------------------------------------------------------------


def outcome(
	lead_status: str, is_invalid: bool, opportunities: Iterable[str] = (), has_order: bool = False
) -> str:
	"""What came of a lead that somebody has referred: Opportunity, Won, Lost, or "" while it is a lead (A5).

	`opportunities` are the statuses of its opportunities. Lost is one that nobody works on any more.
	"""
	statuses = list(opportunities)
	if has_order or _OPPORTUNITY_WON in statuses:
		return WON
	if statuses:
		return LOST if all(status == _OPPORTUNITY_LOST for status in statuses) else OPPORTUNITY
	if is_invalid or lead_status in _LEAD_ENDED:
		return LOST
	return OPPORTUNITY if lead_status in _LEAD_MOVED_ON else ""


def thanks_for(outcome: str, thanked: str) -> str:
	"""What the referrer is thanked for now, "" for nothing: once for the opportunity, and again when it is won (A5).

	`thanked` is the last thing they were thanked for. One that is won at once is thanked for once.
	"""
	if outcome == WON and thanked != WON:
		return WON
	return OPPORTUNITY if outcome == OPPORTUNITY and not thanked else ""


@dataclass(frozen=True)
class Referrals:
	"""What came of some referrals. The rates are shares of the leads (0-1), None without any."""

	leads: int
	opportunities: int
	won: int
	lost: int
	opportunity_rate: float | None
	won_rate: float | None


def referrals(outcomes: Iterable[str]) -> Referrals:
	"""Counts referred leads by what came of them; one that is won was an opportunity as well."""
	outcomes = list(outcomes)
	told, leads = Counter(outcomes), len(outcomes)
	reached = told[OPPORTUNITY] + told[WON]
	return Referrals(
		leads=leads,
		opportunities=reached,
		won=told[WON],
		lost=told[LOST],
		opportunity_rate=reached / leads if leads else None,
		won_rate=told[WON] / leads if leads else None,
	)
