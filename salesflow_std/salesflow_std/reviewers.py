"""Who is asked for an opinion on a proposal, and so may see it (S2)."""

from __future__ import annotations

import frappe


def asked_condition(doctype: str, field: str, user: str | None = None) -> str:
	"""The condition on `doctype` whose `field` names a proposal: the user is or was asked about a version of it."""
	user = frappe.db.escape(user or frappe.session.user)
	return (
		f"`tab{doctype}`.`{field}` in (select version.name from `tabSolution Proposal` version"
		" join `tabSolution Proposal` reviewed on reviewed.root = version.root"
		" join `tabProposal Review` review on review.proposal = reviewed.name"
		" join `tabReview Opinion` opinion on opinion.parent = review.name"
		f" where opinion.asked = {user} or opinion.reviewer = {user})"
	)


def is_asked(proposal: str | None, user: str | None = None) -> bool:
	"""Whether a user is or was asked about a version of a proposal."""
	if not proposal:
		return False
	user = user or frappe.session.user
	version = frappe.qb.DocType("Solution Proposal")
	reviewed = frappe.qb.DocType("Solution Proposal").as_("reviewed")
	review, opinion = frappe.qb.DocType("Proposal Review"), frappe.qb.DocType("Review Opinion")
	return bool(
		frappe.qb.from_(version)
		.join(reviewed)
		.on(reviewed.root == version.root)
		.join(review)
		.on(review.proposal == reviewed.name)
		.join(opinion)
		.on((opinion.parent == review.name) & (opinion.parenttype == "Proposal Review"))
		.select(opinion.name)
		.where((version.name == proposal) & ((opinion.asked == user) | (opinion.reviewer == user)))
		.limit(1)
		.run()
	)
