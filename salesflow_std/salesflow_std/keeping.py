"""Keeping what is known true (P5): which profiles are looked at again, by whom and when.

A profile is kept while its company is worked with: an enabled customer, a prospect, an open lead or opportunity.
Its two dates are counted from the last review and the last confirmation, or from its making. They stand on the
profile with whoever is responsible, so that My Day finds them by index; the nightly job brings them up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

import frappe
from frappe import _
from frappe.utils import date_diff, getdate, now_datetime
from pypika.terms import Term

from salesflow_std.engine import keeping
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import bulk, follow_ups, grading, profiles, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

# A customer without a profile gets one where somebody looks after it, or where it weighs.
WEIGHTY_GRADES = ("A", "B")
# So many days overdue, and the manager is told.
ESCALATE_AFTER = 7

_ROWS = 10


class Keeper(NamedTuple):
	"""The document that is furthest along, and who looks after the company."""

	doctype: str
	name: str
	user: str
	company: str | None


def keepers(names: Iterable[str]) -> dict[str, Keeper]:
	"""Who looks after each of some profiles; one that is not kept is missing.

	Of several documents the furthest along that names somebody decides, else whoever made the first of them.
	"""
	found: dict[str, Keeper] = {}
	named: set[str] = set()
	names = sorted(names)
	for doctype in profiles.PARTIES:
		owner_field = profiles.OWNER_FIELDS[doctype]
		for row in _kept_documents(doctype, owner_field, names):
			owner = row.responsible
			if row.sf_profile not in found:
				found[row.sf_profile] = Keeper(doctype, row.name, owner or row.owner, row.get("company"))
			elif owner and row.sf_profile not in named:
				found[row.sf_profile] = found[row.sf_profile]._replace(user=owner)
			if owner:
				named.add(row.sf_profile)
	return found


def _kept_documents(doctype: str, owner_field: str, names: list[str]) -> list[frappe._dict]:
	"""The documents of profiles that are worked with, the newest first."""
	table = frappe.qb.DocType(doctype)
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.sf_profile, table.owner, table[owner_field].as_("responsible"))
		.where(bulk.Among(table.sf_profile, names))
		.orderby(table.creation, order=frappe.qb.desc)
		.orderby(table.name)
	)
	if doctype == "Customer":
		query = query.where(table.disabled == 0)
	else:
		query = query.select(table.company)
	if doctype == "Lead":
		query = query.where(_open_lead(table))
	return query.run(as_dict=True)


def _open_lead(lead: Term) -> Term:
	"""An open lead, or one that has become an open opportunity; not one that is lost, disabled or invalid (L3)."""
	opportunity = frappe.qb.DocType("Opportunity")
	worked_on = (
		frappe.qb.from_(opportunity)
		.select(opportunity.party_name)
		.where(opportunity.opportunity_from == "Lead")
		.where(opportunity.status.isin(grading.OPEN_OPPORTUNITY_STATUSES))
		.where(opportunity.party_name == lead.name)
	)
	invalid = lead.sf_invalid_reason
	return (
		(lead.disabled == 0)
		& (invalid.isnull() | (invalid == ""))
		& (lead.status.isin(follow_ups.SUBJECTS["Lead"].open_statuses) | lead.name.isin(worked_on))
	)


# The dates


def works_on(user: str, company: str | None) -> Callable[[date], bool]:
	"""Whether a day is one of work: for the company, and for whoever looks after the customer."""
	calendar, off = working_calendar(company), reps.days_off(user)
	return lambda day: calendar.is_working_day(day) and day not in off


def due_dates(profile: frappe._dict, keeper: Keeper) -> tuple[date | None, date | None]:
	"""When a profile is due for review and for confirmation (P5), by the settings; None for never."""
	works = works_on(keeper.user, keeper.company)
	made = getdate(profile.creation)
	reviewed = getdate(profile.reviewed_on) if profile.reviewed_on else made
	confirmed = getdate(profile.confirmed_on) if profile.confirmed_on else made
	current = settings()
	return (
		keeping.due_on(reviewed, current.profile_review_months or 0, works),
		keeping.due_on(confirmed, current.profile_confirm_months or 0, works),
	)


def fill(names: list[str]) -> int:
	"""Brings responsible persons and missing due dates of some profiles up to date; returns how many changed.

	A date that is there stays: it changes with the next review, or when the settings do (`settings_changed`).
	A profile that nobody works with any more has none.
	"""
	kept = keepers(names)
	changes: dict[tuple, list[str]] = {}
	for row in frappe.get_all(
		"Customer Profile",
		filters={"name": ("in", names)},
		fields=[
			"name",
			"creation",
			"reviewed_on",
			"confirmed_on",
			"review_due",
			"confirm_due",
			"responsible",
		],
		order_by="name",
	):
		before = (row.responsible, row.review_due, row.confirm_due)
		after = _wanted(row, kept.get(row.name))
		if after != before:
			changes.setdefault(after, []).append(row.name)
	for (user, review, confirm), alike in changes.items():
		table = frappe.qb.DocType("Customer Profile")
		(
			frappe.qb.update(table)
			.set(table.responsible, user)
			.set(table.review_due, review)
			.set(table.confirm_due, confirm)
			.where(bulk.Among(table.name, alike))
			.run()
		)
	return sum(map(len, changes.values()))


def _wanted(row: frappe._dict, keeper: Keeper | None) -> tuple:
	if keeper is None:
		return None, None, None
	try:
		review, confirm = due_dates(row, keeper)
	except (EngineError, ValueError, OverflowError):
		# One profile with an impossible date never stops the rest.
		frappe.log_error(title=f"Salesflow: no due dates for {row.name}")
		return keeper.user, row.review_due, row.confirm_due
	return (
		keeper.user,
		(row.review_due or review) if review else None,
		(row.confirm_due or confirm) if confirm else None,
	)


def done(profile: str, confirmed: bool, on: datetime, with_whom: str | None = None) -> None:
	"""Writes down that a profile was reviewed, or confirmed with the customer, and when it is due next (P5).

	What the customer has confirmed is reviewed as well.
	"""
	user = frappe.session.user
	now = now_datetime()
	values: dict[str, object] = {"reviewed_on": now, "reviewed_by": user}
	if confirmed:
		values.update(confirmed_on=on, confirmed_with=with_whom, confirmed_by=user)
	row = frappe.db.get_value(
		"Customer Profile", profile, ["creation", "reviewed_on", "confirmed_on", "confirm_due"], as_dict=True
	)
	row.update(values)
	keeper = keepers([profile]).get(profile)
	if keeper:
		review, confirm = due_dates(row, keeper)
		values.update(responsible=keeper.user, review_due=review)
		values["confirm_due"] = confirm if confirmed else row.confirm_due or confirm
	frappe.db.set_value("Customer Profile", profile, values)


def settings_changed(doc: frappe.model.document.Document, method: str | None = None) -> None:
	"""After other intervals were set, all dates are counted anew, in the background."""
	before = doc.get_doc_before_save()
	fields = {"profile_review_months": "review_due", "profile_confirm_months": "confirm_due"}
	moved = [date for months, date in fields.items() if before and before.get(months) != doc.get(months)]
	if not moved:
		return
	table = frappe.qb.DocType("Customer Profile")
	query = frappe.qb.update(table)
	for fieldname in moved:
		query = query.set(table[fieldname], None)
	query.run()
	frappe.enqueue(
		"salesflow_std.jobs.profile_clock.set_due_dates",
		queue="long",
		job_id="salesflow_std.set_due_dates",
		deduplicate=True,
		enqueue_after_commit=True,
	)


# What waits for whom


def _due(table: Term, today: date) -> Term:
	return (table.review_due <= today) | (table.confirm_due <= today)


def my_day(user: str, now: datetime) -> dict | None:
	"""The profiles that a user has to review or confirm, for My Day; None where there is none (P5)."""
	today = now.date()
	table = frappe.qb.DocType("Customer Profile")
	# Each half finds its rows in an index of its own.
	due: dict[str, date] = {}
	for fieldname in ("review_due", "confirm_due"):
		for name, day in (
			frappe.qb.from_(table)
			.select(table.name, table[fieldname])
			.where((table.responsible == user) & (table[fieldname] <= today))
			.run()
		):
			due[name] = min(day, due.get(name, day))
	if not due:
		return None
	first = sorted(due, key=lambda name: (due[name], name))[:_ROWS]
	rows = frappe.get_list(
		"Customer Profile",
		filters={"name": ("in", first)},
		fields=["name", "company_name", "review_due", "confirm_due"],
		order_by="name",
	)
	if not rows:
		return None
	rows.sort(key=lambda row: (due[row.name], row.name))
	heads = keepers(row.name for row in rows)
	return {
		"key": "confirm_facts",
		"label": _("Customer Facts to Keep True"),
		"total": len(due),
		"all": f"/app/customer-profile/view/list?responsible={user}",
		"rows": [_day_row(row, heads[row.name], today) for row in rows if row.name in heads],
	}


def _day_row(row: frappe._dict, head: Keeper, today: date) -> dict:
	confirm = bool(row.confirm_due and row.confirm_due <= today)
	due = row.confirm_due if confirm else row.review_due
	late = date_diff(today, due)
	return {
		"title": row.company_name or row.name,
		"route": page_of(head.doctype, head.name),
		"tone": "red" if late > ESCALATE_AFTER else "orange" if late else "blue",
		"why": _("Confirm with the customer") if confirm else _("Review", context="Salesflow"),
		"detail": _("due {0}").format(frappe.format(due, {"fieldtype": "Date"})),
	}


def page_of(doctype: str, name: str) -> str:
	"""Where all of a customer's facts are confirmed in one go."""
	return f"/app/confirm-facts/{frappe.utils.quote(doctype)}/{frappe.utils.quote(name, safe='')}"


def customers_without(after: str, limit: int) -> list[str]:
	"""Enabled customers without a profile that somebody looks after or that weigh, behind a name."""
	table = frappe.qb.DocType("Customer")
	managed = table.account_manager
	return (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.disabled == 0) & (table.name > after))
		.where(table.sf_profile.isnull() | (table.sf_profile == ""))
		.where((managed.isnotnull() & (managed != "")) | table.sf_grade.isin(WEIGHTY_GRADES))
		.orderby(table.name)
		.limit(limit)
		.run(pluck=True)
	)


def waiting(today: date, after_days: int = 0) -> list[frappe._dict]:
	"""Profiles of which somebody has not been told yet that they are due, or for so many days (`to_remind`)."""
	told_field = "escalated_on" if after_days else "reminded_on"
	table = frappe.qb.DocType("Customer Profile")
	rows = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.company_name,
			table.responsible,
			table.review_due,
			table.confirm_due,
			table[told_field].as_("told_on"),
		)
		.where(table.responsible.isnotnull() & _due(table, today))
		.orderby(table.responsible, table.name)
		.run(as_dict=True)
	)
	return [
		row
		for row in rows
		if any(
			keeping.to_remind(due, row.told_on and getdate(row.told_on), today, after_days)
			for due in (row.review_due, row.confirm_due)
		)
	]


def told(names: Iterable[str], after_days: int = 0) -> None:
	"""Notes that somebody was told of profiles that are due."""
	table = frappe.qb.DocType("Customer Profile")
	field = table.escalated_on if after_days else table.reminded_on
	frappe.qb.update(table).set(field, now_datetime()).where(bulk.Among(table.name, names)).run()
