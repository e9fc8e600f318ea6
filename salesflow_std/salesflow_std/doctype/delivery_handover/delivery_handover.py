"""The handover of a won deal to delivery, finance and after-sales, and its kick-off (C4, C5).

People write who takes over, what goes with it and what was agreed. Everything that is read-only is state, whatever a form,
an import or REST sends.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import (
	delivery_access,
	delivery_documents,
	delivery_handovers,
	delivery_kickoff,
	delivery_people,
	delivery_projects,
	delivery_report,
	delivery_sheet,
	delivery_start,
	versions,
)


class DeliveryHandover(Document):
	def onload(self) -> None:
		self.set_onload("sheet", delivery_sheet.of(self))

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if not self.flags.by_app:
			self._keep_state(before)
		if before is None:
			self._begin()
		self._check_receivers(before)
		self._check_documents(before)
		self._check_links(before)
		delivery_handovers.settle(self)

	def _begin(self) -> None:
		delivery_handovers.begin(self)
		delivery_documents.refresh(self)

	def _keep_state(self, before: Document | None) -> None:
		versions.keep_state(self, before)
		known = {row.name: row for row in (before.receivers if before else ())}
		same = {(row.receiving_function, row.user): row for row in known.values()}
		fields = versions.state_fields("Handover Receiver")
		for row in self.receivers:
			old = known.get(row.name)
			# Another person has acknowledged nothing.
			if not old or (old.receiving_function, old.user) != (row.receiving_function, row.user):
				old = same.get((row.receiving_function, row.user))
			for field in fields:
				row.set(field, old.get(field) if old else None)
		gathered = {
			(row.document_type, row.document_name): row.gathered
			for row in (before.documents if before else ())
		}
		for row in self.documents:
			row.gathered = gathered.get((row.document_type, row.document_name), 0)

	def _check_receivers(self, before: Document | None) -> None:
		seen: set[tuple[str, str]] = set()
		known = {row.user for row in (before.receivers if before else ())}
		for row in list(self.receivers):
			key = (row.receiving_function, row.user)
			if key in seen:
				self.remove(row)
				continue
			seen.add(key)
			if row.user and row.user not in known and not delivery_people.works_here(row.user):
				frappe.throw(
					_(
						"{0} does not use the desk, so they could not acknowledge. Choose somebody else."
					).format(escape_html(row.user)),
					title=_("Who Takes Over", context="Delivery Handover"),
				)
		if self.status != rules.DRAFT and (missing := rules.unmanned(delivery_people.of(self))):
			frappe.throw(
				_("Nobody would take over for {0} any more. Put somebody else in first.").format(
					", ".join(_(function, context="Handover Receiver") for function in missing)
				),
				title=_("Who Takes Over", context="Delivery Handover"),
			)

	def _check_documents(self, before: Document | None) -> None:
		"""What somebody adds, they may read themselves."""
		known = {(row.document_type, row.document_name) for row in (before.documents if before else ())}
		for row in self.documents:
			if not row.gathered and (row.document_type, row.document_name) not in known:
				frappe.has_permission(row.document_type, "read", doc=row.document_name, throw=True)

	def _check_links(self, before: Document | None) -> None:
		self._check_readers(before)
		for field in ("sales_order", "project"):
			name = self.get(field)
			if not name or (before and before.get(field) == name):
				continue
			doctype = self.meta.get_field(field).options
			customer = frappe.db.get_value(doctype, name, "customer")
			if customer and customer != self.customer:
				frappe.throw(
					_("{0} {1} is of another customer.").format(_(doctype), escape_html(name)),
					title=_("Other Customer"),
				)
		if not before or before.kick_off_minutes != self.kick_off_minutes:
			delivery_kickoff.check_minutes(self)

	def _check_readers(self, before: Document | None) -> None:
		"""Who takes over may read contract, order and minutes; so who puts them in is one of their readers."""
		for field in () if self.flags.by_app else ("contract", "sales_order", "kick_off_minutes"):
			name = self.get(field)
			if name and not (before and before.get(field) == name):
				frappe.has_permission(self.meta.get_field(field).options, "read", doc=name, throw=True)

	def on_update(self) -> None:
		delivery_handovers.ask(self)
		delivery_kickoff.follow_date(self)
		delivery_projects.follow(self)
		before = self.get_doc_before_save()
		if before and before.start_condition != self.start_condition:
			delivery_start.tell(self)

	def on_trash(self) -> None:
		delivery_projects.forget(self)

	def before_print(self, *args: Any) -> None:
		"""Gathers what the print shows, in the language it is printed in."""
		self.report = delivery_report.of(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by those who see its deal, and by who takes over."""
	return delivery_access.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading: those who see its deal, and who takes over; all else needs the right to change the deal."""
	return delivery_access.allows(doc, ptype, user)
