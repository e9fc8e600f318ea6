"""The acceptance of a delivery by the customer, signed by both sides (A2).

People write what was delivered, how it was accepted and what is left open. What was agreed comes from contract and orders.
Everything that is read-only is state, whatever a form, an import or REST sends.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, getdate, nowdate

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import (
	acceptance_access,
	acceptance_gate,
	acceptance_points,
	acceptance_print,
	acceptance_scope,
	acceptance_sheet,
	acceptance_sources,
	acceptances,
	profiles,
	versions,
)

_TABLES = {"items": "Acceptance Item", "points": "Acceptance Point"}
# Side -> the fields of its signature: drawing, day, who signs.
_SIGNATURES = {
	"our": ("our_signature", "our_signed_on", "our_signatory"),
	"customer": ("customer_signature", "customer_signed_on", "customer_signatory"),
}
# What may change without anybody having to sign anew.
_BESIDES = ("allocated_to", "contact", "scan", *(field for side in _SIGNATURES.values() for field in side))


class AcceptanceReport(Document):
	def onload(self) -> None:
		self.set_onload("sheet", acceptance_sheet.of(self))

	def validate(self) -> None:
		before = self.get_doc_before_save()
		self._keep_state(before)
		if before is None:
			acceptances.begin(self)
		elif acceptance_sources.named(self) != acceptance_sources.named(before):
			acceptance_sources.fill(self)
		self.title = profiles.company_name("Customer", self.customer)
		acceptance_sources.check(self, before)
		acceptance_scope.follow(self)
		acceptance_points.check(self, before)
		self._check_signatures(before)
		self._check_scan(before)

	def _keep_state(self, before: Document | None) -> None:
		amended_from = self.amended_from
		versions.keep_state(self, before)
		self.amended_from = before.amended_from if before else amended_from

	def _check_signatures(self, before: Document | None) -> None:
		"""A signature is of what it was drawn under; it is a drawing and has a day."""
		if before is None and self.amended_from:
			before = frappe.get_doc(self.doctype, self.amended_from)
		changed = bool(before) and versions.content(self, _TABLES, _BESIDES) != versions.content(
			before, _TABLES, _BESIDES
		)
		for drawing, day, who in _SIGNATURES.values():
			value = self.get(drawing)
			# Whose name stood there has signed, and nobody else.
			renamed = bool(before and before.get(who)) and cstr(before.get(who)) != cstr(self.get(who))
			if value and (changed or renamed) and before.get(drawing) == value:
				self.update({drawing: None, day: None})
				frappe.msgprint(
					_("The report was changed after it was signed, so {0} is to sign again.").format(
						_("the customer") if drawing == "customer_signature" else _("our side")
					),
					title=_("Signatures", context="Acceptance Report"),
					indicator="orange",
				)
			elif value and not rules.is_drawing(value):
				frappe.throw(_("That is no signature."), title=_("Signatures", context="Acceptance Report"))
			elif value:
				self.set(day, self.get(day) or nowdate())
			if self.get(day) and getdate(self.get(day)) > getdate():
				frappe.throw(
					_("The signature cannot lie in the future."),
					title=_("Signatures", context="Acceptance Report"),
				)

	def _check_scan(self, before: Document | None) -> None:
		"""The scan is a file that whoever names it may read: it stands for both signatures."""
		if not self.scan or (before and before.scan == self.scan):
			return
		files = frappe.get_all("File", filters={"file_url": self.scan}, pluck="name", order_by="creation")
		if not any(frappe.has_permission("File", "read", doc=name) for name in files):
			frappe.throw(
				_("Attach the scan of the signed report as a file."),
				title=_("Scan of the Signed Report", context="Acceptance Report"),
			)

	def before_submit(self) -> None:
		acceptance_gate.check(self)

	def on_submit(self) -> None:
		acceptances.submitted(self)

	def before_update_after_submit(self) -> None:
		before = self.get_doc_before_save()
		self._keep_state(before)
		acceptance_points.check_signed(self, before)

	def on_update_after_submit(self) -> None:
		acceptance_points.POINTS.sync(self)
		before = self.get_doc_before_save()
		if not all(row.settled_on for row in before.points):
			acceptance_points.tell_when_settled(self)

	def on_cancel(self) -> None:
		acceptances.cancelled(self)

	def on_trash(self) -> None:
		acceptance_points.POINTS.end(self)

	def before_print(self, *args: Any) -> None:
		"""Gathers what the print shows, in the language it is printed in."""
		self.report = acceptance_print.of(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its customer, project or handover, and by its account manager."""
	return acceptance_access.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""As the list; writing needs the right to change one of these, or to have taken the deal over."""
	return acceptance_access.allows(doc, ptype, user)
