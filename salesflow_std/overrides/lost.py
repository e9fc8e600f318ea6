"""Opportunity and Quotation: nothing is lost without a reason (M1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.salesflow_std import lost_deals


def validate(doc: Document, method: str | None = None) -> None:
	"""Asks an opportunity that becomes lost, whoever saves it."""
	lost_deals.opportunity_saved(doc)


def before_change(doc: Document, method: str | None = None) -> None:
	"""Asks an opportunity whose status ERPNext sets past `validate`."""
	lost_deals.opportunity_set(doc)


def quotation_validate(doc: Document, method: str | None = None) -> None:
	"""Asks a quotation that becomes lost, as a draft or after it was submitted."""
	lost_deals.quotation_saved(doc)


def quotation_before_change(doc: Document, method: str | None = None) -> None:
	"""Hears of a quotation that is being declared lost."""
	lost_deals.quotation_set(doc)
