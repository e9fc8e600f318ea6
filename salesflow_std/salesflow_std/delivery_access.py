"""Who sees the handover of a deal: those who may read its opportunity, who takes over, and whose deal it is (C5).

Who takes over reads and acknowledges; writing needs the right to change the deal.
"""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import access, delivery_documents, delivery_people, reps

DOCTYPE = "Delivery Handover"


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	table = f"`tab{DOCTYPE}`"
	own = ", ".join(frappe.db.escape(name) for name in (user, *reps.stands_in_for(user, getdate())))
	found = [
		f"{table}.allocated_to = {frappe.db.escape(user)}",
		f"exists (select 1 from `tabHandover Receiver` hr where hr.parent = {table}.name and hr.user in ({own}))",
	]
	for subject, field, besides in (
		("Opportunity", "opportunity", ""),
		("Contract", "contract", f"ifnull({table}.opportunity, '') = ''"),
	):
		match = access.readable(subject, user)
		if match is None:
			continue
		parts = [besides or f"ifnull({table}.opportunity, '') != ''"]
		if match:
			parts.append(f"{table}.{field} in (select `tab{subject}`.name from `tab{subject}` where {match})")
		found.append(f"({' and '.join(parts)})")
	return f"({' or '.join(found)})"


def rows_conditions(child: str, user: str | None = None) -> str:
	"""The condition on the rows of a table: they are seen with their handover."""
	return access.of_rows(child, {DOCTYPE: conditions}, user)


def receiver_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their handover."""
	return rows_conditions("Handover Receiver", user)


def document_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their handover."""
	return rows_conditions("Handover Document", user)


def contact_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Rows are seen with their handover."""
	return rows_conditions("Handover Contact", user)


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a user may do `ptype` with a handover, their role allowing it."""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Frappe asks for the right to write once a request's values stand in the document: what is stored counts.
	stored = None
	if not doc.is_new():
		kept = ("allocated_to", "opportunity", "contract")
		stored = frappe.db.get_value(DOCTYPE, doc.name, kept, as_dict=True)
	if stored and stored.allocated_to == user:
		return True
	if stored and ptype in access.READING and delivery_people.rows_of(doc, user):
		return True
	contract = stored.contract if stored else doc.contract
	opportunity = stored.opportunity if stored else delivery_documents.opportunity_of(contract)
	if opportunity:
		return access.allows("Opportunity", opportunity, ptype, user)
	return not contract or access.allows("Contract", contract, ptype, user)
