"""The customer profile in the desk: what the panel shows, and what it writes (P1, P2, P4)."""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, getdate

from salesflow_std.salesflow_std import company_facts, follow_ups, profiles, reaching

_PERSON = (
	"person",
	"role",
	"stance",
	"influence",
	"reached",
	"reached_on",
	"contact",
	"position",
	"email_id",
	"phone",
	"note",
)
_SHOWN = ("name", *_PERSON, "left_on", "replaced_by")
_FACTS = ("first_contact_on", "source", "budget_from", "budget_to", "currency")

# Where a piece that nobody knows yet is entered, by the document that is looked at.
_ON_PARTY = {
	"company_name": "company_name",
	"industry": "industry",
	"size": "employees",
}
_ON_LEAD = {
	"contact_name": "first_name",
	"position": "job_title",
	"phone": "mobile_no",
	"email": "email_id",
	"source": "source",
}
_ON_CONTACT = {
	"contact_name": "first_name",
	"position": "designation",
	"phone": "phone_nos",
	"email": "email_ids",
}
_ON_PROFILE = {"first_contact": "first_contact_on", "source": "source"}


@frappe.whitelist(methods=["GET", "POST"])
def panel(doctype: str, name: str) -> dict:
	"""All that the panel on a form shows, in one request (P1, P2, P4).

	``{"profile", "party": [doctype, name], "may_write", "percent", "missing": [{"piece", "doctype", "name",
	"fieldname"}], "first_contact_on", "source", "budget_from", "budget_to", "currency", "tags": [{"name",
	"label", "category", "category_label", "enabled"}], "chain": [row], "people": [contacts not in the chain],
	"task": {"name", "due_on"} | None, "review": {…} | None}``

	A missing piece without a `name` is a document still to be made. An opportunity whose party the user may
	not read shows nothing: ``{"party": None}``. Raises PermissionError without the right
	to read the document.
	"""
	doc = _document(doctype, name, "read")
	party = _party(doctype, name)
	if not party:
		return {"party": None}
	together = profiles.family(*party)
	facts = company_facts.read({name: together})[name]
	profile = frappe.get_doc("Customer Profile", facts.noted.name) if facts.noted else None
	complete = facts.completeness
	return {
		"profile": profile and profile.name,
		"party": list(party),
		"may_write": bool(doc.has_permission("write")),
		"percent": complete.percent,
		"missing": [_place(piece, party, facts) for piece in complete.missing],
		"first_contact_on": facts.basics.first_contact,
		"source": facts.basics.source,
		**{field: profile and profile.get(field) for field in ("budget_from", "budget_to", "currency")},
		"tags": _tags(profile),
		"chain": _chain(profile),
		"people": _people(profile, name, together, facts),
		"task": profile and reaching.open_task(profile.name),
		"review": _review(profile),
	}


@frappe.whitelist(methods=["GET", "POST"])
def library() -> list[dict]:
	"""The tags that may be given, by category: ``[{"category", "label", "one_only", "tags": [{"name",
	"label"}]}]`` (P4)."""
	frappe.has_permission("Customer Tag", "read", throw=True)
	tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
	groups: dict[str, dict] = {}
	for row in (
		frappe.qb.from_(tag)
		.join(category)
		.on(category.name == tag.category)
		.select(tag.name, tag.category, category.one_only)
		.where(tag.enabled == 1)
		.orderby(category.position, category.name, tag.name)
		.run(as_dict=True)
	):
		group = groups.setdefault(
			row.category,
			{"category": row.category, "label": _(row.category), "one_only": row.one_only, "tags": []},
		)
		group["tags"].append({"name": row.name, "label": _(row.name)})
	return list(groups.values())


@frappe.whitelist(methods=["POST", "PUT"])
def set_tags(
	doctype: str, name: str, add: list | str | None = None, remove: list | str | None = None
) -> dict:
	"""Gives a customer tags of the library and takes others away; returns the panel (P4).

	A tag of a category of which a customer has one takes the place of the one before.
	"""
	profile = _profile(doctype, name)
	adding, removing = _names(add), set(_names(remove))
	categories = _single_categories(adding)
	removing |= {row.name for row in profiles.tags_of(profile) if row.category in categories}
	removing -= set(adding)
	profile.set("tags", [row for row in profile.tags if row.tag not in removing])
	have = {row.tag for row in profile.tags}
	for tag in adding:
		if tag not in have:
			profile.append("tags", {"tag": tag})
	return _saved(profile, doctype, name)


def _single_categories(tags: list[str]) -> set[str]:
	"""The categories of some tags of which a customer has one at most."""
	if not tags:
		return set()
	tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
	return set(
		frappe.qb.from_(tag)
		.join(category)
		.on(category.name == tag.category)
		.select(category.name)
		.where(tag.name.isin(tags) & (category.one_only == 1))
		.run(pluck=True)
	)


@frappe.whitelist(methods=["POST", "PUT"])
def save_person(doctype: str, name: str, person: dict | str, row: str | None = None) -> dict:
	"""Adds a person to the decision chain, or changes the one of `row`; returns the panel (P2).

	`person` holds what is known: `person` (the name), `role`, `stance`, `influence`, `reached`, `reached_on`,
	`contact`, `position`, `email_id`, `phone`, `note`. From a `contact` what is not given is read.
	"""
	given = frappe.parse_json(person) or {}
	profile = _profile(doctype, name)
	values = {field: given[field] for field in _PERSON if field in given}
	if "reached" in values:
		values["reached"] = cint(values["reached"])
	if values.get("contact"):
		values = {**_of_contact(values["contact"], profile, row), **values}
	if row:
		_row(profile, row).update(values)
	else:
		profile.append("decision_chain", values)
	return _saved(profile, doctype, name)


@frappe.whitelist(methods=["POST", "PUT"])
def remove_person(doctype: str, name: str, row: str) -> dict:
	"""Takes a person, entered by mistake, out of the decision chain; returns the panel (P2)."""
	profile = _profile(doctype, name)
	profile.remove(_row(profile, row))
	return _saved(profile, doctype, name)


@frappe.whitelist(methods=["POST", "PUT"])
def set_facts(doctype: str, name: str, facts: dict | str) -> dict:
	"""Notes what ERPNext has no field for: `first_contact_on`, `source`, `budget_from`, `budget_to`,
	`currency`; returns the panel (P1)."""
	given = frappe.parse_json(facts) or {}
	profile = _profile(doctype, name)
	profile.update({field: given[field] or None for field in _FACTS if field in given})
	if profile.first_contact_on and getdate(profile.first_contact_on) > getdate():
		frappe.throw(_("The first contact cannot lie in the future."), title=_("First Contact On"))
	return _saved(profile, doctype, name)


@frappe.whitelist(methods=["GET", "POST"])
def documents(profile: str) -> list[dict]:
	"""The documents of a profile that the user may read: ``[{"doctype", "name", "title"}]``."""
	frappe.get_doc("Customer Profile", profile).check_permission("read")
	return [
		{"doctype": doctype, "name": name, "title": profiles.company_name(doctype, name)}
		for doctype, name in profiles.members(profile)
		if frappe.has_permission(doctype, "read", doc=name)
	]


@frappe.whitelist(methods=["GET", "POST"])
def tagged(tag: str, doctype: str) -> list[str]:
	"""The documents with a tag that the user may read; of opportunities, the open ones of such a party (P4).

	For lists that cannot tell them apart by the text of their tags. At most 500.
	"""
	if doctype not in profiles.SUBJECTS:
		_refuse(doctype)
	link, names = frappe.qb.DocType("Customer Tag Link"), []
	for kind in profiles.PARTIES if doctype == "Opportunity" else (doctype,):
		party = frappe.qb.DocType(kind)
		query = frappe.qb.from_(link).join(party).on(party.sf_profile == link.parent)
		if doctype == "Opportunity":
			deal = frappe.qb.DocType("Opportunity")
			query = (
				query.join(deal)
				.on((deal.party_name == party.name) & (deal.opportunity_from == kind))
				.select(deal.name)
				.where(deal.status.isin(follow_ups.SUBJECTS["Opportunity"].open_statuses))
			)
		else:
			query = query.select(party.name)
		names += query.where((link.parenttype == "Customer Profile") & (link.tag == tag)).run(pluck=True)
	return frappe.get_list(
		doctype, filters={"name": ("in", names)}, pluck="name", order_by="creation desc", limit=500
	)


# Reading ---------------------------------------------------------------------------------------------------


def _document(doctype: str, name: str, ptype: str) -> Document:
	if doctype not in profiles.SUBJECTS:
		_refuse(doctype)
	doc = frappe.get_doc(doctype, name)
	doc.check_permission(ptype)
	return doc


def _party(doctype: str, name: str) -> tuple[str, str] | None:
	"""The party behind a document, as far as the user may know of it."""
	party = profiles.party_of(doctype, name)
	return party if party and frappe.has_permission(party[0], "read", doc=party[1]) else None


def _refuse(doctype: str) -> NoReturn:
	frappe.throw(
		_("Customer profiles are of {0}, not of {1}.").format(
			", ".join(_(subject) for subject in profiles.SUBJECTS), frappe.utils.escape_html(_(doctype))
		),
		title=_("Customer Profile"),
	)


def _place(piece: str, party: tuple[str, str], facts: company_facts.Facts) -> dict:
	"""Where a missing piece is entered."""
	doctype, name = party
	if piece in _ON_PARTY:
		fieldname = company_facts.FIELDS[doctype][_ON_PARTY[piece]]
	elif doctype == "Lead" and piece in _ON_LEAD:
		fieldname = company_facts.column_of("Lead", _ON_LEAD[piece])
	elif piece in _ON_CONTACT:
		best = facts.people[0].contact if facts.people else None
		doctype, name, fieldname = "Contact", best, _ON_CONTACT[piece]
	else:
		doctype, name, fieldname = "Customer Profile", None, _ON_PROFILE[piece]
	return {"piece": piece, "doctype": doctype, "name": name, "fieldname": fieldname}


def _tags(profile: Document | None) -> list[dict]:
	if not profile:
		return []
	enabled = set(
		frappe.get_all(
			"Customer Tag",
			filters={"name": ("in", [row.tag for row in profile.tags]), "enabled": 1},
			pluck="name",
			order_by="name",
		)
		if profile.tags
		else []
	)
	return [
		{
			"name": row.name,
			"label": _(row.name),
			"category": row.category,
			"category_label": _(row.category),
			"enabled": row.name in enabled,
		}
		for row in profiles.tags_of(profile)
	]


def _chain(profile: Document | None) -> list[dict]:
	return [{field: row.get(field) for field in _SHOWN} for row in profile.decision_chain] if profile else []


def _people(
	profile: Document | None, name: str, together: list[tuple[str, str]], facts: company_facts.Facts
) -> list[dict]:
	"""Known people that the chain lacks, offered for it; who stands in a lead that the user may not read is not."""
	seen = profiles.readable(together)
	if seen != together:
		facts = company_facts.read({name: seen})[name]
	rows = profile.decision_chain if profile else []
	known = {row.contact for row in rows} | {(row.person or "").strip().casefold() for row in rows}
	return [
		{
			"contact": person.contact,
			"person": person.contact_name,
			"position": person.position,
			"email_id": person.email,
			"phone": person.phone,
		}
		for person in facts.people
		if person.contact_name
		and (not person.contact or frappe.has_permission("Contact", "read", doc=person.contact))
		and person.contact_name.strip().casefold() not in known
		and (not person.contact or person.contact not in known)
	]


def _review(profile: Document | None) -> dict | None:
	fields = ("review_due", "reviewed_on", "confirm_due", "confirmed_on", "confirmed_with")
	if not profile or not any(profile.get(field) for field in fields):
		return None
	today = getdate()
	return {
		**{field: profile.get(field) for field in fields},
		"review_late": bool(profile.review_due and profile.review_due <= today),
		"confirm_late": bool(profile.confirm_due and profile.confirm_due <= today),
	}


# Writing ---------------------------------------------------------------------------------------------------


def _profile(doctype: str, name: str) -> Document:
	"""The profile behind a document that the user may change, locked."""
	_document(doctype, name, "write")
	if not _party(doctype, name):
		frappe.throw(
			_(
				"{0} has no customer, prospect or lead that you may read, so there is nobody to note this about."
			).format(frappe.bold(frappe.utils.escape_html(name))),
			title=_("Customer Profile"),
		)
	return frappe.get_doc("Customer Profile", profiles.ensure(doctype, name), for_update=True)


def _saved(profile: Document, doctype: str, name: str) -> dict:
	# Whoever may change one of its documents may change the profile; that was checked for this one.
	profile.flags.ignore_permissions = True
	profile.save()
	return panel(doctype, name)


def _row(profile: Document, row: str) -> Document:
	found = next((person for person in profile.decision_chain if person.name == row), None)
	if not found:
		frappe.throw(
			_("This person is not in the decision chain any more. Reload the page."),
			title=_("Decision Chain", context="Customer Profile"),
		)
	return found


def _of_contact(contact: str, profile: Document, row: str | None) -> dict:
	doc = frappe.get_doc("Contact", contact)
	doc.check_permission("read")
	read_from = {
		"person": " ".join(filter(None, (doc.first_name, doc.last_name))) or doc.name,
		"position": doc.designation,
		"email_id": doc.email_id,
		"phone": doc.mobile_no or doc.phone,
	}
	if row:  # what was written down by hand stays
		known = _row(profile, row)
		read_from = {field: known.get(field) or value for field, value in read_from.items()}
	return {field: value for field, value in read_from.items() if value}


def _names(given: list | str | None) -> list[str]:
	if isinstance(given, str):
		given = frappe.parse_json(given) if given.startswith("[") else [given]
	return [str(name) for name in given or []]
