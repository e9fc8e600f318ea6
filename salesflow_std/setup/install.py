"""What happens at install and at each migrate.

Frappe marks an app's patches as done without running them when it installs, so `after_install` makes the
patched end state by itself; migrate repeats only what must follow a new version of the app.
"""

from __future__ import annotations

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from salesflow_std.setup import permissions, shipped_defaults
from salesflow_std.setup.custom_fields import (
	CUSTOM_FIELDS,
	INDEXED_FIELDS,
	JOB_INDEXES,
	MODULE,
	OPEN_CHOICES,
	RELIED_ON,
	SHOWN_WHEN,
	chained,
)

_DEFAULT_MODELS = {
	"lead_scoring_model": "BNAU",
	"opportunity_scoring_model": "Opportunity S/A/B",
	"customer_scoring_model": "Account five factors",
}

_WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_WORKING_HOURS = (("09:00:00", "12:00:00"), ("13:00:00", "18:00:00"))

# Empty in documents that were there before the field was.
_NEW_KEYS = {"Customer": "sf_company_key", "Prospect": "sf_company_key", "Contact": "sf_person_key"}


def before_install() -> None:
	"""Makes Frappe see our modules.

	A process that started with a cache from before the app was fetched still has the old list of modules,
	and would install none of our doctypes.
	"""
	frappe.setup_module_map()


def after_install() -> None:
	"""Brings fields, indexes, shipped defaults and settings, and takes existing documents in."""
	_put_fields()
	shipped_defaults.load()
	permissions.put()
	_fill_settings()
	frappe.enqueue(
		"salesflow_std.jobs.take_in.run",
		queue="long",
		job_id="salesflow_std.take_in",
		deduplicate=True,
		enqueue_after_commit=True,
	)


def after_migrate() -> None:
	"""Follows a new version of the app; what an administrator tuned or deleted stays as it is."""
	_put_fields()
	shipped_defaults.load()
	permissions.put()
	_fill_new_settings()
	_fill_new_keys()
	_take_into_stages()


def _take_into_stages() -> None:
	"""Documents from before a version that brings stages are taken in in the background, once (M1)."""
	if not frappe.db.get_single_value("Salesflow Settings", "stages_taken_in"):
		frappe.enqueue(
			"salesflow_std.jobs.stage_backfill.run",
			queue="long",
			job_id="salesflow_std.stage_backfill",
			deduplicate=True,
			enqueue_after_commit=True,
		)


def _fill_new_keys() -> None:
	"""Documents from before a version that brings keys get theirs in the background, as new ones at their save."""
	if any(_has_null(doctype, field) for doctype, field in _NEW_KEYS.items()):
		frappe.enqueue(
			"salesflow_std.jobs.duplicate_keys.run",
			queue="long",
			job_id="salesflow_std.duplicate_keys",
			deduplicate=True,
			enqueue_after_commit=True,
		)


def _has_null(doctype: str, field: str) -> bool:
	table = frappe.qb.DocType(doctype)
	return bool(frappe.qb.from_(table).select(table.name).where(table[field].isnull()).limit(1).run())


def _put_fields() -> None:
	described = {doctype: chained(fields) for doctype, fields in CUSTOM_FIELDS.items()}
	create_custom_fields(described, ignore_validate=True, update=False)
	for doctype, fields in described.items():
		if _mend(doctype, fields):
			frappe.clear_cache(doctype=doctype)
			frappe.db.updatedb(doctype)
	for doctype, fieldname in INDEXED_FIELDS:
		_index(doctype, fieldname)
	for doctype, fieldname in OPEN_CHOICES:
		_open_choice(doctype, fieldname)
	for doctype, fieldname, condition in SHOWN_WHEN:
		_show_when(doctype, fieldname, condition)
	for doctype, fieldnames in JOB_INDEXES:
		frappe.db.add_index(doctype, list(fieldnames))


def _mend(doctype: str, fields: list[dict]) -> bool:
	"""Brings what the app relies on in its fields up to date; what an administrator changed else, stays."""
	mended = False
	for field in fields:
		wanted = {key: field.get(key) or (0 if key != "module" else None) for key in RELIED_ON}
		name = f"{doctype}-{field['fieldname']}"
		current = frappe.db.get_value("Custom Field", name, RELIED_ON, as_dict=True)
		if current and current != wanted:
			frappe.db.set_value("Custom Field", name, wanted)
			mended = True
	return mended


def _index(doctype: str, fieldname: str) -> None:
	field = frappe.get_meta(doctype).get_field(fieldname)
	if not field or field.search_index:  # ERPNext has come to index it itself, or somebody else has
		return
	setter = make_property_setter(
		doctype, fieldname, "search_index", 1, "Check", validate_fields_for_doctype=False
	)
	setter.db_set("module", MODULE)
	frappe.clear_cache(doctype=doctype)
	frappe.db.updatedb(doctype)


def _open_choice(doctype: str, fieldname: str) -> None:
	"""Lets a Select begin with nothing; whoever has chosen its options already, has chosen."""
	field = frappe.get_meta(doctype).get_field(fieldname)
	own = {"doc_type": doctype, "field_name": fieldname, "property": "options"}
	if (
		not field
		or not field.options
		or field.options.startswith("\n")
		or frappe.db.exists("Property Setter", own)
	):
		return
	options = "\n" + field.options
	setter = make_property_setter(
		doctype, fieldname, "options", options, "Text", validate_fields_for_doctype=False
	)
	setter.db_set("module", MODULE)
	frappe.clear_cache(doctype=doctype)


def _show_when(doctype: str, fieldname: str, condition: str) -> None:
	"""Shows a field of ERPNext under our condition; where somebody has set one already, that stays."""
	own = {"doc_type": doctype, "field_name": fieldname, "property": "depends_on"}
	if not frappe.get_meta(doctype).get_field(fieldname) or frappe.db.exists("Property Setter", own):
		return
	setter = make_property_setter(
		doctype, fieldname, "depends_on", condition, "Data", validate_fields_for_doctype=False
	)
	setter.db_set("module", MODULE)
	frappe.clear_cache(doctype=doctype)


def _fill_new_settings() -> None:
	"""Gives settings that a new version brings their defaults; Frappe does so at the first save only."""
	singles = frappe.qb.DocType("Singles")
	known = set(
		frappe.qb.from_(singles)
		.select(singles.field)
		.where(singles.doctype == "Salesflow Settings")
		.run(pluck=True)
	)
	for field in frappe.get_meta("Salesflow Settings").fields:
		if field.default and field.fieldname not in known:
			frappe.db.set_single_value("Salesflow Settings", field.fieldname, field.default)


def _fill_settings() -> None:
	settings = frappe.get_single("Salesflow Settings")
	for field, model in _DEFAULT_MODELS.items():
		if not settings.get(field) and frappe.db.exists("Scoring Model", model):
			settings.set(field, model)
	if not settings.working_hours:
		for day in _WORKDAYS:
			for start, end in _WORKING_HOURS:
				settings.append("working_hours", {"workday": day, "start_time": start, "end_time": end})
	settings.flags.ignore_mandatory = True
	settings.save(ignore_permissions=True)
