"""Every night: which customer profiles are due, and who is told of it (P5). Twice is once."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html, getdate, now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import keeping, notices, profiles, reps

CHUNK = 500
# A first night makes no more profiles than that; the next one goes on.
MOST_PROFILES = 5000
_NAMED = 20


def run() -> None:
	"""Makes the profiles that are missing, sets due dates, reminds whoever is responsible, tells managers."""
	run_each((make_profiles, set_due_dates, remind, escalate))


def make_profiles() -> int:
	"""Gives customers that matter a profile, so that they are reviewed as well; returns how many."""
	count, after = 0, ""
	while count < MOST_PROFILES and (names := keeping.customers_without(after, CHUNK)):
		for name in names:
			frappe.db.savepoint("salesflow_profile")
			try:
				profiles.ensure("Customer", name)
				count += 1
			except JobTimeoutException:
				raise
			except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
				raise
			except Exception:
				# One broken record never stops the rest.
				frappe.db.rollback(save_point="salesflow_profile")
				frappe.log_error(
					title="Salesflow: no profile for a customer",
					reference_doctype="Customer",
					reference_name=name,
				)
		# A chunk is whole in itself: a killed run goes on behind it.
		frappe.db.commit()  # nosemgrep
		after = names[-1]
	return count


def set_due_dates() -> int:
	"""Sets missing due dates and who is responsible, chunk by chunk; returns how many profiles changed."""
	count, after = 0, ""
	while names := frappe.get_all(
		"Customer Profile", filters={"name": (">", after)}, pluck="name", order_by="name", limit=CHUNK
	):
		count += keeping.fill(names)
		# As above.
		frappe.db.commit()  # nosemgrep
		after = names[-1]
	return count


def remind() -> None:
	"""One notice for each person, of all profiles that have come due since the last one."""
	of_person: dict[str, list[frappe._dict]] = {}
	today = getdate(now_datetime())
	for row in keeping.waiting(today):
		of_person.setdefault(reps.on_duty(row.responsible, today), []).append(row)
	_tell_each(of_person)


def escalate() -> None:
	"""One notice for each manager, of the profiles of their people that are overdue for more than a week."""
	of_manager: dict[str, list[frappe._dict]] = {}
	managers: dict[str, list[str]] = {}
	for row in keeping.waiting(getdate(now_datetime()), keeping.ESCALATE_AFTER):
		if row.responsible not in managers:
			managers[row.responsible] = reps.escalate_to(row.responsible)
		for manager in managers[row.responsible]:
			of_manager.setdefault(manager, []).append(row)
	_tell_each(of_manager, keeping.ESCALATE_AFTER)


def _tell_each(of_user: dict[str, list[frappe._dict]], after_days: int = 0) -> None:
	"""Tells each person, as a transaction of its own; one's trouble never stops the others."""
	for user, rows in of_user.items():
		try:
			if frappe.db.exists("User", user):
				_tell(user, rows, after_days)
			keeping.told([row.name for row in rows], after_days)
			# The notice and its mark belong together; a killed run tells nobody twice.
			frappe.db.commit()  # nosemgrep
		except JobTimeoutException:
			raise
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Salesflow: {user} could not be told of profiles")


def _tell(user: str, rows: list[frappe._dict], after_days: int) -> None:
	with notices.in_language(notices.language_of(user)):
		one = f"<b>{escape_html(rows[0].company_name or rows[0].name)}</b>"
		if after_days and len(rows) == 1:
			subject = _(
				"What is known of {0} has not been reviewed for more than {1} days after it was due."
			).format(one, after_days)
		elif after_days:
			subject = _(
				"{0} customer profiles of your team are overdue for review for more than {1} days."
			).format(len(rows), after_days)
		elif len(rows) == 1:
			subject = _("The customer profile of {0} is due for review.").format(one)
		else:
			subject = _("{0} customer profiles are due for review.").format(len(rows))
		companies = [escape_html(row.company_name or row.name) for row in rows[:_NAMED]]
		notices.notify(user, subject, "Customer Profile", rows[0].name, "<br>".join(companies))
