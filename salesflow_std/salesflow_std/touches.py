"""What really happened with a customer, and what follows for the plan (F4, F5, L7, L8).

Mail, calls, meetings, replies and the rep's own word all end here, whatever path the record came by. Each
real touch counts once: the follow-up it closes (or the one that is written down for it) carries its key,
which is unique. A touch closes

- the first touch of a lead, and the answer to a reply, whenever it comes;
- a touch of the rhythm, when it is due or the minimum gap to the last touch has passed: what is said within
  the gap belongs to the same conversation;
- what was promised, from the promised day on; a meeting, only when that meeting has taken place.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime

from salesflow_std.engine import cadence, leads
from salesflow_std.salesflow_std import actions, care_touches, follow_ups, handover, plans, stage_limits
from salesflow_std.salesflow_std.cadences import Cadence
from salesflow_std.salesflow_std.follow_ups import (
	ANSWER,
	CUSTOMER,
	DONE,
	PLANNED,
	REFERENCES,
	RIGHT_CONTACT,
	SUBJECTS,
	Planning,
	is_open,
	open_touches,
	rep_of,
)

# Outcomes that reached the customer; the others were tries.
REACHED = ("Reached", "Sent", "Call Later", "Not Interested", "Meeting Agreed", "Meeting Held")
OUTCOMES = (*REACHED[:2], "No Answer", "Call Later", "Wrong Contact", *REACHED[3:])

# What an action of minutes is planned as (S6), and the outcomes that settle it.
OF_ACTIONS = ("Promise", "Task")
_SETTLES = ("Reached", "Sent", "Meeting Agreed", "Meeting Held")

# Statuses by which ERPNext says that a lead goes on as something else, which has not become a customer.
HANDED_ON = ("Opportunity", "Quotation", "Lost Quotation")

# What touches are for, beside what the plan says (`follow_ups`): stored like this, translated when shown.
_PROMISED_DATE = "Keep the promised date"
_RIGHT_PERSON = "Contact the right person"

# A reply later than that is no answer to a touch any more.
_REPLY_WITHIN = timedelta(days=30)
# What may be unplanned and still be one conversation.
CLOCK_TOLERANCE = timedelta(minutes=5)


def subjects_of(references: Iterable[tuple[str | None, str | None]]) -> list[tuple[str, str]]:
	"""The leads, opportunities and customers that records point at, each once.

	A quotation stands for its opportunity or lead. A lead that has become an opportunity stands for its open
	opportunities: the mail that is written from the lead's form reaches the same customer.
	"""
	found: dict[tuple[str, str], None] = {}
	for doctype, name in references:
		if not doctype or not name:
			continue
		if doctype == "Quotation":
			doctype, name = _behind_quotation(name)
		if doctype in REFERENCES and name:
			found[doctype, name] = None
	for doctype, name in list(found):
		if doctype == "Lead" and frappe.db.get_value("Lead", name, "status") in ("Opportunity", "Quotation"):
			for opportunity in frappe.get_all(
				"Opportunity",
				filters={
					"opportunity_from": "Lead",
					"party_name": name,
					"status": ("in", SUBJECTS["Opportunity"].open_statuses),
				},
				pluck="name",
				order_by="name",
			):
				found["Opportunity", opportunity] = None
	return list(found)


def _behind_quotation(name: str) -> tuple[str | None, str | None]:
	row = frappe.db.get_value("Quotation", name, ["opportunity", "quotation_to", "party_name"], as_dict=True)
	if row and row.opportunity:
		return "Opportunity", row.opportunity
	return ("Lead", row.party_name) if row and row.quotation_to == "Lead" else (None, None)


def record(
	doctype: str,
	name: str,
	when: datetime,
	channel: str,
	source: tuple[str, str] | None = None,
	outcome: str = "Reached",
	by: str | None = None,
	new: bool = False,
) -> bool:
	"""Counts a touch that happened outside the plan; returns whether it was a lead's first (L7).

	`source` is the record it is counted from; the same record counts once for a document. What lies before
	the capture (of an opportunity, its making) belongs to an older story, what lies ahead counts as now. Of a
	`new` record nothing can have been counted yet.
	"""
	if doctype == CUSTOMER:
		care_touches.record(name, when, channel, source, outcome, by)
		return False
	rows = follow_ups.read(doctype, [name])
	if not rows:
		return False
	row = rows[0]
	when = min(when, now_datetime()).replace(microsecond=0)
	began = get_datetime(row.get("sf_captured_on") or row.creation)
	if when < began - CLOCK_TOLERANCE:
		return False
	key = f"{doctype}|{name}|{source[0]}|{source[1]}"[:180] if source else None
	if (
		source
		and not new
		and frappe.db.exists(
			"Follow Up",
			# By the record itself: the key still has the name the document had before it was renamed.
			{
				"reference_doctype": doctype,
				"reference_name": name,
				"touch_doctype": source[0],
				"touch_name": source[1],
			},
		)
	):
		return False
	planning = Planning()
	of_cadence, planner = planning.planner_for(doctype, row)
	waiting = open_touches(doctype, name)
	closed = [t for t in waiting if _closes(t, row, when, channel, source, of_cadence, planner)]
	told = {
		"channel": channel,
		"outcome": outcome,
		"done_on": when,
		"done_by": by or frappe.session.user,
		"touch_doctype": source and source[0],
		"touch_name": source and source[1],
	}
	# The plan may have been read before somebody else closed it: only what is still open is closed here.
	closed = [
		touch
		for i, touch in enumerate(closed)
		if follow_ups.close(touch.name, {**told, "touch_key": key if i == 0 else None})
	]
	same_day = row.sf_last_touch_on and get_datetime(row.sf_last_touch_on).date() == when.date()
	if not closed and (source or not same_day):
		rep = rep_of(doctype, row)
		follow_ups.insert_rows(
			[
				{
					**told,
					"name": planning.new_name(),
					"docstatus": 0,
					"idx": 0,
					"title": row.title or name,
					"reference_doctype": doctype,
					"reference_name": name,
					"allocated_to": rep,
					"status": DONE,
					"kind": "Unplanned",
					"due_on": when,
					"grade": row.sf_grade,
					"touch_key": key,
				}
			]
		)
	_settle_actions(closed, channel, source)
	first = doctype == "Lead" and not row.sf_first_touched_on
	values = counted(doctype, row, when)
	left = [touch for touch in waiting if touch not in closed]
	planning.plan_rows(doctype, [row], {name: left}, also={name: values} if values else None)
	return first


def _settle_actions(closed: Iterable[frappe._dict], channel: str, source: tuple[str, str] | None) -> None:
	"""What was to be done by that channel has been done (S6); sending the minutes does not do what they ask for."""
	wanted = [touch for touch in closed if touch.kind in OF_ACTIONS and touch.channel == channel]
	if not wanted or (source and source[0] == "Communication" and _carries_minutes(source[1])):
		return
	for touch in wanted:
		actions.MINUTES.done_by(touch.name)


def _carries_minutes(communication: str) -> bool:
	return bool(
		frappe.db.exists(
			"Communication Link", {"parent": communication, "link_doctype": actions.MINUTES.doctype}
		)
	)


def _closes(
	touch: frappe._dict,
	row: frappe._dict,
	when: datetime,
	channel: str,
	source: tuple[str, str] | None,
	of_cadence: Cadence | None,
	planner: cadence.Planner,
) -> bool:
	due = get_datetime(touch.due_on)
	if touch.kind == "Meeting":
		return bool(source) and source == ("Event", touch.event)
	if touch.kind == "First Touch":
		return True
	if touch.kind == "Reply":
		return when >= _replied_on(touch) - CLOCK_TOLERANCE
	if touch.kind == "Promise":
		return due.date() <= when.date()
	if touch.kind == "Task":
		return due.date() <= when.date() and touch.channel == channel
	if touch.kind != "Rhythm":
		return False
	if of_cadence and of_cadence.only_own_channels and channel not in _channels(of_cadence):
		return False
	last = get_datetime(row.sf_last_touch_on) if row.sf_last_touch_on else None
	if last and when <= last:
		return False
	if not last or due.date() <= when.date() or not of_cadence:
		return True
	return planner.keeps_gap(last, when)


def _replied_on(touch: frappe._dict) -> datetime:
	"""When the mail came that a touch answers; the touch itself may be older, planned before the mail."""
	written = touch.answers and frappe.db.get_value("Communication", touch.answers, "communication_date")
	return get_datetime(written or touch.creation)


def _channels(of_cadence: Cadence) -> set[str]:
	return {step.channel for step in of_cadence.policy.steps}


def count(doctype: str, row: frappe._dict, when: datetime) -> None:
	"""Writes down on the document that it was touched."""
	values = counted(doctype, row, when)
	if values:
		# `modified` stays: an open form has nothing to be in conflict about.
		frappe.db.set_value(doctype, row.name, values, update_modified=False)


def counted(doctype: str, row: frappe._dict, when: datetime) -> dict[str, object]:
	"""What a touch changes on its document, in `row` already; with `sf_first_touched_on` for a lead's first (L7).

	Several touches of one day are one conversation and count once for the rhythm.
	"""
	last = get_datetime(row.sf_last_touch_on) if row.sf_last_touch_on else None
	values: dict[str, object] = {}
	if not last or when > last:
		values["sf_last_touch_on"] = when
		values |= stage_limits.touched(doctype, row, when)
	if not last or when.date() != last.date():
		same_week = last and cadence.monday_of(last.date()) == cadence.monday_of(when.date())
		values["sf_touches"] = cint(row.sf_touches) + 1
		if not last or when > last:
			values["sf_week_touches"] = cint(row.sf_week_touches) + 1 if same_week else 1
		elif same_week:
			values["sf_week_touches"] = cint(row.sf_week_touches) + 1
	if doctype == "Lead":
		earlier = row.sf_first_touched_on and get_datetime(row.sf_first_touched_on)
		if not earlier or when < earlier:
			values["sf_first_touched_on"] = when
			values["sf_first_touch_status"] = leads.first_touch_status(
				row.sf_first_touch_due, when, now_datetime()
			)
	row.update(values)
	return values


# What the customer does ------------------------------------------------------------------------------------


def replied(doctype: str, name: str, when: datetime, communication: str) -> None:
	"""The customer has written: the touch that was due becomes the answer, due soon (F4).

	A meeting or a promise stays as it was agreed; the answer comes beside it. The same reply counts once. What a
	customer writes in passing is answered in its own place: of an opportunity, an issue.
	"""
	if doctype == CUSTOMER:
		_note_reply(doctype, name, when)
		return
	rows = follow_ups.read(doctype, [name])
	if not rows or not is_open(doctype, rows[0]):
		return
	row = rows[0]
	if frappe.db.exists(
		"Follow Up", {"answers": communication, "reference_doctype": doctype, "reference_name": name}
	):
		return
	if _is_dealt_with(doctype, row, communication):
		return
	_note_reply(doctype, name, when)
	planning = Planning()
	touches = open_touches(doctype, name)
	if any(touch.kind == "Reply" for touch in touches):
		return  # the older reply waits for an answer, and one answers both
	_of_cadence, planner = planning.planner_for(doctype, row)
	due = planner.answer_due(when)
	waiting = [touch for touch in touches if touch.kind in ("Rhythm", "First Touch")]
	first = next((touch for touch in waiting if touch.kind == "First Touch"), None)
	if first:  # its deadline may come sooner than the answer's
		frappe.db.set_value("Follow Up", first.name, {"answers": communication, "channel": "E-mail"})
	elif waiting:
		frappe.db.set_value(
			"Follow Up",
			waiting[0].name,
			{
				"kind": "Reply",
				"goal": ANSWER,
				"channel": "E-mail",
				"due_on": due,
				"late_on": planner.late(due),
				"answers": communication,
			},
		)
	else:
		planning.put(
			doctype, row, "Reply", due, "E-mail", ANSWER, beside=bool(touches), answers=communication
		)
	follow_ups.plan(doctype, name)


def _is_dealt_with(doctype: str, row: frappe._dict, communication: str) -> bool:
	"""Whether a mail that is saved again needs no answer any more.

	One answer serves all replies that had come by then; and what was said to a lead before it became an
	opportunity is linked to that one by ERPNext, but is its history.
	"""
	mail = frappe.db.get_value(
		"Communication", communication, ["creation", "reference_doctype", "reference_name"], as_dict=True
	)
	if not mail:
		return False
	carried_over = (mail.reference_doctype, mail.reference_name) != (doctype, row.name)
	if carried_over and get_datetime(mail.creation) < get_datetime(row.creation):
		return True
	return bool(
		frappe.db.exists(
			"Follow Up",
			{
				"reference_doctype": doctype,
				"reference_name": row.name,
				"answers": ("is", "set"),
				"status": DONE,
				"done_on": (">=", mail.creation),
			},
		)
	)


def _note_reply(doctype: str, name: str, when: datetime) -> None:
	"""The touch that the customer answers: how often a value item leads to a reply is counted by it (F3)."""
	answered = frappe.get_all(
		"Follow Up",
		filters={
			"reference_doctype": doctype,
			"reference_name": name,
			"status": DONE,
			"done_on": ("between", [when - _REPLY_WITHIN, when]),
		},
		fields=["name", "replied_on"],
		order_by="done_on desc",
		limit=1,
	)
	if answered and not answered[0].replied_on:
		frappe.db.set_value("Follow Up", answered[0].name, "replied_on", when, update_modified=False)


def bounced(doctype: str, name: str, communication: str | None = None) -> None:
	"""A mail did not arrive: it was no touch, and the next step is to find the right address (F4)."""
	if doctype == CUSTOMER:
		care_touches.bounced(name, communication)
		return
	rows = follow_ups.read(doctype, [name])
	if not rows or not is_open(doctype, rows[0]):
		return
	row = rows[0]
	if communication:
		_uncount(doctype, row, communication)
	planning = Planning()
	touches = open_touches(doctype, name)
	if any(touch.goal == RIGHT_CONTACT for touch in touches):
		return
	current = [touch for touch in touches if touch.kind == "Rhythm"]
	first = [touch for touch in touches if touch.kind == "First Touch"]
	if first:
		frappe.db.set_value("Follow Up", first[0].name, {"channel": "Phone", "goal": RIGHT_CONTACT})
	else:
		follow_ups.cancel([touch.name for touch in current], "The e-mail did not arrive.")
		_of_cadence, planner = planning.planner_for(doctype, row)
		held = any(touch.kind in follow_ups.HOLDS_RHYTHM for touch in touches)
		planning.put(doctype, row, "Promise", planner.soon(planning.now), "Phone", RIGHT_CONTACT, beside=held)
	follow_ups.plan(doctype, name)


def _uncount(doctype: str, row: frappe._dict, communication: str) -> None:
	"""Takes back what a mail counted for that never arrived."""
	counted = frappe.get_all(
		"Follow Up",
		filters={
			"reference_doctype": doctype,
			"reference_name": row.name,
			"touch_doctype": "Communication",
			"touch_name": communication,
			"status": DONE,
			"outcome": ("in", REACHED),
		},
		fields=["name", "done_on"],
		order_by="name",
	)
	if not counted:
		return
	for touch in counted:
		frappe.db.set_value(
			"Follow Up", touch.name, {"outcome": "Wrong Contact", "note": _("The e-mail did not arrive.")}
		)
	when, left = get_datetime(counted[0].done_on), reached_on(doctype, row.name)
	values: dict[str, object] = {}
	if not any(other.date() == when.date() for other in left):
		values["sf_touches"] = max(0, cint(row.sf_touches) - 1)
	if row.sf_last_touch_on and get_datetime(row.sf_last_touch_on) == when:
		values["sf_last_touch_on"] = left[-1] if left else None
		values |= stage_limits.touched(doctype, row, values["sf_last_touch_on"])
	values["sf_week_touches"] = touches_in_last_week(left)
	if doctype == "Lead" and row.sf_first_touched_on and get_datetime(row.sf_first_touched_on) == when:
		values["sf_first_touched_on"] = left[0] if left else None
		values["sf_first_touch_status"] = leads.first_touch_status(
			row.sf_first_touch_due, values["sf_first_touched_on"], now_datetime()
		)
	frappe.db.set_value(doctype, row.name, values, update_modified=False)
	row.update(values)
	follow_ups.plan(doctype, row.name)


def reached_on(doctype: str, name: str) -> list[datetime]:
	"""When the customer behind a document was reached, oldest first."""
	return [
		get_datetime(when)
		for when in frappe.get_all(
			"Follow Up",
			filters={
				"reference_doctype": doctype,
				"reference_name": name,
				"status": DONE,
				"outcome": ("in", REACHED),
			},
			pluck="done_on",
			order_by="done_on",
		)
	]


def touches_in_last_week(reached: list[datetime]) -> int:
	"""On how many days of the last touch's calendar week the customer was reached."""
	if not reached:
		return 0
	monday = cadence.monday_of(reached[-1].date())
	return len({when.date() for when in reached if when.date() >= monday})


def booked(doctype: str, name: str, event: str, subject: str, due: datetime, channel: str) -> None:
	"""A meeting or call is agreed: the touch that was due is this one now, on its day (F4).

	A lead's first touch keeps its own deadline: an appointment is not yet a conversation (L7).
	"""
	if doctype == CUSTOMER:
		care_touches.booked(name, event, subject, due, channel)
		return
	rows = follow_ups.read(doctype, [name])
	if not rows or not is_open(doctype, rows[0]):
		return
	row = rows[0]
	planning = Planning()
	touches = open_touches(doctype, name)
	_of_cadence, planner = planning.planner_for(doctype, row)
	values = {
		"kind": "Meeting",
		"goal": subject[:140],
		"channel": channel,
		"due_on": due,
		"late_on": planner.late(due),
		"event": event,
		"retry": 0,
	}
	same = next((touch for touch in touches if touch.event == event), None)
	waiting = next((touch for touch in touches if touch.kind in ("Rhythm", "Reply", "Promise")), None)
	if same:
		frappe.db.set_value("Follow Up", same.name, values)
	elif waiting:
		frappe.db.set_value("Follow Up", waiting.name, values)
	else:
		planning.put(doctype, row, "Meeting", due, channel, subject[:140], beside=bool(touches), event=event)
	follow_ups.plan(doctype, name)


def called_off(event: str, still: Iterable[tuple[str, str]] = ()) -> None:
	"""A meeting does not take place, or not with these: the rhythm goes on. It does with those in `still`."""
	with_them = set(still)
	for touch in frappe.get_all(
		"Follow Up",
		filters={"event": event, "status": PLANNED},
		fields=["name", "reference_doctype", "reference_name"],
		order_by="name",
	):
		if (touch.reference_doctype, touch.reference_name) in with_them:
			continue
		follow_ups.cancel([touch.name], "The meeting was called off.")
		plans.plan(touch.reference_doctype, touch.reference_name)


def sent_by_itself(touch: str, row: frappe._dict, value_content: str, communication: str) -> None:
	"""A light touch that went out by itself: it counts as sent, and the next one is planned (L8)."""
	when = now_datetime().replace(microsecond=0)
	frappe.db.set_value(
		"Follow Up",
		touch,
		{
			"status": DONE,
			"open_key": None,
			"outcome": "Sent",
			"done_on": when,
			"done_by": frappe.session.user,
			"value_content": value_content,
			"touch_doctype": "Communication",
			"touch_name": communication,
			"touch_key": f"Lead|{row.name}|Communication|{communication}"[:180],
		},
	)
	count("Lead", row, when)
	follow_ups.plan("Lead", row.name)


# The rep's own word ----------------------------------------------------------------------------------------


def finished(touch: frappe.model.document.Document) -> None:
	"""What follows from the outcome of a follow-up that somebody has finished (F3, F4, L8).

	Reached and the like go on with the rhythm, or with what was agreed. Nobody there: the next try by another
	channel, as soon as the gap allows. A wrong contact: the right one is written down, or to be found. Not
	interested: the nurture pool, or lost with a reason.
	"""
	if touch.kind == "New Score" or touch.reference_doctype not in REFERENCES:
		return
	if touch.kind in OF_ACTIONS and touch.outcome in _SETTLES:
		actions.MINUTES.done_by(touch.name)
	if touch.reference_doctype == CUSTOMER:
		care_touches.finished(touch, REACHED)
		return
	doctype, name = touch.reference_doctype, touch.reference_name
	rows = follow_ups.read(doctype, [name])
	if not rows:
		return
	row = rows[0]
	when = get_datetime(touch.done_on)
	if touch.outcome in REACHED:
		count(doctype, row, when)
	if touch.outcome == "Not Interested":
		_end_politely(doctype, name, touch)
	elif touch.outcome == "Meeting Agreed":
		_book(doctype, row, touch)
	elif touch.outcome in ("No Answer", "Wrong Contact"):
		_try_again(doctype, row, touch, when)
	elif touch.next_on:
		promise(doctype, row, get_datetime(touch.next_on), touch.channel or "Phone", _PROMISED_DATE)
	follow_ups.plan(doctype, name)


def promise(doctype: str, row: frappe._dict, due: datetime, channel: str, goal: str) -> str:
	"""Plans what was agreed with the customer: its date counts, not the rhythm (F4); returns its name."""
	open_now = open_touches(doctype, row.name)
	follow_ups.cancel(
		[other.name for other in open_now if other.kind == "Rhythm"], "A date was agreed with the customer."
	)
	beside = any(other.kind in follow_ups.OF_THE_PLAN[1:] for other in open_now)
	return Planning().put(doctype, row, "Promise", due, channel, goal, beside=beside)


def _try_again(
	doctype: str, row: frappe._dict, touch: frappe.model.document.Document, when: datetime
) -> None:
	goal = touch.goal
	if touch.outcome == "Wrong Contact":
		goal = _right_contact(doctype, row, touch)
	planning = Planning()
	_of_cadence, planner = planning.planner_for(doctype, row)
	number = cint(row.sf_touches) + _tries(doctype, row.name)
	channel = planner.other_channel(number, touch.channel, follow_ups.closed_channels(doctype, row))
	if follow_ups.waits_for_first_touch(row):
		# The deadline does not wait for the gap; behind it, every working day is another try.
		due = max(get_datetime(row.sf_first_touch_due), planner.soon_after(when, planning.now))
		planning.put(
			doctype, row, "First Touch", due, channel, goal or follow_ups.FIRST_CONTACT, late=False, retry=1
		)
	elif is_open(doctype, row) and not any(
		other.kind in follow_ups.OF_THE_PLAN for other in open_touches(doctype, row.name)
	):
		kind, due, more = "Rhythm", planner.again(when, planning.now), {}
		if touch.outcome == "Wrong Contact":
			kind = "Promise"
		elif touch.kind == "Reply":  # the customer still waits, so it does not wait for the gap
			kind, due = "Reply", planner.soon_after(when, planning.now)
			more = {"answers": touch.answers}
		planning.put(doctype, row, kind, due, channel, goal or "", retry=1, **more)


def _tries(doctype: str, name: str) -> int:
	"""Tries in vain so far: each moves the rotation of channels on."""
	return frappe.db.count(
		"Follow Up",
		{
			"reference_doctype": doctype,
			"reference_name": name,
			"status": DONE,
			"outcome": ("in", ("No Answer", "Wrong Contact")),
		},
	)


def _right_contact(doctype: str, row: frappe._dict, touch: frappe.model.document.Document) -> str:
	"""Writes the right contact down on the document, or makes finding it the goal."""
	if not (touch.right_name or touch.right_email or touch.right_phone):
		return RIGHT_CONTACT
	doc = frappe.get_doc(doctype, row.name)
	person = bool(touch.right_name or touch.right_email)
	if doctype == "Lead":
		before = ", ".join(filter(None, (doc.lead_name, doc.email_id, doc.mobile_no, doc.phone)))
		if touch.right_name:
			doc.update({"first_name": touch.right_name, "middle_name": None, "last_name": None})
		values = {"email_id": touch.right_email, "mobile_no": touch.right_phone}
		if touch.right_email and touch.right_email != doc.email_id:
			doc.unsubscribed = 0
	else:
		before = ", ".join(filter(None, (doc.contact_display, doc.contact_email, doc.contact_mobile)))
		values = {"contact_email": touch.right_email, "contact_mobile": touch.right_phone}
		if touch.right_name:
			doc.contact_display = touch.right_name
	# Another person is not reached at the old one's address; the comment below keeps it.
	doc.update({field: value for field, value in values.items() if value or person})
	doc.save()
	doc.add_comment(
		"Info", _("The contact was corrected. Before: {0}").format(frappe.utils.escape_html(before))
	)
	return _RIGHT_PERSON


def _end_politely(doctype: str, name: str, touch: frappe.model.document.Document) -> None:
	"""L8: who is not interested now goes to the nurture pool, or is lost with a reason."""
	doc = frappe.get_doc(doctype, name)
	if touch.what_now == "Lost":
		if doctype == "Lead":
			doc.status = "Do Not Contact"
			doc.save()
			frappe.db.set_value("Lead", name, "sf_lost_reason", touch.lost_reason, update_modified=False)
		else:
			doc.sf_no_competitor = touch.no_competitor
			rivals = [{"competitor": touch.competitor}] if touch.competitor else []
			doc.declare_enquiry_lost([{"lost_reason": touch.lost_reason}], rivals, touch.note)
		return
	lead = name if doctype == "Lead" else None
	if doctype == "Opportunity":
		doc.status = "Closed"
		doc.save()
		if doc.opportunity_from == "Lead" and not follow_ups.has_open_opportunity(doc.party_name):
			status = frappe.db.get_value("Lead", doc.party_name, "status")
			if status in HANDED_ON:
				lead = doc.party_name
				frappe.get_doc("Lead", lead).db_set("status", "Interested")
	if lead:
		to_nurture_pool(lead)


def to_nurture_pool(lead: str) -> None:
	"""Ends a lead politely: from now on it gets light touches (L8)."""
	frappe.db.set_value("Lead", lead, {"sf_ended_politely": 1, "sf_in_nurture": 1}, update_modified=False)
	handover.follow(lead)
	follow_ups.plan("Lead", lead)


def _book(doctype: str, row: frappe._dict, touch: frappe.model.document.Document) -> None:
	"""Puts the agreed meeting into the calendar; the event tells the plan (see `booked`)."""
	starts_on = get_datetime(touch.next_on)
	event = frappe.get_doc(
		{
			"doctype": "Event",
			"subject": _("Meeting with {0}").format(row.title or row.name),
			"event_category": "Meeting",
			"event_type": "Private",
			"starts_on": starts_on,
			"ends_on": starts_on + timedelta(hours=1),
			"description": touch.note,
			"event_participants": [{"reference_doctype": doctype, "reference_docname": row.name}],
		}
	)
	event.insert()
