"""Fit to target customer profiles (L4): the dimensions one by one, and what holds for every profile and company."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from salesflow_std.engine import fit
from salesflow_std.engine.fit import Facts, Person, Span, Target

checked = settings(deadline=None, max_examples=200)

TARGET = Target(
	name="Mid-size manufacturers",
	industries=frozenset({"Manufacturing", "Automotive"}),
	territories=("China",),
	within=frozenset({"China", "Shanghai"}),
	around=frozenset({"Asia", "All Territories"}),
	employees_from="51-200",
	employees_to="501-1000",
	revenue=Span(1_000_000, 50_000_000),
	budget_from=100_000,
	currency="CNY",
	pain_points=frozenset({"Downtime", "Scrap"}),
	roles=(("Decision Maker", True), ("Purchasing", False)),
)
FITTING = Facts(
	industry="Manufacturing",
	employees="201-500",
	revenue=2_000_000,
	currency="CNY",
	territory="Shanghai",
	pain_points=frozenset({"Scrap"}),
	budget=Span(100_000, 200_000, "CNY"),
	chain=frozenset({Person("Decision Maker", True), Person("Purchasing")}),
)


def line(dimension: str, facts: Facts, target: Target = TARGET, rates: fit.Rates = fit.no_rates) -> fit.Line:
	found = fit.fit(target, facts, rates).line(dimension)
	assert found
	return found


def test_what_fits_in_everything_fits_wholly():
	result = fit.fit(TARGET, FITTING)
	assert (result.percent, result.could_be, result.count(fit.MET)) == (100, 100, 7)


def test_nothing_known_is_nothing_met_and_all_open():
	result = fit.fit(TARGET, Facts())
	assert (result.percent, result.could_be, result.count(fit.UNKNOWN)) == (0, 100, 7)
	assert fit.best([TARGET], Facts()) is None


def test_what_fits_too_little_is_no_match():
	half = Target(
		"Half", industries=frozenset({"Retail"}), territories=("China",), within=frozenset({"China"})
	)
	facts = Facts(industry="Retail")
	assert fit.best([half], facts, at_least=50).percent == 50
	assert fit.best([half], facts, at_least=50.1) is None
	assert fit.best([half], Facts(), at_least=0) is None


def test_what_is_not_asked_for_is_not_compared():
	target = Target("T", industries=frozenset({"Manufacturing"}), budget_from=5)
	assert target.asked() == (fit.INDUSTRY, fit.BUDGET)
	weighted = replace(target, weights={fit.BUDGET: 0})
	assert weighted.asked() == (fit.INDUSTRY,)
	assert fit.fit(weighted, Facts(industry="Manufacturing")).percent == 100


def test_weights_and_the_unknown():
	"""60 % are met; the unknown budget (a quarter) could make it 85 %."""
	target = Target(
		"T",
		industries=frozenset({"Manufacturing"}),
		territories=("China",),
		within=frozenset({"China"}),
		budget_from=5,
		weights={fit.INDUSTRY: 12, fit.TERRITORY: 3, fit.BUDGET: 5},
	)
	result = fit.fit(target, Facts(industry="Manufacturing", territory="Peru"))
	assert (result.percent, result.could_be) == (60, 85)


@pytest.mark.parametrize(
	("employees", "outcome"),
	[
		("11-50", fit.NOT_MET),
		("51-200", fit.MET),
		("501-1000", fit.MET),
		("1000+", fit.NOT_MET),
		(None, fit.UNKNOWN),
		("many", fit.UNKNOWN),
	],
)
def test_employees(employees, outcome):
	assert line(fit.SIZE, Facts(employees=employees)).outcome == outcome


@pytest.mark.parametrize(
	("low", "high", "span"),
	[
		("51-200", "501-1000", "51-1000"),
		("201-500", "", "201+"),
		("", "201-500", "1-500"),
		("1000+", "", "1000+"),
		("11-50", "11-50", "11-50"),
	],
)
def test_the_employees_asked_for_read_as_one_span(low, high, span):
	assert fit.employees_span(Target("T", employees_from=low, employees_to=high)) == span


@pytest.mark.parametrize(
	("territory", "outcome"),
	[
		("China", fit.MET),
		("Shanghai", fit.MET),
		("Peru", fit.NOT_MET),
		("Asia", fit.UNKNOWN),
		("All Territories", fit.UNKNOWN),
		(None, fit.UNKNOWN),
	],
)
def test_a_territory_above_the_target_says_too_little(territory, outcome):
	assert line(fit.TERRITORY, Facts(territory=territory)).outcome == outcome


@pytest.mark.parametrize(
	("low", "high", "share", "unknown"),
	[
		(100_000, 300_000, 1, 0),
		(100_000, None, 1, 0),
		(50_000, 100_000, 0.5, 0),
		(None, 100_000, 0.5, 0.5),
		(50_000, None, 0, 0.5),
		(50_000, 99_999, 0, 0),
		(None, 99_999, 0, 0),
		(None, None, 0, 1),
	],
)
def test_budget(low, high, share, unknown):
	found = line(fit.BUDGET, Facts(budget=Span(low, high, "CNY")))
	assert (found.share, found.open) == (share, unknown)


def test_money_in_another_currency_is_converted_or_unknown():
	facts = Facts(revenue=200_000, currency="EUR", budget=Span(20_000, 30_000, "EUR"))
	rates = lambda source, target: {("EUR", "CNY"): 8.0}.get((source, target))  # noqa: E731
	assert line(fit.REVENUE, facts, rates=rates).outcome == fit.MET
	assert line(fit.BUDGET, facts, rates=rates).outcome == fit.MET
	for dimension in (fit.REVENUE, fit.BUDGET):
		unknown = line(dimension, facts)
		assert unknown.outcome == fit.UNKNOWN
		assert unknown.why[0].params == {"source": "EUR", "target": "CNY"}


@pytest.mark.parametrize(
	("chain", "outcome", "templates"),
	[
		((), fit.UNKNOWN, ["Nobody known yet: {roles}."]),
		(
			(Person("Decision Maker"),),
			fit.UNKNOWN,
			["Known, but not reached: {roles}.", "Nobody known yet: {roles}."],
		),
		((Person("Decision Maker"), Person("Purchasing", True)), fit.PARTLY, None),
		((Person("Decision Maker"), Person("Decision Maker", True), Person("Purchasing")), fit.MET, None),
		((Person("User", True),), fit.UNKNOWN, None),
	],
)
def test_decision_chain(chain, outcome, templates):
	found = line(fit.CHAIN, Facts(chain=frozenset(chain)))
	assert found.outcome == outcome
	if templates:
		assert [reason.template for reason in found.why] == templates


def test_known_but_not_reached_is_not_met():
	target = Target("T", roles=(("Decision Maker", True),))
	assert line(fit.CHAIN, Facts(chain=frozenset({Person("Decision Maker")})), target).outcome == fit.NOT_MET


def test_one_pain_point_is_enough():
	assert line(fit.PAIN_POINTS, Facts(pain_points=frozenset({"Scrap", "Paper"}))).outcome == fit.MET
	assert line(fit.PAIN_POINTS, Facts(pain_points=frozenset({"Paper"}))).outcome == fit.NOT_MET


def test_the_best_has_the_highest_fit_then_fewest_not_met_then_the_first_name():
	facts = Facts(industry="Manufacturing", territory="Peru")
	half = {"industries": frozenset({"Manufacturing"})}
	not_met = Target("A", **half, territories=("China",), within=frozenset({"China"}))
	unknown = Target("B", **half, budget_from=5)
	alike = Target("C", **half, budget_from=5)
	assert [one.target for one in fit.ranked([alike, not_met, unknown], facts)] == ["B", "C", "A"]
	wholly = Target("Z", **half)
	assert fit.best([alike, not_met, unknown, wholly], facts).target == "Z"


@pytest.mark.parametrize(
	("share", "unknown", "points"),
	[
		(1, 0, 5),
		(0.9, 0, 4),
		(2 / 3, 1 / 3, 4),
		(0.5, 0.5, 3),
		(0.1, 0, 2),
		(0, 0, 1),
		(0, 0.5, None),
		(0, 1, None),
	],
)
def test_points_that_a_dimension_proposes(share, unknown, points):
	"""Met 5, not met 1, partly between them, and nothing for what is unknown: no points are invented."""
	assert fit.points(fit.Line(fit.BUDGET, 1, share, unknown, ())) == points


# What holds for all ----------------------------------------------------------------------------------------

names = st.sampled_from("abcdef")
some = st.frozensets(names, max_size=3)
money = st.none() | st.integers(1, 1000).map(float)
roles = st.sampled_from(["Decision Maker", "Influencer", "User", "Purchasing"])
bands = st.sampled_from(["", *fit.EMPLOYEES])


@st.composite
def spans(draw: st.DrawFn) -> Span | None:
	low, high = draw(money), draw(money)
	if low and high and low > high:
		low, high = high, low
	return Span(low, high, draw(st.sampled_from(["CNY", "EUR"]))) if low or high else None


@st.composite
def targets(draw: st.DrawFn) -> Target:
	low, high = draw(bands), draw(bands)
	if low and high and fit.EMPLOYEES.index(low) > fit.EMPLOYEES.index(high):
		low, high = high, low
	territories = draw(some)
	revenue = draw(spans())
	target = Target(
		name=draw(names),
		industries=draw(some),
		territories=tuple(sorted(territories)),
		within=territories,
		around=draw(some) - territories,
		employees_from=low,
		employees_to=high,
		revenue=revenue and replace(revenue, currency="CNY"),
		budget_from=draw(money),
		currency="CNY",
		pain_points=draw(some),
		roles=tuple(draw(st.dictionaries(roles, st.booleans(), max_size=3)).items()),
		weights=draw(
			st.dictionaries(st.sampled_from(fit.DIMENSIONS), st.integers(0, 500).map(lambda n: n / 100))
		),
	)
	assume(target.asked())
	return target


@st.composite
def companies(draw: st.DrawFn) -> Facts:
	return Facts(
		industry=draw(st.none() | names),
		employees=draw(st.none() | st.sampled_from(fit.EMPLOYEES)),
		revenue=draw(money),
		currency=draw(st.sampled_from(["CNY", "EUR"])),
		territory=draw(st.none() | names),
		pain_points=draw(some),
		budget=draw(spans()),
		chain=frozenset(draw(st.lists(st.builds(Person, roles, st.booleans()), max_size=3))),
	)


def rates(source: str, target: str) -> float | None:
	return {("EUR", "CNY"): 8.0}.get((source, target), fit.no_rates(source, target))


@checked
@given(targets(), companies())
def test_percentages_are_percentages_and_explained(target, facts):
	result = fit.fit(target, facts, rates)
	assert 0 <= result.percent <= result.could_be <= 100
	assert [one.dimension for one in result.lines] == list(target.asked())
	for one in result.lines:
		assert 0 <= one.share <= 1 and 0 <= one.open <= 1 and one.share + one.open <= 1 + 1e-9
		assert one.why and all(reason.template and reason.params is not None for reason in one.why)


@checked
@given(targets(), companies())
def test_the_unknown_never_counts_as_met(target, facts):
	"""Without the unknown dimensions as without the facts that nobody has: the same percentage of the same whole."""
	result = fit.fit(target, facts, rates)
	weight = sum(one.weight for one in result.lines)
	met = sum(one.weight * one.share for one in result.lines if one.outcome != fit.UNKNOWN)
	assert result.percent == pytest.approx(100 * met / weight, abs=0.051)


@checked
@given(st.lists(targets(), min_size=1, max_size=4, unique_by=lambda t: t.name), companies(), st.randoms())
def test_the_order_of_targets_does_not_matter(several, facts, random):
	shuffled = list(several)
	random.shuffle(shuffled)
	assert fit.ranked(several, facts, rates) == fit.ranked(shuffled, facts, rates)
	best = fit.best(several, facts, rates)
	percents = [fit.fit(target, facts, rates).percent for target in several]
	assert (best.percent if best else 0) == max(percents)


FIELDS = ("industry", "employees", "revenue", "territory", "pain_points", "budget", "chain")


@checked
@given(targets(), companies(), st.sampled_from(FIELDS))
def test_learning_a_fact_never_lowers_the_fit(target, facts, fact):
	"""From unknown to anything: what is met can only grow, and no more than was said to be possible."""
	before = fit.fit(target, replace(facts, **{fact: Facts().__getattribute__(fact)}), rates)
	after = fit.fit(target, facts, rates)
	assert before.percent <= after.percent
	assert after.could_be <= before.could_be


@checked
@given(targets(), companies(), st.builds(Person, roles, st.booleans()), names)
def test_one_more_person_or_pain_point_never_lowers_the_fit(target, facts, person, tag):
	before = fit.fit(target, facts, rates).percent
	assert fit.fit(target, replace(facts, chain=facts.chain | {person}), rates).percent >= before
	assert fit.fit(target, replace(facts, pain_points=facts.pain_points | {tag}), rates).percent >= before
	reached = frozenset(replace(one, reached=True) for one in facts.chain)
	assert fit.fit(target, replace(facts, chain=reached), rates).percent >= before


@checked
@given(targets(), companies())
def test_points_follow_the_outcome(target, facts):
	for one in fit.fit(target, facts, rates).lines:
		points = fit.points(one)
		assert (points is None) == (one.outcome == fit.UNKNOWN)
		assert (
			points
			in {fit.MET: (5,), fit.PARTLY: (2, 3, 4), fit.NOT_MET: (1,), fit.UNKNOWN: (None,)}[one.outcome]
		)
