"""What changed between two versions of a proposal, or between two sets of figures, in words (S2)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, fmt_money

from salesflow_std.engine import figures as rules
from salesflow_std.salesflow_std import proposals

_MONEY = ("rate", "tax_amount", "payment_amount", "discount_total")
_PERCENT = ("discount", "tax_rate", "payment_portion", "payment_discount")


def part_label(part: str) -> str:
	"""A part of a proposal in the user's language."""
	return {
		rules.SOLUTION: _("Solution", context="Solution Proposal"),
		rules.ITEMS: _("Items", context="Solution Proposal"),
		rules.PRICE: _("Price", context="Solution Proposal"),
		rules.TERMS: _("Terms", context="Solution Proposal"),
	}[part]


def compare(before: Document, after: Document) -> list[dict]:
	"""What changed from one version to another: texts, answers, items, prices, terms.

	``[{"part", "part_label", "what", "before", "after"}]`` in the user's language, plain text; long texts are given whole on
	both sides. `part` is solution, items, price or terms.
	"""
	found = [*_texts(before, after), *_answers(before, after)]
	changes = rules.differences(proposals.figures_of(before), proposals.figures_of(after))
	# The text of the figures holds delivery and service too, which are told apart here.
	told = [change for change in changes if change.what != "text"]
	found += [_shown(change, after.currency) for change in told]
	found += _terms(before, after)
	return found


def _line(part: str, what: str, before: str, after: str) -> dict:
	return {"part": part, "part_label": part_label(part), "what": what, "before": before, "after": after}


def _label(proposal: Document, field: str) -> str:
	return _(proposal.meta.get_label(field), context="Solution Proposal")


def _texts(before: Document, after: Document) -> Iterable[dict]:
	for field in ("situation", "solution", "value"):
		old, new = cstr(before.get(field)).strip(), cstr(after.get(field)).strip()
		if old != new:
			yield _line(rules.SOLUTION, _label(after, field), old, new)


def _terms(before: Document, after: Document) -> Iterable[dict]:
	for field in ("delivery_period", "service_terms", "terms"):
		old, new = (
			rules.plain_text(doc.get(field)) if field == "terms" else cstr(doc.get(field)).strip()
			for doc in (before, after)
		)
		if old != new:
			yield _line(rules.TERMS, _label(after, field), old, new)
	if before.valid_days != after.valid_days:
		label = _label(after, "valid_days")
		yield _line(rules.TERMS, label, cstr(before.valid_days), cstr(after.valid_days))


def _answers(before: Document, after: Document) -> Iterable[dict]:
	old = {row.need_key or row.need: row for row in before.answers}
	for row in after.answers:
		was = old.pop(row.need_key or row.need, None)
		name = _("Need: {0}").format(row.need)
		if was is None:
			yield _line(rules.SOLUTION, name, "", _answer(row))
		elif _answer(was) != _answer(row):
			yield _line(rules.SOLUTION, name, _answer(was), _answer(row))
	for was in old.values():
		yield _line(rules.SOLUTION, _("Need: {0}").format(was.need), _answer(was), "")


def _answer(row: Document) -> str:
	"""An answer as text, a line for each thing it gives."""
	case = row.case_content and (
		frappe.db.get_value("Value Content", row.case_content, "title") or row.case_content
	)
	told = (
		(_("Priority", context="Proposal Answer"), row.priority and _(row.priority, context="Proposal Answer")),
		(_("Feature", context="Proposal Answer"), row.feature),
		(_("Value", context="Proposal Answer"), row.value),
		(_("Value a Year", context="Proposal Answer"), flt(row.value_amount) and fmt_money(row.value_amount, currency=row.currency)),
		(_("Case", context="Proposal Answer"), case),
		(_("Item", context="Proposal Answer"), row.item),
		(_("Left Open", context="Proposal Answer"), row.waived_on and row.waive_reason),
	)  # fmt: skip
	return "\n".join(f"{label}: {cstr(value).strip()}" for label, value in told if value)


# Figures ---------------------------------------------------------------------------------------------------


def of_figures(before: dict, after: dict, currency: str | None = None) -> list[dict]:
	"""What differs between two sets of figures, as `compare` tells it: for the gate and the reviewers."""
	return [_shown(change, currency or after.get("currency")) for change in rules.differences(before, after)]


def as_lines(changes: Iterable[rules.Change], currency: str | None = None) -> list[str]:
	"""Differences as sentences of HTML, with what users wrote escaped."""
	lines = []
	for change in changes:
		shown = _shown(change, currency)
		what, old, new = (frappe.utils.escape_html(shown[key]) for key in ("what", "before", "after"))
		lines.append(f"{what}: {old or '–'} → {new or '–'}")
	return lines


def _shown(change: rules.Change, currency: str | None) -> dict:
	what = _what(change.what)
	if change.row:
		what = f"{_item(change.row) if change.part == rules.ITEMS or change.what in ('rate', 'discount') else change.row} · {what}"
	return _line(
		change.part, what, _value(change, change.before, currency), _value(change, change.after, currency)
	)


def _item(code: str) -> str:
	name = frappe.get_cached_value("Item", code, "item_name") if frappe.db.exists("Item", code) else None
	return f"{code} {name}" if name and name != code else code


def _value(change: rules.Change, value: str, currency: str | None) -> str:
	if not value:
		return value
	amount, _space, on = value.partition(" ")
	if change.what in _MONEY and _is_number(amount):
		return (
			f"{fmt_money(flt(amount), precision=_places(amount), currency=currency)} {_taken_on(on)}".strip()
		)
	if change.what in _PERCENT and _is_number(value):
		return f"{value} %"
	return value


def _places(amount: str) -> int | None:
	"""As many decimals as tell two amounts apart; None for as many as the currency has."""
	places = len(amount.partition(".")[2])
	return places if places > 2 else None


def _taken_on(on: str) -> str:
	return on and _(on, context="Solution Proposal")


def _is_number(text: str) -> bool:
	try:
		float(text)
	except ValueError:
		return False
	return True


def _what(code: str) -> str:
	"""What of a quotation has changed, in the user's language."""
	return {
		"company": _("Company"),
		"currency": _("Currency"),
		"added": _("added"),
		"removed": _("removed"),
		"qty": _("Quantity", context="Proposal Item"),
		"description": _("Description", context="Proposal Item"),
		"rate": _("Rate", context="Proposal Item"),
		"discount": _("Discount", context="Proposal Item"),
		"discount_total": _("Additional Discount", context="Solution Proposal"),
		"tax": _("Item Tax Template", context="Solution Proposal"),
		"tax_rate": _("tax rate"),
		"tax_row": _("taken on row"),
		"tax_order": _("order of the taxes"),
		"tax_amount": _("tax amount"),
		"payment_portion": _("portion"),
		"payment_due": _("due"),
		"payment_amount": _("payment amount"),
		"payment_discount": _("discount for early payment"),
		"incoterm": _("Incoterm", context="Solution Proposal"),
		"place": _("Named Place", context="Solution Proposal"),
		"text": _("Terms and Conditions", context="Solution Proposal"),
	}.get(code, code)
