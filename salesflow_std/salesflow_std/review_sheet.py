"""One page with all that a reviewer needs: the proposal, what has changed in it, and what others think (S2)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, get_datetime, get_fullname, now_datetime

from salesflow_std.engine import review as engine
from salesflow_std.salesflow_std import (
	proposal_comparison,
	proposal_prices,
	proposal_quotations,
	proposals,
	review_rules,
	reviews,
)

_DELEGATES = 20


def sheet(review: Document) -> dict:
	"""The whole sheet for the session's user, who may read the review; see `salesflow_std.api.review.sheet`."""
	proposal, now = frappe.get_doc(proposals.DOCTYPE, review.proposal), now_datetime()
	shown = [row for row in review.opinions if _is_current(row, review)]
	return {
		"review": _review(review, now),
		"proposal": _proposal(proposal),
		"changes": _changes(proposal),
		"margin": _margin(proposal),
		"groups": _groups(review),
		"opinions": [_opinion(row, review, now) for row in shown],
		"earlier": [_opinion(row, review, now) for row in review.opinions if not _is_current(row, review)],
		"comments": [_comment(row) for row in review.comments],
		"mine": _mine(review),
		"may": may(review, proposal),
	}


def _is_current(row: Document, review: Document) -> bool:
	return cint(row.round or 1) == cint(review.round or 1)


def may(review: Document, proposal: Document) -> dict[str, bool]:
	"""What the user may do with a review as it stands."""
	is_open, manages = review.status == reviews.OPEN, reviews.manages(proposal)
	own = reviews.own_seats(review) if is_open else []
	return {
		"decide": bool(own) and frappe.session.user != review_rules.rep_of(proposal),
		"delegate": any(not row.decision for row in own),
		"delegate_others": is_open and manages,
		"recall": reviews.may_recall(review, proposal),
		"withdraw": manages and review.status == reviews.APPROVED and proposal.status == proposals.APPROVED,
	}


# The review -----------------------------------------------------------------------------------------------


def _review(review: Document, now: datetime) -> dict:
	fields = (
		"name",
		"status",
		"round",
		"opened_by",
		"opened_on",
		"due_on",
		"closed_on",
		"closing_reason",
		"note",
	)
	return {
		**{field: review.get(field) for field in fields},
		"opened_by_name": get_fullname(review.opened_by),
		"overdue": review.status == reviews.OPEN
		and bool(review.due_on)
		and get_datetime(review.due_on) <= now,
	}


def _groups(review: Document) -> list[dict]:
	rows = reviews.current(review)
	states = engine.groups(reviews.seats(review))
	found = []
	for rule, state in states.items():
		group = [row for row in rows if row.review_rule == rule]
		found.append(
			{
				"rule": rule,
				"rule_label": review_rules.rule_label(rule),
				"function": group[0].review_function,
				"function_label": review_rules.function_label(group[0].review_function),
				"quorum": engine.needed(cint(group[0].quorum), len(group)),
				"approvals": sum(row.decision == engine.APPROVE for row in group),
				"state": state,
			}
		)
	return found


def _opinion(row: Document, review: Document, now: datetime) -> dict:
	fields = (
		"name",
		"round",
		"asked",
		"asked_as",
		"decision",
		*engine.SCORES,
		"reason",
		"decided_on",
		"carried_over",
		"due_on",
	)
	waits = review.status == reviews.OPEN and _is_current(row, review) and not row.decision
	return {
		**{field: row.get(field) for field in fields},
		"function": row.review_function,
		"function_label": review_rules.function_label(row.review_function),
		"rule": row.review_rule,
		"asked_name": get_fullname(row.asked),
		"reviewer_name": get_fullname(row.reviewer) if row.reviewer and row.reviewer != row.asked else None,
		"overdue": waits and bool(row.due_on) and get_datetime(row.due_on) <= now,
		"escalated_to_name": get_fullname(row.escalated_to) if row.escalated_to else None,
		"mine": row.asked == frappe.session.user,
	}


def _comment(row: Document) -> dict:
	fields = (
		"about",
		"row_key",
		"row_label",
		"comment",
		"commented_by",
		"review_function",
		"commented_on",
		"round",
	)
	label = row.row_label or ""
	return {
		**{field: row.get(field) for field in fields},
		"row_label": _(label, context="Solution Proposal") if row.about == "Terms" else label,
		"commented_by_name": get_fullname(row.commented_by),
		"mine": row.commented_by == frappe.session.user,
	}


def _mine(review: Document) -> dict | None:
	"""What the user has said in this round, or that they are asked."""
	rows = reviews.own_seats(review)
	if not rows:
		return None
	said = next((row for row in rows if row.decision), rows[0])
	return {
		"functions": list(dict.fromkeys(row.review_function for row in rows)),
		"decision": said.decision,
		**{score: said.get(score) for score in engine.SCORES},
		"reason": said.reason,
	}


# The proposal ---------------------------------------------------------------------------------------------

_PROPOSAL = (
	"name",
	"title",
	"version",
	"status",
	"company",
	"reference_doctype",
	"reference_name",
	"currency",
	"situation",
	"solution",
	"value",
)
_TOTALS = (
	"list_total",
	"discount_percent",
	"additional_discount_percentage",
	"discount_amount",
	"net_total",
	"total_taxes_and_charges",
	"grand_total",
)
_ITEM = (
	"item_code",
	"item_name",
	"description",
	"qty",
	"uom",
	"price_list_rate",
	"discount_percentage",
	"rate",
	"amount",
	"is_alternative",
)
_ANSWER = ("need", "priority", "feature", "value", "value_amount", "case_content", "item", "waive_reason")


def _proposal(proposal: Document) -> dict:
	labels = reviews.row_labels(proposal)
	rep = review_rules.rep_of(proposal)
	return {
		**{field: proposal.get(field) for field in _PROPOSAL},
		"territory": review_rules.territory_of(proposal),
		"responsible": rep,
		"responsible_name": get_fullname(rep),
		"may_read_reference": bool(
			frappe.has_permission(proposal.reference_doctype, "read", doc=proposal.reference_name)
		),
		"answers": _answers(proposal, labels),
		"items": [
			{
				"row_key": reviews.row_key(row),
				"label": labels["Item", reviews.row_key(row)],
				**{field: row.get(field) for field in _ITEM},
			}
			for row in proposal.items
		],
		"totals": {field: flt(proposal.get(field)) for field in _TOTALS},
		"terms": _terms(proposal),
	}


def _answers(proposal: Document, labels: dict[tuple[str, str], str]) -> list[dict]:
	cases = [row.case_content for row in proposal.answers if row.case_content]
	titles = dict(
		frappe.get_all(
			"Value Content",
			filters={"name": ("in", cases)},
			fields=["name", "title"],
			order_by="name",
			as_list=True,
		)
		if cases
		else ()
	)
	return [
		{
			"row_key": reviews.row_key(row),
			"label": labels["Need", reviews.row_key(row)],
			**{field: row.get(field) for field in _ANSWER},
			"case_title": titles.get(row.case_content),
			# A must-need that a manager has left open is what reviewers look at first.
			"open": bool(row.waived_on),
			"waived_by_name": get_fullname(row.waived_by) if row.waived_by else None,
		}
		for row in proposal.answers
	]


def _terms(proposal: Document) -> list[dict]:
	"""The terms that are given, each with its label; formatted text as `html`, else as `text`."""
	found = []
	for fieldname in reviews.TERMS:
		field, value = proposal.meta.get_field(fieldname), proposal.get(fieldname)
		if value in (None, "", 0):
			continue
		is_html = field.fieldtype == "Text Editor"
		found.append(
			{
				"fieldname": fieldname,
				"label": _(field.label, context="Solution Proposal"),
				"text": None if is_html else str(value),
				"html": frappe.utils.sanitize_html(value, linkify=False) if is_html else None,
			}
		)
	return found


def _changes(proposal: Document) -> dict:
	"""What has changed since the version that the user decided on last (S2)."""
	since = _decided_before(proposal)
	if not since:
		return {"since": None, "since_version": None, "rows": []}
	return {
		"since": since.name,
		"since_version": cint(since.version) or 1,
		"rows": proposal_comparison.compare(frappe.get_doc(proposals.DOCTYPE, since.name), proposal),
	}


def _decided_before(proposal: Document) -> frappe._dict | None:
	"""The latest earlier version that the user has given an own opinion on."""
	version = frappe.qb.DocType(proposals.DOCTYPE)
	review, opinion = frappe.qb.DocType(reviews.DOCTYPE), frappe.qb.DocType("Review Opinion")
	rows = (
		frappe.qb.from_(opinion)
		.join(review)
		.on((opinion.parent == review.name) & (opinion.parenttype == reviews.DOCTYPE))
		.join(version)
		.on(version.name == review.proposal)
		.select(version.name, version.version)
		.where(
			(version.root == (proposal.root or proposal.name)) & (version.version < cint(proposal.version))
		)
		.where((opinion.asked == frappe.session.user) & (opinion.decision.isin(engine.DECISIONS)))
		.where(opinion.carried_over == 0)
		.orderby(version.version, order=frappe.qb.desc)
		.limit(1)
		.run(as_dict=True)
	)
	return rows[0] if rows else None


def _margin(proposal: Document) -> dict | None:
	"""What ERPNext lets the user see of cost; None where that is nothing."""
	if not proposal_prices.may_see_cost():
		return None
	return proposal_prices.margin(proposal, proposal_quotations.build(proposal))


# Handing over ---------------------------------------------------------------------------------------------


def delegates(review: Document, txt: str) -> list[dict]:
	"""Users a seat can be handed to, by name; none for who may hand over nothing."""
	proposal = frappe.get_doc(proposals.DOCTYPE, review.proposal)
	allowed = may(review, proposal)
	if not (allowed["delegate"] or allowed["delegate_others"]):
		return []
	words = f"%{txt.strip()}%"
	asked = [row.asked for row in reviews.current(review)]
	own = reviews.own_seats(review) if not allowed["delegate_others"] else reviews.current(review)
	functions = {row.review_function for row in own if not row.decision}
	rows = frappe.get_all(
		"User",
		filters={"enabled": 1, "user_type": "System User", "name": ("not in", [*asked, frappe.session.user])},
		or_filters={"full_name": ("like", words), "name": ("like", words)},
		fields=["name", "full_name"],
		order_by="full_name, name",
		limit=_DELEGATES * 10,
	)
	found = (
		{"value": row.name, "description": row.full_name or row.name}
		for row in rows
		if review_rules.suits(row.name, proposal)
		and any(review_rules.speaks_for(row.name, function) for function in functions)
	)
	return [row for row, _n in zip(found, range(_DELEGATES), strict=False)]
