"""What time does to an open clause review: a stand-in takes over, legal is reminded, the manager hears of it (C2).

Each step takes the name of a review and the present, locks, marks and tells people; twice changes nothing. It returns
the users it has told.
"""

from __future__ import annotations

from datetime import datetime

from frappe.model.document import Document
from frappe.utils import flt, get_datetime

from salesflow_std.salesflow_std import (
	announcing,
	contract_mail,
	contract_reviewers,
	contract_reviews,
	reminding,
	reps,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


def relieve(name: str, _now: datetime) -> list[str]:
	"""Asks the stand-in where the reviewer is away or has left."""
	review, contract = contract_reviews.locked(name)
	if review.status != contract_reviews.OPEN:
		return []
	instead = contract_reviews.stand_in(review, contract)
	if not instead or instead == review.reviewer:
		return []
	contract_reviews.put_on(review, contract, instead)
	return [instead]


def remind(name: str, now: datetime) -> list[str]:
	"""Reminds of a review that is due within the working hours that the settings name; once."""
	review, contract = contract_reviews.locked(name)
	if review.status != contract_reviews.OPEN or review.reminded_on:
		return []
	hours = flt(settings().closing_remind_hours)
	if not reminding.is_near(get_datetime(review.due_on), hours, review.company, now):
		return []
	review.reminded_on = now
	contract_reviews.save(review)
	contract_mail.reminded(review, contract)
	return [review.reviewer]


def escalate(name: str, now: datetime) -> list[str]:
	"""Tells the manager of a review whose deadline is over, and who asked for it; once."""
	review, contract = contract_reviews.locked(name)
	if review.status != contract_reviews.OPEN or review.escalated_on or get_datetime(review.due_on) > now:
		return []
	managers = _managers(review, contract)
	review.update({"escalated_on": now, "escalated_to": managers[0] if managers else None})
	contract_reviews.save(review)
	told = list(dict.fromkeys((*managers, *announcing.readers([review.asked_by], contract))))
	contract_mail.escalated(review, contract, told)
	return told


def _managers(review: Document, contract: Document) -> list[str]:
	"""Whom a rule names, else the manager of who is late, else of who asked; only who may read the contract."""
	named = [rule.escalate_to for rule in contract_reviewers.rules(contract) if rule.escalate_to]
	for users in (named, [reps.manager_of(review.reviewer)], reps.escalate_to(review.asked_by)):
		if found := announcing.readers([user for user in users if user != review.reviewer], contract):
			return found
	return []
