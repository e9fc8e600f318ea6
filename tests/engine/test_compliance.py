"""Good of all, and whether it has changed (M3, M6)."""

from __future__ import annotations

from math import isclose, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from salesflow_std.engine import compliance
from salesflow_std.engine.compliance import BETTER, WORSE, Tally, difference, trend


@st.composite
def tallies(draw, most=5000, least=0):
	count = draw(st.integers(least, most))
	return Tally(draw(st.integers(0, count)), count)


def test_nothing_to_count_is_no_share():
	assert Tally().percent is None
	assert Tally(0, 4).percent == 0
	assert Tally(3, 4).percent == 75
	assert Tally(3, 4).bad == 1


@pytest.mark.parametrize("good, count", [(5, 4), (-1, 4), (1, 0)])
def test_more_good_ones_than_all_are_refused(good, count):
	with pytest.raises(ValueError, match="good of"):
		Tally(good, count)


def test_tallies_add_up():
	assert compliance.total([Tally(1, 2), Tally(0, 3), Tally()]) == Tally(1, 5)
	assert compliance.total([]) == Tally()


def test_an_interval_as_published():
	"""Newcombe (1998), method 10: 56/70 against 48/80 is 0.0524 to 0.3339."""
	low, high = difference(Tally(56, 70), Tally(48, 80))
	assert isclose(low, 0.0524, abs_tol=5e-5)
	assert isclose(high, 0.3339, abs_tol=5e-5)


@pytest.mark.parametrize(
	"now, before, said",
	[
		(Tally(56, 70), Tally(48, 80), BETTER),
		(Tally(48, 80), Tally(56, 70), WORSE),
		# From one of two to two of two nobody has learnt anything.
		(Tally(2, 2), Tally(1, 2), None),
		(Tally(10, 10), Tally(0, 10), BETTER),
		(Tally(5, 10), Tally(), None),
		(Tally(), Tally(5, 10), None),
		(Tally(5, 10), Tally(5, 10), None),
	],
)
def test_a_trend_is_said_where_chance_does_not_explain_it(now, before, said):
	assert trend(now, before) == said


@given(tallies(least=1), tallies(least=1))
def test_the_interval_holds_the_difference_and_turns_round(now, before):
	grown = now.good / now.all - before.good / before.all
	low, high = difference(now, before)
	assert -1 - 1e-9 <= low <= grown + 1e-9
	assert grown - 1e-9 <= high <= 1 + 1e-9
	back_low, back_high = difference(before, now)
	assert isclose(low, -back_high, abs_tol=1e-9)
	assert isclose(high, -back_low, abs_tol=1e-9)
	turned = {BETTER: WORSE, WORSE: BETTER, None: None}
	assert trend(before, now) == turned[trend(now, before)]


@given(tallies(least=1, most=300), tallies(least=1, most=300))
def test_a_hundred_times_as_many_say_it_more_surely(now, before):
	assume(now.good * before.all != before.good * now.all)
	few = difference(now, before)
	many = difference(Tally(now.good * 100, now.all * 100), Tally(before.good * 100, before.all * 100))
	assert many[1] - many[0] <= few[1] - few[0] + 1e-9


@given(tallies(least=200))
def test_large_samples_come_near_the_normal_interval(one):
	"""An independent computation: for shares away from the ends both agree within a hundredth."""
	share = one.good / one.all
	assume(0.2 < share < 0.8)
	low, high = difference(one, one)
	half = 1.959964 * sqrt(2 * share * (1 - share) / one.all)
	assert isclose(high, half, abs_tol=0.01)
	assert isclose(low, -half, abs_tol=0.01)
