"""After the install: the leads and opportunities that were there before get what new ones get at their save."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import frappe
from frappe.query_builder.functions import Coalesce, Date, IfNull, Max, Min
from frappe.utils import get_datetime, now_datetime
from pypika import Case
from pypika.queries import QueryBuilder
from pypika.terms import CustomFunction, Interval, Term

from salesflow_std.engine import leads
from salesflow_std.jobs import duplicate_keys, follow_up_clock, opportunity_grading, stage_backfill
from salesflow_std.overrides import communication
from salesflow_std.salesflow_std import bulk, follow_ups, reps, touches

CHUNK = 2000
_Timestamp = CustomFunction("TIMESTAMP", ["day", "time"])


def run() -> None:
	"""Capture times, duplicate keys and past touches for leads, grades and past touches for opportunities, and for
	both the stage they stand in.

	Restartable; twice is once.
	"""
	after = ""
	while after := _leads(after):
		# A chunk is whole in itself: a killed run goes on behind it.
		frappe.db.commit()  # nosemgrep
	for doctype in follow_ups.SUBJECTS:
		after = ""
		while after := _history(doctype, after):
			frappe.db.commit()  # nosemgrep - as above
	opportunity_grading.run()
	duplicate_keys.run()
	follow_up_clock.end_orphans("Lead")
	stage_backfill.run()
	frappe.db.set_single_value("Salesflow Settings", "taken_in", 1, update_modified=False)
	frappe.db.commit()  # nosemgrep - the job's last word


def _leads(after: str) -> str:
	"""One chunk of leads without a capture time: it is their creation (L1). Returns the last name."""
	rows = frappe.get_all(
		"Lead",
		filters={"sf_captured_on": ("is", "not set"), "name": (">", after)},
		fields=["name", "creation", "phone", "mobile_no", "company_name"],
		order_by="name",
		limit=CHUNK,
	)
	for row in rows:
		values = {
			"sf_captured_on": row.creation or now_datetime(),
			"sf_phone_key": leads.phone_key(row.phone),
			"sf_mobile_key": leads.phone_key(row.mobile_no),
			"sf_company_key": leads.company_key(row.company_name)[:140],
		}
		frappe.db.set_value("Lead", row.name, values, update_modified=False)
	return rows[-1].name if rows else ""


# Touches from before the install ---------------------------------------------------------------------------


def _history(doctype: str, after: str) -> str:
	"""One chunk of documents: when their customers were first and last reached (L7, F4). Returns the last name.

	What is there already stays: it was counted by the app itself.
	"""
	names = frappe.get_all(
		doctype, filters={"name": (">", after)}, pluck="name", order_by="name", limit=CHUNK
	)
	reached = _reached(doctype, names) if names else {}
	for row in follow_ups.read(doctype, sorted(reached)) if reached else ():
		first, last = reached[row.name]
		values: dict[str, object] = {}
		if not row.sf_last_touch_on:
			values["sf_last_touch_on"] = last
		if doctype == "Lead" and not row.sf_first_touched_on:
			values["sf_first_touched_on"] = first
			values["sf_first_touch_status"] = leads.first_touch_status(
				row.sf_first_touch_due, first, now_datetime()
			)
		if values:
			# Scored before this job came by: the plan did not know of the touches, and is asked for again.
			values["sf_next_touch_on"] = None
			frappe.db.set_value(doctype, row.name, values, update_modified=False)
	return names[-1] if names else ""


def _reached(doctype: str, names: list[str]) -> dict[str, tuple[datetime, datetime]]:
	"""When the customers behind documents were first and last reached since the capture, of those that were."""
	subject = frappe.qb.DocType(doctype)
	began = Coalesce(subject.sf_captured_on, subject.creation) if doctype == "Lead" else subject.creation
	tolerance = Interval(seconds=touches.CLOCK_TOLERANCE.seconds)
	now = now_datetime().replace(microsecond=0)
	found: dict[str, tuple[datetime, datetime]] = {}
	for query, name, when in _touches(doctype):
		for of_name, first, last in (
			query.join(subject)
			.on(subject.name == name)
			.select(name, Min(when), Max(when))
			.where(bulk.Among(name, names) & (when >= began - tolerance))
			.groupby(name)
			.run()
		):
			# What was entered for a time ahead has happened by now (as in `touches.record`).
			told = [min(get_datetime(moment), now).replace(microsecond=0) for moment in (first, last)]
			told += found.get(of_name, ())
			found[of_name] = (min(told), max(told))
	return found


def _touches(doctype: str) -> Iterator[tuple[QueryBuilder, Term, Term]]:
	"""Queries for records that are touches of documents of a doctype, with the document's name and the time.

	They point at the document itself or at its quotation (`touches.subjects_of`).
	"""
	quotation = frappe.qb.DocType("Quotation")
	for query, to_doctype, to_name, when in _records():
		yield query.where(to_doctype == doctype), to_name, when
		through = query.join(quotation).on((to_doctype == "Quotation") & (to_name == quotation.name))
		if doctype == "Opportunity":
			yield through, quotation.opportunity, when
		else:
			of_lead = (quotation.quotation_to == "Lead") & (IfNull(quotation.opportunity, "") == "")
			yield through.where(of_lead), quotation.party_name, when


def _records() -> Iterator[tuple[QueryBuilder, Term, Term, Term]]:
	"""What counts as a touch, as the hooks of each doctype say it: a query, its reference and its time."""
	mail, event, call = (frappe.qb.DocType(name) for name in ("Communication", "Event", "Call Log"))
	link, participant = frappe.qb.DocType("Communication Link"), frappe.qb.DocType("Event Participants")
	dynamic = frappe.qb.DocType("Dynamic Link")

	# What colleagues wrote each other, as far as the database can tell: to one of them and nobody else.
	by_mail = IfNull(mail.communication_medium, "").isin(("", "Email"))
	internal = (
		by_mail & bulk.Among(mail.recipients, sorted(reps.own_addresses())) & (IfNull(mail.cc, "") == "")
	)
	sent = (
		(mail.communication_type == "Communication")
		& (mail.sent_or_received == "Sent")
		& IfNull(mail.communication_medium, "").isin(list(communication.CHANNELS))
		& IfNull(mail.reference_doctype, "").notin(communication.NO_TOUCH)
		& IfNull(mail.delivery_status, "").notin(communication.NOT_DELIVERED)
		& (Case().when(internal, 1).else_(0) == 0)
	)
	of_mail = frappe.qb.from_(mail).where(sent)
	written = Coalesce(mail.communication_date, mail.creation)
	yield of_mail, mail.reference_doctype, mail.reference_name, written
	yield of_mail.join(link).on(link.parent == mail.name), link.link_doctype, link.link_name, written

	held = frappe.qb.from_(event).where(event.status == "Completed")
	end = Coalesce(event.ends_on, event.starts_on)
	ended = Case().when(event.all_day == 1, _Timestamp(Date(end), "23:59:59")).else_(end)
	invited = held.join(participant).on(participant.parent == event.name)
	yield invited, participant.reference_doctype, participant.reference_docname, ended
	linked = held.join(dynamic).on((dynamic.parent == event.name) & (dynamic.parenttype == "Event"))
	yield linked, dynamic.link_doctype, dynamic.link_name, ended
	yield held, event.reference_doctype, event.reference_docname, ended

	called = (
		frappe.qb.from_(call)
		.join(dynamic)
		.on((dynamic.parent == call.name) & (dynamic.parenttype == "Call Log"))
		.where(call.status == "Completed")
	)
	over = Coalesce(call.end_time, call.start_time, call.creation)
	yield called, dynamic.link_doctype, dynamic.link_name, over
