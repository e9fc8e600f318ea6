"""How deep the business with a customer is, and how lively: tier and activity (P6).

Both are proposals with their reasons; a tier is set by a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .errors import EngineError

STRATEGIC, CORE, ORDINARY = "Strategic", "Core", "Ordinary"
TIERS = (STRATEGIC, CORE, ORDINARY)
HIGH, MEDIUM, LOW, SILENT = "High", "Medium", "Low", "Silent"
ACTIVITIES = (HIGH, MEDIUM, LOW, SILENT)

# Why a tier is proposed.
BY_SHARE, BY_MARGIN = "share", "margin"


class CareError(EngineError):
	"""Limits that contradict each other; `field` names the setting."""


@dataclass(frozen=True)
class TierLimits:
	"""Least shares of the company's net sales (0-1) of the two upper tiers, and the margin (0-1) they need; 0: any."""

	strategic_share: float = 0.05
	core_share: float = 0.01
	margin: float = 0.0


@dataclass(frozen=True)
class ActivityLimits:
	"""Days: an order within `high`, an order, touch or ticket within `medium`, none of them within `silent`."""

	high: int = 60
	medium: int = 120
	silent: int = 180


@dataclass(frozen=True)
class Proposal:
	"""A tier and what made it: its share of the sales, or a margin too low for the tier above."""

	tier: str
	because: str


def validate(tiers: TierLimits, activity: ActivityLimits) -> None:
	"""Raises CareError, naming the setting, for limits that leave a tier or an activity without customers."""
	if not 0 < tiers.core_share <= tiers.strategic_share <= 1:
		raise CareError(
			"tier_core_share", "The share of core customers lies between 0 and that of strategic ones."
		)
	if not 0 < activity.high <= activity.medium <= activity.silent:
		raise CareError("active_medium_days", "The days of activity grow: high, then medium, then silent.")


def propose_tier(share: float, margin: float | None, limits: TierLimits) -> Proposal:
	"""The tier of a customer with that share of the net sales (0-1) and margin (0-1, None where nobody knows) (P6).

	A margin below the limit costs one tier; one that nobody knows costs none.
	"""
	at = 0 if share >= limits.strategic_share else 1 if share >= limits.core_share else 2
	if at < 2 and limits.margin and margin is not None and margin < limits.margin:
		return Proposal(TIERS[at + 1], BY_MARGIN)
	return Proposal(TIERS[at], BY_SHARE)


def activity(
	today: date,
	known_since: date,
	last_order: date | None,
	last_contact: date | None,
	limits: ActivityLimits,
) -> str:
	"""How lively a customer is; `last_contact` is the last touch or ticket, whichever came later (P6).

	Somebody who has never ordered or talked falls silent that long after the day they became a customer. What lies
	ahead of today counts as today.
	"""

	def within(moment: date | None, days: int) -> bool:
		return moment is not None and (today - moment).days <= days

	if within(last_order, limits.high):
		return HIGH
	if within(last_order, limits.medium) or within(last_contact, limits.medium):
		return MEDIUM
	latest = max(filter(None, (last_order, last_contact)), default=known_since)
	return LOW if within(latest, limits.silent) else SILENT


def silent_since(known_since: date, last_order: date | None, last_contact: date | None) -> date:
	"""The day of the last order, touch or ticket, else the day they became a customer."""
	return max(filter(None, (last_order, last_contact)), default=known_since)
