"""A deal is lost for a reason and to somebody, on whatever path, and what was learned stays (M1).

ERPNext declares a quotation lost in this order: its status by `db_set`, its reasons in memory, the opportunity's status
by `set_status`, then its own save. So a quotation that is becoming lost is kept at hand until its opportunity has
taken over what it says, and is asked itself when it is saved, at the latest before the database keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from weakref import WeakValueDictionary

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, now_datetime
from frappe.utils.global_search import update_global_search

from salesflow_std.engine.gate_rules import BLOCK, OFF
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.quotation_refusal import link

LOST = "Lost"
REASON, COMPETITOR = "reason", "competitor"
REQUIRED = "Required"

# A quotation's fields that its opportunity takes over where it has none of its own.
_WORDS = ("order_lost_reason", "sf_learned")


def missing(doc: Document) -> list[str]:
	"""What an Opportunity or Quotation lacks to be lost (M1): "reason", "competitor"; nothing where it may be."""
	found = []
	if not _named(doc, "lost_reasons", "lost_reason"):
		found.append(REASON)
	wanted = (settings().competitor_when_lost or REQUIRED) != OFF
	if wanted and not doc.get("sf_no_competitor") and not _named(doc, "competitors", "competitor"):
		found.append(COMPETITOR)
	return found


def _named(doc: Document, table: str, field: str) -> list[str]:
	return [row.get(field) for row in doc.get(table) or () if row.get(field)]


# Opportunity


def opportunity_saved(doc: Document) -> None:
	"""Asked at each save of an opportunity (M1). Raises ValidationError where it becomes lost without a reason."""
	before = doc.get_doc_before_save()
	if doc.status != LOST:
		doc.flags.pop("sf_lost", None)
		if before and before.status == LOST:
			_reopened(doc, before)
		return
	if _named(doc, "competitors", "competitor"):
		doc.sf_no_competitor = 0
	_ask(doc, before)
	if not before or before.status != LOST:
		doc.update(_lost_now())
	doc.flags.sf_lost = True


def _lost_now() -> dict[str, object]:
	return {"sf_lost_on": now_datetime(), "sf_lost_on_estimated": 0}


def _reopened(doc: Document, before: Document) -> None:
	"""A deal that is open again has no reason to be lost, so that it is asked anew if it is; the timeline keeps the old one.

	Who competes for it, and what was learned, stay true.
	"""
	reasons = _named(before, "lost_reasons", "lost_reason")
	doc.set("lost_reasons", [])
	doc.sf_no_competitor = 0
	if reasons:
		text = _("opened it again; it had been lost for: {0}").format(", ".join(reasons))
		doc.add_comment("Info", escape_html(text))


def opportunity_set(doc: Document) -> None:
	"""Asked when ERPNext sets an opportunity's status past its `validate` (M1). Raises ValidationError.

	What its lost quotations say is handed on first: each reason and competitor once.
	"""
	before = doc.get_doc_before_save()
	if doc.status != LOST:
		doc.flags.pop("sf_lost", None)
		if before and before.status == LOST:
			_reopened(doc, before)
			_write_reopened(doc)
		return
	if doc.flags.sf_lost or (before and before.status == LOST):
		return
	doc.flags.sf_lost = True
	quotations = _lost_quotations(doc)
	for quotation in quotations:
		if quotation.flags.sf_becomes_lost:
			_ask(quotation, None)
	# With another quotation still out, the deal goes on: ERPNext says lost now and corrects itself at once.
	goes_on = bool(quotations) and bool(doc.has_active_quotation())
	if goes_on:
		return
	_take_over(doc, quotations)
	_ask(doc, before)
	doc.update(_lost_now())
	values = {"sf_lost_on": doc.sf_lost_on, "sf_lost_on_estimated": 0}
	frappe.db.set_value("Opportunity", doc.name, values, update_modified=False)


def _write_reopened(doc: Document) -> None:
	table = doc.meta.get_field("lost_reasons").options
	frappe.db.delete(table, {"parent": doc.name, "parenttype": doc.doctype, "parentfield": "lost_reasons"})
	frappe.db.set_value(doc.doctype, doc.name, "sf_no_competitor", 0, update_modified=False)


def _lost_quotations(doc: Document) -> list[Document]:
	"""The lost quotations of an opportunity, with the one that is being declared lost as it is in memory."""
	at_hand = {
		name: quotation
		for name, quotation in _losing().items()
		if quotation.status == LOST and doc.name in _opportunities_of(quotation)
	}
	# Two look-ups, each by an index of its own.
	named = frappe.get_all(
		"Quotation",
		filters={"opportunity": doc.name, "docstatus": 1, "status": LOST},
		pluck="name",
		order_by="name",
	)
	names = {*named, *_quoted_by_items(doc.name)}
	return [
		*at_hand.values(),
		*(frappe.get_doc("Quotation", name) for name in sorted(names) if name not in at_hand),
	]


def _quoted_by_items(opportunity: str) -> list[str]:
	quotation, item = frappe.qb.DocType("Quotation"), frappe.qb.DocType("Quotation Item")
	return (
		frappe.qb.from_(item)
		.join(quotation)
		.on(item.parent == quotation.name)
		.select(quotation.name)
		.distinct()
		.where((item.prevdoc_docname == opportunity) & (quotation.docstatus == 1))
		.where(quotation.status == LOST)
		.orderby(quotation.name)
		.run(pluck=True)
	)


def _opportunities_of(quotation: Document) -> set[str]:
	named = {row.prevdoc_docname for row in quotation.items if row.get("prevdoc_docname")}
	return named | {quotation.opportunity} if quotation.opportunity else named


def _take_over(doc: Document, quotations: Iterable[Document]) -> None:
	"""Writes what lost quotations say on their opportunity; what it has already, stays."""
	values = {}
	for quotation in quotations:
		for reason in _named(quotation, "lost_reasons", "lost_reason"):
			_add(doc, "lost_reasons", "lost_reason", _opportunity_reason(reason))
		for competitor in _named(quotation, "competitors", "competitor"):
			_add(doc, "competitors", "competitor", competitor)
		for field in _WORDS:
			if quotation.get(field) and not doc.get(field):
				values[field] = quotation.get(field)
				doc.set(field, quotation.get(field))
		if quotation.get("sf_no_competitor"):
			values["sf_no_competitor"] = doc.sf_no_competitor = 1
	if _named(doc, "competitors", "competitor") and doc.sf_no_competitor:
		values["sf_no_competitor"] = doc.sf_no_competitor = 0
	if values:
		frappe.db.set_value("Opportunity", doc.name, values, update_modified=False)
		update_global_search(doc)


def _add(doc: Document, table: str, field: str, value: str) -> None:
	if value not in _named(doc, table, field):
		doc.append(table, {field: value}).db_insert()


def _opportunity_reason(reason: str) -> str:
	"""The Opportunity Lost Reason of the same name as a Quotation Lost Reason, made where there is none."""
	known = frappe.db.exists("Opportunity Lost Reason", reason)
	if known:
		return known
	doc = frappe.get_doc({"doctype": "Opportunity Lost Reason", "lost_reason": reason})
	return doc.insert(ignore_permissions=True).name


def date_old_losses(names: Iterable[str]) -> int:
	"""Dates the losses of opportunities that became lost before the app came, or past it (M1); returns how many.

	Where ERPNext tracks changes it knows when; else it was not later than the last change, and the date is marked as
	estimated.
	"""
	rows = frappe.get_all(
		"Opportunity",
		filters={"name": ("in", list(names)), "status": LOST, "sf_lost_on": ("is", "not set")},
		fields=["name", "modified"],
		order_by="name",
	)
	known = _losses_in_versions([row.name for row in rows])
	for row in rows:
		told = known.get(row.name)
		values = {"sf_lost_on": told or row.modified, "sf_lost_on_estimated": int(not told)}
		frappe.db.set_value("Opportunity", row.name, values, update_modified=False)
	return len(rows)


def _losses_in_versions(names: list[str]) -> dict[str, datetime]:
	"""When the status became lost the last time, of those whose versions tell it."""
	found: dict[str, datetime] = {}
	for version in frappe.get_all(
		"Version",
		filters={
			"ref_doctype": "Opportunity",
			"docname": ("in", names or [""]),
			"data": ("like", f'%"{LOST}"%'),
		},
		fields=["docname", "data", "creation"],
		order_by="creation, name",
	):
		try:
			changes = json.loads(version.data).get("changed") or ()
		except ValueError:
			continue  # nobody can read it
		if any(field == "status" and after == LOST for field, _before, after in changes):
			found[version.docname] = version.creation
	return found


# Quotation


def quotation_set(doc: Document) -> None:
	"""Keeps a quotation that is becoming lost at hand; its reasons come after its status."""
	before = doc.get_doc_before_save()
	if doc.status == LOST and not (before and before.status == LOST) and not doc.flags.sf_becomes_lost:
		doc.flags.sf_becomes_lost = True
		_losing()[doc.name] = doc
		frappe.db.before_commit.add(partial(_ask_unsaved, doc.name))


def quotation_saved(doc: Document) -> None:
	"""Asked at each save of a quotation (M1). Raises ValidationError where it becomes lost without a reason."""
	if doc.status != LOST:
		return
	becomes_lost = doc.flags.pop("sf_becomes_lost", False)
	if becomes_lost:
		_losing().pop(doc.name, None)
	if _named(doc, "competitors", "competitor"):
		doc.sf_no_competitor = 0
	_ask(doc, None if becomes_lost else doc.get_doc_before_save())


def _ask_unsaved(name: str) -> None:
	"""Asks a quotation whose status was set to lost and that nobody has saved with its reasons, before it is kept for good.

	Raises ValidationError: then nothing of what was done with it is kept. One that was saved has been asked, and passes.
	"""
	if frappe.db.exists("Quotation", {"name": name, "status": LOST}):
		_ask(frappe.get_doc("Quotation", name), None)


def _losing() -> WeakValueDictionary[str, Document]:
	"""The quotations whose status says lost and that are not saved yet; they go with whoever was losing them."""
	if not hasattr(frappe.local, "salesflow_losing"):
		frappe.local.salesflow_losing = WeakValueDictionary()
	return frappe.local.salesflow_losing


# Refusal


def _ask(doc: Document, before: Document | None) -> None:
	"""Refuses or warns where something is missing that was not missing already while the deal was lost."""
	enforcement = settings().stage_enforcement or BLOCK
	if enforcement == OFF:
		return
	lacks = missing(doc)
	if lacks and before and before.status == LOST:
		known = missing(before)
		lacks = [what for what in lacks if what not in known]
	if not lacks or doc.flags.sf_lost_warned == lacks:
		return
	required = (settings().competitor_when_lost or REQUIRED) == REQUIRED
	if enforcement == BLOCK and (REASON in lacks or required):
		frappe.throw(_refusal(doc, lacks), title=_("Not Lost Yet: Something Is Missing"))
	doc.flags.sf_lost_warned = lacks
	frappe.msgprint(_refusal(doc, lacks), title=_("What Was It Lost To?"), indicator="orange")


def _refusal(doc: Document, lacks: list[str]) -> str:
	named = _("this {0}").format(_(doc.doctype)) if doc.is_new() else link(doc.doctype, doc.name)
	head = _("{0} is set as lost, and this is missing:").format(named)
	lines = "".join(f"<li>{escape_html(text)}</li>" for what, text in _texts().items() if what in lacks)
	why = _("What was learned from a lost deal helps to win the next one. “Set as Lost” asks for all of it.")
	return f"<p>{head}</p><ul>{lines}</ul><p>{why}</p>"


def _texts() -> dict[str, str]:
	return {
		REASON: _("at least one reason why it was lost"),
		COMPETITOR: _("the competitor, or a tick that none was involved"),
	}
