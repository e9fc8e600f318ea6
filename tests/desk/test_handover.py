"""The hand-over of a lead to an account manager (L12), from the offer to the answer, in both languages."""

from __future__ import annotations

import functools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import dialog, message, overflow
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.handover"
NOTE = "200 台，三月上线"


def user(call, lang: str, name: str) -> str:
	"""A sales user of the test's own, who logs in."""
	email = f"{records.unique('u').replace(' ', '')}@standard.test"
	return records.insert(
		call,
		"User",
		email=email,
		first_name=name,
		language=lang,
		enabled=1,
		send_welcome_email=0,
		new_password=TEST_PASSWORD,
		roles=[{"role": "Sales User"}],
	)


@pytest.fixture(scope="module")
def people_of(call):
	"""Rep and account manager of a language, made once: Frappe lets few new users in within an hour."""

	@functools.cache
	def of_language(lang: str) -> dict[str, str]:
		rep, receiver = ("开发代表", "客户经理") if lang == "zh" else ("Dev Rep", "Acc Manager")
		number = records.digits(6)
		return {
			"rep": user(call, lang, f"{rep}{number}"),
			"receiver": user(call, lang, f"{receiver}{number}"),
			"rep_name": f"{rep}{number}",
			"receiver_name": f"{receiver}{number}",
		}

	return of_language


@pytest.fixture
def people(people_of, lang):
	return people_of(lang)


@pytest.fixture
def lead(call, people):
	"""A lead with clear interest whose first conversation is noted."""
	name = records.unique("样品" if people["rep_name"].startswith("开") else "Sample")
	lead = records.lead(
		call,
		first_name=name,
		company_name=name,
		lead_owner=people["rep"],
		sf_captured_on=records.ago(hours=5),
	)
	records.score(call, lead, "5555")
	touch = call("salesflow_std.api.follow_up.plan_of", doctype="Lead", name=lead)["open"][0]
	call("salesflow_std.api.follow_up.complete", name=touch["name"], outcome="Reached", note=NOTE)
	return lead


def open_lead(login, who: str, lead: str) -> Page:
	page = login(who, path=f"/app/lead/{lead}")
	page.locator(".sf-strip").wait_for()
	return page


def hand_over(page: Page, lang: str) -> None:
	item = page.locator(".inner-group-button .dropdown-item", has_text=word(lang, "Hand Over…"))
	item.wait_for(state="attached")
	page.locator(
		".inner-group-button", has=page.locator(".dropdown-item", has_text=word(lang, "Hand Over…"))
	).locator("> button").click()
	item.click()


def button(page: Page, label: str):
	return page.locator(".page-actions button:visible", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_lead_is_offered_and_accepted(login, call, people, lead, lang):
	page = open_lead(login, people["rep"], lead)
	hand_over(page, lang)
	sheet = dialog(page)
	editor = sheet.locator(".ql-editor[contenteditable=true]")
	expect(editor).to_contain_text(NOTE)
	field = sheet.locator("input[data-fieldname=to_user]")
	# A dialog that is still coming up would empty the field once more.
	expect(field).to_be_focused()
	field.fill(people["receiver_name"])
	choice = sheet.locator(".awesomplete [role=option]", has_text=people["receiver_name"]).first
	choice.wait_for()
	choice.click()
	if lang == "zh":
		assert sources_left(sheet) == []
	sheet.locator(".btn-modal-primary").click()
	line = page.locator(".sf-handover")
	expect(line).to_contain_text(people["receiver_name"])
	expect(line.locator(".indicator-pill.blue")).to_have_text(word(lang, "Hand-over offered"))
	expect(line.locator("button")).to_have_text([word(lang, "Withdraw", context="Salesflow")])
	if lang == "zh":
		assert latin_left(line) == []
	assert overflow(page.locator(".sf-strip")) == 0
	offer = call(f"{API}.state", lead=lead)["open"]
	due = records.state(call, "Lead", lead, "sf_first_touch_due", "sf_next_touch_on")

	page = login(people["receiver"], path=f"/app/lead-handover/{offer['name']}")
	accept = button(page, word(lang, "Accept", context="Salesflow"))
	accept.wait_for()
	if lang == "zh":
		assert sources_left(page.locator(".layout-main:visible")) == []

	page = open_lead(login, people["receiver"], lead)
	line = page.locator(".sf-handover")
	expect(line.locator("button")).to_have_text(
		[word(lang, "Accept", context="Salesflow"), word(lang, "Return…", context="Salesflow")]
	)
	line.locator("button").first.click()
	alert = page.locator("#alert-container .alert-message")
	expect(alert).to_contain_text(
		word(lang, "The lead is yours. Its next touch is due {0}.", records.as_shown(due[1]))
	)
	expect(page.locator(".sf-handover")).to_have_count(0)
	assert records.state(call, "Lead", lead, "lead_owner") == people["receiver"]
	assert records.state(call, "Lead", lead, "sf_first_touch_due", "sf_next_touch_on") == due
	expect(page.locator(".new-timeline")).to_contain_text(
		word(lang, "has taken the lead over from {0}.", people["rep_name"])
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_lead_is_returned_with_a_reason_from_the_record(login, call, people, lead, lang):
	name = call(
		f"{API}.offer",
		user=people["rep"],
		lead=lead,
		to_user=people["receiver"],
		conversation=f"<p>{NOTE}</p>",
	)["name"]
	page = login(people["receiver"], path=f"/app/lead-handover/{name}")
	back = button(page, word(lang, "Return…", context="Salesflow"))
	back.click()
	prompt = dialog(page)
	if lang == "zh":
		assert sources_left(prompt) == []
	prompt.locator("textarea").fill("预算五月才有")
	prompt.locator(".btn-modal-primary").click()
	expect(back).to_have_count(0)
	expect(page.locator("[data-fieldname=return_reason]:visible")).to_contain_text("预算五月才有")
	assert records.state(call, "Lead Handover", name, "status") == "Returned"
	assert records.state(call, "Lead", lead, "lead_owner") == people["rep"]

	page = login(people["rep"], path="/app/lead-handover")
	title = records.state(call, "Lead", lead, "title")
	row = page.locator(".list-row-container", has_text=title).first
	row.wait_for()
	expect(row.locator(".indicator-pill").first).to_have_text(word(lang, "Returned", context="Lead Handover"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_offer_is_withdrawn_from_the_lead(login, call, people, lead, lang):
	call(
		f"{API}.offer",
		user=people["rep"],
		lead=lead,
		to_user=people["receiver"],
		conversation=f"<p>{NOTE}</p>",
	)
	page = open_lead(login, people["rep"], lead)
	page.locator(".sf-handover button").click()
	expect(page.locator(".sf-handover")).to_have_count(0)
	assert call(f"{API}.state", lead=lead)["open"] is None
	hand_over(page, lang)  # and may be offered anew
	expect(dialog(page).locator(".ql-editor[contenteditable=true]")).to_contain_text(NOTE)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_missing_is_one_click_away(login, call, people, lang):
	lead = records.lead(call, lead_owner=people["rep"])
	records.score(call, lead, "1111")
	page = open_lead(login, people["rep"], lead)
	hand_over(page, lang)
	sheet = dialog(page)
	expect(sheet).to_contain_text(
		word(lang, "The first conversation has not taken place, or nobody has recorded it.")
	)
	expect(sheet.locator(".sf-handover-missing button")).to_have_text(
		[word(lang, "Score the lead"), word(lang, "Record the first touch")]
	)
	if lang == "zh":
		assert latin_left(sheet) == []
	sheet.locator(".sf-handover-missing button").first.click()
	page.locator(".sf-score-sheet").wait_for()


def test_a_colleague_sees_the_offer_and_answers_nothing(login, call, tolerate, people_of):
	tolerate(r"Only|PermissionError|403")
	tolerate(r"^uncaught: undefined")
	rep, receiver, receiver_name = (people_of("en")[key] for key in ("rep", "receiver", "receiver_name"))
	lead = records.lead(call, lead_owner=rep)
	records.score(call, lead, "5555")
	call("salesflow_std.api.lead.touched", name=lead)
	call(f"{API}.offer", user=rep, lead=lead, to_user=receiver, conversation="<p>x</p>")
	page = open_lead(login, "rep", lead)
	expect(page.locator(".sf-handover")).to_contain_text(receiver_name)
	expect(page.locator(".sf-handover button")).to_have_count(0)
	expect(page.locator(".dropdown-item", has_text="Hand Over…")).to_have_count(0)
	page.evaluate(
		"name => frappe.call('salesflow_std.api.handover.accept', {name}).catch(() => {})",
		(call(f"{API}.state", lead=lead)["open"]["name"]),
	)
	assert f"Only {receiver_name} or a sales manager may answer" in message(page)
