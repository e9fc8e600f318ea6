"""Needs records: whom the talk is with, what is missing, versions, and which needs hold (N1-N4, P3).

A record is edited while it is planned or talked about. Once it has gone to the customer it stays as it was
sent; what changes goes into a new version, so that both are kept (N4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, escape_html, flt, get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import needs as rules
from salesflow_std.salesflow_std import notices, profiles, public_links, versions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

DOCTYPE = "Needs Record"
PLANNED, TALKED, SENT, CONFIRMED, CORRECTED, REFUSED, SUPERSEDED = (
	"Planned",
	"Talked",
	"Sent",
	"Confirmed",
	"Corrected",
	"Refused",
	"Superseded",
)
# In these a record is still edited; in the others it is what the customer was sent.
EDITABLE = (PLANNED, TALKED)

# What stays open to change while the rest is frozen: who looks after it.
_ALWAYS_OPEN = ("allocated_to",)


# What a record holds ---------------------------------------------------------------------------------------


def may_read_profile(record: Document) -> bool:
	"""Whether the user may read the profile of a record's company; a record of an opportunity alone is not enough."""
	profile = record.customer_profile
	return bool(profile and frappe.has_permission("Customer Profile", "read", doc=profile))


TABLES = {"answers": "Needs Answer", "needs": "Customer Need"}


def content(record: Document) -> dict:
	"""All that people wrote into a record, in a form that can be compared."""
	return versions.content(record, TABLES, _ALWAYS_OPEN)


# Whom the talk is with -------------------------------------------------------------------------------------


def contact_of(doctype: str, name: str) -> dict:
	"""Who the talk is with, as the document says, and who looks after it.

	``{"contact", "contact_name", "email_id", "language", "contact_role", "allocated_to"}``; what nobody knows is
	None. An opportunity that names nobody has the contact of its party, where the user may read that. The language is
	the customer's, else that of whoever looks after them.
	"""
	found = _contact(doctype, name)
	if doctype == "Opportunity":
		party = profiles.party_of(doctype, name)
		if party and not frappe.has_permission(party[0], "read", doc=party[1]):
			party = None
		if party and not (found["email_id"] or found["contact_name"]):
			found = {**_contact(*party), "language": found["language"]}
		if party and not _is_told(found["language"]) and party[0] != "Prospect":
			found["language"] = frappe.db.get_value(*party, "language")
	owner = frappe.db.get_value(doctype, name, profiles.OWNER_FIELDS[doctype])
	found["allocated_to"] = owner or frappe.session.user
	if not _is_told(found["language"]):
		found["language"] = notices.language_of(found["allocated_to"])
	found["contact_role"] = _role_of(profiles.profile_of(doctype, name), found)
	return found


def _is_told(language: str | None) -> bool:
	"""Whether a document's language says anything: Frappe fills the site's into every new one."""
	return bool(language) and language != frappe.db.get_single_value("System Settings", "language")


def _contact(doctype: str, name: str) -> dict:
	fields = {
		"Lead": ["lead_name as contact_name", "email_id", "language"],
		"Opportunity": [
			"contact_person as contact",
			"contact_display as contact_name",
			"contact_email as email_id",
			"language",
		],
		"Customer": ["customer_primary_contact as contact", "email_id", "language"],
		"Prospect": ["name"],
	}[doctype]
	row = frappe.db.get_value(doctype, name, fields, as_dict=True) or frappe._dict()
	contact = row.contact or _linked_contact(doctype, name)
	person = (
		frappe.db.get_value("Contact", contact, ["full_name", "email_id"], as_dict=True) if contact else None
	) or frappe._dict()
	return {
		"contact": contact,
		"contact_name": row.contact_name or person.full_name,
		"email_id": row.email_id or person.email_id,
		"language": row.language,
	}


def _linked_contact(doctype: str, name: str) -> str | None:
	"""The primary contact of a party, else the first, of those who are still there (P5)."""
	if doctype == "Opportunity":
		return None
	contact, link = frappe.qb.DocType("Contact"), frappe.qb.DocType("Dynamic Link")
	rows = (
		frappe.qb.from_(contact)
		.join(link)
		.on((link.parent == contact.name) & (link.parenttype == "Contact"))
		.select(contact.name)
		.where((link.link_doctype == doctype) & (link.link_name == name) & contact.sf_left_on.isnull())
		.orderby(contact.is_primary_contact, order=frappe.qb.desc)
		.orderby(contact.creation)
		.limit(1)
		.run()
	)
	return rows[0][0] if rows else None


def _role_of(profile: str | None, person: Mapping) -> str | None:
	"""The part somebody plays in the decision chain (P2)."""
	if not profile:
		return None
	for field, value in (
		("contact", person["contact"]),
		("email_id", person["email_id"]),
		("person", person["contact_name"]),
	):
		if value:
			role = frappe.db.get_value(
				"Decision Chain Member",
				{
					"parenttype": "Customer Profile",
					"parent": profile,
					field: value,
					"left_on": ("is", "not set"),
				},
				"role",
			)
			if role:
				return role
	return None


# What is missing -------------------------------------------------------------------------------------------


def summary_due(since: datetime) -> datetime:
	"""When the summary of a talk is due at the customer's: plain hours, nights and weekends included (N4)."""
	return get_datetime(since) + timedelta(hours=flt(settings().summary_hours))


def missing(record: Document) -> list[dict]:
	"""What stands between a record and its summary's way to the customer (N3, N4).

	``[{"what", "why", "fieldname", "row"}]`` in the user's language, plain text; `row` is the need's place in
	its table from 1 on, None where it is none of a need; `fieldname` then is a field of the need. Empty when
	the summary may be sent.
	"""
	gaps = rules.missing(
		bool(record.talked_on),
		[
			rules.Need(
				row.need or "",
				row.explicitness or "",
				row.nature or "",
				row.priority or "",
				cint(row.match_score),
				bool(row.vague),
				row.concrete or "",
			)
			for row in record.needs
		],
		record.summary or "",
		record.email_id or "",
	)
	words = _words()
	found = [
		{
			"what": words[gap.code][0]
			if gap.row is None
			else _("Need {0}: {1}").format(gap.row + 1, words[gap.code][0]),
			"why": words[gap.code][1],
			"fieldname": gap.field,
			"row": None if gap.row is None else gap.row + 1,
		}
		for gap in gaps
	]
	return found + _open_corrections(record)


def _open_corrections(record: Document) -> list[dict]:
	"""Corrections of the customer that nobody has taken over or left yet (N4)."""
	if record.status not in EDITABLE:
		return []
	return [
		{
			"what": _("Need {0}: {1}").format(row.idx, _("a correction waits")),
			"why": _("Take over what the customer wrote, or leave the need as it is."),
			"fieldname": "need",
			"row": row.idx,
		}
		for row in record.needs
		if row.correction
	]


def _words() -> dict[str, tuple[str, str]]:
	"""What each gap is called, and why the standard asks for it."""
	return {
		"email": (_("No e-mail address"), _("The summary goes to the customer by e-mail.")),
		"talk": (_("The talk has not taken place"), _("The summary follows a conversation.")),
		"needs": (_("No need is written down"), _("The customer confirms what has been understood.")),
		"explicitness": (_("explicit or implicit?"), _("The standard tells apart what was said and what was understood.")),
		"nature": (_("rigid or value-adding?"), _("Rigid needs decide, value-adding ones distinguish.")),
		"priority": (_("must, expected or deferrable?"), _("The solution has to answer every must-need.")),
		"match": (_("how well do we meet it?"), _("Each must-need is scored from 1 to 5 against our product.")),
		"vague": (
			_("vague, and not made concrete"),
			_("A vague need is made concrete before the customer confirms it: the scenario and the measure."),
		),
		"summary": (_("The summary is empty"), _("It stands above the needs in the letter to the customer.")),
	}  # fmt: skip


def hints(record: Document) -> dict[str, dict]:
	"""Needs that look vague and are not marked: row name -> ``{"word"}``, empty where it is only short (N3).

	A hint: nobody's mark is changed.
	"""
	found = {}
	for row in record.needs:
		word = None if row.vague else rules.vague_because(row.need)
		if word is not None:
			found[row.name] = {"word": word}
	return found


# Questions -------------------------------------------------------------------------------------------------


def questions_for(
	doctype: str,
	name: str,
	language: str | None = None,
	role: str | None = None,
	besides: str | None = None,
) -> list[rules.Question]:
	"""The questions of the library for a talk (N2): the customer's language, else the user's, else English.

	What the company has answered in another record (of another talk than `besides`) is not asked again.
	"""
	profile = profiles.profile_of(doctype, name)
	found = rules.choose(
		_library(language), _situation(doctype, name, role), _asked(profile, besides) if profile else ()
	)
	return found


def _library(language: str | None) -> list[rules.Question]:
	tried = [
		language,
		(language or "").partition("-")[0],
		frappe.local.lang,
		frappe.local.lang.partition("-")[0],
	]
	for code in dict.fromkeys([*filter(None, tried), "en"]):
		rows = frappe.get_all(
			"SPIN Question",
			filters={"language": code, "enabled": 1},
			fields=[
				"name",
				"kind",
				"question",
				"position",
				"industry",
				"role",
				"sales_stage",
				"target_profile",
			],
			order_by="position, name",
		)
		if rows:
			return [
				rules.Question(
					row.name,
					row.kind,
					row.question,
					cint(row.position),
					row.industry or "",
					row.role or "",
					row.sales_stage or "",
					row.target_profile or "",
				)
				for row in rows
			]
	return []


def _situation(doctype: str, name: str, role: str | None) -> rules.Situation:
	known: dict[str, str] = {}
	for member in profiles.family(doctype, name):  # the furthest along says it first
		row = frappe.db.get_value(*member, ["industry", "sf_target_profile"], as_dict=True) or {}
		known = {**{field: value for field, value in row.items() if value}, **known}
	stage = frappe.db.get_value(doctype, name, "sales_stage") if doctype == "Opportunity" else None
	return rules.Situation(
		known.get("industry", ""), role or "", stage or "", known.get("sf_target_profile", "")
	)


def _asked(profile: str, besides: str | None) -> list[str]:
	"""Names and texts of the questions that a company has answered in other talks."""
	record, answer = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Needs Answer")
	rows = (
		frappe.qb.from_(answer)
		.join(record)
		.on((answer.parent == record.name) & (answer.parenttype == DOCTYPE))
		.select(record.name, answer.spin_question, answer.question, answer.answer)
		.where((record.customer_profile == profile) & answer.answer.isnotnull())
		.run(as_dict=True)
	)
	own = {besides} | set(versions.earlier(DOCTYPE, besides)) if besides else set()
	return [
		value
		for row in rows
		if row.name not in own and cstr(row.answer).strip()
		for value in (row.spin_question, row.question)
		if value
	]


# Versions --------------------------------------------------------------------------------------------------


def new_version(
	record: Document, corrections: Mapping[str, str] | None = None, by: str | None = None
) -> Document:
	"""The next version of a record that has gone to the customer (N4); the caller has checked the rights.

	Takes over plan, answers and needs; a talk need not be held again, but the summary is due anew.
	`corrections` (need_key -> the customer's words) stand beside the needs until somebody adopts them; `by` is
	whose they are. A version that is there already is returned, with the corrections. The earlier version is
	superseded and its links to the public page end, but a confirmed one holds until the new one is confirmed.
	"""
	# Two clicks make one version.
	frappe.db.get_value(DOCTYPE, record.name, "name", for_update=True)
	record.reload()
	if record.status in EDITABLE:
		frappe.throw(
			_("{0} has not gone to the customer yet and can be changed itself.").format(
				get_link_to_form(DOCTYPE, record.name)
			),
			title=_("New Version", context="Needs Record"),
		)
	if record.next_version:
		after = frappe.get_doc(DOCTYPE, record.next_version)
	else:
		after = _copy(record)
		frappe.db.set_value(DOCTYPE, record.name, "next_version", after.name)
		if record.status != CONFIRMED:
			frappe.db.set_value(DOCTYPE, record.name, "status", SUPERSEDED)
		revoke(record.name, _("There is a new version."))
	if corrections and after.status in EDITABLE:
		_take_in(after, corrections, by)
	record.reload()
	return after


def _copy(record: Document) -> Document:
	after = frappe.new_doc(DOCTYPE)
	after.update({field: record.get(field) for field in versions.content_fields(DOCTYPE)})
	for table, doctype in TABLES.items():
		kept = [*versions.content_fields(doctype), {"needs": "need_key", "answers": "answered_on"}[table]]
		for row in record.get(table):
			after.append(table, {field: row.get(field) for field in kept})
	now = now_datetime().replace(microsecond=0)
	after.update(
		{
			"title": record.title,
			"customer_profile": record.customer_profile,
			"status": TALKED,
			"version": cint(record.version) + 1,
			"previous_version": record.name,
			"talked_on": record.talked_on or now,
			"summary_due_on": summary_due(now),
		}
	)
	after.flags.by_new_version = versions.next_name(record)
	return after.insert(ignore_permissions=True)


def _take_in(after: Document, corrections: Mapping[str, str], by: str | None) -> None:
	taken = False
	for row in after.needs:
		words = cstr(corrections.get(row.need_key)).strip()
		if words:
			row.db_set({"verdict": "Corrected", "correction": words}, update_modified=False)
			taken = True
	if taken and by:
		# The colleagues read it, not the guest in whose language this runs.
		with notices.in_language(frappe.db.get_single_value("System Settings", "language") or "en"):
			after.add_comment("Info", _("{0} has corrected the needs.").format(escape_html(by)))


def revoke(name: str, because: str) -> None:
	"""Ends the links by which a customer could still answer a record."""
	public_links.revoke(DOCTYPE, name, because)


def confirmed(record: Document) -> None:
	"""After a record was confirmed: the versions before it hold no longer (N4)."""
	for name in versions.earlier(DOCTYPE, record.name):
		if frappe.db.get_value(DOCTYPE, name, "status") == CONFIRMED:
			frappe.db.set_value(DOCTYPE, name, "status", SUPERSEDED)
			revoke(name, _("There is a new version."))


def current(doctype: str, name: str) -> str | None:
	"""The needs record that holds for a document's company: the one the customer has confirmed last.

	Asks for no rights: what is shown to people is read with theirs.
	"""
	profile = profiles.profile_of(doctype, name)
	if not profile:
		return None
	found = frappe.get_all(
		DOCTYPE,
		filters={"customer_profile": profile, "status": CONFIRMED},
		pluck="name",
		order_by="answered_on desc, version desc, creation desc",
		limit=1,
	)
	return found[0] if found else None


def confirmed_needs(doctype: str, name: str) -> list[frappe._dict]:
	"""The needs a document's company has confirmed, in their order (S1); empty without a confirmed record.

	``[{"name", "parent", "need_key", "need", "concrete", "explicitness", "nature", "priority", "match_score",
	"item", "evidence", "said_by", "said_on"}]``
	"""
	record = current(doctype, name)
	if not record:
		return []
	return frappe.get_all(
		"Customer Need",
		filters={"parenttype": DOCTYPE, "parent": record},
		fields=[
			"name",
			"parent",
			"need_key",
			"need",
			"concrete",
			"explicitness",
			"nature",
			"priority",
			"match_score",
			"item",
			"evidence",
			"said_by",
			"said_on",
		],
		order_by="idx",
	)
