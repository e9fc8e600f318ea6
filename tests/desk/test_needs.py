"""The needs talk in the desk (N1-N3): asked by keys, written as one types, nothing lost."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import TRANSLATIONS, sources_left, word
from tests.desk.screen import overflow

STATE = ".sf-talk-state"
# They are asked in the customer's language, which need not be the reader's.
QUESTIONS = [
	json.loads(path.read_text(encoding="utf-8"))["question"]
	for path in (TRANSLATIONS.parents[1] / "fixtures" / "spin_question").glob("en_*.json")
]


@pytest.fixture
def lead(call):
	return records.lead(call, email_id=f"{records.digits(8)}@alpha.example")


@pytest.fixture
def record(call, lead):
	return records.insert(call, "Needs Record", reference_doctype="Lead", reference_name=lead)


def open_talk(login, name: str, user: str = "rep", lang: str = "en", **options) -> Page:
	page = login(user, lang=lang, path=f"/app/needs-record/{name}", **options)
	page.locator(".sf-talk").wait_for(state="attached")
	page.locator(".form-tabs .nav-link:visible", has_text=word(lang, "Talk")).first.click()
	page.locator(".sf-q textarea").first.wait_for()
	return page


def saved(page: Page, lang: str = "en") -> None:
	expect(page.locator(STATE)).to_contain_text(word(lang, "Saved {0}", "").strip(), timeout=20_000)


def rows(call, name: str, table: str) -> list[dict]:
	return call("frappe.client.get", doctype="Needs Record", name=name)[table]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_talk_is_begun_from_the_lead_and_written_without_the_mouse(login, call, lead, lang):
	page = login("rep", lang=lang, path=f"/app/lead/{lead}")
	page.locator(".sf-strip").wait_for()
	# The buttons are drawn anew when the form has asked for everything.
	page.wait_for_load_state("networkidle")
	page.locator(
		".inner-group-button:visible", has_text=word(lang, "Create") if lang == "en" else "创建"
	).click()
	page.locator(".dropdown-item:visible", has_text=word(lang, "Needs Talk")).click()
	page.locator(".form-tabs .nav-link:visible", has_text=word(lang, "Talk")).first.click()
	page.locator(".sf-q textarea").first.click()
	page.keyboard.type("Everything goes by hand")
	page.keyboard.press("Enter")
	page.keyboard.type("The old system must stay")
	page.keyboard.press("Alt+n")
	page.keyboard.type(" for 3 years")
	saved(page, lang)
	# The record is made, and the cursor is where it was.
	page.wait_for_url("**/needs-record/NEEDS-*")
	page.keyboard.type(" more")
	page.keyboard.press("Tab")
	page.keyboard.type("er4")
	name = page.url.rpartition("/")[2]
	expect(page.locator(STATE)).to_have_text(word(lang, "Not saved yet…"))
	saved(page, lang)
	assert [row["answer"] for row in rows(call, name, "answers")] == [
		"Everything goes by hand",
		"The old system must stay",
	]
	need = rows(call, name, "needs")[0]
	assert need["need"] == "The old system must stay for 3 years more"
	assert (need["explicitness"], need["nature"], need["match_score"]) == ("Implicit", "Value-adding", 4)
	assert need["evidence"] and need["said_by"] and need["said_on"]
	if lang == "zh":
		assert sources_left(page.locator(".sf-talk"), *QUESTIONS) == []


def test_the_forms_own_save_takes_everything_along(login, call, record):
	page = open_talk(login, record)
	page.locator(".sf-q textarea").first.fill("Typed a moment before")
	page.keyboard.press("Control+s")
	saved(page)
	assert [row["answer"] for row in rows(call, record, "answers")] == ["Typed a moment before"]
	page.locator(".sf-add-need").click()
	page.keyboard.type("Orders without retyping them")
	saved(page)
	page.locator(".sf-q textarea").nth(1).fill("And more")
	page.keyboard.press("Control+s")
	expect(page.locator(".sf-need textarea").first).to_have_value("Orders without retyping them")
	saved(page)
	assert len(rows(call, record, "answers")) == 2 and len(rows(call, record, "needs")) == 1


def test_a_failing_network_loses_nothing(login, call, record, tolerate):
	tolerate(r"HTTP 503")
	page = open_talk(login, record)
	page.route(
		"**/api/method/salesflow_std.api.needs_talk.note", lambda route: route.fulfill(status=503, body="{}")
	)
	page.locator(".sf-q textarea").first.fill("Said while the line was down")
	expect(page.locator(STATE)).to_contain_text("kept on this computer")
	page.unroute("**/api/method/salesflow_std.api.needs_talk.note")
	# The page goes, the text comes back and is saved by itself.
	page.reload()
	page.locator(".sf-talk").wait_for(state="attached")
	saved(page)
	assert [row["answer"] for row in rows(call, record, "answers")] == ["Said while the line was down"]


def test_two_people_write_at_once(login, call, record):
	page = open_talk(login, record)
	doc = call("frappe.client.get", doctype="Needs Record", name=record)
	question = page.locator(".sf-q .sf-q-text").first.inner_text()
	note = "salesflow_std.api.needs_talk.note"
	told = call(
		note,
		record=record,
		modified=doc["modified"],
		needs_rows=[{"name": records.digits(10), "need": "Theirs in another place"}],
	)
	page.locator(".sf-q textarea").first.fill("Mine")
	saved(page)
	expect(page.locator(".sf-need textarea").first).to_have_value("Theirs in another place")
	assert [row["answer"] for row in rows(call, record, "answers")] == ["Mine"]
	# Into the same place: both are shown, the user decides.
	doc = call("frappe.client.get", doctype="Needs Record", name=record)
	row = doc["answers"][0]
	assert row["question"] == question
	told = call(
		note, record=record, modified=doc["modified"], answers=[{"name": row["name"], "answer": "Theirs"}]
	)
	assert "conflict" not in told
	page.locator(".sf-q textarea").first.fill("Mine again")
	expect(page.locator(".sf-talk-note")).to_contain_text("Theirs")
	page.locator(".sf-talk-note button", has_text="Keep mine").click()
	saved(page)
	assert [row["answer"] for row in rows(call, record, "answers")] == ["Mine again"]


def test_what_is_missing_leads_to_its_place(login, call, record):
	page = open_talk(login, record)
	page.locator(".sf-add-need").click()
	page.keyboard.type("A good system")
	saved(page)
	expect(page.locator(".sf-hint")).to_contain_text("good system")
	page.locator(".sf-hint button").click()
	page.locator(".sf-talked-now").click()
	gap = page.locator(".sf-missing li", has_text="not made concrete")
	gap.wait_for()
	gap.locator("a").click()
	expect(page.locator(".sf-concrete").first).to_be_focused()
	page.keyboard.type("An order in three clicks")
	expect(gap).to_have_count(0)
	expect(page.locator(".sf-strip")).to_contain_text("Summary due within 24 hours")
	# What comes next can be done without loading the page again.
	expect(page.locator(".sf-strip .sf-confirmation.btn-primary")).to_have_text("Send to Customer")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_a_phone(login, record, lang):
	page = open_talk(login, record, lang=lang, width=390, height=844)
	page.locator(".sf-add-need").click()
	page.keyboard.type("一套好用的系统")
	saved(page, lang)
	assert overflow(page.locator(".sf-talk")) <= 0
	assert overflow(page.locator("html")) <= 0
	if lang == "zh":
		assert sources_left(page.locator(".sf-talk"), *QUESTIONS) == []


def test_the_list_tells_what_is_late(login, call, lead):
	title = records.state(call, "Lead", lead, "company_name")
	records.insert(
		call,
		"Needs Record",
		reference_doctype="Lead",
		reference_name=lead,
		talked_on=records.ago(days=3),
	)
	page = login("rep", path="/app/needs-record")
	row = page.locator(".list-row-container", has_text=title)
	expect(row.locator(".indicator-pill.red").first).to_have_text("Summary Overdue")
