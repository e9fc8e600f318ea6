"""Who sees a satisfaction survey: those who may read its customer or its project, and whose customer it is (A3).

Reading is all they may do with it: sending, recording and correcting needs the right to change the customer.
"""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import access

DOCTYPE = "Satisfaction Survey"


def conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The condition on the list."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	table = f"`tab{DOCTYPE}`"
	found = [f"{table}.allocated_to = {frappe.db.escape(user)}"]
	for subject, field in (("Customer", "customer"), ("Project", "project")):
		match = access.readable(subject, user)
		if match is None:
			continue
		if match:
			found.append(f"{table}.{field} in (select `tab{subject}`.name from `tab{subject}` where {match})")
		else:
			found.append(f"ifnull({table}.{field}, '') != ''")
	return f"({' or '.join(found)})"


def answer_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their survey."""
	return access.of_rows("Survey Answer", {DOCTYPE: conditions}, user)


def allows(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whether a user may do `ptype` with a survey, their role allowing it."""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	# Frappe asks for the right to write once a request's values stand in the document: what is stored counts.
	kept = ("allocated_to", "customer", "project")
	stored = None if doc.is_new() else frappe.db.get_value(DOCTYPE, doc.name, kept, as_dict=True)
	stored = stored or doc
	if stored.allocated_to == user:
		return True
	if stored.customer and access.allows("Customer", stored.customer, ptype, user):
		return True
	return bool(
		ptype in access.READING and stored.project and access.allows("Project", stored.project, ptype, user)
	)
