"""Stages told from the changes of two fields (M1)."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.stage_history import SALES_STAGE, STATUS, Change, Move, replay

STAGES = ("Needs", "Solution", "Negotiation", "Closed")
MEANING = {
	SALES_STAGE: {"Prospecting": "Needs", **{stage: stage for stage in STAGES}},
	STATUS: {"Quotation": "Solution", "Converted": "Closed"},
}
CREATED = datetime(2026, 1, 5, 9)


def on(day: int) -> datetime:
	return CREATED + timedelta(days=day)


def told(status="Open", sales_stage="Prospecting", changes=(), stages=STAGES):
	return replay(
		CREATED, "maker", on(90), {STATUS: status, SALES_STAGE: sales_stage}, changes, stages, MEANING
	)


def test_without_changes_it_has_stood_there_from_its_creation_on():
	assert told() == [Move(CREATED, "maker", "Needs")]
	assert told(status="Quotation") == [Move(CREATED, "maker", "Solution")]
	assert told(status="Quotation", sales_stage="Negotiation") == [Move(CREATED, "maker", "Negotiation")]


def test_what_says_nothing_begins_at_the_first_stage():
	assert told(sales_stage="Something Else") == [Move(CREATED, "maker", "Needs")]
	assert told(stages=()) == []


def test_changes_of_both_fields_are_moves():
	changes = [
		Change(on(20), "rep", SALES_STAGE, "Solution", "Negotiation"),
		Change(on(3), "rep", STATUS, "Open", "Quotation"),
		Change(on(10), "boss", SALES_STAGE, "Prospecting", "Solution"),
		Change(on(30), "rep", STATUS, "Quotation", "Converted"),
	]
	assert told("Converted", "Negotiation", changes) == [
		Move(CREATED, "maker", "Needs"),
		Move(on(3), "rep", "Solution"),
		Move(on(20), "rep", "Negotiation"),
		Move(on(30), "rep", "Closed"),
	]


def test_a_sales_stage_leads_back_and_a_status_does_not():
	changes = [
		Change(on(5), "rep", SALES_STAGE, "Negotiation", "Prospecting"),
		Change(on(1), "rep", STATUS, "Quotation", "Lost"),
	]
	assert told("Lost", "Prospecting", changes) == [
		Move(CREATED, "maker", "Negotiation"),
		Move(on(5), "rep", "Needs"),
	]


def test_what_no_version_tells_has_happened_at_the_last_change():
	changes = [Change(on(3), "rep", SALES_STAGE, "Prospecting", "Solution")]
	assert told(sales_stage="Negotiation", changes=changes) == [
		Move(CREATED, "maker", "Needs"),
		Move(on(3), "rep", "Solution"),
		Move(on(90), "maker", "Negotiation"),
	]


change = st.builds(
	lambda day, field, old, new: Change(on(day), "rep", field, old, new),
	st.integers(-5, 200),
	st.sampled_from((SALES_STAGE, STATUS)),
	st.sampled_from(("", "Prospecting", "Quotation", "Lost", "Unknown", *STAGES)),
	st.sampled_from(("", "Prospecting", "Quotation", "Lost", "Unknown", *STAGES)),
)


@given(
	changes=st.lists(change),
	status=st.sampled_from(("Open", "Quotation", "Converted", "Lost")),
	sales_stage=st.sampled_from(("", "Prospecting", *STAGES)),
)
def test_any_history_is_a_way_through_the_stages(changes, status, sales_stage):
	moves = told(status, sales_stage, changes)
	assert moves[0].on == CREATED
	assert [move.on for move in moves] == sorted(move.on for move in moves)
	assert all(a.stage != b.stage for a, b in itertools.pairwise(moves))
	end = STAGES.index(moves[-1].stage)
	assert end >= STAGES.index(MEANING[STATUS].get(status, "Needs"))
