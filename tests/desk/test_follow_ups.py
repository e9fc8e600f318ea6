"""Follow-ups in the desk: on the document's form, on their own form, in list, calendar and kanban (F1-F5)."""

from __future__ import annotations

import re
import time
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, message, overflow

# Frappe's: the user's time zone under every field for a time, and what a link field tells screen readers.
OF_FRAPPE = ("Asia/Shanghai", "Type 0 or more characters for results.", "Begin typing for results.")


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
		assert latin_left(sheet, *OF_FRAPPE) == []
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


@pytest.mark.parametrize("of_lead", [True, False])
def test_only_a_leads_opportunity_goes_to_the_nurture_pool(login, call, of_lead):
	values = {}
	if not of_lead:
		customer = records.insert(call, "Customer", customer_name=records.unique("Buyer"))
		values = {"opportunity_from": "Customer", "party_name": customer}
	name = records.opportunity(call, **values)
	records.insert(
		call,
		"Follow Up",
		reference_doctype="Opportunity",
		reference_name=name,
		allocated_to="Administrator",
		due_on=records.ago(hours=-1),
		channel="Phone",
	)
	page = form(login, "opportunity", name)
	with page.expect_response(lambda answer: "opportunity_from" in (answer.request.post_data or answer.url)):
		page.locator(".sf-strip .sf-touch-done").click()
	sheet = dialog(page)
	sheet.locator("select[data-fieldname=outcome]").select_option("Not Interested")
	what_now = sheet.locator("select[data-fieldname=what_now]")
	expect(what_now).to_have_value("")
	expect(what_now.locator("option")).to_have_text(["", "Nurture Pool", "Lost"] if of_lead else ["", "Lost"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_managers_link_asks_who_takes_it(login, call, lead, lang):
	touch = open_touch(call, lead)
	taker = records.user(call)
	page = form(login, "follow-up", f"{touch['name']}?reassign=1", user="manager", lang=lang)
	sheet = dialog(page)
	sheet.locator("input[data-fieldname=user]").fill(taker)
	page.get_by_role("option", name=re.compile(re.escape(taker))).first.click()
	# Frappe asks the server whether the user is there before it takes the name, and closes before it has answered.
	page.wait_for_function("name => cur_dialog.fields_dict.user.value === name", arg=taker)
	sheet.get_by_role("button", name=word(lang, "Reassign", context="Salesflow")).click()
	assert wait_for(lambda: records.state(call, "Lead", lead, "lead_owner"), taker)
	moved = open_touch(call, lead)
	assert moved["allocated_to"] == taker
	assert moved["due_on"] == touch["due_on"]


def wait_for(look, wanted, seconds: float = 10) -> bool:
	"""Whether a look gives what is wanted, now or soon."""
	deadline = time.monotonic() + seconds
	while (found := look()) != wanted:
		if time.monotonic() > deadline:
			raise AssertionError(f"{found!r} is not {wanted!r}")
		time.sleep(0.2)
	return True


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
	touch = open_touch(call, lead)
	page = login("rep", path="/app/follow-up/view/kanban/Follow-ups")
	card = page.locator(f".kanban-card-wrapper[data-name='{touch['name']}']")
	expect(card).to_contain_text(records.state(call, "Lead", lead, "company_name"))
	# The board writes its columns down when it is opened; what comes in between would be refused for that.
	page.wait_for_load_state("networkidle")
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
	page = login("rep", path=f"/app/follow-up?reference_name={lead}&status=Planned")
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
