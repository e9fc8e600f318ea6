"""How much a deal comes to, where a limit depends on it: which reviews it needs, whether it needs any (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import flt, nowdate

from salesflow_std.engine import figures as rules


def of(document: Document, discount: float) -> tuple[float, float]:
	"""Net total in the company's currency, and discount in percent, of the dearest choice that a Quotation or a
	Solution Proposal leaves the customer; `discount` is that of the rows that are added up.

	An alternative is in no total, but the customer may take it. Neither a typed exchange rate nor a typed list price
	is believed where ERPNext has noted a higher one.
	"""
	discount = max([discount, *_noted_discounts(document)])
	noted = _noted_rate(document)
	net, in_company = flt(document.net_total), flt(document.base_net_total)
	rate = max(noted, in_company / net if net else flt(document.get("conversion_rate")) or 1.0)
	more = chosen = 0.0
	for row in document.items:
		amount = flt(row.amount)
		if not row.is_alternative:
			chosen = amount
			continue
		discount = max(discount, float(rules.discount(row.price_list_rate, row.rate)))
		more, chosen = more + max(0.0, amount - chosen), max(chosen, amount)
	return max(in_company, net * noted) + more * rate, discount


def net_total(document: Document) -> float:
	"""The net total of a sales document in the company's currency; a typed exchange rate is not believed where
	ERPNext has noted a higher one."""
	return max(flt(document.base_net_total), flt(document.net_total) * _noted_rate(document))


def _noted_discounts(document: Document) -> list[float]:
	"""The discounts of rows whose list price is below that of the price list, in percent."""
	prices = frappe.get_all(
		"Item Price",
		filters={
			"price_list": document.selling_price_list,
			"selling": 1,
			"currency": document.currency,
			"item_code": ("in", [row.item_code for row in document.items if row.item_code]),
		},
		fields=["item_code", "uom", "price_list_rate"],
		order_by="price_list_rate",
	)
	noted = {(row.item_code, row.uom): flt(row.price_list_rate) for row in prices}
	return [
		float(rules.discount(noted[row.item_code, row.uom], row.rate))
		for row in document.items
		if noted.get((row.item_code, row.uom), 0) > flt(row.price_list_rate)
	]


def _noted_rate(document: Document) -> float:
	"""The exchange rate noted last in ERPNext, 0 where none is; the network is not asked."""
	company_currency = frappe.get_cached_value("Company", document.company, "default_currency")
	if not document.currency or document.currency == company_currency:
		return 0.0
	filters = {
		"from_currency": document.currency,
		"to_currency": company_currency,
		"for_selling": 1,
		"date": ("<=", nowdate()),
	}
	return flt(frappe.db.get_value("Currency Exchange", filters, "exchange_rate", order_by="date desc"))
