"""Numbers as people's exports write them: 1,234.50, 1.234,50 €, ¥ 12 000, 70 %, (1,200)."""

from __future__ import annotations

import math
import re
import unicodedata

_SIGN_AND_DIGITS = re.compile(r"[-+]?\d[\d.,' ]*$|[-+]?[.,]\d+$")
_WRAPPING = re.compile(r"[^\d.,'()+\-\s]+")


class NumberError(ValueError):
	"""A text that is no number."""


def parse_number(text: str, decimal: str | None = None) -> float | None:
	"""The number in a cell; None when it is empty. Raises NumberError.

	Signs of currency, percent and thousands fall away. `decimal` says which of "." and "," divides; without
	it both in one number tell (the last one divides), and a single comma before exactly three digits is a
	thousands separator.
	"""
	try:
		number = float(text)
	except ValueError:
		if not text.strip():
			return None
		number = _parse(text, decimal)
	else:
		if decimal == "," and re.fullmatch(r"[-+]?\d{1,3}\.\d{3}", text.strip()):
			number = _parse(text, decimal)
	if not math.isfinite(number):
		raise NumberError(text)
	return number


def _parse(text: str, decimal: str | None) -> float:
	plain = unicodedata.normalize("NFKC", text).strip()
	factor = 10_000 if plain.endswith("万") else 1
	prefix = re.split(r"\d", plain, maxsplit=1)[0]
	if len(prefix) > 6:
		raise NumberError(text)
	plain = _WRAPPING.sub("", plain[: len(prefix)]) + plain[len(prefix) :]
	plain = re.sub(r"[^\d.,'()]{1,5}$", "", plain).strip()
	if plain.startswith("(") and plain.endswith(")"):
		plain = "-" + plain[1:-1]
	plain = plain.lstrip("., ") if not re.match(r"[.,]\d", plain) else plain
	plain = re.sub(r"^([-+])\s+", r"\1", plain)
	if not _SIGN_AND_DIGITS.match(plain):
		raise NumberError(text)
	plain = re.sub(r"[' ]", "", plain)
	if decimal is None:
		decimal = _decimal_of(plain)
	thousands = "," if decimal == "." else "."
	plain = plain.replace(thousands, "").replace(decimal, ".")
	try:
		return float(plain) * factor
	except ValueError:
		raise NumberError(text) from None


def _decimal_of(plain: str) -> str:
	dot, comma = plain.rfind("."), plain.rfind(",")
	if dot >= 0 and comma >= 0:
		return "." if dot > comma else ","
	if comma >= 0:
		return "." if plain.count(",") > 1 or re.search(r"\d,\d{3}$", plain) else ","
	return "," if plain.count(".") > 1 else "."
