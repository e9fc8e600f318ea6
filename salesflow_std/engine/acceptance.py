"""The acceptance of a delivery by the customer: scope, result, open points and the signatures of both sides (A2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

ACCEPTED, WITH_POINTS, NOT_ACCEPTED = "Accepted", "Accepted with Open Points", "Not Accepted"
RESULTS = (ACCEPTED, WITH_POINTS, NOT_ACCEPTED)
# Of a single deliverable.
ITEM_ACCEPTED, ITEM_RESERVED, ITEM_REFUSED = "Accepted", "With Reservation", "Not Accepted"
RESULTS_ACCEPTED = (ACCEPTED, WITH_POINTS)
ITEMS_ACCEPTED = (ITEM_ACCEPTED, ITEM_RESERVED)
OURS, CUSTOMER = "Ours", "Customer"

_PNG = "data:image/png;base64,"
_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
# A drawing of a signature pad has some 10 to 40 kB.
_LARGEST = 700_000


@dataclass(frozen=True)
class Line:
	"""Something to be delivered: a sentence of the contract's scope, or an order's item with its quantities.

	`agreed_in` says where it was agreed; lines of the same place with the same item, or the same words, are one.
	"""

	deliverable: str
	agreed_in: str = ""
	item_code: str = ""
	uom: str = ""
	qty: float = 0.0
	delivered: float = 0.0


@dataclass(frozen=True)
class Point:
	"""Something left open: whose side settles it, who there, and by when."""

	side: str
	owner: str
	due: date | None
	settled: bool = False


@dataclass(frozen=True)
class Signature:
	"""A side's signature: the name of who signs, and whether they have drawn it."""

	name: str = ""
	drawn: bool = False


@dataclass(frozen=True)
class Problem:
	"""Why a report is not complete: what, and of which row, counted from one."""

	what: str
	row: int = 0


# The scope -------------------------------------------------------------------------------------------------------


def sentences(scope: str) -> list[str]:
	"""The deliverables of a scope written as text: one each line, without bullets and numbering, each once."""
	found = (_without_bullet(line) for line in (scope or "").splitlines())
	return list(dict.fromkeys(line for line in found if line))


def _without_bullet(line: str) -> str:
	text = line.strip().lstrip("-–—*•·●◆■").strip()
	head, mark, rest = _split_number(text)
	return rest.strip() if mark and head.isdigit() and rest.strip() else text


def _split_number(text: str) -> tuple[str, str, str]:
	"""``("1", ".", " Machine")`` of "1. Machine". What goes on with a digit is a number, as 1.5 tons."""
	for at, char in enumerate(text[:4]):
		if char in ".)、．）" and not text[at + 1 : at + 2].isdigit():
			return text[:at], char, text[at + 1 :]
	return text, "", ""


def together(lines: Iterable[Line]) -> list[Line]:
	"""Lines of the same place, item and unit as one, with the sum of their quantities."""
	found: dict[tuple, Line] = {}
	for line in lines:
		key = (line.agreed_in, line.item_code, line.uom, "" if line.item_code else _plain(line.deliverable))
		known = found.get(key)
		found[key] = (
			replace(known, qty=known.qty + line.qty, delivered=known.delivered + line.delivered)
			if known
			else line
		)
	return list(found.values())


def assign(rows: Sequence[Line], scope: Sequence[Line]) -> list[int | None]:
	"""For each row of a report the line of the scope that it is about, as its index; None for what was not agreed.

	A line is given once. Of several, the one of the place that the row names goes first.
	"""
	free = dict(enumerate(scope))
	found: list[int | None] = [None] * len(rows)
	for same_place in (True, False):
		for at, row in enumerate(rows):
			if found[at] is not None:
				continue
			index = next((i for i, line in free.items() if _is_about(row, line, same_place)), None)
			if index is not None:
				found[at] = index
				del free[index]
	return found


def remaining(scope: Sequence[Line], accepted: Iterable[Line]) -> list[Line]:
	"""What of a scope has not been accepted yet, with what was delivered of it since.

	`accepted` are rows of earlier reports, `delivered` being what was accepted; of a row that counts nothing all was.
	"""
	rows = list(accepted)
	found = []
	for line in scope:
		known = [row for row in rows if _is_about(row, line, same_place=True)]
		amount = sum(row.delivered or row.qty for row in known)
		if not known:
			found.append(line)
		elif line.qty and amount < line.qty:
			found.append(replace(line, delivered=max(line.delivered - amount, 0.0)))
	return found


def _is_about(row: Line, line: Line, same_place: bool) -> bool:
	if same_place and row.agreed_in != line.agreed_in:
		return False
	if line.item_code or row.item_code:
		return row.item_code == line.item_code and (not row.uom or row.uom == line.uom)
	return _plain(row.deliverable) == _plain(line.deliverable)


def _plain(text: str) -> str:
	return " ".join((text or "").split()).casefold()


# Complete --------------------------------------------------------------------------------------------------------


def is_accepted(result: str) -> bool:
	"""Whether a result is an acceptance, with open points or without: then the survey begins (A2, A3)."""
	return result in RESULTS_ACCEPTED


def problems(
	result: str,
	results: str,
	items: Sequence[str],
	points: Sequence[Point],
	ours: Signature,
	customers: Signature,
	has_scan: bool,
) -> list[Problem]:
	"""What a report lacks before it can be submitted (A2); `items` are the results of its rows.

	`no_items`, `item` (row without a result), `result`, `rejected` (a row that does not go with the result), `no_points`,
	`point_owner`, `point_due`, `open_point` (left open though all is accepted), `why` (not accepted without words),
	`our_signature`, `customer_signature`.
	"""
	found = [] if items else [Problem("no_items")]
	found += [Problem("item", row) for row, one in enumerate(items, 1) if not one]
	if result not in RESULTS:
		found.append(Problem("result"))
	if result == ACCEPTED:
		found += [
			Problem("rejected", row)
			for row, one in enumerate(items, 1)
			if one in (ITEM_RESERVED, ITEM_REFUSED)
		]
		found += [Problem("open_point", row) for row, point in enumerate(points, 1) if not point.settled]
	if result == WITH_POINTS and not points:
		found.append(Problem("no_points"))
	if result == NOT_ACCEPTED and not (results or "").strip():
		found.append(Problem("why"))
	for row, point in enumerate(points, 1):
		found += [] if (point.owner or "").strip() else [Problem("point_owner", row)]
		found += [] if point.due else [Problem("point_due", row)]
	# Nobody signs what they refuse.
	if result != NOT_ACCEPTED:
		found += unsigned(ours, customers, has_scan)
	return found


def unsigned(ours: Signature, customers: Signature, has_scan: bool) -> list[Problem]:
	"""The sides that have not signed; a scan of the signed report stands for both (A2)."""
	if has_scan:
		return []
	sides = (("our_signature", ours), ("customer_signature", customers))
	return [Problem(what) for what, one in sides if not (one.drawn and (one.name or "").strip())]


def is_drawing(value: str) -> bool:
	"""Whether a value is the picture of a signature pad and nothing else: it is printed as it is."""
	if not value.startswith(_PNG) or len(value) > _LARGEST:
		return False
	try:
		return base64.b64decode(value[len(_PNG) :], validate=True).startswith(_PNG_BEGINS)
	except (binascii.Error, ValueError):
		return False
