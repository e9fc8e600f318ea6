"""Who may see what belongs to a document of ERPNext: those who may see that document, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe.desk.reportview import build_match_conditions
from frappe.model.document import Document

from salesflow_std.setup import permissions

# For these the right to read the other document is enough.
READING = ("read", "print", "email", "export", "report", "share", "select")


def readable(doctype: str, user: str) -> str | None:
	"""The names of a doctype that a user may read, as a condition on its table; "" for all, None for none."""
	if not frappe.has_permission(doctype, "read", user=user):
		return None
	return build_match_conditions(doctype, user=user) or ""


def sees_by_own_role(doctype: str, user: str) -> bool:
	"""Whether a user sees a doctype of ERPNext by a role that has its rights not from the app.

	Who has no role for it at all sees what is shared with them.
	"""
	if user == "Administrator":
		return True
	reading = {row.role for row in frappe.get_meta(doctype).permissions if row.read and not row.permlevel}
	roles = reading.intersection(frappe.get_roles(user))
	return not roles or any(not permissions.is_given(doctype, role) for role in roles)


def by_reference(
	doctype: str,
	subjects: Iterable[str],
	user: str | None = None,
	type_field: str = "reference_doctype",
	name_field: str = "reference_name",
	own_field: str | None = None,
) -> str:
	"""The condition on `doctype` that leaves what belongs to documents the user may read.

	What `own_field` says is the user's own is seen as well.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	table = f"`tab{doctype}`"
	conditions = [f"{table}.{own_field} = {frappe.db.escape(user)}"] if own_field else []
	for subject in subjects:
		match = readable(subject, user)
		if match is None:
			continue
		condition = f"{table}.{type_field} = {frappe.db.escape(subject)}"
		if match:
			condition += (
				f" and {table}.{name_field} in (select `tab{subject}`.name from `tab{subject}` where {match})"
			)
		conditions.append(f"({condition})")
	return f"({' or '.join(conditions)})" if conditions else "1=0"


def by_link(doctype: str, link_field: str, subjects: Iterable[str], user: str | None = None) -> str:
	"""The condition on `doctype` that leaves what readable documents of the subjects point at by a link."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	conditions = []
	for subject in subjects:
		match = readable(subject, user)
		if match is None:
			continue
		where = f"`tab{subject}`.{link_field} is not null" + (f" and ({match})" if match else "")
		conditions.append(
			f"`tab{doctype}`.name in (select `tab{subject}`.{link_field} from `tab{subject}` where {where})"
		)
	return f"({' or '.join(conditions)})" if conditions else "1=0"


def of_rows(child: str, parents: dict[str, Callable[[str | None], str]], user: str | None = None) -> str:
	"""The condition on a table's rows that leaves those of parents the user may read.

	Frappe asks for a list of rows only whether the user may read the parents' doctype at all.
	`parents` gives the condition of each parent doctype.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	conditions = []
	for parent, conditions_of in parents.items():
		own = conditions_of(user)
		where = (
			f" and `tab{child}`.parent in (select `tab{parent}`.name from `tab{parent}` where {own})"
			if own
			else ""
		)
		conditions.append(f"(`tab{child}`.parenttype = {frappe.db.escape(parent)}{where})")
	return f"({' or '.join(conditions)})"


def allows(doctype: str, name: str, ptype: str, user: str | None = None) -> bool:
	"""Whether a document's rights allow `ptype` on what belongs to it: reading needs read, all else write."""
	needed = "read" if ptype in READING else "write"
	return bool(frappe.has_permission(doctype, needed, doc=name, user=user or frappe.session.user))


def allows_by_reference(
	doc: Document,
	ptype: str,
	user: str | None,
	subjects: Iterable[str],
	type_field: str = "reference_doctype",
	name_field: str = "reference_name",
) -> bool:
	"""As `allows`, for the document that `doc` points at; without one `validate` says what is wrong."""
	doctype, name = doc.get(type_field), doc.get(name_field)
	if not name or doctype not in subjects:
		return True
	return allows(doctype, name, ptype, user)
