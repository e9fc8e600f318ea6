"""The stages of a deal in the desk (M1): the bar, the move with what it needs, the override, list and kanban board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import close, dialog, message, overflow

EXPLORED, SHOWN, BARGAINED = "Needs Explored", "Solution Presented", "Negotiation"
STAGES = (
	("Lead Acquired", "Lead"),
	("Qualified", "Lead"),
	*((name, "Opportunity") for name in (EXPLORED, SHOWN, BARGAINED, "Closed and Served")),
)
BOARD = "/app/opportunity/view/kanban/Opportunity%20Stages"
WEBSITE = "需求网站"


def set_enforcement(call, mode: str) -> None:
	call(
		"frappe.client.set_value",
		doctype="Salesflow Settings",
		name="Salesflow Settings",
		fieldname="stage_enforcement",
		value=mode,
	)


@pytest.fixture(scope="module")
def segment(call):
	"""A market segment whose deals follow a process of their own; gates are on meanwhile."""
	name = records.insert(call, "Market Segment", market_segment=records.unique("Segment"))
	records.insert(
		call,
		"Sales Process",
		process_name=records.unique("流程"),
		market_segment=name,
		going_back="With Reason",
		skipping="With Reason",
		override_role="Sales Manager",
		stages=[
			{
				"stage": stage,
				"lives_on": kind,
				"longest_stay": 5,
				"guidance": "了解客户。",
				"key_fields": "website",
			}
			for stage, kind in STAGES
		],
		gates=[
			{
				"stage": EXPLORED,
				"moment": "Leaving",
				"gate": WEBSITE,
				"kind": "Fields Filled",
				"fieldnames": "website",
				"why": "没有网址就无从了解。",
			}
		],
	)
	before = records.state(call, "Salesflow Settings", "Salesflow Settings", "stage_enforcement")
	set_enforcement(call, "Block")
	yield name
	set_enforcement(call, before)


@pytest.fixture
def deal(call, segment):
	"""An opportunity in the first stage of its kind; its lead asks for nothing."""
	lead = records.lead(call, market_segment=segment, company_name=f"样品{records.digits(6)}")
	return records.opportunity(call, party_name=lead, market_segment=segment)


def stage_of(call, deal: str) -> str:
	return records.state(call, "Opportunity", deal, "sf_stage")


def bar_of(page: Page) -> Locator:
	bar = page.locator(".sf-path:not(.sf-path-waiting)")
	bar.locator("[aria-current=step]").wait_for()
	return bar


def open_deal(login, deal: str, user: str = "rep", lang: str = "en", **options) -> tuple[Page, Locator]:
	page = login(user, lang, path=f"/app/opportunity/{deal}", **options)
	return page, bar_of(page)


def step(bar: Locator, stage: str) -> Locator:
	return bar.locator(f".sf-path-steps button[data-stage='{stage}']")


def focused(page: Page) -> str | None:
	return page.evaluate("document.activeElement?.closest('[data-fieldname]')?.dataset.fieldname")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_m1_what_is_missing_leads_to_the_field_and_then_it_moves(login, call, deal, lang):
	page, bar = open_deal(login, deal, lang=lang)
	expect(bar.locator(".sf-path-done")).to_have_count(2)
	expect(step(bar, EXPLORED)).to_have_attribute("aria-current", "step")
	expect(bar.locator(".sf-path-missing")).to_have_text(word(lang, "1 still missing"))
	step(bar, EXPLORED).click()
	panel = bar.locator(".sf-path-panel")
	expect(panel.locator(".sf-path-list .sf-path-unmet", has_text="没有网址就无从了解。")).to_be_visible()
	if lang == "zh":
		assert latin_left(bar, deal) == []
	# A move that is not ready says what is missing, and its link goes to the field.
	bar.locator(".sf-path-actions .sf-path-move").click()
	refused = dialog(page)
	expect(refused.locator(".sf-missing")).to_contain_text(WEBSITE)
	expect(refused.locator("textarea:visible")).to_have_count(0)
	refused.locator(".sf-missing a").click()
	expect(refused).to_have_count(0)
	page.wait_for_function("document.activeElement?.closest('[data-fieldname=website]')")
	assert stage_of(call, deal) == EXPLORED
	page.keyboard.type("example.com")
	page.keyboard.press("Tab")
	page.locator(".page-actions .primary-action").click()
	expect(bar.locator(".sf-path-missing")).to_have_count(0)
	expect(panel.locator(".sf-path-list .sf-path-met", has_text=WEBSITE)).to_be_visible()
	bar.locator(".sf-path-actions .sf-path-move").click()
	expect(step(bar, SHOWN)).to_have_attribute("aria-current", "step")
	assert stage_of(call, deal) == SHOWN


def test_m1_the_bar_moves_before_the_form_is_read_anew(login, call, deal):
	call(
		"frappe.client.set_value", doctype="Opportunity", name=deal, fieldname="website", value="example.com"
	)
	page, bar = open_deal(login, deal)
	held = []
	for reading in ("frappe.desk.form.load.getdoc*", "*stage_path.path*"):
		page.route(f"**/api/method/{reading}", lambda route: held.append(route))
	bar.locator(".sf-path-actions .sf-path-move").click()
	expect(step(bar, SHOWN)).to_have_attribute("aria-current", "step")
	expect(bar.locator(".sf-path-actions .sf-path-move")).to_have_text("Move to " + word("en", BARGAINED))
	assert stage_of(call, deal) == SHOWN
	for route in held:
		route.continue_()
	page.unroute_all()


def test_m1_a_manager_lets_it_pass_with_a_reason(login, call, deal):
	page, bar = open_deal(login, deal, user="manager")
	bar.locator(".sf-path-actions .sf-path-move").click()
	dialog(page).locator(".btn-modal-secondary", has_text="Move with Override").click()
	sheet = page.locator(".modal.show", has=page.locator("textarea:visible"))
	sheet.locator("textarea").fill("The fair ends today")
	sheet.locator(".btn-modal-primary").click()
	expect(step(bar, SHOWN)).to_have_attribute("aria-current", "step")
	step(bar, EXPLORED).click()
	expect(bar.locator(".sf-path-passed")).to_contain_text("let it pass: The fair ends today")
	assert stage_of(call, deal) == SHOWN


def test_m1_going_back_asks_for_a_reason_in_the_panel_and_in_the_field(login, call, deal):
	call(
		"salesflow_std.api.stages.move",
		doctype="Opportunity",
		name=deal,
		to_stage=SHOWN,
		override_reason="x",
		user="manager",
	)
	page, bar = open_deal(login, deal)
	step(bar, EXPLORED).click()
	bar.locator(".sf-path-panel .sf-path-move").click()
	sheet = dialog(page)
	expect(sheet.locator("textarea")).to_be_visible()
	close(sheet)
	# By the field of the form: the reason comes up as soon as it is needed.
	reason = page.locator(".frappe-control[data-fieldname=sf_stage_reason]")
	expect(reason).to_be_hidden()
	page.evaluate(
		f"cur_frm.set_value('sf_stage', '{EXPLORED}').then(() => cur_frm.scroll_to_field('sf_stage_reason'))"
	)
	# While the form scrolls to the field, the bar with the buttons moves; the cursor comes when it stands.
	expect(reason.locator("textarea")).to_be_focused()
	page.keyboard.type("They want something else")
	page.keyboard.press("Control+s")
	expect(step(bar, EXPLORED)).to_have_attribute("aria-current", "step")
	assert stage_of(call, deal) == EXPLORED
	rows = call(
		"frappe.client.get_list",
		doctype="Stage Transition",
		filters={"reference_name": deal, "direction": "Back"},
		fields=["reason"],
	)
	assert [row["reason"] for row in rows] == ["They want something else"]


def test_m1_the_keyboard_walks_the_bar(login, deal):
	page, bar = open_deal(login, deal)
	step(bar, EXPLORED).focus()
	page.keyboard.press("ArrowRight")
	page.keyboard.press("Enter")
	expect(step(bar, SHOWN)).to_have_attribute("aria-expanded", "true")
	expect(bar.locator(".sf-path-panel")).to_be_visible()
	bar.locator(".sf-path-close").focus()
	page.keyboard.press("Escape")
	expect(bar.locator(".sf-path-panel")).to_be_hidden()
	expect(step(bar, SHOWN)).to_be_focused()


def test_m1_the_bar_fits_a_phone(login, deal):
	_page, bar = open_deal(login, deal, lang="zh", width=390, height=800)
	step(bar, EXPLORED).click()
	panel = bar.locator(".sf-path-panel")
	expect(panel).to_be_visible()
	assert overflow(panel) == 0
	box = panel.bounding_box()
	assert box["x"] >= 0 and box["x"] + box["width"] <= 390
	# The stages scroll in their row; the one that counts is in sight.
	current = step(bar, EXPLORED).bounding_box()
	assert 0 <= current["x"] and current["x"] + current["width"] <= 390


def test_m1_the_list_shows_the_stage_and_who_is_late(login, desk_site, deal):
	desk_site.execute(
		"frappe.db.set_value",
		{
			"dt": "Opportunity",
			"dn": deal,
			"field": {"sf_stage_late": "Late", "sf_stage_due": records.ago(days=5)},
		},
	)
	page = login("rep", path=f"/app/opportunity/view/list?name={deal}")
	pill = page.locator(".list-row-container .sf-stage-pill")
	expect(pill).to_have_text(EXPLORED)
	expect(pill).to_have_class(re.compile(r"\bred\b"))
	page = login("rep", path=f"/app/opportunity/{deal}")
	expect(bar_of(page).locator(".sf-path-late .sf-path-detail")).to_contain_text("over the limit")


def test_m1_a_refused_card_goes_back_to_its_column(login, call, tolerate, deal):
	# The last two are Sortable's own: the card it drags is drawn anew.
	tolerate(r"GateNotMet|^console: undefined|^uncaught: undefined|reading 'Sortable|reading 'height'")
	page = login("rep", path=None)
	# A board stores its order as soon as it stands; a card moved before is refused by Frappe, whatever its stage.
	with page.expect_response(re.compile("kanban_board.update_order$")):
		page.goto(f"{BOARD}?name={deal}")
	# It may store it more than once.
	page.wait_for_load_state("networkidle")
	card = page.locator(f".kanban-card-wrapper[data-name='{deal}']")
	card.wait_for()
	column = page.locator(f".kanban-column[data-column-value='{SHOWN}']")
	start, end = card.bounding_box(), column.bounding_box()
	page.mouse.move(start["x"] + 60, start["y"] + 20)
	page.mouse.down()
	page.mouse.move(start["x"] + 100, start["y"] + 40, steps=5)
	page.mouse.move(end["x"] + end["width"] / 2, start["y"] + 40, steps=20)
	page.mouse.up()
	told = message(page)
	assert WEBSITE in told and SHOWN in told
	expect(page.locator(f".kanban-column[data-column-value='{EXPLORED}']").locator(card)).to_have_count(1)
	expect(column.locator(card)).to_have_count(0)
	assert stage_of(call, deal) == EXPLORED


def test_m1_a_quotation_shows_the_bar_of_its_deal(login, call, deal):
	lead = records.state(call, "Opportunity", deal, "party_name")
	quotation = records.insert(
		call,
		"Quotation",
		quotation_to="Lead",
		party_name=lead,
		opportunity=deal,
		company=records.COMPANY,
		order_type="Sales",
		items=[{"item_code": "Standard Service", "qty": 1, "rate": 100}],
	)
	page = login("rep", path=f"/app/quotation/{quotation}")
	bar = bar_of(page)
	expect(step(bar, EXPLORED)).to_have_attribute("aria-current", "step")
	expect(bar.locator(".sf-path-move")).to_have_count(0)
	expect(bar.locator(".sf-path-actions a")).to_have_attribute("href", f"/app/opportunity/{deal}")
