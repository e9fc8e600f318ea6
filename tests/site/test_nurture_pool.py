"""The nurture pool: light touches, automatic mail, new scores, and the way back (L8, L9)."""

import email
from email import policy as email_policy

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.jobs import follow_up_clock, nurture_pool
from tests.site import plans, records
from tests.site.plans import MONDAY


def pooled(**values):
	"""A C lead that was reached just now, with an address."""
	address = f"{frappe.generate_hash(length=8)}@sample-works.example"
	return plans.in_rhythm("1111", **{"email_id": address, **values})


def automatic(jobs, on=1, **values):
	policy = plans.policy("Nurture pool")
	policy.update({"send_automatically": on, **values})
	policy.save()
	jobs.run("plan_anew")


def queued(lead):
	"""The mails in the queue about a lead: (status, recipients, subject, text)."""
	found = []
	for row in frappe.get_all(
		"Email Queue",
		filters={"reference_doctype": "Lead", "reference_name": lead.name},
		fields=["name", "status", "message", "unsubscribe_method"],
		order_by="creation",
	):
		message = email.message_from_string(row.message, policy=email_policy.default)
		recipients = frappe.get_all("Email Queue Recipient", filters={"parent": row.name}, pluck="recipient")
		found.append((row.status, recipients, message["Subject"], message.get_body(("html",)).get_content()))
	return found


def on_the_day(clock, lead, hour=11):
	clock.set(f"{plans.day(plans.only(lead).due_on)} {hour}:00")


# In and through --------------------------------------------------------------------------------------------


def test_l7_a_c_lead_is_in_the_pool_with_a_light_touch_a_month(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded("1111")
		assert records.state(lead, "sf_in_nurture", "sf_first_touch_due") == (1, None)
		touch = plans.only(lead)
		assert (touch.policy, touch.kind, touch.channel) == ("Nurture pool", "Rhythm", "E-mail")
		assert touch.goal == "Stay in mind with something useful" and touch.value_kind


def test_a_light_touch_of_the_rep_counts_and_brings_another_kind_next(frozen_time):
	item = plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		lead = plans.graded("1111")
		first = plans.only(lead)
		on_the_day(clock, lead)
		plans.finish(lead, "Sent", value_content=item.name)
		second = plans.only(lead)
		assert second.value_kind != first.value_kind
		assert 21 <= (second.due_on.date() - first.due_on.date()).days <= 40


def test_without_the_switch_nothing_is_sent(frozen_time):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		lead = pooled()
		on_the_day(clock, lead)
		nurture_pool.run()
		assert queued(lead) == []
		assert plans.only(lead).kind == "Rhythm", "it waits on the owner's list"


def test_with_the_switch_the_light_touch_goes_out_once(frozen_time, jobs, make_user):
	rep = make_user()
	digest = plans.value_content("A digest", kind="Policy Digest")
	case = plans.value_content("A case", kind="Case")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled(lead_owner=rep)
		due = plans.only(lead)
		clock.set(f"{frappe.utils.add_days(plans.day(due.due_on), -1)} 12:00")
		nurture_pool.run()
		assert queued(lead) == [], "not before its day"
		on_the_day(clock, lead)
		nurture_pool.run()
		nurture_pool.run()
		((status, recipients, subject, body),) = queued(lead)
		assert (status, recipients) == ("Not Sent", [lead.email_id])
		wanted = {digest.kind: digest, case.kind: case}[due.value_kind]
		assert wanted.title in subject and lead.company_name in subject
		assert "unsubscribe" in body.lower()
		(sent,) = plans.done(lead, outcome="Sent")
		assert (sent.name, sent.outcome, sent.value_content) == (due.name, "Sent", wanted.name)
		assert sent.touch_doctype == "Communication"
		upcoming = plans.only(lead)
		assert upcoming.due_on.month != due.due_on.month
		# The next one brings what the lead has not had; after that there is nothing left to send.
		on_the_day(clock, lead)
		nurture_pool.run()
		assert len(queued(lead)) == 2
		assert len({touch.value_content for touch in plans.done(lead, outcome="Sent")}) == 2
		on_the_day(clock, lead)
		nurture_pool.run()
		assert len(queued(lead)) == 2, "nobody gets the same item twice"
		assert plans.only(lead, kind="Rhythm"), "it waits on the owner's list"


def test_the_automatic_mail_is_no_second_touch_by_its_communication(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		on_the_day(clock, lead)
		before = records.state(lead, "sf_touches")
		nurture_pool.run()
		(sent,) = plans.done(lead, outcome="Sent")
		mail = frappe.get_doc("Communication", sent.touch_name)
		mail.save()
		mail.db_set("delivery_status", "Sent")
		assert records.state(lead, "sf_touches") == before + 1
		assert len(plans.done(lead)) == 2


def test_an_automatic_mail_that_bounces_asks_for_the_right_address(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		on_the_day(clock, lead)
		nurture_pool.run()
		(sent,) = plans.done(lead, outcome="Sent")
		frappe.get_doc("Communication", sent.touch_name).db_set("delivery_status", "Bounced")
		assert plans.only(lead).goal == "Find the right contact"


def test_a_reply_to_a_light_touch_is_answered(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		on_the_day(clock, lead)
		nurture_pool.run()
		clock.shift(hours=1)
		plans.reply(lead)
		assert plans.only(lead).kind == "Reply"


@pytest.mark.parametrize("how", ["link", "everything", "field", "no address"])
def test_who_cannot_or_may_not_be_written_to_gets_no_mail(frozen_time, jobs, how):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled(**({"email_id": None} if how == "no address" else {}))
		on_the_day(clock, lead)
		if how in ("link", "everything"):
			about = {"reference_doctype": "Lead", "reference_name": lead.name}
			frappe.get_doc(
				{
					"doctype": "Email Unsubscribe",
					"email": lead.email_id,
					**(about if how == "link" else {"global_unsubscribe": 1}),
				}
			).insert(ignore_permissions=True)
		elif how == "field":
			lead.reload()
			lead.unsubscribed = 1
			lead.save()
		nurture_pool.run()
		follow_up_clock.tick()
		nurture_pool.run()
		assert queued(lead) == []
		assert plans.done(lead, outcome="Sent") == []
		if how != "no address":
			assert plans.waiting(lead) == [], "light touches go by mail alone"


def test_who_had_unsubscribed_from_everything_before_they_were_a_lead(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	frappe.get_doc(
		{"doctype": "Email Unsubscribe", "email": "quiet@sample-works.example", "global_unsubscribe": 1}
	).insert(ignore_permissions=True)
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled(email_id="quiet@sample-works.example")
		clock.set("2027-02-11 11:00")
		nurture_pool.run()
		assert plans.done(lead, outcome="Sent") == [] and queued(lead) == []


def test_a_late_light_touch_waits_for_a_working_day(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		due = plans.only(lead).due_on
		saturday = frappe.utils.add_days(due.date(), 5 - due.weekday())
		clock.set(f"{saturday} 11:00")  # the scheduler was down on the day
		nurture_pool.run()
		assert queued(lead) == []
		clock.set(f"{frappe.utils.add_days(saturday, 2)} 11:00")
		nurture_pool.run()
		assert len(queued(lead)) == 1


def test_one_lead_that_cannot_be_sent_to_does_not_stop_the_rest(frozen_time, jobs, monkeypatch):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		broken, sound = pooled(), pooled()
		frappe.db.commit()
		send = frappe.sendmail

		def fails(**values):
			if values["recipients"] == [broken.email_id]:
				raise ValueError("no such mailbox")
			return send(**values)

		clock.set(f"{max(plans.day(plans.only(lead).due_on) for lead in (broken, sound))} 11:00")
		with monkeypatch.context() as patch:
			patch.setattr(frappe, "sendmail", fails)
			nurture_pool.run()
		assert len(queued(sound)) == 1
		assert queued(broken) == [] and plans.done(broken, outcome="Sent") == []
		assert frappe.get_all("Error Log", filters={"reference_name": broken.name})
		nurture_pool.run()
		assert len(queued(broken)) == len(queued(sound)) == 1


def test_a_site_that_sends_no_mail_leaves_the_touch_to_the_rep(frozen_time, jobs, monkeypatch):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		on_the_day(clock, lead)
		monkeypatch.setattr(nurture_pool.EmailAccount, "find_outgoing", lambda **_: {})
		before = frappe.db.count("Error Log")
		nurture_pool.run()
		assert frappe.db.count("Error Log") == before
		assert queued(lead) == [] and plans.only(lead).kind == "Rhythm"


def test_a_killed_run_sends_nothing_twice(frozen_time, jobs, monkeypatch):
	class Killed(BaseException):
		pass

	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		leads = [pooled() for _ in range(3)]
		frappe.db.commit()
		clock.set(f"{max(plans.day(plans.only(lead).due_on) for lead in leads)} 11:00")
		original, calls = nurture_pool.touches.sent_by_itself, []

		def dies(*args):
			calls.append(args)
			if len(calls) == 2:
				raise Killed
			original(*args)

		with monkeypatch.context() as patch:
			patch.setattr(nurture_pool.touches, "sent_by_itself", dies)
			with pytest.raises(Killed):
				nurture_pool.run()
		frappe.db.rollback()
		nurture_pool.run()
		assert [len(queued(lead)) for lead in leads] == [1, 1, 1]


def test_switched_off_planning_sends_and_asks_nothing(frozen_time, jobs):
	plans.value_content("A digest", kind="Policy Digest")
	with frozen_time(MONDAY) as clock:
		automatic(jobs)
		lead = pooled()
		settings = frappe.get_single("Salesflow Settings")
		settings.plan_follow_ups = 0
		settings.save()
		clock.set("2027-06-14 11:00")
		nurture_pool.run()
		assert queued(lead) == []
		assert plans.touches_of(lead, kind="New Score") == []


# New scores ------------------------------------------------------------------------------------------------


def test_a_new_score_is_asked_for_at_the_interval_and_once(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead, other = pooled(), plans.in_rhythm("3333")
		clock.set("2027-04-11 08:00")
		nurture_pool.run()
		assert plans.touches_of(lead, kind="New Score") == [], "three months are not over"
		clock.set("2027-04-12 10:00")
		for _ in range(3):
			nurture_pool.run()
			clock.shift(hours=1)
		(asked,) = plans.touches_of(lead, kind="New Score")
		assert (asked.status, asked.goal) == ("Planned", "Score the lead anew")
		assert asked.due_on > get_datetime("2027-04-12 13:00")
		assert plans.touches_of(other, kind="New Score") == [], "only the pool's leads"
		records.score(lead, "1112")
		assert plans.touches_of(lead, kind="New Score")[0].status == "Done"
		nurture_pool.run()
		assert len(plans.touches_of(lead, kind="New Score")) == 1
		clock.set("2027-07-13 10:00")
		nurture_pool.run()
		assert len(plans.touches_of(lead, kind="New Score")) == 2, "and again at the next interval"


@pytest.mark.parametrize("status", ["Done", "Cancelled"])
def test_who_puts_the_question_aside_is_not_asked_every_hour(frozen_time, status):
	with frozen_time(MONDAY) as clock:
		lead = pooled()
		clock.set("2027-04-13 10:00")
		nurture_pool.run()
		asked = frappe.get_doc("Follow Up", plans.waiting(lead, kind="New Score")[0].name)
		asked.status = status
		asked.save()
		for hours in (1, 24, 24 * 20):
			clock.shift(hours=hours)
			nurture_pool.run()
		assert plans.waiting(lead, kind="New Score") == []
		clock.set("2027-07-15 10:00")
		nurture_pool.run()
		assert len(plans.waiting(lead, kind="New Score")) == 1


def test_the_question_is_no_touch(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = pooled()
		clock.set("2027-04-13 10:00")
		nurture_pool.run()
		follow_up_clock.tick()
		before = records.state(lead, "sf_touches", "sf_last_touch_on")
		records.score(lead, "1112")
		assert records.state(lead, "sf_touches", "sf_last_touch_on") == before


def test_the_question_follows_the_owner(frozen_time, make_user):
	rep, other = make_user(), make_user()
	with frozen_time(MONDAY) as clock:
		lead = pooled(lead_owner=rep)
		clock.set("2027-04-13 10:00")
		nurture_pool.run()
		assert plans.waiting(lead, kind="New Score")[0].allocated_to == rep
		lead.reload()
		lead.lead_owner = other
		lead.save()
		assert plans.waiting(lead, kind="New Score")[0].allocated_to == other


# Out -------------------------------------------------------------------------------------------------------


def told(user):
	return [
		note.subject
		for note in frappe.get_all(
			"Notification Log",
			filters={"for_user": user, "document_type": "Lead"},
			fields=["subject"],
		)
	]


@pytest.mark.parametrize("touched", [True, False])
def test_l8_a_better_grade_leaves_the_pool_with_a_plan_and_a_notice(frozen_time, make_user, touched):
	rep = make_user()
	with frozen_time(MONDAY) as clock:
		lead = pooled(lead_owner=rep) if touched else plans.graded("1111", lead_owner=rep)
		clock.set("2027-03-01 10:00")
		records.score(lead, "5555")
		assert records.state(lead, "sf_in_nurture") == 0
		touch = plans.only(lead)
		assert (touch.kind, touch.policy) == ("Rhythm" if touched else "First Touch", "Lead follow-up")
		(subject,) = told(rep)
		assert lead.title in subject and "nurture pool" in subject
		plans.finish(lead)
		follow_up_clock.tick()
		records.score(lead, "5554")
		assert len(told(rep)) == 1, "once"


def test_l8_who_ended_politely_comes_back_with_a_better_grade(frozen_time, make_user):
	rep = make_user()
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333", lead_owner=rep)
		plans.finish(lead, "Not Interested", what_now="Nurture Pool")
		assert plans.only(lead).policy == "Nurture pool"
		clock.set("2027-03-01 10:00")
		records.score(lead, "3332")
		assert records.state(lead, "sf_in_nurture") == 1, "the same grade again is no reason"
		records.score(lead, "5555")
		assert records.state(lead, "sf_in_nurture", "sf_ended_politely") == (0, 0)
		assert plans.only(lead).policy == "Lead follow-up"
		assert len(told(rep)) == 1


def test_l8_the_notice_is_in_the_owners_language(frozen_time, make_user):
	rep = make_user(language="zh")
	source = "{0} is graded {1} now and leaves the nurture pool; its next touch is planned."
	frappe.get_doc(
		{
			"doctype": "Translation",
			"language": "zh",
			"source_text": source,
			"translated_text": "{0} 现为 {1} 级,已离开培育池,下次接触已安排。",
		}
	).insert()
	with frozen_time(MONDAY):
		lead = pooled(lead_owner=rep)
		records.score(lead, "5555")
	assert told(rep) == [f"<b>{lead.title}</b> 现为 A 级,已离开培育池,下次接触已安排。"]


def test_l8_a_re_grading_brings_leads_back_as_well(frozen_time, jobs, make_user):
	rep = make_user()
	with frozen_time(MONDAY) as clock:
		leads = [pooled(lead_owner=rep), plans.graded("1111", lead_owner=rep)]
		clock.shift(hours=1)
		model = frappe.get_doc("Scoring Model", "BNAU")
		for band in model.bands:
			if band.grade == "B":
				band.from_total = 4
			if band.grade == "C":
				band.below_total = 4
		model.save()
		jobs.run()
		follow_up_clock.tick()
		follow_up_clock.tick()
		for lead in leads:
			assert records.state(lead, "sf_grade", "sf_in_nurture") == ("B", 0)
			assert plans.only(lead).policy == "Lead follow-up"
		assert len(told(rep)) == 2


def test_many_that_leave_at_once_are_one_notice(frozen_time, jobs, make_user):
	rep = make_user()
	with frozen_time(MONDAY):
		for _ in range(7):
			pooled(lead_owner=rep)
		frappe.db.commit()
		model = frappe.get_doc("Scoring Model", "BNAU")
		for band in model.bands:
			if band.grade == "B":
				band.from_total = 4
			if band.grade == "C":
				band.below_total = 4
		model.save()
		jobs.run()
		follow_up_clock.tick()
		(subject,) = told(rep)
		assert "7" in subject


def test_a_lower_grade_enters_the_pool_without_a_word(frozen_time, make_user):
	rep = make_user()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		records.score(lead, "1111")
		assert plans.only(lead).policy == "Nurture pool"
		assert told(rep) == []
