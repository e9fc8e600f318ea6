"""How complete a profile is (P1), and whether who decides has been reached (P2)."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.profile import PIECES, Basics, Person, completeness, is_decider_reached

FULL = Basics(
	company_name="Alpha GmbH",
	industry="Machinery",
	employees="51-200",
	revenue=1_000_000,
	contact_name="Purchasing Manager",
	position="Head of Purchasing",
	phone="+49 30 5550 0001",
	email="purchasing@alpha.example",
	first_contact=date(2026, 1, 5),
	source="Exhibition",
)
KNOWN = st.builds(
	Basics,
	**{
		f.name: st.sampled_from([None, getattr(FULL, f.name), *([""] if f.type.startswith("str") else [])])
		for f in fields(Basics)
	},
)


def test_nothing_known_is_nothing_and_all_is_all():
	assert completeness(Basics()) == completeness(Basics(company_name="  ", revenue=0, email=""))
	assert completeness(Basics()).percent == 0
	assert completeness(Basics()).missing == PIECES
	assert completeness(FULL).percent == 100
	assert completeness(FULL).missing == ()


@pytest.mark.parametrize("piece", [piece for piece in PIECES if piece != "size"])
def test_each_piece_counts_and_is_named(piece):
	found = completeness(replace(FULL, **{piece: None}))
	assert found.missing == (piece,)
	assert found.percent == 88


@pytest.mark.parametrize(("employees", "revenue"), [("1-10", None), (None, 5.0), ("", 5.0), ("1-10", 0)])
def test_employees_or_revenue_say_the_size(employees, revenue):
	assert completeness(replace(FULL, employees=employees, revenue=revenue)).percent == 100


def test_without_both_the_size_is_missing():
	assert completeness(replace(FULL, employees=None, revenue=None)).missing == ("size",)


@given(KNOWN)
def test_the_percentage_agrees_with_what_is_missing(basics):
	found = completeness(basics)
	assert 0 <= found.percent <= 100
	assert (found.percent == 100) == (not found.missing)
	assert list(found.missing) == [piece for piece in PIECES if piece in found.missing]


@given(KNOWN)
def test_learning_something_never_makes_it_less(basics):
	for piece in fields(Basics):
		assert completeness(replace(basics, **{piece.name: getattr(FULL, piece.name)})).percent >= (
			completeness(basics).percent
		)


@pytest.mark.parametrize(
	("people", "reached"),
	[
		([], False),
		([Person("User", reached=True)], False),
		([Person("Decision Maker")], False),
		([Person("Decision Maker", reached=True)], True),
		([Person("Decision Maker", reached=True, left=True)], False),
		([Person("Decision Maker", reached=True, left=True), Person("Decision Maker", reached=True)], True),
	],
)
def test_who_decides_is_reached_while_there(people, reached):
	assert is_decider_reached(people) is reached
