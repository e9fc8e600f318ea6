"""Rows and prices of a proposal: list price, discount and rate follow each other; the margin where it may be seen (S1)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import cint, flt

from salesflow_std.salesflow_std import proposals

# Who asks for another item or unit asks for another price.
_PRICED_BY = ("item_code", "uom")
_WHOLE = 100


def keep_rows(proposal: Document, before: Document | None) -> None:
	"""List prices and amounts are not typed (S1); those of another item, unit, list or currency are asked for anew."""
	kept = {row.name: row for row in before.items} if before else {}
	same_list = (
		before
		and not proposal.flags.ask_prices
		and all(
			proposal.get(field) == before.get(field)
			for field in ("selling_price_list", "currency", "company")
		)
	)
	for row in proposal.items:
		old = kept.get(row.name)
		row.row_key = (old and old.row_key) or frappe.generate_hash(length=10)
		same = old and all((row.get(field) or "") == (old.get(field) or "") for field in _PRICED_BY)
		# A price that nobody had is looked for again.
		row.price_list_rate = (old.price_list_rate or None) if same and same_list else None
		if old and row.item_code != old.item_code:
			# What another item is called says nothing of this one.
			for field in ("item_name", "description"):
				if row.get(field) == old.get(field):
					row.set(field, None)

	if proposal.flags.quoted_prices:
		# The figures of a quotation are to be reviewed, not those of today's list.
		for row, listed in zip(proposal.items, proposal.flags.quoted_prices, strict=True):
			row.price_list_rate = flt(listed)


def settle(row: Document, before: Document | None) -> None:
	"""Rate and discount of a row follow each other: the one that changed wins, else the rate holds (S1).

	`before` is the row as it was saved, None for a new one. A row without a rate takes the list price; a discount of
	100 % means that it is given away on purpose.
	"""
	listed, rate, off = flt(row.price_list_rate), flt(row.rate), flt(row.discount_percentage)
	precision = row.precision("rate")
	changed_rate = (before is None and rate) or (
		before is not None and flt(before.rate, precision) != flt(rate, precision)
	)
	changed_off = (before is None and off) or (before is not None and flt(before.discount_percentage) != off)
	other_item = before is not None and before.item_code != row.item_code
	if not changed_rate and (changed_off or other_item or before is None or _follows(row, before)):
		rate = (
			flt(listed * (1 - off / _WHOLE), precision)
			if listed
			else (0 if off == _WHOLE or other_item else rate)
		)
	row.rate = flt(rate, precision)
	if listed > 0:
		# ERPNext reads 100 % as "for nothing".
		off = max(0.0, (listed - row.rate) / listed * _WHOLE)
		row.discount_percentage = off if not row.rate else min(flt(off, 3), 99.999)
	elif row.rate or off != _WHOLE:
		row.discount_percentage = 0


def _follows(row: Document, before: Document) -> bool:
	"""Whether the list price has changed: the discount that was agreed then holds, and the rate follows."""
	return bool(flt(before.price_list_rate)) and flt(row.price_list_rate) != flt(before.price_list_rate)


def off_in_full(row: Document) -> bool:
	"""Whether a row costs nothing on purpose."""
	return flt(row.discount_percentage) == _WHOLE


# Margin ----------------------------------------------------------------------------------------------------

_SHOWING = (
	("Quotation Item", "valuation_rate"),
	("Quotation Item", "gross_profit"),
	("Item", "valuation_rate"),
)


def may_see_cost() -> bool:
	"""Whether ERPNext shows this user what an item costs: on the Quotation, its rows and the Item itself."""
	if not (frappe.has_permission("Item", "read") and frappe.has_permission("Quotation", "read")):
		return False
	return all(_readable(doctype, field) for doctype, field in _SHOWING)


def _readable(doctype: str, field: str) -> bool:
	"""Whether a field is shown to the user: not hidden, and of a level that one of their roles may read."""
	df = frappe.get_meta(doctype).get_field(field)
	if not df or cint(df.hidden):
		return False
	level = cint(df.permlevel)
	if not level or frappe.session.user == "Administrator":
		return True
	# A row is read with its document.
	owner = "Quotation" if doctype == "Quotation Item" else doctype
	return level in frappe.get_meta(owner).get_permlevel_access("read")


def margin(proposal: Document, quotation: Document) -> dict:
	"""What the rows leave over their cost, in the company's currency; only to who may see it, and nowhere kept.

	``{"hidden": True}``, or ``{"currency", "rows": [{"row", "item_code", "net", "cost", "margin", "percent"}], "net", "cost",
	"margin", "percent", "unknown"}``: `percent` of the net amount, None where there is none; `unknown` counts the rows
	whose cost nobody knows, which the total leaves out. Alternatives are shown and not added up.
	"""
	if not may_see_cost():
		return {"hidden": True}
	rows = []
	for row, quoted in zip(proposal.items, quotation.items, strict=True):
		if not frappe.has_permission("Item", "read", doc=row.item_code):
			return {"hidden": True}
		cost = _cost(quoted, proposal.company)
		net = flt(quoted.base_net_amount)
		rows.append(
			{
				"row": row.idx,
				"item_code": row.item_code,
				"item_name": row.item_name,
				"alternative": cint(row.is_alternative),
				"net": net,
				"cost": cost,
				**_left(net, cost),
			}
		)
	known = [row for row in rows if row["cost"] is not None and not row["alternative"]]
	net, cost = sum(row["net"] for row in known), sum(row["cost"] for row in known)
	return {
		"currency": quotation.company_currency,
		"rows": rows,
		"net": net,
		"cost": cost,
		**_left(net, cost),
		"unknown": sum(row["cost"] is None and not row["alternative"] for row in rows),
	}


def _left(net: float, cost: float | None) -> dict:
	if cost is None:
		return {"margin": None, "percent": None}
	return {"margin": flt(net - cost, 2), "percent": flt((net - cost) / net * _WHOLE, 2) if net else None}


def _cost(quoted: Document, company: str) -> float | None:
	"""What a row costs in the company's currency: ERPNext's valuation, else the last purchase; None if unknown."""
	rate = flt(quoted.valuation_rate) or flt(
		frappe.get_cached_value("Item", quoted.item_code, "last_purchase_rate")
	)
	if not rate:
		return None
	return flt(rate * flt(quoted.qty) * flt(quoted.conversion_factor or 1), 2)


# The price list again --------------------------------------------------------------------------------------


def refresh(name: str) -> list[dict]:
	"""Asks the price list anew for all rows of a draft: ``[{"row", "item_code", "before", "after"}]`` of what changed."""
	proposal = proposals.lock(name)
	before = {row.name: flt(row.price_list_rate) for row in proposal.items}
	proposal.flags.ask_prices = True
	proposal.save()
	return [
		{
			"row": row.idx,
			"item_code": row.item_code,
			"before": before[row.name],
			"after": flt(row.price_list_rate),
		}
		for row in proposal.items
		if before[row.name] != flt(row.price_list_rate)
	]
