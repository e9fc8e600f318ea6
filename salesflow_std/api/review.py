"""The internal review of a proposal, for the desk and over REST (S2)."""

from __future__ import annotations

import frappe
from frappe.model.document import Document

from salesflow_std.salesflow_std import review_rules, review_sheet, reviews, reviews_day


@frappe.whitelist(methods=["GET", "POST"])
def who(proposal: str) -> dict:
	"""Who would be asked if the proposal were reviewed now (S2).

	``{"groups": [{"rule", "rule_label", "function", "function_label", "quorum", "due_on", "people": [{"user", "full_name", "as",
	"instead_of", "instead_of_name"}], "note"}], "problems": [{"what", "why", "route"}], "missing": [{"what", "why",
	"fieldname", "row"}], "may_open", "may_request"}``. `as` is Reviewer or Stand-in, `quorum` the approvals needed.
	A problem is a rule that nobody can answer, `missing` what the proposal lacks; either stops the review. No group
	at all: no rule asks for a review, and opening it approves the proposal. Raises PermissionError without the right
	to read the proposal.
	"""
	return review_rules.preview(_proposal(proposal, "read"))


@frappe.whitelist(methods=["POST", "PUT"])
def request(proposal: str, note: str | None = None) -> dict:
	"""Asks the sales manager to open the review of a proposal (S2): Draft -> Review Requested.

	``{"name", "status", "review"}`` of the proposal; `review` is None until it is opened. Asking twice is asking
	once. Raises PermissionError without the right to change the proposal, ValidationError in another state.
	"""
	return reviews.request(_proposal(proposal, "write").name, note)


@frappe.whitelist(methods=["POST", "PUT"])
def take_back(proposal: str, reason: str | None = None) -> dict:
	"""Takes a request for a review back: Review Requested -> Draft. Returns as `request`.

	Where a manager does it, whoever asked is told, with the reason.
	"""
	return reviews.take_back(_proposal(proposal, "write").name, reason)


@frappe.whitelist(methods=["POST", "PUT"])
def open(proposal: str, note: str | None = None) -> str:
	"""Opens the review of a proposal and asks everybody by e-mail and notice; returns the review's name (S2).

	The proposal is frozen until the review is closed or recalled. A version has one review: opened again after a
	recall it is the same with another round. Approvals hold where nothing has changed that they were about. Opening
	what is open already changes nothing. Raises PermissionError where the user may not open reviews, ValidationError
	where something is missing or a rule can be answered by nobody.
	"""
	return reviews.open_review(_proposal(proposal, "write").name, note)


@frappe.whitelist(methods=["POST", "PUT"])
def decide(
	review: str,
	decision: str,
	feasibility: int,
	price: int,
	compliance: int,
	reason: str | None = None,
	comments: list | str | None = None,
	function: str | None = None,
	round: int | None = None,
) -> dict:
	"""Gives the user's opinion, or changes it while the review is open (S2).

	`decision` is Approve, Change or Reject, the scores are 1 to 5; Change and Reject need a `reason`. `comments` are
	``[{"about": Need | Item | Terms | General, "row_key", "comment"}]`` and replace those the user gave before;
	`row_key` is that of an answer or item of the sheet. Who is asked for several functions speaks for all of them,
	or for `function` alone. `round` is that of the sheet the user has read; where the review has been recalled and
	opened again since, the opinion is refused. Returns ``{"name", "status"}`` of the review, which closes with the opinion that settles
	it. Raises PermissionError for who is not asked, ValidationError for what is incomplete or when it is closed.
	"""
	return reviews.decide(
		_review(review).name,
		reviews.Opinion(decision, feasibility, price, compliance, reason, frappe.parse_json(comments) or []),
		function,
		round,
	)


@frappe.whitelist(methods=["POST", "PUT"])
def delegate(review: str, to: str, reason: str | None = None, opinion: str | None = None) -> dict:
	"""Hands the user's own open seats to another user, who is told (S2); a manager may hand over any seat.

	`opinion` is the row of one seat. Returns ``{"name", "status"}``. Raises PermissionError for who is neither asked
	nor a manager, ValidationError where the other may not read the review, is asked already or looks after the
	proposal.
	"""
	return reviews.delegate(_review(review).name, to, reason, opinion)


@frappe.whitelist(methods=["GET", "POST"])
def delegates(review: str, txt: str | None = None) -> list[dict]:
	"""Whom a seat of a review can be handed to: at most 20 ``[{"value": user, "description": full name}]``."""
	return review_sheet.delegates(_review(review), txt or "")


@frappe.whitelist(methods=["POST", "PUT"])
def recall(review: str, reason: str) -> dict:
	"""Takes an open review back, so that the proposal is a draft again (S2); whoever was asked is told.

	For the opener, whoever looks after the proposal, and managers. Returns ``{"name", "status"}``.
	"""
	return reviews.recall(_review(review).name, reason)


@frappe.whitelist(methods=["POST", "PUT"])
def withdraw(review: str, reason: str) -> dict:
	"""Takes an approval back (S2): the proposal is Changes Asked, quotations of it no longer pass. Managers only.

	Returns ``{"name", "status"}``.
	"""
	return reviews.withdraw(_review(review).name, reason)


@frappe.whitelist(methods=["GET", "POST"])
def waiting() -> dict:
	"""What of the reviews waits for the user (S2), what is due first on top.

	``{"asked": [{"review", "proposal", "title", "version", "company", "currency", "grand_total", "discount_percent",
	"functions", "asked_as", "instead_of_name", "due_on", "overdue", "opened_by_name", "opened_on", "note"}],
	"decided": [{"review", "proposal", "title", "version", "decision", "decided_on", "status"}], "requests":
	[{"proposal", "title", "version", "currency", "grand_total", "requested_by_name", "requested_on"}], "changes":
	[{"proposal", "review", "title", "version", "status", "closed_on", "closing_reason"}]}``. `decided` are the last
	reviews the user gave an opinion in, `requests` those a manager may open, `changes` own proposals that came back.
	"""
	frappe.has_permission("Proposal Review", "read", throw=True)
	return reviews_day.everything()


@frappe.whitelist(methods=["GET", "POST"])
def sheet(review: str) -> dict:
	"""All that a reviewer needs on one page, and what they may do (S2). Raises PermissionError for whom it is not.

	``{"review": {"name", "status", "round", "opened_by", "opened_by_name", "opened_on", "due_on", "overdue",
	"closed_on", "closing_reason", "note"},
	"proposal": {"name", "title", "version", "status", "company", "territory", "responsible", "responsible_name",
	"reference_doctype", "reference_name", "may_read_reference", "currency", "situation", "solution", "value",
	"answers": [{"row_key", "label", "need", "priority", "feature", "value", "value_amount", "case_content",
	"case_title", "item", "open", "waived_by_name", "waive_reason"}],
	"items": [{"row_key", "label", "item_code", "item_name", "description", "qty", "uom", "price_list_rate",
	"discount_percentage", "rate", "amount", "is_alternative"}],
	"totals": {"list_total", "discount_percent", "additional_discount_percentage", "discount_amount", "net_total",
	"total_taxes_and_charges", "grand_total"},
	"terms": [{"fieldname", "label", "text", "html"}]},
	"changes": {"since", "since_version", "rows"}, "margin",
	"groups": [{"rule", "rule_label", "function", "function_label", "quorum", "approvals", "state"}],
	"opinions": [{"name", "round", "function", "function_label", "rule", "asked", "asked_name", "asked_as",
	"reviewer_name", "decision", "feasibility", "price", "compliance", "reason", "decided_on", "carried_over",
	"due_on", "overdue", "escalated_to_name", "mine"}], "earlier": [as opinions, of rounds before],
	"comments": [{"about", "row_key", "row_label", "comment", "commented_by", "commented_by_name", "review_function",
	"commented_on", "mine", "round"}],
	"mine": {"functions", "decision", "feasibility", "price", "compliance", "reason"} | None,
	"may": {"decide", "delegate", "delegate_others", "recall", "withdraw"}}``

	`changes.rows` are those of `salesflow_std.api.proposal.compare` since the version the user last decided on,
	`since` is None where there is none. `margin` is None for who may not see cost. Texts are plain unless they are
	called `html` or `description`, which are sanitised. `state` of a group is Open, Approved, Change or Reject.
	"""
	return review_sheet.sheet(_review(review))


def _proposal(name: str, ptype: str) -> Document:
	doc = frappe.get_doc("Solution Proposal", name)
	doc.check_permission(ptype)
	return doc


def _review(name: str) -> Document:
	"""The review, if the user may read it; who may do what with it, `reviews` checks."""
	doc = frappe.get_doc("Proposal Review", name)
	doc.check_permission("read")
	return doc
