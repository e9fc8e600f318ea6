"""Complaints: the customer's word, and how fast they are settled (A4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import complaints as rules
from salesflow_std.engine.complaints import Case, Word

OPENED, TODAY = date(2027, 1, 8), date(2027, 1, 12)
NOW = datetime(2027, 1, 12, 12)


def case(due=1, settled=None, hours=None, name="A"):
	"""Due and settled that many hours from NOW."""
	at = None if settled is None else NOW + timedelta(hours=settled)
	return Case(name, None if due is None else NOW + timedelta(hours=due), at, hours)


def test_with_the_whole_word_it_may_be_closed():
	assert rules.missing(Word("It runs now.", "Purchasing Manager", TODAY), OPENED, TODAY) == ()
	assert rules.missing(Word("It runs now.", "Purchasing Manager", OPENED), OPENED, TODAY) == ()


def test_without_any_of_it_all_is_missing():
	assert rules.missing(Word(), OPENED, TODAY) == (rules.WORD, rules.BY, rules.ON)


@pytest.mark.parametrize(
	("word", "lacks"),
	[
		(Word("  \n", "Purchasing Manager", TODAY), rules.WORD),
		(Word("Fine", " ", TODAY), rules.BY),
		(Word("Fine", "Purchasing Manager"), rules.ON),
		(Word("Fine", "Purchasing Manager", OPENED - timedelta(days=1)), rules.BEFORE_OPENING),
		(Word("Fine", "Purchasing Manager", TODAY + timedelta(days=1)), rules.IN_FUTURE),
	],
)
def test_each_part_is_asked_for(word, lacks):
	assert rules.missing(word, OPENED, TODAY) == (lacks,)


def test_a_deadline_that_is_put_off_is_known():
	later = NOW + timedelta(minutes=1)
	assert rules.is_moved_later(NOW, later) and rules.is_moved_later(NOW, None)
	assert not rules.is_moved_later(NOW, NOW)
	assert not rules.is_moved_later(later, NOW)
	assert not rules.is_moved_later(None, NOW)


def test_open_settled_and_late_ones_are_counted():
	found = rules.tally(
		[
			case(due=1),  # open, in time
			case(due=-1),  # open, late
			case(due=None),  # open, without a deadline
			case(due=-1, settled=-2, hours=3.0),  # in time
			case(due=-2, settled=-1, hours=9.0),  # late
			case(due=-1, settled=-1, hours=4.0),  # at the last moment
		],
		NOW,
	)
	assert (found.complaints, found.open, found.overdue, found.settled, found.in_time) == (6, 3, 1, 3, 2)
	assert found.in_time_share == pytest.approx(2 / 3)
	assert (found.hours, found.longest) == (4.0, 9.0)


def test_of_nothing_nothing_is_said():
	found = rules.tally([], NOW)
	assert found.complaints == found.open == found.settled == 0
	assert found.in_time_share is found.hours is found.longest is None


def test_while_none_is_settled_there_is_no_time():
	found = rules.tally([case()], NOW)
	assert found.in_time_share is None and found.hours is None


@given(
	st.lists(
		st.builds(
			case,
			due=st.none() | st.integers(-50, 50),
			settled=st.none() | st.integers(-50, 0),
			hours=st.none() | st.floats(0, 400),
		)
	)
)
def test_the_parts_add_up(cases):
	found = rules.tally(cases, NOW)
	assert found.open + found.settled == found.complaints == len(cases)
	assert found.overdue <= found.open and found.in_time <= found.settled
	assert found.hours is None or found.hours <= found.longest
