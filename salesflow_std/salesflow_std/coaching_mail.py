"""What people are told of coaching and recognition, each in their language (M6)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, formatdate, get_fullname

from salesflow_std.salesflow_std import announcing, notices, reps, sales_review_teams

_DOCTYPE = "Coaching Record"


def _who(doc: Document) -> str:
	return get_fullname(doc.user) if doc.user else doc.sales_person


def proposed(doc: Document, manager: str) -> None:
	"""Tells who leads that there is something to decide."""
	if not reps.is_enabled(manager):
		return
	with notices.in_language(notices.language_of(manager)):
		said = (
			_("Coaching is proposed for {0}. Confirm it or dismiss it with a reason.")
			if doc.kind == "Coaching"
			else _("Recognition is proposed for {0}. Confirm it or dismiss it with a reason.")
		)
		notices.notify(
			manager,
			said.format(f"<b>{escape_html(_who(doc))}</b>"),
			_DOCTYPE,
			doc.name,
			link=announcing.path(_DOCTYPE, doc.name),
		)


def confirmed(doc: Document) -> None:
	"""Tells the rep what was agreed, or what they are recognised for; the team of a recognition where that is wanted."""
	link = announcing.path(_DOCTYPE, doc.name)

	def say(_user: str) -> dict:
		lines = announcing.lines(doc.agreed)
		if doc.kind == "Coaching":
			return {
				"subject": _("What we agreed on for the coming weeks"),
				"lines": lines,
				"facts": [
					(_("We look at it again on", context="Coaching Record"), formatdate(doc.follow_up_on))
				],
				"action": _("Open what was agreed"),
			}
		return {
			"subject": _("Well done in {0}").format(formatdate(doc.month, "yyyy-MM")),
			"lines": lines or [_("Your results of the month stand out.")],
			"facts": [(_("Achievement", context="Coaching Record"), f"{doc.achievement:.0f} %")]
			if doc.achievement
			else [],
			"action": _("Open the recognition"),
		}

	if doc.user and reps.is_enabled(doc.user):
		announcing.tell([doc.user], say, _DOCTYPE, doc.name, link)
	if doc.kind == "Recognition" and doc.tell_team:
		_tell_team(doc)


def _tell_team(doc: Document) -> None:
	"""A notice to the others of the team. It leads nowhere: the record is the rep's own."""
	above = frappe.db.get_value("Sales Person", doc.sales_person, "parent_sales_person")
	for user in sorted(set(sales_review_teams.people_below(above, doc.user or "").values())):
		if user == frappe.session.user:
			continue
		with notices.in_language(notices.language_of(user)):
			notices.notify(
				user,
				_("{0} is recognised for the results of {1}.").format(
					f"<b>{escape_html(_who(doc))}</b>", formatdate(doc.month, "yyyy-MM")
				),
				"Sales Person",
				doc.sales_person,
				escape_html(doc.agreed or "").replace("\n", "<br>"),
				"/app",
			)
