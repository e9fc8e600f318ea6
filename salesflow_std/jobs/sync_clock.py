"""The clock of deliveries (A1): each week's synchronisation is planned and asked for, reminded of, escalated, missed.

Each step is whole in itself; one that fails stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from frappe import _
from frappe.utils import cint, getdate, now_datetime
from pypika import Table
from pypika.terms import Criterion

from salesflow_std.jobs import deadlines, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import delivery_syncs, sync_sheet
from salesflow_std.salesflow_std.delivery_syncs import DOCTYPE
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due each step is one query. Twice is once."""
	if cint(settings().sync_enabled):
		run_each(STEPS)


def plan_weeks() -> int:
	"""This week's sync of every delivery that has none yet; returns how many were made."""
	today, count = getdate(now_datetime()), 0
	for rows in watching.chunks(partial(delivery_syncs.due_weeks, today)):
		for row in rows:
			with watching.sparing("The week of a delivery could not be planned", "Project", row.name):
				count += bool(delivery_syncs.make(row.name))
	return count


def watch_weeks() -> int:
	"""Reminds who delivers before a week is due; afterwards tells the account manager and their manager, each once."""
	return deadlines.watch(_WEEK)


def end_weeks() -> int:
	"""What nobody has told until the next one is due is missed, and nobody waits for weeks of closed projects; returns
	how many have ended."""
	count = len(delivery_syncs.miss_old(now_datetime()))
	for rows in watching.chunks(delivery_syncs.of_closed):
		for row in rows:
			with watching.sparing("The week of a closed delivery could not be ended", DOCTYPE, row.name):
				delivery_syncs.drop(row.name)
				count += 1
	return count


def _is_due(sync: Table) -> Criterion:
	return sync.status == sync_sheet.DUE


def _words() -> dict[str, str]:
	return {
		"soon": _("{0}: say by {1} how the delivery stands."),
		"late": _("{0}: how the delivery stands was to be told by {1}, {2} has not done so."),
		"subject": _("{0} deliveries were not synchronised in time"),
		"intro": _("Nobody has told how these deliveries stand. Each week is told once."),
	}


_WEEK = deadlines.Deadline(
	doctype=DOCTYPE,
	due="due_on",
	reminded="reminded_on",
	escalated="escalated_on",
	rep="delivery_user",
	company="company",
	called="title",
	waiting=_is_due,
	words=_words,
	above="allocated_to",
	told="escalated_to",
)

STEPS: tuple[Callable[[], object], ...] = (end_weeks, plan_weeks, watch_weeks)
