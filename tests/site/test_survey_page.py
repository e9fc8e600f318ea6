"""A customer answers the survey on its page, without a login (A3, A4, A5)."""

from __future__ import annotations

import random

import frappe
import pytest
from bs4 import BeautifulSoup
from frappe.utils import add_to_date, now_datetime

from salesflow_std.salesflow_std import (
	complaints,
	public_links,
	referrals,
	survey_calls,
	survey_mail,
	surveys,
)
from tests.site import attacks, guest_survey, records, talks
from tests.site.guest_survey import BUYER, DOOR, HAPPY, LOW, MARKS, PERSON, fresh, page, post, send
from tests.site.talks import text_of

GONE = "This link is not valid any more"
REFERRAL = 'name="referral"'


@pytest.fixture
def survey():
	return guest_survey.survey()


@pytest.fixture
def token(survey):
	return send(survey)


def soup(response):
	return BeautifulSoup(text_of(response), "html.parser")


def chosen(response):
	"""What stands in the form: the values of its fields by name."""
	found = {}
	for field in soup(response).select("input[name], textarea[name]"):
		kind = field.get("type")
		if kind == "hidden" or (kind in ("radio", "checkbox") and not field.has_attr("checked")):
			continue
		found[field["name"]] = field.text if field.name == "textarea" else field.get("value", "")
	return found


# The page


def test_the_page_asks_the_questions_and_shows_nothing_else(survey, token):
	response = page(token)
	html = text_of(response)
	assert response.status_code == 200
	for words in ("timeliness of our delivery", "quality of our service", "meet your needs", "recommend us"):
		assert words in html
	assert survey.title in html and "Standard Test Co" in html
	for hidden in (token, survey.name, BUYER, "earlier_complaint", "http"):
		assert hidden not in html
	assert response.headers["Referrer-Policy"] == "no-referrer"
	assert response.headers["Cache-Control"] == "no-store"
	assert "noindex" in response.headers["X-Robots-Tag"]
	policy = response.headers["Content-Security-Policy"]
	assert "script-src 'self'" in policy and "unsafe" not in policy
	scripts = soup(response).select("script")
	assert (
		len(scripts) == 1 and scripts[0]["src"].startswith("/assets/salesflow_std/") and not scripts[0].text
	)


def test_opening_writes_nothing(token):
	before = attacks.tables()
	for _ in range(3):
		page(token)
		page(token, lang="zh")
	assert attacks.tables() == before


def test_every_field_has_a_name_that_is_heard(token):
	"""Groups with a legend, fields with a label, descriptions that exist, ids that are there once (A3)."""
	for response in (page(token), post(token), page(token, lang="zh")):
		html = soup(response)
		ids = [tag["id"] for tag in html.select("[id]")]
		assert len(ids) == len(set(ids))
		for field in html.select("input:not([type=hidden]), textarea"):
			assert field.find_parent("label") or html.select(f'label[for="{field["id"]}"]'), field
			if field.get("type") == "radio":
				group = field.find_parent("fieldset")
				assert group["role"] == "radiogroup" and group.legend.text.strip()
		for tag in html.select("[aria-describedby], [aria-labelledby]"):
			for name in f"{tag.get('aria-describedby', '')} {tag.get('aria-labelledby', '')}".split():
				assert name in ids, name
		assert html.html["lang"] in ("en", "zh") and len(html.select("h1")) == 1


def test_it_speaks_the_customers_language_and_the_other(survey):
	survey.db_set("language", "zh")
	token = send(survey)
	assert "交付的及时性" in text_of(page(token)) and "timeliness" in soup(page(token, lang="en")).form.text
	switched = page(
		token, {"switch": "en", "lang": "zh", "answer-timeliness": "3", "comments": "As <b>I</b> wrote"}
	)
	assert chosen(switched)["answer-timeliness"] == "3"
	assert "As &lt;b&gt;I&lt;/b&gt; wrote" in text_of(switched)
	assert fresh(survey).status == "Sent" and not fresh(survey).half_filled


def test_words_in_another_language_than_the_page_say_so(survey):
	template = frappe.copy_doc(frappe.get_doc("Survey Template", guest_survey.TEMPLATE))
	template.update({"template_name": f"English {frappe.generate_hash(length=6)}", "wordings": []})
	survey.db_set("survey_template", template.insert().name)
	html = soup(page(send(survey), lang="zh"))
	assert html.html["lang"] == "zh" and html.select_one("legend span[lang=en]").text.startswith(
		"How satisfied"
	)


def test_whether_an_earlier_complaint_was_settled_is_asked_with_yes_and_no():
	customer = records.customer().name
	issue = frappe.get_doc({"doctype": "Issue", "subject": "Late", "customer": customer}).insert()
	doc = guest_survey.survey(customer=customer, earlier_issue=issue.name)
	html = soup(page(send(doc)))
	assert [one["value"] for one in html.select("[name=answer-earlier_complaint]")] == ["1", "0"]


@pytest.mark.parametrize("key", surveys.BESIDES)
def test_no_question_takes_the_key_of_another_field(key):
	template = frappe.copy_doc(frappe.get_doc("Survey Template", guest_survey.TEMPLATE))
	template.template_name = f"Taken {key}"
	template.append("questions", {"question_key": key, "dimension": "Other", "kind": "Text", "question": "?"})
	with pytest.raises(frappe.ValidationError, match="another text of the survey"):
		template.insert()


# Answering


def test_an_answer_is_written_once(survey, token):
	response = post(token, MARKS, comments="Keep <i>going</i>")
	html = text_of(response)
	assert "Thank you" in html and "timeliness" not in html and "<script" not in html
	told = fresh(survey)
	assert (told.status, told.answered_by, told.answered_through) == ("Answered", PERSON, "Link")
	assert {row.question_key: row.mark for row in told.answers} == {k: int(v) for k, v in MARKS.items()}
	assert told.comments == "Keep ＜i＞going＜/i＞" and not told.is_low and not told.recorded_by
	assert GONE in text_of(post(token, LOW)) and GONE in text_of(page(token))
	assert fresh(survey).modified == told.modified


def test_the_name_is_filled_in_and_may_be_changed(survey, token):
	assert chosen(page(token))["answered_by"] == PERSON
	post(token, MARKS, answered_by="Plant Manager")
	assert fresh(survey).answered_by == "Plant Manager"


def test_what_is_missing_is_said_at_the_question(survey, token):
	response = post(token, {"timeliness": "5"}, answered_by=" ")
	html, ids = soup(response), {tag["id"] for tag in soup(response).select("[id]")}
	targets = [link["href"].removeprefix("#") for link in html.select("#problems a")]
	assert targets == ["answer-service_quality-1", "answer-needs_met-1", "answer-recommend-0", "answered_by"]
	assert set(targets) <= ids
	for group in html.select("fieldset[role=radiogroup]"):
		wrong = group.input["name"] != "answer-timeliness"
		assert (group.get("aria-invalid") == "true") == wrong
		assert bool(group.select(".problem-here")) == wrong
	assert chosen(response)["answer-timeliness"] == "5"
	assert fresh(survey).status == "Sent" and not fresh(survey).answers


@pytest.mark.parametrize(
	("wrong", "said"),
	[
		({"answer-timeliness": "6"}, "choose from 1 to 5"),
		({"answer-recommend": "-1"}, "choose from 0 to 10"),
		({"answer-recommend": "٣"}, "choose from 0 to 10"),
		({"answered_by": " \u200b\x00 "}, "write your name"),
		({"answered_by": "x" * 141}, "At most 140"),
		({"comments": "x" * 2001}, "At most 2000"),
		({"problem": "x" * 2001}, "At most 2000"),
	],
)
def test_what_does_not_fit_is_said_and_nothing_written(survey, token, wrong, said):
	before = attacks.tables()
	response = post(token, MARKS, **wrong)
	assert said in text_of(response) and soup(response).select("#problems a")
	assert attacks.tables() == before


@pytest.mark.parametrize(
	"told", [{"has_problem": "1"}, {"problem": "The door sticks"}, {"has_problem": "1", "problem": "Loud"}]
)
def test_a_problem_is_a_complaint(survey, token, told):
	"""Whatever the marks, somebody gets in touch, and nobody is asked to refer (A4)."""
	html = text_of(post(token, HAPPY, **told))
	answered = fresh(survey)
	assert answered.has_problem and (answered.problem or "") == told.get("problem", "")
	assert "We will get in touch" in html and REFERRAL not in html


def test_a_low_mark_is_answered_with_regret(survey, token):
	html = text_of(post(token, LOW))
	assert fresh(survey).is_low and "We are sorry" in html and REFERRAL not in html


def test_what_the_customer_writes_is_text_everywhere(survey, token):
	evil = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
	post(token, MARKS, answered_by="Eve\r\nBcc: x <b>", comments=evil, problem=evil + "\x00\x1b[31m")
	told = fresh(survey)
	stored = str(told.as_dict())
	assert told.status == "Answered" and "<script" not in stored and "<img" not in stored
	assert told.answered_by == "Eve Bcc: x ＜b＞" and "\x00" not in stored
	assert all("<script" not in mail.text and "49" not in mail.subject for mail in talks.mails())
	notes = {"reference_name": survey.customer}
	for row in frappe.get_all("Comment", notes, ["content", "comment_by"], order_by="name"):
		assert "<script" not in row.content and "<b>" not in (row.comment_by or "")


def test_of_two_answers_one_counts(survey, token):
	"""The second was read before the first was written, as at the same time."""
	_survey, link = surveys.asked(token)
	post(token, MARKS)
	with pytest.raises(surveys.NotOpen):
		surveys.answer_by_link(link, LOW, "Somebody")
	assert not fresh(survey).is_low


def test_a_failure_leaves_nothing_half_written(survey, token, monkeypatch):
	"""The answer, and that its link is used: as a whole or not at all."""
	before = attacks.tables()

	def fail(*args, **kwargs):
		raise RuntimeError(f"with {token} inside")

	monkeypatch.setattr(public_links, "revoke", fail)
	response = post(token, MARKS)
	assert response.status_code == 200 and "nothing was saved" in text_of(response)
	changed = {table for table, sum_of in attacks.tables().items() if before[table] != sum_of}
	assert {table.split(".")[-1] for table in changed} <= {"tabError Log"}
	monkeypatch.undo()
	assert "Thank you" in text_of(post(token, MARKS))


@pytest.mark.parametrize(
	("module", "step"),
	[
		(survey_mail, "note"),
		(survey_mail, "answered"),
		(survey_calls, "needless"),
		(complaints, "open_now"),
		(complaints, "hear"),
		(referrals, "begin"),
	],
)
def test_an_answer_is_stored_whatever_fails_after_it(survey, token, monkeypatch, module, step):
	"""The customer is thanked, nobody reads their words in the log, and the other steps follow (A3)."""

	def fail(*args, **kwargs):
		frappe.throw(f"with {token} inside")

	records.forget_errors(survey)
	with monkeypatch.context() as patch:
		patch.setattr(module, step, fail)
		# Of what is low the complaint's mail tells.
		marks, problem = (MARKS, "") if step == "answered" else (LOW, "It is loud.")
		assert "Thank you" in text_of(post(token, marks, problem=problem))
	told = fresh(survey)
	assert told.status == "Answered"
	assert bool(told.issue) == (step not in ("open_now", "answered")) and bool(told.referral_begun_on) == (
		step != "begin"
	)
	logged = records.errors_of(survey)
	assert len(logged) == 1 and "It is loud" not in logged[0]


# Half-filled


def test_a_half_filled_answer_is_kept_and_there_again(survey, token):
	response = post(token, {"timeliness": "2"}, action="keep", comments="Not yet", has_problem="1")
	assert "Your answers so far are kept" in text_of(response) and not soup(response).select("#problems")
	again = chosen(page(token))
	assert (
		again["answer-timeliness"] == "2" and again["comments"] == "Not yet" and again["has_problem"] == "1"
	)
	told = fresh(survey)
	assert told.status == "Sent" and not told.answers and not told.is_low and not told.issue
	assert chosen(page(token, lang="zh"))["answer-timeliness"] == "2"
	post(token, {}, action="keep")
	assert "answer-timeliness" not in chosen(page(token))


def test_a_script_keeps_it_the_same_way(survey, token):
	said = {"token": token, "action": "keep", "answer-recommend": "7", "answer-forged": "1"}
	assert talks.answer(door="survey", **said) == {"done": True, "message": "Your answers so far are kept."}
	assert surveys.half_filled(fresh(survey)) == {"recommend": "7"}
	assert talks.answer(door="survey", **{**said, "token": "a" * 43})["done"] is False


def test_what_cannot_be_kept_is_said_and_the_rest_kept(survey, token):
	response = post(token, {"timeliness": "9", "needs_met": "3"}, action="keep")
	assert [link["href"] for link in soup(response).select("#problems a")] == ["#answer-timeliness-1"]
	assert surveys.half_filled(fresh(survey)) == {"needs_met": "3", "answered_by": PERSON}


def test_nobody_reads_what_was_not_sent(survey, token, make_user, as_user, call):
	"""Half an answer is the customer's alone, also over REST."""
	post(token, {"timeliness": "1"}, action="keep", comments="For my eyes")
	with as_user(make_user("Sales Manager")):
		seen = call("frappe.client.get", doctype=survey.doctype, name=survey.name)
		listed = frappe.get_list(survey.doctype, {"name": survey.name}, ["*"], order_by="name")
		assert seen["status"] == listed[0].status == "Sent"
		assert "For my eyes" not in str(seen) + str(listed)


def test_what_was_kept_goes_with_the_answer(survey, token):
	post(token, LOW, action="keep", problem="Loud")
	post(token, MARKS)
	told = fresh(survey)
	assert not told.half_filled and not told.is_low and not told.problem


# A referral


def test_a_happy_customer_is_asked_once_for_a_referral(survey, token):
	assert REFERRAL in text_of(post(token, HAPPY))
	assert GONE in text_of(page(token)), "the link is used"
	thanked = post(token, action="refer", referral="Beta Works, their plant manager")
	assert "Thank you for recommending us" in text_of(thanked) and REFERRAL not in text_of(thanked)
	told = fresh(survey)
	assert told.would_refer and told.referral == "Beta Works, their plant manager"
	assert GONE in text_of(post(token, action="refer", referral="Somebody else"))
	assert fresh(survey).referral == "Beta Works, their plant manager"


def test_who_would_rather_not_is_thanked(survey, token):
	post(token, HAPPY)
	assert "quite all right" in text_of(post(token, action="decline", referral="x"))
	assert not fresh(survey).would_refer and not fresh(survey).referral


def test_a_referral_too_long_is_said(survey, token):
	post(token, HAPPY)
	html = soup(post(token, action="refer", referral="x" * 2001))
	assert "At most 2000" in html.select_one("#problem-referral").text
	assert html.select_one("#referral")["aria-invalid"] == "true" and not fresh(survey).would_refer


@pytest.mark.parametrize("marks", [None, LOW, {**MARKS, "recommend": "5"}])
def test_nobody_else_can_refer(survey, token, marks):
	if marks:
		assert REFERRAL not in text_of(post(token, marks))
	refused = text_of(post(token, action="refer", referral="Beta Works"))
	assert refused == text_of(page("a" * 43)) and not fresh(survey).would_refer


def test_an_empty_question_is_not_asked(survey):
	template = frappe.copy_doc(frappe.get_doc("Survey Template", guest_survey.TEMPLATE))
	template.update(
		{"template_name": f"No referral {frappe.generate_hash(length=6)}", "referral_question": ""}
	)
	template.wordings = [row for row in template.wordings if row.question_key != "referral_question"]
	survey.db_set("survey_template", template.insert().name)
	assert REFERRAL not in text_of(post(send(survey), HAPPY))


# The same attacks as on the confirmation of needs


def test_every_link_that_is_not_valid_looks_the_same(frozen_time):
	expired, used, happy, revoked = (guest_survey.survey() for _ in range(4))
	with frozen_time("2027-03-01 12:00"):
		tokens = {"expired": send(expired)}
	with frozen_time("2027-06-01 12:00"):
		tokens |= {"used": send(used), "happy": send(happy), "revoked": send(revoked)}
		post(tokens["used"], MARKS)
		post(tokens["happy"], HAPPY)
		send(revoked)  # a newer link ends the one before
		tokens |= {"forged": "a" * 43, "malformed": "x", "empty": "", "missing": None}
		seen = {
			(response.status_code, text_of(response))
			for token in tokens.values()
			for response in (page(token), post(token, MARKS), post(token, MARKS, action="keep"))
		}
		assert len(seen) == 1 and GONE in seen.pop()[1]
	assert fresh(expired).status == "Sent" and not fresh(expired).half_filled


def test_a_link_to_needs_opens_no_survey_and_the_other_way_round(token):
	needs = talks.talk()
	assert GONE in text_of(page(talks.send(needs))) and GONE in text_of(talks.page(token))


def test_a_link_ends_with_its_day(survey, frozen_time):
	days = frappe.get_cached_doc("Salesflow Settings").survey_link_days
	token = send(survey)
	end = add_to_date(now_datetime().replace(hour=23, minute=59, second=0), days=days)
	with frozen_time(str(end.replace(microsecond=0))) as clock:
		assert "timeliness" in text_of(page(token))
		clock.shift(minutes=1)
		assert GONE in text_of(page(token))


def test_too_many_tries_are_answered_politely(token):
	from salesflow_std.api.survey import SurveyPage

	ip = f"198.51.100.{random.randrange(256)}"
	texts = [text_of(page("a" * 43, ip=ip)) for _ in range(SurveyPage.BY_ADDRESS + 1)]
	assert GONE in texts[-2] and "too often" in texts[-1]
	# By token, wherever it comes from: an address can be made up.
	tries = SurveyPage.BY_TOKEN + 1
	texts = [text_of(page(token, {"action": "x"}, ip=f"2001:db8::{n:x}")) for n in range(tries)]
	assert "timeliness" in texts[-2] and "too often" in texts[-1]


def test_a_thousand_forged_tokens_and_payloads(survey, token):
	attacks.forged(DOOR, token, hidden=(BUYER, PERSON, survey.name, survey.title))


def test_a_real_token_with_any_payload_writes_nothing_by_accident(token):
	attacks.nonsense(DOOR, token)


# For programs


def test_the_api_answers_like_the_page(survey, token, as_user, call):
	answer = {"token": token, **DOOR.complete}
	assert talks.answer(door="survey")["message"].startswith(GONE)
	assert talks.answer(door="survey", **{**answer, "answered_by": ""}) == {
		"done": False,
		"message": "Please write your name.",
	}
	assert talks.answer(door="survey", **answer)["done"] is True
	assert fresh(survey).status == "Answered"
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		call("salesflow_std.api.survey.answer", http_method="GET", token=token)
