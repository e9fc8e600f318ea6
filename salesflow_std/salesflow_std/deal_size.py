"""How much a deal comes to, where a limit depends on it: which reviews it needs, whether it needs any (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import flt, nowdate

from salesflow_std.engine import figures as rules


def of(document: Document, discount: float) -> tuple[float, float]:
	"""Net total in the company's currency, and discount in percent, of the dearest choice that a Quotation or a
	Solution Proposal leaves the customer; `discount` is that of the rows that are added up.

	An alternative is in no total, but the customer may take it. Neither is a typed exchange rate believed where
	ERPNext has noted a higher one.
	"""
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
