"""Why customers may be lost: for each reason one query over all customers, by what the reader may see (A1, A4, A5, P6).

Who may not read invoices is told of none, and so for every reason; its weight is missing then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import frappe
from frappe.query_builder.functions import Coalesce, Max, Sum
from frappe.utils import add_days, cint, getdate, now_datetime
from pypika import Table
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue

from salesflow_std.engine import care, survey
from salesflow_std.engine import risk as rules
from salesflow_std.salesflow_std import access, complaints, surveys, sync_sheet
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

_LOSS_OPEN = ("Open", "Analysed", "Offer Made")


@dataclass(frozen=True)
class Scope:
	"""Whose reasons are looked for, and as of when."""

	now: datetime
	company: str | None = None

	@property
	def today(self) -> date:
		return self.now.date()

	@property
	def since(self) -> rules.Since:
		return rules.since(self.today)


# Customer -> reason -> the records that are it.
Found = dict[str, dict[str, list[str]]]

# The doctype of the records behind each reason.
DOCTYPES = {
	rules.LOW_MARK: surveys.DOCTYPE,
	rules.DETRACTOR: surveys.DOCTYPE,
	rules.COMPLAINT_LATE: complaints.DOCTYPE,
	rules.COMPLAINT_OPEN: complaints.DOCTYPE,
	rules.SILENT: "Customer",
	rules.FALLING: "Customer",
	rules.DELIVERY_LATE: sync_sheet.DOCTYPE,
	rules.HIGH_RISK: sync_sheet.DOCTYPE,
	rules.SYNC_MISSED: sync_sheet.DOCTYPE,
	rules.CONTRACT_ENDING: "Contract",
	rules.CONTRACT_ENDED: "Contract",
	rules.TOUCH_MISSED: "Follow Up",
	rules.INVOICE_OVERDUE: "Sales Invoice",
	rules.LOSS_ANALYSIS: "Loss Analysis",
}


def find(company: str | None = None) -> Found:
	"""All reasons there are, but how lively the customers are (`of_activity`); with a company, those in its records."""
	scope, found = Scope(now_datetime(), company), {}
	for look in _LOOKS:
		for customer, reason, name in look(scope):
			names = found.setdefault(customer, {}).setdefault(reason, [])
			if name not in names:
				names.append(name)
	return found


def of_activity(activity: str | None) -> str | None:
	"""The reason that a customer's activity is, if it is one (P6)."""
	return {care.SILENT: rules.SILENT, care.LOW: rules.FALLING}.get(activity)


def _read(query: QueryBuilder, doctype: str, table: Table, scope: Scope, company: str = "company") -> list:
	"""The rows of a query as far as the user may read them."""
	match = access.readable(doctype, frappe.session.user)
	if match is None:
		return []
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	if scope.company and company:
		query = query.where(table[company] == scope.company)
	return query.run(as_dict=True)


# What customers say -----------------------------------------------------------------------------------------------


def _of_surveys(scope: Scope) -> Iterator[tuple[str, str, str]]:
	"""The last survey that a customer has answered, with the newest of its corrections."""
	table, answer = frappe.qb.DocType(surveys.DOCTYPE), frappe.qb.DocType("Survey Answer")
	other = frappe.qb.DocType(surveys.DOCTYPE).as_("other")
	last = (
		frappe.qb.from_(other)
		.select(other.customer, Max(other.answered_on).as_("answered_on"))
		.where(_counts(other))
		.groupby(other.customer)
	)
	if scope.company:
		last = last.where(other.company == scope.company)
	last = last.as_("last")
	query = (
		frappe.qb.from_(table)
		.join(last)
		.on((last.customer == table.customer) & (last.answered_on == table.answered_on))
		.left_join(answer)
		.on(
			(answer.parent == table.name)
			& (answer.parenttype == surveys.DOCTYPE)
			& (answer.dimension == survey.RECOMMENDATION)
			& (answer.answered == 1)
		)
		.select(table.name, table.customer, table.is_low, table.has_problem, answer.mark)
		.where(_counts(table))
		.orderby(table.name)
	)
	for row in _read(query, surveys.DOCTYPE, table, scope):
		if row.is_low or row.has_problem:
			yield row.customer, rules.LOW_MARK, row.name
		if row.mark is not None and row.mark <= survey.DETRACTOR:
			yield row.customer, rules.DETRACTOR, row.name


def _counts(table: Table) -> Criterion:
	return (table.status == surveys.ANSWERED) & (Coalesce(table.corrected_by, "") == "")


def _of_complaints(scope: Scope) -> Iterator[tuple[str, str, str]]:
	issue = frappe.qb.DocType(complaints.DOCTYPE)
	query = (
		frappe.qb.from_(issue)
		.select(issue.name, issue.customer, issue.sf_close_by)
		.where((issue.sf_is_complaint == 1) & issue.status.notin(complaints.CLOSED) & (issue.customer != ""))
		.orderby(issue.name)
	)
	for row in _read(query, complaints.DOCTYPE, issue, scope):
		late = row.sf_close_by and row.sf_close_by < scope.now
		yield row.customer, rules.COMPLAINT_LATE if late else rules.COMPLAINT_OPEN, row.name


# Deliveries -------------------------------------------------------------------------------------------------------


def _of_deliveries(scope: Scope) -> Iterator[tuple[str, str, str]]:
	"""How open deliveries stood when they were told last."""
	for row in _read(*_last_weeks([sync_sheet.DONE]), scope):
		if row.health == sync_sheet.LATE:
			yield row.customer, rules.DELIVERY_LATE, row.name


def _of_delivery_risks(scope: Scope) -> Iterator[tuple[str, str, str]]:
	"""High risks that the latest week of an open delivery has not settled."""
	query, doctype, table = _last_weeks([sync_sheet.DONE, sync_sheet.MISSED])
	risk = frappe.qb.DocType("Delivery Sync Risk")
	query = query.join(risk).on((risk.parent == table.name) & (risk.parenttype == doctype))
	query = query.where((risk.level == "High") & (risk.settled == 0)).distinct()
	for row in _read(query, doctype, table, scope):
		yield row.customer, rules.HIGH_RISK, row.name


def _last_weeks(statuses: list[str]) -> tuple[QueryBuilder, str, Table]:
	"""The latest week of each open delivery among those that stand so."""
	table, project = frappe.qb.DocType(sync_sheet.DOCTYPE), frappe.qb.DocType("Project")
	other = frappe.qb.DocType(sync_sheet.DOCTYPE).as_("other")
	last = (
		frappe.qb.from_(other)
		.select(other.project, Max(other.week_of).as_("week_of"))
		.where(other.status.isin(statuses))
		.groupby(other.project)
	).as_("last")
	query = (
		frappe.qb.from_(table)
		.join(project)
		.on((project.name == table.project) & (project.status == "Open"))
		.join(last)
		.on((last.project == table.project) & (last.week_of == table.week_of))
		.select(table.name, table.customer, table.health)
		.where(table.status.isin(statuses) & (table.customer != ""))
		.orderby(table.name)
	)
	return query, sync_sheet.DOCTYPE, table


def _of_missed_weeks(scope: Scope) -> Iterator[tuple[str, str, str]]:
	table, project = frappe.qb.DocType(sync_sheet.DOCTYPE), frappe.qb.DocType("Project")
	query = (
		frappe.qb.from_(table)
		.join(project)
		.on((project.name == table.project) & (project.status == "Open"))
		.select(table.name, table.customer)
		.where((table.status == sync_sheet.MISSED) & (table.due_on >= scope.since.weeks))
		.where(table.customer != "")
		.orderby(table.name)
	)
	for row in _read(query, sync_sheet.DOCTYPE, table, scope):
		yield row.customer, rules.SYNC_MISSED, row.name


# Contracts, care, money -------------------------------------------------------------------------------------------


def _of_contracts(scope: Scope) -> Iterator[tuple[str, str, str]]:
	"""Signed contracts whose renewal nobody has asked for, in the settings' days before their end and after it."""
	table = frappe.qb.DocType("Contract")
	until = add_days(scope.today, cint(settings().renewal_days))
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.party_name, table.end_date)
		.where((table.party_type == "Customer") & (table.docstatus == 1) & (table.is_signed == 1))
		.where(table.end_date[scope.since.ended : until])
		.where(table.sf_renewal_asked_on.isnull() & (Coalesce(table.sf_renewal_outcome, "") == ""))
		.orderby(table.name)
	)
	for row in _read(query, "Contract", table, scope, "sf_company"):
		ended = getdate(row.end_date) < scope.today
		yield row.party_name, rules.CONTRACT_ENDED if ended else rules.CONTRACT_ENDING, row.name


def _of_care(scope: Scope) -> Iterator[tuple[str, str, str]]:
	table = frappe.qb.DocType("Follow Up")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.reference_name)
		.where((table.reference_doctype == "Customer") & (table.status == "Missed"))
		.where(table.due_on >= scope.since.touches)
		.orderby(table.name)
	)
	# A touch belongs to no company.
	for row in _read(query, "Follow Up", table, scope, company=""):
		yield row.reference_name, rules.TOUCH_MISSED, row.name


def _of_invoices(scope: Scope) -> Iterator[tuple[str, str, str]]:
	table = frappe.qb.DocType("Sales Invoice")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.customer)
		.where((table.docstatus == 1) & (table.outstanding_amount > 0) & (table.due_date < scope.today))
		.orderby(table.name)
	)
	for row in _read(query, "Sales Invoice", table, scope):
		yield row.customer, rules.INVOICE_OVERDUE, row.name


def _of_loss(scope: Scope) -> Iterator[tuple[str, str, str]]:
	table = frappe.qb.DocType("Loss Analysis")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.customer)
		.where(table.status.isin(_LOSS_OPEN) & (table.customer != ""))
		.orderby(table.name)
	)
	for row in _read(query, "Loss Analysis", table, scope):
		yield row.customer, rules.LOSS_ANALYSIS, row.name


_LOOKS: tuple[Callable[[Scope], Iterator[tuple[str, str, str]]], ...] = (
	_of_surveys,
	_of_complaints,
	_of_deliveries,
	_of_delivery_risks,
	_of_missed_weeks,
	_of_contracts,
	_of_care,
	_of_invoices,
	_of_loss,
)


# What they are worth ----------------------------------------------------------------------------------------------


def orders_by_customer(scope: Scope, item_groups: list[str] | None = None) -> dict[str, dict[str, float]]:
	"""Customer -> company -> net orders of the last twelve months in the company's currency, as far as the user sees them.

	With `item_groups`, of orders with something of these.
	"""
	order = frappe.qb.DocType("Sales Order")
	query = (
		frappe.qb.from_(order)
		.select(order.customer, order.company, Sum(order.base_net_total).as_("amount"))
		.where((order.docstatus == 1) & (order.transaction_date > add_days(scope.today, -365)))
		.groupby(order.customer, order.company)
		.orderby(order.customer)
	)
	if item_groups is not None:
		item = frappe.qb.DocType("Sales Order Item")
		query = query.where(
			order.name.isin(
				frappe.qb.from_(item).select(item.parent).where(item.item_group.isin(item_groups or [""]))
			)
		)
	found: dict[str, dict[str, float]] = {}
	for row in _read(query, "Sales Order", order, scope):
		found.setdefault(row.customer, {})[row.company] = row.amount
	return found
