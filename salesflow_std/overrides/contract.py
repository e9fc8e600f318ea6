"""Contract: the state of a deal's contract is the app's, and unapproved clauses are not signed (C1-C3).

Contracts with suppliers and employees, and those that belong to no deal, are ERPNext's alone.
"""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import contract_gate, contract_states, delivery_handovers, renewals


def validate(doc: Document, method: str | None = None) -> None:
	"""Keeps what only the app writes, and says when to ask for renewal (A5)."""
	contract_states.validate(doc)
	renewals.validate(doc)


def before_submit(doc: Document, method: str | None = None) -> None:
	"""Refuses clauses that legal has not approved; every way to submit leads here."""
	contract_gate.submit(doc)
	contract_states.submit(doc)


def before_update_after_submit(doc: Document, method: str | None = None) -> None:
	"""Notes signatures and the scan."""
	contract_states.update(doc)


def before_cancel(doc: Document, method: str | None = None) -> None:
	"""A cancelled contract is signed by nobody."""
	contract_states.cancel(doc)


def saved(doc: Document, method: str | None = None) -> None:
	"""After save, submit, update and cancel: the opportunity knows its contract, and a signed one is handed over (C5)."""
	contract_states.saved(doc)
	renewals.saved(doc)
	before = doc.get_doc_before_save()
	if doc.docstatus == 1 and doc.is_signed and not (before and before.docstatus == 1 and before.is_signed):
		# No signature waits for the handover; it can be made by its button.
		safely(delivery_handovers.contract_signed, doc.name, log="No handover of a signed contract")


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Takes the reviews along."""
	contract_states.forget(doc)
