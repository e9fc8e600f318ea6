"""The needs talk in the desk: questions, writing as one types, the calendar, versions (N1-N4)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, get_datetime, get_link_to_form, now_datetime

from salesflow_std.salesflow_std import needs, profiles, versions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

_ANSWER_FIELDS = ("kind", "question", "answer", "mood", "spin_question")
_NEED_FIELDS = (
	"need",
	"explicitness",
	"nature",
	"priority",
	"match_score",
	"vague",
	"concrete",
	"evidence",
	"said_by",
	"said_on",
	"item",
)
# What the form names a row that it has made.
_ROW_NAME = re.compile(r"[a-z0-9]{10}")


@frappe.whitelist(methods=["GET", "POST"])
def start(doctype: str, name: str) -> dict:
	"""What a new record begins with: ``{"title", "contact", "notice_days"}``, the second of `needs.contact_of`."""
	_check_subject(doctype, name)
	return {
		"title": profiles.company_name(*profiles.party_of(doctype, name)),
		"contact": needs.contact_of(doctype, name),
		"notice_days": cint(settings().needs_notice_days),
	}


@frappe.whitelist(methods=["GET", "POST"])
def propose(
	record: str | None = None,
	doctype: str | None = None,
	name: str | None = None,
	language: str | None = None,
	contact_role: str | None = None,
) -> dict:
	"""The questions for a talk, the closest first (N2), and the moods an answer may show.

	Of a `record`, or of a document that has none yet. ``{"questions": [{"name", "kind", "question", "for"}],
	"moods": [{"name", "label"}]}``; `for` names the conditions that made a question close.
	"""
	if record:
		doc = frappe.get_doc(needs.DOCTYPE, record)
		doc.check_permission("read")
		doctype, name = doc.reference_doctype, doc.reference_name
		language, contact_role = language or doc.language, contact_role or doc.contact_role
	_check_subject(doctype or "", name or "")
	questions = needs.questions_for(doctype, name, language, contact_role, record)
	return {
		"questions": [
			{
				"name": row.name,
				"kind": row.kind,
				"question": row.text,
				"for": ", ".join(
					filter(
						None,
						(
							row.role and _(row.role, context="SPIN Question"),
							row.industry,
							row.sales_stage,
							row.target_profile,
						),
					)
				),
			}
			for row in questions
		],
		"moods": _moods(),
	}


def _check_subject(doctype: str, name: str) -> None:
	if doctype not in profiles.SUBJECTS or not profiles.party_of(doctype, name):
		frappe.throw(
			_("A needs talk belongs to a lead, an opportunity, a prospect or a customer."),
			title=_("Needs Record"),
		)
	frappe.get_doc(doctype, name).check_permission("read")


def _moods() -> list[dict]:
	tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
	rows = (
		frappe.qb.from_(tag)
		.join(category)
		.on(category.name == tag.category)
		.select(tag.name)
		.where((category.used_for == "Mood") & (tag.enabled == 1))
		.orderby(category.position, tag.name)
		.run()
	)
	return [{"name": name, "label": _(name)} for (name,) in rows]


@frappe.whitelist(methods=["POST"])
def note(
	record: str,
	modified: str,
	answers: list | str | None = None,
	needs_rows: list | str | None = None,
	removed: list | str | None = None,
	talked_on: str | datetime | None = None,
) -> dict:
	"""Writes down what is being typed: rows of answers and needs, by name, new ones with a name of ten characters
	that the form has made (so that a request that comes twice writes once); `removed` names needs to take out.

	`modified` is what the form has last read. Where somebody else has changed the record since, nothing is written
	and ``{"conflict": True, "modified", "by", "fields", "answers", "needs"}`` says how it stands now. Else
	``{"modified", "status", "talked_on", "summary_due_on", "missing", "hints"}``.
	"""
	frappe.db.get_value(needs.DOCTYPE, record, "name", for_update=True)
	doc = frappe.get_doc(needs.DOCTYPE, record)
	doc.check_permission("write")
	if get_datetime(doc.modified) != get_datetime(modified):
		return {
			"conflict": True,
			"modified": cstr(get_datetime(doc.modified)),
			"by": frappe.utils.get_fullname(doc.modified_by),
			"fields": {
				field: str(value) if isinstance(value := doc.get(field), datetime | date) else value
				for field in (*versions.content_fields(needs.DOCTYPE), *versions.state_fields(needs.DOCTYPE))
			},
			"answers": [_row(row, _ANSWER_FIELDS) for row in doc.answers],
			"needs": [_row(row, _NEED_FIELDS) for row in doc.needs],
		}
	gone = set(frappe.parse_json(removed) or ())
	doc.needs = [row for row in doc.needs if row.name not in gone]
	_upsert(doc, "answers", frappe.parse_json(answers) or [], _ANSWER_FIELDS)
	_upsert(doc, "needs", frappe.parse_json(needs_rows) or [], _NEED_FIELDS)
	if talked_on:
		doc.talked_on = get_datetime(talked_on)
	doc.flags.noted = True
	# The history of changes is for what people save, not for every pause in their typing.
	doc.save(ignore_version=True)
	return _state(doc)


def _upsert(doc: Document, table: str, rows: list[dict], fields: tuple[str, ...]) -> None:
	present = {row.name: row for row in doc.get(table)}
	for told in rows:
		values = {field: told[field] for field in fields if field in told}
		row = present.get(told.get("name"))
		if row:
			row.update(values)
		else:
			row = doc.append(table, values)
			if _ROW_NAME.fullmatch(cstr(told.get("name"))):
				row.name = told["name"]
	for number, row in enumerate(doc.get(table), 1):
		row.idx = number


def _row(row: Document, fields: tuple[str, ...]) -> dict:
	return {"name": row.name, **{field: row.get(field) for field in fields}}


def _state(doc: Document) -> dict:
	return {
		"modified": cstr(get_datetime(doc.modified)),
		"status": doc.status,
		"talked_on": cstr(doc.talked_on) or None,
		"summary_due_on": cstr(doc.summary_due_on) or None,
		"missing": needs.missing(doc),
		"hints": needs.hints(doc),
	}


@frappe.whitelist(methods=["POST"])
def now() -> str:
	"""The site's time to the second: the clock of the user's machine may be wrong."""
	return cstr(now_datetime().replace(microsecond=0))


@frappe.whitelist(methods=["POST"])
def adopt(record: str, row: str, take: int | bool = True) -> dict:
	"""Takes the customer's correction of a need over (N4), or leaves the need as it is written.

	`row` is the need's row. Returns as `note` does. The version before keeps what was sent.
	"""
	doc = frappe.get_doc(needs.DOCTYPE, record)
	doc.check_permission("write")
	need = next((need for need in doc.needs if need.name == row), None)
	if not need or not need.correction:
		frappe.throw(
			_("There is no correction to adopt here."), title=_("Correction", context="Customer Need")
		)
	words = need.correction
	if doc.status in needs.EDITABLE:
		# Before the save, which would put these back.
		frappe.db.set_value(
			"Customer Need", row, {"verdict": None, "correction": None}, update_modified=False
		)
		if cint(take):
			need.need = words
	doc.save()
	return _state(doc)


@frappe.whitelist(methods=["POST"])
def new_version(record: str) -> dict:
	"""Begins the next version of a record that has gone to the customer, or finds it: ``{"name", "version"}``."""
	doc = frappe.get_doc(needs.DOCTYPE, record)
	doc.check_permission("write")
	after = needs.new_version(doc)
	return {"name": after.name, "version": after.version}


@frappe.whitelist(methods=["POST"])
def book(record: str) -> dict:
	"""Puts the planned talk into the calendar: ``{"event"}``. An hour, with the document as participant (F4)."""
	doc = frappe.get_doc(needs.DOCTYPE, record)
	doc.check_permission("write")
	if doc.event and frappe.db.exists("Event", doc.event):
		frappe.throw(
			_("The talk is in the calendar already: {0}").format(get_link_to_form("Event", doc.event)),
			title=_("Calendar", context="Needs Record"),
		)
	if not doc.planned_on:
		frappe.throw(_("Say first when the talk is planned."), title=_("Calendar", context="Needs Record"))
	starts_on = get_datetime(doc.planned_on)
	event = frappe.get_doc(
		{
			"doctype": "Event",
			"subject": _("Needs talk with {0}").format(doc.title),
			"event_category": "Call" if doc.channel == "Phone" else "Meeting",
			"event_type": "Private",
			"starts_on": starts_on,
			"ends_on": starts_on + timedelta(hours=1),
			"event_participants": [
				{"reference_doctype": doc.reference_doctype, "reference_docname": doc.reference_name}
			],
		}
	).insert()
	doc.db_set("event", event.name, update_modified=False)
	return {"event": event.name}


@frappe.whitelist(methods=["GET", "POST"])
def of(doctype: str, name: str) -> dict:
	"""What a document's form shows of its company's needs talks, those of its other documents included.

	``{"profile", "records", "open": {"name", "status", "summary_due_on"} | None, "current": {"name",
	"answered_on"} | None}``, of the records that the user may read.
	"""
	_check_subject(doctype, name)
	profile = profiles.profile_of(doctype, name)
	if not profile or not frappe.has_permission(needs.DOCTYPE, "read"):
		return {"profile": None, "records": 0, "open": None, "current": None}
	rows = frappe.get_list(
		needs.DOCTYPE,
		filters={"customer_profile": profile},
		fields=["name", "status", "summary_due_on", "answered_on"],
		order_by="creation desc",
		limit=100,
	)
	confirmed = needs.current(doctype, name)
	return {
		"profile": profile,
		"records": len(rows),
		"open": next(
			(
				{"name": row.name, "status": row.status, "summary_due_on": row.summary_due_on}
				for row in rows
				if row.status in needs.EDITABLE
			),
			None,
		),
		"current": next(
			({"name": row.name, "answered_on": row.answered_on} for row in rows if row.name == confirmed),
			None,
		),
	}
