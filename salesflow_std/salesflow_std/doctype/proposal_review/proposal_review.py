"""The internal review of one version of a solution proposal (S2). Only the app writes it."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import access, reviewers
from salesflow_std.salesflow_std.doctype.solution_proposal import solution_proposal


class ProposalReview(Document):
	def validate(self) -> None:
		if not self.flags.by_app:
			frappe.throw(
				_(
					"A review is written by the app alone: open it from the proposal, and give opinions on the page {0}."
				).format(f"<a href='/app/my-reviews'>{_('My Reviews')}</a>"),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def on_trash(self) -> None:
		# What was approved is the evidence that a quotation went out with.
		if self.status not in ("Open", "Recalled") and "System Manager" not in frappe.get_roles():
			frappe.throw(
				_("A review that has been decided is kept. A system manager may delete it."),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A review is seen with its proposal, and by who is asked."""
	proposals = solution_proposal.permission_query_conditions(user)
	return proposals and (
		"`tabProposal Review`.proposal in"
		f" (select `tabSolution Proposal`.name from `tabSolution Proposal` where {proposals})"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""A review is read with its proposal; opinions are written by `reviews` alone."""
	user = user or frappe.session.user
	if ptype in access.READING and reviewers.is_asked(doc.proposal, user):
		return True
	return bool(
		doc.proposal
		and frappe.db.exists("Solution Proposal", doc.proposal)
		and frappe.has_permission("Solution Proposal", "read", doc=doc.proposal, user=user)
	)


def opinion_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Opinions are seen with their review."""
	return access.of_rows("Review Opinion", {"Proposal Review": permission_query_conditions}, user)


def comment_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Comments are seen with their review."""
	return access.of_rows("Review Comment", {"Proposal Review": permission_query_conditions}, user)
