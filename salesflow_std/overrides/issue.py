"""Issue: a complaint has somebody responsible and a deadline, and is closed with the customer's word (A4).

Other issues are ERPNext's alone.
"""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import complaint_gate


def before_insert(doc: Document, method: str | None = None) -> None:
	"""What was split from a complaint begins anew."""
	complaint_gate.inserted(doc)


def validate(doc: Document, method: str | None = None) -> None:
	"""Every way that saves leads here."""
	complaint_gate.saved(doc)


def before_change(doc: Document, method: str | None = None) -> None:
	"""Before fields are set past `validate`."""
	complaint_gate.set_past_saving(doc)


def on_change(doc: Document, method: str | None = None) -> None:
	"""After either: nobody waits for the notices."""
	if doc.flags.sf_told:
		safely(complaint_gate.tell, doc, log="People could not be told of a complaint")


def on_trash(doc: Document, method: str | None = None) -> None:
	"""Before it is deleted."""
	complaint_gate.deleted(doc)
