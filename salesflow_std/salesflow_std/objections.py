"""Objections of customers: what they belong to, from the first word to the outcome (S4).

An objection is open until it has an answer, answered until somebody says whether that settled it. The state is the
app's alone: it follows from the answer, and from `close` and `reopen`.
"""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import objections as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import messages, objection_scripts, profiles
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

DOCTYPE = "Objection"
OPEN, ANSWERED, SETTLED, NOT_SETTLED = "Open", "Answered", "Settled", "Not Settled"
CLOSED = (SETTLED, NOT_SETTLED)
PENDING = (OPEN, ANSWERED)

# What stands on a document of the customer, and by which field an objection points at it.
ABOUT = {"Quotation": "quotation", "Solution Proposal": "proposal"}
# Where an objection may be raised.
SOURCES = (*profiles.SUBJECTS, *ABOUT)
# Where an objection's promise is a new one, nobody has been told of it.
_TOLD = ("reminded_on", "escalated_on", "escalated_to")


# What an objection belongs to ------------------------------------------------------------------------------


def subject_of(doctype: str, name: str) -> tuple[str, str] | None:
	"""The document that keeps the objections to a document: a quotation's opportunity, else its party; a
	proposal's own reference. None where there is none."""
	if doctype in profiles.SUBJECTS:
		return doctype, name
	if doctype == "Quotation":
		row = frappe.db.get_value(doctype, name, ["opportunity", "quotation_to", "party_name"])
		if row and row[0]:
			return "Opportunity", row[0]
		found = row and row[1:]
	else:
		found = doctype in ABOUT and frappe.db.get_value(
			doctype, name, ["reference_doctype", "reference_name"]
		)
	return tuple(found) if found and found[0] in profiles.SUBJECTS and found[1] else None


def documents_of(doctype: str, name: str) -> list[tuple[str, str]]:
	"""The documents whose objections concern a document: what keeps its own, and that one's party."""
	subject = subject_of(doctype, name)
	return list(dict.fromkeys(filter(None, (subject, subject and profiles.party_of(*subject)))))


def is_of(doctype: str, name: str, subject: tuple[str, str]) -> bool:
	"""Whether a quotation or a proposal belongs to the document of an objection, or to the same customer."""
	ours, theirs = documents_of(*subject), documents_of(doctype, name)
	if set(ours) & set(theirs):
		return True
	known = {profiles.profile_of(*document) for document in ours} - {None}
	return any(profiles.profile_of(*document) in known for document in theirs)


def check_is_of(doctype: str, name: str, subject: tuple[str, str]) -> None:
	"""Raises ValidationError where a quotation or a proposal is of another customer."""
	if not is_of(doctype, name, subject):
		frappe.throw(
			_("{0} belongs to another customer than {1}.").format(
				get_link_to_form(doctype, name), get_link_to_form(*subject)
			),
			title=_("Another Customer"),
		)


def company_of(doctype: str, name: str) -> str | None:
	"""Our company that talks to the customer; its calendar counts."""
	own = frappe.db.get_value(doctype, name, "company") if doctype != "Customer" else None
	return own or frappe.db.get_single_value("Global Defaults", "default_company")


def responsible(objection: Document | frappe._dict) -> str:
	"""Who has to see to an objection."""
	return objection.allocated_to or objection.owner


# Answers and promises --------------------------------------------------------------------------------------


def default_due(raised_on: datetime, company: str | None) -> datetime:
	"""Until when a reply is promised where nobody says otherwise (S4: 2 working days)."""
	current = settings()
	try:
		due = rules.reply_due(
			get_datetime(raised_on),
			current.objection_reply_amount,
			current.objection_reply_unit,
			working_calendar(company),
		)
	except EngineError as problem:
		messages.refuse(problem, _("Reply Promised Until", context="Objection"))
	return due.replace(microsecond=0)


def follow_answer(doc: Document, before: Document | None) -> None:
	"""The state that follows from the answer: given on the spot, given later, taken back, or promised (S4)."""
	if not cstr(doc.answer).strip():
		_promise(doc, before)
	elif before is None:
		# Whoever answers at once has promised nothing.
		_answered(doc, get_datetime(doc.raised_on))
		doc.reply_due_on = None
	elif before.status == OPEN:
		_answered(doc, now_datetime().replace(microsecond=0))


def _answered(doc: Document, when: datetime) -> None:
	doc.update({"status": ANSWERED, "answered_on": when, "answered_by": frappe.session.user})
	if doc.reply_due_on and rules.is_missed(get_datetime(doc.reply_due_on), when, when):
		doc.reply_missed = 1


def _promise(doc: Document, before: Document | None) -> None:
	taken_back = before is not None and before.status != OPEN
	doc.update({"status": OPEN, "answered_on": None, "answered_by": None})
	if before is None:
		doc.reply_due_on = doc.reply_due_on or default_due(doc.raised_on, doc.company)
		return
	if not doc.reply_due_on and not taken_back:
		doc.reply_due_on = before.reply_due_on  # what was promised stays promised
	now = now_datetime()
	if not doc.reply_due_on or (taken_back and get_datetime(doc.reply_due_on) <= now):
		doc.reply_due_on = default_due(now, doc.company)
	if get_datetime(doc.reply_due_on) != get_datetime(before.reply_due_on):
		doc.update(dict.fromkeys(_TOLD))


# From the desk ---------------------------------------------------------------------------------------------


def record(doctype: str, name: str, **values: object) -> Document:
	"""A new objection to a document, a quotation or a proposal (S4); `values` are fields. Checks the rights."""
	subject = subject_of(doctype, name)
	if not subject:
		frappe.throw(
			_(
				"{0} belongs to no opportunity, lead, prospect or customer, which would keep the objection."
			).format(get_link_to_form(doctype, name)),
			title=_("Objection"),
		)
	about = {ABOUT[doctype]: name} if doctype in ABOUT else {}
	return frappe.get_doc(
		{
			**values,
			**about,
			"doctype": DOCTYPE,
			"reference_doctype": subject[0],
			"reference_name": subject[1],
		}
	).insert()


def answer(name: str, text: str, script: str | None = None) -> Document:
	"""Gives the answer to an objection (S4); checks the rights. With the same answer again it does nothing."""
	doc = _locked(name)
	if doc.status in CLOSED:
		_refuse_closed(doc)
	if cstr(doc.answer).strip() != text.strip() or (script and script != doc.script):
		doc.update({"answer": text, "script": script or doc.script})
		doc.save()
	return doc


def close(
	name: str,
	settled: bool,
	outcome: str | None = None,
	verdict: str | None = None,
	text: str | None = None,
	script: str | None = None,
) -> Document:
	"""Says whether an objection is settled (S4, S5); checks the rights. Twice is once.

	Raises ValidationError while something is missing: whether it was genuine, the answer of what is settled, the
	outcome of what is not.
	"""
	objection_scripts.lock([script, frappe.db.get_value(DOCTYPE, name, "script")])
	doc = _locked(name)
	status = SETTLED if settled else NOT_SETTLED
	if doc.status == status:
		return doc
	if doc.status in CLOSED:
		_refuse_closed(doc)
	given = {"outcome": outcome, "verdict": verdict, "answer": text, "script": script}
	doc.update({field: value for field, value in given.items() if value})
	_check_complete(doc, settled)
	if doc.status == OPEN and cstr(doc.answer).strip():
		_answered(doc, now_datetime().replace(microsecond=0))
	_write(
		doc,
		{
			"status": status,
			"closed_on": now_datetime().replace(microsecond=0),
			"closed_by": frappe.session.user,
		},
	)
	return doc


def reopen(name: str) -> Document:
	"""Takes an objection up again that was closed; checks the rights. Where it has no answer, a new promise counts."""
	objection_scripts.lock([frappe.db.get_value(DOCTYPE, name, "script")])
	doc = _locked(name)
	if doc.status not in CLOSED:
		return doc
	values: dict[str, object] = {"closed_on": None, "closed_by": None, "status": ANSWERED}
	if not cstr(doc.answer).strip():
		values |= {"status": OPEN, "reply_due_on": default_due(now_datetime(), doc.company)}
		values |= dict.fromkeys(_TOLD)
	_write(doc, values)
	return doc


def _locked(name: str) -> Document:
	"""The objection as it is now; nobody else changes it until this transaction is over."""
	frappe.db.get_value(DOCTYPE, name, "name", for_update=True)
	doc = frappe.get_doc(DOCTYPE, name)
	doc.check_permission("write")
	return doc


def _write(doc: Document, values: dict[str, object]) -> None:
	doc.update(values)
	doc.flags.by_app = True
	doc.save()
	objection_scripts.recount([doc.script])


def _check_complete(doc: Document, settled: bool) -> None:
	missing = []
	if not doc.verdict:
		missing.append(_("Say whether it was genuine or a stall: the library and the report learn from it."))
	if settled and not cstr(doc.answer).strip():
		missing.append(_("Write down the answer that settled it, or take one from the scripts."))
	if not settled and not cstr(doc.outcome).strip():
		missing.append(_("Say what came of it: what still stands in the way?"))
	if missing:
		said = _("The standard asks for more before {0} is closed:").format(
			get_link_to_form(DOCTYPE, doc.name)
		)
		points = "".join(f"<li>{text}</li>" for text in missing)
		text = f"{said}<ul>{points}</ul>"
		frappe.throw(text, title=_("Something Is Missing"))


def _refuse_closed(doc: Document) -> None:
	frappe.throw(
		_("{0} is closed already ({1}). Open it and take it up again first.").format(
			get_link_to_form(DOCTYPE, doc.name), _(doc.status, context="Objection")
		),
		title=_("Already Closed"),
	)


# How documents go ------------------------------------------------------------------------------------------


def document_deleted(doc: Document, method: str | None = None) -> None:
	"""The objections of a deleted document go with it."""
	for name in frappe.get_all(
		DOCTYPE,
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name},
		pluck="name",
		order_by="name",
	):
		frappe.delete_doc(DOCTYPE, name, force=True, ignore_permissions=True)


def document_renamed(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""After a merge the objections of both are those of one customer, and are called so."""
	party = profiles.party_of(doc.doctype, new) if merge else None
	if party:
		frappe.db.set_value(
			DOCTYPE,
			{"reference_doctype": doc.doctype, "reference_name": new},
			"title",
			profiles.company_name(*party),
			update_modified=False,
		)


def about_deleted(doc: Document, method: str | None = None) -> None:
	"""An objection outlives the quotation or the proposal that it was raised to."""
	field = ABOUT[doc.doctype]
	frappe.db.set_value(DOCTYPE, {field: doc.name}, field, None, update_modified=False)
