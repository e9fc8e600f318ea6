"""A festival on which customers are greeted: on a solar or lunar day, at a solar term, or around Easter (P6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, getdate

from salesflow_std.engine import festivals
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import greetings
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import request_new_plans
from salesflow_std.salesflow_std.messages import refuse
from salesflow_std.setup import shipped_defaults

# What each calendar says the day by.
_OF_CALENDAR = {
	festivals.SOLAR: ("month", "day"),
	festivals.LUNAR: ("month", "day"),
	festivals.SOLAR_TERM: ("solar_term",),
	festivals.EASTER: ("easter_offset",),
}
_ALL = ("month", "day", "solar_term", "easter_offset")
# What greetings in the plan depend on.
_TOLD = ("enabled", "country", "days_before", "value_content")


class Festival(Document):
	def validate(self) -> None:
		for field in set(_ALL) - set(_OF_CALENDAR.get(self.calendar, _ALL)):
			self.set(field, None if field == "solar_term" else 0)
		try:
			self.next_on = greetings.following(self.as_dict(), getdate())[0]
		except EngineError as problem:
			refuse(problem, _("Festival Is on No Day"))

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if frappe.flags.in_install or frappe.flags.in_migrate:
			return
		if before is None or _told(before) != _told(self):
			request_new_plans("Customer")

	def on_trash(self) -> None:
		request_new_plans("Customer")

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		shipped_defaults.renamed("Festival", old, new)


def _told(doc: Document) -> tuple:
	return (*(doc.get(field) or None for field in _TOLD), getdate(doc.next_on), cint(doc.days_before))
