"""Customers, prospects and contacts from before: what duplicates are found by (L3)."""

from __future__ import annotations

import frappe

from salesflow_std.engine import leads
from salesflow_std.salesflow_std import duplicates

CHUNK = 2000


# What is empty (not even an empty text) while a document has not been looked at.
_KEYS = {
	"Customer": "sf_company_key",
	"Prospect": "sf_company_key",
	"Contact": "sf_person_key",
	"Contact Phone": "sf_phone_key",
}
_READ = {
	"Customer": ("customer_name", "website"),
	"Prospect": ("company_name", "website"),
	"Contact": ("first_name", "middle_name", "last_name", "company_name"),
	"Contact Phone": ("phone",),
}


def run() -> None:
	"""Fills the keys that are missing. Restartable; twice is once."""
	for doctype, field in _KEYS.items():
		after = ""
		while after := _fill(doctype, field, after):
			# A chunk is whole in itself: a killed run goes on behind it.
			frappe.db.commit()  # nosemgrep


def _fill(doctype: str, field: str, after: str) -> str:
	"""One chunk of documents without keys. Returns the last name."""
	table = frappe.qb.DocType(doctype)
	rows = (
		frappe.qb.from_(table)
		.select(table.name, *(table[column] for column in _READ[doctype]))
		.where(table[field].isnull() & (table.name > after))
		.orderby(table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)
	for row in rows:
		values = _values(doctype, row)
		query = frappe.qb.update(table).where(table.name == row.name)
		for column, value in values.items():
			query = query.set(table[column], value)
		query.run()
	return rows[-1].name if rows else ""


def _values(doctype: str, row: frappe._dict) -> dict[str, str]:
	if doctype == "Contact Phone":
		return {"sf_phone_key": leads.phone_key(row.phone)}
	if doctype == "Contact":
		name = " ".join(filter(None, (row.first_name, row.middle_name, row.last_name)))
		return {"sf_person_key": duplicates.person_key(name, row.company_name)}
	return duplicates.company_keys(row)
