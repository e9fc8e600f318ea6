"""One touch, planned or done (F1-F5). Most are planned by themselves; a rep may plan one by hand as well."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, get_link_to_form, now_datetime

from salesflow_std.salesflow_std import access, actions, care_plans, follow_ups, plans, reps, touches
from salesflow_std.salesflow_std.follow_ups import CANCELLED, CUSTOMER, DONE, MISSED, PLANNED, REFERENCES

# What the app writes alone; a form, an import or REST cannot.
_STATE = (
	"title",
	"kind",
	"policy",
	"grade",
	"festival",
	"late_on",
	"done_by",
	"stands_in_for",
	"event",
	"answers",
	"touch_doctype",
	"touch_name",
	"touch_key",
	"replied_on",
	"escalated_on",
	"escalated_to",
	"digest_sent_on",
	"open_key",
	"retry",
)


class FollowUp(Document):
	def save(self, *args: object, **kwargs: object) -> Document:
		"""Locks the document first, as everybody else does who plans; the other way round two would wait for
		each other."""
		if self.reference_doctype in REFERENCES and not self.is_new():
			frappe.db.get_value(self.reference_doctype, self.reference_name, "name", for_update=True)
		return super().save(*args, **kwargs)

	def before_insert(self) -> None:
		for field in _STATE:
			self.set(field, None)
		self.kind = "Task"

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if before:
			for field in _STATE:
				self.set(field, before.get(field))
			if self.kind != "Task" and not reps.is_manager():
				self.allocated_to = before.allocated_to  # it follows the document's owner
		self._check_reference()
		self._check_status(before)
		if self.status == PLANNED:
			self._check_plan(before)
		elif self.status == DONE and (before is None or before.status == PLANNED):
			self._check_outcome()
		self._check_value_content(before)

	def _check_reference(self) -> None:
		if self.reference_doctype not in REFERENCES:
			frappe.throw(
				_("Follow-ups are for {0}, not for {1}.").format(
					", ".join(_(doctype) for doctype in REFERENCES), _(self.reference_doctype or "")
				),
				title=_("Document Type", context="Follow Up"),
			)
		if self.is_new() and not self.title:
			called = "customer_name" if self.reference_doctype == CUSTOMER else "title"
			self.title = (
				frappe.db.get_value(self.reference_doctype, self.reference_name, called)
				or self.reference_name
			)

	def _check_status(self, before: Document | None) -> None:
		if before is None:
			if self.status not in (PLANNED, DONE):
				frappe.throw(_("A new follow-up is planned or done."), title=_("Status"))
			return
		if before.status == self.status:
			return
		if before.status != PLANNED:
			frappe.throw(
				_("This follow-up is {0} already; what happened stays as it was. {1}").format(
					_(before.status, context="Follow Up"), self._where_to_go()
				),
				title=_("Already Closed"),
			)
		if self.status == CANCELLED:
			self._check_escape(before)
			# Who has dropped it: a rhythm counts from there, and not from what the plan has taken away (P6).
			self.done_by = frappe.session.user
		if self.status == MISSED:
			frappe.throw(
				_(
					"The clock says which follow-ups are missed. Finish this one with its outcome, or cancel it."
				),
				title=_("Status"),
			)

	def _check_escape(self, before: Document) -> None:
		"""F5: what is overdue is done, with its outcome; only a manager puts it off or drops it."""
		if get_datetime(before.due_on) > now_datetime() or before.kind == "Task" or reps.is_manager():
			return
		frappe.throw(
			_(
				"This follow-up is overdue. Say how it went; only a sales manager may put it off or cancel it."
			),
			title=_("Overdue", context="Follow Up"),
		)

	def _where_to_go(self) -> str:
		"""The touch that is open now, as a link."""
		touch = follow_ups.open_touches(self.reference_doctype, self.reference_name)[:1]
		if not touch:
			return ""
		return _("The next one: {0}").format(
			get_link_to_form(
				"Follow Up", touch[0].name, frappe.format(touch[0].due_on, {"fieldtype": "Datetime"})
			)
		)

	def _check_plan(self, before: Document | None) -> None:
		moved = before and get_datetime(before.due_on) != get_datetime(self.due_on)
		if moved:
			self._check_escape(before)
		if before is None or moved:
			if get_datetime(self.due_on) < now_datetime():
				frappe.throw(_("A follow-up cannot be planned for a time that is over."), title=_("Due On"))
			self._count_late()
			if moved and self.kind == "Rhythm":
				self.kind = "Promise"  # moved by hand, it stays where it was put

	def _count_late(self) -> None:
		due = get_datetime(self.due_on)
		if self.reference_doctype == CUSTOMER:
			self.late_on = care_plans.planner_of(self.policy, self.allocated_to).late(due)
		elif row := follow_ups.read(self.reference_doctype, [self.reference_name]):
			planner = follow_ups.Planning().planner_for(self.reference_doctype, row[0])[1]
			self.late_on = planner.late(due)

	def _check_outcome(self) -> None:
		if self.kind == "New Score":
			self.done_on = self.done_on or now_datetime()
			self.done_by = frappe.session.user
			self.open_key = None
			return
		if not self.outcome:
			frappe.throw(
				_("Say how it went: a follow-up is done with an outcome. {0}").format(
					get_link_to_form("Follow Up", self.name, _("Open it")) if not self.is_new() else ""
				),
				title=_("Outcome Missing"),
			)
		if self.reference_doctype == CUSTOMER and self.outcome == "Not Interested":
			frappe.throw(
				_(
					"Whether a customer is lost is not said here. Say what came of this touch, and make a loss analysis of a customer who has gone."
				),
				title=_("Outcome", context="Follow Up"),
			)
		now = now_datetime()
		self.done_on = get_datetime(self.done_on) if self.done_on else now
		if self.done_on > now + touches.CLOCK_TOLERANCE:
			frappe.throw(_("A follow-up cannot be done at a time still to come."), title=_("Done On"))
		self.done_on = min(self.done_on, now)
		self._check_capture()
		needed = {
			"Call Later": ("next_on", _("Say when the customer wants to be called.")),
			"Meeting Agreed": ("next_on", _("Say when the meeting is.")),
			"Not Interested": (
				"what_now",
				_("Say whether the customer goes to the nurture pool or is lost."),
			),
		}.get(self.outcome)
		if needed and not self.get(needed[0]):
			frappe.throw(needed[1], title=_(self.meta.get_label(needed[0]), context="Follow Up"))
		if self.next_on and get_datetime(self.next_on) < self.done_on:
			frappe.throw(
				_("The agreed date lies before the follow-up itself."),
				title=_("Agreed Next Date", context="Follow Up"),
			)
		if self.outcome != "Not Interested":
			self.what_now = None
		if self.what_now == "Nurture Pool" and not self._has_lead():
			frappe.throw(
				_(
					"Only leads go to the nurture pool, and this opportunity has none. Say that it is lost, and why."
				),
				title=_("What Now", context="Follow Up"),
			)
		if self.what_now == "Lost" and not self.lost_reason:
			frappe.throw(_("Say why the customer is lost."), title=_("Lost Reason", context="Follow Up"))
		self.done_by = frappe.session.user
		self.open_key = None
		if self.kind == "Meeting" and self.event and self.outcome in touches.REACHED:
			# The meeting is written up here; its event, completed later, does not count once more.
			self.touch_doctype, self.touch_name = "Event", self.event

	def _has_lead(self) -> bool:
		return self.reference_doctype == "Lead" or (
			frappe.db.get_value("Opportunity", self.reference_name, "opportunity_from") == "Lead"
		)

	def _check_capture(self) -> None:
		"""L7: nobody was reached before the lead was won."""
		captured = (
			frappe.db.get_value("Lead", self.reference_name, "sf_captured_on")
			if self.reference_doctype == "Lead"
			else None
		)
		if captured and self.done_on < get_datetime(captured) - touches.CLOCK_TOLERANCE:
			frappe.throw(
				_("The lead was captured on {0}; it cannot have been touched before.").format(
					frappe.format(captured, {"fieldtype": "Datetime"})
				),
				title=_("Done On"),
			)

	def _check_value_content(self, before: Document | None) -> None:
		"""F3: nobody gets the same item twice."""
		if not self.value_content or (before and before.value_content == self.value_content):
			return
		if frappe.get_cached_value("Value Content", self.value_content, "kind") == "Greeting":
			return  # it comes each year
		used = used_by(self.reference_doctype, self.reference_name, self.value_content)
		if used and used.name != self.name:
			frappe.throw(
				_("{0} has had {1} on {2}. Nobody gets the same item twice; choose another one.").format(
					frappe.bold(frappe.utils.escape_html(self.title or self.reference_name)),
					frappe.bold(frappe.utils.escape_html(self.value_content)),
					frappe.format(used.done_on, {"fieldtype": "Datetime"}),
				),
				title=_("Value Content", context="Follow Up"),
			)

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if self.status == DONE and (before is None or before.status == PLANNED):
			touches.finished(self)
		elif self.status == CANCELLED and before and before.status == PLANNED:
			self.db_set("open_key", None, update_modified=False)
			plans.plan(self.reference_doctype, self.reference_name)
		elif self.status == PLANNED and (before is None or before.due_on != self.due_on):
			plans.plan(self.reference_doctype, self.reference_name)

	def on_trash(self) -> None:
		actions.MINUTES.follow_up_deleted(self.name)
		if self.status == PLANNED and not frappe.flags.in_uninstall:
			# Without its key, which would keep the next touch out until this one is gone.
			frappe.db.set_value(
				"Follow Up", self.name, {"status": CANCELLED, "open_key": None}, update_modified=False
			)
			plans.plan(self.reference_doctype, self.reference_name)


def used_by(doctype: str, name: str, value_content: str) -> frappe._dict | None:
	"""The touch by which a customer has had a value item, as lead or as opportunity; None if they have not."""
	for reference in same_customer(doctype, name):
		rows = frappe.get_all(
			"Follow Up",
			filters={
				"reference_doctype": reference[0],
				"reference_name": reference[1],
				"value_content": value_content,
				"status": DONE,
			},
			fields=["name", "done_on"],
			order_by="done_on",
			limit=1,
		)
		if rows:
			return rows[0]
	return None


def same_customer(doctype: str, name: str) -> list[tuple[str, str]]:
	"""A document and all others of the same customer: the lead they were, and every opportunity."""
	found: dict[tuple[str, str], None] = {(doctype, name): None}
	if doctype in ("Lead", CUSTOMER):
		party = (doctype, name)
	else:
		party = frappe.db.get_value("Opportunity", name, ["opportunity_from", "party_name"]) or ("", "")
	parties = [party]
	if party[0] == "Lead":
		parties += [
			("Customer", customer)
			for customer in frappe.get_all(
				"Customer", filters={"lead_name": party[1]}, pluck="name", order_by="name"
			)
		]
	elif party[0] == "Customer" and (lead := frappe.db.get_value("Customer", party[1], "lead_name")):
		parties.append(("Lead", lead))
	for kind, party_name in parties:
		if kind in ("Lead", CUSTOMER):
			found[kind, party_name] = None
		for opportunity in frappe.get_all(
			"Opportunity",
			filters={"opportunity_from": kind, "party_name": party_name},
			pluck="name",
			order_by="name",
		):
			found["Opportunity", opportunity] = None
	return list(found)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Follow-ups are seen by those who do them and by those who see their document."""
	return access.by_reference("Follow Up", REFERENCES, user, own_field="allocated_to")


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Seeing a follow-up needs the right to see its document, changing it to change it; who does it may both."""
	user = user or frappe.session.user
	if doc.get("allocated_to") == user and ptype != "delete" and not doc.is_new():
		return True
	return access.allows_by_reference(doc, ptype, user, REFERENCES)
