"""How clocks go through what they watch: in chunks that are whole in themselves, and one broken record never stops
the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

import frappe
from frappe.utils import now_datetime

from salesflow_std.salesflow_std.sparing import sparing

__all__ = ["CHUNK", "Step", "chunks", "sparing", "watch"]

CHUNK = 100

# What time does to one document: takes its name and the present, locks, marks and tells; returns whom it has told.
Step = Callable[[str, datetime], list[str]]


def chunks(
	read: Callable[..., Sequence[frappe._dict]],
	start: object = "",
	key: Callable[[frappe._dict], object] = attrgetter("name"),
) -> Iterator[Sequence[frappe._dict]]:
	"""The rows that `read(after)` finds, chunk by chunk until there are none, with the key of the last one as `after`.

	Each chunk is committed before the next is read: its marks, its notices and its mail in the queue belong together,
	and a killed run goes on behind it.
	"""
	after = start
	while rows := read(after):
		yield rows
		frappe.db.commit()  # nosemgrep
		after = key(rows[-1])


def watch(
	doctype: str,
	statuses: Sequence[str],
	steps: Sequence[Step],
	failed: str,
	fields: Sequence[str] = ("name",),
	is_due: Callable[[frappe._dict, datetime], bool] | None = None,
) -> int:
	"""Takes the steps with every document in one of the statuses; returns how many people were told something.

	With `is_due`, which looks at these `fields`, the steps are taken only with what is due, and the rest is not locked.
	A step that fails is logged as `failed` and left for the next tick.
	"""
	now, count = now_datetime().replace(microsecond=0), 0

	def read(after: str) -> list[frappe._dict]:
		return frappe.get_all(
			doctype,
			filters={"status": ("in", statuses), "name": (">", after)},
			fields=list(fields),
			order_by="name",
			limit=CHUNK,
		)

	for rows in chunks(read):
		for row in rows:
			with sparing(failed, doctype, row.name):
				if is_due and not is_due(row, now):
					continue
			for step in steps:
				with sparing(failed, doctype, row.name):
					count += len(step(row.name, now))
			# A document is whole in itself, and its lock is not held while others are looked at.
			frappe.db.commit()  # nosemgrep
	return count
