"""A tag of the shared library (P4)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import profiles


class CustomerTag(Document):
	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if before and before.category != self.category:
			profiles.write_tag(self.name)

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		"""The texts that lists filter follow the name; after a merge nobody has the tag twice."""
		if merge:
			_once(new)
		profiles.write_tag(new)


def _once(tag: str) -> None:
	one, other = frappe.qb.DocType("Customer Tag Link"), frappe.qb.DocType("Customer Tag Link").as_("other")
	twice = (
		frappe.qb.from_(one)
		.join(other)
		.on((other.parent == one.parent) & (other.parenttype == one.parenttype) & (other.tag == one.tag))
		.select(one.name)
		.where((one.tag == tag) & (one.name > other.name))
		.where(one.parentfield == other.parentfield)
		.run(pluck=True)
	)
	if twice:
		frappe.db.delete("Customer Tag Link", {"name": ("in", twice)})
