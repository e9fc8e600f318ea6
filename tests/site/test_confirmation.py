"""The customer confirms, corrects or refuses, by link or by word of mouth (N4)."""

from __future__ import annotations

import json
import random

import frappe
import pytest
from frappe.query_builder.functions import Count, Max
from frappe.utils import add_to_date, get_datetime, now_datetime

from salesflow_std.api import needs as needs_api
from salesflow_std.api.needs_talk import adopt
from salesflow_std.salesflow_std import confirmations, needs
from tests.site import attacks, plans, records, talks
from tests.site.talks import BUYER, NEEDS, page, send, talk, text_of

ANSWER = "salesflow_std.api.confirmation.answer"
GONE = "This link is not valid any more"


def fresh(record):
	return frappe.get_doc("Needs Record", record.name)


def keys(record):
	return [row.need_key for row in fresh(record).needs]


def confirm(token, **more):
	return page(token, form={"action": "confirm", "answered_by": "Purchasing Manager", **more})


@pytest.fixture
def rep(make_user):
	return make_user("Sales User", full_name="Rep Of The Lead")


@pytest.fixture
def record(rep):
	record = talk(allocated_to=rep)
	frappe.db.commit()
	return record


# Sending


def test_the_summary_goes_to_the_customer(record, rep):
	send(record)
	assert (record.status, record.sent_to, record.sent_by) == ("Sent", BUYER, "Administrator")
	days = frappe.get_cached_doc("Salesflow Settings").link_days
	assert get_datetime(record.link_expires_on).date() == add_to_date(now_datetime(), days=days).date()
	mail = talks.mails()[0]
	assert mail.to == [BUYER] and rep in mail.reply_to
	assert all(need in mail.text for need in NEEDS[:1]) and "We spoke about the new warehouse." in mail.text
	assert "Secret evidence" not in mail.text


def test_it_is_a_touch_and_stands_in_the_timeline_without_the_link(record):
	token = send(record)
	lead = frappe.get_doc(record.reference_doctype, record.reference_name)
	mail = frappe.get_last_doc("Communication", {"reference_name": lead.name})
	assert mail.sent_or_received == "Sent" and NEEDS[0] in mail.content
	assert token not in str(mail.as_dict()) and "token=" not in mail.content
	assert plans.done(lead, touch_name=mail.name)
	assert lead.sf_first_touched_on


def test_the_token_is_nowhere_but_in_the_mail(record):
	token = send(record)
	confirm(token)
	for doctype in (
		"Communication",
		"Public Link",
		"Needs Record",
		"Notification Log",
		"Comment",
		"Version",
		"Error Log",
	):
		for row in frappe.get_all(doctype, fields=["*"], order_by="name"):
			assert token not in str(row), doctype
	assert [mail.to for mail in talks.mails() if token in mail.text] == [[BUYER]]


def test_a_second_click_sends_nothing(record):
	send(record)
	count = len(talks.mails())
	with pytest.raises(frappe.ValidationError, match="Take it back first"):
		confirmations.send(record.name)
	assert len(talks.mails()) == count


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_mail_speaks_the_customers_language(language):
	lead = records.lead(email_id=BUYER, language=language)
	send(talk(lead))
	mail = talks.mails()[0]
	assert ("请确认" in mail.subject and "您的需求" in mail.text and "年" in mail.text) == (language == "zh")
	assert ("Please confirm" in mail.subject and "Must" in mail.text) == (language == "en")


def test_markup_of_anybody_is_text_in_the_mail():
	lead = records.lead(email_id=BUYER, company_name="A & B <i>Works</i>")
	record = talk(lead, summary="5 < 6 & so on", contact_name="Head {{ 7*7 }}")
	send(record)
	mail = talks.mails()[0]
	assert "<i>Works" not in mail.text and "&lt;i&gt;" not in mail.subject
	assert "{{ 7*7 }}" in mail.text


@pytest.mark.parametrize("email", ["", "no address", "rep"])
def test_an_address_that_cannot_be_the_customers_is_refused(record, rep, email):
	frappe.db.set_value("Needs Record", record.name, "email_id", rep if email == "rep" else email)
	with pytest.raises(frappe.ValidationError) as refusal:
		confirmations.send(record.name)
	assert "#email_id" in str(refusal.value) and not talks.mails()
	assert fresh(record).status == "Talked"


def test_who_wants_no_mail_gets_none(record):
	frappe.get_doc({"doctype": "Email Unsubscribe", "email": BUYER, "global_unsubscribe": 1}).insert()
	with pytest.raises(frappe.ValidationError, match="wants no e-mail"):
		confirmations.send(record.name)


@pytest.mark.parametrize("address", [f"{BUYER}, {{own}}", "Purchasing <{own}>", f"Purchasing <{BUYER}>"])
def test_the_link_goes_to_one_address_which_is_the_customers(record, address, make_user):
	"""Nobody of our house gets the link beside the customer, or behind the customer's name (N4)."""
	address = address.format(own=make_user())
	frappe.db.set_value("Needs Record", record.name, "email_id", address)
	with pytest.raises(frappe.ValidationError, match="is no e-mail address"):
		confirmations.send(record.name)


def test_what_is_missing_is_named(record):
	frappe.db.delete("Customer Need", {"parent": record.name})
	with pytest.raises(frappe.ValidationError, match="cannot go to the customer yet"):
		confirmations.send(record.name)
	assert needs_api.preview(record.name)["missing"]


def test_the_preview_shows_the_mail_without_a_link(record):
	shown = needs_api.preview(record.name)
	assert shown["to"] == BUYER and NEEDS[0] in shown["html"] and not shown["missing"]
	assert "token=" not in shown["html"] and "href" not in shown["html"]
	assert not frappe.db.count("Public Link", {"reference_name": record.name})


def test_only_who_may_change_the_document_sends(record, make_user, as_user, call):
	stranger = make_user("Sales User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": stranger, "allow": "Lead", "for_value": records.lead().name}
	).insert()
	with as_user(stranger):
		for method in ("preview", "send", "take_back"):
			with pytest.raises(frappe.PermissionError):
				call(f"salesflow_std.api.needs.{method}", name=record.name)
		with pytest.raises(frappe.PermissionError):
			call(
				"salesflow_std.api.needs.record_answer",
				name=record.name,
				verdict="Confirmed",
				by="Purchasing Manager",
				on=str(now_datetime()),
				channel="Phone",
			)


def test_taking_back_ends_the_link(record):
	token = send(record)
	needs_api.take_back(record.name)
	assert fresh(record).status == "Talked"
	assert GONE in text_of(confirm(token)) and fresh(record).status == "Talked"
	assert send(record) != token


def test_the_chain_is_kept_as_it_was(record):
	from salesflow_std.salesflow_std import profiles

	profile = frappe.get_doc(
		"Customer Profile", profiles.ensure(record.reference_doctype, record.reference_name)
	)
	profile.append("decision_chain", {"person": "Plant Manager", "role": "Decision Maker"})
	profile.save()
	frappe.db.set_value("Needs Record", record.name, "customer_profile", profile.name)
	send(record)
	assert [row.person for row in fresh(record).decision_chain] == ["Plant Manager"]


# The page


def test_the_page_shows_the_needs_and_nothing_else(record, rep):
	token = send(record)
	response = page(token)
	html = text_of(response)
	assert response.status_code == 200
	assert all(frappe.utils.escape_html(need).split("&")[0] in html for need in NEEDS)
	assert "Must" in html and "We spoke about the new warehouse." in html and "Standard Test Co" in html
	for hidden in (
		"Secret evidence",
		"Warehouse Manager",
		BUYER,
		rep,
		token,
		record.name,
		record.reference_name,
	):
		assert hidden not in html
	assert response.headers["Referrer-Policy"] == "no-referrer"
	assert response.headers["Cache-Control"] == "no-store"
	assert "noindex" in response.headers["X-Robots-Tag"]
	assert "<script" not in html and "http" not in html


def test_opening_writes_nothing(record):
	token = send(record)
	before = picture()
	for _ in range(3):
		page(token)
		page(token, lang="zh")
	assert picture() == before


def test_the_page_speaks_both_languages(record):
	frappe.db.set_value("Needs Record", record.name, "language", "zh")
	token = send(record)
	assert "全部正确" in text_of(page(token)) and "All correct" in text_of(page(token, lang="en"))
	key = keys(record)[0]
	switched = text_of(
		page(token, form={"switch": "en", "lang": "zh", f"correction-{key}": "As I <b>wrote</b>"})
	)
	assert "All correct" in switched and "As I &lt;b&gt;wrote&lt;/b&gt;" in switched
	assert fresh(record).status == "Sent"


def test_all_correct(record, rep):
	token = send(record)
	response = confirm(token, comment="Looks fine")
	assert "Thank you" in text_of(response) and NEEDS[0] not in text_of(response)
	told = fresh(record)
	assert (told.status, told.answered_by, told.answer_channel) == ("Confirmed", "Purchasing Manager", "Link")
	assert told.answer_comment == "Looks fine" and told.answered_on and not told.recorded_by
	assert {row.verdict for row in told.needs} == {"Agreed"}
	customer = next(mail for mail in talks.mails() if mail.to == [BUYER])
	assert "version 1" in customer.text and NEEDS[0] in customer.text
	assert [mail.to for mail in talks.mails()].count([rep]) == 1
	notice = frappe.get_last_doc("Notification Log", {"for_user": rep, "document_name": record.name})
	assert "has confirmed" in notice.subject


def test_corrections_make_a_new_version(record):
	token = send(record)
	_first, second, _third = keys(record)
	response = page(
		token,
		form={
			"action": "correct",
			"answered_by": "Purchasing Manager",
			f"correction-{second}": "By 7 o'clock",
		},
	)
	assert "Thank you" in text_of(response)
	told = fresh(record)
	assert told.status == "Corrected" and [row.verdict for row in told.needs] == [
		"Agreed",
		"Corrected",
		"Agreed",
	]
	assert told.needs[1].correction == "By 7 o'clock" and told.needs[1].need == NEEDS[1]
	following = frappe.get_doc("Needs Record", told.next_version)
	assert (following.version, following.status, following.previous_version) == (2, "Talked", record.name)
	assert "By 7 o'clock" in str(following.as_dict())
	assert not following.answered_on and not following.sent_on and not following.escalated_on


def test_the_whole_way_to_a_confirmed_version(record):
	first = send(record)
	page(
		first,
		form={"action": "correct", "answered_by": "Buyer", f"correction-{keys(record)[0]}": "300 an hour"},
	)
	following = frappe.get_doc("Needs Record", fresh(record).next_version)
	with pytest.raises(frappe.ValidationError, match="a correction waits"):
		confirmations.send(following.name)
	adopt(following.name, following.needs[0].name)
	second = send(following)
	assert GONE in text_of(page(first))
	assert "300 an hour" in text_of(page(second))
	confirm(second)
	assert fresh(following).status == "Confirmed" and fresh(following).needs[0].need == "300 an hour"
	assert needs.current(record.reference_doctype, record.reference_name) == following.name


def test_refusing_needs_a_reason(record):
	token = send(record)
	form = {"action": "refuse", "answered_by": "Purchasing Manager"}
	assert "tell us the reason" in text_of(page(token, form=form))
	assert fresh(record).status == "Sent"
	assert "Thank you" in text_of(page(token, form={**form, "reason": "We buy nothing this year"}))
	told = fresh(record)
	assert told.status == "Refused" and told.answer_comment == "We buy nothing this year"
	assert {row.verdict or "" for row in told.needs} == {""}


@pytest.mark.parametrize(
	("form", "said"),
	[
		({"action": "confirm"}, "write your name"),
		({"action": "confirm", "answered_by": " \u200b\x00 "}, "write your name"),
		({"action": "correct", "answered_by": "Buyer"}, "correct at least one"),
		({"action": "confirm", "answered_by": "Buyer", "correction-KEY": "else"}, "written a correction"),
		({"action": "confirm", "answered_by": "x" * 141}, "At most 140"),
		({"action": "confirm", "answered_by": "Buyer", "comment": "x" * 2001}, "At most 2000"),
		({"action": "correct", "answered_by": "Buyer", "correction-KEY": "x" * 2001}, "At most 2000"),
		({"action": "correct", "answered_by": "Buyer", "correction-forged": "x"}, "not a text"),
	],
)
def test_what_does_not_fit_is_said_and_nothing_written(record, form, said):
	token = send(record)
	form = {key.replace("KEY", keys(record)[0]): value for key, value in form.items()}
	before = picture()
	assert said in text_of(page(token, form=form))
	assert picture() == before


def test_what_the_customer_writes_is_text_everywhere(record):
	token = send(record)
	evil = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
	page(
		token,
		form={
			"action": "correct",
			"answered_by": "Eve\r\nBcc: x <b>",
			"comment": evil,
			f"correction-{keys(record)[0]}": evil + "\x00\x1b[31m",
		},
	)
	told = fresh(record)
	stored = str(told.as_dict()) + str(frappe.get_doc("Needs Record", told.next_version).as_dict())
	assert told.status == "Corrected" and "<script" not in stored and "<img" not in stored
	assert told.answered_by == "Eve Bcc: x ＜b＞" and "\x00" not in stored
	assert all("<script" not in mail.text and "49" not in mail.subject for mail in talks.mails())
	notice = frappe.get_last_doc("Notification Log")
	assert "<script" not in notice.subject + notice.email_content


def test_of_two_answers_one_counts(record):
	"""The second was read before the first was written, as at the same time."""
	token = send(record)
	_record, link = confirmations.asked(token)
	confirm(token)
	late = confirmations.Answer("Refused", "Somebody", now_datetime(), comment="No")
	with pytest.raises(confirmations.NotOpen):
		confirmations.answer_by_link(link, late)
	assert fresh(record).status == "Confirmed"
	# Even where the record would take one, the link does not.
	frappe.db.set_value("Needs Record", record.name, "status", "Sent")
	with pytest.raises(confirmations.NotOpen):
		confirmations.answer_by_link(link, late)


def test_a_failure_leaves_nothing_half_written(record, monkeypatch):
	token = send(record)
	frappe.db.commit()
	before = picture(but=("Error Log",))

	def fail(*args, **kwargs):
		raise RuntimeError(f"with {token} inside")

	monkeypatch.setattr(needs, "confirmed", fail)
	response = confirm(token)
	assert response.status_code == 200 and "nothing was saved" in text_of(response)
	assert picture(but=("Error Log",)) == before
	monkeypatch.undo()
	assert "Thank you" in text_of(confirm(token))


# Links that are not valid


def test_every_link_that_is_not_valid_looks_the_same(record, frozen_time):
	expired, used, revoked, superseded = (talk(records.lead()) for _ in range(4))
	with frozen_time("2027-03-01 12:00"):
		tokens = {"expired": send(expired)}
	with frozen_time("2027-04-01 12:00"):
		tokens |= {"used": send(used), "revoked": send(revoked), "superseded": send(superseded)}
		confirm(tokens["used"])
		confirmations.take_back(revoked.name)
		needs.new_version(fresh(superseded))
		tokens |= {"forged": "a" * 43, "malformed": "x", "empty": "", "missing": None}
		seen = set()
		for token in tokens.values():
			for response in (page(token), confirm(token)):
				seen.add((response.status_code, text_of(response)))
		assert len(seen) == 1
		assert GONE in seen.pop()[1]
		assert fresh(superseded).answered_on is None and fresh(expired).status == "Sent"


def test_deleting_a_record_takes_its_links(record):
	token = send(record)
	frappe.delete_doc("Needs Record", record.name)
	assert GONE in text_of(page(token))
	assert not frappe.db.count("Public Link", {"reference_name": record.name})


def test_too_many_tries_are_answered_politely(record):
	token = send(record)
	ip = f"198.51.100.{random.randrange(256)}"
	texts = [text_of(page("a" * 43, ip=ip)) for _ in range(241)]
	assert GONE in texts[239] and "too often" in texts[240]
	# By token, wherever it comes from: an address can be made up.
	texts = [text_of(page(token, form={"action": "x"}, ip=f"2001:db8::{n}")) for n in range(61)]
	assert "All correct" in texts[59] and "too often" in texts[60]


def test_a_logged_in_user_may_open_the_page(record, make_user, as_user):
	"""Frappe asks for their own token at each POST."""
	from salesflow_std.salesflow_std.public_pages import csrf_token

	with as_user(make_user()):
		frappe.local.session.data.csrf_token = "c" * 30
		assert csrf_token() == "c" * 30
	assert "csrf" not in text_of(page(send(record)))


# For programs


def test_the_api_answers_like_the_page(record, as_user, call):
	token = send(record)
	answer = talks.answer
	assert answer(token="a" * 43, action="confirm")["done"] is False
	assert answer()["message"].startswith(GONE)
	assert answer(token=token, action="confirm")["message"] == "Please write your name."
	assert answer(token=token, action="confirm", answered_by="Buyer") == {
		"done": True,
		"message": "Thank you. Your answer has arrived.",
	}
	assert fresh(record).status == "Confirmed"
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		call(ANSWER, http_method="GET", token=token)


# By word of mouth


def by_phone(record, **more):
	values = {
		"verdict": "Confirmed",
		"by": "Purchasing Manager",
		"on": str(now_datetime()),
		"channel": "Phone",
		**more,
	}
	return needs_api.record_answer(record.name, **values)


@pytest.mark.parametrize("sent", [True, False])
def test_confirmed_by_phone(record, rep, as_user, sent):
	token = send(record) if sent else "a" * 43
	with as_user(rep):
		by_phone(record, comment="She read it out")
	told = fresh(record)
	assert (told.status, told.answer_channel, told.recorded_by) == ("Confirmed", "Phone", rep)
	assert told.answered_by == "Purchasing Manager" and {row.verdict for row in told.needs} == {"Agreed"}
	assert GONE in text_of(page(token))
	assert "Phone" in next(mail for mail in talks.mails() if mail.to == [BUYER]).text


def test_corrected_by_phone(record):
	key = keys(record)[2]
	answer = by_phone(record, verdict="Corrected", corrections=json.dumps({key: "Within a day"}))
	assert answer["status"] == "Corrected" and answer["next_version"]


@pytest.mark.parametrize(
	("more", "said"),
	[
		({"on": "2999-01-01 10:00"}, "future"),
		({"on": "2020-01-01 10:00"}, "older than the talk"),
		({"by": " "}, "who answered"),
		({"channel": "Link"}, "by which way"),
		({"channel": "Pigeon"}, "by which way"),
		({"verdict": "Superseded"}, "what the customer said"),
		({"verdict": "Refused"}, "why"),
		({"verdict": "Corrected"}, "at least one"),
		({"verdict": "Corrected", "corrections": {"forged": "x"}}, "changed meanwhile"),
		({"comment": "x" * 2001}, "At most 2000"),
	],
)
def test_what_cannot_have_been_said_is_refused(record, more, said):
	with pytest.raises(frappe.ValidationError, match=said):
		by_phone(record, **more)
	assert fresh(record).status == "Talked"


def test_what_was_answered_is_not_answered_again(record):
	by_phone(record)
	for step in (
		lambda: by_phone(record),
		lambda: confirmations.send(record.name),
		lambda: confirmations.take_back(record.name),
	):
		with pytest.raises(frappe.ValidationError):
			step()


# Whatever comes


WATCHED = (
	"Needs Record",
	"Customer Need",
	"Public Link",
	"Communication",
	"Email Queue",
	"Notification Log",
	"Comment",
	"Error Log",
	"Follow Up",
)


def picture(but=()):
	"""How much there is of everything, and when it was changed last."""
	found = {}
	for doctype in WATCHED:
		if doctype not in but:
			table = frappe.qb.DocType(doctype)
			found[doctype] = frappe.qb.from_(table).select(Count("*"), Max(table.modified)).run()[0]
	found["status"] = frappe.get_all("Needs Record", fields=["name", "status"], order_by="name", as_list=True)
	return found


def test_a_thousand_forged_tokens_and_payloads(record):
	others = [talk(records.lead()) for _ in range(3)]
	confirm([send(other) for other in others][-1])
	token, key = send(record), keys(record)[0]
	before = picture()
	attacks.forged(door(key), token, hidden=(*NEEDS, BUYER, record.name, record.title))
	assert picture() == before


def test_a_real_token_with_any_payload_writes_nothing_by_accident(record):
	token, key = send(record), keys(record)[0]
	before = picture()
	attacks.nonsense(door(key), token)
	assert picture() == before


def door(key):
	return attacks.Door(
		at="confirm-needs",
		module="confirmation",
		fields=(
			"action",
			"answered_by",
			"comment",
			"reason",
			"lang",
			"switch",
			f"correction-{key}",
			"correction-x",
		),
		words=("confirm", "correct", "refuse", "zh"),
		complete={"action": "correct", "answered_by": "Buyer", f"correction-{key}": "x"},
		asks='name="answered_by"',
	)
