"""Coaching for those behind, recognition for those ahead (M6): proposed by rule, decided by a person.

The rule looks at the months that are closed. What it proposes, only managers see; a rep sees what was confirmed of them.
One that was dismissed does not come back for its month.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import (
	add_days,
	cint,
	escape_html,
	flt,
	formatdate,
	get_fullname,
	get_link_to_form,
	getdate,
	now_datetime,
)

from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import (
	announcing,
	coaching_mail,
	notices,
	reps,
	sales_review_numbers,
	scope,
)
from salesflow_std.salesflow_std import sales_review_words as words
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

DOCTYPE = "Coaching Record"
PROPOSED, CONFIRMED, DONE, DISMISSED = "Proposed", "Confirmed", "Done", "Dismissed"
SHOWN_TO_REP = (CONFIRMED, DONE)
# A coaching is looked at again after so many days, unless somebody says otherwise.
_LOOK_AGAIN = 28


class Person(NamedTuple):
	"""A rep whose month is closed."""

	sales_person: str
	user: str
	score: float


# The rule -------------------------------------------------------------------------------------------------------


def rule() -> rules.Rule:
	"""The rule of the settings."""
	chosen = settings()
	return rules.Rule(
		below=flt(chosen.coaching_below) / 100,
		months=cint(chosen.coaching_months),
		above=flt(chosen.recognition_from) / 100,
	)


def latest_closed(company: str) -> date | None:
	"""The first day of a company's last closed month; None where none is closed."""
	found = frappe.get_all(
		"KPI Score",
		filters={"company": company, "closed_on": ("is", "set"), "sales_person": ("is", "set")},
		pluck="month",
		order_by="month desc",
		limit=1,
	)
	return getdate(found[0]).replace(day=1) if found else None


def verdicts(company: str, month: date) -> dict[Person, rules.Verdict]:
	"""What the rule says of everybody whose month is closed, in a few queries however many they are."""
	people = _people(company, month)
	if not people:
		return {}
	chosen = rule()
	firsts = rules.months_back(month, max(chosen.months, 1))
	names = [one.sales_person for one in people]
	standings = {
		first: sales_review_numbers.standings(company, *rules.month_of(first), names) for first in firsts
	}
	works = working_calendar(company).is_working_day
	users = [one.user for one in people]
	absences, joined = _absences(users, firsts[0]), _joined(users)
	found = {}
	for one in people:
		months = []
		for first in firsts:
			standing = standings[first].get(one.sales_person)
			away = rules.away_share(*rules.month_of(first), absences.get(one.user, ()), works)
			months.append(rules.Month(first, standing.achievement if standing else None, away))
		found[one] = rules.judge(months, chosen, joined.get(one.user))
	return found


def _people(company: str, month: date) -> list[Person]:
	rows = frappe.get_all(
		"KPI Score",
		filters={
			"company": company,
			"month": ("between", rules.month_of(month)),
			"closed_on": ("is", "set"),
			"user": ("is", "set"),
		},
		fields=["sales_person", "user", "score"],
		order_by="sales_person, name",
	)
	return [Person(row.sales_person, row.user, flt(row.score)) for row in rows]


def _absences(users: Iterable[str], since: date) -> dict[str, list[tuple[date, date]]]:
	found: dict[str, list[tuple[date, date]]] = {}
	for row in frappe.get_all(
		"Rep Absence",
		filters={"user": ("in", list(users) or [""]), "to_date": (">=", since)},
		fields=["user", "from_date", "to_date"],
		order_by="from_date, name",
	):
		found.setdefault(row.user, []).append((getdate(row.from_date), getdate(row.to_date)))
	return found


def _joined(users: Iterable[str]) -> dict[str, date]:
	return {
		row.user_id: getdate(row.date_of_joining)
		for row in frappe.get_all(
			"Employee",
			filters={"user_id": ("in", list(users) or [""]), "date_of_joining": ("is", "set")},
			fields=["user_id", "date_of_joining"],
			order_by="date_of_joining desc, name",
		)
	}


def key_of(kind: str, company: str, sales_person: str, month: date) -> str:
	"""What there is one record of."""
	return f"{kind}|{company}|{sales_person}|{month:%Y-%m}"


def facts_of(verdict: rules.Verdict) -> str:
	"""The months that a proposal rests on, as they are stored: ``[[first day, percent], …]``."""
	return json.dumps([[str(one.first), round(100 * one.achievement, 1)] for one in verdict.months])


def why(doc: Document | frappe._dict) -> str:
	"""Why something is proposed, in the current language; what a person wrote where they made it."""
	months = json.loads(doc.facts or "[]")
	if not months:
		return doc.why or ""
	said = ", ".join(f"{formatdate(first, 'yyyy-MM')}: {words.percent(share)}" for first, share in months)
	if doc.kind == rules.COACHING:
		return _("Achievement below {0} in {1} months in a row ({2})").format(
			words.percent(flt(settings().coaching_below)), len(months), said
		)
	return _("Achievement of {0} or more ({1})").format(words.percent(flt(settings().recognition_from)), said)


def not_proposed(company: str, month: date, sales_persons: Iterable[str] | None = None) -> list[dict]:
	"""Who is behind and not proposed for coaching, with why: ``[{"sales_person", "why"}]``, in the current language."""
	said = {
		rules.NEWCOMER: _("joined less than {0} months before").format(rules.NEWCOMER_MONTHS),
		rules.ABSENT: _("was away for most of a month"),
		rules.TOO_FEW: _("has too few months with a target"),
	}
	wanted = None if sales_persons is None else set(sales_persons)
	return [
		{"sales_person": one.sales_person, "why": said[verdict.but]}
		for one, verdict in verdicts(company, month).items()
		if verdict.but and (wanted is None or one.sales_person in wanted)
	]


def propose(company: str, person: Person, month: date, verdict: rules.Verdict) -> str | None:
	"""The record of a verdict, made unless there is one for that month, whatever became of it."""
	key = key_of(verdict.kind, company, person.sales_person, month)
	if frappe.db.exists(DOCTYPE, {"record_key": key}):
		return None
	doc = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"kind": verdict.kind,
			"sales_person": person.sales_person,
			"user": person.user,
			"company": company,
			"month": month,
			"status": PROPOSED,
			"achievement": 100 * verdict.months[-1].achievement,
			"score": person.score,
			"facts": facts_of(verdict),
			"record_key": key,
			"review": _review_of(company, person.sales_person, month),
		}
	)
	manager = reps.escalate_to(person.user)[0]
	with notices.in_language(notices.language_of(manager)):
		doc.why = why(doc)
	doc.flags.by_app = True
	doc.insert(ignore_permissions=True)
	coaching_mail.proposed(doc, manager)
	return doc.name


def _review_of(company: str, sales_person: str, month: date) -> str | None:
	"""The monthly review in which the rep's month stands."""
	row, sheet = frappe.qb.DocType("Sales Review Progress"), frappe.qb.DocType("Sales Review")
	found = (
		frappe.qb.from_(row)
		.join(sheet)
		.on(sheet.name == row.parent)
		.select(sheet.name)
		.where((sheet.kind == "Monthly") & (sheet.company == company) & (row.sales_person == sales_person))
		.where(sheet.to_date == rules.month_of(month)[1])
		.orderby(sheet.name)
		.limit(1)
		.run(pluck=True)
	)
	return found[0] if found else None


# The document ---------------------------------------------------------------------------------------------------


def begin(doc: Document) -> None:
	"""What a record that a manager makes by hand knows by itself; refuses a second one for the month."""
	employee = frappe.db.get_value("Sales Person", doc.sales_person, "employee")
	doc.user = frappe.db.get_value("Employee", employee, "user_id") if employee else None
	# Before the twin is looked for: of their own that is only proposed, nobody is told.
	refuse_own(doc)
	doc.month = getdate(doc.month).replace(day=1)
	doc.status = PROPOSED
	doc.record_key = key_of(doc.kind, doc.company, doc.sales_person, getdate(doc.month))
	twin = frappe.db.exists(DOCTYPE, {"record_key": doc.record_key})
	if twin:
		frappe.throw(
			_("There is one for this month already: {0}.").format(get_link_to_form(DOCTYPE, twin)),
			frappe.DuplicateEntryError,
			title=_("Once a Month"),
		)
	if not (doc.why or "").strip():
		frappe.throw(_("Say why."), title=_("Why", context="Coaching Record"))


def refuse_own(doc: Document) -> None:
	"""Raises PermissionError where somebody decides about themselves, or proposes themselves."""
	if doc.user == frappe.session.user and not scope_is_everything():
		about = escape_html(doc.sales_person) if doc.is_new() else get_link_to_form(DOCTYPE, doc.name)
		frappe.throw(
			_("Your own manager decides about {0}.").format(about),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)


def scope_is_everything() -> bool:
	"""Whether nobody stands above the user."""
	return "System Manager" in frappe.get_roles()


def _locked(name: str, *statuses: str) -> Document:
	doc = frappe.get_doc(DOCTYPE, name, for_update=True)
	refuse_own(doc)
	if doc.status not in statuses:
		frappe.throw(
			_("{0} is {1} already.").format(
				get_link_to_form(DOCTYPE, doc.name), _(doc.status, context="Coaching Record")
			),
			title=_("Decided Already"),
		)
	return doc


def _save(doc: Document) -> None:
	doc.flags.by_app = True
	doc.save(ignore_permissions=True)


def confirm(
	name: str,
	agreed: str | None = None,
	follow_up_on: str | date | None = None,
	note: str | None = None,
	tell_team: bool = False,
) -> None:
	"""Proposed -> Confirmed (M6): a coaching with what was agreed and a day to look again, a recognition with its words.

	The rep is told; of a recognition the team as well where that is wanted. The caller has checked the rights.
	"""
	doc = _locked(name, PROPOSED)
	doc.agreed = agreed or doc.agreed
	if doc.kind == rules.COACHING:
		doc.follow_up_on = getdate(follow_up_on or doc.follow_up_on or add_days(getdate(), _LOOK_AGAIN))
		lacks = []
		if not (doc.agreed or "").strip():
			lacks.append(
				_("what was agreed with {0}").format(get_fullname(doc.user) if doc.user else doc.sales_person)
			)
		if doc.follow_up_on <= getdate(now_datetime()):
			lacks.append(_("a day in the future on which you look again"))
		if lacks:
			frappe.throw(
				_("A coaching needs: {0}.").format(escape_html(", ".join(lacks))),
				title=_("Not Confirmed Yet"),
			)
	doc.update({"status": CONFIRMED, "tell_team": cint(tell_team) if doc.kind == rules.RECOGNITION else 0})
	_decided(doc)
	if doc.kind == rules.COACHING:
		doc.todo = _make_todo(doc)
	_save(doc)
	_note(doc, note)
	coaching_mail.confirmed(doc)


def dismiss(name: str, reason: str) -> None:
	"""Proposed -> Dismissed, with a reason; it does not come back for its month. The caller has checked the rights."""
	if not (reason or "").strip():
		frappe.throw(_("Say why it is dismissed."), title=_("Reason Missing"))
	doc = _locked(name, PROPOSED)
	doc.status = DISMISSED
	_decided(doc)
	_save(doc)
	_note(doc, reason)


def finish(name: str, outcome: str) -> None:
	"""Confirmed -> Done, with what came of it. The caller has checked the rights."""
	if not (outcome or "").strip():
		frappe.throw(_("Say what came of it."), title=_("What Came of It", context="Coaching Record"))
	doc = _locked(name, CONFIRMED)
	doc.update({"status": DONE, "outcome": outcome, "ended_on": getdate(now_datetime())})
	_save(doc)
	_close_todo(doc)


def _decided(doc: Document) -> None:
	doc.update(
		{
			"decided_by": frappe.session.user,
			"decided_on": now_datetime().replace(microsecond=0),
		}
	)


def _note(doc: Document, note: str | None) -> None:
	"""Keeps why it was so decided, past Frappe's versions: those a rep is sent with the record, whatever the level."""
	doc.db_set("decision_note", (note or "").strip() or None, update_modified=False)


def _make_todo(doc: Document) -> str:
	with notices.in_language(notices.language_of(frappe.session.user)):
		text = _("Look again at the coaching of {0}").format(
			get_fullname(doc.user) if doc.user else doc.sales_person
		)
	todo = frappe.get_doc(
		{
			"doctype": "ToDo",
			"allocated_to": frappe.session.user,
			"assigned_by": frappe.session.user,
			"date": doc.follow_up_on,
			"description": escape_html(text),
			"reference_type": DOCTYPE,
			"reference_name": doc.name,
		}
	)
	return todo.insert(ignore_permissions=True).name


def _close_todo(doc: Document) -> None:
	if doc.todo and frappe.db.exists("ToDo", {"name": doc.todo, "status": "Open"}):
		todo = frappe.get_doc("ToDo", doc.todo)
		todo.status = "Closed"
		todo.save(ignore_permissions=True)


def follow_date(doc: Document) -> None:
	"""The ToDo is due when the record says so; put off, somebody is reminded anew."""
	if not doc.todo or doc.status != CONFIRMED or not doc.follow_up_on:
		return
	if frappe.db.exists("ToDo", {"name": doc.todo, "status": "Open"}):
		frappe.db.set_value("ToDo", doc.todo, "date", doc.follow_up_on)


def due_reminders(after: str, today: date) -> list[frappe._dict]:
	"""Confirmed coachings whose day has come and that nobody was reminded of."""
	record = frappe.qb.DocType(DOCTYPE)
	return (
		frappe.qb.from_(record)
		.select(record.name)
		.where((record.status == CONFIRMED) & (record.kind == rules.COACHING) & (record.name > after))
		.where((record.follow_up_on <= today) & record.reminded_on.isnull())
		.orderby(record.name)
		.limit(100)
		.run(as_dict=True)
	)


def remind(name: str) -> None:
	"""Tells who confirmed a coaching that its day has come, once."""
	doc = frappe.get_doc(DOCTYPE, name, for_update=True)
	if doc.reminded_on or doc.status != CONFIRMED:
		return
	frappe.db.set_value(
		DOCTYPE, name, "reminded_on", now_datetime().replace(microsecond=0), update_modified=False
	)
	user = reps.on_duty(doc.decided_by, getdate(now_datetime()))
	with notices.in_language(notices.language_of(user)):
		notices.notify(
			user,
			_("Look again at the coaching of {0}: what came of it?").format(
				f"<b>{escape_html(get_fullname(doc.user) if doc.user else doc.sales_person)}</b>"
			),
			DOCTYPE,
			doc.name,
			link=announcing.path(DOCTYPE, doc.name),
		)


# Who sees it ----------------------------------------------------------------------------------------------------


def conditions(user: str | None = None) -> str:
	"""The condition on the list: a manager's tree; of oneself only what was confirmed."""
	user = user or frappe.session.user
	if user == "Administrator" or "System Manager" in frappe.get_roles(user):
		return ""
	table, me = f"`tab{DOCTYPE}`", frappe.db.escape(user)
	shown = ", ".join(frappe.db.escape(status) for status in SHOWN_TO_REP)
	own = f"({table}.user = {me} and {table}.status in ({shown}))"
	if not reps.is_manager(user):
		return own
	tree = scope.by_sales_person(DOCTYPE, user) or "1=1"
	return f"({own} or ({tree} and ifnull({table}.user, '') != {me}))"


def allows(doc: Document, ptype: str, user: str | None = None) -> bool:
	"""As the list; nobody changes what is about themselves. What is stored counts, not what a request sends."""
	user = user or frappe.session.user
	if user == "Administrator" or "System Manager" in frappe.get_roles(user):
		return True
	stored = doc
	if not doc.is_new():
		found = frappe.db.get_value(DOCTYPE, doc.name, ["user", "status", "sales_person"], as_dict=True)
		stored = found or doc
	if stored.get("user") == user:
		return ptype in ("read", "print", "select") and stored.get("status") in SHOWN_TO_REP
	if not reps.is_manager(user):
		return False
	if doc.is_new() and not doc.get("sales_person"):
		return True
	return scope.sees_sales_person(stored.get("sales_person"), user)
