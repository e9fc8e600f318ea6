"""The clock of handovers (C5): the responsible before the deadline, the manager after it, who has not acknowledged
within a working day; each once."""

from __future__ import annotations

from salesflow_std.engine.delivery import DRAFT, HANDED_OVER
from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import delivery_deadlines


def tick() -> None:
	"""Runs at every tick of the scheduler; with no handover open it is one query on an index. Twice is once."""
	run_each((watch_handovers,))


def watch_handovers() -> int:
	"""Looks at every open handover once; returns how many people it has told something."""
	steps = (delivery_deadlines.remind, delivery_deadlines.escalate, delivery_deadlines.remind_receivers)
	return watching.watch(
		"Delivery Handover", (DRAFT, HANDED_OVER), steps, "A delivery handover could not be watched"
	)
