"""What the form and the print of a sales review show beside its fields (M6), in the current language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, formatdate, get_fullname, getdate, now_datetime

from salesflow_std.engine import goals as goal_rules
from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import coaching, goals, sales_reviews
from salesflow_std.salesflow_std import sales_review_words as words

_TONES = {
	goals.MISSED: "red",
	goal_rules.MISSES: "red",
	goal_rules.BELOW: "orange",
	goal_rules.ABOVE: "green",
	goal_rules.MEETS: "green",
	goals.MET: "green",
}
_SLUGS = {"Opportunity": "opportunity", "Objection": "objection", "Follow Up": "follow-up"}


def of(doc: Document) -> dict:
	"""For the form: the headline, the words of the rows, where each number leads, what is missing, what one may do."""
	may_write = bool(frappe.has_permission(doc.doctype, "write", doc=doc)) if not doc.is_new() else False
	today = getdate(now_datetime())
	kept_today = bool(doc.kept_on) and getdate(doc.kept_on) == today
	return {
		"headline": headline(doc),
		"rows": {
			**{row.name: {"pace": pace_of(row), "label": words.pace(pace_of(row))} for row in doc.progress},
			**{
				row.name: {"about": words.about(row.kind, row.about), "route": route_of(doc, row)}
				for row in doc.reasons
			},
			**{row.name: goal_of(doc, row) for row in doc.goals},
			**{row.name: {"why": words.why(row.facts) or row.why or ""} for row in doc.deals},
		},
		"people": {
			user: get_fullname(user)
			for user in {row.rep for row in doc.deals}
			| {row.user for row in doc.progress}
			| {doc.manager}
			| {row.responsible for row in (*doc.actions, *doc.last_actions)}
			if user
		},
		"missing": sales_reviews.missing(doc) if doc.status != sales_reviews.KEPT else [],
		"may_write": may_write,
		"may_reopen": may_write
		and doc.status == sales_reviews.KEPT
		and (kept_today or "System Manager" in frappe.get_roles()),
		"reason_needed": not kept_today,
		"coaching": proposals(doc),
		"not_proposed": not_proposed(doc),
	}


def pace_of(row: Document) -> str:
	"""How a row of progress stands against what is expected by now."""
	achievement = flt(row.achievement) / 100 if flt(row.target) else None
	return rules.pace(achievement, flt(row.expected) / 100)


def goal_of(doc: Document, row: Document) -> dict[str, str]:
	"""A goal of a stage in words (`words.goal`), with its tone, and where it and its deals are."""
	found = words.goal(row, doc.company)
	filters = goals.deals_filters(words.standing(row, doc.company))
	deals = urlencode({key: value for key, value in filters.items() if value})
	return {
		**found,
		"tone": _TONES.get(found["outlook"], "gray"),
		"route": f"/app/sales-goal/{quote(row.goal or '')}",
		"deals": f"/app/query-report/{quote('Stage Funnel')}?{deals}",
	}


def aims_of(doc: Document, reader: str | None) -> list[Document]:
	"""The rows of goals that a reader of the team may see: the company's and their own, as of Sales Goals themselves."""
	theirs = {None, "", *(row.sales_person for row in doc.progress if row.user == reader)}
	return [row for row in doc.goals if not reader or row.sales_person in theirs]


def headline(
	doc: Document, rows: Sequence[Document] | None = None, aims: Sequence[Document] | None = None
) -> list[dict]:
	"""The few numbers on top: ``[{"label", "value", "tone"}]``; tones are Frappe's colours.

	Of the rows of progress and of goals that are given, else of all.
	"""
	rows = list(doc.progress if rows is None else rows)
	target, actual = sum(flt(row.target) for row in rows), sum(flt(row.actual) for row in rows)
	expected = flt(rows[0].expected) / 100 if rows else 0.0
	code = rules.pace(actual / target if target else None, expected)
	behind = sum(pace_of(row) == rules.BEHIND for row in rows)
	ahead = sum(pace_of(row) == rules.AHEAD for row in rows)
	missed = sum(row.touches_missed or 0 for row in rows)
	found = [
		{
			"label": _("Achievement", context="Sales Review"),
			"value": words.percent(100 * actual / target) if target else "–",
			"note": _("{0} of {1}").format(words.money(actual, doc.company), words.money(target, doc.company))
			if target
			else _("No target is set"),
			"tone": words.COLOURS[code],
		},
		{
			"label": _("Expected by now", context="Sales Review"),
			"value": words.percent(100 * expected),
			"note": words.pace(code),
			"tone": words.COLOURS[code],
		},
		{
			"label": _("Behind", context="Sales Review"),
			"value": str(behind),
			"note": _("{0} ahead").format(ahead),
			"tone": "red" if behind else "green",
		},
		{
			"label": _("Open deals", context="Sales Review"),
			"value": words.money(sum(flt(row.open_value) for row in rows), doc.company),
			"note": _("{0} to talk about").format(len(doc.deals)),
			"tone": "blue",
		},
		{
			"label": _("Touches missed", context="Sales Review"),
			"value": str(missed),
			"note": "",
			"tone": "orange" if missed else "green",
		},
	]
	aims = list(doc.goals if aims is None else aims)
	if aims:
		found.append(_goals_tile([goals.outlook(words.standing(row, doc.company)) for row in aims]))
	if doc.last_actions:
		undone = sum(row.status == sales_reviews.OPEN for row in doc.last_actions)
		done = sum(row.status == sales_reviews.DONE for row in doc.last_actions)
		found.append(
			{
				"label": _("Actions of last time", context="Sales Review"),
				"value": _("{0} of {1} done").format(done, len(doc.last_actions)),
				"note": _("{0} open").format(undone) if undone else "",
				"tone": "orange" if undone else "green",
			}
		)
	return found


def _goals_tile(outlooks: Sequence[str]) -> dict:
	good = sum(_TONES.get(one) == "green" for one in outlooks)
	bad = sum(_TONES.get(one) in ("red", "orange") for one in outlooks)
	return {
		"label": _("Goals in danger", context="Sales Review"),
		"value": str(bad),
		"note": _("{0} met or on the way").format(good) if good else "",
		"tone": "red" if bad else "green",
	}


def route_of(doc: Document, row: Document) -> str:
	"""Where the number of a reason leads: to its records; "" for what people added."""
	if row.kind == rules.BOTTLENECK:
		filters = {"company": doc.company, **({"sales_person": doc.sales_person} if doc.sales_person else {})}
		return f"/app/query-report/{quote('Stage Funnel')}?{urlencode(filters)}"
	if not row.records:
		return ""
	doctype, names = json.loads(row.records)
	chosen = json.dumps(["in", ",".join(names)])
	return (
		f"/app/{_SLUGS[doctype]}?{urlencode({'name': chosen})}"
		if len(names) > 1
		else (f"/app/{_SLUGS[doctype]}/{quote(names[0])}")
	)


def proposals(doc: Document) -> list[dict]:
	"""The coaching and recognition of the team that waits for a decision or came of this month, as far as one sees it."""
	people = [row.sales_person for row in doc.progress if row.sales_person]
	if not people or not frappe.has_permission("Coaching Record", "read"):
		return []
	rows = frappe.get_list(
		"Coaching Record",
		filters={"sales_person": ("in", people), "status": ("in", ("Proposed", "Confirmed"))},
		fields=["name", "kind", "sales_person", "status", "month"],
		order_by="status desc, month desc, name",
		limit=20,
	)
	return [
		{
			"name": row.name,
			"sales_person": row.sales_person,
			"label": _(row.kind, context="Coaching Record"),
			"status": _(row.status, context="Coaching Record"),
			"month": formatdate(row.month, "yyyy-MM"),
			"tone": "orange" if row.kind == "Coaching" else "green",
		}
		for row in rows
	]


def not_proposed(doc: Document) -> list[dict]:
	"""Who of the team is behind in the month of a monthly review, and why no coaching is proposed."""
	people = [row.sales_person for row in doc.progress if row.sales_person]
	if doc.kind != sales_reviews.MONTHLY or doc.is_new() or not people:
		return []
	if not frappe.has_permission("Coaching Record", "read"):
		return []
	return coaching.not_proposed(doc.company, getdate(doc.from_date).replace(day=1), people)


# Print ------------------------------------------------------------------------------------------------------


def for_print(doc: Document) -> frappe._dict:
	"""What the print shows. Where `doc.flags.reader` names somebody who may not see the team's numbers, only their own
	progress, goals and deals are in it."""
	reader = doc.flags.reader
	progress = [row for row in doc.progress if not reader or row.user == reader]
	aims = aims_of(doc, reader)
	deals = [row for row in doc.deals if not reader or row.rep == reader]
	return frappe._dict(
		heading=_("Weekly Sheet", context="Print Format")
		if doc.kind == sales_reviews.WEEKLY
		else _("Monthly Review", context="Print Format"),
		company=frappe.get_cached_value("Company", doc.company, "company_name") or doc.company,
		team=doc.sales_person or _("The whole company"),
		manager=get_fullname(doc.manager),
		period=f"{formatdate(doc.from_date)} – {formatdate(doc.to_date)}",
		status=_(doc.status, context="Sales Review"),
		counted_on=frappe.utils.format_datetime(doc.counted_on, "yyyy-MM-dd HH:mm") if doc.counted_on else "",
		headline=headline(doc, progress, aims),
		monthly=doc.kind == sales_reviews.MONTHLY,
		progress=[
			frappe._dict(
				row=row,
				pace=words.pace(pace_of(row)),
				tone=words.COLOURS[pace_of(row)],
				target=words.number(row.target) if flt(row.target) else "–",
				actual=words.number(row.actual),
				achievement=words.percent(flt(row.achievement) if flt(row.target) else None),
				expected=words.percent(flt(row.expected)),
				open_value=words.number(row.open_value),
			)
			for row in progress
		],
		goals=[frappe._dict(goal_of(doc, row), row=row) for row in aims],
		reasons=[
			frappe._dict(
				row=row,
				kind=_(row.kind, context="Sales Review Reason"),
				about=words.about(row.kind, row.about),
				value=words.number(row.value) if flt(row.value) else "–",
			)
			for row in doc.reasons
		],
		deals=[
			frappe._dict(
				row=row,
				stage=_(row.stage) if row.stage else "–",
				rep=get_fullname(row.rep) if row.rep else "–",
				amount=words.number(row.amount),
				why=words.why(row.facts) or row.why or "",
			)
			for row in deals
		],
		last_actions=[_action(row) for row in doc.last_actions],
		actions=[_action(row) for row in doc.actions],
	)


def _action(row: Document) -> frappe._dict:
	return frappe._dict(
		row=row,
		who=get_fullname(row.responsible) if row.responsible else "–",
		due=formatdate(row.due_on) if row.due_on else "–",
		status=_(row.status or sales_reviews.OPEN, context="Sales Review Action"),
	)
