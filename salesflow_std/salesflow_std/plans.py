"""One way to plan whatever a follow-up may be about (F1, F2, P6)."""

from __future__ import annotations

from datetime import datetime

from salesflow_std.salesflow_std import care_plans, follow_ups
from salesflow_std.salesflow_std.care_plans import CarePlanning
from salesflow_std.salesflow_std.follow_ups import CUSTOMER, Planning


def planning_of(doctype: str) -> Planning | CarePlanning:
	"""A run of planning for documents of a doctype."""
	return CarePlanning() if doctype == CUSTOMER else Planning()


def plan(doctype: str, name: str) -> datetime | None:
	"""Plans one document; returns when its next touch is due, None when it has none."""
	return care_plans.plan(name) if doctype == CUSTOMER else follow_ups.plan(doctype, name)
