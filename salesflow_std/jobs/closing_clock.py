"""The clock of the closing: contract after final intent, clause review, scan after the signatures (C1-C3).

Each reminds before it is due, then tells the manager, each once. STEPS are run one after the other; one that fails stops
none of the others.
"""

from __future__ import annotations

from collections.abc import Callable

from frappe import _
from pypika import Table
from pypika.terms import Criterion

from salesflow_std.jobs import deadlines, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import contract_deadlines, contract_reviews, contracts


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
	steps = (contract_deadlines.relieve, contract_deadlines.remind, contract_deadlines.escalate)
	return watching.watch(
		contract_reviews.DOCTYPE, (contract_reviews.OPEN,), steps, "A clause review could not be watched"
	)


STEPS: tuple[Callable[[], object], ...] = (watch_contracts, watch_reviews, watch_scans)
