"""The review record 方案评审记录: what the print format shows of a proposal's review (S2)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_fullname

from salesflow_std.salesflow_std import needs_mail

CRITERIA = ("feasibility", "price", "compliance")
# What is commented on, in the order of the page that reviewers read.
ABOUT = ("Need", "Item", "Terms", "General")
_TIMES = ("opened_on", "due_on", "closed_on")


def before_print(doc: Document, method: str | None = None, *args: Any) -> None:
	"""Gathers what the record shows beside the review's own fields, in the language it is printed in."""
	doc.record = facts(doc)


def facts(doc: Document) -> dict[str, Any]:
	"""``{"our_company", "version", "opened_by", "opened_on", "due_on", "closed_on", "opinions": [seat],
	"averages": {criterion: 0-5 or None}, "given": number of opinions, "comments": [(about, rows)], "signers": [seat]}``

	The opinions are those of the last round; comments stay whatever round they are from.

	A seat is ``{"row", "function", "who", "stands_for", "asked_as", "on"}``: `who` gave the opinion or is asked, `stands_for` is
	the reviewer whose place they have, `on` when they decided.
	"""
	opinions = [row for row in doc.opinions if cint(row.round or 1) == cint(doc.round or 1)]
	seats = [_seat(row) for row in opinions]
	return {
		"our_company": frappe.db.get_value("Company", doc.company, "company_name") or doc.company or "",
		"version": cint(frappe.db.get_value("Solution Proposal", doc.proposal, "version")) or 1,
		"opened_by": get_fullname(doc.opened_by) if doc.opened_by else "",
		"opinions": seats,
		"averages": averages(opinions),
		"given": sum(1 for row in opinions if row.decision),
		"comments": _comments(doc),
		"signers": seats,
		**{field: needs_mail.minute(doc.get(field)) for field in _TIMES},
	}


def averages(opinions: list[Document]) -> dict[str, float | None]:
	"""The mean score of each criterion, 1-5, over those who gave one; None where nobody did."""
	means = {}
	for criterion in CRITERIA:
		given = [cint(row.get(criterion)) for row in opinions if row.decision and cint(row.get(criterion))]
		means[criterion] = sum(given) / len(given) if given else None
	return means


def _seat(row: Document) -> dict[str, Any]:
	stands_in = row.reviewer and row.asked and row.reviewer != row.asked
	return {
		"row": row,
		"function": row.review_function,
		"who": get_fullname(row.asked) if row.asked else "",
		"stands_for": get_fullname(row.reviewer) if stands_in else "",
		"asked_as": row.asked_as if stands_in else "",
		"on": needs_mail.minute(row.decided_on),
	}


def _comments(doc: Document) -> list[tuple[str, list[dict[str, Any]]]]:
	groups = []
	for about in ABOUT:
		rows = [
			{
				"row": row,
				"label": _label(row),
				"who": get_fullname(row.commented_by),
				"on": needs_mail.minute(row.commented_on),
			}
			for row in doc.comments
			if row.about == about
		]
		if rows:
			groups.append((about, sorted(rows, key=lambda one: one["label"])))
	return groups


def _label(row: Document) -> str:
	"""What a comment is about: rows have names of their own, terms the label of their field."""
	label = row.row_label or "–"
	return _(label, context="Solution Proposal") if row.about == "Terms" else label
