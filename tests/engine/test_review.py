"""Which rules a proposal is reviewed by, and what follows from the opinions (S2)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import review
from salesflow_std.engine.review import (
	APPROVE,
	APPROVED,
	CHANGE,
	CHANGES,
	OPEN,
	REJECT,
	REJECTED,
	Facts,
	Rule,
	Seat,
	applying,
	of_group,
	outcome,
)

CHINA = Facts("Alpha GmbH", ("East", "China", "All"), 100_000, 10)


def names(rules, facts=CHINA):
	return [rule.name for rule in applying(rules, facts)]


# Which rules ----------------------------------------------------------------------------------------------


def test_every_function_has_its_rules():
	rules = [Rule("s", "Sales"), Rule("p", "Product"), Rule("l", "Legal")]
	assert names(rules) == ["s", "p", "l"] and names([]) == []


def test_the_own_company_goes_before_every_company():
	rules = [Rule("all", "Sales"), Rule("own", "Sales", "Alpha GmbH"), Rule("other", "Sales", "Beta Ltd")]
	assert names(rules) == ["own"]
	assert names(rules, Facts("Gamma")) == ["all"]


def test_the_nearest_territory_counts():
	rules = [
		Rule("world", "Sales", "", "All"),
		Rule("china", "Sales", "", "China"),
		Rule("no place", "Sales"),
		Rule("west", "Sales", "", "West"),
	]
	assert names(rules) == ["china"]
	assert names(rules, Facts("", ("West", "China", "All"))) == ["west"]
	assert names(rules, Facts("", ("All",))) == ["world"]
	assert names(rules, Facts("")) == ["no place"]


def test_a_company_weighs_more_than_a_territory():
	rules = [Rule("company", "Sales", "Alpha GmbH"), Rule("territory", "Sales", "", "East")]
	assert names(rules) == ["company"]


def test_functions_are_scoped_each_for_itself():
	rules = [Rule("own", "Sales", "Alpha GmbH"), Rule("all", "Sales"), Rule("legal", "Legal")]
	assert names(rules) == ["own", "legal"]


def test_several_rules_of_a_scope_stand_side_by_side():
	rules = [Rule("manager", "Sales"), Rule("director", "Sales", from_amount=500_000)]
	assert names(rules) == ["manager"]
	assert names(rules, Facts("", (), 500_000)) == ["manager", "director"]


def test_a_nearer_rule_that_is_not_reached_frees_from_the_general_one():
	rules = [Rule("all", "Legal"), Rule("own", "Legal", "Alpha GmbH", from_amount=200_000)]
	assert names(rules) == []


@pytest.mark.parametrize(
	("net_total", "discount", "applies"),
	[
		(99_999.99, 9.99, False),
		(100_000, 0, True),  # boundaries are inclusive
		(0, 10, True),
		(100_000, 10, True),
		(0, 0, False),
	],
)
def test_from_an_amount_or_a_discount_on(net_total, discount, applies):
	rule = Rule("r", "Sales", from_amount=100_000, from_discount=10)
	assert bool(applying([rule], Facts("", (), net_total, discount))) is applies


def test_what_is_not_given_is_not_asked_for():
	facts = Facts("", (), 0, 50)
	assert not applying([Rule("amount", "Sales", from_amount=1)], facts)
	assert applying([Rule("discount", "Sales", from_discount=50)], facts)


_rules = st.lists(
	st.builds(
		Rule,
		name=st.uuids().map(str),
		function=st.sampled_from(("Sales", "Product")),
		company=st.sampled_from(("", "A", "B")),
		territory=st.sampled_from(("", "East", "All")),
		from_amount=st.sampled_from((0, 10, 20)),
		from_discount=st.sampled_from((0, 5)),
	),
	max_size=8,
)
_facts = st.builds(
	Facts,
	company=st.sampled_from(("A", "C")),
	territories=st.sampled_from(((), ("East", "All"), ("All",))),
	net_total=st.sampled_from((0, 10, 15, 20)),
	discount=st.sampled_from((0, 5)),
)


@given(_rules, _facts)
def test_the_order_of_rules_changes_nothing(rules, facts):
	assert {rule.name for rule in applying(rules, facts)} == {
		rule.name for rule in applying(rules[::-1], facts)
	}


@given(_rules, _facts, st.integers(0, 30))
def test_a_dearer_proposal_is_never_reviewed_by_fewer(rules, facts, more):
	dearer = Facts(facts.company, facts.territories, facts.net_total + more, facts.discount)
	assert set(applying(rules, facts)) <= set(applying(rules, dearer))


# What follows from the opinions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
	("quorum", "decisions", "state"),
	[
		(1, ["", ""], OPEN),
		(1, [APPROVE, ""], APPROVED),
		(1, [CHANGE, ""], OPEN),  # the other may still approve
		(1, [CHANGE, APPROVE], APPROVED),
		(1, [CHANGE, CHANGE], CHANGES),
		(2, [CHANGE, ""], CHANGES),  # two can no longer approve
		(0, [APPROVE, ""], OPEN),
		(0, [APPROVE, APPROVE], APPROVED),
		(0, [CHANGE, ""], CHANGES),
		(1, [APPROVE, REJECT], REJECTED),
		(3, [APPROVE, APPROVE], CHANGES),  # more wanted than asked: never approved
		(0, [], CHANGES),
	],
)
def test_a_group(quorum, decisions, state):
	assert of_group(quorum, decisions) == state


def test_all_groups_have_to_approve():
	sales, legal = Seat("sales", 1, APPROVE), Seat("legal", 1)
	assert outcome([sales, legal]) == OPEN
	assert outcome([sales, Seat("legal", 1, APPROVE)]) == APPROVED
	# Changes are asked for when everybody has been heard, so that one new version answers all.
	assert outcome([Seat("sales", 1, CHANGE), legal]) == OPEN
	assert outcome([Seat("sales", 1, CHANGE), Seat("legal", 1, APPROVE)]) == CHANGES
	assert outcome([Seat("sales", 1, REJECT), legal]) == REJECTED
	assert outcome([]) == OPEN


_seats = st.lists(
	st.tuples(
		st.sampled_from(("sales", "product", "legal")),
		st.sampled_from(("", APPROVE, CHANGE, REJECT)),
	),
	min_size=1,
	max_size=7,
)
_quorums = st.fixed_dictionaries({rule: st.integers(0, 3) for rule in ("sales", "product", "legal")})


def seats(drawn, quorums):
	return [Seat(rule, quorums[rule], decision) for rule, decision in drawn]


@given(_seats, _quorums, st.randoms(use_true_random=False))
def test_the_order_of_opinions_never_matters(drawn, quorums, chance):
	shuffled = list(drawn)
	chance.shuffle(shuffled)
	assert outcome(seats(drawn, quorums)) == outcome(seats(shuffled, quorums))


@given(_seats, _quorums)
def test_never_approved_while_a_group_lacks_its_quorum(drawn, quorums):
	if outcome(seats(drawn, quorums)) != APPROVED:
		return
	for rule, group in itertools.groupby(sorted(drawn), key=lambda seat: seat[0]):
		decisions = [decision for _rule, decision in group]
		assert decisions.count(APPROVE) >= (quorums[rule] or len(decisions))


@given(_seats, _quorums)
def test_a_veto_always_rejects(drawn, quorums):
	vetoed = any(decision == REJECT for _rule, decision in drawn)
	assert (outcome(seats(drawn, quorums)) == REJECTED) is vetoed


@given(_seats, _quorums)
def test_when_all_have_spoken_nothing_stays_open(drawn, quorums):
	spoken = [(rule, decision or APPROVE) for rule, decision in drawn]
	assert outcome(seats(spoken, quorums)) != OPEN


@given(_seats, _quorums)
def test_what_is_decided_stays_so_whatever_the_silent_say(drawn, quorums):
	"""A group that is decided has heard all that could change it, a veto left out."""
	before = review.groups(seats(drawn, quorums))
	for answer in (APPROVE, CHANGE):
		after = review.groups(seats([(rule, decision or answer) for rule, decision in drawn], quorums))
		assert all(after[rule] == state for rule, state in before.items() if state != OPEN)


# One opinion ----------------------------------------------------------------------------------------------

GOOD = {"feasibility": 1, "price": 5, "compliance": 3}


def test_an_opinion_is_complete_or_says_what_it_lacks():
	assert not review.missing(APPROVE, GOOD, "")
	assert review.missing(CHANGE, GOOD, " ") == ["reason"]
	assert review.missing(REJECT, GOOD, "No.") == []
	assert review.missing("", {"feasibility": 0, "price": 6}, "") == [
		"decision",
		"feasibility",
		"price",
		"compliance",
	]


def test_an_approval_holds_while_nothing_it_was_about_changes():
	assert review.holds(APPROVE, "abc", "abc")
	assert not review.holds(APPROVE, "abc", "abd")
	assert not review.holds(CHANGE, "abc", "abc") and not review.holds("", "abc", "abc")
	assert not review.holds(APPROVE, "", "")  # nobody knows what was seen
