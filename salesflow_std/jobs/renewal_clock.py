"""The clock of renewals and referrals: asked for in good time, escalated once, and what came of referrals (A5).

STEPS are run one after the other; one that fails stops none of the others, and twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import frappe
from frappe.utils import cint, getdate, now_datetime
from pypika import CustomFunction, Table
from pypika.terms import Criterion

from salesflow_std.engine import renewal as rules
from salesflow_std.jobs import telling, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import referrals, renewal_mail, renewals, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

CHUNK = 500
# Contracts that ended long ago without a word, as on the day the app came, are nobody's news.
_SILENT_AFTER = timedelta(days=30)
_DAYS_BETWEEN = CustomFunction("datediff", ["later", "earlier"])
_READ = (
	"name",
	"owner",
	"party_name",
	"party_full_name",
	"end_date",
	"sf_company",
	"sf_allocated_to",
	"sf_amount",
	"sf_currency",
	"sf_renewal_due",
	"sf_renewal_asked_on",
	"sf_renewal_outcome",
	"sf_renewal_opportunity",
	"sf_renewal_note",
	"sf_renewal_reminded_on",
)


def run() -> None:
	"""Runs every hour."""
	run_each(STEPS)


# Renewals --------------------------------------------------------------------------------------------------


def set_dates() -> int:
	"""The day to ask on, for contracts from before the app and after the settings have changed; returns how many.

	A day that the customer has named stays.
	"""
	days, today, count = max(cint(settings().renewal_days), 0), getdate(), 0

	def wrong(table: Table) -> Criterion:
		other = table.sf_renewal_due.isnull() | (_DAYS_BETWEEN(table.end_date, table.sf_renewal_due) != days)
		return (
			(table.docstatus < 2)
			& table.end_date.isnotnull()
			& _is_one_of(table, "", rules.RENEWED, rules.NOT_RENEWED)
			& other
		)

	for rows in watching.chunks(lambda after: _read(wrong, after)):
		for row in rows:
			due = renewals.due(row.end_date)
			values: dict[str, object] = {"sf_renewal_due": due}
			if due and due > today:
				values |= {"sf_renewal_reminded_on": None, "sf_renewal_escalated_on": None}
			frappe.db.set_value(renewals.DOCTYPE, row.name, values, update_modified=False)
			count += 1
	return count


def ask() -> int:
	"""Tells whoever looks after a contract that it is time to ask, once; returns how many contracts."""
	today, now, count = getdate(), now_datetime().replace(microsecond=0), 0

	def due(table: Table) -> Criterion:
		return _signed(table) & (table.sf_renewal_due <= today) & table.sf_renewal_reminded_on.isnull()

	for rows in watching.chunks(lambda after: _read(due, after)):
		for row in rows:
			with watching.sparing("A renewal could not be asked for", renewals.DOCTYPE, row.name):
				if renewals.is_to_ask(row, today) and _mark(row, "sf_renewal_reminded_on", now):
					user = reps.on_duty(renewals.responsible(row), today)
					renewal_mail.to_ask(row, [user])
					count += 1
	return count


def escalate() -> int:
	"""Tells the manager of renewals that nobody has asked for while half the time has gone by, and of those asked for
	without an answer when the contract has ended; each once. Returns how many."""
	today, now, count = getdate(), now_datetime().replace(microsecond=0), 0

	def due(table: Table) -> Criterion:
		return _signed(table) & (table.sf_renewal_due <= today) & table.sf_renewal_escalated_on.isnull()

	for rows in watching.chunks(lambda after: _read(due, after)):
		for row in rows:
			with watching.sparing("A renewal could not be escalated", renewals.DOCTYPE, row.name):
				if is_late(row, today) and _mark(row, "sf_renewal_escalated_on", now):
					renewal_mail.late(row, reps.escalate_to(renewals.responsible(row)))
					count += 1
	return count


def is_late(row: frappe._dict, today: date) -> bool:
	"""Whether a renewal is for the manager to hear of."""
	end = getdate(row.end_date)
	if renewals.is_to_ask(row, today):
		return rules.late_on(getdate(row.sf_renewal_due), end) <= today
	unanswered = row.sf_renewal_asked_on and not row.sf_renewal_outcome and not row.sf_renewal_opportunity
	return bool(unanswered) and end < today <= end + _SILENT_AFTER


def _signed(table: Table) -> Criterion:
	return (table.docstatus == 1) & (table.is_signed == 1) & _is_one_of(table, "", rules.LATER)


def _is_one_of(table: Table, *outcomes: str) -> Criterion:
	"""Whether the outcome is one of these; "" is none."""
	condition = table.sf_renewal_outcome.isin(outcomes)
	return condition | table.sf_renewal_outcome.isnull() if "" in outcomes else condition


def _read(which: Callable[[Table], Criterion], after: str) -> list[frappe._dict]:
	table = frappe.qb.DocType(renewals.DOCTYPE)
	return (
		frappe.qb.from_(table)
		.select(*(table[field] for field in _READ))
		.where((table.party_type == "Customer") & (table.name > after) & which(table))
		.orderby(table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _mark(row: frappe._dict, field: str, now: object) -> bool:
	unchanged = {"sf_renewal_due": row.sf_renewal_due}
	return telling.mark_once(renewals.DOCTYPE, row.name, field, {field: now}, unchanged)


# Referrals -------------------------------------------------------------------------------------------------


def follow_referrals() -> int:
	"""What came of referred leads on paths that told nobody, as the order of a customer; returns how many have changed."""
	count = 0

	def read(after: str) -> list[frappe._dict]:
		return frappe.get_all(
			"Lead",
			filters={"sf_referred_by": ("is", "set"), "name": (">", after)},
			order_by="name",
			limit=CHUNK,
		)

	for rows in watching.chunks(read):
		with watching.sparing("Referrals could not be followed"):
			count += referrals.refresh([row.name for row in rows])
	return count


STEPS: tuple[Callable[[], object], ...] = (set_dates, ask, escalate, follow_referrals)
