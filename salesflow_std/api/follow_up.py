"""Follow-ups in the desk and over REST (F1-F5)."""

from __future__ import annotations

import datetime

import frappe
import frappe.share
from frappe import _
from frappe.utils import add_days, cint, getdate, now_datetime

from salesflow_std.salesflow_std import account_managers, follow_ups, plans, reps
from salesflow_std.salesflow_std.follow_ups import CANCELLED, CUSTOMER, DONE, PLANNED, REFERENCES, SUBJECTS


@frappe.whitelist(methods=["POST", "PUT"])
def complete(
	name: str,
	outcome: str,
	done_on: str | datetime.datetime | None = None,
	channel: str | None = None,
	note: str | None = None,
	next_on: str | datetime.datetime | None = None,
	what_now: str | None = None,
	lost_reason: str | None = None,
	competitor: str | None = None,
	no_competitor: bool | int | str = 0,
	value_content: str | None = None,
	right_name: str | None = None,
	right_email: str | None = None,
	right_phone: str | None = None,
) -> dict:
	"""Closes a touch and plans the next (F3, F4).

	`outcome` is one of Reached, Sent, No Answer, Call Later (with `next_on`), Wrong Contact (with the right
	one, if known), Not Interested (with `what_now` "Nurture Pool" or "Lost", and then `lost_reason` and, of an
	opportunity, `competitor` or `no_competitor`), Meeting
	Agreed (with `next_on`, and an Event is made), Meeting Held. `done_on` defaults to now. Returns
	``{"name", "status", "next": {"name", "due_on", "channel", "goal", "kind"} | None}``. Raises
	PermissionError without the right to change the follow-up, ValidationError where something is missing.
	"""
	doc = frappe.get_doc("Follow Up", name)
	doc.check_permission("write")
	told = {
		"outcome": outcome,
		"done_on": done_on or now_datetime(),
		"channel": channel or doc.channel,
		"note": note or doc.note,
		"next_on": next_on,
		"what_now": what_now,
		"lost_reason": lost_reason,
		"competitor": competitor,
		"no_competitor": cint(no_competitor),
		"value_content": value_content or doc.value_content,
		"right_name": right_name,
		"right_email": right_email,
		"right_phone": right_phone,
	}
	if doc.status == DONE:
		frappe.throw(
			_("This follow-up is {0} already; what happened stays as it was. {1}").format(
				_(doc.status, context="Follow Up"), doc._where_to_go()
			),
			title=_("Already Closed"),
		)
	doc.update({**told, "status": DONE})
	doc.save()
	return {
		"name": doc.name,
		"status": doc.status,
		"next": next_of(doc.reference_doctype, doc.reference_name),
	}


def next_of(doctype: str, name: str) -> dict | None:
	"""The touch of a document that is due next: ``{"name", "due_on", "channel", "goal", "kind"}``."""
	touch = next((t for t in follow_ups.open_touches(doctype, name) if t.kind != "New Score"), None)
	if not touch:
		return None
	told = {field: touch[field] for field in ("name", "due_on", "channel", "goal", "kind")}
	return {**told, "goal": _(told["goal"]) if told["goal"] else ""}


@frappe.whitelist(methods=["POST", "PUT"])
def reassign(name: str, user: str) -> dict:
	"""Gives the document of a follow-up, with all its open touches, to another rep (F5). For managers.

	The clock goes on: nothing that was due becomes due later. Returns the next touch.
	"""
	doc = frappe.get_doc("Follow Up", name)
	doc.check_permission("write")
	if not reps.is_manager():
		frappe.throw(
			_("Only a sales manager may give a follow-up to somebody else."),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
	if not reps.is_enabled(user):
		frappe.throw(
			_("{0} cannot log in, so nobody would see the follow-up.").format(user), title=_("Reassign")
		)
	if not reps.sells(user):
		frappe.throw(_("{0} has no sales role, so could not work on it.").format(user), title=_("Reassign"))
	subject = frappe.get_doc(doc.reference_doctype, doc.reference_name)
	subject.check_permission("write")
	if doc.reference_doctype == CUSTOMER:
		before, owner_field = account_managers.of(subject.name) or subject.owner, "account_manager"
	else:
		before = follow_ups.rep_of(doc.reference_doctype, subject)
		owner_field = SUBJECTS[doc.reference_doctype].owner_field
	subject.set(owner_field, user)
	subject.save()
	# What was planned by hand does not follow the owner by itself.
	touch = frappe.qb.DocType("Follow Up")
	(
		frappe.qb.update(touch)
		.set(touch.allocated_to, user)
		.set(touch.stands_in_for, None)
		.where(
			(touch.reference_doctype == doc.reference_doctype) & (touch.reference_name == doc.reference_name)
		)
		.where((touch.status == PLANNED) & (touch.kind == "Task"))
		.where((touch.allocated_to == before) | (touch.stands_in_for == before) | (touch.name == doc.name))
		.run()
	)
	if not frappe.has_permission(doc.reference_doctype, "write", doc=doc.reference_name, user=user):
		frappe.share.add(
			doc.reference_doctype, doc.reference_name, user, write=1, flags={"ignore_share_permission": True}
		)
	plans.plan(doc.reference_doctype, doc.reference_name)
	return {"next": next_of(doc.reference_doctype, doc.reference_name)}


@frappe.whitelist(methods=["GET", "POST"])
def plan_of(doctype: str, name: str) -> dict:
	"""What a document's form shows of its plan: the open touches and the last ones done.

	``{"open": [{"name", "due_on", "channel", "goal", "kind", "allocated_to"}], "done": […]}``
	"""
	if doctype not in REFERENCES:
		frappe.throw(
			_("Follow-ups are for {0}, not for {1}.").format(
				", ".join(_(subject) for subject in REFERENCES), _(doctype)
			),
			title=_("Document Type", context="Follow Up"),
		)
	frappe.get_doc(doctype, name).check_permission("read")
	fields = [
		"name",
		"status",
		"due_on",
		"channel",
		"goal",
		"kind",
		"allocated_to",
		"outcome",
		"done_on",
		"stands_in_for",
	]
	about = {"reference_doctype": doctype, "reference_name": name}
	waiting = frappe.get_all(
		"Follow Up", filters={**about, "status": PLANNED}, fields=fields, order_by="due_on, name"
	)
	done = frappe.get_all(
		"Follow Up",
		filters={**about, "status": ("in", (DONE, follow_ups.MISSED))},
		fields=fields,
		order_by="due_on desc, name",
		limit=5,
	)
	for touch in (*waiting, *done):
		touch.goal = _(touch.goal) if touch.goal else ""
		touch.allocated_to_name = frappe.utils.get_fullname(touch.allocated_to)
	return {"open": waiting, "done": done}


@frappe.whitelist(methods=["GET", "POST"])
def events(start: str, end: str, filters: list | str | None = None) -> list[dict]:
	"""The follow-ups between two days, for the calendar, as far as the user may see them (F5, P6).

	What was cancelled is left out unless a filter asks for it; what was skipped (`Missed`) shows. Each is a
	``{"name", "title", "due_on", "status", "overdue", "who", "allDay", …}``, and stays where it is: moved to another day
	by mouse it would lose its time of day, and only its form says what that means.
	"""
	conditions = [
		# The calendar's filters carry one more part each, whether they are hidden.
		condition[1:4] if len(condition) > 3 else condition
		for condition in frappe.parse_json(filters) or []
	]
	if not any(field == "status" for field, *_rest in conditions):
		conditions.append(["status", "!=", CANCELLED])
	# The days are the reader's, whose midnight is another moment than the site's.
	span = [["due_on", ">=", add_days(getdate(start), -1)], ["due_on", "<", add_days(getdate(end), 2)]]
	rows = frappe.get_list(
		"Follow Up",
		filters=[*span, *conditions],
		fields=["name", "title", "due_on", "status", "channel", "reference_name", "allocated_to"],
		order_by="due_on, name",
		limit=2000,
	)
	now = now_datetime()
	for row in rows:
		channel = _(row.channel, context="Follow Up") if row.channel else ""
		row.update(
			{
				"title": " · ".join(filter(None, (row.title or row.reference_name, channel))),
				"who": frappe.utils.get_fullname(row.allocated_to) if row.allocated_to else "",
				"overdue": int(row.status == PLANNED and row.due_on < now),
				"allDay": 1,
				"doctype": "Follow Up",
				"startEditable": False,
				"durationEditable": False,
			}
		)
	return rows
