"""What the deals of a funnel are broken down by: source, rep, team, territory, grade, profile, product, period (M3).

A deal may be in several groups, as one with two products is; in totals it counts once. What is in none is in None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.utils import get_fullname

from salesflow_std.engine.funnel import Deal
from salesflow_std.salesflow_std import stage_funnel
from salesflow_std.salesflow_std.stage_funnel import Cohort

SOURCE, REP, TEAM, TERRITORY, GRADE, PROFILE = (
	"Source",
	"Rep",
	"Team",
	"Territory",
	"Grade",
	"Target Customer Profile",
)
ITEM_GROUP, ITEM, MONTH, QUARTER, COMPANY = "Item Group", "Item", "Month", "Quarter", "Company"
GROUPS = (SOURCE, REP, TEAM, TERRITORY, GRADE, PROFILE, ITEM_GROUP, ITEM, MONTH, QUARTER, COMPANY)
PERIODS = (MONTH, QUARTER)

Groups = Callable[[Deal], Iterable[str | None]]


def groups_of(cohort: Cohort, label: str) -> Groups:
	"""The groups of each deal of a cohort; their keys are texts, None stands for no group."""
	return _GROUPS[label](cohort)


def title(label: str, key: str | None) -> str:
	"""How a group is called."""
	if not key:
		return _("None", context="Salesflow")
	if label == REP:
		return get_fullname(key)
	if label == GRADE:
		doctype, _colon, grade = key.partition(":")
		return f"{_(doctype)}: {grade}"
	return key


def _document(field: str) -> Callable[[Cohort], Groups]:
	def of(cohort: Cohort) -> Groups:
		return lambda deal: (getattr(cohort.documents.row(deal.key), field) or None,)

	return of


def _source(cohort: Cohort) -> Groups:
	"""Where it all began: the lead's source, else the opportunity's."""

	def of(deal: Deal) -> Iterable[str | None]:
		lead = cohort.leads.get(deal.key)
		return ((lead and lead.source) or cohort.documents.row(deal.key).source or None,)

	return of


def _grade(cohort: Cohort) -> Groups:
	"""The lead's grade, else the opportunity's: an A of the one says something else than an A of the other."""

	def of(deal: Deal) -> Iterable[str | None]:
		row = cohort.leads.get(deal.key) or cohort.documents.row(deal.key)
		return (f"{row.doctype}:{row.sf_grade}" if row.sf_grade else None,)

	return of


def _team(cohort: Cohort) -> Groups:
	"""The groups of Sales Persons that the rep stands in."""
	employee, person = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person")
	teams: dict[str, list[str]] = {}
	for user, name, is_group, parent in (
		frappe.qb.from_(employee)
		.join(person)
		.on(person.employee == employee.name)
		.select(employee.user_id, person.name, person.is_group, person.parent_sales_person)
		.where(employee.user_id.isnotnull() & (employee.user_id != ""))
		.orderby(person.lft)
		.run()
	):
		team = name if is_group else parent
		if team:
			teams.setdefault(user, []).append(team)
	return lambda deal: teams.get(cohort.documents.row(deal.key).rep, ())


def _profile(cohort: Cohort) -> Groups:
	"""The target customer profile that fits the lead or the party best (L4)."""
	members = stage_funnel.members_of()

	def of(deal: Deal) -> Iterable[str | None]:
		rows = (cohort.documents.row(deal.key), cohort.leads.get(deal.key))
		return (
			next(
				(found for row in rows if row if (found := members.get(stage_funnel.profile_key(row)))), None
			),
		)

	return of


def _item(field: str) -> Callable[[Cohort], Groups]:
	def of(cohort: Cohort) -> Groups:
		row = frappe.qb.DocType("Opportunity Item")
		items: dict[str, list[str]] = {}
		for parent, item in (
			frappe.qb.from_(row)
			.select(row.parent, row[field])
			.where(row.parenttype == stage_funnel.OPPORTUNITY)
			.orderby(row.parent, row.idx)
			.run()
		):
			if item:
				items.setdefault(parent, []).append(item)
		return lambda deal: items.get(cohort.documents.row(deal.key).name, ())

	return of


def _month(cohort: Cohort) -> Groups:
	return lambda deal: (f"{cohort.begun[deal.key]:%Y-%m}",)


def _quarter(cohort: Cohort) -> Groups:
	def of(deal: Deal) -> Iterable[str | None]:
		begun = cohort.begun[deal.key]
		return (f"{begun.year} Q{(begun.month + 2) // 3}",)

	return of


_GROUPS: dict[str, Callable[[Cohort], Groups]] = {
	SOURCE: _source,
	REP: _document("rep"),
	TEAM: _team,
	TERRITORY: _document("territory"),
	GRADE: _grade,
	PROFILE: _profile,
	ITEM_GROUP: _item("item_group"),
	ITEM: _item("item_code"),
	MONTH: _month,
	QUARTER: _quarter,
	COMPANY: _document("company"),
}
