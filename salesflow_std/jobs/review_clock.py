"""The clock of the reviews: stand-ins for who is away, a reminder before the deadline, the manager after it (S2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import frappe
from frappe.utils import now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import review_deadlines, reviews

CHUNK = 100


def tick() -> None:
	"""Runs at every tick of the scheduler; with no review open it is one query on an index. Twice is once."""
	run_each((watch,))


def watch() -> int:
	"""Looks at every open review once; returns how many people it has told something."""
	after, count = "", 0
	while True:
		names = frappe.get_all(
			reviews.DOCTYPE,
			filters={"status": reviews.OPEN, "name": (">", after)},
			pluck="name",
			order_by="name",
			limit=CHUNK,
		)
		if not names:
			return count
		for name in names:
			count += _one(name)
			# A review is whole in itself: its marks, its notices and its mail in the queue belong together, and its
			# lock is not held while others are looked at.
			frappe.db.commit()  # nosemgrep
		after = names[-1]


def _one(name: str) -> int:
	"""The steps of one review; one that fails is logged and left for the next tick."""
	count, now = 0, now_datetime().replace(microsecond=0)
	steps: tuple[Callable[[str, datetime], list[str]], ...] = (
		review_deadlines.relieve,
		review_deadlines.remind,
		review_deadlines.escalate,
	)
	for step in steps:
		frappe.db.savepoint("proposal_review")
		try:
			count += len(step(name, now))
		except JobTimeoutException:
			raise
		except Exception:
			frappe.db.rollback(save_point="proposal_review")
			frappe.log_error(
				title="A proposal review could not be watched",
				reference_doctype=reviews.DOCTYPE,
				reference_name=name,
			)
	return count
