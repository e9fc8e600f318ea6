"""The figures of an ERPNext Quotation, read for the engine (S2)."""

from __future__ import annotations

import html

from frappe.model.document import Document
from frappe.utils import cint, date_diff, flt, getdate

from salesflow_std.engine import figures as rules


def of(quotation: Document) -> dict:
	"""The figures that a quotation bears, saved or not, in the engine's canonical form.

	Its totals have been calculated by ERPNext. Reads nothing from the database but what the document's payment
	terms ask for.
	"""
	return rules.canonical(
		{
			"company": quotation.company,
			"currency": quotation.currency,
			"items": [
				{
					"item": row.item_code or row.item_name,
					"uom": row.uom,
					"alternative": row.is_alternative,
					"qty": row.qty,
					"rate": row.rate,
					"discount": rules.discount(row.price_list_rate, row.rate),
					"tax": row.item_tax_template,
					"text": rules.plain_text(
						f"<p>{html.escape(row.item_name or '')}</p>{row.description or ''}"
					),
				}
				for row in quotation.items
			],
			"discount": {"on": quotation.apply_discount_on, "amount": quotation.discount_amount},
			"taxes": [
				{
					"type": row.charge_type,
					"account": row.account_head,
					"rate": row.rate,
					# Of the others the amount follows from the rate.
					"amount": row.tax_amount if row.charge_type == "Actual" else 0,
					"included": row.included_in_print_rate,
					"row": row.row_id if (row.charge_type or "").startswith("On Previous Row") else "",
				}
				for row in quotation.taxes
			],
			"payment": _payment(quotation),
			"delivery": {"incoterm": quotation.get("incoterm"), "place": quotation.get("named_place")},
			"text": rules.plain_text(quotation.terms),
		}
	)


def _payment(quotation: Document) -> list[dict]:
	"""The payment schedule, without amounts, which follow from the portions.

	A single instalment of everything at once, which ERPNext writes where nobody asked for one, says nothing. A
	due date that follows from its payment term is that of the term, whatever the day of the quotation.
	"""
	rows = [
		{
			"term": row.payment_term,
			"portion": row.invoice_portion,
			"due": _due(quotation, row),
			"amount": 0 if row.invoice_portion else row.payment_amount,
			"discount": row.discount,
		}
		for row in quotation.get("payment_schedule") or ()
	]
	if len(rows) == 1 and not rows[0]["term"] and flt(rows[0]["portion"]) == 100 and rows[0]["due"] == "0":
		return []
	return rows


def _due(quotation: Document, row: Document) -> str:
	from erpnext.controllers.accounts_controller import get_due_date

	if not row.due_date:
		return ""
	posted = quotation.get("transaction_date")
	if row.get("due_date_based_on"):
		term = get_due_date(row, posted)
		if term and getdate(term) == getdate(row.due_date):
			return f"{row.due_date_based_on}: {cint(row.credit_days) or cint(row.credit_months)}"
	# What was due before the quotation is due at once.
	return str(max(0, date_diff(row.due_date, posted)))


def fingerprint(quotation: Document) -> str:
	"""The fingerprint of a quotation's figures."""
	return rules.fingerprint(of(quotation))
