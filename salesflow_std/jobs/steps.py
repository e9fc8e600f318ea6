"""A job of several steps, none of which stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from rq.timeouts import JobTimeoutException


def run_each(steps: Iterable[Callable[[], object]]) -> None:
	"""Runs each step as a transaction of its own; one that fails is logged and undone, and the next one runs."""
	for step in steps:
		try:
			step()
			# A step is whole in itself; a later one that fails must not undo it.
			frappe.db.commit()  # nosemgrep
		except JobTimeoutException:
			raise  # the time of the whole job is up: no error of the step, and nothing may go on
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Salesflow: {step.__name__} failed")
