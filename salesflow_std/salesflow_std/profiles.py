"""One company, one Customer Profile, however many documents ERPNext keeps of it (P1-P5).

A lead that goes on as a prospect or a customer takes nothing along and leaves nothing behind: all of them point at
the same profile (`sf_profile`), which holds what ERPNext's documents have no place for: tags, decision chain,
budget, reviews. So nothing is retyped and no two copies can disagree. What ERPNext does hold (industry, employees,
territory …) stays there; `facts` reads it from the document that is furthest along: customer, prospect, lead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_link_to_form

from salesflow_std.engine import profile as rules
from salesflow_std.salesflow_std import bulk, company_facts

# Who has a profile; the furthest along first.
PARTIES = ("Customer", "Prospect", "Lead")
# Whose forms show one: an opportunity shows its party's.
SUBJECTS = (*PARTIES, "Opportunity")
# Who looks after each of them.
OWNER_FIELDS = {
	"Customer": "account_manager",
	"Prospect": "prospect_owner",
	"Lead": "lead_owner",
	"Opportunity": "opportunity_owner",
}
# What points at a profile beside the parties.
_LINKS = tuple(
	(doctype, "customer_profile")
	for doctype in ("Needs Record", "Account Plan", "Solution Proposal", "Meeting Minutes", "Objection")
)
_OF_A_PARTY = {"Account Plan": ("party_type", "party")}
# More documents of one company than that are not looked at.
_LARGEST_FAMILY = 500
# So many profiles are written in one statement.
_CHUNK = 1000
# What stands on a profile goes over to the one it is merged into.
_NOTES = (
	("Comment", "reference_doctype", "reference_name"),
	("File", "attached_to_doctype", "attached_to_name"),
)
# A review and a confirmation each go over as a whole, the newer one.
_KEPT = (
	("reviewed_on", ("reviewed_on", "reviewed_by", "review_due")),
	("confirmed_on", ("confirmed_on", "confirmed_with", "confirmed_by", "confirm_due")),
)
_OF_A_PERSON = ("contact", "position", "email_id", "phone", "note")


def party_of(doctype: str, name: str) -> tuple[str, str] | None:
	"""The party behind a document: an opportunity's lead, prospect or customer, else the document itself."""
	if doctype == "Opportunity":
		row = frappe.db.get_value("Opportunity", name, ["opportunity_from", "party_name"])
		return row if row and row[0] in PARTIES and row[1] else None
	return (doctype, name) if doctype in PARTIES else None


def profile_of(doctype: str, name: str) -> str | None:
	"""The name of a document's profile; None while nobody has noted anything."""
	party = party_of(doctype, name)
	return frappe.db.get_value(party[0], party[1], "sf_profile") if party else None


def members(profile: str) -> list[tuple[str, str]]:
	"""The documents of a profile, the furthest along first, the newest first among alike."""
	return [
		(doctype, name)
		for doctype in PARTIES
		for name in frappe.get_all(
			doctype, filters={"sf_profile": profile}, pluck="name", order_by="creation desc"
		)
	]


def readable(documents: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
	"""Those of some documents that the user may read, in their order: one query for each doctype."""
	documents = list(documents)
	found: set[tuple[str, str]] = set()
	for doctype in dict.fromkeys(kind for kind, _name in documents):
		if frappe.has_permission(doctype, "read"):
			names = [name for kind, name in documents if kind == doctype]
			rows = frappe.get_list(doctype, filters={"name": ("in", names)}, pluck="name", order_by="name")
			found.update((doctype, name) for name in rows)
	return [document for document in documents if document in found]


def family(doctype: str, name: str) -> list[tuple[str, str]]:
	"""All documents of the same company, the furthest along first, found by ERPNext's own links.

	A party belongs to itself at least; an opportunity to its party's family.
	"""
	party = party_of(doctype, name)
	if not party:
		return []
	found: dict[tuple[str, str], None] = {}
	waiting = deque([party])
	while waiting and len(found) < _LARGEST_FAMILY:
		current = waiting.popleft()
		if current in found:
			continue
		found[current] = None
		waiting.extend(other for other in _neighbours(*current) if other not in found)
	return sorted(found, key=lambda member: PARTIES.index(member[0]))


def _neighbours(doctype: str, name: str) -> list[tuple[str, str]]:
	found: list[tuple[str, str]] = []

	def add(kind: str, names: Iterable[str | None]) -> None:
		found.extend((kind, other) for other in names if other)

	def all_of(kind: str, field: str, pluck: str = "name") -> list[str]:
		return frappe.get_all(kind, filters={field: name}, pluck=pluck, order_by="creation desc")

	if doctype == "Lead":
		row = frappe.db.get_value("Lead", name, ["customer", "sf_profile"], as_dict=True)
		add("Customer", [row.customer] if row else [])
		add("Customer", all_of("Customer", "lead_name"))
		add("Prospect", all_of("Prospect Lead", "lead", "parent"))
	elif doctype == "Prospect":
		row = frappe.db.get_value("Prospect", name, ["sf_profile"], as_dict=True)
		add("Lead", all_of("Prospect Lead", "parent", "lead"))
		add("Customer", all_of("Customer", "prospect_name"))
	else:
		row = frappe.db.get_value(
			"Customer", name, ["lead_name", "prospect_name", "opportunity_name", "sf_profile"], as_dict=True
		)
		add("Lead", all_of("Lead", "customer"))
		if row:
			add("Lead", [row.lead_name])
			add("Prospect", [row.prospect_name])
			if row.opportunity_name:
				found.extend(party for party in [party_of("Opportunity", row.opportunity_name)] if party)
	if row and row.sf_profile:
		found.extend(members(row.sf_profile))
	return found


def ensure(doctype: str, name: str) -> str:
	"""The profile of a document's family, made when it is first needed; the caller has checked the rights."""
	party = party_of(doctype, name)
	if not party:
		raise ValueError(doctype, name)  # a mistake in a program, not of a user
	# Two who write at the same time would make two.
	frappe.db.get_value(party[0], party[1], "name", for_update=True)
	return join(*party) or _make(party)


def join(doctype: str, name: str) -> str | None:
	"""Makes a family share one profile, after two documents have come to belong together; None where nobody
	has one. Does nothing where they share one already."""
	together = family(doctype, name)
	held: dict[str, list[tuple[str, str]]] = {}
	for member in together:
		held.setdefault(frappe.db.get_value(*member, "sf_profile"), []).append(member)
	without = held.pop(None, [])
	if not held:
		return None
	kept, *others = held  # the one that is furthest along
	for other in others:
		merge(kept, other)
	_attach(kept, [*without, *(member for other in others for member in held[other])])
	return kept


def _make(party: tuple[str, str]) -> str:
	together = family(*party)
	profile = frappe.new_doc("Customer Profile")
	profile.company_name = company_name(*together[0])
	profile.insert(ignore_permissions=True)
	_attach(profile.name, together)
	return profile.name


def _attach(profile: str, parties: Iterable[tuple[str, str]]) -> None:
	parties = list(parties)
	for doctype, name in parties:
		frappe.db.set_value(doctype, name, "sf_profile", profile, update_modified=False)
	if parties:
		write_tags(frappe.get_doc("Customer Profile", profile))


def attach(profile: str, doctype: str, name: str) -> None:
	"""Gives a document a profile."""
	_attach(profile, [(doctype, name)])


def detach(doctype: str, name: str) -> None:
	"""Takes a document out of a profile it belongs to no more: a lead taken off a prospect.

	What was written down about the document itself goes with it, to a profile of its own.
	"""
	left = frappe.db.get_value(doctype, name, "sf_profile")
	frappe.db.set_value(doctype, name, {"sf_profile": None, "sf_tags": None}, update_modified=False)
	about = _about(doctype, name, left)
	if about:
		own = ensure(doctype, name)
		for kind, names in about.items():
			frappe.db.set_value(kind, {"name": ("in", names)}, "customer_profile", own, update_modified=False)


def _about(doctype: str, name: str, profile: str | None) -> dict[str, list[str]]:
	"""What else was written down under a profile and is about one of its documents."""
	references = [(doctype, name)] + [
		("Opportunity", opportunity)
		for opportunity in frappe.get_all(
			"Opportunity",
			filters={"opportunity_from": doctype, "party_name": name},
			pluck="name",
			order_by="name",
		)
	]
	found: dict[str, list[str]] = {}
	for kind, _field in _LINKS:
		type_field, name_field = _OF_A_PARTY.get(kind, ("reference_doctype", "reference_name"))
		for of_doctype, of_name in references:
			filters = {"customer_profile": profile, type_field: of_doctype, name_field: of_name}
			found.setdefault(kind, []).extend(
				frappe.get_all(kind, filters=filters, pluck="name", order_by="name")
			)
	return {kind: names for kind, names in found.items() if names}


def merge(kept: str, other: str) -> None:
	"""Takes what another profile knows into the one that is kept.

	Where both say something and only one thing can hold, the kept one says it, and a comment what it was not.
	"""
	to, of = frappe.get_doc("Customer Profile", kept), frappe.get_doc("Customer Profile", other)
	dropped = [*_merge_tags(to, of), *_merge_budget(to, of)]
	_merge_people(to, of)
	if of.first_contact_on and (not to.first_contact_on or of.first_contact_on < to.first_contact_on):
		to.first_contact_on = of.first_contact_on
	to.source = to.source or of.source
	for newest, fields in _KEPT:
		if of.get(newest) and (not to.get(newest) or of.get(newest) > to.get(newest)):
			to.update({field: of.get(field) for field in fields})
	to.flags.ignore_permissions = True
	to.flags.merging = True
	to.save()
	for doctype, field in _LINKS:
		frappe.db.set_value(doctype, {field: other}, field, kept, update_modified=False)
	for doctype, type_field, name_field in _NOTES:
		of_other = {type_field: "Customer Profile", name_field: other}
		frappe.db.set_value(doctype, of_other, name_field, kept, update_modified=False)
	_point_at_second_plan(kept)
	if dropped:
		text = _("Merged with the profile of {0}, which also said: {1}").format(
			frappe.utils.escape_html(of.company_name or other), frappe.utils.escape_html(", ".join(dropped))
		)
		to.add_comment("Info", text)
	for doctype in PARTIES:
		frappe.db.set_value(doctype, {"sf_profile": other}, "sf_profile", kept, update_modified=False)
	frappe.delete_doc("Customer Profile", other, force=True, ignore_permissions=True)
	write_tags(to)


def _point_at_second_plan(profile: str) -> None:
	"""Two companies that have become one may each have had a plan; a person says which one goes on (L10)."""
	plans = frappe.get_all(
		"Account Plan",
		filters={"customer_profile": profile, "status": "Active"},
		pluck="name",
		order_by="creation",
	)
	for name in plans if len(plans) > 1 else ():
		others = ", ".join(
			frappe.utils.get_link_to_form("Account Plan", other) for other in plans if other != name
		)
		text = _("This account has another active plan: {0}. Complete or cancel one of them.").format(others)
		frappe.get_doc("Account Plan", name).add_comment("Info", text)


def _merge_tags(to: Document, of: Document) -> list[str]:
	tags = {row.tag for row in to.tags}
	single = {row.category for row in tags_of(to) if row.one_only}
	dropped = []
	for row in tags_of(of):
		if row.name in tags:
			continue
		if row.category in single:
			dropped.append(_(row.name))
		else:
			to.append("tags", {"tag": row.name})
	return dropped


def _merge_budget(to: Document, of: Document) -> list[str]:
	fields = ("budget_from", "budget_to", "currency")
	if not to.budget_from and not to.budget_to:
		to.update({field: of.get(field) for field in fields})
	elif (of.budget_from or of.budget_to) and any(to.get(field) != of.get(field) for field in fields):
		return [budget_text(of)]
	return []


def budget_text(profile: Document) -> str:
	"""A profile's budget as people write it: "CNY 1,000 – 2,000"."""
	amounts = [
		frappe.format(profile.get(field), {"fieldtype": "Currency", "options": "currency"}, doc=profile)
		for field in ("budget_from", "budget_to")
		if profile.get(field)
	]
	return frappe.utils.strip_html(" – ".join(amounts))


def _merge_people(to: Document, of: Document) -> None:
	for row in of.decision_chain:
		alike = [known for known in to.decision_chain if _is_same_person(known, row)]
		# Of two of the same name the one with the same contact.
		same = next(
			(known for known in alike if known.contact and known.contact == row.contact), None
		) or next(iter(alike), None)
		if not same:
			to.append("decision_chain", row.as_dict(no_default_fields=True))
			continue
		for field in _OF_A_PERSON:
			same.set(field, same.get(field) or row.get(field))
		if same.stance in (None, "", "Unknown"):
			same.stance = row.stance
		if row.reached and (not same.reached or (row.reached_on and row.reached_on < same.reached_on)):
			same.update({"reached": 1, "reached_on": row.reached_on})


def _is_same_person(one: Document, other: Document) -> bool:
	if bool(one.left_on) != bool(other.left_on):
		return False
	if one.contact and other.contact:
		return one.contact == other.contact
	return (one.person or "").strip().casefold() == (other.person or "").strip().casefold()


def person_key(row: Document) -> str:
	"""By what a person of a decision chain is known."""
	return row.contact or (row.person or "").strip().casefold()


def people_of(profile: Document) -> list[rules.Person]:
	"""The people of a decision chain, as the rules see them (P2)."""
	return [rules.Person(row.role, bool(row.reached), bool(row.left_on)) for row in profile.decision_chain]


def with_decider_reached(doctype: str, names: Iterable[str]) -> set[str]:
	"""Those of some parties whose chain says that who decides has been reached: one query (P2)."""
	names = list(names)
	if not names:
		return set()
	party, person = frappe.qb.DocType(doctype), frappe.qb.DocType("Decision Chain Member")
	return set(
		frappe.qb.from_(party)
		.join(person)
		.on((person.parent == party.sf_profile) & (person.parenttype == "Customer Profile"))
		.select(party.name)
		.distinct()
		.where(bulk.Among(party.name, names))
		.where((person.role == rules.DECISION_MAKER) & (person.reached == 1) & person.left_on.isnull())
		.run(pluck=True)
	)


def facts(doctype: str, name: str) -> company_facts.Facts:
	"""The facts of the company behind a document, read across its family (P1).

	The document furthest along is believed first: customer, prospect, newest lead. Contacts that left do not
	count. An opportunity shows its party's; without a party nothing is known.
	"""
	return company_facts.read({name: family(doctype, name)})[name]


def tags_of(profile: Document) -> list[frappe._dict]:
	"""A profile's tags by category: ``[{"name", "category", "one_only", "used_for"}]`` (P4)."""
	names = [row.tag for row in profile.tags]
	if not names:
		return []
	tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
	return (
		frappe.qb.from_(tag)
		.join(category)
		.on(category.name == tag.category)
		.select(tag.name, tag.category, category.one_only, category.used_for)
		.where(tag.name.isin(names))
		.orderby(category.position, tag.name)
		.run(as_dict=True)
	)


def write_tags(profile: Document) -> None:
	"""Writes a profile's tags onto its documents as one text, which lists filter and show (P4)."""
	text = ", ".join(row.name for row in tags_of(profile)) or None
	for doctype in PARTIES:
		frappe.db.set_value(doctype, {"sf_profile": profile.name}, "sf_tags", text, update_modified=False)


def write_tag(tag: str) -> None:
	"""As `write_tags`, for all profiles with a tag, after that was renamed or put elsewhere: set by set (P4)."""
	link = frappe.qb.DocType("Customer Tag Link")
	profiles = (
		frappe.qb.from_(link)
		.select(link.parent)
		.distinct()
		.where((link.tag == tag) & (link.parenttype == "Customer Profile"))
		.orderby(link.parent)
		.run(pluck=True)
	)
	for start in range(0, len(profiles), _CHUNK):
		_write_tags_of(profiles[start : start + _CHUNK])


def _write_tags_of(profiles: list[str]) -> None:
	link, tag = frappe.qb.DocType("Customer Tag Link"), frappe.qb.DocType("Customer Tag")
	category = frappe.qb.DocType("Customer Tag Category")
	tags: dict[str, list[str]] = {}
	for profile, name in (
		frappe.qb.from_(link)
		.join(tag)
		.on(tag.name == link.tag)
		.join(category)
		.on(category.name == tag.category)
		.select(link.parent, tag.name)
		.where((link.parenttype == "Customer Profile") & bulk.Among(link.parent, profiles))
		.orderby(link.parent, category.position, tag.name)
		.run()
	):
		tags.setdefault(profile, []).append(name)
	# Most customers share their tags with many others.
	alike: dict[str, list[str]] = {}
	for profile, names in tags.items():
		alike.setdefault(", ".join(names), []).append(profile)
	for text, of_text in alike.items():
		for doctype in PARTIES:
			party = frappe.qb.DocType(doctype)
			frappe.qb.update(party).set(party.sf_tags, text).where(
				bulk.Among(party.sf_profile, of_text)
			).run()


def take_customer(doc: Document) -> tuple[str, str] | None:
	"""Writes whose document `doc` is, as its reference says: `title` and `customer_profile`.

	Returns the reference, None where it is not given or of no such doctype: Frappe says what is missing. Raises
	ValidationError where it names no lead, prospect or customer.
	"""
	subject = (doc.reference_doctype, doc.reference_name)
	if subject[0] not in SUBJECTS or not subject[1]:
		return None
	party = party_of(*subject)
	if not party:
		frappe.throw(
			_("{0} names no lead, prospect or customer.").format(get_link_to_form(*subject)),
			title=_(doc.doctype),
		)
	doc.title = company_name(*party)
	doc.customer_profile = ensure(*subject)
	return subject


def company_name(doctype: str, name: str) -> str:
	"""What a party is called."""
	fields = {
		"Customer": ["customer_name"],
		"Prospect": ["company_name"],
		"Lead": ["company_name", "lead_name"],
	}
	row = frappe.db.get_value(doctype, name, fields[doctype])
	row = row if isinstance(row, tuple) else (row,)
	return next((value for value in row if value), name)


def name_anew(profile: str) -> None:
	"""A profile is called as the document that is furthest along."""
	of = members(profile)
	if of:
		name = company_name(*of[0])
		frappe.db.set_value("Customer Profile", profile, "company_name", name, update_modified=False)


def after_delete(profile: str | None) -> None:
	"""A profile goes with the last of its documents."""
	if profile and not members(profile):
		frappe.delete_doc("Customer Profile", profile, force=True, ignore_permissions=True)
