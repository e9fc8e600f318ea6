"""Account plans (L10): one active plan for an account, its actions as ToDos, and what My Day says of them.

An account is a company, whichever of ERPNext's documents it is kept in: a plan that was made for a prospect is
the plan of the customer it becomes. They share a Customer Profile, by which it is found.
"""

from __future__ import annotations

import html
from datetime import date, datetime
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import escape_html, get_fullname, get_link_to_form, getdate, now, strip_html
from pypika import analytics
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue

from salesflow_std.salesflow_std import access, profiles, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

ACTIVE, COMPLETED, CANCELLED = "Active", "Completed", "Cancelled"
OPEN, DONE = "Open", "Done"

_STATUS_OF_TODO = {OPEN: "Open", DONE: "Closed", CANCELLED: "Cancelled"}
_STATUS_OF_ACTION = {todo: action for action, todo in _STATUS_OF_TODO.items()}

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


# Actions as ToDos ------------------------------------------------------------------------------------------


def sync_todos(plan: Document) -> None:
	"""Makes the ToDos say what the plan's actions say: every open action of an active plan is one of its owner."""
	before = plan.get_doc_before_save()
	kept = {row.todo for row in plan.actions}
	for row in before.actions if before else ():
		if row.todo and row.todo not in kept:
			_set_todo(row.todo, {"status": _STATUS_OF_TODO[CANCELLED]})
	for row in plan.actions:
		wanted = {
			"allocated_to": row.allocated_to,
			"date": getdate(row.due_on),
			"description": _described(plan, row),
			"status": _STATUS_OF_TODO[row.status],
		}
		if row.status == OPEN and plan.status != ACTIVE:
			wanted["status"] = _STATUS_OF_TODO[CANCELLED]
		if row.todo and frappe.db.exists("ToDo", row.todo):
			_set_todo(row.todo, wanted)
		elif wanted["status"] == "Open":
			row.db_set("todo", _make_todo(plan, wanted), update_modified=False)


def _described(plan: Document, row: Document) -> str:
	text = escape_html(_plain(row.action)).replace("\n", "<br>")
	return f"{text} ({escape_html(plan.title)})"


def _plain(action: str) -> str:
	"""An action as it was typed: Frappe keeps < and > of what looks like a tag as entities."""
	return html.unescape(action).strip()


def _make_todo(plan: Document, values: dict) -> str:
	todo = frappe.get_doc(
		{
			"doctype": "ToDo",
			"reference_type": "Account Plan",
			"reference_name": plan.name,
			"assigned_by": frappe.session.user,
			**values,
		}
	)
	todo.flags.from_account_plan = True
	return todo.insert(ignore_permissions=True).name


def _set_todo(name: str, values: dict) -> None:
	if not frappe.db.exists("ToDo", name):
		return
	todo = frappe.get_doc("ToDo", name)
	changed = {
		field: value
		for field, value in values.items()
		if (getdate(todo.get(field)) if field == "date" and todo.get(field) else todo.get(field)) != value
	}
	# What reads the same is left: ToDo keeps its text as an editor wrote it.
	if "description" in changed and strip_html(todo.description or "") == strip_html(changed["description"]):
		del changed["description"]
	if changed:
		todo.update(changed)
		todo.flags.from_account_plan = True
		todo.save(ignore_permissions=True)


def end_todos(plan: Document) -> None:
	"""Before a plan is deleted: nobody is to do what no plan asks for."""
	frappe.db.set_value(
		"ToDo",
		{"reference_type": "Account Plan", "reference_name": plan.name, "status": "Open"},
		"status",
		"Cancelled",
	)


def todo_changed(todo: Document) -> None:
	"""Writes what happened to a ToDo onto its action: closed, reassigned, put off."""
	row = frappe.db.get_value(
		"Account Plan Action",
		{"todo": todo.name},
		["name", "parent", "status", "allocated_to", "due_on", "done_on"],
		as_dict=True,
	)
	if not row or frappe.db.get_value("Account Plan", row.parent, "status") != ACTIVE:
		return
	status = _STATUS_OF_ACTION.get(todo.status, row.status)
	wanted = {
		"status": status,
		"allocated_to": todo.allocated_to or row.allocated_to,
		"due_on": getdate(todo.date) if todo.date else row.due_on,
		"done_on": (row.done_on or getdate()) if status == DONE else None,
	}
	if any(row[field] != value for field, value in wanted.items()):
		_write_row(row, wanted)


def todo_deleted(todo: Document) -> None:
	"""An open action whose ToDo was deleted gets a new one when the plan is saved next."""
	row = frappe.db.get_value("Account Plan Action", {"todo": todo.name}, ["name", "parent"], as_dict=True)
	if row:
		_write_row(row, {"todo": None})


def _write_row(row: frappe._dict, values: dict) -> None:
	"""Written past the plan: whoever closes a ToDo need not be able to save the plan it came from."""
	frappe.db.set_value("Account Plan Action", row.name, values, update_modified=False)
	# A form that was open before would save the old row back; it is told so instead.
	frappe.db.set_value("Account Plan", row.parent, "modified", now(), update_modified=False)
	frappe.get_doc("Account Plan", row.parent).notify_update()


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
				**_due(row.next_review_on, today),
				"detail": "" if row.plan_owner == user else get_fullname(row.plan_owner),
			}
			for row in rows[:_ROWS]
		],
	}


def actions_due(user: str, now: datetime) -> dict | None:
	"""My Day: the open actions of account plans that a user is to do today or should have done (L10).

	They are shown to whoever has to do them, and to nobody who may not see the plan beside them.
	"""
	plan, action = DocType("Account Plan"), DocType("Account Plan Action")
	today = now.date()
	query = (
		frappe.qb.from_(action)
		.join(plan)
		.on((plan.name == action.parent) & (plan.status == ACTIVE))
		.select(action.action, action.due_on, action.todo, plan.title)
		.select(analytics.Count("*").over().as_("total"))
		.where((action.allocated_to == user) & (action.status == OPEN) & (action.due_on <= today))
		.orderby(action.due_on, plan.name, action.idx)
		.limit(_ROWS)
	)
	rows = query.run(as_dict=True) if user == frappe.session.user else _readable("Account Plan", query)
	if not rows:
		return None
	filters = urlencode({"allocated_to": user, "status": "Open", "reference_type": "Account Plan"})
	return {
		"key": "account-plan-actions",
		"label": _("Actions of Account Plans"),
		"total": rows[0].total,
		"all": f"/app/todo?{filters}",
		"rows": [
			{
				"title": " ".join(_plain(row.action).split())[:140],
				"route": f"/app/todo/{quote(row.todo)}" if row.todo else "",
				**_due(row.due_on, today),
				"detail": row.title,
			}
			for row in rows
		],
	}


def _due(day: date, today: date) -> dict[str, str]:
	if day == today:
		return {"tone": "orange", "why": _("Due today")}
	return {"tone": "red", "why": _("Due since {0}").format(frappe.format(day, {"fieldtype": "Date"}))}


def _readable(doctype: str, query: QueryBuilder) -> list[frappe._dict]:
	"""What a query of a doctype finds that the caller may read."""
	match = access.readable(doctype, frappe.session.user)
	if match is None:
		return []
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	return query.run(as_dict=True)
