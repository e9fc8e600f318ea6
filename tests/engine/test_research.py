"""Market research: sources, what is missing, the same company twice (L11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.research import TOPICS, Candidate, missing, repeated, rests_on_one, sources


@pytest.mark.parametrize(
	("text", "flagged"),
	[
		(None, True),
		("", True),
		("\n  \n", True),
		("Association yearbook", True),
		("Association yearbook\n ASSOCIATION  Yearbook ", True),
		("Association yearbook\nInterview with a buyer", False),
		("行业协会年鉴\r\n海关数据", False),
	],
)
def test_a_finding_needs_two_different_sources(text, flagged):
	assert rests_on_one(text) is flagged


def test_sources_keep_their_order_and_first_spelling():
	assert sources(" B \na\nb\n\nA ") == ["B", "a"]


@given(st.lists(st.text(alphabet="aAbB \t", max_size=4), max_size=8))
def test_sources_are_different_trimmed_and_stay_the_same(lines):
	found = sources("\n".join(lines))
	assert len({source.casefold() for source in found}) == len(found)
	assert all(source == source.strip() and source for source in found)
	assert sources("\n".join(found)) == found


def test_what_nothing_is_said_of_is_missing():
	assert missing({}, []) == list(TOPICS)
	assert missing({"Market Size": True, "Gaps": False}, ["Competition", "Other"]) == [
		"Growth",
		"Technology",
		"Gaps",
	]
	assert missing(dict.fromkeys(TOPICS, True), []) == []


def test_a_company_twice_is_found_by_any_key():
	rows = [
		Candidate("1", email="buyer@alpha.test", company="alpha"),
		Candidate("2", company="beta"),
		Candidate("3", phone="301112222", company="alpha"),
		Candidate("4", phone="301112222"),
		Candidate("5"),
		Candidate("6"),
	]
	assert repeated(rows) == {"3": "1", "4": "1"}


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x", "y"])), max_size=7))
def test_nothing_repeats_what_is_repeated_itself(pairs):
	rows = [Candidate(str(n), email=email, company=company) for n, (email, company) in enumerate(pairs)]
	found = repeated(rows)
	assert not set(found) & set(found.values())
