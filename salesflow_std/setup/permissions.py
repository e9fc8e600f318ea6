"""Rights on ERPNext's doctypes that the standard's people need and ERPNext gives them not (C1, C2, M1).

A role gets them where it has none of its own on that doctype, once: what an administrator changes or takes away stays
so at every migrate. Frappe keeps changed rights as a whole set for a doctype; where there was none, ours begins as a copy
of the standard one, and at uninstall it goes again unless somebody has changed it meanwhile.
"""

from __future__ import annotations

import json

import frappe
from frappe.permissions import setup_custom_perms
from frappe.utils import cint
from frappe.utils.caching import request_cache

_KIND = "Custom DocPerm"
_LEDGER = "Shipped Default"

_READ = ("read", "select")
_REP = ("read", "select", "write", "create", "print", "email", "report", "share")
_LEGAL = ("read", "select", "write", "print", "report")

RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
	# ERPNext gives it to managers alone; submitting and cancelling stay theirs.
	"Contract": {"Sales User": _REP, "Sales Master Manager": _REP, "Legal Reviewer": _LEGAL},
	"Contract Template": {"Sales User": _READ, "Sales Master Manager": _READ, "Legal Reviewer": _READ},
	# ERPNext gives issues to the support team alone; of these, sales works on complaints (`complaint_access`).
	"Issue": {role: _REP for role in ("Sales User", "Sales Manager", "Sales Master Manager")},
	"Issue Type": {role: _READ for role in ("Sales User", "Sales Manager", "Sales Master Manager")},
	# ERPNext's form of an issue reads them, and complains to whoever may not.
	"Support Settings": {role: _READ for role in ("Sales User", "Sales Manager", "Sales Master Manager")},
	# A stage is a field of leads and opportunities, and names the rows of a sales process.
	"Sales Stage": {
		role: _READ
		for role in (
			"Sales User",
			"Sales Master Manager",
			"System Manager",
			"Product Reviewer",
			"Legal Reviewer",
		)
	},
}

_FLAGS = (
	"select",
	"read",
	"write",
	"create",
	"delete",
	"submit",
	"cancel",
	"amend",
	"report",
	"export",
	"import",
	"share",
	"print",
	"email",
)
_COMPARED = ("role", "permlevel", "if_owner", *_FLAGS)


def put() -> None:
	"""Gives the rights that were never given before. Running it twice changes nothing."""
	for doctype, of_role in RIGHTS.items():
		for role, rights in of_role.items():
			_put_one(doctype, role, rights)


def _put_one(doctype: str, role: str, rights: tuple[str, ...]) -> None:
	key = f"permissions/{doctype}/{role}"
	if frappe.db.exists(_LEDGER, key):
		return
	if not frappe.db.exists("Role", role) or _has_any(doctype, role):
		return
	begun = bool(setup_custom_perms(doctype))
	content = {
		"doctype": _KIND,
		"parent": doctype,
		"role": role,
		"permlevel": 0,
		"if_owner": 0,
		**{flag: int(flag in rights) for flag in _FLAGS},
	}
	row = frappe.get_doc({**content, "parenttype": "DocType", "parentfield": "permissions"})
	row.insert(ignore_permissions=True)
	frappe.get_doc(
		{
			"doctype": _LEDGER,
			"name": key,
			"kind": _KIND,
			"record": row.name,
			"status": "Untouched",
			"made_here": 1,
			# Whether the whole set began with this row.
			"content": json.dumps({**content, "begun": int(begun)}, sort_keys=True, indent=1),
		}
	).insert(ignore_permissions=True, set_name=key)
	frappe.clear_cache(doctype=doctype)


def is_given(doctype: str, role: str) -> bool:
	"""Whether a role has its rights on a doctype from the app."""
	return role in RIGHTS.get(doctype, {}) and f"permissions/{doctype}/{role}" in _entries(doctype)


@request_cache
def _entries(doctype: str) -> frozenset[str]:
	"""The ledger's entries of the rights on a doctype."""
	names = [f"permissions/{doctype}/{role}" for role in RIGHTS[doctype]]
	return frozenset(frappe.get_all(_LEDGER, filters={"name": ("in", names)}, pluck="name", order_by="name"))


def _has_any(doctype: str, role: str) -> bool:
	kind = _KIND if frappe.db.exists(_KIND, {"parent": doctype}) else "DocPerm"
	return bool(frappe.db.exists(kind, {"parent": doctype, "role": role, "permlevel": 0}))


def take_back() -> None:
	"""At uninstall, before the ledger goes: our rows, unless changed, and sets that say what the standard says."""
	if not frappe.db.table_exists(_LEDGER):
		return
	entries = frappe.get_all(_LEDGER, filters={"kind": _KIND}, fields=["record", "content"], order_by="name")
	begun = set()
	for entry in entries:
		content = json.loads(entry.content)
		if content["begun"]:
			begun.add(content["parent"])
		row = frappe.db.get_value(_KIND, entry.record, _COMPARED, as_dict=True)
		if row and _plain(row) == _plain(content):
			frappe.db.delete(_KIND, {"name": entry.record})
	for doctype in begun:
		if _set(_KIND, doctype) == _set("DocPerm", doctype):
			frappe.db.delete(_KIND, {"parent": doctype})
	for doctype in RIGHTS:
		frappe.clear_cache(doctype=doctype)


def _set(kind: str, doctype: str) -> list[tuple]:
	rows = frappe.get_all(kind, filters={"parent": doctype}, fields=list(_COMPARED), order_by="name")
	return sorted(_plain(row) for row in rows)


def _plain(row: dict) -> tuple:
	return (row["role"], *(cint(row.get(field)) for field in _COMPARED[1:]))
