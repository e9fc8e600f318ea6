"""Renewals: contracts that end are asked for in good time, and what the customer says is kept (A5).

Every contract with a customer that has an end is one, of a deal or in general. `sf_renewal_due` is the day to ask on: the
settings' days before the end, or the day that the customer has named ("Later"). "Renewed" is said by no person: it comes
of a later contract, signed by both sides, that renews this one.
"""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, cint, cstr, escape_html, flt, formatdate, getdate

from salesflow_std.engine import renewal as rules
from salesflow_std.salesflow_std import account_managers, refusals
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

DOCTYPE = "Contract"
# Statuses of an opportunity that nobody works on any more.
_OVER = ("Lost", "Closed")
FIELDS = (
	"sf_renewal_due",
	"sf_renewal_asked_on",
	"sf_renewal_outcome",
	"sf_renewal_opportunity",
	"sf_renewal_note",
	"sf_renewal_reminded_on",
	"sf_renewal_escalated_on",
)


# Saving ----------------------------------------------------------------------------------------------------


def validate(contract: Document) -> None:
	"""Before a draft is saved or submitted: keeps what only the app writes, says when to ask, and which contract this
	one renews. Raises ValidationError for one that it cannot renew."""
	before = contract.get_doc_before_save()
	known = before or _amended(contract)
	# Of contracts that are of no deal, `contract_states` has taken all state away.
	for field in FIELDS:
		contract.set(field, known.get(field))
	if contract.party_type != "Customer":
		contract.sf_renews = contract.sf_renewal_due = None
		return
	if contract.sf_renewal_outcome != rules.LATER:
		contract.sf_renewal_due = due(contract.end_date)
	_find_renewed(contract)
	if contract.sf_renews and not (before and before.sf_renews == contract.sf_renews):
		_check_renewed(contract)


def _amended(contract: Document) -> dict:
	"""What is known of the contract that a new one amends."""
	if not (contract.is_new() and contract.amended_from):
		return {}
	return frappe.db.get_value(DOCTYPE, contract.amended_from, FIELDS, as_dict=True) or {}


def due(end: object) -> date | None:
	"""The day to ask on for a contract that ends then; None for one without an end."""
	return rules.ask_on(getdate(end), cint(settings().renewal_days)) if end else None


def _find_renewed(contract: Document) -> None:
	"""What is made of a renewal opportunity renews its contract; an amendment, what it amends renewed."""
	if contract.sf_renews:
		return
	if contract.is_new() and contract.amended_from:
		contract.sf_renews = frappe.db.get_value(DOCTYPE, contract.amended_from, "sf_renews")
	if contract.sf_renews or not contract.get("sf_opportunity"):
		return
	wanted = {
		"sf_renewal_opportunity": contract.sf_opportunity,
		"name": ("!=", contract.name or ""),
		"party_name": contract.party_name,
		"docstatus": ("<", 2),
	}
	contract.sf_renews = frappe.db.get_value(DOCTYPE, wanted, order_by="creation")


def _check_renewed(contract: Document) -> None:
	renewed = frappe.db.get_value(
		DOCTYPE, contract.sf_renews, ["name", "party_type", "party_name", "sf_renews"], as_dict=True
	)
	if not renewed:
		return  # Frappe says so itself
	if (renewed.party_type, renewed.party_name) != (contract.party_type, contract.party_name):
		frappe.throw(
			_("{0} is with another customer, so this contract cannot renew it.").format(
				refusals.link(DOCTYPE, renewed.name)
			),
			title=_("Renewal", context="Contract"),
		)
	if renewed.name == contract.name or renewed.sf_renews == contract.name:
		frappe.throw(_("A contract does not renew itself."), title=_("Renewal", context="Contract"))


def saved(contract: Document) -> None:
	"""After save, submit, update and cancel: the contract that this one renews knows it."""
	before = contract.get_doc_before_save()
	for name in {contract.get("sf_renews"), before and before.get("sf_renews")} - {None, ""}:
		settle(name)


def settle(name: str) -> None:
	"""Renewed where a later contract that renews this one is signed by both sides; no longer, where none is."""
	contract = _locked(name)
	if not contract:
		return
	later = frappe.db.get_value(
		DOCTYPE,
		{"sf_renews": name, "docstatus": 1, "is_signed": 1},
		order_by="creation",
	)
	if later and contract.sf_renewal_outcome != rules.RENEWED:
		_write(contract, {"sf_renewal_outcome": rules.RENEWED})
		_comment(name, _("noted that the customer has renewed: {0}").format(refusals.link(DOCTYPE, later)))
	elif not later and contract.sf_renewal_outcome == rules.RENEWED:
		_write(contract, {"sf_renewal_outcome": None})


# What a person does ----------------------------------------------------------------------------------------


def ask(name: str, on: object = None) -> dict:
	"""Notes that the customer was asked (today, if not said); asked anew after a "Later". Noting it twice changes nothing.

	Raises ValidationError for a day to come, and for a contract that is not signed with a customer or has no end.
	"""
	contract = _to_renew(name)
	day = getdate(on)
	if day > getdate():
		frappe.throw(
			_("The customer cannot have been asked on a day still to come."),
			title=_("Renewal", context="Contract"),
		)
	if contract.sf_renewal_outcome in (None, "") and contract.sf_renewal_asked_on:
		return state(contract)
	if contract.sf_renewal_outcome not in (rules.RENEWED, rules.NOT_RENEWED):
		_write(contract, {"sf_renewal_asked_on": day, "sf_renewal_outcome": None})
	return state(contract)


def put_off(name: str, on: object, note: str) -> dict:
	"""Later: the customer does not say yet, and is asked again on that day. Raises ValidationError for a day that is over,
	for one after the end of a contract that still runs, and without the customer's word."""
	contract = _to_renew(name)
	day = getdate(on) if on else None
	if not day or day <= getdate():
		frappe.throw(
			_("Say on which day to come the customer is asked again."), title=_("Renewal", context="Contract")
		)
	end = getdate(contract.end_date)
	if getdate() <= end < day:
		frappe.throw(
			_(
				"{0} ends on {1}. A customer who is asked after that has no contract any more, so choose a day until then."
			).format(refusals.link(DOCTYPE, name), formatdate(end)),
			title=_("Renewal", context="Contract"),
		)
	values = {
		"sf_renewal_outcome": rules.LATER,
		"sf_renewal_due": day,
		"sf_renewal_reminded_on": None,
		"sf_renewal_escalated_on": None,
	}
	return _answered(contract, values, note)


def decline(name: str, note: str) -> dict:
	"""Not Renewed, with what the customer said. Raises ValidationError without it."""
	return _answered(_to_renew(name), {"sf_renewal_outcome": rules.NOT_RENEWED}, note)


def _answered(contract: frappe._dict, values: dict, note: str) -> dict:
	if contract.sf_renewal_outcome == rules.RENEWED:
		frappe.throw(
			_("{0} is renewed already.").format(refusals.link(DOCTYPE, contract.name)),
			title=_("Renewal", context="Contract"),
		)
	note = cstr(note).strip()
	if not note:
		frappe.throw(
			_("Write what the customer said: it is what the next renewal is won by."),
			title=_("Renewal", context="Contract"),
		)
	asked_on = contract.sf_renewal_asked_on or getdate()
	_write(contract, {"sf_renewal_asked_on": asked_on, "sf_renewal_note": note, **values})
	said = {
		rules.LATER: _("noted that the customer is to be asked again for renewal: {0}"),
		rules.NOT_RENEWED: _("noted that the customer does not renew: {0}"),
	}[values["sf_renewal_outcome"]]
	_comment(contract.name, said.format(escape_html(note)))
	return state(contract)


def make_opportunity(name: str) -> str:
	"""The renewal opportunity of a contract, made if there is none, or if it was lost; its customer has been asked by then
	(A5).

	The user's right to make opportunities is asked. Raises ValidationError as `ask`.
	"""
	contract = _to_renew(name)
	if _is_under_way(contract):
		return contract.sf_renewal_opportunity
	company = contract.sf_company or frappe.db.get_single_value("Global Defaults", "default_company")
	opportunity = frappe.new_doc("Opportunity")
	opportunity.update(
		{
			"opportunity_from": "Customer",
			"party_name": contract.party_name,
			"company": company,
			"opportunity_owner": responsible(contract),
			"expected_closing": max(getdate(contract.end_date), getdate()),
		}
	)
	if contract.sf_currency:
		opportunity.currency = contract.sf_currency
	if flt(contract.sf_amount):
		opportunity.opportunity_amount = flt(contract.sf_amount)
	opportunity.insert()
	values = {
		"sf_renewal_opportunity": opportunity.name,
		"sf_renewal_asked_on": contract.sf_renewal_asked_on or getdate(),
	}
	if contract.sf_renewal_outcome in (rules.LATER, rules.NOT_RENEWED):
		values["sf_renewal_outcome"] = None
	_write(contract, values)
	opportunity.add_comment("Info", _("made it to renew {0}").format(refusals.link(DOCTYPE, name)))
	return opportunity.name


def _is_under_way(contract: frappe._dict) -> bool:
	"""Whether a contract has a renewal opportunity that stands; a customer who comes back after a lost one has another."""
	opportunity = contract.sf_renewal_opportunity
	status = opportunity and frappe.db.get_value("Opportunity", opportunity, "status")
	return bool(status) and (contract.sf_renewal_outcome == rules.RENEWED or status not in _OVER)


def opportunity_lost(opportunity: Document) -> None:
	"""A contract whose renewal opportunity is lost is not renewed; the reasons say why. Twice is once."""
	name = frappe.db.get_value(DOCTYPE, {"sf_renewal_opportunity": opportunity.name})
	contract = _locked(name) if name else None
	if not contract or contract.sf_renewal_outcome in (rules.RENEWED, rules.NOT_RENEWED):
		return
	reasons = [row.lost_reason for row in opportunity.get("lost_reasons") or () if row.lost_reason]
	note = "; ".join(filter(None, (", ".join(reasons), opportunity.get("order_lost_reason"))))
	values = {"sf_renewal_outcome": rules.NOT_RENEWED}
	_write(contract, values | ({"sf_renewal_note": note} if note else {}))


# Reading ---------------------------------------------------------------------------------------------------


def responsible(contract: frappe._dict | Document) -> str:
	"""Whose renewal it is: whoever looks after the contract, else the customer's account manager."""
	return contract.get("sf_allocated_to") or account_managers.of(contract.party_name) or contract.owner


def is_to_ask(contract: frappe._dict | Document, today: date) -> bool:
	"""Whether it is time to ask the customer."""
	if not contract.sf_renewal_due or getdate(contract.sf_renewal_due) > today:
		return False
	if contract.sf_renewal_outcome == rules.LATER:
		return True
	return (
		not contract.sf_renewal_outcome
		and not contract.sf_renewal_asked_on
		and getdate(contract.end_date) >= today
	)


def soon(customer: str) -> list[str]:
	"""The contracts of a customer that nobody has asked about yet, and that are to be asked for within as many days as
	the settings ask ahead: those a satisfied customer is asked about now (A5)."""
	ahead = add_days(getdate(), cint(settings().renewal_days))
	return frappe.get_all(
		DOCTYPE,
		filters={
			"party_type": "Customer",
			"party_name": customer,
			"docstatus": 1,
			"is_signed": 1,
			"end_date": (">=", getdate()),
			"sf_renewal_due": ("<=", ahead),
			"sf_renewal_asked_on": ("is", "not set"),
			"sf_renewal_outcome": ("is", "not set"),
		},
		pluck="name",
		order_by="end_date, name",
	)


def state(contract: frappe._dict) -> dict:
	"""``{"due", "asked_on", "outcome", "opportunity"}``."""
	return {
		"due": contract.sf_renewal_due,
		"asked_on": contract.sf_renewal_asked_on,
		"outcome": contract.sf_renewal_outcome or "",
		"opportunity": contract.sf_renewal_opportunity,
	}


# Writing ---------------------------------------------------------------------------------------------------


_READ = (
	"name",
	"owner",
	"docstatus",
	"is_signed",
	"party_type",
	"party_name",
	"end_date",
	"sf_company",
	"sf_allocated_to",
	"sf_amount",
	"sf_currency",
	*FIELDS,
)


def _locked(name: str) -> frappe._dict | None:
	"""A contract as it is now, and nobody else changes it meanwhile."""
	return frappe.db.get_value(DOCTYPE, name, _READ, as_dict=True, for_update=True)


def _to_renew(name: str) -> frappe._dict:
	contract = _locked(name)
	if contract and contract.party_type == "Customer" and contract.end_date:
		if contract.docstatus == 1 and contract.is_signed:
			return contract
	frappe.throw(
		_(
			"Only a contract with a customer that is signed by both sides, and that ends, is renewed: {0}"
		).format(refusals.link(DOCTYPE, name)),
		title=_("Renewal", context="Contract"),
	)


def _write(contract: frappe._dict, values: dict) -> None:
	frappe.db.set_value(DOCTYPE, contract.name, values)
	contract.update(values)


def _comment(name: str, text: str) -> None:
	frappe.get_doc(DOCTYPE, name).add_comment("Info", text)
