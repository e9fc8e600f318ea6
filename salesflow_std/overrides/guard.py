"""Listening to other people's records without getting in their way."""

from __future__ import annotations

from collections.abc import Callable

import frappe


def safely(
	step: Callable[..., object], *args: object, log: str = "Touch could not be counted", **kwargs: object
) -> None:
	"""Runs a step that must not cost anybody a mail, a call or an event: where it fails, that is logged as `log`.

	A deadlock has undone the whole transaction, so it goes on to whoever began it.
	"""
	frappe.db.savepoint("salesflow_touch")
	try:
		step(*args, **kwargs)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		frappe.db.rollback(save_point="salesflow_touch")
		frappe.log_error(title=log)
