"""The clauses of a contract: complete answers, differences, fingerprint (C2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import clauses

IN_ORDER = dict.fromkeys(clauses.TOPICS, clauses.IN_ORDER)
APPROVED = {
	"scope": "Line × 2",
	"delivery": "6 weeks",
	"currency": "CNY",
	"amount": 9000.0,
	"payment": "40-60",
	"after_sales": "Hotline",
}


def test_an_approval_with_every_clause_in_order_is_complete():
	assert clauses.missing("Approve", IN_ORDER, "") == []


@pytest.mark.parametrize("topic", clauses.TOPICS)
def test_a_clause_nobody_looked_at_holds_the_approval_up(topic):
	assert clauses.missing("Approve", {**IN_ORDER, topic: ""}, "") == [("looked", topic)]


@pytest.mark.parametrize("finding", [clauses.TO_CHANGE, clauses.MISSING])
def test_what_is_not_in_order_is_not_approved(finding):
	assert clauses.missing("Approve", {**IN_ORDER, "Breach": finding}, "") == [("order", "Breach")]
	assert clauses.missing("Approve", {**IN_ORDER, "Other": finding}, "") == [("order", "Other")]


@pytest.mark.parametrize("decision", ["Change", "Reject"])
def test_changes_and_rejections_need_a_reason_alone(decision):
	assert clauses.missing(decision, {}, "  ") == [("reason", "")]
	assert clauses.missing(decision, {}, "Liability is open.") == []


def test_another_decision_is_none():
	assert clauses.missing("Perhaps", IN_ORDER, "x") == [("decision", "")]


def test_the_same_terms_do_not_differ_however_they_are_written():
	assert clauses.differences(APPROVED, {**APPROVED, "amount": "9000.00001", "scope": " Line  × 2\n"}) == []


@pytest.mark.parametrize(("what", "topic"), clauses.COMPARED.items())
def test_each_term_that_differs_is_told_under_its_topic(what, topic):
	[found] = clauses.differences(APPROVED, {**APPROVED, what: "1"})
	assert (found.what, found.topic, found.after) == (what, topic, "1")
	[gone] = clauses.differences(APPROVED, {**APPROVED, what: None})
	assert gone.after == ""


@pytest.mark.parametrize("what", clauses.COMPARED)
def test_what_the_proposal_did_not_say_may_stand_in_the_contract(what):
	assert clauses.differences({**APPROVED, what: None}, APPROVED) == []


@given(st.dictionaries(st.text(max_size=5), st.text() | st.floats(allow_nan=False) | st.lists(st.text())))
def test_the_fingerprint_is_the_same_for_the_same_and_in_any_order(told):
	turned = dict(reversed(told.items()))
	assert clauses.fingerprint(told) == clauses.fingerprint(turned)
	assert len(clauses.fingerprint(told)) == 64


def test_the_fingerprint_changes_with_a_word_or_a_cent_and_not_with_markup():
	base = clauses.fingerprint({"terms": "<p>We deliver.</p>", "amount": 10.0})
	assert clauses.fingerprint({"terms": "<div> We deliver. </div>", "amount": 10}) == base
	assert clauses.fingerprint({"terms": "<p>We may deliver.</p>", "amount": 10}) != base
	assert clauses.fingerprint({"terms": "<p>We deliver.</p>", "amount": 10.01}) != base


def test_what_changed_is_told_part_by_part_whatever_the_markup():
	before = {"terms": "<p>A</p>", "amount": 5, "rows": ["x"], "gone": "y"}
	after = {"rows": ["x", "z"], "terms": "<div> A </div>", "amount": 5.0, "come": ""}
	assert clauses.changed(before, after) == ["rows", "gone"]
	assert clauses.changed(before, before) == []


def test_of_a_long_text_only_the_lines_that_changed_are_told():
	gone, come = clauses.changed_lines("<p>A</p><p>B  b</p>C<br>D", "<p>A</p><ul><li>E</li></ul>C\nD")
	assert (gone, come) == (["B b"], ["E"])
	assert clauses.changed_lines(None, "<p>A</p>") == ([], ["A"])


@pytest.mark.parametrize("finding", ["", *clauses.FINDINGS])
def test_a_comment_on_what_is_not_in_order_asks_for_the_change(finding):
	assert clauses.asks_for_change(finding, "Cap it.") is (finding in (clauses.TO_CHANGE, clauses.MISSING))
	assert not clauses.asks_for_change(finding, " ")
