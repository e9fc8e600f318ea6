"""Every night: the tier that the figures propose for each customer, and how lively the business is (P6).

Chunk by chunk: customers are locked, their facts read by a few grouped queries, and one UPDATE writes those that have
changed, past `modified`, so that no open form is in conflict. A killed run is begun anew; a second one writes nothing.
Disabled customers, and companies of the house itself, have neither tier nor activity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import frappe
from frappe.query_builder import DocType
from frappe.utils import now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.engine import care
from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import bulk, care_limits, customer_activity, customer_tiers, loss_analyses
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

CHUNK = 1000
COLUMNS = {**customer_tiers.COLUMNS, **customer_activity.COLUMNS}
# Of whom nothing is said any more; when they last ordered and were last touched stays.
_NOTHING = {
	"sf_proposed_tier": None,
	"sf_tier_why": None,
	"sf_tier_differs": 0,
	"sf_activity": None,
	"sf_silent_since": None,
}


def run() -> None:
	"""Runs every night."""
	run_each(STEPS)


def follow() -> int:
	"""Writes tiers and activities of all customers; returns how many have changed."""
	now = now_datetime().replace(microsecond=0)
	tiers, days = care_limits.tiers(settings()), care_limits.activity(settings())
	care.validate(tiers, days)
	proposals, count = customer_tiers.Proposals(now.date(), tiers), 0
	for rows in watching.chunks(_read):
		count += _write(_changed(rows, proposals, days, now))
	return count


def _read(after: str) -> list[frappe._dict]:
	customer = DocType(customer_tiers.DOCTYPE)
	fields = ("name", "creation", "disabled", "is_internal_customer", "lead_name", "sf_tier", *COLUMNS)
	return (
		frappe.qb.from_(customer)
		.select(*(customer[field] for field in fields))
		.where(customer.name > after)
		.orderby(customer.name)
		.limit(CHUNK)
		# A touch that is counted meanwhile waits, so that it is not overwritten by an earlier one.
		.for_update()
		.run(as_dict=True)
	)


def _changed(
	rows: Sequence[frappe._dict],
	proposals: customer_tiers.Proposals,
	days: care.ActivityLimits,
	now: datetime,
) -> list[list]:
	"""The rows to write, each a name and the values of COLUMNS."""
	active = {row.name: row.lead_name for row in rows if not (row.disabled or row.is_internal_customer)}
	facts = customer_activity.facts_of(active, now)
	found = []
	for row in rows:
		try:
			wanted = dict(_NOTHING)
			if row.name in active:
				wanted = proposals.of(row) | customer_activity.values(row, facts[row.name], now.date(), days)
		except JobTimeoutException:
			raise
		except Exception:
			# One broken record never stops the rest.
			_log(row.name)
			continue
		if any(row[field] != value for field, value in wanted.items()):
			found.append([row.name, *(wanted.get(field, row[field]) for field in COLUMNS)])
	return found


def _write(rows: list[list]) -> int:
	"""Writes a chunk at once; where the database refuses it, one by one."""
	if not rows:
		return 0
	frappe.db.savepoint("salesflow_standing")
	try:
		bulk.update_rows(customer_tiers.DOCTYPE, COLUMNS, rows)
		return len(rows)
	except (JobTimeoutException, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		frappe.db.rollback(save_point="salesflow_standing")
	count = 0
	for row in rows:
		with watching.sparing("Standing of a customer could not be written", customer_tiers.DOCTYPE, row[0]):
			bulk.update_rows(customer_tiers.DOCTYPE, COLUMNS, [row])
			count += 1
	return count


def _log(name: str) -> None:
	frappe.log_error(
		title="Standing of a customer could not be found",
		reference_doctype=customer_tiers.DOCTYPE,
		reference_name=name,
	)


def open_analyses() -> int:
	"""Asks why customers have fallen silent who used to order; returns how many analyses were opened."""
	count = 0
	for rows in watching.chunks(loss_analyses.fallen_silent):
		for row in rows:
			with watching.sparing("A loss analysis could not be opened", customer_tiers.DOCTYPE, row.name):
				count += bool(loss_analyses.make(row.name))
			frappe.db.commit()  # nosemgrep: one whole in itself, and its customer is not locked meanwhile
	return count


def settle_won_back() -> int:
	"""Analyses of customers who have ordered since, on paths that told nobody; returns how many."""
	count = 0
	for rows in watching.chunks(loss_analyses.with_orders):
		for row in rows:
			with watching.sparing("A loss analysis could not be settled", loss_analyses.DOCTYPE, row.name):
				count += loss_analyses.win_back(row.name)
	return count


STEPS: tuple[Callable[[], object], ...] = (follow, settle_won_back, open_analyses)
