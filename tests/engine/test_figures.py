"""What an approval holds for: fingerprints and differences of a quotation's figures (S2)."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesflow_std.engine import figures
from salesflow_std.engine.figures import ITEMS, PARTS, PRICE, SOLUTION, TERMS, Change

OFFER = {
	"company": "Alpha GmbH",
	"currency": "EUR",
	"items": [
		{
			"item": "PUMP",
			"uom": "Nos",
			"alternative": 0,
			"qty": 10,
			"rate": 900.0,
			"discount": "10",
			"tax": "",
		},
		{"item": "HOSE", "uom": "Meter", "qty": 25.5, "rate": 3.2, "discount": 0},
		{"item": "BIG-PUMP", "uom": "Nos", "alternative": 1, "qty": 1, "rate": 1500, "discount": 0},
	],
	"discount": {"on": "Grand Total", "amount": 50},
	"taxes": [
		{"type": "On Net Total", "account": "VAT", "rate": 19},
		{"type": "Actual", "account": "Freight", "amount": 80},
	],
	"payment": [
		{"term": "Down payment", "portion": 40, "due": "0"},
		{"term": "Rest", "portion": 60, "due": "30"},
	],
	"delivery": {"incoterm": "DAP", "place": "Munich"},
	"text": "6 weeks after the order",
}

words = st.text(alphabet="AB<>&; ~é", max_size=4)
amounts = st.one_of(
	st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), st.sampled_from(["", None])
)
items = st.fixed_dictionaries(
	{
		"item": st.sampled_from(["A", "B", "C"]),
		"uom": st.sampled_from(["Nos", "Box"]),
		"alternative": st.booleans(),
		"qty": st.integers(0, 3),
		"rate": st.sampled_from([0, 1, 1.01, 2]),
		"discount": st.sampled_from([0, 10]),
		"tax": st.sampled_from(["", "Reduced"]),
	}
)
taxes = st.fixed_dictionaries(
	{
		"type": st.sampled_from(["On Net Total", "Actual", "On Previous Row Total"]),
		"account": st.sampled_from(["VAT", "Freight"]),
		"rate": st.sampled_from([0, 13, 19]),
		"amount": st.sampled_from([0, 80]),
		"included": st.booleans(),
		"row": st.sampled_from(["", 1]),
	}
)
payments = st.fixed_dictionaries(
	{
		"term": st.sampled_from(["", "Rest"]),
		"portion": st.sampled_from([40, 60, 100]),
		"due": st.sampled_from(["0", "30"]),
		"amount": st.sampled_from([0, 5]),
		"discount": st.sampled_from([0, 2]),
	}
)
offers = st.fixed_dictionaries(
	{
		"company": st.sampled_from(["Alpha GmbH", "Beta Ltd"]),
		"currency": st.sampled_from(["EUR", "CNY"]),
		"items": st.lists(items, max_size=4),
		"discount": st.fixed_dictionaries(
			{"on": st.sampled_from(["", "Grand Total", "Net Total"]), "amount": st.sampled_from([0, 5, 5.01])}
		),
		"taxes": st.lists(taxes, max_size=3),
		"payment": st.lists(payments, max_size=3),
		"delivery": st.fixed_dictionaries({"incoterm": st.sampled_from(["", "DAP"]), "place": words}),
		"text": words,
	}
)


def changed(path: str, value: object) -> dict:
	"""The offer with one value changed: `changed("items.0.rate", 900.01)`."""
	offer = copy.deepcopy(OFFER)
	*way, last = path.split(".")
	at = offer
	for step in way:
		at = at[int(step)] if step.isdigit() else at[step]
	at[last] = value
	return offer


def parts_changed(before: dict, after: dict, solution: object = None) -> set[str]:
	old, new = figures.parts(before), figures.parts(after, solution)
	return {part for part in PARTS if old[part] != new[part]}


# Numbers and texts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("value", "text"),
	[
		(12.5, "12.5"), ("12.50", "12.5"), (12.500000001, "12.5"), (0.1 + 0.2, "0.3"), (100, "100"), (1e9, "1000000000"),
		(0, "0"), (-0.00001, "0"), (None, "0"), ("", "0"), (-3.25, "-3.25"), (0.0001, "0.0001"), (0.00004, "0"),
		(10**40, "1" + "0" * 40), ("not a number", "not a number"), (float("nan"), "nan"),
	],
)  # fmt: skip
def test_a_number_is_the_same_however_it_was_calculated(value, text):
	assert figures.number(value) == text


@given(st.integers(-(10**12), 10**12))
def test_a_hundredth_is_always_seen(cents):
	"""S2: a rate changed by 0.01 is another rate, however large it is."""
	assert figures.number(cents / 100) != figures.number((cents + 1) / 100)


@pytest.mark.parametrize(
	("html", "text"),
	[
		("<p>6 weeks</p><p>after the order</p>", "6 weeks after the order"),
		("6&nbsp;weeks\n after  <b>the</b> order ", "6 weeks after the order"),
		("<ul><li>one</li><li>two</li></ul>", "one two"),
		("if qty &lt; 5 and price &gt; 3", "if qty < 5 and price > 3"),
		("We deliver <s>free of charge</s>", "We deliver ~~ free of charge ~~"),
		('<p>Terms: <img class="x" src="/files/terms.png"></p>', "Terms: /files/terms.png"),
		(None, ""),
	],
)
def test_terms_are_compared_without_markup(html, text):
	assert figures.plain_text(html) == text


def test_what_stands_between_signs_is_part_of_the_terms():
	"""A kept text is read once more, and nothing of it is taken for markup then."""
	old, new = (
		figures.canonical({"text": figures.plain_text(f"below &lt; {days} days &gt; late")})
		for days in (3, 30)
	)
	assert figures.fingerprint(old) != figures.fingerprint(new)


@pytest.mark.parametrize(
	("listed", "rate", "percent"),
	[
		(1000, 900, "10"),
		(1000, 1000, "0"),
		(1000, 1100, "0"),
		(0, 50, "0"),
		(3, 2, "33.33"),
		(1000, 0, "100"),
	],
)
def test_discount_against_the_list(listed, rate, percent):
	assert figures.discount(listed, rate) == percent


# Fingerprints ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("path", "value", "part"),
	[
		("company", "Beta Ltd", {PRICE, TERMS}),
		("currency", "USD", {PRICE}),
		("items.0.item", "PUMP-2", {ITEMS, PRICE}),
		("items.0.qty", 11, {ITEMS}),
		("items.0.text", "With five years of warranty", {ITEMS}),
		("items.1.qty", 25.501, {ITEMS}),
		("items.0.uom", "Box", {ITEMS, PRICE}),
		("items.0.rate", 900.01, {PRICE}),
		("items.0.discount", 10.01, {PRICE}),
		("items.0.tax", "Reduced", {PRICE}),
		("items.2.alternative", 0, {ITEMS, PRICE}),
		("items.2.rate", 1500.01, {PRICE}),
		("discount.amount", 50.01, {PRICE}),
		("discount.on", "Net Total", {PRICE}),
		("taxes.0.rate", 19.5, {PRICE}),
		("taxes.0.account", "VAT reduced", {PRICE}),
		("taxes.0.included", 1, {PRICE}),
		("taxes.1.amount", 80.01, {PRICE}),
		("taxes.1.row", 1, {PRICE}),
		("payment.0.portion", 50, {TERMS}),
		("payment.1.due", "45", {TERMS}),
		("payment.1.discount", 2, {TERMS}),
		("delivery.incoterm", "EXW", {TERMS}),
		("delivery.place", "Berlin", {TERMS}),
		("text", "8 weeks after the order", {TERMS}),
	],
)
def test_each_change_is_seen_told_and_belongs_to_a_part(path, value, part):
	"""S2: a change after approval shows the difference; only reviews that concern it start again."""
	after = changed(path, value)
	assert figures.fingerprint(after) != figures.fingerprint(OFFER)
	assert figures.differences(OFFER, after)
	assert parts_changed(OFFER, after) == part


@pytest.mark.parametrize(
	("path", "value"),
	[
		("items.0.rate", "900.00"),
		("items.0.rate", 900.0000000001),
		("items.0.alternative", False),
		("items.1.alternative", None),
		("taxes.0.amount", 0),
		("text", " 6 weeks\nafter the\xa0order"),
		("delivery.place", "Munich "),
	],
)
def test_what_says_the_same_is_the_same(path, value):
	after = changed(path, value)
	assert figures.fingerprint(after) == figures.fingerprint(OFFER)
	assert figures.differences(OFFER, after) == []
	assert parts_changed(OFFER, after) == set()


@given(offers, st.randoms(use_true_random=False))
def test_the_order_of_items_and_instalments_does_not_matter(offer, random):
	mixed = copy.deepcopy(offer)
	random.shuffle(mixed["items"])
	random.shuffle(mixed["payment"])
	assert figures.fingerprint(mixed) == figures.fingerprint(offer)
	assert figures.differences(offer, mixed) == []
	assert figures.parts(mixed) == figures.parts(offer)


@settings(max_examples=400)
@given(offers, offers)
def test_no_difference_means_the_same_fingerprint_and_the_other_way_round(one, other):
	same = figures.fingerprint(one) == figures.fingerprint(other)
	assert (figures.differences(one, other) == []) == same
	assert (figures.differences(other, one) == []) == same
	assert (figures.parts(one) == figures.parts(other)) == same


@given(offers, st.data())
def test_one_changed_row_is_told_and_no_other(offer, data):
	if not offer["items"]:
		return
	after = copy.deepcopy(offer)
	row = data.draw(st.sampled_from(after["items"]))
	row["rate"] += 0.01
	found = figures.differences(offer, after)
	assert len(found) == 1
	assert (found[0].part, found[0].what, found[0].row) == (PRICE, "rate", row["item"])


@given(offers)
def test_canonical_figures_stay_as_they_are(offer):
	"""They are kept with the review, and read again."""
	told = figures.canonical(offer)
	assert figures.canonical(json.loads(json.dumps(told))) == told


@given(amounts, amounts)
def test_amounts_of_any_kind_can_be_compared(one, other):
	a, b = ({"discount": {"on": "Net Total", "amount": amount}} for amount in (one, other))
	same = figures.number(one) == figures.number(other)
	assert (figures.fingerprint(a) == figures.fingerprint(b)) == same


def test_a_discount_of_nothing_is_taken_on_nothing():
	one, other = ({"discount": {"on": on, "amount": 0}} for on in ("Net Total", "Grand Total"))
	assert figures.fingerprint(one) == figures.fingerprint(other) == figures.fingerprint({})


# Differences -----------------------------------------------------------------------------------------------


def test_differences_name_the_row_and_both_values():
	after = copy.deepcopy(OFFER)
	after["items"][0].update(rate=890, qty=12)
	after["items"][1]["item"] = "PIPE"
	after["payment"] = [{"term": "Rest", "portion": 100, "due": "30"}]
	assert figures.differences(OFFER, after) == [
		Change(ITEMS, "removed", "HOSE", "25.5 Meter × 3.2", ""),
		Change(ITEMS, "qty", "PUMP", "10", "12"),
		Change(PRICE, "rate", "PUMP", "900", "890"),
		Change(ITEMS, "added", "PIPE", "", "25.5 Meter × 3.2"),
		Change(TERMS, "removed", "Down payment", "40 % 0", ""),
		Change(TERMS, "payment_portion", "Rest", "60", "100"),
	]


def test_an_item_that_stands_twice_is_compared_row_by_row():
	twice = {"items": [{"item": "PUMP", "qty": 1, "rate": 900}, {"item": "PUMP", "qty": 2, "rate": 800}]}
	after = {"items": [{"item": "PUMP", "qty": 2, "rate": 790}, {"item": "PUMP", "qty": 1, "rate": 900}]}
	assert figures.differences(twice, after) == [Change(PRICE, "rate", "PUMP", "800", "790")]


def test_prices_that_change_rows_are_seen_by_who_reviews_prices():
	"""1 at 500 and 10 at 900 is not 10 at 500 and 1 at 900, though neither prices nor quantities are others."""
	one, other = (
		{"items": [{"item": "PUMP", "qty": a, "rate": 500}, {"item": "PUMP", "qty": b, "rate": 900}]}
		for a, b in ((1, 10), (10, 1))
	)
	assert parts_changed(one, other) == {PRICE}


def test_a_discount_moves_no_item():
	"""Items are told in an order of their own: a cheaper pump is no matter of the product review."""
	dear = {"items": [{"item": "B", "qty": 1, "rate": 1, "discount": 0}, {"item": "A", "qty": 1, "rate": 1, "discount": 5}]}  # fmt: skip
	cheap = {"items": [{"item": "B", "qty": 1, "rate": 1, "discount": 9}, {"item": "A", "qty": 1, "rate": 1, "discount": 5}]}  # fmt: skip
	assert parts_changed(dear, cheap) == {PRICE}


def test_taxes_in_another_order_are_a_difference():
	after = {**OFFER, "taxes": OFFER["taxes"][::-1]}
	assert figures.differences(OFFER, after) == [
		Change(PRICE, "tax_order", "", "VAT, Freight", "Freight, VAT")
	]


# What a reviewer has seen ----------------------------------------------------------------------------------


def test_an_opinion_holds_while_what_concerns_it_stays_the_same():
	"""S2: reviews that concern changed rows start again, the others do not."""
	before, after = figures.parts(OFFER, "text"), figures.parts(changed("items.0.rate", 899), "text")
	assert figures.seen(before, {SOLUTION, ITEMS}) == figures.seen(after, {ITEMS, SOLUTION})
	assert figures.seen(before, {TERMS}) == figures.seen(after, [TERMS])
	assert figures.seen(before, PARTS) != figures.seen(after, PARTS)
	assert figures.seen(before, {PRICE}) != figures.seen(after, {PRICE})


def test_the_solution_is_a_part_of_its_own():
	assert parts_changed(OFFER, OFFER, {"situation": "Orders are typed twice."}) == {SOLUTION}
