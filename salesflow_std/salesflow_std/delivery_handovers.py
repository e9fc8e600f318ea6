"""The handover of a won deal (C5): made with the signature, handed over with its documents, acknowledged by each.

A contract has one handover. Each step locks the handover first; done twice it does nothing the second time.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_datetime, now_datetime, nowdate

from salesflow_std.engine import delivery as rules
from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import (
	contracts,
	delivery_documents,
	delivery_mail,
	delivery_people,
	delivery_start,
	profiles,
	refusals,
	reps,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

DOCTYPE = "Delivery Handover"


# Making ----------------------------------------------------------------------------------------------------------


def contract_signed(contract: str) -> str | None:
	"""After a contract is signed by both sides: its handover, as a draft (C5); None where it is no deal's.

	Called as often as one likes: a contract has one handover. One that replaces a cancelled contract takes its handover.
	"""
	found = of_contract(contract)
	if found or not contracts.is_of_deal(frappe.get_doc(contracts.DOCTYPE, contract)):
		return found
	return _taken_over(contract) or make(contract).name


def make(contract: str) -> Document:
	"""The handover of a signed contract, made if there is none. Raises ValidationError for one that is not signed."""
	# Two who make it at once wait for each other here.
	frappe.db.get_value(contracts.DOCTYPE, contract, "name", for_update=True)
	if found := of_contract(contract, for_update=True):
		return frappe.get_doc(DOCTYPE, found)
	handover = frappe.new_doc(DOCTYPE)
	handover.contract = contract
	handover.flags.by_app = True
	return handover.insert(ignore_permissions=True)


def of_contract(contract: str, for_update: bool = False) -> str | None:
	"""The handover of a contract."""
	return frappe.db.get_value(
		DOCTYPE, {"contract": contract}, "name", order_by="creation", for_update=for_update
	)


def _taken_over(contract: str) -> str | None:
	before = frappe.db.get_value(contracts.DOCTYPE, contract, "amended_from")
	found = before and of_contract(before)
	if not found:
		return None
	frappe.db.set_value(DOCTYPE, found, "contract", contract)
	handover = frappe.get_doc(DOCTYPE, found)
	delivery_documents.refresh(handover)
	_save(handover)
	return found


def begin(handover: Document) -> None:
	"""Fills a new handover from its contract; what somebody has chosen stays. Raises ValidationError where the contract
	is not signed with a customer, or has a handover."""
	contract = frappe.get_doc(contracts.DOCTYPE, handover.contract)
	_check_contract(contract)
	opportunity = delivery_documents.opportunity_of(contract.name)
	deal = (
		frappe.db.get_value("Opportunity", opportunity, ["company", "opportunity_owner"], as_dict=True)
		if opportunity
		else None
	) or frappe._dict()
	signed_on = get_datetime(contract.get("sf_signed_on") or contract.signed_on or now_datetime())
	company = (
		contract.get("sf_company")
		or deal.company
		or frappe.db.get_single_value("Global Defaults", "default_company")
	)
	owners = (contract.get("sf_allocated_to"), deal.opportunity_owner, contract.owner)
	handover.update(
		{
			"customer": contract.party_name,
			"title": profiles.company_name("Customer", contract.party_name) or contract.party_name,
			"company": company,
			"currency": frappe.get_cached_value("Company", company, "default_currency") if company else None,
			"opportunity": opportunity,
			"status": rules.DRAFT,
			"signed_on": signed_on,
			"due_on": due_on(signed_on, company),
			"allocated_to": handover.allocated_to or next(filter(_may_be_responsible, owners), None),
		}
	)
	if not handover.sales_order:
		handover.sales_order = next(reversed(delivery_documents.orders_of(handover)), None)
	if not handover.receivers:
		for one in delivery_people.team(company):
			handover.append("receivers", {"receiving_function": one.function, "user": one.user})
	if not handover.contacts:
		for person in delivery_people.contacts(handover):
			handover.append("contacts", person)


def _may_be_responsible(user: str | None) -> bool:
	return bool(user) and user != "Guest" and reps.is_enabled(user)


def _check_contract(contract: Document) -> None:
	if contract.party_type != "Customer":
		frappe.throw(
			_("Contract {0} is with no customer, so there is nothing to deliver.").format(
				refusals.link(contract.doctype, contract.name)
			),
			title=_("No Customer"),
		)
	if contract.docstatus != 1 or not contract.is_signed:
		frappe.throw(
			_("Contract {0} is not signed by both sides yet. The handover begins with the signature.").format(
				refusals.link(contract.doctype, contract.name)
			),
			title=_("Not Signed"),
		)
	if found := of_contract(contract.name):
		frappe.throw(
			_("This contract has a handover already: {0}").format(refusals.link(DOCTYPE, found)),
			frappe.DuplicateEntryError,
			title=_("Handed Over Once"),
		)


def due_on(signed_on: object, company: str | None) -> object:
	"""Until when a deal signed then is to be handed over (C5)."""
	current = settings()
	return worktime.add(
		get_datetime(signed_on),
		current.delivery_handover_amount or 0,
		current.delivery_handover_unit or "Working Days",
		working_calendar(company),
	)


# Steps -----------------------------------------------------------------------------------------------------------


def locked(name: str) -> Document:
	"""A handover as it is now, and nobody else changes it meanwhile."""
	return frappe.get_doc(DOCTYPE, name, for_update=True)


def _save(handover: Document) -> None:
	handover.flags.by_app = True
	# What was gathered may be cancelled by now; `refresh` brings it up to date.
	handover.flags.ignore_links = True
	handover.save(ignore_permissions=True)


def refresh(name: str) -> dict:
	"""Gathers the documents anew; who was asked already may read the new ones."""
	handover = locked(name)
	if delivery_documents.refresh(handover):
		_save(handover)
		if handover.status != rules.DRAFT:
			delivery_documents.share(handover, delivery_people.everybody(handover))
	return state(handover)


def hand_over(name: str) -> dict:
	"""Draft -> Handed Over: each receiver is told, by notice and mail, and may read what is in it (C5).

	Raises ValidationError where a function has nobody who takes over.
	"""
	handover = locked(name)
	if handover.status != rules.DRAFT:
		return state(handover)
	_check_manned(handover)
	delivery_documents.refresh(handover)
	handover.update(
		{
			"status": rules.HANDED_OVER,
			"handed_over_on": now_datetime(),
			"handed_over_by": frappe.session.user,
		}
	)
	_save(handover)  # asks them, see `ask`
	delivery_start.tell(handover)
	return state(handover)


def _check_manned(handover: Document) -> None:
	missing = rules.unmanned(delivery_people.of(handover))
	if missing:
		names = ", ".join(_(function, context="Handover Receiver") for function in missing)
		frappe.throw(
			_("Nobody takes over for: {0}.").format(f"<b>{names}</b>")
			+ " "
			+ _(
				"A won deal goes to delivery, finance and after-sales, so that nobody learns of it from the customer."
			)
			+ f"<p>{refusals.link(DOCTYPE, handover.name, _('Add them under Who Takes Over'))}</p>",
			title=_("Not Handed Over"),
		)


def ask(handover: Document) -> None:
	"""After a handover is saved: who takes over and was not asked yet is asked, and may read what is in it."""
	if handover.status == rules.DRAFT:
		return
	rows = [row for row in handover.receivers if not row.asked_on]
	if not rows:
		return
	now, today = now_datetime(), frappe.utils.getdate(nowdate())
	for row in rows:
		row.db_set("asked_on", now, update_modified=False)
	asked = [user for row in rows for user in (row.user, reps.on_duty(row.user, today))]
	delivery_documents.share(handover, asked)
	delivery_mail.asked(handover, {reps.on_duty(row.user, today) for row in rows})


def acknowledge(name: str, comment: str | None = None) -> dict:
	"""Says that the user, or whom they stand in for, has taken over (C5); with the last one it is Acknowledged.

	Raises PermissionError for who is not asked.
	"""
	user = frappe.session.user
	handover = locked(name)
	rows = _own_rows(handover, user)
	open_rows = [row for row in rows if not row.acknowledged_on]
	if not open_rows:
		return state(handover)
	for row in open_rows:
		row.update({"acknowledged_on": now_datetime(), "acknowledged_by": user})
		row.comment = (comment or "").strip() or row.comment
	handover.status = rules.status_of(handover.status, delivery_people.of(handover))
	_save(handover)
	if comment and comment.strip():
		handover.add_comment("Info", _("has taken over: {0}").format(escape_html(comment.strip())))
	delivery_mail.acknowledged(handover, user, comment)
	return state(handover)


def ask_back(name: str, question: str) -> dict:
	"""A receiver asks the responsible something before taking over; raises PermissionError for who is not asked."""
	question = (question or "").strip()
	if not question:
		frappe.throw(_("Write what you want to know."), title=_("Question Missing"))
	handover = locked(name)
	for row in _own_rows(handover, frappe.session.user):
		row.question = question
	_save(handover)
	handover.add_comment("Info", _("asks: {0}").format(escape_html(question)))
	delivery_mail.asked_back(handover, question)
	return state(handover)


def _own_rows(handover: Document, user: str) -> list[Document]:
	rows = delivery_people.rows_of(handover, user)
	if not rows:
		frappe.throw(
			_("Only those who take over this deal, and who stands in for them, acknowledge it."),
			frappe.PermissionError,
			title=_("Not Asked"),
		)
	if handover.status == rules.DRAFT:
		frappe.throw(_("This deal has not been handed over yet."), title=_("Not Handed Over"))
	return rows


def settle(handover: Document) -> None:
	"""Before a handover is saved: its status follows its receivers."""
	handover.status = rules.status_of(handover.status, delivery_people.of(handover))
	if handover.status == rules.ACKNOWLEDGED:
		handover.acknowledged_on = handover.acknowledged_on or now_datetime()
	elif handover.status != rules.STARTED:
		handover.acknowledged_on = None


def state(handover: Document) -> dict:
	"""``{"name", "status"}``."""
	return {"name": handover.name, "status": handover.status}
