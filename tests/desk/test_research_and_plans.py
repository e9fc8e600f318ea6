"""Market research and account plans in the desk (L10, L11): what only a browser shows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow


@pytest.fixture(params=["en", "zh"])
def lang(request) -> str:
	return request.param


def day(days: int) -> str:
	return f"{datetime.now(records.ZONE) + timedelta(days=days):%Y-%m-%d}"


def research(call, *candidates: dict, **values) -> str:
	return records.insert(
		call,
		"Market Research",
		title=records.unique("样"),
		market_size=1000,
		findings=[
			{"topic": "Growth", "finding": "1", "sources": "1"},
			{"topic": "Gaps", "finding": "2", "sources": "1\n2"},
		],
		candidates=list(candidates),
		**values,
	)


def candidate(potential: str = "High Potential") -> dict:
	return {"company_name": f"样{records.digits(9)}厂", "potential": potential, "reason": "好"}


def plan(call, customer: str, **values) -> str:
	return records.insert(
		call,
		"Account Plan",
		party_type="Customer",
		party=customer,
		plan_owner="Administrator",
		from_date=day(-30),
		to_date=day(90),
		goal="1",
		actions=[
			{"action": "1", "allocated_to": "Administrator", "due_on": day(-3)},
			{"action": "2", "allocated_to": "Administrator", "due_on": day(3)},
		],
		**values,
	)


def customer(call) -> str:
	return records.insert(call, "Customer", customer_name=records.unique("样"), customer_type="Company")


def test_the_strip_says_what_is_missing_and_what_rests_on_one_source(login, call, lang):
	name = research(call)
	page = login("manager", lang=lang, path=f"/app/market-research/{name}")
	strip = page.locator(".sf-strip")
	missing = ", ".join(word(lang, topic) for topic in ("Competition",))
	expect(strip).to_contain_text(missing)
	expected = word(lang, "{0} of {1} findings rest on one source", 1, 2)
	expect(strip).to_contain_text(expected)
	if lang == "zh":
		assert latin_left(strip) == []


def test_candidates_are_sorted_with_keys_and_become_leads(login, call, lang):
	rows = [candidate(), candidate("Not Now"), candidate("Not Now")]
	name = research(call, *rows)
	page = login("manager", lang=lang, path=f"/app/market-research/{name}")
	board = page.locator(".sf-board")
	card = board.locator(".sf-candidate", has_text=rows[1]["company_name"])
	card.focus()
	page.keyboard.press("1")
	expect(board.locator('[data-group="High Potential"] .sf-candidate')).to_have_count(2)
	# The next one of its group is at hand.
	expect(board.locator('[data-group="Not Now"] .sf-candidate')).to_be_focused()
	button = page.locator(".sf-create-leads")
	expect(button).to_have_text(word(lang, "Create Leads ({0})", 2))
	button.click()
	table = dialog(page).locator(".sf-candidates-dialog")
	expect(table.locator("tbody tr")).to_have_count(2)
	if lang == "zh":
		assert latin_left(dialog(page)) == []
	table.locator("select").nth(1).select_option("Skip")
	dialog(page).locator(".btn-modal-primary").click()
	expect(button).to_have_text(word(lang, "Create Leads ({0})", 1))
	saved = call("frappe.client.get", doctype="Market Research", name=name)["candidates"]
	assert [bool(row.get("lead")) for row in saved] == [True, False, False]


def test_board_and_dialog_fit_a_phone(login, call, lang):
	name = research(call, candidate(), candidate("Risky"))
	page = login("manager", lang=lang, path=f"/app/market-research/{name}", width=390, height=844)
	board = page.locator(".sf-board")
	board.scroll_into_view_if_needed()
	assert overflow(board) <= 0
	assert overflow(page.locator(".sf-strip")) <= 0
	page.locator(".sf-create-leads").click()
	expect(dialog(page).locator(".sf-candidates-dialog select")).to_be_visible()
	assert overflow(dialog(page).locator(".modal-body")) <= 0


def test_an_account_opens_its_plan_or_begins_one(login, call, lang):
	account = customer(call)
	page = login("manager", lang=lang, path=f"/app/customer/{account}")

	def open_plan() -> None:
		page.get_by_role("button", name={"en": "View", "zh": "查看"}[lang]).click()
		page.locator(".dropdown-menu.show").get_by_text(word(lang, "Account Plan"), exact=True).click()

	open_plan()
	page.wait_for_function("() => cur_frm?.doctype === 'Account Plan' && cur_frm.doc.plan_owner")
	assert page.evaluate("cur_frm.doc.party") == account
	name = plan(call, account)
	page = login("manager", lang=lang, path=f"/app/customer/{account}")
	open_plan()
	page.wait_for_url(f"**/account-plan/{name}")


def test_a_plan_shows_what_is_overdue(login, call, lang):
	name = plan(call, customer(call))
	page = login("manager", lang=lang, path=f"/app/account-plan/{name}")
	strip = page.locator(".sf-strip")
	expect(strip).to_contain_text(word(lang, "{0} of {1} actions open", 2, 2))
	expect(strip).to_contain_text(word(lang, "1 action overdue"))
	expect(page.locator('[data-fieldname="actions"] .grid-body .text-danger')).to_have_count(1)
	expect(page.locator('[data-fieldname="needs_html"]')).to_contain_text(
		word(lang, "The account has confirmed no needs yet.")
	)
	if lang == "zh":
		assert latin_left(strip) == []
