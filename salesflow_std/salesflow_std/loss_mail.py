"""What people are told about customers who have fallen silent, each in their language (P6)."""

from __future__ import annotations

from collections.abc import Callable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import fmt_money, formatdate, getdate, now_datetime

from salesflow_std.salesflow_std import announcing, reps

_DOCTYPE = "Loss Analysis"


def given(doc: Document) -> None:
	"""Asks whoever looks after the customer why they have fallen silent."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} has fallen silent: please find out why by {1}").format(
				doc.title, announcing.when(doc.due_on)
			),
			"lines": [_("Note the causes and an offer that could win them back.")],
			"facts": _facts(doc),
			"action": _("Open the loss analysis"),
		}

	_tell(doc, say)


def won_back(doc: Document) -> None:
	"""The customer has ordered again."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} has ordered again").format(doc.title),
			"facts": _facts(doc),
			"action": _("Open the loss analysis"),
		}

	_tell(doc, say)


def _tell(doc: Document, say: Callable[[str], dict]) -> None:
	user = reps.on_duty(doc.allocated_to, getdate(now_datetime())) if doc.allocated_to else None
	if user and user != frappe.session.user and reps.is_enabled(user):
		announcing.tell([user], say, _DOCTYPE, doc.name, announcing.path(_DOCTYPE, doc.name))


def _facts(doc: Document) -> list[tuple[str, str]]:
	currency = frappe.get_cached_value("Company", doc.company, "default_currency") if doc.company else None
	rows = (
		(_("Silent Since", context="Loss Analysis"), formatdate(doc.silent_since)),
		(
			_("Last Order On", context="Loss Analysis"),
			formatdate(doc.last_order_on) if doc.last_order_on else "",
		),
		(
			_("Revenue in the Year Before", context="Loss Analysis"),
			fmt_money(doc.revenue_before, currency=currency) if doc.revenue_before else "",
		),
		(_("Open Complaints", context="Loss Analysis"), str(doc.open_complaints or "")),
	)
	return [(label, text) for label, text in rows if text]
