"""What `make benchmark` measures of customer care on a site. Each function runs in the bench's Python and returns plain numbers."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from tools.benchmark_probes import _rows, _team

_SEED = 20261122
_ONE_INSERT = """insert into `tabFollow Up` (name, creation, modified, owner, modified_by, docstatus, idx, title,
		reference_doctype, reference_name, allocated_to, status, kind, due_on, late_on, channel, goal, value_kind,
		policy, open_key)
	select concat('bench-', name), %(now)s, %(now)s, 'Administrator', 'Administrator', 0, 0, title,
		'Customer', reference_name, allocated_to, 'Planned', 'Rhythm', due_on, late_on, channel, goal, value_kind,
		policy, concat('bench|', open_key)
	from `tabFollow Up` where name not like 'bench-%%'"""


def make_customers(count: int) -> int:
	"""Customers of a sales team: one in ten strategic, seven in ten active; half have been visited or called before."""
	reps, rng, now = _team(), random.Random(_SEED), now_datetime().replace(microsecond=0)
	_rows(
		"Customer",
		[
			{
				"name": f"CARE-{i:07d}",
				"creation": now,
				"modified": now,
				"owner": "Administrator",
				"modified_by": "Administrator",
				"customer_name": f"Bench Company {i}",
				"customer_type": "Company",
				"account_manager": reps[i % len(reps)],
				"sf_tier": "Strategic" if rng.random() < 0.1 else "Core",
				"sf_activity": "High" if rng.random() < 0.7 else "Medium",
			}
			for i in range(count)
		],
	)
	return count


def _history() -> None:
	"""Half of the customers have been called lately, or were to be."""
	now = now_datetime().replace(microsecond=0)
	rng = random.Random(_SEED)
	rows = []
	for name in frappe.get_all(
		"Customer", filters={"name": ("like", "CARE-%")}, pluck="name", order_by="name"
	):
		if rng.random() < 0.5:
			on = now - timedelta(days=rng.randrange(1, 60))
			rows.append(
				{
					"name": f"bench-past-{name}",
					"creation": on,
					"modified": on,
					"owner": "Administrator",
					"modified_by": "Administrator",
					"reference_doctype": "Customer",
					"reference_name": name,
					"status": rng.choice(("Done", "Missed")),
					"outcome": "Reached",
					"done_on": on,
					"due_on": on,
					"kind": "Rhythm",
					"policy": "Active: monthly call",
				}
			)
	_rows("Follow Up", rows)


def plan_care() -> dict:
	"""Seconds of planning the care of all customers, of doing so again, and of one INSERT … SELECT of as many follow-ups.

	The INSERT takes what the planning has found out: no policy, history, calendar, gap or owner on leave, and it leaves
	the customers as they are.
	"""
	from salesflow_std.jobs import care_clock

	frappe.db.truncate("Follow Up")
	frappe.db.sql("update `tabCustomer` set sf_next_touch_on = null")
	frappe.db.commit()
	_history()
	frappe.db.sql("analyze table `tabCustomer`, `tabFollow Up`")
	begun = time.perf_counter()
	care_clock.daily()
	frappe.db.commit()
	seconds = time.perf_counter() - begun
	begun = time.perf_counter()
	care_clock.daily()
	again = time.perf_counter() - begun
	planned = frappe.db.count("Follow Up", {"status": "Planned"})
	begun = time.perf_counter()
	frappe.db.sql(_ONE_INSERT, {"now": now_datetime()})
	inserted = frappe.db._cursor.rowcount
	frappe.db.commit()
	insert = time.perf_counter() - begun
	assert planned == inserted, f"{planned} planned, {inserted} inserted"
	return {"plan": seconds, "again": again, "insert": insert, "planned": planned}
