"""Where somebody is known, but nobody who decides: reaching that person becomes a task (P2)."""

from __future__ import annotations

import frappe
from frappe.utils import now_datetime

from salesflow_std.engine import profile as rules
from salesflow_std.engine import worktime
from salesflow_std.salesflow_std import company_facts, follow_ups, profiles
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)


def follow(profile: str | None) -> None:
	"""Makes, keeps or takes away a company's task to reach who decides; there is never more than one open.

	It stands on the newest open opportunity, else on the newest open lead outside the nurture pool, and is
	due after the settings' time. Running it twice changes nothing.
	"""
	if not profile:
		return
	# Two who write at the same time would make two.
	frappe.db.get_value("Customer Profile", profile, "name", for_update=True)
	people = profiles.people_of(frappe.get_doc("Customer Profile", profile))
	members = profiles.members(profile)
	subjects = _subjects(members)
	tasks = _open_tasks(subjects)
	if not people:
		if not tasks:
			return
		follow_ups.cancel([task.name for task in tasks], "The decision chain is empty.")
	elif rules.is_decider_reached(people):
		follow_ups.cancel([task.name for task in tasks], "The decision maker has been reached.")
	elif tasks:
		follow_ups.cancel(
			[task.name for task in tasks[1:]], "Another document of the customer has this task."
		)
	elif all(person.left for person in people) and not company_facts.read({profile: members})[profile].people:
		pass  # nobody to go through
	else:
		_make(subjects)
	for doctype, row in subjects:
		if follow_ups.is_open(doctype, row):
			follow_ups.plan(doctype, row.name)


def let_go(doctype: str, name: str) -> None:
	"""Takes the task off a document that has left the company's family."""
	tasks = [
		touch.name
		for touch in follow_ups.open_touches(doctype, name)
		if touch.kind == "Task" and touch.goal == follow_ups.DECISION_MAKER
	]
	if tasks:
		follow_ups.cancel(tasks, "The document is not of this customer any more.")
		follow_ups.plan(doctype, name)


def open_task(profile: str) -> frappe._dict | None:
	"""The company's open task to reach who decides: name, due_on, allocated_to."""
	tasks = _open_tasks(_subjects(profiles.members(profile), lock=False))
	return tasks[0] if tasks else None


def _subjects(members: list[tuple[str, str]], lock: bool = True) -> list[tuple[str, frappe._dict]]:
	"""The opportunities of a company, then its leads, each the newest first."""
	names: dict[str, list[str]] = {}
	for doctype, name in members:
		names.setdefault(doctype, []).append(name)
	opportunities: list[str] = []
	for doctype, of_doctype in names.items():
		opportunities += frappe.get_all(
			"Opportunity",
			filters={
				"opportunity_from": doctype,
				"party_name": ("in", of_doctype),
				"status": ("in", follow_ups.SUBJECTS["Opportunity"].open_statuses),
			},
			pluck="name",
			order_by="name",
		)
	found = []
	for doctype, of_doctype in (("Opportunity", opportunities), ("Lead", names.get("Lead", []))):
		if of_doctype:
			rows = follow_ups.read(doctype, of_doctype, lock)
			rows.sort(key=lambda row: row.creation, reverse=True)
			found += [(doctype, row) for row in rows]
	return found


def _open_tasks(subjects: list[tuple[str, frappe._dict]]) -> list[frappe._dict]:
	if not subjects:
		return []
	return frappe.get_all(
		"Follow Up",
		filters={
			"reference_name": ("in", [row.name for _doctype, row in subjects]),
			"status": follow_ups.PLANNED,
			"kind": "Task",
			"goal": follow_ups.DECISION_MAKER,
		},
		fields=["name", "due_on", "allocated_to", "reference_doctype", "reference_name"],
		order_by="due_on, name",
	)


def _make(subjects: list[tuple[str, frappe._dict]]) -> None:
	current = settings()
	if not current.reach_amount or not current.plan_follow_ups:
		return
	for doctype, row in subjects:
		if not follow_ups.is_open(doctype, row) or row.get("sf_in_nurture"):
			continue
		planning = follow_ups.Planning()
		unit = current.reach_unit or "Working Days"
		due = worktime.add(now_datetime(), current.reach_amount, unit, working_calendar(row.company))
		due = due.replace(microsecond=0)
		planning.put(doctype, row, "Task", due, "Phone", follow_ups.DECISION_MAKER, beside=True)
		return
