"""The nurture pool: light touches with something worth reading, and a new score now and then (L8, L9)."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.utils import add_to_date, get_datetime, now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.engine.scoring import Period
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import follow_ups, notices, reps, touches, value_items
from salesflow_std.salesflow_std.cadences import Cadence, cadence_for, cadences
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.follow_ups import NEW_SCORE, PLANNED, Planning, rep_of

CHUNK = 500
# A request for a new score is due after so many working days.
_TIME_TO_SCORE = 5


def run() -> None:
	"""Asks for new scores and sends the light touches that are due. Twice is once."""
	if not settings().plan_follow_ups:
		return
	run_each((ask_for_scores, send_light_touches))


def ask_for_scores() -> int:
	"""Puts leads of the pool on their owner's list whose score is older than the policy allows (L8, L9)."""
	intervals = [of.rescore for of in cadences("Lead") if of.for_nurture_pool and of.rescore]
	if not intervals:
		return 0
	now = now_datetime()
	newest = max(_before(now, period) for period in intervals)
	lead, touch = frappe.qb.DocType("Lead"), frappe.qb.DocType("Follow Up")
	# Whoever was asked and has not scored the lead is asked again when the interval is over, not every hour.
	asked = (
		frappe.qb.from_(touch)
		.select(touch.reference_name)
		.where((touch.reference_doctype == "Lead") & (touch.kind == "New Score"))
		.where((touch.status == PLANNED) | (touch.creation >= newest))
	)
	after, count = "", 0
	while True:
		names = (
			frappe.qb.from_(lead)
			.select(lead.name)
			.where((lead.sf_in_nurture == 1) & (lead.sf_graded_on < newest) & (lead.name > after))
			.where(lead.status.isin(follow_ups.SUBJECTS["Lead"].open_statuses))
			.where(lead.name.notin(asked))
			.orderby(lead.name)
			.limit(CHUNK)
			.run(pluck=True)
		)
		if not names:
			return count
		count += _ask(names, now)
		# A chunk is whole in itself; the key of each request keeps it from being made twice.
		frappe.db.commit()  # nosemgrep
		after = names[-1]


def _ask(names: list[str], now: datetime) -> int:
	planning = Planning(now)
	graded_on = dict(
		frappe.get_all(
			"Lead",
			filters={"name": ("in", names)},
			fields=["name", "sf_graded_on"],
			order_by="name",
			as_list=True,
		)
	)
	rows = []
	for row in follow_ups.read("Lead", names):
		of_cadence, planner = planning.planner_for("Lead", row)
		if not of_cadence or not of_cadence.rescore or not follow_ups.is_open("Lead", row):
			continue
		if get_datetime(graded_on[row.name]) >= _before(now, of_cadence.rescore):
			continue
		day = planner.days.from_on(now.date(), _TIME_TO_SCORE)[-1]
		rep = rep_of("Lead", row)
		user = reps.on_duty(rep, day)
		rows.append(
			{
				"name": planning.new_name(),
				"docstatus": 0,
				"idx": 0,
				"title": row.title or row.name,
				"reference_doctype": "Lead",
				"reference_name": row.name,
				"allocated_to": user,
				"stands_in_for": rep if user != rep else None,
				"status": PLANNED,
				"kind": "New Score",
				"due_on": planner.days.closing(day),
				"goal": NEW_SCORE,
				"policy": of_cadence.name,
				"grade": row.sf_grade,
				"open_key": follow_ups.open_key("Lead", row.name, "New Score"),
			}
		)
	follow_ups.insert_rows(rows)
	return len(rows)


def _before(now: datetime, period: Period) -> datetime:
	"""The time a period ago; working units count like calendar ones, for so long an interval."""
	unit = {"Working Days": "Days", "Working Hours": "Hours"}.get(period.unit, period.unit).lower()
	return get_datetime(add_to_date(now, **{unit: -period.amount}))


def send_light_touches() -> int:
	"""Mails a value item to the leads whose light touch is due today, where the policy says so (L8).

	It goes through the Email Queue with an unsubscribe link. Where no item is left that the lead has not had,
	or there is no address, the touch stays on the owner's list; all of them do on a site that sends no mail.
	Returns how many went out.
	"""
	policies = [of for of in cadences("Lead") if of.send_automatically]
	if not policies or not EmailAccount.find_outgoing():
		return 0
	touch = frappe.qb.DocType("Follow Up")
	now = now_datetime()
	planning = Planning(now)
	end_of_day = now.replace(hour=23, minute=59, second=59)
	due = (
		frappe.qb.from_(touch)
		.select(touch.name, touch.reference_name, touch.value_kind, touch.policy)
		.where((touch.status == PLANNED) & (touch.kind == "Rhythm") & (touch.due_on <= end_of_day))
		.where((touch.reference_doctype == "Lead") & (touch.channel == "E-mail"))
		.where(touch.policy.isin([of.name for of in policies]))
		.orderby(touch.due_on, touch.name)
		.run(as_dict=True)
	)
	count = 0
	for row in due:
		try:
			count += _send(row, planning)
			# The mail in the queue and the touch that it was belong together; a killed run sends nothing twice.
			frappe.db.commit()  # nosemgrep
		except JobTimeoutException:
			raise
		except Exception:
			# One broken record never stops the rest.
			frappe.db.rollback()
			frappe.log_error(
				title="Light touch could not be sent",
				reference_doctype="Lead",
				reference_name=row.reference_name,
			)
	return count


def _send(touch: frappe._dict, planning: Planning) -> int:
	lead = follow_ups.read("Lead", [touch.reference_name])[0]
	if not _may_send(touch, lead):
		return 0
	# What is late, since nobody was there to send it, waits for the customer's next working day (F4).
	if not planning.planner_for("Lead", lead)[1].days.works(planning.now.date()):
		return 0
	items = value_items.suggest("Lead", lead.name, touch.value_kind, limit=1)
	if not items:
		return 0
	item, rep = items[0], rep_of("Lead", lead)
	language = frappe.db.get_value("Lead", lead.name, "language")
	with notices.in_language(language or notices.language_of(rep)):
		communication = frappe.get_doc(
			{
				"doctype": "Communication",
				"communication_type": "Automated Message",
				"communication_medium": "Email",
				"sent_or_received": "Sent",
				"subject": item["subject"],
				"content": item["body"],
				"recipients": lead.email_id,
				"reference_doctype": "Lead",
				"reference_name": lead.name,
				"status": "Linked",
			}
		).insert(ignore_permissions=True)
		frappe.sendmail(
			recipients=[lead.email_id],
			subject=item["subject"],
			message=item["body"],
			attachments=_attachments(item["attachment"]),
			reference_doctype="Lead",
			reference_name=lead.name,
			unsubscribe_message=_("Unsubscribe"),
			communication=communication.name,
			reply_to=frappe.db.get_value("User", rep, "email"),
		)
	touches.sent_by_itself(touch.name, lead, item["name"], communication.name)
	return 1


def _may_send(touch: frappe._dict, lead: frappe._dict) -> bool:
	"""Whether the lead still waits for this touch, in the pool, with an address that may be written to."""
	of_cadence: Cadence | None = cadence_for("Lead", lead)
	return bool(
		lead.email_id
		and not lead.unsubscribed
		and follow_ups.is_open("Lead", lead)
		and of_cadence
		and of_cadence.name == touch.policy
		and of_cadence.send_automatically
		and frappe.db.get_value("Follow Up", touch.name, "status") == PLANNED
		and not frappe.db.exists("Email Unsubscribe", {"email": lead.email_id, "global_unsubscribe": 1})
	)


def _attachments(url: str | None) -> list[dict]:
	name = frappe.db.get_value("File", {"file_url": url}, "name") if url else None
	return [{"fid": name}] if name else []
