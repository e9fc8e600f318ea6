"""The clock of the reviews: stand-ins for who is away, a reminder before the deadline, the manager after it (S2)."""

from __future__ import annotations

from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import review_deadlines, reviews


def tick() -> None:
	"""Runs at every tick of the scheduler; with no review open it is one query on an index. Twice is once."""
	run_each((watch,))


def watch() -> int:
	"""Looks at every open review once; returns how many people it has told something."""
	steps = (review_deadlines.relieve, review_deadlines.remind, review_deadlines.escalate)
	return watching.watch(reviews.DOCTYPE, (reviews.OPEN,), steps, "A proposal review could not be watched")
