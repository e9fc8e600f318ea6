"""Whose numbers a user may see in what management looks at: a rep their own, a manager their tree (M3, M5, M6).

Frappe's own permissions, user permissions among them, always hold too. This narrows what they leave: a Sales User of
ERPNext may read every lead, but compares nobody's numbers with their own.

Who manages and stands in the tree of Sales Persons sees the people below. Who manages without standing in it, the
Sales Master Manager and the System Manager see all, unless user permissions name Sales Persons: then those, as in
ERPNext's own lists. To a rep and to who manages a tree, such a permission opens that person's numbers too.
"""

from __future__ import annotations

import frappe
from frappe.core.doctype.user_permission.user_permission import get_user_permissions
from frappe.desk.reportview import build_match_conditions
from pypika import Table
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from salesflow_std.salesflow_std import access, reps

_EVERYTHING = frozenset(("Sales Master Manager", "System Manager"))
_PERSON = "Sales Person"
# These say nothing of whose work a document is: on a site with several companies everybody has one.
_NOT_OPENING = frozenset(("Company", _PERSON))


def users(user: str | None = None) -> frozenset[str] | None:
	"""The users whose numbers a user may see; None for everybody's."""
	user = user or frappe.session.user
	if user == "Administrator":
		return None
	if user == "Guest":
		return frozenset()
	named = _named(user)
	nodes = _led(user)
	if nodes is None and not named:
		return None
	return frozenset((user, *_people_at({*(nodes or ()), *named})))


def sales_persons(user: str | None = None) -> frozenset[str] | None:
	"""The Sales Persons, groups among them, whose numbers a user may see; None for all.

	A group is seen by whoever sees everybody below it, which is who manages it.
	"""
	user = user or frappe.session.user
	if user == "Administrator":
		return None
	named = _named(user)
	nodes = _led(user)
	if nodes is None and not named:
		return None
	return frozenset((*(nodes or ()), *_own_leaves(user), *named))


def sees_user(of: str | None, user: str | None = None) -> bool:
	"""Whether a user may see the numbers of another."""
	seen = users(user)
	return seen is None or of in seen


def sees_sales_person(of: str | None, user: str | None = None) -> bool:
	"""Whether a user may see the numbers of a Sales Person; of the whole company (None) only who sees all."""
	seen = sales_persons(user)
	return seen is None or of in seen


def sees_company(company: str | None, user: str | None = None) -> bool:
	"""Whether user permissions leave a company to a user."""
	permitted = get_user_permissions(user or frappe.session.user).get("Company")
	return not permitted or company in {row.get("doc") for row in permitted}


def narrowed(
	query: QueryBuilder,
	doctype: str,
	owner_field: str,
	user: str | None = None,
	customer_field: str | None = None,
) -> QueryBuilder:
	"""A query on a doctype's table with the user's permissions and scope added.

	`owner_field` says whose document one is; with `customer_field`, who looks after the customer sees it too. What a user
	permission names, other than on companies, as a territory, is seen by who has it too, as ERPNext means it. The table
	must be in the query by its own name: Frappe writes its conditions for that. Raises ValueError for one under an alias
	only.
	"""
	tables = [*query._from, *(join.item for join in query._joins)]
	if not any(
		isinstance(one, Table) and one._table_name == f"tab{doctype}" and one.alias in (None, f"tab{doctype}")
		for one in tables
	):
		raise ValueError(f"the query reads no `tab{doctype}` by that name")
	for condition in where(doctype, owner_field, user, customer_field):
		query = query.where(Written(condition))
	return query


def of_work(
	query: QueryBuilder, doctype: str, owner_field: str, customer_field: str | None = None
) -> QueryBuilder:
	"""`narrowed` for the sales team; others work on such documents too, and see what their own roles leave them."""
	if reps.sells(frappe.session.user):
		return narrowed(query, doctype, owner_field, customer_field=customer_field)
	match = access.readable(doctype, frappe.session.user)
	if match is None:
		return query.where(Written("1=0"))
	return query.where(Written(match)) if match else query


class Written(Criterion):
	"""A condition that is SQL already. Unlike pypika's own literal it can be joined to others by `&`."""

	def __init__(self, sql: str):
		super().__init__()
		self.sql = sql

	def get_sql(self, **_: object) -> str:
		return f"({self.sql})"


def where(
	doctype: str, owner_field: str, user: str | None = None, customer_field: str | None = None
) -> list[str]:
	"""The conditions of `narrowed`, as SQL on the doctype's table, for who writes the query otherwise."""
	user = user or frappe.session.user
	if not frappe.has_permission(doctype, "read", user=user):
		return ["1=0"]
	found = []
	match = build_match_conditions(doctype, user=user)
	if match:
		found.append(match)
	seen = users(user)
	if seen is not None:
		own = _one_of(doctype, owner_field, seen)
		opened = [_one_of(doctype, field, names) for field, names in opened_by(doctype, user).items()]
		if customer_field:
			customer = frappe.qb.DocType("Customer")
			theirs = frappe.qb.from_(customer).select(customer.name)
			theirs = theirs.where(customer.account_manager.isin(sorted(seen) or [""]))
			opened.append(f"`tab{doctype}`.`{customer_field}` in ({theirs.get_sql()})")
		found.append(" or ".join((own, *opened)))
	return found


def opened_by(doctype: str, user: str | None = None) -> dict[str, frozenset[str]]:
	"""What user permissions open of a doctype beyond one's own: field -> the values they name.

	Empty for who sees all. A document that says nothing in such a field is opened to nobody, although Frappe lets it be
	read.
	"""
	user = user or frappe.session.user
	if users(user) is None:
		return {}
	found: dict[str, frozenset[str]] = {}
	fields = [
		field for field in frappe.get_meta(doctype).get_link_fields() if not field.ignore_user_permissions
	]
	for kind, rows in get_user_permissions(user).items():
		if kind in _NOT_OPENING:
			continue
		names = frozenset(row.get("doc") for row in rows if row.get("applicable_for") in (None, "", doctype))
		if not names:
			continue
		if kind == doctype:
			found["name"] = names
		for field in fields:
			if field.options == kind:
				found[field.fieldname] = names
	return found


def by_sales_person(doctype: str, user: str | None = None, field: str = "sales_person") -> str:
	"""The condition on records about a Sales Person, for `permission_query_conditions`; "" for all.

	What is about no Sales Person is about the whole company, and seen by who sees all.
	"""
	seen = sales_persons(user)
	if seen is None:
		return ""
	return _one_of(doctype, field, seen)


def _one_of(doctype: str, field: str, names: frozenset[str]) -> str:
	if not names:
		return "1=0"
	return f"`tab{doctype}`.`{field}` in ({', '.join(frappe.db.escape(one) for one in sorted(names))})"


def _named(user: str) -> frozenset[str]:
	"""The Sales Persons that user permissions name, with those below unless the permission hides them.

	One that is for another doctype alone, as for Sales Orders, says nothing of numbers.
	"""
	rows = get_user_permissions(user).get(_PERSON, ())
	return frozenset(row.get("doc") for row in rows if row.get("applicable_for") in (None, "", _PERSON))


def _led(user: str) -> frozenset[str] | None:
	"""The nodes of the tree that a user leads, their own among them; None for who leads everybody.

	A rep leads nobody. Nor does a manager at a node without others below: standing in the tree says what is theirs. A node
	that was switched off is led no more, but its manager does not come to see everybody by that.
	"""
	if _EVERYTHING & set(frappe.get_roles(user)):
		return None
	if not reps.is_manager(user):
		return frozenset()
	employee, own = frappe.qb.DocType("Employee"), frappe.qb.DocType(_PERSON).as_("own")
	node = frappe.qb.DocType(_PERSON)
	rows = (
		frappe.qb.from_(employee)
		.join(own)
		.on(own.employee == employee.name)
		.join(node)
		.on((node.lft >= own.lft) & (node.rgt <= own.rgt))
		.select(node.name, own.enabled)
		.where(employee.user_id == user)
		.orderby(node.name)
		.run()
	)
	return frozenset(name for name, enabled in rows if enabled) if rows else None


def _own_leaves(user: str) -> list[str]:
	"""The Sales Persons that a user is. A group that a rep stands at is not theirs: its numbers are everybody's below."""
	employee, own = frappe.qb.DocType("Employee"), frappe.qb.DocType(_PERSON)
	return (
		frappe.qb.from_(employee)
		.join(own)
		.on(own.employee == employee.name)
		.select(own.name)
		.where((employee.user_id == user) & (own.rgt == own.lft + 1))
		.orderby(own.name)
		.run(pluck=True)
	)


def _people_at(sales_persons: set[str]) -> list[str]:
	"""The users who stand at nodes of the tree; who has left stays, for what they did stays."""
	if not sales_persons:
		return []
	employee, node = frappe.qb.DocType("Employee"), frappe.qb.DocType(_PERSON)
	return (
		frappe.qb.from_(node)
		.join(employee)
		.on(employee.name == node.employee)
		.select(employee.user_id)
		.distinct()
		.where(node.name.isin(sorted(sales_persons)) & (employee.user_id != ""))
		.orderby(employee.user_id)
		.run(pluck=True)
	)
