"""The bottleneck, two periods beside each other, groups, values and working time of a funnel (M3)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import worktime
from salesflow_std.engine.funnel import (
	BY_GOAL,
	BY_PERIOD_BEFORE,
	CLOSED,
	LOST,
	OPEN,
	WON,
	Deal,
	bottleneck,
	change,
	funnel,
	grouped,
	summary,
)
from salesflow_std.engine.worked import Worked, hours_a_day

STAGES = ("Needs", "Solution", "Negotiation", "Won")
START = datetime(2026, 3, 2, 9)


def deals(count: int, last: str, outcome: str = OPEN, value: float | None = None, **more) -> list[Deal]:
	"""Deals that went straight to a stage, one a day."""
	way = STAGES[: STAGES.index(last) + 1]
	entered = tuple((stage, START + timedelta(days=place)) for place, stage in enumerate(way))
	return [
		Deal(f"{last}-{outcome}-{i}-{value}", entered, outcome, None, value, **more) for i in range(count)
	]


# 100 begin; 50 of them come to a solution, 40 of these to a negotiation, and 20 are won at 1,000 each.
COHORT = [
	*deals(50, "Needs", LOST),
	*deals(10, "Solution", LOST),
	*deals(20, "Negotiation", LOST),
	*deals(20, "Won", WON, 1000.0),
]


def test_the_stage_that_costs_most_by_its_goal():
	found = bottleneck(funnel(COHORT, STAGES), {"Needs": 0.7, "Solution": 0.99, "Negotiation": 0.55}, 30)
	# At the goal 70 had gone on; of those that do, 40 in 50 and then 20 in 40 come through.
	assert (found.stage, found.basis) == ("Needs", BY_GOAL)
	assert (found.went_on, found.decided, found.missing) == (50, 100, pytest.approx(20))
	assert found.cost == pytest.approx(20 * 0.8 * 0.5 * 1000)
	assert found.words["percent"] == 50
	assert found.words["low"] == pytest.approx(40.38, abs=0.01)


def test_a_goal_within_the_interval_names_nobody():
	stages = funnel(COHORT, STAGES)
	assert bottleneck(stages, {"Needs": 0.55}, 30) is None
	assert bottleneck(stages, {"Needs": 0.59}, 30) is None
	assert bottleneck(stages, {"Needs": 0.60}, 30).stage == "Needs"


def test_a_sample_too_small_names_nobody():
	stages = funnel(COHORT, STAGES)
	assert bottleneck(stages, {"Negotiation": 0.9}, 41) is None
	assert bottleneck(stages, {"Negotiation": 0.9}, 40).stage == "Negotiation"


def test_who_still_has_time_is_not_held_against_the_stage():
	waiting = deals(400, "Needs")
	assert bottleneck(funnel([*COHORT, *waiting], STAGES), {"Needs": 0.55}, 30) is None
	late = deals(400, "Needs", overdue=True)
	found = bottleneck(funnel([*COHORT, *late], STAGES), {"Needs": 0.55}, 30)
	assert (found.went_on, found.decided) == (50, 500)


def test_the_period_before_measures_where_there_are_no_goals():
	stages = funnel(COHORT, STAGES)
	found = bottleneck(stages, {}, 30, {"Needs": (80, 100), "Solution": (80, 100)})
	assert (found.stage, found.basis, found.goal) == ("Needs", BY_PERIOD_BEFORE, 0.8)
	# 60 in 100 before: the intervals do not tell them apart.
	assert bottleneck(stages, {}, 30, {"Needs": (60, 100)}) is None
	assert bottleneck(stages, {}, 30, {"Needs": (29, 29)}) is None
	assert bottleneck(stages, {}, 30) is None


def test_without_a_known_value_the_deals_not_won_decide():
	unknown = [deal._replace(value=None) for deal in COHORT]
	found = bottleneck(funnel(unknown, STAGES), {"Needs": 0.7, "Negotiation": 0.99}, 30)
	# 20 more come on with 0.4 of them won, against 19.6 that are won all.
	assert (found.stage, found.cost) == ("Negotiation", None)


def test_what_nobody_knows_is_not_zero():
	stages = funnel([*deals(1, "Won", WON, 300.0), *deals(2, "Won", WON), *deals(1, "Needs")], STAGES)
	assert [stage.value for stage in stages] == [300, 300, 300, 300]
	assert funnel(deals(2, "Needs"), STAGES)[0].value is None
	assert funnel(deals(2, "Needs", LOST, 5.0), STAGES)[0].won_value is None


def test_a_deal_of_two_groups_counts_in_both_and_in_the_total_once():
	kinds = {"Won": ("Pumps", "Valves", "Pumps"), "Needs": ()}
	everything = [*deals(3, "Won", WON, 10.0), *deals(2, "Needs")]
	parts = grouped(everything, lambda deal: kinds[deal.entered[-1][0]])
	assert {key: len(part) for key, part in parts.items()} == {"Pumps": 3, "Valves": 3, None: 2}
	total = summary(everything, STAGES)
	assert (len(total.entered), len(total.won), total.won_value) == (5, 3, 30)


def test_two_periods():
	assert change(50, 100, 80, 100).is_real
	assert not change(50, 100, 55, 100).is_real
	assert change(5, 10, 0, 0) is None


ENDED = st.sampled_from((OPEN, WON, LOST, CLOSED))
PATHS = st.lists(
	st.tuples(
		st.lists(
			st.tuples(st.sampled_from((*STAGES, "Elsewhere")), st.one_of(st.none(), st.integers(0, 900))),
			min_size=1,
			max_size=7,
		),
		ENDED,
		st.one_of(st.none(), st.integers(0, 900)),
		st.one_of(st.none(), st.integers(1, 1000)),
	),
	max_size=25,
)


@given(PATHS)
def test_an_independent_count_agrees(paths):
	"""Counted stage by stage over the plain rows, where the engine goes deal by deal."""
	everything = []
	for i, (path, outcome, ended, value) in enumerate(paths):
		path = sorted(path, key=lambda step: -1 if step[1] is None else step[1])
		entered = tuple(
			(name, None if hour is None else START + timedelta(hours=hour)) for name, hour in path
		)
		end = None if ended is None or outcome not in (LOST, CLOSED) else START + timedelta(hours=ended)
		everything.append(Deal(str(i), entered, outcome, end, value))

	def ranks(deal: Deal) -> list[int]:
		return [STAGES.index(name) for name, _moment in deal.entered if name in STAGES]

	counted = [deal for deal in everything if ranks(deal)]
	for place, stage in enumerate(funnel(everything, STAGES)):
		reached = [deal for deal in counted if min(ranks(deal)) <= place <= max(ranks(deal))]
		standing = [deal for deal in counted if ranks(deal)[-1] == place]
		assert stage.reached == [deal.key for deal in reached]
		assert stage.went_on == [deal.key for deal in reached if max(ranks(deal)) > place]
		assert stage.lost == [deal.key for deal in standing if deal.outcome == LOST]
		assert len(standing) == len(stage.here) + len(stage.lost) + len(stage.closed)
		known = [deal.value for deal in reached if deal.value is not None]
		assert stage.value == (sum(known) if known else None)
	total = summary(everything, STAGES)
	assert len(total.entered) == len(counted)
	assert sorted([*total.won, *total.lost, *total.open, *total.closed]) == sorted(total.entered)
	elapsed = funnel(
		everything, STAGES, lambda _deal, start, end: max(0, (end - start).total_seconds() / 3600)
	)
	clocked = funnel(
		everything, STAGES, clock=lambda _deal: lambda moment: (moment - START).total_seconds() / 3600
	)
	for one, other in zip(elapsed, clocked, strict=True):
		assert one.hours == pytest.approx(other.hours)


# Working time ---------------------------------------------------------------------------------------------------

BERLIN = worktime.Calendar(
	windows={
		**{day: ((time(9), time(12)), (time(13), time(18))) for day in range(4)},
		4: ((time(8), time(12)),),
		6: ((time(0), time(6)), (time(22), time(0))),
	},
	holidays=frozenset({date(2026, 4, 3)}),
	makeup_days=frozenset({date(2026, 4, 4)}),
	tz=ZoneInfo("Europe/Berlin"),
)
# Over both changes of the clocks of 2026 and over either end of what is counted ahead.
MOMENTS = st.datetimes(datetime(2026, 2, 20), datetime(2026, 11, 10))


@given(MOMENTS, MOMENTS)
def test_working_time_as_worktime_counts_it(one, other):
	one, other = sorted((one, other))
	worked = Worked(BERLIN, date(2026, 3, 1), date(2026, 10, 31))
	expected = worktime.working_hours_between(one, other, BERLIN)
	assert worked.until(other) - worked.until(one) == pytest.approx(expected, abs=1e-6)


def test_a_working_day_is_the_mean_of_the_week():
	assert hours_a_day(BERLIN) == pytest.approx((4 * 8 + 4 + 8) / 6)
	assert hours_a_day(worktime.Calendar()) == 9
