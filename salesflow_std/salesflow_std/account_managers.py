"""Whose customer it is: one answer for surveys, renewals, referrals and care (A3, A5, P6)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe

from salesflow_std.salesflow_std import bulk, reps


def of(customer: str | None) -> str | None:
	"""The user who looks after a customer: its account manager, else the first of its sales team; None without one."""
	if not customer:
		return None
	named = frappe.db.get_value("Customer", customer, "account_manager")
	return named or of_sales_teams([customer]).get(customer)


def first_working(*users: str | None) -> str | None:
	"""The first of some users who may log in; None where none may."""
	return next(
		(user for user in users if user and user not in ("Guest", "") and reps.is_enabled(user)), None
	)


def responsible(row: frappe._dict, of_team: str | None) -> str:
	"""Whose care a customer is in: `row` has ``account_manager`` and ``owner``, `of_team` is of its sales team.

	Somebody who may log in, if there is one; else whoever it was, whose work goes to who stands in.
	"""
	named = (row.get("account_manager"), of_team, row.get("owner"))
	return first_working(*named) or next(filter(None, named), "Administrator")


def of_sales_teams(customers: Iterable[str]) -> dict[str, str]:
	"""Customer -> the user of the first sales person in its sales team who is one."""
	team, person = frappe.qb.DocType("Sales Team"), frappe.qb.DocType("Sales Person")
	employee = frappe.qb.DocType("Employee")
	found: dict[str, str] = {}
	names = list(customers)
	if not names:
		return found
	for customer, user in (
		frappe.qb.from_(team)
		.join(person)
		.on(person.name == team.sales_person)
		.join(employee)
		.on(employee.name == person.employee)
		.select(team.parent, employee.user_id)
		.where((team.parenttype == "Customer") & bulk.Among(team.parent, names))
		.where(employee.user_id.isnotnull() & (employee.user_id != ""))
		.orderby(team.parent, team.idx)
		.run()
	):
		found.setdefault(customer, user)
	return found


def companies_of(users: Iterable[str]) -> dict[str, str | None]:
	"""User -> the company they work for: of their employee record, else the site's own."""
	names = sorted(set(users))
	own = frappe.db.get_single_value("Global Defaults", "default_company")
	found = dict.fromkeys(names, own)
	for user, company in frappe.get_all(
		"Employee",
		filters={"user_id": ("in", names or [""]), "status": "Active", "company": ("is", "set")},
		fields=["user_id", "company"],
		order_by="name desc",
		as_list=True,
	):
		found[user] = company
	return found
