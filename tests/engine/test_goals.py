"""Goals: periods, progress, and forecasts against distributions counted out by hand or drawn (M2)."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import goals as g

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
PERIODS = st.sampled_from((g.MONTH, g.QUARTER, g.YEAR))


@pytest.mark.parametrize(
	"kind, day, expected",
	[
		(g.MONTH, date(2028, 2, 17), (date(2028, 2, 1), date(2028, 2, 29))),
		(g.QUARTER, date(2026, 11, 1), (date(2026, 10, 1), date(2026, 12, 31))),
		(g.YEAR, date(2026, 12, 31), (date(2026, 1, 1), date(2026, 12, 31))),
	],
)
def test_periods(kind, day, expected):
	assert g.period_of(kind, day) == expected
	with pytest.raises(ValueError):
		g.period_of(g.OTHER, day)


@given(PERIODS, DAYS, st.integers(1, 15))
def test_periods_follow_one_another_without_a_gap(kind, day, count):
	first = g.period_of(kind, day)
	found = [first, *g.following(kind, *first, count)]
	assert len(found) == count + 1
	for (_begin, end), (begin, _end) in pairwise(found):
		assert begin == end + timedelta(days=1)
	assert all(g.period_of(kind, begin) == (begin, end) for begin, end in found)


def test_other_periods_go_on_with_as_many_days():
	assert g.following(g.OTHER, date(2026, 1, 1), date(2026, 1, 14), 2) == [
		(date(2026, 1, 15), date(2026, 1, 28)),
		(date(2026, 1, 29), date(2026, 2, 11)),
	]


def test_how_a_period_is_called():
	first, last = date(2026, 10, 1), date(2026, 12, 31)
	assert g.called(g.MONTH, first, last) == "2026-10"
	assert g.called(g.QUARTER, first, last) == "2026 Q4"
	assert g.called(g.YEAR, first, last) == "2026"
	assert g.called(g.OTHER, first, last) == "2026-10-01 – 2026-12-31"


def test_progress_and_met():
	assert g.progress(g.ENTERED, 50, 200) == 25
	assert g.progress(g.MEDIAN_DAYS, 10, 5) == 50
	assert g.progress(g.MEDIAN_DAYS, 2, 5) == 100
	assert g.progress(g.CONVERSION, None, 30) == 0
	assert g.is_met(g.CONVERSION, 30.0, 30) and not g.is_met(g.CONVERSION, 29.99, 30)
	assert g.is_met(g.MEDIAN_DAYS, 5, 5) and not g.is_met(g.MEDIAN_DAYS, 5.1, 5)
	assert not g.is_met(g.MEDIAN_DAYS, None, 5)
	assert g.is_met(g.CONVERSION, 100 * 0.29, 29)


@pytest.mark.parametrize(
	"measure, forecast, expected",
	[
		(g.ENTERED, (20, 15, 25), {10: g.MEETS, 18: g.ABOVE, 22: g.BELOW, 30: g.MISSES}),
		(g.MEDIAN_DAYS, (20, 15, 25), {10: g.MISSES, 18: g.BELOW, 22: g.ABOVE, 30: g.MEETS}),
	],
)
def test_landing(measure, forecast, expected):
	for target, verdict in expected.items():
		assert g.landing(measure, g.Forecast(*forecast), target) == verdict
	assert g.landing(measure, g.Forecast(why=g.FEW), 10) == ""


# Counts ------------------------------------------------------------------------------------------------------------


def test_before_a_fifth_of_the_period_or_five_days_nothing_is_said():
	assert g.of_count(50, 4, 22).why == g.EARLY
	assert g.of_count(50, 5, 250).why == ""
	assert g.of_count(1, 1, 5).why == ""
	assert g.of_count(0, 0, 20).why == g.EARLY


def test_a_count_by_hand():
	"""The negative binomial added up with exact fractions of gamma functions."""
	found = g.of_count(8, 10, 20)
	assert found.value == 16
	share, number, bounds = 0.0, 0, []
	for goal in (0.025, 0.975):
		while share < goal:
			share += (
				math.gamma(number + 8.5) / (math.factorial(number) * math.gamma(8.5)) * 0.5**8.5 * 0.5**number
			)
			number += 1
		bounds.append(8 + number - 1)
	assert (found.low, found.high) == tuple(bounds)


@given(st.integers(0, 3000), st.integers(5, 60), st.integers(0, 200))
def test_a_count_ends_within_its_range_and_never_below_what_there_is(so_far, passed, left):
	found = g.of_count(so_far, passed, passed + left)
	if found.why:
		assert passed < 5
		return
	assert so_far <= found.low <= found.high
	assert found.low <= found.value + 1 and found.value <= found.high + 1
	if not left:
		assert found.low == found.high == so_far


def test_nineteen_of_twenty_ranges_hold_the_end():
	draw = random.Random(4)
	inside = 0
	for _case in range(600):
		rate = draw.uniform(0.5, 6)

		so_far, rest = _poisson(draw, rate * 8), _poisson(draw, rate * 12)
		found = g.of_count(so_far, 8, 20)
		inside += found.low <= so_far + rest <= found.high
	assert 0.93 <= inside / 600 <= 0.99


def test_large_counts_stay_quick_and_sane():
	found = g.of_count(400_000, 10, 20)
	assert found.value == 800_000
	assert 797_000 < found.low < 800_000 < found.high < 803_000


# Conversion --------------------------------------------------------------------------------------------------------


def test_a_conversion_by_hand():
	found = g.of_conversion(2, 4, 4, 0, g.Decided(36, 17))
	assert found.value == pytest.approx(100 * (2 + 4 * 17 / 36) / 10)
	# Four open deals with a beta-binomial chance of 17½ : 19½: each count by its own integral, summed numerically.
	chances = [0.0] * 5
	steps = 20000
	for i in range(steps):
		p = (i + 0.5) / steps
		density = p**16.5 * (1 - p) ** 18.5
		for k in range(5):
			chances[k] += density * math.comb(4, k) * p**k * (1 - p) ** (4 - k)
	total, so_far, bounds = sum(chances), 0.0, []
	for goal in (0.025, 0.975):
		so_far = 0.0
		for k in range(5):
			so_far += chances[k] / total
			if so_far >= goal:
				bounds.append(100 * (2 + k) / 10)
				break
	assert (found.low, found.high) == tuple(bounds)


def test_a_conversion_without_a_sample_is_not_told():
	assert g.of_conversion(0, 0, 0, 0, g.Decided(500, 100)).why == g.FEW
	assert g.of_conversion(2, 2, 2, 0, g.Decided(500, 100)).why == g.FEW
	assert g.of_conversion(5, 4, 10, 0, g.Decided(5, 1)).why == g.FEW
	# All are decided: there is nothing to forecast, however few they are.
	assert g.of_conversion(1, 1, 0, 0, g.Decided()) == g.Forecast(50, 50, 50)
	# While others may come, one deal that went on is no hundred percent.
	assert g.of_conversion(1, 0, 0, 0.3, g.Decided(500, 100)).why == g.FEW
	found = g.of_conversion(20, 0, 0, 0.3, g.Decided(500, 250))
	assert (found.low, found.high) == (pytest.approx(100 * 20 / 21), 100)


@given(
	st.integers(0, 60),
	st.integers(0, 60),
	st.integers(0, 60),
	st.integers(0, 60),
	st.integers(20, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
)
def test_a_conversion_stays_possible(went_on, gone, still_open, newcomers, before):
	found = g.of_conversion(went_on, gone, still_open, newcomers, g.Decided(*before))
	if found.why:
		return
	everybody = went_on + gone + still_open + newcomers
	assert 100 * went_on / everybody - 1e-9 <= found.low <= found.high
	assert found.high <= 100 * (everybody - gone) / everybody + 1e-9
	# Counts are whole, so that the mean may lie just outside the range of few.
	assert found.low - 100 / everybody <= found.value <= found.high + 100 / everybody


def test_newcomers_have_less_time_than_those_that_are_open():
	found = g.of_conversion(10, 10, 20, 20, g.Decided(100, 50), g.Decided(100, 10))
	assert found.value == pytest.approx(100 * (10 + 20 * 0.5 + 20 * 0.1) / 60)
	assert g.of_conversion(10, 10, 20, 20, g.Decided(100, 50)).value == pytest.approx(100 * (10 + 20) / 60)


# In time -----------------------------------------------------------------------------------------------------------

STAYS = [
	*[g.Stay(4, True)] * 30,
	*[g.Stay(12, True)] * 30,
	*[g.Stay(9, False)] * 30,
	# Open: of the first one knows nothing for six days more, of the others that they did not get there.
	*[g.Stay(3, None)] * 5,
	*[g.Stay(20, None)] * 10,
]


def in_time(stays, left, age=0):
	return g.Fates(stays).in_time(left, age)


def test_who_got_there_in_time():
	# The five that were watched for three days are at risk until then, and nothing happened before.
	assert in_time(STAYS, 6) == g.Decided(100, pytest.approx(30))
	assert in_time(STAYS, 3) == g.Decided(105, 0)
	# Of 100 still there after four days 30 got there, 70 are left; of 70 30 are lost; of 40 30 get there.
	assert in_time(STAYS, 12).share == pytest.approx(0.3 + 0.7 * (4 / 7) * (3 / 4))
	assert in_time([], 6) == g.Decided()


def test_those_that_have_been_there_for_long_are_compared_with_their_like():
	# After five days 30 that got there after 12, 30 that were lost after nine and ten of 20 days are left.
	assert in_time(STAYS, 6, 5) == g.Decided(70, 0)
	assert in_time(STAYS, 7, 5) == g.Decided(70, 30)
	# After ten it is 40; after 15 there are but ten, so that all speak for them: 30 in six days.
	assert in_time(STAYS, 6, 10) == g.Decided(40, 30)
	assert in_time(STAYS, 6, 15) == in_time(STAYS, 6)
	both = g.together([in_time(STAYS, 6, 5), in_time(STAYS, 6, 10)])
	assert both.share == pytest.approx(0.375)
	# They are known no better than the fewer of them.
	assert both.count == pytest.approx(2 / (1 / 70 + 1 / 40))
	assert g.together([]) == g.Decided()


def test_lost_nobody_knows_when_weighs_among_the_old_too():
	stays = [g.Stay(20, True)] * 100 + [g.Stay(None, False)] * 900
	assert in_time(stays, 30).share == pytest.approx(0.1)
	assert in_time(stays, 30, 10).share == pytest.approx(0.1)
	assert in_time(stays, 5, 10).share == 0
	assert in_time([g.Stay(None, False)] * 50, 30).share == 0
	# Those that are open meanwhile change nothing in what the others did.
	assert in_time([*stays, *[g.Stay(10, None)] * 70], 30).share == pytest.approx(0.1)


def test_a_young_history_does_not_count_its_quick_wins_twice():
	draw, stays = random.Random(3), []
	for day in range(60):
		for _deal in range(20):
			days, got = (5, True) if draw.random() < 0.3 else (50, False)
			stays.append(g.Stay(days, got) if days <= day else g.Stay(day, None))
	assert in_time(stays, 30).share == pytest.approx(0.3, abs=0.03)


def test_newcomers_come_one_after_the_other():
	# In ten days: those of four days are in time when they come in the first six.
	found = g.Fates([g.Stay(4, True)] * 30 + [g.Stay(9, False)] * 70).of_newcomers(10)
	assert found.share == pytest.approx(0.3 * 0.6, abs=0.01)
	assert found.count == 100


def test_ages_are_days_then_weeks():
	assert [g.age_of(days) for days in (0, 0.6, 13.4, 14, 24, 25, 400)] == [0, 1, 13, 14, 21, 28, 399]


@given(
	st.lists(st.tuples(st.floats(0, 400), st.sampled_from([True, False, None])), max_size=60),
	st.integers(0, 20),
	st.integers(1, 300),
	st.integers(0, 400),
)
def test_a_share_is_a_share(stays, undated, left, age):
	fates = g.Fates([*(g.Stay(*stay) for stay in stays), *[g.Stay(None, False)] * undated])
	for found in (fates.in_time(left, age), fates.of_newcomers(left)):
		assert -1e-9 <= found.went_on <= found.count + 1e-9
		assert found.count <= len(stays) + undated
	# More time is more chance, and one knows of fewer how they end.
	more, less = fates.in_time(left + 1), fates.in_time(left)
	assert more.count <= less.count
	if more.count:
		assert more.share >= less.share - 1e-9


# Days and value ----------------------------------------------------------------------------------------------------


def test_the_median_with_the_range_that_order_gives():
	assert g.of_median([1.0] * 9).why == g.FEW
	found = g.of_median(list(range(1, 21)))
	# Of 20 coins at most 5 are heads with 2.07 %, at most 6 with 5.77 %: the 6th and the 15th.
	assert (found.value, found.low, found.high) == (10.5, 6, 15)
	assert g.of_median([3.0] * 2000) == g.Forecast(3.0, 3.0, 3.0)


def test_the_value_of_open_deals_by_their_stage():
	chances = {("Bargained", 0): g.Decided(40, 20), ("Shown", 0): g.Decided(50, 10)}
	found = g.of_value(1000, [(100, "Bargained", 0), (500, "Shown", 0)], chances)
	assert found.value == 1000 + 50 + 100
	assert (found.low, found.high) == (1000, 1600)
	assert g.of_value(1000, [(100, "Elsewhere", 0)], chances).why == g.FEW
	assert g.of_value(1000, [], chances) == g.Forecast(1000, 1000, 1000)
	many = [(10, "Shown", 0)] * 80
	assert g.of_value(0, many, chances) == g.of_value(0, many, chances)


def test_an_old_deal_does_not_take_the_chance_of_the_young():
	chances = {("Shown", 0): g.Decided(100, 50), ("Shown", 98): g.Decided(1000, 0)}
	found = g.of_value(0, [(1_000_000, "Shown", 98), *[(1000, "Shown", 0)] * 99], chances)
	assert found.value == pytest.approx(99 * 500)
	assert found.high < 100_000


def test_a_deal_without_an_amount_may_be_worth_what_others_were():
	chances = {("Shown", 0): g.Decided(40, 20)}
	found = g.of_value(0, [(None, "Shown", 0)] * 40, chances, amounts=[100.0] * 5 + [300.0] * 5)
	assert found.value == pytest.approx(40 * 0.5 * 200)
	assert found.low < 3000 < 5000 < found.high
	assert g.of_value(0, [(None, "Shown", 0)], chances, amounts=[100.0]).why == g.FEW
	# Where none is won in time it does not matter what they are worth.
	assert g.of_value(0, [(None, "Shown", 0)], {("Shown", 0): g.Decided(40, 0)}).value == 0


def test_deals_that_are_still_to_begin_bring_value_too():
	# Ten in ten days, ten days to come; of 40 like them ten were won for 1,000, each with half of the time it takes.
	coming = g.Coming(10, 10, 10, [(1000, 0.5)] * 10, 40)
	found = g.of_value(2000, [], {}, coming)
	assert found.value == pytest.approx(2000 + 10 * 125)
	assert found.low == 2000 and 4000 <= found.high <= 6000
	assert g.of_value(2000, [], {}, g.Coming(10, 10, 10, [(1000, 0.5)] * 10, 19)).why == g.FEW
	# That none has begun yet is no promise that none will.
	found = g.of_value(0, [], {}, g.Coming(0, 5, 15, [(1000, 0.5)] * 10, 40))
	assert found.value == 0 and found.high > 0
	# On the last day nothing more begins.
	assert g.of_value(2000, [], {}, g.Coming(10, 10, 0, [], 0)) == g.Forecast(2000, 2000, 2000)


def test_nineteen_of_twenty_values_lie_in_their_range():
	draw, inside = random.Random(8), 0
	for _case in range(200):
		rate, chance = draw.uniform(1, 12), draw.uniform(0.1, 0.6)
		past = sum(draw.random() < chance for _deal in range(200))
		so_far, to_come = _poisson(draw, rate * 10), _poisson(draw, rate * 10)
		if not so_far:
			continue
		won = sum(draw.random() < chance for _deal in range(to_come))
		found = g.of_value(0, [], {}, g.Coming(so_far, 10, 10, [(1, 1.0)] * past, 200))
		inside += found.low <= won <= found.high
	assert inside >= 180


def _poisson(draw, mean):
	limit, product, number = math.exp(-mean), draw.random(), 0
	while product > limit:
		product *= draw.random()
		number += 1
	return number


def test_what_those_to_come_bring_is_what_the_past_did():
	# Twenty of 100 were won: ten for 100 after two days, ten for 900 after six, which of ten days leaves four for them.
	won = [(g.Stay(2, True), 100.0)] * 10 + [(g.Stay(6, True), 900.0)] * 10
	coming = g.coming(10, 5, 5, 10, [*won, *[(g.Stay(None, False), 500.0)] * 80])
	assert coming.of == 100
	assert coming.mean == pytest.approx((10 * 100 * 0.8 + 10 * 900 * 0.4) / 100, rel=0.05)
	assert coming.expected == pytest.approx(10 * coming.mean)
	assert g.coming(10, 5, 5, 10, []).of == 0


def test_very_many_newcomers_stay_quick_and_sane():
	found = g.of_value(0, [], {}, g.Coming(40_000, 100, 100, [(10, 0.5)] * 100, 1000))
	assert found.value == pytest.approx(40_000 * 0.5)
	assert 18_000 < found.low < 20_000 < found.high < 22_000


def test_the_range_of_many_deals_is_that_of_the_beta_binomial():
	found = g.of_value(0, [(1, "Shown", 0)] * 100, {("Shown", 0): g.Decided(1000, 300)})
	alike = g.of_conversion(0, 0, 100, 0, g.Decided(1000, 300))
	assert found.low == pytest.approx(alike.low, abs=2)
	assert found.high == pytest.approx(alike.high, abs=2)


@given(st.integers(0, 300), st.integers(1, 20), st.integers(0, 60))
def test_what_is_there_already_is_the_least_there_will_be(before, passed, today):
	found = g.at_least(g.of_count(before, passed, 21), before + today)
	if found.value is None:
		assert found.why == g.EARLY
	else:
		assert before + today <= found.low <= found.high
		assert before + today <= found.value
		assert g.at_least(g.of_count(before, passed, 21), before) == g.of_count(before, passed, 21)
