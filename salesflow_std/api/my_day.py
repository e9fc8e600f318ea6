"""My Day: what a rep has to do now, the riskiest first (F1-F5, L7, L9), and what a touch could bring (F3).

The order of a day, from the top:

1. overdue first touches and replies without an answer: grade S and A before B before C, then the latest first;
2. whatever else is overdue, by grade and lateness alike;
3. what is due today, by the hour; at the same hour what was agreed with the customer goes first, then by grade;
4. countdowns: first touches and replies that are due within the next days.

Stale grades of one's own documents stand beside the touches. A page is a handful of queries, each on an index,
however many leads the site has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum
from frappe.utils import cint, get_datetime, get_fullname, now_datetime
from frappe.utils.caching import request_cache
from pypika import Case, analytics
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue, Term

from salesflow_std.api.follow_up import next_of
from salesflow_std.salesflow_std import (
	acceptance_day,
	account_plans,
	actions,
	closing_day,
	complaints_day,
	delivery_day,
	grading,
	keeping,
	loss_day,
	needs_day,
	objections_day,
	renewal_day,
	reps,
	reviews_day,
	stages_day,
	survey_day,
	sync_day,
	value_items,
)

# Deadlines that are shown before their day.
COUNTDOWNS = ("First Touch", "Reply")
# The customer expects us at that hour.
AGREED = ("Promise", "Meeting")
DAYS_AHEAD = 7

_ROWS = 25
_STALE_ROWS = 20
_SUGGESTIONS = 5
# How far back a row counts touches that were missed in a row.
_MISSED_SINCE = timedelta(days=90)

_OWNERS = {"Lead": "lead_owner", "Opportunity": "opportunity_owner"}
_OPEN_STATUSES = {
	"Lead": grading.OPEN_LEAD_STATUSES,
	"Opportunity": grading.OPEN_OPPORTUNITY_STATUSES,
}
# Who to ask for and how: shown on a row and given to the e-mail panel.
_CONTACT = {
	"Lead": {"contact": "lead_name", "email": "email_id", "phone": "phone", "mobile": "mobile_no"},
	"Opportunity": {
		"contact": "contact_display",
		"email": "contact_email",
		"phone": "phone",
		"mobile": "contact_mobile",
	},
	"Customer": {
		"contact": "customer_primary_contact",
		"email": "email_id",
		"phone": "mobile_no",
		"mobile": "mobile_no",
	},
}
# What a document is called.
_TITLE = {"Lead": "title", "Opportunity": "title", "Customer": "customer_name"}

# What else waits for a user: each finds ``{"key", "label", "total", "all", "rows": [{"title", "route", "tone", "why",
# "detail"}]}`` or None where there is nothing. `all` is the route of the whole list, `tone` a colour of Frappe's.
_SECTIONS: tuple[Callable[[str, datetime], dict | None], ...] = (
	reviews_day.waiting,
	needs_day.waiting,
	objections_day.waiting,
	delivery_day.waiting,
	acceptance_day.waiting,
	sync_day.waiting,
	survey_day.waiting,
	stages_day.waiting,
	closing_day.waiting,
	complaints_day.waiting,
	renewal_day.waiting,
	loss_day.waiting,
	actions.due,
	account_plans.reviews_due,
	account_plans.without_plan,
	keeping.my_day,
)


# The day


@frappe.whitelist(methods=["GET", "POST"])
def get(user: str | None = None) -> dict:
	"""The day of a rep: ``{"user", "user_name", "now", "items", "counts", "stale", "next_due", "reps"}``.

	`items` are the open touches in the order above, those overdue and those ahead limited each; `counts` are of
	all. `stale` holds the grades to review, `next_due` how much comes on which of the next days, `sections` what else waits. Managers may ask
	for the day of another, and get `reps`: with a team of their own in the Sales Person tree these, else everybody.
	Raises PermissionError for anybody else's day.
	"""
	user = user or frappe.session.user
	frappe.has_permission("Follow Up", "read", throw=True)
	team = _check_access(user)
	now = now_datetime()
	planned, days = _planned(user, now)
	stale = _stale(user)
	return {
		"user": user,
		"user_name": get_fullname(user),
		"now": now.strftime("%Y-%m-%d %H:%M:%S"),
		"items": _items(planned, now),
		"counts": {**_counts(planned), "stale": sum(part["total"] for part in stale)},
		"stale": stale,
		"next_due": _next_due(days, now),
		"reps": _reps(team, now) if reps.is_manager() else None,
		"sections": [section for section in (find(user, now) for find in _SECTIONS) if section],
	}


def _check_access(user: str) -> list[str] | None:
	"""Raises PermissionError unless the caller may see that day; returns a manager's team, if there is one."""
	caller = frappe.session.user
	team = reps.team_of(caller) if reps.is_manager() else []
	if user != caller and (team is not None and user not in team):
		frappe.throw(
			_("You may see your own day only, or that of your team."),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
	return team


def _end_of(day: datetime) -> datetime:
	return datetime.combine(day, time.max).replace(microsecond=0)


class _Open(NamedTuple):
	"""What of an open touch decides about its place; most are counted, not shown."""

	name: str
	kind: str
	grade: str | None
	due_on: datetime
	group: str

	@property
	def risk(self) -> tuple:
		"""What touches are sorted by: the riskiest comes first."""
		# The ungraded come last; an opportunity's S is to it what A is to a lead.
		grade = (not self.grade, "A" if self.grade == "S" else self.grade or "")
		if self.group == "overdue":
			return 0, self.kind not in COUNTDOWNS, *grade, self.due_on, self.name
		kind = 0 if self.kind in AGREED else 1 if self.kind in COUNTDOWNS else 2
		return 1 if self.group == "today" else 2, self.due_on, kind, *grade, self.name


def _planned(user: str, now: datetime) -> tuple[list[_Open], Counter[date]]:
	"""The open touches of today and the countdowns in the order above, with the `group` each one belongs to; and
	how many there are on each of the next days."""
	touch = DocType("Follow Up")
	today = _end_of(now)
	rows = (
		frappe.qb.from_(touch)
		.select(touch.name, touch.kind, touch.grade, touch.due_on)
		.where((touch.allocated_to == user) & (touch.status == "Planned"))
		.where(touch.due_on <= _end_of(now + timedelta(days=DAYS_AHEAD)))
		.orderby(touch.due_on, touch.name)
		.run()
	)
	shown = [
		_Open(*row, "soon" if row[3] > today else "overdue" if row[3] < now else "today")
		for row in rows
		if row[3] <= today or row[1] in COUNTDOWNS
	]
	return sorted(shown, key=lambda row: row.risk), Counter(row[3].date() for row in rows)


def _counts(planned: list[_Open]) -> dict[str, int]:
	groups, kinds = Counter(row.group for row in planned), Counter(row.kind for row in planned)
	return {
		"total": len(planned),
		**{group: groups[group] for group in ("overdue", "today", "soon")},
		"first_touches": kinds["First Touch"],
		"replies": kinds["Reply"],
		"promises": sum(kinds[kind] for kind in AGREED),
	}


def _next_due(days: Counter[date], now: datetime) -> list[dict]:
	"""How much comes on each of the next days."""
	following = [now.date() + timedelta(days=n) for n in range(1, DAYS_AHEAD + 1)]
	return [{"date": str(day), "count": days[day]} for day in following]


def _items(planned: list[_Open], now: datetime) -> list[dict]:
	"""The rows of the page. What is overdue never crowds out what is due today."""
	overdue = [row for row in planned if row.group == "overdue"]
	ahead = [row for row in planned if row.group != "overdue"]
	shown = overdue[:_ROWS] + ahead[:_ROWS]
	if not shown:
		return []
	touch = DocType("Follow Up")
	details = {
		row.name: row
		for row in frappe.qb.from_(touch)
		.select(
			touch.name,
			touch.reference_doctype.as_("doctype"),
			touch.reference_name.as_("docname"),
			touch.title,
			touch.channel,
			touch.goal,
			touch.value_kind,
			touch.festival,
			touch.stands_in_for,
			touch.answers,
			touch.creation,
		)
		.where(touch.name.isin([row.name for row in shown]))
		.orderby(touch.name)
		.run(as_dict=True)
	}
	rows = [details[row.name].update(row._asdict()) for row in shown if row.name in details]
	documents = _documents(rows)
	missed = _missed_in_a_row(documents, now)
	replies = _replies([row.answers for row in rows if row.answers])
	return [_item(row, documents.get((row.doctype, row.docname)), missed, replies) for row in rows]


@request_cache
def _match(doctype: str, user: str) -> str | None:
	"""What narrows a doctype down to what a user may read; None where that is nothing."""
	return (
		build_match_conditions(doctype, user=user)
		if frappe.has_permission(doctype, "read", user=user)
		else None
	)


def _readable(doctype: str, query: QueryBuilder) -> list[frappe._dict]:
	"""What a query of a doctype finds that the caller may read."""
	match = _match(doctype, frappe.session.user)
	if match is None:
		return []
	if match:
		query = query.where(Criterion.all([LiteralValue(f"({match})")]))
	return query.run(as_dict=True)


def _documents(rows: list[frappe._dict]) -> dict[tuple[str, str], frappe._dict]:
	"""What the caller may read of the documents behind the rows."""
	found = {}
	for doctype, contact in _CONTACT.items():
		names = {row.docname for row in rows if row.doctype == doctype}
		if not names:
			continue
		table = DocType(doctype)
		query = (
			frappe.qb.from_(table)
			.select(
				table.name,
				table[_TITLE[doctype]].as_("title"),
				table.sf_grade,
				table.sf_grade_stale,
				table.sf_last_touch_on,
			)
			.select(*(table[field].as_(key) for key, field in contact.items()))
			.where(table.name.isin(sorted(names)))
			.orderby(table.name)
		)
		for document in _readable(doctype, query):
			found[doctype, document.name] = document
	_name_contacts([document for (doctype, _name), document in found.items() if doctype == "Customer"])
	return found


def _name_contacts(customers: list[frappe._dict]) -> None:
	"""A customer points at its contact, whose name is asked for."""
	names = {row.contact for row in customers if row.contact}
	called = dict(
		frappe.get_all(
			"Contact",
			filters={"name": ("in", names)},
			fields=["name", "full_name"],
			order_by="name",
			as_list=True,
		)
		if names
		else ()
	)
	for row in customers:
		row.contact = called.get(row.contact)


def _missed_in_a_row(
	documents: dict[tuple[str, str], frappe._dict], now: datetime
) -> Counter[tuple[str, str]]:
	"""How many touches were missed since the last one that took place (F5)."""
	missed: Counter[tuple[str, str]] = Counter()
	touch = DocType("Follow Up")
	for doctype in _CONTACT:
		names = [name for of, name in documents if of == doctype]
		if not names:
			continue
		for name, due_on in (
			frappe.qb.from_(touch)
			.select(touch.reference_name, touch.due_on)
			.where((touch.reference_doctype == doctype) & touch.reference_name.isin(names))
			.where((touch.status == "Missed") & (touch.due_on > now - _MISSED_SINCE))
			.orderby(touch.reference_name)
			.run()
		):
			touched_on = documents[doctype, name].sf_last_touch_on
			if not touched_on or due_on > get_datetime(touched_on):
				missed[doctype, name] += 1
	return missed


def _replies(names: list[str]) -> dict[str, frappe._dict]:
	if not names:
		return {}
	rows = frappe.get_all(
		"Communication",
		filters={"name": ("in", names)},
		fields=["name", "subject", "communication_date"],
		order_by="name",
	)
	return {row.name: row for row in rows}


def _item(
	row: frappe._dict,
	document: frappe._dict | None,
	missed: Counter[tuple[str, str]],
	replies: dict[str, frappe._dict],
) -> dict:
	"""A row of the page. Of a document that the caller may not read it gives away nothing but the deadline."""
	item = {
		"name": row.name,
		"kind": row.kind,
		"group": row.group,
		"due_on": row.due_on,
		"channel": row.channel,
		"goal": " · ".join(
			filter(None, (_(row.goal) if row.goal else "", _(row.festival) if row.festival else ""))
		),
		"value_kind": row.value_kind,
		"grade": row.grade,
		"stands_in_for": get_fullname(row.stands_in_for) if row.stands_in_for else None,
		"doctype": row.doctype,
		"docname": None,
		"title": None,
	}
	if not document:
		return item
	reply = replies.get(row.answers) or frappe._dict()
	return {
		**item,
		"docname": row.docname,
		"title": document.title or row.title or row.docname,
		"contact": document.contact,
		"phone": document.mobile or document.phone,
		"has_email": bool(document.email),
		"grade": row.grade or document.sf_grade,
		"stale": cint(document.sf_grade_stale),
		"missed": missed[row.doctype, row.docname],
		"since": (reply.communication_date or row.creation) if row.kind == "Reply" else None,
		"reply": reply.subject,
	}


# Grades to review


def _stale(user: str) -> list[dict]:
	"""Grades whose facts are too old, of the open documents a user owns (L9): by doctype, the best grades first."""
	found = []
	for doctype, owner in _OWNERS.items():
		table = DocType(doctype)
		query = (
			frappe.qb.from_(table)
			.select(
				table.name,
				table.title,
				table.sf_grade.as_("grade"),
				table.sf_scoring_model.as_("scoring_model"),
				table.sf_review_due.as_("review_due"),
				analytics.Count("*").over().as_("total"),
			)
			.where((table[owner] == user) & (table.sf_grade_stale == 1))
			.where(table.status.isin(_OPEN_STATUSES[doctype]))
			.orderby(Case().when(table.sf_grade == "S", "A").else_(table.sf_grade))
			.orderby(table.sf_review_due, table.name)
			.limit(_STALE_ROWS)
		)
		if doctype == "Lead":
			reason = table.sf_invalid_reason
			query = query.where((table.sf_in_nurture == 0) & (reason.isnull() | (reason == "")))
		rows = _readable(doctype, query)
		if rows:
			total = rows[0].total
			for row in rows:
				del row["total"]
			found.append({"doctype": doctype, "owner_field": owner, "total": total, "rows": rows})
	return found


# The team


def _count(criterion: Term) -> Term:
	return Sum(Case().when(criterion, 1).else_(0))


def _reps(team: list[str] | None, now: datetime) -> list[dict]:
	"""The reps a manager looks after, with how much is late and due; whoever is most at risk first."""
	touch, account = DocType("Follow Up"), DocType("User")
	query = frappe.qb.from_(account).select(account.name, account.full_name).where(account.enabled == 1)
	if team is None:
		planned = frappe.qb.from_(touch).select(touch.allocated_to).where(touch.status == "Planned")
		query = query.where(account.name.isin(planned.groupby(touch.allocated_to)))
	else:
		query = query.where(account.name.isin([*team, frappe.session.user]))
	names = dict(query.orderby(account.name).run())
	if not names:
		return []
	late, today = touch.due_on < now, touch.due_on <= _end_of(now)
	open_touches = (
		frappe.qb.from_(touch)
		.where((touch.status == "Planned") & touch.allocated_to.isin(list(names)))
		.groupby(touch.allocated_to)
		.orderby(touch.allocated_to)
	)
	# Two queries, each of which finds all it needs in an index: one of them would read every open touch.
	due = open_touches.select(
		touch.allocated_to,
		_count(late).as_("overdue"),
		_count(late.negate() & today).as_("today"),
		_count(today.negate()).as_("soon"),
	).where(touch.due_on <= _end_of(now + timedelta(days=DAYS_AHEAD)))
	waiting = open_touches.select(
		touch.allocated_to,
		_count(touch.kind == "First Touch").as_("late_first_touches"),
		_count(touch.kind == "Reply").as_("late_replies"),
	).where(touch.kind.isin(COUNTDOWNS) & late)
	counts: dict[str, frappe._dict] = {}
	for row in (*due.run(as_dict=True), *waiting.run(as_dict=True)):
		counts.setdefault(row.allocated_to, frappe._dict()).update(row)
	nothing = frappe._dict(overdue=0, late_first_touches=0, late_replies=0, today=0, soon=0)
	found = []
	for user, full_name in names.items():
		row = counts.get(user, nothing)
		numbers = {key: cint(row.get(key)) for key in nothing}
		if user == frappe.session.user and not any(numbers.values()):
			continue
		found.append({"user": user, "user_name": full_name or user, **numbers})
	return sorted(
		found,
		key=lambda rep: (
			-rep["late_first_touches"] - rep["late_replies"],
			-rep["overdue"],
			-rep["today"],
			rep["user_name"],
		),
	)


# One touch


@frappe.whitelist(methods=["GET", "POST"])
def after(follow_up: str) -> dict:
	"""How a touch stands that something else than the page has closed, and what comes next:
	``{"name", "status", "outcome", "next": {"name", "due_on", "channel", "goal", "kind"} | None}``."""
	touch = _readable_touch(follow_up)
	return {
		"name": touch.name,
		"status": touch.status,
		"outcome": touch.outcome,
		"next": next_of(touch.reference_doctype, touch.reference_name),
	}


@frappe.whitelist(methods=["GET", "POST"])
def suggest(follow_up: str) -> dict:
	"""What an e-mail of this touch can bring: value items this customer has not had, the best match first (F3).

	Returns ``{"doctype", "docname", "title", "recipient", "reply", "items": [{"name", "kind", "subject", "body",
	"file"}]}``. `reply` is the message that waits for an answer. The subject is plain text, the body HTML; the
	customer's names in it are escaped.
	"""
	touch = _readable_touch(follow_up)
	doctype, name = touch.reference_doctype, touch.reference_name
	items = value_items.suggest(doctype, name, touch.value_kind, limit=_SUGGESTIONS)
	files = _files([item["attachment"] for item in items if item["attachment"]])
	about = frappe.db.get_value(doctype, name, [_TITLE[doctype], _CONTACT[doctype]["email"]]) or (None, None)
	return {
		"doctype": doctype,
		"docname": name,
		"title": about[0] or name,
		"recipient": about[1],
		"reply": _message(touch) if touch.answers else None,
		"items": [
			{
				"file": files.get(item["attachment"]),
				**{key: item[key] for key in ("name", "kind", "subject", "body")},
			}
			# What was planned for this touch comes first.
			for item in sorted(items, key=lambda item: item["name"] != touch.value_content)
		],
	}


def _readable_touch(follow_up: str) -> frappe.model.document.Document:
	"""The follow-up, if the caller may read it and its document."""
	touch = frappe.get_doc("Follow Up", follow_up)
	touch.check_permission("read")
	frappe.has_permission(touch.reference_doctype, "read", doc=touch.reference_name, throw=True)
	return touch


def _files(urls: list[str]) -> dict[str, dict]:
	"""The attached files, as Frappe's e-mail window names them."""
	if not urls:
		return {}
	files = frappe.get_all(
		"File",
		filters={"file_url": ("in", urls)},
		fields=["name", "file_name", "file_url"],
		order_by="creation desc, name",
	)
	return {file.file_url: file for file in files}


def _message(touch: frappe.model.document.Document) -> dict | None:
	"""The customer's message, as Frappe's e-mail window wants it to answer it.

	Who may read a document reads its messages on its form, whatever rights they have on Communication.
	"""
	return frappe.db.get_value(
		"Communication",
		{
			"name": touch.answers,
			"reference_doctype": touch.reference_doctype,
			"reference_name": touch.reference_name,
		},
		["name", "sender", "recipients", "cc", "bcc", "subject", "content", "communication_date"],
		as_dict=True,
	)
