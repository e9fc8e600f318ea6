"""What people are told about the weekly synchronisation of a delivery, each in their language (A1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import formatdate, get_fullname, getdate, now_datetime

from salesflow_std.salesflow_std import announcing, reps, sync_sheet

_DOCTYPE = "Delivery Sync"


def form(sync: Document | frappe._dict) -> str:
	"""The path of a sync's form."""
	return announcing.path(_DOCTYPE, sync.name)


def asked_of(sync: Document | frappe._dict) -> str | None:
	"""Who is asked today how a delivery stands: who delivers, else the account manager, or who stands in."""
	user = sync.delivery_user or sync.allocated_to
	return reps.on_duty(user, getdate(now_datetime())) if user else None


def facts(sync: Document) -> list[tuple[str, str]]:
	"""The few facts that a mail shows, in the current language."""
	return [
		(_("Project", context="Delivery Sync"), _project_name(sync)),
		(_("Week Of", context="Delivery Sync"), formatdate(sync.week_of)),
		(
			_("Account Manager", context="Delivery Sync"),
			get_fullname(sync.allocated_to) if sync.allocated_to else "",
		),
		(_("Due On", context="Delivery Sync"), announcing.when(sync.due_on)),
	]


def _project_name(sync: Document) -> str:
	return frappe.db.get_value("Project", sync.project, "project_name") or sync.project


def _tell(users: Iterable[str | None], sync: Document, say: Callable[[str], dict]) -> None:
	people = [user for user in dict.fromkeys(users) if user and reps.is_enabled(user)]
	announcing.tell(people, say, _DOCTYPE, sync.name, form(sync))


def asked(sync: Document) -> None:
	"""Asks who delivers to tell how it stands."""

	def say(_user: str) -> dict:
		return {
			"subject": _("{0}: how does the delivery stand? Please say it by {1}").format(
				sync.title, announcing.when(sync.due_on)
			),
			"facts": facts(sync),
			"action": _("Say how it stands"),
		}

	_tell([user for user in [asked_of(sync)] if user != frappe.session.user], sync, say)


def told(sync: Document, before: frappe._dict | None) -> None:
	"""Tells the account manager, and who delivers, what has changed; where it runs late now, the manager as well."""
	users = [sync.allocated_to, sync.delivery_user]
	if sync.health == sync_sheet.LATE and not (before and before.health == sync_sheet.LATE):
		users += reps.escalate_to(sync.allocated_to) if sync.allocated_to else []

	def say(_user: str) -> dict:
		return {
			"subject": _("Delivery of {0}: {1}").format(sync.title, sync_sheet.health(sync.health)),
			"lines": sync_sheet.changes(sync, before) + announcing.lines(sync.done_this_week, sync.next_week),
			"facts": facts(sync),
			"action": _("Open the week"),
		}

	_tell([user for user in users if user != frappe.session.user], sync, say)
