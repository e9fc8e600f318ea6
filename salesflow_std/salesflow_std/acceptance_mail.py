"""What people are told of an acceptance, each in their language (A2)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, fmt_money, formatdate, get_fullname

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import announcing, reps

_DOCTYPE = "Acceptance Report"


def form(report: Document | frappe._dict) -> str:
	"""The path of a report's form."""
	return announcing.path(_DOCTYPE, report.name)


def result_of(report: Document | frappe._dict) -> str:
	"""The result, in the current language."""
	return _(report.result, context="Acceptance Report") if report.result else ""


def _facts(report: Document) -> list[tuple[str, str]]:
	found = [
		(_("Result", context="Acceptance Report"), result_of(report)),
		(_("Accepted On", context="Acceptance Report"), formatdate(report.accepted_on)),
	]
	if report.allocated_to:
		found.append((_("Account Manager", context="Acceptance Report"), get_fullname(report.allocated_to)))
	return found


def _money(report: Document) -> list[tuple[str, str]]:
	"""What finance asks first: how much, and to be paid when."""
	if not report.contract:
		return []
	fields = ["sf_amount", "sf_currency", "sf_payment_terms"]
	contract = frappe.db.get_value("Contract", report.contract, fields, as_dict=True) or frappe._dict()
	found = []
	if flt(contract.sf_amount):
		amount = fmt_money(flt(contract.sf_amount), currency=contract.sf_currency)
		found.append((_("Amount", context="Contract"), amount))
	if contract.sf_payment_terms:
		found.append((_("Payment Terms", context="Contract"), contract.sf_payment_terms))
	return found


def _documents(report: Document) -> list[tuple[str, str]]:
	named = (("Contract", report.contract), ("Sales Order", report.sales_order), ("Project", report.project))
	return [(f"{_(doctype)} {name}", announcing.path(doctype, name)) for doctype, name in named if name]


def _people(users: Iterable[str | None]) -> list[str]:
	return [
		user
		for user in dict.fromkeys(users)
		if user and user != frappe.session.user and reps.is_enabled(user)
	]


def for_finance(report: Document, users: Iterable[str]) -> list[str]:
	"""Tells finance that the customer has accepted, so that what is due with it is billed; returns whom."""
	people = _people(users)
	# Who submits it for finance knows it, and is told nevertheless: it stands on their list then.
	people = people or [user for user in users if reps.is_enabled(user)]

	def say(_user: str) -> dict:
		points = [row for row in report.points if not row.settled_on]
		lines = [_("What is due with the acceptance can be billed.")]
		if points:
			lines.append(_("Open points: {0}.").format(len(points)))
		return {
			"subject": _("{0} has accepted the delivery").format(report.title),
			"lines": lines,
			"facts": [*_facts(report), *_money(report)],
			"documents": _documents(report),
			"action": _("Open the acceptance report"),
		}

	announcing.tell(people, say, _DOCTYPE, report.name, form(report))
	return people


def submitted(report: Document, users: Iterable[str | None]) -> None:
	"""Tells account manager, delivery lead and, of what was not accepted, the manager how it went."""

	def say(_user: str) -> dict:
		if rules.is_accepted(report.result):
			subject = _("{0} has accepted the delivery")
		else:
			subject = _("{0} has not accepted the delivery")
		return {
			"subject": subject.format(report.title),
			"lines": announcing.lines(report.results),
			"facts": _facts(report),
			"documents": _documents(report),
			"action": _("Open the acceptance report"),
		}

	announcing.tell(_people(users), say, _DOCTYPE, report.name, form(report))


def cancelled(report: Document, users: Iterable[str | None]) -> None:
	"""Tells those who were told of an acceptance that it is cancelled."""

	def say(_user: str) -> dict:
		return {
			"subject": _("The acceptance of {0} is cancelled").format(report.title),
			"lines": [_("What was to be billed with it is to be looked at again.")],
			"facts": _facts(report),
			"action": _("Open the acceptance report"),
		}

	announcing.tell(_people(users), say, _DOCTYPE, report.name, form(report))


def settled(report: Document) -> None:
	"""Tells the account manager that no open point is left, so that they tell the customer."""

	def say(_user: str) -> dict:
		return {
			"subject": _("All open points of {0} are settled").format(report.title),
			"lines": [_("Tell the customer, and have it confirmed.")],
			"facts": _facts(report),
			"action": _("Open the acceptance report"),
		}

	announcing.tell(_people([report.allocated_to]), say, _DOCTYPE, report.name, form(report))
