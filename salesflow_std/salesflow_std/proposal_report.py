"""The solution proposal 解决方案 as a document for the customer: what the print format shows of it (S1).

What is ours alone stays out: cost, margin, list totals, waivers, opinions, corrections, who reviewed what. Until a
version is approved every page says that it is a draft (S2).
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, cint, cstr, flt, formatdate, get_fullname, getdate
from frappe.utils.formatters import format_value

from salesflow_std.salesflow_std import profiles

APPROVED, SUPERSEDED = "Approved", "Superseded"
# Below this two amounts are the same.
_CENT = 0.005


def before_print(doc: Document, method: str | None = None, *args: Any) -> None:
	"""Gathers what the print format shows, in the language that is printed."""
	doc.report = facts(doc)


def facts(doc: Document) -> dict[str, Any]:
	"""All that a customer sees of a proposal, formatted, user text not escaped:

	``{"mark", "our_company", "our_contact": (name, e-mail), "customer", "on", "valid_until", "answers": [{"need",
	"feature", "value", "amount", "case"}], "left_out": [need], "items": [row], "alternatives": [row], "discounts",
	"totals": [(label, amount, strong)], "tax_note", "payment": [(what, portion, when)]}``; `mark` is None once the
	version is approved.
	"""
	figures = _figures(doc)
	on = _date(doc)
	items = [_item(doc, row) for row in doc.items]
	return {
		"mark": mark(doc),
		"our_company": frappe.db.get_value("Company", doc.company, "company_name") or doc.company or "",
		"our_contact": _contact(doc),
		"customer": _customer(doc),
		"on": formatdate(on, "long"),
		"valid_until": formatdate(add_days(on, cint(doc.valid_days)), "long") if doc.valid_days else "",
		"answers": [_answer(doc, row) for row in doc.answers if _is_answered(row)],
		"left_out": [row.need for row in doc.answers if not _is_answered(row)],
		"items": [row for row in items if not row["alternative"]],
		"alternatives": [row for row in items if row["alternative"]],
		"discounts": any(row["discount"] for row in items),
		"totals": _totals(doc),
		"tax_note": _tax_note(figures),
		"payment": [_instalment(row) for row in figures.get("payment") or ()],
	}


def mark(doc: Document) -> str | None:
	"""What every page says of a version that must not reach the customer (S2); None for an approved one."""
	if doc.status == APPROVED:
		return None
	if doc.status == SUPERSEDED and doc.approved_on:
		return _("Superseded – there is a newer version")
	return _("Internal draft – not released to the customer")


def _figures(doc: Document) -> dict:
	try:
		return json.loads(doc.figures or "{}")
	except ValueError:
		return {}


def _date(doc: Document) -> date:
	"""The day of the offer: when it was approved, and today while it is not."""
	return getdate(doc.approved_on) if doc.approved_on else getdate()


def _contact(doc: Document) -> tuple[str, str]:
	user = doc.allocated_to or doc.owner
	email = frappe.db.get_value("User", user, "email")
	return get_fullname(user), cstr(email) if user not in ("Administrator", "Guest") else ""


def _customer(doc: Document) -> str:
	party = profiles.party_of(doc.reference_doctype, doc.reference_name)
	return (profiles.company_name(*party) if party else "") or doc.title or doc.reference_name


# The answers to the needs ----------------------------------------------------------------------------------


def _is_answered(row: Document) -> bool:
	return bool(cstr(row.feature).strip() or cstr(row.value).strip())


def _answer(doc: Document, row: Document) -> dict:
	return {
		"need": row.need,
		"feature": row.feature or "",
		"value": row.value or "",
		"amount": _money(doc, row.value_amount, row, "value_amount") if flt(row.value_amount) else "",
		"case": frappe.db.get_value("Value Content", row.case_content, "title") if row.case_content else "",
	}


# Prices ----------------------------------------------------------------------------------------------------


def _item(doc: Document, row: Document) -> dict:
	listed, rate = flt(row.price_list_rate), flt(row.rate)
	off = listed > 0 and listed - rate > _CENT
	uom = row.uom or frappe.db.get_value("Item", row.item_code, "stock_uom")
	return {
		"name": row.item_name or row.item_code,
		"description": _description(row),
		"qty": format_value(row.qty, row.meta.get_field("qty")),
		"uom": _(uom) if uom else "",
		"list_rate": _money(doc, listed, row, "price_list_rate") if off else "",
		"discount": _percent((listed - rate) / listed * 100) if off else "",
		"rate": _money(doc, rate, row, "rate"),
		"amount": _money(doc, flt(row.qty) * rate, row, "amount"),
		"alternative": bool(row.is_alternative),
	}


def _description(row: Document) -> str:
	"""The item's description, where it says more than its name."""
	text = frappe.utils.strip_html(cstr(row.description)).strip()
	return "" if text in ("", cstr(row.item_name).strip(), cstr(row.item_code).strip()) else row.description


def _totals(doc: Document) -> list[tuple[str, str, bool]]:
	"""The lines below the items, from their sum to the grand total: what stands there adds up, line by line."""
	total = sum(flt(row.qty) * flt(row.rate) for row in doc.items if not row.is_alternative)
	off, grand = flt(doc.discount_amount), flt(doc.grand_total)
	taxes = grand + off - total
	steps = [(_("Taxes and Charges", context="Offer"), taxes)] if abs(taxes) > _CENT else []
	if off:
		discount = [(_("Additional Discount", context="Solution Proposal"), -off)]
		steps = discount + steps if doc.apply_discount_on == "Net Total" else steps + discount
	lines = [(_("Total of the Items"), total), *steps] if steps else []
	lines.append((_("Grand Total", context="Solution Proposal"), grand))
	return [
		(label, _money(doc, amount, doc, "grand_total"), place == len(lines) - 1)
		for place, (label, amount) in enumerate(lines)
	]


def _tax_note(figures: dict) -> str:
	"""Which taxes the total holds: "VAT 13 %"."""
	named = []
	for tax in figures.get("taxes") or ():
		name = frappe.db.get_value("Account", tax["account"], "account_name") if tax["account"] else ""
		rate = f" {_percent(tax['rate'])}" if flt(tax["rate"]) else ""
		text = f"{name or tax['account']}{rate}"
		named.append(_("{0}, included in the prices").format(text) if tax["included"] else text)
	return "; ".join(named)


def _money(doc: Document, amount: float, row: Document, field: str) -> str:
	return format_value(flt(amount), row.meta.get_field(field), row, currency=doc.currency)


def _percent(value: object) -> str:
	"""`13%`, where Frappe would write `13.0%`."""
	return f"{flt(value, 2):g}%"


# Terms -----------------------------------------------------------------------------------------------------


def _instalment(row: dict) -> tuple[str, str, str]:
	"""What is paid, which part of the total, and when."""
	term = row["term"]
	what = (frappe.db.get_value("Payment Term", term, "description") if term else "") or term
	portion = _percent(row["portion"]) if flt(row["portion"]) else row["amount"]
	return cstr(what), portion, _when(row["due"])


def _when(due: str) -> str:
	"""When an instalment is due, from the words of the figures."""
	basis, _colon, count = due.rpartition(": ")
	if not count or (not basis and not cint(count)):
		return ""
	if not basis:
		return _("within {0} days").format(count)
	if basis == "Day(s) after invoice date":
		return _("{0} days after the invoice").format(count) if cint(count) else _("with the invoice")
	if basis == "Day(s) after the end of the invoice month":
		return _("{0} days after the end of the invoice month").format(count)
	return _("{0} months after the end of the invoice month").format(count)
