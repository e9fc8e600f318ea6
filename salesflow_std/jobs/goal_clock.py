"""The clock of the stages' goals (M2): each day they are counted, and judged once when their due date is over.

Each step is whole in itself; one broken goal stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from functools import partial

from frappe.utils import getdate, now_datetime

from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import goals

_FAILED = "A sales goal could not be measured"


def run() -> None:
	"""Runs once a day; twice is once."""
	run_each(STEPS)


def judge_due() -> int:
	"""Judges the goals whose due date is over; returns how many."""
	today, count = getdate(now_datetime()), 0
	measurer = goals.Measurer(today)
	for rows in watching.chunks(lambda after: goals.due(today, after, watching.CHUNK)):
		for row in rows:
			with watching.sparing(_FAILED, goals.DOCTYPE, row.name):
				count += goals.judge(row.name, measurer)
	return count


def measure_open() -> int:
	"""Counts the open goals that were not counted today; returns how many."""
	now, count = now_datetime(), 0
	measurer = goals.Measurer(getdate(now))
	read = partial(goals.running, datetime.combine(getdate(now), time(0)), limit=watching.CHUNK)
	for rows in watching.chunks(read):
		for row in rows:
			with watching.sparing(_FAILED, goals.DOCTYPE, row.name):
				count += goals.measure(row.name, measurer)
	return count


def measure(name: str) -> None:
	"""Counts one goal, after it was made or changed."""
	with watching.sparing(_FAILED, goals.DOCTYPE, name):
		goals.measure(name)


STEPS: tuple[Callable[[], object], ...] = (judge_due, measure_open)
