"""A solution proposal in the desk (S1): written from an opportunity, an open must-need in red, and left open by a manager."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import dialog, overflow

NEEDS = {"en": ("Orders by scan", "Reports by eight"), "zh": ("扫码下单", "八点前出报表")}
REASON = {"en": "They build that part themselves.", "zh": "该部分由客户自行建设。"}


def opportunity(call, lang: str) -> str:
	"""An opportunity whose customer has confirmed two must-needs, in that language."""
	lead = records.lead(call, email_id=f"{records.digits(8)}@sample-works.example", language=lang)
	name = records.opportunity(call, party_name=lead, language=lang)
	talk = records.insert(
		call,
		"Needs Record",
		reference_doctype="Opportunity",
		reference_name=name,
		contact_name="Purchasing Manager",
		language=lang,
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
	call(
		"salesflow_std.api.needs.record_answer",
		name=talk,
		verdict="Confirmed",
		by="Purchasing Manager",
		on=records.ago(minutes=5),
		channel="Phone",
	)
	return name


def item(call, rate: float) -> str:
	code = records.unique("Item")
	records.insert(
		call, "Item", item_code=code, item_name=code, item_group="Products", stock_uom="Nos", is_stock_item=0
	)
	records.insert(call, "Item Price", item_code=code, price_list="Standard Selling", price_list_rate=rate)
	return code


def draft(call, lang: str) -> str:
	return call(
		"salesflow_std.api.proposal.make", doctype="Opportunity", name=opportunity(call, lang), user="rep"
	)


def open_proposal(login, name: str, user: str, lang: str = "en", **options) -> Page:
	page = login(user, lang=lang, path=f"/app/solution-proposal/{name}", **options)
	page.locator(".sf-cover").first.wait_for()
	return page


def save(page: Page) -> None:
	page.keyboard.press("Control+s")
	page.wait_for_function("() => cur_frm && !cur_frm.is_dirty() && !cur_frm.is_new()")


def test_a_rep_writes_a_proposal_from_the_opportunity(login, call):
	name, code = opportunity(call, "en"), item(call, 1000)
	case = records.unique("Case")
	records.insert(
		call, "Value Content", title=case, kind="Case", enabled=1, subject="How others did it", body="A case."
	)
	page = login("rep", path=f"/app/opportunity/{name}")
	page.locator(".sf-strip").wait_for()
	page.wait_for_load_state("networkidle")
	page.locator(".inner-group-button:visible", has_text="Create").click()
	page.locator(".dropdown-item:visible", has_text="Solution Proposal").click()
	page.wait_for_url("**/solution-proposal/PROPOSAL-*")
	# Both must-needs are open, in red; a rep has no way round them.
	blocking = page.locator(".sf-cover-blocks")
	expect(blocking).to_have_count(2)
	expect(blocking.first.locator(".indicator-pill.red").first).to_have_text("Open")
	expect(page.locator(".sf-waive")).to_have_count(0)
	expect(page.locator(".sf-missing summary")).to_contain_text("Missing before the review")
	# What is missing leads to where it is written.
	blocking.first.locator("a", has_text="the feature that answers it").click()
	row = page.locator(".grid-row-open")
	expect(row.locator("[data-fieldname=feature] textarea")).to_be_focused()
	page.keyboard.type("Scanner at the dock")
	row.locator("[data-fieldname=value] textarea").fill("2 hours less a day")
	row.locator("[data-fieldname=case_content] input").fill(case)
	page.locator("[role=option]:visible", has_text=case).first.click()
	# Frappe asks the server whether the linked document is there before it takes it.
	page.wait_for_function("name => cur_frm.doc.answers[0].case_content === name", arg=case)
	page.keyboard.press("Escape")
	page.locator("[data-fieldname=situation] textarea").fill("Orders are typed twice.")
	save(page)
	expect(page.locator(".sf-cover .indicator-pill.green")).to_have_text("Covered")
	expect(blocking).to_have_count(1)
	# Rate and discount follow each other, and so do the totals.
	page.locator(".form-tabs .nav-link:visible", has_text="Price").click()
	items = page.locator("[data-fieldname=items] .form-grid")
	page.locator("[data-fieldname=items] .grid-add-row:visible").click()
	items.locator(".grid-row [data-fieldname=item_code] input").fill(code)
	page.locator("[role=option]:visible", has_text=code).first.click()
	page.wait_for_function("() => cur_frm.doc.items[0].price_list_rate === 1000")
	field = items.locator(".grid-row input[data-fieldname=discount_percentage]")
	field.fill("10")
	field.press("Tab")
	page.wait_for_function("() => cur_frm.doc.items[0].rate === 900 && cur_frm.doc.net_total === 900")
	expect(page.locator("[data-fieldname=grand_total]").last).to_contain_text("900")
	save(page)
	assert page.evaluate("() => cur_frm.doc.items[0].discount_percentage") == 10
	# The button of the opportunity leads here again.
	made = page.url.rpartition("/")[2]
	page.goto(f"/app/opportunity/{name}")
	page.locator(".sf-strip").wait_for()
	page.wait_for_load_state("networkidle")
	page.locator(".inner-group-button:visible", has_text="Create").click()
	page.locator(".dropdown-item:visible", has_text="Solution Proposal").click()
	page.wait_for_url(f"**/solution-proposal/{made}")


@pytest.mark.parametrize(("lang", "size"), [("en", {}), ("zh", {"width": 390, "height": 844})])
def test_a_manager_leaves_a_must_need_open(login, call, lang, size):
	name = draft(call, lang)
	page = open_proposal(login, name, "manager", lang, **size)
	first = page.locator(".sf-cover").first
	first.locator(".sf-waive").click()
	part = dialog(page)
	part.locator("textarea").fill(REASON[lang])
	part.locator(".btn-primary").click()
	expect(part).to_have_count(0)
	expect(first).to_contain_text(REASON[lang])
	expect(page.locator(".sf-cover-blocks")).to_have_count(1)
	if size:
		assert overflow(page.locator(".sf-coverage")) <= 0
		assert overflow(page.locator("html")) <= 0
	if lang == "zh":
		assert sources_left(page.locator(".sf-coverage")) == []
		assert sources_left(page.locator(".sf-strip")) == []
	first.locator("button", has_text=word(lang, "Take Back")).click()
	expect(page.locator(".sf-cover-blocks")).to_have_count(2)


def test_a_comparison_marks_words_and_characters(login, call):
	page = open_proposal(login, draft(call, "en"), "rep")
	told = page.evaluate(
		"""() => salesflow.proposal_versions.diff("four hours a day", "five hours a day")
			.map((part) => `${part.kind}:${part.text}`)"""
	)
	assert told == ["gone:four", "new:five", "same: hours a day"]
	chinese = page.evaluate(
		"""() => salesflow.proposal_versions.diff("每天四小时", "每天五小时").map((part) => part.kind + part.text)"""
	)
	assert chinese == ["same每天", "gone四", "new五", "same小时"]
