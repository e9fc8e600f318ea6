"""What sales people have brought in, month by month: sales, new customers, collection (M5).

Everything is in the company's currency, at the rate of the document, and read with the same number of queries
whatever the number of people, documents and months. A document with several sales persons counts with each by its
percentage; one without any is nobody's, and its key is NOBODY.

**Sales**: the net total of submitted Sales Invoices (or Sales Orders, as the KPI Scheme says) in the month of their
date. Returns and credit notes are negative in the month of their own date. What is cancelled does not count. Opening
invoices do not: they were sold before the books began.

**New Customers**: customers whose first submitted order or invoice of the company, ever, falls in the month; they count
with the sales persons of that document. Opening invoices make a customer an old one. A return is no purchase.

**Collection**: of what fell due in the month, the part that was paid until the month's end (until today in the running
month, in which what falls due later is not counted yet).
Due is each term of the Payment Schedule of submitted invoices, tax included, opening ones among them; without a
schedule, the whole on the due date. Returns and credit notes dated until the month's end make each term of their invoice
smaller in proportion. Paid is what payments and journal entries have settled by then, earlier terms first; what is
written off is neither paid nor less due, and what is refunded is no longer paid. An early payment counts in the month of
the term, a late one never does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

import frappe
from babel.core import UnknownLocaleError
from babel.dates import format_skeleton
from frappe.query_builder import Criterion
from frappe.query_builder.custom import ConstantColumn
from frappe.query_builder.functions import Coalesce, Min, Sum
from frappe.utils import add_months, flt, get_first_day, getdate
from pypika import Case, Table
from pypika.functions import Extract, NullIf
from pypika.terms import Term as Expression

from salesflow_std.engine import kpi

ORDER, INVOICE = SOURCES = ("Sales Order", "Sales Invoice")
# Whose documents without a sales person are.
NOBODY = ""

_DATE = {ORDER: "transaction_date", INVOICE: "posting_date"}
# Journal entries that settle an invoice without money: the one makes it smaller, the other gives it up.
_CREDITING, _WRITING_OFF = "Credit Note", "Write Off Entry"
_CREDIT, _PAYMENT = "credit", "payment"


@dataclass
class Numbers:
	"""What one sales person has brought in in one month; `sales` by the doctype it is counted from."""

	sales: dict[str, float] = field(default_factory=dict)
	new_customers: float = 0.0
	due: float = 0.0
	collected: float = 0.0

	def add(self, other: Numbers) -> Numbers:
		"""Both together."""
		for source, amount in other.sales.items():
			self.sales[source] = self.sales.get(source, 0.0) + amount
		self.new_customers += other.new_customers
		self.due += other.due
		self.collected += other.collected
		return self


Key = tuple[str, date]


def months_between(from_date: date, to_date: date) -> list[date]:
	"""The first days of the months that a period touches."""
	found, month = [], get_first_day(from_date)
	while month <= to_date:
		found.append(month)
		month = add_months(month, 1)
	return found


def called(month: date, short: bool = False) -> str:
	"""A month with its year as the user's language writes them."""
	pattern, language = "yMMM" if short else "yMMMM", (frappe.local.lang or "en").replace("-", "_")
	try:
		return format_skeleton(pattern, getdate(month), locale=language)
	except (UnknownLocaleError, KeyError):
		return format_skeleton(pattern, getdate(month), locale="en")


def read(
	company: str,
	from_date: date,
	to_date: date,
	sources: Collection[str] = (INVOICE,),
	sales_persons: Collection[str] | None = None,
) -> dict[Key, Numbers]:
	"""Numbers by sales person and month (its first day) of a period, both ends included, as this module defines them.

	With `sales_persons` only theirs; NOBODY is a name among them. A customer counts as a part of one where several
	sales persons share the document.
	"""
	found: dict[Key, Numbers] = {}
	wanted = None if sales_persons is None else frozenset(sales_persons)

	def at(person: str | None, month: date) -> Numbers | None:
		person = person or NOBODY
		if wanted is not None and person not in wanted:
			return None
		return found.setdefault((person, month), Numbers())

	for source in sources:
		for person, year, month, amount in _sales(company, from_date, to_date, source):
			if numbers := at(person, date(int(year), int(month), 1)):
				numbers.sales[source] = numbers.sales.get(source, 0.0) + flt(amount)
	for row in new_customers(company, from_date, to_date):
		if numbers := at(row.sales_person, get_first_day(row.first)):
			numbers.new_customers += row.share
	for term in terms(company, from_date, to_date):
		month = term.due_date.replace(day=1)
		for person, share in term.team:
			if numbers := at(person, month):
				numbers.due += share * term.due
				numbers.collected += share * term.paid
	return found


def _month(day: Expression) -> tuple[Expression, Expression]:
	return Extract("YEAR", day), Extract("MONTH", day)


def _team(parent: Table, doctype: str, team: Table) -> Criterion:
	return (team.parent == parent.name) & (team.parenttype == doctype)


# Sales ------------------------------------------------------------------------------------------------------------


def _counts(doc: Table, source: str, company: str) -> Criterion:
	counts = (doc.docstatus == 1) & (doc.company == company)
	return counts & (Coalesce(doc.is_opening, "No") != "Yes") if source == INVOICE else counts


def _sales(company: str, from_date: date, to_date: date, source: str) -> Iterable[tuple]:
	doc, team = frappe.qb.DocType(source), frappe.qb.DocType("Sales Team")
	day = doc[_DATE[source]]
	year, month = _month(day)
	return (
		frappe.qb.from_(doc)
		.left_join(team)
		.on(_team(doc, source, team))
		.select(
			team.sales_person,
			year,
			month,
			Sum(doc.base_net_total * Coalesce(team.allocated_percentage, 100) / 100),
		)
		.where(_counts(doc, source, company) & day[from_date:to_date])
		.groupby(team.sales_person, year, month)
		.orderby(team.sales_person)
		.run()
	)


def documents(
	company: str, from_date: date, to_date: date, source: str, sales_persons: Collection[str] | None
) -> list[frappe._dict]:
	"""The documents that sales of a period are made of, each with what counts for the sales persons; None for all."""
	doc, team = frappe.qb.DocType(source), frappe.qb.DocType("Sales Team")
	day = doc[_DATE[source]]
	query = (
		frappe.qb.from_(doc)
		.left_join(team)
		.on(_team(doc, source, team))
		.select(
			doc.name,
			doc.customer,
			doc.customer_name,
			day.as_("date"),
			Sum(doc.base_net_total * Coalesce(team.allocated_percentage, 100) / 100).as_("amount"),
		)
		.where(_counts(doc, source, company) & day[from_date:to_date])
		.groupby(doc.name, doc.customer, doc.customer_name, day)
		.orderby(day)
		.orderby(doc.name)
	)
	if sales_persons is not None:
		query = query.where(_is_one_of(team.sales_person, sales_persons))
	return [frappe._dict(row, doctype=source) for row in query.run(as_dict=True)]


def _is_one_of(person: Expression, names: Collection[str]) -> Criterion:
	known = [name for name in names if name] or [""]
	one = person.isin(known)
	return one | person.isnull() if NOBODY in names else one


# New customers ----------------------------------------------------------------------------------------------------


def new_customers(company: str, from_date: date, to_date: date) -> list[frappe._dict]:
	"""Who bought for the first time in a period: `customer`, `first`, `doctype`, `name`, `sales_person`, `share`.

	A row for each sales person of the document; of several documents of one day the order comes before the invoice.
	"""
	customers: dict[str, list[frappe._dict]] = {}
	firsts = _first_days(company, from_date, to_date)
	for source in SOURCES:
		doc, team = frappe.qb.DocType(source), frappe.qb.DocType("Sales Team")
		rows = (
			frappe.qb.from_(firsts)
			.join(doc)
			.on((doc.customer == firsts.customer) & (doc[_DATE[source]] == firsts.first))
			.left_join(team)
			.on(_team(doc, source, team))
			.select(
				doc.customer,
				doc.customer_name,
				firsts.first,
				ConstantColumn(source).as_("doctype"),
				doc.name,
				doc.creation,
				team.sales_person,
				(Coalesce(team.allocated_percentage, 100) / 100).as_("share"),
			)
			.where(_buys(doc, source, company))
			.orderby(doc.creation)
			.orderby(doc.name)
			.orderby(team.idx)
			.run(as_dict=True)
		)
		for row in rows:
			known = customers.setdefault(row.customer, [])
			if not known or known[0].name == row.name:
				known.append(row)
	return [row for rows in customers.values() for row in rows]


def _buys(doc: Table, source: str, company: str) -> Criterion:
	buys = (doc.docstatus == 1) & (doc.company == company)
	return buys & (doc.is_return == 0) if source == INVOICE else buys


def _first_days(company: str, from_date: date, to_date: date) -> Table:
	"""Each customer's first day, of those whose first day lies in the period."""
	parts = []
	for source in SOURCES:
		doc = frappe.qb.DocType(source)
		parts.append(
			frappe.qb.from_(doc)
			.select(doc.customer, Min(doc[_DATE[source]]).as_("first"))
			.where(_buys(doc, source, company))
			.groupby(doc.customer)
		)
	both = parts[0].union_all(parts[1]).as_("both")
	first = Min(both.first)
	return (
		frappe.qb.from_(both)
		.select(both.customer, first.as_("first"))
		.groupby(both.customer)
		.having(first[from_date:to_date])
		.as_("firsts")
	)


# Collection -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
	"""What of an invoice fell due on a day, what of it was paid by the month's end, and whose it is."""

	invoice: str
	customer: str
	due_date: date
	due: float
	paid: float
	team: tuple[tuple[str, float], ...]


def terms(company: str, from_date: date, to_date: date) -> list[Term]:
	"""The terms of invoices that fell due in a period, until today, as this module defines them."""
	until = min(to_date, getdate())
	if until < from_date:
		return []
	teams = _teams(company, from_date, until)
	settled = _settled(company, from_date, until)
	own_currency = frappe.get_cached_value("Company", company, "default_currency")
	found: list[Term] = []
	for invoice, rows in _schedules(company, from_date, until).items():
		found += _terms_of(
			invoice, rows, settled.get(invoice, []), teams[invoice], own_currency, from_date, until
		)
	return found


def _open_then(invoice: Table, company: str, from_date: date, until: date) -> Criterion:
	"""Invoices that may have a term in a period. ERPNext keeps as an invoice's due date that of its last term."""
	return (
		(invoice.docstatus == 1)
		& (invoice.company == company)
		& (invoice.is_return == 0)
		& (invoice.posting_date <= until)
		& (Coalesce(invoice.due_date, invoice.posting_date) >= from_date)
	)


def _schedules(company: str, from_date: date, until: date) -> dict[str, list[tuple]]:
	invoice, schedule = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Schedule")
	rows = (
		frappe.qb.from_(invoice)
		.left_join(schedule)
		.on((schedule.parent == invoice.name) & (schedule.parenttype == INVOICE))
		.select(
			invoice.name,
			Coalesce(schedule.due_date, invoice.due_date, invoice.posting_date),
			Coalesce(schedule.payment_amount, 1),
			Coalesce(NullIf(invoice.base_rounded_total, 0), invoice.base_grand_total),
			Coalesce(NullIf(invoice.rounded_total, 0), invoice.grand_total),
			invoice.party_account_currency,
			invoice.customer,
			Case().when(invoice.is_pos == 1, invoice.base_paid_amount - invoice.base_change_amount).else_(0),
			invoice.posting_date,
		)
		.where(_open_then(invoice, company, from_date, until))
		.orderby(invoice.name)
		.orderby(schedule.due_date)
		.orderby(schedule.idx)
		.run()
	)
	found: dict[str, list[tuple]] = {}
	for name, due_date, amount, *more in rows:
		# A hundred thousand invoices are read like this.
		found.setdefault(name, []).append((getdate(due_date), float(amount), *more))
	return found


def _teams(company: str, from_date: date, until: date) -> dict[str, tuple[tuple[str, float], ...]]:
	invoice, team = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Team")
	rows = (
		frappe.qb.from_(invoice)
		.left_join(team)
		.on(_team(invoice, INVOICE, team))
		.select(invoice.name, team.sales_person, Coalesce(team.allocated_percentage, 100))
		.where(_open_then(invoice, company, from_date, until))
		.orderby(invoice.name)
		.orderby(team.idx)
		.run()
	)
	found: dict[str, tuple[tuple[str, float], ...]] = {}
	for name, person, percent in rows:
		found[name] = (*found.get(name, ()), (person or NOBODY, flt(percent) / 100))
	return found


def _settled(company: str, from_date: date, until: date) -> dict[str, list[tuple[date, str, float]]]:
	"""Invoice -> what has made it smaller, as (month, _CREDIT or _PAYMENT, amount in the account's currency).

	What is booked at a return belongs to the invoice that it returns: what is left open of a return is a credit; where
	it was settled against another invoice, it is that one's; refunded, it is money given back.
	"""
	found: dict[str, list[tuple[date, str, float]]] = {}
	for of_returns in (False, True):
		for name, year, month, kind, amount in _entries(company, from_date, until, of_returns):
			found.setdefault(name, []).append((date(int(year), int(month), 1), kind, -flt(amount)))
	return found


def _entries(company: str, from_date: date, until: date, of_returns: bool) -> Iterable[tuple]:
	invoice, entry = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Ledger Entry")
	journal = frappe.qb.DocType("Journal Entry")
	query = frappe.qb.from_(invoice)
	if of_returns:
		back = frappe.qb.DocType(INVOICE).as_("back")
		query = query.join(back).on(
			(back.return_against == invoice.name) & (back.is_return == 1) & (back.docstatus == 1)
		)
		booked_at, own = back.name, entry.voucher_no.isnotnull()
	else:
		# What the invoice itself books is the debt.
		booked_at, own = invoice.name, entry.voucher_no != invoice.name
	kind = (
		Case()
		# What a return books the other way is money given back at the counter.
		.when(
			((entry.voucher_type == INVOICE) & (entry.amount_in_account_currency < 0))
			| (journal.voucher_type == _CREDITING),
			_CREDIT,
		)
		.else_(_PAYMENT)
	)
	year, month = _month(entry.posting_date)
	return (
		query.join(entry)
		.on(
			(entry.against_voucher_no == booked_at)
			& (entry.against_voucher_type == INVOICE)
			& (entry.delinked == 0)
			& (entry.account_type == "Receivable")
		)
		.left_join(journal)
		.on((journal.name == entry.voucher_no) & (entry.voucher_type == "Journal Entry"))
		.select(invoice.name, year, month, kind, Sum(entry.amount_in_account_currency))
		.where(_open_then(invoice, company, from_date, until) & own)
		.where((entry.posting_date <= until) & (Coalesce(journal.voucher_type, "") != _WRITING_OFF))
		.groupby(invoice.name, year, month, kind)
		.orderby(invoice.name)
		.run()
	)


def _terms_of(
	invoice: str,
	rows: list[tuple],
	settled: list[tuple[date, str, float]],
	team: tuple[tuple[str, float], ...],
	own_currency: str,
	from_date: date,
	until: date,
) -> list[Term]:
	_due, _amount, base, own, account_currency, customer, at_once, posted = rows[0]
	base, own = flt(base), flt(own)
	parts = sum(row[1] for row in rows)
	if base <= 0 or parts <= 0:
		return []
	# What is settled is booked in the currency of the customer's account: the invoice's, or the company's.
	rate = base / own if own and account_currency and account_currency != own_currency else 1.0
	amounts = [base * row[1] / parts for row in rows]
	if at_once:
		# Paid at the counter, with the invoice itself.
		settled = [*settled, (get_first_day(posted), _PAYMENT, flt(at_once) / rate)]
	found: list[Term] = []
	by_month: dict[date, list[tuple[float, float]]] = {}
	for place, row in enumerate(rows):
		due_date = row[0]
		if not from_date <= due_date <= until:
			continue
		month = due_date.replace(day=1)
		if month not in by_month:
			total = {_CREDIT: 0.0, _PAYMENT: 0.0}
			for when, kind, amount in settled:
				if when <= month:
					total[kind] += rate * amount
			by_month[month] = kpi.collected(amounts, total[_CREDIT], total[_PAYMENT])
		due, paid = by_month[month][place]
		found.append(Term(invoice, customer, due_date, due, paid, team))
	return found
