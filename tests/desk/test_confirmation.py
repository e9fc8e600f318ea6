"""The customer answers on a phone, without a login, in both languages (N4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.mails import token_of
from tests.desk.screen import dialog, overflow

PHONE = {"width": 390, "height": 844}
NEEDS = {"en": ("Orders by scan", "Reports by eight"), "zh": ("扫码下单", "八点前出报表")}
CUSTOMER = {"en": "Purchasing Manager", "zh": "采购经理"}


@pytest.fixture(params=["en", "zh"])
def lang(request):
	return request.param


@pytest.fixture
def talk(call, lang):
	"""A needs record of a talk with somebody of a profile's decision chain, complete."""
	name = records.unique("样品" if lang == "zh" else "Sample")
	address = f"{records.digits(8)}@sample-works.example"
	lead = records.lead(call, first_name=name, company_name=name, email_id=address, language=lang)
	call(
		"salesflow_std.api.profile.save_person",
		doctype="Lead",
		name=lead,
		person={"person": CUSTOMER[lang], "role": "Decision Maker"},
	)
	return records.insert(
		call,
		"Needs Record",
		reference_doctype="Lead",
		reference_name=lead,
		contact_name=CUSTOMER[lang],
		language=lang,
		email_id=address,
		talked_on=records.ago(hours=1),
		summary=NEEDS[lang][0],
		needs=[
			{
				"need": need,
				"priority": "Must",
				"nature": "Rigid",
				"explicitness": "Explicit",
				"match_score": 4,
			}
			for need in NEEDS[lang]
		],
	)


def send(page: Page, lang: str) -> None:
	page.locator(".sf-confirmation.btn-primary").click()
	box = dialog(page)
	expect(box.locator("iframe")).to_be_visible()
	expect(box.frame_locator("iframe").get_by_text(NEEDS[lang][1])).to_be_visible()
	assert box.frame_locator("iframe").locator("a").count() == 0
	expect(box.locator(".btn-primary:visible")).to_be_focused()
	page.keyboard.press("Control+Enter")
	expect(box).to_have_count(0, timeout=20_000)
	expect(page.locator(".sf-needs-state")).to_contain_text("@sample-works.example")


def test_corrected_on_a_phone_then_confirmed(call, login, new_page, talk, lang):
	desk = login("rep", lang=lang, path=f"/app/needs-record/{talk}")
	send(desk, lang)
	address = records.state(call, "Needs Record", talk, "email_id")
	first = token_of(call, address)
	assert first not in desk.content()

	guest = new_page(**PHONE)
	guest.goto(f"/confirm-needs?token={first}")
	body = guest.locator("body")
	assert overflow(body) <= 0
	assert first not in guest.content()
	if lang == "zh":
		assert latin_left(guest.locator("form section").first, "Sample") == []
	guest.locator("summary").nth(1).click()
	guest.locator("textarea[name^=correction]").nth(1).fill("9:00")
	# The language changes, and what was written stays.
	guest.locator(f"button.language[value={'en' if lang == 'zh' else 'zh'}]").click()
	expect(guest.locator("textarea[name^=correction]").nth(1)).to_have_value("9:00")
	guest.locator(f"button.language[value={lang}]").click()
	guest.fill("#answered_by", CUSTOMER[lang])
	guest.locator("button[value=correct]").click()
	expect(guest.locator(".message.done")).to_be_visible()
	guest.goto(f"/confirm-needs?token={first}")
	expect(guest.locator(".message.gone")).to_be_visible()
	assert not any(need in guest.content() for need in NEEDS[lang])

	following = records.state(call, "Needs Record", talk, "next_version")
	rows = records.state(call, "Needs Record", following, "needs")
	call("salesflow_std.api.needs_talk.adopt", record=following, row=rows[1]["name"], take=1)
	desk.goto(f"/app/needs-record/{following}")
	desk.locator(".sf-confirmation.btn-primary").wait_for()
	call("salesflow_std.api.needs.send", name=following)
	second = token_of(call, address)
	assert second != first

	guest.goto(f"/confirm-needs?token={second}")
	expect(guest.locator("body")).to_contain_text("9:00")
	guest.fill("#answered_by", CUSTOMER[lang])
	guest.keyboard.press("Enter")  # answers nothing
	expect(guest.locator("#answered_by")).to_have_value(CUSTOMER[lang])
	guest.locator("button[value=confirm]").click()
	expect(guest.locator(".message.done")).to_contain_text(word(lang, "Thank you"))
	assert records.state(call, "Needs Record", following, "status") == "Confirmed"


def test_a_user_who_is_logged_in_may_answer(call, login, talk, lang):
	call("salesflow_std.api.needs.send", name=talk)
	token = token_of(call, records.state(call, "Needs Record", talk, "email_id"))
	page = login("manager", lang=lang, path=None)
	page.goto(f"/confirm-needs?token={token}")
	page.fill("#answered_by", CUSTOMER[lang])
	page.locator("button[value=confirm]").click()
	expect(page.locator(".message.done")).to_be_visible()


def test_confirmed_by_phone(call, login, talk, lang):
	page = login("rep", lang=lang, path=f"/app/needs-record/{talk}")
	page.locator(".sf-confirmation:not(.btn-primary)").click()
	box = dialog(page)
	expect(box.locator("[data-fieldname=by] input")).to_have_value(CUSTOMER[lang])
	box.locator(".btn-primary:visible").click()
	expect(page.locator(".sf-needs-state")).to_contain_text(CUSTOMER[lang])
	assert records.state(call, "Needs Record", talk, "status") == "Confirmed"


@pytest.mark.parametrize("why", ["used", "expired", "revoked", "forged"])
def test_a_link_that_is_not_valid_is_refused_politely_and_tells_nothing(
	call, new_page, desk_site, talk, lang, why
):
	call("salesflow_std.api.needs.send", name=talk)
	token = token_of(call, records.state(call, "Needs Record", talk, "email_id"))
	guest = new_page(**PHONE)
	if why == "used":
		answered = guest.request.post(
			"/confirm-needs",
			params={"token": token},
			form={"action": "confirm", "answered_by": CUSTOMER[lang]},
		)
		assert "message done" in answered.text()
	elif why == "expired":
		desk_site.sql(
			f"update `tabPublic Link` set expires_on = '2020-01-01' where reference_name = '{talk}'"
		)
	elif why == "revoked":
		call("salesflow_std.api.needs.take_back", name=talk)
	else:
		token = ("a" if token[0] != "a" else "b") + token[1:]
	before = call("frappe.client.get", doctype="Needs Record", name=talk)

	for path in (f"/confirm-needs?token={token}&lang={lang}", f"/confirm-needs?token={'x' * 43}&lang={lang}"):
		opened = guest.goto(path)
		assert opened.status == 200
		expect(guest.locator(".message.gone")).to_be_visible()
		expect(guest.locator("input:visible, textarea")).to_have_count(0)
		assert overflow(guest.locator("body")) <= 0
		said = guest.content()
		assert not any(data in said for data in (*NEEDS[lang], CUSTOMER[lang], talk, before["title"]))
		if lang == "zh":
			assert latin_left(guest.locator("main"), "English") == []
		if path.endswith(f"token={token}&lang={lang}"):
			shown = said
	# The same page, byte by byte, whether there ever was such a link or not.
	assert shown == said
	posted = guest.request.post(
		"/confirm-needs",
		params={"token": token},
		form={"action": "refuse", "answered_by": "x", "reason": "x"},
	)
	assert posted.status == 200 and "message gone" in posted.text()
	assert call("frappe.client.get", doctype="Needs Record", name=talk) == before
