"""The clock of weekly sheets and monthly reviews (M6): prepares and sends them, proposes coaching and recognition, reminds.

Each team is whole in itself: one that fails is logged and left for the next tick, and twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import frappe
from frappe.utils import cint, getdate, now_datetime

from salesflow_std.engine import reviewing as rules
from salesflow_std.jobs import watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import coaching, sales_review_mail, sales_review_teams, sales_reviews
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


def tick() -> None:
	"""Runs every hour; with nothing due it reads the teams and their last sheets. Twice is once."""
	run_each(STEPS)


def daily() -> None:
	"""Runs every night: months are closed by day. Twice is once."""
	run_each((propose,))


def prepare() -> int:
	"""Makes the sheets that are due; returns how many were made."""
	chosen, count, now = settings(), 0, now_datetime()
	kinds = [
		kind
		for kind, field in (
			(sales_reviews.WEEKLY, "weekly_sheet"),
			(sales_reviews.MONTHLY, "monthly_review"),
		)
		if cint(chosen.get(field))
	]
	if not kinds:
		return 0
	for team in sales_review_teams.teams():
		for kind in kinds:
			with watching.sparing("A sales review could not be prepared", "Sales Person", team.sales_person):
				period = sales_reviews.due_period(team, kind, now)
				name = sales_reviews.make(team, kind, *period) if period else None
				count += bool(name)
			# Each sheet is whole in itself; a killed run goes on with the next team.
			frappe.db.commit()  # nosemgrep
	return count


def tell() -> int:
	"""Tells who leads of the sheets that are prepared, once each; returns how many were told."""
	count = 0
	for rows in watching.chunks(sales_reviews.untold):
		for row in rows:
			try:
				count += sales_review_mail.prepared(row.name)
			except Exception:
				# Not within a savepoint: printing commits.
				frappe.db.rollback()
				frappe.log_error(
					"A sales review could not be told of",
					reference_doctype=sales_reviews.DOCTYPE,
					reference_name=row.name,
				)
			# The notice, the mail and the mark belong together.
			frappe.db.commit()  # nosemgrep
	return count


def send_kept(review: str) -> int:
	"""Sends a kept sheet to its team; returns to how many."""
	doc = frappe.get_doc(sales_reviews.DOCTYPE, review)
	return sales_review_mail.to_team(doc) if doc.status == sales_reviews.KEPT else 0


def propose() -> int:
	"""Coaching and recognition by each company's last closed month; returns how many were proposed."""
	count = 0
	for company in frappe.get_all("Company", pluck="name", order_by="name"):
		month = coaching.latest_closed(company)
		if month and month >= _oldest():
			with watching.sparing("Coaching could not be proposed", "Company", company):
				count += _propose(company, month)
	return count


def _oldest() -> date:
	"""Older months are past: nobody is coached for them."""
	return rules.months_back(getdate(now_datetime()), 4)[0]


def _propose(company: str, month: date) -> int:
	count = 0
	for person, verdict in coaching.verdicts(company, month).items():
		if not verdict.kind:
			continue
		with watching.sparing("Coaching could not be proposed", "Sales Person", person.sales_person):
			count += bool(coaching.propose(company, person, month, verdict))
		# A proposal and its notice belong together.
		frappe.db.commit()  # nosemgrep
	return count


def remind() -> int:
	"""Tells who confirmed a coaching that its day has come, once; returns how many."""
	count, today = 0, getdate(now_datetime())
	for rows in watching.chunks(lambda after: coaching.due_reminders(after, today)):
		for row in rows:
			with watching.sparing("A coaching could not be reminded of", coaching.DOCTYPE, row.name):
				coaching.remind(row.name)
				count += 1
	return count


STEPS: tuple[Callable[[], object], ...] = (prepare, tell, remind)
