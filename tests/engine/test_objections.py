"""Rules of objections: which script comes first (S5), when a promised reply is due (S4)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import objections as rules
from salesflow_std.engine.objections import Script, Situation
from salesflow_std.engine.worktime import Calendar

CALENDAR = Calendar()
used_and_settled = st.integers(0, 10_000).flatmap(lambda used: st.tuples(st.just(used), st.integers(0, used)))
texts = st.text(alphabet="abc 价格太高贵 ", max_size=12)
scripts = st.builds(
	Script,
	name=st.text(alphabet="abcdef", min_size=1, max_size=4),
	kind=st.sampled_from(rules.KINDS),
	title=texts,
	objection=texts,
	answer=texts,
	language=st.sampled_from(["en", "zh", "de"]),
	industry=st.sampled_from(["", "Steel", "Food"]),
	competitor=st.sampled_from(["", "Alpha GmbH", "Beta Ltd"]),
	used=st.just(4),
	settled=st.integers(0, 4),
)


def names(found):
	return [script.name for script in found]


# Success -----------------------------------------------------------------------------------------------------


def test_success_is_what_was_settled_of_what_was_used():
	assert (rules.success_rate(0, 0), rules.success_rate(8, 2)) == (0, 25)


def test_one_lucky_use_is_no_proof_and_the_untried_stand_in_the_middle():
	"""S5: what was never used is offered before what fails mostly, or nobody would ever try it."""
	lucky, proven, untried, failing = (rules.promise(*pair) for pair in ((1, 1), (20, 18), (0, 0), (10, 1)))
	assert proven > lucky > untried > failing


@given(used_and_settled)
def test_promise_lies_between_nothing_and_certainty(pair):
	used, settled = pair
	assert 0 < rules.promise(used, settled) < 1
	assert (
		rules.promise(used + 1, settled + 1) > rules.promise(used, settled) > rules.promise(used + 1, settled)
	)


# Words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("typed", "wanted"),
	[
		("Too  expensive!", ["too", "expensive"]),
		("价格高", ["价格", "格高"]),
		("贵", ["贵"]),
		("ERP系统 ｐｒｉｃｅ", ["erp", "price", "系统"]),
		("price PRICE", ["price"]),
		("?! …", []),
	],
)
def test_words(typed, wanted):
	assert rules.words(typed) == wanted


@pytest.mark.parametrize(
	("typed", "found"),
	[
		("expens", True),  # still being typed
		("is it expensive", True),  # two of three
		("expensive delivery late", False),
		("太贵了", True),
		("贵", True),
		("交货", False),
		("", False),
	],
)
def test_half_of_what_is_typed_is_enough(typed, found):
	script = Script("a", "Price", "Too expensive", "It is 太贵了", "Compare.")
	assert bool(rules.strength(rules.words(typed), script)) is found


def test_all_words_in_an_answer_are_more_than_half_of_them_in_a_title():
	answer = Script("answer", "Other", answer="budget year")
	title = Script("title", "Other", title="budget")
	assert names(rules.rank([title, answer], Situation(), "budget year")) == ["answer", "title"]


def test_a_title_says_it_better_than_an_answer():
	found = rules.rank(
		[
			Script("answer", "Price", answer="budget"),
			Script("words", "Price", objection="budget"),
			Script("title", "Price", title="budget"),
		],
		Situation(),
		"Budget",
	)
	assert names(found) == ["title", "words", "answer"]


# Ranking -----------------------------------------------------------------------------------------------------


def test_closeness_goes_before_success():
	situation = Situation("Price", "Steel", "Alpha GmbH", ("en",))
	found = rules.rank(
		[
			Script("other kind", "Trust", language="en", used=90, settled=90),
			Script("other language", "Price", language="zh", used=90, settled=90),
			Script("other competitor", "Price", language="en", competitor="Beta Ltd", used=9, settled=9),
			Script("works", "Price", language="en", used=9, settled=9),
			Script("fails", "Price", language="en", used=9),
			Script("same industry", "Price", language="en", industry="Steel", used=9),
			Script("other industry", "Price", language="en", industry="Food", used=9, settled=9),
			Script("same competitor", "Price", language="en", competitor="Alpha GmbH", used=9),
		],
		situation,
	)
	assert names(found) == [
		"same competitor",
		"same industry",
		"works",
		"fails",
		"other industry",
		"other competitor",
		"other language",
		"other kind",
	]


def test_the_languages_are_tried_in_their_order():
	offered = [Script(code, "Price", language=code) for code in ("en", "fr", "zh")]
	assert names(rules.rank(offered, Situation(languages=("zh", "en")))) == ["zh", "en", "fr"]


@given(st.lists(scripts, max_size=12, unique_by=lambda script: script.name), texts, st.integers(1, 20))
def test_ranking_loses_and_invents_nothing(offered, typed, limit):
	found = rules.rank(offered, Situation("Price", "Steel", "", ("zh", "en")), typed, limit)
	assert len(found) == len(set(names(found))) <= limit
	assert set(found) <= set(offered)
	if not rules.words(typed):
		assert len(found) == min(limit, len(offered))
	# The order in which they come does not matter.
	assert found == rules.rank(offered[::-1], Situation("Price", "Steel", "", ("zh", "en")), typed, limit)


@given(scripts, st.integers(0, 50))
def test_of_two_that_are_alike_the_one_that_works_better_comes_first(script, more):
	better = Script(**{**vars(script), "name": "zzz", "used": 4 + more, "settled": script.settled + more})
	worse = Script(**{**vars(script), "name": "aaa"})
	first = rules.rank([worse, better], Situation(script.kind))[0]
	assert rules.promise(first.used, first.settled) == max(
		rules.promise(one.used, one.settled) for one in (better, worse)
	)


# Promises ----------------------------------------------------------------------------------------------------


def test_a_reply_is_due_in_two_working_days():
	"""S4; Friday and a holiday on Monday."""
	friday = datetime(2027, 1, 8, 10)
	assert rules.reply_due(friday, 2, "Working Days", CALENDAR) == datetime(2027, 1, 12, 10)
	closed = Calendar(holidays=frozenset({datetime(2027, 1, 11).date()}))
	assert rules.reply_due(friday, 2, "Working Days", closed) == datetime(2027, 1, 13, 10)


def test_a_reminder_counts_working_hours():
	friday = datetime(2027, 1, 8, 16)
	assert rules.remind_until(friday, 4, CALENDAR) == datetime(2027, 1, 11, 11)
	assert rules.remind_until(friday, 0, CALENDAR) == friday


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.integers(0, 20))
def test_nothing_is_missed_before_it_is_due(raised, days):
	due = rules.reply_due(raised, days, "Working Days", CALENDAR)
	assert due >= raised
	assert not rules.is_missed(due, None, due)
	assert rules.is_missed(due, None, due + timedelta(seconds=1))
	assert not rules.is_missed(due, due, due + timedelta(days=9))
	assert rules.is_missed(due, due + timedelta(minutes=1), due)
	assert not rules.is_missed(None, None, due)
