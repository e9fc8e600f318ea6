"""Something worth reading that is no sales pitch: a case, a policy digest, an event (F3, N5)."""

from __future__ import annotations

import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder.functions import Count
from frappe.utils import getdate

from salesflow_std.salesflow_std.follow_ups import DONE


class ValueContent(Document):
	def __init__(self, *args: object, **kwargs: object) -> None:
		super().__init__(*args, **kwargs)
		# Frappe fills an empty company with the user's or the site's own; empty means all companies here.
		self.dont_update_if_missing = ["company"]

	def validate(self) -> None:
		for field in ("subject", "body"):
			self._check_placeholders(self.get(field) or "")
		if self.valid_from and self.valid_until and getdate(self.valid_from) > getdate(self.valid_until):
			frappe.throw(_("It ends before it begins."), title=_("Valid Until", context="Value Content"))

	def _check_placeholders(self, text: str) -> None:
		for unknown in re.findall(r"\{%.*?%\}|\{\{.*?\}\}", text):
			if unknown.strip("{} ") in ("first_name", "company_name"):
				continue
			frappe.throw(
				_("{0} is not known here. There are: {1}.").format(
					frappe.utils.escape_html(unknown), "{{ first_name }}, {{ company_name }}"
				),
				title=_("Content"),
			)

	def onload(self) -> None:
		self.set_onload("replies", replies([self.name]).get(self.name, (0, 0)))

	def on_trash(self) -> None:
		if frappe.db.exists("Follow Up", {"value_content": self.name}):
			frappe.throw(
				_(
					"Customers have had {0}; it stays, so that nobody gets it twice. Disable it instead."
				).format(frappe.utils.escape_html(self.name)),
				frappe.LinkExistsError,
				title=_("Value Content in Use"),
			)


def replies(names: list[str] | None = None) -> dict[str, tuple[int, int]]:
	"""How often each item went out and how often a reply followed: ``{name: (sent, replied)}`` (F3)."""
	touch = frappe.qb.DocType("Follow Up")
	query = (
		frappe.qb.from_(touch)
		.select(touch.value_content, Count("*"), Count(touch.replied_on))
		.where((touch.status == DONE) & touch.value_content.isnotnull() & (touch.value_content != ""))
		.groupby(touch.value_content)
	)
	if names:
		query = query.where(touch.value_content.isin(names))
	return {name: (sent, replied) for name, sent, replied in query.run()}
