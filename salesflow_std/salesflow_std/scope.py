"""Whose numbers a user may see in what management looks at: a rep their own, a manager their tree (M3, M5, M6).

Frappe's own permissions, user permissions among them, always hold too. This narrows what they leave: a Sales User of
ERPNext may read every lead, but compares nobody's numbers with their own. Who manages a tree of Sales Persons sees the
people in it; who manages without standing in a tree, the Sales Master Manager and the System Manager see all. A user
permission on a Sales Person opens that person's numbers too.
"""

from __future__ import annotations

import frappe
from frappe.core.doctype.user_permission.user_permission import get_user_permissions
from frappe.desk.reportview import build_match_conditions
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import reps

_EVERYTHING = frozenset(("Sales Master Manager", "System Manager"))


def users(user: str | None = None) -> frozenset[str] | None:
	"""The users whose numbers a user may see; None for everybody's."""
	user = user or frappe.session.user
	if user == "Administrator" or _EVERYTHING & set(frappe.get_roles(user)):
		return None
	seen = {user}
	if reps.is_manager(user):
		team = reps.team_of(user)
		if team is None:
			return None
		seen.update(team)
	for person in _opened(user):
		seen.update(reps.people_at(person))
	return frozenset(seen)


def sales_persons(user: str | None = None) -> frozenset[str] | None:
	"""The Sales Persons, groups among them, whose numbers a user may see; None for all.

	A group is seen by whoever sees everybody below it, which is who manages it.
	"""
	user = user or frappe.session.user
	if users(user) is None:
		return None
	found = set(_nodes_of(user, with_below=reps.is_manager(user)))
	for person in _opened(user):
		found.update(_below(person))
	return frozenset(found)


def sees_user(of: str | None, user: str | None = None) -> bool:
	"""Whether a user may see the numbers of another."""
	seen = users(user)
	return seen is None or of in seen


def sees_sales_person(of: str | None, user: str | None = None) -> bool:
	"""Whether a user may see the numbers of a Sales Person; of the whole company (None) only who sees all."""
	seen = sales_persons(user)
	return seen is None or of in seen


def narrowed(query: QueryBuilder, doctype: str, owner_field: str, user: str | None = None) -> QueryBuilder:
	"""A query on a doctype's table with the user's permissions and scope added.

	`owner_field` says whose document one is. What a user permission other than on companies names, as a territory, is
	seen by its rep too, as ERPNext means it.
	"""
	conditions = where(doctype, owner_field, user)
	return (
		query.where(Criterion.all([LiteralValue(f"({one})") for one in conditions])) if conditions else query
	)


def where(doctype: str, owner_field: str, user: str | None = None) -> list[str]:
	"""The conditions of `narrowed`, as SQL on the doctype's table, for who writes the query otherwise."""
	user = user or frappe.session.user
	found = []
	if not frappe.has_permission(doctype, "read", user=user):
		return ["1=0"]
	match = build_match_conditions(doctype, user=user)
	if match:
		found.append(match)
	seen = users(user)
	if seen is not None and not _is_opened(doctype, user):
		names = ", ".join(frappe.db.escape(one) for one in sorted(seen))
		found.append(f"`tab{doctype}`.`{owner_field}` in ({names})")
	return found


def by_sales_person(doctype: str, user: str | None = None, field: str = "sales_person") -> str:
	"""The condition on records about a Sales Person, for `permission_query_conditions`; "" for all.

	What is about no Sales Person is about the whole company, and seen by who sees all.
	"""
	seen = sales_persons(user)
	if seen is None:
		return ""
	if not seen:
		return "1=0"
	names = ", ".join(frappe.db.escape(one) for one in sorted(seen))
	return f"`tab{doctype}`.`{field}` in ({names})"


def _opened(user: str) -> list[str]:
	"""The Sales Persons that user permissions name."""
	return sorted({row.get("doc") for row in get_user_permissions(user).get("Sales Person", ())})


def _is_opened(doctype: str, user: str) -> bool:
	"""Whether user permissions say which documents of a doctype a user works with.

	A company says nothing of the kind: on a site with several, everybody has one.
	"""
	links = {field.options for field in frappe.get_meta(doctype).get_link_fields()}
	for kind, rows in get_user_permissions(user).items():
		if kind in ("Company", "Sales Person") or kind not in links | {doctype}:
			continue
		if any(row.get("applicable_for") in (None, "", doctype) for row in rows):
			return True
	return False


def _nodes_of(user: str, with_below: bool) -> list[str]:
	employee, own = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person").as_("own")
	node = frappe.qb.DocType("Sales Person")
	within = (node.lft >= own.lft) & (node.rgt <= own.rgt) if with_below else node.name == own.name
	return (
		frappe.qb.from_(employee)
		.join(own)
		.on(own.employee == employee.name)
		.join(node)
		.on(within)
		.select(node.name)
		.distinct()
		.where(employee.user_id == user)
		.orderby(node.name)
		.run(pluck=True)
	)


def _below(sales_person: str) -> list[str]:
	node, top = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Sales Person").as_("top")
	return (
		frappe.qb.from_(top)
		.join(node)
		.on((node.lft >= top.lft) & (node.rgt <= top.rgt))
		.select(node.name)
		.where(top.name == sales_person)
		.orderby(node.name)
		.run(pluck=True)
	)
