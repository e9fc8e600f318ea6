"""Intervals of shares and of their differences, and percentiles (M3)."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.intervals import SampleError, difference, percentile, wilson


@st.composite
def samples(draw) -> tuple[int, int]:
	of = draw(st.integers(1, 5000))
	return draw(st.integers(0, of)), of


# Newcombe, Statistics in Medicine 17 (1998): 857-872 table I and 873-890 table II, the score methods without correction.
@pytest.mark.parametrize(
	("hits", "of", "low", "high"),
	[(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits, of, low, high):
	found = wilson(hits, of)
	assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
	("one", "other", "low", "high"),
	[
		((56, 70), (48, 80), 0.0524, 0.3339),
		((9, 10), (3, 10), 0.1705, 0.8090),
		((10, 10), (0, 20), 0.6791, 1.0),
	],
)
def test_the_difference_as_published(one, other, low, high):
	found = difference(*one, *other)
	assert (round(found.low, 4), round(found.high, 4)) == (low, high)
	assert found.excludes(0)


def test_without_a_sample_nothing_is_said():
	assert wilson(0, 0) is None
	assert difference(1, 2, 0, 0) is None
	assert percentile([], 0.5) is None


@pytest.mark.parametrize(("hits", "of"), [(3, 2), (-1, 5), (0, -1)])
def test_what_is_no_share_is_refused(hits, of):
	with pytest.raises(SampleError):
		wilson(hits, of)
	with pytest.raises(SampleError):
		wilson(1, 2, confidence=1)
	with pytest.raises(SampleError):
		percentile([1], 1.5)


@given(samples())
def test_the_share_lies_in_its_interval_and_more_confidence_is_wider(sample):
	hits, of = sample
	found, wider = wilson(hits, of), wilson(hits, of, 0.99)
	assert 0 <= wider.low <= found.low <= hits / of <= found.high <= wider.high <= 1
	mirrored = wilson(of - hits, of)
	assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(samples(), samples())
def test_a_difference_lies_in_its_interval_and_turns_round(one, other):
	found, turned = difference(*one, *other), difference(*other, *one)
	gap = one[0] / one[1] - other[0] / other[1]
	assert -1 - 1e-12 <= found.low <= gap + 1e-12
	assert gap - 1e-12 <= found.high <= 1 + 1e-12
	assert found.low == pytest.approx(-turned.high, abs=1e-12)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0, 1))
def test_percentiles(values, share):
	assert percentile(values, 0.5) == pytest.approx(median(values))
	assert (percentile(values, 0), percentile(values, 1)) == (min(values), max(values))
	found = percentile(values, share)
	assert sum(value <= found + 1e-6 for value in values) >= share * (len(values) - 1)
	assert sum(value >= found - 1e-6 for value in values) >= (1 - share) * (len(values) - 1)
