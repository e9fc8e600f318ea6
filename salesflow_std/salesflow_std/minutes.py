"""Meeting minutes (S6): who was there, what came of it, and what follows from it elsewhere.

Saving minutes carries on what they say, each thing once: actions become ToDos and, where they are touches, follow-ups;
the meeting counts as a touch (F4); an objection gets a record of its own (S4); a correction goes into the next version
of the proposal, and the proposal knows when it was first presented (S3).

A meeting is counted when its minutes are first saved. With a calendar event it counts as that event, so neither the
event, completed later, nor the follow-up that stood for it counts again; an event of the document on the same day is
found by itself. Without one it is left out where the customer was reached that day by the same channel: that was it.
"""

from __future__ import annotations

from datetime import date, datetime, time

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.query_builder.functions import Min
from frappe.utils import add_days, escape_html, get_datetime, get_fullname, get_link_to_form, getdate

from salesflow_std.salesflow_std import (
	actions,
	follow_ups,
	needs,
	objections,
	profiles,
	proposals,
	reps,
	touches,
)

DOCTYPE = "Meeting Minutes"
PRESENTATION = "Presentation"
CUSTOMER, OURS = "Customer", "Ours"
OBJECTED, CORRECTION = "Objected", "Correction"

_OUTCOMES = {"Phone": "Reached", "E-mail": "Sent", "Message": "Sent"}
# What a version was that a customer may have been shown.
_SHOWABLE = (proposals.APPROVED, proposals.SUPERSEDED)
_APPOINTMENTS = {"Call": "Phone"}


# Beginning -------------------------------------------------------------------------------------------------


def new(doctype: str, name: str, event: str | None = None) -> Document:
	"""Minutes of a document as they begin, not saved: of a lead, opportunity, prospect or customer, or of what belongs
	to one: a solution proposal, a quotation, a calendar event (S6)."""
	subject, about = _begin_with(doctype, name)
	doc = frappe.new_doc(DOCTYPE)
	doc.update({"reference_doctype": subject[0], "reference_name": subject[1], **about})
	doc.title = profiles.company_name(*profiles.party_of(*subject))
	if event:
		doc.update({"event": event, **_of_event(event)})
	presented = about.get("proposal") or _showable_version(*subject)
	if presented and may_be_shown(presented, getdate(doc.held_on)):
		doc.update({"meeting_type": PRESENTATION, "proposal": presented})
	elif not about:
		doc.meeting_type = "Other"
	for person in people(*subject, event=doc.event):
		if person.pop("chosen"):
			doc.append("participants", {**person, "present": 1})
	return doc


def _begin_with(doctype: str, name: str) -> tuple[tuple[str, str], dict]:
	"""Whose minutes they are, and what they begin with."""
	about: dict = {}
	if doctype == "Event":
		subject, about = _subject_of_event(name), {"event": name, **_of_event(name)}
	else:
		subject = objections.subject_of(doctype, name)
		if doctype in objections.ABOUT:
			about = {objections.ABOUT[doctype]: name, "meeting_type": "Negotiation"}
	if not subject or not profiles.party_of(*subject):
		frappe.throw(
			_("{0} belongs to no lead, opportunity, prospect or customer, so there is nothing to write minutes of.").format(
				get_link_to_form(doctype, name)
			),
			title=_("Meeting Minutes"),
		)  # fmt: skip
	return subject, about


def _subject_of_event(event: str) -> tuple[str, str] | None:
	"""The document that an appointment is about: an opportunity before a lead before a party."""
	rows = frappe.get_all(
		"Event Participants",
		filters={"parent": event, "parenttype": "Event", "reference_doctype": ("in", profiles.SUBJECTS)},
		fields=["reference_doctype", "reference_docname"],
		order_by="idx",
	)
	order = ("Opportunity", "Lead", "Prospect", "Customer")
	found = sorted(rows, key=lambda row: order.index(row.reference_doctype))
	return (found[0].reference_doctype, found[0].reference_docname) if found else None


def _of_event(event: str) -> dict:
	"""When and how the appointment was held, as far as it has begun."""
	row = frappe.db.get_value(
		"Event",
		event,
		["starts_on", "event_category", "add_video_conferencing", "google_meet_link"],
		as_dict=True,
	)
	online = row.add_video_conferencing or row.google_meet_link
	channel = _APPOINTMENTS.get(row.event_category) or ("Online Meeting" if online else "Visit")
	began = get_datetime(row.starts_on)
	return {"channel": channel, **({"held_on": began} if began <= frappe.utils.now_datetime() else {})}


def _showable_version(doctype: str, name: str) -> str | None:
	"""The approved version of a document's proposal."""
	return frappe.db.get_value(
		proposals.DOCTYPE,
		{"reference_doctype": doctype, "reference_name": name, "status": proposals.APPROVED},
		"name",
		order_by="approved_on desc",
	)


# People ----------------------------------------------------------------------------------------------------


def people(doctype: str, name: str, event: str | None = None) -> list[dict]:
	"""Who may have taken part: the document's contact, its company's contacts, who looks after it, who is writing, and
	who was invited to the event.

	``[{"side", "person", "position", "email_id", "contact", "user", "chosen"}]``; `chosen`: takes part unless
	somebody says otherwise.
	"""
	known = needs.contact_of(doctype, name)
	found: dict[object, dict] = {}

	def add(person: dict | None, chosen: bool) -> None:
		if person:
			key = person.get("contact") or person.get("user") or person["person"]
			found.setdefault(key, {**person, "chosen": False})["chosen"] |= chosen

	invited = _invited(event) if event else []
	add(_named(known), not any(person["side"] == CUSTOMER for person in invited))
	for person in invited:
		add(person, True)
	for contact in _contacts(doctype, name):
		add(_contact(contact), False)
	for user in (known["allocated_to"], frappe.session.user):
		add(colleague(user), True)
	return list(found.values())


def _named(known: dict) -> dict | None:
	"""Whom the document names."""
	if known["contact"]:
		return _contact(known["contact"])
	person = known["contact_name"] or known["email_id"]
	return person and {"side": CUSTOMER, "person": person, "email_id": known["email_id"]}


def _contact(name: str) -> dict | None:
	fields = ["full_name", "designation", "email_id"]
	row = frappe.db.get_value("Contact", name, fields, as_dict=True)
	return row and {
		"side": CUSTOMER,
		"contact": name,
		"person": row.full_name or name,
		"position": row.designation,
		"email_id": row.email_id,
	}


def colleague(user: str) -> dict | None:
	"""A user as a participant of ours; None for who cannot log in."""
	if not reps.is_enabled(user) or user == "Guest":
		return None
	return {
		"side": OURS,
		"user": user,
		"person": get_fullname(user),
		"position": frappe.db.get_value("Employee", {"user_id": user, "status": "Active"}, "designation"),
		"email_id": frappe.db.get_value("User", user, "email"),
	}


def _contacts(doctype: str, name: str) -> list[str]:
	"""The contacts of a document's company who are still there (P5)."""
	party = profiles.readable(profiles.family(doctype, name))
	contact, link = DocType("Contact"), DocType("Dynamic Link")
	found: dict[str, None] = {}
	for of_doctype, of_name in party:
		rows = (
			frappe.qb.from_(contact)
			.join(link)
			.on((link.parent == contact.name) & (link.parenttype == "Contact"))
			.select(contact.name)
			.where((link.link_doctype == of_doctype) & (link.link_name == of_name))
			.where(contact.sf_left_on.isnull())
			.orderby(contact.is_primary_contact, order=frappe.qb.desc)
			.orderby(contact.creation)
			.limit(50)
			.run(pluck=True)
		)
		found.update(dict.fromkeys(rows))
	return list(found)


def _invited(event: str) -> list[dict]:
	"""The people among an event's participants: contacts, users, employees, and whoever made it."""
	rows = frappe.get_all(
		"Event Participants",
		filters={"parent": event, "parenttype": "Event"},
		fields=["reference_doctype", "reference_docname"],
		order_by="idx",
	)
	found = []
	for row in rows:
		if row.reference_doctype == "Contact":
			found.append(_contact(row.reference_docname))
		elif row.reference_doctype == "User":
			found.append(colleague(row.reference_docname))
		elif row.reference_doctype == "Employee":
			user = frappe.db.get_value("Employee", row.reference_docname, "user_id")
			found.append(colleague(user) if user else None)
	found.append(colleague(frappe.db.get_value("Event", event, "owner")))
	return [person for person in found if person]


def fill_person(row: Document) -> None:
	"""A participant who is a contact or a user is called and reached as that one; what somebody wrote stays."""
	if row.user:
		row.side, row.contact = OURS, None
	elif row.contact:
		row.side = CUSTOMER
	if row.person and row.email_id:
		return
	known = colleague(row.user) if row.user else _contact(row.contact) if row.contact else None
	for field in ("person", "position", "email_id") if known else ():
		if not row.get(field):
			row.set(field, known[field])


# The meeting -----------------------------------------------------------------------------------------------


def event_of_day(doc: Document) -> str | None:
	"""The one appointment that a document has on the day of its minutes; None of none and of several."""
	day = getdate(doc.held_on)
	event, row = DocType("Event"), DocType("Event Participants")
	found = (
		frappe.qb.from_(event)
		.join(row)
		.on((row.parent == event.name) & (row.parenttype == "Event"))
		.select(event.name)
		.where(
			(row.reference_doctype == doc.reference_doctype) & (row.reference_docname == doc.reference_name)
		)
		.where((event.starts_on >= day) & (event.starts_on < add_days(day, 1)))
		.where(event.status.isin(("Open", "Completed")) & (event.event_category != "Sent/Received Email"))
		.orderby(event.name)
		.limit(2)
		.run(pluck=True)
	)
	return found[0] if len(found) == 1 else None


def count_meeting(doc: Document) -> None:
	"""Counts the meeting as a touch of the documents it was about, once (F4); see above."""
	references = [
		(doc.reference_doctype, doc.reference_name),
		("Quotation", doc.quotation),
		objections.subject_of(proposals.DOCTYPE, doc.proposal) if doc.proposal else None,
	]
	channel, when = doc.channel or "Visit", get_datetime(doc.held_on)
	source = ("Event", doc.event) if doc.event else (DOCTYPE, doc.name)
	outcome = _OUTCOMES.get(channel, "Meeting Held")
	for doctype, name in touches.subjects_of(filter(None, references)):
		if doc.event or not _was_reached(doctype, name, channel, when):
			touches.record(doctype, name, when, channel, source, outcome, by=doc.written_by or None)


def _was_reached(doctype: str, name: str, channel: str, when: datetime) -> bool:
	"""Whether that day's touch by that channel is counted already."""
	day = when.date()
	return bool(
		frappe.db.exists(
			"Follow Up",
			{
				"reference_doctype": doctype,
				"reference_name": name,
				"status": follow_ups.DONE,
				"channel": channel,
				"outcome": ("in", touches.REACHED),
				"done_on": ("between", [datetime.combine(day, time.min), datetime.combine(day, time.max)]),
			},
		)
	)


# Presentation and feedback ---------------------------------------------------------------------------------


def may_be_shown(proposal: str, on: date) -> bool:
	"""Whether a version was approved when the customer saw it; nothing reaches a customer before that (S2)."""
	status, approved_on = frappe.db.get_value(proposals.DOCTYPE, proposal, ["status", "approved_on"])
	return bool(status in _SHOWABLE and approved_on and getdate(approved_on) <= on)


def refuse_unapproved(doc: Document) -> None:
	"""Stops minutes of a presentation of what nobody had approved (S2, S3)."""
	if may_be_shown(doc.proposal, getdate(doc.held_on)):
		return
	status, approved_on = frappe.db.get_value(proposals.DOCTYPE, doc.proposal, ["status", "approved_on"])
	how = (
		_("it was approved on {0}, after the meeting").format(
			frappe.format(approved_on, {"fieldtype": "Datetime"})
		)
		if status in _SHOWABLE and approved_on
		else _("its status is {0}").format(_(status, context="Solution Proposal"))
	)
	frappe.throw(
		_(
			"{0} cannot have been presented: {1}. Nothing reaches the customer before sales, product and legal have approved it. Choose the approved version, or have this one reviewed first."
		).format(get_link_to_form(proposals.DOCTYPE, doc.proposal), how),
		title=_("Not Approved"),
	)


def write_presented(*versions: str | None, without: str | None = None) -> None:
	"""Notes on proposals when they were first presented, as their minutes say now (S3)."""
	minutes = DocType(DOCTYPE)
	for proposal in filter(None, set(versions)):
		query = (
			frappe.qb.from_(minutes)
			.select(Min(minutes.held_on))
			.where((minutes.proposal == proposal) & (minutes.meeting_type == PRESENTATION))
		)
		first = (query.where(minutes.name != without) if without else query).run()[0][0]
		frappe.db.set_value(
			proposals.DOCTYPE,
			proposal,
			"presented_on",
			getdate(first) if first else None,
			update_modified=False,
		)


def carry_on(doc: Document) -> None:
	"""Makes an objection of each that was raised, and passes corrections on to the proposal, each once (S3, S4)."""
	for row in doc.feedback:
		if row.kind == OBJECTED and not row.objection:
			row.db_set("objection", _objection(doc, row), update_modified=False)
		elif row.kind == CORRECTION and doc.proposal and not row.passed_on_to:
			version = proposals.add_correction(doc.proposal, row.feedback, row.said_by, DOCTYPE, doc.name)
			row.db_set("passed_on_to", version, update_modified=False)


def _objection(doc: Document, row: Document) -> str:
	speaker = next(
		(
			person.contact
			for person in doc.participants
			if person.contact and person.person and person.person == row.said_by
		),
		None,
	)
	objection = frappe.get_doc(
		{
			"doctype": "Objection",
			"reference_doctype": doc.reference_doctype,
			"reference_name": doc.reference_name,
			"proposal": doc.proposal,
			"quotation": doc.quotation,
			"raised_on": doc.held_on,
			"raised_by": row.said_by,
			"contact": speaker,
			"kind": row.objection_kind or "Other",
			"objection": row.feedback,
		}
	)
	# Whoever may write minutes of a document may write its objections.
	return objection.insert(ignore_permissions=True).name


# Actions as follow-ups -------------------------------------------------------------------------------------


def plan_follow_ups(doc: Document) -> None:
	"""Brings the follow-ups of a document's actions in line with them: an action with a channel is a touch (S6, F3).

	Leads and opportunities have follow-ups; of others the ToDos are all there is. What the document's rep is to do is
	a promise, on which the rhythm waits; what a colleague of sales does stands beside it.
	"""
	dropped = [row.follow_up for row in actions.gone(doc) if row.follow_up]
	before = doc.get_doc_before_save()
	known = {row.name: row for row in before.actions} if before else {}
	changed = [row for row in doc.actions if _told(row) != _told(known.get(row.name))]
	if doc.reference_doctype not in follow_ups.SUBJECTS or not (dropped or changed):
		return
	subject = follow_ups.read(doc.reference_doctype, [doc.reference_name])[0]
	_cancel(dropped)
	for row in changed:
		if row.status == actions.DONE:
			finish(row.follow_up, row.result)
		elif row.status == actions.OPEN and row.channel:
			if follow_ups.is_open(doc.reference_doctype, subject):
				_plan(doc, row, subject)
		elif row.follow_up:
			_cancel([row.follow_up])
	follow_ups.plan(doc.reference_doctype, doc.reference_name)


def _told(row: Document | None) -> tuple | None:
	"""What of an action its follow-up says too."""
	if row is None:
		return None
	return (
		row.action,
		row.allocated_to,
		getdate(row.due_on),
		row.status,
		row.channel or "",
		bool(row.follow_up),
	)


def _cancel(names: list[str]) -> None:
	follow_ups.cancel(names, "The action was cancelled.")


def _plan(doc: Document, row: Document, subject: frappe._dict) -> None:
	doctype, planning = doc.reference_doctype, follow_ups.Planning()
	days = planning.planner_for(doctype, subject)[1].days
	day = getdate(row.due_on)
	due = days.closing(day) or datetime.combine(day, time(18))
	goal = actions.one_line(row.action)
	rep = follow_ups.rep_of(doctype, subject)
	promised = row.allocated_to == rep or not reps.sells(row.allocated_to)
	user = rep if promised else row.allocated_to
	if row.follow_up and frappe.db.get_value("Follow Up", row.follow_up, "status") == follow_ups.PLANNED:
		values = {
			"kind": "Promise" if promised else "Task",
			"due_on": due,
			"late_on": planning.planner_for(doctype, subject)[1].late(due),
			"channel": row.channel,
			"goal": goal,
			"allocated_to": user,
			"stands_in_for": None,
			"open_key": None,
		}
		frappe.db.set_value("Follow Up", row.follow_up, values)
		return
	name = (
		touches.promise(doctype, subject, due, row.channel, goal)
		if promised
		else planning.put(doctype, subject, "Task", due, row.channel, goal, beside=True, allocated_to=user)
	)
	row.db_set("follow_up", name, update_modified=False)


def finish(follow_up: str | None, result: str | None = None) -> None:
	"""The touch that an action stood for has been made; nothing where it is closed already."""
	if not follow_up or frappe.db.get_value("Follow Up", follow_up, "status") != follow_ups.PLANNED:
		return
	touch = frappe.get_doc("Follow Up", follow_up)
	outcome = _OUTCOMES.get(touch.channel, "Meeting Held")
	touch.update({"status": follow_ups.DONE, "outcome": outcome, "note": result or touch.note})
	# Whoever closes a ToDo need not be able to change the document it is about.
	touch.save(ignore_permissions=True)


def action_changed(row: frappe._dict) -> None:
	"""An action was changed by its ToDo (`actions`): its follow-up goes the same way."""
	doc = frappe.get_doc(DOCTYPE, row.parent)
	action = next(own for own in doc.actions if own.name == row.name)
	if action.status == actions.DONE:
		finish(action.follow_up, action.result)
	elif action.status == actions.CANCELLED:
		end_follow_ups(doc, [action])
	elif action.channel and doc.reference_doctype in follow_ups.SUBJECTS:
		subject = follow_ups.read(doc.reference_doctype, [doc.reference_name])[0]
		if follow_ups.is_open(doc.reference_doctype, subject):
			_plan(doc, action, subject)
			follow_ups.plan(doc.reference_doctype, doc.reference_name)


def end_follow_ups(doc: Document, rows: list[Document]) -> None:
	"""Cancels the follow-ups of actions that nobody is to do any more."""
	names = [row.follow_up for row in rows if row.follow_up]
	_cancel(names)
	if names:
		follow_ups.plan(doc.reference_doctype, doc.reference_name)


def check_dates(doc: Document, before: Document | None) -> None:
	"""What came of a meeting is not due before it (S6)."""
	held = getdate(doc.held_on)
	known = {row.name: getdate(row.due_on) for row in before.actions} if before else {}
	for row in doc.actions:
		if row.due_on and getdate(row.due_on) < held and known.get(row.name) != getdate(row.due_on):
			frappe.throw(
				_("Row {0}: {1} is due before the meeting of {2}. Choose a later day.").format(
					row.idx,
					frappe.bold(escape_html(row.action or "")),
					frappe.format(held, {"fieldtype": "Date"}),
				),
				title=_("Due On", context="Minutes Action"),
			)
