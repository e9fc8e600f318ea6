"""Customers, prospects and contacts that look the same: pointed out, never merged by itself (L3, P1).

What they are found by stands on them in a form that spellings share, each with an index. A lead, a prospect and a
customer of one company (`profiles.family`) are no duplicates of each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_fullname, get_link_to_form

from salesflow_std.engine import leads
from salesflow_std.salesflow_std import profiles
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

COMPANIES = ("Customer", "Prospect")
_TITLES = {"Customer": "customer_name", "Prospect": "company_name", "Contact": "full_name"}
_OWNERS = {"Customer": "account_manager", "Prospect": "prospect_owner", "Contact": "owner"}
_MOST = 5
_KEY_LENGTH = 140
# Many companies have their page there; it says nothing about which one it is.
_SHARED_HOSTS = frozenset(
	"facebook.com linkedin.com instagram.com x.com twitter.com youtube.com google.com sites.google.com"
	" 1688.com alibaba.com made-in-china.com taobao.com tmall.com jd.com weibo.com weixin.qq.com mp.weixin.qq.com".split()
)


# Keys ------------------------------------------------------------------------------------------------------


def domain_key(website: str | None) -> str:
	"""The host of a website without www; empty for none, and for hosts that many companies share."""
	text = (website or "").strip().casefold()
	try:
		host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
	except ValueError:
		return ""
	host = host.removeprefix("www.").rstrip(".")
	return host[:_KEY_LENGTH] if "." in host and host not in _SHARED_HOSTS else ""


def person_key(name: str | None, company: str | None) -> str:
	"""A person of a company, whatever the spelling; empty without both."""
	person, of = leads.company_key(name), leads.company_key(company)
	return f"{person}|{of}"[:_KEY_LENGTH] if person and of else ""


def company_keys(doc: Document | frappe._dict) -> dict[str, str]:
	"""The hidden fields of a customer or prospect."""
	name = doc.get("customer_name") or doc.get("company_name")
	return {
		"sf_company_key": leads.company_key(name)[:_KEY_LENGTH],
		"sf_domain": domain_key(doc.get("website")),
	}


# Saving ----------------------------------------------------------------------------------------------------


def compare_company(doc: Document) -> None:
	"""Keeps the keys of a customer or prospect, and points at those that look the same (L3)."""
	before = doc.get_doc_before_save()
	doc.update(company_keys(doc))
	if _is_told() and _changed(doc, before, ("sf_company_key", "sf_domain", "tax_id")):
		_warn(find_companies(doc, before), _title(doc.doctype))


def compare_contact(doc: Document) -> None:
	"""Keeps the keys of a contact, and points at those that look the same (L3)."""
	for row in doc.phone_nos:
		row.sf_phone_key = leads.phone_key(row.phone)
	doc.sf_person_key = person_key(_full_name(doc), doc.company_name)
	# ERPNext makes the contact of a lead and of a customer by itself: they speak for themselves.
	if doc.flags.ignore_permissions or not _is_told():
		return
	before = doc.get_doc_before_save()
	if before is None or _contact_keys(doc) != _contact_keys(before):
		_warn(find_contacts(doc, before), _title("Contact"))


def _is_told() -> bool:
	flags = frappe.flags
	return not (flags.in_migrate or flags.in_patch or flags.in_install) and bool(
		settings().warn_of_duplicates
	)


def _title(doctype: str) -> str:
	return {
		"Customer": _("This Customer Looks Like a Duplicate"),
		"Prospect": _("This Prospect Looks Like a Duplicate"),
		"Contact": _("This Contact Looks Like a Duplicate"),
	}[doctype]


def _changed(doc: Document, before: Document | None, fields: Iterable[str]) -> bool:
	return before is None or any((doc.get(field) or None) != (before.get(field) or None) for field in fields)


def _warn(found: list[dict], title: str) -> None:
	if found:
		frappe.msgprint("<br>".join(describe(row) for row in found), title=title, indicator="orange")


def describe(row: dict) -> str:
	"""A found duplicate as a sentence with a link."""
	same = ", ".join(row["same_words"])
	if row["readable"]:
		title = escape_html(row["title"] or row["name"])
		if row["title"] != row["name"]:
			title += f" ({escape_html(row['name'])})"
		return _("{0}: {1} has the same {2}").format(
			row["doctype_word"], get_link_to_form(row["doctype"], row["name"], title), same
		)
	owner = get_fullname(row["owner"]) if row["owner"] else _("nobody")
	return _("{0}: one that you may not open has the same {1}. It belongs to {2}.").format(
		row["doctype_word"], same, escape_html(owner)
	)


# Finding ---------------------------------------------------------------------------------------------------


def find(doc: Document) -> list[dict]:
	"""What looks the same as a saved customer, prospect or contact, the most alike first.

	``[{"doctype", "doctype_word", "name", "title", "owner", "readable", "same", "same_words"}]``; what the user may
	not read is there without its name and title. `same` holds "Name", "Tax ID", "Website", "E-mail", "Phone".
	"""
	if doc.doctype == "Contact":
		return find_contacts(doc)
	return find_companies(doc, by_contacts=True)


def find_companies(doc: Document, before: Document | None = None, by_contacts: bool = False) -> list[dict]:
	"""Customers and prospects that look like this one; with `before` only by what has changed since."""
	found: dict[tuple[str, str], list[str]] = {}
	for kind, field in (("Name", "sf_company_key"), ("Website", "sf_domain"), ("Tax ID", "tax_id")):
		value = (doc.get(field) or "").strip()
		if not value or (before and value == (before.get(field) or "").strip()):
			continue
		for doctype in COMPANIES if field != "tax_id" else ("Customer",):
			for name in frappe.get_all(
				doctype, filters={field: value}, pluck="name", order_by="creation", limit=_MOST + 1
			):
				found.setdefault((doctype, name), []).append(kind)
	if by_contacts:
		for kind, party in _by_contacts(doc):
			if kind not in found.setdefault(party, []):
				found[party].append(kind)
	found.pop((doc.doctype, doc.name), None)
	if found:
		for member in _family(doc):
			found.pop(member, None)
	return _told(found)


def _family(doc: Document) -> list[tuple[str, str]]:
	"""The documents of the same company, also of one that is not saved yet."""
	starts = [(doc.doctype, doc.name)] if not doc.is_new() else []
	starts += [("Lead", doc.get("lead_name")), ("Prospect", doc.get("prospect_name"))]
	if doc.get("opportunity_name"):
		starts.append(profiles.party_of("Opportunity", doc.opportunity_name) or ("Lead", None))
	if doc.doctype == "Prospect":
		starts += [("Lead", row.lead) for row in doc.leads]
	return [
		member
		for start in starts
		if start[1] and frappe.db.exists(*start)
		for member in profiles.family(*start)
	]


def _by_contacts(doc: Document) -> Iterable[tuple[str, tuple[str, str]]]:
	"""Companies whose contacts share an e-mail address or a phone number with this one's."""
	link = frappe.qb.DocType("Dynamic Link")
	mine = (
		frappe.qb.from_(link)
		.select(link.parent)
		.where((link.parenttype == "Contact") & (link.link_doctype == doc.doctype))
		.where(link.link_name == doc.name)
		.limit(200)
		.run(pluck=True)
	)
	if not mine:
		return
	for kind, doctype, field in (
		("E-mail", "Contact Email", "email_id"),
		("Phone", "Contact Phone", "sf_phone_key"),
	):
		own = frappe.qb.DocType(doctype)
		values = set(frappe.qb.from_(own).select(own[field]).where(own.parent.isin(mine)).run(pluck=True))
		values = sorted(value for value in values if value)
		if not values:
			continue
		other = frappe.qb.DocType(doctype)
		for party in (
			frappe.qb.from_(other)
			.join(link)
			.on((link.parent == other.parent) & (link.parenttype == "Contact"))
			.select(link.link_doctype, link.link_name)
			.distinct()
			.where(other[field].isin(values) & link.link_doctype.isin(COMPANIES))
			.limit(50)
			.run()
		):
			yield kind, tuple(party)


def _full_name(doc: Document) -> str:
	return " ".join(filter(None, (doc.first_name, doc.middle_name, doc.last_name)))


def _contact_keys(doc: Document) -> dict[str, set]:
	return {
		"E-mail": {leads.email_key(row.email_id) for row in doc.email_ids} - {""},
		"Phone": {leads.phone_key(row.phone) for row in doc.phone_nos} - {""},
		"Name": {person_key(_full_name(doc), doc.company_name)} - {""},
		"Company": {(_full_name(doc), row.link_doctype, row.link_name) for row in doc.links},
	}


def find_contacts(doc: Document, before: Document | None = None) -> list[dict]:
	"""Contacts with the same e-mail, phone, or the same name at the same company."""
	keys = _contact_keys(doc)
	if before is not None:
		old = _contact_keys(before)
		keys = {kind: values - old[kind] for kind, values in keys.items()}
	found: dict[tuple[str, str], list[str]] = {}

	def add(kind: str, names: Iterable[str]) -> None:
		for name in names:
			if name != doc.name and kind not in found.setdefault(("Contact", name), []):
				found["Contact", name].append(kind)

	for kind, doctype, field in (
		("E-mail", "Contact Email", "email_id"),
		("Phone", "Contact Phone", "sf_phone_key"),
	):
		if keys[kind]:
			filters = {field: ("in", sorted(keys[kind])), "parenttype": "Contact"}
			add(
				kind,
				frappe.get_all(
					doctype, filters=filters, pluck="parent", order_by="creation", limit=_MOST * 2
				),
			)
	if keys["Name"]:
		filters = {"sf_person_key": ("in", sorted(keys["Name"]))}
		add(
			"Name",
			frappe.get_all("Contact", filters=filters, pluck="name", order_by="creation", limit=_MOST + 1),
		)
	if keys["Company"]:
		add("Name", _namesakes(doc, keys["Company"]))
	return _told(found)


def _namesakes(doc: Document, links: set[tuple]) -> list[str]:
	"""Contacts of the same name at the same lead, prospect, customer or supplier."""
	full_name = _full_name(doc)
	if not full_name:
		return []
	link, contact = frappe.qb.DocType("Dynamic Link"), frappe.qb.DocType("Contact")
	names: list[str] = []
	for _name, doctype, name in sorted(links):
		names += (
			frappe.qb.from_(link)
			.join(contact)
			.on(contact.name == link.parent)
			.select(contact.name)
			.where((link.parenttype == "Contact") & (link.link_doctype == doctype) & (link.link_name == name))
			.where(contact.full_name == full_name)
			.orderby(contact.creation)
			.limit(_MOST + 1)
			.run(pluck=True)
		)
	return names


def _told(found: dict[tuple[str, str], list[str]]) -> list[dict]:
	"""What was found as the user may see it, the most alike first."""
	words = {
		"Name": _("name", context="Salesflow"),
		"Tax ID": _("tax ID", context="Salesflow"),
		"Website": _("website", context="Salesflow"),
		"E-mail": _("e-mail", context="Salesflow"),
		"Phone": _("phone", context="Salesflow"),
	}
	kinds = {
		"Customer": _("Customer", context="Salesflow"),
		"Prospect": _("Prospect", context="Salesflow"),
		"Contact": _("Contact", context="Salesflow"),
	}
	rows = []
	for (doctype, name), same in sorted(found.items(), key=lambda item: -len(item[1]))[:_MOST]:
		title, owner = frappe.db.get_value(doctype, name, [_TITLES[doctype], _OWNERS[doctype]]) or (
			None,
			None,
		)
		readable = bool(frappe.has_permission(doctype, "read", doc=name))
		rows.append(
			{
				"doctype": doctype,
				"doctype_word": kinds[doctype],
				"name": name if readable else None,
				"title": title if readable else None,
				"owner": owner,
				"readable": readable,
				"same": same,
				"same_words": [words[kind] for kind in same],
			}
		)
	return rows
