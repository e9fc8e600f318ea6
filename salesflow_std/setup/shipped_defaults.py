"""Shipped defaults: records that come with the app and belong to the administrator.

They live in `fixtures/<kind>/*.json` (sub-folders, because Frappe force-imports every file at the top level
of `fixtures/` at each migrate). A ledger, the doctype Shipped Default, remembers what was shipped. So

- a record nobody touched follows a new version of the app,
- a tuned one stays, and the new default is offered beside it,
- a deleted one stays deleted.
"""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import frappe
from frappe import _
from frappe.model import table_fields
from frappe.utils import cint, cstr, flt

FIXTURES = Path(__file__).parent.parent / "fixtures"

UNTOUCHED, TUNED, OFFERED, DELETED = "Untouched", "Tuned", "New Default Available", "Deleted"

# Kinds that point at records of the others come after them.
_LAST = ("sales_process",)
_NUMBERS = {"Float", "Currency", "Percent", "Int", "Check"}


def load(folder: Path = FIXTURES) -> None:
	"""Brings shipped records up to date. Running it twice changes nothing; a broken file stops only itself."""
	for path in sorted(folder.glob("*/*.json"), key=lambda path: (path.parent.name in _LAST, path)):
		key = f"{path.parent.name}/{path.stem}"
		frappe.db.savepoint("shipped_default")
		try:
			_load_one(key, json.loads(path.read_text(encoding="utf-8")))
		except Exception:
			frappe.db.rollback(save_point="shipped_default")
			frappe.log_error(title=f"Shipped default {key} could not be loaded")


def _load_one(key: str, content: dict) -> None:
	kind = content["doctype"]
	if not frappe.db.exists("DocType", kind):  # ERPNext 16 has no Lead Source any more
		return
	content = _as_named_here(content)
	record = record_name(content)
	entry = frappe.get_doc("Shipped Default", key) if frappe.db.exists("Shipped Default", key) else None
	present = frappe.db.exists(kind, entry.record if entry else record)
	if entry is None:
		if not present:
			_insert(content)
		# A record of that name that was there before us belongs to whoever made it.
		status = TUNED if present and not _same(kind, record, content) else UNTOUCHED
		_remember(key, kind, record, content, status, made_here=not present)
		return
	if not present:
		entry.db_set("status", DELETED)
		return
	shipped = json.loads(entry.content)
	if fingerprint(content) == entry.fingerprint:
		entry.db_set("status", UNTOUCHED if _same(kind, entry.record, shipped) else TUNED)
	elif _same(kind, entry.record, shipped) or _same(kind, entry.record, content):
		_write(kind, entry.record, content)
		_shipped(entry, content)
	elif fingerprint(content) != entry.offered_fingerprint:
		entry.offered_fingerprint = fingerprint(content)
		entry.offered_content = _as_json(content)
		entry.status = OFFERED
		entry.save(ignore_permissions=True)


def _as_named_here(content: dict) -> dict:
	"""With links to ERPNext's own records by the names they have here, those in tables as well.

	ERPNext's setup wizard names records such as sales stages in the language of the site.
	"""
	language = frappe.db.get_single_value("System Settings", "language") or "en"
	return _named_in(language, content, content["doctype"])


def _named_in(language: str, values: dict, doctype: str) -> dict:
	named = dict(values)
	for field in frappe.get_meta(doctype).fields:
		value = values.get(field.fieldname)
		if not value:
			continue
		if field.fieldtype in table_fields:
			named[field.fieldname] = [_named_in(language, row, field.options) for row in value]
		elif field.fieldtype == "Link" and not frappe.db.exists(field.options, value):
			translated = _(value, language)
			if frappe.db.exists(field.options, translated):
				named[field.fieldname] = translated
	return named


def record_name(content: dict) -> str:
	"""The name of a shipped record, by its doctype's naming field."""
	return content[_naming_field(content["doctype"]) or "name"]


def fingerprint(content: dict) -> str:
	"""A text that changes when the content does."""
	return hashlib.sha256(_as_json(content).encode()).hexdigest()[:32]


def _as_json(content: dict) -> str:
	return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)


def _insert(content: dict) -> None:
	# A document takes over the lists it is given and changes them.
	doc = frappe.get_doc(copy.deepcopy(content))
	doc.flags.ignore_links = doc.flags.shipped = True
	# A series would number it anew on every site.
	doc.insert(ignore_permissions=True, set_name=content.get("name"))


def _write(kind: str, record: str, content: dict) -> None:
	doc = frappe.get_doc(kind, record)
	doc.update(_values(content))
	doc.flags.shipped = True
	doc.save(ignore_permissions=True)


def _remember(key: str, kind: str, record: str, content: dict, status: str, made_here: bool) -> None:
	frappe.get_doc(
		{
			"doctype": "Shipped Default",
			"name": key,
			"kind": kind,
			"record": record,
			"status": status,
			"made_here": int(made_here),
			"fingerprint": fingerprint(content),
			"content": _as_json(content),
		}
	).insert(ignore_permissions=True, set_name=key)


def _shipped(entry: frappe.model.document.Document, content: dict) -> None:
	entry.update(
		{
			"fingerprint": fingerprint(content),
			"content": _as_json(content),
			"offered_fingerprint": None,
			"offered_content": None,
			"status": UNTOUCHED,
		}
	)
	entry.save(ignore_permissions=True)


def _same(kind: str, record: str, content: dict) -> bool:
	"""Whether the record still says what was shipped, looking at the shipped fields only."""
	return not differences(frappe.get_doc(kind, record), content)


def differences(doc: frappe.model.document.Document, content: dict) -> list[dict]:
	"""Where a record and a shipped content differ: `[{"field", "label", "yours", "shipped"}]`.

	Rows of a table are compared in order; a row only one side has is given whole.
	"""
	found = []
	for fieldname, shipped in _values(content).items():
		field = doc.meta.get_field(fieldname)
		if not field:
			continue
		if not isinstance(shipped, list):
			if _plain(doc.get(fieldname), field) != _plain(shipped, field):
				found.append(_difference(_(field.label, context=doc.doctype), doc.get(fieldname), shipped))
			continue
		rows = doc.get(fieldname) or []
		meta = frappe.get_meta(field.options)
		for i in range(max(len(rows), len(shipped))):
			place = f"{_(field.label, context=doc.doctype)} {i + 1}"
			if i >= len(rows):
				found.append(_difference(place, None, _row_text(shipped[i], meta)))
			elif i >= len(shipped):
				found.append(_difference(place, _row_text(rows[i].as_dict(), meta), None))
			else:
				for column, value in shipped[i].items():
					df = meta.get_field(column)
					if df and _plain(rows[i].get(column), df) != _plain(value, df):
						found.append(
							_difference(
								f"{place}: {_(df.label, context=df.parent)}", rows[i].get(column), value
							)
						)
	return found


def _difference(label: str, yours: object, shipped: object) -> dict:
	return {"label": label, "yours": yours, "shipped": shipped}


def _row_text(row: dict, meta: frappe.model.meta.Meta) -> str:
	return ", ".join(
		f"{_(df.label, context=df.parent)}: {row[df.fieldname]}"
		for df in meta.fields
		if row.get(df.fieldname)
	)


def _plain(value: object, field: frappe.model.meta.DocField) -> object:
	if field.fieldtype == "Check":
		return cint(value)
	return flt(value, 6) if field.fieldtype in _NUMBERS else cstr(value).strip()


def offer(kind: str, record: str) -> dict | None:
	"""The newer default waiting for a tuned record: `{"name", "differences"}`; None when there is none."""
	entry = frappe.db.get_value(
		"Shipped Default",
		{"kind": kind, "record": record, "status": OFFERED},
		["name", "offered_content"],
		as_dict=True,
	)
	if not entry:
		return None
	doc = frappe.get_doc(kind, record)
	return {"name": entry.name, "differences": differences(doc, json.loads(entry.offered_content))}


def take(entry_name: str) -> None:
	"""Writes the offered default over the tuned record."""
	entry = frappe.get_doc("Shipped Default", entry_name)
	if entry.status != OFFERED:
		frappe.throw(_("No new default is waiting for {0}.").format(entry.record), title=_("Nothing to Take"))
	content = json.loads(entry.offered_content)
	doc = frappe.get_doc(entry.kind, entry.record)
	_shipped(entry, content)
	doc.update(_values(content))
	doc.save()


def keep(entry_name: str) -> None:
	"""Keeps the tuned record; this default is not offered again, a later one will be."""
	frappe.get_doc("Shipped Default", entry_name).db_set("status", TUNED)


def _values(content: dict) -> dict:
	"""What a shipped content says of a record, without its name: an administrator may have renamed it."""
	naming = _naming_field(content["doctype"]) or "name"
	# A document takes over the lists it is given and changes them.
	return {k: v for k, v in copy.deepcopy(content).items() if k not in ("doctype", naming)}


def _naming_field(kind: str) -> str:
	return (frappe.get_meta(kind).autoname or "").partition("field:")[2]


def renamed(kind: str, old: str, new: str) -> None:
	"""Follows a rename, so that the record is not taken for deleted."""
	for name in frappe.get_all(
		"Shipped Default", filters={"kind": kind, "record": old}, pluck="name", order_by="name"
	):
		frappe.db.set_value("Shipped Default", name, "record", new)


def after_rename(
	doc: frappe.model.document.Document,
	method: str | None = None,
	old: str = "",
	new: str = "",
	merge: bool = False,
) -> None:
	"""As `renamed`, for doctypes of other apps."""
	renamed(doc.doctype, old, new)


def kinds_of_others() -> list[str]:
	"""Doctypes of other apps that we have shipped records of."""
	kinds = frappe.get_all(
		"Shipped Default", filters={"made_here": 1}, pluck="kind", distinct=True, order_by="kind"
	)
	return [kind for kind in kinds if frappe.get_meta(kind).module != "Salesflow Std"]


def take_back() -> None:
	"""At uninstall: removes shipped records from other apps' doctypes, unless they were tuned or are in use."""
	if not frappe.db.table_exists("Shipped Default"):
		return
	for entry in frappe.get_all(
		"Shipped Default",
		filters={"made_here": 1},
		fields=["kind", "record", "content"],
		order_by="name",
	):
		if frappe.get_meta(entry.kind).module == "Salesflow Std" or not frappe.db.exists(
			entry.kind, entry.record
		):
			continue
		if not _same(entry.kind, entry.record, json.loads(entry.content)):
			continue
		frappe.db.savepoint("take_back")
		try:
			frappe.delete_doc(entry.kind, entry.record)
		except frappe.LinkExistsError:
			frappe.db.rollback(save_point="take_back")
