"""The clock of the closing: contract after final intent, clause review, scan after the signatures (C1-C3).

Each reminds before it is due, then tells the manager, each once. STEPS are run one after the other; one that fails stops
none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime
from pypika import Table
from pypika.terms import Criterion
from rq.timeouts import JobTimeoutException

from salesflow_std.jobs import deadlines
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import (
	contract_mail,
	contract_reviewers,
	contract_reviews,
	contracts,
	reps,
)

CHUNK = 100


def tick() -> None:
	"""Runs at every tick of the scheduler; with nothing due each step is one query on an index. Twice is once."""
	run_each(STEPS)


# Contract and scan ----------------------------------------------------------------------------------------


def watch_contracts() -> int:
	"""Contracts to draft after final intent (C1)."""
	return deadlines.watch(_CONTRACT)


def watch_scans() -> int:
	"""Scans of signed contracts (C3)."""
	return deadlines.watch(_SCAN)


def _no_contract(opportunity: Table) -> Criterion:
	return (opportunity.sf_contract.isnull() | (opportunity.sf_contract == "")) & opportunity.status.notin(
		("Lost", "Closed")
	)


def _no_scan(contract: Table) -> Criterion:
	return (
		(contract.sf_state == contracts.SIGNED)
		& (contract.docstatus == 1)
		& (contract.sf_scan.isnull() | (contract.sf_scan == ""))
	)


def _contract_words() -> dict[str, str]:
	return {
		"soon": _("{0}: the customer will sign; the contract is to be drafted by {1}."),
		"late": _("{0}: the contract was to be drafted by {1}, {2} has not made it."),
		"subject": _("{0} contracts not drafted in time"),
		"intro": _("The customer will sign, and no contract was drafted in time. Each is told once."),
	}


def _scan_words() -> dict[str, str]:
	return {
		"soon": _("{0}: the scan of the signed contract is to be attached by {1}."),
		"late": _("{0}: the scan of the signed contract was due by {1}, {2} has not attached it."),
		"subject": _("{0} scans of signed contracts are missing"),
		"intro": _("These contracts are signed, and no scan was attached in time. Each is told once."),
	}


_CONTRACT = deadlines.Deadline(
	doctype="Opportunity",
	due="sf_contract_due",
	reminded="sf_contract_reminded_on",
	escalated="sf_contract_escalated_on",
	rep="opportunity_owner",
	company="company",
	called="customer_name",
	waiting=_no_contract,
	words=_contract_words,
)
_SCAN = deadlines.Deadline(
	doctype="Contract",
	due="sf_scan_due",
	reminded="sf_reminded_on",
	escalated="sf_escalated_on",
	rep="sf_allocated_to",
	company="sf_company",
	called="party_full_name",
	waiting=_no_scan,
	words=_scan_words,
)


# Clause reviews -------------------------------------------------------------------------------------------


def watch_reviews() -> int:
	"""Clause reviews that wait for legal (C2); returns how many people it has told something."""
	after, count = "", 0
	while True:
		names = frappe.get_all(
			contract_reviews.DOCTYPE,
			filters={"status": contract_reviews.OPEN, "name": (">", after)},
			pluck="name",
			order_by="name",
			limit=CHUNK,
		)
		if not names:
			return count
		for name in names:
			count += _one_review(name)
			# A review is whole in itself, and its lock is not held while others are looked at.
			frappe.db.commit()  # nosemgrep
		after = names[-1]


def _one_review(name: str) -> int:
	"""The steps of one review; one that fails is logged and left for the next tick."""
	count, now = 0, now_datetime().replace(microsecond=0)
	for step in (_relieve, _remind, _escalate):
		frappe.db.savepoint("contract_review")
		try:
			count += step(name, now)
		except JobTimeoutException:
			raise
		except Exception:
			frappe.db.rollback(save_point="contract_review")
			frappe.log_error(
				title="A clause review could not be watched",
				reference_doctype=contract_reviews.DOCTYPE,
				reference_name=name,
			)
	return count


def _relieve(name: str, now: datetime) -> int:
	"""Asks the stand-in where the reviewer is away or has left."""
	review, contract = contract_reviews.locked(name)
	if review.status != contract_reviews.OPEN:
		return 0
	instead = contract_reviews.stand_in(review, contract)
	if not instead or instead == review.reviewer:
		return 0
	contract_reviews.put_on(review, contract, instead)
	return 1


def _remind(name: str, now: datetime) -> int:
	review, contract = contract_reviews.locked(name)
	due = get_datetime(review.due_on)
	if review.status != contract_reviews.OPEN or review.reminded_on or due <= now:
		return 0
	if not deadlines.is_near(due, review.company, now):
		return 0
	review.reminded_on = now
	contract_reviews.save(review)
	contract_mail.reminded(review, contract)
	return 1


def _escalate(name: str, now: datetime) -> int:
	review, contract = contract_reviews.locked(name)
	if review.status != contract_reviews.OPEN or review.escalated_on or get_datetime(review.due_on) > now:
		return 0
	managers = _managers(review, contract)
	review.update({"escalated_on": now, "escalated_to": managers[0] if managers else None})
	contract_reviews.save(review)
	told = dict.fromkeys((*managers, *contract_mail.readers([review.asked_by], contract)))
	contract_mail.escalated(review, contract, list(told))
	return len(told)


def _managers(review: frappe.model.document.Document, contract: frappe.model.document.Document) -> list[str]:
	"""Whom a rule names, else the manager of who is late, else of who asked; only who may read the contract."""
	named = [rule.escalate_to for rule in contract_reviewers.rules(contract) if rule.escalate_to]
	for users in (named, [reps.manager_of(review.reviewer)], reps.escalate_to(review.asked_by)):
		if found := contract_mail.readers([user for user in users if user != review.reviewer], contract):
			return found
	return []


STEPS: tuple[Callable[[], object], ...] = (watch_contracts, watch_reviews, watch_scans)
