"""The weekly synchronisation of a delivery in the desk (A1): told on the phone, seen on the project."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import assert_inside, overflow, press
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.delivery_sync"
PHONE = {"width": 390, "height": 800}


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def lead(call) -> str:
	"""Who delivers, and reads Chinese."""
	return records.insert(
		call,
		"User",
		email=f"delivery{records.digits(8)}@standard.test",
		first_name="项目经理",
		language="zh",
		send_welcome_email=0,
		new_password=TEST_PASSWORD,
		roles=[{"role": "Projects User"}],
	)


@pytest.fixture
def customer(call) -> str:
	return records.insert(call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company")


@pytest.fixture
def project(call, lead, customer) -> str:
	return records.insert(
		call,
		"Project",
		project_name=records.unique("产线"),
		customer=customer,
		sf_account_manager="Administrator",
		sf_delivery_lead=lead,
	)


@pytest.mark.parametrize("language", ("en", "zh"))
def test_a_week_is_told_on_the_phone(call, login, lead, customer, project, language):
	call("frappe.client.set_value", doctype="User", name=lead, fieldname="language", value=language)
	sync = call(f"{API}.this_week", project=project)["name"]
	phone = login(lead, language)
	phone.set_viewport_size(PHONE)
	phone.goto(f"/app/delivery-sync/{sync}")
	strip = phone.locator(".sf-strip")
	say = word(language, "Say how the delivery stands.")
	expect(strip).to_contain_text(say)
	assert overflow(strip) <= 0
	button = strip.locator(".btn-primary")
	expect(button).to_have_text(word(language, "Tell It", context="Delivery Sync"))
	assert_inside(button, phone)
	if language == "zh":
		assert latin_left(strip) == []
	shot(phone, f"sync_phone_{language}")

	# The way to what is missing.
	strip.get_by_text(say).click()
	# Frappe puts the focus there half a second later. Until then what one types elsewhere would go astray.
	health = phone.locator("[data-fieldname=health] select")
	expect(health).to_be_focused()
	health.select_option("On Track")
	phone.locator("[data-fieldname=done_this_week] textarea").fill("安装完成。")
	phone.locator("[data-fieldname=promises] .grid-add-row").click()
	promise = phone.locator("[data-fieldname=promises] [data-fieldname=promise] textarea:visible").first
	# As above: a new row takes the focus by itself.
	expect(promise).to_be_focused()
	promise.fill("下周交付手册")
	word_of_customer = phone.locator("[data-fieldname=customer_word] textarea")
	word_of_customer.fill("很满意。")
	# What Frappe does when a field is left may move the page under a button that is being pressed.
	word_of_customer.blur()
	phone.wait_for_load_state("networkidle")
	shot(phone, f"sync_filled_{language}")
	press(button, strip.locator(".btn-primary"))
	expect(strip).to_contain_text(word(language, "On Track", context="Delivery Sync"))
	shot(phone, f"sync_told_{language}")
	stored = call("frappe.client.get", doctype="Delivery Sync", name=sync)
	assert (stored["status"], stored["done_by"]) == ("Done", lead)
	assert stored["promises"][0]["todo"] and stored["promises"][0]["user"] == lead

	page = login("Administrator", "en")
	page.goto(f"/app/project/{project}")
	expect(page.locator(".sf-strip")).to_contain_text("On Track")
	expect(page.locator(".sf-strip")).to_contain_text("Open promises: 1")
	shot(page, f"sync_project_{language}")
	page.goto(f"/app/customer/{customer}")
	expect(page.locator(".new-timeline")).to_contain_text(
		"told how the delivery stands" if language == "en" else "同步了"
	)
	shot(page, f"sync_timeline_{language}")


def test_the_list_opens_for_whoever_may_see_no_projects(call, login, lead, customer):
	project = records.insert(
		call,
		"Project",
		project_name=records.unique("产线"),
		customer=customer,
		sf_account_manager="rep@standard.test",
		sf_delivery_lead=lead,
	)
	sync = call(f"{API}.this_week", project=project)["name"]
	page = login("rep", path=f"/app/delivery-sync/view/list?name={sync}")
	expect(page.locator(".list-row .list-subject")).to_contain_text(customer)
	assert page.locator(".modal.show").count() == 0
