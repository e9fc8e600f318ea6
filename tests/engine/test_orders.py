"""Which orders need a signed contract (C3)."""

import pytest

from salesflow_std.engine import orders


@pytest.mark.parametrize(
	("own", "most", "result"),
	(
		("Block", "Block", "Block"),
		("Block", "Warn", "Warn"),
		("Warn", "Block", "Warn"),
		("Off", "Warn", "Off"),
		("Block", "Off", "Off"),
	),
)
def test_the_settings_cap_what_a_process_says(own, most, result):
	assert orders.capped(own, most) == result


def test_small_orders_and_one_type_are_exempt():
	rule = orders.Rule(exempt_below=1000, exempt_order_type="Maintenance")
	assert orders.is_exempt(rule, 999.99, "Sales")
	assert not orders.is_exempt(rule, 1000, "Sales")
	assert orders.is_exempt(rule, 5000, "Maintenance")


def test_without_exemption_nothing_is_exempt():
	assert not orders.is_exempt(orders.Rule(), 0, "Sales")
	assert not orders.is_exempt(orders.Rule(), 0, "")


def test_the_strictest_of_several_rules_lets_least_pass():
	strict = orders.Rule(process="strict")
	lenient = (
		orders.Rule(exempt_below=1000),
		orders.Rule(exempt_order_type="Maintenance"),
		orders.Rule("Warn"),
		orders.Rule("Off"),
	)
	for rule in lenient:
		assert min(rule, strict, key=orders.leniency) == strict
