"""Which orders need a signed contract, and what happens to one that has none (C3)."""

from __future__ import annotations

from dataclasses import dataclass

BLOCK, WARN, OFF = "Block", "Warn", "Off"
# How an order stands; all but the last are kept on it.
SIGNED, EXEMPT, OVERRIDDEN, WARNED, NOT_ASKED = "Signed", "Exempt", "Overridden", "Warned", "Not Asked"
MISSING = "Missing"

_STRICTNESS = (OFF, WARN, BLOCK)


@dataclass(frozen=True)
class Rule:
	"""What a sales process says of orders without a signed contract.

	Orders whose net total is below `exempt_below` (in the company's currency; 0 exempts nothing) or that are of the
	type `exempt_order_type` need none. `override_role` may let one pass.
	"""

	enforcement: str = BLOCK
	exempt_below: float = 0
	exempt_order_type: str = ""
	process: str = ""
	override_role: str = ""


def capped(enforcement: str, most: str) -> str:
	"""What is enforced where the settings allow `most`: Warn makes Block a warning, Off turns all off."""
	return min(enforcement, most, key=_STRICTNESS.index)


def is_exempt(rule: Rule, net_total: float, order_type: str) -> bool:
	"""Whether an order needs no contract: `net_total` in the company's currency is small, or its type is exempt (C3)."""
	return net_total < rule.exempt_below or bool(order_type and order_type == rule.exempt_order_type)


def leniency(rule: Rule) -> tuple[int, float, bool]:
	"""How much a rule lets pass: of several the smallest is the strictest (C3)."""
	return -_STRICTNESS.index(rule.enforcement), rule.exempt_below, bool(rule.exempt_order_type)
