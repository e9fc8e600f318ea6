"""Possible Duplicates: customers, prospects, leads and contacts by what they share (L3, P1). Nothing is merged here.

The database finds the values that more than one document has; what is left is small. The lead, the prospect and the
customer of one company are one; a group is shown where at least two of different companies are readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder.functions import Count
from pypika.terms import Criterion, LiteralValue, Term

from salesflow_std.salesflow_std import bulk

COMPANIES = ("Customer", "Prospect", "Lead")
DOCTYPES = (*COMPANIES, "Contact")
# More groups of one kind than that are no list to work through; the next ones come up as these go.
_MOST_GROUPS = 200


@dataclass(frozen=True)
class Kind:
	"""What documents may share: by doctype the fields that hold it, of the document or of a table of its."""

	name: str
	fields: dict[str, tuple[str, ...]]
	table: str | None = None


KINDS = (
	Kind(
		"Name",
		{"Customer": ("sf_company_key",), "Prospect": ("sf_company_key",), "Lead": ("sf_company_key",)},
	),
	Kind("Tax ID", {"Customer": ("tax_id",)}),
	Kind("Website", {"Customer": ("sf_domain",), "Prospect": ("sf_domain",)}),
	Kind("E-mail", {"Lead": ("email_id",)}),
	Kind("Phone", {"Lead": ("sf_phone_key", "sf_mobile_key")}),
	Kind("Name", {"Contact": ("sf_person_key",)}),
	Kind("E-mail", {"Contact": ("email_id",)}, table="Contact Email"),
	Kind("Phone", {"Contact": ("sf_phone_key",)}, table="Contact Phone"),
)
_SHOWN = {
	"Customer": ("customer_name", "account_manager"),
	"Prospect": ("company_name", "prospect_owner"),
	"Lead": ("title", "lead_owner"),
	"Contact": ("full_name", "owner"),
}


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], str]:
	"""Columns, one row for each document of each group, and how to merge two that are one."""
	filters = frappe._dict(filters or {})
	rows: list[dict] = []
	number, words = 0, _words()
	for kind in KINDS:
		if filters.document_type and filters.document_type not in kind.fields:
			continue
		if filters.same and filters.same != kind.name:
			continue
		for value, members in _groups(kind, filters.document_type):
			number += 1
			told = {"group": number, "same": _same(kind.name), "value": value}
			rows += [{**member, **told, "kind": words[member["doctype"]]} for member in members]
	return _columns(), rows, _how_to_merge()


def _how_to_merge() -> str:
	return _(
		"Nothing is merged by itself. To make two documents one, open the one that is to go and choose Rename in its menu: give the name of the other and tick Merge with existing."
	)


def _words() -> dict[str, str]:
	return {
		"Customer": _("Customer"),
		"Prospect": _("Prospect", context="Salesflow"),
		"Lead": _("Lead"),
		"Contact": _("Contact", context="Salesflow"),
	}


def _same(kind: str) -> str:
	return {
		"Name": _("Name", context="Possible Duplicates"),
		"Tax ID": _("Tax ID", context="Salesflow"),
		"Website": _("Website", context="Salesflow"),
		"E-mail": _("E-mail", context="Salesflow"),
		"Phone": _("Phone", context="Salesflow"),
	}[kind]


# Finding ---------------------------------------------------------------------------------------------------


def _groups(kind: Kind, only: str | None) -> Iterator[tuple[str, list[dict]]]:
	"""What documents of different companies share, with the documents, the largest groups first."""
	shared = _shared_values(kind)
	if not shared:
		return
	found: dict[str, dict[tuple[str, str], dict]] = {}
	for doctype in kind.fields:
		for value, row in _documents(kind, doctype, shared):
			found.setdefault(value.casefold(), {})[doctype, row["name"]] = row
	families = _families({key for members in found.values() for key in members}) if kind.table is None else {}
	for value in shared:
		members = found.get(value.casefold(), {})
		companies = {families.get(key, key) for key in members}
		if len(companies) > 1 and (not only or any(doctype == only for doctype, _name in members)):
			yield value, list(members.values())


def _shared_values(kind: Kind) -> list[str]:
	"""The values that stand on more than one document, the most frequent first."""
	counts: dict[str, int] = {}
	parts = [(doctype, field) for doctype, fields in kind.fields.items() for field in fields]
	if len(parts) == 1:
		((doctype, field),) = parts
		table = frappe.qb.DocType(kind.table or doctype)
		owner = table.parent if kind.table else table.name
		for value, count in (
			frappe.qb.from_(table)
			.select(table[field], Count(owner).distinct())
			.where(table[field].isnotnull() & (table[field] != "") & _counts(kind, doctype, table))
			.groupby(table[field])
			.having(Count(owner).distinct() > 1)
			.orderby(Count(owner).distinct(), order=frappe.qb.desc)
			.orderby(table[field])
			.limit(_MOST_GROUPS)
			.run()
		):
			counts[value] = count
		return list(counts)
	union = None
	for doctype, field in parts:
		table = frappe.qb.DocType(doctype)
		part = (
			frappe.qb.from_(table)
			.select(table[field].as_("value"), table.name.as_("document"))
			.where(table[field].isnotnull() & (table[field] != "") & _counts(kind, doctype, table))
		)
		union = part if union is None else union.union_all(part)
	union = union.as_("together")
	return (
		frappe.qb.from_(union)
		.select(union.value)
		.groupby(union.value)
		.having(Count(union.document).distinct() > 1)
		.orderby(Count(union.document).distinct(), order=frappe.qb.desc)
		.orderby(union.value)
		.limit(_MOST_GROUPS)
		.run(pluck=True)
	)


def _counts(kind: Kind, doctype: str, table: Term) -> Term:
	"""Which documents count: no invalid leads, which have been dealt with (L3)."""
	if kind.table:
		return table.parenttype == "Contact"
	if doctype == "Lead":
		return table.sf_invalid_reason.isnull() | (table.sf_invalid_reason == "")
	return table.name.isnotnull()


def _documents(kind: Kind, doctype: str, values: list[str]) -> Iterator[tuple[str, dict]]:
	"""The documents of a doctype with these values that the user may read."""
	if not frappe.has_permission(doctype, "read"):
		return
	match = build_match_conditions(doctype)
	title, owner = _SHOWN[doctype]
	for field in kind.fields[doctype]:
		table = frappe.qb.DocType(doctype)
		of = frappe.qb.DocType(kind.table) if kind.table else table
		query = frappe.qb.from_(table)
		if kind.table:
			query = query.join(of).on((of.parent == table.name) & (of.parenttype == doctype))
		query = (
			query.select(of[field].as_("value"), table.name, table[title], table[owner], table.creation)
			.distinct()
			.where(bulk.Among(of[field], values) & _counts(kind, doctype, of))
			.orderby(table.creation)
			.orderby(table.name)
		)
		if match:
			query = query.where(Criterion.all([LiteralValue(f"({match})")]))
		for value, name, shown, user, created in query.run():
			yield value, {"doctype": doctype, "name": name, "title": shown, "owner": user, "created": created}


# One company -----------------------------------------------------------------------------------------------


def _families(members: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
	"""Which documents are of one company, by a profile they share or by ERPNext's own links: member -> its family."""
	above: dict[tuple, tuple] = {}

	def top(of: tuple) -> tuple:
		while above.get(of, of) != of:
			of = above[of]
		return of

	def join(one: tuple, other: tuple) -> None:
		above[top(one)] = top(other)

	members = list(members)
	for doctype, fields in (
		("Customer", {"lead_name": "Lead", "prospect_name": "Prospect", "sf_profile": "Customer Profile"}),
		("Prospect", {"sf_profile": "Customer Profile"}),
		("Lead", {"customer": "Customer", "sf_profile": "Customer Profile"}),
	):
		names = sorted(name for of, name in members if of == doctype)
		if not names:
			continue
		table = frappe.qb.DocType(doctype)
		for name, *values in (
			frappe.qb.from_(table)
			.select(table.name, *(table[field] for field in fields))
			.where(bulk.Among(table.name, names))
			.run()
		):
			for of, value in zip(fields.values(), values, strict=True):
				if value:
					join((doctype, name), (of, value))
	leads = sorted(name for of, name in members if of == "Lead")
	if leads:
		row = frappe.qb.DocType("Prospect Lead")
		for lead, prospect in (
			frappe.qb.from_(row).select(row.lead, row.parent).where(bulk.Among(row.lead, leads)).run()
		):
			join(("Lead", lead), ("Prospect", prospect))
	return {member: top(member) for member in members}


def _columns() -> list[dict]:
	column = lambda label, name, kind, width, **more: {  # noqa: E731
		"label": label,
		"fieldname": name,
		"fieldtype": kind,
		"width": width,
		**more,
	}
	return [
		column(_("Group", context="Salesflow"), "group", "Int", 80),
		column(_("The Same", context="Salesflow"), "same", "Data", 110),
		column(_("Compared As", context="Salesflow"), "value", "Data", 200),
		column(_("Document Type", context="Salesflow"), "kind", "Data", 130),
		column(_("Document Type", context="Salesflow"), "doctype", "Data", 130, hidden=1),
		column(_("Document", context="Salesflow"), "name", "Dynamic Link", 220, options="doctype"),
		column(_("Title", context="Salesflow"), "title", "Data", 220),
		column(_("Belongs To", context="Salesflow"), "owner", "Link", 180, options="User"),
		column(_("Created On", context="Salesflow"), "created", "Datetime", 160),
	]
