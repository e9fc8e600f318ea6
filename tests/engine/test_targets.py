"""Targets add up at every level, and nobody is a rounding unit away from their share (M4)."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import targets
from salesflow_std.engine.targets import Candidate, TargetError

totals = st.integers(0, 10**12)
units = st.sampled_from((1, 7, 100, 10_000, 1_000_000))
some_weight = st.one_of(st.integers(0, 50), st.floats(0, 1e6, allow_nan=False))
weights = st.dictionaries(
	st.text("abcdefgh", min_size=1, max_size=3), some_weight, min_size=1, max_size=12
).filter(lambda found: any(found.values()))


@given(totals, weights, units)
def test_the_parts_add_up_and_none_is_a_unit_off(total, weights, unit):
	parts = targets.divide(total, weights, unit)
	assert sum(parts.values()) == total
	assert set(parts) == set(weights)
	whole = sum(map(Fraction, weights.values()))
	for key, part in parts.items():
		assert abs(part - total * Fraction(weights[key]) / whole) < unit
		assert part >= 0


@given(totals, weights, units, st.randoms())
def test_the_order_does_not_matter(total, weights, unit, random):
	shuffled = list(weights.items())
	random.shuffle(shuffled)
	assert targets.divide(total, dict(shuffled), unit) == targets.divide(total, weights, unit)


@given(totals, weights, units)
def test_who_weighs_more_gets_no_less(total, weights, unit):
	parts = targets.divide(total, weights, unit)
	ordered = sorted(weights, key=lambda key: (weights[key], parts[key]))
	for lighter, heavier in itertools.pairwise(ordered):
		if weights[lighter] < weights[heavier]:
			assert parts[lighter] <= parts[heavier]


@given(totals, weights, units)
def test_who_weighs_nothing_gets_nothing(total, weights, unit):
	parts = targets.divide(total, weights, unit)
	assert all(not parts[key] for key, weight in weights.items() if not weight)


def test_what_is_no_whole_unit_goes_to_whoever_is_next():
	assert targets.divide(1_000_050, {"a": 1, "b": 1, "c": 1}, 100) == {
		"a": 333_400,
		"b": 333_350,
		"c": 333_300,
	}


@pytest.mark.parametrize(
	("total", "weights", "unit", "field"),
	[
		(-1, {"a": 1}, 1, "total"),
		(1, {"a": -1}, 1, "weights"),
		(1, {"a": 0, "b": 0}, 1, "weights"),
		(1, {}, 1, "weights"),
		(1, {"a": float("nan")}, 1, "weights"),
		(1, {"a": float("inf")}, 1, "weights"),
		(1, {"a": 1}, 0, "unit"),
	],
)
def test_what_cannot_be_divided_is_refused(total, weights, unit, field):
	with pytest.raises(TargetError) as refused:
		targets.divide(total, weights, unit)
	assert refused.value.field == field


def test_nothing_is_divided_among_nobody():
	assert targets.divide(0, {"a": 0}) == {"a": 0}


# Shares


EVEN = {"potential": 1, "history": 1, "ability": 1}

factors = st.floats(0, 1e9, allow_nan=False)
candidates = st.lists(
	st.builds(Candidate, st.text("abcdefgh", min_size=1, max_size=3), factors, factors, factors),
	min_size=1,
	max_size=10,
	unique_by=lambda one: one.key,
)


@given(candidates, st.fixed_dictionaries(dict.fromkeys(targets.FACTORS, st.integers(0, 5))))
def test_shares_are_the_whole(candidates, weights):
	found = targets.shares(candidates, weights)
	assert sum(found.values()) == pytest.approx(1)
	assert all(share >= 0 for share in found.values())


def test_factors_are_normalised_before_they_are_weighed():
	found = targets.shares([Candidate("a", 3, 100, 1), Candidate("b", 1, 300, 1)], EVEN)
	assert found == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}
	found = targets.shares([Candidate("a", 3, 100, 1), Candidate("b", 1, 300, 1)], {**EVEN, "history": 4})
	assert found["a"] == pytest.approx((0.75 + 4 * 0.25 + 0.5) / 6)


def test_a_factor_in_which_everybody_has_nothing_is_left_out():
	found = targets.shares([Candidate("a", 3, 0, 1), Candidate("b", 1, 0, 1)], EVEN)
	assert found["a"] == pytest.approx((0.75 + 0.5) / 2)


def test_without_any_factor_shares_are_even():
	assert targets.shares([Candidate("a"), Candidate("b")], EVEN) == {"a": 0.5, "b": 0.5}
	assert targets.shares([Candidate("a", 5), Candidate("b", 1)], {}) == {"a": 0.5, "b": 0.5}


def test_fixed_shares_stay_and_the_rest_share_what_is_left():
	found = targets.shares(
		[Candidate("a", fixed=0.4), Candidate("b", 2), Candidate("c", 1)], {"potential": 1}
	)
	assert found == {"a": 0.4, "b": pytest.approx(0.4), "c": pytest.approx(0.2)}


def test_fixed_to_less_than_the_whole_leaves_something():
	assert targets.shares([Candidate("a", fixed=0.4)], EVEN) == {"a": 0.4}


@pytest.mark.parametrize(
	"candidates",
	[
		[Candidate("a", fixed=0.7), Candidate("b", fixed=0.4)],
		[Candidate("a", potential=-1), Candidate("b", 1)],
		[Candidate("a", fixed=-0.1), Candidate("b", 1)],
	],
)
def test_shares_that_cannot_be_are_refused(candidates):
	with pytest.raises(TargetError):
		targets.shares(candidates, EVEN)


def test_too_much_fixed_is_said_in_percent():
	with pytest.raises(TargetError, match=r"110\.00 %"):
		targets.shares([Candidate("a", fixed=0.7), Candidate("b", fixed=0.4)], EVEN)


# Months


@given(totals, weights, units)
def test_quarters_are_the_sums_of_their_months(total, weights, unit):
	months = sorted(weights)
	parts = targets.by_month(total, weights, unit)
	quarters = targets.by_quarter(months, parts)
	assert sum(quarters.values()) == total
	assert quarters[1] == sum(parts[month] for month in months[:3])


def test_a_season_without_any_weight_is_even():
	assert targets.by_month(1200, dict.fromkeys(range(12), 0)) == dict.fromkeys(range(12), 100)


@given(st.dictionaries(st.integers(1, 12), st.integers(0, 10**6), min_size=1), st.integers(0, 10**7), units)
def test_a_difference_is_spread(parts, total, unit):
	found = targets.spread(total - sum(parts.values()), parts, unit)
	assert sum(found.values()) == total


def test_more_cannot_be_taken_away_than_there_is():
	with pytest.raises(TargetError):
		targets.spread(-11, {1: 5, 2: 5})


def test_who_stands_above_another_is_found():
	spans = {"root": (1, 10), "north": (2, 5), "a": (3, 4), "b": (6, 7), "c": (8, 9)}
	assert targets.above(["a", "b", "c"], spans) == []
	assert targets.above(["north", "b"], spans) == []
	assert targets.above(["north", "a", "b"], spans) == [("north", "a")]
	assert targets.above(["root", "c"], spans) == [("root", "c")]
