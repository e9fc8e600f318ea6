"""A needs talk: plan, SPIN answers, needs, summary, and what the customer said to it (N1-N4)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import add_to_date

from salesflow_std.salesflow_std import access, profiles
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

SUBJECTS = profiles.SUBJECTS


class NeedsRecord(Document):
	def validate(self) -> None:
		party = profiles.party_of(self.reference_doctype, self.reference_name)
		self.title = profiles.company_name(*party) if party else self.reference_name
		if self.talked_on:
			if self.status == "Planned":
				self.status = "Talked"
			if not self.summary_due_on:
				self.summary_due_on = add_to_date(self.talked_on, hours=settings().summary_hours)
		for row in self.needs:
			row.need_key = row.need_key or frappe.generate_hash(length=10)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A needs record is seen by those who see its document."""
	return access.by_reference("Needs Record", SUBJECTS, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a needs record needs the right to read its document; all else, to change it."""
	return access.allows_by_reference(doc, ptype, user, SUBJECTS)


def need_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Needs are seen with their record."""
	return access.of_rows("Customer Need", {"Needs Record": permission_query_conditions}, user)


def answer_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their record."""
	return access.of_rows("Needs Answer", {"Needs Record": permission_query_conditions}, user)
