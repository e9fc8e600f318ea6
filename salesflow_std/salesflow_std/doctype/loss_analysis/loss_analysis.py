"""Why a customer has fallen silent, and what wins them back (P6).

Its states and what each of them needs are the engine's (`engine.loss`); they are asked for on every way of saving.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, get_datetime, getdate, now_datetime

from salesflow_std.engine import complaints as deadline_rules
from salesflow_std.engine import loss
from salesflow_std.salesflow_std import (
	delivery_people,
	loss_access,
	loss_analyses,
	loss_mail,
	loss_todo,
	refusals,
	reps,
	versions,
)

_WRITTEN = ("analysis", "offer_kind", "offer", "outcome_note")
_TOLD = ("reminded_on", "escalated_on")


class LossAnalysis(Document):
	def before_insert(self) -> None:
		for field in self._state():
			self.set(field, None)
		loss_analyses.begin(self)

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if before:
			for field in self._state():
				self.set(field, before.get(field))
		self._check_person(before)
		self._check_links()
		self._check_deadline(before)
		self._check_status(before)

	def _state(self) -> list[str]:
		# Of what is read-only in the form, the status is asked for; the gates let it pass or refuse it.
		return [field for field in versions.state_fields(self.doctype) if field != "status"]

	def there(self) -> set[str]:
		"""What of the engine's needs is there."""
		found = {field for field in _WRITTEN if cstr(self.get(field)).strip()}
		return found | ({"causes"} if self.causes else set())

	def _check_person(self, before: Document | None) -> None:
		changed = not before or before.allocated_to != self.allocated_to
		if changed and not delivery_people.works_here(self.allocated_to):
			frappe.throw(
				_("{0} does not use the desk. Choose somebody else.").format(
					frappe.utils.escape_html(cstr(self.allocated_to))
				),
				title=_("Account Manager", context="Loss Analysis"),
			)

	def _check_links(self) -> None:
		"""What is offered is offered to this customer."""
		for field, kind in (("opportunity", "opportunity_from"), ("quotation", "quotation_to")):
			name, doctype = self.get(field), self.meta.get_field(field).options
			if not name:
				continue
			party = frappe.db.get_value(doctype, name, [kind, "party_name"])
			lead = frappe.db.get_value("Customer", self.customer, "lead_name")
			if party and party not in (("Customer", self.customer), ("Lead", lead)):
				frappe.throw(
					_("{0} is another customer's.").format(refusals.link(doctype, name)),
					title=_(self.meta.get_label(field), context="Loss Analysis"),
				)
		if self.offered_on and getdate(self.offered_on) > getdate():
			frappe.throw(
				_("An offer cannot have been made on a day still to come."),
				title=_("Offered On", context="Loss Analysis"),
			)

	def _check_deadline(self, before: Document | None) -> None:
		"""A deadline is put off by a manager; a new one has its own reminder."""
		if not before:
			return
		was, now = (get_datetime(doc.due_on) if doc.due_on else None for doc in (before, self))
		if was == now:
			return
		if deadline_rules.is_moved_later(was, now) and not reps.is_manager():
			frappe.throw(
				_("It is due on {0}. A manager may put that off.").format(
					frappe.bold(frappe.format(was, {"fieldtype": "Datetime"}))
				),
				title=_("Due On", context="Loss Analysis"),
			)
		self.update(dict.fromkeys(_TOLD))

	def _check_status(self, before: Document | None) -> None:
		was = before.status if before else loss.OPEN
		if not before:
			self.status = loss.OPEN
		if loss.goes_back(was, self.status) and not (self.flags.by_app or reps.is_manager()):
			frappe.throw(
				_("This analysis is {0} already. A manager may take it back.").format(
					frappe.bold(_(was, context="Loss Analysis"))
				),
				title=_("Status"),
			)
		if self.status == loss.OFFER_MADE and was != loss.OFFER_MADE:
			self.quotation = self.quotation or loss_analyses.offered(self)
			self.offered_on = self.offered_on or getdate()
		self._check_complete(was)
		if self.status == was:
			return
		self.outcome_on = None if self.status in loss.UNDER_WAY else getdate()
		if self.status in loss.TO_DO:
			# The next step has a deadline of its own, with its own reminder.
			self.due_on = loss_analyses.due(self.company, now_datetime())
			self.update(dict.fromkeys(_TOLD))

	def _check_complete(self, was: str) -> None:
		there = self.there()
		if self.status == loss.WON_BACK and (
			was == loss.WON_BACK or loss_analyses.has_ordered(self.customer, self.silent_since)
		):
			there.add("ordered")
		missing = loss.missing(self.status, there)
		if not missing:
			return
		labels = {"ordered": _("an order of the customer since they fell silent")}
		listed = [
			labels.get(field) or _(self.meta.get_label(field), context="Loss Analysis") for field in missing
		]
		head = _("{0} needs more than is there. Still missing:").format(
			frappe.bold(_(self.status, context="Loss Analysis"))
		)
		why = _("Of a customer who has fallen silent the cause is noted, and an offer made to win them back.")
		told = refusals.paragraphs(head, listed, why, [refusals.link(self.doctype, self.name)])
		frappe.throw(told, title=_("Still Missing"))

	def after_insert(self) -> None:
		loss_mail.given(self)

	def on_update(self) -> None:
		loss_todo.follow(self)
		before = self.get_doc_before_save()
		if before and before.allocated_to != self.allocated_to and self.status in loss.TO_DO:
			loss_mail.given(self)

	def on_trash(self) -> None:
		loss_todo.end(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Seen with the customer, and by whose it is."""
	return loss_access.conditions(user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Whose it is works on it; others as the customer allows it."""
	return loss_access.allows(doc, ptype, user)
