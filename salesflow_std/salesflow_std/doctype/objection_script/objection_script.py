"""An answer to an objection that others have given before, and how often it worked (S5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_link_to_form

from salesflow_std.salesflow_std import versions


class ObjectionScript(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the site's language, which need not be that of the text.
		self.dont_update_if_missing = ["language"]

	def validate(self) -> None:
		before = self.get_doc_before_save()
		for field in versions.state_fields(self.doctype):  # counted, not written
			self.set(field, before.get(field) if before else 0)

	def on_trash(self) -> None:
		used = frappe.db.count("Objection", {"script": self.name})
		if used:
			frappe.throw(
				_(
					"{0} has answered {1} objections, and the report counts them. Disable it instead: it is not offered any more."
				).format(get_link_to_form(self.doctype, self.name), used),
				frappe.LinkExistsError,
				title=_("Script in Use"),
			)
