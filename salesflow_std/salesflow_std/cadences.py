"""Which cadence policy a document follows, and the working days its touches are planned on (F1, F2, L8, N5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import frappe

from salesflow_std.engine import cadence
from salesflow_std.engine.scoring import Period
from salesflow_std.salesflow_std import memory, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	holidays,
	working_calendar,
)

# Which of a document's fields a condition of a policy is compared with.
_CONDITIONS = {
	"company": "company",
	"sales_stage": "sales_stage",
	"tier": "sf_tier",
	"activity": "sf_activity",
}
# All that decides which policy a document follows.
CONDITIONS = (*_CONDITIONS.values(), "sf_in_nurture")
_ENABLED = "salesflow_std.cadences"


@dataclass(frozen=True)
class Cadence:
	"""A policy with where it holds and what else it says."""

	policy: cadence.Policy
	purpose: str
	conditions: Mapping[str, str]
	for_nurture_pool: bool
	escalate: bool
	only_own_channels: bool
	send_automatically: bool
	rescore: Period | None

	@property
	def name(self) -> str:
		return self.policy.name

	def closeness(self, subject: Mapping[str, object]) -> int:
		"""How many of its conditions the document meets; -1 where it fails one."""
		wanted = list(self.conditions.items())
		if self.for_nurture_pool:
			# Goes before all others for a lead of the pool; without it, those take the pool's leads too.
			wanted = [("sf_in_nurture", 1)] * (len(_CONDITIONS) + 1) + wanted
		return len(wanted) if all(subject.get(field) == value for field, value in wanted) else -1

	def key(self, grade: str) -> str:
		"""What the rhythm of a grade is, as a text that changes when it does."""
		rhythm = self.policy.rhythm(grade)
		return f"{self.name}|{grade}|{rhythm.touches}/{rhythm.every}{rhythm.period}" if rhythm else ""


def cadences(doctype: str) -> tuple[Cadence, ...]:
	"""The enabled policies for a doctype, by name."""
	return _cadences().get(doctype, ())


def _cadences() -> dict[str, tuple[Cadence, ...]]:
	return frappe.cache.get_value(_ENABLED, generator=_read)


def _read() -> dict[str, tuple[Cadence, ...]]:
	found: dict[str, list[Cadence]] = {}
	for name in frappe.get_all("Cadence Policy", filters={"enabled": 1}, pluck="name", order_by="name"):
		doc = frappe.get_doc("Cadence Policy", name)
		found.setdefault(doc.applies_to, []).append(doc.cadence())
	return {doctype: tuple(of_doctype) for doctype, of_doctype in found.items()}


def forget() -> None:
	"""Drops what is remembered of policies, after one has changed."""
	memory.forget(_ENABLED)


def cadence_for(doctype: str, subject: Mapping[str, object], purpose: str = "Follow-up") -> Cadence | None:
	"""The policy a document follows for a purpose: the one that fits most closely, by name where two do."""
	best, closest = None, -1
	for candidate in cadences(doctype):
		if candidate.purpose == purpose:
			close = candidate.closeness(subject)
			if close > closest:
				best, closest = candidate, close
	return best


def conditions_of(doc: Mapping[str, object]) -> dict[str, str]:
	"""The conditions a policy record sets, by the document's field they look at."""
	return {field: doc.get(name) for name, field in _CONDITIONS.items() if doc.get(name)}


class Planners:
	"""Planners of a run, shared by all documents with the same policy and the same days off."""

	def __init__(self) -> None:
		self._days: dict[tuple, cadence.Days] = {}
		self._planners: dict[tuple, cadence.Planner] = {}

	def days(self, company: str | None, rep: str, holiday_list: str | None) -> cadence.Days:
		"""The days on which both the rep and the customer work (F4)."""
		key = (company, rep, holiday_list)
		if key not in self._days:
			off = reps.days_off(rep) | frozenset(holidays(holiday_list))
			same = (company, off)
			self._days[key] = self._days.setdefault(same, cadence.Days(working_calendar(company), off))
		return self._days[key]

	def planner(
		self, of: Cadence | None, company: str | None, rep: str, holiday_list: str | None
	) -> cadence.Planner:
		"""The planner of a policy on these days; without one it knows how soon to answer and to try again."""
		days = self.days(company, rep, holiday_list)
		policy = of.policy if of else _NO_POLICY
		key = (policy.name, id(days))
		if key not in self._planners:
			self._planners[key] = cadence.Planner(policy, days)
		return self._planners[key]


_NO_POLICY = cadence.Policy("", {}, ())
