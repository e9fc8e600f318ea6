"""The acceptance of a delivery: scope against what was agreed, and what is missing before it can be submitted (A2)."""

import base64
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import acceptance
from salesflow_std.engine.acceptance import Line, Point, Problem, Signature

SIGNED = Signature("Purchasing Manager", drawn=True)
OPEN = Point("Ours", "lead@x.example", date(2026, 3, 20))
DRAWING = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nIHDR").decode()


def problems(
	result="Accepted", results="", items=("Accepted",), points=(), ours=SIGNED, customers=SIGNED, scan=False
):
	return acceptance.problems(result, results, items, points, ours, customers, scan)


# The scope


def test_each_line_of_a_written_scope_is_a_deliverable():
	text = "- Machine\n\n2) Training of 3 people\n3、现场安装\n• Machine\n 1.5 tons of powder\n12. "
	assert acceptance.sentences(text) == [
		"Machine",
		"Training of 3 people",
		"现场安装",
		"1.5 tons of powder",
		"12.",
	]
	assert acceptance.sentences("") == []


def test_the_same_item_of_an_order_is_one_line():
	one = Line("Pump", "SO-1", "PUMP", "Nos", 2, 1)
	lines = acceptance.together(
		[one, Line("Hose", "SO-1", "HOSE", "Nos", 1, 1), replace(one, qty=3, delivered=3)]
	)
	assert [(line.item_code, line.qty, line.delivered) for line in lines] == [("PUMP", 5, 4), ("HOSE", 1, 1)]
	assert len(acceptance.together([one, replace(one, uom="Box")])) == 2
	assert len(acceptance.together([one, replace(one, agreed_in="SO-2")])) == 2


def test_a_row_is_about_the_line_it_names():
	scope = [
		Line("Pump", "SO-1", "PUMP", "Nos", 2),
		Line("Pump", "SO-2", "PUMP", "Nos", 3),
		Line("Training", "CON-1"),
	]
	rows = [
		Line("Pump, blue", "", "PUMP"),
		Line("Pump", "SO-1", "PUMP", "Nos"),
		Line("training ", "x"),
		Line("Tea"),
	]
	assert acceptance.assign(rows, scope) == [1, 0, 2, None]


def test_a_line_is_given_once():
	scope = [Line("Pump", "SO-1", "PUMP")]
	assert acceptance.assign([scope[0], scope[0]], scope) == [0, None]


_lines = st.builds(
	Line,
	deliverable=st.sampled_from(["Pump", "Hose", "Training"]),
	agreed_in=st.sampled_from(["", "SO-1", "CON-1"]),
	item_code=st.sampled_from(["", "PUMP", "HOSE"]),
)


@given(st.lists(_lines, max_size=6), st.lists(_lines, max_size=6))
def test_no_line_is_given_twice_and_the_scope_fits_itself(rows, scope):
	given_lines = [index for index in acceptance.assign(rows, scope) if index is not None]
	assert len(given_lines) == len(set(given_lines))
	own = acceptance.together(scope)
	assert acceptance.assign(own, own) == list(range(len(own)))


# Complete


def test_all_accepted_and_signed_is_complete():
	assert problems() == []
	assert problems("Accepted with Open Points", items=("With Reservation",), points=(OPEN,)) == []


def test_each_deliverable_has_a_result():
	assert problems(items=()) == [Problem("no_items")]
	assert problems(items=("Accepted", "")) == [Problem("item", 2)]
	assert problems(result="") == [Problem("result")]


def test_accepted_leaves_nothing_open():
	assert problems(items=("Accepted", "With Reservation", "Not Accepted")) == [
		Problem("rejected", 2),
		Problem("rejected", 3),
	]
	assert problems(points=(OPEN,)) == [Problem("open_point", 1)]
	assert problems(points=(replace(OPEN, settled=True),)) == []


def test_open_points_have_owner_and_date():
	assert problems("Accepted with Open Points") == [Problem("no_points")]
	bare = replace(OPEN, owner=" ", due=None)
	assert problems("Accepted with Open Points", points=(OPEN, bare)) == [
		Problem("point_owner", 2),
		Problem("point_due", 2),
	]


def test_what_is_not_accepted_says_why_and_needs_no_signature():
	nobody = Signature()
	assert problems("Not Accepted", items=("Not Accepted",), ours=nobody, customers=nobody) == [
		Problem("why")
	]
	assert problems("Not Accepted", "Output too low", ours=nobody, customers=nobody) == []


@pytest.mark.parametrize("half", (Signature("Purchasing Manager"), Signature("", True), Signature(" ", True)))
def test_both_sides_sign_or_the_scan_is_there(half):
	assert problems(customers=half) == [Problem("customer_signature")]
	assert problems(ours=half) == [Problem("our_signature")]
	assert problems(ours=half, customers=half, scan=True) == []


def test_only_an_acceptance_begins_the_survey():
	assert [one for one in (*acceptance.RESULTS, "") if acceptance.is_accepted(one)] == [
		"Accepted",
		"Accepted with Open Points",
	]


def test_only_a_drawing_is_a_signature():
	assert acceptance.is_drawing(DRAWING)
	for value in (
		"",
		"x",
		DRAWING + '" onerror="alert(1)',
		"data:image/svg+xml;base64,PHN2Zy8+",
		"data:image/png;base64,PHN2Zy8+",
		"https://x.example/pixel.png",
		DRAWING + "A" * 800_000,
	):
		assert not acceptance.is_drawing(value)


def test_what_is_left_of_a_scope():
	"""A2: a part that was accepted is not asked for again; a line that counts nothing is accepted as a whole."""
	text, item = Line("Training", "Contract 1"), Line("Pump", "Sales Order 1", "PUMP", "Nos", 10, 10)
	scope = [text, item]
	assert acceptance.remaining(scope, []) == scope
	assert acceptance.remaining(scope, [Line("training ", "Contract 1")]) == [item]
	assert acceptance.remaining(scope, [Line("Training", "Contract 2")]) == scope
	part = Line("Pump", "Sales Order 1", "PUMP", "Nos", 10, 4)
	assert [line.delivered for line in acceptance.remaining([item], [part])] == [6]
	assert acceptance.remaining([item], [part, replace(part, delivered=6)]) == []
	assert acceptance.remaining([item], [replace(part, delivered=0)]) == []
