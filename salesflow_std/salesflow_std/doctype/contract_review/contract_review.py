"""Legal's review of the clauses of a contract (C2). Only the app writes it."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.salesflow_std import access


class ContractReview(Document):
	def validate(self) -> None:
		if not self.flags.by_app:
			frappe.throw(
				_(
					"A clause review is written by the app alone: ask for it on the contract, and decide it on its form."
				),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def on_trash(self) -> None:
		# What was approved is the evidence that a contract was signed with.
		if self.status == "Approved" and "System Manager" not in frappe.get_roles():
			frappe.throw(
				_("Approved clauses are kept. A system manager may delete the review."),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A review is seen with its contract, and by who is asked."""
	user = user or frappe.session.user
	match = access.readable("Contract", user)
	if user == "Administrator" or match == "":
		return ""
	asked = f"`tabContract Review`.reviewer = {frappe.db.escape(user)}"
	if match is None:
		return asked
	return (
		f"({asked} or `tabContract Review`.contract in"
		f" (select `tabContract`.name from `tabContract` where {match}))"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""A review is read with its contract, and by who is asked; what is written is written by `contract_reviews`."""
	user = user or frappe.session.user
	if ptype in access.READING and doc.reviewer == user and _is_asked(doc, user):
		return True
	return bool(
		doc.contract
		and frappe.db.exists("Contract", doc.contract)
		and frappe.has_permission("Contract", "read", doc=doc.contract, user=user)
	)


def _is_asked(doc: Document, user: str) -> bool:
	"""By what is stored: a print is made of what a request says, and tells what the contract says that it names."""
	asked = {"name": doc.name, "contract": doc.contract, "reviewer": user}
	return bool(frappe.db.exists("Contract Review", asked))


def clause_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Findings are seen with their review."""
	return access.of_rows("Contract Review Clause", {"Contract Review": permission_query_conditions}, user)
