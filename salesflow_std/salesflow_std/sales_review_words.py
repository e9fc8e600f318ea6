"""A sales review in words of the current language (M6)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.utils import flt, fmt_money, formatdate, getdate

from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import goals

COLOURS = {rules.AHEAD: "green", rules.ON_TRACK: "blue", rules.BEHIND: "red", rules.NO_TARGET: "gray"}


def title(kind: str, team: str | None, company: str, since: object, until: object) -> str:
	"""How a sheet is called: by its kind, its team and its period. It is kept in the language of who leads."""
	of = team or company
	if kind == "Monthly":
		return _("Monthly review of {0}, {1}").format(of, formatdate(since, "yyyy-MM"))
	return _("Weekly sheet of {0}, {1} to {2}").format(of, formatdate(since), formatdate(until))


def pace(code: str) -> str:
	"""How somebody stands against what is expected."""
	return {
		rules.AHEAD: _("Ahead", context="Sales Review"),
		rules.ON_TRACK: _("On track", context="Sales Review"),
		rules.BEHIND: _("Behind", context="Sales Review"),
		rules.NO_TARGET: _("No target", context="Sales Review"),
	}[code]


def about(kind: str, what: str | None) -> str:
	"""What a reason is about: a reason of loss, a stage, a kind of objection or of touch."""
	if kind == rules.LOST_DEAL:
		return what or _("Without a reason", context="Sales Review")
	if not what:
		return ""
	if kind == rules.OBJECTION:
		return _(what, context="Objection")
	if kind == rules.MISSED_TOUCH:
		touch = what
		return _(touch, context="Follow Up")
	if kind in (rules.AGEING, rules.BOTTLENECK):
		stage = what
		return _(stage)
	return what


def goal(row: Mapping[str, object], company: str) -> dict[str, str]:
	"""A goal of a stage as it stood when a sheet was counted: ``{"title", "target", "actual", "words", "outlook"}``."""
	one = standing(row, company)
	return {
		"title": goals.title(one) if one.sales_person else f"{goals.title(one)} · {_('Whole Company')}",
		"target": goals.said(one, one.target),
		"actual": goals.said(one, goals.actual_of(one)) if one.measured_on else "–",
		"words": goals.words(one),
		"outlook": goals.outlook(one),
	}


def standing(row: Mapping[str, object], company: str) -> frappe._dict:
	"""The goal of a sheet's row, as `goals` takes it."""
	return frappe._dict({field: row.get(field) for field in goals.AS_IT_STANDS}, company=company)


def facts(why: Iterable[rules.Why]) -> str:
	"""Why a deal is talked about, as it is stored."""
	return json.dumps([[one.code, str(one.on) if one.on else None] for one in why])


def why(stored: str | None) -> str:
	"""Why a deal is talked about, one sentence a line; "" where a person put it there."""
	said = {
		rules.CLOSING: _("Expected to close on {0}"),
		rules.CLOSING_PASSED: _("Should have closed on {0}"),
		rules.LATE: _("Too long in its stage since {0}"),
		rules.UNANSWERED: _("An objection has waited for its answer since {0}"),
		rules.NO_TOUCH: _("No next touch is planned"),
		rules.WENT_BACK: _("Went back a stage on {0}"),
		rules.NEW: _("New and large, since {0}"),
	}
	lines = []
	for code, day in json.loads(stored or "[]"):
		if code in said:
			lines.append(said[code].format(formatdate(getdate(day)) if day else ""))
	return "\n".join(lines)


def money(amount: float, company: str) -> str:
	"""An amount in the company's currency, without cents: a sheet is read, not booked."""
	currency = frappe.get_cached_value("Company", company, "default_currency")
	return fmt_money(flt(amount, 0), precision=0, currency=currency)


def number(amount: float) -> str:
	"""An amount in a column, whose currency stands above it."""
	return fmt_money(flt(amount, 0), precision=0)


def percent(share: float | None) -> str:
	"""A percentage in whole numbers; a dash where there is none."""
	return "–" if share is None else f"{share:.0f} %"
