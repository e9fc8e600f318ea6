"""What really happened counts by itself: mail, calls, meetings, replies, endings (F3, F4, L7, L8)."""

import frappe
import pytest
from frappe.core.doctype.communication.email import make
from frappe.utils import get_datetime

from salesflow_std.jobs import follow_up_clock
from tests.site import plans, records
from tests.site.plans import MONDAY

OUT_OF_OFFICE = {
	"subject": "Automatic reply: About your inquiry",
	"content": "I am out of the office until Friday.",
}


def send(doc, **values):
	"""Sends a mail as the form's e-mail dialog does; returns its Communication."""
	sent = make(
		**{
			"doctype": doc.doctype,
			"name": doc.name,
			"subject": "About your inquiry",
			"content": "Hello",
			"recipients": "buyer@sample-works.example",
			"communication_medium": "Email",
			"send_email": True,
			**values,
		}
	)
	return frappe.get_doc("Communication", sent["name"])


def stand(doc):
	"""Where the plan of a document stands, in a way that two plans can be compared by."""
	return [(t.name, t.status, t.kind, t.due_on, t.channel) for t in plans.touches_of(doc)]


# Sent mail -------------------------------------------------------------------------------------------------


def test_a_mail_in_the_queue_is_the_first_touch(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(email_id="buyer@sample-works.example")
		first = plans.only(lead)
		clock.shift(hours=2)
		mail = send(lead)
		assert frappe.get_all("Email Queue", filters={"communication": mail.name}, pluck="name")
		(closed,) = plans.done(lead)
		assert (closed.name, closed.kind, closed.channel, closed.outcome) == (
			first.name,
			"First Touch",
			"E-mail",
			"Sent",
		)
		assert (closed.touch_doctype, closed.touch_name) == ("Communication", mail.name)
		assert closed.done_on == get_datetime("2027-01-11 11:00")
		assert records.state(lead, "sf_first_touch_status", "sf_first_touched_on") == (
			"Met",
			get_datetime("2027-01-11 11:00"),
		)
		assert plans.only(lead).kind == "Rhythm"


def test_a_mail_closes_the_touch_of_the_rhythm_that_is_due(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333", email_id="buyer@sample-works.example")
		due = plans.only(lead)
		clock.set(f"{plans.day(due.due_on)} 10:00")
		mail = send(lead)
		assert [(t.name, t.touch_name) for t in plans.done(lead, kind="Rhythm")] == [(due.name, mail.name)]
		assert plans.only(lead).due_on > due.due_on


def test_a_mail_at_an_opportunity_counts_there(frozen_time):
	with frozen_time(MONDAY) as clock:
		deal = plans.deal(20)
		assert records.state(deal, "sf_grade") == "S"
		due = plans.only(deal)
		clock.set(f"{plans.day(due.due_on)} 10:00")
		send(deal)
		assert [t.name for t in plans.done(deal)] == [due.name]


def test_a_mail_at_a_lead_that_is_an_opportunity_counts_for_the_opportunity(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		deal = plans.deal(20, party_name=lead.name)
		assert records.state(lead, "status") == "Opportunity"
		assert plans.waiting(lead) == []
		due = plans.only(deal)
		clock.set(f"{plans.day(due.due_on)} 10:00")
		send(lead)
		assert [t.name for t in plans.done(deal)] == [due.name]
		assert plans.waiting(lead) == []


@pytest.fixture
def quotation():
	# Here a draft may go out; whether one may is the gate's test.
	frappe.db.set_single_value("Salesflow Settings", "quotation_enforcement", "Off")

	def make_quotation(**values):
		return frappe.get_doc(
			{
				"doctype": "Quotation",
				"company": records.COMPANY,
				"currency": "CNY",
				"conversion_rate": 1,
				"transaction_date": frappe.utils.today(),
				"valid_till": frappe.utils.add_days(frappe.utils.today(), 30),
				"order_type": "Sales",
				"items": [{"item_code": "Standard Service", "qty": 1, "rate": 1000}],
				**values,
			}
		).insert()

	return make_quotation


def test_a_mail_at_a_quotation_counts_for_its_opportunity(frozen_time, quotation):
	with frozen_time(MONDAY) as clock:
		deal = plans.deal(20)
		offer = quotation(quotation_to="Lead", party_name=deal.party_name, opportunity=deal.name)
		due = plans.only(deal)
		clock.set(f"{plans.day(due.due_on)} 10:00")
		send(offer)
		assert [t.name for t in plans.done(deal)] == [due.name]


def test_a_mail_at_a_quotation_to_a_lead_counts_for_the_lead(frozen_time, quotation):
	with frozen_time(MONDAY):
		lead = plans.graded()
		offer = quotation(quotation_to="Lead", party_name=lead.name)
		send(offer)
		assert records.state(lead, "sf_first_touched_on") == get_datetime(MONDAY)


def test_a_mail_that_is_linked_in_the_timeline_counts(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		mail = plans.communication(None)
		assert records.state(lead, "sf_first_touched_on") is None
		mail.reload()
		mail.add_link("Lead", lead.name, autosave=True)
		assert records.state(lead, "sf_first_touched_on") == get_datetime(MONDAY)
		assert len(plans.done(lead)) == 1


def test_a_mail_that_is_given_its_lead_later_counts_at_its_own_time(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.shift(hours=1)
		mail = plans.communication(None)
		clock.shift(hours=5)
		mail.reload()
		mail.update({"reference_doctype": "Lead", "reference_name": lead.name})
		mail.save()
		assert records.state(lead, "sf_first_touched_on") == get_datetime("2027-01-11 10:00")


@pytest.mark.parametrize(
	"values",
	[
		{"communication_type": "Automated Message"},
		{"communication_type": "Comment"},
		{"communication_medium": "Event"},
		{"communication_medium": "Other"},
		{"delivery_status": "Bounced"},
	],
)
def test_what_only_looks_like_a_touch_is_none(frozen_time, values):
	with frozen_time(MONDAY):
		lead = plans.graded()
		before = stand(lead)
		plans.communication(lead, **values)
		if "delivery_status" not in values:
			assert stand(lead) == before
		assert plans.done(lead) == []
		assert records.state(lead, "sf_first_touched_on", "sf_last_touch_on") == (None, None)


def test_a_campaign_is_no_touch_even_where_the_lead_is_in_the_timeline(frozen_time):
	from erpnext.crm.doctype.email_campaign.email_campaign import send_mail

	with frozen_time(MONDAY):
		lead = plans.graded(email_id="buyer@sample-works.example")
		before = stand(lead)
		template = frappe.get_doc(
			{"doctype": "Email Template", "name": "Autumn news", "subject": "News", "response": "News"}
		).insert()
		campaign = frappe.get_doc(
			{
				"doctype": "Campaign",
				"campaign_name": "Autumn",
				"campaign_schedules": [{"email_template": template.name, "send_after_days": 0}],
			}
		).insert()
		email_campaign = frappe.get_doc(
			{
				"doctype": "Email Campaign",
				"campaign_name": campaign.name,
				"email_campaign_for": "Lead",
				"recipient": lead.name,
				"sender": "Administrator",
				"start_date": frappe.utils.today(),
			}
		).insert()
		sent = send_mail(campaign.campaign_schedules[0], email_campaign)
		mail = frappe.get_doc("Communication", sent["name"])
		mail.add_link("Lead", lead.name, autosave=True)
		assert stand(lead) == before
		assert records.state(lead, "sf_first_touched_on") is None


def test_a_newsletter_is_no_touch(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded(email_id="buyer@sample-works.example")
		before = stand(lead)
		group = frappe.get_doc({"doctype": "Email Group", "title": "Readers"}).insert()
		newsletter = frappe.get_doc(
			{
				"doctype": "Newsletter",
				"subject": "News",
				"sender_email": "sales@standard.test",
				"content_type": "Rich Text",
				"message": "News",
				"email_group": [{"email_group": group.name}],
			}
		).insert()
		mail = plans.communication(newsletter, recipients="buyer@sample-works.example")
		mail.reload()
		mail.add_link("Lead", lead.name, autosave=True)
		assert stand(lead) == before


def test_other_media_have_their_channel(frozen_time):
	with frozen_time(MONDAY):
		for medium, channel in (
			("Phone", "Phone"),
			("SMS", "Message"),
			("Visit", "Visit"),
			("Meeting", "Visit"),
		):
			lead = plans.graded()
			plans.communication(lead, communication_medium=medium)
			assert [t.channel for t in plans.done(lead)] == [channel]


def test_the_same_mail_counts_once_however_often_it_is_saved(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		mail = plans.communication(lead)
		after = stand(lead)
		for day in (11, 12, 14, 18):
			clock.set(f"2027-01-{day} 12:00")
			mail.reload()
			mail.save()
			mail.db_set("read_by_recipient", 1)
		assert stand(lead) == after


def test_two_mails_of_a_day_are_one_conversation(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-14 10:00")
		send(lead)
		upcoming = plans.only(lead).due_on
		clock.shift(hours=3)
		send(lead)
		assert plans.only(lead).due_on == upcoming
		assert records.state(lead, "sf_week_touches") == 2
		assert len(plans.done(lead)) == 3, "each mail is in the record"


def test_a_mail_within_the_gap_keeps_the_next_touch_from_following_on_its_heels(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		due = plans.only(lead)
		clock.set("2027-01-12 10:00")  # the gap is two days
		send(lead)
		upcoming = plans.only(lead)
		assert (upcoming.due_on.date() - get_datetime("2027-01-12").date()).days >= 2
		assert plans.done(lead, name=due.name) == [], "within the gap it belongs to the same conversation"


def test_a_mail_before_the_due_day_but_beyond_the_gap_is_the_touch(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")  # once a week
		due = plans.only(lead)
		clock.set("2027-01-14 10:00")
		assert due.due_on > get_datetime("2027-01-14 23:00")
		send(lead)
		assert [t.name for t in plans.done(lead, kind="Rhythm")] == [due.name]
		assert len(plans.waiting(lead)) == 1


def test_a_touch_older_than_the_capture_belongs_to_another_story(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		before = stand(lead)
		plans.communication(lead, communication_date="2027-01-08 10:00")
		plans.call_log(lead, start_time="2027-01-08 10:00", end_time="2027-01-08 10:05")
		assert stand(lead) == before
		assert records.state(lead, "sf_first_touched_on", "sf_last_touch_on") == (None, None)


def test_the_history_a_new_opportunity_inherits_changes_nothing(frozen_time):
	"""ERPNext links the mails of a lead to its opportunity, where CRM Settings say so, and saves each."""
	frappe.db.set_single_value("CRM Settings", "carry_forward_communication_and_comments", 1)
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		plans.reply(lead)
		clock.shift(hours=2)
		plans.communication(lead)
		clock.set("2027-01-13 10:00")
		deal = plans.deal(20, party_name=lead.name)
		assert plans.only(deal).kind == "Rhythm", "the reply was answered on Monday"
		assert plans.done(deal) == []


def test_an_opportunity_goes_on_where_its_lead_was_left(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		send(lead)
		clock.shift(hours=3)
		deal = plans.deal(20, party_name=lead.name)
		assert plans.only(deal).due_on >= get_datetime("2027-01-13")


def test_who_sent_it_did_it(frozen_time, make_user, as_user):
	rep = make_user()
	with frozen_time(MONDAY), as_user(rep):
		lead = plans.graded(lead_owner=rep)
		send(lead)
		assert plans.done(lead)[0].done_by == rep


# Calls -----------------------------------------------------------------------------------------------------


def test_a_completed_call_closes_the_first_touch_once(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		log = plans.call_log(lead, "Ringing", end_time=None)
		assert plans.done(lead) == []
		clock.shift(minutes=2)
		log.reload()
		log.status = "In Progress"
		log.save()
		assert plans.done(lead) == []
		log.reload()
		log.update({"status": "Completed", "end_time": "2027-01-11 09:02:00"})
		log.save()
		after = stand(lead)
		for note in ("short", "longer"):
			log.reload()
			log.summary = note
			log.save()
		assert stand(lead) == after
		(closed,) = plans.done(lead)
		assert (closed.kind, closed.channel, closed.touch_name) == ("First Touch", "Phone", log.name)
		assert records.state(lead, "sf_first_touched_on") == get_datetime("2027-01-11 09:02")


@pytest.mark.parametrize("status", ["No Answer", "Busy", "Failed", "Canceled", "Queued"])
def test_a_call_that_reached_nobody_is_no_touch(frozen_time, status):
	with frozen_time(MONDAY):
		lead = plans.graded()
		before = stand(lead)
		plans.call_log(lead, status)
		assert stand(lead) == before


def test_a_call_recorded_late_counts_at_its_time(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		clock.set("2027-01-20 10:00")
		plans.call_log(lead, start_time="2027-01-19 15:00", end_time="2027-01-19 15:10")
		assert records.state(lead, "sf_last_touch_on") == get_datetime("2027-01-19 15:10")
		assert plans.done(lead, kind="Rhythm")[0].done_on == get_datetime("2027-01-19 15:10")
		# An older one that comes in still later changes neither the last touch nor the plan.
		upcoming = plans.only(lead).due_on
		plans.call_log(lead, start_time="2027-01-12 15:00", end_time="2027-01-12 15:10")
		assert records.state(lead, "sf_last_touch_on") == get_datetime("2027-01-19 15:10")
		assert plans.only(lead).due_on == upcoming


def test_a_call_recorded_late_meets_the_deadline_it_met(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.set("2027-01-14 10:00")
		plans.call_log(lead, start_time="2027-01-12 15:00", end_time="2027-01-12 15:10")
		assert records.state(lead, "sf_first_touch_status") == "Met"
		plans.call_log(lead, start_time="2027-01-11 15:00", end_time="2027-01-11 15:10")
		assert records.state(lead, "sf_first_touched_on") == get_datetime("2027-01-11 15:10")


# Meetings --------------------------------------------------------------------------------------------------


def test_scheduling_a_meeting_is_no_touch_and_moves_the_plan(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		due = plans.only(lead)
		count = records.state(lead, "sf_touches")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		moved = plans.only(lead)
		assert (moved.name, moved.kind, moved.event) == (due.name, "Meeting", meeting.name)
		assert moved.due_on == get_datetime("2027-01-20 15:00")
		assert records.state(lead, "sf_touches") == count
		assert plans.done(lead, kind="Meeting") == []


def test_a_meeting_is_no_first_touch_until_it_took_place(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		meeting = plans.event(lead, starts="2027-01-12 14:00")
		assert {t.kind for t in plans.waiting(lead)} == {"First Touch", "Meeting"}
		assert records.state(lead, "sf_first_touched_on") is None
		clock.set("2027-01-12 16:00")
		meeting.reload()
		meeting.status = "Completed"
		meeting.save()
		assert {t.kind for t in plans.done(lead)} == {"First Touch", "Meeting"}
		assert records.state(lead, "sf_first_touched_on") == get_datetime("2027-01-12 15:00")
		assert plans.only(lead).kind == "Rhythm"


def test_a_completed_meeting_closes_its_own_touch_once(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		clock.set("2027-01-20 16:00")
		meeting.reload()
		meeting.status = "Completed"
		meeting.save()
		after = stand(lead)
		(closed,) = plans.done(lead, kind="Meeting")
		assert (closed.outcome, closed.channel, closed.touch_name) == ("Meeting Held", "Visit", meeting.name)
		assert plans.only(lead).kind == "Rhythm"
		meeting.reload()
		meeting.description = "Minutes"
		meeting.save()
		assert stand(lead) == after


def test_a_meeting_that_was_never_planned_counts_when_it_is_completed(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.set("2027-01-12 16:00")
		plans.event(lead, starts="2027-01-12 14:00", status="Completed")
		assert [t.kind for t in plans.done(lead)] == ["First Touch"]


def test_other_touches_do_not_close_a_meeting(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		plans.event(lead, starts="2027-01-20 14:00")
		clock.set("2027-01-15 10:00")
		send(lead)
		assert plans.only(lead).kind == "Meeting"
		assert len(plans.done(lead, kind="Unplanned")) >= 1


def test_a_cancelled_meeting_gives_way_to_the_rhythm(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		meeting.reload()
		meeting.status = "Cancelled"
		meeting.save()
		assert plans.only(lead).kind == "Rhythm"
		assert plans.done(lead, kind="Meeting") == []


def test_a_deleted_meeting_gives_way_to_the_rhythm(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		frappe.delete_doc("Event", meeting.name)
		assert plans.only(lead).kind == "Rhythm"


def test_a_moved_meeting_moves_its_touch(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		meeting.reload()
		meeting.update({"starts_on": "2027-01-22 10:00:00", "ends_on": "2027-01-22 11:00:00"})
		meeting.save()
		assert plans.only(lead).due_on == get_datetime("2027-01-22 11:00")


def test_who_is_taken_off_a_meeting_has_a_rhythm_again(frozen_time):
	with frozen_time(MONDAY):
		lead, other = plans.in_rhythm("5555"), plans.in_rhythm("5555")
		meeting = plans.event(lead, starts="2027-01-20 14:00")
		meeting.reload()
		meeting.event_participants = []
		meeting.append("event_participants", {"reference_doctype": "Lead", "reference_docname": other.name})
		meeting.save()
		assert plans.only(lead).kind == "Rhythm"
		assert plans.only(other).kind == "Meeting"
		meeting.reload()
		meeting.event_participants = []
		meeting.save()
		assert plans.only(other).kind == "Rhythm"


def test_a_meeting_with_two_leads_counts_for_both(frozen_time):
	with frozen_time(MONDAY) as clock:
		pair = plans.graded(), plans.graded()
		meeting = plans.event(*pair, starts="2027-01-12 14:00")
		clock.set("2027-01-12 16:00")
		meeting.reload()
		meeting.status = "Completed"
		meeting.save()
		for lead in pair:
			assert records.state(lead, "sf_first_touch_status") == "Met"


def test_events_of_other_kinds_are_no_appointments(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		before = stand(lead)
		plans.event(lead, starts="2027-01-20 14:00", event_category="Other")
		assert stand(lead) == before


# Replies ---------------------------------------------------------------------------------------------------


def test_a_reply_turns_the_next_touch_into_its_answer(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		due = plans.only(lead)
		clock.set("2027-01-12 10:00")
		mail = plans.reply(lead)
		answer = plans.only(lead)
		assert (answer.name, answer.kind, answer.goal, answer.answers) == (
			due.name,
			"Reply",
			"Answer the reply",
			mail.name,
		)
		assert answer.due_on == get_datetime("2027-01-13 10:00"), "one working day"
		assert plans.done(lead, kind="Reply") == [], "a reply is no touch of ours"


def test_a_reply_saved_twice_counts_once(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		mail = plans.reply(lead)
		after = stand(lead)
		clock.set("2027-01-12 16:00")
		mail.reload()
		mail.save()
		assert stand(lead) == after


def test_a_second_reply_waits_for_the_same_answer(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		plans.reply(lead)
		clock.set("2027-01-12 15:00")
		plans.reply(lead, subject="One more thing")
		assert plans.only(lead).due_on == get_datetime("2027-01-13 10:00")


def test_an_answered_reply_is_not_asked_for_again(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		first = plans.reply(lead)
		clock.set("2027-01-12 11:00")
		second = plans.reply(lead, subject="One more thing")
		clock.set("2027-01-12 15:00")
		send(lead)
		assert [t.kind for t in plans.done(lead, kind="Reply")] == ["Reply"]
		assert plans.only(lead).kind == "Rhythm"
		for mail in (first, second):
			mail.reload()
			mail.status = "Closed"
			mail.save()
		assert plans.only(lead).kind == "Rhythm"


def test_a_new_reply_after_the_answer_is_answered_too(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-12 10:00")
		plans.reply(lead)
		clock.set("2027-01-12 15:00")
		send(lead)
		clock.set("2027-01-13 09:30")
		plans.reply(lead, subject="Thanks, and")
		assert plans.only(lead).kind == "Reply"


def test_what_was_said_before_the_reply_does_not_answer_it(frozen_time):
	"""A call of yesterday that is written down today, after the customer's mail."""
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		clock.set("2027-01-13 10:00")
		plans.reply(lead)
		clock.shift(minutes=30)
		plans.call_log(lead, start_time="2027-01-12 15:00", end_time="2027-01-12 15:10")
		assert plans.only(lead).kind == "Reply"


def test_a_reply_leaves_a_meeting_and_a_promise_where_they_are(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		plans.event(lead, starts="2027-01-20 14:00")
		clock.set("2027-01-12 10:00")
		plans.reply(lead)
		assert sorted((t.kind, str(t.due_on)) for t in plans.waiting(lead)) == [
			("Meeting", "2027-01-20 15:00:00"),
			("Reply", "2027-01-13 10:00:00"),
		]
		clock.set("2027-01-12 11:00")
		send(lead)
		assert plans.only(lead).kind == "Meeting"


def test_a_reply_before_the_first_touch_keeps_its_deadline(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		clock.shift(hours=1)
		mail = plans.reply(lead)
		first = plans.only(lead)
		assert (first.kind, first.due_on, first.answers) == (
			"First Touch",
			get_datetime("2027-01-13 09:00"),
			mail.name,
		)


def test_how_often_an_item_leads_to_a_reply_is_counted(frozen_time):
	item = plans.value_content("Case of a sample mill")
	with frozen_time(MONDAY) as clock:
		lead, silent = plans.graded(), plans.graded()
		for each in (lead, silent):
			plans.finish(each, "Sent", channel="E-mail", value_content=item.name)
		clock.set("2027-01-12 10:00")
		mail = plans.reply(lead)
		mail.reload()
		mail.save()
		plans.reply(lead, subject="And another one")
	from salesflow_std.salesflow_std.doctype.value_content.value_content import replies

	assert replies([item.name]) == {item.name: (2, 1)}


@pytest.mark.parametrize(
	"values",
	[
		OUT_OF_OFFICE,
		{"subject": "自动回复: About your inquiry", "content": "本人外出,1月20日返回。"},
		{"subject": "Read: About your inquiry", "content": "Your message was read on Monday."},
	],
)
def test_an_absence_note_changes_nothing(frozen_time, values):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555")
		before = stand(lead)
		clock.set("2027-01-12 10:00")
		plans.reply(lead, **values)
		assert stand(lead) == before


def test_an_absence_note_does_not_end_the_wait_for_the_first_touch(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		plans.reply(lead, **OUT_OF_OFFICE)
		first = plans.only(lead)
		assert (first.kind, first.answers) == ("First Touch", None)


def test_a_reply_from_a_lead_that_is_an_opportunity_is_answered_there(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded()
		deal = plans.deal(20, party_name=lead.name)
		plans.reply(lead)
		assert plans.only(deal).kind == "Reply"
		assert plans.waiting(lead) == []
		follow_up_clock.tick()
		assert plans.waiting(lead) == []


# Bounces ---------------------------------------------------------------------------------------------------

BOUNCE = {
	"sender": "MAILER-DAEMON@mx.sample-works.example",
	"subject": "Undelivered Mail Returned to Sender",
	"content": "Final-Recipient: rfc822; buyer@sample-works.example\nAction: failed\nStatus: 5.1.1",
}


@pytest.mark.parametrize("status", ["Bounced", "Rejected"])
def test_a_mail_that_did_not_arrive_was_no_first_touch(frozen_time, status):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(email_id="buyer@sample-works.example")
		mail = send(lead)
		assert records.state(lead, "sf_first_touch_status") == "Met"
		clock.shift(hours=1)
		mail.reload()
		mail.db_set("delivery_status", status)
		first = plans.only(lead)
		assert (first.kind, first.channel, first.goal, first.due_on) == (
			"First Touch",
			"Phone",
			"Find the right contact",
			get_datetime("2027-01-13 09:00"),
		)
		assert records.state(lead, "sf_first_touched_on", "sf_first_touch_status", "sf_last_touch_on") == (
			None,
			"Not Yet",
			None,
		)
		after = stand(lead)
		mail.reload()
		mail.save()
		mail.db_set("delivery_status", status)
		assert stand(lead) == after


def test_a_bounce_by_mail_stops_the_rhythm(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555", email_id="buyer@sample-works.example")
		clock.set("2027-01-14 10:00")
		mail = send(lead)
		clock.shift(minutes=5)
		plans.reply(lead, in_reply_to=mail.name, **BOUNCE)
		step = plans.only(lead)
		assert (step.kind, step.channel, step.goal) == ("Promise", "Phone", "Find the right contact")
		assert records.state(lead, "sf_last_touch_on", "sf_week_touches") == (get_datetime(MONDAY), 1)


def test_a_bounce_that_belongs_to_nothing_is_known_by_its_address(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", email_id="buyer@sample-works.example")
		plans.reply(None, **BOUNCE)
		assert plans.only(lead).goal == "Find the right contact"


def test_a_bounce_takes_back_nothing_but_its_own_mail(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(email_id="buyer@sample-works.example")
		mail = send(lead)
		clock.shift(hours=1)
		plans.call_log(lead)
		clock.shift(hours=1)
		mail.reload()
		mail.db_set("delivery_status", "Bounced")
		assert records.state(lead, "sf_first_touched_on", "sf_first_touch_status") == (
			get_datetime("2027-01-11 10:00"),
			"Met",
		)
		assert records.state(lead, "sf_last_touch_on", "sf_touches") == (get_datetime("2027-01-11 10:00"), 1)


def test_a_second_mail_of_the_day_that_bounces_leaves_the_first(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(email_id="buyer@sample-works.example")
		plans.call_log(lead)
		clock.shift(hours=1)
		mail = send(lead)
		mail.reload()
		mail.db_set("delivery_status", "Bounced")
		assert records.state(lead, "sf_last_touch_on", "sf_touches", "sf_week_touches") == (
			get_datetime(MONDAY),
			1,
			1,
		)


def test_a_soft_bounce_is_still_under_way(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.graded(email_id="buyer@sample-works.example")
		mail = send(lead)
		after = stand(lead)
		mail.reload()
		mail.db_set("delivery_status", "Soft-Bounced")
		assert stand(lead) == after


# Unsubscribed ----------------------------------------------------------------------------------------------


def test_who_unsubscribes_gets_no_mail_from_the_plan(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555", email_id="buyer@sample-works.example")
		assert plans.only(lead).channel == "E-mail"
		frappe.get_doc(
			{
				"doctype": "Email Unsubscribe",
				"email": "buyer@sample-works.example",
				"reference_doctype": "Lead",
				"reference_name": lead.name,
			}
		).insert(ignore_permissions=True)
		assert records.state(lead, "unsubscribed") == 1
		for _ in range(5):
			touch = plans.only(lead)
			assert touch.channel != "E-mail"
			clock.set(f"{plans.day(touch.due_on)} 10:00")
			plans.finish(lead)


def test_who_unsubscribes_from_everything_is_left_alone_in_all_documents(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", email_id="buyer@sample-works.example")
		deal = plans.deal(20, contact_email="buyer@sample-works.example")
		frappe.db.set_value("Opportunity", deal.name, "contact_email", "buyer@sample-works.example")
		frappe.get_doc(
			{"doctype": "Email Unsubscribe", "email": "buyer@sample-works.example", "global_unsubscribe": 1}
		).insert(ignore_permissions=True)
		assert records.state(deal, "sf_unsubscribed") == 1
		assert plans.only(lead).channel != "E-mail"


def test_the_opportunity_of_an_unsubscribed_lead_gets_no_mail_either(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(email_id="buyer@sample-works.example", unsubscribed=1)
		deal = plans.deal(20, party_name=lead.name)
		for _ in range(4):
			touch = plans.only(deal)
			assert touch.channel != "E-mail"
			clock.set(f"{plans.day(touch.due_on)} 10:00")
			plans.finish(deal)


# Endings ---------------------------------------------------------------------------------------------------


def ended(doc):
	assert plans.waiting(doc) == []
	assert records.state(doc, "sf_next_touch_on") is None
	follow_up_clock.tick()
	assert plans.waiting(doc) == []


def test_a_customer_made_from_a_lead_ends_its_plan(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		records.customer(lead_name=lead.name)
		assert records.state(lead, "status") == "Converted"
		ended(lead)


def test_an_opportunity_made_from_a_lead_takes_the_plan_over(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		deal = plans.deal(20, party_name=lead.name)
		ended(lead)
		assert plans.only(deal).kind == "Rhythm"


@pytest.mark.parametrize("status", ["Do Not Contact", "Lost Quotation", "Converted"])
def test_an_ended_lead_has_no_plan(frozen_time, status):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		lead.reload()
		lead.db_set("status", status)
		ended(lead)


def test_do_not_contact_by_the_form(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		plans.event(lead, starts="2027-01-20 14:00")
		lead.reload()
		lead.status = "Do Not Contact"
		lead.save()
		ended(lead)
		plans.reply(lead, **OUT_OF_OFFICE)
		plans.reply(lead)
		ended(lead)


def test_an_end_that_tells_nobody_is_seen_by_the_clock(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		frappe.db.set_value("Lead", lead.name, "status", "Do Not Contact")
		follow_up_clock.tick()
		ended(lead)


def test_an_invalid_lead_has_no_plan_and_gets_it_back(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		lead.reload()
		lead.sf_invalid_reason = "Test Data"
		lead.save()
		ended(lead)
		lead.reload()
		lead.sf_invalid_reason = ""
		lead.save()
		assert plans.only(lead).kind == "Rhythm"


def test_a_disabled_lead_has_no_plan(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		lead.reload()
		lead.disabled = 1
		lead.save()
		ended(lead)


def test_a_lost_opportunity_has_no_plan_and_comes_back(frozen_time):
	with frozen_time(MONDAY):
		deal = plans.deal(20)
		deal.reload()
		deal.status = "Lost"
		deal.save()
		ended(deal)
		deal.reload()
		deal.status = "Open"
		deal.save()
		assert plans.only(deal).kind == "Rhythm"


def test_what_happens_to_an_ended_document_starts_nothing(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		lead.reload()
		lead.db_set("status", "Do Not Contact")
		send(lead)
		plans.call_log(lead)
		plans.event(lead, starts="2027-01-20 14:00")
		ended(lead)


def test_the_same_mail_counts_once_after_the_lead_was_renamed(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.graded()
		mail = plans.communication(lead)
		frappe.rename_doc("Lead", lead.name, f"{lead.name}-X")
		lead = frappe.get_doc("Lead", f"{lead.name}-X")
		after = stand(lead)
		clock.set("2027-01-13 10:00")
		mail.reload()
		mail.save()
		assert stand(lead) == after
