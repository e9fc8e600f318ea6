"""A solution proposal: situation, solution, value, the answers to the needs, prices and terms, in versions (S1-S3)."""

from __future__ import annotations

from frappe.model.document import Document
from frappe.model.naming import make_autoname

from salesflow_std.salesflow_std import access, profiles, reviewers

SUBJECTS = profiles.SUBJECTS


class SolutionProposal(Document):
	def autoname(self) -> None:
		self.name = self.flags.by_new_version or make_autoname("PROPOSAL-.YYYY.-.#####", self.doctype)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A proposal is seen by those who see its document, and by who is asked for an opinion on it (S2)."""
	of_document = access.by_reference("Solution Proposal", SUBJECTS, user)
	return (
		of_document and f"({of_document} or {reviewers.asked_condition('Solution Proposal', 'name', user)})"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document or to be asked about it; all else, to change the document."""
	if access.allows_by_reference(doc, ptype, user, SUBJECTS):
		return True
	return ptype in access.READING and reviewers.is_asked(doc.name, user)


def answer_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their proposal."""
	return access.of_rows("Proposal Answer", {"Solution Proposal": permission_query_conditions}, user)


def item_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Items are seen with their proposal."""
	return access.of_rows("Proposal Item", {"Solution Proposal": permission_query_conditions}, user)


def correction_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Corrections are seen with their proposal."""
	return access.of_rows("Proposal Correction", {"Solution Proposal": permission_query_conditions}, user)
