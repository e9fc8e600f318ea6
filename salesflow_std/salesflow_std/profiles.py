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
from frappe.model.document import Document

# Who has a profile; the furthest along first.
PARTIES = ("Customer", "Prospect", "Lead")
# Whose forms show one: an opportunity shows its party's.
SUBJECTS = (*PARTIES, "Opportunity")
# What points at a profile beside the parties.
_LINKS = (("Needs Record", "customer_profile"), ("Account Plan", "customer_profile"))
# More documents of one company than that are not looked at.
_LARGEST_FAMILY = 500


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
		frappe.throw(f"{doctype} {name} has no party")  # nosemgrep: a mistake in a program, not of a user
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
		mirror(frappe.get_doc("Customer Profile", profile))


def attach(profile: str, doctype: str, name: str) -> None:
	"""Gives a document a profile."""
	_attach(profile, [(doctype, name)])


def detach(doctype: str, name: str) -> None:
	"""Takes a document out of a profile it belongs to no more: a lead taken off a prospect."""
	frappe.db.set_value(doctype, name, {"sf_profile": None, "sf_tags": None}, update_modified=False)


def merge(kept: str, other: str) -> None:
	"""Takes what another profile knows into the one that is kept; what both say, the kept one says."""
	to, of = frappe.get_doc("Customer Profile", kept), frappe.get_doc("Customer Profile", other)
	tags = {row.tag for row in to.tags}
	single = {row.category for row in tags_of(to) if row.one_only}
	for row in tags_of(of):
		if row.name not in tags and row.category not in single:
			to.append("tags", {"tag": row.name})
	known = {person_key(row) for row in to.decision_chain}
	for row in of.decision_chain:
		if person_key(row) not in known:
			to.append("decision_chain", row.as_dict(no_default_fields=True))
	if of.first_contact_on and (not to.first_contact_on or of.first_contact_on < to.first_contact_on):
		to.first_contact_on = of.first_contact_on
	to.source = to.source or of.source
	if not to.budget_from and not to.budget_to:
		to.update({field: of.get(field) for field in ("budget_from", "budget_to", "currency")})
	to.flags.ignore_permissions = True
	to.save()
	for doctype, field in _LINKS:
		frappe.db.set_value(doctype, {field: other}, field, kept, update_modified=False)
	for doctype in PARTIES:
		frappe.db.set_value(doctype, {"sf_profile": other}, "sf_profile", kept, update_modified=False)
	frappe.delete_doc("Customer Profile", other, force=True, ignore_permissions=True)


def person_key(row: Document) -> str:
	"""By what a person of a decision chain is known."""
	return row.contact or (row.person or "").strip().casefold()


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


def mirror(profile: Document) -> None:
	"""Writes a profile's tags onto its documents as one text, which lists filter and show (P4)."""
	text = ", ".join(row.name for row in tags_of(profile)) or None
	for doctype in PARTIES:
		frappe.db.set_value(doctype, {"sf_profile": profile.name}, "sf_tags", text, update_modified=False)


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


def after_delete(profile: str | None) -> None:
	"""A profile goes with the last of its documents."""
	if profile and not members(profile):
		frappe.delete_doc("Customer Profile", profile, force=True, ignore_permissions=True)
