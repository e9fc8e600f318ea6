"""Minutes on their way to those who took part: what each side reads, once (S6, F4)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import now_datetime

from salesflow_std.salesflow_std import minutes_mail
from tests.site import meetings, plans, records, talks
from tests.site.meetings import BUYER, action, customer_side, held, ours, saved

API = "salesflow_std.api.minutes"


@pytest.fixture
def meeting(make_user):
	rep = make_user("Sales User", language="zh", full_name="Field Rep")
	deal = meetings.deal(opportunity_owner=rep)
	frappe.db.set_value("Opportunity", deal.name, "language", "en")
	return held(
		deal,
		participants=[customer_side(), ours(rep), ours()],
		feedback=[{"kind": "Liked", "feedback": "The secret remark"}],
		actions=[
			action(allocated_to=rep, action="Send the <plan>"),
			action(action="Ask for more discount", internal=1),
		],
	)


def sent_to(address):
	return [mail for mail in talks.mails() if address in mail.to]


def test_the_customer_reads_what_was_agreed_and_nothing_of_ours(call, meeting):
	call(f"{API}.send", name=meeting.name, recipients=[BUYER])
	[mail] = sent_to(BUYER)
	for text in ("The new warehouse", "Go on with the pilot", "Send the &lt;plan&gt;", "Field Rep"):
		assert text in mail.text, text
	for text in ("The secret remark", "Ask for more discount", meeting.name):
		assert text not in mail.text, text
	assert "Minutes of our meeting" in mail.subject


def test_ours_read_all_in_their_language(call, meeting):
	rep = meeting.participants[1].email_id
	call(f"{API}.send", name=meeting.name, recipients=[rep])
	[mail] = sent_to(rep)
	assert "The secret remark" in mail.text and "Ask for more discount" in mail.text
	assert "会议纪要" in mail.subject
	assert not sent_to(BUYER)


def test_a_mail_to_the_customer_is_a_touch_and_stands_on_both_timelines(call, meeting):
	deal = frappe.get_doc("Opportunity", meeting.reference_name)
	before = records.state(deal, "sf_last_touch_on")
	call(f"{API}.send", name=meeting.name, recipients=[BUYER, meeting.participants[1].email_id])
	written = frappe.get_all(
		"Communication",
		filters={"reference_doctype": "Opportunity", "reference_name": deal.name},
		fields=["name", "recipients"],
		order_by="creation desc",
	)
	assert [row.recipients for row in written] == [BUYER]
	links = frappe.get_all(
		"Communication Link", {"parent": written[0].name}, ["link_name"], order_by="idx", pluck="link_name"
	)
	assert meeting.name in links
	assert records.state(deal, "sf_last_touch_on") > before
	touches = [touch for touch in plans.done(deal) if touch.touch_doctype == "Communication"]
	assert [touch.touch_name for touch in touches] == [written[0].name]


def test_sending_the_minutes_does_not_do_what_they_ask_for(call):
	doc = held(meetings.deal(), actions=[action(0, channel="E-mail")])
	call(f"{API}.send", name=doc.name, recipients=[BUYER])
	assert saved(doc).actions[0].status == "Open"


def test_two_clicks_send_once_and_somebody_forgotten_gets_it_later(call, meeting):
	rep = meeting.participants[1].email_id
	for _click in range(2):
		call(f"{API}.send", name=meeting.name, recipients=[BUYER])
	assert len(sent_to(BUYER)) == 1
	assert call(f"{API}.send", name=meeting.name, recipients=[BUYER, rep])["sent"] == [rep]
	assert len(sent_to(BUYER)) == 1
	doc = saved(meeting)
	assert doc.sent_to == f"{BUYER}, {rep}"
	assert doc.sent_by == "Administrator" and doc.sent_on <= now_datetime()


def test_a_changed_text_goes_out_again_after_a_confirmation(call, meeting):
	call(f"{API}.send", name=meeting.name, recipients=[BUYER])
	doc = saved(meeting)
	doc.actions[0].status = "Done"
	doc.save()
	assert not minutes_mail.has_changed(doc)  # that something was done is no news of the meeting
	doc.decisions = "Wait for the budget"
	doc.save()
	shown = call(f"{API}.preview", name=doc.name)
	assert shown["changed"] and not shown["letters"][0]["recipients"][0]["sent"]
	with pytest.raises(frappe.ValidationError, match="have changed"):
		call(f"{API}.send", name=doc.name, recipients=[BUYER])
	for _click in range(2):
		call(f"{API}.send", name=doc.name, recipients=[BUYER], again=1)
	assert len(sent_to(BUYER)) == 2
	assert saved(doc).sent_to == BUYER


def test_the_preview_shows_each_letter_and_who_can_get_it(call, meeting):
	meeting.append("participants", customer_side(person="Plant Manager", email_id=None))
	meeting.append("participants", customer_side(person="Silent One", email_id="silent@works.example"))
	meeting.save()
	frappe.get_doc(
		{"doctype": "Email Unsubscribe", "email": "silent@works.example", "global_unsubscribe": 1}
	).insert()
	before = len(talks.mails())
	shown = call(f"{API}.preview", name=meeting.name)
	assert {(letter["side"], letter["language"]) for letter in shown["letters"]} == {
		("Customer", "en"),
		("Ours", "zh"),
		("Ours", "en"),
	}
	people = {row["email"]: row["blocked"] for row in shown["letters"][0]["recipients"]}
	assert not people[BUYER] and people["silent@works.example"]
	assert shown["without_email"] == ["Plant Manager"]
	assert len(talks.mails()) == before
	with pytest.raises(frappe.ValidationError, match="wants no e-mail"):
		call(f"{API}.send", name=meeting.name, recipients=["silent@works.example"])


@pytest.mark.parametrize("recipients", [[], ["stranger@works.example"]], ids=("nobody", "stranger"))
def test_minutes_go_to_their_participants_alone(recipients, call, meeting):
	before = len(talks.mails())
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.send", name=meeting.name, recipients=recipients)
	assert len(talks.mails()) == before


def test_empty_minutes_are_not_sent(call):
	doc = held(topics=None, decisions=None, actions=[])
	with pytest.raises(frappe.ValidationError, match="topics"):
		call(f"{API}.send", name=doc.name, recipients=[BUYER])


def test_who_may_not_change_the_document_sends_nothing(call, as_user, make_user, meeting):
	with as_user(make_user("Employee")), pytest.raises(frappe.PermissionError):
		call(f"{API}.send", name=meeting.name, recipients=[BUYER])


@pytest.mark.parametrize(("language", "words"), [("en", "Next Actions"), ("zh", "会议纪要")])
def test_minutes_print_in_both_languages(language, words, meeting):
	meeting.participants[0].person = "<b>Purchasing</b>"
	meeting.topics = "The <second> shift"
	meeting.save()
	html = talks.printed(meeting, language, print_format="Meeting Minutes")
	assert words in html
	assert "The secret remark" in html and "Go on with the pilot" in html
	assert "Ask for more discount" not in html
	assert "<b>Purchasing</b>" not in html
	assert "The &lt;second&gt; shift" in html


def test_a_meeting_with_nothing_said_still_prints():
	doc = held(topics=None, decisions=None, actions=[], participants=[])
	assert doc.name in talks.printed(doc, print_format="Meeting Minutes")


def test_the_word_of_ours_is_no_touch(call, meeting):
	deal = frappe.get_doc("Opportunity", meeting.reference_name)
	before = len(plans.done(deal))
	call(f"{API}.send", name=meeting.name, recipients=[meeting.participants[1].email_id])
	assert len(plans.done(deal)) == before
	assert meetings.saved(meeting).sent_on
