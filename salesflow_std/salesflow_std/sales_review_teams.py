"""The teams that meet: who leads them, and who is in them (M6).

A team is a group of the Sales Person tree whose employee logs in as a manager, with the people below it. Where no group
has such a leader, the company meets as one team: led by whoever the settings name to hear of what is not done, where that
is a manager, else by the first Sales Manager.
"""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe.utils.user import get_users_with_role

from salesflow_std.salesflow_std import reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


@dataclass(frozen=True)
class Team:
	"""A team: its node of the tree (None for the whole company), its people as ``{sales_person: user}``."""

	sales_person: str | None
	company: str
	manager: str
	people: dict[str, str]

	@property
	def users(self) -> list[str]:
		"""The users of its people, each once."""
		return sorted(set(self.people.values()))


def teams() -> list[Team]:
	"""All teams that meet, in a stable order."""
	found = []
	for row in _groups():
		people = people_below(row.sales_person, row.manager)
		if people and reps.is_manager(row.manager):
			found.append(Team(row.sales_person, row.company or default_company(), row.manager, people))
	if found:
		return [team for team in found if team.company]
	company, leader = default_company(), leader_of_all()
	return [Team(None, company, leader, people_below(None, leader))] if company and leader else []


def team_at(sales_person: str | None, company: str, manager: str) -> Team:
	"""The team of a sheet, as the tree is now."""
	return Team(sales_person, company, manager, people_below(sales_person, manager))


def led_by(user: str) -> list[Team]:
	"""The teams that a user leads."""
	return [team for team in teams() if team.manager == user]


def default_company() -> str | None:
	"""The company of those whose employee names none."""
	return frappe.db.get_single_value("Global Defaults", "default_company") or frappe.db.get_value(
		"Company", {}, "name", order_by="creation, name"
	)


def leader_of_all() -> str | None:
	"""Who leads the company's sales where no tree says so."""
	named = settings().escalation_user
	if named and reps.is_enabled(named) and reps.is_manager(named):
		return named
	managers = set(get_users_with_role("Sales Manager")) - {"Administrator"}
	return next((user for user in sorted(managers) if reps.is_enabled(user)), None)


def people_below(sales_person: str | None, manager: str) -> dict[str, str]:
	"""The Sales Persons who sell below a node (anywhere, without one), each with the enabled user; not who leads."""
	employee, person = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person")
	account = frappe.qb.DocType("User")
	query = (
		frappe.qb.from_(person)
		.join(employee)
		.on(employee.name == person.employee)
		.join(account)
		.on(account.name == employee.user_id)
		.select(person.name, account.name.as_("user"))
		.where((person.enabled == 1) & (account.enabled == 1) & (account.name != manager))
		.orderby(person.lft)
	)
	if sales_person:
		top = frappe.qb.DocType("Sales Person").as_("top")
		query = (
			query.join(top)
			.on((person.lft > top.lft) & (person.rgt < top.rgt))
			.where(top.name == sales_person)
		)
	return {row.name: row.user for row in query.run(as_dict=True)}


def _groups() -> list[frappe._dict]:
	employee, person = frappe.qb.DocType("Employee"), frappe.qb.DocType("Sales Person")
	account = frappe.qb.DocType("User")
	return (
		frappe.qb.from_(person)
		.join(employee)
		.on(employee.name == person.employee)
		.join(account)
		.on(account.name == employee.user_id)
		.select(person.name.as_("sales_person"), account.name.as_("manager"), employee.company)
		.where((person.is_group == 1) & (person.enabled == 1) & (account.enabled == 1))
		.orderby(person.lft)
		.run(as_dict=True)
	)
