"""Whether a grade tells the truth: shares, areas and verdicts against computations of their own (L5, L6)."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import calibration as c

VALUES = st.lists(st.integers(0, 6), min_size=1, max_size=40)


def rate(group: str, won: int, count: int) -> c.Rate:
	cases = [c.Case(f"{group}{i}", group, 1, {}, i < won) for i in range(count)]
	(found,) = c.rates(cases, lambda case: case.grade)
	return found


# Shares ------------------------------------------------------------------------------------------------------------


def test_wilson_is_where_the_test_of_the_share_turns():
	"""The ends are the shares that lie just 1.96 of their own standard errors from what was seen."""
	for successes, count in ((3, 10), (27, 90), (1, 200)):
		seen = successes / count
		for end in c.wilson(successes, count):
			assert abs(seen - end) / math.sqrt(end * (1 - end) / count) == pytest.approx(c.Z)
	assert c.wilson(0, 10) == (0.0, pytest.approx(0.27753, abs=1e-5))
	assert c.wilson(10, 10) == (pytest.approx(0.72247, abs=1e-5), 1.0)
	assert c.wilson(0, 0) == (0.0, 1.0)


def test_newcombe_as_published():
	"""56 of 70 against 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, example a, method 10)."""
	assert c.difference(56, 70, 48, 80) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
	assert c.difference(0, 0, 5, 10) == (-1, 1)


def test_rates_by_plain_counting():
	cases = [c.Case(str(i), "AB"[i % 2], 0, {"B": i % 5}, i % 3 == 0) for i in range(60)]
	found = {one.group: one for one in c.rates(cases, lambda case: case.grade)}
	for grade in "AB":
		mine = [case for case in cases if case.grade == grade]
		won = [case.key for case in mine if case.won]
		assert list(found[grade].won) == won and len(found[grade].cases) == len(mine)
		assert found[grade].share == len(won) / len(mine)
		assert found[grade].lift == pytest.approx((len(won) / len(mine)) / (20 / 60))
	assert c.rates(cases, lambda case: case.points.get("X")) == []
	assert c.rates([], lambda case: case.grade) == []


@pytest.mark.parametrize(
	"better, worse, verdict",
	[
		((40, 100), (20, 100), c.BETTER),
		((22, 100), (20, 100), c.SAME),
		((20, 100), (20, 100), c.SAME),
		((10, 100), (40, 100), c.WORSE),
		((5, 20), (4, 200), c.BETTER),
		((5, 20), (30, 200), c.FEW),
		((0, 1), (1, 1), c.FEW),
	],
)
def test_verdicts_on_grades(better, worse, verdict):
	assert c.compare(rate("A", *better), rate("B", *worse)) == verdict


# The area under the curve ------------------------------------------------------------------------------------------


@given(VALUES, VALUES)
def test_the_area_by_comparing_all_pairs(won, lost):
	pairs = [(a > b) + (a == b) / 2 for a in won for b in lost]
	found = c.area(won, lost)
	assert found.value == pytest.approx(sum(pairs) / len(pairs))
	assert 0 <= found.low <= found.value + 1e-12 and found.value <= found.high + 1e-12 <= 1 + 1e-11
	turned = c.area(lost, won)
	assert turned.value == pytest.approx(1 - found.value)
	assert turned.low == pytest.approx(1 - found.high)


def test_the_area_has_delongs_variance():
	"""The variance by its definition: each case's own share of pairs won, case by case."""
	draw = random.Random(1)
	won = [draw.randint(2, 5) for _ in range(30)]
	lost = [draw.randint(1, 4) for _ in range(50)]
	psi = lambda a, b: 1.0 if a > b else 0.5 if a == b else 0.0  # noqa: E731
	of_won = [sum(psi(a, b) for b in lost) / 50 for a in won]
	of_lost = [sum(psi(a, b) for a in won) / 30 for b in lost]
	value = sum(of_won) / 30
	variance = (
		sum((v - value) ** 2 for v in of_won) / 29 / 30 + sum((v - value) ** 2 for v in of_lost) / 49 / 50
	)
	found = c.area(won, lost)
	step = c.Z * math.sqrt(variance) / (value * (1 - value))
	logit = math.log(value / (1 - value))
	assert found.low == pytest.approx(1 / (1 + math.exp(-(logit - step))))
	assert found.high == pytest.approx(1 / (1 + math.exp(-(logit + step))))


def test_an_area_without_a_single_exception_is_still_unsure():
	found = c.area([5] * 10, [1] * 40)
	assert (found.value, found.high) == (1, 1)
	assert found.low**10 == pytest.approx(0.025)
	assert c.area([1] * 10, [5] * 40).high == pytest.approx(1 - found.low)
	assert c.area([], [1]) is None and c.area([1], []) is None


def test_nineteen_of_twenty_ranges_hold_the_area():
	draw, inside = random.Random(2), 0
	true = 0.5 * (1 + math.erf(0.8 / 2))  # of two normal distributions 0.8 apart
	for _round in range(300):
		found = c.area([draw.gauss(0.8, 1) for _ in range(40)], [draw.gauss(0, 1) for _ in range(60)])
		inside += found.low <= true <= found.high
	assert 0.92 <= inside / 300 <= 0.985


def test_verdicts_on_dimensions():
	assert c.area([5] * 20 + [3] * 20, [1] * 20 + [3] * 20).verdict == c.BETTER
	assert c.area([1, 2, 3, 4, 5] * 10, [1, 2, 3, 4, 5] * 10).verdict == c.SAME
	assert c.area([1] * 30 + [5] * 5, [5] * 30 + [1] * 5).verdict == c.WORSE
	assert c.area([5] * 29, [1] * 500).verdict == c.FEW


def test_areas_leave_out_who_has_no_points():
	cases = [c.Case("a", "A", 9, {"B": 5}, True), c.Case("b", "A", 3, {"B": 1}), c.Case("c", "C", 5, {})]
	found = c.areas(cases, ["B", "N"])
	assert found[None].value == 1 and found["B"].lost == 1 and found["N"] is None


# Weights -----------------------------------------------------------------------------------------------------------


def cases(won: int, lost: int, points=None) -> list[c.Case]:
	give = points or (lambda i: {"B": 1 + i % 5, "N": 1 + i % 3})
	return [c.Case(str(i), "A", 0, give(i), i < won) for i in range(won + lost)]


@pytest.mark.parametrize(
	"known, sample, missing, says",
	[
		(cases(50, 50), 200, 100, "need 200 graded documents"),
		(cases(19, 200), 200, 19, "need 20 won"),
		(cases(200, 19), 200, 19, "need 20 documents that were not won"),
	],
)
def test_a_thin_history_says_what_is_missing(known, sample, missing, says):
	with pytest.raises(c.NotEnough, match=says) as refused:
		c.check_history(known, ["B", "N"], sample)
	assert refused.value.params["count"] == missing


def test_the_same_points_everywhere_tell_nothing():
	with pytest.raises(c.NotEnough, match="same points for N"):
		c.check_history(cases(100, 100, lambda i: {"B": 1 + i % 5, "N": 3}), ["B", "N"], 100)


def test_who_has_no_points_for_a_dimension_is_no_history():
	known = cases(100, 100, lambda i: {"B": 1 + i % 5, **({"N": 1 + i % 2} if i % 3 else {})})
	assert len(c.check_history(known, ["B", "N"], 100)) == 133


@given(st.lists(st.floats(0, 10), min_size=1, max_size=6), st.floats(0.1, 5))
def test_weights_have_the_mean_that_is_asked_for(strengths, mean):
	found = c.scaled(dict(enumerate(strengths)), mean)
	assert all(weight >= 0 for weight in found.values())
	if sum(strengths) > 1e-6:
		assert sum(found.values()) / len(found) == pytest.approx(mean)


def test_quantiles_between_two_values():
	assert c.quantile([4, 1, 3, 2, 5], 0.5) == 3
	assert c.quantile([0, 10], 0.25) == 2.5
