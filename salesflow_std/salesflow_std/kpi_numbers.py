"""How sales people stand against their targets, month by month (M5).

What they have brought in is defined in `kpi_documents`. A month that is closed stands as its KPI Scores say, whatever has
happened to its documents since; the others are counted anew. Targets are those of the applied Sales Target Plan. The
collection target of a month is what fell due, times the plan's collection rate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import frappe
from frappe.utils import flt, get_last_day, getdate

from salesflow_std.engine import kpi
from salesflow_std.salesflow_std import kpi_documents
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.kpi_documents import NOBODY
from salesflow_std.salesflow_std.kpi_schemes import Scheme, Schemes

# Without a plan that says how much of what falls due is to be collected.
_ALL_OF_IT = 100.0


@dataclass
class Person:
	"""A node of the Sales Person tree."""

	name: str
	user: str | None
	enabled: bool
	is_group: bool
	lft: int
	rgt: int
	parent: str | None


@dataclass
class Cell:
	"""One sales person in one month, or several of either together; `is_closed` where all of it is closed."""

	sales_person: str
	month: date
	sales: float = 0.0
	target: float = 0.0
	new_customers: float = 0.0
	new_customers_target: float = 0.0
	due: float = 0.0
	collected: float = 0.0
	collection_target: float = 0.0
	is_closed: bool = False
	plan: str | None = None
	scheme: str | None = None
	weights: tuple[kpi.Weight, ...] = ()

	def results(self) -> dict[str, kpi.Result]:
		"""Target and actual by measure."""
		return {
			kpi.SALES: kpi.Result(self.target, self.sales),
			kpi.NEW_CUSTOMERS: kpi.Result(self.new_customers_target, self.new_customers),
			kpi.COLLECTION: kpi.Result(self.collection_target, self.collected),
		}

	def score(self) -> kpi.Score:
		"""The score by its weights."""
		return kpi.score(self.weights, self.results())


_SUMS = (
	"sales",
	"target",
	"new_customers",
	"new_customers_target",
	"due",
	"collected",
	"collection_target",
)


def together(cells: Iterable[Cell], sales_person: str, month: date, scheme: Cell | None = None) -> Cell:
	"""Several cells as one; it is weighed as `scheme` is, else as the last of them."""
	found = Cell(sales_person, month, is_closed=True)
	last = None
	for one in cells:
		for name in _SUMS:
			setattr(found, name, getattr(found, name) + getattr(one, name))
		found.is_closed = found.is_closed and one.is_closed
		if one.weights and (last is None or one.month >= last.month):
			last = one
	like = scheme or last
	if like:
		found.scheme, found.weights, found.plan = like.scheme, like.weights, like.plan
	found.is_closed = found.is_closed and last is not None
	return found


@dataclass
class Standing:
	"""How a sales person stands in a period; amounts in the company's currency.

	`achievement` of sales is 1 at the target, None without one. `is_team` marks a team that has a target as a whole: its
	numbers are those of everybody below it, who are in the standings themselves.
	"""

	user: str | None
	target: float = 0.0
	sales: float = 0.0
	new_customers_target: float = 0.0
	new_customers: float = 0.0
	due: float = 0.0
	collected: float = 0.0
	score: float | None = None
	is_team: bool = False

	@property
	def achievement(self) -> float | None:
		return self.sales / self.target if self.target > 0 else None


def standings(
	company: str, from_date: date, to_date: date, sales_persons: Collection[str] | None = None
) -> dict[str, Standing]:
	"""Standings by Sales Person: everybody enabled who is no group, and whoever else has numbers or a target.

	Both ends of the period belong to it; of a month that it holds in part, the target counts by working days. A fixed
	number of queries whatever the number of people. What is nobody's is in no standing. Rights are the caller's to ask
	(`scope.sales_persons`).
	"""
	from_date, to_date = getdate(from_date), getdate(to_date)
	table = Table(company, from_date, to_date)
	by_person: dict[str, list[Cell]] = {}
	for cell in table.cells:
		by_person.setdefault(cell.sales_person, []).append(cell)
	wanted = [
		person
		for person in table.people.values()
		if (sales_persons is None or person.name in sales_persons)
		and (person.name in by_person or (person.enabled and not person.is_group))
	]
	found = {}
	for person in wanted:
		own = by_person.get(person.name, [])
		is_team = person.is_group and any(cell.target or cell.new_customers_target for cell in own)
		counted = table.below(person.name) if is_team else own
		sums = together(counted, person.name, from_date, own[-1] if own else None)
		found[person.name] = Standing(
			user=person.user,
			**{name: getattr(sums, name) for name in _SUMS if name != "collection_target"},
			score=sums.score().points,
			is_team=is_team,
		)
	return found


class Table:
	"""Everybody's cells of a period, read at once.

	With whole months the targets are whole. `people` are all nodes of the tree by name; `cells` are of those who have a
	number or a target, in order of tree and month; what is nobody's has the name NOBODY.
	"""

	def __init__(self, company: str, from_date: date, to_date: date) -> None:
		self.company, self.from_date, self.to_date = company, from_date, to_date
		self.people = people()
		self.schemes = Schemes(company, {one.user for one in self.people.values() if one.user})
		self.closed = closed_months(company, from_date, to_date)
		self.cells = sorted([*self._closed_cells(), *self._live_cells()], key=self._place)
		self._by_person: dict[str, list[Cell]] = {}
		for cell in self.cells:
			self._by_person.setdefault(cell.sales_person, []).append(cell)

	def scheme_of(self, sales_person: str) -> Scheme | None:
		"""The scheme that counts for a sales person today."""
		person = self.people.get(sales_person)
		return self.schemes.of(person.user if person else None)

	def below(self, sales_person: str) -> list[Cell]:
		"""The cells of a node and of all below it."""
		top = self.people.get(sales_person)
		if not top:
			return self._by_person.get(sales_person, [])
		return [
			cell
			for name, cells in self._by_person.items()
			if (one := self.people.get(name)) and top.lft <= one.lft and one.rgt <= top.rgt
			for cell in cells
		]

	def _place(self, cell: Cell) -> tuple:
		person = self.people.get(cell.sales_person)
		# What is nobody's comes last.
		return (person is None, person.lft if person else 0, cell.sales_person, cell.month)

	def _closed_cells(self) -> list[Cell]:
		if not self.closed:
			return []
		scores = frappe.get_all(
			"KPI Score",
			filters={"company": self.company, "month": ("in", sorted(self.closed)), "status": "Closed"},
			fields=["name", "sales_person", "month", "due", "plan", "scheme"],
			order_by="name",
		)
		lines: dict[str, list[frappe._dict]] = {}
		for row in frappe.get_all(
			"KPI Score Line",
			filters={"parenttype": "KPI Score", "parent": ("in", [one.name for one in scores])},
			fields=["parent", "measure", "target", "actual", "scheme_weight", "cap"],
			order_by="parent, idx",
		):
			lines.setdefault(row.parent, []).append(row)
		return [_from_score(one, lines.get(one.name, [])) for one in scores]

	def _live_cells(self) -> list[Cell]:
		months = [
			month
			for month in kpi_documents.months_between(self.from_date, self.to_date)
			if month not in self.closed
		]
		if not months:
			return []
		first, last = max(self.from_date, months[0]), min(self.to_date, get_last_day(months[-1]))
		numbers = kpi_documents.read(self.company, first, last, self.schemes.sources)
		aims = targets(self.company, first, last)
		calendar = working_calendar(self.company)
		parts = {month: self._part(month, calendar) for month in months}
		rates = {aim.month: aim.collection_rate for aim in aims.values()}
		cells = []
		for key in {*numbers, *aims}:
			person, month = key
			if month not in parts:
				continue
			aim = aims.get(key)
			cell = Cell(person, month, plan=aim.plan if aim else None)
			scheme = self.scheme_of(person)
			if scheme:
				cell.scheme, cell.weights = scheme.name, scheme.weights
			if one := numbers.get(key):
				cell.sales = one.sales.get(scheme.sales_from if scheme else kpi_documents.INVOICE, 0.0)
				cell.new_customers, cell.due, cell.collected = one.new_customers, one.due, one.collected
			if aim:
				cell.target = aim.amount * parts[month]
				cell.new_customers_target = aim.new_customers * parts[month]
			cell.collection_target = cell.due * rates.get(month, _ALL_OF_IT) / 100
			cells.append(cell)
		return cells

	def _part(self, month: date, calendar: object) -> float:
		"""How much of a month's target belongs to the period."""
		end = get_last_day(month)
		before = (
			kpi.expected_share(date.fromordinal(self.from_date.toordinal() - 1), month, end, calendar)
			if self.from_date > month
			else 0.0
		)
		return kpi.expected_share(min(self.to_date, end), month, end, calendar) - before


def _from_score(score: frappe._dict, lines: Iterable[frappe._dict]) -> Cell:
	cell = Cell(
		score.sales_person or NOBODY,
		getdate(score.month),
		due=flt(score.due),
		is_closed=True,
		plan=score.plan,
		scheme=score.scheme,
	)
	fields = {
		kpi.SALES: ("sales", "target"),
		kpi.NEW_CUSTOMERS: ("new_customers", "new_customers_target"),
		kpi.COLLECTION: ("collected", "collection_target"),
	}
	weights = []
	for line in lines:
		actual, target = fields[line.measure]
		setattr(cell, actual, flt(line.actual))
		setattr(cell, target, flt(line.target))
		if line.scheme_weight:
			weights.append(kpi.Weight(line.measure, flt(line.scheme_weight), flt(line.cap)))
	cell.weights = tuple(weights)
	return cell


def people() -> dict[str, Person]:
	"""All nodes of the Sales Person tree with their users, in its order."""
	person, employee = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Employee")
	rows = (
		frappe.qb.from_(person)
		.left_join(employee)
		.on(employee.name == person.employee)
		.select(
			person.name,
			employee.user_id,
			person.enabled,
			person.is_group,
			person.lft,
			person.rgt,
			person.parent_sales_person,
		)
		.orderby(person.lft)
		.orderby(person.name)
		.run()
	)
	return {
		name: Person(name, user, bool(enabled), bool(is_group), lft, rgt, parent)
		for name, user, enabled, is_group, lft, rgt, parent in rows
	}


def closed_months(company: str, from_date: date, to_date: date) -> frozenset[date]:
	"""The months of a period, whole within it, that are closed: those whose record of what is nobody's says so."""
	return frozenset(
		getdate(month)
		for month in frappe.get_all(
			"KPI Score",
			filters={
				"company": company,
				"month": ("between", [from_date, to_date]),
				"status": "Closed",
				"sales_person": ("is", "not set"),
			},
			pluck="month",
			order_by="month",
		)
		if get_last_day(month) <= to_date
	)


# Targets ----------------------------------------------------------------------------------------------------------


@dataclass
class Aim:
	"""A target of a month by a plan."""

	month: date
	amount: float
	new_customers: int
	collection_rate: float
	plan: str


def targets(company: str, from_date: date, to_date: date) -> Mapping[tuple[str, date], Aim]:
	"""(Sales Person, month) -> the target by the applied plans, of the months that a period touches."""
	plan, line = frappe.qb.DocType("Sales Target Plan"), frappe.qb.DocType("Sales Target Line")
	rows = (
		frappe.qb.from_(plan)
		.join(line)
		.on((line.parent == plan.name) & (line.parenttype == "Sales Target Plan"))
		.select(
			line.sales_person, line.month, line.amount, line.new_customers, plan.collection_rate, plan.name
		)
		.where((plan.company == company) & (plan.status == "Applied"))
		.where(line.month[frappe.utils.get_first_day(from_date) : to_date])
		.orderby(line.month)
		.orderby(line.sales_person)
		.run()
	)
	return {
		(person, getdate(month)): Aim(
			getdate(month), flt(amount), int(customers or 0), flt(rate) or _ALL_OF_IT, name
		)
		for person, month, amount, customers, rate, name in rows
	}
