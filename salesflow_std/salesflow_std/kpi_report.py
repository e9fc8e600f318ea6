"""What the reports on targets and KPI scores share: whose rows, which periods, and the documents behind a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, get_first_day, get_last_day, getdate

from salesflow_std.engine import targets
from salesflow_std.salesflow_std import kpi_documents, kpi_numbers, report_parts, scope
from salesflow_std.salesflow_std.kpi_documents import NOBODY

# Whose the documents behind a number are: everybody's in the table.
ALL = "*"
# Before a name: of that node of the tree alone, without those below it.
_OWN = "="
MONTH, QUARTER, YEAR = PERIODS = ("Month", "Quarter", "Year")
REP, TEAM = GROUPS = ("Rep", "Team")
# What records are asked for, as in ``sales|2026-01-01|2026-03-31|Sales Person``.
SALES, NEW_CUSTOMERS, DUE = RECORDS = ("sales", "new_customers", "due")


class View:
	"""The numbers of a period that the user may see, of a sales person and everybody below, else of all of them."""

	def __init__(self, filters: frappe._dict, from_date: date, to_date: date) -> None:
		self.company = company_of(filters)
		self.from_date, self.to_date = get_first_day(from_date), get_last_day(to_date)
		if self.to_date < self.from_date:
			frappe.throw(_("The period ends before it begins."), title=_("Period", context="KPI Scores"))
		self.table = kpi_numbers.Table(self.company, self.from_date, self.to_date)
		self.seen = scope.sales_persons()
		if filters.sales_person:
			chosen = frozenset(report_parts.below("Sales Person", filters.sales_person))
			self.seen = chosen if self.seen is None else chosen & self.seen
		self.cells = [cell for cell in self.table.cells if self.sees(cell.sales_person)]
		self.months = kpi_documents.months_between(self.from_date, self.to_date)

	def sees(self, sales_person: str) -> bool:
		"""Whether a sales person's numbers are among those shown; what is nobody's, only where all is."""
		return self.seen is None or sales_person in self.seen

	def groups(self, group: str) -> list[tuple[str, list[kpi_numbers.Cell]]]:
		"""(Sales Person, cells) by rep, or by team with everybody below it, in the order of the tree.

		A team that has a target as a whole stands among the reps with everybody below it as well (`is_whole`).
		"""
		if group == TEAM:
			teams = [
				(person.name, self.table.below(person.name))
				for person in self.table.people.values()
				if person.is_group and self.sees(person.name)
			]
			return [(name, cells) for name, cells in teams if cells]
		found: dict[str, list[kpi_numbers.Cell]] = {}
		for cell in self.cells:
			found.setdefault(cell.sales_person, []).append(cell)
		return [
			(name, self.table.below(name) if self.is_whole(name) else cells) for name, cells in found.items()
		]

	def is_whole(self, sales_person: str) -> bool:
		"""Whether a sales person is a team with a target as a whole."""
		person = self.table.people.get(sales_person)
		return bool(person and person.is_group) and any(
			cell.target or cell.new_customers_target
			for cell in self.cells
			if cell.sales_person == sales_person
		)

	def who(self, group: str, sales_person: str) -> str:
		"""Whose documents a row's numbers open: of a team among the reps its own alone, unless it stands as a whole."""
		person = self.table.people.get(sales_person)
		is_own = group == REP and person and person.is_group and not self.is_whole(sales_person)
		return f"{_OWN}{sales_person}" if is_own else sales_person

	def together(self, sales_person: str, cells: Iterable[kpi_numbers.Cell], month: date) -> kpi_numbers.Cell:
		"""Cells as one, weighed as the sales person is; a closed month keeps the weights it was closed with."""
		cells = list(cells)
		own = [cell for cell in cells if cell.sales_person == sales_person and cell.weights]
		if own:
			return kpi_numbers.together(cells, sales_person, month, max(own, key=lambda cell: cell.month))
		scheme = self.table.scheme_of(sales_person)
		like = kpi_numbers.Cell(sales_person, month)
		if scheme:
			like.scheme, like.weights = scheme.name, scheme.weights
		return kpi_numbers.together(cells, sales_person, month, like)

	def label(self, sales_person: str) -> str:
		"""How a row is called."""
		return sales_person or _("None", context="Salesflow")


def company_of(filters: frappe._dict) -> str:
	"""The company asked for, else the user's own; raises PermissionError for one they may not see."""
	company = filters.company or frappe.defaults.get_user_default("Company")
	company = company or frappe.db.get_single_value("Global Defaults", "default_company")
	if not company or not frappe.db.exists("Company", company):
		frappe.throw(_("Choose a company."), title=_("Company"))
	permitted = frappe.permissions.get_user_permissions(frappe.session.user).get("Company")
	if permitted and company not in {row.get("doc") for row in permitted}:
		frappe.throw(
			_("You may not see the numbers of {0}.").format(escape_html(company)),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
	return company


class Periods:
	"""Months as months, quarters and years of the company's fiscal years."""

	def __init__(self, kind: str, months: Sequence[date], company: str) -> None:
		if kind not in PERIODS:
			frappe.throw(
				_("There is no grouping by {0}. There is: {1}.").format(
					escape_html(kind), ", ".join(_(one, context="Salesflow") for one in PERIODS)
				),
				title=_("Period", context="KPI Scores"),
			)
		self.kind = kind
		years = _fiscal_years(company) if kind != MONTH else []
		self._of: dict[date, tuple[str, date]] = {}
		for month in months:
			label, first = self._period(month, years)
			self._of[month] = (label, first)

	def _period(self, month: date, years: Sequence[tuple[str, date, date]]) -> tuple[str, date]:
		if self.kind == MONTH:
			return kpi_documents.called(month, short=True), month
		name, start = next(
			((name, start) for name, start, end in years if start <= get_last_day(month) and month <= end),
			(str(month.year), month.replace(month=1)),
		)
		if self.kind == YEAR:
			return name, start
		place = targets.quarter([add_months(start, n) for n in range(12)], month)
		return f"Q{place} {name}", add_months(start, 3 * place - 3)

	def of(self, month: date) -> tuple[str, date]:
		"""The label and the first day of the period that a month lies in."""
		return self._of[month]

	def all(self) -> dict[tuple[str, date], list[date]]:
		"""Each period with its months, in order."""
		found: dict[tuple[str, date], list[date]] = {}
		for month, period in self._of.items():
			found.setdefault(period, []).append(month)
		return found


def _fiscal_years(company: str) -> list[tuple[str, date, date]]:
	"""(Name, first month, end) of the years of a company, its own before those of all."""
	own = set(
		frappe.get_all("Fiscal Year Company", filters={"company": company}, pluck="parent", order_by="parent")
	)
	others = set(frappe.get_all("Fiscal Year Company", pluck="parent", order_by="parent")) - own
	rows = frappe.get_all(
		"Fiscal Year", fields=["name", "year_start_date", "year_end_date"], order_by="year_start_date desc"
	)
	rows = [row for row in rows if row.name not in others]
	rows.sort(key=lambda row: row.name not in own)
	return [(row.name, get_first_day(row.year_start_date), getdate(row.year_end_date)) for row in rows]


# The documents behind a number ------------------------------------------------------------------------------------


def asked(what: str, cells_from: date, cells_to: date, who: str) -> str:
	"""What a number carries to open its documents."""
	return f"{what}|{cells_from}|{cells_to}|{who}"


def records(view: View, text: str) -> tuple[list[dict], list[dict], str | None]:
	"""Columns and rows of the documents behind a number, and what is to be said of them.

	Documents that the user may not read are left out.
	"""
	what, from_date, to_date, who = ([*text.split("|", 3), "", "", ""])[:4]
	try:
		first, last = getdate(from_date), getdate(to_date)
	except Exception:
		first = last = None
	is_own = who.startswith(_OWN)
	who = who.removeprefix(_OWN)
	if what not in RECORDS or not first or not last or (who not in (ALL, NOBODY) and not view.sees(who)):
		frappe.throw(_("There is no number {0} here.").format(escape_html(text)), title=_("Nothing to Show"))
	if who == NOBODY and not view.sees(NOBODY):
		people = []
	elif who == ALL:
		people = None if view.seen is None else sorted(view.seen)
	elif who == NOBODY:
		people = [NOBODY]
	else:
		names = [who] if is_own else report_parts.below("Sales Person", who)
		people = [one for one in names if view.sees(one)]
	rows = _RECORDS[what](view, first, last, people)
	shown = _readable(rows)
	currency = frappe.get_cached_value("Company", view.company, "default_currency")
	for row in shown:
		row["currency"] = currency
	said = []
	if len(shown) < len(rows):
		said.append(_("{0} documents are left out that you may not read.").format(len(rows) - len(shown)))
	if any(month in view.table.closed for month in kpi_documents.months_between(first, last)):
		said.append(_("The month is closed: its score stays, the documents are as they are today."))
	return _record_columns(what), shown, "<br>".join(said) or None


def _readable(rows: list[dict]) -> list[dict]:
	names: dict[str, set[str]] = {}
	for row in rows:
		names.setdefault(row["document_type"], set()).add(row["document"])
	readable = {
		doctype: set(
			frappe.get_list(
				doctype, filters={"name": ("in", sorted(some))}, pluck="name", order_by="name", limit=0
			)
		)
		if frappe.has_permission(doctype, "read")
		else set()
		for doctype, some in names.items()
	}
	return [row for row in rows if row["document"] in readable[row["document_type"]]]


def _sales(view: View, first: date, last: date, people: list[str] | None) -> list[dict]:
	found, sources = [], view.table.schemes.sources
	if people is None and len(sources) > 1:
		# Everybody's count from the documents that their own scheme names.
		people = [*view.table.people, NOBODY]
	for source in sources:
		mine = None if people is None else [one for one in people if _source_of(view, one) == source]
		for row in kpi_documents.documents(view.company, first, last, source, mine):
			found.append(
				{
					"document_type": source,
					"document": row.name,
					"customer": row.customer,
					"date": row.date,
					"amount": row.amount,
				}
			)
	return found


def _source_of(view: View, sales_person: str) -> str:
	scheme = view.table.scheme_of(sales_person)
	return scheme.sales_from if scheme else kpi_documents.INVOICE


def _new_customers(view: View, first: date, last: date, people: list[str] | None) -> list[dict]:
	found: dict[str, dict] = {}
	for row in kpi_documents.new_customers(view.company, first, last):
		if people is not None and (row.sales_person or NOBODY) not in people:
			continue
		one = found.setdefault(
			row.customer,
			{
				"document_type": row.doctype,
				"document": row.name,
				"customer": row.customer,
				"date": row.first,
				"part": 0.0,
			},
		)
		one["part"] += row.share
	return list(found.values())


def _due(view: View, first: date, last: date, people: list[str] | None) -> list[dict]:
	found = []
	for term in kpi_documents.terms(view.company, first, last):
		part = sum(share for person, share in term.team if people is None or person in people)
		if part:
			found.append(
				{
					"document_type": kpi_documents.INVOICE,
					"document": term.invoice,
					"customer": term.customer,
					"date": term.due_date,
					"amount": part * term.due,
					"collected": part * term.paid,
				}
			)
	return sorted(found, key=lambda row: (row["date"], row["document"]))


_RECORDS = {SALES: _sales, NEW_CUSTOMERS: _new_customers, DUE: _due}


def _record_columns(what: str) -> list[dict]:
	column = report_parts.column
	money = {"fieldtype": "Currency", "options": "currency", "width": 140}
	return [
		column(_("Document Type", context="Stage Funnel"), "document_type", hidden=1),
		column(_("Document", context="Stage Funnel"), "document", "Dynamic Link", 190, "document_type"),
		column(_("Customer"), "customer", "Link", 220, "Customer"),
		column(
			_("Due on", context="KPI Scores") if what == DUE else _("Date", context="KPI Scores"),
			"date",
			"Date",
			120,
		),
		*{
			SALES: [column(_("Counts With", context="KPI Scores"), "amount", **money)],
			NEW_CUSTOMERS: [
				column(_("Counts With", context="KPI Scores"), "part", "Float", 120, precision=2)
			],
			DUE: [
				column(_("Fell Due", context="KPI Score"), "amount", **money),
				column(_("Collected", context="KPI Scores"), "collected", **money),
			],
		}[what],
	]
