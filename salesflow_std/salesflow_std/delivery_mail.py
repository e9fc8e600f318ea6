"""What people are told about the handover of a won deal, each in their language (C4, C5)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.desk.utils import slug
from frappe.model.document import Document
from frappe.utils import flt, fmt_money, format_datetime, formatdate, get_datetime, get_fullname, quoted

from salesflow_std.engine import delivery as rules
from salesflow_std.salesflow_std import delivery_people, reps
from salesflow_std.salesflow_std.announcing import tell

_DOCTYPE = "Delivery Handover"


def form(handover: Document | frappe._dict) -> str:
	"""The path of a handover's form."""
	return path(_DOCTYPE, handover.name)


def path(doctype: str, name: str) -> str:
	"""The path of a form of the desk."""
	return f"/app/{slug(doctype)}/{quoted(name)}"


def when(moment: object) -> str:
	"""A day and the time of day."""
	return format_datetime(get_datetime(moment), "yyyy-MM-dd HH:mm") if moment else ""


def facts(handover: Document) -> list[tuple[str, str]]:
	"""The few facts that a mail shows, in the current language."""
	found = [
		(_("Contract Signed On", context=_DOCTYPE), when(handover.signed_on)),
		(_("Responsible", context=_DOCTYPE), get_fullname(delivery_people.responsible(handover))),
	]
	if handover.kick_off_on:
		found.append((_("Kick-off On", context=_DOCTYPE), when(handover.kick_off_on)))
	return found


def documents(handover: Document) -> list[tuple[str, str]]:
	"""The documents with the paths of their forms."""
	return [
		(f"{_(row.document_type)} {row.document_name}", path(row.document_type, row.document_name))
		for row in handover.documents
	]


def _enabled(users: Iterable[str | None]) -> list[str]:
	return [user for user in dict.fromkeys(users) if user and reps.is_enabled(user)]


def _functions(handover: Document, user: str) -> str:
	rows = delivery_people.rows_of(handover, user)
	return ", ".join(dict.fromkeys(_(row.receiving_function, context="Handover Receiver") for row in rows))


def asked(handover: Document, users: Iterable[str]) -> None:
	"""Asks people to take over, with links to all that goes with it."""

	def say(user: str) -> dict:
		return {
			"subject": _("{0} is handed over to you: please acknowledge").format(handover.title),
			"lines": [_("You take over for {0}.").format(_functions(handover, user))],
			"facts": facts(handover),
			"documents": documents(handover),
			"action": _("Read it and acknowledge"),
		}

	tell(_enabled(sorted(users)), say, _DOCTYPE, handover.name, form(handover))


def reminded(handover: Document, users: Iterable[str]) -> None:
	"""Reminds people who have not acknowledged."""

	def say(user: str) -> dict:
		return {
			"subject": _("{0} still waits for your acknowledgement").format(handover.title),
			"lines": [_("You take over for {0}.").format(_functions(handover, user))],
			"facts": facts(handover),
			"documents": documents(handover),
			"action": _("Read it and acknowledge"),
		}

	tell(_enabled(sorted(users)), say, _DOCTYPE, handover.name, form(handover))


def _to_responsible(handover: Document, say: object) -> None:
	user = delivery_people.responsible(handover)
	if user != frappe.session.user:
		tell(_enabled([user]), say, _DOCTYPE, handover.name, form(handover))


def acknowledged(handover: Document, by: str, comment: str | None) -> None:
	"""Tells the responsible who has taken over, and when all have."""

	def say(_user: str) -> dict:
		if handover.status == rules.ACKNOWLEDGED:
			subject = _("All have taken over {0}: the kick-off can be held").format(handover.title)
		else:
			subject = _("{0} has taken over {1}").format(get_fullname(by), handover.title)
		return {
			"subject": subject,
			"lines": [line for line in (comment or "").splitlines() if line.strip()],
			"action": _("Open the handover"),
		}

	_to_responsible(handover, say)


def asked_back(handover: Document, question: str) -> None:
	"""Tells the responsible what a receiver wants to know."""
	by = frappe.session.user

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} asks about {1}").format(get_fullname(by), handover.title),
			"lines": [line for line in question.splitlines() if line.strip()],
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

	tell(_enabled(users), say, _DOCTYPE, handover.name, form(handover))


# The clock -------------------------------------------------------------------------------------------------------


def due_soon(handover: Document, user: str) -> None:
	"""Reminds the responsible that a deal is to be handed over."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0} is to be handed over by {1}").format(handover.title, when(handover.due_on)),
			"facts": facts(handover),
			"action": _("Hand it over"),
		}

	tell(_enabled([user]), say, _DOCTYPE, handover.name, form(handover))


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

	tell(_enabled(managers), say, _DOCTYPE, handover.name, form(handover))
