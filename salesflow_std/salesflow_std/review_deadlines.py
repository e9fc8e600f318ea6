"""What time does to an open review: stand-ins take over, reviewers are reminded, managers hear of it (S2).

Each step takes the name of a review and the present, locks, marks the rows and tells people; twice changes nothing.
It returns the users it has told.
"""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import flt, get_datetime

from salesflow_std.salesflow_std import announcing, reminding, reps, review_mail, review_rules, reviews


def _waiting(review: Document) -> list[Document]:
	"""The seats of an open review that have not spoken."""
	if review.status != reviews.OPEN:
		return []
	return [row for row in reviews.current(review) if not row.decision]


def _rule(row: Document) -> Document:
	return frappe.get_cached_doc(review_rules.DOCTYPE, row.review_rule)


# Absence --------------------------------------------------------------------------------------------------


def relieve(name: str, now: datetime) -> list[str]:
	"""Puts stand-ins on the seats of those who are away or have left.

	Where nobody suits the seat stays as it is; the deadline brings it before the manager.
	"""
	review, proposal = reviews.locked(name)
	moved = []
	for row in _waiting(review):
		if reps.is_enabled(row.asked) and not reps.is_away(row.asked, now.date()):
			continue
		instead = review_rules.stand_in_of(
			row.asked, row.stand_in, proposal, now.date(), _group_of(review, row)
		)
		if instead:
			reviews.seat(row, instead, review_rules.STAND_IN)
			moved.append(row)
	if moved:
		reviews.save(review)
		review_mail.asked(review, proposal, moved)
	return [row.asked for row in moved]


def _group_of(review: Document, row: Document) -> review_rules.Group:
	"""Who sits at the same rule: nobody gets a second seat there."""
	return review_rules.Group(
		_rule(row),
		[
			review_rules.Asked(other.asked, other.reviewer)
			for other in reviews.current(review)
			if other.review_rule == row.review_rule
		],
	)


# Reminders ------------------------------------------------------------------------------------------------


def remind(name: str, now: datetime) -> list[str]:
	"""Reminds of seats that are due within the working hours their rule names; once, and not when it is late."""
	review, proposal = reviews.locked(name)
	of_user: dict[str, list[Document]] = {}
	for row in _waiting(review):
		hours = flt(_rule(row).remind_hours)
		if not row.reminded_on and reminding.is_near(get_datetime(row.due_on), hours, review.company, now):
			row.reminded_on = now
			of_user.setdefault(row.asked, []).append(row)
	if of_user:
		reviews.save(review)
	for rows in of_user.values():
		review_mail.reminded(review, proposal, rows)
	return list(of_user)


# Escalation -----------------------------------------------------------------------------------------------


def escalate(name: str, now: datetime) -> list[str]:
	"""Tells the manager of seats whose deadline is over, and the opener; once."""
	review, proposal = reviews.locked(name)
	of_manager: dict[str, list[Document]] = {}
	for row in _waiting(review):
		if row.escalated_on or get_datetime(row.due_on) > now:
			continue
		managers = _managers(row, review, proposal)
		row.update({"escalated_on": now, "escalated_to": managers[0] if managers else None})
		for user in dict.fromkeys((*managers, *announcing.readers([review.opened_by], proposal))):
			of_manager.setdefault(user, []).append(row)
	if any(row.escalated_on == now for row in _waiting(review)):
		reviews.save(review)
	for user, rows in of_manager.items():
		review_mail.escalated(review, proposal, [user], rows)
	return list(of_manager)


def _managers(row: Document, review: Document, proposal: Document) -> list[str]:
	"""Whom the rule names, else the manager of who is late, else of who opened the review; only who may read it."""
	for users in (
		[_rule(row).escalate_to],
		reps.escalate_to(row.asked),
		reps.escalate_to(review.opened_by),
	):
		found = announcing.readers([user for user in users if user != row.asked], proposal)
		if found:
			return found
	return []
