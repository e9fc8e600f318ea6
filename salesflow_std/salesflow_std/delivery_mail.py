"""What people are told about the handover of a won deal, each in their language (C4, C5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, fmt_money, formatdate, get_fullname

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_people, reps
from salesflow_std.salesflow_std.announcing import lines, path, tell, when

_DOCTYPE = "Delivery Handover"


def form(handover: Document | frappe._dict) -> str:
	"""The path of a handover's form."""
	return path(_DOCTYPE, handover.name)


def facts(handover: Document) -> list[tuple[str, str]]:
	"""The few facts that a mail shows, in the current language."""
	found = [
		(_("Contract Signed On", context="Delivery Handover"), when(handover.signed_on)),
		(_("Responsible", context="Delivery Handover"), get_fullname(delivery_people.responsible(handover))),
	]
	if handover.kick_off_on:
		found.append((_("Kick-off On", context="Delivery Handover"), when(handover.kick_off_on)))
	return found


def documents(handover: Document) -> list[tuple[str, str]]:
	"""The documents with the paths of their forms."""
	return [
		(f"{_(row.document_type)} {row.document_name}", path(row.document_type, row.document_name))
		for row in handover.documents
	]


def _tell(users: Iterable[str | None], handover: Document, say: Callable[[str], dict]) -> None:
	people = [user for user in dict.fromkeys(users) if user and reps.is_enabled(user)]
	tell(people, say, _DOCTYPE, handover.name, form(handover))


def _functions(handover: Document, user: str) -> str:
	rows = delivery_people.rows_of(handover, user)
	return ", ".join(dict.fromkeys(_(row.receiving_function, context="Handover Receiver") for row in rows))


def asked(handover: Document, users: Iterable[str]) -> None:
	"""Asks people to take over, with links to all that goes with it."""
	_ask(handover, users, lambda: _("{0} is handed over to you: please acknowledge"))


def reminded(handover: Document, users: Iterable[str]) -> None:
	"""Reminds people who have not acknowledged."""
	_ask(handover, users, lambda: _("{0} still waits for your acknowledgement"))


def _ask(handover: Document, users: Iterable[str], words: Callable[[], str]) -> None:
	def say(user: str) -> dict:
		return {
			"subject": words().format(handover.title),
			"lines": [_("You take over for {0}.").format(_functions(handover, user))],
			"facts": facts(handover),
			"documents": documents(handover),
			"action": _("Read it and acknowledge"),
		}

	_tell(sorted(users), handover, say)


def _to_responsible(handover: Document, say: Callable[[str], dict]) -> None:
	user = delivery_people.responsible(handover)
	if user != frappe.session.user:
		_tell([user], handover, say)


def acknowledged(handover: Document, by: str, comment: str | None) -> None:
	"""Tells the responsible who has taken over, and when all have."""

	def say(_user: str) -> dict:
		if handover.status == rules.ACKNOWLEDGED:
			subject = _("All have taken over {0}: the kick-off can be held").format(handover.title)
		else:
			subject = _("{0} has taken over {1}").format(get_fullname(by), handover.title)
		return {
			"subject": subject,
			"lines": lines(comment),
			"action": _("Open the handover"),
		}

	_to_responsible(handover, say)


def asked_back(handover: Document, question: str) -> None:
	"""Tells the responsible what a receiver wants to know."""
	by = frappe.session.user

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} asks about {1}").format(get_fullname(by), handover.title),
			"lines": lines(question),
			"action": _("Open the handover"),
		}

	_to_responsible(handover, say)


def start(handover: Document, users: Iterable[str]) -> None:
	"""Tells the project team and the responsible to start (C4)."""

	def say(_user: str) -> dict:
		if handover.start_condition == rules.WITH_HANDOVER:
			line = _("The deal is handed over; its start does not wait for a payment.")
		else:
			line = _("The first payment came in on {0}: {1}.").format(
				formatdate(handover.paid_on), fmt_money(flt(handover.paid_amount), currency=handover.currency)
			)
		return {
			"subject": _("{0}: the project can start").format(handover.title),
			"lines": [line],
			"facts": facts(handover),
			"action": _("Open the handover"),
		}

	_tell(users, handover, say)


def project_wanted(handover: Document, users: Iterable[str]) -> None:
	"""Asks who delivers to make the project of a started delivery (A1)."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0}: please make the project").format(handover.title),
			"lines": [_("With it begins the weekly synchronisation with the account manager.")],
			"facts": facts(handover),
			"action": _("Open the handover"),
		}

	_tell([user for user in users if user != frappe.session.user], handover, say)


# The clock -------------------------------------------------------------------------------------------------------


def due_soon(handover: Document, user: str) -> None:
	"""Reminds the responsible that a deal is to be handed over."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} is to be handed over by {1}").format(handover.title, when(handover.due_on)),
			"facts": facts(handover),
			"action": _("Hand it over"),
		}

	_tell([user], handover, say)


def overdue(handover: Document, managers: Iterable[str]) -> None:
	"""Tells managers that a deal was not handed over in time."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Overdue: the handover of {0}").format(handover.title),
			"lines": [
				_("{0} was to hand it over by {1}.").format(
					get_fullname(delivery_people.responsible(handover)), when(handover.due_on)
				)
			],
			"facts": facts(handover),
			"action": _("Open the handover"),
		}

	_tell(managers, handover, say)
