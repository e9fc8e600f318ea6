"""The sales people behind the documents: who manages whom, who is away, who stands in."""

from __future__ import annotations

from datetime import date
from email.utils import getaddresses

import frappe
from frappe.utils import getdate
from frappe.utils.caching import request_cache
from frappe.utils.user import get_users_with_role

from salesflow_std.salesflow_std import memory
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import holidays, settings

# What planning asks for at every touch is remembered until it changes (`forget`).
_ABSENCES = "salesflow_std.absences"
_LISTS = "salesflow_std.employee_holiday_lists"
_ENABLED = "salesflow_std.enabled_users"
_ADDRESSES = "salesflow_std.own_addresses"

SALES_ROLES = ("Sales User", "Sales Manager", "Sales Master Manager")
MANAGER_ROLES = frozenset(("Sales Manager", "Sales Master Manager", "System Manager"))


def is_manager(user: str | None = None) -> bool:
	"""Whether a user may look at and reassign the work of others."""
	return bool(MANAGER_ROLES & set(frappe.get_roles(user)))


@request_cache
def manager_of(user: str) -> str | None:
	"""The enabled user above a rep in the Sales Person tree; None where the tree names none."""
	employee, rep_employee = frappe.qb.DocType("Employee"), frappe.qb.DocType("Employee").as_("rep_employee")
	person, above = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Sales Person").as_("above")
	account = frappe.qb.DocType("User")
	found = (
		frappe.qb.from_(rep_employee)
		.join(person)
		.on(person.employee == rep_employee.name)
		.join(above)
		.on((above.lft < person.lft) & (above.rgt > person.rgt))
		.join(employee)
		.on(employee.name == above.employee)
		.join(account)
		.on(account.name == employee.user_id)
		.select(account.name)
		.where((rep_employee.user_id == user) & (account.enabled == 1) & (account.name != user))
		.orderby(above.lft, order=frappe.qb.desc)
		.limit(1)
		.run()
	)
	return found[0][0] if found else None


def team_of(user: str) -> list[str] | None:
	"""The users below a manager in the Sales Person tree; None when the user stands in no tree, or at no node
	with others below."""
	employee, own = frappe.qb.DocType("Employee"), frappe.qb.DocType("Employee").as_("own")
	person, below = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Sales Person").as_("below")
	team = (
		frappe.qb.from_(own)
		.join(person)
		.on(person.employee == own.name)
		.join(below)
		.on((below.lft > person.lft) & (below.rgt < person.rgt))
		.join(employee)
		.on(employee.name == below.employee)
		.select(employee.user_id)
		.distinct()
		.where((own.user_id == user) & employee.user_id.isnotnull() & (employee.user_id != ""))
		.orderby(employee.user_id)
		.run(pluck=True)
	)
	return team or None


def people_at(sales_person: str) -> list[str]:
	"""The users at a node of the Sales Person tree and below it."""
	employee, person = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person")
	top = frappe.qb.DocType("Sales Person").as_("top")
	return (
		frappe.qb.from_(top)
		.join(person)
		.on((person.lft >= top.lft) & (person.rgt <= top.rgt))
		.join(employee)
		.on(employee.name == person.employee)
		.select(employee.user_id)
		.distinct()
		.where((top.name == sales_person) & employee.user_id.isnotnull() & (employee.user_id != ""))
		.orderby(employee.user_id)
		.run(pluck=True)
	)


def escalate_to(user: str) -> list[str]:
	"""Who hears of what a rep has not done (F5): the manager in the tree, else the named user, else all
	sales managers, else Administrator; never the rep alone."""
	manager = manager_of(user)
	if manager:
		return [manager]
	named = settings().escalation_user
	if named and named != user and is_enabled(named):
		return [named]
	managers = sorted(set(get_users_with_role("Sales Manager")) - {user, "Administrator"})
	return managers or ["Administrator"]


def own_addresses() -> set[str]:
	"""The e-mail addresses of everybody who works in the house."""
	return frappe.cache.get_value(
		_ADDRESSES,
		generator=lambda: {
			email.lower()
			for email in frappe.get_all(
				"User",
				filters={"enabled": 1, "user_type": "System User", "email": ("is", "set")},
				pluck="email",
				order_by="name",
			)
		},
	)


def addresses_in(*lists: str | None) -> set[str]:
	"""The e-mail addresses in some lists of recipients."""
	return {address.lower() for _name, address in getaddresses(filter(None, lists)) if address}


def sells(user: str) -> bool:
	"""Whether a user has a role of the sales team."""
	return not set(SALES_ROLES).isdisjoint(frappe.get_roles(user))


def is_enabled(user: str) -> bool:
	"""Whether a user exists and may log in."""
	return bool(
		frappe.cache.hget(_ENABLED, user, generator=lambda: frappe.db.get_value("User", user, "enabled") or 0)
	)


def _absences() -> dict[str, list[tuple[date, date, str | None]]]:
	return frappe.cache.get_value(_ABSENCES, generator=_read_absences)


def _read_absences() -> dict[str, list[tuple[date, date, str | None]]]:
	found: dict[str, list[tuple[date, date, str | None]]] = {}
	for row in frappe.get_all(
		"Rep Absence",
		filters={"to_date": (">=", getdate())},
		fields=["user", "from_date", "to_date", "stand_in"],
		order_by="from_date, name",
	):
		found.setdefault(row.user, []).append((getdate(row.from_date), getdate(row.to_date), row.stand_in))
	return found


def forget() -> None:
	"""Drops what is remembered of absences, employees and users, after one of them has changed."""
	memory.forget(_ABSENCES, _LISTS, _ENABLED, _ADDRESSES)
	getattr(frappe.local, "request_cache", {}).pop(manager_of.__wrapped__, None)


def on_duty(user: str, day: date) -> str:
	"""Who does a rep's touch on a day: the rep, or whoever stands in.

	A stand-in may be away too; then it is their stand-in. For a disabled user it is the manager.
	"""
	seen = {user}
	current = user
	while True:
		if not is_enabled(current):
			following = escalate_to(current)[0]
		else:
			following = next(
				(
					stand_in
					for first, last, stand_in in _absences().get(current, ())
					if stand_in and first <= day <= last
				),
				None,
			)
		if not following or following in seen:
			return current
		seen.add(following)
		current = following


def stands_in_for(user: str, day: date) -> list[str]:
	"""The users whose touches a user does on a day, because they are away (F5)."""
	return sorted(other for other in _absences() if other != user and on_duty(other, day) == user)


def is_away(user: str, day: date) -> bool:
	"""Whether a rep has an absence on a day, with or without somebody who stands in."""
	return any(first <= day <= last for first, last, _stand_in in _absences().get(user, ()))


def has_stand_in(user: str) -> bool:
	"""Whether somebody stands in for a rep, now or later."""
	return any(stand_in for _first, _last, stand_in in _absences().get(user, ()))


def days_off(user: str) -> frozenset[date]:
	"""Days on which a rep does not work and nobody stands in: own holiday list, absences without a stand-in."""
	off = set(holidays(_employee_lists().get(user)))
	for first, last, stand_in in _absences().get(user, ()):
		if not stand_in:
			off.update(date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
	return frozenset(off)


def _employee_lists() -> dict[str, str]:
	"""User -> the holiday list of their employee record."""
	return frappe.cache.get_value(_LISTS, generator=_read_employee_lists)


def _read_employee_lists() -> dict[str, str]:
	return dict(
		frappe.get_all(
			"Employee",
			filters={"user_id": ("is", "set"), "holiday_list": ("is", "set"), "status": "Active"},
			fields=["user_id", "holiday_list"],
			order_by="name",
			as_list=True,
		)
	)
