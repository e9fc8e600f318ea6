"""M1: which way a document moves, which gates it passes, and which process it follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.gates import BLOCK, ENTERING, LEAVING, MODES, OFF, WARN, Gate
from salesflow_std.engine.stages import (
	BACK,
	ENTERED,
	FORWARD,
	LEAD,
	NOT_ALLOWED,
	OPPORTUNITY,
	SKIPPED,
	WITH_REASON,
	Mapping,
	Process,
	Stage,
	between,
	by_sales_stage,
	by_status,
	closest,
	direction,
	gates_asked,
	gates_to_hand_on,
	implied,
	is_ahead,
	mode_in_force,
	permission,
)

NAMES = ("Caught", "Fit", "Explored", "Shown", "Bargained", "Won")
ON = (LEAD, LEAD, *[OPPORTUNITY] * 4)


def gate(stage, moment, mode=BLOCK):
	return Gate(f"{stage} {moment}", f"{stage} {moment}", "Expression", stage, moment, mode)


def process(**values):
	"""Six stages with a gate for entering and one for leaving each."""
	return Process(
		"Six",
		tuple(Stage(name, doctype) for name, doctype in zip(NAMES, ON, strict=True)),
		tuple(gate(name, moment) for name in NAMES for moment in (ENTERING, LEAVING)),
		(
			Mapping(OPPORTUNITY, "Shown", sales_stage="Value Proposition"),
			Mapping(OPPORTUNITY, "Shown", status="Quotation"),
			Mapping(OPPORTUNITY, "Won", status="Converted"),
			Mapping(LEAD, "Fit", status="Converted"),
			Mapping(OPPORTUNITY, "Gone", sales_stage="Old"),
		),
		**values,
	)


SIX = process()
STAGES = st.sampled_from(NAMES)


def retired(*names):
	return replace(SIX, stages=tuple(replace(stage, retired=stage.name in names) for stage in SIX.stages))


def titles(gates):
	return [one.key for one in gates]


@pytest.mark.parametrize(
	("old", "new", "way"),
	[
		("Explored", "Explored", ""),
		(None, "Explored", ENTERED),
		("", "Won", ENTERED),
		("Explored", "Shown", FORWARD),
		("Fit", "Explored", FORWARD),
		("Caught", "Explored", SKIPPED),
		("Explored", "Won", SKIPPED),
		("Won", "Shown", BACK),
		("Gone", "Shown", FORWARD),
	],
)
def test_which_way(old, new, way):
	assert direction(SIX, old, new) == way


def test_what_is_out_of_use_is_not_skipped():
	assert direction(retired("Shown"), "Explored", "Bargained") == FORWARD
	assert between(retired("Shown"), "Explored", "Won") == (SIX.stage("Bargained"),)


def test_what_a_process_says_of_a_way():
	strict = process(skipping=NOT_ALLOWED)
	assert [permission(strict, way) for way in (SKIPPED, BACK, FORWARD, ENTERED)] == [
		NOT_ALLOWED,
		WITH_REASON,
		"Allowed",
		"Allowed",
	]


def test_the_gates_on_the_way():
	assert titles(gates_asked(SIX, "Explored", "Shown")) == ["Explored Leaving", "Shown Entering"]
	assert titles(gates_asked(SIX, "Explored", "Bargained")) == [
		"Explored Leaving",
		"Shown Entering",
		"Shown Leaving",
		"Bargained Entering",
	]
	assert gates_asked(SIX, "Won", "Explored") == ()
	# A new document passes what stands before its stage, of its own kind.
	assert titles(gates_asked(SIX, None, "Shown")) == [
		"Explored Entering",
		"Explored Leaving",
		"Shown Entering",
	]
	# From a stage that is not there any more only the new one asks.
	assert titles(gates_asked(SIX, "Gone", "Shown")) == ["Shown Entering"]
	assert titles(gates_asked(retired("Shown"), "Explored", "Bargained")) == [
		"Explored Leaving",
		"Bargained Entering",
	]
	# Who stands in one that is out of use may leave, as the gate says.
	assert titles(gates_asked(retired("Shown"), "Shown", "Bargained")) == [
		"Shown Leaving",
		"Bargained Entering",
	]


def test_a_lead_hands_on():
	assert titles(gates_to_hand_on(SIX, "Caught")) == ["Caught Leaving", "Fit Entering", "Fit Leaving"]
	assert titles(gates_to_hand_on(SIX, "Fit")) == ["Fit Leaving"]
	assert titles(gates_to_hand_on(SIX, "Gone")) == ["Fit Entering", "Fit Leaving"]
	assert gates_to_hand_on(replace(SIX, stages=SIX.on(OPPORTUNITY)), "Caught") == ()


@given(STAGES, STAGES)
def test_the_gates_of_a_skip_are_those_of_its_steps(old, new):
	start, end = NAMES.index(old), NAMES.index(new)
	asked = titles(gates_asked(SIX, old, new))
	if end <= start:
		assert asked == []
	else:
		steps = [gates_asked(SIX, NAMES[place], NAMES[place + 1]) for place in range(start, end)]
		assert asked == [one for step in steps for one in titles(step)]


@given(STAGES, STAGES, st.sets(STAGES))
def test_no_way_asks_a_gate_twice_or_one_that_is_off(old, new, off):
	found = replace(
		SIX, gates=tuple(replace(one, mode=OFF if one.stage in off else one.mode) for one in SIX.gates)
	)
	asked = gates_asked(found, old, new)
	assert len(set(titles(asked))) == len(asked)
	assert not {one.stage for one in asked} & off


@given(STAGES, STAGES)
def test_there_and_back(old, new):
	ways = {direction(SIX, old, new), direction(SIX, new, old)}
	assert ways == {""} if old == new else (BACK in ways and len(ways) == 2)
	assert is_ahead(SIX, old, new) == (direction(SIX, old, new) in (FORWARD, SKIPPED))


@given(st.sampled_from(MODES), st.sampled_from(MODES))
def test_the_settings_only_ever_soften(mode, cap):
	order = (OFF, WARN, BLOCK)
	assert order.index(mode_in_force(mode, cap)) == min(order.index(mode), order.index(cap))


# What ERPNext's fields say


def test_a_sales_stage_counts_as_a_stage():
	assert by_sales_stage(SIX, "Bargained") == "Bargained"
	assert by_sales_stage(SIX, "Value Proposition") == "Shown"
	assert by_sales_stage(SIX, "Unheard of") == by_sales_stage(SIX, None) == ""
	assert by_sales_stage(SIX, "Fit") == ""  # that one lives on leads
	assert by_sales_stage(SIX, "Old") == ""  # its stage is gone


def test_a_status_implies_a_stage_at_the_earliest():
	assert by_status(SIX, OPPORTUNITY, "Converted") == "Won"
	assert by_status(SIX, LEAD, "Converted") == "Fit"
	assert by_status(SIX, OPPORTUNITY, "Open") == by_status(SIX, LEAD, "") == ""
	assert implied(SIX, OPPORTUNITY, "Quotation", "Bargained") == "Bargained"
	assert implied(SIX, OPPORTUNITY, "Converted", "Explored") == "Won"
	assert implied(SIX, LEAD, "Lead", "Bargained") == ""


# Which process


def test_the_closest_process():
	general, of_company = Process("General"), Process("Company", company="Us")
	land, town = Process("Land", territory="Land"), Process("Town", territory="Town")
	kind, segment = Process("Kind", opportunity_type="Renewal"), Process("Segment", market_segment="Steel")
	off = Process("Off", company="Us", territory="Town", enabled=False)
	everything = (general, segment, kind, land, town, of_company, off)
	where = ("Town", "Land", "World")
	assert closest(everything, "Us", where, "Renewal", "Steel") is of_company
	assert closest(everything, "Them", where, "Renewal", "Steel") is town
	assert closest(everything, "Them", where[1:], "Renewal", "Steel") is land
	assert closest(everything, "Them", (), "Renewal", "Steel") is kind
	assert closest(everything, "Them", (), "", "Steel") is segment
	assert closest(everything, "Them") is general
	assert closest((off, land), "Us") is None
	both = Process("Both", company="Us", territory="Land")
	assert closest((of_company, both), "Us", where) is both


def test_of_processes_alike_the_first_counts():
	first, second = Process("A", company="Us"), Process("B", company="Us")
	assert closest((first, second), "Us") is first


@given(st.lists(st.tuples(st.sampled_from(["", "Us", "Them"]), st.sampled_from(["", "Town", "Land"]))))
def test_the_closest_one_is_meant_for_the_document(given_ones):
	made = [Process(str(n), company=c, territory=t) for n, (c, t) in enumerate(given_ones)]
	found = closest(made, "Us", ("Town", "Land"))
	fitting = [one for one in made if one.company != "Them"]
	assert (found is None) == (not fitting)
	if any(one.company for one in fitting):
		assert found.company == "Us"
