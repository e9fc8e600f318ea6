"""What speaks for losing a customer, weighed (A4, P6)."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import risk as rules

REASONS = st.sets(st.sampled_from(sorted(rules.WEIGHTS)))


def test_a_late_complaint_is_not_counted_as_open_besides():
	assert rules.counted([rules.COMPLAINT_OPEN, rules.COMPLAINT_LATE]) == [rules.COMPLAINT_LATE]
	assert rules.counted([rules.FALLING, rules.SILENT]) == [rules.SILENT]
	assert rules.weight([rules.COMPLAINT_OPEN, rules.COMPLAINT_LATE]) == 4


def test_bands():
	assert rules.band(rules.weight([rules.TOUCH_MISSED, rules.SYNC_MISSED])) == rules.LOW
	assert rules.band(rules.weight([rules.SILENT])) == rules.MEDIUM
	assert rules.band(rules.weight([rules.SILENT, rules.LOW_MARK])) == rules.HIGH


def test_what_lies_far_back_does_not_count():
	found = rules.since(date(2027, 1, 31))
	assert (found.touches, found.weeks, found.ended) == (
		date(2026, 11, 2),
		date(2027, 1, 3),
		date(2026, 11, 2),
	)


def test_the_heaviest_come_first():
	weights = list(rules.WEIGHTS.values())
	assert weights == sorted(weights, reverse=True) and min(weights) > 0


@given(REASONS, st.sampled_from(sorted(rules.WEIGHTS)))
def test_a_further_reason_makes_no_risk_smaller(reasons, further):
	assert rules.weight({*reasons, further}) >= rules.weight(reasons)


@given(REASONS)
def test_said_twice_is_said_once(reasons):
	assert rules.weight([*reasons, *reasons]) == rules.weight(reasons)
