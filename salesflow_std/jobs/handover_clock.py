"""The clock of handovers (C5): the responsible before the deadline, the manager after it, who has not acknowledged
within a working day; each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import frappe
from frappe.utils import now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.engine.delivery import DRAFT, HANDED_OVER
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import delivery_deadlines

DOCTYPE = "Delivery Handover"
CHUNK = 100


def tick() -> None:
	"""Runs at every tick of the scheduler; with no handover open it is one query on an index. Twice is once."""
	run_each((watch_handovers,))


def watch_handovers() -> int:
	"""Looks at every open handover once; returns how many people it has told something."""
	after, count = "", 0
	while True:
		names = frappe.get_all(
			DOCTYPE,
			filters={"status": ("in", (DRAFT, HANDED_OVER)), "name": (">", after)},
			pluck="name",
			order_by="name",
			limit=CHUNK,
		)
		if not names:
			return count
		for name in names:
			count += _one(name)
			# A handover is whole in itself: its marks and what was told belong together, and its lock is not held while
			# others are looked at.
			frappe.db.commit()  # nosemgrep
		after = names[-1]


def _one(name: str) -> int:
	"""The steps of one handover; one that fails is logged and left for the next tick."""
	count, now = 0, now_datetime().replace(microsecond=0)
	steps: tuple[Callable[[str, datetime], list[str]], ...] = (
		delivery_deadlines.remind,
		delivery_deadlines.escalate,
		delivery_deadlines.remind_receivers,
	)
	for step in steps:
		frappe.db.savepoint("delivery_handover")
		try:
			count += len(step(name, now))
		except JobTimeoutException:
			raise
		except Exception:
			frappe.db.rollback(save_point="delivery_handover")
			frappe.log_error(
				title="A delivery handover could not be watched",
				reference_doctype=DOCTYPE,
				reference_name=name,
			)
	return count
