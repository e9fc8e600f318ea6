"""What the funnel says in words: the bottleneck, what it is measured by, and what cannot be added up (M3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import fmt_money

from salesflow_std.engine import funnel as rules
from salesflow_std.engine.intervals import Interval
from salesflow_std.salesflow_std import stage_funnel


def bottleneck(found: rules.Bottleneck, currency: str | None) -> str:
	"""The bottleneck as plain sentences."""
	said = found.words
	facts = (
		_(said["stage"]),
		said["went_on"],
		said["decided"],
		number(said["percent"]),
		number(said["low"]),
		number(said["high"]),
		number(said["goal"]),
	)
	if found.basis == rules.BY_GOAL:
		what = _("In {0} {1} of the {2} decided deals went on, {3} % ({4}–{5} %), against a goal of {6} %.")
	else:
		what = _(
			"In {0} {1} of the {2} decided deals went on, {3} % ({4}–{5} %), against {6} % in the period before."
		)
	sentence = what.format(*facts)
	if found.cost:
		money = fmt_money(round(found.cost), precision=0, currency=currency)
		cost = _("At the rates of the stages after it and the average won value that is about {0} not won.")
	else:
		money = number(found.missing * found.after)
		cost = _("At the rates of the stages after it that is about {0} deals not won.")
	return f"{sentence} {cost.format(money)}"


def of_bottleneck(
	cohort: stage_funnel.Cohort, stages: list[rules.Stage], goals: dict[tuple[str, str], float]
) -> str | None:
	"""What there is to say of bottlenecks; None where no stage has enough deals to be judged."""
	wanted, before = stage_funnel.measures(cohort, stages, goals)
	found = stage_funnel.narrowest(cohort, stages, wanted, before)
	if found:
		currencies = cohort.currencies()
		return bottleneck(found, currencies[0] if len(currencies) == 1 else None)
	if wanted or before or not stages or not any(stage.reached for stage in stages):
		return None
	return _(
		"There is nothing to name a bottleneck by: no goals for the conversion of this period, and too few deals here or "
		"in the period before."
	)


def several_currencies(currencies: list[str]) -> str:
	"""Why no values are shown."""
	return _("The values are in {0} and are not added up. Choose a company, or group by company.").format(
		", ".join(currencies)
	)


def interval(found: Interval | None) -> str | None:
	"""An interval of shares in percent, as text."""
	return None if found is None else f"{number(100 * found.low)}–{number(100 * found.high)} %"


def number(value: float) -> str:
	"""A number with one digit, none where it is whole."""
	return f"{value:.1f}".removesuffix(".0")


def undated(process: str) -> str | None:
	"""How many opportunities are in no cohort."""
	count = stage_funnel.undated(process)
	if not count:
		return None
	return _("{0} opportunities carry no date of entry and belong to no period.").format(count)


def company_currency(company: str | None) -> str | None:
	return frappe.get_cached_value("Company", company, "default_currency") if company else None
