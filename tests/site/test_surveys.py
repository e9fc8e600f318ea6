"""The satisfaction survey: made once, sent, answered once, corrected by a second one (A3-A5)."""

from __future__ import annotations

import json

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.engine import survey as rules
from salesflow_std.salesflow_std import (
	public_links,
	survey_answers,
	survey_people,
	survey_words,
	surveys,
)
from tests.site import records, submits, surveyed, talks
from tests.site.review_cases import notices_of
from tests.site.surveyed import API, BAD, BUYER, GOOD, answer, answered, fresh, sent


@pytest.fixture
def survey(rep):
	return surveyed.survey(rep)


# Made ------------------------------------------------------------------------------------------------------


def test_it_is_due_three_working_days_later_over_a_holiday(rep):
	"""A3: Wednesday, then Thursday, Monday and Tuesday, since Friday is a holiday."""
	records.holidays_of(records.COMPANY, "2027-01-15", "2027-01-16", "2027-01-17")
	name = surveys.begin(surveyed.report(rep, "2027-01-13"))
	assert get_datetime(frappe.db.get_value(surveys.DOCTYPE, name, "due_on")) == get_datetime(
		"2027-01-19 18:00"
	)


def test_a_report_has_one_survey_however_often_it_is_begun(rep):
	report = surveyed.report(rep)
	first = surveys.begin(report)
	assert surveys.begin(report.name) == surveys.begin(frappe.get_doc(surveys.REPORT, report.name)) == first
	assert frappe.db.count(surveys.DOCTYPE, {"acceptance_report": report.name}) == 1
	assert records.state(report, "survey") == first


def test_the_database_refuses_a_second_one(rep):
	"""Whatever goes past `begin`: two at the same moment cannot both be inserted."""
	report = surveyed.report(rep)
	first = frappe.get_doc(surveys.DOCTYPE, surveys.begin(report))
	second = frappe.copy_doc(first)
	second.update({"survey_key": first.survey_key, "customer": first.customer})
	second.flags.by_app = True
	with pytest.raises(frappe.UniqueValidationError):
		second.insert(ignore_permissions=True)


@pytest.mark.parametrize("values", [{"result": "Not Accepted"}, {"docstatus": 0}, {"docstatus": 2}])
def test_what_was_not_accepted_has_none(rep, values):
	assert surveys.begin(surveyed.report(rep, **values)) is None


def test_it_asks_who_signed_in_the_customers_language(rep):
	customer = surveyed.customer(rep, language="zh")
	who = surveyed.contact(customer)
	surveyed.contact(customer, "other@sample-works.example", first_name="Somebody Else")
	report = surveyed.report(rep, of=customer, customer_signatory=who.full_name)
	found = frappe.get_doc(surveys.DOCTYPE, surveys.begin(report))
	assert (found.contact, found.email_id, found.language) == (who.name, BUYER, "zh")
	assert found.allocated_to == rep and found.survey_template == surveyed.TEMPLATE


def test_who_has_left_is_not_asked(rep):
	"""P5."""
	customer = surveyed.customer(rep)
	who = surveyed.contact(customer)
	frappe.db.set_value("Contact", who.name, "sf_left_on", "2027-01-01")
	report = surveyed.report(rep, of=customer, contact=who.name)
	assert frappe.db.get_value(surveys.DOCTYPE, surveys.begin(report), "contact") != who.name


def test_the_closest_template_counts(rep):
	def template(name, **values):
		doc = frappe.copy_doc(frappe.get_doc("Survey Template", surveyed.TEMPLATE))
		return doc.update({"template_name": name, **values}).insert().name

	china = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	customer = surveyed.customer(rep, territory=china.name)
	everywhere = template("Everywhere", territory="All Territories")
	assert survey_people.template_for(records.COMPANY, customer.name) == everywhere
	north = template("North", territory=china.name)
	assert survey_people.template_for(records.COMPANY, customer.name) == north
	ours = template("Ours", company=records.COMPANY)
	assert survey_people.template_for(records.COMPANY, customer.name) == ours
	assert survey_people.template_for(None, customer.name) == north


def test_a_cancelled_acceptance_takes_its_survey_back(survey):
	token = sent(survey)
	surveys.report_cancelled(survey.acceptance_report)
	assert fresh(survey).status == "Cancelled" and surveys.asked(token) == (None, None)


def test_nobody_is_asked_about_a_cancelled_acceptance(survey):
	surveys.report_cancelled(survey.acceptance_report)
	for step in (surveys.send, lambda name: surveys.record_by_phone(name, GOOD, "Buyer")):
		with pytest.raises(frappe.ValidationError, match="was cancelled"):
			step(survey.name)


def test_an_answer_outlives_its_acceptance(rep):
	survey = answered(rep)
	surveys.report_cancelled(survey.acceptance_report)
	assert fresh(survey).status == "Answered"
	customer = frappe.get_doc("Customer", survey.customer)
	again = surveyed.report(rep, of=customer, amended_from=survey.acceptance_report)
	assert surveys.begin(again) == survey.name == surveys.begin(again)


# Template --------------------------------------------------------------------------------------------------


def test_the_shipped_template_asks_what_the_standard_wants():
	template = frappe.get_doc("Survey Template", surveyed.TEMPLATE)
	sheet = survey_words.of_template(template)
	rules.validate(sheet.questions)
	assert survey_words.languages(sheet) == ["en", "zh"]
	assert {one.dimension for one in sheet.questions} >= {*rules.MUST_DIMENSIONS, rules.RECOMMENDATION}
	assert all(survey_words.say(sheet, "zh", key) for key in survey_words.GENERAL)


@pytest.mark.parametrize(
	("change", "words"),
	[
		(lambda doc: doc.questions.pop(0), "Timeliness"),
		(lambda doc: doc.questions[0].update({"question_key": "needs_met"}), "needs_met is there twice"),
		(lambda doc: doc.questions[0].update({"question_key": "title"}), "another text of the survey"),
		(lambda doc: doc.questions[0].update({"weight": 0}), "Timeliness"),
		(lambda doc: doc.wordings[0].update({"question_key": "nothing"}), "no question has the key"),
		(lambda doc: doc.wordings[0].update({"question_key": "thanks"}), "worded twice"),
		(lambda doc: doc.wordings[0].update({"language": "en"}), "own language"),
		(lambda doc: doc.update({"low_mark": 6}), "lies between"),
		(lambda doc: doc.update({"happy_from": 11}), "lies between"),
	],
)
def test_a_template_that_cannot_be_asked_is_refused(change, words):
	template = frappe.get_doc("Survey Template", surveyed.TEMPLATE)
	change(template)
	with pytest.raises(frappe.ValidationError, match=words):
		template.save()


def test_what_was_asked_stays_whatever_becomes_of_the_template(survey):
	sent(survey)
	template = frappe.get_doc("Survey Template", surveyed.TEMPLATE)
	asked = survey_words.shown(fresh(survey), "en")["questions"][0]["question"]
	template.questions[0].question = "Something else?"
	template.questions[0].weight = 7
	template.low_mark = 4
	template.save()
	again = fresh(survey)
	assert survey_words.shown(again, "en")["questions"][0]["question"] == asked
	assert surveys.questions_of(again)[0].weight == 1 and survey_words.of(again).low_mark == 2


@pytest.mark.parametrize(
	("language", "chosen"),
	[("zh", "zh"), ("zh-TW", "zh"), ("zh_CN", "zh"), ("en-US", "en"), ("fr", "en"), (None, "en"), ("", "en")],
)
def test_the_language_that_comes_closest(survey, language, chosen):
	shown = survey_words.shown(survey, language)
	assert shown["language"] == chosen and shown["languages"] == ["en", "zh"]
	assert ("及时性" in shown["questions"][0]["question"]) == (chosen == "zh")


# Sent ------------------------------------------------------------------------------------------------------


def test_it_goes_to_the_customer_with_a_link(survey, rep):
	token = sent(survey)
	mail = talks.mails()[0]
	assert mail.to == [BUYER] and rep in mail.reply_to and token in mail.text
	now = fresh(survey)
	assert (now.status, surveys.asked(token)[0].name) == ("Sent", survey.name)
	for doctype in (
		"Communication",
		"Public Link",
		surveys.DOCTYPE,
		"Notification Log",
		"Comment",
		"Version",
	):
		for row in frappe.get_all(doctype, fields=["*"], order_by="name"):
			assert token not in str(row), doctype


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_mail_speaks_the_customers_language(survey, language):
	frappe.db.set_value(surveys.DOCTYPE, survey.name, "language", language)
	sent(survey)
	mail = talks.mails()[0]
	assert ("您对我们的服务满意吗" in mail.subject) == ("回答 4 个问题" in mail.text) == (language == "zh")
	assert ("Answer 4 questions" in mail.text) == (language == "en")


def test_sent_again_the_older_link_ends(survey):
	older, newer = sent(survey), sent(survey)
	assert surveys.asked(older) == (None, None) and surveys.asked(newer)[0]


@pytest.mark.parametrize("email", [None, "no address", "rep"])
def test_an_address_that_cannot_be_the_customers_is_refused(survey, rep, email):
	frappe.db.set_value(surveys.DOCTYPE, survey.name, "email_id", rep if email == "rep" else email)
	with pytest.raises(frappe.ValidationError, match="#email_id"):
		surveys.send(survey.name)
	assert not surveyed.tokens()


def test_markup_of_anybody_is_text_in_the_mail(rep):
	survey = surveyed.survey(rep)
	frappe.db.set_value(surveys.DOCTYPE, survey.name, "person", "<b>Head</b> {{ 7*7 }}")
	sent(survey)
	text = talks.mails()[0].text
	assert "&lt;b&gt;Head&lt;/b&gt; {{ 7*7 }}" in text


# Answered --------------------------------------------------------------------------------------------------


def test_an_answer_by_link(survey, rep):
	token = sent(survey)
	found = answer(token, comments="All fine.")
	now = fresh(found)
	assert (now.status, now.answered_through, now.answered_by) == ("Answered", "Link", "Purchasing Manager")
	assert now.satisfaction == 4.67 and (now.recommend, now.is_low) == (9, 0)
	assert now.comments == "All fine." and not now.recorded_by
	assert [row.mark for row in now.answers] == [5, 4, 5, 9]
	assert surveys.asked(token) == (None, None) and not surveyed.valid_links(survey)
	assert any("has answered the survey" in text for text in notices_of(rep))
	assert surveys.latest(now.customer).name == now.name
	comments = frappe.get_all(
		"Comment",
		filters={"reference_doctype": "Customer", "reference_name": now.customer, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)
	assert any(now.name in text for text in comments)


def test_weights_of_the_template_count(rep):
	template = frappe.get_doc("Survey Template", surveyed.TEMPLATE)
	template.questions[1].weight = 2
	template.questions[2].weight = 3
	template.save()
	survey = answered(rep, {**GOOD, "timeliness": 1, "service_quality": 3, "needs_met": 5})
	assert survey.satisfaction == pytest.approx((1 + 2 * 3 + 3 * 5) / 6)


@pytest.mark.parametrize(
	("given", "field"),
	[
		({**GOOD, "timeliness": "6"}, "timeliness"),
		({**GOOD, "timeliness": "0"}, "timeliness"),
		({**GOOD, "recommend": "11"}, "recommend"),
		({**GOOD, "recommend": "-1"}, "recommend"),
		({**GOOD, "needs_met": "4.5"}, "needs_met"),
		({**GOOD, "needs_met": ""}, "needs_met"),
		({**GOOD, "needs_met": ["4"]}, "needs_met"),
		({}, "timeliness"),
	],
)
def test_what_is_no_answer_is_refused_and_uses_up_nothing(survey, given, field):
	token = sent(survey)
	with pytest.raises(rules.SurveyError) as refusal:
		answer(token, given)
	assert refusal.value.field == field
	assert surveys.asked(token)[0] and fresh(survey).status == "Sent"


def test_of_two_answers_one_counts(survey):
	token = sent(survey)
	link = surveys.asked(token)[1]
	answer(token)
	with pytest.raises(surveys.NotOpen):
		surveys.answer_by_link(link, BAD, "Somebody Else")
	assert fresh(survey).answered_by == "Purchasing Manager"


def test_an_answered_survey_takes_no_second_answer_by_another_link(survey):
	"""A reminder's link is another one, and may be open in another window."""
	first, second = (
		sent(survey),
		public_links.issue(
			public_links.SATISFACTION_SURVEY,
			surveys.DOCTYPE,
			survey.name,
			BUYER,
			"en",
			surveys.link_expires_on(),
		),
	)
	link = surveys.asked(second)[1]
	answer(first)
	frappe.db.set_value("Public Link", link.name, "revoked_on", None)
	assert surveys.asked(second) == (None, None)
	with pytest.raises(surveys.NotOpen):
		surveys.answer_by_link(link, BAD, "Somebody else")


def test_a_low_mark_opens_a_complaint_once(rep):
	"""A4."""
	survey = answered(rep, BAD)
	now = fresh(survey)
	assert now.is_low and now.issue
	assert frappe.db.get_value("Issue", now.issue, "sf_survey") == now.name


def test_who_is_responsible_is_told_of_a_low_answer_once(rep):
	"""The complaint's mail holds what was low, and leads to the answer; of a good one the answer's tells."""
	doc = answered(rep, BAD, comments="The handle is loose.")
	about = {"for_user": rep, "document_name": ("in", [doc.name, fresh(doc).issue])}
	told = frappe.get_all("Notification Log", about, pluck="document_type", order_by="creation")
	# First that the customer is to be asked.
	assert told == [doc.doctype, "Issue"]
	mails = [mail for mail in talks.mails() if mail.to == [rep] and "The handle is loose." in mail.text]
	assert len(mails) == 1
	good = answered(rep, GOOD)
	assert [text for text in notices_of(rep) if f"{good.title} has answered" in text]


def test_a_problem_opens_a_complaint_even_with_good_marks(rep):
	"""A4."""
	survey = answered(rep, problem="The manual is missing.")
	assert survey.has_problem and not survey.is_low and fresh(survey).issue
	assert not surveys.is_happy(survey)


def test_the_next_survey_asks_about_the_complaint(rep):
	"""A4: only where there was one."""
	first = answered(rep, BAD)
	keys = [one.key for one in surveys.questions_of(first)]
	assert "earlier_complaint" not in keys
	customer = frappe.get_doc("Customer", first.customer)
	second = frappe.get_doc(surveys.DOCTYPE, surveys.begin(surveyed.report(rep, of=customer)))
	assert second.earlier_issue == fresh(first).issue
	assert "earlier_complaint" in [one.key for one in surveys.questions_of(second)]
	not_settled = surveys.record_by_phone(second.name, {**GOOD, "earlier_complaint": "0"}, "Buyer")
	assert not_settled.is_low


def test_a_happy_customer_says_whom_they_would_refer_once(survey):
	"""A5."""
	token = sent(survey)
	assert surveys.asked_to_refer(token) == (None, None)
	answer(token)
	found, link = surveys.asked_to_refer(token)
	assert found.name == survey.name
	surveys.refer_by_link(link, True, "Beta GmbH, Head of Purchasing")
	now = fresh(survey)
	assert now.would_refer and now.referral == "Beta GmbH, Head of Purchasing"
	assert surveys.asked_to_refer(token) == (None, None)
	with pytest.raises(surveys.NotOpen):
		surveys.refer_by_link(link, True, "Somebody else")


def test_nobody_refers_by_an_old_link_or_a_corrected_answer(rep, frozen_time):
	"""A5."""
	with frozen_time("2027-01-15 15:00") as clock:
		late, wrong = surveyed.survey(rep), surveyed.survey(rep)
		links = [sent(late), sent(wrong)]
		for token in links:
			answer(token)
		surveys.record_by_phone(surveys.correct(wrong.name, "Mixed up.").name, GOOD, "Buyer")
		assert surveys.asked_to_refer(links[0])[0] and not surveys.asked_to_refer(links[1])[0]
		clock.set("2027-02-15 15:00")
		assert surveys.asked_to_refer(links[0]) == (None, None)


def test_who_is_not_happy_is_not_asked_for_a_referral(survey):
	token = sent(survey)
	answer(token, BAD)
	assert surveys.asked_to_refer(token) == (None, None)


# Half-filled -----------------------------------------------------------------------------------------------


def test_a_half_filled_answer_is_kept_and_goes_with_the_answer(survey):
	token = sent(survey)
	found = surveys.asked(token)[0]
	surveys.keep_half_filled(
		found, {"timeliness": "4", "comments": "So far", "nothing": "x", "needs_met": ["4"]}
	)
	assert survey_answers.half_filled(fresh(survey)) == {"timeliness": "4", "comments": "So far"}
	surveys.keep_half_filled(found, {"comments": "y" * (rules.TEXT_LENGTH + 1)})
	assert survey_answers.half_filled(fresh(survey)) == {}
	surveys.keep_half_filled(found, {"timeliness": "4"})
	answer(token)
	assert not fresh(survey).half_filled
	surveys.keep_half_filled(found, {"timeliness": "1"})
	assert not fresh(survey).half_filled


def test_what_was_written_and_not_sent_stands_in_no_record_of_changes(survey):
	"""A3: the customer's draft is theirs, also once they have answered."""
	token = sent(survey)
	surveys.keep_half_filled(surveys.asked(token)[0], {"comments": "What a mess"})
	answer(token)
	kept = frappe.get_all("Version", filters={"docname": survey.name}, pluck="data", order_by="creation")
	assert kept and not any("What a mess" in data for data in kept)


# By phone --------------------------------------------------------------------------------------------------


def test_the_account_manager_fills_it_in_on_the_phone(call, as_user, rep, survey):
	with as_user(rep):
		told = call(
			f"{API}.record_by_phone",
			survey=survey.name,
			answers=json.dumps({**GOOD, "timeliness": 4}),
			answered_by="Head of Purchasing",
		)
	now = fresh(survey)
	assert told == {"name": survey.name, "status": "Answered"}
	assert (now.answered_through, now.recorded_by, now.answers[0].mark) == ("Phone", rep, 4)
	assert now.wording and not any("has answered" in text for text in notices_of(rep))


@pytest.mark.parametrize("answers", ["no json", "[1]", "7", "", "null"])
def test_what_a_program_sends_is_an_object(call, survey, answers):
	with pytest.raises(frappe.ValidationError, match="answers"):
		call(f"{API}.record_by_phone", survey=survey.name, answers=answers, answered_by="Buyer")
	assert fresh(survey).status == "To Send"


def test_a_call_ends_the_links(survey):
	token = sent(survey)
	surveys.record_by_phone(survey.name, GOOD, "Buyer")
	assert surveys.asked(token) == (None, None)
	with pytest.raises(frappe.ValidationError, match="A correction is a second survey"):
		surveys.record_by_phone(survey.name, BAD, "Buyer")


@pytest.mark.parametrize(
	("given", "by", "on", "words"),
	[
		(GOOD, " ", None, "who answered"),
		({**GOOD, "timeliness": 9}, "Buyer", None, "choose from 1 to 5"),
		({}, "Buyer", None, "answer this question"),
		(GOOD, "Buyer", "2099-01-01 10:00", "future"),
		(GOOD, "Buyer", "2026-01-12 10:00", "before the acceptance"),
	],
)
def test_what_cannot_have_been_said_is_refused(survey, given, by, on, words):
	with pytest.raises(frappe.ValidationError, match=words):
		surveys.record_by_phone(survey.name, given, by, on=on)


# Written once ----------------------------------------------------------------------------------------------


@pytest.fixture
def done(rep):
	return answered(rep, comments="As it was.")


def unchanged(survey):
	now = fresh(survey)
	return (now.status, now.comments, now.recommend, [row.mark for row in now.answers]) == (
		"Answered",
		"As it was.",
		9,
		[5, 4, 5, 9],
	)


@pytest.mark.parametrize(
	"field", ["comments", "satisfaction", "recommend", "status", "is_low", "answered_by"]
)
def test_nobody_changes_an_answer(done, make_user, as_user, call, field):
	"""A3: no role, not even one that may do everything, over the form, REST or RPC."""
	value = {"status": "To Send", "satisfaction": 5, "recommend": 0, "is_low": 1}.get(field, "Changed")
	for user in ("Administrator", make_user(["System Manager", "Sales Master Manager"])):
		with as_user(user):
			doc = fresh(done)
			doc.set(field, value)
			doc.save()
			call(
				"frappe.client.set_value",
				doctype=surveys.DOCTYPE,
				name=done.name,
				fieldname=field,
				value=value,
			)
		assert unchanged(done)


@pytest.mark.parametrize("field", ["person", "email_id", "contact"])
def test_nor_whom_it_asked(done, field):
	doc = fresh(done)
	doc.set(field, None)
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		doc.save()


def test_nor_its_rows(done):
	doc = fresh(done)
	doc.answers[0].mark = 1
	doc.answers.pop()
	doc.append("answers", {"question_key": "other", "mark": 5})
	doc.save()
	assert unchanged(done)
	row = frappe.get_doc("Survey Answer", doc.answers[0].name)
	row.mark = 1
	for change in (row.save, row.delete):
		with pytest.raises(frappe.PermissionError):
			change()
	assert unchanged(done)


def test_nor_the_app_itself(done):
	doc = fresh(done)
	doc.comments = "Changed"
	doc.flags.by_app = True
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		doc.save(ignore_permissions=True)
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		fresh(done).db_set("recommend", 0)
	row = fresh(done)
	row.answers[0].mark = 1
	row.flags.by_app = True
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		row.save(ignore_permissions=True)
	assert unchanged(done)


def test_nor_is_it_deleted_or_renamed(done):
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		frappe.delete_doc(surveys.DOCTYPE, done.name, force=True)
	with pytest.raises(frappe.PermissionError, match="stays as it was"):
		frappe.rename_doc(surveys.DOCTYPE, done.name, "Another", force=True)
	assert unchanged(done)


def test_nobody_writes_an_answer_past_the_app(survey, rep, as_user):
	with as_user(rep):
		doc = fresh(survey)
		doc.update({"status": "Answered", "satisfaction": 5, "recommend": 10, "answered_by": "Me"})
		doc.append("answers", {"question_key": "timeliness", "mark": 5, "answered": 1})
		doc.save()
	now = fresh(survey)
	assert (now.status, now.satisfaction, now.answers) == ("To Send", 0, [])


def test_the_template_stays_once_it_was_sent(survey):
	sent(survey)
	doc = fresh(survey)
	doc.survey_template = None
	with pytest.raises(frappe.ValidationError, match="stays"):
		doc.save()


# Corrections -----------------------------------------------------------------------------------------------


def test_a_correction_is_a_second_survey(call, as_user, rep):
	first = answered(rep, BAD)
	with as_user(rep):
		told = call(f"{API}.correct", survey=first.name, reason="The numbers were mixed up.")
		again = call(f"{API}.correct", survey=first.name, reason="Once more.")
	assert told == again and told["name"] != first.name
	assert surveys.latest(first.customer).name == first.name
	second = surveys.record_by_phone(told["name"], GOOD, "Purchasing Manager")
	assert (second.correction_of, second.correction_reason) == (first.name, "The numbers were mixed up.")
	assert fresh(first).corrected_by == second.name and fresh(first).recommend == 4
	assert surveys.latest(first.customer).name == second.name
	third = surveys.correct(second.name, "Wrong again.")
	surveys.record_by_phone(third.name, BAD, "Purchasing Manager")
	assert surveys.latest(first.customer).name == third.name


def test_the_manager_hears_of_a_correction_once(as_user, rep, manager):
	"""Whoever is not content with an answer writes no other one unseen."""
	first = answered(rep, BAD)
	with as_user(rep):
		for _time in range(2):
			surveys.correct(first.name, "The numbers were mixed up.")
	told = [text for text in notices_of(manager) if "is to be corrected" in text]
	assert len(told) == 1 and first.name in told[0]


def test_a_correction_needs_an_answer_and_a_reason(survey, rep):
	with pytest.raises(frappe.ValidationError, match="Only what was answered"):
		surveys.correct(survey.name, "Because.")
	with pytest.raises(frappe.ValidationError, match="why"):
		surveys.correct(answered(rep).name, "  ")


# Rights ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["send", "record_by_phone", "correct"])
def test_who_may_not_change_the_customer_may_do_nothing(call, as_user, make_user, survey, method):
	more = {"correct": {"reason": "x"}, "record_by_phone": {"answers": "{}", "answered_by": "x"}}
	for role in ("Projects User", "Support Team"):
		with as_user(make_user(role)), pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", survey=survey.name, **more.get(method, {}))
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		call(f"{API}.{method}", survey=survey.name, **more.get(method, {}))


def project_of(survey):
	"""A project of the customer, which the survey is about."""
	name = f"Delivery {survey.name} {frappe.generate_hash(length=6)}"
	values = {"project_name": name, "customer": survey.customer, "company": records.COMPANY}
	project = frappe.get_doc({"doctype": "Project", **values}).insert()
	frappe.db.set_value(surveys.DOCTYPE, survey.name, "project", project.name)
	return project


def test_who_sees_the_project_reads_and_does_no_more(call, as_user, make_user, rep):
	"""A3: asking and answering is for those whose customer it is; who sees neither sees no answers."""
	survey = answered(rep)
	deliverer = make_user(["Sales User", "Projects User"])
	stranger = make_user("Sales User")
	for user in (deliverer, stranger):
		records.may_read_customer(user, surveyed.customer(rep).name)
	project_of(survey)
	for user, seen in ((deliverer, True), (stranger, False), (rep, True)):
		with as_user(user):
			assert (survey.name in frappe.get_list(surveys.DOCTYPE, pluck="name", limit=0)) == seen
			assert frappe.has_permission(surveys.DOCTYPE, "read", doc=survey.name) == seen
			rows = frappe.get_list(
				"Survey Answer", parent_doctype=surveys.DOCTYPE, fields=["parent"], limit=0, order_by="name"
			)
			assert (survey.name in [row.parent for row in rows]) == seen
	for user in (deliverer, stranger):
		with as_user(user), pytest.raises(frappe.PermissionError):
			call(f"{API}.correct", survey=survey.name, reason="I know better.")


def test_nobody_gives_themselves_the_right_to_it(as_user, make_user, survey, rep):
	"""What is stored counts, not what a request says whose survey it is."""
	stranger = make_user("Sales User")
	mine = surveyed.customer(stranger).name
	records.may_read_customer(stranger, mine)
	with as_user(stranger), pytest.raises(frappe.PermissionError):
		submits.put(
			surveys.DOCTYPE, survey.name, allocated_to=stranger, customer=mine, email_id="me@own.example"
		)


def test_it_is_seen_with_its_customer(as_user, make_user, survey, rep):
	other = make_user("Sales User")
	hidden = surveyed.customer(rep)
	frappe.get_doc(
		{"doctype": "User Permission", "user": other, "allow": "Customer", "for_value": hidden.name}
	).insert()
	for user, seen in ((rep, True), (other, False)):
		with as_user(user):
			assert (survey.name in frappe.get_list(surveys.DOCTYPE, pluck="name", limit=0)) == seen
			assert frappe.has_permission(surveys.DOCTYPE, "read", doc=survey.name) == seen
	assert public_links.SATISFACTION_SURVEY in frappe.get_meta("Public Link").get_options("purpose")
