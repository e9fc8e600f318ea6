"""Targets from the year to the month and the rep (M4): proposed, divided, checked, applied, planned anew.

Amounts are divided in cents by `engine.targets`, so that they add up at every level: the reps' years to the year, a
rep's months to their year; quarters are sums of months.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	add_days,
	add_months,
	cint,
	escape_html,
	flt,
	fmt_money,
	format_date,
	get_first_day,
	get_last_day,
	getdate,
	now_datetime,
)

from salesflow_std.engine import targets as rules
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import kpi_documents, kpi_numbers, messages, scope, target_rows

DOCTYPE = "Sales Target Plan"
DRAFT, APPLIED, REPLACED = "Draft", "Applied", "Replaced"

_CENTS = 100
# How Frappe writes the amounts of currencies that have none, as the yen.
_WITHOUT_CENTS = ("#,###", "#.###")
# The two things that are divided, and how many of the smallest unit one of them has.
_AMOUNT, _CUSTOMERS = "amount", "new_customers"
_UNITS = {_AMOUNT: _CENTS, _CUSTOMERS: 1}


def months_of(fiscal_year: str) -> list[date]:
	"""The months of a fiscal year by their first days, in its order."""
	start, end = frappe.get_cached_value("Fiscal Year", fiscal_year, ["year_start_date", "year_end_date"])
	return kpi_documents.months_between(getdate(start), getdate(end))


def open_months(plan: Document) -> list[date]:
	"""The months that a plan divides: of a revision those from `plan_from` on."""
	months = months_of(plan.fiscal_year)
	return [month for month in months if not plan.plan_from or month >= get_first_day(plan.plan_from)]


def closed_lines(plan: Document) -> list[Document]:
	"""The months of a revision that stay as they were."""
	return [line for line in plan.lines if line.is_closed]


# Proposing who gets how much --------------------------------------------------------------------------------------


def propose(plan: Document) -> int:
	"""Fills in who sells, of those whose numbers the user sees, with their sales of the year before; returns how many
	were added.

	Who stands there already keeps potential, ability and a fixed share; who has left goes.
	"""
	people = kpi_numbers.people()
	history = _history(plan)
	known = {row.sales_person: row for row in plan.shares}
	spans = {name: (person.lft, person.rgt) for name, person in people.items()}
	added = 0
	for person in people.values():
		# A team that has a target as a whole stands for its people.
		if (
			person.name in known
			or person.is_group
			or not person.enabled
			or not scope.sees_sales_person(person.name)
			or _covered(person.name, known, spans)
		):
			continue
		plan.append("shares", {"sales_person": person.name, "potential": 1, "ability": 1})
		added += 1
	kept = []
	for row in plan.shares:
		person = people.get(row.sales_person)
		if person and person.enabled:
			row.history = flt(sum(_below(row.sales_person, history, people)), 2)
			kept.append(row)
	plan.set("shares", kept)
	for place, row in enumerate(plan.shares, 1):
		row.idx = place
	return added


def _covered(name: str, known: Iterable[str], spans: dict[str, tuple[int, int]]) -> bool:
	left, right = spans[name]
	return any(one in spans and spans[one][0] < left and right < spans[one][1] for one in known)


def _below(name: str, history: dict[str, float], people: dict[str, kpi_numbers.Person]) -> Iterable[float]:
	top = people[name]
	return (
		amount
		for other, amount in history.items()
		if (one := people.get(other)) and top.lft <= one.lft and one.rgt <= top.rgt
	)


def _year_before(plan: Document) -> tuple[date, date]:
	months = months_of(plan.fiscal_year)
	return add_months(months[0], -12), add_days(months[0], -1)


def _history(plan: Document) -> dict[str, float]:
	"""Sales of the year before by sales person; who has more returns than sales has none."""
	found: dict[str, float] = {}
	for (person, _month), numbers in kpi_documents.read(plan.company, *_year_before(plan)).items():
		found[person] = found.get(person, 0.0) + numbers.sales.get(kpi_documents.INVOICE, 0.0)
	return {person: max(amount, 0.0) for person, amount in found.items()}


# Dividing ---------------------------------------------------------------------------------------------------------


def set_shares(plan: Document) -> None:
	"""Writes everybody's share and year, from the factors and what is fixed. Raises ValidationError by row."""
	_check_people(plan)
	if not plan.shares:
		return
	candidates = [
		rules.Candidate(
			row.sales_person,
			flt(row.potential),
			flt(row.history),
			flt(row.ability),
			flt(row.share) / 100 if row.is_fixed else None,
		)
		for row in plan.shares
	]
	weights = {factor: flt(plan.get(f"weight_{factor}")) for factor in rules.FACTORS}
	try:
		shares = rules.shares(candidates, weights)
		parts = {kind: _years(plan, shares, kind) for kind in _UNITS}
	except EngineError as problem:
		messages.refuse(problem, _("Shares", context="Sales Target Plan"))
	for row in plan.shares:
		if not row.is_fixed:
			row.share = flt(100 * shares[row.sales_person], 6)
		row.amount = parts[_AMOUNT][row.sales_person] / _CENTS
		row.new_customers = parts[_CUSTOMERS][row.sales_person]


def _years(plan: Document, shares: dict[str, float], kind: str) -> dict[str, int]:
	"""Everybody's year: what is closed of it, and their share of what is left of the whole."""
	closed = _closed(plan, kind)
	left = _whole(plan, kind) - sum(closed.values())
	if left < 0:
		frappe.throw(
			_(
				"The months before {0} have targets of {1} already. The year cannot have less than that."
			).format(kpi_documents.called(plan.plan_from), _said(plan, kind, sum(closed.values()))),
			title=_("Targets of the Year", context="Sales Target Plan"),
		)
	given = sum(shares.values())
	# Where fixed shares are less than everything, what is over stays over, and is said when the plan is applied.
	part = left if given > 1 - 1e-7 else round(left * given)
	divided = rules.divide(part, shares, _unit(plan, kind))
	return {person: closed.get(person, 0) + amount for person, amount in divided.items()}


def _whole(plan: Document, kind: str) -> int:
	field = {_AMOUNT: "total_amount", _CUSTOMERS: "new_customers"}[kind]
	return round(flt(plan.get(field)) * _UNITS[kind])


def _unit(plan: Document, kind: str) -> int:
	if kind != _AMOUNT:
		return 1
	currency = frappe.get_cached_value("Company", plan.company, "default_currency")
	whole = frappe.get_cached_value("Currency", currency, "number_format") in _WITHOUT_CENTS
	return max(_CENTS if whole else 1, round(flt(plan.round_to) * _CENTS))


def _closed(plan: Document, kind: str) -> dict[str, int]:
	found: dict[str, int] = {}
	for line in closed_lines(plan):
		found[line.sales_person] = found.get(line.sales_person, 0) + _units(line, kind)
	return found


def _units(row: Document, kind: str) -> int:
	return round(flt(row.get(kind)) * _UNITS[kind])


def distribute(plan: Document) -> int:
	"""Writes everybody's months anew, by the season; returns how many lines there are."""
	set_shares(plan)
	if not plan.shares:
		frappe.throw(
			_("There is nobody to give a target to. Propose the shares first."),
			title=_("Shares", context="Sales Target Plan"),
		)
	closed, months = closed_lines(plan), open_months(plan)
	season = _season(plan, months)
	before = {kind: _closed(plan, kind) for kind in _UNITS}
	lines = [_copied(line) for line in closed]
	for row in plan.shares:
		parts = {}
		for kind in _UNITS:
			left = _units(row, kind) - before[kind].get(row.sales_person, 0)
			try:
				parts[kind] = rules.by_month(left, season, _unit(plan, kind))
			except EngineError as problem:
				messages.refuse(problem, _("Months", context="Sales Target Plan"))
		lines += [
			{
				"sales_person": row.sales_person,
				"month": month,
				"amount": parts[_AMOUNT][month] / _CENTS,
				"new_customers": parts[_CUSTOMERS][month],
			}
			for month in months
		]
	plan.set("lines", [])
	for line in lines:
		plan.append("lines", line)
	return len(plan.lines)


def _copied(line: Document) -> dict:
	return {
		"sales_person": line.sales_person,
		"month": getdate(line.month),
		"amount": line.amount,
		"new_customers": line.new_customers,
		"is_closed": 1,
	}


def _season(plan: Document, months: list[date]) -> dict[date, float]:
	"""What each month weighs: by last year's sales, by a Monthly Distribution, else all alike."""
	if plan.season_from_history:
		sales: dict[date, float] = dict.fromkeys(months, 0.0)
		for (_person, month), numbers in kpi_documents.read(plan.company, *_year_before(plan)).items():
			following = add_months(month, 12)
			if following in sales:
				sales[following] += numbers.sales.get(kpi_documents.INVOICE, 0.0)
		return {month: max(amount, 0.0) for month, amount in sales.items()}
	if not plan.monthly_distribution:
		return dict.fromkeys(months, 1)
	by_name = {
		row.month: flt(row.percentage_allocation)
		for row in frappe.get_cached_doc("Monthly Distribution", plan.monthly_distribution).percentages
	}
	# ERPNext calls the months by their English names, whatever the language.
	return {month: by_name.get(target_rows.MONTHS[month.month - 1], 0.0) for month in months}


def spread(plan: Document) -> int:
	"""Spreads what the months of somebody lack to their year over the open ones; returns of how many people."""
	set_shares(plan)
	count = 0
	for kind in _UNITS:
		for row, difference in _differences(plan, kind):
			parts = {
				line.name or line.idx: _units(line, kind)
				for line in plan.lines
				if line.sales_person == row.sales_person and not line.is_closed
			}
			if not parts:
				continue
			try:
				parts = rules.spread(difference, parts, _unit(plan, kind))
			except EngineError as problem:
				messages.refuse(problem, escape_html(row.sales_person))
			for line in plan.lines:
				if line.sales_person == row.sales_person and not line.is_closed:
					line.set(kind, parts[line.name or line.idx] / _UNITS[kind])
			count += 1
	return count


def _differences(plan: Document, kind: str) -> list[tuple[Document, int]]:
	"""Whose months do not add up to their year, and what they lack."""
	sums: dict[str, int] = {}
	for line in plan.lines:
		sums[line.sales_person] = sums.get(line.sales_person, 0) + _units(line, kind)
	return [(row, lack) for row in plan.shares if (lack := _units(row, kind) - sums.get(row.sales_person, 0))]


# Checks -----------------------------------------------------------------------------------------------------------


def check(plan: Document) -> None:
	"""What holds of every plan. Raises ValidationError."""
	title = _("Sales Target Plan")
	for field in ("total_amount", "new_customers", "weight_potential", "weight_history", "weight_ability"):
		if flt(plan.get(field)) < 0:
			frappe.throw(
				_("{0} cannot be negative.").format(
					_(plan.meta.get_label(field), context="Sales Target Plan")
				),
				title=title,
			)
	if flt(plan.round_to) < 0.01:
		frappe.throw(_("Amounts are rounded to 0.01 or more."), title=title)
	if not 0 <= flt(plan.collection_rate) <= 100:
		frappe.throw(_("The collection rate lies between 0 and 100 %."), title=title)
	_check_year(plan)
	_check_people(plan)
	_check_lines(plan)


def _check_year(plan: Document) -> None:
	companies = [row.company for row in frappe.get_cached_doc("Fiscal Year", plan.fiscal_year).companies]
	if companies and plan.company not in companies:
		frappe.throw(
			_("The fiscal year {0} is not for {1}.").format(
				escape_html(plan.fiscal_year), escape_html(plan.company)
			),
			title=_("Fiscal Year"),
		)
	if plan.plan_from and get_first_day(plan.plan_from) not in months_of(plan.fiscal_year):
		frappe.throw(
			_("{0} does not lie in the fiscal year {1}.").format(
				format_date(plan.plan_from), escape_html(plan.fiscal_year)
			),
			title=_("Planned From"),
		)


def _check_people(plan: Document) -> None:
	title = _("Reps and Teams")
	seen: set[str] = set()
	for row in plan.shares:
		if row.sales_person in seen:
			frappe.throw(
				_("Row {0}: {1} stands there twice.").format(row.idx, escape_html(row.sales_person)),
				title=title,
			)
		seen.add(row.sales_person)
		if row.is_fixed and not 0 <= flt(row.share) <= 100:
			frappe.throw(_("Row {0}: a share lies between 0 and 100 %.").format(row.idx), title=title)
	if not seen:
		return
	spans = {one.name: (one.lft, one.rgt) for one in kpi_numbers.people().values()}
	for team, member in rules.above(seen, spans):
		frappe.throw(
			_(
				"{0} stands above {1}, and a team's target is the sum of those below it. Take one of them out, or its"
				" target would count twice."
			).format(escape_html(team), escape_html(member)),
			title=title,
		)


def _check_lines(plan: Document) -> None:
	title = _("Targets by Month")
	months, seen = set(months_of(plan.fiscal_year)), set()
	for line in plan.lines:
		line.month = get_first_day(line.month)
		place = (line.sales_person, line.month)
		if line.month not in months:
			frappe.throw(
				_("Row {0}: {1} does not lie in the fiscal year {2}.").format(
					line.idx, kpi_documents.called(line.month), escape_html(plan.fiscal_year)
				),
				title=title,
			)
		if place in seen:
			frappe.throw(
				_("Row {0}: {1} has a target for {2} already.").format(
					line.idx, escape_html(line.sales_person), kpi_documents.called(line.month)
				),
				title=title,
			)
		seen.add(place)
		if flt(line.amount) < 0 or cint(line.new_customers) < 0:
			frappe.throw(_("Row {0}: a target cannot be negative.").format(line.idx), title=title)


def keep_closed(plan: Document) -> None:
	"""The closed months of a revision as they stand in the plan that it revises, whatever was typed."""
	lines = [line for line in plan.lines if not line.is_closed]
	if plan.revision_of and plan.plan_from:
		before = get_first_day(plan.plan_from)
		lines = [line for line in lines if getdate(line.month) >= before]
		old = frappe.get_all(
			"Sales Target Line",
			filters={"parent": plan.revision_of, "parenttype": DOCTYPE, "month": ("<", before)},
			fields=["sales_person", "month", "amount", "new_customers"],
			order_by="idx",
		)
		kept = [_copied(line) for line in old]
	else:
		kept = []
	plan.set("lines", [])
	for line in [*kept, *lines]:
		plan.append("lines", line)


def problems(plan: Document) -> list[str]:
	"""Why a plan cannot be applied, in the user's language; none where it adds up."""
	if not plan.shares:
		return [_("There is nobody to give a target to. Propose the shares first.")]
	if not plan.lines:
		return [_("There are no months yet. Distribute the targets first.")]
	found = []
	known = {row.sales_person for row in plan.shares}
	for person in sorted({line.sales_person for line in plan.lines if not line.is_closed} - known):
		found.append(_("{0} has targets by month, but no share.").format(escape_html(person)))
	for kind in _UNITS:
		year = sum(_units(row, kind) for row in plan.shares)
		year += sum(amount for person, amount in _closed(plan, kind).items() if person not in known)
		if year != _whole(plan, kind):
			found.append(
				_("{0}: everybody's targets add up to {1}, the year is {2}; the difference is {3}.").format(
					_KINDS()[kind],
					_said(plan, kind, year),
					_said(plan, kind, _whole(plan, kind)),
					_said(plan, kind, _whole(plan, kind) - year),
				)
			)
		for row, lack in _differences(plan, kind):
			found.append(
				_("{0}, {1}: the months add up to {2}, the year is {3}; the difference is {4}.").format(
					escape_html(row.sales_person),
					_KINDS()[kind],
					_said(plan, kind, _units(row, kind) - lack),
					_said(plan, kind, _units(row, kind)),
					_said(plan, kind, lack),
				)
			)
	return found


def _KINDS() -> dict[str, str]:
	return {
		_AMOUNT: _("Sales", context="Sales Target Plan"),
		_CUSTOMERS: _("New Customers", context="Sales Target Plan"),
	}


def _said(plan: Document, kind: str, units: int) -> str:
	if kind == _CUSTOMERS:
		return str(units)
	currency = frappe.get_cached_value("Company", plan.company, "default_currency")
	return fmt_money(units / _CENTS, currency=currency)


# Applying ---------------------------------------------------------------------------------------------------------


def apply(plan: Document, replace_hand_rows: bool = False) -> None:
	"""Makes a plan the one that counts, in ERPNext's own targets too.

	The plan that it revises is replaced. Raises ValidationError where it does not add up, where another plan of the
	year counts, and where somebody has targets of that year by hand, unless they may be replaced.
	"""
	if plan.status != DRAFT:
		frappe.throw(
			_("{0} is a draft no more.").format(escape_html(plan.title)),
			title=_("Apply", context="Sales Target Plan"),
		)
	# Two who apply at the same moment do so one after the other.
	frappe.db.get_value("Fiscal Year", plan.fiscal_year, "name", for_update=True)
	found = problems(plan)
	if found:
		frappe.throw("<br>".join(found[:10]), title=_("The Plan Does Not Add Up"))
	_check_open(plan)
	current = applied(plan.company, plan.fiscal_year)
	if current and current != plan.revision_of:
		frappe.throw(
			_("{0} is applied for this year. Plan it anew from a month on, or withdraw it first.").format(
				frappe.utils.get_link_to_form(DOCTYPE, current)
			),
			title=_("Another Plan Counts"),
		)
	if plan.revision_of and not current and frappe.db.get_value(DOCTYPE, plan.revision_of, "status") == DRAFT:
		frappe.throw(
			_("{0}, which this plan revises, does not count any more.").format(
				frappe.utils.get_link_to_form(DOCTYPE, plan.revision_of)
			),
			title=_("Apply", context="Sales Target Plan"),
		)
	target_rows.check_by_hand(plan.fiscal_year, with_targets(plan), replace_hand_rows)
	if current:
		frappe.db.set_value(DOCTYPE, current, "status", REPLACED)
		frappe.get_doc(DOCTYPE, current).add_comment("Label", _("Replaced by {0}").format(plan.name))
	plan.flags.by_app = True
	plan.update({"status": APPLIED, "applied_on": now_datetime(), "applied_by": frappe.session.user})
	plan.save(ignore_permissions=True)
	target_rows.write(plan.fiscal_year, plan.name)


def with_targets(plan: Document) -> set[str]:
	"""Who has a target for sales."""
	return {line.sales_person for line in plan.lines if flt(line.amount)}


def _check_open(plan: Document) -> None:
	"""A month that is closed has the targets it was closed with."""
	first = open_months(plan)
	if not plan.revision_of or not first:
		return
	closed = kpi_numbers.closed_months(plan.company, first[0], get_last_day(first[-1]))
	if closed:
		frappe.throw(
			_("{0} is closed, and its targets stay. Plan anew from a later month.").format(
				kpi_documents.called(max(closed))
			),
			title=_("Month Closed"),
		)


def applied(company: str, fiscal_year: str) -> str | None:
	"""The plan that counts for a company in a year."""
	return frappe.db.get_value(
		DOCTYPE, {"company": company, "fiscal_year": fiscal_year, "status": APPLIED}, "name"
	)


def withdraw(plan: Document) -> None:
	"""Makes an applied plan a draft again and takes its targets out of ERPNext. Closed months stay closed."""
	if plan.status != APPLIED:
		frappe.throw(
			_("{0} is not applied.").format(escape_html(plan.title)),
			title=_("Withdraw", context="Sales Target Plan"),
		)
	frappe.db.get_value("Fiscal Year", plan.fiscal_year, "name", for_update=True)
	plan.flags.by_app = True
	plan.update({"status": DRAFT, "applied_on": None, "applied_by": None})
	plan.save(ignore_permissions=True)
	target_rows.write(plan.fiscal_year, plan.name)


def revise(plan: Document, month: date, total_amount: float | None, new_customers: int | None) -> Document:
	"""A draft that plans the year anew from a month on; the months before it stay as they are.

	What is left of the year, or of a new total, is divided among those who sell today. Raises ValidationError for a plan
	that is not applied, and for a month out of the year or closed.
	"""
	month = get_first_day(month)
	if plan.status != APPLIED:
		frappe.throw(
			_("{0} is not applied: change it as it is.").format(escape_html(plan.title)), title=_("Plan Anew")
		)
	months = months_of(plan.fiscal_year)
	if month not in months:
		frappe.throw(
			_("{0} does not lie in the fiscal year {1}.").format(
				kpi_documents.called(month), escape_html(plan.fiscal_year)
			),
			title=_("Plan Anew"),
		)
	draft = frappe.copy_doc(plan)
	draft.update(
		{
			"title": _("{0}, from {1}").format(
				plan.title.partition(", ")[0], kpi_documents.called(month, short=True)
			),
			"status": DRAFT,
			"revision_of": plan.name,
			"plan_from": month,
		}
	)
	if total_amount is not None:
		draft.total_amount = total_amount
	if new_customers is not None:
		draft.new_customers = new_customers
	_check_open(draft)
	keep_closed(draft)
	propose(draft)
	distribute(draft)
	draft.flags.by_app = True
	draft.insert()
	draft.flags.by_app = False
	return draft
