"""What every document in stages has in common: nobody moves it past its gates, whatever path is taken (M1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import stage_handing_on, stages, transitions


def before_validate(doc: Document, method: str | None = None) -> None:
	"""Keeps what was asked for, before ERPNext fills empty fields from another document."""
	stages.remember(doc)


def validate(doc: Document, method: str | None = None) -> None:
	"""Form, bulk edit, kanban, import, REST and RPC: asks the gates."""
	stages.ask(doc)


def on_update(doc: Document, method: str | None = None) -> None:
	"""Logs the move."""
	stages.after_save(doc)


def before_change(doc: Document, method: str | None = None) -> None:
	"""ERPNext writes statuses past `validate`: asks the gates all the same."""
	stages.ask_status(doc)


def on_change(doc: Document, method: str | None = None) -> None:
	"""Writes and logs the move that came with a status."""
	stages.after_status(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
	"""The log of a deleted document goes with it."""
	transitions.deleted(doc.doctype, doc.name)


def customer_validate(doc: Document, method: str | None = None) -> None:
	"""A customer made of a lead: asks the lead's gates."""
	stage_handing_on.ask_customer(doc)


def customer_on_update(doc: Document, method: str | None = None) -> None:
	"""Logs the lead's move."""
	stage_handing_on.customer_saved(doc)
