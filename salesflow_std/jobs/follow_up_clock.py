"""What the clock does to follow-ups: plans what has none, marks what was missed, tells the manager (F1-F5).

Every step is set-based, in chunks that are transactions of their own, and finds nothing to do the second
time. A killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable

import frappe
from frappe.utils import add_to_date, get_fullname, now_datetime
from pypika import Case, Table
from pypika.terms import Criterion
from rq.timeouts import JobTimeoutException

from salesflow_std.engine import leads
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import bulk, care_plans, handover, notices, reps
from salesflow_std.salesflow_std.cadences import cadences
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.follow_ups import (
	BY_ITSELF,
	CUSTOMER,
	DONE,
	HOLDS_RHYTHM,
	MISSED,
	PLANNED,
	REFERENCES,
	SUBJECTS,
	Planning,
)
from salesflow_std.salesflow_std.plans import planning_of
from salesflow_std.salesflow_std.touches import REACHED

CHUNK = 2000
_Planning = Planning | care_plans.CarePlanning
_TRIES = 3
# What was missed longer ago is no news to a manager, whatever has changed since; nor is it looked through.
_TELL_WITHIN_DAYS = 7


def tick() -> None:
	"""Runs at every tick of the scheduler; idle when nothing is due."""
	run_each((end_plans, mark_missed, plan_due, escalate, end_handovers, escalate_handovers))


def plan_due() -> int:
	"""Plans all open documents that should have a next touch and have none (F1, F2); returns how many.

	Where planning is switched off, the plans there are end instead.
	"""
	if not settings().plan_follow_ups:
		touch = frappe.qb.DocType("Follow Up")
		for doctype in REFERENCES:
			planned = (
				frappe.qb.from_(touch)
				.select(touch.reference_name)
				.where((touch.reference_doctype == doctype) & (touch.status == PLANNED))
				.where(touch.kind.isin(BY_ITSELF))
			)
			plan_all(doctype, frappe.qb.DocType(doctype).name.isin(planned))
		return 0
	return sum(plan_all(doctype, _unplanned(doctype)) for doctype in SUBJECTS)


def end_plans() -> int:
	"""Ends the plans of documents that have ended on a path that told nobody; returns how many."""
	count = 0
	for doctype, subject in SUBJECTS.items():
		table = frappe.qb.DocType(doctype)
		ended = table.status.notin(subject.open_statuses) & table.sf_next_touch_on.isnotnull()
		count += plan_all(doctype, ended)
	return count


def _unplanned(doctype: str) -> Criterion:
	table = frappe.qb.DocType(doctype)
	grades = {grade for of in cadences(doctype) for grade in of.policy.rhythms}
	graded = (table.sf_grade != "") if "" in grades else table.sf_grade.isin(sorted(grades) or [""])
	due = table.status.isin(SUBJECTS[doctype].open_statuses) & table.sf_next_touch_on.isnull()
	if doctype != "Lead":
		return due & graded
	waiting = table.sf_first_touch_status.isin((leads.PENDING, leads.OVERDUE))
	invalid = table.sf_invalid_reason.isnotnull() & (table.sf_invalid_reason != "")
	# Light touches go by mail, which the unsubscribed get no more; whoever closed the channel has planned.
	silent = (table.unsubscribed == 1) & (table.sf_in_nurture == 1)
	return due & (graded | waiting) & (table.disabled == 0) & invalid.negate() & silent.negate()


def plan_all(doctype: str, which: Criterion) -> int:
	"""Plans all documents a criterion selects, a transaction for each chunk; returns how many.

	They are walked through by name: what cannot be planned must not come round again.
	"""
	table = frappe.qb.DocType(doctype)
	planning = planning_of(doctype)
	after, count = "", 0
	while True:
		names = (
			frappe.qb.from_(table)
			.select(table.name)
			.where(which & (table.name > after))
			.orderby(table.name)
			.limit(CHUNK)
			.run(pluck=True)
		)
		if not names:
			return count
		planned, planning = _plan_chunk(planning, doctype, names)
		count += planned
		after = names[-1]


def _plan_chunk(planning: _Planning, doctype: str, names: list[str]) -> tuple[int, _Planning]:
	"""One chunk as a transaction; where it fails, its documents one by one, so that one broken record never
	stops the rest. Returns how many are planned now, and the planning to go on with.

	That is a new one after a failure: the loads and the notices of what was rolled back go with it.
	"""
	for attempt in range(1, _TRIES + 1):
		try:
			dues = planning.plan(doctype, names)
			frappe.db.commit()  # nosemgrep - a chunk is whole in itself
			return sum(due is not None for due in dues.values()), planning
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			frappe.db.rollback()
			if attempt == _TRIES:
				raise
			planning = planning_of(doctype)
		except JobTimeoutException:
			raise
		except Exception:
			frappe.db.rollback()
			return sum(_plan_alone(doctype, name) for name in names), planning_of(doctype)
	return 0, planning


def _plan_alone(doctype: str, name: str) -> int:
	try:
		due = planning_of(doctype).plan(doctype, [name]).get(name)
		frappe.db.commit()  # nosemgrep - each document for itself
		return int(due is not None)
	except JobTimeoutException:
		raise
	except Exception:
		frappe.db.rollback()
		frappe.log_error(
			title="Follow-up could not be planned", reference_doctype=doctype, reference_name=name
		)
		return 0


def plan_anew(doctype: str) -> None:
	"""After a policy has changed: looks at all plans of a doctype. What is right already stays.

	The documents are asked for a plan first, in chunks; so a killed run is finished by the next tick.
	"""
	if doctype == CUSTOMER:
		plan_all(CUSTOMER, care_plans.wanted() | frappe.qb.DocType(CUSTOMER).sf_next_touch_on.isnotnull())
	if doctype not in SUBJECTS:
		return
	table = frappe.qb.DocType(doctype)
	after = ""
	while True:
		names = (
			frappe.qb.from_(table)
			.select(table.name)
			.where(table.sf_next_touch_on.isnotnull() & (table.name > after))
			.orderby(table.name)
			.limit(CHUNK)
			.run(pluck=True)
		)
		if not names:
			break
		frappe.qb.update(table).set(table.sf_next_touch_on, None).where(table.name.isin(names)).run()
		frappe.db.commit()  # nosemgrep - the locks of a chunk go before the next one
		after = names[-1]
	plan_all(doctype, _unplanned(doctype))
	end_orphans(doctype)


def end_orphans(doctype: str) -> None:
	"""Plans documents that were asked for a plan and are nobody's to plan, but still have an open touch.

	Their policy holds no more, or they have no rhythm and something was agreed. Whoever asks for plans by
	taking the next touch away calls this at the end: for every tick, it looks at too many open touches.
	"""
	if doctype not in SUBJECTS:
		return
	table, touch = frappe.qb.DocType(doctype), frappe.qb.DocType("Follow Up")
	has_touch = table.name.isin(
		frappe.qb.from_(touch)
		.select(touch.reference_name)
		.where((touch.reference_doctype == doctype) & (touch.status == PLANNED) & (touch.kind != "New Score"))
	)
	orphaned = table.sf_next_touch_on.isnull() & has_touch
	if settings().plan_follow_ups:
		# The others are planned at the next tick. A document without a grade answers neither yes nor no.
		orphaned = orphaned & (Case().when(_unplanned(doctype), 1).else_(0) == 0)
	plan_all(doctype, orphaned)


def follow_absence(rep: str) -> None:
	"""Has all touches of a rep follow absences and stand-ins (F4)."""
	touch = frappe.qb.DocType("Follow Up")
	for doctype in REFERENCES:
		names = (
			frappe.qb.from_(touch)
			.select(touch.reference_name)
			.distinct()
			.where((touch.reference_doctype == doctype) & (touch.status == PLANNED))
			.where((touch.allocated_to == rep) | (touch.stands_in_for == rep))
			.orderby(touch.reference_name)
			.run(pluck=True)
		)
		planning = planning_of(doctype)
		for i in range(0, len(names), CHUNK):
			_planned, planning = _plan_chunk(planning, doctype, names[i : i + CHUNK])


# Missed touches and escalation ---------------------------------------------------------------------------


def mark_missed() -> int:
	"""Touches of the rhythm that were not done in time are missed, and the next one is planned (F5).

	First touches, replies, promises and meetings do not go away by being late: they stay open and overdue.
	Returns how many were missed.
	"""
	touch = frappe.qb.DocType("Follow Up")
	count = 0
	while True:
		now = now_datetime()
		rows = (
			frappe.qb.from_(touch)
			.select(touch.name, touch.reference_doctype, touch.reference_name)
			.where((touch.status == PLANNED) & (touch.late_on < now) & (touch.kind == "Rhythm"))
			.limit(CHUNK)
			.run()
		)
		if not rows:
			return count
		names = [row[0] for row in rows]
		(
			frappe.qb.update(touch)
			.set(touch.status, MISSED)
			.set(touch.open_key, None)
			.set(touch.modified, now)
			.where(touch.name.isin(names) & (touch.status == PLANNED))
			.run()
		)
		for doctype in REFERENCES:
			table = frappe.qb.DocType(doctype)
			missed = [row[2] for row in rows if row[1] == doctype]
			if missed:
				frappe.qb.update(table).set(table.sf_next_touch_on, None).where(table.name.isin(missed)).run()
		# The locks of a chunk go before the next one.
		frappe.db.commit()  # nosemgrep
		count += len(rows)


def escalate() -> int:
	"""Tells managers of overdue first touches and missed follow-ups, once for each case (F5); returns how many.

	A row of missed touches is one case, as long as nobody has reached the customer in between.
	"""
	count = 0
	for find in (_overdue_first_touches, _late_first_touches, _missed_touches, _overdue_by_word):
		after = ""
		# By name, so that a case that cannot be told does not come round again and again.
		while rows := find(after):
			count += _escalate_safely(rows, _escalate_chunk)
			after = rows[-1].name
	return count


def _escalate_safely(
	rows: list[frappe._dict], tell: Callable[[list[frappe._dict]], int], doctype: str = "Follow Up"
) -> int:
	"""A chunk as one transaction; where it fails, its cases one by one, so that one never stops the rest."""
	try:
		count = tell(rows)
		# A case is marked and told in one transaction: after a kill it is either both or neither.
		frappe.db.commit()  # nosemgrep
		return count
	except JobTimeoutException:
		raise
	except Exception:
		frappe.db.rollback()
		if len(rows) > 1:
			return sum(_escalate_safely([row], tell, doctype) for row in rows)
		frappe.log_error(
			title=f"{doctype} could not be escalated",
			reference_doctype=doctype,
			reference_name=rows[0].name,
		)
		return 0


_CASE = (
	"name",
	"reference_doctype",
	"reference_name",
	"title",
	"allocated_to",
	"stands_in_for",
	"kind",
	"due_on",
	"policy",
)


def _overdue_first_touches(after: str = "") -> list[frappe._dict]:
	"""First touches behind their deadline (L7); a try in vain has not met it.

	Where the deadline had passed before the lead got its grade, nobody could have met it.
	"""
	touch, lead = frappe.qb.DocType("Follow Up"), frappe.qb.DocType("Lead")
	return (
		frappe.qb.from_(touch)
		.join(lead)
		.on((lead.name == touch.reference_name) & (touch.reference_doctype == "Lead"))
		.select(*(touch[field] for field in _CASE))
		.where((touch.status == PLANNED) & (touch.kind == "First Touch") & touch.escalated_on.isnull())
		.where((lead.sf_first_touch_due < now_datetime()) & lead.sf_first_touched_on.isnull())
		.where(_could_be_met(lead))
		.where(touch.name > after)
		.orderby(touch.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _late_first_touches(after: str = "") -> list[frappe._dict]:
	"""First touches that were made, too late, before the clock came by."""
	touch, lead = frappe.qb.DocType("Follow Up"), frappe.qb.DocType("Lead")
	return (
		frappe.qb.from_(touch)
		.join(lead)
		.on((lead.name == touch.reference_name) & (touch.reference_doctype == "Lead"))
		.select(*(touch[field] for field in _CASE))
		.where((touch.status == DONE) & (touch.kind == "First Touch") & touch.escalated_on.isnull())
		.where((touch.due_on > add_to_date(now_datetime(), days=-30)) & (touch.done_on > touch.due_on))
		.where(touch.outcome.isin(REACHED))
		.where(_could_be_met(lead))
		.where(touch.name > after)
		.orderby(touch.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _could_be_met(lead: Table) -> Criterion:
	"""A lead whose deadline of the first touch still ran when it was graded."""
	return lead.sf_graded_on.isnull() | (lead.sf_first_touch_due >= lead.sf_graded_on)


def _missed_touches(after: str = "") -> list[frappe._dict]:
	"""Touches missed lately, unless their policy keeps them to itself: a disabled one does so as well."""
	touch = frappe.qb.DocType("Follow Up")
	silent = frappe.get_all("Cadence Policy", filters={"escalate": 0}, pluck="name", order_by="name")
	query = (
		frappe.qb.from_(touch)
		.select(*(touch[field] for field in _CASE))
		.where((touch.status == MISSED) & touch.escalated_on.isnull())
		.where(touch.late_on > add_to_date(now_datetime(), days=-_TELL_WITHIN_DAYS))
		.where(touch.name > after)
		.orderby(touch.name)
		.limit(CHUNK)
	)
	if silent:
		query = query.where(touch.policy.notin(silent))
	return query.run(as_dict=True)


def _overdue_by_word(after: str = "") -> list[frappe._dict]:
	"""What somebody waits for: replies, promises, meetings, and tasks planned by hand or for the decision chain (P2)."""
	touch = frappe.qb.DocType("Follow Up")
	return (
		frappe.qb.from_(touch)
		.select(*(touch[field] for field in _CASE))
		.where((touch.status == PLANNED) & (touch.late_on < now_datetime()))
		.where(touch.kind.isin((*HOLDS_RHYTHM, "Task")) & touch.escalated_on.isnull())
		.where(touch.name > after)
		.orderby(touch.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


WHAT = {
	"First Touch": "First touch overdue",
	"Rhythm": "Touch missed",
	"Reply": "Reply not answered",
	"Promise": "Promised date missed",
	"Meeting": "Meeting not written up",
	"Task": "Task overdue",
}


def _escalate_chunk(rows: list[frappe._dict]) -> int:
	now = now_datetime()
	of_manager: dict[str, list[dict]] = {}
	marks: dict[tuple, list[str]] = {}
	managers_of: dict[str, list[str]] = {}
	earlier = _open_cases(rows)
	for row in rows:
		about = (row.reference_doctype, row.reference_name, row.kind)
		case = earlier.get(about)
		if case:  # one more of the same case
			marks.setdefault((case.escalated_on, case.escalated_to, now), []).append(row.name)
			continue
		rep = row.stands_in_for or row.allocated_to
		if rep not in managers_of:
			managers_of[rep] = reps.escalate_to(rep)
		managers = managers_of[rep]
		earlier[about] = frappe._dict(escalated_on=now, escalated_to=managers[0])
		marks.setdefault((now, managers[0], None), []).append(row.name)
		for manager in managers:
			of_manager.setdefault(manager, []).append(
				{
					"touch": row.name,
					"title": row.title or row.reference_name,
					"rep_name": get_fullname(rep),
					"what": WHAT.get(row.kind, "Touch missed"),
					"due_on": row.due_on,
				}
			)
	touch = frappe.qb.DocType("Follow Up")
	for (escalated_on, escalated_to, told), names in marks.items():
		(
			frappe.qb.update(touch)
			.set(touch.escalated_on, escalated_on)
			.set(touch.escalated_to, escalated_to)
			.set(touch.digest_sent_on, told)
			.where(bulk.Among(touch.name, names))
			.run()
		)
	for manager, cases in of_manager.items():
		notices.escalated(manager, cases)
	return len(rows)


def _open_cases(rows: list[frappe._dict]) -> dict[tuple[str, str, str], frappe._dict]:
	"""What the manager knows already: an escalated touch of the same kind that no touch has followed."""
	touch = frappe.qb.DocType("Follow Up")
	found: dict[tuple[str, str, str], frappe._dict] = {}
	for doctype in REFERENCES:
		about = {row.reference_name for row in rows if row.reference_doctype == doctype}
		if not about:
			continue
		subject = frappe.qb.DocType(doctype)
		for row in (
			frappe.qb.from_(touch)
			.join(subject)
			.on(subject.name == touch.reference_name)
			.select(touch.reference_name, touch.kind, touch.escalated_on, touch.escalated_to)
			.where((touch.reference_doctype == doctype) & bulk.Among(touch.reference_name, sorted(about)))
			.where(touch.escalated_on.isnotnull())
			.where(
				(touch.kind == "First Touch")
				| subject.sf_last_touch_on.isnull()
				| (subject.sf_last_touch_on < touch.due_on)
			)
			.orderby(touch.escalated_on)
			.run(as_dict=True)
		):
			found[doctype, row.reference_name, row.kind] = row
	return found


# Hand-overs ------------------------------------------------------------------------------------------------


def end_handovers() -> None:
	"""Withdraws offers whose lead has ended or become vague on a path that told nobody (L12)."""
	after = ""
	while rows := handover.groundless(after=after):
		for row in rows:
			try:
				handover.withdraw_by_itself([row])
				frappe.db.commit()  # nosemgrep - each offer for itself
			except JobTimeoutException:
				raise
			except Exception:
				frappe.db.rollback()
				frappe.log_error(
					title="Offer could not be withdrawn",
					reference_doctype="Lead Handover",
					reference_name=row.name,
				)
		after = rows[-1].name


def escalate_handovers() -> int:
	"""Tells managers of offers that nobody has answered in time, once for each (L12); returns how many."""
	after, count = "", 0
	while rows := handover.overdue(after):
		count += _escalate_safely(rows, handover.escalate, "Lead Handover")
		after = rows[-1].name
	return count
