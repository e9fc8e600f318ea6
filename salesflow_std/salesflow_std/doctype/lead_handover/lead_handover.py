"""One hand-over of a lead: offered, then accepted, returned or withdrawn (L12).

Inserting the record is the offer, whatever path it comes by; after that it changes by `accept`, `give_back`,
`withdraw` and by what happens to the lead (`handover`), and is never edited. While it is open the sender
stays responsible. Accepting changes the lead's owner and no deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.model.document import Document
from frappe.utils import cint, escape_html, flt, get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import follow_ups, handover, notices, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.handover import (
	ACCEPTED,
	OFFERED,
	RETURNED,
	TAKEN_BACK,
	WITHDRAWN,
	full_name,
	title_of,
	when,
)

# What the app writes alone; a form, an import or REST cannot.
_STATE = (
	"title",
	"from_user",
	"offered_on",
	"answer_due",
	"answered_on",
	"answered_by",
	"grade",
	"score",
	"points",
	"next_touch_on",
	"first_touched_on",
	"first_touch_due",
	"return_reason",
	"withdrawn_because",
	"shared",
	"escalated_on",
	"open_key",
)


class LeadHandover(Document):
	def validate(self) -> None:
		if self.is_new():
			self._offer()
		elif not self.flags.by_its_methods:
			self._keep()

	# Offering ----------------------------------------------------------------------------------------------

	def _offer(self) -> None:
		if self.status not in (None, "", OFFERED):
			frappe.throw(
				_("A hand-over begins with an offer, which the account manager accepts or returns."),
				title=_("Hand-over"),
			)
		for field in _STATE:
			self.set(field, None)
		if not (self.lead and self.to_user):
			return  # Frappe says what is missing
		lead = frappe.get_doc("Lead", self.lead, for_update=True)
		self._check_offer(lead)
		now = now_datetime().replace(microsecond=0)
		self.update(
			{
				"status": OFFERED,
				"title": lead.title or lead.name,
				"from_user": handover.rep_of(lead),
				"offered_on": now,
				"answer_due": _answer_due(lead.company, now),
				"grade": lead.sf_grade,
				"score": lead.sf_score,
				"points": lead.sf_points,
				"next_touch_on": lead.sf_next_touch_on,
				"first_touched_on": lead.sf_first_touched_on,
				"first_touch_due": lead.sf_first_touch_due,
				"open_key": lead.name,
			}
		)

	def _check_offer(self, lead: Document) -> None:
		lead.check_permission("write")
		if not handover.may_offer(lead):
			frappe.throw(
				_("Only {0}, whose lead it is, or a sales manager may hand it over.").format(
					full_name(handover.rep_of(lead))
				),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)
		handover.check_ready(lead)
		handover.check_receiver(self.to_user, lead)
		handover.check_conversation(self.conversation)
		other = frappe.db.get_value(
			"Lead Handover", {"open_key": lead.name}, ["name", "to_user"], as_dict=True, for_update=True
		)
		if other:
			frappe.throw(
				_("{0} is offered to {1} already. {2}").format(
					title_of(lead),
					full_name(other.to_user),
					get_link_to_form("Lead Handover", other.name, _("Withdraw that offer first")),
				),
				title=_("Offered Already"),
			)

	def after_insert(self) -> None:
		if not frappe.has_permission("Lead", "read", doc=self.lead, user=self.to_user):
			frappe.share.add_docshare(
				"Lead", self.lead, self.to_user, flags={"ignore_share_permission": True}
			)
			self.db_set("shared", 1, update_modified=False)
		self._note(_("has offered this lead to {0}.").format(f"<b>{full_name(self.to_user)}</b>"))
		sender = full_name(frappe.session.user)
		self._tell(
			(self.to_user,),
			lambda: (
				_("{0} offers you the lead {1}, grade {2}. Please answer by {3}.").format(
					sender, title_of(self._as_lead()), escape_html(self.grade), when(self.answer_due)
				)
				if self.answer_due
				else _("{0} offers you the lead {1}, grade {2}.").format(
					sender, title_of(self._as_lead()), escape_html(self.grade)
				)
			),
			self.conversation,
		)

	# Afterwards --------------------------------------------------------------------------------------------

	def _keep(self) -> None:
		"""An offer is not edited: it is answered, or withdrawn."""
		before = self.get_doc_before_save()
		if before.status != self.status:
			frappe.throw(
				_(
					"The status follows from an answer: open the hand-over and accept, return or withdraw it. {0}"
				).format(get_link_to_form("Lead Handover", self.name, _("Open the hand-over"))),
				title=_("Hand-over"),
			)
		for field in _STATE:
			self.set(field, before.get(field))

	def accept(self) -> datetime | None:
		"""The lead becomes the receiver's, with all its touches; no deadline changes. Returns the next one's."""
		self._check_may_answer()
		lead = frappe.get_doc("Lead", self.lead, for_update=True)
		because = handover.ground_lost(lead, self.from_user)
		if because:
			frappe.throw(
				_("{0} cannot be taken over any more: {1}.").format(
					title_of(lead), handover.in_words(because)
				),
				title=_("Hand-over"),
			)
		handover.check_receiver(self.to_user, lead)
		self._close(ACCEPTED)
		before, after = lead.sf_next_touch_on, self._give(lead)
		note = _("has taken the lead over from {0}.").format(f"<b>{full_name(self.from_user)}</b>")
		if frappe.session.user != self.to_user:
			note = _("has handed the lead over from {0} to {1}.").format(
				f"<b>{full_name(self.from_user)}</b>", f"<b>{full_name(self.to_user)}</b>"
			)
		self._note(note + " " + _what_is_next(before, after))
		self._tell(
			(self.from_user, self.to_user),
			lambda: _("{0} has taken over the lead {1}.").format(
				full_name(self.to_user), title_of(self._as_lead())
			),
		)
		return after

	def _give(self, lead: Document) -> datetime | None:
		if not frappe.has_permission("Lead", "write", doc=lead, user=self.to_user):
			frappe.share.set_docshare_permission(
				"Lead", lead.name, self.to_user, "write", flags={"ignore_share_permission": True}
			)
		self._give_tasks()
		lead.lead_owner = self.to_user
		lead.save()  # the plan follows its owner, with the dates that it has
		due = frappe.db.get_value("Lead", lead.name, "sf_next_touch_on")
		return get_datetime(due) if due else None

	def _give_tasks(self) -> None:
		"""What the sender has planned by hand, and the request for a new score, are no part of the plan."""
		touch = frappe.qb.DocType("Follow Up")
		(
			frappe.qb.update(touch)
			.set(touch.allocated_to, self.to_user)
			.set(touch.stands_in_for, None)
			.where((touch.reference_doctype == "Lead") & (touch.reference_name == self.lead))
			.where((touch.status == follow_ups.PLANNED) & touch.kind.isin(("Task", "New Score")))
			.where((touch.allocated_to == self.from_user) | (touch.stands_in_for == self.from_user))
			.run()
		)

	def give_back(self, reason: str) -> None:
		"""The lead stays with the sender, who is told why."""
		self._check_may_answer()
		reason = (reason or "").strip()
		if not reason:
			frappe.throw(
				_("Say why you return the lead: {0} has to go on with it.").format(full_name(self.from_user)),
				title=_("Reason Missing"),
			)
		self._close(RETURNED, return_reason=reason)
		told = escape_html(reason)
		self._note(_("has returned the lead to {0}: {1}").format(f"<b>{full_name(self.from_user)}</b>", told))
		answered_by = full_name(frappe.session.user)
		self._tell(
			(self.from_user, self.to_user),
			lambda: _("{0} has returned the lead {1}: {2}").format(
				answered_by, title_of(self._as_lead()), told
			),
		)

	def withdraw(self) -> None:
		"""The sender takes the offer back."""
		self._check_offered()
		if frappe.session.user != self.from_user and not self._acts_as_manager():
			frappe.throw(
				_("Only {0} or a sales manager may withdraw this offer.").format(full_name(self.from_user)),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)
		self._close(WITHDRAWN, withdrawn_because=TAKEN_BACK)
		self._note(_("has withdrawn the offer to {0}.").format(f"<b>{full_name(self.to_user)}</b>"))
		sender = full_name(frappe.session.user)
		self._tell(
			(self.from_user, self.to_user),
			lambda: _("{0} has withdrawn the offer of the lead {1}.").format(
				sender, title_of(self._as_lead())
			),
		)

	def end(self, because: str) -> None:
		"""The ground for the offer is gone; both sides are told."""
		self._close(WITHDRAWN, withdrawn_because=because)
		self._note(
			_("has ended the offer to {0}: {1}.").format(
				f"<b>{full_name(self.to_user)}</b>", handover.in_words(because)
			)
		)
		self._tell(
			(self.from_user, self.to_user),
			lambda: _("The offer of the lead {0} was withdrawn: {1}.").format(
				title_of(self._as_lead()), handover.in_words(because)
			),
		)

	def _close(self, status: str, **more: object) -> None:
		if self.shared and status != ACCEPTED:
			_unshare(self.lead, self.to_user)
		self.update(
			{
				"status": status,
				"answered_on": now_datetime().replace(microsecond=0),
				"answered_by": frappe.session.user,
				"open_key": None,
				**more,
			}
		)
		self.flags.by_its_methods = True
		# Who may answer or end an offer is checked by each method.
		self.save(ignore_permissions=True)
		self.flags.by_its_methods = False

	# Who may, and who hears of it --------------------------------------------------------------------------

	def _check_offered(self) -> None:
		if self.status != OFFERED:
			frappe.throw(
				_("This hand-over is not open any more: it was answered or withdrawn on {0}.").format(
					when(self.answered_on)
				),
				title=_("Answered Already"),
			)

	def _check_may_answer(self) -> None:
		self._check_offered()
		if frappe.session.user != self.to_user and not self._acts_as_manager():
			frappe.throw(
				_("Only {0} or a sales manager may answer this offer.").format(full_name(self.to_user)),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def _acts_as_manager(self) -> bool:
		return reps.is_manager() and bool(frappe.has_permission("Lead", "write", doc=self.lead))

	def _as_lead(self) -> dict[str, str]:
		return {"title": self.title, "name": self.lead}

	def _note(self, text: str) -> None:
		"""A line in the lead's timeline, which puts the user's name before it."""
		# Without the host of this request: what is kept is read from elsewhere, too.
		link = f'<a href="/app/lead-handover/{self.name}">{_("Hand-over")}</a>'
		frappe.get_doc("Lead", self.lead).add_comment("Info", f"{text} {link}")

	def _tell(self, users: tuple[str, ...], say: Callable[[], str], content: str = "") -> None:
		"""Puts a notice before users, in the language of each; whoever acts knows it."""
		for user in dict.fromkeys(users):
			if user == frappe.session.user or not frappe.db.exists("User", user):
				continue
			with notices.in_language(notices.language_of(user)):
				notices.notify(user, say(), "Lead Handover", self.name, content)


def _answer_due(company: str | None, start: datetime) -> datetime | None:
	current = settings()
	amount = flt(current.handover_amount)
	if not amount:
		return None
	return worktime.add(start, amount, current.handover_unit or "Working Days", working_calendar(company))


def _what_is_next(before: object, after: datetime | None) -> str:
	"""The deadline goes on as it was; where it could not, nobody should have to find out."""
	if not after:
		return ""
	if before and get_datetime(before) != after:
		return _(
			"The next touch moves from {0} to {1}, because the first of these days is a day off."
		).format(when(before), when(after))
	return _("The next touch stays due {0}.").format(when(after))


def _unshare(lead: str, user: str) -> None:
	"""Takes back the right to read that came with the offer; one that has been widened since stays."""
	share = frappe.db.get_value(
		"DocShare",
		{"share_doctype": "Lead", "share_name": lead, "user": user},
		["name", "write", "share"],
		as_dict=True,
	)
	if share and not cint(share.write) and not cint(share.share):
		frappe.delete_doc(
			"DocShare", share.name, ignore_permissions=True, flags={"ignore_share_permission": True}
		)


def locked(name: str) -> LeadHandover:
	"""A hand-over to be answered, locked together with its lead: always the lead first, as its saves do."""
	lead = frappe.db.get_value("Lead Handover", name, "lead")
	if lead:
		frappe.db.get_value("Lead", lead, "name", for_update=True)
	return frappe.get_doc("Lead Handover", name, for_update=True)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Hand-overs are seen by both sides and by those who see the lead."""
	user = user or frappe.session.user
	if user == "Administrator":
		return ""
	escaped = frappe.db.escape(user)
	conditions = [f"`tabLead Handover`.from_user = {escaped}", f"`tabLead Handover`.to_user = {escaped}"]
	if frappe.has_permission("Lead", "read", user=user):
		match = build_match_conditions("Lead", user=user)
		if not match:
			return ""
		conditions.append(f"`tabLead Handover`.lead in (select `tabLead`.name from `tabLead` where {match})")
	return f"({' or '.join(conditions)})"


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""As `permission_query_conditions`; making one needs the right to change the lead, deleting is for managers."""
	user = user or frappe.session.user
	if not doc.get("lead"):
		return True  # validate says what is missing
	if ptype == "create" or doc.is_new():
		return bool(frappe.has_permission("Lead", "write", doc=doc.lead, user=user))
	if ptype == "delete":
		return reps.is_manager(user) and bool(frappe.has_permission("Lead", "write", doc=doc.lead, user=user))
	if user in (doc.get("from_user"), doc.get("to_user")):
		return True
	needed = "read" if ptype in ("read", "print", "email", "export", "report", "share", "select") else "write"
	return bool(frappe.has_permission("Lead", needed, doc=doc.lead, user=user))
