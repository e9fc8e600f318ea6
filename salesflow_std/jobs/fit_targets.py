"""Compares all leads, prospects and customers with the target customer profiles, in the background (L4).

The engine compares every distinct set of facts once and the outcome goes to all documents that share it, by
chunks of names. A chunk is a transaction that writes only what differs: killed in the middle and started again,
the job ends as if it had never stopped; run twice, the second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import frappe
from frappe.utils import now_datetime

from salesflow_std.engine import fit as rules
from salesflow_std.salesflow_std import fit, profiles

CHUNK = 2000
_TRIES = 5


def run() -> None:
	"""Compares until the documents agree with the targets as they are saved now.

	`refit_pending` counts what was asked for: a change while the job runs raises it, and the job goes round
	once more.
	"""
	# Locks the documents it changes and not the gaps between them, into which others write.
	frappe.db.commit()  # nosemgrep - the level counts from the next transaction on
	frappe.db.sql("set session transaction isolation level read committed")
	try:
		_run()
	finally:
		frappe.db.sql("set session transaction isolation level repeatable read")


def _run() -> None:
	while True:
		frappe.db.commit()  # nosemgrep - sees what was committed up to now
		asked = _pending()
		fit.forget()
		compare_all()
		# Locked while it is compared, so that a request at the last moment is not taken for done.
		if _pending(lock=True) == asked:
			break
		frappe.db.commit()  # nosemgrep - ends the lock before the next round
	table = frappe.qb.DocType("Target Customer Profile")
	frappe.qb.update(table).set(table.refit_pending, 0).set(table.refitted_on, now_datetime()).run()
	frappe.db.commit()  # nosemgrep - the job's last word: from here on no restart is needed
	frappe.clear_document_cache("Target Customer Profile")


def _pending(lock: bool = False) -> dict[str, int]:
	table = frappe.qb.DocType("Target Customer Profile")
	query = frappe.qb.from_(table).select(table.name, table.refit_pending)
	return dict((query.for_update() if lock else query).run())


def restart() -> None:
	"""Puts a comparison on the queue whose worker was killed; one on the queue or running is left alone."""
	if frappe.db.exists("Target Customer Profile", {"refit_pending": (">", 0)}):
		fit.queue()


def daily() -> None:
	"""Compares once a day whatever has happened past the hooks: new exchange rates, imports, scripts."""
	if fit.targets() or any(
		frappe.db.exists(doctype, {"sf_target_profile": ("is", "set")}) for doctype in profiles.PARTIES
	):
		run()


def compare_all() -> int:
	"""Compares all documents with the targets; returns how many have changed."""
	among = fit.targets()
	known: dict[tuple, dict[str, object]] = {}
	changed = 0
	for doctype in profiles.PARTIES:
		if here := _compare(doctype, among, known):
			frappe.clear_document_cache(doctype)
			changed += here
	return changed


def _compare(doctype: str, among: tuple[rules.Target, ...], known: dict) -> int:
	changed, after = 0, ""
	while True:
		rows = _rows(doctype, frappe.qb.DocType(doctype).name > after)
		if not rows:
			return changed
		different = [name for name, state in _states(doctype, rows, among, known) if state]
		if different:
			changed += _in_transaction(doctype, different, among, known)
		# The next chunk sees what was written meanwhile.
		frappe.db.commit()  # nosemgrep
		after = rows[-1].name


def _rows(doctype: str, which: object, lock: bool = False) -> list[frappe._dict]:
	table = frappe.qb.DocType(doctype)
	query = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in fit.fields_of(doctype)))
		.where(which)
		.orderby(table.name)
		.limit(CHUNK)
	)
	return (query.for_update() if lock else query).run(as_dict=True)


def _states(
	doctype: str, rows: list[frappe._dict], among: tuple[rules.Target, ...], known: dict
) -> list[tuple[str, Mapping[str, Any] | None]]:
	"""For each row its new state, None where it is the old one."""
	shared = fit.shared_facts(row.sf_profile for row in rows)
	fields = tuple(fit.FIELDS[doctype].values())
	found = []
	for row in rows:
		of_row, given = shared.get(row.sf_profile), fit.given_of(row)
		facts = (doctype, *(row[field] for field in fields), of_row, given)
		state = known.get(facts)
		if state is None:
			state = known[facts] = fit.state_of(fit.facts_of(doctype, row, of_row), among, given)
		found.append((row.name, state if fit.differs(row, state) else None))
	return found


def _in_transaction(doctype: str, names: list[str], among: tuple[rules.Target, ...], known: dict) -> int:
	for attempt in range(1, _TRIES + 1):
		try:
			return _write(doctype, names, among, known)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			# Somebody else was at one of these documents.
			frappe.db.rollback()
			if attempt == _TRIES:
				raise
	return 0


def _write(doctype: str, names: list[str], among: tuple[rules.Target, ...], known: dict) -> int:
	"""Reads the documents once more, now locked: somebody may have saved one of them a moment ago."""
	table = frappe.qb.DocType(doctype)
	rows = _rows(doctype, table.name.isin(names), lock=True)
	outcomes: dict[tuple, list[str]] = {}
	for name, state in _states(doctype, rows, among, known):
		if state:
			outcomes.setdefault((state["sf_target_profile"], state["sf_fit"]), []).append(name)
	for (target, percent), alike in outcomes.items():
		(
			frappe.qb.update(table)
			.set(table.sf_target_profile, target)
			.set(table.sf_fit, percent)
			.where(table.name.isin(alike))
			.run()
		)
	frappe.db.commit()  # nosemgrep - a chunk is whole in itself; its locks go before the next one
	return sum(map(len, outcomes.values()))
