"""What people are told about renewals, each in their language, by notice and mail (A5)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import flt, fmt_money, formatdate, get_fullname

from salesflow_std.salesflow_std import announcing, renewals


def to_ask(contract: frappe._dict, users: Iterable[str]) -> None:
	"""It is time to ask the customer."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Ask for renewal: the contract with {0} ends on {1}").format(
				_customer(contract), formatdate(contract.end_date)
			),
			"lines": announcing.lines(contract.sf_renewal_note),
			"facts": _facts(contract),
			"action": _("Open the contract"),
		}

	announcing.tell(users, say, renewals.DOCTYPE, contract.name, _form(contract))


def late(contract: frappe._dict, users: Iterable[str]) -> None:
	"""Nobody has asked, or nobody has written down the answer: the manager hears of it."""

	def say(_user: str) -> dict:
		rep = get_fullname(renewals.responsible(contract))
		if contract.sf_renewal_asked_on and contract.sf_renewal_outcome != "Later":
			line = _("{0} asked on {1} and has written down no answer.").format(
				rep, formatdate(contract.sf_renewal_asked_on)
			)
		else:
			line = _("{0} was to ask from {1} on.").format(rep, formatdate(contract.sf_renewal_due))
		return {
			"subject": _("Renewal not settled: the contract with {0} ends on {1}").format(
				_customer(contract), formatdate(contract.end_date)
			),
			"lines": [line],
			"facts": _facts(contract),
			"action": _("Open the contract"),
		}

	announcing.tell(users, say, renewals.DOCTYPE, contract.name, _form(contract))


def _customer(contract: frappe._dict) -> str:
	return contract.party_full_name or contract.party_name


def _form(contract: frappe._dict) -> str:
	return announcing.path(renewals.DOCTYPE, contract.name)


def _facts(contract: frappe._dict) -> list[tuple[str, str]]:
	amount = flt(contract.sf_amount) and fmt_money(flt(contract.sf_amount), currency=contract.sf_currency)
	rows = (
		(_("Contract"), contract.name),
		(_("Amount", context="Contract"), amount),
		(_("Company"), contract.sf_company),
	)
	return [(label, text) for label, text in rows if text]
