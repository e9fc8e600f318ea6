"""All that is known of one customer on one sheet, to be confirmed in one go (P5); `fact_writing` writes it back.

Each fact says where it stands, so that a change goes to the real document with its own rights and rules. The basics
come from the document of the company that is furthest along and that the user may read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, fmt_money, formatdate

from salesflow_std.salesflow_std import grading, profiles

_MOST_CONTACTS = 50
_MOST_OPPORTUNITIES = 20

# The basics (P1) and what each document calls them.
_BASICS = {
	"Customer": {
		"company": "customer_name",
		"employees": "sf_no_of_employees",
		"revenue": "sf_annual_revenue",
	},
	"Prospect": {"company": "company_name", "employees": "no_of_employees", "revenue": "annual_revenue"},
	"Lead": {"company": "company_name", "employees": "no_of_employees", "revenue": "annual_revenue"},
}
# What a person of a contact and of a lead calls the same.
PERSON = {"position": "designation", "email": "email_id", "phone": "phone"}
LEAD_PERSON = {"position": "job_title", "email": "email_id", "mobile": "mobile_no", "phone": "phone"}


@dataclass
class Fact:
	"""One fact: `key` names it on the sheet, `doctype`, `name`, `fieldname` and `row` say where it stands."""

	key: str
	label: str
	value: object
	doctype: str
	name: str
	fieldname: str
	fieldtype: str = "Data"
	options: list | str | None = None
	of: str = ""
	row: str | None = None
	editable: bool = True
	required: bool = False
	shown: str = ""
	route: str | None = None
	currency: str | None = None

	def as_dict(self) -> dict:
		"""As the page wants it."""
		kept = ("key", "label", "of", "value", "fieldtype", "options", "editable", "required", "route")
		return {**{name: getattr(self, name) for name in kept}, "shown": self.shown or shown(self)}


@dataclass
class Sheet:
	"""What is known of a company, in groups."""

	head: Document
	profile: Document | None
	opened: tuple[str, str]
	groups: list[dict] = field(default_factory=list)

	@property
	def facts(self) -> dict[str, Fact]:
		"""All facts by their key."""
		return {fact.key: fact for group in self.groups for fact in group["facts"]}


def read(doctype: str, name: str) -> Sheet:
	"""The sheet of a lead's, prospect's, customer's or opportunity's company.

	Raises PermissionError unless the user may read the document and its party.
	"""
	if doctype not in profiles.SUBJECTS:
		frappe.throw(
			_("Facts are confirmed of {0}.").format(
				", ".join(
					(
						_("Lead"),
						_("Prospect", context="Salesflow"),
						_("Customer", context="Salesflow"),
						_("Opportunity"),
					)
				)
			),
			title=_("Confirm Facts"),
		)
	frappe.get_doc(doctype, name).check_permission("read")
	party = profiles.party_of(doctype, name)
	if not party:
		frappe.throw(_("This opportunity has no customer yet."), title=_("Confirm Facts"))
	family = profiles.family(*party)
	head = next((doc for doc in map(_readable, family) if doc), None)
	if not head:
		raise frappe.PermissionError
	profile_name = head.get("sf_profile")
	profile = _readable(("Customer Profile", profile_name)) if profile_name else None
	sheet = Sheet(head, profile, (doctype, name))
	for key, label, facts in (
		("basics", _("Basics"), _basics(sheet)),
		("contacts", _("Contacts", context="Salesflow"), _contacts(sheet, family)),
		("chain", _("Decision Chain", context="Customer Profile"), _chain(sheet)),
		("profile", _("Tags and Budget"), _of_profile(sheet)),
		("needs", _("Confirmed Needs"), _needs(sheet)),
		("opportunities", _("Open Opportunities"), _opportunities(family)),
	):
		if found := list(facts):
			sheet.groups.append({"key": key, "label": label, "facts": found})
	return sheet


def _readable(document: tuple[str, str]) -> Document | None:
	doctype, name = document
	return frappe.get_doc(doctype, name) if frappe.has_permission(doctype, "read", doc=name) else None


def may_write(doc: Document) -> bool:
	"""Whether the user may change a document; a no is no message, as the document's own method would make it."""
	return bool(frappe.has_permission(doc.doctype, "write", doc=doc))


def _fact(doc: Document, key: str, label: str, fieldname: str, **more: object) -> Fact | None:
	"""A field of a document as a fact; None where the user may not see it."""
	df = doc.meta.get_field(fieldname)
	if not df or not doc.has_permlevel_access_to(fieldname, permission_type="read"):
		return None
	more.setdefault("value", doc.get(fieldname))
	more.setdefault("fieldtype", df.fieldtype if df.fieldtype in _TYPES else "Data")
	if more["fieldtype"] == "Select":
		more.setdefault("options", [{"value": o, "label": o} for o in (df.options or "").split("\n")])
	elif more["fieldtype"] == "Link":
		more.setdefault("options", df.options)
	elif df.fieldtype == "Data" and df.options in ("Email", "Phone"):
		more.setdefault("options", df.options)
	editable = more.pop("editable", None)
	if editable is None:
		may = not df.read_only and may_write(doc)
		editable = bool(may and doc.has_permlevel_access_to(fieldname, permission_type="write"))
	return Fact(
		key=key,
		label=label,
		doctype=doc.doctype,
		name=doc.name,
		fieldname=fieldname,
		required=bool(df.reqd),
		editable=editable,
		**more,
	)


_TYPES = ("Data", "Select", "Link", "Currency", "Float", "Int", "Date", "Check", "Small Text")


# The groups ------------------------------------------------------------------------------------------------


def _basics(sheet: Sheet) -> Iterator[Fact]:
	head, names = sheet.head, _BASICS[sheet.head.doctype]
	company = head.get("company") or frappe.defaults.get_user_default("Company")
	currency = company and frappe.get_cached_value("Company", company, "default_currency")
	rows = [
		_fact(head, "company", _("Company Name", context="Salesflow"), names["company"]),
		_fact(head, "industry", _("Industry", context="Salesflow"), "industry"),
		_fact(head, "employees", _("Employees", context="Salesflow"), names["employees"]),
		_fact(head, "revenue", _("Annual Revenue", context="Salesflow"), names["revenue"], currency=currency),
		_fact(head, "territory", _("Territory", context="Salesflow"), "territory"),
		_fact(head, "website", _("Website", context="Salesflow"), "website"),
	]
	profile = _profile(sheet)
	# What nobody has noted may still be known: of a lead's source and first touch.
	known = profiles.facts(head.doctype, head.name).basics
	if head.doctype == "Lead":
		source = "source" if head.meta.has_field("source") else "utm_source"
		rows.append(_fact(head, "source", _("Source", context="Salesflow"), source))
	else:
		rows.append(
			_fact(
				profile,
				"source",
				_("Source", context="Salesflow"),
				"source",
				value=known.source,
				editable=_may_write(sheet),
			)
		)
	rows.append(
		_fact(
			profile,
			"first_contact",
			_("First Contact On", context="Customer Profile"),
			"first_contact_on",
			value=known.first_contact,
			editable=_may_write(sheet),
		)
	)
	yield from filter(None, rows)


def _profile(sheet: Sheet) -> Document:
	"""The profile; while nobody has noted anything, an empty one that is made with the first change."""
	return sheet.profile or frappe.new_doc("Customer Profile")


def _may_write(sheet: Sheet) -> bool:
	return may_write(sheet.head)


def _contacts(sheet: Sheet, family: list[tuple[str, str]]) -> Iterator[Fact]:
	lead = sheet.head if sheet.head.doctype == "Lead" else None
	if lead:
		person = lead.lead_name or lead.name
		for key, fieldname, label in (
			("position", "job_title", _("Job Title", context="Salesflow")),
			("email", "email_id", _("E-mail", context="Salesflow")),
			("mobile", "mobile_no", _("Mobile", context="Salesflow")),
			("phone", "phone", _("Phone", context="Salesflow")),
		):
			if fact := _fact(lead, f"person:{key}", label, fieldname, of=person):
				yield fact
	for contact in contacts_of(family):
		if not contact.sf_left_on and not (lead and is_same_person(lead, contact)):
			yield from _contact(contact)


def contacts_of(family: list[tuple[str, str]]) -> list[Document]:
	"""The contacts of a company's documents that the user may read, the first one first."""
	if not frappe.has_permission("Contact", "read"):
		return []
	names: list[str] = []
	for doctype, name in family:
		names += frappe.get_all(
			"Dynamic Link",
			filters={"parenttype": "Contact", "link_doctype": doctype, "link_name": name},
			pluck="parent",
			order_by="creation",
			limit=_MOST_CONTACTS,
		)
	found = frappe.get_list(
		"Contact",
		filters={"name": ("in", names or [""])},
		pluck="name",
		order_by="is_primary_contact desc, creation",
		limit=_MOST_CONTACTS,
	)
	return [frappe.get_doc("Contact", name) for name in found]


def is_same_person(lead: Document, contact: Document) -> bool:
	"""Whether a contact is the one ERPNext made of the lead's own person."""
	if not contact.has_link("Lead", lead.name):
		return False
	same_mail = lead.email_id and lead.email_id == contact.email_id
	return bool(same_mail or contact.full_name == lead.lead_name)


def _contact(contact: Document) -> Iterator[Fact]:
	person = contact.full_name or contact.name
	editable = may_write(contact)
	values = {
		"position": contact.designation,
		"email": contact.email_id,
		"phone": contact.mobile_no or contact.phone,
	}
	for key, label, options in (
		("position", _("Job Title", context="Salesflow"), None),
		("email", _("E-mail", context="Salesflow"), "Email"),
		("phone", _("Phone", context="Salesflow"), "Phone"),
	):
		yield Fact(
			key=f"contact:{contact.name}:{key}",
			label=label,
			value=values[key],
			doctype="Contact",
			name=contact.name,
			fieldname=PERSON[key],
			options=options,
			of=person,
			editable=editable,
		)


def _chain(sheet: Sheet) -> Iterator[Fact]:
	for row in sheet.profile.decision_chain if sheet.profile else ():
		if row.left_on:
			continue
		for fieldname, label in (
			("role", _("Role", context="Decision Chain Member")),
			("stance", _("Stance", context="Decision Chain Member")),
			("influence", _("Influence", context="Decision Chain Member")),
			("reached", _("Reached", context="Decision Chain Member")),
		):
			df = row.meta.get_field(fieldname)
			options = [
				{"value": option, "label": _(option, context="Decision Chain Member") if option else ""}
				for option in (df.options or "").split("\n")
			]
			yield Fact(
				key=f"chain:{row.name}:{fieldname}",
				label=label,
				value=row.get(fieldname),
				doctype="Customer Profile",
				name=sheet.profile.name,
				fieldname=fieldname,
				fieldtype=df.fieldtype,
				options=options if df.fieldtype == "Select" else None,
				of=row.person,
				row=row.name,
				required=bool(df.reqd),
				editable=_may_write(sheet),
			)


def _of_profile(sheet: Sheet) -> Iterator[Fact]:
	if not frappe.has_permission("Customer Profile", "read"):
		return
	profile, editable = _profile(sheet), _may_write(sheet)
	tags = [row.tag for row in profile.tags]
	yield Fact(
		key="tags",
		label=_("Tags", context="Customer Profile"),
		value=tags,
		doctype="Customer Profile",
		name=profile.name,
		fieldname="tags",
		fieldtype="Tags",
		options="Customer Tag",
		editable=editable,
		shown=", ".join(_(tag) for tag in tags),
	)
	currency = profile.currency or frappe.db.get_default("currency")
	for key, fieldname, label in (
		("budget_from", "budget_from", _("Budget From", context="Customer Profile")),
		("budget_to", "budget_to", _("Budget To", context="Customer Profile")),
	):
		if fact := _fact(profile, key, label, fieldname, editable=editable, currency=currency):
			yield fact


def _needs(sheet: Sheet) -> Iterator[Fact]:
	"""What the customer confirmed last (N4); it is never edited, a new version is."""
	if not sheet.profile or not frappe.has_permission("Needs Record", "read"):
		return
	found = frappe.get_list(
		"Needs Record",
		filters={"customer_profile": sheet.profile.name, "status": "Confirmed"},
		pluck="name",
		order_by="answered_on desc, creation desc",
		limit=1,
	)
	if not found:
		return
	record = frappe.get_doc("Needs Record", found[0])
	for row in record.needs:
		yield Fact(
			key=f"need:{row.name}",
			label=_(row.priority, context="Customer Need")
			if row.priority
			else _("Need", context="Salesflow"),
			value=row.need,
			doctype="Needs Record",
			name=record.name,
			fieldname="need",
			row=row.name,
			editable=False,
			route=f"/app/needs-record/{record.name}",
		)


def _opportunities(family: list[tuple[str, str]]) -> Iterator[Fact]:
	if not frappe.has_permission("Opportunity", "read"):
		return
	for doctype, name in family:
		for opportunity in frappe.get_list(
			"Opportunity",
			filters={
				"opportunity_from": doctype,
				"party_name": name,
				"status": ("in", grading.OPEN_OPPORTUNITY_STATUSES),
			},
			pluck="name",
			order_by="creation desc",
			limit=_MOST_OPPORTUNITIES,
		):
			doc = frappe.get_doc("Opportunity", opportunity)
			of = f"{doc.title or doc.customer_name or doc.name} ({doc.name})"
			for key, fieldname, label in (
				("amount", "opportunity_amount", _("Opportunity Amount", context="Salesflow")),
				("closing", "expected_closing", _("Expected Closing Date", context="Salesflow")),
				("contact", "contact_person", _("Contact Person", context="Salesflow")),
			):
				fact = _fact(
					doc, f"opportunity:{doc.name}:{key}", label, fieldname, of=of, currency=doc.currency
				)
				if fact:
					yield fact


# Showing ---------------------------------------------------------------------------------------------------


def shown(fact: Fact, value: object = None) -> str:
	"""A fact's value (or another one) as the user reads it; empty for nothing."""
	value = fact.value if value is None else value
	if fact.fieldtype == "Check":
		return _("Yes", context="Salesflow") if cint(value) else _("No", context="Salesflow")
	if not value or (fact.fieldtype in ("Currency", "Float", "Int") and not flt(value)):
		return ""
	if fact.fieldtype == "Currency":
		return fmt_money(value, currency=fact.currency)
	if fact.fieldtype == "Date":
		return formatdate(value)
	if fact.fieldtype == "Tags":
		return ", ".join(_(tag) for tag in value)
	if fact.fieldtype == "Select":
		return next((o["label"] for o in fact.options or () if o["value"] == value), str(value))
	if fact.doctype == "Opportunity" and fact.fieldtype == "Link":
		return frappe.db.get_value("Contact", value, "full_name") or str(value)
	return str(value)
