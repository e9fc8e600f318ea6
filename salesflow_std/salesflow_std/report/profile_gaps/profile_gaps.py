"""Profile Gaps: open leads and customers of which too little is known, by rep, with what is missing (P1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import frappe
from frappe import _
from frappe.utils import cint
from pypika.terms import LiteralValue

from salesflow_std.salesflow_std import access, bulk, company_facts, grading, profiles, report_parts

# So many documents are read in one set.
_CHUNK = 2000
# More rows than that nobody reads; the summary counts them all.
_SHOWN = 2000
_OWNER = {"Lead": "lead_owner", "Customer": "account_manager"}


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with the least complete first, a message, a chart by rep and a summary."""
	filters = frappe._dict(filters or {})
	below = cint(filters.below) if filters.below not in (None, "") else 80
	rows, looked_at = [], 0
	for doctype in [filters.document_type] if filters.document_type in _OWNER else _OWNER:
		for chunk in _chunks(doctype, filters):
			looked_at += len(chunk)
			rows += _gaps(doctype, chunk, below)
	rows.sort(key=lambda row: (row["percent"], row["title"] or ""))
	message = None
	if len(rows) > _SHOWN:
		message = _("The {0} least complete of {1} are shown.").format(_SHOWN, len(rows))
	return _columns(), rows[:_SHOWN], message, _chart(rows), _summary(rows, looked_at)


def _chunks(doctype: str, filters: frappe._dict) -> Iterator[Sequence[frappe._dict]]:
	readable = access.readable(doctype, frappe.session.user)
	if readable is None:
		return
	table = frappe.qb.DocType(doctype)
	owner = table[_OWNER[doctype]]
	title = table.title if doctype == "Lead" else table.customer_name
	after = ""
	while True:
		query = (
			frappe.qb.from_(table)
			.select(table.name, title.as_("title"), owner.as_("rep"), table.sf_profile)
			.where(table.name > after)
			.orderby(table.name)
			.limit(_CHUNK)
		)
		if doctype == "Lead":
			query = query.where(table.status.isin(grading.OPEN_LEAD_STATUSES)).where(
				table.sf_invalid_reason.isnull() | (table.sf_invalid_reason == "")
			)
		else:
			query = query.where(table.disabled == 0)
		if filters.rep:
			query = query.where(owner == filters.rep)
		if readable:
			query = query.where(LiteralValue(f"({readable})"))
		rows = query.run(as_dict=True)
		if rows:
			yield rows
		if len(rows) < _CHUNK:
			return
		after = rows[-1].name


def _gaps(doctype: str, rows: Sequence[frappe._dict], below: int) -> list[dict]:
	facts = company_facts.read(_companies(doctype, rows))
	found = []
	for row in rows:
		complete = facts[row.name].completeness
		if complete.percent < below:
			found.append(
				{
					"rep": row.rep,
					"document_type": doctype,
					"document": row.name,
					"title": row.title,
					"percent": complete.percent,
					"missing": ", ".join(_piece(piece) for piece in complete.missing),
				}
			)
	return found


def _companies(doctype: str, rows: Sequence[frappe._dict]) -> dict[str, list[tuple[str, str]]]:
	"""The documents of the same companies: those of one profile, else those that ERPNext links."""
	together: dict[str, set[tuple[str, str]]] = {row.name: {(doctype, row.name)} for row in rows}
	of_profile: dict[str, list[str]] = {}
	for row in rows:
		if row.sf_profile:
			of_profile.setdefault(row.sf_profile, []).append(row.name)
	for kind in profiles.PARTIES if of_profile else ():
		party = frappe.qb.DocType(kind)
		for name, profile in (
			frappe.qb.from_(party)
			.select(party.name, party.sf_profile)
			.where(bulk.Among(party.sf_profile, of_profile))
			.run()
		):
			for key in of_profile[profile]:
				together[key].add((kind, name))
	alone = [row.name for row in rows if not row.sf_profile]
	for key, member in _linked(doctype, alone):
		together[key].add(member)
	return {key: list(members) for key, members in together.items()}


def _linked(doctype: str, names: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
	if not names:
		return
	customer, row = frappe.qb.DocType("Customer"), frappe.qb.DocType("Prospect Lead")
	if doctype == "Lead":
		for name, lead in (
			frappe.qb.from_(customer)
			.select(customer.name, customer.lead_name)
			.where(bulk.Among(customer.lead_name, names))
			.run()
		):
			yield lead, ("Customer", name)
		for prospect, lead in (
			frappe.qb.from_(row).select(row.parent, row.lead).where(bulk.Among(row.lead, names)).run()
		):
			yield lead, ("Prospect", prospect)
		return
	for name, lead, prospect in (
		frappe.qb.from_(customer)
		.select(customer.name, customer.lead_name, customer.prospect_name)
		.where(bulk.Among(customer.name, names))
		.run()
	):
		if lead:
			yield name, ("Lead", lead)
		if prospect:
			yield name, ("Prospect", prospect)


def _piece(piece: str) -> str:
	return {
		"company_name": _("Company Name"),
		"industry": _("Industry"),
		"size": _("Size", context="Salesflow"),
		"contact_name": _("Contact"),
		"position": _("Job Title"),
		"phone": _("Phone"),
		"email": _("E-mail"),
		"first_contact": _("First Contact"),
		"source": _("Source", context="Customer Profile"),
	}[piece]


def _columns() -> list[dict]:
	return [
		report_parts.column(_("Rep"), "rep", "Link", 180, options="User"),
		report_parts.column(_("Document Type", context="Salesflow"), "document_type", "Data", 120),
		report_parts.column(
			_("Document", context="Salesflow"), "document", "Dynamic Link", 200, options="document_type"
		),
		report_parts.column(_("Name"), "title", "Data", 220),
		report_parts.column(_("Complete", context="Salesflow"), "percent", "Percent", 110, precision=0),
		report_parts.column(_("Missing"), "missing", "Data", 420),
	]


def _by_rep(rows: list[dict]) -> dict[str | None, int]:
	counts: dict[str | None, int] = {}
	for row in rows:
		counts[row["rep"]] = counts.get(row["rep"], 0) + 1
	return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def _chart(rows: list[dict]) -> dict | None:
	top = list(_by_rep(rows).items())[:12]
	if not top:
		return None
	return {
		"data": {
			"labels": [
				frappe.utils.get_fullname(rep) if rep else _("None", context="Salesflow") for rep, _n in top
			],
			"datasets": [{"name": _("Incomplete Profiles"), "values": [count for _rep, count in top]}],
		},
		"type": "bar",
	}


def _summary(rows: list[dict], looked_at: int) -> list[dict]:
	summary = [
		{"label": _("Looked At"), "value": looked_at, "datatype": "Int"},
		{
			"label": _("Incomplete Profiles"),
			"value": len(rows),
			"datatype": "Int",
			"indicator": "Orange" if rows else "Green",
		},
	]
	pieces: dict[str, int] = {}
	for row in rows:
		for piece in filter(None, row["missing"].split(", ")):
			pieces[piece] = pieces.get(piece, 0) + 1
	if pieces:
		often = max(pieces, key=lambda piece: pieces[piece])
		summary.append({"label": _("Missing Most Often"), "value": often, "datatype": "Data"})
	return summary
