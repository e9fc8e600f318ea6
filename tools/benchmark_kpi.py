"""What `make benchmark` measures of KPI scores on a site. Each function runs in the bench's Python and returns plain numbers."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta

import frappe
from frappe.utils import now_datetime

from tools.benchmark_probes import _rows

_SEED = 20261122
_REPS = 200
_YEAR = 2025
_INVOICE = "Sales Invoice"


def _stamps() -> dict:
	now = now_datetime().replace(microsecond=0)
	return {"creation": now, "modified": now, "owner": "Administrator", "modified_by": "Administrator"}


def _company() -> str:
	return frappe.get_all("Company", pluck="name", order_by="name")[0]


def make_invoices(count: int) -> int:
	"""Invoices of a year with two terms and one or two sales persons each, most of them paid; 200 reps with a plan.

	They are written past every event: no stock, no ledger but what collection reads.
	"""
	rng, company, stamps = random.Random(_SEED), _company(), _stamps()
	receivable = frappe.get_all("Account", {"company": company, "account_type": "Receivable"}, pluck="name")[
		0
	]
	currency = frappe.get_cached_value("Company", company, "default_currency")
	reps = [f"Bench Rep {i:03d}" for i in range(_REPS)]
	_make_reps(reps)
	invoices, teams, terms, entries = [], [], [], []
	for i in range(count):
		name = f"BENCH-INV-{i:07d}"
		on = date(_YEAR, 1, 1) + timedelta(days=rng.randrange(365))
		amount = float(rng.randrange(100, 10_000))
		dues = (on + timedelta(days=15), on + timedelta(days=45))
		invoices.append(
			{
				"name": name,
				**stamps,
				"docstatus": 1,
				"company": company,
				"customer": f"Bench Customer {rng.randrange(5000)}",
				"posting_date": on,
				"due_date": dues[1],
				"base_net_total": amount,
				"base_grand_total": amount,
				"grand_total": amount,
				"party_account_currency": currency,
				"is_opening": "No",
			}
		)
		first = rng.randrange(_REPS)
		shares = ((first, 60), ((first + 7) % _REPS, 40)) if i % 3 == 0 else ((first, 100),)
		for place, (rep, percent) in enumerate(shares, 1):
			teams.append(
				{
					"name": f"{name}-{place}",
					**stamps,
					"docstatus": 1,
					"parent": name,
					"parenttype": _INVOICE,
					"parentfield": "sales_team",
					"idx": place,
					"sales_person": reps[rep],
					"allocated_percentage": percent,
				}
			)
		for place, due in enumerate(dues, 1):
			terms.append(
				{
					"name": f"{name}-t{place}",
					**stamps,
					"docstatus": 1,
					"parent": name,
					"parenttype": _INVOICE,
					"parentfield": "payment_schedule",
					"idx": place,
					"due_date": due,
					"payment_amount": amount / 2,
				}
			)
		if rng.random() < 0.85:
			entries.append(
				{
					"name": f"{name}-p",
					**stamps,
					"docstatus": 1,
					"posting_date": on + timedelta(days=rng.randrange(70)),
					"company": company,
					"account_type": "Receivable",
					"account": receivable,
					"voucher_type": "Payment Entry",
					"voucher_no": f"{name}-p",
					"against_voucher_type": _INVOICE,
					"against_voucher_no": name,
					"amount": -amount,
					"amount_in_account_currency": -amount,
					"account_currency": currency,
				}
			)
	_rows(_INVOICE, invoices)
	_rows("Sales Team", teams)
	_rows("Payment Schedule", terms)
	_rows("Payment Ledger Entry", entries)
	_make_plan(company, reps, stamps)
	frappe.db.commit()
	frappe.db.sql(
		"analyze table `tabSales Invoice`, `tabSales Team`, `tabPayment Schedule`, `tabPayment Ledger Entry`"
	)
	return count


def _make_reps(names: list[str]) -> None:
	root = frappe.get_all("Sales Person", {"is_group": 1}, pluck="name", order_by="lft")[0]
	for name in names:
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": name,
				"parent_sales_person": root,
				"enabled": 1,
			}
		).insert()


def _make_plan(company: str, reps: list[str], stamps: dict) -> None:
	_rows(
		"Sales Target Plan",
		[
			{
				"name": "BENCH-PLAN",
				**stamps,
				"title": "Bench",
				"company": company,
				"fiscal_year": str(_YEAR),
				"status": "Applied",
				"collection_rate": 90,
			}
		],
	)
	_rows(
		"Sales Target Line",
		[
			{
				"name": f"BENCH-{rep}-{month}",
				**stamps,
				"parent": "BENCH-PLAN",
				"parenttype": "Sales Target Plan",
				"parentfield": "lines",
				"sales_person": rep,
				"month": date(_YEAR, month, 1),
				"amount": 200_000,
				"new_customers": 2,
			}
			for rep in reps
			for month in range(1, 13)
		],
	)


def kpi_of_a_year() -> dict:
	"""Seconds of all scores of a year, of sales alone, and of one GROUP BY over the same rows; how many queries."""
	from salesflow_std.salesflow_std import kpi_documents, kpi_numbers

	company, first, last = _company(), date(_YEAR, 1, 1), date(_YEAR, 12, 31)
	begun = time.perf_counter()
	frappe.db.sql(
		"""select team.sales_person, extract(year_month from inv.posting_date), sum(inv.base_net_total)
		from `tabSales Invoice` inv join `tabSales Team` team on team.parent = inv.name
		where inv.docstatus = 1 and inv.posting_date between %s and %s
		group by team.sales_person, extract(year_month from inv.posting_date)""",
		(first, last),
	)
	group_by = time.perf_counter() - begun
	begun = time.perf_counter()
	sales = list(kpi_documents._sales(company, first, last, _INVOICE))
	seconds_of_sales = time.perf_counter() - begun
	kpi_numbers.standings(company, first, first)  # Frappe reads its doctypes once
	queries = [0]
	execute = frappe.db.sql

	def counted(*args: object, **kwargs: object) -> object:
		queries[0] += 1
		return execute(*args, **kwargs)

	frappe.db.sql = counted
	try:
		begun = time.perf_counter()
		table = kpi_numbers.Table(company, first, last)
		scores = [cell.score() for cell in table.cells]
		seconds = time.perf_counter() - begun
		asked, queries[0] = queries[0], 0
		kpi_numbers.standings(
			company, date(_YEAR, 1, 1), date(_YEAR, 1, 2), [f"Bench Rep {i:03d}" for i in range(20)]
		)
	finally:
		frappe.db.sql = execute
	assert len(scores) >= len(sales) >= 2000, (len(scores), len(sales))
	return {
		"kpi": seconds,
		"sales": seconds_of_sales,
		"group_by": group_by,
		"queries": asked,
		"queries_of_few": queries[0],
		"reps": _REPS,
	}
