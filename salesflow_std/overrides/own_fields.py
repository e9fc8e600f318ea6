"""Opportunity: keeps our fields out of what ERPNext copies from the lead or customer at each save.

ERPNext fills every empty field of an opportunity with the one of the same name of its party, and asks the database for
each of them whether the party has it. So the stage of a lead would come to its opportunity, and every empty field of
ours would cost a query. While ERPNext validates, they are not empty.
"""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.setup.custom_fields import CUSTOM_FIELDS

_COVER = "-"
_LAYOUT = ("Section Break", "Column Break")
_OWN = tuple(
	field["fieldname"] for field in CUSTOM_FIELDS["Opportunity"] if field["fieldtype"] not in _LAYOUT
)


def cover(doc: Document) -> None:
	"""Before ERPNext validates: fills our empty fields with a placeholder."""
	uncover(doc)  # what a save that was refused has left
	if doc.flags.ignore_validate:
		return  # then nothing is copied, and nothing would empty them again
	empty = {field: doc.get(field) for field in _OWN if not doc.get(field)}
	doc.flags.sf_covered = empty
	for field in empty:
		doc.set(field, _COVER)


def uncover(doc: Document) -> None:
	"""After ERPNext has validated: empties them again, as they were."""
	for field, value in (doc.flags.pop("sf_covered", None) or {}).items():
		if doc.get(field) == _COVER:
			doc.set(field, value)
