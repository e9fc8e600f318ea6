"""Lead and Opportunity forms: duplicates and validity (L3), late entry (L2), first touch (L7), S/A/B (F2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import close, dialog, message, overflow


def open_form(login, doctype: str, name: str, user: str = "rep", **options) -> Page:
	page = login(user, path=f"/app/{doctype}/{name}", **options)
	page.locator(".sf-strip").wait_for()
	return page


def button(page: Page, label: str):
	return page.locator(".page-actions button:visible", has_text=re.compile(rf"^\s*{label}\s*$"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_planned_first_touch_is_finished_with_its_outcome(login, call, lang):
	lead = records.lead(call, sf_captured_on=records.ago(days=6))
	records.score(call, lead, "5542")
	page = open_form(login, "lead", lead, lang=lang)
	strip = page.locator(".sf-strip")
	expect(strip.locator(".indicator-pill.red")).to_contain_text(word(lang, "First touch overdue by {0}", 4))
	# Six days between capture and entry are flagged, not refused.
	expect(strip.locator(".indicator-pill.yellow")).to_have_text(word(lang, "Entered late"))
	if lang == "zh":
		assert latin_left(strip) == []
	# One way to say it: the touch is planned and wants its outcome.
	expect(button(page, word(lang, "First Touch Done"))).to_have_count(0)
	sheet = finish_touch(page)
	# What time it is, the server says.
	expect(sheet.locator("input[data-fieldname=done_on]")).to_have_value("")
	if lang == "zh":
		assert sources_left(sheet) == []
	sheet.locator("select[data-fieldname=outcome]").select_option("Reached")
	sheet.locator(".btn-modal-primary").click()
	expect(strip.locator(".indicator-pill.red")).to_contain_text(word(lang, "First touch too late"))
	status, on = records.state(call, "Lead", lead, "sf_first_touch_status", "sf_first_touched_on")
	assert status == "Missed"
	assert on > records.ago(minutes=3)
	expect(strip).to_contain_text(records.as_shown(on))


def finish_touch(page: Page) -> Locator:
	"""The dialog that asks how the open touch went."""
	page.locator(".sf-strip .sf-touch-done").click()
	sheet = dialog(page)
	sheet.locator("select[data-fieldname=outcome]").wait_for()
	return sheet


def fill_time(field: Locator, time: str) -> None:
	field.fill(f"{records.as_shown(time)}:00")
	# Not by Tab: the next field would drop its choices over the button.
	field.blur()
	expect(field.page.locator(".datepicker.active")).to_have_count(0)


def test_a_first_touch_in_time_and_none_in_the_future(login, call, tolerate):
	tolerate(r"at a time still to come")
	tolerate(r"^uncaught: undefined")
	lead = records.lead(call, sf_captured_on=records.ago(hours=3))
	records.score(call, lead, "5542")
	page = open_form(login, "lead", lead)
	expect(page.locator(".sf-strip .indicator-pill.blue")).to_contain_text("First touch within 45 hours")
	expect(page.locator(".sf-strip .indicator-pill.yellow")).to_have_count(0)
	sheet = finish_touch(page)
	sheet.locator("select[data-fieldname=outcome]").select_option("Reached")
	field = sheet.locator("input[data-fieldname=done_on]")
	fill_time(field, records.ago(hours=-2))
	sheet.locator(".btn-modal-primary").click()
	assert "at a time still to come" in message(page)
	assert records.state(call, "Lead", lead, "sf_first_touch_status") == "Not Yet"

	# What was said is still there.
	touched = records.ago(hours=1)
	fill_time(field, touched)
	sheet.locator(".btn-modal-primary").click()
	strip = page.locator(".sf-strip")
	expect(strip.locator(".indicator-pill.green").last).to_have_text("First touch in time")
	expect(strip).to_contain_text(records.as_shown(touched))
	status, on = records.state(call, "Lead", lead, "sf_first_touch_status", "sf_first_touched_on")
	assert (status, records.as_shown(on)) == ("Met", records.as_shown(touched))


@pytest.fixture
def no_plans(desk_site) -> Iterator[None]:
	"""Nothing is planned for the leads of this test."""

	def switch(on: int) -> None:
		settings = {"doctype": "Salesflow Settings", "fieldname": "plan_follow_ups", "value": on}
		desk_site.execute("frappe.db.set_single_value", settings)

	switch(0)
	yield
	switch(1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_plan_the_first_touch_has_a_button(login, call, no_plans, lang):
	lead = records.lead(call, sf_captured_on=records.ago(hours=3))
	records.score(call, lead, "5542")
	page = open_form(login, "lead", lead, lang=lang)
	strip = page.locator(".sf-strip")
	expect(strip.locator(".sf-touch-done")).to_have_count(0)
	done = word(lang, "First Touch Done")
	button(page, done).click()
	prompt = dialog(page)
	expect(prompt.locator("input[data-fieldname=on]")).to_have_value("")
	if lang == "zh":
		assert sources_left(prompt) == []
	prompt.locator(".btn-modal-primary").click()
	expect(strip.locator(".indicator-pill.green").last).to_have_text(word(lang, "First touch in time"))
	expect(button(page, done)).to_have_count(0)
	assert records.state(call, "Lead", lead, "sf_first_touched_on") > records.ago(minutes=3)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_duplicates_are_named_and_open(login, call, lang):
	phone = f"138{records.digits(8)}"
	first = records.lead(call, mobile_no=phone)
	second = records.lead(call, mobile_no=f"+86 {phone[:3]} {phone[3:7]}-{phone[7:]}")
	page = open_form(login, "lead", second, lang=lang)
	line = page.locator(".sf-duplicates")
	expect(line).to_contain_text(word(lang, "Looks like a duplicate"))
	expect(line).to_contain_text("Phone" if lang == "en" else "电话")
	if lang == "zh":
		assert sources_left(page.locator(".sf-strip")) == []
	line.locator("a", has_text=first).click()
	page.wait_for_function("name => cur_frm && cur_frm.docname === name && !cur_frm.doc.__unsaved", arg=first)
	expect(page.locator(".sf-strip:visible .sf-duplicates")).to_contain_text(second)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_invalid_lead_is_not_scored(login, call, lang):
	phone = f"138{records.digits(8)}"
	records.lead(call, mobile_no=phone)
	lead = records.lead(call, mobile_no=phone, sf_invalid_reason="Test Data")
	page = open_form(login, "lead", lead, lang=lang)
	strip = page.locator(".sf-strip")
	expect(strip.locator(".indicator-pill.gray")).to_have_text("Invalid" if lang == "en" else "无效")
	expect(strip).to_contain_text(word(lang, "Test Data", context="Lead"))
	expect(strip.locator("button")).to_have_count(0)
	expect(page.locator(".sf-duplicates")).to_have_count(0)
	page.keyboard.press("Shift+G")
	page.wait_for_timeout(500)
	expect(dialog(page)).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_opportunity_grades_itself(login, call, lang):
	name = records.opportunity(call)
	page = open_form(login, "opportunity", name, lang=lang)
	strip = page.locator(".sf-strip")
	expect(strip).to_contain_text(word(lang, "Not graded"))
	expect(strip.locator(".sf-score")).to_have_count(0)
	strip.locator(".sf-why").click()
	sheet = dialog(page)
	expect(sheet.locator(".sf-why-sheet")).to_contain_text(
		word(lang, "Not graded: the document says nothing about {0}.", word(lang, "Time to closing"))
	)
	if lang == "zh":
		assert latin_left(sheet) == []
	close(sheet)

	closing = date.today() + timedelta(days=20)
	# Soon and likely: the stage alone says how likely a deal is at least (M1, F2).
	page.evaluate(
		"values => cur_frm.set_value(values)", {"expected_closing": str(closing), "probability": 80}
	)
	page.keyboard.press("Control+s")
	expect(strip.locator(".sf-grade")).to_have_text("S")
	assert records.state(call, "Opportunity", name, "sf_grade") == "S"
	expect(strip.locator(".sf-score")).to_have_count(0)
	strip.locator(".sf-why").click()
	expect(sheet.locator(".sf-bar-row")).not_to_have_count(0)
	row = sheet.locator(".sf-history tbody tr").first.locator("td").all_inner_texts()
	assert (row[2], row[3]) == (word(lang, "By Itself", context="BNAU Score"), "S")
	if lang == "zh":
		assert latin_left(sheet) == []
	assert overflow(sheet.locator(".modal-content")) == 0


def test_a_new_opportunity_in_chinese_bears_no_type_that_is_not_there(login):
	"""ERPNext fills in its word for "Sales" in the reader's language, which no save would accept."""
	page = login("rep", "zh", path="/app/opportunity/new")
	page.wait_for_function("window.cur_frm?.doctype === 'Opportunity' && cur_frm.doc.status")
	assert page.evaluate("cur_frm.doc.opportunity_type") is None
