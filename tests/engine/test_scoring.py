"""Scoring rules L5, L6, L7, L10 and F2: the shipped models, and what holds for every valid model.

Expected grades are worked out in fractions, so a total that is 15 on paper is 15 here.
"""

from __future__ import annotations

import itertools
import json
import math
import pathlib
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import salesflow_std
from salesflow_std.engine import scoring
from salesflow_std.engine.errors import EngineError
from salesflow_std.engine.scoring import Band, Dimension, Model, ModelError, Period, PointsError, Rule

SHIPPED = pathlib.Path(salesflow_std.__file__).parent / "fixtures" / "scoring_model"
NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))

checked = settings(deadline=None, max_examples=60)
exhaustive = settings(deadline=None, max_examples=25)


def shipped_data(name: str) -> dict:
	return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))


def shipped(name: str) -> Model:
	return scoring.model_from_dict(shipped_data(name))


BNAU = shipped("bnau")


def weighted(model: Model, **weights: float) -> Model:
	dimensions = tuple(replace(d, weight=weights.get(d.code, d.weight)) for d in model.dimensions)
	return scoring.validate(replace(model, dimensions=dimensions))


def exact(number: float) -> Fraction:
	"""The number as it is written on paper."""
	return Fraction(repr(number))


def paper_total(model: Model, points: dict[str, float]) -> Fraction:
	return sum((exact(points[d.code]) * exact(d.weight) for d in model.dimensions), Fraction(0))


def paper_bands(model: Model, total: Fraction) -> list[Band]:
	return [
		band
		for band in model.bands
		if (band.low is None or total >= exact(band.low)) and (band.high is None or total < exact(band.high))
	]


def rank(model: Model, grade: str) -> int:
	"""How good a grade is: 0 is the lowest."""
	bands = sorted(model.bands, key=lambda b: -math.inf if b.low is None else b.low)
	return [b.grade for b in bands].index(grade)


@st.composite
def models(draw: st.DrawFn, dimensions: int = 4) -> Model:
	"""Any valid model: up to `dimensions` of them, weights with two decimals, bands in any order."""
	weights = draw(st.lists(st.integers(0, 400), min_size=1, max_size=dimensions).filter(any))
	least, most = sum(weights), 5 * sum(weights)
	limits = sorted(draw(st.sets(st.integers(least + 1, most), max_size=4)))
	bottom = draw(st.sampled_from([None, 0, least]))
	top = draw(st.sampled_from([None, most + 1, most + 500]))
	edges = [bottom, *limits, top]
	bands = [
		Band(f"G{i}", *(None if edge is None else edge / 100 for edge in pair))
		for i, pair in enumerate(itertools.pairwise(edges))
	]
	return Model(
		"Any",
		tuple(Dimension(f"D{i}", weight=weight / 100) for i, weight in enumerate(weights)),
		tuple(draw(st.permutations(bands))),
	)


def whole_points(model: Model) -> st.SearchStrategy[dict[str, int]]:
	return st.fixed_dictionaries({d.code: st.integers(1, 5) for d in model.dimensions})


def any_points(model: Model) -> st.SearchStrategy[dict[str, float]]:
	return st.fixed_dictionaries(
		{d.code: st.integers(1, 5) | st.integers(10, 50).map(lambda n: n / 10) for d in model.dimensions}
	)


class TestBoundariesOfL6:
	@pytest.mark.parametrize(
		("total", "grade"),
		[
			(20, "A"),
			(15, "A"),
			(14.99, "B"),
			(14.5, "B"),
			(14, "B"),
			(8, "B"),
			(7.99, "C"),
			(7.5, "C"),
			(4, "C"),
		],
	)
	def test_band_for(self, total, grade):
		assert scoring.band_for(BNAU, total).grade == grade

	def test_band_for_a_sum_of_floats(self):
		"""15 on paper."""
		total = 3 * 1.15 + 5 * 1.05 + 3 * 0.9 + 4 * 0.9
		assert total < 15
		assert scoring.band_for(BNAU, total).grade == "A"

	@pytest.mark.parametrize(
		("points", "total", "grade"),
		[
			((5, 5, 4, 1), 15, "A"),
			((5, 5, 3, 1.99), 14.99, "B"),
			((4.5, 4, 3, 3), 14.5, "B"),
			((2, 2, 2, 2), 8, "B"),
			((2, 2, 2, 1.99), 7.99, "C"),
			((5, 5, 5, 5), 20, "A"),
			((1, 1, 1, 1), 4, "C"),
		],
	)
	def test_fractional_points(self, points, total, grade):
		result = scoring.grade(BNAU, dict(zip("BNAU", points, strict=True)))
		assert (result.score, result.grade, result.band.grade) == (total, grade, grade)

	@pytest.mark.parametrize(
		("weights", "points", "total", "grade"),
		[
			# 5.5 + 9: the 14.5 that had no grade in the source document
			({"B": 1.1}, (5, 3, 3, 3), 14.5, "B"),
			# 15 on paper, 14.999999999999998 when floats are added up one by one
			({"B": 1.15, "N": 1.05, "A": 0.9, "U": 0.9}, (3, 5, 3, 4), 15, "A"),
			({"B": 1.1, "N": 1.1, "A": 1.1, "U": 1.1}, (5, 4, 3, 2), 15.4, "A"),
			({"B": 0.99}, (1, 3, 2, 2), 7.99, "C"),
			({"B": 0.1, "N": 0.2, "A": 0.3, "U": 2}, (3, 1, 5, 3), 8, "B"),
		],
	)
	def test_weights(self, weights, points, total, grade):
		result = scoring.grade(weighted(BNAU, **weights), dict(zip("BNAU", points, strict=True)))
		assert (result.score, result.grade) == (total, grade)

	def test_a_limit_with_floating_dust_is_the_limit_on_paper(self):
		dusty = scoring.validate(
			Model("m", (Dimension("X", weight=0.1),), (Band("A", 0.1 + 0.2), Band("B", 0, 0.3)))
		)
		assert 0.1 + 0.2 > 0.3
		assert scoring.grade(dusty, {"X": 3}).grade == "A"
		assert scoring.grade(dusty, {"X": 2.9}).grade == "B"

	@exhaustive
	@given(st.data())
	def test_every_producible_total_has_exactly_one_band(self, data):
		model = scoring.validate(data.draw(models()))
		for points in itertools.product(range(1, 6), repeat=len(model.dimensions)):
			given_points = {d.code: p for d, p in zip(model.dimensions, points, strict=True)}
			total = paper_total(model, given_points)
			(band,) = paper_bands(model, total)
			result = scoring.grade(model, given_points)
			assert result.grade == band.grade
			assert result.score == float(total)

	@checked
	@given(st.data())
	def test_fractional_points_are_graded_as_on_paper(self, data):
		model = scoring.validate(data.draw(models()))
		points = data.draw(any_points(model))
		(band,) = paper_bands(model, paper_total(model, points))
		assert scoring.grade(model, points).grade == band.grade

	@checked
	@given(st.data())
	def test_raising_points_never_lowers_the_grade(self, data):
		model = scoring.validate(data.draw(models()))
		points = data.draw(any_points(model))
		raised = {code: data.draw(st.floats(value, 5)) for code, value in points.items()}
		before, after = scoring.grade(model, points), scoring.grade(model, raised)
		assert after.score >= before.score
		assert rank(model, after.grade) >= rank(model, before.grade)

	@checked
	@given(st.data())
	def test_contributions_add_up_to_the_total(self, data):
		model = scoring.validate(data.draw(models()))
		points = data.draw(any_points(model))
		result = scoring.grade(model, points)
		assert [line.dimension for line in result.lines] == [d.code for d in model.dimensions]
		assert sum(line.contribution for line in result.lines) == pytest.approx(result.score, abs=1e-6)
		for line, dimension in zip(result.lines, model.dimensions, strict=True):
			assert line.contribution == pytest.approx(points[line.dimension] * dimension.weight, abs=1e-6)
			assert line.possible == pytest.approx(5 * dimension.weight, abs=1e-6)

	@checked
	@given(st.data())
	def test_total_range_is_reached_and_never_left(self, data):
		model = data.draw(models())
		totals = {
			scoring.grade(model, dict.fromkeys((d.code for d in model.dimensions), p)).score for p in (1, 5)
		}
		assert scoring.total_range(model) == (min(totals), max(totals))

	def test_largest_names_what_carries_the_grade(self):
		result = scoring.grade(weighted(BNAU, U=3), {"B": 5, "N": 4, "A": 1, "U": 2})
		assert [line.dimension for line in result.largest()] == ["U", "B"]
		assert [line.dimension for line in result.largest(3)] == ["U", "B", "N"]


class TestNextGrade:
	def test_bnau_example(self):
		found = scoring.grade(BNAU, {"B": 5, "N": 3, "A": 1, "U": 3}).next_grade
		assert (found.grade, found.missing) == ("A", 3)
		assert found.alone == {"A": 4}
		assert (
			sum(found.steps.values()) - sum({"B": 5, "N": 3, "A": 1, "U": 3}[code] for code in found.steps)
			== 3
		)

	def test_the_best_grade_has_no_next_one(self):
		assert scoring.grade(BNAU, dict.fromkeys("BNAU", 5)).next_grade is None

	def test_the_best_grade_may_end_above_all_totals(self):
		model = scoring.validate(replace(BNAU, bands=(Band("A", 15, 100), Band("B", 0, 15))))
		result = scoring.grade(model, dict.fromkeys("BNAU", 5))
		assert (result.grade, result.next_grade) == ("A", None)

	def test_a_grade_that_no_points_reach(self):
		model = scoring.validate(replace(BNAU, bands=(Band("A", 25), Band("B", None, 25))))
		found = scoring.grade(model, dict.fromkeys("BNAU", 3)).next_grade
		assert (found.grade, found.missing, found.alone, found.steps) == ("A", 13, {}, {})

	def test_a_gap_far_smaller_than_a_weight_still_needs_a_point(self):
		model = scoring.validate(
			Model(
				"m",
				(Dimension("BIG", weight=1000), Dimension("SMALL", weight=0.0001)),
				(Band("A", 3000.0003), Band("B", 0, 3000.0003)),
			)
		)
		found = scoring.grade(model, {"BIG": 3, "SMALL": 2}).next_grade
		assert found.alone == {"BIG": 4, "SMALL": 3}

	@checked
	@given(st.data())
	def test_steps_are_the_fewest_points_that_reach_it(self, data):
		"""Against every possible set of raises."""
		model = scoring.validate(data.draw(models(dimensions=3)))
		points = data.draw(whole_points(model))
		result = scoring.grade(model, points)
		found = result.next_grade
		if found is None:
			assert rank(model, result.grade) == len(model.bands) - 1
			return
		assert rank(model, found.grade) == rank(model, result.grade) + 1
		goal = exact(result.band.high)
		codes = list(points)
		costs = [
			sum(raised) - sum(points.values())
			for raised in itertools.product(*(range(points[code], 6) for code in codes))
			if paper_total(model, dict(zip(codes, raised, strict=True))) >= goal
		]
		assert bool(found.steps) == bool(costs)
		if costs:
			after = {**points, **found.steps}
			assert sum(after.values()) - sum(points.values()) == min(costs)
			assert paper_total(model, after) >= goal
			assert rank(model, scoring.grade(model, after).grade) >= rank(model, found.grade)

	def test_a_half_raise_that_turns_out_spare_is_left_out(self):
		"""Half a point of HEAVY gives 1, a point of LIGHT the 1.5 that are missing."""
		dimensions = (Dimension("HEAVY", weight=2), Dimension("LIGHT", weight=1.5))
		model = scoring.validate(Model("m", dimensions, (Band("A", 15), Band("B", 0, 15))))
		found = scoring.grade(model, {"HEAVY": 4.5, "LIGHT": 3}).next_grade
		assert (found.missing, found.alone, found.steps) == (1.5, {"LIGHT": 4}, {"LIGHT": 4})

	@checked
	@given(st.data())
	def test_steps_from_fractional_points_reach_it_and_none_can_be_left_out(self, data):
		model = scoring.validate(data.draw(models()))
		points = data.draw(any_points(model))
		result = scoring.grade(model, points)
		found = result.next_grade
		assume(found is not None and found.steps)
		wanted = rank(model, found.grade)
		assert rank(model, scoring.grade(model, {**points, **found.steps}).grade) >= wanted
		for spare in found.steps:
			fewer = {code: value for code, value in found.steps.items() if code != spare}
			assert rank(model, scoring.grade(model, {**points, **fewer}).grade) < wanted
		for code, value in found.steps.items():
			assert points[code] < value <= 5

	@checked
	@given(st.data())
	def test_alone_is_enough_and_one_point_less_is_not(self, data):
		model = scoring.validate(data.draw(models()))
		points = data.draw(any_points(model))
		result = scoring.grade(model, points)
		found = result.next_grade
		assume(found is not None)
		assert found.missing == pytest.approx(
			float(exact(result.band.high) - paper_total(model, points)), abs=1e-6
		)
		wanted = rank(model, found.grade)
		for code in points:
			best = scoring.grade(model, {**points, code: 5})
			assert (code in found.alone) == (rank(model, best.grade) >= wanted)
		for code, needed in found.alone.items():
			assert points[code] < needed <= 5
			assert rank(model, scoring.grade(model, {**points, code: needed}).grade) >= wanted
			less = max(needed - 1, points[code])
			assert rank(model, scoring.grade(model, {**points, code: less}).grade) < wanted


X = Dimension("X")
ALL = (Band("A"),)


def bands(*rows: tuple) -> Model:
	return Model("m", (X,), tuple(Band(*row) for row in rows))


def dims(*dimensions: Dimension) -> Model:
	return Model("m", dimensions, ALL)


def period(amount: object, unit: str) -> Model:
	return Model("m", (X,), (Band("A", 3), Band("B", None, 3, first_touch=Period(amount, unit))))


BAD_MODELS = {
	"no dimension": (dims(), "dimensions"),
	"no code": (dims(X, Dimension("")), "dimensions[1].code"),
	"code twice": (dims(X, Dimension("Y"), X), "dimensions[2].code"),
	"negative weight": (dims(X, Dimension("Y", weight=-1)), "dimensions[1].weight"),
	"weight NaN": (dims(Dimension("Y", weight=math.nan)), "dimensions[0].weight"),
	"weight infinite": (dims(X, Dimension("Y", weight=math.inf)), "dimensions[1].weight"),
	"weight a text": (dims(X, Dimension("Y", weight="1")), "dimensions[1].weight"),
	"weight a switch": (dims(X, Dimension("Y", weight=True)), "dimensions[1].weight"),
	"weight beyond floats": (dims(X, Dimension("Y", weight=10**400)), "dimensions[1].weight"),
	"weights whose sum is beyond floats": (dims(X, Dimension("Y", weight=1e308)), "dimensions"),
	"all weights zero": (dims(Dimension("X", weight=0), Dimension("Y", weight=0.0)), "dimensions"),
	"rubric out of 1-5": (dims(Dimension("X", levels={6: "very good"})), "dimensions[0].levels"),
	"rule with 0 points": (
		dims(X, Dimension("Y", rules=(Rule("otherwise", 0),))),
		"dimensions[1].rules[0].points",
	),
	"rule with 6 points": (
		dims(Dimension("Y", rules=(Rule("otherwise", 5), Rule("is set", 6)))),
		"dimensions[0].rules[1].points",
	),
	"rule with NaN points": (
		dims(Dimension("Y", rules=(Rule("is set", math.nan),))),
		"dimensions[0].rules[0].points",
	),
	"rule without points": (
		dims(Dimension("Y", rules=(Rule("is set", None),))),
		"dimensions[0].rules[0].points",
	),
	"rule with unknown comparison": (
		dims(Dimension("Y", rules=(Rule("about", 3, 1),))),
		"dimensions[0].rules[0].when",
	),
	"rule with a limit that is no number": (
		dims(Dimension("Y", rules=(Rule("at most", 3, "soon"),))),
		"dimensions[0].rules[0].value",
	),
	"no band": (bands(), "bands"),
	"band without grade": (bands(("A", 3), ("", None, 3)), "bands[1].grade"),
	"grade twice": (bands(("A", 3), ("A", None, 3)), "bands[1].grade"),
	"overlap": (bands(("A", 3), ("B", 0, 3.5)), "bands[0].low"),
	"overlap of open ends": (bands(("A",), ("B", None, 3)), "bands[1].low"),
	"gap": (bands(("C", 0, 2), ("A", 3), ("B", 2, 2.9)), "bands[1].low"),
	"limit NaN": (bands(("A", math.nan), ("B", None, 3)), "bands[0].low"),
	"limit infinite": (bands(("A", 3, math.inf), ("B", None, 3)), "bands[0].high"),
	"band without totals": (bands(("A", 3), ("B", 3, 3), ("C", None, 3)), "bands[1].high"),
	"band upside down": (bands(("A", 3, 1), ("B", None, 3)), "bands[0].high"),
	"lowest total uncovered": (bands(("A", 3), ("B", 1.5, 3)), "bands[1].low"),
	"highest total uncovered": (bands(("B", 0, 3), ("A", 3, 5)), "bands[1].high"),
	"period of nothing": (period(0, "Hours"), "bands[1].first_touch"),
	"negative period": (period(-1, "Days"), "bands[1].first_touch"),
	"period NaN": (period(math.nan, "Hours"), "bands[1].first_touch"),
	"period a text": (period("48", "Hours"), "bands[1].first_touch"),
	"unknown unit": (period(1, "Fortnights"), "bands[1].first_touch"),
	"fractional days": (period(1.5, "Days"), "bands[1].first_touch"),
	"fractional working days": (period(2.5, "Working Days"), "bands[1].first_touch"),
	"bad review": (
		Model("m", (X,), (Band("A", review_after=Period(0, "Weeks")),)),
		"bands[0].review_after",
	),
}


def assert_translatable(error: EngineError) -> None:
	"""The desk fills a translated template with the same parameters."""
	sentence = error.template.format(**error.params)
	assert sentence and "{" not in sentence
	assert str(error) == f"{error.field}: {sentence}"


class TestBadModels:
	@pytest.mark.parametrize("name", BAD_MODELS)
	def test_is_refused_naming_the_place(self, name):
		model, field = BAD_MODELS[name]
		with pytest.raises(ModelError) as caught:
			scoring.validate(model)
		assert caught.value.field == field
		assert_translatable(caught.value)

	@pytest.mark.parametrize(
		"model",
		[
			bands(("A",)),
			bands(("A", 3), ("B", None, 3)),
			bands(("B", 1, 3), ("A", 3, 5.01)),
			dims(X, Dimension("Y", weight=0)),
			period(0.5, "Hours"),
			period(1.5, "working hours"),
		],
	)
	def test_good_models_pass(self, model):
		"""The neighbours of the bad ones."""
		assert scoring.validate(model) is model

	def test_gap_between_bands_of_whole_totals(self):
		"""L6: the source document's 8-14 and 15 and over leave 14.5 without a grade."""
		model = replace(BNAU, bands=(Band("A", 15), Band("B", 8, 14), Band("C", None, 8)))
		with pytest.raises(ModelError) as caught:
			scoring.validate(model)
		assert caught.value.field == "bands[0].low"
		assert caught.value.params["high"] == 14

	def test_a_rule_for_a_dimension_that_is_not_there(self):
		data = shipped_data("opportunity_sab")
		data["rules"][3]["dimension"] = "LUCK"
		with pytest.raises(ModelError) as caught:
			scoring.model_from_dict(data)
		assert caught.value.field == "rules[3].dimension"
		assert_translatable(caught.value)

	@pytest.mark.parametrize(
		("table", "row", "key", "value", "field"),
		[
			("dimensions", 2, "weight", -0.5, "dimensions[2].weight"),
			("dimensions", 1, "code", "B", "dimensions[1].code"),
			("bands", 0, "from_total", 16.0, "bands[0].low"),
			("bands", 1, "from_total", 7.0, "bands[1].low"),
			("bands", 2, "from_total", 4.5, "bands[2].low"),
			("bands", 0, "below_total", 20.0, "bands[0].high"),
			("bands", 1, "first_touch_unit", "Moons", "bands[1].first_touch"),
			("bands", 1, "first_touch_amount", -1, "bands[1].first_touch"),
		],
	)
	def test_as_the_desk_stores_it(self, table, row, key, value, field):
		data = shipped_data("bnau")
		data[table][row][key] = value
		with pytest.raises(ModelError) as caught:
			scoring.model_from_dict(data)
		assert caught.value.field == field
		assert_translatable(caught.value)


class TestBadPoints:
	"""L5: 1-5 points for every dimension; nothing is invented."""

	@pytest.mark.parametrize("value", [0, 6, 0.99, 5.01, -1, math.nan, math.inf, "5", True, [5], 10**400])
	def test_value(self, value):
		with pytest.raises(PointsError) as caught:
			scoring.grade(BNAU, {"B": 5, "N": value, "A": 5, "U": 5})
		assert caught.value.field == "points.N"
		assert_translatable(caught.value)

	@pytest.mark.parametrize("points", [{"B": 5, "A": 5, "U": None}, {"B": 5, "A": 5}])
	def test_missing(self, points):
		with pytest.raises(PointsError) as caught:
			scoring.grade(BNAU, points)
		assert caught.value.field == "points"
		assert caught.value.params == {"codes": "N, U"}
		assert_translatable(caught.value)

	def test_unknown_dimension(self):
		with pytest.raises(PointsError) as caught:
			scoring.grade(BNAU, {"B": 5, "N": 5, "A": 5, "U": 5, "D": 5})
		assert caught.value.field == "points.D"
		assert_translatable(caught.value)

	@pytest.mark.parametrize("points", [None, 5, "B=5", [5, 5, 5, 5]])
	def test_not_by_dimension(self, points):
		with pytest.raises(PointsError) as caught:
			scoring.grade(BNAU, points)
		assert caught.value.field == "points"
		assert_translatable(caught.value)

	def test_points_come_back_as_floats_in_the_models_order(self):
		assert list(scoring.check_points(BNAU, {"U": 1, "A": 2, "N": 3, "B": 4}).items()) == [
			("B", 4.0), ("N", 3.0), ("A", 2.0), ("U", 1.0),
		]  # fmt: skip


class TestShippedModels:
	def test_there_are_five(self):
		assert NAMES == ["account_five_factors", "bnau", "funnel_guide", "opportunity_sab", "team_template"]

	@pytest.mark.parametrize("name", NAMES)
	def test_loads(self, name):
		data, model = shipped_data(name), shipped(name)
		assert model.name == data["model_name"]
		assert [d.code for d in model.dimensions] == [row["code"] for row in data["dimensions"]]
		assert sum(len(d.rules) for d in model.dimensions) == len(data["rules"])
		assert all(d.levels[5] and d.levels[3] and d.levels[1] for d in model.dimensions)
		assert scoring.validate(model) is model

	@pytest.mark.parametrize("name", ["bnau", "funnel_guide", "team_template"])
	def test_l6_bands_and_weights(self, name):
		model = shipped(name)
		assert [(d.code, d.weight) for d in model.dimensions] == [("B", 1), ("N", 1), ("A", 1), ("U", 1)]
		assert [scoring.band_for(model, total).grade for total in (15, 14.5, 8, 7.5)] == ["A", "B", "B", "C"]

	@pytest.mark.parametrize(
		("name", "a", "b"),
		[
			("bnau", Period(48, "Hours"), Period(1, "Weeks")),
			("funnel_guide", Period(48, "Hours"), Period(3, "Working Days")),
			("team_template", Period(48, "Hours"), Period(48, "Hours")),
		],
	)
	def test_l7_first_touch_and_l9_review(self, name, a, b):
		model = shipped(name)
		assert model.band("A").first_touch == a
		assert model.band("B").first_touch == b
		assert model.band("C").first_touch is None
		assert [model.band(grade).nurture for grade in "ABC"] == [False, False, True]
		assert {model.band(grade).review_after for grade in "ABC"} == {Period(1, "Weeks")}

	@pytest.mark.parametrize(
		("total", "grade"), [(25, "A"), (20, "A"), (19, "B"), (19.99, "B"), (15, "B"), (14, "C"), (5, "C")]
	)
	def test_l10_account_grades(self, total, grade):
		model = shipped("account_five_factors")
		assert len(model.dimensions) == 5
		assert {d.weight for d in model.dimensions} == {1}
		assert scoring.band_for(model, total).grade == grade
		assert {band.review_after for band in model.bands} == {Period(1, "Months")}

	def test_an_unknown_grade_or_dimension_is_none(self):
		assert BNAU.band("S") is None
		assert BNAU.dimension("D") is None
		assert BNAU.dimension("U").label == "Urgency"


class TestOpportunitiesF2:
	MODEL = shipped("opportunity_sab")
	AMOUNTS = (0, 1, 19_999.99, 20_000, 99_999, 100_000, 10**9)

	def grade(self, days: object, probability: object, amount: object) -> str:
		facts = {"days_to_close": days, "probability": probability, "amount": amount}
		return scoring.grade(self.MODEL, scoring.points_from_facts(self.MODEL, facts)).grade

	@pytest.mark.parametrize("amount", AMOUNTS)
	@pytest.mark.parametrize("probability", [0, 39.9, 40, 69.9, 70, 100])
	@pytest.mark.parametrize("days", [0, 1, 29, 30, 31, 60, 90, 91, 365])
	def test_grade_by_closing_and_intent_whatever_the_amount(self, days, probability, amount):
		if days > 90:
			expected = "B"
		elif days <= 30 and probability >= 70:
			expected = "S"
		else:
			expected = "A"
		assert self.grade(days, probability, amount) == expected

	@pytest.mark.parametrize("missing", ["days_to_close", "probability", "amount"])
	@pytest.mark.parametrize("nothing", [None, ""])
	def test_a_missing_fact_gives_no_points_and_no_grade(self, missing, nothing):
		facts = {"days_to_close": 10, "probability": 80, "amount": 5000, missing: nothing}
		points = scoring.points_from_facts(self.MODEL, facts)
		(code,) = (d.code for d in self.MODEL.dimensions if d.fact == missing)
		assert [c for c, p in points.items() if p is None] == [code]
		with pytest.raises(PointsError) as caught:
			scoring.grade(self.MODEL, points)
		assert caught.value.params == {"codes": code}

	def test_no_closing_date_is_not_a_late_closing_date(self):
		facts = {"days_to_close": scoring.days_until(None, date(2026, 1, 1)), "probability": 100, "amount": 1}
		assert scoring.points_from_facts(self.MODEL, facts)["CLOSING"] is None

	def test_facts_as_texts_of_an_export(self):
		assert self.grade("30", "70", "5000") == "S"
		assert self.grade("31", " 70 ", "5000.50") == "A"

	@pytest.mark.parametrize(
		("day", "days"),
		[
			(date(2026, 3, 31), 30),
			(datetime(2026, 3, 31, 23, 59), 30),
			(date(2026, 2, 28), -1),
			(date(2026, 3, 1), 0),
			(None, None),
		],
	)
	@pytest.mark.parametrize("today", [date(2026, 3, 1), datetime(2026, 3, 1, 22)])
	def test_days_until(self, day, days, today):
		assert scoring.days_until(day, today) == days

	def test_rules_are_read_in_order(self):
		rules = (Rule("is", 5, "Hot "), Rule("at least", 4, "10"), Rule("is set", 2), Rule("otherwise", 1))
		model = dims(Dimension("X", fact="f", rules=rules))
		facts = {"hot": 5, " HOT": 5, "10": 4, 10.5: 4, 9: 2, "cold": 2, 0: 1, None: None, "": None}
		for fact, points in facts.items():
			assert scoring.points_from_facts(model, {"f": fact}) == {"X": points}
		assert scoring.points_from_facts(model, {}) == {"X": None}

	def test_no_rule_fits(self):
		model = dims(Dimension("X", fact="f", rules=(Rule("at least", 5, 10), Rule("at most", 3, 5))))
		assert scoring.points_from_facts(model, {"f": 7}) == {"X": None}
		assert scoring.points_from_facts(model, {"f": 10**400}) == {"X": None}


class TestPackedPoints:
	def test_one_text_whatever_the_order_and_type(self):
		assert scoring.pack_points({"N": 3, "B": 5.0}) == "B=5 N=3"
		assert scoring.pack_points({"B": 5, "N": 3.0}) == "B=5 N=3"
		assert scoring.pack_points({"U": 1.5}) == "U=1.5"

	@checked
	@given(
		st.dictionaries(
			st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.floats(1, 5), min_size=1
		)
	)
	@example({"DECISION CHAIN": 4.0})
	@example({"100% %20": 4.0, "a=b": 1.0, "=": 2.0})
	@example({"B": 4.9999999})
	def test_round_trip(self, points):
		assert scoring.unpack_points(scoring.pack_points(points)) == points

	@pytest.mark.parametrize("nothing", ["", None])
	def test_nothing(self, nothing):
		assert scoring.unpack_points(nothing) == {}
		assert scoring.pack_points({}) == ""

	@pytest.mark.parametrize("text", ["junk", "B=", "B=five", "=5", "B=5 N", "B=nan"])
	def test_another_text_is_refused(self, text):
		with pytest.raises(PointsError) as caught:
			scoring.unpack_points(text)
		assert caught.value.field == "points"
		assert_translatable(caught.value)

	@checked
	@given(st.data())
	def test_regrade_says_what_grade_says(self, data):
		model = scoring.validate(data.draw(models()))
		rows = data.draw(st.lists(any_points(model), max_size=5))
		packed = [scoring.pack_points(points) for points in rows]
		graded = scoring.regrade(model, packed)
		assert set(graded) == set(packed)
		for points, text in zip(rows, packed, strict=True):
			result = scoring.grade(model, points)
			assert graded[text] == scoring.Regrade(result.score, result.grade)

	def test_a_new_dimension_is_a_problem(self):
		(found,) = scoring.regrade(BNAU, ["B=5 N=5 U=5"]).values()
		assert (found.score, found.grade) == (None, None)
		assert found.problem.params == {"codes": "A"}

	def test_a_removed_dimension_is_dropped(self):
		(found,) = scoring.regrade(BNAU, ["A=5 B=4 N=3 OLD=5 U=3"]).values()
		assert (found.score, found.grade, found.problem) == (15, "A", None)

	def test_one_broken_text_does_not_stop_the_others(self):
		graded = scoring.regrade(BNAU, ["junk", "A=5 B=5 N=5 U=9", "", "A=5 B=5 N=5 U=5"])
		assert [row.grade for row in graded.values()] == [None, None, None, "A"]
		assert [row.problem is None for row in graded.values()] == [False, False, False, True]


class TestModelAsData:
	def test_defaults(self):
		model = scoring.model_from_dict(
			{
				"name": "Small",
				"dimensions": [{"code": "X", "level_5": "good"}, {"code": "Y", "weight": 0, "label": "Why"}],
				"bands": [
					{"grade": "A", "from_total": 3, "below_total": 0, "first_touch_amount": 8},
					{"grade": "B", "below_total": 3, "colour": "Red", "nurture": 1},
				],
			}
		)
		assert model == Model(
			"Small",
			(Dimension("X", "X", 1.0, {5: "good"}), Dimension("Y", "Why", 0)),
			(Band("A", 3, first_touch=Period(8, "Hours")), Band("B", None, 3, "red", nurture=True)),
		)

	def test_nothing(self):
		with pytest.raises(ModelError) as caught:
			scoring.model_from_dict({})
		assert caught.value.field == "dimensions"
