"""The customer profile on the forms: completeness (P1), decision chain (P2), tags (P4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow

API = "salesflow_std.api.profile"


def open_form(login, doctype: str, name: str, user: str = "rep", **options) -> Page:
	page = login(user, path=f"/app/{doctype}/{name}", **options)
	page.locator(".sf-profile .sf-ring").wait_for()
	return page


def person(call, doctype: str, name: str, who: str, role: str, **more) -> None:
	call(f"{API}.save_person", doctype=doctype, name=name, person={"person": who, "role": role, **more})


def cards(page: Page) -> list[str]:
	return page.locator(".sf-chain-picture .sf-person-name").all_inner_texts()


def test_a_missing_piece_leads_to_its_field(login, call):
	lead = records.lead(call)
	page = open_form(login, "lead", lead)
	expect(page.locator(".sf-ring")).to_have_attribute("aria-label", "The profile is 33 % complete.")
	page.locator(".sf-piece", has_text="Job Title").click()
	expect(page.locator("input[data-fieldname=job_title]")).to_be_focused()
	page.keyboard.type("Head of Purchasing")
	page.keyboard.press("Control+s")
	expect(page.locator(".sf-piece", has_text="Job Title")).to_have_count(0)
	page.locator(".sf-piece", has_text="First Contact").click()
	field = dialog(page).locator("input[data-fieldname=first_contact_on]")
	expect(field).to_be_focused()
	field.fill("05-01-2026")
	field.press("Tab")
	dialog(page).locator(".btn-modal-primary").click()
	expect(page.locator(".sf-profile-facts")).to_contain_text("First contact 05-01-2026")


def test_a_customer_without_a_contact_gets_one(login, call):
	name = records.unique("Customer")
	records.insert(call, "Customer", customer_name=name, customer_type="Company")
	page = open_form(login, "customer", name)
	page.locator(".sf-piece", has_text="Phone").click()
	page.wait_for_url("**/contact/new-contact-*")
	page.wait_for_function("cur_frm && cur_frm.doctype === 'Contact' && cur_frm.doc.links?.length === 1")
	assert page.evaluate("cur_frm.doc.links.map((row) => [row.link_doctype, row.link_name])") == [
		["Customer", name]
	]


def test_the_chain_is_written_by_the_keyboard(login, call):
	lead = records.lead(call)
	page = open_form(login, "lead", lead)
	for who in ("Managing Director", "Head of IT"):
		field = page.locator(".sf-new-person")
		field.fill(who)
		field.press("Enter")
		expect(page.locator(f".sf-chain-table input[value='{who}']")).to_have_count(1)
		expect(page.locator(".sf-new-person")).to_be_focused()
	boss = page.locator(".sf-chain-table tr", has=page.locator("input[value='Managing Director']"))
	boss.locator("[data-field=role]").select_option("Decision Maker")
	# Who decides stands on top.
	expect(page.locator(".sf-layer")).to_have_count(2)
	expect(page.locator(".sf-layer").first.locator(".sf-person-name")).to_have_text("Managing Director")
	expect(page.locator(".sf-profile-state")).to_contain_text("Decision maker not reached")
	boss.locator("[data-field=reached]").check()
	expect(page.locator(".sf-profile-state")).to_contain_text("Decision maker reached")
	card = page.locator(".sf-person.sf-reached")
	expect(card).to_have_attribute(
		"title", "Managing Director, Decision Maker, Stance: Unknown, Influence: Medium, Reached"
	)


def test_who_left_is_replaced_from_the_chain(login, call):
	lead = records.lead(call)
	person(call, "Lead", lead, "Head of IT", "Influencer")
	page = open_form(login, "lead", lead)
	page.locator(".sf-chain-edit").click()
	page.locator(".sf-chain-table [data-toggle=dropdown]").click()
	page.locator(".sf-chain-table [data-action=left]").click()
	box = dialog(page)
	expect(box.locator(".modal-title")).to_have_text("Head of IT Left the Company")
	box.locator("select[data-fieldname=replaced]").select_option("New")
	box.locator("input[data-fieldname=name]").fill("Head of Systems")
	box.locator(".btn-modal-primary").click()
	expect(box).to_have_count(0)
	expect(page.locator(".sf-person.sf-left")).to_contain_text("Left, replaced by Head of Systems")
	expect(page.locator(".sf-person:not(.sf-left) .sf-person-name")).to_have_text("Head of Systems")
	page.locator(".sf-chain-table [data-toggle=dropdown]").first.click()
	page.locator(".sf-chain-table [data-action=back]").click()
	expect(page.locator(".sf-person.sf-left")).to_have_count(0)


def test_the_needs_talks_stand_in_the_line_of_the_profile(login, call):
	lead = records.lead(call)
	name = records.insert(call, "Needs Record", reference_doctype="Lead", reference_name=lead)
	page = open_form(login, "lead", lead)
	expect(page.locator(".sf-profile-needs")).to_contain_text(name)
	page.locator(".sf-profile-toggle").click()
	expect(page.locator(".sf-profile-body")).to_be_hidden()
	expect(page.locator(".sf-profile-needs")).to_contain_text("Needs talk open")


@pytest.mark.parametrize("doctype", ["opportunity", "customer", "prospect"])
def test_all_forms_of_a_company_show_the_same(login, call, doctype):
	lead = records.lead(call)
	person(call, "Lead", lead, "Head of IT", "Influencer", stance="Champion")
	call(f"{API}.set_tags", doctype="Lead", name=lead, add=["Manual Work"])
	name = records.unique("Company")
	if doctype == "opportunity":
		name = records.opportunity(call, party_name=lead)
	elif doctype == "customer":
		records.insert(call, "Customer", customer_name=name, customer_type="Company", lead_name=lead)
	else:
		records.insert(call, "Prospect", company_name=name, leads=[{"lead": lead}])
	page = open_form(login, doctype, name)
	assert cards(page) == ["Head of IT"]
	expect(page.locator(".sf-tags .indicator-pill")).to_contain_text("Manual Work")


def test_tags_are_picked_from_the_library_in_chinese(login, call):
	lead = records.lead(call)
	page = open_form(login, "lead", lead, lang="zh")
	page.locator(".sf-add-tag").click()
	choice = page.locator(".sf-tag-choice")
	choice.locator("[data-tag]").first.wait_for()
	assert latin_left(choice) == []
	page.keyboard.type(word("zh", "Manual Work"))
	page.keyboard.press("Enter")
	expect(page.locator(".sf-tags .sf-tag-group .indicator-pill").first).to_contain_text(
		word("zh", "Manual Work")
	)
	assert records.state(call, "Lead", lead, "sf_tags") == "Manual Work"
	page.keyboard.press("Escape")
	page.locator(".sf-tag-remove").click()
	expect(page.locator(".sf-tag-remove")).to_have_count(0)


def test_a_list_is_filtered_by_a_pick_from_the_library(login, call):
	lead, _other = records.lead(call), records.lead(call)
	tag = records.insert(call, "Customer Tag", tag_name=records.unique("Tag"), category="Relationship")
	call(f"{API}.set_tags", doctype="Lead", name=lead, add=[tag])
	page = login("rep", path="/app/lead")
	page.locator(".page-form [data-fieldname=sf_tags] input").wait_for()
	# What this user filtered by last time is kept.
	page.evaluate("cur_list.filter_area.clear()")
	page.locator(".list-row").first.wait_for()
	field = page.locator(".page-form [data-fieldname=sf_tags] input")
	field.click()
	field.fill(tag)
	page.locator(".awesomplete [role=option]", has_text=tag).first.click()
	expect(page.locator(".result .list-row-container .list-row")).to_have_count(1)


def test_a_needs_record_shows_the_chain_of_its_document(login, call):
	lead = records.lead(call)
	person(call, "Lead", lead, "Head of IT", "Influencer")
	page = login("rep", path="/app/needs-record/new?reference_doctype=Lead")
	page.wait_for_function("cur_frm && cur_frm.doctype === 'Needs Record' && cur_frm.is_new()")
	page.evaluate("name => cur_frm.set_value('reference_name', name)", lead)
	expect(page.locator("[data-fieldname=chain_html] .sf-person-name")).to_have_text("Head of IT")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_panel_fits_a_phone(login, call, lang):
	lead = records.lead(call)
	for who, role in (("Managing Director", "Decision Maker"), ("Head of IT", "User")):
		person(call, "Lead", lead, who, role)
	call(f"{API}.set_tags", doctype="Lead", name=lead, add=["Manual Work", "No Budget", "Cautious"])
	page = open_form(login, "lead", lead, lang=lang, width=390, height=844)
	# One line, until somebody wants to see more; nothing wraps.
	expect(page.locator(".sf-chain-edit")).to_be_hidden()
	assert page.locator(".sf-profile").bounding_box()["height"] < 60
	page.locator(".sf-profile-toggle").click()
	page.locator(".sf-chain-edit").click()
	page.locator(".sf-chain-table").wait_for()
	assert overflow(page.locator(".sf-profile")) <= 0
	assert overflow(page.locator("body")) <= 0


def test_a_form_asks_once(login, call):
	lead = records.lead(call)
	page = login("rep", path="/app")
	asked: list[str] = []
	page.on("request", lambda request: asked.append(request.url) if API in request.url else None)
	page.goto(f"/app/lead/{lead}")
	page.locator(".sf-profile .sf-ring").wait_for()
	page.wait_for_load_state("networkidle")
	assert [url.rsplit(".", 1)[1] for url in asked] == ["panel"]
