"""The clock of loss analyses: whoever looks after one is reminded, then their manager hears of it, each once (P6, F5)."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _
from pypika import Table
from pypika.terms import Criterion

from salesflow_std.engine import loss
from salesflow_std.jobs import deadlines
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import loss_analyses


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due it is one query. Twice is once."""
	run_each(STEPS)


def watch_deadlines() -> int:
	"""Reminds of what is to be analysed or offered, and tells managers what is late; returns of how many."""
	return deadlines.watch(_DEADLINE)


def _is_to_do(analysis: Table) -> Criterion:
	return analysis.status.isin(loss.TO_DO)


def _words() -> dict[str, str]:
	return {
		"soon": _("{0} has fallen silent: the loss analysis is due by {1}."),
		"late": _("{0} has fallen silent: the loss analysis was due by {1}, {2} has not gone on with it."),
		"subject": _("{0} loss analyses are late"),
		"intro": _("Nobody has gone on with the analysis of these customers. Each is told once."),
	}


_DEADLINE = deadlines.Deadline(
	doctype=loss_analyses.DOCTYPE,
	due="due_on",
	reminded="reminded_on",
	escalated="escalated_on",
	rep="allocated_to",
	company="company",
	called="title",
	waiting=_is_to_do,
	words=_words,
)

STEPS: tuple[Callable[[], object], ...] = (watch_deadlines,)
