"""The clock of customer care: festivals get their next day, and customers their next touches (P6).

Chunks are transactions of their own, and what is right already stays: a killed run goes on where it stopped.
"""

from __future__ import annotations

import frappe

from salesflow_std.jobs.follow_up_clock import plan_all, plan_anew
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import care_plans, greetings
from salesflow_std.salesflow_std.follow_ups import CUSTOMER


def daily() -> None:
	"""Looks at the care of all customers: at a festival that has come near, a tier that has changed by a job."""
	run_each((greetings.roll, follow_all))


def catch_up() -> None:
	"""Every hour: plans customers that a policy is for and that have no touch, as after one was missed."""
	run_each((plan_missing,))


def follow_all() -> None:
	"""Brings the care of all customers up to date."""
	plan_anew(CUSTOMER)


def plan_missing() -> int:
	"""Plans the customers without a next touch that should always have one; returns how many have one now."""
	missing = frappe.qb.DocType(CUSTOMER).sf_next_touch_on.isnull()
	return plan_all(CUSTOMER, care_plans.wanted(always=True) & missing)
