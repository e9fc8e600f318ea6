"""Keeping facts true in the desk: confirming them by keyboard, contacts who left, duplicates on the form (P5, L3)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, message, overflow


@pytest.fixture
def customer(call) -> dict:
	"""A customer with a contact."""
	name = records.insert(call, "Customer", customer_name=records.unique("客户"), customer_type="Company")
	person = records.unique("联系人")
	contact = records.insert(
		call,
		"Contact",
		first_name=person,
		is_primary_contact=1,
		email_ids=[{"email_id": f"{records.digits(8)}@sample.example", "is_primary": 1}],
		links=[{"link_doctype": "Customer", "link_name": name}],
	)
	return {"name": name, "contact": contact, "person": person}


def open_facts(login, customer: dict, lang: str = "en", **options) -> Page:
	page = login("manager", lang=lang, path=f"/app/confirm-facts/Customer/{customer['name']}", **options)
	page.locator(".sf-fact-row").first.wait_for()
	return page


def fact(page: Page, end: str) -> Locator:
	return page.locator(f'.sf-fact-row[data-key$="{end}"]')


def value(call, doctype: str, name: str, field: str):
	return call("frappe.client.get_value", doctype=doctype, filters={"name": name}, fieldname=field)[field]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_facts_are_confirmed_by_keyboard(login, call, customer, lang):
	page = open_facts(login, customer, lang)
	keys = page.keyboard
	expect(fact(page, "company")).to_be_focused()
	keys.press("Enter")
	expect(fact(page, "company")).to_have_attribute("data-answer", "true")
	# What is not known cannot be true.
	expect(fact(page, "industry")).to_be_focused()
	keys.press("Enter")
	expect(fact(page, "industry")).to_have_attribute("data-answer", "unknown")
	fact(page, "website").focus()
	keys.press("e")
	box = fact(page, "website").locator("input")
	expect(box).to_be_focused()
	box.fill("alpha.example")
	keys.press("Enter")
	expect(fact(page, "website")).to_contain_text("alpha.example")
	expect(fact(page, "source")).to_be_focused()
	page.locator(".sf-all-true").click()
	expect(page.locator(".sf-facts-count")).to_have_text(word(lang, "All answered"))
	if lang == "zh":
		# The labels of the profile's own fields belong to its doctype.
		assert latin_left(page.locator(".sf-facts-foot")) == []
	keys.press("Control+Enter")
	expect(page.locator(".desk-alert")).to_contain_text(word(lang, "Reviewed."))
	assert value(call, "Customer", customer["name"], "website") == "alpha.example"
	profile = value(call, "Customer", customer["name"], "sf_profile")
	assert value(call, "Customer Profile", profile, "reviewed_on")


def test_a_wrong_fact_is_shown_where_it_stands_and_nothing_is_saved(login, call, customer, tolerate):
	tolerate(r"console: Traceback")
	page = open_facts(login, customer)
	for end, text in (("website", "beta.example"), (":email", "nonsense")):
		fact(page, end).focus()
		page.keyboard.press("e")
		fact(page, end).locator("input").fill(text)
		page.keyboard.press("Enter")
	page.locator(".sf-all-true").click()
	page.locator(".sf-reviewed").click()
	assert "nonsense is no e-mail address" in message(page)
	expect(fact(page, ":email").locator(".sf-fact-error")).to_be_visible()
	assert not value(call, "Customer", customer["name"], "website")
	# What was answered is still there, and goes with the right address.
	fact(page, ":email").focus()
	page.keyboard.press("e")
	fact(page, ":email").locator("input").fill("right@sample.example")
	page.keyboard.press("Enter")
	page.locator(".sf-confirmed").click()
	part = dialog(page)
	part.locator("[data-fieldname=with] input").fill("Purchasing Manager")
	part.locator(".btn-primary").click()
	expect(page.locator(".sf-facts-head")).to_contain_text("Purchasing Manager")
	assert value(call, "Contact", customer["contact"], "email_id") == "right@sample.example"


def test_facts_fit_a_phone(login, customer):
	page = open_facts(login, customer, "zh", width=390, height=800)
	assert overflow(page.locator(".sf-facts")) <= 0
	page.locator(".sf-all-true").click()
	page.locator(".sf-confirmed").click()
	expect(dialog(page)).to_be_visible()
	# The field of a link holds Frappe's own hint.
	assert latin_left(dialog(page), "Begin typing for results.") == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_contact_who_left_and_came_back(login, call, customer, lang):
	page = login("manager", lang=lang, path=f"/app/contact/{customer['contact']}")
	button = page.get_by_role("button", name=word(lang, "Left the Company…"))
	button.wait_for()
	button.click()
	part = dialog(page)
	part.locator("[data-fieldname=replaced] select").select_option("New")
	following = records.unique("接替者")
	part.locator("[data-fieldname=name] input").fill(following)
	if lang == "zh":
		assert latin_left(part, customer["person"], following) == []
	part.locator(".btn-primary").click()
	expect(page.locator(".form-message")).to_contain_text(following)
	successor = value(call, "Contact", customer["contact"], "sf_replaced_by")
	assert value(call, "Contact", successor, "is_primary_contact")
	button.click()
	part = dialog(page)
	part.get_by_role("button", name=word(lang, "That Was a Mistake")).click()
	expect(page.locator(".form-message")).to_have_count(0)
	assert not value(call, "Contact", customer["contact"], "sf_left_on")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_customer_that_looks_the_same_is_pointed_at(login, call, lang):
	name = records.unique("客户")
	first = records.insert(call, "Customer", customer_name=f"{name} GmbH", customer_type="Company")
	second = records.insert(call, "Customer", customer_name=f"{name} Ltd", customer_type="Company")
	page = login("manager", lang=lang, path=f"/app/customer/{second}")
	line = page.locator(".sf-same")
	line.wait_for()
	expect(line).to_contain_text(word(lang, "Looks like a duplicate"))
	if lang == "zh":
		assert latin_left(line, first) == []
	line.locator("a", has_text=first).click()
	page.locator(".sf-same a", has_text=second).wait_for()
