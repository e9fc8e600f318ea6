"""Objections in the desk: recorded in a few keys, answered from the library, shown where they stand open (S4, S5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow


@pytest.fixture
def opportunity(call) -> str:
	return records.opportunity(call, title=records.unique("商机"))


@pytest.fixture
def script(call) -> dict:
	title, answer = records.unique("话术"), records.unique("应答")
	name = records.insert(
		call, "Objection Script", title=title, kind="Price", language="zh", objection="太贵", answer=answer
	)
	return {"name": name, "title": title, "answer": answer}


def open_form(login, opportunity: str, lang: str, **options) -> Page:
	page = login("rep", lang=lang, path=f"/app/opportunity/{opportunity}", **options)
	page.locator(".sf-strip").wait_for()
	# The buttons are drawn anew when the form has asked for everything.
	page.wait_for_load_state("networkidle")
	return page


def begin(page: Page, lang: str) -> None:
	create = "Create" if lang == "en" else "创建"
	page.locator(".inner-group-button:visible", has_text=create).click()
	page.locator(".dropdown-item:visible", has_text=word(lang, "Objection")).last.click()
	dialog(page).locator(".sf-hints").wait_for()


def found(call, opportunity: str) -> list[dict]:
	return call(
		"frappe.client.get_list",
		doctype="Objection",
		filters={"reference_name": opportunity},
		fields=["name", "status", "kind", "verdict", "script", "answer", "reply_due_on"],
		order_by="creation",
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_objection_is_recorded_by_keyboard_and_shown(login, call, opportunity, lang):
	page = open_form(login, opportunity, lang)
	begin(page, lang)
	part = dialog(page)
	said = records.unique("太贵了")
	expect(part.locator("[data-fieldname=kind] select")).to_be_focused()
	if lang == "zh":
		assert latin_left(part, "Asia/Shanghai") == []
	page.keyboard.press("Tab")
	page.keyboard.type(said)
	page.keyboard.press("Control+Enter")
	strip = page.locator(".sf-objections")
	expect(strip).to_contain_text(said)
	expect(strip.locator(".indicator-pill")).to_contain_text(
		word(lang, "Reply promised until {0}", "").strip().split()[0]
	)
	(row,) = found(call, opportunity)
	assert (row["status"], row["kind"]) == ("Open", "Price") and row["reply_due_on"]


def test_answered_from_the_library_settled_and_counted(login, call, opportunity, script):
	page = open_form(login, opportunity, "en")
	begin(page, "en")
	part = dialog(page)
	part.locator("[data-fieldname=objection] textarea").fill("Too expensive")
	part.locator(".sf-verdict-choice[data-verdict=Genuine]").click()
	expect(part.locator(".sf-verdict-choice[data-verdict=Genuine]")).to_have_attribute("aria-pressed", "true")
	part.locator("input[data-fieldname=find]").check()
	part.locator(".sf-script-search").fill(script["title"])
	first = part.locator(".sf-script").first
	expect(first).to_contain_text(script["title"])
	expect(first).to_contain_text("not used yet")
	part.locator(".sf-script-search").press("Enter")
	expect(part.locator("[data-fieldname=answer] textarea")).to_have_value(script["answer"])
	page.keyboard.press("Control+Enter")
	page.locator(".sf-objections .sf-objection").click()
	page.get_by_role("button", name="Settled", exact=True).click()
	dialog(page).locator("[data-fieldname=outcome] textarea").fill("They order")
	page.keyboard.press("Control+Enter")
	expect(page.get_by_role("button", name="Take Up Again")).to_be_visible()
	(row,) = found(call, opportunity)
	assert (row["status"], row["verdict"], row["script"]) == ("Settled", "Genuine", script["name"])
	counted = call("frappe.client.get_value", doctype="Objection Script", filters={"name": script["name"]},
		fieldname=["used", "settled"])  # fmt: skip
	assert counted == {"used": 1, "settled": 1}


def test_it_fits_a_phone(login, call, opportunity, script):
	records.insert(
		call,
		"Objection",
		reference_doctype="Opportunity",
		reference_name=opportunity,
		kind="Price",
		objection="Too expensive, " * 12,
	)
	page = login("rep", lang="zh", path=f"/app/opportunity/{opportunity}", width=390, height=800)
	strip = page.locator(".sf-objections")
	strip.wait_for()
	assert overflow(strip) <= 0
	strip.locator(".sf-record-objection").click()
	part = dialog(page)
	part.locator("input[data-fieldname=find]").check()
	part.locator(".sf-script").first.wait_for()
	assert overflow(part.locator(".modal-body").first) <= 0
