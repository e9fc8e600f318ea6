"""Which rule holds for a quotation, and which deals are too small for a review (S2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.gate_rules import BLOCK, OFF, WARN, Rule, closest, is_exempt

CHAIN = ("Shanghai", "China", "All Territories")


def found(*rules: Rule, company: str = "Alpha", territories=CHAIN, order_type: str = "Sales") -> Rule | None:
	return closest(rules, company, territories, order_type)


def test_without_a_fitting_rule_there_is_none():
	assert found() is None
	assert found(Rule(company="Beta"), Rule(territory="Berlin"), Rule(order_type="Maintenance")) is None


def test_a_territory_holds_for_those_below_it():
	assert found(Rule(territory="China")) is not None
	assert found(Rule(territory="Shanghai"), territories=("China", "All Territories")) is None


@pytest.mark.parametrize(
	("near", "far"),
	[
		(Rule(company="Alpha"), Rule()),
		(Rule(territory="Shanghai"), Rule(territory="China")),
		(Rule(territory="China"), Rule(territory="All Territories")),
		(Rule(company="Alpha"), Rule(territory="Shanghai")),
		(Rule(territory="All Territories"), Rule(order_type="Sales")),
		(Rule(company="Alpha"), Rule(territory="China", order_type="Sales")),
		(Rule(company="Alpha", order_type="Sales"), Rule(territory="Shanghai", order_type="Sales")),
		(Rule(company="Alpha", territory="China"), Rule(company="Alpha", order_type="Sales")),
	],
)
def test_the_closer_rule_counts_wherever_it_stands(near, far):
	assert found(near, far) is near
	assert found(far, near) is near


def test_of_rules_that_are_alike_the_first_counts():
	first, second = Rule(WARN, "Alpha"), Rule(OFF, "Alpha")
	assert found(first, second) is first


def test_a_quotation_without_territory_and_order_type_meets_general_rules_only():
	rules = (Rule(territory="China"), Rule(order_type="Sales"), Rule(BLOCK, "Alpha"))
	assert found(*rules, territories=(), order_type="") is rules[2]


@given(
	st.lists(
		st.builds(
			Rule,
			st.sampled_from((BLOCK, WARN, OFF)),
			st.sampled_from(("", "Alpha", "Beta")),
			st.sampled_from(("", *CHAIN, "Berlin")),
			st.sampled_from(("", "Sales", "Maintenance")),
		)
	)
)
def test_a_rule_that_counts_fits(rules):
	rule = closest(rules, "Alpha", CHAIN, "Sales")
	assert (rule is None) == (not any(each.fits("Alpha", CHAIN, "Sales") for each in rules))
	assert rule is None or rule.fits("Alpha", CHAIN, "Sales")


@pytest.mark.parametrize(
	("net_total", "discount", "exempt"),
	[(999.99, 5, True), (1000, 5, False), (999.99, 5.01, False), (0, 0, True)],
)
def test_small_deals_near_to_list_are_exempt(net_total, discount, exempt):
	rule = Rule(exempt_below=1000, exempt_discount=5)
	assert is_exempt(rule, net_total, discount) is exempt


def test_nothing_is_exempt_below_zero():
	assert not is_exempt(Rule(), 0, 0)
