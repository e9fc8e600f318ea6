"""Which rule holds for a quotation that no review has approved, and which small deals need none (S2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BLOCK, WARN, OFF = "Block", "Warn", "Off"


@dataclass(frozen=True)
class Rule:
	"""What happens to quotations of a company, a territory and an order type; "" stands for every one.

	Deals whose net total is below `exempt_below` (in the company's currency; 0 exempts nothing) and whose discount
	against list is not above `exempt_discount` percent need no review.
	"""

	enforcement: str = BLOCK
	company: str = ""
	territory: str = ""
	order_type: str = ""
	exempt_below: float = 0
	exempt_discount: float = 0

	def fits(self, company: str, territories: Sequence[str], order_type: str) -> bool:
		"""Whether the rule is meant for such quotations; `territories` is the territory and all above it."""
		return (
			self.company in ("", company)
			and (not self.territory or self.territory in territories)
			and self.order_type in ("", order_type)
		)


def closest(
	rules: Iterable[Rule], company: str, territories: Sequence[str], order_type: str = ""
) -> Rule | None:
	"""The rule that fits most closely; None where none fits (S2).

	`territories` begins with the quotation's own and goes up to the root. As with review rules one of the company
	comes before one of every company, then the nearest territory; then one of the order type. Of rules that are alike
	the first counts.
	"""

	def closeness(rule: Rule) -> tuple[bool, int, bool]:
		near = len(territories) - territories.index(rule.territory) if rule.territory else 0
		return bool(rule.company), near, bool(rule.order_type)

	fitting = [rule for rule in rules if rule.fits(company, territories, order_type)]
	return max(fitting, key=closeness) if fitting else None


def is_exempt(rule: Rule, net_total: float, discount: float) -> bool:
	"""Whether a deal is so small, and sold so near to list, that it needs no review (S2).

	`net_total` is in the company's currency, `discount` in percent against list.
	"""
	return net_total < rule.exempt_below and discount <= rule.exempt_discount
