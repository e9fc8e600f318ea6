"""Follow-ups in the desk: on the document's form, on their own form, in list, calendar and kanban (F1-F5)."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, message, overflow


def open_touch(call, lead: str) -> dict:
	rows = call(
		"frappe.client.get_list",
		doctype="Follow Up",
		filters={"reference_name": lead, "status": "Planned"},
		fields=["name", "due_on", "channel", "kind", "allocated_to"],
	)
	assert len(rows) == 1
	return rows[0]


@pytest.fixture
def lead(call) -> str:
	"""A graded lead that has been reached: its rhythm runs."""
	name = records.lead(call)
	records.score(call, name, "5555")
	call("salesflow_std.api.lead.touched", name=name)
	return name


def form(login, doctype: str, name: str, user: str = "rep", lang: str = "en", **options) -> Page:
	page = login(user, lang=lang, path=f"/app/{doctype}/{name}", **options)
	page.locator(".form-layout:visible").first.wait_for()
	return page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_form_says_when_the_next_touch_is_and_finishes_it(login, call, lead, lang):
	touch = open_touch(call, lead)
	page = form(login, "lead", lead, lang=lang)
	strip = page.locator(".sf-strip")
	day = datetime.fromisoformat(touch["due_on"])
	expect(strip).to_contain_text(word(lang, "Next touch {0}", f"{day:%d-%m-%Y}"))
	strip.locator(".sf-touch-done").click()
	sheet = dialog(page)
	expect(sheet.locator(".modal-title")).to_have_text(word(lang, "How did it go?"))
	if lang == "zh":
		assert latin_left(sheet) == []
	outcome = sheet.locator("select[data-fieldname=outcome]")
	outcome.select_option("Reached")
	sheet.locator("textarea[data-fieldname=note]").fill("说好了" if lang == "zh" else "Agreed")
	sheet.get_by_role("button", name=word(lang, "Done", context="Salesflow")).click()
	expect(sheet).to_have_count(0)
	assert records.state(call, "Follow Up", touch["name"], "status", "outcome") == ["Done", "Reached"]
	following = open_touch(call, lead)
	assert following["name"] != touch["name"]
	day = datetime.fromisoformat(following["due_on"])
	expect(strip).to_contain_text(word(lang, "Next touch {0}", f"{day:%d-%m-%Y}"))


def test_an_outcome_asks_for_what_it_needs(login, call, lead):
	touch = open_touch(call, lead)
	page = form(login, "lead", lead)
	page.locator(".sf-strip .sf-touch-done").click()
	sheet = dialog(page)
	agreed = sheet.locator("input[data-fieldname=next_on]")
	what_now = sheet.locator("select[data-fieldname=what_now]")
	sheet.locator("select[data-fieldname=outcome]").select_option("Not Interested")
	expect(agreed).to_be_hidden()
	expect(what_now).to_be_visible()
	sheet.get_by_role("button", name="Done", exact=True).click()
	assert "What Now" in message(page)
	what_now.select_option("Nurture Pool")
	sheet.get_by_role("button", name="Done", exact=True).click()
	expect(page.locator(".sf-strip")).to_contain_text("Nurture pool")
	assert records.state(call, "Lead", lead, "sf_in_nurture", "sf_ended_politely") == [1, 1]
	assert records.state(call, "Follow Up", touch["name"], "outcome") == "Not Interested"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_managers_link_asks_who_takes_it(login, call, lead, lang):
	touch = open_touch(call, lead)
	taker = records.user(call)
	page = form(login, "follow-up", f"{touch['name']}?reassign=1", user="manager", lang=lang)
	sheet = dialog(page)
	sheet.locator("input[data-fieldname=user]").fill(taker)
	page.get_by_role("option", name=re.compile(re.escape(taker))).first.click()
	sheet.get_by_role("button", name=word(lang, "Reassign", context="Salesflow")).click()
	expect(sheet).to_have_count(0)
	assert records.state(call, "Lead", lead, "lead_owner") == taker
	moved = open_touch(call, lead)
	assert moved["allocated_to"] == taker
	assert moved["due_on"] == touch["due_on"]


def test_a_rep_cannot_reassign(login, call, lead):
	page = form(login, "follow-up", f"{open_touch(call, lead)['name']}?reassign=1")
	expect(page.locator(".page-head")).to_be_visible()
	expect(page.get_by_role("button", name="Reassign")).to_have_count(0)
	expect(dialog(page)).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_calendar_shows_what_is_due(login, call, lead, lang):
	touch = open_touch(call, lead)
	page = login("manager", lang=lang, path="/app/follow-up/view/calendar/default")
	page.locator(".fc-view-container, .fc-view").first.wait_for()
	month = datetime.fromisoformat(touch["due_on"]).month
	if month != (datetime.now(records.ZONE)).month:
		page.locator(".fc-next-button").click()
	title = records.state(call, "Lead", lead, "company_name")
	expect(page.locator(".fc-event", has_text=title)).to_be_visible()


def test_the_kanban_board_asks_how_it_went(login, call, lead):
	"""A card that is dragged to Done has no outcome: the touch stays planned, and the refusal says why."""
	title = records.state(call, "Lead", lead, "company_name")
	touch = open_touch(call, lead)
	page = login("rep", path="/app/follow-up/view/kanban/Follow-ups")
	card = page.locator(".kanban-card-wrapper", has_text=title)
	card.wait_for()
	refused = call_refused(page, touch["name"])
	assert "outcome" in refused
	assert records.state(call, "Follow Up", touch["name"], "status") == "Planned"


def call_refused(page: Page, touch: str) -> str:
	"""What the server answers when the board drops the card on Done."""
	return page.evaluate(
		"""touch => fetch("/api/method/frappe.desk.doctype.kanban_board.kanban_board.update_order_for_single_card", {
			method: "POST",
			headers: {"Content-Type": "application/json", "X-Frappe-CSRF-Token": frappe.csrf_token},
			body: JSON.stringify({board_name: "Follow-ups", docname: touch, from_colname: "Planned", to_colname: "Done",
				old_index: 0, new_index: 0}),
		}).then((answer) => answer.text())""",
		touch,
	)


def test_the_list_shows_overdue_ones_and_no_hashes(login, call, lead):
	touch = open_touch(call, lead)
	page = login("rep", path="/app/follow-up")
	row = page.locator(".list-row", has_text=records.state(call, "Lead", lead, "company_name"))
	row.wait_for()
	expect(row).not_to_contain_text(touch["name"])
	expect(row).to_contain_text("Planned")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_first_touch_counts_down_in_the_list(login, call, lang):
	name = records.lead(call)
	records.score(call, name, "5555")
	page = login("rep", lang=lang, path=f"/app/lead?name={name}")
	countdown = page.locator(".list-row .sf-countdown")
	expect(countdown).to_have_text(re.compile(r"4[78]"))


def test_a_phone_shows_the_strip_and_the_dialog(login, call, lead):
	page = form(login, "lead", lead, width=390, height=800)
	strip = page.locator(".sf-strip")
	expect(strip).to_be_visible()
	assert overflow(strip) <= 0
	strip.locator(".sf-touch-done").click()
	sheet = dialog(page)
	assert overflow(sheet.locator(".modal-body")) <= 0
