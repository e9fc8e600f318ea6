"""What many surveys come to: means by weight, response rate, and a score only of answers enough (A3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import satisfaction as rules
from salesflow_std.engine import survey
from salesflow_std.engine.satisfaction import Asked, Mark


def marks(*values, weights=(1.0, 1.0, 1.0), low=2):
	return tuple(
		Mark(dimension.lower(), dimension, value, weight, value <= low)
		for dimension, value, weight in zip(survey.MUST_DIMENSIONS, values, weights, strict=True)
	)


def test_every_customer_counts_once():
	found = rules.tally(
		[
			Asked("a", True, marks(5, 5, 5)),
			# One who gave a single mark counts as much as one who gave three.
			Asked("b", True, marks(1, 3, 3)[:1], low=True),
			Asked("c"),
			Asked("d"),
		]
	)
	assert (found.asked, found.answered, found.rate, found.low) == (4, 2, 0.5, 1)
	assert found.satisfaction == rules.Mean(3.0, 2) and found.satisfaction.is_few()
	assert found.dimensions["Timeliness"] == rules.Mean(3.0, 2)
	assert found.dimensions["Needs Met"] == rules.Mean(5.0, 1)


def test_nobody_asked_has_no_rate_and_no_mean():
	found = rules.tally([])
	assert found.rate is None and found.satisfaction == rules.Mean(None, 0)
	assert not found.satisfaction.is_few()


def test_who_only_wrote_words_answered_without_a_mean():
	found = rules.tally([Asked("a", True)])
	assert (found.answered, found.satisfaction.count, found.satisfaction.mean) == (1, 0, None)


def test_marks_weigh_as_their_template_says():
	found = marks(5, 2, 1, weights=(3.0, 1.0, 0.0))
	assert rules.satisfaction(found) == pytest.approx((5 * 3 + 2) / 4)
	assert rules.of_dimension(found[2:]) == rules.Mean(None, 0)
	assert rules.of_question(found[2:]) == rules.Mean(1.0, 1)


@given(
	st.lists(st.integers(1, 5), min_size=3, max_size=3),
	st.lists(st.floats(0.1, 9), min_size=3, max_size=3),
)
def test_a_survey_alone_is_what_was_written_into_it(values, weights):
	questions = [
		survey.Question(dimension.lower().replace(" ", "_"), dimension, survey.MARK, weight)
		for dimension, weight in zip(survey.MUST_DIMENSIONS, weights, strict=True)
	]
	answers = [survey.Answer(question, value) for question, value in zip(questions, values, strict=True)]
	written = survey.result(answers, 2).satisfaction
	assert rules.satisfaction(marks(*values, weights=weights)) == pytest.approx(written)


def test_of_few_answers_no_score_is_told():
	found = rules.score([10] * 6 + [5] * 3)
	assert (found.answers, found.promoters, found.detractors) == (9, 6, 3)
	assert not found.is_enough() and found.score is found.margin is found.low is None
	assert rules.score([]) == rules.Score(0, 0, 0, 0, None, None, None, None)


def test_a_score_lies_within_its_margin():
	# +100 six times, 0 twice, -100 twice: mean 40, variance (8 - 10 * 0.16) / 9 = 0.7111.
	found = rules.score([9] * 6 + [7] * 2 + [0] * 2)
	assert found.is_enough() and found.score == pytest.approx(40)
	assert found.margin == pytest.approx(196 * (0.71111 / 10) ** 0.5, abs=0.01)
	assert found.low == pytest.approx(40 - found.margin) and found.high == pytest.approx(40 + found.margin)


def test_all_alike_says_nothing_of_how_sure_it_is():
	found = rules.score([10] * 20)
	assert found.score == 100 and found.margin is found.low is found.high is None


@given(st.lists(st.integers(0, 10), min_size=10, max_size=60))
def test_the_range_holds_the_score(scores):
	found = rules.score(scores)
	assert found.promoters + found.passives + found.detractors == found.answers
	if found.margin is not None:
		assert -100 <= found.low <= found.score <= found.high <= 100


def test_each_is_a_promoter_a_passive_or_a_detractor():
	asked = [Asked(str(value), True, recommend=value) for value in range(11)] + [Asked("none", True)]
	assert rules.promoters(asked) == ["9", "10"] and rules.passives(asked) == ["7", "8"]
	assert rules.detractors(asked) == ["0", "1", "2", "3", "4", "5", "6"]
