"""The customer answers the survey on a phone, without a login: by touch, by keyboard, without a script (A3, A5)."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import accessible, records
from tests.desk.language import latin_left, word
from tests.desk.mails import token_of
from tests.desk.screen import overflow

PHONE = {"width": 390, "height": 844}
DIRECTOR = {"en": "Managing Director", "zh": "总经理"}
DRAWING = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="
MARKS = {"timeliness": 5, "service_quality": 4, "needs_met": 5, "recommend": 10}


@pytest.fixture(params=["en", "zh"])
def lang(request):
	return request.param


@pytest.fixture
def survey(call, lang):
	"""The survey of an acceptance that both sides have signed, sent to the customer."""
	customer = records.insert(
		call,
		"Customer",
		customer_name=records.unique("样品工厂" if lang == "zh" else "Sample"),
		customer_type="Company",
		language=lang,
	)
	report = records.insert(
		call,
		"Acceptance Report",
		customer=customer,
		company=records.COMPANY,
		accepted_on=records.ago(days=1)[:10],
		allocated_to="rep@standard.test",
		result="Accepted",
		items=[{"deliverable": "设备" if lang == "zh" else "Machine", "result": "Accepted"}],
		our_signatory="rep@standard.test",
		our_signature=DRAWING,
		customer_signatory=DIRECTOR[lang],
		customer_signature=DRAWING,
	)
	call("frappe.client.submit", doc=call("frappe.client.get", doctype="Acceptance Report", name=report))
	name = records.state(call, "Acceptance Report", report, "survey")
	call(
		"frappe.client.set_value",
		doctype="Satisfaction Survey",
		name=name,
		fieldname={
			"email_id": f"{records.digits(8)}@sample-works.example",
			"person": DIRECTOR[lang],
			"language": lang,
		},
	)
	call("salesflow_std.api.survey_desk.send", survey=name)
	return name


@pytest.fixture
def address(call, survey):
	return f"/survey?token={token_of(call, records.state(call, 'Satisfaction Survey', survey, 'email_id'))}"


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def face(page: Page, key: str, mark: int):
	return page.locator(f"label:has(#answer-{key}-{mark})")


def test_on_a_phone_kept_as_one_goes_then_sent_and_a_referral(call, new_page, survey, address, lang):
	guest = new_page(**PHONE)
	guest.goto(address)
	body = guest.locator("body")
	assert overflow(body) <= 0 and accessible.problems(guest) == []
	if lang == "zh":
		customer = records.state(call, "Satisfaction Survey", survey, "title")
		assert latin_left(guest.locator("main"), "English", records.COMPANY, customer) == []
	shot(guest, f"survey_{lang}")

	face(guest, "timeliness", 5).click()
	guest.fill("#comments", "Ok")
	expect(guest.locator("#answered")).to_contain_text("1")
	expect(guest.locator("#keeping")).to_have_text(word(lang, "Your answers so far are kept."))
	assert records.state(call, "Satisfaction Survey", survey, "status") == "Sent"

	again = new_page(**PHONE)
	again.goto(address)
	expect(again.locator("#answer-timeliness-5")).to_be_checked()
	expect(again.locator("#comments")).to_have_value("Ok")
	expect(again.locator("#answered_by")).to_have_value(DIRECTOR[lang])
	again.locator("button[value=answer]").click()
	# What is missing is named above and at the question, and the link leads there.
	expect(again.locator("#problems")).to_be_focused()
	assert accessible.problems(again) == [] and overflow(again.locator("body")) <= 0
	shot(again, f"survey_wrong_{lang}")
	again.locator("#problems a").first.click()
	expect(again.locator("#answer-service_quality-1")).to_be_focused()
	for key, mark in MARKS.items():
		face(again, key, mark).click()
	expect(again.locator("#answered")).to_have_text(word(lang, "{0} of {1} answered", 4, 4))
	# Who has mended everything reads of no mistake any more.
	expect(again.locator("#problems, .wrong, .problem-here, [aria-invalid]")).to_have_count(0)
	shot(again, f"survey_filled_{lang}")
	again.locator("button[value=answer]").click()
	expect(again.locator(".message.done")).to_be_visible()
	assert accessible.problems(again) == []
	shot(again, f"survey_thanks_{lang}")
	told = call("frappe.client.get", doctype="Satisfaction Survey", name=survey)
	assert told["status"] == "Answered" and told["answered_by"] == DIRECTOR[lang] and told["comments"] == "Ok"
	assert {row["question_key"]: row["mark"] for row in told["answers"]} == MARKS

	again.fill("#referral", "Beta Works")
	again.locator("button[value=refer]").click()
	expect(again.locator(".message.done")).to_contain_text(
		word(lang, "Thank you for recommending us. We will treat this with care.")
	)
	assert records.state(call, "Satisfaction Survey", survey, "referral") == "Beta Works"
	guest.reload()
	expect(guest.locator(".message.gone")).to_be_visible()


def test_by_keyboard_alone(call, new_page, survey, address, lang):
	guest = new_page(**PHONE)
	guest.goto(address)
	reached = []
	for _ in range(20):
		guest.keyboard.press("Tab")
		name = guest.evaluate("document.activeElement.name || document.activeElement.id")
		reached.append(name)
		assert accessible.focus_shows(guest), name
		if name.startswith("answer-"):
			guest.keyboard.press("Space")
			for _step in range(3):
				guest.keyboard.press("ArrowRight")
		if guest.evaluate("document.activeElement.value") == "answer":
			guest.keyboard.press("Enter")
			break
	questions = [name for name in reached if name.startswith("answer-")]
	assert questions == [f"answer-{key}" for key in MARKS], reached
	expect(guest.locator(".message.done")).to_be_visible()
	answers = records.state(call, "Satisfaction Survey", survey, "answers")
	# Three steps from the first: of marks that is 4, of 0 to 10 it is 3.
	assert [row["mark"] for row in answers] == [4, 4, 4, 3]


def test_without_a_script(call, new_page, survey, address, lang):
	guest = new_page(**PHONE, java_script_enabled=False)
	guest.goto(address)
	face(guest, "timeliness", 2).click()
	guest.locator("label:has(#has_problem)").click()
	expect(guest.locator("#problem")).to_be_visible()
	guest.fill("#problem", "5")
	guest.locator(f"button.language[value={'en' if lang == 'zh' else 'zh'}]").click()
	expect(guest.locator("#problem")).to_have_value("5")
	guest.locator("button[value=keep]").click()
	expect(guest.locator("#kept")).to_be_visible()
	guest.goto(address)
	expect(guest.locator("#answer-timeliness-2")).to_be_checked()
	for key, mark in {**MARKS, "timeliness": 2}.items():
		face(guest, key, mark).click()
	guest.fill("#answered_by", DIRECTOR[lang])
	guest.keyboard.press("Enter")  # answers nothing
	expect(guest.locator("#answered_by")).to_have_value(DIRECTOR[lang])
	guest.locator("button[value=answer]").click()
	expect(guest.locator(".message.done")).to_contain_text(
		word(lang, "We are sorry that not everything was right. We will get in touch with you about it.")
	)
	expect(guest.locator("#referral")).to_have_count(0)
	told = call("frappe.client.get", doctype="Satisfaction Survey", name=survey)
	assert told["is_low"] and told["has_problem"] and told["issue"]
