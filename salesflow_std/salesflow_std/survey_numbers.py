"""The surveys that reports count (A3): asked in a period, each once with the newest of its corrections.

A customer is asked when the survey is sent, or answers on the phone without one. A survey that was corrected counts in the
period in which its first one was asked, with what its last answered correction says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import CustomFunction
from frappe.query_builder.functions import Coalesce
from frappe.utils import cint, flt, get_fullname
from pypika import Table
from pypika.queries import QueryBuilder

from salesflow_std.engine import satisfaction as rules
from salesflow_std.engine import survey
from salesflow_std.salesflow_std import report_parts, reps, scope, survey_words
from salesflow_std.salesflow_std.surveys import ANSWERED, CANCELLED, DOCTYPE, REPORT

TEAM, REP, MONTH, QUARTER, ITEM, ITEM_GROUP = "team", "rep", "month", "quarter", "item_code", "item_group"
GROUPS = {
	"Month": MONTH,
	"Quarter": QUARTER,
	"Team": TEAM,
	"Account Manager": REP,
	"Item Group": ITEM_GROUP,
	"Item": ITEM,
	"Company": "company",
	"Customer": "customer",
}
_CHUNK = 1000
_PERIODS = (MONTH, QUARTER)
_JSON_VALUE = CustomFunction("JSON_VALUE", ["document", "path"])
# As long as a template asks for nothing else.
_LOW_MARK = 2


# Reading ----------------------------------------------------------------------------------------------------------


def read(filters: frappe._dict) -> list[frappe._dict]:
	"""The surveys of the period that count for the user (`scope`), by the time at which they were asked.

	``{"name", "asked_on", "company", "customer", "title", "rep", "acceptance_report", "asked": engine.satisfaction.Asked}``
	"""
	begin, end = period(filters)
	rows = _plain(filters, begin, end) + _corrections(filters, begin, end)
	marks = _marks(rows)
	for row in rows:
		given = marks.get(row.name, []) if row.status == ANSWERED else []
		row.asked = _asked(row, given)
	return sorted(rows, key=lambda row: (row.asked_on, row.name))


def period(filters: frappe._dict) -> tuple[date, date]:
	"""The first day of a report and the one after its last; the last twelve months where nothing is said."""
	return report_parts.period(filters, months=12)


def _plain(filters: frappe._dict, begin: date, end: date) -> list[frappe._dict]:
	"""Surveys that correct none and were not corrected."""
	table = frappe.qb.DocType(DOCTYPE)
	asked_on = Coalesce(table.sent_on, table.answered_on)
	query = _selected(table, filters).where((asked_on >= begin) & (asked_on < end))
	return query.where(Coalesce(table.correction_of, "") == "").run(as_dict=True)


def _corrections(filters: frappe._dict, begin: date, end: date) -> list[frappe._dict]:
	"""Answered corrections, when their first survey was asked."""
	table = frappe.qb.DocType(DOCTYPE)
	query = _selected(table, filters).where(table.status == ANSWERED)
	rows = query.where(Coalesce(table.correction_of, "") != "").run(as_dict=True)
	before = _first_asked({row.correction_of for row in rows})
	for row in rows:
		row.asked_on = before.get(row.correction_of) or row.asked_on
	return [row for row in rows if row.asked_on and begin <= row.asked_on.date() < end]


def _first_asked(names: set[str]) -> dict[str, object]:
	"""Survey -> when the first of its chain was asked."""
	found: dict[str, frappe._dict] = {}
	missing = set(names)
	while missing:
		table = frappe.qb.DocType(DOCTYPE)
		rows = (
			frappe.qb.from_(table)
			.select(table.name, table.correction_of, Coalesce(table.sent_on, table.answered_on).as_("on"))
			.where(table.name.isin(sorted(missing)))
			.run(as_dict=True)
		)
		found.update({row.name: row for row in rows})
		missing = {row.correction_of for row in rows if row.correction_of} - set(found)

	def first(name: str) -> object:
		seen: set[str] = set()
		while name in found and found[name].correction_of and name not in seen:
			seen.add(name)
			name = found[name].correction_of
		return found[name].on if name in found else None

	return {name: first(name) for name in names}


def _selected(table: Table, filters: frappe._dict) -> QueryBuilder:
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.status,
			table.company,
			table.customer,
			table.title,
			table.allocated_to.as_("rep"),
			table.acceptance_report,
			table.is_low,
			table.has_problem,
			table.correction_of,
			Coalesce(table.sent_on, table.answered_on).as_("asked_on"),
			_JSON_VALUE(table.wording, "$.low_mark").as_("low_mark"),
		)
		.where((table.status != CANCELLED) & (Coalesce(table.corrected_by, "") == ""))
		.orderby(table.name)
	)
	fields = {"company": table.company, "customer": table.customer, "rep": table.allocated_to}
	for key, field in fields.items():
		if filters.get(key):
			query = query.where(field == filters[key])
	if filters.team:
		query = query.where(table.allocated_to.isin(reps.people_at(filters.team) or [""]))
	if filters.item_group or filters.item_code:
		query = query.where(table.acceptance_report.isin(_accepted_with(filters)))
	return scope.of_work(query, DOCTYPE, "allocated_to")


def _accepted_with(filters: frappe._dict) -> QueryBuilder:
	"""The acceptances with a product, as a subquery."""
	row, item = frappe.qb.DocType("Acceptance Item"), frappe.qb.DocType("Item")
	query = (
		frappe.qb.from_(row).join(item).on(item.name == row.item_code).select(row.parent).distinct()
	).where(row.parenttype == REPORT)
	if filters.item_code:
		query = query.where(row.item_code == filters.item_code)
	if filters.item_group:
		query = query.where(item.item_group.isin(report_parts.below("Item Group", filters.item_group)))
	return query


def _marks(rows: Sequence[frappe._dict]) -> dict[str, list[frappe._dict]]:
	"""Survey -> its answers that are numbers."""
	found: dict[str, list[frappe._dict]] = {}
	for names in _chunks([row.name for row in rows if row.status == ANSWERED]):
		answer = frappe.qb.DocType("Survey Answer")
		for row in (
			frappe.qb.from_(answer)
			.select(
				answer.parent,
				answer.question_key,
				answer.dimension,
				answer.kind,
				answer.mark,
				answer.weight,
			)
			.where((answer.parenttype == DOCTYPE) & answer.parent.isin(names) & (answer.answered == 1))
			.where(answer.kind.isin((survey.MARK, survey.SCORE)))
			.orderby(answer.parent, answer.idx)
			.run(as_dict=True)
		):
			found.setdefault(row.parent, []).append(row)
	return found


def _asked(row: frappe._dict, given: Iterable[frappe._dict]) -> rules.Asked:
	given = list(given)
	low_mark = cint(row.low_mark) or _LOW_MARK
	marks = tuple(
		rules.Mark(
			one.question_key or one.dimension,
			one.dimension,
			cint(one.mark),
			flt(one.weight),
			cint(one.mark) <= low_mark,
		)
		for one in given
		if one.kind == survey.MARK
	)
	recommend = next((cint(one.mark) for one in given if one.dimension == survey.RECOMMENDATION), None)
	return rules.Asked(
		row.name, row.status == ANSWERED, marks, recommend, bool(row.is_low or row.has_problem)
	)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _CHUNK):
		yield names[start : start + _CHUNK]


def worded(rows: Sequence[frappe._dict]) -> dict[str, str]:
	"""Key of a question -> how it was asked last, in the reader's language where it was worded in that."""
	last = {mark.key: row.name for row in rows for mark in row.asked.marks}
	docs = {name: frappe.get_doc(DOCTYPE, name) for name in set(last.values())}
	return {key: _worded(docs[name], key) or key for key, name in last.items()}


def _worded(doc: Document, key: str) -> str | None:
	if doc.wording:
		sheet = survey_words.of(doc)
		return survey_words.say(sheet, survey_words.best_language(sheet, frappe.local.lang), key)
	return next((row.question for row in doc.answers if row.question_key == key), None)


# Grouping ---------------------------------------------------------------------------------------------------------


def grouped(rows: Sequence[frappe._dict], group: str) -> dict[str | None, list[rules.Asked]]:
	"""Surveys by what they have in common, periods in their order, else the largest group first; None where it is not
	known. By product a survey counts with each one that was accepted."""
	keys = _keys_of(rows, group)
	found: dict[str | None, list[rules.Asked]] = {}
	for row in rows:
		for key in keys(row):
			found.setdefault(key, []).append(row.asked)
	if group in _PERIODS:
		return dict(sorted(found.items(), key=lambda pair: pair[0] or ""))
	return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0] or "")))


def _keys_of(rows: Sequence[frappe._dict], group: str) -> Callable[[frappe._dict], Iterable[str | None]]:
	if group in (ITEM, ITEM_GROUP):
		products = _products(rows, group)
		return lambda row: products.get(row.acceptance_report) or (None,)
	if group == TEAM:
		return lambda row: (reps.manager_of(row.rep) if row.rep else None,)
	if group == MONTH:
		return lambda row: (f"{row.asked_on:%Y-%m}",)
	if group == QUARTER:
		return lambda row: (f"{row.asked_on.year} Q{(row.asked_on.month + 2) // 3}",)
	return lambda row: (row[group] or None,)


def _products(rows: Sequence[frappe._dict], group: str) -> dict[str, list[str]]:
	"""Acceptance -> the items, or their groups, that were accepted."""
	found: dict[str, list[str]] = {}
	for names in _chunks(sorted({row.acceptance_report for row in rows if row.acceptance_report})):
		accepted, item = frappe.qb.DocType("Acceptance Item"), frappe.qb.DocType("Item")
		for report, key in (
			frappe.qb.from_(accepted)
			.join(item)
			.on(item.name == accepted.item_code)
			.select(accepted.parent, item.name if group == ITEM else item.item_group)
			.distinct()
			.where((accepted.parenttype == REPORT) & accepted.parent.isin(names))
			.orderby(accepted.parent)
			.run()
		):
			found.setdefault(report, []).append(key)
	return found


def label(group: str, key: str | None) -> str:
	"""How a group is called."""
	if not key:
		return _("None", context="Salesflow")
	if group in (TEAM, REP):
		return get_fullname(key)
	if group == ITEM:
		return frappe.get_cached_value("Item", key, "item_name") or key
	if group == ITEM_GROUP:
		return _(key)
	if group == "customer":
		return frappe.get_cached_value("Customer", key, "customer_name") or key
	return key


def titles() -> dict[str, str]:
	"""How the groupings are called."""
	return {
		"Month": _("Month", context="Complaint"),
		"Quarter": _("Quarter", context="Salesflow"),
		"Team": _("Team", context="Complaint"),
		"Account Manager": _("Account Manager"),
		"Item Group": _("Item Group"),
		"Item": _("Item", context="Acceptance Item"),
		"Company": _("Company"),
		"Customer": _("Customer"),
	}


def chosen(filters: frappe._dict, groups: dict[str, str], more_titles: dict[str, str]) -> tuple[str, str]:
	"""What rows are grouped by, Month where nothing is said, and how that is called."""
	names = {**titles(), **more_titles}
	asked_for = filters.group_by or "Month"
	return report_parts.chosen_group(asked_for, groups, names.__getitem__), names[asked_for]
