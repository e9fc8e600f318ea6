"""What differs between two sets of figures, in words (S2)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from frappe import _
from frappe.utils import flt, fmt_money

from salesflow_std.engine.figures import Change

_MONEY = ("rate", "tax_amount", "payment_amount")
_PERCENT = ("discount", "tax_rate", "payment_portion", "payment_discount")


def label(change: Change) -> str:
	"""What a change is about: "Rate of ITEM-1", "Currency"."""
	of_row = {
		"qty": _("Quantity of {0}"),
		"rate": _("Rate of {0}"),
		"discount": _("Discount against list of {0}"),
		"tax_rate": _("Tax rate of {0}"),
		"tax_amount": _("Tax amount of {0}"),
		"payment_portion": _("Share of payment {0}"),
		"payment_due": _("Due date of payment {0}"),
		"payment_amount": _("Amount of payment {0}"),
		"payment_discount": _("Early payment discount of {0}"),
	}
	once = {
		"company": _("Company", context="Salesflow"),
		"currency": _("Currency", context="Salesflow"),
		"discount_total": _("Discount on the whole"),
		"incoterm": _("Incoterm", context="Salesflow"),
		"place": _("Place of delivery"),
		"text": _("Terms and conditions"),
	}
	if change.what in of_row:
		return of_row[change.what].format(change.row or "–")
	return once.get(change.what, change.row)


def value(change: Change, text: str) -> str:
	"""One side of a change as people write it: prices with their decimals, percentages with their sign."""
	if change.what in _MONEY:
		return _amount(text)
	if change.what in _PERCENT:
		return f"{text} %"
	if change.what == "discount_total":
		amount, _space, on = text.partition(" ")
		return f"{_amount(amount)} ({_(on)})" if on else _amount(amount)
	return text or _("nothing", context="Salesflow")


def _amount(text: str) -> str:
	try:
		places = -int(Decimal(text).as_tuple().exponent)
	except (InvalidOperation, ValueError):
		return text
	return fmt_money(flt(text), precision=max(2, places))


def since_approval(change: Change) -> str:
	"""A change after an approval as a sentence: "Rate of ITEM-1: 100.00 was approved, 99.99 stands here"."""
	if change.what == "added":
		return _("{0}: not approved, {1} stands here").format(change.row, change.after)
	if change.what == "removed":
		return _("{0}: {1} was approved, nothing stands here").format(change.row, change.before)
	if change.what == "text":
		return _("Terms and conditions: not as approved")
	return _("{0}: {1} was approved, {2} stands here").format(
		label(change), value(change, change.before), value(change, change.after)
	)
