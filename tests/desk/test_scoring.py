"""Scoring in the desk: by keyboard and mouse, in both languages, on a phone (L5-L9), and the first touch (L7)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import assert_inside, dialog, message, overflow

DIMENSIONS = {
	"en": ["Budget", "Need", "Authority", "Urgency"],
	"zh": ["预算", "需求", "决策权", "紧急度"],
}
REPS = {"en": "Sales Rep", "zh": "销售代表"}


def open_lead(login, name: str, user: str = "rep", **options) -> Page:
	page = login(user, path=f"/app/lead/{name}", **options)
	page.locator(".sf-strip").wait_for()
	return page


def score_sheet(page: Page) -> Locator:
	sheet = page.locator(".modal.show .sf-score-sheet")
	sheet.locator(".sf-line").first.wait_for()
	# The dialog takes the focus when it has come in.
	expect(sheet.locator(".sf-line").first.locator(".sf-radio:focus")).to_have_count(1)
	return sheet


def chosen(page: Page) -> dict[str, int]:
	return page.evaluate(
		"""() => Object.fromEntries([...document.querySelectorAll(".sf-score-sheet .sf-radio:checked")].map(
			(radio) => [radio.closest(".sf-line").dataset.code, Number(radio.value)]))"""
	)


def why(page: Page) -> Locator:
	page.locator(".sf-strip .sf-why").click()
	sheet = dialog(page)
	sheet.locator(".sf-why-sheet").wait_for()
	return sheet


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rep_scores_by_keyboard_alone(login, call, lang):
	lead = records.lead(call, first_name="联系人", company_name=records.unique("样品"))
	company = records.state(call, "Lead", lead, "company_name")
	page = open_lead(login, lead, lang=lang)
	job = page.locator("[data-fieldname=job_title] input")
	job.fill("采购")
	job.blur()
	if lang == "en":
		page.keyboard.press("Shift+G")
	else:
		page.evaluate("document.activeElement.blur(); document.querySelector('.page-title').scrollIntoView()")
		page.locator(".sf-strip").evaluate("strip => strip.closest('.layout-main-section').focus()")
		for _ in range(60):
			page.keyboard.press("Tab")
			if page.evaluate("document.activeElement.matches('.sf-strip .sf-score')"):
				break
		else:
			pytest.fail("Tab does not reach the Score button")
		page.keyboard.press("Enter")
	sheet = score_sheet(page)
	assert sheet.locator("legend").all_inner_texts() == DIMENSIONS[lang]
	for digit in "535":
		page.keyboard.press(digit)
	expect(sheet.locator(".sf-outcome")).to_contain_text(word(lang, "Still open: {0}", DIMENSIONS[lang][3]))
	page.keyboard.press("2")

	# What it means is there before anything is saved.
	outcome = sheet.locator(".sf-outcome")
	expect(outcome.locator(".sf-grade")).to_have_text("A")
	expect(outcome).to_contain_text(word(lang, "{0} of {1} points", 15, 20))
	promised = outcome.locator("span > b").nth(1).inner_text()
	assert re.fullmatch(r"\d\d-\d\d-\d{4} \d\d:\d\d", promised)
	assert chosen(page) == {"B": 5, "N": 3, "A": 5, "U": 2}
	assert records.history(call, lead) == []
	if lang == "zh":
		assert latin_left(dialog(page), company) == []

	page.keyboard.press("Enter")
	strip = page.locator(".sf-strip")
	expect(strip.locator(".sf-grade")).to_have_text("A")
	expect(strip.locator(".sf-grade")).to_have_class(re.compile(r"\bgreen\b"))
	expect(strip).to_contain_text(word(lang, "First touch within {0}", 48))
	expect(strip).to_contain_text(promised)
	grade, total, due = records.state(call, "Lead", lead, "sf_grade", "sf_score", "sf_first_touch_due")
	assert (grade, total, records.as_shown(due)) == ("A", 15, promised)
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section")) == []
		assert latin_left(strip, company) == []

	# What was being typed is still there and can be saved; the grade is not saved away.
	expect(dialog(page)).to_have_count(0)
	expect(job).to_have_value("采购")
	page.keyboard.press("Control+s")
	expect(page.locator(".page-head .indicator-pill.orange")).to_have_count(0)
	page.wait_for_function("() => !cur_frm.is_dirty() && !cur_frm.doc.__unsaved")
	assert records.state(call, "Lead", lead, "job_title", "sf_grade") == ["采购", "A"]

	# Why: contributions, the way to the next grade, and who changed it from what to what.
	records.score(call, lead, "3322", user="rep" if lang == "en" else "rep-zh", reason="预算被削减")
	sheet = why(page)
	assert sheet.locator(".sf-bar-label").all_inner_texts() == DIMENSIONS[lang]
	assert sheet.locator(".sf-bar-value").all_inner_texts() == ["3 / 5", "3 / 5", "2 / 5", "2 / 5"]
	expect(sheet.locator(".sf-next")).to_contain_text(word(lang, "To {0}: {1} more", "A", 5))
	rows = sheet.locator(".sf-history tbody tr")
	newest, oldest = (rows.nth(i).locator("td").all_inner_texts() for i in (0, 1))
	assert rows.count() == 2
	assert (newest[1], newest[3], newest[5]) == (REPS[lang], "A → B", "预算被削减")
	assert (oldest[1], oldest[3]) == (REPS[lang], "A")
	assert float(oldest[4]) == 15
	# Only managers may set a grade against the points.
	expect(sheet.locator(".modal-footer button:visible")).to_have_count(0)
	if lang == "zh":
		assert latin_left(sheet) == []


def test_evidence_mouse_and_what_is_missing(login, call):
	lead = records.lead(call)
	page = open_lead(login, lead)
	page.locator(".sf-strip .sf-score").click()
	sheet = score_sheet(page)
	sheet.locator(".sf-line[data-code=B] .sf-level", has_text="Budget range vague").click()
	assert chosen(page) == {"B": 3}
	evidence = sheet.locator(".sf-line[data-code=B] .sf-evidence")
	evidence.click()
	page.keyboard.type("CFO on 12 May: 450 k at most")
	expect(evidence).to_have_value("CFO on 12 May: 450 k at most")
	assert chosen(page) == {"B": 3}, "digits in the evidence are no points"

	# Three dimensions are missing: the first is named, and nothing is saved.
	page.keyboard.press("Enter")
	expect(page.locator(".desk-alert")).to_contain_text("Still open: Need")
	expect(sheet.locator(".sf-line[data-code=N] .sf-radio:focus")).to_have_count(1)
	expect(sheet.locator(".sf-outcome")).to_have_text("Still open: Need, Authority, Urgency")
	expect(dialog(page)).to_have_count(1)
	assert records.history(call, lead) == []
	assert not records.state(call, "Lead", lead, "sf_grade")

	for code, text in (("N", "No need"), ("A", "Decision maker not known"), ("U", "over 6 months")):
		sheet.locator(f".sf-line[data-code={code}] .sf-level", has_text=text).first.click()
	expect(sheet.locator(".sf-outcome .sf-grade")).to_have_text("C")
	expect(sheet.locator(".sf-outcome")).to_contain_text("Nurture pool, next light touch")
	sheet.locator(".sf-reason input").fill("First call")
	dialog(page).get_by_role("button", name="Save Score").click()
	expect(page.locator(".sf-strip .sf-grade")).to_have_text("C")
	expect(page.locator(".sf-strip")).to_contain_text("Nurture pool")
	(scoring,) = records.history(call, lead)
	assert {row["dimension"]: (row["points"], row["evidence"]) for row in scoring["lines"]} == {
		"B": (3, "CFO on 12 May: 450 k at most"),
		"N": (1, None),
		"A": (1, None),
		"U": (1, None),
	}
	assert (scoring["reason"], scoring["scored_by"]) == ("First call", "rep@standard.test")

	expect(dialog(page)).to_have_count(0)
	sheet = why(page)
	expect(sheet.locator(".sf-bar-notes").first).to_have_text(
		"Budget range vague · CFO on 12 May: 450 k at most"
	)
	expect(sheet.locator(".sf-next")).to_contain_text("To B: 2 more")


def test_scoring_again_begins_with_the_points_given_last(login, call):
	lead = records.lead(call)
	records.score(call, lead, "5541")
	page = open_lead(login, lead)
	page.keyboard.press("Shift+G")
	sheet = score_sheet_at(page, "B")
	assert chosen(page) == {"B": 5, "N": 5, "A": 4, "U": 1}
	page.keyboard.press("2")
	expect(sheet.locator(".sf-outcome")).to_contain_text("until now A")
	expect(sheet.locator(".sf-outcome .sf-grade")).to_have_text("B")
	# Escape leaves everything as it was.
	page.keyboard.press("Escape")
	expect(dialog(page)).to_have_count(0)
	assert len(records.history(call, lead)) == 1


def score_sheet_at(page: Page, code: str) -> Locator:
	sheet = page.locator(".modal.show .sf-score-sheet")
	expect(sheet.locator(f".sf-line[data-code={code}] .sf-radio:focus")).to_have_count(1)
	return sheet


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_scoring_on_a_phone(login, call, lang):
	lead = records.lead(call)
	page = open_lead(login, lead, lang=lang, width=390, height=800)
	assert overflow(page.locator(".sf-strip")) == 0
	page.locator(".sf-strip .sf-score").click()
	sheet = score_sheet(page)
	for code, points in records.points("3322").items():
		sheet.locator(f".sf-line[data-code={code}] .sf-level").nth(points - 1).click()
	expect(sheet.locator(".sf-outcome .sf-grade")).to_have_text("B")
	# Grade and button are in sight wherever the sheet has been scrolled to.
	for line in ("B", "U"):
		sheet.locator(f".sf-line[data-code={line}] legend").scroll_into_view_if_needed()
		assert_inside(sheet.locator(".sf-outcome"), page)
		assert_inside(dialog(page).locator(".btn-modal-primary"), page)
	assert overflow(dialog(page).locator(".modal-content")) == 0
	dialog(page).locator(".btn-modal-primary").click()
	expect(page.locator(".sf-strip .sf-grade")).to_have_text("B")
	expect(dialog(page)).to_have_count(0)
	assert overflow(page.locator(".sf-strip")) == 0
	sheet = why(page)
	expect(sheet.locator(".sf-bar-row")).to_have_count(4)
	assert overflow(sheet.locator(".modal-content")) == 0
	assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_manager_sets_a_grade_and_lets_go(login, call, lang):
	lead = records.lead(call)
	company = records.state(call, "Lead", lead, "company_name")
	records.score(call, lead, "3332")
	page = open_lead(login, lead, user="manager", lang=lang)
	why(page).locator(".btn-modal-primary").click()
	prompt = dialog(page).filter(has=page.locator("[data-fieldname=reason]"))
	prompt.locator("select[data-fieldname=grade]").select_option("A")
	if lang == "zh":
		assert latin_left(prompt) == []
	# Without a reason it is not done.
	prompt.locator(".btn-modal-primary").click()
	assert ("Reason" if lang == "en" else "原因") in message(page)
	assert records.state(call, "Lead", lead, "sf_grade") == "B"
	until = date.today() + timedelta(days=30)
	prompt.locator("input[data-fieldname=until]").fill(f"{until:%d-%m-%Y}")
	prompt.locator("textarea[data-fieldname=reason]").fill("老客户推荐")
	prompt.locator(".btn-modal-primary").click()
	strip = page.locator(".sf-strip")
	expect(strip.locator(".sf-grade")).to_have_text("A")
	expect(strip).to_contain_text(f"{until:%d-%m-%Y}")
	expect(strip).to_contain_text(word(lang, "fixed until {0}", f"{until:%d-%m-%Y}"))
	assert records.state(call, "Lead", lead, "sf_grade", "sf_grade_frozen_until") == ["A", str(until)]
	if lang == "zh":
		assert latin_left(strip, company) == []

	expect(dialog(page)).to_have_count(0)
	sheet = why(page)
	row = sheet.locator(".sf-history tbody tr").first.locator("td").all_inner_texts()
	assert (row[3], row[5]) == ("B → A", "老客户推荐")
	if lang == "zh":
		assert latin_left(sheet, "Administrator") == []
	sheet.locator(".btn-modal-primary").click()
	expect(strip.locator(".sf-grade")).to_have_text("B")
	expect(strip).not_to_contain_text(f"{until:%d-%m-%Y}")
	assert records.state(call, "Lead", lead, "sf_grade", "sf_grade_frozen_until") == ["B", None]
