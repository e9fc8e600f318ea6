"""Account plans (L10): one active plan for an account, and what My Day says of them. Their actions: `actions`.

An account is a company, whichever of ERPNext's documents it is kept in: a plan that was made for a prospect is
the plan of the customer it becomes. They share a Customer Profile, by which it is found.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import escape_html, get_fullname, get_link_to_form
from pypika import analytics
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import access, actions, profiles, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

ACTIVE, COMPLETED, CANCELLED = "Active", "Completed", "Cancelled"
_ROWS = 10
# As many names as an address holds comfortably.
_NAMES_IN_ROUTE = 100


def owner_of(party_type: str, party: str) -> str | None:
	"""Whose account it is, where an enabled user is named."""
	user = frappe.db.get_value(party_type, party, profiles.OWNER_FIELDS[party_type])
	return user if user and reps.is_enabled(user) else None


def active_plan(profile: str | None, lock: bool = False) -> str | None:
	"""The active plan of an account, by its Customer Profile."""
	if not profile:
		return None
	filters = {"customer_profile": profile, "status": ACTIVE}
	return frappe.db.get_value("Account Plan", filters, "name", order_by="creation", for_update=lock)


def refuse_second(plan: Document) -> None:
	"""Stops a second active plan of an account; `profiles.ensure` has locked the account of a new one."""
	frappe.db.get_value(plan.party_type, plan.party, "name", for_update=True)
	filters = {
		"customer_profile": plan.customer_profile,
		"status": ACTIVE,
		"name": ("!=", plan.name or ""),
	}
	other = frappe.db.get_value("Account Plan", filters, "name", order_by="creation", for_update=True)
	if other:
		frappe.throw(
			_("{0} has an active plan already: {1}. Complete or cancel it first.").format(
				escape_html(plan.title or plan.party), get_link_to_form("Account Plan", other)
			),
			title=_("One Active Plan for an Account"),
		)


# My Day ----------------------------------------------------------------------------------------------------


def looked_after(user: str) -> list[str] | None:
	"""Whose accounts a user looks after: the own, those of the team below, None for everybody's."""
	if not reps.is_manager(user):
		return [user]
	team = reps.team_of(user)
	return None if team is None else [user, *team]


def without_plan(user: str, now: datetime) -> dict | None:
	"""My Day: accounts whose grade asks for a plan and that have no active one (L10).

	Each account stands on the day of its account manager and of the managers above; managers in no tree see all.
	One that nobody manages is shown to whoever hears of what has no manager.
	"""
	grades = plan_grades()
	if not grades:
		return None
	customer, plan = DocType("Customer"), DocType("Account Plan")
	planned = (
		frappe.qb.from_(plan)
		.select(plan.customer_profile)
		.where((plan.status == ACTIVE) & plan.customer_profile.isnotnull())
	)
	query = (
		frappe.qb.from_(customer)
		.select(customer.name, customer.customer_name, customer.sf_grade, customer.account_manager)
		.select(analytics.Count("*").over().as_("total"))
		.where(customer.sf_grade.isin(grades) & (customer.disabled == 0))
		.where(customer.sf_profile.isnull() | customer.sf_profile.notin(planned))
		.orderby(customer.sf_grade, customer.customer_name, customer.name)
		.limit(_NAMES_IN_ROUTE)
	)
	users = looked_after(user)
	if users is not None:
		whose = customer.account_manager.isin(users)
		if reps.is_manager(user) and settings().escalation_user in (None, "", user):
			whose |= customer.account_manager.isnull() | (customer.account_manager == "")
		query = query.where(whose)
	rows = _readable("Customer", query)
	if not rows:
		return None
	return {
		"key": "accounts-without-plan",
		"label": _("Accounts without an Account Plan"),
		"total": rows[0].total,
		"all": _list_of("customer", [row.name for row in rows]),
		"rows": [_without_plan_row(row, user) for row in rows[:_ROWS]],
	}


def plan_grades() -> list[str]:
	"""The grades of accounts that need a plan."""
	return [grade.strip() for grade in (settings().account_plan_grades or "").split(",") if grade.strip()]


def _without_plan_row(row: frappe._dict, user: str) -> dict:
	if not row.account_manager:
		detail = _("Nobody is its account manager.")
	else:
		detail = get_fullname(row.account_manager) if row.account_manager != user else ""
	return {
		"title": row.customer_name,
		"route": f"/app/account-plan/new?{urlencode({'party_type': 'Customer', 'party': row.name})}",
		"tone": "red",
		"why": _("Grade {0}, no account plan").format(row.sf_grade),
		"detail": detail,
	}


def _list_of(route: str, names: list[str]) -> str:
	"""The desk's list of just these records."""
	return f"/app/{route}?name={quote(frappe.as_json(['in', ','.join(names)], indent=None))}"


def reviews_due(user: str, now: datetime) -> dict | None:
	"""My Day: plans to be reviewed today or before; of others' only what is overdue (L10)."""
	plan = DocType("Account Plan")
	today = now.date()
	query = (
		frappe.qb.from_(plan)
		.select(plan.name, plan.title, plan.next_review_on, plan.plan_owner)
		.select(analytics.Count("*").over().as_("total"))
		.where((plan.status == ACTIVE) & (plan.next_review_on <= today))
		.orderby(plan.next_review_on, plan.name)
		.limit(_NAMES_IN_ROUTE)
	)
	users = looked_after(user)
	whose = (plan.plan_owner == user) | (plan.next_review_on < today)
	if users is not None:
		whose &= plan.plan_owner.isin(users)
	rows = _readable("Account Plan", query.where(whose))
	if not rows:
		return None
	return {
		"key": "account-plan-reviews",
		"label": _("Account Plan Reviews"),
		"total": rows[0].total,
		"all": _list_of("account-plan", [row.name for row in rows]),
		"rows": [
			{
				"title": row.title,
				"route": f"/app/account-plan/{quote(row.name)}",
				**actions.when_due(row.next_review_on, today),
				"detail": "" if row.plan_owner == user else get_fullname(row.plan_owner),
			}
			for row in rows[:_ROWS]
		],
	}


def _readable(doctype: str, query: QueryBuilder) -> list[frappe._dict]:
	"""What a query of a doctype finds that the caller may read."""
	match = access.readable(doctype, frappe.session.user)
	if match is None:
		return []
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	return query.run(as_dict=True)
