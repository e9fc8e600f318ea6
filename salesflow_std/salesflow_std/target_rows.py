"""Our targets in ERPNext's own Sales Persons, so that its target variance report says the same (M4).

ERPNext compares each row of a sales person's targets with what that person alone has sold, and never adds up a tree. So
whoever has a line in a plan gets a row; a team whose people have rows of their own gets none. A row has no company:
where a sales person has targets in two, theirs is the sum. Months come from a Monthly Distribution, one made for each
sales person unless all months are alike. The report splits nothing by item group where a row names none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import frappe
from frappe import _
from frappe.query_builder.functions import Sum
from frappe.utils import escape_html, flt, getdate, now_datetime

MONTHS = (
	"January",
	"February",
	"March",
	"April",
	"May",
	"June",
	"July",
	"August",
	"September",
	"October",
	"November",
	"December",
)
ROW, DISTRIBUTION, _MONTH_ROW = "Target Detail", "Monthly Distribution", "Monthly Distribution Percentage"
_PERSON = "Sales Person"
EVEN = "All Months Alike (Sales Target Plan)"


def check_by_hand(fiscal_year: str, people: Collection[str], may_replace: bool) -> None:
	"""Raises ValidationError where somebody has targets of the year that no plan has made, unless they may go."""
	rows = _by_hand(fiscal_year, people)
	if not rows:
		return
	if may_replace:
		_delete(rows)
		return
	names = people_by_hand(fiscal_year, people)
	said = ", ".join(frappe.utils.get_link_to_form(_PERSON, name) for name in names[:5])
	frappe.throw(
		_(
			"{0} sales persons have targets for {1} that somebody has entered by hand: {2}. ERPNext would count both."
			" Apply the plan with replacing them, or take them out there."
		).format(len(names), escape_html(fiscal_year), said),
		HandMadeTargets,
		title=_("Targets by Hand"),
	)


def people_by_hand(fiscal_year: str, people: Collection[str]) -> list[str]:
	"""Who of some has targets of the year that no plan has made."""
	return sorted({row.parent for row in _by_hand(fiscal_year, people)})


class HandMadeTargets(frappe.ValidationError):
	"""Targets that somebody has entered by hand stand in the way of a plan."""


def _by_hand(fiscal_year: str, people: Collection[str]) -> list[frappe._dict]:
	if not people:
		return []
	row = frappe.qb.DocType(ROW)
	return (
		frappe.qb.from_(row)
		.select(row.name, row.parent, row.distribution_id)
		.where((row.parenttype == _PERSON) & (row.fiscal_year == fiscal_year))
		.where(row.parent.isin(list(people)) & (row.sf_target_plan.isnull() | (row.sf_target_plan == "")))
		.orderby(row.parent)
		.orderby(row.idx)
		.run(as_dict=True)
	)


def _ours(fiscal_year: str | None = None) -> list[frappe._dict]:
	row = frappe.qb.DocType(ROW)
	query = (
		frappe.qb.from_(row)
		.select(row.name, row.parent, row.distribution_id)
		.where((row.parenttype == _PERSON) & row.sf_target_plan.isnotnull() & (row.sf_target_plan != ""))
		.orderby(row.parent)
		.orderby(row.name)
	)
	return (query.where(row.fiscal_year == fiscal_year) if fiscal_year else query).run(as_dict=True)


def write(fiscal_year: str, plan: str) -> None:
	"""Makes ERPNext's targets of a year what the applied plans say; rows made by hand stay.

	`plan` is the one that is applied or withdrawn right now.
	"""
	old = _ours(fiscal_year)
	_delete(old)
	aims = _aims(fiscal_year)
	distributions = _make_distributions(aims, fiscal_year, plan)
	people = list(aims)
	last = _last_rows(people)
	fields = (
		"name",
		"parent",
		"parenttype",
		"parentfield",
		"idx",
		"fiscal_year",
		"target_amount",
		"distribution_id",
		"sf_target_plan",
		*_STAMPS,
	)
	frappe.db.bulk_insert(
		ROW,
		fields,
		[
			(
				frappe.generate_hash(length=10),
				person,
				_PERSON,
				"targets",
				last.get(person, 0) + 1,
				fiscal_year,
				flt(sum(aims[person].values()), 2),
				distributions[person],
				plan,
				*_stamp(),
			)
			for person in people
		],
	)
	_drop_unused({row.distribution_id for row in old} - set(distributions.values()))
	_touch({*people, *(row.parent for row in old)})


_STAMPS = ("creation", "modified", "owner", "modified_by", "docstatus")


def _stamp() -> tuple:
	now, user = now_datetime(), frappe.session.user
	return (now, now, user, user, 0)


def _aims(fiscal_year: str) -> dict[str, dict[date, float]]:
	"""Sales person -> month -> target, of all applied plans of a year; without those who have none."""
	plan, line = frappe.qb.DocType("Sales Target Plan"), frappe.qb.DocType("Sales Target Line")
	rows = (
		frappe.qb.from_(plan)
		.join(line)
		.on(line.parent == plan.name)
		.select(line.sales_person, line.month, Sum(line.amount))
		.where((plan.fiscal_year == fiscal_year) & (plan.status == "Applied") & (line.amount > 0))
		.groupby(line.sales_person, line.month)
		.orderby(line.sales_person)
		.orderby(line.month)
		.run()
	)
	found: dict[str, dict[date, float]] = {}
	for person, month, amount in rows:
		found.setdefault(person, {})[getdate(month)] = flt(amount, 2)
	return found


def _last_rows(people: Collection[str]) -> dict[str, int]:
	if not people:
		return {}
	found: dict[str, int] = {}
	for row in frappe.get_all(
		ROW,
		filters={"parenttype": _PERSON, "parent": ("in", list(people))},
		fields=["parent", "idx"],
		order_by="parent, idx",
	):
		found[row.parent] = row.idx
	return found


def _make_distributions(aims: dict[str, dict[date, float]], fiscal_year: str, plan: str) -> dict[str, str]:
	"""Sales person -> the Monthly Distribution that says their months; those there are not yet are made."""
	found, made, rows = {}, [], []
	taken = set(frappe.get_all(DISTRIBUTION, pluck="name", order_by="name"))
	if any(map(_is_even, aims.values())) and EVEN not in taken:
		made.append((EVEN, EVEN, None, *_stamp()))
		rows += _month_rows(EVEN, dict.fromkeys(range(1, 13), 1))
	for person, months in aims.items():
		if _is_even(months):
			found[person] = EVEN
			continue
		name, number = f"{plan} {person}"[:130], 1
		while name in taken:
			number += 1
			name = f"{plan} {person}"[:130] + f" ({number})"
		taken.add(name)
		found[person] = name
		made.append((name, name, fiscal_year, *_stamp()))
		rows += _month_rows(name, {month.month: amount for month, amount in months.items()})
	frappe.db.bulk_insert(DISTRIBUTION, ("name", "distribution_id", "fiscal_year", *_STAMPS), made)
	frappe.db.bulk_insert(
		_MONTH_ROW,
		(
			"name",
			"parent",
			"parenttype",
			"parentfield",
			"idx",
			"month",
			"percentage_allocation",
			*_STAMPS,
		),
		rows,
	)
	return found


def _is_even(months: dict[date, float]) -> bool:
	return len(months) == 12 and len(set(months.values())) == 1


def _month_rows(parent: str, weights: dict[int, float]) -> Iterable[tuple]:
	whole = sum(weights.values())
	return [
		(
			frappe.generate_hash(length=10),
			parent,
			DISTRIBUTION,
			"percentages",
			place,
			name,
			flt(100 * weights.get(place, 0) / whole, 9),
			*_stamp(),
		)
		for place, name in enumerate(MONTHS, 1)
	]


def _delete(rows: Collection[frappe._dict]) -> None:
	if rows:
		frappe.db.delete(ROW, {"name": ("in", [row.name for row in rows])})
		_touch({row.parent for row in rows})


def _touch(people: Collection[str]) -> None:
	"""Whoever has one of them open would write the old rows over the new ones: Frappe asks them to load it again."""
	if not people:
		return
	person = frappe.qb.DocType(_PERSON)
	frappe.qb.update(person).set(person.modified, now_datetime()).where(person.name.isin(list(people))).run()
	for name in people:
		frappe.clear_document_cache(_PERSON, name)


def _drop_unused(distributions: Collection[str | None]) -> None:
	"""Takes out the Monthly Distributions that nothing uses any more."""
	for name in sorted(filter(None, distributions)):
		frappe.db.savepoint("target_rows")
		try:
			frappe.delete_doc(DISTRIBUTION, name, ignore_permissions=True, ignore_missing=True)
		except frappe.LinkExistsError:
			frappe.db.rollback(save_point="target_rows")


def take_back() -> None:
	"""At uninstall: our rows and what was made for them go, those made by hand stay."""
	if not frappe.get_meta(ROW).has_field("sf_target_plan"):
		return
	rows = _ours()
	_delete(rows)
	_drop_unused({row.distribution_id for row in rows})
