"""What an approval holds for: the figures that a quotation bears, their fingerprint, and what differs (S2).

Figures are a plain dict, so that they can be kept with the review as they were approved:

``{"company", "currency", "items": [{"item", "uom", "alternative", "qty", "rate", "discount", "tax", "text"}], "discount":
{"on", "amount"}, "taxes": [{"type", "account", "rate", "amount", "included", "row"}], "payment": [{"term", "portion",
"due", "amount", "discount"}], "delivery": {"incoterm", "place"}, "text"}``

Amounts are in the quotation's currency, `discount` of an item, `portion` and `rate` of a tax are percent; `tax` names
an item's tax template and `text` says what it is, `row` the tax that a tax is taken on; `text` is plain, see `plain_text`. Numbers may be given
as numbers or texts; `canonical` makes them alike, and of canonical figures the same again.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext

# What a function reviews, so what has to be reviewed again when it changes.
SOLUTION, ITEMS, PRICE, TERMS = "solution", "items", "price", "terms"
PARTS = (SOLUTION, ITEMS, PRICE, TERMS)

# Two ways of calculating agree to here; ERPNext keeps nine places and shows two.
_PLACES = Decimal("0.0001")
# A discount is worked out from two rounded prices.
_PERCENT_PLACES = Decimal("0.01")

_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
# Where a tag ends a line, words on its two sides are two words.
_BLOCK = re.compile(r"</?(?:p|div|br|li|ul|ol|tr|td|th|table|h[1-6])\b[^>]*>", re.IGNORECASE)
# What is struck out does not hold, and a picture may be a clause.
_STRUCK = re.compile(r"</?(?:s|strike|del)\b[^>]*>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.IGNORECASE)
# More digits than any amount has.
_DIGITS = 400


@dataclass(frozen=True)
class Change:
	"""One difference: `part` of `PARTS`, `what` differs ("qty", "rate", "added" …), in which row, from and to.

	`row` names an item, a tax or a term; it is "" for what stands once. `before` and `after` are texts; of an
	added row `before` is "", of a removed one `after`.
	"""

	part: str
	what: str
	row: str = ""
	before: str = ""
	after: str = ""


def number(value: object, places: Decimal = _PLACES) -> str:
	"""A number as a text that is the same however it was calculated: ``12.50`` and ``12.500000001`` are ``12.5``."""
	try:
		exact = Decimal(str(value or 0))
	except InvalidOperation:
		return str(value)
	if not exact.is_finite():
		return str(value)
	with localcontext() as context:
		context.prec = _DIGITS
		rounded = exact.quantize(places).normalize()
	text = format(rounded, "f")
	return "0" if text in ("-0", "0") else text


def percent(value: object) -> str:
	"""A percentage as a text, to two places."""
	return number(value, _PERCENT_PLACES)


def plain_text(value: str | None) -> str:
	"""The text of HTML without markup and spacing, so that an editor's habits are no change of terms.

	What is struck out stands between ~~, a picture as its address.
	"""
	text = _STRUCK.sub(" ~~ ", _PICTURE.sub(r" \1 ", value or ""))
	return _tidy(html.unescape(_TAG.sub("", _BLOCK.sub(" ", text))))


def _tidy(text: str | None) -> str:
	return _SPACE.sub(" ", unicodedata.normalize("NFC", (text or "").replace("\xa0", " "))).strip()


def discount(list_rate: float | None, rate: float | None) -> str:
	"""The discount of a rate against the list, in percent; 0 where there is no list price or the rate is above."""
	listed, asked = Decimal(str(list_rate or 0)), Decimal(str(rate or 0))
	if listed <= 0 or asked >= listed:
		return "0"
	return percent((listed - asked) / listed * 100)


def canonical(figures: Mapping) -> dict:
	"""Figures in the one form that is compared and kept: numbers as texts, rows in an order of their own."""
	off = figures.get("discount") or {}
	amount = number(off.get("amount"))
	delivery = figures.get("delivery") or {}
	return {
		"company": figures.get("company") or "",
		"currency": figures.get("currency") or "",
		"items": sorted((_item(row) for row in figures.get("items") or ()), key=_order),
		# On what it is taken matters only where there is one.
		"discount": {"on": (off.get("on") or "") if amount != "0" else "", "amount": amount},
		"taxes": [_tax(row) for row in figures.get("taxes") or ()],
		"payment": sorted((_payment(row) for row in figures.get("payment") or ()), key=_order),
		"delivery": {
			"incoterm": delivery.get("incoterm") or "",
			"place": _tidy(delivery.get("place")),
		},
		"text": _tidy(figures.get("text")),
	}


def _order(row: Mapping) -> str:
	return json.dumps(row, sort_keys=True, ensure_ascii=False)


def _item(row: Mapping) -> dict:
	return {
		"item": row.get("item") or "",
		"uom": row.get("uom") or "",
		"alternative": bool(row.get("alternative")),
		"qty": number(row.get("qty")),
		"rate": number(row.get("rate")),
		"discount": percent(row.get("discount")),
		"tax": row.get("tax") or "",
		"text": _tidy(row.get("text")),
	}


def _tax(row: Mapping) -> dict:
	return {
		"type": row.get("type") or "",
		"account": row.get("account") or "",
		"rate": number(row.get("rate")),
		"amount": number(row.get("amount")),
		"included": bool(row.get("included")),
		"row": str(row.get("row") or ""),
	}


def _payment(row: Mapping) -> dict:
	return {
		"term": row.get("term") or "",
		"portion": percent(row.get("portion")),
		"due": str(row.get("due") or ""),
		"amount": number(row.get("amount")),
		"discount": percent(row.get("discount")),
	}


def fingerprint(figures: Mapping) -> str:
	"""A text of 64 characters that is the same for the same figures, in whatever order their items stand (S2)."""
	return _hash(canonical(figures))


def _hash(value: object) -> str:
	return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def parts(figures: Mapping, solution: object = None, terms: object = None) -> dict[str, str]:
	"""Part -> fingerprint of what of it a function reviews.

	`solution`, and `terms` that are no figures (how long an offer is valid), are anything JSON can hold.
	"""
	told = canonical(figures)
	keys = Counter(_key(row) for row in told["items"])
	# Orders of their own: a discount moves no item, and a quantity no price. Where an item stands in two rows, what
	# costs how much hangs on the quantity.
	rows = sorted([*_key(row), row["qty"], row["text"]] for row in told["items"])
	prices = sorted(
		[*_key(row), row["rate"], row["discount"], row["tax"], row["qty"] if keys[_key(row)] > 1 else ""]
		for row in told["items"]
	)
	return {
		SOLUTION: _hash(solution),
		ITEMS: _hash(rows),
		# The company is who sells: whoever reviews prices or terms reviews them for it.
		PRICE: _hash([told["company"], told["currency"], prices, told["discount"], told["taxes"]]),
		TERMS: _hash([told["company"], told["payment"], told["delivery"], told["text"], terms]),
	}


def _key(row: Mapping) -> tuple[str, str, bool]:
	return row["item"], row["uom"], row["alternative"]


def seen(fingerprints: Mapping[str, str], concerns: Iterable[str]) -> str:
	"""The fingerprint of the parts that concern a reviewer, in the order of `PARTS` (S2).

	An approval holds for another version as long as this stays the same.
	"""
	wanted = set(concerns)
	return _hash([fingerprints.get(part, "") for part in PARTS if part in wanted])


def differences(before: Mapping, after: Mapping) -> list[Change]:
	"""What differs between two sets of figures, in the order of a quotation; empty for the same fingerprint."""
	old, new = canonical(before), canonical(after)
	found = [
		Change(PRICE, what, "", old[what], new[what])
		for what in ("company", "currency")
		if old[what] != new[what]
	]
	found += _rows(ITEMS, old["items"], new["items"], ("item", "uom", "alternative"), _item_changes)
	if old["discount"] != new["discount"]:
		found.append(Change(PRICE, "discount_total", "", _off(old["discount"]), _off(new["discount"])))
	found += _tax_rows(old["taxes"], new["taxes"])
	found += _rows(TERMS, old["payment"], new["payment"], ("term",), _payment_changes)
	found += [
		Change(TERMS, what, "", old["delivery"][what], new["delivery"][what])
		for what in ("incoterm", "place")
		if old["delivery"][what] != new["delivery"][what]
	]
	if old["text"] != new["text"]:
		found.append(Change(TERMS, "text", "", old["text"], new["text"]))
	return found


def _tax_rows(old: Sequence[Mapping], new: Sequence[Mapping]) -> list[Change]:
	"""Taxes build upon each other, so their order counts too."""
	found = _rows(PRICE, old, new, ("account", "type", "included"), _tax_changes)
	if found or old == new:
		return found
	before, after = (", ".join(row["account"] or row["type"] for row in rows) for rows in (old, new))
	return [Change(PRICE, "tax_order", "", before, after)]


def _off(value: Mapping) -> str:
	return f"{value['amount']} {value['on']}".strip()


def _rows(
	part: str,
	old: Sequence[Mapping],
	new: Sequence[Mapping],
	key: Sequence[str],
	compare: Callable[[Mapping, Mapping], list[Change]],
) -> list[Change]:
	"""Rows of the same key are compared with each other, those that agree first; the rest came or went."""
	found: list[Change] = []
	left = list(new)
	waiting = []
	for row in old:  # the same on both sides is no difference, wherever it stands
		if row in left:
			left.remove(row)
		else:
			waiting.append(row)
	for row in waiting:
		twin = next((other for other in left if all(other[field] == row[field] for field in key)), None)
		if twin is None:
			found.append(Change(part, "removed", _name(row, key), _shown(part, row), ""))
		else:
			left.remove(twin)
			found += compare(row, twin)
	return found + [Change(part, "added", _name(row, key), "", _shown(part, row)) for row in left]


def _name(row: Mapping, key: Sequence[str]) -> str:
	return next((row[field] for field in key if row[field] and isinstance(row[field], str)), "")


def _shown(part: str, row: Mapping) -> str:
	if part == ITEMS:
		return f"{row['qty']} {row['uom']} × {row['rate']}".replace("  ", " ")
	if part == PRICE:
		return " ".join(text for text in (row["account"], row["rate"] != "0" and f"{row['rate']} %", row["amount"] != "0" and row["amount"]) if text)  # fmt: skip
	return f"{row['portion']} % {row['due']}".strip()


def _item_changes(old: Mapping, new: Mapping) -> list[Change]:
	found = [
		Change(ITEMS, what, old["item"], old[field], new[field])
		for field, what in (("qty", "qty"), ("text", "description"))
		if old[field] != new[field]
	]
	return found + [
		Change(PRICE, what, old["item"], old[what], new[what])
		for what in ("rate", "discount", "tax")
		if old[what] != new[what]
	]


def _tax_changes(old: Mapping, new: Mapping) -> list[Change]:
	row = old["account"] or old["type"]
	return [
		Change(PRICE, f"tax_{what}", row, old[what], new[what])
		for what in ("rate", "amount", "row")
		if old[what] != new[what]
	]


def _payment_changes(old: Mapping, new: Mapping) -> list[Change]:
	return [
		Change(TERMS, f"payment_{what}", old["term"], old[what], new[what])
		for what in ("portion", "due", "amount", "discount")
		if old[what] != new[what]
	]
