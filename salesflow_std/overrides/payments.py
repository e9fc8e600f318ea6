"""Sales Invoice, Payment Entry, Journal Entry: the money of handed over deals is watched (C4).

Nobody's books wait for a handover: what fails here is logged.
"""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import delivery_payments

_TITLE = "The payment of a handed over deal could not be noted"


def invoice_changed(doc: Document, method: str | None = None) -> None:
	"""After a Sales Invoice is submitted or cancelled."""
	safely(delivery_payments.invoice_changed, doc, log=_TITLE)


def payment_changed(doc: Document, method: str | None = None) -> None:
	"""After a Payment Entry is submitted, cancelled or allocated anew."""
	safely(delivery_payments.payment_changed, doc, log=_TITLE)


def journal_changed(doc: Document, method: str | None = None) -> None:
	"""After a Journal Entry is submitted, cancelled or allocated anew."""
	safely(delivery_payments.journal_changed, doc, log=_TITLE)


def unreconciled(doc: Document, method: str | None = None) -> None:
	"""After payments are taken off what they had paid."""
	safely(delivery_payments.unreconciled, doc, log=_TITLE)
