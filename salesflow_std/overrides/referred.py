"""Lead and Opportunity: a referral has its source known, and its referrer hears what came of it (A5)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import referrals, renewals


def lead_validate(doc: Document, method: str | None = None) -> None:
	"""After what only the app writes was put back: the source of a referral."""
	referrals.validate(doc)


def lead_on_change(doc: Document, method: str | None = None) -> None:
	"""A lead that somebody has referred was saved or got a status."""
	if doc.get("sf_referred_by"):
		safely(referrals.lead_changed, doc, log="A referral could not be followed")


def opportunity_on_change(doc: Document, method: str | None = None) -> None:
	"""An opportunity was saved or got a status: asked only where that is another one."""
	before = doc.get_doc_before_save()
	# Of several statuses in a row Frappe remembers the one before the first.
	if doc.status == (doc.flags.sf_status_told or (before and before.status)):
		return
	doc.flags.sf_status_told = doc.status
	if doc.opportunity_from == "Lead":
		safely(referrals.opportunity_changed, doc, log="A referral could not be followed")
	if doc.status == "Lost":
		safely(renewals.opportunity_lost, doc, log="A renewal could not be followed")
