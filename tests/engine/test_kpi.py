"""Sales 60, new customers 30, collection 10: what a score is made of (M5)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import kpi
from salesflow_std.engine.kpi import KPIError, Result, Weight
from salesflow_std.engine.worktime import Calendar

STANDARD = (Weight("Sales", 60, 150), Weight("New Customers", 30, 150), Weight("Collection", 10, 150))


def results(sales=(100, 100), customers=(2, 2), collection=(90, 90)):
	return {
		"Sales": Result(*sales),
		"New Customers": Result(*customers),
		"Collection": Result(*collection),
	}


def test_all_targets_reached_are_a_hundred_points():
	score = kpi.score(STANDARD, results())
	assert score.points == pytest.approx(100)
	assert [line.points for line in score.lines] == pytest.approx([60, 30, 10])


def test_each_measure_counts_by_its_weight():
	score = kpi.score(STANDARD, results(sales=(100, 50), customers=(4, 1), collection=(90, 45)))
	assert score.points == pytest.approx(30 + 7.5 + 5)


def test_more_than_the_cap_earns_nothing_more():
	assert kpi.score(STANDARD, results(sales=(100, 1000))).points == pytest.approx(90 + 30 + 10)
	assert kpi.score((Weight("Sales", 100, 0),), results(sales=(100, 1000))).points == pytest.approx(1000)


def test_a_measure_without_a_target_gives_its_weight_to_the_others():
	score = kpi.score(STANDARD, results(sales=(100, 50), collection=(0, 0)))
	assert score.points == pytest.approx(100 * (60 * 0.5 + 30) / 90)
	assert {line.measure: line.weight for line in score.lines} == {
		"Sales": pytest.approx(66.67, abs=0.01),
		"New Customers": pytest.approx(33.33, abs=0.01),
		"Collection": 0,
	}


def test_without_any_target_there_is_no_score():
	assert kpi.score(STANDARD, results((0, 5), (None, 1), (0, 0))).points is None


def test_more_returns_than_sales_take_nothing_from_the_rest():
	assert kpi.score(STANDARD, results(sales=(100, -500))).points == pytest.approx(40)


amounts = st.floats(0, 1e9, allow_nan=False)


@given(st.lists(st.tuples(amounts, amounts), min_size=3, max_size=3))
def test_a_score_lies_between_nothing_and_the_cap(pairs):
	score = kpi.score(STANDARD, results(*pairs))
	if all(target <= 0 for target, _actual in pairs):
		assert score.points is None
	else:
		assert -1e-9 <= score.points <= 150 + 1e-9
		assert sum(line.weight for line in score.lines) == pytest.approx(100)


@given(amounts.filter(bool), amounts, amounts)
def test_more_sales_never_score_less(target, low, high):
	low, high = sorted((low, high))
	assert (
		kpi.score(STANDARD, results(sales=(target, low))).points
		<= kpi.score(STANDARD, results(sales=(target, high))).points
	)


@pytest.mark.parametrize(
	"weights",
	[
		(Weight("Sales", 60), Weight("New Customers", 30)),
		(Weight("Sales", 50), Weight("Sales", 50)),
		(Weight("Visits", 100),),
		(Weight("Sales", 110), Weight("Collection", -10)),
		(Weight("Sales", 100, -1),),
		(),
	],
)
def test_weights_that_are_not_a_hundred_are_refused(weights):
	with pytest.raises(KPIError):
		kpi.validate(weights)


def test_the_standard_is_fine():
	kpi.validate(STANDARD)
	kpi.validate((Weight("Sales", 33.33), Weight("New Customers", 33.33), Weight("Collection", 33.34)))


# What is expected by a day


def test_a_month_goes_by_in_working_days():
	first, last = date(2026, 11, 1), date(2026, 11, 30)
	assert kpi.expected_share(date(2026, 10, 31), first, last) == 0
	assert kpi.expected_share(date(2026, 11, 1), first, last) == 0  # a Sunday
	assert kpi.expected_share(date(2026, 11, 2), first, last) == pytest.approx(1 / 21)
	assert kpi.expected_share(date(2026, 11, 8), first, last) == pytest.approx(5 / 21)
	assert kpi.expected_share(last, first, last) == 1
	assert kpi.expected_share(date(2027, 1, 1), first, last) == 1


def test_holidays_and_makeup_days_count():
	calendar = Calendar(
		holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
		makeup_days=frozenset((date(2026, 10, 10),)),
	)
	first, last = date(2026, 10, 1), date(2026, 10, 31)
	assert kpi.expected_share(date(2026, 10, 7), first, last, calendar) == 0
	assert kpi.expected_share(date(2026, 10, 10), first, last, calendar) == pytest.approx(3 / 18)


def test_a_period_without_working_days_goes_by_in_days():
	assert kpi.expected_share(date(2026, 11, 7), date(2026, 11, 7), date(2026, 11, 8)) == 0.5


def test_a_period_that_ends_before_it_begins_is_refused():
	with pytest.raises(KPIError):
		kpi.expected_share(date(2026, 11, 7), date(2026, 11, 8), date(2026, 11, 7))


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 120), st.integers(-10, 130))
def test_expectation_never_falls(first, length, at):
	last, day = first + timedelta(length), first + timedelta(at)
	now, then = (kpi.expected_share(one, first, last) for one in (day, day + timedelta(1)))
	assert 0 <= now <= then <= 1


# Collection


def test_payments_go_to_the_earlier_term_first():
	assert kpi.collected([500, 500], 0, 700) == [(500, 500), (500, 200)]


def test_credits_make_every_term_smaller():
	assert kpi.collected([600, 400], 500, 300) == [(300, 300), (200, 0)]


def test_what_was_wholly_returned_is_not_due():
	assert kpi.collected([100], 100, 0) == [(0, 0)]
	assert kpi.collected([100], 150, 0) == [(0, 0)]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(0, 10**6), st.integers(0, 10**7))
def test_never_more_is_collected_than_is_due(terms, credited, paid):
	found = kpi.collected(terms, credited, paid)
	whole = sum(terms)
	assert sum(due for due, _paid in found) == pytest.approx(max(0, whole - credited) if whole else 0)
	assert all(0 <= part <= due for due, part in found)
	assert sum(part for _due, part in found) == pytest.approx(min(paid, sum(due for due, _paid in found)))
