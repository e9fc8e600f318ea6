"""Sales Order: no order without a signed contract (C3); the first one makes the customer's stage final (M1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import (
	customer_stage,
	delivery_documents,
	delivery_payments,
	loss_analyses,
	order_gate,
)


def validate(doc: Document, method: str | None = None) -> None:
	"""Keeps what only the gate writes."""
	order_gate.keep_state(doc)


def before_submit(doc: Document, method: str | None = None) -> None:
	"""Refuses an order without a signed contract; every way to submit leads here."""
	order_gate.submit(doc)


def before_update_after_submit(doc: Document, method: str | None = None) -> None:
	"""Refuses to raise a submitted order above what needs no contract."""
	order_gate.update(doc)


def on_submit(doc: Document, method: str | None = None) -> None:
	"""The customer is served now, the handover of the deal knows its order, and who had fallen silent is won back."""
	customer_stage.ordered(doc)
	delivery_documents.order_changed(doc)
	safely(loss_analyses.ordered, doc.customer, log="A loss analysis could not be settled")


def on_cancel(doc: Document, method: str | None = None) -> None:
	"""Takes all of that back."""
	customer_stage.cancelled(doc)
	delivery_documents.order_changed(doc)
	delivery_payments.order_cancelled(doc)
	safely(loss_analyses.order_cancelled, doc.customer, log="A loss analysis could not be settled")
