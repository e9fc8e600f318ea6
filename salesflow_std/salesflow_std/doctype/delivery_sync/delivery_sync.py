"""A week of a delivery as the account manager hears of it (A1).

Who delivers writes how it stands; telling it is a step of its own (`delivery_syncs.record`). Everything that is
read-only is state, whatever a form, an import or REST sends.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, flt, getdate

from salesflow_std.salesflow_std import (
	actions,
	delivery_people,
	delivery_syncs,
	refusals,
	sync_access,
	sync_sheet,
	versions,
)


class DeliverySync(Document):
	def onload(self) -> None:
		self.set_onload("sheet", sync_sheet.of(self))

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if not self.flags.by_app:
			versions.keep_state(self, before)
		# Whom the project names may have left; their manager is asked then.
		self._check_people(before)
		if before is None:
			delivery_syncs.begin(self)
		else:
			self._check_told(before)
		self._check_progress()
		self._fill_promises()
		actions.PROMISES.check(self, before)

	def _check_told(self, before: Document) -> None:
		"""What was told stays as it was told; risks and promises go on."""
		if before.status == sync_sheet.DUE:
			return
		changed = [
			field
			for field in delivery_syncs.TOLD
			if versions.plain(self, field) != versions.plain(before, field)
		]
		if changed:
			frappe.throw(
				_("{0} was told as it is. What has changed since belongs into the current week. {1}").format(
					", ".join(_(self.meta.get_label(field), context="Delivery Sync") for field in changed),
					refusals.link(self.doctype, delivery_syncs.of_week(self.project, getdate()) or self.name),
				),
				title=_("Told Already"),
			)

	def _check_progress(self) -> None:
		if not 0 <= flt(self.progress) <= 100:
			frappe.throw(
				_("Progress lies between 0 and 100 %."), title=_("Progress", context="Delivery Sync")
			)

	def _check_people(self, before: Document | None) -> None:
		for field in ("allocated_to", "delivery_user"):
			user = self.get(field)
			if user and not (before and before.get(field) == user) and not delivery_people.works_here(user):
				frappe.throw(
					_("{0} does not use the desk. Choose somebody else.").format(
						frappe.utils.escape_html(user)
					),
					title=_(self.meta.get_label(field), context="Delivery Sync"),
				)

	def _fill_promises(self) -> None:
		"""A promise has somebody who keeps it, and a day: a week from now unless somebody says otherwise."""
		people = (self.delivery_user, self.allocated_to)
		for row in self.promises:
			row.user = row.user or next(filter(delivery_people.works_here, people), None)
			row.due_on = row.due_on or add_days(getdate(self.due_on), 7)

	def on_update(self) -> None:
		actions.PROMISES.sync(self)

	def on_trash(self) -> None:
		actions.PROMISES.end(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen by whom it asks, and by those who see its project or its handover."""
	return sync_access.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whom it asks reads and tells; others as its project or its handover allows it."""
	return sync_access.allows(doc, ptype, user)
