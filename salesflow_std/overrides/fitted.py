"""Lead, Prospect and Customer keep the target customer profile that they fit best (L4)."""

from __future__ import annotations

from frappe.model.document import Document
from frappe.utils import flt

from salesflow_std.salesflow_std import fit

_SHARED = ("budget_from", "budget_to", "currency")


def validate(doc: Document, method: str | None = None) -> None:
	"""Compares a document anew where a field that is compared has changed; asks nothing where none has.

	Runs after `graded.validate`, which has put back whatever was sent for the state.
	"""
	before = doc.get_doc_before_save()
	if before is not None and not _differs(doc, before):
		return
	state = fit.state_now(doc)
	if state is not None:
		doc.update(state)


def _differs(doc: Document, before: Document) -> bool:
	fields = fit.FIELDS[doc.doctype]
	return flt(doc.get(fields["revenue"])) != flt(before.get(fields["revenue"])) or any(
		(doc.get(field) or None) != (before.get(field) or None)
		for key, field in fields.items()
		if key != "revenue"
	)


def profile_changed(doc: Document, method: str | None = None) -> None:
	"""Customer Profile: what its documents share has changed, so has how they fit."""
	before = doc.get_doc_before_save()
	if before is not None and _shared(before) != _shared(doc):
		fit.refresh_profile(doc.name)


def _shared(doc: Document) -> tuple:
	return (
		[doc.get(field) or None for field in _SHARED],
		{row.tag for row in doc.tags},
		{(row.role, bool(row.reached), bool(row.left_on)) for row in doc.decision_chain},
	)


def territory_changed(doc: Document, method: str | None = None, *args: object) -> None:
	"""Territory: targets remember what lies below theirs; one that has moved may lie below another now."""
	before = doc.get_doc_before_save()
	if before and before.parent_territory != doc.parent_territory:
		_compare_anew()
	else:
		fit.forget()


def renamed(doc: Document, method: str | None = None, *args: object) -> None:
	"""Industry Type, Customer Tag: targets name them."""
	fit.forget()


def tag_changed(doc: Document, method: str | None = None) -> None:
	"""Customer Tag, Customer Tag Category: a tag has become a pain point, or is none any more."""
	before = doc.get_doc_before_save()
	field = "category" if doc.doctype == "Customer Tag" else "used_for"
	if before and (before.get(field) or "") != (doc.get(field) or ""):
		_compare_anew()


def settings_changed(doc: Document, method: str | None = None) -> None:
	"""Salesflow Settings: another fit counts as a match now."""
	before = doc.get_doc_before_save()
	if before and flt(before.minimum_fit) != flt(doc.minimum_fit):
		_compare_anew()


def _compare_anew() -> None:
	if fit.targets():
		fit.request()
	else:
		fit.forget()
