"""Sheets of weekly meetings and monthly reviews (M6): prepared, edited in the meeting, kept.

A sheet is prepared as what its manager may see. What people write into it (notes, rows of their own, actions) outlives
every refreshing of its numbers. Once kept it stays as it is; its actions live on as ToDos and say how they stand.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, cint, escape_html, get_link_to_form, getdate, now_datetime

from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import (
	actions,
	goals,
	grading,
	notices,
	reps,
	sales_review_facts,
	sales_review_teams,
	sales_review_words,
	scope,
	versions,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.sales_review_numbers import Numbers
from salesflow_std.salesflow_std.sales_review_teams import Team

DOCTYPE, ROW = "Sales Review", "Sales Review Action"
WEEKLY, MONTHLY = "Weekly", "Monthly"
PREPARED, IN_MEETING, KEPT = "Prepared", "In Meeting", "Kept"
OPEN, DONE, DROPPED, CARRIED = "Open", "Done", "Dropped", "Carried Over"
TABLES = {
	"progress": "Sales Review Progress",
	"goals": "Sales Review Goal",
	"reasons": "Sales Review Reason",
	"deals": "Sales Review Deal",
	"last_actions": ROW,
	"actions": ROW,
}
# More records than that behind a reason are not named; their number is.
_NAMED = 500
_REASONABLE_DAYS = 366


# Preparing --------------------------------------------------------------------------------------------------


def key_of(kind: str, company: str, sales_person: str | None, until: date) -> str:
	"""What there is one sheet of: a team's period."""
	return f"{kind}|{company}|{sales_person or ''}|{until}"


def due_period(team: Team, kind: str, now: datetime) -> tuple[date, date] | None:
	"""The period of the sheet that the clock is to make for a team at a moment of the site; None while none is due.

	Weekly: on the chosen weekday, or the next working day; monthly: on the n-th working day. Always from the chosen hour.
	"""
	chosen, works = settings(), working_calendar(team.company).is_working_day
	if kind == WEEKLY:
		if not cint(chosen.weekly_sheet):
			return None
		meeting = rules.weekly_meeting(now.date(), chosen.weekly_sheet_weekday or "Monday", works)
	else:
		if not cint(chosen.monthly_review):
			return None
		meeting = rules.monthly_meeting(now.date(), cint(chosen.monthly_review_day), works)
	if not meeting or not rules.is_ready(now, meeting, cint(chosen.review_hour)):
		return None
	return _period(team, kind, meeting)


def _period(team: Team, kind: str, meeting: date) -> tuple[date, date] | None:
	if kind == MONTHLY:
		since, until = rules.monthly_period(meeting)
		return None if _existing(team, kind, until) else (since, until)
	last = _latest(kind, team.company, team.sales_person)
	return rules.weekly_period(meeting, getdate(last.to_date) if last else None)


def _existing(team: Team, kind: str, until: date) -> str | None:
	return frappe.db.exists(DOCTYPE, {"review_key": key_of(kind, team.company, team.sales_person, until)})


def _latest(
	kind: str, company: str, sales_person: str | None, before: date | None = None
) -> frappe._dict | None:
	"""The last sheet of a team, or the last that ended before a day."""
	filters = {
		"kind": kind,
		"company": company,
		"sales_person": sales_person or ("is", "not set"),
	}
	if before:
		filters["to_date"] = ("<", before)
	rows = frappe.get_all(
		DOCTYPE, filters=filters, fields=["name", "to_date", "status"], order_by="to_date desc", limit=1
	)
	return rows[0] if rows else None


def make(team: Team, kind: str, since: date, until: date) -> str | None:
	"""Prepares the sheet of a team's period; None where there is one already. The caller has checked the rights."""
	if _existing(team, kind, until):
		return None
	with notices.in_language(notices.language_of(team.manager)):
		doc = frappe.new_doc(DOCTYPE)
		doc.update(
			{
				"kind": kind,
				"company": team.company,
				"sales_person": team.sales_person,
				"manager": team.manager,
				"from_date": since,
				"to_date": until,
			}
		)
		begin(doc)
		fill(doc, team)
		doc.flags.by_app = True
		return doc.insert(ignore_permissions=True).name


def team_of(sales_person: str | None, company: str | None) -> Team:
	"""The team at a node, or the whole company. Raises ValidationError where there is no such team."""
	found = [
		team
		for team in sales_review_teams.teams()
		if (team.sales_person or None) == (sales_person or None) and (not company or team.company == company)
	]
	if not found:
		refuse_team(sales_person or company)
	return found[0]


def new(kind: str, team: Team) -> str:
	"""The sheet that a manager asks for by hand, up to yesterday; the one that covers it already, where there is one."""
	period = _period(team, kind, getdate(now_datetime()))
	if period is None:
		last = _latest(kind, team.company, team.sales_person)
		return last.name
	name = make(team, kind, *period)
	# Who asks for it need not be told that it is there.
	frappe.db.set_value(
		DOCTYPE, name, "told_on", now_datetime().replace(microsecond=0), update_modified=False
	)
	return name


def untold(after: str) -> list[frappe._dict]:
	"""Prepared sheets behind a name, of the last days, of which nobody has been told yet."""
	return frappe.get_all(
		DOCTYPE,
		filters={
			"status": PREPARED,
			"told_on": ("is", "not set"),
			"creation": (">", add_days(now_datetime(), -3)),
			"name": (">", after),
		},
		fields=["name"],
		order_by="name",
		limit=20,
	)


def refuse_team(name: str | None) -> NoReturn:
	"""Raises ValidationError: there is no such team, or it is not the user's."""
	frappe.throw(
		_(
			"{0} is no team of yours that meets: a group of the Sales Person tree whose employee logs in as a manager, with people below it."
		).format(escape_html(name or _("The company"))),
		title=_("No Such Team"),
	)


def begin(doc: Document) -> None:
	"""What a new sheet knows by itself; refuses a second one for the same team and period."""
	since, until = getdate(doc.from_date), getdate(doc.to_date)
	if doc.kind == MONTHLY:
		since, until = rules.month_of(until)
		doc.from_date, doc.to_date = since, until
	if since > until or (until - since).days > _REASONABLE_DAYS:
		frappe.throw(
			_("The period ends before it begins, or is longer than a year."),
			title=_("Period", context="Sales Review"),
		)
	doc.status = PREPARED
	doc.title = sales_review_words.title(doc.kind, doc.sales_person, doc.company, since, until)[:140]
	doc.review_key = key_of(doc.kind, doc.company, doc.sales_person, until)
	twin = frappe.db.exists(DOCTYPE, {"review_key": doc.review_key})
	if twin:
		frappe.throw(
			_("There is a sheet of this team and period already: {0}.").format(
				get_link_to_form(DOCTYPE, twin)
			),
			frappe.DuplicateEntryError,
			title=_("Prepared Already"),
		)
	last = _latest(doc.kind, doc.company, doc.sales_person, before=since)
	doc.previous = last.name if last else None


def fill(doc: Document, team: Team | None = None) -> None:
	"""Puts the numbers of now into a sheet; notes, and rows that people added, stay (M6)."""
	team = team or sales_review_teams.team_at(doc.sales_person, doc.company, doc.manager)
	now = now_datetime().replace(microsecond=0)
	numbers = Numbers(team, getdate(doc.from_date), getdate(doc.to_date), now)
	_put(doc, "progress", ("sales_person",), [_progress_row(one) for one in numbers.progress()])
	noted = {row.goal for row in doc.goals if row.note}
	aims = [_goal_row(goal) for goal in numbers.goals(noted)]
	_put(doc, "goals", ("goal",), aims, status=goals.CANCELLED)
	reasons = numbers.reasons()
	_put(doc, "reasons", ("kind", "about"), [_reason_row(one, numbers) for one in reasons])
	_put(doc, "deals", ("opportunity",), [_deal_row(topic, row) for topic, row in numbers.topics()])
	if doc.is_new():
		doc.set("last_actions", _last_actions(doc))
		if doc.kind == MONTHLY:
			doc.what_worked, doc.what_did_not = sales_review_facts.of_month(doc, numbers)
	doc.counted_on = now


def _put(doc: Document, table: str, key: tuple[str, ...], rows: list[dict], **gone: str) -> None:
	"""Sets the prepared rows of a table. What people noted on a row stays with it; rows with a note, or of people's own,
	stay also where nothing is counted for them any more: then they say 0, and what `gone` says."""
	old = {tuple(row.get(field) or "" for field in key): row for row in doc.get(table)}
	fresh = []
	for row in rows:
		known = old.pop(tuple(row.get(field) or "" for field in key), None)
		fresh.append({**row, "prepared": 1, "note": known.note if known else None})
	emptied = ("times", "value", "achievement", "touches_missed", "open_value")
	for row in old.values():
		if not row.prepared:
			fresh.append(_values(row))
		elif row.note:
			zeros = {field: 0 for field in emptied if row.meta.has_field(field)}
			fresh.append({**_values(row), **zeros, **gone})
	doc.set(table, [])
	for row in fresh:
		doc.append(table, row)


def _values(row: Document) -> dict:
	return {
		df.fieldname: row.get(df.fieldname) for df in row.meta.fields if df.fieldtype not in ("Column Break",)
	}


def _progress_row(one: object) -> dict:
	return {
		"sales_person": one.sales_person,
		"user": one.user,
		"target": one.target,
		"actual": one.actual,
		"achievement": 100 * one.achievement if one.achievement is not None else 0,
		"expected": 100 * one.expected,
		"open_value": one.open_value,
		"touches_missed": one.touches_missed,
	}


def _goal_row(goal: frappe._dict) -> dict:
	"""A goal as it stands now: it is counted anew each night, a sheet that is kept stays."""
	words = goals.words(goal)
	return {"goal": goal.name, "words": words, **{field: goal.get(field) for field in goals.AS_IT_STANDS}}


def _reason_row(one: rules.Reason, numbers: Numbers) -> dict:
	records = numbers.records.get((one.kind, one.about))
	if records:
		records = (records[0], sorted(set(records[1]))[:_NAMED])
	return {
		"kind": one.kind,
		"about": one.about,
		"times": one.times,
		"value": one.value,
		"records": json.dumps(records) if records else None,
	}


def _deal_row(topic: rules.Topic, row: frappe._dict) -> dict:
	facts = sales_review_words.facts(topic.why)
	return {
		"opportunity": row.name,
		"title": row.title or row.customer_name or row.name,
		"rep": row.opportunity_owner,
		"stage": row.sf_stage,
		"amount": row.amount,
		"facts": facts,
		"why": sales_review_words.why(facts),
	}


def _last_actions(doc: Document) -> list[dict]:
	"""What was agreed last time; where that sheet was never kept, also what it had still to look at."""
	if not doc.previous:
		return []
	last = frappe.get_doc(DOCTYPE, doc.previous)
	rows = [(row, row.name) for row in last.actions]
	if last.status != KEPT:
		rows += [(row, row.source_row) for row in last.last_actions if row.status == OPEN]
	return [
		{
			"action": row.action,
			"responsible": row.responsible,
			"due_on": row.due_on,
			"status": row.status,
			"outcome": row.outcome,
			"done_on": row.done_on,
			"source_row": source,
			"carried_from": last.name,
		}
		for row, source in rows
	]


# The document -----------------------------------------------------------------------------------------------


def validate(doc: Document) -> None:
	"""At every save: state is the app's, what is kept stays, and the first edit begins the meeting."""
	before = doc.get_doc_before_save()
	if not doc.flags.by_app:
		if before and before.status == KEPT:
			_refuse_change(doc, before)
			return
		_keep_state(doc, before)
		if before is None:
			_begin_by_hand(doc)
		elif before.status == PREPARED and _content(doc) != _content(before):
			doc.status = IN_MEETING
	actions.REVIEW.check(doc, before)
	_check_last(doc, before)


def _begin_by_hand(doc: Document) -> None:
	"""A sheet that is made as any document is: of a team that meets, led by who leads it.

	Else one could have counted what another may see.
	"""
	team = next(
		(
			one
			for one in sales_review_teams.teams()
			if (one.sales_person, one.company) == (doc.sales_person or None, doc.company)
		),
		None,
	)
	if not team or not scope.sees_sales_person(team.sales_person):
		refuse_team(doc.sales_person or doc.company)
	doc.manager = team.manager
	begin(doc)
	fill(doc, team)


def _keep_state(doc: Document, before: Document | None) -> None:
	versions.keep_state(doc, before)
	for table in TABLES:
		_keep_rows(doc, before, table)


def _keep_rows(doc: Document, before: Document | None, table: str) -> None:
	"""The prepared rows stay as they were counted; people add their own, and remove what needs no talking about."""
	known = {row.name: row for row in before.get(table)} if before else {}
	if table == "last_actions":
		# What was agreed is looked at, not rewritten: all rows stay.
		sent = {row.name: row for row in doc.get(table)}
		doc.set(table, [])
		for row in known.values():
			new = sent.get(row.name) or row
			doc.append(table, {**row.as_dict(), "status": new.status or row.status, "outcome": new.outcome})
		return
	if table in ("progress", "goals"):
		# What was counted is noted on; nobody adds to it or takes from it.
		sent = {row.name: row for row in doc.get(table)}
		doc.set(table, [sent.get(name) or row for name, row in known.items()])
	for row in doc.get(table):
		old = known.get(row.name)
		for df in row.meta.fields:
			if df.read_only and df.fieldname not in ("todo", "done_on"):
				row.set(df.fieldname, old.get(df.fieldname) if old else None)
		if table == "reasons" and old and old.prepared:
			row.update({field: old.get(field) for field in ("kind", "about", "times", "value")})
		elif table == "deals" and row.opportunity:
			if old and old.prepared:
				row.opportunity = old.opportunity
			elif not (old and old.opportunity == row.opportunity):
				_fill_deal(row)


def _fill_deal(row: Document) -> None:
	"""A deal that somebody wants to talk about; they must be able to read it."""
	doc = frappe.get_doc("Opportunity", row.opportunity)
	doc.check_permission("read")
	row.update(
		{
			"title": doc.get("title") or doc.customer_name or doc.name,
			"rep": doc.opportunity_owner,
			"stage": doc.sf_stage,
			"amount": grading.company_amount(doc),
		}
	)


def _check_last(doc: Document, before: Document | None) -> None:
	for row in doc.last_actions:
		row.status = row.status or OPEN
		if row.status == DONE:
			row.done_on = row.done_on or getdate()
		else:
			row.done_on = None


def _content(doc: Document) -> dict:
	return versions.content(doc, TABLES)


def _refuse_change(doc: Document, before: Document) -> None:
	"""A save that changes nothing passes; its read-only fields are put back."""
	changed = _content(doc) != _content(before)
	versions.keep_state(doc, before)
	for table in TABLES:
		if len(doc.get(table)) != len(before.get(table)):
			changed = True
		doc.set(table, [row.as_dict() for row in before.get(table)])
	if changed:
		refuse_kept(doc)


def refuse_kept(doc: Document) -> None:
	"""Raises PermissionError: what was agreed in a meeting stays as it was."""
	frappe.throw(
		_(
			"{0} is kept as the meeting left it. Its actions go on as ToDos; what is new belongs into the next sheet. On the same day whoever leads can open it again."
		).format(get_link_to_form(DOCTYPE, doc.name)),
		frappe.PermissionError,
		title=_("Kept", context="Sales Review"),
	)


def flow_back(doc: Document) -> None:
	"""What the meeting says of last time's actions is so in the sheet they come from, and in their ToDos.

	What is carried over goes on under its new ToDo once this sheet is kept.
	"""
	before = doc.get_doc_before_save()
	known = {row.name: row for row in before.last_actions} if before else {}
	just_kept = doc.status == KEPT and bool(before) and before.status != KEPT
	for row in doc.last_actions:
		old = known.get(row.name)
		if not row.source_row:
			continue
		same = old and (old.status, old.outcome) == (row.status, row.outcome)
		if row.status == CARRIED:
			if not just_kept:
				continue
		elif same and not (old and old.status == CARRIED):
			continue
		_write_source(row)


def _write_source(row: Document) -> None:
	source = frappe.db.get_value(ROW, row.source_row, ["name", "parent", "todo", "status"], as_dict=True)
	if not source:
		return
	actions.REVIEW.write(
		source,
		{
			"status": row.status,
			"outcome": row.outcome,
			"done_on": row.done_on or getdate() if row.status == DONE else None,
		},
	)
	actions.set_todo_status(source.todo, row.status)


def action_changed(row: frappe._dict) -> None:
	"""What happened to a ToDo is said in the sheets that still have to look at its action (M6)."""
	table, sheet = frappe.qb.DocType(ROW), frappe.qb.DocType(DOCTYPE)
	for one in (
		frappe.qb.from_(table)
		.join(sheet)
		.on(sheet.name == table.parent)
		.select(table.name, table.parent)
		.where((table.source_row == row.name) & (table.parentfield == "last_actions"))
		.where(sheet.status != KEPT)
		.orderby(table.name)
		.run(as_dict=True)
	):
		actions.REVIEW.write(
			one,
			{
				"status": row.status,
				"done_on": row.done_on,
				"responsible": row.responsible,
				"due_on": row.due_on,
			},
		)


# Steps ------------------------------------------------------------------------------------------------------


def locked(name: str) -> Document:
	"""A sheet as it is now, which nobody else changes until the transaction ends."""
	return frappe.get_doc(DOCTYPE, name, for_update=True)


def _save(doc: Document) -> Document:
	doc.flags.by_app = True
	return doc.save(ignore_permissions=True)


def begin_meeting(name: str) -> str:
	"""Prepared -> In Meeting; twice is once. The caller has checked the rights."""
	doc = locked(name)
	if doc.status == PREPARED:
		doc.status = IN_MEETING
		_save(doc)
	return doc.status


def refresh(name: str) -> None:
	"""Counts a sheet anew, as its manager may see it; what people wrote stays."""
	doc = locked(name)
	if doc.status == KEPT:
		refuse_kept(doc)
	with notices.in_language(notices.language_of(doc.manager)):
		fill(doc)
		_save(doc)


def carry_over(name: str, rows: list[str] | None = None) -> int:
	"""Makes next actions of last time's that are still open (or of some of them); returns how many."""
	doc = locked(name)
	if doc.status == KEPT:
		refuse_kept(doc)
	count, soon = 0, add_days(getdate(now_datetime()), 7 if doc.kind == WEEKLY else 30)
	for row in doc.last_actions:
		if row.status != OPEN or (rows and row.name not in rows):
			continue
		doc.append(
			"actions",
			{
				"action": row.action,
				"responsible": row.responsible
				if row.responsible and reps.is_enabled(row.responsible)
				else None,
				"due_on": max(getdate(row.due_on), soon) if row.due_on else soon,
				"carried_from": row.carried_from,
			},
		)
		row.status = CARRIED
		count += 1
	if count:
		doc.status = IN_MEETING
		_save(doc)
	return count


def missing(doc: Document) -> list[dict]:
	"""What a sheet needs before it is kept: ``[{"what", "why", "fieldname"}]``, in the current language."""
	found = []
	for row in doc.actions:
		lacks = [
			text
			for field, text in (
				("responsible", _("who does it")),
				("due_on", _("until when")),
			)
			if not row.get(field)
		]
		if lacks:
			found.append(
				{
					"what": _("Next action {0}: {1}").format(row.idx, ", ".join(lacks)),
					"why": _("else nobody knows that it is theirs"),
					"fieldname": "actions",
				}
			)
	undecided = [row for row in doc.last_actions if row.status == OPEN]
	if undecided:
		found.append(
			{
				"what": _("{0} actions of last time are still open").format(len(undecided)),
				"why": _("done, dropped or carried over"),
				"fieldname": "last_actions",
			}
		)
	return found


def _refusal(doc: Document, lacks: list[dict]) -> str:
	head = _("{0} is not kept yet. This is missing:").format(get_link_to_form(DOCTYPE, doc.name))
	lines = "".join(f"<li>{escape_html(one['what'])} · {escape_html(one['why'])}</li>" for one in lacks)
	return f"<p>{head}</p><ul>{lines}</ul>"


def keep(name: str) -> str:
	"""In Meeting -> Kept: its actions become ToDos, and the team is sent the sheet where that is wanted. Twice is once.

	Raises ValidationError with all that is missing. The caller has checked the rights.
	"""
	doc = locked(name)
	if doc.status == KEPT:
		return KEPT
	lacks = missing(doc)
	if lacks:
		frappe.throw(
			_refusal(doc, lacks),
			title=_("Not Kept Yet"),
		)
	doc.update(
		{"status": KEPT, "kept_on": now_datetime().replace(microsecond=0), "kept_by": frappe.session.user}
	)
	_save(doc)
	if doc.send_to_team:
		_request_sending(doc.name)
	return KEPT


def _request_sending(name: str) -> None:
	"""Has a kept sheet sent to its team in the background: a PDF for each reader takes its time."""
	frappe.enqueue(
		"salesflow_std.jobs.sales_review_clock.send_kept",
		queue="long",
		job_id=f"salesflow_std.send_sales_review.{name}",
		deduplicate=True,
		enqueue_after_commit=True,
		review=name,
	)


def reopen(name: str, reason: str | None = None) -> None:
	"""Kept -> In Meeting: on the same day by whoever may write it, later by a System Manager with a reason."""
	doc = locked(name)
	if doc.status != KEPT:
		return
	if getdate(doc.kept_on) != getdate(now_datetime()):
		if not {"System Manager", "Administrator"} & set(frappe.get_roles()):
			frappe.throw(
				_(
					"{0} was kept on an earlier day. A System Manager can open it again, with a reason."
				).format(get_link_to_form(DOCTYPE, doc.name)),
				frappe.PermissionError,
				title=_("Kept", context="Sales Review"),
			)
		if not (reason or "").strip():
			frappe.throw(
				_("Say why the sheet is opened again. The reason stays on its timeline."),
				title=_("Reason Missing"),
			)
	doc.update({"status": IN_MEETING, "kept_on": None, "kept_by": None})
	_save(doc)
	text = _("opened the sheet again: {0}").format((reason or "").strip() or _("on the same day"))
	doc.add_comment("Info", escape_html(text))
