"""The funnel of a cohort: each deal once, lost ones included (M1, M3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.funnel import CLOSED, LOST, OPEN, WON, Deal, funnel, through

STAGES = ("Needs", "Solution", "Negotiation", "Won")
START = datetime(2026, 3, 2, 9)


def at(hours: float) -> datetime:
	return START + timedelta(hours=hours)


def elapsed(_deal: Deal, start: datetime, end: datetime) -> float:
	return (end - start).total_seconds() / 3600


def deal(
	key: str, *entered: tuple[str, float | None], outcome: str = OPEN, ended: float | None = None
) -> Deal:
	return Deal(
		key,
		tuple((name, None if hours is None else at(hours)) for name, hours in entered),
		outcome,
		None if ended is None else at(ended),
	)


def of(*deals: Deal) -> dict:
	return {stage.name: stage for stage in funnel(deals, STAGES, elapsed)}


def test_counts_conversion_and_times():
	found = of(
		deal("a", ("Needs", 0), ("Solution", 10), ("Negotiation", 30), ("Won", 70), outcome=WON),
		deal("b", ("Needs", 0), ("Solution", 20), outcome=LOST, ended=25),
		deal("c", ("Needs", 0)),
		deal("d", ("Needs", 0), outcome=CLOSED, ended=6),
	)
	needs, solution, won = found["Needs"], found["Solution"], found["Won"]
	assert (needs.reached, needs.went_on) == (["a", "b", "c", "d"], ["a", "b"])
	assert (needs.here, needs.lost, needs.closed) == (["c"], [], ["d"])
	assert needs.conversion == 0.5
	assert (needs.median_hours, needs.mean_hours) == (10, 12)
	assert (solution.lost, solution.conversion) == (["b"], 0.5)
	assert solution.hours == {"a": 20, "b": 5}
	assert (won.here, won.conversion, won.median_hours) == (["a"], 0, None)
	assert through(list(found.values())) == 0.25


def test_a_skipped_stage_is_reached_without_time():
	found = of(deal("a", ("Needs", 0), ("Negotiation", 8)))
	assert found["Solution"].reached == found["Solution"].went_on == ["a"]
	assert found["Solution"].hours == {}


def test_who_begins_later_was_never_before():
	found = of(deal("a", ("Negotiation", 0), ("Won", 5), outcome=WON))
	assert (found["Needs"].reached, found["Needs"].conversion) == ([], None)
	assert found["Negotiation"].conversion == 1


def test_back_and_forth_counts_once_and_its_time_adds_up():
	found = of(
		deal("a", ("Needs", 0), ("Solution", 4), ("Needs", 6), ("Solution", 9), outcome=LOST, ended=10)
	)
	assert found["Needs"].reached == ["a"]
	assert (found["Needs"].hours, found["Solution"].hours) == ({"a": 7}, {"a": 3})
	assert found["Solution"].lost == ["a"]


def test_lost_where_it_stood_not_where_it_had_been():
	found = of(deal("a", ("Needs", 0), ("Negotiation", 4), ("Needs", 6), outcome=LOST, ended=7))
	assert (found["Needs"].lost, found["Negotiation"].lost) == (["a"], [])
	assert found["Negotiation"].reached == ["a"]


def test_unknown_moments_count_but_have_no_time():
	found = of(deal("a", ("Needs", None), ("Solution", 4)), deal("b", ("Needs", 0), outcome=LOST))
	assert found["Needs"].reached == ["a", "b"]
	assert found["Needs"].hours == {}


def test_foreign_stages_and_empty_cohorts():
	assert through(funnel([], STAGES, elapsed)) is None
	assert all(not stage.reached for stage in of(deal("a", ("Elsewhere", 0))).values())


@given(
	st.lists(
		st.tuples(
			st.lists(st.sampled_from(STAGES), min_size=1, max_size=7),
			st.sampled_from((OPEN, WON, LOST, CLOSED)),
		),
		max_size=20,
	)
)
def test_every_deal_stands_in_one_stage_and_the_funnel_adds_up(paths):
	deals = [
		deal(str(i), *((name, hour) for hour, name in enumerate(path)), outcome=outcome, ended=99)
		for i, (path, outcome) in enumerate(paths)
	]
	found = funnel(deals, STAGES, elapsed)
	standing = [key for stage in found for key in (*stage.here, *stage.lost, *stage.closed)]
	assert sorted(standing) == sorted(one.key for one in deals)
	for stage in found:
		assert len(set(stage.reached)) == len(stage.reached)
		assert set(stage.went_on) <= set(stage.reached)
		assert set(stage.hours) <= set(stage.reached)
		assert set((*stage.here, *stage.lost, *stage.closed)) <= set(stage.reached)
