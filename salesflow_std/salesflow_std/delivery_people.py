"""Who takes over a won deal, and who stands in for them (C5)."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.model.document import Document
from frappe.utils import nowdate
from frappe.utils.user import get_users_with_role

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import minutes, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

# Where the settings name nobody of a function.
_ROLES = {
	rules.DELIVERY: "Projects Manager",
	rules.FINANCE: "Accounts Manager",
	rules.AFTER_SALES: "Support Team",
}
# Each has to acknowledge, so a whole team is not asked unless somebody says so.
_MOST = 3


def team(company: str | None) -> list[rules.Receiver]:
	"""Who takes over the deals of a company: by the settings, those of the company before those of all; where these name
	nobody of a function, users of its role."""
	found = []
	for function in rules.FUNCTIONS:
		users = _named(function, company) or sorted(
			filter(_works_here, get_users_with_role(_ROLES[function]))
		)
		found += [rules.Receiver(function, user) for user in users[:_MOST]]
	return found


def _named(function: str, company: str | None) -> list[str]:
	rows = [row for row in settings().handover_team if row.receiving_function == function]
	own = [row.user for row in rows if row.company and row.company == company]
	users = own or [row.user for row in rows if not row.company]
	return [user for user in dict.fromkeys(users) if _works_here(user)]


def _works_here(user: str) -> bool:
	return reps.is_enabled(user) and frappe.get_cached_value("User", user, "user_type") == "System User"


def works_here(user: str | None) -> bool:
	"""Whether somebody may take over: they log in and use the desk."""
	return bool(user) and _works_here(user)


def of(handover: Document) -> list[rules.Receiver]:
	"""The receivers of a handover, as the rules know them."""
	return [
		rules.Receiver(row.receiving_function, row.user, row.acknowledged_on) for row in handover.receivers
	]


def rows_of(handover: Document, user: str, day: date | None = None) -> list[Document]:
	"""A user's rows among those who take over: their own, and of whom they stand in for on a day."""
	day = day or frappe.utils.getdate(nowdate())
	return [row for row in handover.receivers if user in (row.user, reps.on_duty(row.user, day))]


def everybody(handover: Document) -> list[str]:
	"""Receivers and those who stand in for them today."""
	today = frappe.utils.getdate(nowdate())
	users = [user for row in handover.receivers for user in (row.user, reps.on_duty(row.user, today))]
	return list(dict.fromkeys(users))


def responsible(handover: Document) -> str:
	"""Whose deal it is: the responsible user, else who made the handover."""
	return handover.allocated_to or handover.owner


def contacts(handover: Document) -> list[dict]:
	"""The contacts that a handover begins with: the deal's person at the customer, the rep, and who takes over."""
	subject = (
		("Opportunity", handover.opportunity) if handover.opportunity else ("Customer", handover.customer)
	)
	found = [
		person for person in minutes.people(*subject) if person["chosen"] and person["side"] == rules.CUSTOMER
	]
	for user in dict.fromkeys((responsible(handover), *(row.user for row in handover.receivers))):
		person = minutes.colleague(user) if user else None
		if person:
			found.append(person)
	return [{key: value for key, value in person.items() if key != "chosen"} for person in found]
