"""What a monthly review begins with (M6): what the month's records say worked and what did not, as lines to talk about."""

from __future__ import annotations

from collections import Counter

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from salesflow_std.engine import reviewing as rules
from salesflow_std.salesflow_std import goals
from salesflow_std.salesflow_std import sales_review_words as words
from salesflow_std.salesflow_std.sales_review_numbers import Numbers

_MOST = 3


def of_month(doc: Document, numbers: Numbers) -> tuple[str, str]:
	"""The lines of "what worked" and "what did not" that facts can prefill, in the current language."""
	worked, did_not = [], []
	_won(numbers, worked)
	_lost(numbers, did_not)
	_objections(numbers, worked, did_not)
	_goals(doc, worked, did_not)
	_people(doc, worked, did_not)
	return "\n".join(worked), "\n".join(did_not)


def _won(numbers: Numbers, worked: list[str]) -> None:
	won = numbers.won_deals()
	if not won:
		return
	company = numbers.team.company
	worked.append(
		_("{0} deals won, {1}.").format(len(won), words.money(sum(row.amount for row in won), company))
	)
	sources: dict[str, list[float]] = {}
	for row in won:
		sources.setdefault(row.source or "", []).append(row.amount)
	best = sorted(sources.items(), key=lambda one: (-sum(one[1]), one[0]))[:_MOST]
	named = [
		f"{_(source) if source else _('without a source')} ({len(amounts)}, {words.money(sum(amounts), company)})"
		for source, amounts in best
	]
	worked.append(_("They came from: {0}.").format(", ".join(named)))


def _lost(numbers: Numbers, did_not: list[str]) -> None:
	lost = numbers.lost_deals()
	if not lost:
		return
	amount = words.money(sum(row.amount for row in lost), numbers.team.company)
	did_not.append(_("{0} deals lost, {1}.").format(len(lost), amount))
	told = Counter(reason for reason, _name in numbers.lost_reasons(lost))
	named = [
		f"{words.about(rules.LOST_DEAL, reason)} ({count})"
		for reason, count in sorted(told.items(), key=lambda one: (-one[1], one[0]))[:_MOST]
	]
	did_not.append(_("Most named reasons: {0}.").format(", ".join(named)))


def _objections(numbers: Numbers, worked: list[str], did_not: list[str]) -> None:
	rows = numbers.settled_objections()
	settled = Counter(row.script for row in rows if row.status == "Settled" and row.script)
	if settled:
		script, count = min(settled.items(), key=lambda one: (-one[1], one[0]))
		called = frappe.db.get_value("Objection Script", script, "title") or script
		worked.append(_("The answer that settled most objections ({0}): {1}.").format(count, called))
	open_ones = Counter(row.kind for row in rows if row.status == "Not Settled")
	if open_ones:
		named = [
			f"{words.about(rules.OBJECTION, kind)} ({count})"
			for kind, count in sorted(open_ones.items(), key=lambda one: (-one[1], one[0] or ""))[:_MOST]
		]
		did_not.append(_("Objections that were not settled: {0}.").format(", ".join(named)))


def _goals(doc: Document, worked: list[str], did_not: list[str]) -> None:
	"""The judged goals of stages (M2), of the company: what everybody reads names no others."""
	judged: dict[str, list[str]] = {goals.MET: [], goals.MISSED: []}
	for row in doc.goals:
		if row.status in judged and not row.sales_person:
			goal = words.goal(row, doc.company)
			judged[row.status].append(f"{goal['title']} ({goal['actual']} / {goal['target']})")
	if judged[goals.MET]:
		worked.append(_("Goals met: {0}.").format("; ".join(judged[goals.MET])))
	if judged[goals.MISSED]:
		did_not.append(_("Goals missed: {0}.").format("; ".join(judged[goals.MISSED])))


def _people(doc: Document, worked: list[str], did_not: list[str]) -> None:
	"""Who reached their target, and how many did not: names of those behind stand in the table, not in the text."""
	measured = [row for row in doc.progress if flt(row.target)]
	if not measured:
		return
	reached = [row for row in measured if flt(row.achievement) >= 100]
	if reached:
		worked.append(_("Targets reached: {0}.").format(", ".join(row.sales_person for row in reached)))
	if len(reached) < len(measured):
		did_not.append(
			_("{0} of {1} targets were missed.").format(len(measured) - len(reached), len(measured))
		)
