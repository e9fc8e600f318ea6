"""Leaves ERPNext as it was.

Frappe removes what belongs to our module: doctypes, custom fields, property setters, workspace, cards. The
rest is ours to take back: shipped records in ERPNext's own doctypes, indexes, the columns of our fields,
and scheduled jobs.
"""

from __future__ import annotations

import frappe
from frappe.model.rename_doc import get_link_fields

from salesflow_std.salesflow_std import target_rows
from salesflow_std.setup import permissions, shipped_defaults
from salesflow_std.setup.custom_fields import CUSTOM_FIELDS, INDEXED_FIELDS, JOB_INDEXES, MODULE

# They came with the doctypes that name them.
ROLES = ("Product Reviewer", "Legal Reviewer")


def before_uninstall() -> None:
	"""Takes back shipped records that nobody came to use, and our property setters."""
	permissions.take_back()
	# Our rows are known by our field, which goes below.
	target_rows.take_back()
	_drop_boards()
	drop_onboarding()
	_drop_roles()
	for doctype in (*(doctype for doctype, _ in INDEXED_FIELDS), *CUSTOM_FIELDS):
		frappe.db.delete("Property Setter", {"doc_type": doctype, "module": MODULE})
	for doctype in CUSTOM_FIELDS:
		frappe.db.delete("Custom Field", {"dt": doctype, "module": MODULE})
		frappe.clear_cache(doctype=doctype)
	# Last, when nothing of ours uses them any more.
	_drop_links()
	shipped_defaults.take_back()


def _drop_links() -> None:
	"""Our own records go with their doctypes; until then they would count as a use of what we shipped."""
	for kind in shipped_defaults.kinds_of_others():
		for link in get_link_fields(kind):
			if frappe.get_meta(link.parent).module != MODULE:
				continue
			if link.issingle:
				frappe.db.delete("Singles", {"doctype": link.parent, "field": link.fieldname})
			else:
				frappe.db.delete(link.parent)


def _drop_boards() -> None:
	"""Kanban boards of our doctypes and of our fields show nothing without them, whoever made them."""
	ours = frappe.get_all("DocType", filters={"module": MODULE}, pluck="name", order_by="name")
	boards = frappe.get_all(
		"Kanban Board", filters={"reference_doctype": ("in", ours)}, pluck="name", order_by="name"
	)
	for doctype, fields in CUSTOM_FIELDS.items():
		boards += frappe.get_all(
			"Kanban Board",
			filters={
				"reference_doctype": doctype,
				"field_name": ("in", [field["fieldname"] for field in fields]),
			},
			pluck="name",
			order_by="name",
		)
	for board in boards:
		frappe.delete_doc("Kanban Board", board, force=True, ignore_permissions=True)


def drop_onboarding() -> None:
	"""Steps of an onboarding belong to no module, so Frappe leaves them; one that another onboarding uses stays."""
	for name in frappe.get_all(
		"Module Onboarding", filters={"module": MODULE}, pluck="name", order_by="name"
	):
		steps = frappe.get_all(
			"Onboarding Step Map",
			filters={"parent": name, "parenttype": "Module Onboarding"},
			pluck="step",
			order_by="idx",
		)
		frappe.delete_doc("Module Onboarding", name, force=True, ignore_permissions=True)
		for step in steps:
			if not frappe.db.exists("Onboarding Step Map", {"step": step}):
				frappe.delete_doc("Onboarding Step", step, force=True, ignore_permissions=True)


def _drop_roles() -> None:
	"""The roles that came with our doctypes go with them, unless somebody has given them rights elsewhere."""
	for role in ROLES:
		if not frappe.db.exists("Role", role) or _is_used_elsewhere(role):
			continue
		frappe.db.delete("Has Role", {"role": role})
		frappe.delete_doc("Role", role, force=True, ignore_permissions=True)


def _is_used_elsewhere(role: str) -> bool:
	ours = frappe.get_all("DocType", filters={"module": MODULE}, pluck="name", order_by="name")
	return any(
		frappe.db.exists(doctype, {"role": role, "parent": ("not in", ours)})
		for doctype in ("DocPerm", "Custom DocPerm")
	)


def after_uninstall() -> None:
	"""Drops the columns of our fields and the indexes we asked for."""
	for doctype, fieldnames in JOB_INDEXES:
		if doctype in CUSTOM_FIELDS:
			# With our columns gone, an index would stay with the columns that are ERPNext's.
			index = frappe.db.get_index_name(list(fieldnames))
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP INDEX IF EXISTS `{index}`")
	for doctype, fields in CUSTOM_FIELDS.items():
		present = set(frappe.db.get_table_columns(doctype))
		columns = [f["fieldname"] for f in fields if f["fieldname"] in present]
		if columns:
			# Frappe keeps the columns of deleted custom fields; there is no builder for ALTER TABLE.
			frappe.db.sql_ddl(
				f"ALTER TABLE `tab{doctype}` " + ", ".join(f"DROP COLUMN `{column}`" for column in columns)
			)
	for doctype in {doctype for doctype, _ in INDEXED_FIELDS} | set(CUSTOM_FIELDS):
		frappe.clear_cache(doctype=doctype)
		frappe.db.updatedb(doctype)
	frappe.db.delete("Scheduled Job Type", {"method": ("like", "salesflow_std.%")})
	# The schema changes above have committed; the deletion of the job types belongs to the same step.
	frappe.db.commit()  # nosemgrep
