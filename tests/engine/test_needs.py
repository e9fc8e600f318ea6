"""Rules of the needs talk (N1-N3)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import needs
from salesflow_std.engine.needs import Gap, Need, Question, Situation

CLEAR = Need("Reports by plant within 5 seconds", match=4)


def gaps(*rows: Need, talked=True, summary="As discussed", email="buyer@alpha.example"):
	return needs.missing(talked, rows, summary, email)


def test_a_finished_talk_misses_nothing():
	assert gaps(CLEAR) == []


def test_what_a_talk_needs_before_its_summary_goes_out():
	"""N3, N4: in the order of the form."""
	assert needs.missing(False, [], " ", "") == [
		Gap("email", "email_id"),
		Gap("talk", "talked_on"),
		Gap("needs", "needs"),
		Gap("summary", "summary"),
	]


@pytest.mark.parametrize(
	("need", "gap"),
	[
		(Need("x", nature="", match=3), Gap("nature", "nature", 1)),
		(Need("x", explicitness="", match=3), Gap("explicitness", "explicitness", 1)),
		(Need("x", priority="", match=3), Gap("priority", "priority", 1)),
		(Need("x"), Gap("match", "match_score", 1)),
		(Need("x", match=3, vague=True), Gap("vague", "concrete", 1)),
		(Need("x", match=3, vague=True, concrete=" \n"), Gap("vague", "concrete", 1)),
	],
)
def test_what_a_need_misses(need, gap):
	assert gaps(CLEAR, need) == [gap]


def test_only_a_must_need_is_matched():
	assert gaps(Need("x", priority="Expected")) == []


def test_a_vague_need_made_concrete_may_go():
	assert gaps(Need("A good system", match=3, vague=True, concrete="An order in under 3 clicks")) == []


@pytest.mark.parametrize(
	("text", "word"),
	[
		("We want a good system for our sales people", "good system"),
		("The interface should be User-Friendly for everybody", "user-friendly"),
		("It has to be fast on the shop floor", "fast"),
		("Breakfast orders from the canteen arrive too late", None),
		("希望有一个好用的系统给销售团队", "好用"),
		("报表的速度要快一点,现在太慢了", "快一点"),
		("报表要在三秒内打开,而且要稳定", None),
		("It has to be fast: under 2 seconds a page", None),
		("Orders from SAP must arrive without retyping", None),
		("订单必须从旧系统自动导入,不能手工录入", None),
		("CRM", needs.SHORT),
		("新系统", needs.SHORT),
		("", None),
		(" ", None),
	],
)
def test_vague_words(text, word):
	"""N3: a hint only."""
	assert needs.vague_because(text) == word


@given(st.text())
def test_any_text_may_be_looked_at(text):
	needs.vague_because(text)
	needs.text_key(text)


@given(st.dates(), st.integers(0, 30), st.integers(0, 30))
def test_notice_is_counted_in_calendar_days(agreed, ahead, wanted):
	"""N1: exactly as many days are enough."""
	if agreed > date.max - timedelta(days=40):
		return
	assert needs.is_short_notice(agreed, agreed + timedelta(days=ahead), wanted) == (ahead < wanted)


def test_a_talk_agreed_afterwards_is_short_notice():
	assert needs.is_short_notice(date(2026, 3, 5), date(2026, 3, 4), 3)


def question(name, kind="Problem", **more):
	return Question(name, kind, more.pop("text", f"Question {name}?"), **more)


def test_the_closer_question_goes_first():
	"""N2: more conditions met, then the position."""
	about = Situation(industry="Steel", role="Finance")
	rows = [
		question("a", position=2),
		question("b", position=1),
		question("c", position=9, role="Finance"),
		question("d", position=9, role="Finance", industry="Steel"),
		question("e", role="User"),
		question("f", sales_stage="Prospecting"),
	]
	assert [q.name for q in needs.choose(rows, about)] == ["d", "c", "b", "a"]


def test_kinds_come_in_the_order_of_spin_and_no_more_than_asked_for():
	rows = [question(f"{kind}{i}", kind) for kind in reversed(needs.KINDS) for i in range(6)]
	chosen = needs.choose(rows, Situation(), per_kind=2)
	assert [q.kind for q in chosen] == [kind for kind in needs.KINDS for _ in range(2)]


def test_nothing_is_asked_twice():
	rows = [question("a"), question("b"), question("c", text="question B"), question("d", text="New?")]
	assert [q.name for q in needs.choose(rows, Situation(), asked=["a", "question b"])] == ["d"]


QUESTIONS = st.lists(
	st.builds(
		Question,
		name=st.text(min_size=1, max_size=3),
		kind=st.sampled_from([*needs.KINDS, "Other"]),
		text=st.text(alphabet="abc", min_size=1, max_size=3),
		position=st.integers(0, 9),
		industry=st.sampled_from(["", "Steel", "Food"]),
		role=st.sampled_from(["", "User", "Finance"]),
	)
)


@given(QUESTIONS, st.sampled_from(["", "Steel"]), st.sampled_from(["", "User"]))
def test_whatever_the_library_holds(rows, industry, role):
	about = Situation(industry=industry, role=role)
	chosen = needs.choose(rows, about)
	assert all(needs.closeness(q, about) is not None for q in chosen)
	assert len({q.text for q in chosen}) == len(chosen)
	kinds = [needs.KINDS.index(q.kind) for q in chosen]
	assert kinds == sorted(kinds)
	assert all(kinds.count(kind) <= needs.PER_KIND for kind in kinds)
