"""Which needs a solution answers, and what is a measure (S1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import coverage, needs
from salesflow_std.engine.coverage import CASE, FEATURE, NUMBER, VALUE, Answer
from salesflow_std.engine.measures import holds_measure

FULL = Answer("Must", "Scanner at the dock", "2 hours less a day", 0, True)


def test_an_answer_is_a_feature_a_value_in_numbers_and_a_case():
	assert coverage.lacks(FULL) == ()
	assert coverage.state(FULL) == "Covered"
	assert not coverage.blocks(FULL)


@pytest.mark.parametrize(
	("answer", "lacks", "state"),
	[
		(Answer("Must", "", "2 hours", 0, True), (FEATURE,), "Partly"),
		(Answer("Must", " \n", "2 hours", 0, True), (FEATURE,), "Partly"),
		(Answer("Must", "x", "", 0, True), (VALUE,), "Partly"),
		(Answer("Must", "x", "much faster", 0, True), (NUMBER,), "Partly"),
		(Answer("Must", "x", "2 hours", 0, False), (CASE,), "Partly"),
		(Answer("Must"), (FEATURE, VALUE, CASE), "Open"),
		(Answer("Must", "", "faster"), (FEATURE, NUMBER, CASE), "Partly"),
		(Answer("Must", "x", "", 12000, True), (), "Covered"),
		(Answer("Must", "x", "", -5, True), (VALUE,), "Partly"),
	],
)
def test_what_an_answer_lacks(answer, lacks, state):
	assert coverage.lacks(answer) == lacks
	assert coverage.state(answer) == state
	assert coverage.blocks(answer) == bool(lacks)


@pytest.mark.parametrize("priority", ["Expected", "Deferrable", ""])
def test_only_a_must_need_blocks(priority):
	assert not coverage.blocks(Answer(priority))
	assert coverage.state(Answer(priority)) == "Open"


def test_a_waived_need_does_not_block_and_is_still_shown():
	waived = Answer("Must", waived=True)
	assert coverage.state(waived) == "Waived"
	assert not coverage.blocks(waived)
	assert coverage.state(Answer("Must", "x", "3 days", 0, True, waived=True)) == "Covered"


answers = st.builds(
	Answer,
	st.sampled_from(["Must", "Expected", "Deferrable"]),
	st.sampled_from(["", "x"]),
	st.sampled_from(["", "better", "3 days"]),
	st.sampled_from([0, 10.5]),
	st.booleans(),
	st.booleans(),
)


@given(st.lists(answers))
def test_every_need_is_counted_once(rows):
	assert sum(coverage.counts(rows).values()) == len(rows)
	assert set(coverage.counts(rows)) == set(coverage.STATES)


@given(answers)
def test_covered_means_that_nothing_lacks(answer):
	assert (coverage.state(answer) == coverage.COVERED) == (not coverage.lacks(answer))


@pytest.mark.parametrize(
	"text",
	[
		"2 hours less a day", "saves 30 %", "half the stock", "twice as fast", "Three days instead of ten", "a third fewer errors",
		"one hour a week", "doubles the output", "节省３天", "减少三成", "错误率降低一半", "百分之二十", "产能翻倍", "五分之一", "每月少两人",
		"十个工作日", "缩短到一天", "halving the stock", "two-thirds of the time",
	],
)  # fmt: skip
def test_a_measure_in_words_or_digits(text):
	assert holds_measure(text)


@pytest.mark.parametrize(
	"text",
	[
		"", None, "much faster", "one system for all", "统一单据", "唯一人选", "第一年", "更快", "thirdly, it is safe", "一次性付款",
		"behalf of the plant", "someone",
	],
)  # fmt: skip
def test_no_measure(text):
	assert not holds_measure(text)


def test_needs_and_values_are_read_alike():
	"""N3: a wish with a measure is not vague."""
	assert needs.vague_because("A faster report, in two days") is None
	assert needs.vague_because("A faster report") == "faster"
