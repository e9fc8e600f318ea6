"""What ERPNext's own documents say about companies (P1), read for one company or for thousands at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import frappe
from frappe.utils import getdate
from pypika.terms import Criterion

from salesflow_std.engine import profile
from salesflow_std.salesflow_std import bulk

Member = tuple[str, str]

# Fact -> the field that holds it.
FIELDS: dict[str, dict[str, str]] = {
	"Customer": {
		"company_name": "customer_name",
		"industry": "industry",
		"employees": "sf_no_of_employees",
		"revenue": "sf_annual_revenue",
		"territory": "territory",
		"market_segment": "market_segment",
	},
	"Prospect": {
		"company_name": "company_name",
		"industry": "industry",
		"employees": "no_of_employees",
		"revenue": "annual_revenue",
		"territory": "territory",
		"market_segment": "market_segment",
	},
	"Lead": {
		"company_name": "company_name",
		"industry": "industry",
		"employees": "no_of_employees",
		"revenue": "annual_revenue",
		"territory": "territory",
		"market_segment": "market_segment",
		"source": "source",
		"first_touched_on": "sf_first_touched_on",
	},
}
_OF_A_PERSON = ("contact_name", "position", "phone", "email")


@dataclass(frozen=True)
class Known:
	"""Somebody of a company; `contact` is the Contact's name, None for what only a lead's own fields say."""

	contact: str | None
	contact_name: str | None = None
	position: str | None = None
	phone: str | None = None
	email: str | None = None

	def pieces(self) -> int:
		"""How much of the person is known."""
		return sum(bool(getattr(self, piece)) for piece in _OF_A_PERSON)


@dataclass(frozen=True)
class Facts:
	"""A company as its documents say it.

	`at` says where a fact stands: ``{"industry": ("Customer", "C-1", "industry")}``; `people` are those who
	are still there, the best known first; `noted` is the profile's own row, if there is one.
	"""

	basics: profile.Basics
	territory: str | None = None
	market_segment: str | None = None
	at: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
	people: tuple[Known, ...] = ()
	noted: frappe._dict | None = None

	@property
	def completeness(self) -> profile.Completeness:
		return profile.completeness(self.basics)


def read(companies: Mapping[str, Sequence[Member]]) -> dict[str, Facts]:
	"""The facts of companies, each given by a key and its documents, the furthest along first.

	A handful of queries, however many companies there are.
	"""
	rows = _rows({member for members in companies.values() for member in members})
	people = _people(rows)
	noted = _noted({row.sf_profile for row in rows.values() if row.sf_profile})
	found = {}
	for key, members in companies.items():
		of_company = [(member, rows[member]) for member in _in_order(members, rows)]
		of_profile = next((noted[row.sf_profile] for _m, row in of_company if row.sf_profile in noted), None)
		found[key] = _facts(of_company, people, of_profile)
	return found


def _in_order(members: Sequence[Member], rows: Mapping[Member, frappe._dict]) -> list[Member]:
	"""The furthest along first, the newest first among alike; without what is gone."""
	kinds = list(FIELDS)
	there = [member for member in members if member in rows]
	there.sort(key=lambda member: str(rows[member].creation), reverse=True)
	return sorted(there, key=lambda member: kinds.index(member[0]))


def _rows(members: Iterable[Member]) -> dict[Member, frappe._dict]:
	names: dict[str, list[str]] = {}
	for doctype, name in members:
		names.setdefault(doctype, []).append(name)
	found = {}
	for doctype, of_doctype in names.items():
		table, meta = frappe.qb.DocType(doctype), frappe.get_meta(doctype)
		columns = [
			table[column].as_(fact)
			for fact, named in FIELDS[doctype].items()
			if meta.has_field(column := column_of(doctype, named))
		]
		if doctype == "Lead":
			columns += [
				table[column]
				for column in (
					"lead_name",
					"first_name",
					"last_name",
					"job_title",
					"phone",
					"mobile_no",
					"email_id",
				)
			]
		for row in (
			frappe.qb.from_(table)
			.select(table.name, table.creation, table.sf_profile, *columns)
			.where(bulk.Among(table.name, of_doctype))
			.orderby(table.name)
			.run(as_dict=True)
		):
			found[doctype, row.name] = row
	return found


def column_of(doctype: str, named: str) -> str:
	"""A field by the name it has here: from ERPNext 16 on a lead's source is `utm_source`."""
	if (doctype, named) == ("Lead", "source") and not frappe.get_meta("Lead").has_field("source"):
		return "utm_source"
	return named


def _people(rows: Mapping[Member, frappe._dict]) -> dict[Member, list[tuple[Known, bool]]]:
	"""The contacts of documents, with whether they have left; the main ones first."""
	names: dict[str, list[str]] = {}
	for doctype, name in rows:
		names.setdefault(doctype, []).append(name)
	if not names:
		return {}
	link, contact = frappe.qb.DocType("Dynamic Link"), frappe.qb.DocType("Contact")
	found: dict[Member, list[tuple[Known, bool]]] = {}
	for row in (
		frappe.qb.from_(link)
		.join(contact)
		.on(contact.name == link.parent)
		.select(
			link.link_doctype,
			link.link_name,
			contact.name,
			contact.first_name,
			contact.last_name,
			contact.designation,
			contact.email_id,
			contact.phone,
			contact.mobile_no,
			contact.sf_left_on,
		)
		.where(link.parenttype == "Contact")
		.where(
			Criterion.any(
				(link.link_doctype == doctype) & bulk.Among(link.link_name, of_doctype)
				for doctype, of_doctype in names.items()
			)
		)
		.orderby(contact.is_primary_contact, order=frappe.qb.desc)
		.orderby(contact.creation)
		.orderby(contact.name)
		.run(as_dict=True)
	):
		person = Known(
			row.name,
			" ".join(filter(None, (row.first_name, row.last_name))) or None,
			row.designation,
			row.mobile_no or row.phone,
			row.email_id,
		)
		found.setdefault((row.link_doctype, row.link_name), []).append((person, bool(row.sf_left_on)))
	return found


def _noted(profiles: set[str]) -> dict[str, frappe._dict]:
	if not profiles:
		return {}
	table = frappe.qb.DocType("Customer Profile")
	rows = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.first_contact_on,
			table.source,
			table.budget_from,
			table.budget_to,
			table.currency,
			table.review_due,
			table.reviewed_on,
			table.confirm_due,
			table.confirmed_on,
			table.confirmed_with,
		)
		.where(bulk.Among(table.name, profiles))
		.orderby(table.name)
		.run(as_dict=True)
	)
	return {row.name: row for row in rows}


def _facts(
	of_company: Sequence[tuple[Member, frappe._dict]],
	people: Mapping[Member, list[tuple[Known, bool]]],
	noted: frappe._dict | None,
) -> Facts:
	values: dict[str, object] = {}
	at: dict[str, tuple[str, str, str]] = {}
	for (doctype, name), row in of_company:
		for fact, named in FIELDS[doctype].items():
			if fact not in values and row.get(fact):
				values[fact] = row[fact]
				at[fact] = (doctype, name, column_of(doctype, named))
	touched = min(
		(row.first_touched_on for _m, row in of_company if row.get("first_touched_on")), default=None
	)
	known = _still_there(of_company, people, str(values.get("company_name") or ""))
	best = known[0] if known else Known(None)
	noted_first = noted.first_contact_on if noted else None
	first = noted_first or touched
	basics = profile.Basics(
		company_name=values.get("company_name"),
		industry=values.get("industry"),
		employees=values.get("employees"),
		revenue=values.get("revenue"),
		first_contact=getdate(first) if first else None,
		source=values.get("source") or (noted.source if noted else None),
		**{piece: getattr(best, piece) for piece in _OF_A_PERSON},
	)
	return Facts(basics, values.get("territory"), values.get("market_segment"), at, tuple(known), noted)


def _still_there(
	of_company: Sequence[tuple[Member, frappe._dict]],
	people: Mapping[Member, list[tuple[Known, bool]]],
	company: str,
) -> list[Known]:
	"""Who is known and has not left, the best known first.

	ERPNext makes a contact of a lead, so that the same person stands in two places: they are one here.
	"""
	left: list[Known] = []
	there: list[Known] = []
	for member, row in of_company:
		for person, has_left in people.get(member, ()):
			(left if has_left else there).append(_named(person, company))
		if member[0] == "Lead":
			there.append(_of_lead(row, company))
	known: list[Known] = []
	for person in there:
		if not person.pieces() or any(_same(person, other) for other in left):
			continue
		i = next((i for i, other in enumerate(known) if _same(person, other)), None)
		if i is None:
			known.append(person)
		else:
			known[i] = _together(known[i], person)
	return sorted(known, key=lambda person: -person.pieces())


def _named(person: Known, company: str) -> Known:
	"""A lead without a person gives its contact the company's name; that is nobody's."""
	return replace(person, contact_name=None) if _text(person.contact_name) == _text(company) else person


def _of_lead(row: Mapping[str, object], company: str) -> Known:
	name = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["lead_name"]
	if _text(row["lead_name"]) == _text(company):  # ERPNext takes it apart as if it were a person's
		name = None
	return Known(None, name, row["job_title"], row["mobile_no"] or row["phone"], row["email_id"])


def _same(one: Known, other: Known) -> bool:
	if one.contact and other.contact:
		return one.contact == other.contact
	return any(
		_text(getattr(one, key)) and _text(getattr(one, key)) == _text(getattr(other, key))
		for key in ("contact_name", "email")
	)


def _together(one: Known, other: Known) -> Known:
	"""What either knows of the same person; the first is believed where they differ."""
	pieces = {piece: getattr(one, piece) or getattr(other, piece) for piece in _OF_A_PERSON}
	return Known(one.contact or other.contact, **pieces)


def _text(value: object) -> str:
	return str(value or "").strip().casefold()
