"""How well a company fits a target customer profile, dimension by dimension with the reason (L4).

A profile asks for some of seven dimensions; what it leaves empty is not compared. What is not known about the
company is unknown: it never counts as met, and is reported apart, as what the fit could still become.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .scoring import MAX_POINTS, MIN_POINTS

# As ERPNext counts employees.
EMPLOYEES = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1000+")

INDUSTRY = "Industry"
SIZE = "Employees"
REVENUE = "Annual Revenue"
TERRITORY = "Territory"
PAIN_POINTS = "Pain Points"
BUDGET = "Budget"
CHAIN = "Decision Chain"
DIMENSIONS = (INDUSTRY, SIZE, REVENUE, TERRITORY, PAIN_POINTS, BUDGET, CHAIN)

MET, PARTLY, NOT_MET, UNKNOWN = "Met", "Partly Met", "Not Met", "Unknown"

# Percentages are shown with one decimal at most; two that differ by less are the same.
_DECIMALS = 1

# Of the roles that are there as asked for, those known only, and those nobody is known for.
CHAIN_REASONS = (
	"Known and reached as asked for: {roles}.",
	"Known, but not reached: {roles}.",
	"Nobody known yet: {roles}.",
)

# (from, to) -> how much of `to` one of `from` is; None where nobody knows.
Rates = Callable[[str, str], float | None]


@dataclass(frozen=True)
class Span:
	"""From `low` to `high`, both included; None leaves that side open."""

	low: float | None = None
	high: float | None = None
	currency: str = ""


@dataclass(frozen=True)
class Person:
	"""Somebody of the decision chain who is still with the company."""

	role: str
	reached: bool = False


@dataclass(frozen=True)
class Target:
	"""A target customer profile. `within` are its territories with all below them, `around` those above them.

	`roles` maps a role to whether the person must be reached; to be known is enough otherwise. `weights` are
	by dimension, 1 where none is given.
	"""

	name: str
	industries: frozenset[str] = frozenset()
	territories: tuple[str, ...] = ()
	within: frozenset[str] = frozenset()
	around: frozenset[str] = frozenset()
	employees_from: str = ""
	employees_to: str = ""
	revenue: Span | None = None
	budget_from: float | None = None
	currency: str = ""
	pain_points: frozenset[str] = frozenset()
	roles: tuple[tuple[str, bool], ...] = ()
	weights: Mapping[str, float] = field(default_factory=dict)

	def asked(self) -> tuple[str, ...]:
		"""The dimensions that count: those that ask for something and have a weight."""
		asks = {
			INDUSTRY: self.industries,
			SIZE: self.employees_from or self.employees_to,
			REVENUE: self.revenue,
			TERRITORY: self.territories,
			PAIN_POINTS: self.pain_points,
			BUDGET: self.budget_from,
			CHAIN: self.roles,
		}
		return tuple(d for d in DIMENSIONS if asks[d] and self.weights.get(d, 1) > 0)


@dataclass(frozen=True)
class Facts:
	"""What is known of a company; None or empty is unknown. Money is in `currency` and `budget.currency`."""

	industry: str | None = None
	employees: str | None = None
	revenue: float | None = None
	currency: str = ""
	territory: str | None = None
	pain_points: frozenset[str] = frozenset()
	budget: Span | None = None
	chain: frozenset[Person] = frozenset()


@dataclass(frozen=True)
class Reason:
	"""A sentence whose `template` the desk translates and `params` fill in: texts, tuples of texts, or Spans."""

	template: str
	params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
	"""One dimension: `share` of it is met, `open` of it unknown, the rest is not met; each 0-1."""

	dimension: str
	weight: float
	share: float
	open: float
	why: tuple[Reason, ...]

	@property
	def outcome(self) -> str:
		"""Met, Partly Met, Not Met or Unknown."""
		if self.share >= 1:
			return MET
		if self.share > 0:
			return PARTLY
		return UNKNOWN if self.open > 0 else NOT_MET


@dataclass(frozen=True)
class Fit:
	"""How well facts fit one target: `percent` is met, `could_be` once all that is unknown turns out as met."""

	target: str
	percent: float
	could_be: float
	lines: tuple[Line, ...]

	def line(self, dimension: str) -> Line | None:
		"""The line of a dimension, None where the target does not ask for it."""
		return next((line for line in self.lines if line.dimension == dimension), None)

	def count(self, outcome: str) -> int:
		"""How many dimensions came out that way."""
		return sum(line.outcome == outcome for line in self.lines)


def no_rates(source: str, target: str) -> float | None:
	"""Knows no exchange rate but that of a currency to itself."""
	return 1.0 if source == target else None


def fit(target: Target, facts: Facts, rates: Rates = no_rates) -> Fit:
	"""Compares facts with a target (L4): weighted met / weighted asked, in percent."""
	lines = tuple(_line(target, facts, dimension, rates) for dimension in target.asked())
	total = math.fsum(line.weight for line in lines)

	def percent(shares: Iterable[float]) -> float:
		met = math.fsum(line.weight * share for line, share in zip(lines, shares, strict=True))
		return round(min(100.0, 100 * met / total), _DECIMALS) if total else 0.0

	return Fit(
		target.name,
		percent(line.share for line in lines),
		percent(min(1.0, line.share + line.open) for line in lines),
		lines,
	)


def ranked(targets: Iterable[Target], facts: Facts, rates: Rates = no_rates) -> list[Fit]:
	"""All fits, the best first: highest fit, then fewest dimensions not met, then by name."""
	return sorted(
		(fit(target, facts, rates) for target in targets),
		key=lambda one: (-one.percent, one.count(NOT_MET), one.target),
	)


def best(targets: Iterable[Target], facts: Facts, rates: Rates = no_rates, at_least: float = 0) -> Fit | None:
	"""The best-matching target; None where none is met at all, or by less than `at_least` percent."""
	first = next(iter(ranked(targets, facts, rates)), None)
	return first if first and first.percent > 0 and first.percent >= at_least else None


def points(line: Line) -> int | None:
	"""The points (1-5) that a dimension would propose to a person who scores; None while it is unknown."""
	outcome = line.outcome
	if outcome == UNKNOWN:
		return None
	if outcome == PARTLY:
		between = MIN_POINTS + round((MAX_POINTS - MIN_POINTS) * line.share)
		return min(MAX_POINTS - 1, max(MIN_POINTS + 1, between))
	return MAX_POINTS if outcome == MET else MIN_POINTS


def _line(target: Target, facts: Facts, dimension: str, rates: Rates) -> Line:
	share, unknown, *why = _COMPARE[dimension](target, facts, rates)
	return Line(dimension, float(target.weights.get(dimension, 1)), share, unknown, tuple(why))


# Each gives the share that is met, the share that is unknown, and why.


def _industry(target: Target, facts: Facts, rates: Rates) -> tuple:
	if not facts.industry:
		return 0.0, 1.0, Reason("The industry is not known.")
	if facts.industry in target.industries:
		return 1.0, 0.0, Reason("{industry} is a target industry.", {"industry": facts.industry})
	wanted = {"industry": facts.industry, "industries": tuple(sorted(target.industries))}
	return 0.0, 0.0, Reason("{industry} is none of the target industries: {industries}.", wanted)


def _employees(target: Target, facts: Facts, rates: Rates) -> tuple:
	if facts.employees not in EMPLOYEES:
		return 0.0, 1.0, Reason("The number of employees is not known.")
	place = EMPLOYEES.index(facts.employees)
	low = EMPLOYEES.index(target.employees_from) if target.employees_from in EMPLOYEES else 0
	high = EMPLOYEES.index(target.employees_to) if target.employees_to in EMPLOYEES else len(EMPLOYEES)
	wanted = {"employees": facts.employees, "wanted": employees_span(target)}
	if low <= place <= high:
		return 1.0, 0.0, Reason("{employees} employees are within {wanted}.", wanted)
	return 0.0, 0.0, Reason("{employees} employees are not within {wanted}.", wanted)


def employees_span(target: Target) -> str:
	"""The employees a target asks for as one span: "51-500", "201+"."""
	low = (target.employees_from or EMPLOYEES[0]).rstrip("+").partition("-")[0]
	high = (target.employees_to or EMPLOYEES[-1]).rpartition("-")[2]
	return f"{low}+" if high.endswith("+") else f"{low}-{high}"


def _revenue(target: Target, facts: Facts, rates: Rates) -> tuple:
	if not facts.revenue:
		return 0.0, 1.0, Reason("The annual revenue is not known.")
	rate = rates(facts.currency, target.currency)
	if not rate:
		return 0.0, 1.0, _no_rate(facts.currency, target.currency)
	span, revenue = target.revenue, facts.revenue * rate
	said = {"revenue": Span(facts.revenue, facts.revenue, facts.currency), "wanted": span}
	if (span.low is None or revenue >= span.low) and (span.high is None or revenue <= span.high):
		return 1.0, 0.0, Reason("An annual revenue of {revenue} fits: {wanted} is asked for.", said)
	return 0.0, 0.0, Reason("An annual revenue of {revenue} does not fit: {wanted} is asked for.", said)


def _no_rate(source: str, target: str) -> Reason:
	return Reason(
		"There is no exchange rate from {source} to {target}.", {"source": source, "target": target}
	)


def _territory(target: Target, facts: Facts, rates: Rates) -> tuple:
	if not facts.territory:
		return 0.0, 1.0, Reason("The territory is not known.")
	said = {"territory": facts.territory, "territories": target.territories}
	if facts.territory in target.within:
		return 1.0, 0.0, Reason("{territory} is a target territory.", {"territory": facts.territory})
	if facts.territory in target.around:
		# Somewhere in Asia may be in China.
		return 0.0, 1.0, Reason("{territory} says too little: only parts of it are asked for.", said)
	return 0.0, 0.0, Reason("{territory} is not in the target territories: {territories}.", said)


def _pain_points(target: Target, facts: Facts, rates: Rates) -> tuple:
	if not facts.pain_points:
		return 0.0, 1.0, Reason("No pain point is known.")
	common = tuple(sorted(facts.pain_points & target.pain_points))
	if common:
		return 1.0, 0.0, Reason("Has a pain point we look for: {tags}.", {"tags": common})
	wanted = {"tags": tuple(sorted(target.pain_points))}
	return 0.0, 0.0, Reason("Has none of the pain points we look for: {tags}.", wanted)


def _budget(target: Target, facts: Facts, rates: Rates) -> tuple:
	budget = facts.budget
	if budget is None or (not budget.low and not budget.high):
		return 0.0, 1.0, Reason("The budget is not known.")
	rate = rates(budget.currency, target.currency)
	if not rate:
		return 0.0, 1.0, _no_rate(budget.currency, target.currency)
	said = {"budget": budget, "wanted": Span(target.budget_from, None, target.currency)}
	certain, possible = (bool(end) and end * rate >= target.budget_from for end in (budget.low, budget.high))
	if certain:
		return 1.0, 0.0, Reason("A budget of {budget} is enough: {wanted} is asked for.", said)
	if possible:
		# Half of it: the lower end falls short, or nobody has said it.
		unknown = 0.0 if budget.low else 0.5
		return 0.5, unknown, Reason("A budget of {budget} may be enough: {wanted} is asked for.", said)
	if not budget.high:
		return 0.0, 0.5, Reason("How far the budget goes is not known: {wanted} is asked for.", said)
	return 0.0, 0.0, Reason("A budget of {budget} is too small: {wanted} is asked for.", said)


def _chain(target: Target, facts: Facts, rates: Rates) -> tuple:
	known = {person.role for person in facts.chain}
	reached = {person.role for person in facts.chain if person.reached}
	there, waiting, missing = [], [], []
	for role, must_be_reached in target.roles:
		met = role in (reached if must_be_reached else known)
		(there if met else waiting if role in known else missing).append(role)
	why = [
		Reason(template, {"roles": tuple(roles)})
		for template, roles in zip(CHAIN_REASONS, (there, waiting, missing), strict=True)
		if roles
	]
	count = len(target.roles)
	return len(there) / count, len(missing) / count, *why


_COMPARE = {
	INDUSTRY: _industry,
	SIZE: _employees,
	REVENUE: _revenue,
	TERRITORY: _territory,
	PAIN_POINTS: _pain_points,
	BUDGET: _budget,
	CHAIN: _chain,
}
