"""Final intent 最终意向: the customer has said that they will sign; from then on the contract is due (C1)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html, flt, get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import contracts
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

_OVER = ("Lost", "Closed")
_LONGEST = 2000
# Set together, and taken back together.
FIELDS = (
	"sf_final_intent_on",
	"sf_final_intent_by",
	"sf_final_intent_from",
	"sf_final_intent_note",
	"sf_contract_due",
	"sf_contract_reminded_on",
	"sf_contract_escalated_on",
)


def due(company: str | None, since: datetime, what: str) -> datetime:
	"""When `what` ("contract", "clause", "scan") is due that counts from `since`, by the settings (C1-C3)."""
	current = settings()
	amount = flt(current.get(f"{what}_amount"), 2)
	amount = int(amount) if amount == int(amount) else amount
	return worktime.add(since, amount, current.get(f"{what}_unit") or "Hours", working_calendar(company))


def record(opportunity: Document, said_by: str | None, words: str | None, on: object = None) -> Document:
	"""Writes down that the customer will sign, and by when the contract is due (C1).

	Where it is recorded already nothing changes. The caller has checked the rights. Raises ValidationError without the
	customer's words and who said them, for a time to come, and for an opportunity that is over.
	"""
	_lock(opportunity)
	if opportunity.sf_final_intent_on:
		return opportunity
	_check_open(opportunity)
	said_by, words = cstr(said_by).strip()[:140], cstr(words).strip()[:_LONGEST]
	if not said_by or not words:
		frappe.throw(
			_("Write down who said it at the customer, and in which words: the contract is drafted on it."),
			title=_("Final Intent"),
		)
	now = now_datetime().replace(microsecond=0)
	said_on = get_datetime(on).replace(microsecond=0) if on else now
	if said_on > now:
		frappe.throw(_("The final intent cannot lie in the future."), title=_("Final Intent"))
	opportunity.db_set(
		{
			"sf_final_intent_on": said_on,
			"sf_final_intent_by": frappe.session.user,
			"sf_final_intent_from": said_by,
			"sf_final_intent_note": words,
			"sf_contract_due": due(opportunity.company, said_on, "contract"),
			"sf_contract_reminded_on": None,
			"sf_contract_escalated_on": None,
		},
		notify=True,
	)
	return opportunity


def withdraw(opportunity: Document, reason: str | None) -> Document:
	"""Takes back what was recorded by mistake; what it said stays in the timeline (C1).

	Where nothing is recorded nothing changes. Raises ValidationError without a reason, and once the contract is signed.
	"""
	_lock(opportunity)
	if not opportunity.sf_final_intent_on:
		return opportunity
	reason = cstr(reason).strip()[:_LONGEST]
	if not reason:
		frappe.throw(_("Give a reason: others act on it."), title=_("Reason Missing"))
	found = contracts.standing(opportunity)
	if found.state == contracts.SIGNED:
		frappe.throw(
			_("{0} is signed, so the intent stands.").format(get_link_to_form("Contract", found.contract)),
			title=_("Final Intent"),
		)
	opportunity.add_comment(
		"Info",
		_("took back the final intent of {0} ({1}): {2}").format(
			escape_html(opportunity.sf_final_intent_from or "–"),
			escape_html(opportunity.sf_final_intent_note or "–"),
			escape_html(reason),
		),
	)
	opportunity.db_set(dict.fromkeys(FIELDS), notify=True)
	return opportunity


def _lock(opportunity: Document) -> None:
	"""Two who record it at once are one after the other."""
	frappe.db.get_value("Opportunity", opportunity.name, "name", for_update=True)
	opportunity.reload()


def _check_open(opportunity: Document) -> None:
	if opportunity.status in _OVER:
		frappe.throw(
			_("{0} is over: {1}. Open it again first.").format(
				get_link_to_form("Opportunity", opportunity.name), _(opportunity.status)
			),
			title=_("Final Intent"),
		)
